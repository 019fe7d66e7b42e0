"""How the command line prints what it has found: as text for a terminal, with nothing in it that could steer one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.answers import Answer, Citation
    from ingest.records import Receipt


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
