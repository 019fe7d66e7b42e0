"""Whether an index can be opened at all: a damaged one can end the process that opens it with a signal.

So it is opened in a child process first, but only where its files are not as this store left them: that takes time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.child import child_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

# Seconds that a child may take, and more for each passage: far more than it needs.
_SECONDS, _SECONDS_EACH = 60.0, 0.002
# A vector that the index holds is found again as near as this.
_FOUND = 0.999


@dataclass(frozen=True, slots=True)
class Probe:
    """What an index holds, and `broken`, why it cannot be used; empty when it can."""

    ids: frozenset[str]
    broken: str = ""


def files_of(folder: Path) -> str:
    """Return the names, sizes and times of change of the files in a folder, to compare with a later look."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    stats = [(str(path.relative_to(folder)), path.stat()) for path in files]
    return json.dumps([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])


def probe(folder: Path, fingerprint: str, some: Mapping[str, NDArray[np.float32]], passages: int) -> Probe:
    """Open an index in a child process, list what it holds, and search it for the vectors of some passages, by id.

    `passages` is how many it should hold in all.
    """
    vectors = {key: vector.tolist() for key, vector in some.items()}
    asked = json.dumps({"folder": str(folder), "fingerprint": fingerprint, "vectors": vectors})
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "ingest.probe"],
            input=asked.encode(),
            capture_output=True,
            env=child_environment(),
            timeout=_SECONDS + _SECONDS_EACH * passages,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Probe(frozenset(), "it cannot be opened in time")
    if done.returncode < 0:
        return Probe(frozenset(), f"opening it ended the process with signal {-done.returncode}")
    if done.returncode:
        error = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        return Probe(frozenset(), f"it cannot be opened ({error[-1][:200]})")
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        return Probe(frozenset(), "it gives no proper answer")
    if answer["new"]:
        # What is left of its files would stay beside new ones for ever.
        return Probe(frozenset(), "it holds nothing any more of what was put into it")
    missed = answer["missed"]
    return Probe(
        frozenset(answer["ids"]), f"it holds {missed} of {len(some)} passages that it does not find" * bool(missed)
    )


def main() -> None:
    """Open the index that standard input names; tell on standard output what it holds, and what it does not find."""
    import numpy as np  # noqa: PLC0415 - late

    from ingest.index import Index  # noqa: PLC0415 - late

    asked = json.load(sys.stdin)
    index = Index(Path(asked["folder"]), asked["fingerprint"])
    ids = index.ids()
    held = [np.array(vector, np.float32) for key, vector in asked["vectors"].items() if key in ids]
    near = [index.nearest(vector, 1) for vector in held]
    missed = sum(not one or one[0][1] < _FOUND for one in near)
    index.close()
    json.dump({"new": index.is_new, "ids": sorted(ids), "missed": missed}, sys.stdout)


if __name__ == "__main__":
    main()
