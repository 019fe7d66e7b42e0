"""Owns Protego: what a site's robots.txt allows programs to read, and how long they are to wait."""

from __future__ import annotations

from protego import Protego

# The name that robots.txt knows us by.
AGENT = "Dossier"
# By RFC 9309 at least this much of a file is read: https://www.rfc-editor.org/rfc/rfc9309#name-limits
MOST_BYTES = 512_000
# The parser keeps each rule for each program that is named before it.
_MOST_WORK = 1_000_000


class Robots:
    """The rules of one site.

    The parser of the standard library knows no wildcards and takes the first rule for the longest.
    """

    def __init__(self, text: str) -> None:
        """Read the rules; ValueError when there are absurdly many."""
        lines = text.splitlines()
        agents = sum("agent" in line.lower() for line in lines)
        if agents * (len(lines) - agents) > _MOST_WORK:
            raise ValueError(f"{agents:,} names of programs before {len(lines) - agents:,} rules")
        self._rules = Protego.parse(text)

    def allow(self, url: str) -> bool:
        """Tell whether we may read an address."""
        return self._rules.can_fetch(url, AGENT)

    @property
    def delay(self) -> float:
        """Seconds to wait between two requests; 0 where nothing is asked."""
        return self._rules.crawl_delay(AGENT) or 0.0
