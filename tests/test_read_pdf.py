from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.errors import UnreadableFileError
from ingest.read import pdf
from ingest.read.pdf_cells import cells_start
from ingest.read.pdf_layout import learn_setting, page_blocks
from ingest.read.pdf_lines import Line
from ingest.read.pdf_running import drop_running_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.records import ParsedDocument

ROOT = Path(__file__).parent.parent
EVAL_DATA = Path(os.environ.get("EVAL_DATA", ROOT.parent / "shared" / "eval"))
ODD_FILES = sorted((EVAL_DATA / "pdf").glob("*.pdf"))

PROSE = [
    "The council bought two hundred cameras from a single supplier in the",
    "spring of that year. The supplier was paid in advance, and the auditors",
    "later found no record of a tender.",
]


def make(*pages: Callable[[Canvas], None], **options: object) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(600, 800), **options)
    for page in pages:
        canvas.setFont("Helvetica", 11)
        page(canvas)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def lines(*texts: str, x: float = 60, y: float = 700, step: float = 14) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        for row, text in enumerate(texts):
            canvas.drawString(x, y - step * row, text)

    return draw


def read(data: bytes, name: str = "report.pdf", password: str | None = None) -> ParsedDocument:
    (document,) = pdf.read(data, name, password)
    return document


def blocks(document: ParsedDocument) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def scan(canvas: Canvas) -> None:
    picture = io.BytesIO(b"P5 2 2 255\n" + bytes([0, 255, 255, 0]))
    canvas.drawImage(ImageReader(picture), 50, 50, 400, 600)


def empty(canvas: Canvas) -> None:
    canvas.rect(10, 10, 50, 50)


def test_lines_become_whole_paragraphs() -> None:
    """Lines of a paragraph are joined by spaces, and a paragraph ends where the next word would have fitted."""
    document = read(make(lines(*PROSE, *PROSE)))
    assert blocks(document) == [("paragraph", " ".join(PROSE))] * 2


def test_a_wider_step_ends_a_paragraph() -> None:
    """A gap between lines sets paragraphs apart even where the line before is full."""

    def page(canvas: Canvas) -> None:
        lines(*PROSE[:2], y=700)(canvas)
        lines(*PROSE[:2], y=660)(canvas)

    assert [kind for kind, _ in blocks(read(make(page)))] == ["paragraph", "paragraph"]


@pytest.mark.parametrize(
    ("before", "after", "elsewhere", "expected"),
    [
        ("cameras for surveil-", "lance were sold", "", "cameras for surveillance were sold"),
        ("camps for re-", "education were built", "", "camps for re-education were built"),
        ("camps for de-", "tention were built", "", "camps for detention were built"),
        ("the U.S.-", "based firm said so", "", "the U.S.-based firm said so"),
        ("a deal with Anglo-", "Dutch owners ended", "", "a deal with Anglo-Dutch owners ended"),
        ("a third-", "party vendor sold it", "Another third-party vendor did not.", "a third-party vendor sold it"),
        ("a state-of-the-", "art system", "The art of it is old.", "a state-of-the-art system"),
        ("in the years 2019-", "2020 and after", "", "in the years 2019-2020 and after"),
        ("see https://example.org/a-", "long-way on", "", "see https://example.org/a-long-way on"),
        ("a line of trade \u2014", "of sorts", "", "a line of trade \u2014 of sorts"),
    ],
)
def test_hyphens_at_line_ends(before: str, after: str, elsewhere: str, expected: str) -> None:
    """A hyphen at a line end goes with a divided word and stays with a compound, as the document itself writes it."""
    document = read(make(lines(before, after), lines(elsewhere or "Nothing else.")))
    assert document.text[slice(document.pages[0].start, document.pages[0].end)] == expected


def test_a_row_of_a_table_is_one_line() -> None:
    """A label and its numbers come out as one table row, however far apart they were written."""

    def page(canvas: Canvas) -> None:
        lines(*PROSE, y=740)(canvas)
        for row, cells in enumerate(
            [
                ("(Millions)", "2018", "2017"),
                ("Capital expenditures", "(1,577)", "(1,373)"),
                ("Research and development", "$ 1,821", "$ 1,870"),
                ("Other", "\u2014", "12"),
            ]
        ):
            for x, cell in zip((60, 350, 450), cells, strict=True):
                canvas.drawString(x, 660 - 14 * row, cell)
        lines(*PROSE, y=560)(canvas)

    assert blocks(read(make(page)))[1:-1] == [
        ("table_row", "(Millions) 2018 2017"),
        ("table_row", "Capital expenditures (1,577) (1,373)"),
        ("table_row", "Research and development $ 1,821 $ 1,870"),
        ("table_row", "Other \u2014 12"),
    ]


