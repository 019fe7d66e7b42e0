from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from app.dossier import Dossier

pytest_plugins = ["specimens", "deals"]


@pytest.mark.parametrize("question", ["What have I got on Bellwether?", "Which documents mention Bellwether?"])
def test_what_there_is_on_a_firm(deals: Dossier, question: str) -> None:
    """Asked what there is on a firm, each document that names it is a line, with its first sentence that does."""
    answer = deals.ask(question)
    assert answer.outcome == "answered"
    assert {citation.document.name for citation in answer.citations} == {"claims.md", "thread.md"}
    assert all("Bellwether" in citation.quote.quote for citation in answer.citations)
    assert answer.text.startswith("- Ostrel Observer, “Claims at the harbour”, 22 March 2019: “KelpNets claims")


def test_what_there_is_on_nobody(deals: Dossier) -> None:
    """Asked what there is on a firm that no document names, the answer says that it is named nowhere."""
    answer = deals.ask("What have I got on Ravenscar?")
    assert answer.text == "The sources do not say: Ravenscar is named nowhere in them."


def test_the_documents_are_listed(deals: Dossier) -> None:
    """Asked which documents there are, each is a line that cites its opening."""
    answer = deals.ask("Which documents do I have?")
    assert [citation.document.name for citation in answer.citations] == [
        "stakes.md", "claims.md", "thread.md", "exits.md",
    ]  # fmt: skip
    assert len(answer.text.splitlines()) == 4


def test_when_a_document_appeared(deals: Dossier) -> None:
    """When and by whom a document was published is told of the one whose title the question or conversation names."""
    asked = "When was this article published?"
    said = [
        {"role": "user", "content": "Is Bellwether a partner of KelpNets?"},
        {"role": "assistant", "content": "Ostrel Observer (22 March 2019, para. 1): “KelpNets claims” [1]"},
    ]
    answer = deals.ask(asked, history=said)
    assert answer.text == "“Claims at the harbour” was published by Ostrel Observer, on 22 March 2019 [1]."
    (citation,) = answer.citations
    assert citation.document.name == "claims.md"


def test_which_document_is_asked_back(deals: Dossier) -> None:
    """Where several documents may be meant, the answer asks which, with titles."""
    answer = deals.ask("When was this article published?")
    assert answer.outcome == "ask_back"
    assert answer.text.startswith("Which document do you mean?")
    assert "“Claims at the harbour”" in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "Were any of these firms on a list when the article appeared?",
        "What is there about the contracts of Bellwether?",
        "When was the project dropped?",
    ],
)
def test_other_questions_go_to_the_documents(deals: Dossier, question: str) -> None:
    """A question on what the documents say is not one about the collection."""
    assert not deals.ask(question).text.startswith(("“Claims at the harbour” was published", "- Ostrel Observer, “"))
