"""The command line run in the process of a test, and a store for it to read.

A plugin of pytest: a test module that names it in `pytest_plugins` has its fixtures. (PYTEST_DONT_REWRITE: test modules
import names from here, too.)
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.embed import Embedder

    Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(embedder: Embedder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs the command line in this process: exit code, stdout, stderr."""
    for name in [name for name in os.environ if name.startswith("DOSSIER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("ingest.embed.Embedder", lambda *_: embedder)  # the one that is loaded

    def run_command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dossier", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        code = ended.value.code
        return code if isinstance(code, int) else 0, printed.out, printed.err

    return run_command


@pytest.fixture(scope="module")
def store(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store that these tests only read."""
    return Path(shutil.copytree(stored, tmp_path_factory.mktemp("cli") / "store"))


def from_json(result: tuple[int, str, str], code: int = 0) -> Any:
    assert result[0] == code, result
    return json.loads(result[1])
