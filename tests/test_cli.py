from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from commands import from_json
from servers import model_server, saying
from specimens import COMPILED, METERS, environment, free_port
from typer.main import get_command

from app import cli
from app.dossier import Dossier
from app.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from commands import Run

pytest_plugins = ["commands", "specimens"]

COMMANDS = get_command(cli.app).commands  # type: ignore[attr-defined]


# Help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run: Run, name: str) -> None:
    """Each command explains itself, each of its options, and gives an example."""
    code, out, err = run(name, "--help")
    assert (code, err) == (0, "")
    assert "Example: dossier " in out
    command = COMMANDS[name]
    assert command.help
    assert all(parameter.help for parameter in command.params if parameter.name != "help"), name


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_parses(name: str) -> None:
    """The example in a command's help is an example of that command, and parses."""
    example = COMMANDS[name].epilog.removeprefix("Example: ").split(" && ")[-1]
    words = shlex.split(example)
    assert words[:2] == ["dossier", name]
    COMMANDS[name].make_context(name, words[2:])


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"chat"}))
def test_every_command_speaks_json(name: str) -> None:
    """Each command but the page's has --json and --home."""
    assert {"--json", "--home"} <= {option for parameter in COMMANDS[name].params for option in parameter.opts}


def test_no_command_is_wrong_usage(run: Run) -> None:
    """Without a command the help is shown, and the exit code is that of wrong usage."""
    code, out, err = run()
    assert code == 2
    assert "Commands:" in out + err


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("ask",),
        ("ask", "a", "b"),
        ("search", "x", "-k", "0"),
        ("search", "x", "-k", "many"),
        ("chat", "--port", "0"),
        ("show",),
        ("documents", "--nonsense"),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    """Wrong usage exits 2, with words on stderr and nothing on stdout."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err


@pytest.mark.parametrize("option", ["--since", "--until"])
@pytest.mark.parametrize("day", ["yesterday", "2019", "20190322", "2019-W12-5", "2019-02-30", "22.03.2019", ""])
def test_a_day_is_a_day(run: Run, store: Path, option: str, day: str) -> None:
    """A date that is not written YYYY-MM-DD is wrong usage."""
    code, out, err = run("search", "cameras", option, day, "--home", store)
    assert (code, out) == (2, "")
    assert "YYYY-MM-DD" in err


# Reading commands


def test_ask_in_words(run: Run, store: Path) -> None:
    """An answer in words shows the quote, its numbered source with place and context, and what was searched."""
    code, out, err = run("ask", "Who put number plate readers into the parking meters?", "--home", store)
    assert (code, err) == (0, "")
    assert "“Tamber Vision put number plate readers" in out
    assert "\n[1] Ostrel Observer, “A thread on parking meters”, 5 March 2022, para. 1\n" in out
    assert "    context: — Ines Okoro (@inesokoro) March 3, 2022" in out
    assert re.search(r"Searched \d+ documents, \d+ passages", out)


def test_ask_in_json(run: Run, store: Path) -> None:
    """An answer in JSON is the one object on stdout, and its filters are kept."""
    question = "What did Tamber Vision lend?"
    filters = ("--firm", "tamber vision", "--since", "2018-01-01", "--until", "2018-12-31")
    answer = from_json(run("ask", question, *filters, "--publisher", "Ostrel Observer", "--json", "--home", store))
    assert answer["question"] == question
    assert answer["outcome"] == "answered"
    assert {citation["document"]["name"] for citation in answer["citations"]} == {"rumour-new.md"}
    assert answer["searched"]["documents"] == 1


def test_a_follow_up(run: Run, store: Path, tmp_path: Path) -> None:
    """A conversation from a file makes a follow-up stand alone, and the answer says how it was understood."""
    talk = tmp_path / "talk.json"
    talk.write_text('[{"role": "user", "content": "What did Hikvision win?"}]', encoding="utf-8")
    code, out, err = run("ask", "What about SenseNets?", "--history", talk, "--home", store)
    assert (code, err) == (0, "")
    assert out.startswith("Understood as: What did SenseNets win?\n\n")


@pytest.mark.parametrize(
    "content", ["no JSON", "{}", '[{"role": "user"}]', '[{"role": "user", "content": 1}]', "[" * 9999]
)
def test_a_file_that_is_no_conversation(run: Run, store: Path, tmp_path: Path, content: str) -> None:
    """A file that is no conversation is an error that names it and what it must be."""
    talk = tmp_path / "talk.json"
    talk.write_text(content, encoding="utf-8")
    code, out, err = run("ask", "And Dahua?", "--history", talk, "--home", store)
    assert (code, out) == (1, "")
    assert "talk.json: is no " in err


def test_verify(run: Run, store: Path, tmp_path: Path) -> None:
    """An answer's record holds; with one word changed it does not, which is said with both texts and exit code 1."""
    record = tmp_path / "answer.json"
    made = run("ask", "Who bid for the gate contract?", "--json", "--home", store)[1]
    record.write_text(made, encoding="utf-8")
    verdict = from_json(run("verify", record, "--json", "--home", store))
    assert verdict == {"ok": True, "citations": [{"number": 1, "ok": True, "problem": None}]}
    assert run("verify", record, "--home", store)[1].endswith("Everything holds: 1 quotes checked.\n")
    record.write_text(made.replace("bid for", "won"), encoding="utf-8")
    verdict = from_json(run("verify", record, "--json", "--home", store), code=1)
    assert not verdict["ok"]
    assert "bid for" in verdict["citations"][0]["problem"]
    code, out, _ = run("verify", record, "--home", store)
    assert code == 1
    assert "[1] DOES NOT HOLD: the document says “" in out


