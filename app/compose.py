"""The words of a quoting answer: few fixed sentences around verbatim quotes, each with its marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.answers import AnswerSentence
from app.cite import attribution, printed_day, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.answers import Citation, Searched
    from app.names import Name
    from app.question import Question, Want
    from app.quote import Choice
    from ingest.firms import FirmNames

_GIVES: dict[Want, str] = {
    "amount": "gives a sum",
    "count": "gives a number",
    "share": "gives a share",
    "date": "gives a date",
    "name": "gives a name",
    "country": "names a country",
    "reply": "gives a reply",
}


def sentences(
    question: Question, choice: Choice, citations: Sequence[Citation], names: FirmNames
) -> tuple[AnswerSentence, ...]:
    """Write the sentences of an answer around its citations, which stand in the order of the choice's quotes."""
    found: list[AnswerSentence] = []
    pairs = [at for at in sorted(choice.denied) if at > 0]
    if pairs:
        numbers = [citations[at + step].number for at in pairs for step in (-1, 0)]
        found.append(_sentence("The sources hold a claim and its denial", numbers))
    if choice.outcome == "premise_not_supported":
        found.append(
            _sentence("The sources do not bear out what the question takes for granted", [c.number for c in citations])
        )
    bullet = question.is_list and len(citations) > 1
    for at, citation in enumerate(citations):
        if at in choice.denied and at > 0:
            continue
        denial = citations[at + 1] if at + 1 in choice.denied else None
        line = _quoting(citation, denial)
        if bullet:
            firms = _firms(citation, question, names)
            line = AnswerSentence(f"- {firms}{': ' if firms else ''}{line.text}", line.citations)
        found.append(line)
    if citations and question.is_of_today:
        found.append(_of_today(citations))
    if citations and choice.lacking:
        lacking = " or ".join(_GIVES[want] for want in choice.lacking)
        found.append(_sentence(f"For the rest the sources do not say: no passage found {lacking}; the nearest is", [1]))
    return tuple(found)


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


def _quoting(citation: Citation, denial: Citation | None) -> AnswerSentence:
    text = f"{attribution(citation)}: {quoted(citation)} [{citation.number}]"
    if denial is None:
        return AnswerSentence(text, (citation.number,))
    same = attribution(denial) == attribution(citation)
    says = "and adds" if same else attribution(denial)
    return AnswerSentence(f"{text}, {says}: {quoted(denial)} [{denial.number}]", (citation.number, denial.number))


def _sentence(words: str, numbers: Iterable[int]) -> AnswerSentence:
    unique = tuple(dict.fromkeys(numbers))
    return AnswerSentence(f"{words} {''.join(f'[{number}]' for number in unique)}.", unique)


def _of_today(citations: Sequence[Citation]) -> AnswerSentence:
    numbers = [citation.number for citation in citations]
    dates = sorted({citation.document.published[:10] for citation in citations if citation.document.published})
    of = f"; what is quoted was published on {printed_day(dates[-1])}" if dates else "; what is quoted bears no date"
    return _sentence(f"The sources do not say how it is now{of}", numbers)


def _firms(citation: Citation, question: Question, names: FirmNames) -> str:
    """Return the listed firms that a quote names and the question does not."""
    asked = {name.firm.id for name in question.names if name.firm is not None}
    found = dict.fromkeys(mention.firm for mention in names.find(citation.quote.quote))
    return ", ".join(names.reported_on[key].name for key in found if key in names.reported_on and key not in asked)


def _names(names: Iterable[Name]) -> str:
    return _joined([name.forms[0] if name.corrected else name.asked for name in names])


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
