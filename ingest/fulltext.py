"""Text as the full-text index takes it."""

from __future__ import annotations

import re
import unicodedata

_HAN = re.compile(r"([\u2e80-\u9fff\uf900-\ufaff])")


def searchable(text: str) -> str:
    """Return `text` as it is indexed: compatibility forms folded (ligatures), each Han character a word of its own.

    FTS5's unicode61 takes a run of Han characters for one word: https://www.sqlite.org/fts5.html#unicode61_tokenizer
    """
    return _HAN.sub(r" \1 ", unicodedata.normalize("NFKC", text))
