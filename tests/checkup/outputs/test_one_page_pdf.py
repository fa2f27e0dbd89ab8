import dataclasses
import shutil
import subprocess

import pandas as pd
import pytest

from dizuo.checkup.outputs.one_page_pdf import write_one_page_pdf


def poppler(tool, *arguments):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not here. Install Debian's package poppler-utils: bash .ci/setup")
    return subprocess.run(
        [tool, *map(str, arguments)], capture_output=True, text=True, check=True
    ).stdout


def test_one_page_tells_the_city_in_the_language_asked_for(town, tmp_path):
    english = write_one_page_pdf(town, tmp_path / "en.pdf")
    chinese = write_one_page_pdf(town, tmp_path / "zh.pdf", "zh")
    for file in (english, chinese):
        assert "Pages:           1\n" in poppler("pdfinfo", file)
    told = poppler("pdftotext", "-layout", english, "-")
    assert "Papertown" in told
    assert "49–59" in told
    assert "Fire stations within reach" in told
    assert "© OpenStreetMap contributors" in told
    told = poppler("pdftotext", "-layout", chinese, "-")
    assert "纸城" in told
    assert "消防站服务半径覆盖率" in told


def test_chinese_needs_no_font_of_the_machine(town, tmp_path):
    file = write_one_page_pdf(town, tmp_path / "zh.pdf", "zh")
    fonts = poppler("pdffonts", file).splitlines()[2:]
    assert fonts
    assert all("NotoSansCJKsc" in font and " yes yes yes " in font for font in fonts)


def test_long_names_and_many_sets_never_need_a_second_page(town, tmp_path):
    long = "A very long name of an indicator that goes on and on " * 4
    scores = pd.concat(
        [town.scores.assign(indicator_set=f"{name} {number}") for number in range(3)
         for name in ("mohurd",)],
        ignore_index=True,
    )  # fmt: skip
    checkup = dataclasses.replace(
        town, scores=scores, indicators=town.indicators.assign(title_en=long)
    )
    file = write_one_page_pdf(checkup, tmp_path / "long.pdf")
    assert "Pages:           1\n" in poppler("pdfinfo", file)


def test_a_checkup_without_findings_fits_too(town, tmp_path):
    bare = dataclasses.replace(
        town, findings=town.findings.head(0), scores=town.scores.assign(score=float("nan"))
    )
    file = write_one_page_pdf(bare, tmp_path / "bare.pdf")
    told = poppler("pdftotext", file, "-")
    assert "No rule is broken anywhere." in told
    assert "not scored" in told


def test_text_of_the_data_is_never_typst_markup(town, tmp_path):
    city = {**town.city, "name": '#panic("x") $ *b* [y] \\ `z`'}
    file = write_one_page_pdf(dataclasses.replace(town, city=city), tmp_path / "odd.pdf")
    assert '#panic("x") $ *b* [y] \\ `z`' in poppler("pdftotext", file, "-")
