"""Where passages are cut: 472 questions with the exact characters that answer them, over five texts in one store.

The questions are those of https://research.trychroma.com/evaluating-chunking (MIT).
"""

from __future__ import annotations

import csv
import json
import tempfile
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.names import names_asked
from app.retrieve import retrieve
from evals.metrics import spread, token_iou, token_precision, token_recall
from evals.stores import fill, material, open_store
from ingest import passages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from evals.metrics import Slice
    from ingest.library import Library

_FIRST = 5


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the slices of its corpus' raw text that answer it."""

    text: str
    corpus: str
    references: tuple[tuple[int, int], ...]


def run(lengths: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Measure with passages of each length (word pieces), the usual one by default; one result a length."""
    corpora = {path.stem: path for path in sorted(material("chunking/corpora").glob("*.md"))}
    asked = questions(material("chunking/questions_df.csv"))
    return [_measured(corpora, asked, length) for length in lengths or [passages.LENGTH]]


def questions(path: Path) -> list[Question]:
    """Read the questions from their table."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Question(
                row["question"],
                row["corpus_id"],
                tuple((span["start_index"], span["end_index"]) for span in json.loads(row["references"])),
            )
            for row in csv.DictReader(lines)
        ]


def _measured(corpora: dict[str, Path], asked: Sequence[Question], length: int) -> dict[str, Any]:
    with _passages_of(length), tempfile.TemporaryDirectory() as home, open_store(Path(home)) as library:
        # They are plain texts whatever their suffix says: the offsets count what Markdown would drop.
        filled = fill(library, [(f"{name}.txt", path) for name, path in corpora.items()])
        texts = {entry.source.name: library.document(entry.source.id).text for entry in library.entries()}
        raw = {name: path.read_text(encoding="utf-8") for name, path in corpora.items()}
        mapped = {name: Places(raw[name], texts.get(f"{name}.txt", "")) for name in raw}
        relevant = [_relevant(question, mapped[question.corpus]) for question in asked]
        retrieved = [_retrieved(library, question.text) for question in asked]
    pairs = list(zip(relevant, retrieved, strict=True))
    recalls = [token_recall(*pair) for pair in pairs]
    return {
        "length": length,
        "passages": filled["passages"],
        "failed": filled["failed"],
        "questions": len(asked),
        "references": sum(len(slices) for slices in relevant),
        "unmapped": sum(not name for slices in relevant for name, _, _ in slices),
        "recall": spread(recalls),
        "precision": spread(token_precision(*pair) for pair in pairs),
        "iou": spread(token_iou(*pair) for pair in pairs),
        "recall_by_corpus": {name: spread(_of(name, asked, recalls))["mean"] for name in corpora},
    }


def _of(corpus: str, asked: Iterable[Question], values: Iterable[float]) -> list[float]:
    return [value for question, value in zip(asked, values, strict=True) if question.corpus == corpus]


@contextmanager
def _passages_of(length: int) -> Iterator[None]:
    usual = passages.LENGTH
    passages.LENGTH = length
    try:
        yield
    finally:
        passages.LENGTH = usual


class Places:
    """Where slices of a raw text stand in the text that a reader made of it: white space and nothing else differs.

    Where a reader left something out, the same characters are looked for, nearest to where they should be.
    """

    def __init__(self, raw: str, text: str) -> None:
        """Index the ink (all but white space) of both texts."""
        self._raw_ink_before = [0, *accumulate(not letter.isspace() for letter in raw)]
        self._raw = raw
        self._at = [at for at, letter in enumerate(text) if not letter.isspace()]
        self._ink = "".join(text[at] for at in self._at)

    def find(self, start: int, end: int) -> tuple[int, int] | None:
        """Return start and end in the reader's text of a slice of the raw text; None when it is not there."""
        wanted = "".join(self._raw[start:end].split())
        expected = self._raw_ink_before[start]
        places = list(_occurrences(wanted, self._ink)) if wanted else []
        if not places:
            return None
        near = bisect_left(places, expected)
        first = min(places[max(0, near - 1) : near + 1], key=lambda place: abs(place - expected))
        return self._at[first], self._at[first + len(wanted) - 1] + 1


def _occurrences(wanted: str, ink: str) -> Iterator[int]:
    at = ink.find(wanted)
    while at >= 0:
        yield at
        at = ink.find(wanted, at + 1)


def _relevant(question: Question, places: Places) -> list[Slice]:
    """Return the slices of our text that answer a question; one that is not in it is of no document, so is missed."""
    found = []
    for start, end in question.references:
        place = places.find(start, end)
        found.append(("", start, end) if place is None else (f"{question.corpus}.txt", *place))
    return found


def _retrieved(library: Library, question: str) -> list[Slice]:
    hits = retrieve(library, question, names_asked(question, library.names, library.catalog), _FIRST)
    return [(hit.document.name, hit.passage.start, hit.passage.end) for hit in hits]
