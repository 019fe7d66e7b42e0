"""A server that speaks as a chat model's does, and says what a test wants: over real HTTP, on this machine."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    # Is told a request and answers it.
    Reply = Callable[["Handler"], None]

KEY = "sk-secret-0123456789"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    reply: Reply
    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        """Answer."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.asked.append(body | {"_path": self.path, "_key": self.headers.get("authorization")})
        with suppress(BrokenPipeError, ConnectionResetError):
            type(self).reply(self)
        self.close_connection = True

    do_GET = do_POST  # noqa: N815 - as the library calls it

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def start(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        """Send the head of a response without a length: it ends with the connection."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send(self, text: str) -> None:
        """Send some of the body."""
        self.wfile.write(text.encode())
        self.wfile.flush()

    @property
    def prompt(self) -> str:
        """What was asked last."""
        return str(self.asked[-1]["messages"][-1]["content"])


def event(text: str | None, finish: str | None = None) -> str:
    """Return a chunk of a reply as OpenAI's servers stream it."""
    choice = {"index": 0, "delta": {"content": text} if text is not None else {}, "finish_reason": finish}
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\n"


def whole(text: str, finish: str = "stop") -> str:
    """Return a whole reply, a word at a time."""
    words = [event(word) for word in text.replace(" ", " \x00").split("\x00")]
    return "".join([*words, event(None, finish), "data: [DONE]\n\n"])


def saying(text: str, finish: str = "stop") -> Reply:
    """Return a reply that says a text."""

    def reply(handler: Handler) -> None:
        handler.start()
        handler.send(whole(text, finish))

    return reply


def hang(handler: Handler) -> None:
    """Take the question and say nothing for long."""
    time.sleep(20)
    handler.close_connection = True


@contextmanager
def model_server(reply: Reply) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve a reply; yield the address and what was asked."""
    asked: list[dict[str, Any]] = []
    made = type("Made", (Handler,), {"reply": staticmethod(reply), "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), made)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
