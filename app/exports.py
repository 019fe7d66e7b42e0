"""An answer's sources and quotes in the formats of other programs: BibTeX, RIS, CSL-JSON, CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

from app.cite import printed_context, printed_place
from app.styles import date_parts, is_web_address

if TYPE_CHECKING:
    from app.answers import Answer
    from ingest.records import Source

# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@\t\r＝＋－＠]")
# BibTeX counts a brace that is escaped, too, and would look for its other half: braces have names.
_LATEX = {
    "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
}  # fmt: skip
_NOT_IN_URL = re.compile(r"[{}\\\s]")
_COLUMNS = (
    "number", "statement", "quote", "context", "speaker", "publisher", "title", "published", "place", "url", "document",
    "start", "end",
)  # fmt: skip
_CSL = {"article": "webpage", "report": "report", "document": "document"}
_RIS = {"article": "ELEC", "report": "RPRT", "document": "GEN"}
_BIBTEX = {"article": "online", "report": "report", "document": "misc"}
# The field of whoever publishes it, by type.
_BIBTEX_PUBLISHER = {"article": "organization", "report": "institution", "document": "organization"}


def sources_of(answer: Answer) -> list[Source]:
    """Return the documents that an answer cites, each once, in the order of their first citation."""
    cited = (*answer.citations, *answer.nearest)
    return list({citation.document.id: citation.document for citation in cited}.values())


def statements(answer: Answer, number: int) -> str:
    """Return the sentences of an answer that cite a citation, without their bullets; the text of one that has none."""
    found = [sentence.text.removeprefix("- ") for sentence in answer.sentences if number in sentence.citations]
    return " ".join(found) or answer.text


def bibtex(answer: Answer) -> str:
    """Return the cited documents as BibTeX (biblatex's types, which Zotero reads)."""
    return "\n".join(_bibtex(source) for source in sources_of(answer))


def ris(answer: Answer) -> str:
    """Return the cited documents as RIS."""
    lines: list[str] = []
    for source in sources_of(answer):
        fields: list[tuple[str, str | None]] = [("TY", _RIS[source.kind]), ("TI", source.title)]
        fields += [("AU", author) for author in _authors(source)] + [("PB", source.publisher)]
        parts = date_parts(source.published)
        if parts:
            padded = [f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:]), "", ""][:3]
            fields += [("PY", padded[0]), ("DA", "/".join([*padded, ""]))]
        fields += [("UR", _url(source)), ("LA", source.language), ("ID", source.id)]
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
            citation.number, statements(answer, citation.number), citation.quote.quote, printed_context(citation),
            place.speaker, source.publisher, source.title, source.published, printed_place(place), source.url,
            source.id, place.start, place.end,
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
        "author": [{"literal": author} for author in _authors(source)],
        "publisher": source.publisher,
        "issued": {"date-parts": [date_parts(source.published)]} if date_parts(source.published) else None,
        "URL": _url(source),
        "language": source.language,
    }
    return {name: value for name, value in fields.items() if value}


def _bibtex(source: Source) -> str:
    parts, authors = date_parts(source.published), _authors(source)
    # Who leads an entry is not printed again as its publisher.
    publisher = "" if source.publisher in authors else source.publisher
    fields = {
        "title": f"{{{_latex(source.title)}}}",
        "author": " and ".join(f"{{{_latex(author)}}}" for author in authors),
        _BIBTEX_PUBLISHER[source.kind]: _latex(publisher or ""),
        "date": "-".join([f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:])]) if parts else "",
        "year": f"{parts[0]:04}" if parts else "",
        # Taken as it stands, with no escapes; only what would end the field is written otherwise.
        "url": _NOT_IN_URL.sub(lambda found: f"%{ord(found[0]):02X}", _url(source) or ""),
        "langid": _latex(source.language or ""),
    }
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{_BIBTEX[source.kind]}{{dossier-{source.id},\n{body}}}\n"


def _authors(source: Source) -> list[str]:
    """Return whose work a document is; without a named author its publisher's, as in a citation.

    Readers join several authors with commas. "Roe, Jane" is one: only parts that are full names stand alone.
    """
    names = source.author.split(", ") if source.author else [source.publisher or ""]
    if not all(" " in name for name in names):
        names = [", ".join(names)]
    return [name for name in names if name]


def _url(source: Source) -> str | None:
    return source.url if is_web_address(source.url) else None


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))
