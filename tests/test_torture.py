"""A short torture of stores; the long one is `make torture`."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from specimens import ROOT

from app.dossier import Dossier
from app.settings import Settings
from evals import report
from evals.__main__ import main
from evals.stores import COMPILED
from evals.torture import broken, crashes, full, hostile, many, mutants, run, second, steps
from evals.torture.audit import audit, unsaid_of
from evals.torture.children import FaultError
from evals.torture.crashes import Killed, Store, new_store
from evals.torture.full import Bar
from evals.torture.run import PARTS, Amounts
from evals.torture.standing import standing
from evals.torture.steps import STEPS, owner_of
from evals.torture.texts import Article, Deed, Ledger
from evals.torture.vectors import Counting
from ingest.database import Database
from ingest.library import Health, Library
from ingest.neighbors import Neighbors
from ingest.notes import Noted
from ingest.ranking import Ranking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no forked processes, signals or limits")

SEED = 11
# Beside a kill at a step of each deed.
KILLS_AT_ANY_MOMENT = 3
# Small ones of the odd files, which are read in no time, and one that is encrypted.
FEW_FILES = 12
QUICK_BOMBS = ("brackets.pdf", "comments.html", "laughs.docx", "nests.json", "unfolds-twice.pdf")


@pytest.fixture(autouse=True)
def _children_find_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let children import what this process does, wherever it was started."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Return a closed store with some articles; tests that change it note what they do in its ledger."""
    return new_store(tmp_path_factory.mktemp("tortured") / "store")


@pytest.fixture
def opened(store: Store, tmp_path: Path) -> Iterator[tuple[Dossier, Ledger]]:
    """Return a copy of a store, open, and what is known of it."""
    shutil.copytree(store.home, tmp_path / "copy")
    with Dossier(Settings(home=tmp_path / "copy", compiled=COMPILED)) as dossier:
        dossier.library.embedder = Counting()
        dossier.library.ranking.renew(lambda: False)  # words of several documents in one file of the index
        yield dossier, deepcopy(store.ledger)


def dice_of(seed: int) -> Random:
    """Return dice that fall the same every time."""
    return Random(seed)  # noqa: S311


