"""Ranks passages by the words of a question: keeps the index of words in step with the catalog, or fills it anew."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ingest.errors import StoreError
from ingest.lexical import LexicalIndex
from ingest.owner import delete
from ingest.records import Filters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ingest.catalog import Catalog

# A note in the catalog: "stale" from a removal until the index has been filled anew.
_WORDS = "index of words"


class Ranking:
    """The ranking by words of one store. Safe to use from several threads."""

    def __init__(self, folder: Path, catalog: Catalog, note_mended: Callable[[str], None]) -> None:
        """Take the folder of the index, which is opened at first use, and whom to tell that it was filled anew."""
        self._folder = folder
        self._catalog = catalog
        self._note_mended = note_mended
        self._index: LexicalIndex | None = None
        self._changing = threading.RLock()

    def best(self, terms: Sequence[str], most: int, filters: Filters) -> list[str]:
        """Return the ids of the best `most` passages that hold any of some words or phrases, best first."""
        within = None if filters == Filters() else self._catalog.passage_numbers(filters)
        try:
            found = self.told().best(terms, most, within)
        except StoreError as error:
            # Some damage shows only where it is read.
            self._note_mended(f"index of words: {error}; filled anew")
            found = self.renew().best(terms, most, within)
        return self._catalog.ids_of(found)

    def told(self) -> LexicalIndex:
        """Return the index, told of everything that it had still to be told of."""
        with self._changing:
            index = self._index or self._opened()
            if queued := self._catalog.queued_words():
                there = list(self._catalog.words_of(queued))
                index.change(queued, there)
                self._catalog.unqueue_words(queued)
            self._index = index
            return index

    def must_renew(self) -> None:
        """Note, within the catalog's transaction that removes something, that the index has to be filled anew."""
        self._catalog.set_note(_WORDS, "stale")

    def check(self) -> None:
        """Fill the index anew if it does not hold as many passages as the catalog."""
        held, wanted = self.told().size, self._catalog.counts(Filters())[1]
        if held != wanted:
            self._note_mended(f"index of words: held {held} of {wanted} passages; filled anew")
            self.renew()

    def renew(self) -> LexicalIndex:
        """Fill a new index from the catalog and return it: what was removed from the old one stays in its files."""
        with self._changing:
            self._index = None
            if self._folder.exists():
                delete(self._folder)
            return self._filled()

    def _opened(self) -> LexicalIndex:
        if self._catalog.note(_WORDS) == "stale" and self._folder.exists():
            delete(self._folder)
        is_new = not self._folder.exists()
        try:
            index = LexicalIndex(self._folder)
            # What is queued may be in it or not: a process may have died between the two.
            queued = len(self._catalog.queued_words())
            lacks = abs(index.size - self._catalog.counts(Filters())[1]) - queued
            if lacks <= 0 and not is_new:
                return index
            why = f"holds {index.size} passages"
        except StoreError as error:
            why = str(error)
        if not is_new:
            delete(self._folder)
            self._note_mended(f"index of words: {why}; filled anew")
        return self._filled()

    def _filled(self) -> LexicalIndex:
        queued = self._catalog.queued_words()
        index = LexicalIndex(self._folder)
        index.change((), self._catalog.words_of(self._catalog.numbers()))
        self._catalog.unqueue_words(queued)
        with self._catalog.transaction():
            self._catalog.set_note(_WORDS, "whole")
        self._index = index
        return index
