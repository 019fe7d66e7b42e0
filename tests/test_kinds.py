from __future__ import annotations

import pytest

from app.kinds import holds, leaves_unnamed
from app.question import Question
from ingest.records import Voice


@pytest.mark.parametrize(
    ("want", "question", "text", "held"),
    [
        ("amount", "How much was paid?", "Quillon Optics paid $2.5 million for it.", True),
        ("amount", "How much was paid?", "It cost 40,000 crowns.", True),
        ("amount", "How much was paid?", "It received a strategic investment in 2010.", False),
        ("amount", "How much was paid?", "It won the bid of 12 firms.", False),
        ("duration", "How long are they kept?", "They are kept for two years.", True),
        ("duration", "How long are they kept?", "They are kept in 30-day batches.", True),
        ("duration", "How long has it been so?", "It has been so since 2013.", True),
        ("duration", "How long are they kept?", "They are kept in two places.", False),
        ("duration", "How long are they kept?", "They were sold two years ago.", False),
        ("duration", "How long are they kept?", "A 21-year-old man keeps them, from the 2019 budget.", False),
        ("duration", "How long are they kept?", "They cost $5 a day.", False),
        ("duration", "How long did it take?", "It took a year.", True),
        ("count", "How many cameras?", "It sold 300 cameras.", True),
        ("count", "How many trackers?", "Seven of the eight trackers leaked.", True),
        ("count", "How many cameras?", "It sold cameras in May 2019.", False),
        ("count", "How many machines?", "It dropped a copy of Psiphon 3.", False),
        ("count", "How many of the 28 are firms?", "It listed 28 bodies.", False),
        ("count", "How many people work there?", "It covered 28 public bodies and firms.", False),
        ("count", "How many?", "It sold 300 cameras.", True),
        ("count", "How many cameras did it sell?", "In 2013 it sold 13 cameras.", True),
        ("count", "How many people work there?", "It employs 300 people.", True),
        ("share", "What stake?", "It held a 49 percent stake.", True),
        ("share", "What stake?", "It sold a majority.", True),
        ("share", "What stake?", "It held a stake.", False),
        ("date", "When did it open?", "The port opened in 1962.", True),
        ("date", "When did he speak?", "He spoke to the committee last week.", True),
        ("date", "When was the 2018 order lifted?", "The order of 2018 was lifted.", False),
        ("date", "When was it?", "It was reported by the town.", False),
        ("date", "When was the order lifted?", "As a page of 19 March 2019 says, it left records open.", False),
        ("name", "Who is the chief executive of Vantry?", "Vantry was listed by the Weir Council.", False),
        ("name", "Who is Vantry's chief executive now?", "Vantry named Ines Okoro chief executive.", True),
        ("name", "Who sold gates?", "Gates were sold by Quillon Optics.", True),
        ("name", "Who paid Quillon Optics?", "Quillon Optics was paid.", False),
        ("name", "Who sold gates?", "Yamada sold the gates.", True),
        ("name", "Who sold gates?", "Gates were sold by somebody.", False),
        ("country", "Which countries?", "It exports to Ecuador and Kenya.", True),
        ("country", "To which countries do Chinese firms export?", "Firms in China export much.", False),
        ("reply", "How did it respond?", "A spokesperson declined to comment.", True),
        ("reply", "How did it respond?", "The paper gives the answers of both companies.", False),
        ("reply", "How did it respond?", "All mentions were deleted from its website.", False),
    ],
)
def test_what_a_sentence_holds(want: str, question: str, text: str, *, held: bool) -> None:
    """A sentence holds the kind of thing that is asked for only if it says more of it than the question does."""
    assert holds(want, text, None, Question(question)) is held  # type: ignore[arg-type]


def test_a_speaker_is_a_name() -> None:
    """Who says a sentence is a name that it holds."""
    voice = Voice("Ines Okoro", ())
    assert holds("name", "the gates were sold", voice, Question("Who says that gates were sold?"))


@pytest.mark.parametrize(
    ("question", "text", "unnamed"),
    [
        ("Which magazine took it down?", "A trade magazine took down an interview.", True),
        ("Which governments bought it?", "It was sold to foreign governments.", True),
        ("Which firms bid?", "Two firms bid: Quillon Optics and Tamber Vision.", False),
        ("Which firm bid?", "A firm, SenseNets, bid for it.", False),
        ("Which governments does it help?", "It helps the governments of Kenya and Peru.", False),
        ("Who took it down?", "A trade magazine took it down.", False),
    ],
)
def test_what_is_left_unnamed(question: str, text: str, *, unnamed: bool) -> None:
    """A sentence that tells of "a magazine" names none, and one that adds its name does."""
    assert leaves_unnamed(Question(question), text) is unnamed
