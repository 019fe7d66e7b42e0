"""Many at once: threads that ask, upload, update, remove and forget in one store, and what their answers hold."""

from __future__ import annotations

import os
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from app.dossier import Dossier
from app.settings import Settings
from evals.stores import COMPILED
from evals.torture.audit import Audit, apart, article_of, audit, unsaid_of
from evals.torture.children import Child, noted
from evals.torture.texts import Article, Deed, Ledger
from evals.torture.work import do, id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.records import Source

    # What was found: its document, where it stands there, and its words.
    Found = tuple[Source, int, int, str]
    # A share of the time, and the megabytes that were held then.
    Memory = tuple[float, float | None]

# Articles that are there: no more are added above the most, none is removed below the fewest.
_FEWEST, _MOST = 8, 40
# Memory is compared with what it was after this share of the time, when all is loaded and the store is full.
_WARM = 0.25
_PAUSE = 0.02
# How often what is being overwritten is stopped, as the page does when a file comes.
_STOPPED = 0.2
# Seconds at most that filling an index is made to take longer.
_FILLING = 1.0
ROLES = ("search", "search", "ask", "ask", "upload", "upload", "remove", "forget")


@dataclass
class Crowd:
    """What the threads know of the store that they share."""

    dossier: Dossier
    until: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    # The version of each article that was acknowledged, and the newest that is on its way.
    here: dict[int, int] = field(default_factory=dict)
    begun: dict[int, int] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    done: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def run(self, role: str, seed: int) -> None:
        """Do what a role does until the time is over."""
        dice = Random(seed)
        one = {
            "search": self._search,
            "ask": self._ask,
            "upload": self._upload,
            "remove": self._remove,
            "forget": self._forget,
        }[role]
        while time.monotonic() < self.until:
            try:
                did = one(dice)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
                self.wrong.append(f"{role}: {type(error).__name__}: {error}\n{traceback.format_exc(limit=-3)}")
                did = True
            with self.lock:
                self.done[role] = self.done.get(role, 0) + bool(did)
            if not did:
                time.sleep(_PAUSE)

    def _upload(self, dice: Random) -> bool:
        with self.lock:
            free = sorted(self.here.keys() - self.busy)
            if len(self.here) >= _MOST or (free and dice.random() < 1 / 3):
                if not free:
                    return False
                key = dice.choice(free)
                deed = Deed("update", Article(key, self.here[key] + 1))
            else:
                deed = Deed("add", Article(max(self.begun, default=-1) + 1, 1))
            self.begun[deed.article.key] = deed.article.version
            self.busy.add(deed.article.key)
        do(self.dossier, deed)
        with self.lock:
            self.here[deed.article.key] = deed.article.version
            self.busy.discard(deed.article.key)
        return True

    def _remove(self, dice: Random) -> bool:
        with self.lock:
            free = sorted(self.here.keys() - self.busy)
            if not free or len(self.here) <= _FEWEST:
                return False
            key = dice.choice(free)
            self.busy.add(key)
            del self.here[key]
        self.dossier.library.remove(id_of(self.dossier, Article(key, 0)))
        with self.lock:
            self.gone.add(key)
        return True

    def _forget(self, dice: Random) -> bool:
        library = self.dossier.library
        if library.catalog.due() is None:
            return False

        def stopped() -> bool:
            # In a large store much may come and go while an index is filled.
            time.sleep(dice.uniform(0, _FILLING))
            return dice.random() < _STOPPED

        library.forget(stopped)
        return True

    def _search(self, dice: Random) -> bool:
        def found(question: str) -> list[Found]:
            hits = self.dossier.search(question, 10)
            return [(hit.document, hit.passage.start, hit.passage.end, hit.text) for hit in hits]

        return self._asked(dice, found)

    def _ask(self, dice: Random) -> bool:
        def cited(question: str) -> list[Found]:
            citations = self.dossier.ask(question).citations
            quotes = [(one.document, one.quote) for one in citations]
            return [(source, quote.place.start, quote.place.end, quote.quote) for source, quote in quotes]

        return self._asked(dice, cited)

    def _asked(self, dice: Random, ask: Callable[[str], list[Found]]) -> bool:
        with self.lock:
            free = sorted(self.here.keys() - self.busy)
            gone, floor = set(self.gone), dict(self.here)
        if not free:
            return False
        key = dice.choice(free)
        wanted = Article(key, floor[key])
        found, is_near = ask(wanted.question), self._is_near(wanted)
        for source, start, end, text in found:
            article = article_of(source.url or "", source.modified or "")
            if article.key in gone:
                self.wrong.append(f"{article} was removed before the question and answers it")
            if not floor.get(article.key, 1) <= article.version <= self.begun.get(article.key, 0):
                self.wrong.append(f"{article} is no version that could be there")
            if article.text[start:end] != text:
                self.wrong.append(f"what was found of {article} is not where it is said to stand")
        with self.lock:
            untouched = self.here.get(key) == wanted.version and key not in self.busy
        if untouched and not any(wanted.word in text for *_, text in found):
            self.wrong.append(f"{wanted} was there all the time and is not found by its own question")
        if untouched and not is_near:
            self.wrong.append(f"{wanted} was there all the time and is not found by its own vector")
        return True

    def _is_near(self, article: Article) -> bool:
        library = self.dossier.library
        keys, vectors = library.catalog.vectors([one.id for one in library.catalog.passages_of(article.id)[:1]])
        near = [library.neighbors.nearest(vector, 1) for vector in vectors]
        return bool(keys) and near[0][0][0] == keys[0]


