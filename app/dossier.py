"""Everything wired once: a store opened with its settings, to ask, search, add, list and remove."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Self

from app.answers import Answer, Citation, Searched
from app.names import is_absent, must_be_present, names_asked
from app.quote import attributed, best_sentences, cite, with_denials
from app.retrieve import retrieve
from ingest.errors import DossierError
from ingest.firms import LISTED, FirmNames, fold, without_legal_form
from ingest.identity import publishers_by_host
from ingest.library import Library
from ingest.read.clean import remove_invisible
from ingest.read.limits import require_size
from ingest.records import Filters, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from app.answers import Hit
    from app.names import Name
    from app.settings import Settings
    from ingest.library import Progress
    from ingest.records import Document

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
LONGEST_QUESTION = 4000
_PASSAGES_READ = 20
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
        self, firm: str | None = None, since: str | None = None, until: str | None = None, publisher: str | None = None
    ) -> Filters:
        """Make filters of what a user typed: any form of a firm's name is that firm."""
        resolved = None
        if firm:
            listed = self.library.names.resolve(firm)
            misspelt = None if listed else self.library.names.misspelt(firm)
            resolved = listed[0].id if listed else misspelt.id if misspelt else fold(without_legal_form(firm))
        return Filters(resolved, since, until, publisher)

    def ask(self, question: str, filters: Filters | None = None) -> Answer:
        """Answer a question by quoting; an answer that the sources do not hold is an answer too."""
        question = _checked(question)
        began = perf_counter()
        library, filters = self.library, filters or Filters()
        documents, passages = library.catalog.counts(filters)
        asked = names_asked(question, library.names, library.catalog) if passages else ()
        absent = [name for name in asked if must_be_present(name) and is_absent(name, library.catalog, filters)]
        hits = retrieve(library, question, asked, _PASSAGES_READ, filters) if passages else []
        retrieved = perf_counter()
        searched = Searched(documents, passages, _also_searched(asked), tuple(name.asked for name in absent))
        cited = self._cited(question, asked, hits)
        if absent or not cited:
            citations, nearest = cited[:0], (cited or self._cited(question, asked, hits, bearing=False))[:_NEAREST]
        else:
            citations, nearest = cited, cited[:0]
        sentences = tuple(attributed(citation) for citation in citations)
        text = "\n".join(sentence.text for sentence in sentences) or _refusal(searched, filters)
        done = perf_counter()
        return Answer(
            question=question,
            standalone_question=question,
            outcome="answered" if citations else "not_in_sources",
            text=text,
            sentences=sentences,
            citations=citations,
            nearest=nearest,
            searched=searched,
            seconds={"total": done - began, "retrieve": retrieved - began, "answer": done - retrieved},
        )

    def passage_around(self, citation: Citation) -> str:
        """Return the words of the passage that a quote stands in; empty when its document is no longer there."""
        found = self.library.catalog.passages([citation.passage_id]).get(citation.passage_id)
        return found[1] if found else ""

    def _cited(
        self, question: str, asked: tuple[Name, ...], hits: list[Hit], *, bearing: bool = True
    ) -> tuple[Citation, ...]:
        known: dict[str, Document] = {}

        def text_of(document_id: str) -> Document:
            if document_id not in known:
                known[document_id] = self.library.document(document_id)
            return known[document_id]

        chosen = best_sentences(question, asked, hits, self.library.embedder, text_of, bearing=bearing)
        cited = tuple(
            cite(number, hit, sentence, text_of(hit.document.id))
            for number, (hit, sentence) in enumerate(with_denials(chosen, self._next_passage), start=1)
        )
        wrong = [citation for citation in cited if not citation.quote_verified]
        if wrong:
            source = wrong[0].document
            raise DossierError(
                f"{source.name} ({source.id}): a passage differs from the text it was cut from, so nothing is quoted. "
                "Run `dossier doctor`, then remove the document and add it again."
            )
        return cited

    def _next_passage(self, hit: Hit) -> Hit | None:
        following = self.library.catalog.passage_after(hit.passage)
        return replace(hit, passage=following[0], text=following[1]) if following else None


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
    question = remove_invisible(question)[0]
    if not question.strip():
        raise DossierError("The question is empty. Ask in plain words, for example: Who supplies Hikvision?")
    if len(question) > LONGEST_QUESTION:
        raise DossierError(
            f"The question has {len(question):,} characters; {LONGEST_QUESTION:,} is the most. Shorten it."
        )
    return question


def _also_searched(asked: Iterable[Name]) -> tuple[str, ...]:
    forms = [form for name in asked for form in name.forms if form != name.asked]
    return tuple(dict.fromkeys(forms))


def _refusal(searched: Searched, filters: Filters) -> str:
    if not searched.passages and filters != Filters():
        return "The sources do not say: the filters leave no document to search. Widen them."
    if not searched.passages:
        return "The sources do not say: there is no document to search. Add some with `dossier ingest`."
    if searched.firms_not_found:
        verb = "is" if len(searched.firms_not_found) == 1 else "are"
        where = "them" if filters == Filters() else "what the filters leave of them"
        return f"The sources do not say: {' and '.join(searched.firms_not_found)} {verb} named nowhere in {where}."
    return "The sources do not say: no passage was found that bears on this."
