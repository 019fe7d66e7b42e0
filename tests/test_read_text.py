from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import UnreadableFileError
from ingest.read import text


def read(source: str | bytes, name: str = "notes.txt"):
    [document] = text.read(source.encode() if isinstance(source, str) else source, name)
    return document


def blocks(document) -> list[tuple[str, str]]:
    return [(document.text[block.start : block.end], block.kind) for block in document.blocks]


def test_an_encoding_that_the_server_names() -> None:
    """A text is read in the encoding that its server names; an unknown one is as if none were named."""
    (document,) = text.read("Камеры для города".encode("koi8-r"), "notes.txt", "koi8-r")
    assert document.text == "Камеры для города"
    french = "Le café de Dumfrée, déjà vu.".encode("cp1252")
    assert text.read(french, "notes.txt", "nonsense") == text.read(french, "notes.txt")


MARKDOWN = """---
title: "Cameras: a brief"
publisher: The Ledger
published: 2021-05-04
modified: last week
url: https://ledger.example/cameras
kind: report
language: en
---

# What *happened*

Norvale sold **400** cameras
to [Tarn](https://tarn.example/t "tender")<br>. ![a picture](https://img.example/x.png)

> “Never.”
>
> “Not once.”

- two servers
- `four` racks

| Year | Units |
|------|-------|
| 2019 | 400   |

    code stays

<div>raw blocks go</div>
"""


def test_markdown_blocks() -> None:
    """Markdown gives its blocks without marks, raw HTML and pictures; links are kept beside the text."""
    document = read(MARKDOWN, "brief.md")
    assert blocks(document) == [
        ("What happened", "heading"),
        ("Norvale sold 400 cameras to Tarn.", "paragraph"),
        ("“Never.”", "paragraph"),
        ("“Not once.”", "paragraph"),
        ("two servers", "list_item"),
        ("four racks", "list_item"),
        ("Year\tUnits", "table_row"),
        ("2019\t400", "table_row"),
        ("code stays", "paragraph"),
    ]
    assert [block.ends_quotation for block in document.blocks if block.quotation == 1] == [False, True]
    assert document.links == ("https://tarn.example/t",)


def test_front_matter() -> None:
    """Front matter gives the metadata; a date that is none is left unknown, and the suffix does not matter."""
    document = read(MARKDOWN, "brief.txt")
    assert (document.title, document.publisher, document.kind) == ("Cameras: a brief", "The Ledger", "report")
    assert (document.published, document.modified, document.language) == ("2021-05-04", None, "en")
    assert document.url == "https://ledger.example/cameras"


@pytest.mark.parametrize(
    ("source", "name", "title"),
    [
        ("intro\n\n# First\n\n# Second", "a.md", "First"),
        ("intro", "folder/a.md", "a"),
        ("# No heading", "a.b.txt", "a.b"),
    ],
)
def test_title(source: str, name: str, title: str) -> None:
    """Without front matter the title is the first heading of level 1 in Markdown, else the file's stem."""
    assert read(source, name).title == title


def test_plain_text() -> None:
    """Plain text gives paragraphs between empty lines; lines wrapped by hand are joined, marks stay."""
    document = read("One *line*\r\nand another.\r\n  \r\n\r\n# Two\fThree\n")
    paragraphs = ["One *line* and another.", "# Two", "Three"]
    assert blocks(document) == [(paragraph, "paragraph") for paragraph in paragraphs]


def test_long_lines_are_paragraphs() -> None:
    """Lines too long to be wrapped by hand are paragraphs each, though no empty line parts them."""
    long = "word " * 60
    pieces = [piece for piece, _ in blocks(read(f"{long}\nShort one.\n{long}"))]
    assert pieces == [long.strip(), "Short one.", long.strip()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "cp1251"])
def test_encodings(encoding: str) -> None:
    """UTF-8, a byte order mark, or a guess from the letters decides the encoding."""
    words = {
        "cp1252": "Le café naïf a été fermé à l’été dernier, dit la société française, où l’on vendait des caméras.",
        "cp1251": "Камеры были проданы городу в прошлом году, пишет газета, но фирма отрицает продажу и не отвечает.",
    }.get(encoding, "“Café” 海康威视")
    assert read(words.encode(encoding)).text == words


@pytest.mark.parametrize("data", [b" \n\t\n", b"---\ntitle: T\n---\n", b"\x00\x01\x02 binary", "\u200b".encode()])
def test_unreadable(data: bytes) -> None:
    """A file without visible text, or not text at all, is an error that names the file."""
    with pytest.raises(UnreadableFileError, match=r"notes\.txt"):
        read(data)


def test_deep_quotations_are_not_lost() -> None:
    """Text in quotations nested fifty deep is read."""
    assert read("> " * 50 + "deep", "a.md").text == "deep"


@settings(deadline=None)
@given(
    st.text(st.sampled_from("ab \n\r\f\t#>-*_`[]()|<!&;\u200b\u2028中"), max_size=60),
    st.sampled_from(["a.md", "a.txt"]),
)
def test_any_text(source: str, name: str) -> None:
    """Blocks of any text ascend, are stripped and not empty; a file without any is an error of ours."""
    try:
        document = read(source, name)
    except UnreadableFileError:
        return
    at = 0
    for block in document.blocks:
        piece = document.text[block.start : block.end]
        assert at <= block.start < block.end <= len(document.text)
        assert piece == piece.strip()
        at = block.end
