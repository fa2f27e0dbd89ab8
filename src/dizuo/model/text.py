"""Text in the two languages of the house."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Language", "Text"]

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in English and Chinese."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """Return the text in a language."""
        return self.zh if language == "zh" else self.en
