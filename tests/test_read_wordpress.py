from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import UnreadableFileError
from ingest.read import wordpress

EVAL_DATA = Path(os.environ.get("EVAL_DATA", Path(__file__).parents[2] / "shared" / "eval"))

CONTENT = """
<p>Norvale Optics sold <strong>400 cameras</strong>
to <a href="https://tarn.example/tender">the province of Tarn</a>.</p>
<h2>What the firm says</h2>
<blockquote><p>&#8220;We never sold there.&#8221;</p><p>&#8220;We will not.&#8221;</p></blockquote>
<ul><li>400 cameras</li><li>two servers</li></ul>
<table><tr><th>Year</th><th>Units</th></tr><tr><td>2019</td><td>400</td></tr></table>
<blockquote class="tweet"><p>They did sell there.</p>
&mdash; Ada Moss (@adamoss) <a href="https://t.example/1">May 4, 2021</a></blockquote><script>track()</script>
<figure><img src="x.jpg" alt="A camera"></figure>
"""

# Opening tags gone, raw line ends, nothing closed at the end: as such exports are damaged.
DAMAGED = (
    '{"id":77,"date":"2021-05-04T09:10:11","date_gmt":"2021-05-04T07:10:11","modified":"2021-05-06T08:00:00",'
    '"status":"publish","link":"https:\\/\\/ledger.example\\/2021\\/05\\/cameras\\/",'
    '"title":{"rendered":"Cameras &amp; Contracts"},"content":{"rendered":"\n'
    "In the Ledger, Ada Moss wrote that Norvale Optics sold cameras<\\/strong><\\/a> to Tarn.<\\/p>\\n "
    "[\\u2026 T]he firm never said so.<\\/p>\\n It was asked twice. [Source<\\/a>]<\\/p>\\n<\\/blockquote>\\n "
    "Background<\\/h2>\\n first item<\\/li>\\n second item<\\/li>\\n<\\/ul>\\n<\\/p>\\n They did sell there.<\\/p>\\n "
    "\\u2014 Ada Moss (@adamoss) May 4, 2021<\\/a><\\/p><\\/blockquote>\\n\n\n"
)


def post(**fields) -> dict:
    return {
        "id": 77,
        "date": "2021-05-04T09:10:11",
        "modified": "2021-05-06T08:00:00",
        "status": "publish",
        "link": "https://ledger.example/2021/05/cameras/",
        "title": {"rendered": "Cameras &amp; <em>Contracts</em>"},
        "content": {"rendered": CONTENT},
        **fields,
    }


def read(text: str):
    return wordpress.read(text.encode("utf-8", "surrogatepass"), "export.json")


def blocks(document) -> list[tuple]:
    return [
        (document.text[block.start : block.end], block.kind, block.quotation, block.ends_quotation)
        for block in document.blocks
    ]


def test_whole_post() -> None:
    """A whole post gives its blocks with their kinds and quotations, and its title, dates and address as metadata."""
    [document] = read(json.dumps(post()))
    assert blocks(document) == [
        ("Norvale Optics sold 400 cameras to the province of Tarn.", "paragraph", None, False),
        ("What the firm says", "heading", None, False),
        ("“We never sold there.”", "paragraph", 1, False),
        ("“We will not.”", "paragraph", 1, True),
        ("400 cameras", "list_item", None, False),
        ("two servers", "list_item", None, False),
        ("Year\tUnits", "table_row", None, False),
        ("2019\t400", "table_row", None, False),
        ("They did sell there.", "paragraph", 2, False),
        ("— Ada Moss (@adamoss) May 4, 2021", "signature", 2, True),
    ]
    assert document.title == "Cameras & Contracts"
    assert (document.published, document.modified) == ("2021-05-04T09:10:11", "2021-05-06T08:00:00")
    assert document.url == "https://ledger.example/2021/05/cameras/"
    assert document.links == ("https://tarn.example/tender", "https://t.example/1")
    assert (document.kind, document.publisher, document.author) == ("article", None, None)


