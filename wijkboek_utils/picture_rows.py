"""The figures behind the pictures: what flows through a wijk, a euro in cents, who pays whom."""

import numpy as np
import pandas as pd

from wijkboek_utils import wijkrekening
from wijkboek_utils.area_flows import Flows
from wijkboek_utils.checks import CENT
from wijkboek_utils.dutch import is_known
from wijkboek_utils.multipliers import INSIDE

WIJK, ELDERS, GAP = "wijk", "elders", "verschil"  # beside the sectors in a picture of flows
SAMEN = "samen"
PARTIES = ["huishoudens", "bedrijven", "instellingen", "buitenwereld"]
MOST = 8  # kinds in a picture, beside the rest
REST = "Al het andere"
CBS_SE = 200.0  # of income per inhabitant, which CBS rounds to hundreds of euros
_OVERHEID = ["gemeente", "rijk"]
_ORDER = ["in", "buitenwereld", "rijk", WIJK, "vermogen", GAP, *INSIDE, ELDERS]


def through(closed: pd.DataFrame) -> pd.DataFrame:
    """Return what comes in and goes out by sector: `kant` (in, uit), `partij`, `sector`, `bedrag`,
    `se` in EUR.

    Each sector is a stop on the way: what it gets (`in`) it pays (`uit`), and what it does not is
    of the party `verschil`. Money between sectors of the wijk is of the party `wijk` on both sides;
    what outsiders pay each other for residents stops at `elders`. So both sides add up to the same.
    `se` takes all errors as one, and is never too small.
    """
    rows = closed[["van", "naar"]].astype(object)
    rows["bedrag"], rows["se"] = closed["sluitend"], closed["se_sluitend"]
    # Money below zero flows the other way.
    back = (rows["bedrag"] < 0).to_numpy()
    rows.loc[back, ["van", "naar"]] = rows.loc[back, ["naar", "van"]].to_numpy()
    rows["bedrag"] = rows["bedrag"].abs()
    rows = rows[rows["bedrag"] > 0]
    payer, payee = rows["van"].isin(INSIDE), rows["naar"].isin(INSIDE)
    into = rows.assign(
        kant="in", partij=rows["van"].mask(payer, WIJK), sector=rows["naar"].where(payee, ELDERS)
    )[payee | ~payer]
    out = rows.assign(
        kant="uit", partij=rows["naar"].mask(payee, WIJK), sector=rows["van"].where(payer, ELDERS)
    )[payer | ~payee]
    keys = ["kant", "partij", "sector"]
    sums = pd.concat([into, out]).groupby(keys, as_index=False)[["bedrag", "se"]].sum()
    sides = sums.groupby(["sector", "kant"])["bedrag"].sum().unstack()
    left = sides.reindex(columns=["in", "uit"]).fillna(0.0)
    # An account that closes does so but for the rounding of the solver.
    gap = (left["in"] - left["uit"]).where(lambda g: g.abs() > CENT + 1e-6 * left["in"]).dropna()
    rest = pd.DataFrame({"sector": gap.index, "bedrag": gap.abs().to_numpy(), "partij": GAP})
    rest["kant"] = np.where(gap < 0, "in", "uit")
    return _in_order(pd.concat([sums, rest], ignore_index=True))


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    order = {name: n for n, name in enumerate(_ORDER)}
    by = ["kant", "partij", "sector"]
    rows = rows.sort_values(by, key=lambda column: column.map(order).fillna(99))
    return rows.reset_index(drop=True)[[*by, "bedrag", "se"]]


def cents(closed: pd.DataFrame, van: str = "huishoudens", most: int = MOST) -> pd.DataFrame:
    """Return what a euro of a sector goes to: `soort`, `blijft` and `gaat` (whole cents, together
    100), `bedrag` and `se` in EUR; largest first, what is beyond `most` together.
    """
    rows = closed[(closed["van"] == van) & (closed["sluitend"] > 0)]
    sums = rows.groupby("regel")["sluitend"].sum().sort_values(ascending=False, kind="stable")
    names = list(sums.index[:most]) if len(sums) > most + 1 else list(sums.index)
    soort = rows["regel"].where(rows["regel"].isin(names), REST)
    stays = np.where(rows["naar"].isin(INSIDE), "blijft", "gaat")
    parts = rows.groupby([soort, stays])["sluitend"].sum().unstack(fill_value=0.0)
    order = names + [REST] * (len(names) < len(sums))
    parts = parts.reindex(index=order, columns=["blijft", "gaat"], fill_value=0.0)
    error = rows.groupby(soort)["se_sluitend"].sum().reindex(order)
    whole = hundred(pd.Series(parts.to_numpy().ravel())).to_numpy().reshape(parts.shape)
    found = pd.DataFrame(whole, index=pd.Index(order, name="soort"), columns=["blijft", "gaat"])
    return found.assign(bedrag=parts.sum(axis=1), se=error).reset_index()


