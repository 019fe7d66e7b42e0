from __future__ import annotations

import json
import logging
import re
import shutil
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from servers import KEY, event, hang, model_server, saying, whole
from specimens import CAMERAS, COMPILED, METERS, free_port

from app.asking import Watch
from app.check import verify
from app.dossier import Dossier
from app.settings import ModelSettings, Settings
from app.write import ChatModel, ModelError, content_blocks, retriever
from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servers import Handler, Reply

    from app.answers import Answer
    from ingest.embed import Embedder

pytest_plugins = ["specimens"]

DEADLINE = 1.0
# What a machine with other work may take on top.
SLACK = 4.0
GOOD = (
    "Quillon Optics claims that it supplied 300 cameras to the port of Marrow Bay, and denies that any reads faces [1]."
)


def refusal(status: int, **headers: str) -> Reply:
    def reply(handler: Handler) -> None:
        handler.start(status, "application/json", **headers)
        handler.send(
            json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}", "type": "x", "code": None}})
        )

    return reply


def body(text: str, kind: str = "text/event-stream") -> Reply:
    def reply(handler: Handler) -> None:
        handler.start(kind=kind)
        handler.send(text)

    return reply


def drip(handler: Handler) -> None:
    handler.start()
    for _ in range(400):
        handler.send(":\n")
        time.sleep(0.05)


def drip_words(handler: Handler) -> None:
    handler.start()
    for _ in range(400):
        handler.send(event("Quillon "))
        time.sleep(0.05)


def drip_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(400):
        handler.wfile.write(f"x-{number}: 1\r\n".encode())
        handler.wfile.flush()
        time.sleep(0.05)


