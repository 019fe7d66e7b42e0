"""What one process of the page works with: one open store, and the work that goes on behind the page."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

from app.conversations import Conversations
from app.dossier import Dossier, shipped
from app.incoming import Incoming, Lost, keep, left_over, sweep
from app.mark import Marker
from app.settings import read_settings
from ingest.errors import DossierError, NotFoundError
from ingest.read.clean import one_line
from ingest.records import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.records import Progress

# A note in the catalog: "begun" while what ships is being added, so that it is gone on with after an interruption,
# then "added", so that a brief that was removed does not come back.
_CORPUS = "corpus"
# Uploads wait here until they are read: many large ones do not fill the memory, and none is lost with the process.
_INCOMING = "incoming"
# How long a removal can be undone, in seconds.
UNDO_SECONDS = 8.0
_LONGEST_NAME = 200


@dataclass
class Work:
    """How far the work behind the page has come; written by its thread, read by the page."""

    step: str = ""
    done: int = 0
    total: int = 0
    failed: list[str] = field(default_factory=list)
    ready: bool = False

    @property
    def under_way(self) -> bool:
        """Tell whether there is something to wait for."""
        return bool(self.step)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was given to the page: how far its reading has come, and at its end what became of it.

    `done` and `total` count passages, 0 of 0 before it has been cut into them.
    """

    number: int
    name: str
    step: str = "waiting"
    done: int = 0
    total: int = 0
    receipts: tuple[Receipt, ...] = ()

    @property
    def finished(self) -> bool:
        """Tell whether it was read to its end, or failed."""
        return self.step == "finished"


