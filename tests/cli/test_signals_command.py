"""``dizuo signals`` as a user types it: from a table of devices to a judged alarm."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from dizuo.cli import main
from opened_city import write_city

pytestmark = pytest.mark.systems("S14.9", "S17.2")


@pytest.fixture
def asked(tmp_path, capsys):
    folder = write_city(tmp_path / "town")
    devices = folder / "devices.csv"
    devices.write_text("device,asset,stream,kind,unit,interval_s\np,chamber,gas,methane,%VOL,60\n")

    def ask(*words, code=0):
        capsys.readouterr()
        assert main(["signals", str(folder), *map(str, words), "--json"]) == code
        return json.loads(capsys.readouterr().out or "null")

    assert ask("register", devices)["changed"] == 1
    return ask


def written(file, values):
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    rows = [f"gas,{(begin + timedelta(minutes=n)).isoformat()},{v}" for n, v in enumerate(values)]
    file.write_text("\n".join(["stream,time,value", *rows, ""]))
    return file


def test_a_file_is_imported_and_its_alarm_acknowledged_and_judged(asked, tmp_path):
    done = asked("import", written(tmp_path / "a.csv", [0.1, 6.0, 6.1]))
    assert (done["observations"], done["changes"]) == (3, 1)
    (alarm,) = asked("alarms")
    assert asked("acknowledge", alarm["alarm"])["acknowledged"] is not None
    judged = asked("judge", alarm["alarm"], "--verdict", "true")
    assert (judged["verdict"], judged["case"]) == ("true", alarm["case"])
    quality = asked("quality", "--from", "2026-01-01")
    assert (quality["raised"], quality["judged"], quality["precision"]) == (1, 1, 1.0)
    (health,) = asked("health")
    assert (health["device"], health["calibrated"]) == ("p", True)


def test_a_replay_has_a_log_of_its_own(asked, tmp_path):
    done = asked("replay", written(tmp_path / "a.csv", [0.1, 6.0, 0.1]))
    assert (done["observations"], done["changes"]) == (3, 2)
    assert asked("alarms", "--all") == []


def test_the_broker_s_configuration_is_written_once(asked):
    assert asked("broker")["start"].startswith("mosquitto -c ")
    asked("broker", code=2)
