"""What the tests of a store share: short texts, and what a store holds and finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.embed import Embedder
from ingest.records import Filters

if TYPE_CHECKING:
    from ingest.library import Library
    from ingest.records import Receipt

URL = "https://lantern.example/2021/gates"
GATES = b"The port of Marrow Bay bought twelve gates.\n\nThe pilots of Ostrel objected."
LAMPS = b"The lamps of Ostrel were lit by the harbour master."


class Counting(Embedder):
    """The packaged model, which counts the texts it embeds."""

    def __init__(self, loaded: Embedder) -> None:
        """Share what is loaded already."""
        super().__init__()
        _ = loaded.dimension
        self.__dict__.update(vars(loaded))
        self.embedded = 0

    def documents(self, texts, progress=None):
        """Count the texts, then embed them."""
        self.embedded += len(texts)
        return super().documents(texts, progress)


def article(body: str, **about: str) -> bytes:
    head = "\n".join(f"{key}: {value}" for key, value in about.items())
    return f"---\n{head}\n---\n\n{body}\n".encode()


def add(library: Library, name: str, data: bytes) -> Receipt:
    (receipt,) = library.add(name, data)
    return receipt


def said(library: Library, query: str) -> set[str]:
    """Return the ids of the documents whose words match."""
    return {key.split(":")[0] for key, _ in library.catalog.match_words(query, 100, Filters())}


def near(library: Library, question: str) -> list[str]:
    """Return the ids of the documents nearest to a question, by vectors."""
    found = library.neighbors.index.nearest(library.embedder.queries([question])[0], 100)
    return [key.split(":")[0] for key, _ in found]


def originals(library: Library) -> set[str]:
    folder = library.home / "originals"
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def check_consistent(library: Library) -> None:
    assert library.neighbors.index.ids() == set(library.catalog.passage_ids())
    assert library.catalog.queued() == ([], [])
    assert originals(library) == library.catalog.originals()
    assert library.forget()
    health = library.check()
    assert (health.mended, health.problems) == ((), ())
