"""The documents: add some, see what there is, open or remove one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.desk import UNDO_SECONDS, the_desk
from app.pages.parts import draw_anew_when_changed, drawing, in_words, show_listing, state_of

if TYPE_CHECKING:
    from app.desk import Desk, Upload
    from ingest.records import Entry


def main() -> None:
    """Draw the view."""
    st.set_page_config(layout="wide")
    desk = the_desk()
    _upload(desk)
    entries = desk.dossier.library.entries()
    drawing()
    _uploads(desk)
    _list(desk, entries)
    with st.expander("Where the documents lie, and how to delete everything"):
        st.text(f"The collection is the folder\n{desk.dossier.home}")
        _delete_everything(desk, entries)


# Adding


def _upload(desk: Desk) -> None:
    with st.form("upload", clear_on_submit=True, border=False):
        files = st.file_uploader(
            "Add articles and reports",
            accept_multiple_files=True,
            help="WordPress JSON, HTML, PDF, DOCX, Markdown and plain text; 50 MB each at most.",
        )
        password = st.text_input("Password of encrypted PDF files, if there are any", type="password")
        if st.form_submit_button("Add", type="primary"):
            for file in files:
                with in_words():
                    desk.upload(file.name, file.getvalue(), password)


@st.fragment(run_every="1s")
def _uploads(desk: Desk) -> None:
    uploads = desk.uploads()
    for problem in desk.work.failed:
        st.text(problem)
    if desk.work.under_way:
        st.text(f"{desk.work.step} …")
    if uploads:
        waiting = sum(not upload.finished for upload in uploads)
        st.write(f"{waiting} of {len(uploads)} files still to be read." if waiting else "All files are read.")
        st.dataframe(
            [row for upload in uploads for row in _rows(upload)], hide_index=True, alt="What became of the files"
        )
    draw_anew_when_changed(desk)


def _rows(upload: Upload) -> list[dict[str, Any]]:
    if not upload.receipts:
        far = f", {upload.done} of {upload.total} passages" if upload.total else ""
        return [{"File": upload.name, "State": f"{upload.step}{far}", "Passages": None, "Pages": None}]
    return [
        {
            "File": receipt.name,
            "State": state_of(receipt),
            "Passages": receipt.passages or None,
            "Pages": receipt.pages or None,
        }
        for receipt in upload.receipts
    ]


# The list


def _list(desk: Desk, entries: list[Entry]) -> None:
    leaving = desk.to_be_removed()
    for entry in entries:
        if entry.source.id in leaving:
            _undo(desk, entry)
    shown = [entry for entry in entries if entry.source.id not in leaving]
    if not shown:
        st.write("There are no documents yet. Add some above.")
        return
    words = st.text_input("Search in titles, publishers and file names", key="search").casefold().split()
    found = [entry for entry in shown if all(word in _words(entry) for word in words)]
    st.text(f"{len(found)} of {len(shown)} documents")
    show_listing(found, desk.remove)


def _words(entry: Entry) -> str:
    source = entry.source
    return " ".join(
        filter(None, (source.title, source.publisher, source.author, source.name, source.published))
    ).casefold()


@st.fragment(run_every="1s")
def _undo(desk: Desk, entry: Entry) -> None:
    if entry.source.id not in desk.to_be_removed():
        st.rerun(scope="app")
    words, button = st.columns([4, 1], vertical_alignment="center")
    words.text(f"Removing {entry.source.title}, for good in at most {UNDO_SECONDS:.0f} seconds")
    button.button("Undo", key=f"undo-{entry.source.id}", on_click=desk.undo, args=[entry.source.id])


def _delete_everything(desk: Desk, entries: list[Entry]) -> None:
    typed = st.text_input("To delete all documents and conversations, type: delete everything", key="everything")
    if typed.strip().casefold() == "delete everything":
        st.button(
            f"Delete {len(entries)} documents and all conversations for good",
            type="primary",
            on_click=_deleted,
            args=[desk],
        )


def _deleted(desk: Desk) -> None:
    desk.delete_everything()
    st.session_state["everything"] = ""


main()
