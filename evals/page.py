"""How soon the page is there and answers: seconds in a real browser, on what ships, without a model."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from app.dossier import Dossier, shipped
from app.settings import Settings
from evals.stores import COMPILED, SkippedError

if TYPE_CHECKING:
    from collections.abc import Iterator

VISITS = 9
# No sandbox, which containers lack.
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_PATIENCE = 120.0
_BOX = "Ask about the documents"
_QUESTIONS = Path(__file__).with_name("briefs_questions.json")


def run(home: Path, visits: int = VISITS) -> dict[str, Any]:
    """Measure visits, each by a new browser profile with a first question; medians and maxima in seconds."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SkippedError("there is no Chromium")
    questions = [one["question"] for one in json.loads(_QUESTIONS.read_text(encoding="utf-8"))]
    store = home / "page"
    with Dossier(Settings(home=store, compiled=COMPILED)) as dossier:
        for _ in dossier.add_paths(shipped()):
            pass
    from playwright.sync_api import sync_playwright

    with _page(store) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        # The first visit finds a server that has drawn nothing yet; the others are what a user's day is made of.
        first, *others = [_visit(browser, address, questions[at % len(questions)]) for at in range(visits + 1)]
        browser.close()
    return {"visits": visits, "first": first} | {
        name: {"median": median(one[name] for one in others), "most": max(one[name] for one in others)}
        for name in first
    }


def _visit(browser: Any, address: str, question: str) -> dict[str, float]:
    """Open the page and ask; return seconds to the box for questions, and from Enter to what is seen next."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(address)
    box = page.get_by_placeholder(_BOX)
    box.wait_for()
    found = {"page": time.perf_counter() - began}
    page.wait_for_timeout(500)  # the page's own work after it was drawn
    box.fill(question)
    began = time.perf_counter()
    box.press("Enter")
    page.get_by_test_id("stChatMessage").nth(1).get_by_text("…").or_(page.locator(".answer p")).first.wait_for()
    found["first word"] = time.perf_counter() - began
    page.locator(".answer p").first.wait_for()
    found["answer"] = time.perf_counter() - began
    context.close()
    return found


@contextmanager
def _page(home: Path) -> Iterator[str]:
    """Run the page as its own process on a free port; yield its address once it is ready to answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "chat", "--port", str(port), "--home", str(home), "--no-browser"]
    environment = os.environ | {"DOSSIER_HOME": str(home), "DOSSIER_COMPILED": str(COMPILED)}
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
    try:
        until = time.monotonic() + _PATIENCE
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > until:
                raise SkippedError("the page did not start; try `dossier chat`")
            time.sleep(0.1)
        time.sleep(10)  # while the model is loaded
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
