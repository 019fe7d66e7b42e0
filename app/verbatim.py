"""Where a quotation stands in a text, word for word: the look of it may differ, never a digit, a word or a "not"."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ingest.passages import marks

# Marks of quotation, all alike, since a quotation within one changes its kind.
_QUOTES = dict.fromkeys(map(ord, "\"'“”„‟‘’‚‛«»‹›`´「」『』＂＇"), "'")
_HYPHENS = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), "")
_LIGATURES = {ord(letter): unicodedata.normalize("NFKD", letter) for letter in "ﬀﬁﬂﬃﬄﬅﬆ"}
_FOLDED = {**_QUOTES, **_HYPHENS, **_UNSEEN, **_LIGATURES, ord("…"): "..."}
_QUOTATION = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|«([^«»]+)»|„([^„“”]+)[“”]|「([^「」]+)」")
_ELISION = re.compile(r"\s*[\[(]?(?:…|\.\.\.|\. \. \.)[\])]?\s*")
# What turns a sentence round, and what else may not be left out of a quotation.
NEGATION = re.compile(
    r"\b(?:not|no|never|none|nor|neither|nobody|nothing|nowhere|cannot|unable|untrue|refus\w+|declin\w+|"
    r"fail(?:s|ed|ing)? to|stopp?(?:s|ed|ing)?|ceased?|end(?:s|ed|ing)|terminat\w+|discontinu\w+|halt(?:s|ed|ing)?|"
    r"lack(?:s|ed|ing)?|false(?:ly)?)\b|n[’']t\b|不|没|未|无|非",
    re.IGNORECASE,
)
_LIMITS = re.compile(r"\b(?:without|except|unless|hardly|only|until)\b", re.IGNORECASE)
# What may end a quotation that the text goes on after.
_TAIL = " .,;:!?"
_FIRST_CJK = 0x2E80


def quotations(text: str) -> list[str]:
    """Return what stands within quotation marks in a text."""
    return [next(group for group in match.groups() if group) for match in _QUOTATION.finditer(text)]


def without_quotations(text: str) -> str:
    """Return a text without what stands within quotation marks."""
    return _QUOTATION.sub(" ", text)


def spans_of(quotation: str, text: str) -> tuple[tuple[int, int], ...]:
    """Return the slices of `text` that a quotation consists of, in order; none when it is not word for word.

    White space, quotation marks, hyphens and ligatures may differ, and a stop at its end. Parts joined by an ellipsis
    may leave out words, but none that turns the sentence round, and no end of a sentence.
    """
    folded, places = _folded(text)
    whole = _find(_trimmed(quotation), folded, 0)
    if whole is not None:
        return (_slice(whole, places),)
    found: list[tuple[int, int]] = []
    at = 0
    for part in _ELISION.split(quotation):
        wanted = _trimmed(part)
        if not wanted:
            continue
        span = _find(wanted, folded, at)
        if span is None or (found and _turns(folded[at : span[0]])):
            return ()
        found.append(span)
        at = span[1]
    return tuple(_slice(span, places) for span in found)


def is_verbatim(quotation: str, text: str) -> bool:
    """Tell whether a quotation stands in a text word for word."""
    return bool(spans_of(quotation, text))


def _turns(left_out: str) -> bool:
    return bool(
        NEGATION.search(left_out)
        or _LIMITS.search(left_out)
        or marks(left_out)
        or re.search(r"[.!?]['\")]*\s", left_out)
    )


def _trimmed(quotation: str) -> str:
    return " ".join(_folded(quotation)[0].split()).strip(_TAIL + "'")


def _find(wanted: str, folded: str, start: int) -> tuple[int, int] | None:
    """Return where a folded text stands in another from `start` on, at whole words and whole figures."""
    if not wanted:
        return None
    before = (r"(?<!\w)" if _is_of_word(wanted[0]) else "") + (r"(?<!\d[.,])" if wanted[0].isdigit() else "")
    after = (r"(?!\w)" if _is_of_word(wanted[-1]) else "") + (r"(?![.,]\d|\s?%)" if wanted[-1].isdigit() else "")
    match = re.compile(before + re.escape(wanted) + after).search(folded, start)
    return match.span() if match else None


def _is_of_word(letter: str) -> bool:
    """Tell a letter or digit of a script that puts spaces between words."""
    return letter.isalnum() and ord(letter) < _FIRST_CJK


@lru_cache(maxsize=64)
def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text with its looks made alike and, for each of its letters, where that stood."""
    letters: list[str] = []
    places: list[int] = []
    for at, letter in enumerate(text):
        made = " " if letter.isspace() else _FOLDED.get(ord(letter), letter)
        if made == " " and letters and letters[-1] == " ":
            continue
        letters.extend(made)
        places.extend([at] * len(made))
    places.append(len(text))
    return "".join(letters), places


def _slice(span: tuple[int, int], places: list[int]) -> tuple[int, int]:
    return places[span[0]], places[span[1] - 1] + 1
