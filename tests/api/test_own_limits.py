"""A city sets how long requests may be and what photos a report may bring."""

import io
from importlib.resources import files

import pytest
from PIL import Image
from town_of_two_blocks import Town

from dizuo.api.size_limit import RequestLimits
from dizuo.model.errors import InputError
from dizuo.operations.photos import PhotoLimits

V2 = "/open311/v2/requests.json"
REPORT = {"service_code": "urban_event.0501", "lat": "43.72954", "long": "7.42400"}


def shipped(package, name, **changed):
    """The file that ships, with other numbers."""
    lines = files(package).joinpath(name).read_text("utf-8").splitlines()
    told = {line.split(" = ")[0]: n for n, line in enumerate(lines) if " = " in line}
    for key, value in changed.items():
        lines[told[key]] = f"{key} = {value}"
    return "\n".join(lines)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    (folder / "operations").mkdir()
    photos = shipped("dizuo.operations", "photos.toml", most_photos=1, most_pixels=900)
    (folder / "operations" / "photos.toml").write_text(photos, encoding="utf-8")
    requests = shipped(
        "dizuo.api", "requests.toml", most_bytes=5_000, most_batch_bytes=200,
        most_sensorthings_bytes=300,
    )  # fmt: skip
    (folder / "operations" / "requests.toml").write_text(requests, encoding="utf-8")
    town = Town(folder).serve()
    yield town
    town.stop()


def photo(size=(20, 40)):
    written = io.BytesIO()
    Image.new("RGB", size).save(written, "JPEG")
    return written.getvalue()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ([photo()], 201),
        ([photo(), photo()], 400),
        ([photo((40, 40))], 400),
        ([bytes(6_000)], 413),
    ],
)
def test_reports_bring_what_the_city_takes(town, sent, status):
    named = [("media", (str(n), one)) for n, one in enumerate(sent)]
    assert town.http.post(V2, data=REPORT, files=named).status_code == status


def test_batches_are_as_long_as_the_city_takes(town):
    key = town.headers("probe")
    long = b'{"stream": []' + b" " * 190
    assert town.http.post("/api/observations", content=long, headers=key).status_code == 413
    path = "/sensorthings/v1.1/Observations"
    assert town.http.post(path, content=long, headers=key).status_code == 400
    assert town.http.post(path, content=long * 2, headers=key).status_code == 413


def test_limits_that_cannot_be_read_name_their_file(tmp_path):
    for load in (PhotoLimits.load, RequestLimits.load):
        own = tmp_path / "own.toml"
        own.write_text('most_bytes = "much"\n', encoding="utf-8")
        with pytest.raises(InputError, match="limits of") as refused:
            load(own)
        assert refused.value.file == str(own)
        assert "无法读取" in str(refused.value.in_("zh"))
        assert load(tmp_path / "none.toml") == load()
