from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from specimens import ROOT
from stores import GATES, add, check_consistent, near, originals, said

from ingest.catalog import Catalog
from ingest.errors import StoreError
from ingest.library import Library
from ingest.probe import probe

if TYPE_CHECKING:
    from ingest.embed import Embedder
    from ingest.firms import FirmNames

# One owner

HOLD = """
import sys
import threading
from functools import partial
from itertools import groupby
from pathlib import Path
from ingest.embed import Embedder
from ingest.errors import StoreError
from ingest.firms import FirmNames
from ingest.library import Library
try:
    library = Library(Path(sys.argv[1]), Embedder(), FirmNames(()))
except StoreError as error:
    sys.exit(str(error))
print("open", flush=True)
sys.stdin.read()
library.close()
"""


def other_process(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_a_second_process_is_told_who_holds_the_store(library: Library):
    """A second process is refused at once, with the store, the process and its command, and harms nothing."""
    add(library, "gates.txt", GATES)
    second = other_process(library.home)
    _, error = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"{library.home} is in use by process {os.getpid()} ({Path(sys.argv[0]).name}" in error
    assert said(library, "pilots")
    check_consistent(library)


def test_a_store_is_free_when_its_owner_is_killed(tmp_path: Path, embedder: Embedder, names: FirmNames):
    """Who holds the store is named to others, and its death, however sudden, frees the store."""
    home = tmp_path / "store"
    owner = other_process(home)
    try:
        assert owner.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match=f"in use by process {owner.pid} ") as caught:
            Library(home, embedder, names)
        assert str(home) in str(caught.value)
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.communicate()
    with Library(home, embedder, names) as library:
        assert add(library, "gates.txt", GATES).status == "added"


def test_a_closed_store_can_be_opened(library: Library, embedder: Embedder, names: FirmNames):
    """Closing frees the store; an open one refuses a second opener of the same process too."""
    with pytest.raises(StoreError, match="in use"):
        Library(library.home, embedder, names)
    library.close()
    Library(library.home, embedder, names).close()


def test_a_store_that_cannot_be_opened_is_let_go_of(
    library: Library, embedder: Embedder, names: FirmNames, monkeypatch
):
    """A failed open closes the catalog, names no owner any more, and the next one opens."""
    home = library.home
    library.close()
    opened: list[Catalog] = []

    class Seen(Catalog):
        def originals(self) -> set[str]:
            opened.append(self)
            raise StoreError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("ingest.library.Catalog", Seen)
        with pytest.raises(StoreError, match="no room"):
            Library(home, embedder, names)
    with pytest.raises(StoreError, match="closed"):
        opened[0].entries()
    assert not (home / "owner.json").exists()
    assert [path.name for path in home.glob("catalog.*")] == ["catalog.sqlite3"]
    Library(home, embedder, names).close()


def test_a_file_that_is_no_catalog_is_let_go_of(library: Library, embedder: Embedder, names: FirmNames, monkeypatch):
    """A catalog that is refused is closed, and named as nobody's."""
    home = library.home
    library.close()
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *about, **more: made.append(connect(*about, **more)) or made[-1])
    with contextlib.closing(connect(home / "catalog.sqlite3")) as raw:
        raw.execute("PRAGMA application_id = 7")
    with pytest.raises(StoreError, match="not a catalog of Dossier"):
        Library(home, embedder, names)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].execute("SELECT 1")
    assert not (home / "owner.json").exists()


