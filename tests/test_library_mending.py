from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from faults import damage
from stores import GATES, Counting, add, check_consistent, near, originals, said

from ingest.embed import Embedder
from ingest.errors import DossierError, StoreError
from ingest.firms import LISTED, FirmNames
from ingest.library import Library
from ingest.records import Filters


def test_an_original_without_a_document_is_swept(library: Library, embedder: Embedder, names: FirmNames):
    """What a crash between original and catalog left behind is gone at the next start, which says so; others stay."""
    kept = add(library, "gates.txt", GATES)
    library.close()
    for name in ("f" * 64, "e" * 64 + ".part"):
        (library.home / "originals" / name).write_bytes(b"half")
    with Library(library.home, embedder, names) as again:
        assert originals(again) == {again.document(kept.id).source.sha256}
        assert again.check().mended == ("originals: 2 deleted that no document came from",)
        check_consistent(again)


def test_the_index_is_told_at_the_next_start(library: Library, embedder: Embedder, names: FirmNames):
    """What the catalog holds and the index was not told before a crash is made good, and said, at the next start."""
    kept, gone = add(library, "gates.txt", GATES), add(library, "lamps.txt", b"The lamps of Ostrel were lit.")
    with library.catalog.transaction():
        library.catalog.remove(gone.id)
    library.neighbors.index.remove(library.catalog.passage_ids())
    library.catalog.queue(library.catalog.passage_ids(), [])
    library.close()
    with Library(library.home, embedder, names) as again:
        assert near(again, "Who bought gates?") == [kept.id]
        assert "index: 1 passages are still to be added, 1 to be removed" in again.check().mended
        check_consistent(again)


def test_what_a_dead_process_removed_is_overwritten(
    library: Library, embedder: Embedder, names: FirmNames, monkeypatch, tmp_path: Path
):
    """A removal whose process dies before it overwrote the catalog is told at the next start, which finishes it."""
    receipt = add(library, "gates.txt", b"Brambleton bought twelve gates.")
    library.remove(receipt.id)
    monkeypatch.setattr("ingest.database.Database.overwrite", lambda _: pytest.fail("it died"))
    with pytest.raises(pytest.fail.Exception):
        library.forget()
    monkeypatch.undo()
    # As a dead process leaves its files.
    left = Path(shutil.copytree(library.home, tmp_path / "left"))

    def held() -> bytes:
        return b"".join(path.read_bytes() for path in left.glob("catalog.*")).lower()

    assert b"brambleton" in held()
    with Library(left, embedder, names) as again:
        mended = again.check().mended
        assert "what was removed is still to be overwritten" in mended
        assert "what was removed is overwritten" in mended
        assert b"brambleton" not in held()
        check_consistent(again)


