"""Shows where a quote stands: the picture of a page of its stored original, with the quote marked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ingest.errors import DossierError
from ingest.read import ReadingProcess
from ingest.read.process import PageWanted

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.read.process import PageImage
    from ingest.records import Document

# Characters on either side of a quote that tell it from the same words elsewhere on the page.
_AROUND = 80
_WIDTH = 1400


class Marker:
    """Makes pictures of pages, in a child process that is kept. Safe to use from several threads."""

    def __init__(self, originals: Path) -> None:
        """Take the stored originals from a folder, each under its SHA-256."""
        self._originals = originals
        self._reading = ReadingProcess()
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the child process."""
        with self._lock:
            self._reading.close()

    def page(self, document: Document, page: int, start: int, end: int, password: str | None = None) -> PageImage:
        """Return a page (1-based) with what stands on it of the document's text from `start` to `end` marked.

        Nothing is marked where that cannot be placed with certainty. DossierError when the original is gone,
        LockedFileError when it needs a password.
        """
        source, shown = document.source, document.pages[page - 1]
        first, last = max(start, shown.start), min(end, shown.end)
        text = document.text
        wanted = PageWanted(page - 1, _WIDTH)
        if first < last:
            before = text[max(shown.start, first - _AROUND) : first]
            after = text[last : min(shown.end, last + _AROUND)]
            wanted = PageWanted(page - 1, _WIDTH, text[first:last], before, after)
        try:
            data = (self._originals / source.sha256).read_bytes()
        except OSError as error:
            raise DossierError(
                f"{source.name}: its stored original cannot be read ({error.strerror}). Add the file again to have it "
                "back; its text and quotes are still here."
            ) from error
        with self._lock:
            return self._reading.page_image(source.name, data, wanted, password)
