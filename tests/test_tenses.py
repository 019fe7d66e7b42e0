from __future__ import annotations

import pytest

from app.tenses import out_of_time

HELD = "SenseTime held a 49 percent stake in SenseNets and was its customer."


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("SenseTime holds a stake in SenseNets.", HELD),
        ("SenseTime is a customer of SenseNets.", HELD),
        ("SenseTime has a stake in SenseNets.", "SenseTime had a stake in SenseNets until it sold it."),
        ("Nvidia supplies Hikvision.", "Nvidia supplied Hikvision."),
        ("Tiandy is listed by the Treasury.", "Tiandy was listed by the Treasury in 2020."),
        ("Tiandy is listed by the Treasury.", "Tiandy had been listed by the Treasury."),
    ],
)
def test_what_was_is_not_what_is(claim: str, source: str) -> None:
    """A claim that tells of now what its source tells of the past only is told of."""
    assert list(out_of_time(claim, source))


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("SenseTime held a stake in SenseNets.", HELD),
        ("SenseTime has sold its stake.", "SenseTime sold its stake."),
        ("SenseTime holds a stake in SenseNets.", "SenseTime, which holds a stake in SenseNets, was fined."),
        ("Tiandy is listed by the Treasury.", "Tiandy has been listed by the Treasury since 2020."),
        ("Rollet writes that Dahua won contracts.", "Rollet wrote that Dahua won contracts."),
        ("Kessel ended its exports of cameras.", "Kessel exported cameras until it ended that."),
        ("Hikvision is a supplier.", "Hikvision was fined. It is a supplier of cameras."),
    ],
)
def test_what_is_told_as_it_is_there(claim: str, source: str) -> None:
    """A claim in the tense of its source, or about a thing and no deed, is not told of."""
    assert not list(out_of_time(claim, source))
