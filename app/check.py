"""Checks an answer's record against the store, without a model: every quote is a slice, where it says it stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ingest.errors import DossierError, NotFoundError
from ingest.places import Places
from ingest.voices import voices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.library import Library
    from ingest.records import Document, Voice

_WHERE = ("page", "page_label", "paragraph")
_WHO = ("speaker", "via")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one citation of a record; a `problem` of one that is `ok` is worth knowing all the same."""

    number: int
    ok: bool
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the promised JSON object."""
        return asdict(self)


def verify(record: Any, library: Library) -> list[Verdict]:
    """Check each citation of an answer's JSON object, what is nearest included; DossierError if it is none."""
    try:
        citations = [*record["citations"], *record["nearest"]]
        cited = {int(number) for sentence in record["sentences"] for number in sentence["citations"]}
        numbers = [int(citation["number"]) for citation in record["citations"]]
    except (KeyError, TypeError, ValueError) as error:
        raise DossierError(
            f"This is no record of an answer ({error!r} is missing or wrong in it). Make one with: "
            "dossier ask QUESTION --json > answer.json"
        ) from error
    verdicts = [_checked(citation, library) for citation in citations]
    verdicts.extend(
        Verdict(number, ok=False, problem="a sentence cites it, and the record does not hold it")
        for number in sorted(cited - set(numbers))
    )
    return verdicts


def _checked(citation: Mapping[str, Any], library: Library) -> Verdict:
    try:
        number = int(citation["number"])
        document = library.document(str(citation["document"]["id"]))
        checks = _Checks(document)
        problems = list(checks.problems(citation, who=True))
        for slice_ in citation["context"]:
            problems.extend(f"context: {problem}" for problem in checks.problems(slice_, who=False))
    except NotFoundError:
        return Verdict(number, ok=False, problem="its document is not in this store: it was removed, or is another's")
    except (KeyError, TypeError, ValueError) as error:
        raise DossierError(f"This is no record of an answer: a citation lacks {error!r} or it is wrong.") from error
    if problems:
        return Verdict(number, ok=False, problem="; ".join(problems))
    if document.source.status == "superseded":
        return Verdict(number, ok=True, problem="the quote holds; a newer version of its document is current")
    return Verdict(number, ok=True)


class _Checks:
    """Checks slices of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._places = Places(document)
        self._voices = voices(document.text, document.blocks, document.source.publisher)

    def problems(self, slice_: Mapping[str, Any], *, who: bool) -> Iterator[str]:
        """Yield what is wrong with a slice: its words, its place, and with `who` its voice."""
        start, end = int(slice_["start"]), int(slice_["end"])
        if not 0 <= start < end <= len(self._document.text):
            yield f"characters {start} to {end} are not in its document, which has {len(self._document.text)}"
            return
        if self._document.text[start:end] != slice_["quote"]:
            yield f"the document says “{self._document.text[start:end]}” there, not “{slice_['quote']}”"
        place = asdict(self._places.of(start, end, self._voice(start)))
        for field in (*_WHERE, *(_WHO if who else ())):
            if place[field] != slice_[field]:
                yield f"its {field.replace('_', ' ')} is {place[field]}, not {slice_[field]}"

    def _voice(self, start: int) -> Voice | None:
        found = zip(self._document.blocks, self._voices, strict=True)
        return next((voice for block, voice in found if block.start <= start < block.end), None)
