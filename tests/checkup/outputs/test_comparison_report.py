from test_report_html import Outline

from dizuo.checkup.outputs.comparison_report import write_comparison_report


def test_changes_of_the_city_stand_apart_from_those_of_the_map(comparison, tmp_path):
    page = write_comparison_report(comparison, tmp_path / "comparison.html").read_text("utf-8")
    outline = Outline(page)
    assert outline.open == []
    assert all(link.startswith("#") for link in outline.links)
    assert "+5.5" in page
    assert "+0.5" in page
    assert "77.7" not in page, "only the city's own values are listed"
    assert "10.road_density" not in page
    assert "2023-06-30" in page
    assert ">222<" in page
    assert "gone <" not in page


def test_findings_are_counted_by_what_became_of_them(comparison, tmp_path):
    page = write_comparison_report(comparison, tmp_path / "comparison.html", "zh").read_text(
        "utf-8"
    )
    figures = page[page.index('class="figures"') : page.index("</dl>")]
    assert [figures.count(f"<dd>{number}</dd>") for number in (3, 4, 5)] == [1, 1, 1]
    assert 'data-language="zh"' in page
