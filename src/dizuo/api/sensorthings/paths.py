"""The path of a resource: entities, the keys of some, a property, ``$value`` or ``$ref``."""

import re
from dataclasses import dataclass
from typing import Final

from dizuo.api.answering import AbsentError
from dizuo.model.text import Text

__all__ = ["Segment", "read_path"]

_SEGMENT: Final = re.compile(
    r"(?P<name>\$?[^\W\d]\w*|@iot\.\w+)"
    r"(?:\((?:'(?P<text>(?:[^']|'')*)'|(?P<number>-?\d+)|(?P<bare>[\w.:@~-]+))\))?(?:/|$)"
)
_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a path, with the key in its brackets if there is one."""

    name: str
    key: str | None = None


def read_path(path: str) -> tuple[Segment, ...]:
    """Read a path: ``Things('a')/Datastreams/$ref``.

    Raises
    ------
    AbsentError
        If it cannot be read: then nothing is there.
    """
    found: list[Segment] = []
    text, place = path.strip("/"), 0
    while place < len(text):
        step = _SEGMENT.match(text, place)
        if step is None or len(found) >= _LONGEST:
            rest = text[place : place + 40]
            raise AbsentError(
                Text(
                    f"at character {place + 1} of the path: {rest!r} is no step",
                    f"路径第 {place + 1} 个字符处：{rest!r} 不是有效的一步",
                ),
                cure=Text(
                    "Write paths as Things('ID')/Datastreams.",
                    "路径的写法：Things('ID')/Datastreams。",
                ),
            )
        key = step["text"].replace("''", "'") if step["text"] is not None else None
        found.append(
            Segment(step["name"], key if key is not None else step["number"] or step["bare"])
        )
        place = step.end()
    return tuple(found)
