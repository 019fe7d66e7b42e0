from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from documents import ARABIC, CHINESE, ENGLISH, LONG_RUNS, add, built, damaged, document, documented, documents
from hypothesis import given, settings

from ingest.embed import Embedder
from ingest.firms import LISTED, FirmNames
from ingest.passages import LONGEST_SENTENCE, embedded_text, figures, marks, passages, without_addresses
from ingest.read.clean import TextBuilder
from ingest.voices import voices

if TYPE_CHECKING:
    from ingest.records import Document, Passage, Sentence

NAMES = FirmNames.load(LISTED)
MODEL = Embedder()
GATE = "Hikvision and Dahua bid for the gate."


def cut(made: Document, window: int = MODEL.window) -> list[Passage]:
    return passages(made, NAMES, MODEL.count, window)


def sentences(made: Document) -> list[Sentence]:
    return [sentence for passage in cut(made) for sentence in passage.sentences]


def antecedents(made: Document) -> dict[str, list[str]]:
    return {
        made.text[sentence.start : sentence.end]: [made.text[span.start : span.end] for span in sentence.antecedents]
        for sentence in sentences(made)
    }


def block_of(made: Document, character: int) -> int:
    return bisect_right([block.start for block in made.blocks], character) - 1


def check_sentences(made: Document, found: list[Passage]) -> None:
    spans = [(sentence.start, sentence.end) for passage in found for sentence in passage.sentences]
    for start, end in spans:
        quote = made.text[start:end]
        assert quote
        assert quote == quote.strip()
        assert len(quote) <= LONGEST_SENTENCE
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    held = {at for span in spans for at in range(*span) if not made.text[at].isspace()}
    ink = {
        at
        for block in made.blocks
        if block.kind != "heading"
        for at in range(block.start, block.end)
        if not made.text[at].isspace()
    }
    assert held == ink


def check_borders(made: Document, found: list[Passage]) -> None:
    speaking = voices(made.text, made.blocks, made.source.publisher)
    for number, passage in enumerate(found):
        assert (passage.ordinal, passage.document_id) == (number, made.source.id)
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)
        assert passage.place.speaker == (passage.voice.name if passage.voice else None)
        at = [block_of(made, sentence.start) for sentence in passage.sentences]
        assert "heading" not in {block.kind for block in made.blocks[at[0] : at[-1] + 1]}
        assert {speaking[block] for block in at} == {passage.voice}
        assert len({bisect_right([page.start for page in made.pages], one.start) for one in passage.sentences}) == 1
    assert len({passage.id for passage in found}) == len(found)


def check_antecedents(made: Document, found: list[Passage]) -> None:
    known = {(sentence.start, sentence.end) for passage in found for sentence in passage.sentences}
    for passage in found:
        for sentence in passage.sentences:
            spans = [(span.start, span.end) for span in sentence.antecedents]
            assert len(spans) <= 2
            assert set(spans) <= known
            assert all(end <= sentence.start for _, end in spans)
            assert spans == sorted(spans, reverse=True)


def check_firms(made: Document, found: list[Passage]) -> None:
    for passage in found:
        outside = {
            span for sentence in passage.sentences for span in sentence.antecedents if span.start < passage.start
        }
        named = {mention.firm for mention in passage.firms}
        for mention in (*passage.firms, *passage.inherited):
            assert made.text[mention.start : mention.end] == mention.form
        assert all(passage.start <= mention.start < mention.end <= passage.end for mention in passage.firms)
        for mention in passage.inherited:
            assert mention.firm not in named
            assert any(span.start <= mention.start and mention.end <= span.end for span in outside)


def check_lengths(made: Document, found: list[Passage], window: int) -> None:
    lengths = MODEL.count([embedded_text(passage, made.text) for passage in found])
    assert all(length + 2 <= window for length in lengths)


def check(made: Document, window: int = MODEL.window) -> list[Passage]:
    found = cut(made, window)
    check_sentences(made, found)
    check_borders(made, found)
    check_antecedents(made, found)
    check_firms(made, found)
    check_lengths(made, found, window)
    return found


@settings(max_examples=150)
@given(documents())
def test_passages_hold_their_document(made: Document) -> None:
    """All ink is in exactly one sentence, nothing crosses a border, offsets are exact, and all fits the model."""
    check(made)


@settings(max_examples=25)
@given(documents())
def test_passages_fit_a_smaller_model(made: Document) -> None:
    """The same holds for a model that reads 64 word pieces only."""
    check(made, 64)


