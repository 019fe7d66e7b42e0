"""Whether answers are right: questions with the words that must be cited, asked of a real store.

A file of questions is a JSON list of `{"id", "question", "kind", "must_cite_pointers", "answerable", "must_not_say",
"history"}`; a pointer is a piece of the text of a sentence that the answer needs. Where that text may not be kept here
it is "words:hash" for each piece that will do: how many words, and the first 16 hex of the SHA-256 of them, folded.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from app.dossier import Dossier, shipped
from evals.metrics import folded
from evals.stores import SkippedError, kept_dossier, material, wordpress_posts
from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.answers import Answer, Citation

# The questions on what ships, which need no material from elsewhere.
_BRIEFS = Path(__file__).with_name("briefs_questions.json")
# Questions on articles and reports of others, written by hands that did not know the program.
_OTHERS_QUESTIONS = Path(__file__).with_name("others_questions.json")
_HASHED = re.compile(r"(\d{1,2}):([0-9a-f]{16})")
# Articles that stand beside the seed article in its second store.
_OTHERS = 40
# A plain answer, to compare with: the best passages of a search, whatever they say.
_PLAIN = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question, what came before it, and the words that an answer must cite; unanswerable ones must be refused."""

    id: str
    text: str
    kind: str
    pointers: tuple[str, ...]
    answerable: bool
    must_not_say: tuple[str, ...] = ()
    history: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one question: pointers cited, and for each citation whether it holds one."""

    question: Question
    outcome: str
    cited: tuple[bool, ...]
    useful: tuple[bool, ...]
    wrong_quotes: int
    said: tuple[str, ...]
    text: str

    @property
    def answered(self) -> bool:
        """Tell whether something was cited as an answer."""
        return bool(self.useful)


def run_seed(home: Path) -> dict[str, Any]:
    """Ask the questions on the seed article: of it alone, and of it among other articles."""
    asked = questions(material("seed_questions.json"))
    seed = [
        (path.name, path.read_bytes()) for path in sorted(material("seed_questions.json").parent.parent.glob("seed/*"))
    ]
    if not seed:
        raise SkippedError("the seed article is not there: it lies in the folder seed beside the evaluation material")
    return {
        "the seed article alone": _measured(home, seed, asked),
        f"the seed article among {_OTHERS}": _measured(home, [*seed, *wordpress_posts(_OTHERS)], asked),
    }


def run_briefs(home: Path) -> dict[str, Any]:
    """Ask the questions on what ships."""
    return {"what ships": _measured(home, [(path.name, path.read_bytes()) for path in shipped()], questions(_BRIEFS))}


def run_others(home: Path) -> dict[str, Any]:
    """Ask the questions on articles and reports of others, of each collection."""
    folder = material("surveillance")
    found = {}
    for name, collection in json.loads(_OTHERS_QUESTIONS.read_text(encoding="utf-8")).items():
        wanted = set(collection["files"])
        files = [post for post in wordpress_posts() if post[0] in wanted]
        files += [(path.name, path.read_bytes()) for path in sorted(folder.rglob("*.pdf")) if path.name in wanted]
        found[name] = _measured(home, files, list(map(_question, collection["questions"])))
    return found


def _measured(home: Path, files: Sequence[tuple[str, bytes]], asked: Sequence[Question]) -> dict[str, Any]:
    with kept_dossier(home, files) as (dossier, filled):
        dossier.ask("warm up")
        ours = judge(dossier, asked)
        return {"ours": summary(ours), "plain": summary(plain(dossier, asked)), "filled": filled, "judged": _told(ours)}


def _told(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    """Return what became of each question, for a reader who looks for what went wrong."""
    return [
        {
            "id": one.question.id,
            "question": one.question.text,
            "outcome": one.outcome,
            "pointers cited": list(one.cited),
            "quotes useful": list(one.useful),
            "text": one.text,
        }
        for one in judged
    ]


def questions(path: Path) -> list[Question]:
    """Read a file of questions."""
    return list(map(_question, json.loads(path.read_text(encoding="utf-8"))))


def _question(one: dict[str, Any]) -> Question:
    return Question(
        one["id"],
        one["question"],
        one["kind"],
        tuple(one["must_cite_pointers"]),
        one["answerable"],
        tuple(one.get("must_not_say", ())),
        tuple(one.get("history", ())),
    )


def judge(dossier: Dossier, asked: Iterable[Question]) -> list[Judged]:
    """Ask every question and judge its answer."""
    return [_judged(dossier, question) for question in asked]


def plain(dossier: Dossier, asked: Iterable[Question]) -> list[Judged]:
    """Judge the plain answer, which always answers: the best passages of a search."""
    judged = []
    for question in asked:
        texts = [folded(hit.text) for hit in dossier.search(question.text, _PLAIN)]
        judged.append(
            Judged(
                question,
                "answered",
                tuple(any(_holds(text, pointer) for text in texts) for pointer in question.pointers),
                tuple(any(_holds(text, pointer) for pointer in question.pointers) for text in texts),
                0,
                (),
                "",
            )
        )
    return judged


def summary(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the measures over judged questions, each as a share with the number that it is a share of."""
    answerable = [one for one in judged if one.question.answerable]
    unanswerable = [one for one in judged if not one.question.answerable]
    answered = [one for one in answerable if one.answered]
    pointers = [cited for one in answerable for cited in one.cited]
    return {
        "questions": len(judged),
        "pointers cited": _share(pointers),
        "every pointer cited": _share([all(one.cited) for one in answerable]),
        "precision": round(fmean(fmean(one.useful) for one in answered), 3) if answered else 0.0,
        "answerable refused": _share([not one.answered for one in answerable]),
        "unanswerable refused": _share([not one.answered for one in unanswerable]),
        "said what must not be said": sum(bool(one.said) for one in judged),
        "quotes": sum(len(one.useful) for one in judged),
        "quotes not verbatim": sum(one.wrong_quotes for one in judged),
    }


