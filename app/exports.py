"""An answer's sources and quotes in the formats of other programs: BibTeX, RIS, CSL-JSON, CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

from app.cite import printed_place
from app.styles import date_parts, is_web_address

if TYPE_CHECKING:
    from app.answers import Answer
    from ingest.records import Source

# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_COLUMNS = (
    "number", "statement", "quote", "speaker", "publisher", "title", "published", "place", "url", "document", "start",
    "end",
)  # fmt: skip
_CSL = {"article": "webpage", "report": "report", "document": "document"}
_RIS = {"article": "ELEC", "report": "RPRT", "document": "GEN"}
_BIBTEX = {"article": "online", "report": "report", "document": "misc"}


def sources_of(answer: Answer) -> list[Source]:
    """Return the documents that an answer cites, each once, in the order of their first citation."""
    cited = (*answer.citations, *answer.nearest)
    return list({citation.document.id: citation.document for citation in cited}.values())


def statements(answer: Answer, number: int) -> str:
    """Return the sentences of an answer that cite a citation; the text of one that has none."""
    found = [sentence.text for sentence in answer.sentences if number in sentence.citations]
    return " ".join(found) or answer.text


def bibtex(answer: Answer) -> str:
    """Return the cited documents as BibTeX (biblatex's types, which Zotero reads)."""
    return "\n".join(_bibtex(source) for source in sources_of(answer))


def ris(answer: Answer) -> str:
    """Return the cited documents as RIS."""
    lines: list[str] = []
    for source in sources_of(answer):
        fields = [("TY", _RIS[source.kind]), ("TI", source.title), ("AU", source.author), ("PB", source.publisher)]
        parts = date_parts(source.published)
        if parts:
            padded = [f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:]), "", ""][:3]
            fields += [("PY", padded[0]), ("DA", "/".join([*padded, ""]))]
        fields += [("UR", source.url), ("LA", source.language), ("ID", source.id)]
        lines += [f"{tag}  - {' '.join(value.split())}" for tag, value in fields if value]
        lines += ["ER  - ", ""]
    return "\r\n".join(lines)


def csl_json(answer: Answer) -> str:
    """Return the cited documents as CSL-JSON."""
    return json.dumps([_csl(source) for source in sources_of(answer)], ensure_ascii=False, indent=2)


def csv_table(answer: Answer) -> str:
    """Return a row a citation, for a spreadsheet: no cell is a formula."""
    written = io.StringIO()
    written.write("\ufeff")  # tells Excel that this is UTF-8
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    for citation in (*answer.citations, *answer.nearest):
        source, place = citation.document, citation.quote.place
        row = (
            citation.number, statements(answer, citation.number), citation.quote.quote, place.speaker, source.publisher,
            source.title, source.published, printed_place(place), source.url, source.id, place.start, place.end,
        )  # fmt: skip
        writer.writerow([harmless(str(cell if cell is not None else "")) for cell in row])
    return written.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _csl(source: Source) -> dict[str, Any]:
    fields = {
        "id": source.id,
        "type": _CSL[source.kind],
        "title": source.title,
        "author": [{"literal": source.author}] if source.author else None,
        "publisher": source.publisher,
        "issued": {"date-parts": [date_parts(source.published)]} if date_parts(source.published) else None,
        "URL": source.url if is_web_address(source.url) else None,
        "language": source.language,
    }
    return {name: value for name, value in fields.items() if value}


def _bibtex(source: Source) -> str:
    parts = date_parts(source.published)
    fields = {
        "title": f"{{{_latex(source.title)}}}",
        "author": f"{{{_latex(source.author or source.publisher or '')}}}" if source.author or source.publisher else "",
        "publisher": _latex(source.publisher or ""),
        "date": "-".join([f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:])]) if parts else "",
        "year": f"{parts[0]:04}" if parts else "",
        "url": _latex(source.url) if source.url and is_web_address(source.url) else "",
        "langid": _latex(source.language or ""),
    }
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{_BIBTEX[source.kind]}{{dossier-{source.id},\n{body}}}\n"


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))
