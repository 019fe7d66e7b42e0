from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from specimens import ABSENT, BINOCULARS, CAMERAS, COMPILED, DRAFTS, IN_CHINESE, LISTING, METERS, PARTNER, QUESTIONS

from app.asking import Watch
from app.dossier import LONGEST_QUESTION, Dossier, shipped
from app.settings import Settings
from ingest.catalog import Catalog
from ingest.errors import DossierError, NotFoundError
from ingest.library import Library
from ingest.places import Places
from ingest.records import Filters

if TYPE_CHECKING:
    from pathlib import Path

    from app.answers import Answer, Slice
    from ingest.embed import Embedder

pytest_plugins = ["specimens"]


def check_slice(dossier: Dossier, document_id: str, slice_: Slice) -> None:
    document = dossier.library.document(document_id)
    place = slice_.place
    assert slice_.quote == document.text[place.start : place.end]
    places = Places(document).of(place.start, place.end, None)
    assert (place.page, place.page_label, place.paragraph) == (places.page, places.page_label, places.paragraph)
    if document.pages:
        page = document.pages[(place.page or 0) - 1]
        assert page.start <= place.start < page.end
        assert place.paragraph is None
    else:
        numbered = [block for block in document.blocks if block.kind != "heading"]
        block = numbered[(place.paragraph or 0) - 1]
        assert block.start <= place.start < block.end


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_is_a_slice(dossier: Dossier, answers: dict[str, Answer], question: str) -> None:
    """Every quote and every slice of context is the text of its document at the page or paragraph that it names."""
    answer = answers[question]
    for citation in (*answer.citations, *answer.nearest):
        assert citation.quote_verified
        assert len(citation.quote.quote) <= 600
        for slice_ in (citation.quote, *citation.context):
            check_slice(dossier, citation.document.id, slice_)


