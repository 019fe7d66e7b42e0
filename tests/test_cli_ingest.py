from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from commands import from_json
from sites import WordPress, giving, local_fetcher, serving
from sites import article as web_page
from specimens import environment

if TYPE_CHECKING:
    from pathlib import Path

    from commands import Run

    from ingest.embed import Embedder

pytest_plugins = ["commands", "specimens", "sites"]

RECEIPT = {
    "id", "name", "status", "duplicate_of", "replaces", "superseded_by", "error", "passages", "pages",
    "pages_without_text",
}  # fmt: skip
UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


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
