"""Where a slice of a document stands for a reader: its page and that page's label, or its paragraph."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from ingest.records import Place

if TYPE_CHECKING:
    from ingest.records import Document, Voice


class Places:
    """The pages and paragraphs of one document, made ready for many look-ups."""

    def __init__(self, document: Document) -> None:
        """Index the starts of pages and of numbered blocks (all but headings)."""
        self._pages = document.pages
        self._page_starts = [page.start for page in document.pages]
        self._paragraph_starts = [block.start for block in document.blocks if block.kind != "heading"]

    def page_index(self, character: int) -> int | None:
        """Return the index (0-based) of the page on which a character stands; None where there are no pages."""
        if not self._pages:
            return None
        # Pages without text start where the next one does; the last that starts here holds the character.
        return max(0, bisect_right(self._page_starts, character) - 1)

    def of(self, start: int, end: int, voice: Voice | None) -> Place:
        """Return the place of a slice that `voice` says; paragraphs are not counted where there are pages."""
        index = self.page_index(start)
        return Place(
            start=start,
            end=end,
            page=None if index is None else index + 1,
            page_label=None if index is None else self._pages[index].label,
            paragraph=(bisect_right(self._paragraph_starts, start) or None) if index is None else None,
            speaker=voice.name if voice else None,
            via=voice.via if voice else None,
        )
