"""Words of a question: which of them mean something, and the full-text query that they make."""

from __future__ import annotations

import re
from functools import lru_cache
from math import log
from typing import TYPE_CHECKING, Any

from ingest.firms import fold
from ingest.fulltext import searchable

if TYPE_CHECKING:
    from collections.abc import Mapping

# Words that carry no meaning of their own in a question.
EMPTY = frozenset(
    "a about according after all also am an and any are as at be been before being between both but by can could "
    "did do does doing during each for from further get give had has have having he her here hers him his how i "
    "if in into is it its itself just let like list many may me might more most much must my name no nor not of "
    "off on once only or other our out over own say says said same shall she should show so some such tell than "
    "that the their them then there these they this those through to too under until up us very was we were what "
    "when where which while who whom whose why will with would you your".split()
)


# Forms of common verbs that no stem joins: "sold" answers who sells.
_IRREGULAR = {
    form: verb
    for verb, forms in {
        "begin": "began begun",
        "break": "broke broken",
        "bring": "brought",
        "build": "built",
        "buy": "bought",
        "catch": "caught",
        "choose": "chose chosen",
        "deal": "dealt",
        "draw": "drew drawn",
        "drive": "drove driven",
        "fall": "fell fallen",
        "fight": "fought",
        "find": "found",
        "flee": "fled",
        "forbid": "forbade forbidden",
        "give": "gave given",
        "go": "went gone",
        "grow": "grew grown",
        "hide": "hid hidden",
        "hold": "held",
        "keep": "kept",
        "know": "knew known",
        "lead": "led",
        "leave": "left",
        "lend": "lent",
        "lose": "lost",
        "make": "made",
        "mean": "meant",
        "meet": "met",
        "pay": "paid",
        "rise": "rose risen",
        "run": "ran",
        "see": "saw seen",
        "seek": "sought",
        "sell": "sold",
        "send": "sent",
        "speak": "spoke spoken",
        "spend": "spent",
        "steal": "stole stolen",
        "take": "took taken",
        "teach": "taught",
        "think": "thought",
        "win": "won",
        "withdraw": "withdrew withdrawn",
        "write": "wrote written",
    }.items()
    for form in forms.split()
}


# Irregular forms of common verbs, such as "sold".
IRREGULAR_FORMS = frozenset(_IRREGULAR)


def content_words(text: str) -> list[str]:
    """Return the stems of the words of `text` that mean something."""
    return [_stem(_IRREGULAR.get(word, word)) for word in _words(text)]


def other_forms(word: str) -> tuple[str, ...]:
    """Return the irregular forms of a verb, or the verb of one: what the stems of a full-text index do not join."""
    verb = _IRREGULAR.get(word, word)
    forms = [verb, *(form for form, of in _IRREGULAR.items() if of == verb)]
    return tuple(form for form in forms if form != word) if len(forms) > 1 else ()


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", fold(searchable(text))) if word not in EMPTY]


def weighed_words(text: str) -> dict[str, float]:
    """Return the stems of the words of `text` that mean something, each with its weight: 0 common, 1 rare."""
    found: dict[str, float] = {}
    for word in (_IRREGULAR.get(word, word) for word in _words(text)):
        found[_stem(word)] = max(found.get(_stem(word), 0.0), rarity(word))
    return found


def share_of(wanted: Mapping[str, float], text: str) -> float:
    """Return the share of the weight of `wanted` (stems with weights) whose words stand in `text`."""
    whole = sum(wanted.values())
    if not whole:
        return 0.0
    there = set(content_words(text))
    return sum(weight for stem, weight in wanted.items() if stem in there) / whole


def rarity(word: str) -> float:
    """Return how rare a folded word is in English, from 0 to 1; what no vocabulary of common words holds is rare.

    A collection's own counts would not do: in a small one every word is rare, and they do not carry over to another.
    """
    rank = _ranks().get(word)
    return 1.0 if rank is None else float(log(rank + 1) / log(len(_ranks()) + 1)) ** 2


@lru_cache(maxsize=1)
def _ranks() -> dict[str, int]:
    """Return words by how common they are, the most common first, from 0: BERT's vocabulary is in that order."""
    from ingest.embed import vocabulary  # noqa: PLC0415 - late

    words = [word for word in vocabulary() if word[0].isalnum() and (len(word) > 1 or word in ("a", "i"))]
    return {word: rank for rank, word in enumerate(words)}


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer  # noqa: PLC0415 - late

    return snowballstemmer.stemmer("english")


def phrase_query(term: str) -> str:
    """Return an FTS5 query for `term` as a phrase; empty when it holds no word."""
    inner = " ".join(re.findall(r"\w+", searchable(term)))
    return f'"{inner}"' if inner else ""
