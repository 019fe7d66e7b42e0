"""Names in a question: which firms and other capitalised names it asks for, and whether the collection holds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.countries import is_of_country
from app.words import EMPTY, phrase_query, rarity
from ingest.firms import capitalised_names, fold, without_legal_form
from ingest.records import Filters
from ingest.spelling import SHORTEST, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.catalog import Catalog
    from ingest.firms import Firm, FirmNames
    from ingest.records import Mention

_LONGEST_NAME = 6
# How many passages that hold the words of a name are read at a time, to see whether one holds the name itself.
_DEPTH = 100
_ALL = -1  # SQLite's word for no limit
# Abbreviations that a question uses and a source may spell out or print as a sign: they name no firm.
_ABBREVIATIONS = frozenset(
    "USD EUR GBP RMB CNY JPY CHF HKD US UK EU UN UAE AI IT ID GDP CEO CFO CTO EBIT EBITDA EPS PPE PPNE COGS CAPEX OPEX "
    "ROA ROE ROI SGA GAAP IFRS M&A R&D PR HR NGO OK DNA RNA GPS CCTV VPN SMS SIM IP USB PDF API URL DNS ISP "
    "PC TV".split()
)
# "Jane Roe of the Herald", and what stands before a person's name of two words and more.
_JOINED = re.compile(r"\s+(?:of|for|from|at)\s+(?:the\s+)?")
_TITLE = re.compile(
    r"^(?:Sheikh|President|Prime Minister|Minister|Colonel|Senator|Professor|Prof\.?|Dr\.?)\s+(?=[A-Z][\w’'-]+\s+[A-Z])"
)
# How else a firm's legal form may be written.
_LEGAL_FORMS = {"Corp": "Corporation", "Inc": "Incorporated", "Ltd": "Limited", "Co": "Company"}
_LEGAL_FORMS |= {long: short for short, long in _LEGAL_FORMS.items()}
# "NGOs" and "ISPs" are kinds of things.
_SEVERAL = re.compile(r"[A-Z]{2,5}s")
# "American" may stand in the question and "U.S." in the text: adjectives of place, peoples, creeds and the seats of
# governments are no names of firms.
_OF_PLACE = re.compile(
    r"(?:[A-Z]\w+(?:ese|ish|ian|ean|can)s?|Uyghurs?|Uighurs?|Kurds?|Jews?|Muslims?|Christians?|Buddhists?|Europe|Asia|"
    r"Africa|Washington|Pentagon|Congress|Senate|Parliament|Kremlin|Beijing|Brussels|White House|Capitol Hill)"
)
# Public bodies, laws and lists go by many names; firms' own names do not end like this.
_PUBLIC = re.compile(
    r"\b(?:Army|Navy|Force|Forces|Guard|Ministry|Minister|Court|Council|Committee|Commission|Party|Act|Law|List|Agency|"
    r"Department|Office|Bureau|Government|Police|Parliament|Assembly|Union|Convention|Declaration|President)$"
)
# No person is called so.
_INSTITUTION = re.compile(
    rf"{_PUBLIC.pattern}|\b(?:Bank|University|Institute|Cent(?:er|re)|Association|Federation|Republic|Kingdom|Embassy|"
    r"House|Board|Academy|School|College|Society|Foundation|Fund|Group|Company|Corporation|Museum|States?|Secretary|"
    r"Chamber|Bar|Trust|Network|Alliance|Coalition|Campaign|Campaigns|Movement|Project|Program(?:me)?)$"
)
_LEADING_PLACE = re.compile(r"^(?:U\.S\.|US|UK|U\.K\.|EU|[A-Z]\w+(?:ese|ish|ian|ean|can))\s+(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a question: as asked, the firm of the list that it names (or None), and the forms searched for it.

    `longer` are other firms' names that hold one of the forms ("Intel Capital" is not Intel); `owned` the firms whose
    parent it is, which are told apart from it; `is_voice` is true of who publishes or writes a document, whose name
    need not stand in its text.
    """

    asked: str
    firm: Firm | None
    forms: tuple[str, ...]
    corrected: bool = False
    longer: tuple[str, ...] = ()
    is_voice: bool = False
    owned: tuple[Name, ...] = ()

    def stands_in(self, text: str) -> bool:
        """Tell whether `text` has a form of the name; where that is part of another's name, it is not this one."""
        for form in self.longer:
            text = as_printed(form).sub(" ", text)
        return any(as_printed(form, owning=self.firm is None).search(text) for form in self.forms)


