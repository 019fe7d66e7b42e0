from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from documents import DAMAGED_EXPORT
from faults import damage
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.embed import Embedder
from ingest.errors import DossierError, NotFoundError, StoreError
from ingest.firms import LISTED, FirmNames
from ingest.library import Library
from ingest.probe import probe
from ingest.records import Filters

if TYPE_CHECKING:
    from ingest.records import Progress, Receipt

ROOT = Path(__file__).resolve().parents[1]
URL = "https://lantern.example/2021/gates"
GATES = b"The port of Marrow Bay bought twelve gates.\n\nThe pilots of Ostrel objected."
LAMPS = b"The lamps of Ostrel were lit by the harbour master."


class Counting(Embedder):
    """The packaged model, which counts the texts it embeds."""

    def __init__(self, loaded: Embedder) -> None:
        """Share what is loaded already."""
        super().__init__()
        _ = loaded.dimension
        self.__dict__.update(vars(loaded))
        self.embedded = 0

    def documents(self, texts, progress=None):
        """Count the texts, then embed them."""
        self.embedded += len(texts)
        return super().documents(texts, progress)


def article(body: str, **about: str) -> bytes:
    head = "\n".join(f"{key}: {value}" for key, value in about.items())
    return f"---\n{head}\n---\n\n{body}\n".encode()


def add(library: Library, name: str, data: bytes) -> Receipt:
    (receipt,) = library.add(name, data)
    return receipt


def said(library: Library, query: str) -> set[str]:
    """Return the ids of the documents whose words match."""
    return {key.split(":")[0] for key, _ in library.catalog.match_words(query, 100, Filters())}


def near(library: Library, question: str) -> list[str]:
    """Return the ids of the documents nearest to a question, by vectors."""
    found = library.index.nearest(library.embedder.queries([question])[0], 100)
    return [key.split(":")[0] for key, _ in found]


def originals(library: Library) -> set[str]:
    folder = library.home / "originals"
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def check_consistent(library: Library) -> None:
    assert library.index.ids() == set(library.catalog.passage_ids())
    assert library.catalog.queued() == ([], [])
    assert originals(library) == library.catalog.originals()
    health = library.check()
    assert (health.mended, health.problems) == ((), ())


# Receipts


def test_a_new_file_is_added(library: Library):
    """A new file has a receipt with its id and passages, and is found by words and by vectors."""
    receipt = add(library, "gates.txt", GATES)
    assert (receipt.status, receipt.name, receipt.passages, receipt.pages) == ("added", "gates.txt", 1, 0)
    assert (receipt.duplicate_of, receipt.replaces, receipt.error) == (None, None, None)
    assert said(library, "pilots") == {receipt.id}
    assert near(library, "Who sold gates?") == [receipt.id]
    assert [entry.source.id for entry in library.entries()] == [receipt.id]
    assert library.document(receipt.id).text.startswith("The port of Marrow Bay")
    check_consistent(library)


def test_the_same_file_is_unchanged(library: Library):
    """The same bytes under the same name change nothing, also after reopening."""
    first = add(library, "gates.txt", GATES)
    again = add(library, "gates.txt", GATES)
    assert (again.status, again.id, again.passages) == ("unchanged", first.id, first.passages)
    assert len(library.entries()) == 1


def test_a_copy_under_another_name_is_a_duplicate(library: Library):
    """The same text without an address under another name is named as a duplicate and not kept."""
    first = add(library, "gates.txt", GATES)
    copy = add(library, "copy.txt", GATES + b"\n\n")
    assert (copy.status, copy.id, copy.duplicate_of) == ("duplicate", first.id, first.id)
    assert len(library.entries()) == 1
    check_consistent(library)


def test_other_bytes_under_one_name_are_another_document(library: Library):
    """Without an address, another text under the same name replaces nothing."""
    first = add(library, "gates.txt", GATES)
    other = add(library, "gates.txt", b"The lamps of Ostrel were lit.")
    assert (other.status, other.replaces) == ("added", None)
    assert {entry.source.id for entry in library.entries()} == {first.id, other.id}


def test_a_failed_file_says_why(library: Library):
    """A file that cannot be read has a receipt without an id, and an error that names it; nothing is kept of it."""
    receipt = add(library, "broken.pdf", b"%PDF-1.7 nothing else")
    assert (receipt.id, receipt.name, receipt.status) == (None, "broken.pdf", "failed")
    assert "broken.pdf" in receipt.error
    assert library.entries() == []
    assert originals(library) == set()


