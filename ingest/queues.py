"""What the indexes beside the catalog still have to be told: queued in the transaction that changes a passage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.notes import Noted
from ingest.rows import CONTEXT_AT, in_slices

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A passage's words, after its title, heading and voice.
_WORDS = f"json_extract(record, '$[{CONTEXT_AT}]') || char(10) || text"


class Queued(Noted):
    """A catalog with queues: for the index of vectors by the ids of passages, for that of words by their numbers."""

    def queue_all(self) -> None:
        """Have every passage told to the index of vectors anew."""
        with self.transaction():
            self._db.execute("DELETE FROM to_unindex")
            self._db.execute("INSERT OR IGNORE INTO to_index SELECT id FROM passages")

    def queue(self, missing: Iterable[str], surplus: Iterable[str]) -> None:
        """Have the index of vectors told of passages that it lacks and of those that it should not have."""
        with self.transaction():
            self._db.executemany("INSERT OR IGNORE INTO to_index VALUES (?)", [(key,) for key in missing])
            self._db.executemany("INSERT OR IGNORE INTO to_unindex VALUES (?)", [(key,) for key in surplus])

    def queued(self) -> tuple[list[str], list[str]]:
        """Return the ids of passages to index and to unindex."""
        index, unindex = self._rows("SELECT id FROM to_index"), self._rows("SELECT id FROM to_unindex")
        return [row[0] for row in index], [row[0] for row in unindex]

    def unqueue(self, indexed: Sequence[str], unindexed: Sequence[str]) -> None:
        """Note that the index of vectors has been told."""
        with self.transaction():
            self._db.executemany("DELETE FROM to_index WHERE id = ?", [(key,) for key in indexed])
            self._db.executemany("DELETE FROM to_unindex WHERE id = ?", [(key,) for key in unindexed])

    def queue_words(self, numbers: Iterable[int]) -> None:
        """Have the index of words told of passages, by their numbers, that came, changed or went."""
        with self.transaction():
            self._db.executemany("INSERT OR IGNORE INTO to_words VALUES (?)", [(number,) for number in numbers])

    def queued_words(self) -> list[int]:
        """Return the numbers of passages whose words came, changed or went."""
        return [row[0] for row in self._rows("SELECT number FROM to_words")]

    def words_of(self, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Yield the numbers of those of some passages that are here, each with its title, heading, voice and words."""
        for some, marks in in_slices(numbers):
            yield from self._rows(f"SELECT number, {_WORDS} FROM passages WHERE number IN ({marks})", *some)

    def numbers(self) -> list[int]:
        """Return the numbers of all passages."""
        return [row[0] for row in self._rows("SELECT number FROM passages")]

    def unqueue_words(self, numbers: Sequence[int]) -> None:
        """Note that the index of words has been told."""
        with self.transaction():
            self._db.executemany("DELETE FROM to_words WHERE number = ?", [(number,) for number in numbers])
