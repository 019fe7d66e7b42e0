"""Looks a store over: every document must be whole, found and answered from, and nothing else be there."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import tantivy

from app.check import verify
from evals.torture.texts import Article
from evals.torture.vectors import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.answers import Hit
    from app.dossier import Dossier
    from evals.torture.texts import Ledger
    from ingest.library import Library
    from ingest.records import Document

# Questions of each sort that one look asks.
_ASKED = 3
_MOST = 10
_OURS = re.compile(r"catalog\.sqlite3(-wal|-shm)?|owner\.(lock|json)|originals|index|words|making\.lock")
_OF_INDEX = re.compile(r"chroma\.sqlite3(-wal|-shm|-journal)?")


class Audit(NamedTuple):
    """What a store holds: of each article its versions; what is wrong; what it said that it mended."""

    found: dict[int, list[int]]
    wrong: tuple[str, ...]
    mended: tuple[str, ...]


def audit(dossier: Dossier, ledger: Ledger, mended: Sequence[str], wrong: Sequence[str] = ()) -> Audit:
    """Look an open store over; `mended` is what it said when it was opened, `wrong` what was seen then.

    Which articles it holds is for the ledger to judge, which may be in doubt of one; all else is judged here.
    """
    library = dossier.library
    found, problems = _found(library)
    problems += wrong
    gone = _gone(library, ledger)
    # Before a check, which would overwrite what is left.
    if library.catalog.due() is not None:
        problems.append("what was removed is still to be overwritten")
    problems += traces(library.home, gone)
    problems += _checked(library, mended)
    problems += strays(library)
    current = {Article(key, versions[-1]) for key, versions in found.items() if versions}
    problems += _asked(dossier, current, gone)
    return Audit(found, tuple(problems), tuple(mended))


def unsaid_of(library: Library, ledger: Ledger) -> list[str]:
    """Return where something of what was removed is left and the store, before a `forget`, does not know of it."""
    if library.catalog.due() is not None:
        return []
    return [f"{one}, and it is not said that anything is due" for one in traces(library.home, _gone(library, ledger))]


def _gone(library: Library, ledger: Ledger) -> list[Article]:
    """Return the articles that were in a store and are not: removed, also where it is in doubt that they are."""
    sources = [entry.source for entry in library.catalog.entries(superseded=True)]
    there = {article_of(source.url or "", source.modified or "") for source in sources}
    keys = {article.key for article in there}
    return sorted((ledger.gone | {one for one in ledger.stored if one.key not in keys}) - there)


def _found(library: Library) -> tuple[dict[int, list[int]], list[str]]:
    found: dict[int, list[int]] = {}
    wrong = []
    for entry in library.catalog.entries(superseded=True):
        source = entry.source
        article = article_of(source.url or "", source.modified or "")
        found.setdefault(article.key, []).append(article.version)
        wrong += [f"{article}: {what}" for what in _not_whole(library, library.document(source.id), article)]
        if source.status == "current" and article.version != max(found[article.key]):
            wrong.append(f"{article} is current, and not the newest")
    return {key: sorted(versions) for key, versions in found.items()}, wrong


def _checked(library: Library, mended: Sequence[str]) -> Iterator[str]:
    before = embedded(library)
    health = library.check()
    if anew := embedded(library) - before:
        yield f"check: {anew} texts were embedded anew"
    yield from (f"check: {problem}" for problem in health.problems)
    yield from (f"check mended what the start had not: {one}" for one in health.mended if one not in mended)
    yield from apart(library)


def apart(library: Library) -> Iterator[str]:
    """Yield in what the catalog and the indexes of a store that nobody writes to are apart."""
    if library.catalog.queued() != ([], []) or library.catalog.queued_words():
        yield "an index still has to be told of something"
    if library.neighbors.index.ids() != set(library.catalog.passage_ids()):
        yield "catalog and index do not hold the same passages"
    if library.ranking.told().size != len(library.catalog.numbers()):
        yield "catalog and index of words do not hold as many passages"


def article_of(url: str, modified: str) -> Article:
    """Return the article that a document is a version of."""
    return Article(int(url.rsplit("/", 1)[-1]), int(modified[8:10]))


def _not_whole(library: Library, document: Document, article: Article) -> Iterator[str]:
    if document.text != article.text:
        yield "its text is not what was added"
    if document.source.id != article.id:
        yield "it has another id than traces are looked for by"
    held = library.catalog.passages_of(document.source.id)
    if document.source.status != "current":
        if held:
            yield "it is superseded and still has passages"
        return
    # The heading is told with each passage and is in none.
    if not held or held[0].start != document.text.index("\n\n") + 2 or held[-1].end != len(document.text):
        yield f"its {len(held)} passages do not cover its text"
    if any(before.end > after.start for before, after in pairwise(held)):
        yield "its passages overlap"
    keys, vectors = library.catalog.vectors([passage.id for passage in held])
    near = [library.neighbors.nearest(vector, 1)[0][0] for vector in vectors]
    if keys != near or len(keys) != len(held):
        yield f"of its {len(held)} passages the index finds {sum(a == b for a, b in zip(keys, near, strict=True))}"


def _asked(dossier: Dossier, current: set[Article], gone: Sequence[Article]) -> Iterator[str]:
    for article in sorted(current)[:: max(1, len(current) // _ASKED)]:
        hits = dossier.search(article.question, _MOST)
        yield from of_hits(hits, current)
        if not hits or article.word not in hits[0].text:
            yield f"{article} is not found first by its own question"
        answer = dossier.ask(article.question)
        if not answer.citations:
            yield f"{article}: its own question has no answer"
        yield from (f"{article}: {one.problem}" for one in verify(answer.as_json(), dossier.library) if not one.ok)
    for article in gone[-_ASKED:]:
        hits = dossier.search(article.question, _MOST)
        yield from of_hits(hits, current)
        said = " ".join(citation.quote.quote for citation in dossier.ask(article.question).citations)
        if article.word in said:
            yield f"{article} was removed and is still quoted"


def of_hits(hits: Sequence[Hit], current: set[Article]) -> Iterator[str]:
    """Yield what is wrong with passages that were found: of another version, of none, or of other words."""
    for hit in hits:
        article = article_of(hit.document.url or "", hit.document.modified or "")
        if article not in current:
            yield f"{article} answers and is not there"
        if article.text[hit.passage.start : hit.passage.end] != hit.text:
            yield f"{article}: a passage is not the slice that it says it is"


def strays(library: Library) -> Iterator[str]:
    """Yield the files of a store that nothing needs: half originals, those without a document, old index folders."""
    for path in library.home.iterdir():
        if not _OURS.fullmatch(path.name):
            yield f"stray file {path.name}"
    if originals(library.home) != library.catalog.originals():
        yield f"{len(originals(library.home))} originals, {len(library.catalog.originals())} are wanted"
    index = library.home / "index"
    folders = [path for path in index.iterdir() if path.is_dir()]
    if len(folders) > 1:
        yield f"{len(folders)} folders in the index"
    for path in index.iterdir():
        if path not in folders and not _OF_INDEX.fullmatch(path.name):
            yield f"stray file index/{path.name}"


def originals(home: Path) -> set[str]:
    """Return the names of the files among a store's originals."""
    folder = home / "originals"
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def traces(home: Path, gone: Sequence[Article]) -> Iterator[str]:
    """Yield where something of removed articles still stands in a store's files: their words, ids of their passages."""
    if not gone:
        return
    sought = {one: (one.word.lower().encode(), one.id.encode()) for one in gone}
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes().lower()
            left = [one for one, needles in sought.items() if any(needle in data for needle in needles)]
            if left:
                yield f"{path.relative_to(home)} holds traces of {len(left)} articles that were removed"
    left = [one for one in gone if _is_term(home / "words", one.word.lower())]
    if left:
        yield f"the index of words holds words of {len(left)} articles that were removed"


def _is_term(folder: Path, word: str) -> bool:
    """Tell whether a word is in the dictionaries of an index of words, where no word stands as it is written."""
    searcher: Any = tantivy.Index.open(str(folder)).searcher()
    # Without its ending it is there where the store takes endings away.
    return any(searcher.doc_freq("text", term) for term in (word, word.removesuffix("s")))
