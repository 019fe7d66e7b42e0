"""How fast files become passages: pages a second of reading, cutting, embedding and writing, on a few reports."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from evals.stores import fill, material, open_store
from ingest.read import ReadingProcess

# The sample is the first reports by name, the ones that the reference takes for this number.
DOCUMENTS = 4


def run(documents: int = DOCUMENTS) -> dict[str, Any]:
    """Measure ours. Reading is timed once more on its own: a file is read while the one before it is embedded."""
    paths = sorted(material("financebench/pdfs").glob("*.pdf"), key=lambda path: path.stem)[:documents]
    with tempfile.TemporaryDirectory() as home, open_store(Path(home)) as library:
        filled = fill(library, [(path.name, path) for path in paths])
    return filled | {"alone": {"reading": round(_seconds_to_read(paths), 2)}}


def _seconds_to_read(paths: list[Path]) -> float:
    with ReadingProcess() as reading:
        began = time.perf_counter()
        for path in paths:
            reading.read(path.name, path.read_bytes())
        return time.perf_counter() - began
