from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.names import Name, as_printed, is_absent, must_be_present, names_asked

if TYPE_CHECKING:
    from app.dossier import Dossier

pytest_plugins = ["specimens"]


def asked(dossier: Dossier, question: str) -> list[str]:
    """Return the ids of listed firms, and other names as asked, in the order of the question."""
    found = names_asked(question, dossier.library.names, dossier.library.catalog)
    return [name.firm.id if name.firm else name.asked for name in found]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What does Hikvision sell?", ["hikvision"]),
        ("What does Hangzhou Hikvision Digital Technology Co., Ltd. sell?", ["hikvision"]),
        ("what does hikvision sell?", ["hikvision"]),
        ("WHAT DOES HIKVISION SELL?", ["hikvision"]),
        ("What does Hikvsion sell?", ["hikvision"]),
        ("what does hikvsion sell?", ["hikvision"]),
        ("Is this Hikvision’s camera?", ["hikvision"]),
        ("What did 海康威视 win?", ["hikvision"]),
        ("海康威视赢得了什么？", ["hikvision"]),
        ("海康威视和大华股份赢得了什么？", ["hikvision", "dahua"]),
        ("Did Intel Capital invest in NetPosa?", ["intelcapital", "netposa"]),
        ("Compare Hikvision, Dahua and SenseTime.", ["hikvision", "dahua", "sensetime"]),
        ("Hikvision and Dahua", ["hikvision", "dahua"]),
        ("Quillon Optics and Tamber Vision", ["Quillon Optics", "Tamber Vision"]),
        ("What did Quillon Optics supply?", ["Quillon Optics"]),
        ("Is Hewlett Packard Enterprise named?", ["hpe"]),
    ],
)
def test_names_in_a_question(dossier: Dossier, question: str, expected: list[str]) -> None:
    """Firms are found whatever their form, case, spelling or script, each once and in order."""
    assert asked(dossier, question) == expected


@pytest.mark.parametrize(
    "question",
    ["", "   ", "?", "who was paid?", "Which firms supplied cameras?", "What happened in spring?", "sense of an axis"],
)
def test_a_question_without_a_name(dossier: Dossier, question: str) -> None:
    """A question of plain words names nobody, also where a firm's short name is one of the words."""
    assert asked(dossier, question) == []


def test_a_misspelt_name_is_said_to_be_corrected(dossier: Dossier) -> None:
    """Only a name that is no form of the firm counts as corrected."""
    names, catalog = dossier.library.names, dossier.library.catalog
    assert names_asked("Hikvsion", names, catalog)[0].corrected
    assert not names_asked("Hikvision", names, catalog)[0].corrected
    assert not names_asked("hik-vision", names, catalog)[0].corrected


def test_a_word_of_the_collection_is_not_misspelt(dossier: Dossier) -> None:
    """A word that the collection itself uses is not taken for a firm's misspelt name."""
    names, catalog = dossier.library.names, dossier.library.catalog
    assert names.misspelt("Sandwine") == names.by_id["sandvine"]
    for question in ("Who lives in Sandwine?", "who lives in sandwine?"):
        assert all(name.firm is None for name in names_asked(question, names, catalog))


def test_a_name_carries_every_form(dossier: Dossier) -> None:
    """A listed firm is searched under all its names, but not under the name of a brand or unit."""
    (name,) = names_asked("Hikvsion", dossier.library.names, dossier.library.catalog)
    assert {"Hikvision", "海康威视", "Hik-Vision"} <= set(name.forms)
    assert "Ezviz" not in name.forms


ABSENT = (
    "Palantir", "Clearview AI", "Ravenscar Systems", "Optics Quillon", "Tamber Optics", "Lindqvist Ltd",
    "Northern Skerries Guild", "Signal Lamps", "Winter", "ZTE Mobile", "杭州",
)  # fmt: skip
PRESENT = (
    "Quillon Optics", "Tamber Vision", "Marrow Bay", "Mara Lindqvist", "The Weir Review", "Ostrel", "Kessel", "Harrow",
    "Vantry Point", "Hikvision", "海康威视", "Microsoft", "SenseNets", "Dunmere",
)  # fmt: skip


@pytest.mark.parametrize("form", ABSENT)
def test_an_absent_name_is_absent(dossier: Dossier, form: str) -> None:
    """A name whose words do not stand together, in order and with their capitals, in any passage is absent."""
    assert is_absent(Name(form, None, (form,)), dossier.library.catalog)


