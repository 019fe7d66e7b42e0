"""A follow-up question made to stand alone, by rules over the conversation; it names nothing that was not named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.countries import is_of_country
from app.names import names_asked
from app.question import Question
from app.words import content_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.names import Name
    from ingest.catalog import Catalog
    from ingest.firms import FirmNames

    # {"role": "user" or "assistant", "content": text}, oldest first.
    Turn = Mapping[str, str]

_LEADING = re.compile(r"^\W*(?:and|but|so|ok(?:ay)?|then|also)\b[\s,]*", re.IGNORECASE)
_WHAT_ABOUT = re.compile(
    r"^\W*(?:(?:and|but|so|ok(?:ay)?)\b[\s,]*)?(?:what|how) about\s+(?P<what>.+?)\W*$", re.IGNORECASE
)
_AND_ONLY = re.compile(
    r"^\W*(?:and|or)\s+(?!(?:who|wh\w+|how|did|does|do|is|was|were|are|has|have|had|can|could|will|in|on|by|for|to)\b)"
    r"(?P<what>[^\s?]+(?:\s+[^\s?]+){0,3})\s*\?*\s*$",
    re.IGNORECASE,
)
_PLURAL = re.compile(
    r"\b(?:they|them|(?P<owned>their)|(?:both|those|these|the two)(?:\s+(?:firms|companies|suppliers|vendors))?)\b",
    re.IGNORECASE,
)
_SINGULAR = re.compile(
    r"\b(?:[Ii]t|(?P<owned>[Ii]ts)|"
    r"(?:[Tt]he|[Tt]hat|[Tt]his) (?:company|firm|vendor|supplier|manufacturer|group|agency|university))\b"
)
# "Is it true that ..." means nothing by "it"; "Who denied it?" means what was said.
_MEANS_NO_NAME = re.compile(
    r"\b(?:is|was) it (?:true|clear|known|possible|likely|official|said|only|ever)\b|"
    r"\bit (?:is|was) (?:true|clear|known|possible|likely|said|reported)\b|^\W*(?:(?:and|but|so) )?who\b.*\bit\W*$",
    re.IGNORECASE,
)
_ASKED_BACK = re.compile(r"Which do you mean by (?P<name>[^:]+):")
_POINTS_BACK = re.compile(
    r"\b(?:he|him|his|she|her|hers|that|this|those|these|there|then|one|ones|same|latter|former)\b|\belse\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“([^”]*)”")
# A question of so few words with meaning, without a name, leans on what was said before.
_FEW_WORDS = 2
_MOST_NAMES = 4
# What was said longer ago is forgotten, and so is the rest of a long turn.
_MOST_TURNS, _LONGEST_TURN = 12, 4000


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that stands alone: the whole `text`, the part of it that `asks`, and what it is about.

    `subject` is what a follow-up of its own would be asked after.
    """

    text: str
    asks: str
    subject: str


def standalone(question: str, history: Sequence[Turn], names: FirmNames, catalog: Catalog) -> Standalone:
    """Make a question stand alone after what was said before it; one that does already is returned as it is."""
    previous: Standalone | None = None
    answer = ""
    for turn in history[-_MOST_TURNS:]:
        content = turn.get("content", "")[:_LONGEST_TURN]
        if turn.get("role") == "assistant":
            answer = content
        elif content.strip():
            previous = _resolved(content, previous, answer, names, catalog)
            answer = ""
    return _resolved(question, previous, answer, names, catalog)


def _resolved(
    question: str, previous: Standalone | None, answer: str, names: FirmNames, catalog: Catalog
) -> Standalone:
    if previous is None:
        return Standalone(question, question, question)
    return _FollowUp(question, previous, answer, names, catalog).resolved()


