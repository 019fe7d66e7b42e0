"""HTML: a page's article by trafilatura, and the walk from elements to blocks that other readers of markup share."""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypedDict

from lxml import etree
from lxml import html as lxml_html

from ingest.errors import UnreadableFileError
from ingest.read.clean import TextBuilder, one_line, remove_invisible
from ingest.read.encoding import decode
from ingest.read.prune import prune
from ingest.records import BlockKind, ParsedDocument
from ingest.voices import is_signature

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element as Element
    from lxml.html import HtmlElement

_ISO_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})?)?)?")
_DECLARED_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)

# Names of HTML and of trafilatura's trees (head, list, item, quote, row, cell, lb, ref).
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_ITEMS, _QUOTES = frozenset(["li", "item", "dt", "dd"]), frozenset(["blockquote", "quote"])
_ROWS, _CELLS = frozenset(["tr", "row"]), frozenset(["td", "th", "cell"])
_BLOCKS = frozenset(
    "address article aside body caption center details dialog div dl fieldset figcaption figure footer form head "
    "header hgroup hr legend list main nav ol p pre section summary table tbody tfoot thead ul".split()
).union(_HEADINGS, _ITEMS, _QUOTES, _ROWS, _CELLS)
_LINE_BREAKS = frozenset(["br", "lb"])
# What makes a table row a piece of page layout: it is walked through, not read as a row of data.
_LAYOUT = ("table", "ul", "ol", "list", "blockquote", "quote", "head", *_HEADINGS)
_NOT_ARTICLE = ["nav", "footer", "aside", "dialog", "menu"]

_TAG_OF_BLOCK = re.compile(
    r"<(/?)(p|h[1-6]|li|blockquote|div|ul|ol|table|tr|td|th|figure|figcaption)\b[^<>]*>", re.IGNORECASE
)
_STRAY = "data-stray"
_UNPARSABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff]")
# Of a page's text; below this many characters trafilatura gives all text of the page as one paragraph.
_ARTICLE_SHARE = 0.2
_ARTICLE_LENGTH = 250


def read(data: bytes, name: str, charset: str | None = None) -> list[ParsedDocument]:
    """Return the article of an HTML page; raise UnreadableFileError when there is no text in it.

    `charset` is what its server names; by the standard it comes before what the page declares:
    https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
    """
    declared = _DECLARED_CHARSET.search(data, 0, 4096)
    root = parse(decode(data, name, charset, declared[1].decode("ascii") if declared else None), name)
    facts = _metadata(root)
    facts["title"] = facts["title"] or PurePath(name).stem
    left_out = prune(root)
    body = _article(root)
    if body is None:
        body = next(root.iter("body"), root)
        etree.strip_elements(body, *_NOT_ARTICLE, with_tail=False)
    builder = TextBuilder()
    add_blocks(builder, body)
    if not builder.blocks:
        raise UnreadableFileError(
            f"No text found in {name}; the page may show its text by a script only. Save it from the browser after it "
            "has loaded, or print it to PDF, and add that."
        )
    return [
        ParsedDocument(
            text=builder.text,
            blocks=tuple(builder.blocks),
            kind="article",
            links=link_targets(body),
            left_out=counts(left_out, builder),
            **facts,
        )
    ]


def parse(markup: str, name: str) -> HtmlElement:
    """Return the root element of `markup`; raise UnreadableFileError when it is empty or nested too deeply."""
    # The parser would stop at these or show others in their place; an invisible one is removed and counted later.
    visible = _UNPARSABLE.sub("\u200b", markup)
    mended = _mark_stray_ends(visible).encode()
    # Without huge_tree everything after the 256th level is dropped, with it after the 2,048th.
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = lxml_html.document_fromstring(mended, parser=parser)
    except etree.ParserError as error:
        raise UnreadableFileError(f"No text found in {name}; there is nothing but empty markup in it.") from error
    except etree.XMLSyntaxError as error:
        if error.code != etree.ErrorTypes.ERR_NO_MEMORY:
            raise
        raise MemoryError from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log.filter_from_fatals()):
        raise UnreadableFileError(
            f"{name} is nested too deeply to be read whole; save the page as text or PDF and add that."
        )
    return root


def add_blocks(builder: TextBuilder, root: Element) -> None:
    """Append the text under `root` to `builder`, block by block."""
    _Walk(builder).run(root)


def link_targets(root: Element) -> tuple[str, ...]:
    """Return the distinct http(s) addresses linked to under `root`, in order."""
    targets = (str(link.get("href") or link.get("target") or "") for link in root.iter("a", "ref"))
    return tuple(dict.fromkeys(target for raw in targets if (target := web_address(raw))))


def web_address(raw: str | None) -> str | None:
    """Return an absolute http(s) address as one clean line, None for anything else."""
    address = one_line(raw or "")
    return address if re.match(r"https?://[^\s/]", address, re.IGNORECASE) and " " not in address else None