@pytest.mark.parametrize("form", PRESENT)
def test_a_present_name_is_present(dossier: Dossier, form: str) -> None:
    """A name that stands in a passage is never said to be absent."""
    assert not is_absent(Name(form, None, (form,)), dossier.library.catalog)


def test_one_form_is_enough(dossier: Dossier) -> None:
    """A firm that stands in the collection under any one of its names is present."""
    catalog = dossier.library.catalog
    assert not is_absent(Name("x", None, ("Ravenscar Systems", "Tamber Vision")), catalog)
    assert is_absent(Name("x", None, ("Ravenscar Systems", "Ravenscar")), catalog)


@pytest.mark.parametrize(
    ("form", "text", "matches"),
    [
        ("Intel", "an Intel chip", True),
        ("Intel", "INTEL chips", True),
        ("Intel", "intelligence", False),
        ("Intel", "an intel report", False),
        ("Sense", "it makes sense", False),
        ("Hik-Vision", "Hik Vision said", True),
        ("Intel Capital", "Intel’s Capital", False),
        ("Intel Capital", "Intel\nCapital", True),
        ("iFlytek", "IFLYTEK", True),
        ("iFlytek", "iFlytek", True),
        ("海康威视", "由海康威视提供", True),
        ("AT&T", "AT&T lines", True),
    ],
)
def test_a_name_as_printed(form: str, text: str, *, matches: bool) -> None:
    """A name matches as a phrase of its own: capitals at word starts kept, other case, spaces and dashes free."""
    assert bool(as_printed(form).search(text)) is matches


def test_an_adjective_of_place_may_be_missing() -> None:
    """A nationality need not stand in a passage as it does in the question; a firm or another name must."""
    assert not must_be_present(Name("Chinese", None, ("Chinese",)))
    assert must_be_present(Name("Palantir", None, ("Palantir",)))


def test_several_of_a_kind_are_no_firm() -> None:
    """The plural of an abbreviation, such as "NGOs", names a kind of thing."""
    assert not must_be_present(Name("NGOs", None, ("NGOs",)))
    assert must_be_present(Name("NGO Watch", None, ("NGO Watch",)))


def test_several_of_a_country_are_no_firm(dossier: Dossier) -> None:
    """A question for "Iraqi ISPs" asks for no name."""
    names = names_asked("Which sites do Iraqi ISPs block?", dossier.library.names, dossier.library.catalog)
    assert not any(must_be_present(name) for name in names)


def test_a_person_is_found_without_a_title(dossier: Dossier) -> None:
    """Who is asked for with a title, and with whom they belong to, may be named without both."""
    question = "What did Professor Ines Okoro of the Dunmere Ledger say?"
    names = names_asked(question, dossier.library.names, dossier.library.catalog)
    assert any(name.stands_in("Ines Okoro wrote it.") for name in names)
    assert not any(must_be_present(name) and is_absent(name, dossier.library.catalog) for name in names)


def test_a_word_that_is_no_name_is_not_corrected(dossier: Dossier) -> None:
    """A word in small letters that the collection has in another form is no misspelt name."""
    names = names_asked("Which pilot lives in Sandwine?", dossier.library.names, dossier.library.catalog)
    assert not any(name.corrected for name in names)


def test_a_name_with_its_owner_between() -> None:
    """The name "Vantry’s Radar" is what is asked for as "Vantry Radar", where no list says that these are two."""
    assert Name("Vantry Radar", None, ("Vantry Radar",)).stands_in("It was Vantry’s Radar.")
    assert not Name("Vantry Radar", None, ("Vantry Radar",)).stands_in("Vantry has a Radar.")


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("How much did the Bank of Quenby pay?", "The Bank paid for it."),
        ("What did General Quenby sell?", "Schneider Quenby sold it."),
        ("What did King Quenby sell?", "Boston Quenby sold it."),
        ("What did Quenby Corp sell?", "Harrison Quenby sold it."),
    ],
)
def test_a_part_of_a_name_is_another(dossier: Dossier, question: str, other: str) -> None:
    """What is called by a part of a name that is asked for is not what is asked for."""
    names = names_asked(question, dossier.library.names, dossier.library.catalog)
    needed = [name for name in names if must_be_present(name)]
    assert needed
    assert not any(name.stands_in(other) for name in needed)


def test_a_legal_form_need_not_be_there(dossier: Dossier) -> None:
    """A firm of no list that is asked for with its legal form is found without it, or with another."""
    (name,) = names_asked("What did Vantry Point Corp buy?", dossier.library.names, dossier.library.catalog)
    assert name.stands_in("It was Vantry Point Corporation that bought it.")
    assert not name.stands_in("It was bought at the point.")
