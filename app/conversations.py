"""Conversations: each a private file of the store, so that it is there after a restart, exactly as it was."""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.answers import answer_from_json
from ingest.errors import DossierError, NotFoundError, StoreError
from ingest.records import Filters

if TYPE_CHECKING:
    from pathlib import Path

    from app.answers import Answer

_ID = re.compile(r"[0-9a-f]{16}")
_TITLE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was answered: when (ISO 8601, UTC), within what, and the answer."""

    asked: str
    filters: Filters
    answer: Answer


@dataclass(frozen=True, slots=True)
class Conversation:
    """Questions and answers that follow on one another; `changed` is ISO 8601, UTC."""

    id: str
    title: str
    changed: str
    turns: tuple[Turn, ...] = ()

    @property
    def began(self) -> str:
        """When the first question was asked, in ISO 8601, UTC."""
        return self.turns[0].asked if self.turns else self.changed

    def history(self) -> list[dict[str, str]]:
        """Return what was said so far, for a follow-up: the questions as they were understood, and the answers."""
        answers = [turn.answer for turn in self.turns]
        said = ((("user", answer.standalone_question), ("assistant", answer.text)) for answer in answers)
        return [{"role": role, "content": content} for turn in said for role, content in turn]

    def as_json(self) -> dict[str, Any]:
        """Return the object that its file holds; each `answer` in it is a record that `verify` reads."""
        turns = [
            {"asked": turn.asked, "filters": asdict(turn.filters), "answer": turn.answer.as_json()}
            for turn in self.turns
        ]
        return {"title": self.title, "changed": self.changed, "turns": turns}


class Conversations:
    """The conversations of one store. Safe to use from several threads."""

    def __init__(self, home: Path) -> None:
        """Keep them in a folder of the store `home`, made at the first one."""
        self._folder = home / "conversations"
        self._lock = threading.RLock()
        # How often all were deleted since the start.
        self.deletions = 0

    def delete_all(self) -> None:
        """Delete all conversations for good, damaged ones too; a question that is under way adds to none of them."""
        with self._lock:
            self.deletions += 1
            for path in (*self._folder.glob("*.json"), *self._folder.glob("*.part")):
                path.unlink(missing_ok=True)

    def all(self) -> list[Conversation]:
        """List them, the last that was added to first; one whose file is damaged is left out (see `damaged`)."""
        found = []
        for path in self._paths():
            try:
                found.append(self.get(path.stem))
            except DossierError:
                continue
        return sorted(found, key=lambda one: one.changed, reverse=True)

    def damaged(self) -> list[Path]:
        """Return the files that hold no conversation."""
        found = []
        for path in self._paths():
            try:
                self.get(path.stem)
            except NotFoundError:
                continue
            except DossierError:
                found.append(path)
        return found

    def get(self, conversation_id: str) -> Conversation:
        """Return a conversation; NotFoundError when there is none with this id, DossierError when it is damaged."""
        path = self._path(conversation_id)
        try:
            return _from_json(conversation_id, json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise NotFoundError(f"No conversation {conversation_id!r} in {self._folder}. It was deleted.") from None
        except (OSError, DossierError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise DossierError(f"{path}: is damaged ({error}). Restore it from a backup, or delete it.") from error

    def begin(self, question: str) -> Conversation:
        """Return a conversation that begins with a question; it is kept from its first answer on."""
        return Conversation(secrets.token_hex(8), question[:_TITLE_LENGTH], _now())

    def add(self, conversation_id: str, answer: Answer, filters: Filters) -> Conversation:
        """Add a turn to a conversation, which is kept from then on, anew where it was deleted meanwhile; return it."""
        with self._lock:
            now = _now()
            try:
                before = self.get(conversation_id)
            except NotFoundError:
                before = replace(self.begin(answer.question), id=conversation_id)
            after = replace(before, changed=now, turns=(*before.turns, Turn(now, filters, answer)))
            self._write(after)
            return after

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation another title; DossierError when it is empty."""
        title = " ".join(title.split())[:_TITLE_LENGTH]
        if not title:
            raise DossierError("The title is empty. Write some words.")
        with self._lock:
            self._write(replace(self.get(conversation_id), title=title))

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation for good."""
        with self._lock:
            self._path(conversation_id).unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("*.json") if _ID.fullmatch(path.stem))

    def _path(self, conversation_id: str) -> Path:
        # It may come from an address that somebody typed.
        if not _ID.fullmatch(conversation_id):
            raise NotFoundError(f"{conversation_id[:40]!r} names no conversation.")
        return self._folder / f"{conversation_id}.json"

    def _write(self, conversation: Conversation) -> None:
        path = self._path(conversation.id)
        half = path.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump(conversation.as_json(), file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
        except OSError as error:
            half.unlink(missing_ok=True)
            raise StoreError(
                f"{path}: the conversation cannot be kept ({error.strerror}). Make room or check the folder's "
                "permissions, then ask again."
            ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _from_json(conversation_id: str, record: dict[str, Any]) -> Conversation:
    turns = tuple(
        Turn(
            str(one["asked"]),
            Filters(**one["filters"] | {"documents": tuple(one["filters"]["documents"])}),
            answer_from_json(one["answer"]),
        )
        for one in record["turns"]
    )
    return Conversation(conversation_id, str(record["title"]), str(record["changed"]), turns)
