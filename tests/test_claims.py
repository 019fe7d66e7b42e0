from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.claims import Evidence, ruled
from ingest.records import Source

if TYPE_CHECKING:
    from ingest.firms import FirmNames

SOURCE = Source(
    "0123456789abcdef",
    "a.md",
    "Who paid for it",
    "The Weir Review",
    None,
    "2019-03-22",
    None,
    None,
    "article",
    "en",
    "0",
)
STAKE = Evidence("SenseTime then held a 49 percent stake in SenseNets.", "", "Mara Lindqvist", SOURCE)
FUNDS = Evidence("NetPosa received a strategic investment from Intel Capital in 2010.", "", None, SOURCE)
BOTH = Evidence("Both firms were paid 40,000 crowns for drafts.", "Dahua and Hikvision bid for it.", None, SOURCE)
DENIED = Evidence("Microsoft denies that any such partnership exists.", "", None, SOURCE)
CLAIMED = Evidence("SenseNets claims to have a partnership with Microsoft.", "", None, SOURCE)
PLANNED = Evidence("Google planned a search engine for China.", "", None, SOURCE)
NOT_SOLD = Evidence("Megvii did not sell cameras to the police of Kessel.", "", None, SOURCE)


@pytest.mark.parametrize(
    ("sentence", "evidence"),
    [
        ("SenseTime then held 49 percent of SenseNets.", STAKE),
        ("Mara Lindqvist says that SenseTime then held a 49% stake in SenseNets.", STAKE),
        ("According to The Weir Review of 22 March 2019, SenseTime then held a 49 percent stake in SenseNets.", STAKE),
        ("Intel Capital made a strategic investment in NetPosa in 2010.", FUNDS),
        ("NetPosa “received a strategic investment from Intel Capital”.", FUNDS),
        ("Hikvision and Dahua were paid 40,000 crowns for drafts.", BOTH),
        ("Microsoft denies that such a partnership exists.", DENIED),
        ("According to SenseNets, it has a partnership with Microsoft.", CLAIMED),
        ("Google planned a search engine for China.", PLANNED),
        ("Megvii did not sell cameras to the police of Kessel.", NOT_SOLD),
    ],
)
def test_what_is_borne(sentence: str, evidence: Evidence, names: FirmNames) -> None:
    """A sentence in other words is borne by a passage that holds what it states."""
    assert ruled(sentence, [evidence], names).problems == ()


@pytest.mark.parametrize(
    ("sentence", "evidence", "problem"),
    [
        ("SenseTime then held a 48 percent stake in SenseNets.", STAKE, "48 percent does not stand there"),
        ("SenseTime then held a $49 stake in SenseNets.", STAKE, "$49 does not stand there"),
        ("SenseTime held a 49 percent stake in SenseNets in 2018.", STAKE, "2018 does not stand there"),
        ("SenseTime now holds a 49 percent stake in SenseNets.", STAKE, "“now” is not said there"),
        ("Megvii then held a 49 percent stake in SenseNets.", STAKE, "Megvii is not named there"),
        ("Quorra then held a 49 percent stake in SenseNets.", STAKE, "Quorra is not named there"),
        ("Mr. Zelkin of SenseTime then held a 49 percent stake in SenseNets.", STAKE, "Zelkin is not named there"),
        ("NetPosa made a strategic investment in Intel Capital in 2010.", FUNDS, "the other way round"),
        ("NetPosa “received a large investment from Intel Capital”.", FUNDS, "does not stand there word for word"),
        ("Intel Capital did not invest in NetPosa in 2010.", FUNDS, "it denies what is not denied there"),
        ("NetPosa knowingly received a strategic investment from Intel Capital.", FUNDS, "“knowingly” is not said"),
        ("Microsoft has such a partnership.", DENIED, "is left out"),
        ("Microsoft does not have any such partnership.", DENIED, "a denial there is left out"),
        ("SenseNets has a partnership with Microsoft.", CLAIMED, "a doubt there"),
        ("Google runs a search engine for China.", PLANNED, "what is only planned or supposed there is stated"),
        ("Megvii sold cameras to the police of Kessel.", NOT_SOLD, "is left out"),
        ("SenseTime trains horses for a travelling circus near the sea.", STAKE, "too few of its words stand there"),
    ],
)
def test_what_is_not_borne(sentence: str, evidence: Evidence, problem: str, names: FirmNames) -> None:
    """A sentence that changes, adds or leaves out what matters is not borne, and the reason says which."""
    problems = ruled(sentence, [evidence], names).problems
    assert any(problem in one for one in problems), problems


def test_the_fewest_that_bear(names: FirmNames) -> None:
    """Of several pieces of evidence those are taken that bear the sentence, and no others."""
    assert ruled("SenseTime then held 49 percent of SenseNets.", [FUNDS, STAKE, BOTH], names).bearing == (1,)
    both = "SenseTime then held 49 percent of SenseNets, and Intel Capital invested in NetPosa in 2010."
    assert ruled(both, [FUNDS, BOTH, STAKE], names).bearing == (0, 2)


def test_nothing_to_bear_it(names: FirmNames) -> None:
    """Without evidence no sentence is borne."""
    assert not ruled("SenseTime sells cameras.", [], names).is_borne


def test_what_is_too_long(names: FirmNames) -> None:
    """A sentence too long to be checked in time is not borne, whatever stands in it."""
    assert ruled("A" * 20_000, [STAKE], names).problems == ("it is too long to be checked",)
