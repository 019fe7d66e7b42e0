"""How a part of the torture stands: how many were tried, how many held, and what is wrong, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def standing(tried: int, wrong: list[str], seconds: float, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return how it stands, with figures of its own; each that is wrong is "what was tried | how it went wrong"."""
    held = max(0, tried - len({one.partition(" | ")[0] for one in wrong}))
    return {"tried": tried, "held": held, **figures, "wrong": wrong, "seconds": round(seconds)}
