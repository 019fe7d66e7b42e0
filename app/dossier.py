"""Everything wired once: a store opened with its settings, to ask, search, add, list and remove."""

from __future__ import annotations

import json
import os
from collections import deque
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from app.asking import Asking, Watch
from app.cite import surroundings
from app.names import names_asked
from app.prompts import read_prompts
from app.retrieve import retrieve
from app.settings import chosen_model_settings
from app.write import ChatModel, forget_tracing
from ingest.errors import DossierError, NotFoundError
from ingest.firms import LISTED, FirmNames, fold, without_legal_form
from ingest.identity import publishers_by_host
from ingest.library import Library
from ingest.read.clean import remove_invisible
from ingest.read.limits import require_size
from ingest.records import Filters, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from app.answers import Answer, Citation, Hit
    from app.settings import Settings
    from app.standalone import Turn
    from ingest.records import Progress
    from ingest.site import Wanted

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
LONGEST_QUESTION = 4000
# A question begins anew when a document is removed while it is answered: as often as this in all.
_BEGINNINGS = 5
_Result = TypeVar("_Result")


def shipped() -> list[Path]:
    """Return the files of the collection that ships."""
    return sorted([*CORPUS.glob("briefs/*.md"), *CORPUS.glob("report/*.pdf")])


class Dossier:
    """One open store. Use it as a context manager, or call `close`."""

    def __init__(self, settings: Settings) -> None:
        """Open the store that the settings name; DossierError says why it cannot be opened."""
        from ingest.embed import Embedder  # noqa: PLC0415 - numpy

        forget_tracing()
        lists = [LISTED, *([settings.firms] if settings.firms else [])]
        self.home = settings.home
        self._choice = settings.home / "model.json"
        self._model_settings = settings.model
        self._model: ChatModel | None = None
        self._prompts = read_prompts()
        self.library = Library(
            settings.home,
            Embedder(settings.embedder, settings.compiled or settings.home / "compiled"),
            FirmNames.load(*lists),
            publishers_by_host(CORPUS / "sources.csv"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and let another process have it."""
        self.library.close()

    # The chat model

    @property
    def model(self) -> ChatModel | None:
        """The chat model that writes answers: set, or chosen on the page; None where none is.

        DossierError when it cannot be used.
        """
        if self._model is None:
            settings, chosen = self._model_settings, self._chosen()
            if settings is None and chosen.get("name"):
                url = chosen.get("url")
                settings = chosen_model_settings(os.environ, str(chosen["name"]), str(url) if url else None)
            self._model = ChatModel(settings) if settings else None
        return self._model

    @property
    def model_is_chosen(self) -> bool:
        """Tell whether the model was chosen on the page, and not set."""
        return self._model_settings is None and bool(self._chosen().get("name"))

    def choose_model(self, name: str, url: str | None) -> None:
        """Let a chat model write answers, also after a restart; DossierError when it cannot be used. Keeps no key."""
        self.use_model(ChatModel(chosen_model_settings(os.environ, name, url)))
        self._choose(name=name, url=url, writes=True)

    @property
    def model_writes(self) -> bool:
        """Tell whether the page lets the model write answers, as was chosen there; at first it does."""
        return bool(self._chosen().get("writes", True))

    def let_model_write(self, *, writes: bool) -> None:
        """Let the model write the answers of the page, or not, also after a restart."""
        self._choose(**self._chosen() | {"writes": writes})

    def use_model(self, model: ChatModel) -> None:
        """Let a chat model write answers until the store is closed."""
        self._model = model

    def forget_model(self) -> None:
        """Let no model that was chosen write answers any more."""
        self._choice.unlink(missing_ok=True)
        self._model = None

    def _choose(self, **choice: str | bool | None) -> None:
        self._choice.touch(0o600)
        self._choice.write_text(json.dumps(choice), encoding="utf-8")

    def _chosen(self) -> dict[str, Any]:
        """Return what was chosen on the page: "name", "url" and "writes", each where it was."""
        try:
            return dict(json.loads(self._choice.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            raise DossierError(
                f"{self._choice}: cannot be read ({type(error).__name__}). Delete it, then choose the model again."
            ) from error

    def add_paths(
        self, paths: Iterable[Path], progress: Callable[[Progress], None] = lambda _: None
    ) -> Iterator[Receipt]:
        """Add files and whole folders; yield a receipt for each document, or for a file that failed."""
        files: list[Path] = []
        for path in paths:
            try:
                files.extend(
                    file for file in _files_below(path) if not file.resolve().is_relative_to(self.home.resolve())
                )
            except DossierError as error:
                yield Receipt(None, _label(path), "failed", error=str(error))
        given = ((_label(file), partial(_read, file)) for file in files)
        yield from self.library.add_files(given, _with_share([_size(file) for file in files], progress))

    def add_addresses(
        self,
        addresses: Iterable[str],
        wanted: Wanted | None = None,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Iterator[Receipt]:
        """Fetch and add the article or report at each address, or the `wanted` posts of the WordPress site there."""
        from ingest.fetch import Fetcher  # noqa: PLC0415 - no question needs a client of HTTP
        from ingest.gather import Gatherer  # noqa: PLC0415

        gatherer = Gatherer(self.library, Fetcher(), progress)
        if wanted is None:
            yield from gatherer.add(addresses)
        else:
            for address in addresses:
                yield from gatherer.add_posts(address, wanted)

    def search(self, query: str, most: int, filters: Filters | None = None) -> list[Hit]:
        """Return the best `most` passages for a query."""
        query = _checked(query)
        asked = names_asked(query, self.library.names, self.library.catalog)
        return _steadily(lambda: retrieve(self.library, query, asked, most, filters))

    def filters(
        self,
        firm: str | None = None,
        since: str | None = None,
        until: str | None = None,
        publisher: str | None = None,
        documents: Sequence[str] = (),
    ) -> Filters:
        """Make filters of what a user typed: any form of a firm's name is that firm."""
        resolved = None
        if firm:
            listed = self.library.names.resolve(firm)
            misspelt = None if listed else self.library.names.misspelt(firm)
            resolved = listed[0].id if listed else misspelt.id if misspelt else fold(without_legal_form(firm))
        return Filters(resolved, since, until, publisher, tuple(documents))

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        history: Sequence[Turn] = (),
        watch: Watch | None = None,
        *,
        quote: bool = False,
    ) -> Answer:
        """Answer a question; an answer that the sources do not hold is an answer too.

        The chat model writes it where one is set, unless `quote`. `history` is what was said before, oldest first: a
        follow-up is made to stand alone by it.
        """
        model, notice = None, ""
        if not quote:
            try:
                model = self.model
            except DossierError as error:
                notice = f"{str(error).rstrip('.')}. The sources are quoted instead."
        asked, writing = (_checked(question), history), (model, self._prompts)
        answer = _steadily(
            lambda: Asking(self.library, asked, filters or Filters(), watch or Watch(), writing).answer()
        )
        return replace(answer, making=replace(answer.making, notice=notice)) if notice else answer

    def surroundings(self, citation: Citation) -> tuple[str, str] | None:
        """Return what stands around a quote; None when its document is no longer there."""
        try:
            document = self.library.document(citation.document.id)
        except NotFoundError:
            return None
        return surroundings(document, citation.quote.place.start, citation.quote.place.end)


def _steadily(work: Callable[[], _Result]) -> _Result:
    """Do what reads documents, from the beginning where one of them is removed in the midst of it."""
    for _ in range(_BEGINNINGS - 1):
        with suppress(NotFoundError):
            return work()
    return work()


def _files_below(path: Path) -> list[Path]:
    try:
        if path.is_dir():
            return sorted(file for file in path.rglob("*") if file.is_file() and not _is_hidden(file.relative_to(path)))
        if path.is_file():
            return [path]
        what = "is neither a file nor a folder" if path.exists() else "is not there"
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
    raise DossierError(f"{path} {what}. Name a file or a folder.")


def _size(file: Path) -> int:
    """Return a file's size in bytes; of one that cannot be looked at, 0."""
    with suppress(OSError):
        return file.stat().st_size
    return 0


def _with_share(sizes: Sequence[int], progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """Return what tells, beside how far a file has come, how much of all is done; the files come in this order."""
    whole, before, left = sum(sizes) or 1, 0, deque(sizes)

    def tell(now: Progress) -> None:
        nonlocal before
        if now.step == "finished":
            before += left.popleft()
        within = left[0] * now.done / now.total if now.total else 0
        progress(replace(now, share=(before + within) / whole))

    return tell


def _read(file: Path) -> bytes:
    """Return a file's bytes; one that is too large is refused before it fills the memory."""
    require_size(_label(file), file.stat().st_size)
    return file.read_bytes()


def _label(file: Path) -> str:
    """Return a file's name; bytes in it that are no UTF-8 cannot be stored or printed and are replaced."""
    return os.fsencode(file.name).decode("utf-8", "replace")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _checked(question: str) -> str:
    """Return a question without what cannot be seen; DossierError when it is empty or too long."""
    question = " ".join(remove_invisible(question)[0].split())
    if not question:
        raise DossierError("The question is empty. Ask in plain words, for example: Who supplies Hikvision?")
    if len(question) > LONGEST_QUESTION:
        raise DossierError(
            f"The question has {len(question):,} characters; {LONGEST_QUESTION:,} is the most. Shorten it."
        )
    return question
