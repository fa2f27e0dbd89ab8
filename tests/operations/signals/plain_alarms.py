"""Alarm rules as one would write them down first: one stream, one rule, one value after another.

Written from the meaning of the rules, sharing nothing with the engine.
"""

import math


class PlainMachine:
    def __init__(self, rule, stream, since=None):
        self.rule, self.stream = rule, stream
        self.level, self.history = 0, []  # the usable values so far, (time, value)
        self.since = since
        self.told = []

    def measured(self, time, value):
        """What is held against the ladder, in the ladder's own numbers."""
        rule, past = self.rule, self.history
        if rule.measure == "value":
            return value
        if rule.measure == "deviation":
            return (value - self.stream.reference) * (100 / abs(self.stream.reference))
        if rule.measure == "rate":
            if not past:
                return None
            return (value - past[-1][1]) / ((time - past[-1][0]) / 3_600_000_000)
        return None

    def unit(self):
        minutes = self.stream.interval.total_seconds() / 60
        return 60_000_000 * (1 if self.rule.unit == "min" else minutes)

    def worse(self, measured, limit, strictly):
        if self.rule.direction == "either":
            measured = abs(measured)
        if self.rule.direction == "below":
            measured, limit = -measured, -limit
        return measured > limit if strictly else measured >= limit

    def reached(self, k, measured):
        level = self.rule.levels[k]
        return measured is not None and self.worse(measured, level.at, self.rule.beyond)

    def inside(self, k, measured):
        level = self.rule.levels[k]
        return measured is None or not self.worse(measured, level.clear, self.rule.beyond)

    def change(self, time, after):
        if after != self.level:
            self.told.append((time, self.level, after))
            self.level = after

    def silent_until(self, time):
        """Silence that has lasted longer than a level allows changes it when its time was up."""
        if self.rule.measure != "missing":
            return
        last = self.history[-1][0] if self.history else self.since
        if last is None:
            return
        for k, level in enumerate(self.rule.levels):
            limit = round(level.at * self.unit())
            if time - last > limit and k >= self.level:
                self.change(last + limit, k + 1)

    def see(self, time, value):
        self.silent_until(time)
        if self.rule.measure == "missing":
            self.change(time, 0)
            self.history.append((time, value))
            return
        if self.rule.measure == "frozen":
            measured = self.still(time, value)
        else:
            measured = self.measured(time, value)
        self.history.append((time, value))
        self.marks = [*getattr(self, "marks", []), (time, measured)]
        held = [k + 1 for k in range(len(self.rule.levels)) if self.lasted(self.reached, k, True)]
        kept = [
            k + 1 for k in range(len(self.rule.levels)) if not self.lasted(self.inside, k, False)
        ]
        up = max(held, default=0)
        if up > self.level:
            self.change(time, up)
        else:
            self.change(time, max(up, min(self.level, max(kept, default=0))))

    def still(self, time, value):
        """For how long values have stayed near the first of them, in the rule's unit."""
        anchor = None
        for t, v in [*self.history, (time, value)]:
            if anchor is None or abs(v - anchor[1]) > self.rule.tolerance:
                anchor = (t, v)
        return (time - anchor[0]) / self.unit()

    def lasted(self, test, k, up):
        """Whether a level has been reached, or left, for long enough and over enough values."""
        rule = self.rule
        bridge = math.inf if rule.bridge is None else rule.bridge.total_seconds() * 1e6
        run = []
        for time, measured in reversed(self.marks):
            if not test(k, measured) or (run and run[-1] - time > bridge):
                break
            run.append(time)
        count, span = (
            (rule.hold_count, rule.hold_time) if up else (rule.clear_count, rule.clear_time)
        )
        return bool(run) and len(run) >= count and run[0] - run[-1] >= span.total_seconds() * 1e6
