"""Hostile files: mutants of real ones, by dice, and bombs, which unfold to far more than they are."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

from app.dossier import CORPUS
from evals.stores import SkippedError, material
from evals.torture.texts import Article

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

Named = tuple[str, bytes]
# Files that are much larger than this come up as much more seldom as they are larger.
_SMALL = 60_000
_PIECE = 4000
# The earliest that a zip archive can tell; it would else tell when it was made.
_EARLY = (1980, 1, 1, 0, 0, 0)
# What a number of a file may be taken for.
_NUMBERS = (b"0", b"-1", b"1", b"65535", b"2147483648", b"99999999999999999999", b"1e308", b"0.0000000001")
_WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'


def odd_files() -> list[Named]:
    """Return the odd PDF files of the evaluation material; SkippedError when it is not there."""
    return [(path.name, path.read_bytes()) for path in sorted(material("pdf").glob("*.pdf"))]


def own_files() -> list[Named]:
    """Return small files of our own, each of another format."""
    article = Article(0, 1)
    paragraphs = article.text.split("\n\n")
    body = "".join(f"<p>{one}</p>" for one in paragraphs)
    page = (
        f'<!DOCTYPE html><html lang="en"><head><title>Gates</title></head><body><article>{body}</article></body></html>'
    )
    post = {"date": "2021-05-04T00:00:00", "link": article.url, "title": {"rendered": "Gates"}}
    posts = [post | {"link": f"{article.url}/{at}", "content": {"rendered": body}} for at in range(3)]
    (report,) = CORPUS.glob("report/*.pdf")
    return [
        ("article.md", article.data),
        ("page.html", page.encode()),
        ("posts.json", json.dumps(posts).encode()),
        ("report.docx", _docx(paragraphs)),
        ("report.pdf", report.read_bytes()),
    ]


def _docx(paragraphs: Sequence[str]) -> bytes:
    from docx import Document

    document = Document()
    for one in paragraphs:
        document.add_paragraph(one)
    table = document.add_table(2, 2)
    table.cell(0, 0).text = "Quillon Optics sold nine gates."
    packed = io.BytesIO()
    document.save(packed)
    return _zip(_unzipped(packed.getvalue()))


def _unzipped(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _zip(parts: Mapping[str, bytes], level: int | None = None) -> bytes:
    """Return a zip archive that is the same whenever it is made."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _EARLY), data, zipfile.ZIP_DEFLATED, level)
    return made.getvalue()


def seeds() -> tuple[list[Named], str]:
    """Return the files that mutants are made of, and in words what is missing of them."""
    try:
        return [*own_files(), *odd_files()], ""
    except SkippedError as skipped:
        return own_files(), str(skipped)


def mutant(files: Sequence[Named], dice: Random) -> Named:
    """Return one of some files, changed one to three times: the same for the same files and dice, whenever it is made.

    Where the evaluation material is there it is among the files, so that a number stands for another mutant.
    """
    weights = [1 / max(1.0, len(data) / _SMALL) for _, data in files]
    ((name, data),) = dice.choices(files, weights)
    other = dice.choices(files, weights)[0][1]
    for _ in range(dice.randint(1, 3)):
        if name.endswith(".docx") and dice.random() < 0.7:
            data = _within(data, dice, other)
        else:
            data = dice.choice(CHANGES)(data, dice, other)
    return name, data


def _within(packed: bytes, dice: Random, other: bytes) -> bytes:
    """Change a file within a zip archive, which would hardly be opened otherwise."""
    try:
        parts = _unzipped(packed)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, EOFError, OSError):
        return packed
    chosen = dice.choice(["word/document.xml", *sorted(parts)])
    if chosen in parts:
        parts[chosen] = dice.choice(CHANGES)(parts[chosen], dice, other)
    return _zip(parts)


def _flipped(data: bytes, dice: Random, _: bytes) -> bytes:
    changed = bytearray(data)
    for _times in range(dice.choice([1, 1, 2, 8, 64]) if data else 0):
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _truncated(data: bytes, dice: Random, _: bytes) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def _spliced(data: bytes, dice: Random, other: bytes) -> bytes:
    at, start = dice.randrange(len(data) + 1), dice.randrange(len(other) + 1)
    return data[:at] + other[start : start + dice.randrange(_PIECE)] + data[at + dice.choice([0, 0, 100, 1000]) :]