def names_asked(question: str, names: FirmNames, catalog: Catalog) -> tuple[Name, ...]:
    """Find the firms and other capitalised names in a question, misspelt ones included."""
    found: list[tuple[int, int, Name]] = []
    words = list(re.finditer(r"[\w’'&@.-]*\w", question))
    taken: set[int] = set()
    for mention in _in_han(question, names):
        taken.update(at for at, word in enumerate(words) if word.start() < mention.end and mention.start < word.end())
        found.append((mention.start, mention.end, _name(mention.form, names.by_id[mention.firm], names)))
    for length in range(min(_LONGEST_NAME, len(words)), 0, -1):
        for first in range(len(words) - length + 1):
            places = set(range(first, first + length))
            start, end = words[first].start(), words[first + length - 1].end()
            name = None if places & taken else _listed(re.sub(r"[’']s$", "", question[start:end]), names)
            if name is not None:
                taken |= places
                found.append((start, end, name))
    for mention in capitalised_names(question):
        if not any(start < mention.end and mention.start < end for start, end, _ in found):
            parts = _parts(mention.form, catalog)
            found.extend((mention.start, mention.end, _unlisted(part, names, catalog)) for part in parts)
    for word in words:
        if not any(start < word.end() and word.start() < end for start, end, _ in found):
            name = None if fold(word[0]) in EMPTY else _corrected(word[0], names, catalog)
            if name:
                found.append((word.start(), word.end(), name))
    return tuple(name for _, _, name in sorted(found, key=lambda item: item[0]))


def ambiguous(
    question: str, names: FirmNames, catalog: Catalog, filters: Filters
) -> tuple[str, tuple[str, ...]] | None:
    """Return a name in a question that may mean several firms of the collection, and their names; None without one.

    It is a form that firms share ("BIS"), or a stem that their names begin with ("Sense") and that is no name itself.
    """
    for word in re.finditer(r"[^\W\d_][\w’'-]*\w", question):
        form = re.sub(r"[’']s$", "", word[0])
        if not form[0].isupper():
            continue
        meant = names.resolve(form) or names.starting_with(form)
        if len(meant) < 2:
            continue
        held = [firm for firm in meant if catalog.has_passage_naming([firm.id], filters)]
        if len(held) > 1 and not (len(meant) > len(names.resolve(form)) and _occurs(form, catalog, filters)):
            return form, tuple(sorted(firm.name for firm in held))
    return None


def is_absent(name: Name, catalog: Catalog, filters: Filters | None = None) -> bool:
    """Tell whether no passage that `filters` leave holds a form of a name: a contiguous phrase, capitals kept."""
    return not any(_occurs(form, catalog, filters or Filters()) for form in name.forms)


def must_be_present(name: Name) -> bool:
    """Tell whether a question cannot be answered by passages that lack this name."""
    if name.firm is not None:
        return True
    asked = name.asked
    is_common = asked in _ABBREVIATIONS or _SEVERAL.fullmatch(asked) or _OF_PLACE.fullmatch(asked)
    return not (name.is_voice or is_common or is_of_country(asked))


def absent(names: Sequence[Name], catalog: Catalog, filters: Filters) -> tuple[Name, ...]:
    """Return those of a question's names without which nothing can answer it, and which no passage holds."""
    needed = [name for name in names if must_be_present(name)]
    missing = [name for name in needed if is_absent(name, catalog, filters)]
    firms = tuple(name for name in missing if name.firm is not None or not _PUBLIC.search(name.asked))
    return firms or (tuple(missing) if len(missing) == len(needed) else ())


def _parts(form: str, catalog: Catalog) -> list[str]:
    """Return a name, or a person and whose they are where the collection has only that: "Jane Roe of the Herald"."""
    parts = _JOINED.split(form)
    is_person = len(parts) == 2 and len(parts[0].split()) > 1 and not _INSTITUTION.search(parts[0])
    return parts if is_person and not _occurs(form, catalog, Filters()) else [form]


def _unlisted(form: str, names: FirmNames, catalog: Catalog) -> Name:
    """Return a capitalised name that is on no list: as it is where the collection has it, else corrected if it can."""
    first, _, rest = form.partition(" ")
    form = rest if rest[:1].isupper() and is_of_country(first) and _SEVERAL.fullmatch(rest) else form  # "Iraqi ISPs"
    form = re.sub(r"-[a-z]+$", "", _LEADING_PLACE.sub("", form))  # of "ISIS-linked" it is ISIS that is named
    if _bare(form) in map(_bare, catalog.voices()):
        return Name(form, None, (form,), is_voice=True)
    singular = form[:-1] if re.search(r"[a-z]s$", form) else form
    forms = tuple(dict.fromkeys((form, singular, *_without_legal_form(form), _TITLE.sub("", form))))
    return _corrected(form, names, catalog) or Name(form, None, forms)