def test_what_could_not_be_overwritten_is_overwritten_by_a_check(library: Library, monkeypatch: pytest.MonkeyPatch):
    """What was removed while the disk was full is a problem that a check names, and mends once there is room."""
    receipt = add(library, "gates.txt", b"Brambleton bought twelve gates.")

    def full(_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("ingest.database.Database.overwrite", full)
        library.remove(receipt.id)
        with pytest.raises(StoreError, match="full"):
            library.forget()
        assert library.check().problems == ("the disk is full",)
    assert library.check().problems == ()
    held = b"".join(path.read_bytes() for path in library.home.glob("catalog.*"))
    assert b"brambleton" not in held.lower()


def test_a_lost_index_is_filled_without_embedding(library: Library, embedder: Embedder, names: FirmNames):
    """A store whose index folder was deleted finds everything again, and embeds nothing for it."""
    kept = add(library, "gates.txt", GATES)
    before = near(library, "Who bought gates?")
    library.close()
    shutil.rmtree(library.home / "index")
    counting = Counting(embedder)
    with Library(library.home, counting, names) as again:
        assert near(again, "Who bought gates?") == before == [kept.id]
        assert counting.embedded == 0
        add(again, "lamps.txt", b"The lamps of Ostrel were lit.")
        assert counting.embedded == 1
        check_consistent(again)


@pytest.mark.parametrize(
    ("file", "how"), [("chroma.sqlite3", "cut short"), ("header.bin", "deleted"), ("data_level0.bin", "overwritten")]
)
def test_a_damaged_index_is_filled_anew(library: Library, embedder: Embedder, names: FirmNames, file: str, how: str):
    """Whatever is damaged of the index, the next start finds everything again and embeds nothing."""
    texts = {f"{at}.txt": f"The port of Marrow Bay bought {at} gates.".encode() for at in range(20, 60)}
    kept = list(library.add_files((name, partial(bytes, text)) for name, text in texts.items()))
    before = near(library, "Who bought 50 gates?")
    library.close()
    (path,) = (library.home / "index").rglob(file)
    damage(path, how)
    counting = Counting(embedder)
    with Library(library.home, counting, names) as again:
        assert near(again, "Who bought 50 gates?") == before
        assert len(before) == len(kept)
        assert counting.embedded == 0
        again.check()
        check_consistent(again)


def test_what_was_mended_is_said(
    library: Library, embedder: Embedder, names: FirmNames, caplog: pytest.LogCaptureFixture
):
    """A start that fills a broken index anew says so."""
    add(library, "gates.txt", GATES)
    library.close()
    damage(library.home / "index" / "chroma.sqlite3", "cut short")
    with Library(library.home, embedder, names) as again:
        assert near(again, "Who bought gates?")
        assert "mended: index: it cannot be opened" in caplog.text
        assert [one.startswith("index: it cannot be opened") for one in again.check().mended] == [True]


def test_a_whole_index_is_not_tried(library: Library, embedder: Embedder, names: FirmNames, monkeypatch):
    """An index that is as it was left is opened without a child process, which takes a second."""
    add(library, "gates.txt", GATES)
    library.close()
    monkeypatch.setattr("ingest.neighbors.probe", lambda *_: pytest.fail("it was tried"))
    for _ in range(2):
        with Library(library.home, embedder, names) as again:
            assert near(again, "Who bought gates?")


def test_an_index_that_ends_the_process_is_filled_anew(
    library: Library, embedder: Embedder, names: FirmNames, monkeypatch, caplog: pytest.LogCaptureFixture
):
    """An index that ends the process that opens it with a signal is never opened by the store's own."""
    kept = add(library, "gates.txt", GATES)
    library.close()
    (library.home / "index" / "chroma.sqlite3").write_bytes(b"")
    dying = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    run = subprocess.run
    monkeypatch.setattr("ingest.probe.subprocess.run", lambda command, **more: run([command[0], "-c", dying], **more))
    with Library(library.home, embedder, names) as again:
        assert near(again, "Who bought gates?") == [kept.id]
    assert "ended the process with signal 11" in caplog.text


def test_an_unchanged_file_is_not_embedded(library: Library, embedder: Embedder):
    """A file that is here already costs no embedding."""
    add(library, "gates.txt", GATES)
    library.embedder = Counting(embedder)
    add(library, "gates.txt", GATES)
    add(library, "copy.txt", GATES)
    assert library.embedder.embedded == 0


def test_check_mends_the_index(library: Library):
    """Passages that the index lacks or should not have are put right and told; the next check finds nothing."""
    kept = add(library, "gates.txt", GATES)
    library.neighbors.index.remove(library.catalog.passage_ids())
    for _ in library.neighbors.index.put(["ghost:0"], np.ones((1, 384), np.float32)):
        pass
    assert library.check().mended == ("index: 1 passages added, 1 removed",)
    assert near(library, "Who bought gates?") == [kept.id]
    check_consistent(library)


def test_check_tells_the_index_what_it_could_not_be_told(library: Library):
    """What is still queued, since the index could not be written, is told to it by a check."""
    kept = add(library, "gates.txt", GATES)
    library.neighbors.index.remove(library.catalog.passage_ids())
    library.catalog.queue(library.catalog.passage_ids(), [])
    assert library.check().mended == ("index: 1 passages added",)
    assert near(library, "Who bought gates?") == [kept.id]
    check_consistent(library)


def test_check_finds_a_missing_original(library: Library):
    """A lost original is a problem that names the file; adding it again has it back."""
    receipt = add(library, "gates.txt", GATES)
    lost = library.home / "originals" / library.document(receipt.id).source.sha256
    lost.unlink()
    (problem,) = library.check().problems
    assert str(lost) in problem
    add(library, "gates.txt", GATES)
    assert lost.read_bytes() == GATES
    check_consistent(library)


def test_check_finds_a_changed_original(library: Library):
    """An original whose bytes are not those that were added is a problem that names the file."""
    receipt = add(library, "gates.txt", GATES)
    changed = library.home / "originals" / library.document(receipt.id).source.sha256
    changed.write_bytes(GATES + b" Not so.")
    (problem,) = library.check().problems
    assert str(changed) in problem


def test_another_model_is_refused_until_everything_is_embedded_anew(
    library: Library, tiny_model: Path, names: FirmNames
):
    """Vectors of two models are never mixed: both are named with the command that changes over, which mends it."""
    kept = add(library, "gates.txt", GATES)
    old = library.embedder.fingerprint
    library.close()
    tiny = Embedder(tiny_model)
    with Library(library.home, tiny, names) as again:
        refused = again.add("lamps.txt", b"The lamps of Ostrel were lit.")[0].error
        with pytest.raises(DossierError) as caught:
            near(again, "Who bought gates?")
        for message in (refused, str(caught.value)):
            assert all(part in message for part in (old, tiny.fingerprint, "dossier doctor --embed-anew"))
        with pytest.raises(DossierError, match="embed-anew"):
            again.remove(kept.id)
        assert library.home.exists()
        assert said(again, "pilots") == {kept.id}
        assert again.embed_anew() == 1
        assert again.embed_anew() == 0
        assert set(near(again, "Who bought gates?")) == {kept.id}
        assert add(again, "lamps.txt", b"The lamps of Ostrel were lit.").status == "added"
        check_consistent(again)


def test_a_newer_list_of_firms_marks_what_is_there(library: Library, embedder: Embedder, tmp_path: Path):
    """A firm that a later list names is found in documents that were added before, and nothing is embedded anew."""
    added = add(library, "gates.txt", b"The gates came from OstraWorks. The pilots of Ostrel objected.")
    assert library.catalog.passage_ids(Filters(firm="ostraworks-group")) == []
    _, before = library.catalog.vectors(library.catalog.passage_ids())
    library.close()
    table = tmp_path / "own.csv"
    table.write_text("id,name,form,form_kind\nostraworks-group,OstraWorks,OstraWorks,canonical\n", encoding="utf-8")
    with Library(library.home, Counting(embedder), FirmNames.load(LISTED, table)) as opened:
        (found,) = opened.catalog.passage_ids(Filters(firm="ostraworks-group"))
        assert found.startswith(str(added.id))
        assert opened.catalog.passage_ids(Filters(firm="ostraworks")) == []
        _, after = opened.catalog.vectors([found])
        assert opened.embedder.embedded == 0
    assert np.array_equal(before, after)
