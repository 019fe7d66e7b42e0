"""What a child process needs to start, and nothing else: no keys, no home."""

from __future__ import annotations

import os
import site
from pathlib import Path

_PACKAGES = Path(__file__).resolve().parents[1]
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "TMPDIR", "TEMP")


def child_environment() -> dict[str, str]:
    """Return the environment of a Python child that can import what this process can."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    roots = [str(_PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    if site.ENABLE_USER_SITE:
        # Found through HOME otherwise.
        kept["PYTHONUSERBASE"] = site.getuserbase()
    return {
        **kept,
        "HOME": os.devnull,
        "PYTHONPATH": os.pathsep.join(roots),
        "PYTHONUTF8": "1",
        # numpy's arithmetic library reserves memory for each core, and a child works on one.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
