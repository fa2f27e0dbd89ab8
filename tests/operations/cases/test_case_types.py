"""Case types are data: the shipped ones hang together, and faults in a city's own are told."""

import pytest

from dizuo.model.errors import InputError
from dizuo.operations.cases.case_type import CaseTypes, parse_case_type
from dizuo.operations.cases.table import COUNTERS
from dizuo.operations.clocks.limits import parse_limit
from dizuo.standards.opinions import load_systems

TYPES = {one.id: one for one in CaseTypes.load()}
each_type = pytest.mark.parametrize("one", TYPES.values(), ids=TYPES)

LEAST = """
id = "tree"
version = "1"
en = "Fallen tree"
zh = "倒伏树木"
source = "house"
certainty = "check"
opened_by = ["desk"]
first = "seen"
[states.seen]
en = "Seen"
zh = "发现"
[states.gone]
en = "Removed"
zh = "清除"
final = true
[actions.remove]
en = "Remove"
zh = "清除"
from = ["seen"]
to = "gone"
roles = ["unit"]
clock = "stop"
"""


def test_the_types_that_a_city_needs_are_there():
    assert set(TYPES) == {
        "urban_component", "urban_event", "hotline_appeal", "inspection", "service_application",
        "mediation", "alarm", "volunteer_task",
        "participation_proposal", "sorting_check",
    }  # fmt: skip


@each_type
def test_a_type_is_told_in_both_languages_and_serves_systems_of_the_opinions(one):
    assert one.systems
    assert set(one.systems) <= set(load_systems())
    titles = [one.title, *(s.title for s in one.states.values())]
    titles += [action.title for action in one.actions.values()]
    assert all(title.en and title.zh and title.en != title.zh for title in titles)


@each_type
def test_limits_of_stages_are_words_that_the_clocks_know(one):
    assert all(parse_limit(state.limit) for state in one.states.values() if state.limit)


@each_type
def test_what_is_counted_has_a_column(one):
    assert {action.count for action in one.actions.values()} <= {"", *COUNTERS}


@each_type
def test_a_clock_that_starts_can_stop_and_one_that_pauses_can_resume(one):
    effects = {action.clock for action in one.actions.values()}
    assert ("start" in effects) == ("stop" in effects)
    assert ("pause" in effects) == ("resume" in effects)


@each_type
def test_whatever_ends_a_running_case_stops_its_clock(one):
    handled = {state.id for state in one.states.values() if not state.final}
    started = {a.target for a in one.actions.values() if a.clock == "start"}
    for action in one.actions.values():
        ends = action.target and one.states[action.target].final
        if ends and action.sources & started & handled:
            assert action.clock == "stop", action.id


def test_reports_of_violations_and_mediation_are_never_listed():
    assert TYPES["hotline_appeal"].sealed_natures == {"report"}
    assert not TYPES["mediation"].public
    assert TYPES["hotline_appeal"].public_place == "block"


def test_a_type_of_a_city_s_own_stands_beside_the_others_and_before_them(tmp_path):
    (tmp_path / "tree.toml").write_text(LEAST, encoding="utf-8")
    shorter = LEAST.replace('"tree"', '"mediation"')
    (tmp_path / "mediation.toml").write_text(shorter, encoding="utf-8")
    types = CaseTypes.load(tmp_path)
    tree = types.get("tree")
    assert {"merged", "seen", "gone"} == set(tree.states)
    assert {one.id for one in tree.allowed("seen", ["unit"])} == {"remove", "note", "report_back"}
    assert tree.allowed("gone", ["unit"]) == []
    assert len(types.get("mediation").states) == 3
    with pytest.raises(InputError, match="no case type 'house'"):
        types.get("house")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "tree"', "", "field id: a text is needed"),
        ('first = "seen"', 'first = "there"', "no state 'there'"),
        ('to = "gone"', 'to = "away"', "no state 'away'"),
        ('from = ["seen"]', 'from = ["gone"]', "it is not final, and nothing leads on"),
        ("final = true", "", "it is not final, and nothing leads on"),
        ('clock = "stop"', 'clock = "ring"', "'ring' does nothing to a clock"),
        ('clock = "stop"', 'color = "red"', "actions.remove.color: this field is not known"),
        ('version = "1"', 'version = "1"\npublic_place = "far"', "no exactness of a place"),
        ('roles = ["unit"]', "", "roles: a list of texts is needed"),
        ("[states.seen]", "[states.seen", "not TOML"),
        ('from = ["seen"]', 'from = "seen"', "actions.remove.from: a list of texts is needed"),
        ('roles = ["unit"]', "roles = [1]", "roles: a list of texts is needed"),
        ('roles = ["unit"]', 'roles = ["unit"]\nneeds = ["phone"]', "'phone' is not known here"),
        ('roles = ["unit"]', 'roles = ["unit"]\ncount = "tears"', "nothing counts 'tears'"),
        ('roles = ["unit"]', 'roles = ["unit"]\nat_most = "one"', "at_most: a whole number"),
        ('zh = "发现"', 'zh = "发现"\nlimit = "soon"', "states.seen.limit: 'soon' is not a limit"),
        ("final = true", 'final = "yes"', "states.gone.final: true or false is needed"),
        ("[states.seen]\n", "[states]\nhere = 1\n[states.seen]\n", "states.here: a table"),
        ("[actions.remove]", "[actions.opened]", "actions.opened: no action can be called this"),
        ("[actions.remove]", '[states.lost]\nen="Lost"\nzh="丢失"\nfinal=true\n[actions.remove]',
         "states.lost: no action leads to it"),
    ],
)  # fmt: skip
def test_faults_of_a_type_are_told_with_their_field(old, new, message):
    with pytest.raises(InputError) as told:
        parse_case_type(LEAST.replace(old, new), "tree.toml")
    assert message in str(told.value)
    assert "file tree.toml" in str(told.value)


def test_a_file_in_another_encoding_is_told_and_a_byte_order_mark_is_none(tmp_path):
    file = tmp_path / "tree.toml"
    file.write_text(LEAST, encoding="utf-8-sig")
    assert CaseTypes.load(tmp_path).get("tree").title.zh == "倒伏树木"
    file.write_text(LEAST, encoding="gbk")
    with pytest.raises(InputError, match=r"tree.toml: the file is not UTF-8 text.*Save it") as one:
        CaseTypes.load(tmp_path)
    assert "文件不是 UTF-8 文本" in one.value.in_("zh")


def test_two_files_of_one_type_are_refused(tmp_path):
    for name in ("tree", "fallen"):
        (tmp_path / f"{name}.toml").write_text(LEAST, encoding="utf-8")
    with pytest.raises(InputError, match="another file has the case type 'tree' too"):
        CaseTypes.load(tmp_path)


def test_what_may_be_told_follows_from_what_must_be_and_from_the_clock():
    event = TYPES["urban_event"].actions
    assert event["dispatch"].takes == {"supervisor", "limit", "due", "calendar"}
    assert event["file"].takes == {"category", "nature", "severity"}
    assert event["urge"].takes == event["accept"].takes == set()
