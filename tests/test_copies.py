from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from lxml import html as parser
from markdown_it import MarkdownIt
from specimens import HOSTILE_QUESTIONS, PARTNER, QUESTIONS
from test_styles import CITATION

from app.answers import Answer, AnswerSentence, Searched
from app.cite import marked, marked_lines
from app.copies import fact_sheet, footnotes, markdown, references

if TYPE_CHECKING:
    from app.dossier import Dossier

pytest_plugins = ["specimens"]


def answer_quoting(*quotes: str, lines: tuple[AnswerSentence, ...]) -> Answer:
    citations = tuple(
        replace(CITATION, number=number, quote=replace(CITATION.quote, quote=quote))
        for number, quote in enumerate(quotes, 1)
    )
    text = "\n".join(line.text for line in lines)
    return Answer("Who?", "Who?", "answered", text, lines, citations, (), Searched(1, 1))


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
    """The sheet has a row of seven cells for each citation: quote, context, speaker, source, place, link."""
    answer = answers[question]
    copy = fact_sheet(answer)
    cited = (*answer.citations, *answer.nearest)
    lines = [line.split("\t") for line in copy.plain.splitlines()]
    assert {len(line) for line in lines} == {7}
    assert [line[1].removeprefix("'") for line in lines[1:]] == [" ".join(one.quote.quote.split()) for one in cited]
    assert all(line[3] for line in lines[1:])
    table = parser.fromstring(copy.html or "")
    assert len(table.xpath("//tbody/tr")) == len(cited)
    assert len(table.xpath("//th[@scope='col']")) == 7


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


@pytest.mark.parametrize("question", QUESTIONS)
def test_references_name_each_source(answers: dict[str, Answer], question: str) -> None:
    """In APA style every mark is the source's name in the text, and each document stands once in the list."""
    answer = answers[question]
    copy = references(answer)
    assert copy.html is not None
    root = parser.fromstring(f"<div>{copy.html}</div>")
    cited = (*answer.citations, *answer.nearest)
    text, listed = copy.plain.rpartition("\n\n")[::2]
    for citation in cited:
        source = citation.document
        assert (source.author or source.publisher or source.title) in text
    titles = {citation.document.title for citation in cited}
    assert sorted(run.text for run in root.xpath("//p[i or em]/*[self::i or self::em][1]")) == sorted(titles)
    assert len(listed.splitlines()) == len(titles)
    assert (
        " ".join(copy.plain.split()) == " ".join(" ".join(root.itertext()).split()) or "  " not in root.text_content()
    )


def test_references_side_by_side() -> None:
    """Sources named side by side share their brackets, apart by a semicolon."""
    line = AnswerSentence("The sources hold a claim and its denial [1][2].", (1, 2))
    text = references(answer_quoting("A.", "B.", lines=(line,))).plain.splitlines()[0]
    assert re.fullmatch(r"The sources hold a claim and its denial \([^()]+; [^()]+\)\.", text)


def test_references_that_look_alike() -> None:
    """Sources of the same author and year have letters, in the text and in the list."""
    line = AnswerSentence("Both say so [1][2].", (1, 2))
    answer = answer_quoting("A.", "B.", lines=(line,))
    first, second = answer.citations
    other = replace(second, document=replace(second.document, id="other", title="Zebras"))
    text, listed = references(replace(answer, citations=(first, other))).plain.split("\n\n")
    assert re.search(r"\d{4}a.*; .*\d{4}b", text)
    assert [re.search(r"\(\d{4}([ab])", one)[1] for one in listed.splitlines()] == ["a", "b"]  # type: ignore[index]


def test_a_quote_goes_over_lines() -> None:
    """A quote of several lines keeps them, and what looks like a mark within it or within a title stays text."""
    title = "On [1] and more"
    citation = replace(CITATION, document=replace(CITATION.document, title=title))
    citation = replace(citation, quote=replace(citation.quote, quote="Row [1]\n\nRow [1]"))
    text = f"P, “{title}”: “{citation.quote.quote}” [1]"
    assert marked_lines(text, [citation]) == [[f"P, “{title}”: “Row [1]"], ["Row [1]” ", 1]]


def test_neighbouring_marks_stay_two_numbers() -> None:
    """Notes 1 and 2 beside each other do not read as note 12."""
    line = AnswerSentence("The sources hold a claim and its denial [1][2].", (1, 2))
    root = parser.fromstring(f"<div>{footnotes(answer_quoting('A.', 'B.', lines=(line,))).html}</div>")
    assert root.xpath("string(//p[1])") == "The sources hold a claim and its denial 1, 2."


def test_a_number_within_a_quote_is_no_mark() -> None:
    """A number in brackets that a quote of several lines holds is the quote's, and becomes no note."""
    line = AnswerSentence("P: “Row [2]\nRow [2]” [1], and adds: “B.” [2]", (1, 2))
    answer = answer_quoting("Row [2]\nRow [2]", "B.", lines=(line,))
    root = parser.fromstring(f"<div>{footnotes(answer).html}</div>")
    assert root.xpath("//p[contains(., 'Row')]/sup/text()") == ["1", "2"]
    body = markdown(answer).plain.partition("[^1]:")[0]
    assert re.findall(r"\[\^(\d+)\]", body) == ["1", "2"]


def test_notes_of_two_answers_stay_apart() -> None:
    """With a prefix each, the notes of two answers in one Markdown file have labels of their own."""
    answer = answer_quoting("A.", lines=(AnswerSentence("P: “A.” [1]", (1,)),))
    labels = [re.findall(r"\[\^([\d-]+)\]", markdown(answer, prefix).plain) for prefix in ("1-", "2-")]
    assert labels == [["1-1", "1-1"], ["2-1", "2-1"]]


def test_a_fact_sheet_holds_every_sentence() -> None:
    """A sentence that cites nothing has a row of its own in the sheet."""
    lines = (AnswerSentence("P: “A.” [1]", (1,)), AnswerSentence("No more is shown.", ()))
    rows = fact_sheet(answer_quoting("A.", lines=lines)).plain.splitlines()
    assert [row.split("\t")[0] for row in rows[1:]] == [line.text for line in lines]


@pytest.mark.parametrize("quote", ['"=1+1"', '"We never sold there.', "=1+1", '"a" "b'])
def test_a_pasted_cell_stays_one_cell(quote: str) -> None:
    """No cell of the plain sheet begins with a quotation mark, which would join cells and hide a formula."""
    lines = (AnswerSentence(f"P: “{quote}” [1]", (1,)),)
    plain = fact_sheet(answer_quoting(quote, lines=lines)).plain
    assert plain.splitlines()[1].split("\t")[1] == f"'{quote}"
