"""What a chat model is told: files of `prompts/` with named slots, checked when they are read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).resolve().parents[1] / "prompts"
# The slots of each prompt.
SLOTS: Mapping[str, frozenset[str]] = {
    "answer": frozenset({"most", "passages", "question"}),
    "again": frozenset({"sentences"}),
    "standalone": frozenset({"conversation", "question"}),
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt: its name, its text with slots, and the SHA-256 of its file."""

    name: str
    text: str
    sha256: str

    def filled(self, **values: str) -> str:
        """Return the text with its slots filled; what is filled in is never read for slots."""
        return self.text.format(**values)


def read_prompts(folder: Path = FOLDER) -> dict[str, Prompt]:
    """Return every prompt by its name; DossierError names a file that is not there or a slot that is wrong in it."""
    return {name: _read(folder / f"{name}.md", slots) for name, slots in SLOTS.items()}


def _read(path: Path, slots: frozenset[str]) -> Prompt:
    try:
        text = path.read_text(encoding="utf-8")
        found = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DossierError(f"{path}: cannot be read as a prompt ({error}). Restore it from the project.") from error
    for wrong, what in ((slots - found, "is missing"), (found - slots, "is not known")):
        if wrong:
            known = ", ".join(f"{{{name}}}" for name in sorted(slots))
            raise DossierError(f"{path}: the slot {{{min(wrong)}}} {what}. Its slots are {known}.")
    return Prompt(path.stem, text, hashlib.sha256(text.encode()).hexdigest())
