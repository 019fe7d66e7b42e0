from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from specimens import environment

from evals.connections import STRACE, Contact, contacts, traced

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["specimens"]

needs_strace = pytest.mark.skipif(shutil.which(STRACE) is None, reason="strace is not here: apt-get install strace")

WRITTEN = """\
7<python3> connect(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EINPROGRESS
7<python3> connect(6, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file or directory)
8<dig> connect(6, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 0
8<dig> sendto(4, "", 1, 0, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.7")}, 16 <unfinished ...>
9<a b> connect(5, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::1", \
&sin6_addr), sin6_scope_id=0}, 28) = 0
9<a b> connect(5, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", \
&sin6_addr), sin6_scope_id=0}, 28) = 0
9<a b> sendto(5, ""..., 1, 0, NULL, 0) = 1
9<a b> +++ exited with 0 +++
"""

# Each command as a user would type it, in processes of its own.
LIFE = """
import json, socket, subprocess, sys, time, urllib.request
from pathlib import Path
home = sys.argv[1]
def dossier(*words):
    done = subprocess.run([sys.executable, "-m", "app.cli", *words, "--home", home], capture_output=True, text=True)
    if done.returncode: sys.exit(f"{words}: {done.stdout} {done.stderr}")
    return done.stdout
note = Path(home).with_name("note.txt")
note.write_text("The port of Marrow Bay bought twelve gates from Quillon Optics. See https://lantern.example/gates.")
dossier("ingest", str(note))
record = Path(home).with_name("answer.json")
record.write_text(dossier("ask", "Who sold gates to the port of Marrow Bay?", "--json"))
assert json.loads(record.read_text())["citations"]
dossier("verify", str(record))
dossier("search", "gates")
dossier("doctor")
dossier("backup", str(Path(home).with_name("backup.zip")))
(one,) = json.loads(dossier("documents", "--json"))["documents"]
dossier("remove", one["id"])
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
page = subprocess.Popen(
    [sys.executable, "-m", "app.cli", "chat", "--port", str(port), "--no-browser", "--home", home],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
for _ in range(600):
    try:
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).status == 200
        break
    except OSError:
        time.sleep(.2)
else:
    sys.exit("the page did not open")
page.terminate()
page.wait()
"""


def test_what_strace_writes_is_understood() -> None:
    """Every address of a call is found, with its port and program; other machines and look-ups of names leave."""
    found = contacts(WRITTEN.splitlines())
    assert {one for one in found if not one.leaves} == {Contact("python3", "127.0.0.1", 9), Contact("a b", "::1", 80)}
    assert {one for one in found if one.leaves} == {
        Contact("dig", "127.0.0.53", 53),
        Contact("dig", "192.0.2.7", 80),
        Contact("a b", "2001:db8::1", 80),
    }


@needs_strace
def test_what_speaks_is_seen() -> None:
    """A datagram of a child's child is seen, without anything in the child that would tell."""
    speak = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"
    outer = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    status, found = traced([sys.executable, "-c", outer, speak], environment())
    assert status == 0
    assert {(one.address, one.port) for one in found} == {("127.0.0.1", 9)}


@needs_strace
def test_no_command_speaks_to_another_machine(tmp_path: Path) -> None:
    """Whatever a user does with documents at hand, no process connects to another machine or looks a name up."""
    status, found = traced([sys.executable, "-c", LIFE, str(tmp_path / "store")], environment())
    assert status == 0
    assert [str(one) for one in found if one.leaves] == []