def test_passages_of_a_damaged_export():
    """A damaged export is cut by the same rules, and each voice has passages of its own."""
    made = documented(damaged())
    speakers = list(dict.fromkeys(passage.place.speaker for passage in check(made)))
    assert speakers == [None, "Mara Lindqvist and Tomas Ek", "Ines Okoro", "Aldo P. Venn"]


@pytest.mark.parametrize("run", LONG_RUNS)
def test_a_run_without_a_stop_is_cut(run: str) -> None:
    """A text without a stop is cut into quotable pieces, none of them lost."""
    made = document(run)
    check(made)
    assert len(sentences(made)) > 1


@pytest.mark.parametrize("text", [*ENGLISH, *CHINESE, *ARABIC])
def test_a_sentence_that_fits_is_whole(text: str) -> None:
    """A sentence that may be quoted and embedded whole is never cut."""
    assert [made.text[one.start : one.end] for made in [document(text)] for one in sentences(made)] == [text]


def test_neighbouring_sentences_are_packed_together():
    """Short paragraphs of one voice and section share a passage."""
    assert len(cut(document(*ENGLISH[:3]))) == 1


def test_two_sections_of_one_name_stay_apart():
    """A heading starts a passage, also when it reads like the one before."""
    found = check(document("# Note", "One gate.", "# Note", "Two gates."))
    assert [passage.heading for passage in found] == ["Note", "Note"]


def test_headings_stand_innermost_first():
    """A passage knows the path of headings that it stands under."""
    found = check(document("# Ports", "## Gates", "### North", "One gate.", "## Piers", "Two piers."))
    assert [passage.heading for passage in found] == ["North ‹ Gates ‹ Ports", "Piers ‹ Ports"]


def test_a_row_is_whole_and_the_first_one_is_context():
    """A table row is one sentence; where a table is cut, its first row goes with every part."""
    rows = [f"gate {number}\tsold to the port of Marrow Bay, then to Ostrel. Twice.\t{number}" for number in range(40)]
    found = check(document("Gate\tBuyer\tUnits", *rows, "After it."))
    assert sum(len(passage.sentences) for passage in found) == 42
    assert len(found) > 3
    assert "Gate Buyer Units" not in found[0].context
    assert all("Gate Buyer Units" in passage.context for passage in found[1:])


def paged(*pages: tuple[str, ...]) -> Document:
    builder = TextBuilder()
    for paragraphs in pages:
        for paragraph in paragraphs:
            add(builder, paragraph)
        builder.end_page()
    return built(builder)


def test_a_sentence_goes_on_over_a_page_break():
    """A sentence that breaks off at the foot of a page and goes on in lower case is one, on its first page."""
    made = paged(("It opened. The port bought 300",), ("cameras for the gate. Nobody asked.",))
    found = check(made)
    assert [made.text[one.start : one.end] for one in found[0].sentences] == [
        "It opened.",
        "The port bought 300\n\ncameras for the gate.",
    ]
    assert [passage.place.page for passage in found] == [1, 2]


@pytest.mark.parametrize(
    "pages",
    [
        (("The port bought it.",), ("cameras came later.",)),
        (("The port bought",), ("Cameras came later.",)),
        (("The port bought 300",), ("# What it bought", "cameras for the gate.")),
        (("Gate\t300",), ("cameras for the gate.",)),
    ],
)
def test_other_sentences_end_with_their_page(pages: tuple[tuple[str, ...], ...]) -> None:
    """A stop, a capital, a heading or a table at a page break ends the sentence."""
    made = paged(*pages)
    assert len(check(made)) == 2


def test_both_firms_are_those_of_the_sentence_before():
    """“Both firms” leads to the nearest sentence that names two."""
    links = antecedents(document(f"{GATE} Huawei watched.", "Both firms were paid for drafts."))
    assert links["Both firms were paid for drafts."] == [GATE]
    assert links[GATE] == []


def test_both_firms_are_found_across_posts():
    """In a thread, "Both firms" leads over the signature line to the post before, of the same speaker."""
    made = documented(damaged())
    links = antecedents(made)
    both = next(text for text in links if text.startswith("Both firms"))
    assert [link.split(",")[0] for link in links[both]] == ["Also: Quillon Optics and Tamber Vision"]


def test_it_is_what_the_sentence_before_names():
    """“It” leads to the nearest sentence that names a firm, and from one that names none to what that one means."""
    links = antecedents(document("Hikvision sold cameras. It denies that. It rained all day."))
    assert links["It denies that."] == ["Hikvision sold cameras."]
    assert links["It rained all day."][0] in ("It denies that.", "Hikvision sold cameras.")


def test_speech_after_a_colon_belongs_to_who_introduces_it():
    """Direct speech leads to the sentence before that ends with a colon, and other speech does not."""
    links = antecedents(document("Asked at a booth, a rep told us:", "“We sell to all who pay.”", "“No,” he said."))
    assert links["“We sell to all who pay.”"] == ["Asked at a booth, a rep told us:"]
    assert links["“No,” he said."] == []


