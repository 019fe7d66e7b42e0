"""A picture of growth: milliseconds over passages, both axes logarithmic, as SVG to be read in light and in dark."""

from __future__ import annotations

from html import escape
from math import ceil, floor, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Points = Sequence[tuple[float, float]]
    Axis = Callable[[float], float]

PICTURE = Path(__file__).with_name("scale.svg")
# Milliseconds that a search is to stay below.
LIMITS = (40, 100)
_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 580, 50, 340
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.paper { fill: #ffffff }
.grid { stroke: #d1d9e0 }
.limit { stroke: #59636e; stroke-dasharray: 6 4 }
.line0 { stroke: #0969da }
.line1 { stroke: #bc4c00 }
polyline { fill: none; stroke-width: 2 }
circle { stroke-width: 4 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .paper { fill: #0d1117 }
  .grid { stroke: #3d444d }
  .limit { stroke: #9198a1 }
  .line0 { stroke: #4493f8 }
  .line1 { stroke: #f0883e }
}
"""


def save(results: Sequence[Mapping[str, Any]], path: Path = PICTURE) -> None:
    """Draw how long a search takes in stores of each size."""
    names = ("median", "95th percentile")
    lines = {name: [(one["passages"], one["milliseconds"][at]) for one in results] for at, name in enumerate(names)}
    path.write_text(growth(lines), encoding="utf-8")


def growth(lines: Mapping[str, Points], limits: Sequence[float] = LIMITS) -> str:
    """Return the picture of some lines, each a name and its points: passages and milliseconds."""
    sizes = sorted({size for points in lines.values() for size, _ in points})
    taken = [*limits, *(milliseconds for points in lines.values() for _, milliseconds in points)]
    decades = range(floor(log10(min(taken))), ceil(log10(max(taken))) + 1)
    across = _axis(sizes[0] / 1.5, sizes[-1] * 1.5, _LEFT, _RIGHT)
    up = _axis(10.0 ** decades[0], 10.0 ** decades[-1], _BOTTOM, _TOP)
    marks = [digit * 10.0**decade for decade in decades[:-1] for digit in (1, 2, 5)]
    title = "How long a search takes as a store grows"
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
            f"<title>{title}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}"/>',
            *_grid(across, up, sizes, [*marks, 10.0 ** decades[-1]]),
            *(_limit(up, limit) for limit in limits),
            *(part for at, name in enumerate(lines) for part in _line(across, up, at, name, lines[name])),
            "</svg>\n",
        )
    )


def _axis(lowest: float, highest: float, start: float, end: float) -> Axis:
    part = (end - start) / log10(highest / lowest)
    return lambda value: round(start + part * log10(value / lowest), 1)


def _grid(across: Axis, up: Axis, sizes: Sequence[float], marks: Sequence[float]) -> Iterator[str]:
    for size in sizes:
        x = across(size)
        yield f'<line class="grid" x1="{x}" y1="{_TOP}" x2="{x}" y2="{_BOTTOM}"/>'
        yield _text(x, _BOTTOM + 20, f"{size:,}", "middle")
    for mark in marks:
        y = up(mark)
        yield f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{y}"/>'
        yield _text(_LEFT - 8, y + 4, f"{mark:,g}", "end")
    yield _text((_LEFT + _RIGHT) / 2, _HEIGHT - 16, "passages in the store", "middle")
    middle = (_TOP + _BOTTOM) / 2
    yield f'<g transform="rotate(-90 20 {middle})">{_text(20, middle, "milliseconds a search", "middle")}</g>'


def _limit(up: Axis, limit: float) -> str:
    y = up(limit)
    line = f'<line class="limit" x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{y}"/>'
    return line + _text(_RIGHT + 6, y + 4, f"{limit:g} ms", "start")


def _line(across: Axis, up: Axis, at: int, name: str, points: Points) -> Iterator[str]:
    """Yield a line, its points, which say what they are when pointed at, and its name above all."""
    places = [(across(size), up(milliseconds)) for size, milliseconds in points]
    yield f'<polyline class="line{at}" points="{" ".join(f"{x},{y}" for x, y in places)}"/>'
    for (x, y), (size, milliseconds) in zip(places, points, strict=True):
        said = escape(f"{name}: {milliseconds:.1f} ms of {size:,} passages")
        yield f'<circle class="line{at}" cx="{x}" cy="{y}" r="2"><title>{said}</title></circle>'
    key = _LEFT + 160 * at
    yield f'<polyline class="line{at}" points="{key},24 {key + 24},24"/>{_text(key + 32, 28, name, "start")}'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'
