"""Owns Protego: what a site's robots.txt allows programs to read, and how long they are to wait."""

from __future__ import annotations

from protego import Protego

# The name that robots.txt knows us by.
AGENT = "Dossier"
# By RFC 9309 at least this much of a file is read: https://www.rfc-editor.org/rfc/rfc9309#name-limits
MOST_BYTES = 512_000
# The spellings that the parser knows; it takes blanks for the colon, too.
_AGENT_LINE = ("user-agent", "useragent", "user agent")


class Robots:
    """The rules of one site.

    The parser of the standard library knows no wildcards and takes the first rule for the longest. Protego keeps each
    rule once for each program named before it, so it is told only of the one that is us: a file that names thousands
    costs no more than its length.
    """

    def __init__(self, text: str) -> None:
        """Read the rules."""
        lines = text.splitlines()
        programs = {number: named for number, line in enumerate(lines) if (named := _program(line)) is not None}
        best = max((name for named in programs.values() for name in named), key=_likeness, default="")
        for number, named in programs.items():
            ours = best if _likeness(best) and best in named else ""
            # Without a name it still ends the rules of the programs before.
            lines[number] = f"User-agent: {ours}"
        self._rules = Protego.parse("\n".join(lines))

    def allow(self, url: str) -> bool:
        """Tell whether we may read an address."""
        return self._rules.can_fetch(url, AGENT)

    @property
    def delay(self) -> float:
        """Seconds to wait between two requests; 0 where nothing is asked."""
        return self._rules.crawl_delay(AGENT) or 0.0


def _program(line: str) -> tuple[str, ...] | None:
    """Return the names, in lower case, of the program that a line names; None where it is a line of another kind."""
    line = line.partition("#")[0].strip()
    field, colon, value = line.partition(":")
    if field.strip().lower() in _AGENT_LINE and colon:
        name = value.strip().lower()
        return name, name.replace("*", "")
    if colon and not value[:1].strip():  # "Disallow: ...", but not "User-agent http://..."
        return None
    words = line.split()
    for many in (1, 2):
        if " ".join(words[:many]).lower() in _AGENT_LINE:
            name = " ".join(words[many:]).lower()
            return name, name.replace("*", "")
    return None


def _likeness(name: str) -> int:
    """Return how well the name of a program is ours: by all of it, by its beginning, or as anybody's."""
    return 1 if name == "*" else len(name) if AGENT.lower().startswith(name) else 0
