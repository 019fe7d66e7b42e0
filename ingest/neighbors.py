"""Finds the passages nearest to a vector: keeps the vector index in step with the catalog, mends or refills it."""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from ingest.errors import StoreError
from ingest.index import Index
from ingest.owner import delete, put_in_place
from ingest.probe import files_of, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ingest.catalog import Catalog

# A note in the catalog: the files of the index as they were left.
_FILES = "index files"
# Passages that a suspect index is searched for.
_SEARCHED = 32
# Passages whose vectors are in memory while an index is filled.
_SLICE = 1_000


class Neighbors:
    """The nearest neighbours among one store's passages. Safe to use from several threads of one process."""

    def __init__(
        self, folder: Path, catalog: Catalog, fingerprint: Callable[[], str], note_mended: Callable[[str], None]
    ) -> None:
        """Take the folder of the index, which is opened at first use.

        `fingerprint` returns the embedder's, or raises a DossierError where the store was embedded by another one.
        """
        self._folder = folder
        self._beside = folder.with_name(f"{folder.name}.new")
        self._catalog = catalog
        self._fingerprint = fingerprint
        self._note_mended = note_mended
        self._index: Index | None = None
        # Taken in this order: for what changes the index, and for what must not find it closed.
        self._changing = threading.RLock()
        self._using = threading.RLock()

    @property
    def index(self) -> Index:
        """The index; opened, and told of everything that it had still to be told of, at first use."""
        return self._index or self.told()

    def nearest(
        self, vector: NDArray[np.float32], most: int, within: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Search the index (see `Index.nearest`)."""
        while True:
            _ = self.index  # opened before the second lock is taken: who opens it takes the first one
            with self._using:
                if self._index is not None:
                    return self._index.nearest(vector, most, within)

    def told(self) -> Index:
        """Return the index, told of everything that it has still to be told of."""
        with self._changing:
            if self._index is None:
                self._index = self._opened()
            index = self._index
            self._tell(index)
            return index

    def check(self) -> None:
        """Compare the index with the catalog, passage by passage, and mend it."""
        with self._changing:
            queued = len(self._catalog.queued()[0])
            index = self.told()
            if queued:  # it could not be told before
                self._note_mended(f"index: {queued} passages added")
            if self._queue_difference(index.ids()):
                self.told()

    def renew(self, stopped: Callable[[], bool]) -> bool:
        """Fill another index beside and put it in the place of this one; False when `stopped` said so before the end.

        Chroma keeps what was removed in its log and in its graph. Searches go on meanwhile.
        """
        self.sweep()
        try:
            filled = self._fill(stopped)
            if filled is None:
                return False
            with self._changing, self._using:
                self._queue_changes(*filled)
                self._close()
                put_in_place(self._beside, self._folder)
                self._note_files()
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

    def close(self) -> None:
        """Let go of the folder's files; the next use opens it again."""
        with self._changing, self._using:
            if self._close():
                with suppress(StoreError, OSError):
                    self._note_files()

    def _open(self, folder: Path) -> Index:
        fingerprint = self._fingerprint()
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{folder}: the folder of the vector index cannot be made ({error.strerror}). Make room or check the "
                "permissions of the folder that it is in, then do it again; nothing was lost."
            ) from error
        return Index(folder, fingerprint)

    def _opened(self) -> Index:
        fingerprint = self._fingerprint()
        if self._folder.exists() and self._catalog.note(_FILES) != files_of(self._folder):
            self._mend(fingerprint)
        index = self._open(self._folder)
        if index.is_new:
            self._catalog.queue_all()
        elif _unfilled(self._folder):
            # A first search has Chroma make the files of its graph anew; else it would at some later moment.
            for vector in self._catalog.vectors(self._catalog.ids_of(self._catalog.numbers()[:1]))[1]:
                index.nearest(vector, 1)
            _blank(self._folder)
        return index

    def _fill(self, stopped: Callable[[], bool]) -> tuple[list[int], set[str]] | None:
        """Fill the index beside with what the catalog holds now; return numbers and ids of that, None when stopped."""
        numbers, ids = self._catalog.numbers(), set[str]()
        with closing(self._open(self._beside)) as index:
            for start in range(0, len(numbers), _SLICE):
                if stopped():
                    return None
                some = self._catalog.ids_of(numbers[start : start + _SLICE])
                ids.update(some)
                self._put(index, some, lambda _: None)
        _blank(self._beside)
        return numbers, ids

    def _queue_changes(self, numbers: Iterable[int], ids: set[str]) -> None:
        """Queue what came, changed or went since the passages of these numbers and ids were put into an index."""
        came = self._catalog.ids_of(sorted({*self._catalog.numbers()}.difference(numbers)))
        self._catalog.queue(came, ids.difference(self._catalog.passage_ids()))

    def _close(self) -> bool:
        was_open = self._index is not None
        if self._index is not None:
            self._index.close()
            self._index = None
        return was_open

    def _note_files(self) -> None:
        with self._catalog.transaction():
            self._catalog.set_note(_FILES, files_of(self._folder))

    def _mend(self, fingerprint: str) -> None:
        """Try an index that was not left as it is now; queue what it lacks, or delete it where it is broken."""
        wanted, queued = self._catalog.passage_ids(), set(self._catalog.queued()[0])
        told = [key for key in wanted if key not in queued]
        some = dict(zip(*self._catalog.vectors(told[:: max(1, len(told) // _SEARCHED)]), strict=True))
        found = probe(self._folder, fingerprint, some, len(wanted))
        if found.broken:
            delete(self._folder)
            self._note_mended(f"index: {found.broken}; filled anew with {len(wanted)} passages, none embedded anew")
            return
        self._queue_difference(found.ids)

    def _queue_difference(self, held: AbstractSet[str]) -> bool:
        """Queue what an index lacks and has too much; tell whether there is any that was not queued before."""
        wanted, queued = set(self._catalog.passage_ids()), set(self._catalog.queued()[0])
        missing, surplus = wanted - held - queued, held - wanted
        if missing or surplus:
            self._catalog.queue(missing, surplus)
            self._note_mended(f"index: {len(missing)} passages added, {len(surplus)} removed")
        return bool(missing or surplus)

    def _tell(self, index: Index) -> None:
        to_index, to_unindex = self._catalog.queued()
        try:
            index.remove(to_unindex)
            self._catalog.unqueue((), to_unindex)
            self._put(index, to_index, lambda done: self._catalog.unqueue(done, ()))
            _blank(self._folder)
        except StoreError:
            # After a write that failed Chroma may never answer again: it is tried, and opened anew, at the next use.
            with self._using:
                self._close()
            raise

    def _put(self, index: Index, ids: Sequence[str], done: Callable[[Sequence[str]], None]) -> None:
        for start in range(0, len(ids), _SLICE):
            kept, vectors = self._catalog.vectors(ids[start : start + _SLICE])
            for some in index.put(kept, vectors):
                done(some)


def _unfilled(folder: Path) -> list[Path]:
    """Return the files of graphs that Chroma has made and not yet filled: it does at 1,000 passages, with one more."""
    graphs = [path for path in folder.glob("*/") if not (path / "index_metadata.pickle").exists()]
    return [path / name for path in graphs for name in ("data_level0.bin", "length.bin") if (path / name).exists()]


def _blank(folder: Path) -> None:
    """Blank the files of graphs that are not yet filled: Chroma makes them of memory that it never set.

    So they hold what this process had in memory, of removed documents, too:
    https://github.com/chroma-core/chroma/issues/7688
    """
    for path in _unfilled(folder):
        try:
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
        except OSError as error:
            raise StoreError(
                f"{path}: holds what was in memory, and cannot be overwritten ({error.strerror}). Check its "
                "permissions, then do it again; nothing was lost."
            ) from error
