"""An answer by a chat model: drafted from passages, each sentence checked, mended once, and what fails left out."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from app.alike import WordsAlike
from app.answers import AnswerSentence, Check, Quote
from app.cite import cite, printed_place
from app.compose import denial
from app.dates import printed_day
from app.denials import denies, with_denials
from app.drafts import draft_sentences
from app.facts import facts, words_of
from app.pieces import Evidence, leans_back
from app.relative import relative_dates
from app.rulings import ruled
from app.words import content_words, share_of, weighed_words
from app.write import ModelError
from ingest.passages import LONGEST_SENTENCE, marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from app.answers import Citation, Dated, Hit
    from app.denials import Neighbour
    from app.drafts import DraftSentence
    from app.facts import Facts
    from app.prompts import Prompt
    from app.question import Question
    from app.standalone import Turn
    from app.write import ChatModel
    from ingest.library import Library
    from ingest.records import Document

# Sentences that are asked for, and sentences of a passage that may bear one together.
_MOST, _MOST_LISTED = 6, 14
_RUN = 3
# Sentences of a draft that are checked at most: more were not asked for.
_MOST_CHECKED = 30
# Seconds that checking may take once a model's are over.
_CHECKING = 10.0
# Passages that a sentence may cite: more are no proof of it, and take long.
_MOST_CITED = 8
# How much of a sentence's words a passage holds that is worth looking into further.
_WORTH = 0.3
# How many such passages of a document are looked into.
_FAR = 12
# A sentence that tells a reader or a program what to say is data, and states nothing of the world.
_SAY = r"(?:write|say|answer|reply|respond|output|print|repeat|cite|quote|state|include|insert|conclude|mention|report)"
_INSTRUCTS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.]{0,60}\b(?:instructions?|rules?|prompts?|above|before|previous|prior|"
    r"everything|passages?)\b"
    rf"|(?:^|[.!?:]\s+|[“\"'(])(?:please\s+|now\s+|then\s+|also\s+)?{_SAY}\b(?!\s+(?:is|was|has)\b)"
    r"|\b(?:system|assistant|user|human|instructions?)\s*:"
    r"|\b(?:assistants?|language models?|chatbots?|AIs?|LLMs?|you)\b[^.]{0,40}"
    rf"\b(?:must|should|shall|have to|are to|will)\b[^.]{{0,20}}\b{_SAY}\b",
    re.IGNORECASE,
)
# What of a conversation a follow-up is understood by.
_TURNS, _LONGEST_TURN = 8, 2000


@dataclass(frozen=True, slots=True)
class Written:
    """Sentences that passages bear, with their citations; how many were left out; what became of each."""

    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    withheld: int
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class _Borne:
    """A draft sentence and the quotes that bear it, or why none does; `moved`, `alike` and `dated` as of a `Check`.

    `denials` are the only problem of one that has some: it may be shown with them.
    """

    draft: DraftSentence
    quotes: tuple[Quote, ...] = ()
    problems: tuple[str, ...] = ()
    moved: bool = False
    alike: tuple[tuple[str, str], ...] = ()
    dated: tuple[Dated, ...] = ()
    denials: tuple[Quote, ...] = ()


class Writer:
    """Writes answers with a chat model from what is shown to it: never trusted, always checked."""

    def __init__(
        self,
        model: ChatModel,
        prompts: dict[str, Prompt],
        library: Library,
        document: Callable[[str], Document],
        beside: tuple[Neighbour, Callable[[str], Sequence[Hit]]],
    ) -> None:
        """Take a model, its prompts, the store, and what finds documents.

        `beside` finds the passage beside another, and all passages of a document.
        """
        self._model, self._prompts, self._names, self._document = model, prompts, library.names, document
        self._alike = WordsAlike(library.embedder)
        self._neighbour, self._passages = beside
        self._words: dict[str, frozenset[str]] = {}
        self._facts: dict[str, Facts] = {}

    @property
    def model(self) -> str:
        """The name of the model."""
        return self._model.name

    @property
    def prompts(self) -> tuple[tuple[str, str], ...]:
        """The name and the SHA-256 of each prompt."""
        return tuple((name, prompt.sha256) for name, prompt in self._prompts.items())

    def standalone(self, question: str, history: Sequence[Turn], until: float) -> str | None:
        """Return a follow-up as the model makes it stand alone; None when it fails, or names what nobody named."""
        said = [f"{turn.get('role', '')}: {turn.get('content', '')[:_LONGEST_TURN]}" for turn in history[-_TURNS:]]
        conversation = "\n".join(said)
        asked = self._prompts["standalone"].filled(conversation=conversation, question=question)
        try:
            reply = "".join(self._model.stream([("user", asked)], until))
        except ModelError:
            return None
        lines = [" ".join(line.split()) for line in reply.splitlines() if line.strip()]
        if len(lines) != 1 or len(lines[0]) > _LONGEST_TURN:
            return None
        new, old = facts(lines[0], self._names), facts(question, self._names)
        # Each turn by itself: the time that it takes grows with the square of a text without spaces.
        known = [old, *(facts(turn, self._names) for turn in said)]
        words = f" {words_of(conversation)} {words_of(question)} "
        added = (
            new.firms.keys() - {firm for one in known for firm in one.firms}
            or {name for name in new.names if f" {name} " not in words}
            or new.numbers.keys() - {number for one in known for number in one.numbers}
            or new.dates.keys() - {date for one in known for date in one.dates}
            or len(new.negated) != len(old.negated)
        )
        return None if added else lines[0]

    def write(
        self,
        question: Question,
        shown: Sequence[Hit],
        watch: Callable[[str], None],
        draft: Callable[[str], None],
        until: float,
    ) -> Written:
        """Write an answer from passages; `draft` is told what is written so far, unchecked. ModelError from the model.

        All of it, with the sentences that are sent back once, ends soon after `until`, a time of `time.monotonic`.
        """
        watch(f"Waiting for {self._model.name}")
        most = str(_MOST_LISTED if question.is_list else _MOST)
        asked = self._prompts["answer"].filled(
            most=most, passages="\n\n".join(map(self._printed, range(1, len(shown) + 1), shown)), question=question.text
        )
        messages = [("user", asked)]
        reply = self._told(messages, until, draft)
        watch("Checking each sentence against its passages")
        borne = self._checked(draft_sentences(reply), shown, until)
        failed = [one for one in borne if one.problems]
        if failed:
            watch(f"Asking for {len(failed)} sentences again")
            again = self._prompts["again"].filled(sentences="\n".join(map(_complaint, failed)))
            messages += [("assistant", reply), ("user", again)]
            # What is borne already is shown, also when the model fails now.
            with suppress(ModelError):
                mended = self._checked(draft_sentences(self._told(messages, until, draft)), shown, until)
                borne = list(_in_order(borne, [one for one in mended if not one.problems]))
        return self._composed(borne, failed)

    def _told(self, messages: Sequence[tuple[str, str]], until: float, draft: Callable[[str], None]) -> str:
        reply = ""
        for piece in self._model.stream(messages, until):
            reply += piece
            draft(reply)
        return reply

    def _printed(self, number: int, hit: Hit) -> str:
        """Return a passage as the model is shown it: its number, what is known of it, its words."""
        source, place = hit.document, hit.passage.place
        speaker = f"said by {place.speaker}" if place.speaker else ""
        day = printed_day(source.published) if source.published else ""
        about = (source.publisher or source.author, f"“{source.title}”", day, printed_place(place), speaker)
        before = f"(before it: {hit.passage.context})\n" if hit.passage.context else ""
        return f"[{number}] {', '.join(part for part in about if part)}\n{before}<passage>\n{hit.text}\n</passage>"

    # Checking

    def _checked(self, drafted: Sequence[DraftSentence], shown: Sequence[Hit], until: float) -> list[_Borne]:
        """Check sentences, until a while after what a model may take."""
        found = [
            self._ruled(one, shown)
            if monotonic() < until + _CHECKING
            else _Borne(one, problems=("there was no time left to check it",))
            for one in drafted[:_MOST_CHECKED]
        ]
        found += [_Borne(one, problems=("it is one of too many",)) for one in drafted[_MOST_CHECKED:]]
        return [self._with_denials(one, found) for one in found]

    def _ruled(self, draft: DraftSentence, shown: Sequence[Hit]) -> _Borne:
        """Hold a sentence against the passages that it cites, then their neighbours, then their documents."""
        cited = [shown[number - 1] for number in draft.numbers[:_MOST_CITED] if 0 < number <= len(shown)]
        problems: tuple[str, ...] = ()
        for moved, hits in enumerate(self._wider(cited, draft.text)):
            quotes = [quote for hit in hits for quote in _runs(hit)]
            evidence = [self._evidence(quote) for quote in quotes]
            ruling = ruled(draft.text, evidence, self._names, self._alike, self._facts)
            if ruling.is_borne:
                bearing = tuple(quotes[at] for at in ruling.bearing)
                return _Borne(draft, bearing, moved=bool(moved), alike=ruling.alike, dated=ruling.dated)
            problems = problems or ruling.problems
        return _Borne(draft, problems=problems or ("it cites no passage that was shown",))

    def _wider(self, cited: Sequence[Hit], text: str) -> Iterator[Sequence[Hit]]:
        if not cited:
            return
        yield cited
        beside = [self._neighbour(hit, step) for hit in cited for step in (-1, 1)]
        near = [*cited, *(hit for hit in beside if hit)]
        yield near
        words = weighed_words(text)
        known = {hit.passage.id for hit in near}
        documents = dict.fromkeys(hit.document.id for hit in cited)
        far = [hit for key in documents for hit in self._passages(key) if hit.passage.id not in known]
        shares = {hit.passage.id: self._share(words, hit) for hit in far}
        worth = [hit for hit in far if shares[hit.passage.id] >= _WORTH]
        yield [*near, *sorted(worth, key=lambda hit: -shares[hit.passage.id])[:_FAR]]

    def _share(self, words: Mapping[str, float], hit: Hit) -> float:
        """Return the share of some words, by weight, that stand in a passage, whose own are found once."""
        key = hit.passage.id
        if key not in self._words:
            self._words[key] = frozenset(content_words(f"{hit.passage.context} {hit.text}"))
        whole = sum(words.values())
        return sum(weight for stem, weight in words.items() if stem in self._words[key]) / whole if whole else 0.0

    def _evidence(self, quote: Quote) -> Evidence:
        text = self._document(quote.hit.document.id).text
        spans = dict.fromkeys(span for sentence in quote.sentences for span in sentence.antecedents)
        voice = quote.hit.passage.voice
        understood = [text[span.start : span.end] for span in (*spans, *(voice.proof if voice else ()))]
        own = text[quote.sentences[0].start : quote.sentences[-1].end]
        speaker = quote.hit.passage.place.speaker
        leaning = sum(leans_back(text[one.start : one.end]) for one in quote.sentences[1:])
        length, source = len(quote.sentences) - leaning, quote.hit.document
        return Evidence(own, " ".join(understood), speaker, source, length, relative_dates(own, voice, source))

    def _with_denials(self, one: _Borne, others: Sequence[_Borne]) -> _Borne:
        """Let no denial of what a sentence claims be left out: it must deny, too, or another sentence tell the denial.

        Else the model is asked for it, and at last it is quoted.
        """
        if one.problems:
            return one
        paired, _ = with_denials(one.quotes, self._neighbour)
        added = [quote for quote in paired if quote not in one.quotes and any(map(denies, quote.sentences))]
        told = {_key(quote) for other in others if not other.problems for quote in other.quotes}
        if "denies" in marks(one.draft.text):
            return replace(one, quotes=(*one.quotes, *added))
        missing = tuple(quote for quote in added if _key(quote) not in told)
        if not missing:
            return one
        first = missing[0].sentences[0]
        text = self._document(missing[0].hit.document.id).text[first.start : first.end]
        return replace(one, problems=(f"the denial that belongs to it is left out: {text}",), denials=missing)

    # Composing

    def _composed(self, borne: Iterable[_Borne], failed: Sequence[_Borne]) -> Written:
        cited: dict[tuple[str, int, int], Citation] = {}

        def citation(quote: Quote) -> Citation:
            if _key(quote) not in cited:
                document = self._document(quote.hit.document.id)
                cited[_key(quote)] = cite(len(cited) + 1, quote.hit, quote.sentences, document)
            return cited[_key(quote)]

        sentences: list[AnswerSentence] = []
        checks: list[Check] = []
        for one in {one.draft.text: one for one in borne}.values():
            if one.problems and not one.denials:
                checks.append(Check(one.draft.text, shown=False, problems=one.problems))
                continue
            bearing = [citation(quote) for quote in one.quotes]
            numbers = tuple(dict.fromkeys(each.number for each in bearing))
            sentences.append(AnswerSentence(_marked(_voiced(_dated(one), bearing[0]), numbers), numbers))
            checks.append(Check(one.draft.text, shown=True, moved=one.moved, alike=one.alike, dated=one.dated))
            sentences.extend(denial(citation(quote)) for quote in one.denials if _key(quote) not in cited)
        checks.extend(
            Check(one.draft.text, shown=False, problems=one.problems, mended=True)
            for one in failed
            if not any(one.draft.text == check.sentence for check in checks)
        )
        withheld = sum(not check.shown and not check.mended for check in checks)
        return Written(tuple(sentences), tuple(cited.values()), withheld, tuple(checks))


def _key(quote: Quote) -> tuple[str, int, int]:
    return quote.hit.document.id, quote.sentences[0].start, quote.sentences[-1].end


def _runs(hit: Hit) -> Iterator[Quote]:
    """Yield every run of neighbouring sentences of a passage that may be quoted as one, the shortest first."""
    sentences = hit.passage.sentences
    for length in range(1, _RUN + 1):
        for at in range(len(sentences) - length + 1):
            run = sentences[at : at + length]
            own = hit.text[run[0].start - hit.passage.start : run[-1].end - hit.passage.start]
            bears_nothing = any("asks" in sentence.marks for sentence in run) or _INSTRUCTS.search(own)
            if not bears_nothing and (length == 1 or run[-1].end - run[0].start <= LONGEST_SENTENCE):
                yield Quote(hit, run)


def _complaint(one: _Borne) -> str:
    marks_ = "".join(f"[{number}]" for number in one.draft.numbers)
    return f"- {one.draft.text} {marks_}\n  Why not: {'; '.join(one.problems)}"


def _in_order(borne: Sequence[_Borne], mended: Sequence[_Borne]) -> Iterator[_Borne]:
    """Put sentences that were mended where the failed ones stood, one for one; what is not mended stays failed."""
    shown = {one.draft.text for one in borne if not one.problems}
    left = list({one.draft.text: one for one in mended if one.draft.text not in shown}.values())
    for one in borne:
        if not one.problems:
            yield one
            continue
        words = weighed_words(one.draft.text)
        best = max(left, key=lambda other: share_of(words, other.draft.text), default=None)
        if best is not None and share_of(words, best.draft.text) >= _WORTH:
            left.remove(best)
            yield best
        else:
            yield one


def _dated(one: _Borne) -> str:
    """Return a sentence with the words of its source for dates that were worked out of them."""
    words = ", ".join(dict.fromkeys(f"“{' '.join(day.words.split())}”" for day in one.dated))
    return _with_aside(one.draft.text, words) if words else one.draft.text


def _voiced(text: str, citation: Citation) -> str:
    """Name who says it, where the sentence does not."""
    speaker, source = citation.quote.place.speaker, citation.document
    if not speaker or f" {words_of(speaker.split()[-1])} " in f" {words_of(text)} ":
        return text
    own = source.publisher or source.author or source.title
    return _with_aside(text, f"said by {speaker}, quoted by {own}")


def _with_aside(text: str, words: str) -> str:
    body, stop = (text[:-1], text[-1]) if text[-1] in ".!?" else (text, ".")
    return f"{body} ({words}){stop}"


def _marked(text: str, numbers: Sequence[int]) -> str:
    told = "".join(f"[{number}]" for number in numbers)
    body, stop = (text[:-1], text[-1]) if text[-1] in ".!?" else (text, ".")
    return f"{body} {told}{stop}"
