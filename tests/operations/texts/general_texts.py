"""Labelled texts of others, in Chinese and English: general questions, not reports (BSD licence).

No labelled set of reports to a city is free to be used, so the method is held against TF-IDF on
these. What comes out tells that the method works; it is no accuracy on reports.
"""

from datetime import date
from importlib.resources import files
from types import MappingProxyType

import yaml

from dizuo.model.rule import Certainty
from dizuo.model.text import Text
from dizuo.operations.taxonomy.code_list import Code, CodeList
from dizuo.operations.texts.identifiers import strip_identifiers
from dizuo.operations.texts.labelled import LabelledTexts

TOPICS = {
    "psychology": "心理",
    "ai": "人工智能",
    "emotion": "情感",
    "literature": "文学",
    "science": "科学",
    "movies": "电影",
    "sports": "体育",
    "conversations": "闲聊",
    "money": "金钱",
    "politics": "政治",
}
"""Those with ten questions at least in either language, with their Chinese title."""


def general_texts(language):
    """The questions of ``chinese`` or ``english``, each with its topic.

    Never both at once: one is a translation of the other, so what is held out of the one would be
    learnt from the other.
    """
    pairs = []
    for topic in TOPICS:
        file = files("chatterbot_corpus") / "data" / language / f"{topic}.yml"
        told = yaml.safe_load(file.read_text(encoding="utf-8"))["conversations"]
        pairs += [(strip_identifiers(str(one[0])), topic) for one in told]
    return LabelledTexts.of(pairs)


def topics():
    """The topics as a code list."""
    day = date(2025, 1, 1)
    codes = {
        topic: Code(topic, Text(topic, zh), "", Certainty.SURE, "chatterbot-corpus", "1.3.3", day)
        for topic, zh in TOPICS.items()
    }
    title = Text("Topics", "主题")
    return CodeList("topics", title, "chatterbot-corpus", "1.3.3", day, MappingProxyType(codes))