def test_verify_needs_a_record(run: Run, store: Path, tmp_path: Path) -> None:
    """What is not there or is no record of an answer is an error that names what to do."""
    assert run("verify", tmp_path / "none.json", "--home", store)[0] == 1
    record = tmp_path / "answer.json"
    record.write_text("{}", encoding="utf-8")
    code, out, err = run("verify", record, "--home", store)
    assert (code, out) == (1, "")
    assert "dossier ask QUESTION --json" in err


def test_a_refusal_is_a_result(run: Run, store: Path) -> None:
    """When the sources do not say, that is on stdout with the nearest passages, and the exit code is 0."""
    code, out, err = run("ask", "What did Palantir sell?", "--home", store)
    assert (code, err) == (0, "")
    assert out.startswith("The sources do not say: Palantir is named nowhere in them.")
    assert "The nearest that they do say:\n\n[1] " in out


def test_search(run: Run, store: Path) -> None:
    """Search prints ranked passages with their places, and the same in JSON."""
    code, out, _ = run("search", "thermal binoculars", "-k", 2, "--home", store)
    assert code == 0
    assert out.startswith("1. The Dunmere Ledger, “What the reviewers say”, 30 September 2022, para. 3\n    Tamber")
    found = from_json(run("search", "thermal binoculars", "-k", 2, "--json", "--home", store))
    assert found.keys() == {"query", "hits"}
    assert [hit["rank"] for hit in found["hits"]] == [1, 2]


def test_documents(run: Run, store: Path) -> None:
    """The list of documents has one line each with its id, and in JSON the promised fields."""
    listed = from_json(run("documents", "--json", "--home", store))["documents"]
    code, out, _ = run("documents", "--home", store)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [entry["id"] for entry in listed]
    assert {entry["status"] for entry in listed} == {"current"}


def test_show(run: Run, store: Path) -> None:
    """A document is shown with what is known of it and the text that is quoted."""
    (entry,) = [
        entry
        for entry in from_json(run("documents", "--json", "--home", store))["documents"]
        if entry["name"] == "gate.md"
    ]
    shown = from_json(run("show", entry["id"], "--json", "--home", store))
    assert shown.items() >= {key: entry[key] for key in entry.keys() - {"passages", "pages"}}.items()
    assert "Both firms were paid" in shown["text"]
    code, out, _ = run("show", entry["id"], "--home", store)
    assert code == 0
    assert out.endswith(f"\n{shown['text']}\n")
    assert "publisher:  The Dunmere Ledger" in out


