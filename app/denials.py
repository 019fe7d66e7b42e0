"""Denials stay with their claims: none is dropped after a quoted claim, none is quoted without what it denies."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from app.answers import Quote
from app.evidence import statements
from app.words import EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.answers import Hit
    from ingest.records import Sentence

    # Gives the passage before (-1) or after (1) another of the same document, None where there is none.
    Neighbour = Callable[[Hit, int], Hit | None]

# How a denial points at what it denies; else it names whom the claim names.
_POINTS_BACK = re.compile(r"^\(|^That\b|\b(?:it|this|such|these|those)\b", re.IGNORECASE)
# Such words point back at the start of a denial; later they may point within it.
_START = 80
# How many statements after a claim may hold its denial: by pointing back, and by who denies.
_NEAR, _FAR = 2, 6


def with_denials(quotes: Sequence[Quote], neighbour: Neighbour) -> tuple[tuple[Quote, ...], frozenset[int]]:
    """Put after each quoted claim the denial that follows it, and before each quoted denial what it denies.

    Return the quotes in their order, and the indexes of those that deny the one right before them.
    """
    return _Pairing(quotes, neighbour).paired()


class _Pairing:
    def __init__(self, quotes: Sequence[Quote], neighbour: Neighbour) -> None:
        self._quotes, self._neighbour = quotes, neighbour
        self._chosen = {_key(quote.hit, one): quote for quote in quotes for one in quote.sentences}
        self._done: set[tuple[str, int]] = set()
        self._found: list[Quote] = []
        self._denied: set[int] = set()

    def paired(self) -> tuple[tuple[Quote, ...], frozenset[int]]:
        for quote in self._quotes:
            if _key(quote.hit, quote.sentences[0]) in self._done:
                continue
            claim = next(self._beside(quote, -1), None) if denies(quote.sentences[0]) else None
            if claim is not None and _is_denied(claim, Quote(quote.hit, quote.sentences[:1])):
                self._take(claim)
                self._deny(claim, quote)
            else:
                self._take(quote)
            for distance, denial in enumerate(islice(self._beside(quote, 1), _FAR)):
                is_denied = _is_denied if distance < _NEAR else _denies_for_itself
                if denies(denial.sentences[0]) and is_denied(quote, denial):
                    self._deny(quote, denial)
        return tuple(self._found), frozenset(self._denied)

    def _beside(self, quote: Quote, step: int) -> Iterator[Quote]:
        """Yield the statements before (-1) or after (1) a quote, the nearest first, wherever the passage ends."""
        start, end = quote.sentences[0].start, quote.sentences[-1].end
        near = [one for one in statements(quote.hit) if (one.end <= start if step < 0 else one.start >= end)]
        yield from (Quote(quote.hit, (one,)) for one in near[::step])
        further = self._neighbour(quote.hit, step)
        if further is not None:
            yield from (Quote(further, (one,)) for one in statements(further)[::step])

    def _take(self, quote: Quote) -> None:
        """Add a quote, or the chosen one that holds it, unless it is there."""
        quote = self._chosen.get(_key(quote.hit, quote.sentences[0]), quote)
        if _key(quote.hit, quote.sentences[0]) not in self._done:
            self._done.update(_key(quote.hit, one) for one in quote.sentences)
            self._found.append(quote)

    def _deny(self, claim: Quote, denial: Quote) -> None:
        """Add a denial after its claim; it is marked as one only right after it, or after another of it."""
        before = len(self._found)
        last = self._found[-1] if before else None
        follows = last is not None and (last.sentences[-1] == claim.sentences[-1] or before - 1 in self._denied)
        self._take(denial)
        if follows and len(self._found) > before:
            self._denied.add(before)


def denies(sentence: Sentence) -> bool:
    """Tell whether a sentence denies something."""
    return "denies" in sentence.marks


def _is_denied(claim: Quote, denial: Quote) -> bool:
    """Tell whether a denial is one of the claim beside it: it points back, or names a firm that the claim names."""
    sentence, said = denial.sentences[0], claim.sentences[-1]
    own = _text(denial.hit, sentence)
    points_back = any(span.start == said.start for span in sentence.antecedents) or _POINTS_BACK.search(own[:_START])
    return bool(points_back) or bool(_named(claim.hit, said) & _named(denial.hit, sentence))


def _denies_for_itself(claim: Quote, denial: Quote) -> bool:
    """Tell whether who denies, whom a sentence names first, is one whom the claim names."""
    sentence = denial.sentences[0]
    first = next((one.firm for one in denial.hit.passage.firms if sentence.start <= one.start < sentence.end), None)
    if any(first in _named(claim.hit, one) for one in claim.sentences):
        return True
    # A name of one word that begins a sentence is not told from a word: the claim tells.
    word = re.match(r"\W*([A-Z]\w+)", _text(denial.hit, sentence))
    return word is not None and any(
        re.search(rf"\b{word[1]}\b", _text(claim.hit, one)) and word[1].casefold() not in EMPTY
        for one in claim.sentences
    )


def _text(hit: Hit, sentence: Sentence) -> str:
    return hit.text[sentence.start - hit.passage.start : sentence.end - hit.passage.start]


def _named(hit: Hit, sentence: Sentence) -> set[str]:
    return {one.firm for one in hit.passage.firms if sentence.start <= one.start < sentence.end}


def _key(hit: Hit, sentence: Sentence) -> tuple[str, int]:
    return hit.document.id, sentence.start
