from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser
from markdown_it import MarkdownIt

from app.answers import Citation, Slice
from app.styles import Run, apa, apa_in_text, chicago, date_parts, html, markdown, plain
from ingest.records import Place, Source

SOURCE = Source(
    id="0123456789abcdef",
    name="post.json",
    title="U.S. Companies Fuel Surveillance in China",
    publisher="China Digital Times",
    author=None,
    published="2019-03-22T19:02:11",
    modified="2019-03-25T10:00:00",
    url="https://cdt.example/2019/03/fuel",
    kind="article",
    language="en",
    sha256="0" * 64,
)
PLACE = Place(10, 40, None, None, 4, "Lindsay Gorman and Matt Schrader in Foreign Policy", "China Digital Times")
CITATION = Citation(1, Slice("received a strategic investment", PLACE), (), SOURCE, quote_verified=True)
HOSTILE = st.text(st.sampled_from("a1 *_[]()<>!`$\\#&\"'|~=+-.:/@{}\n"), max_size=30)


def test_a_note_in_chicago_style() -> None:
    """A note names publisher, title, dates, address, place and who is quoted."""
    assert plain(chicago(CITATION)) == (
        "China Digital Times, “U.S. Companies Fuel Surveillance in China,” March 22, 2019, last modified "
        "March 25, 2019, https://cdt.example/2019/03/fuel, para. 4, quoting Lindsay Gorman and Matt Schrader in "
        "Foreign Policy."
    )


def test_a_reference_in_apa_style() -> None:
    """A reference names publisher, date, title in italics and address."""
    assert plain(apa(SOURCE)) == (
        "China Digital Times. (2019, March 22). U.S. Companies Fuel Surveillance in China. https://cdt.example/2019/03/fuel"
    )
    assert "<i>U.S. Companies Fuel Surveillance in China</i>" in html(apa(SOURCE))


@pytest.mark.parametrize(
    ("speaker", "cited"),
    [
        ("Lindsay Gorman and Matt Schrader in Foreign Policy", "Gorman & Schrader, as cited in China Digital Times"),
        ("Charles Rollet", "Rollet, as cited in China Digital Times"),
        ("the spokesperson of SenseNets", "the spokesperson of SenseNets, as cited in China Digital Times"),
        ("Tamber Vision and Quillon Optics", "Tamber Vision and Quillon Optics, as cited in China Digital Times"),
        ("Wang Wei and Li Na", "Wang Wei and Li Na, as cited in China Digital Times"),
        ("Human Rights Watch", "Human Rights Watch, as cited in China Digital Times"),
        ("John Hopkins University", "John Hopkins University, as cited in China Digital Times"),
        ("海康威视", "海康威视, as cited in China Digital Times"),
        (None, "China Digital Times"),
    ],
)
def test_a_reference_in_the_text(speaker: str | None, cited: str) -> None:
    """In the text stand who says it, who relays it, the year and the place."""
    citation = replace(CITATION, quote=replace(CITATION.quote, place=replace(PLACE, speaker=speaker)))
    assert apa_in_text(citation) == f"({cited}, 2019, para. 4)"


@pytest.mark.parametrize(
    ("changes", "note", "reference"),
    [
        ({"publisher": None, "modified": None, "url": None}, "“T,” March 22, 2019, p. ii.", "T. (2019, March 22)."),
        ({"published": None, "modified": None, "url": None}, "P, “T,” p. ii.", "P. (n.d.). T."),
        ({"published": "2020", "modified": None, "url": None}, "P, “T,” 2020, p. ii.", "P. (2020). T."),
        ({"published": "2020-06", "modified": None, "url": None}, "P, “T,” June 2020, p. ii.", "P. (2020, June). T."),
        ({"title": "Who?", "published": None, "modified": None, "url": None}, "P, “Who?” p. ii.", "P. (n.d.). Who?"),
        (
            {"author": "A. Roe", "modified": None, "url": None},
            "A. Roe, “T,” P, March 22, 2019, p. ii.",
            "A. Roe. (2019, March 22). T. P.",
        ),
        ({"author": "P", "modified": None, "url": None}, "P, “T,” March 22, 2019, p. ii.", "P. (2019, March 22). T."),
    ],
)
def test_what_a_source_does_not_say_is_left_out(changes: dict[str, str | None], note: str, reference: str) -> None:
    """A note and a reference hold what is known of a source, and no empty place for the rest."""
    source = replace(SOURCE, **({"title": "T", "publisher": "P"} | changes))
    place = replace(PLACE, speaker=None, paragraph=None, page=2, page_label="ii")
    citation = replace(CITATION, document=source, quote=replace(CITATION.quote, place=place))
    assert plain(chicago(citation)) == note
    assert plain(apa(source)) == reference


