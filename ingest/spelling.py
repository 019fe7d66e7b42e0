"""Which of some names a word seems to misspell, by its letters or by its sound."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Below this similarity (1 less the share of letters added, lost, changed or swapped) a word is another word rather
# than a misspelling: one letter in five may be wrong ("Dahwa"), but "intellect" is not Intellexa.
_MISSPELT = 0.79
SHORTEST = 5
# Letters that sound alike in names, so that "Cytroks" is near to Cytrox.
_SOUNDS = (("x", "ks"), ("ck", "k"), ("ph", "f"), ("c", "k"), ("y", "i"), ("z", "s"))


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that `word` seems to misspell, None when it seems none; all are folded."""
    from rapidfuzz import process  # noqa: PLC0415 - late
    from rapidfuzz.distance import OSA  # noqa: PLC0415

    if len(word) < SHORTEST:
        return None
    # Who misspells a name still knows how it starts.
    alike = [name for name in names if name[:1] == word[0]]
    for spelling in (str, _sound):
        hit = process.extractOne(
            spelling(word), [spelling(name) for name in alike], scorer=OSA.normalized_similarity, score_cutoff=_MISSPELT
        )
        if hit:
            return alike[hit[2]]
    return None


def _sound(name: str) -> str:
    for letters, sound in _SOUNDS:
        name = name.replace(letters, sound)
    return re.sub(r"(\w)\1", r"\1", name)
