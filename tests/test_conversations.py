from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from specimens import ABSENT, CAMERAS, DRAFTS, METERS, QUESTIONS

from app.check import verify
from app.conversations import Conversations
from ingest.errors import DossierError, NotFoundError
from ingest.records import Filters

if TYPE_CHECKING:
    from pathlib import Path

    from app.answers import Answer
    from app.dossier import Dossier

pytest_plugins = ["specimens"]


@pytest.fixture
def kept(tmp_path: Path) -> Conversations:
    return Conversations(tmp_path)


def test_a_conversation_is_there_again(kept: Conversations, answers: dict[str, Answer], tmp_path: Path) -> None:
    """A conversation read from its file, by another process as well, is what it was, turn by turn."""
    filters = Filters("hikvision", "2019-01-01", None, "The Ledger", ("0123", "4567"))
    begun = kept.add(kept.begin(CAMERAS).id, answers[CAMERAS], filters)
    for question in QUESTIONS:
        told = kept.add(begun.id, answers[question], Filters())
    assert Conversations(tmp_path).get(begun.id) == told
    assert told.turns[0].filters == filters
    assert [turn.answer for turn in told.turns[1:]] == [answers[question] for question in QUESTIONS]


def test_its_file_is_private(kept: Conversations, answers: dict[str, Answer], tmp_path: Path) -> None:
    """Only the user can read a conversation's file and its folder."""
    kept.add(kept.begin(CAMERAS).id, answers[CAMERAS], Filters())
    folder = tmp_path / "conversations"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_a_kept_answer_verifies(kept: Conversations, answers: dict[str, Answer], dossier: Dossier) -> None:
    """The answer in a conversation's file is a record that verifies."""
    record = kept.add(kept.begin(METERS).id, answers[METERS], Filters()).as_json()["turns"][0]["answer"]
    assert all(verdict.ok for verdict in verify(record, dossier.library))


def test_several_conversations(kept: Conversations, answers: dict[str, Answer]) -> None:
    """Conversations are listed with titles of their first questions, are renamed, and are gone when deleted."""
    first = kept.add(kept.begin(CAMERAS).id, answers[CAMERAS], Filters())
    second = kept.add(kept.begin(DRAFTS).id, answers[DRAFTS], Filters())
    assert {one.title for one in kept.all()} == {CAMERAS, DRAFTS}
    kept.rename(first.id, "  The\nport ")
    assert kept.get(first.id).title == "The port"
    with pytest.raises(DossierError, match="empty"):
        kept.rename(first.id, " \n")
    kept.delete(second.id)
    kept.delete(second.id)
    assert [one.id for one in kept.all()] == [first.id]
    with pytest.raises(NotFoundError, match="was deleted"):
        kept.get(second.id)


def test_a_question_to_a_deleted_conversation(kept: Conversations, answers: dict[str, Answer]) -> None:
    """A turn for a conversation that was deleted in another tab begins a new one."""
    first = kept.add(kept.begin(CAMERAS).id, answers[CAMERAS], Filters())
    kept.delete(first.id)
    anew = kept.add(first.id, answers[DRAFTS], Filters())
    assert [turn.answer.question for turn in anew.turns] == [DRAFTS]


@pytest.mark.parametrize("name", ["", "../catalog", "0123456789abcdeg", "0" * 16 + "\n", "🂡" * 16])
def test_a_name_is_no_path(kept: Conversations, name: str) -> None:
    """What is no name of a conversation is refused, and never a path."""
    with pytest.raises(NotFoundError, match="names no conversation"):
        kept.get(name)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"title": "x", "changed": "", "turns": [{}]}', "\x00"])
def test_a_damaged_file_harms_no_other(
    kept: Conversations, answers: dict[str, Answer], tmp_path: Path, damage: str
) -> None:
    """A damaged file is named with what to do; the other conversations are there."""
    whole, broken = (
        kept.add(kept.begin(CAMERAS).id, answers[CAMERAS], Filters()),
        kept.add(kept.begin(ABSENT).id, answers[ABSENT], Filters()),
    )
    path = tmp_path / "conversations" / f"{broken.id}.json"
    path.write_text(damage, encoding="utf-8")
    assert kept.all() == [whole]
    assert kept.damaged() == [path]
    with pytest.raises(DossierError, match=f"{broken.id}.*damaged"):
        kept.get(broken.id)


def test_two_tabs_lose_nothing(kept: Conversations, answers: dict[str, Answer]) -> None:
    """Turns added from several threads at once are all kept."""
    begun = kept.add(kept.begin(CAMERAS).id, answers[CAMERAS], Filters())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: kept.add(begun.id, answers[ABSENT], Filters()), range(24)))
    assert len(kept.get(begun.id).turns) == 25


def test_what_was_said_is_the_history(kept: Conversations, answers: dict[str, Answer]) -> None:
    """The history of a conversation holds each question as it was understood, and its answer."""
    told = kept.add(kept.add(kept.begin(CAMERAS).id, answers[CAMERAS], Filters()).id, answers[ABSENT], Filters())
    assert [one["role"] for one in told.history()] == ["user", "assistant"] * 2
    assert told.history()[3]["content"] == answers[ABSENT].text
