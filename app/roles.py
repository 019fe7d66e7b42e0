"""Who did what to whom: whether a claim gives the parts in a deed to others than its source does.

No grammar is parsed. Each rule looks at the order of names and words around a verb, and speaks only where that tells.
"""

from __future__ import annotations

import re
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from app.facts import ENDS_PART, words_of
from app.meanings import IRREGULAR, PLAIN, SAYS, VERB, meanings
from app.words import content_words, rarity
from ingest.firms import capitalised_names, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ingest.firms import FirmNames

_Named = tuple[str, int, int]

_SPOKE = re.compile(r"\b(?:told|said|called|announced|confirmed|testified|promised|warned|tweeted|boasted)\b")
# What stands before and after who only says so, and who only reports what others say.
_TELLS = re.compile(
    r"\b(?:according to|told|(?:said|reported|quoted|carried) by|citing)\s+(?:the\s+)?"
    r"(?:an?\s+)?(?:(?:page|report|article|statement|study|post|tweet|story)s?\s+(?:of|by|in|from)\s+)?(?:the\s+)?$",
    re.IGNORECASE,
)
_RELAYS = re.compile(
    r"(?:[’']s)?\s+(?:also\s+|has\s+|had\s+|then\s+)?(?:report|wr[io]te|written|note|quote|publish|relay|article)",
    re.IGNORECASE,
)
_TOLD = re.compile(rf"{_RELAYS.pattern}|\s+(?:also\s+|has\s+|had\s+|then\s+)?(?:say|said|puts?\b)", re.IGNORECASE)
# What stands before who acts, in the passive and after "received", and what makes of a name an owner.
_AGENT = re.compile(r"\b(?:by|from)\s+(?:the\s+)?$", re.IGNORECASE)
_FROM = re.compile(r"\b(?:by|from)\b")
_OWNER = re.compile(r"[’']s?\b|[’']s?\s|\s*,?\s*(?:and|with|through)\s+(?:its|their)\s")
# What stands for a firm that was named before.
_COMPANY = re.compile(
    r"\b(?:(?:the|this|these|both) (?:two )?(?:compan(?:y|ies)|firms?|group|corporation|unit|manufacturers?|suppliers?)"
    r"|the (?:two|pair|latter)|both|they|it)\b",
    re.IGNORECASE,
)
# Before a verb of speech: who speaks is named elsewhere, or nowhere.
_NOBODY = re.compile(r"\b(?:it|they|he|she|who|which|[a-z]+(?:person|man|woman|or|er|ist|ative|y))\s+(?:ha[sd]\s+)?$")
_ITS = re.compile(r"\b(?:its|their|his|her)\s+(?:[\w-]+\s+){1,3}$")
# After these a name is no subject.
_ASIDE = re.compile(
    r"\b(?:to|of|on|in|with|for|at|from|by|after|before|when|while|since|if|as|because|than)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
# Between who speaks and the verb, where nobody else can be meant.
_DIRECTLY = re.compile(r"\s+(?:also\s+|has\s+|had\s+|then\s+)?")
# A comma that puts a part first or last, and not who says so.
_COMMA = re.compile(r", (?!according to\b|(?:[A-Z][\w.]*\s+){1,5}(?:reported|wrote|said|writes|says|reports)\b)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[“\"]?[A-Z])")
_WHICH = re.compile(r"\b(?:which|who|whom|whose|where)\b")
_SPEAKS_ON = re.compile(
    rf"(?:,?\s+(?:which|who|itself)\b)?{_DIRECTLY.pattern}({_SPOKE.pattern}|\b(?:claim|sa[iy]|den[iy])\w*)"
)
_DENIES = re.compile(r"den[iy]")
_THAT = re.compile(r"^\s+that\b")
# How many words of what somebody says tell that a claim says it.
_SAID = 6
_SOMEBODY = re.compile(r"\b(?:it|they|he|she|the (?:company|firm|group)|spokes\w+)\b", re.IGNORECASE)
# So many verbs of a text are looked at: more make no sentence.
_MOST_VERBS = 20
# "Was sold", and "when sold" and ", sold by" of the same.
_PASSIVE = re.compile(r"\b(?:was|were|been|being|is|are|be|when|if|as|once|although)\s+(?:\w+ly\s+)?$")
_APART, _BY = re.compile(r",\s*$"), re.compile(r"\s+by\b")
_DONE_BY = re.compile(rf"\b(\w+ed|{IRREGULAR})(?:\s+\w+){{0,3}}?\s+by\s+([^,;.]{{3,60}})")
_RELATIVE = re.compile(r"\b(\w+),?\s+(?:which|who)\s+([^,;.]{5,100})")
_NAME = re.compile(r"(?:the\s+)?[A-Z][\w&-]*(?:\s+[A-Z][\w&-]*)*")
# "Declined to say which": not of "say".
_ASKS = re.compile(
    r"say|said|sa(?:id|ys)|tell|told|know|knew|known|ask(?:s|ed)?|see|show|shows|decide[sd]?|determine[sd]?"
)
_IS_A = re.compile(r"\b(?:is|was|are|were)\s+(?:a|an|the|one of)\s+(.+)")


def misattributed(claim: str, source: str, names: FirmNames, before: str = "") -> Iterator[str]:
    """Yield how a claim gives parts to others than its source does; `before` goes before the source."""
    for part in re.split(r";\s+", claim):
        turned = turned_round(part, source, names, before)
        if turned:
            yield f"there {turned[1]} and {turned[0]} stand the other way round"
    yield from _of_reporters(claim, source, names)
    yield from _of_speakers(claim, source, names)
    yield from _of_parties(claim, source, names)
    yield from _of_subjects(claim, source, before)
    yield from _of_agents(claim, source)
    yield from _of_relatives(claim, source)
    yield from _of_being(claim, source, names)
    yield from _of_order(claim, source)


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
    said = _direction(claim, first, sides)
    sentences = _SENTENCE.split(source)
    known = {
        _direction(one, _meant(one, firms, " ".join((before, *sentences[:at])), names), sides)
        for at, one in enumerate(sentences)
    } - {None}
    if not known or said in known:
        return None
    of_names = {stem for start, end in first.values() for stem in content_words(claim[start:end])}
    if not (set(content_words(claim)) & set(content_words(source))) - of_names:
        return None
    one, other = (claim[slice(*first[side[0]])] for side in (reversed(sides) if said else sides))
    return one, other


def _meant(text: str, firms: Iterable[str], before: str, names: FirmNames) -> dict[str, tuple[int, int]]:
    """Return who acts in a sentence, and where: as "the company", too, where only `before` names it."""
    there = _acting(text, names)
    company = _COMPANY.search(text)
    for firm in firms:
        if company and firm not in there and any(one.firm == firm for one in names.find(before)):
            there[firm] = company.span()
    return there


def _named(text: str, names: FirmNames) -> list[_Named]:
    """Return who is named in a text, in order: a firm's id, or the folded name of another body, and where."""
    listed = [(one.firm, one.start, one.end) for one in names.find(text)]
    # A single word may be a place.
    others = [(words_of(one.form), one.start, one.end) for one in capitalised_names(text) if " " in one.form]
    free = [one for one in others if not any(start < one[2] and one[1] < end for _, start, end in listed)]
    return sorted([*listed, *free], key=lambda one: one[1])


def _reports(text: str, one: _Named) -> bool:
    return bool(_TELLS.search(text[: one[1]]) or _TOLD.match(text[one[2] :]))


def tells(text: str, start: int, end: int) -> bool:
    """Tell whether whom a text names from `start` to `end` only says what else it states, or publishes it."""
    return bool(_TELLS.search(text[:start]) or SAYS.match(text[end:].lstrip(" ,")) or _TOLD.match(text[end:]))


def _acting(text: str, names: FirmNames) -> dict[str, tuple[int, int]]:
    """Return who is named in a text and reports nothing, in order of the first mention, and where."""
    found: dict[str, tuple[int, int]] = {}
    for one in _named(text, names):
        if not _reports(text, one):
            found.setdefault(one[0], one[1:])
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


def _of_reporters(claim: str, source: str, names: FirmNames) -> Iterator[str]:
    """Tell of whom the claim begins with as one who acts, and who only reports in the source."""
    named = _named(claim, names)
    first = named[0] if named and not _reports(claim, named[0]) else None
    mentions = [one for one in _named(source, names) if first and one[0] == first[0]]
    if first and mentions and all(_RELAYS.match(source[one[2] :]) for one in mentions):
        yield f"there {claim[first[1] : first[2]]} only reports"


def _of_speakers(claim: str, source: str, names: FirmNames) -> Iterator[str]:
    """Tell of a verb of speech that stands with another name in the source."""
    spoke = _speakers(source, names)
    for verb, (who, *_) in _speakers(claim, names).items():
        if who not in spoke.get(verb, (who,)):
            yield f"it is not {who} who {verb} that there"


def _of_parties(claim: str, source: str, names: FirmNames) -> Iterator[str]:
    """Tell of what a firm says of itself or another in the source, and the claim does not give to it."""
    said = {one.firm: one for one in names.find(claim)}
    meant, speaking = set(meanings(claim)), set[str]()
    for one in names.find(source):
        spoke = _SPEAKS_ON.match(source[one.end :])
        if not spoke:
            continue
        if not _DENIES.match(spoke[1]):
            speaking.add(one.firm)
        heard = said.get(one.firm)
        if heard and re.search(rf"\b{spoke[1]}\s+$", claim[: heard.start]):
            yield f"it is {one.form} who {spoke[1]} that there"
        said_there = _THAT.sub("", source[one.end + spoke.end() :])
        scope = meanings(re.split(r"[,;.]", said_there, maxsplit=1)[0])[:_SAID]
        if not heard and len(meant.intersection(scope)) > 1 and not _SOMEBODY.search(claim):
            yield f"it is {one.form} who says so there"
    saying = ((one, _SPEAKS_ON.match(claim[one.end :])) for one in said.values() if one.firm not in speaking)
    others = [one for one, spoke in saying if spoke and not _DENIES.match(spoke[1])]
    if speaking and others:
        yield f"{others[0].form} says nothing there"


def _speakers(text: str, names: FirmNames) -> dict[str, tuple[str, ...]]:
    """Return, for each verb of speech in a text, whose it may be: the nearest name before it, and its part's first."""
    known = [(one.start, one.end, one.firm) for one in names.find(text)]
    taken = list(known)
    known += [
        (one.start, one.end, words_of(one.form))
        for one in capitalised_names(text)
        if not any(start < one.end and one.start < end for start, end, _ in taken)
    ]
    found: dict[str, list[str]] = {}
    for verb in _SPOKE.finditer(text):
        if not re.search(r"\b(?:was|were|been|being)\s+$", text[: verb.start()]):
            found.setdefault(verb[0].casefold(), []).extend(_speaking(verb, text, sorted(known)))
    return {verb: tuple(who) for verb, who in found.items() if who}


def _speaking(verb: re.Match[str], text: str, known: Sequence[tuple[int, int, str]]) -> Iterator[str]:
    """Yield whose a verb of speech may be, of those that a text names."""
    if _NOBODY.search(text[: verb.start()]):
        # "Its secretary said": somebody's whom the sentence names.
        sentence = max((end.end() for end in _SENTENCE.finditer(text, 0, verb.start())), default=0)
        if _ITS.search(text[sentence : verb.start()]):
            yield from (who for start, _, who in known if sentence <= start < verb.start())
        return
    part = max((end.end() for end in ENDS_PART.finditer(text, 0, verb.start())), default=0)
    before = [(start, end, who) for start, end, who in known if end <= verb.start() and not _ASIDE.search(text[:start])]
    direct = [who for _, end, who in before if _DIRECTLY.fullmatch(text[end : verb.start()])]
    if direct:
        yield from direct
    elif before:
        inside = [who for start, _, who in before if start >= part]
        yield from (before[-1][2], (inside or [before[0][2]])[0])


def _of_subjects(claim: str, source: str, before_it: str) -> Iterator[str]:
    """Tell of a deed whose doers in the claim stand after it in the source, or do something else there."""
    there, known = list(_deeds(source)), set(meanings(f"{before_it} {source}"))
    for verb, doers, _, passive in _deeds(claim):
        doing = doers - {verb}
        same = [deed for deed in there if deed[0] == verb and deed[3] == passive]
        if any(doing and not doing & before and doing <= after for _, before, after, _ in same):
            yield "there it is done to whom it does it here"
            return
        is_there = bool(doing) and doing.issubset(known)
        if same and is_there and all(before and doing.isdisjoint(before) for _, before, _, _ in same):
            yield "there others do that"
            return
    yield from _of_later(claim, source, before_it)


def _of_later(claim: str, source: str, before: str) -> Iterator[str]:
    """Tell of who does a deed in the claim and is named only in a later sentence of the source."""
    sentences = _SENTENCE.split(source)
    known = [set(meanings(" ".join((before, *sentences[: at + 1])))) for at in range(len(sentences))]
    for verb, doers, _, _ in _deeds(claim) if len(sentences) > 1 else ():
        until = [known[at] for at, one in enumerate(sentences) if any(deed[0] == verb for deed in _deeds(one))]
        late = (doers - {verb}) & known[-1]
        if until and all(late - one for one in until):
            yield "who does it there is named only after it"
            return


def _deeds(text: str) -> Iterator[tuple[str, set[str], set[str], bool]]:
    """Yield each verb of a text as a stem or line of deeds, the words before and after it, and if it is passive."""
    for verb in islice(VERB.finditer(text), _MOST_VERBS):
        if SAYS.fullmatch(verb[0]) and verb[0] != "accused":
            continue
        ends = ENDS_PART.finditer(text, 0, verb.start())
        # "Vantry, based in Kessel and traded there, sold it": what goes on with "and" has the same doer.
        part = max((end.end() for end in ends if not end[0].startswith(("and", "but"))), default=0)
        after = ENDS_PART.split(text[verb.end() :], maxsplit=1)[0]
        stem = next(iter(meanings(verb[0])), "")
        is_apart = _APART.search(text[: verb.start()]) and _BY.match(text[verb.end() :])
        passive = bool(is_apart or _PASSIVE.search(text[: verb.start()]))
        subject = text[part : verb.start()]
        # "A start-up in which NetPosa has invested"
        inside = _telling(_WHICH.split(subject)[-1])
        yield stem, set(inside or _telling(subject)), set(meanings(after)), passive


def _of_agents(claim: str, source: str) -> Iterator[str]:
    """Tell of a deed done "by" others in the claim than in the source."""
    there = list(_agents(source))
    for verb, agent in _agents(claim):
        of_it = [other for deed, other in there if deed == verb]
        # Who does only something else there.
        of_others = [other for deed, other in there if deed != verb and agent <= other]
        if (of_it and all(agent.isdisjoint(other) for other in of_it)) or (of_others and not of_it):
            yield "there it is done by others"


def _agents(text: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each deed done "by" somebody, as a stem or line of deeds, and the words for who does it."""
    for match in islice(_DONE_BY.finditer(text), _MOST_VERBS):
        name = _NAME.match(match[2])
        agent = set(meanings(name[0]) if name else meanings(match[2])[:2])
        if agent:
            yield next(iter(meanings(match[1])), ""), agent


def _of_relatives(claim: str, source: str) -> Iterator[str]:
    """Tell of what a clause with "which" says of a word that the claim lacks."""
    said = set(meanings(claim))
    for match in _RELATIVE.finditer(source):
        clause = meanings(match[2])[:6]
        head = meanings(match[1])
        says_more = clause and clause[0] in said and len(said.intersection(clause)) > 1
        if says_more and head and not _ASKS.fullmatch(match[1]) and not said.intersection(head):
            yield f"there it is said of “{match[1]}”"


def _of_being(claim: str, source: str, names: FirmNames) -> Iterator[str]:
    """Tell of what somebody is said to be, and stands nearer to another name in the source."""
    match = _IS_A.search(claim)
    subject = [one for one in _named(claim, names) if match and one[2] <= match.start()]
    if not match or not subject:
        return
    words = [word for word in re.findall(r"[a-z]{3,}", match[1]) if re.search(rf"\b{word}", source)]
    word = max(words, key=lambda one: rarity(fold(one)), default=None)
    place = re.search(rf"\b{word}", source) if word else None
    there = [one for one in _named(source, names) if not _reports(source, one)]
    if place and there:
        nearest = min(there, key=lambda one: min(abs(one[1] - place.end()), abs(place.start() - one[2])))
        if nearest[0] not in {one[0] for one in subject} and any(one[0] == subject[-1][0] for one in there):
            yield f"there it is said of {source[nearest[1] : nearest[2]]}"


def _of_order(claim: str, source: str) -> Iterator[str]:
    """Tell of words that stand in quite another order: a part may be put first or last, and a passive turned."""
    there = _telling(source)
    voices = {verb: passive for verb, _, _, passive in _deeds(source)}
    is_turned = any(voices.get(verb, passive) != passive for verb, _, _, passive in _deeds(claim))
    # "Made an investment in" is "received an investment from".
    is_turned |= bool(_FROM.search(claim)) != bool(_FROM.search(source))
    for part in re.split(r";\s+", claim):
        here = _telling(part)
        places = [there.index(word) for word in here if here.count(word) == there.count(word) == 1]
        back = sum(after < before for before, after in pairwise(places))
        if back > 1 + is_turned + len(_COMMA.findall(part)):
            yield "its words stand in another order there"


def _telling(text: str) -> list[str]:
    return meanings(PLAIN.sub(" ", text))
