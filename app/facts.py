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
    from collections.abc import Collection, Iterable, Iterator

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
    r"only|all|every|always|entire(?:ly)?|sole(?:ly)?|largest|biggest|leading|first|direct(?:ly)?|"
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
    owns hold held stake shareholder owner
    parent subsidiary unit belong
    acquire acquisition merge takeover divest
    build built construct develop developer manufacture
    partner partnership collaborate collaboration cooperate cooperation alliance
    license licence patent
    pay paid bribe cost price
    apologise apologize regret
    sue lawsuit court fine fined penalty
    sanction blacklist list listing
    spy surveil surveillance monitor track watch
    hack leak expose exposure
    arrest detain imprison
    add include
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
# How many words after a "not" it is taken to be about.
_SCOPE = 4
_SPOKE = re.compile(r"\b(?:told|announced|testified|promised|warned|tweeted|boasted)\b")
# What stands before and after who only reports.
_TELLS = re.compile(r"\b(?:according to|told|said by|reported by|quoted by)\s+(?:the\s+)?$", re.IGNORECASE)
_TOLD = re.compile(r"\s+(?:report|wr[io]te|say|said|note|quote|publish|relay|puts?\b)", re.IGNORECASE)
# What stands before who acts, in the passive and after "received", and what makes of a name an owner.
_AGENT = re.compile(r"\b(?:by|from)\s+(?:the\s+)?$", re.IGNORECASE)
_OWNER = re.compile(r"[’']s?\b|[’']s?\s")
# "Chinese" is borne by "China", and by much else.
_OF_COUNTRY = re.compile(r"[A-Z]\w+(?:ese|ish|ian|ean|can)s?")
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

    `deeds` are lines of words for what is done; `negated`, `doubted`, `supposed` and `attributed` hold, for each word
    that does so, the next words, as `meanings` gives them.
    """

    firms: dict[str, str]
    names: dict[str, str]
    numbers: dict[Number, str]
    dates: dict[Date, str]
    strong: dict[str, str]
    deeds: dict[str, str]
    negated: tuple[tuple[str, ...], ...]
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
    return Facts(
        firms={one.firm: one.form for one in mentions},
        names={words_of(form): form for form in _names(text, words, mentions)},
        numbers=dict(_numbers(rest)),
        dates={_date(match): match[0] for match in _DATE.finditer(text)},
        strong={match[0].casefold(): match[0] for match in _STRONG.finditer(text)}
        | {match[0].casefold(): match[0] for match in _ALPHANUMERIC.finditer(words)},
        deeds={line: stem for stem in content_words(_OWN.sub("owns", words)) for line in _lines_of(stem)},
        negated=tuple(_scopes(NEGATION, text)),
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
    """Yield, for each match, the next few words that mean something, within its sentence."""
    for match in pattern.finditer(text):
        after = re.split(r"[.!?][\s”\"’)]", text[match.end() :], maxsplit=1)[0]
        yield tuple(meanings(after)[:_SCOPE])


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


def bears(date: Date, known: Date) -> bool:
    """Tell whether a date holds all that another one, which may leave out year, month or day, says."""
    return all(part is None or part == other for part, other in zip(date, known, strict=True))


def iso_date(text: str | None) -> Date | None:
    """Return a date in ISO 8601, or what there is of it."""
    parts = re.match(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text or "")
    return (int(parts[1]), _int(parts[2]), _int(parts[3])) if parts else None


def turned_round(claim: str, source: str, names: FirmNames) -> tuple[str, str] | None:
    """Return two whom a claim relates to each other the other way round than its source; None where it does not.

    "Intel invested in NetPosa" is not "NetPosa invested in Intel", but is "NetPosa got an investment from Intel". Only
    a claim that names two, who report nothing, and not side by side, is told.
    """
    first = {
        key: (start, end)
        for key, start, end in reversed(_named(claim, names))
        if not _TELLS.search(claim[:start]) and not _TOLD.match(claim[end:])
    }
    firms = {key: span for key, span in first.items() if key in names.by_id}
    first = firms if len(firms) > 1 else first
    pair = sorted(first.values())
    if len(pair) != 2 or re.fullmatch(r"[\s,;&]*(?:and|or)?\s*", claim[pair[0][1] : pair[1][0]]):
        return None
    said, known = _direction(claim, names, first.keys()), _direction(source, names, first.keys())
    if said is None or known is None or said == known:
        return None
    of_names = {stem for start, end in pair for stem in content_words(claim[start:end])}
    if not (set(content_words(claim)) & set(content_words(source))) - of_names:
        return None
    (one, other) = (claim[slice(*first[key])] for key in said)
    return one, other


def _named(text: str, names: FirmNames) -> list[tuple[str, int, int]]:
    """Return who is named in a text, in order: a firm's id, or the folded name of another body, and where."""
    listed = [(one.firm, one.start, one.end) for one in names.find(text)]
    # A single word may be a place.
    others = [(words_of(one.form), one.start, one.end) for one in capitalised_names(text) if " " in one.form]
    free = [one for one in others if not any(start < one[2] and one[1] < end for _, start, end in listed)]
    return sorted([*listed, *free], key=lambda one: one[1])


def _direction(text: str, names: FirmNames, pair: Collection[str]) -> tuple[str, str] | None:
    """Return two of whom a text names both, who acts first; None when it does not name both."""
    first = {key: (start, end) for key, start, end in reversed(_named(text, names)) if key in pair}
    if len(first) != 2:
        return None
    (one, (_, end)), (other, (start, _)) = sorted(first.items(), key=lambda item: item[1])
    turned = bool(_AGENT.search(text[:start])) != bool(_OWNER.match(text[end:]))
    return (other, one) if turned else (one, other)


def speakers(text: str, names: FirmNames) -> dict[str, str]:
    """Return, for each verb of speech in a text, the folded name that stands nearest before it."""
    known = [(one.end, one.firm) for one in names.find(text)]
    known += [(one.end, words_of(one.form)) for one in capitalised_names(text) if not names.find(one.form)]
    found: dict[str, str] = {}
    for verb in _SPOKE.finditer(text):
        if re.search(r"\b(?:was|were|been|being)\s+$", text[: verb.start()]):
            continue
        before = [(end, name) for end, name in known if end <= verb.start()]
        if before:
            found.setdefault(verb[0].casefold(), max(before)[1])
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


def _numbers(text: str) -> Iterator[tuple[Number, str]]:
    for match in _NUMBER.finditer(text):
        try:
            digits = match["digits"]
            value = Decimal(digits.replace(",", "")) if digits else Decimal(_NUMBER_WORDS[match["word"].casefold()])
        except InvalidOperation:
            continue
        value *= _SCALES.get((match["scale"] or "").casefold(), 1)
        unit = (match["before"] or match["after"] or "").casefold()
        unit = "%" if unit.startswith(("%", "per")) else _CURRENCIES.get(unit, "")
        yield Number(value.normalize(), unit, _BOUNDS.get((match["bound"] or "").casefold(), "")), match[0]
