"""One city tells its items to another: signed, marked with their city, and refused if altered."""

import json
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from shared_items import CATALOGUE

from dizuo.model.errors import InputError
from dizuo.operations.shared_services.catalogue import Catalogue
from dizuo.operations.shared_services.sharing import accept_items, share_items

pytestmark = pytest.mark.systems("S22.7")
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
DAY = date(2026, 3, 2)
OTHER = f"""
[facts.age]
en = "Age"
zh = "年龄"
kind = "number"
[cities.310000]
en = "Shanghai"
zh = "上海"
key = "{PUBLIC}"
[items.museum]
en = "Museum"
zh = "博物馆"
source = "own"
certainty = "check"
conditions = ["age >= 60"]
channels = ["window"]
"""


@pytest.fixture
def cities(tmp_path):
    """Shanghai's catalogue, Hangzhou's, and a document from the one to the other."""
    files = []
    for name, text in (("shanghai", CATALOGUE), ("hangzhou", OTHER)):
        (tmp_path / name).mkdir()
        files.append(tmp_path / name / "shared_services.toml")
        files[-1].write_text(text, encoding="utf-8")
    return *files, tmp_path / "items.json"


def share(catalogue, file, day=DAY, to="330100"):
    import msgspec

    told = share_items(catalogue, "310000", to, day, KEY)
    file.write_bytes(msgspec.json.encode(told))
    return told


def test_items_that_the_other_city_recognises_are_known_there_as_ours(cities):
    ours, theirs, file = cities
    told = share(ours, file)
    assert list(told.items) == ["free_bus"]
    assert set(told.facts) == {"age", "disability_card"}
    accept_items(theirs, file)
    fits = Catalogue.load(theirs).fitting({"age": 62.0})
    assert [(one.item.id, one.item.city, one.fits) for one in fits] == [
        ("museum", "", "yes"), ("310000/free_bus", "310000", "unknown"),
    ]  # fmt: skip
    assert fits[1].reasons == ("age >= 65 or disability_card = yes",)
    # What was accepted is replaced, and not told on.
    share(ours, file, date(2026, 4, 1))
    accept_items(theirs, file)
    assert len(Catalogue.load(theirs).items) == 2
    with pytest.raises(InputError, match="recognises no item"):
        share_items(theirs, "330100", "310000", DAY, KEY)


@pytest.mark.parametrize(
    "alter",
    [
        lambda told: told | {"city": "320500"},
        lambda told: told | {"to": "440300"},
        lambda told: told | {"made": "2027-01-01"},
        lambda told: told | {"items": {"free_bus": told["items"]["free_bus"] | {"en": "Taxi"}}},
        lambda told: told | {"signature": "0" * 128},
        lambda told: told | {"more": 1},
        lambda told: {},
    ],
)
def test_what_was_altered_is_refused(cities, alter):
    ours, theirs, file = cities
    share(ours, file)
    file.write_text(json.dumps(alter(json.loads(file.read_text("utf-8")))), "utf-8")
    with pytest.raises(InputError) as found:
        accept_items(theirs, file)
    assert found.value.in_("zh") != str(found.value)
    assert len(Catalogue.load(theirs).items) == 1


def test_a_city_without_a_key_an_older_document_and_another_fact_are_refused(cities):
    ours, theirs, file = cities
    share(ours, file, date(2026, 4, 1))
    accept_items(theirs, file)
    share(ours, file)
    with pytest.raises(InputError, match="accepted before is newer"):
        accept_items(theirs, file)
    kept = theirs.with_name("shared_services_of") / "310000.json"
    kept.write_text(kept.read_text("utf-8").replace("65", "16"), "utf-8")
    with pytest.raises(InputError, match="not signed by the key of 310000"):
        Catalogue.load(theirs)
    kept.unlink()
    theirs.write_text(OTHER.replace('kind = "number"', 'kind = "truth"').replace(
        "age >= 60", "age = yes"), "utf-8")  # fmt: skip
    with pytest.raises(InputError, match="another kind or other choices"):
        accept_items(theirs, file)
    theirs.write_text(OTHER.replace(f'key = "{PUBLIC}"', ""), "utf-8")
    with pytest.raises(InputError, match="no partner city with a key") as found:
        accept_items(theirs, file)
    assert PUBLIC in found.value.cure
    theirs.write_text(OTHER.replace(PUBLIC, "12"), "utf-8")
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        Catalogue.load(theirs)
