"""Backs a store up into one file, also while another process uses it, and makes a store of such a file.

A backup is a ZIP file: a snapshot of the catalog, the originals of its documents, the conversations, and a manifest
with the size and hash of each. Not in it: the index, which is filled anew, and the choice of a chat model.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ingest.catalog import SCHEMA_VERSION, Catalog
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
    """What a backup holds: documents, of whatever version, conversations, and bytes of files in all."""

    documents: int
    conversations: int
    size: int


def back_up(home: Path, file: Path) -> Backup:
    """Back the store in `home` up into a new `file`; StoreError when there is none, or the file cannot be written.

    The store may be in use. What is removed from it meanwhile is missing in the backup as if it had never been there.
    """
    if not (home / _CATALOG).is_file():
        raise StoreError(f"{home}: there is no store. Name its folder with --home.")
    if file.exists():
        raise StoreError(f"{file} exists. Name a file that does not, or delete it.")
    half = file.with_name(f"{file.name}.part")
    with _writing(half), tempfile.TemporaryDirectory(dir=file.parent) as temporary:
        private_file(half)
        copy = Path(temporary) / _CATALOG
        with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as archive:
            manifest, documents = _filled(archive, home, copy)
            about = {
                "format": _FORMAT,
                "schema": SCHEMA_VERSION,
                "made": datetime.now(UTC).isoformat()[:19],
                "files": manifest,
            }
            archive.writestr(_MANIFEST, json.dumps(about, indent=1))
        half.replace(file)
    talks = sum(name.startswith("conversations/") for name in manifest)
    return Backup(documents, talks, sum(size for size, _ in manifest.values()))


def _filled(archive: zipfile.ZipFile, home: Path, copy: Path) -> tuple[dict[str, tuple[int, str]], int]:
    """Write a store's files into an archive; return the size and hash of each, and how many documents they hold."""
    while True:
        snapshot(home / _CATALOG, copy)
        catalog = Catalog(copy)
        wanted, documents = catalog.originals(), len(catalog.entries(superseded=True))
        catalog.close()
        paths = [home / "originals" / sha256 for sha256 in sorted(wanted)]
        # One that is gone was removed after the snapshot, or is lost, and then it is still named.
        gone = {path.name for path in paths if not path.is_file()}
        if not gone or gone <= _originals_now(home, copy.with_name("again.sqlite3")):
            break
    paths = [path for path in paths if path.is_file()]
    talks = sorted((home / "conversations").glob("*.json"))
    manifest: dict[str, tuple[int, str]] = {}
    for name, path in [(_CATALOG, copy), *((f"{path.parent.name}/{path.name}", path) for path in (*paths, *talks))]:
        if _KEPT.fullmatch(name):
            with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
                manifest[name] = _copied(source, target, name)
    return manifest, documents


def _originals_now(home: Path, copy: Path) -> set[str]:
    snapshot(home / _CATALOG, copy)
    catalog = Catalog(copy)
    try:
        return catalog.originals()
    finally:
        catalog.close()


def restore(file: Path, home: Path) -> Backup:
    """Make a store in `home`, which must be empty or not there, of a backup; StoreError when it cannot be.

    Nothing is at `home` until all of the backup was read and found to be whole.
    """
    home = home.absolute()
    if home.exists() and any(home.iterdir()):
        raise StoreError(f"{home} is not empty. Name another folder with --home; a store is never overwritten.")
    beside = home.with_name(f"{home.name}.restoring")
    if beside.exists():
        shutil.rmtree(beside)
    with _reading(file, beside), zipfile.ZipFile(file) as archive:
        manifest = _manifest(archive, file)
        beside.mkdir(mode=0o700, parents=True)
        for name, (size, sha256) in manifest.items():
            path = beside / name
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with archive.open(name) as source, private_file(path).open("wb") as target:
                if _copied(source, target, name, size) != (size, sha256):
                    raise StoreError(f"{file}: {name} in it is damaged. Take another backup.")
        catalog = Catalog(beside / _CATALOG)
        documents, problems = len(catalog.entries(superseded=True)), catalog.check()
        catalog.close()
        if problems:
            raise StoreError(f"{file}: its catalog is damaged ({problems[0]}). Take another backup.")
        with suppress(FileNotFoundError):
            home.rmdir()
        beside.rename(home)
    talks = sum(name.startswith("conversations/") for name in manifest)
    return Backup(documents, talks, sum(size for size, _ in manifest.values()))


def _manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, tuple[int, str]]:
    """Return the size and hash of each file of a backup; nothing else in it is ever read."""
    with archive.open(_MANIFEST) as source:
        about = json.loads(source.read(_MOST_MANIFEST))
    if about["format"] != _FORMAT:
        raise StoreError(
            f"{file} is a backup of format {about['format']}, this Dossier reads {_FORMAT}. Install a newer Dossier."
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
def _writing(half: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{half}: the backup cannot be written ({error.strerror or error}). Make room, or name another file."
        ) from error
    finally:
        half.unlink(missing_ok=True)


@contextmanager
def _reading(file: Path, beside: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, EOFError, RecursionError) as error:
        raise StoreError(f"{file} is no whole backup of Dossier ({error}). Name another file.") from error
    except OSError as error:
        raise StoreError(
            f"{file}: cannot be restored ({error.strerror or error}). Check the file, and the room."
        ) from error
    finally:
        if beside.exists():
            shutil.rmtree(beside)
