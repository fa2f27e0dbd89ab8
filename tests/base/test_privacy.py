"""Columns about persons do not get in."""

import pandas as pd
import pytest

from dizuo.base.privacy import refuse_personal_columns
from dizuo.model.errors import InputError


@pytest.mark.systems("S22.2", "S22.4")
@pytest.mark.parametrize(
    "name",
    ["身份证号", "手机", "联系电话",
      "联系人", "户主姓名", "车牌号", "出生日期", "phone", "Mobile_No",
     "contactName", "E-mail", "id_card", "passport no", "ResidentID", "birth_date", "plate_number",
     "IMEI", "tel", "owner name", "first_name"],
)  # fmt: skip
def test_columns_named_like_persons_are_refused(name):
    with pytest.raises(InputError, match="no data on persons") as caught:
        refuse_personal_columns(pd.DataFrame({name: ["x"]}), dropped=[])
    assert caught.value.field == name
    assert f'drop = ["{name}"]' in caught.value.cure


@pytest.mark.parametrize(
    "name",
    ["名称", "name", "编号", "capacity",
     "hotel", "telescopes", "personnel_rooms", "床位数", "place",
     "embassy", "tellers", "学位数", "小区名称"],
)  # fmt: skip
def test_columns_of_places_are_kept(name):
    frame = pd.DataFrame({name: ["x", "y"]})
    assert refuse_personal_columns(frame, dropped=[]).equals(frame)


@pytest.mark.systems("S22.2", "S22.4")
def test_values_tell_what_a_name_hides():
    # 11010519491231002X is the example of GB 11643-1999.
    for values in (
        ["none", "11010519491231002X"],
        ["13800138000", "+86 13912345678", "x"],
        ["a@b.cn", "c@d.org"],
    ):
        with pytest.raises(InputError, match="holds"):
            refuse_personal_columns(pd.DataFrame({"a": values}), dropped=[])


def test_long_numbers_are_not_taken_for_identity_numbers():
    values = ["110105194912310021", "110105194913310022", "123456789012345678"]
    codes = refuse_personal_columns(pd.DataFrame({"code": values}), dropped=[])
    assert list(codes["code"]) == values
    areas = refuse_personal_columns(pd.DataFrame({"area": [13800138000.0]}), dropped=[])
    assert list(areas.columns) == ["area"]


@pytest.mark.systems("S22.2", "S22.4")
def test_what_the_settings_drop_is_gone_and_must_exist():
    frame = pd.DataFrame({"name": ["A"], "电话": ["13800138000"]})
    assert list(refuse_personal_columns(frame, dropped=["电话"]).columns) == ["name"]
    with pytest.raises(InputError, match="'phone', does not exist"):
        refuse_personal_columns(frame, dropped=["phone"])
