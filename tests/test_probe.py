from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from faults import HOWS, damage

from ingest.index import Index
from ingest.probe import files_of, probe

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MODEL = "a-model@1"
PASSAGES = 3000
# In a large store Chroma writes its graph to these files.
FILES = ("chroma.sqlite3", "header.bin", "data_level0.bin", "length.bin", "link_lists.bin", "index_metadata.pickle")


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    """Return unit vectors, one a passage."""
    made = np.random.default_rng(1).normal(size=(PASSAGES, 16)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def whole(vectors: NDArray[np.float32], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an index that is whole and closed."""
    folder = tmp_path_factory.mktemp("whole") / "index"
    index = Index(folder, MODEL)
    for _ in index.put([f"p{number}" for number in range(PASSAGES)], vectors):
        pass
    index.close()
    return folder


def some(vectors: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    return {f"p{number}": vectors[number] for number in range(0, PASSAGES, 100)}


def test_a_whole_index_is_not_broken(whole: Path, vectors: NDArray[np.float32]) -> None:
    """A whole index is told to hold what it holds, and its files to be as they were, also after it was opened."""
    found = probe(whole, MODEL, some(vectors), PASSAGES)
    assert (len(found.ids), found.broken) == (PASSAGES, "")
    left = files_of(whole)
    assert files_of(whole) == left


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_a_lost_database_is_broken(whole: Path, vectors: NDArray[np.float32], tmp_path: Path, how: str) -> None:
    """An index whose database is lost is broken, though a new one is made in its place: its other files would stay."""
    folder = shutil.copytree(whole, tmp_path / "index")
    (folder / "chroma.sqlite3").unlink()
    if how == "emptied":
        (folder / "chroma.sqlite3").touch()
    assert probe(folder, MODEL, some(vectors), PASSAGES).broken == "it holds nothing any more of what was put into it"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", HOWS)
def test_a_damaged_file(whole: Path, vectors: NDArray[np.float32], tmp_path: Path, name: str, how: str) -> None:
    """A damaged index is told to be broken, or finds all the same what it says that it holds; this process lives."""
    folder = shutil.copytree(whole, tmp_path / "index")
    paths = list(folder.rglob(name))
    if not paths:
        pytest.skip(f"this Chroma keeps no {name}")
    before = files_of(folder)
    damage(paths[0], how)
    assert files_of(folder) != before
    found = probe(folder, MODEL, some(vectors), PASSAGES)
    if not found.broken:
        index = Index(folder, MODEL)
        held = [number for number in range(PASSAGES) if f"p{number}" in found.ids]
        assert all(index.nearest(vectors[number], 1)[0][0] == f"p{number}" for number in held[::50])
        index.close()
