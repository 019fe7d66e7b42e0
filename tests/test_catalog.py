from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from documents import SOURCE, document, documents
from hypothesis import given, settings

from ingest.catalog import SCHEMA_VERSION, Catalog
from ingest.errors import NotFoundError, StoreError
from ingest.fulltext import searchable
from ingest.passages import passages
from ingest.records import Filters, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Embedder
    from ingest.firms import FirmNames
    from ingest.records import Document

ANY = Filters()
MODEL = "a-model@1"
GATES = ("Hikvision sold gates to Marrow Bay.", "The port bought twelve.")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Return an empty catalog in a file of its own."""
    opened = Catalog(tmp_path / "catalog.sqlite3")
    yield opened
    opened.close()


class Keeper:
    """Cuts documents and keeps them, with vectors that tell their passages apart."""

    def __init__(self, names: FirmNames, embedder: Embedder) -> None:
        self.names, self.embedder = names, embedder

    def keep(self, catalog: Catalog, made: Document, canonical: str | None = None) -> tuple[Source, str | None]:
        """Keep a document with its passages; return what `Catalog.put` returns."""
        cut = passages(made, self.names, self.embedder.count, self.embedder.window)
        vectors = np.eye(len(cut), 64, dtype=np.float32)
        with catalog.transaction():
            kept = catalog.put(made, canonical, MODEL)
            if kept[0].status == "current":
                catalog.put_passages(cut, [made.text[one.start : one.end] for one in cut], vectors, MODEL)
        return kept

    def text(self, catalog: Catalog, *paragraphs: str, key: str, url: str | None = None, **about) -> Source:
        """Keep paragraphs as a document with this id."""
        made = document(*paragraphs, id=key, url=url, sha256=f"sha-{key}", **about)
        return self.keep(catalog, made, url)[0]


@pytest.fixture(scope="session")
def keeper(names: FirmNames, embedder: Embedder) -> Keeper:
    return Keeper(names, embedder)


def found(catalog: Catalog, query: str, filters: Filters = ANY) -> list[str]:
    return [key.split(":")[0] for key, _ in catalog.match_words(query, 10, filters)]


def files(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))


@settings(max_examples=30)
@given(made=documents())
def test_a_document_comes_back_as_it_was_put(
    made: Document, keeper: Keeper, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Text, layout, passages and vectors come back as they were put, also after closing and opening."""
    path = tmp_path_factory.mktemp("catalog") / "catalog.sqlite3"
    cut = passages(made, keeper.names, keeper.embedder.count, keeper.embedder.window)
    if not cut:
        return
    catalog = Catalog(path)
    keeper.keep(catalog, made)
    catalog.close()
    catalog = Catalog(path)
    assert catalog.document(made.source.id) == made
    assert catalog.passages_of(made.source.id) == cut
    stored = catalog.passages([passage.id for passage in cut])
    assert stored == {passage.id: (passage, made.text[passage.start : passage.end]) for passage in cut}
    ids, vectors = catalog.vectors([passage.id for passage in cut])
    order = [[passage.id for passage in cut].index(key) for key in ids]
    assert np.array_equal(vectors, np.eye(len(cut), 64, dtype=np.float32)[order])
    assert catalog.check() == []
    catalog.close()


def test_a_newer_version_is_refused(tmp_path: Path):
    """A catalog that a newer Dossier wrote is refused, naming both versions, and is not changed."""
    path = tmp_path / "catalog.sqlite3"
    Catalog(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 6}")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=f"version {SCHEMA_VERSION + 6}, this one reads {SCHEMA_VERSION}"):
        Catalog(path)
    assert path.read_bytes() == before


def test_another_programs_file_is_refused(tmp_path: Path):
    """Another program's SQLite file, and a file that is none, are refused by name and not changed."""
    path = tmp_path / "catalog.sqlite3"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE songs (title TEXT)")
    raw.close()
    for content in (path.read_bytes(), b"not a database at all, only some text" * 40):
        path.write_bytes(content)
        with pytest.raises(StoreError, match=r"catalog\.sqlite3.*not a catalog of Dossier"):
            Catalog(path)
        assert path.read_bytes() == content