def reset(handler: Handler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    handler.connection.close()


def redirect(handler: Handler) -> None:
    if handler.path.endswith("/elsewhere"):
        saying("It was redirected [1].")(handler)
    else:
        refusal(307, location="/elsewhere")(handler)


FAULTS: dict[str, tuple[Reply, str]] = {
    "400": (refusal(400), "does not take the question"),
    "401 with the key": (refusal(401), "refuses the key"),
    "403": (refusal(403), "refuses the key"),
    "404": (refusal(404), "does not know the model"),
    "429": (refusal(429, **{"retry-after": "30"}), "asks to wait"),
    "500": (refusal(500), "failed on its side"),
    "503": (refusal(503, **{"retry-after": "30"}), "failed on its side"),
    "418": (refusal(418), r"answered with an error \(418\)"),
    "redirect": (redirect, "answered with an error"),
    "hang": (hang, "did not answer within|took too long"),
    "drip of nothing": (drip, "did not answer within"),
    "drip of words": (drip_words, "did not answer within"),
    "drip of a head": (drip_head, "did not answer within|took too long"),
    "reset": (reset, "cannot be reached|cannot be read"),
    "HTML": (body("<html><body>Login</body></html>", "text/html"), "cut off|empty|cannot be read"),
    "not JSON": (body("data: {nonsense\n\n"), "cannot be read|cut off"),
    "no choices": (body('data: {"id": "x", "choices": []}\n\ndata: [DONE]\n\n'), "cut off|empty|cannot be read"),
    "nothing": (body(""), "cut off|empty|cannot be read"),
    "only done": (body("data: [DONE]\n\n"), "cut off|empty|cannot be read"),
    "empty": (saying(""), "empty"),
    "too long": (saying(GOOD, "length"), "cut off"),
    "filtered": (saying(GOOD, "content_filter"), "cut off"),
    "no end": (body(event(GOOD)), "cut off|cannot be read"),
    "error in the stream": (
        body(f'{event("Quillon ")}data: {{"error": {{"message": "{KEY}"}}}}\n\n'),
        "cannot be read",
    ),
    "endless": (saying("word " * 5000), "more than 20,000 characters|did not answer"),
}


@pytest.fixture(scope="module")
def home(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store to ask with models."""
    return shutil.copytree(stored, tmp_path_factory.mktemp("write") / "store")


@pytest.fixture(scope="module")
def asked(home: Path, embedder: Embedder) -> Iterator[Dossier]:
    """Return an open store whose model a test sets."""
    with Dossier(Settings(home=home, compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder
        dossier.ask(CAMERAS)
        yield dossier


def use(dossier: Dossier, url: str, seconds: float = DEADLINE) -> Dossier:
    dossier.use_model(ChatModel(ModelSettings("openai:tiny", url, KEY, seconds)))
    return dossier


def everything(answer: Answer, log: pytest.LogCaptureFixture, output: pytest.CaptureFixture[str]) -> str:
    return json.dumps(answer.as_json()) + log.text + "".join(output.readouterr())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_model_that_fails(
    asked: Dossier, fault: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A model that fails is said to, in time; the sources are quoted all the same, and its key is nowhere."""
    caplog.set_level(logging.DEBUG)
    reply, reason = FAULTS[fault]
    with model_server(reply) as (url, _):
        began = time.monotonic()
        answer = use(asked, url).ask(CAMERAS)
        seconds = time.monotonic() - began
    assert re.search(reason, answer.making.notice), answer.making.notice
    assert answer.making.notice.startswith("openai:tiny ")
    assert answer.making.notice.endswith("The sources are quoted instead.")
    assert answer.model is None
    assert answer.citations
    assert all(verdict.ok for verdict in verify(answer.as_json(), asked.library))
    assert seconds < DEADLINE + SLACK
    assert KEY not in everything(answer, caplog, capfd)


def test_a_server_that_is_not_there(asked: Dossier) -> None:
    """A server that cannot be reached is said to be, and the sources are quoted."""
    answer = use(asked, f"http://127.0.0.1:{free_port()}/v1").ask(CAMERAS)
    assert answer.making.notice == "openai:tiny cannot be reached. The sources are quoted instead."
    assert answer.citations


CUTS = sorted({*range(0, len(whole(GOOD)) - 20, max(1, len(whole(GOOD)) // 38)), len(whole(GOOD)) - 100})


@pytest.mark.parametrize("at", CUTS)
def test_a_stream_that_is_cut(asked: Dossier, at: int) -> None:
    """Wherever a stream is cut before it says that it is complete, nothing of it is shown as an answer."""
    text = whole(GOOD)
    finished = text.index('"finish_reason": "stop"')
    with model_server(body(text[: min(at, finished)])) as (url, _):
        answer = use(asked, url).ask(CAMERAS)
    assert answer.model is None
    assert answer.making.notice
    assert answer.citations


def test_a_whole_stream(asked: Dossier) -> None:
    """A stream that says that it is complete is an answer; what is written is told on the way, a word at a time."""
    drafts: list[str] = []
    with model_server(saying(GOOD)) as (url, requests):
        answer = use(asked, url, 20).ask(CAMERAS, watch=Watch(draft=drafts.append))
    assert answer.model == "openai:tiny"
    assert answer.making.notice == ""
    assert drafts[-1] == GOOD
    assert len(drafts) > 10
    assert requests[0]["_key"] == f"Bearer {KEY}"
    assert {one["_path"] for one in requests} == {"/v1/chat/completions"}


def test_a_redirect_is_not_followed(asked: Dossier) -> None:
    """A question is not sent on to another address that the server names."""
    with model_server(redirect) as (url, requests):
        use(asked, url).ask(CAMERAS)
    assert [one["_path"] for one in requests] == ["/v1/chat/completions"]


def test_a_question_is_asked_once(asked: Dossier) -> None:
    """A server that fails is not asked again by the client on its own."""
    with model_server(refusal(500)) as (url, requests):
        use(asked, url).ask(CAMERAS)
    assert len(requests) == 1


def test_a_question_is_stopped(asked: Dossier) -> None:
    """What the watcher of a draft raises ends the answer."""

    class StoppedError(Exception):
        pass

    def stop(_: str) -> None:
        raise StoppedError

    with model_server(drip_words) as (url, _), pytest.raises(StoppedError):
        use(asked, url, 20).ask(CAMERAS, watch=Watch(draft=stop))


@pytest.mark.parametrize("provider", ["anthropic", "ollama"])
def test_other_providers(asked: Dossier, provider: str) -> None:
    """Another provider that fails is said to, is not followed elsewhere, and the sources are quoted."""
    key = None if provider == "ollama" else KEY
    with model_server(redirect) as (url, requests):
        asked.use_model(ChatModel(ModelSettings(f"{provider}:tiny", url.removesuffix("/v1"), key, DEADLINE)))
        answer = asked.ask(CAMERAS)
    assert answer.making.notice.startswith(f"{provider}:tiny ")
    assert answer.citations
    assert len(requests) == 1


def test_a_wrong_provider() -> None:
    """A provider that is not known is an error that says what to write."""
    with pytest.raises(DossierError, match="Check the name, as in openai:"):
        ChatModel(ModelSettings("nobody:x", None, KEY))


def test_a_package_that_is_missing() -> None:
    """A provider whose package is not installed is an error with the command that installs it."""
    with pytest.raises(
        DossierError, match=r"package for groq is not installed. Install it: pip install langchain-groq"
    ):
        ChatModel(ModelSettings("groq:x", None, KEY))


def test_a_key_is_not_printed() -> None:
    """Neither the settings nor the model print their key."""
    settings = ModelSettings("openai:tiny", "http://127.0.0.1:1/v1", KEY)
    model = ChatModel(settings)
    assert KEY not in repr(settings) + repr(model) + repr(model._model)


def test_where_it_is_sent() -> None:
    """A model says where questions are sent: to the address that was set, else to its provider."""
    assert ChatModel(ModelSettings("openai:tiny", "http://127.0.0.1:9/v1", KEY)).where == "http://127.0.0.1:9/v1/"
    assert ChatModel(ModelSettings("openai:tiny", None, KEY)).where == "https://api.openai.com/v1/"


def test_a_retriever(dossier: Dossier) -> None:
    """LangChain's retriever gives the passages of a search, each with its place and its document."""
    found = retriever(dossier.search, 3).invoke(METERS)
    hits = dossier.search(METERS, 3)
    assert [one.page_content for one in found] == [hit.text for hit in hits]
    assert [one.metadata for one in found] == [
        {key: value for key, value in hit.as_json().items() if key != "text"} for hit in hits
    ]


def test_content_blocks(answers: dict[str, Answer]) -> None:
    """An answer's blocks are its sentences, with a citation each of its quotes."""
    answer = answers[CAMERAS]
    blocks = content_blocks(answer)
    assert [block["text"] for block in blocks] == [sentence.text for sentence in answer.sentences]
    for block, sentence in zip(blocks, answer.sentences, strict=True):
        quotes = [answer.citations[number - 1].quote.quote for number in sentence.citations]
        assert [one["cited_text"] for one in block["annotations"]] == quotes
    unlinked = replace(
        answer, citations=tuple(replace(one, document=replace(one.document, url=None)) for one in answer.citations)
    )
    assert all("url" not in one or not one["url"] for block in content_blocks(unlinked) for one in block["annotations"])


def test_what_raises_is_ours() -> None:
    """A reply that fails raises an error of our own, with nothing of the server's words."""
    with model_server(refusal(401)) as (url, _):
        model = ChatModel(ModelSettings("openai:tiny", url, KEY, DEADLINE))
        with pytest.raises(ModelError, match="refuses the key") as raised:
            list(model.stream([("user", "x")], time.monotonic() + 5))
    assert KEY not in str(raised.value)
    assert raised.value.__cause__ is None
