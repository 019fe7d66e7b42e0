"""Owns LangChain: its chat models, asked with a deadline; Dossier's search as a retriever, answers as content blocks.

Nothing that a model's server says about a failure is shown or logged: it may echo a key.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from langchain_core.documents import Document
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages.content import ContentBlock
    from langchain_core.retrievers import BaseRetriever

    from app.answers import Answer, Hit
    from app.settings import ModelSettings

# What a provider says when it has said all that it had to say; anything else is a reply that was cut.
_COMPLETE = frozenset({"stop", "end_turn", "stop_sequence", "STOP", "COMPLETE", "eos"})
_LONGEST_REPLY = 20_000
_REASONS = {
    400: "does not take the question; it may be too long for it, or the model's name wrong",
    401: "refuses the key",
    403: "refuses the key",
    404: "does not know the model, or its address is wrong",
    413: "does not take as many passages",
    429: "asks to wait: too many questions, or no credit left",
}
_SERVER_ERROR = 500
# Providers that Dossier names an extra for.
EXTRAS = ("openai", "anthropic", "ollama")


class ModelError(DossierError):
    """A chat model gave no whole reply; the message says why, in words of our own."""


class ChatModel:
    """The chat model that the settings name."""

    def __init__(self, settings: ModelSettings) -> None:
        """Make the client; nothing is sent. DossierError when the package is missing or the name is wrong."""
        self.name = settings.name
        self.seconds = settings.seconds
        self._model = _made(settings)
        self.where = _where(self._model, settings)

    def stream(self, messages: Sequence[tuple[str, str]], until: float) -> Iterator[str]:
        """Yield the pieces of a reply as they come; ModelError unless it ended as complete before `until`.

        `messages` are pairs of "user" or "assistant" and a text, `until` is a time of `time.monotonic`.
        """
        pieces: queue.Queue[Any] = queue.Queue()
        ended = threading.Event()
        threading.Thread(
            target=self._read, args=[list(messages), pieces, ended], name="chat model", daemon=True
        ).start()
        length, finish = 0, None
        try:
            while True:
                try:
                    told = pieces.get(timeout=max(0.0, until - time.monotonic()))
                except queue.Empty:
                    raise ModelError(f"{self.name} did not answer within {self.seconds:g} seconds.") from None
                if told is None:
                    break
                if isinstance(told, BaseException):
                    raise ModelError(f"{self.name} {_reason(told)}.") from None
                finish = _finish(told) or finish
                text = str(told.text)
                length += len(text)
                if length > _LONGEST_REPLY:
                    raise ModelError(f"{self.name} wrote more than {_LONGEST_REPLY:,} characters.")
                if text:
                    yield text
        finally:
            ended.set()
        if finish not in _COMPLETE:
            raise ModelError(f"{self.name} was cut off in the middle of its reply.")
        if not length:
            raise ModelError(f"{self.name} gave an empty reply.")

    def _read(self, messages: list[tuple[str, str]], pieces: queue.Queue[Any], ended: threading.Event) -> None:
        try:
            for chunk in self._model.stream(messages):
                if ended.is_set():
                    return
                pieces.put(chunk)
            pieces.put(None)
        except BaseException as error:  # noqa: BLE001 - told in our own words by who waits for it
            pieces.put(error)


def retriever(search: Callable[[str, int], Sequence[Hit]], passages: int = 10) -> BaseRetriever:
    """Return a LangChain retriever over `search`, which is `Dossier.search`: the best `passages` for a query.

    What is known of each, from its place to its publisher, is in its metadata, as `dossier search --json` gives it.
    """
    from langchain_core.retrievers import BaseRetriever  # noqa: PLC0415 - late

    class DossierRetriever(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Any]:  # noqa: ARG002
            return [_as_document(hit) for hit in search(query, passages)]

    return DossierRetriever()


def _as_document(hit: Hit) -> Document:
    from langchain_core.documents import Document  # noqa: PLC0415 - late

    told = hit.as_json()
    return Document(id=hit.passage.id, page_content=told.pop("text"), metadata=told)


def content_blocks(answer: Answer) -> list[ContentBlock]:
    """Return an answer as LangChain's standard content blocks: a text a sentence, its citations as annotations."""
    from langchain_core.messages.content import create_citation, create_text_block  # noqa: PLC0415 - late

    cited = {citation.number: citation for citation in answer.citations}
    blocks: list[ContentBlock] = []
    for sentence in answer.sentences:
        annotations = [
            create_citation(
                url=cited[number].document.url or None,
                title=cited[number].document.title,
                start_index=0,
                end_index=len(sentence.text),
                cited_text=cited[number].quote.quote,
                document=cited[number].document.id,
                place={"start": cited[number].quote.place.start, "end": cited[number].quote.place.end},
            )
            for number in sentence.citations
        ]
        blocks.append(create_text_block(sentence.text, annotations=list(annotations)))
    return blocks


