"""Small rules of Dutch grammar for sentences that are built from figures.

What may be said of two figures follows from their errors: a difference within the error is never
called more or less.
"""

import math
import re
from dataclasses import dataclass

from wijkboek_utils import dutch
from wijkboek_utils.dutch import Z90, is_known

# What can be said of one figure beside another.
HIGHER, LOWER, EQUAL, UNSURE, UNKNOWN = "hoger", "lager", "gelijk", "onzeker", "onbekend"

THAN = {
    HIGHER: "meer dan",
    LOWER: "minder dan",
    EQUAL: "ongeveer evenveel als",
    UNSURE: "niet duidelijk anders dan",
}
CHANGED = {HIGHER: "toegenomen", LOWER: "afgenomen", EQUAL: "ongeveer gelijk gebleven"}

_ALIKE = 0.03  # a smaller difference, as a share, is no difference to a reader
_NEAR = 0.10  # two figures are called equal when they cannot well differ by more than this

# A word that is written with an apostrophe keeps it small: 's Ochtends, 't Zand.
_FIRST = re.compile(r"(?P<small>(?:['\u2019][a-z] |\W)*)(?P<letter>ij|\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Noun:
    """A noun with its article: `Noun("wijk")`, `Noun("gebied", neuter=True)`."""

    word: str
    neuter: bool = False

    @property
    def the(self) -> str:
        """Return `de wijk` or `het gebied`."""
        return f"{'het' if self.neuter else 'de'} {self.word}"


def verb(count: float | None, one: str, many: str) -> str:
    """Return the form that goes with a count as it is printed: 1 `woont`, 0 or 2 `wonen`."""
    return one if dutch.is_one(count) else many


def verdict(a: float | None, se_a: float | None, b: float | None, se_b: float | None) -> str:
    """Return how `a` stands to `b`: HIGHER, LOWER, EQUAL, UNSURE or UNKNOWN.

    More or less only beyond the 90 % margin of the difference of two independent figures; equal
    only when that margin is small too. Without an error nothing is sure: a published figure has
    error 0.
    """
    if not is_known(a) or not is_known(b):
        return UNKNOWN
    if not is_known(se_a) or not is_known(se_b):
        return UNSURE
    gap, size = abs(a - b), max(abs(a), abs(b))
    margin = Z90 * math.hypot(se_a, se_b)
    if gap > margin and gap >= _ALIKE * size:
        return HIGHER if a > b else LOWER
    return EQUAL if gap + margin <= _NEAR * size else UNSURE


def compare(
    a: float | None,
    se_a: float | None,
    b: float | None,
    se_b: float | None,
    words: dict[str, str] = THAN,
) -> str:
    """Return the word for how `a` stands to `b`, as `meer dan`; empty where there is none.

    With `CHANGED`, `a` is the later figure and `b` the earlier one.
    """
    return words.get(verdict(a, se_a, b, se_b), "")


def against(others: list[tuple[str, str]], words: dict[str, str] = THAN) -> str:
    """Return `minder dan in Stad en in Nederland`, or `minder dan in Stad, maar meer dan in ...`.

    `others` are pairs of a verdict and what it is about, as `in Stad`; a verdict without a word is
    left out.
    """
    groups: dict[str, list[str]] = {}
    for found, place in others:
        if found in words:
            groups.setdefault(found, []).append(place)
    parts = [f"{words[found]} {dutch.join(places)}" for found, places in groups.items()]
    return ", maar ".join(parts)


def sentence_case(text: str) -> str:
    """Return text with its first letter a capital, as in `IJs`, `'s Ochtends` and `Eén`."""
    found = _FIRST.match(text)
    if not found:
        return text
    start, end = found.span("letter")
    capital = "E" if text[start:].startswith("éé") else text[start:end].upper()
    return text[:start] + capital + text[end:]


def sentence(*parts: str) -> str:
    """Return the parts that are not empty as one sentence: a capital, single spaces, one mark."""
    text = re.sub(r"[ \t\n]+", " ", " ".join(p for p in parts if p)).strip()
    if not text:
        return ""
    text = sentence_case(text)
    return text if text.endswith(("?", "!")) else f"{text.rstrip('. ')}."


def paragraph(*sentences: str) -> str:
    """Return the sentences that are not empty, with a space between them."""
    return " ".join(s for s in sentences if s)