def test_a_label_of_two_lines_stays_with_its_numbers() -> None:
    """A table label that runs over two lines is joined with the numbers of its second line."""

    def page(canvas: Canvas) -> None:
        lines("Deferred taxes", "Adjustments to reconcile income to", "cash provided by trading", "Inventories")(canvas)
        for row, number in ((0, "107"), (2, "250"), (3, "57")):
            canvas.drawString(450, 700 - 14 * row, number)

    rows = [text for _, text in blocks(read(make(page)))]
    assert rows == [
        "Deferred taxes 107",
        "Adjustments to reconcile income to cash provided by trading 250",
        "Inventories 57",
    ]


def test_cells_of_a_column_are_never_run_together() -> None:
    """One-digit cells below one another stay numbers of their own, each with its row."""

    def page(canvas: Canvas) -> None:
        lines("Alpha", "Beta", "Gamma", "Delta")(canvas)
        lines("12", "5", "7", "\u2014", x=300)(canvas)
        lines("3", "1,310", "(4)", "9", x=400)(canvas)

    assert read(make(page)).text == "Alpha 12 3\nBeta 5 1,310\nGamma 7 (4)\nDelta \u2014 9"


def test_line_numbers_stay_out_of_the_lines() -> None:
    """Numbers in the margin of a transcript are no part of the lines that they stand beside."""
    spoken = [f"The witness said that clerk {row * 31 + 40} had signed" for row in range(12)]

    def page(canvas: Canvas) -> None:
        lines(*spoken)(canvas)
        lines(*map(str, range(1, 13)), x=560)(canvas)

    assert read(make(page)).text.startswith(" ".join(spoken))


def test_numbers_in_prose_make_no_table() -> None:
    """A line of prose that happens to end in a number stays part of its paragraph."""
    prose = ["The supplier delivered its first cameras to the district in June 2019", "and sold the rest in May 2020."]
    assert blocks(read(make(lines(*prose)))) == [("paragraph", " ".join(prose))]


def test_list_items() -> None:
    """Bullets, numbers and letters start list items; a bullet is no part of the text and is counted."""
    items = ("The firms were asked for:", "\u2022 the name of each buyer;", "1. the date of sale;", "(a) the price.")
    document = read(make(lines(*items)))
    assert blocks(document) == [
        ("paragraph", "The firms were asked for:"),
        ("list_item", "the name of each buyer;"),
        ("list_item", "1. the date of sale;"),
        ("list_item", "(a) the price."),
    ]
    assert document.left_out["bullets"] == 1


def test_headings() -> None:
    """Large type, bold type, a number in steps or an outline entry make a heading of a short line."""

    def page(canvas: Canvas) -> None:
        canvas.bookmarkPage("scope")
        canvas.addOutlineEntry("Scope of the study", "scope", level=0)
        canvas.setFont("Helvetica", 20)
        canvas.drawString(60, 760, "Cameras of the North")
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(60, 724, "Methods")
        canvas.setFont("Helvetica", 11)
        lines(*PROSE, y=710)(canvas)
        lines("2.3 Sources of income", *PROSE, y=650)(canvas)
        lines("Scope of the study", *PROSE, y=580)(canvas)

    document = read(make(page))
    found = [
        (text, block.level)
        for block, (kind, text) in zip(document.blocks, blocks(document), strict=True)
        if kind == "heading"
    ]
    assert found == [
        ("Cameras of the North", 1),
        ("Methods", 3),
        ("2.3 Sources of income", 2),
        ("Scope of the study", 1),
    ]


def running_page(number: int) -> Callable[[Canvas], None]:
    def page(canvas: Canvas) -> None:
        lines("Watching the North", y=780)(canvas)
        own = [f"Clerk {number * 31 + row * 7} signed for the whole board." for row in range(6)]
        lines(f"The count was {number * 137}.", *own, f"Total {number * 41} cameras.")(canvas)
        lines(f"Page {number} of 6", y=30)(canvas)

    return page


