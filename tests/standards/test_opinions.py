"""The Opinions name 217 systems; the open weights cover every article."""

import pytest

from dizuo.model.errors import RuleError
from dizuo.standards.opinions import (
    load_article_weights,
    load_articles,
    load_systems,
    parse_opinions,
)


def text_of(articles=range(1, 24), systems=()):
    lines = [f'[[article]]\nnumber = {n}\nen = "a"\nzh = "甲"' for n in articles]
    lines += [
        f'[[system]]\nid = "{id_}"\narticle = {article}\npart = "{part}"\nen = "a"\nzh = "甲"'
        for id_, article, part in systems
    ]
    return "\n".join(lines)


def test_two_hundred_and_seventeen_systems():
    systems = load_systems()
    assert len(systems) == 217
    by_part = [system.part for system in systems.values()]
    assert [by_part.count(p) for p in ("articles", "organisation", "letter")] == [205, 7, 5]


@pytest.mark.parametrize(
    ("id_", "article", "zh"),
    [
        ("S1.1", 1, "现代化城市体系"),
        ("S8.9", 8, "完整社区"),
        ("S13.4", 13, "口袋公园"),
        ("S17.7", 17, "应急避难场所体系"),
        ("S23.10", 23, "严密防范个人极端事件"),
        ("S9x.2", 0, "城市发展评价体系"),
        ("L5", 0, "峰会期间出行提示信息"),
    ],
)
def test_systems_know_their_article(id_, article, zh):
    system = load_systems()[id_]
    assert (system.article, system.title.zh) == (article, zh)


def test_systems_that_touch_civil_liberties_are_marked():
    marked = {system.id for system in load_systems().values() if system.privacy}
    assert marked == {
        "S10.12", "S14.8", "S16.5", "S16.6", "S20.1", "S23.5", "S23.8", "S23.9", "S23.10",
    }  # fmt: skip


def test_articles_are_one_to_twenty_three():
    assert list(load_articles()) == list(range(1, 24))
    assert load_articles()[8].title.zh == "好房子和完整社区"


def test_all_articles_weigh_the_same_unless_a_city_says_otherwise(tmp_path):
    assert load_article_weights() == dict.fromkeys(range(1, 24), 1.0)
    own = tmp_path / "weights.toml"
    own.write_text("[weights]\n" + "".join(f"{n:02d} = {n}\n" for n in range(1, 24)))
    assert load_article_weights(own)[23] == 23.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[weights", "cannot be read"),
        ("[weights]\n01 = 1\n", "must name articles 01 to 23 once"),
        ("[weights]\n" + "".join(f"{n:02d} = -1\n" for n in range(1, 24)), "not be below 0"),
        ("[weights]\n" + "".join(f"{n:02d} = inf\n" for n in range(1, 24)), "not be below 0"),
        ("[weights]\n" + "".join(f"{n:02d} = 0\n" for n in range(1, 24)), "above 0"),
        ("[weights]\n" + "".join(f"{n:02d} = true\n" for n in range(1, 24)), "must be a number"),
    ],
)
def test_faulty_weights_are_refused(tmp_path, text, message):
    own = tmp_path / "weights.toml"
    own.write_text(text)
    with pytest.raises(RuleError, match=message):
        load_article_weights(own)


def test_absent_weights_are_refused(tmp_path):
    with pytest.raises(RuleError, match="cannot be read"):
        load_article_weights(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[article", "not valid TOML"),
        (text_of(), "systems by part are"),
        (text_of(articles=range(1, 23)), "numbered 1 to 23"),
        (text_of(articles=[24]), "'number' must be a number from 1 to 23"),
        (text_of(systems=[("S1.1", 1, "articles")] * 2), "S1.1 is given twice"),
        (text_of(systems=[("S1.1", 2, "articles")]), "does not fit article 2"),
        (text_of(systems=[("S9x.1", 0, "articles")]), "does not fit article 0"),
        (text_of(systems=[("S1.1", 1, "letter")]), "does not fit article 1"),
        (text_of(systems=[("S1.1", 1, "annex")]), "'part' must be one of"),
        (text_of(systems=[("", 1, "articles")]), "'id' must be given"),
        (text_of(articles=[1]).replace('zh = "甲"', ""), "'en' and 'zh' must be given"),
    ],
)
def test_a_list_that_lost_something_is_refused(text, message):
    with pytest.raises(RuleError, match=message):
        parse_opinions(text, "systems.toml")
