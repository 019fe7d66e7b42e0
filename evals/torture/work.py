"""What a child does: opens a store, looks it over, does deeds in it, and dies in one of them if it is told to."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

import ingest.library
from app.dossier import Dossier
from app.settings import Settings
from evals.stores import COMPILED
from evals.torture.audit import Audit, audit, originals
from evals.torture.children import FaultError
from evals.torture.steps import Tally
from ingest.embed import Embedder
from ingest.read import DEFAULT_LIMITS, formats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from evals.torture.steps import Crash
    from evals.torture.texts import Article, Deed, Ledger
    from ingest.records import ParsedDocument

Vectors = dict[str, "NDArray[np.float32]"]


class Remembering(Embedder):
    """The packaged model, which computes no vector that it was given or has computed before."""

    def __init__(self, known: Vectors) -> None:
        """Begin with known vectors of texts."""
        super().__init__(compiled=COMPILED)
        self.known = known
        self.learned: Vectors = {}

    def documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:  # noqa: ARG002
        """Return unit vectors, those that are known as they are known."""
        return self._recalled(texts)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors; the packaged model tells questions and documents not apart."""
        return self._recalled(texts)

    def _recalled(self, texts: Sequence[str]) -> NDArray[np.float32]:
        unknown = [text for text in texts if text not in self.known]
        if unknown:
            new = dict(zip(unknown, super().documents(unknown), strict=True))
            self.known.update(new)
            self.learned.update(new)
        return np.vstack([self.known[text] for text in texts])


class ReadingHere:
    """Reads in this process: that a child reads is tried elsewhere, and starting one takes a second."""

    def __enter__(self) -> Self:
        """Start nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing."""

    def read(
        self, name: str, data: bytes, password: str | None = None, charset: str | None = None
    ) -> list[ParsedDocument]:
        """Return the documents in a file."""
        return formats.read(data, name, DEFAULT_LIMITS, password, charset)


class Heard(logging.Handler):
    """What the product says that it mended."""

    def __init__(self) -> None:
        """Listen from now on."""
        super().__init__()
        self.mended: list[str] = []
        logging.getLogger("ingest").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what was mended."""
        before, found, what = record.getMessage().partition(": mended: ")
        if found and before:
            self.mended.append(what)


@dataclass(frozen=True)
class Task:
    """What a child is to do to the store in `home`, and where it dies."""

    home: Path
    ledger: Ledger
    deeds: Sequence[Deed] = ()
    crash: Crash | None = None
    known: Vectors = field(default_factory=dict)
    # Python that takes the place of the process that tries a suspect index.
    probe: str | None = None
    # Whether the store is looked over once it is open.
    look: bool = True


def torment(say: Callable[[Any], None], _: Callable[[], Any], task: Task) -> None:
    """Open a store, look it over and say what it is like; do deeds, each said before and after; close it."""
    tally = Tally(task.crash)
    with_probe(task.probe)
    say(("opening", None))
    tally.begin("open")
    dossier, seen = opened(task)
    tally.begin("")
    say(("audited", seen))
    for at, deed in enumerate(task.deeds):
        say(("begin", at))
        if deed.kind == "mend":
            spoil(dossier)
        tally.begin(deed.kind)
        do(dossier, deed)
        tally.begin("")
        say(("done", at))
    tally.begin("close")
    dossier.close()
    say(("closed", tally.counts))


def opened(task: Task) -> tuple[Dossier, Audit | None]:
    """Open a store as a first step after whatever happened to it, and look it over if that is wanted."""
    heard, embedder = Heard(), Remembering(task.known)
    _read_here()
    before = originals(task.home)
    dossier = Dossier(Settings(home=task.home, compiled=COMPILED))
    dossier.library.embedder = embedder
    swept, queued = before - originals(task.home), dossier.library.catalog.queued()
    _ = dossier.library.neighbors.index
    dossier.library.ranking.told()
    dossier.library.forget()
    mended = list(heard.mended)
    unsaid = []
    if swept and not any("original" in one for one in mended):
        unsaid.append(f"{len(swept)} originals were swept at the start, and nothing was said of it")
    if any(queued) and not any("index" in one for one in mended):
        unsaid.append(f"the index was told of {len(queued[0])} + {len(queued[1])} passages, and nothing was said of it")
    if not task.look:
        return dossier, None
    seen = audit(dossier, task.ledger, mended, unsaid)
    return dossier, seen._replace(learned=embedder.learned)


def do(dossier: Dossier, deed: Deed) -> None:
    """Do something to a store; FaultError when it says that it did not."""
    if deed.kind == "mend":
        if not dossier.library.check().mended:
            raise FaultError("a check did not see that the index lacks passages and holds others")
        return
    if deed.kind == "remove":
        dossier.library.remove(id_of(dossier, deed.article))
        dossier.library.forget()
        return
    (receipt,) = dossier.library.add(deed.article.name, deed.article.data)
    if receipt.status not in ("added", "updated"):
        raise FaultError(f"{deed.kind} {deed.article}: {receipt.status} ({receipt.error})")


def spoil(dossier: Dossier) -> None:
    """Take passages out of the index behind the store's back, and put others in."""
    index, ids = dossier.library.neighbors.index, dossier.library.catalog.passage_ids()
    _, vectors = dossier.library.catalog.vectors(ids[:2])
    index.remove(ids[::3])
    for _ in index.put(["ghost:0", "ghost:1"], vectors[:, ::-1]):
        pass


def id_of(dossier: Dossier, article: Article) -> str:
    """Return the id of an article's current document."""
    (found,) = [entry.source.id for entry in dossier.library.entries() if entry.source.url == article.url]
    return found


def _read_here() -> None:
    library: Any = ingest.library
    library.ReadingProcess = ReadingHere


def with_probe(code: str | None) -> None:
    """Have Python of ours take the place of the process that tries a suspect index."""
    if code is not None:
        module: Any = subprocess
        run = module.run
        module.run = lambda _, **how: run([sys.executable, "-c", code], **how)


def fill(say: Callable[[Any], None], _: Callable[[], Any], task: Task) -> None:
    """Do deeds in a new store, and say the vectors of all their texts."""
    _read_here()
    embedder = Remembering({})
    with Dossier(Settings(home=task.home, compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder
        for deed in task.deeds:
            do(dossier, deed)
    say(("filled", embedder.learned))
