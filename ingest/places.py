"""Where a character of a document stands for a reader: its page and that page's label, or its paragraph."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.records import Document


@dataclass(frozen=True, slots=True)
class Place:
    """`page` is the 1-based index, `page_label` as printed, `paragraph` 1-based; None where there is no such thing."""

    page: int | None
    page_label: str | None
    paragraph: int | None


class Places:
    """The pages and paragraphs of one document, made ready for many look-ups."""

    def __init__(self, document: Document) -> None:
        """Index the starts of pages and of numbered blocks (all but headings)."""
        self._pages = document.pages
        self._page_starts = [page.start for page in document.pages]
        self._paragraph_starts = [block.start for block in document.blocks if block.kind != "heading"]

    def at(self, character: int) -> Place:
        """Return the place of the character with this index; paragraphs are not counted where there are pages."""
        if self._pages:
            # Pages without text start where the next one does; the last that starts here holds the character.
            index = max(0, bisect_right(self._page_starts, character) - 1)
            return Place(index + 1, self._pages[index].label, None)
        return Place(None, None, bisect_right(self._paragraph_starts, character) or None)
