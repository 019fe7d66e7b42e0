"""The settings: few, prefixed DOSSIER_, read once at the edge and handed on as plain arguments."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "DOSSIER_"
DEFAULT_EMBEDDER = "all-MiniLM-L6-v2"

# What each setting means, as the README shows it.
SETTINGS = {
    "DOSSIER_HOME": "folder of the store; default .dossier in the current folder",
    "DOSSIER_EMBEDDER": f"folder of a Sentence Transformers model; default {DEFAULT_EMBEDDER}, which is installed",
    "DOSSIER_FIRMS": "a list of your own, in the columns of corpus/firms.csv, beside the one that ships",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment sets."""

    home: Path = Path(".dossier")
    embedder: str = DEFAULT_EMBEDDER
    firms: Path | None = None


def read_settings(environment: Mapping[str, str], home: Path | None = None) -> Settings:
    """Read the settings; `home` from the command line wins. DossierError names an unknown one and the nearest known."""
    for name in environment:
        if name.startswith(PREFIX) and name not in SETTINGS:
            near = difflib.get_close_matches(name, SETTINGS, n=1, cutoff=0)[0]
            raise DossierError(f"{name} is no setting of Dossier. Did you mean {near}?")
    firms = environment.get("DOSSIER_FIRMS")
    if firms and not Path(firms).is_file():
        raise DossierError(f"DOSSIER_FIRMS is {firms!r}, which is no file. Name a CSV file, or leave it out.")
    return Settings(
        home=(home or Path(environment.get("DOSSIER_HOME") or ".dossier")).expanduser().absolute(),
        embedder=environment.get("DOSSIER_EMBEDDER") or DEFAULT_EMBEDDER,
        firms=Path(firms) if firms else None,
    )
