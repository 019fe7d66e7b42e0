"""Notes of a store as a whole, kept in its catalog: among them that what was removed is still to be overwritten."""

from __future__ import annotations

from time import time_ns

from ingest.database import Database

# From a removal until what is left of it is overwritten: the moment of the last one.
_FORGET = "forget"


class Noted(Database):
    """A database with notes, each under a key."""

    def note(self, key: str) -> str | None:
        """Return a note kept under `key`, None when there is none."""
        value = self._value("SELECT value FROM notes WHERE key = ?", key)
        return None if value is None else str(value)

    def set_note(self, key: str, value: str) -> None:
        """Keep a note under `key`, within a `transaction`."""
        self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (key, value))

    def must_forget(self) -> None:
        """Note, within the `transaction` that removes something, that what is left of it has to be overwritten."""
        self.set_note(_FORGET, str(time_ns()))

    def due(self) -> str | None:
        """Return what tells the last removal whose rest is not overwritten yet from others; None when all is."""
        return self.note(_FORGET)

    def forget(self, due: str) -> None:
        """Overwrite what was removed, and note that up to `due` all is. Outside a transaction."""
        self.overwrite()
        with self.transaction():
            self._db.execute("DELETE FROM notes WHERE key = ? AND value = ?", (_FORGET, due))
