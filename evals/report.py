"""Results as Markdown tables: on the terminal, and in evals/results.md, a section a measurement."""

from __future__ import annotations

import os
import platform
import re
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import plot
from evals.stores import today
from evals.torture.run import PARTS
from ingest import passages
from ingest.embed import Embedder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RESULTS = Path(__file__).with_name("results.md")
_TITLE = "# Measured\n\nWritten by `make eval`; what each number means is said in the modules beside this file.\n"
# Of what went wrong, as much as one reads.
_WRONG_SHOWN = 20
_PACKAGES = ("streamlit", "sentence-transformers", "torch", "chromadb", "pypdfium2")


def answers(measured: Mapping[str, dict[str, Any]]) -> str:
    """Report what quoting answers cite and refuse, beside plain ones; a pair of rows a set of questions."""
    header = (
        "",
        "answer",
        "pointers cited",
        "every pointer",
        "precision",
        "answerable refused",
        "unanswerable refused",
        "quotes",
        "not verbatim",
    )
    rows = [
        (f"{name} ({one['ours']['questions']} questions)" if who == "ours" else "", who, *_judged(one[who]))
        for name, one in measured.items()
        for who in ("ours", "plain")
    ]
    note = (
        "Pointers are words that an answer must cite; precision is the share of an answer's quotes that hold one, over "
        "the answered questions. The plain answer gives the best three passages of a search, and always answers. "
        "“In view” are questions whose failures were looked at while rules and weights were set; of those not in view "
        "only the wrong refusals were, once."
    )
    return _section("Answers by quoting", _table(header, rows), note, {})


def claims(result: Mapping[str, Any]) -> str:
    """Report what became of right and wrong sentences of a chat model, by collection."""
    rows = []
    otherwise = []
    for name, measured in result.items():
        cells = [name]
        for kind in ("right", "wrong"):
            told = [one for one in measured[kind] if one["asked"]]
            bad = [one for one in told if one["shown"] != (kind == "right")]
            cells.append(f"{len(told) - len(bad)} of {len(told)}")
            became = "left out" if kind == "right" else "shown"
            otherwise += [f"- {kind}, {became} ({'; '.join(one['why'])}): {one['sentence']}" for one in bad]
        rows.append(cells)
    table = _table(("", "right sentences shown", "wrong sentences left out"), rows)
    note = (
        "A scripted chat model says one sentence at a time. The rules were mended on these sentences; on others "
        "they do less well."
    )
    return _section("Sentences of a chat model", table, "\n".join([note, "", *otherwise]), {})


def page(result: Mapping[str, Any]) -> str:
    """Report how soon the page is there and answers."""
    seen = {
        "page": "opening the page: the box for questions",
        "first word": "from Enter to the first word, which says what is done",
        "answer": "from Enter to the answer with its sources",
    }
    rows = [
        (label, *(f"{seconds:.2f}" for seconds in (result["first"][name], *result[name].values())))
        for name, label in seen.items()
    ]
    note = (
        f"What ships, without a model; {result['visits']} visits after the first, each by a new browser profile and "
        "with another first question. Browser and page share the machine."
    )
    return _section("Page", _table(("seconds", "first visit", "median", "most"), rows), note, {})


def firms(result: Mapping[str, Any]) -> str:
    """Report which firms were answered and which refused."""
    present, absent = result["present"], result["absent"]
    rows = [
        ("present firms answered with a quote that names them", f"{present['named in a quote']} of {present['of']}"),
        ("present firms refused", f"{present['refused']} of {present['of']}"),
        ("absent firms refused", f"{absent['refused']} of {absent['of']}"),
        (
            "documents on a firm among those of the first 10 passages (of 10 at most)",
            _percent(result["document_recall"]),
        ),
    ]
    return _section(
        "Firms", _table(("", "ours"), rows), f"{result['filled']['files']} files in one store.", result["filled"]
    )


def _judged(one: Mapping[str, Any]) -> tuple[str, ...]:
    shares = [one[name] for name in ("pointers cited", "every pointer cited")]
    refused = [one[name] for name in ("answerable refused", "unanswerable refused")]
    return (
        *(f"{_percent(share['yes'] / share['of'])} % of {share['of']}" for share in shares),
        f"{one['precision']:.2f}",
        *(f"{share['yes']} of {share['of']}" for share in refused),
        str(one["quotes"]),
        str(one["quotes not verbatim"]),
    )


