from __future__ import annotations

import time
import tracemalloc
from itertools import count, islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protego import Protego

from ingest.robots import AGENT, MOST_BYTES, Robots

if TYPE_CHECKING:
    from collections.abc import Callable

SITE = "https://lantern.example"


def filled(line: Callable[[int], str], start: str = "User-agent: *\n", *, until: int = MOST_BYTES) -> str:
    """Return a start and lines after it, as many as fit."""
    return (start + "".join(islice(map(line, count()), until // 6)))[:until]


HALF = MOST_BYTES // 2
HOSTILE = {
    "agents in the rules": filled(lambda n: f"User-agent:a{n}\n", "", until=HALF)
    + "\n"
    + filled(lambda n: f"Disallow:/agent{n}\n", "", until=HALF),
    "agents without a colon": filled(lambda n: f"{('USERAGENT', 'user agent')[n % 2]} a{n}\n", "", until=HALF)
    + "\n"
    + filled(lambda n: f"allow:{n}\n", "", until=HALF),
    "agents said twice": filled(lambda n: f"useragent:{n % 20_000}\n"),
    "agents in turn with rules": filled(lambda n: f"useragent:{n}\nallow:/\n"),
    "stars in names": filled(lambda n: f"useragent:*d*o*{n}\n", "", until=HALF)
    + filled(lambda n: f"allow:{n}\n", "\n", until=HALF),
    "all that begins as we do": filled(lambda n: f"useragent:{AGENT[: n % 7 + 1]}\n", "", until=HALF)
    + "\n"
    + filled(lambda n: f"allow:{n}$/index.html\n", "", until=HALF),
    "rules of four": filled(lambda n: f"allow:{n:x}$/index.html\n"),
    "short rules": filled(lambda n: f"allow:{n:x}\n"),
    "parts that nearly match": filled(lambda n: f"allow:*{'a' * (n % 50)}b{'a' * 49}\n"),
    "a rule of dollars": filled(lambda _: "$" * 60, "User-agent: *\nallow:"),
    "a rule of stars": filled(lambda _: "*a" * 30, "User-agent: *\nallow:"),
    "nothing": "\n" * MOST_BYTES,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_file_costs_much(text: str) -> None:
    """No file of the largest size takes more than seconds to be read and asked, nor much more memory than its size."""
    assert MOST_BYTES * 0.9 <= len(text) <= MOST_BYTES * 1.1
    began = time.process_time()
    robots = Robots(text)
    for n in range(3):
        robots.allow(f"{SITE}/{'a' * 1900}{n}")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("name", ["agents in the rules", "all that begins as we do", "rules of four"])
def test_no_file_fills_the_memory(name: str) -> None:
    """What is kept of a file of the largest size is some fifty times that size at most."""
    tracemalloc.start()
    try:
        Robots(HOSTILE[name])
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


FIELDS = [
    "User-agent", "USERAGENT", "user agent", "user  agent", "user-agents", "Disallow", "allow", "dissallow",
    "Crawl-delay", "crawl delay", "Sitemap", "Host", "request-rate", "what", "", " ",
]  # fmt: skip
BETWEEN = [":", ": ", " : ", " :", " ", "  ", "", "#", ": #", "\t:\t"]
VALUES = [
    "*", "**", "Dossier", "dossier", "DOSS", "d", "d*", "do*ss", "Dossiers", "other", "a b", "x:y", "user-agent", "",
    "/", "/a", "/a/b", "/*b", "/a$", "/index.html", "2", "https://lantern.example/a", "a: b", "\x85", "ſ",
]  # fmt: skip
a_line = st.builds("{}{}{}".format, *map(st.sampled_from, (FIELDS, BETWEEN, VALUES)))
# Most are as they should be, or hardly any file would have a rule.
a_plain_line = st.sampled_from(
    [f"{field}: {value}" for field in FIELDS[:1] for value in VALUES[:9]]
    + [f"{field}: {value}" for field in FIELDS[5:7] for value in VALUES[14:20]]
)


@settings(max_examples=1_000)
@given(
    st.lists(st.one_of(a_plain_line, a_line), max_size=14),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\n#x\n", "\x85"]),
)
def test_the_rules_are_those_of_the_file(text: list[str], end: str) -> None:
    """What a file allows us, and asks us to wait, is what its parser makes of the whole of it."""
    whole, robots = Protego.parse(end.join(text)), Robots(end.join(text))
    assert robots.delay == (whole.crawl_delay(AGENT) or 0.0)
    for path in ("/", "/a", "/a/b", "/b", "/index.html"):
        assert robots.allow(SITE + path) == whole.can_fetch(SITE + path, AGENT)
