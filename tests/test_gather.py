from __future__ import annotations

import io
import json
import sqlite3
from typing import TYPE_CHECKING

import pytest
from reportlab.pdfgen.canvas import Canvas
from sites import WordPress, article, giving, local_fetcher, serving

from ingest import site as module
from ingest.catalog import Catalog
from ingest.errors import StoreError
from ingest.gather import Gatherer
from ingest.library import Library
from ingest.site import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sites import Site, Visitor

    from ingest.records import Document, Progress, Receipt

pytest_plugins = ["sites"]
pytestmark = pytest.mark.usefixtures("only_here")

GATES = "The port of Marrow Bay bought twelve gates from Quillon Optics in the spring of that year."
LAMPS = "The pilots of Ostrel bought forty lamps from a chandler in the winter of that year."


@pytest.fixture
def site() -> Iterator[Site]:
    """Return an empty site."""
    with serving() as made:
        yield made


@pytest.fixture
def wordpress(site: Site, monkeypatch: pytest.MonkeyPatch) -> WordPress:
    """Return a site with five posts on three pages."""
    monkeypatch.setattr(module, "_A_PAGE", 2)
    made = WordPress(site)
    for number in range(1, 6):
        made.publish(
            number, f"The port of Marrow Bay bought {number} gates for hikvision in the spring.", f"2021-0{number}-04"
        )
    return made


def gatherer(library: Library, progress: object = None) -> Gatherer:
    return Gatherer(library, local_fetcher(), progress or (lambda _: None))  # type: ignore[arg-type]


def add(library: Library, *addresses: str) -> list[Receipt]:
    return list(gatherer(library).add(addresses))


def add_posts(library: Library, site: Site) -> list[str]:
    return [receipt.status for receipt in gatherer(library).add_posts(site.at("/"), Wanted("hikvision"))]


def added(library: Library, address: str) -> Document:
    (receipt,) = add(library, address)
    assert receipt.status in ("added", "updated"), receipt
    assert receipt.id
    return library.document(receipt.id)


def report(text: str) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.drawString(72, 720, text)
    canvas.save()
    return file.getvalue()


# Pages


def test_an_article_is_added(library: Library, site: Site) -> None:
    """An article is added with the address where it was found, and its original is what was sent."""
    page = article("Gates of Marrow Bay", GATES, article_published_time="2021-05-04", og_site_name="The Ledger")
    site.pages |= {"/old": giving(status=301, Location="/2021/gates?x=1"), "/2021/gates": giving(page)}
    document = added(library, site.at("/old#top"))
    source = document.source
    assert (source.title, source.publisher, source.published) == ("Gates of Marrow Bay", "The Ledger", "2021-05-04")
    assert (source.url, source.name) == (site.at("/2021/gates?x=1"), site.at("/old"))
    assert (library.home / "originals" / source.sha256).read_bytes() == page
    assert GATES in document.text


def test_a_report_keeps_its_address(library: Library, site: Site) -> None:
    """A PDF, which names no address of its own, has the one where it was found, whatever type its server calls it."""
    site.pages["/report.pdf"] = giving(report(GATES), Content_Type="text/plain")
    source = added(library, site.at("/report.pdf")).source
    assert (source.url, source.kind) == (site.at("/report.pdf"), "report")
    assert source.publisher == "lantern.example"


@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
def test_the_encoding_that_a_server_names_counts(library: Library, site: Site, kind: str) -> None:
    """A page is read in the encoding that its server names, and its original, kept as it was sent, is known again."""
    words = "Порт купил двенадцать ворот."
    text = f'<html><head><meta charset="koi8-r"></head><body><p>{words}</p></body></html>'
    data = (words if kind == "text/plain" else text).encode("windows-1251")
    site.pages["/a"] = giving(data, Content_Type=f"{kind}; charset=windows-1251")
    document = added(library, site.at("/a"))
    assert document.text == words
    assert (library.home / "originals" / document.source.sha256).read_bytes() == data
    (again,) = add(library, site.at("/a"))
    assert (again.status, again.id) == ("unchanged", document.source.id)


