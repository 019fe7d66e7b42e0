"""Which sentences of the passages found bear on a question, and how well: a weighed sum of signs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.kinds import holds, leaves_unnamed
from app.words import share_of
from ingest.fulltext import searchable
from ingest.passages import ADDRESS, without_addresses
from ingest.records import Span
from ingest.voices import is_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.answers import Hit
    from app.names import Name
    from app.question import Question, Want
    from ingest.library import Library
    from ingest.records import Document, Sentence

# What each sign weighs: a conditional logit of which sentence is the one to quote, over 208 development questions on
# one article, on what ships, and on articles and reports of others; rounded, and "unnamed" and "note" set by hand. A
# difference of 1 between two sentences makes the better one e times as likely.
WEIGHTS = {
    "near": 6.0,  # cosine of question and sentence
    "near, passage": 9.0,  # cosine of question and passage
    "words": 3.5,  # share of the question's words, by weight, in the sentence and its antecedents
    "words, in passage": 4.0,  # in the passage with its title, heading and voice
    "rank": 3.0,  # 1 / (rank of the passage + 2)
    "unnamed": -1.5,  # 1 when it names none of those the question is about, in what a reader knows with it
    "note": -2.0,  # 1 for a footnote, which mostly tells where something stands
    "kind": 1.5,  # 1 when it holds the kind of thing that is asked for, -1 when not, 0 when none is
}
# Sentences that are weighed in full, which costs an embedding: the best by what costs none. More for a list.
_MOST_WEIGHED, _MOST_LISTED = 32, 96
# How a sentence ends that introduces what somebody says.
INTRODUCES = (":", "：")
# Fewer words than this state nothing.
_FEWEST_WORDS = 3
# A reference tells where something stands, and states nothing itself.
_REFERENCE = re.compile(
    r"^\W*(?:\d{1,3}\s+)?"
    r"(?:sources?:|see\b|see also\b|available (?:at|from)\b|accessed\b|retrieved\b|ibid\b|cf\.|supra\b)|"
    r".*\b(?:available|accessed|retrieved|last visited) (?:at|from|on)[:,]?\s*(?:https?://|www\.)",
    re.IGNORECASE | re.DOTALL,
)
_MOST_ADDRESS = 0.35


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be quoted: where it was found, its text, what is understood with it, and its score.

    `kinds` are the kinds of thing that the question wants and the sentence holds.
    """

    hit: Hit
    sentence: Sentence
    text: str
    understood: str
    kinds: frozenset[Want] = frozenset()
    score: float = 0.0

    @property
    def is_statement(self) -> bool:
        """Tell whether it says that something is so; a question does not, nor what only introduces what follows."""
        return "asks" not in self.sentence.marks and not self.text.endswith(INTRODUCES)

    @property
    def shown(self) -> str:
        """What a reader knows with it: the sentence, its antecedents, title, heading and voice."""
        return f"{self.hit.passage.context} {self.understood}"

    def names(self, name: Name) -> bool:
        """Tell whether a name stands in what a reader knows with it."""
        return name.stands_in(self.shown)


def weighed(
    question: Question, hits: Sequence[Hit], library: Library, text_of: Callable[[str], Document]
) -> list[Candidate]:
    """Weigh every sentence of some passages that states something; return them best first."""
    found = [replace(candidate, score=score(of)) for candidate, of in signs(question, hits, library, text_of)]
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.hit.rank, candidate.sentence.start))


def signs(
    question: Question, hits: Sequence[Hit], library: Library, text_of: Callable[[str], Document]
) -> list[tuple[Candidate, dict[str, float]]]:
    """Return the sentences that state something, and what speaks for each by the names of `WEIGHTS`."""
    rows: list[tuple[Candidate, dict[str, float]]] = []
    for hit in hits:
        text = text_of(hit.document.id).text
        in_passage = share_of(question.words, f"{hit.passage.context} {hit.text}")
        for sentence in statements(hit):
            own, understood = text[sentence.start : sentence.end], _understood(text, sentence)
            kinds = {want for want in question.wants if holds(want, own, hit.passage.voice, question)}
            # Who "both firms" are is told by what the sentence cannot be understood without.
            if "name" in question.wants and holds("name", understood, hit.passage.voice, question):
                kinds.add("name")
            if leaves_unnamed(question, own):
                kinds.discard("name")
            found = {
                "words": share_of(question.words, understood),
                "words, in passage": in_passage,
                "rank": 1 / (hit.rank + 2),
                "unnamed": float(_leaves_out_names(question, f"{hit.passage.context} {understood}")),
                "note": float("note" in sentence.marks),
                "kind": 2 * len(kinds) / len(question.wants) - 1 if question.wants else 0.0,
            }
            rows.append((Candidate(hit, sentence, own, understood, frozenset(kinds)), found))
    # What names those asked about is always weighed.
    rows.sort(key=lambda row: (row[1]["unnamed"], -score(row[1])))
    rows = rows[: _MOST_LISTED if question.is_list else _MOST_WEIGHED]
    if not rows:
        return []
    asked = library.embedder.queries([question.text])[0]
    texts = list(dict.fromkeys(candidate.text for candidate, _ in rows))
    near = dict(zip(texts, (library.embedder.documents(texts) @ asked).tolist(), strict=True))
    keys, vectors = library.catalog.vectors(list({candidate.hit.passage.id for candidate, _ in rows}))
    # None is left where all were removed, or another version came, in the midst of the question.
    near_passage = {key: float(vector @ asked) for key, vector in zip(keys, vectors, strict=True)}
    for candidate, found in rows:
        found["near"] = near[candidate.text]
        found["near, passage"] = near_passage.get(candidate.hit.passage.id, 0.0)
    return rows


def score(found: Mapping[str, float]) -> float:
    """Return the weighed sum of signs."""
    return sum(WEIGHTS[name] * value for name, value in found.items())


def statements(hit: Hit) -> list[Sentence]:
    """Return the sentences of a passage that state something."""
    offset = hit.passage.start
    return [
        sentence
        for sentence in hit.passage.sentences
        if states_something(hit.text[sentence.start - offset : sentence.end - offset])
    ]


def states_something(text: str) -> bool:
    """Tell a statement from a signature, an address, a reference, or a mark like "[Source]"."""
    if is_signature(text) or _REFERENCE.match(text):
        return False
    addresses = sum(len(address[0]) for address in ADDRESS.finditer(text))
    if addresses > _MOST_ADDRESS * len(text):
        return False
    return len(re.findall(r"\w+", searchable(without_addresses(text)))) >= _FEWEST_WORDS


def _leaves_out_names(question: Question, shown: str) -> bool:
    return bool(question.needed) and not any(name.stands_in(shown) for name in question.needed)


def _understood(text: str, sentence: Sentence) -> str:
    """Return a sentence after what it needs to be understood."""
    spans = (*reversed(sentence.antecedents), Span(sentence.start, sentence.end))
    return " ".join(text[span.start : span.end] for span in spans)
