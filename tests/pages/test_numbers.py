"""Numbers are written as people read them."""

import pytest

from dizuo.pages.numbers import format_number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.8, "1,234,568"),
        (100.4, "100"),
        (99.96, "100"),
        (12.34, "12.3"),
        (3.0, "3"),
        (3.456, "3.46"),
        (0.12345, "0.123"),
        (-0.0001, "0"),
        (-42.0, "−42"),
        (0.0, "0"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_numbers_are_written_for_people(value, text):
    assert format_number(value) == text
