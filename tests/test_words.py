from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.words import EMPTY, content_words, phrase_query


@pytest.mark.parametrize(
    ("one", "other"),
    [("supplies", "supplied"), ("contracts", "contract"), ("Cameras", "camera"), ("bidding", "bids")],
)
def test_inflected_words_are_one(one: str, other: str) -> None:
    """Forms of one word have one stem, whatever their case."""
    assert content_words(one) == content_words(other)


def test_words_without_meaning_are_left_out() -> None:
    """Articles, pronouns, auxiliaries and question words mean nothing by themselves."""
    assert content_words("Who was it that did this, and what have they said?") == []
    assert content_words("") == []


def test_a_name_stays_a_word() -> None:
    """A name is a word like any other, and so is each Han character."""
    assert content_words("SenseNets") == content_words("sensenets") != []
    assert content_words("海康威视") == ["海", "康", "威", "视"]


@given(st.lists(st.sampled_from(sorted(EMPTY))))
def test_empty_words_add_nothing(empty: list[str]) -> None:
    """Words without meaning around a question change none of the words that are kept."""
    around = " ".join(empty)
    assert content_words(f"{around} tender {around} 2019") == content_words("tender 2019")


@pytest.fixture(scope="module")
def full_text() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE words USING fts5(body)")
    return database


@given(term=st.text(max_size=40))
def test_a_phrase_is_never_syntax(full_text: sqlite3.Connection, term: str) -> None:
    """Whatever a user types, its query is empty or one that the full-text index takes."""
    query = phrase_query(term)
    if query:
        full_text.execute("SELECT count(*) FROM words WHERE words MATCH ?", (query,)).fetchone()


def test_operators_are_words() -> None:
    """What FTS5 takes for an operator stands within quotation marks."""
    assert phrase_query("NEAR(a b) OR c*") == '"NEAR a b OR c"'
    assert phrase_query("...") == ""


def test_each_han_character_is_a_word() -> None:
    """A Chinese name is searched character by character, in order, as it is indexed."""
    assert phrase_query("海康威视") == '"海 康 威 视"'
