"""Which page holds the answer: 72 questions on 37 annual and quarterly reports in one shared store.

The questions are of FinanceBench (https://arxiv.org/abs/2311.11944); a hit is a passage on a page of the evidence.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.names import names_asked
from app.retrieve import retrieve
from evals.metrics import document_hit, page_hit
from evals.stores import SkippedError, kept_store, material, today

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.metrics import PageOf
    from ingest.library import Library

_FIRST = (1, 5, 10, 20)
_REFERENCE_NEEDS = "langchain_chroma, langchain_huggingface, langchain_text_splitters"


def run(home: Path, documents: int | None = None) -> dict[str, Any]:
    """Measure our retrieval and ingest on the first `documents` reports, else on all; the store is kept in `home`."""
    asked, names = _asked(documents)
    folder = material("financebench/pdfs")
    files = [(f"{name}.pdf", folder / f"{name}.pdf") for name in names]
    with kept_store(home, files) as (library, filled):
        pages, times = zip(*(_timed_pages(library, question["question"]) for question in asked), strict=True)
    gold = [{(one["document"], one["page_index"]) for one in question["evidence"]} for question in asked]
    pairs = list(zip(gold, pages, strict=True))
    return filled | {
        "questions": len(asked),
        "page_hit": {most: _share([page_hit(*pair, most) for pair in pairs]) for most in _FIRST},
        "document_hit": {most: _share([document_hit(*pair, most) for pair in pairs]) for most in _FIRST},
        "query_ms_median": round(statistics.median(times) * 1000, 1),
    }


def run_reference(python: str, documents: int | None = None) -> dict[str, Any]:
    """Measure the LangChain tutorial's pipeline on the same reports, in a process of its own run by `python`."""
    script = material("naive.py")
    if subprocess.run([python, "-c", f"import {_REFERENCE_NEEDS}"], capture_output=True, check=False).returncode:
        raise SkippedError(
            f"{python} lacks {_REFERENCE_NEEDS}: install the dependency group evals into an environment of its own "
            "and name its Python with --reference-python"
        )
    options = ["--documents", str(documents)] if documents else []
    done = subprocess.run([python, str(script), "financebench", *options], stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return {
        "pages": found["pages"],
        "passages": found["chunks"],
        "questions": found["questions"],
        "page_hit": {int(most): share for most, share in found["page_hit"].items()},
        "query_ms_median": found["query_ms_median"],
        "seconds": {
            "reading": found["read_s"],
            "cutting": found["split_s"],
            "embedding and writing": found["embed_and_store_s"],
        },
        "measured": today(),
    }


def _asked(documents: int | None) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the questions on the first `documents` reports by name, and those reports' names."""
    lines = material("financebench/questions.jsonl").read_text(encoding="utf-8").splitlines()
    every = [json.loads(line) for line in lines]
    names = sorted({question["document"] for question in every})[:documents]
    return [question for question in every if question["document"] in names], names


def _timed_pages(library: Library, question: str) -> tuple[list[PageOf], float]:
    began = time.perf_counter()
    hits = retrieve(library, question, names_asked(question, library.names, library.catalog), max(_FIRST))
    seconds = time.perf_counter() - began
    return [(Path(hit.document.name).stem, (hit.passage.place.page or 0) - 1) for hit in hits], seconds


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / len(hits), 3)
