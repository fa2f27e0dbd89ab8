"""A slow twin of the clocks: it marches minute by minute, and shares no code with them.

Calendars are written here a second time, by hand: the holidays are typed from the notices of the
State Council, from 5 U.S.C. 6103 and from the list of Monaco, and local time comes from pandas.
"""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numba import njit


def days(text, year):
    """``"0501-0505 1001"`` as dates of a year."""
    found = []
    for part in text.split():
        first, last = (part.split("-") * 2)[:2]
        day, end = (date(year, int(one[:2]), int(one[2:])) for one in (first, last))
        while day <= end:
            found.append(day)
            day += timedelta(days=1)
    return found


CHINA_OFF = [
    *days("0101 0210-0217 0404-0406 0501-0505 0608-0610 0915-0917 1001-1007", 2024),
    *days("0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008", 2025),
    *days("0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007", 2026),
]
CHINA_MAKE_UP = [
    *days("0204 0218 0407 0428 0511 0914 0929 1012", 2024),
    *days("0126 0208 0427 0928 1011", 2025),
    *days("0104 0214 0228 0509 0920 1010", 2026),
]
US_OFF = [
    *days("0101 0115 0219 0527 0619 0704 0902 1014 1111 1128 1225", 2024),
    *days("0101 0120 0217 0526 0619 0704 0901 1013 1111 1127 1225", 2025),
    *days("0101 0119 0216 0525 0619 0703-0704 0907 1012 1111 1126 1225", 2026),
]
# In 2024 Saint Devota is a Saturday; feasts on a Sunday are kept on the Monday.
MONACO_OFF = [
    *days("0101 0127 0401 0501 0509 0520 0530 0815 1101 1119 1209 1225", 2024),
    *days("0101 0127 0421 0501 0529 0609 0619 0815 1101 1119 1208 1225", 2025),
    *days("0101 0127 0406 0501 0514 0525 0604 0815 1102 1119 1208 1225", 2026),
]

HEAD = """
[calendar]
id = "{name}"
version = "1"
en = "{name}"
zh = "{name}"
time_zone = "{zone}"
valid_from = 2001-01-01
"""
CALENDARS = {
    "china": {
        "zone": "Asia/Shanghai",
        "years": (2024, 2026),
        "last": date(2026, 12, 28),
        "rules": ("next", "any_time", "close", "working"),
        "toml": """
[holidays]
source = "chinesecalendar"
unsettled_from = "12-29"
[counting]
first_day = "next"
receipt = "any_time"
day_end = "close"
last_day = "working"
[[seasons]]
en = "Winter"
zh = "冬"
from = "10-01"
to = "04-30"
mon = ["09:00-12:00", "13:00-17:00"]
tue = ["09:00-12:00", "13:00-17:00"]
wed = ["09:00-12:00", "13:00-17:00"]
thu = ["09:00-12:00", "13:00-17:00"]
fri = ["09:00-12:00", "13:00-17:00"]
make_up = ["09:00-12:00", "13:00-17:00"]
[[seasons]]
en = "Summer"
zh = "夏"
from = "05-01"
to = "09-30"
mon = ["08:30-12:00", "14:30-18:00"]
tue = ["08:30-12:00", "14:30-18:00"]
wed = ["08:30-12:00", "14:30-18:00"]
thu = ["08:30-12:00", "14:30-18:00"]
fri = ["08:30-12:00", "14:30-18:00"]
make_up = ["08:30-12:00", "14:30-17:00"]
[[days]]
date = 2026-02-13
hours = ["09:00-12:00"]
en = "Half-day before Spring Festival"
zh = "春节前半天"
[[days]]
date = 2025-08-20
hours = []
en = "Closed for a typhoon"
zh = "台风停工"
""",
    },
    "new_york": {
        "zone": "America/New_York",
        "years": (2024, 2026),
        "last": date(2026, 12, 31),
        "rules": ("same", "open_time", "midnight", "any"),
        "toml": """
[holidays]
source = "holidays"
country = "US"
[counting]
first_day = "same"
receipt = "open_time"
day_end = "midnight"
last_day = "any"
[[seasons]]
en = "All"
zh = "全年"
from = "01-01"
to = "12-31"
mon = ["08:00-12:00", "12:45-16:15"]
tue = ["08:00-12:00", "12:45-16:15"]
wed = ["08:00-12:00", "12:45-16:15"]
thu = ["08:00-12:00", "12:45-16:15"]
fri = ["08:00-12:00", "12:45-16:15"]
sat = ["23:00-24:00"]
sun = ["00:00-01:30", "02:30-05:00"]
[[yearly_days]]
on = "12-24"
hours = ["08:00-12:00"]
en = "Christmas Eve"
zh = "平安夜"
""",
    },
    "monaco": {
        "zone": "Europe/Monaco",
        "years": (2024, 2026),
        "last": date(2026, 12, 31),
        "rules": ("next", "open_time", "close", "working"),
        "toml": """
[holidays]
source = "holidays"
country = "MC"
[counting]
first_day = "next"
receipt = "open_time"
day_end = "close"
last_day = "working"
[[seasons]]
en = "All"
zh = "全年"
from = "01-01"
to = "12-31"
mon = ["09:00-10:15", "10:30-12:30", "14:00-17:00"]
tue = ["09:00-10:15", "10:30-12:30", "14:00-17:00"]
wed = ["09:00-10:15", "10:30-12:30", "14:00-17:00"]
thu = ["09:00-10:15", "10:30-12:30", "14:00-17:00"]
fri = ["09:00-12:30"]
""",
    },
    "sao_paulo": {
        "zone": "America/Sao_Paulo",
        "years": (2015, 2018),
        "last": date(2018, 12, 31),
        "rules": ("same", "any_time", "close", "working"),
        "toml": """
[holidays]
source = "none"
[counting]
first_day = "same"
receipt = "any_time"
day_end = "close"
last_day = "working"
[[seasons]]
en = "All"
zh = "全年"
from = "01-01"
to = "12-31"
sun = ["00:00-06:00", "22:00-24:00"]
mon = ["00:00-06:00", "22:00-24:00"]
wed = ["00:00-06:00", "22:00-24:00"]
sat = ["00:00-00:30", "23:15-24:00"]
""",
    },
    "lord_howe": {
        "zone": "Australia/Lord_Howe",
        "years": (2024, 2026),
        "last": date(2026, 12, 31),
        "rules": ("next", "any_time", "midnight", "any"),
        "toml": """
[holidays]
source = "none"
[counting]
first_day = "next"
receipt = "any_time"
day_end = "midnight"
last_day = "any"
[[seasons]]
en = "All"
zh = "全年"
from = "01-01"
to = "12-31"
mon = ["00:00-24:00"]
tue = ["00:00-24:00"]
wed = ["00:00-24:00"]
thu = ["00:00-24:00"]
fri = ["00:00-24:00"]
sat = ["00:00-24:00"]
sun = ["00:00-01:45", "02:15-24:00"]
""",
    },
}