@pytest.mark.parametrize("command", ["show", "remove"])
def test_an_unknown_document(run: Run, store: Path, command: str) -> None:
    """A document that is not there is an error on stderr that names it and how to find the right one."""
    for more in ((), ("--json",)):
        code, out, err = run(command, "0123456789abcdef", *more, "--home", store)
        assert (code, out) == (1, "")
        assert "0123456789abcdef" in err
        assert "dossier documents" in err


def test_remove(run: Run, own_store: Path) -> None:
    """Removing a document takes all versions of its address, and says which."""
    entries = from_json(run("documents", "--json", "--home", own_store))["documents"]
    current = next(entry["id"] for entry in entries if entry["name"] == "rumour-new.md")
    removed = from_json(run("remove", current, "--json", "--home", own_store))["removed"]
    assert current in removed
    assert len(removed) == 2
    other = next(entry["id"] for entry in entries if entry["name"] == "gate.md")
    assert run("remove", other, "--home", own_store)[:2] == (
        0,
        f"Removed {other}.\nWhat the indexes kept of it is overwritten.\n",
    )
    left = from_json(run("documents", "--json", "--home", own_store))["documents"]
    assert len(left) == len(entries) - 2


def test_doctor(run: Run, own_store: Path) -> None:
    """The doctor says where the store lies, mends a lost index, and exits 1 on what it cannot mend."""
    report = from_json(run("doctor", "--json", "--home", own_store))
    assert report.keys() == {"ok", "home", "documents", "passages", "embedding", "mended", "problems"}
    assert (report["ok"], report["home"], report["mended"]) == (True, str(own_store), [])
    assert report["embedding"].startswith("all-MiniLM-L6-v2 in OpenVINO, ")
    shutil.rmtree(own_store / "index")
    code, out, _ = run("doctor", "--home", own_store)
    assert code == 0
    assert f"Store: {own_store} ({report['documents']} documents, {report['passages']} passages)" in out
    next((own_store / "originals").iterdir()).unlink()
    report = from_json(run("doctor", "--json", "--home", own_store), code=1)
    assert not report["ok"]
    assert "original is missing" in report["problems"][0]
    code, out, _ = run("doctor", "--home", own_store)
    assert code == 1
    assert "Problem: " in out


def test_an_empty_store(run: Run, tmp_path: Path) -> None:
    """A new store is empty: nothing is listed, a question is refused with the way to add documents, nothing fails."""
    home = tmp_path / "new"
    assert run("documents", "--home", home)[:2] == (0, "")
    assert from_json(run("documents", "--json", "--home", home)) == {"documents": []}
    assert "dossier ingest" in from_json(run("ask", "Who?", "--json", "--home", home))["text"]
    assert from_json(run("search", "cameras", "--json", "--home", home))["hits"] == []
    assert (home.stat().st_mode & 0o777) == 0o700


@pytest.mark.parametrize("question", ["", "x" * 4001])
def test_a_question_out_of_bounds(run: Run, store: Path, question: str) -> None:
    """An empty or too long question fails with words on stderr."""
    code, out, err = run("ask", question, "--home", store)
    assert (code, out) == (1, "")
    assert err.startswith("dossier: The question ")


# The store


def test_a_home_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    """A home that cannot be made is an error that names it and how to name another."""
    (tmp_path / "file").write_text("in the way")
    for home in (tmp_path / "file", tmp_path / "file" / "store"):
        code, out, err = run("documents", "--home", home)
        assert (code, out) == (1, "")
        assert str(home) in err
        assert "--home" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_in_a_read_only_folder(run: Run, tmp_path: Path) -> None:
    """A home in a folder that may not be written is an error that names it."""
    tmp_path.chmod(0o500)
    code, out, err = run("documents", "--home", tmp_path / "store")
    tmp_path.chmod(0o700)
    assert (code, out) == (1, "")
    assert "permissions" in err


