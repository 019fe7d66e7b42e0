"""Who speaks in each block of a document: the publisher, or somebody the document quotes, with the span that proves it.

A block quotation is bounded by markup where the source has it. Damaged exports keep only the end of one; its start is
then found from what stands before it: an earlier quotation's end, or the sentence that introduces it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.records import Block, Span, Voice
from ingest.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

UNNAMED = "an unnamed source"

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_SIGNATURE = re.compile(
    r"^[—–―-]{1,3}\s*(?P<name>[^\s(][^()@]{1,80}?)\s*\((?P<handle>@\w{1,30})\)\s*"
    rf"(?P<said>{_MONTH}\s+\d{{1,2}},\s+\d{{4}}|\d{{1,2}}\s+{_MONTH}\s+\d{{4}}|\d{{4}}-\d\d-\d\d)?"
)
# "— Jane Roe, The Herald" under a block quotation.
_CREDIT = re.compile(
    r"^[—–―]{1,2}\s*(?P<name>[A-Z][\w.’'-]+(?:\s+[A-Z][\w.’'-]*){1,3})(?:,\s*(?P<venue>[A-Z][^,]{2,60}))?\.?$"
)
# The longest post of a social network that its signature closes (long posts are rare), links not counted.
_LONGEST_SIGNED_POST = 400

_WORD = r"[A-Z][\w’'.-]*[\w.]"
_NAME = rf"{_WORD}(?:\s+(?:de|van|von|der|bin|al|el|da|di|la|{_WORD})){{0,4}}\s+{_WORD}|{_WORD}"
_PEOPLE = rf"(?:{_NAME})(?:,\s+(?:{_NAME}))*(?:,?\s+and\s+(?:{_NAME}))?"
_SPEAKS = (
    r"(?:described|describes|wrote|writes|said|says|reported|reports|noted|notes|argued|argues|explained|explains|"
    r"tweeted|posted|told|tells|added|adds|warned|warns|commented|comments|observed|observes|continued|continues|"
    r"found|finds|stated|states|summarized|summarised|highlighted|highlights|outlined|outlines|detailed|details)"
)
_INTRODUCED = re.compile(
    rf"(?:^|[\s,(“\"]|[’']s\s+)(?P<name>{_PEOPLE})(?:,[^,.]{{3,80}},)?\s+(?:(?:has|have|had|also|\w+ly)\s+){{0,2}}{_SPEAKS}\b"
)
_ACCORDING = re.compile(rf"\b[Aa]ccording to (?:[Tt]he\s+)?(?P<name>{_PEOPLE})")
_FROM = re.compile(rf"(?:^|\s)[Ff]rom (?:[Tt]he\s+)?(?P<name>{_PEOPLE})(?:[’']s\s[^:]{{0,80}})?:$")
_VENUE = re.compile(rf"(?:^|\s)(?:[Aa]t|[Ii]n|[Ff]or|[Oo]n)\s+(?P<venue>(?:[Tt]he\s+)?{_WORD}(?:\s+{_WORD}){{0,4}})")
_POSTED = re.compile(r"\b(?:twitter|tweet(?:ed|s)?|facebook|weibo|mastodon|posted|thread)\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:I|my|we|our)\b")
_NOT_A_NAME = frozenset(
    "It They He She We I You This That These Those There The A An But And Or Yet So As In On At Meanwhile However "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August "
    "September October November December One Some Many Others Both Who What When Where Why How".split()
)


def voices(text: str, blocks: Sequence[Block], publisher: str | None) -> list[Voice | None]:
    """Return, for each block, whose words it holds; None is the publisher's own voice."""
    found: list[Voice | None] = [None] * len(blocks)
    for first, last in _quotations(text, blocks):
        voice = _voice_of(text, blocks, first, last, publisher)
        found[first : last + 1] = [voice] * (last + 1 - first)
    return found


def is_signature(text: str) -> bool:
    """Tell whether a block is the signature line of a quoted post."""
    return _SIGNATURE.match(text) is not None


