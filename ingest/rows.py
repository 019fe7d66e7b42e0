"""Records as JSON, for the catalog: arrays in the order of the fields, since a store holds hundreds of thousands."""

from __future__ import annotations

import json
from dataclasses import astuple, fields
from typing import Any

from ingest.records import Block, Document, Mention, Page, Passage, Place, Sentence, Source, Span, Voice

_PASSAGE_FIELDS = tuple(column.name for column in fields(Passage))


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
