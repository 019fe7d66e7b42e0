from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
import subprocess
import sys
import zipfile
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING

import pytest
from specimens import COMPILED, METERS, ROOT

from app.dossier import Dossier
from app.settings import Settings
from ingest import backup
from ingest.backup import back_up, restore
from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.embed import Embedder

pytest_plugins = ["specimens"]


def answer_in(home: Path, embedder: Embedder) -> tuple[str, list[str]]:
    """Return what a store answers, and what is wrong in it."""
    with Dossier(Settings(home=home, compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder
        return dossier.ask(METERS).text, list(dossier.library.check().problems)


def test_a_restored_store_answers_the_same(own_store: Path, tmp_path: Path, embedder: Embedder) -> None:
    """A backup that another process makes while the store is in use is restored to a store that answers the same."""
    file, home = tmp_path / "backup.zip", tmp_path / "deep" / "restored"
    talk = own_store / "conversations" / "0123456789abcdef.json"
    talk.parent.mkdir(exist_ok=True)
    talk.write_text("{}")
    (own_store / "model.json").write_text("{}")
    with Dossier(Settings(home=own_store, compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder
        before = dossier.ask(METERS).text
        code = (
            "import sys; from pathlib import Path; from ingest.backup import back_up; back_up(*map(Path, sys.argv[1:]))"
        )
        subprocess.run([sys.executable, "-c", code, own_store, file], check=True, cwd=ROOT)
    made = restore(file, home)
    assert made.conversations == 1
    assert (home / "conversations" / talk.name).read_text() == "{}"
    assert not (home / "model.json").exists()
    assert answer_in(home, embedder) == (before, [])
    assert made.documents == len(list((home / "originals").iterdir()))


def test_a_backup_is_private(own_store: Path, tmp_path: Path) -> None:
    """A backup and what is made of it are for their owner's eyes only, whatever the process lets others see."""
    old = os.umask(0)
    try:
        back_up(own_store, tmp_path / "backup.zip")
        restore(tmp_path / "backup.zip", tmp_path / "restored")
    finally:
        os.umask(old)
    made = [tmp_path / "backup.zip", tmp_path / "restored", *(tmp_path / "restored").rglob("*")]
    assert [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_nothing_is_overwritten(own_store: Path, tmp_path: Path) -> None:
    """Neither a file that is there nor a folder that holds something is written over."""
    file = tmp_path / "backup.zip"
    back_up(own_store, file)
    with pytest.raises(StoreError, match=r"exists"):
        back_up(own_store, file)
    with pytest.raises(StoreError, match=r"not empty"):
        restore(file, own_store)
    with pytest.raises(StoreError, match=r"no store"):
        back_up(tmp_path / "nowhere", tmp_path / "other.zip")
    with pytest.raises(StoreError, match=r"cannot be written"):
        back_up(own_store, tmp_path / "nowhere" / "other.zip")


@pytest.mark.parametrize("at", [0.0, 0.2, 0.5, 0.8, 0.999])
def test_a_damaged_backup_is_refused(own_store: Path, tmp_path: Path, at: float) -> None:
    """A backup that was cut short, or changed in one place, makes no store and says so."""
    file, home = tmp_path / "backup.zip", tmp_path / "restored"
    back_up(own_store, file)
    data = file.read_bytes()
    place = int(at * len(data))
    file.write_bytes(data[:place])
    with pytest.raises(StoreError, match=r"backup\.zip"):
        restore(file, home)
    (tmp_path / "changed.zip").write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
    problem = problem_of(tmp_path / "changed.zip", home)
    if problem:
        assert "changed.zip" in problem
        assert not home.exists()
    else:
        # What a ZIP file says twice may be changed; every file in it is whole.
        back_up(home, tmp_path / "again.zip")
        assert files_of(tmp_path / "again.zip") == files_of(tmp_path / "changed.zip")


def with_catalog(file: Path, change: Callable[[sqlite3.Connection], object], folder: Path) -> Path:
    """Return a backup of a changed catalog, with everything else as it was and every hash right."""
    changed, path = folder / "changed.zip", folder / "catalog.sqlite3"
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(changed, "w") as archive:
        path.write_bytes(whole.read(path.name))
        with closing(sqlite3.connect(path)) as database:
            change(database)
            database.commit()
        data, about = path.read_bytes(), json.loads(whole.read("manifest.json"))
        about["files"][path.name] = [len(data), hashlib.sha256(data).hexdigest()]
        new = {path.name: data, "manifest.json": json.dumps(about)}
        for one in whole.namelist():
            archive.writestr(one, new.get(one, whole.read(one)))
    return changed


def break_schema(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA writable_schema = ON")
    database.execute("UPDATE sqlite_schema SET sql = 'CREATE' WHERE name = 'documents'")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda database: database.execute("PRAGMA user_version = 99"),
            "it has version 99, this one reads 1. Install the newer Dossier, or name another backup.",
        ),
        (
            lambda database: database.execute("PRAGMA application_id = 7"),
            "is not a catalog of Dossier. Name another backup.",
        ),
        (break_schema, "It is damaged: restore a backup that is whole."),
        (lambda database: database.execute("DELETE FROM vectors"), "Take another backup."),
    ],
    ids=["newer", "another program's", "damaged", "without vectors"],
)
def test_a_catalog_that_cannot_be_used_is_named_by_its_backup(
    own_store: Path, tmp_path: Path, change: Callable[[sqlite3.Connection], object], said: str
) -> None:
    """A backup whose catalog cannot be used is named, with what to do, and no folder that is gone."""
    back_up(own_store, tmp_path / "backup.zip")
    changed = with_catalog(tmp_path / "backup.zip", change, tmp_path)
    problem = problem_of(changed, tmp_path / "restored")
    assert problem.startswith(f"{changed}: its catalog")
    assert said in problem
    assert problem.count(str(tmp_path)) == 1
    assert "--home" not in problem


def test_a_catalog_that_cannot_be_backed_up_is_named(own_store: Path, tmp_path: Path) -> None:
    """A store whose catalog cannot be backed up is named by its own file, and not by a copy of it."""
    with closing(sqlite3.connect(own_store / "catalog.sqlite3")) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="written by a newer Dossier") as refused:
        back_up(own_store, tmp_path / "backup.zip")
    assert str(refused.value).startswith(str(own_store / "catalog.sqlite3"))


def problem_of(backup: Path, home: Path) -> str:
    """Return why a backup cannot be restored; nothing when it was."""
    try:
        restore(backup, home)
    except StoreError as error:
        return str(error)
    return ""


def files_of(backup: Path) -> set[str]:
    """Return the hashes that a backup gives of its originals."""
    with zipfile.ZipFile(backup) as archive:
        return {name for name in json.loads(archive.read("manifest.json"))["files"] if name.startswith("originals/")}


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "originals/../../x", "index/chroma.sqlite3", "model.json"]
)
def test_a_foreign_file_is_refused(own_store: Path, tmp_path: Path, name: str) -> None:
    """A backup that names a file which no backup holds makes no store, and writes nothing anywhere."""
    file, hostile = tmp_path / "backup.zip", tmp_path / "hostile.zip"
    back_up(own_store, file)
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(hostile, "w") as archive:
        about = json.loads(whole.read("manifest.json"))
        about["files"][name] = [1, "0" * 64]
        for one in whole.namelist():
            archive.writestr(one, json.dumps(about) if one == "manifest.json" else whole.read(one))
        archive.writestr(name, "x")
    before = set(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match=r"no whole backup"):
        restore(hostile, tmp_path / "restored")
    assert set(tmp_path.rglob("*")) == before


