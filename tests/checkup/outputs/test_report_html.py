import dataclasses
import html
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from dizuo.checkup.outputs.report_html import render_report, write_report


class Outline(HTMLParser):
    """What stands in a page: ids, links, and whether every element is closed."""

    VOID = frozenset({"meta", "wbr", "input", "br", "img", "rect", "line", "path", "hr"})

    def __init__(self, page):
        super().__init__()
        self.ids, self.links, self.open, self.sources = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        self.sources += [found[name] for name in ("src", "srcset", "data") if name in found]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        assert self.open.pop() == tag, f"</{tag}> closes another element"


@pytest.fixture(scope="module")
def page(town):
    return render_report(town)


def test_the_page_is_well_formed_and_its_ids_are_unique(page):
    outline = Outline(page)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))


def test_every_link_stays_in_the_page_and_leads_somewhere(page):
    outline = Outline(page)
    assert outline.sources == []
    for link in outline.links:
        assert link.startswith("#")
        name, _, value = link[1:].partition("=")
        assert (f"indicator-{value}" if name == "indicator" else name) in outline.ids


def test_nothing_can_be_fetched(page):
    assert "default-src 'none'" in page
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|import)\s*\(", page)
    assert "url(" not in page


def test_every_indicator_and_rule_is_told_in_both_languages(town, page):
    text = html.unescape(page)
    for row in town.indicators.itertuples():
        for part in (row.title_en, row.title_zh, row.definition_en, row.definition_zh, row.formula):
            assert part in text
    for row in town.rules.itertuples():
        assert row.title_en in text
        assert row.title_zh in text
        assert f'id="rule-{row.id}"' in page


def test_what_must_be_checked_is_marked_wherever_it_is_used(town, page):
    for row in town.indicators.itertuples():
        part = page[page.index(f'id="indicator-{row.id}"') :]
        part = part[: part.index("</details>")]
        rules = town.rules[town.rules["id"].isin(row.rules)]
        assert ("mark check" in part) == (rules["certainty"] == "check").any()


def test_what_is_missing_says_why_and_how_to_supply_it(town, page):
    missing = page[page.index('id="missing"') : page.index('id="sources"')]
    assert "No source gives seats by school." in missing
    assert "没有数据源提供该项数据。" in missing
    assert "dizuo templates" in missing
    assert "templates/B22.xlsx" in missing
    assert "Kindergarten within reach" not in missing


def test_sets_are_scored_apart_with_range_and_evidence(page):
    cover = page[page.index('class="sets"') : page.index('class="still"')]
    assert cover.count('class="set"') == 2
    assert "55</span>" in cover
    assert "49–59" in cover
    assert "75 %" in cover


def test_attribution_licence_and_review_number_have_their_place(town, page):
    assert page.count("© OpenStreetMap contributors") >= 2
    assert "Open Database License" in page
    assert "审图号" in page
    numbered = dataclasses.replace(town, city={**town.city, "map_review_number": "GS(2024)0001"})
    assert render_report(numbered).count("GS(2024)0001") == 2


def test_text_of_the_data_is_never_markup(town):
    evil = "<script>alert(1)</script>"
    indicators = town.indicators.assign(title_en=evil, definition_zh=evil)
    findings = town.findings.assign(text_en=evil)
    page = render_report(
        dataclasses.replace(
            town, indicators=indicators, findings=findings, city={**town.city, "name": evil}
        )
    )
    assert evil not in page


def test_the_default_language_is_the_one_asked_for(town):
    chinese = render_report(town, "zh")
    assert 'data-language="zh"' in chinese
    assert 'lang="zh-Hans"' in chinese[:200]
    assert 'placeholder="搜索地点或指标"' in chinese


def test_the_file_is_written_whole_and_is_the_same_each_time(town, tmp_path):
    file = write_report(town, tmp_path / "report.html")
    first = file.read_bytes()
    assert write_report(town, file).read_bytes() == first
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_a_checkup_without_findings_or_scores_is_still_a_report(town):
    bare = dataclasses.replace(
        town,
        findings=town.findings.head(0),
        scores=town.scores.head(0),
        sensitivity=town.sensitivity.head(0),
        rules=pd.DataFrame(columns=town.rules.columns),
        building_values=pd.DataFrame({"id": []}),
        layers={"boundary": town.layers["boundary"]},
    )
    page = render_report(bare)
    assert "No rule is broken anywhere." in page
    assert Outline(page).open == []
