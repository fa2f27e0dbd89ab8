"""Case types as data: states, who may do what, what it needs, and what it does to the clock.

A type is one TOML file. A city changes or adds types in its own folder; a case keeps the version of
the type that it was opened under in its events, which tell all that was decided.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from dizuo.base.toml_files import parse_toml, toml_text
from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.questions import Question, parse_questions
from dizuo.operations.cases.table import COUNTERS
from dizuo.operations.clocks.limits import parse_limit
from dizuo.operations.toml_fields import TomlFields

__all__ = ["CONFIDENT", "Action", "CaseType", "CaseTypes", "State", "parse_case_type"]

ClockEffect = Literal["", "start", "pause", "resume", "extend", "stop"]
PublicPlace = Literal["exact", "block", "none"]
WhenMerged = Literal["", "own", "leading"]

_PACKAGE: Final = "dizuo.operations.cases"
_COMMON: Final = "common.toml"
"""States and actions that every type has, unless it words them itself."""
_ACTION_KEYS: Final = {
    "en", "zh", "from", "to", "roles", "needs", "takes", "evidence", "clock", "at_most", "count",
    "when_merged",
}  # fmt: skip
_WITH_A_UNIT: Final = frozenset({"supervisor"})
_WITH_A_CLASS: Final = frozenset({"category", "nature", "severity"})
_WITH_A_CLOCK: Final = frozenset({"limit", "due", "calendar"})
CONFIDENT: Final = frozenset({"text", "reason", "note"})
"""What may be told with every step, and is kept in confidence."""
_TOLD_OPENLY: Final = frozenset(
    {"reason_code", "clause", "unit", "supervisor", "category", "nature", "severity", "grade",
     "contacted", "solved", "satisfaction", "limit", "due", "added", "calendar", "into", "hours",
     "participants", "result", "rule"}
)  # fmt: skip
"""What may stand in an event, if a step needs or takes it."""
_TELLABLE: Final = CONFIDENT | _TOLD_OPENLY
_OF_THE_LOG: Final = frozenset({"opened", "erased", "linked"})
"""Events of a case that are no actions."""
_ACTION_ID: Final = re.compile(r"[a-z][a-z0-9_]*")
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
    takes
        What else may be told with it, of what changes the case.
    evidence
        Kinds of confidences that must be given: ``photo``.
    clock
        What it does to the handling deadline.
    at_most
        How often it may be done in one case; 0 for any number.
    count
        Column of the case that counts it, or "".
    when_merged
        With which case somebody does it whose report was merged into another: their ``own``, as
        an answer that each gives once, or the ``leading`` one; "" where it is not theirs to do.
    """

    id: str
    title: Text
    sources: frozenset[str]
    target: str
    roles: frozenset[str]
    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    clock: ClockEffect = ""
    at_most: int = 0
    count: str = ""
    when_merged: WhenMerged = ""


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
        return state in self.states and not self.states[state].final

    def title_of(self, state: str) -> Text:
        """Return what a state is called; its id where the type does not have it any more."""
        known = self.states.get(state)
        return known.title if known else Text(state, state)


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
        own: dict[str, CaseType] = {}
        for file in sorted(folder.glob("*.toml")) if folder and folder.is_dir() else ():
            one = parse_case_type(toml_text(file), str(file))
            if one.id in own:
                raise InputError(
                    Text(
                        f"another file has the case type {one.id!r} too",
                        f"另有文件也定义了案件类型 {one.id!r}",
                    ),
                    file=file, field="id",
                    cure=Text("Keep one of the two.", "请只保留一个。"),
                )  # fmt: skip
            own[one.id] = one
        return cls({**_shipped(), **own}.values())

    def __iter__(self) -> Iterator[CaseType]:
        return iter(self._types.values())

    def of_case(self, case_type: str) -> CaseType:
        """Return the type of a case that there is, whatever became of the type.

        One whose file was taken away has no steps, and its cases are public no longer; they can
        still be listed and read.
        """
        known = self._types.get(case_type)
        nobody, title = frozenset[str](), Text(case_type, case_type)
        return known or CaseType(
            id=case_type, version="", title=title, source="", certainty="", systems=(), taxonomy="",
            public=False, public_place="none", opened_by=nobody, sealed_natures=nobody, first="",
            states={}, actions={},
        )  # fmt: skip

    def get(self, case_type: str) -> CaseType:
        """Return one type.

        Raises
        ------
        InputError
            If there is none of that id.
        """
        if case_type not in self._types:
            raise InputError(
                Text(f"there is no case type {case_type!r}", f"没有案件类型 {case_type!r}"),
                field="case_type",
                cure=Text(
                    f"Known are: {', '.join(sorted(self._types))}.",
                    f"已有类型：{'、'.join(sorted(self._types))}。",
                ),
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
    table = parse_toml(text, file)
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
            "public_place",
            Text(f"{place!r} is no exactness of a place", f"{place!r} 不是地点公开的精度"),
            get_args(PublicPlace),
        )
    read.need(table, "opened_by", list)
    natures = read.may(table, "natures", {})
    read.keys(natures, {"sealed"}, "natures.")
    made = CaseType(
        id=read.need(table, "id", str),
        version=read.need(table, "version", str),
        title=read.title(table, ""),
        source=read.need(table, "source", str),
        certainty=read.need(table, "certainty", str),
        systems=tuple(read.may(table, "systems", [])),
        taxonomy=read.may(table, "taxonomy", ""),
        public=read.may(table, "public", False),
        public_place=cast("PublicPlace", place),
        opened_by=read.names(table, "opened_by"),
        sealed_natures=read.names(natures, "sealed", "natures."),
        first=read.need(table, "first", str),
        states=states,
        actions=actions,
        questions=parse_questions(read.may(table, "questions", {}), file),
    )
    read.hang_together(made)
    return made