def test_a_second_owner_is_told(run: Run, own_store: Path) -> None:
    """While one process owns a store another is told which, and harms nothing."""
    with Dossier(Settings(home=own_store, compiled=COMPILED)) as first:
        before = first.library.entries()
        code, out, err = run("documents", "--home", own_store)
        assert (code, out) == (1, "")
        assert f"in use by process {os.getpid()}" in err
        assert first.library.entries() == before
    assert run("documents", "--home", own_store)[0] == 0


def test_a_newer_store_is_refused(run: Run, own_store: Path) -> None:
    """A store that a newer Dossier wrote is refused with both versions named, and left as it is."""
    path = own_store / "catalog.sqlite3"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    code, out, err = run("documents", "--home", own_store)
    assert (code, out) == (1, "")
    assert "version 99, this one reads 1" in err
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone() == (99,)
    database.close()


def test_an_unknown_setting(run: Run, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that is misspelt stops every command."""
    monkeypatch.setenv("DOSSIER_HOEM", "x")
    code, out, err = run("documents", "--home", store)
    assert (code, out) == (1, "")
    assert err == "dossier: DOSSIER_HOEM is no setting of Dossier. Did you mean DOSSIER_HOME?\n"


def test_a_reader_that_leaves(store: Path) -> None:
    """When the reader of the output has gone, the command ends without a traceback."""
    command = [sys.executable, "-m", "app.cli", "documents", "--json", "--home", str(store)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 1


def test_a_port_that_is_taken(run: Run, store: Path) -> None:
    """A port that is taken is an error that names it and another, before the store is opened."""
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code, out, err = run("chat", "--port", port, "--no-browser", "--home", store)
    assert (code, out) == (1, "")
    assert f"Port {port} on 127.0.0.1" in err
    assert f"--port {port + 1}" in err


# With a chat model


def test_a_model_on_the_command_line(run: Run, store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a chat model in the environment it writes the answer, whose record verifies; --quote leaves it out."""
    reply = saying(
        "Tamber Vision put number plate readers into the meters of Ostrel [1].\nInes Okoro owns 90 meters [1]."
    )
    with model_server(reply) as (url, requests):
        for name, value in {"MODEL": "openai:tiny", "MODEL_URL": url, "MODEL_SECONDS": "30"}.items():
            monkeypatch.setenv(f"DOSSIER_{name}", value)
        record = from_json(run("ask", METERS, "--json", "--home", store))
        assert record["model"] == "openai:tiny"
        assert record["withheld"] == 1
        answer = tmp_path / "answer.json"
        answer.write_text(json.dumps(record), encoding="utf-8")
        code, printed, _ = run("ask", METERS, "--home", store)
        asked = len(requests)
        quoted = from_json(run("ask", METERS, "--quote", "--json", "--home", store))
        assert len(requests) == asked
    assert code == 0
    assert "Written by openai:tiny; every sentence was checked against its passages." in printed
    assert "1 sentence was left out, since no passage bears what was written." in printed
    assert quoted["model"] is None
    assert from_json(run("verify", answer, "--json", "--home", store))["ok"]
    record["sentences"][0]["text"] = record["text"] = record["text"].replace("Ostrel", "Kessel")
    answer.write_text(json.dumps(record), encoding="utf-8")
    assert not from_json(run("verify", answer, "--json", "--home", store), code=1)["ok"]


def test_a_model_that_cannot_be_used(run: Run, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider whose package is not installed is said with the command that installs it; the sources are quoted."""
    monkeypatch.setenv("DOSSIER_MODEL", "groq:tiny")
    code, printed, _ = run("ask", METERS, "--home", store)
    assert code == 0
    assert "pip install langchain-groq. The sources are quoted instead." in printed
