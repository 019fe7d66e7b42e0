"""What a source tells of the past only, and a statement tells of now: "was a customer" is not "is a customer"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.meanings import SAYS, VERB, meanings
from app.words import IRREGULAR_FORMS, other_forms

if TYPE_CHECKING:
    from collections.abc import Iterator

_IS = re.compile(r"\b(?:is|are|has|have)\b(?!\s+(?:been|had)\b)", re.IGNORECASE)
_WAS = re.compile(r"\b(?:was|were|had)\b", re.IGNORECASE)
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|has|have|had|been|be|being|will|would|may|might|can|could)\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[,;:.]\s|\s(?:and|but|while|which|who|that)\s")
_HAS = re.compile(r"\bha(?:s|ve)\b", re.IGNORECASE)
# What a noun follows, and no verb of somebody now.
_NOUN = re.compile(
    r"(?:\b(?:the|an?|its|their|his|her|our|of|in|for|from|with|by|to|on|and|or|no|some|\w+ed)|[’']s?)\s+$",
    re.IGNORECASE,
)
# After these the plain form of a verb tells of no now.
_NOT_NOW = re.compile(
    r"\b(?:to|did|will|would|shall|should|may|might|can|could|must|let|lets|help|helps|not)\s+(?:\w+ly\s+)?$|n[’']t\s+$",
    re.IGNORECASE,
)
# Words after "is" within which what it says is begun, and letters before a word within which its "was" stands.
_NEXT, _BEFORE = 3, 60


def out_of_time(claim: str, source: str) -> Iterator[str]:
    """Yield what a claim tells of now, and its source of the past alone."""
    for clause in _CLAUSE.split(claim):
        for match in _IS.finditer(clause):
            words = clause[match.end() :].split()[:_NEXT]
            # "Has sold" is no more than "sold".
            if not (_HAS.fullmatch(match[0]) and any(VERB.fullmatch(word) for word in words)):
                meant = meanings(" ".join(words))[:1]
                if meant and _is_past(meant[0], source):
                    yield f"“{match[0]} {' '.join(words)}” is told of the past there"
    told = {form for verb in VERB.finditer(source) if not SAYS.fullmatch(verb[0]) for form in _present(verb[0])}
    for match in re.finditer(r"\b[a-z]+\b", claim):
        before = claim[: match.start()]
        is_verb = not _NOUN.search(before) and not _NOT_NOW.search(before)
        if match[0] in told and is_verb and _is_only_past(match[0], source):
            yield f"“{match[0]}” is told of the past there"


def _is_only_past(verb: str, source: str) -> bool:
    """Tell whether each word of a source that means what a verb does is a past form."""
    meant = meanings(verb)[:1]
    return all(VERB.fullmatch(word) for word in re.findall(r"\w+", source) if meanings(word)[:1] == meant)


def _is_past(meaning: str, source: str) -> bool:
    """Tell whether a source has a word, and each time after a "was" or "had" that belongs to it."""
    found = [match for match in re.finditer(r"[\w’'-]+", source) if meanings(match[0])[:1] == [meaning]]
    return bool(found) and all(_is_told_of_the_past(match, source) for match in found)


def _is_told_of_the_past(word: re.Match[str], source: str) -> bool:
    if SAYS.search(re.split(r"[.;]\s", source[: word.start()])[-1]):
        return False  # "told The Hill that it was an owner" may be of then
    before = _CLAUSE.split(source[max(0, word.start() - _BEFORE) : word.start()])[-1]
    verbs = [match[0] for match in _AUXILIARY.finditer(before)]
    if not verbs:
        return False
    return bool(_WAS.fullmatch(verbs[-1]) or (len(verbs) > 1 and verbs[-1] == "been" and _WAS.fullmatch(verbs[-2])))


def _present(past: str) -> Iterator[str]:
    """Yield how the verb of a past form may be written of somebody now: "holds" for "held"."""
    past = past.casefold()
    bases = other_forms(past) if past in IRREGULAR_FORMS else _bases(past)
    for base in bases:
        yield base
        yield (
            f"{base[:-1]}ies"
            if base.endswith("y")
            else f"{base}{'es' if base.endswith(('s', 'sh', 'ch', 'x')) else 's'}"
        )


def _bases(past: str) -> Iterator[str]:
    if past.endswith("ied"):
        yield f"{past[:-3]}y"
    elif past.endswith("ed"):
        yield past[:-1]
        yield past[:-2]
