from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.quote import (
    MOST_QUOTES,
    attributed,
    attribution,
    best_sentences,
    cite,
    printed_place,
    printed_source,
    with_denials,
)
from app.retrieve import retrieve
from ingest.records import Place, Source

if TYPE_CHECKING:
    from app.answers import Citation, Hit
    from app.dossier import Dossier
    from ingest.records import Document, Sentence

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
    return cite(1, hit, sentence, document)


def test_a_denial_is_quoted_with_its_claim(dossier: Dossier) -> None:
    """When a sentence is quoted and the next one denies, both are quoted, in this order."""
    hits, document = hits_and_text(dossier, "port.md")
    question = "Who claims to have supplied cameras to the port of Marrow Bay?"
    best = best_sentences(question, (), hits, dossier.library.embedder, lambda _: document)
    chosen = with_denials(best, dossier._next_passage)
    texts = [document.text[sentence.start : sentence.end] for _, sentence in chosen]
    claim = next(at for at, text in enumerate(texts) if "claims" in text)
    assert texts[claim + 1].startswith("Quillon Optics denies")


def test_a_denial_in_the_next_passage_is_quoted(dossier: Dossier) -> None:
    """A denial that stands right after a quoted sentence is quoted with it, though a heading parts the two."""
    hits, document = hits_and_text(dossier, "radios.md")
    # The passage with the denial is not among the hits.
    hits = [hit for hit in hits if "ninety radios" in hit.text]
    best = best_sentences("Who sold ninety radios?", (), hits, dossier.library.embedder, lambda _: document)
    chosen = with_denials(best, dossier._next_passage)
    texts = [document.text[sentence.start : sentence.end] for _, sentence in chosen]
    assert texts == [
        "Tamber Vision sold ninety radios to the abbey of Kessel.",
        "The abbey of Kessel denies that.",
    ]


def test_few_sentences_are_quoted(dossier: Dossier) -> None:
    """One to three sentences are quoted, and beside them only denials."""
    for question in ("Who supplied cameras?", "What did Hikvision win?"):
        hits = retrieve(dossier.library, question, (), 20)
        best = best_sentences(question, (), hits, dossier.library.embedder, dossier.library.document)
        chosen = with_denials(best, dossier._next_passage)
        assert 1 <= len([sentence for _, sentence in chosen if "denies" not in sentence.marks]) <= MOST_QUOTES
        assert len({(hit.document.id, sentence.start) for hit, sentence in chosen}) == len(chosen)


def test_nothing_to_quote(dossier: Dossier) -> None:
    """Without hits there is nothing to quote."""
    assert best_sentences("Who?", (), [], dossier.library.embedder, dossier.library.document) == []


def test_a_signature_is_no_statement(dossier: Dossier) -> None:
    """A signature line is never a quote of its own."""
    hits, document = hits_and_text(dossier, "thread.md")
    chosen = best_sentences("Ines Okoro March 3, 2022", (), hits, dossier.library.embedder, lambda _: document)
    assert all(not document.text[sentence.start :].startswith("—") for _, sentence in chosen)


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
    """A sentence of an answer names the speaker, who quotes them, the date, the place, and ends with its number."""
    sentence = attributed(citation_of(dossier, "thread.md", "number plate readers"))
    assert sentence.text == (
        "Ines Okoro, quoted by Ostrel Observer (5 March 2022, para. 1): “Tamber Vision put number plate readers into "
        "the parking meters of Ostrel without telling anybody.” [1]"
    )
    assert sentence.citations == (1,)


def test_a_passage_that_differs_is_not_verified(dossier: Dossier) -> None:
    """A quote that the passage's own words do not bear out is not verified."""
    hits, document = hits_and_text(dossier, "port.md")
    hit, sentence = hits[0], hits[0].passage.sentences[0]
    assert cite(1, hit, sentence, document).quote_verified
    assert not cite(1, replace(hit, text=hit.text.replace("a", "b")), sentence, document).quote_verified


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
        ("2019-03", "The Post, “T”, 2019-03"),
        (None, "The Post, “T”"),
    ],
)
def test_a_source_as_printed(published: str | None, printed: str) -> None:
    """A source is printed with publisher, title and date, the date as far as it is known."""
    source = Source("0" * 16, "n", "T", "The Post", None, published, None, None, "article", None, "0" * 64)
    assert printed_source(source) == printed


def test_quotation_marks_are_not_doubled(dossier: Dossier) -> None:
    """A sentence of an answer holds its quote verbatim, within quotation marks unless it opens with its own."""
    for name, words in (("gate.md", "Both firms"), ("hostile.txt", "radar")):
        citation = citation_of(dossier, name, words)
        text = attributed(citation).text
        assert citation.quote.quote in text
        assert not re.search("““|””", text)
