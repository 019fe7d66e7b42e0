from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from app.dates import Date, bears, iso_date
from app.facts import Number, facts

if TYPE_CHECKING:
    from ingest.firms import FirmNames


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("on 3 May 2020", {(2020, 5, 3)}),
        ("May 3, 2020", {(2020, 5, 3)}),
        ("the 3rd of May", {(None, 5, 3)}),
        ("in May it fell", {(None, 5, None)}),
        ("it may fall", set()),
        ("February 2018", {(2018, 2, None)}),
        ("Sept. 11, 2001", {(2001, 9, 11)}),
        ("2021-05-04", {(2021, 5, 4)}),
        ("in 1999", {(1999, None, None)}),
        ("2,010 cameras and 2010 million", set()),
        ("March and 12 June", {(None, 3, None), (None, 6, 12)}),
    ],
)
def test_dates(text: str, dates: set[Date], names: FirmNames) -> None:
    """Dates are read however they are printed, and "may" is a month only where it is one."""
    assert set(facts(text, names).dates) == dates


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("49 percent", {("49", "%")}),
        ("49%", {("49", "%")}),
        ("$3 million", {("3000000", "USD")}),
        ("US$ 3,000,000", {("3000000", "USD")}),
        ("RMB 7 billion and 7 billion yuan", {("7000000000", "CNY")}),
        ("three cameras, 3 masts", {("3", "")}),
        ("1.5 and 15", {("1.5", ""), ("15", "")}),
        ("Qihoo 360 in 2018 on 3 May", set()),
        ("5G", set()),
    ],
)
def test_figures(text: str, numbers: set[tuple[str, str]], names: FirmNames) -> None:
    """Figures are told by value and unit, however they are printed; a name's digits and a date's are none."""
    assert set(facts(text, names).numbers) == {Number(Decimal(value), unit) for value, unit in numbers}


def test_names(names: FirmNames) -> None:
    """Firms are found by any of their names, other names as they are printed; units of figures are none."""
    found = facts("NetPosa and Charles Rollet of Vantry Board paid RMB 7 billion to 海康威视.", names)
    assert set(found.firms) == {"netposa", "hikvision"}
    assert set(found.names) == {"charles rollet", "vantry board"}


@pytest.mark.parametrize(
    ("text", "negated", "marks"),
    [
        ("It sold cameras.", False, set()),
        ("It did not sell cameras.", True, set()),
        ("It didn’t.", True, set()),
        ("It denies that.", False, {"denies"}),
        ("It reportedly sold them.", False, {"hedges"}),
        ("It would sell them.", False, {"supposes"}),
    ],
)
def test_what_changes_a_sentence(text: str, negated: bool, marks: set[str], names: FirmNames) -> None:  # noqa: FBT001
    """A "not", a denial, a doubt and a supposition are seen."""
    found = facts(text, names)
    assert (bool(found.negated), set(found.marks)) == (negated, marks)


def test_strong_words(names: FirmNames) -> None:
    """Words that count, date, judge or strengthen are told, with tokens of letters and digits."""
    assert set(facts("Only half of it is complicit today in 5G.", names).strong.values()) == {
        "Only", "half", "complicit", "today", "5G",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "known", "is_borne"),
    [
        ((2018, None, None), (2018, 2, 5), True),
        ((2018, 2, None), (2018, 2, 5), True),
        ((2018, 2, 6), (2018, 2, 5), False),
        ((2018, 2, 5), (2018, 2, None), False),
        ((None, 2, None), (2018, 2, None), True),
    ],
)
def test_a_date_bears_a_vaguer_one(wanted: Date, known: Date, is_borne: bool) -> None:  # noqa: FBT001
    """A date bears one that says less, never one that says more or otherwise."""
    assert bears(wanted, known) == is_borne


def test_dates_of_documents() -> None:
    """A document's date is read as far as it goes."""
    assert iso_date("2019-03-22T10:00:00") == (2019, 3, 22)
    assert iso_date("2019") == (2019, None, None)
    assert iso_date(None) is None
