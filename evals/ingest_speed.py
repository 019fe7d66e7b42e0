"""How fast files become passages: pages a second of reading, cutting, embedding and writing, on some reports."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from evals.stores import fill, material, open_store, peak_memory
from ingest.embed import DEFAULT_MODEL
from ingest.read import ReadingProcess

# The sample is the first reports by name, the ones that the reference takes for this number.
DOCUMENTS = 4


def run(documents: int = DOCUMENTS, model: str = DEFAULT_MODEL) -> dict[str, Any]:
    """Measure ours with a model, in a process of its own, whose memory is that of adding files and of nothing else.

    Reading is timed once more on its own: a file is read while the one before it is embedded.
    """
    paths = sorted(material("financebench/pdfs").glob("*.pdf"), key=lambda path: path.stem)[:documents]
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        filled = process.submit(_filled, paths, model).result()
    return filled | {"alone": {"reading": round(_seconds_to_read(paths), 2)}}


def _filled(paths: list[Path], model: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as home, open_store(Path(home), model) as library:
        filled = fill(library, [(path.name, path) for path in paths])
        return filled | {"memory": peak_memory()}


def _seconds_to_read(paths: list[Path]) -> float:
    with ReadingProcess() as reading:
        began = time.perf_counter()
        for path in paths:
            reading.read(path.name, path.read_bytes())
        return time.perf_counter() - began