def test_a_file_of_headings_fails(library: Library):
    """A document without a sentence is refused: there is nothing to quote."""
    receipt = add(library, "toc.md", b"# One\n\n## Two\n")
    assert receipt.status == "failed"
    assert "toc.md" in receipt.error


def test_one_bad_file_among_good_ones_keeps_the_good(library: Library, tmp_path: Path):
    """Files that cannot be read or fetched are told one by one, in order, and the others are added."""
    files = [
        ("a.txt", lambda: b"The gates of Ostrel were shut."),
        ("b.pdf", lambda: b"%PDF-1.7 nothing else"),
        ("c.txt", (tmp_path / "missing.txt").read_bytes),
        ("d.md", lambda: article("Lamps were lit.", url="http://[x")),
        ("e.txt", lambda: b"The lamps of Ostrel were lit."),
    ]
    receipts = list(library.add_files(files))
    assert [receipt.name for receipt in receipts] == ["a.txt", "b.pdf", "c.txt", "d.md", "e.txt"]
    assert [receipt.status for receipt in receipts] == ["added", "failed", "failed", "added", "added"]
    assert "c.txt" in receipts[2].error
    assert len(library.entries()) == 3
    check_consistent(library)


def test_a_file_of_several_documents_has_a_receipt_each(library: Library):
    """A list of posts is as many documents of one original, which stays until the last of them is removed."""
    posts = [
        {
            "date": "2021-05-04T00:00:00",
            "link": f"https://lantern.example/{number}",
            "title": {"rendered": f"Gates {number}"},
            "content": {"rendered": f"<p>The port bought {number} gates.</p>"},
        }
        for number in (1, 2)
    ]
    data = json.dumps(posts).encode()
    receipts = library.add("posts.json", data)
    assert [receipt.status for receipt in receipts] == ["added", "added"]
    assert [receipt.status for receipt in library.add("renamed.json", data)] == ["unchanged", "unchanged"]
    assert len(originals(library)) == 1
    library.remove(receipts[0].id)
    assert len(originals(library)) == 1
    check_consistent(library)
    library.remove(receipts[1].id)
    assert originals(library) == set()


def test_progress_is_told(library: Library):
    """Who waits is told the file, the step, and how many passages of how many are done."""
    told = []
    library.add("gates.txt", GATES, told.append)
    assert {one.name for one in told} == {"gates.txt"}
    assert [one.step for one in told] == ["reading", "embedding", "embedding", "finished"]
    assert (told[-2].done, told[-2].total) == (1, 1)


def test_the_next_file_is_read_while_one_is_embedded(library: Library):
    """A file is fetched before the one before it is embedded, and the receipts still come in the files' order."""
    second_fetched, seen = threading.Event(), []

    def fetch() -> bytes:
        second_fetched.set()
        return LAMPS

    def tell(progress: Progress) -> None:
        if (progress.name, progress.step) == ("gates.txt", "embedding"):
            seen.append(second_fetched.wait(30))

    receipts = list(library.add_files([("gates.txt", lambda: GATES), ("lamps.txt", fetch)], tell))
    assert [receipt.name for receipt in receipts] == ["gates.txt", "lamps.txt"]
    assert all(seen)


def test_a_file_removed_since_it_was_looked_at_is_read_anew(library: Library):
    """A file that was here when its turn to be read came, and is removed before it is added, is added."""
    known = add(library, "lamps.txt", LAMPS)

    def tell(progress: Progress) -> None:
        if (progress.name, progress.step) == ("lamps.txt", "reading"):
            library.remove(known.id)

    receipts = list(library.add_files([("gates.txt", lambda: GATES), ("lamps.txt", lambda: LAMPS)], tell))
    assert [receipt.status for receipt in receipts] == ["added", "added"]
    check_consistent(library)


# Versions of one address

