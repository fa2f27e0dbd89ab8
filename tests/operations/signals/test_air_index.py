"""The air quality index by both editions of HJ 633: anchors, and an independent computation."""

import math
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dizuo.model.errors import DizuoError, InputError, RuleError
from dizuo.operations.signals.air_days import AirStream, air_days, air_hours
from dizuo.operations.signals.air_index import air_index_for, load_air_indices
from dizuo.operations.signals.observations import Observations, Quality
from dizuo.operations.signals.receiving import nothing_received, receive
from dizuo.operations.signals.replay import ReplayFile, replay
from dizuo.operations.time import SetClock

EDITIONS = load_air_indices()
OLD, NEW = EDITIONS
CHINA = timedelta(hours=8)
POLLUTANTS = ("so2", "no2", "pm10", "pm25", "co", "o3")
UNITS = dict.fromkeys(POLLUTANTS, "µg/m³") | {"co": "mg/m³"}


@pytest.mark.parametrize(
    ("edition", "measure", "concentration", "expected"),
    [
        # Anchors of the requirements.
        (NEW, "pm25_24h", 60, 100), (NEW, "so2_1h", 900, 200), (NEW, "o3_8h", 900, 300),
        # Breakpoints, and the points beside them.
        (NEW, "pm25_24h", 0, 0), (NEW, "pm25_24h", 35, 50), (NEW, "pm25_24h", 36, 52),
        (NEW, "pm25_24h", 61, 101), (NEW, "pm25_24h", 500, 500), (NEW, "pm25_24h", 900, 500),
        (NEW, "pm10_24h", 120, 100), (OLD, "pm10_24h", 150, 100), (OLD, "pm25_24h", 75, 100),
        (OLD, "pm10_24h", 121, 86),
        # The daily row of SO2 is not the hourly one, as in a popular library.
        (NEW, "so2_24h", 150, 100), (NEW, "so2_24h", 500, 154), (NEW, "so2_1h", 500, 100),
        # Rounding: half to even, carbon monoxide to one decimal.
        (NEW, "pm25_24h", 35.5, 52), (NEW, "pm25_24h", 34.5, 49), (NEW, "co_24h", 2.05, 50),
        (NEW, "co_24h", 2.15, 55),
        # Before 2026 these give no index of their own.
        (OLD, "so2_1h", 801, None), (OLD, "o3_8h", 801, None),
    ],
)  # fmt: skip
def test_individual_indices(edition, measure, concentration, expected):
    assert edition.measures[measure].index(concentration) == expected


def day_of(values, day=date(2026, 3, 5), station="A", hours=range(24), numbers=None):
    """Observations of a day with the same value in every hour, and what its streams observe."""
    streams, parts = {}, []
    midnight = datetime(day.year, day.month, day.day, tzinfo=timezone(CHINA))
    for n, (pollutant, value) in enumerate(values.items()):
        streams[n] = AirStream(station, pollutant, UNITS[pollutant])
        chosen = list(hours if numbers is None else numbers.get(pollutant, hours))
        times = [int((midnight + timedelta(hours=h)).timestamp() * 1e6) for h in chosen]
        parts.append(Observations.of([n] * len(times), times, np.broadcast_to(value, len(times))))
    return Observations.joined(parts), streams


CLEAN = {"so2": 10.0, "no2": 20.0, "pm10": 40.0, "pm25": 30.0, "co": 0.8, "o3": 60.0}


def index_of(values, edition=None, **more):
    seen, streams = day_of(values, **more)
    hours = air_hours(seen, streams, NEW, offset=CHINA)
    (found,) = air_days(hours, EDITIONS, edition=edition)
    return found


def test_a_clean_day_has_no_primary_pollutant():
    found = index_of(CLEAN)
    assert (found.index, found.primary, found.category.title.zh) == (43, (), "优")
    assert found.concentrations["co_24h"] == 0.8
    assert found.indices["o3_8h"] == 30


