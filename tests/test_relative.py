from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dates import iso_date, printed_day
from app.pieces import Evidence
from app.relative import relative_dates, with_relative_dates
from app.rulings import ruled
from ingest.firms import FirmNames
from ingest.records import Source, Span, Voice

SOURCE = Source(
    "0123456789abcdef",
    "a.md",
    "Cameras",
    "The Weir Review",
    None,
    "2022-11-16",  # a Wednesday
    None,
    None,
    "article",
    "en",
    "0",
)
SPEAKER = Voice("Mara Lindqvist", (Span(0, 1),))


def dates(text: str, published: str | None = "2022-11-16") -> list[str]:
    """Return the dates that a text of a publisher tells by the day of publication, "~" before what is only about."""
    found = relative_dates(text, None, replace(SOURCE, published=published))
    return ["~" * one.about + one.date for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Quillon sold it last month.", ["2022-10"]),
        ("Quillon sold it earlier this year.", ["2022"]),
        ("The contract ends next month.", ["2022-12"]),
        ("Last year’s contract was kept.", ["2021"]),
        ("The deal was signed in March last year.", ["2021-03"]),
        ("Quillon sold it yesterday.", ["2022-11-15"]),
        ("Quillon sold it three days ago.", ["2022-11-13"]),
        ("Quillon sold it two weeks ago.", ["~2022-11-02"]),
        ("Quillon sold it eleven months ago.", ["~2021-12"]),
        ("Quillon sold it 12 years ago.", ["~2010"]),
        ("The ministry said on Wednesday that it had sold it.", ["2022-11-16"]),
        ("The ministry said on Thursday that it had sold it.", ["2022-11-10"]),
    ],
)
def test_a_date_is_counted_from_the_publication(text: str, expected: list[str]) -> None:
    """What a publisher dates by its own day is given as that day, month or year, and as about where only roughly."""
    assert dates(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Quillon has sold ten of them over the last year.",
        "It was sold more than a year ago.",
        "It was sold almost two years ago.",
        "The ministry will decide on Friday.",
        "In 2019 the firm said that it had been sold last month.",
        "At the time, it was sold last month.",
        "Lindqvist said: “We sold it last month.”",
        'Lindqvist said: "We sold it last month."',
        "“We sold it last month.",
        "We sold it last month,” she said.",
        "It is yesterday’s technology.",
        "The last months were hard.",
        "Last year’s contract ends next month.",
        "Quillon sold it last month. In 2019 the port said that it had banned drones last month.",
        "Quillon sold it last month. Lindqvist said: “I fired the guards last month.”",
        "The court is to rule on Friday.",
        "The ban takes effect on Monday.",
        "A ruling on Friday could end it.",
        "It was sold twenty-three days ago.",
        "It was sold a month and three days ago.",
        "It was sold two or three days ago.",
        "It was sold 1,500 years ago.",
        "It was sold half a year ago.",
        "Quillon sold it on Monday, July 4.",
        "Quillon sold it on Monday last week.",
        "It rose this month last year.",
        "Before last month Quillon sold it.",
        "It has been sold since last year.",
        "‘It was sold last month,’ he said.",
        "We sold them 40 cameras last month.",
        "The diary says: Last month they met.",
        "Roe recalled in March that he had met them last month.",
    ],
)
def test_what_cannot_be_counted(text: str) -> None:
    """Nothing is counted that may mean another time: an open span, a day to come, speech, another date beside it."""
    assert dates(text) == []


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (None, []),
        ("", []),
        ("2022", ["2021"]),
        ("2022-11", ["2022-10", "2021"]),
        ("2022-02-31", []),
        ("0001-01-01T00:00:00Z", []),
        ("9999-12-31", []),
        ("2023-01-05T10:00:00", ["2023-01-04", "2022-12", "2022"]),
    ],
)
def test_a_day_is_counted_from_a_day(published: str | None, expected: list[str]) -> None:
    """A day is counted from a day, a month from a month, and nothing from a date that there is not."""
    assert dates("It was sold yesterday. It was made last month. It was bought last year.", published) == expected


def test_a_speaker_has_a_day_of_their_own() -> None:
    """What somebody else says is counted from the day that the source gives for it, or not at all."""
    said = replace(SPEAKER, said="October 31, 2022")
    (dated,) = relative_dates("We met them last month.", said, SOURCE)
    assert (dated.date, dated.basis, dated.said) == ("2022-09", "2022-10-31", True)
    assert relative_dates("We met them last month.", SPEAKER, SOURCE) == ()


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.integers(1, 999))
def test_days_are_counted_as_the_calendar_does(day: date, count: int) -> None:
    """Some days ago are that many days before the day of publication, and are printed as a whole date."""
    (found,) = dates(f"It was sold {count} days ago.", day.isoformat())
    then = day - timedelta(days=count)
    assert found == then.isoformat()
    assert printed_day(found).split()[0] == str(then.day)
    assert iso_date(found) == (then.year, then.month, then.day)


SALE = "Quillon Optics sold 40 cameras to the port of Marrow Bay last month."


@pytest.fixture(scope="module")
def names() -> FirmNames:
    """Return the names of no list."""
    return FirmNames([])


def evidence(text: str) -> Evidence:
    return Evidence(text, "", None, SOURCE, dated=relative_dates(text, None, SOURCE))


@pytest.mark.parametrize("day", ["October 2022", "2022"])
def test_a_date_that_was_worked_out_is_borne(names: FirmNames, day: str) -> None:
    """A sentence may give the date that its source tells by another day, and the ruling says which words told it."""
    ruling = ruled(f"In {day} Quillon Optics sold 40 cameras to the port of Marrow Bay.", [evidence(SALE)], names)
    assert ruling.is_borne, ruling.problems
    assert [day.words for day in ruling.dated] == ["last month"]


@pytest.mark.parametrize("day", ["November 2022", "October 2021", "2021", "31 October 2022"])
def test_another_date_is_not_borne(names: FirmNames, day: str) -> None:
    """A date that the source does not tell, also by another day, is not borne."""
    ruling = ruled(f"In {day} Quillon Optics sold 40 cameras to the port of Marrow Bay.", [evidence(SALE)], names)
    assert not ruling.is_borne


def test_what_is_only_about_is_not_borne(names: FirmNames) -> None:
    """A year that the source tells only roughly is no date that a sentence may give."""
    text = SALE.replace("last month", "two years ago")
    ruling = ruled("In 2020 Quillon Optics sold 40 cameras to the port of Marrow Bay.", [evidence(text)], names)
    assert not ruling.is_borne


def test_dates_are_put_behind_their_words() -> None:
    """A text with its dates worked out keeps its own words."""
    assert with_relative_dates(SALE, evidence(SALE).dated) == SALE.replace("month", "month (October 2022)")
