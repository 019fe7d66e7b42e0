from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import replace

import pytest

from ingest.errors import UnreadableFileError
from ingest.read import DEFAULT_LIMITS, ReadingProcess, formats, wire
from ingest.read.text import read as read_text

PROSE = b"The firm sold four hundred cameras to the province, the tender shows, and denies it."


@pytest.fixture(scope="module")
def reading():
    with ReadingProcess() as process:
        yield process


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (b"\n%PDF-1.7\n", "wrong.txt", "pdf"),
        (zipped("word/document.xml"), "wrong.pdf", "docx"),
        (b"<!-- saved --><!DOCTYPE html><p>x", "wrong.txt", "html"),
        ("<html><p>x".encode("utf-16"), "x", "html"),
        (b"<p>Hello</p>", "x", "html"),
        (b"<p align=center>Hello</p>", "README.md", "text"),
        (b'{"id":1,"title":{"rendered":"a', "a.json.txt", "wordpress"),
        (b'\xef\xbb\xbf[ {"id":1}]', "a", "wordpress"),
        (b'Saved: {"title":{"rendered":"a"},"content":{"rendered":"b"}}', "a.txt", "wordpress"),
        (b"[1] A footnote, and 2 < 3.", "a.txt", "text"),
        (b"{curly} text", "a.txt", "text"),
        ("Текст".encode("cp1251"), "a", "text"),
    ],
)
def test_format_by_content(data: bytes, name: str, found: str) -> None:
    """The format is told by the content, whatever the name says."""
    assert formats.sniff(data, name) == found


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n...", "PNG"),
        (b"\xff\xd8\xff\xe0...", "JPEG"),
        (b"GIF89a...", "GIF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "old Office file"),
        (b"{\\rtf1 x}", "RTF"),
        (zipped("xl/workbook.xml"), "Excel"),
        (zipped("ppt/presentation.xml"), "PowerPoint"),
        (zipped("mimetype", "META-INF/container.xml"), "EPUB"),
        (zipped("a.txt"), "ZIP archive"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"<?xml version='1.0'?><rss></rss>", "XML"),
        (bytes(range(256)) * 4, "binary"),
    ],
)
def test_no_reader(data: bytes, said: str) -> None:
    """A file that no reader takes is named as what it seems to be."""
    with pytest.raises(UnreadableFileError, match=r"file\.txt") as caught:
        formats.sniff(data, "file.txt")
    assert said in str(caught.value)


def test_language() -> None:
    """A document has the language that its reader states, else the one it is probably in; a few letters have none."""
    assert formats.read(PROSE, "a.txt")[0].language == "en"
    chinese = "这家公司向该省出售了四百台摄像机，合同显示如此，但公司否认。"
    assert formats.read(chinese.encode(), "a.txt")[0].language == "zh"
    assert formats.read(b"---\nlanguage: fr\n---\n" + PROSE, "a.md")[0].language == "fr"
    assert formats.read(b"Too short", "a.txt")[0].language is None


def test_limits_of_a_document() -> None:
    """A document beyond the limits is refused with both numbers."""
    with pytest.raises(UnreadableFileError, match=r"a\.txt has 84 characters of text; the limit is 50"):
        formats.read(PROSE, "a.txt", replace(DEFAULT_LIMITS, characters=50))
    with pytest.raises(UnreadableFileError, match=r"a\.html has 2\.0 MB; .* 1 MB"):
        formats.read(b"<p>x" + b" " * 2_000_000, "a.html", replace(DEFAULT_LIMITS, markup_bytes=1_000_000))


def test_same_in_child(reading: ReadingProcess) -> None:
    """What the child reads comes back as the reader made it."""
    marked = "---\ntitle: T\n---\n# Head\n\n> said\n\n- item [x](https://a.example/)\n\n😀\u200b end\n\n"
    source = marked.encode() + PROSE
    assert reading.read("a.md", source) == [replace(read_text(source, "a.md")[0], language="en")]


def test_the_encoding_reaches_the_child(reading: ReadingProcess) -> None:
    """A file is read in the encoding that whoever sent it names."""
    (document,) = reading.read("a.txt", "Камеры".encode("koi8-r"), charset="koi8-r")
    assert document.text == "Камеры"


def test_error_in_child_keeps_the_child(reading: ReadingProcess) -> None:
    """A file that cannot be read is an error with its name, and the same process reads the next."""
    reading.read("a.txt", PROSE)
    before = reading._child
    with pytest.raises(UnreadableFileError, match=r"^scan\.png seems to be a PNG"):
        reading.read("sc\u202ean.png", b"\x89PNG\r\n\x1a\n...")
    assert reading.read("a.txt", PROSE)
    assert reading._child is before


def test_too_large_is_not_sent() -> None:
    """A file beyond the size limit is refused before a process is started."""
    with ReadingProcess(replace(DEFAULT_LIMITS, file_bytes=1_000_000)) as reading:
        with pytest.raises(UnreadableFileError, match=r"a\.txt has 1\.5 MB; files are read up to 1 MB"):
            reading.read("a.txt", bytes(1_500_000))
        assert reading._child is None