def test_a_transaction_is_all_or_nothing(catalog: Catalog, keeper: Keeper):
    """When anything fails half way, nothing of the document is kept, and the next one is kept as usual."""
    made = document(*GATES)
    cut = passages(made, keeper.names, keeper.embedder.count, keeper.embedder.window)

    def half_way() -> None:
        with catalog.transaction():
            catalog.put(made, None, MODEL)
            catalog.put_passages(cut, [made.text], np.ones((1, 4), np.float32), MODEL)
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        half_way()
    assert catalog.entries() == []
    assert found(catalog, "gates") == []
    assert catalog.queued() == ([], [])
    keeper.keep(catalog, made)
    assert len(catalog.entries()) == 1


def test_a_failing_statement_is_a_store_error(catalog: Catalog, keeper: Keeper):
    """An error of SQLite within a transaction names the file and leaves no transaction open."""
    made = document(*GATES)
    cut = passages(made, keeper.names, keeper.embedder.count, keeper.embedder.window)
    with pytest.raises(StoreError, match=r"catalog\.sqlite3"), catalog.transaction():
        catalog.put_passages(cut, [made.text], np.ones((1, 4), np.float32), MODEL)  # of no document
    with catalog.transaction():
        catalog.put(made, None, MODEL)
    assert catalog.has(SOURCE.id)


def test_a_malformed_query_is_a_store_error(catalog: Catalog):
    """A full-text query that SQLite cannot read is an error of ours."""
    with pytest.raises(StoreError):
        catalog.match_words('"', 10, ANY)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ANY, {"a", "b", "c"}),
        (Filters(firm="hikvision"), {"a"}),
        (Filters(firm="nobody"), set()),
        (Filters(since="2020-01-01"), {"b", "c"}),
        (Filters(until="2020-01-01"), {"a", "b"}),
        (Filters(since="2020-01-01", until="2020-01-01"), {"b"}),
        (Filters(publisher="the lantern"), {"a", "b"}),
        (Filters(publisher="The Lantern", since="2020-01-02"), set()),
    ],
)
def test_filters_limit_a_search(catalog: Catalog, keeper: Keeper, filters: Filters, expected: set[str]) -> None:
    """Firm, inclusive dates of publication and publisher limit words, ids and counts alike."""
    keeper.text(catalog, *GATES, key="a", published="2019-12-31")
    keeper.text(catalog, "The port bought gates.", key="b", published="2020-01-01T23:59:59")
    keeper.text(catalog, "The gates rust.", key="c", published="2021-05-04", publisher="The Weir Review")
    assert set(found(catalog, "gates", filters)) == expected
    assert {key.split(":")[0] for key in catalog.passage_ids(filters)} == expected
    assert catalog.counts(filters) == (len(expected), len(expected))


def test_inherited_firms_are_found_by_the_filter(catalog: Catalog, keeper: Keeper):
    """A passage that says "Both firms" is among those of the firms it means."""
    keeper.text(catalog, "# One", "Hikvision and Dahua bid.", "# Two", "Both firms were paid.", key="a")
    assert len(catalog.passage_ids(Filters(firm="dahua"))) == 2


@pytest.mark.parametrize("query", ['"海 康 威 视"', f'"{searchable("康威").strip()}"', '"3 0 0"'])
def test_han_characters_are_found_anywhere_in_a_run(catalog: Catalog, keeper: Keeper, query: str) -> None:
    """Han characters are words of their own, so that a name is found within a sentence, as a phrase and in order."""
    keeper.text(catalog, "二〇二一年海康威视赢得了合同。", key="a")
    keeper.text(catalog, "威海康视没有。", key="b")
    assert found(catalog, query) == ([] if "3" in query else ["a"])


def test_ligatures_and_accents_are_folded(catalog: Catalog, keeper: Keeper):
    """A word printed with a ligature or an accent is found by its plain letters, and by other forms of the word."""
    keeper.text(catalog, "The ﬁrst café was inspected.", key="a")
    for query in ("first", "cafe", "CAFÉ", "inspecting"):
        assert found(catalog, query) == ["a"]


