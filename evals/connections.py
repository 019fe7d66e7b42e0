"""`python -m evals.connections COMMAND ...`: which machines a command and all its children speak to, seen from outside.

strace sees every connect and every datagram, whatever library makes it. Look-ups of names count, also those that a
resolver on this machine is asked for. The exit status is the command's, or 1 where anything left this machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

STRACE = "strace"
_CALLS = "connect,sendto,sendmsg,sendmmsg"
_CALL = re.compile(rf"^(?:\d+)(?:<(?P<program>[^>]*)>)? +(?:{_CALLS.replace(',', '|')})\(")
_ADDRESS = re.compile(r'sin6?_port=htons\((\d+)\).*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")')
_LOOK_UP = 53
# What this process was started with tells libraries that they run in a test, and they may keep still then.
_HUSHED = ("CI", "PYTEST_CURRENT_TEST", "GITHUB_ACTIONS")


class Contact(NamedTuple):
    """A machine that a program spoke to."""

    program: str
    address: str
    port: int

    @property
    def leaves(self) -> bool:
        """Tell whether it is another machine, or a look-up of a name."""
        address = ip_address(self.address)
        mapped = getattr(address, "ipv4_mapped", None)
        return self.port == _LOOK_UP or not (mapped or address).is_loopback

    def __str__(self) -> str:
        return f"{self.program}: {self.address}, port {self.port}"


def contacts(lines: Iterable[str]) -> set[Contact]:
    """Return whom the calls that strace wrote down speak to; sockets of this machine's file system are none."""
    found = set()
    for line in lines:
        if call := _CALL.match(line):
            for port, four, six in _ADDRESS.findall(line):
                found.add(Contact(call["program"] or "", four or six, int(port)))
    return found


def traced(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, set[Contact]]:
    """Run a command; return its exit status, and whom it and its children spoke to."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "calls"
        strace = [STRACE, "-f", "--seccomp-bpf", "--decode-pids=comm", "-qq", "-s", "0"]
        done = subprocess.run(
            [*strace, "-e", f"trace={_CALLS}", "-e", "signal=none", "-o", str(log), *command],
            env={name: value for name, value in environment.items() if name not in _HUSHED},
            check=False,
        )
        with log.open(encoding="utf-8", errors="replace") as lines:
            return done.returncode, contacts(lines)


def main() -> int:
    """Trace the command that is given, and print whom it spoke to."""
    if shutil.which(STRACE) is None:
        print("strace is not here. On Debian or Ubuntu: sudo apt install strace", file=sys.stderr)
        return 1
    status, found = traced(sys.argv[1:], os.environ)
    left = sorted(one for one in found if one.leaves)
    print(f"{len(found)} programs and addresses, {len(left)} of them beyond this machine", *left, sep="\n")
    return status or int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
