"""Whether right sentences of a chat model are shown and wrong ones left out: a scripted model on the seed article.

The sentences are in other words than the article's. A wrong one differs from a right one in a figure, a date, a name,
who did it to whom, a deed, a denial, a doubt or a strong word. Each cites every passage that was shown, which is the
hardest for the check: whatever bears it may be found.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.drafts import draft_sentences
from app.write import ChatModel
from evals.answers import questions
from evals.stores import SkippedError, kept_dossier, material

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.dossier import Dossier
    from evals.answers import Question

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
    """Say each sentence in answer to its question; return how many were shown, and which ones wrongly."""
    asked = {one.id: one for one in questions(material("seed_questions.json"))}
    folder = material("seed_questions.json").parent.parent / "seed"
    seed = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*"))]
    if not seed:
        raise SkippedError("the seed article is not there: it lies in the folder seed beside the evaluation material")
    found: dict[str, Any] = {"right": [], "wrong": []}
    with kept_dossier(home, seed) as (dossier, filled):
        for row in json.loads(_SENTENCES.read_text(encoding="utf-8")):
            for kind in ("right", "wrong"):
                found[kind] += [_said(dossier, asked[row["id"]], sentence) for sentence in row[kind]]
    return found | {"filled": filled}


def _said(dossier: Dossier, question: Question, sentence: str) -> dict[str, Any]:
    dossier.use_model(_Scripted(sentence))
    answer = dossier.ask(question.text, history=question.history)
    checks = [one for one in answer.making.checks if one.sentence == draft_sentences(sentence)[0].text]
    return {
        "question": question.id,
        "sentence": sentence,
        "asked": bool(checks),
        "shown": any(one.shown for one in checks),
        "why": [problem for one in checks for problem in one.problems],
    }
