"""Files given to the page that wait to be read: kept in the store, so that they outlast the page's process."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HALF, _WAITS, _IS_READ, _TELLS = ".part", ".waits", ".is-read", ".json"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that waits: its name as given, where its bytes lie, and the password, which is kept in memory alone."""

    name: str
    path: Path
    password: str | None = None

    def begin(self) -> bytes:
        """Return its bytes; from now on it does not wait any more."""
        return self.path.rename(self.path.with_suffix(_IS_READ)).read_bytes()

    def drop(self) -> None:
        """Delete it."""
        for suffix in (_HALF, _WAITS, _IS_READ, _TELLS):
            self.path.with_suffix(suffix).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Lost:
    """A file that was not read to its end by an earlier process, and why it is not read now."""

    name: str
    why: str


def keep(folder: Path, name: str, data: bytes, password: str | None) -> Incoming:
    """Keep a file in `folder` until it is read; DossierError when the disk does not take it."""
    incoming = None
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=folder, suffix=_HALF)
        path = Path(half).with_suffix(_WAITS)
        incoming = Incoming(name, path, password)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        told = path.with_suffix(_TELLS)
        told.touch(0o600)
        told.write_text(json.dumps({"name": name, "locked": password is not None}), encoding="utf-8")
        Path(half).rename(path)
    except OSError as error:
        if incoming is not None:
            incoming.drop()
        raise DossierError(
            f"{name}: cannot be taken in ({error.strerror}). Make room on the disk of {folder} or check its "
            "permissions, then add it again."
        ) from error
    return incoming


def left_over(folder: Path) -> Iterator[Incoming | Lost]:
    """Yield what an earlier process left, the oldest first; what cannot be read now is deleted."""
    paths = sorted(folder.glob("*"), key=lambda path: path.stat().st_mtime_ns) if folder.is_dir() else []
    for path in paths:
        if path.suffix == _TELLS:
            if not any(path.with_suffix(suffix).exists() for suffix in (_HALF, _WAITS, _IS_READ)):
                path.unlink(missing_ok=True)
            continue
        try:
            told = json.loads(path.with_suffix(_TELLS).read_text(encoding="utf-8"))
            name, locked = str(told["name"]), bool(told["locked"])
        except (OSError, ValueError, KeyError, TypeError):
            path.unlink(missing_ok=True)  # it was being taken in, and its user was never told that it is
            continue
        incoming = Incoming(name, path)
        if path.suffix == _HALF:
            incoming.drop()
            continue
        if path.suffix == _WAITS and not locked:
            yield incoming
            continue
        incoming.drop()
        why = "its password is not kept" if path.suffix == _WAITS else "the page ended while it was read"
        yield Lost(name, f"{name}: was not read, since {why}. Add it again.")


def sweep(folder: Path, waiting: Iterable[Incoming]) -> None:
    """Delete every file in `folder` that does not belong to one that waits."""
    kept = {one.path.stem for one in waiting}
    for path in folder.glob("*"):
        if path.stem not in kept:
            path.unlink(missing_ok=True)
