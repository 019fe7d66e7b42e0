"""Vectors made of words alone: a tortured store need not wait for a model, and what it embeds is counted."""

from __future__ import annotations

import re
import zlib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from evals.stores import COMPILED
from ingest.embed import Embedder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ingest.library import Library

_DIMENSION = 384


class Counting(Embedder):
    """Counts word pieces as the packaged model does, and makes vectors that are near where texts share words."""

    def __init__(self) -> None:
        """Begin with nothing embedded."""
        super().__init__(compiled=COMPILED)
        self.embedded = 0

    def documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:  # noqa: ARG002
        """Return unit vectors, and count the texts."""
        self.embedded += len(texts)
        return self.queries(texts)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors."""
        made = np.vstack([_sum(re.findall(r"\w+", text.lower())) for text in texts])
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def _sum(words: Sequence[str]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = np.sum([_vector(word) for word in words or [""]], axis=0)
    return total


@cache
def _vector(word: str) -> NDArray[np.float64]:
    return np.random.default_rng(zlib.crc32(word.encode())).normal(size=_DIMENSION)


def embedded(library: Library) -> int:
    """Return how many texts a store had to embed until now, as far as they are counted."""
    return library.embedder.embedded if isinstance(library.embedder, Counting) else 0