def test_words_are_ranked_by_bm25(catalog: Catalog, keeper: Keeper):
    """A rarer word and more of it in fewer words rank higher; scores fall."""
    keeper.text(catalog, "The gate of the port was closed for the winter, as the pilots had asked.", key="a")
    keeper.text(catalog, "The gate, the gate.", key="b")
    keeper.text(catalog, "The sonar of the port, beside its gate.", key="c")
    ranked = catalog.match_words("gate OR sonar", 10, ANY)
    assert [key.split(":")[0] for key, _ in ranked] == ["c", "b", "a"]
    assert [score for _, score in ranked] == sorted((score for _, score in ranked), reverse=True)
    assert len(catalog.match_words("gate", 2, ANY)) == 2


def test_documents_are_found_by_name_title_and_opening(catalog: Catalog, keeper: Keeper):
    """A document is found by what its file is called, its title and its opening; a superseded one is not."""
    url = "https://lantern.example/x"
    keeper.text(catalog, "Gates.", key="a", name="sonar_2018.pdf", title="Annual report")
    keeper.text(catalog, "Piers.", key="b", url=url, modified="2020", title="Buoys")
    keeper.text(catalog, "Lamps.", key="c", url=url, modified="2021", title="Lamps of the coast")
    assert [catalog.match_titles(word, 5) for word in ("sonar", "annual", "gates")] == [["a"]] * 3
    assert catalog.match_titles("piers OR buoys", 5) == []
    assert catalog.match_titles("lamps", 5) == ["c"]


VERSIONS = [("old", "2020-01-01"), ("new", "2021-01-01"), ("older", "2019-01-01")]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_the_newest_change_is_current(catalog: Catalog, keeper: Keeper, order: tuple[int, ...]) -> None:
    """Whatever the order of arrival, the newest `modified` is current and versions count upwards by date."""
    url = "https://lantern.example/x"
    for at in order:
        key, modified = VERSIONS[at]
        keeper.text(catalog, f"The {key} gate.", key=key, url=url, modified=modified)
    assert [entry.source.id for entry in catalog.entries()] == ["new"]
    every = {entry.source.id: entry.source for entry in catalog.entries(superseded=True)}
    assert {key: source.version for key, source in every.items()} == {"older": 1, "old": 2, "new": 3}
    assert {key for key, source in every.items() if source.status == "superseded"} == {"old", "older"}
    assert found(catalog, "gate") == ["new"]
    assert catalog.document("older").text == "The older gate."


def test_a_replacement_is_told(catalog: Catalog, keeper: Keeper):
    """What a document replaces is told once, and only when it becomes the current one."""
    url = "https://lantern.example/x"
    made = [
        document("Gate.", id=key, url=url, modified=day) for key, day in (("a", "2020"), ("b", "2021"), ("c", "2019"))
    ]
    assert [keeper.keep(catalog, one, url)[1] for one in made] == [None, "a", None]


def test_removal_takes_all_versions(catalog: Catalog, keeper: Keeper):
    """Removing any version removes every version of its address and nothing else."""
    url = "https://lantern.example/x"
    keeper.text(catalog, "The old gate.", key="a", url=url, modified="2020")
    keeper.text(catalog, "The new gate.", key="b", url=url, modified="2021")
    keeper.text(catalog, "Another gate.", key="c")
    with catalog.transaction():
        assert sorted(catalog.remove("a")) == ["a", "b"]
    assert catalog.originals() == {"sha-c"}
    assert found(catalog, "gate") == ["c"]
    assert catalog.queued()[1] != []
    assert catalog.check() == []


def test_an_original_of_another_document_is_still_needed(catalog: Catalog, keeper: Keeper):
    """A file that holds two documents is needed as long as one of them is here."""
    for key in ("a", "b"):
        keeper.keep(catalog, document(f"Gate {key}.", id=key, url=None, sha256="shared"))
    for key, needed in (("a", {"shared"}), ("b", set())):
        with catalog.transaction():
            assert catalog.remove(key) == [key]
        assert catalog.originals() == needed


