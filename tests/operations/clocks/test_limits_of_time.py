"""Limits as rules write them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dizuo.model.errors import InputError
from dizuo.operations.clocks.limits import Limit, parse_limit


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2 urgent_hours", 2, "urgent_hours"),
        ("1 Urgent hour", 1, "urgent_hours"),
        ("2紧急工作时", 2, "urgent_hours"),
        ("30 urgent_minutes", Fraction(1, 2), "urgent_hours"),
        ("20 working minutes", Fraction(1, 3), "working_hours"),
        ("4工作时", 4, "working_hours"),
        ("1.5 working_hours", Fraction(3, 2), "working_hours"),
        ("20个工作日", 20, "working_days"),
        (" 3 工作日 ", 3, "working_days"),
        ("15 calendar days", 15, "calendar_days"),
        ("15自然日", 15, "calendar_days"),
    ],
)
def test_a_limit_is_read_as_written(text, amount, unit):
    assert parse_limit(text) == Limit(Fraction(amount), unit)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("soon", "'soon' is not a limit of time.*2 urgent_hours"),
        ("2", "'2' is not a limit"),
        ("2 hours", "'2 hours' is not a limit"),
        ("-2 working_days", "is not a limit"),
        ("0 working_days", "A limit of 0 is not positive"),
        ("1/0 working_days", "is not a limit"),
        ("0.5 working_days", "not whole days. Half a day is written in working_hours"),
        ("36526 working_days", "more than a hundred years"),
        ("876601 urgent_hours", "more than a hundred years"),
        ("1/7 urgent_minutes", "not whole seconds"),
    ],
)
def test_what_is_no_limit_is_refused_with_a_cure(text, message):
    with pytest.raises(InputError, match=message):
        parse_limit(text)


@given(st.integers(1, 36_525), st.sampled_from(["urgent_hours", "working_hours", "working_days"]))
def test_a_limit_is_its_text_and_its_count(count, unit):
    limit = Limit.of_count(count, unit)
    assert limit.count == count
    assert parse_limit(str(limit)) == limit


def test_limits_add_in_their_own_unit():
    assert parse_limit("2工作日") + parse_limit("3工作日") == parse_limit("5工作日")
    with pytest.raises(InputError, match="cannot be added to 2 working_days"):
        parse_limit("2工作日") + parse_limit("3工作时")


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("1 working_day", "1 working day", "1工作日"),
        ("2 urgent_hours", "2 urgent hours", "2紧急工作时"),
        ("30 urgent_minutes", "30 urgent minutes", "30分钟（紧急工作时）"),
    ],
)
def test_a_limit_is_told_in_both_languages(text, en, zh):
    told = parse_limit(text).text
    assert (told.en, told.zh) == (en, zh)
    with pytest.raises(InputError, match="no unit 'moons'"):
        Limit(Fraction(1), "moons")
