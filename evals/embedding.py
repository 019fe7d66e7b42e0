"""How fast texts are embedded, and whether the same are found: plainly, compiled, and compiled in 8 bits.

Plainly is Sentence Transformers in batches of 8, which is quicker than the reference's 32. Each is timed in turn, so
that all share what else goes on.
"""

from __future__ import annotations

import time
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from evals.stores import COMPILED, material, today
from ingest.embed import QUANTIZED_MODEL, Embedder
from ingest.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

PLAIN = "Sentence Transformers, fp32"
# About as many letters a text as a passage has.
_LETTERS = 670
_TEXTS, _TIMED, _ASKED, _ROUNDS, _MOST = 1_500, 300, 300, 3, 10


def run() -> dict[str, dict[str, Any]]:
    """Measure each; `same` is the share of a text's ten nearest that are those by the plain model's vectors."""
    texts = _texts()
    plain, ours, quantized = Embedder(), Embedder(compiled=COMPILED), Embedder(QUANTIZED_MODEL, compiled=COMPILED)
    embedders: dict[str, Callable[[Sequence[str]], NDArray[np.float32]]] = {
        PLAIN: plain.documents,
        ours.runs_in: ours.documents,
        quantized.runs_in: quantized.documents,
    }
    pieces = sum(plain.count(texts[:_TIMED]))
    taken: dict[str, list[float]] = {name: [] for name in embedders}
    for _ in range(_ROUNDS):
        for name, embed in embedders.items():
            began = time.perf_counter()
            embed(texts[:_TIMED])
            taken[name].append(time.perf_counter() - began)
    vectors = {name: embed(texts) for name, embed in embedders.items()}
    nearest = _nearest(vectors[PLAIN])
    return {
        name: {
            "measured": today(),
            "pieces_per_second": pieces / median(taken[name]),
            "cosine": float((found * vectors[PLAIN]).sum(axis=1).mean()),
            "same": float(np.mean([len(a & b) / _MOST for a, b in zip(_nearest(found), nearest, strict=True)])),
        }
        for name, found in vectors.items()
    }


def _nearest(vectors: NDArray[np.float32]) -> list[set[int]]:
    near = vectors[:_ASKED] @ vectors.T
    near[np.arange(_ASKED), np.arange(_ASKED)] = -1
    return [set(row) for row in np.argsort(-near, axis=1)[:, :_MOST].tolist()]


def _texts() -> list[str]:
    found = list(_runs())
    Random(1).shuffle(found)
    return found[:_TEXTS]


def _runs() -> Iterator[str]:
    """Yield runs of whole sentences of every source, about as long as a passage."""
    for path in sorted(material("chunking/corpora").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        start = 0
        for _, end in sentence_spans(text):
            if end - start >= _LETTERS:
                yield " ".join(text[start:end].split())
                start = end
