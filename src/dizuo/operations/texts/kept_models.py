"""Keep a trained classifier with what was measured of it, and read it again unaltered.

A model holds no text: it is one direction for each class, learnt from ten texts of it at least.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from dizuo.model.errors import StoreError
from dizuo.model.text import Text
from dizuo.operations.texts.classifier import Classifier
from dizuo.operations.texts.training import Trained

__all__ = ["KeptModel", "card_of", "keep_model", "read_model"]

_ARRAYS = ("classes", "centre", "weights", "offsets")


@dataclass(frozen=True, eq=False)
class KeptModel:
    """A classifier as a city keeps it.

    Attributes
    ----------
    card
        What was measured, when, on how many texts; as JSON knows it.
    digest
        SHA-256 of the classifier.
    """

    classifier: Classifier
    card: Mapping[str, Any]
    digest: str

    @property
    def name(self) -> str:
        """What suggestions are made by."""
        return f"{self.card['model']}, head {self.digest[:12]}"

    def suggests_in(self, language: str) -> bool:
        """Whether suggestions are made for texts of a language."""
        return language in self.card["in_force"]


def keep_model(folder: Path, case_type: str, trained: Trained, time: datetime) -> KeptModel:
    """Write a classifier and its card into a folder, in place of what was there."""
    folder.mkdir(parents=True, exist_ok=True)
    content, card = _content(trained.classifier), card_of(case_type, trained, time)
    text = json.dumps(card, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    # The card last: a model whose card tells another digest is refused, never used.
    _replace(folder / f"{case_type}.npz", content)
    _replace(folder / f"{case_type}.json", text.encode("utf-8"))
    return KeptModel(trained.classifier, card, card["digest"])


def card_of(case_type: str, trained: Trained, time: datetime) -> dict[str, Any]:
    """Return what was measured of a classifier, as JSON knows it."""
    head = trained.classifier
    return {
        "case_type": case_type,
        "model": trained.model,
        "trained": time.isoformat(timespec="seconds"),
        "learnt": trained.learnt,
        "classes": head.classes.tolist(),
        "left_out": list(trained.left_out),
        "in_force": list(trained.in_force),
        "temperature": head.temperature,
        "sure_from": dict(head.sure_from),
        "accuracy": {language: asdict(one) for language, one in trained.accuracy.items()},
        "digest": hashlib.sha256(_content(head)).hexdigest(),
    }


def _content(head: Classifier) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **{name: getattr(head, name) for name in _ARRAYS})
    return buffer.getvalue()


def read_model(folder: Path, case_type: str) -> KeptModel | None:
    """Read the classifier of a case type; None where none was trained.

    Raises
    ------
    StoreError
        If it is not the one that was measured.
    """
    file = folder / f"{case_type}.json"
    if not file.exists():
        return None
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
        content = file.with_suffix(".npz").read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            read = {name: arrays[name] for name in _ARRAYS}
        head = Classifier(**read, temperature=card["temperature"], sure_from=card["sure_from"])
        measured = card["digest"]
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise _another(file) from error
    if digest != measured:
        raise _another(file)
    return KeptModel(head, card, digest)


def _another(file: Path) -> StoreError:
    return StoreError(
        Text(
            f"The classifier in {file} is not the one that was measured. "
            "Train it again: dizuo texts CITY train.",
            f"{file} 中的分类器与评测时不一致。请重新训练：dizuo texts CITY train。",
        )
    )


def _replace(file: Path, content: bytes) -> None:
    partial = file.with_name(f"{file.name}.partial")
    partial.write_bytes(content)
    partial.replace(file)
