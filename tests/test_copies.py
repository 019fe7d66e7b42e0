from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lxml import html as parser
from markdown_it import MarkdownIt
from specimens import HOSTILE_QUESTIONS, PARTNER, QUESTIONS

from app.cite import marked
from app.copies import fact_sheet, footnotes, markdown

if TYPE_CHECKING:
    from app.answers import Answer
    from app.dossier import Dossier

pytest_plugins = ["specimens"]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_is_left_out(answers: dict[str, Answer], question: str) -> None:
    """Footnotes and Markdown hold every word of the answer and a note for each citation, in plain and in rich text."""
    answer = answers[question]
    notes = len(answer.citations) + len(answer.nearest)
    copy = footnotes(answer)
    assert copy.plain.startswith(answer.text.splitlines()[0])
    assert len(re.findall(r"(?m)^\d+\. ", copy.plain)) == notes
    assert copy.html is not None
    rich = parser.fromstring(f"<div>{copy.html}</div>")
    assert len(rich.xpath("//p[sup]")) >= notes
    for citation in (*answer.citations, *answer.nearest):
        assert " ".join(citation.quote.quote.split()) in " ".join(rich.text_content().split())
    shown = MarkdownIt("commonmark").render(re.sub(r"(?m)^\[\^(\d+)\]: ", r"\1. ", markdown(answer).plain))
    text = re.sub(r"\[\^(\d+)\]", r"[\1]", parser.fromstring(f"<div>{shown}</div>").text_content())
    for line in (*answer.text.splitlines(), *(one.quote.quote for one in answer.nearest)):
        assert " ".join(line.split()) in " ".join(text.split())


def test_a_denial_is_copied_with_its_claim(answers: dict[str, Answer]) -> None:
    """Every form of a copy of a claim holds its denial."""
    answer = answers[PARTNER]
    for copy in (footnotes(answer), markdown(answer), fact_sheet(answer)):
        assert "Microsoft denies it" in copy.plain.replace("\\", "")


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_fact_sheet_has_a_row_a_citation(answers: dict[str, Answer], question: str) -> None:
    """The sheet has a row for each citation with its quote, speaker, source, place and link; lines hold six cells."""
    answer = answers[question]
    copy = fact_sheet(answer)
    cited = (*answer.citations, *answer.nearest)
    lines = [line.split("\t") for line in copy.plain.splitlines()]
    assert {len(line) for line in lines} == {6}
    assert [line[1].removeprefix("'") for line in lines[1:]] == [" ".join(one.quote.quote.split()) for one in cited]
    assert all(line[2] for line in lines[1:])
    table = parser.fromstring(copy.html or "")
    assert len(table.xpath("//tbody/tr")) == len(cited)
    assert len(table.xpath("//th[@scope='col']")) == 6


@pytest.mark.parametrize(("question", "shown"), HOSTILE_QUESTIONS)
def test_hostile_text_is_copied_as_text(dossier: Dossier, question: str, shown: str) -> None:
    """Markup in a document is text in what is copied: no tag, picture or link comes from it."""
    answer = dossier.ask(f"{question}?")
    for copy in (footnotes(answer), fact_sheet(answer)):
        root = parser.fromstring(f"<div>{copy.html}</div>")
        assert shown in root.text_content()
        assert root.xpath("//img | //script | //a[not(starts-with(@href, 'http'))]") == []
        assert not [link for link in root.xpath("//a/@href") if "evil.invalid" in link]
    shown_as = MarkdownIt("commonmark", {"html": True}).render(markdown(answer).plain)
    rendered = parser.fromstring(f"<div>{shown_as}</div>")
    assert rendered.xpath("//img | //script | //a[contains(@href, 'evil') or contains(@href, 'javascript')]") == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_marks_are_found(answers: dict[str, Answer], question: str) -> None:
    """An answer's text is its words and its marks, and every citation is marked in it."""
    answer = answers[question]
    cited = (*answer.citations, *answer.nearest)
    pieces = marked(answer.text, cited)
    assert "".join(piece if isinstance(piece, str) else f"[{piece}]" for piece in pieces) == answer.text
    numbers = {piece for piece in pieces if isinstance(piece, int)}
    assert numbers >= {citation.number for citation in answer.citations}
    assert numbers <= {citation.number for citation in cited}
