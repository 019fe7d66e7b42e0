"""The part of the page where a chat model is chosen, and where is said what is sent to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.pages.parts import in_words
from app.write import EXTRAS

if TYPE_CHECKING:
    from app.desk import Desk

_SENT = (
    "Sent there with each question: the question, the passages found for it, and for a follow-up what was said before. "
    "Nothing else leaves this machine."
)
_OFF = "Off. Answers are quotes, and nothing leaves this machine."


def model_section(desk: Desk) -> None:
    """Say whether a chat model writes the answers, and let the user choose one or only quote."""
    with st.expander("Chat model"):
        model = None
        with in_words():
            model = desk.dossier.model
        if model is None:
            st.write(_OFF)
            _chooser(desk)
            return
        st.text(f"{model.name} at {model.where}")
        st.write(_SENT)
        # Kept in the store: a switch of the page forgets itself when another view is opened.
        st.session_state["writes"] = desk.dossier.model_writes
        st.toggle(
            "It writes the answers",
            key="writes",
            help="Off: answers are quotes, and nothing is sent.",
            on_change=lambda: desk.dossier.let_model_write(writes=st.session_state["writes"]),
        )
        if desk.dossier.model_is_chosen:
            st.button("Forget this model", on_click=_forget, args=[desk])


def _chooser(desk: Desk) -> None:
    with st.form("model", border=False):
        name = st.text_input("Model, as provider:name", placeholder="ollama:llama3.2", max_chars=200, key="model-name")
        address = st.text_input(
            "Address of its server, if it is not the provider's own", max_chars=500, key="model-address"
        )
        st.text(
            f"Providers: {', '.join(EXTRAS)}; openai also for servers that speak like it. A key is read from the "
            "provider's variable in the environment, and goes to the provider's own servers only; it is never asked "
            "for here. For a server of your own that wants a key, set DOSSIER_MODEL_URL and DOSSIER_MODEL_KEY_FILE."
        )
        if st.form_submit_button("Use this model") and name.strip():
            with in_words():
                desk.dossier.choose_model(name.strip(), address.strip() or None)
                st.rerun()


def _forget(desk: Desk) -> None:
    with in_words():
        desk.dossier.forget_model()
