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
    r"\b(?:it|(?P<owned>its)|"
    r"(?:the|that|this) (?:company|firm|vendor|supplier|manufacturer|group|agency|university))\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:he|him|his|she|her|hers|that|this|those|these|there|then|one|ones|same|latter|former)\b|\belse\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“([^”]*)”")
# A question of so few words with meaning, without a name, leans on what was said before.
_FEW_WORDS = 2
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that stands alone: the whole `text`, and the part of it that `asks`; the rest is what came before."""

    text: str
    asks: str


def standalone(question: str, history: Sequence[Turn], names: FirmNames, catalog: Catalog) -> Standalone:
    """Make a question stand alone after what was said before it; one that does already is returned as it is."""
    asked = [turn["content"] for turn in history if turn.get("role") == "user" and turn.get("content", "").strip()]
    if not asked:
        return Standalone(question, question)
    last = max(at for at, turn in enumerate(history) if turn.get("role") == "user" and turn.get("content", "").strip())
    previous = standalone(history[last]["content"], history[:last], names, catalog)
    answer = " ".join(turn["content"] for turn in history[last + 1 :] if turn.get("role") == "assistant")
    return _FollowUp(question, previous, answer, names, catalog).resolved()


class _FollowUp:
    """A question, the one before it (which stands alone), and what was answered to that."""

    def __init__(self, text: str, previous: Standalone, answer: str, names: FirmNames, catalog: Catalog) -> None:
        self.text, self.previous, self.answer = text, previous, answer
        self._names, self._catalog = names, catalog

    def resolved(self) -> Standalone:
        another = _WHAT_ABOUT.match(self.text) or _AND_ONLY.match(self.text)
        if another:
            return self._about_another(another["what"])
        for pronoun, is_plural in ((_PLURAL, True), (_SINGULAR, False)):
            if pronoun.search(self.text):
                meant = self._meant(plural=is_plural)
                return self._with_names(pronoun, meant) if meant else self._after_previous()
        leans = _LEADING.match(self.text) or _POINTS_BACK.search(self.text)
        if not self._asked(self.text) and (leans or len(content_words(self.text)) <= _FEW_WORDS):
            return self._after_previous()
        return Standalone(self.text, self.text)

    def _asked(self, text: str) -> tuple[Name, ...]:
        return Question(text, names_asked(text, self._names, self._catalog)).needed

    def _about_another(self, what: str) -> Standalone:
        """Ask the previous question of another name; of what is no name, ask it in view of the previous one."""
        new, before = self._asked(f"about {what}"), self._asked(self.previous.text)
        if not new or not before or re.match(r"(?:the|a|an)\b", what, re.IGNORECASE):
            return self._after_previous()
        old = next((name for name in before if name.firm is not None), before[0]).asked
        # What is owned by the name goes with it: "Gamma's FinFisher" becomes "Hacking Team".
        named = re.compile(re.escape(old) + r"(?:[’']s\s[A-Z][\w’'-]*)?(?!\w)")
        return Standalone(named.sub(what, self.previous.text), named.sub(what, self.previous.asks))

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
        return Standalone(text, text)

    def _after_previous(self) -> Standalone:
        """Ask the question in view of the previous one, which is repeated after it."""
        return Standalone(f"{self.text} (after: {self.previous.text})", self.text)
