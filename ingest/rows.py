"""Records and filters as the catalog keeps and asks them.

Records are JSON arrays in the order of the fields, since a store holds hundreds of thousands.
"""

from __future__ import annotations

import json
from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Any, TypeVar

from ingest.records import Block, Document, Mention, Page, Passage, Place, Sentence, Source, Span, Voice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.records import Filters

# Rows bound in one statement; SQLite refuses more than 32,766.
_BOUND = 10_000

_Key = TypeVar("_Key", str, int)
_PASSAGE_FIELDS = tuple(column.name for column in fields(Passage))
# Where the context stands in the list that a passage is kept as.
CONTEXT_AT = _PASSAGE_FIELDS.index("context")


def layout_to_json(document: Document) -> str:
    """Encode how a document's text is laid out."""
    return json.dumps(
        {
            "blocks": [astuple(block) for block in document.blocks],
            "pages": [astuple(page) for page in document.pages],
            "links": document.links,
            "left_out": document.left_out,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def document_from(source: Source, text: str, layout_json: str) -> Document:
    """Put a document together from its columns."""
    layout: dict[str, Any] = json.loads(layout_json)
    return Document(
        source=source,
        text=text,
        blocks=tuple(Block(*values) for values in layout["blocks"]),
        pages=tuple(Page(*values) for values in layout["pages"]),
        links=tuple(layout["links"]),
        left_out=layout["left_out"],
    )


def passage_to_json(passage: Passage) -> str:
    """Encode a passage."""
    values = {name: getattr(passage, name) for name in _PASSAGE_FIELDS} | {
        "sentences": [
            (s.start, s.end, [astuple(span) for span in s.antecedents], s.figures, sorted(s.marks))
            for s in passage.sentences
        ],
        "place": astuple(passage.place),
        "voice": passage.voice and astuple(passage.voice),
        "firms": [astuple(mention) for mention in passage.firms],
        "inherited": [astuple(mention) for mention in passage.inherited],
    }
    return json.dumps(list(values.values()), ensure_ascii=False, separators=(",", ":"))


def passage_from_json(record: str) -> Passage:
    """Decode a passage."""
    values = dict(zip(_PASSAGE_FIELDS, json.loads(record), strict=True))
    voice = values["voice"]
    values["place"] = Place(*values["place"])
    values["sentences"] = tuple(
        Sentence(start, end, tuple(Span(*span) for span in antecedents), tuple(figures), frozenset(marks))
        for start, end, antecedents, figures, marks in values["sentences"]
    )
    values["voice"] = voice and Voice(voice[0], tuple(Span(*span) for span in voice[1]), *voice[2:])
    values["firms"] = tuple(Mention(*mention) for mention in values["firms"])
    values["inherited"] = tuple(Mention(*mention) for mention in values["inherited"])
    return Passage(**values)


def where(filters: Filters) -> tuple[str, list[str]]:
    """Return the SQL condition that `filters` set on current documents and their passages, and its values."""
    clauses, values = ["documents.status = 'current'"], []
    if filters.firm is not None:
        clauses.append("passages.number IN (SELECT number FROM mentions WHERE firm = ?)")
        values.append(filters.firm)
    if filters.since is not None:
        clauses.append("substr(documents.published, 1, 10) >= ?")
        values.append(filters.since)
    if filters.until is not None:
        clauses.append("substr(documents.published, 1, 10) <= ?")
        values.append(filters.until)
    if filters.publisher is not None:
        clauses.append("lower(documents.publisher) = lower(?)")
        values.append(filters.publisher)
    if filters.documents:
        clauses.append("documents.id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(filters.documents))
    return " AND ".join(clauses), values


def in_slices(ids: Sequence[_Key]) -> Iterator[tuple[Sequence[_Key], str]]:
    """Yield `ids` in slices that one statement can bind, each with its question marks."""
    for start in range(0, len(ids), _BOUND):
        some = ids[start : start + _BOUND]
        yield some, ", ".join("?" * len(some))
