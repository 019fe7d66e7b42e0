from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from documents import ARABIC, CHINESE, ENGLISH
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import DossierError
from ingest.firms import LISTED, FirmNames, capitalised_names, fold, without_legal_form

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "id,name,kind,parent,form,form_kind,needs_context\n"


def found(names: FirmNames, text: str) -> list[tuple[str, str]]:
    return [(mention.firm, mention.form) for mention in names.find(text)]


def capitalised(text: str) -> list[str]:
    return [mention.form for mention in capitalised_names(text)]


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("Intel sold chips; intel and INTEL.", ["Intel", "INTEL"]),
        ("They oracle, oracles, an oracle.", []),
        ("iFlytek and IFLYTEK, not fly tek.", ["iFlytek", "IFLYTEK"]),
        ("hikvision and western digital", []),
    ],
)
def test_capitals_are_kept(names: FirmNames, text: str, forms: list[str]) -> None:
    """A name whose form starts with a capital is found only where the print has that capital."""
    assert [form for _, form in found(names, text)] == forms


@pytest.mark.parametrize("text", ["Intelligence", "XIntel", "Intel2", "Dahuas", "SenseTimes", "Marintel Intelsat"])
def test_a_name_is_no_part_of_a_word(names: FirmNames, text: str) -> None:
    """A name within a longer word is not that name."""
    assert found(names, text) == []


@pytest.mark.parametrize("text", ["Intel.", "(Intel)", "Intel’s", "Intel-based", "Hik/Intel", "“Intel”", "用Intel的"])
def test_a_name_ends_at_anything_but_a_letter(names: FirmNames, text: str) -> None:
    """Marks, quotes, dashes, ends of text and Han characters bound a name."""
    assert found(names, text) == [("intel", "Intel")]


def test_the_longest_name_wins(names: FirmNames):
    """“Intel Capital” is that firm, and not Intel as well."""
    assert found(names, "Intel Capital and Intel invested.") == [("intelcapital", "Intel Capital"), ("intel", "Intel")]


@pytest.mark.parametrize(
    ("text", "firm"),
    [("Intel capital spending", "intel"), ("BGI Researchers", "bgi"), ("China Mobile limited it", "chinamobile")],
)
def test_a_longer_name_that_is_none_hides_no_shorter_one(names: FirmNames, text: str, firm: str) -> None:
    """A name is found also where the words after it almost make a longer one."""
    assert [key for key, _ in found(names, text)] == [firm]


def test_chinese_names_are_found_within_text(names: FirmNames):
    """A Chinese name is found in a run of Han characters, which has no spaces."""
    text = "二〇一八年海康威视和商汤科技赢得了合同。"
    assert found(names, text) == [("hikvision", "海康威视"), ("sensetime", "商汤科技")]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Norvale Optics Co., Ltd.", "Norvale Optics"),
        ("Norvale Optics Company Limited", "Norvale Optics"),
        ("Norvale, Inc.", "Norvale"),
        ("Norvale GmbH", "Norvale"),
        ("Norvale Corporation", "Norvale"),
        ("海岸光学股份有限公司", "海岸光学"),
        ("Limited", "Limited"),
        ("Norvale Incense", "Norvale Incense"),
    ],
)
def test_legal_forms_are_no_part_of_a_name(name: str, short: str) -> None:
    """A legal form at the end is left out, never the whole name and never a part of a word."""
    assert without_legal_form(name) == short


def test_a_firm_is_found_and_resolved_with_and_without_its_legal_form(names: FirmNames):
    """A listed legal name is found without its legal form too, and any case or legal form resolves to its firm."""
    assert found(names, "Hangzhou Hikvision Digital Technology won.")[0][0] == "hikvision"
    for asked in ("hikvision", "HIKVISION Co., Ltd.", "hangzhou hikvision digital technology", "海康威视"):
        assert [firm.id for firm in names.resolve(asked)] == ["hikvision"]
    assert names.resolve("Norvale") == ()


