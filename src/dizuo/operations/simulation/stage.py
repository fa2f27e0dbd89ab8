"""What every part of a made-up day works on: the operations, the agenda and the dice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from dizuo.operations.cases.office import Actor
from dizuo.operations.opening import Operations
from dizuo.operations.simulation.agenda import Agenda, Deed
from dizuo.operations.simulation.parameters import DayParameters, Delay

__all__ = ["CHANNEL", "Stage", "somebody"]

CHANNEL = "simulation"


@dataclass(frozen=True)
class Stage:
    """What a day is made up on.

    Attributes
    ----------
    dice
        Draws times, chances and what is told.
    identify
        Makes unique hexadecimal digits, the same for the same seed.
    """

    operations: Operations
    parameters: DayParameters
    agenda: Agenda
    dice: np.random.Generator
    identify: Callable[[], str]

    def after(self, delay: Delay, deed: Deed) -> None:
        """Put a deed down for a log-normal time from now."""
        minutes = float(self.dice.lognormal(np.log(delay.minutes), delay.spread))
        self.in_minutes(minutes, deed)

    def in_minutes(self, minutes: float, deed: Deed) -> None:
        """Put a deed down for so many minutes from now."""
        self.agenda.put(self.agenda.clock.now() + timedelta(minutes=minutes), deed)


def somebody(*roles: str, unit: str | None = None) -> Actor:
    """Return a made-up actor with roles; it is called by the first of them."""
    return Actor(f"simulated-{roles[0]}", frozenset(roles), unit)
