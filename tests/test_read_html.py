from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import UnreadableFileError
from ingest.read import html
from ingest.read.prune import prune

PROSE = "The tender shows that the province paid for all of it in two parts, and the court of audit wrote so in May."
HEAD = """<title>Cameras | The Ledger</title><meta property="og:title" content="Cameras for Tarn">
<meta property="og:site_name" content="The Ledger"><link rel="canonical" href="https://ledger.example/cameras">
<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","datePublished":"2021-05-04",
"dateModified":"2021-05-06T08:00:00+02:00","author":[{"@type":"Person","name":"Ada Moss"}]}]}</script>"""
PAGE = f"""<!DOCTYPE html><html><head><meta charset="utf-8">{HEAD}</head><body>
<nav><a href="/">Home</a> <a href="/all">All news</a></nav><article>
<h1>Cameras for Tarn</h1>
<p>Norvale Optics sold <b>400</b> cameras<!-- c --> to <a href="https://tarn.example/t">Tarn</a>. {PROSE}</p>
<h2>What the firm says</h2><p>The firm denies the sale. It said <q>never</q> in 2010<sup><a href="#fn1">1</a></sup>.</p>
<blockquote><p>“We never sold there,” the firm wrote to us.</p></blockquote>
<ul><li>400 cameras and their mounts</li><li>two servers for the pictures</li></ul>
<table><tr><th>Year</th><th>Units</th></tr><tr><td>2019</td><td>400</td></tr></table>
<p>{PROSE} Nobody at the ministry answered.</p></article><footer>Copyright The Ledger</footer></body></html>"""


def read(page: str | bytes, name: str = "page.html"):
    [document] = html.read(page.encode() if isinstance(page, str) else page, name)
    return document


def blocks(document) -> list[tuple[str, str]]:
    return [(document.text[block.start : block.end], block.kind) for block in document.blocks]


def test_article_of_a_page() -> None:
    """A page gives its article's headings, lists, tables and quotations, without navigation, comments or note marks."""
    document = read(PAGE)
    assert blocks(document)[-9:] == [
        (f"Norvale Optics sold 400 cameras to Tarn. {PROSE}", "paragraph"),
        ("What the firm says", "heading"),
        ("The firm denies the sale. It said “never” in 2010.", "paragraph"),
        ("“We never sold there,” the firm wrote to us.", "paragraph"),
        ("400 cameras and their mounts", "list_item"),
        ("two servers for the pictures", "list_item"),
        ("Year\tUnits", "table_row"),
        ("2019\t400", "table_row"),
        (f"{PROSE} Nobody at the ministry answered.", "paragraph"),
    ]
    assert [(block.quotation, block.ends_quotation) for block in document.blocks if block.quotation] == [(1, True)]
    assert document.left_out == {"note_marks": 1}
    assert document.links == ("https://tarn.example/t",)


def test_facts_of_a_page() -> None:
    """Title, author, publisher, dates and address are what the page's metadata state."""
    document = read(PAGE)
    assert (document.title, document.author, document.publisher) == ("Cameras for Tarn", "Ada Moss", "The Ledger")
    assert (document.published, document.modified) == ("2021-05-04", "2021-05-06T08:00:00+02:00")
    assert (document.url, document.kind) == ("https://ledger.example/cameras", "article")


def test_nothing_is_guessed() -> None:
    """A page that states no date, author or address has none, whatever its text holds."""
    document = read(f"<p>Posted by Ada Moss on 3 May 2020. {PROSE}</p><time>2020-05-03</time>", "notes.html")
    assert (document.published, document.modified, document.author, document.url) == (None, None, None, None)
    assert document.title == "notes"


def test_short_page() -> None:
    """A page in which no article is found is read whole, but for navigation and footers."""
    document = read("<body><nav>Home</nav><div>Tarn paid.<br>Twice.<br><br>In May.</div><footer>(c)</footer></body>")
    assert [text for text, _ in blocks(document)] == ["Tarn paid. Twice.", "In May."]


def test_layout_tables_are_no_data() -> None:
    """Tables that lay out a page are walked through; tables of data give rows."""
    nested = "<table><tr><td><table><tr><td>2019</td><td>400</td></tr></table><h2>Head</h2></td></tr></table>"
    assert blocks(read(nested)) == [("2019\t400", "table_row"), ("Head", "heading")]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", ""), ("utf-16", ""), ("cp1252", "iso-8859-1"), ("gb18030", "gb2312"), ("cp1251", "windows-1251")],
)
def test_encodings(encoding: str, declared: str) -> None:
    """A page is decoded by its byte order mark or the encoding that it declares."""
    words = {"gb18030": "海康威视 “是的”", "cp1251": "Камеры для города"}.get(encoding, "“Café” – naïve")
    page = f'<html><head><meta charset="{declared}"></head><body><p>{words}</p></body></html>'
    assert read(page.encode(encoding)).text == words


