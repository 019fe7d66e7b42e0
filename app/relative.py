"""Dates that a quote tells by the day when it was said: "last month", "in May last year", "two years ago", "on Monday".

Nothing is counted where that day is not known: in the words of a speaker whose own date the source does not print, in
speech within a quote, and beside another date, from which it may be counted instead. Where in doubt, nothing is.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeGuard

from app.answers import Dated
from app.dates import MONTHS, dates_in, iso_date, printed_day
from app.meanings import VERB
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
    rf"|(?<![\w.,–-])(?P<count>\d{{1,3}}|an?|{'|'.join(_COUNTS)})\s+(?P<ago>day|week|month|year)s?\s+ago"
    rf"|on\s+(?P<weekday>{'|'.join(_WEEKDAYS)}))\b",
    re.IGNORECASE,
)
# What may stand before such words and makes another time of them, or a span: "the last year" is twelve months.
_OPEN = re.compile(
    r"\b(?:the|than|over|least|most|almost|nearly|about|around|some|roughly|every|each|before|after|by|since|until|till|"
    r"from|to|and|or|under|within|not|less|more|half|hundred|thousand|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    r"ninety|its|their|his|her|our|my)[\s-]+$",
    re.IGNORECASE,
)
# A sentence with one of these may speak of another time than that of its saying, or in somebody else's words.
_OTHER_TIME = re.compile(
    r"\b(?:at (?:the|that) time|back then|by then|in those days|the (?:day|week|month|year) before|"
    r"(?:last|next|this) week)\b|[‘“”\"]|(?:^|\s)'|:\s",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|us|[Oo]urs?|[Mm]y|me)\b")
# A day of the week may be one to come, or any such day: it is counted back only in a sentence of the past alone.
_NOT_PAST = re.compile(
    r"\b(?:is|are|be|has|have|do|does|to|can|could|may|might|will|shall|would|must|should|next|due|set|every|each|"
    r"upcoming|tomorrow|takes?|begins?|starts?|opens?)\b",
    re.IGNORECASE,
)
_PAST = re.compile(rf"{VERB.pattern}|\b(?:was|were|had|said)\b")
# Years that a date of publication may be of: others stand for none, as 0001 does.
_YEARS = range(1900, 2100)
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
            text = text.replace(one.words, f"{one.words} ({printed_day(one.date)})")
    return text


def _said(voice: Voice) -> Date | None:
    return next((day for day, *_ in dates_in(voice.said)), None) if voice.said else None


def _is_day(basis: Date | None) -> TypeGuard[Date]:
    """Tell a day, month or year that there is from what only looks like one."""
    try:
        return basis is not None and basis[0] in _YEARS and bool(date(basis[0] or 0, basis[1] or 1, basis[2] or 1))
    except ValueError:
        return False


def _in(quote: str, basis: Date, *, said: bool) -> Iterator[Dated]:
    """Yield the dates of a quote, but none of words that stand there once more, where they may not be counted."""
    if not _RELATIVE.search(quote):
        return  # as nearly all: sentences are not looked for then
    own = _without_speech(quote)
    for start, end in sentence_spans(own):
        sentence = own[start:end]
        matches = list(_RELATIVE.finditer(sentence))
        if len(matches) != 1 or not _is_of_its_saying(sentence, matches[0], said=said):
            continue
        match, found = matches[0], _date(matches[0], basis, sentence)
        if found and len(re.findall(rf"(?<!\w){re.escape(match[0])}(?!\w)", quote, re.IGNORECASE)) == 1:
            yield Dated(match[0], found, (match["ago"] or "day").casefold() != "day", _iso(*basis), said)


def _is_of_its_saying(sentence: str, match: re.Match[str], *, said: bool) -> bool:
    """Tell whether a sentence's relative date can be counted from the day of its saying, and from no other."""
    others = [start for _, start, end in dates_in(sentence) if end <= match.start() or match.end() <= start]
    in_speech = not said and _FIRST_PERSON.search(sentence)  # cut out of what somebody says, it may have no mark of it
    return not (others or in_speech or _OTHER_TIME.search(sentence) or _OPEN.search(sentence[: match.start()]))


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
        return back if _PAST.search(sentence) and not _NOT_PAST.search(sentence) else None
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
        return _iso(year - count) if year - count in _YEARS else None
    return None if month is None else _months_from(year, month, -count)


def _months_from(year: int, month: int, step: int) -> str:
    years, months = divmod(12 * year + month - 1 + step, 12)
    return _iso(years, months + 1)


def _count(word: str) -> int:
    word = word.casefold()
    return int(word) if word.isdigit() else 1 if word in ("a", "an") else _COUNTS.index(word) + 1


def _iso(year: int | None, month: int | None = None, day: int | None = None) -> str:
    return "-".join(f"{part:02}" for part in (year, month, day) if part is not None)