def _without_legal_form(form: str) -> list[str]:
    """Return how else a firm's name may be written: "Harris Corporation" for "Harris Corp", but not "Harris"."""
    first, _, last = form.rpartition(" ")
    other = _LEGAL_FORMS.get(last.rstrip("."))
    bare = without_legal_form(form)
    return [*([f"{first} {other}"] if first and other else []), *([bare] if " " in bare else [])]


def _bare(name: str) -> str:
    return re.sub(r"^the ", "", fold(name))


def _corrected(word: str, names: FirmNames, catalog: Catalog) -> Name | None:
    """Return the name that a word which the collection never uses seems to misspell: a listed one, or one in it."""
    folded = fold(word)
    # What English commonly says, or the collection itself, is not misspelt.
    if len(word) < SHORTEST or rarity(folded) < 1 or _occurs(folded, catalog, Filters()):
        return None
    # "tweet" where the collection tells of tweets; a name may have the stem of another word.
    if word.islower() and catalog.match_words(phrase_query(folded), 1, Filters()):
        return None
    firm = names.misspelt(word)
    if firm:
        return _name(word, firm, names)
    known = nearest(folded, (name for name in catalog.names_from(folded[0]) if len(name) >= SHORTEST))
    return Name(word, None, (known,), corrected=True) if known else None


def _in_han(question: str, names: FirmNames) -> list[Mention]:
    """Find listed names in Han characters, which no space sets apart from the words around them."""
    return [mention for mention in names.find(question) if _is_han(mention.form) and mention.firm in names.by_id]


def _is_han(form: str) -> bool:
    return form[:1] >= "⺀"


def _listed(phrase: str, names: FirmNames) -> Name | None:
    if fold(phrase) in EMPTY:
        return None
    mention = next((found for found in names.find(phrase) if found.form == phrase), None)
    if mention and mention.firm not in names.by_id:
        return Name(phrase, None, (phrase,))  # a unit, which is not its parent
    if mention:
        return _name(phrase, names.by_id[mention.firm], names)
    firms = names.resolve(phrase)
    if phrase == phrase.lower():
        # Typed without capitals: a form that is also a word is taken for the word.
        firms = tuple(firm for firm in firms if not _needs_context(firm, phrase))
    return _name(phrase, firms[0], names) if firms else None


def _needs_context(firm: Firm, phrase: str) -> bool:
    return any(form.needs_context for form in firm.forms if fold(form.text) == fold(phrase))


def _name(asked: str, firm: Firm, names: FirmNames) -> Name:
    forms = names.forms(firm.id)
    owned = tuple(Name(one.name, one, names.forms(one.id)) for one in names.firms if one.parent == firm.id)
    return Name(asked, firm, forms, not names.resolve(asked), names.longer(firm.id), owned=owned)


def _occurs(form: str, catalog: Catalog, filters: Filters) -> bool:
    phrase = phrase_query(form)
    if not phrase:
        return False
    if filters == Filters() and any(as_printed(form).search(one) for one in catalog.titles_with(phrase)):
        return True
    # All of them: "named nowhere" is a statement about every passage.
    ids = [key for key, _ in catalog.match_words(phrase, _ALL, filters)]
    pattern = as_printed(form)
    slices = (ids[start : start + _DEPTH] for start in range(0, len(ids), _DEPTH))
    return any(pattern.search(text) for some in slices for _, text in catalog.passages(some).values())


def as_printed(form: str, *, owning: bool = False) -> re.Pattern[str]:
    """Match a name as a phrase of its own: capitals at the start of words kept; other case, spaces and dashes free.

    `owning` lets a "'s" stand between its words, too: "Mandiant's APT1" for "Mandiant APT1".
    """
    parts = []
    for word in re.findall(r"\w+", form):
        rest = "".join(f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else letter for letter in word[1:])
        first = word[0].upper() if word[0].isupper() else f"[{word[0].lower()}{word[0].upper()}]"
        parts.append(first + rest)
    body = (r"(?:[’']s)?[\s\W]{0,3}" if owning else r"[\s\W]{0,3}").join(parts)
    return re.compile(body if _is_han(form) else rf"(?<!\w){body}(?!\w)")
