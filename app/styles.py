"""Citation styles: a Chicago note and an APA reference, as runs of text that are set in italics or are links."""

from __future__ import annotations

import html as markup
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.cite import printed_place
from app.dates import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.answers import Citation
    from ingest.records import Source

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
# Common given names that are no word of places, firms or institutions ("Victoria Police"). Capitals alone do not tell
# who is a person, nor which name is the family's: "Amnesty International" and "Wang Wei" have them, too.
_GIVEN = (
    "Aaron Abigail Adam Adrian Alan Alex Alexander Alice Alison Amanda Amy Andrea Andrew Angela Anita Ann Anna Anne "
    "Annie Anthony Barbara Ben Benjamin Bernard Beth Bill Bob Brian Bruce Carol Caroline Catherine Charles Chris "
    "Christina Christine Christopher Claire Claudia Colin Daniel Danielle Dave David Deborah Denise Dennis Diana "
    "Diane Donald Donna Dorothy Doug Edward Eleanor Elena Elizabeth Ellen Emily Emma Eric Erik Erin Evan Frances "
    "Francis Frank Fred Frederick Gareth Gary Geoffrey George Gerald Gillian Glenn Graham Greg Gregory Hannah Harold "
    "Harry Heather Helen Henry Hugh Ian Irene Isabel Jack Jacob James Jamie Jane Janet Jason Jean Jeff Jeffrey "
    "Jennifer Jeremy Jessica Jill Jim Joan Joanna Joe Joel Johanna John Jonathan Joseph Josh Joshua Joyce Judith "
    "Julia Julian Julie Karen Karl Kate Katherine Kathleen Kathryn Kathy Katie Keith Ken Kenneth Kevin Kristen Larry "
    "Laura Lauren Leah Leslie Linda Lindsay Lisa Louise Lucas Lucy Luke Margaret Maria Marie Mark Martha Mary Matt "
    "Matthew Megan Melissa Michael Michelle Mike Miriam Molly Monica Nancy Naomi Natalie Natasha Neil Nicholas Nick "
    "Nicola Nicole Nina Olivia Pamela Patricia Patrick Paul Paula Peter Phil Rachel Ralph Raymond Rebecca Richard "
    "Rick Robert Robin Roger Ronald Rosemary Ruth Ryan Sally Sam Samantha Sandra Sara Sarah Sean Sharon Sheila Simon "
    "Sophie Stefan Stephanie Stephen Steve Steven Susan Suzanne Sylvia Ted Teresa Theresa Thomas Tim Timothy Tom Tony "
    "Tracy Vincent Walter Wendy William Zoe"
)
_NAME = rf"(?:{_GIVEN.replace(' ', '|')}) (?:[A-Z]\. )*(?P<{{}}>[A-Z][\w’'-]+)"
_PEOPLE = re.compile(rf"{_NAME.format('one')}(?: and {_NAME.format('two')})?")
# What would end an address in angle brackets, or begin a formula or code where a renderer looks for them first.
_BRACKETS = re.compile(r"[<>\\\s$`]")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_LINE_ENDS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]")
# All ASCII punctuation can be escaped: https://spec.commonmark.org/0.31.2/#backslash-escapes
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class Run:
    """Some text of a citation; `link` is the address it leads to."""

    text: str
    italic: bool = False
    link: str | None = None


def chicago(citation: Citation) -> tuple[Run, ...]:
    """Return a note in Chicago style: author or publisher, title, dates, address, place, and who is quoted."""
    source, place = citation.document, citation.quote.place
    own = source.author or source.publisher
    parts: list[Run | str] = [own] if own else []
    parts.append(_titled(source.title))
    if source.publisher and source.publisher != own:
        parts.append(source.publisher)
    parts.extend(_chicago_dates(source))
    if source.url:
        parts.append(_address(source.url))
    parts.append(printed_place(place))
    if place.speaker:
        parts.append(f"quoting {place.speaker}")
    return tuple(_sentence([part for part in parts if part]))


def apa(source: Source, letter: str = "") -> tuple[Run, ...]:
    """Return a reference in APA style; a `letter` after the year tells it from another of the same author and year.

    The title keeps the capitals that it is printed with: a program that lowered them would lower names of firms, too.
    """
    who = source.author or source.publisher
    when = f"({_apa_date(source.published, letter)})."
    title = Run(source.title, italic=True)
    end = "" if source.title.endswith(("?", "!", ".")) else "."
    head = [Run(f"{_stopped(who)} {when} "), title, Run(end)] if who else [title, Run(f"{end} {when}")]
    if source.publisher and source.publisher != who:
        head.append(Run(f" {_stopped(source.publisher)}"))
    return tuple([*head, Run(" "), _address(source.url)] if source.url else head)