@pytest.mark.parametrize(
    ("title", "printed"),
    [
        ("Firms Deny “Partnership”", "“Firms Deny ‘Partnership,’” "),
        ("The “Smart” City", "“The ‘Smart’ City,” "),
        ("Acme Inc.", "“Acme Inc.,” "),
    ],
)
def test_a_title_within_quotation_marks(title: str, printed: str) -> None:
    """Quotation marks of a title become single ones within the note's, and the comma stands within both."""
    assert printed in plain(chicago(replace(CITATION, document=replace(SOURCE, title=title))))


@pytest.mark.parametrize(
    ("published", "parts"),
    [
        ("2019-03-22T19:02:11", [2019, 3, 22]),
        ("2019-03", [2019, 3]),
        ("2019", [2019]),
        ("2019-02-31", [2019, 2]),
        ("2019-13-01", [2019]),
        ("in spring", []),
        (None, []),
    ],
)
def test_a_date_is_as_precise_as_it_is_sound(published: str | None, parts: list[int]) -> None:
    """A date has the parts that its source gives, up to the first that no calendar has."""
    assert date_parts(published) == parts


@given(HOSTILE, st.sampled_from([None, "javascript:alert(1)", "https://a.example/?q=%20\"'<b>", "data:x"]))
def test_html_shows_the_text(text: str, link: str | None) -> None:
    """Text in HTML is text: no tag or entity comes from it, and no link but one of the web."""
    root = parser.fragment_fromstring(html([Run(text, italic=True, link=link)]), create_parent="p")
    assert root.text_content().replace("\r", "\n") == text
    assert {element.tag for element in root.iter()} <= {"p", "i", "a"}
    assert [element.get("href") for element in root.iter("a")] in ([], ["https://a.example/?q=%20\"'<b>"])


@given(HOSTILE)
def test_markdown_shows_the_text(text: str) -> None:
    """Text in Markdown is text: no picture, link, tag or emphasis comes from it."""
    shown = MarkdownIt("commonmark", {"html": True}).render(f"x{markdown([Run(text)])}x")
    root = parser.fragment_fromstring(shown, create_parent="div")
    assert " ".join(root.text_content().split()) == " ".join(f"x{text}x".split())
    assert {element.tag for element in root.iter()} <= {"div", "p"}


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n\r\n", "\t"])
def test_markdown_is_one_line(break_: str) -> None:
    """No line end or tab in a text begins a heading, a list or code."""
    shown = MarkdownIt("commonmark").render(markdown([Run(f"a{break_}{break_}# b")]))
    assert parser.fromstring(shown).text_content().split() == ["a", "#", "b"]
    assert "<h1>" not in shown


@pytest.mark.parametrize("address", ["https://a.example/?a=1&copy;=2", "https://a.example/$x$/`y`/a_b(c)*d*"])
def test_a_link_in_markdown_leads_where_it_says(address: str) -> None:
    """A link leads to its address, whatever characters that has, and shows it."""
    (link,) = parser.fromstring(MarkdownIt("commonmark").render(markdown([Run(address, link=address)]))).iter("a")
    assert unquote(str(link.get("href"))) == address
    assert link.text_content() == address
