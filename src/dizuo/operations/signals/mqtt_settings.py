"""Where the MQTT broker of a city is, and how dizuo comes to it: ``operations/mqtt.toml``.

::

    host = "127.0.0.1"
    port = 1883
    prefix = "dizuo"          # devices publish below PREFIX/observations
    protocol = "5"            # or "3.1.1"
    user = "dizuo"            # the password is what DIZUO_MQTT_PASSWORD says
    certificates = "ca.pem"   # of whoever signed the broker's; then TLS is used
    sensorthings = true       # the topics of SensorThings, below v1.1

All of it may be left out. How much is under way at once is set here too, by the names and with the
numbers of ``mqtt.toml`` beside this module.
"""

import tomllib
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from dizuo.base.toml_files import read_toml
from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["MqttSettings"]

_MOST: Final = {
    "unacknowledged": 65_535, "observations_at_once": 1_000_000, "keep_alive_seconds": 65_535,
    "longest_pause_seconds": 3_600,
}  # fmt: skip
"""What the protocol can say of two of them; the others are bounded against slips of the pen."""


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """How to come to the broker.

    Attributes
    ----------
    prefix
        Live observations come below ``PREFIX/observations``; what a device kept while it was cut
        off, and sends afterwards, below ``PREFIX/backlog``.
    name
        By which the broker keeps what has not been acknowledged: one listener a name.
    sensorthings
        Whether the server takes in, and tells, observations on the topics of SensorThings too;
        MQTT 5 only.
    unacknowledged, observations_at_once, keep_alive_seconds, longest_pause_seconds
        How much is under way at once; the file that ships says what each means.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    prefix: str = "dizuo"
    name: str = "dizuo"
    protocol: str = "5"
    user: str = ""
    certificates: str = ""
    sensorthings: bool = False
    unacknowledged: int = field(default_factory=lambda: _shipped("unacknowledged"))
    observations_at_once: int = field(default_factory=lambda: _shipped("observations_at_once"))
    keep_alive_seconds: int = field(default_factory=lambda: _shipped("keep_alive_seconds"))
    longest_pause_seconds: int = field(default_factory=lambda: _shipped("longest_pause_seconds"))
    password: str = ""

    @classmethod
    def read(cls, file: Path, password: str = "", **given: Any) -> "MqttSettings":
        """Read the settings; what is given takes the place of what is written.

        Raises
        ------
        InputError
            If a field is not known, or has another type.
        """
        told: dict[str, Any] = {}
        if file.exists():
            told = read_toml(file)
        known = {one.name: one.type for one in fields(cls) if one.name != "password"}
        for name, value in told.items():
            if not isinstance(value, known.get(name, type(None))):  # type: ignore[arg-type]
                raise InputError(
                    Text(f"{value!r} is no setting of MQTT", f"{value!r} 不是有效的 MQTT 设置"),
                    file=file,
                    field=name,
                    cure=Text(f"Known are: {', '.join(known)}.", f"可用字段：{'、'.join(known)}。"),
                )
        wanted = {name: value for name, value in given.items() if value is not None}
        made = replace(cls(password=password), **(told | wanted))
        if made.protocol not in {"5", "3.1.1"}:
            raise InputError(
                Text(f"{made.protocol} is no version of MQTT", f"{made.protocol} 不是 MQTT 版本"),
                file=file,
                field="protocol",
                cure=Text('Write "5" or "3.1.1".', '请写 "5" 或 "3.1.1"。'),
            )
        for name, most in _MOST.items():
            if not 1 <= getattr(made, name) <= most:
                raise InputError(
                    Text(
                        f"{name} must lie between 1 and {most:,}",
                        f"{name} 须在 1 与 {most:,} 之间",
                    ),
                    file=file,
                    field=name,
                )
        return made


@cache
def _numbers() -> dict[str, Any]:
    text = files(__package__).joinpath("mqtt.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _shipped(name: str) -> int:
    return int(_numbers()[name])
