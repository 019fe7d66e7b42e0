"""Distinct pieces of real text: sentences of every source that can be read, then pairs of neighbouring ones.

Some sentences are held out to be searched for. They are spread over the sources, and so are those of a small store.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from random import Random
from typing import TYPE_CHECKING

from app.dossier import shipped
from evals.stores import material, wordpress_posts
from ingest.errors import UnreadableFileError
from ingest.read import ReadingProcess
from ingest.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HELD_OUT = 200
# Pieces of a document; they stay neighbours when the documents are put in another order.
DOCUMENT = 200
_LETTERS = range(20, 601)
_SEED = 1
_PDFS = ("financebench/pdfs", "surveillance/pdfs", "pdf")


class TooFewError(Exception):
    """The texts hold fewer pieces than were asked for; the message says how many of each kind there are."""


def pieces(texts: Iterable[str], most: int) -> tuple[list[str], list[str]]:
    """Return the sentences that are held out, and `most` other pieces, none with a held-out sentence in it."""
    by_text = [_sentences(text) for text in texts]
    sentences = list(dict.fromkeys(filter(None, chain.from_iterable(by_text))))
    step = max(1, len(sentences) // HELD_OUT)
    held_out = sentences[Random(_SEED).randrange(step) :: step][:HELD_OUT]
    apart = set(held_out)
    singles = [one for one in sentences if one not in apart]
    pairs = _pairs(by_text, apart, set(singles))
    if len(singles) + len(pairs) < most:
        raise TooFewError(
            f"{most:,} passages were asked for. Besides {len(held_out)} sentences to search for, the sources hold "
            f"{len(singles):,} sentences and {len(pairs):,} pairs of neighbours, {len(singles) + len(pairs):,} in all"
        )
    return held_out, [*_mixed(singles), *_mixed(pairs)][:most]


def source_texts() -> Iterator[str]:
    """Read what ships and all of the evaluation material; what cannot be read is left out."""
    for path in sorted(material("chunking/corpora").glob("*.md")):
        yield path.read_text(encoding="utf-8")
    paths = [*shipped(), *(path for folder in _PDFS for path in sorted(material(folder).glob("*.pdf")))]
    files = chain(((path.name, path.read_bytes()) for path in paths), wordpress_posts())
    with ReadingProcess() as reading:
        for name, data in files:
            with suppress(UnreadableFileError):
                yield from (one.text for one in reading.read(name, data))


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text, with nothing in the place of one that is too short or too long."""
    found = (" ".join(text[start:end].split()) for start, end in sentence_spans(text))
    return [one if len(one) in _LETTERS else "" for one in found]


def _pairs(by_text: Iterable[Sequence[str]], apart: set[str], singles: set[str]) -> list[str]:
    neighbours = ((one, other) for text in by_text for one, other in zip(text[::2], text[1::2], strict=False))
    whole = (f"{one} {other}" for one, other in neighbours if one and other and not {one, other} & apart)
    return [pair for pair in dict.fromkeys(whole) if pair not in singles]


def _mixed(found: Sequence[str]) -> list[str]:
    documents = [found[start : start + DOCUMENT] for start in range(0, len(found), DOCUMENT)]
    Random(_SEED).shuffle(documents)
    return list(chain.from_iterable(documents))