def crowd(say: Callable[[Any], None], _: Callable[[], Any], home: Path, seconds: float, seed: int) -> None:
    """Run all roles for some seconds in one process; say what they did, what went wrong, and how memory went."""
    with Dossier(Settings(home=home, compiled=COMPILED)) as dossier:
        for key in range(_FEWEST):
            do(dossier, Deed("add", Article(key, 1)))
        dossier.ask(Article(0, 1).question)
        began = time.monotonic()
        shared = Crowd(dossier, began + seconds)
        shared.here = dict.fromkeys(range(_FEWEST), 1)
        shared.begun = dict(shared.here)
        threads = [
            threading.Thread(target=shared.run, args=(role, seed + at), daemon=True) for at, role in enumerate(ROLES)
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            memory = ((time.monotonic() - began) / seconds, resident())
            say(("going", (dict(shared.done), list(shared.wrong), memory)))
            time.sleep(1)
        known = Ledger(stored={Article(key, one + 1) for key, newest in shared.begun.items() for one in range(newest)})
        unsaid = [*apart(dossier.library), *unsaid_of(dossier.library, known)]
        dossier.library.forget()
        seen = audit(dossier, known, (), unsaid)
        shared.wrong += [f"afterwards: {one}" for one in (*_kept(shared, seen), *seen.wrong)]
        say(("stopped", (shared.done, shared.wrong)))


def _kept(shared: Crowd, seen: Audit) -> Iterator[str]:
    has = {key: versions[-1] for key, versions in seen.found.items()}
    if has != shared.here:
        yield f"{sorted(set(has.items()) ^ set(shared.here.items()))} are there and should not be, or the other way"


def resident() -> float | None:
    """Return the megabytes of memory that this process holds; None where that cannot be told."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def run(home: Path, seconds: float, seed: int) -> Iterator[dict[str, Any]]:
    """Let a crowd loose on a new store; yield how it stands."""
    began = time.perf_counter()
    done: dict[str, int] = {}
    wrong: list[str] = []
    ends: list[str] = []
    memory: list[Memory] = []
    with noted(ends, "the crowd"), Child(crowd, home, seconds, seed) as child:
        for _, (done, wrong, *held) in child.told():
            memory += held
            yield _standing(done, wrong, memory, began)
        if child.end() != 0:
            ends.append(f"the crowd | the process ended with {child.end()}")
    yield _standing(done, [*wrong, *ends], memory, began)


def _standing(done: dict[str, int], wrong: list[str], memory: Sequence[Memory], began: float) -> dict[str, Any]:
    tried, figures = sum(done.values()), {}
    known = [(share, size) for share, size in memory if size is not None]
    if known:
        sizes = [size for _, size in known]
        warm = [size for share, size in known if share >= _WARM] or sizes
        figures["memory when warm, MB"] = round(warm[0])
        figures["memory at last, MB"] = round(warm[-1])
        figures["memory at most, MB"] = round(max(sizes))
    seconds = round(time.perf_counter() - began)
    held = max(0, tried - len(wrong))
    return {"tried": tried, "held": held, "done": done, **figures, "wrong": wrong, "seconds": seconds}
