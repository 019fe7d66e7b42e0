"""Reading PDF files: text by pdfium, which is fast; everything about the text, and a second opinion, by pypdf.

pypdf reads metadata, page labels, the outline and links; it reads the text only where pdfium finds none that can be
read, for it is many times slower and malformed files hold it up for seconds.
"""

from __future__ import annotations

import io
import re
import statistics
import time
import zlib
from contextlib import closing, suppress
from ctypes import byref, c_int, c_ulong, create_string_buffer, py_object, pythonapi
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
from pypdf import PasswordType, PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

from ingest.errors import UnreadableFileError
from ingest.read.clean import TextBuilder, fold_space, one_line
from ingest.read.pdf_layout import (
    Line,
    PageBlock,
    cells_start,
    drop_running_lines,
    fold_title,
    learn_setting,
    page_blocks,
    prominent_heading,
)
from ingest.records import ParsedDocument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pypdf import PageObject

MAX_PAGES = 5_000
MAX_CHARACTERS = 2_000_000

# What pypdf raises on malformed files outside its own tree: it follows the file's word on types, keys, lengths and
# nesting. A missing crypto package is a DependencyError, a broken stream at times a bare zlib.error.
_PYPDF_ERRORS = (
    PyPdfError,
    DependencyError,
    zlib.error,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
_FACTS_SECONDS = 3.0
_SECOND_OPINION_SECONDS = 10.0
_NAME_LENGTH = 300
_POOR_SHARE = 0.3
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
# No letters: replacement, private-use and control characters, and the glyph names that pypdf gives for want of letters.
_NO_LETTERS = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0b\x0c\x0e-\x1f]|/[A-Za-z]+\d+(?=/|\s|$)")
_FILE_NAME = re.compile(r"\.(?:docx?|pdf|rtf|odt|indd|qxd|pptx?|xlsx?|html?|txt|tex|dvi|ps|pages|pmd)$", re.IGNORECASE)
_WORD = re.compile(r"\S+")
_BOLD = re.compile(b"bold|black|heavy|demi|cmbx", re.IGNORECASE)
# Three letters in a row: accession numbers and dates have none. Chinese names are shorter.
_NAME = re.compile(r"[^\W\d_]{3}|[\u3400-\u9fff]{2}")
_PLACEHOLDER = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel)\b|untitled|no(?:t)? titled?$|unknown|document\d*$|title$|slide \d+$"
    r"|powerpoint|admin|user\b|owner$|author$|anonymous|microsoft office user|(?:https?|file):)",
    re.IGNORECASE,
)


@dataclass
class _Facts:
    """What pypdf knows about a file beside its text."""

    title: str | None = None
    author: str | None = None
    labels: tuple[str, ...] = ()
    outline: dict[str, int] = field(default_factory=dict)
    links: tuple[str, ...] = ()


@dataclass
class _Text:
    """The lines of each page, and what was seen on the way.

    `lost` holds the pages that could not be opened or decoded, `silent` those where text is drawn and none found.
    """

    pages: list[list[Line]] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)
    silent: set[int] = field(default_factory=set)
    images: bool = False


def read(data: bytes, name: str, password: str | None = None) -> list[ParsedDocument]:
    """Return the one document of a PDF file; raise UnreadableFileError where there is none to be had."""
    try:
        text = _text_by_pdfium(data, name, password)
    except pypdfium2.PdfiumError as error:
        text = _text_by_pypdf(data, name, password, error)
    if text.lost or text.silent:
        _within(_SECOND_OPINION_SECONDS, lambda: _ask_again(text, data, password))
    for index in text.lost:
        text.pages[index] = []
    return [_assemble(name, text, _read_facts(data, password))]


def _text_by_pdfium(data: bytes, name: str, password: str | None) -> _Text:
    with pypdfium2.PdfDocument(data, password=password) as pdf:
        _check_pages(len(pdf), name)
        text = _Text()
        characters = 0
        for index in range(len(pdf)):
            _add_page(text, pdf, index)
            characters += sum(len(line.text) for line in text.pages[-1])
            _check_length(characters, name)
        return text


def _add_page(text: _Text, pdf: pypdfium2.PdfDocument, index: int) -> None:
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
        elif _is_poor(text.pages[-1]):
            text.lost.add(index)


def _is_poor(lines: Sequence[Line]) -> bool:
    """Tell text of which much is no letters at all."""
    ink = " ".join(line.text for line in lines)
    return sum(map(len, _NO_LETTERS.findall(ink))) > _POOR_SHARE * len(ink)


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


def _text_by_pypdf(data: bytes, name: str, password: str | None, error: pypdfium2.PdfiumError) -> _Text:
    """Return the text of a file that pdfium cannot open for the reason `error`."""
    try:
        reader = _open(data, password)
        _check_pages(len(reader.pages), name)
        text = _Text()
        characters = 0
        for index in range(len(reader.pages)):
            text.pages.append(_lines_by_pypdf(reader, index))
            characters += sum(len(line.text) for line in text.pages[-1])
            _check_length(characters, name)
    except _PYPDF_ERRORS as problem:
        if isinstance(problem, FileNotDecryptedError) or error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise UnreadableFileError(_locked(name, password)) from problem
        raise UnreadableFileError(f"{name}: is damaged: {problem}; get a fresh copy.") from problem
    if not any(text.pages):
        raise UnreadableFileError(f"{name}: is damaged: {error}; get a fresh copy.")
    return text


