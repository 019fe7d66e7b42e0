"""Notes of a store as a whole, kept in its catalog: among them that what was removed is still to be overwritten."""

from __future__ import annotations

from ingest.database import Database

# "due" from a removal until what was removed is overwritten.
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
        """Note, within the `transaction` that removes something, that it has to be overwritten after it."""
        self.set_note(_FORGET, "due")

    def forget(self) -> None:
        """Overwrite what was removed. Outside a transaction."""
        super().forget()
        with self.transaction():
            self._db.execute("DELETE FROM notes WHERE key = ?", (_FORGET,))

    def forget_due(self) -> bool:
        """Overwrite what was removed and is not overwritten yet, by a process that died or had no room; tell if any."""
        due = self.note(_FORGET) is not None
        if due:
            self.forget()
        return due
