"""The lines of a PDF's pages, and what can be told of one or two of them.

Lengths are in points. `bottom` grows upwards, as in PDF; lines of right-to-left script are mirrored when measured, so
that `left` is always where reading starts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAME_TYPE = 0.12
_POOR_SHARE = 0.3

_STOPPED = re.compile(r"[.!?:;。！？；：؟۔][\"”’'»)\]」』]*\d{0,3}$")
# A stop, brackets and quotation marks after it, the number of a footnote.
_STOP_LENGTH = 8
CJK = re.compile(r"[\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
PAGE_NUMBER = re.compile(r"(?<![\d.,])\d{1,4}(?![\d.,])")
# No letters: replacement, private-use and control characters, and the glyph names that pypdf gives for want of letters.
NO_LETTERS = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0b\x0c\x0e-\x1f]|/[A-Za-z]+\d+(?=/|\s|$)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page: its text and box.

    `hyphenated`: a hyphen stood at its end and is not in `text`. `cell_gap`: the space before the numbers that end it.
    """

    text: str
    left: float
    right: float
    bottom: float
    height: float
    bold: bool = False
    hyphenated: bool = False
    cell_gap: float = 0.0

    @property
    def letter(self) -> float:
        """Width of an average letter."""
        return (self.right - self.left) / max(1, len(self.text))


@dataclass
class PagesText:
    """The lines of each page, and what was seen on the way.

    `lost` holds the pages that could not be opened or decoded, `silent` those where text is drawn and none found.
    """

    pages: list[list[Line]] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)
    silent: set[int] = field(default_factory=set)
    images: bool = False


def is_stopped(text: str) -> bool:
    """Tell text that ends as sentences do, footnote numbers aside."""
    return _STOPPED.search(text[-_STOP_LENGTH:]) is not None


def goes_on(last: Line, line: Line) -> bool:
    """Tell whether a sentence clearly continues from one line to the next."""
    return last.hyphenated or (not is_stopped(last.text) and line.text[0].islower())


def same_type(one: Line, other: Line) -> bool:
    """Tell lines in type of about one height."""
    return abs(one.height - other.height) <= _SAME_TYPE * max(one.height, other.height)


def is_poor(lines: Sequence[Line]) -> bool:
    """Tell text of which much is no letters at all."""
    ink = " ".join(line.text for line in lines)
    return sum(map(len, NO_LETTERS.findall(ink))) > _POOR_SHARE * len(ink)


def fold_title(text: str) -> str:
    """Return `text` as titles are compared: letters and digits only, no case."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
