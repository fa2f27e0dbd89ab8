"""The report in a browser: from disk, without a network, in both languages, at two widths."""

import json

import pytest
from headless_browser import CURE, Browser, find_chromium

from dizuo.checkup.outputs.comparison_report import write_comparison_report
from dizuo.checkup.outputs.report_html import write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    executable = find_chromium()
    if executable is None:
        pytest.skip(f"there is no Chromium. {CURE}")
    with Browser(executable) as one:
        yield one


@pytest.fixture(scope="module")
def report(town, tmp_path_factory):
    return write_report(town, tmp_path_factory.mktemp("browser") / "report.html")


@pytest.fixture(autouse=True)
def nothing_goes_wrong(request):
    """No console error and no request but for the file itself, whatever the test does."""
    browser = request.getfixturevalue("browser")
    browser.problems.clear()
    browser.requests.clear()
    browser.size(1440, 900)
    yield
    assert browser.problems == []
    assert [one for one in browser.requests if not one.startswith(("file:", "about:"))] == []


def seen(browser, selector):
    return browser.run(f"document.querySelector({json.dumps(selector)}).innerText")


def zoomed(browser):
    """Metres that one pixel of the map spans."""
    return browser.run("Number(document.getElementById('map-scale').dataset.metres)")


def colours(browser):
    """How many different colours the map shows."""
    return browser.run(
        "(() => { const c = document.getElementById('map');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "const found = new Set();"
        "for (let i = 0; i < d.length; i += 404) found.add(`${d[i]},${d[i+1]},${d[i+2]}`);"
        "return found.size; })()"
    )


@pytest.mark.parametrize(("language", "title"), [("en", "Papertown"), ("zh", "纸城")])
def test_it_opens_in_both_languages_and_the_map_is_drawn(
    browser, report, language, title, tmp_path
):
    browser.open(report, f"#{language}")
    assert seen(browser, "h1") == title
    assert browser.run("document.documentElement.lang").startswith(language)
    assert browser.run("document.querySelectorAll('button.finding').length") > 5
    assert colours(browser) > 8
    browser.shoot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 20_000


def list_by_place(browser):
    browser.run(
        "(() => { const s = document.getElementById('finding-order'); s.value = 'place';"
        "s.dispatchEvent(new Event('change')); })()"
    )


def test_findings_are_gathered_by_indicator_until_one_is_chosen(browser, report, town):
    browser.open(report)
    gathered = town.findings["indicator"].nunique()
    assert seen(browser, "#finding-count").endswith(f"of {gathered} indicators shown")
    row = "button.finding[data-indicator='09.park_coverage']"
    places = (town.findings["indicator"] == "09.park_coverage").sum()
    assert f"{places} of 64 blocks" in seen(browser, row)
    browser.click(row)
    assert seen(browser, "#finding-count").startswith(f"{min(places, 25)} of {places} findings")
    browser.click("#finding-count button")
    assert seen(browser, "#finding-count").endswith(f"of {gathered} indicators shown")


def test_choosing_a_finding_shows_its_place_and_evidence_on_the_map(browser, report):
    browser.open(report)
    list_by_place(browser)
    before = zoomed(browser)
    browser.click("button.finding[data-id^='09.park_coverage@block']")
    browser.wait("!document.getElementById('map-card').hidden")
    browser.wait(f"Number(document.getElementById('map-scale').dataset.metres) < {before}")
    assert "Parks and green grounds within reach" in seen(browser, "#map-card")
    assert browser.run("document.getElementById('map-indicator').value") == "09.park_coverage"
    assert browser.run("document.getElementById('map-kind').value") == "block"
    assert browser.run("location.hash").startswith("#en&finding=09.park_coverage%40block")
    browser.click("#map-card .close")
    assert browser.run("document.getElementById('map-card').hidden")
    assert browser.run("location.hash") == "#en"


def test_definition_and_evidence_are_within_three_clicks(browser, report):
    browser.open(report)
    browser.click("button.finding[data-indicator='09.park_coverage']")
    browser.click("button.finding[data-id^='09.park_coverage@block']")
    browser.wait("!document.getElementById('map-card').hidden")
    browser.click("#map-card a")
    browser.wait("document.getElementById('indicator-09.park_coverage').open")
    shown = seen(browser, "details[open] .body")
    assert "residents or land that keep the rule" in shown
    assert "Estimated" in shown
    assert "garden_city.park" in shown


