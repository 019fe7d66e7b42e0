"""The frame of the page: what stands around each of its views. Run by Streamlit at every interaction."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.desk import the_desk
from ingest.errors import DossierError

_HERE = Path(__file__).parent
# What a user has chosen beside the chat.
_KEPT = ("conversation", "firm", "publisher", "since", "until", "documents")


def main() -> None:
    """Draw the frame, then the view that is open in it."""
    # No page icon: Streamlit would fetch one of its named icons from a host of Google.
    st.set_page_config(page_title="Dossier", layout="centered")
    view = st.navigation(
        [
            st.Page(_HERE / "ask.py", title="Ask", url_path="ask", default=True),
            st.Page(_HERE / "listing.py", title="Documents", url_path="documents"),
            st.Page(_HERE / "source.py", title="Source", url_path="source", visibility="hidden"),
        ],
        position="top",
    )
    for key in _KEPT:
        if key in st.session_state:
            # Else Streamlit forgets it while another view is drawn, and a search would be wider than was asked for:
            # https://docs.streamlit.io/develop/concepts/architecture/widget-behavior
            st.session_state[key] = st.session_state[key]
    try:
        the_desk()
        view.run()
    except DossierError as error:
        st.error("The store cannot be used.")
        st.text(str(error))
        st.button("Try again")


main()
