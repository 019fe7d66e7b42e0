from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from specimens import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("app", "ingest")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").glob("test_*.py"))
LONGEST_FILE = 450

# The one module that a library may be imported in; a folder stands for every module in it.
OWNERS = {
    "chromadb": ("ingest/index.py",),
    "sqlite3": ("ingest/database.py",),
    "sentence_transformers": ("ingest/embed.py",),
    "openvino": ("ingest/compiled.py",),
    "pypdf": ("ingest/read/pdf_facts.py",),
    "langchain": ("app/write.py",),
    "langchain_core": ("app/write.py",),
    "protego": ("ingest/robots.py",),
    "tantivy": ("ingest/lexical.py",),
    "nncf": ("ingest/quantized.py",),
    "idna": ("ingest/reach.py",),
    # Who could send anything: besides these only the libraries that the chat model's and the page's owners start.
    "http": ("ingest/fetch.py", "ingest/connection.py"),
    "ssl": ("ingest/fetch.py", "ingest/connection.py"),
    "socket": ("ingest/connection.py", "ingest/reach.py", "app/server.py"),
    "httpx": (),
    "httpx2": ("app/write.py",),
    "requests": (),
    "urllib3": (),
    "streamlit": ("app/server.py", "app/pages/"),
}
HEAVY = {
    "chromadb", "sentence_transformers", "torch", "transformers", "streamlit", "numpy", "lxml", "trafilatura", "docx",
    "pypdf", "pypdfium2", "langchain", "langchain_core", "pandas", "tokenizers",
    "openvino",
}  # fmt: skip


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in [*FILES, *TESTS]}


def imported(path: Path) -> set[str]:
    """Return every module that a file imports, wherever in it; of our own packages the file that is meant."""
    found: set[str] = set()
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            inner = {f"{base}.{alias.name}" for alias in node.names}
            found.update(inner & MODULES.keys() or {base})
    return found


ARROWS = {name: imported(path) & MODULES.keys() for name, path in MODULES.items()}


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("ingest")])
def test_ingest_knows_nothing_of_app(name: str) -> None:
    """App imports ingest, and never back."""
    assert not {other for other in imported(MODULES[name]) if other.split(".")[0] == "app"}


@pytest.mark.parametrize("name", MODULES)
def test_nobody_imports_an_entrance(name: str) -> None:
    """The entrances are imported by nobody, but by the command line the server, and by pages their parts."""
    entrances = {other for other in ARROWS[name] if re.match(r"app\.(cli|server|pages)\b", other)}
    of_pages = {"app.pages.parts", "app.pages.model"} if name.startswith("app.pages.") else set()
    allowed = {"app.server"} if name == "app.cli" else of_pages
    assert entrances <= allowed


def test_there_is_no_import_cycle() -> None:
    """No module imports itself by way of others, late imports counted."""
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " → ".join((*above, name))
        if name not in done:
            for other in sorted(ARROWS[name]):
                visit(other, (*above, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_has_one_owner(library: str) -> None:
    """Each of the large libraries is imported by the one module that owns it."""
    users = {
        path.relative_to(ROOT).as_posix()
        for path in FILES
        if library in {name.split(".")[0] for name in imported(path)}
    }
    assert {user for user in users if not user.startswith(OWNERS[library])} == set()


def test_no_other_way_leads_out() -> None:
    """Of the standard library's clients none is used but the one that has an owner."""
    clients = r"(urllib\.(?!parse)|ftplib|smtplib|imaplib|poplib|xmlrpc|asyncio)"
    assert [path.name for path in FILES if any(re.match(clients, name) for name in imported(path))] == []


@pytest.mark.parametrize(
    "code",
    [
        "import app.cli",
        "import sys, app.cli\nsys.argv = ['dossier', '--help']\ntry: app.cli.main()\nexcept SystemExit: pass",
        "import sys, app.cli\nsys.argv = ['dossier', 'ask', '--help']\ntry: app.cli.main()\nexcept SystemExit: pass",
    ],
    ids=["import", "help", "help of a command"],
)
def test_heavy_libraries_come_late(code: str) -> None:
    """Neither the command line's import nor its help loads a heavy library."""
    listing = "\nimport sys\nprint('\\n' + ' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", code + listing], capture_output=True, text=True, check=True, env=environment(), cwd=ROOT
    )
    assert set(done.stdout.splitlines()[-1].split()) & HEAVY == set()


def test_what_fetches_comes_late() -> None:
    """A store is opened and asked without loading what fetches addresses."""
    code = "import sys, app.dossier\nprint(sorted({'ingest.fetch', 'ingest.gather', 'protego'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment(), cwd=ROOT
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_short(path: Path) -> None:
    """No file has more than 450 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_says_what_it_is(path: Path) -> None:
    """Every module begins with a docstring."""
    assert ast.get_docstring(TREES[path])


def test_no_html_is_let_through() -> None:
    """No call anywhere switches Streamlit's escaping off."""
    word = "unsafe_allow" + "_html"
    assert [path for path in FILES if word in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("path", [*FILES, *TESTS], ids=lambda path: path.stem)
def test_no_except_is_bare(path: Path) -> None:
    """There is no bare except."""
    bare = [node.lineno for node in ast.walk(TREES[path]) if isinstance(node, ast.ExceptHandler) and node.type is None]
    assert bare == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_a_test_states_a_rule(path: Path) -> None:
    """The docstring of every test is one sentence on one line."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            rule = ast.get_docstring(node) or ""
            where = f"{path.name}:{node.lineno}"
            assert rule.endswith("."), where
            assert "\n" not in rule, where
