"""A connection of HTTP that watches what its fetch may cost: to a numeric address that was checked, and no other."""

from __future__ import annotations

import http.client
import io
import socket
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from ingest.errors import FetchError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from ingest.reach import Target

# What is too short to wait for, and as long as a clock may be off.
_MOMENT = 0.01
# What may come beside the body: its head, and the framing of its chunks.
_BESIDE = 500_000
_FRAMING = 1.25
# So many times the longest pause is waited in all.
_PAUSES = 4


class TooMuchError(Exception):
    """More bytes come than may."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Seconds: for a fetch with its redirects, for a server that says nothing, between two requests to one host.

    What robots.txt or a busy server asks to wait is waited up to `longest_pause`, and in one fetch four times that.
    `redirects` are those of a fetch and of the robots.txt of each site on its way, as many as a browser follows.
    """

    seconds: float = 120.0
    silence: float = 20.0
    pause: float = 1.0
    longest_pause: float = 30.0
    redirects: int = 20
    tries: int = 3


class Budget:
    """What a fetch may still cost, all that it leads to together: time, polite waiting (counted apart), redirects."""

    def __init__(self, url: str, limits: FetchLimits) -> None:
        self._url = url
        self._limits = limits
        self._until = time.monotonic() + limits.seconds
        self._waits = limits.longest_pause * _PAUSES
        self._redirects = limits.redirects

    def left(self) -> float:
        """Return the seconds until the end, or until a silent server is given up; FetchError when none are left."""
        left = self._until - time.monotonic()
        if left < _MOMENT:
            raise FetchError(
                f"{self._url} cannot be fetched: it took longer than {self._limits.seconds:g} seconds. Try again "
                "later, or save the page and add the file."
            )
        return min(left, self._limits.silence)

    def stop(self, seconds: float) -> None:
        """Wait; FetchError when that would be too long together with what was waited before."""
        self._waits -= seconds
        if self._waits < 0:
            raise FetchError(
                f"{self._url} cannot be fetched: on its way it is asked to wait longer than "
                f"{self._limits.longest_pause * _PAUSES:g} seconds in all. Try again later, or save the page and add "
                "the file."
            )
        time.sleep(seconds)
        self._until += seconds

    def redirect(self) -> None:
        """Count a redirect; FetchError when it is one too many."""
        self._redirects -= 1
        if self._redirects < 0:
            raise FetchError(
                f"{self._url} cannot be fetched: there are more than {self._limits.redirects} redirects, those of "
                "robots.txt counted. Check the address."
            )


def connected(addresses: Sequence[str], port: int, budget: Budget) -> socket.socket:
    """Return a socket that is connected to the first address that takes it; OSError when none does."""
    problem: OSError | None = None
    for address in addresses:
        family = socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.settimeout(budget.left())
            made.connect((address, port))
        except OSError as error:
            made.close()
            problem = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise problem or OSError("no address")


class Connection(http.client.HTTPConnection):
    """A conversation over a socket that is connected, which watches the time and the bytes.

    Every byte that comes is counted, since the client of HTTP may be talked into reading more than it is asked to.
    """

    def __init__(
        self, target: Target, connected: socket.socket, budget: Budget, tls: Callable[[], ssl.SSLContext], most: int
    ) -> None:
        super().__init__(target.host, target.port)
        self.default_port = {"http": 80, "https": 443}[target.scheme]
        self._target = target
        self._budget = budget
        self._make_tls = tls
        self._most = int(most * _FRAMING) + _BESIDE
        self._socket = connected

    def ends(self) -> tuple[str, str]:
        """Return the numeric addresses of both ends, ours first; OSError when the other one has gone already."""
        try:
            return self._socket.getsockname()[0], self._socket.getpeername()[0]
        except OSError:
            self.hang_up()
            raise

    def connect(self) -> None:
        """Make the connection a secure one where it is to be."""
        if self._target.scheme == "https":
            self._socket.settimeout(self._budget.left())  # for the whole handshake
            # Who cuts a connection off must not make it look as if the page ended there.
            self._socket = self._make_tls().wrap_socket(
                self._socket, server_hostname=self._target.host, suppress_ragged_eofs=False
            )
        self.sock: Any = _Bounded(self._socket, self._budget, self._most)

    def hang_up(self) -> None:
        """Close it."""
        self._socket.close()


class _Bounded:
    """As much of a socket as the client of HTTP uses; the time is looked at before each read, the bytes after it."""

    def __init__(self, connected: socket.socket, budget: Budget, most: int) -> None:
        self._socket = connected
        self._budget = budget
        self._most = most

    def sendall(self, data: bytes) -> None:
        """Send, within the time."""
        self._socket.settimeout(self._budget.left())
        self._socket.sendall(data)

    def makefile(self, *_: object) -> io.BufferedReader:
        """Return what reads from it."""
        return io.BufferedReader(_Reading(self._socket, self._budget, self._most))

    def close(self) -> None:
        """Leave it open: the client closes it as soon as an answer begins, and it is read from until that ends."""


class _Reading(io.RawIOBase):
    """The reading end of a socket."""

    def __init__(self, connected: socket.socket, budget: Budget, most: int) -> None:
        super().__init__()
        self._socket = connected
        self._budget = budget
        self._left = most

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there, within the time; TooMuchError when that is more than may come in all."""
        self._socket.settimeout(self._budget.left())
        came = self._socket.recv_into(buffer)
        self._left -= came
        if self._left < 0:
            raise TooMuchError
        return came
