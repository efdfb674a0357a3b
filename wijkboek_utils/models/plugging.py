"""Stekkeren: who plugs what into the wijkbedrijf and gets what out of it.

System partners bring money and get results; residents bring time and get work, training, company
and pay. The more plugs, the more can be done together: what that saves covers the costs of the
wijkbedrijf first, and what is left is for all.
"""

import numpy as np
import pandas as pd

from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models import enterprise, ranges
from wijkboek_utils.models.enterprise_books import (
    EURO,
    FIXED,
    HOURS,
    SAVED,
    SHARED,
    all_years,
    synergy,
    work,
)

RESIDENTS = "bewoners"
GEMEENTE, OTHERS = "gemeente", "bedrijven en bewoners als klant"
PARTIES = {
    "corporatie": "woningcorporatie",
    "zorg": "welzijn en zorg",
    "onderwijs": "school",
}
SYSTEM = [GEMEENTE, *PARTIES.values(), OTHERS]
NOTHING = "nog niets"
PLUGS = ["partij", "stekker", "geld", "geld_laag", "geld_hoog", "uren", "uren_laag", "uren_hoog"]
PLUGS += ["krijgt", "pakketten"]
SYNERGY = ["stekkers", "deel", "bedrag", "dekt", "over"]
_PAYS = "opdrachten"
_GETS = "gedaan werk, in deze uren"
_LIVES = {
    "uren van bewoners": "loon of participatieloon, werkervaring",
    "uren van vrijwilligers": "gezelschap, voldoening, producten en diensten",
    "uren scholing": "taal, vak en diploma",
}


def party(pakketten: pd.DataFrame) -> pd.Series:
    """Return who pays for each package: by its taakveld, or by the post or id it comes from."""
    named = pakketten["post"].where(pakketten["post"] != "", pakketten["id"])
    found = named.str.split(":").str[0].map(PARTIES).fillna(OTHERS)
    municipal = (pakketten["taakveld"] != "") | named.str.startswith("iv3")
    return found.mask(municipal, GEMEENTE).rename("partij")


def plugs(pakketten: pd.DataFrame, plan: pd.DataFrame, getallen: Kengetallen) -> pd.DataFrame:
    """Return PLUGS: per party what it plugs in and what it gets, in the last year of the plan.

    `geld` in EUR and `uren` of work a year, with their ranges; what residents plug in is time. The
    money of the packages is what is expected of them: together it is the `opdrachten` of the plan
    (`enterprise.case`). A system partner without a package is there, with nothing yet.
    """
    asked = enterprise.with_hours(pakketten, enterprise.values(getallen))
    central, drawn = ranges.central(asked), ranges.draws(asked)
    chances = np.ones((len(pakketten), 1)) * central["kans"]
    last = all_years(enterprise.YEARS)[-1:]
    middle = work(central, pakketten, chances, last)
    spread = work(drawn, pakketten, enterprise.granted(pakketten, drawn), last)
    whose = party(pakketten)
    rows = []
    for name in dict.fromkeys(whose):
        here = (whose == name).to_numpy()
        (hours, money), (some_hours, some_money) = (
            [each[here, -1].sum(axis=0) for each in pair] for pair in (middle, spread)
        )
        paid = float(money[0]), *ranges.band(float(money[0]), some_money)
        worked = float(hours[0]), *ranges.band(float(hours[0]), some_hours)
        rows.append((name, _PAYS, *paid, *worked, _GETS, "; ".join(pakketten["naam"][here])))
    none = (np.nan, np.nan, np.nan)
    for name in SYSTEM:
        if name not in set(whose):
            rows.append((name, NOTHING, *none, *none, NOTHING, ""))
    final = plan[plan["jaar"] == plan["jaar"].max()].set_index(["regel", "eenheid"])
    for line, gets in _LIVES.items():
        one = final.loc[(line, HOURS)]
        rows.append((RESIDENTS, line, *none, one["bedrag"], one["laag"], one["hoog"], gets, ""))
    return pd.DataFrame(rows, columns=PLUGS)


def growth(pakketten: pd.DataFrame, plan: pd.DataFrame, getallen: Kengetallen) -> pd.DataFrame:
    """Return SYNERGY: what 1, 2, ... plugs save, up to one for each package.

    `deel` of the shared costs of the last year is saved, `bedrag` in EUR; it covers `dekt` of the
    fixed costs of the wijkbedrijf, and what is `over` (EUR) is for all. Nothing without packages.
    """
    final = plan[(plan["jaar"] == plan["jaar"].max()) & (plan["eenheid"] == EURO)]
    amounts = final.set_index("regel")["bedrag"]
    most = enterprise.values(getallen)["synergie"].waarde
    if pakketten.empty:
        return pd.DataFrame(columns=SYNERGY, dtype="float64")
    shared = amounts[SHARED].sum() + amounts[SAVED]
    fixed = amounts[FIXED].sum()
    count = np.arange(1, len(pakketten) + 1)
    share = synergy(count, np.array([most]))
    saved = share * shared
    return pd.DataFrame(
        {
            "stekkers": count,
            "deel": share,
            "bedrag": saved,
            "dekt": np.minimum(saved / fixed, 1.0),
            "over": np.maximum(saved - fixed, 0.0),
        }
    )
