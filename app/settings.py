"""The settings: few, prefixed DOSSIER_, read once at the edge and handed on as plain arguments."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.styles import is_web_address
from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "DOSSIER_"
DEFAULT_EMBEDDER = "all-MiniLM-L6-v2"

# What each setting means, as the README shows it.
SETTINGS = {
    "DOSSIER_HOME": "folder of the store; default .dossier in the current folder",
    "DOSSIER_EMBEDDER": f"folder of a Sentence Transformers model, or {DEFAULT_EMBEDDER}-int8: quicker to add by, "
    f"finds a little else, needs the extra int8; default {DEFAULT_EMBEDDER}, which is installed",
    "DOSSIER_COMPILED": "folder of the default embedding model as compiled for this machine; default in the store",
    "DOSSIER_FIRMS": "a list of your own, in the columns of corpus/firms.csv, beside the one that ships",
    "DOSSIER_MODEL": "a chat model that writes the answers, as provider:name; default none, answers are quotes",
    "DOSSIER_MODEL_URL": "the address of the model's server, where it is not the provider's own",
    "DOSSIER_MODEL_KEY_FILE": "a file that only you can read with the key; default the provider's own variable",
    "DOSSIER_MODEL_SECONDS": "how long a model may take for an answer in all; default 60",
}
SECONDS = 60.0
_LONGEST_WAIT = 3600


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """A chat model: `name` is "provider:name", `seconds` the most that it may take for an answer, retries included."""

    name: str
    url: str | None = None
    key: str | None = field(default=None, repr=False)
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment sets."""

    home: Path = Path(".dossier")
    embedder: str = DEFAULT_EMBEDDER
    compiled: Path | None = None
    firms: Path | None = None
    model: ModelSettings | None = None


def read_settings(environment: Mapping[str, str], home: Path | None = None) -> Settings:
    """Read the settings; `home` from the command line wins. DossierError names an unknown one and the nearest known."""
    for name in environment:
        if name.startswith(PREFIX) and name not in SETTINGS:
            near = difflib.get_close_matches(name, SETTINGS, n=1, cutoff=0)[0]
            raise DossierError(f"{name} is no setting of Dossier. Did you mean {near}?")
    firms = environment.get("DOSSIER_FIRMS")
    if firms and not Path(firms).is_file():
        raise DossierError(f"DOSSIER_FIRMS is {firms!r}, which is no file. Name a CSV file, or leave it out.")
    compiled = environment.get("DOSSIER_COMPILED")
    return Settings(
        home=(home or Path(environment.get("DOSSIER_HOME") or ".dossier")).expanduser().absolute(),
        compiled=Path(compiled).expanduser().absolute() if compiled else None,
        embedder=environment.get("DOSSIER_EMBEDDER") or DEFAULT_EMBEDDER,
        firms=Path(firms) if firms else None,
        model=(
            model_settings(environment, environment["DOSSIER_MODEL"], environment.get("DOSSIER_MODEL_URL"))
            if environment.get("DOSSIER_MODEL")
            else None
        ),
    )


def model_settings(environment: Mapping[str, str], name: str, url: str | None) -> ModelSettings:
    """Return the settings of a chat model, key and seconds from the environment; DossierError when they are wrong.

    No message repeats what was written: it may be a key in the wrong place.
    """
    if not all(part.strip() for part in name.partition(":")[::2]):
        raise DossierError("The model's name names no provider. Write provider:name, as in ollama:llama3.2.")
    if url and not is_web_address(url):
        raise DossierError("The model's address is none. Write it with http:// or https://.")
    if url and (urlsplit(url).username is not None or urlsplit(url).query):
        raise DossierError(
            "The model's address holds a user name or a query, and is shown and kept. Write it without; a key belongs "
            "in the provider's own variable, or in the file that DOSSIER_MODEL_KEY_FILE names."
        )
    seconds = environment.get("DOSSIER_MODEL_SECONDS") or str(SECONDS)
    try:
        limit = float(seconds)
    except ValueError:
        limit = 0.0
    if not 0 < limit <= _LONGEST_WAIT:
        raise DossierError(f"DOSSIER_MODEL_SECONDS is {seconds!r}. Write a number of seconds up to {_LONGEST_WAIT:,}.")
    return ModelSettings(name, url, _key(environment.get("DOSSIER_MODEL_KEY_FILE")), limit)


def chosen_model_settings(environment: Mapping[str, str], name: str, url: str | None) -> ModelSettings:
    """Return the settings of a model that was chosen on the page, which whoever opens the page may have done.

    A key goes to the provider's own servers, or to the address that DOSSIER_MODEL_URL names, and to no other:
    DossierError where one would.
    """
    if url and url == environment.get("DOSSIER_MODEL_URL"):
        return model_settings(environment, name, url)
    # For whom the file's key is, nobody has said.
    rest = {key: value for key, value in environment.items() if key != "DOSSIER_MODEL_KEY_FILE"}
    # As OPENAI_API_KEY of openai, GOOGLE_API_KEY of google_genai, MISTRAL_API_KEY of mistralai.
    starts = [part[:4] for part in re.split(r"[-_\s]+", name.partition(":")[0].strip().upper()) if part]
    keys = [key for key in environment if key.endswith("_API_KEY") and environment[key]]
    variable = next((key for key in keys if any(start in key for start in starts)), None)
    if url and variable:
        raise DossierError(
            f"{variable} is set, and its key would be sent to that address. Set DOSSIER_MODEL_URL to the address as "
            f"well before you start Dossier, or start it without {variable}."
        )
    return model_settings(rest, name, url)


def _key(name: str | None) -> str | None:
    """Return the key that a file holds; DossierError when others can read it."""
    if not name:
        return None
    path = Path(name).expanduser()
    try:
        if path.stat().st_mode & 0o077:
            raise DossierError(f"DOSSIER_MODEL_KEY_FILE is {path}, which others can read. Run: chmod 600 {path}")
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        shown = f"is {path}, which" if path.exists() else "names a file that"
        raise DossierError(f"DOSSIER_MODEL_KEY_FILE {shown} cannot be read ({type(error).__name__}).") from None
    if len(key.split()) != 1:
        raise DossierError(f"DOSSIER_MODEL_KEY_FILE is {path}, which does not hold one key and nothing else.")
    return key