SPELLINGS = (URL, "http://www.lantern.example/2021/gates/?utm_source=feed#top", f"{URL}/", f"{URL}?fbclid=x")
VERSIONS = tuple(
    (article(f"The gate was {word}.", url=url, modified=f"2021-0{month}-01T00:00:00"), word)
    for month, (url, word) in enumerate(zip(SPELLINGS, ("oiled", "painted", "rusted", "welded"), strict=True), 1)
)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_one_address_is_one_article(library: Library, order: tuple[int, ...]) -> None:
    """Spellings of an address are one article, whose newest change is current whatever the order of arrival."""
    kept: dict[int, str] = {}
    newest = -1
    for at in order:
        receipt = add(library, f"{at}.md", VERSIONS[at][0])
        kept[at] = receipt.id
        if 0 <= newest < at:
            assert (receipt.status, receipt.replaces) == ("updated", kept[newest])
        else:
            assert (receipt.status, receipt.replaces) == ("added", None)
        newest = max(newest, at)
    assert [entry.source.id for entry in library.entries()] == [kept[3]]
    assert library.document(kept[3]).source.version == 4
    for at, (_, word) in enumerate(VERSIONS):
        assert said(library, word) == ({kept[3]} if at == 3 else set())
        assert word in library.document(kept[at]).text
        assert library.document(kept[at]).source.status == ("current" if at == 3 else "superseded")
    assert set(near(library, "The gate was oiled.")) == {kept[3]}
    check_consistent(library)


def test_a_text_that_comes_again_with_a_later_date_is_current_again(library: Library):
    """An article that is changed back is current again, with its one original."""
    first = add(library, "a.md", article("The gate was oiled.", url=URL, modified="2021-01-01"))
    add(library, "b.md", article("The gate was painted.", url=URL, modified="2021-02-01"))
    back = add(library, "c.md", article("The gate was oiled.", url=URL, modified="2021-03-01"))
    assert (back.id, back.status) == (first.id, "updated")
    assert said(library, "gate") == {first.id}
    assert library.document(first.id).source.modified == "2021-03-01"
    check_consistent(library)


def test_the_same_text_with_a_later_date_is_updated(library: Library):
    """A later date of change of the same text is kept, and the file it came in before is not."""
    first = add(library, "a.md", article("The gate was oiled.", url=URL, modified="2021-01-01"))
    again = add(library, "a.md", article("The gate was oiled.", url=URL, modified="2021-02-01"))
    assert (again.id, again.status, again.replaces) == (first.id, "updated", None)
    assert len(originals(library)) == 1
    check_consistent(library)


def test_a_correction_of_what_is_told_of_a_text_is_kept(library: Library):
    """The same file and text with another author or date is updated; another file, or less told, is unchanged."""
    first = add(library, "a.md", article("The gate was oiled.", url=URL, published="2021-01-01"))
    again = add(library, "a.md", article("The gate was oiled.", url=URL, published="2021-01-02", author="Ines Okoro"))
    assert (again.id, again.status) == (first.id, "updated")
    assert library.document(first.id).source.published == "2021-01-02"
    assert add(library, "a.md", article("The gate was oiled.", url=URL)).status == "unchanged"
    assert add(library, "b.md", article("The gate was oiled.", url=URL, author="Ada Roe")).status == "unchanged"
    assert library.document(first.id).source.author == "Ines Okoro"
    check_consistent(library)


# Removing


def test_removal_leaves_nothing_behind(library: Library):
    """After removal no version is here, and no distinctive word of it is in any file below the store's folder."""
    words = ("Brambleton", "Okoro", "turnstiles", "Lindqvist")
    kept = add(library, "gates.txt", GATES)
    removed = add(library, "lantern.json", DAMAGED_EXPORT.encode())
    older = article(
        "Brambleton sold old turnstiles, says Okoro of Lindqvist.",
        url="https://lantern.example/2021/05/cameras",
        modified="2020-01-01",
    )
    older_id = add(library, "older.md", older).id
    _, vectors = library.catalog.vectors([passage.id for passage in library.catalog.passages_of(removed.id)])
    held = b"".join(path.read_bytes() for path in library.home.rglob("*") if path.is_file())
    assert all(word.encode() in held for word in words)
    assert all(vector.tobytes() in held for vector in vectors)
    assert sorted(library.remove(older_id)) == sorted([removed.id, older_id])
    assert [entry.source.id for entry in library.entries()] == [kept.id]
    for key in (removed.id, older_id):
        with pytest.raises(NotFoundError):
            library.document(key)
    for path in library.home.rglob("*"):
        content = path.read_bytes().lower() if path.is_file() else b""
        assert [word for word in words if word.lower().encode() in content] == [], path.name
        assert removed.id.encode() not in content, path.name
    held = b"".join(path.read_bytes() for path in library.home.rglob("*") if path.is_file())
    assert not any(vector.tobytes() in held for vector in vectors)
    assert said(library, "turnstiles") == set()
    assert set(near(library, "Who sold turnstiles?")) == {kept.id}
    check_consistent(library)


