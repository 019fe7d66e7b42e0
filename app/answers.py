"""What an answer is made of, and its JSON: the object that `dossier ask --json` prints and `verify` reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from ingest.errors import DossierError
from ingest.records import Filters, Place, Source

if TYPE_CHECKING:
    from ingest.records import Entry, Passage, Sentence

Outcome = Literal["answered", "partly", "not_in_sources", "premise_not_supported", "ask_back"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found."""

    rank: int
    score: float
    passage: Passage
    text: str
    document: Source

    def as_json(self) -> dict[str, Any]:
        """Return the promised JSON object of a hit."""
        place = asdict(self.passage.place)
        return {
            "rank": self.rank,
            "score": self.score,
            "text": self.text,
            **place,
            "document": source_json(self.document),
        }


@dataclass(frozen=True, slots=True)
class Quote:
    """A run of neighbouring sentences of one passage that is quoted as one."""

    hit: Hit
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """A quote and its place in its document."""

    quote: str
    place: Place

    def as_json(self) -> dict[str, Any]:
        """Return quote and place in one object."""
        return {"quote": self.quote, **asdict(self.place)}


@dataclass(frozen=True, slots=True)
class Dated:
    """Words of a quote that tell a date by the day when it was said, and the date.

    `date` is in ISO 8601, to the day, month or year that the words tell; `about` where they tell it only roughly;
    `basis` is the day counted from: of what was `said`, else of the publication.
    """

    words: str
    date: str
    about: bool
    basis: str
    said: bool


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered quote with what is needed to understand it. `quote_verified`: passage and text agree on it."""

    number: int
    quote: Slice
    context: tuple[Slice, ...]
    document: Source
    quote_verified: bool
    dated: tuple[Dated, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the promised JSON object of a citation."""
        return {
            "number": self.number,
            **self.quote.as_json(),
            "context": [slice_.as_json() for slice_ in self.context],
            "document": source_json(self.document),
            "quote_verified": self.quote_verified,
            "dated": [asdict(one) for one in self.dated],
        }


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """A sentence of an answer and the numbers of the citations that bear it."""

    text: str
    citations: tuple[int, ...]
    claim: Literal["supported", "unchecked"] = "supported"


@dataclass(frozen=True, slots=True)
class Check:
    """What became of a sentence that a chat model wrote: shown, or left out for these problems.

    `moved`: it cites other passages than the model did. `mended`: the model wrote another in its place. `alike`: its
    words that are taken to mean what a word of its source means, each with that word; `dated`: the dates in it that its
    source tells by another day.
    """

    sentence: str
    shown: bool
    problems: tuple[str, ...] = ()
    moved: bool = False
    mended: bool = False
    alike: tuple[tuple[str, str], ...] = ()
    dated: tuple[Dated, ...] = ()