def toml_of(name):
    """The file of a calendar, for the code under test."""
    return HEAD.format(name=name, zone=CALENDARS[name]["zone"]) + CALENDARS[name]["toml"]


def span(text):
    """``"9-12 13-17"`` as 1,440 booleans; times in hours, or ``8:30``."""
    worked = np.zeros(1440, dtype=bool)
    for part in text.split():
        first, last = (
            int(one.split(":")[0]) * 60 + int([*one.split(":"), "0"][1]) for one in part.split("-")
        )
        worked[first:last] = True
    return worked


def china(day):
    if day == date(2026, 2, 13):
        return span("9-12")
    if day == date(2025, 8, 20) or day in CHINA_OFF:
        return span("")
    if day.weekday() > 4 and day not in CHINA_MAKE_UP:
        return span("")
    if 5 <= day.month <= 9:
        return span("8:30-12 14:30-17" if day in CHINA_MAKE_UP else "8:30-12 14:30-18")
    return span("9-12 13-17")


def new_york(day):
    if day in US_OFF:
        return span("")
    if day.weekday() == 5:
        return span("23-24")
    if day.weekday() == 6:
        return span("0-1:30 2:30-5")
    return span("8-12" if (day.month, day.day) == (12, 24) else "8-12 12:45-16:15")


def monaco(day):
    if day in MONACO_OFF or day.weekday() > 4:
        return span("")
    return span("9-12:30") if day.weekday() == 4 else span("9-10:15 10:30-12:30 14-17")


def sao_paulo(day):
    if day.weekday() == 5:
        return span("0-0:30 23:15-24")
    return span("0-6 22-24" if day.weekday() in {0, 2, 6} else "")


def lord_howe(day):
    return span("0-1:45 2:15-24" if day.weekday() == 6 else "0-24")


HOURS = {
    "china": china,
    "new_york": new_york,
    "monaco": monaco,
    "sao_paulo": sao_paulo,
    "lord_howe": lord_howe,
}


