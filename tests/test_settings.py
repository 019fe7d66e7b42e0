from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import DEFAULT_EMBEDDER, SETTINGS, ModelSettings, chosen_model_settings, read_settings
from ingest.errors import DossierError


@pytest.mark.parametrize(
    ("unknown", "nearest"),
    [
        ("DOSSIER_HOM", "DOSSIER_HOME"),
        ("DOSSIER_EMBEDDING", "DOSSIER_EMBEDDER"),
        ("DOSSIER_FIRM", "DOSSIER_FIRMS"),
        ("DOSSIER_home", "DOSSIER_HOME"),
    ],
)
def test_an_unknown_setting_is_an_error(unknown: str, nearest: str) -> None:
    """An unknown name with the prefix is an error that names it and the nearest known one."""
    with pytest.raises(DossierError, match=rf"{unknown} .*{nearest}\?"):
        read_settings({unknown: "x"})


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters="\0="), max_size=30))
def test_any_name_with_the_prefix_is_known_or_refused(rest: str) -> None:
    """Every name with the prefix is one of the documented settings or a DossierError."""
    name = f"DOSSIER_{rest}"
    if name not in SETTINGS:
        with pytest.raises(DossierError):
            read_settings({name: ""})


def test_names_of_others_are_left_alone() -> None:
    """Variables without the prefix are nobody's mistake."""
    assert read_settings({"PATH": "/bin", "dossier_home": "x", "XDOSSIER_A": "y"}) == read_settings({})


def test_the_command_line_wins(tmp_path: Path) -> None:
    """The home is what the command line says, else DOSSIER_HOME, else .dossier in the current folder."""
    variable = {"DOSSIER_HOME": str(tmp_path / "variable")}
    assert read_settings(variable, tmp_path / "option").home == tmp_path / "option"
    assert read_settings(variable).home == tmp_path / "variable"
    assert read_settings({}).home == Path.cwd() / ".dossier"


def test_the_home_is_a_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home with a tilde or relative to the current folder becomes an absolute path."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert read_settings({"DOSSIER_HOME": "~/a"}).home == tmp_path / "a"
    assert read_settings({}, Path("b")).home == tmp_path / "b"


def test_an_empty_value_is_the_default() -> None:
    """A setting that is set to nothing counts as not set."""
    assert read_settings(dict.fromkeys(SETTINGS, "")) == read_settings({})
    assert read_settings({}).embedder == DEFAULT_EMBEDDER


def test_a_list_of_firms_is_a_file(tmp_path: Path) -> None:
    """DOSSIER_FIRMS names a file that is there, or is an error that names it."""
    own = tmp_path / "own.csv"
    with pytest.raises(DossierError, match=r"DOSSIER_FIRMS is .*own\.csv"):
        read_settings({"DOSSIER_FIRMS": str(own)})
    own.write_text("id,name,form,form_kind\n")
    assert read_settings({"DOSSIER_FIRMS": str(own)}).firms == own


def test_the_environment_is_only_read() -> None:
    """Reading the settings leaves the environment as it was."""
    given_values = {"DOSSIER_HOME": "x"}
    read_settings(given_values)
    assert given_values == {"DOSSIER_HOME": "x"}


def test_a_model_is_set(tmp_path: Path) -> None:
    """A chat model is set by its name, its address, a file with its key, and its seconds."""
    key = tmp_path / "key"
    key.write_text("sk-secret\n")
    key.chmod(0o600)
    environment = {
        "DOSSIER_MODEL": "openai:tiny",
        "DOSSIER_MODEL_URL": "http://127.0.0.1:9/v1",
        "DOSSIER_MODEL_KEY_FILE": str(key),
        "DOSSIER_MODEL_SECONDS": "5",
    }
    model = read_settings(environment).model
    assert model == ModelSettings("openai:tiny", "http://127.0.0.1:9/v1", "sk-secret", 5.0)
    assert "sk-secret" not in repr(read_settings(environment))
    assert read_settings({}).model is None


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"DOSSIER_MODEL": "tiny"}, "names no provider"),
        ({"DOSSIER_MODEL": "openai:"}, "names no provider"),
        ({"DOSSIER_MODEL_URL": "ftp://x"}, "http:// or https://"),
        ({"DOSSIER_MODEL_URL": "127.0.0.1:9"}, "http:// or https://"),
        ({"DOSSIER_MODEL_SECONDS": "soon"}, "DOSSIER_MODEL_SECONDS is 'soon'"),
        ({"DOSSIER_MODEL_SECONDS": "0"}, "DOSSIER_MODEL_SECONDS is '0'"),
        ({"DOSSIER_MODEL_SECONDS": "nan"}, "DOSSIER_MODEL_SECONDS is 'nan'"),
        ({"DOSSIER_MODEL_KEY_FILE": "open"}, "which others can read. Run: chmod 600"),
        ({"DOSSIER_MODEL_KEY_FILE": "empty"}, "does not hold one key"),
        ({"DOSSIER_MODEL_KEY_FILE": "absent"}, "cannot be read"),
    ],
)
def test_a_model_that_is_set_wrongly(environment: dict[str, str], problem: str, tmp_path: Path) -> None:
    """A wrong setting of a chat model is an error that names it and says what to write."""
    for name, mode, text in (("open", 0o644, "k"), ("empty", 0o600, "")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    told = {"DOSSIER_MODEL": "openai:tiny"} | environment
    if "DOSSIER_MODEL_KEY_FILE" in told:
        told["DOSSIER_MODEL_KEY_FILE"] = str(tmp_path / told["DOSSIER_MODEL_KEY_FILE"])
    with pytest.raises(DossierError, match=re.escape(problem)):
        read_settings(told)


def test_a_key_goes_where_its_owner_said(tmp_path: Path) -> None:
    """A model chosen on the page gets no key for an address that DOSSIER_MODEL_URL does not name."""
    key = tmp_path / "key"
    key.write_text("sk-secret")
    key.chmod(0o600)
    own, other = "http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1"
    environment = {"DOSSIER_MODEL_KEY_FILE": str(key), "DOSSIER_MODEL_URL": own}
    assert chosen_model_settings(environment, "openai:tiny", own).key == "sk-secret"
    assert chosen_model_settings(environment, "openai:tiny", other).key is None
    assert chosen_model_settings(environment, "anthropic:tiny", None).key is None
    for name, variable in (("openai", "OPENAI"), ("mistralai", "MISTRAL"), ("azure_openai", "OPENAI")):
        with pytest.raises(DossierError, match=f"{variable}_API_KEY is set, and its key would be sent"):
            chosen_model_settings(environment | {f"{variable}_API_KEY": "sk-other"}, f"{name}:tiny", other)
    assert chosen_model_settings({"OPENAI_API_KEY": "sk-other"}, "ollama:tiny", other).key is None


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("sk-secret", None),
        ("openai:tiny", "sk-secret"),
        ("openai:tiny", "https://user:sk-secret@127.0.0.1/v1"),
        ("openai:tiny", "https://127.0.0.1/v1?key=sk-secret"),
    ],
)
def test_a_key_in_the_wrong_place_is_not_repeated(name: str, url: str | None) -> None:
    """What was written in place of a name or an address is repeated by no error, since it may be a key."""
    with pytest.raises(DossierError) as caught:
        chosen_model_settings({}, name, url)
    assert "sk-secret" not in str(caught.value)
