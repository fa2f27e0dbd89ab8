"""What the analysis of reports goes by, and a suggestion."""

import pytest

from dizuo.model.errors import EngineError, InputError
from dizuo.operations.texts.parameters import TextParameters
from dizuo.operations.texts.suggestion import Suggestion


def test_every_value_has_a_source():
    parameters = TextParameters.load()
    assert (parameters.duplicate_radius, parameters.duplicate_days) == (150, 7)
    assert parameters.recurrence_days == 90
    assert all(one.source and one.title.zh for one in parameters.origins.values())


def test_a_city_lays_its_own_over_them(tmp_path):
    own = tmp_path / "texts.toml"
    own.write_text('[band]\nvalue = 800\nsource = "the city"\ncertainty = "sure"\n')
    parameters = TextParameters.load(own)
    assert (parameters.band, parameters.duplicate_radius) == (800, 150)
    assert parameters.origins["band"].source == "the city"


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ("[bend]\nvalue = 1", "not known"),
        ("[band]\nvalue = 1", "a source"),
        ("[band]\nvalue = 0\nsource = 'x'\ncertainty = 'sure'", "above 0"),
        ("[text_weight]\nvalue = 2\nsource = 'x'\ncertainty = 'sure'", "at most 1"),
        ("[permutations]\nvalue = 9.5\nsource = 'x'\ncertainty = 'sure'", "whole"),
        ("[band]\nvalue = 1\nsource = 'x'\ncertainty = 'perhaps'", "sure or check"),
        ("band =", "not TOML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, told, problem):
    own = tmp_path / "texts.toml"
    own.write_text(told)
    with pytest.raises(InputError, match=problem):
        TextParameters.load(own)


def test_a_confidence_is_a_share():
    assert Suggestion("0101", 0.8, "nobody").code == "0101"
    with pytest.raises(EngineError, match="between 0 and 1"):
        Suggestion("0101", 1.2, "nobody")
