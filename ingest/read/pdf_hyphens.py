"""Joining the lines of a block: which hyphens at line ends belong to the word, as the document itself writes it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.read.pdf_lines import CJK

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from ingest.read.pdf_lines import Line

_WORD = re.compile(r"[^\W\d_]+(?:[-‐’'][^\W\d_]+)*")
_LAST_WORD = re.compile(r"[^\W\d_]+(?:[-‐’'][^\W\d_]+)*$")
_LINE_HYPHEN = re.compile(r"\S[-‐\xad]$")
_LINE_DASH = re.compile(r"\S[–—]$")
_ADDRESS = re.compile(r"(?:https?://|www\.|\S/)\S*$")
# No syllable ends in these before a syllable that is a word, and closed compounds with them are rare.
_HYPHENATING_PREFIXES = frozenset({"self", "non", "quasi", "ex"})
_VOWELS = frozenset("aeiou")


def whole_words(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the words of a page but for the halves of those divided at line ends."""
    divided = False
    for line in lines:
        found = _WORD.findall(line.text.casefold())
        if divided:
            del found[:1]
        divided = _is_divided(line)
        if divided:
            del found[-1:]
        yield from found


def _is_divided(line: Line) -> bool:
    return line.hyphenated or _LINE_HYPHEN.match(line.text[-2:]) is not None


def join_lines(lines: Sequence[Line], words: Counter[str]) -> str:
    """Return the text of a block; `words` counts the folded words of the whole document."""
    text = lines[0].text
    for last, line in pairwise(lines):
        text = _join(text, line.text, words, hyphenated=last.hyphenated)
    return f"{text}-" if lines[-1].hyphenated else text


def _join(before: str, after: str, words: Counter[str], *, hyphenated: bool) -> str:
    if hyphenated:
        return f"{before}{_hyphen(before, after, words)}{after}"
    if before.endswith("\xad"):
        return f"{before[:-1]}{after}"
    if _LINE_HYPHEN.match(before[-2:]):
        return f"{before[:-1]}{_hyphen(before[:-1], after, words)}{after}"
    closed_up = _LINE_DASH.match(before[-2:]) or before.endswith("://") or (CJK.match(before[-1]) and CJK.match(after))
    return f"{before}{after}" if closed_up else f"{before} {after}"


def _hyphen(before: str, after: str, words: Counter[str]) -> str:
    """Return the hyphen between two lines if it belongs to the word, else the empty string."""
    left, right = _LAST_WORD.search(before), _WORD.match(after)
    if left is None or right is None or _ADDRESS.search(before) or left.group().isupper() != right.group().isupper():
        return "-"
    if right.group()[0].isupper() and not right.group().isupper():
        return "-"
    head, tail = left.group().casefold(), right.group().casefold()
    closed, open_ = words[head + tail], words[f"{head}-{tail}"]
    if closed != open_:
        return "-" if open_ > closed else ""
    part = re.split("[-‐]", head)[-1]
    return "-" if _is_compound(part, tail, words, chained=part != head) else ""


def _is_compound(part: str, tail: str, words: Counter[str], *, chained: bool) -> bool:
    """Tell a compound from a divided word by its parts alone, where the whole stands nowhere else in the document."""
    if len(part) == 1 or part in _HYPHENATING_PREFIXES:
        return True
    # "re-education", "co-operate": a syllable rarely ends in the vowel that starts the next one.
    if len(part) <= 4 and part[-1] in _VOWELS and part[-1] == tail[0]:
        return True
    both_words = words[part] > 0 and words[tail] > 0
    return both_words and (chained or min(len(part), len(tail)) >= 4)
