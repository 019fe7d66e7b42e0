"""From bytes to characters: byte order mark, UTF-8, the encoding that is declared, then a guess.

UTF-8 before what is declared: other text is not valid as such, and many servers name one encoding for all they send.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from ingest.errors import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Pages declare the narrower standard and use the wider one: https://encoding.spec.whatwg.org/#names-and-labels
_WIDER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-9": "cp1254",
    "big5": "big5hkscs",
}
# Old Macintosh and DOS encodings differ from these in capitals only, and are guessed wrongly for them.
_USUAL = (
    "cp1252 cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp874 koi8_r koi8_u gb18030 big5hkscs cp932 euc_jp "
    "cp949 iso2022_jp iso2022_kr"
).split()
# Ends with what Python's own encodings, which no page is in, take for one letter.
_ASCII = bytes(range(0x20, 0x7F)) + rb"\u0041"


def decode(data: bytes, name: str, *declared: str | None) -> str:
    """Return the text of `data`; raise UnreadableFileError when it is no text in any known encoding.

    Of the encodings that are declared the first that is known counts.
    """
    text = _decoded(data, declared)
    if text is None or "\0" in text:
        raise UnreadableFileError(f"{name} is not text in any known encoding; save it as UTF-8 and add it again.")
    return text


def _decoded(data: bytes, declared: Iterable[str | None]) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    # ISO-2022 is plain ASCII with escape sequences: valid UTF-8, and unreadable as such. A terminal's are others.
    if b"\x1b$" not in data and b"\x1b(" not in data:
        try:
            return data.decode()
        except UnicodeDecodeError:
            pass
    known = next((known for one in declared if (known := _known_encoding(one))), None)
    if known is not None:
        return data.decode(known, "replace")
    return _guessed(data)


def _known_encoding(declared: str | None) -> str | None:
    """Return Python's name for a declared encoding, None for one that is unknown or does not hold ASCII as it is."""
    try:
        name = codecs.lookup(declared or "").name
        transparent = _ASCII.decode(name, "replace") == _ASCII.decode("ascii")
    except (LookupError, UnicodeError, ValueError):
        return None
    return _WIDER.get(name, name) if transparent else None


def _guessed(data: bytes) -> str | None:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - late: UTF-8 needs no guess

    best = from_bytes(data, cp_isolation=_USUAL).best()
    return None if best is None else str(best)
