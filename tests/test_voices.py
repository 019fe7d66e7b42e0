from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from documents import damaged, numbered, slices

from ingest.read import wordpress
from ingest.read.clean import TextBuilder
from ingest.voices import UNNAMED, is_signature, voices

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.records import ParsedDocument, Voice

SIGNATURE = "— Ines Okoro (@inesokoro) May 3, 2021"


def spoken(builder: TextBuilder) -> list[Voice | None]:
    return voices(builder.text, builder.blocks, "The Lantern")


def by_paragraph(parsed: ParsedDocument) -> list[str | None]:
    found = voices(parsed.text, parsed.blocks, "The Lantern")
    kept = numbered(parsed.blocks)
    return [voice.name if voice else None for block, voice in zip(parsed.blocks, found, strict=True) if block in kept]


def quoted_after(introduction: str) -> Voice:
    builder = TextBuilder()
    builder.add(introduction)
    builder.add("We never sold there.", quotation=1, ends_quotation=True)
    first, second = spoken(builder)
    assert first is None
    assert second is not None
    return second


def test_a_signature_names_who_posted_and_when():
    """A signature line gives its post the name, the date as printed, who relays it, and is its own proof."""
    builder = TextBuilder()
    builder.add("The town said nothing for a year.")
    builder.add("The town was asked on Twitter:")
    builder.add("They did sell there.", ends_quotation=False)
    signature = builder.add(SIGNATURE, "signature", ends_quotation=True)
    outside, introduction, post, line = spoken(builder)
    assert (outside, introduction) == (None, None)
    assert post == line
    assert (post.name, post.said, post.venue, post.via) == ("Ines Okoro", "May 3, 2021", None, "The Lantern")
    assert slices(builder.text, post.proof) == [SIGNATURE]
    assert post.proof[0].start == signature.start


@pytest.mark.parametrize("line", [SIGNATURE, "– Aldo P. Venn (@govvenn) 30 April 2021", "-- Ines (@i) 2021-05-03"])
def test_signature_lines_are_known(line: str) -> None:
    """A dash, a name, a handle in brackets and perhaps a date make a signature."""
    assert is_signature(line)


@pytest.mark.parametrize("line", ["— and so it went (@all of it)", "Ines Okoro (@inesokoro)", "— Ines Okoro", "- (@x)"])
def test_other_lines_are_no_signatures(line: str) -> None:
    """A line without its dash, its name or its handle is no signature."""
    assert not is_signature(line)


@pytest.mark.parametrize(
    ("introduction", "name", "venue"),
    [
        ("Mara Lindqvist wrote in The Weir Review:", "Mara Lindqvist", None),
        (
            "At The Weir Review, Mara Lindqvist and Tomas Ek described it:",
            "Mara Lindqvist and Tomas Ek",
            "The Weir Review",
        ),
        ("The Weir Review’s Mara Lindqvist has reported:", "Mara Lindqvist", None),
        ("Anna de Vries, a dockworker, told us:", "Anna de Vries", None),
        ("It goes further, according to Tomas Ek:", "Tomas Ek", None),
        ("From The Weir Review’s report:", "Weir Review", None),
        ("Tomas Ek warned of it. On Monday, Mara Lindqvist said:", "Mara Lindqvist", None),
    ],
)
def test_an_introduction_names_who_is_quoted(introduction: str, name: str, venue: str | None) -> None:
    """The sentence before a quotation that says who speaks names the voice, and where it was said if it says so."""
    voice = quoted_after(introduction)
    assert (voice.name, voice.venue, voice.via) == (name, venue, "The Lantern")


def test_the_introducing_sentence_is_the_proof():
    """Only the sentence that introduces is the proof, and it is a slice of the text."""
    introduction = "Nobody knew. Mara Lindqvist wrote in The Weir Review:"
    voice = quoted_after(introduction)
    assert [introduction[span.start : span.end] for span in voice.proof] == ["Mara Lindqvist wrote in The Weir Review:"]


def test_an_unnamed_voice_is_called_so():
    """A quotation that nobody introduces is not the publisher's voice, and its proof is the quotation itself."""
    voice = quoted_after("It rained on the harbour that day.")
    assert voice.name == UNNAMED
    assert voice.via == "The Lantern"
    assert len(voice.proof) == 1


def test_a_pronoun_is_no_name():
    """“It said” and "They wrote" introduce nobody by name."""
    assert quoted_after("They wrote on Monday:").name == UNNAMED


def test_whole_markup_bounds_a_quotation():
    """Where the source has both tags, exactly the blocks within are quoted, and two quotations stay apart."""
    builder = TextBuilder()
    builder.add("Mara Lindqvist wrote:")
    builder.add("One.", quotation=1)
    builder.add("Two.", quotation=1, ends_quotation=True)
    builder.add("Tomas Ek replied to her, and Tomas Ek said:")
    builder.add("Three.", quotation=2, ends_quotation=True)
    builder.add("The port closed.")
    names = [voice.name if voice else None for voice in spoken(builder)]
    assert names == [None, "Mara Lindqvist", "Mara Lindqvist", None, "Tomas Ek", None]


def test_a_credit_line_names_the_voice():
    """A line with a dash, a name and a title at the end of a quotation says who speaks and where."""
    builder = TextBuilder()
    builder.add("It was read aloud.")
    builder.add("We never sold there.", quotation=1)
    builder.add("— Mara Lindqvist, The Weir Review", quotation=1, ends_quotation=True)
    voice = spoken(builder)[1]
    assert (voice.name, voice.venue) == ("Mara Lindqvist", "The Weir Review")


def test_a_lost_opening_tag_is_made_up_for_by_the_introduction():
    """Where only the end of a quotation is left, it starts after the paragraph that introduces it."""
    builder = TextBuilder()
    for text in ("The port opened in 1962.", "Mara Lindqvist wrote in The Weir Review:", "One.", "Two."):
        builder.add(text)
    builder.add("Three.", ends_quotation=True)
    builder.add("The port closed.")
    names = [voice.name if voice else None for voice in spoken(builder)]
    assert names == [None, None, "Mara Lindqvist", "Mara Lindqvist", "Mara Lindqvist", None]


def test_a_damaged_export_keeps_its_four_voices():
    """With every opening tag lost, each paragraph has the voice of whoever said it."""
    thread = ["Ines Okoro"] * 9
    authors = ["Mara Lindqvist and Tomas Ek"] * 3
    governor = ["Aldo P. Venn"] * 2
    assert by_paragraph(damaged()) == [None, *authors, None, *thread, None, *governor]


def test_the_seed_has_its_four_voices(seed: Path):
    """The 23 paragraphs of the seed are spoken by its site, two authors, a reporter's posts and one post more."""
    found = by_paragraph(wordpress.read(seed.read_bytes(), seed.name)[0])
    assert len(found) == 23
    assert [at for at, name in enumerate(found, 1) if name is None] == [1, 5, 21]
    groups = [set(found[slice(*bounds)]) for bounds in ((1, 4), (5, 20), (21, 23))]
    assert all(len(group) == 1 for group in groups)
    endings = [group.pop().split()[-1] for group in groups]
    assert endings == ["Schrader", "Rollet", "Trump"]
