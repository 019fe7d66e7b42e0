"""The page: ask, and see the cited passages. Run by Streamlit from top to bottom at every interaction.

Everything that comes from documents or users goes through `st.text`, which shows it as it is: Streamlit's Markdown
would load remote images and make links of it.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import streamlit as st

from app.cite import printed_place, printed_source
from app.desk import the_desk
from ingest.errors import DossierError

if TYPE_CHECKING:
    from app.answers import Answer, Citation
    from app.desk import Desk


def main() -> None:
    """Draw the page."""
    # No page icon: Streamlit would fetch one of its named icons from a host of Google.
    st.set_page_config(page_title="Dossier", layout="centered")
    st.title("Dossier", anchor=False)
    try:
        _page(the_desk())
    except DossierError as error:
        st.error("The store cannot be used.")
        st.text(str(error))


def _page(desk: Desk) -> None:
    _side(desk)
    if desk.work.under_way:
        _preparing(desk)
        return
    for problem in desk.work.failed:
        st.text(problem)
    _chat(desk)


def _side(desk: Desk) -> None:
    entries = desk.dossier.library.entries()
    with st.sidebar:
        st.subheader("Documents", anchor=False)
        st.text(f"{len(entries)} documents in\n{desk.dossier.home}")
        rows = [
            {
                "Title": entry.source.title,
                "Publisher": entry.source.publisher or "",
                "Published": (entry.source.published or "")[:10],
                "Passages": entry.passages,
            }
            for entry in entries
        ]
        if rows:
            st.dataframe(rows, hide_index=True)


@st.fragment(run_every="1s")
def _preparing(desk: Desk) -> None:
    work = desk.work
    if not work.under_way:
        st.rerun()
    st.write("Getting ready. The first start reads what ships with Dossier; this takes a minute.")
    st.progress(work.done / work.total if work.total else 0.0)
    st.text(work.step)


def _chat(desk: Desk) -> None:
    turns: list[Answer] = st.session_state.setdefault("turns", [])
    question = st.chat_input("Ask about the documents", max_chars=4000)
    if not turns and not question:
        st.write("Ask in plain words who was involved in what. Every answer is quoted, and says where it stands.")
    for answer in turns:
        _turn(desk, answer)
    if question:
        with st.spinner("Searching the documents"):
            try:
                turns.append(desk.dossier.ask(question, history=_conversation(turns)))
            except DossierError as error:
                st.text(str(error))
                return
        _turn(desk, turns[-1])


def _conversation(turns: list[Answer]) -> list[dict[str, str]]:
    """Return what was said so far, for a follow-up: the questions as they were understood, and the answers."""
    said = ((("user", answer.standalone_question), ("assistant", answer.text)) for answer in turns)
    return [{"role": role, "content": content} for turn in said for role, content in turn]


def _turn(desk: Desk, answer: Answer) -> None:
    with st.chat_message("user"):
        st.text(answer.question)
        if answer.standalone_question != answer.question:
            st.text(f"Understood as: {answer.standalone_question}")
    with st.chat_message("assistant"):
        for line in answer.text.splitlines():
            st.text(line)
        if answer.nearest:
            st.write("The nearest that they do say:")
        for _, cited in groupby((*answer.citations, *answer.nearest), key=lambda citation: citation.passage_id):
            _passage(desk, list(cited))
        st.text(_searched(answer))


def _passage(desk: Desk, cited: list[Citation]) -> None:
    """Show the passage that the neighbouring citations `cited` stand in."""
    numbers = ", ".join(str(citation.number) for citation in cited)
    with st.expander(f"Source {numbers}", expanded=True):
        source, place = cited[0].document, cited[0].quote.place
        said = f", said by {place.speaker}" if place.speaker else ""
        st.text(f"{printed_source(source)}, {printed_place(place)}{said}")
        for context in dict.fromkeys(slice_.quote for citation in cited for slice_ in citation.context):
            st.text(f"Context: {context}")
        st.text(desk.dossier.passage_around(cited[0]) or "This source was removed.")
        if source.url:
            st.text(source.url)


def _searched(answer: Answer) -> str:
    searched = answer.searched
    also = f" Also searched: {', '.join(searched.also_searched)}." if searched.also_searched else ""
    return f"Searched {searched.documents} documents, {searched.passages} passages.{also}"


main()
