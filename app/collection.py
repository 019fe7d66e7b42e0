"""Questions about the collection itself, answered from the catalog: what there is on a name, when it appeared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.answers import AnswerSentence, Hit, Quote
from app.cite import cite, printed_source, quoted
from app.compose import ADDS
from app.dates import printed_day
from app.denials import with_denials
from app.evidence import statements
from app.names import names_asked
from ingest.firms import fold, without_legal_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.answers import Citation
    from app.denials import Neighbour
    from app.names import Name
    from app.standalone import Turn
    from ingest.library import Library
    from ingest.records import Document, Filters

_DOCUMENT = r"(?:documents?|articles?|reports?|sources?|briefs?|files?|papers?|posts?|stor(?:y|ies)|pieces?)"
_WHAT_ON = re.compile(
    rf"^\W*(?:what|which {_DOCUMENT}|what {_DOCUMENT})\s+(?:(?:have|do) (?:i|we|you) (?:have|got)?(?:\s?got)?|is there|"
    r"are there)\s+(?:on|about)\s+(?P<what>.+?)\W*$|"
    r"^\W*(?:do (?:i|we|you) have|have (?:i|we|you) got|is there)\s+anything\s+(?:on|about)\s+(?P<any>.+?)\W*$|"
    rf"^\W*(?:in )?(?:which|what) {_DOCUMENT}\s+(?:mentions?|names?|(?:is|are) about|deals? with|covers?|"
    r"discuss(?:es)?|talks? about|refers? to)\s+(?P<named>.+?)\W*$",
    re.IGNORECASE,
)
_APPEARED = re.compile(
    rf"^\W*(?:and )?(?:when|who|by whom|where|on (?:which|what) (?:date|day)|(?:which|what) (?:date|day))\b.{{0,20}}"
    rf"\b(?:publish\w*|wrote|authored|posted|released|updated|appear)?\b.{{0,12}}\b(?:this|the|that)\s+{_DOCUMENT}\b"
    r"(?:\s+(?:first|last))?(?:\s+(?:published|written|posted|released|appear|dated|modified|updated|changed|from|by))?"
    rf"(?:,? (?:and )?by whom)?\W*$|^\W*who is the (?:author|publisher) of (?:this|the|that) {_DOCUMENT}\W*$|"
    r"^\W*(?:and )?(?:when|who|by whom)\b.{0,15}\b(?:published|wrote|written|posted|updated)\b\s*(?:this|that|it)?\W*$",
    re.IGNORECASE,
)
_WHAT_IS_HERE = re.compile(
    rf"^\W*(?:how many|which|what) {_DOCUMENT}\s+(?:have (?:i|we)(?: got)?|do (?:i|we|you) have|is there|"
    r"are (?:there|here|loaded))(?:\s+(?:here|loaded|in (?:the|my) \w+))?\W*$",
    re.IGNORECASE,
)
_MOST_DOCUMENTS = 50

_FIRST = "These are the first {most} of {documents} documents; filters narrow them down."
_PUBLISHED, _BY, _ON, _CHANGED = "was published", "by", "on", "and was last changed on"
_UNKNOWN = "does not say when or by whom it was published"
# All that such an answer says in words of its own.
FIXED = (_FIRST, _PUBLISHED, _BY, _ON, _CHANGED, _UNKNOWN)


class AboutCollection:
    """Answers the questions about one store's collection."""

    def __init__(self, library: Library, filters: Filters, neighbour: Neighbour) -> None:
        """Take the store, what the question is limited to, and what gives the passages beside one."""
        self._library, self._filters, self._neighbour = library, filters, neighbour

    def answer(
        self, question: str, history: Sequence[Turn]
    ) -> tuple[list[AnswerSentence], list[Citation]] | str | None:
        """Return sentences and citations, or what to ask back; None when a question is not about the collection."""
        on = _WHAT_ON.search(question)
        if on:
            what = on["what"] or on["any"] or on["named"]
            named = names_asked(f"about {what}", self._library.names, self._library.catalog)
            # Of more than a name ("the contracts of Hikvision") the documents themselves tell.
            return self._naming(named[0]) if len(named) == 1 and fold(named[0].asked) == fold(what) else None
        if _WHAT_IS_HERE.search(question):
            return self._all()
        if _APPEARED.search(question):
            return self._appeared(question, history)
        return None

    def _naming(self, name: Name) -> tuple[list[AnswerSentence], list[Citation]] | None:
        """List the documents that name a firm, those with most such passages first, each with its first mention."""
        firm = name.firm.id if name.firm else fold(without_legal_form(name.forms[0]))
        sentences: list[AnswerSentence] = []
        citations: list[Citation] = []
        naming = self._library.catalog.documents_naming(firm, self._filters)
        for document_id, passage_id in naming[:_MOST_DOCUMENTS]:
            document = self._library.document(document_id)
            passage, text = self._library.catalog.passages([passage_id])[passage_id]
            hit = Hit(1, 0.0, passage, text, document.source)
            stating = [one for one in statements(hit) if name.stands_in(document.text[one.start : one.end])]
            stating = stating or statements(hit) or list(passage.sentences)
            quotes, _ = with_denials([Quote(hit, (stating[0],))], self._neighbour)
            cited = [cite(len(citations) + at, one.hit, one.sentences, document) for at, one in enumerate(quotes, 1)]
            citations.extend(cited)
            words = f", {ADDS}: ".join(f"{quoted(one)} [{one.number}]" for one in cited)
            line = f"- {printed_source(document.source)}: {words}"
            sentences.append(AnswerSentence(line, tuple(one.number for one in cited)))
        return self._with_rest(sentences, citations, len(naming))

    def _all(self) -> tuple[list[AnswerSentence], list[Citation]] | None:
        sentences: list[AnswerSentence] = []
        citations: list[Citation] = []
        sources = self._library.catalog.sources(self._filters)
        for source in sources[:_MOST_DOCUMENTS]:
            citation = self._opening(self._library.document(source.id), len(citations) + 1)
            citations.append(citation)
            sentences.append(AnswerSentence(f"- {printed_source(source)} [{citation.number}]", (citation.number,)))
        return self._with_rest(sentences, citations, len(sources))

    @staticmethod
    def _with_rest(
        sentences: list[AnswerSentence], citations: list[Citation], documents: int
    ) -> tuple[list[AnswerSentence], list[Citation]] | None:
        """Say when not all documents are listed; None when there is none."""
        if documents > _MOST_DOCUMENTS:
            rest = _FIRST.format(most=_MOST_DOCUMENTS, documents=documents)
            sentences.append(AnswerSentence(rest, ()))
        return (sentences, citations) if citations else None

    def _appeared(self, question: str, history: Sequence[Turn]) -> tuple[list[AnswerSentence], list[Citation]] | str:
        """Say when and by whom the document was published that the question or the conversation names."""
        meant = self._meant(question, history)
        if isinstance(meant, str):
            return meant
        source = meant.source
        told = [f"{_BY} {who}" for who in dict.fromkeys((source.author, source.publisher)) if who]
        if source.published:
            told.append(f"{_ON} {printed_day(source.published)}")
        if source.modified and source.modified[:10] != (source.published or "")[:10]:
            told.append(f"{_CHANGED} {printed_day(source.modified)}")
        citation = self._opening(meant, 1)
        facts = f"{_PUBLISHED} {', '.join(told)}" if told else _UNKNOWN
        return [AnswerSentence(f"“{source.title}” {facts} [1].", (1,))], [citation]

    def _meant(self, question: str, history: Sequence[Turn]) -> Document | str:
        """Return the one document that is meant, or ask which."""
        entries = self._library.catalog.sources(self._filters)
        asked = fold(question)
        said = fold(" ".join(turn.get("content", "") for turn in history[-2:]))
        for words in (asked, said):
            named = [source for source in entries if fold(source.title) in words]
            named = named or [
                source
                for source in entries
                if source.publisher
                and fold(source.publisher) in words
                and (len(entries) == 1 or not source.published or fold(printed_day(source.published)) in words)
            ]
            if len(named) == 1:
                return self._library.document(named[0].id)
        if len(entries) == 1:
            return self._library.document(entries[0].id)
        some = ", ".join(f"“{source.title}”" for source in entries[:3])
        return f"Which document do you mean? Name it by its title, for example: {some}."

    def _opening(self, document: Document, number: int) -> Citation:
        """Cite the first sentence of a document, which stands for it."""
        passage = self._library.catalog.passages_of(document.source.id)[0]
        text = document.text[passage.start : passage.end]
        hit = Hit(1, 0.0, passage, text, document.source)
        return cite(number, hit, (statements(hit) or list(passage.sentences))[:1], document)
