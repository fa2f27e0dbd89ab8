"""Batches in the form of JSON as JSON schemas."""

from typing import Any, Final

from dizuo.api.sensorthings.batch_forms import MOST_PARTS
from dizuo.api.sensorthings.bodies import LONGEST_ID

__all__ = ["batch", "batch_answers"]

_NO_NUL: Final = r"^[^\x00]*$"
_ANYTHING: Final = {"$ref": "#/components/schemas/Anything"}
_TEXT: Final = {"type": "string", "pattern": "^[ -~]*$"}


def batch() -> dict[str, Any]:
    """Return the schema of a batch in the form of JSON."""
    name = {"type": "string", "pattern": r"^[\w.:,;-]+$", "maxLength": LONGEST_ID}
    one = {
        "type": "object",
        "properties": {
            "id": {**name, "description": "No other request has it; later ones call this $ID."},
            "method": {"enum": ["GET", "POST"]},
            "url": {"type": "string", "pattern": _NO_NUL, "examples": ["Things?$top=5"]},
            "headers": {"type": "object", "additionalProperties": _TEXT,
                        "propertyNames": {"pattern": "^[!-~]+$"}},
            "body": _ANYTHING,
            "atomicityGroup": {**name, "description": "The change set that it stands in."},
        },
        "required": ["id", "method", "url"],
        "propertyNames": {"pattern": _NO_NUL},
        "additionalProperties": _ANYTHING,
    }  # fmt: skip
    return {
        "type": "object",
        "properties": {"requests": {"type": "array", "items": one, "maxItems": MOST_PARTS}},
        "required": ["requests"],
        "propertyNames": {"pattern": _NO_NUL},
        "additionalProperties": _ANYTHING,
    }


def batch_answers() -> dict[str, Any]:
    """Return the schema of the answers to a batch in the form of JSON."""
    one = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "status": {"type": "integer"}, "body": {}},
        "required": ["id", "status"],
    }
    return {
        "type": "object",
        "properties": {"responses": {"type": "array", "items": one}},
        "required": ["responses"],
    }
