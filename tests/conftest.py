"""Fixtures that several modules share. Tests never need the network; the one real model comes from a package."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from specimens import COMPILED

from ingest.embed import Embedder
from ingest.firms import LISTED, FirmNames
from ingest.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator

# Two shared cores: a run's time says nothing of the code, and the same examples are tried on every machine.
settings.register_profile("dossier", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dossier")

# Its checks are of several modules, and are to say what they found.
pytest.register_assert_rewrite("stores")

# Also for pages that run within the tests.
os.environ["DOSSIER_COMPILED"] = str(COMPILED)

EVAL_DATA = Path(os.environ.get("EVAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "eval"))


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """Return the packaged model, loaded once a session."""
    return Embedder(compiled=COMPILED)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """Return the folder of a real Sentence Transformers model of random weights, 16 numbers wide, 64 pieces long."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("models")
    bare = folder / "bare"
    config = BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_position_embeddings=64
    )
    BertModel(config).save_pretrained(bare)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        if (embedder.folder / name).is_file():
            shutil.copy(embedder.folder / name, bare)
    words = Transformer(str(bare), max_seq_length=64)
    model = SentenceTransformer(modules=[words, Pooling(16)], device="cpu")
    model.save(str(folder / "tiny"))
    return folder / "tiny"


@pytest.fixture(scope="session")
def names() -> FirmNames:
    """Return the names of the list that ships."""
    return FirmNames.load(LISTED)


@pytest.fixture(scope="session")
def eval_data() -> Path:
    """Return the folder of evaluation material, or skip."""
    if not EVAL_DATA.is_dir():
        pytest.skip(f"no evaluation material at {EVAL_DATA}: set EVAL_DATA to its folder")
    return EVAL_DATA


@pytest.fixture(scope="session")
def seed() -> Path:
    """Return the one seed document, or skip."""
    folder = EVAL_DATA.parent / "seed"
    files = sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []
    if not files:
        pytest.skip(f"no seed document in {folder}: set EVAL_DATA to the folder beside it")
    return files[0]


@pytest.fixture
def library(tmp_path: Path, embedder: Embedder, names: FirmNames) -> Iterator[Library]:
    """Return a fresh, empty store of its own."""
    with Library(tmp_path / "store", embedder, names) as opened:
        yield opened
