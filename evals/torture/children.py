"""Children that a trial starts, listens to and kills: forked from a process that has the libraries loaded.

So a child starts in no time, and without a thread of ours or a lock that one held.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from types import TracebackType

# Longer than anything that a child does between two words to its parent.
_PATIENCE = 240.0
_LOADED = ["app.dossier", "app.asking", "app.check", "evals.torture.work", "chromadb", "numpy", "tokenizers"]


class FaultError(Exception):
    """Something happened that never may; its text says what."""


@contextmanager
def noted(wrong: list[str], name: str) -> Iterator[None]:
    """Note a fault as what is wrong with a trial of this name, so that the trials after it go on."""
    try:
        yield
    except FaultError as fault:
        wrong.append(f"{name} | {fault}")


class Child:
    """A process that runs `work(say, hear, *arguments)`, where `say` sends to us and `hear` waits for our word."""

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        """Start it."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_LOADED)
        self._here, there = context.Pipe()
        self._process = context.Process(target=_run, args=(work, there, arguments))
        self._process.start()
        self._doom: threading.Timer | None = None
        there.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._here.close()

    @property
    def number(self) -> int:
        """The number of the process."""
        return self._process.pid or 0

    def told(self, seconds: float = _PATIENCE) -> Iterator[tuple[str, Any]]:
        """Yield what the child says, until it ends; FaultError when it says nothing for so long, or failed."""
        while True:
            if not self._here.poll(seconds):
                raise FaultError(f"a child said nothing for {seconds:.0f} s")
            try:
                what, value = self._here.recv()
            except (EOFError, ConnectionResetError):
                return
            if what == "failed":
                raise FaultError(value)
            yield what, value

    def hear(self, wanted: str) -> Any:
        """Return what the child says under `wanted`; what it says before that is passed over."""
        for what, value in self.told():
            if what == wanted:
                return value
        raise FaultError(f"a child ended ({self.end()}) before it said {wanted!r}")

    def say(self, what: Any) -> None:
        """Send a word to the child; FaultError when it has ended."""
        try:
            self._here.send(what)
        except OSError as error:
            raise FaultError(f"a child ended ({self.end()}) before it could be told {what}") from error

    def kill(self) -> None:
        """Kill it, if it lives."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()

    def kill_in(self, seconds: float) -> None:
        """Kill it so many seconds from now, once."""
        if self._doom is None:
            self._doom = threading.Timer(seconds, self._process.kill)
            self._doom.start()

    def end(self) -> int | None:
        """Wait for its end; return its exit status, negative for a signal."""
        self._process.join(_PATIENCE)
        if self._doom is not None:
            self._doom.cancel()
        return self._process.exitcode

    @property
    def was_killed(self) -> bool:
        """Tell whether it ended by SIGKILL."""
        return self.end() == -signal.SIGKILL


def _run(work: Callable[..., None], there: Connection, arguments: tuple[Any, ...]) -> None:
    # What the product says to a terminal is of no interest in a thousand trials.
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - as long as the process
    logging.getLogger("ingest").propagate = False
    try:
        work(there.send, there.recv, *arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must know
        there.send(("failed", f"{type(error).__name__}: {error}\n{traceback.format_exc(limit=-6)}"))
    there.close()
