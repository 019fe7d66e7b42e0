"""From the lines of a PDF's pages to blocks: paragraphs, headings, list items and table rows.

A PDF holds no paragraphs, only glyphs at places. A line that could have held the next word as well ends its
paragraph; so do a wider step, an indent after a full stop, another size of type, a bullet, a row of numbers.

Lengths are in points. `bottom` grows upwards, as in PDF; lines of right-to-left script are mirrored by the caller, so
that `left` is always where reading starts.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.records import BlockKind

# Letters differ in width: a word is sure to fit only where its average width leaves some space.
_WIDTH_TOLERANCE = 1.15
_HARD_SPACE_SHARE = 0.1
_WIDE_STEP = 1.3
_LARGE_TYPE = 1.15
_SAME_TYPE = 0.12
_INDENT_LETTERS = 1.5
# Words are set apart by less than one letter, cells of a table by more than two.
_CELL_GAP_LETTERS = 2.0
_LABEL_LINES = 3
_LABEL_LENGTH = 40
_COLUMN_NUMBERS = 3
_LINE_NUMBERS = 5
# Lines of one page that are looked through for the label of a number.
_COLUMN_REACH = 200
_HEADING_LENGTH = 150
_EDGE_LINES = 3
_RUNNING_PAGES = 3
# Headings of long tables and of similar exhibits recur for some pages too.
_PART_PAGES = 10
_RUNNING_SHARE = 0.5
# Running lines stand at the same height on every page; rounding moves them by little.
_RUNNING_DRIFT = 6.0

# Bullets of Symbol and Wingdings reach us as private-use characters.
_BULLET = re.compile(r"^[•●▪■◦‣⁃∙➢➤❖\uf0a7\uf0b7\uf0d8\uf0fc\uf076]\s*(?=\S)")
_ENUMERATED = re.compile(r"^(?:[·–*]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)])\s+(?=\S)")
_NUMBERED_HEADING = re.compile(r"^\d{1,2}(?:\.\d{1,2}){1,4}\.?\s+[A-Z]")
_STOPPED = re.compile(r"[.!?:;。！？；：؟۔][\"”’'»)\]」』]*\d{0,3}$")
_CLOSED = frozenset(".,;:!。，；：")
# A stop, brackets and quotation marks after it, the number of a footnote.
_STOP_LENGTH = 8
_CELL = re.compile(
    r"(?:[-−–(]*[$€£¥]?[-−–(]*(?:\d(?:[\d,.]*\d)?|\.\d+)[)%x]*|[—–-]|[$€£¥]|[)%]+|N/A|n/a|NM|nm)(?:\([a-z\d]\)|[*†])?"
)
_CELL_END = frozenset("0123456789)%x—–-AaMm*†$€£¥")
_TOKEN = re.compile(r"\S+")
_CJK = re.compile(r"[\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_WORD = re.compile(r"[^\W\d_]+(?:[-‐’'][^\W\d_]+)*")
_LAST_WORD = re.compile(r"[^\W\d_]+(?:[-‐’'][^\W\d_]+)*$")
_LINE_HYPHEN = re.compile(r"\S[-‐\xad]$")
_LINE_DASH = re.compile(r"\S[–—]$")
_ADDRESS = re.compile(r"(?:https?://|www\.|\S/)\S*$")
_PAGE_NUMBER = re.compile(r"(?<![\d.,])\d{1,4}(?![\d.,])")
_ROMAN = re.compile(r"^[ivxlc]+$")
# No syllable ends in these before a syllable that is a word, and closed compounds with them are rare.
_HYPHENATING_PREFIXES = frozenset({"self", "non", "quasi", "ex"})
_VOWELS = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page: its text and box.

    `hyphenated`: a hyphen stood at its end and is not in `text`. `cell_gap`: the space before the numbers that end it.
    """

    text: str
    left: float
    right: float
    bottom: float
    height: float
    bold: bool = False
    hyphenated: bool = False
    cell_gap: float = 0.0

    @property
    def letter(self) -> float:
        """Width of an average letter."""
        return (self.right - self.left) / max(1, len(self.text))


