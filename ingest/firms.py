"""Names of firms and institutions in text: those of a list with aliases, and capitalised names that it lacks.

A name is found only as a contiguous phrase, bounded by non-letters, with its capitals kept: "Intel" is not
"intelligence" and "Sense" is not "sense". Legal forms ("Co., Ltd.") are no part of a name.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import DossierError
from ingest.records import Mention
from ingest.spelling import SHORTEST, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LISTED = Path(__file__).resolve().parents[1] / "corpus" / "firms.csv"

# rigour knows more of them, but needs PyICU, which has no wheels and asks users for a compiler.
_LEGAL_FORM = re.compile(
    r"(?<![\s,])[\s,]+(?:co(?:mpany)?\.?,?\s+(?:ltd|limited)|(?:pte|pty|pvt)\.?\s+(?:ltd|limited)|inc(?:orporated)?|corp(?:oration)?|"
    r"ltd|limited|llc|llp|plc|gmbh|ag|kg|s\.?a\.?r\.?l|s\.?a\.?s?|s\.?p\.?a|s\.?r\.?l|b\.?v|n\.?v|a\.?b|oyj?|a/s|"
    r"k\.?k|co)\.?$|(?:股份)?有限(?:责任)?公司$|集团$",
    re.IGNORECASE,
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "–": "-", "‐": "-", "‑": "-", "\xa0": " ", "_": " "})
_SHORTEST_STEM = 3
_REPORTERS = ("publisher", "think tank")

# Latin capitals, those of Turkish, Polish or Czech names among them.
_CAPITAL = "".join(letter for letter in map(chr, range(ord("A"), 0x250)) if letter.isupper())
# "FY2018" and "Q3" name a time; a name ends at its possessive ("The Herald’s Jane Roe" are two).
_CAPITAL_WORD = rf"(?!(?:FY|[QH]\d)[\d’'-]*\b)(?:[{_CAPITAL}][\w’'&-]*[\w]|[{_CAPITAL}])"
_RUN = rf"{_CAPITAL_WORD}(?:(?:(?<![’']s)|(?<=[Pp]eople[’']s)|(?<=[Ww]omen[’']s))\s(?:&\s)?{_CAPITAL_WORD})*"
# "Ministry of Industry and Information Technology" is one name, "Hikvision and Dahua" are two.
_CAPITALISED = re.compile(rf"(?<!\w){_RUN}(?:\s(?:of|for|de)\s(?:the\s)?{_RUN}(?:,?\sand\s{_RUN})?)*")
# Addresses and handles: their capitals name nothing.
_ADDRESS = re.compile(r"\S*(?:://|www\.|\w\.\w+/|@)\S*")
# One capitalised word is a name by itself only if something besides a sentence's start makes it one.
_INNER_CAPITAL = re.compile(r"\w[A-Z]|\d")


@dataclass(frozen=True, slots=True)
class Form:
    """One printed form of a firm's name. `kind` as in `corpus/firms.csv`; `needs_context` if it is also a word."""

    text: str
    kind: str
    needs_context: bool = False


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm, institution or public body of the list."""

    id: str
    name: str
    kind: str
    parent: str
    forms: tuple[Form, ...]


def fold(name: str) -> str:
    """Fold a name for comparison: compatibility forms, case, quotes, dashes and spaces; nothing else."""
    return " ".join(unicodedata.normalize("NFKC", name).translate(_QUOTES).casefold().split())


def without_legal_form(name: str) -> str:
    """Return `name` without "Co., Ltd.", "Inc." and their kind at its end."""
    shorter = _LEGAL_FORM.sub("", name).rstrip(" ,")
    return shorter or name


@dataclass(frozen=True)
class FirmNames:
    """The names of a list of firms, searchable in text."""

    firms: tuple[Firm, ...]
    by_id: dict[str, Firm] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {firm.id: firm for firm in self.firms})

    @classmethod
    def load(cls, *paths: Path) -> FirmNames:
        """Read lists in the columns of `corpus/firms.csv`; rows of one id in several files are one firm."""
        rows: dict[str, list[dict[str, str]]] = defaultdict(list)
        for path in paths:
            for row in _rows_of(path):
                rows[row["id"]].append(row)
        return cls(tuple(_firm(key, group) for key, group in rows.items()))

    @cached_property
    def reported_on(self) -> dict[str, Firm]:
        """The firms and bodies by id that sources report on, without those that report themselves."""
        return {key: firm for key, firm in self.by_id.items() if firm.kind not in _REPORTERS}

    @cached_property
    def fingerprint(self) -> str:
        """Return a hash over all that decides what is found: forms, their kinds and owners."""
        return hashlib.sha256(repr(self.firms).encode()).hexdigest()[:16]

    def find(self, text: str) -> tuple[Mention, ...]:
        """Return the listed firms named in `text`, the longest name first at each place, in order of appearance."""
        if not self.firms:
            return ()
        found: list[tuple[Mention, Form]] = []
        for start, end, form, owners in self._longest(text):
            keys = owners if form.kind != "unit" else (fold(form.text),)  # a unit is not its parent
            found.extend((Mention(key, text[start:end], start, end), form) for key in keys)
        certain = {mention.firm for mention, form in found if not form.needs_context}
        return tuple(mention for mention, form in found if not form.needs_context or mention.firm in certain)

    def resolve(self, name: str) -> tuple[Firm, ...]:
        """Return the firms that `name` is a form of, whatever its case or legal form; several if they share it."""
        ids = self._by_form.get(fold(name)) or self._by_form.get(fold(without_legal_form(name))) or ()
        return tuple(self.by_id[key] for key in ids)

    def starting_with(self, stem: str) -> tuple[Firm, ...]:
        """Return the firms whose names begin with `stem` and go on without a space: "Sense" of SenseTime."""
        if len(stem) < _SHORTEST_STEM:
            return ()
        form = re.compile(rf"{re.escape(stem)}[^\W\d_]")
        return tuple(firm for firm in self.firms if form.match(firm.name))

    def misspelt(self, word: str) -> Firm | None:
        """Return the one firm whose name `word` seems to misspell, None when there is none or when it is one's name."""
        folded = fold(word)
        known = None if folded in self._by_form else nearest(folded, self._misspellable)
        return self.by_id[self._by_form[known][0]] if known else None

    def forms(self, firm: str) -> tuple[str, ...]:
        """Return every printed form of the firm with this id; a unit's or brand's name is none of its owner's."""
        return tuple(form.text for form in self.by_id[firm].forms if form.kind not in ("unit", "brand"))

    def longer(self, firm: str) -> tuple[str, ...]:
        """Return the forms of other firms, and of units, that hold a form of this firm: "Intel Capital" of Intel."""
        own = set(self.forms(firm))
        return tuple(form for form in self._every_form if form not in own and any(_holds(form, one) for one in own))

    @cached_property
    def _every_form(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(form.text for firm in self.firms for form in firm.forms))

    def _longest(self, text: str) -> Iterator[tuple[int, int, Form, tuple[str, ...]]]:
        """Yield (start, end, form, owners) of the names in `text`: from the left, the longest at each place."""
        # Not `iter_long`: it drops "Intel" where "Intel Capital" almost stands, as in "Intel capital spending".
        matches = [
            (last + 1 - len(form.text), last + 1, form, owners)
            for last, (form, owners) in self._automaton.iter(_same_length_fold(text.translate(_QUOTES)))
        ]
        reached = 0
        for start, end, form, owners in sorted(matches, key=lambda match: (match[0], -match[1])):
            if start >= reached and _is_bounded(text, start, end) and _keeps_capitals(form.text, text[start:end]):
                yield start, end, form, owners
                reached = end

    @cached_property
    def _by_form(self) -> dict[str, tuple[str, ...]]:
        owners: dict[str, dict[str, None]] = defaultdict(dict)
        for firm in self.firms:
            for form in firm.forms:
                if form.kind != "unit":
                    owners[fold(form.text)][firm.id] = None
                    owners[fold(without_legal_form(form.text))][firm.id] = None
        return {form: tuple(ids) for form, ids in owners.items()}

    @cached_property
    def _misspellable(self) -> list[str]:
        # A form that is also a word ("Curtin", "Dawning") is near to too many other words.
        words = {fold(form.text) for firm in self.firms for form in firm.forms if form.needs_context}
        return [form for form in self._by_form if len(form) >= SHORTEST and form.isascii() and form not in words]

    @cached_property
    def _automaton(self) -> Any:
        import ahocorasick  # noqa: PLC0415 - late

        forms: dict[str, tuple[Form, dict[str, None]]] = {}
        for firm in self.firms:
            for form in firm.forms:
                for text in dict.fromkeys((form.text, without_legal_form(form.text))):
                    key = _same_length_fold(text.translate(_QUOTES))
                    kept = forms.setdefault(key, (Form(text, form.kind, form.needs_context), {}))
                    kept[1][firm.id] = None
        automaton = ahocorasick.Automaton()
        for key, (form, owners) in forms.items():
            automaton.add_word(key, (form, tuple(owners)))
        automaton.make_automaton()
        return automaton


