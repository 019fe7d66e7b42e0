"""The documents: add some, see what there is, open or remove one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.desk import UNDO_SECONDS, the_desk
from app.pages.parts import in_words

if TYPE_CHECKING:
    from app.desk import Desk, Upload
    from ingest.records import Entry, Receipt

_STATUS = {
    "added": "added",
    "unchanged": "unchanged: it was here already",
    "updated": "a newer version; the older one is kept for its citations",
    "duplicate": "duplicate: its text is here already",
    "failed": "failed",
}


def main() -> None:
    """Draw the view."""
    desk = the_desk()
    _upload(desk)
    entries = desk.dossier.library.entries()
    # Set here, so that only a later look finds a difference: drawing anew now would lose what was pressed.
    st.session_state["listed"] = len(entries)
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
            with in_words():
                for file in files:
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
    if st.session_state["listed"] != len(desk.dossier.library.entries()):
        st.rerun(scope="app")


def _rows(upload: Upload) -> list[dict[str, Any]]:
    if not upload.receipts:
        far = f", {upload.done} of {upload.total} passages" if upload.total else ""
        return [{"File": upload.name, "State": f"{upload.step}{far}", "Passages": None, "Pages": None}]
    return [
        {
            "File": receipt.name,
            "State": _state(receipt),
            "Passages": receipt.passages or None,
            "Pages": receipt.pages or None,
        }
        for receipt in upload.receipts
    ]


def _state(receipt: Receipt) -> str:
    state = f"failed: {receipt.error}" if receipt.error else _STATUS[receipt.status]
    if receipt.pages_without_text:
        state += f"; {receipt.pages_without_text} pages without text, which may be scans"
    return state


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
    st.text(f"{len(found)} of {len(shown)} documents. Select one to open or remove it.")
    chosen = st.dataframe(
        [_row(entry) for entry in found],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"documents {' '.join(words)}",
        alt="The documents",
    )
    rows = chosen.selection.rows
    if rows and rows[0] < len(found):
        _chosen(desk, found[rows[0]])


def _words(entry: Entry) -> str:
    source = entry.source
    return " ".join(
        filter(None, (source.title, source.publisher, source.author, source.name, source.published))
    ).casefold()


def _row(entry: Entry) -> dict[str, Any]:
    source = entry.source
    return {
        "Title": source.title,
        "Publisher": source.publisher or "",
        "Published": (source.published or "")[:10],
        "Kind": source.kind,
        "Passages": entry.passages,
        "Pages": entry.pages or None,
    }


def _chosen(desk: Desk, entry: Entry) -> None:
    source = entry.source
    st.text(source.title)
    opened, removed = st.columns(2)
    if opened.button("Open", key=f"open-{source.id}", width="stretch"):
        st.switch_page("source.py", query_params={"document": source.id})
    with removed.popover("Remove", width="stretch"):
        st.write("Its text, passages and file are deleted. Earlier answers keep their quotes and say that it is gone.")
        st.button("Remove it", type="primary", key=f"remove-{source.id}", on_click=desk.remove, args=[source.id])


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
            on_click=desk.delete_everything,
        )


main()
