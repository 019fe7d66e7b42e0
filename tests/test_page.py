from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from specimens import HOSTILE_QUESTIONS, ROOT
from streamlit.testing.v1 import AppTest

from app.desk import Desk, the_desk
from app.dossier import Dossier
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ingest.embed import Embedder

    Open = Callable[[Path], AppTest]

pytest_plugins = ["specimens"]

PAGE = ROOT / "app" / "pages" / "chat.py"
# What Streamlit shows exactly as it is; everything else may make markup of a text.
PLAIN = {"text", "dataframe", "arrow_data_frame"}


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, embedder: Embedder) -> Iterator[Open]:
    """Return what opens the page on a store, as this process's one desk."""
    monkeypatch.setattr("ingest.embed.Embedder", lambda _: embedder)  # the one that is loaded
    the_desk.cache_clear()

    def opened(home: Path) -> AppTest:
        monkeypatch.setenv("DOSSIER_HOME", str(home))
        return AppTest.from_file(str(PAGE), default_timeout=60).run()

    yield opened
    if the_desk.cache_info().currsize:
        desk = the_desk()
        desk.thread.join(60)
        desk.dossier.close()
        the_desk.cache_clear()


def ready(page: AppTest) -> AppTest:
    """Run the page until the work behind it is done."""
    until = time.monotonic() + 60
    while the_desk().work.under_way:
        assert time.monotonic() < until
        time.sleep(0.1)
    return page.run()


def ask(page: AppTest, question: str) -> AppTest:
    return page.chat_input[0].set_value(question).run()


def texts(page: AppTest) -> list[str]:
    return [element.value for element in page.text]


def marked_up(page: AppTest) -> str:
    """Return the protocol buffers of every element that is not shown exactly as it is."""
    return "\n".join(str(element.proto) for element in page if element.type not in PLAIN and has_proto(element))


def has_proto(element: Any) -> bool:
    return getattr(element, "proto", None) is not None


def test_a_first_start(open_page: Open, tmp_path: Path, own_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first start shows that it is getting ready, then the chat with what ships."""
    monkeypatch.setattr("app.desk.shipped", lambda: [own_files / "gate.md", own_files / "port.md"])
    page = open_page(tmp_path / "store")
    assert not page.exception
    assert not page.chat_input
    assert any(element.value.startswith("Getting ready") for element in page.markdown)
    page = ready(page)
    assert not page.exception
    assert len(page.chat_input) == 1
    assert texts(page)[0].startswith("2 documents in\n")


def test_what_was_removed_stays_removed(tmp_path: Path, own_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ships is added once: a store from which it was removed does not get it back."""
    monkeypatch.setattr("app.desk.shipped", lambda: [own_files / "gate.md"])
    with Dossier(Settings(home=tmp_path / "store")) as dossier:
        Desk(dossier).thread.join(60)
        (entry,) = dossier.library.entries()
        dossier.library.remove(entry.source.id)
        Desk(dossier).thread.join(60)
        assert dossier.library.entries() == []


def test_a_question_is_answered(open_page: Open, own_store: Path) -> None:
    """An answer shows its quotes, each source with place, voice, context and passage, and what was searched."""
    page = ask(ready(open_page(own_store)), "Who put number plate readers into the parking meters?")
    assert not page.exception
    shown = texts(page)
    assert "Who put number plate readers into the parking meters?" in shown
    assert any("“Tamber Vision put number plate readers into the parking meters" in text for text in shown)
    assert "Ostrel Observer, “A thread on parking meters”, 5 March 2022, para. 1, said by Ines Okoro" in shown
    assert "Context: — Ines Okoro (@inesokoro) March 3, 2022" in shown
    assert any(text.startswith("Searched ") for text in shown)
    assert page.expander[0].label.startswith("Source 1")


def test_earlier_turns_stay(open_page: Open, own_store: Path) -> None:
    """A second question is answered below the first, which stays as it was."""
    page = ask(ready(open_page(own_store)), "What did Palantir sell?")
    assert "The sources do not say: Palantir is named nowhere in them." in texts(page)
    assert any(element.value == "The nearest that they do say:" for element in page.markdown)
    page = ask(page, "Who bid for the gate contract?")
    assert not page.exception
    assert texts(page).index("What did Palantir sell?") < texts(page).index("Who bid for the gate contract?")


@pytest.mark.parametrize(("words", "shown"), HOSTILE_QUESTIONS)
def test_hostile_text_is_shown_as_text(open_page: Open, own_store: Path, words: str, shown: str) -> None:
    """Markup in a document or in a question is shown as it is, in no element that would make anything of it."""
    question = f"{words}? ![q](http://evil.invalid/q.png) <img src=http://evil.invalid/r.png> $x^2$"
    page = ask(ready(open_page(own_store)), question)
    assert not page.exception
    assert question in texts(page)
    assert any(shown in text and ("evil.invalid" in text or "alert(" in text) for text in texts(page))
    assert "Source 1" in marked_up(page)
    assert not re.search(r"evil\.invalid|alert\(|x\^2", marked_up(page))


def test_no_icon_is_fetched(open_page: Open, own_store: Path) -> None:
    """The page sets no icon, which Streamlit would fetch from an outside host."""
    open_page(own_store)
    assert "page_icon" not in PAGE.read_text(encoding="utf-8")


def test_a_store_in_use_is_said_in_words(open_page: Open, own_store: Path) -> None:
    """A store that another process owns is named in words, and the page opens once it is free."""
    with Dossier(Settings(home=own_store)):
        page = open_page(own_store)
        assert not page.exception
        assert page.error[0].value == "The store cannot be used."
        assert str(own_store) in texts(page)[0]
        assert not page.chat_input
    assert ready(page.run()).chat_input


def test_a_store_that_fails_is_said_in_words(open_page: Open, own_store: Path) -> None:
    """A store that fails while the page is open is an error in words, not a traceback."""
    page = ready(open_page(own_store))
    the_desk().dossier.library.catalog.close()
    page = page.run()
    assert not page.exception
    assert page.error
    assert "catalog.sqlite3" in texts(page)[0]


def test_work_that_fails_is_said(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shipped file that cannot be read is named on the page, which works all the same."""
    broken = tmp_path / "broken.md"
    broken.write_bytes(b"")
    monkeypatch.setattr("app.desk.shipped", lambda: [broken])
    page = ready(open_page(tmp_path / "store"))
    assert any("broken.md is empty" in text for text in texts(page))
    assert page.chat_input