def test_a_removed_file_can_be_added_again(library: Library):
    """A file that was removed is added as if it had never been here."""
    first = add(library, "gates.txt", GATES)
    library.remove(first.id)
    again = add(library, "gates.txt", GATES)
    assert (again.status, again.id) == ("added", first.id)
    check_consistent(library)


def test_removing_what_is_not_here_is_an_error(library: Library):
    """An unknown id is an error, and nothing is removed."""
    add(library, "gates.txt", GATES)
    with pytest.raises(NotFoundError, match="nowhere"):
        library.remove("nowhere")
    assert len(library.entries()) == 1


# A store against a dictionary


class Model:
    """What a store should hold, in dictionaries: {address: {word: modified}} and {(name, word)}."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.articles: dict[str, dict[str, tuple[str, int]]] = {}
        self.files: dict[str, str] = {}
        self.arrived = 0

    def add(self, name: str, word: str, url: str | None, modified: str) -> str:
        """Add a text and return the status that its receipt should have."""
        if url is None:
            if word in self.files:
                return "unchanged" if self.files[word] == name else "duplicate"
            self.files[word] = name
            return "added"
        family = self.articles.setdefault(url, {})
        if word in family and modified <= family[word][0]:
            return "unchanged"
        before = self.current(url)
        known = word in family
        self.arrived += 1
        family[word] = (modified, self.arrived)
        return "updated" if known or (before is not None and self.current(url) != before) else "added"

    def current(self, url: str) -> str | None:
        """Return the word of the current version of an address."""
        family = self.articles.get(url, {})
        return max(family, key=lambda word: family[word]) if family else None

    def words(self) -> set[str]:
        """Return the words that should be found."""
        return {*self.files, *(word for url in self.articles if (word := self.current(url)))}


WORDS = ("oiled", "painted", "welded")
ADDITIONS = st.tuples(
    st.sampled_from(["a.md", "b.md"]),
    st.sampled_from(WORDS),
    st.sampled_from([None, "https://lantern.example/x", "https://weir.example/y"]),
    st.sampled_from(["2021-01-01", "2021-02-01", "2021-03-01"]),
)
STEPS = st.lists(st.one_of(ADDITIONS, ADDITIONS, ADDITIONS, st.integers(0, 5)), min_size=2, max_size=9)


def text_of(word: str, url: str | None) -> str:
    return f"The gate of {'a port' if url is None else url.split('/')[2].split('.')[0]} was {word}."


@settings(max_examples=12)
@given(steps=STEPS)
def test_a_store_is_a_dictionary_of_articles(
    steps: list, tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, names: FirmNames
) -> None:
    """After any additions, changes and removals a store finds exactly what a dictionary of articles would hold."""
    model, ids = Model(), {}
    with Library(tmp_path_factory.mktemp("model") / "store", embedder, names) as library:

        def removed(at: int) -> None:
            entries = library.entries()
            if entries:
                source = entries[at % len(entries)].source
                library.remove(source.id)
                url, word = ids[source.id]
                if url is None:
                    del model.files[word]
                else:
                    del model.articles[url]

        for is_removal, some in groupby(steps, lambda step: isinstance(step, int)):
            if is_removal:
                for at in some:
                    removed(at)
                continue
            files, expected = [], []
            for name, word, url, modified in some:
                about = {"modified": modified} | ({"url": url} if url else {})
                data = article(text_of(word, url), **about)
                files.append((name, lambda data=data: data))
                expected.append((model.add(name, word, url, modified), url, word))
            for receipt, (status, url, word) in zip(library.add_files(files), expected, strict=True):
                assert receipt.status == status
                ids[receipt.id] = (url, word)
        check_consistent(library)
        found = {ids[entry.source.id][1] for entry in library.entries()}
        assert found == model.words()
        assert len(library.entries()) == len(model.files) + len(model.articles)
        for word in WORDS:
            assert bool(said(library, word)) is (word in model.words())
        every = library.catalog.entries(superseded=True)
        assert len(every) == len(model.files) + sum(map(len, model.articles.values()))


# One owner

HOLD = """
import sys
import threading
from functools import partial
from itertools import groupby
from pathlib import Path
from ingest.embed import Embedder
from ingest.errors import StoreError
from ingest.firms import FirmNames
from ingest.library import Library
try:
    library = Library(Path(sys.argv[1]), Embedder(), FirmNames(()))
