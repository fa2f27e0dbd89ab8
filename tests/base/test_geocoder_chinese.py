"""A Chinese town's addresses and places, written as people write to the city."""

from collections import defaultdict

import chinese_town
import numpy as np
import pytest
from osm_town import EAST, NORTH

from dizuo.base.build import build
from dizuo.base.geocoder import Geocoder
from dizuo.model.evidence import Evidence

NEAR = 50.0


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cities") / "qingshan"
    return build(chinese_town.write_town(folder))


@pytest.fixture(scope="module")
def geocoder(base):
    return Geocoder.from_base(base)


def missed(found, x, y):
    return np.hypot(found.x - EAST - x, found.y - NORTH - y)


def things():
    every_second = chinese_town.addresses()[::2]
    return [*every_second, *((name, "", x, y) for name, _, x, y in chinese_town.places())]


@pytest.mark.systems("S22.2")
def test_the_town_stands_in_the_base_as_it_was_drawn(base):
    assert len(base.layer("addresses")) == len(chinese_town.addresses()) == 158
    assert len(base.layer("place_names")) == 16 + len(chinese_town.places()) == 52
    assert set(base.layer("divisions")["name"]) == {"江东区", "江西区"}


def test_perturbed_addresses_and_names_are_found_within_50_metres(geocoder):
    rng = np.random.default_rng(4)
    right, asked = defaultdict(int), defaultdict(int)
    for name, number, x, y in things():
        district = "江西区" if x < 1000 else "江东区"
        for change, write in chinese_town.perturbations(district).items():
            text = write(name, number, rng)
            if text is None:
                continue
            found = geocoder.locate(text)
            asked[change] += 1
            right[change] += found is not None and missed(found, x, y) <= NEAR
    rates = {change: right[change] / asked[change] for change in asked}
    assert sum(asked.values()) > 1000
    assert min(rates.values()) >= 0.95, rates
    assert sum(right.values()) / sum(asked.values()) >= 0.99


@pytest.mark.parametrize(
    ("text", "kind", "label"),
    [
        ("人民路与中山路交叉口", "intersection", "人民路 & 中山路"),
        ("中山路和人民路路口", "intersection", "中山路 & 人民路"),
        ("人民路中山路口", "intersection", "人民路 & 中山路"),
        ("中國青山市江西區人民路2號", "address", "人民路2号"),
        ("我在人民路２号旁边", "address", "人民路2号"),
        ("锦绣花园三号楼2单元301室", "address", "锦绣花园3号楼"),
        ("锦绣花园", "place", "锦绣花园"),
        ("人民医院", "place", "人民医院"),
        ("青山市江西区第一中学附近", "place", "第一中学"),
        ("人民路", "street", "人民路"),
    ],
)
def test_what_people_write(geocoder, text, kind, label):
    found = geocoder.locate(text)
    assert (found.kind, found.label) == (kind, label)


def test_a_crossing_is_where_the_streets_cross(geocoder):
    found = geocoder.locate("解放大道与长江路交叉口")
    streets = chinese_town.streets()
    assert missed(found, streets["长江路"][0][0], streets["解放大道"][0][1]) < 1


def test_a_number_between_two_known_ones_is_estimated(geocoder):
    found = geocoder.locate("人民路16号")
    assert (found.kind, found.evidence) == ("interpolated", Evidence.ESTIMATED)


@pytest.mark.parametrize(
    "text",
    ["南京东路100号", "上海市黄浦区外滩", "天安门广场", "12号", "三单元", "青山市", "。", "旁边"],
)
def test_other_towns_and_nothing_get_no_answer(geocoder, text):
    assert geocoder.locate(text) is None


def test_no_label_and_no_row_tells_a_flat(base, geocoder):
    for name, number, _, _ in chinese_town.addresses():
        found = geocoder.locate(f"{name}{number}2单元501室")
        assert "单元" not in found.label
        assert "501" not in found.label
    assert not base.layer("addresses")["number"].str.contains("单元|室").any()
