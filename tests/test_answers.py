from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from specimens import ABSENT, BINOCULARS, QUESTIONS

from app.answers import Answer, AnswerSentence, Searched, answer_from_json, entry_json, source_json
from ingest.errors import DossierError

if TYPE_CHECKING:
    from app.dossier import Dossier

pytest_plugins = ["specimens"]

DOCUMENT = {
    "id", "name", "title", "publisher", "author", "published", "modified", "url", "kind", "language", "sha256",
    "version", "status",
}  # fmt: skip
PLACE = {"start", "end", "page", "page_label", "paragraph", "speaker", "via"}
CITATION = {"number", "quote", "context", "document", "quote_verified", "dated"} | PLACE
ANSWER = {
    "question", "standalone_question", "outcome", "answered", "text", "sentences", "withheld", "citations", "nearest",
    "searched", "model", "seconds", "making",
}  # fmt: skip
OUTCOMES = {"answered", "partly", "not_in_sources", "premise_not_supported", "ask_back"}


@pytest.mark.parametrize("question", [BINOCULARS, ABSENT])
def test_the_fields_of_an_answer(answers: dict[str, Answer], question: str) -> None:
    """The JSON of an answer has exactly the promised fields, at every depth."""
    answer = json.loads(json.dumps(answers[question].as_json()))
    assert answer.keys() == ANSWER
    assert answer["outcome"] in OUTCOMES
    assert answer["searched"].keys() == {"documents", "passages", "also_searched", "firms_not_found"}
    assert answer["seconds"].keys() == {"total", "retrieve", "answer"}
    assert answer["citations"] or answer["nearest"]
    assert answer["making"].keys() == {"filters", "store", "shown", "prompts", "checks", "notice"}
    for sentence in answer["sentences"]:
        assert sentence.keys() == {"text", "citations", "claim"}
        assert sentence["claim"] in {"supported", "unchecked"}
    for citation in (*answer["citations"], *answer["nearest"]):
        assert citation.keys() == CITATION
        assert citation["document"].keys() == DOCUMENT
        assert all(slice_.keys() == {"quote"} | PLACE for slice_ in citation["context"])


def test_the_fields_of_a_hit(dossier: Dossier) -> None:
    """The JSON of a hit has exactly rank, score, text, the place and the document."""
    for hit in dossier.search("cameras", 3):
        made = hit.as_json()
        assert made.keys() == {"rank", "score", "text", "document"} | PLACE
        assert made["document"].keys() == DOCUMENT


def test_the_fields_of_a_document(dossier: Dossier) -> None:
    """The JSON of a document has exactly the promised fields, and in a list its counts beside them."""
    for entry in dossier.library.entries():
        assert source_json(entry.source).keys() == DOCUMENT
        assert entry_json(entry).keys() == DOCUMENT | {"passages", "pages"}


@pytest.mark.parametrize(
    ("outcome", "sentences", "answered"),
    [
        ("answered", (AnswerSentence("A [1]", (1,)),), True),
        ("partly", (AnswerSentence("A [1]", (1,)),), True),
        ("answered", (AnswerSentence("A [1]", (1,), "unchecked"),), False),
        ("answered", (AnswerSentence("A", ()),), False),
        ("not_in_sources", (), False),
        ("ask_back", (AnswerSentence("A [1]", (1,)),), False),
    ],
)
def test_what_counts_as_answered(outcome: str, sentences: tuple[AnswerSentence, ...], *, answered: bool) -> None:
    """An answer answers only with a supported sentence that carries a citation."""
    answer = Answer("q", "q", outcome, "t", sentences, (), (), Searched(0, 0))  # type: ignore[arg-type]
    assert answer.answered is answered


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_comes_back_from_its_record(answers: dict[str, Answer], question: str) -> None:
    """An answer read from its record is the answer."""
    answer = answers[question]
    assert answer_from_json(json.loads(json.dumps(answer.as_json()))) == answer


@pytest.mark.parametrize("record", [None, [], {}, {"question": "Who?"}, "text"])
def test_what_is_no_record_is_refused(record: object) -> None:
    """What is no record of an answer is an error in words."""
    with pytest.raises(DossierError, match="no record of an answer"):
        answer_from_json(record)