@dataclass(frozen=True, slots=True)
class Making:
    """How an answer was made: within what, from which passages, by which prompts, and what became of each sentence.

    `shown` are slices of documents (id, start, end) that a model was shown; `prompts` the SHA-256 of each by name;
    `store` the version of the store; `notice` what a reader must know of a model that failed.
    """

    filters: Filters = field(default_factory=Filters)
    store: int = 0
    shown: tuple[tuple[str, int, int], ...] = ()
    prompts: tuple[tuple[str, str], ...] = ()
    checks: tuple[Check, ...] = ()
    notice: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the promised JSON object."""
        return {
            "filters": asdict(self.filters),
            "store": self.store,
            "shown": [{"document": key, "start": start, "end": end} for key, start, end in self.shown],
            "prompts": dict(self.prompts),
            "checks": [asdict(check) for check in self.checks],
            "notice": self.notice,
        }


@dataclass(frozen=True, slots=True)
class Searched:
    """What was searched: counts after filters, names also searched, and firms asked for that are nowhere in it."""

    documents: int
    passages: int
    also_searched: tuple[str, ...] = ()
    firms_not_found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a question: its record, whole."""

    question: str
    standalone_question: str
    outcome: Outcome
    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    searched: Searched
    seconds: dict[str, float] = field(default_factory=dict)
    withheld: int = 0
    model: str | None = None
    making: Making = field(default_factory=Making)

    @property
    def answered(self) -> bool:
        """Tell whether at least one supported sentence answers some part of the question."""
        return self.outcome in ("answered", "partly", "premise_not_supported") and any(
            sentence.claim == "supported" and sentence.citations for sentence in self.sentences
        )

    def as_json(self) -> dict[str, Any]:
        """Return the promised JSON object of an answer."""
        return {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "outcome": self.outcome,
            "answered": self.answered,
            "text": self.text,
            "sentences": [
                {"text": sentence.text, "citations": list(sentence.citations), "claim": sentence.claim}
                for sentence in self.sentences
            ],
            "withheld": self.withheld,
            "citations": [citation.as_json() for citation in self.citations],
            "nearest": [citation.as_json() for citation in self.nearest],
            "searched": asdict(self.searched),
            "model": self.model,
            "seconds": self.seconds,
            "making": self.making.as_json(),
        }


def answer_from_json(record: Any) -> Answer:
    """Return the answer that a record holds, so that it can be shown again as it was; DossierError if it is none."""
    try:
        return Answer(
            question=str(record["question"]),
            standalone_question=str(record["standalone_question"]),
            outcome=record["outcome"],
            text=str(record["text"]),
            sentences=tuple(
                AnswerSentence(str(one["text"]), tuple(map(int, one["citations"])), one["claim"])
                for one in record["sentences"]
            ),
            citations=tuple(map(_citation, record["citations"])),
            nearest=tuple(map(_citation, record["nearest"])),
            searched=Searched(
                int(record["searched"]["documents"]),
                int(record["searched"]["passages"]),
                tuple(record["searched"]["also_searched"]),
                tuple(record["searched"]["firms_not_found"]),
            ),
            seconds=dict(record["seconds"]),
            withheld=int(record["withheld"]),
            model=record["model"],
            making=_making(record.get("making")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DossierError(f"This is no record of an answer ({type(error).__name__}: {error}).") from error


def _making(record: dict[str, Any] | None) -> Making:
    if record is None:  # of a version that did not keep it
        return Making()
    return Making(
        filters=Filters(**record["filters"] | {"documents": tuple(record["filters"]["documents"])}),
        store=int(record["store"]),
        shown=tuple((str(one["document"]), int(one["start"]), int(one["end"])) for one in record["shown"]),
        prompts=tuple((str(name), str(sha256)) for name, sha256 in record["prompts"].items()),
        checks=tuple(map(_check, record["checks"])),
        notice=str(record["notice"]),
    )


def _check(record: dict[str, Any]) -> Check:
    alike = tuple((str(word), str(other)) for word, other in record.get("alike", ()))
    dated = tuple(Dated(**one) for one in record.get("dated", ()))
    return Check(**record | {"problems": tuple(record["problems"]), "alike": alike, "dated": dated})


def _citation(record: dict[str, Any]) -> Citation:
    return Citation(
        number=int(record["number"]),
        quote=_slice(record),
        context=tuple(map(_slice, record["context"])),
        document=Source(**record["document"]),
        quote_verified=record["quote_verified"] is True,
        dated=tuple(Dated(**one) for one in record.get("dated", ())),
    )


def _slice(record: dict[str, Any]) -> Slice:
    return Slice(str(record["quote"]), Place(**{column.name: record[column.name] for column in fields(Place)}))


def source_json(source: Source) -> dict[str, Any]:
    """Return the promised JSON object of a document."""
    return asdict(source)


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return the promised JSON object of a document in a list."""
    return source_json(entry.source) | {"passages": entry.passages, "pages": entry.pages}
