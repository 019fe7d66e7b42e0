"""How a store goes on as it grows: how long a search takes, what it finds of what exact search does, what adding costs.

A passage begins at every piece of text (see `evals.pieces`) and goes on over whole ones; its vector is that of the
first, so that all vectors are of real text. Each size is measured in a store and a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from bisect import bisect_right
from concurrent.futures import ProcessPoolExecutor
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import numpy as np

from app.names import names_asked
from app.retrieve import retrieve
from evals.pieces import DOCUMENT, HELD_OUT, pieces, source_texts
from evals.stores import COMPILED, open_store, peak_memory, today
from ingest.embed import Embedder
from ingest.records import Block, Document, Filters, Passage, Place, Sentence, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.library import Library

SIZES = (1_000, 10_000, 100_000)
_QUESTIONS = Path(__file__).with_name("others_questions.json")
_ASKED = 80
_WARMING = 5
# Letters: as many as a passage's 140 word pieces have in these texts.
_PASSAGE = 670
_PUBLISHERS = 10
_ONE_PUBLISHER = Filters(publisher="Publisher 0")
_MOST = 10


def run(home: Path, sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """Fill a store of each size, in passages, and measure it; TooFewError when there is too little for the largest."""
    held_out, kept = pieces(source_texts(), max(sizes))
    folder = home / "scale"
    folder.mkdir(parents=True, exist_ok=True)
    vectors = _vectors(folder, [*held_out, *kept])
    found = []
    for size in sorted(set(sizes)):
        # Spawned, so that the memory is not that of reading and embedding all texts.
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            found.append(process.submit(_measured, folder / "store", kept[:size], vectors).result())
    return found


def _vectors(folder: Path, texts: Sequence[str]) -> Path:
    """Return the file of the texts' vectors, which is kept from run to run for the same texts and embedder."""
    embedder = Embedder(compiled=COMPILED)
    key = hashlib.sha256("\0".join((embedder.fingerprint, *texts)).encode()).hexdigest()[:16]
    path = folder / f"{key}.npy"
    if not path.is_file():
        half = path.with_suffix(".half")
        with half.open("wb") as file:
            np.save(file, embedder.documents(texts))
        half.replace(path)
    return path


def _measured(home: Path, kept: Sequence[str], path: Path) -> dict[str, Any]:
    """Fill a new store and measure it: in this order, for memory does not count what exact search takes."""
    rows = np.load(path, mmap_mode="r")
    held_out, vectors = rows[:HELD_OUT], rows[HELD_OUT : HELD_OUT + len(kept)]
    if home.exists():
        shutil.rmtree(home)
    with open_store(home) as library:
        for start in range(0, len(kept), DOCUMENT):
            _put(library, kept[start : start + DOCUMENT], vectors[start : start + DOCUMENT], start // DOCUMENT)
        began = time.perf_counter()
        library.neighbors.told()
        vectors_told = time.perf_counter()
        library.ranking.told()
        filled = {"index filled": vectors_told - began, "index of words filled": time.perf_counter() - vectors_told}
    megabytes = sum(file.stat().st_size for file in home.rglob("*") if file.is_file()) / 1e6
    with open_store(home) as library:
        return {
            "passages": len(kept),
            "measured": today(),
            **filled,
            "megabytes": megabytes,
            "milliseconds": _searched(library, Filters()),
            "milliseconds, one publisher": _searched(library, _ONE_PUBLISHER),
            **_one_more(library),
            "memory": peak_memory(),
            "recall": _recall(library, vectors, held_out, None),
            "recall, one publisher": _recall(library, vectors, held_out, library.catalog.passage_ids(_ONE_PUBLISHER)),
        }


def _searched(library: Library, filters: Filters) -> tuple[float, float]:
    """Return the median and the 95th percentile of a search for a question, names and all, in milliseconds."""
    taken = []
    for question in [*_questions()[:_WARMING], *_questions()]:
        began = time.perf_counter()
        retrieve(library, question, names_asked(question, library.names, library.catalog), 20, filters)
        taken.append(1000 * (time.perf_counter() - began))
    cuts = quantiles(taken[_WARMING:], n=20)
    return cuts[9], cuts[18]


def _recall(
    library: Library, vectors: NDArray[np.float32], asked: NDArray[np.float32], within: list[str] | None
) -> float:
    """Return the share of the nearest by exact search that the index finds."""
    names = [_id(at) for at in range(len(vectors))]
    wanted = set(names if within is None else within)
    inside = np.array([at for at, name in enumerate(names) if name in wanted])
    most, hits = min(_MOST, len(inside)), 0
    for vector, near in zip(asked, asked @ vectors[inside].T, strict=True):
        exact = {names[at] for at in inside[np.argsort(-near)[:most]]}
        hits += len(exact & {key for key, _ in library.neighbors.nearest(vector, most, within)})
    return hits / (most * len(asked))


def _one_more(library: Library) -> dict[str, float]:
    """Return the seconds that one more document takes to be added, removed, and overwritten."""
    text = "\n\n".join(f"The port of Marrow Bay bought {number} gates from Quillon Optics." for number in range(40))
    began = time.perf_counter()
    (receipt,) = library.add("gates.txt", text.encode())
    added = time.perf_counter()
    library.remove(str(receipt.id))
    removed = time.perf_counter()
    library.forget()
    return {"adding": added - began, "removing": removed - added, "overwriting": time.perf_counter() - removed}


def _put(library: Library, kept: Sequence[str], vectors: NDArray[np.float32], number: int) -> None:
    """Put a document of some pieces straight into the catalog, with vectors that are there."""
    text = " ".join(kept)
    starts = list(accumulate((len(one) + 1 for one in kept[:-1]), initial=0))
    ends = [start + len(one) for start, one in zip(starts, kept, strict=True)]
    key = f"{number:016x}"
    source = Source(key, key, f"Report {number}", f"Publisher {number % _PUBLISHERS}", None, "2020-01-01", None, None,
                    "document", "en", f"{number:064x}")  # fmt: skip
    cut = [
        Passage(
            id=_id(number * DOCUMENT + at),
            document_id=key,
            ordinal=at,
            place=Place(start, ends[max(at, bisect_right(ends, start + _PASSAGE) - 1)], None, None, 1, None, None),
            sentences=(Sentence(start, ends[at]),),
        )
        for at, start in enumerate(starts)
    ]
    with library.catalog.transaction():
        library.catalog.put(Document(source, text, (Block(0, len(text)),)), None, library.embedder.fingerprint)
        texts = [text[one.start : one.end] for one in cut]
        library.catalog.put_passages(cut, texts, vectors, library.embedder.fingerprint)


def _id(at: int) -> str:
    return f"{at // DOCUMENT:016x}:{at % DOCUMENT}"


def _questions() -> list[str]:
    collections = json.loads(_QUESTIONS.read_text(encoding="utf-8")).values()
    return [one["question"] for collection in collections for one in collection["questions"]][:_ASKED]
