"""Ask: a conversation with the collection, every answer with its sources."""

from __future__ import annotations

import queue
import threading
from dataclasses import asdict
from datetime import date
from itertools import count
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException

from app.asking import Watch
from app.copies import markdown
from app.desk import the_desk
from app.dossier import LONGEST_QUESTION
from app.pages.model import model_section
from app.pages.parts import draw_anew_when_changed, drawing, in_words, preload, show_answer, state_of
from app.styles import Run
from app.styles import markdown as escaped
from app.suggest import suggestions
from ingest.errors import DossierError
from ingest.records import Filters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.answers import Answer
    from app.conversations import Conversation
    from app.desk import Desk

_NEW = ""
# How often a question under way looks whether it was stopped, in seconds.
_LOOK = 0.05
_UNCHECKED = "Being written, and not checked yet:"


class _StoppedError(Exception):
    """The user pressed stop."""


def main() -> None:
    """Draw the view."""
    desk = the_desk()
    asked = st.session_state.pop("asked", None)
    literal = st.session_state.pop("literal", False)
    with st.sidebar:
        conversation = _choose(desk, asked)
        filters = _filters(desk)
        model_section(desk)
    if not desk.work.ready:
        _getting_ready(desk)
        return
    drawing()
    _behind(desk)
    st.chat_input(
        "Ask about the documents",
        max_chars=LONGEST_QUESTION,
        submit_mode="stop",
        accept_file="multiple",
        key="question",
        on_submit=_submitted,
        args=[desk],
    )
    if conversation is None:
        _empty(desk)
        _interrupted()
        return
    for number, turn in enumerate(conversation.turns):
        _question(turn.answer.question, turn.filters)
        with st.chat_message("assistant"):
            show_answer(desk.dossier, turn.answer, f"turn-{conversation.id}-{number}", _ask_literally)
    if asked:
        _ask(desk, conversation, asked, filters, literal=literal)
        return
    _interrupted()


def _ask_literally(question: str) -> None:
    st.session_state["asked"] = question
    st.session_state["literal"] = True


def _submitted(desk: Desk) -> None:
    given = st.session_state["question"]
    st.session_state["given"] = []
    for file in given.files:
        with in_words():
            st.session_state["given"].append(desk.upload(file.name, file.getvalue()).number)
    if given.text.strip():
        st.session_state["asked"] = given.text


# The conversation


