from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from specimens import COMPILED, DOCUMENTS
from test_page import settled

from app.desk import Desk
from app.dossier import Dossier
from app.incoming import Incoming, Lost, keep, left_over
from app.settings import Settings
from ingest.errors import DossierError

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.embed import Embedder


def test_what_waits_is_there_again(tmp_path: Path) -> None:
    """A file that waits is found again with its name and its bytes, the oldest first, in files of the user alone."""
    folder = tmp_path / "incoming"
    for name in ("b.md", "../a.md"):
        keep(folder, name, name.encode(), None)
    found = list(left_over(folder))
    assert [one.name for one in found] == ["b.md", "../a.md"]
    assert all(isinstance(one, Incoming) and one.begin() == one.name.encode() for one in found)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_password_is_not_kept(tmp_path: Path) -> None:
    """A file whose password was in the memory alone is not read later; it is said and deleted."""
    folder = tmp_path / "incoming"
    keep(folder, "locked.pdf", b"%PDF", "hunter2")
    assert not any(b"hunter2" in path.read_bytes() for path in folder.iterdir())
    (lost,) = left_over(folder)
    assert isinstance(lost, Lost)
    assert lost.why == "locked.pdf: was not read, since its password is not kept. Add it again."
    assert list(folder.iterdir()) == []


def test_a_file_that_ended_the_page(tmp_path: Path) -> None:
    """A file that was being read when the process ended is not tried again; it is said and deleted."""
    folder = tmp_path / "incoming"
    keep(folder, "heavy.pdf", b"%PDF", None).begin()
    (lost,) = left_over(folder)
    assert lost == Lost("heavy.pdf", "heavy.pdf: was not read, since the page ended while it was read. Add it again.")
    assert list(folder.iterdir()) == []


def test_half_of_a_file_is_not_read(tmp_path: Path) -> None:
    """What was only partly taken in is deleted."""
    folder = tmp_path / "incoming"
    folder.mkdir()
    (folder / "x.part").write_bytes(b"half")
    assert list(left_over(folder)) == []
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A file that the disk does not take is refused by name with what to do."""
    (tmp_path / "incoming").write_text("a file in the way")
    with pytest.raises(DossierError, match=r"^a\.md: cannot be taken in \(.*add it again\.$"):
        keep(tmp_path / "incoming", "a.md", b"x", None)


def test_uploads_outlast_the_page(tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that waited when the page ended is read at the next start."""
    monkeypatch.setattr("ingest.embed.Embedder", lambda *_: embedder)
    monkeypatch.setattr("app.desk.shipped", list)
    home = tmp_path / "store"
    with Dossier(Settings(home=home, compiled=COMPILED)) as dossier:
        keep(home / "incoming", "gate.md", DOCUMENTS["gate.md"].encode(), None)
        desk = Desk(dossier)
        settled(desk)
        (upload,) = desk.uploads()
        assert [receipt.status for receipt in upload.receipts] == ["added"]
        assert [entry.source.name for entry in dossier.library.entries()] == ["gate.md"]
        assert list((home / "incoming").iterdir()) == []
