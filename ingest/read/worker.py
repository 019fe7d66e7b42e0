"""The child process that reads files: `python -m ingest.read.worker MEMORY_BYTES`, started by `ingest.read.process`.

It takes frames on standard input and answers on standard output until its input ends.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from ingest.errors import LockedFileError, UnreadableFileError
from ingest.read import formats, wire
from ingest.read.limits import Limits

if TYPE_CHECKING:
    from typing import BinaryIO

_OPEN_FILES = 64
# Room for the language model, which its library unpacks into a temporary file.
_WRITTEN_BYTES = 200_000_000


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = _take_streams()
    _limit_resources(int(sys.argv[1]))
    # Libraries log and warn about every second file; only what kills this process is of interest.
    logging.disable(logging.CRITICAL)
    while True:
        try:
            request, data = wire.receive(requests, sys.maxsize)
        except EOFError:
            return
        wire.send(answers, *_answer(request, data))


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep standard input and output for frames: what a library reads or prints must not get among them."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def _limit_resources(memory_bytes: int) -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - there is none on Windows

    for kind, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, _WRITTEN_BYTES),
    ):
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):
            # macOS knows RLIMIT_AS and refuses it; the time limit of the parent still holds.
            continue


def _answer(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    name, limits = request["name"], Limits(**request["limits"])
    _alarm(limits.seconds_for(len(data)) + wire.TIME_MARGIN)
    try:
        if "picture" in request:
            from ingest.read import pdf_marks  # noqa: PLC0415 - most files are only read

            return pdf_marks.picture(data, name, request["picture"], request["password"])
        documents = formats.read(data, name, limits, request["password"], request["charset"])
        return {"documents": [wire.pack(document) for document in documents]}, b""
    except UnreadableFileError as error:
        return {"error": str(error), "locked": isinstance(error, LockedFileError)}, b""
    except RecursionError:
        return {"error": f"{name} is nested too deeply to be read; save it as PDF or plain text and add that."}, b""
    except MemoryError:
        os._exit(wire.OUT_OF_MEMORY)
    finally:
        _alarm(0)


def _alarm(seconds: float) -> None:
    """End this process after `seconds` even if its parent is gone and cannot."""
    if sys.platform != "win32":
        import signal  # noqa: PLC0415 - no timers on Windows

        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
