"""Open311 as others speak it: the client georeport, photos as phones send them, questions."""

import io
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from georeport import GeoReport
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dizuo.model.errors import InputError
from dizuo.operations.cases.questions import answers_to, parse_questions
from dizuo.operations.cases.register import history
from dizuo.operations.photos import PhotoLimits, clean_photo

V2 = "/open311/v2"
PLACE = {"lat": "43.7305", "long": "7.4240"}
APPEAL = "hotline_appeal.complaint"


def photo(kind="JPEG", size=(40, 20), **more):
    """A red picture whose camera wrote down where it stood."""
    exif = Image.Exif()
    exif[0x010F] = "Secret camera"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (43.0, 43.0, 50.0)
    written = io.BytesIO()
    Image.new("RGB", size, (200, 0, 0)).save(written, kind, exif=exif, **more)
    return written.getvalue()


def report(town, files=None, **told):
    told = {"service_code": "urban_event.0501", **PLACE, **told}
    return town.http.post(f"{V2}/requests.json", data=told, files=files)


def confidences(town, number):
    """What was kept of a case, by kind."""
    case = f"case:{number}"
    with town.operations.engine.connect() as connection:
        (opened,) = history(connection, case)
        vault = town.operations.office.vault
        return [
            (one["kind"], vault.read(connection, one["digest"]))
            for one in opened.facts.get("confidences", [])
        ]


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_client_of_others_understands_us(town, form):
    numbers = [report(town).json()[0]["service_request_id"]]
    town.clock.move(timedelta(hours=1))
    numbers.insert(0, report(town).json()[0]["service_request_id"])
    client = GeoReport(f"{town.http.base_url}{V2}", jurisdiction="town", output_format=form)
    services = {one["service_code"] for one in client.get_service_list()}
    assert {"urban_event.0501", APPEAL} <= services
    definition = client.get_service_definition(APPEAL)
    assert definition["service_code"] == APPEAL
    attributes = definition["attributes"]
    attributes = attributes["attribute"] if form == "xml" else attributes
    assert [one["code"] for one in attributes] == ["reply", "secrecy"]
    listed = client.get_service_requests(status="open", start_date="2026-03-01T00:00:00Z")
    assert [one["service_request_id"] for one in listed] == numbers
    assert client.get_service_request(numbers[0])["status"] == "open"


@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_endpoint_is_discovered(town, form):
    answer = town.get(f"/open311/discovery.{form}")
    assert answer.status_code == 200
    assert f"{town.http.base_url}/open311/v2" in answer.text
    if form == "xml":
        root = ET.fromstring(answer.content)
        assert root.findtext("endpoints/endpoint/formats/format") == "application/json"


def test_questions_are_asked_and_their_answers_kept_in_confidence(town):
    told = {"service_code": APPEAL, "attribute[reply]": "yes", "attribute[secrecy][]": "no"}
    number = report(town, **told).json()[0]["service_request_id"]
    assert confidences(town, number) == [("answer", b"reply=yes"), ("answer", b"secrecy=no")]
    for wrong in ({"attribute[reply]": "maybe"}, {"attribute[age]": "40"},
                  {"attribute[reply]": ["yes", "no"]}):  # fmt: skip
        refused = report(town, service_code=APPEAL, **wrong)
        assert refused.status_code == 400
        assert refused.json()[0]["code"] == 400


def test_questions_are_told_in_both_languages(town):
    chinese = {"Accept-Language": "zh-CN"}
    told = town.http.get(f"{V2}/services/{APPEAL}.json", headers=chinese).json()
    assert told["attributes"][0]["description"] == "是否需要答复"
    assert told["attributes"][0]["values"][0] == {"key": "yes", "name": "需要"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_upright_without_what_the_camera_wrote(town, kind):
    number = report(town, files={"media": ("a", photo(kind))}).json()[0]["service_request_id"]
    ((what, kept),) = confidences(town, number)
    assert what == "photo"
    assert b"Secret" not in kept
    with Image.open(io.BytesIO(kept)) as opened:
        assert (opened.format, opened.size) == (kind, (20, 40))
        assert dict(opened.getexif()) == {}
        assert opened.convert("RGB").getpixel((5, 5))[0] > 150
    assert town.get(f"{V2}/requests/{number}.json").json()[0]["media_url"] is None


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"media": ("a.jpg", b"GIF89a not a picture")}, 400),
        ({"media": ("a.jpg", b"")}, 400),
        ({"media": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")}, 400),
        ({"media": ("a.jpg", photo()[:300])}, 400),
        ({"media": ("a.jpg", bytes(11 * 1024 * 1024))}, 413),
        ({"paper": ("a.jpg", photo())}, 400),
        ([("media", (str(k), photo())) for k in range(5)], 400),
    ],
)
def test_what_is_no_photo_opens_no_case(town, files, status):
    answer = report(town, files=files)
    assert answer.status_code == status
    assert answer.json()[0]["code"] == status
    assert town.get(f"{V2}/requests.json").json() == []


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_drawn():
    with pytest.raises(InputError, match="pixels"):
        clean_photo(photo("PNG", (10_000, 6_000)), PhotoLimits.load())


@given(st.binary(max_size=300), st.integers(0, 600))
def test_whatever_is_sent_is_a_picture_or_refused(noise, cut):
    whole = photo()
    for content in (noise, whole[:cut] + noise, whole[:cut] + noise + whole[cut + len(noise) :]):
        try:
            kept = clean_photo(content, PhotoLimits.load())
        except InputError:
            continue
        Image.open(io.BytesIO(kept)).verify()
        assert b"Secret" not in kept


def test_a_request_that_never_ends_is_cut_off(town):
    def endless():
        for _ in range(60):
            yield bytes(1024 * 1024)

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = town.http.post(f"{V2}/requests.json", content=endless(), headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"a": {"en": "A"}}, "a question has"),
        ({"a": {"en": "A", "zh": "甲", "datatype": "colour"}}, "no kind of answer"),
        ({"a": {"en": "A", "zh": "甲", "datatype": "singlevaluelist"}}, "list of values"),
        (
            {"a": {"en": "A", "zh": "甲", "values": {"x": {"en": "X", "zh": "子"}}}},
            "list of values",
        ),
    ],
)
def test_faulty_questions_are_refused(table, problem):
    with pytest.raises(InputError, match=problem):
        parse_questions(table, "type.toml")


@pytest.mark.parametrize(
    ("datatype", "told", "taken"),
    [
        ("number", "4.5", True), ("number", "four", False),
        ("datetime", "2026-03-01T09:00:00Z", True), ("datetime", "soon", False),
        ("string", "x" * 200, True), ("string", "x" * 201, False), ("text", "x" * 4000, True),
    ],
)  # fmt: skip
def test_answers_are_of_the_kind_that_is_asked_for(datatype, told, taken):
    table = {"a": {"en": "A", "zh": "甲", "datatype": datatype, "required": True}}
    questions = parse_questions(table, "")
    with pytest.raises(InputError, match="must be answered"):
        answers_to(questions, {})
    if taken:
        assert answers_to(questions, {"a": [told]}) == {"a": told}
    else:
        with pytest.raises(InputError, match="is no"):
            answers_to(questions, {"a": [told]})
