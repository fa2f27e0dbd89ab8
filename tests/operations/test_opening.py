"""A city's own case types, code lists, calendars and settings count where its operations open."""

from pathlib import Path

import pytest

from dizuo.model.errors import InputError, StoreError
from dizuo.operations import cases
from dizuo.operations.cases.merging import possible_steps
from dizuo.operations.cases.office import Actor, NewCase
from dizuo.operations.cases.register import one_case
from dizuo.operations.exchange.exporting import table_of_cases
from dizuo.operations.opening import open_operations
from opened_city import write_city

SHIPPED = Path(cases.__file__).parent / "types"


def test_operations_open_with_what_ships(tmp_path, clock):
    opened = open_operations(write_city(tmp_path), clock=clock)
    assert opened.office.calendar == "cn_default"
    assert opened.office.types.get("urban_event").id == "urban_event"
    assert opened.health().events == 0
    assert "gas_leak" in {one.id for one in opened.incidents.plans}
    assert (tmp_path / "operations" / "operations.sqlite").exists()


def test_a_city_counts_by_its_own_calendar(tmp_path, clock):
    folder = write_city(tmp_path)
    (folder / "operations").mkdir()
    (folder / "operations" / "settings.toml").write_text('calendar = "us_default"')
    assert open_operations(folder, clock=clock).office.calendar == "us_default"


@pytest.mark.parametrize("text", ["colour = 1", "calendar = 1", "calendar ="])
def test_faulty_settings_are_told(tmp_path, clock, text):
    folder = write_city(tmp_path)
    (folder / "operations").mkdir()
    (folder / "operations" / "settings.toml").write_text(text)
    with pytest.raises(InputError, match=r"settings\.toml"):
        open_operations(folder, clock=clock)


def test_a_case_type_whose_code_list_is_not_there_is_told(tmp_path, clock):
    folder = write_city(tmp_path)
    types = folder / "operations" / "case_types"
    types.mkdir(parents=True)
    own = (SHIPPED / "urban_event.toml").read_text("utf-8")
    (types / "own.toml").write_text(own.replace('"urban_event"', '"own"'), "utf-8")
    with pytest.raises(InputError, match="the case type own names the code list 'own'"):
        open_operations(folder, clock=clock)


DESK = Actor("ann", frozenset({"desk", "centre", "collector", "unit"}))


def with_a_case(folder, clock):
    """A city whose log holds one sealed case with words of a resident."""
    operations = open_operations(write_city(folder), clock=clock)
    told = [("text", b"my neighbour ...")]
    with operations.engine.begin() as connection:
        new = NewCase("urban_event", "1", "desk", category="0501", confidences=told)
        case = operations.office.open(connection, [new], DESK)[0].case
    operations.sequencer.seal()
    return operations, case


@pytest.mark.parametrize("name", ["master.key", "seal.key"])
def test_a_key_that_was_lost_is_asked_for_and_never_made_anew(tmp_path, clock, name):
    with_a_case(tmp_path, clock)
    (tmp_path / "operations" / name).unlink()
    with pytest.raises(StoreError, match=rf"{name}: the key is missing"):
        open_operations(tmp_path, clock=clock)
    assert not (tmp_path / "operations" / name).exists()


@pytest.mark.parametrize("name", ["master.key", "seal.key"])
def test_the_key_of_another_log_is_refused_before_anything_is_written_with_it(
    tmp_path, clock, name
):
    (tmp_path / "other").mkdir()
    with_a_case(tmp_path, clock)
    with_a_case(tmp_path / "other", clock)
    kept, other = (one / "operations" / name for one in (tmp_path, tmp_path / "other"))
    right = kept.read_bytes()
    kept.write_bytes(other.read_bytes())
    with pytest.raises(StoreError, match="the keys here are not those of this log"):
        open_operations(tmp_path, clock=clock)
    kept.write_bytes(right)
    assert open_operations(tmp_path, clock=clock).verify() == []


