"""What a case type asks besides the usual fields, as data; the answers are kept in confidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, cast, get_args

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["Question", "answers_to", "parse_questions"]

Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
"""Kinds of answers, by the words of GeoReport v2."""

_KEYS: Final = {"en", "zh", "datatype", "required", "values", "keeps_identity"}
_LONGEST: Final = {"string": 200, "number": 30, "datetime": 40, "text": 4000}


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes
    ----------
    values
        What can be chosen, by key; empty where anything may be written.
    keeps_identity
        Answers by which whoever reports is kept secret from who handles the case.
    """

    code: str
    title: Text
    datatype: Datatype
    required: bool = False
    values: Mapping[str, Text] = field(default_factory=dict, hash=False)
    keeps_identity: frozenset[str] = frozenset()


def parse_questions(table: Mapping[str, Any], file: str) -> tuple[Question, ...]:
    """Read the questions of a case type.

    Raises
    ------
    InputError
        With the field, if something is missing or not known.
    """
    return tuple(_question(code, one, file) for code, one in table.items())


def _question(code: str, table: Any, file: str) -> Question:
    def refuse(problem: Text) -> InputError:
        return InputError(problem, file=file, field=f"questions.{code}")

    if not isinstance(table, dict) or set(table) - _KEYS or not {"en", "zh"} <= set(table):
        known = sorted(_KEYS)
        raise refuse(Text(f"a question has of {', '.join(known)} at least en and zh",
                          f"提问的字段为 {'、'.join(known)}，至少须有 en 和 zh"))  # fmt: skip
    datatype, values = table.get("datatype", "string"), table.get("values", {})
    if datatype not in get_args(Datatype):
        raise refuse(Text(f"{datatype!r} is no kind of answer", f"{datatype!r} 不是回答的类型"))
    if datatype.endswith("list") != bool(values):
        raise refuse(Text("a list of values is chosen from, and only that", "列表类须给出选项"))
    chosen = {key: Text(one["en"], one["zh"]) for key, one in values.items()}
    secret = frozenset(table.get("keeps_identity", ()))
    if not secret <= set(chosen):
        raise refuse(Text("keeps_identity names what cannot be answered",
                          "keeps_identity 含有不可选的回答"))  # fmt: skip
    title, required = Text(table["en"], table["zh"]), bool(table.get("required", False))
    return Question(code, title, cast("Datatype", datatype), required, chosen, secret)


def answers_to(questions: Sequence[Question], given: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the answers that were given, checked; several of one question joined by commas.

    Raises
    ------
    InputError
        If one is missing, of another kind, or to no question.
    """
    known = {one.code: one for one in questions}
    for code in given:
        if code not in known:
            raise InputError(
                Text(f"nothing is asked as {code!r}", f"没有提问 {code!r}"), field=code
            )
    answers = {}
    for code, question in known.items():
        told = [one for one in given.get(code, ()) if one]
        if not told and question.required:
            raise InputError(
                Text(f"{question.title.en} must be answered", f"{question.title.zh} 必须填写"),
                field=code,
            )
        if told:
            answers[code] = _checked(question, told)
    return answers


def _checked(question: Question, told: Sequence[str]) -> str:
    if len(told) > 1 and question.datatype != "multivaluelist":
        raise InputError(Text("one answer is asked for", "只能回答一项"), field=question.code)
    for one in told:
        if not _fits(question, one):
            raise InputError(
                Text(
                    f"{one!r} is no {question.datatype} that is asked for",
                    f"{one!r} 不是所需的 {question.datatype}",
                ),
                field=question.code,
            )
    return ",".join(told)


def _fits(question: Question, told: str) -> bool:
    if question.values:
        return told in question.values
    if len(told) > _LONGEST[question.datatype]:
        return False
    try:
        if question.datatype == "number":
            float(told)
        elif question.datatype == "datetime":
            datetime.fromisoformat(told)
    except ValueError:
        return False
    return True
