"""Owns the client of HTTP: fetches what stands at an address, guarded against where that may lead, and politely.

Redirects are followed by hand, so that each is checked as the first; a name is resolved once, and what is connected to
is the numeric address that was checked. No proxy, no cookie, no referrer, no compression.
"""

from __future__ import annotations

import http.client
import re
import ssl
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from ingest.connection import Budget, Connection, FetchLimits, TooMuchError, connected
from ingest.errors import FetchError
from ingest.reach import Reach, following, target_of
from ingest.read.limits import DEFAULT_LIMITS, MEGABYTE
from ingest.records import Fetched
from ingest.robots import AGENT, MOST_BYTES, Robots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.reach import Target
    from ingest.records import Visit

_HEADERS = {
    "User-Agent": f"{AGENT} (fetches what its user asks for; keeps to robots.txt)",
    "Accept": "text/html,application/pdf,application/json,*/*;q=0.8",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_CODING = re.compile(r"^(transfer|content)-encoding.*", re.IGNORECASE | re.MULTILINE)
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (429, 503)
_PIECE = 65_536
_ADVICE = {
    401: "It wants a user name or a payment: save the page from your browser, then add the file.",
    403: "It does not let programs read this: save the page from your browser, then add the file.",
    404: "Nothing stands there: check the address.",
    410: "What stood there was removed.",
    429: "It is asked too often: try again later.",
}


class Fetcher:
    """Fetches addresses, one at a time."""

    def __init__(
        self,
        reach: Reach | None = None,
        limits: FetchLimits | None = None,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """Take where it may lead, what it may cost, and what tells whom to trust."""
        self._reach = reach or Reach()
        self._limits = limits or FetchLimits()
        self._tls = tls
        self._robots: dict[str, Robots] = {}
        self._last: dict[str, float] = {}

    def get(self, address: str, visit: Visit | None = None, most: int = DEFAULT_LIMITS.file_bytes) -> Fetched:
        """Return what stands at an address, at most so many bytes; FetchError says why that cannot be.

        What did not change since a visit is not sent again.
        """
        asked = target_of(address)
        fetch = _Fetch(asked, most, Budget(asked.url, self._limits), visit)
        target, answer = self._followed(fetch)
        if answer.status == HTTPStatus.NOT_MODIFIED and fetch.conditions(target):
            return Fetched(target.url, b"", answer.headers, unchanged=True)
        if answer.status != HTTPStatus.OK:
            raise _refusal(fetch.where(target), answer)
        return Fetched(target.url, answer.data, answer.headers)

    def _followed(self, fetch: _Fetch, *, by_robots: bool = True) -> tuple[Target, _Answer]:
        """Ask, and go where the answers lead, until one is no redirect."""
        target, seen = fetch.target, {fetch.target.url}
        while True:
            answer = self._patiently(fetch, target, self._delay(fetch, target) if by_robots else self._limits.pause)
            if answer.status not in _REDIRECTS:
                return target, answer
            fetch.budget.redirect()
            location = answer.headers.get("location", "")
            target = following(fetch.where(target), target, location, fetch.target.port)
            if target.url in seen:
                raise FetchError(
                    f"{fetch.where(target)}: redirects go round in a circle, as they do where a page "
                    "wants cookies. Save the page from your browser, then add the file."
                )
            seen.add(target.url)

    def _delay(self, fetch: _Fetch, target: Target) -> float:
        """Return the seconds between two requests to a site; FetchError when its robots.txt forbids the address."""
        if target.origin not in self._robots:
            self._addresses(fetch, target)  # so that what is forbidden is said of this address, not of robots.txt
            self._robots[target.origin] = self._read_robots(fetch, target)
        robots = self._robots[target.origin]
        if not robots.allow(target.url):
            raise FetchError(
                f"{fetch.where(target)} is not fetched: {target.origin}/robots.txt asks programs not to read it. Save "
                "the page from your browser, then add the file."
            )
        return min(max(self._limits.pause, robots.delay), self._limits.longest_pause)

    def _read_robots(self, fetch: _Fetch, target: Target) -> Robots:
        """Return the rules of a site; one without a file has none, and one that cannot say them is left alone."""
        asked = _Fetch(target_of(f"{target.origin}/robots.txt"), MOST_BYTES, fetch.budget, whole=False)
        try:
            _, answer = self._followed(asked, by_robots=False)
        except FetchError as error:
            raise FetchError(f"{fetch.where(target)} is not fetched before its robots.txt is. {error}") from error
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _BUSY:
            raise FetchError(
                f"{fetch.where(target)} is not fetched: the server answers {_named(answer.status)} to "
                f"{asked.target.url}, so that nobody knows what it allows. Try again later.",
                answer.status,
            )
        return Robots(answer.data.decode("utf-8-sig", "replace") if answer.status == HTTPStatus.OK else "")

    def _patiently(self, fetch: _Fetch, target: Target, delay: float) -> _Answer:
        """Ask as often as a busy server says when to come again."""
        answer = self._asked(fetch, target, delay)
        for _ in range(self._limits.tries - 1):
            later = answer.headers.get("retry-after", "")
            if answer.status not in _BUSY or not later.isdecimal() or float(later) > self._limits.longest_pause:
                break
            answer = self._asked(fetch, target, max(delay, float(later)))
        return answer

    def _addresses(self, fetch: _Fetch, target: Target) -> Sequence[str]:
        try:
            return self._reach.addresses(target, fetch.budget.left())
        except FetchError as error:
            raise FetchError(f"{fetch.where(target)} is not fetched: {error}") from error

    def _connection(self, fetch: _Fetch, target: Target) -> Connection:
        """Connect to a target, which is then seen to be another machine before anything is said to it."""
        made = connected(self._addresses(fetch, target), target.port, fetch.budget)
        connection = Connection(target, made, fetch.budget, self._tls, fetch.most)
        try:
            self._reach.require_another(target, *connection.ends())
        except FetchError as error:
            connection.hang_up()
            raise FetchError(f"{fetch.where(target)} is not fetched: {error}") from error
        return connection

    def _asked(self, fetch: _Fetch, target: Target, delay: float) -> _Answer:
        """Send one request, not sooner than `delay` after the one before to that host, and return its answer."""
        last = self._last.get(target.host)
        if last is not None and (wait := last + delay - time.monotonic()) > 0:
            fetch.budget.stop(wait)
        try:
            connection = self._connection(fetch, target)
            try:
                connection.request("GET", target.path, headers=_HEADERS | fetch.conditions(target))
                response = connection.getresponse()
                return _Answer.of(response, fetch.body(response, target))
            finally:
                connection.hang_up()
        except ssl.SSLCertVerificationError as error:
            raise FetchError(
                f"{fetch.where(target)} cannot be fetched: the certificate of {target.host} is not to be trusted "
                f"({error.verify_message}). Check the address; on macOS, that Python's certificates are installed."
            ) from error
        except TooMuchError as error:
            raise fetch.too_much(target) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            fetch.budget.left()  # what it was waiting for when the time was over is not the reason
            raise FetchError(
                f"{fetch.where(target)} cannot be fetched: {_problem(error)}. Try again later, or save the page and "
                "add the file."
            ) from error
        finally:
            self._last[target.host] = time.monotonic()


@dataclass(frozen=True, slots=True)
class _Fetch:
    """One fetch on its way. Of what is not wanted `whole` only the beginning is read."""

    target: Target
    most: int
    budget: Budget
    visit: Visit | None = None
    whole: bool = True

    def where(self, target: Target) -> str:
        """Name the address that was asked for, and the one that it led to."""
        return self.target.url if target.url == self.target.url else f"{self.target.url} (which leads to {target.url})"

    def conditions(self, target: Target) -> dict[str, str]:
        """Return what asks a server to send only what has changed: to where it was found, and to nobody else."""
        if self.visit is None or self.visit.url != target.url:
            return {}
        told = {"If-None-Match": self.visit.etag, "If-Modified-Since": self.visit.last_modified}
        return {name: value for name, value in told.items() if value}

    def body(self, response: http.client.HTTPResponse, target: Target) -> bytes:
        """Return the bytes of a good answer; what others say is not read."""
        if response.status != HTTPStatus.OK:
            return b""
        self._require_plain(response, target)
        pieces: list[bytes] = []
        left = self.most
        while left >= 0 and (piece := response.read(min(_PIECE, left + 1))):
            pieces.append(piece)
            left -= len(piece)
        if left < 0 and self.whole:
            raise self.too_much(target)
        if left >= 0 and response.length:
            raise http.client.IncompleteRead(b"", response.length)
        return b"".join(pieces)[: self.most]

    def _require_plain(self, response: http.client.HTTPResponse, target: Target) -> None:
        packed = response.getheader("Content-Encoding", "identity")
        # As it was written: the client takes a body apart only where this is the one word, without as much as a space.
        framed = response.getheader("Transfer-Encoding", "chunked")
        if packed.strip().lower() != "identity":
            coding = f"Content-Encoding: {packed[:40]!r}"
        elif framed.lower() != "chunked":
            coding = f"Transfer-Encoding: {framed[:40]!r}"
        # The client leaves a head at the first line that it does not understand.
        elif unread := _CODING.search(str(response.headers.get_payload())):
            coding = f"{unread[0][:40]!r}"
        else:
            return
        raise FetchError(
            f"{self.where(target)} is not read: the server packed it, or framed it in a way that is not read "
            f"({coding}), though it was asked not to. Save the page from your browser, then add the "
            "file."
        )

    def too_much(self, target: Target) -> FetchError:
        """Say that a server sends more than is read."""
        return FetchError(
            f"{self.where(target)} is not read: it has more than {self.most / MEGABYTE:,.1f} MB, which is the most. "
            "Save it, split it, and add the parts."
        )


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer to one request; `headers` in lower case."""

    status: int
    headers: dict[str, str]
    data: bytes

    @classmethod
    def of(cls, response: http.client.HTTPResponse, data: bytes) -> _Answer:
        names = dict.fromkeys(name.lower() for name in response.headers)
        headers = {name: ", ".join(map(str, response.headers.get_all(name, []))) for name in names}
        return cls(response.status, headers, data)


def _refusal(where: str, answer: _Answer) -> FetchError:
    advice = _ADVICE.get(answer.status, "Try again later, or save the page and add the file.")
    return FetchError(
        f"{where}: the server answers {_named(answer.status)} where 200 is needed. {advice}", answer.status
    )


def _named(status: int) -> str:
    known = {one.value: one.phrase for one in HTTPStatus}
    return f"{status} ({known[status]})" if status in known else str(status)


def _problem(error: Exception) -> str:
    """Say what went wrong on the way; what a server said is not repeated."""
    if isinstance(error, TimeoutError):
        return "the server says nothing"
    if isinstance(error, http.client.IncompleteRead | ssl.SSLEOFError | ConnectionResetError):
        return "the connection broke off before its end"
    if isinstance(error, ssl.SSLError):
        return f"no secure connection comes about ({error.reason or 'TLS'})"
    if isinstance(error, OSError):
        return f"no connection comes about ({error.strerror or type(error).__name__})"
    return f"the server does not speak HTTP ({type(error).__name__})"
