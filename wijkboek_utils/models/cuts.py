"""Bezuinigen against besparen: the same amount by the cheese slicer and by inverdienen.

The publication: who cuts, shrinks every budget; who earns in, makes a goal less necessary.
"""

import pandas as pd

from wijkboek_utils.models import cashflow
from wijkboek_utils.models.plans import Plans, key

CUTS = {
    "doel": "str",
    "budget": "float64",
    "kaasschaaf": "float64",
    "deel": "float64",
    "betaalt": "float64",
    "bespaart": "float64",
    "geeft": "float64",
    "krijgt": "float64",
    "saldo": "float64",
    "voorzichtig": "float64",
}


def compare(
    plans: Plans, besparingen: pd.DataFrame, betalingen: pd.DataFrame, terug: pd.DataFrame
) -> pd.DataFrame:
    """Return `CUTS`: per goal what both ways do, in EUR a year over the years of the plans.

    `budget` is the mean of the years of which an amount is known. `kaasschaaf` is its part of a cut
    of the same percentage of every budget that saves as much as the plans do, `deel` that
    percentage as a share: also of its results, when a budget buys equally much with each euro. Both
    are missing where the plans save nothing, and where there is less money than they save. From
    `betaalt` to `saldo` is what the plans do, net central; `voorzichtig` is the saldo when the
    saving turns out as the cautious figures say.
    """
    low = cashflow.flow_back(plans, besparingen, betalingen, "voorzichtig")
    accounts = cashflow.accounts(plans, besparingen, betalingen, terug)
    cautious = cashflow.accounts(plans, besparingen, betalingen, low, "voorzichtig")
    table = _by_goal(accounts).assign(voorzichtig=_by_goal(cautious)["saldo"])
    means = [
        (key(b.doel), sum(b.bedragen.values()) / max(len(b.bedragen), 1)) for b in plans.budgetten
    ]
    held = pd.DataFrame(means, columns=["sleutel", "bedrag"]).groupby("sleutel")["bedrag"].sum()
    table["budget"] = held.reindex(table.index).to_numpy(dtype=float)
    saved, whole = table["saldo"].sum(), table["budget"].sum()
    part = saved / whole if 0 < saved <= whole else float("nan")
    table = table.assign(kaasschaaf=table["budget"] * part, deel=part)
    return table.reset_index()[[*CUTS]].astype(CUTS)


def _by_goal(rekeningen: pd.DataFrame) -> pd.DataFrame:
    """Return accounts by goal, whatever its capitals, under its first name; EUR a year."""
    by = rekeningen.groupby(rekeningen["doel"].map(key).rename("sleutel"), sort=False)
    years = max(rekeningen["jaar"].nunique(), 1)
    return (by[cashflow.REKENINGEN[4:]].sum() / years).assign(doel=by["doel"].first())
