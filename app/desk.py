"""What one process of the page works with: one open store, and the work that goes on behind the page."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from app.dossier import Dossier, shipped
from app.settings import read_settings

if TYPE_CHECKING:
    from ingest.library import Progress

# A note in the catalog: "begun" while what ships is being added, so that it is gone on with after an interruption,
# then "added", so that a brief that was removed does not come back.
_CORPUS = "corpus"


@dataclass
class Work:
    """How far the work behind the page has come; written by its thread, read by the page."""

    step: str = ""
    done: int = 0
    total: int = 0
    failed: list[str] = field(default_factory=list)

    @property
    def under_way(self) -> bool:
        """Tell whether there is something to wait for."""
        return bool(self.step)


class Desk:
    """The open store and its background work."""

    def __init__(self, dossier: Dossier) -> None:
        """Begin at once: add what ships if the store is new, and load the model."""
        self.dossier = dossier
        self._stopping = threading.Event()
        self.work = Work(step="Loading the model")
        self.thread = threading.Thread(target=self._prepare, name="prepare", daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Let the work come to the end of its file, then close the store."""
        self._stopping.set()
        self.thread.join()
        self.dossier.close()

    def _prepare(self) -> None:
        try:
            self._add_corpus()
            self.work.step = "Loading the model"
            self.dossier.library.embedder.queries(["warm"])
            self.dossier.library.index  # noqa: B018 - opened at first use
        except Exception:  # noqa: BLE001 - the page shows it; a dead thread would show nothing
            self.work.failed.append("The store could not be made ready. The terminal tells why; try `dossier doctor`.")
            traceback.print_exc()
        finally:
            self.work.step = ""

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
        with catalog.transaction():
            catalog.set_note(_CORPUS, "added")

    def _tell(self, progress: Progress) -> None:
        self.work.step = f"{progress.step.capitalize()} {progress.name}"


@lru_cache(maxsize=1)
def the_desk() -> Desk:
    """Return this process's desk, opened at first use from the environment; DossierError when that cannot be."""
    return Desk(Dossier(read_settings(os.environ)))
