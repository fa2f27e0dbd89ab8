"""Who may come in: accounts with roles, and the keys that show who somebody is.

Keys are kept as SHA-256 digests: a key has 32 random bytes, so nothing slower is needed. Whoever
has no key is the public, which may report and look at what is listed, and nothing else.
"""

import hashlib
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tomlkit

from dizuo.model.errors import InputError
from dizuo.operations.cases.office import Actor

__all__ = ["PUBLIC", "Accounts", "add_account"]

PUBLIC: Final = Actor("public", frozenset({"resident"}))
"""Somebody without a key: reports, and acts on the case whose tracking number they hold."""


@dataclass(frozen=True)
class Accounts:
    """The accounts of a city, by the digest of their key."""

    by_digest: Mapping[str, Actor]

    @classmethod
    def read(cls, file: Path) -> "Accounts":
        """Read the file of accounts; none if there is no file.

        Raises
        ------
        InputError
            If the file cannot be read.
        """
        if not file.exists():
            return cls({})
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
            found = {
                one["key_sha256"]: Actor(
                    f"account:{name}",
                    frozenset(one["roles"]),
                    one.get("unit"),
                    frozenset(one.get("grids", ())),
                )
                for name, one in table.get("account", {}).items()
            }
        except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"the accounts cannot be read: {error}", file=file) from error
        return cls(found)

    def of(self, key: str) -> Actor | None:
        """Return the account of a key, or None."""
        return self.by_digest.get(_digest(key))


def add_account(
    file: Path,
    name: str,
    roles: frozenset[str],
    *,
    unit: str | None = None,
    grids: frozenset[str] = frozenset(),
    make_key: Callable[[], str] | None = None,
) -> str:
    """Add an account and return its key, which is told this once.

    Parameters
    ----------
    unit, grids
        The unit it belongs to and the places it is on duty in: what the policy lets it reach.

    Raises
    ------
    InputError
        If the name is taken, or no role is given.
    """
    if not roles:
        raise InputError("an account needs a role", field="--role")
    written = (
        tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    )
    accounts = written.setdefault("account", tomlkit.table())
    if name in accounts:
        raise InputError(f"there is an account {name!r}", file=file, field="name")
    key = (make_key or (lambda: secrets.token_urlsafe(32)))()
    accounts[name] = {"roles": sorted(roles), "key_sha256": _digest(key)}
    if unit is not None:
        accounts[name]["unit"] = unit
    if grids:
        accounts[name]["grids"] = sorted(grids)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(tomlkit.dumps(written), encoding="utf-8")
    partial.chmod(0o600)
    partial.replace(file)
    return key


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8")).hexdigest()
