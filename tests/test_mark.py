from __future__ import annotations

import io
import random
import re
from typing import TYPE_CHECKING, Any

import pypdf
import pypdfium2
import pytest
from PIL import Image, ImageChops
from reportlab.pdfgen.canvas import Canvas

from app.dossier import CORPUS
from app.mark import Marker
from ingest.errors import DossierError, LockedFileError, UnreadableFileError
from ingest.read import ReadingProcess
from ingest.read.pdf_marks import folded, place
from ingest.read.process import PageWanted
from ingest.records import Document, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.read.process import PageImage

WIDTH = 1200
REPORT = CORPUS / "report" / "surveillance-supply-chains.pdf"


@pytest.fixture(scope="module")
def reading() -> Iterator[ReadingProcess]:
    with ReadingProcess() as process:
        yield process


def pdf(*pages: list[tuple[float, float, str]], rotation: int = 0, box: tuple[int, ...] = ()) -> bytes:
    """Return a PDF with texts at places, in points from the lower left."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(600, 800))
    for page in pages:
        canvas.setFont("Helvetica", 12)
        for x, y, text in page:
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    if not rotation and not box:
        return written.getvalue()
    writer = pypdf.PdfWriter(clone_from=written)
    for page in writer.pages:
        page.rotate(rotation)
        if box:
            page.cropbox = pypdf.generic.RectangleObject(box)
    turned = io.BytesIO()
    writer.write(turned)
    return turned.getvalue()


def under(data: bytes, page: int, image: PageImage) -> str:
    """Return the letters whose middles lie in the marks, by pdfium's own conversion of pixels to places."""
    shown = pypdfium2.PdfDocument(data)[page]
    textpage = shown.get_textpage()
    found = []
    for index in range(textpage.count_chars()):
        left, bottom, right, top = textpage.get_charbox(index, loose=True)
        x, y = pixel(shown, (left + right) / 2, (bottom + top) / 2, image)
        if any(one[0] <= x <= one[2] and one[1] <= y <= one[3] for one in image.marks):
            found.append(textpage.get_text_range(index, 1))
    return folded("".join(found)).text


def pixel(page: Any, x: float, y: float, image: PageImage) -> tuple[float, float]:
    """Turn and cut by hand, so that the program's own way is checked by another."""
    left, bottom, right, top = page.get_cropbox()
    across, down = right - left, top - bottom
    x, y = x - left, y - bottom
    x, y, across, down = {
        0: (x, down - y, across, down),
        90: (y, x, down, across),
        180: (across - x, y, across, down),
        270: (down - y, across - x, down, across),
    }[page.get_rotation()]
    return x / across * image.width, y / down * image.height


def marked(reading: ReadingProcess, data: bytes, quote: str, before: str = "", after: str = "") -> PageImage:
    return reading.page_image("a.pdf", data, PageWanted(0, WIDTH, quote, before, after))


LINES = [(50, 700, "The firm supplied cam-"), (50, 684, "eras to the port and the"), (50, 668, "gate. Nobody knew.")]
COLUMNS = [
    (50, 700, "Cameras were sold"),
    (50, 684, "to the police of"),
    (320, 700, "Kessel for two"),
    (320, 684, "crowns each."),
]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("box", [(), (30, 40, 560, 760)])
def test_a_quote_is_marked_line_by_line(reading: ReadingProcess, rotation: int, box: tuple[int, ...]) -> None:
    """A quote with a divided word is marked line by line, and nothing else is, on turned and cut pages."""
    data = pdf(LINES, rotation=rotation, box=box)
    image = marked(reading, data, "supplied cameras to the port and the gate.")
    assert sorted(under(data, 0, image)) == sorted(folded("supplied cameras to the port and the gate.").text)
    assert len(image.marks) == 3


def test_a_quote_across_columns(reading: ReadingProcess) -> None:
    """A quote that goes on in the next column is marked in both, and not between them."""
    data = pdf(COLUMNS)
    image = marked(reading, data, "to the police of Kessel for two")
    assert under(data, 0, image) == folded("to the police of Kessel for two").text
    assert len(image.marks) == 2


def test_the_right_one_of_several(reading: ReadingProcess) -> None:
    """Of equal words on a page those are marked that stand between what the quote stands between, or none."""
    data = pdf([(50, 700, "First: it was sold. Then nothing."), (50, 650, "Second: it was sold. Then more.")])
    first = marked(reading, data, "it was sold.", before="First: ", after=" Then nothing.")
    second = marked(reading, data, "it was sold.", before="Second: ", after=" Then more.")
    assert first.marks[0][1] < second.marks[0][1]
    assert marked(reading, data, "it was sold.").marks == ()


@pytest.mark.parametrize("quote", ["It was not sold.", "It was sold for 41 crowns", "", " - "])
def test_what_is_not_there_is_not_marked(reading: ReadingProcess, quote: str) -> None:
    """Words that the page does not hold, to the digit and the negation, mark nothing."""
    assert marked(reading, pdf([(50, 700, "It was sold for 40 crowns.")]), quote).marks == ()


