"""The disk full, as far as a limit on every file's size plays it, and folders and files that may not be written."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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
# What may not be written, and its mode then.
BARRED = {
    "": 0o500,
    "originals": 0o500,
    "index": 0o500,
    "catalog.sqlite3": 0o400,
    "catalog.sqlite3-wal": 0o400,
    "index/chroma.sqlite3": 0o400,
    "owner.lock": 0o400,
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


def barred(say: Callable[[Any], None], _: Callable[[], Any], task: Task, name: str) -> None:
    """Do deeds in a store of which something may not be written, say what came of each; then again, as it was."""
    bound_by_permissions()
    path = task.home / name
    modes = {one: stat.S_IMODE(one.stat().st_mode) for one in (path,) if one.exists()}
    for one in modes:
        one.chmod(BARRED[name])
    dossier, failure = None, None
    try:
        dossier, seen = opened(task)
        say(("audited", seen))
    except DossierError as error:
        failure = str(error)
        say(("refused", failure))
    for at, deed in enumerate(task.deeds if dossier else ()):
        say(("begin", at))
        failure = _failure(dossier, deed)
        say(("done" if failure is None else "refused", at if failure is None else failure))
        if failure is not None:
            for one, mode in modes.items():
                one.chmod(mode)
            _again(dossier, deed)
            say(("done", at))
            for one in modes:
                one.chmod(BARRED[name])
    for one, mode in modes.items():
        one.chmod(mode)
    if dossier:
        dossier.close()


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


def run(store: Store, dice: Random, trials: Sequence[int | str]) -> Iterator[dict[str, Any]]:
    """Cramp a copy of a store to each of some sizes, or bar the part that a name stands for; yield how it stands."""
    wrong: list[str] = []
    refused, began = 0, time.perf_counter()
    for number, trial in enumerate(trials, start=1):
        copy = Store(store.home.with_name("cramped"), filled_like(store))
        shutil.rmtree(copy.home, ignore_errors=True)
        shutil.copytree(store.home, copy.home)
        name = f"at most {trial:,} bytes" if isinstance(trial, int) else f"{trial or 'the folder'} barred"
        with noted(wrong, name):
            problems, said = _tried(copy, dice, trial)
            refused += len(said)
            wrong += [f"{name} | {one}" for one in (*problems, *unclear(said, copy.home))]
        yield standing(number, wrong, time.perf_counter() - began, {"refused": refused})


def filled_like(store: Store) -> Any:
    """Return what is known of a store, to go on from."""
    from copy import deepcopy

    return deepcopy(store.ledger)


def _tried(store: Store, dice: Random, trial: int | str) -> tuple[list[str], list[str]]:
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