except StoreError as error:
    sys.exit(str(error))
print("open", flush=True)
sys.stdin.read()
library.close()
"""


def other_process(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_a_second_process_is_told_who_holds_the_store(library: Library):
    """A second process is refused at once, with the store, the process and its command, and harms nothing."""
    add(library, "gates.txt", GATES)
    second = other_process(library.home)
    _, error = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"{library.home} is in use by process {os.getpid()} ({Path(sys.argv[0]).name}" in error
    assert said(library, "pilots")
    check_consistent(library)


def test_a_store_is_free_when_its_owner_is_killed(tmp_path: Path, embedder: Embedder, names: FirmNames):
    """Who holds the store is named to others, and its death, however sudden, frees the store."""
    home = tmp_path / "store"
    owner = other_process(home)
    try:
        assert owner.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match=f"in use by process {owner.pid} ") as caught:
            Library(home, embedder, names)
        assert str(home) in str(caught.value)
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.communicate()
    with Library(home, embedder, names) as library:
        assert add(library, "gates.txt", GATES).status == "added"


def test_a_closed_store_can_be_opened(library: Library, embedder: Embedder, names: FirmNames):
    """Closing frees the store; an open one refuses a second opener of the same process too."""
    with pytest.raises(StoreError, match="in use"):
        Library(library.home, embedder, names)
    library.close()
    Library(library.home, embedder, names).close()


# After a crash, and mending


def test_an_original_without_a_document_is_swept(library: Library, embedder: Embedder, names: FirmNames):
    """What a crash between original and catalog left behind is gone at the next start, which says so; others stay."""
    kept = add(library, "gates.txt", GATES)
    library.close()
    for name in ("f" * 64, "e" * 64 + ".part"):
        (library.home / "originals" / name).write_bytes(b"half")
    with Library(library.home, embedder, names) as again:
        assert originals(again) == {again.document(kept.id).source.sha256}
        assert again.check().mended == ("originals: 2 deleted that no document came from",)
        check_consistent(again)


def test_the_index_is_told_at_the_next_start(library: Library, embedder: Embedder, names: FirmNames):
    """What the catalog holds and the index was not told before a crash is made good, and said, at the next start."""
    kept, gone = add(library, "gates.txt", GATES), add(library, "lamps.txt", b"The lamps of Ostrel were lit.")
    with library.catalog.transaction():
        library.catalog.remove(gone.id)
    library.index.remove(library.catalog.passage_ids())
    library.catalog.queue(library.catalog.passage_ids(), [])
    library.close()
    with Library(library.home, embedder, names) as again:
        assert near(again, "Who bought gates?") == [kept.id]
        assert "index: 1 passages are still to be added, 1 to be removed" in again.check().mended
        check_consistent(again)


def test_what_a_dead_process_removed_is_overwritten(
    library: Library, embedder: Embedder, names: FirmNames, monkeypatch, tmp_path: Path
):
    """A removal whose process dies before it overwrote the catalog is finished, and said, at the next start."""
    receipt = add(library, "gates.txt", b"Brambleton bought twelve gates.")
    monkeypatch.setattr("ingest.database.Database.forget", lambda _: pytest.fail("it died"))
    with pytest.raises(pytest.fail.Exception):
        library.remove(receipt.id)
    monkeypatch.undo()
    # As a dead process leaves its files.
    left = Path(shutil.copytree(library.home, tmp_path / "left"))

    def held() -> bytes:
        return b"".join(path.read_bytes() for path in left.glob("catalog.*")).lower()

    assert b"brambleton" in held()
    with Library(left, embedder, names) as again:
        assert b"brambleton" not in held()
        assert "catalog: what was removed is overwritten" in again.check().mended
        check_consistent(again)


def test_what_could_not_be_overwritten_is_overwritten_by_a_check(library: Library, monkeypatch: pytest.MonkeyPatch):
    """What was removed while the disk was full is a problem that a check names, and mends once there is room."""
    receipt = add(library, "gates.txt", b"Brambleton bought twelve gates.")

    def full(_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("ingest.database.Database.forget", full)
        with pytest.raises(StoreError, match="full"):
            library.remove(receipt.id)
        assert library.check().problems == ("the disk is full",)
    assert library.check().problems == ()
    held = b"".join(path.read_bytes() for path in library.home.glob("catalog.*"))
    assert b"brambleton" not in held.lower()


def test_a_lost_index_is_filled_without_embedding(library: Library, embedder: Embedder, names: FirmNames):
    """A store whose index folder was deleted finds everything again, and embeds nothing for it."""
    kept = add(library, "gates.txt", GATES)
    before = near(library, "Who bought gates?")
    library.close()
    shutil.rmtree(library.home / "index")
    counting = Counting(embedder)
    with Library(library.home, counting, names) as again:
        assert near(again, "Who bought gates?") == before == [kept.id]
        assert counting.embedded == 0
        add(again, "lamps.txt", b"The lamps of Ostrel were lit.")
        assert counting.embedded == 1
        check_consistent(again)


@pytest.mark.parametrize(
    ("file", "how"), [("chroma.sqlite3", "cut short"), ("header.bin", "deleted"), ("data_level0.bin", "overwritten")]
)
def test_a_damaged_index_is_filled_anew(library: Library, embedder: Embedder, names: FirmNames, file: str, how: str):
    """Whatever is damaged of the index, the next start finds everything again and embeds nothing."""
    texts = {f"{at}.txt": f"The port of Marrow Bay bought {at} gates.".encode() for at in range(20, 60)}
    kept = list(library.add_files((name, partial(bytes, text)) for name, text in texts.items()))
    before = near(library, "Who bought 50 gates?")
    library.close()
    (path,) = (library.home / "index").rglob(file)
    damage(path, how)
    counting = Counting(embedder)
    with Library(library.home, counting, names) as again:
        assert near(again, "Who bought 50 gates?") == before
        assert len(before) == len(kept)
        assert counting.embedded == 0
        again.check()
        check_consistent(again)


def test_what_was_mended_is_said(
    library: Library, embedder: Embedder, names: FirmNames, caplog: pytest.LogCaptureFixture
):
    """A start that fills a broken index anew says so."""
    add(library, "gates.txt", GATES)
    library.close()
    damage(library.home / "index" / "chroma.sqlite3", "cut short")
    with Library(library.home, embedder, names) as again:
        assert near(again, "Who bought gates?")
        assert "mended: index: it cannot be opened" in caplog.text
        assert [one.startswith("index: it cannot be opened") for one in again.check().mended] == [True]


def test_a_whole_index_is_not_tried(library: Library, embedder: Embedder, names: FirmNames, monkeypatch):
    """An index that is as it was left is opened without a child process, which takes a second."""
    add(library, "gates.txt", GATES)
    library.close()
    monkeypatch.setattr("ingest.library.probe", lambda *_: pytest.fail("it was tried"))
    for _ in range(2):
        with Library(library.home, embedder, names) as again:
            assert near(again, "Who bought gates?")


def test_an_index_that_ends_the_process_is_filled_anew(
    library: Library, embedder: Embedder, names: FirmNames, monkeypatch, caplog: pytest.LogCaptureFixture
):
    """An index that ends the process that opens it with a signal is never opened by the store's own."""
    kept = add(library, "gates.txt", GATES)
    library.close()
    (library.home / "index" / "chroma.sqlite3").write_bytes(b"")
    dying = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    run = subprocess.run
    monkeypatch.setattr("ingest.probe.subprocess.run", lambda command, **more: run([command[0], "-c", dying], **more))
    with Library(library.home, embedder, names) as again:
        assert near(again, "Who bought gates?") == [kept.id]
    assert "ended the process with signal 11" in caplog.text


