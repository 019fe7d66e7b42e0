from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import DEFAULT_EMBEDDER, SETTINGS, read_settings
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
