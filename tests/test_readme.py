from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from specimens import COMPILED, ROOT
from typer.main import get_command

from app import cli
from app.dossier import Dossier, shipped
from app.settings import SETTINGS, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.embed import Embedder

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = get_command(cli.app).commands  # type: ignore[attr-defined]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
CONSOLE = [
    line.removeprefix("$ ")
    for language, block in BLOCKS
    if language == "console"
    for line in block.splitlines()
    if line.startswith("$ ")
]
# What the first block shows: each command with what it prints.
TRANSCRIPT = dict(
    re.findall(r"^\$ (dossier ask .*)\n((?:(?!\$ ).*\n)+)", next(block for _, block in BLOCKS), re.MULTILINE)
)
DOSSIER_LINES = [
    re.sub(r"^(?:DOSSIER_\w+=\S+ )+", "", line) for line in CONSOLE if re.match(r"(?:DOSSIER_\w+=\S+ )*dossier ", line)
]
MAP = next(block for language, block in BLOCKS if not language and block.startswith("ingest/"))


@pytest.mark.parametrize("line", DOSSIER_LINES)
def test_a_command_of_the_readme_parses(line: str) -> None:
    """Every dossier command in the README names a command and parses with its arguments."""
    _, name, *arguments = shlex.split(line.split(" > ", maxsplit=1)[0], comments=True)
    COMMANDS[name].make_context(name, arguments)


def test_every_command_is_in_the_readme() -> None:
    """Every command stands in the README."""
    assert {shlex.split(line)[1] for line in DOSSIER_LINES} == set(COMMANDS)


def test_every_make_target_is_there() -> None:
    """Every make target that the README names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:^\$ |`)make ([a-z-]+)", README, re.MULTILINE)) <= targets


def test_the_settings_are_in_the_readme() -> None:
    """The README names the settings that there are, and no others."""
    assert set(re.findall(r"\bDOSSIER_\w+", README)) == set(SETTINGS)


def test_the_map_names_what_is_there() -> None:
    """Every folder and module that the README's map begins a line with exists."""
    folder = ROOT
    for line in MAP.splitlines():
        if not line.startswith(" "):
            folder = ROOT / line.split()[0]
            assert folder.is_dir(), line
            continue
        names = re.findall(r"(?:^|· )([a-z_]+)", line.strip()) if "·" in line else [line.split()[0].rstrip("/")]
        assert [name for name in names if not ((folder / name).is_dir() or (folder / f"{name}.py").is_file())] == []


@pytest.mark.parametrize("package", ["app", "ingest"])
def test_the_map_is_whole(package: str) -> None:
    """Every module stands in the README's map."""
    words = set(re.findall(r"\w+", MAP))
    modules = {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__"}
    assert modules - words == set()


def test_links_lead_somewhere() -> None:
    """Every link and picture of the README that is no address is a file of the project."""
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_a_promise_about_safety_has_its_test() -> None:
    """Every promise in the table of SECURITY.md names a file of tests, or more, that exist."""
    table = re.findall(r"^\| (?!Promise|-)(.*) \|$", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE)
    tests = {promise: re.findall(r"`(tests/\w+\.py)`", promise) for promise in table}
    assert tests
    assert [promise for promise, files in tests.items() if not files] == []
    assert [file for files in tests.values() for file in files if not (ROOT / file).is_file()] == []


def test_the_readme_is_the_help() -> None:
    """What the help says of the home's default, the README says too."""
    assert "default `.dossier` in the current folder" in README
    assert SETTINGS["DOSSIER_HOME"].endswith("default .dossier in the current folder")


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """Return the folder of a store of what ships."""
    home = tmp_path_factory.mktemp("readme") / "store"
    with Dossier(Settings(home=home, compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder  # the one that is loaded
        assert {receipt.status for receipt in dossier.add_paths(shipped())} == {"added"}
    return home


@pytest.mark.parametrize("command", TRANSCRIPT)
def test_the_transcript_is_real(
    command: str,
    collection: Path,
    embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every answer that the README shows is what the command prints for what ships, up to where it says [...]."""
    monkeypatch.setattr("ingest.embed.Embedder", lambda *_: embedder)
    monkeypatch.setattr("sys.argv", [*shlex.split(command), "--home", str(collection)])
    with pytest.raises(SystemExit):
        cli.main()
    shown, dots, _ = TRANSCRIPT[command].partition("[...]")
    printed = capsys.readouterr().out
    assert printed.startswith(shown) if dots else printed.strip() == shown.strip()


def test_the_example_in_python_is_real(
    collection: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's example in Python runs, and prints passages and sentences with what they quote."""
    monkeypatch.setattr("ingest.embed.Embedder", lambda *_: embedder)
    (code,) = [block for language, block in BLOCKS if language == "python"]
    exec(code.replace('".dossier"', repr(str(collection))), {})  # noqa: S102 - the README's own
    *passages, last = capsys.readouterr().out.splitlines()
    assert len(passages) >= 3
    assert "Hikvision" in passages[0]
    assert re.search(r"\[\d+\].* \['", last)
