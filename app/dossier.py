"""Everything wired once: a store opened with its settings, to ask, search, add, list and remove."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Self

from app.answers import Answer, Searched
from app.cite import cite, surroundings
from app.collection import AboutCollection
from app.compose import refusal, sentences, text_of
from app.denials import with_denials
from app.evidence import weighed
from app.names import absent, ambiguous, names_asked
from app.question import Question
from app.quote import choose, nearest, nearest_of_each
from app.retrieve import retrieve
from app.standalone import standalone
from ingest.errors import DossierError, NotFoundError
from ingest.firms import LISTED, FirmNames, fold, without_legal_form
from ingest.identity import publishers_by_host
from ingest.library import Library
from ingest.read.clean import remove_invisible
from ingest.read.limits import require_size
from ingest.records import Filters, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from app.answers import AnswerSentence, Citation, Hit, Outcome, Quote
    from app.evidence import Candidate
    from app.names import Name
    from app.question import Want
    from app.settings import Settings
    from app.standalone import Turn
    from ingest.library import Progress
    from ingest.records import Document

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
LONGEST_QUESTION = 4000
# How many passages an answer is looked for in; more where all of a kind is asked for.
_PASSAGES_READ, _PASSAGES_LISTED = 20, 80
_NEAREST = 2


def shipped() -> list[Path]:
    """Return the files of the collection that ships."""
    return sorted([*CORPUS.glob("briefs/*.md"), *CORPUS.glob("report/*.pdf")])


class Dossier:
    """One open store. Use it as a context manager, or call `close`."""

    def __init__(self, settings: Settings) -> None:
        """Open the store that the settings name; DossierError says why it cannot be opened."""
        # The model library below would else trace calls to a service where these are set in the environment.
        for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
            os.environ.pop(name, None)
        from ingest.embed import Embedder  # noqa: PLC0415 - numpy

        lists = [LISTED, *([settings.firms] if settings.firms else [])]
        self.home = settings.home
        self.library = Library(
            settings.home,
            Embedder(settings.embedder),
            FirmNames.load(*lists),
            publishers_by_host(CORPUS / "sources.csv"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and let another process have it."""
        self.library.close()

    def add_paths(
        self, paths: Iterable[Path], progress: Callable[[Progress], None] = lambda _: None
    ) -> Iterator[Receipt]:
        """Add files and whole folders; yield a receipt for each document, or for a file that failed."""
        files: list[Path] = []
        for path in paths:
            try:
                files.extend(
                    file for file in _files_below(path) if not file.resolve().is_relative_to(self.home.resolve())
                )
            except DossierError as error:
                yield Receipt(None, _label(path), "failed", error=str(error))
        yield from self.library.add_files(((_label(file), partial(_read, file)) for file in files), progress)

    def search(self, query: str, most: int, filters: Filters | None = None) -> list[Hit]:
        """Return the best `most` passages for a query."""
        query = _checked(query)
        asked = names_asked(query, self.library.names, self.library.catalog)
        return retrieve(self.library, query, asked, most, filters)

    def filters(
        self,
        firm: str | None = None,
        since: str | None = None,
        until: str | None = None,
        publisher: str | None = None,
        documents: Sequence[str] = (),
    ) -> Filters:
        """Make filters of what a user typed: any form of a firm's name is that firm."""
        resolved = None
        if firm:
            listed = self.library.names.resolve(firm)
            misspelt = None if listed else self.library.names.misspelt(firm)
            resolved = listed[0].id if listed else misspelt.id if misspelt else fold(without_legal_form(firm))
        return Filters(resolved, since, until, publisher, tuple(documents))

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        history: Sequence[Turn] = (),
        watch: Callable[[str], None] = lambda _: None,
    ) -> Answer:
        """Answer a question by quoting; an answer that the sources do not hold is an answer too.

        `history` is what was said before, oldest first: a follow-up is made to stand alone by it. `watch` is told each
        step before it is taken; what it raises ends the work.
        """
        return _Asking(self.library, _checked(question), filters or Filters(), history, watch).answer()

    def surroundings(self, citation: Citation) -> tuple[str, str] | None:
        """Return what stands around a quote; None when its document is no longer there."""
        try:
            document = self.library.document(citation.document.id)
        except NotFoundError:
            return None
        return surroundings(document, citation.quote.place.start, citation.quote.place.end)


