"""What the pages share: the components that show text of documents, and the words for what cannot be done.

Text of documents and of users goes through `st.text`, tables, or these components, which set it as the text of an
element. Streamlit's Markdown, which its titles, labels and captions are too, would load remote images from it and
make links of it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import streamlit as st

from app.cite import how_written, marked_lines, printed_dates, printed_place, printed_source
from app.copies import fact_sheet, footnotes, markdown, references
from app.dates import printed_day
from app.exports import bibtex, csl_json, csv_table, ris
from app.styles import is_web_address
from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.answers import Answer, Citation
    from app.desk import Desk
    from app.dossier import Dossier
    from ingest.records import Document, Entry, Receipt

_HERE = Path(__file__).parent
# Characters between two quotes that are still shown in one passage.
_NEAR = 400
_SUPPORTED = (
    "Claims supported: the names, figures, dates, denials and doubts of each sentence stand in the passages that it "
    "cites. Rules check that; whether the sense is right is for you to judge."
)

_STATUS = {
    "added": "added",
    "unchanged": "unchanged: it was here already",
    "updated": "a newer version; the older one is kept for its citations",
    "duplicate": "duplicate: its text is here already",
    "failed": "failed",
}


def _component(name: str) -> Any:
    return st.components.v2.component(
        f"dossier_{name}",
        html=f'<div class="{name}"></div>\n',
        css=(_HERE / f"{name}.css").read_text(encoding="utf-8"),
        js=(_HERE / f"{name}.js").read_text(encoding="utf-8"),
    )


_nothing = st.components.v2.component("dossier_nothing", js="export default () => {}")
_answer = _component("answer")
_reader = _component("reader")
_listing = _component("listing")


@contextmanager
def in_words() -> Iterator[None]:
    """Show what cannot be done as words with a next step."""
    try:
        yield
    except DossierError as error:
        st.error("That cannot be done.")
        st.text(str(error))


def state_of(receipt: Receipt) -> str:
    """Say what became of a file."""
    state = f"failed: {receipt.error}" if receipt.error else _STATUS[receipt.status]
    if receipt.superseded_by:
        state += "; a newer version of it is here and is used"
    if receipt.pages_without_text:
        state += f"; {receipt.pages_without_text} pages without text, which may be scans"
    return state


def drawing() -> None:
    """Tell the fragments of a view that it is being drawn: none of them may draw it anew now.

    That would end what was asked or pressed.
    """
    st.session_state["drawing"] = True


def draw_anew_when_changed(desk: Desk) -> None:
    """Draw the whole view anew when documents came or went since; in a fragment that looks by itself."""
    here = len(desk.dossier.library.entries())
    if st.session_state.pop("drawing", False):
        st.session_state["here"] = here
    elif st.session_state.get("here") != here:
        st.rerun(scope="app")


def preload() -> None:
    """Let the browser fetch what draws components before there is an answer to draw, which would wait a second."""
    _nothing(key="nothing")


def show_answer(dossier: Dossier, answer: Answer, key: str, literal: Callable[[str], None]) -> None:
    """Show an answer with its sources; `key` tells it from the others on the page.

    `literal` is told a follow-up that is to be asked as it was written.
    """
    cited = (*answer.citations, *answer.nearest)
    _answer(
        key=key,
        on_literal_change=lambda: literal(answer.question),
        data={
            "key": key,
            "understood": answer.standalone_question if answer.standalone_question != answer.question else "",
            "lines": marked_lines(answer.text, cited),
            "heading": "The nearest that the sources do say" if answer.nearest else "Sources",
            "sources": [_source(dossier, near) for near in _neighbours(cited)],
            "searched": _searched(answer),
            "written": [*how_written(answer), *([_SUPPORTED] if answer.model else [])],
            "leftOut": [
                {"sentence": check.sentence, "why": "; ".join(check.problems)}
                for check in answer.making.checks
                if not check.shown
            ],
            "copies": _copies(answer) if cited else [],
            "downloads": _downloads(answer) if cited else [],
        },
    )


def show_reader(document: Document, start: int, end: int, *, text: bool) -> None:
    """Show a document's title and facts and, with `text`, its text with the slice from `start` to `end` marked."""
    source = document.source
    dates = [printed_day(source.published)] if source.published else []
    if source.modified and source.modified != source.published:
        dates.append(f"changed {printed_day(source.modified)}")
    about = (source.publisher or source.author, *dates, source.kind, f"file {source.name}")
    _reader(
        key="reader",
        data={
            "title": source.title,
            "about": " · ".join(part for part in about if part),
            "url": source.url if is_web_address(source.url) else "",
            "place": f"{source.id} {start} {end}",
            "blocks": _blocks(document, start, end) if text else [],
        },
    )


