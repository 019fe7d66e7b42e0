"""Whether passages bear a sentence that a chat model wrote: by rules alone, each with a reason that a reader sees.

Nothing is proved of what a sentence means. It may only say in the passages' words what they say: its quotations, firms,
names, figures, dates and every other word that means something, its negations, hedges and denials, and who did it to
whom are held against them. That leaves out some sentences that are right: a chat model is told why and may mend them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.claims import Claim
from app.relative import with_relative_dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.alike import Alike
    from app.answers import Dated
    from app.facts import Facts
    from app.pieces import Evidence
    from ingest.firms import FirmNames

# More evidence than this for one sentence is a collection, not a proof. A sentence of one clause has one sentence to
# bear it: of two, one may tell who and the other what somebody else did.
_MOST = 3
# Characters: a longer sentence tells too much at once, and rules take long over it.
_LONGEST = 1000
# Keys of who is spoken of.
_WHO = ("firm", "name", "nation")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of a sentence: the indexes of the evidence that bears it, or the reasons why none does.

    `alike` holds its words that stand for others of the evidence, each with the other; `dated` its dates that the
    evidence tells by the day when it was said.
    """

    bearing: tuple[int, ...]
    problems: tuple[str, ...]
    alike: tuple[tuple[str, str], ...] = ()
    dated: tuple[Dated, ...] = ()

    @property
    def is_borne(self) -> bool:
        """Tell whether the sentence may be shown as supported."""
        return not self.problems


def ruled(
    sentence: str,
    evidence: Sequence[Evidence],
    names: FirmNames,
    alike: Alike | None = None,
    known: dict[str, Facts] | None = None,
) -> Ruling:
    """Hold a sentence, without its citation marks, against evidence; take the fewest pieces that bear it together.

    `alike` finds words of a piece that mean what words of the sentence mean: the sentence is then held against the
    evidence with those words in their place, by the same rules. So it is with dates that the evidence tells by the day
    when it was said. `known` keeps what texts state, for other sentences that are held against the same evidence.
    """
    if len(sentence) > _LONGEST:
        return Ruling((), ("it is too long to be checked",))
    claim = Claim(sentence, names, {} if known is None else known)
    ruling = _in_some_words(claim, evidence, alike)
    told = [[day for day in one.dated if claim.tells_day(day)] for one in evidence]
    if ruling.is_borne or not any(told):
        return ruling
    spelt = [replace(one, text=with_relative_dates(one.text, one.dated)) for one in evidence]
    found = _in_some_words(claim, spelt, alike)
    dated = tuple(dict.fromkeys(day for at in found.bearing for day in told[at]))
    return replace(found, dated=dated) if found.is_borne else ruling


def _in_some_words(claim: Claim, evidence: Sequence[Evidence], alike: Alike | None) -> Ruling:
    most = min(_MOST, claim.clauses)
    held = {at: claim.held_by(one) for at, one in enumerate(evidence) if one.length <= most}
    ruling = _chosen(claim, evidence, held, most)
    if ruling.is_borne or not alike:
        return ruling
    for words in claim.in_words_of(evidence, held, alike):
        other = claim.saying(words)
        found = _chosen(other, evidence, {at: other.held_by(evidence[at]) for at in held}, most)
        if found.is_borne:
            return replace(found, alike=tuple(words.items()))
    return ruling


def _chosen(
    claim: Claim, evidence: Sequence[Evidence], held: Mapping[int, set[tuple[str, object]]], most: int
) -> Ruling:
    chosen: list[int] = []
    missing = set(claim.wanted)
    while len(chosen) < most:
        left = [at for at in held if at not in chosen]
        best = max(left, key=lambda at: (len(missing & held[at]), *claim.closeness(evidence[at]), -at), default=None)
        # What adds nothing but a name tells of somebody else.
        if best is None or (chosen and all(kind in _WHO for kind, _ in missing & held[best])):
            break
        chosen.append(best)
        missing -= held[best]
        if not missing:
            break
    bearing = [evidence[at] for at in chosen]
    return Ruling(tuple(sorted(chosen)), tuple(claim.problems(bearing, missing)))
