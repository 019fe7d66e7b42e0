"""Owns Chroma: nearest neighbours among the passages' vectors. Disposable: the catalog can fill it anew at any time."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_COLLECTION = "passages"
# Chosen by recall@10 against exact search on vectors of real sentences: tests/test_index.py.
_EF_CONSTRUCTION, _NEIGHBORS, _EF_SEARCH = 200, 32, 400
# A writer blocks readers: a page stays live between batches of this size.
_BATCH = 100
# `get` fails beyond SQLite's bound of 32,766 variables.
_PAGE = 10_000
_MEND = (
    "It holds nothing that the catalog lacks: delete that folder and start again; it is filled anew without embedding "
    "anything."
)


class Index:
    """The vector index of one store, in a folder of its own. One process only: a second one loses vectors."""

    def __init__(self, folder: Path, embedder: str) -> None:
        """Open the index in `folder`, empty when it is new or was filled by another model than `embedder`."""
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        import chromadb  # noqa: PLC0415 - a second
        from chromadb.api.collection_configuration import (  # noqa: PLC0415
            CreateCollectionConfiguration,
            CreateHNSWConfiguration,
        )
        from chromadb.config import Settings  # noqa: PLC0415
        from chromadb.errors import ChromaError, NotFoundError  # noqa: PLC0415

        self._error: type[Exception] = ChromaError
        self._folder = folder
        with self._errors("opened"):
            self._client: Any = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
            try:
                known: Any = self._client.get_collection(_COLLECTION, embedding_function=None)
            except NotFoundError:
                known = None
            if known is not None and (known.metadata or {}).get("embedder") != embedder:
                self._client.delete_collection(_COLLECTION)
                known = None
            self.is_new = known is None
            self._collection: Any = known or self._client.create_collection(
                _COLLECTION,
                embedding_function=None,
                configuration=CreateCollectionConfiguration(
                    hnsw=CreateHNSWConfiguration(
                        space="cosine", ef_construction=_EF_CONSTRUCTION, max_neighbors=_NEIGHBORS, ef_search=_EF_SEARCH
                    )
                ),
                metadata={"embedder": embedder},
            )

    def put(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> Iterator[Sequence[str]]:
        """Write passages in small batches; yield the ids of each batch once it is written."""
        for start in range(0, len(ids), _BATCH):
            some = list(ids[start : start + _BATCH])
            with self._errors("written"):
                self._collection.upsert(ids=some, embeddings=vectors[start : start + _BATCH])
            yield some

    def remove(self, ids: Sequence[str]) -> None:
        """Drop passages; ids that are not here are no error."""
        for start in range(0, len(ids), _BATCH):
            with self._errors("written"):
                self._collection.delete(ids=list(ids[start : start + _BATCH]))

    def nearest(
        self, vector: NDArray[np.float32], most: int, within: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return (passage id, cosine similarity) of the nearest `most`, best first, among `within` if it is given.

        Ids in `within` that are not here are left out.
        """
        size = len(within) if within is not None else self._collection.count()
        if not size:
            return []
        try:
            found: dict[str, Any] = self._collection.query(
                query_embeddings=[vector],
                n_results=min(most, size),
                ids=list(within) if within is not None else None,
                include=["distances"],
            )
        except self._error:
            # Chroma refuses a search among ids of which it lacks one, as while a document is being added.
            held = self.ids()
            if within is None or held.issuperset(within):
                with self._errors("searched"):
                    raise
            return self.nearest(vector, most, [key for key in within if key in held])
        return [(key, 1 - gap) for key, gap in zip(found["ids"][0], found["distances"][0], strict=True)]

    def ids(self) -> set[str]:
        """Return the ids of all passages that the index says it holds."""
        found: set[str] = set()
        while page := self._collection.get(limit=_PAGE, offset=len(found), include=[])["ids"]:
            found.update(page)
        return found

    def close(self) -> None:
        """Let go of the folder's files."""
        self._client.close()

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        """Turn Chroma's errors into one that says what cannot be done and what to do."""
        try:
            yield
        except self._error as error:
            raise StoreError(f"{self._folder}: the vector index cannot be {done} ({error}). {_MEND}") from error
