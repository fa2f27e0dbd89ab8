"""``dizuo signals`` as a user types it: from a table of devices to a judged alarm."""

import json
from datetime import UTC, datetime, timedelta, timezone

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


def test_a_stream_is_scored_against_what_is_usual(asked, tmp_path):
    asked("unusual", "gas", code=2)  # nothing to learn from yet
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(weeks=6)
    rows = [
        f"gas,{(begin + timedelta(hours=n)).isoformat()},{0.1 + 0.01 * (n % 3) + 0.6 * (n > 1004)}"
        for n in range(6 * 168)
    ]
    file = tmp_path / "weeks.csv"
    file.write_text("\n".join(["stream,time,value", *rows, ""]))
    asked("import", file)
    (scored,) = asked("unusual", "gas")
    assert (scored["stream"], scored["scored"], scored["changes"]) == ("gas:unusual", 168, 1)
    assert [one["rule"] for one in asked("alarms")] == ["unusual.value"]
    assert asked("unusual")[0]["scored"] == 0


def test_the_air_of_a_day_is_judged_by_the_edition_in_force_or_a_forced_one(asked, tmp_path):
    asked("air", "--from", "2026-02-28", code=2)  # no station yet
    devices = tmp_path / "town" / "air.csv"
    rows = [
        f"north,north,north:{kind},{kind},{'mg/m³' if kind == 'co' else 'µg/m³'},3600"
        for kind in ("pm25", "pm10", "so2", "no2", "co", "o3")
    ]
    devices.write_text("\n".join(["device,asset,stream,kind,unit,interval_s", *rows, ""]))
    asked("register", devices)
    begin = datetime(2026, 2, 28, tzinfo=timezone(timedelta(hours=8)))  # the calendar's own zone
    values = {"pm25": 70, "pm10": 40, "so2": 10, "no2": 20, "co": 0.5, "o3": 60}
    lines = [
        f"north:{kind},{(begin + timedelta(hours=hour)).isoformat()},{value}"
        for kind, value in values.items()
        for hour in range(48)
    ]
    file = tmp_path / "air_hours.csv"
    file.write_text("\n".join(["stream,time,value", *lines, ""]))
    asked("import", file)
    period = ("--from", "2026-02-28", "--to", "2026-03-01")
    told = asked("air", *period)
    # PM2.5 of 70 µg/m³: 35 to 75 is 51 to 100 in 2012; 35 to 60 and 60 to 115 in 2026
    assert [(one["day"], one["edition"], one["primary"]) for one in told] == [
        ("2026-02-28", "2012", "pm25"), ("2026-03-01", "2026", "pm25"),
    ]  # fmt: skip
    assert told[0]["index"] == 94
    assert told[1]["index"] > 100
    forced = asked("air", *period, "--edition", "2012")
    assert [one["index"] for one in forced] == [94, 94]


def test_the_broker_s_configuration_is_written_once(asked):
    assert asked("broker")["start"].startswith("mosquitto -c ")
    asked("broker", code=2)
