"""Somebody who may do everything with cases."""

from dizuo.operations.cases.case_type import CaseTypes
from dizuo.operations.cases.office import Actor

EVERYBODY = Actor(
    "account:desk",
    frozenset(
        role
        for kind in CaseTypes.load()
        for role in kind.opened_by.union(*(one.roles for one in kind.actions.values()))
    ),
)