class _Asking:
    """One question on its way to an answer."""

    def __init__(
        self,
        library: Library,
        question: str,
        filters: Filters,
        history: Sequence[Turn],
        watch: Callable[[str], None],
    ) -> None:
        self._began = perf_counter()
        self._watch = watch
        watch("Reading the question")
        self._library, self._asked, self._filters, self._history = library, question, filters, history
        self._documents, self._passages = library.catalog.counts(filters)
        self._alone = standalone(question, history, library.names, library.catalog)
        self._names = names_asked(self._alone.text, library.names, library.catalog) if self._passages else ()
        self._retrieved = perf_counter()
        self._known: dict[str, Document] = {}

    def answer(self) -> Answer:
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
        self._watch(f"Searching {self._documents:,} documents{also}")
        missing = absent(self._names, library.catalog, self._filters)
        most = _PASSAGES_LISTED if question.is_list else _PASSAGES_READ
        hits = retrieve(library, question.text, self._names, most, self._filters)
        self._retrieved = perf_counter()
        self._watch(f"Weighing {len(hits)} passages")
        candidates = weighed(question, hits, library, self._document)
        if not missing and self._are_apart(question, candidates):
            return self._refused(question, (), nearest_of_each(question.related, candidates), apart=True)
        choice = choose(question, candidates, library.names.reported_on, self._neighbour)
        if missing or choice.outcome == "not_in_sources":
            quotes = nearest(candidates, _NEAREST)
            return self._refused(question, choice.lacking, quotes, tuple(name.asked for name in missing))
        citations = self._cited(choice.quotes)
        written = sentences(question, choice, citations)
        return self._written(choice.outcome, written, citations)

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
        )

    def _searched(self, absent: tuple[str, ...] = ()) -> Searched:
        return Searched(self._documents, self._passages, _also_searched(self._names), absent)

    def _cited(self, quotes: Sequence[Quote]) -> tuple[Citation, ...]:
        cited = tuple(
            cite(number, quote.hit, quote.sentences, self._document(quote.hit.document.id))
            for number, quote in enumerate(quotes, start=1)
        )
        wrong = [citation for citation in cited if not citation.quote_verified]
        if wrong:
            source = wrong[0].document
            raise DossierError(
                f"{source.name} ({source.id}): a passage differs from the text it was cut from, so nothing is quoted. "
                "Run `dossier doctor`, then remove the document and add it again."
            )
        return cited

    def _document(self, document_id: str) -> Document:
        if document_id not in self._known:
            self._known[document_id] = self._library.document(document_id)
        return self._known[document_id]

    def _neighbour(self, hit: Hit, step: int) -> Hit | None:
        beside = self._library.catalog.passage_beside(hit.passage, step)
        return replace(hit, passage=beside[0], text=beside[1]) if beside else None


def _files_below(path: Path) -> list[Path]:
    try:
        if path.is_dir():
            return sorted(file for file in path.rglob("*") if file.is_file() and not _is_hidden(file.relative_to(path)))
        if path.is_file():
            return [path]
        what = "is neither a file nor a folder" if path.exists() else "is not there"
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
    raise DossierError(f"{path} {what}. Name a file or a folder.")


def _read(file: Path) -> bytes:
    """Return a file's bytes; one that is too large is refused before it fills the memory."""
    require_size(_label(file), file.stat().st_size)
    return file.read_bytes()


def _label(file: Path) -> str:
    """Return a file's name; bytes in it that are no UTF-8 cannot be stored or printed and are replaced."""
    return os.fsencode(file.name).decode("utf-8", "replace")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _checked(question: str) -> str:
    """Return a question without what cannot be seen; DossierError when it is empty or too long."""
    question = " ".join(remove_invisible(question)[0].split())
    if not question:
        raise DossierError("The question is empty. Ask in plain words, for example: Who supplies Hikvision?")
    if len(question) > LONGEST_QUESTION:
        raise DossierError(
            f"The question has {len(question):,} characters; {LONGEST_QUESTION:,} is the most. Shorten it."
        )
    return question


def _also_searched(asked: Iterable[Name]) -> tuple[str, ...]:
    forms = [form for name in asked for form in name.forms if form != name.asked]
    return tuple(dict.fromkeys(forms))
