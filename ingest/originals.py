"""The stored originals: each file as it was given, under the SHA-256 of its bytes."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING

from ingest.errors import StoreError
from ingest.owner import delete

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from pathlib import Path


class Originals:
    """The originals of one store, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made with its first file."""
        self._folder = folder

    def keep(self, sha256: str, data: bytes) -> None:
        """Store a file, wholly or not at all; StoreError when the disk does not take it."""
        path = self._folder / sha256
        if path.is_file():
            return
        half = path.with_suffix(".part")
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(mode=0o700)
                _sync(self._folder.parent)
            with half.open("wb") as file:
                half.chmod(0o600)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
            _sync(self._folder)
        except OSError as error:
            for left in (half, path):
                with contextlib.suppress(OSError):
                    left.unlink()
            raise StoreError(
                f"{path}: the original cannot be stored ({error.strerror}). Make room or check the folder's "
                "permissions, then do it again; nothing was lost."
            ) from error

    def sweep(self, wanted: AbstractSet[str]) -> list[str]:
        """Delete what no document came from, which a crash between two steps leaves behind; say so in words."""
        strays = [path for path in self._folder.iterdir() if path.name not in wanted] if self._folder.is_dir() else []
        for path in strays:
            delete(path)
        return [f"originals: {len(strays)} deleted that no document came from"] if strays else []

    def problems(self, wanted: AbstractSet[str]) -> list[str]:
        """Return in words which originals are missing or were changed."""
        found = []
        for sha256 in sorted(wanted):
            path = self._folder / sha256
            if not path.is_file():
                found.append(f"{path}: the stored original is missing; add the file again to have it back")
            elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                found.append(f"{path}: the stored original was changed; delete it and add the file again")
        return found


def _sync(folder: Path) -> None:
    """Have the disk keep the names in a folder, which a power cut could lose though the files are written."""
    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # as on Windows, where no folder can be opened
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
