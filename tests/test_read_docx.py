from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.errors import UnreadableFileError
from ingest.read import docx as reader


def read(document, name: str = "memo.docx"):
    saved = io.BytesIO()
    document.save(saved)
    [parsed] = reader.read(saved.getvalue(), name)
    return parsed


def blocks(document) -> list[tuple]:
    return [
        (document.text[block.start : block.end], block.kind, block.level, block.quotation, block.ends_quotation)
        for block in document.blocks
    ]


def test_blocks_in_order() -> None:
    """Headings, paragraphs, lists, quotations and table rows come in the order of the document, by their styles."""
    document = docx.Document()
    document.add_paragraph("Cameras for Tarn", style="Title")
    document.add_heading("What the firm says", 2)
    document.add_paragraph("It denies the sale.")
    document.add_paragraph("“Never.”", style="Quote")
    document.add_paragraph("“Not once.”", style="Intense Quote")
    table = document.add_table(2, 2)
    for at, text in enumerate(["Year", "Units", "2019", "400"]):
        table.cell(at // 2, at % 2).text = text
    document.add_paragraph("two servers", style="List Bullet")
    parsed = read(document)
    assert blocks(parsed) == [
        ("Cameras for Tarn", "heading", 1, None, False),
        ("What the firm says", "heading", 2, None, False),
        ("It denies the sale.", "paragraph", 0, None, False),
        ("“Never.”", "paragraph", 0, 1, False),
        ("“Not once.”", "paragraph", 0, 1, True),
        ("Year\tUnits", "table_row", 0, None, False),
        ("2019\t400", "table_row", 0, None, False),
        ("two servers", "list_item", 0, None, False),
    ]
    assert (parsed.title, parsed.kind, parsed.published) == ("Cameras for Tarn", "document", None)


def test_properties() -> None:
    """Title and author are the file's own properties; the date of creation is no date of publication."""
    document = docx.Document()
    document.core_properties.title, document.core_properties.author = "Memo on Tarn", "Ada Moss"
    document.add_paragraph("It denies the sale.")
    parsed = read(document)
    assert (parsed.title, parsed.author, parsed.published, parsed.modified) == ("Memo on Tarn", "Ada Moss", None, None)


def test_merged_cells_are_read_once() -> None:
    """A cell that spans several columns gives its text once."""
    document = docx.Document()
    table = document.add_table(1, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Total"
    table.cell(0, 2).text = "400"
    assert read(document).text == "Total\t400"


def test_tracked_changes_controls_and_boxes() -> None:
    """Inserted text is read, deleted text is not; text in controls and text boxes is not lost and not doubled."""
    document = docx.Document()
    space = nsdecls("w")
    box = "<w:txbxContent><w:p><w:r><w:t>in a box</w:t></w:r></w:p></w:txbxContent>"
    changed = f"""<w:p {space}><w:r><w:t xml:space="preserve">It did </w:t></w:r>
        <w:ins w:id="1"><w:r><w:t>not</w:t></w:r></w:ins>
        <w:del w:id="2"><w:r><w:delText>gladly</w:delText></w:r></w:del>
        <w:r><w:t xml:space="preserve"> sell.</w:t></w:r><w:r><w:footnoteReference w:id="3"/></w:r></w:p>"""
    control = f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>in a control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    boxed = f"""<w:p {space} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r>
        <mc:AlternateContent><mc:Choice Requires="wps">{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>
        </mc:AlternateContent></w:r></w:p>"""
    for xml in (changed, control, boxed):
        document.element.body.insert(len(document.element.body) - 1, parse_xml(xml))
    parsed = read(document)
    assert parsed.text == "It did not sell.\n\nin a control\n\nin a box"
    assert parsed.left_out == {"note_marks": 1}


def package(**parts: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return packed.getvalue()


def whole() -> bytes:
    document, saved = docx.Document(), io.BytesIO()
    document.add_paragraph("It denies the sale.")
    document.save(saved)
    return saved.getvalue()


def test_bomb() -> None:
    """A file that unpacks to more than the limit is refused before it is unpacked, with both sizes."""
    with pytest.raises(UnreadableFileError, match=r"memo\.docx unpacks to 3 MB, more than the 2 MB"):
        reader.read(package(**{"word/document.xml": bytes(3_000_000)}), "memo.docx", unpacked_limit=2_000_000)


@pytest.mark.parametrize(
    "data",
    [
        package(**{"word/document.xml": b"<w:document/>"}),
        package(**{"[Content_Types].xml": b"<not xml"}),
        b"PK\x03\x04 and no more",
        whole()[: len(whole()) // 2],
        whole().replace(b"PK\x01\x02", b"PK\x01\x03"),
    ],
)
def test_damaged(data: bytes) -> None:
    """A package that is damaged or no Word document is an error that names the file."""
    with pytest.raises(UnreadableFileError, match=r"memo\.docx"):
        reader.read(data, "memo.docx")


def test_damaged_anywhere() -> None:
    """Whichever byte is damaged, reading gives the text or an error of ours."""
    original = whole()
    for at in range(0, len(original), 97):
        damaged = bytearray(original)
        damaged[at] ^= 0xFF
        try:
            [parsed] = reader.read(bytes(damaged), "memo.docx")
        except UnreadableFileError as error:
            assert "memo.docx" in str(error)  # noqa: PT017 - either outcome is right
        else:
            assert parsed.text


def test_no_text() -> None:
    """A document without text is an error that says so."""
    with pytest.raises(UnreadableFileError, match=r"No text found in memo\.docx"):
        read(docx.Document())
