"""A chat model's draft taken apart: its sentences, and the numbers of the passages that each cites."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.read.clean import remove_invisible
from ingest.sentences import sentence_spans

# What a model writes when the passages do not answer.
NOTHING = "NOTHING"
_NUMBERS = r"\d{1,3}(?:\s*(?:,|;|–|-|and)\s*\^?\d{1,3})*"
_MARK = rf"[\[【]\s*\^?{_NUMBERS}(?:†[^\]】\s]{{0,20}})?\s*[\]】]"
_MARKS = re.compile(rf"\s*((?:{_MARK}\s*)+)")
# "... in 2010. [1]" becomes "... in 2010 [1].": a mark belongs to the sentence before it.
_AFTER_STOP = re.compile(rf"([.!?][”\"’)]*)\s*((?:{_MARK}\s*)+)(?=\s|$|[A-Z“\"])")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?=\S)([^*_`]+)(?<=\S)\1")
_HEADING = re.compile(r"#+\s")
# What a model answers with before it states anything: nothing bears a "yes" by itself.
# "No-one" and "No. 5" are no such answers.
_ANSWERS = re.compile(r"^(?!no\.\s*\d)(?:yes|no)(?:[,:;.!]+|\s+[–—-]+)(?:\s+|$)", re.IGNORECASE)
_FEWEST_LETTERS = 3
_LONGEST_RANGE = 30


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence without its marks, and the numbers that it cites, in order."""

    text: str
    numbers: tuple[int, ...]


def draft_sentences(draft: str) -> list[DraftSentence]:
    """Return the sentences of a draft; headings and a word that says that there is nothing are none."""
    found: list[DraftSentence] = []
    for line in remove_invisible(draft)[0].splitlines():
        text = _EMPHASIS.sub(r"\2", _BULLET.sub("", " ".join(line.split())))
        if not text or text.strip(" .*") == NOTHING or _HEADING.match(text):
            continue
        text = _AFTER_STOP.sub(lambda match: f" {match[2].strip()}{match[1]} ", text)
        found.extend(draft_sentence(text[start:end]) for start, end in sentence_spans(text))
    return [one for one in found if len(re.findall(r"[^\W\d_]", one.text)) >= _FEWEST_LETTERS]


def draft_sentence(text: str) -> DraftSentence:
    """Return a sentence apart from its marks."""
    numbers = [number for match in _MARKS.finditer(text) for number in _cited(match[1])]
    bare = " ".join(_MARKS.sub(" ", text).split())
    stated = re.sub(r"\s+([.,;:!?])", r"\1", bare)
    if answer := _ANSWERS.match(stated):
        stated = stated[answer.end() :]
        stated = stated[:1].upper() + stated[1:]
    return DraftSentence(stated, tuple(dict.fromkeys(numbers)))


def _cited(marks: str) -> list[int]:
    """Return the numbers in marks, "[1-3]" being three."""
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*[–-]\s*\^?(\d+))?", re.sub(r"†[^\]】]*", "", marks)):
        found.extend(range(int(first), min(int(last or first), int(first) + _LONGEST_RANGE) + 1))
    return found
