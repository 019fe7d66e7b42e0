"""Dates as texts print them: found, compared, and printed."""

from __future__ import annotations

import re
from datetime import date

# Not strftime's, which speak the language of the user's machine.
MONTHS = "January February March April May June July August September October November December".split()

# "May" is a month beside a day or a year, or after a word that leads to a month.
_CLEAR = "|".join(f"{month}|{month[:3]}\\.?" for month in MONTHS if month != "May") + "|Sept\\.?"
_MONTH = f"{_CLEAR}|May"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"\b(?:(?P<iso>\d{{4}}-\d\d-\d\d)"
    rf"|(?P<d1>{_DAY})(?:\s+of)?\s+(?P<m1>{_MONTH})\b(?:,?\s+(?P<y1>\d{{4}}))?"
    rf"|(?P<m2>{_MONTH})\s+(?P<d2>{_DAY})(?![\d.%])(?:,?\s+(?P<y2>\d{{4}}))?"
    rf"|(?P<m3>{_MONTH}),?\s+(?P<y3>\d{{4}})"
    rf"|(?P<m4>{_CLEAR}|(?<=in )May|(?<=since )May|(?<=until )May|(?<=by )May)(?!\w)"
    r"|(?P<y4>(?:19|20)\d\d)(?![\d,.]*\d)(?!\s?(?:%|percent|per cent|million|billion)))"
)

Date = tuple[int | None, int | None, int | None]


def dates_in(text: str) -> list[tuple[Date, int, int]]:
    """Return the dates of a text and where each stands."""
    return [(_date(match), *match.span()) for match in _DATE.finditer(text)]


def without_dates(text: str) -> str:
    """Return a text with blanks where dates stand."""
    return _DATE.sub(lambda match: " " * len(match[0]), text)


def bears(date: Date, known: Date) -> bool:
    """Tell whether a date holds all that another one, which may leave out year, month or day, says."""
    return all(part is None or part == other for part, other in zip(date, known, strict=True))


def iso_date(text: str | None) -> Date | None:
    """Return a date in ISO 8601, or what there is of it."""
    parts = re.match(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text or "")
    return (int(parts[1]), _int(parts[2]), _int(parts[3])) if parts else None


def printed_day(published: str) -> str:
    """Print a date in ISO 8601 as "2 May 2020", or "May 2020" without its day; as it is where it is no such date."""
    year, month, day = iso_date(published) or (None, None, None)
    try:
        date(year or 0, month or 0, day or 1)
    except ValueError:
        return published
    return f"{day or ''} {MONTHS[(month or 1) - 1]} {year}".strip()


def _date(match: re.Match[str]) -> Date:
    if match["iso"]:
        year, month, day = match["iso"].split("-")
        return int(year), int(month), int(day)
    month = next((match[name] for name in ("m1", "m2", "m3", "m4") if match[name]), None)
    year = next((match[name] for name in ("y1", "y2", "y3", "y4") if match[name]), None)
    day = match["d1"] or match["d2"]
    number = next((at for at, one in enumerate(MONTHS, 1) if month and one.startswith(month[:3])), None)
    return _int(year), number, _int(day and day.rstrip("strndh"))


def _int(text: str | None) -> int | None:
    return int(text) if text else None
