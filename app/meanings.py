"""Words that mean something, as stems or as one of a line of words that mean the same; words that add nothing."""

from __future__ import annotations

import re
from functools import lru_cache

from app.words import IRREGULAR_FORMS, content_words, rarity
from ingest.firms import fold

# What is done, and what has an opposite: words of one line say much the same, and none may stand for another line.
_DEEDS = tuple(
    line.strip()
    for line in """
    sell sold sale supply supplier provide provider deliver ship export vendor furnish
    import
    buy bought purchase buyer procure
    order
    win won
    award
    lose lost
    invest investment investor fund finance back
    owns hold held retain keep kept owner
    stake share shareholder shareholding
    parent
    subsidiary
    unit
    belong
    acquire acquisition takeover
    merge merger
    divest
    build built construct develop developer manufacture
    partner partnership collaborate collaboration cooperate cooperation alliance
    license licence patent
    pay paid
    bribe
    cost price
    apologise apologize regret
    sue lawsuit
    fine fined
    penalty
    add addition include list listing
    sanction
    blacklist
    designate
    spy
    surveil surveillance
    monitor watch
    track
    hack
    leak
    expose exposure
    arrest
    detain
    imprison
    promise pledge vow
    accept agree
    abandon end terminate cancel stop cease drop close
    withdraw withdrew exit leave left
    delete remove erase delist
    train training teach
    support help assist
    threaten warn
    kill
    torture
    send sent transmit
    receive receipt
    try attempt
    fail failure
    manage succeed
    uphold affirm
    overturn reverse annul revoke rescind lift
    allow permit enable let
    ban prohibit forbid outlaw
    increase rise grow expand
    decrease reduce fall shrink
    oppose resist criticise condemn
    open
    inside
    outside
    north northern
    south southern
    east eastern
    west western
    early
    late
    high
    low
    large
    small
    old
    new
    male
    female
    public publicly
    private privately
    civilian
    military
    foreign overseas
    domestic
    day
    week
    month
    year
    """.strip().splitlines()
)
# Words that may stand for one another.
_SAME = tuple(
    line.strip()
    for line in """
    find discover determine
    use employ serve
    begin start launch commence
    show reveal indicate demonstrate
    need require
    know aware
    break violate breach
    establish create set
    decline refuse
    respond reply response
    previous earlier prior
    joint jointly together
    basis foundation ground
    app application
    damage harm
    """.strip().splitlines()
)
# What tells that somebody else says so: as good as a hedge of the source's.
SAYS = re.compile(
    r"\b(?:according to|sa(?:ys?|id)|writ(?:es?|ten)|wrote|announc\w+|conclud\w+|report(?:s|ed|edly)?|"
    r"claim\w*|alleg\w+|argu\w+|state[sd]|(?<!was )(?<!were )(?<!been )(?<!never )told|found|suggest\w*|describ\w+|"
    r"quot\w+|call(?:s|ed)|note[sd]|assert\w*|insist\w*|maintain\w*|estimat\w+|accus\w+|"
    r"suspect\w*|believ\w+|expect\w*)\b",
    re.IGNORECASE,
)
# Words that add nothing to what is said.
PLAIN = re.compile(
    rf"{SAYS.pattern}|\b(?:cit(?:e[sd]?|ing)|answer\w*|saying|among|amongst|following|followed|"
    r"others?|another|besides?|briefs?|compan(?:y|ies)|firms?|spokes\w+|statements?|sources?|passages?|articles?|documents?|also|including|"
    r"however|well|named?|called|based|regarding|concerning|"
    r"asked(?= (?:for|about|to comment|whether|if|how|why|what|by))|put|ma(?:de|kes?|king)|taken?|took|via|whether)\b",
    re.IGNORECASE,
)
# "They own it" tells of owning, "their own" does not, and is no word of meaning elsewhere.
_OWN = re.compile(r"(?<!its )(?<!their )(?<!his )(?<!her )(?<!our )(?<!’s )(?<!'s )(?<!of )\bown\b")
# Past forms, by which a deed is found.
IRREGULAR = "|".join(
    sorted(IRREGULAR_FORMS | {"set", "put", "cut", "let", "sells", "buys", "supplies", "owns", "uses"})
)
VERB = re.compile(rf"\b(?:\w{{3,}}ed|used|{IRREGULAR})\b")
# What remains must be a word.
_UN = re.compile(r"\bun(?!(?:ions|less|like|likely)\b)([a-z]{4,})\b", re.IGNORECASE)
_NON = re.compile(r"\bnon-(?=[a-z]{3})", re.IGNORECASE)


@lru_cache(maxsize=1)
def _lines() -> dict[str, str]:
    """Return the line that each stem stands in."""
    return {stem: line for line in (*_SAME, *_DEEDS) for stem in content_words(line)}


def meanings(text: str) -> list[str]:
    """Return the words of a text that mean something: as stems, or as the line that a stem stands in."""
    # "List" is a word of questions, which mean nothing by it. An owner's "'s" is none.
    text = re.sub(r"\b(L|l)ists?\b", r"\1isting", re.sub(r"[’']s\b", "", text))
    return [_lines().get(stem, stem) for stem in content_words(without_un(text))]


def deeds(text: str) -> dict[str, str]:
    """Return what a text says is done, each as a line of words, with the stem that stands in it."""
    return {line: stem for stem in content_words(_OWN.sub("owns", text)) if (line := _lines().get(stem)) in _DEEDS}


def other_words(text: str) -> dict[str, str]:
    """Return the small words of a text that mean something and tell of no deed, by what they mean."""
    found: dict[str, str] = {}
    for word in re.findall(r"(?<![A-Za-z][’'])\b[a-z]\w+", without_un(text[:1].lower() + text[1:])):
        if not PLAIN.fullmatch(word) and not word.isdigit():
            found.update({meaning: word for meaning in meanings(word) if meaning not in _DEEDS})
    return found


def without_un(text: str) -> str:
    """Return a text with "not aware" in place of "unaware", and "not controlling" in place of "non-controlling"."""
    text = _NON.sub("not ", text)
    return _UN.sub(lambda match: f"not {match[1]}" if rarity(fold(match[1])) < 1 else match[0], text)
