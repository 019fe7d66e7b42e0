from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sites import giving, local_fetcher, serving
from stores import GATES, LAMPS, add, check_consistent, originals, said

from ingest.gather import Gatherer
from ingest.records import Fetched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sites import Site

    from ingest.library import Library
    from ingest.records import Receipt

pytest_plugins = ["sites"]
pytestmark = pytest.mark.usefixtures("only_here")

HERE = "https://lantern.example/report.txt"
ARCHIVE = "https://lantern.example/report-2019.txt"


@pytest.fixture
def site() -> Iterator[Site]:
    """Return an empty site."""
    with serving() as made:
        yield made


def fetch(library: Library, url: str, data: bytes) -> Receipt:
    (receipt,) = library.add_files([(url, lambda: Fetched(url, data))])
    return receipt


def gather(library: Library, address: str) -> Receipt:
    (receipt,) = Gatherer(library, local_fetcher(), lambda _: None).add([address])
    return receipt


def nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.library.ReadingProcess.read", lambda *_: pytest.fail("it is read anew"))


# A text that a newer one replaced at its address


def test_a_replaced_text_is_found_at_its_new_address(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes of a superseded version, fetched from another address, are current there, and known there again."""
    old = fetch(library, HERE, GATES)
    new = fetch(library, HERE, LAMPS)
    assert new.replaces == old.id
    moved = fetch(library, ARCHIVE, GATES)
    assert (moved.status, moved.replaces, moved.passages) == ("added", None, 1)
    assert library.document(str(moved.id)).source.url == ARCHIVE
    assert said(library, "pilots") == {moved.id}
    assert said(library, "lamps") == {new.id}
    nothing_is_read(monkeypatch)
    assert (fetch(library, ARCHIVE, GATES).status, fetch(library, ARCHIVE, GATES).id) == ("unchanged", moved.id)
    check_consistent(library)


def test_a_replaced_text_is_found_under_a_name(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes of a superseded version, added as a file of this machine, are a current document of that name."""
    fetch(library, HERE, GATES)
    fetch(library, HERE, LAMPS)
    mine = add(library, "mine.txt", GATES)
    assert (mine.status, mine.passages) == ("added", 1)
    assert said(library, "pilots") == {mine.id}
    nothing_is_read(monkeypatch)
    assert add(library, "mine.txt", GATES).status == "unchanged"
    check_consistent(library)


def test_what_stood_at_two_addresses_outlasts_one(library: Library, site: Site) -> None:
    """An address whose text stood at another, and was replaced there, is asked for all of it, and keeps it."""

    def conditional(visitor: object) -> None:
        known = visitor.headers.get("If-None-Match") == '"old"'  # type: ignore[attr-defined]
        giving(b"" if known else GATES, 304 if known else 200, ETag='"old"', Content_Type="text/plain")(visitor)  # type: ignore[arg-type]

    site.pages |= {"/report": conditional, "/report-2019": conditional}
    first = gather(library, site.at("/report"))
    other = gather(library, site.at("/report-2019"))
    assert (other.status, other.id) == ("unchanged", first.id)
    site.pages["/report"] = giving(LAMPS, Content_Type="text/plain")
    assert gather(library, site.at("/report")).replaces == first.id
    kept = gather(library, site.at("/report-2019"))
    assert (kept.status, kept.passages) == ("added", 1)
    assert said(library, "pilots") == {kept.id}
    assert gather(library, site.at("/report-2019")).status == "unchanged"
    assert site.heads[-1]["if-none-match"] == '"old"'
    check_consistent(library)


def test_one_file_at_passing_addresses_is_one_document(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes of a current document are unchanged wherever they are fetched from, as by a signed address."""
    first = fetch(library, HERE, GATES)
    nothing_is_read(monkeypatch)
    again = fetch(library, f"{HERE}?signature=2", GATES)
    assert (again.status, again.id) == ("unchanged", first.id)


def test_a_text_of_another_address_replaces(library: Library) -> None:
    """An address that gives what is current at another has it as its own newer text."""
    other, old = fetch(library, ARCHIVE, GATES), fetch(library, HERE, LAMPS)
    new = fetch(library, HERE, GATES)
    assert (new.status, new.replaces) == ("updated", old.id)
    assert said(library, "pilots") == {new.id, other.id}
    assert said(library, "lamps") == set()


def test_a_removal_leaves_the_same_file_known(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that came by two ways is known by the one when the document of the other is removed."""
    old = fetch(library, HERE, GATES)
    fetch(library, HERE, LAMPS)
    mine = add(library, "mine.txt", GATES)
    library.remove(str(old.id))
    assert len(originals(library)) == 1
    nothing_is_read(monkeypatch)
    assert (add(library, "mine.txt", GATES).status, said(library, "pilots")) == ("unchanged", {mine.id})
    check_consistent(library)


def test_a_list_with_a_replaced_post_is_read(library: Library) -> None:
    """Of a list of posts each has its receipt again, also when one of them was replaced since."""
    posts = [
        {
            "date": "2021-05-04T00:00:00",
            "modified": "2021-05-04T00:00:00",
            "link": f"https://lantern.example/{number}",
            "title": {"rendered": f"Gates {number}"},
            "content": {"rendered": f"<p>The port bought {number} gates.</p>"},
        }
        for number in (1, 2)
    ]
    data = json.dumps(posts).encode()
    kept = library.add("posts.json", data)
    corrected = posts[0] | {"modified": "2021-06-04T00:00:00", "content": {"rendered": "<p>It bought none.</p>"}}
    new = add(library, "post.json", json.dumps(corrected).encode())
    assert new.replaces == kept[0].id
    again = library.add("posts.json", data)
    assert [(one.status, one.id) for one in again] == [("unchanged", one.id) for one in kept]
    assert said(library, "none") == {new.id}
    check_consistent(library)


# A file that was added without its address


def test_a_file_that_is_fetched_too_is_one_document(
    library: Library, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was added and then is fetched is its duplicate, is not read for that, and stays as it was told."""
    mine = add(library, "mine.txt", GATES)
    told = library.document(str(mine.id)).source
    site.pages["/report"] = giving(GATES, Content_Type="text/plain", ETag='"one"')
    nothing_is_read(monkeypatch)
    for _ in range(2):
        copy = gather(library, site.at("/report"))
        assert (copy.status, copy.id, copy.duplicate_of) == ("duplicate", mine.id, mine.id)
    assert add(library, "mine.txt", GATES).status == "unchanged"
    assert [entry.source for entry in library.entries()] == [told]
    site.pages["/report"] = giving(status=304)
    assert gather(library, site.at("/report")).id == mine.id
    check_consistent(library)


def test_a_fetched_file_that_is_added_too_is_one_document(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was fetched and then is added is unchanged."""
    first = fetch(library, HERE, GATES)
    nothing_is_read(monkeypatch)
    assert (add(library, "mine.txt", GATES).status, add(library, "mine.txt", GATES).id) == ("unchanged", first.id)


def test_an_added_file_outlasts_its_address(library: Library) -> None:
    """What an address gives after a text that was added as a file is a document beside it, and replaces it nowhere."""
    mine = add(library, "mine.txt", GATES)
    fetch(library, HERE, GATES)
    new = fetch(library, HERE, LAMPS)
    assert (new.status, new.replaces) == ("added", None)
    assert (said(library, "pilots"), said(library, "lamps")) == ({mine.id}, {new.id})
    check_consistent(library)


def test_an_address_with_an_older_text_is_not_left_with_it(library: Library) -> None:
    """An address that gives what was added as a file has it as its newer text, so that its older one is not quoted."""
    mine = add(library, "mine.txt", GATES)
    old = fetch(library, HERE, LAMPS)
    new = fetch(library, HERE, GATES)
    assert (new.status, new.replaces) == ("updated", old.id)
    assert (said(library, "pilots"), said(library, "lamps")) == ({mine.id, new.id}, set())
    check_consistent(library)


def test_a_file_read_twice_at_once_is_one_document(library: Library) -> None:
    """A file that is fetched while it is added is its duplicate, though it was read before that was known."""
    files = [("mine.txt", lambda: GATES), (HERE, lambda: Fetched(HERE, GATES))]
    assert [one.status for one in library.add_files(files)] == ["added", "duplicate"]
    assert len(library.entries()) == 1


def test_a_page_that_tells_more_than_its_copy_is_added(library: Library) -> None:
    """A fetched page is a document beside a file with the same text, where the file does not say what the page says."""
    text = "The port of Marrow Bay bought twelve gates in the spring of that year."
    copy = add(library, "copy.txt", text.encode())
    told = f"---\nauthor: Ines Okoro\npublished: 2021-05-04\n---\n\n{text}\n".encode()
    new = fetch(library, HERE, told)
    assert library.document(str(new.id)).text == text
    assert (new.status, said(library, "gates")) == ("added", {copy.id, new.id})
