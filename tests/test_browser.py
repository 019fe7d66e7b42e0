from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from specimens import HOSTILE_QUESTIONS, running_page

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser
pytest_plugins = ["specimens"]

# No sandbox, which containers lack; no traffic of Chromium's own.
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Return a running Chromium, or skip."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the page, is missing")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on this machine; on Debian: apt install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a running page."""
    folder = tmp_path_factory.mktemp("browser")
    home = Path(shutil.copytree(stored, folder / "store"))
    with running_page(home, folder / "log") as (_, port):
        yield f"http://127.0.0.1:{port}"


class Visit:
    """A page in the browser, with everything that it asked for and said."""

    def __init__(self, browser: Any, address: str) -> None:
        self.page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        self.requests: list[str] = []
        self.console: list[str] = []
        self.dialogs: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda opened: self.requests.append(opened.url))
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        self.page.on("dialog", self._dismiss)
        self.page.goto(address)
        self.page.get_by_placeholder("Ask about the documents").wait_for(timeout=60_000)

    def ask(self, question: str) -> None:
        """Ask, and wait for the answer."""
        answers = self.page.get_by_text("Searched ", exact=False)
        before = answers.count()
        box = self.page.get_by_placeholder("Ask about the documents")
        box.fill(question)
        box.press("Enter")
        answers.nth(before).wait_for(timeout=60_000)

    def hosts(self) -> set[str | None]:
        """Return the hosts of all addresses that were asked for; data within the page has none."""
        return {urlsplit(url).hostname for url in self.requests if not url.startswith(("data:", "blob:"))}

    def _dismiss(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


@pytest.fixture
def visit(chromium: Any, address: str) -> Iterator[Visit]:
    visited = Visit(chromium, address)
    yield visited
    visited.page.context.close()


def test_a_question_in_the_browser(visit: Visit, tmp_path: Path) -> None:
    """The page answers a question with quotes and sources, asks only this machine, and breaks no policy."""
    visit.ask("Who put number plate readers into the parking meters?")
    visit.page.get_by_text("“Tamber Vision put number plate readers into", exact=False).first.wait_for()
    assert visit.page.get_by_text("Source 1", exact=False).first.is_visible()
    assert visit.page.get_by_text("said by Ines Okoro", exact=False).first.is_visible()
    picture = tmp_path / "page.png"
    visit.page.screenshot(path=picture)
    assert picture.stat().st_size > 10_000
    assert visit.hosts() == {"127.0.0.1"}
    assert visit.dialogs == []
    assert [line for line in visit.console if "Content Security Policy" in line or line.startswith("error")] == []


@pytest.mark.parametrize(("words", "shown"), HOSTILE_QUESTIONS)
def test_hostile_text_does_nothing(visit: Visit, words: str, shown: str) -> None:
    """Markup in a document or a question is seen as text: nothing is fetched, run, linked or drawn."""
    visit.ask(f"{words}? ![q](http://evil.invalid/q.png) <img src=http://evil.invalid/r.png>")
    visit.page.get_by_text("<img src=http://evil.invalid/r.png>", exact=False).first.wait_for()
    visit.page.get_by_text(shown, exact=False).first.wait_for()
    visit.page.wait_for_timeout(500)  # time to ask for what must not be asked for
    assert visit.hosts() == {"127.0.0.1"}
    assert visit.dialogs == []
    for selector in ("img[src*=evil]", "a[href*=evil]", "a[href^=javascript]", "script:text('alert')", ".katex"):
        assert visit.page.locator(selector).count() == 0, selector
    assert [line for line in visit.console if "Content Security Policy" in line] == []


def test_the_policy_is_a_second_wall(visit: Visit) -> None:
    """An image of an outside host that got into the page all the same is not fetched."""
    with visit.page.expect_console_message(lambda message: "evil.invalid" in message.text, timeout=10_000) as said:
        visit.page.evaluate("document.body.appendChild(new Image()).src = 'http://evil.invalid/w.png'")
    assert "Content Security Policy" in said.value.text
