"""Document → passages: whole sentences packed to a measured length, each knowing what it needs to be understood.

A passage never crosses two voices, sections or pages, and with its context never exceeds the model's window.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.firms import FirmNames, capitalised_names
from ingest.places import Places
from ingest.records import Block, Document, Mention, Passage, Sentence, Span, Voice
from ingest.sentences import sentence_spans
from ingest.voices import is_signature, voices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Count = Callable[[Sequence[str]], list[int]]

# Word pieces. Chosen by `make eval` over 100 to 200: see evals/results.md.
LENGTH = 140
# Word pieces of context before a passage, or a quarter of a small window; the passage itself has the rest.
CONTEXT_LENGTH = 60

# Characters: what a citation may quote at most.
LONGEST_SENTENCE = 600

_CLAUSE_END = re.compile(r"[;:,—–•；：，、](?=\s|[^\W\d_])|\n|\t")
_SPACE = re.compile(r"\s")
_ENDED = re.compile(r"[.!?:;。！？؟][”\"’)]?$")
ADDRESS = re.compile(r"(?:https?://|www\.|pic\.twitter\.com/)\S+|(?<!\w)@\w+")
_ANAPHOR = re.compile(
    r"^[“\"'(\[]*(?:and |but |also,? |after |yet )?"
    r"(?:(?:it|its|they|their|them|he|his|she|her|this|these|those|that|such|both|neither|"
    r"(?:all|none|each|some|most) of (?:them|these))\b"
    r"|the (?:company|companies|firms?|project|deal|group|manufacturer|supplier|vendor|start-?up|university|agency|"
    r"institute|bureau|contract|system|product|spyware|software|technology|report|two|former|latter|same)\b)",
    re.IGNORECASE,
)
_PLURAL_ANAPHOR = re.compile(
    r"^[“\"'(\[]*(?:and |but |also,? )?(?:both|neither|the two|they|these|those)\b", re.IGNORECASE
)
_POINTS_BACK = re.compile(r"\b(?:about|of|to|for|on|with|after|by) (?:this|these|those|it|them)[,.;]", re.IGNORECASE)
_SPEECH = re.compile(r"^[“\"‘]")
_REACH = 3

_MONTHS = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan\.?|Feb\.?|Mar\.?|Apr\.?|Jun\.?|Jul\.?|Aug\.?|Sept?\.?|Oct\.?|Nov\.?|Dec\.?)"
)
_FIGURE = re.compile(
    rf"(?:{_MONTHS}\s+\d{{1,2}}(?!\d)(?:,?\s+\d{{4}})?|\d{{1,2}}\s+{_MONTHS}(?:\s+\d{{4}})?|{_MONTHS}\s+\d{{4}}|"
    r"\d{4}-\d\d-\d\d)"
    r"|(?:US\$|HK\$|[$€£¥₹]|\b(?:USD|EUR|GBP|RMB|CNY|CHF)\s?)\s?\d[\d,.]*"
    r"(?:\s?(?:thousand|million|billion|trillion|bn|mn?|k)\b)?"
    r"|\d[\d,.]*\s?(?:%|percent\b|per cent\b|percentage points\b)"
    r"|\d[\d,.]*\s?(?:thousand|million|billion|trillion)\b(?:\s(?:dollars|euros|yuan|renminbi|pounds)\b)?"
    r"|\b(?:19|20)\d\d\b|(?<![\w.])\d[\d,]*(?:\.\d+)?k?(?!\w)"
)
_MARKS = {
    "denies": re.compile(
        r"\b(?:(?<!to )den(?:y|ies|ied|ying)|reject(?:s|ed)?|disput(?:es?|ed)|refut(?:es?|ed)|rebuff(?:s|ed)|"
        r"categorically|not true|untrue|baseless|groundless|unfounded|no such)\b|否认|驳斥",
        re.IGNORECASE,
    ),
    "hedges": re.compile(
        r"\b(?:reportedly|alleged(?:ly)?|allegations?|possibl[ey]|(?-i:may)|might|apparent(?:ly)?|appears?|seems?|suspected|"
        r"suggests?|believed|claim(?:s|ed|ing)?|likely|probably|purported(?:ly)?|said to|thought to|unconfirmed|"
        r"rumou?red)\b|"
        r"据称|据报道|涉嫌",
        re.IGNORECASE,
    ),
    "supposes": re.compile(
        r"\b(?:if|unless|whether|would|could|planned|proposed|intends? to|expected to)\b", re.IGNORECASE
    ),
    "asks": re.compile(r"[?？؟][”\"’)\]]*$"),
}


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence with where it stands; what is packed."""

    sentence: Sentence
    block: int
    section: int
    heading: str
    voice: Voice | None
    page: int | None
    pieces: int
    table: tuple[int, str] | None


