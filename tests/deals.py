"""A plugin of pytest: a store of made-up articles on deals, with the traps that an answer must not fall into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from specimens import COMPILED, article

from app.dossier import Dossier
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.embed import Embedder

ARTICLES = {
    "stakes.md": article(
        "Who owns whom on the coast",
        "Ostra Capital made a strategic investment in Tamber Vision in 2011. Tamber Vision then held a 30 percent "
        "stake in KelpNets. KelpNets’ parent company Quillon Optics has offices in Ostrel and Kessel, and has put "
        "money into two start-ups, Gannet Robotics and Skerry Drones.\n\nSkerry Drones flies for the coast guard.",
        published="2019-02-03",
    ),
    "claims.md": article(
        "Claims at the harbour",
        "KelpNets claims to have a partnership with Bellwether. (Bellwether denies that any such partnership exists.)"
        "\n\n"
        "Project Gannet, a register of every face on the pier, was announced by Bellwether in spring. The project was "
        "reportedly dropped in December, but clerks have seen possible signs of further work.\n\n"
        "Sarnia Chips sold face readers directly to the harbour police until it was reported last month. The "
        "geneticist Ada Vell of Tarn University shared samples with the harbour police.\n\n"
        "Will the town act, if no sanctions are passed on Sarnia Chips?",
        publisher="Ostrel Observer",
        published="2019-03-22",
    ),
    "thread.md": article(
        "A thread on gates",
        "On Twitter, Ines Okoro gave examples:\n\n"
        "> Quillon Optics and Tamber Vision, the two largest makers of gates, have won over $3 million in contracts "
        "for jetties.\n>\n> — Ines Okoro (@inesokoro) March 3, 2019\n\n"
        "> Both firms rely on Bellwether, Sarnia Chips and Marlin Drives for their storage.\n>\n"
        "> — Ines Okoro (@inesokoro) March 3, 2019",
        publisher="Ostrel Observer",
        published="2019-03-05",
    ),
    "exits.md": article(
        "After the report",
        "After the Weir Review asked about the port, Brambleton deleted all mentions of the port from its website. "
        "Brambleton has made turnstiles since 1974.\n\nA trade magazine took down an interview with a manager of "
        "Brambleton.",
        publisher="The Weir Review",
        published="2020-06-01",
    ),
}


@pytest.fixture(scope="session")
def deals(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Dossier]:
    """Return an open store of the articles above; tests only read it."""
    with Dossier(Settings(home=tmp_path_factory.mktemp("deals") / "store", compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder
        for name, text in ARTICLES.items():
            (receipt,) = dossier.library.add(name, text.encode())
            assert receipt.status == "added", receipt
        yield dossier
