"""The pages of `dossier chat`, as Streamlit scripts."""
