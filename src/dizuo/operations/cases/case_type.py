"""Case types as data: states, who may do what, what it needs, and what it does to the clock.

A type is one TOML file. A city changes or adds types in its own folder; a case keeps the version of
the type that it was opened under in its events, which tell all that was decided.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.questions import Question, parse_questions

__all__ = ["Action", "CaseType", "CaseTypes", "State", "parse_case_type"]

ClockEffect = Literal["", "start", "pause", "resume", "extend", "stop"]
PublicPlace = Literal["exact", "block", "none"]

_PACKAGE: Final = "dizuo.operations.cases"
_COMMON: Final = "common.toml"
"""States and actions that every type has, unless it words them itself."""
_ACTION_KEYS: Final = {
    "en", "zh", "from", "to", "roles", "needs", "evidence", "clock", "at_most", "count",
}  # fmt: skip
_STATE_KEYS: Final = {"en", "zh", "final", "limit"}
_TYPE_KEYS: Final = {
    "id", "version", "en", "zh", "source", "certainty", "systems", "taxonomy", "public",
    "public_place", "natures", "opened_by", "first", "states", "actions", "questions",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """Where a case can stand.

    Attributes
    ----------
    final
        Nothing more is owed: the case counts as closed.
    limit
        How long a case may stand here, in the words of the clocks ("30 urgent_minutes"), or "".
    """

    id: str
    title: Text
    final: bool = False
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """What can be done with a case.

    Attributes
    ----------
    sources
        States it can be done in; empty for every state that is not final.
    target
        State after it; empty if the state stays.
    roles
        Who may do it.
    needs
        What must be told with it: ``reason``, ``unit``, ``limit``, ...
    evidence
        Kinds of confidences that must be given: ``photo``.
    clock
        What it does to the handling deadline.
    at_most
        How often it may be done in one case; 0 for any number.
    count
        Column of the case that counts it, or "".
    """

    id: str
    title: Text
    sources: frozenset[str]
    target: str
    roles: frozenset[str]
    needs: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    clock: ClockEffect = ""
    at_most: int = 0
    count: str = ""


@dataclass(frozen=True, slots=True)
class CaseType:
    """One kind of case.

    Attributes
    ----------
    public, public_place
        Whether cases may be listed for all to see, and how exactly their place is told.
    opened_by
        Roles that may open a case.
    sealed_natures
        Natures of an appeal (举报) that are never listed, whatever ``public`` says.
    questions
        What is asked of whoever reports, besides the usual fields.
    """

    id: str
    version: str
    title: Text
    source: str
    certainty: str
    systems: tuple[str, ...]
    taxonomy: str
    public: bool
    public_place: PublicPlace
    opened_by: frozenset[str]
    sealed_natures: frozenset[str]
    first: str
    states: Mapping[str, State] = field(hash=False)
    actions: Mapping[str, Action] = field(hash=False)
    questions: tuple[Question, ...] = ()

    def allowed(self, state: str, roles: Iterable[str]) -> list[Action]:
        """Return what somebody with these roles may do with a case in a state."""
        own = set(roles)
        return [
            one for one in self.actions.values() if self.applies(one, state) and own & one.roles
        ]

    def applies(self, action: Action, state: str) -> bool:
        """Tell whether an action can be done in a state."""
        if action.sources:
            return state in action.sources
        return not self.states[state].final


class CaseTypes:
    """All types that a city uses, by id."""

    def __init__(self, types: Iterable[CaseType]) -> None:
        self._types = {one.id: one for one in types}

    @classmethod
    def load(cls, folder: Path | None = None) -> "CaseTypes":
        """Read the types that dizuo ships, and a city's own in their place.

        Raises
        ------
        InputError
            If a file cannot be read or its states do not hang together.
        """
        own = {}
        for file in sorted(folder.glob("*.toml")) if folder and folder.is_dir() else ():
            one = parse_case_type(file.read_text(encoding="utf-8"), str(file))
            own[one.id] = one
        return cls({**_shipped(), **own}.values())

    def __iter__(self) -> Iterator[CaseType]:
        return iter(self._types.values())

    def get(self, case_type: str) -> CaseType:
        """Return one type.

        Raises
        ------
        InputError
            If there is none of that id.
        """
        if case_type not in self._types:
            raise InputError(
                f"there is no case type {case_type!r}",
                field="case_type",
                cure=f"Known are: {', '.join(sorted(self._types))}.",
            )
        return self._types[case_type]


@cache
def _shipped() -> Mapping[str, CaseType]:
    folder = files(_PACKAGE).joinpath("types")
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    texts = {name: folder.joinpath(name).read_text("utf-8") for name in names if name != _COMMON}
    parsed = [parse_case_type(text, name) for name, text in texts.items()]
    return {one.id: one for one in parsed}


@cache
def _common() -> Mapping[str, Any]:
    return tomllib.loads(files(_PACKAGE).joinpath("types", _COMMON).read_text("utf-8"))


def parse_case_type(text: str, file: str = "") -> CaseType:
    """Read one type and check that its states hang together.

    Raises
    ------
    InputError
        With the file and the field, if something is missing, unknown, or leads nowhere.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"this is no TOML: {error}", file=file) from error
    read = _Reader(file)
    read.keys(table, _TYPE_KEYS, "")
    own = {part: read.need(table, part, dict) for part in ("states", "actions")}
    states = {
        key: read.state(key, one) for key, one in (_common()["states"] | own["states"]).items()
    }
    whole = _common()["actions"] | own["actions"]
    actions = {key: read.action(key, one) for key, one in whole.items()}
    if not any(one.target == "void" for one in actions.values()):
        del states["void"]
    place = table.get("public_place", "none")
    if place not in get_args(PublicPlace):
        raise read.refuse(
            "public_place", f"{place!r} is no exactness of a place", "exact, block or none"
        )
    made = CaseType(
        id=read.need(table, "id", str),
        version=read.need(table, "version", str),
        title=read.title(table, ""),
        source=read.need(table, "source", str),
        certainty=read.need(table, "certainty", str),
        systems=tuple(table.get("systems", ())),
        taxonomy=table.get("taxonomy", ""),
        public=bool(table.get("public", False)),
        public_place=cast("PublicPlace", place),
        opened_by=frozenset(read.need(table, "opened_by", list)),
        sealed_natures=frozenset(table.get("natures", {}).get("sealed", ())),
        first=read.need(table, "first", str),
        states=states,
        actions=actions,
        questions=parse_questions(table.get("questions", {}), file),
    )
    read.hang_together(made)
    return made


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file

    def refuse(self, name: str, problem: str, choices: str = "") -> InputError:
        cure = f"Write one of: {choices}." if choices else None
        return InputError(problem, file=self.file, field=name, cure=cure)

    def keys(self, table: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in table:
            if key not in known:
                raise self.refuse(
                    f"{where}{key}", "this field is not known", ", ".join(sorted(known))
                )

    def need(self, table: Mapping[str, Any], key: str, kind: type, where: str = "") -> Any:
        if not isinstance(table.get(key), kind):
            raise self.refuse(f"{where}{key}", f"a {kind.__name__} is needed here")
        return table[key]

    def title(self, table: Mapping[str, Any], where: str) -> Text:
        return Text(self.need(table, "en", str, where), self.need(table, "zh", str, where))

    def state(self, key: str, table: Mapping[str, Any]) -> State:
        where = f"states.{key}."
        self.keys(table, _STATE_KEYS, where)
        final = bool(table.get("final", False))
        return State(key, self.title(table, where), final, table.get("limit", ""))

    def action(self, key: str, table: Mapping[str, Any]) -> Action:
        where = f"actions.{key}."
        self.keys(table, _ACTION_KEYS, where)
        clock = table.get("clock", "")
        if clock not in get_args(ClockEffect):
            raise self.refuse(f"{where}clock", f"{clock!r} does nothing to a clock",
                              ", ".join(filter(None, get_args(ClockEffect))))  # fmt: skip
        return Action(
            id=key,
            title=self.title(table, where),
            sources=frozenset(table.get("from", ())),
            target=table.get("to", ""),
            roles=frozenset(self.need(table, "roles", list, where)),
            needs=frozenset(table.get("needs", ())),
            evidence=frozenset(table.get("evidence", ())),
            clock=cast("ClockEffect", clock),
            at_most=int(table.get("at_most", 0)),
            count=table.get("count", ""),
        )

    def hang_together(self, made: CaseType) -> None:
        """Every state can be reached, can be left unless it is final, and is known."""
        for action in made.actions.values():
            for state in {*action.sources, action.target} - {""}:
                if state not in made.states:
                    raise self.refuse(f"actions.{action.id}", f"there is no state {state!r}",
                                      ", ".join(sorted(made.states)))  # fmt: skip
        if made.first not in made.states:
            raise self.refuse("first", f"there is no state {made.first!r}")
        reached, waiting = set(), [made.first]
        while waiting:
            state = waiting.pop()
            if state in reached:
                continue
            reached.add(state)
            steps = [one for one in made.actions.values() if made.applies(one, state)]
            onward = [one.target for one in steps if one.target]
            if not {*onward} - {"merged"} and not made.states[state].final:
                raise self.refuse(f"states.{state}", "it is not final, and nothing leads on")
            waiting += onward
        for state in made.states:
            if state not in reached:
                raise self.refuse(f"states.{state}", "no action leads to it")