def test_a_page_of_the_same_site_names_its_address(library: Library, site: Site) -> None:
    """The address that a page calls its own counts, if it is of the host that the page came from."""
    site.pages["/a"] = giving(article("Gates", GATES, og_url=site.at("/gates")))
    assert added(library, site.at("/a?from=here")).source.url == site.at("/gates")


def test_no_page_passes_for_another_sites(library: Library, site: Site) -> None:
    """A page that calls itself another site's article is kept under the address where it was, and replaces nothing."""
    other = "https://ledger.example/2021/gates"
    true = f"---\nurl: {other}\nmodified: 2021-05-04\n---\n\n{GATES}\n".encode()
    (receipt,) = library.add("gates.md", true)
    site.pages["/forged"] = giving(article("Gates", LAMPS, og_url=other, article_modified_time="2031-01-01"))
    assert added(library, site.at("/forged")).source.url == site.at("/forged")
    assert receipt.id
    assert library.document(receipt.id).source.status == "current"


def test_a_list_of_another_sites_posts(library: Library, site: Site) -> None:
    """A file of several posts is added only if all say that they are of the host that it came from."""
    posts = [
        {"title": {"rendered": name}, "content": {"rendered": f"<p>{body}</p>"}, "link": site.at(f"/{name}")}
        for name, body in (("gates", GATES), ("lamps", LAMPS))
    ]
    site.pages["/own"] = giving(json.dumps(posts).encode())
    assert [receipt.status for receipt in add(library, site.at("/own"))] == ["added", "added"]
    posts[1]["link"] = "https://ledger.example/lamps"
    site.pages["/mixed"] = giving(json.dumps(posts).encode())
    (receipt,) = add(library, site.at("/mixed"))
    assert receipt.status == "failed"
    assert "Add each by its own address" in (receipt.error or "")


def test_what_did_not_change_is_not_sent_again(library: Library, site: Site) -> None:
    """A page that its server says is unchanged is not fetched again; one that changed is its new version."""
    page = giving(article("Gates", GATES), ETag='"one"')

    def conditional(visitor: object) -> None:
        known = visitor.headers.get("If-None-Match") == '"one"'  # type: ignore[attr-defined]
        (giving(status=304) if known else page)(visitor)  # type: ignore[arg-type]

    site.pages["/a"] = conditional
    first = added(library, site.at("/a"))
    for _ in range(2):
        (again,) = add(library, site.at("/a"))
        assert (again.status, again.id, again.passages) == ("unchanged", first.source.id, 1)
        assert site.heads[-1]["if-none-match"] == '"one"'
    site.pages["/a"] = giving(article("Gates", LAMPS), ETag='"two"')
    (new,) = add(library, site.at("/a"))
    assert (new.status, new.replaces) == ("updated", first.source.id)


def test_a_page_without_marks_of_change(library: Library, site: Site) -> None:
    """A page whose server does not tell changes is fetched again, and known by its text, whatever surrounds it."""
    site.pages["/a"] = giving(article("Gates", GATES))
    added(library, site.at("/a"))
    site.pages["/a"] = giving(article("Gates", GATES) + b"<!-- token 4711 -->")
    assert [receipt.status for receipt in add(library, site.at("/a"))] == ["unchanged"]


def test_removed_is_forgotten(library: Library, site: Site) -> None:
    """What is removed leaves no address behind, and is fetched as new when it is asked for again."""
    site.pages["/secret-name"] = giving(article("Gates", GATES), ETag='"one"')
    document = added(library, site.at("/secret-name"))
    assert library.catalog.visit(site.at("/secret-name")) is not None
    library.remove(document.source.id)
    assert library.catalog.visit(site.at("/secret-name")) is None
    assert b"secret-name" not in (library.home / "catalog.sqlite3").read_bytes()
    assert added(library, site.at("/secret-name")).source.id == document.source.id
    assert "if-none-match" not in site.heads[-1]