def test_a_bomb_is_refused(own_store: Path, tmp_path: Path) -> None:
    """A file that unfolds to more than the manifest says is not unfolded."""
    file, bomb = tmp_path / "backup.zip", tmp_path / "bomb.zip"
    back_up(own_store, file)
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in whole.namelist():
            archive.writestr(one, bytes(200 * 2**20) if one == "catalog.sqlite3" else whole.read(one))
    with pytest.raises(StoreError, match=r"longer than"):
        restore(bomb, tmp_path / "restored")


def test_any_bit_may_be_wrong(own_store: Path, tmp_path: Path) -> None:
    """Of a backup with one wrong bit anywhere a whole store is made or none, and no error is of another kind."""
    file = tmp_path / "backup.zip"
    back_up(own_store, file)
    data, wanted = file.read_bytes(), files_of(file)
    random = Random(1)  # noqa: S311 - no secret
    for number in range(60):
        bit = random.randrange(8 * len(data))
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        (tmp_path / "changed.zip").write_bytes(changed)
        home = tmp_path / f"{number}"
        if not problem_of(tmp_path / "changed.zip", home):
            assert {f"originals/{path.name}" for path in (home / "originals").iterdir()} == wanted
        elif home.exists():
            assert not list(home.iterdir())


def test_a_lost_original_is_told(own_store: Path, tmp_path: Path) -> None:
    """A backup without an original that the store has lost, or that was changed in it, says so."""
    lost, changed, *_ = sorted((own_store / "originals").iterdir())
    lost.unlink()
    changed.write_bytes(b"other")
    assert back_up(own_store, tmp_path / "backup.zip").lost == 2
    assert f"originals/{changed.name}" not in files_of(tmp_path / "backup.zip")


def test_what_is_removed_meanwhile(
    own_store: Path, tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document that is removed while its store is backed up is not in the backup, and the rest is whole."""
    snapshot = backup.snapshot
    done = []

    def snapshot_then_removal(path: Path, target: Path) -> None:
        snapshot(path, target)
        if not done:
            done.append(target)
            with Dossier(Settings(home=own_store, compiled=COMPILED)) as dossier:
                dossier.library.embedder = embedder
                dossier.library.remove(dossier.library.entries()[0].source.id)

    monkeypatch.setattr(backup, "snapshot", snapshot_then_removal)
    made = back_up(own_store, tmp_path / "backup.zip")
    assert done
    restore(tmp_path / "backup.zip", tmp_path / "restored")
    assert answer_in(tmp_path / "restored", embedder)[1] == []
    assert made.documents == len(list((own_store / "originals").iterdir()))
