"""Whether right sentences of a chat model are shown and wrong ones left out: a scripted model says each of them.

The sentences are in other words than the sources'. A wrong one differs from a right one in a figure, a date, a name,
who did it to whom, a deed, a denial, a doubt or a strong word. Each cites every passage that was shown, which is the
hardest for the check: whatever bears it may be found.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.dossier import shipped
from app.drafts import draft_sentences
from app.write import ChatModel
from evals.answers import questions
from evals.stores import SkippedError, kept_dossier, material, wordpress_posts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.dossier import Dossier

# The posts of the WordPress export that a set is about.
_POSTS = {
    "seven posts": (1016, 1023, 1032, 1070, 1101, 1107, 1134),
    "seventeen posts, by a language model": (
        1007, 1008, 1014, 1018, 1019, 1020, 1021, 1028, 1031, 1033, 1034, 1038, 1040, 1044, 1048, 1051, 1053,
    ),
}  # fmt: skip
_SENTENCES = Path(__file__).with_name("claims_sentences.json")


class _Scripted(ChatModel):
    """Says one sentence, and nothing better when it is sent back."""

    def __init__(self, sentence: str) -> None:
        self.name, self.where, self.seconds = "scripted", "nowhere", 60.0
        self._sentence: str | None = sentence

    def stream(self, messages: Sequence[tuple[str, str]], until: float) -> Iterator[str]:  # noqa: ARG002
        """Yield the sentence with the numbers of all passages."""
        said, self._sentence = self._sentence, None
        marks = "".join(f"[{number}]" for number in re.findall(r"(?m)^\[(\d+)\] ", messages[0][1]))
        yield f"{said[:-1]} {marks}{said[-1]}" if said else "NOTHING"


def run(home: Path) -> dict[str, Any]:
    """Say each sentence in answer to its question; return by collection how many were shown, and which wrongly."""
    sentences = json.loads(_SENTENCES.read_text(encoding="utf-8"))
    ships = [(path.name, path.read_bytes()) for path in shipped()]
    found = {name: _said_of(home, ships, rows) for name, rows in sentences.items() if name.startswith("what ships")}
    try:
        asked = {one.id: one for one in questions(material("seed_questions.json"))}
        folder = material("seed_questions.json").parent.parent / "seed"
    except SkippedError as skipped:
        print(f"claims, the seed article and the posts skipped: {skipped}", file=sys.stderr)
        return found
    seed = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*"))]
    rows = [
        row | {"question": asked[row["id"]].text, "history": asked[row["id"]].history}
        for row in sentences["the seed article"]
    ]
    for name, wanted in _POSTS.items():
        names = {f"post-{post}.json" for post in wanted}
        posts = [post for post in wordpress_posts() if post[0] in names]
        found[name] = _said_of(home, posts, sentences[name])
    return found | {"the seed article": _said_of(home, seed, rows)}


def _said_of(home: Path, files: Sequence[tuple[str, bytes]], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {"right": [], "wrong": []}
    with kept_dossier(home, files) as (dossier, filled):
        for row in rows:
            for kind in ("right", "wrong"):
                found[kind] += [_said(dossier, row, sentence) for sentence in row[kind]]
    return found | {"filled": filled}


def _said(dossier: Dossier, row: dict[str, Any], sentence: str) -> dict[str, Any]:
    dossier.use_model(_Scripted(sentence))
    answer = dossier.ask(row["question"], history=row.get("history", ()))
    checks = [one for one in answer.making.checks if one.sentence == draft_sentences(sentence)[0].text]
    return {
        "question": row["question"],
        "sentence": sentence,
        "asked": bool(checks),
        "shown": any(one.shown for one in checks),
        "why": [problem for one in checks for problem in one.problems],
    }
