"""The long run: all parts, or some, each with a seed, bounded by a count and by minutes, with its progress printed."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from evals.stores import SkippedError, today
from evals.torture import broken, crashes, full, hostile, many, second
from evals.torture.children import noted
from evals.torture.mutants import bombs, odd_files, seeds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# What each part is called where its figures stand.
PARTS = {
    "kills": "killed at every step and at any moment",
    "index": "the index broken",
    "second": "a second process tries",
    "room": "no room, or no permission",
    "many": "eight threads at once",
    "files": "odd PDF files",
    "bombs": "bombs",
    "mutants": "mutants of files",
}
# Of the kills, this share is at steps, as far as there are so many; the others come at any moment.
_AT_STEPS = 2 / 3
_CROWD_MINUTES = 5.0
# Seconds between two lines of progress.
_EVERY = 10.0


@dataclass(frozen=True)
class Amounts:
    """How much of everything; `minutes` at most for each part that could go on for long."""

    kills: int = 200
    tries: int = 50
    mutants: int = 5000
    minutes: float = 60.0
    seed: int = 1
    parts: tuple[str, ...] = tuple(PARTS)


def run(home: Path, amounts: Amounts, save: Callable[[dict[str, dict[str, Any]]], None]) -> dict[str, dict[str, Any]]:
    """Torture stores below `home`; return the figures of each part, with what went wrong in words.

    All that there are so far are given to `save` after each part.
    """
    dice = Random(amounts.seed)
    parts: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
        "kills": lambda: _kills(home / "kills", dice, amounts.kills),
        "index": lambda: _index(home / "index", dice),
        "second": lambda: second.run(crashes.new_store(home / "second"), dice, amounts.tries, home),
        "room": lambda: full.run(crashes.new_store(home / "room"), dice, [*full.SIZES, *full.BARS]),
        "many": lambda: many.run(home / "many", 60 * min(amounts.minutes, _CROWD_MINUTES), amounts.seed),
        "files": lambda: hostile.run(home, "files", amounts.seed, range(len(odd_files()))),
        "bombs": lambda: hostile.run(home, "bombs", amounts.seed, range(len(bombs()))),
        "mutants": lambda: hostile.run(home, "mutants", amounts.seed, range(amounts.mutants)),
    }
    results: dict[str, dict[str, Any]] = {}
    for name in amounts.parts:
        try:
            found = _watched(name, parts[name], amounts.minutes)
        except SkippedError as skipped:
            print(f"{name} skipped: {skipped}", file=sys.stderr)
            continue
        # Figures are kept where paths of this machine are of no use.
        wrong = [one.replace(f"{home}{os.sep}", "") for one in found["wrong"]]
        results[name] = {**found, "wrong": wrong, "seed": amounts.seed, "measured": today()}
        if name == "mutants" and seeds()[1]:
            results[name]["made of"] = "our own files only"
        save(results)
    return results


def _kills(home: Path, dice: Random, kills: int) -> Iterator[dict[str, Any]]:
    store = crashes.new_store(home)
    killed = crashes.Killed()
    points: list[crashes.Point] = []
    with noted(killed.wrong, "counting steps"):
        points = crashes.crash_points(store, dice)
    some = dice.sample(points, min(len(points), round(kills * _AT_STEPS)))
    for one in crashes.at_steps(store, dice, some, killed):
        yield one.as_json()
    for one in crashes.at_any_moment(store, dice, kills - len(some), killed):
        yield one.as_json()


def _index(home: Path, dice: Random) -> Iterator[dict[str, Any]]:
    store = crashes.new_store(home)
    some = broken.breakings(store)
    # In any order, so that minutes which end early leave no file out.
    yield from broken.run(store, dice, dice.sample(some, len(some)))


def _unbroken(part: Callable[[], Iterator[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Yield how a part stands; where it breaks off that is one more that was tried, and what was measured stays."""
    last: dict[str, Any] = {"tried": 0, "held": 0, "wrong": [], "seconds": 0}
    try:
        for last in part():
            yield last
    except SkippedError:
        raise
    except Exception as error:  # noqa: BLE001 - the parts after it are still to come
        wrong = [*last["wrong"], f"the part broke off | {type(error).__name__}: {error}"]
        yield {**last, "tried": last["tried"] + 1, "wrong": wrong}


def _watched(name: str, part: Callable[[], Iterator[dict[str, Any]]], minutes: float) -> dict[str, Any]:
    """Go on until it ends or the minutes are over; print how it stands now and then, and what is wrong at once."""
    began = said = time.monotonic()
    last: dict[str, Any] = {}
    told = 0
    for last in _unbroken(part):
        now, wrong = time.monotonic(), last["wrong"]
        for one in wrong[told:]:
            print(f"{name}: WRONG: {one}", file=sys.stderr, flush=True)
        told = len(wrong)
        if now - said > _EVERY:
            said = now
            print(f"{name}: {last['tried']} tried, {told} wrong, {now - began:.0f} s", file=sys.stderr, flush=True)
        # A crowd ends by itself, and looks the store over then.
        if name != "many" and now - began > 60 * minutes:
            break
    print(f"{name}: {last['tried']} tried, {told} wrong, done", file=sys.stderr, flush=True)
    return last
