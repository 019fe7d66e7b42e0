"""Backs a store up into one file, also while another process uses it, and makes a store of such a file.

A backup is a ZIP file: a snapshot of the catalog, the originals of its documents, the conversations, and a manifest
with the size and hash of each. Not in it: the index, which is filled anew, and the choice of a chat model.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import zipfile
import zlib
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ingest.catalog import Catalog
from ingest.database import snapshot
from ingest.errors import StoreError
from ingest.owner import private_file

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMAT = 1
_MANIFEST = "manifest.json"
_CATALOG = "catalog.sqlite3"
_KEPT = re.compile(rf"{re.escape(_CATALOG)}|originals/[0-9a-f]{{64}}|conversations/[0-9a-f]{{16}}\.json")
_MOST_MANIFEST = 256 * 2**20
_PIECE = 2**20


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: documents, of whatever version, conversations, and bytes of files in all.

    `lost` counts originals that the store has lost, or that were changed in it: they are not in the backup.
    """

    documents: int
    conversations: int
    size: int
    lost: int = 0


def back_up(home: Path, file: Path) -> Backup:
    """Back the store in `home` up into a new `file`; StoreError when there is none, or the file cannot be written.

    The store may be in use. What is removed from it meanwhile is not in the backup.
    """
    if not (home / _CATALOG).is_file():
        raise StoreError(f"{home}: there is no store. Name its folder with --home.")
    if file.exists():
        raise StoreError(f"{file} exists. Name a file that does not, or delete it.")
    try:
        # Beside the file, where there must be room for it, and private from the start.
        with tempfile.TemporaryDirectory(dir=file.parent) as temporary:
            half = private_file(Path(temporary) / "half")
            while (made := _written(home, half, Path(temporary))) is None:
                continue
            with half.open("rb") as written:
                os.fsync(written.fileno())
            if file.exists():
                raise StoreError(f"{file} exists. Name a file that does not, or delete it.")
            half.replace(file)
    except OSError as error:
        raise StoreError(
            f"{file}: the backup cannot be written ({error.strerror or error}). Make room, or name another file."
        ) from error
    return made


def _written(home: Path, half: Path, temporary: Path) -> Backup | None:
    """Write a backup; None when something was removed from the store meanwhile, and it is to be written anew."""
    copy = temporary / _CATALOG
    snapshot(home / _CATALOG, copy)
    originals, documents = _held(copy, home)
    manifest: dict[str, tuple[int, str]] = {}
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as archive:
        _pack(archive, copy, _CATALOG, manifest)
        for sha256 in sorted(originals):
            _pack(archive, home / "originals" / sha256, f"originals/{sha256}", manifest)
        for talk in sorted((home / "conversations").glob("*.json")):
            _pack(archive, talk, f"conversations/{talk.name}", manifest)
        about = {"format": _FORMAT, "made": datetime.now(UTC).isoformat()[:19], "files": manifest}
        archive.writestr(_MANIFEST, json.dumps(about, indent=1))
    again = temporary / "again.sqlite3"
    snapshot(home / _CATALOG, again)
    if not originals <= _held(again, home)[0]:
        return None
    packed = sum(name.startswith("originals/") for name in manifest)
    return _told(manifest, documents, lost=len(originals) - packed)


def _held(copy: Path, home: Path) -> tuple[set[str], int]:
    """Return the hashes of the originals of the documents in a copy of a store's catalog, and how many these are."""
    with _opened(copy, str(home / _CATALOG)) as catalog:
        return catalog.originals(), len(catalog.entries(superseded=True))


@contextmanager
def _opened(copy: Path, name: str) -> Iterator[Catalog]:
    """Open a copy of a catalog, whose errors name what the user knows it by."""
    try:
        with closing(Catalog(copy)) as catalog:
            yield catalog
    except StoreError as error:
        raise StoreError(str(error).replace(str(copy), name)) from error


