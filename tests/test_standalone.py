from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.standalone import Standalone, standalone

if TYPE_CHECKING:
    from app.dossier import Dossier

pytest_plugins = ["specimens", "deals"]


def understood(dossier: Dossier, *said: str) -> str:
    """Return how the last of some turns is understood; a user and an assistant speak by turns."""
    *before, question = said
    history = [{"role": ("user", "assistant")[at % 2], "content": content} for at, content in enumerate(before)]
    return standalone(question, history, dossier.library.names, dossier.library.catalog).text


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (("Which two firms won contracts?", "Hikvision and Dahua [1].", "And who supplies them?"),
         "Who supplies Hikvision and Dahua?"),
        (("What did Hikvision win?", "Much.", "What about Dahua?"), "What did Dahua win?"),
        (("What did Hikvision win?", "Much.", "and Dahua?"), "What did Dahua win?"),
        (("Who owns KelpNets?", "Quillon Optics.", "When was it founded?"), "When was KelpNets founded?"),
        (("What did Intel sell?", "Chips.", "Who are its customers?"), "Who are Intel’s customers?"),
        (("Who was hit with Intel’s Gannet?", "Many.", "And Hikvision?"), "Who was hit with Hikvision?"),
        (("What did Hikvision win?", "Much.", "And Dahua?", "Little.", "And Megvii?"), "What did Megvii win?"),
    ],
)  # fmt: skip
def test_a_follow_up_stands_alone(deals: Dossier, said: tuple[str, ...], text: str) -> None:
    """A pronoun, "what about" and a bare name are put as a whole question, with the names that they mean."""
    assert understood(deals, *said) == text


@pytest.mark.parametrize(
    "question", ["Who was the reporter?", "And who was to get the rest?", "When was that?", "What about the regulator?"]
)
def test_what_leans_on_the_question_before_is_asked_after_it(deals: Dossier, question: str) -> None:
    """A follow-up without a name to put in is asked together with the question before it, which is shown."""
    history = [{"role": "user", "content": "What did The Weir Review report on KelpNets?"}]
    found = standalone(question, history, deals.library.names, deals.library.catalog)
    before = "What did The Weir Review report on KelpNets?"
    assert found == Standalone(f"{question} (after: {before})", question, before)


@pytest.mark.parametrize(
    "question", ["What did Tamber Vision sell to the coast guard?", "Who won contracts for jetties?"]
)
def test_a_whole_question_stays(deals: Dossier, question: str) -> None:
    """A question that stands alone is left as it is, whatever was said before."""
    assert understood(deals, question) == question
    assert understood(deals, "What did Hikvision win?", "Much.", question) == question


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Does Dahua sell its cameras in Ostrel?", "Does Dahua sell its cameras in Ostrel?"),
        ("Is it true that Dahua was expelled?", "Is it true that Dahua was expelled?"),
        ("Which IT firms supply Dahua?", "Which IT firms supply Dahua?"),
        ("Who denied it?", "Who denied it? (after: What did Hikvision win?)"),
        ("What about Dahua\\1?", "What did Dahua\\1 win?"),
    ],
)
def test_it_is_not_always_a_name(deals: Dossier, question: str, text: str) -> None:
    """A pronoun whose name stands before it, or that means none, is left; no text is taken for a pattern."""
    assert understood(deals, "What did Hikvision win?", "Much.", question) == text


def test_an_answer_to_what_was_asked_back(deals: Dossier) -> None:
    """A name given to the question which one is meant is put into the question that was not clear."""
    asked_back = "Which do you mean by Sense: SenseNets or SenseTime? The documents name each."
    assert understood(deals, "What did Sense sell?", asked_back, "SenseTime") == "What did SenseTime sell?"


def test_a_long_conversation_is_no_burden(deals: Dossier) -> None:
    """However long a conversation is, its last question stands alone in few words."""
    said = ["What did Hikvision win?", "Much.", *["And why?", "x" * 100_000] * 600, "And why?"]
    assert len(understood(deals, *said)) < 100


def test_a_follow_up_names_nothing_new(deals: Dossier) -> None:
    """Every name in a follow-up as understood stood in the conversation."""
    said = ("Which firms rely on Bellwether?", "“Quillon Optics and Tamber Vision do” [1]", "What did they win?")
    assert understood(deals, *said) == "What did Quillon Optics and Tamber Vision win?"


def test_a_conversation_without_questions(deals: Dossier) -> None:
    """A history without a question changes nothing."""
    history = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": " "}]
    text = "And who supplies them?"
    assert standalone(text, history, deals.library.names, deals.library.catalog).text == text
