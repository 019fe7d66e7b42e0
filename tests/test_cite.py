from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.cite import attribution, cite, printed_place, printed_source, quoted, surroundings
from app.retrieve import retrieve
from ingest.records import Block, Document, Place, Source

if TYPE_CHECKING:
    from app.answers import Citation, Hit
    from app.dossier import Dossier
    from ingest.records import Sentence

pytest_plugins = ["specimens"]


def hits_and_text(dossier: Dossier, name: str) -> tuple[list[Hit], Document]:
    """Return the passages of one specimen as hits, and its document."""
    (key,) = [entry.source.id for entry in dossier.library.entries() if entry.source.name == name]
    document = dossier.library.document(key)
    hits = [hit for hit in retrieve(dossier.library, document.text[:300], (), 50) if hit.document.id == key]
    return hits, document


def citation_of(dossier: Dossier, name: str, words: str) -> Citation:
    """Cite the sentence of a specimen that holds `words`."""
    hits, document = hits_and_text(dossier, name)
    found: list[tuple[Hit, Sentence]] = [
        (hit, sentence)
        for hit in hits
        for sentence in hit.passage.sentences
        if words in document.text[sentence.start : sentence.end]
    ]
    ((hit, sentence),) = found
    return cite(1, hit, [sentence], document)


def test_an_antecedent_is_context(dossier: Dossier) -> None:
    """A sentence that begins with "Both firms" is cited with the sentence that names them."""
    citation = citation_of(dossier, "gate.md", "Both firms")
    assert citation.context[0].quote.startswith("Quillon Optics and Tamber Vision bid")


def test_an_introduction_is_context(dossier: Dossier) -> None:
    """A quoted voice that is introduced is cited with its introduction, which is the publisher's own words."""
    citation = citation_of(dossier, "review.md", "thermal binoculars")
    assert citation.quote.place.speaker == "Mara Lindqvist"
    assert citation.quote.place.via == "The Dunmere Ledger"
    (introduction,) = [slice_ for slice_ in citation.context if "wrote" in slice_.quote]
    assert introduction.quote == "Mara Lindqvist wrote in The Weir Review:"
    assert introduction.place.speaker is None


def test_a_signature_is_context(dossier: Dossier) -> None:
    """A quoted voice that signs is cited with its signature, which is the speaker's."""
    citation = citation_of(dossier, "thread.md", "number plate readers")
    assert citation.quote.place.speaker == "Ines Okoro"
    assert [slice_.quote for slice_ in citation.context] == ["— Ines Okoro (@inesokoro) March 3, 2022"]
    assert citation.context[0].place.speaker == "Ines Okoro"


def test_the_publisher_speaks_outside_a_quotation(dossier: Dossier) -> None:
    """A sentence outside a quotation has no speaker but its publisher."""
    citation = citation_of(dossier, "review.md", "gave no answer")
    assert citation.quote.place.speaker is None
    assert attribution(citation) == "The Dunmere Ledger (30 September 2022, para. 4)"


def test_a_quoted_voice_is_named_first(dossier: Dossier) -> None:
    """An attribution names the speaker, who quotes them, the date and the place."""
    citation = citation_of(dossier, "thread.md", "number plate readers")
    assert attribution(citation) == "Ines Okoro, quoted by Ostrel Observer (5 March 2022, para. 1)"


def test_a_run_is_one_quote(dossier: Dossier) -> None:
    """Neighbouring sentences are quoted as one slice, and an antecedent within it is no context."""
    hits, document = hits_and_text(dossier, "gate.md")
    run = hits[0].passage.sentences[:2]
    citation = cite(3, hits[0], run, document)
    assert citation.number == 3
    assert citation.quote.quote == document.text[run[0].start : run[1].end]
    assert citation.quote.quote.endswith("for their drafts.")
    assert citation.context == ()


def test_a_passage_that_differs_is_not_verified(dossier: Dossier) -> None:
    """A quote that the passage's own words do not bear out is not verified."""
    hits, document = hits_and_text(dossier, "port.md")
    hit, sentence = hits[0], hits[0].passage.sentences[0]
    assert cite(1, hit, [sentence], document).quote_verified
    assert not cite(1, replace(hit, text=hit.text.replace("a", "b")), [sentence], document).quote_verified


@pytest.mark.parametrize(
    ("page", "label", "paragraph", "printed"),
    [(3, "iv", None, "p. iv"), (3, None, None, "p. 3"), (None, None, 7, "para. 7"), (None, None, None, "")],
)
def test_a_place_as_printed(page: int | None, label: str | None, paragraph: int | None, printed: str) -> None:
    """A place is printed as its page's label, else the page's number, else the paragraph."""
    assert printed_place(Place(0, 1, page, label, paragraph, None, None)) == printed


@pytest.mark.parametrize(
    ("published", "printed"),
    [
        ("2019-03-22T10:00:00", "The Post, “T”, 22 March 2019"),
        ("2019-03", "The Post, “T”, March 2019"),
        (None, "The Post, “T”"),
    ],
)
def test_a_source_as_printed(published: str | None, printed: str) -> None:
    """A source is printed with publisher, title and date, the date as far as it is known."""
    source = Source("0" * 16, "n", "T", "The Post", None, published, None, None, "article", None, "0" * 64)
    assert printed_source(source) == printed


def test_quotation_marks_are_not_doubled(dossier: Dossier) -> None:
    """A quote stands verbatim within quotation marks, unless it opens with its own."""
    for name, words in (("gate.md", "Both firms"), ("hostile.txt", "radar")):
        citation = citation_of(dossier, name, words)
        assert quoted(citation) == f"“{citation.quote.quote}”"
    speech = replace(citation, quote=replace(citation.quote, quote="“We sell to all who pay”"))
    assert quoted(speech) == "“We sell to all who pay”"


def test_surroundings_without_spaces() -> None:
    """In a script without spaces between words as much is shown around a quote as in any other."""
    text = "甲" * 1400 + "海康威视" + "乙" * 1400
    source = Source("a" * 16, "a.md", "T", None, None, None, None, None, "article", "zh", "0")
    before, after = surroundings(Document(source, text, (Block(0, len(text)),)), 1400, 1404)
    assert before == "… " + "甲" * 900
    assert after == "乙" * 900 + " …"
