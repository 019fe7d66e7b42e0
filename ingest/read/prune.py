"""Takes out of a tree of HTML what is no text of the page: scripts, marks of notes, and what a reader cannot see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

_NO_TEXT = (
    "script style noscript template svg iframe object embed video audio canvas map button select textarea input img "
    "picture"
).split()
# What a page says by its own styles not to show, as text for programs is hidden; style sheets are not read.
_HIDES = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0*\.?0+(?![.\d])|"
    r"opacity\s*:\s*0*\.?0+(?![.\d])|(?:left|top|text-indent)\s*:\s*-\d{3,})",
    re.IGNORECASE,
)
# What holds more of a page's text than this is no hidden piece of it, but shown by a script.
_MOST_HIDDEN = 0.5


def prune(root: Element) -> dict[str, int]:
    """Remove what is no text of the page, set the marks that browsers set around <q>, and count what was left out.

    A note's mark is left out because "in 2010" with note 3 would read "in 20103".
    """
    etree.strip_elements(root, *_NO_TEXT, with_tail=False)
    hidden = list(_hidden(root))
    for element in hidden:
        _remove(element)
    marks = [mark for mark in root.iter("sup") if any(_is_note(link) for link in mark.iter("a"))]
    for mark in marks:
        _remove(mark)
    # trafilatura takes both for block quotations.
    for listing in list(root.iter("pre")):
        listing.tag = "p"
    for quote in list(root.iter("q")):
        quote.tag = "span"
        quote.text = "“" + (quote.text or "")
        quote.tail = "”" + (quote.tail or "")
    return {"note_marks": len(marks), "hidden_pieces": len(hidden)}


def _hidden(root: Element) -> Iterator[Element]:
    """Yield the elements that hold text and are hidden, none of them within another."""
    lengths = _lengths(root)
    known: set[Element] = set()
    for element in lengths.keys() - {root}:
        is_hidden = element.get("hidden", "until-found") != "until-found" or _HIDES.search(element.get("style") or "")
        if is_hidden and 0 < lengths[element] <= _MOST_HIDDEN * lengths[root]:
            known.add(element)
    yield from (element for element in known if known.isdisjoint(element.iterancestors()))


def _lengths(root: Element) -> dict[Element, int]:
    """Return how many letters are in each element."""
    found: dict[Element, int] = {}
    for _, element in etree.iterwalk(root, events=("end",)):
        inner = sum(found.get(child, 0) + len((child.tail or "").strip()) for child in element)
        found[element] = inner + len((element.text or "").strip())
    return found


def _is_note(link: Element) -> bool:
    target = str(link.get("href") or "")
    return target.startswith("#") or "#cite_note" in target or "#_ftn" in target


def _remove(element: Element) -> None:
    """Take `element` out and leave the text after it in its place."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail or ""
    if parent is None:
        return
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)