@dataclass(frozen=True, slots=True)
class PageBlock:
    """A block of one page before it has a place in the document's text. `bulleted`: a bullet was taken off it."""

    text: str
    kind: BlockKind
    level: int
    height: float
    bulleted: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of a whole document.

    `body` is the height of its usual type, `bold` whether that is bold; `outline` maps folded titles to levels.
    """

    body: float
    bold: bool
    outline: dict[str, int]
    words: Counter[str]


@dataclass(frozen=True, slots=True)
class _Column:
    """Where the lines of a column end, and the usual step from line to line."""

    margin: float
    step: float


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


def cells_start(text: str) -> int | None:
    """Return where the run of numbers that ends `text` begins, None when it ends otherwise or is nothing else."""
    if text[-1:] not in _CELL_END:
        return None
    start = len(text)
    for token in reversed(list(_TOKEN.finditer(text))):
        if not _CELL.fullmatch(token[0]):
            return start if start < len(text) else None
        start = token.start()
    return None


def fold_title(text: str) -> str:
    """Return `text` as titles are compared: letters and digits only, no case."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def learn_setting(pages: Iterable[Sequence[Line]], outline: dict[str, int]) -> Setting:
    """Return what the lines of all pages tell about the document."""
    heights: Counter[float] = Counter()
    weights: Counter[bool] = Counter()
    words: Counter[str] = Counter()
    for lines in pages:
        for line in lines:
            heights[round(line.height * 2) / 2] += len(line.text)
            weights[line.bold] += len(line.text)
        words.update(_whole_words(lines))
    body = heights.most_common(1)[0][0] if heights else 0.0
    return Setting(body, weights[True] > weights[False], outline, words)


