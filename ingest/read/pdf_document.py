"""From the lines and the facts of a PDF to its document, or to why there is none."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest.errors import UnreadableFileError
from ingest.read.clean import TextBuilder, fold_space
from ingest.read.pdf_facts import sensible
from ingest.read.pdf_layout import learn_setting, page_blocks, prominent_heading
from ingest.read.pdf_running import drop_running_lines
from ingest.records import ParsedDocument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.read.pdf_facts import Facts
    from ingest.read.pdf_layout import PageBlock
    from ingest.read.pdf_lines import PagesText


def assemble(name: str, text: PagesText, facts: Facts) -> ParsedDocument:
    """Return the document; raise UnreadableFileError where it would be without text."""
    pages, running = drop_running_lines(text.pages)
    if not any(pages):
        pages, running = text.pages, 0
    setting = learn_setting(pages, facts.outline)
    builder = TextBuilder()
    bullets = 0
    heading: str | None = None
    for index, lines in enumerate(pages):
        blocks = page_blocks(lines, setting)
        bullets += _add_blocks(builder, blocks)
        builder.end_page(_label(facts.labels, index))
        if index == 0:
            heading = prominent_heading(blocks, setting.body)
    if not builder.text:
        raise UnreadableFileError(_no_text(name, text))
    return ParsedDocument(
        text=builder.text,
        blocks=tuple(builder.blocks),
        kind="report",
        title=facts.title or sensible(heading) or PurePath(name).stem or name,
        author=facts.author,
        pages=tuple(builder.pages),
        links=facts.links,
        left_out={
            "running_lines": running,
            "bullets": bullets,
            "invisible_characters": builder.invisible_characters,
            "pages_without_text": sum(not lines for lines in text.pages),
            "pages_unreadable": len(text.lost),
        },
    )


def _add_blocks(builder: TextBuilder, blocks: Sequence[PageBlock]) -> int:
    """Append the blocks of a page; return how many bullets are left out of the text."""
    for block in blocks:
        builder.add(block.text, block.kind, level=block.level)
    return sum(block.bulleted for block in blocks)


def _label(labels: Sequence[str], index: int) -> str | None:
    """Return the printed label of a page, None where it only repeats the page's number."""
    label = fold_space(labels[index]) if index < len(labels) else ""
    return label if label and label != str(index + 1) else None


def _no_text(name: str, text: PagesText) -> str:
    """Say why a document is without text, and what to do."""
    pages = "1 page" if len(text.pages) == 1 else f"{len(text.pages):,} pages"
    if text.images:
        return (
            f"{name}: no text found on its {pages}; it seems to be a scan. "
            "Run OCR on it (for example `ocrmypdf in.pdf out.pdf`) and add the result."
        )
    if text.lost:
        return (
            f"{name}: no readable text found on its {pages}: {len(text.lost):,} of them do not say which letters they "
            "show. Run OCR on it (for example `ocrmypdf --force-ocr in.pdf out.pdf`) and add the result."
        )
    return f"{name}: no text found on its {pages}, and no images; check that it is the right file, or get a fresh copy."