def test_running_lines_are_left_out_and_counted() -> None:
    """Headers and footers that recur are no part of the text; what differs from page to page is."""
    document = read(make(*(running_page(number) for number in range(1, 7))))
    assert document.left_out["running_lines"] == 12
    assert "Watching" not in document.text
    assert "Page 3" not in document.text
    assert all(f"Total {number * 41} cameras." in document.text for number in range(1, 7))


def test_two_pages_are_too_few_to_call_a_line_running() -> None:
    """A line that stands on fewer than three pages is kept."""
    document = read(make(running_page(1), running_page(2)))
    assert document.left_out["running_lines"] == 0
    assert document.text.count("Watching the North") == 2


def test_page_numbers_below_the_text_are_running() -> None:
    """A number that counts the pages is left out even where it follows the text instead of the paper's edge."""

    def page(number: int) -> Callable[[Canvas], None]:
        own = (f"Clerk {number * 31 + row * 7} signed for the whole board." for row in range(5 + number))
        return lines(*own, str(number + 10))

    document = read(make(*(page(number) for number in range(4))))
    assert document.left_out["running_lines"] == 4


def test_what_stands_small_below_the_text_is_a_note() -> None:
    """What stands in smaller type at the foot of a page is a note, and the text above is none."""

    def page(canvas: Canvas) -> None:
        lines(*PROSE, y=700)(canvas)
        canvas.setFont("Helvetica", 8)
        canvas.drawString(60, 90, "25 The Lantern, “Cameras”, 2 August 2021, at https://lantern.example/a.")

    (text_kind, _), (note_kind, note) = blocks(read(make(page)))
    assert (text_kind, note_kind) == ("paragraph", "note")
    assert note.startswith("25 The Lantern")


def test_a_page_in_small_type_has_no_notes() -> None:
    """A page that is set in small type all over, in a document of larger type, is text."""

    def small(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 8)
        lines(*PROSE, y=700)(canvas)

    document = read(make(lines(*PROSE, y=700), lines(*PROSE, y=700), small))
    assert {block.kind for block in document.blocks} == {"paragraph"}


def test_footnote_numbers_are_kept() -> None:
    """A lone number that does not count the pages stays, as does a second one on the page."""

    def page(number: int) -> Callable[[Canvas], None]:
        own = [f"Clerk {number * 31 + row * 7} signed for the whole board." for row in range(6)]
        return lines(*own, str(2 * number + 4), str(number + 1))

    document = read(make(*(page(number) for number in range(6))))
    assert document.left_out["running_lines"] == 6
    assert [text for kind, text in blocks(document) if text.isdecimal()] == ["4", "6", "8", "10", "12", "14"]


def test_the_heading_of_a_long_table_is_kept() -> None:
    """A table heading that recurs on a few pages, close to its rows, is no running line."""

    def page(number: int) -> Callable[[Canvas], None]:
        head = "Supplier and place of delivery" if 4 <= number <= 6 else f"The year {number * 3 + 1990} was quiet."
        return lines(head, *(f"Clerk {number * 31 + row * 7} signed for the whole board." for row in range(9)))

    document = read(make(*(page(number) for number in range(12))))
    assert document.text.count("Supplier and place of delivery") == 3


def test_each_page_has_an_entry() -> None:
    """Pages without text are counted and keep their place, so that page numbers stay right."""
    document = read(make(lines("First."), empty, lines("Third.")))
    assert [document.text[page.start : page.end].strip() for page in document.pages] == ["First.", "", "Third."]
    assert document.left_out["pages_without_text"] == 1


def test_page_labels() -> None:
    """A printed label is kept where it says more than the page's number."""
    writer = PdfWriter(clone_from=io.BytesIO(make(*[lines(f"Text {index}.") for index in range(4)])))
    writer.set_page_label(0, 1, style="/r")
    writer.set_page_label(2, 3, style="/D", start=3)
    stream = io.BytesIO()
    writer.write(stream)
    assert [page.label for page in read(stream.getvalue()).pages] == ["i", "ii", None, None]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Cameras of the South", "Cameras of the South"),
        ("Microsoft Word - draft7", "Cameras of the North"),
        ("untitled", "Cameras of the North"),
        ("north_final.docx", "Cameras of the North"),
        ("0001628280-17-001754", "Cameras of the North"),
    ],
)
def test_title_by_metadata_or_largest_heading(title: str, expected: str) -> None:
    """The title is the metadata's if it is one, else the heading that stands out on the first page."""

    def page(canvas: Canvas) -> None:
        canvas.setTitle(title)
        canvas.setAuthor("Amal Haddad")
        canvas.setFont("Helvetica", 24)
        lines("Cameras of", "the North", y=760, step=28)(canvas)
        canvas.setFont("Helvetica", 11)
        lines(*PROSE, y=640)(canvas)

    document = read(make(page))
    assert (document.title, document.author) == (expected, "Amal Haddad")


