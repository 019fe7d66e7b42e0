from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.roles import turned_round

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
    ],
)
def test_who_did_it_to_whom(claim: str, source: str, is_turned: bool, names: FirmNames) -> None:  # noqa: FBT001
    """Two firms in the other order are seen, unless the verb is turned, too."""
    assert (turned_round(claim, source, names) is not None) == is_turned