def test_damaged_export() -> None:
    """A post whose opening tags and closing brackets are gone keeps its paragraphs, items and ends of quotations."""
    [document] = read(DAMAGED)
    assert blocks(document) == [
        ("In the Ledger, Ada Moss wrote that Norvale Optics sold cameras to Tarn.", "paragraph", None, False),
        ("[… T]he firm never said so.", "paragraph", None, False),
        ("It was asked twice. [Source]", "paragraph", None, True),
        ("Background", "heading", None, False),
        ("first item", "list_item", None, False),
        ("second item", "list_item", None, False),
        ("They did sell there.", "paragraph", None, False),
        ("— Ada Moss (@adamoss) May 4, 2021", "signature", None, True),
    ]
    assert document.title == "Cameras & Contracts"
    assert (document.published, document.modified) == ("2021-05-04T09:10:11", "2021-05-06T08:00:00")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([post(), post(id=78)]),
        json.dumps(post()) + "\n" + json.dumps(post(id=78)) + "\n",
        json.dumps([post(), post(id=78)])[:-6],
        f"Saved on Monday [see notes]:\n{json.dumps(post())}\nand\n{json.dumps(post(id=78))}\nend of file",
        "\ufeff" + json.dumps([post(), post(status="draft"), post(content={"rendered": " "}), post()]),
    ],
    ids=["list", "lines", "cut", "amid other text", "drafts and empty posts"],
)
def test_several_posts(text: str) -> None:
    """Lists, JSON lines and posts amid other text give a document for each published post with text."""
    first, second = read(text)
    assert first.text == second.text == read(json.dumps(post()))[0].text


@pytest.mark.parametrize(
    ("fields", "author", "publisher"),
    [
        ({"_embedded": {"author": [{"name": "Ada Moss"}, {"name": "Jo Lind"}]}}, "Ada Moss, Jo Lind", None),
        ({"yoast_head_json": {"author": "Ada Moss", "og_site_name": "The Ledger"}}, "Ada Moss", "The Ledger"),
        ({"author": 7, "_embedded": {"author": [{"code": "rest_user_invalid_id"}]}}, None, None),
    ],
)
def test_author_and_publisher(fields: dict, author: str | None, publisher: str | None) -> None:
    """Author and publisher are named only where the export names them."""
    [document] = read(json.dumps(post(**fields)))
    assert (document.author, document.publisher) == (author, publisher)


def test_note_marks_are_left_out() -> None:
    """The number of a note never joins the figure before it, and is counted as left out."""
    content = '<p>Sold in 2010<sup><a href="#fn3">3</a></sup> at 9 m<sup>2</sup>.</p>'
    [document] = read(json.dumps(post(content=content)))
    assert document.text == "Sold in 2010 at 9 m2."
    assert document.left_out == {"note_marks": 1}


def test_invisible_characters_are_counted() -> None:
    """Characters that cannot be seen are not in text, title or address, and those of the text are counted."""
    [document] = read(json.dumps(post(title="Ca\u202emeras\ud800", content="<p>No\u200bne \ud83d</p>")))
    assert (document.text, document.title, document.left_out) == ("None", "Cameras", {"invisible_characters": 2})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"code":"rest_no_route","message":"No route"}', "code, message"),
        ("[1, 2]", "no object"),
        (json.dumps(post(status="draft")), "'draft'"),
        (json.dumps(post(content={"rendered": "<img src=x>"})), "No text found"),
        (json.dumps(post(content={"rendered": "<div>" * 5000 + "text"})), "nested too deeply"),
        ('[{"a":' * 100_000, "nested too deeply"),
        ("[" * 100_000, "no WordPress post"),
        ('{"title":"a","content":"He said "no" twice","id":7}', "damaged after"),
        ('{"title":"a","id":' + "9" * 5000 + "}", "no WordPress post"),
    ],
)
def test_unreadable(text: str, said: str) -> None:
    """What is no published WordPress post with text is an error that names the file and what was found."""
    with pytest.raises(UnreadableFileError, match=r"export\.json") as caught:
        read(text)
    assert said in str(caught.value)


