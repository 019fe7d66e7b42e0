"""What limits a statement: when it holds, for how many, whether it was done or only tried, of whom exactly.

A sentence that keeps the rest and leaves such a word out, or takes another, says more than its source.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from app.dates import MONTHS, bears, dates_in
from app.facts import numbers_in, without_firms
from app.meanings import PLAIN, meanings
from app.verbatim import NEGATION
from app.words import IRREGULAR_FORMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.firms import FirmNames

_Key = TypeVar("_Key")
_Segment = tuple[set[object], list[str]]
# Words that say when and in what relation, and those that bind or permit: each line counts as one word.
_RELATIONS = tuple(
    frozenset(line.split())
    for line in """
    before prior
    after following later upon
    until till
    since
    despite although though
    against
    because due
    within
    """.strip().splitlines()
)
_MODALS = tuple(
    frozenset(line.split())
    for line in """
    must required requires obliged shall
    should ought
    may might can could able
    """.strip().splitlines()
)
_MAY_IS_A_MONTH = re.compile(r"\bMay\b")
# How many, or how much, of what follows.
_QUANTITY = re.compile(
    r"\b(?:(most|some|several|many|few|both|each)\b(?=(?:\s+of)?((?:\s+[\w’'-]+){1,4}))"
    r"|(half|parts?|majority|minority)\b(?=\s+of((?:\s+[\w’'-]+){1,4})))",
    re.IGNORECASE,
)
# What takes something from the word after it.
_NEARLY = re.compile(
    r"\b(almost|nearly|partly|partially|largely|mostly|barely|virtually|mainly|acting|deputy|interim|alleged|suspected|"
    r"so-called|planned|proposed|draft|possible|potential|attempted|temporary)\s+((?:(?:US|UN|EU)\s+)?\w+)",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:outside|except|excluding|without|other than|rather than|instead of|apart from|only|alone|against|unlike|"
    r"in contrast to|contrary to|compared (?:to|with))\b",
    re.IGNORECASE,
)
# What is no more: "cut ties with" is not "has ties with".
_ENDED = re.compile(
    r"\b(?:cut(?:s|ting)?|sever(?:s|ed|ing)?|broke off|suspend(?:s|ed|ing)?|lost|los(?:es|ing)|cancel\w*|quit|"
    r"wind(?:s|ing)? down|wound down|phas\w+ out|revok\w+|rescind\w+|divest\w*|lapsed|expired)\b",
    re.IGNORECASE,
)
_LIMITED = re.compile(rf"{_LIMIT.pattern}|\bnon-|\bnot\b", re.IGNORECASE)
_DENIES = re.compile(rf"{NEGATION.pattern}|\bden(?:y|ies|ied)\b", re.IGNORECASE)
_ANY_OR = re.compile(r"\bor\b", re.IGNORECASE)
_OR = re.compile(r"([\w’'-]+),?\s+or\s+((?:[A-Za-z][\w’'-]*\s*){1,5})")
# "Tried to hide", "ordered the firm to pay", "plans to sell": what is not said to have been done.
_TO_DO = re.compile(
    r"\bto\s+([a-z]{2,})\b|\b(?:accus|suspect|blam|charg|criticis|criticiz|propos|consider|discuss|avoid|den[iy])\w*\b[^.;]{0,60}?"
    r"\s([a-z]+ing)\b"
)
# "Rose from 300 to 500" is no range.
_TO = re.compile(r"\s*(?:to|or|–|—|-)\s*")
_FROM = re.compile(
    r"\b(?:r[io]se\w*|gr[eo]w\w*|f[ae]ll\w*|increas\w+|decreas\w+|w[ae]nt|up|down|drop\w*|climb\w*)\b[^.;]*\bfrom\s+$",
    re.IGNORECASE,
)
_PASSIVE = re.compile(r"\b(?:was|were|is|are|been|being|had|has)\s+(?:\w+ly\s+)?$")
_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)
# "A subsidiary of Dahua" and "Dahua's subsidiary" are not Dahua.
_PART = (
    r"(subsidiar(?:y|ies)|units?|arms?|affiliates?|divisions?|branch(?:es)?|parents?|competitors?|rivals?|suppliers?|"
    r"customers?|clients?|partners?|resellers?|distributors?|vendors?|employees?|founders?|shareholders?|investors?|"
    r"owners?|spin-?offs?)"
)
_PART_OF = re.compile(rf"\b{_PART}\s+(?:\w+\s+)?(?:of|to|from|with)\s+(?:the\s+)?$", re.IGNORECASE)
_ITS_PART = re.compile(rf"[’']s?\s+(?:\w+\s+)?{_PART}\b", re.IGNORECASE)
_IN_TIME = frozenset(("before", "after", "since", "until"))
_BOUND = re.compile(r"\b(before|after|since|until|by|to)\s+(?:the\s+)?$", re.IGNORECASE)
# Letters after a number that tell of what it is.
_NEAR = 40
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SEGMENT = re.compile(r"[,;:]\s|\s(?:and|but|while|whereas)\s")
_CLAUSE = re.compile(r"[,;:.]\s|\s(?:and|but|while|which|who)\s")


def unlimited(claim: str, source: str, names: FirmNames) -> Iterator[str]:
    """Yield how a claim drops or changes what limits a statement in its source."""
    yield from _of_lines(_RELATIONS, claim, source)
    yield from _of_lines(_MODALS, _MAY_IS_A_MONTH.sub("", claim), _MAY_IS_A_MONTH.sub("", source))
    yield from _of_quantities(claim, source)
    yield from _of_limits(claim, source)
    yield from _of_alternatives(claim, source)
    yield from _of_what_is_to_do(claim, source)
    yield from _of_parts(claim, source, names)
    yield from _of_dates(claim, source)
    yield from _of_figures(claim, source)
    yield from _of_bounds(claim, source)
    yield from _of_segments(claim, source, names)
    yield from _of_counts(claim, source)
    yield from _of_ranges(claim, source)


def _of_lines(lines: Sequence[frozenset[str]], claim: str, source: str) -> Iterator[str]:
    """Tell of a word of a line that no word of the line bears."""
    there = set(re.findall(r"\w+", source.casefold()))
    for word in re.findall(r"\w+", claim.casefold()):
        if any(word in line and line.isdisjoint(there) for line in lines):
            yield f"“{word}” is not said there"


def _quantities(text: str) -> list[tuple[str, str]]:
    """Return each word for how many with what it counts, as `meanings` gives it."""
    found = (((match[1] or match[3]).casefold(), meanings(match[2] or match[4])) for match in _QUANTITY.finditer(text))
    return [(quantity, words[0]) for quantity, words in found if words and not words[0].isdigit()]


def _of_quantities(claim: str, source: str) -> Iterator[str]:
    own, there = _quantities(claim), _quantities(source)
    for quantity, counted in own:
        if (quantity, counted) not in there and not (quantity == "both" and len(there) == 0):
            yield f"“{quantity}” is not said of that there"
    said, told = meanings(claim), meanings(source)
    for quantity, counted in there:
        if counted in said and told.count(counted) == 1 and all(word != counted for _, word in own):
            yield f"“{quantity}” there is left out"


def _of_limits(claim: str, source: str) -> Iterator[str]:
    """Tell of an "outside", "only" or "almost" that is left out of what the claim says."""
    said = set(meanings(claim))
    for match in _LIMIT.finditer(source):
        scope = meanings(re.split(r"[,;.]", source[match.end() :], maxsplit=1)[0])[:2]
        if scope and said.issuperset(scope) and not _LIMITED.search(claim):
            yield f"“{match[0]}” there is left out"
    for match in _ENDED.finditer(source):
        of_it, before = meanings(match[0]), source[: match.start()]
        after = meanings(re.split(r"[,;.]", source[match.end() :], maxsplit=1)[0])[:1]
        # "Its licence was revoked"
        scope = meanings(_SEGMENT.split(before)[-1])[-1:] if _PASSIVE.search(before) else after
        if scope and said.issuperset(scope) and said.isdisjoint(of_it) and not _ENDED.search(claim):
            yield f"“{match[0]}” there is left out"
    nearly = {(match[1].casefold(), word) for match in _NEARLY.finditer(claim) for word in meanings(match[2])}
    for match in _NEARLY.finditer(source):
        for word in meanings(match[2]):
            if word in said and (match[1].casefold(), word) not in nearly:
                yield f"“{match[1]}” there is left out"


def _of_alternatives(claim: str, source: str) -> Iterator[str]:
    """Tell of an "or" that is left out, or one side of it: of two things only one need be so."""
    said = set(meanings(claim))
    for match in _OR.finditer(source):
        sides = {*meanings(match[1])[-1:], *meanings(match[2])[:1]}
        keeps = said.issuperset(sides) and _ANY_OR.search(claim)
        if len(sides) > 1 and not said.isdisjoint(sides) and not keeps and not _DENIES.search(claim):
            yield f"“or {match[2].strip()}” there is left out"


def _of_what_is_to_do(claim: str, source: str) -> Iterator[str]:
    """Tell of a deed that is done in the claim and only "to do" in the source."""
    forms: dict[str, set[str]] = {}
    for word in re.findall(r"[a-z]+", source):
        for meaning in meanings(word):
            forms.setdefault(meaning, set()).add(word)
    found = [match[1] or match[2] for match in _TO_DO.finditer(source)]
    to_do = {meaning: verb for verb in found for meaning in meanings(verb)}
    for word in re.findall(r"[a-z]+", claim):
        for meaning in meanings(word):
            verb = to_do.get(meaning)
            if verb and forms[meaning] == {verb} and word != verb and _is_done(word, verb):
                yield f"“{verb}” there is not said to be done"


def _is_done(word: str, verb: str) -> bool:
    return word.endswith("ed") or word == f"{verb}s" or word in IRREGULAR_FORMS


def _of_figures(claim: str, source: str) -> Iterator[str]:
    """Tell of a figure and a date of one clause that belong to others in the source, each to its nearest."""
    numbers, dates = numbers_in(source), dates_in(source)
    for clause in _CLAUSE.split(claim):
        days = dates_in(clause)
        for figure, start, _ in numbers_in(clause) if days else ():
            date = _nearest(start, days)[0]
            near = {_nearest(number[1], dates)[0] for number in numbers if number[0] == figure and dates}
            back = {_nearest(day[1], numbers)[0] for day in dates if bears(date, day[0]) and numbers}
            if near and back and figure not in back and not any(bears(date, one) for one in near):
                yield f"{clause.strip()}: that figure has another date there"


def _of_bounds(claim: str, source: str) -> Iterator[str]:
    """Tell of a figure or date that a small word before it, such as "before" or "by", bounds in one text only."""
    there = _bounds(source)
    for key, bound in _bounds(claim).items():
        known = there.get(key, bound)
        if known != bound and (bound or known in _IN_TIME):
            yield f"“{bound or known}” is said otherwise there"


def _bounds(text: str) -> dict[object, str]:
    found: dict[object, str] = {}
    for key, start, _ in (*numbers_in(text), *dates_in(text)):
        bound = _BOUND.search(text[:start])
        found[key] = bound[1].casefold() if bound else ""
    return found


def _of_counts(claim: str, source: str) -> Iterator[str]:
    """Tell of a number of something that in the source is a number of something else."""
    there = numbers_in(source)
    for number, start, end in numbers_in(claim):
        what = meanings(re.split(r"[,;:.]\s", claim[end : end + _NEAR], maxsplit=1)[0])[:1]
        others = [meanings(source[until : until + _NEAR])[:3] for one, _, until in there if one == number]
        if number.unit or not what or PLAIN.fullmatch(claim[end:].split(maxsplit=1)[0].strip(",.")):
            continue
        if others and all(other and what[0] not in other for other in others):
            yield f"{claim[start:end].strip()} is a number of something else there"


def _of_ranges(claim: str, source: str) -> Iterator[str]:
    """Tell of one end of a range, "300 to 500", that a claim gives without the other."""
    own = {number.value for number, *_ in numbers_in(claim)}
    for (one, start, end), (other, begin, until) in pairwise(numbers_in(source)):
        is_range = _TO.fullmatch(source[end:begin]) and not _FROM.search(source[:start])
        is_between = _BETWEEN.search(source[:start]) and source[end:begin].strip() == "and"
        if (is_range or is_between) and len({one.value, other.value} & own) == 1:
            yield f"{source[start:until].strip()} there is a range, of which one end is left out"


def _of_segments(claim: str, source: str, names: FirmNames) -> Iterator[str]:
    """Tell of a figure or date that stands with somebody whom the source names beside another one alone.

    "The ministry fined Hikvision $5 million and Dahua $3 million" fines Dahua nothing else.
    """
    for find in (numbers_in, dates_in):
        found = [_segments(sentence, find, names) for sentence in _SENTENCE.split(source)]
        for keys, named in _segments(claim, find, names):
            for key in keys:
                wrong = next((who for segments in found for who in _misplaced(key, named, segments)), None)
                if wrong:
                    yield f"{wrong} has another figure or date there"
                    return


def _segments(text: str, find: Callable[[str], Sequence[tuple[object, int, int]]], names: FirmNames) -> list[_Segment]:
    """Return the figures or dates of each part of a sentence, and who and what it names, in order."""
    parts = _SEGMENT.split(text)
    return [({key for key, *_ in find(one)}, _who(one, names, begins=at == 0)) for at, one in enumerate(parts)]


def _misplaced(key: object, named: Sequence[str], segments: Sequence[_Segment]) -> list[str]:
    """Return who of `named` stands beside other figures than `key` alone, but for who acts in all of the sentence."""
    beside = {who for keys, there in segments if key in keys for who in there}
    others = [who for keys, there in segments if keys and key not in keys for who in there if who not in beside]
    wrong = [who for who in named if who in others]
    acts = next((who for _, there in segments for who in there), None)
    is_apart = beside.isdisjoint(named)
    return wrong if beside and (is_apart or any(who != acts for who in wrong)) else []


def _who(text: str, names: FirmNames, *, begins: bool) -> list[str]:
    """Return who and what is named, in order: firms, and words with a capital letter that begin no sentence."""
    firms = names.find(text)
    words = [
        match for match in re.finditer(r"\b[A-Z][a-z]+\b", without_firms(firms, text)) if match.start() or not begins
    ]
    found = [(one.start, one.firm) for one in firms]
    return [who for _, who in sorted([*found, *((one.start(), one[0]) for one in words if one[0] not in MONTHS)])]


def _nearest(place: int, others: Sequence[tuple[_Key, int, int]]) -> tuple[_Key, int, int]:
    return min(others, key=lambda one: min(abs(one[1] - place), abs(one[2] - place)))


def _of_parts(claim: str, source: str, names: FirmNames) -> Iterator[str]:
    """Tell of a firm whose subsidiary, customer or the like the source speaks of, and the claim of itself."""
    said = set(meanings(claim))
    firms = {one.firm: one.form for one in names.find(claim)}
    parts: dict[str, list[str]] = {}
    for one in names.find(source):
        part = _PART_OF.search(source[: one.start]) or _ITS_PART.match(source[one.end :])
        parts.setdefault(one.firm, []).append(part[1] if part else "")
    for firm, form in firms.items():
        heads = parts.get(firm, [""])
        if all(head and said.isdisjoint(meanings(head)) for head in heads):
            yield f"there it is said of a {heads[0]} of {form}"


def _of_dates(claim: str, source: str) -> Iterator[str]:
    """Tell of a date whose clause in the source has another one, by the word that the claim has before it."""
    clauses = [(set(meanings(clause)), dates_in(clause)) for clause in _CLAUSE.split(source)]
    words = meanings(source)
    for date, start, end in dates_in(claim):
        before = meanings(_CLAUSE.split(claim[:start])[-1])[-1:]
        for told, dates in clauses:
            is_the_one = before and before[0] in told and words.count(before[0]) == 1
            if is_the_one and dates and not any(bears(date, known) for known, _, _ in dates):
                yield f"{claim[start:end]} is not the date of that there"