def last_of(standings: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return how it stands at last."""
    *_, last = standings
    return last


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_a_function_of_the_product(step: str) -> None:
    """Every step at which a process is killed exists; whoever renames it changes the list of steps."""
    owner, name = owner_of(step)
    assert callable(vars(owner)[name])


def test_a_step_that_is_gone_is_named() -> None:
    """A step that the product no longer has is an error that names it and the list to be changed."""
    with pytest.raises(AttributeError, match=r"Catalog\.put_away is no step.*steps\.py"):
        owner_of("ingest.catalog:Catalog.put_away")


def test_a_step_is_told_before_and_after(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A transaction is told before and after its COMMIT, and not where it is rolled back."""
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(Database, "transaction", Database.transaction)
    steps.wrap("ingest.database:Database.transaction", lambda step, when: told.append((step.rpartition(":")[2], when)))
    database = Database(tmp_path / "catalog.sqlite3", ROOT / "ingest" / "schema.sql", 1, ("words",))
    told.clear()
    with database.transaction():
        assert told == []
    assert told == [("Database.transaction", "before"), ("Database.transaction", "after")]
    told.clear()
    with pytest.raises(ZeroDivisionError), database.transaction():
        raise ZeroDivisionError
    assert told == []
    database.close()


def test_a_ledger_doubts_only_what_was_not_acknowledged() -> None:
    """What was acknowledged must be there; what was begun may be, wholly; nothing else may be."""
    ledger = Ledger()
    for deed in (Deed("add", Article(1, 1)), Deed("update", Article(1, 2)), Deed("add", Article(2, 1))):
        ledger.begin(deed)
        ledger.done(deed)
    assert ledger.settle({1: [1, 2], 2: [1]}) == []
    assert len(ledger.settle({1: [1]})) == 2
    assert len(ledger.settle({1: [1, 2], 2: [1], 3: [1]})) == 1
    ledger.begin(Deed("remove", Article(1, 0)))
    ledger.begin(Deed("update", Article(2, 2)))
    assert ledger.settle({2: [1]}) == []
    assert ledger.gone == {Article(1, 1), Article(1, 2)}
    assert len(ledger.settle({2: [1, 2]})) == 1


def test_what_went_wrong_twice_did_not_hold_once() -> None:
    """What was tried and went wrong in several ways is one that did not hold."""
    found = standing(3, ["a | lost", "a | late", "c | lost"], 1.6, {"refused": 1})
    assert (found["tried"], found["held"], found["refused"], found["seconds"]) == (3, 1, 1, 2)


@pytest.mark.parametrize(
    ("owner", "name", "seen"),
    [
        (Ranking, "renew", "the index of words holds words of 1"),
        (Neighbors, "renew", "index/chroma.sqlite3 holds traces of 1"),
        (Database, "overwrite", "catalog.sqlite3-wal holds traces of 1"),
        (Noted, "must_forget", "and it is not said that anything is due"),
        (Library, "forget", "what was removed is still to be overwritten"),
    ],
)
def test_what_is_left_of_what_was_removed_is_seen(
    opened: tuple[Dossier, Ledger], monkeypatch: pytest.MonkeyPatch, owner: type, name: str, seen: str
) -> None:
    """A store that keeps something of what was removed, or does not know that it does, is told from a whole one."""
    dossier, ledger = opened
    assert audit(dossier, ledger, ()).wrong == ()
    monkeypatch.setattr(owner, name, lambda *_: True)
    dossier.library.remove(min(ledger.current).id)
    wrong = unsaid_of(dossier.library, ledger)
    dossier.library.forget()
    monkeypatch.setattr(Library, "check", lambda _: Health((), ()))
    assert seen in "; ".join([*wrong, *audit(dossier, ledger, ()).wrong])


def test_what_is_embedded_anew_is_seen(opened: tuple[Dossier, Ledger], monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that embeds what is there already is told from one that embeds nothing."""
    dossier, ledger = opened
    library = dossier.library
    monkeypatch.setattr(Neighbors, "check", lambda _: library.embedder.documents([min(ledger.current).text]))
    assert audit(dossier, ledger, ()).wrong == ("check: 1 texts were embedded anew",)


def test_a_killed_process_loses_nothing(store: Store) -> None:
    """Wherever a process is killed, what it acknowledged is there, what it removed is gone."""
    dice, killed = dice_of(SEED), Killed()
    points = crashes.crash_points(store, dice)  # fails when a step is never come by
    some = [dice.choice([one for one in points if one.crash.deed == deed]) for deed in steps.DEEDS]
    for _ in crashes.at_steps(store, dice, some, killed):
        assert killed.wrong == []
    assert killed.not_reached == 0
    assert {deed for deed, *_ in killed.points} == set(steps.DEEDS)
    for _ in crashes.at_any_moment(store, dice, KILLS_AT_ANY_MOMENT, killed):
        assert killed.wrong == []
    assert killed.mended


def test_a_store_that_cannot_be_opened_after_a_kill_is_named(store: Store, tmp_path: Path) -> None:
    """A store that the next start cannot open is what is wrong with that kill, and the next one meets a new store."""
    shutil.copytree(store.home, tmp_path / "lost")
    lost, killed = Store(tmp_path / "lost", deepcopy(store.ledger)), Killed(kills=2)
    (lost.home / "catalog.sqlite3").write_bytes(b"no catalog at all" * 1000)
    for name in ("first", "second"):
        crashes.look(lost, killed, name)
    (one,) = killed.wrong
    assert one.startswith("first | StoreError")
    assert killed.as_json()["held"] == 1


def test_a_broken_index_is_made_anew(store: Store) -> None:
    """Whatever is broken of the index, the next start answers as before, embeds nothing and says what it mended."""
    dice = dice_of(SEED)
    files = [(how, path) for how, path in broken.breakings(store) if path is not None and how in broken.HOWS]
    some = [dice.choice([one for one in files if one[1].parts[0] == folder]) for folder in broken.FOLDERS]
    found = last_of(broken.run(store, dice, [*some, ("SIGSEGV", None), ("a file in its place", Path("index"))]))
    assert found["wrong"] == []
    assert found["starts that mended something"] >= 2


def test_a_second_process_harms_nothing(store: Store, tmp_path: Path) -> None:
    """While a process owns the store each command is told which one, and what the owner does meanwhile holds."""
    found = last_of(second.run(store, dice_of(SEED), len(second.COMMANDS) // 2, tmp_path))
    assert found["wrong"] == []


@pytest.mark.parametrize(
    "trial",
    [4096, 100_000, *(Bar(path, once_open=True) for path in ("", "originals", "words")), Bar("index", once_open=False)],
    ids=str,
)
def test_no_room_and_no_permission_lose_nothing(store: Store, trial: int | Bar) -> None:
    """What cannot be written is an error that names the file; nothing is lost, and it can be done with room."""
    if isinstance(trial, Bar) and os.geteuid() == 0 and sys.platform != "linux":
        pytest.skip("permissions do not bind this user")
    found = last_of(full.run(store, dice_of(SEED), [trial]))
    assert found["wrong"] == []


def test_many_at_once_are_answered_from_what_is_there(tmp_path: Path) -> None:
    """Threads that ask, upload, remove and forget meet no error, and no answer holds what was removed or another's."""
    found = last_of(many.run(tmp_path / "many", 10, SEED))
    assert found["wrong"] == []
    assert set(found["done"]) == set(many.ROLES)
    assert all(found["done"].values())
    if many.resident() is not None:
        assert found["memory at last, MB"] - found["memory when warm, MB"] < 300


def test_a_crowd_that_is_killed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crowd whose process ends with a signal has what was measured until then, and how it ended."""
    monkeypatch.setattr(many, "crowd", killed_crowd)
    found = last_of(many.run(tmp_path, 10, SEED))
    assert found["done"] == {"ask": 3}
    assert found["wrong"] == ["ask: lost", f"the crowd | the process ended with {-signal.SIGSEGV}"]
    assert "memory at last, MB" not in found


def killed_crowd(say: Callable[[Any], None], *_: object) -> None:
    """Say how a crowd stands where memory cannot be told, and end with a signal."""
    say(("going", ({"ask": 3}, ["ask: lost"], (0.5, None))))
    os.kill(os.getpid(), signal.SIGSEGV)


def test_odd_files_are_read_or_refused(tmp_path: Path, eval_data: Path) -> None:
    """Each odd file is read or refused by name, never added empty."""
    by_size = sorted(range(len(mutants.odd_files())), key=lambda at: len(mutants.odd_files()[at][1]))
    found = last_of(hostile.run(tmp_path, "files", SEED, by_size[:FEW_FILES]))
    assert found["wrong"] == []
    assert found["tried"] == FEW_FILES


def test_mutants_are_read_or_refused(tmp_path: Path) -> None:
    """Each changed file is read or refused by name, never added empty, and the store lives on."""
    found = last_of(hostile.run(tmp_path, "mutants", SEED, range(60)))
    assert found["wrong"] == []
    assert found["read"]
    assert found["refused"]


def test_bombs_are_refused(tmp_path: Path) -> None:
    """Files that unfold or nest beyond all measure are refused by name, and the store lives on."""
    numbers = [at for at, name in enumerate(sorted(mutants.bombs())) if name in QUICK_BOMBS]
    found = last_of(hostile.run(tmp_path, "bombs", SEED, numbers))
    assert found["wrong"] == []
    assert found["refused"] == len(QUICK_BOMBS)


def test_the_same_seed_makes_the_same_mutants(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant is made again by its number, its seed and the files that mutants are made of, on whatever day."""
    made, now = [], time.time()
    for days in (0, 400):
        monkeypatch.setattr(time, "time", lambda days=days: now + days * 86_400)
        files = mutants.own_files()
        made.append([mutants.mutant(files, dice_of(seed)) for seed in range(40)])
    assert made[0] == made[1]
    assert len({data for _, data in made[0]}) > 30
    assert len({name for name, _ in made[0]}) == len(files)


def test_parts_that_were_not_run_keep_their_figures(tmp_path: Path) -> None:
    """The report of a part leaves the rows of others, and lists what did not hold."""
    path = tmp_path / "results.md"
    one = {"tried": 1000, "held": 999, "slowest, s": 3, "wrong": ["x | lost"], "seconds": 5, "seed": 1, "measured": "a"}
    report.save([report.torture({"kills": one}, path)], path)
    section = report.torture({"many": one | {"wrong": []}}, path)
    rows = [line for line in section.splitlines() if line.startswith(("| killed", "| eight"))]
    assert rows == [f"| {PARTS[part]} | 1,000 | 999 | slowest, s 3 | a, seed 1 |" for part in ("kills", "many")]
    assert "x | lost" in path.read_text(encoding="utf-8")


def test_a_part_that_breaks_off_keeps_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured is saved after each part, also of one that breaks off, and the parts after it are run."""

    def broken_off(*_: object) -> Iterator[dict[str, Any]]:
        yield standing(5, [], 1, {})
        raise FaultError(f"{tmp_path}/many: lost")

    saved: list[dict[str, Any]] = []
    monkeypatch.setattr(many, "run", broken_off)
    monkeypatch.setattr(hostile, "run", lambda *_: iter([standing(7, [], 1, {})]))
    run.run(tmp_path, Amounts(parts=("many", "bombs")), lambda found: saved.append(dict(found)))
    assert [list(one) for one in saved] == [["many"], ["many", "bombs"]]
    many_at_once, fed = saved[-1].values()
    assert (many_at_once["tried"], many_at_once["held"]) == (6, 5)
    assert many_at_once["wrong"] == ["the part broke off | FaultError: many: lost"]
    assert fed["held"] == 7


def test_an_unknown_part_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt part exits with 2 and lists the ones there are."""
    with pytest.raises(SystemExit, match="2"):
        main(["torture", "--parts", "kill"])
    assert "kills, index" in capsys.readouterr().err
