"""`python -m evals [WHAT ...]`: measure what `--help` lists, print it, and write evals/results.md.

Without a name all are measured but `torture`, which takes two hours on two cores; `briefs` and `page` take a minute,
`chunking` five. `scale` draws evals/scale.svg, too. `torture` is no measurement of quality: it takes hours, is bounded
by its options, and ends with 1 when something did not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import answers, chunking, claims, embedding, financebench, firms, ingest_speed, page, plot, report, scale
from evals.pieces import TooFewError
from evals.stores import SkippedError
from evals.torture.run import PARTS, Amounts
from evals.torture.run import run as run_torture
from ingest.embed import QUANTIZED_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

MEASUREMENTS = (
    "briefs",
    "seed",
    "others",
    "claims",
    "page",
    "firms",
    "chunking",
    "scale",
    "financebench",
    "naive",
    "embedding",
    "ingest",
)
TORTURE = "torture"


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for; return 0, also when some is skipped; 1 when one failed or torture found a fault."""
    options = _parser().parse_args(arguments)
    wanted = {*options.what, *(name for names in options.only for name in names)} or set(MEASUREMENTS)
    with tempfile.TemporaryDirectory() as temporary:
        results = _measure(wanted, options, options.store or Path(temporary))
    sections = _sections(results)
    print("\n".join(sections))
    if sections:
        report.save(sections)
    if results.get("scale"):
        plot.save(results["scale"])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
    failed = any(one is None for one in results.values())
    return int(failed or any(one["wrong"] for one in results.get(TORTURE, {}).values()))


def _measure(wanted: set[str], options: argparse.Namespace, home: Path) -> dict[str, Any]:
    """Return the results of what could be measured, and None for what failed."""
    python, documents = options.reference_python, options.documents
    measurements: dict[str, Callable[[], Any]] = {
        "briefs": lambda: answers.run_briefs(home),
        "seed": lambda: answers.run_seed(home),
        "others": lambda: answers.run_others(home),
        "claims": lambda: claims.run(home),
        "page": lambda: page.run(home),
        "firms": lambda: firms.run(home),
        "chunking": lambda: chunking.run(options.lengths),
        "scale": lambda: scale.run(home, options.sizes or scale.SIZES),
        "financebench": lambda: financebench.run(home, documents),
        "naive": lambda: financebench.run_reference(python, documents),
        "embedding": embedding.run,
        "ingest": lambda: ingest_speed.run(documents or ingest_speed.DOCUMENTS),
        "ingest, in 8 bits": lambda: ingest_speed.run(documents or ingest_speed.DOCUMENTS, QUANTIZED_MODEL),
        TORTURE: lambda: run_torture(
            home / TORTURE, _amounts(options), lambda found: report.save([report.torture(found)])
        ),
        "ingest, reference": lambda: financebench.run_reference(python, documents or ingest_speed.DOCUMENTS),
    }
    results = {}
    for name, measure in measurements.items():
        if name.split(",")[0] in wanted:
            try:
                results[name] = measure()
            except SkippedError as skipped:
                print(f"{name} skipped: {skipped}", file=sys.stderr)
            except TooFewError as failed:
                print(f"{name} failed: {failed}", file=sys.stderr)
                results[name] = None
    return results


def _sections(results: dict[str, Any]) -> list[str]:
    found = []
    asked = {name: one for part in ("briefs", "seed", "others") for name, one in results.get(part, {}).items()}
    if asked:
        found.append(report.answers(asked))
    for name, write_one in (
        ("claims", report.claims),
        ("page", report.page),
        ("firms", report.firms),
        ("chunking", report.chunking),
        ("scale", report.scale),
        ("embedding", report.embedding),
        (TORTURE, report.torture),
    ):
        if results.get(name):
            found.append(write_one(results[name]))
    by_ours = {"ours": "ingest", "in 8 bits": "ingest, in 8 bits", "reference": "ingest, reference"}
    for names, write in (
        ({"ours": "financebench", "reference": "naive"}, report.financebench),
        (by_ours, report.ingest),
    ):
        measured = {who: results[name] for who, name in names.items() if name in results}
        if measured:
            found.append(write(measured))
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="WHAT", type=_measurement, help=", ".join((*MEASUREMENTS, TORTURE)))
    parser.add_argument("--only", action="append", default=[], type=_measurements, help="the same, joined by commas")
    parser.add_argument("--lengths", type=_numbers, default=[], help="passage lengths for chunking, joined by commas")
    parser.add_argument("--sizes", type=_numbers, default=[], help="passages in a store for scale, joined by commas")
    parser.add_argument("--documents", type=int, help="take the first so many reports, by name, and their questions")
    parser.add_argument("--store", type=Path, help="folder to keep stores and vectors in; default: not kept")
    parser.add_argument("--reference-python", default=sys.executable, help="Python that has the reference's packages")
    few = Amounts()
    parser.add_argument("--kills", type=int, default=few.kills, help="for torture: how often a process is killed")
    parser.add_argument("--tries", type=int, default=few.tries, help="for torture: what a second process tries")
    parser.add_argument("--mutants", type=int, default=few.mutants, help="for torture: how many files are changed")
    parser.add_argument("--minutes", type=float, default=few.minutes, help="for torture: the most for each part")
    parser.add_argument("--seed", type=int, default=few.seed, help="for torture: where its dice begin")
    parser.add_argument("--parts", type=_parts, default=few.parts, help=f"for torture: some of {','.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to FILE")
    return parser


def _measurement(name: str) -> str:
    known = (*MEASUREMENTS, TORTURE)
    if name not in known:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
    return name


def _measurements(names: str) -> list[str]:
    return [_measurement(name) for name in names.split(",")]


def _parts(names: str) -> tuple[str, ...]:
    unknown = [name for name in names.split(",") if name not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(PARTS)}")
    return tuple(names.split(","))


def _amounts(options: argparse.Namespace) -> Amounts:
    return Amounts(options.kills, options.tries, options.mutants, options.minutes, options.seed, tuple(options.parts))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
