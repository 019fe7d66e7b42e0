"""The metrics and the mapping that measured numbers rest on, and what is said where nothing can be measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import report
from evals.__main__ import main
from evals.chunking import Places
from evals.metrics import document_hit, page_hit, spread, token_iou, token_precision, token_recall

_SLICES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.integers(1, 20)).map(
        lambda one: (one[0], one[1], one[1] + one[2])
    ),
    max_size=6,
)


def test_recall_is_the_share_of_relevant_characters_retrieved():
    """Half of one reference and all of another, of ten characters each, make three quarters."""
    relevant = [("a", 0, 10), ("a", 20, 30)]
    assert token_recall(relevant, [("a", 5, 12), ("a", 18, 40)]) == 0.75


def test_characters_of_another_document_are_not_relevant():
    """The same offsets in another document share nothing."""
    assert token_recall([("a", 0, 10)], [("b", 0, 10)]) == 0
    assert token_iou([("a", 0, 10)], [("b", 0, 10)]) == 0


def test_precision_counts_what_is_retrieved_twice_twice():
    """Two passages that overlap wholly have half the precision of one."""
    relevant = [("a", 0, 10)]
    assert token_precision(relevant, [("a", 0, 20)]) == 0.5
    assert token_precision(relevant, [("a", 0, 20), ("a", 0, 20)]) == 0.25


def test_iou_holds_missed_characters_against_the_passages():
    """Five shared of ten retrieved and five missed make a third."""
    assert token_iou([("a", 0, 10)], [("a", 5, 15)]) == pytest.approx(1 / 3)


def test_nothing_retrieved_scores_nothing():
    """Without passages every metric is 0 and none fails."""
    relevant = [("a", 0, 10)]
    assert token_recall(relevant, []) == token_precision(relevant, []) == token_iou(relevant, []) == 0


@given(_SLICES, _SLICES)
def test_metrics_stay_between_nothing_and_all(relevant, retrieved):
    """Every metric lies within 0 and 1, and IoU never exceeds precision."""
    scores = [metric(relevant, retrieved) for metric in (token_recall, token_precision, token_iou)]
    assert all(0 <= score <= 1 for score in scores)
    assert scores[2] <= scores[1]


@given(_SLICES.filter(bool))
def test_retrieving_exactly_what_is_relevant_is_perfect(slices):
    """A slice retrieved as it is has recall, precision and IoU of 1."""
    one = slices[:1]
    assert token_recall(one, one) == token_precision(one, one) == token_iou(one, one) == 1


def test_a_page_counts_only_among_the_first_passages_asked_for():
    """A hit at rank 2 is none among the first 1 and one among the first 5."""
    retrieved = [("report", 3), ("report", 7)]
    assert not page_hit({("report", 7)}, retrieved, 1)
    assert page_hit({("report", 7)}, retrieved, 5)


def test_the_same_page_number_of_another_document_is_no_hit():
    """Pages are told apart by document, documents are hit whatever the page."""
    assert not page_hit({("report", 7)}, [("other", 7)], 5)
    assert document_hit({("report", 7)}, [("report", 1)], 5)


def test_spread_is_mean_and_deviation_of_the_population():
    """Of 0 and 1 both are a half, of nothing both are 0."""
    assert spread([0, 1]) == {"mean": 0.5, "sd": 0.5}
    assert spread([]) == {"mean": 0.0, "sd": 0.0}


def test_a_slice_is_found_whatever_a_reader_did_to_white_space():
    """Line ends that became spaces and spaces that were folded do not move a reference."""
    raw = "One firm\nsupplied   cameras.\n\n\nAnother denied it."
    text = "One firm supplied cameras.\n\nAnother denied it."
    start, end = Places(raw, text).find(raw.index("supplied"), raw.index("Another") + 7)
    assert text[start:end] == "supplied cameras.\n\nAnother"


def test_of_several_places_with_the_same_words_the_one_that_is_meant_is_found():
    """A phrase that occurs three times maps to the occurrence whose offset was asked for."""
    raw = "It paid.  It paid.  It paid."
    places = Places(raw, "It paid. It paid. It paid.")
    assert [places.find(start, start + 8) for start in (0, 10, 20)] == [(0, 8), (9, 17), (18, 26)]


def test_a_slice_that_the_reader_left_out_is_nowhere():
    """What is not in the text read maps to None."""
    assert Places("kept dropped", "kept").find(5, 12) is None


def test_what_cannot_be_measured_is_skipped_in_words(tmp_path, monkeypatch, capsys):
    """Without the material the run succeeds, names the folder it looked in, and reports no number."""
    monkeypatch.setenv("EVAL_DATA", str(tmp_path))
    assert main(["--only", "chunking,financebench"]) == 0
    said = capsys.readouterr()
    assert "chunking skipped" in said.err
    assert str(tmp_path) in said.err
    assert not said.out.strip()


def test_an_unknown_measurement_is_wrong_usage(capsys):
    """A misspelt name exits with 2 and lists the ones there are."""
    with pytest.raises(SystemExit, match="2"):
        main(["--only", "chunks"])
    assert "financebench" in capsys.readouterr().err


def test_results_of_one_measurement_leave_those_of_others(tmp_path):
    """Saving a section replaces its namesake only."""
    path = tmp_path / "results.md"
    report.save(["## One\n\nold\n", "## Two\n\nkept\n"], path)
    report.save(["## One\n\nnew\n"], path)
    written = path.read_text(encoding="utf-8")
    assert "new" in written
    assert "kept" in written
    assert "old" not in written
