"""Find the columns of a table by title, path and unit: their numbers change inside a table."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import pandas as pd

from wijkboek_utils import dutch, sources
from wijkboek_utils.errors import Fout

_NEAR = 3  # candidates to show
_FACTS = ["key", "eenheid", "decimalen"]
# What CBS writes for: no longer published, in a later version, secret or absent, no figure.
_NO_FIGURE = [-99991, -99995, -99997, -99998]


@dataclass(frozen=True)
class Columns:
    """What was found: a row per onderwerp (`onderwerp`, `key`, `eenheid`, `decimalen`).

    `missing` says in Dutch of each onderwerp that was not found which columns come nearest.
    """

    found: pd.DataFrame
    missing: dict[str, str]


def wanted(jaar: int) -> pd.DataFrame:
    """Return the places where a topic may stand in the KWB table of a year.

    Columns as `onderwerpen.csv`. One onderwerp can have several places: CBS renames its groups.
    """
    table = sources.read_project_table("onderwerpen")
    first, last = table["van"].astype(int), table["tot"].replace("", "9999").astype(int)
    return table[(first <= jaar) & (jaar <= last)]


def find(topics: pd.DataFrame, places: pd.DataFrame, table: str) -> Columns:
    """Return which column of a table each onderwerp is.

    `topics` as from `odata.topics`; `places` as from `wanted`. A title counts only below the path
    that goes with it: titles repeat. Raises Fout when a unit is not what we compute with, or when
    two columns have the same title and path.
    """
    topics, places = (t.assign(plek=_place(t)) for t in (topics, places))
    there: dict[str, list[dict[str, Any]]] = {}
    for topic in topics.to_dict("records"):
        there.setdefault(topic["plek"], []).append(topic)
    asked: dict[str, list[dict[str, Any]]] = {}
    for place in places.to_dict("records"):
        asked.setdefault(place["onderwerp"], []).append(place)
    found, missing = [], {}
    for onderwerp, rows in asked.items():
        units = {row["plek"]: row["eenheid"] for row in rows}
        hits = [topic for plek in units for topic in there.get(plek, [])]
        if len(hits) > 1:
            keys = [key for key in topics["key"] if key in {hit["key"] for hit in hits}]
            raise Fout(
                f"Tabel {table}: {len(hits)} kolommen heten «{rows[0]['titel']}» en staan op "
                f"dezelfde plek ({', '.join(keys)}). Wij kunnen niet kiezen."
            )
        if not hits:
            missing[onderwerp] = _vanished(rows[0], topics, table)
            continue
        hit = hits[0]
        unit = units[hit["plek"]]
        if unit_of(unit) != unit_of(hit["eenheid"]):
            raise Fout(
                f"Tabel {table}: de eenheid van «{hit['titel']}» ({hit['pad']}) was «{unit}» en is "
                f"nu «{hit['eenheid']}». Pas onderwerpen.csv en de berekening aan voordat deze "
                "cijfers worden gebruikt."
            )
        found.append({"onderwerp": onderwerp, **{k: hit[k] for k in _FACTS}})
    return Columns(pd.DataFrame(found, columns=["onderwerp", *_FACTS]), missing)


def figures(values: pd.Series) -> pd.Series:
    """Return a column of a table as numbers; missing where CBS gives no figure."""
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers.mask(numbers.isin(_NO_FIGURE))


def _place(table: pd.DataFrame) -> pd.Series:
    return (table["pad"] + " > " + table["titel"]).map(_plain)


def _plain(text: str) -> str:
    """Return a title without what carries no meaning: capitals and spaces."""
    return re.sub(r"\s+", "", text.casefold())


def unit_of(text: str) -> str:
    """Return a unit in one spelling: `x 1 000 euro` and `1 000 euro` are the same."""
    return re.sub(r"^x(?=\d)", "", _plain(text))


def _vanished(place: dict[str, Any], topics: pd.DataFrame, table: str) -> str:
    """Return the message that a column is gone, with the nearest that are there."""
    titel, pad = place["titel"], place["pad"]
    near = topics[topics["titel"].map(_plain) == _plain(titel)].head(_NEAR)
    if near.empty:
        likeness = [SequenceMatcher(None, place["plek"], other).ratio() for other in topics["plek"]]
        near = topics.assign(likeness=likeness).nlargest(_NEAR, "likeness")
    shown = [f"«{r.titel}» ({r.pad})" for r in near.itertuples()]
    return (
        f"Tabel {table} heeft geen kolom «{titel}» ({pad}). Het meest lijkt "
        f"{dutch.join(shown, 'of')}. Is dat dezelfde, zet die plek dan in onderwerpen.csv."
    )