def _pack(archive: zipfile.ZipFile, path: Path, name: str, manifest: dict[str, tuple[int, str]]) -> None:
    """Put a file into an archive, if it is there still and is what its name says."""
    if not _KEPT.fullmatch(name):
        return
    with suppress(FileNotFoundError), path.open("rb") as source:
        if name.startswith("originals/") and hashlib.file_digest(source, "sha256").hexdigest() != path.name:
            return
        source.seek(0)
        with archive.open(name, "w", force_zip64=True) as target:
            manifest[name] = _copied(source, target, name)


def _told(manifest: dict[str, tuple[int, str]], documents: int, lost: int = 0) -> Backup:
    talks = sum(name.startswith("conversations/") for name in manifest)
    return Backup(documents, talks, sum(size for size, _ in manifest.values()), lost)


def restore(file: Path, home: Path) -> Backup:
    """Make a store in `home`, which must be empty or not there, of a backup; StoreError when it cannot be.

    Nothing is at `home` until all of the backup was read and found to be whole.
    """
    home = home.absolute()
    with _reading(file):
        if home.exists() and any(home.iterdir()):
            raise StoreError(f"{home} is not empty. Name another folder with --home; a store is never overwritten.")
        home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as temporary, zipfile.ZipFile(file) as archive:
            made = _unpacked(archive, file, Path(temporary))
            home.mkdir(mode=0o700, exist_ok=True)
            home.chmod(0o700)
            # The catalog last: without it there is no store.
            for path in sorted(Path(temporary).iterdir(), key=lambda one: one.name == _CATALOG):
                path.rename(home / path.name)
    return made


def _unpacked(archive: zipfile.ZipFile, file: Path, folder: Path) -> Backup:
    """Unpack a backup into a folder, each file held against its hash."""
    manifest = _manifest(archive, file)
    for name, (size, sha256) in manifest.items():
        path = folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with archive.open(name) as source, private_file(path).open("wb") as target:
            if _copied(source, target, name, size) != (size, sha256):
                raise StoreError(f"{file}: {name} in it is damaged. Take another backup.")
    try:
        with _opened(folder / _CATALOG, f"{file}: its catalog") as catalog:
            documents, problems = len(catalog.entries(superseded=True)), catalog.check()
    except StoreError as error:
        raise StoreError(str(error).replace("another folder with --home", "another backup")) from error
    if problems:
        raise StoreError(f"{file}: its catalog is damaged ({problems[0]}). Take another backup.")
    return _told(manifest, documents)


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, tuple[int, str]]:
    """Return the size and hash of each file of a backup; nothing else in it is ever read."""
    with archive.open(_MANIFEST) as source:
        about = json.loads(source.read(_MOST_MANIFEST))
    if about["format"] != _FORMAT:
        raise StoreError(
            f"{file} is a backup of format {about['format']}; this Dossier reads {_FORMAT}. Use the one that made it."
        )
    files = {str(name): (int(size), str(sha256)) for name, (size, sha256) in about["files"].items()}
    foreign = [name for name in files if not _KEPT.fullmatch(name)]
    if foreign or _CATALOG not in files:
        raise ValueError(f"it names {foreign[:1] or 'no catalog'}")
    return files


def _copied(source: IO[bytes], target: IO[bytes], name: str, most: int | None = None) -> tuple[int, str]:
    """Copy a file in pieces, no more than `most` bytes; return its size and hash."""
    size, sha256 = 0, hashlib.sha256()
    while piece := source.read(_PIECE):
        size += len(piece)
        if most is not None and size > most:
            raise ValueError(f"{name} is longer than the {most} bytes that it should have")
        sha256.update(piece)
        target.write(piece)
    return size, sha256.hexdigest()


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Turn what a damaged or foreign file raises into an error that says so."""
    try:
        yield
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError),
        *(ValueError, KeyError, TypeError, AttributeError, OverflowError),
    ) as error:
        raise StoreError(f"{file} is no whole backup of Dossier ({error}). Name another file.") from error
    except OSError as error:
        raise StoreError(
            f"{file}: cannot be restored ({error.strerror or error}). Check the file, and the room on the disk."
        ) from error
