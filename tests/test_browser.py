from __future__ import annotations

import json
import re
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from servers import event, model_server, whole
from specimens import ABSENT, CAMERAS, DOCUMENTS, HOSTILE_QUESTIONS, METERS, running_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers import Handler

    from app.dossier import Dossier

pytestmark = pytest.mark.browser
pytest_plugins = ["specimens"]

# No sandbox, which containers lack; no traffic of Chromium's own.
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


# The contrast of an element's text with what it stands on (WCAG 2.2, 1.4.3), colours drawn over one another.
CONTRAST = """element => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
  const over = []
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) over.unshift(at)
  canvas.fillStyle = "white"
  canvas.fillRect(0, 0, 1, 1)
  const light = () => {
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  let alpha = 1
  for (const at of over) {
    const style = getComputedStyle(at)
    alpha *= Number(style.opacity)
    canvas.fillStyle = style.backgroundColor
    canvas.fillRect(0, 0, 1, 1)
  }
  const ground = light()
  canvas.globalAlpha = alpha
  canvas.fillStyle = getComputedStyle(element).color
  canvas.fillRect(0, 0, 1, 1)
  const text = light()
  return (Math.max(ground, text) + 0.05) / (Math.min(ground, text) + 0.05)
}"""


def found_chromium() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    """Return what starts browsers, or skip."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright, which drives the page, is missing")
    if found_chromium() is None:
        pytest.skip("no Chromium on this machine; on Debian: apt install chromium")
    with playwright.sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(driver: Any) -> Iterator[Any]:
    """Return a running Chromium."""
    browser = driver.chromium.launch(executable_path=found_chromium(), args=list(ARGUMENTS))
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

    def __init__(self, browser: Any, address: str, **context: Any) -> None:
        self.address = address
        self.page = browser.new_context(viewport={"width": 1280, "height": 1000}, **context).new_page()
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

    def upload(self, *files: dict[str, Any]) -> None:
        """Choose files and add them."""
        self.page.locator("input[type=file]").set_input_files(list(files), timeout=60_000)
        # A long name is shown without its middle.
        self.page.get_by_text(files[-1]["name"][:5], exact=False).first.wait_for()
        self.page.get_by_role("button", name="Add", exact=True).click()

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
    visit.page.locator("mark", has_text="Tamber Vision put number plate readers into").wait_for()
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


def test_hostile_text_does_nothing_elsewhere(visit: Visit) -> None:
    """Markup in the name, title and text of a document is seen as text where documents are listed and shown."""
    hostile = "<img src=x onerror=alert(3)> ![x](http://evil.invalid/t.png) $x^2$"
    visit.page.goto(f"{visit.address}/documents")
    data = DOCUMENTS["port.md"].replace("title: Cameras at", f"title: {hostile}").encode()
    visit.upload({"name": f"{hostile[:28]}.md", "mimeType": "text/markdown", "buffer": data})
    visit.page.get_by_text("All files are read").wait_for(timeout=60_000)
    visit.page.goto(visit.address)
    visit.ask(hostile)
    visit.page.get_by_text("Limit the search").click()
    visit.page.get_by_label("Documents").first.click()
    visit.page.wait_for_timeout(500)
    assert visit.hosts() == {"127.0.0.1"}
    assert visit.dialogs == []
    for selector in ("img[src=x]", "img[src*=evil]", "a[href*=evil]", ".katex"):
        assert visit.page.locator(selector).count() == 0, selector


def test_a_mark_leads_to_its_source(visit: Visit) -> None:
    """A citation mark that is followed, by keyboard too, brings its source into view and gives it the focus."""
    visit.ask(CAMERAS)
    visit.page.get_by_label("Source 2", exact=True).first.focus()
    visit.page.keyboard.press("Enter")
    # Focused by the same step that chooses it; the page may draw itself again meanwhile.
    card = visit.page.locator("article.chosen:focus")
    card.wait_for()
    assert "[2]" in card.inner_text()
    links = card.locator("a")
    assert links.first.get_attribute("href").startswith("source?document=")
    assert visit.page.url.startswith(visit.address)


def test_an_answer_is_copied(chromium: Any, address: str) -> None:
    """One click puts the answer on the clipboard, as rich text with its notes and as clean text."""
    visit = Visit(chromium, address, permissions=["clipboard-read", "clipboard-write"])
    visit.ask(METERS)
    visit.page.get_by_role("button", name="Footnotes").click()
    visit.page.get_by_text("Copied as Footnotes").wait_for()
    read = "async type => (await (await navigator.clipboard.read())[0].getType(type)).text()"
    rich, plain = (visit.page.evaluate(read, kind) for kind in ("text/html", "text/plain"))
    assert "<sup>1</sup>" in rich
    assert "1. Ostrel Observer, “A thread on parking meters,” March 5, 2022, para. 1, quoting Ines Okoro." in plain
    visit.page.get_by_role("button", name="Fact-check sheet").click()
    visit.page.get_by_text("Copied as Fact-check sheet").wait_for()
    assert "<table>" in visit.page.evaluate(read, "text/html")
    visit.page.context.close()


def test_an_answer_is_copied_over_plain_http(driver: Any, stored: Path, tmp_path: Path) -> None:
    """Copying works on an address of the network without encryption, where browsers give no clipboard."""
    home = Path(shutil.copytree(stored, tmp_path / "store"))
    rules = "--host-resolver-rules=MAP dossier.test 127.0.0.1"
    with running_page(home, tmp_path / "log", "--allow-host", "dossier.test") as (_, port):
        browser = driver.chromium.launch(executable_path=found_chromium(), args=[*ARGUMENTS, rules])
        visit = Visit(browser, f"http://dossier.test:{port}")
        assert visit.page.evaluate("window.isSecureContext") is False
        visit.ask(METERS)
        visit.page.get_by_role("button", name="Footnotes").click()
        visit.page.get_by_text("Copied as Footnotes").wait_for()
        visit.page.evaluate(
            "() => { const field = document.createElement('div'); field.id = 'field'; field.contentEditable = true;"
            " document.body.append(field); field.focus() }"
        )
        visit.page.keyboard.press("Control+V")
        assert visit.page.locator("#field sup").first.inner_text() == "1"
        assert visit.hosts() == {"dossier.test"}
        browser.close()


def test_what_is_downloaded(visit: Visit, tmp_path: Path) -> None:
    """Each format is saved as a file, and the record is what the command line verifies."""
    visit.ask(METERS)
    for label, name in (
        ("BibTeX", "sources.bib"),
        ("RIS", "sources.ris"),
        ("CSV", "quotes.csv"),
        ("Record", "answer.json"),
    ):
        with visit.page.expect_download() as saved:
            visit.page.get_by_role("button", name=label, exact=True).click()
        assert saved.value.suggested_filename == name
        saved.value.save_as(tmp_path / name)
    assert json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))["question"] == METERS
    assert (tmp_path / "quotes.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_files_are_uploaded(visit: Visit) -> None:
    """Files chosen in the browser are read, each with a receipt that a second tab sees too, and can be asked about."""
    visit.page.goto(f"{visit.address}/documents")
    text = "---\ntitle: The lock\npublisher: Kay Post\n---\n\nTamber Vision rented twelve sluice gates to Orrin.\n"
    visit.upload(
        {"name": "lock.md", "mimeType": "text/markdown", "buffer": text.encode()},
        {"name": "nothing.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"},
    )
    visit.page.get_by_text("All files are read").wait_for(timeout=60_000)
    second = visit.page.context.new_page()
    second.goto(f"{visit.address}/documents")
    second.get_by_text("All files are read").wait_for(timeout=60_000)
    visit.page.goto(visit.address)
    visit.ask("What did Tamber Vision rent to Orrin?")
    visit.page.locator("mark", has_text="twelve sluice gates").wait_for()


def test_the_list_of_documents(visit: Visit) -> None:
    """The list is sorted by a column, opens a document, and removes one after a second question, by keyboard alone."""
    visit.page.goto(f"{visit.address}/documents")
    rows = visit.page.locator(".listing tbody tr")
    rows.first.wait_for(timeout=60_000)
    count = rows.count()
    visit.page.get_by_role("button", name="Passages").focus()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Enter")
    passages = [int(cell) for cell in visit.page.locator(".listing td:nth-child(5)").all_inner_texts()]
    assert passages == sorted(passages, reverse=True)
    assert visit.page.locator("[aria-sort=descending]").inner_text() == "Passages"
    row = rows.filter(has_text="A thread on parking meters")
    row.get_by_role("button").focus()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Enter")
    visit.page.get_by_text("Removing A thread on parking meters", exact=False).wait_for()
    visit.page.get_by_role("button", name="Undo").press("Enter")
    visit.page.get_by_text(f"{count} of {count} documents").wait_for()
    row.get_by_role("link").press("Enter")
    visit.page.get_by_role("heading", name="A thread on parking meters").wait_for(timeout=60_000)


def test_files_are_given_in_the_chat(visit: Visit) -> None:
    """Files that are given with a question, or without one, are read, and what became of each is said there."""
    text = "---\ntitle: The dam\npublisher: Kay Post\n---\n\nTamber Vision leased nine pumps to Fenby.\n"
    box = visit.page.get_by_test_id("stChatInput")
    box.locator("input[type=file]").set_input_files(
        [
            {"name": "dam.md", "mimeType": "text/markdown", "buffer": text.encode()},
            {"name": "torn.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"},
        ],
    )
    box.get_by_test_id("stChatInputSubmitButton").click()
    visit.page.get_by_text("dam.md: added").wait_for(timeout=60_000)
    visit.page.get_by_text("torn.pdf: failed", exact=False).wait_for(timeout=60_000)
    visit.ask("What did Tamber Vision lease to Fenby?")
    visit.page.locator("mark", has_text="nine pumps").wait_for()


def test_a_model_writes(chromium: Any, stored: Path, tmp_path: Path) -> None:
    """What a chat model writes is seen as it comes, marked unchecked; then what is borne, and why the rest is not."""
    right = "Tamber Vision put number plate readers into the meters of Ostrel [1]."
    going_on = threading.Event()

    def reply(handler: Handler) -> None:
        handler.start()
        handler.send(event(f"{right} Ines Okoro "))
        going_on.wait(30)
        handler.send(whole("owns 90 <img src=http://evil.invalid/m.png> meters [1]."))

    home = Path(shutil.copytree(stored, tmp_path / "store"))
    with model_server(reply) as (url, _), running_page(home, tmp_path / "log") as (_, port):
        visit = Visit(chromium, f"http://127.0.0.1:{port}")
        visit.page.get_by_text("Chat model", exact=True).click()
        visit.page.get_by_label("Model, as provider:name").fill("openai:tiny")
        visit.page.get_by_label("Address of its server").fill(url)
        visit.page.get_by_role("button", name="Use this model").click()
        visit.page.get_by_text("Sent there with each question").wait_for(timeout=60_000)
        box = visit.page.get_by_placeholder("Ask about the documents")
        box.fill(METERS)
        box.press("Enter")
        visit.page.get_by_text("Being written, and not checked yet").wait_for(timeout=60_000)
        assert visit.page.locator(".answer").count() == 0
        going_on.set()
        visit.page.get_by_text("Written by openai:tiny").wait_for(timeout=60_000)
        visit.page.get_by_text("What was left out, and why").click()
        assert visit.page.get_by_text("90 does not stand there", exact=False).is_visible()
        assert visit.hosts() == {"127.0.0.1"}
        assert visit.page.locator("img[src*=evil]").count() == 0
        visit.page.context.close()


def test_a_follow_up_is_asked_as_it_was_written(visit: Visit) -> None:
    """A press asks a follow-up again without what was said before it."""
    visit.ask("What did Tamber Vision sell to the coast guard?")
    visit.ask("What did they put into the parking meters?")
    visit.page.get_by_role("button", name="Ask it as I wrote it").click()
    visit.page.locator(".answer").nth(2).wait_for(timeout=60_000)
    assert "Understood as" not in visit.page.locator(".answer").nth(2).inner_text()


def test_a_question_is_stopped(visit: Visit) -> None:
    """A question that takes long says what is done, can be stopped and leaves no answer; another can be asked."""
    names = (chr(97 + number % 26) + chr(97 + number // 26) for number in range(480))
    box = visit.page.get_by_placeholder("Ask about the documents")
    box.fill(f"Who sold {' '.join(f'Z{name}quorv' for name in names)}"[:3990])
    box.press("Enter")
    visit.page.get_by_text(re.compile(r"^(Searching|Weighing) \d+ .* …$", re.DOTALL)).wait_for(timeout=60_000)
    visit.page.get_by_test_id("stChatInputStopButton").click()
    visit.page.get_by_test_id("stChatInputSubmitButton").wait_for(timeout=10_000)
    assert visit.page.locator(".answer").count() == 0
    visit.ask(METERS)
    visit.page.locator("mark", has_text="Tamber Vision put number plate readers").wait_for()
    assert visit.page.locator(".answer").count() == 1


def test_a_question_that_is_interrupted(visit: Visit) -> None:
    """A question during which something else is changed on the page is offered again."""
    names = (chr(97 + number % 26) + chr(97 + number // 26) for number in range(480))
    box = visit.page.get_by_placeholder("Ask about the documents")
    box.fill(f"Who sold {' '.join(f'Z{name}quorv' for name in names)}"[:3990])
    box.press("Enter")
    visit.page.get_by_text(re.compile(r"^(Searching|Weighing) \d+ .* …$", re.DOTALL)).wait_for(timeout=60_000)
    visit.page.get_by_text("Limit the search").click()
    visit.page.get_by_label("Firm", exact=True).fill("Hikvision")
    visit.page.get_by_label("Firm", exact=True).press("Enter")
    visit.page.get_by_text("Not answered, since something else").wait_for(timeout=60_000)
    visit.page.get_by_role("button", name="Ask it again").click()
    visit.page.locator(".answer").wait_for(timeout=60_000)


def test_a_marked_page(visit: Visit, dossier: Dossier) -> None:
    """A quote of a report is shown marked on the picture of its page, and the pages can be turned."""
    key = next(entry.source.id for entry in dossier.library.entries() if entry.source.kind == "report")
    start = dossier.library.document(key).pages[1].start
    visit.page.goto(f"{visit.address}/source?document={key}&start={start}&end={start + 60}")
    picture = visit.page.locator("img[alt*='with this marked']")
    picture.wait_for(timeout=60_000)
    assert picture.evaluate("image => image.complete && image.naturalWidth") >= 1400
    visit.page.get_by_role("button", name="Next page").click()
    visit.page.locator("img[alt='Page 3']").wait_for(timeout=60_000)
    assert visit.hosts() == {"127.0.0.1"}


def test_an_article_is_scrolled_to_the_quote(visit: Visit) -> None:
    """A link of an answer opens the article with the quote marked and in view."""
    visit.ask(METERS)
    address = visit.page.locator("article a").first.get_attribute("href")
    visit.page.goto(f"{visit.address}/{address}")
    mark = visit.page.locator(".reader mark").first
    mark.wait_for(timeout=60_000)
    assert mark.inner_text().startswith("Tamber Vision put number plate readers")
    visit.page.wait_for_timeout(300)
    assert 0 <= mark.bounding_box()["y"] <= 1000


def test_a_turn_is_there_after_a_reload(visit: Visit) -> None:
    """A conversation is there again, as it was, when the page is loaded anew."""
    visit.ask(ABSENT)
    shown = visit.page.locator(".answer").inner_text()
    visit.page.wait_for_url("**conversation=*")
    visit.page.reload()
    visit.page.locator(".answer article").first.wait_for(timeout=60_000)
    assert visit.page.locator(".answer").inner_text() == shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_text_can_be_read(chromium: Any, address: str, scheme: str) -> None:
    """Text and marks have the contrast of WCAG AA against what they stand on, in light and in dark."""
    visit = Visit(chromium, address, color_scheme=scheme)
    visit.ask(METERS)
    for selector in (".answer p", ".answer mark", ".answer .mark", ".answer .about"):
        assert visit.page.locator(selector).first.evaluate(CONTRAST) >= 4.5, selector
    visit.page.context.close()


def test_the_policy_is_a_second_wall(visit: Visit) -> None:
    """An image of an outside host that got into the page all the same is not fetched."""
    with visit.page.expect_console_message(lambda message: "evil.invalid" in message.text, timeout=10_000) as said:
        visit.page.evaluate("document.body.appendChild(new Image()).src = 'http://evil.invalid/w.png'")
    assert "Content Security Policy" in said.value.text
