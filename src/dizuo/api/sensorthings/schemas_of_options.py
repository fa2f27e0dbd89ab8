"""The options of a query as JSON schemas, each fitted to the entities that are asked for."""

import re
from typing import Any, Final

from dizuo.api.sensorthings.model import EntityType
from dizuo.api.sensorthings.options import LARGEST_WHOLE, LONGEST

__all__ = ["FORMATS", "options_of_collection", "options_of_one"]

FORMATS: Final = ("filter", "orderby", "expand")
"""Options that are a language: their format is ``odata-OPTION-of-COLLECTION``.

What they may say is the grammar of OData, over the properties of the entity and of those it leads
to: brackets inside brackets, which no pattern can tell.
"""
_CLAUSES: Final = {"filter": "9.3.3.5", "orderby": "9.3.3.1", "expand": "9.3.2.1"}
_WHOLE: Final = {"type": "integer", "minimum": 0, "maximum": LARGEST_WHOLE}


def options_of_collection(entity: EntityType) -> dict[str, Any]:
    """Return the options of a page of entities, by name."""
    told = {
        **options_of_one(entity),
        "$filter": _language("filter", entity),
        "$orderby": _language("orderby", entity),
        "$top": _WHOLE,
        "$skip": _WHOLE,
        "$count": {"type": "boolean"},
    }
    if entity.plural == "Observations":
        told["$resultFormat"] = {"enum": ["dataArray"]}
    return told


def options_of_one(entity: EntityType) -> dict[str, Any]:
    """Return the options of a single entity, by name."""
    names = ("@iot.id", "id", "@iot.selfLink", *_names(entity))
    either = "|".join(re.escape(one) for one in names)
    return {
        "$expand": _language("expand", entity),
        "$select": {
            "type": "string",
            "maxLength": LONGEST,
            "pattern": f"^ *({either}) *(, *({either}) *)*$",
            "description": "Names of what is told.",
        },
    }


def _names(entity: EntityType) -> list[str]:
    return [*(one.name for one in entity.properties), *(one.name for one in entity.navigations)]


def _language(option: str, entity: EntityType) -> dict[str, Any]:
    return {
        "type": "string",
        "maxLength": LONGEST,
        "format": f"odata-{option}-of-{entity.plural}",
        "description": f"As clause {_CLAUSES[option]} of OGC 18-088 has it, of "
        f"{', '.join(_names(entity))}.",
    }
