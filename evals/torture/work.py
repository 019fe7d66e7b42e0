"""What a child does: opens a store, looks it over, does deeds in it, and dies in one of them if it is told to."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import ingest.embed
import ingest.library
from app.dossier import Dossier
from app.settings import Settings
from evals.stores import COMPILED
from evals.torture.audit import Audit, audit, originals, unsaid_of
from evals.torture.children import FaultError
from evals.torture.steps import Tally
from evals.torture.vectors import Counting, embedded
from ingest.read import DEFAULT_LIMITS, formats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from evals.torture.steps import Crash
    from evals.torture.texts import Article, Deed, Ledger
    from ingest.records import ParsedDocument


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
    # Python that takes the place of the process that tries a suspect index.
    probe: str | None = None
    # Whether the store is looked over once it is open.
    look: bool = True


def torment(say: Callable[[Any], None], _: Callable[[], Any], task: Task) -> None:
    """Open a store, look it over and say what it is like; do deeds, each said before and after; close it."""
    tally = Tally(task.crash)

    def counted() -> None:
        say(("counted", {where: count for where, count in tally.counts.items() if where[0] == tally.deed}))
        tally.begin("")

    with_probe(task.probe)
    say(("opening", None))
    tally.begin("open")
    dossier, seen = opened(task)
    counted()
    say(("audited", seen))
    for at, deed in enumerate(task.deeds):
        say(("begin", at))
        if deed.kind == "mend":
            spoil(dossier)
        tally.begin(deed.kind)
        do(dossier, deed)
        say(("done", at))
        counted()
    tally.begin("close")
    dossier.close()
    counted()


def opened(task: Task) -> tuple[Dossier, Audit | None]:
    """Open a store as a first step after whatever happened to it, and look it over if that is wanted."""
    heard, before = Heard(), originals(task.home)
    dossier = _dossier(task.home)
    swept, queued = before - originals(task.home), dossier.library.catalog.queued()
    _ = dossier.library.neighbors.index
    dossier.library.ranking.told()
    unsaid = unsaid_of(dossier.library, task.ledger)
    dossier.library.forget()
    mended = list(heard.mended)
    if swept and not any("original" in one for one in mended):
        unsaid.append(f"{len(swept)} originals were swept at the start, and nothing was said of it")
    if any(queued) and not any("index" in one for one in mended):
        unsaid.append(f"the index was told of {len(queued[0])} + {len(queued[1])} passages, and nothing was said of it")
    if anew := embedded(dossier.library):
        unsaid.append(f"{anew} texts were embedded anew at the start")
    return dossier, audit(dossier, task.ledger, mended, unsaid) if task.look else None


def _dossier(home: Path) -> Dossier:
    """Open a store that reads in this process and has vectors in no time."""
    library, embed, embedder = ingest.library, ingest.embed, Counting()
    vars(library)["ReadingProcess"] = ReadingHere
    vars(embed)["Embedder"] = lambda *_: embedder
    return Dossier(Settings(home=home, compiled=COMPILED))


def do(dossier: Dossier, deed: Deed) -> None:
    """Do something to a store; FaultError when it says that it did not."""
    if deed.kind == "mend":
        before = embedded(dossier.library)
        if not dossier.library.check().mended:
            raise FaultError("a check did not see that the index lacks passages and holds others")
        if anew := embedded(dossier.library) - before:
            raise FaultError(f"a check embedded {anew} texts anew")
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
    index.remove(ids[::3])
    ghosts = ["ghost:0", "ghost:1"]
    for _ in index.put(ghosts, dossier.library.embedder.queries(ghosts)):
        pass


def id_of(dossier: Dossier, article: Article) -> str:
    """Return the id of an article's current document."""
    (found,) = [entry.source.id for entry in dossier.library.entries() if entry.source.url == article.url]
    return found


def with_probe(code: str | None) -> None:
    """Have Python of ours take the place of the process that tries a suspect index."""
    if code is not None:
        module: Any = subprocess
        run = module.run
        module.run = lambda _, **how: run([sys.executable, "-c", code], **how)


def fill(say: Callable[[Any], None], _: Callable[[], Any], task: Task) -> None:
    """Do deeds in a new store."""
    with _dossier(task.home) as dossier:
        for deed in task.deeds:
            do(dossier, deed)
    say(("filled", None))
