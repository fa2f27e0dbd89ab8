"""``dizuo texts``: what reports tell, one by one and together."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from dizuo.cli.command import command, option
from dizuo.cli.opening import open_city, simulated_option
from dizuo.cli.session import Session
from dizuo.cli.telling import tell_table
from dizuo.model.errors import InputError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.operations.cases.case_type import CaseType
    from dizuo.operations.evaluation.parameters import EvaluationParameters
    from dizuo.operations.opening import Operations
    from dizuo.operations.texts.training import Trained

__all__ = ["texts"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_TABLE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_WORK: Final = ("evaluate", "train", "suggest", "duplicates", "topics", "hotspots")
_SEED: Final = 2026
"""Whoever measures again holds out the same texts."""
_MOST_SUGGESTED: Final = 10_000


@command(
    "texts",
    Text(
        "Read reports: train and evaluate a classifier, suggest classes, find duplicates, topics "
        "and hot spots.\n\n"
        "evaluate learns from most of the city's classified texts and measures on the rest, "
        "beside TF-IDF with logistic regression; train keeps what was measured. Suggestions are "
        "made only in a language in which it is better, and a person decides. Texts are decrypted "
        "in memory only, and identifiers are taken out first.",
        "分析诉求文本：训练与评测分类器、给出分类建议、查找重复上报、议题与热点区域。\n\n"
        "evaluate 用本市大部分已分类文本训练，并在留出文本上与 TF-IDF 加逻辑回归同场评测；"
        "train 另将结果保存。仅在更优的语言上给出建议，由人工决定。"
        "文本仅在内存中解密，并先去除个人标识。",
    ),
)
@click.argument("folder", type=_FOLDER)
@click.argument("work", type=click.Choice(_WORK))
@option("--type", "case_type", default="urban_event", text=Text("Case type.", "案件类型。"))
@option(
    "--labelled",
    type=_TABLE,
    text=Text(
        "Classified texts from elsewhere: text, category.", "其他来源的已分类文本：text、category。"
    ),
)
@option("--seed", default=_SEED, text=Text("Of what is drawn at random.", "随机种子。"))
@simulated_option
def texts(
    session: Session,
    folder: Path,
    work: str,
    case_type: str,
    labelled: Path | None,
    seed: int,
    simulated: Path | None,
) -> None:
    """Do one piece of work on the texts of a city."""
    opened = open_city(folder, simulated)
    kind = opened.office.types.get(case_type)
    if work in {"train", "evaluate"}:
        answer = _trained(opened, kind, labelled, seed, keep=work == "train")
        _tell_accuracy(session, answer)
    elif work == "suggest":
        _tell_rows(session, _suggested(opened, kind), work)
    elif work == "duplicates":
        _tell_rows(session, _duplicates(opened), work)
    elif work == "topics":
        _tell_rows(session, _topics(opened, folder), work)
    else:
        _tell_rows(session, _hot_spots(opened, folder, seed), work)


def _trained(
    opened: "Operations", kind: "CaseType", file: Path | None, seed: int, *, keep: bool
) -> dict[str, Any]:
    from dizuo.operations.texts.embedding import multilingual_e5  # noqa: PLC0415
    from dizuo.operations.texts.kept_models import card_of, keep_model  # noqa: PLC0415
    from dizuo.operations.texts.labelled import (  # noqa: PLC0415
        class_column,
        labelled_cases,
        read_labelled,
    )
    from dizuo.operations.texts.training import train  # noqa: PLC0415

    if not class_column(kind):
        raise InputError(
            Text(f"cases of {kind.id} have no classes", f"{kind.id} 类案件没有分类"),
            field="--type",
            cure=Text(
                "Name a type with a taxonomy: urban_event.",
                "请指定有代码表的类型，如 urban_event。",
            ),
        )
    now = opened.log.clock.now()
    codes = opened.taxonomy.code_list(kind.taxonomy, now.date())
    with opened.engine.connect().execution_options(reads_only=True) as connection:
        told = labelled_cases(
            connection, opened.office.vault, kind, simulated=opened.office.simulated
        )
    if file is not None:
        told = told.and_also(read_labelled(file, codes))
    trained: Trained = train(told, codes, multilingual_e5(), opened.texts.parameters, seed)
    if keep:
        return dict(keep_model(opened.texts.folder, kind.id, trained, now).card) | {"kept": True}
    return card_of(kind.id, trained, now) | {"kept": False}


def _suggested(opened: "Operations", kind: "CaseType") -> list[dict[str, Any]]:
    from dizuo.operations.cases.register import CaseFilter, list_cases  # noqa: PLC0415
    from dizuo.operations.texts.told import told_texts  # noqa: PLC0415

    reader, today = opened.texts, opened.log.clock.now().date()
    with opened.engine.connect().execution_options(reads_only=True) as connection:
        rows = list_cases(
            connection, CaseFilter(case_type=kind.id, open=True), most=_MOST_SUGGESTED
        )
        told = told_texts(connection, opened.office.vault, [row["case"] for row in rows])
    asked = [row for row in rows if row["case"] in told]
    made = reader.suggest_all(kind, [told[row["case"]].text for row in asked], today)
    return [
        {"case": row["case"], "category": row["category"], **one.as_dict()}
        for row, one in zip(asked, made, strict=True)
        if one is not None
    ]


def _duplicates(opened: "Operations") -> list[dict[str, Any]]:
    from dizuo.operations.texts.overview import city_duplicates  # noqa: PLC0415

    with opened.engine.connect().execution_options(reads_only=True) as connection:
        found = city_duplicates(
            connection, opened.office.vault, opened.log.clock.now(), opened.texts.parameters,
            simulated=opened.office.simulated,
        )  # fmt: skip
    return [one.as_dict() for one in found]


def _topics(opened: "Operations", folder: Path) -> list[dict[str, Any]]:
    from dizuo.operations.opening import communities_of  # noqa: PLC0415
    from dizuo.operations.texts.overview import city_topics  # noqa: PLC0415

    with opened.engine.connect().execution_options(reads_only=True) as connection:
        found = city_topics(
            connection, opened.log.clock.now(), opened.texts.parameters, _evaluation(folder),
            communities_of(folder) or {}, simulated=opened.office.simulated,
        )  # fmt: skip
    return [one.as_dict() for one in found]


def _hot_spots(opened: "Operations", folder: Path, seed: int) -> list[dict[str, Any]]:
    import numpy as np  # noqa: PLC0415

    from dizuo.operations.ground import read_unit_grid  # noqa: PLC0415
    from dizuo.operations.texts.overview import city_hot_spots  # noqa: PLC0415

    with opened.engine.connect().execution_options(reads_only=True) as connection:
        return city_hot_spots(
            connection, opened.log.clock.now(), opened.texts.parameters, _evaluation(folder),
            read_unit_grid(folder / "operations" / "grid"), np.random.default_rng(seed),
            simulated=opened.office.simulated,
        )  # fmt: skip


def _evaluation(folder: Path) -> "EvaluationParameters":
    from dizuo.operations.evaluation.parameters import EvaluationParameters  # noqa: PLC0415

    own = folder / "operations" / "evaluation.toml"
    return EvaluationParameters.load(own if own.exists() else None)


def _tell_accuracy(session: Session, card: Mapping[str, Any]) -> None:
    if session.json:
        session.answer(dict(card))
        return
    from dizuo.operations.texts.labelled import LANGUAGES  # noqa: PLC0415

    for language, one in card["accuracy"].items():
        name = session.text(next(text for key, text in LANGUAGES.items() if key == language))
        session.out.print(f"{name}  {one['texts']} / {one['classes']}", style="bold")
        told = {"dizuo": one["macro_f1"], **one["others"]}
        for who, score in sorted(told.items(), key=lambda pair: -pair[1]):
            span = f"  {one['low']:.3f}–{one['high']:.3f}" if who == "dizuo" else ""
            session.out.print(f"  {who:18} {score:.3f}{span}", markup=False)
        session.say(_verdict(one))
    if not card["accuracy"]:
        session.say(Text("Nothing was measured.", "没有可评测的文本。"))


def _verdict(one: Mapping[str, Any]) -> Text:
    low, high = one["ahead_low"], one["ahead_high"]
    if not one["beats"]:
        return Text(
            f"Not ahead of {one['best_other']} beyond chance ({low:+.3f} to {high:+.3f}): "
            "classes stay with persons.",
            f"未显著优于 {one['best_other']}（{low:+.3f} 至 {high:+.3f}）：由人工分类。",
        )
    right = "–" if one["right"] is None else f"{one['right']:.0%}"
    return Text(
        f"Ahead of {one['best_other']} by {low:+.3f} to {high:+.3f}. Suggests a class for "
        f"{one['suggested']:.0%} of texts, {right} of them right.",
        f"优于 {one['best_other']}（{low:+.3f} 至 {high:+.3f}）。"
        f"对 {one['suggested']:.0%} 的文本给出建议，其中 {right} 正确。",
    )


def _tell_rows(session: Session, rows: Iterable[Mapping[str, Any]], work: str) -> None:
    found = [dict(row) for row in rows]
    if session.json:
        session.answer(found)
        return
    if session.language == "zh":
        found = [row | {"reason": row["reason_zh"]} if "reason_zh" in row else row for row in found]
    if found:
        tell_table(session, found, _SHOWN[work])
    session.say(Text(f"{len(found)} found.", f"共 {len(found)} 项。"))


_SHOWN: Final[Mapping[str, Sequence[str]]] = {
    "suggest": ("case", "category", "code", "confidence", "by"),
    "duplicates": ("case", "into", "confidence", "reason"),
    "topics": ("kind", "place", "hot", "recurring", "reason"),
    "hotspots": ("kind", "cell", "count", "false_discovery_rate"),
}
"""What a person is shown of each work; ``--json`` tells all."""
