"""The wijkrekening: what each sector of an area gets and pays, and the account that closes.

The accounts of residents, firms and institutions must close: what they get they pay, save or owe.
Those of gemeente, Rijk and the world outside need not close for one wijk: what they bring more than
they take is an answer, and no error. Closing is least squares by variance (Stone, Champernowne &
Meade 1942; Byron 1978); the grootboek itself stays as estimated.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import ledger, multipliers, sources
from wijkboek_utils.balance import Constraint, balance, closing
from wijkboek_utils.dutch import Z90
from wijkboek_utils.flows import LANDED

# Who must close, and the post without which its account is too bare to close.
CLOSED = {
    "huishoudens": "inkomen:loon_en_winst",
    "bedrijven": "bedrijf:inkoop",
    "instellingen": "corporatie:beheer",
}
INCOME = "het inkomen dat CBS publiceert"
PEOPLE = ["huishoudens", "bedrijven"]
UNNAMED = "Overig"
NAMES = ("Inkomsten samen", "Uitgaven samen", "Niet verklaard")
LINE = ["van", "naar", "regel"]
DRAWS = 200
GRADES = {"A": 0.05, "B": 0.15, "C": 0.30, "D": 0.60}  # largest 90 % margin, relative; else E


def named(boekingen: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen with `regel`: the line of the accounts on which each stands.

    A boeking takes the first row of `regels.csv` whose beginning of the post, payer and receiver
    fit; an empty payer or receiver fits all.
    """
    rules = _rules()
    flows = boekingen[["post", "van", "naar"]].astype(str)
    kinds = flows.drop_duplicates()
    names = [_name(flow, rules) for flow in kinds.itertuples()]
    found = flows.merge(kinds.assign(regel=names), how="left")  # keeps the order of the rows
    return boekingen.assign(regel=found["regel"].to_numpy())


@cache
def _rules() -> pd.DataFrame:
    return sources.read_project_table("regels")


def _name(flow: Any, rules: pd.DataFrame) -> str:
    for rule in rules.itertuples():
        parties = rule.van in ("", flow.van) and rule.naar in ("", flow.naar)
        if parties and flow.post.startswith(rule.post):
            return str(rule.naam)
    return UNNAMED


def sector(
    boekingen: pd.DataFrame, weights: ledger.Weights, name: str, names: tuple[str, str, str] = NAMES
) -> pd.DataFrame:
    """Return the account of one sector: `kant` (in, uit, saldo), `regel`, `bedrag`, `se` in EUR.

    Lines in the order of `regels.csv`, a total of each side, and what is in less what is out;
    `names` are those of the two totals and of the rest.
    """
    # Of all boekingen, since what a key takes here it may give elsewhere in the books.
    amounts, loadings = ledger.factors(named(boekingen), weights, LINE)
    rows = amounts.reset_index()
    mine = ((rows["naar"] == name) | (rows["van"] == name)).to_numpy()
    rows, loadings = rows[mine], loadings[mine].set_axis(rows.index[mine])
    kant = pd.Series(np.where(rows["naar"] == name, "in", "uit"), index=rows.index, name="kant")
    order = [*dict.fromkeys(_rules()["naam"]), UNNAMED]
    found = _summed(rows, loadings, [kant, rows["regel"]]).reset_index()
    found = found.sort_values("regel", key=lambda column: column.map(order.index))
    totals = _summed(rows, loadings, [kant])
    frames = []
    for side, label in zip(("in", "uit"), names, strict=False):
        whole = totals[totals.index == side].assign(kant=side, regel=label)
        frames += [found[found["kant"] == side], whole]
    sign = kant.map({"in": 1.0, "uit": -1.0}).astype(float)
    signed = rows.assign(bedrag=rows["bedrag"] * sign)
    left = _summed(signed, loadings.mul(sign, axis=0), [pd.Series("saldo", index=rows.index)])
    frames.append(left.assign(kant="saldo", regel=names[2]))
    return pd.concat(frames, ignore_index=True)[["kant", "regel", "bedrag", "se"]]


def _summed(rows: pd.DataFrame, loadings: pd.DataFrame, by: list[pd.Series]) -> pd.DataFrame:
    """Return flows added up with the error of the sum: `bedrag`, `se`."""
    groups = rows.groupby(by, observed=True)
    bedrag = groups["bedrag"].sum(min_count=1)
    moved = (loadings.groupby(by, observed=True).sum() ** 2).sum(axis=1)
    se = np.sqrt(moved + groups["eigen"].sum()).where(bedrag.notna())
    return pd.DataFrame({"bedrag": bedrag, "se": se}).round(2)


