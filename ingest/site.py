"""A WordPress site: found by its REST interface, its posts listed page by page, none of them read yet."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ingest.errors import FetchError
from ingest.identity import host
from ingest.reach import following, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.fetch import Fetcher

# https://developer.wordpress.org/rest-api/using-the-rest-api/discovery/
_ANNOUNCED = re.compile(r'<([^<>]+)>\s*;[^,<]*\brel="?https://api\.w\.org/"?', re.IGNORECASE)
# As many as the interface gives at once: https://developer.wordpress.org/rest-api/using-the-rest-api/pagination/
_A_PAGE = 100
_MOST_PAGES = 100
_MOST_BYTES = 2_000_000
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which posts: those that the site's own search finds, published between two days, inclusive, YYYY-MM-DD."""

    search: str | None = None
    since: str | None = None
    until: str | None = None

    def __str__(self) -> str:
        """Say it as it was written."""
        told = {"for": self.search and repr(self.search), "since": self.since, "until": self.until}
        return "".join(f" {word} {value}" for word, value in told.items() if value)


@dataclass(frozen=True, slots=True)
class Post:
    """A post in a site's list: where its data is fetched, where readers find it, and when it was changed last."""

    address: str
    link: str
    changed: str


def posts(fetcher: Fetcher, site: str, wanted: Wanted) -> Iterator[Post]:
    """Yield the posts of a site, the oldest first; FetchError when it is no WordPress site, or there is none."""
    api = _api(fetcher, site)
    seen: dict[int, Post] = {}
    number, last = 1, 1
    while number <= last:
        listed, told = _page(fetcher, api, wanted, number)
        new = {post["id"]: _post(api, post) for post in listed if post["id"] not in seen}
        seen |= new
        yield from new.values()
        # Some sites do not say how many pages there are: then a full page may have another after it.
        last = told or (number + 1 if len(listed) == _A_PAGE and new else number)
        number += 1
        if last > _MOST_PAGES:
            raise FetchError(
                f"{site} lists {last:,} pages of posts{wanted}; at most {_MOST_PAGES} are taken at once. Give a "
                "narrower --search, or a span of time by --since and --until."
            )
    if not seen:
        raise FetchError(f"{site} has no post{wanted}. Try other words or days, or add an article by its own address.")


def _api(fetcher: Fetcher, site: str) -> str:
    """Return where a site's REST interface begins: as the site announces it, or at the usual place."""
    page = fetcher.get(site)
    announced = _ANNOUNCED.search(page.headers.get("link", ""))
    # What is announced is a redirect in other words, and leads no farther than one.
    location = str(announced[1]) if announced else f"{page.url.partition('?')[0].rstrip('/')}/wp-json/"
    api = following(site, target_of(page.url), location, target_of(site).port).url
    if announced:
        return api
    try:
        about = _json(fetcher.get(api, most=_MOST_BYTES).data, api)
    except FetchError as error:
        why = str(error)
    else:
        if isinstance(about, dict) and "wp/v2" in (about.get("namespaces") or ()):
            return api
        why = f"What stands at {api} does not speak of wp/v2."
    raise FetchError(
        f"{site} shows no REST interface of WordPress, so its posts cannot be searched. Add an article by its own "
        f"address, without --search, --since and --until. {why}"
    )


def _within(api: str, route: str, **parameters: str | int) -> str:
    """Return an address of the interface, which sites without readable addresses have behind a question mark."""
    return f"{api.rstrip('/')}/{route}{'&' if '?' in api else '?'}{urlencode(parameters)}"


def _page(fetcher: Fetcher, api: str, wanted: Wanted, number: int) -> tuple[list[dict[str, Any]], int | None]:
    """Return a page of the list, and how many there are, where the site says."""
    # What is published meanwhile comes at the end, and shifts no page.
    asked: dict[str, str | int] = {"orderby": "date", "order": "asc", "per_page": _A_PAGE, "page": number}
    if wanted.search:
        asked["search"] = wanted.search
    # Both are exclusive there; before the first day that there is, and after the last, is nothing.
    if wanted.since and wanted.since > str(date.min):
        asked["after"] = f"{date.fromisoformat(wanted.since) - timedelta(days=1)}T23:59:59"
    if wanted.until and wanted.until < str(date.max):
        asked["before"] = f"{date.fromisoformat(wanted.until) + timedelta(days=1)}T00:00:00"
    address = _within(api, "wp/v2/posts", _fields="id,modified_gmt,link", **asked)
    try:
        answer = fetcher.get(address, most=_MOST_BYTES)
    except FetchError as error:
        if error.status == _BAD_REQUEST and number > 1:  # so it says that there is no such page
            return [], None
        raise
    listed = _json(answer.data, address)
    if not isinstance(listed, list) or not all(_is_post(post) for post in listed):
        raise FetchError(f"{address} gave no list of posts. Add an article by its own address, without --search.")
    pages = answer.headers.get("x-wp-totalpages", "")
    return listed, int(pages) if pages.isdecimal() and len(pages) < 10 else None


def _is_post(post: object) -> bool:
    return (
        isinstance(post, dict)
        and type(post.get("id")) is int
        and all(isinstance(post.get(key), str) for key in ("modified_gmt", "link"))
    )


def _post(api: str, listed: dict[str, Any]) -> Post:
    address = _within(api, f"wp/v2/posts/{listed['id']}", _embed="author")
    try:
        link = target_of(listed["link"]).url
    except FetchError:
        link = ""
    # A site names its own pages only.
    return Post(address, link if host(link) == host(address) else address, listed["modified_gmt"])


def _json(data: bytes, address: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FetchError(
            f"{address} gave no JSON ({type(error).__name__}). Add an article by its own address, without --search."
        ) from error
