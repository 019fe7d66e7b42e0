"""What a sentence states that can be held against its source: names, figures, dates, negations, strong words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING

from app.cite import MONTHS
from app.verbatim import NEGATION
from app.words import content_words, rarity
from ingest.firms import capitalised_names, fold
from ingest.passages import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ingest.firms import FirmNames
    from ingest.records import Mention

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
_SCALES = {"thousand": 10**3, "k": 10**3, "million": 10**6, "m": 10**6, "mn": 10**6, "billion": 10**9, "bn": 10**9}
_SCALES["trillion"] = 10**12
_CURRENCIES = {
    "us$": "USD", "$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "€": "EUR", "eur": "EUR", "euro": "EUR",
    "euros": "EUR", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "¥": "CNY", "rmb": "CNY", "cny": "CNY",
    "yuan": "CNY", "renminbi": "CNY", "hk$": "HKD", "hkd": "HKD", "chf": "CHF", "francs": "CHF", "yen": "JPY",
}  # fmt: skip
_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split(),
        2,
    )
} | {word: 10 * tens for tens, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), 3)}
_BOUNDS = {
    "more than": ">", "over": ">", "at least": ">", "above": ">", "exceeding": ">", "upwards of": ">",
    "less than": "<", "fewer than": "<", "under": "<", "below": "<", "up to": "<", "at most": "<",
    "about": "~", "around": "~", "roughly": "~", "approximately": "~", "nearly": "~", "almost": "~", "some": "~",
    "exactly": "=", "precisely": "=",
}  # fmt: skip
_NUMBER = re.compile(
    rf"(?:\b(?P<bound>{'|'.join(_BOUNDS)})\s+(?:a\s+)?)?"
    r"(?:(?P<before>US\$|HK\$|[$€£¥]|\b(?:USD|EUR|GBP|RMB|CNY|CHF|HKD)\b)\s?)?"
    rf"(?:(?<![\w.,])(?P<digits>\d[\d,]*(?:\.\d+)?)|\b(?P<word>{'|'.join(_NUMBER_WORDS)})\b)"
    r"(?:[\s-]?(?P<scale>thousand|million|billion|trillion|bn|mn|[mk])\b)?"
    r"(?:[\s-]?(?P<after>%|percent\b|per cent\b|percentage points?\b|dollars?\b|euros?\b|pounds?\b|yuan\b|renminbi\b|"
    r"RMB\b|francs\b|yen\b))?(?!\w)",
    re.IGNORECASE,
)
# Words that count, date, judge or strengthen: a sentence may use none that its source does not.
_STRONG = re.compile(
    r"\b(?:half|thirds?|quarters?|majority|dozens?|hundreds|thousands|millions|billions|double[ds]?|twice|"
    r"today|now|currently|still|ongoing|remains?|continues?|stays?|no longer|former(?:ly)?|recently|yesterday|tomorrow|"
    r"(?:last|next|this|previous|following) (?:day|week|month|year|spring|summer|autumn|fall|winter)|"
    r"only|all|any(?:thing|one|body)?|every(?:thing|one|body)?|always|entire(?:ly)?|sole(?:ly)?|largest|biggest|leading|first|direct(?:ly)?|"
    r"knowing(?:ly)?|wittingly|unwittingly|deliberate(?:ly)?|secret(?:ly)?|illegal(?:ly)?|unlawful(?:ly)?|criminal(?:ly)?|"
    r"guilty|complicit|complicity|implicated|culpable|responsible|abuses?|abused|atrocit(?:y|ies)|genocide|crimes?|"
    r"proved|proven|confirm(?:s|ed)?|admit(?:s|ted)?|acknowledg(?:es?|ed))\b",
    re.IGNORECASE,
)
# What firms do, and what is done about it: words of one line say much the same, and none may stand for another line.
_DEEDS = tuple(
    line.strip()
    for line in """
    sell sold sale supply supplier provide provider deliver ship export equip vendor furnish
    buy bought purchase buyer procure order
    win won award
    lose lost
    invest investment investor fund finance back
    owns hold held retain keep kept stake shareholder owner
    parent subsidiary unit belong
    acquire acquisition merge takeover divest
    build built construct develop developer manufacture
    partner partnership collaborate collaboration cooperate cooperation alliance
    license licence patent
    pay paid bribe cost price
    apologise apologize regret
    sue lawsuit court fine fined penalty
    add include list listing sanction blacklist designate
    spy surveil surveillance monitor track watch
    hack leak expose exposure
    arrest detain imprison
    promise pledge vow
    accept agree
    abandon end terminate cancel stop cease drop close
    withdraw withdrew exit
    delete remove erase delist
    train training teach
    support help assist
    threaten warn
    kill torture
    """.strip().splitlines()
)
_ALPHANUMERIC = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])\w+\b")
# What tells that somebody else says so: as good as a hedge of the source's.
_SAYS = re.compile(
    r"\b(?:according to|sa(?:ys?|id)|writ(?:es|ten)|wrote|report(?:s|ed|edly)?|claim\w*|alleg\w+|argu\w+|state[sd]|"
    r"told|suggest\w*|describ\w+|quot\w+|call(?:s|ed)|note[sd]|assert\w*|insist\w*|maintain\w*|estimat\w+|accus\w+|"
    r"suspect\w*|believ\w+|expect\w*)\b",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:reportedly|alleged(?:ly)?|possibl[ey]|might|apparent(?:ly)?|appears?|seems?|suspected|likely|probably|"
    r"purported(?:ly)?|unconfirmed|rumou?red|claims?|claimed|said to|thought to|believed to)\b|(?<=[a-z,] )may(?= )",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(
    r"\b(?:would|could|will|shall|plans?|planned|planning|propos\w+|intend\w*|expected to|if|unless|whether|to be)\b",
    re.IGNORECASE,
)
# "They own it" tells of owning, "their own" does not, and is no word of meaning elsewhere.
_OWN = re.compile(r"(?<!its )(?<!their )(?<!his )(?<!her )(?<!our )(?<!’s )(?<!'s )(?<!of )\bown\b")
_DENIES = re.compile(r"\b(?:den(?:y|ies|ied|ying)|reject\w*|disput\w*|refut\w*)\b", re.IGNORECASE)
# "Unaware" is "not aware"; what remains must be a word.
_UN = re.compile(r"\bun(?!(?:ions|less|like|likely)\b)([a-z]{4,})\b", re.IGNORECASE)
# How many words after a "not" it is taken to be about.
_SCOPE = 4
# How many words before and after a figure tell what it is a figure of, and within how many letters.
_BESIDE, _BESIDE_LETTERS = 4, 80
# A date may stand far from what it is the date of.
_BESIDE_DATE, _BESIDE_DATE_LETTERS = 12, 160
# What goes on with another deed ("closed in 2016 and kept 49 percent"), or with what somebody says ("said that it").
_ENDS_PART = re.compile(
    r"[.!?;][\s”\"’)]|\A\s*that\s|\bthat\s+(?=(?:it|he|she|they|we|its|their|the|a|an)\b|[A-Z])"
    r"|\b(?:and|but)\s(?=(?:\w+ed|was|were|is|are|has|have|had|took|taken|kept|held)\b)"
)
_SPOKE = re.compile(r"\b(?:told|announced|testified|promised|warned|tweeted|boasted)\b")
# What stands before and after who only reports.
_TELLS = re.compile(r"\b(?:according to|told|said by|reported by|quoted by)\s+(?:the\s+)?$", re.IGNORECASE)
_TOLD = re.compile(r"\s+(?:report|wr[io]te|say|said|note|quote|publish|relay|puts?\b)", re.IGNORECASE)
# What stands before who acts, in the passive and after "received", and what makes of a name an owner.
_AGENT = re.compile(r"\b(?:by|from)\s+(?:the\s+)?$", re.IGNORECASE)
_OWNER = re.compile(r"[’']s?\b|[’']s?\s")
# What stands for a firm that was named before.
_COMPANY = re.compile(r"\b(?:the|this) (?:company|firm|group|corporation|unit|manufacturer|supplier)\b", re.IGNORECASE)
# "Chinese" is borne by "China": by what begins alike, but for these.
_NATIONS = {"Amer": r"US\b|U\.S\.|United States|USA\b", "Brit": r"UK\b|U\.K\.|United Kingdom|English|England"}
_OF_COUNTRY = re.compile(r"\b[A-Z]\w{2,}(?:ese|ish|ian|ean|can)s?\b")
_TITLE = re.compile(r"\b(Mr|Mrs|Ms|Dr|Prof|St)\.(?=\s)")
# So rare a word, where a sentence begins, is taken for a name.
_RARE = 0.85

Date = tuple[int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Number:
    """A figure: its value, "%", a currency's code or nothing, and ">", "<", "~" or "=" for "more than" and the like."""

    value: Decimal
    unit: str
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text states. `firms` are ids with the form printed; `names` are folded; `dates` year, month, day.

    `nations` are words like "Chinese" by how they begin; `beside` holds the words around each figure and date; `deeds`
    are lines of words for what is done; `negated`, `denied`, `doubted`, `supposed` and `attributed` hold, for each word
    that does so, the next words, as `meanings` gives them.
    """

    firms: dict[str, str]
    names: dict[str, str]
    numbers: dict[Number, str]
    dates: dict[Date, str]
    beside: dict[object, frozenset[str]]
    nations: dict[str, str]
    strong: dict[str, str]
    deeds: dict[str, str]
    negated: tuple[tuple[str, ...], ...]
    denied: tuple[tuple[str, ...], ...]
    doubted: tuple[tuple[str, ...], ...]
    supposed: tuple[tuple[str, ...], ...]
    attributed: tuple[tuple[str, ...], ...]
    marks: frozenset[str]


def facts(text: str, names: FirmNames) -> Facts:
    """Return what a text states."""
    mentions = names.find(text)
    rest = _DATE.sub(lambda match: " " * len(match[0]), text)
    for one in mentions:  # "Qihoo 360" is no figure
        rest = rest[: one.start] + " " * (one.end - one.start) + rest[one.end :]
    words = _NUMBER.sub(lambda match: " " * len(match[0]), rest)
    figures = list(_numbers(rest))
    dates = [(_date(match), match) for match in _DATE.finditer(text)]
    beside: dict[object, frozenset[str]] = {}
    for key, match in figures:
        beside[key] = beside.get(key, frozenset()) | _beside(match, text, _BESIDE, _BESIDE_LETTERS)
    for day, match in dates:
        beside[day] = beside.get(day, frozenset()) | _beside(match, text, _BESIDE_DATE, _BESIDE_DATE_LETTERS)
    return Facts(
        firms={one.firm: one.form for one in mentions},
        names={words_of(form): form for form in _names(text, words, mentions)},
        numbers={number: match[0] for number, match in figures},
        dates={date: match[0] for date, match in dates},
        beside=beside,
        nations={match[0][:4]: match[0] for match in _OF_COUNTRY.finditer(words)},
        strong={match[0].casefold(): match[0] for match in _STRONG.finditer(text)}
        | {match[0].casefold(): match[0] for match in _ALPHANUMERIC.finditer(words)},
        deeds={line: stem for stem in content_words(_OWN.sub("owns", words)) for line in _lines_of(stem)},
        negated=tuple(_scopes(NEGATION, _UN.sub(_unfolded, text))),
        denied=tuple(_scopes(_DENIES, text)),
        doubted=tuple(_scopes(_DOUBT, text)),
        supposed=tuple(_scopes(_SUPPOSES, text)),
        attributed=tuple(_scopes(_SAYS, text)),
        marks=marks(text),
    )


def words_of(text: str) -> str:
    """Return the folded words of a text, a space between two."""
    return " ".join(re.findall(r"\w+", fold(text)))


@lru_cache(maxsize=4096)
def _lines_of(stem: str) -> tuple[str, ...]:
    return tuple(line for line in _DEEDS if stem in content_words(line))


def meanings(text: str) -> list[str]:
    """Return the words of a text that mean something: as stems, or as the line of deeds that a stem stands in."""
    return [lines[0] if (lines := _lines_of(stem)) else stem for stem in content_words(text)]


def _scopes(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, ...]]:
    """Yield, for each match, the next few words that mean something, within its sentence: else those before it."""
    for match in pattern.finditer(text):
        after = _ENDS_PART.split(text[match.end() :], maxsplit=1)[0]
        before = re.split(r"[.!?;][\s”\"’)]", text[: match.start()])[-1]
        yield tuple(meanings(after)[:_SCOPE] or meanings(before)[-_SCOPE:])


def _unfolded(match: re.Match[str]) -> str:
    return f"not {match[1]}" if rarity(fold(match[1])) < 1 else match[0]


def _beside(match: re.Match[str], text: str, most: int, letters: int) -> frozenset[str]:
    """Return the words around a figure or date that mean something, no figures, within its part of the sentence."""
    before = _ENDS_PART.split(text[max(0, match.start() - letters) : match.start()])[-1]
    after = _ENDS_PART.split(text[match.end() : match.end() + letters], maxsplit=1)[0]
    words = [*meanings(before)[-most:], *meanings(after)[:most]]
    return frozenset(word for word in words if not word.isdigit())


def _names(text: str, words: str, mentions: Iterable[Mention]) -> Iterator[str]:
    """Yield the names in a text that no list holds; `words` is it with blanks for firms, dates and figures."""
    for mention in mentions:  # "SenseTime Capital" is not SenseTime
        longer = re.compile(r"(?:[ -](?!(?:CEO|Inc|Ltd|Co)\b)[A-Z][\w&]+)+").match(text, mention.end)
        if longer:
            yield text[mention.start : longer.end()]
    for one in capitalised_names(_TITLE.sub(r"\1 ", text)):
        # "Charles Rollet of Vantry Board" is two.
        parts = re.split(r"\s+(?:of|and|for|in|the)\s+", one.form)
        yield from (part for part in parts if part in words and not _OF_COUNTRY.fullmatch(part))
    first = re.match(r"\W*([A-Z][\w’'-]*)", words)
    if first and not words[: first.start(1)].strip() and rarity(fold(first[1])) > _RARE:
        yield first[1]


def is_of_nation(start: str, text: str, names: FirmNames) -> bool:
    """Tell whether a text speaks of a nation, given by how its name begins, outside the names of firms."""
    for one in names.find(text):
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    words = re.finditer(rf"\b(?:{start}\w*|{_NATIONS.get(start, start)})", text)
    # "China Digital Times" is no China.
    return any(_OF_COUNTRY.fullmatch(word[0]) or not re.match(r" [A-Z]", text[word.end() :]) for word in words)


def bears(date: Date, known: Date) -> bool:
    """Tell whether a date holds all that another one, which may leave out year, month or day, says."""
    return all(part is None or part == other for part, other in zip(date, known, strict=True))


def iso_date(text: str | None) -> Date | None:
    """Return a date in ISO 8601, or what there is of it."""
    parts = re.match(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text or "")
    return (int(parts[1]), _int(parts[2]), _int(parts[3])) if parts else None


def turned_round(claim: str, source: str, names: FirmNames, before: str = "") -> tuple[str, str] | None:
    """Return two whom a claim relates to each other the other way round than its source; None where it does not.

    "Intel invested in NetPosa" is not "NetPosa invested in Intel", but is "NetPosa got an investment from Intel". Only
    a claim that names some on two sides, a firm among them, is told. `before` is what goes before the source: whom it
    names may be "the company" there.
    """
    first = _acting(claim, names)
    firms = {key: span for key, span in first.items() if key in names.by_id}
    sides = _sides(claim, firms if len(firms) > 1 else first)
    if len(sides) != 2 or not firms:
        return None
    there = _acting(source, names)
    company = _COMPANY.search(source)
    for firm in firms.keys() - there.keys():
        if company and any(one.firm == firm for one in names.find(before)):
            there[firm] = company.span()
    said, known = _direction(claim, first, sides), _direction(source, there, sides)
    if known is None or said == known:
        return None
    of_names = {stem for start, end in first.values() for stem in content_words(claim[start:end])}
    if not (set(content_words(claim)) & set(content_words(source))) - of_names:
        return None
    one, other = (claim[slice(*first[side[0]])] for side in (reversed(sides) if said else sides))
    return one, other


def _acting(text: str, names: FirmNames) -> dict[str, tuple[int, int]]:
    """Return who is named in a text and reports nothing, in order of the first mention, and where."""
    listed = [(one.firm, one.start, one.end) for one in names.find(text)]
    # A single word may be a place.
    others = [(words_of(one.form), one.start, one.end) for one in capitalised_names(text) if " " in one.form]
    free = [one for one in others if not any(start < one[2] and one[1] < end for _, start, end in listed)]
    found: dict[str, tuple[int, int]] = {}
    for key, start, end in sorted([*listed, *free], key=lambda one: one[1]):
        if not _TELLS.search(text[:start]) and not _TOLD.match(text[end:]):
            found.setdefault(key, (start, end))
    return found


def _sides(text: str, first: Mapping[str, tuple[int, int]]) -> list[list[str]]:
    """Return names in groups: those that stand side by side, as in a list, are one."""
    sides: list[list[str]] = []
    last = 0
    for key, (start, end) in first.items():
        if sides and re.fullmatch(r"[\s,;&]*(?:and|or)?\s*", text[last:start]):
            sides[-1].append(key)
        else:
            sides.append([key])
        last = end
    return sides


def _direction(text: str, first: Mapping[str, tuple[int, int]], sides: Sequence[Sequence[str]]) -> bool | None:
    """Tell whether the second of two sides acts upon the first in a text; None where it does not tell them apart."""
    one, other = (sorted(first[key] for key in side if key in first) for side in sides)
    if not one or not other:
        return None
    if one[-1] < other[0]:
        (_, end), (start, _), second_is_last = one[-1], other[0], True
    elif other[-1] < one[0]:
        (_, end), (start, _), second_is_last = other[-1], one[0], False
    else:
        return None
    turned = bool(_AGENT.search(text[:start])) != bool(_OWNER.match(text[end:]))
    return turned == second_is_last


def speakers(text: str, names: FirmNames) -> dict[str, tuple[str, ...]]:
    """Return, for each verb of speech in a text, the folded names that stand before it, the nearest first."""
    known = [(one.end, one.firm) for one in names.find(text)]
    known += [(one.end, words_of(one.form)) for one in capitalised_names(text) if not names.find(one.form)]
    found: dict[str, tuple[str, ...]] = {}
    for verb in _SPOKE.finditer(text):
        if re.search(r"\b(?:was|were|been|being)\s+$", text[: verb.start()]):
            continue
        before = tuple(name for end, name in sorted(known, reverse=True) if end <= verb.start())
        if before:
            found.setdefault(verb[0].casefold(), before)
    return found


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


def _numbers(text: str) -> Iterator[tuple[Number, re.Match[str]]]:
    for match in _NUMBER.finditer(text):
        try:
            digits = match["digits"]
            value = Decimal(digits.replace(",", "")) if digits else Decimal(_NUMBER_WORDS[match["word"].casefold()])
        except InvalidOperation:
            continue
        value *= _SCALES.get((match["scale"] or "").casefold(), 1)
        unit = (match["before"] or match["after"] or "").casefold()
        unit = "%" if unit.startswith(("%", "per")) else _CURRENCIES.get(unit, "")
        yield Number(value.normalize(), unit, _BOUNDS.get((match["bound"] or "").casefold(), "")), match
