from __future__ import annotations

import json

from documents import SOURCE, documents
from hypothesis import given
from hypothesis import strategies as st

from ingest.records import Document, Mention, Passage, Place, Sentence, Span, Voice
from ingest.rows import document_from, layout_to_json, passage_from_json, passage_to_json

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
MAYBE = st.none() | TEXT
NUMBER = st.integers(0, 2_000_000)
SPANS = st.lists(st.builds(Span, NUMBER, NUMBER), max_size=3).map(tuple)
MENTIONS = st.lists(st.builds(Mention, TEXT, TEXT, NUMBER, NUMBER), max_size=3).map(tuple)
MARKS = st.frozensets(st.sampled_from(["denies", "hedges", "asks", "supposes"]))
SENTENCES = st.builds(Sentence, NUMBER, NUMBER, SPANS, st.lists(TEXT, max_size=3).map(tuple), MARKS)
PASSAGES = st.builds(
    Passage,
    id=TEXT,
    document_id=TEXT,
    ordinal=NUMBER,
    place=st.builds(Place, NUMBER, NUMBER, st.none() | NUMBER, MAYBE, st.none() | NUMBER, MAYBE, MAYBE),
    sentences=st.lists(SENTENCES, max_size=4).map(tuple),
    heading=TEXT,
    voice=st.none() | st.builds(Voice, TEXT, SPANS, MAYBE, MAYBE, MAYBE),
    context=TEXT,
    firms=MENTIONS,
    inherited=MENTIONS,
)


@given(PASSAGES)
def test_a_passage_comes_back_as_it_was(passage: Passage) -> None:
    """A passage encoded and decoded is the same passage."""
    assert passage_from_json(passage_to_json(passage)) == passage


@given(documents(), st.lists(TEXT, max_size=3).map(tuple), st.dictionaries(TEXT, NUMBER, max_size=3))
def test_a_document_comes_back_as_it_was(made: Document, links: tuple[str, ...], left_out: dict[str, int]) -> None:
    """A document put together from its columns is the document that was taken apart."""
    whole = Document(SOURCE, made.text, made.blocks, made.pages, links, left_out)
    assert document_from(SOURCE, whole.text, layout_to_json(whole)) == whole


@given(PASSAGES)
def test_the_place_stands_where_the_catalog_looks_for_it(passage: Passage) -> None:
    """The fourth value of a passage's record is its place, start and end first: `Catalog.check` reads it there."""
    assert json.loads(passage_to_json(passage))[3][:2] == [passage.start, passage.end]