def test_a_unit_is_not_its_parent(names: FirmNames):
    """A unit without a row of its own is mentioned by its own name, and is no form of its owner's."""
    assert found(names, "China Mobile Limited") == [("china mobile limited", "China Mobile Limited")]
    assert [firm.id for firm in names.resolve("Beijing SenseTime")] == ["sensetime-beijing"]
    assert found(names, "Beijing SenseTime") == [("sensetime-beijing", "Beijing SenseTime")]
    assert names.resolve("China Mobile Limited") in ((), (names.by_id["chinamobile"],))
    assert "China Mobile Limited" not in names.forms("chinamobile")
    assert "Ezviz" not in names.forms("hikvision")


def test_a_common_word_needs_other_evidence(names: FirmNames):
    """A form that is also a word counts only beside another name of the same firm."""
    assert found(names, "Dell and Axis are words here, as are WD and MPS.") == []
    assert found(names, "The Axis powers; Western Digital.") == [("wdc", "Western Digital")]
    assert found(names, "Hik, or Hikvision") == [("hikvision", "Hik"), ("hikvision", "Hikvision")]


@pytest.mark.parametrize(
    ("word", "firm"),
    [
        ("Hikvison", "hikvision"),
        ("hickvision", "hikvision"),
        ("Huawai", "huawei"),
        ("Netpossa", "netposa"),
        ("Microsft", "microsoft"),
        ("Dahwa", "dahua"),
    ],
)
def test_misspellings_are_known(names: FirmNames, word: str, firm: str) -> None:
    """A letter added, lost, changed or swapped still tells a firm."""
    misspelt = names.misspelt(word)
    assert misspelt is not None
    assert misspelt.id == firm


ORDINARY = (
    "technology university security research vision systems center public thermal digital western group province "
    "curtain drawing disco morph predators alphabets hysteria intellect interval internal surveillance camera cameras "
    "contract minister police involvement investment partnership supplier genetic sanctions foreign industry axis "
    "decent accent sandwich candid matter instance sensible pegasus dawning meagre infinite infinity landscape"
).split()


@pytest.mark.parametrize("word", ORDINARY)
def test_ordinary_words_are_no_misspellings(names: FirmNames, word: str) -> None:
    """A word of the language is not taken for a firm that is spelt somewhat like it."""
    assert names.misspelt(word) is None


def test_a_name_is_not_misspelt(names: FirmNames):
    """A firm's own name, in any case, misspells no other."""
    assert all(names.misspelt(form) is None for firm in names.firms for form in names.forms(firm.id))
    assert names.misspelt("HIKVISION") is None


def test_misspelt_names_have_other_names_left_alone(names: FirmNames):
    """A listed misspelling is found in text as the firm it means."""
    assert found(names, "Sense Time said so.") == [("sensetime", "Sense Time")]


PIECES = st.sampled_from(
    [
        *ENGLISH,
        *CHINESE,
        *ARABIC,
        "Hikvision",
        "İ",
        "İİ",
        "ẞ",
        "ŉ",
        "ﬁ",
        "Ǆ",
        "Σ",
        "🙂",
        "İntel",
        "Intel",
        "海康威视",
        "IS’Vision",
        "Intel Capital",
        " ",
        "\n",
        "\t",
        "’s",
        "Şişli Works",
        "Ł",
        "Thermo Fisher",
        "New H3C",
        "Face++",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=12).map(" ".join), st.text())


@given(TEXTS)
def test_offsets_are_exact(text: str) -> None:
    """Every mention is the slice of the text that it says, whatever letters stand before it, and none overlap."""
    listed = LIST.find(text)
    for mention in (*listed, *capitalised_names(text)):
        assert text[mention.start : mention.end] == mention.form
        assert mention.form == mention.form.strip() != ""
    assert all(one.end <= other.start or one.start == other.start for one, other in pairwise(listed))


