from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.roles import misattributed, turned_round

if TYPE_CHECKING:
    from ingest.firms import FirmNames


@pytest.mark.parametrize(
    ("claim", "source", "is_turned"),
    [
        ("Intel invested in NetPosa.", "NetPosa invested in Intel.", True),
        ("Intel invested in NetPosa.", "Intel invested in NetPosa in 2010.", False),
        ("NetPosa was funded by Intel.", "Intel funded NetPosa.", False),
        ("Intel was funded by NetPosa.", "NetPosa was funded by Intel.", True),
        ("Intel sold chips.", "NetPosa sold chips.", False),
        ("NetPosa invested in Intel.", "NetPosa got an investment from Intel.", True),
        ("Intel is the parent of NetPosa.", "NetPosa’s parent Intel has offices there.", False),
        ("NetPosa is the parent of Intel.", "NetPosa’s parent Intel has offices there.", True),
        ("NetPosa is a subsidiary of SenseNets.", "It named NetPosa and its subsidiary SenseNets.", True),
        ("SenseNets is a subsidiary of NetPosa.", "It named NetPosa and its subsidiary SenseNets.", False),
        ("Intel and Nvidia depend on Dahua.", "Dahua and Hikvision depend on Intel and Nvidia.", True),
        ("Dahua depends on Nvidia.", "Dahua and Hikvision depend on Intel and Nvidia.", False),
    ],
)
def test_who_did_it_to_whom(claim: str, source: str, is_turned: bool, names: FirmNames) -> None:  # noqa: FBT001
    """Two firms in the other order are seen, unless the verb is turned, too."""
    assert (turned_round(claim, source, names) is not None) == is_turned


@pytest.mark.parametrize(
    ("claim", "source", "told"),
    [
        ("IPVM deleted every page.", "IPVM wrote that Infinova deleted every page.", "there IPVM only reports"),
        ("Infinova deleted every page.", "IPVM wrote that Infinova deleted every page.", None),
        (
            "A page displayed to users by Dahua names Kessel.",
            "A page displayed to users by Kessel names Dahua.",
            "done by others",
        ),
        ("Karan Bhatia of Google told Kessel so.", "Karan Bhatia, of Google, told Kessel so.", None),
        ("Tiandy sold it.", "IPVM wrote that Tiandy, based in Kessel and traded in Ostrel, sold it.", None),
        ("Uniview said that it left.", "Dahua called it wrong, and Uniview said that it left.", None),
        (
            "Dahua said that it left.",
            "Dahua called it wrong, and Uniview said that it left.",
            "it is not dahua who said",
        ),
        ("Investors told Uniview of a fine.", "Uniview told investors of a fine.", "it is Uniview who told that there"),
        (
            "Kessel invested in a firm led by Ostrel.",
            "Ostrel leads a firm in which Vantry invested; Kessel left.",
            "others do",
        ),
        (
            "Tiandy set the firm up.",
            "Tiandy is there. The report says that the Ministry of Kessel set the firm up.",
            "others do",
        ),
        ("Tiandy told Reuters that it left.", "Uniview told Reuters that it left, unlike Tiandy.", "it is not tiandy"),
        ("Uniview told Reuters that it left.", "Uniview told Reuters that it left, unlike Tiandy.", None),
        (
            "Agencies supplied software to the pair.",
            "The pair supplied software to agencies.",
            "done to whom it does",
        ),
        ("Agencies were supplied with software by the pair.", "The pair supplied software to agencies.", None),
        ("Tiandy is a state-owned group.", "Tiandy works with CETC, a state-owned group.", "it is said of CETC"),
    ],
)
def test_parts_in_a_deed(claim: str, source: str, told: str | None, names: FirmNames) -> None:
    """Whoever reports, speaks, does or is something in a claim does so in its source."""
    found = list(misattributed(claim, source, names))
    assert any(told in one for one in found) if told else not found, found