# The disk


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, embedder: Embedder, names: FirmNames):
    """A store that cannot be made is an error that names its folder and what to do."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"file.*--home or DOSSIER_HOME"):
        Library(tmp_path / "file" / "store", embedder, names)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_that_is_not_writable_is_an_error(tmp_path: Path, embedder: Embedder, names: FirmNames):
    """A folder without the right to write is an error that names it."""
    home = tmp_path / "store"
    home.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="permissions"):
        Library(home, embedder, names)


def test_an_original_that_cannot_be_deleted_is_an_error(library: Library, embedder: Embedder, names: FirmNames):
    """What was removed and cannot be deleted is an error that names the file, and is deleted once it can be."""
    receipt = add(library, "gates.txt", GATES)
    path = library.home / "originals" / library.document(receipt.id).source.sha256
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
        with pytest.raises(StoreError, match=rf"{path.name}.*Permission denied"):
            library.remove(receipt.id)
    library.close()
    with Library(library.home, embedder, names) as again:
        assert originals(again) == set()
        assert again.entries() == []


def test_an_index_that_could_not_be_written_is_opened_anew(library: Library, monkeypatch: pytest.MonkeyPatch):
    """After a write that failed the index, which might never answer again, is tried and opened anew, and told."""
    kept = add(library, "gates.txt", GATES)
    with monkeypatch.context() as patch:
        patch.setattr("ingest.index.Index.put", lambda *_: (_ for _ in ()).throw(StoreError("no room")))
        failed = add(library, "lamps.txt", b"The lamps of Ostrel were lit.")
    assert (failed.status, failed.error) == ("failed", "no room")
    tried = []
    monkeypatch.setattr("ingest.neighbors.probe", lambda *about: tried.append(about) or probe(*about))
    assert kept.id in near(library, "Who bought gates?")
    assert len(tried) == 1
    assert {entry.source.name for entry in library.entries()} == {"gates.txt", "lamps.txt"}
    check_consistent(library)


@pytest.mark.skipif(sys.platform == "win32", reason="no folder can be opened")
def test_an_original_outlasts_a_power_cut(library: Library, monkeypatch: pytest.MonkeyPatch):
    """Before a document counts, the disk has kept its original, its name in the folder, and the folder itself."""
    kept: list[tuple[int, set[str]]] = []
    fsync = os.fsync

    def seen(file: int) -> None:
        kept.append((os.fstat(file).st_ino, originals(library)))
        fsync(file)

    monkeypatch.setattr(os, "fsync", seen)
    monkeypatch.setattr(Catalog, "put", lambda *_, **__: pytest.fail("from here it counts"))
    with pytest.raises(pytest.fail.Exception):
        library.add("gates.txt", GATES)
    folder = library.home / "originals"
    (path,) = folder.iterdir()
    assert (library.home.stat().st_ino, set()) in kept
    assert [one for one in kept if one[0] == path.stat().st_ino]
    assert kept[-1] == (folder.stat().st_ino, {path.name})


def test_a_folder_that_cannot_be_opened_is_left(library: Library, monkeypatch: pytest.MonkeyPatch):
    """Where no folder can be opened a document is added all the same."""
    opening = os.open

    def refused(path: Path, *more: int) -> int:
        if Path(path).is_dir():
            raise PermissionError(13, "Permission denied")
        return opening(path, *more)

    monkeypatch.setattr("ingest.originals.os.open", refused)
    assert add(library, "gates.txt", GATES).status == "added"
    monkeypatch.undo()
    check_consistent(library)


FULL = """
import resource, sys
from pathlib import Path
from ingest.embed import Embedder
from ingest.firms import FirmNames
from ingest.library import Library
room = resource.getrlimit(resource.RLIMIT_FSIZE)
with Library(Path(sys.argv[1]), Embedder(), FirmNames(())) as library:
    library.neighbors.index
    for limit in (0, 4096):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, room[1]))
        (receipt,) = library.add("gates.txt", b"The gates of Ostrel were shut.")
        print(receipt.status, receipt.error)
    resource.setrlimit(resource.RLIMIT_FSIZE, room)
    (receipt,) = library.add("gates.txt", b"The gates of Ostrel were shut.")
    print(receipt.status, receipt.error)
    print(library.check())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size to play a full disk with")
def test_a_full_disk_loses_nothing(tmp_path: Path):
    """Where nothing more can be written the file fails with what to do, and is added once there is room."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "store")],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    original, catalog, after, health = done.stdout.splitlines()
    assert original.startswith(f"failed {tmp_path / 'store' / 'originals'}")
    assert catalog.startswith(f"failed {tmp_path / 'store' / 'catalog.sqlite3'}")
    assert all("oom" in line for line in (original, catalog))
    assert after == "added None"
    assert health == "Health(mended=(), problems=())"


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions")
def test_a_store_is_private(tmp_path: Path, embedder: Embedder, names: FirmNames):
    """The folder is 0700 from the start, whatever the mask, and its files are their owner's only."""
    before = os.umask(0)
    try:
        with Library(tmp_path / "store", embedder, names) as library:
            add(library, "gates.txt", GATES)
            modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (library.home, *library.home.iterdir())}
            modes |= {path: stat.S_IMODE(path.stat().st_mode) for path in (library.home / "originals").iterdir()}
    finally:
        os.umask(before)
    assert modes.pop(library.home) == 0o700
    # Chroma makes its own folder, which the store's folder bars.
    modes.pop(library.home / "index")
    assert {path.name: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


def test_an_existing_folder_is_made_private(tmp_path: Path, embedder: Embedder, names: FirmNames):
    """A store in an empty folder that was there, or in one of its own, is private; a shared folder stays as it is."""
    fresh, shared = tmp_path / "fresh", tmp_path / "shared"
    for home in (fresh, shared):
        home.mkdir()
        home.chmod(0o755)
    (shared / "notes.txt").write_text("mine")
    for home in (fresh, shared):
        Library(home, embedder, names).close()
    assert [stat.S_IMODE(home.stat().st_mode) for home in (fresh, shared)] == [0o700, 0o755]
    fresh.chmod(0o755)
    Library(fresh, embedder, names).close()
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o700