def forget_tracing() -> None:
    """Drop the settings by which LangChain would tell a service of every call."""
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING"):
        os.environ.pop(name, None)


def _made(settings: ModelSettings) -> BaseChatModel:
    from langchain.chat_models import init_chat_model  # noqa: PLC0415 - late

    provider = settings.name.partition(":")[0]
    options: dict[str, Any] = {"base_url": settings.url} if settings.url else {}
    if settings.key:
        options["api_key"] = settings.key
    # A redirect would take the question and the passages to where the user did not send them.
    if provider == "ollama":
        options["client_kwargs"] = {"follow_redirects": False, "timeout": settings.seconds}
    else:
        options |= {"timeout": settings.seconds, "max_retries": 0}
    if provider == "openai":
        import httpx2  # noqa: PLC0415 - what its client is made with

        options["http_client"] = httpx2.Client(follow_redirects=False, timeout=settings.seconds)
        if settings.url and "api_key" not in options and not os.environ.get("OPENAI_API_KEY"):
            options["api_key"] = "none"  # a server of one's own asks for none, but the client does
    try:
        model: BaseChatModel = init_chat_model(settings.name, **options)
    except ImportError:
        extra = f"pip install 'dossier[{provider}]'" if provider in EXTRAS else f"pip install langchain-{provider}"
        raise DossierError(
            f"DOSSIER_MODEL is {settings.name}, and the package for {provider} is not installed. Install it: {extra}"
        ) from None
    except Exception as error:  # noqa: BLE001 - a provider's own complaint may hold the key
        raise DossierError(
            f"DOSSIER_MODEL is {settings.name}, and the client for it cannot be made ({type(error).__name__}). Check "
            "the name, as in openai:gpt-5-mini, and that the provider's key is set in its own variable or in the file "
            "that DOSSIER_MODEL_KEY_FILE names."
        ) from None
    if provider == "anthropic":
        model._client._client.follow_redirects = False  # type: ignore[attr-defined]  # noqa: SLF001 - it offers no other way
    return model


def _where(model: BaseChatModel, settings: ModelSettings) -> str:
    """Return where questions and passages are sent."""
    own = getattr(getattr(model, "root_client", None), "base_url", None) or getattr(model, "anthropic_api_url", None)
    return str(own or settings.url or f"the servers of {settings.name.partition(':')[0]}")


def _finish(chunk: Any) -> str | None:
    told = chunk.response_metadata
    finish = told.get("finish_reason") or told.get("stop_reason") or told.get("done_reason")
    return str(finish) if finish else None


def _reason(error: BaseException) -> str:
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        if status in _REASONS:
            return _REASONS[status]
        return "failed on its side" if status >= _SERVER_ERROR else f"answered with an error ({status})"
    kind = type(error).__name__
    if "Timeout" in kind:
        return "took too long"
    if "Connect" in kind or isinstance(error, OSError):
        return "cannot be reached"
    return f"gave a reply that cannot be read ({kind})"
