"""Columns that point at persons are not read: dizuo keeps places, buildings and cases.

A column is refused by its name or by what stands in it, unless the settings drop it. Legal bases:
Personal Information Protection Law (2021-11-01), GB/T 35273-2020.
"""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["refuse_personal_columns"]
__systems__ = ("S22.2", "S22.4")  # who and what may not get in

_NAMES_ZH: Final = (
    "身份证",
    "证件号",
    "证件号码",
    "公民身份",
    "护照",
    "手机",
    "电话",
    "联系方式",
    "联系人",
    "姓名",
    "户主",
    "户口",
    "邮箱",
    "车牌",
    "出生日期",
    "出生年月",
    "微信",
    "人脸",
    "指纹",
    "银行卡",
    "社保号",
    "病历",
)
_NAMES_EN: Final = re.compile(
    r"(^|[_\W])(id[\W_]?card|identity[\W_]?(card|number|no)|national[\W_]?id|passport|ssn|social[\W_]?security|"
    r"phone|mobile|telephone|tel|cell[\W_]?phone|e[\W_]?mail|mail[\W_]?address|wechat|"
    r"person([\W_]?(id|name))?|resident[\W_]?(id|name)|citizen[\W_]?(id|name)|patient|"
    r"first[\W_]?name|last[\W_]?name|full[\W_]?name|surname|given[\W_]?name|owner[\W_]?name|contact([\W_]?name)?|"
    r"householder|birth[\W_]?(date|day)|date[\W_]?of[\W_]?birth|dob|licen[cs]e[\W_]?plate|plate[\W_]?(no|number)|"
    r"imei|imsi|mac[\W_]?address|face[\W_]?id|bank[\W_]?account|iban)($|[_\W])",
    re.IGNORECASE,
)
_CITIZEN_ID: Final = re.compile(r"[1-9]\d{5}((?:19|20)\d{6})\d{3}[\dXx]")
_CITIZEN_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE: Final = re.compile(r"(\+?86[- ]?)?1[3-9]\d{9}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SHARE_OF_VALUES: Final = 0.5
"""A mobile number or an address of one cell may be chance; half a column is not."""


def refuse_personal_columns(
    frame: pd.DataFrame, *, dropped: Sequence[str], file: Path | None = None
) -> pd.DataFrame:
    """Return the table without the dropped columns.

    Parameters
    ----------
    frame
        Table as read.
    dropped
        Columns that the settings drop.

    Raises
    ------
    InputError
        If a dropped column does not exist, or a kept one looks like it identifies persons.
    """
    for name in dropped:
        if name not in frame.columns:
            raise InputError(
                Text(f"the column to drop, {name!r}, does not exist", f"要删除的列“{name}”不存在"),
                file=file,
                field="drop",
                cure=Text(
                    f"The columns are: {', '.join(map(str, frame.columns))}.",
                    f"现有的列：{'、'.join(map(str, frame.columns))}。",
                ),
            )
    kept = frame.drop(columns=list(dropped))
    for position, name in enumerate(kept.columns):
        reason = _looks_personal(str(name), kept.iloc[:, position])
        if reason:
            raise InputError(
                Text(
                    f"the column {reason.en}; dizuo keeps no data on persons",
                    f"该列{reason.zh}；dizuo 不保存个人信息",
                ),
                file=file,
                field=str(name),
                cure=Text(
                    f'Remove it from the file, or add drop = ["{name}"] to the source.',
                    f'请从文件中删去该列，或在数据源中添加 drop = ["{name}"]。',
                ),
            )
    return kept


def _looks_personal(name: str, values: pd.Series) -> Text | None:
    """Return what is personal about a column, None if nothing is."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    if any(word in name for word in _NAMES_ZH) or _NAMES_EN.search(spaced):
        return Text("is named like one that identifies persons", "的名称像是个人信息")
    if pd.api.types.is_float_dtype(values) or pd.api.types.is_bool_dtype(values):
        return None
    texts = values.dropna().astype("str").str.strip()
    texts = texts[texts != ""]
    if texts.map(_is_citizen_id).any():
        return Text("holds a citizen's identity number", "含有公民身份号码")
    for pattern, what in (
        (_MOBILE, Text("holds mobile numbers", "含有手机号码")),
        (_EMAIL, Text("holds e-mail addresses", "含有电子邮箱地址")),
    ):
        if len(texts) and texts.map(pattern.fullmatch).notna().mean() >= _SHARE_OF_VALUES:
            return what
    return None


def _is_citizen_id(text: str) -> bool:
    """Whether a text is an identity number by GB 11643-1999: real birthday, true check digit."""
    match = _CITIZEN_ID.fullmatch(text)
    if match is None:
        return False
    birthday = match.group(1)
    try:
        date(int(birthday[:4]), int(birthday[4:6]), int(birthday[6:]))
    except ValueError:
        return False
    total = sum(w * int(digit) for w, digit in zip(_CITIZEN_WEIGHTS, text, strict=False))
    return "10X98765432"[total % 11] == text[-1].upper()
