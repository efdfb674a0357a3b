"""A budget as a share in goals: who pays for a plan has a share in what that plan saves.

The share is worth what it may still be expected to save. When less is saved than was expected, what
is still to come is expected to fall short as much, and the share falls with it.
"""

import pandas as pd

from wijkboek_utils.models import cashflow
from wijkboek_utils.models.plans import key

SHARES = ["budget", "houder", "doel", "jaar", "aandeel", "waarde_verwacht", "waarde_gerealiseerd"]
REALISED = ["activiteit", "doel", "jaar", "bedrag"]

_WHAT = ["activiteit", "sleutel"]


def shares(
    besparingen: pd.DataFrame,
    betalingen: pd.DataFrame,
    voet: float,
    gerealiseerd: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return `SHARES`: a row for each budget, goal and year in which it still has a share.

    `besparingen` and `betalingen` of what goes on (`market.Outcome`). `aandeel` is which part of
    what is still to be saved on the goal belongs to the budget; `waarde_verwacht` is that in EUR at
    the start of the year, discounted at `voet`. `gerealiseerd` (`REALISED` columns) is what was
    saved, net, in EUR a year; `waarde_gerealiseerd` moves what is to come in step with what came of
    the years before. It is missing where nothing is known of those.
    """
    coming = _coming(besparingen.assign(sleutel=besparingen["doel"].map(key)), voet)
    coming["factor"] = _factors(besparingen, gerealiseerd, coming)
    paid = betalingen.groupby(["activiteit", "budget", "houder"], as_index=False)["bedrag"].sum()
    paid["deel"] = paid["bedrag"] / paid.groupby("activiteit")["bedrag"].transform("sum")
    split = coming.merge(paid.drop(columns="bedrag"), on="activiteit")
    split["verwacht"] = split["waarde"] * split["deel"]
    split["nu"] = split["verwacht"] * split["factor"].fillna(1.0)
    split["bekend"] = split["factor"].notna()
    who = ["budget", "houder", "sleutel", "jaar"]
    of = split.groupby(who, as_index=False)
    table = of.agg(
        doel=("doel", "first"),
        waarde_verwacht=("verwacht", "sum"),
        waarde_gerealiseerd=("nu", "sum"),
        bekend=("bekend", "any"),
    )
    whole = coming.groupby(["sleutel", "jaar"], as_index=False)["waarde"].sum()
    table = table.merge(whole, on=["sleutel", "jaar"], validate="m:1")
    table["aandeel"] = table["waarde_verwacht"] / table["waarde"]
    table["waarde_gerealiseerd"] = table["waarde_gerealiseerd"].where(table["bekend"])
    types = dict.fromkeys(SHARES[:3], "str") | {"jaar": "int64"}
    return table[SHARES].astype(types | dict.fromkeys(SHARES[4:], "float64"))


def _coming(besparingen: pd.DataFrame, voet: float) -> pd.DataFrame:
    """Return what each plan may still save on a goal, as EUR at the start of each year."""
    years = pd.DataFrame({"nu": sorted(besparingen["jaar"].unique())})
    pairs = besparingen.merge(years, how="cross")
    pairs = pairs[pairs["jaar"] >= pairs["nu"]]
    pairs["waarde"] = pairs["netto"] * cashflow.end(voet, pairs["jaar"] - pairs["nu"])
    pairs = pairs[pairs["waarde"] > 0].drop(columns="jaar").rename(columns={"nu": "jaar"})
    of = pairs.groupby([*_WHAT, "jaar"], as_index=False)
    return of.agg(doel=("doel", "first"), waarde=("waarde", "sum"))


def _factors(
    besparingen: pd.DataFrame, gerealiseerd: pd.DataFrame | None, coming: pd.DataFrame
) -> pd.Series:
    """Return for each row of `coming` what came of the years before, as a part of what was
    expected; missing where nothing is known.
    """
    if gerealiseerd is None or coming.empty:
        return pd.Series(float("nan"), index=coming.index)
    at = [*_WHAT, "jaar"]
    known, hoped = (
        rows.assign(sleutel=rows["doel"].map(key)).groupby(at)[name].sum(min_count=1).dropna()
        for rows, name in ((gerealiseerd, "bedrag"), (besparingen, "netto"))
    )
    both = pd.concat([known.rename("kwam"), hoped.rename("zou")], axis=1, join="inner")
    before = coming[at].merge(both.reset_index(), on=_WHAT, suffixes=("", "_toen"))
    before = before[before["jaar_toen"] < before["jaar"]].groupby(at)[["kwam", "zou"]].sum()
    factor = (before["kwam"] / before["zou"].where(before["zou"] > 0)).reset_index(name="factor")
    return coming[at].merge(factor, on=at, how="left", validate="1:1")["factor"]
