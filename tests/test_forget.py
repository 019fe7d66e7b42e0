from __future__ import annotations

import ctypes
import errno
import platform
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.errors import StoreError
from ingest.library import Library
from ingest.records import Filters

if TYPE_CHECKING:
    from ingest.embed import Embedder
    from ingest.firms import FirmNames

SECRET = b"The whistleblower Quagmire telephoned the harbour."
GATES = b"The port of Marrow Bay bought twelve gates from Quillon Optics."
# https://man7.org/linux/man-pages/man3/mallopt.3.html: what is allocated is filled with a mark.
M_PERTURB = -6
LAMPS = b"The lamps of Ostrel were lit by the harbour master."


@pytest.fixture
def library(tmp_path: Path, embedder: Embedder, names: FirmNames):
    with Library(tmp_path / "store", embedder, names) as opened:
        yield opened


def add(library: Library, name: str, data: bytes) -> str:
    (receipt,) = library.add(name, data)
    return str(receipt.id)


def by_vectors(library: Library, question: str) -> set[str]:
    vector = library.embedder.queries([question])[0]
    return {key.split(":")[0] for key, _ in library.neighbors.nearest(vector, 100)}


def by_words(library: Library, *words: str) -> set[str]:
    return {key.split(":")[0] for key in library.ranking.best(words, 100, Filters())}


def check_holds(library: Library, *ids: str) -> None:
    """Check that exactly these documents are found, by words, by vectors, and in the list."""
    assert by_vectors(library, "Who telephoned the harbour?") == set(ids)
    assert by_words(library, "the", "telephoned") == set(ids)
    assert {entry.source.id for entry in library.entries()} == set(ids)
    assert not list(library.home.glob("*.new"))


def words_left(library: Library) -> bool:
    """Tell whether a word of what is secret stands in any file of the store."""
    return any(b"quagmir" in path.read_bytes().lower() for path in library.home.rglob("*") if path.is_file())


def test_what_is_removed_is_found_no_more_before_it_is_forgotten(library: Library) -> None:
    """What was removed is found by nothing at once, and what is left in files is noted until it is overwritten."""
    gates, secret = add(library, "gates.txt", GATES), add(library, "secret.txt", SECRET)
    library.remove(secret)
    check_holds(library, gates)
    assert library.catalog.due() is not None
    assert library.forget()
    assert library.catalog.due() is None
    assert not words_left(library)
    check_holds(library, gates)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the GNU C library marks memory")
def test_no_memory_of_the_process_stands_in_the_index(library: Library, embedder: Embedder, names: FirmNames) -> None:
    """What memory held before the index was made, filled, searched or filled anew stands in none of its files."""

    def graph_is_blank() -> bool:
        files = [path for path in library.home.glob("index/*/*.bin") if path.name in ("data_level0.bin", "length.bin")]
        return len(files) == 2 and not any(any(path.read_bytes()) for path in files)

    c_library = ctypes.CDLL(None)
    c_library.mallopt(M_PERTURB, 0x5A)
    try:
        gates, secret = add(library, "gates.txt", GATES), add(library, "secret.txt", SECRET)
        assert graph_is_blank()
        library.remove(secret)
        library.forget()
        assert graph_is_blank()
        library.close()
        with Library(library.home, embedder, names) as again:
            check_holds(again, gates)
            assert graph_is_blank()
    finally:
        c_library.mallopt(M_PERTURB, 0)


