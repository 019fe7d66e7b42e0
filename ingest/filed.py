"""What the catalog knows of files and addresses: which documents came of them, and what of them is here already."""

from __future__ import annotations

from dataclasses import astuple, fields

from ingest.queues import Queued
from ingest.records import Source, Visit

SOURCE = ", ".join(f"documents.{column.name}" for column in fields(Source))
_VISIT = ", ".join(f"visits.{column.name}" for column in fields(Visit))

CHANGED = "coalesce(modified, published, '')"


class Filed(Queued):
    """A catalog by the files and addresses that its documents came from."""

    def has(self, document_id: str) -> bool:
        """Tell whether a document with this id is here, in whatever version."""
        return bool(self._rows("SELECT 1 FROM documents WHERE id = ?", document_id))

    def by_original(self, sha256: str) -> list[Source]:
        """List the documents that came from the stored original with this hash."""
        return [Source(*row) for row in self._rows(f"SELECT {SOURCE} FROM documents WHERE sha256 = ?", sha256)]

    def same_text(self, text: str) -> Source | None:
        """Return a document without an address that has exactly this text."""
        rows = self._rows(
            f"SELECT {SOURCE} FROM documents WHERE canonical IS NULL AND length(text) = ? AND text = ?",
            len(text),
            text,
        )
        return Source(*rows[0]) if rows else None

    def originals(self) -> set[str]:
        """Return the hashes of all originals that a document came from."""
        return {row[0] for row in self._rows("SELECT DISTINCT sha256 FROM documents")}

    def has_address(self, canonical: str) -> bool:
        """Tell whether a document of this address is here."""
        return bool(self._rows("SELECT 1 FROM documents WHERE canonical = ? LIMIT 1", canonical))

    def file_holds(self, sha256: str) -> int:
        """Return how many documents the file with this hash holds, if all of them are here; else 0.

        One document may be here several times: by every address and name that the file came by.
        """
        rows = self._rows(
            "SELECT files.documents, count(*) FROM files JOIN documents USING (sha256) WHERE sha256 = ?", sha256
        )
        holds, here = rows[0]
        return int(holds) if here and holds in (1, here) else 0

    def newest_change(self, canonical: str, besides: str) -> str:
        """Return the latest date of change of an address's texts, one of them left out; empty where there is none."""
        found = self._value(f"SELECT max({CHANGED}) FROM documents WHERE canonical = ? AND id <> ?", canonical, besides)
        return str(found or "")

    def superseded_by(self, document_id: str) -> str | None:
        """Return the id of the current version of a document's address; None for what is current itself."""
        found = self._value(
            "SELECT newer.id FROM documents JOIN documents AS newer USING (canonical) "
            "WHERE documents.id = ? AND documents.status = 'superseded' AND newer.status = 'current'",
            document_id,
        )
        return None if found is None else str(found)

    def visit(self, address: str) -> Visit | None:
        """Return what is known of an address whose document is here and current; None where it is not."""
        rows = self._rows(
            f"SELECT {_VISIT} FROM visits JOIN documents ON documents.id = document_id "
            "WHERE address = ? AND status = 'current'",
            address,
        )
        return Visit(*rows[0]) if rows else None

    def note_visit(self, visit: Visit) -> None:
        """Note what an address gave. It is forgotten with its document."""
        with self.transaction():
            columns = ", ".join(column.name for column in fields(Visit))
            marks = ", ".join("?" * len(fields(Visit)))
            self._db.execute(f"INSERT OR REPLACE INTO visits ({columns}) VALUES ({marks})", astuple(visit))