@pytest.mark.parametrize("question", QUESTIONS)
def test_text_sentences_and_citations_agree(answers: dict[str, Answer], question: str) -> None:
    """The marks in the text, the numbers of the sentences and those of the citations are the same, from 1 upwards."""
    answer = answers[question]
    numbers = [citation.number for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {number for sentence in answer.sentences for number in sentence.citations} == set(numbers)
    around = answer.text
    for citation in answer.citations:
        around = around.replace(citation.quote.quote, "")
    assert {int(mark) for mark in re.findall(r"\[(\d+)\]", around)} == set(numbers)
    assert bool(answer.citations) is answer.answered is (answer.outcome == "answered")
    if answer.sentences:
        assert answer.text == "\n".join(sentence.text for sentence in answer.sentences)
    assert all(sentence.citations for sentence in answer.sentences)
    for citation in answer.citations:
        citing = [sentence.text for sentence in answer.sentences if citation.number in sentence.citations]
        assert any(citation.quote.quote in text for text in citing)


def test_a_page_is_cited_from_a_paginated_report(answers: dict[str, Answer]) -> None:
    """A quote from a PDF stands on a page and in no paragraph."""
    places = [citation.quote.place for citation in answers[LISTING].citations if citation.document.kind == "report"]
    assert places
    assert all(place.page is not None and place.paragraph is None for place in places)


def test_a_denial_stands_beside_its_claim(answers: dict[str, Answer]) -> None:
    """An answer that quotes a claim quotes the denial in the next sentence too."""
    quotes = [citation.quote.quote for citation in answers[CAMERAS].citations]
    assert any("claims that it supplied" in quote for quote in quotes)
    assert any("denies that any of them" in quote for quote in quotes)
    quotes = [citation.quote.quote for citation in answers[PARTNER].citations]
    assert any(quote.startswith("Microsoft denies it") for quote in quotes)


def test_an_antecedent_is_shown(answers: dict[str, Answer]) -> None:
    """A sentence that begins with "Both firms" brings the one that names them, in its quote or as its context."""
    (both,) = [citation for citation in answers[DRAFTS].citations if "Both firms were paid" in citation.quote.quote]
    known = [both.quote.quote, *(slice_.quote for slice_ in both.context)]
    assert any("Quillon Optics and Tamber Vision bid" in quote for quote in known)


def test_who_speaks_is_shown(answers: dict[str, Answer]) -> None:
    """A quoted voice is named, with the introduction or signature that proves it as context."""
    for question, speaker, proof in (
        (BINOCULARS, "Mara Lindqvist", "Mara Lindqvist wrote"),
        (METERS, "Ines Okoro", "— Ines Okoro"),
    ):
        citation = answers[question].citations[0]
        assert citation.quote.place.speaker == speaker
        assert any(slice_.quote.startswith(proof) for slice_ in citation.context)
        assert answers[question].text.startswith(f"{speaker}, quoted by ")


def test_an_absent_firm_is_said_to_be_absent(answers: dict[str, Answer]) -> None:
    """A firm that no source names gives no answer, but its name, what was searched and the nearest passages."""
    answer = answers[ABSENT]
    assert answer.outcome == "not_in_sources"
    assert not answer.answered
    assert answer.searched.firms_not_found == ("Palantir",)
    assert answer.text == "The sources do not say: Palantir is named nowhere in them."
    assert answer.citations == answer.sentences == ()
    assert 1 <= len(answer.nearest) <= 2
    assert answer.searched.documents
    assert answer.searched.passages


def test_one_absent_firm_of_two(dossier: Dossier) -> None:
    """A question about two firms of which one is absent names the absent one only."""
    answer = dossier.ask("Did Tamber Vision work with Ravenscar Systems?")
    assert answer.searched.firms_not_found == ("Ravenscar Systems",)
    assert answer.outcome == "not_in_sources"


def test_several_absent_firms(dossier: Dossier) -> None:
    """Two absent firms are both named, in a whole sentence."""
    answer = dossier.ask("Did Ravenscar Systems buy Oakley Drones?")
    assert answer.text == "The sources do not say: Ravenscar Systems and Oakley Drones are named nowhere in them."


def test_a_firm_absent_from_what_was_searched(dossier: Dossier) -> None:
    """With filters, a firm that only other documents name is not found, and nothing is quoted for it."""
    answer = dossier.ask("What did Tamber Vision sell?", Filters(publisher="Harrow Wire"))
    assert answer.outcome == "not_in_sources"
    assert answer.searched.firms_not_found == ("Tamber Vision",)
    assert answer.searched.documents == 1


def test_filters_that_leave_nothing(dossier: Dossier) -> None:
    """Filters that no document meets are named as the reason, not an empty store."""
    answer = dossier.ask("Who supplied cameras?", Filters(publisher="None such"))
    assert answer.outcome == "not_in_sources"
    assert (answer.searched.documents, answer.searched.passages) == (0, 0)
    assert answer.text == "The sources do not say: the filters leave no document to search. Widen them."


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    """Without documents there is no answer, and the way to add some is named."""
    with Dossier(Settings(home=tmp_path / "store", compiled=COMPILED)) as empty:
        answer = empty.ask("Who supplied cameras?")
    assert answer.outcome == "not_in_sources"
    assert "`dossier ingest`" in answer.text
    assert answer.nearest == answer.citations == ()


@pytest.mark.parametrize("question", ["", " \n\t "])
def test_an_empty_question_is_refused(dossier: Dossier, question: str) -> None:
    """An empty question is an error with an example."""
    with pytest.raises(DossierError, match="The question is empty"):
        dossier.ask(question)
    with pytest.raises(DossierError, match="The question is empty"):
        dossier.search(question, 3)


def test_a_long_question_is_refused(dossier: Dossier) -> None:
    """A question may have 4,000 characters, and one more is an error that names both numbers."""
    with pytest.raises(DossierError, match=r"4,001 characters; 4,000 is the most"):
        dossier.ask("x" * (LONGEST_QUESTION + 1))
    assert dossier.search("x" * LONGEST_QUESTION, 1)


@pytest.mark.parametrize(
    "question", ["'; DROP TABLE documents; --", '"unclosed NEAR(', "* OR *", "{}[]()", "\N{PILE OF POO}", "a\0b"]
)
def test_a_question_is_never_syntax(dossier: Dossier, question: str) -> None:
    """Whatever characters a question holds, it is searched for as words."""
    assert dossier.search(question, 2)


@pytest.mark.parametrize(
    ("typed", "firm"),
    [
        ("Hik-Vision", "hikvision"),
        ("海康威视", "hikvision"),
        ("hikvsion", "hikvision"),
        ("Quillon Optics", "quillon optics"),
        (None, None),
    ],
)
def test_a_filter_takes_any_name_of_a_firm(dossier: Dossier, typed: str | None, firm: str | None) -> None:
    """A firm is filtered by, whatever form of its name was typed, listed or not."""
    assert dossier.filters(firm=typed).firm == firm


def test_what_else_was_searched_is_said(answers: dict[str, Answer]) -> None:
    """The other forms of the names asked for are listed, and the form asked is not."""
    also = answers[IN_CHINESE].searched.also_searched
    assert "Hikvision" in also
    assert "海康威视" not in also


def test_seconds_add_up(answers: dict[str, Answer]) -> None:
    """The seconds of the parts make the whole."""
    seconds = answers[CAMERAS].seconds
    assert seconds["total"] == pytest.approx(seconds["retrieve"] + seconds["answer"])


def test_a_folder_is_read_in_order(tmp_path: Path, embedder: Embedder) -> None:
    """A folder gives its files by name, those of inner folders too, hidden ones not."""
    folder = tmp_path / "reports"
    (folder / "inner").mkdir(parents=True)
    for name in ("b.txt", "a.txt", "inner/c.txt", ".hidden.txt"):
        (folder / name).write_text(f"The clerk of {name} counted the barrels twice.")
    with Dossier(Settings(home=tmp_path / "store", compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder
        assert [receipt.name for receipt in dossier.add_paths([folder])] == ["a.txt", "b.txt", "c.txt"]


def test_how_much_of_all_is_done(tmp_path: Path, embedder: Embedder) -> None:
    """Who waits for many files is told a share of all their bytes, which never falls and ends at the whole."""
    folder, told = tmp_path / "reports", []
    folder.mkdir()
    for name, often in (("a.txt", 1), ("b.txt", 40), ("empty.txt", 0), ("c.txt", 3)):
        (folder / name).write_text("The clerk of Ostrel counted the barrels twice. " * often)
    with Dossier(Settings(home=tmp_path / "store", compiled=COMPILED)) as dossier:
        dossier.library.embedder = embedder
        for _ in dossier.add_paths([folder], told.append):
            pass
    shares = [one.share for one in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert len(set(shares)) > 3


def test_a_path_that_is_not_there(dossier: Dossier, tmp_path: Path) -> None:
    """A path that is not there is a failed receipt that names it."""
    (receipt,) = dossier.add_paths([tmp_path / "nowhere"])
    assert (receipt.id, receipt.status) == (None, "failed")
    assert "nowhere is not there" in (receipt.error or "")


def test_what_ships_is_there() -> None:
    """The collection that ships is briefs and a report."""
    assert {path.suffix for path in shipped()} == {".md", ".pdf"}
    assert all(path.is_file() for path in shipped())


def test_tracing_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracing service that the environment names is never used."""
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGCHAIN_TRACING_V2", "true")
    with Dossier(Settings(home=tmp_path / "store", compiled=COMPILED)):
        assert "LANGSMITH_TRACING" not in os.environ
        assert "LANGCHAIN_TRACING_V2" not in os.environ


def test_what_stands_around_a_quote(dossier: Dossier, answers: dict[str, Answer]) -> None:
    """A quote and what stands around it are one slice of its document; there is none once the document is gone."""
    for answer in answers.values():
        for citation in (*answer.citations, *answer.nearest):
            around = dossier.surroundings(citation)
            assert around is not None
            whole = f"{around[0]}{citation.quote.quote}{around[1]}"
            assert whole.strip("… ") in dossier.library.document(citation.document.id).text
            removed = replace(citation, document=replace(citation.document, id="gone"))
            assert dossier.surroundings(removed) is None


def test_each_step_is_told_and_may_end_the_work(dossier: Dossier) -> None:
    """Who watches a question is told each step, and what it raises ends the work."""
    steps: list[str] = []
    dossier.ask(CAMERAS, watch=Watch(steps.append))
    assert [step.split()[0] for step in steps] == ["Reading", "Searching", "Weighing"]

    def stop(step: str) -> None:
        if step.startswith("Searching"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dossier.ask(CAMERAS, watch=Watch(stop))


def test_a_question_to_some_documents(dossier: Dossier) -> None:
    """A question limited to some documents is answered by those alone."""
    sources = {entry.source.name: entry.source.id for entry in dossier.library.entries()}
    answer = dossier.ask(CAMERAS, dossier.filters(documents=[sources["gate.md"], sources["radios.md"]]))
    assert answer.searched.documents == 2
    assert {citation.document.name for citation in (*answer.citations, *answer.nearest)} <= {"gate.md", "radios.md"}
    assert dossier.ask(CAMERAS, dossier.filters(documents=[sources["port.md"]])).answered


@pytest.mark.parametrize("question", ["hello", "???", "How do I cook pasta?"])
def test_what_no_passage_bears_on_is_refused(dossier: Dossier, question: str) -> None:
    """A question that shares no word with meaning and no name with any passage is answered by nothing."""
    answer = dossier.ask(question)
    assert (answer.outcome, answer.citations) == ("not_in_sources", ())
    assert answer.nearest


def test_broken_characters_in_a_question_do_no_harm(dossier: Dossier) -> None:
    """A question with bytes that are no text is asked without them."""
    assert dossier.ask("Who supplied cameras\udcff?").question == "Who supplied cameras?"


def test_a_chinese_question_is_answered_from_chinese_text(library: Library, tmp_path: Path) -> None:
    """A question in Chinese that names no listed firm is answered by the passage that shares its words."""
    library.add("zh.txt", "雪亮工程在2019年覆盖了全市的摄像头。".encode())
    library.close()
    with Dossier(Settings(home=library.home, compiled=COMPILED)) as dossier:
        (citation,) = dossier.ask("摄像头覆盖了哪里？").citations
        assert citation.quote.quote == "雪亮工程在2019年覆盖了全市的摄像头。"


def test_a_unit_in_a_question_is_a_name_of_its_own(dossier: Dossier) -> None:
    """A unit of a listed firm is searched by its own name only, and is absent where only its parent is named."""
    answer = dossier.ask("What about China Mobile Limited?")
    assert answer.searched.firms_not_found == ("China Mobile Limited",)


def test_a_rare_name_among_many_like_words_is_found(library: Library) -> None:
    """A name is absent only if no passage of all that hold its words holds it with its capitals."""
    lines = [f"Crate {number} held one orange, ripe and round, from the grove." for number in range(130)]
    for number, line in enumerate(lines):
        library.add(f"{number}.txt", line.encode())
    library.add("last.txt", b"Many cameras, it is said in a longer sentence, were supplied by Orange to the police.")
    library.close()
    with Dossier(Settings(home=library.home, compiled=COMPILED)) as dossier:
        answer = dossier.ask("Were cameras supplied by Orange to the police?")
    assert answer.searched.firms_not_found == ()


@pytest.mark.parametrize(("owner", "name"), [(Catalog, "passages"), (Library, "document")])
def test_a_document_removed_in_the_midst_of_a_question(
    own_store: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    """A document that is removed while a question is answered is left out, and the question answered all the same."""
    reading = getattr(owner, name)
    with Dossier(Settings(home=own_store, compiled=COMPILED)) as opened:
        opened.library.embedder = embedder
        (port,) = [entry.source.id for entry in opened.library.entries() if entry.source.name == "port.md"]

        def removing(*arguments: object) -> object:
            monkeypatch.undo()
            found = reading(*arguments)
            opened.library.remove(port)
            return found if owner is Catalog else reading(*arguments)

        monkeypatch.setattr(owner, name, removing)
        answer = opened.ask(CAMERAS)
        with pytest.raises(NotFoundError):
            opened.library.document(port)
    assert port not in {citation.document.id for citation in (*answer.citations, *answer.nearest)}


def test_all_passages_removed_in_the_midst_of_a_question(
    own_store: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question whose passages are all removed while they are weighed is no error, and the next one says so."""
    reading = Catalog.vectors
    with Dossier(Settings(home=own_store, compiled=COMPILED)) as opened:
        opened.library.embedder = embedder

        def removing(catalog: Catalog, ids: list[str]) -> object:
            monkeypatch.undo()
            opened.library.remove(*[entry.source.id for entry in opened.library.entries()])
            return reading(catalog, ids)

        _ = opened.library.neighbors.index  # whose opening reads vectors, too
        monkeypatch.setattr(Catalog, "vectors", removing)
        opened.ask(CAMERAS)
        assert opened.library.entries() == []
        assert opened.ask(CAMERAS).outcome == "not_in_sources"