def chunking(results: Sequence[dict[str, Any]]) -> str:
    """Report recall, precision and IoU on exact characters; one row a passage length."""
    rows = [
        (one["length"], one["passages"], *(_spread(one[name]) for name in ("recall", "precision", "iou")))
        for one in results
    ]
    last = results[-1]
    by_corpus = ", ".join(f"{name} {_percent(mean)}" for name, mean in last["recall_by_corpus"].items())
    note = (
        f"Mean ± standard deviation over {last['questions']} questions, in %, of the first 5 passages. "
        f"{last['unmapped']} of {last['references']} references are not in the text as read and count as missed. "
        f"Recall by text, at length {last['length']}: {by_corpus}."
    )
    return _section("Chunking", _table(("length", "passages", "recall", "precision", "IoU"), rows), note, last)


def scale(results: Sequence[dict[str, Any]]) -> str:
    """Report what a search takes and finds as a store grows; one column a size."""
    labels = {
        "search, ms: median, 95th percentile": ("milliseconds", _pair),
        "search of one publisher, ms: median, 95th percentile": ("milliseconds, one publisher", _pair),
        "recall@10": ("recall", "{:.3f}".format),
        "recall@10 of one publisher": ("recall, one publisher", "{:.3f}".format),
        "filling the index of vectors, s": ("index filled", "{:.1f}".format),
        "filling the index of words, s": ("index of words filled", "{:.1f}".format),
        "adding a document of 40 paragraphs, s": ("adding", "{:.1f}".format),
        "removing it, s": ("removing", "{:.1f}".format),
        "overwriting what files keep of it, s": ("overwriting", "{:.1f}".format),
        "store on disk, MB": ("megabytes", "{:,.0f}".format),
        "memory, MB": ("memory", "{:,.0f}".format),
    }
    rows = [
        (label, *("" if one[name] is None else shown(one[name]) for one in results))
        for label, (name, shown) in labels.items()
    ]
    note = (
        "A passage begins at every sentence of all sources, and where these do not suffice at pairs of neighbouring "
        "ones. A search is for a question: names, words, vectors, fused. One publisher has a tenth of the documents. "
        "Recall is of the ten nearest by exact search, for sentences that are in no passage. The indexes are filled "
        "with all passages, whose vectors are there, and filled anew to overwrite what was removed, while questions "
        "are answered. Adding starts the process that reads. Memory is the most that was resident in the process "
        "that fills, searches, adds and removes, which holds all texts of the size; the process that reads is not in "
        "it."
    )
    picture = f"![How long a search takes as a store grows]({plot.PICTURE.name})"
    table = _table(("passages", *(f"{one['passages']:,}" for one in results)), rows)
    return _section("Scale", table, f"{note}\n\n{picture}", {})


def financebench(measured: Mapping[str, dict[str, Any]]) -> str:
    """Report page retrieval and ingest speed by who was measured: "ours", "reference" or both."""
    some = next(iter(measured.values()))
    rows = [_row(f"page in first {most}", measured, ("page_hit", most)) for most in some["page_hit"]]
    rows += [
        _row(f"document in first {most}", measured, ("document_hit", most)) for most in some.get("document_hit", ())
    ]
    rows.append(_row("query, median ms", measured, ("query_ms_median",)))
    dates = "; ".join(f"{who} measured {one['measured']}" for who, one in measured.items())
    note = f"{some['questions']} questions on {some['pages']:,} pages in one store; {dates}."
    return _section("FinanceBench", _compared([*rows, *_speeds(measured)], measured), note, some)


def embedding(results: Mapping[str, dict[str, Any]]) -> str:
    """Report how fast each way of embedding is, and whether it finds what the first does."""
    first, *_ = results.values()
    rows = [
        (
            name,
            f"{one['pieces_per_second']:,.0f}",
            f"{one['pieces_per_second'] / first['pieces_per_second']:.2f}",
            f"{one['cosine']:.5f}",
            f"{_percent(one['same'])} %",
        )
        for name, one in results.items()
    ]
    header = ("", "word pieces a second", "ratio", "cosine to the first", "same ten nearest")
    note = "Texts as long as passages, each way timed in turn, medians. The reference embeds like the first."
    return _section("Embedding", _table(header, rows), note, {})


def ingest(measured: Mapping[str, dict[str, Any]]) -> str:
    """Report ingest speed by who was measured."""
    some = next(iter(measured.values()))
    rows = [*_speeds(measured), _row("memory, MB", measured, ("memory",))]
    note = (
        f"{some['pages']:,} pages of {some['files']} reports. Memory is the most that was resident in the process that "
        "embeds; the process that reads is not in it."
    )
    return _section("Ingest", _compared(rows, measured), note, some)


