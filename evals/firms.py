"""Which firms are there and which are not: 66 questions "What is X's involvement in surveillance?" over one collection.

The collection is 141 articles of the Citizen Lab and 79 reports of Privacy International. 42 of the firms are nowhere
in it.
"""

from __future__ import annotations

import json
from statistics import fmean
from typing import TYPE_CHECKING, Any

from evals.stores import kept_dossier, material, wordpress_posts

if TYPE_CHECKING:
    from pathlib import Path

    from app.dossier import Dossier

_FIRST = 10


def run(home: Path) -> dict[str, Any]:
    """Ask about every firm; tell who was answered, who refused, and which of the documents on each were found."""
    reports = [(path.name, path.read_bytes()) for path in sorted(material("surveillance/pdfs").glob("*.pdf"))]
    lines = material("surveillance/questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    with kept_dossier(home, [*wordpress_posts(), *reports]) as (dossier, filled):
        found = [_asked(dossier, question) for question in asked]
    present = [one for one in found if one["answerable"]]
    absent = [one for one in found if not one["answerable"]]
    return {
        "present": {
            "of": len(present),
            "named in a quote": sum(one["named"] for one in present),
            "refused": sum(not one["answered"] for one in present),
        },
        "absent": {"of": len(absent), "refused": sum(not one["answered"] for one in absent)},
        "document_recall": round(fmean(one["recall"] for one in present), 3),
        "filled": filled,
        "asked": found,
    }


def _asked(dossier: Dossier, question: dict[str, Any]) -> dict[str, Any]:
    answer = dossier.ask(question["query"])
    quotes = [citation.quote.quote.casefold() for citation in answer.citations]
    gold = {one["id"] for one in question.get("gold", ())}
    hits = dossier.search(question["query"], _FIRST)
    held = {name for hit in hits for name in (hit.document.url, hit.document.name)}
    return {
        "firm": question["firm"],
        "answerable": question["answerable"],
        "answered": answer.answered,
        "named": any(question["firm"].casefold() in quote for quote in quotes),
        "recall": len(gold & held) / min(len(gold), _FIRST) if gold else 0.0,
        "text": answer.text,
    }