@given(TEXTS, st.sampled_from(["İ ", "İİİ: ", "ẞ ŉ ", "🙂 "]))
def test_letters_before_a_name_do_not_hide_it(text: str, before: str) -> None:
    """The same names are found after letters whose lower case is longer, each by as much further on."""
    found_alone = [(mention.firm, mention.start + len(before)) for mention in LIST.find(text)]
    assert [(mention.firm, mention.start) for mention in LIST.find(before + text)] == found_alone


LIST = FirmNames.load(LISTED)


@given(st.text())
def test_folding_twice_changes_nothing(name: str) -> None:
    """A folded name is folded, but for the letters whose case folding is itself folded further."""
    once = fold(name)
    assert " ".join(once.split()) == once
    assert fold(fold(once)) == fold(once)


@pytest.mark.parametrize(
    ("text", "names_in_it"),
    [
        ("Yesterday Norvale Optics and Brisk Systems met.", ["Norvale Optics", "Brisk Systems"]),
        ("The Ministry of Roads and Harbours met.", ["Ministry of Roads and Harbours"]),
        ("The Ministry of Industry and Coastal Works said so.", ["Ministry of Industry and Coastal Works"]),
        ("In March they met Norvale’s chief.", ["Norvale"]),
        ("It sold KelpVision cameras.", ["KelpVision"]),
        ("KelpVision sold it.", ["KelpVision"]),
        ("Yesterday it rained. Rain fell. Meanwhile nothing.", []),
        ("See https://Www.Norvale.Example/Gate and @NorvaleOptics.", []),
        ("See www.Norvale.example, Lantern.example/Norvale.", []),
        ("They met İnova Optik and the Şişli Works.", ["İnova Optik", "Şişli Works"]),
        ("They met Norvale Optics Co., Ltd. there.", ["Norvale Optics Co"]),
    ],
)
def test_capitalised_names(text: str, names_in_it: list[str]) -> None:
    """Capitalised phrases are names; starts of sentences, calendar words, addresses and handles are not."""
    assert capitalised(text) == names_in_it


def test_names_off_the_list_are_known_without_their_legal_form():
    """The same name with and without a legal form is one firm."""
    text = "They met Norvale Optics Limited and Norvale Optics."
    assert [mention.firm for mention in capitalised_names(text)] == ["norvale optics"] * 2


def test_rows_of_one_id_in_two_files_are_one_firm(tmp_path: Path):
    """A user's own list adds forms to a firm that ships."""
    own = tmp_path / "own.csv"
    own.write_text(HEAD + "hikvision,Hikvision,company,,Quillon Cameras,brand,\n", encoding="utf-8")
    both = FirmNames.load(LISTED, own)
    assert [mention.firm for mention in both.find("Quillon Cameras")] == ["hikvision"]
    assert len(both.firms) == len(LIST.firms)


def test_a_form_that_two_firms_share_names_both(tmp_path: Path):
    """A name that is two firms' is both of them, for a person to tell apart."""
    own = tmp_path / "own.csv"
    own.write_text(HEAD + "one,One,company,,Norvale,alias,\ntwo,Two,company,,Norvale,alias,\n", encoding="utf-8")
    shared = FirmNames.load(own)
    assert {mention.firm for mention in shared.find("Norvale sold it.")} == {"one", "two"}
    assert [firm.id for firm in shared.resolve("norvale")] == ["one", "two"]


def test_a_list_without_its_columns_is_refused(tmp_path: Path):
    """A list that lacks a column is an error that names the file and the column."""
    own = tmp_path / "own.csv"
    own.write_text("id,name\none,One\n", encoding="utf-8")
    with pytest.raises(DossierError, match=r"own\.csv: column form, form_kind is missing"):
        FirmNames.load(own)


def test_an_empty_list_finds_nothing():
    """Without any names there is nothing to find, to resolve or to misspell, and no error."""
    nobody = FirmNames(())
    assert (nobody.find("Intel"), nobody.resolve("Intel"), nobody.misspelt("Intell")) == ((), (), None)
