"""The errors a user can meet: each says what, which file, both values where two disagree, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class DossierError(Exception):
    """Something the user can act upon; its text is shown as it is."""


class UnreadableFileError(DossierError):
    """A file that no reader could turn into text. Its text names the file and what to do."""


class LockedFileError(UnreadableFileError):
    """A file that is encrypted and was not given its password, or another one."""


class StoreError(DossierError):
    """The store on disk cannot be used as asked: held by another process, too new, full, or not writable."""


class CompiledError(DossierError):
    """A compiled embedding model cannot be made, read, or trusted; there is a slower way."""


class FetchError(DossierError):
    """An address that cannot be fetched, or not by us; `status` is what its server answered, if it did."""

    def __init__(self, message: str, status: int | None = None) -> None:
        """Take the message, and the status of HTTP."""
        super().__init__(message)
        self.status = status


class NotFoundError(DossierError):
    """A document that was asked for by its id is not in the store."""


def store_error(path: Path, error: Exception) -> StoreError:
    """Say what an error of SQLite means for the file at `path`, and what to do."""
    advice = {
        "SQLITE_FULL": "The disk is full: make room, then do it again; nothing was lost.",
        "SQLITE_READONLY": "It cannot be written: check the folder's permissions, or name another with --home.",
        "SQLITE_CANTOPEN": "It cannot be opened: check the folder's permissions, or name another with --home.",
        "SQLITE_IOERR": "The disk cannot be written or read: check for room and permissions, then do it again.",
        "SQLITE_NOTADB": "It is not a catalog of Dossier. Name another folder with --home.",
        "SQLITE_CORRUPT": "It is damaged: restore a backup that is whole.",
    }
    name = getattr(error, "sqlite_errorname", "")
    for prefix, words in advice.items():
        if name.startswith(prefix):
            return StoreError(f"{path}: {words} ({error})")
    return StoreError(f"{path}: {error} ({name or type(error).__name__}). Run `dossier doctor`.")
