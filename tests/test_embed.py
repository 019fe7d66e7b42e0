from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from documents import ARABIC, CHINESE, ENGLISH, LONG_RUNS

from ingest.embed import DEFAULT_MODEL, Embedder
from ingest.errors import DossierError

if TYPE_CHECKING:
    from pathlib import Path

OFFICIAL = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TEXTS = [*ENGLISH, *CHINESE, *ARABIC, *(run[:300] for run in LONG_RUNS), "cameras and gates " * 100, "x"]


def test_the_packaged_weights_are_the_official_ones(embedder: Embedder):
    """The package holds the weights that the model's makers published, byte for byte."""
    weights = (embedder.folder / "model.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == OFFICIAL


def test_the_fingerprint_names_the_model(embedder: Embedder):
    """A fingerprint is the model's name and 16 hex digits, the same each time."""
    name, digest = embedder.fingerprint.split("@")
    assert name == DEFAULT_MODEL
    assert len(digest) == 16
    assert Embedder().fingerprint == embedder.fingerprint


def test_vectors_have_length_one(embedder: Embedder):
    """Documents and questions become unit vectors of float32, a row each."""
    for vectors in (embedder.documents(TEXTS), embedder.queries(TEXTS[:3])):
        assert vectors.dtype == np.float32
        assert vectors.shape[1] == embedder.dimension == 384
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_vector_does_not_depend_on_its_neighbours(embedder: Embedder):
    """A text's vector is the same alone, in a batch of others, and in any order, as far as bf16 goes."""
    together = embedder.documents(TEXTS)
    backwards = embedder.documents(TEXTS[::-1])[::-1]
    alone = np.vstack([embedder.documents([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.9999
    assert (together * backwards).sum(axis=1).min() > 0.9999


def test_no_texts_make_no_vectors(embedder: Embedder):
    """Nothing to embed is an empty array of the right width."""
    assert embedder.documents([]).shape == (0, embedder.dimension)


def test_progress_is_told(embedder: Embedder):
    """Who waits is told how many texts are done, up to all of them."""
    told: list[int] = []
    embedder.documents(["gate"] * 300, told.append)
    assert told == sorted(told)
    assert told[-1] == 300


def test_counts_are_those_of_the_model_itself(embedder: Embedder):
    """Word pieces are counted as the model's own tokenizer does, beyond its window too, without the two marks."""
    own = embedder._model.tokenizer
    expected = [len(own(text, add_special_tokens=False, truncation=False)["input_ids"]) for text in TEXTS]
    assert embedder.count(TEXTS) == expected
    assert max(expected) > embedder.window == embedder._model.get_max_seq_length()
    assert embedder.count([]) == []


def test_counting_needs_no_torch(tmp_path: Path):
    """Window, fingerprint and counts are known without loading the model."""
    fresh = Embedder()
    assert fresh.window == 256
    assert fresh.count(["gate"]) == [1]
    assert fresh.fingerprint
    assert "_model" not in vars(fresh)


@pytest.mark.parametrize("make", [False, True])
def test_a_wrong_folder_is_named(tmp_path: Path, make: bool) -> None:  # noqa: FBT001
    """A folder that is missing or holds no model is an error that names it, the setting, and the default."""
    folder = tmp_path / "no model here"
    if make:
        folder.mkdir()
    with pytest.raises(DossierError) as caught:
        Embedder(folder)
    assert all(part in str(caught.value) for part in (str(folder), "DOSSIER_EMBEDDER", "modules.json", DEFAULT_MODEL))


def test_a_folder_without_weights_is_named(tmp_path: Path):
    """A model without its weights is an error that names the folder."""
    (tmp_path / "modules.json").write_text("[]", encoding="utf-8")
    with pytest.raises(DossierError, match="no weights") as caught:
        _ = Embedder(tmp_path).fingerprint
    assert str(tmp_path) in str(caught.value)


def test_another_model_works(tiny_model: Path, embedder: Embedder):
    """Any Sentence Transformers model in a folder embeds and counts with its own window and width."""
    other = Embedder(tiny_model)
    assert (other.name, other.window, other.dimension) == ("tiny", 64, 16)
    vectors = other.documents(list(ENGLISH))
    assert vectors.shape == (len(ENGLISH), 16)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert other.count(ENGLISH) == embedder.count(ENGLISH)


def test_another_model_has_another_fingerprint(tiny_model: Path, embedder: Embedder, tmp_path: Path):
    """Models are told apart by their weights, also when their folders have one name."""
    other = Embedder(tiny_model)
    copy = tmp_path / "tiny"
    shutil.copytree(tiny_model, copy)
    assert Embedder(copy).fingerprint == other.fingerprint
    weights = next(copy.rglob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert len({other.fingerprint, embedder.fingerprint, Embedder(copy).fingerprint}) == 3
