"""The articles that a tortured store holds, made from numbers, and what is known to be in the store.

An article is known by its key; each of its versions has a word of its own, by which a trace of it is recognised.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from ingest.identity import document_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

Kind = Literal["add", "update", "remove", "mend"]
# Several passages, so that half a document could be seen.
_SENTENCES = 30
_SYLLABLES = "bra ken dor mul vex tam ori lun gar pes hin zol wic far neb sut".split()
_THINGS = "turnstiles lamps gates radios cameras boats sirens scales kilns looms".split()
_PLACES = "Ostrel Kessel Dunmere Sandwine Harrow".split()
# Two versions can be stored of an article that is changed now and then; more would only be slow.
_VERSIONS = 3


class Article(NamedTuple):
    """One version of an article."""

    key: int
    version: int

    @property
    def word(self) -> str:
        """A word that stands in this version only."""
        digest = hashlib.sha256(f"{self.key}.{self.version}".encode()).digest()
        return "".join(_SYLLABLES[byte % len(_SYLLABLES)] for byte in digest[:7]).capitalize()

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.key}-{self.version}.md"

    @property
    def url(self) -> str:
        """The address that all its versions have."""
        return f"https://torture.example/{self.key}"

    @property
    def id(self) -> str:
        """The id that the store gives it, by which its passages are recognised, too."""
        return document_id(self.url, self.name, self.text)

    @property
    def question(self) -> str:
        """What only it answers."""
        return f"What did {self.word} sell to the port of Ostrel?"

    @property
    def text(self) -> str:
        """The document's text, as a reader gives it."""
        return f"What {self.word} sold\n\n" + "\n\n".join(
            f"{self.word} sold {10 * self.version + at} {_THINGS[at % len(_THINGS)]} to the port of "
            f"{_PLACES[at % len(_PLACES)]} in the {at + 1}th week of the strike."
            for at in range(_SENTENCES)
        )

    @property
    def data(self) -> bytes:
        """The bytes of its file."""
        head, _, body = self.text.partition("\n\n")
        about = f"url: {self.url}\nmodified: 2021-01-{self.version:02}\nlanguage: en"
        return f"---\n{about}\n---\n\n# {head}\n\n{body}\n".encode()


class Deed(NamedTuple):
    """Something that is done to a store: an article is added, updated to a version, or removed (version 0).

    Or what was done to its index behind its back is mended, which concerns no article.
    """

    kind: Kind
    article: Article


@dataclass
class Ledger:
    """What a store must hold: of each article its versions, oldest first; of one that a deed is in doubt of, or not."""

    held: dict[int, list[int]] = field(default_factory=dict)
    doubtful: dict[int, int] = field(default_factory=dict)
    stored: set[Article] = field(default_factory=set)
    newest: dict[int, int] = field(default_factory=dict)

    def begin(self, deed: Deed) -> None:
        """Note that a deed may or may not be done."""
        key, version = deed.article
        self.doubtful[key] = version
        self.newest[key] = max(self.newest.get(key, 0), version)

    def done(self, deed: Deed) -> None:
        """Note that a deed was acknowledged."""
        self._settle(deed.article.key, deed.article.version)

    def _settle(self, key: int, version: int) -> None:
        self.doubtful.pop(key, None)
        if version == 0:
            self.held.pop(key, None)
        elif version not in self.held.get(key, ()):
            self.held.setdefault(key, []).append(version)
            self.stored.add(Article(key, version))

    def settle(self, found: Mapping[int, Iterable[int]]) -> list[str]:
        """Hold what a store has, by key, against what it must have; return what is wrong. Doubts end here."""
        wrong = []
        for key in sorted({*self.held, *self.doubtful, *found}):
            has, had = list(found.get(key, ())), self.held.get(key, [])
            if key in self.doubtful:
                version = self.doubtful[key]
                new = [*had, version] if version else []
                if has == new:
                    self._settle(key, version)
                    continue
                self.doubtful.pop(key)
            if has != had:
                wrong.append(f"article {key}: versions {had} were acknowledged, {has} are there")
        return wrong

    @property
    def current(self) -> set[Article]:
        """The version that must be found of each article."""
        return {Article(key, versions[-1]) for key, versions in self.held.items()}

    @property
    def gone(self) -> set[Article]:
        """What was in the store and has been removed."""
        return self.stored - {Article(key, version) for key, versions in self.held.items() for version in versions}

    def next(self, dice: Random, kind: Kind | None = None, keys: int = 10) -> Deed:
        """Think of something to do that can be done; `kind` of it if there is any."""
        if kind == "mend":
            return Deed(kind, Article(-1, 0))
        absent = [key for key in range(keys) if key not in self.held]
        few = [key for key, versions in self.held.items() if len(versions) < _VERSIONS]
        able: dict[Kind, list[int]] = {"add": absent, "update": few, "remove": sorted(self.held)}
        possible = [one for one, some in able.items() if some]
        wanted: Kind = kind if kind in possible else dice.choice(possible)
        key = dice.choice(able[wanted])
        return Deed(wanted, Article(key, 0 if wanted == "remove" else self.newest.get(key, 0) + 1))


def filled(articles: Iterable[Article]) -> Ledger:
    """Return what is known of a store to which some articles were added."""
    ledger = Ledger()
    for article in articles:
        deed = Deed("add", article)
        ledger.begin(deed)
        ledger.done(deed)
    return ledger
