"""The material and the stores that measurements need: where it lies, and a real store filled from it, timed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from app.dossier import CORPUS, Dossier
from app.settings import Settings
from ingest.embed import DEFAULT_MODEL, Embedder
from ingest.firms import LISTED, FirmNames
from ingest.identity import publishers_by_host
from ingest.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.records import Progress, Receipt

ROOT = Path(__file__).resolve().parents[1]
# The embedding model is compiled once for all measurements and tests; each opening proves it anew.
COMPILED = ROOT / ".cache" / "compiled"
_BUILT = "built.json"
# A store tells of reading a file, for which it may have to wait, and of embedding its passages; between the two it cuts
# them.
_STEPS = {"reading": "waiting and cutting", "finished": "waiting and cutting"}


class SkippedError(Exception):
    """A measurement cannot be made here; its text says what is missing."""


def material(part: str) -> Path:
    """Return the folder or file `part` of the evaluation material; SkippedError when it is not there."""
    folder = Path(os.environ.get("EVAL_DATA") or ROOT.parent / "shared" / "eval")
    if not (folder / part).exists():
        raise SkippedError(f"{folder / part} is not there: set EVAL_DATA to the folder of the evaluation material")
    return folder / part


def wordpress_posts(most: int | None = None) -> list[tuple[str, bytes]]:
    """Return the first `most` articles of the WordPress export, else all, as files of one post each."""
    pages = sorted(material("wordpress").glob("posts_page_*.json"))
    posts = [post for page in pages for post in json.loads(page.read_text(encoding="utf-8"))]
    return [(f"post-{post['id']}.json", json.dumps(post).encode()) for post in posts[:most]]


def peak_memory() -> float | None:
    """Return the most megabytes that this process had resident; None where the system does not tell.

    `resource.getrusage` does not: on Linux it counts what the parent had when it started this process.
    """
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    except OSError:
        return None
    return int(found[1]) * 1024 / 1e6 if found else None


def open_store(home: Path, model: str = DEFAULT_MODEL) -> Library:
    """Open a store with a model and the firms that ship."""
    return Library(
        home, Embedder(model, compiled=COMPILED), FirmNames.load(LISTED), publishers_by_host(CORPUS / "sources.csv")
    )


@dataclass
class Clock:
    """Seconds that a store took over each step, by what it tells of its progress."""

    seconds: dict[str, float] = field(default_factory=dict)
    _step: str = "writing"
    _since: float = field(default_factory=time.perf_counter)

    def __call__(self, progress: Progress) -> None:
        """Note that a step has begun or gone on."""
        embedded = progress.total and progress.done == progress.total
        self.enter("writing" if embedded else _STEPS.get(progress.step, progress.step))

    def enter(self, step: str) -> None:
        """Book the time until now to the step that went on; `step` goes on from now."""
        now = time.perf_counter()
        self.seconds[self._step] = self.seconds.get(self._step, 0.0) + now - self._since
        self._step, self._since = step, now


def fill(library: Library, files: Sequence[tuple[str, Path]]) -> dict[str, Any]:
    """Add files, each under a name, to an open store; return counts, failures and the seconds of each step.

    The model is loaded before the clock starts.
    """
    library.embedder.queries(["warm up"])
    clock = Clock()
    receipts: list[Receipt] = list(library.add_files(((name, path.read_bytes) for name, path in files), clock))
    clock.enter("done")
    return {
        "files": len(files),
        "pages": sum(receipt.pages for receipt in receipts),
        "passages": sum(receipt.passages for receipt in receipts),
        "failed": {receipt.name: receipt.error for receipt in receipts if receipt.status == "failed"},
        "seconds": {step: round(seconds, 2) for step, seconds in clock.seconds.items()},
    }


@contextmanager
def kept_dossier(home: Path, files: Sequence[tuple[str, bytes]]) -> Iterator[tuple[Dossier, dict[str, Any]]]:
    """Open the store below `home` that holds `files`, filled as `kept_store` does, as a user's; yield it and how."""
    with TemporaryDirectory() as folder:
        paths = [(name, Path(folder) / str(number)) for number, (name, _) in enumerate(files)]
        for (_, data), (_, path) in zip(files, paths, strict=True):
            path.write_bytes(data)
        with kept_store(home, paths) as (library, filled):
            store = library.home
    with Dossier(Settings(home=store, compiled=COMPILED)) as dossier:
        yield dossier, filled


@contextmanager
def kept_store(home: Path, files: Sequence[tuple[str, Path]]) -> Iterator[tuple[Library, dict[str, Any]]]:
    """Open the store below `home` that holds `files` as the code now reads and cuts them; yield it and how it went.

    It is filled at first use, and anew when `ingest` or the files have changed; what was half filled is thrown away.
    """
    names = [name for name, _ in files]
    folder = home / hashlib.sha256(f"{fingerprint_of_code()}{names}".encode()).hexdigest()[:12]
    built = folder / _BUILT
    if folder.exists() and not built.is_file():
        shutil.rmtree(folder)
    with open_store(folder) as library:
        if not built.is_file():
            built.write_text(json.dumps(fill(library, files) | {"measured": today()}), encoding="utf-8")
        how: dict[str, Any] = json.loads(built.read_text(encoding="utf-8"))
        yield library, how


def fingerprint_of_code() -> str:
    """Return a hash over all that decides what a store holds: the modules of `ingest` and the list of firms."""
    digest = hashlib.sha256(LISTED.read_bytes())
    for path in sorted((ROOT / "ingest").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def today() -> str:
    """Return the date in ISO 8601."""
    return time.strftime("%Y-%m-%d")
