"""Owns Tantivy: passages ranked by the words of a question. Disposable: the catalog can fill it anew at any time.

SQLite's own full text scores every passage that holds any word, which at 100,000 passages takes 60 ms and more.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ingest.errors import StoreError
from ingest.fulltext import searchable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

# The memory of the writer, in bytes, and its threads: one, so that a search beside it keeps a core.
_HEAP, _THREADS = 50_000_000, 1
_ANALYZER = "words"


class LexicalIndex:
    """The words of one store's passages, in a folder of its own; each passage is known by its number in the catalog."""

    def __init__(self, folder: Path) -> None:
        """Open the index in `folder`, empty where there is none; StoreError when it cannot be opened."""
        import tantivy  # noqa: PLC0415 - late

        self._tantivy: Any = tantivy
        self._folder = folder
        schema = tantivy.SchemaBuilder()
        schema.add_integer_field("number", indexed=True, fast=True)
        schema.add_text_field("text", tokenizer_name=_ANALYZER)
        self._schema = schema.build()
        self._analyzer: Any = _analyzer(tantivy)
        with self._errors("opened"):
            folder.mkdir(mode=0o700, exist_ok=True)
            self._index: Any = tantivy.Index(self._schema, path=str(folder))
            self._index.register_tokenizer(_ANALYZER, _analyzer(tantivy))
            # Else a thread of its own watches the folder, and makes a lock file in it while it is being deleted.
            self._index.config_reader(reload_policy="manual")
            self._searcher: Any = self._index.searcher()

    @property
    def size(self) -> int:
        """How many passages it holds."""
        return int(self._searcher.num_docs)

    def change(self, removed: Sequence[int], added: Iterable[tuple[int, str]]) -> None:
        """Drop passages by their numbers and add some by number and words, all or nothing; a known one is replaced."""
        with self._errors("written"):
            writer = self._index.writer(_HEAP, _THREADS)
            for number in removed:
                writer.delete_documents_by_term("number", number)
            for number, text in added:
                writer.delete_documents_by_term("number", number)
                writer.add_document(self._tantivy.Document(number=number, text=searchable(text)))
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
            self._searcher = self._index.searcher()

    def best(self, terms: Sequence[str], most: int, within: Sequence[int] | None = None) -> list[int]:
        """Return the numbers of the best `most` passages that hold any of some words or phrases, by BM25.

        Only those of `within`, if it is given.
        """
        asked, searcher = self._any_of(terms), self._searcher
        if within is not None:
            query = self._tantivy.Query
            among = query.const_score_query(query.term_set_query(self._schema, "number", list(within)), 0.0)
            asked = query.boolean_query([(self._tantivy.Occur.Must, asked), (self._tantivy.Occur.Must, among)])
        with self._errors("searched"):
            found = searcher.search(asked, limit=most, count=False).hits
            numbers = searcher.fast_field_values("number", [address for _, address in found])
        # Equal scores come in no certain order.
        ranked = sorted(zip(found, numbers, strict=True), key=lambda one: (-one[0][0], one[1]))
        return [number for _, number in ranked]

    def _any_of(self, terms: Sequence[str]) -> Any:
        query, should, parts = self._tantivy.Query, self._tantivy.Occur.Should, []
        for term in terms:
            words = self._analyzer.analyze(searchable(term))
            if len(words) == 1:
                parts.append((should, query.term_query(self._schema, "text", words[0])))
            elif words:
                parts.append((should, query.phrase_query(self._schema, "text", words)))
        return query.boolean_query(parts) if parts else query.empty_query()

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{self._folder}: the index of words cannot be {done} ({error}). Check for room and permissions, or "
                "delete that folder: it is filled anew at the next start."
            ) from error


def _analyzer(tantivy: Any) -> Any:
    """Return what makes words of a text: without case, accents and English endings."""
    builder, filters = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()), tantivy.Filter
    return builder.filter(filters.lowercase()).filter(filters.ascii_fold()).filter(filters.stemmer("english")).build()
