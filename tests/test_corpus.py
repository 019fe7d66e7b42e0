from __future__ import annotations

import csv
import importlib.util
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "corpus"
PDF = CORPUS / "report" / "surveillance-supply-chains.pdf"
SEED = Path(os.environ.get("EVAL_DATA", ROOT.parent / "shared" / "eval")).parent / "seed"
BRIEFS = sorted((CORPUS / "briefs").glob("*.md"))

# The committed report was made with this version; another one may set the same text in other bytes.
REPORTLAB = "5.1.0"

FIRM_COLUMNS = ["id", "name", "kind", "country", "parent", "form", "form_kind", "source", "needs_context"]
SOURCE_COLUMNS = ["title", "publisher", "author", "published", "url", "host", "kind", "licence"]
FIRM_KINDS = {"company", "university", "government body", "publisher", "think tank"}
FORM_KINDS = {
    "canonical", "legal", "alias", "former", "brand", "chinese", "abbreviation", "misspelling", "unit",
}  # fmt: skip

ADDRESS = re.compile(r"https?://\S+")
SOURCE_LINE = re.compile(r"Sources?: (?:[^.]*https?://\S+)+$")
QUOTED = re.compile(r"[“\"][^”\"]*[”\"]")


def rows(name: str) -> list[dict[str, str]]:
    with (CORPUS / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def front_matter(brief: Path) -> dict[str, str]:
    _, head, _ = brief.read_text(encoding="utf-8").split("---\n", 2)
    return dict(line.split(": ", 1) for line in head.strip().splitlines())


def paragraphs(brief: Path) -> list[str]:
    body = brief.read_text(encoding="utf-8").split("---\n", 2)[2]
    return [block for block in body.strip().split("\n\n") if not block.startswith("#")]


def folded_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


@pytest.fixture(scope="module")
def make_report() -> ModuleType:
    pytest.importorskip("reportlab", reason="reportlab, which makes the report, is a development dependency")
    path = CORPUS / "report" / "make_report.py"
    spec = importlib.util.spec_from_file_location("make_report", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_enough_briefs() -> None:
    """At least twelve briefs ship with the product."""
    assert len(BRIEFS) >= 12


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: brief.stem)
def test_a_brief_says_what_it_is(brief: Path) -> None:
    """A brief names its title, publisher, date and language, and no address, since it has none."""
    head = front_matter(brief)
    assert head.keys() == {"title", "publisher", "published", "language"}
    assert head["publisher"] == "Dossier briefs"
    assert ": " not in head["title"]  # it would end the value in YAML
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", head["published"])
    assert f"\n# {head['title']}\n" in brief.read_text(encoding="utf-8")


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: brief.stem)
def test_a_brief_is_short(brief: Path) -> None:
    """A brief has 150 to 400 words, addresses not counted."""
    assert 150 <= len(ADDRESS.sub("", "\n".join(paragraphs(brief))).split()) <= 400


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: brief.stem)
def test_what_is_said_of_a_firm_has_a_source(brief: Path) -> None:
    """A paragraph that names a firm of the list ends with the address of its public source."""
    forms = {row["form"] for row in rows("firms.csv") if not row["needs_context"]}
    names = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(forms, key=len, reverse=True)))})\b")
    for paragraph in paragraphs(brief):
        assert SOURCE_LINE.search(paragraph) or not names.search(paragraph), paragraph


def test_every_address_is_on_record(make_report: ModuleType) -> None:
    """Every address in a brief or in the report stands in sources.csv or in firms.csv."""
    known = {row["url"] for row in rows("sources.csv")} | {row["source"] for row in rows("firms.csv")}
    texts = [*(brief.read_text(encoding="utf-8") for brief in BRIEFS), make_report.SOURCES]
    cited = {address for text in texts for address in ADDRESS.findall(text)}
    assert cited <= known


@pytest.mark.parametrize("name", ["firms.csv", "sources.csv"])
def test_a_table_is_no_spreadsheet_program(name: str) -> None:
    """No cell of a shipped table begins like a formula, and none has white space around it."""
    for row in rows(name):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@"))
            assert cell == cell.strip()


def test_each_firm_has_one_canonical_name() -> None:
    """Each firm has exactly one canonical form, which is its name, and one kind, country and parent."""
    firms: dict[str, list[dict[str, str]]] = {}
    for row in rows("firms.csv"):
        firms.setdefault(row["id"], []).append(row)
    for group in firms.values():
        assert [row["form"] for row in group if row["form_kind"] == "canonical"] == [group[0]["name"]]
        assert len({(row["name"], row["kind"], row["country"], row["parent"]) for row in group}) == 1


