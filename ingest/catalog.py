"""The catalog: documents, texts, passages, their vectors and the full-text index in one file, which is the truth.

A document is in the catalog wholly or not at all. What the vector index has still to be told is kept in two queues,
written in the same transaction as the change itself, so that a crash in between is made good at the next start.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.errors import NotFoundError
from ingest.filed import CHANGED, SOURCE, Filed
from ingest.fulltext import searchable
from ingest.records import Entry, Filters, Source
from ingest.rows import document_from, in_slices, layout_to_json, passage_from_json, passage_to_json, where

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from ingest.records import Document, Passage

SCHEMA_VERSION = 1
_SCHEMA = Path(__file__).with_name("schema.sql")

# What a file is called tells more of what it is about than its title, which often is boilerplate.
_TITLE_WEIGHTS = "0, 3.0, 1.0, 1.0"
# Characters at the start of a document that tell what it is about.
_OPENING = 2000


class Catalog(Filed):
    """The catalog of one store. Safe to use from several threads of the one process that owns the store."""

    def __init__(self, path: Path) -> None:
        """Open the catalog at `path`, made if it is not there; StoreError when it is another program's or too new."""
        super().__init__(path, _SCHEMA, SCHEMA_VERSION, ("words", "titles"))

    # Documents

    def put(
        self, document: Document, canonical: str | None, embedder: str, *, live: bool = False
    ) -> tuple[Source, str | None]:
        """Keep a document's text and rank the versions of its address; return it as kept, and the id it replaces.

        The newest `modified` is current, whatever the order of arrival, or what the address gives now, if that is
        `live`; passages of the others are dropped. Within `transaction`; the caller then gives the passages if the
        document is current.
        """
        source = document.source
        arrived = self._value("SELECT coalesce(max(arrived), 0) + 1 FROM documents")
        before = self._value("SELECT id FROM documents WHERE canonical = ? AND status = 'current'", canonical)
        row = {
            **asdict(source),
            "canonical": canonical,
            "arrived": arrived,
            "embedder": embedder,
            "text": document.text,
            "layout": layout_to_json(document),
        }
        columns, marks = ", ".join(row), ", ".join(f":{column}" for column in row)
        update = ", ".join(f"{column} = excluded.{column}" for column in row if column != "id")
        self._db.execute(
            f"INSERT INTO documents ({columns}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {update}", row
        )
        if canonical is not None:
            # What is current stays so, whatever is corrected of it: of the others no passages are kept.
            for older in self._rank(canonical, source.id, last=live or before == source.id):
                self._drop_passages(older)
        kept = self.source(source.id)
        self._retitle(kept, before, document.text[:_OPENING])
        replaced = before if before not in (None, source.id) and kept.status == "current" else None
        return kept, replaced

    def put_passages(
        self, passages: Sequence[Passage], texts: Sequence[str], vectors: NDArray[np.float32], embedder: str
    ) -> None:
        """Replace the passages of one document; `texts` are their own words, `vectors` is (n, dimension)."""
        document_id = passages[0].document_id
        self._drop_passages(document_id)
        self._db.execute("UPDATE documents SET embedder = ? WHERE id = ?", (embedder, document_id))
        for passage, text, vector in zip(passages, texts, vectors, strict=True):
            number = self._db.execute(
                "INSERT INTO passages (id, document_id, ordinal, text, record) VALUES (?, ?, ?, ?, ?)",
                (passage.id, document_id, passage.ordinal, text, passage_to_json(passage)),
            ).lastrowid
            self._db.execute("INSERT INTO vectors VALUES (?, ?)", (number, vector.astype("<f4").tobytes()))
            self._mention(number, passage)
            self._db.execute(
                "INSERT INTO words (rowid, context, body) VALUES (?, ?, ?)",
                (number, searchable(passage.context), searchable(text)),
            )
            self._db.execute("INSERT OR IGNORE INTO to_words VALUES (?)", (number,))
            self._db.execute("INSERT OR IGNORE INTO to_index VALUES (?)", (passage.id,))
            self._db.execute("DELETE FROM to_unindex WHERE id = ?", (passage.id,))

    def put_mentions(self, passages: Iterable[Passage]) -> None:
        """Replace the firms that passages name, within a `transaction`; the rest of the passages stays."""
        for passage in passages:
            number = self._value("SELECT number FROM passages WHERE id = ?", passage.id)
            self._db.execute("UPDATE passages SET record = ? WHERE number = ?", (passage_to_json(passage), number))
            self._db.execute("DELETE FROM mentions WHERE number = ?", (number,))
            self._mention(number, passage)

    def _mention(self, number: int | None, passage: Passage) -> None:
        firms = {mention.firm for mention in (*passage.firms, *passage.inherited)}
        self._db.executemany("INSERT INTO mentions VALUES (?, ?)", [(firm, number) for firm in sorted(firms)])

    def remove(self, document_id: str) -> list[str]:
        """Drop a document and all versions of its address; return their ids."""
        key = self.source(document_id).id
        canonical = self._value("SELECT canonical FROM documents WHERE id = ?", key)
        family = self._rows("SELECT id, sha256 FROM documents WHERE id = ? OR canonical = ?", key, canonical)
        for key, sha256 in family:
            self._drop_passages(key)
            self._db.execute("DELETE FROM titles WHERE document_id = ?", (key,))
            self._db.execute("DELETE FROM documents WHERE id = ?", (key,))
            if not self.by_original(sha256):
                self._db.execute("DELETE FROM files WHERE sha256 = ?", (sha256,))
        self.must_forget()
        return [key for key, _ in family]

    def unfinished(self) -> list[str]:
        """Return in words what another process has left to be done."""
        left = []
        index, unindex = map(len, self.queued())
        if index or unindex:
            left.append(f"index: {index} passages are still to be added, {unindex} to be removed")
        if self.due() is not None:
            left.append("what was removed is still to be overwritten")
        return left

    def source(self, document_id: str) -> Source:
        """Return a document's source; NotFoundError when there is none with this id."""
        return Source(*self._row_of(document_id, SOURCE))

    def _row_of(self, document_id: str, columns: str) -> tuple[Any, ...]:
        rows = self._rows(f"SELECT {columns} FROM documents WHERE id = ?", document_id)
        if not rows:
            raise NotFoundError(f"No document {document_id!r} in {self.path.parent}. `dossier documents` lists them.")
        return rows[0]

    def document(self, document_id: str) -> Document:
        """Return a document with its text; NotFoundError when there is none with this id."""
        # In one look: it may be removed at any time.
        *source, text, layout = self._row_of(document_id, f"{SOURCE}, text, layout")
        return document_from(Source(*source), text, layout)

    def entries(self, *, superseded: bool = False) -> list[Entry]:
        """List the documents, in the order of their arrival; older versions only when asked for."""
        rows = self._rows(
            f"SELECT {SOURCE}, (SELECT count(*) FROM passages WHERE document_id = documents.id), "
            "json_array_length(layout, '$.pages') FROM documents WHERE status = 'current' OR ? ORDER BY arrived",
            superseded,
        )
        return [Entry(Source(*row[:-2]), row[-2], row[-1]) for row in rows]

    def complete_file(self, sha256: str, documents: int) -> None:
        """Note that a file was read to its end and held this many documents."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", (sha256, documents))

    def embedders(self) -> list[str]:
        """Return the fingerprints of the models that the current documents' vectors came from."""
        return [row[0] for row in self._rows("SELECT DISTINCT embedder FROM documents WHERE status = 'current'")]

    def embedded_by_another(self, embedder: str) -> list[str]:
        """Return the ids of current documents whose vectors came from another model than `embedder`."""
        rows = self._rows("SELECT id FROM documents WHERE status = 'current' AND embedder <> ?", embedder)
        return [row[0] for row in rows]

    # Passages

    def counts(self, filters: Filters) -> tuple[int, int]:
        """Return how many documents and passages `filters` leave."""
        condition, values = where(filters)
        documents, passages = self._rows(
            "SELECT count(DISTINCT document_id), count(*) FROM passages "
            f"JOIN documents ON documents.id = document_id WHERE {condition}",
            *values,
        )[0]
        return documents, passages

    def passage_ids(self, filters: Filters | None = None) -> list[str]:
        """Return the ids of all passages that `filters` leave."""
        condition, values = where(filters or Filters())
        rows = self._rows(
            f"SELECT passages.id FROM passages JOIN documents ON documents.id = document_id WHERE {condition}", *values
        )
        return [row[0] for row in rows]

    def passage_numbers(self, filters: Filters) -> list[int]:
        """Return the numbers of all passages that `filters` leave."""
        condition, values = where(filters)
        rows = self._rows(
            f"SELECT number FROM passages JOIN documents ON documents.id = document_id WHERE {condition}", *values
        )
        return [row[0] for row in rows]

    def ids_of(self, numbers: Sequence[int]) -> list[str]:
        """Return the ids of the passages with these numbers, in that order; numbers that are not here are left out."""
        found: dict[int, str] = {}
        for some, marks in in_slices(numbers):
            found.update(self._rows(f"SELECT number, id FROM passages WHERE number IN ({marks})", *some))
        return [found[number] for number in numbers if number in found]

    def passages(self, ids: Sequence[str]) -> dict[str, tuple[Passage, str]]:
        """Return the passages with these ids and their own words; ids that are not here are left out."""
        found = {}
        for some, marks in in_slices(ids):
            rows = self._rows(f"SELECT record, text FROM passages WHERE id IN ({marks})", *some)
            for record, text in rows:
                passage = passage_from_json(record)
                found[passage.id] = (passage, text)
        return found

    def passages_of(self, document_id: str) -> list[Passage]:
        """Return a document's passages in their order."""
        rows = self._rows("SELECT record FROM passages WHERE document_id = ? ORDER BY ordinal", document_id)
        return [passage_from_json(row[0]) for row in rows]

    def passage_beside(self, passage: Passage, step: int) -> tuple[Passage, str] | None:
        """Return the passage before (-1) or after (1) another of its document, and its words; None if there is none."""
        rows = self._rows(
            "SELECT record, text FROM passages WHERE document_id = ? AND ordinal = ?",
            passage.document_id,
            passage.ordinal + step,
        )
        return (passage_from_json(rows[0][0]), rows[0][1]) if rows else None

    def names_from(self, letter: str) -> list[str]:
        """Return the ids of all firms and names in passages that begin with a letter, folded as in `Mention.firm`."""
        rows = self._rows(
            "SELECT DISTINCT firm FROM mentions WHERE firm >= ? AND firm < ?", letter, letter + "\U0010ffff"
        )
        return [row[0] for row in rows]

    def has_passage_naming(self, firms: Sequence[str], filters: Filters) -> bool:
        """Tell whether one passage, with what it cannot be understood without, names all of some firms."""
        condition, values = where(filters)
        marks = ", ".join("?" * len(firms))
        rows = self._rows(
            "SELECT 1 FROM mentions JOIN passages USING (number) JOIN documents ON documents.id = document_id "
            f"WHERE mentions.firm IN ({marks}) AND {condition} GROUP BY number HAVING count(*) = ? LIMIT 1",
            *firms,
            *values,
            len(set(firms)),
        )
        return bool(rows)

    def firms_most_named(self, most: int = 40) -> list[str]:
        """Return the ids of the firms and names that most of the current documents name, those first."""
        rows = self._rows(
            "SELECT firm FROM mentions JOIN passages USING (number) JOIN documents ON documents.id = document_id "
            "WHERE documents.status = 'current' GROUP BY firm ORDER BY count(DISTINCT document_id) DESC, count(*) DESC "
            "LIMIT ?",
            most,
        )
        return [row[0] for row in rows]

    def documents_naming(self, firm: str, filters: Filters) -> list[tuple[str, str]]:
        """Return (document id, id of its first passage that names a firm), the documents with most such first."""
        condition, values = where(filters)
        rows = self._rows(
            "SELECT document_id, passages.id, min(ordinal), count(*) AS often FROM mentions "
            "JOIN passages USING (number) JOIN documents ON documents.id = document_id "
            f"WHERE mentions.firm = ? AND {condition} GROUP BY document_id ORDER BY often DESC, arrived",
            firm,
            *values,
        )
        return [(row[0], row[1]) for row in rows]

    def sources(self, filters: Filters) -> list[Source]:
        """Return the documents that `filters` leave a passage of, in the order of their arrival."""
        condition, values = where(filters)
        rows = self._rows(
            f"SELECT DISTINCT {SOURCE}, arrived FROM passages JOIN documents ON documents.id = document_id "
            f"WHERE {condition} ORDER BY arrived",
            *values,
        )
        return [Source(*row[:-1]) for row in rows]

    def voices(self) -> set[str]:
        """Return who publishes and writes the current documents."""
        rows = self._rows("SELECT publisher, author FROM documents WHERE status = 'current'")
        return {name for row in rows for name in row if name}

    def match_words(self, query: str, most: int, filters: Filters) -> list[tuple[str, float]]:
        """Return (passage id, BM25 score, higher is better) of the best `most` passages for an FTS5 query."""
        condition, values = where(filters)
        rows = self._rows(
            f"SELECT passages.id, -bm25(words) AS score FROM words "
            "JOIN passages ON passages.number = words.rowid JOIN documents ON documents.id = document_id "
            f"WHERE words MATCH ? AND {condition} ORDER BY score DESC, passages.number LIMIT ?",
            query,
            *values,
            most,
        )
        return [(row[0], row[1]) for row in rows]

    def match_titles(self, query: str, most: int) -> list[str]:
        """Return the ids of the `most` documents whose name, title and opening match an FTS5 query best, best first."""
        rows = self._rows(
            "SELECT document_id FROM titles WHERE titles MATCH ? "
            f"ORDER BY bm25(titles, {_TITLE_WEIGHTS}), rowid LIMIT ?",
            query,
            most,
        )
        return [row[0] for row in rows]

    def titles_with(self, query: str) -> list[str]:
        """Return the titles of all current documents whose name, title or opening matches an FTS5 query."""
        rows = self._rows(
            "SELECT documents.title FROM titles JOIN documents ON documents.id = document_id WHERE titles MATCH ?",
            query,
        )
        return [row[0] for row in rows]

    def vectors(self, ids: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Return those of `ids` that are here, and their vectors as (n, dimension)."""
        kept: list[str] = []
        parts: list[NDArray[np.float32]] = []
        for some, marks in in_slices(ids):
            rows = self._rows(
                f"SELECT id, vector FROM vectors JOIN passages USING (number) WHERE id IN ({marks})", *some
            )
            kept.extend(row[0] for row in rows)
            parts.extend(np.frombuffer(row[1], "<f4") for row in rows)
        return kept, np.vstack(parts).astype(np.float32) if parts else np.empty((0, 0), np.float32)

    # Mending

    def check(self) -> list[str]:
        """Return what is wrong in the file itself, in words."""
        problems = [row[0] for row in self._rows("PRAGMA quick_check") if row[0] != "ok"]
        wrong = self._rows(
            "SELECT passages.id FROM passages JOIN documents ON documents.id = document_id WHERE passages.text <> "
            "substr(documents.text, json_extract(record, '$[3][0]') + 1, "
            "json_extract(record, '$[3][1]') - json_extract(record, '$[3][0]'))"
        )
        problems.extend(f"passage {row[0]} is not the slice of its document that it says it is" for row in wrong)
        without = self._rows("SELECT id FROM passages WHERE number NOT IN (SELECT number FROM vectors)")
        problems.extend(f"passage {row[0]} has no vector" for row in without)
        return problems

    def _retitle(self, kept: Source, before: str | None, opening: str) -> None:
        """Have the document found by its name, title and opening if it is current, and not the one it replaces."""
        outdated = [kept.id] if kept.status == "superseded" else [kept.id, before]
        self._db.executemany("DELETE FROM titles WHERE document_id = ?", [(key,) for key in outdated])
        if kept.status == "current":
            words = (searchable(re.sub(r"[\W_]+", " ", kept.name)), searchable(kept.title), searchable(opening))
            self._db.execute("INSERT INTO titles VALUES (?, ?, ?, ?)", (kept.id, *words))

    def _rank(self, canonical: str, document_id: str, *, last: bool) -> list[str]:
        """Put a document in its place among the texts of its address; the last is current. Return the ids before it.

        They are in the order of their changes. One without a date is as new as those that it was put after.
        """
        family = self._rows(f"SELECT id, {CHANGED} FROM documents WHERE canonical = ? ORDER BY version", canonical)
        changed: dict[str, str] = dict(family)
        own = changed.pop(document_id)
        order, reached = list(changed), accumulate(changed.values(), max)
        order.insert(len(order) if last else sum(date <= own for date in reached), document_id)
        for version, key in enumerate(order, start=1):
            status = "current" if version == len(order) else "superseded"
            self._db.execute("UPDATE documents SET version = ?, status = ? WHERE id = ?", (version, status, key))
        return order[:-1]

    def _drop_passages(self, document_id: str) -> None:
        rows = self._rows("SELECT number, id, text, record FROM passages WHERE document_id = ?", document_id)
        for number, key, text, record in rows:
            context = passage_from_json(record).context
            self._db.execute(
                "INSERT INTO words (words, rowid, context, body) VALUES ('delete', ?, ?, ?)",
                (number, searchable(context), searchable(text)),
            )
            for table in ("vectors", "mentions", "passages"):
                self._db.execute(f"DELETE FROM {table} WHERE number = ?", (number,))
            self._db.execute("INSERT OR IGNORE INTO to_words VALUES (?)", (number,))
            self._db.execute("DELETE FROM to_index WHERE id = ?", (key,))
            self._db.execute("INSERT OR IGNORE INTO to_unindex VALUES (?)", (key,))
