"""What one click copies: an answer with its citations, as rich text for a word processor and as clean text."""

from __future__ import annotations

import html as markup
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from app import styles
from app.cite import marked, marked_lines, printed_context, printed_place, printed_source, quoted
from app.exports import harmless, statements
from app.styles import Run, apa, apa_in_text, apa_letters, chicago

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.answers import Answer, Citation

_NEAREST = "The nearest that the sources do say:"
_HEADINGS = ("Statement", "Quote", "To understand it", "Speaker", "Source", "Page or paragraph", "Link")


@dataclass(frozen=True, slots=True)
class Copy:
    """What is put on the clipboard: plain text, and HTML where that says more."""

    label: str
    plain: str
    html: str | None


def footnotes(answer: Answer) -> Copy:
    """Return the answer, and its sources as numbered notes in Chicago style."""
    cited = _cited(answer)
    notes = [(citation.number, chicago(citation)) for citation in cited]
    text = _lines(answer, str, lambda numbers: "".join(f"[{number}]" for number in numbers))
    rich = _lines(answer, markup.escape, lambda numbers: f"<sup>{', '.join(map(str, numbers))}</sup>")
    rich += [f"<sup>{number}</sup> {styles.html(note)}" for number, note in notes]
    return Copy(
        "Footnotes",
        "\n".join([*text, "", *(f"{number}. {styles.plain(note)}" for number, note in notes)]).strip(),
        "".join(f"<p>{line}</p>" for line in rich),
    )


def references(answer: Answer) -> Copy:
    """Return the answer with its sources named in its text, and the list of them, in APA style."""
    cited = {citation.number: citation for citation in _cited(answer)}
    letters = apa_letters(citation.document for citation in cited.values())

    def named(numbers: Sequence[int]) -> str:
        told = (apa_in_text(cited[number], letters[cited[number].document.id]) for number in numbers)
        return f"({'; '.join(one[1:-1] for one in told)})"

    text = _lines(answer, str, named)
    rich = _lines(answer, markup.escape, lambda numbers: markup.escape(named(numbers)))
    documents = {one.document.id: one.document for one in cited.values()}
    sources = sorted(
        (apa(one, letters[key]) for key, one in documents.items()), key=lambda run: styles.plain(run).casefold()
    )
    return Copy(
        "APA",
        "\n".join([*text, "", *map(styles.plain, sources)]).strip(),
        "".join(f"<p>{line}</p>" for line in (*rich, *map(styles.html, sources))),
    )


def markdown(answer: Answer, prefix: str = "") -> Copy:
    """Return the answer in Markdown, its sources as footnotes; `prefix` keeps them apart from another answer's."""
    lines = _lines(
        answer,
        lambda text: styles.markdown((Run(text),)),
        lambda numbers: "".join(f"[^{prefix}{number}]" for number in numbers),
    )
    notes = [f"[^{prefix}{citation.number}]: {styles.markdown(chicago(citation))}" for citation in _cited(answer)]
    return Copy("Markdown", "\n\n".join([*lines, *notes]), None)


def fact_sheet(answer: Answer) -> Copy:
    """Return a table for who checks the facts: each statement with its quote, who says it, and where it stands."""
    rows = [_row(answer, citation) for citation in _cited(answer)]
    # A sentence that cites nothing belongs to the answer, too.
    rows += [(one.text, *[""] * (len(_HEADINGS) - 1)) for one in answer.sentences if not one.citations]
    cells = [_HEADINGS, *([harmless(" ".join(cell.split())) for cell in row] for row in rows)]
    head = "".join(f'<th scope="col">{heading}</th>' for heading in _HEADINGS)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return Copy(
        "Fact-check sheet",
        "\n".join("\t".join(map(_unquoted, row)) for row in cells),
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>",
    )


def _cited(answer: Answer) -> tuple[Citation, ...]:
    return (*answer.citations, *answer.nearest)


def _lines(answer: Answer, words: Callable[[str], str], marks: Callable[[Sequence[int]], str]) -> list[str]:
    """Return the lines of an answer with its words and its citation marks, neighbours together, put into a format."""
    cited = _cited(answer)
    text = answer.text
    # The text of a refusal marks none of them; without their words the notes would say nothing.
    unmarked = [one for one in answer.nearest if one.number not in marked(text, cited)]
    if unmarked:
        text = "\n".join([text, _NEAREST, *(f"{quoted(one)} [{one.number}]" for one in unmarked)])
    return ["".join(_formatted(line, words, marks)) for line in marked_lines(text, cited)]


def _formatted(
    line: Sequence[str | int], words: Callable[[str], str], marks: Callable[[Sequence[int]], str]
) -> Iterator[str]:
    for are_words, group in groupby(line, key=lambda piece: isinstance(piece, str)):
        pieces = list(group)
        yield words("".join(map(str, pieces))) if are_words else marks([int(piece) for piece in pieces])


def _row(answer: Answer, citation: Citation) -> tuple[str, ...]:
    source, place = citation.document, citation.quote.place
    own = source.publisher or source.author or source.title
    return (
        statements(answer, citation.number),
        citation.quote.quote,
        printed_context(citation),
        place.speaker or own,
        printed_source(source),
        printed_place(place),
        source.url or "",
    )


def _unquoted(cell: str) -> str:
    """Return a cell that a spreadsheet does not read as quoted, up to the next such mark, into other cells."""
    return f"'{cell}" if cell.startswith('"') else cell


def _cell(text: str) -> str:
    return f"<td>{styles.html((Run(text, link=text if styles.is_web_address(text) else None),))}</td>"
