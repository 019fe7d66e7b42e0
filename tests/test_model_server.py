from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest
from specimens import COMPILED, METERS, free_port

from app.asking import Watch
from app.dossier import Dossier
from app.settings import ModelSettings, Settings
from app.write import ChatModel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.embed import Embedder

pytest_plugins = ["specimens"]

MARKS = {"bos": "CLS", "eos": "SEP", "pad": "PAD", "unk": "UNK"}
TEMPLATE = "{% for message in messages %}{{ message['content'] }} {% endfor %}"


@pytest.fixture(scope="module")
def babbler(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """Return the folder of a real chat model of random weights, with the word pieces of the embedding model."""
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("babbler") / "babbler"
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(embedder.folder / "tokenizer.json"), model_input_names=["input_ids", "attention_mask"],
        **{f"{kind}_token": f"[{name}]" for kind, name in MARKS.items()},
    )  # fmt: skip
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=16384, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def served(babbler: Path) -> Iterator[str]:
    """Return the address of `transformers serve` with that model, as its own process."""
    pytest.importorskip("fastapi", reason="transformers[serving] is missing")
    port = free_port()
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(babbler), "--port", str(port)]
    kept = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "CUDA_VISIBLE_DEVICES": ""}
    log = babbler.parent / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1"], stdout=output, stderr=output, env=os.environ | kept
        )
    try:
        until = time.monotonic() + 120
        while not _is_up(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def _is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def test_a_model_that_babbles(served: str, babbler: Path, stored: Path, tmp_path: Path, embedder: Embedder) -> None:
    """What a real model of random weights says over a real server is never shown; the sources are quoted."""
    drafts: list[str] = []
    with Dossier(Settings(home=shutil.copytree(stored, tmp_path / "store"), compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder
        dossier.use_model(ChatModel(ModelSettings(f"openai:{babbler}", served, None, 60)))
        answer = dossier.ask(METERS, watch=Watch(draft=drafts.append))
    assert drafts, answer.making.notice
    assert answer.model is None
    assert answer.making.notice.endswith("The sources are quoted instead.")
    assert answer.citations
