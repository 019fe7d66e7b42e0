"""How the command line prints what it has found: as text for a terminal, with nothing in it that could steer one."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.answers import Answer, Citation
    from ingest.records import Progress as Step
    from ingest.records import Receipt


@contextmanager
def shown_progress() -> Iterator[Any]:
    """Show a bar on stderr where it is a terminal, a line a file where it is not."""
    from rich.console import Console  # noqa: PLC0415 - late
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    text, pace = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[pace]}", markup=False)
    columns = (text, BarColumn(), pace, TimeElapsedColumn(), TextColumn("left:"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None, pace="")
        embedded = _Embedded()

        def tell(now: Step) -> None:
            embedded.note(now)
            share = now.share or (now.done / now.total if now.total else 0)
            about = f" {now.done}/{now.total}" if now.total else ""
            bar.update(
                task,
                description=f"{now.step} {one_line(now.name)[:40]}{about}",
                completed=share,
                total=1 if share else None,
                pace=embedded.pace(),
            )
            if not console.is_terminal and now.step in ("reading", "fetching", "listing"):
                done = f" ({now.share:.0%} of all done)" if now.share else ""
                print(f"{now.step} {one_line(now.name)}{done}", file=sys.stderr, flush=True)  # noqa: T201

        yield tell


class _Embedded:
    """How many passages were embedded, and how many a second since the first file."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._passages = 0
        self._of_file = 0

    def note(self, now: Step) -> None:
        """Count what was embedded since it was told before."""
        done = now.done if now.step == "embedding" else 0
        self._passages += max(0, done - self._of_file)
        self._of_file = done

    def pace(self) -> str:
        """Print the passages a second; nothing before there are any."""
        return f"{self._passages / (time.monotonic() - self._began):.0f} passages/s" if self._passages else ""


def receipt_line(receipt: Receipt) -> str:
    """Print what became of a file in one line."""
    if receipt.status == "failed":
        return f"failed: {one_line(receipt.error or '')}"
    size = f"{receipt.passages} passages"
    if receipt.pages:
        size = f"{receipt.pages} pages, {size}"
    if receipt.pages_without_text:
        size += f", {receipt.pages_without_text} pages without text"
    other = f" of {receipt.duplicate_of}" if receipt.duplicate_of else ""
    other += f", replaces {receipt.replaces}" if receipt.replaces else ""
    other += f", but {receipt.superseded_by} is newer and is used" if receipt.superseded_by else ""
    return f"{receipt.status}{other}: {one_line(receipt.name)} ({receipt.id}; {size})"


def answer_text(answer: Answer) -> str:
    """Print an answer with its sources, and what was searched."""
    from app.cite import how_written  # noqa: PLC0415 - late

    parts = [answer.text]
    if answer.standalone_question != answer.question:
        parts.insert(0, f"Understood as: {answer.standalone_question}")
    if answer.citations:
        parts.append("\n".join(source_line(citation) for citation in answer.citations))
    if answer.nearest:
        parts.append("The nearest that they do say:")
        parts.extend(f"{source_line(citation)}\n{indented(citation.quote.quote)}" for citation in answer.nearest)
    searched = answer.searched
    also = f"; also searched: {', '.join(searched.also_searched)}" if searched.also_searched else ""
    parts.append(f"Searched {searched.documents} documents, {searched.passages} passages{also}.")
    parts.extend(one_line(told) for told in how_written(answer))
    return "\n\n".join(parts)


def source_line(citation: Citation) -> str:
    """Print where a citation stands, and what it needs to be understood."""
    from app.cite import printed_dates, printed_place, printed_source  # noqa: PLC0415 - late

    source = citation.document
    line = f"[{citation.number}] {one_line(printed_source(source))}, {printed_place(citation.quote.place)}"
    lines = [line, *([source.url] if source.url else [])]
    lines.extend(f"    context: {one_line(extra.quote)}" for extra in citation.context)
    lines.extend(f"    date: {one_line(told)}" for told in printed_dates(citation))
    return "\n".join([lines[0], *(text if text.startswith("    ") else f"    {text}" for text in lines[1:])])


def indented(text: str) -> str:
    """Return a text with its lines set in."""
    return "\n".join(f"    {line}" for line in text.splitlines())


def one_line(text: str) -> str:
    """Return `text` safe for a terminal: one line, no control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
