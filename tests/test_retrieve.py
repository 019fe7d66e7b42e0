from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.names import names_asked
from app.retrieve import any_of, retrieve, words_asked
from ingest.records import Filters

if TYPE_CHECKING:
    from app.answers import Hit
    from app.dossier import Dossier
    from ingest.library import Library

pytest_plugins = ["specimens"]

QUESTIONS = ("Who supplied cameras?", "Hikvision contracts in Xinjiang", "lighthouse lamps", "谁赢得了合同？")


def find(dossier: Dossier, question: str, most: int = 10, filters: Filters | None = None) -> list[Hit]:
    asked = names_asked(question, dossier.library.names, dossier.library.catalog)
    return retrieve(dossier.library, question, asked, most, filters)


def holds(hit: Hit, filters: Filters) -> bool:
    published = (hit.document.published or "")[:10]
    firms = {mention.firm for mention in (*hit.passage.firms, *hit.passage.inherited)}
    return (
        (filters.firm is None or filters.firm in firms)
        and (filters.since is None or (published != "" and published >= filters.since))
        and (filters.until is None or (published != "" and published <= filters.until))
        and (filters.publisher is None or (hit.document.publisher or "").lower() == filters.publisher.lower())
    )


@pytest.mark.parametrize("question", QUESTIONS)
def test_ranks_and_scores(dossier: Dossier, question: str) -> None:
    """Hits are ranked 1 to n without a gap, their scores never rise, and no passage comes twice."""
    hits = find(dossier, question)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert all(one.score >= other.score for one, other in pairwise(hits))
    assert len({hit.passage.id for hit in hits}) == len(hits)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_hit_is_a_slice(dossier: Dossier, question: str) -> None:
    """The text of a hit is the slice of its document's text at its place."""
    for hit in find(dossier, question):
        document = dossier.library.document(hit.document.id)
        assert hit.text == document.text[hit.passage.start : hit.passage.end]
        assert hit.document == document.source


def test_the_same_question_has_the_same_hits(dossier: Dossier) -> None:
    """Retrieval is deterministic."""
    assert find(dossier, QUESTIONS[0]) == find(dossier, QUESTIONS[0])


@pytest.mark.parametrize("most", [1, 3, 100])
def test_no_more_than_wanted(dossier: Dossier, most: int) -> None:
    """At most as many hits come as were asked for, and fewer only where there are no more."""
    hits = find(dossier, "Who supplied cameras?", most)
    assert len(hits) == most or most == 100


@settings(max_examples=25)
@given(
    filters=st.builds(
        Filters,
        firm=st.sampled_from([None, None, "hikvision", "quillon optics", "tamber vision", "nobody"]),
        since=st.sampled_from([None, "2018-06-01", "2020-02-11", "2022-10-01"]),
        until=st.sampled_from([None, "2018-06-01", "2021-05-04", "2017-01-01"]),
        publisher=st.sampled_from([None, None, "The Dunmere Ledger", "ostrel observer", "Dossier briefs", "None such"]),
    ),
    question=st.sampled_from(QUESTIONS[:2]),
)
def test_filters_hold_for_every_hit(dossier: Dossier, filters: Filters, question: str) -> None:
    """Every hit names the firm, comes from the publisher and lies between the dates that were asked for."""
    hits = find(dossier, question, 10, filters)
    assert all(holds(hit, filters) for hit in hits)
    if not hits:
        assert dossier.library.catalog.counts(filters)[1] == 0


def test_dates_are_inclusive(dossier: Dossier) -> None:
    """A document published on the first or last day of a span is within it."""
    day = Filters(since="2019-08-15", until="2019-08-15")
    assert {hit.document.name for hit in find(dossier, "tender", 10, day)} == {"harbin.md"}


def test_near_duplicates_collapse(dossier: Dossier) -> None:
    """Of two passages that say the same but for a word, one is shown, whoever published the other."""
    hits = find(dossier, "lighthouse keepers bought signal lamps", 20)
    assert len([hit for hit in hits if hit.document.name.startswith("twin-")]) == 1


@pytest.mark.parametrize(
    "question", ["What did Hikvision win in Harrow?", "Which tender for gates did Hik-Vision win?"]
)
def test_an_alias_finds_another(dossier: Dossier, question: str) -> None:
    """A passage that names a firm in one form is found by a question that names it in another."""
    within = Filters(publisher="Harrow Wire")
    assert dossier.library.catalog.counts(within) == (1, 1)
    assert "harbin.md" in {hit.document.name for hit in find(dossier, question, 5)}


def test_a_firm_asked_for_comes_first(dossier: Dossier) -> None:
    """Passages that name the firm asked for stand before those that do not."""
    hits = find(dossier, "What did Tamber Vision sell to the coast guard?", 3)
    assert hits[0].document.name == "review.md"
    assert "Tamber Vision" in hits[0].text


def test_a_superseded_version_is_never_a_hit(dossier: Dossier) -> None:
    """Of two versions of an address only the newest is found."""
    hits = find(dossier, "Tamber Vision lent drones to the police of Kessel", 50)
    assert [hit.document.name for hit in hits if hit.document.title == "Drones over Kessel"] == ["rumour-new.md"]
    assert all(hit.document.status == "current" for hit in hits)


@pytest.fixture
def two_documents(library: Library) -> tuple[Library, str]:
    (kept,) = library.add("kept.txt", b"Tamber Vision sold a winch to the harbour of Ostrel.")
    (gone,) = library.add("gone.txt", b"Tamber Vision sold a capstan to the harbour of Ostrel.")
    assert kept.status == gone.status == "added"
    return library, gone.id or ""


def test_a_removed_document_is_never_a_hit(two_documents: tuple[Library, str]) -> None:
    """What was removed is not found again, by its words or by its meaning."""
    library, gone = two_documents
    assert {hit.document.name for hit in retrieve(library, "capstan", (), 10)} == {"kept.txt", "gone.txt"}
    library.remove(gone)
    assert {hit.document.name for hit in retrieve(library, "capstan", (), 10)} == {"kept.txt"}


def test_the_index_alone_makes_no_hit(two_documents: tuple[Library, str]) -> None:
    """A passage that only the vector index still holds is not shown."""
    library, gone = two_documents
    vector = library.embedder.documents(["a ghost"])
    list(library.neighbors.index.put([f"{gone}:999"], vector))
    assert all(hit.passage.id != f"{gone}:999" for hit in retrieve(library, "a ghost", (), 10))


def test_an_empty_store_has_no_hits(library: Library) -> None:
    """Nothing is found in a store without documents."""
    assert retrieve(library, "Who supplied cameras?", (), 10) == []


def test_the_words_that_are_searched(dossier: Dossier) -> None:
    """The words searched are those that mean something and every form of a name, each once; as phrases for SQLite."""
    library = dossier.library
    question = "What did Hikvision win?"
    terms = words_asked(question, names_asked(question, library.names, library.catalog))
    assert len(set(terms)) == len(terms)
    assert {"Hikvision", "win", "海康威视"} <= set(terms)
    assert "What" not in terms
    assert {'"Hikvision"', '"win"', '"Hik Vision"', '"海 康 威 视"'} <= set(any_of(terms).split(" OR "))
