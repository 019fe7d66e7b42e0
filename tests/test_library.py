from __future__ import annotations

import json
import threading
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from documents import DAMAGED_EXPORT
from hypothesis import given, settings
from hypothesis import strategies as st
from stores import GATES, LAMPS, URL, add, article, check_consistent, near, originals, said

from ingest.errors import NotFoundError
from ingest.library import Library
from ingest.records import Fetched

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.embed import Embedder
    from ingest.firms import FirmNames
    from ingest.records import Progress

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
    """What was removed and forgotten is here in no version, and no word of its own in any file of the store."""
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
    assert library.forget()
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
    """What a store should hold, in dictionaries: {address: {text: modified}}, what is current, and {text: name}."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.articles: dict[str, dict[str, str]] = {}
        self.current: dict[str, str] = {}
        self.files: dict[str, str] = {}

    def add(self, name: str, text: str, url: str | None, modified: str) -> str:
        """Add a file that states its address, or none, and return the status that its receipt should have."""
        if url is None:
            if text in self.files:
                return "unchanged" if self.files[text] == name else "duplicate"
            self.files[text] = name
            return "added"
        known = self.articles.get(url, {}).get(text)
        return "unchanged" if known is not None and modified <= known else self._put(text, url, modified)

    def fetch(self, text: str, url: str, modified: str) -> str:
        """Fetch an article from its address; one that names no date is as new as can be."""
        known = self.articles.get(url, {}).get(text)
        if known is None or modified > known:
            return self._put(text, url, modified, last=not modified)
        if self.current[url] == text or (modified and modified < self._newest(url, text)):
            return "unchanged"
        return self._put(text, url, known, last=True)

    def add_plain(self, name: str, text: str) -> str:
        """Add a file that is the same bytes wherever it is."""
        return "unchanged" if text in self.current.values() else self.add(name, text, None, "")

    def fetch_plain(self, text: str, url: str) -> str:
        """Fetch such a file, which says nothing of itself."""
        if self.current.get(url) == text or (url not in self.articles and text in self.current.values()):
            return "unchanged"
        if url not in self.articles and text in self.files:
            return "duplicate"
        return self._put(text, url, "", last=True)

    def _newest(self, url: str, besides: str) -> str:
        return max((day for text, day in self.articles.get(url, {}).items() if text != besides), default="")

    def _put(self, text: str, url: str, modified: str, *, last: bool = False) -> str:
        family, before = self.articles.setdefault(url, {}), self.current.get(url)
        known = text in family
        if last or before in (None, text) or modified >= self._newest(url, text):
            self.current[url] = text
        family[text] = modified
        return "updated" if known or before not in (None, self.current[url]) else "added"

    def texts(self) -> list[str]:
        """Return the texts that should be found."""
        return sorted([*self.files, *self.current.values()])


WORDS = ("oiled", "painted", "welded")
ADDRESSES = ("https://lantern.example/x", "https://weir.example/y")
DAYS = ("2021-01-01", "2021-02-01", "2021-03-01")
ADDITIONS = st.tuples(
    st.just("add"),
    st.sampled_from(["a.md", "b.md"]),
    st.sampled_from(WORDS),
    st.sampled_from([None, *ADDRESSES]),
    st.sampled_from(DAYS),
)
FETCHES = st.tuples(
    st.just("fetch"), st.just("a.md"), st.sampled_from(WORDS), st.sampled_from(ADDRESSES), st.sampled_from(["", *DAYS])
)
PLAIN = st.tuples(
    st.just("plain"),
    st.sampled_from(["a.txt", "b.txt"]),
    st.sampled_from(WORDS[:2]),
    st.sampled_from([None, *ADDRESSES]),
    st.just(""),
)
STEPS = st.lists(
    st.one_of(ADDITIONS, FETCHES, PLAIN, ADDITIONS, FETCHES, PLAIN, st.integers(0, 5)), min_size=2, max_size=12
)


def text_of(word: str, url: str | None) -> str:
    return f"The gate of {'a port' if url is None else url.split('/')[2].split('.')[0]} was {word}."


def file_of(model: Model, step: tuple) -> tuple[str, bytes | Fetched, str, str]:
    """Return a step's file, its text and the status that it should have."""
    kind, name, word, url, modified = step
    if kind == "plain":
        text = f"A plain file of {word} gates."
        data = text.encode()
        expected = model.add_plain(name, text) if url is None else model.fetch_plain(text, url)
        return name, data if url is None else Fetched(url, data), text, expected
    text = text_of(word, url)
    about = ({"modified": modified} if modified and url else {}) | ({"url": url} if url else {"title": "Gates"})
    data = article(text, **about)
    if kind == "add":
        return name, data, text, model.add(name, text, url, modified)
    return name, Fetched(url, data), text, model.fetch(text, url, modified)


@settings(max_examples=16)
@given(steps=STEPS)
def test_a_store_is_a_dictionary_of_articles(
    steps: list, tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, names: FirmNames
) -> None:
    """After any additions, fetches and removals a store finds exactly what a dictionary of articles would hold."""
    model = Model()
    with Library(tmp_path_factory.mktemp("model") / "store", embedder, names) as library:

        def removed(at: int) -> None:
            entries = library.entries()
            if entries:
                source = entries[at % len(entries)].source
                text = library.document(source.id).text
                library.remove(source.id)
                if source.url:
                    del model.articles[source.url], model.current[source.url]
                else:
                    del model.files[text]

        for is_removal, some in groupby(steps, lambda step: isinstance(step, int)):
            if is_removal:
                for at in some:
                    removed(at)
                continue
            files, expected = [], []
            for step in some:
                name, data, text, status = file_of(model, step)
                files.append((name, lambda data=data: data))
                expected.append((text, status))
            for receipt, (text, status) in zip(library.add_files(files), expected, strict=True):
                assert receipt.status == status
                document = library.document(receipt.id)
                assert document.text == text
                assert (receipt.superseded_by is None) is (document.source.status == "current")
        check_consistent(library)
        every = library.catalog.entries(superseded=True)
        current = [library.document(entry.source.id).text for entry in every if entry.source.status == "current"]
        assert sorted(current) == model.texts()
        assert len(every) == len(model.files) + sum(map(len, model.articles.values()))
        for word in WORDS:
            assert bool(said(library, word)) is any(word in text for text in current)
        assert all(bool(entry.passages) is (entry.source.status == "current") for entry in every)
