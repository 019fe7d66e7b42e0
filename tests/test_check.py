from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from specimens import BINOCULARS, CAMERAS, COMPILED, LISTING, METERS, QUESTIONS

from app.check import verify
from app.dossier import Dossier
from app.settings import Settings
from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.answers import Answer
    from ingest.embed import Embedder

pytest_plugins = ["specimens"]


def record(answer: Answer) -> dict[str, Any]:
    """Return an answer's JSON object as a program reads it."""
    made: dict[str, Any] = json.loads(json.dumps(answer.as_json()))
    return made


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_verifies(dossier: Dossier, answers: dict[str, Answer], question: str) -> None:
    """The record of an answer holds against the store it came from, refusals included."""
    made = record(answers[question])
    verdicts = verify(made, dossier.library)
    assert [verdict for verdict in verdicts if not verdict.ok] == []
    assert len(verdicts) == len(made["citations"]) + len(made["nearest"])


@given(data=st.data())
def test_a_changed_quote_does_not_hold(dossier: Dossier, answers: dict[str, Answer], data: st.DataObject) -> None:
    """A quote with one character changed, left out or added does not hold, and neither does another place."""
    made = record(answers[data.draw(st.sampled_from((CAMERAS, BINOCULARS, METERS, LISTING)))])
    citation = data.draw(st.sampled_from(made["citations"]))
    slice_ = data.draw(st.sampled_from([citation, *citation["context"]]))
    how = data.draw(st.sampled_from(["change", "drop", "add", "move", "page"]))
    quote, at = slice_["quote"], data.draw(st.integers(0, len(slice_["quote"]) - 1))
    if how == "move":
        slice_["start"], slice_["end"] = slice_["start"] + 1, slice_["end"] + 1
    elif how == "page":
        field = "paragraph" if slice_["page"] is None else "page"
        slice_[field] += 1
    else:
        letter = data.draw(st.characters(exclude_categories=("Cs",)).filter(lambda one: one != quote[at]))
        after = {"change": letter + quote[at + 1 :], "drop": quote[at + 1 :], "add": letter + quote[at:]}[how]
        slice_["quote"] = quote[:at] + after
    assert slice_["quote"] != quote or how in ("move", "page")
    assert not all(verdict.ok for verdict in verify(made, dossier.library))


def test_another_speaker_does_not_hold(dossier: Dossier, answers: dict[str, Answer]) -> None:
    """A quote put into another's mouth does not hold, and the problem names both."""
    made = record(answers[METERS])
    made["citations"][0]["speaker"] = "Tamber Vision"
    assert verify(made, dossier.library)[0].problem == "its speaker is Ines Okoro, not Tamber Vision"


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (lambda made: made["sentences"][0]["citations"].append(9), "is cited by a sentence or held by the record"),
        (lambda made: made.update(text="Tamber Vision admits it."), "the text is not that of the sentences"),
        (lambda made: made["citations"].clear(), "is cited by a sentence or held by the record"),
        (lambda made: made.update(sentences=[], citations=[], text=""), "it answers, and cites nothing"),
        (lambda made: made["citations"][0]["document"].update(publisher="The Times"), "publisher is Ostrel Observer"),
        (lambda made: made["citations"][0].update(quote_verified=False), "it was not verified"),
    ],
)
def test_a_record_that_was_changed(
    dossier: Dossier, answers: dict[str, Answer], tamper: Callable[[dict[str, Any]], Any], problem: str
) -> None:
    """A record whose text, sentences, citations or sources were changed does not hold, and says what is wrong."""
    made = record(answers[METERS])
    tamper(made)
    wrong = [verdict.problem for verdict in verify(made, dossier.library) if not verdict.ok]
    assert any(problem in (said or "") for said in wrong), wrong


@pytest.mark.parametrize("words", ["Oracle admits everything.", "It is said elsewhere that"])
def test_words_that_no_citation_bears(dossier: Dossier, answers: dict[str, Answer], words: str) -> None:
    """A sentence of a quoting answer holds only its quotes, its sources and the fixed words."""
    made = record(answers[METERS])
    made["sentences"][0]["text"] = f"{words} {made['sentences'][0]['text']}"
    made["text"] = made["sentences"][0]["text"]
    (problem,) = [verdict.problem for verdict in verify(made, dossier.library) if not verdict.ok]
    assert (problem or "").startswith("a sentence says what no citation bears: ")


def test_a_removed_document(answers: dict[str, Answer], own_store: Path, embedder: Embedder) -> None:
    """A citation of a document that was removed does not hold, and says why."""
    made = record(answers[METERS])
    with Dossier(Settings(home=own_store, compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder
        dossier.library.remove(made["citations"][0]["document"]["id"])
        verdict = verify(made, dossier.library)[0]
    assert (verdict.ok, verdict.problem) == (
        False,
        "its document is not in this store: it was removed, or is another's",
    )


def test_a_superseded_document_still_holds(own_store: Path, embedder: Embedder) -> None:
    """A quote of a version that a newer one replaced holds, and that it is not current is said."""
    with Dossier(Settings(home=own_store, compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder
        made = record(dossier.ask("How many drones did Tamber Vision lend to the police of Kessel?"))
        newer = (
            "---\ntitle: Drones over Kessel\npublisher: Ostrel Observer\npublished: 2018-06-01\nmodified: 2018-07-01\n"
            "url: https://observer.example/drones\n---\n\nCorrected again: Tamber Vision lent no drone."
        )
        (receipt,) = dossier.library.add("rumour-newest.md", newer.encode())
        assert receipt.replaces == made["citations"][0]["document"]["id"]
        verdict = verify(made, dossier.library)[0]
    assert (verdict.ok, verdict.problem) == (True, "the quote holds; a newer version of its document is current")


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {},
        "text",
        None,
        {"citations": [{}], "nearest": [], "sentences": []},
        {"citations": [{"number": float("inf")}], "nearest": [], "sentences": []},
    ],
)
def test_what_is_no_record(dossier: Dossier, wrong: Any) -> None:
    """What is no record of an answer is an error that says how to make one or what is wrong in it."""
    with pytest.raises(DossierError, match="no record of an answer"):
        verify(copy.deepcopy(wrong), dossier.library)
