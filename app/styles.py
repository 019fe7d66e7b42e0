"""Citation styles: a Chicago note and an APA reference, as runs of text that are set in italics or are links."""

from __future__ import annotations

import html as markup
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.cite import MONTHS, printed_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.answers import Citation
    from ingest.records import Source

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
# One or two names of people, each of capitalised words, as in "Lindsay Gorman and Matt Schrader".
_NAME = r"(?:[A-Z][^\W\d_]*\.? )+(?P<{}>[A-Z][\w’'-]+)"
_PEOPLE = re.compile(rf"{_NAME.format('one')}(?: and {_NAME.format('two')})?")
# What would end an address in angle brackets.
_BRACKETS = re.compile(r"[<>\\\s]")
# All ASCII punctuation can be escaped: https://spec.commonmark.org/0.31.2/#backslash-escapes
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class Run:
    """Some text of a citation; `link` is the address it leads to."""

    text: str
    italic: bool = False
    link: str | None = None


def chicago(citation: Citation) -> tuple[Run, ...]:
    """Return a note in Chicago style: publisher, title, dates, address, place, and who is quoted."""
    source, place = citation.document, citation.quote.place
    stop = "" if source.title.endswith(("?", "!")) else ","
    parts: list[Run | str] = [who for who in (source.author, source.publisher) if who]
    parts.append(f"“{source.title}{stop}”")
    parts.extend(_chicago_dates(source))
    if source.url:
        parts.append(_address(source.url))
    parts.append(printed_place(place))
    if place.speaker:
        parts.append(f"quoting {place.speaker}")
    return tuple(_sentence([part for part in parts if part]))


def apa(source: Source) -> tuple[Run, ...]:
    """Return a reference in APA style.

    The title keeps the capitals that it is printed with: a program that lowered them would lower names of firms, too.
    """
    who = source.author or source.publisher
    when = f"({_apa_date(source.published)})."
    title = Run(source.title, italic=True)
    end = "" if source.title.endswith(("?", "!", ".")) else "."
    head = [Run(f"{_stopped(who)} {when} "), title, Run(end)] if who else [title, Run(f"{end} {when}")]
    if source.publisher and source.publisher != who:
        head.append(Run(f" {_stopped(source.publisher)}"))
    return tuple([*head, Run(" "), _address(source.url)] if source.url else head)


def apa_in_text(citation: Citation) -> str:
    """Return what stands in the text for an APA reference: "(Gorman & Schrader, as cited in The Paper, 2019, p. 3)"."""
    source, place = citation.document, citation.quote.place
    own = source.author or source.publisher or f"“{source.title}”"
    found = _DATE.match(source.published or "")
    parts = [own, found[1] if found else "n.d.", printed_place(place)]
    if place.speaker:
        parts[:1] = [_family_names(place.speaker), f"as cited in {own}"]
    return f"({', '.join(part for part in parts if part)})"


def plain(runs: Iterable[Run]) -> str:
    """Return runs as text."""
    return "".join(run.text for run in runs)


def html(runs: Iterable[Run]) -> str:
    """Return runs as HTML in which all text is text."""
    return "".join(_as_html(run) for run in runs)


def markdown(runs: Iterable[Run]) -> str:
    """Return runs as Markdown in which all text is text."""
    return "".join(_as_markdown(run) for run in runs)


def date_parts(published: str | None) -> list[int]:
    """Return year, month and day of a date in ISO 8601, as many as it gives; none where it is no date."""
    found = _DATE.match(published or "")
    parts = [int(part) for part in found.groups() if part] if found else []
    return parts[:1] if len(parts) > 1 and not 1 <= parts[1] <= 12 else parts


def is_web_address(address: str | None) -> bool:
    """Tell an address that a browser may open."""
    try:
        return urlsplit(address or "").scheme in ("http", "https")
    except ValueError:
        return False


def _as_html(run: Run) -> str:
    text = markup.escape(run.text)
    if run.italic:
        text = f"<i>{text}</i>"
    return f'<a href="{markup.escape(run.link)}">{text}</a>' if run.link and is_web_address(run.link) else text


def _as_markdown(run: Run) -> str:
    text = _MARKDOWN.sub(r"\\\1", " ".join(run.text.split(" ")).replace("\n", " "))
    if run.italic:
        text = f"*{text}*"
    if run.link and is_web_address(run.link):
        address = _BRACKETS.sub(lambda found: f"%{ord(found[0]):02X}", run.link)
        text = f"[{text}](<{address}>)"
    return text


def _sentence(parts: list[Run | str]) -> Iterator[Run]:
    """Yield parts with commas between them, and a full stop; a title has its own comma within its quotation marks."""
    for number, part in enumerate(parts):
        run = Run(part) if isinstance(part, str) else part
        last = number == len(parts) - 1
        if last and run.text.endswith(",”"):
            run = Run(f"{run.text[:-2]}.”")
        yield run
        if last:
            yield Run("" if run.text.endswith((".”", ".")) else ".")
        else:
            yield Run(" " if run.text.endswith((",”", "?”", "!”")) else ", ")


def _chicago_dates(source: Source) -> Iterator[str]:
    published, modified = _american(source.published), _american(source.modified)
    if published:
        yield published
    if modified and modified != published:
        yield f"last modified {modified}"


def _american(day: str | None) -> str:
    parts = date_parts(day)
    if len(parts) == 3:
        return f"{MONTHS[parts[1] - 1]} {parts[2]}, {parts[0]}"
    return f"{MONTHS[parts[1] - 1]} {parts[0]}" if len(parts) == 2 else "".join(map(str, parts))


def _apa_date(published: str | None) -> str:
    parts = date_parts(published)
    if not parts:
        return "n.d."
    return ", ".join(
        [str(parts[0]), " ".join([MONTHS[parts[1] - 1], *map(str, parts[2:])])] if parts[1:] else [str(parts[0])]
    )


def _stopped(name: str) -> str:
    return name if name.endswith(".") else f"{name}."


def _address(url: str) -> Run:
    return Run(url, link=url if is_web_address(url) else None)


def _family_names(speaker: str) -> str:
    """Return the family names of one or two people, else the name as it is: "Li Wei" tells not which is which."""
    people = _PEOPLE.match(speaker)
    rest = speaker[people.end() :] if people else ""
    if people is None or (rest and not rest.startswith((" in ", ", ", " ("))):
        return speaker
    return f"{people['one']} & {people['two']}" if people["two"] else people["one"]