def test_an_indicator_opens_by_its_address_with_values_by_place(browser, report):
    browser.open(report, "#zh&indicator=08.kindergarten_reach")
    browser.wait("document.querySelectorAll('details[open] .by-place table').length === 2")
    table = seen(browser, "details[open] .by-place")
    assert "西区" in table
    assert "南岸社区" in table
    assert "按路网" in table
    browser.click("details[open] .by-place button.link")
    browser.wait("document.getElementById('map-kind').value === 'district'")


def test_the_language_switches_in_place(browser, report):
    browser.open(report)
    list_by_place(browser)
    browser.click("button.finding")
    browser.wait("!document.getElementById('map-card').hidden")
    browser.click("#language")
    browser.wait("document.documentElement.dataset.language === 'zh'")
    assert seen(browser, "h1") == "纸城"
    assert "受影响" in seen(browser, "button.finding")
    assert "消防站" in seen(browser, "#map-card")
    assert browser.run("document.getElementById('finding-search').placeholder") == "搜索地点或指标"
    assert browser.run("document.querySelector('#map-kind option').textContent") == "全市"
    assert browser.run("location.hash").startswith("#zh&finding=")


def test_findings_are_filtered_searched_and_paged(browser, report, town):
    browser.open(report)
    list_by_place(browser)
    browser.click("#finding-more")
    assert browser.run("document.querySelectorAll('button.finding').length") == 50
    browser.run(
        "(() => { const s = document.getElementById('finding-search'); s.value = 'hilltop';"
        "s.dispatchEvent(new Event('input')); })()"
    )
    shown = browser.run("document.querySelectorAll('button.finding').length")
    assert shown == (town.findings["place"] == "community:3").sum()
    browser.run(
        "(() => { const s = document.getElementById('finding-search'); s.value = '';"
        "const a = document.getElementById('finding-article'); a.value = '10';"
        "a.dispatchEvent(new Event('change')); })()"
    )
    told = seen(browser, "#finding-count")
    assert f"of {(town.findings['article'] == 10).sum()} findings" in told


def typed(browser, selector, text):
    browser.run(
        f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
        f"e.value = {json.dumps(text)}; e.dispatchEvent(new Event('input')); }})()"
    )


@pytest.mark.parametrize(
    ("language", "words", "told"),
    [("en", "kindergarten reach", "1 indicators found"), ("zh", "幼儿园", "找到 1 项指标")],
)
def test_an_indicator_is_found_by_its_name(browser, report, language, words, told):
    browser.open(report, f"#{language}")
    shown = "[...document.querySelectorAll('details.indicator')].filter((e) => e.offsetParent)"
    every = browser.run(f"{shown}.length")
    typed(browser, "#indicator-search", words)
    assert seen(browser, "#indicator-count") == told
    assert browser.run(f"{shown}.map((e) => e.dataset.indicator)") == ["08.kindergarten_reach"]
    assert "indicator" in browser.run(f"{shown}[0].className")
    browser.run("location.hash = 'indicator=09.park_coverage'")  # what was put away comes back
    browser.wait("document.getElementById('indicator-09.park_coverage').open")
    assert browser.run(f"{shown}.length") == every


def test_points_on_the_map_stand_in_the_legend(browser, report):
    browser.open(report)
    assert "Facilities" not in seen(browser, "#map-legend")
    browser.click(".map-layers summary")
    for word in ("Facilities", "Stops"):
        browser.run(
            f"[...document.querySelectorAll('#map-layers label')]"
            f".find((e) => e.innerText.includes('{word}')).click()"
        )
        assert word in seen(browser, "#map-legend")


def test_the_legend_keeps_out_of_the_way_and_no_name_is_under_it(browser, report):
    browser.open(report)
    hidden = browser.run("document.getElementById('map-legend').getBoundingClientRect().left")
    side = "right" if hidden > 1100 else "left"
    right = browser.run("document.getElementById('map-frame').classList.contains('legend-right')")
    assert right == (side == "right")
    scale = browser.run("document.getElementById('map-scale').getBoundingClientRect().left")
    assert (scale < hidden) == right  # the scale bar stands in the other corner


def test_a_pure_number_has_no_unit(browser, report):
    browser.open(report, "#zh")
    assert "比值" not in seen(browser, "main")