def _rows_of(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines, restval="")
            rows, columns = list(table), set(table.fieldnames or ())
    except (UnicodeDecodeError, csv.Error) as error:
        raise DossierError(f"{path}: is no CSV file in UTF-8 ({error}). Save it as one.") from error
    missing = {"id", "name", "form", "form_kind"} - columns
    if missing:
        raise DossierError(f"{path}: column {', '.join(sorted(missing))} is missing; see corpus/README.md")
    return rows


def capitalised_names(text: str) -> Iterator[Mention]:
    """Yield capitalised names in `text` that may be firms' or institutions' and are on no list.

    One capitalised word counts when it stands inside a sentence or has a capital or digit within ("SenseNets").
    """
    for match in _CAPITALISED.finditer(_ADDRESS.sub(lambda address: " " * len(address[0]), text)):
        start, end = match.span()
        first_word = re.match(r"[\w’'&-]+", match[0])
        while first_word and _is_plain(first_word[0]) and start < end:
            start += first_word.end()
            start += len(text[start:end]) - len(text[start:end].lstrip())
            first_word = re.match(r"[\w’'&-]+", text[start:end])
        form = re.sub(r"[’']s$", "", text[start:end])
        if len(form) < 2 or (" " not in form and _starts_sentence(text, start) and not _INNER_CAPITAL.search(form)):
            continue
        yield Mention(fold(without_legal_form(form)), form, start, start + len(form))


