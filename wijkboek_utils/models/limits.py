"""Bounds that a council sets on moving money between goals, as a pilot gives them.

raadsgrenzen:
- {soort: uit doel, naam: minder bijstand, jaar: 2026, hoogstens: 50000}
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.errors import Fout, did_you_mean

# Which way a bound looks: money for other goals from a goal or one budget, or money to a goal.
OUT, IN, OF = "uit doel", "naar doel", "uit budget"
KINDS = (OUT, IN, OF)
LIMITS = {"soort": "str", "naam": "str", "jaar": "Int64", "hoogstens": "float64"}
_LONGEST = 200  # characters of a name
_WORDS = {
    OUT: "van geld voor «{}» mag naar andere doelen",
    IN: "van ander geld mag naar «{}»",
    OF: "van budget «{}» mag naar andere doelen",
}


def read(value: object, where: str) -> list[dict[str, Any]]:
    """Return the bounds under `raadsgrenzen` of a pilot, each with the columns of `LIMITS`.

    `jaar` is None where a bound holds for every year. Raises Fout for what cannot be read.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise Fout(
            f"{where}: hier horen regels van de vorm «- {{soort: {OUT}, naam: ..., hoogstens: "
            "50000}»."
        )
    return [_one(row, f"{where}, regel {n}") for n, row in enumerate(value, start=1)]


def _one(row: object, where: str) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise Fout(f"{where}: hier horen soort, naam en hoogstens, en soms jaar.")
    if odd := [str(name) for name in row if name not in LIMITS]:
        raise Fout(
            f"{where}: {odd[0]} is geen geldige instelling.{did_you_mean(odd[0], [*LIMITS])}"
        )
    if row.get("soort") not in KINDS:
        raise Fout(f"{where}: soort is {row.get('soort')!r}. Kies {dutch.join([*KINDS], 'of')}.")
    name, most, year = row.get("naam"), row.get("hoogstens"), row.get("jaar")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= _LONGEST:
        raise Fout(f"{where}: naam moet die van een doel of een budget zijn; er staat {name!r}.")
    if dutch.plain(name) != name:
        raise Fout(f"{where}: in naam staat een teken dat niemand ziet. Typ de naam opnieuw.")
    if isinstance(most, bool) or not isinstance(most, int | float) or not 0 <= most < 1e12:
        raise Fout(f"{where}: hoogstens moet een bedrag van nul euro of meer zijn, zoals 50000.")
    if year is not None and (isinstance(year, bool) or not isinstance(year, int)):
        raise Fout(f"{where}: jaar moet een getal zijn, zoals 2026, of ontbreken.")
    return {"soort": row["soort"], "naam": name.strip(), "jaar": year, "hoogstens": float(most)}


def table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return bounds as a frame of the columns `LIMITS`."""
    return pd.DataFrame(list(rows), columns=[*LIMITS]).astype(LIMITS)


def sentences(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what a council allows, a sentence each."""
    return [
        f"De gemeenteraad zegt: hoogstens {dutch.euro(row['hoogstens'])} per jaar "
        + _WORDS[row["soort"]].format(dutch.name(row["naam"]))
        + (f", in {row['jaar']}." if row["jaar"] else ".")
        for row in rows
    ]
