"""Texts of our own to read, cut and keep: every firm, place and person in them is made up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ingest.read import wordpress
from ingest.read.clean import TextBuilder
from ingest.records import Document, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ingest.records import Block, Page, ParsedDocument

SOURCE = Source(
    id="0123456789abcdef",
    name="lantern.json",
    title="Cameras on the Coast",
    publisher="The Lantern",
    author=None,
    published="2021-05-04",
    modified="2021-05-06",
    url="https://lantern.example/2021/05/cameras/",
    kind="article",
    language="en",
    sha256="0" * 64,
)

# Damaged as such exports are: raw line ends in a string, every opening tag gone, nothing closed at the end.
# Four voices: the site's, two authors it quotes at length, a thread of posts, and one post more.
_SIGNED = "— Ines Okoro (@inesokoro) May 3, 2021<\\/a><\\/p><\\/blockquote>\\n"
DAMAGED_EXPORT = (
    '{"id":88,"date":"2021-05-04T09:10:11","modified":"2021-05-06T08:00:00","status":"publish","type":"post",'
    '"link":"https:\\/\\/lantern.example\\/2021\\/05\\/cameras\\/","title":{"rendered":"Cameras on the Coast"},'
    '"content":{"rendered":"\n'
    "At The Weir Review this week, Mara Lindqvist and Tomas Ek described how northern firms \\u201care lending skill "
    "and machines to coastal watchers<\\/strong><\\/a>, knowingly or not,\\u201d after the loss of harbour "
    "records<\\/a> by a firm, OstraNet, which claims to have a partnership with Bellwether. (Bellwether denies that "
    "any such partnership exists.)<\\/p>\\n "
    "[\\u2026 T]he council draws on a lively trade, inviting firms to bid for every gate. Firms built the towers. "
    "Others sold what watches the piers.<\\/p>\\n "
    "In February 2020, the Tarn Institute of Optics announced a partnership with KelpVision. KelpVision then held a 40 "
    "percent stake in OstraNet.<\\/p>\\n "
    "[\\u2026] Equally worrying is how little is known. The buyers never asked. [Source<\\/strong><\\/a>]<\\/p>\\n"
    "<\\/blockquote>\\n "
    "On Twitter, Ines Okoro highlighted more examples from her own reporting:<\\/p>\\n<\\/p>\\n "
    "Brambleton, a maker of gates, sold turnstiles to the port of Ostrel in 2019. "
    "https:\\/\\/t.example\\/1<\\/a><\\/p>\\n "
    + _SIGNED
    + " Also: Quillon Optics and Tamber Vision, the two largest makers of cameras on the coast, have won over $3 "
    "million in contracts for jetties and gates. pic.twitter.com\\/AAbb1<\\/a><\\/p>\\n "
    + _SIGNED
    + " Both firms rely on Bellwether and Sarnia Chips for their storage.<\\/p>\\n "
    + _SIGNED
    + " When I asked a rep at a Sarnia booth whether they would go on selling, I was told:<\\/p>\\n "
    "\\u201cWe sell to all who pay\\u201d pic.twitter.com\\/AAbb2<\\/a><\\/p>\\n "
    + _SIGNED
    + " Perhaps the best known case is Project Gannet<\\/a>, a planned register for the port. It was reportedly "
    "dropped in December<\\/a>. This drew a rebuke on Twitter from the governor:<\\/p>\\n "
    "Bellwether helps the smugglers, but not the coast. Sad!<\\/p>\\n "
    "— Aldo P. Venn (@govvenn) April 30, 2021<\\/a><\\/p><\\/blockquote>\\n\n\n"
)


def damaged() -> ParsedDocument:
    """Return the damaged export as its reader gives it."""
    return wordpress.read(DAMAGED_EXPORT.encode(), "lantern.json")[0]


def documented(parsed: ParsedDocument, **source: str | None) -> Document:
    """Return a parsed document as one of a store."""
    about = {"title": parsed.title, "url": parsed.url, "published": parsed.published} | source
    return Document(replace(SOURCE, **about), parsed.text, parsed.blocks, parsed.pages)


def document(*paragraphs: str, **source: str | None) -> Document:
    """Return a document of these paragraphs; one that starts with "# ", "## " ... is a heading, tabs make a row."""
    builder = TextBuilder()
    for paragraph in paragraphs:
        add(builder, paragraph)
    return built(builder, **source)


def add(builder: TextBuilder, paragraph: str) -> None:
    """Append a paragraph, a heading or a table row."""
    marks = len(paragraph) - len(paragraph.lstrip("#"))
    if marks:
        builder.add(paragraph[marks:], "heading", level=marks)
    elif "\t" in paragraph:
        builder.add_row(paragraph.split("\t"))
    else:
        builder.add(paragraph)


def built(builder: TextBuilder, **source: str | None) -> Document:
    """Return what a builder holds as a document of a store."""
    return Document(replace(SOURCE, **source), builder.text, tuple(builder.blocks), tuple(builder.pages))


def numbered(blocks: Iterable[Block]) -> list[Block]:
    """Return the blocks that count as paragraphs."""
    return [block for block in blocks if block.kind != "heading"]


def slices(text: str, spans: Iterable[Block | Page]) -> list[str]:
    """Return what the spans hold."""
    return [text[span.start : span.end] for span in spans]


ENGLISH = (
    "Quillon Optics Co., Ltd. sold 300 cameras to the U.S. port of Marrow Bay for $2.5 million in March 2021.",
    "It denies that any of them reads faces.",
    "Both firms were paid 40,000 crowns, i.e. 12% more than in 2019.",
    "They were told:",
    "“We sell to all who pay,” a manager said.",
    "(Bellwether denies it.)",
    "[… T]he council reportedly knew; see https://lantern.example/a?b=1 and @inesokoro.",
    "Will they act, esp. if nothing is passed?",
    "Quillon Optics and Tamber Vision bid for the gate.",
    "The company said so on 4 May 2021",
)
CHINESE = (
    "二〇二一年，海岸市从谭波视觉公司购买了三百台摄像头。",
    "该公司否认这一说法！",
    "“是的。”他说。",
    "据报道，合同金额为700万元，其中包括海康威视的设备",
)
ARABIC = (
    "باعت شركة كويلون للبصريات ثلاثمئة كاميرا إلى ميناء أوستريل.",
    "هل كان المجلس يعلم؟",
    "نفت الشركة ذلك، وقالت إنها لا تعرف",
)
# Without a stop, with and without spaces, some longer than what may be quoted and than what a model reads.
LONG_RUNS = (
    "cameras and gates " * 60,
    "a;b,c" * 250,
    "海岸摄像头" * 150,
    "كاميرا ميناء " * 90,
    "x" * 900,
    "🙂" * 700,
    "0123456789" * 80,
)
SENTENCES = st.sampled_from((*ENGLISH, *CHINESE, *ARABIC))
PARAGRAPHS = st.one_of(
    st.lists(SENTENCES, min_size=1, max_size=9).map(" ".join),
    st.sampled_from(LONG_RUNS),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=120).map(
        lambda text: text.lstrip("#")
    ),
)


def _quotation(builder: TextBuilder, number: int, texts: Sequence[str]) -> None:
    builder.add("Mara Lindqvist wrote in The Weir Review:")
    builder.add(texts[0], quotation=number)
    builder.add(texts[1], quotation=number, ends_quotation=True)


def _post(builder: TextBuilder, number: int, texts: Sequence[str]) -> None:
    builder.add(texts[0])
    builder.add("— Ines Okoro (@inesokoro) May 3, 2021", "signature", ends_quotation=True)


def _rows(builder: TextBuilder, number: int, texts: Sequence[str]) -> None:
    for row in range(4):
        builder.add_row([f"gate {row}", str(row * 100), texts[0]])


PARTS: list[Callable[[TextBuilder, int, Sequence[str]], object]] = [
    lambda builder, _, texts: builder.add(texts[0]),
    lambda builder, _, texts: builder.add(texts[0]),
    lambda builder, _, texts: builder.add(texts[0], "list_item", level=1),
    lambda builder, number, texts: builder.add(texts[1][:200], "heading", level=number % 4),
    lambda builder, _, texts: builder.add_row(texts),
    _quotation,
    _post,
    _rows,
]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Draw a document with headings, tables, lists, quotations and signatures, with or without pages."""
    builder = TextBuilder()
    paged = draw(st.booleans())
    for number in range(draw(st.integers(1, 7))):
        draw(st.sampled_from(PARTS))(builder, number, draw(st.lists(PARAGRAPHS, min_size=2, max_size=3)))
        if paged and draw(st.booleans()):
            builder.end_page(draw(st.sampled_from([None, "iv", "7"])))
    if paged:
        builder.end_page()
    return built(builder)
