"""The picture of a page of a PDF with words marked on it, exactly where they stand, or not at all.

The text of a document was cleaned: hyphens at line ends joined, white space folded. So the words are sought among the
page's own characters with neither counted, and every other character must agree.
"""

from __future__ import annotations

import unicodedata
from ctypes import byref, c_int
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, TypeAlias

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.errors import LockedFileError, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

# Left, top, right and bottom in pixels.
Box: TypeAlias = tuple[int, int, int, int]

_MOST_PIXELS = 8_000_000
_YELLOW, _EDGE = (255, 226, 110), (150, 105, 0)
# Hyphens, also the soft one and what pdfium puts in place of one at a line's end.
_HYPHENS = frozenset("-‐‑\xad\ufffe\x02")
# How pdfium says that a line ends; the last two stand in place of its hyphen.
_BREAKS = frozenset("\r\n\ufffe\x02")
# The fewest letters that are sought by themselves.
_SHORTEST = 4
# A quote with fewer letters may stand within other words; surroundings agree by chance over fewer.
_LONG, _AGREED = 16, 6
# A gap of so many heights of the type is one between columns.
_COLUMN_GAP = 3.0


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is compared; `at` holds for each of its characters the index of the one it comes from."""

    text: str
    at: tuple[int, ...]


def picture(data: bytes, name: str, wanted: dict[str, Any], password: str | None) -> tuple[dict[str, Any], bytes]:
    """Return the size and marks of a page's picture in pixels, and it as PNG.

    `wanted` holds the fields of `PageWanted`.
    """
    try:
        with pypdfium2.PdfDocument(data, password=password) as pdf:
            return _picture(pdf[wanted["page"]], wanted)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise LockedFileError(f"{name} is encrypted, and its page cannot be shown without its password.") from error
        raise UnreadableFileError(f"{name}: page {wanted['page'] + 1} cannot be shown: {error}.") from error


def _picture(page: pypdfium2.PdfPage, wanted: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    across, down = page.get_size()
    scale = min(wanted["width"] / across, (_MOST_PIXELS / (across * down)) ** 0.5)
    image = page.render(scale=scale).to_pil().convert("RGB")
    textpage = page.get_textpage()
    letters = _letters(textpage)
    found = place(letters, wanted["quote"], wanted["before"], wanted["after"])
    boxes = _lines([_box(page, textpage, index, image.size) for index in found])
    written = BytesIO()
    _painted(image, boxes).save(written, "PNG")
    return {"width": image.width, "height": image.height, "marks": boxes}, written.getvalue()


def place(letters: Sequence[str], quote: str, before: str, after: str) -> list[int]:
    """Return the indices of the letters of a page that a quote consists of; none where that is not certain.

    Of several places the one counts whose surroundings agree with the quote's longer than those of any other, and far
    enough not to do so by chance; of a short quote so must those of the only one, which may stand within other words.
    """
    page, sought = folded(letters), folded(quote).text
    starts = _starts(page.text, sought) if sought else []
    if len(starts) > 1 or len(sought) < _LONG:
        left, right = folded(before).text[::-1], folded(after).text
        agreed = [
            _same(page.text[:start][::-1], left) + _same(page.text[start + len(sought) :], right) for start in starts
        ]
        enough = min(_AGREED, len(left) + len(right))
        starts = [at for at, length in zip(starts, agreed, strict=True) if length == max(agreed) and length >= enough]
        if len(starts) != 1:
            return []
    spans = [(starts[0], starts[0] + len(sought))] if starts else _whole_lines(letters, page, sought)
    return list(dict.fromkeys(index for start, end in spans for index in page.at[start:end]))


def _whole_lines(letters: Sequence[str], page: Folded, sought: str) -> list[tuple[int, int]]:
    """Return where words stand whose lines have another order among the letters; nothing where that is not certain.

    pdfium puts the lines of turned pages in an order of its own. Each piece must go from or to the end of a line, and
    stand on the page once.
    """
    breaks = {
        at
        for at in range(len(page.at) + 1)
        if at in (0, len(page.at)) or _BREAKS.intersection(letters[page.at[at - 1] + 1 : page.at[at]])
    }
    spans: list[tuple[int, int]] = []
    done = 0
    while done < len(sought):
        fitting = [
            (start, start + length)
            for start in _starts(page.text, sought[done : done + _SHORTEST])
            if not spans or start in breaks
            for length in [_cut(start, _same(page.text[start:], sought[done:]), breaks, len(sought) - done)]
            if length >= _SHORTEST
        ]
        if len(fitting) != 1:
            return []
        spans += fitting
        done += fitting[0][1] - fitting[0][0]
    return spans


def _cut(start: int, length: int, breaks: set[int], whole: int) -> int:
    """Return how long a piece is that ends where a line does, unless it ends the words."""
    if length == whole:
        return length
    return next((shorter for shorter in range(length, 0, -1) if start + shorter in breaks), 0)


def folded(letters: Sequence[str]) -> Folded:
    """Fold compatibility forms and case, and leave out white space, hyphens and what cannot be seen."""
    text: list[str] = []
    at: list[int] = []
    for index, letter in enumerate(letters):
        if letter in _HYPHENS or letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf", "Cs"):
            continue
        for part in unicodedata.normalize("NFKD", letter).casefold():
            if not part.isspace() and part not in _HYPHENS:
                text.append(part)
                at.append(index)
    return Folded("".join(text), tuple(at))


def _starts(text: str, sought: str) -> list[int]:
    starts, start = [], text.find(sought)
    while start >= 0:
        starts.append(start)
        start = text.find(sought, start + 1)
    return starts


def _same(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _letters(textpage: pypdfium2.PdfTextPage) -> list[str]:
    codes = (pdfium.FPDFText_GetUnicode(textpage, index) for index in range(textpage.count_chars()))
    # Some fonts give codes that are no characters.
    return [chr(code) if 0 < code <= 0x10FFFF else " " for code in codes]


def _box(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, index: int, size: tuple[int, int]) -> Box:
    """Return the box of a letter in the picture; turned pages and cut margins are pdfium's to reckon."""
    box, x, y = pdfium.FS_RECTF(), c_int(), c_int()
    pdfium.FPDFText_GetLooseCharBox(textpage, index, byref(box))
    corners = []
    for across, down in ((box.left, box.top), (box.right, box.bottom)):
        pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, across, down, byref(x), byref(y))
        corners.append((x.value, y.value))
    (left, right), (top, bottom) = (sorted(values) for values in zip(*corners, strict=True))
    return left, top, right, bottom