def test_an_unchanged_file_is_not_embedded(library: Library, embedder: Embedder):
    """A file that is here already costs no embedding."""
    add(library, "gates.txt", GATES)
    library.embedder = Counting(embedder)
    add(library, "gates.txt", GATES)
    add(library, "copy.txt", GATES)
    assert library.embedder.embedded == 0


def test_check_mends_the_index(library: Library):
    """Passages that the index lacks or should not have are put right and told; the next check finds nothing."""
    kept = add(library, "gates.txt", GATES)
    library.index.remove(library.catalog.passage_ids())
    for _ in library.index.put(["ghost:0"], np.ones((1, 384), np.float32)):
        pass
    assert library.check().mended == ("index: 1 passages added, 1 removed",)
    assert near(library, "Who bought gates?") == [kept.id]
    check_consistent(library)


def test_check_tells_the_index_what_it_could_not_be_told(library: Library):
    """What is still queued, since the index could not be written, is told to it by a check."""
    kept = add(library, "gates.txt", GATES)
    library.index.remove(library.catalog.passage_ids())
    library.catalog.queue(library.catalog.passage_ids(), [])
    assert library.check().mended == ("index: 1 passages added",)
    assert near(library, "Who bought gates?") == [kept.id]
    check_consistent(library)


def test_check_finds_a_missing_original(library: Library):
    """A lost original is a problem that names the file; adding it again has it back."""
    receipt = add(library, "gates.txt", GATES)
    lost = library.home / "originals" / library.document(receipt.id).source.sha256
    lost.unlink()
    (problem,) = library.check().problems
    assert str(lost) in problem
    add(library, "gates.txt", GATES)
    assert lost.read_bytes() == GATES
    check_consistent(library)