def test_nothing_is_filled_anew_for_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was removed there is nothing to forget, and no index is touched."""
    add(library, "gates.txt", GATES)
    monkeypatch.setattr(library.neighbors, "renew", lambda _: pytest.fail("it was filled anew"))
    assert library.forget()


def test_what_comes_and_goes_meanwhile_does_so(library: Library) -> None:
    """A document added, and one removed, while the indexes are filled anew are found, and not found, after it."""
    first, secret = add(library, "gates.txt", GATES), add(library, "secret.txt", SECRET)
    library.remove(add(library, "other.txt", b"The pilots objected."))
    added: list[str] = []

    def meanwhile() -> bool:
        if not added:
            check_holds(library, first, secret) if not list(library.home.glob("*.new")) else None
            added.append(add(library, "lamps.txt", LAMPS))
            library.remove(secret)
            assert by_vectors(library, "Who telephoned the harbour?") == {first, *added}
        return False

    assert library.forget(meanwhile)
    check_holds(library, first, *added)
    assert not words_left(library)
    health = library.check()
    assert (health.mended, health.problems) == ((), ())


def test_what_is_stopped_is_still_to_be_done(library: Library) -> None:
    """Who is stopped says so, leaves no half index behind, and the store answers and notes what is left to do."""
    gates, secret = add(library, "gates.txt", GATES), add(library, "secret.txt", SECRET)
    library.remove(secret)
    assert not library.forget(lambda: True)
    check_holds(library, gates)
    assert library.catalog.due() is not None
    assert library.forget()
    assert not words_left(library)


def test_a_close_does_not_wait_for_the_end(library: Library, embedder: Embedder, names: FirmNames) -> None:
    """A store that is closed while it forgets is closed soon, and the next one goes on and says so."""
    gates, secret = add(library, "gates.txt", GATES), add(library, "secret.txt", SECRET)
    library.remove(secret)
    begun, closing, told = threading.Event(), threading.Event(), []

    def wait() -> bool:
        begun.set()
        return not closing.wait(60)

    working = threading.Thread(target=lambda: told.append(library.forget(wait)))
    working.start()
    assert begun.wait(60)
    leaving = threading.Thread(target=library.close)
    leaving.start()
    while not library._closing.is_set():
        pass
    closing.set()
    working.join()
    leaving.join()
    assert told == [False]
    with Library(library.home, embedder, names) as again:
        check_holds(again, gates)
        assert "what was removed is overwritten" in again.check().mended
        assert not words_left(again)


def test_no_room_for_another_index_is_said_and_harmless(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the indexes cannot be filled anew the old ones answer on, and a check names it until there is room."""
    gates, secret = add(library, "gates.txt", GATES), add(library, "secret.txt", SECRET)
    library.remove(secret)
    with monkeypatch.context() as patch:
        patch.setattr("ingest.index.Index.put", lambda *_: (_ for _ in ()).throw(StoreError("no room")))
        with pytest.raises(StoreError, match="no room"):
            library.forget()
        assert library.check().problems == ("no room",)
    check_holds(library, gates)
    assert library.check().problems == ()
    assert not words_left(library)


def test_no_folder_for_another_index_is_said_and_harmless(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a folder for another index cannot be made, the error names it, and nothing is lost."""
    gates, secret = add(library, "gates.txt", GATES), add(library, "secret.txt", SECRET)
    library.remove(secret)
    make = Path.mkdir

    def refused(self: Path, **how: Any) -> None:
        if self.suffix == ".new":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        make(self, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refused)
        with pytest.raises(StoreError, match=r"index\.new: the folder of the vector index cannot be made \(Permission"):
            library.forget()
    check_holds(library, gates)
    assert library.forget()
    assert not words_left(library)


@pytest.mark.parametrize("left", ["index.new", "words.new"])
def test_half_an_index_is_no_index(library: Library, embedder: Embedder, names: FirmNames, left: str) -> None:
    """What a process that died had filled of another index is gone after the next start."""
    gates = add(library, "gates.txt", GATES)
    library.close()
    (library.home / left).mkdir()
    (library.home / left / "half").write_bytes(SECRET)
    with Library(library.home, embedder, names) as again:
        check_holds(again, gates)
        assert not words_left(again)


@pytest.mark.parametrize("lost", ["index", "words"])
def test_a_death_between_the_two_indexes_is_harmless(
    library: Library, embedder: Embedder, names: FirmNames, lost: str
) -> None:
    """A process that died when the old index was gone and the new one not yet in its place lost nothing."""
    gates, lamps = add(library, "gates.txt", GATES), add(library, "lamps.txt", LAMPS)
    library.close()
    (library.home / lost).rename(library.home / f"{lost}.new")
    with Library(library.home, embedder, names) as again:
        check_holds(again, gates, lamps)
