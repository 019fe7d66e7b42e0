"""Kills: at every step of opening, adding, updating, removing and closing, and at any moment."""

from __future__ import annotations

import signal
import time
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from evals.torture.children import Child, FaultError, noted
from evals.torture.standing import standing
from evals.torture.steps import DEEDS, STEPS, Crash
from evals.torture.texts import Article, Deed, Ledger, filled
from evals.torture.work import Task, fill, torment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from random import Random

    from evals.torture.audit import Audit

# Articles that a tortured store begins with.
_BEGINNING = 6
# A store's start, look and deeds take about so long; a random kill comes within.
_WITHIN = 1.5
# Deaths that leave something to mend: an index not in its place, and then the other.
_DEATHS = tuple(Crash("remove", "ingest.owner:delete", "after", nth) for nth in (1, 2))


@dataclass
class Store:
    """A store that is tortured, with what is known of it."""

    home: Path
    ledger: Ledger

    def task(self, deeds: Iterable[Deed] = (), crash: Crash | None = None, probe: str | None = None) -> Task:
        """Return what a child is to do to it."""
        return Task(self.home, self.ledger, tuple(deeds), crash, probe)

    def judge(self, seen: Audit | None) -> list[str]:
        """Return all that is wrong with what was seen of it."""
        return [] if seen is None else [*self.ledger.settle(seen.found), *seen.wrong]


def new_store(home: Path, articles: int = _BEGINNING) -> Store:
    """Make a store with some articles."""
    ledger = filled(Article(key, 1) for key in range(articles))
    with Child(fill, Task(home, ledger, [Deed("add", one) for one in sorted(ledger.current)])) as child:
        child.hear("filled")
        child.end()
    return Store(home, ledger)


class Point(NamedTuple):
    """Where a process dies: the state that an opening finds, as the death that leaves it, and how often it comes by."""

    crash: Crash
    after: Crash | None
    most: int


@dataclass
class Killed:
    """What became of a store whose processes were killed."""

    kills: int = 0
    not_reached: int = 0
    points: set[tuple[str, str, str]] = field(default_factory=set)
    in_deed: int = 0
    mended: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the figures."""
        figures = {
            "crash points": len(self.points),
            "not reached": self.not_reached,
            "within a deed": self.in_deed,
            "starts that mended something": self.mended,
        }
        return standing(self.kills, self.wrong, self.seconds, figures)


def deeds_of(ledger: Ledger, dice: Random, kinds: Iterable[Any] = (None, None, None)) -> list[Deed]:
    """Think of deeds that can be done one after the other."""
    later, deeds = deepcopy(ledger), []
    for kind in kinds:
        deed = later.next(dice, kind)
        later.begin(deed)
        later.done(deed)
        deeds.append(deed)
    return deeds


def crash_points(store: Store, dice: Random) -> list[Point]:
    """Return every crash point that opening, each deed and closing come by, and how often they come by it.

    Opening is done in each state that a store may be in: as it was left, and after each of some deaths. FaultError when
    a step is never come by.
    """
    points: dict[tuple[Crash, Crash | None], int] = {}
    # The process that dies leaves the state that the next one is opened in.
    for after, crash in pairwise((None, *_DEATHS, None)):
        task = replace(store.task(deeds_of(store.ledger, dice, ("add", "update", "remove", "mend")), crash), look=False)
        with Child(torment, task) as child:
            for what, value in _noted(store, task, child):
                for where, count in value.items() if what == "counted" else ():
                    points[Crash(*where), after if where[0] == "open" else None] = count
            child.end()
        # It dies when what it removes is out of the catalog.
        for key, version in [*store.ledger.doubtful.items()]:
            store.ledger.done(Deed("remove", Article(key, version)))
    never = set(STEPS) - {crash.step for crash, _ in points}
    if never:
        raise FaultError(f"no deed comes by {sorted(never)}: change evals/torture/steps.py")
    order = {deed: at for at, deed in enumerate(DEEDS)}
    return sorted(
        (Point(*where, count) for where, count in points.items()), key=lambda one: (order[one[0].deed], str(one))
    )


def _noted(store: Store, task: Task, child: Child) -> Iterator[tuple[str, Any]]:
    """Note a child's deeds as they begin and are done; yield all that it says."""
    for what, value in child.told():
        if what == "begin":
            store.ledger.begin(task.deeds[value])
        elif what == "done":
            store.ledger.done(task.deeds[value])
        yield what, value


