"""Whether a sentence holds the kind of thing that a question asks for, beyond what the question itself says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.countries import COUNTRIES
from app.meanings import meanings
from app.words import content_words, rarity
from ingest.firms import capitalised_names, fold
from ingest.passages import figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.question import Question, Want
    from ingest.records import Voice

_MONTH = (
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_DATE = re.compile(rf"{_MONTH}|^(?:19|20)\d\d$|^\d{{4}}-\d\d-\d\d$")
_RELATIVE_DATE = re.compile(
    r"\b(?:last|next|this|the same|the following|previous|earlier this|later that)\s+(?:day|night|week|month|year|"
    r"spring|summer|autumn|fall|winter|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b|\byesterday\b|\btoday\b|"
    rf"\b(?:days?|weeks?|months?|years?|decades?)\s+(?:ago|earlier|later|before|after)\b|\b(?:in|on|since|by|until)\s+{_MONTH}",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[$€£¥₹₩]\s?\d|\b(?-i:[A-Z]{3})\s?\d[\d,.]*|\b(?:\d[\d,.]*|\w+)\s+(?:(?:thousand|million|billion|trillion|[mb]n)\s+)?"
    r"(?:dollars?|euros?|yuan|renminbi|pounds?|crowns?|francs?|shillings?|rupees?|rubles?|yen|pesos?|dinars?)\b|"
    r"\b\d[\d,.]*\s?(?:million|billion|trillion)\b|元|欧元|美元",
    re.IGNORECASE,
)
_NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|dozens?|hundreds?|thousands?|"
    r"millions?|billions?)\b",
    re.IGNORECASE,
)
# "Psiphon 3" and "Qihoo 360" are names.
_IN_A_NAME = re.compile(rf"(?!{_MONTH})\b[A-Z][a-z]\w+ \d+(?:\.\d+)*\b(?!,\d)")
_SHARE = re.compile(
    r"\d\s?%|\bper ?cent\b|\b(?:half|thirds?|quarters?|fifths?|majority|minority|most|wholly|fully)\b|百分",
    re.IGNORECASE,
)
_DURATION = re.compile(
    rf"\b(?:\d+|(?:for|in|over|within|took|takes|half|of) an?|several|many|few|{_NUMBER_WORD.pattern})[\s-]+"
    r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|century|centuries)\b(?!\s+ago|[\s-]olds?\b)|"
    rf"\b(?:since|until|from|between)\s+(?:{_MONTH}\s+)?(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_REPLY = re.compile(
    r"\b(?:said|says|told|tells|wrote|writes|stated|states|repli\w+|respon[ds]\w*|"
    r"(?<!the )(?<!its )(?<!their )answer\w*|declin\w+|refus\w+|"
    r"reject\w*|den(?:y|ies|ied)|dismiss\w*|confirm\w*|acknowledg\w*|admit\w*|announc\w*|called|calls|disput\w+|"
    r"insist\w*|argu\w+|claim\w*|comment\w*|statement|spokes\w+|apologi\w+|objected|protest\w*|condemn\w*)\b|"
    r"表示|回应|否认|声明",
    re.IGNORECASE,
)
# A country and its adjective share this many letters: China, Chinese.
_STEM = 4


def holds(want: Want, text: str, voice: Voice | None, question: Question) -> bool:
    """Tell whether a sentence, `text`, spoken by `voice`, holds what a question wants and does not itself name."""
    return _HOLDS[want](text, voice, question)


def leaves_unnamed(question: Question, text: str) -> bool:
    """Tell whether a sentence tells of what is asked for without its name: "a trade magazine"."""
    return any(_is_unnamed(noun, text) for noun in question.nouns)


def _dates(text: str) -> set[str]:
    return {fold(figure) for figure in figures(text) if _DATE.search(figure)}


def _numbers(text: str) -> set[str]:
    text = _IN_A_NAME.sub(" ", text)
    return {fold(figure) for figure in figures(text) if not _DATE.search(figure)} | {
        fold(word[0]) for word in _NUMBER_WORD.finditer(text)
    }


def _holds_date(text: str, _: Voice | None, question: Question) -> bool:
    new = _dates(text) - _dates(question.text)
    return any(_is_of_asked(date, text, question) for date in new) or bool(_RELATIVE_DATE.search(text))


def _holds_count(text: str, _: Voice | None, question: Question) -> bool:
    new = _numbers(text) - _numbers(question.text)
    return any(_is_of_asked(number, text, question) for number in new)


def _is_of_asked(figure: str, text: str, question: Question) -> bool:
    """Tell whether a figure stands near a word of what is asked, if the question says of what.

    "28 bodies and firms" is no answer to how many people work there.
    """
    before, _, after = re.sub(rf"(?<!\w){re.escape(figure)}(?!\w)", "\n", fold(text), count=1).partition("\n")
    near = {*meanings(before)[-_NEAR:], *meanings(after)[:_NEAR]}
    return not question.asked_of or not near.isdisjoint(question.asked_of)


def _holds_name(text: str, voice: Voice | None, question: Question) -> bool:
    if not question.part_asked <= set(meanings(text)):
        return False
    asked = set(content_words(question.text))
    names = [name.form for name in capitalised_names(text)]
    first = re.match(r"\W*([^\W\d_]\w+)", text)
    if first and first[1][0].isupper() and rarity(fold(first[1])) > _RARE_NAME:
        names.append(first[1])
    if voice is not None:
        names.append(voice.name)
    return any(set(content_words(name)) - asked for name in names)


def _is_unnamed(noun: str, text: str) -> bool:
    singular = re.escape(re.sub(r"(?:ies|s)$", "", noun))
    some = r"\b(?:an?|one|some|several|many|other|foreign|various|certain|unnamed)\s(?:[\w-]+\s){0,2}"
    return (
        re.search(rf"(?i:{some}{singular}(?:y|ies|s)?)\b" + r"(?!,?\s(?:called|named|of\s)?[A-Z]|:)", text) is not None
    )


def _holds_country(text: str, _: Voice | None, question: Question) -> bool:
    asked = {word[:_STEM] for word in re.findall(r"\w+", question.text)}
    return any(country[0][:_STEM] not in asked for country in COUNTRIES.finditer(text))


_RARE_NAME = 0.6
# Words before and after a figure that tell what it is a figure of.
_NEAR = 8
_HOLDS: dict[Want, Callable[[str, Voice | None, Question], bool]] = {
    "amount": lambda text, *_: bool(_MONEY.search(text)),
    "count": _holds_count,
    "share": lambda text, _, question: bool(_SHARE.search(text)) or _holds_count(text, None, question),
    "date": _holds_date,
    "duration": lambda text, *_: bool(_DURATION.search(text)),
    "name": _holds_name,
    "country": _holds_country,
    "reply": lambda text, *_: bool(_REPLY.search(text)),
}