def test_all_that_share_the_highest_index_are_primary():
    found = index_of(CLEAN | {"pm10": 120.0, "pm25": 60.0})
    assert (found.index, found.primary, found.category.title.en) == (100, ("pm10", "pm25"), "Good")


@pytest.mark.parametrize(
    ("day", "edition", "index"),
    [
        (date(2026, 2, 27), "2012", 88), (date(2026, 2, 28), "2012", 88),
        (date(2026, 3, 1), "2026", 105), (date(2026, 3, 2), "2026", 105),
    ],
)  # fmt: skip
def test_each_day_is_judged_by_the_edition_in_force(day, edition, index):
    values = CLEAN | {"pm25": 65.0}
    found = index_of(values, day=day)
    assert (found.edition, found.index) == (edition, index)
    assert index_of(values, edition="2012", day=day).index == 88


def test_days_on_both_sides_of_the_change_in_one_go():
    before, streams = day_of(CLEAN | {"pm25": 65.0}, date(2026, 2, 28))
    after, _ = day_of(CLEAN | {"pm25": 65.0}, date(2026, 3, 1))
    hours = air_hours(Observations.joined([after, before]), streams, NEW, offset=CHINA)
    found = air_days(hours, EDITIONS)
    assert [(one.day.day, one.edition, one.index) for one in found] == [
        (28, "2012", 88),
        (1, "2026", 105),
    ]


def test_with_a_pollutant_missing_only_a_bad_day_is_told():
    without = {name: value for name, value in CLEAN.items() if name != "o3"}
    clean = index_of(without)
    assert (clean.index, clean.category, clean.primary) == (None, None, ())
    assert clean.indices["pm25_24h"] == 43
    dirty = index_of(without | {"pm25": 300.0})
    assert (dirty.index, dirty.primary) == (350, ("pm25",))


def test_a_mean_of_the_day_needs_twenty_hours():
    found = index_of(CLEAN, numbers={"pm25": range(4, 24)})
    assert found.concentrations["pm25_24h"] == 30
    found = index_of(CLEAN, numbers={"pm25": range(5, 24)})
    assert found.concentrations["pm25_24h"] is None
    assert found.index is None


def test_eight_hours_need_six_and_the_day_fourteen_of_them():
    # Hours 0 to 13 are missing: windows that end with hour 19 or later have six values, five of 17.
    found = index_of(CLEAN, numbers={"o3": range(14, 24)})
    assert found.concentrations["o3_8h"] is None
    # But above the limit it counts all the same.
    found = index_of(CLEAN | {"o3": 161.0}, numbers={"o3": range(14, 24)})
    assert (found.concentrations["o3_8h"], found.index) == (161, 101)
    # Two hours missing at the end of a run of windows leave all 17 valid.
    found = index_of(CLEAN, numbers={"o3": [h for h in range(24) if h not in (3, 4)]})
    assert found.concentrations["o3_8h"] == 60


def test_bad_values_are_not_counted_and_the_first_of_an_hour_holds():
    seen, streams = day_of(CLEAN)
    again = Observations.of(seen.stream, seen.phenomenon, seen.value + 100)
    bad = Observations.of(
        seen.stream, seen.phenomenon, seen.value - 5, quality=[Quality.BAD] * len(seen)
    )
    hours = air_hours(Observations.joined([bad, seen, again]), streams, NEW, offset=CHINA)
    assert air_days(hours, EDITIONS)[0].index == 43