def lines(boekingen: pd.DataFrame, weights: ledger.Weights) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the flows of an area by `van`, `naar`, `regel`, and their errors by cause.

    The first table has `bedrag` and `se` in EUR, `eigen` and `onbekend`, the second a column per
    cause, as `ledger.factors`. A flow of which nothing is known is left out.
    """
    rows, sign = _with_landing(named(boekingen))
    amounts, loadings = ledger.factors(rows, weights, LINE, sign)
    amounts["se"] = np.sqrt((loadings**2).sum(axis=1) + amounts["eigen"])
    known = amounts["bedrag"].notna() & ((amounts["bedrag"] != 0) | (amounts["se"] > 0))
    return amounts[known], loadings[known]


def _with_landing(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows with what firms of the wijk get from the gemeente as paid by the gemeente.

    Also the sign of each row: what lands in the wijk is taken off what leaves it.
    """
    back = rows["post"].eq(LANDED)
    direct = rows[back].assign(van="gemeente")
    away = direct.assign(naar="buitenwereld")
    away = named(away.assign(post="iv3:lasten")).assign(post=away["post"])
    sign = np.repeat([1, 1, -1], [(~back).sum(), len(direct), len(away)])
    found = pd.concat([rows[~back], direct, away], ignore_index=True)
    return found, pd.Series(sign, index=found.index)


def close(flows: pd.DataFrame, loadings: pd.DataFrame) -> pd.DataFrame:
    """Return the flows of `lines` closed, with the columns of `balance.balance`.

    What is off for the same reason moves together. The accounts of `CLOSED`
    close; income keeps the total of CBS. Raises Fout naming the accounts that contradict each
    other.
    """
    return balance(flows.reset_index(), constraints(flows), loadings.to_numpy())


def constraints(flows: pd.DataFrame) -> list[Constraint]:
    """Return what must hold in the closed account of an area; `flows` as `lines`."""
    rows = flows.reset_index()
    sectors = closable(flows)
    found = closing(rows, sectors)
    income = rows["regel"].isin(_income_lines()) & (rows["naar"] == "huishoudens")
    if "huishoudens" in sectors:
        total = float(rows.loc[income, "bedrag"].sum())
        found.append(Constraint(INCOME, income.astype(float).to_numpy(), total))
    return found


def closable(flows: pd.DataFrame) -> list[str]:
    """Return the sectors whose account is complete enough to close."""
    rules = _rules()
    present = set(flows.reset_index()["regel"])
    return [
        name
        for name, post in CLOSED.items()
        if present & set(rules.loc[rules["post"].str.startswith(post), "naam"])
    ]


def _income_lines() -> list[str]:
    rules = _rules()
    own = rules["post"].str.startswith("inkomen:") | (rules["naar"] == "huishoudens")
    return rules.loc[own, "naam"].tolist()


def balances(flows: pd.DataFrame, loadings: pd.DataFrame) -> pd.DataFrame:
    """Return per sector `in`, `uit`, `saldo` (in - uit) and its `se`; `sluit` says who must close.

    Both as `lines`. A sector without flows has a row of missing amounts: unknown and not zero.
    """
    rows = flows.reset_index()
    sectors = closable(flows)
    out = []
    for name in ledger.SECTOREN:
        sign = (rows["naar"] == name).astype(float) - (rows["van"] == name).astype(float)
        sign = sign.to_numpy()
        known = bool(sign.any())
        amount = rows["bedrag"].to_numpy() * sign
        variance = ((loadings.to_numpy() * sign[:, None]).sum(axis=0) ** 2).sum()
        variance += (rows["eigen"].to_numpy() * sign**2).sum()
        out.append(
            {
                "sector": name,
                "in": amount[sign > 0].sum() if (sign > 0).any() else np.nan,
                "uit": -amount[sign < 0].sum() if (sign < 0).any() else np.nan,
                "saldo": amount.sum() if known else np.nan,
                "se": np.sqrt(variance) if known else np.nan,
                "sluit": name in sectors,
            }
        )
    return pd.DataFrame(out)


def matrix(closed: pd.DataFrame, column: str = "sluitend") -> pd.DataFrame:
    """Return a social accounting matrix in EUR: receivers (rows) by payers (columns)."""
    table = closed.pivot_table(
        index="naar", columns="van", values=column, aggfunc="sum", observed=True
    )
    return table.reindex(index=ledger.SECTOREN, columns=ledger.SECTOREN)