def test_a_failure_harms_no_other(library: Library, site: Site) -> None:
    """An address that cannot be fetched or read fails by name, and the others are added."""
    site.pages |= {"/a": giving(article("Gates", GATES)), "/png": giving(b"\x89PNG\r\n\x1a\n" + b"x" * 40)}
    gone, picture, none = site.at("/gone"), site.at("/png"), "http://me:pw@lantern.example/"
    receipts = add(library, gone, picture, none, "http://10.0.0.1/", site.at("/a"))
    assert [receipt.status for receipt in receipts] == ["failed"] * 4 + ["added"]
    errors = [receipt.error or "" for receipt in receipts]
    assert f"{gone}: the server answers 404" in errors[0]
    assert f"{picture} seems to be a PNG picture" in errors[1]
    assert "pw" not in errors[2] + receipts[2].name
    assert "10.0.0.1 is this machine, one of a private network" in errors[3]


def fails_for(what: str, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a method of the catalog fail for whatever names something."""
    whole = getattr(Catalog, method)

    def failing(self: Catalog, of: object) -> object:
        if what in str(of):
            raise StoreError(f"The disk is full, for {what}.")
        return whole(self, of)

    monkeypatch.setattr(Catalog, method, failing)


@pytest.mark.parametrize("method", ["visit", "note_visit"])
def test_a_failure_of_the_store_harms_no_other(
    library: Library, site: Site, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """An address that the store fails for fails by name, what was added is said, and the others are added."""
    site.pages |= {"/a": giving(article("Gates", GATES)), "/b": giving(article("Lamps", LAMPS))}
    with monkeypatch.context() as now:
        fails_for("/a", method, now)
        receipts = add(library, site.at("/a"), site.at("/b"))
    before = ["added"] if method == "note_visit" else []
    assert [receipt.status for receipt in receipts] == [*before, "failed", "added"]
    assert (receipts[-2].name, receipts[-2].error) == (site.at("/a"), "The disk is full, for /a.")
    assert len(library.entries()) == len(before) + 1
    assert {receipt.status for receipt in add(library, site.at("/a"), site.at("/b"))} <= {"added", "unchanged"}
    assert len(library.entries()) == 2


def test_a_document_that_goes_meanwhile(library: Library, site: Site) -> None:
    """A document that is removed while its address is asked again is one failure that says so."""
    site.pages |= {"/a": giving(article("Gates", GATES), ETag='"one"'), "/b": giving(article("Lamps", LAMPS))}
    document = added(library, site.at("/a"))

    def removing(visitor: Visitor) -> None:
        library.remove(document.source.id)
        visitor.answer(status=304)

    site.pages["/a"] = removing
    receipts = add(library, site.at("/a"), site.at("/b"))
    assert [receipt.status for receipt in receipts] == ["failed", "added"]


def test_a_store_of_before_is_added_to(tmp_path: object, library: Library, site: Site) -> None:
    """A store that was made before addresses were remembered learns to."""
    home = library.home
    library.close()
    with sqlite3.connect(home / "catalog.sqlite3") as before:
        before.execute("DROP TABLE visits")
    before.close()
    site.pages["/a"] = giving(article("Gates", GATES))
    with Library(home, library.embedder, library.names) as opened:
        added(opened, site.at("/a"))
        assert opened.catalog.visit(site.at("/a")) is not None


# Sites


def test_a_site_is_added(library: Library, site: Site, wordpress: WordPress) -> None:
    """Each post is a document with its link as its address, and its original is what the site gave for it alone."""
    assert add_posts(library, site) == ["added"] * 5
    assert wordpress.fetched() == ["1", "2", "3", "4", "5"]
    first = library.entries()[0].source
    assert (first.title, first.url, first.published) == ("Post 1", site.at("/2021/post-1/"), "2021-01-04T10:00:00")
    original = json.loads((library.home / "originals" / first.sha256).read_bytes())
    assert original == wordpress.posts[1]


def test_an_unchanged_post_is_not_fetched(library: Library, site: Site, wordpress: WordPress) -> None:
    """Of posts that are here only those are fetched that are new, changed, or were removed."""
    add_posts(library, site)
    wordpress.publish(2, "Corrected: the port of Marrow Bay bought no gates for hikvision.", "2021-02-04", "2021-09-09")
    wordpress.publish(6, "The port of Marrow Bay bought a lamp for hikvision.", "2021-06-04")
    library.remove(library.entries()[3].source.id)
    before = len(wordpress.fetched())
    assert add_posts(library, site) == ["unchanged", "updated", "unchanged", "added", "unchanged", "added"]
    assert wordpress.fetched()[before:] == ["2", "4", "6"]
    assert add_posts(library, site) == ["unchanged"] * 6
    assert len(wordpress.fetched()) == before + 3


@pytest.mark.parametrize("stop_at", [1, 3, 5])
def test_an_interruption_is_gone_on_from(library: Library, site: Site, wordpress: WordPress, stop_at: int) -> None:
    """What was added before an interruption is not fetched again, and nothing is left out."""
    fetching = 0

    def stop(progress: Progress) -> None:
        nonlocal fetching
        fetching += progress.step == "fetching"
        if fetching == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(gatherer(library, stop).add_posts(site.at("/"), Wanted("hikvision")))
    home = library.home
    library.close()
    with Library(home, library.embedder, library.names) as opened:
        assert add_posts(opened, site) == ["unchanged"] * (stop_at - 1) + ["added"] * (6 - stop_at)
    assert wordpress.fetched() == ["1", "2", "3", "4", "5"]


def test_a_site_that_fails_is_left(library: Library, site: Site, wordpress: WordPress) -> None:
    """A post that fails is left out, and a site that fails three times in a row is left, to be gone on with later."""
    site.pages["/wp-json/wp/v2/posts/1"] = giving(status=404)
    for number in (3, 4, 5):
        site.pages[f"/wp-json/wp/v2/posts/{number}"] = giving(status=500)
    wordpress.publish(6, "The port of Marrow Bay bought 6 gates for hikvision.", "2021-06-04")
    receipts = list(gatherer(library).add_posts(site.at("/"), Wanted("hikvision")))
    assert [receipt.status for receipt in receipts] == ["failed", "added", "failed", "failed", "failed", "failed"]
    assert "3 posts in a row failed, and 1 posts are left" in (receipts[-1].error or "")
    for number in range(1, 6):
        wordpress.publish(number, wordpress.posts[number]["content"]["rendered"], f"2021-0{number}-04")
    assert add_posts(library, site) == ["added", "unchanged", *["added"] * 4]


def test_a_site_is_left_when_the_store_fails(
    library: Library, site: Site, wordpress: WordPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A post that the store fails for is left out; where it fails three times in a row, the site is left."""
    with monkeypatch.context() as now:
        fails_for("posts/2", "visit", now)
        assert add_posts(library, site) == ["added", "failed", "added", "added", "added"]
    wordpress.publish(6, "The port of Marrow Bay bought 6 gates for hikvision.", "2021-06-04")
    with monkeypatch.context() as now:
        fails_for("posts/", "visit", now)
        assert add_posts(library, site) == ["failed"] * 4
    assert add_posts(library, site) == ["unchanged", "added", "unchanged", "unchanged", "unchanged", "added"]


def test_no_site_is_a_failure(library: Library, site: Site) -> None:
    """What is no WordPress site, or has no such post, is one failed receipt that says so."""
    site.pages["/"] = giving(article("Front", LAMPS))
    (receipt,) = gatherer(library).add_posts(site.at("/"), Wanted("hikvision"))
    assert "shows no REST interface" in (receipt.error or "")
    WordPress(site)
    (receipt,) = gatherer(library).add_posts(site.at("/"), Wanted("hikvision"))
    assert "has no post for 'hikvision'" in (receipt.error or "")


def test_too_long_a_list_adds_none(
    library: Library, site: Site, wordpress: WordPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a list that is longer than is taken at once no post is fetched."""
    monkeypatch.setattr(module, "_MOST_PAGES", 2)
    (receipt,) = gatherer(library).add_posts(site.at("/"), Wanted("hikvision"))
    assert "lists 3 pages of posts" in (receipt.error or "")
    assert wordpress.fetched() == []
