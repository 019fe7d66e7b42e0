"""DOCX: paragraphs and tables in order, with what python-docx passes over: tracked insertions, controls, text boxes."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from lxml import etree

from ingest.errors import UnreadableFileError
from ingest.read.clean import TextBuilder, one_line
from ingest.read.limits import DEFAULT_LIMITS
from ingest.records import ParsedDocument

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARAGRAPH, _TABLE = qn("w:p"), qn("w:tbl")
_BOX = qn("w:txbxContent")
_SPACES = frozenset(map(qn, ("w:tab", "w:br", "w:cr", "w:ptab")))
# Moved away (it is read where it was moved to), a text box (read after its paragraph), its copy for old programs.
_ELSEWHERE = frozenset(
    [qn("w:moveFrom"), _BOX, "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"]
)
_NOTE_MARKS = (qn("w:footnoteReference"), qn("w:endnoteReference"))
_QUOTE_STYLES = frozenset(["Quote", "Intense Quote", "Block Text"])


def read(data: bytes, name: str, unpacked_limit: int = DEFAULT_LIMITS.unpacked_bytes) -> list[ParsedDocument]:
    """Return the document in a DOCX file; raise UnreadableFileError when it is none, damaged, too large or empty."""
    _check_package(data, name, unpacked_limit)
    try:
        document = docx.Document(io.BytesIO(data))
    # What python-docx lets through for packages that lack parts, or have others in their place.
    except (OpcError, zipfile.BadZipFile, zlib.error, etree.LxmlError, KeyError, ValueError, AttributeError) as error:
        raise UnreadableFileError(
            f"{name} is damaged or no Word document (.docx): {error}. Open it in a word processor, save it as .docx "
            "and add that."
        ) from error
    body = _Body(document)
    body.add(document.element.body)
    if not body.builder.blocks:
        raise UnreadableFileError(
            f"No text found in {name}; it may hold pictures of pages only. Recognise their text (OCR) and add that."
        )
    title, author = _properties(document)
    return [
        ParsedDocument(
            text=body.builder.text,
            blocks=tuple(body.builder.blocks),
            kind="document",
            title=title or body.title or PurePath(name).stem,
            author=author,
            links=_links(document),
            left_out=_left_out(document, body.builder),
        )
    ]


def _check_package(data: bytes, name: str, unpacked_limit: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            # Reading an entry stops at the size stated for it, so the sum cannot be less than what is unpacked.
            unpacked = sum(entry.file_size for entry in package.infolist())
            encrypted = any(entry.flag_bits & 1 for entry in package.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise UnreadableFileError(
            f"{name} is damaged: it begins like a .docx file but cannot be unpacked ({error}). Get a new copy."
        ) from error
    if unpacked > unpacked_limit:
        raise UnreadableFileError(
            f"{name} unpacks to {unpacked / 1e6:,.0f} MB, more than the {unpacked_limit / 1e6:,.0f} MB allowed. Remove "
            "its pictures, or split it, and add that."
        )
    if encrypted:
        raise UnreadableFileError(f"{name} is protected by a password; save it without one and add that.")


class _Body:
    """Collects the blocks of a document's body."""

    def __init__(self, document: Any) -> None:
        self.builder = TextBuilder()
        self.title: str | None = None
        self._styles = {style.style_id: style for style in document.styles if style.style_id}
        self._names: dict[str | None, tuple[str, ...]] = {}
        self._quotations = 0
        self._quoting = False

    def add(self, container: Any) -> None:
        """Append the paragraphs and tables in `container`, also inside content controls and tracked changes."""
        for element in _content(container):
            if element.tag == _PARAGRAPH:
                self._add_paragraph(element)
            else:
                self._end_quotation()
                for row in _rows(element):
                    self.builder.add_row(_cell_text(cell) for cell in _cells(row))
        self._end_quotation()

    def _add_paragraph(self, paragraph: Any) -> None:
        names, text = self._style_names(paragraph), _text(paragraph)
        quoted = any(name in _QUOTE_STYLES for name in names)
        if text.strip():
            if not quoted:
                self._end_quotation()
            elif not self._quoting:
                self._quotations, self._quoting = self._quotations + 1, True
            self._add_text(paragraph, names, text)
        for box in _boxes(paragraph):
            self._end_quotation()
            self.add(box)

    def _add_text(self, paragraph: Any, names: tuple[str, ...], text: str) -> None:
        quotation = self._quotations if self._quoting else None
        if level := _heading_level(names):
            self.builder.add(text, "heading", level=level)
            if "Title" in names and self.title is None:
                self.title = one_line(text) or None
        elif _is_numbered(paragraph) or any(name.startswith("List") for name in names):
            self.builder.add(text, "list_item", quotation=quotation)
        else:
            self.builder.add(text, quotation=quotation)

    def _end_quotation(self) -> None:
        blocks = self.builder.blocks
        if self._quoting and blocks:
            blocks[-1] = replace(blocks[-1], ends_quotation=True)
        self._quoting = False

    def _style_names(self, paragraph: Any) -> tuple[str, ...]:
        """Return the names of a paragraph's style and of those it is based on."""
        style_id = paragraph.style
        if style_id not in self._names:
            names: list[str] = []
            style = self._styles.get(style_id)
            # A damaged file may base styles on each other in a circle.
            while style is not None and len(names) < 10:
                names.append(style.name or "")
                style = style.base_style
            self._names[style_id] = tuple(names)
        return self._names[style_id]


