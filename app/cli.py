"""The command line: results on stdout, progress and errors on stderr; exit 0, 1 on a failure, 2 on wrong usage."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.printed import answer_text, indented, one_line, receipt_line, shown_progress
from ingest.errors import DossierError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.dossier import Dossier
    from ingest.backup import Backup
    from ingest.records import Filters, Receipt
    from ingest.site import Wanted

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Ask a collection of reports who was involved, and get verbatim, checkable quotes for an answer.",
    epilog="Example: dossier ingest reports/ && dossier ask 'Who supplies Hikvision?'",
)

Home = Annotated[
    Path | None, typer.Option("--home", help="Folder of the store; else DOSSIER_HOME, else .dossier here.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]
Firm = Annotated[str | None, typer.Option("--firm", help="Only passages that name this firm, under any of its names.")]
Since = Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Published on this day or later.")]
Until = Annotated[str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="Published on this day or earlier.")]
Publisher = Annotated[str | None, typer.Option("--publisher", help="Only documents of this publisher.")]


def main() -> None:
    """Run the command line."""
    # What is made here holds what somebody investigates: for its owner's eyes only.
    os.umask(0o077)
    try:
        app()
    except DossierError as error:
        _complain(str(error))
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


@app.command(epilog="Example: dossier ingest reports/ article.json https://example.org/report.pdf")
def ingest(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH|URL]...", help="Files, folders or addresses; default: what ships."),
    ] = None,
    search: Annotated[
        str | None, typer.Option("--search", metavar="WORDS", help="Posts of a site that its own search finds.")
    ] = None,
    since: Since = None,
    until: Until = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Add files and folders: WordPress JSON, HTML, PDF, DOCX, Markdown, plain text; or fetch them from addresses.

    An address is fetched as it is, an article or a PDF. With --search, --since or --until it is a WordPress site, which
    its REST interface shows, and its posts are added; run again, only those that are new or changed are fetched.
    """
    began = time.perf_counter()
    from app.dossier import shipped  # noqa: PLC0415 - late

    # Of any scheme: one that is not fetched is refused as such, and not looked for among the files.
    addresses = [path for path in paths or () if re.match("[a-z][a-z0-9+.-]*://", path, re.IGNORECASE)]
    files = [Path(path) for path in paths or () if path not in addresses]
    posts = _posts(search, since, until, files or not addresses)
    receipts = []
    with _opened(home) as dossier, shown_progress() as progress:
        try:
            for receipt in chain(
                dossier.add_paths(files if paths else shipped(), progress),
                dossier.add_addresses(addresses, posts, progress),
            ):
                receipts.append(receipt)
                if not as_json:
                    typer.echo(receipt_line(receipt))
        except KeyboardInterrupt:
            _complain("Stopped. What was finished is kept; run the same command again to go on.")
            raise
    if as_json:
        _print_json({"documents": [_fields(receipt) for receipt in receipts], "seconds": _since(began)})
    if not receipts:
        raise DossierError(f"No file found in {', '.join(map(str, files))}.")
    if any(receipt.status == "failed" for receipt in receipts):
        raise typer.Exit(1)


@app.command(epilog="Example: dossier ask 'Who supplies Hikvision?' --since 2019-01-01")
def ask(
    question: Annotated[str, typer.Argument(help="The question, in plain words.")],
    history: Annotated[
        Path | None,
        typer.Option("--history", metavar="FILE", help='JSON: [{"role": "user|assistant", "content"}, ...].'),
    ] = None,
    firm: Firm = None,
    since: Since = None,
    until: Until = None,
    publisher: Publisher = None,
    home: Home = None,
    *,
    quote: Annotated[bool, typer.Option("--quote", help="Only quote, also where a chat model is set.")] = False,
    as_json: AsJson = False,
) -> None:
    """Answer a question with verbatim, cited sentences, or say that the sources do not say.

    With the conversation before it (--history), a follow-up like "And who supplies them?" is understood.
    """
    turns = _turns(history) if history else ()
    with _opened(home) as dossier:
        answer = dossier.ask(question, _filters(dossier, firm, since, until, publisher), turns, quote=quote)
    if as_json:
        _print_json(answer.as_json())
    else:
        typer.echo(answer_text(answer))