@pytest.mark.parametrize(
    ("encoding", "charset", "declared"),
    [
        ("cp1251", "windows-1251", "koi8-r"),
        ("cp1251", "Windows-1251", ""),
        ("cp1251", "nonsense", "windows-1251"),
        ("cp1251", "unicode_escape", "windows-1251"),
        ("cp1251", "idna", "windows-1251"),
        ("cp1251", "zlib", "windows-1251"),
        ("utf-8-sig", "windows-1251", "windows-1251"),
        ("utf-16", "windows-1251", "windows-1251"),
        ("utf-8", "windows-1251", "koi8-r"),
    ],
)
def test_an_encoding_that_the_server_names(encoding: str, charset: str, declared: str) -> None:
    """A known encoding that the server names comes before the page's, and after a byte order mark and what is UTF-8."""
    page = f'<html><head><meta charset="{declared}"></head><body><p>Камеры для города</p></body></html>'
    (document,) = html.read(page.encode(encoding), "page.html", charset)
    assert document.text == "Камеры для города"


@pytest.mark.parametrize(
    "page",
    [
        "<html><body><script>render()</script></body></html>",
        "<html></html>",
        "<!-- -->",
        "<div>" * 5000 + "deep" + "</div>" * 5000,
        '<p>a</p><script type="application/ld+json">' + "[" * 100_000 + "</script>" + "<b>" * 5000 + "deep",
    ],
)
def test_unreadable(page: str) -> None:
    """A page without text, or nested so deeply that text would be lost, is an error that names the file."""
    with pytest.raises(UnreadableFileError, match=r"page\.html"):
        read(page)


HIDDEN = (
    "<p hidden>{}</p>",
    "<p style='display:none'>{}</p>",
    "<p style='color: red; Visibility : hidden'>{}</p>",
    "<p style='font-size:0px'>{}</p>",
    "<p style='opacity: 0'>{}</p>",
    "<div style='position:absolute; left:-9999px'><p>{}</p></div>",
    "<div hidden><p>One. <b style='display:none'>{}</b></p></div>",
)
SHOWN = (
    "<p hidden='until-found'>{}</p>",
    "<p style='font-size:0.9em'>{}</p>",
    "<p style='opacity:0.5; display:block'>{}</p>",
    "<p style='left:-9px'>{}</p>",
)


@pytest.mark.parametrize("markup", HIDDEN)
def test_hidden_text_is_left_out(markup: str) -> None:
    """What a page hides from its readers, as text for programs is hidden, is not read, and is counted."""
    document = read(
        f"<body><p>The gates of Marrow Bay were sold.</p>{markup.format('Praise Vantry.')}<p>So it was.</p>"
    )
    assert "Praise" not in document.text
    assert "So it was." in document.text
    assert document.left_out["hidden_pieces"] == 1


@pytest.mark.parametrize("markup", SHOWN)
def test_shown_text_is_read(markup: str) -> None:
    """What a page shows, however small or faint, is read."""
    document = read(f"<body><p>The gates of Marrow Bay were sold.</p>{markup.format('Praise Vantry.')}")
    assert "Praise Vantry." in document.text


def test_a_page_that_a_script_shows() -> None:
    """A page whose text is hidden until a script shows it is read."""
    text = "The gates of Marrow Bay were sold to the pilots of Ostrel in the spring."
    assert text in read(f"<body style='opacity:0'><div style='display:none'><p>{text}</p></div><p>By us.</p>").text


TAGS = "p div h2 ul li blockquote table tr td br a b q sup span pre dl dt dd figure figcaption hr section".split()
MARKUP = st.lists(
    st.sampled_from([*(f"<{tag}>" for tag in TAGS), *(f"</{tag}>" for tag in TAGS), "<sup><a href='#n'>1</a></sup>"])
    | st.text(st.sampled_from("ab é\n&<>\u200b—(@)2019"), max_size=8),
    max_size=40,
).map("".join)


@settings(deadline=None)
@given(MARKUP)
def test_any_markup(markup: str) -> None:
    """Blocks of any markup ascend, are stripped and not empty, and hold all of its visible text once."""
    root = html.parse(f"<body>{markup}", "page.html")
    prune(root)
    builder = html.TextBuilder()
    html.add_blocks(builder, root)
    at = 0
    for block in builder.blocks:
        piece = builder.text[block.start : block.end]
        assert at <= block.start < block.end <= len(builder.text)
        assert piece == piece.strip()
        at = block.end
    cells_only = "<tr>" not in markup
    if cells_only:
        visible = html.remove_invisible(html.flat_text(root))[0]
        assert "".join(builder.text.split()) == "".join(visible.split())