def test_check_finds_a_changed_original(library: Library):
    """An original whose bytes are not those that were added is a problem that names the file."""
    receipt = add(library, "gates.txt", GATES)
    changed = library.home / "originals" / library.document(receipt.id).source.sha256
    changed.write_bytes(GATES + b" Not so.")
    (problem,) = library.check().problems
    assert str(changed) in problem


def test_another_model_is_refused_until_everything_is_embedded_anew(
    library: Library, tiny_model: Path, names: FirmNames
):
    """Vectors of two models are never mixed: both are named with the command that changes over, which mends it."""
    kept = add(library, "gates.txt", GATES)
    old = library.embedder.fingerprint
    library.close()
    tiny = Embedder(tiny_model)
    with Library(library.home, tiny, names) as again:
        refused = again.add("lamps.txt", b"The lamps of Ostrel were lit.")[0].error
        with pytest.raises(DossierError) as caught:
            near(again, "Who bought gates?")
        for message in (refused, str(caught.value)):
            assert all(part in message for part in (old, tiny.fingerprint, "dossier doctor --embed-anew"))
        with pytest.raises(DossierError, match="embed-anew"):
            again.remove(kept.id)
        assert library.home.exists()
        assert said(again, "pilots") == {kept.id}
        assert again.embed_anew() == 1
        assert again.embed_anew() == 0
        assert set(near(again, "Who bought gates?")) == {kept.id}
        assert add(again, "lamps.txt", b"The lamps of Ostrel were lit.").status == "added"
        check_consistent(again)


# The disk


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, embedder: Embedder, names: FirmNames):
    """A store that cannot be made is an error that names its folder and what to do."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"file.*--home or DOSSIER_HOME"):
        Library(tmp_path / "file" / "store", embedder, names)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_that_is_not_writable_is_an_error(tmp_path: Path, embedder: Embedder, names: FirmNames):
    """A folder without the right to write is an error that names it."""
    home = tmp_path / "store"
    home.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="permissions"):
        Library(home, embedder, names)


def test_an_original_that_cannot_be_deleted_is_an_error(library: Library, embedder: Embedder, names: FirmNames):
    """What was removed and cannot be deleted is an error that names the file, and is deleted once it can be."""
    receipt = add(library, "gates.txt", GATES)
    path = library.home / "originals" / library.document(receipt.id).source.sha256
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
        with pytest.raises(StoreError, match=rf"{path.name}.*Permission denied"):
            library.remove(receipt.id)
    library.close()
    with Library(library.home, embedder, names) as again:
        assert originals(again) == set()
        assert again.entries() == []


def test_an_index_that_could_not_be_written_is_opened_anew(library: Library, monkeypatch: pytest.MonkeyPatch):
    """After a write that failed the index, which might never answer again, is tried and opened anew, and told."""
    kept = add(library, "gates.txt", GATES)
    with monkeypatch.context() as patch:
        patch.setattr("ingest.index.Index.put", lambda *_: (_ for _ in ()).throw(StoreError("no room")))
        failed = add(library, "lamps.txt", b"The lamps of Ostrel were lit.")
    assert (failed.status, failed.error) == ("failed", "no room")
    tried = []
    monkeypatch.setattr("ingest.library.probe", lambda *about: tried.append(about) or probe(*about))
    assert kept.id in near(library, "Who bought gates?")
    assert len(tried) == 1
    assert {entry.source.name for entry in library.entries()} == {"gates.txt", "lamps.txt"}
    check_consistent(library)


FULL = """
import resource, sys
from pathlib import Path
from ingest.embed import Embedder
from ingest.firms import FirmNames
from ingest.library import Library
room = resource.getrlimit(resource.RLIMIT_FSIZE)
with Library(Path(sys.argv[1]), Embedder(), FirmNames(())) as library:
    library.index
    for limit in (0, 4096):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, room[1]))
        (receipt,) = library.add("gates.txt", b"The gates of Ostrel were shut.")
        print(receipt.status, receipt.error)
    resource.setrlimit(resource.RLIMIT_FSIZE, room)
    (receipt,) = library.add("gates.txt", b"The gates of Ostrel were shut.")
    print(receipt.status, receipt.error)
    print(library.check())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size to play a full disk with")
