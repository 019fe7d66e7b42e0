"""Ask: a conversation with the collection, every answer with its sources."""

from __future__ import annotations

import queue
import threading
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from app.copies import markdown
from app.desk import the_desk
from app.dossier import LONGEST_QUESTION
from app.pages.parts import in_words, show_answer
from app.styles import Run
from app.styles import markdown as escaped
from app.suggest import suggestions
from ingest.errors import DossierError
from ingest.records import Filters

if TYPE_CHECKING:
    from app.answers import Answer
    from app.conversations import Conversation
    from app.desk import Desk

_NEW = ""
# How often a question under way looks whether it was stopped, in seconds.
_LOOK = 0.05


class _StoppedError(Exception):
    """The user pressed stop."""


def main() -> None:
    """Draw the view."""
    desk = the_desk()
    with st.sidebar:
        conversation = _choose(desk)
        filters = _filters(desk)
    if not desk.work.ready:
        _getting_ready(desk)
        return
    # Set here, so that only a later look finds a difference: drawing anew now would lose the question.
    st.session_state["here"] = len(desk.dossier.library.entries())
    _behind(desk)
    asked = st.chat_input("Ask about the documents", max_chars=LONGEST_QUESTION, submit_mode="stop")
    turns = conversation.turns if conversation else ()
    for number, turn in enumerate(turns):
        _question(turn.answer.question, turn.filters)
        with st.chat_message("assistant"):
            show_answer(desk.dossier, turn.answer, f"turn-{conversation.id if conversation else ''}-{number}")
    asked = asked or st.session_state.pop("suggested", None)
    if asked:
        _ask(desk, conversation, asked, filters)
    elif not turns:
        _empty(desk)


# The conversation


def _choose(desk: Desk) -> Conversation | None:
    kept = {one.id: one for one in desk.conversations.all()}
    # The address keeps it, so that it is there after the page was loaded anew.
    before = st.session_state.get("conversation", st.query_params.get("conversation", _NEW))
    st.session_state["conversation"] = st.session_state.pop("next", before)
    if st.session_state.get("conversation", _NEW) not in (_NEW, *kept):
        st.session_state["conversation"] = _NEW
    chosen = st.selectbox(
        "Conversation",
        [_NEW, *kept],
        format_func=lambda key: kept[key].title if key in kept else "New conversation",
        key="conversation",
    )
    if chosen:
        st.query_params["conversation"] = chosen
    else:
        st.query_params.pop("conversation", None)
    for path in desk.conversations.damaged():
        st.text(f"{path} is damaged. Restore it from a backup, or delete it.")
    if chosen not in kept:
        return None
    _manage(desk, kept[chosen])
    return kept[chosen]


def _manage(desk: Desk, conversation: Conversation) -> None:
    st.button("New conversation", on_click=_go_to, args=[_NEW], width="stretch")
    with st.popover("Rename, export, delete", width="stretch"):
        key = f"title-{conversation.id}"
        # Only what the user changes here is kept: another tab may have renamed it.
        st.text_input(
            "Title", conversation.title, max_chars=80, key=key, on_change=_rename, args=[desk, conversation.id, key]
        )
        st.download_button(
            "Export as Markdown",
            lambda: _exported(conversation),
            "conversation.md",
            "text/markdown",
            on_click="ignore",
        )
        if st.checkbox("Delete it for good", key=f"sure-{conversation.id}"):
            st.button("Delete", type="primary", on_click=_delete, args=[desk, conversation.id])


def _rename(desk: Desk, conversation_id: str, key: str) -> None:
    with in_words():
        desk.conversations.rename(conversation_id, st.session_state[key])


def _exported(conversation: Conversation) -> str:
    parts = [f"# {escaped((Run(conversation.title),))}"]
    for number, turn in enumerate(conversation.turns, 1):
        # Every answer counts its notes from 1; in one file they need labels of their own.
        parts += [f"## {escaped((Run(turn.answer.question),))}", markdown(turn.answer, f"{number}-").plain]
    return "\n\n".join(parts) + "\n"


def _delete(desk: Desk, conversation_id: str) -> None:
    desk.conversations.delete(conversation_id)
    _go_to(_NEW)


def _go_to(conversation_id: str) -> None:
    st.session_state["next"] = conversation_id