def _locked(name: str, password: str | None) -> str:
    state = "is password-protected" if password is None else "is password-protected, and not with the password given"
    return (
        f"{name}: {state}. Remove the password (for example `qpdf --decrypt --password=... in.pdf out.pdf`) "
        "and add the result."
    )


def _open(data: bytes, password: str | None) -> PdfReader:
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and reader.decrypt(password or "") == PasswordType.NOT_DECRYPTED:
        raise FileNotDecryptedError("the password does not open it")
    return reader


def _lines_by_pypdf(reader: PdfReader, index: int) -> list[Line]:
    """Return the lines of a page as on a typewriter: pypdf's plain text has no places."""
    printed = enumerate(reader.pages[index].extract_text().split("\n"))
    return [
        Line(line.strip(), 0.0, 5.0 * len(line.strip()), bottom=-12.0 * row, height=10.0)
        for row, line in printed
        if line.strip()
    ]


def _ask_again(text: _Text, data: bytes, password: str | None) -> None:
    """Replace the text of lost and silent pages by pypdf's where that can be read."""
    # A second opinion that fails leaves the first one standing.
    with suppress(*_PYPDF_ERRORS):
        reader = _open(data, password)
        for index in sorted(text.lost | text.silent):
            lines = _lines_by_pypdf(reader, index)
            if lines and not _is_poor(lines):
                text.pages[index] = lines
                text.lost.discard(index)


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


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Do `work` for `seconds` at most: malformed files hold up single calls of pypdf, which knows no time limit."""
    worker = Thread(target=work, daemon=True)
    worker.start()
    worker.join(seconds)
    if worker.is_alive() and worker.ident is not None:
        # pypdf is Python throughout, so an exception set from here ends it; left alone it would slow all that follows.
        pythonapi.PyThreadState_SetAsyncExc(c_ulong(worker.ident), py_object(SystemExit))
        worker.join(seconds)


def _read_facts(data: bytes, password: str | None) -> _Facts:
    facts = _Facts()
    deadline = time.monotonic() + _FACTS_SECONDS
    _within(_FACTS_SECONDS, lambda: _fill_facts(facts, data, password, deadline))
    return replace(facts)


def _fill_facts(facts: _Facts, data: bytes, password: str | None, deadline: float) -> None:
    """Set one fact after the other until `deadline`; what pypdf cannot read costs that fact alone."""
    with suppress(*_PYPDF_ERRORS):
        reader = _open(data, password)
        for fill in (_fill_origin, _fill_labels, _fill_outline, _fill_links):
            with suppress(*_PYPDF_ERRORS):
                fill(facts, reader, deadline)


def _fill_origin(facts: _Facts, reader: PdfReader, _: float) -> None:
    # Item access follows references to strings kept elsewhere; pypdf's own properties take those for missing.
    if reader.metadata is not None and "/Author" in reader.metadata:
        facts.author = _sensible(reader.metadata["/Author"])
    if reader.metadata is not None and "/Title" in reader.metadata:
        facts.title = _sensible(reader.metadata["/Title"])


def _sensible(value: object) -> str | None:
    """Return a metadata value if it names something, None for placeholders, file names and bare numbers."""
    text = one_line(value) if isinstance(value, str) else ""
    if not _NAME.search(text) or len(text) > _NAME_LENGTH or _NO_LETTERS.search(text):
        return None
    if _FILE_NAME.search(text) or _PLACEHOLDER.match(text):
        return None
    return text


def _fill_labels(facts: _Facts, reader: PdfReader, _: float) -> None:
    facts.labels = tuple(reader.page_labels)


def _fill_outline(facts: _Facts, reader: PdfReader, _: float) -> None:
    facts.outline = dict(reversed(list(_outline_titles(reader.outline, 1))))


def _outline_titles(entries: list[Any], level: int) -> Iterator[tuple[str, int]]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _outline_titles(entry, level + 1)
        elif entry.title:
            yield fold_title(str(entry.title)), level


def _fill_links(facts: _Facts, reader: PdfReader, deadline: float) -> None:
    links: dict[str, None] = {}
    for page in reader.pages:
        if time.monotonic() > deadline:
            break
        with suppress(*_PYPDF_ERRORS):
            links.update(dict.fromkeys(_page_links(page)))
    facts.links = tuple(links)


def _page_links(page: PageObject) -> Iterator[str]:
    for annotation in page.annotations or ():
        action = annotation.get_object().get("/A")
        target = action.get_object().get("/URI") if action is not None else None
        if isinstance(target, str) and target.lower().startswith(("http://", "https://")):
            yield str(target)


def _assemble(name: str, text: _Text, facts: _Facts) -> ParsedDocument:
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
        title=facts.title or _sensible(heading) or PurePath(name).stem or name,
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


def _no_text(name: str, text: _Text) -> str:
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
