"""Sentences as exact spans of a text: nupunkt's boundaries, mended where they are known to be wrong.

nupunkt (https://pypi.org/project/nupunkt/) is right on "U.S." and "Co., Ltd."; it knows no Chinese or Arabic stops,
cuts after "esp." and inside "[… T]he", and gives spans that hold the white space between sentences.
"""

from __future__ import annotations

import re

# A full-width stop, with the quotation marks and brackets that close after it; Arabic question mark and full stop.
# A stop before a whole sentence in parentheses, and one that the number of a footnote follows ("nationwide.26 The"),
# which nupunkt takes for a part of the one before.
_OTHER_STOPS = re.compile(
    r"[。！？｡]+[”’」』）】》]*|[؟۔]+[”»\")\]]*|[.!?][”’\"]?(?=\s\([A-Z][^()]*[.!?]\))|"
    r"(?<=[a-z]{2})[.!?][”’\")]?\d{1,3}(?=\s[“‘\"(\[]?[A-Z])|(?<=[a-z]{2}[”’)])\.\d{1,3}(?=\s[“‘\"(\[]?[A-Z])"
)
# Speech goes on after these: 。” 他说 is one sentence, as is a quotation followed by its verb.
_QUOTATION_GOES_ON = re.compile(r"[”」』]\s*(?:他|她|它|他们|她们)?(?:说|表示|称|道|指出|写道)")
_STARTS_LOWER = re.compile(r"[\s\"'“”‘’(\[…]*[a-zà-öø-ÿ]")
_ENDS_OPEN = re.compile(r"(?:^|[\s(])\[?(?:…|\.\.\.)\s*$|[\[(]\s*$")
_STARTS_CLOSING = re.compile(r"\s*\w?[\])]")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) of each sentence of `text`, stripped; together they hold all of its ink."""
    from nupunkt import sent_spans  # noqa: PLC0415 - late: models load with it

    spans: list[tuple[int, int]] = []
    for start, end in sent_spans(text):
        for piece in _split_at_other_stops(text, start, end):
            stripped = _strip(text, *piece)
            if stripped is None:
                continue
            if spans and _belongs_to_previous(text, spans[-1], stripped):
                spans[-1] = (spans[-1][0], stripped[1])
            else:
                spans.append(stripped)
    return spans


def _split_at_other_stops(text: str, start: int, end: int) -> list[tuple[int, int]]:
    pieces, begin = [], start
    for stop in _OTHER_STOPS.finditer(text, start, end):
        if _QUOTATION_GOES_ON.match(text, stop.end() - 1, end):
            continue
        pieces.append((begin, stop.end()))
        begin = stop.end()
    pieces.append((begin, end))
    return pieces


def _strip(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(inner)


def _belongs_to_previous(text: str, previous: tuple[int, int], current: tuple[int, int]) -> bool:
    """Tell a boundary that is none: a sentence does not start in lower case, nor with a lone closing bracket."""
    before, after = text[slice(*previous)], text[slice(*current)]
    if _ENDS_OPEN.search(before) or (_STARTS_CLOSING.match(after) and before.count("[") + before.count("(")):
        return True
    if _STARTS_LOWER.match(after):
        # "iPhone sales fell." starts a sentence in lower case: an inner capital tells a name from a word.
        first = after.split(None, 1)[0]
        return not any(letter.isupper() for letter in first) and not first.startswith(("http:", "https:", "www."))
    return False
