"""Countries in text, by the names that English uses for them."""

from __future__ import annotations

import re

COUNTRIES = re.compile(
    r"\b(?:Afghanistan|America|Britain|Holland|Albania|Algeria|Andorra|Angola|Argentina|Armenia|Australia|Austria|Azerbaijan|Bahamas|Bahrain|"
    r"Bangladesh|Barbados|Belarus|Belgium|Belize|Benin|Bhutan|Bolivia|Bosnia|Botswana|Brazil|Brunei|Bulgaria|Burma|"
    r"Burundi|Cambodia|Cameroon|Canada|Chad|Chile|China|Colombia|Congo|Costa Rica|Croatia|Cuba|Cyprus|Czech|Denmark|"
    r"Djibouti|Dominican|Ecuador|Egypt|El Salvador|England|Eritrea|Estonia|Eswatini|Ethiopia|Fiji|Finland|France|Gabon|"
    r"Gambia|Georgia|Germany|Ghana|Greece|Guatemala|Guinea|Guyana|Haiti|Honduras|Hong Kong|Hungary|Iceland|India|"
    r"Indonesia|Iran|Iraq|Ireland|Israel|Italy|Ivory Coast|Jamaica|Japan|Jordan|Kazakhstan|Kenya|Korea|Kosovo|Kuwait|"
    r"Kyrgyzstan|Laos|Latvia|Lebanon|Lesotho|Liberia|Libya|Liechtenstein|Lithuania|Luxembourg|Macedonia|Madagascar|"
    r"Malawi|Malaysia|Maldives|Mali|Malta|Mauritania|Mauritius|Mexico|Moldova|Monaco|Mongolia|Montenegro|Morocco|"
    r"Mozambique|Myanmar|Namibia|Nepal|Netherlands|New Zealand|Nicaragua|Niger|Nigeria|Norway|Oman|Pakistan|Palestine|"
    r"Panama|Paraguay|Peru|Philippines|Poland|Portugal|Qatar|Romania|Russia|Rwanda|Saudi Arabia|Scotland|Senegal|"
    r"Serbia|Seychelles|Sierra Leone|Singapore|Slovakia|Slovenia|Somalia|South Africa|Spain|Sri Lanka|Sudan|Suriname|"
    r"Sweden|Switzerland|Syria|Taiwan|Tajikistan|Tanzania|Thailand|Togo|Tonga|Trinidad|Tunisia|Turkey|Türkiye|"
    r"Turkmenistan|Uganda|Ukraine|United Arab Emirates|UAE|United Kingdom|UK|United States|USA|Uruguay|Uzbekistan|"
    r"Venezuela|Vietnam|Wales|Yemen|Zambia|Zimbabwe)\b|\bU\.S\.|\bU\.K\.|\bUS\b"
)


def is_country(name: str) -> bool:
    """Tell whether a name is a country's."""
    return COUNTRIES.fullmatch(name) is not None


def is_of_country(word: str) -> bool:
    """Tell whether one word is a country's name or seems made of one: "Iraqi", "Canadians"."""
    return is_country(word) or (" " not in word and any(word.startswith(stem) for stem in _STEMS))


# Short names are the beginning of too many other words: "Chadwick".
_STEMS = tuple({name[:5] for name in re.findall(r"[A-Z][a-zü]{4,}", COUNTRIES.pattern)} | {"Iraqi", "Irani", "Omani"})
