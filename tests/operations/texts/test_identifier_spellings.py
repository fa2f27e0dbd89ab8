"""Identifiers are found however they are written, and numbers that a case needs stay."""

import random
import unicodedata

import pytest

from dizuo.operations.texts.identifiers import strip_identifiers
from dizuo.operations.texts.plain_writing import plainly

HAN, HAN_ONE = (
    str.maketrans("0123456789", one) for one in ("零一二三四五六七八九", "〇幺二三四五六七八九")
)
BANKERS = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
SAID = ["请拨打{}联系我", "路灯坏了，{}，请尽快处理", "{}", "联系方式 {}", "call me at {}", "({})"]


def parted(sizes, by):
    def write(number):
        ends = [sum(sizes[: at + 1]) for at in range(len(sizes))]
        return by.join(number[end - size : end] for size, end in zip(sizes, ends, strict=True))

    return write


def each(number, write):
    return "".join(write(int(digit)) for digit in number)


OF_ANY_NUMBER = {
    "plain": str,
    "wide": lambda number: number.translate(WIDE),
    "a zero-width space between": "\u200b".join,
    "a word joiner between": "\u2060".join,
}
OF_DIGITS = {
    "in words": lambda number: number.translate(HAN),
    "in words, 幺": lambda number: number.translate(HAN_ONE),
    "in words of banks": lambda number: number.translate(BANKERS),
    "half in words": lambda number: number[:3] + number[3:7].translate(HAN) + number[7:],
    "in circles": lambda number: each(number, lambda one: "⓪①②③④⑤⑥⑦⑧⑨"[one]),
    "bold": lambda number: each(number, lambda one: chr(0x1D7CE + one)),
    "Arabic": lambda number: each(number, lambda one: chr(0x660 + one)),
    "on keys": lambda number: each(number, lambda one: f"{one}\ufe0f\u20e3"),
    "with tags": lambda number: f"<b>{number[:3]}</b>{number[3:]}",
}
MOBILE = {
    **{f"3-4-4 by {unicodedata.name(by, 'a new line').lower()}": parted((3, 4, 4), by)
       for by in " -－—–.·_/−\u2011\u00a0\u2009\u3000\n"},
    "3-3-3-2": parted((3, 3, 3, 2), " "), "4-4-3": parted((4, 4, 3), " "),
    "5-6": parted((5, 6), " "), "each apart": " ".join, "each by a hyphen": "-".join,
    "O for 0": lambda number: number.replace("0", "O"),
    **{f"behind {code}": lambda number, code=code: code + number
       for code in ("+86", "+86 ", "(+86)", "（+86）", "0086-", "86-")},
}  # fmt: skip
CARD = {"by fours": parted((4, 4, 4, 4, 3), " "), "by hyphens": parted((4, 4, 4, 4, 3), "-"),
        "six first": parted((6, 13), " ")}  # fmt: skip
IDENTITY = {"6-8-4": parted((6, 8, 4), " "), "by hyphens": parted((6, 8, 4), "-"),
            "6-4-4-4": parted((6, 4, 4, 4), " "), "by threes": parted((3,) * 6, " ")}  # fmt: skip
PLATE = {
    "plain": "{0}{1}{2}".format,
    "by a dot": "{0}{1}·{2}".format,
    "by a bullet": "{0}{1}●{2}".format,
    "by a wide dot": "{0}{1}．{2}".format,
    "by a dash": "{0}{1}—{2}".format,
    "all apart": lambda *parts: " ".join("".join(parts)),
    "province apart": "{0} {1} {2}".format,
    "small": lambda *parts: "".join(parts).lower(),
}
EMAIL = {
    "plain": "{0}@{1}.{2}",
    "wide": "{0}＠{1}．{2}",
    "apart": "{0} @ {1}.{2}",
    "(at)": "{0}(at){1}.{2}",
    "（at）": "{0}（at）{1}.{2}",
    "{at}": "{0}{{at}}{1}.{2}",
    "in words": "{0} at {1} dot {2}",
    "艾特": "{0}艾特{1}.{2}",
    "#": "{0}#{1}.{2}",
    "。": "{0}@{1}。{2}",
}
WECHAT = (
    "微信{}",
    "微信号：{}",
    "微 信：{}",
    "威信{}",
    "薇信：{}",
    "WeChat: {}",
    "wx：{}",
    "VX:{}",
    "vx{}",
    "WX号{}",
    "v信{}",
    "加V：{}",
)


def digits(dice, count):
    return "".join(dice.choices("0123456789", k=count))


def mobile(dice):
    return f"1{dice.choice('3456789')}{digits(dice, 9)}"


def identity(dice):
    first = (
        f"4403{digits(dice, 2)}19{dice.randint(40, 99)}{dice.randint(10, 12)}{dice.randint(10, 28)}"
    )
    first += digits(dice, 3)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(int(a) * b for a, b in zip(first, weights, strict=True)) % 11]


def card(dice):
    first = f"6222{digits(dice, 14)}"
    doubled = [2 * int(one) - 9 * (int(one) > 4) for one in first[::-1][::2]]
    return first + str(-(sum(doubled) + sum(map(int, first[::-1][1::2]))) % 10)


def plate(dice):
    return dice.choice("京沪粤苏川"), dice.choice("ABCDE"), dice.choice("HJK") + digits(dice, 4)


def spellings(*ways):
    return [pytest.param(write, id=name) for way in ways for name, write in way.items()]


def gone(text, value, kind):
    stripped = strip_identifiers(text)
    left = plainly(stripped.text).replace(f"[{kind}]", "")
    assert stripped.found == (kind,), text
    assert not any(one.isdigit() for one in left), text
    assert value not in left, text


