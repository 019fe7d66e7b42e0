"""One function a metric, over plain tuples: of one question what is relevant, and what was retrieved, best first."""

from __future__ import annotations

import unicodedata
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    # A document's name with start and end of a slice of its text, end exclusive.
    Slice = tuple[str, int, int]
    # A document's name with the zero-based index of a page.
    PageOf = tuple[str, int]

_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u2011": "-", "\u2010": "-"})


def token_recall(relevant: Iterable[Slice], retrieved: Iterable[Slice]) -> float:
    """Return the share of the relevant characters that were retrieved.

    This and the next two as in https://research.trychroma.com/evaluating-chunking, which counts characters too.
    """
    relevant = list(relevant)
    return _ratio(_shared(relevant, retrieved), _summed(relevant))


def token_precision(relevant: Iterable[Slice], retrieved: Iterable[Slice]) -> float:
    """Return the share of the retrieved characters that are relevant; what is retrieved twice counts twice below."""
    retrieved = list(retrieved)
    return _ratio(_shared(relevant, retrieved), _summed(retrieved))


def token_iou(relevant: Iterable[Slice], retrieved: Iterable[Slice]) -> float:
    """Return shared over all characters: those retrieved, twice if twice, and those relevant and missed."""
    relevant, retrieved = list(relevant), list(retrieved)
    shared = _shared(relevant, retrieved)
    missed = _summed(_united(relevant)) - shared
    return _ratio(shared, _summed(retrieved) + missed)


def page_hit(relevant: Collection[PageOf], retrieved: Sequence[PageOf], most: int) -> bool:
    """Tell whether a relevant page is among the pages of the first `most` passages."""
    return any(page in relevant for page in retrieved[:most])


def document_hit(relevant: Collection[PageOf], retrieved: Sequence[PageOf], most: int) -> bool:
    """Tell whether a document with a relevant page is among those of the first `most` passages."""
    wanted = {name for name, _ in relevant}
    return any(name in wanted for name, _ in retrieved[:most])


def folded(text: str) -> str:
    """Fold quotation marks, dashes, case and spaces, which a copy of a text may have changed."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_MARKS).casefold().split())


def spread(values: Iterable[float]) -> dict[str, float]:
    """Return mean and standard deviation (of the population) of some values."""
    values = list(values)
    return {"mean": fmean(values), "sd": pstdev(values)} if values else {"mean": 0.0, "sd": 0.0}


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _summed(slices: Iterable[Slice]) -> int:
    return sum(end - start for _, start, end in slices)


def _united(slices: Iterable[Slice]) -> list[Slice]:
    """Return the same characters as slices that do not overlap, in order."""
    united: list[Slice] = []
    for name, start, end in sorted(slices):
        if united and united[-1][0] == name and start <= united[-1][2]:
            united[-1] = (name, united[-1][1], max(end, united[-1][2]))
        else:
            united.append((name, start, end))
    return united


def _shared(some: Iterable[Slice], others: Iterable[Slice]) -> int:
    """Count the characters that stand in a slice of both."""
    others = _united(others)
    return sum(
        max(0, min(end, other_end) - max(start, other_start))
        for name, start, end in _united(some)
        for other_name, other_start, other_end in others
        if other_name == name
    )
