"""Serves the page on this machine only, hardened: no outside request, no foreign host, no error details."""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping, Sequence

    from app.settings import Settings

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

ADDRESS = "127.0.0.1"
HOSTS = ("localhost", ADDRESS)
_PAGE = Path(__file__).resolve().parent / "pages" / "frame.py"

# Streamlit fetches images from any Markdown; this is the second wall behind showing untrusted text as text only. It
# hands a component its script as a blob.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {sockets}; "
    "worker-src 'self' blob:; frame-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class SecurityHeaders:
    """Adds the content-security policy to every HTTP response."""

    def __init__(self, app: Asgi, hosts: Sequence[str] = HOSTS) -> None:
        """Wrap an ASGI application that is reached under the names `hosts`."""
        self._app = app
        self._hosts = hosts
        policy = _POLICY.format(sockets=" ".join(f"ws://{host}:*" for host in hosts))
        self._headers = (
            (b"content-security-policy", policy.encode()),
            (b"referrer-policy", b"no-referrer"),
            (b"x-content-type-options", b"nosniff"),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its response back with the headers added; refuse one for another host."""
        if scope["type"] == "http" and _host(scope) not in self._hosts:
            # A page of somebody else may lead its own name to this address: https://en.wikipedia.org/wiki/DNS_rebinding
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"This page is served to this machine only."})
            return

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *self._headers]}
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _host(scope: Scope) -> str:
    """Return the name in a request's Host header, without its port."""
    values: list[bytes] = [value for name, value in scope["headers"] if name == b"host"]
    return values[0].decode("latin-1").rsplit(":", 1)[0] if values else ""


def serve(settings: Settings, port: int, *, open_browser: bool, hosts: Sequence[str] = ()) -> None:
    """Serve the page until stopped; DossierError when the port or the store is taken.

    `hosts` are names, beside this machine's own, that a proxy or tunnel of the user's leads here.
    """
    _require_free(port)
    os.environ["DOSSIER_HOME"] = str(settings.home)
    import streamlit as st  # noqa: PLC0415 - late
    from starlette.middleware import Middleware  # noqa: PLC0415

    from app.desk import the_desk  # noqa: PLC0415

    desk = the_desk()
    address = f"http://{ADDRESS}:{port}"
    print(f"dossier: the page is at {address}; the store is {settings.home}. Stop with Ctrl-C.", file=sys.stderr)  # noqa: T201
    if open_browser:
        threading.Timer(1.5, webbrowser.open, [address]).start()
    try:
        names = (*HOSTS, *hosts)
        app = st.App(_PAGE, middleware=[Middleware(SecurityHeaders, hosts=names)])
        app.run(config=_config(port, names))
    finally:
        desk.close()


def _config(port: int, hosts: Sequence[str] = HOSTS) -> dict[str, Any]:
    return {
        "server.address": ADDRESS,
        "server.port": port,
        "server.headless": True,
        "server.allowedHosts": list(hosts),
        "server.fileWatcherType": "none",
        "server.maxUploadSize": 50,
        "browser.gatherUsageStats": False,
        "browser.serverAddress": ADDRESS,
        # Else a second thread runs beside one that ends, and what was asked is lost between the two.
        "runner.fastReruns": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "logger.hideWelcomeMessage": True,
    }


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise DossierError(
                f"Port {port} on {ADDRESS} cannot be used ({error.strerror}). Name another, for example "
                f"dossier chat --port {port + 1}."
            ) from error
