"""WordPress: posts as its REST interface gives them (`/wp-json/wp/v2/posts`), whole, in lists, by lines, or damaged.

Damaged exports have raw line ends in strings, never close their last string and objects, and have lost the opening
tags of the content. They are closed and read; what a cut has left half is dropped, and nothing is made up.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from ingest.errors import UnreadableFileError
from ingest.read import html
from ingest.read.clean import TextBuilder, one_line
from ingest.read.encoding import decode
from ingest.read.prune import prune
from ingest.records import ParsedDocument

_STARTS = re.compile(r'\{\s*"|\[\s*\{')
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+("?)|[\[\]{},]', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')
# Where a cut went through an escape; then through an entity, which would read as another one; then through a tag.
_CUT_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?\Z")
_CUT_ENTITY = re.compile(r"&#?\w{0,10}\Z")
_CUT_TAG = re.compile(r'<(?:[^<>"\\]|\\.)*\Z', re.DOTALL)

# Raw line ends in strings are let through. No number is used, and Python makes no int of thousands of digits.
_LENIENT: dict[str, Any] = {"strict": False, "parse_int": float}

Post = dict[str, Any]


def read(data: bytes, name: str) -> list[ParsedDocument]:
    """Return the published posts in `data` that have text; raise UnreadableFileError when there are none."""
    try:
        values, cut_off = _values(decode(data, name), name)
        posts = _posts(values, name)
    except RecursionError as error:
        raise UnreadableFileError(f"{name} is nested too deeply for a post; export the posts again.") from error
    published = [post for post in posts if post.get("status", "publish") == "publish"]
    if not published:
        statuses = ", ".join(sorted({repr(post.get("status")) for post in posts}))
        raise UnreadableFileError(
            f"{name} holds no published post: the status is {statuses} where 'publish' is needed. Publish it, or save "
            "its page as HTML and add that."
        )
    documents = [document for post in published if (document := _document(post, name)) is not None]
    if not documents:
        raise UnreadableFileError(
            f"No text found in {name}; the content of {_number(len(published), 'post')} is empty or protected by a "
            "password. Export the posts with their content."
        )
    if cut_off:
        last = documents[-1]
        documents[-1] = replace(last, left_out={**last.left_out, "cut_off_end": 1})
    return documents


def _values(text: str, name: str) -> tuple[list[object], bool]:
    """Return the JSON values in `text`, whatever stands around them, and whether the last one breaks off."""
    decoder = json.JSONDecoder(**_LENIENT)
    values: list[object] = []
    at = 0
    while start := _STARTS.search(text, at):
        try:
            value, at = decoder.raw_decode(text, start.start())
        except ValueError:
            return [*values, _repaired(text[start.start() :], name)], True
        values.append(value)
    return values, False


def _repaired(text: str, name: str) -> object:
    """Return the value of JSON that breaks off; raise UnreadableFileError for JSON damaged before its end."""
    text = text.rstrip()
    if _closing(text).startswith('"'):
        for cut in (_CUT_ESCAPE, _CUT_ENTITY, _CUT_TAG):
            text = cut.sub(r"\1" if cut.groups else "", text)
    text = _ESCAPE.sub(lambda escape: escape[0] if escape[1] else r"\\", text)
    try:
        return json.loads(text + _closing(text), **_LENIENT)
    except json.JSONDecodeError as error:
        whole = _last_whole(text)
        if error.pos < whole:
            raise UnreadableFileError(
                f"{name} is damaged after {error.pos:,} characters of its JSON ({error.msg}), not only cut off at its "
                "end. Export the posts again."
            ) from error
    return json.loads(text[:whole] + _closing(text[:whole]), **_LENIENT)


def _closing(text: str) -> str:
    """Return what closes the string, objects and lists that are open at the end of `text`."""
    closing: list[str] = []
    quote = ""
    for token in _TOKEN.finditer(text):
        first = token[0][0]
        if first in "[{":
            closing.append("]" if first == "[" else "}")
        elif first in "]}" and closing:
            closing.pop()
        elif first == '"' and not token[1]:
            quote = '"'
    return quote + "".join(reversed(closing))


def _last_whole(text: str) -> int:
    """Return where `text` can be cut so that it ends with a whole member: before a comma, after a bracket."""
    whole = 0
    for token in _TOKEN.finditer(text):
        if token[0] == ",":
            whole = token.start()
        elif token[0] in "[]{}":
            whole = token.end()
    return whole


def _posts(values: list[object], name: str) -> list[Post]:
    """Return the posts among `values` and in lists among them; raise UnreadableFileError when there are none."""
    things = [thing for value in values for thing in (value if isinstance(value, list) else [value])]
    posts = [thing for thing in things if isinstance(thing, dict) and "title" in thing and "content" in thing]
    if not posts:
        keys = [key for thing in things[:1] if isinstance(thing, dict) for key in thing]
        found = f"an object with {', '.join(map(one_line, keys[:8]))}" if keys else "no object with fields"
        raise UnreadableFileError(
            f"{name} is JSON but holds no WordPress post (title and content): found {found}. Export posts as "
            "/wp-json/wp/v2/posts gives them, or add the text itself."
        )
    return posts


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _document(post: Post, name: str) -> ParsedDocument | None:
    """Return a post as a document, None when it has no text."""
    markup = _rendered(post["content"])
    if not markup.strip():
        return None
    root = html.parse(f"<body>{markup}", name)
    left_out = prune(root)
    builder = TextBuilder()
    html.add_blocks(builder, root)
    if not builder.blocks:
        return None
    return ParsedDocument(
        text=builder.text,
        blocks=tuple(builder.blocks),
        kind="article",
        title=_plain(_rendered(post["title"]), name) or PurePath(name).stem,
        publisher=_yoast(post, "og_site_name"),
        author=_author(post),
        published=html.iso_date(post.get("date")),
        modified=html.iso_date(post.get("modified")),
        url=html.web_address(_text(post.get("link"))),
        links=html.link_targets(root),
        left_out=html.counts(left_out, builder),
    )


def _rendered(field: object) -> str:
    """Return a field's HTML: WordPress gives `{"rendered": ...}`, some exports the text alone."""
    return _text(field.get("rendered") if isinstance(field, dict) else field)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _plain(markup: str, name: str) -> str:
    """Return a title's text, its entities decoded and its tags dropped."""
    return one_line(html.flat_text(html.parse(f"<body>{markup}", name)))


def _author(post: Post) -> str | None:
    embedded = post.get("_embedded")
    authors = embedded.get("author") if isinstance(embedded, dict) else None
    named = [author for author in authors if isinstance(author, dict)] if isinstance(authors, list) else []
    names = [name for author in named if (name := one_line(_text(author.get("name"))))]
    return ", ".join(names) or _yoast(post, "author")


def _yoast(post: Post, key: str) -> str | None:
    """Return what the widespread Yoast plugin adds to a post, if it is there."""
    head = post.get("yoast_head_json")
    return one_line(_text(head.get(key))) or None if isinstance(head, dict) else None
