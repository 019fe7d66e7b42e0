"""What flows through Dossier: frozen records, each carrying its own origin.

Every `start` and `end` counts Unicode code points of one document's `text`, end exclusive,
so that `text[start:end]` is the quote, verbatim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

BlockKind = Literal["heading", "paragraph", "list_item", "table_row", "signature", "note"]
DocumentKind = Literal["article", "report", "document"]

_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, list item, table row, signature line or footnote of a document.

    `quotation` numbers the block quotation that the block stands in, None outside one.
    `ends_quotation` is true for the last block of one; damaged exports lose the opening tag and keep
    only the end, so a block may end a quotation without a number.
    """

    start: int
    end: int
    kind: BlockKind = "paragraph"
    level: int = 0
    quotation: int | None = None
    ends_quotation: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a paginated document: where its text starts and ends, and its printed label if it has one."""

    start: int
    end: int
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a reader makes of one document in a file, before it has an identity in a store.

    `left_out` counts what is not part of `text`: "running_lines" (headers and footers), "invisible_characters",
    "pages_without_text", ... `published` and `modified` are ISO 8601 as the source prints them, else None.
    """

    text: str
    blocks: tuple[Block, ...]
    kind: DocumentKind
    title: str
    publisher: str | None = None
    author: str | None = None
    published: str | None = None
    modified: str | None = None
    url: str | None = None
    language: str | None = None
    pages: tuple[Page, ...] = ()
    links: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """What identifies and describes a document of a store: what a citation says about it.

    `id` is the first 16 hex of the SHA-256 over canonical URL (or name) and text; `name` the file's, as given;
    `sha256` that of the stored original; `version` counts the texts kept of one URL, oldest first.
    """

    id: str
    name: str
    title: str
    publisher: str | None
    author: str | None
    published: str | None
    modified: str | None
    url: str | None
    kind: DocumentKind
    language: str | None
    sha256: str
    version: int = 1
    status: Literal["current", "superseded"] = "current"


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a store: its source, its text, and how the text is laid out (see `ParsedDocument`)."""

    source: Source
    text: str
    blocks: tuple[Block, ...]
    pages: tuple[Page, ...] = ()
    links: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the list of documents: a source, and how many passages and pages it has."""

    source: Source
    passages: int
    pages: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the adding of one file has come: its name, what is done to it, and how many passages of how many.

    The steps of a file follow each other; the next one's begin when it is finished, though it may be read before.
    `share` is how much of all files is done, from 0 to 1, by their sizes; 0 where these are not known.
    """

    name: str
    step: Literal["listing", "fetching", "reading", "embedding", "finished"]
    done: int = 0
    total: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one file, or of one document in it, that was to be added; `id` is None when it failed.

    `superseded_by` is the current version of its address, where that is not the document: nothing finds it then.
    """

    id: str | None
    name: str
    status: Literal["added", "unchanged", "updated", "duplicate", "failed"]
    duplicate_of: str | None = None
    replaces: str | None = None
    superseded_by: str | None = None
    error: str | None = None
    passages: int = 0
    pages: int = 0
    pages_without_text: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What stood at an address: the bytes, and `url` where they were found after redirects.

    `unchanged` tells that it is what was fetched before, and was not sent again. `headers` are in lower case.
    """

    url: str
    data: bytes
    headers: dict[str, str] = field(default_factory=dict)
    unchanged: bool = False

    @property
    def charset(self) -> str | None:
        """The encoding that its server names, by whatever name; None where it names none."""
        named = _CHARSET.search(self.headers.get("content-type", ""))
        return named[1] if named else None


@dataclass(frozen=True, slots=True)
class Visit:
    """What is known of an address that was fetched before: the document that it gave, and how to ask for changes.

    `url` is where it was found; `etag` and `last_modified` as its server sent them; `changed` as its site lists it.
    """

    address: str
    document_id: str
    url: str
    etag: str | None = None
    last_modified: str | None = None
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is limited to; None means anything.

    `firm` is an id as in `Mention.firm`; `since` and `until` are inclusive dates of publication, YYYY-MM-DD;
    `documents` are ids, none of them for all.
    """

    firm: str | None = None
    since: str | None = None
    until: str | None = None
    publisher: str | None = None
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A slice of a document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks in a passage that is not the publisher's own voice.

    `name` as spelt in the source; `venue` where it was said, if the source says ("Foreign Policy"); `said` the date
    of the statement as printed; `via` who relays it; `proof` the signature or introduction that shows all this.
    """

    name: str
    proof: tuple[Span, ...]
    venue: str | None = None
    said: str | None = None
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a slice stands in its document, and whose words it holds.

    `page` is the 1-based index of the page of the first character and `page_label` what is printed on it, None where
    there are no pages; `paragraph` is 1-based and None where there are. `speaker` None is the publisher's own voice.
    """

    start: int
    end: int
    page: int | None
    page_label: str | None
    paragraph: int | None
    speaker: str | None
    via: str | None


@dataclass(frozen=True, slots=True)
class Mention:
    """A firm or institution named in a text: the form as printed, and whom it names.

    `firm` is an id of `corpus/firms.csv`, or the folded form itself for a name that is only in the collection.
    """

    firm: str
    form: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One whole sentence (or heading, table row, signature) with what must be known about it to quote it safely.

    `antecedents` are the sentences it cannot be understood without ("Both firms ..."), nearest first, two at most.
    `figures` are amounts, percentages, counts and dates as printed. `marks` holds any of
    "denies", "hedges", "asks", "supposes", "note" (it stands in a footnote).
    """

    start: int
    end: int
    antecedents: tuple[Span, ...] = ()
    figures: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one document, one voice and one section: the unit that is searched and cited.

    `context` is what it needs to be understood (title, heading, voice, antecedents); it is embedded and indexed
    with the passage and is never part of a quote. `firms` are named in the passage, `inherited` in its antecedents.
    """

    id: str
    document_id: str
    ordinal: int
    place: Place
    sentences: tuple[Sentence, ...]
    heading: str = ""
    voice: Voice | None = None
    context: str = ""
    firms: tuple[Mention, ...] = ()
    inherited: tuple[Mention, ...] = ()

    @property
    def start(self) -> int:
        """Where it starts in its document's text."""
        return self.place.start

    @property
    def end(self) -> int:
        """Where it ends in its document's text, exclusive."""
        return self.place.end
