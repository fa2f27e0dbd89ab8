"""A code that something suggests for a report; a person takes it, or does not."""

from dataclasses import dataclass

from dizuo.model.errors import EngineError

__all__ = ["Suggestion"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One code suggested for a report.

    Attributes
    ----------
    code
        Of a code list in force.
    confidence
        From 0 to 1: how often suggestions like this one were right where that was measured.
    by
        What suggests it, with its version; an account where it is a person.
    """

    code: str
    confidence: float
    by: str

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise EngineError("A confidence lies between 0 and 1.")

    def as_dict(self) -> dict[str, str | float]:
        """Return it as JSON knows it."""
        return {"code": self.code, "confidence": round(self.confidence, 3), "by": self.by}