def test_what_cannot_be_computed_is_refused():
    seen, streams = day_of(CLEAN)
    with pytest.raises(InputError, match=r"unit 'ppb' of so2 at A"):
        air_hours(seen, streams | {0: AirStream("A", "so2", "ppb")}, NEW, offset=CHINA)
    with pytest.raises(InputError, match=r"two streams observe"):
        air_hours(seen, streams | {1: AirStream("A", "so2", "µg/m³")}, NEW, offset=CHINA)
    with pytest.raises(InputError, match=r"no usable observation"):
        air_hours(Observations.none(), streams, NEW, offset=CHINA)
    with pytest.raises(RuleError, match=r"no edition '1996'"):
        air_index_for(date(2026, 3, 1), EDITIONS, edition="1996")
    with pytest.raises(RuleError, match=r"on 2010-01-01, 0 editions"):
        air_index_for(date(2010, 1, 1), EDITIONS)


def test_a_city_can_put_its_own_edition_in_place(tmp_path):
    folder = Path(__file__).parents[3] / "src" / "dizuo" / "standards"
    text = (folder / "hj_633_2026.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace("least_hours = 20", "least_hours = 18"), encoding="utf-8")
    assert [one.day.least_hours for one in load_air_indices([own])] == [20, 18]
    for broken, message in (
        (text.replace("least_hours = 20", ""), "key 'least_hours' is missing"),
        (text.replace("[0, 35, 60,", "[0, 35.5, 60,"), "whole steps"),
        (text.replace("[0, 35, 60,", "[0, 60, 35,"), "must rise"),
        (text.replace('"o3_1h"]', '"o3_2h"]'), "no measures o3_2h"),
        (text.replace("least_hours = 20", 'least_hours = "many"'), "not of its kind"),
        ("x =", "not TOML"),
    ):
        own.write_text(broken, encoding="utf-8")
        with pytest.raises(DizuoError, match=message):
            load_air_indices([own])
    with pytest.raises(InputError, match="cannot be read"):
        load_air_indices([tmp_path / "none.toml"])


# ------------------------------------------------- an independent computation, sharing no code

NAMES = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
POINTS = [0, 50, 100, 150, 200, 300, 400, 500]
ROWS = {
    "SO2": [0, 50, 150, 475, 800, 1600, 2100, 2620], "NO2": [0, 40, 80, 180, 280, 565, 750, 940],
    "CO": [0, 2, 4, 14, 24, 36, 48, 60], "O3_8": [0, 100, 160, 215, 265, 800],
    "O3_1": [0, 160, 200, 300, 400, 800, 1000, 1200],
    "PM10": {"2012": [0, 50, 150, 250, 350, 420, 500, 600],
             "2026": [0, 50, 120, 250, 350, 420, 500, 600]},
    "PM2.5": {"2012": [0, 35, 75, 115, 150, 250, 350, 500],
              "2026": [0, 35, 60, 115, 150, 250, 350, 500]},
}  # fmt: skip


def plain_round(value, digits):
    """Half to even on the decimal number that is meant."""
    return Decimal(f"{value:.9f}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def plain_iaqi(name, value, edition):
    if value is None:
        return None
    row = ROWS[name][edition] if isinstance(ROWS[name], dict) else ROWS[name]
    value = Fraction(value)
    for n in range(1, len(row)):
        if value <= row[n]:
            share = (value - row[n - 1]) / (row[n] - row[n - 1])
            return math.ceil(POINTS[n - 1] + (POINTS[n] - POINTS[n - 1]) * share)
    if name == "O3_8":
        return 300 if edition == "2026" else None
    return 500


def plain_values(file):
    """Concentrations of every day in a file."""
    table = pd.read_csv(file)
    table["CO"] /= 1000
    table["date"] = pd.to_datetime(table[["year", "month", "day"]]).dt.date
    found = {one: {} for one in table["date"].unique()}
    for name in ("SO2", "NO2", "PM10", "PM2.5", "CO", "O3"):
        wide = table.pivot_table(name, "date", "hour", dropna=False).reindex(found)
        enough = wide.count(axis=1) >= 20
        if name == "O3":
            eight = wide.T.rolling(8, min_periods=6).mean().loc[7:]
            for one, highest, count in zip(found, eight.max(), eight.count(), strict=True):
                value = plain_round(highest, 0) if count else None
                found[one]["O3_8"] = value if count >= 14 or (value or 0) > 160 else None
        key, of_day = ("O3_1", wide.max(axis=1)) if name == "O3" else (name, wide.mean(axis=1))
        for one, value, valid in zip(found, of_day, enough, strict=True):
            found[one][key] = plain_round(value, 1 if name == "CO" else 0) if valid else None
    return found


def plain_days(concentrations, edition):
    """AQI and primary pollutants of every day."""
    found = {}
    for moment, values in concentrations.items():
        single = {name: plain_iaqi(name, value, edition) for name, value in values.items()}
        known = {name: i for name, i in single.items() if i is not None}
        absent = {"SO2", "NO2", "PM10", "PM2.5", "CO"} - set(known)
        incomplete = absent or not {"O3_8", "O3_1"} & set(known)
        highest = max(known.values(), default=None)
        if highest is None or (incomplete and highest <= 100):
            found[moment] = (None, frozenset())
            continue
        best = {name for name, i in known.items() if i == highest} if highest > 50 else set()
        primary = {NAMES.get(name, "o3") for name in best}
        found[moment] = (highest, frozenset(primary))
    return found


def replayed(files):
    """Everything in the files, as it came through the front door."""
    readers, streams = [], {}
    for file in files:
        columns = {}
        for column, pollutant in NAMES.items():
            number = len(streams)
            streams[number] = AirStream(file.name.split("_")[2], pollutant, "µg/m³")
            columns[column] = number
        readers.append(ReplayFile(file, columns, CHINA, timedelta(hours=1)))
    clock = SetClock(datetime(2000, 1, 1, tzinfo=timezone(CHINA)))
    state = nothing_received(np.zeros(len(streams), np.int64))
    parts = []
    for batch in replay(readers, clock, batch=timedelta(days=30)):
        state, receipt = receive(state, batch)
        assert receipt.duplicates == 0
        parts.append(receipt.fresh)
        assert not len(receipt.late)
    return Observations.joined(parts), streams


def assert_equal_to_the_plain_computation(files):
    seen, streams = replayed(files)
    hours = air_hours(seen, streams, NEW, offset=CHINA)
    days = {edition: air_days(hours, EDITIONS, edition=edition) for edition in ("2012", "2026")}
    for file in files:
        station, values = file.name.split("_")[2], plain_values(file)
        for edition, mine in days.items():
            got = {
                one.day: (one.index, frozenset(one.primary))
                for one in mine
                if one.station == station
            }
            assert got == plain_days(values, edition)


def made_file(folder, days=40, seed=633):
    """A month in which everything happens: gaps, halves, smog and clean air."""
    random = np.random.default_rng(seed)
    hours = pd.date_range("2026-02-10", periods=24 * days, freq="h")
    table = pd.DataFrame({"year": hours.year, "month": hours.month, "day": hours.day})
    table["hour"] = hours.hour
    level = np.repeat(random.choice([0.3, 1, 2, 6], days), 24)
    for name, typical in zip(NAMES, (60, 90, 30, 50, 900, 80), strict=True):
        values = np.round(typical * level * random.uniform(0.5, 1.5, len(table)))
        gaps = np.repeat(random.random(days) < 0.2, 24) & (random.random(len(table)) < 0.3)
        table[name] = np.where(gaps | (random.random(len(table)) < 0.02), np.nan, values)
    file = folder / "PRSA_Data_Made_1.csv"
    table.to_csv(file, index=False, na_rep="NA")
    return file


def test_a_made_month_equals_the_plain_computation(tmp_path):
    assert_equal_to_the_plain_computation([made_file(tmp_path)])


@pytest.mark.slow
@pytest.mark.shared
def test_four_stations_and_four_years_of_beijing_equal_the_plain_computation(beijing_air):
    assert len(beijing_air) >= 4
    assert_equal_to_the_plain_computation(beijing_air)
