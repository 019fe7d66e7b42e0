"""What a growing store is measured with: enough pieces of real text or a clear error, vectors kept, and a picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest

from evals import plot, report, scale
from evals.__main__ import main
from evals.pieces import HELD_OUT, TooFewError, pieces
from ingest.sentences import sentence_spans

TEXTS = [" ".join(f"Report {text} tells of gate number {at} by the harbour." for at in range(400)) for text in range(3)]
RESULT = {
    "passages": 1_000,
    "index filled": 1.2,
    "index of words filled": 0.4,
    "megabytes": 6.6,
    "milliseconds": (11.4, 21.6),
    "milliseconds, one publisher": (12.4, 22.6),
    "adding": 0.5,
    "removing": 0.1,
    "overwriting": 1.5,
    "memory": None,
    "recall": 0.998,
    "recall, one publisher": 1.0,
}
SVG = "{http://www.w3.org/2000/svg}"


def test_what_is_searched_for_is_spread_over_the_sources():
    """Every text gives its share of the held-out sentences, and none of these is in what a store holds."""
    held_out, kept = pieces(TEXTS, 1_000)
    counts = [sum(one.startswith(f"Report {text} ") for one in held_out) for text in range(3)]
    assert sum(counts) == HELD_OUT
    assert min(counts) > HELD_OUT / 3 - 3
    assert len(set(kept)) == len(kept) == 1_000
    assert not any(sentence in piece for sentence in held_out for piece in kept)


def test_pairs_of_neighbours_follow_when_sentences_are_used_up():
    """Each piece after the last sentence is two that follow each other in a text."""
    _, kept = pieces(TEXTS, 1_200)
    spans = [[text[start:end] for start, end in sentence_spans(text)] for text in TEXTS]
    neighbours = {f"{one} {other}" for sentences in spans for one, other in pairwise(sentences)}
    assert set(kept[:1_000]) == {one for sentences in spans for one in sentences} & set(kept)
    assert set(kept[1_000:]) <= neighbours


def test_sentences_with_one_between_them_are_no_neighbours():
    """A sentence that is too long is no piece, and those around it make no pair."""
    long = f"It tells of {'many ' * 200}gates."
    held_out, kept = pieces([f"The first sentence is here. {long} The third sentence is here.", *TEXTS], 1_001)
    assert not [
        one for one in (*held_out, *kept) if "many many" in one or one.startswith("The first sentence is here. ")
    ]


def test_a_size_that_cannot_be_filled_is_an_error():
    """It names the size that was asked for and how much there is."""
    with pytest.raises(TooFewError, match=r"5,000 passages were asked for.* 1,000 sentences and \d+ pairs"):
        pieces(TEXTS, 5_000)


def test_a_run_that_cannot_fill_a_size_fails(monkeypatch, capsys):
    """The command ends with 1, says why, and reports no smaller size in its place."""
    monkeypatch.setattr(scale, "source_texts", lambda: TEXTS)
    assert main(["scale", "--sizes", "200,5000"]) == 1
    said = capsys.readouterr()
    assert "scale failed: 5,000 passages were asked for" in said.err
    assert not said.out.strip()


def test_vectors_are_kept_for_the_next_run(tmp_path, monkeypatch):
    """The same texts are embedded once, other texts or another model anew, and nothing half written stays."""
    calls = []

    class Embedder:
        fingerprint = "one"

        def __init__(self, compiled):
            pass

        def documents(self, texts):
            calls.append(list(texts))
            return np.ones((len(texts), 2), np.float32)

    monkeypatch.setattr(scale, "Embedder", Embedder)
    first = scale._vectors(tmp_path, ["a", "b"])
    assert scale._vectors(tmp_path, ["a", "b"]) == first
    assert np.load(first).shape == (2, 2)
    scale._vectors(tmp_path, ["a", "c"])
    Embedder.fingerprint = "other"
    scale._vectors(tmp_path, ["a", "b"])
    assert calls == [["a", "b"], ["a", "c"], ["a", "b"]]
    assert {path.suffix for path in tmp_path.iterdir()} == {".npy"}


def test_the_picture_holds_every_point(tmp_path):
    """It is well-formed, says what each point is, and draws later and slower ones further right and higher."""
    sizes, taken = (1_000, 10_000, 100_000), ((11.4, 21.6), (17.3, 35.2), (41.8, 130.9))
    path = tmp_path / "scale.svg"
    plot.save([{"passages": size, "milliseconds": both} for size, both in zip(sizes, taken, strict=True)], path)
    root = ET.parse(path).getroot()  # noqa: S314 - our own
    points = {
        circle[0].text: (float(circle.get("cx")), float(circle.get("cy"))) for circle in root.iter(f"{SVG}circle")
    }
    names = ("median", "95th percentile")
    assert list(points) == [
        f"{name}: {both[at]} ms of {size:,} passages"
        for at, name in enumerate(names)
        for size, both in zip(sizes, taken, strict=True)
    ]
    for three in (list(points.values())[:3], list(points.values())[3:]):
        assert [x for x, _ in three] == sorted(x for x, _ in three)
        assert [y for _, y in three] == sorted((y for _, y in three), reverse=True)
        assert three[1][0] - three[0][0] == pytest.approx(three[2][0] - three[1][0], abs=0.2)


@pytest.mark.parametrize("taken", [(0.4, 0.9), (9.0, 100.0), (900.0, 4_000.0)])
def test_the_picture_is_labelled_and_all_of_it_is_in_view(taken):
    """Limits are dashed, axes and lines have names, and no place is outside the picture, whatever was measured."""
    root = ET.fromstring(plot.growth({"median": [(500, taken[0])], "95th percentile": [(500, taken[1])]}))  # noqa: S314
    words = {text.text for text in root.iter(f"{SVG}text")}
    assert {"40 ms", "100 ms", "passages in the store", "milliseconds a search", "median", "95th percentile"} <= words
    assert len([line for line in root.iter(f"{SVG}line") if line.get("class") == "limit"]) == 2
    style = root.find(f"{SVG}style").text
    assert "stroke-dasharray" in style
    assert "prefers-color-scheme: dark" in style
    _, _, width, height = map(float, root.get("viewBox").split())
    for circle in root.iter(f"{SVG}circle"):
        assert 0 < float(circle.get("cx")) < width
        assert 0 < float(circle.get("cy")) < height


def test_results_are_a_column_a_size_and_link_the_picture():
    """Every measure has a value in each column, and what the system does not tell is left blank."""
    section = report.scale([RESULT, RESULT | {"passages": 10_000, "memory": 512.3}])
    assert "| passages | 1,000 | 10,000 |" in section
    assert "| search, ms: median, 95th percentile | 11, 22 | 11, 22 |" in section
    assert "| memory, MB |  | 512 |" in section
    assert re.findall(r"!\[[^\]]+\]\((.*)\)", section) == [plot.PICTURE.name]


@pytest.mark.slow
def test_stores_are_measured_each_by_itself(tmp_path, monkeypatch):
    """Each size is filled, searched, added to and removed from, and nothing near is missed in a small store."""
    monkeypatch.setattr(scale, "source_texts", lambda: TEXTS)
    found = scale.run(tmp_path, (450, 250))
    assert [one["passages"] for one in found] == [250, 450]
    for one in found:
        assert one.keys() == RESULT.keys() | {"measured"}
        assert one["recall"] > 0.9
        assert one["recall, one publisher"] > 0.9
        assert 0 < one["milliseconds"][0] <= one["milliseconds"][1]
        assert min(one["index filled"], one["adding"], one["removing"], one["megabytes"]) > 0
