"""Ranks passages by the words of a question: keeps the index of words in step with the catalog, or fills it anew.

What is said to stand nowhere is sought in the catalog's own full text, which changes in one transaction with it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ingest.errors import StoreError
from ingest.lexical import LexicalIndex
from ingest.owner import delete, put_in_place
from ingest.records import Filters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ingest.catalog import Catalog

# Passages whose words are written at a time.
_SLICE = 10_000
# How Tantivy says that a file which it would make is there.
_IN_THE_WAY = "FileAlreadyExists"


class Ranking:
    """The ranking by words of one store. Safe to use from several threads of one process."""

    def __init__(self, folder: Path, catalog: Catalog, note_mended: Callable[[str], None]) -> None:
        """Take the folder of the index, which is opened at first use, and whom to tell that it was filled anew."""
        self._folder = folder
        self._beside = folder.with_name(f"{folder.name}.new")
        self._catalog = catalog
        self._note_mended = note_mended
        self._index: LexicalIndex | None = None
        self._changing = threading.RLock()

    def best(self, terms: Sequence[str], most: int, filters: Filters) -> list[str]:
        """Return the ids of the best `most` passages that hold any of some words or phrases, best first."""
        within = None if filters == Filters() else self._catalog.passage_numbers(filters)
        try:
            found = (self._index or self.told()).best(terms, most, within)
        except StoreError as error:
            # Some damage shows only where it is read.
            self._fill_anew(str(error))
            found = self.told().best(terms, most, within)
        return self._catalog.ids_of(found)

    def told(self) -> LexicalIndex:
        """Return the index, told of everything that it had still to be told of."""
        with self._changing:
            if self._index is None:
                self._index = self._opened()
            if queued := self._catalog.queued_words():
                self._index = self._changed(self._index, queued)
                self._catalog.unqueue_words(queued)
            return self._index

    def check(self) -> None:
        """Fill the index anew if it does not hold as many passages as the catalog."""
        with self._changing:
            held, wanted = self.told().size, len(self._catalog.numbers())
            if held != wanted:
                self._fill_anew(f"held {held} of {wanted} passages")
                self.told()

    def renew(self, stopped: Callable[[], bool]) -> bool:
        """Fill another index beside and put it in the place of this one; False when `stopped` said so before the end.

        Words of what was removed stay in the files of the old one. Searches go on meanwhile.
        """
        self.sweep()
        try:
            numbers = self._fill(self._beside, stopped)
            if numbers is None:
                return False
            with self._changing:
                self._catalog.queue_words(set(numbers) ^ set(self._catalog.numbers()))
                self._index = None
                put_in_place(self._beside, self._folder)
                self.told()
        finally:
            self.sweep()
        return True

    def sweep(self) -> bool:
        """Delete an index that was not filled to the end; tell whether there was one."""
        is_there = self._beside.exists()
        if is_there:
            delete(self._beside)
        return is_there

    def _changed(self, index: LexicalIndex, numbers: Sequence[int]) -> LexicalIndex:
        """Return an index with passages as they are in the catalog now; filled anew where it cannot be changed."""
        try:
            index.change(numbers, self._catalog.words_of(numbers))
        except StoreError as error:
            # Tantivy does not write over what a process had written of a change when it died.
            if _IN_THE_WAY not in str(error):
                raise
            self._fill_anew(str(error))
            return self._opened()
        return index

    def _opened(self) -> LexicalIndex:
        if self._folder.exists():
            try:
                index = LexicalIndex(self._folder)
            except StoreError as error:
                self._fill_anew(str(error))
            else:
                # What is queued may be in it or not: a process may have died between the two.
                lacks = abs(index.size - len(self._catalog.numbers())) - len(self._catalog.queued_words())
                if lacks <= 0:
                    return index
                self._fill_anew(f"held {index.size} passages")
        queued = self._catalog.queued_words()
        self._fill(self._folder, lambda: False)
        self._catalog.unqueue_words(queued)
        return LexicalIndex(self._folder)

    def _fill(self, folder: Path, stopped: Callable[[], bool]) -> list[int] | None:
        """Fill an index in `folder` with what the catalog holds now; return the numbers of that, None when stopped."""
        numbers, index = self._catalog.numbers(), LexicalIndex(folder)
        for start in range(0, len(numbers), _SLICE):
            if stopped():
                return None
            index.change((), self._catalog.words_of(numbers[start : start + _SLICE]))
        return numbers

    def _fill_anew(self, why: str) -> None:
        """Delete the index, so that the next use fills it anew."""
        self._note_mended(f"index of words: {why}; filled anew")
        with self._changing:
            self._index = None
            if self._folder.exists():
                delete(self._folder)
