"""An answer by quoting, without a model: the one to three whole sentences that answer best, and who says each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from app.answers import AnswerSentence, Citation, Slice
from app.names import as_printed
from app.words import content_words
from ingest.fulltext import searchable
from ingest.passages import without_addresses
from ingest.places import Places
from ingest.records import Span
from ingest.voices import UNNAMED, is_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.answers import Hit
    from app.names import Name
    from ingest.embed import Embedder
    from ingest.records import Document, Place, Sentence, Source

# Passages whose sentences are weighed, and sentences quoted at most.
_PASSAGES = 8
MOST_QUOTES = 3
# A further sentence is quoted when it scores at least this share of the best one.
_WORTH = 0.85
# A sentence repeats another when this share of its words stands there too.
_REPEATS = 0.6
# What each sign of an answer weighs: nearness in meaning, words shared, names asked for, rank of its passage.
_MEANING, _WORDS, _NAMES, _RANK = 1.0, 0.5, 0.4, 0.2
# Fewer words than this state nothing.
_FEWEST_WORDS = 3
# Not strftime's, which speak the language of the user's machine.
_MONTHS = "January February March April May June July August September October November December".split()


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    sentence: Sentence
    score: float


def best_sentences(  # noqa: PLR0913 - what a choice of sentences rests on
    question: str,
    asked: Sequence[Name],
    hits: Sequence[Hit],
    embedder: Embedder,
    text_of: Callable[[str], Document],
    *,
    bearing: bool = True,
) -> list[tuple[Hit, Sentence]]:
    """Choose the sentences to quote, best first; with `bearing` only those that have to do with the question."""
    wanted = set(content_words(question))
    weighed: list[tuple[Hit, Sentence, str, str]] = []
    for hit in hits[:_PASSAGES]:
        text = text_of(hit.document.id).text
        for sentence in _statements(hit):
            understood = _understood(text, sentence)
            if not bearing or _bears_on(wanted, asked, f"{hit.passage.context} {understood}"):
                weighed.append((hit, sentence, text[sentence.start : sentence.end], understood))
    if not weighed:
        return []
    # Most sentences are understood by themselves: each text is embedded once.
    texts = list(dict.fromkeys(text for _, _, own, understood in weighed for text in (own, understood)))
    meaning = embedder.documents(texts) @ embedder.queries([question])[0]
    score = {text: _score(wanted, asked, text, near) for text, near in zip(texts, meaning, strict=True)}
    scored = [
        # Half for the sentence itself, half for it after what it needs: else every "It ..." would beat what it means.
        _Candidate(hit, sentence, _RANK / hit.rank + (score[own] + score[understood]) / 2)
        for hit, sentence, own, understood in weighed
    ]
    scored.sort(key=lambda candidate: -candidate.score)
    best = _without_repeats([candidate for candidate in scored if candidate.score >= _WORTH * scored[0].score], text_of)
    return [(candidate.hit, candidate.sentence) for candidate in best]


def _bears_on(wanted: set[str], asked: Sequence[Name], text: str) -> bool:
    """Tell whether a text has anything to do with a question: a word of it that means something, or a name."""
    return bool(_share(wanted, text) or _share_of_names(asked, text))


def _score(wanted: set[str], asked: Sequence[Name], text: str, near: float) -> float:
    return _MEANING * float(near) + _WORDS * _share(wanted, text) + _NAMES * _share_of_names(asked, text)


def _without_repeats(candidates: Sequence[_Candidate], text_of: Callable[[str], Document]) -> list[_Candidate]:
    """Leave out what says again what a better sentence says; `MOST_QUOTES` stay at most."""
    kept: list[tuple[_Candidate, set[str]]] = []
    for candidate in candidates:
        text = text_of(candidate.hit.document.id).text[candidate.sentence.start : candidate.sentence.end]
        words = set(content_words(text))
        if len(kept) < MOST_QUOTES and not any(len(words & other) > _REPEATS * len(words) for _, other in kept):
            kept.append((candidate, words))
    return [candidate for candidate, _ in kept]


def with_denials(
    chosen: Sequence[tuple[Hit, Sentence]], next_passage: Callable[[Hit], Hit | None]
) -> list[tuple[Hit, Sentence]]:
    """Let no denial be dropped: what is said right after a chosen sentence, there or in the next passage, is added."""
    found: list[tuple[Hit, Sentence]] = []
    for hit, sentence in chosen:
        later = [(hit, other) for other in _statements(hit) if other.start >= sentence.end]
        if not later and (following := next_passage(hit)) is not None:
            later = [(following, other) for other in _statements(following)]
        denial = [pair for pair in later[:1] if "denies" in pair[1].marks]
        found.extend(pair for pair in ((hit, sentence), *denial) if pair[1] not in [known for _, known in found])
    return found


def cite(number: int, hit: Hit, sentence: Sentence, document: Document) -> Citation:
    """Cite one sentence: the quote, its place, and as context its antecedents and the proof of who speaks."""
    places = Places(document)
    voice = hit.passage.voice
    proof = voice.proof if voice and voice.name != UNNAMED else ()
    context = [_slice(document, places, hit, span.start, span.end) for span in sentence.antecedents]
    for span in proof:
        # The introduction of a quoted voice is the publisher's own; a signature is the speaker's.
        spoken = places.of(span.start, span.end, voice if _within_quotation(span, document) else None)
        context.append(Slice(document.text[span.start : span.end], spoken))
    quote = _slice(document, places, hit, sentence.start, sentence.end)
    # The passage keeps its own words, apart from the document's text: both must give the same quote.
    kept = hit.text[sentence.start - hit.passage.start : sentence.end - hit.passage.start]
    return Citation(number, hit.passage.id, quote, tuple(context), hit.document, kept == quote.quote)


def attributed(citation: Citation) -> AnswerSentence:
    """Write the sentence of an answer that a citation bears: who says it, where, and the quote itself."""
    quote = citation.quote.quote
    is_speech = quote.startswith("“") and quote.endswith("”") and quote.count("“") == 1
    opened = quote if is_speech else f"“{quote}”"
    return AnswerSentence(f"{attribution(citation)}: {opened} [{citation.number}]", (citation.number,))


def attribution(citation: Citation) -> str:
    """Name a citation's voice, who relays it, and its place: "A. Roe, quoted by The Paper (2 May 2020, p. 3)"."""
    place, source = citation.quote.place, citation.document
    own = source.publisher or source.author or source.title
    who = f"{place.speaker}, quoted by {own}" if place.speaker else own
    where = ", ".join(part for part in (_printed_date(source), printed_place(place)) if part)
    return f"{who} ({where})" if where else who


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
    if not source.published:
        return ""
    try:
        day = date.fromisoformat(source.published[:10])
    except ValueError:
        return source.published
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _statements(hit: Hit) -> list[Sentence]:
    """Return the sentences of a passage that state something."""
    offset = hit.passage.start
    return [
        sentence
        for sentence in hit.passage.sentences
        if _says_something(hit.text[sentence.start - offset : sentence.end - offset])
    ]


def _says_something(text: str) -> bool:
    """Tell a statement from a signature, an address, or a mark like "[Source]"."""
    return not is_signature(text) and len(re.findall(r"\w+", searchable(without_addresses(text)))) >= _FEWEST_WORDS


def _understood(text: str, sentence: Sentence) -> str:
    """Return a sentence after what it needs to be understood."""
    spans = (*reversed(sentence.antecedents), Span(sentence.start, sentence.end))
    return " ".join(text[span.start : span.end] for span in spans)


def _share(wanted: set[str], text: str) -> float:
    return len(wanted & set(content_words(text))) / len(wanted) if wanted else 0


def _share_of_names(asked: Sequence[Name], text: str) -> float:
    if not asked:
        return 0
    return sum(any(as_printed(form).search(text) for form in name.forms) for name in asked) / len(asked)


def _slice(document: Document, places: Places, hit: Hit, start: int, end: int) -> Slice:
    return Slice(document.text[start:end], places.of(start, end, hit.passage.voice))


def _within_quotation(span: Span, document: Document) -> bool:
    return is_signature(document.text[span.start : span.end])
