"""What an answer is judged by: pointers that it cites, quotes that hold one, refusals."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evals.answers import Question, judge, plain, questions, summary
from evals.metrics import folded
from evals.stores import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from app.dossier import Dossier

pytest_plugins = ["specimens", "deals"]

ASKED = (
    Question("a", "Is Bellwether a partner of KelpNets?", "denial",
             ("claims to have a partnership", "(Bellwether denies that any"), answerable=True),
    Question("b", "What does Skerry Drones do?", "what", ("nowhere to be found",), answerable=True),
    Question("c", "What did Ravenscar sell?", "unanswerable", (), answerable=False, must_not_say=("Ravenscar sold",)),
)  # fmt: skip


def test_folding_forgets_only_what_copies_change() -> None:
    """Quotes, dashes, case and spaces are folded; letters, digits and negations are not."""
    assert folded("“Both  firms’\nAI–storage”") == folded('"both firms\' ai-storage"')
    assert folded("did 12") != folded("did not 12") != folded("did 13")


def test_answers_are_judged_by_what_they_cite(deals: Dossier) -> None:
    """A pointer is cited when a quote or its context holds it, a quote is useful when it holds one."""
    first, second, third = judge(deals, ASKED)
    assert (first.cited, first.useful) == ((True, True), (True, True))
    assert second.cited == (False,)
    assert second.useful
    assert not any(second.useful)
    assert not third.answered
    assert not any(one.wrong_quotes or one.said for one in (first, second, third))


def test_measures_are_shares_of_what_they_are_over(deals: Dossier) -> None:
    """Pointers count over answerable questions, precision over answered ones, refusals apart for each sort."""
    measured = summary(judge(deals, ASKED))
    assert measured["pointers cited"] == {"yes": 2, "of": 3}
    assert measured["every pointer cited"] == {"yes": 1, "of": 2}
    assert measured["precision"] == 0.5
    assert measured["answerable refused"] == {"yes": 0, "of": 2}
    assert measured["unanswerable refused"] == {"yes": 1, "of": 1}
    assert measured["quotes not verbatim"] == 0


def hashed(words: str) -> str:
    found = re.findall(r"\w+", folded(words))
    return f"{len(found)}:{hashlib.sha256(' '.join(found).encode()).hexdigest()[:16]}"


def test_a_hashed_pointer_is_as_good_as_its_words(deals: Dossier) -> None:
    """A pointer of which only the hash is kept is cited where its words are, and one of several will do."""
    pointers = (
        hashed("claims to have a partnership"),
        f"{hashed('no such words')} {hashed('Bellwether denies that any')}",
    )
    (first,) = judge(deals, [replace(ASKED[0], pointers=(*pointers, hashed("claims to have no partnership")))])
    assert first.cited == (True, True, False)
    assert all(first.useful)


def test_the_plain_answer_never_refuses(deals: Dossier) -> None:
    """The plain answer, which ours is compared with, answers everything with three passages."""
    assert [len(one.useful) for one in plain(deals, ASKED)] == [3, 3, 3]


def test_the_questions_on_what_ships_are_of_what_ships() -> None:
    """Every pointer of the questions that ship stands in a brief."""
    briefs = folded(" ".join(path.read_text(encoding="utf-8") for path in (ROOT / "corpus" / "briefs").glob("*.md")))
    asked = questions(ROOT / "evals" / "briefs_questions.json")
    assert len(asked) == 60
    assert [pointer for one in asked for pointer in one.pointers if folded(pointer) not in briefs] == []


def test_a_question_without_its_fields_is_an_error(tmp_path: Path) -> None:
    """A file of questions that lacks a field fails rather than measuring something else."""
    path = tmp_path / "questions.json"
    path.write_text(json.dumps([{"id": "a", "question": "Who?"}]), encoding="utf-8")
    with pytest.raises(KeyError):
        questions(path)
