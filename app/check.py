"""Checks an answer's record against the store, without a model: every quote is a slice, where it says it stands."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app import collection, compose
from app.alike import WordsAlike
from app.answers import Dated, source_json
from app.dates import printed_day
from app.drafts import draft_sentence
from app.pieces import Evidence
from app.relative import relative_dates
from app.rulings import ruled
from ingest.errors import DossierError, NotFoundError
from ingest.places import Places
from ingest.voices import voices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ingest.library import Library
    from ingest.records import Document, Voice

_WHERE = ("page", "page_label", "paragraph")
_WHO = ("speaker", "via")
# What a newer version of a document changes about an older one.
_PASSING = ("version", "status")
# The words of the fixed sentences of an answer; any other must be its sources'.
_OWN_WORDS = frozenset(re.findall(r"[a-z]+", " ".join((*compose.FIXED, *collection.FIXED)).casefold()))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one citation of a record, or under number 0 of the rest of it.

    A `problem` of one that is `ok` is worth knowing all the same.
    """

    number: int
    ok: bool
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the promised JSON object."""
        return asdict(self)


def verify(record: Any, library: Library) -> list[Verdict]:
    """Check an answer's JSON object: each citation, what is nearest included, and that the text is made of them.

    DossierError if it is no such object.
    """
    try:
        verdicts = [_checked(citation, library) for citation in (*record["citations"], *record["nearest"])]
        verdicts.extend(Verdict(0, ok=False, problem=problem) for problem in _of_text(record, library))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DossierError(
            f"This is no record of an answer ({type(error).__name__}: {error}). Make one with: "
            "dossier ask QUESTION --json > answer.json"
        ) from error
    return verdicts


def _checked(citation: Mapping[str, Any], library: Library) -> Verdict:
    number = _whole(citation["number"])
    try:
        document = library.document(str(citation["document"]["id"]))
    except NotFoundError:
        return Verdict(number, ok=False, problem="its document is not in this store: it was removed, or is another's")
    checks = _Checks(document)
    problems = list(checks.problems(citation, who=True))
    for slice_ in citation["context"]:
        problems.extend(f"context: {problem}" for problem in checks.problems(slice_, who=False))
    problems.extend(checks.of_dates(citation))
    for field, value in source_json(document.source).items():
        if field not in _PASSING and citation["document"][field] != value:
            problems.append(f"its document's {field} is {value}, not {citation['document'][field]}")
    if citation["quote_verified"] is not True:
        problems.append("it was not verified when it was quoted")
    if problems:
        return Verdict(number, ok=False, problem="; ".join(problems))
    if document.source.status == "superseded":
        return Verdict(number, ok=True, problem="the quote holds; a newer version of its document is current")
    return Verdict(number, ok=True)


def _of_text(record: Mapping[str, Any], library: Library) -> Iterator[str]:
    """Yield what is wrong with a record's text and sentences: they must agree, and state only what citations bear."""
    sentences, citations = record["sentences"], {_whole(one["number"]): one for one in record["citations"]}
    if sentences and record["text"] != "\n".join(sentence["text"] for sentence in sentences):
        yield "the text is not that of the sentences"
    cited = {_whole(number) for sentence in sentences for number in sentence["citations"]}
    for number in sorted(cited ^ citations.keys()):
        yield f"[{number}] is cited by a sentence or held by the record, and not both"
    if record["answered"] and not cited:
        yield "it answers, and cites nothing"
    for sentence in sentences:
        bearing = [citations[number] for number in sentence["citations"] if number in citations]
        own = _without(sentence["text"], bearing, library)
        foreign = [word for word in re.findall(r"[^\W\d_]+", own) if word.casefold() not in _OWN_WORDS]
        if foreign and record["model"] is None:
            yield f"a sentence says what no citation bears: {' '.join(foreign)}"
        elif foreign:
            problems = _of_written(sentence["text"], bearing, library)
            yield from (f"a sentence is not borne: {sentence['text']} ({problem})" for problem in problems)


def _of_written(text: str, citations: Sequence[Mapping[str, Any]], library: Library) -> tuple[str, ...]:
    """Return why citations do not bear a sentence that a chat model wrote."""
    evidence = []
    for citation in citations:
        try:
            source = library.document(str(citation["document"]["id"])).source
        except NotFoundError:
            continue  # said of the citation itself
        understood = " ".join(str(slice_["quote"]) for slice_ in citation["context"])
        dated = tuple(Dated(**one) for one in citation.get("dated", ()))
        evidence.append(Evidence(str(citation["quote"]), understood, citation["speaker"], source, dated=dated))
    return ruled(draft_sentence(text).text, evidence, library.names, WordsAlike(library.embedder)).problems


def _without(text: str, citations: Sequence[Mapping[str, Any]], library: Library) -> str:
    """Return a sentence without what its citations quote and what is known of their documents."""
    for citation in citations:
        text = text.replace(str(citation["quote"]), " ")
    for citation in citations:
        try:
            source = library.document(str(citation["document"]["id"])).source
        except NotFoundError:
            continue
        dates = [printed_day(date) for date in (source.published, source.modified) if date]
        known = (source.title, source.publisher, source.author, *dates, citation["speaker"], citation["page_label"])
        for part in sorted((str(part) for part in known if part), key=len, reverse=True):
            text = text.replace(part, " ")
    return text


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is no whole number")
    return value


class _Checks:
    """Checks slices of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._places = Places(document)
        self._voices = voices(document.text, document.blocks, document.source.publisher)

    def problems(self, slice_: Mapping[str, Any], *, who: bool) -> Iterator[str]:
        """Yield what is wrong with a slice: its words, its place, and with `who` its voice."""
        start, end = _whole(slice_["start"]), _whole(slice_["end"])
        if not 0 <= start < end <= len(self._document.text):
            yield f"characters {start} to {end} are not in its document, which has {len(self._document.text)}"
            return
        if self._document.text[start:end] != slice_["quote"]:
            yield f"the document says “{self._document.text[start:end]}” there, not “{slice_['quote']}”"
        place = asdict(self._places.of(start, end, self._voice(start)))
        for field in (*_WHERE, *(_WHO if who else ())):
            if place[field] != slice_[field]:
                yield f"its {field.replace('_', ' ')} is {place[field]}, not {slice_[field]}"

    def of_dates(self, citation: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is wrong with the dates that a quote is said to tell; an older record has none."""
        voice, source = self._voice(_whole(citation["start"])), self._document.source
        dated = [asdict(one) for one in relative_dates(str(citation["quote"]), voice, source)]
        if citation.get("dated", dated) != dated:
            yield f"its dates told by another day are {dated}, not {citation['dated']}"

    def _voice(self, start: int) -> Voice | None:
        found = zip(self._document.blocks, self._voices, strict=True)
        return next((voice for block, voice in found if block.start <= start < block.end), None)
