from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sites import article as page
from sites import giving, local_fetcher, serving
from stores import URL, Counting, add, article, check_consistent, said

from app.pages.parts import state_of
from app.printed import receipt_line
from ingest.gather import Gatherer
from ingest.records import Fetched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sites import Site

    from ingest.library import Library
    from ingest.records import Receipt

pytest_plugins = ["sites"]
pytestmark = pytest.mark.usefixtures("only_here")

OILED = "The port of Marrow Bay had its twelve gates oiled in the spring of that year."
PAINTED = "The port of Marrow Bay had its twelve gates painted in the winter of that year."


@pytest.fixture
def site() -> Iterator[Site]:
    """Return an empty site."""
    with serving() as made:
        yield made


def gather(library: Library, site: Site, **shown: Any) -> Receipt:
    """Have the site show a page and fetch it."""
    if shown:
        site.pages["/a"] = shown["reply"]
    (receipt,) = Gatherer(library, local_fetcher(), lambda _: None).add([site.at("/a")])
    return receipt


def fetched(library: Library, word: str, **about: str) -> Receipt:
    data = article(f"The gate was {word}.", url=URL, **about)
    (receipt,) = library.add_files([("a.md", lambda: Fetched(URL, data))])
    return receipt


def test_a_page_that_reverts_is_current_again(library: Library, site: Site) -> None:
    """A page that shows its earlier text again is current with it, and when it is unchanged after that."""

    def conditional(visitor: Any) -> None:
        known = visitor.headers.get("If-None-Match") == '"oiled"'
        (giving(status=304) if known else giving(page("Gates", OILED), ETag='"oiled"'))(visitor)

    first = gather(library, site, reply=conditional)
    second = gather(library, site, reply=giving(page("Gates", PAINTED), ETag='"painted"'))
    assert second.replaces == first.id
    back = gather(library, site, reply=conditional)
    assert (back.status, back.id, back.replaces, back.superseded_by) == ("updated", first.id, second.id, None)
    again = gather(library, site)
    assert (again.status, again.id, again.passages) == ("unchanged", first.id, back.passages)
    assert (said(library, "oiled"), said(library, "painted")) == ({first.id}, set())
    check_consistent(library)


def test_what_comes_back_is_what_it_was(library: Library, site: Site) -> None:
    """A text that comes back in other bytes keeps what records of answers say of it, its original included."""
    first = gather(library, site, reply=giving(page("Gates", OILED, article_modified_time="2021-05-04")))
    told = library.document(str(first.id)).source
    gather(library, site, reply=giving(page("Gates", PAINTED)))
    assert library.document(str(first.id)).source.status == "superseded"
    back = gather(library, site, reply=giving(page("Gates", OILED) + b"<!-- token 4711 -->"))
    now = library.document(str(first.id)).source
    assert (back.status, now.status, now.version) == ("updated", "current", 2)
    assert (now.sha256, now.modified, now.title) == (told.sha256, told.modified, told.title)
    check_consistent(library)


def test_a_page_without_a_date_replaces_one_with(library: Library, site: Site) -> None:
    """What was fetched later is current though it names no date of change, and the earlier one named one."""
    dated = giving(page("Gates", OILED, article_modified_time="2021-05-04", article_published_time="2021-05-01"))
    first = gather(library, site, reply=dated)
    second = gather(library, site, reply=giving(page("Gates", PAINTED, article_published_time="2021-05-01")))
    assert (second.status, second.replaces, second.passages > 0) == ("updated", first.id, True)
    assert (said(library, "oiled"), said(library, "painted")) == (set(), {second.id})
    check_consistent(library)


def test_an_undated_text_is_as_new_as_what_it_replaced(library: Library) -> None:
    """A text without a date, fetched after a dated one, is replaced by a later date only."""
    fetched(library, "oiled", modified="2021-02-01")
    live = fetched(library, "painted")
    older = add(library, "b.md", article("The gate was rusted.", url=URL, modified="2021-01-01"))
    assert (older.status, older.passages, older.superseded_by) == ("added", 0, live.id)
    newer = add(library, "c.md", article("The gate was welded.", url=URL, modified="2021-03-01"))
    assert (newer.status, newer.replaces) == ("updated", live.id)
    check_consistent(library)


def test_an_older_date_is_said_to_be_older(library: Library, embedder: Any) -> None:
    """A fetched text that dates itself before the current one is unchanged, named as older, and not embedded anew."""
    first = fetched(library, "oiled", modified="2021-01-01")
    second = fetched(library, "painted", modified="2021-02-01")
    library.embedder = Counting(embedder)
    stale = fetched(library, "oiled", modified="2021-01-01")
    assert (stale.status, stale.id, stale.superseded_by) == ("unchanged", first.id, second.id)
    assert library.embedder.embedded == 0
    assert said(library, "gate") == {second.id}


def test_a_dated_text_replaces_an_undated_one_again(library: Library) -> None:
    """A text whose date is not before that of any other comes back when it is fetched again."""
    first = fetched(library, "oiled", modified="2021-01-01")
    second = fetched(library, "painted")
    assert second.replaces == first.id
    assert (fetched(library, "oiled", modified="2021-01-01").replaces) == second.id
    assert said(library, "gate") == {first.id}
    check_consistent(library)


def test_what_is_current_outlasts_its_correction(library: Library) -> None:
    """A date that is told later of the current text does not bring back an older text of the address."""
    live = fetched(library, "oiled")
    fetched(library, "painted", modified="2021-03-01")
    assert fetched(library, "oiled").id == live.id
    corrected = fetched(library, "oiled", modified="2021-02-01")
    assert (corrected.status, corrected.id, corrected.superseded_by) == ("updated", live.id, None)
    assert said(library, "gate") == {live.id}
    check_consistent(library)


def test_an_older_file_is_said_to_be_older(library: Library) -> None:
    """A receipt of what is not current names what is, in a line of the terminal and on the page."""
    new = add(library, "new.md", article("The gate was painted.", url=URL, modified="2021-02-01"))
    old = add(library, "old.md", article("The gate was oiled.", url=URL, modified="2021-01-01"))
    again = add(library, "old.md", article("The gate was oiled.", url=URL, modified="2021-01-01"))
    for receipt, status in ((old, "added"), (again, "unchanged")):
        assert (receipt.status, receipt.superseded_by, receipt.passages) == (status, new.id, 0)
        line = f"{status}, but {new.id} is newer and is used: old.md ({old.id}; 0 passages)"
        assert receipt_line(receipt) == line
        assert state_of(receipt).endswith("a newer version of it is here and is used")
    assert new.superseded_by is None
