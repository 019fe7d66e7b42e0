from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.limits import unlimited

if TYPE_CHECKING:
    from ingest.firms import FirmNames

BAN = "The company sold cameras to the police after the ban took effect in 2019."
DELETES = "The vendor must delete the data within thirty days."
SERVERS = "Most of the servers were in Kessel, and some of the customers were hospitals."
SIGNED = "The contract was signed in 2016 and the cameras were installed in 2018."
FELL = "Exports fell from 40 million dollars in 2015 to 10 million dollars in 2017."
ACTIVE = "Its servers are currently active, or have been present, in 36 countries."


@pytest.mark.parametrize(
    ("claim", "source", "told"),
    [
        ("The company sold cameras to the police before the ban took effect in 2019.", BAN, "“before” is not said"),
        ("The company sold cameras to the police until the ban took effect in 2019.", BAN, "“until” is not said"),
        ("The vendor may delete the data within thirty days.", DELETES, "“may” is not said"),
        ("The vendor should delete the data within thirty days.", DELETES, "“should” is not said"),
        ("The vendor must delete the data after thirty days.", DELETES, "“after” is not said"),
        ("Some of the servers were in Kessel.", SERVERS, "“some” is not said of that"),
        ("Most of the customers were hospitals.", SERVERS, "“most” is not said of that"),
        ("The servers were in Kessel.", SERVERS, "“most” there is left out"),
        ("Both employees left.", "Several employees left.", "“both” is not said of that"),
        ("It was completely dark.", "It was almost completely dark.", "“almost” there is left out"),
        (
            "The system flagged persons who had travelled.",
            "The system flagged persons who had travelled or wept.",
            "“or",
        ),
        ("Its servers are currently active in 36 countries.", ACTIVE, "“or have been present” there is left out"),
        ("The company hid the contract.", "The company tried to hide the contract.", "“hide” there is not said to be"),
        (
            "The firm paid 2 million euros.",
            "A court ordered the firm to pay 2 million euros.",
            "“pay” there is not said",
        ),
        ("Megvii helped the police.", "Megvii was accused of helping the police.", "“helping” there is not said to be"),
        (
            "The ministry bought it from Dahua.",
            "The ministry bought it from a subsidiary of Dahua.",
            "a subsidiary of Dahua",
        ),
        ("Dahua won the contract.", "Dahua’s subsidiary won the contract.", "a subsidiary of Dahua"),
        ("The contract was signed in 2018.", SIGNED, "2018 is not the date of that there"),
        ("Exports were 40 million dollars in 2017.", FELL, "that figure has another date there"),
    ],
)
def test_limits_that_are_dropped_or_exchanged(claim: str, source: str, told: str, names: FirmNames) -> None:
    """When, how many, whether it was done, and of whom exactly may be neither left out nor exchanged."""
    assert any(told in problem for problem in unlimited(claim, source, names)), list(unlimited(claim, source, names))


@pytest.mark.parametrize("source", [BAN, DELETES, SERVERS, SIGNED, FELL, ACTIVE])
def test_the_source_itself(source: str, names: FirmNames) -> None:
    """A sentence in the words of its source keeps its limits."""
    assert list(unlimited(source, source, names)) == []


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("After the ban the company sold cameras to the police.", BAN),
        ("Following the ban the company sold cameras to the police.", BAN),
        ("The cameras were installed in 2018.", SIGNED),
        ("Exports were 10 million dollars in 2017.", FELL),
        ("Most of the servers were in Kessel.", SERVERS),
        ("A court ordered that the firm pay 2 million euros.", "A court ordered the firm to pay 2 million euros."),
        ("A subsidiary of Dahua won the contract.", "Dahua’s subsidiary won the contract."),
        ("Dahua sold cameras in May 2019.", "In May 2019 Dahua sold cameras."),
    ],
)
def test_limits_that_are_kept(claim: str, source: str, names: FirmNames) -> None:
    """A limit may stand elsewhere or in a word that means the same."""
    assert list(unlimited(claim, source, names)) == []
