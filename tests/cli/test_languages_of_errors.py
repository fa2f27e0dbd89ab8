"""``--lang zh``: every error is told in Chinese, with the same file, row, field and cure."""

import re

import pytest

from dizuo.model.errors import StoreError
from dizuo.model.text import Text

CHINESE = re.compile("[一-鿿]")
PLACES = ("kind", "exit_code", "file", "layer", "row", "field")


def change(folder, old, new):
    file = folder / "city.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def add_table(folder, *lines):
    (folder / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    source = """
[[sources]]
id = "own"
kind = "table"
file = "own.csv"
layer = "facilities"
category = "pharmacy"
crs = "EPSG:4326"
licence = "own"
date = 2024-06-01
[sources.columns]
id = "id"
x = "x"
y = "y"
"""
    file = folder / "city.toml"
    file.write_text(file.read_text(encoding="utf-8") + source, encoding="utf-8")


def in_both(dizuo, *arguments):
    """What one command says in English and in Chinese; both name the same place."""
    english, chinese = dizuo(*arguments, "--json"), dizuo(*arguments, "--json", "--lang", "zh")
    assert english.code == chinese.code != 0
    assert not CHINESE.search(english.err)
    assert {name: english.error.get(name) for name in PLACES} == {
        name: chinese.error.get(name) for name in PLACES
    }
    told = dizuo(*arguments, "--lang", "zh")
    assert told.err.endswith(f"错误：{chinese.error['message']}\n")
    return english.error, chinese.error


@pytest.mark.parametrize(
    ("old", "new", "field", "problem", "cure"),
    [
        (
            'name = "Town"',
            'nmae = "Town"',
            "city.name",
            "缺少该键",
            "是否误写成了“nmae”？",
        ),
        (
            "2024-06-01",
            '"in June"',
            "city.reference_date",
            "“in June”不是日期",
            "请写成 2025-12-31 的形式。",
        ),
        (
            "total = 1000",
            "total = -1",
            "population.total",
            "应为 0 至 1,000,000,000 之间的数，而不是 -1",
            "请更正。",
        ),
        (
            'kind = "osm"',
            'kind = "osn"',
            "sources[1].kind",
            "“osn”不是可用的取值",
            "您是否要写“osm”？",
        ),
    ],
)
def test_a_wrong_setting(dizuo, town, old, new, field, problem, cure):
    change(town, old, new)
    _, chinese = in_both(dizuo, "build", town)
    file = town / "city.toml"
    assert chinese["message"] == f"文件 {file}，字段 {field}：{problem}。{cure}"
    assert (chinese["problem"], chinese["cure"]) == (problem, cure)


def test_a_table_in_two_encodings_names_the_row(dizuo, town):
    add_table(town, "id,x,y", "1,9,45")
    lines = [b"id,x,y", "药店一,9,45".encode(), "药店二,9,45".encode("gb18030")]
    (town / "own.csv").write_bytes(b"\n".join(lines))
    english, chinese = in_both(dizuo, "build", town)
    assert english["row"] == 3
    assert chinese["message"].startswith(f"文件 {town / 'own.csv'}，行 3：")
    assert "第 3 行与第 2 行的编码不同" in chinese["problem"]


def test_personal_data_are_refused(dizuo, town):
    add_table(town, "id,x,y,身份证号", "1,9,45,110101199003070011")
    ran = dizuo("build", town, "--lang", "zh")
    assert ran.err.endswith(
        "字段 身份证号：该列的名称像是个人信息；dizuo 不保存个人信息。"
        '请从文件中删去该列，或在数据源中添加 drop = ["身份证号"]。\n'
    )


def test_no_city_and_no_base(dizuo, tmp_path, town):
    _, nowhere = in_both(dizuo, "build", tmp_path / "nowhere")
    assert "dizuo new" in nowhere["cure"]
    _, unbuilt = in_both(dizuo, "report", town)
    assert CHINESE.search(unbuilt["message"])
    assert "dizuo build" in unbuilt["message"]


def test_an_unknown_indicator(dizuo, examined_town):
    _, chinese = in_both(dizuo, "explain", "08.kindergarten_rech", examined_town)
    assert chinese["problem"] == "没有指标“08.kindergarten_rech”"
    assert "08.kindergarten_reach" in chinese["cure"]


def test_an_unknown_rule(dizuo):
    ran = dizuo("standards", "zzzzqqqq", "--lang", "zh")
    assert ran.err.startswith("错误：字段 SEARCH：没有与“zzzzqqqq”相近的规则。")


def test_a_damaged_base(dizuo, monkeypatch):
    def fail(*_arguments):
        raise StoreError(Text("The base is damaged.", "底座已损坏。"))

    monkeypatch.setattr("dizuo.cli.doctor.examine_machine", fail)
    english, chinese = in_both(dizuo, "doctor")
    assert (english["message"], chinese["message"]) == ("The base is damaged.", "底座已损坏。")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chekup"], "没有命令 chekup。"),
        (["build", "--forse"], "没有选项 --forse。相近的有：--force。"),
        (["explain"], "缺少参数 'INDICATOR'。"),
        (["standards", "--on", "yesterday"], "参数 '--on' 的取值有误：'yesterday' "),
        (["build", "a", "b"], "参数有误：Got unexpected extra argument"),
        (["standards", "--on"], "参数有误：Option '--on' requires an argument."),
    ],
)
def test_wrong_arguments(dizuo, arguments, words):
    ran = dizuo("--lang", "zh", *arguments)
    assert ran.code == 2
    assert ran.err.startswith(f"错误：{words}")
    assert "\n" not in ran.err.rstrip("\n")
    assert ("--help 查看用法。" in ran.err) == (arguments != ["standards", "--on"])