def test_only_what_is_marked_changes(reading: ReadingProcess) -> None:
    """A mark changes the picture within its box, keeps the letters dark, and changes nothing outside it."""
    data = pdf(LINES)
    bare, image = (marked(reading, data, quote) for quote in ("", "eras to the port"))
    one, other = (Image.open(io.BytesIO(picture.png)).convert("RGB") for picture in (bare, image))
    assert one.size == (WIDTH, image.height)
    left, top, right, bottom = ImageChops.difference(one, other).getbbox() or (0, 0, 0, 0)
    assert image.marks == ((left, top, right - 1, bottom - 1),)
    assert min(other.crop((left, top, right, bottom)).convert("L").getdata()) < 60


def document_of(reading: ReadingProcess, data: bytes, name: str, sha256: str) -> Document:
    (parsed,) = reading.read(name, data)
    source = Source("0" * 16, name, parsed.title, None, None, None, None, None, "report", None, sha256)
    return Document(source, parsed.text, parsed.blocks, parsed.pages)


def test_every_sentence_of_the_report(reading: ReadingProcess, tmp_path: Path) -> None:
    """Sentences of the report that ships are placed on their pages, and what is marked are their letters."""
    data = REPORT.read_bytes()
    (tmp_path / "original").write_bytes(data)
    document = document_of(reading, data, REPORT.name, "original")
    marker = Marker(tmp_path)
    spans = [
        (number, page.start + match.start(), page.start + match.end())
        for number, page in enumerate(document.pages, start=1)
        for match in re.finditer(r"\w[^.\n]{25,}\.", document.text[page.start : page.end])
    ]
    try:
        for number, start, end in random.Random(7).sample(spans, 40):  # noqa: S311
            image = marker.page(document, number, start, end)
            assert under(data, number - 1, image) == folded(document.text[start:end]).text
    finally:
        marker.close()


def test_a_quote_over_two_pages(reading: ReadingProcess, tmp_path: Path) -> None:
    """Of a quote that goes over a page's end each page shows its part."""
    data = pdf([(50, 100, "The contract was won by")], [(50, 700, "Tamber Vision in spring.")])
    (tmp_path / "original").write_bytes(data)
    document = document_of(reading, data, "a.pdf", "original")
    marker = Marker(tmp_path)
    images = [marker.page(document, number, 0, len(document.text)) for number in (1, 2)]
    marker.close()
    assert [under(data, at, image) for at, image in enumerate(images)] == [
        "thecontractwaswonby",
        "tambervisioninspring.",
    ]


def test_an_encrypted_file_needs_its_password(reading: ReadingProcess) -> None:
    """The page of an encrypted file is shown with its password, and asked for without or with another."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(LINES)))
    writer.encrypt("sesame", algorithm="AES-256")
    written = io.BytesIO()
    writer.write(written)
    wanted = PageWanted(0, WIDTH, "Nobody knew.")
    for password in (None, "wrong"):
        with pytest.raises(LockedFileError, match=r"a\.pdf is encrypted"):
            reading.page_image("a.pdf", written.getvalue(), wanted, password)
    assert len(reading.page_image("a.pdf", written.getvalue(), wanted, "sesame").marks) == 1


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 broken", b"\x00" * 100])
def test_a_broken_file_is_an_error_in_words(reading: ReadingProcess, data: bytes) -> None:
    """A file of which no page can be shown is an error that names it."""
    with pytest.raises(UnreadableFileError, match=r"a\.pdf"):
        marked(reading, data, "words")


def test_a_missing_original_is_said(reading: ReadingProcess, tmp_path: Path) -> None:
    """A page whose stored original is gone is an error that says how to have it back."""
    document = document_of(reading, pdf(LINES), "a.pdf", "gone")
    with pytest.raises(DossierError, match=r"a\.pdf.*Add the file again"):
        Marker(tmp_path).page(document, 1, 0, 4)


def test_a_huge_page_is_made_smaller(reading: ReadingProcess) -> None:
    """The picture of a very long page has at most eight million pixels."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(100, 14_000))
    canvas.drawString(10, 100, "A long page.")
    canvas.save()
    image = marked(reading, written.getvalue(), "A long page.")
    assert image.width * image.height <= 8_100_000
    assert len(image.marks) == 1


def test_a_repeated_quote_needs_its_surroundings() -> None:
    """Of a sentence that stands twice on a page neither place is marked where a letter agrees by chance."""
    page = "A first row. Hikvision denied it. B second row. Hikvision denied it. Fine."
    assert place(page, "Hikvision denied it.", "zz", "so on.") == []
    found = place(page, "Hikvision denied it.", "B second row.", "Fine.")
    assert "".join(page[at] for at in found) == "Hikvisiondeniedit."
    assert found[0] == page.rindex("Hikvision")


def test_a_short_quote_is_not_within_a_word() -> None:
    """A short quote is not marked within another word, and is where its surroundings agree."""
    assert place("They own the casino. It pays.", "No.", "the shop", "and more") == []
    page = "Did it sell cameras? No. It says so."
    assert [page[at] for at in place(page, "No.", "Did it sell cameras?", "It says so.")] == list("No.")
