from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import UnreadableFileError
from ingest.identity import canonical_url, document_id, host, located, publisher_of, publishers_by_host
from ingest.records import Block, ParsedDocument

SOURCES = Path(__file__).resolve().parents[1] / "corpus" / "sources.csv"
ARTICLE = "https://lantern.example/2021/05/cameras"


@pytest.mark.parametrize(
    "url",
    [
        ARTICLE,
        f"{ARTICLE}/",
        f"  {ARTICLE}//\n",
        "http://lantern.example/2021/05/cameras",
        "HTTPS://WWW.Lantern.Example/2021/05/cameras",
        "https://lantern.example:443/2021/05/cameras",
        "http://lantern.example:80/2021/05/cameras",
        f"{ARTICLE}#comments",
        f"{ARTICLE}/?utm_source=feed&utm_medium=rss&fbclid=x&gclid=y",
        f"{ARTICLE}?UTM_Campaign=z#top",
    ],
)
def test_one_article_has_one_address(url: str) -> None:
    """Scheme, "www.", default port, case of the host, trailing slash, tracking parameters and fragment are folded."""
    assert canonical_url(url) == ARTICLE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x", "https://a.example/X"),
        ("https://a.example/x", "https://a.example/x/y"),
        ("https://a.example/?p=1", "https://a.example/?p=2"),
        ("https://a.example/?20191", "https://a.example/?20192"),
        ("https://a.example/?print", "https://a.example/"),
        ("https://a.example/?p=1", "https://a.example/?p=1&p=2"),
        ("https://a.example/", "https://b.a.example/"),
        ("https://a.example/", "https://a.example:8080/"),
        ("https://a.example/x?id=a%26b", "https://a.example/x?id=a&b"),
        ("https://a.example/?reference=1", "https://a.example/?reference=2"),
    ],
)
def test_other_articles_have_other_addresses(one: str, other: str) -> None:
    """Path, its case, port, subdomain and every other parameter tell articles apart."""
    assert canonical_url(one) != canonical_url(other)


def test_the_order_of_parameters_does_not_matter():
    """Parameters in another order are the same address."""
    assert canonical_url("https://a.example/?b=2&a=1") == canonical_url("https://a.example/?a=1&b=2")


@pytest.mark.parametrize("url", ["", "lantern.example/x", "ftp://a.example/x/", "http://", "http://[x", "https://a:b/"])
def test_what_is_no_web_address_is_only_stripped(url: str) -> None:
    """Anything but a well-formed http(s) address stays as it is, and is no error."""
    assert canonical_url(f" {url} ") == url
    assert publisher_of(url, {}) in (None, "lantern.example", "a.example") or host(url) == ""


LABELS = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True).filter(lambda label: label != "www")
PIECES = st.sampled_from([*"abAB12-_.~%&=+;:@!é海", "%20", "%2F", "utm_source"])
PART = st.lists(PIECES, max_size=10).map("".join)
URLS = st.builds(
    lambda scheme, www, labels, port, path, query, fragment: (
        f"{scheme}://{www}{'.'.join(labels)}{port}{path}{query}{fragment}"
    ),
    st.sampled_from(["http", "https", "HTTP", "Https"]),
    st.sampled_from(["", "www.", "WWW."]),
    st.one_of(st.lists(LABELS, min_size=1, max_size=3), st.just(["[2001:db8::1]"])),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.lists(PART, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts)),
    st.lists(PART, max_size=4).map(lambda pairs: f"?{'&'.join(pairs)}" if pairs else ""),
    PART.map(lambda fragment: f"#{fragment}" if fragment else ""),
)


@given(URLS)
def test_folding_an_address_twice_changes_nothing(url: str) -> None:
    """A canonical address is its own canonical address, on the same host."""
    once = canonical_url(url)
    assert canonical_url(once) == once
    assert host(once) == host(url)


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    """Whatever a source prints as its address has a canonical form and a host."""
    assert isinstance(canonical_url(f"https://{text}"), str)
    assert isinstance(host(f"http://{text}"), str)


def test_an_id_is_a_hash_over_address_and_text():
    """An id is 16 hex digits, the same for any spelling of the address, another for another text or file name."""
    first = document_id(ARTICLE, "a.json", "Text.")
    assert len(first) == 16
    assert int(first, 16) >= 0
    assert document_id(f"{ARTICLE}/#x", "b.json", "Text.") == first
    assert document_id(ARTICLE, "a.json", "Other text.") != first
    assert document_id(None, "a.txt", "Text.") != document_id(None, "b.txt", "Text.")


def test_a_publisher_is_known_by_host():
    """The table names the publisher of a host, whatever "www."; else the host itself; without an address nobody."""
    known = publishers_by_host(SOURCES)
    with SOURCES.open(encoding="utf-8", newline="") as lines:
        row = next(row for row in csv.DictReader(lines) if row["host"])
    assert publisher_of(f"https://www.{row['host'].removeprefix('www.')}/x", known) == row["publisher"]
    assert publisher_of("https://www.lantern.example/x", known) == "lantern.example"
    assert publisher_of(None, known) is None


ADDRESSES = st.sampled_from(
    [
        None,
        ARTICLE,
        "http://www.lantern.example/x",
        "https://ledger.example/a",
        "https://lantern.example.evil.example/",
        "x",
    ]
)


def stating(url: str | None) -> ParsedDocument:
    return ParsedDocument("Lamps.", (Block(0, 6),), "article", "Lamps", url=url)


@given(st.lists(ADDRESSES, min_size=1, max_size=3), st.sampled_from([ARTICLE, "https://evil.example/"]))
def test_what_was_fetched_is_of_its_host(stated: list[str | None], fetched_from: str) -> None:
    """Whatever a fetched file states, its documents are of the host that it came from, or it is refused."""
    documents = [stating(url) for url in stated]
    assert located(documents, "a", "") == documents
    try:
        found = located(documents, "a", fetched_from)
    except UnreadableFileError:
        found = []
        assert len(stated) > 1
    assert all(one.url and host(one.url) == host(fetched_from) for one in found)
    assert all(one.url in (url, fetched_from) for one, url in zip(found, stated, strict=False))
