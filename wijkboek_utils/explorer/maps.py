"""What the map of the explorer shows: a side, a line or the balance of a sector, by buurt."""

import numpy as np
import pandas as pd

from wijkboek_utils import allocate, ledger, regions, views
from wijkboek_utils.explorer.books import Year

GEMEENTE, RIJK = "gemeente", "rijk"
SECTORS = [GEMEENTE, "huishoudens", "bedrijven", "instellingen", RIJK]
BALANCE = "saldo"
_SIDES = {"in": "Komt binnen", "uit": "Gaat uit"}
_SIDES_RIJK = {"in": "Haalt", "uit": "Brengt"}


def sides(grootboek: pd.DataFrame, sector: str) -> pd.DataFrame:
    """Return the boekingen of a sector with `kant`, `wat` (the line) and `teken` (a sign).

    `grootboek` with `regel`. Lines are those of its account in the report.
    """
    if sector != GEMEENTE:
        rows = grootboek[(grootboek["naar"] == sector) | (grootboek["van"] == sector)]
        kant = np.where(rows["naar"] == sector, "in", "uit")
        return rows.assign(kant=kant, wat=rows["regel"], teken=1.0)
    rows = views.services(grootboek)
    out = views.is_expense(rows)
    sign = allocate.published_sign(rows).astype(float)
    payer = rows["van"].astype("str").where(sign > 0, rows["naar"].astype("str"))
    wat = rows["domein"].astype("str").str.capitalize().where(out, payer.map(views.SECTOR_NAMES))
    return rows.assign(kant=np.where(out, "uit", "in"), wat=wat, teken=sign)


def layers(rows: pd.DataFrame, sector: str) -> dict[str, str]:
    """Return what the map can show, by key (`uit:`, `in:AOW`, `saldo`); `rows` as `sides`."""
    names = _SIDES_RIJK if sector == RIJK else _SIDES
    order = ["uit", "in"] if sector in (GEMEENTE, RIJK) else ["in", "uit"]
    found = {f"{side}:": f"{names[side]}, samen" for side in order}
    found[BALANCE] = "Brengt min haalt" if sector == RIJK else "Komt binnen min gaat uit"
    for side in order:
        lines = rows.loc[rows["kant"] == side, "wat"].unique()
        found |= {f"{side}:{line}": f"{names[side]}: {line}" for line in sorted(lines)}
    return found


def per_buurt(year: Year, rows: pd.DataFrame, sector: str, kleur: str) -> pd.DataFrame:
    """Return of each buurt `buurt`, `naam`, `bedrag`, `se` in EUR, and `inwoners`.

    `rows` as `sides`, `kleur` a key of `layers`. Totals of households are missing where no income
    of the buurt is known.
    """
    if kleur == BALANCE:
        direction = {"in": 1.0, "uit": -1.0}
        if sector == RIJK:  # as in its account: what it brings, less what it takes
            direction = {"in": -1.0, "uit": 1.0}
        sign = rows["teken"] * rows["kant"].map(direction)
    else:
        side, _, line = kleur.partition(":")
        rows = rows[(rows["kant"] == side) & ((rows["wat"] == line) | (line == ""))]
        sign = rows["teken"]
    whole = pd.Series(1.0, index=year.gebied["buurt"])
    found = ledger.totals(rows, whole, ["buurt"], sign=sign).set_index("buurt")
    table = year.gebied.loc[~regions.is_rest(year.gebied["buurt"]), ["buurt", "naam"]]
    table = table.join(found[["bedrag", "se"]], on="buurt").reset_index(drop=True)
    if sector == "huishoudens" and kleur in ("in:", "uit:", BALANCE):
        # Without income there is no tax either: what is left of the lines is no total.
        inkomen = year.boeken.inkomen
        known = set(inkomen.loc[inkomen["bedrag"].notna(), "buurt"])
        unknown = ~table["buurt"].isin(known)
        table[["bedrag", "se"]] = table[["bedrag", "se"]].mask(unknown)
    return table.assign(inwoners=table["buurt"].map(year.inwoners))
