import re

import numpy as np

from dizuo.checkup.outputs.charts import histogram, spark
from dizuo.checkup.outputs.map_classes import Limit, classify_values

VALUES = np.array([1.0, 2.0, 2.0, 3.0, 50.0, np.nan])
LIMIT = Limit("at_least", 10.0)
CLASSES = classify_values(VALUES, LIMIT, 1e-9)


def test_the_bars_of_a_histogram_count_every_known_value():
    counts = re.findall(r": (\d+)</title>", histogram(VALUES, CLASSES, LIMIT))
    assert sum(map(int, counts)) == 5


def test_the_limit_is_drawn_where_it_lies():
    (x,) = re.findall(r'x1="([\d.]+)"[^>]*class="limit"', histogram(VALUES, CLASSES, LIMIT))
    assert float(x) == round((10 - 1) / (50 - 1) * 480, 1)
    assert "limit" not in histogram(VALUES, CLASSES, Limit("at_least", 99.0))


def test_bars_have_the_colours_of_the_map():
    drawn = spark(VALUES, CLASSES)
    assert CLASSES.colours[-1] in drawn
    assert any(colour in drawn for colour in CLASSES.colours[:-1])


def test_fewer_than_two_values_draw_nothing():
    assert spark(np.array([1.0, np.nan]), CLASSES) == ""
    assert histogram(np.array([np.nan]), CLASSES, None) == ""


def test_equal_values_draw_one_bar():
    assert (
        histogram(np.array([4.0, 4.0]), classify_values(np.array([4.0]), None, 1), None).count(
            "<rect"
        )
        == 1
    )
