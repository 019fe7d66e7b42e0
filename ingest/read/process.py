"""Reading in a child process with limits: a hostile or broken file ends the child, and is an error like any other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ingest.child import child_environment
from ingest.errors import LockedFileError, UnreadableFileError
from ingest.read import wire
from ingest.read.clean import one_line
from ingest.read.limits import DEFAULT_LIMITS, Limits, require_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import BinaryIO, Self

    from ingest.records import ParsedDocument

_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class PageWanted:
    """A page to be shown: its 0-based index, its `width` in pixels, and what to mark, between what stands around it."""

    page: int
    width: int
    quote: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class PageImage:
    """The picture of a page as PNG; sizes and `marks` (left, top, right, bottom) in pixels."""

    png: bytes
    width: int
    height: int
    marks: tuple[tuple[int, int, int, int], ...]


class ReadingProcess:
    """Reads files in a child process, which is kept for many files and replaced when it dies or hangs.

    >>> with ReadingProcess() as reading:
    ...     documents = reading.read("report.pdf", data)
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(
        self, name: str, data: bytes, password: str | None = None, charset: str | None = None
    ) -> list[ParsedDocument]:
        """Return the documents in a file; raise UnreadableFileError when it cannot be read within the limits.

        `charset` is the encoding that whoever sent the file names; what it says of itself comes after that.
        """
        request = self._request(name, data, password) | {"charset": charset}
        answer, _ = self._answer(request, data)
        with self._holding_together(request["name"]):
            return [wire.unpack(document) for document in answer["documents"]]

    def page_image(self, name: str, data: bytes, wanted: PageWanted, password: str | None = None) -> PageImage:
        """Return the picture of a page of a PDF, smaller than wanted where the page is very long.

        LockedFileError when the file needs another password, UnreadableFileError when the page cannot be shown within
        the limits.
        """
        request = self._request(name, data, password) | {"picture": asdict(wanted)}
        answer, png = self._answer(request, data)
        with self._holding_together(request["name"]):
            size, marks = wire.unpack_picture(answer, png)
            return PageImage(png, *size, marks)

    def _request(self, name: str, data: bytes, password: str | None) -> dict[str, Any]:
        label = one_line(name)[:_NAME_LENGTH] or "The file without a name"
        require_size(label, len(data), self._limits)
        return {"name": label, "password": password, "limits": asdict(self._limits)}

    @contextmanager
    def _holding_together(self, label: str) -> Iterator[None]:
        try:
            yield
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self.close()
            raise UnreadableFileError(
                f"{label} could not be read: its reader's answer does not hold together ({error}). Save it in another "
                "format and add that."
            ) from error

    def close(self) -> None:
        """End the child process, if there is one."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _answer(self, request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        child, name = self._fresh_child(), request["name"]
        seconds = self._limits.seconds_for(len(data))
        try:
            answer, payload = child.ask(request, data, seconds, self._limits.answer_bytes)
        except (OSError, EOFError):
            reason = child.reason_of_death(seconds, self._limits.memory_bytes)
        except (ValueError, TypeError) as error:
            reason = f"its reader gave no proper answer: {error}"
        else:
            if "error" in answer:
                kind = LockedFileError if answer.get("locked") is True else UnreadableFileError
                raise kind(one_line(str(answer["error"])))
            return answer, payload
        self.close()
        raise UnreadableFileError(
            f"{name} could not be read: {reason}. Open it in the program it came from, save it anew (or print it to "
            "PDF) and add that."
        )

    def _fresh_child(self) -> _Child:
        if self._child is not None and not self._child.can_take(self._limits.files_per_process):
            self.close()
        if self._child is None:
            self._child = _Child(self._limits.memory_bytes)
        return self._child


class _Child:
    """One child process, with the errors it prints in a file."""

    def __init__(self, memory_bytes: int) -> None:
        # Appending, so that cutting the file short before each request leaves no hole.
        self._errors: BinaryIO = tempfile.TemporaryFile("a+b")  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingest.read.worker", str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=child_environment(),
            # A group of its own, so that it can be killed with all it started, and Ctrl-C does not reach it.
            start_new_session=True,
        )
        self._asked = 0
        self._late = False

    def can_take(self, files: int) -> bool:
        """Tell whether the process lives and has taken fewer than `files` files."""
        return self._process.poll() is None and not self._late and self._asked < files

    def ask(self, request: dict[str, Any], data: bytes, seconds: float, largest: int) -> tuple[dict[str, Any], bytes]:
        """Return the answer to a request; raise EOFError or OSError when the process dies or is killed for the time."""
        assert self._process.stdin is not None  # noqa: S101 - opened above
        assert self._process.stdout is not None  # noqa: S101
        self._asked += 1
        self._errors.truncate(0)
        watch = threading.Timer(seconds, self._give_up)
        watch.start()
        try:
            wire.send(self._process.stdin, request, data)
            return wire.receive(self._process.stdout, largest)
        finally:
            watch.cancel()

    def reason_of_death(self, seconds: float, memory_bytes: int) -> str:
        """Say why no answer came."""
        status = self._process.wait()
        if self._late or (sys.platform != "win32" and status == -signal.SIGALRM):
            return f"it took longer than {seconds:.0f} s"
        if status == wire.OUT_OF_MEMORY:
            return f"it needed more than {memory_bytes / 1e9:.1f} GB of memory"
        if sys.platform != "win32" and status == -signal.SIGKILL:
            return "its reader was killed, as the system does when memory runs out"
        return f"the reader crashed ({self._last_error() or f'exit status {status}'})"

    def end(self) -> None:
        """Kill the process with its group and release what it held."""
        self._kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                _close(stream)

    def _give_up(self) -> None:
        self._late = True
        self._kill()

    def _kill(self) -> None:
        # Once it has been waited for, its number may be another's.
        if self._process.poll() is not None:
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            os.killpg(self._process.pid, signal.SIGKILL)

    def _last_error(self) -> str:
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 2_000))
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines() or [""]
        return one_line(lines[-1])[:_NAME_LENGTH]


def _close(stream: Any) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        # What was not yet sent to a dead process is lost with it.
        return