class _FollowUp:
    """A question, the one before it (which stands alone), and what was answered to that."""

    def __init__(self, text: str, previous: Standalone, answer: str, names: FirmNames, catalog: Catalog) -> None:
        self.text, self.previous, self.answer = text, previous, answer
        self._names, self._catalog = names, catalog

    def resolved(self) -> Standalone:
        asked_back = _ASKED_BACK.match(self.answer)
        if asked_back and len(self.text.split()) <= _MOST_NAMES:
            return self._instead_of(asked_back["name"], self.text.strip(" ?.!"))
        another = _WHAT_ABOUT.match(self.text) or _AND_ONLY.match(self.text)
        if another:
            return self._about_another(another["what"])
        own = self._asked(self.text)
        for pronoun, is_plural in ((_PLURAL, True), (_SINGULAR, False)):
            found = pronoun.search(self.text)
            # "Does Dahua sell its cameras?" tells whose they are.
            if found and not any(self.text.find(name.asked) < found.start() for name in own):
                meant = [] if _MEANS_NO_NAME.search(self.text) else self._meant(plural=is_plural)
                return self._with_names(pronoun, meant) if meant else self._after_previous(own)
        leans = _LEADING.match(self.text) or _POINTS_BACK.search(self.text)
        if leans or len(content_words(self.text)) <= _FEW_WORDS:
            return self._after_previous(own)
        return Standalone(self.text, self.text, self.text)

    def _asked(self, text: str) -> tuple[Name, ...]:
        return Question(text, names_asked(text, self._names, self._catalog)).needed

    def _about_another(self, what: str) -> Standalone:
        """Ask the previous question of another name; of what is no name, ask it in view of the previous one."""
        new, before = self._asked(f"about {what}"), self._asked(self.previous.text)
        if not new or not before or re.match(r"(?:the|a|an)\b", what, re.IGNORECASE):
            return self._after_previous(())
        return self._instead_of(next((name for name in before if name.firm is not None), before[0]).asked, what)

    def _instead_of(self, old: str, new: str) -> Standalone:
        """Ask the previous question with one name in place of another."""
        # What is owned by the name goes with it: "Gamma's FinFisher" becomes "Hacking Team".
        named = re.compile(r"(?<!\w)" + re.escape(old) + r"(?:[’']s\s[A-Z][\w’'-]*)?(?!\w)")
        text = named.sub(lambda _: new, self.previous.text)
        return Standalone(text, named.sub(lambda _: new, self.previous.asks), text)

    def _meant(self, *, plural: bool) -> list[str]:
        """Return the names that a pronoun means: those asked for before, or those that the answer gave."""
        before = [name for name in self._asked(self.previous.text) if not is_of_country(name.asked)]
        firms = [name.asked for name in before if name.firm is not None]
        previous = Question(self.previous.asks)
        given = self._given() if plural and (previous.is_list or "name" in previous.wants) else []
        if plural:
            return given or firms or [name.asked for name in before] or self._given()
        return (firms or [name.asked for name in before])[:1]

    def _given(self) -> list[str]:
        """Return the names in what the answer quotes: firms of the list where there are any."""
        said = " ".join(_QUOTED.findall(self.answer)) or self.answer
        listed = [self._names.by_id[one.firm].name for one in self._names.find(said) if one.firm in self._names.by_id]
        return list(dict.fromkeys(listed or [name.asked for name in self._asked(said)]))[:_MOST_NAMES]

    def _with_names(self, pronoun: re.Pattern[str], meant: Sequence[str]) -> Standalone:
        joined = " and ".join([", ".join(meant[:-1]), meant[-1]]) if len(meant) > 1 else meant[0]

        def named(match: re.Match[str]) -> str:
            return f"{joined}’s" if match["owned"] else joined

        text = _LEADING.sub("", pronoun.sub(named, self.text))
        text = text[:1].upper() + text[1:]
        return Standalone(text, text, text)

    def _after_previous(self, own: Sequence[Name]) -> Standalone:
        """Ask a question that names nobody in view of the previous one, which is repeated after it."""
        if own:
            return Standalone(self.text, self.text, self.text)
        subject = self.previous.subject
        return Standalone(f"{self.text} (after: {subject})", self.text, subject)