def hundred(amounts: pd.Series) -> pd.Series:
    """Return amounts of 0 or more as whole hundredths that add up to 100; of nothing all are 0.

    Largest remainder (Hamilton): each is rounded down, the largest fractions get what is left.
    """
    total = amounts.sum()
    if not total > 0:
        return pd.Series(0, index=amounts.index)
    exact = amounts / total * 100
    whole = exact.apply(np.floor).astype(int)
    first = (whole - exact).argsort(kind="stable").to_numpy()[: 100 - int(whole.sum())]
    whole.iloc[first] += 1
    return whole


def parties(flows: Flows) -> pd.DataFrame:
    """Return what each party pays to gemeente and Rijk and gets from them, in EUR.

    Columns: `partij`, `betaalt`, `krijgt`, `verschil` (what it pays more), each with its `se_...`;
    the last row is all of them. As estimated, before the accounts are closed. A side without any
    flow is missing: not booked, and not zero.
    """
    rows, sign = wijkrekening.with_landing(flows.rows.assign(stroom=flows.rows.index))
    loadings = flows.loadings[rows["stroom"]] * sign.to_numpy()[:, None]
    rows["bedrag"] *= sign
    known = rows["bedrag"].notna()
    known &= (rows["bedrag"] != 0) | (rows["eigen"] > 0) | loadings.any(axis=1)
    rows, loadings = rows[known], loadings[known]
    payer, payee = (rows[side].astype(str) for side in ("van", "naar"))
    found = []
    for name in [*PARTIES, SAMEN]:
        own = PARTIES if name == SAMEN else [name]
        pays = (payer.isin(own) & payee.isin(_OVERHEID)).to_numpy(float)
        gets = (payer.isin(_OVERHEID) & payee.isin(own)).to_numpy(float)
        row: dict[str, object] = {"partij": name}
        for column, sign in (("betaalt", pays), ("krijgt", gets), ("verschil", pays - gets)):
            row[column] = float(rows["bedrag"] @ sign) if sign.any() else np.nan
            # What is off for the same reason is off together.
            moved = ((loadings * sign[:, None]).sum(axis=0) ** 2).sum()
            error = np.sqrt(moved + rows["eigen"] @ sign**2)
            row[f"se_{column}"] = float(error) if sign.any() else np.nan
        found.append(row)
    return pd.DataFrame(found)


def beside(
    kosten: pd.Series,
    inkomen: pd.Series,
    inwoners: float,
    gemeente: pd.Series,
    land: pd.Series,
) -> pd.DataFrame:
    """Return figures per inhabitant of an area beside its gemeente and the country, in EUR.

    Columns: `wat` (words before a verdict), `naam`, `waarde`, `se`, `gemeente`, `land` and
    `se_ander` (the error of both); missing is not known. `kosten` as `views.cost`,
    `inkomen` as `places.household_income`, `gemeente` and `land` as `places.reference` and
    `places.country`.
    """
    people = inwoners if is_known(inwoners) and inwoners > 0 else np.nan
    earners = inkomen["inwoners"] if inkomen["inwoners"] > 0 else np.nan
    rows = [
        {
            "wat": "per inwoner zijn de uitgaven van de gemeente",
            "naam": "Uitgaven van de gemeente per inwoner",
            "waarde": kosten["bedrag"] / people,
            "se": kosten["se_vast"] / people,
            "gemeente": gemeente["kosten"],
            "land": land.get("kosten", np.nan),
            "se_ander": 0.0,
        },
        {
            "wat": "het inkomen is",
            "naam": "Inkomen per inwoner",
            "waarde": inkomen["bedrag"] / earners,
            "se": np.maximum(inkomen["se_vast"] / earners, CBS_SE),
            "gemeente": gemeente["inkomen"],
            "land": land["inkomen"],
            "se_ander": CBS_SE,
        },
    ]
    return pd.DataFrame(rows)