@pytest.mark.parametrize("write", spellings(OF_ANY_NUMBER, OF_DIGITS, MOBILE))
def test_a_number_to_call_is_found_however_it_is_written(write):
    dice = random.Random(1)
    for said in SAID * 5:
        number = mobile(dice)
        gone(said.format(write(number)), number, "phone")


@pytest.mark.parametrize("area", ["0755", "010"])
@pytest.mark.parametrize("form", ["{}{}", "{}-{}", "({}){}", "（{}）{}", "{} {}", "{}—{}"])
@pytest.mark.parametrize("write", spellings({"plain": str, "wide": OF_ANY_NUMBER["wide"]}))
def test_a_number_of_a_landline_is_found(area, form, write):
    dice = random.Random(2)
    for said in SAID:
        number = f"{dice.choice('2345678')}{digits(dice, 7)}"
        gone(said.format(write(form.format(area, number))), number, "phone")


@pytest.mark.parametrize("write", spellings(OF_ANY_NUMBER, IDENTITY))
def test_an_identity_number_is_found(write):
    dice = random.Random(3)
    for said in ["身份证{}", "证件号码：{}", "{}", "本人（{}）反映"] * 5:
        number = identity(dice)
        gone(said.format(write(number)), number, "identity_number")


@pytest.mark.parametrize("write", spellings(OF_ANY_NUMBER, CARD))
def test_a_card_is_found(write):
    dice = random.Random(4)
    for said in ["卡号{}", "请退款到{}", "{}", "账号 {}，工商银行"] * 5:
        number = card(dice)
        gone(said.format(write(number)), number, "bank_card")


@pytest.mark.parametrize("write", spellings(PLATE))
def test_a_plate_is_found(write):
    dice = random.Random(5)
    for said in ["车牌{}违停", "{}占道", "黑色轿车（{}）挡住消防通道"] * 5:
        number = write(*plate(dice))
        gone(said.format(number), number, "plate")


@pytest.mark.parametrize("form", spellings(EMAIL))
def test_an_address_of_mail_is_found(form):
    for name in ("li.ming", "wang88", "zhang_san"):
        for said in ("邮箱{}", "请回复到{}，谢谢", "{}"):
            text = said.format(form.format(name, "163", "com"))
            assert strip_identifiers(text).text == said.format("[email]"), text


@pytest.mark.parametrize("said", WECHAT)
def test_an_account_is_found_where_it_is_announced(said):
    for name in ("wxid_8fj39sk", "lee1987", "sun-flower88"):
        assert strip_identifiers(said.format(name)).found == ("wechat",), said.format(name)


@pytest.mark.parametrize(
    "said", ["微信号：{}", "微信号{}", "我的微信是{}，", "QQ {}", "扣扣{}", "Q Q：{}"]
)
def test_an_account_of_letters_or_digits_alone_is_found(said):
    name = "553582612" if "微信" not in said else "zhangsanfeng"
    assert strip_identifiers(said.format(name)).text == said.format("[wechat]")


@pytest.mark.parametrize(
    "door",
    [
        "3栋2单元501室",
        "3号楼2单元501",
        "３栋２单元５０１室",
        "三栋二单元五〇一室",
        "贰号楼叁单元伍零壹室",
        "3棟2單元501室",
        "5號樓1202室",
        "3栋2单元5楼501",
        "3栋-2单元-501室",
        "15樓D室",
        "12楼03室",
        "5-2-1204",
    ],
)
def test_a_door_is_found(door):
    assert strip_identifiers(f"阳光花园{door}，漏水").text == "阳光花园[door],漏水".replace(
        ",", "，"
    )


@pytest.mark.parametrize(
    "text",
    [
        "解放路128号门前路灯不亮",
        "坐302路公交车",
        "M317路",
        "地铁11号线A3出口",
        "请拨打12345",
        "400-820-8820",
        "G4高速K23+500",
        "工单编号202603010012",
        "案件编号4403052026030112345",
        "路灯杆编号00123456789012",
        "井盖编号440305200011122233",
        "2026年3月1日12:30",
        "2026-03-01 09:00:00",
        "面积1200平方米",
        "坐标131.12345678,45.543099",
        "坐标113.9345,22.5431",
        "邮编518000",
        "人民路100-120号",
        "104国道",
        "13000-150000元",
        "13/15/17/19/201号",
        "15-17-19号",
        "一百二十三路公交",
        "五四路",
        "三八妇女节",
        "二〇二六年三月一日",
        "2023-2024学年",
        "8栋楼下垃圾桶",
        "南园枫叶大厦楼下",
        "宁app99",
        "新plan7",
        "水表读数00123",
        "单元网格440305001001001",
        "第3教学楼",
        "GB/T 30428.4-2016",
        "微信公众号推送",
    ],
)
def test_numbers_that_a_case_needs_stay(text):
    assert strip_identifiers(text).found == ()
    assert strip_identifiers(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "灯",
        "😀👍🏽",
        "1" * 20_000,
        "A-" * 10_000,
        "a." * 10_000,
        "<a" * 10_000,
        "一二" * 10_000,
        "路灯坏了，" * 4_000,
        "王" * 20_000,
        "The lamp is out. " * 1_200,
        "<script>alert('1')</script>",
    ],
    ids=lambda text: text[:8] or "nothing",
)
def test_any_text_is_stripped_again_without_change(text):
    once = strip_identifiers(text).text
    assert strip_identifiers(once).text == once


def test_an_address_hidden_in_a_tag_goes_with_the_tag():
    told = "<a href='tel:13800138000' title=\"li@163.com\">打电话</a>给我"
    assert strip_identifiers(told).text == "打电话给我"
