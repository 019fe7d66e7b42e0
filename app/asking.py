"""One question on its way to an answer: understood, searched, weighed, quoted or written, cited."""

from __future__ import annotations

import re
from collections.abc import Callable  # noqa: TC003 - read by a dataclass
from dataclasses import dataclass, replace
from time import monotonic, perf_counter
from typing import TYPE_CHECKING

from app.answers import Answer, Hit, Making, Searched
from app.cite import cite
from app.collection import AboutCollection
from app.compose import closing, refusal, sentences, text_of
from app.denials import with_denials
from app.evidence import weighed
from app.names import absent, ambiguous, names_asked
from app.question import Question
from app.quote import choose, nearest, nearest_of_each
from app.retrieve import retrieve
from app.standalone import Standalone, standalone
from app.write import ChatModel, ModelError
from app.written import Writer
from ingest.catalog import SCHEMA_VERSION
from ingest.errors import DossierError
from ingest.records import Filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.answers import AnswerSentence, Citation, Outcome, Quote
    from app.evidence import Candidate
    from app.names import Name
    from app.prompts import Prompt
    from app.question import Want
    from app.quote import Choice
    from app.standalone import Turn
    from ingest.library import Library
    from ingest.records import Document

# How many passages an answer is looked for in; more where all of a kind is asked for.
_PASSAGES_READ, _PASSAGES_LISTED = 20, 80
_NEAREST = 2
# How many passages a chat model is shown.
_SHOWN, _SHOWN_LISTED = 10, 24


@dataclass(frozen=True, slots=True)
class Watch:
    """What is told while a question is worked on: each step before it is taken, and what a model has written so far.

    The draft is unchecked. What one of them raises ends the work.
    """

    step: Callable[[str], None] = lambda _: None
    draft: Callable[[str], None] = lambda _: None