def test_the_map_answers_mouse_keys_and_choices(browser, report):
    browser.open(report)
    box = browser.run(
        "(() => { const b = document.getElementById('map').getBoundingClientRect();"
        "return [b.left + b.width / 2 + 30, b.top + b.height / 2 + 30]; })()"
    )
    browser.mouse(*box, "mouseMoved")
    browser.wait("!document.getElementById('map-tip').hidden")
    before = zoomed(browser)
    browser.click("#map-in")
    browser.wait(f"Number(document.getElementById('map-scale').dataset.metres) < {before}")
    browser.run("document.getElementById('map').focus()")
    for key in ("ArrowLeft", "+", "0"):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key=key)
    browser.wait(f"Number(document.getElementById('map-scale').dataset.metres) === {before}")
    browser.run(
        "(() => { const s = document.getElementById('map-indicator'); s.value = '10.block_size';"
        "s.dispatchEvent(new Event('change')); })()"
    )
    browser.wait("document.getElementById('map-legend').innerText.includes('2–4')")
    assert "breaks the rule" in seen(browser, "#map-legend")


def test_every_indicator_draws_on_every_kind_of_place(browser, report):
    browser.open(report)
    drawn = browser.run(
        """(async () => {
          let drawn = 0;
          const pick = (id, value) => {
            const list = document.getElementById(id);
            list.value = value;
            list.dispatchEvent(new Event('change'));
            return new Promise((done) => setTimeout(done, 25));
          };
          for (const one of [...document.querySelectorAll('#map-indicator option')]) {
            await pick('map-indicator', one.value);
            const kinds = [...document.querySelectorAll('#map-kind option')].map((o) => o.value);
            for (const kind of kinds) { await pick('map-kind', kind); drawn += 1; }
          }
          return drawn;
        })()"""
    )
    assert drawn > 40


def test_on_a_phone_nothing_sticks_out_and_the_map_opens_over_the_page(browser, report, tmp_path):
    browser.size(390, 844, mobile=True)
    browser.open(report, "#zh")
    assert browser.run("document.documentElement.scrollWidth") == 390
    assert not browser.run("document.body.classList.contains('map-open')")
    list_by_place(browser)
    browser.click("button.finding")
    browser.wait("document.body.classList.contains('map-open')")
    browser.wait("!document.getElementById('map-card').hidden")
    browser.shoot(tmp_path / "phone.png")
    browser.click("#map-close")
    assert not browser.run("document.body.classList.contains('map-open')")


def test_controls_have_names_and_text_has_contrast(browser, report):
    browser.open(report)
    nameless = browser.run(
        "[...document.querySelectorAll('button, a, select, input, canvas')].filter((e) =>"
        "!(e.textContent || e.getAttribute('aria-label') || e.closest('label') || '')"
        ".toString().trim()).map((e) => e.outerHTML.slice(0, 90))"
    )
    assert nameless == []
    faint = browser.run(
        """(() => {
          const light = (text) => {
            const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((n) => {
              const s = n / 255;
              return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ground = (e) => {
            for (let one = e; one; one = one.parentElement) {
              const colour = getComputedStyle(one).backgroundColor;
              if (!/, 0\\)$/.test(colour) && colour !== 'transparent') return colour;
            }
            return 'rgb(255, 255, 255)';
          };
          const bad = new Set();
          for (const e of document.querySelectorAll('main *, .bar *, .map-pane *')) {
            const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
            if (!own || !e.offsetParent || e.closest('svg')) continue;
            const pair = [light(getComputedStyle(e).color), light(ground(e))].sort((a, b) => b - a);
            if ((pair[0] + 0.05) / (pair[1] + 0.05) < 4.5) bad.add(`${e.tagName}.${e.className}`);
          }
          return [...bad];
        })()"""
    )
    assert faint == []


def test_it_prints_with_everything_that_is_written(browser, report, tmp_path):
    browser.open(report)
    browser.print_pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_comparison_opens_and_switches_its_language(browser, comparison, tmp_path):
    browser.open(write_comparison_report(comparison, tmp_path / "comparison.html"))
    assert seen(browser, "h1") == "Papertown"
    browser.click("#language")
    assert seen(browser, "h1") == "纸城"
    assert "仅由制图更新" in seen(browser, "#summary .note")