def test_an_altered_head_is_told_by_verification_and_keeps_nobody_out(tmp_path, clock):
    operations, case = with_a_case(tmp_path, clock)
    with operations.engine.begin() as connection:
        operations.act(connection, case, "note", DESK, given={"text": "seen"})
    operations.sequencer.seal()
    with operations.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER batches_no_update")
        connection.exec_driver_sql("UPDATE batches SET signature = x'00' WHERE batch = 2")
    told = {one.where for one in open_operations(tmp_path, clock=clock).verify()}
    assert told == {"batch 2", "heads.jsonl, row 2"}


def test_a_backup_is_restored_where_its_keys_are(tmp_path, clock):
    before, case = with_a_case(tmp_path / "here", clock)
    before.back_up(tmp_path / "log.zip")
    (tmp_path / "there").mkdir()
    there = open_operations(write_city(tmp_path / "there"), clock=clock)
    with pytest.raises(StoreError, match="the keys here are not those of this log"):
        there.restore(tmp_path / "log.zip")
    assert there.health().events == 0
    for name in ("master.key", "seal.key", "seal.public"):
        file = tmp_path / "there" / "operations" / name
        file.write_bytes((tmp_path / "here" / "operations" / name).read_bytes())
    there = open_operations(tmp_path / "there", clock=clock)
    assert there.restore(tmp_path / "log.zip")["events"] == 1
    assert there.verify() == []
    with there.engine.connect() as connection:
        assert there.texts.read(connection, case) is not None


def test_an_older_backup_in_the_place_of_the_log_is_found_by_the_heads(tmp_path, clock):
    before, case = with_a_case(tmp_path, clock)
    before.back_up(tmp_path / "log.zip")
    with before.engine.begin() as connection:
        before.act(connection, case, "file", DESK, given={"category": "0501"})
    before.sequencer.seal()
    before.engine.dispose()
    for file in (tmp_path / "operations").glob("operations.sqlite*"):
        file.unlink()
    after = open_operations(tmp_path, clock=clock)
    after.restore(tmp_path / "log.zip")
    assert "history was rewritten" in after.verify()[0].what.en


def test_a_class_that_the_list_does_not_have_is_refused_with_some_that_come_near(tmp_path, clock):
    operations, case = with_a_case(tmp_path, clock)
    with (
        operations.engine.begin() as connection,
        pytest.raises(InputError, match=r"'0599' is no code of urban_event.*0509"),
    ):
        operations.act(connection, case, "file", DESK, given={"category": "0599"})


def test_cases_of_a_type_that_was_taken_away_or_changed_can_still_be_told(tmp_path, clock):
    """A list with one of them is no worse; nothing can be done with it until the type is back."""
    types = write_city(tmp_path) / "operations" / "case_types"
    types.mkdir(parents=True)
    shipped = (SHIPPED / "urban_event.toml").read_text("utf-8")
    own = shipped.replace('"urban_event"', '"own"', 1)
    (types / "own.toml").write_text(own, "utf-8")
    operations = open_operations(tmp_path, clock=clock)
    with operations.engine.begin() as connection:
        new = [NewCase(kind, kind, "desk", category="0501") for kind in ("own", "urban_event")]
        gone, other = (one.case for one in operations.office.open(connection, new, DESK))
        for case in (gone, other):
            operations.act(connection, case, "file", DESK, given={"category": "0501"})
    (types / "own.toml").unlink()
    changed = shipped.replace("states.filed]", "states.taken]").replace('"filed"', '"taken"')
    (types / "event.toml").write_text(changed, "utf-8")
    again = open_operations(tmp_path, clock=clock)
    door = again.office.types
    for case in (gone, other):
        with again.engine.begin() as connection:
            row = one_case(connection, case)
            kind = door.of_case(row["case_type"])
            assert kind.title_of("filed").en == "filed"
            assert possible_steps(door, row, row, DESK.roles) == []
            with pytest.raises(InputError, match=r"no case type 'own'|Possible now: nothing"):
                again.act(connection, case, "note", DESK, given={"text": "seen"})
            rows = table_of_cases(connection, door, lambda x, y: (x, y)).rows
            assert sorted(one[0] for one in rows) == sorted([gone, other])
