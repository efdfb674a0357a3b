"""What a need or an offer says, in terms that can be compared: words, quantities and times.

No more than a short list that anybody can read and correct does it (`tables/bakkerij.csv`): words
that say nothing, words that only repeat the kind, words for the same thing, units and times.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import pandas as pd

from wijkboek_utils import regions, sources

_MISSPELT = {"v": "f", "z": "s"}  # how a stem ends: brieven and brief, huizen and huis
_NOT = {"niet", "geen", "behalve", "uitgezonderd"}
_SHORT = 3  # letters that a stem keeps at least


@cache
def table(role: str) -> pd.DataFrame:
    """Return the rows of `bakkerij.csv` with a role: `categorie`, `woord`, `is`, `waarde` and more.

    Roles: punten and gewicht (of a match), stopwoord, soortwoord, zelfde, eenheid, dag, dagdeel and
    post (which posts of the grootboek go with a category).
    """
    rows = sources.read_project_table("bakkerij")
    return rows[rows["rol"] == role].reset_index(drop=True)


@cache
def points(part: str, what: str) -> float:
    """Return the points, 0 to 1, that a part of a match is given."""
    rows = table("punten")
    return float(rows.loc[(rows["categorie"] == part) & (rows["woord"] == what), "waarde"].item())


@cache
def weights() -> dict[str, float]:
    """Return how much each part of a match counts."""
    rows = table("gewicht")
    return dict(zip(rows["categorie"], rows["waarde"].astype(float), strict=True))


def key(text: object) -> str:
    """Return a name as it is compared: without case, accents and double spaces; missing is ``."""
    if not isinstance(text, str):
        return ""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).lower().split())


def stem(word: str) -> str:
    """Return a Dutch word without the ending of a plural or diminutive and without double letters.

    Rough, and the same for all: `bomen` and `boom` give `bom`, `taarten` and `taartje` `tart`.
    """
    return re.sub(r"(.)\1", r"\1", _bare(word))


def _bare(word: str) -> str:
    """Return a word without those endings; `huizen` is `huis`, `lessen` is `les`."""
    for ending in (r"(?<=[lrnmejao])s", "je", "en"):
        shorter = re.sub(rf"{ending}$", "", word)
        word = shorter if len(shorter) >= _SHORT and shorter[-2:] != "le" else word
    last = _MISSPELT.get(word[-1], word[-1])
    return word[:-1] if word[-2:-1] == word[-1] == last else word[:-1] + last


@cache
def core(text: str, category: str) -> Mapping[str, str]:
    """Return the stems of what a text says beside its category, each with its word.

    Empty when it says no more. A word for the kind is dropped, also at the end of a longer one:
    `vergaderruimte` is `vergader`.
    """
    kinds = _kind_words(category)
    found: dict[str, str] = {}
    for word in re.findall(r"[a-z]+", key(text)):
        root = _bare(word) if len(word) >= _SHORT else ""
        if not root or stem(word) in _stop_words() or root in kinds:
            continue
        ending = next((k for k in kinds if root.endswith(k) and len(root) - len(k) >= _SHORT), "")
        root = stem(root.removesuffix(ending))
        found[_same().get(root, root)] = word
    return MappingProxyType(found)


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(stem(w) for w in " ".join(table("stopwoord")["woorden"]).split())


@cache
def _kind_words(category: str) -> tuple[str, ...]:
    rows = table("soortwoord")
    rows = rows[rows["categorie"] == category]
    words = {_bare(w) for w in " ".join([*rows["woord"], *rows["woorden"]]).split()}
    return tuple(sorted(words, key=lambda w: (-len(w), w)))


@cache
def _same() -> dict[str, str]:
    """Return the stem that stands for each stem of the words for the same thing."""
    rows = table("zelfde")
    pairs = zip(rows["woord"], rows["woorden"], strict=True)
    return {stem(w): stem(one) for one, more in pairs for w in [one, *more.split()]}


def alike(one: str, other: str) -> float:
    """Return 1 for the same stem, less when one is a kind of the other, and else 0.

    A Dutch compound ends in what it is: `tuingereedschap` is `gereedschap`.
    """
    if one == other:
        return 1.0
    long, short = sorted([one, other], key=len, reverse=True)
    return points("woorden", "deel") if len(short) > _SHORT and long.endswith(short) else 0.0


@cache
def _units() -> dict[str, tuple[str, float]]:
    found: dict[str, tuple[str, float]] = {}
    for row in table("eenheid").itertuples():
        known = (str(row.als), float(str(row.waarde)))
        found |= {key(name): known for name in [str(row.woord), *str(row.woorden).split(";")]}
    return found


def quantity(amount: float, unit: object) -> tuple[float, str]:
    """Return an amount in the unit that others are turned into, and that unit.

    An unknown unit stays what it is: the same word can be compared, another not.
    """
    unit_, factor = _units().get(key(unit), (key(unit), 1.0))
    return amount * factor, unit_


@cache
def times(text: str) -> int | None:
    """Return when in the week as 21 bits, a day of three parts each; None where words say nothing.

    A day without a part is all of it, a part without a day is of all days. What excludes (`niet`)
    is not understood, and unknown.
    """
    words = re.findall(r"[a-z]+|-", re.sub(r"t/m|tot en met", "-", key(text)))
    if _NOT & {*words}:
        return None
    exact, days, parts = 0, set(), set()
    until, last = False, None
    for word in words:
        if word == "-":
            until = last is not None
            continue
        day, part = _named("dag", word), _named("dagdeel", word)
        if until and day and last is not None:
            day = {d % 7 for d in range(last, last + (min(day) - last) % 7 + 1)}
        if day and part:
            exact |= _slots(day, part)
        else:
            days |= day
            parts |= part
        until, last = False, (max(day) if day else last)
    if days or parts:
        exact |= _slots(days or {*range(7)}, parts or {*range(3)})
    return exact or None


def _slots(days: set[int], parts: set[int]) -> int:
    return sum(1 << (3 * day + part) for day in days for part in parts)


@cache
def _named(role: str, word: str) -> set[int]:
    """Return the days, or parts of a day, in a word: `zaterdagochtend` has one of both."""
    found: set[int] = set()
    for row in table(role).itertuples():
        short = str(row.woorden).split()
        full = str(row.woord)
        whole = word in [full, *short]
        joined = word.startswith(full) if role == "dag" else word.endswith((full, *short))
        if whole or joined:
            found |= {int(n) for n in str(row.als).split()}
    return found


def here(rows: pd.DataFrame, gewichten: pd.DataFrame) -> pd.Series:
    """Return which rows lie in the gebied, or in no buurt: those are of the whole gemeente."""
    inside = gewichten.index[gewichten["gewicht"] > 0]
    buurt = rows["buurt"]
    return buurt.isna() | buurt.isin(inside) | regions.is_rest(buurt.fillna("")).astype(bool)
