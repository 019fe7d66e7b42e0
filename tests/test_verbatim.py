from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from specimens import DOCUMENTS

from app.verbatim import is_verbatim, quotations, spans_of, without_quotations
from ingest.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.dossier import Dossier

pytest_plugins = ["specimens"]

TEXT = (
    "Orrin Labs “received a strategic\n investment from Tamber Vision in 2010”, which did not help the coﬃn-maker. "
    "It grew by 49 percent to 1,500 cameras. Tamber Vision denies it."
)
MANY = 2000
OTHER_LOOKS = str.maketrans({"“": '"', "”": '"', "’": "'", "-": "‑", "–": "-", "ﬁ": "fi", "…": "..."})


@pytest.mark.parametrize(
    "quotation",
    [
        "received a strategic investment from Tamber Vision in 2010",
        "received a strategic investment from Tamber Vision in 2010,",
        "help the coffin‑maker",
        "Orrin Labs 'received a strategic investment",
        "received … from Tamber Vision",
        "received [...] investment",
        "49 percent",
    ],
)
def test_looks_may_differ(quotation: str) -> None:
    """White space, marks, ligatures, hyphens and the stop at the end may differ, and words may be left out."""
    assert is_verbatim(quotation, TEXT)


@pytest.mark.parametrize(
    "quotation",
    [
        "received a strategic investment from Tamber Vision in 2011",
        "received a strategic investments",
        "received strategic investment",
        "which did … help",
        "which did help",
        "received … grew by 49 percent",
        "from Tamber Vision … received",
        "9 percent",
        "to 1",
        "500 cameras",
        "rew by 49",
        "…",
        "",
    ],
)
def test_words_may_not_differ(quotation: str) -> None:
    """No word, digit or "not" may differ, be cut or be left out, and parts keep their order within a sentence."""
    assert not is_verbatim(quotation, TEXT)


def test_a_quotation_is_a_slice() -> None:
    """What is found is given as slices of the text, with the looks that it has there."""
    (span,) = spans_of('"received a strategic investment', TEXT)
    assert TEXT[slice(*span)] == "received a strategic\n investment"
    first, second = spans_of("received … from Tamber Vision", TEXT)
    assert (TEXT[slice(*first)], TEXT[slice(*second)]) == ("received", "from Tamber Vision")


def test_quotations_are_found() -> None:
    """Quotations are told from the words around them, whatever their marks."""
    text = 'A “b c” d "e" «f» „g“ 「h」 the firm\'s.'
    assert quotations(text) == ["b c", "e", "f", "g", "h"]
    assert "".join(without_quotations(text).split()) == "Adthefirm's."


def sentences(dossier: Dossier) -> list[tuple[str, str]]:
    """Return long sentences, each with the text of its document."""
    texts = [dossier.library.document(entry.source.id).text for entry in dossier.library.entries()]
    return [
        (text[start:end], text)
        for text in texts
        for start, end in sentence_spans(text)
        if len(text[start:end].split()) >= 6
    ]


def digit(words: str, chance: random.Random) -> str:
    found = [match.start() for match in re.finditer(r"\d", words)]
    at = chance.choice(found)
    return f"{words[:at]}{(int(words[at]) + chance.randint(1, 9)) % 10}{words[at + 1 :]}"


def name(words: str, chance: random.Random) -> str:
    found = list(re.finditer(r"(?<=\s)[A-Z][a-z]{3,}", words))
    match = chance.choice(found)
    return f"{words[: match.start()]}{chance.choice(['Quorra', 'Zelkin', 'Ommen'])}{words[match.end() :]}"


def negation(words: str, chance: random.Random) -> str:
    dropped = re.sub(r"\b(?:not|no|never|denies|denied|without) ", "", words, count=1)
    if dropped != words:
        return dropped
    parts = words.split(" ")
    at = chance.randrange(1, len(parts))
    return " ".join([*parts[:at], "not", *parts[at:]])


def splice(words: str, chance: random.Random) -> str:
    parts = words.split(" ")
    at = chance.randrange(2, len(parts) - 2)
    return " ".join([*parts[:at], *parts[at + 1 :]])


MUTATIONS: dict[str, tuple[Callable[[str, random.Random], str], str]] = {
    "digit": (digit, r"\d"),
    "name": (name, r"\s[A-Z][a-z]{3,}"),
    "negation": (negation, r"."),
    "splice": (splice, r"\S+(?: \S+){5,}"),
}


def mutated(kind: str, pool: list[tuple[str, str]], many: int) -> Iterator[tuple[str, str]]:
    mutate, needs = MUTATIONS[kind]
    chance = random.Random(kind)  # noqa: S311 - the same every time
    fit = [(" ".join(words.split()), text) for words, text in pool if re.search(needs, " ".join(words.split()))]
    while many:
        words, text = chance.choice(fit)
        changed = mutate(words, chance)
        # "a a b" without an "a" is still there, and so may a changed figure of a table be.
        if changed != words and " ".join(changed.split()) not in " ".join(text.split()):
            many -= 1
            yield changed, text


@pytest.mark.parametrize("kind", MUTATIONS)
def test_a_changed_quotation_is_never_accepted(dossier: Dossier, kind: str) -> None:
    """Of 2,000 real sentences with a digit, a name, a negation or a word changed, none passes as a quotation."""
    accepted = [words for words, text in mutated(kind, sentences(dossier), MANY // 4) if is_verbatim(words, text)]
    assert accepted == []


def test_a_true_quotation_is_accepted(dossier: Dossier) -> None:
    """Of 2,000 real sentences and parts of them with other white space, marks and ligatures, 99 of 100 pass."""
    pool = sentences(dossier)
    chance = random.Random("true")  # noqa: S311 - the same every time
    refused = []
    for _ in range(MANY):
        words, text = chance.choice(pool)
        parts = words.split()
        first = chance.randrange(len(parts) - 3)
        some = parts[first : chance.randrange(first + 3, len(parts) + 1)]
        looks = chance.choice([" ", "  ", "\n", "\u00a0"]).join(some).translate(OTHER_LOOKS)
        if not is_verbatim(looks, text):
            refused.append(looks)
    assert len(refused) <= MANY // 100, refused[:5]


@given(st.text(alphabet="ab “”'-–\n 1.,…ﬁno", max_size=40), st.data())
def test_every_slice_is_a_quotation(text: str, data: st.DataObject) -> None:
    """Any run of whole words of a text is found in it, and what is found holds the same letters."""
    words = [match.span() for match in re.finditer(r"\S+", text)]
    if not words:
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    wanted = text[words[first][0] : words[last][1]]
    if not re.search(r"\w", wanted):
        return
    spans = spans_of(wanted, text)
    assert spans, wanted
    found = "".join(text[start:end] for start, end in spans)
    assert re.findall(r"\w", found) == re.findall(r"\w", wanted)


def test_documents_hold_negations() -> None:
    """The documents that mutations are made of hold negations to drop."""
    assert any(re.search(r"\b(?:not|denies)\b", text) for text in DOCUMENTS.values())