def test_a_full_disk_loses_nothing(tmp_path: Path):
    """Where nothing more can be written the file fails with what to do, and is added once there is room."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "store")],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    original, catalog, after, health = done.stdout.splitlines()
    assert original.startswith(f"failed {tmp_path / 'store' / 'originals'}")
    assert catalog.startswith(f"failed {tmp_path / 'store' / 'catalog.sqlite3'}")
    assert all("oom" in line for line in (original, catalog))
    assert after == "added None"
    assert health == "Health(mended=(), problems=())"


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions")
def test_a_store_is_private(tmp_path: Path, embedder: Embedder, names: FirmNames):
    """The folder is 0700 from the start, whatever the mask, and its files are their owner's only."""
    before = os.umask(0)
    try:
        with Library(tmp_path / "store", embedder, names) as library:
            add(library, "gates.txt", GATES)
            modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (library.home, *library.home.iterdir())}
            modes |= {path: stat.S_IMODE(path.stat().st_mode) for path in (library.home / "originals").iterdir()}
    finally:
        os.umask(before)
    assert modes.pop(library.home) == 0o700
    # Chroma makes its own folder, which the store's folder bars.
    modes.pop(library.home / "index")
    assert {path.name: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


def test_an_existing_folder_is_made_private(tmp_path: Path, embedder: Embedder, names: FirmNames):
    """A store in an empty folder that was there, or in one of its own, is private; a shared folder stays as it is."""
    fresh, shared = tmp_path / "fresh", tmp_path / "shared"
    for home in (fresh, shared):
        home.mkdir()
        home.chmod(0o755)
    (shared / "notes.txt").write_text("mine")
    for home in (fresh, shared):
        Library(home, embedder, names).close()
    assert [stat.S_IMODE(home.stat().st_mode) for home in (fresh, shared)] == [0o700, 0o755]
    fresh.chmod(0o755)
    Library(fresh, embedder, names).close()
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o700


def test_a_newer_list_of_firms_marks_what_is_there(library: Library, embedder: Embedder, tmp_path: Path):
    """A firm that a later list names is found in documents that were added before, and nothing is embedded anew."""
    added = add(library, "gates.txt", b"The gates came from OstraWorks. The pilots of Ostrel objected.")
    assert library.catalog.passage_ids(Filters(firm="ostraworks-group")) == []
    _, before = library.catalog.vectors(library.catalog.passage_ids())
    library.close()
    table = tmp_path / "own.csv"
    table.write_text("id,name,form,form_kind\nostraworks-group,OstraWorks,OstraWorks,canonical\n", encoding="utf-8")
    with Library(library.home, Counting(embedder), FirmNames.load(LISTED, table)) as opened:
        (found,) = opened.catalog.passage_ids(Filters(firm="ostraworks-group"))
        assert found.startswith(str(added.id))
        assert opened.catalog.passage_ids(Filters(firm="ostraworks")) == []
        _, after = opened.catalog.vectors([found])
        assert opened.embedder.embedded == 0
    assert np.array_equal(before, after)
