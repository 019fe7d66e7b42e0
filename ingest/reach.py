"""Where a fetch may lead: an address taken apart, its name resolved here, and only machines of the open internet."""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

import idna

from ingest.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    # Returns the numeric addresses behind a name and a port; OSError when there are none.
    Resolver = Callable[[str, int], Sequence[str]]

_PORTS = {"http": 80, "https": 443}
_LONGEST = 2_000
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]")

# The only part of IPv6 that is given to machines of the open internet. What carries an IPv4 address in another form
# lies outside it (::127.0.0.1, ::ffff:127.0.0.1, 64:ff9b::/96 of NAT64), or is named below.
_OPEN = ip_network("2000::/3")
# Python counts some of these among the global ones, or did before it knew them.
_CLOSED = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # protocol assignments; clouds answer questions about a machine and its keys here
            "192.88.99.0/24",  # relays of 6to4
            "168.63.129.16/32",  # answers for Azure to the machine that asks
            "224.0.0.0/4",  # many machines at once
            "2001::/23",  # protocol assignments, Teredo (2001::/32) among them
            "2002::/16",  # 6to4
            "3fff::/20",  # examples
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """An http(s) address taken apart: `host` in ASCII, `path` with its query; `url` is the whole, without fragment."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """The address without its path."""
        return self.url.removesuffix(self.path)


def target_of(address: str) -> Target:
    """Take an address apart; FetchError when it is none that is fetched, which never repeats a password in it."""
    address = address.strip()
    if len(address) > _LONGEST or _UNPRINTABLE.search(address):
        raise FetchError(
            f"{shown(address)} is no address: it has spaces, control characters, or more than {_LONGEST:,} "
            "characters. Copy it from the browser's address line."
        )
    try:
        parts = urlsplit(address)
        scheme = parts.scheme.lower()
        if scheme not in _PORTS:
            raise FetchError(
                f"{shown(address)} cannot be fetched: only http:// and https:// are. Save it on this machine, then add "
                "the file by its path."
            )
        host, port = _ascii(parts.hostname or ""), parts.port
        path = quote(parts.path, "/%:@!$&'()*+,;=-._~") or "/"
        query = quote(parts.query, "/%:@!$&'()*+,;=-._~?[]")
    except ValueError:
        raise FetchError(f"{shown(address)} is no address. Copy it from the browser's address line.") from None
    if "@" in parts.netloc:
        raise FetchError(
            f"The address at {host} holds a user name or a password, which would be kept. Write it without; where it "
            "needs one, save the page and add that."
        )
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port not in (None, _PORTS[scheme]) else "")
    path += f"?{query}" if query else ""
    return Target(f"{scheme}://{netloc}{path}", scheme, host, port or _PORTS[scheme], path)


def following(where: str, previous: Target, location: str, asked_port: int) -> Target:
    """Return where an address leads that a site's header names; FetchError where that is not gone to.

    `where` names the fetch in its message, and `asked_port` is that of the address that a user asked for.
    """
    location = location.encode("latin-1", "replace").decode("utf-8", "replace").strip()
    try:
        target = target_of(_joined(previous.url, location).replace(" ", "%20"))
    except FetchError as error:
        raise FetchError(f"{where} leads to an address that is not fetched. {error}") from error
    if not location:
        raise FetchError(f"{where} leads elsewhere and does not say where. Check the address.")
    if previous.scheme == "https" and target.scheme == "http":
        raise FetchError(
            f"{where} leads to {target.url}, where anybody on the way could change it. Add that address itself if you "
            "want it all the same."
        )
    if target.port not in (80, 443, asked_port):
        raise FetchError(
            f"{where} leads to {target.url}, to port {target.port} where 80, 443 or {asked_port} is usual. Add that "
            "address itself if you want it all the same."
        )
    return target


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:
        return location


def _ascii(host: str) -> str:
    """Return a host as it is looked up; ValueError when it is none."""
    if ":" in host:
        return str(ip_address(host if "%" not in host else ""))
    # As browsers do, where Python's own codec takes faß.de for fass.de, which is somebody else's.
    name = idna.uts46_remap(host, std3_rules=False)
    name = name if name.isascii() else idna.encode(name).decode("ascii")
    if not _NAME.fullmatch(name):
        raise ValueError(host)
    return name


def shown(address: str) -> str:
    """Return the beginning of an address as one line, without what stands before an @, also where no // does."""
    line = "".join(letter if letter.isprintable() else " " for letter in address)
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)?.*[@＠﹫]", r"\1", line)[:100]


def is_public(address: str) -> bool:
    """Tell whether a numeric address is one of a single machine of the open internet, in its plain form."""
    number = ip_address(address)
    is_open = number.is_global if isinstance(number, IPv4Address) else number.is_global and number in _OPEN
    return is_open and not any(number in network for network in _CLOSED if network.version == number.version)


def is_another(own: str, peer: str) -> bool:
    """Tell whether a peer is another machine than ours, and none of our own link, by the address that we have there.

    A home or an office gives each machine an address of the open internet in IPv6, the first half of which they share.
    """
    ours, theirs = ip_address(own), ip_address(peer)
    shared = 64 if theirs.version == 6 else 0
    return int(ours) >> shared != int(theirs) >> shared


def resolved_by_system(host: str, port: int) -> list[str]:
    """Return the addresses that the operating system knows for a name, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Reach:
    """How names are resolved, which numeric addresses may be connected to, and which of them are other machines."""

    resolve: Resolver = resolved_by_system
    may_connect: Callable[[str], bool] = is_public
    is_another: Callable[[str, str], bool] = is_another

    def addresses(self, target: Target, seconds: float) -> Sequence[str]:
        """Return the numeric addresses of a target, all of which may be connected to; FetchError when one may not.

        Its message is to follow the address that was asked for. A name that leads to machines of both kinds is
        somebody's trick, so all of them are refused.
        """
        found = self._resolved(target, seconds)
        closed = next((address for address in found if not self.may_connect(address)), None)
        if closed is not None:
            named = closed if closed == target.host else f"{target.host} leads to {closed}, which"
            raise FetchError(
                f"{named} is this machine, one of a private network, or none of the open internet. Save the page and "
                "add that."
            )
        return found

    def require_another(self, target: Target, own: str, peer: str) -> None:
        """Raise FetchError where what was connected to is this machine, or near it, by the addresses of both ends."""
        if not self.is_another(own, peer):
            named = peer if peer == target.host else f"{target.host} leads to {peer}, which"
            raise FetchError(
                f"{named} is this machine or one of its own network, where it has the address {own}. Save the page and "
                "add that."
            )

    def _resolved(self, target: Target, seconds: float) -> Sequence[str]:
        found: list[str] = []
        problems: list[Exception] = []

        def resolve() -> None:
            try:
                found.extend(self.resolve(target.host, target.port))
            except (OSError, UnicodeError) as error:
                problems.append(error)

        # The system's own look-up takes no time limit, and cannot be stopped.
        thread = threading.Thread(target=resolve, name="resolve", daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive() or problems or not found:
            why = getattr(problems[0], "strerror", None) if problems else "no answer"
            raise FetchError(
                f"the name {target.host} is not found ({why or 'no answer'}). Check how it is written, and the "
                "connection."
            )
        return found