def test_title_by_file_name() -> None:
    """A file with neither title nor heading is called after its name."""
    assert read(make(lines(*PROSE)), "north-2019.pdf").title == "north-2019"


def test_the_date_of_a_file_is_not_its_publication() -> None:
    """A PDF says when it was made, not when it was published."""
    document = read(make(lines(*PROSE)))
    assert (document.kind, document.published, document.modified, document.publisher) == ("report", None, None, None)


def test_links_to_the_web_only() -> None:
    """Links of http and https are kept, once each and in order; others are not."""

    def page(canvas: Canvas) -> None:
        lines("See there.")(canvas)
        for url in (
            "https://example.org/a",
            "mailto:a@example.org",
            "file:///etc/hosts",
            "http://example.org/b",
            "https://example.org/a",
        ):
            canvas.linkURL(url, (60, 690, 200, 710))

    assert read(make(page)).links == ("https://example.org/a", "http://example.org/b")


def test_pages_shown_turned() -> None:
    """Lines of a page that is shown turned are joined as they are seen."""

    def page(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        canvas.rotate(90)
        canvas.translate(0, -600)
        lines(*PROSE, y=400)(canvas)

    assert blocks(read(make(page))) == [("paragraph", " ".join(PROSE))]


def encrypted(user_password: str) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(make(lines(*PROSE))))
    writer.encrypt(user_password, owner_password="of the owner", algorithm="AES-256")  # noqa: S106 - a specimen
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_encrypted_files_open_by_empty_or_given_password() -> None:
    """A file encrypted with an empty password opens by itself, any other with its password."""
    expected = " ".join(PROSE)
    assert read(encrypted("")).text == expected
    assert read(encrypted("sesame"), password="sesame").text == expected  # noqa: S106 - a specimen


@pytest.mark.parametrize("password", [None, "wrong"])
def test_locked_files_say_so(password: str | None) -> None:
    """A file whose password is not known is named with what to do."""
    with pytest.raises(UnreadableFileError, match=r"^a\.pdf: is password-protected.*qpdf --decrypt"):
        read(encrypted("sesame"), "a.pdf", password)


def test_scans_say_so() -> None:
    """A file of images without text is named as a scan, with its number of pages and what to do."""
    with pytest.raises(UnreadableFileError, match=r"^a\.pdf: no text found on its 2 pages; it seems to be a scan.*OCR"):
        read(make(scan, scan), "a.pdf")


def test_empty_files_say_so() -> None:
    """A file with neither text nor images is told from a scan."""
    with pytest.raises(UnreadableFileError, match=r"^a\.pdf: no text found on its 1 page, and no images"):
        read(make(empty), "a.pdf")


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"no such thing", make(lines(*PROSE))[:400]])
def test_damaged_files_say_so(data: bytes) -> None:
    """A file that neither library can open is named as damaged."""
    with pytest.raises(UnreadableFileError, match=r"^a\.pdf: is damaged: .*; get a fresh copy\.$"):
        read(data, "a.pdf")


