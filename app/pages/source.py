"""A source: the page of a PDF with a quote marked on it, or the text of an article, opened at the quote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from app.desk import the_desk
from app.pages.parts import in_words, show_reader
from ingest.errors import LockedFileError, NotFoundError
from ingest.places import Places

if TYPE_CHECKING:
    from app.desk import Desk
    from ingest.records import Document


def main() -> None:
    """Draw the view."""
    desk = the_desk()
    asked = st.query_params
    st.page_link("listing.py", label="All documents")
    try:
        document = desk.dossier.library.document(asked.get("document", ""))
    except NotFoundError:
        st.subheader("This document is not in the collection", anchor=False)
        st.write("It was removed, or the link is of another collection.")
        return
    start, end = _slice(document, asked.get("start", ""), asked.get("end", ""))
    found = _find(document)
    if found is not None:
        start, end = found
    show_reader(document, start, end, text=not document.pages)
    if document.pages:
        _pages(desk, document, start, end)
    if document.left_out:
        counts = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in document.left_out.items())
        st.text(f"Left out of the text that is searched and quoted: {counts}.")


def _slice(document: Document, start: str, end: str) -> tuple[int, int]:
    """Return the slice that an address names, an empty one where it names none."""
    if re.fullmatch(r"\d{1,9}", start, re.ASCII) and re.fullmatch(r"\d{1,9}", end, re.ASCII):
        first, last = int(start), int(end)
        if first < last <= len(document.text):
            return first, last
    return 0, 0


def _find(document: Document) -> tuple[int, int] | None:
    """Let the user find words in the document; return the slice of the match that is shown."""
    words = st.text_input("Find in this document", key=f"find-{document.source.id}").split()
    if not words:
        return None
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words), re.IGNORECASE)
    matches = [match.span() for match in pattern.finditer(document.text)]
    if not matches:
        st.text("Not found.")
        return None
    number = st.number_input(f"Match, of {len(matches)}", 1, len(matches), key=f"match-{' '.join(words)}")
    return matches[int(number) - 1]


def _pages(desk: Desk, document: Document, start: int, end: int) -> None:
    key = f"page-{document.source.id}-{start}-{end}"
    first = (Places(document).page_index(start) or 0) + 1
    st.session_state.setdefault(key, first)
    back, number, on = st.columns([1, 2, 1], vertical_alignment="bottom")
    back.button("Previous page", on_click=_turn, args=[key, -1], disabled=st.session_state[key] <= 1, width="stretch")
    on.button(
        "Next page",
        on_click=_turn,
        args=[key, 1],
        disabled=st.session_state[key] >= len(document.pages),
        width="stretch",
    )
    page = int(number.number_input(f"Page, of {len(document.pages)}", 1, len(document.pages), key=key))
    with in_words():
        _page(desk, document, page, start, end)


def _turn(key: str, step: int) -> None:
    st.session_state[key] += step


def _page(desk: Desk, document: Document, page: int, start: int, end: int) -> None:
    field, kept = f"password-{document.source.id}", f"opens-{document.source.id}"
    # Kept apart from its field, which Streamlit forgets while it is not drawn; gone with the browser's tab.
    password = st.session_state.get(field) or st.session_state.get(kept)
    try:
        image = desk.marker.page(document, page, start, end, password or None)
    except LockedFileError:
        st.session_state.pop(kept, None)
        if password:
            st.text("That password does not open it.")
        st.text("This PDF is encrypted. Its password is asked for to show the page, and is not written anywhere.")
        st.text_input("Password", type="password", key=field)
        return
    if password:
        st.session_state[kept] = password
    shown = document.pages[page - 1]
    quote = document.text[max(start, shown.start) : min(end, shown.end)]
    if quote and not image.marks:
        st.text("The quote could not be placed on this page with certainty, so nothing is marked. It says:")
        st.text(quote)
    alt = f"Page {page}" + (f" with this marked: {quote}" if image.marks else "")
    st.image(image.png, alt=alt, width="stretch")


main()
