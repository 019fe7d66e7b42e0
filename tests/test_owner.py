from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ingest.errors import StoreError
from ingest.owner import disown, own

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["/opt/bin/dossier", "ingest", "http://me:s3cret@lantern.example/"], "dossier ingest"),
        (["dossier", "--verbose", "ask", "Who is s3cret?", "--home", "store"], "dossier ask"),
        (["dossier", "me:s3cret@lantern.example/"], "dossier"),
        (["dossier", "--home=s3cret"], "dossier"),
        (["dossier", "who is s3cret"], "dossier"),
        (["-c"], "-c"),
        ([], ""),
    ],
)
def test_what_an_owner_does_is_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], command: str
) -> None:
    """Of a store's owner its program and what it does are noted and told, not what it was asked or given."""
    monkeypatch.setattr("sys.argv", arguments)
    lock = own(tmp_path)
    assert json.loads((tmp_path / "owner.json").read_text(encoding="utf-8"))["command"] == command
    with pytest.raises(StoreError) as refused:
        own(tmp_path)
    assert f"({command})" in str(refused.value)
    assert "s3cret" not in str(refused.value) + (tmp_path / "owner.json").read_text(encoding="utf-8")
    disown(tmp_path, lock)
    assert not (tmp_path / "owner.json").exists()