def _whole_words(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the words of a page but for the halves of those divided at line ends."""
    divided = False
    for line in lines:
        found = _WORD.findall(line.text.casefold())
        if divided:
            del found[:1]
        divided = _is_divided(line)
        if divided:
            del found[-1:]
        yield from found


def _is_divided(line: Line) -> bool:
    return line.hyphenated or _LINE_HYPHEN.match(line.text[-2:]) is not None


def _is_stopped(text: str) -> bool:
    return _STOPPED.search(text[-_STOP_LENGTH:]) is not None


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
    if _count_cells(text) < 3:
        yield _RunningForm(text)
    if _PAGE_NUMBER.fullmatch(text):
        yield _RunningForm(f"#{int(text) - page:+}", anywhere=True, part_pages=_RUNNING_PAGES)
        return
    for number in _PAGE_NUMBER.finditer(text):
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


def page_blocks(lines: Sequence[Line], setting: Setting) -> list[PageBlock]:
    """Return the blocks of one page in reading order."""
    lines, rows = _join_row_labels(_merge_rows(lines))
    columns = _columns(lines, rows)
    blocks: list[PageBlock] = []
    group: list[Line] = []
    for line, is_row, column in zip(lines, rows, columns, strict=True):
        if group and (is_row or _breaks(group, line, column, setting.body)):
            blocks.append(_block(group, setting))
            group = []
        if is_row:
            blocks.append(PageBlock(line.text, "table_row", 0, line.height))
        else:
            group.append(line)
    if group:
        blocks.append(_block(group, setting))
    return blocks


def _merge_rows(lines: Sequence[Line]) -> list[Line]:
    """Put together what stands side by side on one base line, such as the label and the numbers of a table row."""
    # Some tables are written column by column; a number or two apart from the rest may be anything.
    numbers = sum(_is_numbers(line.text) for line in lines)
    reach_of_numbers = _COLUMN_REACH if numbers >= _COLUMN_NUMBERS else 1
    if _are_numbered(lines):
        reach_of_numbers = 0
    merged: list[Line] = []
    for line in lines:
        reach = reach_of_numbers if _is_numbers(line.text) else 1
        candidates = range(max(0, len(merged) - reach), len(merged))
        at = next((at for at in reversed(candidates) if _beside(merged[at], line)), None)
        if at is None:
            merged.append(line)
        else:
            merged[at] = _side_by_side(merged[at], line)
    return merged


def _are_numbered(lines: Sequence[Line]) -> bool:
    """Tell a page whose lines are numbered in the margin, as in transcripts: those numbers are no cells of a table."""
    numbers = [int(line.text) for line in lines if _PAGE_NUMBER.fullmatch(line.text)]
    steps = [after - before for before, after in pairwise(numbers)]
    return len(steps) >= _LINE_NUMBERS and 2 * steps.count(1) > len(steps)


def _beside(last: Line, line: Line) -> bool:
    gap = line.left - last.right
    if last.hyphenated and _is_numbers(line.text):
        return False
    # Numbers beside a label in other type are centred on it rather than set on its base line.
    drift = 0.5 if _is_numbers(line.text) and gap > line.letter else 0.35
    if abs(last.bottom - line.bottom) > drift * min(last.height, line.height):
        return False
    # Two columns of prose can share base lines by chance.
    prose = min(len(last.text), len(line.text)) > _LABEL_LENGTH and gap > line.height
    return -line.letter < gap and not prose


def _side_by_side(last: Line, line: Line) -> Line:
    glue = "" if last.hyphenated else " "
    return replace(
        last,
        text=f"{last.text}{glue}{line.text}",
        right=line.right,
        bold=last.bold and line.bold,
        hyphenated=line.hyphenated,
        cell_gap=line.left - last.right if _is_numbers(line.text) else line.cell_gap,
    )


def _count_cells(text: str) -> int:
    """Count the numbers, and dashes in place of numbers, that end a line."""
    if text[-1:] not in _CELL_END:
        return 0
    count = 0
    for token in reversed(text.split()):
        if not _CELL.fullmatch(token):
            break
        count += token not in {"$", "€", "£", "¥", ")", "%", ")%"}
    return count


def _is_numbers(text: str) -> bool:
    return text[-1:] in _CELL_END and all(_CELL.fullmatch(token) for token in text.split())


def _join_row_labels(lines: list[Line]) -> tuple[list[Line], list[bool]]:
    """Return the lines, a label of two lines joined with its row, and which of them are table rows."""
    rows = _table_rows(lines)
    joined: list[Line] = []
    flags: list[bool] = []
    for index, (line, is_row) in enumerate(zip(lines, rows, strict=True)):
        label = joined[-1] if joined and index and flags[-1] and not _count_cells(joined[-1].text) else None
        if label is not None and is_row and line.text[0].islower() and not _is_stopped(label.text):
            joined[-1] = replace(line, text=f"{label.text} {line.text}", left=label.left)
            continue
        joined.append(line)
        flags.append(is_row)
    return joined, flags


def _table_rows(lines: list[Line]) -> list[bool]:
    counts = [_count_cells(line.text) for line in lines]
    rows = [_is_row(line, count) for line, count in zip(lines, counts, strict=True)]
    for index, count in enumerate(counts):
        beside_row = any(rows[max(0, index - 1) : index + 2])
        rows[index] = rows[index] or (count >= 2 and beside_row)
    for index, (line, following) in enumerate(pairwise(lines)):
        # "... in June 2019 / and sold it": a stretched line of prose, not a row.
        if rows[index] and counts[index] == 1 and not rows[index + 1] and _goes_on(line, following):
            rows[index] = False
    _mark_labels(lines, rows)
    return rows


def _is_row(line: Line, count: int) -> bool:
    return count >= 3 or (count >= 1 and line.cell_gap > _CELL_GAP_LETTERS * line.letter)


def _mark_labels(lines: list[Line], rows: list[bool]) -> None:
    """Mark the few short lines between two rows: subheadings of the table and first lines of long labels."""
    marked = [index for index, is_row in enumerate(rows) if is_row]
    for before, after in pairwise(marked):
        between = lines[before + 1 : after]
        edge = max(lines[before].right, lines[after].right) - 3 * lines[after].letter
        if len(between) <= _LABEL_LINES and all(
            line.right < edge and not _is_stopped(line.text) and _same_type(line, lines[before]) for line in between
        ):
            rows[before + 1 : after] = [True] * len(between)


def _columns(lines: Sequence[Line], rows: Sequence[bool]) -> list[_Column]:
    """Return for each line the column it stands in: a run of lines one below another."""
    columns: list[_Column] = []
    start = 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or not _is_below(lines[index - 1], lines[index]):
            run = lines[start:index]
            prose = [line.right for line, is_row in zip(run, rows[start:index], strict=True) if not is_row]
            columns += [_Column(max(prose, default=0.0), _usual_step(run))] * len(run)
            start = index
    return columns


def _is_below(last: Line, line: Line) -> bool:
    overlap = min(last.right, line.right) - max(last.left, line.left)
    return line.bottom < last.bottom - 0.3 * line.height and overlap > 0 and _same_type(last, line)


def _same_type(one: Line, other: Line) -> bool:
    return abs(one.height - other.height) <= _SAME_TYPE * max(one.height, other.height)


def _usual_step(run: Sequence[Line]) -> float:
    steps = sorted(last.bottom - line.bottom for last, line in pairwise(run))
    return steps[len(steps) // 4] if steps else 0.0


def _breaks(group: Sequence[Line], line: Line, column: _Column, body: float) -> bool:
    """Tell whether `line` starts another block than the lines of `group`."""
    last = group[-1]
    if _BULLET.match(line.text):
        return True
    goes_on = _goes_on(last, line)
    large = min(last.height, line.height) > _LARGE_TYPE * body
    if not _is_below(last, line):
        return large or not goes_on
    step = last.bottom - line.bottom
    if step > _WIDE_STEP * column.step:
        return not goes_on or step > 2 * column.step
    if large:
        return False
    if _would_have_fitted(last, line, column.margin) or (last.bold and not line.bold):
        return not goes_on
    return _is_stopped(last.text) and (
        _ENUMERATED.match(line.text) is not None or _is_numbers(line.text) or _is_indented(group, line)
    )


def _goes_on(last: Line, line: Line) -> bool:
    """Tell whether a sentence clearly continues from one line to the next."""
    return last.hyphenated or (not _is_stopped(last.text) and line.text[0].islower())


def _would_have_fitted(last: Line, line: Line, margin: float) -> bool:
    """Tell whether the first word of `line` had room at the end of `last`, so that the line end was meant."""
    word = 1 if _CJK.match(line.text) else len(line.text.split(maxsplit=1)[0])
    room = margin - last.right
    if not _is_stopped(last.text) and not line.text[0].isupper():
        # "21.2 percent": words that a hard space holds together needed more room than the first of them.
        room -= _HARD_SPACE_SHARE * (margin - last.left)
    return room > (word * _WIDTH_TOLERANCE + 1) * line.letter


def _is_indented(group: Sequence[Line], line: Line) -> bool:
    last, indent = group[-1], _INDENT_LETTERS * line.letter
    if _ENUMERATED.match(group[0].text) or _BULLET.match(group[0].text):
        return line.left < group[0].left + indent and (len(group) == 1 or last.left > group[0].left + indent)
    return len(group) > 1 and line.left > last.left + indent


def _block(group: Sequence[Line], setting: Setting) -> PageBlock:
    text = _join_lines(group, setting.words)
    height = max(line.height for line in group)
    bullet = _BULLET.match(text)
    if bullet:
        return PageBlock(text[bullet.end() :], "list_item", 0, height, bulleted=True)
    level = _heading_level(text, group, setting)
    if level:
        return PageBlock(text, "heading", level, height)
    return PageBlock(text, "list_item" if _ENUMERATED.match(text) else "paragraph", 0, height)


def _heading_level(text: str, group: Sequence[Line], setting: Setting) -> int:
    """Return 1 and more for a heading, 0 for any other block."""
    if len(text) > _HEADING_LENGTH or sum(map(str.isalpha, text)) < 3:
        return 0
    outlined = setting.outline.get(fold_title(text))
    if outlined:
        return outlined
    if text[-1] in _CLOSED or text[0].islower():
        return 0
    size = min(line.height for line in group) / (setting.body or 1.0)
    if size > _LARGE_TYPE:
        return 1 if size > 1.5 else 2
    numbered = _NUMBERED_HEADING.match(text)
    if numbered:
        return 1 + numbered.group().rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ. ").count(".")
    is_bold = not setting.bold and all(line.bold for line in group)
    return 3 if is_bold or text.isupper() else 0


def prominent_heading(blocks: Sequence[PageBlock], body: float) -> str | None:
    """Return the text in the largest type of a page, None when none stands out."""
    large = [block for block in blocks if block.kind == "heading" and block.height > _LARGE_TYPE * body]
    top = max((block.height for block in large), default=0.0)
    first = next((index for index, block in enumerate(blocks) if block in large and block.height == top), 0)
    parts: list[str] = []
    for block in blocks[first:] if large else []:
        if block.height < 0.97 * top:
            break
        parts.append(block.text)
    title = " ".join(parts)
    # A single word in large type ("Report") says what a document is, not what it is called.
    return title if " " in title or _CJK.search(title) else None


def _join_lines(lines: Sequence[Line], words: Counter[str]) -> str:
    text = lines[0].text
    for last, line in pairwise(lines):
        text = _join(text, line.text, words, hyphenated=last.hyphenated)
    return f"{text}-" if lines[-1].hyphenated else text


def _join(before: str, after: str, words: Counter[str], *, hyphenated: bool) -> str:
    if hyphenated:
        return f"{before}{_hyphen(before, after, words)}{after}"
    if before.endswith("\xad"):
        return f"{before[:-1]}{after}"
    if _LINE_HYPHEN.match(before[-2:]):
        return f"{before[:-1]}{_hyphen(before[:-1], after, words)}{after}"
    closed_up = (
        _LINE_DASH.match(before[-2:]) or before.endswith("://") or (_CJK.match(before[-1]) and _CJK.match(after))
    )
    return f"{before}{after}" if closed_up else f"{before} {after}"


def _hyphen(before: str, after: str, words: Counter[str]) -> str:
    """Return the hyphen between two lines if it belongs to the word, else the empty string."""
    left, right = _LAST_WORD.search(before), _WORD.match(after)
    if left is None or right is None or _ADDRESS.search(before) or left.group().isupper() != right.group().isupper():
        return "-"
    if right.group()[0].isupper() and not right.group().isupper():
        return "-"
    head, tail = left.group().casefold(), right.group().casefold()
    closed, open_ = words[head + tail], words[f"{head}-{tail}"]
    if closed != open_:
        return "-" if open_ > closed else ""
    part = re.split("[-‐]", head)[-1]
    return "-" if _is_compound(part, tail, words, chained=part != head) else ""


def _is_compound(part: str, tail: str, words: Counter[str], *, chained: bool) -> bool:
    """Tell a compound from a divided word by its parts alone, where the whole stands nowhere else in the document."""
    if len(part) == 1 or part in _HYPHENATING_PREFIXES:
        return True
    # "re-education", "co-operate": a syllable rarely ends in the vowel that starts the next one.
    if len(part) <= 4 and part[-1] in _VOWELS and part[-1] == tail[0]:
        return True
    both_words = words[part] > 0 and words[tail] > 0
    return both_words and (chained or min(len(part), len(tail)) >= 4)
