"""A second process while one owns the store: each command is told at once who has it, and harms nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from evals.stores import COMPILED, ROOT
from evals.torture.children import Child, noted
from evals.torture.crashes import deeds_of
from evals.torture.standing import standing
from evals.torture.work import Task, do, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

    from evals.torture.crashes import Store

# What a second process tries, of an article that is there and one that is not.
COMMANDS = (
    ("ask", "What did {word} sell?"),
    ("search", "{word}"),
    ("ingest", "{file}"),
    ("remove", "{id}"),
    ("documents",),
    ("show", "{id}"),
    ("doctor",),
    ("doctor", "--embed-anew"),
)
_SLOW = 60.0


def hold(say: Callable[[Any], None], hear: Callable[[], Any], task: Task) -> None:
    """Open a store and hold it, doing what is told, until told to end; then look it over again."""
    dossier, seen = opened(task)
    say(("audited", seen))
    say(("ids", {entry.source.url: entry.source.id for entry in dossier.library.entries()}))
    while (deed := hear()) is not None:
        do(dossier, deed)
        say(("did", deed))
    dossier.close()
    say(("closed", None))


def run(store: Store, dice: Random, tries: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Try commands on a store that a child owns, which goes on working; yield how it stands."""
    wrong: list[str] = []
    number, slowest, began = 0, 0.0, time.perf_counter()
    file = folder / "new.md"
    file.write_bytes(b"Quillon Optics sold nine gates.")
    with noted(wrong, "the owner"), Child(hold, store.task()) as owner:
        wrong += store.judge(owner.hear("audited"))
        some_id = next(iter(owner.hear("ids").values()))
        for number in range(1, tries + 1):
            words = {"word": min(store.ledger.current).word, "file": str(file), "id": some_id}
            command = [part.format(**words) for part in COMMANDS[(number - 1) % len(COMMANDS)]]
            (deed,) = deeds_of(store.ledger, dice, [None])
            store.ledger.begin(deed)
            owner.say(deed)
            took, problem = _tried(command, store.home, owner.number)
            owner.hear("did")
            store.ledger.done(deed)
            slowest = max(slowest, took)
            wrong += [f"{number} {command[0]} | {problem}"] * bool(problem)
            yield _standing(number, wrong, slowest, began)
        owner.say(None)
        owner.hear("closed")
        if owner.end() != 0:
            wrong.append(f"the owner | it ended with {owner.end()}")
    with noted(wrong, "afterwards"), Child(hold, store.task()) as after:
        wrong += [f"afterwards | {one}" for one in store.judge(after.hear("audited"))]
        after.say(None)
        after.hear("closed")
        after.end()
    yield _standing(number, wrong, slowest, began)


def _standing(number: int, wrong: list[str], slowest: float, began: float) -> dict[str, Any]:
    return standing(number, wrong, time.perf_counter() - began, {"slowest, s": round(slowest, 1)})


def _tried(command: list[str], home: Path, owner: int) -> tuple[float, str]:
    """Run a command as a real process; return the seconds it took, and what is wrong with how it ended."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOSSIER_")}
    began = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *command, "--home", str(home)],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SLOW,
            cwd=home.parent,
            env=kept | {"PYTHONPATH": str(ROOT), "DOSSIER_COMPILED": str(COMPILED)},
        )
    except subprocess.TimeoutExpired:
        return _SLOW, f"it had not ended after {_SLOW:.0f} s"
    took = time.perf_counter() - began
    if done.returncode != 1 or f"in use by process {owner} " not in " ".join(done.stderr.split()):
        return took, f"exit {done.returncode}: {done.stderr[-300:] or done.stdout[-300:]}"
    return took, ""
