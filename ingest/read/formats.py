"""Which format a file is in, by its content, and which reader reads it. Runs in the child process."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

from ingest.errors import UnreadableFileError
from ingest.read.clean import one_line
from ingest.read.limits import DEFAULT_LIMITS, MEGABYTE, Limits
from ingest.read.text import MARKDOWN_SUFFIXES

if TYPE_CHECKING:
    from ingest.records import ParsedDocument

Format = Literal["pdf", "docx", "html", "wordpress", "text"]

# Modules with `read(data, name, ...) -> list[ParsedDocument]`, imported when first needed.
READERS: dict[Format, str] = {
    "pdf": "ingest.read.pdf",
    "docx": "ingest.read.docx",
    "html": "ingest.read.html",
    "wordpress": "ingest.read.wordpress",
    "text": "ingest.read.text",
}

_READABLE = "Dossier reads PDF, DOCX, HTML, WordPress JSON, Markdown and plain text"
_HEAD = 65_536
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.doc, .xls, .ppt) or one protected by a password"),
    (b"{\\rtf", "a rich text file (RTF)"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ID3", "an MP3 recording"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
)
_WITHIN_ZIP: tuple[tuple[str, str], ...] = (
    ("xl/", "an Excel workbook (.xlsx)"),
    ("ppt/", "a PowerPoint presentation (.pptx)"),
    ("META-INF/container.xml", "an e-book (EPUB)"),
    ("content.xml", "an OpenDocument file (.odt, .ods, .odp)"),
)
_ADVICE = {
    "picture": "recognise its text (OCR) and add the result as PDF or text",
    "archive": "unpack it and add the files in it",
}
_HTML = re.compile(rb"<!doctype\s+html|<(?:html|head|body)[\s>]", re.IGNORECASE)
_HTML_PART = re.compile(
    rb"(?>\s+|<!--.*?-->|<\?.*?>)*+<(?:article|blockquote|div|h[1-6]|li|main|meta|ol|p|section|span|table|title|ul)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_XML_EXPORT = re.compile(rb"\s*<\?xml|\s*<rss[\s>]|\s*<svg[\s>]", re.IGNORECASE)
_JSON = re.compile(rb'\s*(?:\{\s*["}]|\[\s*(?:["\]]|\{\s*["}]|\[\s*[\[{"\]]))')
# An export with something before it, which a damaged one may have.
_WORDPRESS = re.compile(rb'"(?:title|content)"\s*:\s*\{\s*"rendered"\s*:')
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read(
    data: bytes,
    name: str,
    limits: Limits = DEFAULT_LIMITS,
    password: str | None = None,
    charset: str | None = None,
) -> list[ParsedDocument]:
    """Return the documents in a file, each with text and language; raise UnreadableFileError naming the file."""
    found = sniff(data, name)
    if found in ("html", "wordpress") and len(data) > limits.markup_bytes:
        raise UnreadableFileError(
            f"{name} has {len(data) / MEGABYTE:,.1f} MB; HTML and JSON are read up to "
            f"{limits.markup_bytes / MEGABYTE:,.0f} MB. Split it and add the parts."
        )
    options: dict[Format, dict[str, Any]] = {
        "pdf": {"password": password},
        "docx": {"unpacked_limit": limits.unpacked_bytes},
        "html": {"charset": charset},
        "text": {"charset": charset},
    }
    documents: list[ParsedDocument] = import_module(READERS[found]).read(data, name, **options.get(found, {}))
    return [_checked(document, name, limits) for document in documents]


def sniff(data: bytes, name: str) -> Format:
    """Return the format of `data`; raise UnreadableFileError saying what it seems to be when there is no reader.

    The name tells only whether a text that begins with a tag is Markdown.
    """
    head = _head(data)
    if not head.strip():
        raise UnreadableFileError(f"{name} is empty. Check where it came from and get a new copy.")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _within_zip(data, name)
    _refuse_binary(data, head, name)
    return _markup_or_text(head, data, PurePath(name).suffix.lower() in MARKDOWN_SUFFIXES, name)


def _head(data: bytes) -> bytes:
    """Return the beginning of the file, as UTF-8 where its mark says that it is in UTF-16."""
    head = data[:_HEAD]
    if head.startswith(_WIDE_MARKS):
        return head.decode("utf-16", "ignore").encode("utf-8", "ignore")
    return head.removeprefix(b"\xef\xbb\xbf")


def _within_zip(data: bytes, name: str) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise UnreadableFileError(
            f"{name} is damaged: it begins like a .docx or ZIP file but cannot be unpacked ({error}). Get a new copy."
        ) from error
    if any(re.fullmatch(r"word/document\d*\.xml", entry) for entry in entries):
        return "docx"
    kinds = (kind for part, kind in _WITHIN_ZIP if any(entry.startswith(part) for entry in entries))
    raise _no_reader(name, next(kinds, "a ZIP archive"))


def _refuse_binary(data: bytes, head: bytes, name: str) -> None:
    for mark, kind in _MARKS:
        if data.startswith(mark):
            raise _no_reader(name, kind)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        raise _no_reader(name, "a WebP picture")
    if data[4:8] == b"ftyp":
        raise _no_reader(name, "a film, recording or picture (MP4, HEIC)")
    # A stray control character is no reason to refuse a text, one in fifty is.
    if b"\0" in head or len(_CONTROLS.findall(head)) > len(head) / 50:
        raise _no_reader(name, "binary data")


def _markup_or_text(head: bytes, data: bytes, markdown: bool, name: str) -> Format:  # noqa: FBT001
    if _JSON.match(head):
        return "wordpress"
    if markdown:
        return "text"
    if _HTML.search(head, 0, 1024) or _HTML_PART.match(head):
        return "html"
    if len({found[0] for found in _WORDPRESS.finditer(data)}) > 1:
        return "wordpress"
    if _XML_EXPORT.match(head):
        raise _no_reader(name, "an XML file")
    return "text"


def _no_reader(name: str, kind: str) -> UnreadableFileError:
    advice = next((what for word, what in _ADVICE.items() if word in kind), "save it in one of these and add that")
    return UnreadableFileError(f"{name} seems to be {kind}. {_READABLE}: {advice}.")


def _checked(document: ParsedDocument, name: str, limits: Limits) -> ParsedDocument:
    """Hold a document against the limits and add its language if the reader gave none."""
    if not document.text:
        raise UnreadableFileError(f"No text found in {name}; it may hold pictures only. Recognise their text (OCR).")
    for count, limit, unit in (
        (len(document.text), limits.characters, "characters of text"),
        (len(document.pages), limits.pages, "pages"),
    ):
        if count > limit:
            raise UnreadableFileError(f"{name} has {count:,} {unit}; the limit is {limit:,}. Split it and add that.")
    return replace(
        document,
        title=one_line(document.title),
        publisher=_cleaned(document.publisher),
        author=_cleaned(document.author),
        language=document.language or language_of(document.text),
    )


def _cleaned(text: str | None) -> str | None:
    return (one_line(text) or None) if text else None


def language_of(text: str) -> str | None:
    """Return the ISO 639-1 code of the language that `text` is probably in, None for fewer than 20 letters."""
    sample = text[:5_000]
    if sum(map(str.isalpha, sample)) < 20:
        return None
    import py3langid  # noqa: PLC0415 - late: brings numpy and a model

    code, _ = py3langid.classify(sample)
    return str(code)
