"""From the lines of a PDF's pages to blocks: paragraphs, headings, list items and table rows.

A PDF holds no paragraphs, only glyphs at places. A line that could have held the next word as well ends its
paragraph; so do a wider step, an indent after a full stop, another size of type, a bullet, a row of numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.read.pdf_cells import is_numbers
from ingest.read.pdf_hyphens import join_lines, whole_words
from ingest.read.pdf_lines import CJK, fold_title, goes_on, is_stopped, same_type
from ingest.read.pdf_rows import join_row_labels, merge_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.read.pdf_lines import Line
    from ingest.records import BlockKind

# Letters differ in width: a word is sure to fit only where its average width leaves some space.
_WIDTH_TOLERANCE = 1.15
_HARD_SPACE_SHARE = 0.1
_WIDE_STEP = 1.3
_LARGE_TYPE = 1.15
_SMALL_TYPE = 0.93
_INDENT_LETTERS = 1.5
_HEADING_LENGTH = 150

# Bullets of Symbol and Wingdings reach us as private-use characters.
_BULLET = re.compile(r"^[•●▪■◦‣⁃∙➢➤❖\uf0a7\uf0b7\uf0d8\uf0fc\uf076]\s*(?=\S)")
_ENUMERATED = re.compile(r"^(?:[·–*]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)])\s+(?=\S)")
_NUMBERED_HEADING = re.compile(r"^\d{1,2}(?:\.\d{1,2}){1,4}\.?\s+[A-Z]")
_CLOSED = frozenset(".,;:!。，；：")


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


def learn_setting(pages: Iterable[Sequence[Line]], outline: dict[str, int]) -> Setting:
    """Return what the lines of all pages tell about the document."""
    heights: Counter[float] = Counter()
    weights: Counter[bool] = Counter()
    words: Counter[str] = Counter()
    for lines in pages:
        for line in lines:
            heights[round(line.height * 2) / 2] += len(line.text)
            weights[line.bold] += len(line.text)
        words.update(whole_words(lines))
    body = heights.most_common(1)[0][0] if heights else 0.0
    return Setting(body, weights[True] > weights[False], outline, words)


def page_blocks(lines: Sequence[Line], setting: Setting) -> list[PageBlock]:
    """Return the blocks of one page in reading order."""
    lines, rows = join_row_labels(merge_rows(lines))
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
    return _with_notes(blocks, setting.body)


def _with_notes(blocks: list[PageBlock], body: float) -> list[PageBlock]:
    """Take what stands in smaller type below the text of a page for its footnotes."""
    first = len(blocks)
    while first and blocks[first - 1].kind != "table_row" and blocks[first - 1].height < _SMALL_TYPE * body:
        first -= 1
    above = any(
        block.kind in ("paragraph", "list_item") and block.height >= _SMALL_TYPE * body for block in blocks[:first]
    )
    if not above:
        return blocks  # a page in small type all over
    return [*blocks[:first], *(replace(block, kind="note", level=0) for block in blocks[first:])]


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
    return line.bottom < last.bottom - 0.3 * line.height and overlap > 0 and same_type(last, line)


def _usual_step(run: Sequence[Line]) -> float:
    steps = sorted(last.bottom - line.bottom for last, line in pairwise(run))
    return steps[len(steps) // 4] if steps else 0.0


def _breaks(group: Sequence[Line], line: Line, column: _Column, body: float) -> bool:
    """Tell whether `line` starts another block than the lines of `group`."""
    last = group[-1]
    if _BULLET.match(line.text):
        return True
    continues = goes_on(last, line)
    large = min(last.height, line.height) > _LARGE_TYPE * body
    if not _is_below(last, line):
        return large or not continues
    step = last.bottom - line.bottom
    if step > _WIDE_STEP * column.step:
        return not continues or step > 2 * column.step
    if large:
        return False
    if _would_have_fitted(last, line, column.margin) or (last.bold and not line.bold):
        return not continues
    return is_stopped(last.text) and (
        _ENUMERATED.match(line.text) is not None or is_numbers(line.text) or _is_indented(group, line)
    )


def _would_have_fitted(last: Line, line: Line, margin: float) -> bool:
    """Tell whether the first word of `line` had room at the end of `last`, so that the line end was meant."""
    word = 1 if CJK.match(line.text) else len(line.text.split(maxsplit=1)[0])
    room = margin - last.right
    if not is_stopped(last.text) and not line.text[0].isupper():
        # "21.2 percent": words that a hard space holds together needed more room than the first of them.
        room -= _HARD_SPACE_SHARE * (margin - last.left)
    return room > (word * _WIDTH_TOLERANCE + 1) * line.letter


def _is_indented(group: Sequence[Line], line: Line) -> bool:
    last, indent = group[-1], _INDENT_LETTERS * line.letter
    if _ENUMERATED.match(group[0].text) or _BULLET.match(group[0].text):
        return line.left < group[0].left + indent and (len(group) == 1 or last.left > group[0].left + indent)
    return len(group) > 1 and line.left > last.left + indent


def _block(group: Sequence[Line], setting: Setting) -> PageBlock:
    text = join_lines(group, setting.words)
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
    return title if " " in title or CJK.search(title) else None
