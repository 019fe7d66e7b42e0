from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.pieces import Evidence
from app.rulings import ruled
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


def told(text: str, understood: str = "") -> Evidence:
    """Return evidence that nobody but its document says."""
    return Evidence(text, understood, None, SOURCE)


SILENT = told("A spokesperson of Hikvision declined to comment; Dahua and Tiandy did not respond.")
SALES = told("NetPosa sold a majority of Vantry in a deal that closed in 2016 and kept 49 percent.")
LISTED = told("The ministry named Megvii on 31 January 2024 and removed it on 7 January 2025; Tiandy is not on it.")
UNAWARE = told("Nvidia and Intel told the paper that they had been unaware of the misuse of their chips.")
NEEDS = told("Hikvision and Dahua depend on Seagate, Intel and Nvidia for their chips.")
SET_UP = told("The paper says that the Ministry of Public Security set the company up.", "Tiandy was listed then.")
QUIET = told("Officials hold that Tiandy provided technology to the guard, and Tiandy did not respond.")
DAMAGES = told("Vantry sought $3,000,000 in general damages; $500,000 in aggravated damages.")
LISTS = told("Kessel Lab published a report that reveals hidden lists of Sina Show, seven out of eight of them in use.")
OUTSIDE = told("The ministry listed Huawei and 68 affiliates outside Canada, which make cameras.")
FOUND = told("Researchers found no flaws in the cameras of Uniview.")
SALE = told("Thermo Fisher sold sequencers to the authorities in Xinjiang, as China Digital Times wrote.")


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
        ("Dahua did not respond.", SILENT),
        ("NetPosa sold a majority of Vantry and retained 49 percent.", SALES),
        ("Megvii was removed on 7 January 2025.", LISTED),
        ("Nvidia and Intel said that they had been unaware of the misuse of their chips.", UNAWARE),
        ("Tiandy was set up by the Ministry of Public Security.", SET_UP),
        (
            "The ministry announced that it removed Megvii.",
            told("The ministry, as Megvii learned, announced its removal."),
        ),
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
        ("Hikvision did not respond.", SILENT, "the “not” there is about Dahua"),
        ("NetPosa sold 49 percent of Vantry in 2016.", SALES, "49 percent does not stand there"),
        ("The ministry removed Megvii on 31 January 2024.", LISTED, "31 January 2024 does not stand there"),
        (
            "Nvidia and Intel told the paper that they had been aware of the misuse.",
            UNAWARE,
            "a “not” there is left out",
        ),
        ("Seagate, Intel and Nvidia depend on Hikvision and Dahua for their chips.", NEEDS, "the other way round"),
        ("Tiandy set up the Ministry of Public Security.", SET_UP, "the other way round"),
        ("Tiandy denied that it provided technology to the guard.", QUIET, "it denies what is not denied there"),
        ("Thermo Fisher sold sequencers to the Chinese army.", SALE, "nothing Chinese is named there"),
        ("Nvidia and Intel had been unaware of any misuse of their chips.", UNAWARE, "“any” is not said there"),
        ("Vantry sought $3,000,000 in aggravated damages and $500,000 in general damages.", DAMAGES, "another order"),
        ("Sina Show published a report that reveals hidden lists of Kessel Lab.", LISTS, "another order"),
        ("Eight out of eight lists are in use.", LISTS, "eight stands there once"),
        ("Kessel Lab published a report that reveals secret lists of Sina Show.", LISTS, "“secret” is not said there"),
        ("Kessel Lab published a report that reveals false lists of Sina Show.", LISTS, "is not denied there"),
        ("Kessel Lab published a book that reveals hidden lists of Sina Show.", LISTS, "no word like “book”"),
        ("The ministry listed Huawei and 68 affiliates in Canada.", OUTSIDE, "“outside” there is left out"),
        ("Huawei makes cameras.", OUTSIDE, "there it is said of “Canada”"),
        ("The cameras of Uniview have no flaws.", FOUND, "who says so is left out"),
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


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("Hikvision rarely sold cameras to the police of Kashgar.", "Hikvision sold cameras to the police of Kashgar."),
        (
            "Critics believe Hikvision sold cameras to the police of Kashgar.",
            "Hikvision sold cameras to the police of Kashgar.",
        ),
        (
            "The rumour that Hikvision sold cameras to the police of Kashgar was debunked.",
            "Hikvision sold cameras to the police of Kashgar.",
        ),
        (
            "Hikvision contests that it sold cameras to the police of Kashgar.",
            "Hikvision sold cameras to the police of Kashgar.",
        ),
        ("Perhaps Hikvision sold cameras to Kashgar.", "Hikvision sold cameras to Kashgar."),
        ("The ministry fined Hikvision $5 million and Dahua $3 million.", "The ministry fined Dahua $5 million."),
        ("Hikvision sold 300 cameras to Kashgar and 200 cameras to Hotan.", "Hikvision sold 300 cameras to Hotan."),
        ("Intel bought 5 percent of SenseTime and 9 percent of Megvii.", "Intel bought 9 percent of SenseTime."),
        ("Zhang Wei was arrested in 2016, and Li Na was arrested in 2018.", "Zhang Wei was arrested in 2018."),
        (
            "SenseTime raised $620 million in May 2018 and Megvii raised $750 million in May 2019.",
            "SenseTime raised $750 million in May 2019.",
        ),
        (
            "SenseTime held a 49 percent stake in SenseNets.",
            "SenseTime held a 49 percent stake in SenseNets on 22 March 2019.",
        ),
        ("In March 2015 Hikvision opened a plant in Kashgar.", "In March 2019 Hikvision opened a plant in Kashgar."),
        ("Microsoft paid Zhang Wei $4 million.", "Microsoft bribed Zhang Wei with $4 million."),
        ("Guards killed Zhang Wei in Kashgar in 2018.", "Guards tortured Zhang Wei in Kashgar in 2018."),
        (
            "Hikvision denied selling cameras to Kashgar but defended selling cameras to Hotan.",
            "Hikvision denied selling cameras to Hotan.",
        ),
        ("The cameras were sold to the police of Kashgar.", "The Weir Review sold cameras to the police of Kashgar."),
        (
            "Hikvision, unlike Dahua, sold cameras to the police of Kashgar.",
            "Dahua sold cameras to the police of Kashgar.",
        ),
        (
            "The engineer Zhang Wei accused the manager Li Na of fraud.",
            "The manager Li Na accused the engineer Zhang Wei of fraud.",
        ),
        ("Hikvision earned A$3 million in Kashgar.", "Hikvision earned $3 million in Kashgar."),
        ("Hikvision's share fell by 30 percentage points.", "Hikvision's share fell by 30 percent."),
        ("据称海康威视向喀什警方出售摄像机。", "海康威视向喀什警方出售摄像机。"),
        ("Hikvision does not sell drones and Dahua makes cameras.", "Dahua does not sell drones."),
        ("Hikvision does not sell drones and Dahua makes cameras.", "Hikvision does not make cameras."),
        (
            "Hikvision denied that it sold cameras and Dahua denied that it sold drones.",
            "Hikvision denied that it sold drones.",
        ),
        ("Hikvision or Dahua sold cameras to Kashgar.", "Hikvision sold cameras to Kashgar."),
        ("Either Hikvision or Dahua sold cameras to Kashgar.", "Hikvision and Dahua both sold cameras to Kashgar."),
        ("Hikvision sold two hundred cameras to Kashgar.", "Hikvision sold two cameras to Kashgar."),
        ("Hikvision sold twenty-five cameras to Kashgar.", "Hikvision sold twenty cameras to Kashgar."),
        ("Hikvision's sales fell by 30 percent in 2018.", "Hikvision's sales fell to 30 percent in 2018."),
        ("Hikvision was founded before 2005 in Hangzhou.", "Hikvision was founded in 2005 in Hangzhou."),
        ("海康威视向喀什警方出售三百台摄像机。", "海康威视向喀什警方出售五百台摄像机。"),
        ("Hikvision voted against the ban on cameras.", "Hikvision voted for the ban on cameras."),
        (
            "They received the links while campaigning. The study was made with the help of Vantry Board.",
            "Vantry Board received the links while campaigning.",
        ),
        (
            "SenseNets claims to have a partnership with Microsoft.",
            "Microsoft claims to have a partnership with SenseNets.",
        ),
        ("SenseTime held a stake in SenseNets.", "SenseTime holds a stake in SenseNets."),
        ("Tiandy cut ties with Intel in 2022.", "Tiandy has ties with Intel."),
        ("Tiandy’s licence was revoked in 2022.", "Tiandy has a licence."),
        ("SenseTime and Dahua held a stake in SenseNets.", "SenseTime and Dahua hold a stake in SenseNets."),
        ("Dahua did not say that it sold cameras to Kessel.", "Dahua did not sell cameras to Kessel."),
        ("Dahua did not disclose that it was fined.", "Dahua was not fined."),
        ("There is no doubt that the cameras of Dahua are used.", "The cameras of Dahua are not used."),
        ("Dahua sold from 300 to 500 cameras to Kessel.", "Dahua sold 500 cameras to Kessel."),
        ("Dahua sold 300 or 500 cameras to Kessel.", "Dahua sold 500 cameras to Kessel."),
        ("The port of Kessel ordered 40 cameras of Dahua.", "The port of Kessel bought 40 cameras of Dahua."),
        ("Dahua sold between 300 and 500 cameras to Kessel.", "Dahua sold 300 cameras to Kessel."),
        ("Dahua sold 300 to 500 cameras to Kessel.", "Dahua sold 500 cameras to Kessel."),
        ("Dahua said that it is a non-controlling owner of Vantry.", "Dahua is a controlling owner of Vantry."),
        (
            "Zhang Wei shared samples, and did not know that they would serve surveillance.",
            "Zhang Wei shared samples that would serve surveillance.",
        ),
        (
            "The department gave no reason. Hikvision rejects this: its secretary told Yicai that it was groundless.",
            "The US Commerce Department told Yicai that it was groundless.",
        ),
        (
            "Dahua and Hikvision won contracts. The two depend on chips of Intel and Nvidia.",
            "Intel and Nvidia depend on chips of Dahua and Hikvision.",
        ),
        (
            "The messages reached seven firms and were at least 92 in all, some to organizations.",
            "The messages reached at least 92 organizations.",
        ),
    ],
)
def test_what_is_little_changed(source: str, sentence: str, names: FirmNames) -> None:
    """A source bears its own sentence, and none that differs in who, how much, when, or how certain it is."""
    assert ruled(source, [told(source)], names).problems == ()
    assert not ruled(sentence, [told(source)], names).is_borne
