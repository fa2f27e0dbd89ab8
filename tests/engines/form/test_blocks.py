"""Sizes of blocks, by hand and against pandas."""

from dataclasses import astuple

import numpy as np
import pandas as pd
from drawn_places import amounts_in_places, assert_same, floats, whole
from hypothesis import given, settings
from hypothesis import strategies as st

from dizuo.engines.form.blocks import block_sizes


def test_many_slivers_do_not_hide_a_superblock():
    area = floats(100, 100, 99_999, 100, 9700, 500)
    found = block_sizes(area, whole(0, 0, -1, 0, 0, 2), 3)
    assert_same(found.count, [4, 0, 1])
    assert_same(found.mean, [2500, np.nan, 500])
    assert_same(found.felt, [9412, np.nan, 500])
    assert_same(found.largest, [9700, np.nan, 500])


def test_the_felt_size_is_what_people_spread_evenly_would_tell():
    people = np.repeat([10, 20, 30], [10, 20, 30])  # one on every m² of three blocks
    assert_same(block_sizes(floats(10, 20, 30), whole(0, 0, 0), 1).felt, [people.mean()])


def test_blocks_alike_feel_like_their_mean():
    found = block_sizes(floats(640, 640, 640), whole(0, 0, 0), 1)
    assert [float(measure[0]) for measure in astuple(found)] == [3, 640, 640, 640]


def test_without_blocks_there_are_none_and_no_sizes():
    found = block_sizes(floats(), whole(), 2)
    assert found.count.tolist() == [0, 0]
    assert np.isnan([found.mean, found.felt, found.largest]).all()
    outside = block_sizes(floats(7), whole(-1), 1)
    assert (outside.count.tolist(), np.isnan(outside.largest[0])) == ([0], True)


@settings(max_examples=50, deadline=None)
@given(amounts_in_places)
def test_a_mean_is_never_above_the_felt_size_nor_that_above_the_largest(blocks):
    area, place = blocks
    found = block_sizes(area, place, 4)
    some = found.count > 0
    assert found.count.sum() == (place >= 0).sum()
    assert (found.mean[some] <= found.felt[some] * (1 + 1e-12)).all()
    assert (found.felt[some] <= found.largest[some] * (1 + 1e-12)).all()
    assert found.largest[some].tolist() == [area[place == k].max() for k in np.flatnonzero(some)]
    assert np.isnan([found.mean[~some], found.felt[~some], found.largest[~some]]).all()


@settings(max_examples=50, deadline=None)
@given(amounts_in_places, st.randoms(), st.sampled_from([1e-6, 1e-4, 2.5]))
def test_sizes_of_blocks_follow_the_unit_and_not_the_order(blocks, random, unit):
    area, place = blocks
    found = block_sizes(area, place, 4)
    order = random.sample(range(len(area)), len(area))
    again = block_sizes(area[order] * unit, place[order], 4)
    assert again.count.tolist() == found.count.tolist()
    for ours, theirs in ((again.mean, found.mean), (again.felt, found.felt)):
        np.testing.assert_allclose(ours / unit, theirs, rtol=1e-12)
    np.testing.assert_allclose(again.largest / unit, found.largest, rtol=1e-12)


@settings(max_examples=50, deadline=None)
@given(amounts_in_places)
def test_a_new_street_through_every_block_halves_all_sizes(blocks):
    area, place = blocks
    found = block_sizes(area, place, 4)
    halved = block_sizes(np.repeat(area / 2, 2), np.repeat(place, 2), 4)
    assert_same(halved.count, found.count * 2)
    for half, size in zip(astuple(halved)[1:], astuple(found)[1:], strict=True):
        np.testing.assert_allclose(half * 2, size, rtol=1e-12)


def test_sizes_equal_those_of_pandas():
    rng = np.random.default_rng(2)
    area, place = rng.uniform(100, 90_000, 80), rng.integers(0, 6, 80)
    ours = block_sizes(area, place, 6)
    theirs = pd.Series(area).groupby(place).agg(["count", "mean", "max"])
    assert_same(np.column_stack([ours.count, ours.mean, ours.largest]), theirs)