def _belonging(needs: frozenset[str], clock: str) -> frozenset[str]:
    """Return what may be told because of what must be: a limit with a clock that starts."""
    return frozenset().union(
        _WITH_A_UNIT if "unit" in needs else (),
        _WITH_A_CLASS if needs & {"category", "nature"} else (),
        _WITH_A_CLOCK if clock == "start" else (),
    )


class _Reader(TomlFields):
    def state(self, key: str, table: Any) -> State:
        where = f"states.{key}."
        self.keys(table, _STATE_KEYS, where)
        final = self.may(table, "final", False, where)
        limit = self.checked(table, "limit", parse_limit, where)
        return State(key, self.title(table, where), final, limit)

    def action(self, key: str, table: Any) -> Action:
        where = f"actions.{key}."
        self.keys(table, _ACTION_KEYS, where)
        if key in _OF_THE_LOG or not _ACTION_ID.fullmatch(key):
            raise self.refuse(
                f"actions.{key}", Text("no action can be called this", "操作不能使用这个名称")
            )
        clock, clocks = self.may(table, "clock", "", where), get_args(ClockEffect)
        if clock not in clocks:
            raise self.refuse(
                f"{where}clock",
                Text(f"{clock!r} does nothing to a clock", f"{clock!r} 对时限不起作用"),
                filter(None, clocks),
            )
        needs = self.some_of(table, "needs", _TELLABLE, where)
        count = self.may(table, "count", "", where)
        if count not in {"", *COUNTERS}:
            raise self.refuse(
                f"{where}count",
                Text(f"nothing counts {count!r}", f"没有计数项 {count!r}"),
                COUNTERS,
            )
        self.need(table, "roles", list, where)
        target, merged = self.may(table, "to", "", where), self.may(table, "when_merged", "", where)
        if merged not in get_args(WhenMerged) or (merged == "own" and (target or clock or count)):
            raise self.refuse(
                f"{where}when_merged",
                Text(
                    f"{merged!r} does not fit: own is for answers that change nothing of the case",
                    f"{merged!r} 不适用：own 仅用于不改变案件的答复",
                ),
                filter(None, get_args(WhenMerged)),
            )
        return Action(
            id=key,
            title=self.title(table, where),
            sources=self.names(table, "from", where),
            target=target,
            roles=self.names(table, "roles", where),
            needs=needs,
            takes=self.some_of(table, "takes", _TELLABLE, where) | _belonging(needs, clock),
            evidence=self.names(table, "evidence", where),
            clock=cast("ClockEffect", clock),
            at_most=self.may(table, "at_most", 0, where),
            count=count,
            when_merged=cast("WhenMerged", merged),
        )

    def hang_together(self, made: CaseType) -> None:
        """Every state can be reached, can be left unless it is final, and is known."""
        for action in made.actions.values():
            for state in {*action.sources, action.target} - {""}:
                self._known(f"actions.{action.id}", state, made)
        self._known("first", made.first, made)
        reached, waiting = set(), [made.first]
        while waiting:
            state = waiting.pop()
            if state in reached:
                continue
            reached.add(state)
            steps = [one for one in made.actions.values() if made.applies(one, state)]
            onward = [one.target for one in steps if one.target]
            if not {*onward} - {"merged"} and not made.states[state].final:
                raise self.refuse(
                    f"states.{state}",
                    Text("it is not final, and nothing leads on", "不是终止状态，却无后续操作"),
                )
            waiting += onward
        for state in made.states:
            if state not in reached:
                raise self.refuse(
                    f"states.{state}", Text("no action leads to it", "没有操作能到达该状态")
                )

    def _known(self, field: str, state: str, made: CaseType) -> None:
        if state not in made.states:
            raise self.refuse(
                field, Text(f"there is no state {state!r}", f"没有状态 {state!r}"), made.states
            )
