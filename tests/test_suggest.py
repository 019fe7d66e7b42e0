from __future__ import annotations

from typing import TYPE_CHECKING

from app.suggest import suggestions

if TYPE_CHECKING:
    from app.dossier import Dossier
    from ingest.library import Library

pytest_plugins = ["specimens"]


def test_suggestions_are_of_the_collection(dossier: Dossier) -> None:
    """Each suggested question names a firm of the collection, and is answered from it."""
    asked = suggestions(dossier.library)
    assert len(asked) == len(set(asked)) == 4
    for question in asked:
        answer = dossier.ask(question)
        assert answer.answered, question
        assert answer.searched.firms_not_found == ()


def test_an_empty_collection_suggests_nothing(library: Library) -> None:
    """There is nothing to suggest where there are no documents."""
    assert suggestions(library) == []