def test_time_limit() -> None:
    """A file that takes too long is an error that says how long, and the next file is read by a new process."""
    slow = b"<p>" + b"word " * 3_000_000
    with ReadingProcess(replace(DEFAULT_LIMITS, seconds=0.0, seconds_per_megabyte=0.05)) as reading:
        began = time.monotonic()
        with pytest.raises(UnreadableFileError, match=r"slow\.html could not be read: it took longer than 1 s"):
            reading.read("slow.html", slow)
        assert time.monotonic() - began < 10
        reading._limits = DEFAULT_LIMITS
        assert reading.read("a.txt", PROSE)


def test_memory_limit() -> None:
    """A file that needs more memory than allowed is an error, and the next file is read by a new process."""
    large = b"<ul>" + b"<li>a" * 3_000_000
    with ReadingProcess(replace(DEFAULT_LIMITS, memory_bytes=600_000_000)) as reading:
        with pytest.raises(UnreadableFileError, match=r"large\.html could not be read: it needed more than 0\.6 GB"):
            reading.read("large.html", large)
        assert reading.read("a.txt", PROSE)


def test_death_of_the_child() -> None:
    """A process that dies between files or over one is replaced; the file it died over is an error."""
    with ReadingProcess() as reading:
        reading.read("a.txt", PROSE)
        reading._child._process.kill()
        reading._child._process.wait()
        assert reading.read("a.txt", PROSE)
        # An answer that does not come: the process is told to read something that makes it fail.
        with pytest.raises(UnreadableFileError, match=r"a\.txt could not be read: the reader crashed \(TypeError"):
            reading._answer({"name": "a.txt", "password": None, "limits": {"unknown": 1}}, PROSE)
        assert reading.read("a.txt", PROSE)


def test_process_is_renewed() -> None:
    """A process takes a number of files and is then replaced."""
    with ReadingProcess(replace(DEFAULT_LIMITS, files_per_process=2)) as reading:
        numbers = []
        for _ in range(3):
            reading.read("a.txt", PROSE)
            numbers.append(reading._child._process.pid)
    assert numbers[0] == numbers[1] != numbers[2]


def test_child_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child does not inherit keys, and its home is no folder."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with ReadingProcess() as reading:
        reading.read("a.txt", PROSE)
        pid = reading._child._process.pid
        if not os.path.exists(f"/proc/{pid}/environ"):  # noqa: PTH110
            pytest.skip("no /proc on this system")
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            environment = file.read()
    assert b"sk-secret" not in environment
    assert b"HOME=/dev/null" in environment


def test_printing_does_not_reach_the_answers() -> None:
    """What a library prints in the child goes to its errors, never among the frames."""
    program = (
        "import sys; from ingest.read import worker; a, b = worker._take_streams(); "
        "print('noise'); sys.stdout.flush(); b.write(b'answer'); b.flush(); assert sys.stdin.read() == ''"
    )
    ended = subprocess.run([sys.executable, "-c", program], input=b"frames", capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"answer", b"noise\n")


def test_import_is_light() -> None:
    """The parent imports none of the libraries that parse files."""
    libraries = {"lxml", "trafilatura", "docx", "pypdf", "pypdfium2", "numpy"}
    program = f"import sys, ingest.read; print(*{libraries} & set(sys.modules))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert ended.stdout.split() == []


PACKED = wire.pack(read_text(b"One block.\n\nAnother.", "a.txt")[0])


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"text": "One\u202e block.\n\nAnother."},
        {"blocks": []},
        {"blocks": [[0, 99, "paragraph", 0, None, False]]},
        {"blocks": [[-1, 3, "paragraph", 0, None, False]]},
        {"blocks": [[0, 4, "paragraph", 0, None, False]]},
        {"blocks": [[4, 9, "paragraph", 0, None, False], [0, 3, "paragraph", 0, None, False]]},
        {"blocks": [[0, 3, "poem", 0, None, False]]},
        {"blocks": [[False, 3, "paragraph", 0, None, False]]},
        {"blocks": [[0, 3, "paragraph", 0, None]]},
        {"pages": [[0, 99, None]]},
        {"pages": [[5, 9, None], [0, 4, None]]},
        {"kind": "program"},
        {"title": None},
        {"links": [7]},
        {"left_out": {"pages": -1}},
    ],
)
def test_answers_are_checked(change: dict) -> None:
    """An answer that does not hold together is refused, for the child has touched hostile files."""
    assert wire.unpack(json.loads(json.dumps(PACKED))).text == "One block.\n\nAnother."
    with pytest.raises((ValueError, TypeError, KeyError)):
        wire.unpack({**PACKED, **change})


def test_frames() -> None:
    """Frames come back as sent; one that is cut or too large is refused."""
    stream = io.BytesIO()
    wire.send(stream, {"name": "é"}, b"bytes")
    assert wire.receive(io.BytesIO(stream.getvalue()), 100) == ({"name": "é"}, b"bytes")
    with pytest.raises(EOFError):
        wire.receive(io.BytesIO(stream.getvalue()[:-1]), 100)
    with pytest.raises(ValueError, match="where 5 are allowed"):
        wire.receive(io.BytesIO(stream.getvalue()), 5)
