"""Pieces of evidence: sentences that may bear a statement, who speaks in them, and whether they lean on others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.answers import Dated
    from ingest.records import Source

# What cannot be understood without the sentence before it.
_LEANS = re.compile(
    r"^\W*(?:it|they|its|their|he|she|his|her|this|that|these|those|both)\b|\b(?:the (?:same|two|three|others?)\b"
    r"|(?:the|this|that) (?:\w+ )?(?:compan(?:y|ies)|firms?|group|department|agency|ministry|bureau|university|"
    r"institute|government|court|report|article|study|paper|decision|order|list|contract|deal|sale|agreement|rule|entry|entities|"
    r"researchers?|authors?)\b)|\b(?:den[iy]|reject|disput|confirm|call)\w* (?:this|that|it|them)\b",
    re.IGNORECASE,
)


# A publisher that is known by its address alone.
HOST = re.compile(r"(?:^|\s)(?:www\.)?([a-z0-9-]+)\.[a-z]{2,}(?:\.[a-z]{2})?(?=\s|$)")
# Words of a publisher's name.
_LONGEST_NAME = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run of sentences that may bear a statement.

    `text` is what would be quoted, `understood` what it needs to be understood: its antecedents and the proof of who
    speaks; `speaker` and `source` are what is stored of its voice and document; `length` counts sentences, but for
    those that lean on the one before them; `dated` are the dates that it tells by the day when it was said.
    """

    text: str
    understood: str
    speaker: str | None
    source: Source
    length: int = 1
    dated: tuple[Dated, ...] = ()

    @property
    def known(self) -> str:
        """Who speaks and who publishes. Not the title, which names more than a passage is about."""
        return " . ".join(filter(None, (self.speaker, self.source.publisher, self.source.author)))


def leans_back(sentence: str) -> bool:
    """Tell whether a sentence speaks of something that only a sentence before it names."""
    return bool(_LEANS.search(sentence))


def spelt_out(host: str, sentence: str) -> Iterator[str]:
    """Yield how a sentence spells the name that an address is made of: "Citizen Lab" for citizenlab.org."""
    words = list(re.finditer(r"\w+", sentence))
    wanted = host.replace("-", "")
    for first in range(len(words)):
        for last in range(first, min(first + _LONGEST_NAME, len(words))):
            if "".join(word[0] for word in words[first : last + 1]).casefold() == wanted:
                yield sentence[words[first].start() : words[last].end()]