def passages(document: Document, names: FirmNames, count: Count, window: int) -> list[Passage]:
    """Cut a document into passages.

    `count` gives the word pieces of texts; `window` is the most that the embedding model reads, marks included.
    """
    return _Cutter(document, names, count, window).passages()


def embedded_text(passage: Passage, text: str) -> str:
    """Return what is embedded for a passage: its context, then its own words (`text` is the document's)."""
    own = text[passage.start : passage.end]
    return f"{passage.context}\n{own}" if passage.context else own


def marked_anew(passage: Passage, text: str, names: FirmNames) -> Passage:
    """Return a passage of a document's `text` with the firms that another list of names finds in it."""
    outside = _antecedents_before(passage.sentences, passage.start)
    firms, inherited = _named(text, names, passage.start, passage.end, outside)
    return replace(passage, firms=firms, inherited=inherited)


def without_addresses(text: str) -> str:
    """Return `text` without addresses of the web and handles, which say nothing."""
    return " ".join(ADDRESS.sub(" ", text).split())


def figures(text: str) -> tuple[str, ...]:
    """Return the amounts, percentages, counts and dates in `text` as printed."""
    return tuple(match[0].strip(" ,.") for match in _FIGURE.finditer(text))


def marks(text: str) -> frozenset[str]:
    """Tell which of "denies", "hedges", "supposes", "asks" hold for a sentence."""
    return frozenset(mark for mark, pattern in _MARKS.items() if pattern.search(text))


