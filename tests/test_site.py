from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import HOST, WordPress, article, giving, local_fetcher, serving

from ingest import site as module
from ingest.errors import FetchError
from ingest.records import Fetched
from ingest.site import Wanted, posts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sites import Site

pytest_plugins = ["sites"]
pytestmark = pytest.mark.usefixtures("only_here")

REST = "/wp-json/wp/v2/posts"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Return a site whose lists have two posts a page."""
    monkeypatch.setattr(module, "_A_PAGE", 2)
    with serving() as made:
        yield made


@pytest.fixture
def wordpress(site: Site) -> WordPress:
    """Return a site with five posts, of which two name Hikvision."""
    made = WordPress(site)
    for number, (day, body) in enumerate(
        [
            ("2018-12-31", "Hikvision won."),
            ("2019-01-01", "Lamps."),
            ("2019-06-01", "Gates."),
            ("2020-12-31", "Radios."),
            ("2021-01-01", "Hikvision lost."),
        ],
        1,
    ):
        made.publish(number, body, day)
    return made


def numbers(site: Site, wanted: Wanted, address: str = "/") -> list[str]:
    found = posts(local_fetcher(), site.at(address), wanted)
    return [post.address.partition("?")[0].rpartition("/")[2] for post in found]


def refused(site: Site, wanted: Wanted = Wanted(since="2019-01-01")) -> str:  # noqa: B008 - it is frozen
    with pytest.raises(FetchError) as error:
        list(posts(local_fetcher(), site.at("/"), wanted))
    return str(error.value)


@pytest.mark.usefixtures("wordpress")
def test_every_page_of_the_list_is_read(site: Site) -> None:
    """The posts come page by page, the oldest first, and no page is asked for that is not there."""
    assert numbers(site, Wanted(since="2000-01-01")) == ["1", "2", "3", "4", "5"]
    assert len(site.asked_for(f"{REST}?")) == 3


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted("hikvision"), "15"),
        (Wanted(since="2019-01-01"), "2345"),
        (Wanted(until="2020-12-31"), "1234"),
        (Wanted(since="2019-01-01", until="2019-01-01"), "2"),
        (Wanted("Hikvision", "2019-01-01", "2021-01-01"), "5"),
        (Wanted(None, "0001-01-01", "9999-12-31"), "12345"),
    ],
)
@pytest.mark.usefixtures("wordpress")
def test_posts_are_chosen(site: Site, wanted: Wanted, found: str) -> None:
    """Posts are chosen by the site's own search and by inclusive days."""
    assert numbers(site, wanted) == list(found)


def test_a_list_that_tells_no_number_of_pages(site: Site) -> None:
    """Where a site does not say how many pages there are, the last is not full, or has none after it."""
    wordpress = WordPress(site, says_pages=False)
    for number in range(1, 5):
        wordpress.publish(number, "Lamps.")
        assert numbers(site, Wanted("lamps")) == [str(one) for one in range(1, number + 1)]


def test_a_post_is_named_once(site: Site) -> None:
    """A post that a list names twice, as it does when it shifts, is one; a list that repeats itself has an end."""
    same = json.dumps([{"id": 7, "modified_gmt": "2021", "link": site.at("/7")}] * 2).encode()
    site.pages |= {"/": giving(Link=f'<{site.at("/wp-json/")}>; rel="https://api.w.org/"'), REST: giving(same)}
    assert numbers(site, Wanted("x")) == ["7"]


@pytest.mark.usefixtures("wordpress")
def test_too_many_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list longer than is taken at once is refused with what to do, before another page of it is asked for."""
    monkeypatch.setattr(module, "_MOST_PAGES", 2)
    assert "lists 3 pages of posts since 2000-01-01; at most 2" in refused(site, Wanted(since="2000-01-01"))
    assert len(site.asked_for(f"{REST}?")) == 1


@pytest.mark.parametrize(
    "header", ['<{}>; rel="https://api.w.org/"', "</x>; rel=next, <{}>; title=a; rel=https://api.w.org/"]
)
@pytest.mark.parametrize("root", ["/wp-json/", "/blog/index.php?rest_route=/"])
def test_a_site_is_found_by_what_it_announces(site: Site, header: str, root: str) -> None:
    """The REST interface is where the site's Link header says, behind a question mark too."""
    site.pages["/"] = giving(article("Front", "News."), Link=header.format(site.at(root)))
    listed = giving(b'[{"id": 7, "modified_gmt": "2021-05-04T08:00:00", "link": "https://ledger.example/7"}]')
    site.pages |= {REST: listed, "/blog/index.php": listed}
    (post,) = posts(local_fetcher(), site.at("/"), Wanted("x"))
    assert post.address == site.at(f"{root}wp/v2/posts/7{'&' if '?' in root else '?'}_embed=author")
    assert post.link == post.address
    assert site.asked[-1].startswith(f"{root}wp/v2/posts{'&' if '?' in root else '?'}_fields=id%2Cmodified_gmt%2Clink")


