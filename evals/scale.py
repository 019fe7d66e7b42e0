"""How a store goes on as it grows: how long a search takes, what it finds of what exact search does, what adding costs.

Passages are four sentences of real texts each, beginning at every sentence; the vector of a passage is that of its
first one, so that all vectors are of real sentences.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import numpy as np

from app.names import names_asked
from app.retrieve import retrieve
from evals.stores import material, open_store, today
from ingest.read import ReadingProcess
from ingest.records import Block, Document, Filters, Passage, Place, Sentence, Source
from ingest.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ingest.library import Library

SIZES = (1_000, 10_000, 100_000)
_QUESTIONS = Path(__file__).with_name("others_questions.json")
_ASKED = 80
# Sentences that are searched for and are in no store.
_HELD_OUT = 200
_DOCUMENT = 200
_SENTENCES = 4
_LETTERS = range(40, 240)
_PUBLISHERS = 10
_MOST = 10


def run(home: Path, sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """Grow a store through some sizes, in passages, and measure it at each."""
    sentences = _sentences(max(sizes) + _HELD_OUT)
    with open_store(home / "scale") as library:
        vectors = library.embedder.documents(sentences)
    held_out, kept, vectors = vectors[:_HELD_OUT], sentences[_HELD_OUT:], vectors[_HELD_OUT:]
    found, size = [], 0
    for wanted in (one for one in sorted(sizes) if one <= len(kept)):
        with open_store(home / "scale") as library:
            for start in range(size, wanted, _DOCUMENT):
                _put(library, kept[start : start + _DOCUMENT], vectors[start : start + _DOCUMENT], start // _DOCUMENT)
        size = wanted
        began = time.perf_counter()
        with open_store(home / "scale") as library:
            _ = library.neighbors.index  # told of all that is new
            filled = time.perf_counter() - began
            found.append({"passages": size, "index filled": filled, **_measured(library, vectors[:size], held_out)})
    return found


def _measured(library: Library, vectors: NDArray[np.float32], held_out: NDArray[np.float32]) -> dict[str, Any]:
    some = Filters(publisher="Publisher 3")
    ids = library.catalog.passage_ids(Filters())
    within = library.catalog.passage_ids(some)
    of_id = {key: number for number, key in enumerate(_ids(len(vectors)))}
    inside = np.array([of_id[key] for key in within])
    return {
        "measured": today(),
        "milliseconds": _searched(library, Filters()),
        "milliseconds, one publisher": _searched(library, some),
        "recall": _recall(library, vectors, held_out, np.arange(len(ids)), None),
        "recall, one publisher": _recall(library, vectors, held_out, inside, within),
        **_one_more(library),
    }


def _searched(library: Library, filters: Filters) -> tuple[float, float]:
    """Return the median and the 95th percentile of a search for a question, names and all, in milliseconds."""
    taken = []
    for question in [*_questions()[:5], *_questions()]:
        began = time.perf_counter()
        retrieve(library, question, names_asked(question, library.names, library.catalog), 20, filters)
        taken.append(1000 * (time.perf_counter() - began))
    cuts = quantiles(taken[5:], n=20)
    return cuts[9], cuts[18]


def _recall(
    library: Library,
    vectors: NDArray[np.float32],
    asked: NDArray[np.float32],
    inside: NDArray[np.int64],
    within: list[str] | None,
) -> float:
    """Return the share of the nearest by exact search that the index finds."""
    names, hits = _ids(len(vectors)), 0
    for vector in asked:
        exact = inside[np.argsort(-(vectors[inside] @ vector))[:_MOST]]
        hits += len({names[at] for at in exact} & {key for key, _ in library.neighbors.nearest(vector, _MOST, within)})
    return hits / (_MOST * len(asked))


def _one_more(library: Library) -> dict[str, float]:
    """Return the seconds that one more document takes to be added, and to be removed again."""
    text = "\n\n".join(f"The port of Marrow Bay bought {number} gates from Quillon Optics." for number in range(40))
    began = time.perf_counter()
    (receipt,) = library.add("gates.txt", text.encode())
    added = time.perf_counter()
    library.remove(str(receipt.id))
    return {"adding": added - began, "removing": time.perf_counter() - added}


def _put(library: Library, sentences: Sequence[str], vectors: NDArray[np.float32], number: int) -> None:
    """Put a document of some sentences straight into the catalog, with vectors that are there."""
    text = " ".join(sentences)
    ends = np.cumsum([len(one) + 1 for one in sentences])
    starts = [0, *(int(end) for end in ends[:-1])]
    key = f"{number:016x}"
    source = Source(key, key, f"Report {number}", f"Publisher {number % _PUBLISHERS}", None, "2020-01-01", None, None,
                    "document", "en", f"{number:064x}")  # fmt: skip
    cut = [
        Passage(
            id=f"{key}:{at}",
            document_id=key,
            ordinal=at,
            place=Place(start, int(ends[min(at + _SENTENCES, len(sentences)) - 1]) - 1, None, None, 1, None, None),
            sentences=(Sentence(start, start + len(sentences[at])),),
        )
        for at, start in enumerate(starts)
    ]
    with library.catalog.transaction():
        library.catalog.put(Document(source, text, (Block(0, len(text)),)), None, library.embedder.fingerprint)
        texts = [text[one.start : one.end] for one in cut]
        library.catalog.put_passages(cut, texts, vectors, library.embedder.fingerprint)


def _ids(count: int) -> list[str]:
    return [f"{at // _DOCUMENT:016x}:{at % _DOCUMENT}" for at in range(count)]


def _questions() -> list[str]:
    collections = json.loads(_QUESTIONS.read_text(encoding="utf-8")).values()
    return [one["question"] for collection in collections for one in collection["questions"]][:_ASKED]


def _sentences(most: int) -> list[str]:
    """Return distinct sentences of texts and reports, neither very short nor very long."""
    found: dict[str, None] = {}
    for text in _texts():
        for start, end in sentence_spans(text):
            if end - start in _LETTERS:
                found[" ".join(text[start:end].split())] = None
        if len(found) >= most:
            break
    return list(found)[:most]


def _texts() -> Iterator[str]:
    for path in sorted(material("chunking/corpora").glob("*.md")):
        yield path.read_text(encoding="utf-8")
    with ReadingProcess() as reading:
        for path in sorted(material("financebench/pdfs").glob("*.pdf")):
            yield from (one.text for one in reading.read(path.name, path.read_bytes()))
