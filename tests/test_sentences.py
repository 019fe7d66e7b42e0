from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The U.S. Commerce Department listed Zhejiang Dahua Technology Co., Ltd. in October. The firm objected.",
            [
                "The U.S. Commerce Department listed Zhejiang Dahua Technology Co., Ltd. in October.",
                "The firm objected.",
            ],
        ),
        ("Will they act, esp. if nothing is passed?", ["Will they act, esp. if nothing is passed?"]),
        ("[… T]he party buys it. Others sell it.", ["[… T]he party buys it.", "Others sell it."]),
        ("They sold it. iFlytek denied it.", ["They sold it.", "iFlytek denied it."]),
        ("It works. (The firm denies it.)", ["It works.", "(The firm denies it.)"]),
        ("这是一家公司。它卖摄像头！真的吗？", ["这是一家公司。", "它卖摄像头！", "真的吗？"]),
        ("“是的。”他说。然后走了。", ["“是的。”他说。", "然后走了。"]),
        ("هل هذا صحيح؟ نعم، هذا صحيح.", ["هل هذا صحيح؟", "نعم، هذا صحيح."]),
        (
            "There were 2.75 million cameras nationwide.26 A firm sold “them all”.27 The town paid 3.",
            ["There were 2.75 million cameras nationwide.26", "A firm sold “them all”.27", "The town paid 3."],
        ),
        (
            "They met at 3 p.m. on Monday. Sales were $1.2 billion.",
            ["They met at 3 p.m. on Monday.", "Sales were $1.2 billion."],
        ),
    ],
)
def test_known_boundaries(text: str, expected: list[str]) -> None:
    """A sentence ends at its own stop, in English, Chinese and Arabic, and nowhere else."""
    assert sentences(text) == expected


ALPHABET = st.text(
    alphabet=st.sampled_from([*"aBc .!?,;:\n\t()[]“”…—0123", "。", "？", "是", "海", "؟", "ه", "ن", "é"])
)


@given(ALPHABET)
def test_spans_hold_all_ink(text: str) -> None:
    """Sentence spans ascend, do not overlap, are stripped, and leave out nothing but white space."""
    spans = sentence_spans(text)
    covered = [False] * len(text)
    previous = 0
    for start, end in spans:
        assert previous <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        covered[start:end] = [True] * (end - start)
        previous = end
    assert all(done or letter.isspace() for done, letter in zip(covered, text, strict=True))
