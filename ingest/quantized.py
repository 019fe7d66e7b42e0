"""Owns NNCF: makes the weights and activations of a compiled model 8 bits wide, by how real texts run through it."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.errors import CompiledError

if TYPE_CHECKING:
    from collections.abc import Sequence


def quantized(model: Any, texts: Sequence[Sequence[int]]) -> Any:
    """Return an OpenVINO model in 8 bits; `texts` are the ids of word pieces of texts such as it will read.

    Takes a quarter of a second a text. CompiledError when NNCF is not installed.
    """
    try:
        import nncf  # noqa: PLC0415 - optional, and seconds
    except ImportError as error:
        raise CompiledError("NNCF is not installed: pip install 'dossier[int8]'") from error
    logging.getLogger("nncf").setLevel(logging.ERROR)
    inputs = [{0: np.asarray([ids], np.int64), 1: np.ones((1, len(ids)), np.int64)} for ids in texts]
    # It draws its progress on stdout, which may be read by another program.
    with redirect_stdout(io.StringIO()):
        return nncf.quantize(
            model, nncf.Dataset(inputs), model_type=nncf.ModelType.TRANSFORMER, subset_size=len(inputs)
        )
