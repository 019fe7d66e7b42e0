"""What a growing store is measured with: enough pieces of real text, or a clear error."""

from __future__ import annotations

from itertools import pairwise

import pytest

from evals.pieces import HELD_OUT, TooFewError, pieces
from ingest.sentences import sentence_spans

TEXTS = [" ".join(f"Report {text} tells of gate number {at} by the harbour." for at in range(400)) for text in range(3)]


def test_what_is_searched_for_is_spread_over_the_sources():
    """Every text gives its share of the held-out sentences, and none of these is in what a store holds."""
    held_out, kept = pieces(TEXTS, 1_000)
    counts = [sum(one.startswith(f"Report {text} ") for one in held_out) for text in range(3)]
    assert sum(counts) == HELD_OUT
    assert min(counts) > HELD_OUT / 3 - 3
    assert len(set(kept)) == len(kept) == 1_000
    assert not any(sentence in piece for sentence in held_out for piece in kept)


def test_pairs_of_neighbours_follow_when_sentences_are_used_up():
    """Each piece after the last sentence is two that follow each other in a text."""
    _, kept = pieces(TEXTS, 1_200)
    spans = [[text[start:end] for start, end in sentence_spans(text)] for text in TEXTS]
    neighbours = {f"{one} {other}" for sentences in spans for one, other in pairwise(sentences)}
    assert set(kept[:1_000]) == {one for sentences in spans for one in sentences} & set(kept)
    assert set(kept[1_000:]) <= neighbours


def test_sentences_with_one_between_them_are_no_neighbours():
    """A sentence that is too long is no piece, and those around it make no pair."""
    long = f"It tells of {'many ' * 200}gates."
    held_out, kept = pieces([f"The first sentence is here. {long} The third sentence is here.", *TEXTS], 1_001)
    assert not [
        one for one in (*held_out, *kept) if "many many" in one or one.startswith("The first sentence is here. ")
    ]


def test_a_size_that_cannot_be_filled_is_an_error():
    """It names the size that was asked for and how much there is."""
    with pytest.raises(TooFewError, match=r"5,000 passages were asked for.* 1,000 sentences and \d+ pairs"):
        pieces(TEXTS, 5_000)
