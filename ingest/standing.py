"""What a file that comes is to what a store holds: whether it is here already, and whether it comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.identity import canonical_url

if TYPE_CHECKING:
    from ingest.catalog import Catalog
    from ingest.records import Document, Source


def standing(catalog: Catalog, sha256: str, name: str, fetched_from: str) -> list[Source]:
    """Return the current documents that stand for a file, one for each in it; none where it has to be read.

    `fetched_from` is empty for a file of this machine. What was fetched is a duplicate of one without an address.
    """
    number = catalog.file_holds(sha256)
    here = [source for source in catalog.by_original(sha256) if source.status == "current"]
    if number == 1:
        return _of_one(catalog, here, name, fetched_from)
    fit = [source for source in here if source.url or (not fetched_from and source.name == name)]
    return fit if len(fit) == number else []


def _of_one(catalog: Catalog, here: list[Source], name: str, fetched_from: str) -> list[Source]:
    """Return what stands for a file of one document, which may have come by several addresses and names."""
    placed = [source for source in here if source.url]
    if not fetched_from:
        return [source for source in here if not source.url and source.name == name][:1] or placed[:1]
    canonical = canonical_url(fetched_from)
    own = [source for source in placed if canonical_url(source.url or "") == canonical]
    # What an address gave before is another text: that of the file replaces it there, wherever else it is, too.
    return own or ([] if catalog.has_address(canonical) else (placed or here)[:1])


def twin_of(catalog: Catalog, document: Document) -> Source | None:
    """Return the document that holds the text of another already, which then is its duplicate; None where none does.

    What comes from an address is one only of the same file, added without it, and while nothing else is known of that
    address. The file's own document stays as it is, as what quotes it says; it outlasts what the address gives later.
    """
    source = document.source
    if source.url and catalog.has_address(canonical_url(source.url)):
        return None
    twin = catalog.same_text(document.text)
    if twin is None or twin.id == source.id or (source.url and twin.sha256 != source.sha256):
        return None
    return twin


def comes_back(catalog: Catalog, source: Source) -> bool:
    """Tell whether an older text of an address, which was fetched from it, is its current one again.

    It is unless it says itself that it is older: then it may be what a server kept too long.
    """
    known = catalog.source(source.id)
    if known.status == "current":
        return False
    newest = catalog.newest_change(canonical_url(source.url or ""), source.id)
    return source.modified is None or source.modified >= newest
