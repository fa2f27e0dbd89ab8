"""Why a rule cannot be used, in Chinese: the same ids, places and dates as in English."""

from datetime import date

import pytest

from dizuo.model.errors import RuleError
from dizuo.standards.catalogue import load_facility_catalogue
from dizuo.standards.rule_book import RuleBook

BOOK = RuleBook.load()
RADIUS = "gb50180.kindergarten.radius"


def why(id_, day, jurisdictions):
    with pytest.raises(RuleError) as caught:
        BOOK.rule(id_, day, jurisdictions)
    return caught.value.in_("zh")


def test_a_slip_of_the_pen_is_told_with_near_ids():
    told = why("gb50180.kindergarten.radios", date(2024, 1, 1), ["CN"])
    assert told.startswith("没有编号为“gb50180.kindergarten.radios”的规则。相近的编号：")
    assert RADIUS in told
    assert why("zzz", date(2024, 1, 1), ["CN"]).endswith("可用 dizuo standards 检索。")


def test_a_rule_of_elsewhere_names_where_it_is_from():
    told = why(RADIUS, date(2024, 1, 1), ["FR", "IT"])
    assert told.startswith(f"规则“{RADIUS}”仅见于 CN 的标准，不见于本城市采用的标准（FR、IT）。")
    assert "（无）" in why(RADIUS, date(2024, 1, 1), [])


def test_a_rule_of_another_time_names_its_editions():
    told = why(RADIUS, date(1990, 1, 1), ["CN"])
    assert told.startswith(f"规则“{RADIUS}”在 1990-01-01 无效。各版本：")
    assert "自 2018-12-01 起" in told


def test_a_file_that_is_not_well_formed_is_named(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("[standard]\nid = 3\n", encoding="utf-8")
    with pytest.raises(RuleError) as caught:
        RuleBook.load([tmp_path])
    assert caught.value.in_("zh") == f"{own} [standard]：“id”须以文本给出。"
    own.write_text("[clinic]\nmapped = 1\n", encoding="utf-8")
    with pytest.raises(RuleError) as caught:
        load_facility_catalogue(own)
    assert caught.value.in_("zh") == f"{own} [clinic]：“en”须以文本给出。"
