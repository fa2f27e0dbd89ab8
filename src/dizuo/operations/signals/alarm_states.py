"""Carry the state of alarms over: to a changed register or other rules, and past a crash.

Machines are known by their stream, their rule and all that the rule says of the stream. One that
is the same goes on where it stood; one that is new begins; an alarm some of whose machines are gone
begins anew. Streams keep their numbers, so what was received stays as it is.
"""

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dizuo.engines.series.alarms import States
from dizuo.operations.signals.alarm_engine import Alarms, AlarmState, begin_alarms
from dizuo.operations.signals.alarm_machines import AlarmMachines
from dizuo.operations.signals.observations import NEVER, Observations
from dizuo.operations.signals.receiving import Received

__all__ = ["Named", "carried_over", "from_bytes", "named", "to_bytes"]

_OBSERVATIONS = ("stream", "phenomenon", "result", "value", "quality")
_ALARMS = ("level", "number", "changed", "raised", "first")


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A state, with the names of the machines and alarms that it is of.

    Attributes
    ----------
    machines
        Stream, rule and what the rule says of it, in one text each.
    members
        The alarm of each machine, as a place in ``alarms``.
    alarms
        Asset and rule of each alarm, in one text.
    """

    machines: NDArray[np.str_]
    members: NDArray[np.int64]
    alarms: NDArray[np.str_]
    state: AlarmState


def named(machines: AlarmMachines, state: AlarmState) -> Named:
    """Name the machines and alarms of a state."""
    streams = machines.register.streams
    texts: dict[int, str] = {}
    names = []
    for alarm, number in zip(machines.alarm.tolist(), machines.stream.tolist(), strict=True):
        rule, stream = machines.alarms[alarm][1], streams[number]
        said = texts.setdefault(id(rule), repr(rule))
        whole = f"{said}\n{stream.interval}\n{stream.reference}\n{machines.alarms[alarm][0]}"
        names.append(f"{number}\n{rule.id}\n{hashlib.sha256(whole.encode()).hexdigest()[:16]}")
    alarms = [f"{asset}\n{rule.id}" for asset, rule in machines.alarms]
    return Named(np.array(names, np.str_), machines.alarm, np.array(alarms, np.str_), state)


def carried_over(before: Named, machines: AlarmMachines, since: datetime | None) -> AlarmState:
    """Return the state in which machines go on from an earlier state of, perhaps, others.

    Parameters
    ----------
    since
        From when on silence counts for streams that are new.
    """
    fresh = begin_alarms(machines, since)
    after, old = named(machines, fresh), before.state
    places = {name: n for n, name in enumerate(before.machines.tolist())}
    source = np.array([places.get(name, -1) for name in after.machines.tolist()], np.int64)
    source = _of_whole_alarms(source, before, after)
    mine, theirs = np.flatnonzero(source >= 0), source[source >= 0]
    target = dict(zip(theirs.tolist(), mine.tolist(), strict=True))
    return AlarmState(
        received=_received(old.received, fresh.received),
        now=_states(fresh.now, old.now, mine, theirs),
        then=_states(fresh.then, old.then, mine, theirs),
        told={target[m]: told for m, told in old.told.items() if m in target},
        alarms=_alarms(before, after, set(machines.alarm[mine].tolist())),
        clock=old.clock,
    )


def _of_whole_alarms(source: NDArray[np.int64], before: Named, after: Named) -> NDArray[np.int64]:
    """Leave out machines of alarms that lost another machine while they were open."""
    lost = np.ones(len(before.machines), bool)
    lost[source[source >= 0]] = False
    broken = np.zeros(len(before.alarms), bool)
    np.logical_or.at(broken, before.members, lost)
    broken &= before.state.alarms.level > 0
    names = set(before.alarms[broken].tolist())
    ended = np.array([name in names for name in after.alarms.tolist()], bool)
    return np.where(ended[after.members], -1, source) if len(ended) else source


def _received(old: Received, fresh: Received) -> Received:
    newest = fresh.newest.copy()
    newest[: len(old.newest)] = old.newest[: len(newest)]
    return Received(newest, fresh.lateness, old.kept)


def _states(
    fresh: States, old: States, mine: NDArray[np.intp], theirs: NDArray[np.int64]
) -> States:
    whole, real = fresh.whole.copy(), fresh.real.copy()
    whole[mine], real[mine] = old.whole[theirs], old.real[theirs]
    return States(whole, real)


def _alarms(before: Named, after: Named, alive: set[int]) -> Alarms:
    """Carry alarms over: each counts on, and stays open if its machines are there."""
    places = {name: n for n, name in enumerate(before.alarms.tolist())}
    columns = {name: np.zeros(len(after.alarms), np.int64) for name in _ALARMS}
    for n, name in enumerate(after.alarms.tolist()):
        place = places.get(name)
        if place is None:
            continue
        for column in _ALARMS if n in alive else ("number", "changed"):
            columns[column][n] = getattr(before.state.alarms, column)[place]
    return Alarms(**columns)


def to_bytes(one: Named) -> bytes:
    """Write a state as bytes."""
    state = one.state
    told = [(m, *change) for m, changes in state.told.items() for change in changes]
    arrays: dict[str, Any] = {
        "machines": one.machines,
        "members": one.members,
        "alarms": one.alarms,
        "newest": state.received.newest,
        "lateness": state.received.lateness,
        "now_whole": state.now.whole,
        "now_real": state.now.real,
        "then_whole": state.then.whole,
        "then_real": state.then.real,
        "told": np.array(told, np.int64).reshape(-1, 4),
        "clock": np.array([state.clock], np.int64),
    }
    arrays |= {f"kept_{name}": getattr(state.received.kept, name) for name in _OBSERVATIONS}
    arrays |= {f"alarm_{name}": getattr(state.alarms, name) for name in _ALARMS}
    written = io.BytesIO()
    np.savez_compressed(written, allow_pickle=False, **arrays)
    return written.getvalue()


def from_bytes(content: bytes) -> Named:
    """Read a state that was written."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays: dict[str, NDArray[Any]] = {name: file[name] for name in file.files}
    told: dict[int, tuple[tuple[int, int, int], ...]] = {}
    for machine, time, before, after in arrays["told"].tolist():
        told[machine] = (*told.get(machine, ()), (time, before, after))
    kept = Observations(*(arrays[f"kept_{name}"] for name in _OBSERVATIONS))
    state = AlarmState(
        received=Received(arrays["newest"], arrays["lateness"], kept),
        now=States(arrays["now_whole"], arrays["now_real"]),
        then=States(arrays["then_whole"], arrays["then_real"]),
        told=told,
        alarms=Alarms(*(arrays[f"alarm_{name}"] for name in _ALARMS)),
        clock=int(arrays["clock"][0]) if len(arrays["clock"]) else NEVER,
    )
    return Named(arrays["machines"], arrays["members"], arrays["alarms"], state)
