"""Questions to begin with, drawn from the collection: about the firms that it says most of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.library import Library

_ABOUT = "What do I have on {}?"
_INVOLVED = "What is {}'s involvement?"


def suggestions(library: Library, most: int = 4) -> list[str]:
    """Return at most `most` questions about the listed firms that most documents name; none of an empty collection."""
    firms = library.names.reported_on
    named = [firms[firm].name for firm in library.catalog.firms_most_named() if firm in firms]
    templates = (_INVOLVED, _INVOLVED, _INVOLVED, _ABOUT)
    return [template.format(name) for template, name in zip(templates, named, strict=False)][:most]
