"""Sites of the web as servers on this machine, and a fetcher that reaches them under names of their own.

A plugin of pytest (PYTEST_DONT_REWRITE: modules import names from here, too): with its fixture `only_here` a test
connects to nothing but this machine.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ingest.connection import FetchLimits
from ingest.fetch import Fetcher
from ingest.reach import Reach

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    # Is told a request and answers it.
    Reply = Callable[["Visitor"], None]

HOST = "lantern.example"
QUICK = FetchLimits(seconds=3, silence=2, pause=0, longest_pause=0.5)


@pytest.fixture
def only_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Refuse connections to other machines, and look-ups of names; return the addresses that were connected to."""
    connected: list[str] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            connected.append(address[0])
            assert ip_address(address[0]).is_loopback, f"a test connects to {address}"
        connect(self, address)

    def look_up_here(host: Any, *arguments: Any, **options: Any) -> Any:
        options["flags"] = options.get("flags", 0) | socket.AI_NUMERICHOST
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)
    return connected


class Visitor(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        """Answer."""
        self.site.asked.append(self.path)
        self.site.heads.append({name.lower(): value for name, value in self.headers.items()})
        self.site.times.append(time.monotonic())
        reply = self.site.pages.get(self.path) or self.site.pages.get(self.path.partition("?")[0])
        with suppress(BrokenPipeError, ConnectionResetError):
            if reply is None:
                self.answer(b"Nothing is here.", 404)
            else:
                reply(self)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def answer(self, data: bytes = b"", status: int = 200, **headers: str) -> None:
        """Send a whole answer; an underscore in the name of a header is a hyphen."""
        self.send_response(status)
        sent = {"Content-Length": str(len(data)), "Content-Type": "text/html"}
        for name, value in (sent | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def giving(data: bytes = b"", status: int = 200, **headers: str) -> Reply:
    """Return a reply that always says the same."""
    return lambda visitor: visitor.answer(data, status, **headers)


def article(title: str, body: str, **meta: str) -> bytes:
    """Return a page of HTML with an article."""
    tags = "".join(f'<meta property="{name.replace("_", ":", 1)}" content="{value}">' for name, value in meta.items())
    return f"<html><head><title>{title}</title>{tags}</head><body><h1>{title}</h1><p>{body}</p></body></html>".encode()


@dataclass
class Site:
    """What a server shows, and what it was asked."""

    pages: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"

    def at(self, path: str = "", host: str = HOST) -> str:
        """Return the address of a path."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    def asked_for(self, start: str = "/") -> list[str]:
        """Return the paths that were asked for and begin so, robots.txt aside."""
        return [path for path in self.asked if path.startswith(start) and path != "/robots.txt"]


@contextmanager
def serving(pages: dict[str, Reply] | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Serve pages on this machine."""
    site = Site(pages if pages is not None else {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Made", (Visitor,), {"site": site}))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        site.scheme = "https"
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def resolving(**names: str) -> Callable[[str, int], list[str]]:
    """Return a resolver that knows our host, some other names (with _ for .), and numbers in every spelling."""
    known = {HOST: "127.0.0.1"} | {name.replace("_", "."): addresses for name, addresses in names.items()}

    def resolve(host: str, port: int) -> list[str]:
        if host in known:
            return known[host].split()
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [str(entry[4][0]) for entry in found]

    return resolve


def is_local(address: str) -> bool:
    """Tell the addresses that sites of tests have."""
    return address.startswith("127.0.0.")


def local_reach(**names: str) -> Reach:
    """Return a reach to the sites on this machine, and to them alone, as if they were other machines."""
    return Reach(resolving(**names), is_local, lambda *_: True)


def local_fetcher(limits: FetchLimits = QUICK, **names: str) -> Fetcher:
    """Return a fetcher that may reach the sites on this machine, and them alone."""
    return Fetcher(local_reach(**names), limits)


class WordPress:
    """A WordPress site: its posts as the REST interface gives them."""

    def __init__(self, site: Site, *, says_pages: bool = True) -> None:
        """Put the interface onto a site."""
        self.posts: dict[int, dict[str, Any]] = {}
        self._site = site
        self._says_pages = says_pages
        site.pages["/"] = self._front
        site.pages["/wp-json/wp/v2/posts"] = self._list

    def publish(self, number: int, body: str, day: str = "2021-05-04", changed: str | None = None) -> None:
        """Publish a post, or change it."""
        self.posts[number] = {
            "id": number,
            "date": f"{day}T10:00:00",
            "modified": f"{changed or day}T10:00:00",
            "modified_gmt": f"{changed or day}T08:00:00",
            "status": "publish",
            "link": self._site.at(f"/{day[:4]}/post-{number}/"),
            "title": {"rendered": f"Post {number}"},
            "content": {"rendered": f"<p>{body}</p>"},
        }
        self._site.pages[f"/wp-json/wp/v2/posts/{number}"] = lambda visitor: self._give(visitor, self.posts[number])

    def fetched(self) -> list[str]:
        """Return the numbers of the posts that were fetched, in order."""
        return [path.split("?")[0].rpartition("/")[2] for path in self._site.asked_for("/wp-json/wp/v2/posts/")]

    def _front(self, visitor: Visitor) -> None:
        visitor.answer(article("Front", "News."), Link=f'<{self._site.at("/wp-json/")}>; rel="https://api.w.org/"')

    def _list(self, visitor: Visitor) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(visitor.path).query).items()}
        found = [
            post
            for post in sorted(self.posts.values(), key=lambda post: (post["date"], post["id"]))
            if query.get("search", "").lower() in post["content"]["rendered"].lower()
            and query.get("after", "") < post["date"] < query.get("before", "9")
        ]
        size, page = int(query["per_page"]), int(query["page"])
        pages = -(-len(found) // size)
        if page > max(pages, 1):
            visitor.answer(b'{"code": "rest_post_invalid_page_number"}', 400)
            return
        fields = query["_fields"].split(",")
        some = [{name: post[name] for name in fields} for post in found[(page - 1) * size : page * size]]
        self._give(visitor, some, **({"X_WP_TotalPages": str(pages)} if self._says_pages else {}))

    def _give(self, visitor: Visitor, value: object, **headers: str) -> None:
        visitor.answer(json.dumps(value).encode(), Content_Type="application/json", **headers)
