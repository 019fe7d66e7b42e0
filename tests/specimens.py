"""A small collection of our own, made once a session: fictional firms, and the traps for an answer.

A plugin of pytest: a test module that names it in `pytest_plugins` has its fixtures. (PYTEST_DONT_REWRITE: test modules
import names from here, too.)
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.dossier import CORPUS, Dossier
from app.settings import Settings
from evals.stores import COMPILED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.answers import Answer
    from ingest.embed import Embedder

ROOT = Path(__file__).resolve().parents[1]

CAMERAS = "Who supplied cameras to the port of Marrow Bay?"
DRAFTS = "Who was paid 40,000 crowns for drafts?"
BINOCULARS = "What did Tamber Vision sell to the coast guard?"
METERS = "Who put number plate readers into the parking meters?"
PARTNER = "Is Microsoft a partner of SenseNets?"
IN_CHINESE = "What did 海康威视 win?"
LISTING = "When was Megvii added to the Entity List?"
ABSENT = "What did Palantir sell?"
QUESTIONS = (CAMERAS, DRAFTS, BINOCULARS, METERS, PARTNER, IN_CHINESE, LISTING, ABSENT)


def article(title: str, body: str, **about: str) -> str:
    fields = {"title": title, "publisher": "The Dunmere Ledger", "published": "2021-05-04", "language": "en"} | about
    head = "\n".join(f"{key}: {value}" for key, value in fields.items() if value)
    return f"---\n{head}\n---\n\n# {title}\n\n{body}\n"


# Each with what to ask for it, and words that it then must show.
HOSTILE_QUESTIONS = (
    ("Who shipped the harbour radar", "Quillon Optics shipped the harbour radar"),
    ("Where did a yellow buoy drift ashore", "A yellow buoy drifted ashore"),
    ("What does every lamp on the pier burn", "Every lamp on the pier"),
    ("Who sold the siren that wakes sleepers at dawn", "which wakes sleepers at dawn"),
)
HOSTILE_LINES = (
    "![Quillon](http://evil.invalid/x.png) Quillon Optics shipped the harbour radar to Vantry Point in 2019.",
    "<img src=http://evil.invalid/y.png onerror=alert(1)> The divers of Vantry Point dislike the new sonar.",
    "<script>alert(document.domain)</script> A yellow buoy drifted ashore at Vantry Point after the regatta.",
    "$$\\href{http://evil.invalid/z}{x}$$ Every lamp on the pier of Vantry Point burns whale oil. :material/home:",
    "[Quillon Optics](javascript:alert(2)) sold the siren of Vantry Point, which wakes sleepers at dawn.",
)

DOCUMENTS = {
    "port.md": article(
        "Cameras at the port of Marrow Bay",
        "Quillon Optics claims that it supplied 300 cameras to the port of Marrow Bay. Quillon Optics denies that any "
        "of them reads faces.\n\nThe port opened in 1962; its pilots live in the village of Sandwine.",
    ),
    "gate.md": article(
        "The gate contract",
        "Quillon Optics and Tamber Vision bid for the gate contract of Dunmere prison. Both firms were paid 40,000 "
        "crowns for their drafts.\n\nThe prison was built on a hill above the river.",
        published="2020-02-11",
    ),
    "review.md": article(
        "What the reviewers say",
        "The ledger asked two people.\n\nMara Lindqvist wrote in The Weir Review:\n\n> Tamber Vision sold thermal "
        "binoculars to the coast guard of Vantry Point in spring.\n\nThe coast guard gave no answer.",
        published="2022-09-30",
    ),
    "thread.md": article(
        "A thread on parking meters",
        "> Tamber Vision put number plate readers into the parking meters of Ostrel without telling anybody.\n>\n"
        "> — Ines Okoro (@inesokoro) March 3, 2022\n\nThe town says that it knew.",
        publisher="Ostrel Observer",
        published="2022-03-05",
    ),
    "rumour-old.md": article(
        "Drones over Kessel",
        "Tamber Vision lent eleven drones to the police of Kessel for a festival.",
        publisher="Ostrel Observer",
        published="2018-06-01",
        modified="2018-06-01",
        url="https://observer.example/drones",
    ),
    "rumour-new.md": article(
        "Drones over Kessel",
        "Corrected: Tamber Vision lent two drones to the police of Kessel for a festival.",
        publisher="Ostrel Observer",
        published="2018-06-01",
        modified="2018-06-09",
        url="http://www.observer.example/drones/?utm_source=feed",
    ),
    "radios.md": article(
        "Radios in Kessel",
        "## The claim\n\nTamber Vision sold ninety radios to the abbey of Kessel.\n\n## The answer\n\nThe abbey of "
        "Kessel denies that.",
    ),
    "twin-1.md": article(
        "Lamps",
        "The lighthouse keepers of the northern skerries bought forty signal lamps from a chandler in Ostrel after "
        "the winter storms had broken the old ones, the guild of keepers said on Monday.",
        published="2017-01-02",
    ),
    "twin-2.md": article(
        "Lamps again",
        "The lighthouse keepers of the northern skerries bought forty signal lamps from a chandler in Ostrel after "
        "the winter storms had broken the old ones, the guild of keepers said on Tuesday.",
        publisher="Ostrel Observer",
        published="2017-01-03",
    ),
    "harbin.md": article(
        "A tender in Harrow",
        "In Harrow county 海康威视 won the tender for school gates worth 7 million yuan.",
        publisher="Harrow Wire",
        published="2019-08-15",
    ),
    "hostile.txt": "\n\n".join(HOSTILE_LINES),
}


@pytest.fixture(scope="session")
def own_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the specimens, one file each."""
    folder = tmp_path_factory.mktemp("own")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def stored(own_files: Path, tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """Return the folder of a closed store with the specimens, three briefs and the report; copy it, never open it."""
    home = tmp_path_factory.mktemp("stored") / "store"
    briefs = [CORPUS / "briefs" / f"{name}.md" for name in ("microsoft-sensenets", "hikvision", "universities")]
    report = CORPUS / "report" / "surveillance-supply-chains.pdf"
    with Dossier(Settings(home=home, compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder  # the one that is loaded
        receipts = list(dossier.add_paths([own_files, *briefs, report]))
    assert [receipt for receipt in receipts if receipt.status == "failed"] == []
    return home


@pytest.fixture(scope="session")
def dossier(stored: Path, tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Dossier]:
    """Return an open store to ask; tests only read it."""
    home = tmp_path_factory.mktemp("opened") / "store"
    shutil.copytree(stored, home)
    with Dossier(Settings(home=home, compiled=COMPILED)) as opened:
        opened.library.embedder = embedder
        yield opened


@pytest.fixture(scope="session")
def answers(dossier: Dossier) -> dict[str, Answer]:
    """Return the answers to the questions above, each asked once."""
    return {question: dossier.ask(question) for question in QUESTIONS}


@pytest.fixture
def own_store(stored: Path, tmp_path: Path) -> Path:
    """Return the folder of a store that a test may change."""
    return Path(shutil.copytree(stored, tmp_path / "own store"))


def environment(**more: str) -> dict[str, str]:
    """Return an environment for a real process, with none of Dossier's settings but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOSSIER_")}
    return kept | {"PYTHONPATH": str(ROOT), "DOSSIER_COMPILED": str(COMPILED), **more}


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_page(home: Path, log: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run `dossier chat` as a real process; yield it and its port once it listens."""
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "chat", "--port", str(port), "--home", str(home), "--no-browser"]
    command.extend(options)
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment(), cwd=log.parent)
    try:
        until = time.monotonic() + 120
        while not _listens(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield process, port
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
