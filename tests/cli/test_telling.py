"""Answers of commands as a person reads them, in both languages; programs get them whole."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from dizuo.cli.session import Session
from dizuo.cli.telling import tell, tell_rows, tell_table

SPAN = {"enabled": True, "roles": ["desk", "centre"], "unit": None, "due": timedelta(minutes=2)}
AT = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def told(capsys):
    """What a function of telling writes, a line an item, with its spaces folded."""

    def run(function, *given, **session):
        function(Session(**session), *given)
        return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]

    return run


def test_values_are_words_and_what_is_unknown_is_left_out(told):
    assert told(tell, SPAN | {"due": AT}) == [
        "enabled yes", "roles desk, centre", "due 2026-03-02 09:30:15+00:00"
    ]  # fmt: skip
    assert told(tell, {"enabled": False, "roles": ["a", "b"]}, language="zh") == [
        "启用 否", "角色 a、b"
    ]  # fmt: skip


def test_what_stands_in_a_value_is_told_by_its_names(told):
    share = {"equal_shares": {"projects": ["p1", "p3"], "cost": 7.0}}
    assert told(tell, share) == ["equal_shares projects p1, p3; cost 7"]
    assert told(tell, share, language="zh") == ["等份额法 项目 p1、p3；费用 7"]


def test_a_table_shows_the_columns_that_are_asked_for_and_keeps_brackets(told):
    rows = [{"case": "[red]", "count": None, "p": 0.123456}, {"case": "b", "count": 3, "p": 1.0}]
    assert told(tell_table, rows, ("case", "count")) == ["Case Count", "[red] –", "b 3"]
    assert told(tell_table, rows)[:2] == ["Case Count P", "[red] – 0.1235"]


def test_where_there_is_nothing_that_is_said(told):
    assert told(tell_rows, []) == ["There is none."]
    assert told(tell_rows, [], language="zh") == ["没有相关记录。"]


def test_programs_get_everything_as_json(told):
    assert json.loads("".join(told(tell_table, [SPAN], ("roles",), json=True))) == [
        SPAN | {"due": 120.0}
    ]
    assert json.loads("".join(told(tell, {"due": AT}, json=True))) == {"due": AT.isoformat()}
    assert told(tell_rows, [], json=True) == ["[]"]
