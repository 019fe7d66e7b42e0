"""Reading PDF files: text by pdfium, which is fast; everything about the text, and a second opinion, by pypdf."""

from __future__ import annotations

import re
import statistics
from contextlib import closing
from ctypes import byref, c_int, create_string_buffer
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.errors import UnreadableFileError
from ingest.read.limits import DEFAULT_LIMITS
from ingest.read.pdf_cells import cells_start
from ingest.read.pdf_document import assemble
from ingest.read.pdf_facts import lines_by_pypdf, opened_by_pypdf, read_facts, second_opinion
from ingest.read.pdf_lines import Line, PagesText, is_poor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.records import ParsedDocument

MAX_PAGES = DEFAULT_LIMITS.pages
MAX_CHARACTERS = DEFAULT_LIMITS.characters

# Superscripts rise by less than this share of the height of the type, the next line is farther away.
_LEVEL = 0.7
_INKED = (pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_IMAGE)

# Boxes are in the page's own space; a page that is shown turned (clockwise, in degrees) turns them with it.
_Box: TypeAlias = tuple[float, float, float, float]
_TURNS: dict[int, Callable[[float, float, float, float], _Box]] = {
    0: lambda left, bottom, right, top: (left, bottom, right, top),
    90: lambda left, bottom, right, top: (bottom, -right, top, -left),
    180: lambda left, bottom, right, top: (-right, -top, -left, -bottom),
    270: lambda left, bottom, right, top: (-top, left, -bottom, right),
}

# A line; pdfium puts U+FFFE (U+0002 in its single characters) in place of a hyphen at its end and drops the line end.
_LINE = re.compile("([^\r\n\ufffe\x02]+)([\ufffe\x02]?)")
_WORD = re.compile(r"\S+")
_BOLD = re.compile(b"bold|black|heavy|demi|cmbx", re.IGNORECASE)


def read(data: bytes, name: str, password: str | None = None) -> list[ParsedDocument]:
    """Return the one document of a PDF file; raise UnreadableFileError where there is none to be had."""
    try:
        text = _text_by_pdfium(data, name, password)
    except pypdfium2.PdfiumError as error:
        text = _text_by_pypdf(data, name, password, error)
    if text.lost or text.silent:
        second_opinion(text, data, password)
    for index in text.lost:
        text.pages[index] = []
    return [assemble(name, text, read_facts(data, password))]


def _text_by_pdfium(data: bytes, name: str, password: str | None) -> PagesText:
    with pypdfium2.PdfDocument(data, password=password) as pdf:
        _check_pages(len(pdf), name)
        text = PagesText()
        characters = 0
        for index in range(len(pdf)):
            _add_page(text, pdf, index)
            characters += sum(len(line.text) for line in text.pages[-1])
            _check_length(characters, name)
        return text


def _add_page(text: PagesText, pdf: pypdfium2.PdfDocument, index: int) -> None:
    """Append the lines of a page; a page that cannot be opened has none."""
    text.pages.append([])
    try:
        page = pdf[index]
    except pypdfium2.PdfiumError:
        text.lost.add(index)
        return
    with closing(page), closing(page.get_textpage()) as textpage:
        text.pages[-1] = list(_lines(textpage, page.get_rotation()))
        if not text.pages[-1]:
            kinds = {item.type for item in page.get_objects(filter=_INKED)}
            text.images |= pdfium.FPDF_PAGEOBJ_IMAGE in kinds
            if pdfium.FPDF_PAGEOBJ_TEXT in kinds:
                text.silent.add(index)
        elif is_poor(text.pages[-1]):
            text.lost.add(index)


def _text_by_pypdf(data: bytes, name: str, password: str | None, error: pypdfium2.PdfiumError) -> PagesText:
    """Return the text of a file that pdfium cannot open for the reason `error`."""
    text = PagesText()
    characters = 0
    with opened_by_pypdf(data, name, password, locked=error.err_code == pdfium.FPDF_ERR_PASSWORD) as reader:
        _check_pages(len(reader.pages), name)
        for index in range(len(reader.pages)):
            text.pages.append(lines_by_pypdf(reader, index))
            characters += sum(len(line.text) for line in text.pages[-1])
            _check_length(characters, name)
    if not any(text.pages):
        raise UnreadableFileError(f"{name}: is damaged: {error}; get a fresh copy.")
    return text


def _check_pages(count: int, name: str) -> None:
    if count > MAX_PAGES:
        raise UnreadableFileError(
            f"{name}: has {count:,} pages; at most {MAX_PAGES:,} can be read. "
            "Split it (for example `qpdf --split-pages=1000 in.pdf out.pdf`) and add the parts."
        )