@app.command(epilog="Example: dossier search 'facial recognition contracts' -k 5")
def search(
    query: Annotated[str, typer.Argument(help="Words or a question.")],
    most: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 10,
    firm: Firm = None,
    since: Since = None,
    until: Until = None,
    publisher: Publisher = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Find the passages nearest to a query."""
    with _opened(home) as dossier:
        hits = dossier.search(query, most, _filters(dossier, firm, since, until, publisher))
    if as_json:
        _print_json({"query": query, "hits": [hit.as_json() for hit in hits]})
        return
    from app.cite import printed_place, printed_source  # noqa: PLC0415 - late

    for hit in hits:
        place = printed_place(hit.passage.place)
        typer.echo(f"{hit.rank}. {one_line(printed_source(hit.document))}, {place}\n{indented(hit.text)}\n")


@app.command(epilog="Example: dossier documents --json")
def documents(home: Home = None, *, as_json: AsJson = False) -> None:
    """List the documents of the store."""
    with _opened(home) as dossier:
        entries = dossier.library.entries()
    if as_json:
        from app.answers import entry_json  # noqa: PLC0415 - late

        _print_json({"documents": [entry_json(entry) for entry in entries]})
        return
    for entry in entries:
        source = entry.source
        size = f"{entry.pages} pages, " if entry.pages else ""
        about = ", ".join(part for part in (source.publisher, (source.published or "")[:10]) if part)
        line = f"{source.id}  {source.title} ({about or source.name}; {size}{entry.passages} passages)"
        typer.echo(one_line(line))
    if not entries:
        typer.echo("No documents yet. Add some with `dossier ingest`.", err=True)


@app.command(epilog="Example: dossier show 0123456789abcdef")
def show(
    document_id: Annotated[str, typer.Argument(metavar="ID", help="As `dossier documents` lists it.")],
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show a document: what is known of it, and its text as it is searched and quoted."""
    with _opened(home) as dossier:
        document = dossier.library.document(document_id)
    from app.answers import source_json  # noqa: PLC0415 - late

    if as_json:
        _print_json(
            source_json(document.source)
            | {"left_out": document.left_out, "links": list(document.links), "text": document.text}
        )
        return
    for key, value in source_json(document.source).items():
        if value is not None:
            typer.echo(f"{key + ':':11} {one_line(str(value))}")
    for what, count in document.left_out.items():
        if count:
            typer.echo(f"left out:   {count} {what.replace('_', ' ')}")
    typer.echo(f"\n{document.text}")


@app.command(epilog="Example: dossier remove 0123456789abcdef")
def remove(
    document_id: Annotated[str, typer.Argument(metavar="ID", help="As `dossier documents` lists it.")],
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Remove a document with all its versions: original, text and vectors; then overwrite what is left in files."""
    with _opened(home) as dossier:
        removed = dossier.library.remove(document_id)
        if not as_json:
            typer.echo(f"Removed {', '.join(removed)}.")
        dossier.library.forget()
    if as_json:
        _print_json({"removed": removed})
    else:
        typer.echo("What the indexes kept of it is overwritten.")


@app.command(epilog="Example: dossier ask 'Who supplies Hikvision?' --json > answer.json && dossier verify answer.json")
def verify(
    record: Annotated[Path, typer.Argument(metavar="ANSWER.json", help="What `dossier ask --json` printed.")],
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check an answer's quotes against the store: each verbatim, and where it says that it stands."""
    from app.check import verify as verified  # noqa: PLC0415 - late

    answer = _json_of(record)
    with _opened(home) as dossier:
        verdicts = verified(answer, dossier.library)
    holds = all(verdict.ok for verdict in verdicts)
    if as_json:
        _print_json({"ok": holds, "citations": [verdict.as_json() for verdict in verdicts]})
    else:
        for verdict in verdicts:
            name = f"[{verdict.number}]" if verdict.number else "The text"
            typer.echo(f"{name} {'holds' if verdict.ok else 'DOES NOT HOLD'}{_because(verdict.problem)}")
        quotes = sum(bool(verdict.number) for verdict in verdicts)
        typer.echo(f"{'Everything holds' if holds else 'Not everything holds'}: {quotes} quotes checked.")
    if not holds:
        raise typer.Exit(1)


@app.command(epilog="Example: dossier doctor")
def doctor(
    home: Home = None,
    *,
    embed_anew: Annotated[
        bool, typer.Option("--embed-anew", help="Embed all documents with the model that is set now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the store, mend what can be mended, and say where it lies."""
    with _opened(home) as dossier:
        library = dossier.library
        mended = []
        if embed_anew:
            with shown_progress() as progress:
                mended.append(f"{library.embed_anew(progress)} documents embedded anew")
        health = library.check()
        documents, passages = library.catalog.counts(_no_filters())
        embedding = f"{library.embedder.name} in {library.embedder.runs_in}"
    if as_json:
        about = {"home": str(dossier.home), "documents": documents, "passages": passages, "embedding": embedding}
        _print_json(
            {"ok": not health.problems, **about, "mended": [*mended, *health.mended], "problems": health.problems}
        )
    else:
        typer.echo(f"Store: {dossier.home} ({documents} documents, {passages} passages)")
        typer.echo(f"Embedding: {embedding}")
        for line in (*mended, *health.mended):
            typer.echo(f"Mended: {line}")
        for line in health.problems:
            typer.echo(f"Problem: {line}")
        typer.echo("Something is wrong; see above." if health.problems else "All is well.")
    if health.problems:
        raise typer.Exit(1)


@app.command(epilog="Example: dossier backup dossier-2026-11.zip")
def backup(
    file: Annotated[Path, typer.Argument(help="The file to make.")], home: Home = None, *, as_json: AsJson = False
) -> None:
    """Back the store up into one file, also while it is in use: documents, originals and conversations."""
    from ingest.backup import back_up  # noqa: PLC0415 - late

    _print_backup(file, back_up(_settings(home).home, file), as_json=as_json)


@app.command(epilog="Example: dossier restore dossier-2026-11.zip --home restored")
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `dossier backup` made.")],
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a store of a backup, in a folder that is empty or not there."""
    from ingest.backup import restore as restored  # noqa: PLC0415 - late

    folder = _settings(home).home
    _print_backup(folder, restored(file, folder), as_json=as_json)


@app.command(epilog="Example: dossier chat --port 8600")
def chat(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 8501,
    home: Home = None,
    *,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A name that a proxy or tunnel of yours leads here, besides localhost.")
    ] = None,
) -> None:
    """Open the page: ask, see the sources, add documents. Listens on this machine only."""
    from app.server import serve  # noqa: PLC0415 - late: Streamlit

    serve(_settings(home), port, open_browser=not no_browser, hosts=allow_host or ())


def _settings(home: Path | None) -> Any:
    from app.settings import read_settings  # noqa: PLC0415 - late

    return read_settings(os.environ, home)


@contextmanager
def _opened(home: Path | None) -> Iterator[Dossier]:
    from app.dossier import Dossier  # noqa: PLC0415 - late

    with Dossier(_settings(home)) as dossier:
        yield dossier


def _filters(
    dossier: Dossier, firm: str | None, since: str | None, until: str | None, publisher: str | None
) -> Filters:
    _check_days(since, until)
    return dossier.filters(firm, since, until, publisher)


def _posts(search: str | None, since: str | None, until: str | None, others: object) -> Wanted | None:
    """Return which posts of the sites are wanted, None where no site is; `others` is what is no address."""
    from ingest.site import Wanted  # noqa: PLC0415 - late

    _check_days(since, until)
    wanted = Wanted(search, since, until)
    if wanted == Wanted():
        return None
    if others:
        raise typer.BadParameter("only for addresses of WordPress sites", param_hint="--search, --since, --until")
    return wanted


def _check_days(since: str | None, until: str | None) -> None:
    from datetime import date  # noqa: PLC0415 - late

    for option, value in (("--since", since), ("--until", until)):
        if value is not None:
            try:
                # Other forms that Python takes for a day ("20190101") do not sort among those of the catalog.
                is_day = date.fromisoformat(value).isoformat() == value
            except ValueError:
                is_day = False
            if not is_day:
                raise typer.BadParameter(f"{value!r} is no day; write YYYY-MM-DD", param_hint=option)


def _json_of(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DossierError(f"{file}: cannot be read ({error.strerror}). Name a file of JSON.") from error
    except (ValueError, RecursionError) as error:
        raise DossierError(f"{file}: is no JSON ({error}).") from error


def _turns(file: Path) -> list[dict[str, str]]:
    turns = _json_of(file)
    wanted = {"role", "content"}
    if not isinstance(turns, list) or not all(
        isinstance(turn, dict) and wanted <= turn.keys() and all(isinstance(turn[key], str) for key in wanted)
        for turn in turns
    ):
        raise DossierError(
            f'{file}: is no conversation. It must be a JSON list of {{"role": "user", "content": "..."}}.'
        )
    return turns


def _because(problem: str | None) -> str:
    return f": {one_line(problem)}" if problem else ""


def _no_filters() -> Filters:
    from ingest.records import Filters  # noqa: PLC0415 - late

    return Filters()


def _fields(record: Receipt | Backup) -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415 - late

    return asdict(record)


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 3)


def _print_json(value: Any) -> None:
    """Print JSON that a person can read too: what cannot be seen, and could steer a terminal, is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    typer.echo(
        "".join(letter if letter.isprintable() or letter == "\n" else json.dumps(letter)[1:-1] for letter in text)
    )


def _print_backup(made: Path, backup: Backup, *, as_json: bool) -> None:
    if as_json:
        _print_json({"made": str(made)} | _fields(backup))
    else:
        size = f"{backup.size / 1e6:.1f} MB of files"
        typer.echo(f"{made}: {backup.documents} documents, {backup.conversations} conversations, {size}.")
        if backup.lost:
            typer.echo(f"Without {backup.lost} originals, which the store has lost; `dossier doctor` names them.")


def _complain(message: str) -> None:
    typer.echo(f"dossier: {one_line(message)}", err=True)


if __name__ == "__main__":
    main()