class _Cutter:
    """Cuts one document."""

    def __init__(self, document: Document, names: FirmNames, count: Count, window: int) -> None:
        self.document = document
        self.names = names
        self.count = count
        self.context_length = min(CONTEXT_LENGTH, window // 4)
        self.most = window - 2 - self.context_length
        self.places = Places(document)

        self.page_titles = _page_titles(document, self.places)

    def passages(self) -> list[Passage]:
        groups = _packed(self._units(), min(LENGTH, self.most))
        return [self._passage(ordinal, group) for ordinal, group in enumerate(groups)]

    def _units(self) -> list[_Unit]:
        document, text = self.document, self.document.text
        speaking = voices(text, document.blocks, document.source.publisher)
        spans = self._spans(speaking)
        pieces = self.count([text[start:end] for _, start, end in spans])
        short: list[tuple[int, int, int, int]] = []
        for (at, start, end), length in zip(spans, pieces, strict=True):
            if length <= self.most and end - start <= LONGEST_SENTENCE:
                short.append((at, start, end, length))
            else:
                short.extend((at, *cut) for cut in _cut_overlong(text, start, end, self.count, self.most))
        headings, tables = _headings(document), _tables(document)
        sentences = _with_antecedents(text, [(at, start, end) for at, start, end, _ in short], speaking, self.names)
        return [
            _Unit(
                replace(sentence, marks=sentence.marks | {"note"}) if document.blocks[at].kind == "note" else sentence,
                at,
                *headings[at],
                speaking[at],
                self.places.page_index(start),
                length,
                tables.get(at),
            )
            for sentence, (at, start, _, length) in zip(sentences, short, strict=True)
        ]

    def _spans(self, speaking: Sequence[Voice | None]) -> list[tuple[int, int, int]]:
        """Return (block, start, end) of each sentence; one that a page break cuts in two is put together again."""
        text, spans = self.document.text, list[tuple[int, int, int]]()
        for at, block in enumerate(self.document.blocks):
            if block.kind == "heading":
                continue
            own = [(at, start, end) for start, end in _block_spans(text, block)]
            if spans and own and self._goes_on(spans[-1], own[0]) and speaking[spans[-1][0]] == speaking[at]:
                before, start, _ = spans.pop()
                own[0] = (before, start, own[0][2])
            spans.extend(own)
        return spans

    def _goes_on(self, one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
        """Tell whether a sentence breaks off at the foot of a page and goes on, in lower case, on the next."""
        (before, _, end), (after, start, _) = one, other
        text, kinds = self.document.text, {self.document.blocks[at].kind for at in (before, after)}
        return (
            kinds <= {"paragraph", "list_item"}
            and all(block.kind != "heading" for block in self.document.blocks[before:after])
            and self.places.page_index(start) != self.places.page_index(end - 1)
            and text[start].islower()
            and not _ENDED.search(text[end - 2 : end])
        )

    def _passage(self, ordinal: int, units: Sequence[_Unit]) -> Passage:
        document, first = self.document, units[0]
        start, end = first.sentence.start, units[-1].sentence.end
        sentences = tuple(unit.sentence for unit in units)
        outside = _antecedents_before(sentences, start)
        firms, inherited = _named(document.text, self.names, start, end, outside)
        return Passage(
            id=f"{document.source.id}:{start}",
            document_id=document.source.id,
            ordinal=ordinal,
            place=self.places.of(start, end, first.voice),
            sentences=sentences,
            heading=first.heading,
            voice=first.voice,
            context=_fitted(self._context_parts(first, outside), self.count, self.context_length),
            firms=firms,
            inherited=inherited,
        )

    def _context_parts(self, first: _Unit, antecedents: Iterable[Span]) -> Iterator[str]:
        """Yield what a passage that begins with `first` needs to be understood, the most needed first."""
        yield self.document.source.title
        yield first.heading
        if first.page is not None:
            yield self.page_titles.get(first.page, "")
        if first.voice is not None:
            yield first.voice.name
        if first.table is not None and first.table[0] != first.block:
            yield first.table[1]
        for span in antecedents:
            yield without_addresses(self.document.text[span.start : span.end])


def _antecedents_before(sentences: Iterable[Sentence], start: int) -> list[Span]:
    """Return the antecedents of a passage's sentences that stand before it."""
    every = (antecedent for sentence in sentences for antecedent in sentence.antecedents)
    return list(dict.fromkeys(antecedent for antecedent in every if antecedent.start < start))


def _named(
    text: str, names: FirmNames, start: int, end: int, outside: Iterable[Span]
) -> tuple[tuple[Mention, ...], tuple[Mention, ...]]:
    """Return the firms named in a slice of `text`, and those that only its antecedents name."""
    firms = _mentions(names, text[start:end], start)
    known = {mention.firm for mention in firms}
    inherited = tuple(
        mention
        for span in outside
        for mention in _mentions(names, text[span.start : span.end], span.start)
        if mention.firm not in known
    )
    return firms, inherited


def _block_spans(text: str, block: Block) -> list[tuple[int, int]]:
    if block.kind in ("table_row", "signature"):
        return [(block.start, block.end)]
    return [(block.start + start, block.start + end) for start, end in sentence_spans(text[block.start : block.end])]


def _cut_overlong(text: str, start: int, end: int, count: Count, most: int) -> Iterator[tuple[int, int, int]]:
    """Cut a sentence too long to quote or to embed: after a clause, else between words, else anywhere."""
    while start < end:
        stop = min(end, start + LONGEST_SENTENCE)
        while (length := count([text[start:stop]])[0]) > most and stop - start > 1:
            stop = start + max(1, (stop - start) * most // (length + 1))
        if stop < end:
            stop = _break_before(text, start, stop)
        inner = text[start:stop].rstrip()
        if inner:
            yield start, start + len(inner), count([inner])[0]
        start = stop + len(text[stop:end]) - len(text[stop:end].lstrip())


def _break_before(text: str, start: int, stop: int) -> int:
    """Return where to cut at or before `stop`: in the second half after a clause if there is one, else at a space."""
    for pattern in (_CLAUSE_END, _SPACE):
        ends = [match.end() for match in pattern.finditer(text, start + (stop - start) // 2, stop)]
        if ends:
            return ends[-1]
    return stop


def _headings(document: Document) -> list[tuple[int, str]]:
    """Return, for each block, the number of its section and the headings it stands under, innermost first."""
    path: list[tuple[int, str]] = []
    found = []
    section = 0
    for block in document.blocks:
        if block.kind == "heading":
            section += 1
            level = block.level or 1
            path = [step for step in path if step[0] < level]
            path.append((level, document.text[block.start : block.end]))
        # The innermost first: the end is what a context cuts off.
        found.append((section, " ‹ ".join(title for _, title in reversed(path))))
    return found


def _page_titles(document: Document, places: Places) -> dict[int, str]:
    """Map the index of each page that has a heading to the first one on it, which often is the title of a table."""
    found: dict[int, str] = {}
    for block in document.blocks if document.pages else ():
        page = places.page_index(block.start)
        if block.kind == "heading" and page is not None:
            found.setdefault(page, document.text[block.start : block.end])
    return found


def _tables(document: Document) -> dict[int, tuple[int, str]]:
    """Map each table row's block to its table: (block of the first row, that row's text)."""
    found: dict[int, tuple[int, str]] = {}
    first: int | None = None
    for at, block in enumerate(document.blocks):
        if block.kind != "table_row":
            first = None
            continue
        first = at if first is None else first
        found[at] = (first, document.text[document.blocks[first].start : document.blocks[first].end])
    return found


def _with_antecedents(
    text: str, spans: Sequence[tuple[int, int, int]], speaking: Sequence[Voice | None], names: FirmNames
) -> list[Sentence]:
    named = [{mention.firm for mention in names.find(text[start:end])} for _, start, end in spans]
    found: list[Sentence] = []
    for at, (_, start, end) in enumerate(spans):
        own = text[start:end]
        links: list[Span] = []
        nearest = _antecedent(text, spans, speaking, named, at)
        if nearest is not None:
            links.append(Span(*spans[nearest][1:]))
            further = found[nearest].antecedents[:1] if not named[nearest] else ()
            links.extend(further)
        found.append(Sentence(start, end, tuple(links), figures(own), marks(own)))
    return found


def _antecedent(
    text: str,
    spans: Sequence[tuple[int, int, int]],
    speaking: Sequence[Voice | None],
    named: Sequence[set[str]],
    at: int,
) -> int | None:
    """Return the index of the sentence that the one at `at` cannot be understood without, None if it stands alone."""
    block, start, end = spans[at]
    own = text[start:end]
    earlier = [
        before
        for before in range(at - 1, max(-1, at - 1 - 2 * _REACH), -1)
        if _same_speaker(speaking[spans[before][0]], speaking[block])
        and _says_something(text[slice(*spans[before][1:])])
    ][:_REACH]
    if not earlier:
        return None
    previous = text[slice(*spans[earlier[0]][1:])]
    if _SPEECH.match(own) and previous.endswith(":"):
        return earlier[0]
    plural = _PLURAL_ANAPHOR.match(own)
    if not (plural or _ANAPHOR.match(own) or (_POINTS_BACK.search(own) and not own.endswith(":"))):
        return None
    wanted = 2 if plural else 1
    with_names = [before for before in earlier if len(named[before]) >= wanted]
    return with_names[0] if with_names else earlier[0]


def _says_something(text: str) -> bool:
    return bool(without_addresses(text)) and not is_signature(text)


def _same_speaker(one: Voice | None, other: Voice | None) -> bool:
    return (one.name if one else None) == (other.name if other else None)


def _packed(units: Sequence[_Unit], length: int) -> Iterator[list[_Unit]]:
    """Group neighbouring units up to `length` word pieces; a new voice, section or page, and notes, start another."""
    group: list[_Unit] = []
    size = 0
    for unit in units:
        if group and (size + unit.pieces > length or _apart(group[-1], unit)):
            yield group
            group, size = [], 0
        group.append(unit)
        size += unit.pieces
    if group:
        yield group


def _apart(one: _Unit, other: _Unit) -> bool:
    return any(
        (
            one.voice != other.voice,
            one.section != other.section,
            one.page != other.page,
            ("note" in one.sentence.marks) != ("note" in other.sentence.marks),
        )
    )


def _mentions(names: FirmNames, text: str, offset: int) -> tuple[Mention, ...]:
    listed = names.find(text)
    taken = [(mention.start, mention.end) for mention in listed]
    others = (
        mention
        for mention in capitalised_names(text)
        if not any(start < mention.end and mention.start < end for start, end in taken)
    )
    every = sorted((*listed, *others), key=lambda mention: mention.start)
    return tuple(replace(mention, start=mention.start + offset, end=mention.end + offset) for mention in every)


def _fitted(parts: Iterable[str], count: Count, room: int) -> str:
    """Join the parts of a context, the most needed first, within `room` word pieces."""
    kept: list[str] = []
    for part in dict.fromkeys(part for part in parts if part):
        words = part.split()
        while words and count([" ".join(words)])[0] > room:
            words = words[: len(words) * 3 // 4]
        if words:
            kept.append(" ".join(words))
            room -= count([kept[-1]])[0]
    return "\n".join(kept)
