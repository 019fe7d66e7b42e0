"""What a sentence of a chat model states, and what of it a piece of evidence holds: by rules, each with a reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.dates import bears, dates_in, iso_date
from app.facts import facts, is_of_nation, words_of
from app.leads import left_out
from app.limits import unlimited
from app.meanings import VERB, meanings
from app.pieces import HOST, leans_back, spelt_out
from app.roles import misattributed, tells
from app.tenses import out_of_time
from app.verbatim import is_verbatim, quotations
from app.words import share_of, weighed_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from app.alike import Alike
    from app.answers import Dated
    from app.dates import Date
    from app.facts import Facts
    from app.pieces import Evidence
    from ingest.firms import FirmNames

# The share of a sentence's words, by weight, that must stand in what bears it, also where others mean the same: over
# right sentences of two development sets it was .63 and more.
_SHARE = 0.6
# Of these so much in the words themselves, without what goes before and who speaks.
_SHARE_HERE = 0.35
# Pieces of evidence whose words are tried for words that mean the same.
_TRIED = 3
# Letters beside "we" that tell what we do.
_NEAR = 40
_CLAUSE = re.compile(
    r"[;:]|,\s(?:and|but|while|whereas|which|who|although|though)\b|\s(?:but|while|whereas|although)\s"
    r"|\sand\s(?:was|were|is|are|has|have|had|took|taken|said|would|will|\w+ed)\b"
)
# Parts of a sentence that tell of different subjects.
_PART = re.compile(r";\s+|,?\s+(?:but|while|whereas)\s+|,\s+and\s+(?=[A-Z])")
_AND_NAME = re.compile(r"\s+and\s+(?=[A-Z])")
_HAS_VERB = re.compile(rf"{VERB.pattern}|\b(?:is|are|was|were|do|does|did|has|have|had|say|says)\b")
# What stands for somebody who was named before.
_POINTS_BACK = re.compile(
    r"\b(?:(?:the|this|these|both|all)(?: \w+)? (?:compan(?:y|ies)|firms?|group|department|agency|ministry|university|"
    r"two|three|four|pair)|(?:^|[.;] )(?:it|they|its|their)|(?:spokes\w+|it|they) (?:said|told|had|has|was))\b",
    re.IGNORECASE,
)


# What stands before the date of a publication or a list.
_PUBLISHED = re.compile(
    r"\b(?:reports?|reported|articles?|wrote|written|published|stor(?:y|ies)|tweets?|posts?|lists?|notices?|statements?|"
    r"pages?|brief)\b[^.;,:]{0,40}$",
    re.IGNORECASE,
)
# Words in other letters than Latin, which no rule here understands.
_OTHER_SCRIPT = re.compile(r"[^\W\d_A-Za-z\u00c0-\u024f]+")
_NAMED = re.compile(r"[A-Z][\w-]+")
_FIRST_PERSON = re.compile(r"\b(?:I|we|our|us|my)\b", re.IGNORECASE)


class Claim:
    """A sentence and what it states. What must be held is told by keys, each with how it is said to be missing."""

    def __init__(self, sentence: str, names: FirmNames, known: dict[str, Facts]) -> None:
        """Take a sentence; `known` keeps what texts state."""
        self._text, self._names = sentence, names
        self._known = known
        self._facts = self._facts_of(sentence)
        self._words = weighed_words(sentence)
        self._meanings = frozenset(meanings(sentence))
        self._quotations = quotations(sentence)
        self.wanted = dict(self._wanted())

    def _wanted(self) -> Iterator[tuple[tuple[str, object], str]]:
        """Yield the keys of what must be held, each with how it is said to be missing."""
        own = self._facts
        stated: tuple[tuple[str, Mapping[Any, str], str], ...] = (
            ("quotation", {one: one for one in self._quotations}, "“{}” does not stand there word for word"),
            ("firm", own.firms, "{} is not named there"),
            ("name", own.names, "{} is not named there"),
            ("nation", own.nations, "nothing {} is named there"),
            ("number", own.numbers, "{} does not stand there"),
            ("date", own.dates, "{} does not stand there"),
            ("word", own.strong, "“{}” is not said there"),
            ("stem", own.stems, "there is no word like “{}” there"),
            ("deed", own.deeds, "there is no word like “{}” there"),
            ("script", {one: one for one in _OTHER_SCRIPT.findall(self._text)}, "“{}” does not stand there"),
            ("denial", {True: ""} if "denies" in own.marks else {}, "it denies what is not denied there"),
        )
        for kind, found, missing in stated:
            for key, printed in found.items():
                yield (kind, key), missing.format(printed)

    def _facts_of(self, text: str) -> Facts:
        """Return what a text states, found once: many pieces of evidence share a voice, and hold one another."""
        text = text.strip()
        if text not in self._known:
            self._known[text] = facts(text, self._names)
        return self._known[text]

    @property
    def clauses(self) -> int:
        """How many clauses it has."""
        return 1 + len(_CLAUSE.findall(self._text))

    def tells_day(self, day: Dated) -> bool:
        """Tell whether it gives a date that a source tells by another day, and not only roughly."""
        known = iso_date(day.date)
        return known is not None and not day.about and any(_bears(date, known) for date in self._facts.dates)

    def held_by(self, evidence: Evidence) -> set[tuple[str, object]]:
        """Return the keys of what a piece of evidence holds."""
        # Who "the firm" is may be told by what goes before; what it did, when and how much, is told here.
        own, whole = self._facts_of(evidence.text), self._facts_of(f"{evidence.understood} {evidence.text}")
        # A sentence that names firms and points back to none is about those alone.
        leans = _POINTS_BACK.search(evidence.text) or (not own.firms and leans_back(evidence.text))
        meant = whole.firms if leans else own.firms
        voice = self._voice_of(evidence)
        told = self._facts_of(voice)
        here, folded = (f" {words_of(text)} " for text in (evidence.text, f"{evidence.understood} {evidence.text}"))
        said = set(meanings(f"{evidence.understood} {evidence.text} {voice}"))
        known = f"{folded}{words_of(voice)} "
        return {
            key
            for key in self.wanted
            if (key[0] == "quotation" and is_verbatim(str(key[1]), evidence.text))
            or (key[0] == "firm" and (key[1] in meant or key[1] in told.firms))
            or (key[0] == "name" and f" {key[1]} " in known)
            or (key[0] == "nation" and is_of_nation(str(key[1]), f"{evidence.understood} {evidence.text}", self._names))
            or (key[0] == "number" and self._is_of_the_same(key[1], own))
            or (key[0] == "date" and self._is_dated(key[1], own, evidence))
            or (key[0] == "word" and f" {key[1]} " in here)
            or (key[0] == "stem" and key[1] in said)
            or (key[0] == "denial" and bool("denies" in own.marks or own.negated))
            or (key[0] == "deed" and key[1] in own.deeds)
            or (key[0] == "script" and str(key[1]) in f"{evidence.understood} {evidence.text} {evidence.known}")
        }

    def _voice_of(self, evidence: Evidence) -> str:
        """Return who speaks and who publishes, as far as the sentence has them only say so, and as it spells them.

        They do what a passage tells only where it tells it of "us".
        """
        known = evidence.known
        for host in HOST.finditer(known):
            known += "".join(f" . {name}" for name in spelt_out(host[1], self._text))
        names = [name for name in known.split(" . ") if name]
        told = f"{evidence.understood} {evidence.text}"
        return " . ".join(name for name in names if self._tells(name) or self._is_we(name, told))

    def _tells(self, name: str) -> bool:
        """Tell whether the sentence has somebody say, or publish, what else it states; so also if it names nobody."""
        place = re.search(rf"\b{re.escape(name)}\b", self._text, re.IGNORECASE)
        return not place or tells(self._text, place.start(), place.end())

    def _is_we(self, name: str, told: str) -> bool:
        """Tell whether the sentence says of somebody what a passage says of "us": the next word, or the one before."""
        parts = re.split(rf"\b{re.escape(name)}\b", self._text, maxsplit=1, flags=re.IGNORECASE)
        before, after = meanings(parts[0])[-1:], meanings(parts[-1])[:1]
        return any(
            (after and after[0] in meanings(told[we.end() : we.end() + _NEAR])[:2])
            or (before and before[0] in meanings(told[max(0, we.start() - _NEAR) : we.start()])[-2:])
            for we in _FIRST_PERSON.finditer(told)
        )

    def in_words_of(
        self, evidence: Sequence[Evidence], held: Mapping[int, set[tuple[str, object]]], alike: Alike
    ) -> Iterator[dict[str, str]]:
        """Yield, for the pieces that hold most, the words for which others there mean the same: all that are needed."""
        nowhere = {key for key in self.wanted if key[0] == "stem"}.difference(*held.values())
        wanted = [self._facts.stems[str(key[1])] for key in nowhere]
        if not wanted or not self._facts.strong.keys().isdisjoint(wanted):
            return

        def left(at: int) -> tuple[int, float]:
            return len(self.wanted.keys() - held[at]), -self.share([evidence[at]])

        for at in sorted(held, key=left)[:_TRIED]:
            found = alike(self._text, wanted, evidence[at].text, self._free_words(evidence[at].text))
            if len(found) == len(wanted):
                yield found

    def _free_words(self, text: str) -> set[str]:
        """Return the words of a text that others may stand for: not those that the sentence has itself."""
        there = self._facts_of(text)
        return {word for meaning, word in there.stems.items() if meaning not in self._meanings} - there.strong.keys()

    def saying(self, words: Mapping[str, str]) -> Claim:
        """Return the sentence with other words in place of some."""
        text = re.sub(r"\b\w+", lambda match: words.get(match[0].casefold(), match[0]), self._text)
        return Claim(text, self._names, self._known)

    def _is_of_the_same(self, number: object, there: Facts) -> bool:
        """Tell whether a figure stands there, and beside a word that it stands beside here."""
        return number in there.numbers and self._is_beside(number, number, there)

    def _is_dated(self, date: object, there: Facts, evidence: Evidence) -> bool:
        """Tell whether a date stands there, and beside a word that it stands beside here, or is the document's."""
        stands = any(_bears(date, known) and self._is_beside(date, known, there) for known in there.dates)
        stands |= any(
            _bears(date, known) and _PUBLISHED.search(evidence.text[:start]) and _PUBLISHED.search(before)
            for known, start, _ in dates_in(evidence.text)
            for before in self._before(date)
        )
        return stands or any(_bears(date, known) for known in self._dates_of(evidence, date))

    def _before(self, date: object) -> Iterator[str]:
        yield from (self._text[:start] for one, start, _ in dates_in(self._text) if one == date)

    def _is_beside(self, here: object, known: object, there: Facts) -> bool:
        """Tell whether a figure or date here has a word beside it that stands beside the one there: a deed if any."""
        own, others = self._facts.beside[here], there.beside[known]
        deeds = own & self._facts.deeds.keys()
        # What is done decides of a date, and of a figure where something else is done there.
        decides = deeds and (isinstance(here, tuple) or others & there.deeds.keys())
        return not own or not others or not (deeds if decides else own).isdisjoint(others)

    def _dates_of(self, evidence: Evidence, wanted: object) -> Iterator[Date]:
        """Yield the dates of a document that may bear a date which is said to be that of a publication."""
        tied = any(self._is_tied(before, self._voice_of(evidence)) for before in self._before(wanted))
        if tied:
            yield from filter(None, map(iso_date, (evidence.source.published, evidence.source.modified)))

    @staticmethod
    def _is_tied(before: str, known: str) -> bool:
        """Tell whether what stands before a date makes it that of a publication, or of who is known of it."""
        last = re.split(r"\bthat\b", before)[-1]
        names = [name for name in known.split(" . ") if name]
        return bool(_PUBLISHED.search(last)) or any(
            re.search(rf"{re.escape(name)}[^.;]{{0,40}}$", last) for name in names
        )

    def share(self, evidence: Iterable[Evidence]) -> float:
        """Return the share of the sentence's words, by weight, that stand in some evidence."""
        return share_of(self._words, " ".join(f"{one.understood} {one.text} {self._voice_of(one)}" for one in evidence))

    def closeness(self, evidence: Evidence) -> tuple[bool, float]:
        """Return whether enough of the sentence stands in the evidence itself, and the share with all around it."""
        return not self._is_little([evidence]), self.share([evidence])

    def _is_little(self, bearing: Iterable[Evidence]) -> bool:
        own_share = share_of(self._words, " ".join(one.text for one in bearing))
        return own_share < _SHARE_HERE and not any(key[0] == "quotation" for key in self.wanted)

    def problems(self, bearing: Sequence[Evidence], missing: Iterable[tuple[str, object]]) -> Iterator[str]:
        """Yield why some evidence does not bear the sentence, `missing` being what it does not hold."""
        if not bearing:
            yield "it cites no passage that was shown"
            return
        for key in self.wanted:
            if key in missing:
                yield self.wanted[key]
        if self.share(bearing) < _SHARE or self._is_little(bearing):
            yield "too few of its words stand there"
        best = max(bearing, key=lambda one: self.share([one]))
        for one in bearing:
            yield from self._of_swapped(one)
            if len(bearing) > 1 and self._is_of_others(one):
                yield "one of the passages that would bear it is about others"
        yield from self._of_order(best)
        yield from self._of_doubt(bearing)
        before = " ".join(one.understood for one in bearing)
        told = " ".join(one.text for one in bearing)
        for number in self._facts.repeated - self._facts_of(told).repeated:
            yield f"{self._facts.numbers[number]} stands there once"
        yield from misattributed(self._text, told, self._names, before)
        yield from unlimited(self._text, told, self._names)
        yield from left_out(self._text, told)
        yield from out_of_time(self._text, told)

    def _is_of_others(self, one: Evidence) -> bool:
        """Tell whether a piece names somebody, or some place, and nobody that the sentence names."""
        named = set(_NAMED.findall(one.text)[1:] if _NAMED.match(one.text) else _NAMED.findall(one.text))
        return bool(named) and not leans_back(one.text) and named.isdisjoint(_NAMED.findall(self._text))

    def _of_swapped(self, best: Evidence) -> Iterator[str]:
        """Yield a firm that stands where the evidence that says most of the sentence names another."""
        there = {one.firm: one.form for one in self._names.find(best.text)}
        left_out = [form for firm, form in there.items() if firm not in self._facts.firms]
        told = {one.firm for one in self._names.find(self._voice_of(best))}
        if _POINTS_BACK.search(best.text):
            told |= {one.firm for one in self._names.find(best.understood)}
        added = [form for firm, form in self._facts.firms.items() if firm not in there and firm not in told]
        if added and left_out:
            yield f"it speaks of {added[0]}, and what stands there is of {left_out[0]}"

    def _of_doubt(self, bearing: Sequence[Evidence]) -> Iterator[str]:
        own, source = self._facts, self._facts_of(" ".join(one.text for one in bearing))
        yield from self._of_negation(source, set(meanings(" ".join(one.text for one in bearing))))
        yield from self._of_who_does_not(bearing)
        careful = (*own.doubted, *own.attributed)
        said = (scope for scope in source.doubted if self._says(scope) or len(self._meanings.intersection(scope)) > 1)
        if any(not _touches(scope, careful) for scope in said):
            yield "a doubt there (“reportedly”, “claims”) is left out"
        if "hedges" in source.marks - own.marks and _OTHER_SCRIPT.search(self._text):
            yield "a doubt there is left out"
        told = any(len(self._meanings.intersection(scope)) > 1 for scope in source.stated)
        if told and not (own.attributed or own.doubted or own.denied):
            yield "who says so is left out"
        if any(self._says(scope) and not _touches(scope, own.supposed) for scope in source.supposed):
            yield "what is only planned or supposed there is stated"

    def _of_negation(self, source: Facts, known: set[str]) -> Iterator[str]:
        own = self._facts
        own_denies, source_denies = "denies" in own.marks, "denies" in source.marks
        if source_denies and not own_denies:
            # "He wrote that it is false" denies, too.
            if not own.attributed or not any(_touches(scope, own.negated) for scope in source.denied):
                yield "a denial there is left out"
        elif own_denies and not source_denies:
            if not any(_touches(scope, source.negated) for scope in own.denied):
                yield "it denies what is not denied there"
        elif own_denies and any(
            not any(known.intersection(scope) <= set(region) for region in source.denied_all) for scope in own.denied
        ):
            yield "it denies something else than is denied there"
        else:
            said = [scope for scope in source.negated if self._says(scope)]
            if len(said) > len(own.negated) or any(not _touches(scope, own.negated) for scope in said):
                yield "a “not” there is left out"
            elif any(self._says(scope) and not _touches(scope, (*own.negated, *own.unsaid)) for scope in source.unsaid):
                yield "what somebody did not know or say there is stated"
            new = any(not _touches(scope, source.negated) for scope in own.negated)
            if new or len(own.negated) > len(source.negated):
                yield "it denies what is not denied there"

    def _of_who_does_not(self, bearing: Sequence[Evidence]) -> Iterator[str]:
        """Tell of a "not", or a denial, that stands there in a part of a sentence about others or something else."""
        parts = [(self._facts_of(part), set(meanings(part))) for one in bearing for part in _parts(one.text)]
        known = set[str]().union(*(said for _, said in parts))
        for own in map(self._facts_of, _parts(self._text)):
            for scope in (*own.negated, *own.denied):
                about = [
                    (part, said)
                    for part, said in parts
                    if _touches(scope, (*part.negated, *part.denied, *part.denied_all))
                ]
                firms = [part.firms for part, said in about if known.intersection(scope) <= said]
                if not firms and any(part.negated or part.denied for part, _ in parts):
                    yield "the “not” there is about something else"
                elif firms and own.firms and all(one and not one.keys() & own.firms.keys() for one in firms):
                    yield f"the “not” there is about {next(iter(firms[0].values()))}"

    def _says(self, scope: Sequence[str]) -> bool:
        """Tell whether the sentence says what a word is about: the first two words after it tell."""
        return not scope or not self._meanings.isdisjoint(scope[:2])

    def _of_order(self, best: Evidence) -> Iterator[str]:
        """Tell of figures of a kind that stand in another order than in the evidence that says most of the sentence."""
        own, there = list(self._facts.numbers), list(self._facts_of(best.text).numbers)
        for unit in {number.unit for number in own}:
            both = [number for number in own if number.unit == unit and number in there]
            if both != sorted(both, key=there.index):
                yield "its figures stand in another order there"


def _touches(scope: Sequence[str], others: Iterable[Sequence[str]]) -> bool:
    """Tell whether what a word is about is what one of others is about."""
    return any(not set(scope).isdisjoint(other) or scope == other for other in others)


def _parts(text: str) -> Iterator[str]:
    """Yield the parts of a text that tell of different subjects: "Vantry left and Dahua stayed" has two."""
    for part in _PART.split(text):
        *some, last = _AND_NAME.split(part)
        whole = ""
        for one in some:
            whole = f"{whole} and {one}" if whole else one
            if _HAS_VERB.search(one):
                yield whole
                whole = ""
        yield f"{whole} and {last}" if whole else last


def _bears(wanted: object, known: Date) -> bool:
    return isinstance(wanted, tuple) and bears(wanted, known)
