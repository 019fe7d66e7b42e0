"""An answer by quoting, without a model: which whole sentences to quote, the fewest that answer, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.answers import Quote
from app.denials import denies, with_denials
from app.evidence import INTRODUCES, WEIGHTS
from app.kinds import holds, leaves_unnamed
from app.words import content_words, share_of
from ingest.passages import LONGEST_SENTENCE

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from app.answers import Hit, Outcome
    from app.denials import Neighbour
    from app.evidence import Candidate
    from app.names import Name
    from app.question import Question, Want
    from ingest.records import Sentence

# How much worse than the best a sentence may be (in the units of evidence.WEIGHTS) to be quoted beside it: in any
# answer; in a list; for another side of a comparison; as the neighbour of a quoted one that goes on from it, or that
# says more of the same. Set on development questions, one at a time, for pointers cited at no loss of precision.
_SECOND, _LISTED, _OTHER_SIDE, _GOES_ON, _NEIGHBOUR = 1.0, 1.5, 5.0, 3.0, 4.0
# How much worse the best sentence that holds the kind of thing asked for may be than the best one of all.
_OF_KIND = 1.5
# A question that a source itself asks, and so much better than any statement, tells that no source answers it.
_ASKED_TOO = 1.0
_MOST_QUOTES, _MOST_LISTED = 2, 12
# A sentence that names a further firm of a list shares this part of the question's words.
_LIKE_THE_REST = 0.75
# A sentence repeats another when this share of its words stands there too.
_REPEATS = 0.6
# What a question takes for granted of somebody is not borne out when no sentence about these shares this part of its
# words, and one about others shares that part.
_BORNE_OUT, _DONE_BY_OTHERS = 0.5, 0.6


@dataclass(frozen=True, slots=True)
class Choice:
    """What is quoted, in order; `denied` are the indexes of denials of the quote before, `lacking` is not found."""

    outcome: Outcome
    quotes: tuple[Quote, ...]
    denied: frozenset[int] = frozenset()
    lacking: tuple[Want, ...] = ()


def choose(question: Question, candidates: Sequence[Candidate], firms: Container[str], neighbour: Neighbour) -> Choice:
    """Choose what to quote of weighed sentences, best first; nothing when the outcome is "not_in_sources".

    `firms` are the ids of those that a list of firms gives a line each.
    """
    stating = [candidate for candidate in candidates if candidate.is_statement and _is_about(question, candidate)]
    if not stating:
        return Choice("not_in_sources", ())
    best, lacking = _best(question, stating)
    asked = max((one.score for one in candidates if "asks" in one.sentence.marks), default=0.0)
    if not best and question.wants_besides:
        best = stating[:1]  # for what it asks besides
    if not best or best[0].score < asked - _ASKED_TOO:
        return Choice("not_in_sources", (), lacking=lacking)
    premise = _not_borne_out(question, stating)
    if premise:
        premise = _with_neighbours(premise, stating)
        return Choice("premise_not_supported", *with_denials(_runs(premise), neighbour), lacking)
    chosen = _without_repeats([*best, *_beside(question, best, stating)])
    if question.is_list and "name" in question.wants:
        chosen.extend(_of_further_firms(question, chosen, stating, firms))
    chosen = chosen[: _MOST_LISTED if question.is_list else max(_MOST_QUOTES, len(best), len(question.sides))]
    quotes, denied = with_denials(_runs(_with_neighbours(chosen, stating)), neighbour)
    return Choice("partly" if lacking or question.is_of_today else "answered", quotes, denied, lacking)


def nearest(candidates: Sequence[Candidate], most: int) -> tuple[Quote, ...]:
    """Return the `most` best sentences, for when nothing answers."""
    return tuple(Quote(one.hit, (one.sentence,)) for one in _without_repeats(candidates[: 2 * most])[:most])


def nearest_of_each(names: Iterable[Name], candidates: Sequence[Candidate]) -> tuple[Quote, ...]:
    """Return the best sentence on each of some names, for when nothing is said of them together."""
    found = [next((one for one in candidates if one.names(name)), None) for name in names]
    return tuple(Quote(one.hit, (one.sentence,)) for one in dict.fromkeys(one for one in found if one))


def _is_about(question: Question, candidate: Candidate) -> bool:
    """Tell whether a sentence or the passage around it names one whom the question is about, or a firm of theirs."""
    needed = question.needed
    around = (
        f"{candidate.hit.document.title} {candidate.hit.passage.context} {candidate.understood} {candidate.hit.text}"
    )
    if needed:
        return any(name.stands_in(around) for one in needed for name in (one, *one.owned))
    return bool(set(content_words(around)) & question.words.keys())


def _best(question: Question, stating: Sequence[Candidate]) -> tuple[list[Candidate], tuple[Want, ...]]:
    """Return the best sentence for each kind of thing that is asked for, and the kinds that no good sentence holds."""
    if not question.wants:
        return [stating[0]], ()
    found: list[Candidate] = []
    lacking: list[Want] = []
    for want in question.wants:
        if any(want in candidate.kinds for candidate in found):
            continue
        holding = next((one for one in stating if want in one.kinds), None)
        unnamed = want == "name" and _best_is_unnamed(question, stating)
        if unnamed or holding is None or holding.score < stating[0].score - _OF_KIND:
            lacking.append(want)
        else:
            found.append(holding)
    return found, tuple(lacking)


def _best_is_unnamed(question: Question, stating: Sequence[Candidate]) -> bool:
    """Tell whether the sentence that would be best, had it a name, tells of what is asked for and does not name it."""
    as_good = stating[0].score - 2 * WEIGHTS["kind"]
    return any(one.score >= as_good and leaves_unnamed(question, one.text) for one in stating)


def _beside(question: Question, best: Sequence[Candidate], stating: Sequence[Candidate]) -> list[Candidate]:
    """Return what is worth quoting beside the best: near as good, the rest of a list, other sides of a comparison."""
    top = best[0].score
    worth = _LISTED if question.is_list else _SECOND
    found = [one for one in stating if one not in best and one.score >= top - worth]
    sides = [side for side in question.sides if not any(side(one.shown) for one in best)]
    others = (next((one for one in stating if side(one.shown)), None) for side in sides)
    return [*(one for one in others if one and one.score >= top - _OTHER_SIDE), *found]


def _of_further_firms(
    question: Question, chosen: Sequence[Candidate], stating: Sequence[Candidate], firms: Container[str]
) -> list[Candidate]:
    """Return, for each firm that no chosen sentence names, the best that does and shares the words of the question."""
    asked_of = set(content_words(" ".join(question.nouns)))
    wanted = {stem: weight for stem, weight in question.words.items() if stem not in asked_of}
    asked = {name.firm.id for name in question.names if name.firm is not None}
    known = asked.union(*(_firms_in(one, firms) for one in chosen))
    found = []
    for one in stating:
        further = _firms_in(one, firms) - known
        if further and one not in chosen and share_of(wanted, one.understood) >= _LIKE_THE_REST:
            found.append(one)
            known |= further
    return found


def _firms_in(candidate: Candidate, firms: Container[str]) -> set[str]:
    sentence = candidate.sentence
    return {
        mention.firm
        for mention in candidate.hit.passage.firms
        if sentence.start <= mention.start < sentence.end and mention.firm in firms
    }


def _not_borne_out(question: Question, stating: Sequence[Candidate]) -> list[Candidate]:
    """Return what says that others did what the question takes for granted of somebody, and what is said of these.

    Nothing when it is borne out, or does not ask why.
    """
    if not question.takes_for_granted or not question.needed:
        return []
    subject = question.needed[0]
    deed = {
        stem: weight
        for stem, weight in question.words.items()
        if not any(stem in content_words(form) for name in question.needed for form in name.forms)
    }
    of_subject = [one for one in stating if one.names(subject)]
    of_others = [one for one in stating if not one.names(subject) and holds("name", one.text, None, question)]
    if not of_subject or not of_others:
        return []
    other = max(of_others, key=lambda one: share_of(deed, one.understood))
    borne_out = max(share_of(deed, one.understood) for one in of_subject)
    matched = set(content_words(other.understood)) & deed.keys()
    if borne_out >= _BORNE_OUT or share_of(deed, other.understood) < _DONE_BY_OTHERS or len(matched) < 2:
        return []
    return [other, of_subject[0]]


def _without_repeats(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Leave out what says again what a better sentence says."""
    kept: list[tuple[Candidate, set[str]]] = []
    for candidate in candidates:
        words = set(content_words(candidate.text))
        if not any(len(words & other) > _REPEATS * min(len(words), len(other)) for _, other in kept):
            kept.append((candidate, words))
    return [candidate for candidate, _ in kept]


