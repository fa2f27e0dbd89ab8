"""What was told when cases were opened: decrypted in memory, without identifiers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, select

from dizuo.operations.cases.table import OPENED
from dizuo.operations.event_log.portions import portions
from dizuo.operations.event_log.tables import events
from dizuo.operations.event_log.vault import Vault
from dizuo.operations.event_log.verification import CONFIDENCES
from dizuo.operations.texts.identifiers import Stripped, strip_identifiers
from dizuo.operations.texts.reports import Reports

__all__ = ["told_texts", "with_texts"]


def told_texts(
    connection: Connection, vault: Vault, asked: Sequence[str]
) -> Mapping[str, Stripped]:
    """Return what was told with each case, as far as there is a text that was not erased.

    Parameters
    ----------
    asked
        Ids of cases.
    """
    digests: dict[str, str] = {}
    query = select(events.c.subject, events.c.facts).where(
        events.c.kind == OPENED,
        events.c.subject.in_(bindparam("subjects", expanding=True)),
    )
    for part in portions(asked):
        for case, facts in connection.execute(query, {"subjects": part}):
            for one in json.loads(facts).get(CONFIDENCES, ()):
                if one["kind"] == "text":
                    digests[case] = one["digest"]
    opened = vault.read_many(connection, list(digests.values()))
    return {
        case: strip_identifiers(opened[digest].decode("utf-8", errors="replace"))
        for case, digest in digests.items()
        if digest in opened
    }


def with_texts(connection: Connection, vault: Vault, reports: Reports) -> Reports:
    """Return reports with what was told in them; it must not outlive the work."""
    asked = [str(case) for case in reports.case]
    told = told_texts(connection, vault, asked)
    return replace(reports, texts=tuple(told.get(case) for case in asked))