def _heading_level(names: tuple[str, ...]) -> int:
    for name in names:
        if name == "Title":
            return 1
        if name.startswith("Heading ") and name[8:].isdecimal():
            return int(name[8:])
    return 0


def _is_numbered(paragraph: Any) -> bool:
    return paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None


def _content(container: Any) -> Iterator[Any]:
    """Yield the paragraphs and tables of `container` in order, seeing through whatever wraps them."""
    waiting = list(reversed(container))
    while waiting:
        element = waiting.pop()
        if element.tag in (_PARAGRAPH, _TABLE):
            yield element
        elif element.tag not in _ELSEWHERE:
            waiting.extend(reversed(element))


def _rows(table: Any) -> list[Any]:
    return list(table.xpath("./w:tr | ./w:sdt/w:sdtContent/w:tr | ./w:customXml/w:tr"))


def _cells(row: Any) -> list[Any]:
    return list(row.xpath("./w:tc | ./w:sdt/w:sdtContent/w:tc | ./w:customXml/w:tc"))


def _cell_text(cell: Any) -> str:
    return " ".join(_text(paragraph) for paragraph in cell.iter(_PARAGRAPH))


def _boxes(paragraph: Any) -> list[Any]:
    """Return the text boxes anchored in `paragraph`, but not those inside them nor their copies for old programs."""
    return list(paragraph.xpath(".//w:txbxContent[not(ancestor::*[local-name()='Fallback'])]"))[:1000]


def _text(paragraph: Any) -> str:
    """Return the text as it would print: tracked insertions are in, deletions are out."""
    pieces: list[str] = []
    waiting = list(reversed(paragraph))
    while waiting:
        element = waiting.pop()
        if element.tag == qn("w:t"):
            pieces.append(element.text or "")
        elif element.tag == qn("w:noBreakHyphen"):
            pieces.append("-")
        elif element.tag in _SPACES:
            pieces.append(" ")
        elif element.tag not in _ELSEWHERE:
            waiting.extend(reversed(element))
    return "".join(pieces)


def _properties(document: Any) -> tuple[str | None, str | None]:
    """Return title and author; python-docx makes some up for a file that states none."""
    if not any(part.reltype == RELATIONSHIP_TYPE.CORE_PROPERTIES for part in document.part.package.rels.values()):
        return None, None
    stated = document.core_properties
    title, author = (one_line(text) or None for text in (stated.title, stated.author))
    return title, author


def _links(document: Any) -> tuple[str, ...]:
    relations = document.part.rels
    ids = (link.get(qn("r:id")) for link in document.element.body.iter(qn("w:hyperlink")))
    targets = (relations[one].target_ref for one in ids if one in relations and relations[one].is_external)
    return tuple(dict.fromkeys(target for target in targets if target.lower().startswith(("http://", "https://"))))


def _left_out(document: Any, builder: TextBuilder) -> dict[str, int]:
    marks = sum(1 for _ in document.element.body.iter(*_NOTE_MARKS))
    every = {"note_marks": marks, "invisible_characters": builder.invisible_characters}
    return {what: count for what, count in every.items() if count}
