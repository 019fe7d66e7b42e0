from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from specimens import COMPILED

from app.dossier import Dossier
from app.settings import Settings

if TYPE_CHECKING:
    from app.answers import Answer
    from ingest.library import Library

pytest_plugins = ["specimens", "deals"]


def quotes(answer: Answer) -> list[str]:
    return [citation.quote.quote for citation in answer.citations]


def shown(answer: Answer) -> str:
    """Return all that an answer quotes, context included."""
    slices = [slice_ for one in answer.citations for slice_ in (*one.context, one.quote)]
    return " ".join(slice_.quote for slice_ in slices)


@pytest.mark.parametrize(
    "question",
    ["Did Tamber Vision invest in Ostra Capital, or Ostra Capital in Tamber Vision?", "Who invested in Tamber Vision?"],
)
def test_the_direction_is_the_sources(deals: Dossier, question: str) -> None:
    """Who did what to whom is told in the source's own sentence, whichever way the question has it."""
    answer = deals.ask(question)
    assert "Ostra Capital made a strategic investment in Tamber Vision in 2011." in quotes(answer)[0]
    assert not answer.text.startswith(("Yes", "No"))


def test_a_claim_and_its_denial_stand_together(deals: Dossier) -> None:
    """A claim is quoted with the denial right after it, and the answer says first that it holds both."""
    answer = deals.ask("Is Bellwether a partner of KelpNets?")
    assert quotes(answer) == [
        "KelpNets claims to have a partnership with Bellwether.",
        "(Bellwether denies that any such partnership exists.)",
    ]
    assert answer.text.startswith("The sources hold a claim and its denial [1][2].\n")
    assert answer.sentences[1].citations == (1, 2)


def test_a_denial_is_not_quoted_without_its_claim(deals: Dossier) -> None:
    """A denial that is quoted brings the sentence before it, which is what it denies."""
    found = quotes(deals.ask("Who denies that such a partnership exists?"))
    denial = next(at for at, quote in enumerate(found) if "denies" in quote)
    assert found[denial - 1] == "KelpNets claims to have a partnership with Bellwether."


def test_a_denial_in_the_next_passage_is_quoted(dossier: Dossier) -> None:
    """A denial that stands right after a quoted sentence is quoted with it, though a heading parts the two."""
    answer = dossier.ask("Who sold ninety radios to the abbey of Kessel?")
    assert quotes(answer)[:2] == [
        "Tamber Vision sold ninety radios to the abbey of Kessel.",
        "The abbey of Kessel denies that.",
    ]


def test_a_hedge_is_kept(deals: Dossier) -> None:
    """What is only reported stays so, and the sign against it in the same sentence stays too."""
    (quote,) = quotes(deals.ask("Has Bellwether definitely ended Project Gannet?"))
    assert "reportedly dropped in December, but clerks have seen possible signs" in quote


def test_a_past_state_is_not_todays(deals: Dossier) -> None:
    """Asked of today, a source of some date answers in part, in its own tense, and the answer says from when it is."""
    answer = deals.ask("Does Tamber Vision own 30 percent of KelpNets today?")
    assert answer.outcome == "partly"
    assert answer.answered
    assert "then held a 30 percent stake" in quotes(answer)[0]
    assert answer.text.endswith(
        "The sources do not say how it is now; what is quoted was published on 3 February 2019 [1]."
    )


@pytest.mark.parametrize(
    ("question", "said", "near"),
    [
        ("How much money did Ostra Capital put into Tamber Vision?",
         "about Ostra Capital and Tamber Vision gives a sum", "strategic investment"),
        ("What was Brambleton's official response?", "about Brambleton gives a reply", "deleted all mentions"),
        ("Which magazine took down the interview with the manager of Brambleton?", "gives a name", "A trade magazine"),
        ("Is Sarnia Chips on a sanctions list?", "about Sarnia Chips that answers this", "no sanctions are passed"),
    ],
)  # fmt: skip
def test_the_sources_do_not_say(deals: Dossier, question: str, said: str, near: str) -> None:
    """Where the kind of thing asked for is nowhere, the answer says so, states nothing, and shows what is nearest."""
    answer = deals.ask(question)
    assert (answer.outcome, answer.answered, answer.citations, answer.sentences) == ("not_in_sources", False, (), ())
    assert answer.text.startswith("The sources do not say: ")
    assert said in answer.text
    assert any(near in citation.quote.quote for citation in answer.nearest)


