import pytest

from dizuo.articles.registry import all_indicators
from dizuo.model.errors import DizuoError, InputError
from dizuo.resources import wiring
from dizuo.resources.analysis import Analysis
from dizuo.resources.wiring import Workshop, check_wiring, resource, resources_of


@pytest.fixture
def providers(monkeypatch):
    """A register of providers of its own."""
    kept = {}
    monkeypatch.setattr(wiring, "_PROVIDERS", kept)
    return kept


def test_each_resource_is_made_once_and_from_what_its_parameters_name(providers):
    made = []

    @resource
    def bricks(clay: int) -> int:
        made.append("bricks")
        return clay * 10

    @resource
    def wall(bricks: int, mortar: int) -> int:
        made.append("wall")
        return bricks + mortar

    workshop = Workshop({"clay": 2, "mortar": 1})
    assert workshop.get("wall") == 21
    assert workshop.get("wall") == 21
    assert made == ["bricks", "wall"]
    assert resources_of(wall, {}) == {"bricks", "mortar", "clay"}
    workshop.forget(["clay"])
    assert workshop.get("wall") == 21
    assert made == ["bricks", "wall", "bricks", "wall"]


def test_two_providers_of_one_name_are_refused(providers):
    def twice():
        return 1

    resource(twice)
    with pytest.raises(DizuoError, match="two functions provide"):
        resource(twice)


def test_a_circle_is_named(providers):
    @resource
    def hen(egg: int) -> int:
        return egg

    @resource
    def egg(hen: int) -> int:
        return hen

    with pytest.raises(DizuoError, match="in a circle: hen > egg"):
        Workshop({}).get("hen")


def test_what_nothing_provides_is_refused_with_what_is_known(providers):
    @resource
    def stone() -> int:
        return 1

    def house(glass: int) -> int:
        return glass

    with pytest.raises(DizuoError, match=r"asks for 'glass'.*Known: stone"):
        check_wiring("house", house, given={}, needs={})
    with pytest.raises(DizuoError, match="nothing provides the resource 'glass'"):
        Workshop({}).call(house)


def test_another_type_than_the_provider_gives_is_refused(providers):
    @resource
    def stone() -> int:
        return 1

    def house(stone: str) -> str:
        return stone

    with pytest.raises(DizuoError, match="asks for stone"):
        check_wiring("house", house, given={}, needs={})
    check_wiring("house", house, given={"brick": str}, needs={"stone": "brick"})


def test_every_resource_that_an_indicator_hangs_on_is_provided():
    provided = {*wiring.providers(), "layers", "analysis", "day", "hierarchies"}
    for one in all_indicators().values():
        rules = set(one.rules)
        assert resources_of(one.function, one.needs) - rules <= provided, one.id


def test_a_city_may_override_settings_one_by_one():
    plain = Analysis.load()
    own = Analysis.load({"smallest_group": 20, "driving_speed": {"residential": 20.0}})
    assert own.smallest_group == 20
    assert own.driving_speed["residential"] == 20.0
    assert own.driving_speed["primary"] == plain.driving_speed["primary"]
    assert own.walking_speed == plain.walking_speed


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"walking_sped": 5.0}, "unknown analysis setting"),
        ({"driving_speed": {"goat_path": 5.0}}, "goat_path"),
        ({"walking_speed": 0}, "must be a positive number"),
        ({"walking_speed": True}, "must be a positive number"),
        ({"walking_speed": "fast"}, "must be a positive number"),
    ],
)
def test_settings_that_cannot_be_are_refused(overrides, message):
    with pytest.raises(InputError, match=message):
        Analysis.load(overrides)