def _filters(desk: Desk) -> Filters:
    sources = [entry.source for entry in desk.dossier.library.entries()]
    titles = {source.id: source.title for source in sources}
    publishers = sorted({source.publisher for source in sources if source.publisher})
    # What was chosen may have been removed meanwhile.
    _keep("publisher", next((one for one in publishers if one == st.session_state.get("publisher")), None))
    _keep("documents", [key for key in st.session_state.get("documents", []) if key in titles])
    with st.expander("Limit the search"):
        firm = st.text_input("Firm", key="firm", help="Any of its names; only passages that name it are searched.")
        publisher = st.selectbox("Publisher", publishers, index=None, placeholder="Any", key="publisher")
        earliest, latest = date(1900, 1, 1), date(2100, 1, 1)
        since = st.date_input("Published since", None, min_value=earliest, max_value=latest, key="since")
        until = st.date_input("Published until", None, min_value=earliest, max_value=latest, key="until")
        documents = st.multiselect("Documents", titles, format_func=lambda key: titles.get(key, key), key="documents")
    return desk.dossier.filters(
        firm.strip() or None,
        since.isoformat() if since else None,
        until.isoformat() if until else None,
        publisher,
        documents,
    )


def _keep(key: str, value: object) -> None:
    if key in st.session_state and st.session_state[key] != value:
        st.session_state[key] = value


# A question


def _question(question: str, filters: Filters) -> None:
    with st.chat_message("user"):
        st.text(question)
        if filters != Filters():
            st.text(f"Limited to: {_printed(filters)}")


def _printed(filters: Filters) -> str:
    said = {name: value for name, value in asdict(filters).items() if value}
    if filters.documents:
        said["documents"] = f"{len(filters.documents)} chosen"
    return ", ".join(f"{name} {value}" for name, value in said.items())


def _ask(desk: Desk, conversation: Conversation | None, question: str, filters: Filters) -> None:
    _question(question, filters)
    with st.chat_message("assistant"):
        place = st.empty()
        try:
            answer = _answered(desk, conversation, question, filters, place)
        except DossierError as error:
            place.text(str(error))
            return
        kept = desk.conversations.add(conversation.id if conversation else None, answer, filters)
        with place.container():
            show_answer(desk.dossier, answer, f"turn-{kept.id}-{len(kept.turns) - 1}")
    if conversation is None or kept.id != conversation.id:
        _go_to(kept.id)
        st.rerun()


def _answered(
    desk: Desk,
    conversation: Conversation | None,
    question: str,
    filters: Filters,
    place: st.delta_generator.DeltaGenerator,
) -> Answer:
    """Ask in a thread of its own, so that this one can be stopped; show each step meanwhile."""
    steps: queue.Queue[str | Answer | BaseException] = queue.Queue()
    stopped = threading.Event()

    def watch(step: str) -> None:
        if stopped.is_set():
            raise _StoppedError
        steps.put(step)

    def work() -> None:
        try:
            history = conversation.history() if conversation else []
            steps.put(desk.dossier.ask(question, filters, history, watch))
        except BaseException as error:  # noqa: BLE001 - raised again where it can be shown
            steps.put(error)

    threading.Thread(target=work, name="question", daemon=True).start()
    said = "Reading the question"
    try:
        while True:
            place.text(f"{said} …")  # Streamlit stops the script here when the user does
            try:
                told = steps.get(timeout=_LOOK)
            except queue.Empty:
                continue
            if isinstance(told, str):
                said = told
            elif isinstance(told, BaseException):
                raise told
            else:
                return told
    finally:
        stopped.set()


# What else there is to say


def _empty(desk: Desk) -> None:
    if not desk.dossier.library.entries() and desk.work.under_way:
        st.write("The first documents are being read. You can ask as soon as there are some.")
        return
    if not desk.dossier.library.entries():
        st.subheader("There are no documents yet", anchor=False)
        st.write("Add articles and reports, then ask who was involved in what.")
        st.page_link("listing.py", label="Add documents")
        return
    st.write("Ask in plain words who was involved in what. Every answer is quoted, and says where it stands.")
    st.write("For example, of these documents:")
    for number, question in enumerate(suggestions(desk.dossier.library)):
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.text(question)
        right.button("Ask", key=f"suggestion-{number}", help="Ask this", on_click=_suggest, args=[question])


def _suggest(question: str) -> None:
    st.session_state["suggested"] = question


@st.fragment(run_every="1s")
def _getting_ready(desk: Desk) -> None:
    work = desk.work
    if work.ready:
        st.rerun()
    for problem in work.failed:
        st.text(problem)
    if work.under_way:
        st.write("Getting ready: the model that finds passages is being loaded. This takes some seconds.")
    else:
        st.write("Dossier could not get ready. Mend what is said above, then start it again.")
    st.text(work.step)


@st.fragment(run_every="1s")
def _behind(desk: Desk) -> None:
    """Say what goes on behind the page, while it does."""
    work = desk.work
    if work.under_way:
        far = f" ({work.done} of {work.total} files that ship)" if work.done < work.total else ""
        st.text(f"{work.step}{far}. You can ask meanwhile; what is not read yet is not searched.")
    for problem in work.failed:
        st.text(problem)
    here = len(desk.dossier.library.entries())
    if st.session_state["here"] != here:
        st.rerun(scope="app")


main()
