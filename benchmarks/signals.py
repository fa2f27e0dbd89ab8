"""How many observations a second one core receives and judges.

    python benchmarks/signals.py

10,000 streams, three rules each (a ladder, silence, standing still), lateness of ten minutes, every
batch shuffled. Processor seconds, so that other work on the machine does not count.
"""

import time
from datetime import date, timedelta
from itertools import product

import numpy as np

from dizuo.engines.series.alarms import begin, run
from dizuo.model.rule import Certainty
from dizuo.model.text import Text
from dizuo.operations.signals.alarm_engine import begin_alarms, step
from dizuo.operations.signals.alarm_machines import alarm_machines
from dizuo.operations.signals.observations import Observations
from dizuo.operations.signals.register import Device, Register, Stream
from dizuo.operations.signals.rules import AlarmRule, Level
from dizuo.operations.time import from_microseconds

STREAMS = 10_000
MINUTE = 60_000_000


def rule(name, measure, unit, *rungs):
    levels = tuple(Level(at, at * 0.8, n, Text(f"{n}", f"{n}")) for n, at in enumerate(rungs))
    text = Text(name, name)
    return AlarmRule(
        name, text, "methane", unit, measure, "above", levels, "none", "none", Certainty.CHECK,
        date(2026, 1, 1),
    )  # fmt: skip


def alarms():
    devices = tuple(Device(f"device:{n}", f"chamber:{n}") for n in range(STREAMS))
    streams = tuple(
        Stream(f"stream:{n}", f"device:{n}", "methane", "%VOL", timedelta(minutes=1),
               timedelta(minutes=10))
        for n in range(STREAMS)
    )  # fmt: skip
    rules = [
        rule("ladder", "value", "%VOL", 1.0, 2.5, 5.0),
        rule("silent", "missing", "intervals", 3),
        rule("frozen", "frozen", "intervals", 30),
    ]
    return alarm_machines(Register(devices, streams), rules)


def batches(size, count, random, share):
    """Batches of a size: streams in turn, a minute apart, in no order; a share is over a level."""
    sent = np.arange(size * count)
    for turn in sent.reshape(count, size):
        one = random.permutation(turn)
        yield Observations.of(
            one % STREAMS, one // STREAMS * MINUTE, random.random(size) / (1 - share)
        )


def main():
    known = alarms()
    random = np.random.default_rng(1)
    step(known, begin_alarms(known), Observations.of([0], [0], [0]))  # compiles
    for size, share in product((1_000, 10_000, 100_000), (0.001, 0.05)):
        state, spent, changes = begin_alarms(known), 0.0, 0
        count = max(1_000_000 // size, 10) if size > 1_000 else 200
        for batch in batches(size, count, random, share):
            now = from_microseconds(int(batch.phenomenon.max()))
            started = time.process_time()
            state, found, _ = step(known, state, batch, now)
            spent += time.process_time() - started
            changes += len(found)
        print(f"batches of {size:,}: {size * count / spent:,.0f} a second, {changes:,} changes")
    (whole,) = batches(1_000_000, 1, random, 0.001)
    whole = whole.take(whole.in_order())
    states = begin(known.machines)
    started = time.process_time()
    run(known.machines, states, whole.stream, whole.phenomenon, whole.value)
    spent = time.process_time() - started
    print(f"machines alone: {1_000_000 / spent:,.0f} a second")


if __name__ == "__main__":
    main()
