"""What a sentence states that can be held against its source: names, figures, dates, negations, strong words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from app.dates import dates_in, without_dates
from app.meanings import SAYS, deeds, meanings, other_words, without_un
from app.verbatim import NEGATION
from app.words import rarity
from ingest.firms import capitalised_names, fold
from ingest.passages import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.dates import Date
    from ingest.firms import FirmNames
    from ingest.records import Mention

_SCALES = {"thousand": 10**3, "k": 10**3, "million": 10**6, "m": 10**6, "mn": 10**6, "billion": 10**9, "bn": 10**9}
_SCALES |= {"trillion": 10**12, "hundred": 100}
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
}
_TENS = {
    word: 10 * tens for tens, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_NUMBER_WORDS |= _TENS | {
    f"{tens}-{one}": _TENS[tens] + value
    for tens in _TENS
    for one, value in {"one": 1, **_NUMBER_WORDS}.items()
    if value < 10
}
_BOUNDS = {
    "more than": ">", "over": ">", "at least": ">", "above": ">", "exceeding": ">", "upwards of": ">",
    "less than": "<", "fewer than": "<", "under": "<", "below": "<", "up to": "<", "at most": "<",
    "about": "~", "around": "~", "roughly": "~", "approximately": "~", "nearly": "~", "almost": "~", "some": "~",
    "exactly": "=", "precisely": "=",
}  # fmt: skip
_WORDS = "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?:\b(?P<bound>{'|'.join(_BOUNDS)})\s+(?:a\s+)?)?"
    r"(?:(?P<before>\b[A-Z]{1,3}\$|\bRs\.?|[$€£¥]|\b(?:USD|EUR|GBP|RMB|CNY|CHF|HKD)\b)\s?)?"
    rf"(?:(?<![\w.,])(?P<digits>\d[\d,]*(?:\.\d+)?)|\b(?P<word>{_WORDS})\b)"
    r"(?:[\s-]?(?P<scale>hundred|thousand|million|billion|trillion|bn|mn|[mk])\b)?"
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
_ALPHANUMERIC = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])\w+\b")
# Who speaks as a party, and not to report.
_SPEAKS = (
    r"compan(?:y|ies)|firm|group|ministry|department|bureau|agency|government|police|authorities|officials?|spokes\w+|"
    r"minister|executive|founder|manager|lawyer|he|she|it|they"
)
# What tells that a party says so of itself or of another: a source that only reports is named by its citation.
_PARTY = re.compile(
    r"\b(?:told|found|boasted|spoke|spoken|claim(?:s|ed)|insist\w*|argu(?:es?|ed)|promis\w+|pledg\w+|vow\w+|assert(?:s|ed)|"
    r"maintain(?:s|ed)|accus(?:es?|ed)|alleg(?:es?|ed)"
    rf"|(?:{_SPEAKS})\s+(?:also\s+|has\s+|had\s+)?(?:sa(?:id|ys)|writes|wrote|state[sd])(?:\s+that)?"
    rf"|(?:according to|said by)\s+(?:the\s+|a\s+|an\s+|its\s+)?(?:\w+\s+)?(?:{_SPEAKS}))\b",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:reportedly|alleged(?:ly)?|possibl[ey]|might|apparent(?:ly)?|appears?|seems?|suspected|likely|probably|"
    r"purported(?:ly)?|unconfirmed|rumou?r\w*|claims?|claimed|said to|thought to|believed|perhaps|maybe|unlikely|"
    r"allegations?|suggests?|suggested|suspect\w*|contests?|contested|contend\w*|fears?|disput\w+|debunked|"
    r"(?:reports?|findings?|evidence|speculation|accusations?|suspicions?) that)\b|(?<=[a-z,] )may(?= )",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(
    r"\b(?:would|could|will|shall|plans?|planned|planning|propos\w+|intend\w*|expected to|if|unless|whether|to be)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:den(?:y|ies|ied|ying)|reject\w*|disput\w*|refut\w*)\b", re.IGNORECASE)
# What is denied is what follows, and no part of its own.
_DENIES_THAT = re.compile(rf"({_DENIES.pattern})\s+that\b(?:\s+(?:it|they|he|she)\b)?", re.IGNORECASE)
# Nor is it said that what somebody did not know, or did not say, is so.
_NEGATES_THAT = re.compile(rf"((?:{NEGATION.pattern})\s+(?:\w+\s+){{1,2}})that\b(?:\s+(?:it|they|he|she|its|their)\b)?")
# How many words after a "not" it is taken to be about.
_SCOPE = 4
# A doubt is one about all that comes after it.
_WIDE = 16
# How many words before and after a figure tell what it is a figure of, and within how many letters.
_BESIDE, _BESIDE_LETTERS = 4, 80
# A date may stand far from what it is the date of.
_BESIDE_DATE, _BESIDE_DATE_LETTERS = 12, 160
# What goes on with another deed ("closed in 2016 and kept 49 percent"), or with what somebody says ("said that it").
ENDS_PART = re.compile(
    r"[.!?;][\s”\"’)]|\A\s*that\s|\bthat\s+(?=(?:it|he|she|they|we|its|their|the|a|an)\b|[A-Z])"
    r"|\b(?:and|but)\s(?=(?:\w+ed|was|were|is|are|has|have|had|took|taken|kept|held)\b)"
)
# "Chinese" is borne by "China": by what begins alike, but for these.
_NATIONS = {"Amer": r"US\b|U\.S\.|United States|USA\b", "Brit": r"UK\b|U\.K\.|United Kingdom|English|England"}
_OF_COUNTRY = re.compile(r"\b[A-Z]\w{2,}(?:ese|ish|ian|ean|can)s?\b")
_TITLE = re.compile(r"\b(Mr|Mrs|Ms|Dr|Prof|St)\.(?=\s)")
# So rare a word, where a sentence begins, is taken for a name.
_RARE = 0.85


@dataclass(frozen=True, slots=True)
class Number:
    """A figure: its value, "%", a currency's code or nothing, and ">", "<", "~" or "=" for "more than" and the like."""

    value: Decimal
    unit: str
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text states. `firms` are ids with the form printed; `names` are folded; `dates` year, month, day.

    `repeated` are figures that it gives more than once; `nations` words like "Chinese" by how they begin; `beside`
    holds the words around each figure and date; `deeds` are lines of words for what is done; `stems` what else means
    something; `negated`, `denied`, `stated`, `doubted`, `supposed` and `attributed` hold, for each word that does so,
    the next words, as `meanings` gives them; `denied_all` holds more of them, and `unsaid` those after a "that" of what
    somebody did not know or say.
    """

    firms: dict[str, str]
    names: dict[str, str]
    numbers: dict[Number, str]
    repeated: frozenset[Number]
    dates: dict[Date, str]
    beside: dict[object, frozenset[str]]
    nations: dict[str, str]
    strong: dict[str, str]
    deeds: dict[str, str]
    stems: dict[str, str]
    negated: tuple[tuple[str, ...], ...]
    unsaid: tuple[tuple[str, ...], ...]
    denied: tuple[tuple[str, ...], ...]
    denied_all: tuple[tuple[str, ...], ...]
    stated: tuple[tuple[str, ...], ...]
    doubted: tuple[tuple[str, ...], ...]
    supposed: tuple[tuple[str, ...], ...]
    attributed: tuple[tuple[str, ...], ...]
    marks: frozenset[str]


def facts(text: str, names: FirmNames) -> Facts:
    """Return what a text states."""
    mentions = names.find(text)
    # "Qihoo 360" is no figure.
    rest = without_firms(mentions, without_dates(text))
    words = _NUMBER.sub(lambda match: " " * len(match[0]), rest)
    figures = list(_numbers(rest))
    dates = dates_in(text)
    beside: dict[object, frozenset[str]] = {}
    found: list[tuple[object, frozenset[str]]]
    # Who is named beside a figure does not tell what it is a figure of.
    unnamed = without_firms(mentions, text)
    found = [(key, _beside(match.span(), unnamed, _BESIDE, _BESIDE_LETTERS)) for key, match in figures]
    found += [(day, _beside(where, unnamed, _BESIDE_DATE, _BESIDE_DATE_LETTERS)) for day, *where in dates]
    for key, near in found:
        beside[key] = beside.get(key, frozenset()) | near
    return Facts(
        firms={one.firm: one.form for one in mentions},
        # A brand names its firm, and more than it.
        names={words_of(form): form for form in (*_names(text, words, mentions), *_brands(mentions, names))},
        numbers={number: match[0] for number, match in figures},
        repeated=frozenset(number for at, (number, _) in enumerate(figures) if number in dict(figures[:at])),
        dates={date: text[start:end] for date, start, end in dates},
        beside=beside,
        nations={match[0][:4]: match[0] for match in _OF_COUNTRY.finditer(words)},
        strong={match[0].casefold(): match[0] for match in _STRONG.finditer(text)}
        | {match[0].casefold(): match[0] for match in _ALPHANUMERIC.finditer(words)},
        deeds=deeds(words),
        stems=other_words(words),
        negated=tuple(_scopes(NEGATION, without_un(text))),
        unsaid=tuple(_scopes(NEGATION, _NEGATES_THAT.sub(r"\1", without_un(text)))),
        denied=tuple(_scopes(_DENIES, _DENIES_THAT.sub(r"\1 ", text))),
        denied_all=tuple(_scopes(_DENIES, _DENIES_THAT.sub(r"\1 ", text), _WIDE)),
        stated=tuple(_scopes(_PARTY, _with_parties(mentions, text))),
        doubted=tuple(_scopes(_DOUBT, text, _WIDE)),
        supposed=tuple(_scopes(_SUPPOSES, unnamed)),
        attributed=tuple(_scopes(SAYS, text)),
        marks=marks(text),
    )


def without_firms(mentions: Iterable[Mention], text: str) -> str:
    """Return a text with blanks where firms are named."""
    for one in mentions:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return text


def _with_parties(mentions: Iterable[Mention], text: str) -> str:
    """Return a text with "company", as long as it may be, where a firm is named: a firm that speaks is a party."""
    for one in mentions:
        size = one.end - one.start
        text = text[: one.start] + "company".rjust(size)[:size] + text[one.end :]
    return text


def words_of(text: str) -> str:
    """Return the folded words of a text, a space between two."""
    return " ".join(re.findall(r"\w+", fold(text)))


def _scopes(pattern: re.Pattern[str], text: str, most: int = _SCOPE) -> Iterator[tuple[str, ...]]:
    """Yield, for each match, the next few words that mean something, within its sentence: else those before it."""
    for match in pattern.finditer(text):
        after = ENDS_PART.split(text[match.end() :], maxsplit=1)[0]
        before = re.split(r"[.!?;][\s”\"’)]", text[: match.start()])[-1]
        yield tuple(meanings(after)[:most] or meanings(before)[-most:])


def _beside(where: Sequence[int], text: str, most: int, letters: int) -> frozenset[str]:
    """Return the words beside a figure or date that mean something, between commas and in its part of the sentence."""
    start, end = where
    before = ENDS_PART.split(text[max(0, start - letters) : start])[-1]
    after = ENDS_PART.split(text[end : end + letters], maxsplit=1)[0]
    near = _around(before.rpartition(", ")[2], after.lstrip(", ").partition(", ")[0], most)
    return near if len(near) > 1 else _around(before, after, most)


def _around(before: str, after: str, most: int) -> frozenset[str]:
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


def _brands(mentions: Iterable[Mention], names: FirmNames) -> Iterator[str]:
    for one in mentions:
        forms = names.by_id[one.firm].forms if one.firm in names.by_id else ()
        if any(form.kind == "brand" and form.text.casefold() == one.form.casefold() for form in forms):
            yield one.form


def is_of_nation(start: str, text: str, names: FirmNames) -> bool:
    """Tell whether a text speaks of a nation, given by how its name begins, outside the names of firms."""
    text = without_firms(names.find(text), text)
    words = re.finditer(rf"\b(?:{start}\w*|{_NATIONS.get(start, start)})", text)
    # "China Digital Times" is no China.
    return any(_OF_COUNTRY.fullmatch(word[0]) or not re.match(r" [A-Z]", text[word.end() :]) for word in words)


def numbers_in(text: str) -> list[tuple[Number, int, int]]:
    """Return the figures of a text that are no dates, and where each stands."""
    return [(number, *match.span()) for number, match in _numbers(without_dates(text))]


def _numbers(text: str) -> Iterator[tuple[Number, re.Match[str]]]:
    for match in _NUMBER.finditer(text):
        try:
            digits = match["digits"]
            value = Decimal(digits.replace(",", "")) if digits else Decimal(_NUMBER_WORDS[match["word"].casefold()])
        except InvalidOperation:
            continue
        value *= _SCALES.get((match["scale"] or "").casefold(), 1)
        unit = (match["before"] or match["after"] or "").casefold()
        is_share = unit.startswith(("%", "per")) and "point" not in unit
        unit = "%" if is_share else _CURRENCIES.get(unit, unit)
        yield Number(value.normalize(), unit, _BOUNDS.get((match["bound"] or "").casefold(), "")), match