def _quotations(text: str, blocks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) block index of each quotation, in order, not overlapping."""
    boundary = 0
    for at, block in enumerate(blocks):
        signed = is_signature(text[block.start : block.end])
        if block.quotation is not None:
            if _goes_on(blocks, at):
                continue
            first = at
            while first > boundary and blocks[first - 1].quotation == block.quotation:
                first -= 1
        elif block.ends_quotation or signed:
            first = _lost_start(text, blocks, boundary, at, signed=signed)
        else:
            continue
        yield first, at
        boundary = at + 1


def _goes_on(blocks: Sequence[Block], at: int) -> bool:
    return at + 1 < len(blocks) and blocks[at + 1].quotation == blocks[at].quotation


def _lost_start(text: str, blocks: Sequence[Block], boundary: int, last: int, *, signed: bool) -> int:
    """Find where a quotation starts whose opening tag is lost; blocks before `boundary` belong to an earlier one."""
    if signed:
        return _signed_start(text, blocks, boundary, last)
    introductions = [
        at for at in range(boundary, last) if _introduction(text[blocks[at].start : blocks[at].end]) is not None
    ]
    with_colon = [at for at in introductions if text[blocks[at].end - 1] == ":"]
    if with_colon:
        return with_colon[-1] + 1
    return introductions[0] + 1 if introductions else last


def _signed_start(text: str, blocks: Sequence[Block], boundary: int, last: int) -> int:
    first, length = last, 0
    while first > max(boundary, 1):
        previous = text[blocks[first - 1].start : blocks[first - 1].end]
        length += len(re.sub(r"\S+://\S+|pic\.twitter\.com/\S+", "", previous))
        introduces = previous.endswith(":") and _POSTED.search(previous) and not _FIRST_PERSON.search(previous)
        if introduces or length > _LONGEST_SIGNED_POST or blocks[first - 1].kind == "heading":
            break
        first -= 1
    return first


def _voice_of(text: str, blocks: Sequence[Block], first: int, last: int, publisher: str | None) -> Voice:
    for at in range(last, first - 1, -1):
        line = text[blocks[at].start : blocks[at].end]
        signature = _SIGNATURE.match(line) or _CREDIT.match(line)
        if signature:
            parts = signature.groupdict()
            return Voice(
                name=parts["name"].strip(),
                proof=(Span(blocks[at].start, blocks[at].end),),
                venue=parts.get("venue"),
                said=parts.get("said"),
                via=publisher,
            )
    if first > 0:
        start, end = blocks[first - 1].start, blocks[first - 1].end
        introduction = _introduction(text[start:end])
        if introduction is not None:
            name, venue, (proof_start, proof_end) = introduction
            return Voice(name, (Span(start + proof_start, start + proof_end),), venue, None, publisher)
    return Voice(UNNAMED, (Span(blocks[first].start, blocks[last].end),), None, None, publisher)


def _introduction(paragraph: str) -> tuple[str, str | None, tuple[int, int]] | None:
    """Return (name, venue, span of the sentence) of whom a paragraph introduces, its last such sentence first."""
    for start, end in reversed(sentence_spans(paragraph)):
        sentence = paragraph[start:end]
        for pattern in (_INTRODUCED, _ACCORDING, _FROM):
            for match in pattern.finditer(sentence):
                people = _without_adverbial(match["name"])
                name = _without_owner(people)
                if name.split()[0] in _NOT_A_NAME:
                    continue
                return name, _venue(sentence[: match.end("name") - len(people) + 1]), (start, end)
    return None


def _venue(before: str) -> str | None:
    """Return where something was said, by the words before the speaker's name; a day or month is no place."""
    venue = _VENUE.search(before)
    return venue["venue"] if venue and venue["venue"].split()[-1] not in _NOT_A_NAME else None


def _without_adverbial(people: str) -> str:
    """Leave out when or where they speak: "On Monday, Jane Roe and John Doe" are two people."""
    parts = people.split(", ")
    while len(parts) > 1 and parts[0].split()[0] in ("As", "At", "For", "In", "Meanwhile", "However", "On"):
        parts.pop(0)
    return ", ".join(parts)


def _without_owner(name: str) -> str:
    """Leave out whom a speaker works for: "The Herald’s Jane Roe" is Jane Roe."""
    return re.split(r"[’']s\s+", name)[-1]
