from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ingest.errors import StoreError
from ingest.index import Index
from ingest.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from ingest.embed import Embedder

MODEL = "a-model@1"
SENTENCES = 1500
QUESTIONS = 60


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """Return an empty index in a folder of its own."""
    opened = Index(tmp_path / "index", MODEL)
    yield opened
    opened.close()


def units(count: int, width: int = 16, seed: int = 1) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def ids(count: int) -> list[str]:
    return [f"p{number}" for number in range(count)]


def fill(index: Index, vectors: NDArray[np.float32]) -> None:
    for _ in index.put(ids(len(vectors)), vectors):
        pass


@pytest.fixture(scope="module")
def sentences(eval_data: Path) -> list[str]:
    """Return sentences of real texts, some questions' worth more than are indexed."""
    found: dict[str, None] = {}
    for path in sorted((eval_data / "chunking" / "corpora").glob("*.md")):
        text = path.read_text(encoding="utf-8")[:300_000]
        found |= dict.fromkeys(text[start:end] for start, end in sentence_spans(text) if end - start > 30)
    if len(found) < SENTENCES + QUESTIONS:
        pytest.skip(f"{len(found)} sentences in {eval_data / 'chunking'}, {SENTENCES + QUESTIONS} are needed")
    # The shortest take the least time.
    return sorted(found, key=len)[: SENTENCES + QUESTIONS]


def test_recall_against_exact_search(index: Index, embedder: Embedder, sentences: list[str]):
    """On vectors of 1,500 real sentences the nearest ten are those of exact search, to 99 % or better."""
    vectors = embedder.documents(sentences)
    order = np.random.default_rng(3).permutation(len(sentences))
    asked, kept = vectors[order[:QUESTIONS]], vectors[order[QUESTIONS:]]
    fill(index, kept)
    exact = np.argsort(-(asked @ kept.T), axis=1)[:, :10]
    shared = [
        len({f"p{at}" for at in best} & {key for key, _ in index.nearest(vector, 10)})
        for vector, best in zip(asked, exact, strict=True)
    ]
    assert sum(shared) / (10 * QUESTIONS) >= 0.99


def test_the_nearest_come_first_with_their_cosine(index: Index):
    """What is found comes best first, each with its cosine similarity."""
    vectors = units(50)
    fill(index, vectors)
    found = index.nearest(vectors[7], 5)
    cosines = vectors @ vectors[7]
    assert [key for key, _ in found] == [f"p{at}" for at in np.argsort(-cosines)[:5]]
    assert [score for _, score in found] == pytest.approx(sorted(cosines, reverse=True)[:5], abs=1e-5)


def test_a_search_within_finds_nothing_else(index: Index):
    """A search within some passages finds only those, best first."""
    vectors = units(50)
    fill(index, vectors)
    cosines = vectors @ vectors[7]
    expected = sorted((20, 30, 40), key=lambda at: -cosines[at])
    assert [key for key, _ in index.nearest(vectors[7], 10, ["p20", "p30", "p40"])] == [f"p{at}" for at in expected]
    assert index.nearest(vectors[7], 10, []) == []


def test_a_search_within_leaves_out_what_is_not_here(index: Index):
    """Ids that the index does not hold yet are no error: the others are found."""
    vectors = units(5)
    fill(index, vectors)
    assert [key for key, _ in index.nearest(vectors[1], 10, ["p1", "p99"])] == ["p1"]
    assert index.nearest(vectors[1], 10, ["p98", "p99"]) == []


def test_an_empty_index_finds_nothing(index: Index):
    """A search of an empty index, and one for more than there is, are no errors."""
    assert index.nearest(units(1)[0], 10) == []
    fill(index, units(3))
    assert len(index.nearest(units(1)[0], 10)) == 3


def test_batches_are_told_as_they_are_written(index: Index):
    """What was written is told in batches, in order, and each passage once; writing again adds nothing."""
    vectors = units(250)
    told = [key for some in index.put(ids(250), vectors) for key in some]
    assert told == ids(250)
    fill(index, vectors)
    assert index.ids() == set(told)


def test_a_passage_written_again_has_its_new_vector(index: Index):
    """The last vector of a passage is the one that is searched."""
    fill(index, units(5))
    other = units(5, seed=9)
    fill(index, other)
    assert index.nearest(other[3], 1)[0] == ("p3", pytest.approx(1, abs=1e-5))


def test_what_is_removed_is_not_found(index: Index):
    """A removed passage is neither listed nor found; removing what is not here is no error."""
    vectors = units(250)
    fill(index, vectors)
    index.remove([*ids(150), "p999"])
    assert index.ids() == set(ids(250)[150:])
    assert index.nearest(vectors[7], 10)[0][0] not in ids(150)
    assert len(index.nearest(vectors[7], 250)) == 100


def test_an_index_is_kept(tmp_path: Path):
    """What was written is found after closing and opening."""
    vectors = units(50)
    first = Index(tmp_path / "index", MODEL)
    assert first.is_new
    fill(first, vectors)
    first.close()
    second = Index(tmp_path / "index", MODEL)
    assert not second.is_new
    assert second.nearest(vectors[7], 1)[0][0] == "p7"
    second.close()


def test_the_index_of_another_model_is_emptied(tmp_path: Path):
    """Vectors of two models, of one width or of two, are never mixed: another model's index starts empty."""
    first = Index(tmp_path / "index", MODEL)
    fill(first, units(5))
    first.close()
    second = Index(tmp_path / "index", "another-model@2")
    assert second.is_new
    assert second.ids() == set()
    fill(second, units(5, width=8))
    assert len(second.nearest(units(1, width=8)[0], 5)) == 5
    second.close()


def test_a_search_that_cannot_be_made_says_what_to_do(index: Index):
    """An index that cannot be searched is an error that names its folder and how to have it filled anew."""
    fill(index, units(5))
    with pytest.raises(StoreError, match=r"index.*delete that folder"):
        index.nearest(units(1, width=8)[0], 5)


def test_a_batch_that_cannot_be_written_says_what_to_do(index: Index):
    """An index that cannot be written is an error that names its folder and how to have it filled anew."""
    fill(index, units(5))
    with pytest.raises(StoreError, match=r"index.*cannot be written.*delete that folder"):
        fill(index, units(5, width=8))
