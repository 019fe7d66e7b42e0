from __future__ import annotations

import pytest

from app.countries import COUNTRIES, is_country, is_of_country


@pytest.mark.parametrize("name", ["Kenya", "South Africa", "U.S.", "Türkiye"])
def test_a_country_is_found(name: str) -> None:
    """A country's name is found in a sentence and is a country's."""
    match = COUNTRIES.search(f"It sold cameras to {name} in spring.")
    assert match is not None
    assert match[0] == name
    assert is_country(name)


@pytest.mark.parametrize("word", ["Iraqi", "Canadians", "Kenyan", "Kenya"])
def test_a_word_made_of_a_country(word: str) -> None:
    """A people's name or an adjective made of a country's name is told as such."""
    assert is_of_country(word)


@pytest.mark.parametrize("word", ["Hikvision", "Chadwick", "Jordanes Capital", "Palantir", "us"])
def test_other_names_are_no_countries(word: str) -> None:
    """A firm's name is no country's, also where it begins like one and has more words."""
    assert not is_of_country(word)
