"""Words of a question: which of them mean something, and the full-text query that they make."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ingest.firms import fold
from ingest.fulltext import searchable

# Words that carry no meaning of their own in a question.
EMPTY = frozenset(
    "a about according after all also am an and any are as at be been before being between both but by can could "
    "did do does doing during each for from further get give had has have having he her here hers him his how i "
    "if in into is it its itself just let like list many may me might more most much must my name no nor not of "
    "off on once only or other our out over own say says said same shall she should show so some such tell than "
    "that the their them then there these they this those through to too under until up us very was we were what "
    "when where which while who whom whose why will with would you your".split()
)


def content_words(text: str) -> list[str]:
    """Return the stems of the words of `text` that mean something."""
    words = [word for word in re.findall(r"\w+", fold(searchable(text))) if word not in EMPTY]
    return list(_stemmer().stemWords(words))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer  # noqa: PLC0415 - late

    return snowballstemmer.stemmer("english")


def phrase_query(term: str) -> str:
    """Return an FTS5 query for `term` as a phrase; empty when it holds no word."""
    inner = " ".join(re.findall(r"\w+", searchable(term)))
    return f'"{inner}"' if inner else ""