def _with_neighbours(chosen: Sequence[Candidate], stating: Sequence[Candidate]) -> list[Candidate]:
    """Add the sentence before or after a chosen one that goes on from it or says more of the same."""
    found = list(chosen)
    for one in chosen:
        for other in stating:
            if other in found or denies(other.sentence):
                continue
            goes_on = any(span.start == one.sentence.start for span in other.sentence.antecedents)
            if (goes_on and other.score >= one.score - _GOES_ON) or (
                other.score >= one.score - _NEIGHBOUR and _adjoins([one], other)
            ):
                found.append(other)
    return found


def _runs(chosen: Sequence[Candidate]) -> tuple[Quote, ...]:
    """Put neighbouring sentences of one passage together, in the order of the best of each run."""
    runs: list[list[Candidate]] = []
    for one in chosen:
        for run in runs:
            if _adjoins(run, one):
                run.append(one)
                run.sort(key=lambda candidate: candidate.sentence.start)
                break
        else:
            runs.append([one])
    return tuple(Quote(run[0].hit, _after_introduction(run[0].hit, [one.sentence for one in run])) for run in runs)


def _after_introduction(hit: Hit, sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Put before a run the sentence that introduces it ("She told The Weir Review:"), which tells who says it."""
    at = hit.passage.sentences.index(sentences[0])
    before = hit.passage.sentences[at - 1] if at else None
    if before is None or sentences[-1].end - before.start > LONGEST_SENTENCE:
        return tuple(sentences)
    text = hit.text[before.start - hit.passage.start : before.end - hit.passage.start]
    introduces = text.endswith(INTRODUCES) and any(span.start == before.start for span in sentences[0].antecedents)
    return (before, *sentences) if introduces else tuple(sentences)


def _adjoins(run: Sequence[Candidate], one: Candidate) -> bool:
    if run[0].hit.passage.id != one.hit.passage.id:
        return False
    if any(denies(candidate.sentence) for candidate in (*run, one)):
        return False  # a denial stands by itself, beside its claim
    passage, (before, after) = run[0].hit.passage, sorted((run[-1].sentence, one.sentence), key=lambda each: each.start)
    if "\n\n" in run[0].hit.text[before.end - passage.start : after.start - passage.start]:
        return False  # another paragraph
    sentences = passage.sentences
    places = [sentences.index(candidate.sentence) for candidate in run]
    at = sentences.index(one.sentence)
    length = max(run[-1].sentence.end, one.sentence.end) - min(run[0].sentence.start, one.sentence.start)
    return at in (places[0] - 1, places[-1] + 1) and length <= LONGEST_SENTENCE
