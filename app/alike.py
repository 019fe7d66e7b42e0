"""Which words of a sentence mean what its source's mean, as the embedding model understands each in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ingest.embed import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.embed import Embedder

# Cosine of two words in their places by the default model. Of 133 words, each put in place of another in one of seven
# sentences, 44 had as much; 8 of them mean something else ("imports" for "exports", "dozens" for "thousands"), which
# `meanings` and `facts` keep apart: opposites have lines of their own, and strong words stand for none.
_LEAST = 0.55


class Alike(Protocol):
    """Finds, for words of a sentence, those of some words of a source that mean the same."""

    def __call__(self, sentence: str, words: Sequence[str], source: str, others: Collection[str]) -> dict[str, str]:
        """Return which of `others`, words of the source, some of `words`, words of the sentence, stand for."""


class WordsAlike:
    """Finds words that mean the same by the default embedding model; by another, whose limit is not known, none."""

    def __init__(self, embedder: Embedder) -> None:
        """Take the model of the store."""
        self._embedder = embedder
        self._known: dict[str, dict[str, NDArray[np.float32]]] = {}

    def __call__(self, sentence: str, words: Sequence[str], source: str, others: Collection[str]) -> dict[str, str]:
        """Return pairs, each word once, the most alike first. All words are folded."""
        if self._embedder.name != DEFAULT_MODEL:
            return {}
        here, there = self._vectors(sentence), self._vectors(source)
        pairs = [(word, other) for word in words if word in here for other in others if other in there]
        found: dict[str, str] = {}
        for cosine, word, other in sorted(((float(here[a] @ there[b]), a, b) for a, b in pairs), reverse=True):
            if cosine >= _LEAST and word not in found and other not in found.values():
                found[word] = other
        return found

    def _vectors(self, text: str) -> dict[str, NDArray[np.float32]]:
        """Return the vector of each folded word of a text where it stands first."""
        if text not in self._known:
            found: dict[str, NDArray[np.float32]] = {}
            for start, end, vector in self._embedder.words(text):
                found.setdefault(text[start:end].casefold(), vector)
            self._known[text] = found
        return self._known[text]
