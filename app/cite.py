"""Citations: a quote with its place and what it needs to be understood, and how places and sources are printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.answers import Citation, Slice
from app.dates import printed_day
from app.relative import relative_dates
from ingest.places import Places
from ingest.voices import UNNAMED, is_signature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.answers import Answer, Hit
    from ingest.records import Document, Place, Sentence, Source, Span

# Characters shown on either side of a quote, enough for a long paragraph.
_AROUND = 900
_LONGEST_WORD = 60


def cite(number: int, hit: Hit, sentences: Sequence[Sentence], document: Document) -> Citation:
    """Cite a run of whole sentences: the quote, its place, and as context antecedents and the proof of who speaks."""
    places = Places(document)
    start, end = sentences[0].start, sentences[-1].end
    voice = hit.passage.voice
    proof = voice.proof if voice and voice.name != UNNAMED else ()
    needed = dict.fromkeys(span for sentence in sentences for span in sentence.antecedents)
    context = [_slice(document, places, hit, span.start, span.end) for span in needed if span.start < start]
    for span in proof:
        # The introduction of a quoted voice is the publisher's own; a signature is the speaker's.
        spoken = places.of(span.start, span.end, voice if _within_quotation(span, document) else None)
        context.append(Slice(document.text[span.start : span.end], spoken))
    quote = _slice(document, places, hit, start, end)
    # The passage keeps its own words, apart from the document's text: both must give the same quote.
    kept = hit.text[start - hit.passage.start : end - hit.passage.start]
    dated = relative_dates(quote.quote, voice, hit.document)
    return Citation(number, quote, tuple(context), hit.document, kept == quote.quote, dated)


def surroundings(document: Document, start: int, end: int) -> tuple[str, str]:
    """Return what stands before and after a slice in its paragraphs, or the nearest words of it where they are long."""
    touched = [block for block in document.blocks if block.start < end and block.end > start]
    first, last = (touched[0].start, touched[-1].end) if touched else (start, end)
    before, after = document.text[first:start], document.text[end:last]
    if len(before) > _AROUND:
        cut = before[-_AROUND:]
        at = cut.find(" ", 0, _LONGEST_WORD)  # none in a script that puts no spaces between words
        before = f"… {cut[at + 1 :]}"
    if len(after) > _AROUND:
        cut = after[:_AROUND]
        at = cut.rfind(" ", _AROUND - _LONGEST_WORD)
        after = f"{cut[:at] if at >= 0 else cut} …"
    return before, after


def quoted(citation: Citation) -> str:
    """Return the quote within quotation marks, which are not doubled where it is speech already."""
    quote = citation.quote.quote
    is_speech = quote.startswith("“") and quote.endswith("”") and quote.count("“") == 1
    return quote if is_speech else f"“{quote}”"


def marked(text: str, citations: Sequence[Citation]) -> list[str | int]:
    """Split a text at its citation marks: words, and the numbers of citations.

    What looks like a mark within a quote, or within what is said of its document, is part of that.
    """
    said = {citation.quote.quote for citation in citations}
    for citation in citations:
        source = citation.document
        known = (source.title, source.publisher, source.author, citation.quote.place.speaker)
        said.update(text for text in known if text and "[" in text)
    quotes = sorted(said, key=len, reverse=True)
    numbers = {citation.number for citation in citations}
    pattern = "|".join([*map(re.escape, quotes), r"\[(\d{1,6})\]"])
    pieces: list[str | int] = []
    done = 0
    for match in re.finditer(pattern, text):
        if match[1] and int(match[1]) in numbers:
            pieces += [text[done : match.start()], int(match[1])]
            done = match.end()
    return [piece for piece in (*pieces, text[done:]) if piece != ""]


def marked_lines(text: str, citations: Sequence[Citation]) -> list[list[str | int]]:
    """Split a text into its lines, each at its citation marks; a line without words is left out."""
    lines: list[list[str | int]] = [[]]
    for piece in marked(text, citations):
        first, *rest = piece.split("\n") if isinstance(piece, str) else [piece]
        lines[-1].append(first)
        lines.extend([one] for one in rest)
    told = [[piece for piece in line if piece != ""] for line in lines]
    return [line for line in told if any(isinstance(piece, int) or piece.strip() for piece in line)]


def attribution(citation: Citation, *, titled: bool = False) -> str:
    """Name a citation's voice, who relays it, and its place: "A. Roe, quoted by The Paper (2 May 2020, p. 3)".

    With `titled` the document's title too, where publisher and date do not tell it from another.
    """
    place, source = citation.quote.place, citation.document
    own = source.publisher or source.author or source.title
    who = f"{place.speaker}, quoted by {own}" if place.speaker else own
    title = f"“{source.title}”" if titled else ""
    where = ", ".join(part for part in (title, _printed_date(source), printed_place(place)) if part)
    return f"{who} ({where})" if where else who


def printed_context(citation: Citation) -> str:
    """Print what a quote needs to be understood: who "both firms" are, who speaks, when "last month" was."""
    quotes = " … ".join(dict.fromkeys(slice_.quote for slice_ in citation.context))
    return "; ".join(filter(None, (quotes, *printed_dates(citation))))


def printed_dates(citation: Citation) -> list[str]:
    """Say which dates a quote tells by the day when it was said: “last month” is April 2020, and why."""
    return [
        f"“{one.words}” is {'about ' * one.about}{printed_day(one.date)}, counted from {printed_day(one.basis)}, "
        f"when it was {'said' if one.said else 'published'}"
        for one in citation.dated
    ]


def how_written(answer: Answer) -> list[str]:
    """Say which model wrote an answer, how many of its sentences were left out, and what went wrong with it."""
    told = [f"Written by {answer.model}; every sentence was checked against its passages."] if answer.model else []
    moved = sum(check.moved and check.shown for check in answer.making.checks)
    if moved:
        many = "1 sentence cites" if moved == 1 else f"{moved} sentences cite"
        told.append(f"{many} another passage than the model did, since that one bears it.")
    alike = dict.fromkeys(pair for check in answer.making.checks if check.shown for pair in check.alike)
    if alike:
        pairs = ", ".join(f"“{word}” and “{other}”" for word, other in alike)
        told.append(f"Taken to mean the same, the first written by the model, the second by its source: {pairs}.")
    dated = dict.fromkeys(day for check in answer.making.checks if check.shown for day in check.dated)
    if dated:
        days = ", ".join(f"“{day.words}” as {printed_day(day.date)}" for day in dated)
        told.append(f"Worked out by the day when it was said or published: {days}.")
    if answer.withheld:
        many = "1 sentence was" if answer.withheld == 1 else f"{answer.withheld} sentences were"
        told.append(f"{many} left out, since no passage bears what was written.")
    return [*told, *([answer.making.notice] if answer.making.notice else [])]


def printed_source(source: Source) -> str:
    """Describe a document in one line: publisher, title, date."""
    parts = (source.publisher or source.author, f"“{source.title}”", _printed_date(source))
    return ", ".join(part for part in parts if part)


def printed_place(place: Place) -> str:
    """Name the page (by its label if it has one) or the paragraph; empty where there is neither."""
    if place.page is not None:
        return f"p. {place.page_label or place.page}"
    return f"para. {place.paragraph}" if place.paragraph is not None else ""


def _printed_date(source: Source) -> str:
    return printed_day(source.published) if source.published else ""


def _slice(document: Document, places: Places, hit: Hit, start: int, end: int) -> Slice:
    return Slice(document.text[start:end], places.of(start, end, hit.passage.voice))


def _within_quotation(span: Span, document: Document) -> bool:
    return is_signature(document.text[span.start : span.end])
