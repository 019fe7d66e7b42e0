from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_claims import told

from app.alike import WordsAlike
from app.rulings import ruled

if TYPE_CHECKING:
    from ingest.embed import Embedder
    from ingest.firms import FirmNames

DATA = told("The firm collected location data of journalists without their consent.")
COURT = told("The court rejected the appeal and upheld the ban.")


@pytest.mark.parametrize(
    ("sentence", "pairs"),
    [
        ("The firm gathered location data of journalists without their consent.", {"gathered": "collected"}),
        (
            "The firm collected location data of reporters without their permission.",
            {"reporters": "journalists", "permission": "consent"},
        ),
    ],
)
def test_other_words(sentence: str, pairs: dict[str, str], embedder: Embedder, names: FirmNames) -> None:
    """A word that means the same in its place may stand for a word of the source, and both are told."""
    assert not ruled(sentence, [DATA], names).is_borne
    ruling = ruled(sentence, [DATA], names, WordsAlike(embedder))
    assert (ruling.is_borne, dict(ruling.alike)) == (True, pairs)


@pytest.mark.parametrize(
    "sentence",
    [
        "The firm deleted location data of journalists without their consent.",
        "The firm collected health data of journalists without their consent.",
        "The firm collected location data of lawyers without their consent.",
        "The firm collected location data of journalists with their consent.",
        "The firm secretly collected location data of journalists without their consent.",
    ],
)
def test_words_that_mean_something_else(sentence: str, embedder: Embedder, names: FirmNames) -> None:
    """A word that means something else stands for none, however little else is changed."""
    assert not ruled(sentence, [DATA], names, WordsAlike(embedder)).is_borne


@pytest.mark.parametrize("word", ["overturned", "lifted", "accepted"])
def test_opposites(word: str, embedder: Embedder, names: FirmNames) -> None:
    """An opposite, which models of meaning put near, stands for none."""
    sentence = f"The court rejected the appeal and {word} the ban."
    assert not ruled(sentence, [COURT], names, WordsAlike(embedder)).is_borne


def test_a_text_longer_than_the_window(embedder: Embedder) -> None:
    """Words beyond what the model reads of a text have no vector, and words within have one each of length 1."""
    text = "camera " * 600
    words = embedder.words(text)
    assert 0 < len(words) <= embedder.window
    assert all(text[start:end] == "camera" and abs(float(vector @ vector) - 1) < 1e-3 for start, end, vector in words)
