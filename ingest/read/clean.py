"""Cleaning on the way in, so that every offset refers to text that can be shown and compared.

Characters that cannot be seen but can mislead (zero-width, bidirectional controls, tags, NUL, lone surrogates)
are removed and counted: https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.records import Block, BlockKind, Page

if TYPE_CHECKING:
    from collections.abc import Iterable

# C0/C1 controls but tab and line feed; soft hyphen; Mongolian vowel separator; zero-width and bidi controls; word
# joiner and invisible operators; variation selectors are kept (emoji), byte order mark and tags are not.
# ZWNJ (200C) and ZWJ (200D) are letters' joining in Persian and Indic scripts and are kept between such letters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
    "|(?<![\u0600-\u06ff\u0900-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u06ff\u0900-\u0dff])"
)
_SPACES = re.compile(r"[ \t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\r\n\x85\u2028\u2029]+")


def remove_invisible(text: str) -> tuple[str, int]:
    """Return `text` without invisible characters, and how many were removed."""
    return _INVISIBLE.subn("", text)


def fold_space(text: str) -> str:
    """Return `text` with each run of white space, line ends included, as one space, and none at the ends."""
    return _SPACES.sub(" ", text).strip()


def one_line(text: str) -> str:
    """Return `text` as a line that can be shown: no invisible characters, single spaces."""
    return fold_space(remove_invisible(text)[0])


@dataclass
class TextBuilder:
    """Joins blocks into a document's text and keeps where each of them stands.

    Blocks are cleaned (`remove_invisible`, `fold_space`); empty ones are dropped. Blocks are set apart by an empty
    line, rows of one table by a line end; the cells of a row by a tab.
    """

    blocks: list[Block] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    invisible_characters: int = 0
    _parts: list[str] = field(default_factory=list)
    _length: int = 0

    def add(
        self,
        text: str,
        kind: BlockKind = "paragraph",
        *,
        level: int = 0,
        quotation: int | None = None,
        ends_quotation: bool = False,
    ) -> Block | None:
        """Append a block of running text; return it, or None when nothing visible is left of it."""
        visible, removed = remove_invisible(text)
        self.invisible_characters += removed
        return self._append(fold_space(visible), kind, level, quotation, ends_quotation)

    def add_row(self, cells: Iterable[str], *, quotation: int | None = None) -> Block | None:
        """Append a table row; return it, or None when every cell is empty."""
        cleaned = [remove_invisible(cell) for cell in cells]
        self.invisible_characters += sum(removed for _, removed in cleaned)
        row = "\t".join(fold_space(cell) for cell, _ in cleaned).strip("\t")
        return self._append(row, "table_row", 0, quotation, ends_quotation=False)

    def end_page(self, label: str | None = None) -> None:
        """Close a page: everything since the previous call stands on it."""
        start = self.pages[-1].end if self.pages else 0
        self.pages.append(Page(start, self._length, label))

    @property
    def text(self) -> str:
        """The document's text so far."""
        return "".join(self._parts)

    def _append(
        self,
        text: str,
        kind: BlockKind,
        level: int,
        quotation: int | None,
        ends_quotation: bool,  # noqa: FBT001
    ) -> Block | None:
        if not text:
            return None
        if self._parts:
            within_table = kind == "table_row" and self.blocks[-1].kind == "table_row"
            separator = "\n" if within_table else "\n\n"
            self._parts.append(separator)
            self._length += len(separator)
        block = Block(self._length, self._length + len(text), kind, level, quotation, ends_quotation)
        self._parts.append(text)
        self._length = block.end
        self.blocks.append(block)
        return block