def test_a_false_premise_is_not_taken_over(deals: Dossier) -> None:
    """Asked why one did what the sources say of another, the answer says so and quotes what is said of each."""
    answer = deals.ask("Why did Tarn University sell face readers to the harbour police?")
    assert answer.outcome == "premise_not_supported"
    assert answer.text.startswith("The sources do not bear out what the question takes for granted [1]")
    assert "Sarnia Chips sold face readers" in shown(answer)
    assert "Tarn University shared samples" in shown(answer)


def test_a_list_has_a_line_a_quote(deals: Dossier) -> None:
    """A list question is answered in bullets, one a quote, unless one quote holds all."""
    answer = deals.ask("Which firms does Quillon Optics deal with?")
    lines = answer.text.splitlines()
    assert len(lines) > 1
    assert all(line.startswith("- ") for line in lines)
    (single,) = quotes(deals.ask("Which start-ups has Quillon Optics put money into?"))
    assert "Gannet Robotics and Skerry Drones" in single


def test_both_sides_of_a_comparison_are_quoted(deals: Dossier) -> None:
    """A comparison quotes something on each of the two, though one of them is far from the question's words."""
    answer = deals.ask("How does Bellwether differ from Brambleton?")
    assert "Bellwether" in shown(answer)
    assert "Brambleton" in shown(answer)


def test_who_both_firms_are_is_shown(deals: Dossier) -> None:
    """An answer that rests on "Both firms" shows who they are."""
    answer = deals.ask("What do Quillon Optics and Tamber Vision rely on for storage?")
    assert "Both firms rely on Bellwether, Sarnia Chips and Marlin Drives" in shown(answer)
    assert "Quillon Optics and Tamber Vision, the two largest makers" in shown(answer)
    assert "Ines Okoro, quoted by Ostrel Observer" in answer.text


def test_few_sentences_are_quoted(deals: Dossier) -> None:
    """An answer quotes two runs of sentences at most beside denials, none of them twice, none over 600 characters."""
    for question in ("What did Bellwether do?", "Who won contracts for jetties?", "What did Skerry Drones do?"):
        found = quotes(deals.ask(question))
        assert 1 <= len(found) <= 4
        assert len(set(found)) == len(found)
        assert all(len(quote) <= 600 for quote in found)


def test_a_firm_is_not_answered_with_anothers_deeds(deals: Dossier) -> None:
    """A firm that no source names is refused by name, and no deed of another stands in the answer."""
    for question in ("Did Ravenscar sell face readers to the harbour police?", "What about Ravenscar and Bellwether?"):
        answer = deals.ask(question)
        assert answer.outcome == "not_in_sources"
        assert answer.searched.firms_not_found == ("Ravenscar",)


def test_a_misspelt_name_of_the_collection_is_found(deals: Dossier) -> None:
    """A name that only the collection knows is found though it is misspelt, and what was searched is said."""
    answer = deals.ask("What does Skerri Drones do?")
    assert "Skerry Drones flies for the coast guard." in quotes(answer)
    assert "skerry drones" in answer.searched.also_searched


def test_a_follow_up_is_answered(deals: Dossier) -> None:
    """A follow-up is answered as it was understood, which the answer shows."""
    history = [
        {"role": "user", "content": "What did Brambleton do after the report?"},
        {"role": "assistant", "content": "It deleted all mentions."},
    ]
    answer = deals.ask("And Skerry Drones?", history=history)
    assert answer.question == "And Skerry Drones?"
    assert answer.standalone_question == "What did Skerry Drones do after the report?"