def draws(
    flows: pd.DataFrame, loadings: pd.DataFrame, count: int = DRAWS, seed: int = 1
) -> np.ndarray:
    """Return drawn amounts, a row per draw and a column per flow of `lines`; none below zero.

    Each cause is drawn once and moves all its flows together; what a flow has of its own is drawn
    for it alone. Fixed seed: the same account gives the same range.
    """
    random = np.random.default_rng(seed)
    shared = random.standard_normal((count, loadings.shape[1])) @ loadings.to_numpy().T
    own = random.standard_normal((count, len(flows))) * np.sqrt(flows["eigen"].to_numpy())
    return np.maximum(flows["bedrag"].to_numpy() + shared + own, 0.0)


def ranges(
    flows: pd.DataFrame,
    loadings: pd.DataFrame,
    figures: Callable[[pd.DataFrame], pd.Series],
    count: int = DRAWS,
) -> pd.DataFrame:
    """Return what `figures` makes of the closed account: `waarde`, `laag` (5 %), `hoog` (95 %).

    Monte Carlo: each draw is closed again. `figures` gets an account with `van`, `naar`, `bedrag`
    and `se`.
    """
    rules = constraints(flows)
    rows = flows.reset_index().astype({"van": object, "naar": object})
    found = []
    for amounts in draws(flows, loadings, count):
        drawn = rows.assign(bedrag=amounts)
        again = [
            replace(c, total=float(c.factors @ amounts)) if c.naam == INCOME else c for c in rules
        ]
        found.append(
            figures(as_account(balance(drawn, again, loadings.to_numpy()))).to_numpy(float)
        )
    centre = figures(as_account(close(flows, loadings)))
    known = centre.notna().to_numpy()
    bounds = np.full((2, len(centre)), np.nan)
    bounds[:, known] = np.nanquantile(np.array(found)[:, known], [0.05, 0.95], axis=0)
    return pd.DataFrame({"waarde": centre, "laag": bounds[0], "hoog": bounds[1]})


def as_account(closed: pd.DataFrame) -> pd.DataFrame:
    """Return a closed account as `multipliers` reads it: closed amounts with their error."""
    return closed.assign(bedrag=closed["sluitend"], se=closed["se_sluitend"])


def round_the_wijk(account: pd.DataFrame) -> pd.Series:
    """Return what a euro does: by sector the share that leaks, the multiplier, and LM3 of income.

    `account` as in `multipliers`, of an area in which all of `CLOSED` are booked. Index:
    `lek <sector>`, `lek wijk`, `multiplier <sector>` (all sectors inside take part), and of a euro
    of residents, among residents and firms, `bewoners` (all rounds) and `lm3` (three).
    """
    leak = multipliers.leakage(account).set_index("sector")
    found = {f"lek {name}": row["aandeel"] for name, row in leak.iterrows()}
    found["lek wijk"] = leak["weg"].sum() / leak["uit"].sum() if leak["uit"].sum() else np.nan
    times = multipliers.local_multiplier(account)
    found |= {f"multiplier {name}": value for name, value in times.items()}
    # What goes round among residents and firms: rent and levies do not grow with an extra euro.
    found["lm3"] = multipliers.lm3_of(account, "huishoudens", PEOPLE)
    found["bewoners"] = multipliers.local_multiplier(account, PEOPLE)["huishoudens"]
    return pd.Series(found, dtype=float)


def leaks(closed: pd.DataFrame, count: int = 3) -> pd.DataFrame:
    """Return the largest flows out of the wijk that people can influence; see `multipliers`.

    Adds `reden`: how, in the words of `regels.csv`.
    """
    rules = _rules().drop_duplicates("naam").set_index("naam")
    rows = as_account(closed).assign(
        post=closed["regel"], beinvloedbaar=closed["regel"].map(rules["beinvloedbaar"]).eq("ja")
    )
    found = multipliers.largest_leaks(rows, count)
    return found.assign(reden=found["post"].map(rules["reden"]))


def grade(bedrag: float, se: float) -> str:
    """Return how hard a figure is: A (90 % margin within 5 %) to E (over 60 %); else empty."""
    if not np.isfinite(bedrag) or not np.isfinite(se):
        return ""
    if not se:
        return "A"
    margin = Z90 * se / abs(bedrag) if bedrag else np.inf
    return next((name for name, limit in GRADES.items() if margin <= limit), "E")


def grades(rows: pd.DataFrame) -> list[str]:
    """Return the grade of each row with `bedrag` and `se`."""
    pairs: Iterable[tuple[float, float]] = zip(rows["bedrag"], rows["se"], strict=True)
    return [grade(amount, error) for amount, error in pairs]
