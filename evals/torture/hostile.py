"""Hostile files fed to a store: each is read, or refused by name with the reason, and the store lives on."""

from __future__ import annotations

import hashlib
import resource
import shutil
import time
from functools import partial
from itertools import groupby
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from evals.stores import COMPILED, open_store
from evals.torture.children import Child, noted
from evals.torture.mutants import bombs, mutant, odd_files, seeds
from evals.torture.standing import standing
from ingest.embed import Embedder
from ingest.read import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from evals.torture.mutants import Named
    from ingest.library import Library
    from ingest.records import Receipt

# A store is left behind after so many files, before it grows slow.
_A_STORE = 100
# What a file may take besides being read: cut, kept and indexed on a machine that others use, too.
_BESIDES = 60.0
# The dice of one file: each can be made again by itself.
_STRIDE = 1_000_003


class Cheap(Embedder):
    """Counts word pieces as the packaged model does, and makes vectors of no meaning, which are of no interest here."""

    def documents(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:  # noqa: ARG002
        """Return unit vectors, each another."""
        digests = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in texts]
        made = np.vstack([np.random.default_rng(digest).normal(size=384) for digest in digests]).astype(np.float32)
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def made(kind: str, seed: int, numbers: Sequence[int]) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield files of a kind, each under a name of its own, and what makes their bytes."""
    if kind == "bombs":
        names = sorted(bombs())
        yield from ((f"{at}-{names[at]}", bombs()[names[at]]) for at in numbers)
        return
    files = odd_files() if kind == "files" else seeds()[0]
    for at in numbers:
        name, data = files[at] if kind == "files" else _mutant(files, seed, at)
        yield f"{at}-{name}", lambda data=data: data  # type: ignore[misc]


def _mutant(files: Sequence[Named], seed: int, number: int) -> Named:
    return mutant(files, Random(seed * _STRIDE + number))


def feed(
    say: Callable[[Any], None], _: Callable[[], Any], home: Path, kind: str, seed: int, numbers: Sequence[int]
) -> None:
    """Add files to a new store, one reading process for all of them, and say what became of each."""
    sizes: dict[str, tuple[int, float]] = {}

    def fetched(name: str, make: Callable[[], bytes]) -> bytes:
        data = make()
        sizes[name] = (len(data), time.perf_counter())
        return data

    with open_store(home) as library:
        library.embedder = Cheap(compiled=COMPILED)
        files = ((name, partial(fetched, name, make)) for name, make in made(kind, seed, numbers))
        for name, receipts in groupby(library.add_files(files), key=lambda receipt: receipt.name):
            size, began = sizes[name]
            became = list(receipts)
            say(("fed", judged(name, became, size, began, empty(library, became))))
        health = library.check()
        say(("checked", [*health.mended, *health.problems]))
    say(("memory", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000))


def empty(library: Library, receipts: Sequence[Receipt]) -> list[str]:
    """Return in words what was taken in and holds nothing to be found; an older version need hold nothing."""
    kept = {one.id: one.status for one in receipts if one.id is not None and not one.passages}
    current = [key for key in kept if library.document(key).source.status == "current"]
    return [f"it is {kept[key]} and empty" for key in current]


def judged(
    name: str, receipts: Sequence[Receipt], size: int, began: float, hollow: Sequence[str]
) -> tuple[str, str, float, list[str]]:
    """Return a file's name, what became of it, the seconds it took and what is wrong with that."""
    seconds, wrong = time.perf_counter() - began, [*hollow]
    unnamed = [one.error for one in receipts if one.status == "failed" and (not one.error or name not in one.error)]
    wrong += [f"it is refused without its name: {error}" for error in unnamed]
    if seconds > DEFAULT_LIMITS.seconds_for(size) + _BESIDES:
        wrong.append(f"it took {seconds:.0f} s")
    statuses = {one.status for one in receipts}
    return name, "refused" if statuses == {"failed"} else "read", seconds, wrong


def run(home: Path, kind: str, seed: int, numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Feed files of a kind ("files", "mutants" or "bombs") to stores, by their numbers; yield how it stands."""
    wrong: list[str] = []
    became = {"read": 0, "refused": 0}
    slowest, memory, began = (0.0, ""), 0.0, time.perf_counter()
    waiting = list(numbers)
    while waiting:
        some, told = waiting[:_A_STORE], 0
        for what, value in _fed(home / f"{kind}-{some[0]}", kind, seed, some, wrong):
            if what == "fed":
                name, how, seconds, problems = value
                told += 1
                became[how] += 1
                slowest = max(slowest, (round(seconds, 1), name))
                wrong += [f"{name} | {one}" for one in problems]
            else:
                memory = max(memory, value)
            yield _standing(became, wrong, slowest, memory, began)
        if told < len(some):
            wrong.append(f"file {some[told]} | the store's process came to an end with it")
            became["the end of the store"] = became.get("the end of the store", 0) + 1
        # Those that it was to be fed after that are fed to another store.
        waiting = waiting[told + 1 :] if told < len(some) else waiting[len(some) :]
    yield _standing(became, wrong, slowest, memory, began)


def _fed(home: Path, kind: str, seed: int, some: Sequence[int], wrong: list[str]) -> Iterator[tuple[str, Any]]:
    """Feed some files to a new store, which is deleted then; yield what is said of it and is not wrong."""
    name = f"the store of {kind} {some[0]} to {some[-1]}"
    with noted(wrong, name), Child(feed, home, kind, seed, some) as child:
        for what, value in child.told():
            if what == "checked":
                wrong += [f"{name} | {one}" for one in value]
            else:
                yield what, value
        if child.end() != 0:
            wrong.append(f"{name} | its process ended with {child.end()}")
    shutil.rmtree(home, ignore_errors=True)


def _standing(
    became: dict[str, int], wrong: list[str], slowest: tuple[float, str], memory: float, began: float
) -> dict[str, Any]:
    figures = {"slowest, s": slowest[0], "slowest": slowest[1], "a child's memory at most, MB": round(memory)}
    return standing(sum(became.values()), wrong, time.perf_counter() - began, became | figures)