def test_limits_name_both_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over a limit is refused with what it has and what is allowed."""
    data = make(lines(*PROSE), lines(*PROSE))
    monkeypatch.setattr(pdf, "MAX_PAGES", 1)
    with pytest.raises(UnreadableFileError, match=r"^a\.pdf: has 2 pages; at most 1 can"):
        read(data, "a.pdf")
    monkeypatch.setattr(pdf, "MAX_PAGES", 2)
    monkeypatch.setattr(pdf, "MAX_CHARACTERS", 200)
    with pytest.raises(UnreadableFileError, match=r"^a\.pdf: has 3\d\d characters of text or more; at most 200 can"):
        read(data, "a.pdf")


def test_broken_facts_never_cost_the_text() -> None:
    """What pypdf cannot read of metadata, labels and outline costs only those."""
    data = make(lines(*PROSE))
    broken = data.replace(b"/PageMode /UseNone", b"/PageLabels (xyz) ")
    assert broken != data
    assert read(broken).text == " ".join(PROSE)


def test_handles_are_closed() -> None:
    """Reading a file again and again gives the same document; nothing is kept between calls."""
    data = make(*(running_page(number) for number in range(1, 5)))
    assert len({repr(read(data)) for _ in range(5)}) == 1


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("Capital expenditures (1,577) (1,373)", 21),
        ("Sales $ 12 3.4 %", 6),
        ("Total\xa0 4,126\xa0 1,694", 7),
        ("2018 2017", None),
        ("In May 2019.", None),
        ("", None),
    ],
)
def test_where_numbers_start(text: str, start: int | None) -> None:
    """The numbers that end a row are told from its label."""
    assert cells_start(text) == start


words = st.text(alphabet=st.sampled_from("abAB19.,-\u2022()$% \u6c49\u0627"), min_size=1, max_size=30).map(str.strip)
page_lines = st.lists(
    st.builds(
        lambda text, left, bottom, height, hyphenated: Line(
            text, left, left + 5 * len(text), bottom, height, hyphenated=hyphenated
        ),
        words.filter(bool),
        st.integers(0, 300),
        st.integers(0, 700),
        st.sampled_from([9.0, 11.0, 20.0]),
        st.booleans(),
    ),
    max_size=12,
)


def ink(texts: Sequence[str]) -> Counter[str]:
    return Counter(letter for text in texts for letter in text if not letter.isspace() and letter not in "-\u2022")


@settings(max_examples=200)
@given(page_lines)
def test_blocks_hold_all_ink(found: list[Line]) -> None:
    """Whatever stands on a page stands in its blocks: nothing is lost or doubled but hyphens and bullets."""
    made = page_blocks(found, learn_setting([found], {}))
    assert ink([block.text for block in made]) == ink([line.text for line in found])


@given(st.lists(page_lines, max_size=6))
def test_only_recurring_lines_are_left_out(pages: list[list[Line]]) -> None:
    """Lines are dropped from three pages on, in order, and each that is dropped is counted."""
    kept, count = drop_running_lines(pages)
    assert sum(map(len, pages)) - sum(map(len, kept)) == count
    assert count == 0 or len(pages) >= 3
    for before, after in zip(pages, kept, strict=True):
        rest = iter(before)
        assert all(any(line is other for other in rest) for line in after)


READ_ONE = """
import sys, time
from pathlib import Path
from ingest.errors import UnreadableFileError
from ingest.read.pdf import read
path = Path(sys.argv[1])
try:
    (document,) = read(path.read_bytes(), path.name)
except UnreadableFileError as error:
    assert str(error).startswith(path.name + ": "), error
else:
    assert document.text.strip()
    assert document.pages[-1].end == len(document.text)
    assert all(document.text[b.start:b.end].strip() for b in document.blocks)
"""


@pytest.mark.skipif(not ODD_FILES, reason=f"no odd PDFs under {EVAL_DATA}; set EVAL_DATA to find them")
@pytest.mark.parametrize("path", ODD_FILES, ids=lambda path: path.stem)
def test_odd_files_are_read_or_named(path: Path) -> None:
    """Each odd file is read or refused by name, in time, and never crashes the process."""
    done = subprocess.run(
        [sys.executable, "-c", READ_ONE, path], cwd=ROOT, timeout=30, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not ODD_FILES, reason=f"no odd PDFs under {EVAL_DATA}; set EVAL_DATA to find them")
def test_the_manifest_lists_the_odd_files() -> None:
    """Every listed odd file that pypdf alone reads well is read here too."""
    listed = json.loads((EVAL_DATA / "pdf" / "manifest.json").read_text(encoding="utf-8"))
    for entry in listed:
        if entry["class"] in {"ok", "little_text"}:
            path = EVAL_DATA / "pdf" / entry["file"]
            assert read(path.read_bytes(), path.name).pages, path.name


def test_blocks_ascend_and_lie_within_their_page() -> None:
    """A block stands on one page, and blocks and pages follow each other without overlap."""
    document = read(make(*(running_page(number) for number in range(1, 7))))
    for block, following in pairwise(document.blocks):
        assert block.start < block.end < following.start
    for block in document.blocks:
        assert sum(page.start <= block.start and block.end <= page.end for page in document.pages) == 1
    assert len(document.pages) == len(PdfReader(io.BytesIO(make(*[lines("x")] * 6))).pages)
