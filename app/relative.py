"""Dates that a quote tells by the day when it was said: "last month", "in May last year", "two years ago", "on Monday".

Nothing is counted where that day is not known: in the words of a speaker whose own date the source does not print, in
speech within a quote, and beside a date with its year, from which it may be counted instead.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeGuard

from app.answers import Dated
from app.dates import MONTHS, dates_in, iso_date, printed_day
from app.verbatim import without_quotations
from ingest.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.dates import Date
    from ingest.records import Source, Voice

_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_COUNTS = "one two three four five six seven eight nine ten eleven twelve".split()
_RELATIVE = re.compile(
    r"\b(?:(?P<yesterday>yesterday)(?![’'])"
    rf"|(?:(?P<month>{'|'.join(MONTHS)})\s+(?:of\s+)?)?(?P<which>last|this|next)\s+(?P<unit>month|year)"
    rf"|(?P<count>\d{{1,3}}|an?|{'|'.join(_COUNTS)})\s+(?P<ago>day|week|month|year)s?\s+ago"
    rf"|on\s+(?P<weekday>{'|'.join(_WEEKDAYS)}))\b",
    re.IGNORECASE,
)
# "The last year" is twelve months, and "more than a year ago" is any time.
_OPEN = re.compile(r"\b(?:the|than|over|least|almost|nearly|about|around|some|roughly|every|each)\s+$", re.IGNORECASE)
# A day of the week may be one to come, or any such day.
_TO_COME = re.compile(
    r"\b(?:will|shall|would|next|to be|plan(?:s|ned)?|due|expect\w*|schedul\w+|upcoming|"
    r"every|each|until|by|tomorrow)\b",
    re.IGNORECASE,
)
_OTHER_TIME = re.compile(
    r"\b(?:at (?:the|that) time|back then|by then|in those days|the (?:day|month|year) before)\b", re.IGNORECASE
)
_STEPS = {"last": -1, "this": 0, "next": 1}
_DAYS = {"day": 1, "week": 7}


def relative_dates(quote: str, voice: Voice | None, source: Source) -> tuple[Dated, ...]:
    """Return the dates that a quote of a voice, None for the publisher's own, tells by the day when it was said."""
    basis = _said(voice) if voice else iso_date(source.published)
    return tuple(dict.fromkeys(_in(quote, basis, said=voice is not None))) if _is_day(basis) else ()


def with_relative_dates(text: str, dated: tuple[Dated, ...]) -> str:
    """Return a text with each date that it tells by another day put behind those words, but for what is only about."""
    for one in dated:
        if not one.about:
            text = re.sub(rf"(?<!\w){re.escape(one.words)}(?!\w)", f"{one.words} ({printed_day(one.date)})", text)
    return text


def _said(voice: Voice) -> Date | None:
    return next((day for day, *_ in dates_in(voice.said)), None) if voice.said else None


def _is_day(basis: Date | None) -> TypeGuard[Date]:
    """Tell a day, month or year that there is from what only looks like one."""
    try:
        return basis is not None and bool(date(basis[0] or 0, basis[1] or 1, basis[2] or 1))
    except ValueError:
        return False


def _in(quote: str, basis: Date, *, said: bool) -> Iterator[Dated]:
    own = _without_speech(quote)
    for start, end in sentence_spans(own):
        sentence = own[start:end]
        if _OTHER_TIME.search(sentence) or any(year for (year, *_), *_ in dates_in(sentence)):
            continue
        for match in _RELATIVE.finditer(sentence):
            found = None if _OPEN.search(sentence[: match.start()]) else _date(match, basis, sentence)
            if found:
                yield Dated(match[0], found, (match["ago"] or "day").casefold() != "day", _iso(*basis), said)


def _without_speech(quote: str) -> str:
    """Return a quote without what somebody says within it, also where that begins or ends outside the quote."""
    own = without_quotations(quote)
    if own.count('"') % 2:
        return ""
    return own.partition("“")[0].rpartition("”")[2]


def _date(match: re.Match[str], basis: Date, sentence: str) -> str | None:
    """Return the date that relative words tell, in ISO 8601; None where the day counted from is not known so well."""
    year, month, day = basis
    if year is None:
        return None
    if match["unit"]:
        return _of_unit(match, year, month)
    if (match["ago"] or "").casefold() in ("year", "month"):
        return _ago(match, year, month)
    if month is None or day is None:
        return None
    today = date(year, month, day)
    back = _days_back(match, today, sentence)
    return None if back is None else str(today - timedelta(days=back))


def _days_back(match: re.Match[str], today: date, sentence: str) -> int | None:
    if match["yesterday"]:
        return 1
    if match["weekday"]:
        back = (today.weekday() - _WEEKDAYS.index(match["weekday"].casefold())) % 7
        return None if _TO_COME.search(sentence) else back
    return _count(match["count"]) * _DAYS[match["ago"].casefold()]


def _of_unit(match: re.Match[str], year: int, month: int | None) -> str | None:
    step = _STEPS[match["which"].casefold()]
    if match["unit"].casefold() == "year":
        named = [one.casefold() for one in MONTHS].index(match["month"].casefold()) + 1 if match["month"] else None
        return _iso(year + step, named)
    return None if month is None or match["month"] else _months_from(year, month, step)


def _ago(match: re.Match[str], year: int, month: int | None) -> str | None:
    count = _count(match["count"])
    if match["ago"].casefold() == "year":
        return _iso(year - count)
    return None if month is None else _months_from(year, month, -count)


def _months_from(year: int, month: int, step: int) -> str:
    years, months = divmod(12 * year + month - 1 + step, 12)
    return _iso(years, months + 1)


def _count(word: str) -> int:
    word = word.casefold()
    return int(word) if word.isdigit() else 1 if word in ("a", "an") else _COUNTS.index(word) + 1


def _iso(year: int | None, month: int | None = None, day: int | None = None) -> str:
    return "-".join(f"{part:02}" for part in (year, month, day) if part is not None)
