"""Adds what stands at addresses: fetched, read and remembered, so that what did not change is not fetched again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.errors import DossierError
from ingest.reach import shown, target_of
from ingest.read import ReadingProcess
from ingest.records import Progress, Receipt, Visit
from ingest.site import posts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ingest.fetch import Fetcher
    from ingest.library import Library
    from ingest.site import Post, Wanted

# So many posts that fail in a row are the failure of the site, the connection or the disk.
_FAILURES = 3


class Gatherer:
    """Adds what it fetches to a library. Every document is kept before the next is fetched: it can be interrupted."""

    def __init__(self, library: Library, fetcher: Fetcher, progress: Callable[[Progress], None]) -> None:
        """Take where to add, what fetches, and whom to tell."""
        self._library = library
        self._fetcher = fetcher
        self._progress = progress

    def add(self, addresses: Iterable[str]) -> Iterator[Receipt]:
        """Add the article or report at each address; yield a receipt a document, or one that says why it failed."""
        with ReadingProcess() as reading:
            for address in addresses:
                try:
                    url = target_of(address).url
                    yield from self._added(reading, url, url)
                except DossierError as error:
                    yield _failed(shown(address), error)

    def add_posts(self, site: str, wanted: Wanted) -> Iterator[Receipt]:
        """Add the posts of a WordPress site that are new or changed; yield a receipt a post, or why it ended."""
        failures = 0
        try:
            self._progress(Progress(site, "listing"))
            # All of it first: what is fetched afterwards may take hours, in which the pages of the list shift.
            listed = list(posts(self._fetcher, site, wanted))
        except DossierError as error:
            yield _failed(shown(site), error)
            return
        with ReadingProcess() as reading:
            for number, post in enumerate(listed):
                try:
                    yield from self._added_post(reading, post)
                    failures = 0
                except DossierError as error:
                    failures += 1
                    yield _failed(post.link, error)
                if failures == _FAILURES:
                    left = len(listed) - number - 1
                    why = f"{_FAILURES} posts in a row failed, and {left} posts are left. Run the same command later."
                    yield Receipt(None, site, "failed", error=f"{site}: {why}")
                    return

    def _added_post(self, reading: ReadingProcess, post: Post) -> Iterator[Receipt]:
        visit = self._library.catalog.visit(post.address)
        if visit is not None and visit.changed == post.changed:
            yield self._library.receipt("unchanged", visit.document_id, post.link)
        else:
            yield from self._added(reading, post.address, post.link, post.changed)

    def _added(self, reading: ReadingProcess, address: str, name: str, changed: str | None = None) -> Iterator[Receipt]:
        self._progress(Progress(name, "fetching"))
        visit = self._library.catalog.visit(address)
        fetched = self._fetcher.get(address, visit)
        if fetched.unchanged and visit is not None:
            self._library.catalog.note_visit(replace(visit, changed=changed))
            yield self._library.receipt("unchanged", visit.document_id, name)
            return
        receipts = list(self._library.add_files([(name, lambda: fetched)], self._progress, reading=reading))
        problem: DossierError | None = None
        # Of several documents one could be removed later, and would not be fetched again.
        if len(receipts) == 1 and (document_id := receipts[0].id) is not None:
            marks = (fetched.headers.get("etag"), fetched.headers.get("last-modified"))
            try:
                self._library.catalog.note_visit(Visit(address, document_id, fetched.url, *marks, changed))
            except DossierError as error:
                problem = error
        # What was added is said all the same; without its visit it is only fetched once more.
        yield from receipts
        if problem is not None:
            raise problem


def _failed(name: str, error: DossierError) -> Receipt:
    return Receipt(None, name, "failed", error=str(error))
