"""The steps of a store's work, as data, and how a child process dies in one of them.

A step is a function of the product, as `module:name`. Whoever changes how a store works changes this list with it.
"""

from __future__ import annotations

import inspect
import os
import signal
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEPS = (
    "ingest.owner:private_file",
    "ingest.owner:delete",
    "ingest.library:own",
    "ingest.library:disown",
    "ingest.neighbors:probe",
    "ingest.neighbors:delete",
    "ingest.neighbors:put_in_place",
    "ingest.neighbors:_blank",
    "ingest.ranking:delete",
    "ingest.ranking:put_in_place",
    "ingest.originals:delete",
    "ingest.originals:Originals.sweep",
    "ingest.originals:Originals.keep",
    "ingest.neighbors:Neighbors._opened",
    "ingest.neighbors:Neighbors._mend",
    "ingest.neighbors:Neighbors._queue_difference",
    "ingest.neighbors:Neighbors._queue_changes",
    "ingest.neighbors:Neighbors._close",
    "ingest.neighbors:Neighbors._tell",
    "ingest.neighbors:Neighbors.renew",
    "ingest.ranking:Ranking.told",
    "ingest.ranking:Ranking.renew",
    "ingest.catalog:Catalog.put",
    "ingest.catalog:Catalog.put_passages",
    "ingest.catalog:Catalog.remove",
    "ingest.catalog:Catalog._rank",
    "ingest.catalog:Catalog._retitle",
    "ingest.catalog:Catalog._drop_passages",
    "ingest.queues:Queued.queue",
    "ingest.queues:Queued.queue_all",
    "ingest.queues:Queued.unqueue",
    "ingest.queues:Queued.queue_words",
    "ingest.queues:Queued.unqueue_words",
    "ingest.catalog:Catalog.complete_file",
    "ingest.notes:Noted.set_note",
    # Before it: all is written but the COMMIT.
    "ingest.database:Database.transaction",
    "ingest.database:Database.overwrite",
    "ingest.index:Index.__init__",
    "ingest.index:Index.put",
    "ingest.index:Index.remove",
    "ingest.index:Index.close",
    "ingest.lexical:LexicalIndex.__init__",
    "ingest.lexical:LexicalIndex.change",
)
# What a store does of itself when it is opened and closed is tortured like what it is told to do.
DEEDS = ("open", "add", "update", "remove", "mend", "close")
When = Literal["before", "after"]


class Crash(NamedTuple):
    """Where a child dies: before or after a call of a step, the `nth` within a deed."""

    deed: str
    step: str
    when: When
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.deed}: {self.when} call {self.nth} of {self.step.partition(':')[2]}"


def owner_of(step: str) -> tuple[Any, str]:
    """Return the module or class that a step is an attribute of, and its name there; AttributeError if it is not."""
    module, _, path = step.partition(":")
    *outer, name = path.split(".")
    owner: Any = import_module(module)
    for part in outer:
        owner = getattr(owner, part)
    if name not in vars(owner):
        raise AttributeError(f"{step} is no step any more: change evals/torture/steps.py")
    return owner, name


def wrap(step: str, told: Callable[[str, When], None]) -> None:
    """Have `told` called before and after each call of a step, in this process and for good."""
    owner, name = owner_of(step)
    function = vars(owner)[name]
    inner = inspect.unwrap(function)
    if not inspect.isgeneratorfunction(inner):
        wrapper = _call(function, step, told)
    elif inner is function:
        wrapper = _generator(function, step, told)
    else:
        wrapper = _context(function, step, told)
    setattr(owner, name, wrapper)


def _call(function: Callable[..., Any], step: str, told: Callable[[str, When], None]) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        told(step, "before")
        result = function(*arguments, **named)
        told(step, "after")
        return result

    return wrapper


def _generator(function: Callable[..., Any], step: str, told: Callable[[str, When], None]) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*arguments: Any, **named: Any) -> Iterator[Any]:
        told(step, "before")
        for item in function(*arguments, **named):
            # A batch is written, and who asked for it does not know yet.
            told(step, "after")
            yield item

    return wrapper


def _context(function: Callable[..., Any], step: str, told: Callable[[str, When], None]) -> Callable[..., Any]:
    @wraps(function)
    @contextmanager
    def wrapper(*arguments: Any, **named: Any) -> Iterator[Any]:
        with function(*arguments, **named) as value:
            yield value
            told(step, "before")
        told(step, "after")

    return wrapper


class Tally:
    """Counts the calls of every step within each deed, and ends the process at one of them."""

    def __init__(self, crash: Crash | None = None) -> None:
        """Wrap all steps."""
        self.deed = ""
        self.counts: dict[tuple[str, str, When], int] = {}
        self._crash = crash
        for step in STEPS:
            wrap(step, self._told)

    def _told(self, step: str, when: When) -> None:
        where = (self.deed, step, when)
        self.counts[where] = self.counts.get(where, 0) + 1
        if self._crash == Crash(*where, self.counts[where]):
            os.kill(os.getpid(), signal.SIGKILL)

    def begin(self, deed: str) -> None:
        """Count anew for a deed."""
        self.deed = deed
        self.counts = {where: count for where, count in self.counts.items() if where[0] != deed}