def test_what_is_not_here_is_not_found(catalog: Catalog):
    """An unknown id is an error that names it, the store, and how to list what is there."""
    for act in (catalog.document, catalog.source, catalog.remove):
        with pytest.raises(NotFoundError, match=r"'nowhere'.*dossier documents"):
            act("nowhere")
    assert catalog.passages(["nowhere:0"]) == {}
    assert catalog.vectors(["nowhere:0"])[0] == []


def test_removed_words_are_nowhere_in_the_file(tmp_path: Path, keeper: Keeper):
    """After `forget`, no word of a removed document is in the catalog's files, however often pages were balanced."""
    catalog = Catalog(tmp_path / "catalog.sqlite3")
    random = np.random.default_rng(7)
    letters = np.array([*"bcdfghjklmnprstvz"])
    said: dict[str, list[str]] = {}
    for number in range(60):
        many = (8, 40, 300)[number % 3]
        said[f"{number}"] = ["".join(word).capitalize() for word in random.choice(letters, (many, 9))]
        text = " ".join(f"They met {word} there." for word in said[f"{number}"])
        keeper.text(catalog, text, key=f"{number}", title=said[f"{number}"][0])
    for key in random.permutation([*said])[:20]:
        with catalog.transaction():
            catalog.remove(key)
        catalog.overwrite()
        left = files(catalog.path).lower()
        assert [word for word in said.pop(key) if word.lower().encode() in left] == []
    assert all(word.lower().encode() in left for words in said.values() for word in words)
    catalog.close()


def tampered(catalog: Catalog, *statements: str) -> list[str]:
    catalog.close()
    raw = sqlite3.connect(catalog.path)
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()
    opened = Catalog(catalog.path)
    problems = opened.check()
    opened.close()
    return problems


def test_check_finds_a_tampered_passage(catalog: Catalog, keeper: Keeper):
    """A passage whose words are not the slice of its document is named."""
    keeper.text(catalog, *GATES, key="a")
    assert catalog.check() == []
    problems = tampered(catalog, "UPDATE passages SET text = replace(text, 'sold', 'gave')")
    assert problems == ["passage a:0 is not the slice of its document that it says it is"]


def test_check_finds_a_tampered_document(catalog: Catalog, keeper: Keeper):
    """A document whose text was changed no longer holds its passages; offsets count code points."""
    keeper.text(catalog, "🙂 海岸 gate. " * 3, "The port bought twelve.", key="a")
    assert catalog.check() == []
    assert len(tampered(catalog, "UPDATE documents SET text = 'x' || text")) == 1


def test_check_finds_a_missing_vector(catalog: Catalog, keeper: Keeper):
    """A passage without its vector is named."""
    keeper.text(catalog, *GATES, key="a")
    assert tampered(catalog, "DELETE FROM vectors") == ["passage a:0 has no vector"]


def test_queues_are_kept_until_told(catalog: Catalog, keeper: Keeper):
    """What the index has to be told is queued with the change itself, and until it has been told."""
    keeper.text(catalog, *GATES, key="a")
    assert catalog.queued() == (["a:0"], [])
    catalog.unqueue(["a:0"], [])
    with catalog.transaction():
        catalog.remove("a")
    assert catalog.queued() == ([], ["a:0"])
    keeper.text(catalog, *GATES, key="a")
    assert catalog.queued() == (["a:0"], [])


def test_a_closed_catalog_is_one_file(tmp_path: Path, keeper: Keeper):
    """A closed catalog can be copied as one file and opened elsewhere."""
    catalog = Catalog(tmp_path / "catalog.sqlite3")
    keeper.text(catalog, *GATES, key="a")
    catalog.close()
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.sqlite3"]
    shutil.copy(catalog.path, tmp_path / "copy.sqlite3")
    copy = Catalog(tmp_path / "copy.sqlite3")
    assert copy.source("a") == replace(SOURCE, id="a", url=None, sha256="sha-a")
    copy.close()


def test_notes_are_kept(tmp_path: Path):
    """A note of the store is kept over closing, and overwritten by the next one."""
    path = tmp_path / "catalog.sqlite3"
    for value in ("one", "two"):
        catalog = Catalog(path)
        catalog.set_note("key", value)
        catalog.close()
    catalog = Catalog(path)
    assert (catalog.note("key"), catalog.note("other")) == ("two", None)
    catalog.close()
