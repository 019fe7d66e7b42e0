"""Question → hits: words and vectors searched side by side, fused by rank, firms and filters respected.

Reciprocal rank fusion: https://plg.uwaterloo.ca/~gvcormac/cormacksigir09-rrf.pdf
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.answers import Hit
from app.names import Name, as_printed, must_be_present
from app.words import EMPTY, other_forms, phrase_query
from ingest.fulltext import searchable
from ingest.records import Filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.library import Library

# How many of each ranking are fused, and how much a rank counts. Measured by `make eval` on development data: 10
# beats the paper's 60 on all texts of `chunking`.
_DEPTH = 100
_RANK_OFFSET = 10
# Ranks tie all the time (first by words, first by vectors): words count a little more.
_WORDS_WEIGHT = 1.25
# What a passage that names every firm asked for gains, in units of a first rank.
_FIRM_GAIN = 0.5
# The best documents by name, title and opening, and what their passages gain by the document's rank. Twice as much
# finds more pages of reports (development data), but lets one document crowd out what others say of the same firm.
_DOCUMENTS = 20
_DOCUMENT_GAIN = 2.0
# Passages that share this part of their runs of five words say the same.
_SAME = 0.8
_RUN = 5


def retrieve(
    library: Library, question: str, asked: Sequence[Name], most: int, filters: Filters | None = None
) -> list[Hit]:
    """Return the best `most` passages, best first, near-duplicates collapsed."""
    filters = filters or Filters()
    catalog = library.catalog
    within = None if filters == Filters() else catalog.passage_ids(filters)
    vector = library.embedder.queries([question])[0]
    by_vector = [key for key, _ in library.neighbors.nearest(vector, _DEPTH, within)]
    words = words_asked(question, asked)
    by_words = library.ranking.best(words, _DEPTH, filters)
    scores = _fused(((by_words, _WORDS_WEIGHT), (by_vector, 1.0)))
    documents = catalog.match_titles(any_of(words), _DOCUMENTS) if words else []
    # The catalog is the truth: what it does not know, or has superseded, is dropped here.
    found = catalog.passages(list(scores))
    for key, (passage, text) in found.items():
        scores[key] += _firm_gain(asked, f"{passage.context}\n{text}") + _document_gain(passage.document_id, documents)
    ranked = sorted(found, key=lambda key: (-scores[key], key))
    kept = _without_copies([(key, found[key][1]) for key in ranked], most)
    sources = {key: catalog.source(key) for key in {found[key][0].document_id for key in kept}}
    return [
        Hit(rank, round(scores[key], 6), found[key][0], found[key][1], sources[found[key][0].document_id])
        for rank, key in enumerate(kept, start=1)
    ]


def words_asked(question: str, asked: Iterable[Name]) -> list[str]:
    """Return what a passage may hold: the words of a question that mean something, and every form of its names."""
    words = [word for word in re.findall(r"\w+", searchable(question)) if word.casefold() not in EMPTY]
    words.extend(form for word in tuple(words) for form in other_forms(word.casefold()))
    # A year may be written with what it is the year of: FY2018.
    words.extend(year for word in words for year in re.findall(r"[^\W\d]((?:19|20)\d\d)$", word))
    phrases = [form for name in asked for form in name.forms]
    return [term for term in dict.fromkeys((*words, *phrases)) if re.search(r"\w", term)]


def any_of(terms: Iterable[str]) -> str:
    """Return an FTS5 query for what holds any of some words or phrases."""
    return " OR ".join(filter(None, map(phrase_query, terms)))


def _fused(rankings: Iterable[tuple[Sequence[str], float]]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for ranking, weight in rankings:
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0) + weight / (_RANK_OFFSET + rank)
    return scores


def _firm_gain(asked: Sequence[Name], text: str) -> float:
    needed = [name for name in asked if must_be_present(name)]
    if not needed:
        return 0
    named = sum(any(as_printed(form).search(text) for form in name.forms) for name in needed)
    return _FIRM_GAIN / _RANK_OFFSET * named / len(needed)


def _document_gain(document_id: str, documents: Sequence[str]) -> float:
    # A document that matches nothing comes right after the last that does, so that there is no cliff.
    rank = documents.index(document_id) if document_id in documents else len(documents)
    return _DOCUMENT_GAIN / (_RANK_OFFSET + rank + 1)


def _without_copies(ranked: Sequence[tuple[str, str]], most: int) -> list[str]:
    kept: list[tuple[str, set[tuple[str, ...]]]] = []
    for key, text in ranked:
        if len(kept) == most:
            break
        words = re.findall(r"\w+", text.casefold())
        runs = {tuple(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1))}
        if not any(len(runs & other) > _SAME * len(runs | other) for _, other in kept):
            kept.append((key, runs))
    return [key for key, _ in kept]