def apa_in_text(citation: Citation, letter: str = "") -> str:
    """Return what stands in the text for an APA reference: "(Gorman & Schrader, as cited in The Paper, 2019, p. 3)".

    `letter` is that of the reference.
    """
    source, place = citation.document, citation.quote.place
    own = source.author or source.publisher or f"“{source.title}”"
    found = _DATE.match(source.published or "")
    parts = [own, _lettered(found[1] if found else "n.d.", letter), printed_place(place)]
    if place.speaker:
        parts[:1] = [_family_names(place.speaker), f"as cited in {own}"]
    return f"({', '.join(part for part in parts if part)})"


def apa_letters(sources: Iterable[Source]) -> dict[str, str]:
    """Return, by id, the letter that tells each source from others of the same author and year; mostly none."""
    alike: dict[tuple[str, str], dict[str, str]] = {}
    for source in sources:
        key = (source.author or source.publisher or source.title, (source.published or "")[:4])
        alike.setdefault(key, {})[source.id] = source.title
    return {
        identity: chr(ord("a") + at % 26) if len(titles) > 1 else ""
        for titles in alike.values()
        for at, identity in enumerate(sorted(titles, key=lambda one: titles[one].casefold()))
    }


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
    while parts:
        with suppress(ValueError):
            date(*[*parts, 1, 1][:3])
            break
        parts.pop()
    return parts


def is_web_address(address: str | None) -> bool:
    """Tell an address that a browser may open."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _as_html(run: Run) -> str:
    text = markup.escape(run.text)
    if run.italic:
        text = f"<i>{text}</i>"
    return f'<a href="{markup.escape(run.link)}">{text}</a>' if run.link and is_web_address(run.link) else text


def _as_markdown(run: Run) -> str:
    text = _MARKDOWN.sub(r"\\\1", _LINE_ENDS.sub(" ", run.text))
    if run.italic:
        text = f"*{text}*"
    if run.link and is_web_address(run.link):
        address = _BRACKETS.sub(lambda found: f"%{ord(found[0]):02X}", run.link)
        text = f"[{text}](<{_ENTITY.sub('&amp;', address)}>)"
    return text


def _sentence(parts: list[Run | str]) -> Iterator[Run]:
    """Yield parts with commas between them, and a full stop; a title has its own comma within its quotation marks."""
    for number, part in enumerate(parts):
        run = Run(part) if isinstance(part, str) else part
        last = number == len(parts) - 1
        if last and run.text.endswith((",”", ",’”")):
            run = Run(".".join(run.text.rsplit(",", 1)))
        yield run
        if last:
            yield Run("" if run.text.endswith((".”", ".’”", ".")) else ".")
        else:
            yield Run(" " if run.text.endswith((",”", ",’”", "?”", "!”")) else ", ")


def _titled(title: str) -> str:
    """Return a title within quotation marks with its comma; quotation marks within it become single ones."""
    inner = title.replace("“", "‘").replace("”", "’")
    if title.endswith(("?", "!")):
        return f"“{inner}”"
    return f"“{inner[:-1]},’”" if title.endswith("”") else f"“{inner},”"


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


def _apa_date(published: str | None, letter: str = "") -> str:
    parts = date_parts(published)
    if not parts:
        return _lettered("n.d.", letter)
    year = _lettered(str(parts[0]), letter)
    return ", ".join([year, " ".join([MONTHS[parts[1] - 1], *map(str, parts[2:])])] if parts[1:] else [year])


def _lettered(year: str, letter: str) -> str:
    return f"{year}-{letter}" if letter and year.endswith(".") else f"{year}{letter}"


def _stopped(name: str) -> str:
    return name if name.endswith(".") else f"{name}."


def _address(url: str) -> Run:
    return Run(url, link=url if is_web_address(url) else None)


def _family_names(speaker: str) -> str:
    """Return the family names of one or two people whose given names tell which is which, else the name as it is."""
    people = _PEOPLE.match(speaker)
    rest = speaker[people.end() :] if people else ""
    if people is None or (rest and not rest.startswith((" in ", ", ", " ("))):
        return speaker
    return f"{people['one']} & {people['two']}" if people["two"] else people["one"]
