"""The disk full, as far as a limit on every file's size plays it, and folders and files that may not be written."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from evals.torture.audit import audit, unsaid_of
from evals.torture.children import Child, FaultError, noted
from evals.torture.crashes import Store, deeds_of
from evals.torture.standing import standing
from evals.torture.work import Task, do, opened
from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from random import Random

    from app.dossier import Dossier
    from evals.torture.texts import Deed

# Bytes that no file may grow beyond; SQLite writes pages of 4,096.
SIZES = (
    *(0, 1, 100, 1000, 4096, 8192, 12_288, 20_480, 32_768, 50_000, 65_536, 80_000, 100_000, 131_072, 160_000),
    *(200_000, 262_144, 300_000, 400_000, 524_288, 700_000, 1_000_000, 2_000_000, 4_000_000),
)


class Bar(NamedTuple):
    """Something of a store that may not be written, from before it is opened or once it is open."""

    path: str
    once_open: bool

    def __str__(self) -> str:
        return f"{self.path or 'the folder'} barred{' once it is open' * self.once_open}"


_BARRED = ("", "originals", "index", "words", "catalog.sqlite3", "index/chroma.sqlite3", "owner.lock")
# The log of the catalog is there only while that is open.
BARS = (
    *(Bar(path, once_open) for once_open in (False, True) for path in _BARRED),
    Bar("catalog.sqlite3-wal", once_open=True),
)
# What is open is written on, whatever its mode becomes; nothing grows as large as the last sizes. Everything else that
# is not refused was not tried.
UNREFUSED = {
    *(Bar(path, once_open=True) for path in ("catalog.sqlite3", "catalog.sqlite3-wal", "owner.lock")),
    Bar("index/chroma.sqlite3", once_open=True),
    *(1_000_000, 2_000_000, 4_000_000),
}
# https://www.man7.org/linux/man-pages/man7/capabilities.7.html: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER.
_ABOVE_PERMISSIONS = (1, 2, 3)
_PR_CAPBSET_DROP = 24
_CAPABILITY_VERSION = 0x20080522


def cramped(say: Callable[[Any], None], _: Callable[[], Any], task: Task, size: int) -> None:
    """Do deeds while no file may grow beyond a size, say what came of each; then again, with room."""
    dossier, seen = opened(task)
    say(("audited", seen))
    for at, deed in enumerate(task.deeds):
        say(("begin", at))
        with limited(size):
            failure = _failure(dossier, deed)
        say(("done" if failure is None else "refused", at if failure is None else failure))
        if failure is not None:
            # It may be written all the same: what counts is that it can be done again.
            _again(dossier, deed)
            say(("done", at))
    unsaid = unsaid_of(dossier.library, task.ledger)
    dossier.library.check()
    say(("room", audit(dossier, task.ledger, (), unsaid)))
    dossier.close()


def barred(say: Callable[[Any], None], _: Callable[[], Any], task: Task, bar: Bar) -> None:
    """Do deeds in a store of which something may not be written, say what came of each; then again, as it was."""
    bound_by_permissions()
    path = task.home / bar.path
    dossier = None
    try:
        with nullcontext() if bar.once_open else closed_to_writing(path):
            dossier, seen = opened(task)
        say(("audited", seen))
    except DossierError as error:
        say(("refused", str(error)))
    for at, deed in enumerate(task.deeds if dossier else ()):
        say(("begin", at))
        with closed_to_writing(path):
            failure = _failure(dossier, deed)
        say(("done" if failure is None else "refused", at if failure is None else failure))
        if failure is not None:
            _again(dossier, deed)
            say(("done", at))
    if dossier:
        dossier.close()


@contextmanager
def closed_to_writing(path: Path) -> Iterator[None]:
    """Let a file or folder not be written; FaultError where there is none."""
    if not path.exists():
        raise FaultError(f"there is no {path.name} to be closed to writing")
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        yield
    finally:
        # What is made anew meanwhile can be written.
        if path.exists():
            path.chmod(mode)


def _failure(dossier: Dossier | None, deed: Deed) -> str | None:
    """Do something; return what was said when it could not be done, None when it was."""
    if dossier is None:
        raise FaultError("no store")
    try:
        do(dossier, deed)
    except (DossierError, FaultError) as error:
        return str(error)
    return None


def _again(dossier: Dossier | None, deed: Deed) -> None:
    """Do what failed again, which may have been done all the same."""
    if dossier is None:
        raise FaultError("no store")
    library = dossier.library
    there = [e.source.modified for e in library.entries() if e.source.url == deed.article.url]
    if deed.kind == "remove":
        if there:
            do(dossier, deed)
        return
    receipts = library.add(deed.article.name, deed.article.data)
    if [receipt.status for receipt in receipts if receipt.status not in ("added", "updated", "unchanged")]:
        raise FaultError(f"{deed} again, with room: {receipts}")


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size."""
    import resource  # none on Windows

    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, room[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)


