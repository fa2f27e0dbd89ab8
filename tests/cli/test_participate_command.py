"""``dizuo participate`` as a city types it."""

import pytest

pytestmark = pytest.mark.systems("S21.6")


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "projects.csv").write_text(
        "project,cost,title\nbench,20,长椅\npond,20,水塘\ntower,60,塔\n", encoding="utf-8"
    )
    (tmp_path / "ballots.csv").write_text(
        "approved,count\nbench;pond,40\ntower,60\npond,3\n,2\n", encoding="utf-8"
    )
    (tmp_path / "pool.csv").write_text(
        "group,volunteers,residents\nnorth,12,500\nsouth,9,500\n", encoding="utf-8"
    )
    return tmp_path


def test_a_budget_is_shared_out_by_counted_ballots(dizuo, tables):
    ran = dizuo(
        "participate", tables, "budget", "--projects", tables / "projects.csv",
        "--ballots", tables / "ballots.csv", "--budget", "80", "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert ran.answer["ballots"] == 105
    assert set(ran.answer["most_approvals"]["projects"]) == {"tower", "pond"}
    assert ran.answer["equal_shares"]["cost"] <= 80
    approvals = {one["project"]: one["approvals"] for one in ran.answer["projects"]}
    assert approvals == {"bench": 40, "pond": 43, "tower": 60}


def test_few_approvals_are_not_told(dizuo, tables):
    (tables / "ballots.csv").write_text("approved,count\nbench,40\npond,3\n", encoding="utf-8")
    ran = dizuo(
        "participate", tables, "budget", "--projects", tables / "projects.csv",
        "--ballots", tables / "ballots.csv", "--budget", "80", "--json",
    )  # fmt: skip
    approvals = {one["project"]: one["approvals"] for one in ran.answer["projects"]}
    assert approvals == {"bench": 40, "pond": None, "tower": 0}


def test_seats_are_drawn_alike_by_whoever_draws(dizuo, tables):
    asked = ("participate", tables, "draw", "--pool", tables / "pool.csv", "--seats", "6",
             "--reserves", "2", "--chance", "07 11 23", "--json")  # fmt: skip
    first, second = dizuo(*asked), dizuo(*asked)
    assert first.code == 0, first.err
    assert first.answer == second.answer
    assert [one["seats"] for one in first.answer["groups"]] == [3, 3]
    assert "volunteers" not in first.out


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("ballots.csv", "approved,count\nroof,3\n", "no project 'roof'"),
        ("ballots.csv", "approved,count\nbench,many\n", "'many' is no whole number"),
        ("ballots.csv", "approved\nbench\n", "no column 'count'"),
        ("ballots.csv", "approved,count,phone\nbench,1,1\n", "no data on persons"),
    ],
)
def test_tables_that_cannot_be_are_refused(dizuo, tables, file, text, message):
    (tables / file).write_text(text, encoding="utf-8")
    ran = dizuo(
        "participate", tables, "budget", "--projects", tables / "projects.csv",
        "--ballots", tables / "ballots.csv", "--budget", "80",
    )  # fmt: skip
    assert ran.code == 2
    assert message in ran.err
    missing = dizuo("participate", tables, "draw", "--seats", "3")
    assert "--pool is needed" in missing.err
