"""What a question asks for: its names and words, what kind of thing, of how many, and whether of today."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from app.meanings import PLAIN, meanings
from app.names import must_be_present
from app.words import weighed_words
from ingest.passages import figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.names import Name

Want = Literal["amount", "count", "share", "date", "duration", "name", "country", "reply"]

_ORGANISATIONS = (
    "firms? compan(?:y|ies) vendors? suppliers? manufacturers? makers? start-?ups? business(?:es)? corporations? "
    "brands? compet\\w+ investors? funds? banks? universit(?:y|ies) institut(?:e|es|ion|ions) agenc(?:y|ies) bureaus? "
    "ministr(?:y|ies) department authorit(?:y|ies) governments? organi[sz]ations? groups? entit(?:y|ies) operators? "
    "providers? magazines? newspapers? outlets? publishers? subsidiar(?:y|ies) parent"
)
_PERSONS = "persons? people executives? officials? reporters? journalists? authors? researchers? spokes\\w+ chief"
_NAMED = "|".join(f"{_ORGANISATIONS} {_PERSONS}".split())
# A question word asks where a clause begins: "how did they answer when told" does not ask when.
_CLAUSE = r"(?:^|[,;:?]\s*|\b(?:and|or|but|so|since|until|from|by|to|for|with|of|in|say|says|said|know)\s+)"
# "What did the ministry say" asks for no ministry.
_WHICH = (
    r"\b(?:which|what)\b(?!\s+(?:did|do|does|was|were|is|are|has|have|had|can|could|would|will|gets?|of)\b)"
    r"(?:\s+[\w.’'-]+){0,3}?\s+"
)
_NAMED_NOUN = re.compile(rf"{_WHICH}(?P<noun>{_NAMED})\b", re.IGNORECASE)
# In this order: "how much of a stake" asks for a share, not for a sum.
_WANTS: tuple[tuple[Want, str], ...] = (
    ("amount", r"\bhow much\b.{0,80}\b(?:pay|paid|cost|spend|spent|worth)\b"),
    ("share", r"\b(?:what|which|how (?:much|big|large)|size of)\b.*\b(?:stakes?|shares?|percent\w*|proportion)\b"),
    ("share", r"\bhow much of\b"),
    ("count", r"\bhow many\b|\bwhat (?:is|was) the number\b|^\W*(?:the )?number of\b"),
    ("duration", r"\bhow long (?!ago\b|(?:is|are|was|were) (?:the|its|their|this)\b)|\bhow much (?:time|longer)\b"),
    ("duration", r"\bwhat (?:period|time span)\b"),
    ("amount", r"\bhow much\b(?! (?:is|was) (?:known|said)\b)"),
    ("amount", r"\b(?:what|which) (?:sum|price|amount|cost|turnover|revenue|fine)s?\b"),
    ("amount", r"\bwhat (?:did|does|do|was|were|is|has|had|would)\b.{0,80}\b(?:pay|paid|cost|spend|spent|worth)\b"),
    ("date", rf"{_CLAUSE}when\b(?!.*,\s*(?:had|has|have|did|was|were|is|does|do)\b)"),
    ("date", r"^\W*(?:the )?date\b(?= (?:of|when|on|the)\b|\?|$)"),
    ("date", r"\b(?:what|which) (?:date|day|month|year)\b|\bhow (?:long ago|quickly|soon|far back)\b"),
    ("country", r"\b(?:which|what) (?:other |foreign )?(?:countr(?:y|ies)|nations?|states)\b"),
    ("reply", r"\b(?:what|how)\b.{0,80}\b(?:respon\w+|react\w*|reply|replied|answer|comment(?:ed)?|rebut\w*)\b"),
    ("reply", r"\b(?:official|public) (?:response|reaction|statement|reply)\b"),
    ("name", rf"{_CLAUSE}(?:who|whom|whose)\b|{_WHICH}(?:{_NAMED})\b"),
    ("name", rf"\bname (?:of )?the (?:[\w-]+ ){{0,3}}?(?:{_NAMED})\b|\bnames? of\b|\btheir names\b"),
)
_LIST = re.compile(
    rf"^\W*(?:list|enumerate)\b|^\W*name (?:all|the \w+s)\b|(?:{_WHICH}|\ball(?: the)? |\bwho are the )"
    r"(?:firms|companies|vendors|suppliers|makers|manufacturers|start-?ups|businesses|investors|banks|universities|"
    r"institut(?:es|ions)|agencies|bureaus|governments|countries|nations|states|organi[sz]ations|groups|entities|"
    r"operators|providers|products|tools|people|officials|persons|cities|contracts|subsidiaries|brands|partners|aims|"
    r"customers|clients|targets|victims|lists)\b|\bwho (?:else|all)\b",
    re.IGNORECASE,
)
_COMPARISON = re.compile(
    r"\bcompar(?:e|es|ed|ing|ison)\b|\b(?:versus|vs)\b|\bdiffer(?:s|ed|ent|ence|ences)?\b|\bmore\b.*\bor\b.*|"
    r"\b(?:both|each) of\b|\brespectively\b",
    re.IGNORECASE,
)
_TODAY = re.compile(
    r"\b(?:today|nowadays|currently|at present|right now|these days|still|any ?more|now)\b"
    r"(?!-|\s+(?:that|called|known))",
    re.IGNORECASE,
)
_TAKES_FOR_GRANTED = re.compile(r"^\W*(?:and |but |so )?(?:why|how come|what for)\b", re.IGNORECASE)
# "What about Hikvision and Dahua?" asks of each.
_COORDINATED = re.compile(r"(?:[’']s)?\s*(?:,|&|\band\b|\bor\b)+\s*(?:and\s+|or\s+)?", re.IGNORECASE)
# "Who is the chief executive of Sandvine" and "who is Sandvine's chief executive" ask for one in a part.
_PART_OF = re.compile(
    r"\bwho(?:’s|'s| is| was| were| are)\s+(?:now\s+|currently\s+)?"
    r"(?:(?:the|an?)\s+(?P<of>[\w -]{3,40}?)\s+(?:of|at|for|behind)\b"
    r"|[^?]{2,60}?[’']s?\s+(?P<own>[a-z][\w -]{2,40}?)\s*(?:now|today|currently)?\W*$)",
    re.IGNORECASE,
)
# Words that ask for a figure and say nothing of what it is a figure of.
_OF_ASKING = re.compile(
    r"\b(?:(?:what|which) (?:day|date|week|month|year|time)|number|figure|long|soon|much)\b", re.IGNORECASE
)
_YEAR = 4
# Where a question asks a second thing: "who is the parent, and where does it have offices?"
_AND_ASKS = re.compile(
    r"(?:,|;)?\s+(?:and|or)\s+(?=(?:(?:on|by|for|to|from|in|of|at|with)\s+)?"
    r"(?:who|whom|whose|what|where|when|which|why|how|(?:is|was|does|did|has) it|(?:do|did|have) they)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Question:
    """A question that stands alone, the names in it, and what it asks for.

    `asks` is the part of a follow-up that asks; what came before it is the rest of the text.
    """

    text: str
    names: tuple[Name, ...] = ()
    asks: str = ""

    @property
    def _asking(self) -> str:
        return self.asks or self.text

    @cached_property
    def words(self) -> dict[str, float]:
        """The stems of its words that mean something, with their weights."""
        return weighed_words(self.text)

    @cached_property
    def needed(self) -> tuple[Name, ...]:
        """The names that it cannot be answered without."""
        return tuple(name for name in self.names if must_be_present(name))

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """What it asks, one thing a part; the text itself when it asks one."""
        return tuple(part.strip(" ,;") for part in _AND_ASKS.split(self._asking) if part.strip(" ,;?"))

    @cached_property
    def _part_wants(self) -> tuple[Want | None, ...]:
        return tuple(
            next((want for want, asks in _WANTS if re.search(asks, part, re.IGNORECASE)), None) for part in self.parts
        )

    @cached_property
    def wants(self) -> tuple[Want, ...]:
        """The kinds of thing that its parts ask for, each once."""
        return tuple(dict.fromkeys(want for want in self._part_wants if want))

    @property
    def wants_besides(self) -> bool:
        """Tell whether a part of it asks for no kind of thing, or it sets things side by side."""
        return None in self._part_wants or self.is_comparison

    @cached_property
    def asked_of(self) -> frozenset[str]:
        """What its words mean, without the names that it cannot be answered without."""
        named = {meaning for name in self.needed for form in name.forms for meaning in meanings(form)}
        return frozenset(meanings(_OF_ASKING.sub(" ", PLAIN.sub(" ", self.text)))) - named

    @cached_property
    def nouns(self) -> tuple[str, ...]:
        """The nouns that it asks the names of: "firms" of "which firms"."""
        return tuple(match["noun"].lower() for match in _NAMED_NOUN.finditer(self._asking))

    @cached_property
    def part_asked(self) -> frozenset[str]:
        """What the part means that it asks the name of one in: "chief executive"; nothing where it names none."""
        match = _PART_OF.search(self._asking)
        return frozenset(meanings(match["of"] or match["own"] or "")) if match else frozenset()

    @property
    def is_list(self) -> bool:
        """Tell whether it asks for all of a kind."""
        return bool(_LIST.search(self._asking))

    @property
    def is_comparison(self) -> bool:
        """Tell whether it sets two things side by side."""
        return bool(_COMPARISON.search(self._asking))

    @cached_property
    def sides(self) -> tuple[Callable[[str], bool], ...]:
        """What a comparison sets side by side, each as a test of a text: its names, firms they own, and its dates."""
        if not self.is_comparison:
            return ()
        dates = [figure for figure in figures(self._asking) if not figure.isdigit() or len(figure) == _YEAR]
        owned = [name for owner in self.needed for name in owner.owned]
        return (
            *(name.stands_in for name in (*self.needed, *owned)),
            *(partial(_holds, date) for date in dict.fromkeys(dates)),
        )

    @cached_property
    def related(self) -> tuple[Name, ...]:
        """The listed firms that it asks about as standing in some relation; empty when it asks of one, or of each."""
        firms = [name for name in self.needed if name.firm is not None]
        places = sorted((self.text.find(name.asked), name.asked) for name in firms)
        between = [self.text[at + len(asked) : later] for (at, asked), (later, _) in pairwise(places)]
        apart = any(not _COORDINATED.fullmatch(words) for words in between)
        return () if self.is_comparison or self.is_list or not apart else tuple(firms)

    @property
    def is_of_today(self) -> bool:
        """Tell whether it asks how something is now, which a source of some date cannot say."""
        return bool(_TODAY.search(self._asking))

    @property
    def takes_for_granted(self) -> bool:
        """Tell whether it asks why something was done, as if it were known that it was."""
        return bool(_TAKES_FOR_GRANTED.search(self._asking))


def _holds(part: str, text: str) -> bool:
    return part in text
