from __future__ import annotations

import pytest

from app.names import names_asked
from app.question import Question
from ingest.catalog import Catalog
from ingest.firms import LISTED, FirmNames


@pytest.mark.parametrize(
    ("text", "wants"),
    [
        ("How much money did Ostra Capital put into Tamber Vision?", ("amount",)),
        ("What was KelpNets paid for its help?", ("amount",)),
        ("How much was Bellwether going to pay for the shares?", ("amount",)),
        ("How many cameras did it sell?", ("count",)),
        ("What stake did Tamber Vision have in KelpNets?", ("share",)),
        ("How much of KelpNets did it keep?", ("share",)),
        ("When was the order lifted?", ("date",)),
        ("On what date did she speak?", ("date",)),
        ("How long do carriers keep the records?", ("duration",)),
        ("How much time do they get?", ("duration",)),
        ("How long ago was it sold?", ("date",)),
        ("How long is the list of firms?", ()),
        ("Date of the sale?", ("date",)),
        ("Who sold the gates?", ("name",)),
        ("Which supplier won the bid?", ("name",)),
        ("What is the name of the company?", ("name",)),
        ("To which countries does it export?", ("country",)),
        ("How did Bellwether respond to the report?", ("reply",)),
        ("What was its official response?", ("reply",)),
        ("What did the ministry do?", ()),
        ("Is Bellwether a partner of KelpNets?", ()),
        ("What did Brambleton do when it was asked?", ()),
        ("When Dow Jones wrote about it, had it already been listed?", ()),
        ("", ()),
    ],
)
def test_the_kind_of_thing_wanted(text: str, wants: tuple[str, ...]) -> None:
    """A question wants the kind of thing that its question words ask for, and none where they ask for none."""
    assert Question(text).wants == wants


def test_a_question_may_want_two_things() -> None:
    """A question of two parts wants what each part asks for."""
    question = Question("Who is the parent of KelpNets, and when was it bought?")
    assert question.parts == ("Who is the parent of KelpNets", "when was it bought?")
    assert question.wants == ("name", "date")


@pytest.mark.parametrize(
    ("text", "is_list"),
    [
        ("Which firms won contracts?", True),
        ("Name all suppliers of the port.", True),
        ("List the vendors.", True),
        ("Which American start-ups has it put money into?", True),
        ("Who else sold gates?", True),
        ("Which firm won the contract?", False),
        ("What did the firms do?", False),
        ("Who sold the gates?", False),
    ],
)
def test_a_list_is_asked_for(text: str, *, is_list: bool) -> None:
    """A question for all of a kind is one for a list, and one for a single thing is not."""
    assert Question(text).is_list is is_list


@pytest.mark.parametrize(
    ("text", "is_of_today"),
    [
        ("Does it own 49 percent today?", True),
        ("Is the system still in use?", True),
        ("Who runs it now?", True),
        ("What became of the now-defunct agency?", False),
        ("Did it own 49 percent?", False),
    ],
)
def test_a_question_of_today(text: str, *, is_of_today: bool) -> None:
    """A question of how something is now is told from one of how it was."""
    assert Question(text).is_of_today is is_of_today


def test_the_sides_of_a_comparison(library_catalog: Catalog, names: FirmNames) -> None:
    """A comparison has a side for each name, for each firm that these own, and for each date."""
    text = "Compare Intel's involvement with Nvidia's."
    question = Question(text, names_asked(text, names, library_catalog))
    assert [[side(name) for side in question.sides] for name in ("Intel", "Nvidia", "Intel Capital")] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    dated = Question("Did it add more in July 2020 or in July 2021?")
    assert [side("Fourteen more in July 2021") for side in dated.sides] == [False, True]
    assert Question("What did Intel do?", question.names).sides == ()


def test_a_follow_up_asks_by_its_own_words() -> None:
    """What a follow-up wants is told by the part that asks, not by what came before it."""
    question = Question("Who was that? (after: How much money was paid?)", asks="Who was that?")
    assert question.wants == ("name",)
    assert "money" in question.words


@pytest.fixture(scope="module")
def library_catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return Catalog(tmp_path_factory.mktemp("catalog") / "catalog.sqlite3")


def test_the_list_that_ships_tells_owners() -> None:
    """The list of firms tells which firm another is owned by, which these tests rest on."""
    listed = FirmNames.load(LISTED)
    assert [firm.parent for firm in listed.resolve("Intel Capital")] == ["intel"]


@pytest.mark.parametrize(
    ("text", "besides"),
    [
        ("When was Bellwether founded and when did it move?", False),
        ("When was Bellwether founded and what does it sell?", True),
        ("How do Bellwether and KelpNets differ in what they paid?", True),
        ("When was Bellwether founded?", False),
    ],
)
def test_what_a_question_asks_besides(text: str, *, besides: bool) -> None:
    """A question of which a part asks for no kind of thing may be answered without one."""
    assert Question(text).wants_besides == besides
