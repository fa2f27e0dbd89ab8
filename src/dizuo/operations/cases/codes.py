"""A class or nature that somebody gives a case is a code of its type's list."""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text
from dizuo.operations.cases.case_type import CaseType
from dizuo.operations.taxonomy.reading import Taxonomy

__all__ = ["NATURES", "require_codes"]

NATURES: Final = "hotline_nature"
"""The code list whose codes are natures of an appeal, not classes of a thing."""
_MOST_NEAR: Final = 5


def require_codes(kind: CaseType, taxonomy: Taxonomy, given: Mapping[str, Any], day: date) -> None:
    """Refuse a ``category`` or ``nature`` that the list of the case type does not have on a day.

    Raises
    ------
    InputError
        Naming codes that come near.
    """
    name = "nature" if kind.taxonomy == NATURES else "category"
    code = given.get(name)
    if not kind.taxonomy or not code:
        return
    codes = taxonomy.code_list(kind.taxonomy, day)
    if code in codes:
        return
    known = codes.leaves(day)
    near = get_close_matches(str(code), known, _MOST_NEAR, 0.5) or list(known[:_MOST_NEAR])
    raise InputError(
        Text(f"{code!r} is no code of {kind.taxonomy}", f"{kind.taxonomy} 没有编码 {code!r}"),
        field=name,
        cure=Text(f"Codes are: {', '.join(near)} ...", f"可用编码如：{'、'.join(near)}……"),
    )
