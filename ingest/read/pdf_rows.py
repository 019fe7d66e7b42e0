"""Rows of tables: what stands side by side put together, and told from prose."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.read.pdf_cells import count_cells, is_numbers
from ingest.read.pdf_lines import PAGE_NUMBER, goes_on, is_stopped, same_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.read.pdf_lines import Line

# Words are set apart by less than one letter, cells of a table by more than two.
_CELL_GAP_LETTERS = 2.0
_LABEL_LINES = 3
_LABEL_LENGTH = 40
_COLUMN_NUMBERS = 3
_LINE_NUMBERS = 5
# Lines of one page that are looked through for the label of a number.
_COLUMN_REACH = 200


def merge_rows(lines: Sequence[Line]) -> list[Line]:
    """Put together what stands side by side on one base line, such as the label and the numbers of a table row."""
    # Some tables are written column by column; a number or two apart from the rest may be anything.
    numbers = sum(is_numbers(line.text) for line in lines)
    reach_of_numbers = _COLUMN_REACH if numbers >= _COLUMN_NUMBERS else 1
    if _are_numbered(lines):
        reach_of_numbers = 0
    merged: list[Line] = []
    for line in lines:
        reach = reach_of_numbers if is_numbers(line.text) else 1
        candidates = range(max(0, len(merged) - reach), len(merged))
        at = next((at for at in reversed(candidates) if _beside(merged[at], line)), None)
        if at is None:
            merged.append(line)
        else:
            merged[at] = _side_by_side(merged[at], line)
    return merged


def _are_numbered(lines: Sequence[Line]) -> bool:
    """Tell a page whose lines are numbered in the margin, as in transcripts: those numbers are no cells of a table."""
    numbers = [int(line.text) for line in lines if PAGE_NUMBER.fullmatch(line.text)]
    steps = [after - before for before, after in pairwise(numbers)]
    return len(steps) >= _LINE_NUMBERS and 2 * steps.count(1) > len(steps)


def _beside(last: Line, line: Line) -> bool:
    gap = line.left - last.right
    if last.hyphenated and is_numbers(line.text):
        return False
    # Numbers beside a label in other type are centred on it rather than set on its base line.
    drift = 0.5 if is_numbers(line.text) and gap > line.letter else 0.35
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
        cell_gap=line.left - last.right if is_numbers(line.text) else line.cell_gap,
    )


def join_row_labels(lines: list[Line]) -> tuple[list[Line], list[bool]]:
    """Return the lines, a label of two lines joined with its row, and which of them are table rows."""
    rows = _table_rows(lines)
    joined: list[Line] = []
    flags: list[bool] = []
    for index, (line, is_row) in enumerate(zip(lines, rows, strict=True)):
        label = joined[-1] if joined and index and flags[-1] and not count_cells(joined[-1].text) else None
        if label is not None and is_row and line.text[0].islower() and not is_stopped(label.text):
            joined[-1] = replace(line, text=f"{label.text} {line.text}", left=label.left)
            continue
        joined.append(line)
        flags.append(is_row)
    return joined, flags


def _table_rows(lines: list[Line]) -> list[bool]:
    counts = [count_cells(line.text) for line in lines]
    rows = [_is_row(line, count) for line, count in zip(lines, counts, strict=True)]
    for index, count in enumerate(counts):
        beside_row = any(rows[max(0, index - 1) : index + 2])
        rows[index] = rows[index] or (count >= 2 and beside_row)
    for index, (line, following) in enumerate(pairwise(lines)):
        # "... in June 2019 / and sold it": a stretched line of prose, not a row.
        if rows[index] and counts[index] == 1 and not rows[index + 1] and goes_on(line, following):
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
            line.right < edge and not is_stopped(line.text) and same_type(line, lines[before]) for line in between
        ):
            rows[before + 1 : after] = [True] * len(between)
