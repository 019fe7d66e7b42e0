from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import pytest

from app.prompts import FOLDER, SLOTS, read_prompts
from ingest.errors import DossierError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """Return a copy of the prompts to spoil."""
    return shutil.copytree(FOLDER, tmp_path / "prompts")


def test_every_prompt_is_read() -> None:
    """Each prompt is read with its name and the SHA-256 of its file, and every file is a prompt."""
    found = read_prompts()
    assert {path.stem for path in FOLDER.glob("*.md")} == {*found, "README"}
    for name, prompt in found.items():
        assert prompt.sha256 == hashlib.sha256((FOLDER / f"{name}.md").read_bytes()).hexdigest()


@pytest.mark.parametrize("name", SLOTS)
def test_a_slot_is_missing(prompts: Path, name: str) -> None:
    """A prompt without one of its slots is an error that names file and slot."""
    path = prompts / f"{name}.md"
    slot = min(SLOTS[name])
    path.write_text(path.read_text(encoding="utf-8").replace(f"{{{slot}}}", ""), encoding="utf-8")
    with pytest.raises(DossierError, match=rf"{name}\.md: the slot {{{slot}}} is missing"):
        read_prompts(prompts)


def test_a_slot_is_unknown(prompts: Path) -> None:
    """A slot that the program does not fill is an error that names it and the ones there are."""
    with (prompts / "again.md").open("a", encoding="utf-8") as file:
        file.write("{answer}")
    with pytest.raises(DossierError, match=r"the slot {answer} is not known\. Its slots are {sentences}\."):
        read_prompts(prompts)


@pytest.mark.parametrize("damage", ["gone", "bytes", "brace"])
def test_a_damaged_prompt(prompts: Path, damage: str) -> None:
    """A prompt that is not there or cannot be read is an error that names it."""
    path = prompts / "answer.md"
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"\xff\xfe" if damage == "bytes" else b"{passages")
    with pytest.raises(DossierError, match=r"answer\.md: cannot be read as a prompt"):
        read_prompts(prompts)


def test_what_is_filled_in_is_no_slot() -> None:
    """Braces in a passage or a question stay as they are."""
    filled = read_prompts()["answer"].filled(most="6", passages="{question} {x}", question="{passages}")
    assert "{question} {x}" in filled
    assert filled.rstrip().endswith("Question: {passages}")


def test_the_slots_are_told() -> None:
    """The prompts' own page names every prompt with its slots."""
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name, slots in SLOTS.items():
        (line,) = [line for line in told.splitlines() if f"`{name}.md`" in line]
        assert all(f"`{slot}`" in line for slot in slots)