def _check_length(count: int, name: str) -> None:
    if count > MAX_CHARACTERS:
        raise UnreadableFileError(
            f"{name}: has {count:,} characters of text or more; at most {MAX_CHARACTERS:,} can be read. "
            "Split it (for example `qpdf --split-pages=100 in.pdf out.pdf`) and add the parts."
        )


def _lines(textpage: pypdfium2.PdfTextPage, rotation: int) -> Iterator[Line]:
    text = textpage.get_text_range()
    ruler = _Ruler(textpage, rotation, exact=len(text) == textpage.count_chars())
    for match in _LINE.finditer(text):
        line = match[1].strip()
        if line:
            indent = len(match[1]) - len(match[1].lstrip())
            yield from ruler.measure(line, match.start() + indent, hyphenated=bool(match[2]))


class _Ruler:
    """Measures lines of one page by the boxes of a few of their characters; asking for all would take most of the time.

    `exact` tells that characters have the same index in pdfium's list as in its text.
    """

    def __init__(self, textpage: pypdfium2.PdfTextPage, rotation: int, *, exact: bool) -> None:
        self._textpage = textpage.raw
        self._turn = _TURNS[rotation]
        self._exact = exact
        self._box = pdfium.FS_RECTF()
        self._font = create_string_buffer(128)
        self._font_flags = c_int()
        self._bold_fonts: dict[bytes, bool] = {}

    def measure(self, line: str, start: int, *, hyphenated: bool) -> list[Line]:
        """Return the line with its box; its first character is at `start` of the page's text.

        pdfium runs single characters below one another together, and so makes one number of the cells of a column;
        they are taken apart.
        """
        boxes = self._sample(line, start)
        if _is_upright(boxes[0]) and (_are_apart(boxes[0], boxes[1]) or _are_apart(boxes[0], boxes[2])):
            pieces = [self._line(piece, at, self._sample(piece, at)) for at, piece in self._levels(line, start)]
            return [*pieces[:-1], replace(pieces[-1], hyphenated=hyphenated)]
        return [self._line(line, start, boxes, hyphenated=hyphenated)]

    def _sample(self, line: str, start: int) -> list[_Box]:
        """Return the boxes of the first, a middle and the last character."""
        middle = len(line) // 2
        return [self._place(start + at) for at in (0, middle - (line[middle] == " "), len(line) - 1)]

    def _levels(self, line: str, start: int) -> Iterator[tuple[int, str]]:
        """Yield the start and text of each run of characters on one base line."""
        begin, base = 0, self._place(start)
        for word in _WORD.finditer(line):
            first, last = word.start(), word.end() - 1
            inside = _are_apart(self._place(start + first), self._place(start + last))
            for at in range(first, last + 1) if inside else (first,):
                box = self._place(start + at)
                if _are_apart(base, box):
                    yield start + begin, line[begin:at].rstrip()
                    begin, base = at, box
        yield start + begin, line[begin:]

    def _line(self, line: str, start: int, boxes: Sequence[_Box], *, hyphenated: bool = False) -> Line:
        left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
        if boxes[0][0] > boxes[2][2]:
            left, right = -right, -left
        return Line(
            line,
            left,
            right,
            bottom=statistics.median_low(box[1] for box in boxes),
            height=statistics.median_low(box[3] - box[1] for box in boxes),
            bold=self._is_bold(start) and self._is_bold(start + len(line) - 1),
            hyphenated=hyphenated,
            cell_gap=self._cell_gap(line, start),
        )

    def _cell_gap(self, line: str, start: int) -> float:
        cells = cells_start(line)
        if cells is None:
            return 0.0
        before = len(line[:cells].rstrip()) - 1
        return self._place(start + cells)[0] - self._place(start + before)[2]

    def _index(self, at: int) -> int:
        if self._exact:
            return at
        index: int = pdfium.FPDFText_GetCharIndexFromTextIndex(self._textpage, at)
        return index

    def _place(self, at: int) -> _Box:
        """Return left, bottom, right and top of a character on the page as it is seen."""
        box = self._box
        pdfium.FPDFText_GetLooseCharBox(self._textpage, self._index(at), byref(box))
        return self._turn(box.left, box.bottom, box.right, box.top)

    def _is_bold(self, at: int) -> bool:
        pdfium.FPDFText_GetFontInfo(
            self._textpage, self._index(at), self._font, len(self._font), byref(self._font_flags)
        )
        name = self._font.value
        if name not in self._bold_fonts:
            self._bold_fonts[name] = _BOLD.search(name) is not None
        return self._bold_fonts[name]


def _are_apart(one: _Box, other: _Box) -> bool:
    """Tell characters of two base lines."""
    return abs(one[1] - other[1]) > _LEVEL * max(one[3] - one[1], other[3] - other[1])


def _is_upright(box: _Box) -> bool:
    """Tell a character that stands from one that lies, as in lines that run up the page."""
    return box[3] - box[1] > box[2] - box[0]
