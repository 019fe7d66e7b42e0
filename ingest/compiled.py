"""Owns OpenVINO: an embedding model compiled for this machine's processor, and proved to give the same vectors."""

from __future__ import annotations

import shutil
import sys
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock

from ingest.errors import CompiledError
from ingest.quantized import quantized

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_MODEL, _EXPECTED = "model.xml", "expected.npy"
# Cosines to the vectors of Sentence Transformers, in the mean and at least. In bf16, which was 1.6 times as fast
# as fp32 where the processor has it, they were .99998 and .99997.
_MEAN, _LEAST = 0.9999, 0.9998
# For a model in 8 bits, when it is made. Of the sample, which is no sentences, they were .97 and .92.
_MEAN_QUANTIZED, _LEAST_QUANTIZED = 0.95, 0.85
# Word pieces a batch: from 700 to 3,000 made no difference beyond noise.
_BATCH = 2000


class CompiledModel:
    """A BERT-like encoder with mean pooling. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Read and compile a model in OpenVINO's form: .2 s. RuntimeError when there is none that can be read."""
        core = _openvino().Core()
        precision = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
        settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
        model = core.read_model(path)
        self._model: Any = core.compile_model(model, "CPU", settings)
        is_quantized = any(step.get_type_name() == "FakeQuantize" for step in model.get_ops())
        self.precision = f"int8 and {precision}" if is_quantized else precision

    def vectors(self, pieces: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return an (n, dimension) array of unit vectors of texts, each given as the ids of its word pieces."""
        found = np.empty((len(pieces), self.dimension), np.float32)
        # Texts of one length share a batch, so that little of it is padding.
        order = sorted(range(len(pieces)), key=lambda at: -len(pieces[at]))
        request, start = self._model.create_infer_request(), 0
        while start < len(order):
            longest = len(pieces[order[start]])
            batch = order[start : start + max(1, _BATCH // longest)]
            start += len(batch)
            ids = np.zeros((len(batch), longest), np.int64)
            mask = np.zeros_like(ids)
            for row, at in enumerate(batch):
                ids[row, : len(pieces[at])] = pieces[at]
                mask[row, : len(pieces[at])] = 1
            states = request.infer([ids, mask], share_inputs=True)[0]
            pooled = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            found[batch] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return found

    def states(self, pieces: Sequence[int]) -> NDArray[np.float32]:
        """Return an (n, dimension) array of the model's states of a text's word pieces, its two marks included."""
        ids = np.asarray([pieces], np.int64)
        found = self._model.create_infer_request().infer([ids, np.ones_like(ids)], share_inputs=True)[0]
        return np.array(found[0], np.float32)

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return int(self._model.output(0).partial_shape[2].get_length())


def open_compiled(
    folder: Path,
    sample: Sequence[Sequence[int]],
    source: Callable[[], tuple[Any, NDArray[np.float32]]],
    quantize_by: Sequence[Sequence[int]] = (),
) -> CompiledModel:
    """Return the compiled model kept in `folder`, made (8 s) where it is missing or no longer gives its vectors.

    `source` returns the PyTorch encoder and its vectors of `sample`. Where `quantize_by` has texts, as the ids of their
    word pieces, the model is made 8 bits wide by them, and held against its own vectors from then on. Each opening
    holds the sample's vectors against those that were kept, so that neither a damaged file nor another processor goes
    unseen. CompiledError says why the model cannot be used.
    """
    with suppress(CompiledError):
        return _opened(folder, sample)
    with _alone(folder):
        with suppress(CompiledError):  # another process, or thread, has just made it
            return _opened(folder, sample)
        _make(folder, sample, quantize_by, *source())
        return _opened(folder, sample)


def _opened(folder: Path, sample: Sequence[Sequence[int]]) -> CompiledModel:
    try:
        expected = np.load(folder / _EXPECTED, allow_pickle=False)
        model = CompiledModel(folder / _MODEL)
        cosines = (model.vectors(sample) * expected).sum(axis=1)
    except (ImportError, OSError, RuntimeError, ValueError, EOFError) as error:
        raise CompiledError(f"{folder}: the compiled model cannot be read ({_first_line(error)})") from error
    _require(folder, model, cosines, _MEAN, _LEAST)
    return model


def _require(folder: Path, model: CompiledModel, cosines: NDArray[np.float32], mean: float, least: float) -> None:
    # Written so that vectors which are no numbers fail, too.
    if not (cosines.mean() >= mean and cosines.min() >= least):
        raise CompiledError(
            f"{folder}: the compiled model gives other vectors in {model.precision} (cosine {cosines.min():.5f}, "
            f"at least {least} is needed)"
        )


def _make(
    folder: Path,
    sample: Sequence[Sequence[int]],
    quantize_by: Sequence[Sequence[int]],
    encoder: Any,
    expected: NDArray[np.float32],
) -> None:
    """Convert an encoder beside `folder`, then put it there at once: a process that is killed leaves no half model."""
    # What an interrupted process has left is made anew.
    made = folder.with_name(f"{folder.name}.part")
    try:
        openvino = _openvino()
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(mode=0o700)
        example = encoder.dummy_inputs["input_ids"]
        inputs = {"input_ids": example, "attention_mask": example.new_ones(example.shape)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the tracer: what it saw as constant is so for this encoder
            converted = openvino.convert_model(encoder, example_input=inputs)
        if quantize_by:
            converted = quantized(converted, quantize_by)
        openvino.save_model(converted, made / _MODEL, compress_to_fp16=False)
        if quantize_by:
            model = CompiledModel(made / _MODEL)
            vectors = model.vectors(sample)
            _require(folder, model, (vectors * expected).sum(axis=1), _MEAN_QUANTIZED, _LEAST_QUANTIZED)
            expected = vectors
        np.save(made / _EXPECTED, expected)
        shutil.rmtree(folder, ignore_errors=True)
        made.replace(folder)
    except (ImportError, OSError, RuntimeError) as error:
        raise CompiledError(f"{folder}: the compiled model cannot be made ({_first_line(error)})") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process and thread at a time make what is kept in `folder`; CompiledError where nothing can be kept."""
    lock = FileLock(folder.with_name("making.lock"), mode=0o600)
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise CompiledError(f"{folder}: the compiled model cannot be made ({_first_line(error)})") from error
    try:
        yield
    finally:
        lock.release()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _openvino() -> Any:
    # Its import and its converter send usage data; without this module they do not.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino  # noqa: PLC0415 - late

    return openvino
