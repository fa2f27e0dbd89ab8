"""Tables that a city fills with its own addresses and names."""

import pytest
from openpyxl import load_workbook
from town_city import degrees, write_city

from dizuo.base.build import build
from dizuo.base.gazetteer_templates import REGISTERS, write_gazetteer_templates
from dizuo.base.geocoder import Geocoder
from dizuo.base.schemas import LAYERS
from dizuo.model.errors import InputError


def test_every_column_of_a_template_is_one_of_its_layer():
    for layer, columns in REGISTERS.items():
        assert set(columns) - {"x", "y"} <= set(LAYERS[layer].columns)
        assert all(text.en and text.zh for text in columns.values())


def test_a_filled_template_is_what_the_city_says(tmp_path):
    folder = tmp_path / "city"
    written = write_gazetteer_templates(folder / "templates")
    assert sorted(file.name for file in written) == [
        "addresses.csv",
        "addresses.xlsx",
        "place_names.csv",
        "place_names.xlsx",
    ]
    book = load_workbook(folder / "templates" / "addresses.xlsx")
    lon, lat = degrees(60, 60)
    book["addresses"].append(["a1", "长街", "12号院3号楼2单元501室", "", "", "", "", lon, lat])
    settings = [str(row[0].value or "") for row in book["about 说明"].iter_rows()]
    book.save(folder / "templates" / "addresses.xlsx")
    # The workbook itself says how to name it in city.toml.
    snippet = "\n".join(settings[settings.index("[[sources]]") :])
    write_city(folder, more=f"\n{snippet}\n")
    base = build(folder)
    assert base.layer("addresses")["number"].to_list() == ["12号院3号楼"]
    found = Geocoder.from_base(base).locate("长街12号院3号楼")
    assert (found.kind, found.id) == ("address", "address:city_addresses.a1")


def test_a_filled_template_is_not_overwritten_unasked(tmp_path):
    write_gazetteer_templates(tmp_path)
    with pytest.raises(InputError, match="filled in"):
        write_gazetteer_templates(tmp_path)
    assert len(write_gazetteer_templates(tmp_path, overwrite=True)) == 4
