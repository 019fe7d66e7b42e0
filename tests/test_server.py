from __future__ import annotations

import base64
import http.client
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from specimens import COMPILED, environment, running_page

from app.dossier import Dossier
from app.server import _config
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["specimens"]

LISTENING = "0A"


@pytest.fixture(scope="module")
def page(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    """Return a running page: its process, its port and its store."""
    folder = tmp_path_factory.mktemp("server")
    home = Path(shutil.copytree(stored, folder / "store"))
    with running_page(home, folder / "log") as (process, port):
        yield process, port, home


def get(port: int, path: str, host: str | None = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Host": host} if host else {})
    response = connection.getresponse()
    response.read()
    return response


def handshake(port: int, host: str, origin: str) -> int:
    """Ask for the page's WebSocket; return the status of the answer, 0 when the connection is closed without one."""
    request = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request.encode())
        answer = connection.recv(100)
    return int(answer.split()[1]) if answer else 0


def test_the_configuration_is_hardened() -> None:
    """Streamlit listens on this machine only, sends no statistics, watches no files and shows no error details."""
    config = _config(8600)
    expected = {
        "server.address": "127.0.0.1",
        "server.port": 8600,
        "server.headless": True,
        "server.allowedHosts": ["localhost", "127.0.0.1"],
        "server.fileWatcherType": "none",
        "server.maxUploadSize": 50,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
    }
    assert config.items() >= expected.items()
    assert not {"server.enableCORS", "server.enableXsrfProtection"} & config.keys()


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/nowhere", "/static/nowhere.js"])
def test_every_response_has_a_policy(page: tuple[subprocess.Popen[bytes], int, Path], path: str) -> None:
    """Every response carries a content-security policy that lets nothing in from outside, and no address out."""
    response = get(page[1], path)
    policy = dict(
        part.strip().split(" ", 1) for part in (response.getheader("content-security-policy") or "").split(";")
    )
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == policy["base-uri"] == "'self'"
    sources = {source for value in policy.values() for source in value.split()}
    assert {source for source in sources if "//" in source} <= {"ws://127.0.0.1:*", "ws://localhost:*"}
    assert not {"*", "http:", "https:"} & sources
    assert response.getheader("referrer-policy") == "no-referrer"
    assert response.getheader("x-content-type-options") == "nosniff"


@pytest.mark.parametrize(
    ("host", "origin", "taken"),
    [
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}", True),
        ("localhost:{port}", "http://localhost:{port}", True),
        ("evil.example", "http://evil.example", False),
        ("evil.example:{port}", "http://evil.example:{port}", False),
        ("127.0.0.1:{port}", "http://evil.example", False),
        ("localhost.evil.example:{port}", "http://localhost.evil.example:{port}", False),
    ],
)
def test_a_foreign_host_is_refused(
    page: tuple[subprocess.Popen[bytes], int, Path], host: str, origin: str, *, taken: bool
) -> None:
    """The WebSocket opens for the page's own address, and for no other host and no page from elsewhere."""
    port = page[1]
    status = handshake(port, host.format(port=port), origin.format(port=port))
    assert (status == 101) is taken


@pytest.mark.skipif(not Path("/proc/net/tcp").is_file(), reason="what listens is read from /proc, which is Linux's")
def test_it_listens_on_this_machine_only(page: tuple[subprocess.Popen[bytes], int, Path]) -> None:
    """The process listens on 127.0.0.1 at its port and nowhere else."""
    process, port, _ = page
    inodes = set()
    for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # a file that was closed meanwhile does not listen
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and fields[9] in inodes:
                listening.add(fields[1])
    assert listening == {f"0100007F:{port:04X}"}


def test_the_page_owns_its_store(page: tuple[subprocess.Popen[bytes], int, Path]) -> None:
    """While the page is open another command on its store is told which process has it."""
    process, _, home = page
    command = [sys.executable, "-m", "app.cli", "documents", "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"in use by process {process.pid}" in done.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told(stored: Path, tmp_path: Path, ending: signal.Signals) -> None:
    """Ctrl-C or a request to end stops the page in seconds, without a traceback; the store is free and whole."""
    home = Path(shutil.copytree(stored, tmp_path / "store"))
    with running_page(home, tmp_path / "log") as (process, port):
        assert get(port, "/_stcore/health").status == 200
        process.send_signal(ending)
        process.wait(30)
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")
    with Dossier(Settings(home=home, compiled=COMPILED)) as dossier:
        assert dossier.library.check().problems == ()
    assert not list(home.glob("owner.json"))


def test_it_ends_while_it_works(tmp_path: Path) -> None:
    """Ctrl-C during the first start stops the page too, and what was added stays whole."""
    home = tmp_path / "store"
    with running_page(home, tmp_path / "log") as (process, _):
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")
    with Dossier(Settings(home=home, compiled=COMPILED)) as dossier:
        assert dossier.library.check().problems == ()


def test_a_named_host_is_let_in(stored: Path, tmp_path: Path) -> None:
    """A name that the user allows leads to the page, its WebSocket too, and every other is still refused."""
    home = Path(shutil.copytree(stored, tmp_path / "store"))
    with running_page(home, tmp_path / "log", "--allow-host", "dossier.test") as (_, port):
        named = get(port, "/", f"dossier.test:{port}")
        assert named.status == 200
        assert "ws://dossier.test:*" in (named.getheader("Content-Security-Policy") or "")
        assert handshake(port, f"dossier.test:{port}", f"http://dossier.test:{port}") == 101
        assert get(port, "/", f"other.test:{port}").status == 403
