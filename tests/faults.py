"""Damage that a disk, a crash or a hand may do to a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HOWS = ("deleted", "cut short", "overwritten")


def damage(path: Path, how: str) -> None:
    """Delete a file, cut it short or overwrite it with noise."""
    data = path.read_bytes()
    if how == "deleted":
        path.unlink()
    else:
        path.write_bytes({"cut short": data[: len(data) // 3], "overwritten": os.urandom(len(data))}[how])