def bound_by_permissions() -> None:
    """Have permissions bind this process and its children, also where it is root's; FaultError where they cannot."""
    if os.geteuid() != 0:
        return
    if sys.platform != "linux":
        raise FaultError("permissions do not bind root here")
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    for one in _ABOVE_PERMISSIONS:
        library.prctl(_PR_CAPBSET_DROP, one, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    data = (ctypes.c_uint32 * 6)()
    library.capget(header, data)
    for one in _ABOVE_PERMISSIONS:
        for at in range(3):
            data[at] &= ~(1 << one)
    if library.capset(header, data) != 0:
        raise FaultError("permissions do not bind root here")


def run(store: Store, dice: Random, trials: Sequence[int | Bar]) -> Iterator[dict[str, Any]]:
    """Cramp a copy of a store to each of some sizes, or bar the part that a name stands for; yield how it stands."""
    wrong: list[str] = []
    refused, began = 0, time.perf_counter()
    for number, trial in enumerate(trials, start=1):
        copy = Store(store.home.with_name("cramped"), filled_like(store))
        shutil.rmtree(copy.home, ignore_errors=True)
        shutil.copytree(store.home, copy.home)
        name = f"at most {trial:,} bytes" if isinstance(trial, int) else str(trial)
        with noted(wrong, name):
            problems, said = _tried(copy, dice, trial)
            refused += len(said)
            if not said and trial not in UNREFUSED:
                problems.append("nothing was refused")
            wrong += [f"{name} | {one}" for one in (*problems, *unclear(said, copy.home))]
        yield standing(number, wrong, time.perf_counter() - began, {"refused": refused})


def filled_like(store: Store) -> Any:
    """Return what is known of a store, to go on from."""
    from copy import deepcopy

    return deepcopy(store.ledger)


def _tried(store: Store, dice: Random, trial: int | Bar) -> tuple[list[str], list[str]]:
    """Try one limit; return what is wrong after it, and what was said when something could not be done."""
    work = cramped if isinstance(trial, int) else barred
    task = store.task(deeds_of(store.ledger, dice, ("add", "update", "remove", "add")))
    problems: list[str] = []
    said: list[str] = []
    with Child(work, task, trial) as child:
        for what, value in child.told():
            if what == "begin":
                store.ledger.begin(task.deeds[value])
            elif what == "done":
                store.ledger.done(task.deeds[value])
            elif what == "refused":
                said.append(value)
            else:
                problems += [f"{what}: {one}" for one in store.judge(value)]
        if child.end() != 0:
            problems.append(f"the process ended with {child.end()}")
    return problems + _looked(store), said


def _looked(store: Store) -> list[str]:
    from evals.torture.work import torment

    with Child(torment, store.task()) as child:
        problems = store.judge(child.hear("audited"))
        for _ in child.told():
            pass
        return problems + [f"the next start ended with {child.end()}"] * (child.end() != 0)


def unclear(said: Sequence[str], home: Path) -> list[str]:
    """Return those errors that do not name a file of the store."""
    return [f"an unclear error: {one}" for one in said if str(home) not in one]