def _cut(data: bytes, dice: Random, _: bytes) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + data[at + dice.randrange(_PIECE) :]


def _doubled(data: bytes, dice: Random, _: bytes) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + data[at : at + dice.randrange(_PIECE)] * dice.choice([2, 2, 20]) + data[at:]


def _blanked(data: bytes, dice: Random, _: bytes) -> bytes:
    at, size = dice.randrange(len(data) + 1), dice.randrange(_PIECE)
    filling = dice.choice([b"\0", b" ", b"\xff", b"<", b"["])
    return data[:at] + filling * len(data[at : at + size]) + data[at + size :]


def _renumbered(data: bytes, dice: Random, _: bytes) -> bytes:
    found = [one.span() for one in re.finditer(rb"\d+", data[:200_000])]
    if not found:
        return data
    start, end = dice.choice(found)
    return data[:start] + dice.choice(_NUMBERS) + data[end:]


CHANGES: tuple[Callable[[bytes, Random, bytes], bytes], ...] = (
    _flipped,
    _truncated,
    _spliced,
    _cut,
    _doubled,
    _blanked,
    _renumbered,
)


def bombs() -> dict[str, Callable[[], bytes]]:
    """Return what makes files that unfold, nest or branch beyond all measure, by the file's name."""
    return {
        "unfolds.pdf": lambda: _pdf(b"/FlateDecode", zlib.compress(b"0 0 m " * 60_000_000, 9)),
        "unfolds-twice.pdf": lambda: _pdf(
            b"[/FlateDecode /FlateDecode]", zlib.compress(zlib.compress(bytes(300_000_000), 9), 9)
        ),
        "nests.pdf": lambda: _pdf(b"", b"[" * 2_000_000),
        "brackets.pdf": lambda: b"%PDF-1.7\n1 0 obj\n" + b"<<" * 1_000_000,
        "unfolds.docx": lambda: _zipped(_WORD + "<w:body>", b"<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 8_000_000),
        "nests.docx": lambda: _zipped(_WORD, b"<w:p>" * 3_000_000),
        "laughs.docx": lambda: _zipped(_laughs(), b""),
        "nests.html": lambda: b"<html><body>" + b"<div>" * 2_000_000 + b"The gates were shut.",
        "opens.html": lambda: b"<html><body>" + b"<a <b <c " * 500_000,
        "comments.html": lambda: b"<html><body>" + b"<!-- " * 1_000_000,
        "attributes.html": lambda: b"<html><body><p " + b"".join(b"a%d=1 " % at for at in range(300_000)) + b">x",
        "tables.html": lambda: b"<html><body>" + b"<table><tr><td>" * 300_000,
        "nests.json": lambda: b'[{"title":' + b"[" * 3_000_000,
        "number.json": lambda: b'[{"id":' + b"9" * 3_000_000 + b"}]",
        "quotes.md": lambda: b">" * 1_000_000 + b" The gates were shut.",
        "links.md": lambda: b"[" * 500_000 + b"](" * 500_000,
        "stars.md": lambda: b"*a **b _c __d " * 200_000,
        "lists.md": lambda: b"".join(b" " * at + b"- a\n" for at in range(3000)),
        "word.txt": lambda: b"a" * 19_000_000,
        "lines.txt": lambda: b"a.\n\n" * 2_000_000,
        "marks.txt": lambda: b"?!." * 3_000_000,
    }


def _pdf(how: bytes, stream: bytes) -> bytes:
    filters = b"/Filter " + how if how else b""
    return b"".join(
        (
            b"%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n",
            b"2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n",
            b"3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>> endobj\n",
            b"4 0 obj <<%b/Length %d>> stream\n" % (filters, len(stream)),
            stream,
            b"\nendstream endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n",
        )
    )


def _zipped(head: str, body: bytes) -> bytes:
    return _zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": head.encode() + body}, 1)


def _laughs() -> str:
    entities = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 12))
    return f'<!DOCTYPE a [<!ENTITY l0 "ha">{entities}]>{_WORD}<w:body><w:p><w:r><w:t>&l11;</w:t></w:r></w:p></w:body>'
