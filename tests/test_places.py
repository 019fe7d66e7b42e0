from __future__ import annotations

from documents import built, document, documents
from hypothesis import given

from ingest.places import Places
from ingest.read.clean import TextBuilder
from ingest.records import Document, Span, Voice


def test_paragraphs_count_everything_but_headings():
    """A paragraph's number counts non-empty blocks, rows and signatures from 1, and no headings."""
    builder = TextBuilder()
    builder.add("Gates", "heading", level=1)
    builder.add("One.")
    builder.add_row(["two", "2"])
    builder.add("Three", "heading", level=2)
    builder.add("three", "list_item")
    builder.add("— Ines Okoro (@inesokoro)", "signature")
    made = built(builder)
    places = Places(made)
    found = [places.of(block.start, block.end, None).paragraph for block in made.blocks if block.kind != "heading"]
    assert found == [1, 2, 3, 4]


def test_a_slice_within_a_paragraph_stands_in_it():
    """Each character of a paragraph has the number of that paragraph."""
    made = document("One two.", "Three four.")
    second = made.blocks[1]
    numbers = {Places(made).of(at, at + 1, None).paragraph for at in range(second.start, second.end)}
    assert numbers == {2}


def test_pages_have_index_and_label():
    """Where there are pages, a place has the 1-based page and its printed label, and no paragraph."""
    builder = TextBuilder()
    builder.add("One.")
    builder.end_page("iv")
    builder.end_page(None)
    builder.add("Three.")
    builder.end_page("1")
    made = built(builder)
    one, three = (Places(made).of(block.start, block.end, None) for block in made.blocks)
    assert (one.page, one.page_label, one.paragraph) == (1, "iv", None)
    assert (three.page, three.page_label, three.paragraph) == (3, "1", None)


def test_the_voice_is_part_of_the_place():
    """A place names the speaker and who relays it; the publisher's own voice is None."""
    made = document("One.")
    spoken = Places(made).of(0, 4, Voice("Ines Okoro", (Span(0, 4),), via="The Lantern"))
    assert (spoken.speaker, spoken.via) == ("Ines Okoro", "The Lantern")
    assert Places(made).of(0, 4, None).speaker is None


@given(documents())
def test_every_block_is_where_its_document_says(made: Document) -> None:
    """The page of a block's first character is the page that holds it; its paragraph is its number."""
    places = Places(made)
    counted = 0
    for block in made.blocks:
        place = places.of(block.start, block.end, None)
        counted += block.kind != "heading"
        if made.pages:
            page = made.pages[place.page - 1]
            assert page.start <= block.start < page.end
            assert (place.page_label, place.paragraph) == (page.label, None)
        else:
            assert place.page is None
            assert place.paragraph == (counted or None)
