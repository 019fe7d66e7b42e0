from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import bibtexparser
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st
from specimens import ABSENT, QUESTIONS
from test_styles import CITATION, SOURCE

from app.answers import Answer, AnswerSentence, Searched
from app.exports import bibtex, csl_json, csv_table, harmless, ris, sources_of

if TYPE_CHECKING:
    from ingest.records import Source

pytest_plugins = ["specimens"]

ODD = '{Odd} { & 100% "title" $x$ \\ #1_a~^\nTY  - FAKE = @cmd'


def answer_citing(*sources: Source) -> Answer:
    citations = tuple(replace(CITATION, number=number, document=source) for number, source in enumerate(sources, 1))
    sentence = AnswerSentence("=A statement.", tuple(citation.number for citation in citations))
    return Answer("Who?", "Who?", "answered", sentence.text, (sentence,), citations, (), Searched(1, 1))


@pytest.mark.parametrize("question", QUESTIONS)
def test_one_record_a_document(answers: dict[str, Answer], question: str) -> None:
    """Every format holds one record for each document that is cited, and reads back."""
    answer = answers[question]
    titles = [source.title for source in sources_of(answer)]
    assert len(titles) == len({citation.document.id for citation in (*answer.citations, *answer.nearest)})
    assert [record["title"] for record in rispy.loads(ris(answer).replace("\r\n", "\n"))] == titles
    assert [record["title"] for record in json.loads(csl_json(answer))] == titles
    assert len(bibtexparser.loads(bibtex(answer), every_type()).entries) == len(titles)


def every_type() -> bibtexparser.bparser.BibTexParser:
    return bibtexparser.bparser.BibTexParser(ignore_nonstandard_types=False)


def test_odd_titles_keep_their_record_whole() -> None:
    """A title with markup of a format is a title, and ends no record."""
    odd = replace(SOURCE, id="fedcba9876543210", title=ODD, url="javascript:alert(1)", author="{Roe}, A.")
    answer = answer_citing(SOURCE, odd)
    records = rispy.loads(ris(answer).replace("\r\n", "\n"))
    assert [record["type_of_reference"] for record in records] == ["ELEC", "ELEC"]
    assert records[1]["title"] == " ".join(ODD.split())
    entries = bibtexparser.loads(bibtex(answer), every_type()).entries
    assert [entry["ID"] for entry in entries] == [f"dossier-{SOURCE.id}", f"dossier-{odd.id}"]
    assert entries[0]["date"] == "2019-03-22"
    assert "url" not in entries[1]
    assert "urls" not in records[1]


@given(st.lists(st.text(st.sampled_from('a1 {}\\$&%#_~^"@,=\n'), min_size=1, max_size=12), min_size=1, max_size=3))
def test_no_text_breaks_a_bibliography(titles: list[str]) -> None:
    """Whatever characters titles hold, BibTeX has one entry for each, and its braces are balanced for BibTeX."""
    sources = [replace(SOURCE, id=f"{number:016x}", title=f"T{title}") for number, title in enumerate(titles)]
    text = bibtex(answer_citing(*sources))
    assert len(bibtexparser.loads(text, every_type()).entries) == len(titles)
    assert text.count("{") == text.count("}")


def test_an_address_in_bibtex_is_verbatim() -> None:
    """The address of a BibTeX entry has no escapes, which would be part of it."""
    url = "https://a.example/x_y/~z?q=1%202&b#f"
    (entry,) = bibtexparser.loads(bibtex(answer_citing(replace(SOURCE, url=url))), every_type()).entries
    assert entry["url"] == url


@pytest.mark.parametrize(
    ("author", "authors"),
    [
        (None, ["China Digital Times"]),
        ("Jane Roe, John Doe", ["Jane Roe", "John Doe"]),
        ("Roe, Jane", ["Roe, Jane"]),
        ("Martin Roe, Jr.", ["Martin Roe, Jr."]),
    ],
)
def test_who_leads_a_record(author: str | None, authors: list[str]) -> None:
    """Authors stand one by one where they are full names; without any the publisher leads, as in a citation."""
    answer = answer_citing(replace(SOURCE, author=author))
    assert rispy.loads(ris(answer).replace("\r\n", "\n"))[0]["authors"] == authors
    assert [one["literal"] for one in json.loads(csl_json(answer))[0]["author"]] == authors
    (entry,) = bibtexparser.loads(bibtex(answer), every_type()).entries
    assert entry["author"] == " and ".join(f"{{{name}}}" for name in authors)


def test_csl_json_has_the_fields_of_its_schema() -> None:
    """CSL-JSON has only variables of the schema, with a date in parts."""
    (record,) = json.loads(csl_json(answer_citing(SOURCE)))
    assert record.keys() <= {"id", "type", "title", "author", "publisher", "issued", "URL", "language"}
    assert record["type"] == "webpage"
    assert record["issued"] == {"date-parts": [[2019, 3, 22]]}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_row_a_citation(answers: dict[str, Answer], question: str) -> None:
    """The table has a row for each citation with the quote, verbatim, and the statement that it bears."""
    answer = answers[question]
    text = csv_table(answer)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    cited = (*answer.citations, *answer.nearest)
    assert [row["quote"].removeprefix("'") for row in rows] == [citation.quote.quote for citation in cited]
    for row in rows:
        stated = [one.text for one in answer.sentences if int(row["number"]) in one.citations]
        assert all(text.removeprefix("- ") in row["statement"] for text in stated)
        assert stated or (question == ABSENT and row["statement"] == answer.text)


@given(st.text(st.sampled_from("=+-@\t\r\n a1＝"), max_size=8))
def test_no_cell_is_a_formula(cell: str) -> None:
    """No cell begins with what a spreadsheet takes for a formula, and its text stays whole."""
    assert not re.match(r"\s*[=+\-@\t\r＝]", harmless(cell))
    assert harmless(cell).removeprefix("'") == cell


def test_a_statement_is_no_formula() -> None:
    """A statement that begins like a formula is neutralised in the table."""
    assert '"\'=A statement."' in csv_table(answer_citing(SOURCE))
