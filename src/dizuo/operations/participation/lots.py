r"""Seats by lot (sortition): drawn from counts, by quotas, so that everybody can draw again.

Nobody's name is here. A pool says how many stood for each group; whoever keeps the list numbers
them from 1 before the draw, and learns which numbers were drawn. The chance is a text that was
published after the lists were closed (say the numbers of a public lottery of that evening): a lot's
rank is the SHA-256 of ``chance``, group and number, each on a line of its own, and the lowest ranks
are drawn. ``printf 'CHANCE\nGROUP\n7' | sha256sum`` checks one lot.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Group", "Seated", "draw", "seats_by_residents"]
__systems__ = ("S21.6",)


@dataclass(frozen=True, slots=True)
class Group:
    """Those of a kind, say women from 30 to 44 of one district.

    ``volunteers`` is how many stand, ``residents`` how many there are in the city.
    """

    id: str
    volunteers: int
    residents: int


@dataclass(frozen=True, slots=True)
class Seated:
    """The lots of a group that were drawn, and those that follow if one does not come."""

    group: str
    lots: tuple[int, ...]
    reserves: tuple[int, ...]


def seats_by_residents(groups: Sequence[Group], seats: int) -> dict[str, int]:
    """Share seats out by residents, by largest remainders (Hamilton, Hare quota).

    Equal remainders go to the earlier group.

    Raises
    ------
    InputError
        If nobody lives there, or a group's seats are more than those who stand for it.
    """
    total = sum(one.residents for one in groups)
    if seats <= 0 or total <= 0 or any(min(one.residents, one.volunteers) < 0 for one in groups):
        raise InputError(
            Text("seats and residents are needed", "须有席位数和居民数"), field="residents"
        )
    if len({one.id for one in groups}) < len(groups):
        raise InputError(Text("a group stands there twice", "组别重复"), field="group")
    exact = [Fraction(seats * one.residents, total) for one in groups]
    given = [int(one) for one in exact]
    by_remainder = sorted(range(len(groups)), key=lambda k: given[k] - exact[k])
    for k in by_remainder[: seats - sum(given)]:
        given[k] += 1
    for one, number in zip(groups, given, strict=True):
        if number > one.volunteers:
            raise InputError(
                Text(
                    f"{one.id} has {number} seats, and fewer stand for it",
                    f"{one.id} 有 {number} 个席位，报名人数不足",
                ),
                field="volunteers",
                cure=Text(
                    "Ask more of this group to stand, or merge it with another.",
                    "请继续在该组征集报名，或与其他组合并。",
                ),
            )
    return {one.id: number for one, number in zip(groups, given, strict=True)}


def draw(
    groups: Sequence[Group], seats: Mapping[str, int], chance: str, *, reserves: int = 0
) -> list[Seated]:
    """Draw lots for the seats of each group.

    Parameters
    ----------
    chance
        The published text that decides.
    reserves
        How many more lots of each group to tell, as far as there are.

    Raises
    ------
    InputError
        If the text is empty.
    """
    if not chance.strip():
        raise InputError(
            Text("a published text is needed to draw by", "抽签须有公开发布的随机文本"),
            field="chance",
        )
    drawn = []
    for one in groups:
        ranked = sorted(range(1, one.volunteers + 1), key=lambda lot: _rank(chance, one.id, lot))
        end = seats[one.id]
        drawn.append(Seated(one.id, tuple(ranked[:end]), tuple(ranked[end : end + reserves])))
    return drawn


def _rank(chance: str, group: str, lot: int) -> bytes:
    return hashlib.sha256(f"{chance}\n{group}\n{lot}".encode()).digest()
