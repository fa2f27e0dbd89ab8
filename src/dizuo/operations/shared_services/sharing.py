"""Tell another city the items that it recognises, and take in those that another city tells."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from dizuo.base.toml_files import read_toml
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.shared_services.accepted import (
    FORM,
    SharedItems,
    read_document,
    require_signature,
    signed_content,
)
from dizuo.operations.shared_services.catalogue import ACCEPTED, Catalogue, with_items_of

__all__ = ["accept_items", "share_items"]
__systems__ = ("S22.7",)


def share_items(
    catalogue: Path, city: str, to: str, day: date, key: Ed25519PrivateKey
) -> SharedItems:
    """Return the items that a partner city recognises, signed.

    Parameters
    ----------
    catalogue
        ``shared_services.toml`` of the city.
    city, to
        Ids of the own city, and of the partner as the catalogue names it.

    Raises
    ------
    InputError
        If the partner is not known, or recognises nothing.
    """
    known = Catalogue.load(catalogue)
    own = [one.id for one in known.items if not one.city and to in one.recognised_by]
    if not own:
        partners = sorted(known.cities)
        raise InputError(
            Text(f"{to!r} recognises no item", f"{to!r} 没有互认事项"),
            file=catalogue, field="recognised_by",
            cure=Text(f"Partner cities are: {', '.join(partners) or 'none'}.",
                      f"互认城市：{'、'.join(partners) or '无'}。"),
        )  # fmt: skip
    table = read_toml(catalogue)
    items: dict[str, dict[str, Any]] = {
        name: {key: value for key, value in table["items"][name].items() if key != "recognised_by"}
        for name in own
    }
    asked = {
        compared.fact
        for one in known.items
        if one.id in items
        for condition in one.conditions
        for compared in condition.any_of
    }
    facts = {name: table["facts"][name] for name in sorted(asked)}
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    told = SharedItems(FORM, city, to, day.isoformat(), facts, items, public)
    return replace(told, signature=key.sign(signed_content(told)).hex())


def accept_items(catalogue: Path, file: Path) -> SharedItems:
    """Take in what another city told; what it told before is replaced.

    Parameters
    ----------
    catalogue
        ``shared_services.toml`` of the city: the other is a partner in it, with its key.

    Raises
    ------
    InputError
        If the city is no partner with a key, the signature is not its own, the document is older
        than what is there, or its items do not fit the catalogue.
    """
    told, known = read_document(file), Catalogue.load(catalogue)
    if told.city not in known.keys:
        raise InputError(
            Text(f"{told.city} is no partner city with a key", f"{told.city} 不是带公钥的互认城市"),
            file=catalogue, field=f"cities.{told.city}.key",
            cure=Text(
                f'Ask the city for its key and write it there; this file has "{told.public_key}".',
                f'请向该城市核实公钥后写入；本文件所载为 "{told.public_key}"。',
            ),
        )  # fmt: skip
    require_signature(told, known.keys[told.city], file)
    with_items_of(known.without(told.city), told, file)
    kept = catalogue.with_name(ACCEPTED) / f"{told.city}.json"
    if kept.exists() and read_document(kept).made > told.made:
        raise InputError(
            Text("what was accepted before is newer", "已接受的文件更新"), file=file, field="made"
        )
    kept.parent.mkdir(exist_ok=True)
    new = kept.with_suffix(".new")
    new.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
    new.replace(kept)
    return told
