"""What leads to a statement in its source: a sentence that takes the statement may leave out nothing that bears on it.

"Critics believe that", "was barred from", "rarely": no list of such words is whole. Looked at are the words that lead
to who does it, where they make a belief or a condition of it, and verbs and adverbs between that and the deed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.meanings import VERB, meanings
from app.words import EMPTY, rarity
from ingest.firms import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

# Small words that take something away from what follows.
_TAKES_AWAY = frozenset(
    "can could should may might must would will shall not no nor never only once more most few until before seldom "
    "perhaps maybe investigation".split()
)
_HARMLESS = (EMPTY - _TAKES_AWAY) | frozenset(
    "reported reports said says wrote writes announced told stated published noted added according jointly together "
    "company firm group already found concluded".split()
)
# So a clause begins that tells only when or where.
_WHEN = re.compile(r"^\W*(?:in|on|at|after|since|during|by|from|as|when|while|following|under)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:]\s|[.!?][\s”\"’)]+|\s(?:and|but|while|whereas|or)\s")
_ASIDE = re.compile(r",[^,;]{2,120},")
_SAYS_SO = re.compile(r"\b(?:sa(?:y|id)|believe|suspect|claim|alleg|fear|think|argu|suggest)\w*\b", re.IGNORECASE)
# What makes of a statement the content of a belief, a report or a condition.
_GOVERNS = re.compile(
    rf"\bthat\s*$|{_SAYS_SO.pattern}|^\W*(?:perhaps|maybe|had|until|if|unless|whether|should)\b", re.IGNORECASE
)
# What may stand between who does it and the deed, and takes from it: "was barred from", "rarely", "can".
_BENDS = re.compile(rf"(?:ed|ly)$|^(?:{'|'.join(_TAKES_AWAY)})$", re.IGNORECASE)
_WORD = re.compile(r"[\w’'-]+")
# So rare a word, where a sentence begins, is taken for a name.
_RARE = 0.85


def left_out(claim: str, source: str) -> Iterator[str]:
    """Yield what the source has before a deed, and a claim that takes the deed has not."""
    said = {*meanings(claim), *_WORD.findall(claim.casefold())}
    for verb in VERB.finditer(claim):
        deed = meanings(verb[0])[:1]
        subject = meanings(_CLAUSE.split(claim[: verb.start()])[-1])
        if not deed or not subject:
            continue
        found = [list(_before(match, source, set(subject), said)) for match in _same(deed[0], source)]
        if found and all(found):
            yield f"“{min(found, key=len)[0]}” there is left out"
            return


def _same(deed: str, source: str) -> Iterator[re.Match[str]]:
    yield from (match for match in _WORD.finditer(source) if meanings(match[0])[:1] == [deed])


def _before(verb: re.Match[str], source: str, subject: set[str], said: set[str]) -> Iterator[str]:
    """Yield the words before a deed in its clause that a claim leaves out, with those that lead to who does it."""
    sentence = re.split(r"[.!?;][\s”\"’)]+", source[: verb.start()])[-1]
    sentence = _ASIDE.sub(lambda match: match[0] if _SAYS_SO.search(match[0]) else " ", sentence)
    at = next((word.start() for word in _WORD.finditer(sentence) if subject.intersection(meanings(word[0]))), None)
    if at is None:
        return
    lead, rest = _CLAUSE.split(sentence[:at])[-1], _CLAUSE.split(sentence[at:])[-1]
    if not _WHEN.match(lead) and _GOVERNS.search(lead):
        yield from _bearing(lead, said, begins=lead == sentence[:at])
    yield from (word for word in _bearing(rest, said, begins=False) if _BENDS.search(word))


def _bearing(text: str, said: set[str], *, begins: bool) -> Iterator[str]:
    for number, word in enumerate(_WORD.findall(text)):
        plain = word.casefold()
        is_name = word[0].isupper() and (number or not begins or rarity(fold(word)) > _RARE)
        if is_name or word[0].isdigit() or plain in _HARMLESS:
            continue
        if not said.issuperset([plain] if plain in _TAKES_AWAY else meanings(word)):
            yield word
