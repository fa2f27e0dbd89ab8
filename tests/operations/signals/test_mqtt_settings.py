"""How much is under way at the broker: as it ships, or as a city writes it."""

import tomllib
from importlib.resources import files

import pytest

from dizuo.model.errors import InputError
from dizuo.operations.signals.mqtt_settings import MqttSettings


def test_what_ships_holds_where_a_city_says_nothing(tmp_path):
    text = files("dizuo.operations.signals").joinpath("mqtt.toml").read_text("utf-8")
    shipped = tomllib.loads(text)
    read = MqttSettings.read(tmp_path / "mqtt.toml")
    for name in ("unacknowledged", "observations_at_once", "keep_alive_seconds",
                 "longest_pause_seconds"):  # fmt: skip
        assert getattr(read, name) == shipped[name]


def test_a_city_writes_its_own(tmp_path):
    own = tmp_path / "mqtt.toml"
    own.write_text("unacknowledged = 50\nobservations_at_once = 700\n", encoding="utf-8")
    read = MqttSettings.read(own)
    assert (read.unacknowledged, read.observations_at_once, read.port) == (50, 700, 1883)


@pytest.mark.parametrize(
    "line",
    [
        "unacknowledged = 0",
        "unacknowledged = 65536",
        "observations_at_once = -1",
        "keep_alive_seconds = 0",
    ],
)
def test_what_cannot_be_is_refused(tmp_path, line):
    own = tmp_path / "mqtt.toml"
    own.write_text(line, encoding="utf-8")
    with pytest.raises(InputError, match="must lie between 1 and") as refused:
        MqttSettings.read(own)
    assert "须在 1 与" in str(refused.value.in_("zh"))
