from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.drafts import DraftSentence, draft_sentences


@pytest.mark.parametrize(
    ("draft", "sentences"),
    [
        ("Intel invested in 2010 [1].", [("Intel invested in 2010.", (1,))]),
        ("Intel invested in 2010. [1]", [("Intel invested in 2010.", (1,))]),
        ("Intel invested [1][2, 3] in 2010.", [("Intel invested in 2010.", (1, 2, 3))]),
        ("Intel invested. [1] NetPosa grew. [2]", [("Intel invested.", (1,)), ("NetPosa grew.", (2,))]),
        ("- Intel invested [1].\n- **NetPosa** grew [2].", [("Intel invested.", (1,)), ("NetPosa grew.", (2,))]),
        ("1. It said “we sold U.S. chips” [4].", [("It said “we sold U.S. chips”.", (4,))]),
        ("Intel invested 【2】.", [("Intel invested.", (2,))]),
        ("# Answer\n\nIntel invested.", [("Intel invested.", ())]),
        ("Yes, it invested [1].\nNo: it sold [2].", [("It invested.", (1,)), ("It sold.", (2,))]),
        ("No-one sold [1].\nNo. 5 Institute sold [2].", [("No-one sold.", (1,)), ("No. 5 Institute sold.", (2,))]),
        ("eBay sold [1].", [("eBay sold.", (1,))]),
        ("Yes. [1]\nNo! [2]\nNo firm sold [3].", [("No firm sold.", (3,))]),
        (
            "Intel sold [1-3]. It left [^4] and [1, 2 and 3].",
            [("Intel sold.", (1, 2, 3)), ("It left and.", (4, 1, 2, 3))],
        ),
        ("Intel sold 【1†source】.", [("Intel sold.", (1,))]),
        ("Intel sold.[1]Dahua left.[2]", [("Intel sold.", (1,)), ("Dahua left.", (2,))]),
        ("In [2019] it sold [1].", [("In [2019] it sold.", (1,))]),
        ("#1 of them sold [1].", [("#1 of them sold.", (1,))]),
        ("NOTHING", []),
        ("**NOTHING.**", []),
        ("", []),
        ("[1]\n...", []),
    ],
)
def test_a_draft_is_taken_apart(draft: str, sentences: list[tuple[str, tuple[int, ...]]]) -> None:
    """A draft is its sentences without lists, emphasis and headings, each with the numbers that it cites."""
    assert draft_sentences(draft) == [DraftSentence(*sentence) for sentence in sentences]


@given(st.text(max_size=300))
def test_any_text_is_a_draft(draft: str) -> None:
    """Whatever a model writes is taken apart, and no mark is left in a sentence."""
    for sentence in draft_sentences(draft):
        assert sentence.text
        assert "[1]" not in sentence.text