class Desk:
    """The open store and its background work. Safe to use from every session of the page."""

    def __init__(self, dossier: Dossier) -> None:
        """Begin at once: load the model, add what ships if the store is new, then what is uploaded."""
        self.dossier = dossier
        self.conversations = Conversations(dossier.home)
        self.marker = Marker(dossier.home / "originals")
        self.work = Work(step="Loading the model")
        self._numbers = count()
        self._uploads: dict[int, Upload] = {}
        self._waiting: deque[tuple[int, Incoming]] = deque()
        self._arrived = threading.Condition(threading.RLock())
        self._removals: dict[str, threading.Timer] = {}
        self._removing = threading.RLock()
        self._stopping = threading.Event()
        self._deleting = threading.Event()
        self._forgetting = threading.Event()
        self._forgetting.set()  # what another process removed and did not overwrite
        self._incoming = dossier.home / _INCOMING
        for one in left_over(self._incoming):
            self._enter(one)
        self.thread = threading.Thread(target=self._labour, name="desk", daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Let the work come to the end of its file and carry out what was to be removed, then close the store."""
        with self._arrived:
            self._stopping.set()
            self._arrived.notify_all()
        self.thread.join()
        for document_id, timer in list(self._removals.items()):
            timer.cancel()
            self._remove(document_id)
        self._telling(self._forget_at_last)
        self.marker.close()
        self.dossier.close()

    # Uploads

    def upload(self, name: str, data: bytes, password: str | None = None) -> Upload:
        """Take a file to be added; `name` is a label, never a path. DossierError when the disk has no room for it."""
        label = one_line(name)[:_LONGEST_NAME] or "A file without a name"
        return self._enter(keep(self._incoming, label, data, password or None))

    def _enter(self, one: Incoming | Lost) -> Upload:
        """Put a file into the list of uploads, and into the queue unless it is lost."""
        with self._arrived:
            upload = Upload(next(self._numbers), one.name)
            if isinstance(one, Lost):
                receipt = Receipt(None, one.name, "failed", error=one.why)
                upload = replace(upload, step="finished", receipts=(receipt,))
            else:
                self._waiting.append((upload.number, one))
            self._uploads[upload.number] = upload
            self._arrived.notify_all()
        return upload

    def uploads(self) -> list[Upload]:
        """List what was uploaded since the start, the newest first."""
        with self._arrived:
            return list(reversed(self._uploads.values()))

    # Removing

    def remove(self, document_id: str, seconds: float = UNDO_SECONDS) -> None:
        """Remove a document for good after `seconds`, unless that is undone."""
        with self._removing:
            if document_id not in self._removals:
                timer = threading.Timer(seconds, self._remove, [document_id])
                timer.daemon = True
                self._removals[document_id] = timer
                timer.start()

    def delete_everything(self) -> None:
        """Remove all documents, delete all conversations and what waits, for good, after the file being read.

        What is added from now on stays.
        """
        for document_id in self.to_be_removed():
            self.undo(document_id)
        self.conversations.delete_all()
        with self._arrived:
            while self._waiting:
                number, incoming = self._waiting.popleft()
                del self._uploads[number]
                incoming.drop()
            self.work.step = "Deleting everything"
            self._deleting.set()
            self._arrived.notify_all()

    def undo(self, document_id: str) -> None:
        """Keep a document that was about to be removed, if it is still there."""
        with self._removing:
            timer = self._removals.pop(document_id, None)
            if timer is not None:
                timer.cancel()

    def to_be_removed(self) -> set[str]:
        """Return the ids of documents whose removal can still be undone."""
        return set(self._removals)

    def _remove(self, document_id: str) -> None:
        with self._removing:
            if self._removals.pop(document_id, None) is None:
                return
        self._telling(lambda: self.dossier.library.remove(document_id))
        self._will_forget()

    def _will_forget(self) -> None:
        with self._arrived:
            self._forgetting.set()
            self._arrived.notify_all()

    # The work

    def _labour(self) -> None:
        self._telling(self._prepare)
        while True:
            with self._arrived:
                while (task := self._task()) is None and not self._stopping.is_set():
                    self.work.step = ""
                    self._arrived.wait()
            if task is None or self._stopping.is_set():
                return
            self._telling(task)

    def _task(self) -> Callable[[], object] | None:
        """Return what is to be done next: what the reader waits for before what nobody sees."""
        if self._deleting.is_set():
            return self._remove_all
        if self._waiting:
            return self._take_in
        return self._forget if self._forgetting.is_set() else None

    def _forget(self) -> None:
        """Overwrite what was removed; where something else is to be done first, begin anew after it."""
        self._forgetting.clear()
        if self.dossier.library.catalog.due() is None:
            return
        self.work.step = "Overwriting what was removed"
        if not self.dossier.library.forget(lambda: bool(self._waiting) or self._ending()):
            self._forgetting.set()

    def _forget_at_last(self) -> None:
        if self.dossier.library.catalog.due() is not None:
            what = "overwriting what was removed; Ctrl-C leaves it to the next start"
            print(f"dossier: {what}", file=sys.stderr)  # noqa: T201 - it may take minutes
            self.dossier.library.forget()

    def _ending(self) -> bool:
        return self._stopping.is_set() or self._deleting.is_set()

    def _telling(self, task: Callable[[], object]) -> None:
        """Do a task of a thread of ours; what goes wrong is for the page to say."""
        try:
            task()
        except DossierError as error:
            self.work.failed.append(str(error))
        except Exception:  # noqa: BLE001 - a dead thread would show nothing
            self.work.failed.append("Something went wrong. The terminal tells what; try `dossier doctor`.")
            traceback.print_exc()

    def _prepare(self) -> None:
        self.work.step = "Loading the model"
        self.dossier.library.embedder.queries(["warm"])
        _ = self.dossier.library.neighbors.index
        self.work.ready = True
        with suppress(DossierError):  # the page says what is wrong with it
            _ = self.dossier.model
        self._add_corpus()

    def _add_corpus(self) -> None:
        catalog = self.dossier.library.catalog
        state = catalog.note(_CORPUS)
        if state == "added" or (state is None and catalog.entries()):
            return
        with catalog.transaction():
            catalog.set_note(_CORPUS, "begun")
        paths = shipped()
        self.work.total = len(paths)
        for receipt in self.dossier.add_paths(paths, self._tell):
            self.work.done += 1
            if receipt.status == "failed":
                self.work.failed.append(receipt.error or receipt.name)
            print(f"dossier: {receipt.status} {receipt.name}", file=sys.stderr)  # noqa: T201 - progress of `dossier chat`
            if self._stopping.is_set():
                return
            if self._deleting.is_set():
                break  # what was deleted does not come back
        with catalog.transaction():
            catalog.set_note(_CORPUS, "added")

    def _take_in(self) -> None:
        """Add what waits and has the password of the first, so that one child process reads it all."""
        with self._arrived:
            if not self._waiting:
                return
            password = self._waiting[0][1].password
        # Two at most: the store reads one while it embeds the one before.
        begun: deque[tuple[int, Incoming]] = deque()

        def files() -> Iterator[tuple[str, Callable[[], bytes]]]:
            while (following := self._next(password)) is not None:
                begun.append(following)
                yield following[1].name, following[1].begin

        def tell(progress: Progress) -> None:
            if progress.step == "finished":
                self._finish(*begun.popleft())
                return
            self.work.step = f"{progress.step.capitalize()} {progress.name}"
            self._note(begun[0][0], step=progress.step, done=progress.done, total=progress.total)

        try:
            for receipt in self.dossier.library.add_files(files(), tell, password):
                self._receive(begun[0][0], receipt)
        except Exception:
            for number, incoming in begun:
                error = "something went wrong; the terminal tells what. Add it again."
                self._receive(number, Receipt(None, "", "failed", error=error))
                self._finish(number, incoming)
            raise

    def _finish(self, number: int, incoming: Incoming) -> None:
        incoming.drop()
        self._note(number, step="finished")

    def _next(self, password: str | None) -> tuple[int, Incoming] | None:
        """Take the next file from the queue, if it has this password and nothing else is to be done first."""
        with self._arrived:
            if self._ending() or not self._waiting or self._waiting[0][1].password != password:
                return None
            number, incoming = self._waiting.popleft()
            self._note(number, step="reading")
            return number, incoming

    def _remove_all(self) -> None:
        self.work.step = "Deleting everything"
        with self._arrived:
            self._deleting.clear()
            self._uploads = {number: upload for number, upload in self._uploads.items() if not upload.finished}
            sweep(self._incoming, [incoming for _, incoming in self._waiting])
        with suppress(NotFoundError):  # one that was just removed by itself; then the others, once more
            self._remove_entries()
            return
        self._remove_entries()

    def _remove_entries(self) -> None:
        self.dossier.library.remove(*(entry.source.id for entry in self.dossier.library.entries()))
        self._forgetting.set()

    def _receive(self, number: int, receipt: Receipt) -> None:
        with self._arrived:
            if number in self._uploads:
                upload = self._uploads[number]
                named = (
                    receipt
                    if receipt.name
                    else replace(receipt, name=upload.name, error=f"{upload.name}: {receipt.error}")
                )
                self._uploads[number] = replace(upload, receipts=(*upload.receipts, named))

    def _note(self, number: int, **changes: object) -> None:
        with self._arrived:
            if number in self._uploads:
                self._uploads[number] = replace(self._uploads[number], **changes)  # type: ignore[arg-type]

    def _tell(self, progress: Progress) -> None:
        self.work.step = f"{progress.step.capitalize()} {progress.name}"


@lru_cache(maxsize=1)
def the_desk() -> Desk:
    """Return this process's desk, opened at first use from the environment; DossierError when that cannot be."""
    return Desk(Dossier(read_settings(os.environ)))
