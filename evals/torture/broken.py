"""The index broken: its files damaged, passages missing, ghosts in it, and openings that end in a signal."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.torture.children import Child, noted
from evals.torture.crashes import Store
from evals.torture.standing import standing
from evals.torture.work import torment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random


def _spotted(data: bytes, dice: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(20 if data else 0):
        changed[dice.randrange(len(data))] ^= dice.randrange(1, 256)
    return bytes(changed)


def _zeroed(data: bytes, start: int) -> bytes:
    return data[:start] + bytes(len(data) - start)


# What happens to a file, by what makes new bytes of the old ones; None deletes it.
HOWS: dict[str, Callable[[bytes, Random], bytes] | None] = {
    "deleted": None,
    "emptied": lambda _, __: b"",
    "truncated": lambda data, dice: data[: dice.randrange(max(1, len(data)))],
    "overwritten": lambda data, dice: dice.randbytes(len(data)),
    "overwritten in places": _spotted,
    "zeroed from somewhere on": lambda data, dice: _zeroed(data, dice.randrange(max(1, len(data)))),
    "longer": lambda data, dice: data + dice.randbytes(4096),
}
FOLDERS = ("index", "words")
# Processes that try an index and end with a signal, or are no help in another way.
PROBES = {
    "SIGSEGV": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "SIGABRT": "import os; os.abort()",
    "SIGBUS": "import os, signal; os.kill(os.getpid(), signal.SIGBUS)",
    "SIGKILL": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "exit 3": "raise SystemExit(3)",
    "no answer": "print('all well')",
}


def files(store: Store) -> list[Path]:
    """Return the files of a store's two indexes, as paths within the store."""
    found = (path for folder in FOLDERS for path in (store.home / folder).rglob("*"))
    return sorted(path.relative_to(store.home) for path in found if path.is_file() and path.suffix != ".lock")


def breakings(store: Store) -> list[tuple[str, Path | None]]:
    """Return all that is done to an index: a file or folder of it and how, or a way of its own."""
    damages: list[tuple[str, Path | None]] = [(how, path) for path in files(store) for how in HOWS]
    folders = [(how, Path(folder)) for folder in FOLDERS for how in ("the folder deleted", "a file in its place")]
    return [*damages, *((name, None) for name in PROBES), *folders]


def run(store: Store, dice: Random, some: Sequence[tuple[str, Path | None]]) -> Iterator[dict[str, Any]]:
    """Break a copy of a closed store's index in each of some ways, start, and look it over; yield how it stands."""
    wrong: list[str] = []
    mended, began = 0, time.perf_counter()
    for number, (how, path) in enumerate(some, start=1):
        copy = Store(store.home.with_name("broken"), store.ledger)
        shutil.rmtree(copy.home, ignore_errors=True)
        shutil.copytree(store.home, copy.home)
        name = f"{path or 'index'}: {how}"
        _damage(copy.home, how, path, dice)
        with noted(wrong, name), Child(torment, copy.task(probe=PROBES.get(how))) as child:
            seen = child.hear("audited")
            wrong += [f"{name} | {one}" for one in copy.judge(seen)]
            mended += bool(seen.mended)
            for _ in child.told():
                pass
            if child.end() != 0:
                wrong.append(f"{name} | the start ended with {child.end()}")
        yield standing(number, wrong, time.perf_counter() - began, {"starts that mended something": mended})


def _damage(home: Path, how: str, path: Path | None, dice: Random) -> None:
    if path is not None and how in HOWS:
        change, data = HOWS[how], (home / path).read_bytes()
        if change is None:
            (home / path).unlink()
        else:
            (home / path).write_bytes(change(data, dice))
    elif path is not None:
        shutil.rmtree(home / path)
        if how == "a file in its place":
            (home / path).write_bytes(b"")
    else:
        # Only an index that is not as it was left is tried.
        (home / "index" / "chroma.sqlite3").touch()
