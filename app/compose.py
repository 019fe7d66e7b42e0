"""The words of a quoting answer: few fixed sentences around verbatim quotes, each with its marks."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from app.answers import AnswerSentence
from app.cite import attribution, quoted
from app.dates import printed_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.answers import Citation, Searched
    from app.names import Name
    from app.question import Question, Want
    from app.quote import Choice

_GIVES: dict[Want, str] = {
    "amount": "gives a sum for this",
    "count": "gives a number for this",
    "share": "gives a share for this",
    "date": "gives a date for this",
    "duration": "says for how long",
    "name": "gives a name for this",
    "country": "names a country for this",
    "reply": "gives a reply to this",
}


_DENIAL = "The sources hold a claim and its denial"
_PREMISE = "The sources do not bear out what the question takes for granted"
_REST = "For the rest the sources do not say: no passage found {lacking}; what they say is"
_TODAY = "The sources do not say how it is now; what is quoted {of}"
_OF = ("bears no date", "was published on", "was published from", "to")
ADDS = "and adds"
_DENIED = "Denied there"
# All that an answer says in words of its own, and how it names a place and who relays.
FIXED = (_DENIAL, _PREMISE, _REST, *_GIVES.values(), "or", _TODAY, *_OF, ADDS, _DENIED, "quoted by", "para p")


def sentences(question: Question, choice: Choice, citations: Sequence[Citation]) -> tuple[AnswerSentence, ...]:
    """Write the sentences of an answer around its citations, which stand in the order of the choice's quotes."""
    found: list[AnswerSentence] = []
    every = [citation.number for citation in citations]
    if choice.denied:
        told = sorted({at + step for at in choice.denied for step in (-1, 0)})
        found.append(_sentence(_DENIAL, [every[at] for at in told]))
    if choice.outcome == "premise_not_supported":
        found.append(_sentence(_PREMISE, every))
    bullet = "- " if question.is_list and len(citations) > 1 else ""
    same = _look_alike(citations)
    for first in (at for at in range(len(citations)) if at not in choice.denied):
        last = next(at for at in count(first + 1) if at not in choice.denied)
        line = _quoting(citations[first:last], same)
        found.append(AnswerSentence(bullet + line.text, line.citations))
    return (*found, *closing(question, choice, citations))


def closing(question: Question, choice: Choice, citations: Sequence[Citation]) -> Iterator[AnswerSentence]:
    """Yield what is said after an answer: of when its sources are, and what they do not say."""
    if question.is_of_today:
        yield _of_today(citations)
    if choice.lacking:
        lacking = " or ".join(_GIVES[want] for want in choice.lacking)
        yield _sentence(_REST.format(lacking=lacking), [citation.number for citation in citations])


def _look_alike(citations: Sequence[Citation]) -> frozenset[str]:
    """Return the ids of cited documents that publisher and date do not tell from each other."""
    by_looks: dict[tuple[str | None, ...], set[str]] = {}
    for source in (citation.document for citation in citations):
        by_looks.setdefault((source.publisher or source.author, source.published), set()).add(source.id)
    return frozenset(key for keys in by_looks.values() if len(keys) > 1 for key in keys)


def text_of(written: Iterable[AnswerSentence]) -> str:
    """Return the text of an answer: a line a sentence."""
    return "\n".join(sentence.text for sentence in written)


def refusal(
    question: Question, lacking: Sequence[Want], searched: Searched, *, filtered: bool, apart: bool = False
) -> str:
    """Say that the sources do not say, and why: nothing to search, names absent or `apart`, or kinds `lacking`."""
    if not searched.passages:
        return (
            "The sources do not say: the filters leave no document to search. Widen them."
            if filtered
            else "The sources do not say: there is no document to search. Add some with `dossier ingest`."
        )
    if searched.firms_not_found:
        verb = "is" if len(searched.firms_not_found) == 1 else "are"
        where = "what the filters leave of them" if filtered else "them"
        return f"The sources do not say: {_joined(searched.firms_not_found)} {verb} named nowhere in {where}."
    if apart:
        return f"The sources do not say: no passage names {_names(question.related)} together."
    about = f" about {_names(question.needed)}" if question.needed else ""
    if lacking:
        return f"The sources do not say: no passage found{about} {' or '.join(_GIVES[want] for want in lacking)}."
    return f"The sources do not say: no passage was found{about} that answers this."


def _quoting(citations: Sequence[Citation], look_alike: frozenset[str]) -> AnswerSentence:
    """Quote a citation, and after it those that deny it."""
    parts: list[str] = []
    said_by = None
    for one in citations:
        voice = (one.document.id, one.quote.place.speaker)
        who = ADDS if voice == said_by else attribution(one, titled=one.document.id in look_alike)
        parts.append(f"{who}: {quoted(one)} [{one.number}]")
        said_by = voice
    return AnswerSentence(", ".join(parts), tuple(one.number for one in citations))


def denial(citation: Citation) -> AnswerSentence:
    """Quote a denial after the sentence of a chat model that left it out."""
    quoting = _quoting([citation], frozenset())
    return AnswerSentence(f"{_DENIED}: {quoting.text}", quoting.citations)


def _sentence(words: str, numbers: Iterable[int]) -> AnswerSentence:
    unique = tuple(dict.fromkeys(numbers))
    return AnswerSentence(f"{words} {''.join(f'[{number}]' for number in unique)}.", unique)


def _of_today(citations: Sequence[Citation]) -> AnswerSentence:
    numbers = [citation.number for citation in citations]
    dates = sorted({citation.document.published[:10] for citation in citations if citation.document.published})
    undated, on, since, until = _OF
    of = undated if not dates else f"{on} {printed_day(dates[0])}"
    if len(dates) > 1:
        of = f"{since} {printed_day(dates[0])} {until} {printed_day(dates[-1])}"
    return _sentence(_TODAY.format(of=of), numbers)


def _names(names: Iterable[Name]) -> str:
    return _joined([name.forms[0] if name.corrected else name.asked for name in names])


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
