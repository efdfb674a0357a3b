"""Find an area by its name as people type it: short forms, other accents, typos."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from wijkboek_utils.regions import KINDS, gemeente_of, is_code, wijk_of

MOST = 9  # places to choose from, so that one figure on the keyboard is enough
_SURE, _LIKE, _CLOSE = 85.0, 70.0, 6.0  # of 100: taken, shown, and as good as the best
_WORDS = {"st": "sint", "burg": "burgemeester", "pres": "president"}
_PAIRS = {("e", "o"): "en omgeving", ("a", "d"): "aan de", ("v", "d"): "van de"}
_NUMBERED = re.compile(r"wijk \d+ ")  # before the name of a wijk, as in Wijk 05 Oost


@dataclass(frozen=True)
class Place:
    """A gemeente, wijk, buurt or street, with the gemeente it lies in and other names of it."""

    code: str
    naam: str
    gemeente: str = ""
    ook: tuple[str, ...] = ()

    @property
    def soort(self) -> str:
        """Return what it is, in a word; what has no CBS code is a street."""
        return KINDS[self.code[:2]] if is_code(self.code) else "straat"

    @property
    def said(self) -> str:
        """Return it as in a list to choose from: `wijk Klarendal (Arnhem)`."""
        own = self.naam.casefold().startswith(f"{self.soort} ")  # as in Wijk 05 Oost
        name = self.naam if own else f"{self.soort} {self.naam}"
        return name + (f" ({self.gemeente})" if self.gemeente else "")


@dataclass(frozen=True)
class Found:
    """The places that a name may mean, best first; `exact` when one is really called so.

    `sure` says that a single place is meant, if only nearly written so.
    """

    places: tuple[Place, ...] = ()
    exact: bool = False
    sure: bool = False


@lru_cache(maxsize=100_000)
def plain(name: str) -> str:
    """Return a name without accents, capitals and signs, and with short forms written out."""
    bare = unicodedata.normalize("NFKD", name).casefold().replace("&", " en ")
    bare = re.sub(r"['’`´\u0300-\u036f]", "", bare)
    words = [_WORDS.get(word, word) for word in re.sub(r"[\W_]+", " ", bare).split()]
    for place, pair in reversed(list(enumerate(pairwise(words)))):
        if pair in _PAIRS:
            words[place : place + 2] = _PAIRS[pair].split()
    return " ".join(words)


def find(text: str, places: Sequence[Place]) -> Found:
    """Return what a text means among places: a code, a name, a part of one, or a name like it.

    Of places that fit equally well, those that lie inside another are left out: of a wijk and a
    buurt with one name the wijk is meant.
    """
    code = text.strip().upper()
    wanted = plain(text)
    if found := [p for p in places if p.code == code and is_code(code)]:
        return Found(tuple(found), exact=True, sure=True)
    if not wanted:
        return Found()
    for fits in (_is_name, _is_other_name, _has_words):
        hits = _outermost([place for place in places if fits(wanted, place)])
        if hits:
            exact = fits is not _has_words
            return Found(hits[:MOST], exact, sure=len(hits) == 1)
    return _like(wanted, places)


def _is_name(wanted: str, place: Place) -> bool:
    return wanted == plain(place.naam)


def _is_other_name(wanted: str, place: Place) -> bool:
    return wanted in _keys(place)


def _has_words(wanted: str, place: Place) -> bool:
    """Return whether the words stand in the name in this order; the last may be a beginning."""
    return any(f" {wanted}" in f" {key}" for key in _keys(place)) and len(wanted) > 2


def _keys(place: Place) -> list[str]:
    """Return the names by which a place may be called, plain, its own first."""
    own = plain(place.naam)
    bare = plain(re.sub(r"\([^)]*\)", " ", place.naam))
    short = _NUMBERED.sub("", bare).removesuffix(" en omgeving")
    parts = [plain(part) for part in re.split(r"/| & ", place.naam)]
    long = [part for part in parts if len(part) > 3]
    return list(dict.fromkeys([own, bare, short, *long, *map(plain, place.ook)]))


def _outermost(hits: list[Place]) -> tuple[Place, ...]:
    """Return the places that lie in no other of them."""
    codes = {place.code for place in hits}
    return tuple(p for p in hits if codes.isdisjoint(set(_around(p.code)) - {p.code}))


def _around(code: str) -> Iterable[str]:
    """Return the codes of the gemeente and wijk in which an area lies."""
    if not is_code(code) or code.startswith("GM"):
        return ()
    return (gemeente_of(code), wijk_of(code)) if code.startswith("BU") else (gemeente_of(code),)


def _like(wanted: str, places: Sequence[Place]) -> Found:
    """Return the places whose name is nearly what was typed."""
    scores = {p: max(fuzz.ratio(wanted, key) for key in _keys(p)) for p in places}
    best = max(scores.values(), default=0.0)
    near = [p for p in places if scores[p] >= max(best - _CLOSE, _LIKE)]
    near = sorted(_outermost(near), key=lambda p: -scores[p])
    return Found(tuple(near[:MOST]), sure=len(near) == 1 and best >= _SURE)