class Minutes:
    """Every minute of some years: is it worked, on which day is it, does a day end with it?"""

    def __init__(self, name, first_year=None, last_year=None):
        first_year = first_year or CALENDARS[name]["years"][0]
        last_year = last_year or CALENDARS[name]["years"][1]
        zone = CALENDARS[name]["zone"]
        last = min(CALENDARS[name]["last"], date(last_year, 12, 31))
        begin = pd.Timestamp(date(first_year, 1, 1)).tz_localize(zone).tz_convert("UTC")
        stop = pd.Timestamp(last + timedelta(days=1)).tz_localize(zone).tz_convert("UTC")
        utc = pd.date_range(begin, stop, freq="min", inclusive="left")
        wall = utc.tz_convert(zone).tz_localize(None).to_numpy().astype("datetime64[m]")
        # What a clock has shown is not undone when it is put back.
        shown = np.maximum.accumulate(wall.astype(np.int64))
        day, minute = shown // 1440, shown % 1440
        self.day = (day - day[0]).astype(np.int32)
        table = np.array(
            [
                HOURS[name](date(first_year, 1, 1) + timedelta(days=number))
                for number in range(self.day[-1] + 1)
            ]
        )
        self.open = table[self.day, minute]
        self.works = table.any(axis=1)[self.day]
        self.begin = int(begin.timestamp()) // 60
        self.rules = CALENDARS[name]["rules"]
        at_midnight = np.append(self.day[1:] != self.day[:-1], [True])
        numbers = np.where(self.open, np.arange(len(self.open)), -1)
        last_open = np.full(self.day[-1] + 1, -1)
        np.maximum.at(last_open, self.day, numbers)
        at_close = np.zeros(len(self.open), dtype=bool)
        at_close[last_open[last_open >= 0]] = True
        closes = self.rules[2] == "close"
        self.ends = np.where(self.works, at_close if closes else at_midnight, at_midnight)

    def repeated(self, first, last, times):
        """The minutes from the first to the last, each as so many smaller steps."""
        other = object.__new__(Minutes)
        other.rules, other.begin = self.rules, (self.begin + first) * times
        for field in ("open", "works", "day"):
            setattr(other, field, np.repeat(getattr(self, field)[first:last], times))
        other.ends = np.zeros(len(other.open), dtype=bool)
        other.ends[times - 1 :: times] = self.ends[first:last]
        return other

    def counted(self, unit):
        """Whether a minute adds to the count of a unit, if the clock does not stand."""
        days = self.ends & self.works if unit == "working_days" else self.ends
        hours = self.open if unit == "working_hours" else np.ones(len(self.open), dtype=bool)
        return hours if unit.endswith("hours") else days

    def due(self, starts, needs, unit, begins, ends):
        """Steps, from the first, at which the limits run out; -1 where the clock stands."""
        result = np.empty(len(starts), dtype=np.int64)
        next_day = self.rules[0] == "next" and unit.endswith("days")
        opens = self.rules[1] == "open_time" and unit != "urgent_hours"
        working = self.rules[3] == "working" and unit == "calendar_days"
        march_all(
            self.counted(unit), self.open, self.works, self.day, starts, needs, begins, ends,
            next_day, opens, working, result,
        )  # fmt: skip
        return result

    def elapsed(self, starts, stops, unit, begins, ends):
        """What has run between two steps: steps, or days."""
        result = np.zeros(len(starts), dtype=np.int64)
        next_day = self.rules[0] == "next" and unit.endswith("days")
        opens = self.rules[1] == "open_time" and unit != "urgent_hours"
        count_all(
            self.counted(unit), self.open, self.day, starts, stops, begins, ends, next_day, opens,
            result,
        )  # fmt: skip
        return result


UNITS = ["urgent_hours", "working_hours", "working_days", "calendar_days"]
OPEN = 2**40


@njit(cache=True)
def stands_at(step, begins, ends):
    """0: the clock runs, 1: it stands, 2: it stands and has not been restarted."""
    for number in range(len(begins)):
        if begins[number] <= step < ends[number]:
            return 2 if ends[number] == OPEN else 1
    return 0


@njit(cache=True)
def march_all(
    counted, worked, works, day, starts, needs, begins, stops, next_day, opens, working_last, result
):
    for number in range(len(starts)):
        step, count = starts[number], 0
        while opens and not worked[step]:
            step += 1
        first_day = day[step]
        while True:
            if counted[step] and not (next_day and day[step] == first_day):
                state = stands_at(step, begins[number], stops[number])
                if state == 2:
                    result[number] = -1
                    break
                if state == 0:
                    count += 1
                    if count >= needs[number] and (works[step] or not working_last):
                        result[number] = step + 1
                        break
            step += 1


@njit(cache=True)
def count_all(counted, worked, day, starts, finishes, begins, stops, next_day, opens, result):
    for number in range(len(starts)):
        step = starts[number]
        while opens and step < finishes[number] and not worked[step]:
            step += 1
        first_day = day[step]
        while step < finishes[number]:
            if (
                counted[step]
                and not (next_day and day[step] == first_day)
                and stands_at(step, begins[number], stops[number]) == 0
            ):
                result[number] += 1
            step += 1
