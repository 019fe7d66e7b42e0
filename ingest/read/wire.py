"""What parent and child say to each other: frames of JSON, and documents that are checked when they come back.

The child has touched hostile files, so its answers are data to be checked, never pickles.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, get_args

from ingest.read.clean import remove_invisible
from ingest.records import Block, BlockKind, DocumentKind, Page, ParsedDocument

if TYPE_CHECKING:
    from typing import IO

# How the child says that memory ran out, and how much longer than its parent it waits before it ends itself.
OUT_OF_MEMORY = 77
TIME_MARGIN = 5.0

_LENGTHS = struct.Struct(">QQ")  # of the header (JSON) and of the bytes after it
_TEXT_FIELDS = ("publisher", "author", "published", "modified", "url", "language")
_BLOCK_KINDS = frozenset(get_args(BlockKind))
_DOCUMENT_KINDS = frozenset(get_args(DocumentKind))


def send(stream: IO[bytes], header: dict[str, Any], payload: bytes = b"") -> None:
    """Write one frame."""
    encoded = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(encoded), len(payload)))
    stream.write(encoded)
    stream.write(payload)
    stream.flush()


def receive(stream: IO[bytes], largest: int) -> tuple[dict[str, Any], bytes]:
    """Read one frame of at most `largest` bytes; raise EOFError at the stream's end, ValueError for no frame."""
    header_length, payload_length = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if header_length + payload_length > largest:
        raise ValueError(f"{header_length + payload_length:,} bytes where {largest:,} are allowed")
    header = json.loads(_exactly(stream, header_length))
    if not isinstance(header, dict):
        raise TypeError("a frame without a header")
    return header, _exactly(stream, payload_length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


def pack(document: ParsedDocument) -> dict[str, Any]:
    """Return a document as plain data for JSON."""
    return {
        "text": document.text,
        "kind": document.kind,
        "title": document.title,
        **{name: getattr(document, name) for name in _TEXT_FIELDS},
        "blocks": [
            [block.start, block.end, block.kind, block.level, block.quotation, block.ends_quotation]
            for block in document.blocks
        ],
        "pages": [[page.start, page.end, page.label] for page in document.pages],
        "links": list(document.links),
        "left_out": document.left_out,
    }


def unpack(data: dict[str, Any]) -> ParsedDocument:
    """Return a document from plain data; raise ValueError, TypeError or KeyError when it does not hold together."""
    text = _clean(data["text"])
    _require(bool(text), "an empty text")
    _require(data["kind"] in _DOCUMENT_KINDS, "an unknown kind of document")
    return ParsedDocument(
        text=text,
        blocks=_blocks(data["blocks"], text),
        kind=data["kind"],
        title=_clean(data["title"]),
        pages=_pages(data["pages"], len(text)),
        links=tuple(_clean(link) for link in data["links"]),
        left_out={_clean(what): _count(count) for what, count in data["left_out"].items()},
        **{name: None if data[name] is None else _clean(data[name]) for name in _TEXT_FIELDS},
    )


def unpack_picture(data: dict[str, Any], png: bytes) -> tuple[tuple[int, int], tuple[tuple[int, int, int, int], ...]]:
    """Return the size and the marks of a picture; raise ValueError or TypeError when it does not hold together."""
    width, height = _count(data["width"]), _count(data["height"])
    _require(png.startswith(b"\x89PNG\r\n\x1a\n"), "a picture that is no PNG")
    _require(struct.unpack(">II", png[16:24]) == (width, height), "a picture of another size")
    marks = tuple((int(left), int(top), int(right), int(bottom)) for left, top, right, bottom in data["marks"])
    return (width, height), marks


def _blocks(rows: list[list[Any]], text: str) -> tuple[Block, ...]:
    blocks, before = [], 0
    for start, end, kind, level, quotation, ends_quotation in rows:
        _require(before <= _count(start) < _count(end) <= len(text), f"a block from {start} to {end}")
        _require(not text[start].isspace() and not text[end - 1].isspace(), f"a block with loose ends at {start}")
        _require(kind in _BLOCK_KINDS and type(ends_quotation) is bool, f"a block of no known kind at {start}")
        number = None if quotation is None else _count(quotation)
        blocks.append(Block(start, end, kind, _count(level), number, ends_quotation))
        before = end
    _require(bool(blocks), "a text without blocks")
    return tuple(blocks)


def _pages(rows: list[list[Any]], length: int) -> tuple[Page, ...]:
    pages, before = [], 0
    for start, end, label in rows:
        _require(before <= _count(start) <= _count(end) <= length, f"a page from {start} to {end}")
        pages.append(Page(start, end, None if label is None else _clean(label)))
        before = end
    return tuple(pages)


def _clean(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} where a text is due")
    _require(remove_invisible(text)[1] == 0, "a text with invisible characters")
    return text


def _count(number: object) -> int:
    # bool is an int to isinstance.
    if type(number) is not int or number < 0:
        raise ValueError("something else where a count is due")
    return number


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001
    if not holds:
        raise ValueError(otherwise)