def _choose(desk: Desk, asked: str | None) -> Conversation | None:
    """Let the user choose a conversation; a question asked outside of one begins one."""
    kept = {one.id: one for one in desk.conversations.all()}
    # The address keeps it, so that it is there after the page was loaded anew.
    before = st.session_state.get("conversation", st.query_params.get("conversation", _NEW))
    before = st.session_state.pop("next", before)
    if before not in kept:
        before = _NEW  # deleted elsewhere, or its first question was stopped
    if asked and before == _NEW:
        # Begun before its title is drawn, so that nothing needs to be drawn twice.
        new = desk.conversations.begin(asked)
        before = new.id
        kept = {new.id: new} | kept
    st.session_state["conversation"] = before
    # Numbered in the order in which they were begun, which stays.
    begun = sorted(kept.values(), key=lambda one: (one.began, one.id))
    labels = _labels([(_NEW, "New conversation"), *((one.id, one.title) for one in begun)])
    chosen = st.selectbox(
        "Conversation", [_NEW, *kept], format_func=lambda key: labels.get(key, key), key="conversation"
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


def _labels(titles: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return titles by id, told apart where they are the same: Streamlit knows an option by its label alone."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for key, title in titles:
        numbered = (title if number == 1 else f"{title} ({number})" for number in count(1))
        found[key] = next(label for label in numbered if label not in taken)
        taken.add(found[key])
    return found


def _put(key: str, value: object) -> None:
    st.session_state[key] = value


def _manage(desk: Desk, conversation: Conversation) -> None:
    st.button("New conversation", on_click=_put, args=["next", _NEW], width="stretch")
    with st.popover("Rename, export, delete", width="stretch"):
        key = f"title-{conversation.id}"
        # Only what the user changes here is kept: another tab may have renamed it.
        st.text_input(
            "Title", conversation.title, max_chars=80, key=key, on_change=_rename, args=[desk, conversation.id, key]
        )
        st.download_button(
            "Export as Markdown",
            lambda: _exported(desk, conversation.id),
            "conversation.md",
            "text/markdown",
            on_click="ignore",
        )
        if st.checkbox("Delete it for good", key=f"sure-{conversation.id}"):
            st.button("Delete", type="primary", on_click=_delete, args=[desk, conversation.id])


def _rename(desk: Desk, conversation_id: str, key: str) -> None:
    with in_words():
        desk.conversations.rename(conversation_id, st.session_state[key])


def _exported(desk: Desk, conversation_id: str) -> str:
    conversation = desk.conversations.get(conversation_id)
    parts = [f"# {escaped((Run(conversation.title),))}"]
    for number, turn in enumerate(conversation.turns, 1):
        # Every answer counts its notes from 1; in one file they need labels of their own.
        parts += [f"## {escaped((Run(turn.answer.question),))}", markdown(turn.answer, f"{number}-").plain]
    return "\n\n".join(parts) + "\n"


def _delete(desk: Desk, conversation_id: str) -> None:
    desk.conversations.delete(conversation_id)
    _put("next", _NEW)


def _filters(desk: Desk) -> Filters:
    sources = [entry.source for entry in desk.dossier.library.entries()]
    titles = _labels((source.id, source.title) for source in sources)
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


def _ask(desk: Desk, conversation: Conversation, question: str, filters: Filters, *, literal: bool) -> None:
    _question(question, filters)
    history = [] if literal else conversation.history()
    quote, deletions = not desk.dossier.model_writes, desk.conversations.deletions
    with st.chat_message("assistant"):
        place = st.empty()
        try:
            answer = _answered(lambda watch: desk.dossier.ask(question, filters, history, watch, quote=quote), place)
        except RerunException:
            # Something else was pressed meanwhile; Stop raises another.
            st.session_state["interrupted"] = question
            raise
        except DossierError as error:
            place.text(str(error))
            return
        with place.container():
            show_answer(desk.dossier, answer, f"turn-{conversation.id}-{len(conversation.turns)}", _ask_literally)
    with in_words():
        if deletions == desk.conversations.deletions:  # else all were deleted while it was worked on
            desk.conversations.add(conversation.id, answer, filters)


def _interrupted() -> None:
    """Offer a question again that something else on the page interrupted."""
    question = st.session_state.pop("interrupted", None)
    if question:
        st.text(f"Not answered, since something else on the page was changed meanwhile: {question}")
        st.button("Ask it again", on_click=_put, args=["asked", question])


def _answered(ask: Callable[[Watch], Answer], place: st.delta_generator.DeltaGenerator) -> Answer:
    """Ask in a thread of its own, so that this one can be stopped; show each step, or what is written, meanwhile."""
    told: queue.Queue[str | Answer | BaseException] = queue.Queue()
    stopped = threading.Event()

    def tell(text: str) -> None:
        if stopped.is_set():
            raise _StoppedError
        told.put(text)

    def work() -> None:
        try:
            told.put(ask(Watch(lambda step: tell(f"{step} …"), lambda draft: tell(f"{_UNCHECKED}\n\n{draft}"))))
        except BaseException as error:  # noqa: BLE001 - raised again where it can be shown
            told.put(error)

    place.text("Reading the question …")
    threading.Thread(target=work, name="question", daemon=True).start()
    try:
        while True:
            st.session_state.get("asked")  # Streamlit stops the script here when the user does
            try:
                said = told.get(timeout=_LOOK)
            except queue.Empty:
                continue
            if isinstance(said, BaseException):
                raise said
            if not isinstance(said, str):
                return said
            if told.empty():  # else there is newer to show
                place.text(said)
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
        right.button("Ask", key=f"suggestion-{number}", help="Ask this", on_click=_put, args=["asked", question])
    preload()


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
    draw_anew_when_changed(desk)
    work = desk.work
    if work.under_way:
        far = f" ({work.done} of {work.total} files that ship)" if work.done < work.total else ""
        st.text(f"{work.step}{far}. You can ask meanwhile; what is not read yet is not searched.")
    given = st.session_state.get("given", ())
    for upload in (one for one in desk.uploads() if one.number in given):
        for receipt in upload.receipts:
            st.text(f"{receipt.name}: {state_of(receipt)}")
    for problem in work.failed:
        st.text(problem)


main()
