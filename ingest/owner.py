"""The lock of a store: one process owns it, and a second is told which. And its files, private and deleted."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWNER = "owner.json"


def own(home: Path) -> FileLock:
    """Take the lock of the store in `home`, or say who has it."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (home / "catalog.sqlite3").exists() or not any(home.iterdir()):
            # A folder that holds other things, too, stays as its owner made it.
            with contextlib.suppress(PermissionError):
                home.chmod(0o700)
        lock = FileLock(home / "owner.lock", mode=0o600, thread_local=False)
        lock.acquire(timeout=0)
    except Timeout:
        raise StoreError(f"{home} is in use{_owner(home)}. Close that, or ask there.") from None
    except OSError as error:
        raise StoreError(
            f"{home}: the store cannot be opened ({error.strerror or error}). Check the folder's permissions, or name "
            "another with --home or DOSSIER_HOME."
        ) from error
    owner = {"process": os.getpid(), "command": _command(sys.argv), "since": datetime.now(UTC).isoformat()[:19]}
    with contextlib.suppress(OSError, StoreError):  # only a courtesy to whoever comes second
        private_file(home / _OWNER).write_text(json.dumps(owner), encoding="utf-8")
    return lock


def disown(home: Path, lock: FileLock) -> None:
    """Let another process have the store in `home`."""
    with contextlib.suppress(FileNotFoundError):
        (home / _OWNER).unlink()
    lock.release()


def _command(arguments: Sequence[str]) -> str:
    """Return a program's name and what it does: the others of its words may be a question, or hold a password."""
    program, *words = arguments or [""]
    what = next((word for word in words if not word.startswith("-")), "")
    return " ".join(filter(None, (Path(program).name[:100], what if what.isalpha() and len(what) < 20 else "")))


def _owner(home: Path) -> str:
    with contextlib.suppress(OSError, ValueError, KeyError):
        owner = json.loads((home / _OWNER).read_text(encoding="utf-8"))
        return f" by process {owner['process']} ({owner['command']}) since {owner['since']} UTC"
    return " by another process"


def private_file(path: Path) -> Path:
    """Make `path`, if it is not there, readable by its owner only."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}). Check the folder's permissions, or name another with "
            "--home."
        ) from error
    return path


def delete(path: Path) -> None:
    """Delete a file or a folder of the store; StoreError says why it cannot be deleted."""
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        raise StoreError(
            f"{path}: holds what was removed, or is broken, and cannot be deleted ({error.strerror}). Check the "
            "permissions of the folder that it is in, or delete it, then start again; nothing else was lost."
        ) from error


def put_in_place(beside: Path, folder: Path) -> None:
    """Have a folder take the place of another, which is deleted; a crash between the two leaves neither there."""
    if folder.exists():
        delete(folder)
    try:
        beside.rename(folder)
    except OSError as error:
        raise StoreError(f"{beside}: cannot be renamed to {folder.name} ({error.strerror}).") from error
