from __future__ import annotations

import shutil
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import StoreError
from ingest.lexical import LexicalIndex
from ingest.library import Library
from ingest.records import Filters

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.embed import Embedder
    from ingest.firms import FirmNames

GATES = b"The port of Marrow Bay bought twelve gates from Quillon Optics."
LAMPS = b"The lamps of Ostrel were lit by the harbour master, who sold gates."
WORDS = ("gates", "lamps", "harbour", "pilots")


@pytest.fixture
def library(tmp_path: Path, embedder: Embedder, names: FirmNames):
    with Library(tmp_path / "store", embedder, names) as opened:
        yield opened


def add(library: Library, name: str, data: bytes) -> str:
    (receipt,) = library.add(name, data)
    return str(receipt.id)


def found(library: Library, *terms: str, filters: Filters | None = None) -> list[str]:
    """Return the ids of the documents that hold any of some terms, the best first."""
    return [key.split(":")[0] for key in library.ranking.best(terms, 100, filters or Filters())]


def test_more_of_the_words_rank_first(library: Library) -> None:
    """A passage that holds more of the words stands before one that holds fewer; one that holds none is left out."""
    gates, lamps = add(library, "gates.txt", GATES), add(library, "lamps.txt", LAMPS)
    add(library, "pilots.txt", b"The pilots objected.")
    assert found(library, "lamps", "gates") == [lamps, gates]
    assert found(library, "Marrow Bay") == [gates]
    assert found(library, "Bay Marrow") == []
    assert found(library, "zeppelins") == []


def test_endings_case_and_accents_do_not_matter(library: Library) -> None:
    """A word is found whatever its English ending, case and accents; each Han character is a word."""
    only = add(library, "a.txt", "The Café GATES of 海康威视 were sold.".encode())
    for term in ("gate", "cafe", "Gated", "海康", "康威视"):
        assert found(library, term) == [only]


def test_only_what_filters_leave_is_ranked(library: Library) -> None:
    """With filters only the passages that they leave are ranked."""
    gates = add(library, "gates.txt", GATES)
    add(library, "lamps.txt", LAMPS)
    assert found(library, "gates", filters=Filters(documents=(gates,))) == [gates]
    assert found(library, "gates", filters=Filters(publisher="Nobody")) == []


@settings(max_examples=15)
@given(held=st.lists(st.sets(st.sampled_from(WORDS)), min_size=1, max_size=8), gone=st.sets(st.integers(0, 7)))
def test_it_holds_what_was_put_and_not_removed(
    held: list[set[str]], gone: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After any changes a word finds exactly the passages that hold it and were not removed, also after reopening."""
    folder = tmp_path_factory.mktemp("words") / "words"
    index = LexicalIndex(folder)
    index.change((), [(number, " ".join(["port", *sorted(words)])) for number, words in enumerate(held)])
    index.change(sorted(gone), ())
    for one in (index, LexicalIndex(folder)):
        assert one.size == len(held) - len([number for number in gone if number < len(held)])
        for word in WORDS:
            wanted = {number for number, words in enumerate(held) if word in words and number not in gone}
            assert set(one.best([word], 100)) == wanted
            assert set(one.best([word], 100, [0, 1, 2])) == wanted & {0, 1, 2}


def test_removed_words_are_in_no_file(library: Library) -> None:
    """After a removal no word of the document is in the files of the index, and the others are found as before."""
    gone = add(library, "secret.txt", b"The whistleblower Quagmire telephoned the harbour.")
    lamps = add(library, "lamps.txt", LAMPS)
    assert found(library, "Quagmire") == [gone]
    library.remove(gone)
    assert found(library, "Quagmire") == []
    assert library.forget()
    files = [path.read_bytes().lower() for path in (library.home / "words").rglob("*") if path.is_file()]
    assert not any(word in data for data in files for word in (b"quagmir", b"whistleblow", b"telephon"))
    assert found(library, "Quagmire") == []
    assert found(library, "harbour") == [lamps]


def test_a_removal_that_was_interrupted_is_finished(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was removed when its process ended is found by no word after it, and overwritten by a later one."""
    gone = add(library, "secret.txt", b"The whistleblower Quagmire telephoned the harbour.")
    monkeypatch.setattr(library.ranking, "told", lambda: None)
    library.remove(gone)
    library.close()
    with Library(library.home, library.embedder, library.names) as again:
        assert found(again, "Quagmire") == []
        assert again.forget()
        assert not any(b"quagmir" in path.read_bytes() for path in (again.home / "words").rglob("*.*"))


def test_what_an_interrupted_process_did_not_tell_is_told(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that a process kept and did not yet rank is found by the next one."""
    add(library, "lamps.txt", LAMPS)
    monkeypatch.setattr(library.ranking, "told", lambda: None)
    gates = add(library, "gates.txt", GATES)
    library.close()
    with Library(library.home, library.embedder, library.names) as again:
        assert found(again, "Marrow") == [gates]
        assert again.check().mended == ()


def _damages(folder: Path) -> list[tuple[str, str]]:
    files = [path.name for path in sorted(folder.iterdir()) if path.suffix != ".lock"]
    return [(name, how) for name in files for how in ("deleted", "emptied", "halved", "changed")]


def _damage(path: Path, how: str, dice: Random) -> None:
    data = bytearray(path.read_bytes())
    if how == "deleted":
        path.unlink()
        return
    if how == "changed" and data:
        for _ in range(5):
            data[dice.randrange(len(data))] ^= 0xFF
    path.write_bytes({"emptied": b"", "halved": bytes(data[: len(data) // 2])}.get(how, bytes(data)))


def test_a_damaged_index_is_filled_anew(library: Library, tmp_path: Path) -> None:
    """Whatever file of the index is deleted, emptied, cut or changed, the next start answers as before."""
    gates = add(library, "gates.txt", GATES)
    lamps = add(library, "lamps.txt", LAMPS)
    library.close()
    dice, whole = Random(1), tmp_path / "whole"  # noqa: S311 - damages files
    shutil.copytree(library.home / "words", whole)
    for name, how in _damages(whole):
        shutil.rmtree(library.home / "words")
        shutil.copytree(whole, library.home / "words")
        _damage(library.home / "words" / name, how, dice)
        with Library(library.home, library.embedder, library.names) as again:
            assert found(again, "lamps", "gates") == [lamps, gates], (name, how)


def test_what_a_process_wrote_of_a_change_and_died_is_not_in_the_way(library: Library, tmp_path: Path) -> None:
    """A file of a removal that was killed before its end does not keep the removal from being done again."""
    gates, lamps = add(library, "gates.txt", GATES), add(library, "lamps.txt", LAMPS)
    library.ranking.renew(lambda: False)  # both in one file, of which one is then removed
    shutil.copytree(library.home / "words", tmp_path / "died")
    LexicalIndex(tmp_path / "died").change(library.catalog.numbers()[1:], ())
    (written,) = (tmp_path / "died").glob("*.del")
    shutil.copy(written, library.home / "words")
    library.remove(lamps)
    assert found(library, "gates") == [gates]
    assert written.name in library.check().mended[0]


def test_an_index_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    """Where the index cannot be kept, the error names the folder and what to do."""
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "meta.json").mkdir()
    with pytest.raises(StoreError, match=r"words: the index of words cannot be opened .*delete that folder"):
        LexicalIndex(tmp_path / "words")
