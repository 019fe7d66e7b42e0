"""Plain text and Markdown, with or without front matter (`key: value` lines between two lines of `---`)."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING, get_args

from ingest.errors import UnreadableFileError
from ingest.read import html
from ingest.read.clean import TextBuilder, one_line
from ingest.read.encoding import decode
from ingest.read.prune import prune
from ingest.records import DocumentKind, ParsedDocument

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MARKDOWN_SUFFIXES = frozenset([".md", ".markdown"])

_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n((?:[^\n]*\n)*?)---[ \t]*(?:\n|\Z)")
_FIELD = re.compile(r"([A-Za-z_]+)[ \t]*:[ \t]*(\S.*?)[ \t]*")
# Nobody wraps lines by hand at more than this: a longer one is a paragraph to itself, and so are its neighbours.
_WRAPPED = 200
# Deeper quotations and lists are read as one; the library's own limit of 20 drops their text.
_NESTING = 100


def read(data: bytes, name: str, charset: str | None = None) -> list[ParsedDocument]:
    """Return the document in a text file, sent as `charset`; UnreadableFileError when it is binary or empty."""
    text = re.sub(r"\r\n?", "\n", decode(data, name, charset))
    fields, body = _front_matter(text)
    builder = TextBuilder()
    if fields or PurePath(name).suffix.lower() in MARKDOWN_SUFFIXES:
        links, left_out = _add_markdown(builder, body, name)
    else:
        links, left_out = (), {}
        _add_plain(builder, body)
    if not builder.blocks:
        raise UnreadableFileError(f"No text found in {name}; it holds nothing but white space. Check the file.")
    return [
        ParsedDocument(
            text=builder.text,
            blocks=tuple(builder.blocks),
            kind=_kind(fields.get("kind")),
            title=fields.get("title") or _first_heading(builder) or PurePath(name).stem,
            publisher=fields.get("publisher"),
            author=fields.get("author"),
            published=html.iso_date(fields.get("published")),
            modified=html.iso_date(fields.get("modified")),
            url=html.web_address(fields.get("url")),
            language=_language(fields.get("language")),
            links=links,
            left_out=html.counts(left_out, builder),
        )
    ]


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """Return the fields of the front matter, by names in lower case, and the text after it."""
    block = _FRONT_MATTER.match(text)
    if block is None:
        return {}, text
    found = [field for line in block[1].splitlines() if (field := _FIELD.fullmatch(line))]
    fields = {field[1].lower(): one_line(_unquoted(field[2])) for field in found}
    return (fields, text[block.end() :]) if fields else ({}, text)


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _kind(stated: str | None) -> DocumentKind:
    kinds: tuple[DocumentKind, ...] = get_args(DocumentKind)
    return next((kind for kind in kinds if kind == stated), "document")


def _language(stated: str | None) -> str | None:
    return stated.lower() if stated and re.fullmatch(r"[A-Za-z]{2}", stated) else None


def _first_heading(builder: TextBuilder) -> str | None:
    first = next((block for block in builder.blocks if block.kind == "heading" and block.level == 1), None)
    return None if first is None else builder.text[first.start : first.end]


def _add_plain(builder: TextBuilder, text: str) -> None:
    """Append paragraphs: lines up to an empty one or a form feed, joined where they were wrapped by hand."""
    for page in text.split("\f"):
        for blank, run in groupby(page.split("\n"), key=lambda line: not line.strip()):
            lines = [] if blank else list(run)
            wrapped = all(len(line) <= _WRAPPED for line in lines)
            for paragraph in [" ".join(lines)] if wrapped else lines:
                builder.add(paragraph)


def _add_markdown(builder: TextBuilder, text: str, name: str) -> tuple[tuple[str, ...], dict[str, int]]:
    """Append the blocks of a Markdown text; return the addresses it links to and what was left out."""
    rendered = _markdown().render(text)
    root = html.parse(f"<body>{rendered}", name)
    left_out = prune(root)
    html.add_blocks(builder, root)
    return html.link_targets(root), left_out


def _markdown() -> MarkdownIt:
    """Return a parser of CommonMark with tables, whose output has neither the source's HTML nor its pictures."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - late: plain text needs none

    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable("table")
    for left_out in ("html_block", "html_inline", "image"):
        parser.add_render_rule(left_out, lambda *_: "")
    return parser
