"""Whatever is altered, taken away or put in is found; what was erased is not missed."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, replace

import pytest
from counted_events import Counting, event
from sqlalchemy import select, text

from dizuo.model.errors import InputError, StoreError
from dizuo.operations.event_log import tables, verification
from dizuo.operations.event_log.database import open_database, prepare
from dizuo.operations.event_log.event import hash_of
from dizuo.operations.event_log.log import Log, read_events
from dizuo.operations.event_log.sealing import Sequencer, read_heads, signing_key
from dizuo.operations.event_log.vault import Erased, Vault, master_key
from dizuo.operations.event_log.verification import count_unsealed, public_key, verify


class Office:
    """A log with everything that belongs to it."""

    def __init__(self, engine, clock, folder):
        self.engine, self.folder = engine, folder
        self.heads = folder / "heads.jsonl"
        self.counting = Counting()
        self.counting.table.create(engine)
        self.log = Log(engine, clock, [self.counting])
        self.sequencer = Sequencer(engine, clock, signing_key(folder / "seal.key"), self.heads)
        self.vault = Vault(master_key(folder / "master.key"))

    def write(self, *events):
        with self.engine.begin() as connection:
            self.log.append(connection, events)

    def tell(self, number, subject, content):
        """Write an event that names something told in confidence."""
        with self.engine.begin() as connection:
            digest = self.vault.keep(connection, subject, "contact", content)
            told = [{"kind": "contact", "digest": digest}]
            self.log.append(connection, [event(number, subject, confidences=told)])
        return digest

    def erase(self, number, subject):
        with self.engine.begin() as connection:
            self.vault.erase(connection, subject)
            self.log.append(connection, [event(number, subject, "case.erased")])

    def problems(self):
        key = public_key(self.folder / "seal.public")
        return verify(self.engine, key, self.heads, [self.counting])

    def force(self, statement, values=None):
        """Change the database as one could who owns it."""
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(text("SET session_replication_role = replica"))
            else:
                names = connection.execute(
                    text("SELECT name FROM sqlite_master WHERE type='trigger'")
                )
                for name in names.scalars().all():
                    connection.execute(text(f"DROP TRIGGER {name}"))
            connection.execute(statement, values or {})


def drop_triggers(connection):
    names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    for name in names.scalars().all():
        connection.execute(text(f"DROP TRIGGER {name}"))


@pytest.fixture
def office(engine, clock, tmp_path):
    office = Office(engine, clock, tmp_path)
    office.write(*(event(k, f"case:{k % 2}") for k in range(1, 4)))
    office.tell(4, "case:2", b"0123 456")
    office.sequencer.seal()
    office.write(event(5), event(6))
    office.sequencer.seal()
    return office


def said(problems):
    return " / ".join(f"{one.where}: {one.what.en}" for one in problems)


def test_an_untouched_log_verifies(office):
    assert office.problems() == []
    assert [(one.first, one.last) for one in read_heads(office.heads)] == [(1, 4), (5, 6)]
    with office.engine.connect() as connection:
        assert count_unsealed(connection) == 0


def test_what_is_not_sealed_yet_is_counted_and_proves_itself(office):
    office.write(event(7))
    assert office.problems() == []
    with office.engine.connect() as connection:
        assert count_unsealed(connection) == 1
    assert office.sequencer.seal().last == 7
    assert office.sequencer.seal() is None


def test_who_writes_is_not_waited_for_and_what_is_not_there_yet_is_not_sealed(office):
    with office.engine.begin() as connection:
        office.log.append(connection, [event(7)])
        assert office.sequencer.seal() is None
    sealed = office.sequencer.seal()
    assert (sealed.first, sealed.last) == (7, 7)
    assert office.problems() == []


def test_sequencers_that_seal_at_once_seal_each_event_once(office):
    others = [
        Sequencer(office.engine, office.log.clock, office.sequencer.key, office.folder / name)
        for name in ("here.jsonl", "there.jsonl")
    ]
    for number in range(7, 27):
        office.write(event(number))
        with ThreadPoolExecutor(3) as pool:
            sealed = list(pool.map(Sequencer.seal, (office.sequencer, *others)))
        assert [one.last for one in sealed if one is not None] == [number]
    for one in (office.sequencer, *others):
        one.export()
        assert read_heads(one.heads)[-1].last == 26
    assert office.problems() == []


def altered(value, dice):
    """The same value with one bit of it turned, or another number."""
    if isinstance(value, int):
        return value + dice.choice([-1000, 1000])
    raw = bytearray(value if isinstance(value, bytes) else value.encode())
    at = dice.randrange(len(raw))
    raw[at] ^= 1
    return bytes(raw) if isinstance(value, bytes) else raw.decode(errors="replace")


def places(office):
    """Every value of every row that the log keeps."""
    kept = (
        tables.events, tables.batches, tables.log_end, tables.keys, tables.confidences,
        office.counting.table,
    )  # fmt: skip
    with office.engine.connect() as connection:
        return [
            (table, column, tuple(row[: len(table.primary_key)]), row[number])
            for table in kept
            for row in connection.execute(select(table)).all()
            for number, column in enumerate(table.columns)
            if column.name != "one"
        ]


def test_any_altered_value_is_found(clock, tmp_path):
    engine = open_database(f"sqlite:///{tmp_path / 'whole.sqlite'}")
    prepare(engine)
    office = Office(engine, clock, tmp_path)
    office.write(*(event(k, f"case:{k % 2}", lamp=k) for k in range(1, 4)))
    office.tell(4, "case:2", b"0123 456")
    office.sequencer.seal()
    office.write(event(5))
    office.sequencer.seal()
    dice = random.Random(8)
    everywhere = places(office)
    assert len(everywhere) > 80
    for table, column, key, value in everywhere:
        with engine.connect() as connection:
            transaction = connection.begin()
            drop_triggers(connection)
            of_row = [c == v for c, v in zip(table.primary_key.columns, key, strict=True)]
            new = altered(value, dice)
            connection.execute(table.update().where(*of_row).values({column.name: new}))
            found = office_problems_within(connection, office)
            if table is tables.keys and column.name == "wrapped":
                with pytest.raises(StoreError, match="altered"):
                    office.vault.read(connection, dict_of_digests(connection))
            else:
                assert found, f"{table.name}.{column.name} {key}: {value!r} -> {new!r}"
            transaction.rollback()
    assert office.problems() == []


def dict_of_digests(connection):
    return connection.execute(select(tables.confidences.c.digest)).scalars().first()


def office_problems_within(connection, office):
    """Verify what an open transaction sees."""

    class Seen:
        dialect = connection.dialect

        def connect(self):
            return self

        def execution_options(self, **_):
            return self

        def __enter__(self):
            return connection

        def __exit__(self, *_):
            return False

    key = public_key(office.folder / "seal.public")
    return verify(Seen(), key, office.heads, [office.counting])


def test_a_missing_event_is_found(office):
    office.force(tables.events.delete().where(tables.events.c.number == 2))
    assert "events 2 to 2 are missing" in said(office.problems())


@pytest.mark.parametrize("facts", ["{", "[]", "null", '{"confidences": 3}', ""])
def test_facts_that_cannot_even_be_read_are_found(office, facts):
    office.force(text("UPDATE events SET facts = :facts WHERE number = 4"), {"facts": facts})
    found = said(office.problems())
    assert "event 4: it was altered" in found
    assert "batch 1" not in found or "not those that were sealed" in found


def test_a_table_that_was_dropped_is_found(office):
    office.force(text("DROP TABLE confidences"))
    assert "confidences: the rest cannot be read" in said(office.problems())


def test_an_event_that_was_altered_is_found_twice(office):
    office.force(tables.events.update().where(tables.events.c.number == 6).values(actor="me"))
    assert "event 6: it was altered" in said(office.problems())


def test_an_event_that_was_altered_and_hashed_again_is_found_by_the_chain(office):
    with office.engine.connect() as connection:
        last = next(iter(read_events(connection, after=5)))[0]
    forged = replace(last, actor="me")
    forged = replace(forged, hash=hash_of(*astuple(forged)[:-1]))
    assert forged.proves()
    changed = {"actor": "me", "hash": forged.hash}
    office.force(tables.events.update().where(tables.events.c.number == 6).values(changed))
    assert said(office.problems()) == "batch 2: its events are not those that were sealed"


def test_a_history_that_was_wholly_rewritten_is_found_by_an_exported_head(office, clock, tmp_path):
    """Another log with other events, sealed with the very same key."""
    other = open_database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    prepare(other)
    (tmp_path / "elsewhere").mkdir()
    forged = Office(other, clock, tmp_path / "elsewhere")
    forged.sequencer.key = office.sequencer.key
    forged.write(*(event(k, f"case:{k % 2}") for k in range(10, 16)))
    forged.sequencer.seal()
    key = public_key(tmp_path / "seal.public")
    assert verify(other, key, forged.heads, [forged.counting]) == []
    assert "history was rewritten" in said(verify(other, key, office.heads, [forged.counting]))


def test_what_is_written_and_sealed_meanwhile_is_no_problem(office, monkeypatch):
    """As a server does that runs while its log is verified."""
    numbers = iter(range(100, 200))

    def busy(connection):
        for page in read_events(connection):
            with office.engine.begin() as other:
                office.log.append(other, [event(next(numbers), "busy")])
            office.sequencer.seal()
            yield page

    monkeypatch.setattr(verification, "read_events", busy)
    assert office.problems() == []
    monkeypatch.undo()
    assert office.problems() == []
    assert next(numbers) > 101


def test_heads_that_were_taken_away_or_altered_are_found(office):
    lines = office.heads.read_text().splitlines(keepends=True)
    office.heads.write_text(lines[0])
    assert "1 heads of the database were never exported" in said(office.problems())
    head = json.loads(lines[1])
    office.heads.write_text(lines[0] + json.dumps(head | {"sealed": head["sealed"] + 1}) + "\n")
    assert "row 2: its signature is not valid" in said(office.problems())
    office.heads.write_text("no head\n" + lines[1])
    assert "row 1: this is no head" in said(office.problems())


def test_a_head_that_a_crash_cut_short_is_exported_again(office):
    whole = office.heads.read_text()
    office.heads.write_text(whole[:-20])
    assert len(read_heads(office.heads)) == 1
    office.sequencer.export()
    assert len(read_heads(office.heads)) == 2
    assert office.problems() == []


def test_erasing_destroys_the_content_and_nothing_else(office):
    digest = office.tell(7, "case:3", "刘女士 13800000000".encode())
    office.sequencer.seal()
    with office.engine.connect() as connection:
        assert office.vault.read(connection, digest).decode() == "刘女士 13800000000"
    office.erase(8, "case:3")
    with office.engine.connect() as connection, pytest.raises(Erased):
        office.vault.read(connection, digest)
    assert office.problems() == []
    with office.engine.begin() as connection:
        assert office.log.rebuild(connection) == 8
    assert office.problems() == []


def test_a_confidence_that_vanished_without_being_erased_is_found(office):
    office.force(tables.confidences.delete())
    assert "case:2 was not erased, but this is missing" in said(office.problems())


def test_a_key_that_vanished_is_found(office):
    office.force(tables.keys.delete())
    assert "its key is missing" in said(office.problems())


def test_the_same_words_look_different_each_time(office):
    assert office.tell(7, "case:2", b"same") != office.tell(8, "case:2", b"same")
    with office.engine.connect() as connection:
        stored = connection.execute(select(tables.confidences.c.sealed)).scalars().all()
    assert all(b"same" not in one for one in stored)


def test_another_master_key_opens_nothing(office, tmp_path):
    other = Vault(bytes(32))
    with office.engine.connect() as connection:
        digest = connection.execute(select(tables.confidences.c.digest)).scalars().first()
        with pytest.raises(StoreError, match="master key is another one"):
            other.read(connection, digest)


def test_keys_are_made_once_for_their_owner_only(tmp_path):
    key = master_key(tmp_path / "master.key")
    assert master_key(tmp_path / "master.key") == key
    assert (tmp_path / "master.key").stat().st_mode & 0o077 == 0
    signing_key(tmp_path / "seal.key")
    assert (tmp_path / "seal.key").stat().st_mode & 0o077 == 0
    (tmp_path / "master.key").write_bytes(b"short")
    (tmp_path / "seal.key").write_bytes(b"short")
    with pytest.raises(InputError, match="32 bytes, not 5"):
        master_key(tmp_path / "master.key")
    with pytest.raises(InputError, match="no key that signs"):
        signing_key(tmp_path / "seal.key")
    with pytest.raises(InputError, match="no public key"):
        public_key(tmp_path / "nowhere")
