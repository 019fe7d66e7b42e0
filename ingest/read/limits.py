"""What one file may cost: sizes, memory and time, beyond which reading it is given up with an error."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.errors import UnreadableFileError

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds; `characters` and `pages` count one document, the others one file."""

    file_bytes: int = 50 * MEGABYTE
    markup_bytes: int = 20 * MEGABYTE  # HTML and JSON unfold to many times their size in memory
    unpacked_bytes: int = 200 * MEGABYTE  # DOCX
    characters: int = 2_000_000
    pages: int = 5_000
    memory_bytes: int = 1_500 * MEGABYTE
    seconds: float = 60.0
    seconds_per_megabyte: float = 2.0
    answer_bytes: int = 100 * MEGABYTE
    files_per_process: int = 200

    def seconds_for(self, size: int) -> float:
        """Return how long reading a file of `size` bytes may take."""
        return self.seconds + self.seconds_per_megabyte * size / MEGABYTE


DEFAULT_LIMITS = Limits()


def require_size(name: str, size: int, limits: Limits = DEFAULT_LIMITS) -> None:
    """Raise UnreadableFileError when a file of `size` bytes is too large to be read."""
    if size > limits.file_bytes:
        raise UnreadableFileError(
            f"{name} has {size / MEGABYTE:,.1f} MB; files are read up to {limits.file_bytes / MEGABYTE:,.0f} MB. "
            "Split it and add the parts."
        )