def _share(values: Sequence[bool]) -> dict[str, int]:
    return {"yes": sum(values), "of": len(values)}


def _judged(dossier: Dossier, question: Question) -> Judged:
    try:
        answer = dossier.ask(question.text, history=question.history)
    except DossierError as error:
        return Judged(question, f"failed: {error}", tuple(False for _ in question.pointers), (), 0, (), "")
    texts = [_words(citation) for citation in answer.citations]
    together = folded(" ".join(texts))
    return Judged(
        question,
        answer.outcome,
        tuple(_holds(together, pointer) for pointer in question.pointers),
        tuple(any(_touches(folded(text), pointer) for pointer in question.pointers) for text in texts),
        sum(not _is_verbatim(dossier, citation) for citation in (*answer.citations, *answer.nearest)),
        tuple(said for said in question.must_not_say if _says(answer, said)),
        answer.text,
    )


def _words(citation: Citation) -> str:
    """Return what a citation shows, in the order of the text: its context and its quote."""
    slices = {(slice_.place.start, slice_.quote) for slice_ in (*citation.context, citation.quote)}
    return " ".join(quote for _, quote in sorted(slices))


def _holds(text: str, pointer: str) -> bool:
    """Tell whether a folded text holds a pointer, which is words or the hashes of some."""
    hashed = _HASHED.findall(pointer)
    return any(found in _hashes(text, int(words)) for words, found in hashed) if hashed else folded(pointer) in text


def _hashes(text: str, words: int) -> set[str]:
    """Return the hashes of all runs of so many words of a folded text."""
    there = re.findall(r"\w+", text)
    runs = (" ".join(there[at : at + words]) for at in range(len(there) - words + 1))
    return {hashlib.sha256(run.encode()).hexdigest()[:16] for run in runs}


def _touches(text: str, pointer: str) -> bool:
    """Tell whether a citation holds a pointer, or the half of one that spans two sentences."""
    if _HASHED.search(pointer):
        return _holds(text, pointer)
    pointer = folded(pointer)
    words = pointer.split()
    half = (len(words) + 1) // 2
    return pointer in text or text.endswith(" ".join(words[:half])) or text.startswith(" ".join(words[-half:]))


def _is_verbatim(dossier: Dossier, citation: Citation) -> bool:
    document = dossier.library.document(citation.document.id)
    slices = (citation.quote, *citation.context)
    return all(document.text[one.place.start : one.place.end] == one.quote for one in slices)


def _says(answer: Answer, said: str) -> bool:
    """Tell whether an answer itself (not what it quotes) says something."""
    own = answer.text
    for citation in answer.citations:
        own = own.replace(citation.quote.quote, "")
    return folded(said) in folded(own)