def test_firm_rows_are_well_formed() -> None:
    """Every row of firms.csv has the promised columns, kinds from fixed sets, and a public address."""
    table = rows("firms.csv")
    ids = {row["id"] for row in table}
    for row in table:
        assert list(row) == FIRM_COLUMNS
        assert re.fullmatch(r"[a-z0-9-]+", row["id"])
        assert row["kind"] in FIRM_KINDS
        assert row["form_kind"] in FORM_KINDS
        assert re.fullmatch(r"(?:[A-Z]{2})?", row["country"])
        assert row["parent"] in ids - {row["id"]} | {""}
        assert urlsplit(row["source"]).scheme in {"http", "https"}
        assert row["needs_context"] in {"", "yes"}
        assert row["needs_context"] or len(row["form"]) > 2 or not row["form"].isascii()


def test_a_form_names_one_firm() -> None:
    """No printed form belongs to two firms, so that a unit is never taken for its parent."""
    owners: dict[str, set[str]] = {}
    for row in rows("firms.csv"):
        owners.setdefault(row["form"].casefold(), set()).add(row["id"])
    assert [form for form, ids in owners.items() if len(ids) > 1] == []


def test_source_rows_are_well_formed() -> None:
    """Every row of sources.csv has the promised columns, its own address, a publisher, a licence and a real date."""
    table = rows("sources.csv")
    assert len({row["url"] for row in table}) == len(table)
    for row in table:
        assert list(row) == SOURCE_COLUMNS
        assert row["publisher"]
        assert row["licence"]
        assert row["kind"] in {"html", "pdf", "wordpress"}
        assert re.fullmatch(r"(?:\d{4}(?:-\d{2}(?:-\d{2})?)?)?", row["published"])


def test_a_host_has_one_publisher() -> None:
    """A host in sources.csv is that of the row's address and has one publisher; shared hosts are left empty."""
    publishers: dict[str, set[str]] = {}
    for row in rows("sources.csv"):
        host = (urlsplit(row["url"]).hostname or "").removeprefix("www.")
        assert row["host"] in {"", host}
        publishers.setdefault(host, set()).add(row["publisher"] if row["host"] else "")
    assert [host for host, names in publishers.items() if len(names) > 1] == []


def test_the_report_is_what_its_script_makes(make_report: ModuleType, tmp_path: Path) -> None:
    """The committed report equals, byte for byte, what the script beside it makes."""
    import reportlab

    if reportlab.Version != REPORTLAB:
        pytest.skip(f"the report was made with reportlab {REPORTLAB}, this is {reportlab.Version}")
    made = tmp_path / "report.pdf"
    make_report.make(made)
    assert made.read_bytes() == PDF.read_bytes()


def test_the_report_can_be_read() -> None:
    """The report has five to seven pages with text, a title, an author, numbered pages and a running head."""
    from pypdf import PdfReader

    reader = PdfReader(PDF)
    assert 5 <= len(reader.pages) <= 7
    assert reader.metadata is not None
    assert reader.metadata.author == "Dossier"
    assert reader.metadata.title
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text()
        assert "Surveillance supply chains" in text
        assert f"Page {number}" in text


def test_every_source_of_the_report_is_used(make_report: ModuleType) -> None:
    """Each source that the report's script lists is cited in the report."""
    cited = set(re.findall(r"\[([a-z0-9-]+)\]", make_report.REPORT + make_report.LISTINGS)) - {"table"}
    assert cited == make_report.Notes(make_report.SOURCES).addresses.keys()


def test_no_sentence_of_others_is_copied(make_report: ModuleType) -> None:
    """No eight words in a row of a brief or of the report stand in the seed article, quotations aside."""
    seeds = list(SEED.glob("*")) if SEED.is_dir() else []
    if not seeds:
        pytest.skip(f"no seed article in {SEED}; set EVAL_DATA to the folder beside it")
    raw = "\n".join(seed.read_text(encoding="utf-8") for seed in seeds)
    unescaped = re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), raw)
    theirs = folded_words(re.sub(r"<[^>]*>|\\[n/]", " ", unescaped))
    runs = {tuple(theirs[at : at + 8]) for at in range(len(theirs) - 7)}
    for text in [*("\n".join(paragraphs(brief)) for brief in BRIEFS), make_report.REPORT]:
        ours = folded_words(QUOTED.sub(" quotation ", text))
        copied = [" ".join(ours[at : at + 8]) for at in range(len(ours) - 7) if tuple(ours[at : at + 8]) in runs]
        assert copied == []