def test_a_stem_of_several_names_is_asked_back(dossier: Dossier) -> None:
    """A name that may mean two firms of the collection is asked back with both, and nothing is stated."""
    answer = dossier.ask("What did Sense sell?")
    assert answer.outcome == "ask_back"
    assert answer.text == "Which do you mean by Sense: SenseNets or SenseTime? The documents name each."
    assert (answer.answered, answer.citations, answer.sentences) == (False, (), ())


def test_a_list_goes_through_the_whole_collection(dossier: Dossier) -> None:
    """A list of firms has a line for each that a sentence like the others names, wherever it stands."""
    answer = dossier.ask("Which firms are on the Entity List?")
    for firm in ("Hikvision", "Dahua", "Megvii", "NetPosa", "NSO Group", "Sandvine"):
        assert firm in shown(answer)
    assert len([line for line in answer.text.splitlines() if line.startswith("- ")]) >= 4


def test_a_line_of_a_list_states_nothing_itself(dossier: Dossier) -> None:
    """A line of a list names no firm before its quote: to be in it is what the quote must say."""
    answer = dossier.ask("Which firms won contracts in Xinjiang?")
    heads = [line.split("“")[0] for line in answer.text.splitlines() if line.startswith("- ")]
    assert heads
    assert not any(firm in head for head in heads for firm in ("IPVM", "Hikvision", "Dahua"))


def test_denials_of_two_documents_do_not_hide_each_other(library: Library) -> None:
    """A denial is quoted with its claim though a sentence of another document has the same offsets."""
    claims = ("Alfatech sold face readers to Hotan.", "Alfatech lent radio masts to Marrow.")
    denials = ("That was rejected: the firm calls it groundless.", "This is disputed by a spokesman of Alfatech.")
    assert len({len(claim) for claim in claims}) == 1
    for number, text in enumerate(zip(claims, denials, strict=True)):
        library.add(f"{number}.txt", " ".join(text).encode())
    library.close()
    with Dossier(Settings(home=library.home, compiled=COMPILED)) as dossier:
        found = quotes(dossier.ask("Compare what Alfatech did in Hotan with what it did in Marrow."))
    assert [found[found.index(claim) + 1] for claim in claims] == list(denials)


def test_a_denial_some_sentences_on_is_quoted(library: Library) -> None:
    """A firm's denial that stands a few sentences after the claim about it is quoted with the claim."""
    text = (
        "Alfatech and Betacom tested an alarm for faces in Hotan. The page is a copy. Alfatech said it was a test.\n\n"
        "Nobody used it. Betacom denies the accusation too."
    )
    library.add("alarm.txt", text.encode())
    library.close()
    with Dossier(Settings(home=library.home, compiled=COMPILED)) as dossier:
        found = quotes(dossier.ask("Did Alfatech and Betacom try an alarm?"))
    assert "Betacom denies the accusation too." in found


def test_what_denies_nothing_is_no_denial(library: Library) -> None:
    """A "denial order" is no denial, nor is a denial of another matter in the next paragraph."""
    text = (
        "Alfatech sold radios to Hotan.\n\nA denial order against Betacom was another measure.\n\nHotan denies a flood."
    )
    library.add("radios.txt", text.encode())
    library.close()
    with Dossier(Settings(home=library.home, compiled=COMPILED)) as dossier:
        answer = dossier.ask("Who sold radios to Hotan?")
    assert "a claim and its denial" not in answer.text


def test_firms_that_are_never_named_together_are_not_related(dossier: Dossier) -> None:
    """Asked of a relation of two firms that no passage names together, the answer says so and shows each apart."""
    answer = dossier.ask("Is Hikvision a partner of SenseNets?")
    assert answer.outcome == "not_in_sources"
    assert answer.text == "The sources do not say: no passage names Hikvision and SenseNets together."
    near = [citation.quote.quote for citation in answer.nearest]
    assert any("Hikvision" in quote for quote in near)
    assert any("SenseNets" in quote for quote in near)


def test_two_firms_asked_of_side_by_side_need_not_stand_together(dossier: Dossier) -> None:
    """A question that asks of each of two firms is answered though no passage names both."""
    assert dossier.ask("What do the sources say about Hikvision and SenseNets?").answered
