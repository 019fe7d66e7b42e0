"""Numbers as they stand in the cells of a table, told by their characters alone."""

from __future__ import annotations

import re

_CELL = re.compile(
    r"(?:[-−–(]*[$€£¥]?[-−–(]*(?:\d(?:[\d,.]*\d)?|\.\d+)[)%x]*|[—–-]|[$€£¥]|[)%]+|N/A|n/a|NM|nm)(?:\([a-z\d]\)|[*†])?"
)
_CELL_END = frozenset("0123456789)%x—–-AaMm*†$€£¥")
_TOKEN = re.compile(r"\S+")


def cells_start(text: str) -> int | None:
    """Return where the run of numbers that ends `text` begins, None when it ends otherwise or is nothing else."""
    if text[-1:] not in _CELL_END:
        return None
    start = len(text)
    for token in reversed(list(_TOKEN.finditer(text))):
        if not _CELL.fullmatch(token[0]):
            return start if start < len(text) else None
        start = token.start()
    return None


def count_cells(text: str) -> int:
    """Count the numbers, and dashes in place of numbers, that end a line."""
    if text[-1:] not in _CELL_END:
        return 0
    count = 0
    for token in reversed(text.split()):
        if not _CELL.fullmatch(token):
            break
        count += token not in {"$", "€", "£", "¥", ")", "%", ")%"}
    return count


def is_numbers(text: str) -> bool:
    """Tell text that is numbers, and dashes in place of numbers, and nothing else."""
    return text[-1:] in _CELL_END and all(_CELL.fullmatch(token) for token in text.split())
