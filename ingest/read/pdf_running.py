"""Running headers, footers and page numbers: lines that recur from page to page and say nothing of their own."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from statistics import median_low
from typing import TYPE_CHECKING, TypeAlias

from ingest.read.pdf_cells import count_cells
from ingest.read.pdf_lines import PAGE_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.read.pdf_lines import Line

_EDGE_LINES = 3
_RUNNING_PAGES = 3
# Headings of long tables and of similar exhibits recur for some pages too.
_PART_PAGES = 10
_RUNNING_SHARE = 0.5
# Running lines stand at the same height on every page; rounding moves them by little.
_RUNNING_DRIFT = 6.0

_ROMAN = re.compile(r"^[ivxlc]+$")


@dataclass(frozen=True, slots=True)
class _RunningForm:
    """A form in which a line recurs, at one height or anywhere.

    It takes `pages` pages at least to make it a running line of the document, `part_pages` of a part of it.
    """

    text: str
    anywhere: bool = False
    pages: int = _RUNNING_PAGES
    part_pages: int = _PART_PAGES


# Height, page and index of a line.
_Place: TypeAlias = tuple[float, int, int]


def drop_running_lines(pages: Sequence[Sequence[Line]]) -> tuple[list[list[Line]], int]:
    """Return the pages without running headers, footers and page numbers, and how many lines that took."""
    places: defaultdict[_RunningForm, list[_Place]] = defaultdict(list)
    for page, lines in enumerate(pages):
        for index in _edge_lines(lines):
            for form in _running_forms(lines[index], page):
                places[form].append((0.0 if form.anywhere else lines[index].bottom, page, index))
    running = {
        (page, index)
        for form, found in places.items()
        for cluster in _at_one_height(found)
        if _is_running(form, cluster, pages)
        for page, index in _one_a_page(form, cluster, pages)
    }
    kept = [
        [line for index, line in enumerate(lines) if (page, index) not in running] for page, lines in enumerate(pages)
    ]
    return kept, len(running)


def _edge_lines(lines: Sequence[Line]) -> set[int]:
    """Return the indices of the first and last lines of a page, as written and as seen."""
    written = list(range(len(lines)))
    seen = sorted(written, key=lambda index: lines[index].bottom)
    return {index for order in (written, seen) for index in order[:_EDGE_LINES] + order[-_EDGE_LINES:]}


def _running_forms(line: Line, page: int) -> Iterator[_RunningForm]:
    """Yield the forms in which a line may recur: as it is, or counting the pages.

    Only a number that counts pages is folded: "Total 4,100" and "Total 5,200" at the foot of two pages are two
    statements. A sheet may show one page or two, and then with words to each number. What counts pages may follow
    the text instead of the paper's edge; with words about it ("Case 5") only many pages prove that.
    """
    text = line.text.casefold()
    if _ROMAN.match(text):
        yield _RunningForm("#", anywhere=True, part_pages=_RUNNING_PAGES)
        return
    if count_cells(text) < 3:
        yield _RunningForm(text)
    if PAGE_NUMBER.fullmatch(text):
        yield _RunningForm(f"#{int(text) - page:+}", anywhere=True, part_pages=_RUNNING_PAGES)
        return
    for number in PAGE_NUMBER.finditer(text):
        for step in (1, 2):
            form = f"{text[: number.start()]}#{step}{int(number[0]) - step * page:+}{text[number.end() :]}"
            yield _RunningForm(form)
            yield _RunningForm(form, anywhere=True, pages=_PART_PAGES)


def _at_one_height(found: list[_Place]) -> Iterator[list[_Place]]:
    cluster: list[_Place] = []
    for place in sorted(found):
        if cluster and place[0] - cluster[0][0] > _RUNNING_DRIFT:
            yield cluster
            cluster = []
        cluster.append(place)
    yield cluster


def _is_running(form: _RunningForm, cluster: list[_Place], pages: Sequence[Sequence[Line]]) -> bool:
    """Tell a running line from one that happens to recur, such as the heading of a long table.

    It stands on half of all pages, or on half of its part of the document and there apart from the text.
    """
    on = {page for _, page, _ in cluster}
    if len(on) < form.pages:
        return False
    if len(on) >= _RUNNING_SHARE * len(pages):
        return True
    part = max(on) - min(on) + 1
    return len(on) >= max(form.part_pages, _RUNNING_SHARE * part) and all(
        _stands_apart(pages[page], index) for _, page, index in cluster
    )


def _one_a_page(
    form: _RunningForm, cluster: list[_Place], pages: Sequence[Sequence[Line]]
) -> Iterator[tuple[int, int]]:
    """Yield the page and index of each line; of two page numbers on a page, the one nearer to where they usually stand.

    The other may be the number of a footnote.
    """
    usual = median_low(pages[page][index].bottom for _, page, index in cluster)
    nearest: dict[int, int] = {}
    for _, page, index in cluster:
        lines = pages[page]
        if not form.anywhere:
            yield page, index
        elif page not in nearest or abs(lines[index].bottom - usual) < abs(lines[nearest[page]].bottom - usual):
            nearest[page] = index
    yield from nearest.items()


def _stands_apart(lines: Sequence[Line], index: int) -> bool:
    line = lines[index]
    steps = (abs(line.bottom - other.bottom) for other in lines)
    return min((step for step in steps if step > line.height / 2), default=0.0) > 1.8 * line.height