def _is_plain(word: str) -> bool:
    return word.casefold() in _plain_words() and not (len(word) > 1 and word.isupper())


@lru_cache(maxsize=1)
def _plain_words() -> frozenset[str]:
    """Return words that are no name though a sentence, a title or a calendar capitalises them."""
    return frozenset(
        "a about after all also although an and another any are as at because been before being both but by can "
        "could did do does during each even every few for from had has have he her his how however i if in into "
        "is it its last later like many may meanwhile more most much must my neither next no nor not now of "
        "on one only or other our over perhaps several she should since so some such than that the their them "
        "then there these they this those though through to two under until upon was we were what when where "
        "whether which while who whom whose why will with within without would yes yet you your mr mrs ms dr "
        "january february march april june july august september october november december monday tuesday "
        "wednesday thursday friday saturday sunday ltd inc llc plc gmbh "
        "yesterday today tomorrow tell list compare name show describe explain give find".split()
    )


def _starts_sentence(text: str, at: int) -> bool:
    return re.search(r"(?:^|[.!?:\n]['\"”’)]?\s+|\]\s+|[“\"(\[•]\s*)$", text[max(0, at - 4) : at]) is not None


def _holds(form: str, part: str) -> bool:
    """Tell whether one name is another one with more words."""
    return len(form) > len(part) and f" {fold(part)} " in f" {fold(form)} "


def _same_length_fold(text: str) -> str:
    """Lower the case letter by letter, so that offsets stay ("İ".lower() is two characters)."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _is_bounded(text: str, start: int, end: int) -> bool:
    return not (_joins(text[start - 1 : start], text[start]) or _joins(text[end - 1], text[end : end + 1]))


def _joins(left: str, right: str) -> bool:
    """Tell whether two neighbouring characters stand in one word; Han characters are words of their own."""
    return bool(left and right and left.isalnum() and right.isalnum() and left < "⺀" and right < "⺀")


def _keeps_capitals(form: str, printed: str) -> bool:
    """Tell whether each word that the form capitalises is capitalised in print too."""
    words = zip(form.split(), printed.split(), strict=False)
    return all(printed_word[:1].isupper() or not form_word[:1].isupper() for form_word, printed_word in words)


def _firm(key: str, rows: Iterable[dict[str, str]]) -> Firm:
    rows = list(rows)
    forms = {row["form"]: Form(row["form"], row["form_kind"], bool(row.get("needs_context"))) for row in rows}
    return Firm(key, rows[0]["name"], rows[0].get("kind", ""), rows[0].get("parent", ""), tuple(forms.values()))
