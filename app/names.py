"""Names in a question: which firms and other capitalised names it asks for, and whether the collection holds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.words import EMPTY, phrase_query
from ingest.firms import capitalised_names, fold
from ingest.records import Filters

if TYPE_CHECKING:
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
    "ROA ROE ROI SGA GAAP IFRS M&A R&D PR HR NGO OK".split()
)
# "American" may stand in the question and "U.S." in the text: adjectives of place are no names of firms.
_ADJECTIVE_OF_PLACE = re.compile(r"^[A-Z]\w+(?:ese|ish|ian|ean|can)$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a question: as asked, the firm of the list that it names (or None), and the forms searched for it."""

    asked: str
    firm: Firm | None
    forms: tuple[str, ...]
    corrected: bool = False


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
            corrected = None if _is_word(mention.form, catalog) else names.misspelt(mention.form)
            name = _name(mention.form, corrected, names) if corrected else Name(mention.form, None, (mention.form,))
            found.append((mention.start, mention.end, name))
    for word in words:
        if not any(start < word.end() and word.start() < end for start, end, _ in found):
            corrected = None if fold(word[0]) in EMPTY or _is_word(word[0], catalog) else names.misspelt(word[0])
            if corrected:
                found.append((word.start(), word.end(), _name(word[0], corrected, names)))
    return tuple(name for _, _, name in sorted(found, key=lambda item: item[0]))


def is_absent(name: Name, catalog: Catalog, filters: Filters | None = None) -> bool:
    """Tell whether no passage that `filters` leave holds a form of a name: a contiguous phrase, capitals kept."""
    return not any(_occurs(form, catalog, filters or Filters()) for form in name.forms)


def must_be_present(name: Name) -> bool:
    """Tell whether a question cannot be answered by passages that lack this name."""
    if name.firm is not None:
        return True
    return name.asked not in _ABBREVIATIONS and not _ADJECTIVE_OF_PLACE.match(name.asked)


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
    return Name(asked, firm, names.forms(firm.id), corrected=not names.resolve(asked))


def _is_word(word: str, catalog: Catalog) -> bool:
    """Tell whether the collection itself uses a word; then it is not misspelt."""
    phrase = phrase_query(word)
    return bool(phrase and catalog.match_words(phrase, 1, Filters()))


def _occurs(form: str, catalog: Catalog, filters: Filters) -> bool:
    phrase = phrase_query(form)
    if not phrase:
        return False
    # All of them: "named nowhere" is a statement about every passage.
    ids = [key for key, _ in catalog.match_words(phrase, _ALL, filters)]
    pattern = as_printed(form)
    slices = (ids[start : start + _DEPTH] for start in range(0, len(ids), _DEPTH))
    return any(pattern.search(text) for some in slices for _, text in catalog.passages(some).values())


def as_printed(form: str) -> re.Pattern[str]:
    """Match a name as a phrase of its own: capitals at the start of words kept, other case, spaces and dashes free."""
    parts = []
    for word in re.findall(r"\w+", form):
        rest = "".join(f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else letter for letter in word[1:])
        first = word[0].upper() if word[0].isupper() else f"[{word[0].lower()}{word[0].upper()}]"
        parts.append(first + rest)
    body = r"[\s\W]{0,3}".join(parts)
    return re.compile(body if _is_han(form) else rf"(?<!\w){body}(?!\w)")