def torture(results: Mapping[str, dict[str, Any]], path: Path = RESULTS) -> str:
    """Report what stores went through, a row a part; parts that were not run now keep the row that they have."""
    told = ("tried", "held", "wrong", "seconds", "seed", "measured")
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    rows = []
    for part, label in PARTS.items():
        one = results.get(part)
        if one is None:
            kept = re.search(rf"(?m)^\| {re.escape(label)} \|(.*)\|$", before)
            rows += [[label, *(cell.strip() for cell in kept[1].split("|"))]] if kept else []
            continue
        figures = {name: value for name, value in one.items() if name not in told}
        words = "; ".join(f"{name} {_figure(value)}" for name, value in figures.items())
        rows.append([label, f"{one['tried']:,}", f"{one['held']:,}", words, f"{one['measured']}, seed {one['seed']}"])
    # Their first lines: where a fault came from is printed as it is found, and names paths of this machine.
    faults = Counter((part, what.splitlines()[0]) for part, one in results.items() for what in one["wrong"])
    wrong = [f"- {PARTS[part]}: {what} ({often} times)" for (part, what), often in faults.items()]
    note = (
        "“Held”: nothing acknowledged lost, nothing removed back, no half document, no stray file, every error clear, "
        "no text embedded anew, and the next start mended and said what there was to mend."
    )
    header = ("", "tried", "held", "figures", "measured")
    return _section("Torture", _table(header, rows), "\n".join([note, "", *wrong[:_WRONG_SHOWN]]).strip(), {})


def _figure(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_figure(one)}" for name, one in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)


def save(sections: Iterable[str], path: Path = RESULTS) -> None:
    """Write sections to the file of results: each takes the place of its namesake, the others stay."""
    before = path.read_text(encoding="utf-8") if path.is_file() else _TITLE
    title, *kept = re.split(r"(?m)^(?=## )", before)
    by_heading = {section.splitlines()[0]: section for section in (*kept, *sections)}
    path.write_text("\n".join(part.strip() + "\n" for part in (title, *by_heading.values())), encoding="utf-8")


def _section(title: str, table: Sequence[str], note: str, result: Mapping[str, Any]) -> str:
    failed = [f"- {name} failed: {error}" for name, error in result.get("failed", {}).items()]
    return "\n".join((f"## {title}", "", f"{today()}; {_machine()}; {_settings()}.", "", *table, "", note, *failed, ""))


def _machine() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    processor = found[1] if found else platform.processor() or platform.machine()
    return f"{os.cpu_count()} cores ({processor}), Python {platform.python_version()}"


def _settings() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"passages of {passages.LENGTH} word pieces after at most {passages.CONTEXT_LENGTH} of context, "
        f"{Embedder().fingerprint}, {packages}"
    )


def _speeds(measured: Mapping[str, dict[str, Any]]) -> list[list[str]]:
    """Return a row a step and one for all: pages a second."""
    speeds = {who: _pages_a_second(one) for who, one in measured.items()}
    steps = dict.fromkeys(step for one in speeds.values() for step in one)
    return [_row(f"{step}, pages/s", speeds, (step,)) for step in steps]


def _pages_a_second(one: Mapping[str, Any]) -> dict[str, float]:
    seconds = one.get("alone", {}) | one["seconds"] | {"all": sum(one["seconds"].values())}
    return {step: round(one["pages"] / taken, 2) for step, taken in seconds.items() if taken > 0}


def _row(label: str, measured: Mapping[str, Any], keys: Sequence[Any]) -> list[str]:
    """Return a row of the label, each one's value, and the ratio of the first to the last where both have one."""
    values = []
    for one in measured.values():
        value: Any = one
        for key in keys:
            value = value.get(key) if value is not None else None
        values.append(value)
    ratio = [f"{values[0] / values[-1]:.2f}" if all(values) else ""] if len(values) > 1 else []
    return [label, *("" if value is None else str(value) for value in values), *ratio]


def _compared(rows: Sequence[Sequence[str]], measured: Mapping[str, Any]) -> list[str]:
    return _table(("", *measured, *(["ratio"] if len(measured) > 1 else [])), rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


def _pair(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.0f}" for value in values)


def _spread(values: Mapping[str, float]) -> str:
    return f"{_percent(values['mean'])} ± {_percent(values['sd'])}"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}"