WORDS = st.lists(
    st.text(st.sampled_from("""aZé“”—"\\/\n\t{}[],:中😀 """), max_size=12)
    | st.sampled_from(["&amp;", "&#8212;", "&lt;b&gt;", "<strong>x</strong>", "<br>"])
    | st.just('<a href="https://a.example/">y</a>'),
    max_size=5,
).map("".join)
TAGS = st.sampled_from(["p", "h2", "li", "blockquote", "td"])
BLOCKS = st.tuples(TAGS, WORDS).map(lambda block: f"<{block[0]}>{block[1]}</{block[0]}>")
POSTS = st.lists(BLOCKS, min_size=1, max_size=6).map(
    lambda parts: {"id": 7, "title": {"rendered": "A"}, "content": {"rendered": "\n".join(parts)}, "status": "publish"}
)


@settings(deadline=None)
@given(st.lists(POSTS, min_size=1, max_size=2), st.booleans(), st.data())
def test_cut_anywhere(posts: list[dict], ascii_only: bool, data: st.DataObject) -> None:  # noqa: FBT001
    """An export cut at any character gives the beginning of its text or an error of ours, and nothing made up."""
    text = json.dumps(posts, ensure_ascii=ascii_only)
    whole = readable(text)
    cut = readable(text[: data.draw(st.integers(0, len(text)))])
    assert len(cut) <= len(whole)
    for before, after in zip(whole, cut, strict=False):
        assert "".join(before.text.split()).startswith("".join(after.text.split()))
        assert_blocks_hold(after)


def readable(text: str) -> list:
    try:
        return read(text)
    except UnreadableFileError:
        return []


def assert_blocks_hold(document) -> None:
    at = 0
    for block in document.blocks:
        piece = document.text[block.start : block.end]
        assert at <= block.start < block.end <= len(document.text)
        assert piece == piece.strip()
        at = block.end


@settings(deadline=None)
@given(st.text(st.sampled_from('{}[]":,\\ntu0-."title content rendered <p></p></blockquote>&#8\n'), max_size=80))
def test_any_text(text: str) -> None:
    """Whatever the text, reading it gives documents or an error of ours."""
    for document in readable('{"title":"t","content":"' + text):
        assert_blocks_hold(document)
    readable(text)


@pytest.fixture
def seed() -> bytes:
    path = EVAL_DATA.parent / "seed" / "china-digital-times-212378.json.txt"
    if not path.exists():
        pytest.skip(f"the seed article is not at {path}; set EVAL_DATA")
    return path.read_bytes()


def test_seed(seed: bytes) -> None:
    """The damaged article that the project starts from has its 23 paragraphs, eight ends of tweets, title and dates."""
    [document] = wordpress.read(seed, "seed.json.txt")
    assert [block.kind for block in document.blocks].count("heading") == 0
    assert len(document.blocks) == 23
    assert sum(block.kind == "signature" and block.ends_quotation for block in document.blocks) == 8
    assert sum(block.ends_quotation for block in document.blocks) == 9
    assert (document.published, document.modified) == ("2019-03-22T15:50:05", "2019-03-25T22:05:54")
    assert document.title == "U.S. Companies Fuel Surveillance in China"
    assert document.url == (
        "https://chinadigitaltimes.net/2019/03/u-s-companies-fuel-surveillance-in-china-as-chinese-companies-export-it/"
    )


def test_evaluation_posts() -> None:
    """Every post of a site's three pages is read, with a title, an address and blocks that hold."""
    pages = sorted((EVAL_DATA / "wordpress").glob("posts_page_*.json"))
    if not pages:
        pytest.skip(f"no pages of posts in {EVAL_DATA / 'wordpress'}; set EVAL_DATA")
    documents = [document for page in pages for document in wordpress.read(page.read_bytes(), page.name)]
    assert len(documents) == 141
    for document in documents:
        assert document.title
        assert document.url
        assert_blocks_hold(document)