@pytest.mark.parametrize(
    ("front", "api", "why"),
    [
        (f"http://{HOST}/", f"http://{HOST}:8080/wp-json/", "to port 8080 where 80, 443 or 80 is usual"),
        (f"http://{HOST}:81/", f"http://{HOST}:82/wp-json/", "to port 82 where 80, 443 or 81 is usual"),
        (f"https://{HOST}/", f"http://{HOST}/wp-json/", "anybody on the way could change it"),
        (f"https://{HOST}/", "ftp://ledger.example/", "leads to an address that is not fetched"),
        (f"https://{HOST}/", "https://me:s3cret@ledger.example/", "leads to an address that is not fetched"),
    ],
)
def test_what_a_site_announces_is_checked(front: str, api: str, why: str) -> None:
    """A site's announcement leads to no other place than a redirect would."""
    fetched: list[str] = []

    class Announcing:
        def get(self, address: str, **_: object) -> Fetched:
            fetched.append(address)
            return Fetched(front, b"[]", {"link": f'<{api}>; rel="https://api.w.org/"'})

    with pytest.raises(FetchError, match=why) as error:
        list(posts(Announcing(), front, Wanted("x")))  # type: ignore[arg-type]
    assert fetched == [front]
    assert str(error.value).startswith(front)
    assert "s3cret" not in str(error.value)


def test_a_site_is_found_at_the_usual_place(site: Site, wordpress: WordPress) -> None:
    """A site that announces nothing is found where the interface usually is, below the address too."""
    site.pages["/"] = giving(article("Front", "News."))
    site.pages["/wp-json/"] = giving(b'{"namespaces": ["oembed/1.0", "wp/v2"]}')
    assert numbers(site, Wanted("hikvision")) == ["1", "5"]
    site.pages["/blog"] = giving(article("Front", "News."))
    site.pages["/blog/wp-json/"] = giving(b'{"namespaces": ["wp/v2"]}')
    site.pages["/blog/wp-json/wp/v2/posts"] = giving(b'[{"id": 7, "modified_gmt": "", "link": ""}]')
    assert numbers(site, Wanted("hikvision"), "/blog") == ["7"]


@pytest.mark.parametrize("about", [None, b"<html>", b"[]", b"{}", b'{"namespaces": null}', b"[" * 100_000])
def test_a_site_of_another_kind(site: Site, about: bytes | None) -> None:
    """What is no WordPress site is said to be none, with what to do instead."""
    site.pages["/"] = giving(article("Front", "News."))
    if about is not None:
        site.pages["/wp-json/"] = giving(about)
    message = refused(site)
    assert "shows no REST interface of WordPress" in message
    assert "without --search, --since and --until" in message


@pytest.mark.usefixtures("wordpress")
def test_nothing_found(site: Site) -> None:
    """Where no post is found, the error says for what."""
    assert "has no post for 'Palantir' since 2019-01-01 until 2019-12-31." in refused(
        site, Wanted("Palantir", "2019-01-01", "2019-12-31")
    )


@pytest.mark.parametrize(
    "listed",
    [b"<html>", b'{"code": "rest_forbidden"}', b"[1]", b'[{"id": true, "modified_gmt": "", "link": ""}]', b"[{}]"],
)
@pytest.mark.usefixtures("wordpress")
def test_a_list_of_another_kind(site: Site, listed: bytes) -> None:
    """What is no list of posts is said to be none."""
    site.pages[REST] = giving(listed)
    assert "Add an article by its own address" in refused(site)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.just("id")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "modified_gmt", "link", "namespaces", "x"]), inner),
    ),
)


@given(st.lists(json_values, max_size=3))
def test_any_list_gives_posts_or_an_error(listed: list[object]) -> None:
    """Whatever a site lists, posts come of it whose addresses are on the site, or an error."""
    with serving() as site:
        WordPress(site)
        site.pages[REST] = giving(json.dumps(listed).encode())
        try:
            found = list(posts(local_fetcher(), site.at("/"), Wanted("x")))
        except FetchError:
            return
        assert all(post.address.startswith(site.at(f"{REST}/")) for post in found)