def test_no_antecedent_lies_with_another_speaker():
    """What one voice says is never explained by what another said."""
    builder = TextBuilder()
    builder.add(GATE)
    builder.add("Mara Lindqvist wrote:")
    builder.add("Both firms were paid.", quotation=1, ends_quotation=True)
    assert antecedents(built(builder))["Both firms were paid."] == []


def test_inherited_firms_are_those_of_antecedents_outside():
    """A passage inherits the firms of a sentence it cannot be understood without, unless it names them itself."""
    found = check(document("# One", GATE, "# Two", "Both firms were paid, Dahua twice."))
    assert {mention.firm for mention in found[1].firms} == {"dahua"}
    assert {mention.firm for mention in found[1].inherited} == {"hikvision"}
    assert found[0].inherited == ()


def test_firms_within_are_not_inherited():
    """An antecedent in the same passage hands down nothing: its firms are named there."""
    (only,) = check(document(f"{GATE} Both firms were paid."))
    assert only.inherited == ()
    assert {mention.firm for mention in only.firms} == {"hikvision", "dahua"}


def test_the_context_holds_title_heading_voice_and_antecedent():
    """What a passage needs to be understood is embedded before it, in order of need, and is no part of a quote."""
    made = document("# Gates", GATE, "# Drafts", "Both firms were paid.")
    second = cut(made)[1]
    assert second.context == f"Cameras on the Coast\nDrafts\n{GATE}"
    assert embedded_text(second, made.text) == f"{second.context}\nBoth firms were paid."
    untitled = replace(made, source=replace(made.source, title=""))
    assert embedded_text(cut(untitled)[0], made.text).startswith("Gates\n")


def test_a_document_of_headings_has_no_passages():
    """Where there is no sentence there is no passage."""
    assert cut(document("# One", "## Two")) == []


def test_addresses_say_nothing():
    """Addresses and handles are left out of what is embedded as context."""
    text = "See https://t.example/1 and www.lantern.example by @inesokoro pic.twitter.com/AAbb now."
    assert without_addresses(text) == "See and by now."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It won over $1 billion.", ("$1 billion",)),
        ("US$2.5 million and €300", ("US$2.5 million", "€300")),
        ("RMB 7 million, CNY500", ("RMB 7 million", "CNY500")),
        ("It held 49 percent, then 12.5% of it.", ("49 percent", "12.5%")),
        ("over 130k cameras and 1,200 gates", ("130k", "1,200")),
        ("on March 22, 2019", ("March 22, 2019",)),
        ("on 4 May 2021 and in February 2018", ("4 May 2021", "February 2018")),
        ("from 2019-03-22 to 2020", ("2019-03-22", "2020")),
        ("three million yuan, 3 million yuan", ("3 million yuan",)),
        ("5G, H3C, v2 and COVID-19x name nothing.", ()),
        ("It said so.", ()),
    ],
)
def test_figures_are_as_printed(text: str, expected: tuple[str, ...]) -> None:
    """Amounts, percentages, counts and dates are kept as printed, with unit and currency."""
    assert figures(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bellwether denies that any such partnership exists.", {"denies"}),
        ("It rejected that.", {"denies"}),
        ("It was reportedly dropped.", {"hedges"}),
        ("It claims to have a partner.", {"hedges"}),
        ("Will they act?", {"asks"}),
        ("“Will they?”", {"asks"}),
        ("هل كان يعلم؟", {"asks"}),
        ("It would sell if asked.", {"supposes"}),
        ("该公司否认这一说法。", {"denies"}),
        ("据报道，它停了。", {"hedges"}),
        ("It sold 300 cameras in May.", set()),
        ("The denim was blue; dismay followed.", set()),
    ],
)
def test_marks(text: str, expected: set[str]) -> None:
    """A sentence knows whether it denies, hedges, asks or supposes."""
    assert marks(text) == expected


def test_a_note_is_no_part_of_the_text_around_it() -> None:
    """A footnote has passages of its own, is marked, and a sentence does not run through it to the next page."""
    builder = TextBuilder()
    builder.add("Quillon Optics sold the gates. The council paid for them in")
    builder.add("25 The Lantern, “Cameras”, 2 August 2021", "note")
    builder.end_page()
    builder.add("three years. It objected.")
    builder.end_page()
    found = cut(built(builder))
    texts = [[made.marks & {"note"} for made in passage.sentences] for passage in found]
    assert texts == [[set(), set()], [{"note"}], [set(), set()]]