def iso_date(raw: object) -> str | None:
    """Return a date as it is printed when it is in ISO 8601, else None."""
    text = raw.strip() if isinstance(raw, str) else ""
    return text if _ISO_DATE.fullmatch(text) else None


def counts(left_out: dict[str, int], builder: TextBuilder) -> dict[str, int]:
    """Return what was left out of a text, without the zeros."""
    every = {**left_out, "invisible_characters": builder.invisible_characters}
    return {what: count for what, count in every.items() if count}


def flat_text(element: Element) -> str:
    """Return the text under `element`, a space where a block or a line ends."""
    pieces: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if node.tag in _BLOCKS or node.tag in _LINE_BREAKS:
            pieces.append(" ")
        if event == "start":
            pieces.append(node.text or "")
        elif node is not element:
            pieces.append(node.tail or "")
    return "".join(pieces)


def _mark_stray_ends(markup: str) -> str:
    """Keep the ends of blocks that never began, which the parser would drop and glue their texts together.

    HTML5 makes a stray `</p>` an empty paragraph; damaged exports lose the beginnings of the other blocks as well.
    """
    opened: Counter[str] = Counter()

    def mark(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        if not tag[1]:
            opened[name] += 1
        elif opened[name]:
            # A paragraph that begins ends the one before it, with or without an end tag.
            opened[name] = 0 if name == "p" else opened[name] - 1
        else:
            return f"<hr {_STRAY}={name}>"
        return tag[0]

    return _TAG_OF_BLOCK.sub(mark, markup)


class _Facts(TypedDict):
    title: str
    author: str | None
    publisher: str | None
    published: str | None
    modified: str | None
    url: str | None


class _Walk:
    """A walk through a tree of elements, HTML's or trafilatura's, that collects text and closes it into blocks."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self._pending: list[str] = []
        self._breaks = 0
        self._heading = 0
        self._items = 0
        # Number and first block of each quotation that is open.
        self._quotations: list[tuple[int, int]] = []
        self._quotations_seen = 0

    def run(self, root: Element) -> None:
        steps = etree.iterwalk(root, events=("start", "end"))
        for event, element in steps:
            if event == "start":
                if self._start(element):
                    steps.skip_subtree()
            else:
                self._end(element)
                if element is not root:
                    self._take(element.tail)
        self._close()

    def _start(self, element: Element) -> bool:
        """Enter `element`; return whether it has been read whole."""
        tag = element.tag
        if tag in _LINE_BREAKS:
            self._break()
        elif stray := element.get(_STRAY):
            self._end_stray(str(stray))
        elif tag in _BLOCKS:
            self._close()
            if tag in _ROWS and _is_data(element):
                cells = [flat_text(cell) for cell in element if cell.tag in _CELLS]
                self._builder.add_row(cells, quotation=self._quotation)
                return True
            self._enter(element)
        self._take(element.text)
        return False

    def _enter(self, element: Element) -> None:
        tag = str(element.tag)
        if level := _heading_level(element):
            self._heading = level
        elif tag in _ITEMS:
            self._items += 1
        elif tag in _QUOTES:
            self._quotations_seen += 1
            self._quotations.append((self._quotations_seen, len(self._builder.blocks)))

    def _end(self, element: Element) -> None:
        tag = str(element.tag)
        if tag not in _BLOCKS or (tag in _ROWS and _is_data(element)):
            return
        self._close()
        if _heading_level(element):
            self._heading = 0
        elif tag in _ITEMS:
            self._items -= 1
        elif tag in _QUOTES:
            self._end_quotation()

    def _end_stray(self, tag: str) -> None:
        self._close(heading=_HEADINGS.get(tag, 0), item=tag in _ITEMS)
        blocks = self._builder.blocks
        if tag in _QUOTES and blocks and blocks[-1].quotation is None:
            blocks[-1] = replace(blocks[-1], ends_quotation=True)

    def _end_quotation(self) -> None:
        number, first = self._quotations.pop()
        blocks = self._builder.blocks
        for at in range(len(blocks) - 1, first - 1, -1):
            if blocks[at].quotation == number:
                blocks[at] = replace(blocks[at], ends_quotation=True)
                return

    @property
    def _quotation(self) -> int | None:
        return self._quotations[-1][0] if self._quotations else None

    def _take(self, text: str | None) -> None:
        if text:
            self._pending.append(text)
            if not text.isspace():
                self._breaks = 0

    def _break(self) -> None:
        """Two line breaks in a row set paragraphs apart, one does not."""
        self._breaks += 1
        if self._breaks == 2:
            self._close()
        self._pending.append(" ")

    def _close(self, *, heading: int = 0, item: bool = False) -> None:
        text = "".join(self._pending)
        self._pending.clear()
        self._breaks = 0
        level = heading or self._heading
        kind: BlockKind = "paragraph"
        if level:
            kind = "heading"
        elif is_signature(one_line(text)):
            kind = "signature"
        elif item or self._items:
            kind = "list_item"
        self._builder.add(text, kind, level=level, quotation=self._quotation)


def _heading_level(element: Element) -> int:
    """Return 1 to 6 for a heading, 0 for anything else."""
    if element.tag == "head":
        return _HEADINGS.get(str(element.get("rend")), 2)
    return _HEADINGS.get(str(element.tag), 0)


def _is_data(row: Element) -> bool:
    """Tell a row of data from one that a page uses for its layout."""
    return next(row.iter(*_LAYOUT), None) is None and all(
        sum(1 for _ in cell.iter("p")) < 2 for cell in row if cell.tag in _CELLS
    )


def _article(root: HtmlElement) -> Element | None:
    """Return trafilatura's tree of the article; None when it holds little of the page, or not as the page has it."""
    import trafilatura  # noqa: PLC0415 - late: half a second, and other readers share this module

    found = trafilatura.bare_extraction(root, include_comments=False, include_links=True, include_formatting=False)
    body = getattr(found, "body", None)
    if body is None:
        return None
    page, article = _ink(flat_text(root)), TextBuilder()
    add_blocks(article, body)
    text = article.text
    if len(text) < _ARTICLE_LENGTH or len(_ink(text)) < _ARTICLE_SHARE * len(page):
        return None
    return body if _is_verbatim((text[block.start : block.end] for block in article.blocks), page) else None


def _is_verbatim(pieces: Iterable[str], page: str) -> bool:
    """Tell whether each of `pieces` stands in `page`, white space aside."""
    at = 0
    for piece in map(_ink, pieces):
        # Nearly always the next one is found further on; searching from the start each time takes minutes.
        found = page.find(piece, at)
        if found < 0:
            found = page.find(piece)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _ink(text: str) -> str:
    return "".join(remove_invisible(text)[0].split())


def _metadata(root: Element) -> _Facts:
    """Return title, author, publisher, dates and address as the page states them; nothing is guessed."""
    meta = _meta_tags(root)
    stated = _linked_data(root)
    heading, title = root.find(".//h1"), root.find(".//title")
    titles = [
        meta.get("og:title"),
        stated.get("headline"),
        None if heading is None else flat_text(heading),
        None if title is None else flat_text(title),
    ]
    authors = [_names(stated.get("author")), meta.get("author"), meta.get("article:author")]
    canonical = [link.get("href") for link in root.iter("link") if str(link.get("rel")).lower() == "canonical"]
    addresses = [*canonical, meta.get("og:url")]
    published = [meta.get("article:published_time"), stated.get("datePublished"), meta.get("datepublished")]
    modified = [meta.get("article:modified_time"), stated.get("dateModified"), meta.get("datemodified")]
    return {
        "title": _first(_line(title) for title in titles) or "",
        "author": _first(name for author in authors if (name := _line(author)) and web_address(name) is None),
        "publisher": _line(meta.get("og:site_name")),
        "published": _first(map(iso_date, published)),
        "modified": _first(map(iso_date, modified)),
        "url": _first(web_address(str(address)) for address in addresses if address),
    }


def _meta_tags(root: Element) -> dict[str, str]:
    """Return the first content of each meta tag by its property, name or itemprop, in lower case."""
    contents: dict[str, str] = {}
    for tag in root.iter("meta"):
        key = tag.get("property") or tag.get("name") or tag.get("itemprop")
        if key and (content := tag.get("content")):
            contents.setdefault(str(key).lower(), str(content))
    return contents


def _linked_data(root: Element) -> dict[str, Any]:
    """Return the page's own object of its JSON-LD: the first article, else the first thing with a date."""
    dated = [thing for thing in _linked_things(root) if "datePublished" in thing]
    articles = [thing for thing in dated if re.search("Article|Posting|Report", str(thing.get("@type")))]
    return next(iter(articles or dated), {})


def _linked_things(root: Element) -> Iterator[dict[str, Any]]:
    for script in root.iter("script"):
        if script.get("type") != "application/ld+json":
            continue
        try:
            waiting = deque([json.loads(script.text or "", strict=False)])
        except (ValueError, RecursionError):
            continue
        while waiting:
            thing = waiting.popleft()
            if isinstance(thing, dict):
                yield thing
                waiting += thing["@graph"] if isinstance(thing.get("@graph"), list) else []
            elif isinstance(thing, list):
                waiting += thing


def _names(author: object) -> str | None:
    """Return the names in JSON-LD's author: a text, an object with a name, or a list of either."""
    if isinstance(author, list):
        return ", ".join(name for one in author if (name := _names(one))) or None
    if isinstance(author, dict):
        return _names(author.get("name"))
    return author if isinstance(author, str) else None


def _line(text: object) -> str | None:
    return (one_line(text) or None) if isinstance(text, str) else None


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)