def _lines(boxes: Sequence[Box]) -> list[Box]:
    """Join the boxes of letters that stand beside one another in a line, or below one another where it runs so."""
    if _run_down(boxes):
        turned = _lines_across([(top, left, bottom, right) for left, top, right, bottom in boxes])
        return [(left, top, right, bottom) for top, left, bottom, right in turned]
    return _lines_across(boxes)


def _run_down(boxes: Sequence[Box]) -> bool:
    steps = [(abs(one[0] - other[0]), abs(one[1] - other[1])) for one, other in pairwise(boxes)]
    return sum(down > across for across, down in steps) > len(steps) / 2


def _lines_across(boxes: Sequence[Box]) -> list[Box]:
    lines: list[Box] = []
    for box in boxes:
        if lines and _continues(lines[-1], box):
            last = lines[-1]
            lines[-1] = (
                min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]),
            )  # fmt: skip
        else:
            lines.append(box)
    return lines


def _continues(line: Box, box: Box) -> bool:
    height = max(1, min(line[3] - line[1], box[3] - box[1]))
    level = min(line[3], box[3]) - max(line[1], box[1]) > height / 2
    gap = max(box[0] - line[2], line[0] - box[2])
    return level and gap <= _COLUMN_GAP * height


def _painted(image: Any, boxes: Sequence[Box]) -> Any:
    """Mark boxes as a felt pen does, under the letters, and with a line, for who sees no yellow."""
    from PIL import Image, ImageChops, ImageDraw  # noqa: PLC0415 - only where a page is shown

    pen = Image.new("RGB", image.size, "white")
    draw = ImageDraw.Draw(pen)
    for left, top, right, bottom in boxes:
        draw.rectangle((left, top, right, bottom), fill=_YELLOW)
        draw.rectangle((left, bottom - max(1, image.height // 900), right, bottom), fill=_EDGE)
    return ImageChops.multiply(image, pen)