def at_steps(store: Store, dice: Random, points: Iterable[Point], killed: Killed) -> Iterator[Killed]:
    """Kill a process at each of some crash points; look the store over after each; yield how it stands."""
    for point in points:
        # How often a step is come by may hang on the article: where this call is not, the first one is.
        for nth in (dice.randint(1, point.most), 1):
            if point.after is not None:
                _leave(store, dice, point.after, killed)
            crash = point.crash._replace(nth=nth)
            # An opening dies before any deed, and those that can be done are not known after a death.
            kinds = {"open": (), "close": ("add", "remove")}.get(crash.deed, (crash.deed,))
            task = replace(store.task(deeds_of(store.ledger, dice, kinds), crash), look=False)
            if _until_dead(store, task, killed, f"{crash}{f', after {point.after}' * bool(point.after)}"):
                break
        else:
            killed.not_reached += 1
        yield killed


def _leave(store: Store, dice: Random, crash: Crash, killed: Killed) -> None:
    """Leave a store as a process does that dies."""
    task = replace(store.task(deeds_of(store.ledger, dice, (crash.deed,)), crash), look=False)
    with noted(killed.wrong, str(crash)), Child(torment, task) as child:
        for _ in _noted(store, task, child):
            pass


def at_any_moment(store: Store, dice: Random, kills: int, killed: Killed) -> Iterator[Killed]:
    """Kill a process at random moments of its start or its deeds; yield how it stands."""
    for _ in range(kills):
        after, delay = dice.choice(["opening", "audited", "audited"]), dice.uniform(0, _WITHIN)
        name = f"{delay:.3f} s after {after!r}"
        task = replace(store.task(deeds_of(store.ledger, dice, [None] * 12)), look=False)
        killed.not_reached += not _until_dead(store, task, killed, name, (after, delay))
        yield killed


def _until_dead(store: Store, task: Task, killed: Killed, name: str, moment: tuple[str, float] | None = None) -> bool:
    """Start a child and listen to it until it is killed, by itself or by us at a moment; tell whether it was."""
    began = time.perf_counter()
    status = None
    with noted(killed.wrong, name), Child(torment, task) as child:
        for what, _ in _noted(store, task, child):
            if moment and what == moment[0]:
                child.kill_in(moment[1])
        status = child.end()
        if status not in (0, -signal.SIGKILL):
            killed.wrong.append(f"{name} | a process ended with {status}")
    if status and task.crash:
        killed.points.add((task.crash.deed, task.crash.step, task.crash.when))
    killed.kills += status != 0
    killed.in_deed += bool(store.ledger.doubtful)
    look(store, killed, name)
    killed.seconds += time.perf_counter() - began
    return status != 0


def look(store: Store, killed: Killed, name: str) -> None:
    """Open a store in a fresh process as the next start would, and note what is wrong; one that fails is put aside."""
    seen = None
    with noted(killed.wrong, name), Child(torment, store.task()) as child:
        seen = child.hear("audited")
        _note(killed, store, seen, name)
        for _ in child.told():
            pass
        if child.end() != 0:
            killed.wrong.append(f"{name} | the next start ended with {child.end()}")
    if seen is None:
        # Else every trial after it would fail, too.
        store.home.rename(store.home.with_name(f"{store.home.name}-{killed.kills}"))
        store.ledger = new_store(store.home).ledger


def _note(killed: Killed, store: Store, seen: Audit, name: str) -> None:
    killed.mended += bool(seen.mended)
    killed.wrong += [f"{name} | {one}" for one in store.judge(seen)]
