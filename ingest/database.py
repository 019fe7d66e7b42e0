"""Owns SQLite: one file, opened safely, used from several threads of one process, with errors that say what to do."""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import ExitStack, closing, contextmanager, suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from ingest.errors import StoreError, store_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# Seconds to wait for another process that reads.
_PATIENCE = 20.0
# "Doss", so that another program's SQLite file is told from ours: https://www.sqlite.org/pragma.html#pragma_application_id
_APPLICATION_ID = 0x446F7373


class Database:
    """One SQLite file of Dossier."""

    def __init__(self, path: Path, schema: Path, version: int, full_text: Sequence[str]) -> None:
        """Open the file at `path`, made by the statements of `schema` if it is not there; `full_text` names its tables.

        StoreError when it is another program's or of a newer version.
        """
        self.path = path
        self._full_text = full_text
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            with ExitStack() as undone:
                undone.callback(self._db.close)
                self._prepare(schema, version)
                undone.pop_all()
        except sqlite3.Error as error:
            raise store_error(path, error) from error

    def close(self) -> None:
        """Write everything to the one file and close it."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; StoreError when the disk is full or not writable."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield
                except BaseException:
                    self._roll_back()
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise store_error(self.path, error) from error

    def _roll_back(self) -> None:
        # On a full disk SQLite may have rolled back itself; a closed file has nothing to roll back.
        with suppress(sqlite3.ProgrammingError):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def overwrite(self) -> None:
        """Overwrite what was deleted, in the file and in its write-ahead log. Outside a transaction."""
        with self._lock:
            if sqlite3.sqlite_version_info < (3, 42):
                # Before its own secure-delete, FTS5 keeps words of deleted rows until segments are merged.
                for table in self._full_text:
                    self._rows(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
            # SQLite's secure_delete leaves copies of rows where pages were balanced (words in 14 of 60 removals);
            # only a file written anew holds none.
            self._rows("VACUUM")
            until = monotonic() + _PATIENCE
            # Not while another process reads, as a backup does.
            while self._value("PRAGMA wal_checkpoint(TRUNCATE)"):
                if monotonic() > until:
                    raise StoreError(
                        f"{self.path}: what was removed is found no more, but cannot be overwritten while another "
                        "program reads the file, such as a backup. It is when the store is closed after that."
                    )
                sleep(0.1)

    def _prepare(self, schema: Path, newest: int) -> None:
        version = self._value("PRAGMA user_version")
        owner = self._value("PRAGMA application_id")
        empty = not self._value("SELECT count(*) FROM sqlite_schema")
        if not empty and owner != _APPLICATION_ID:
            raise StoreError(f"{self.path} is not a catalog of Dossier. Name another folder with --home.")
        if version > newest:
            raise StoreError(
                f"{self.path} was written by a newer Dossier: it has version {version}, this one reads "
                f"{newest}. Install the newer Dossier, or name another folder with --home."
            )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA foreign_keys = ON")
        statements = schema.read_text(encoding="utf-8").split(";\n")
        if not empty:
            for statement in statements:
                if re.match(r"CREATE \w+ IF NOT EXISTS", statement):
                    self._db.execute(statement)
        else:
            with self.transaction():
                for statement in statements:
                    self._db.execute(statement)
                if sqlite3.sqlite_version_info >= (3, 42):
                    for table in self._full_text:
                        self._db.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('secure-delete', 1)")
                self._db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version = {newest}")

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._db.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise store_error(self.path, error) from error

    def _value(self, statement: str, *values: Any) -> Any:
        rows = self._rows(statement, *values)
        return rows[0][0] if rows else None


def snapshot(path: Path, target: Path) -> None:
    """Copy the file at `path` as it is at one moment, also while another process writes to it."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
            target.unlink(missing_ok=True)
            with closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
                # The copy is one file, with no log beside it.
                copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise store_error(path, error) from error