class Asking:
    """One question on its way to an answer."""

    def __init__(
        self,
        library: Library,
        asked: tuple[str, Sequence[Turn]],
        filters: Filters,
        watch: Watch,
        writing: tuple[ChatModel | None, dict[str, Prompt]],
    ) -> None:
        self._began = perf_counter()
        self._library, self._filters, self._watch = library, filters, watch
        self._asked, self._history = asked
        watch.step("Reading the question")
        self._known: dict[str, Document] = {}
        model, prompts = writing
        self._until = monotonic() + (model.seconds if model else 0)
        self._writer = (
            Writer(model, prompts, library, self._document, (self._neighbour, self._all_of)) if model else None
        )
        self._documents, self._passages = library.catalog.counts(filters)
        self._alone = self._standalone()
        self._names = names_asked(self._alone.text, library.names, library.catalog) if self._passages else ()
        self._retrieved = perf_counter()

    def _standalone(self) -> Standalone:
        alone = standalone(self._asked, self._history, self._library.names, self._library.catalog)
        if alone.text == self._asked or self._writer is None:
            return alone
        # By rules it leans on what was said before; the model may say so better, or adds what nobody named.
        self._watch.step("Understanding the question")
        text = self._writer.standalone(self._asked, self._history, self._until)
        return Standalone(text, text, text) if text else alone

    def answer(self) -> Answer:
        """Answer it."""
        if not self._passages:
            return self._refused(self._question(), (), ())
        about = AboutCollection(self._library, self._filters, self._neighbour).answer(self._alone.asks, self._history)
        unclear = ambiguous(self._alone.text, self._library.names, self._library.catalog, self._filters)
        if isinstance(about, str):
            return self._written("ask_back", (), (), about)
        if about is not None:
            return self._written("answered", about[0], about[1])
        if unclear is not None:
            names = " or ".join([", ".join(unclear[1][:-1]), unclear[1][-1]])
            return self._written(
                "ask_back", (), (), f"Which do you mean by {unclear[0]}: {names}? The documents name each."
            )
        return self._quoted(self._question())

    def _question(self) -> Question:
        """Return the question with its misspelt names put right."""
        return Question(self._corrected(self._alone.text), self._names, self._corrected(self._alone.asks))

    def _corrected(self, text: str) -> str:
        for name in self._names:
            if name.corrected:
                form = name.forms[0].replace("\\", "\\\\")
                text = re.sub(rf"(?<!\w){re.escape(name.asked)}(?!\w)", form, text)
        return text

    def _quoted(self, question: Question) -> Answer:
        library = self._library
        also = f" for “{question.text}”" if question.text != self._asked else ""
        self._watch.step(f"Searching {self._documents:,} documents{also}")
        missing = absent(self._names, library.catalog, self._filters)
        most = _PASSAGES_LISTED if question.is_list else _PASSAGES_READ
        hits = retrieve(library, question.text, self._names, most, self._filters)
        self._retrieved = perf_counter()
        self._watch.step(f"Weighing {len(hits)} passages")
        candidates = weighed(question, hits, library, self._document)
        if not missing and self._are_apart(question, candidates):
            return self._refused(question, (), nearest_of_each(question.related, candidates), apart=True)
        choice = choose(question, candidates, library.names.reported_on, self._neighbour)
        if missing or choice.outcome == "not_in_sources":
            quotes = nearest(candidates, _NEAREST)
            return self._refused(question, choice.lacking, quotes, tuple(name.asked for name in missing))
        citations = self._cited(choice.quotes)
        quoting = self._written(choice.outcome, sentences(question, choice, citations), citations)
        # What a question takes for granted, and is not borne out, is said in fixed words alone.
        if self._writer is None or choice.outcome == "premise_not_supported":
            return quoting
        return self._by_model(self._writer, question, (choice, hits), quoting)

    def _by_model(
        self, writer: Writer, question: Question, found: tuple[Choice, Sequence[Hit]], quoting: Answer
    ) -> Answer:
        """Return the answer of the chat model, or the quoting one with a notice where nothing of it can be shown."""
        choice, hits = found
        most = _SHOWN_LISTED if question.is_list else _SHOWN
        by_id = {hit.passage.id: hit for hit in (*(quote.hit for quote in choice.quotes), *hits)}
        shown = list(by_id.values())[:most]
        making = replace(
            quoting.making,
            shown=tuple((hit.document.id, hit.passage.start, hit.passage.end) for hit in shown),
            prompts=writer.prompts,
        )
        instead = "The sources are quoted instead."
        try:
            written = writer.write(question, shown, self._watch.step, self._watch.draft, self._until)
        except ModelError as error:
            return replace(quoting, making=replace(making, notice=f"{error} {instead}"))
        making = replace(making, checks=written.checks)
        if not written.sentences:
            notice = f"{writer.model} wrote no sentence that the passages bear. {instead}"
            return replace(quoting, making=replace(making, notice=notice), withheld=written.withheld)
        self._require_verified(written.citations)
        said = (*written.sentences, *closing(question, choice, written.citations))
        answer = self._written(choice.outcome, said, written.citations)
        return replace(answer, model=writer.model, making=making, withheld=written.withheld)

    def _are_apart(self, question: Question, candidates: Sequence[Candidate]) -> bool:
        """Tell whether firms that a question relates to each other are never named together."""
        related = question.related
        firms = list(dict.fromkeys(name.firm.id for name in related if name.firm is not None))
        return (
            len(firms) > 1
            and not self._library.catalog.has_passage_naming(firms, self._filters)
            and not any(all(one.names(name) for name in related) for one in candidates)
        )

    def _refused(
        self,
        question: Question,
        lacking: Sequence[Want],
        quotes: Sequence[Quote],
        absent: tuple[str, ...] = (),
        *,
        apart: bool = False,
    ) -> Answer:
        citations = self._cited(with_denials(quotes, self._neighbour)[0])
        searched = self._searched(absent)
        text = refusal(question, lacking, searched, filtered=self._filters != Filters(), apart=apart)
        return replace(self._written("not_in_sources", (), (), text), nearest=citations, searched=searched)

    def _written(
        self, outcome: Outcome, written: Sequence[AnswerSentence], citations: Sequence[Citation], text: str = ""
    ) -> Answer:
        done = perf_counter()
        return Answer(
            question=self._asked,
            standalone_question=self._corrected(self._alone.text),
            outcome=outcome,
            text=text or text_of(written),
            sentences=tuple(written),
            citations=tuple(citations),
            nearest=(),
            searched=self._searched(),
            seconds={
                "total": done - self._began,
                "retrieve": self._retrieved - self._began,
                "answer": done - self._retrieved,
            },
            making=Making(filters=self._filters, store=SCHEMA_VERSION),
        )

    def _searched(self, absent: tuple[str, ...] = ()) -> Searched:
        return Searched(self._documents, self._passages, _also_searched(self._names), absent)

    def _cited(self, quotes: Sequence[Quote]) -> tuple[Citation, ...]:
        cited = tuple(
            cite(number, quote.hit, quote.sentences, self._document(quote.hit.document.id))
            for number, quote in enumerate(quotes, start=1)
        )
        self._require_verified(cited)
        return cited

    @staticmethod
    def _require_verified(cited: Iterable[Citation]) -> None:
        wrong = [citation for citation in cited if not citation.quote_verified]
        if wrong:
            source = wrong[0].document
            raise DossierError(
                f"{source.name} ({source.id}): a passage differs from the text it was cut from, so nothing is quoted. "
                "Run `dossier doctor`, then remove the document and add it again."
            )

    def _document(self, document_id: str) -> Document:
        if document_id not in self._known:
            self._known[document_id] = self._library.document(document_id)
        return self._known[document_id]

    def _neighbour(self, hit: Hit, step: int) -> Hit | None:
        beside = self._library.catalog.passage_beside(hit.passage, step)
        return replace(hit, passage=beside[0], text=beside[1]) if beside else None

    def _all_of(self, document_id: str) -> list[Hit]:
        """Return all passages of a document."""
        document = self._document(document_id)
        return [
            Hit(0, 0.0, passage, document.text[passage.start : passage.end], document.source)
            for passage in self._library.catalog.passages_of(document_id)
        ]


def _also_searched(asked: Iterable[Name]) -> tuple[str, ...]:
    forms = [form for name in asked for form in name.forms if form != name.asked]
    return tuple(dict.fromkeys(forms))
