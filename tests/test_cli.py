from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from servers import model_server, saying
from sites import WordPress, giving, local_fetcher, serving
from sites import article as web_page
from specimens import COMPILED, METERS, environment, free_port
from typer.main import get_command

from app import cli
from app.dossier import Dossier
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.embed import Embedder

    Run = Callable[..., tuple[int, str, str]]

pytest_plugins = ["specimens", "sites"]

COMMANDS = get_command(cli.app).commands  # type: ignore[attr-defined]
RECEIPT = {
    "id", "name", "status", "duplicate_of", "replaces", "error", "passages", "pages", "pages_without_text",
}  # fmt: skip
UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def run(embedder: Embedder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs the command line in this process: exit code, stdout, stderr."""
    for name in [name for name in os.environ if name.startswith("DOSSIER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("ingest.embed.Embedder", lambda *_: embedder)  # the one that is loaded

    def run_command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dossier", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        code = ended.value.code
        return code if isinstance(code, int) else 0, printed.out, printed.err

    return run_command


@pytest.fixture(scope="module")
def store(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store that these tests only read."""
    return Path(shutil.copytree(stored, tmp_path_factory.mktemp("cli") / "store"))


def from_json(result: tuple[int, str, str], code: int = 0) -> Any:
    assert result[0] == code, result
    return json.loads(result[1])


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
    assert run("remove", other, "--home", own_store)[:2] == (0, f"Removed {other}.\n")
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


# Ingest


def pdf(*lines: str, lock: str | None = None) -> bytes:
    """Make a PDF, a page a line; a line without words is a page with a picture only."""
    canvas = pytest.importorskip("reportlab.pdfgen.canvas", reason="reportlab makes the PDFs of these tests")
    image = pytest.importorskip("PIL.Image", reason="Pillow makes the pictures of these tests")
    made = io.BytesIO()
    page = canvas.Canvas(made, encrypt=lock)
    for line in lines:
        if line:
            page.drawString(72, 720, line)
        else:
            page.drawInlineImage(image.new("L", (60, 60), 128), 100, 100, 300, 300)
        page.showPage()
    page.save()
    return made.getvalue()


def zipped(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of good and bad files; what a file is expected to become is the start of its name."""
    folder = tmp_path_factory.mktemp("mixed")
    report = pdf("Quillon Optics sold four telescopes to the mayor of Dunmere.", "The mayor sold one of them again.")
    files = {
        "added utf-8.txt": "Quillon Optics opened a café in Dunmere last year.".encode(),
        "added latin-1.txt": "Quillon Optics shut the café in Dumfrée this year, unnoticed.".encode("latin-1"),
        "added utf-16.txt": "Quillon Optics will reopen the café in Dunmere next year.".encode("utf-16"),
        "added report.pdf": report,
        "added partly.pdf": pdf("The clerk of Dunmere counted eleven telescopes in the attic.", ""),
        "failed empty.txt": b"",
        "failed blank.txt": b" \n\t\n",
        "failed picture.txt": b"\x89PNG\r\n\x1a\n" + bytes(64),
        "failed cut.pdf": report[:200],
        "failed locked.pdf": pdf("Nobody can read this.", lock="swordfish"),
        "failed scan.pdf": pdf("", ""),
        "failed fake.docx": b"PK\x03\x04" + bytes(100),
        "failed sheet.docx": zipped(**{"xl/workbook.xml": "<workbook/>"}),
        "failed archive.txt": zipped(note="hello"),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def mixed_receipts(
    mixed: Path, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, tuple[int, str, str]]:
    """Return a store into which the folder was ingested, and what the command printed."""
    home = tmp_path_factory.mktemp("mixed store") / "store"
    command = [sys.executable, "-m", "app.cli", "ingest", str(mixed), "--json", "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), timeout=200)
    return home, (done.returncode, done.stdout, done.stderr)


def test_a_bad_file_among_good_ones(mixed: Path, mixed_receipts: tuple[Path, tuple[int, str, str]]) -> None:
    """Of a folder the good files are added and the bad ones reported, each in a row of its own, and the exit is 1."""
    made = from_json(mixed_receipts[1], code=1)
    assert made.keys() == {"documents", "seconds"}
    assert all(row.keys() == RECEIPT for row in made["documents"])
    statuses = {row["name"]: row["status"] for row in made["documents"]}
    assert statuses == {path.name: path.name.split()[0] for path in mixed.iterdir()}


def test_a_bad_file_is_explained(mixed_receipts: tuple[Path, tuple[int, str, str]]) -> None:
    """The row of a failed file has no id, and an error that names the file and is no traceback."""
    failed = [row for row in json.loads(mixed_receipts[1][1])["documents"] if row["status"] == "failed"]
    for row in failed:
        assert row["id"] is None
        assert row["name"] in row["error"]
        assert "Traceback" not in row["error"]
        assert row["passages"] == row["pages"] == 0
    errors = {row["name"].split(maxsplit=1)[1]: row["error"] for row in failed}
    for name, words in (
        ("empty.txt", "is empty"),
        ("picture.txt", "PNG picture"),
        ("locked.pdf", "password"),
        ("scan.pdf", "OCR"),
        ("sheet.docx", "Excel workbook"),
    ):
        assert words in errors[name]


def test_pages_without_text_are_counted(mixed_receipts: tuple[Path, tuple[int, str, str]]) -> None:
    """A PDF with a page that is a picture is added, and the page counted."""
    rows = {row["name"]: row for row in json.loads(mixed_receipts[1][1])["documents"]}
    assert (rows["added partly.pdf"]["pages"], rows["added partly.pdf"]["pages_without_text"]) == (2, 1)
    assert (rows["added report.pdf"]["pages"], rows["added report.pdf"]["pages_without_text"]) == (2, 0)


def test_progress_goes_to_stderr(mixed_receipts: tuple[Path, tuple[int, str, str]]) -> None:
    """Each file that is read is named on stderr with how much is done, so that stdout holds the result alone."""
    assert re.search(r"(?m)^reading added utf-8\.txt \(\d\d?% of all done\)$", mixed_receipts[1][2])


def test_encodings_are_recognised(run: Run, mixed_receipts: tuple[Path, tuple[int, str, str]]) -> None:
    """Text in UTF-8, Latin-1 and UTF-16 is shown with its letters right."""
    home = mixed_receipts[0]
    for entry in from_json(run("documents", "--json", "--home", home))["documents"]:
        if entry["name"].endswith(".txt"):
            assert "café" in from_json(run("show", entry["id"], "--json", "--home", home))["text"]


def test_ask_as_a_real_process(mixed_receipts: tuple[Path, tuple[int, str, str]]) -> None:
    """A real process answers from what another one added, page and all, and writes JSON and nothing else to stdout."""
    question = "Who sold four telescopes to the mayor of Dunmere?"
    command = [sys.executable, "-m", "app.cli", "ask", question, "--json"]
    variables = environment(DOSSIER_HOME=str(mixed_receipts[0]))
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables, timeout=200)
    answer = from_json((done.returncode, done.stdout, done.stderr))
    assert answer["citations"][0]["quote"] == "Quillon Optics sold four telescopes to the mayor of Dunmere."
    assert answer["citations"][0]["page"] == 1
    assert done.stderr == ""


def test_again_is_unchanged(run: Run, own_store: Path, own_files: Path) -> None:
    """A file that is known is said to be unchanged, another name for it a duplicate, and nothing is added."""
    before = from_json(run("documents", "--json", "--home", own_store))
    (row,) = from_json(run("ingest", own_files / "gate.md", "--json", "--home", own_store))["documents"]
    assert row["status"] == "unchanged"
    copy = own_store.parent / "copy.md"
    shutil.copy(own_files / "gate.md", copy)
    (row,) = from_json(run("ingest", copy, "--json", "--home", own_store))["documents"]
    assert row["status"] == "duplicate"
    assert row["duplicate_of"] in {entry["id"] for entry in before["documents"]}
    assert from_json(run("documents", "--json", "--home", own_store)) == before


def test_ingest_in_words(run: Run, own_store: Path) -> None:
    """Without --json each file is a line on stdout: what became of it, its name, id and size."""
    note = own_store.parent / "note.txt"
    note.write_text("Quillon Optics rents a boathouse in Ostrel.", encoding="utf-8")
    code, out, _ = run("ingest", note, "--home", own_store)
    assert code == 0
    assert re.fullmatch(r"added: note\.txt \([0-9a-f]{16}; 1 passages\)\n", out)
    note.write_bytes(b"")
    code, out, _ = run("ingest", note, "--home", own_store)
    assert code == 1
    assert out.startswith("failed: note.txt is empty.")


@pytest.mark.usefixtures("only_here")
def test_addresses_are_fetched(run: Run, own_store: Path, monkeypatch: pytest.MonkeyPatch, own_files: Path) -> None:
    """Files and addresses are added by one command, a receipt each, and where each comes from is told on stderr."""
    monkeypatch.setattr("ingest.fetch.Fetcher", local_fetcher)
    with serving({"/gates": giving(web_page("Gates", "The port of Marrow Bay bought twelve gates."))}) as site:
        good, gone = site.at("/gates").replace("http:", "HTTP:"), site.at("/gone")
        code, out, err = run("ingest", good, own_files / "port.md", gone, "--home", own_store)
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith("unchanged: port.md (")
    assert lines[1].startswith(f"added: {site.at('/gates')} (")
    assert lines[2].startswith(f"failed: {gone}: the server answers 404 (Not Found) where 200 is needed.")
    assert f"fetching {gone}\n" in err


@pytest.mark.usefixtures("only_here")
def test_posts_of_a_site_are_fetched(run: Run, own_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posts of a site are added by its own search and by days; run again, none of them is fetched."""
    monkeypatch.setattr("ingest.fetch.Fetcher", local_fetcher)
    with serving() as site:
        wordpress = WordPress(site)
        for number, day in ((1, "2018-12-31"), (2, "2019-01-01"), (3, "2020-01-01")):
            wordpress.publish(number, f"The port of Marrow Bay bought {number} gates for Hikvision.", day)
        command = ("ingest", site.at(), "--search", "hikvision", "--since", "2019-01-01", "--until", "2019-12-31")
        first = from_json(run(*command, "--json", "--home", own_store))["documents"]
        again = from_json(run(*command, "--json", "--home", own_store))["documents"]
        assert wordpress.fetched() == ["2"]
    assert [(row["status"], row["name"]) for row in first] == [("added", site.at("/2019/post-2/"))]
    assert [(row["status"], row["id"]) for row in again] == [("unchanged", first[0]["id"])]


@pytest.mark.usefixtures("only_here")
@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8501/", "http://2130706433/", "https://[::1]/", "http://10.0.0.1/x"]
)
def test_no_private_address_is_fetched(run: Run, own_store: Path, only_here: list[str], address: str) -> None:
    """The command as it is reaches no machine of a private network, nor this one."""
    code, out, _ = run("ingest", address, "--home", own_store)
    assert code == 1
    assert out.startswith(f"failed: {address} is not fetched: ")
    assert only_here == []


@pytest.mark.usefixtures("only_here")
@pytest.mark.parametrize("address", ["ftp://lantern.example/x", "SFTP://lantern.example/x", "file:///etc/hosts"])
@pytest.mark.parametrize("options", [(), ("--search", "gates")])
def test_other_schemes_are_refused(run: Run, own_store: Path, address: str, options: tuple[str, ...]) -> None:
    """An address of another scheme is refused as one, with the schemes that are taken and what to do."""
    code, out, _ = run("ingest", address, *options, "--home", own_store)
    assert code == 1
    assert out == (
        f"failed: {address} cannot be fetched: only http:// and https:// are. Save it on this machine, then add the "
        "file by its path.\n"
    )


@pytest.mark.parametrize("arguments", [("--search", "x"), ("--since", "2019-01-01", "a.md"), ("--until", "2019")])
def test_posts_are_of_a_site(run: Run, store: Path, arguments: tuple[str, ...]) -> None:
    """Words and days that choose posts of a site are wrong usage without one, as is a day that is none."""
    code, out, err = run("ingest", *arguments, "--home", store)
    assert (code, out) == (2, "")
    assert "address" in err or "YYYY-MM-DD" in err


def test_a_path_that_is_not_there(run: Run, own_store: Path, tmp_path: Path) -> None:
    """A path that is not there, or that no file system takes, fails by name and harms no other file."""
    good = tmp_path / "good.txt"
    good.write_text("The port of Marrow Bay bought twelve gates.", encoding="utf-8")
    code, out, _ = run("ingest", tmp_path / "nowhere.pdf", tmp_path / ("x" * 300), good, "--home", own_store)
    assert code == 1
    assert "nowhere.pdf is not there" in out
    assert "cannot be read (File name too long)" in out
    assert "added: good.txt" in out


def test_a_store_does_not_add_itself(run: Run, tmp_path: Path) -> None:
    """A store that lies in the folder that is added is left out of it."""
    (tmp_path / "good.txt").write_text("The port of Marrow Bay bought twelve gates.", encoding="utf-8")
    for status in ("added", "unchanged"):
        code, out, _ = run("ingest", tmp_path, "--home", tmp_path / "store")
        assert (code, out.splitlines()[1:]) == (0, [])
        assert out.startswith(f"{status}: good.txt")


def test_a_folder_without_files(run: Run, store: Path, tmp_path: Path) -> None:
    """A folder in which there is no file fails and is named."""
    code, out, err = run("ingest", tmp_path, "--home", store)
    assert (code, out) == (1, "")
    assert str(tmp_path) in err


def test_names_do_not_steer_a_terminal(run: Run, own_store: Path, tmp_path: Path) -> None:
    """Control characters, bidirectional marks and broken bytes in a file's name or title reach no terminal."""
    folder = tmp_path / "odd"
    folder.mkdir()
    text = (
        "<html><head><title>Harbour &#27;]0;owned&#7; dues</title></head><body><article><h1>Harbour dues</h1>"
        "<p>The dues of {} rose &#27;[31m twice this year, the &#8238;harbour master told the council on Monday.</p>"
        "</article></body></html>"
    )
    names = (b"esc\x1b]0;x\x07.html", b"csi\xc2\x9b31m.html", "rtl\u202egpj.html".encode(), b"bad\xff.html")
    for number, name in enumerate(names):
        (folder / os.fsdecode(name)).write_text(text.format(f"Ostrel{number}"), encoding="utf-8")
    outputs = [run("ingest", folder, "--home", own_store)]
    outputs.append(run("documents", "--home", own_store))
    outputs.append(run("documents", "--json", "--home", own_store))
    outputs.append(run("search", "dues of Ostrel0", "-k", 3, "--home", own_store))
    listed = json.loads(outputs[2][1])["documents"]
    key = next(entry["id"] for entry in listed if entry["name"].startswith("esc"))
    outputs.append(run("show", key, "--home", own_store))
    outputs.append(run("ingest", folder / "\x1b[31mnowhere", "--home", own_store))
    assert [code for code, _, _ in outputs] == [0, 0, 0, 0, 0, 1]
    for _, out, err in outputs:
        assert not UNSAFE.search(out + err)


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
