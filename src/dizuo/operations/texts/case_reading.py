"""What the text of a case tells the desk: a class, cases it may repeat, and that it came again.

Everything here is offered; a person decides, and the log says who. It is worked out when somebody
looks, from texts that are decrypted in memory, so nothing of an erased case is left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from dizuo.model.errors import EngineError, InputError, StoreError
from dizuo.model.text import Text
from dizuo.operations.cases.case_type import CaseType, CaseTypes
from dizuo.operations.cases.table import cases
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.taxonomy.reading import Taxonomy
from dizuo.operations.texts.duplicates import MergeProposal, propose_mergers, recurrences
from dizuo.operations.texts.embedding import Embedder, multilingual_e5
from dizuo.operations.texts.kept_models import KeptModel, read_model
from dizuo.operations.texts.labelled import class_column, language_of
from dizuo.operations.texts.parameters import TextParameters
from dizuo.operations.texts.reports import NOT_CLOSED, Reports, read_reports
from dizuo.operations.texts.suggestion import Suggestion
from dizuo.operations.texts.told import told_texts, with_texts
from dizuo.operations.time import from_microseconds

__all__ = ["CaseReading", "TextReader"]
__systems__ = ("S23.2",)


@dataclass(frozen=True, slots=True)
class CaseReading:
    """What is offered to the desk about one case.

    Attributes
    ----------
    suggestion
        A class; None where no classifier is in force for the text, or none is sure enough.
    mergers
        Open cases that it may be merged into, the likeliest first.
    before
        Settled cases of the same matter at the place, the latest first.
    unread
        Why the text was not read, where a classifier is kept that cannot be used here.
    """

    suggestion: Suggestion | None
    mergers: tuple[MergeProposal, ...]
    before: tuple[str, ...]
    unread: Text | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        mergers = [one.as_dict() for one in self.mergers]
        made = self.suggestion
        return {
            "suggestion": None if made is None else made.as_dict(),
            "unread": None if self.unread is None else self.unread.en,
            "mergers": mergers,
            "before": list(self.before),
        }

    def in_words(self) -> Iterator[Text]:
        """Tell it a line each."""
        if self.suggestion is not None:
            code, sure = self.suggestion.code, f"{self.suggestion.confidence:.0%}"
            yield Text(f"Suggested class: {code} ({sure})", f"建议分类：{code}（{sure}）")
        if self.unread is not None:
            yield self.unread
        for one in self.mergers:
            yield Text(
                f"May repeat {one.into}: {one.reason.en}", f"疑似重复 {one.into}：{one.reason.zh}"
            )
        if self.before:
            names = ", ".join(self.before)
            yield Text(f"Came before: {names}", f"此前曾发生：{names}")


@dataclass(frozen=True)
class TextReader:
    """Reads the texts of one city's cases.

    Parameters
    ----------
    folder
        Of the classifiers that the city keeps.
    embedder
        Gives the language model; it is asked for only where a classifier is in force.
    """

    folder: Path
    vault: Vault
    types: CaseTypes
    taxonomy: Taxonomy
    parameters: TextParameters
    simulated: bool = False
    embedder: Callable[[], Embedder] = multilingual_e5
    _models: dict[str, tuple[float, KeptModel | None]] = field(default_factory=dict, repr=False)

    def read(self, connection: Connection, case: str) -> CaseReading:
        """Read the text of one case, and look at what is near it."""
        suggestion, unread = self._suggestion(connection, case)
        report = read_reports(connection, case=case, simulated=self.simulated)
        if len(report) and suggestion is not None and report.kind[0] == "":
            row = connection.execute(select(cases.c.case_type).where(cases.c.case == case))
            kind = f"{row.scalar_one()}/{suggestion.code}"
            report = replace(report, kind=np.array([kind], dtype=np.str_))
        if not len(report) or not report.placed()[0]:
            return CaseReading(suggestion, (), (), unread)
        is_open = report.closed[0] == NOT_CLOSED
        mergers = self._mergers(connection, report) if is_open else ()
        return CaseReading(suggestion, mergers, self._before(connection, report), unread)

    def suggest(self, connection: Connection, case: str) -> Suggestion | None:
        """Suggest the class of an open case that has a text, where that was measured.

        None also where the classifier cannot be used here: the class is given by hand.
        """
        return self._suggestion(connection, case)[0]

    def _suggestion(
        self, connection: Connection, case: str
    ) -> tuple[Suggestion | None, Text | None]:
        query = select(cases.c.case_type, cases.c.open, cases.c.opened).where(cases.c.case == case)
        row = connection.execute(query).one_or_none()
        if row is None or not row.open:
            return None, None
        kind = self.types.of_case(row.case_type)
        try:
            if self.model(kind) is None:
                return None, None
            told = told_texts(connection, self.vault, [case]).get(case)
            if told is None:
                return None, None
            day = from_microseconds(row.opened).date()
            return self.suggest_all(kind, [told.text], day)[0], None
        except (EngineError, StoreError) as error:
            return None, error.text

    def suggest_all(self, kind: CaseType, texts: list[str], day: date) -> list[Suggestion | None]:
        """Suggest classes of texts that hold no identifiers any more.

        Raises
        ------
        EngineError
            If a classifier is in force and its language model is not installed, or another one.
        """
        model = self.model(kind)
        languages = [language_of(text) for text in texts]
        readable = [
            at
            for at, language in enumerate(languages)
            if model is not None and model.suggests_in(language)
        ]
        made: list[Suggestion | None] = [None] * len(texts)
        if model is None or not readable:
            return made
        embedder = self.embedder()
        if embedder.name != model.card["model"]:
            raise EngineError(
                f"The classifier of {kind.id} was trained with {model.card['model']}, not with "
                f"{embedder.name}. Train it again: dizuo texts CITY train."
            )
        try:
            in_force = frozenset(self.taxonomy.code_list(kind.taxonomy, day).leaves(day))
        except InputError:  # no edition of the list is in force on the day
            return made
        codes, confidence = model.classifier.best(embedder.embed([texts[at] for at in readable]))
        for at, code, sure in zip(readable, codes.tolist(), confidence.tolist(), strict=True):
            if code in in_force and sure >= model.classifier.sure_from[languages[at]]:
                made[at] = Suggestion(code, sure, model.name)
        return made

    def model(self, kind: CaseType) -> KeptModel | None:
        """Return the classifier that the city keeps for a case type, or None."""
        if not class_column(kind):
            return None
        card = self.folder / f"{kind.id}.json"
        written = card.stat().st_mtime_ns if card.exists() else 0
        known = self._models.get(kind.id)
        if known is None or known[0] != written:
            known = (written, read_model(self.folder, kind.id))
            self._models[kind.id] = known
        return known[1]

    def _mergers(self, connection: Connection, report: Reports) -> tuple[MergeProposal, ...]:
        standing = self._near(
            connection, report, self.parameters.duplicate_radius, self.parameters.duplicate_days
        )
        texts = with_texts(connection, self.vault, standing)
        own = with_texts(connection, self.vault, report)
        found = next(propose_mergers(own, texts, self.parameters), ("", ()))
        return found[1]

    def _before(self, connection: Connection, report: Reports) -> tuple[str, ...]:
        past = self._near(
            connection, report, self.parameters.recurrence_radius, self.parameters.recurrence_days
        )
        found = next(recurrences(report, past, self.parameters), None)
        return () if found is None else found.before

    def _near(self, connection: Connection, report: Reports, radius: float, days: float) -> Reports:
        x, y = float(report.x[0]), float(report.y[0])
        since = from_microseconds(int(report.opened[0])) - timedelta(days=days)
        return read_reports(
            connection, since=since, around=(x, y, radius), simulated=self.simulated
        )
