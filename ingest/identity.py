"""What makes two files the same document: canonical addresses and content hashes, and the publisher behind a host."""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from ingest.errors import UnreadableFileError
from ingest.records import Document, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ingest.records import ParsedDocument

# Parameters that tell how a reader came to a page, not which page it is.
_TRACKING = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|ref_src|_hs\w+|cmpid|ncid|sref)$"
)
_DEFAULT_PORTS = (80, 443)


def canonical_url(url: str) -> str:
    """Fold scheme, "www.", default port, trailing slash, tracking parameters and fragment of an http(s) address.

    Anything else, addresses that cannot be parsed among it, is only stripped.
    """
    parts = _split(url)
    if parts is None or parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return url.strip()
    # The scheme is folded, so the port of either is the default one.
    port = "" if parts.port in (None, *_DEFAULT_PORTS) else f":{parts.port}"
    # Blank values are kept: "?20191" is another page than "?20192".
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = sorted((key, value) for key, value in pairs if not _TRACKING.match(key.lower()))
    path = parts.path.rstrip("/")
    return f"https://{host(url)}{port}{path}" + (f"?{urlencode(query)}" if query else "")


def host(url: str) -> str:
    """Return the host of an address without "www.", in lower case; empty when it has none."""
    parts = _split(url)
    name = (parts.hostname if parts else None) or ""
    return f"[{name}]" if ":" in name else name.removeprefix("www.")


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address, None when it is none ("http://[x", a port that is no number)."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return None
    return parts


def document_id(url: str | None, name: str, text: str) -> str:
    """Return the first 16 hex of the SHA-256 over canonical URL (the file's name where there is none) and text."""
    key = canonical_url(url) if url else name
    return hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()[:16]


def located(documents: Sequence[ParsedDocument], name: str, fetched_from: str) -> list[ParsedDocument]:
    """Return the documents of a file with their addresses; `fetched_from` is empty for one that was not fetched.

    What was fetched is taken at its word only for addresses of the host that it came from: no page can pass for a newer
    version of another site's article.
    """
    if not fetched_from:
        return list(documents)
    own = [bool(one.url) and host(one.url or "") == host(fetched_from) for one in documents]
    if len(documents) > 1 and not all(own):
        raise UnreadableFileError(
            f"{name} holds {len(documents)} documents, and not all say that they are of {host(fetched_from)}, where "
            "they were fetched. Add each by its own address."
        )
    return [one if is_own else replace(one, url=fetched_from) for one, is_own in zip(documents, own, strict=True)]


def identified(parsed: ParsedDocument, name: str, sha256: str, publishers: Mapping[str, str]) -> Document:
    """Make what was read from the file `name` a document with an identity; `sha256` is that of the file."""
    source = Source(
        id=document_id(parsed.url, name, parsed.text),
        name=name,
        title=parsed.title,
        publisher=parsed.publisher or publisher_of(parsed.url, publishers),
        author=parsed.author,
        published=parsed.published,
        modified=parsed.modified,
        url=parsed.url,
        kind=parsed.kind,
        language=parsed.language,
        sha256=sha256,
    )
    return Document(source, parsed.text, parsed.blocks, parsed.pages, parsed.links, parsed.left_out)


def publishers_by_host(path: Path) -> dict[str, str]:
    """Read the publisher of each host from a table in the columns of `corpus/sources.csv`."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["host"]: row["publisher"] for row in csv.DictReader(lines) if row["host"] and row["publisher"]}


def publisher_of(url: str | None, known: Mapping[str, str]) -> str | None:
    """Return who publishes at an address: by the table, else its host; None without an address."""
    if not url:
        return None
    return known.get(host(url)) or host(url) or None