def show_listing(entries: Sequence[Entry], remove: Callable[[str], None]) -> None:
    """Show documents as a table; `remove` is told the id of one that the user wants to be gone."""

    def removed() -> None:
        remove(str(st.session_state["listing"]["remove"]))

    _listing(
        key="listing",
        on_remove_change=removed,
        data={
            "rows": [
                {
                    "id": entry.source.id,
                    "title": entry.source.title,
                    "publisher": entry.source.publisher or "",
                    "published": (entry.source.published or "")[:10],
                    "kind": entry.source.kind,
                    "passages": entry.passages,
                    "pages": entry.pages or None,
                    "open": link_to(entry.source.id, 0, 0),
                }
                for entry in entries
            ]
        },
    )


def link_to(document_id: str, start: int, end: int) -> str:
    """Return the address, on this page's host, of a document opened at a slice."""
    return f"source?{urlencode({'document': document_id, 'start': start, 'end': end})}"


def _neighbours(citations: Sequence[Citation]) -> list[list[Citation]]:
    """Put citations together that follow on one another closely, so that a claim and its denial are read together."""
    groups: list[list[Citation]] = []
    for citation in citations:
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and last.document.id == citation.document.id
            and 0 <= citation.quote.place.start - last.quote.place.end <= _NEAR
            and (last.quote.place.page, last.quote.place.speaker)
            == (citation.quote.place.page, citation.quote.place.speaker)
        ):
            groups[-1].append(citation)
        else:
            groups.append([citation])
    return groups


def _source(dossier: Dossier, cited: list[Citation]) -> dict[str, Any]:
    citation = cited[0]
    source, place = citation.document, citation.quote.place
    passage = _passage(dossier, cited)
    removed = passage is None
    verified = all(one.quote_verified for one in cited)
    said = f"said by {place.speaker}" if place.speaker else ""
    return {
        "numbers": [one.number for one in cited],
        "document": printed_source(source),
        "about": " · ".join(filter(None, (printed_place(place), said, "quote verified" if verified else ""))),
        "context": list(dict.fromkeys(slice_.quote for one in cited for slice_ in one.context)),
        "dates": list(dict.fromkeys(told for one in cited for told in printed_dates(one))),
        "passage": passage or [{"text": one.quote.quote, "marked": True} for one in cited],
        "note": "Source removed: it is no longer in the collection." if removed else "",
        "open": "" if removed else link_to(source.id, place.start, place.end),
        "openLabel": "Show it on the page" if place.page is not None else "Show it in the article",
        "url": source.url if is_web_address(source.url) else "",
    }


def _passage(dossier: Dossier, cited: list[Citation]) -> list[dict[str, Any]] | None:
    """Return what stands around neighbouring quotes, with them marked; None when their document was removed."""
    first, last = dossier.surroundings(cited[0]), dossier.surroundings(cited[-1])
    if first is None or last is None:
        return None
    text = dossier.library.document(cited[0].document.id).text
    parts = [(first[0], False)]
    for one, following in zip_longest(cited, cited[1:]):
        parts.append((one.quote.quote, True))
        between = text[one.quote.place.end : following.quote.place.start] if following else last[1]
        parts.append((between, False))
    return [{"text": words, "marked": is_marked} for words, is_marked in parts if words]


def _searched(answer: Answer) -> str:
    searched = answer.searched
    also = f" Also searched: {', '.join(searched.also_searched)}." if searched.also_searched else ""
    return f"Searched {searched.documents:,} documents, {searched.passages:,} passages.{also}"


def _copies(answer: Answer) -> list[dict[str, str | None]]:
    return [
        {"label": copy.label, "plain": copy.plain, "html": copy.html}
        for copy in (footnotes(answer), references(answer), markdown(answer), fact_sheet(answer))
    ]


def _downloads(answer: Answer) -> list[dict[str, str]]:
    record = json.dumps(answer.as_json(), ensure_ascii=False, indent=2)
    files = (
        ("BibTeX", "sources.bib", "application/x-bibtex", bibtex(answer)),
        ("RIS", "sources.ris", "application/x-research-info-systems", ris(answer)),
        ("CSL-JSON", "sources.json", "application/vnd.citationstyles.csl+json", csl_json(answer)),
        ("CSV", "quotes.csv", "text/csv;charset=utf-8", csv_table(answer)),
        ("Record", "answer.json", "application/json", record),
    )
    return [{"label": label, "name": name, "mime": mime, "text": text} for label, name, mime, text in files]


def _blocks(document: Document, start: int, end: int) -> list[dict[str, Any]]:
    """Return the paragraphs of a document, each with its kind and its parts, marked where the slice is."""
    return [
        {"kind": block.kind, "parts": list(_parts(document.text, block.start, block.end, start, end))}
        for block in document.blocks
    ]


def _parts(text: str, begin: int, stop: int, start: int, end: int) -> Iterator[dict[str, Any]]:
    inner, outer = min(max(begin, start), stop), min(max(begin, end), stop)
    for first, last, is_marked in ((begin, inner, False), (inner, outer, True), (outer, stop, False)):
        if first < last:
            yield {"text": text[first:last], "marked": is_marked}
