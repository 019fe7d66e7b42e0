"""What pypdf tells of a PDF: metadata, page labels, the outline and links, and a second opinion on its text.

It reads the text only where pdfium finds none that can be read, for it is many times slower and malformed files hold
it up for seconds.
"""

from __future__ import annotations

import io
import re
import time
import zlib
from contextlib import contextmanager, suppress
from ctypes import c_ulong, py_object, pythonapi
from dataclasses import dataclass, field, replace
from threading import Thread
from typing import TYPE_CHECKING, Any

from pypdf import PasswordType, PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

from ingest.errors import UnreadableFileError
from ingest.read.clean import one_line
from ingest.read.pdf_lines import NO_LETTERS, Line, fold_title, is_poor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pypdf import PageObject

    from ingest.read.pdf_lines import PagesText

# What pypdf raises on malformed files outside its own tree: it follows the file's word on types, keys, lengths and
# nesting. A missing crypto package is a DependencyError, a broken stream at times a bare zlib.error.
_PYPDF_ERRORS = (
    PyPdfError,
    DependencyError,
    zlib.error,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
_FACTS_SECONDS = 3.0
_SECOND_OPINION_SECONDS = 10.0
_NAME_LENGTH = 300

_FILE_NAME = re.compile(r"\.(?:docx?|pdf|rtf|odt|indd|qxd|pptx?|xlsx?|html?|txt|tex|dvi|ps|pages|pmd)$", re.IGNORECASE)
# Three letters in a row: accession numbers and dates have none. Chinese names are shorter.
_NAME = re.compile(r"[^\W\d_]{3}|[\u3400-\u9fff]{2}")
_PLACEHOLDER = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel)\b|untitled|no(?:t)? titled?$|unknown|document\d*$|title$|slide \d+$"
    r"|powerpoint|admin|user\b|owner$|author$|anonymous|microsoft office user|(?:https?|file):)",
    re.IGNORECASE,
)


@dataclass
class Facts:
    """What pypdf knows about a file beside its text."""

    title: str | None = None
    author: str | None = None
    labels: tuple[str, ...] = ()
    outline: dict[str, int] = field(default_factory=dict)
    links: tuple[str, ...] = ()


@contextmanager
def opened_by_pypdf(data: bytes, name: str, password: str | None, *, locked: bool) -> Iterator[PdfReader]:
    """Open a file for reading; what pypdf cannot read of it, now or later, is raised as UnreadableFileError.

    `locked` tells that pdfium found the file locked.
    """
    try:
        yield _open(data, password)
    except _PYPDF_ERRORS as problem:
        if isinstance(problem, FileNotDecryptedError) or locked:
            raise UnreadableFileError(_locked(name, password)) from problem
        raise UnreadableFileError(f"{name}: is damaged: {problem}; get a fresh copy.") from problem


def _locked(name: str, password: str | None) -> str:
    state = "is password-protected" if password is None else "is password-protected, and not with the password given"
    return (
        f"{name}: {state}. Give its password beside the file on the page, or remove it (for example "
        "`qpdf --decrypt --password=... in.pdf out.pdf`) and add the result."
    )


def _open(data: bytes, password: str | None) -> PdfReader:
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and reader.decrypt(password or "") == PasswordType.NOT_DECRYPTED:
        raise FileNotDecryptedError("the password does not open it")
    return reader


def lines_by_pypdf(reader: PdfReader, index: int) -> list[Line]:
    """Return the lines of a page as on a typewriter: pypdf's plain text has no places."""
    printed = enumerate(reader.pages[index].extract_text().split("\n"))
    return [
        Line(line.strip(), 0.0, 5.0 * len(line.strip()), bottom=-12.0 * row, height=10.0)
        for row, line in printed
        if line.strip()
    ]


def second_opinion(text: PagesText, data: bytes, password: str | None) -> None:
    """Replace the text of lost and silent pages by pypdf's where that can be read in time."""
    _within(_SECOND_OPINION_SECONDS, lambda: _ask_again(text, data, password))


def _ask_again(text: PagesText, data: bytes, password: str | None) -> None:
    # A second opinion that fails leaves the first one standing.
    with suppress(*_PYPDF_ERRORS):
        reader = _open(data, password)
        for index in sorted(text.lost | text.silent):
            lines = lines_by_pypdf(reader, index)
            if lines and not is_poor(lines):
                text.pages[index] = lines
                text.lost.discard(index)


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Do `work` for `seconds` at most: malformed files hold up single calls of pypdf, which knows no time limit."""
    worker = Thread(target=work, daemon=True)
    worker.start()
    worker.join(seconds)
    if worker.is_alive() and worker.ident is not None:
        # pypdf is Python throughout, so an exception set from here ends it; left alone it would slow all that follows.
        pythonapi.PyThreadState_SetAsyncExc(c_ulong(worker.ident), py_object(SystemExit))
        worker.join(seconds)


def read_facts(data: bytes, password: str | None) -> Facts:
    """Return the facts that can be read in time."""
    facts = Facts()
    deadline = time.monotonic() + _FACTS_SECONDS
    _within(_FACTS_SECONDS, lambda: _fill_facts(facts, data, password, deadline))
    return replace(facts)


def _fill_facts(facts: Facts, data: bytes, password: str | None, deadline: float) -> None:
    """Set one fact after the other until `deadline`; what pypdf cannot read costs that fact alone."""
    with suppress(*_PYPDF_ERRORS):
        reader = _open(data, password)
        for fill in (_fill_origin, _fill_labels, _fill_outline, _fill_links):
            with suppress(*_PYPDF_ERRORS):
                fill(facts, reader, deadline)


def _fill_origin(facts: Facts, reader: PdfReader, _: float) -> None:
    # Item access follows references to strings kept elsewhere; pypdf's own properties take those for missing.
    if reader.metadata is not None and "/Author" in reader.metadata:
        facts.author = sensible(reader.metadata["/Author"])
    if reader.metadata is not None and "/Title" in reader.metadata:
        facts.title = sensible(reader.metadata["/Title"])


def sensible(value: object) -> str | None:
    """Return a metadata value if it names something, None for placeholders, file names and bare numbers."""
    text = one_line(value) if isinstance(value, str) else ""
    if not _NAME.search(text) or len(text) > _NAME_LENGTH or NO_LETTERS.search(text):
        return None
    if _FILE_NAME.search(text) or _PLACEHOLDER.match(text):
        return None
    return text


def _fill_labels(facts: Facts, reader: PdfReader, _: float) -> None:
    facts.labels = tuple(reader.page_labels)


def _fill_outline(facts: Facts, reader: PdfReader, _: float) -> None:
    facts.outline = dict(reversed(list(_outline_titles(reader.outline, 1))))


def _outline_titles(entries: list[Any], level: int) -> Iterator[tuple[str, int]]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _outline_titles(entry, level + 1)
        elif entry.title:
            yield fold_title(str(entry.title)), level


def _fill_links(facts: Facts, reader: PdfReader, deadline: float) -> None:
    links: dict[str, None] = {}
    for page in reader.pages:
        if time.monotonic() > deadline:
            break
        with suppress(*_PYPDF_ERRORS):
            links.update(dict.fromkeys(_page_links(page)))
    facts.links = tuple(links)


def _page_links(page: PageObject) -> Iterator[str]:
    for annotation in page.annotations or ():
        action = annotation.get_object().get("/A")
        target = action.get_object().get("/URI") if action is not None else None
        if isinstance(target, str) and target.lower().startswith(("http://", "https://")):
            yield str(target)
