"""Adds, removes, lists and finds documents: keeps catalog, index and originals together, and holds the owner's lock.

The order of writing makes every crash harmless: the original first (an orphan is swept at the next start), then the
catalog in one transaction (from here the document counts), then the index (its queue is in that transaction).
"""

from __future__ import annotations

import hashlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, TypeVar

from ingest.catalog import Catalog
from ingest.errors import DossierError, StoreError, UnreadableFileError
from ingest.identity import canonical_url, identified, located
from ingest.neighbors import Neighbors
from ingest.originals import Originals
from ingest.owner import disown, own, private_file
from ingest.passages import embedded_text, marked_anew, passages
from ingest.ranking import Ranking
from ingest.read import ReadingProcess
from ingest.records import Entry, Fetched, Passage, Progress, Receipt
from ingest.standing import comes_back, standing, twin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from ingest.embed import Embedder
    from ingest.firms import FirmNames
    from ingest.records import Document, ParsedDocument, Source

_T = TypeVar("_T")
# A note in the catalog: the list of names that its passages' firms were found by.
_FIRMS = "firms"


@dataclass(frozen=True, slots=True)
class Health:
    """What `Library.check` found: what it mended, and what it could not."""

    mended: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was fetched, and the documents read from it; None where it was here already.

    Where it was found is empty for a file of this machine.
    """

    name: str
    fetched: Fetched
    sha256: str
    parsed: list[ParsedDocument] | None


def _no_progress(_: Progress) -> None:
    """Nobody wants to know."""


class Library:
    """One store on disk. Owned by one process at a time; safe to use from several of its threads."""

    def __init__(
        self, home: Path, embedder: Embedder, names: FirmNames, publishers: Mapping[str, str] | None = None
    ) -> None:
        """Open the store in `home`, made if it is not there; StoreError when another process owns it."""
        self.home = home
        self.embedder = embedder
        self.names = names
        self._publishers = publishers or {}
        self._writing = threading.RLock()
        self._forgetting = threading.RLock()
        self._closing = threading.Event()
        self._mended: list[str] = []
        self._originals = Originals(home / "originals")
        self._lock = own(home)
        with ExitStack() as undone:
            undone.callback(disown, home, self._lock)
            self.catalog = Catalog(private_file(home / "catalog.sqlite3"))
            undone.callback(self.catalog.close)
            for said in (*self._originals.sweep(self.catalog.originals()), *self.catalog.unfinished()):
                self._note_mended(said)
            self._mark_firms()
            self.neighbors = Neighbors(home / "index", self.catalog, self._fingerprint, self._note_mended)
            self.ranking = Ranking(home / "words", self.catalog, self._note_mended)
            if self.neighbors.sweep() | self.ranking.sweep():
                self._note_mended("an index that was not filled to the end is deleted")
            undone.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and let another process have it; what is being overwritten then is at a later `forget`."""
        self._closing.set()
        with self._forgetting:
            self.neighbors.close()
            self.catalog.close()
            disown(self.home, self._lock)

    def _note_mended(self, what: str) -> None:
        logging.getLogger(__name__).warning("%s: mended: %s", self.home, what)
        self._mended.append(what)

    def require_embedder(self) -> None:
        """Raise a DossierError when the store's vectors came from another model than the one that is set."""
        others = [name for name in self.catalog.embedders() if name != self.embedder.fingerprint]
        if others:
            raise DossierError(
                f"{self.home} was embedded with {', '.join(others)}, but {self.embedder.fingerprint} is set. Set "
                "DOSSIER_EMBEDDER to the former, or run `dossier doctor --embed-anew` to change to the latter."
            )

    def _fingerprint(self) -> str:
        self.require_embedder()
        return self.embedder.fingerprint

    # Adding and removing

    def add_files(
        self,
        files: Iterable[tuple[str, Callable[[], bytes | Fetched]]],
        progress: Callable[[Progress], None] = _no_progress,
        password: str | None = None,
        reading: ReadingProcess | None = None,
    ) -> Iterator[Receipt]:
        """Add files, each a name and what fetches its bytes; yield a receipt a document, or a failed file.

        `password` opens those that are encrypted, and is not kept. `reading` reads them where the caller has one open.
        """
        opened = ReadingProcess() if reading is None else nullcontext(reading)
        with ThreadPoolExecutor(1, "reading") as ahead, opened as reader:

            def read(name: str, fetched: Fetched) -> list[ParsedDocument]:
                return reader.read(name, fetched.data, password, fetched.charset)

            given = ((name, ahead.submit(self._read, name, fetch, read)) for name, fetch in files)
            for name, file in _one_ahead(given):
                progress(Progress(name, "reading"))
                try:
                    yield from self._add(file.result(), lambda *what: ahead.submit(read, *what), progress)
                except (DossierError, OSError) as error:
                    reason = str(error) if isinstance(error, DossierError) else f"{name}: {error.strerror or error}"
                    yield Receipt(None, name, "failed", error=reason)
                progress(Progress(name, "finished"))

    def add(self, name: str, data: bytes, progress: Callable[[Progress], None] = _no_progress) -> list[Receipt]:
        """Add one file; a receipt a document in it, or one that says why it failed."""
        return list(self.add_files([(name, lambda: data)], progress))

    def _read(
        self,
        name: str,
        fetch: Callable[[], bytes | Fetched],
        read: Callable[[str, Fetched], list[ParsedDocument]],
    ) -> _File:
        """Fetch a file and read it, unless it is here already. In a thread of its own, while others are embedded."""
        self.require_embedder()
        given = fetch()
        fetched = given if isinstance(given, Fetched) else Fetched("", given)
        sha256 = hashlib.sha256(fetched.data).hexdigest()
        here = standing(self.catalog, sha256, name, fetched.url)
        return _File(name, fetched, sha256, None if here else read(name, fetched))

    def _add(
        self,
        file: _File,
        read: Callable[[str, Fetched], Future[list[ParsedDocument]]],
        progress: Callable[[Progress], None],
    ) -> Iterator[Receipt]:
        name, fetched, sha256 = file.name, file.fetched, file.sha256
        if self.catalog.by_original(sha256):
            with self._writing:
                self._originals.keep(sha256, fetched.data)  # it may have been lost (see `check`)
        if here := standing(self.catalog, sha256, name, fetched.url):
            yield from (self._of_standing(source, file) for source in here)
            return
        # One that was here when it was to be read may have been removed since.
        parsed = read(name, fetched).result() if file.parsed is None else file.parsed
        kept = 0
        for one in located(parsed, name, fetched.url):
            try:
                receipt = self._add_document(identified(one, name, sha256, self._publishers), fetched, progress)
            except UnreadableFileError as error:
                receipt = Receipt(None, name, "failed", error=str(error))
            kept += receipt.status not in ("duplicate", "failed")
            yield receipt
        if kept == len(parsed):
            self.catalog.complete_file(sha256, kept)

    def _of_standing(self, source: Source, file: _File) -> Receipt:
        if file.fetched.url and not source.url:
            return self.receipt("duplicate", source.id, file.name, duplicate_of=source.id)
        return self.receipt("unchanged", source.id, file.name)

    def _add_document(self, given: Document, fetched: Fetched, progress: Callable[[Progress], None]) -> Receipt:
        document, source = given, given.source
        if twin := twin_of(self.catalog, document):
            return self.receipt("duplicate", twin.id, source.name, duplicate_of=twin.id)
        canonical = canonical_url(source.url) if source.url else None
        live = bool(fetched.url) and source.modified is None
        known = self.catalog.has(source.id)
        if known and not self._is_newer(source):
            live = bool(fetched.url) and comes_back(self.catalog, source)
            if not live:
                return self.receipt("unchanged", source.id, source.name)
            # As it was told before: the records of answers that quote it still hold.
            document = self.catalog.document(source.id)
        cut, vectors = self._embedded(document, progress)
        fingerprint = self.embedder.fingerprint
        with self._writing:
            if document is given:
                self._originals.keep(source.sha256, fetched.data)
            with self.catalog.transaction():
                kept, replaces = self.catalog.put(document, canonical, fingerprint, live=live)
                if kept.status == "current":
                    texts = [document.text[passage.start : passage.end] for passage in cut]
                    self.catalog.put_passages(cut, texts, vectors, fingerprint)
            if known:
                # The text came before, in a file that no document names any more.
                self._originals.sweep(self.catalog.originals())
            self.neighbors.told()
            self.ranking.told()
        return self.receipt("updated" if replaces or known else "added", source.id, source.name, replaces=replaces)

    def _is_newer(self, source: Source) -> bool:
        """Tell whether a text that is here already comes again with a later date of change, or with a correction."""
        known = self.catalog.source(source.id)
        if (source.modified or "") != (known.modified or ""):
            return (source.modified or "") > (known.modified or "")
        told = ("title", "publisher", "author", "published")
        # Of the same file only: two files that tell different things of one text would replace each other for ever.
        return source.name == known.name and any(
            getattr(source, what) not in (None, getattr(known, what)) for what in told
        )

    def _embedded(
        self, document: Document, progress: Callable[[Progress], None]
    ) -> tuple[list[Passage], NDArray[np.float32]]:
        name = document.source.name
        cut = passages(document, self.names, self.embedder.count, self.embedder.window)
        if not cut:
            raise UnreadableFileError(f"{name}: no sentence found in it, only headings. There is nothing to quote.")
        texts = [embedded_text(passage, document.text) for passage in cut]
        progress(Progress(name, "embedding", 0, len(cut)))
        vectors = self.embedder.documents(texts, lambda done: progress(Progress(name, "embedding", done, len(cut))))
        return cut, vectors

    def remove(self, *document_ids: str) -> list[str]:
        """Remove documents with all their versions, text, vectors and originals; return the ids removed.

        Nothing finds them any more. In files of the store something may be left of them until `forget`.
        """
        self.require_embedder()
        with self._writing:
            with self.catalog.transaction():
                removed = [key for document_id in document_ids for key in self.catalog.remove(document_id)]
            self._originals.sweep(self.catalog.originals())
            self.neighbors.told()
            self.ranking.told()
        return removed

    def forget(self, stopped: Callable[[], bool] = bool) -> bool:
        """Overwrite whatever is left in files of what was removed; False when `stopped`, or closed, before the end.

        The indexes are filled anew beside the old ones, so that questions are answered meanwhile.
        """

        def ending() -> bool:
            return self._closing.is_set() or stopped()

        with self._forgetting:
            while due := self.catalog.due():
                if not (self.neighbors.renew(ending) and self.ranking.renew(ending)):
                    return False
                self.catalog.forget(due)
        return True

    # Finding

    def entries(self) -> list[Entry]:
        """List the current documents in the order of their arrival."""
        return self.catalog.entries()

    def document(self, document_id: str) -> Document:
        """Return a document, of whatever version, with its text."""
        return self.catalog.document(document_id)

    # Mending

    def check(self) -> Health:
        """Compare catalog, index and originals; mend what can be mended without embedding anew."""
        problems = self.catalog.check()
        with self._writing:
            self.neighbors.check()
            self.ranking.check()
        problems += self._overwritten()
        problems += self._originals.problems(self.catalog.originals())
        mended, self._mended = tuple(self._mended), []
        return Health(mended, tuple(problems))

    def embed_anew(self, progress: Callable[[Progress], None] = _no_progress) -> int:
        """Cut and embed every document that another model embedded; return how many. Goes on where it was stopped."""
        others = self.catalog.embedded_by_another(self.embedder.fingerprint)
        for key in others:
            document = self.catalog.document(key)
            cut, vectors = self._embedded(document, progress)
            texts = [document.text[passage.start : passage.end] for passage in cut]
            with self._writing, self.catalog.transaction():
                self.catalog.put_passages(cut, texts, vectors, self.embedder.fingerprint)
        return len(others)

    def _overwritten(self) -> list[str]:
        if self.catalog.due() is None:
            return []
        try:
            self.forget()
        except StoreError as error:
            return [str(error)]
        self._note_mended("what was removed is overwritten")
        return []

    def _mark_firms(self) -> None:
        """Find the firms of every passage anew if the list of names is another than the one it was cut with."""
        if self.catalog.note(_FIRMS) == self.names.fingerprint:
            return
        with self._writing, self.catalog.transaction():
            for entry in self.catalog.entries():
                text = self.catalog.document(entry.source.id).text
                cut = self.catalog.passages_of(entry.source.id)
                self.catalog.put_mentions(marked_anew(passage, text, self.names) for passage in cut)
            self.catalog.set_note(_FIRMS, self.names.fingerprint)

    def receipt(
        self,
        status: Literal["added", "unchanged", "updated", "duplicate"],
        document_id: str,
        name: str,
        *,
        duplicate_of: str | None = None,
        replaces: str | None = None,
    ) -> Receipt:
        """Say what became of a file whose document is here."""
        document = self.catalog.document(document_id)
        return Receipt(
            id=document_id,
            name=name,
            status=status,
            duplicate_of=duplicate_of,
            replaces=replaces,
            superseded_by=self.catalog.superseded_by(document_id),
            passages=len(self.catalog.passages_of(document_id)),
            pages=len(document.pages),
            pages_without_text=document.left_out.get("pages_without_text", 0),
        )


def _one_ahead(given: Iterable[_T]) -> Iterator[_T]:
    """Yield what is given, each when the one after it has been taken."""
    waiting: list[_T] = []
    for one in given:
        if waiting:
            yield waiting.pop()
        waiting.append(one)
    yield from waiting
