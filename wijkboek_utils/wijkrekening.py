"""The wijkrekening: what each sector of an area gets and pays, and the account that closes.

The accounts of residents, firms and institutions must close: what they get they pay, save or owe.
Those of gemeente, Rijk and the world outside need not close for one wijk: what they bring more than
they take is an answer, and no error. Closing is least squares by variance (Stone, Champernowne &
Meade 1942; Byron 1978); the grootboek itself stays as estimated.
"""

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import TypeAlias

import numpy as np
import pandas as pd

from wijkboek_utils import ledger, multipliers, sources, sums
from wijkboek_utils.area_flows import Flows, once
from wijkboek_utils.balance import Constraint, balance, balanced, closing
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
Figures: TypeAlias = Callable[[pd.DataFrame, np.ndarray], pd.DataFrame]
GRADES = {"A": 0.05, "B": 0.15, "C": 0.30, "D": 0.60}  # largest 90 % margin, relative; else E


def named(boekingen: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen with `regel`: the line of the accounts on which each stands.

    A boeking takes the first row of `regels.csv` whose beginning of the post, payer and receiver
    fit; an empty payer or receiver fits all.
    """
    flows = boekingen[["post", "van", "naar"]]
    kind, first = sums.kinds(sums.alike(flows))
    names = [_name(*flow) for flow in flows.iloc[first].itertuples(index=False)]
    return boekingen.assign(regel=pd.array(names, dtype="str")[kind])


@cache
def _rules() -> pd.DataFrame:
    return sources.read_project_table("regels")


@cache
def _fits() -> list[tuple[str, str, str, str]]:
    return list(_rules()[["post", "van", "naar", "naam"]].itertuples(index=False, name=None))


@lru_cache(maxsize=8192)  # more than all flows of a country differ in these
def _name(post: str, van: str, naar: str) -> str:
    for start, payer, receiver, naam in _fits():
        if post.startswith(start) and payer in ("", van) and receiver in ("", naar):
            return naam
    return UNNAMED


@once
def _named(flows: Flows) -> pd.DataFrame:
    return named(flows.rows)


def sector(flows: Flows, name: str, names: tuple[str, str, str] = NAMES) -> pd.DataFrame:
    """Return the account of one sector: `kant` (in, uit, saldo), `regel`, `bedrag`, `se` in EUR.

    Lines in the order of `regels.csv`, a total of each side, and what is in less what is out;
    `names` are those of the two totals and of the rest.
    """
    rows = _named(flows)
    rows = rows[(rows["naar"] == name) | (rows["van"] == name)]
    kant = pd.Series(np.where(rows["naar"] == name, "in", "uit"), index=rows.index)
    rows = rows.assign(kant=kant)
    order = [*dict.fromkeys(_rules()["naam"]), UNNAMED]
    found = flows.totals(rows, ["kant", "regel"])
    found = found.sort_values("regel", key=lambda column: column.map(order.index))
    totals = flows.totals(rows, ["kant"])
    frames = []
    for side, label in zip(("in", "uit"), names, strict=False):
        frames += [found[found["kant"] == side], totals[totals["kant"] == side].assign(regel=label)]
    left = flows.totals(rows, [], kant.map({"in": 1.0, "uit": -1.0}).astype(float))
    frames.append(left.assign(kant="saldo", regel=names[2]))
    return pd.concat(frames, ignore_index=True)[["kant", "regel", "bedrag", "se"]]


def lines(boekingen: pd.DataFrame, weights: ledger.Weights) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the flows of an area by `van`, `naar`, `regel`, and their errors by cause.

    The first table has `bedrag` and `se` in EUR, `eigen` and `onbekend`, the second a column per
    cause, as `ledger.factors`. A flow of which nothing is known is left out.
    """
    return summed(*with_landing(named(boekingen)), weights)


def summed(
    rows: pd.DataFrame, sign: pd.Series, weights: ledger.Weights
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the same as `lines`, of what `with_landing` gave before."""
    amounts, loadings = ledger.factors(rows, weights, LINE, sign)
    amounts["se"] = np.sqrt((loadings**2).sum(axis=1) + amounts["eigen"])
    known = amounts["bedrag"].notna() & ((amounts["bedrag"] != 0) | (amounts["se"] > 0))
    return amounts[known], loadings[known]


def with_landing(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
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
    present = set(flows.reset_index()["regel"])
    return [name for name, lines in _needed().items() if present & lines]


@cache
def _needed() -> dict[str, set[str]]:
    """Return of each sector of `CLOSED` the lines of which its account needs one."""
    rules = _rules()
    return {
        name: set(rules.loc[rules["post"].str.startswith(post), "naam"])
        for name, post in CLOSED.items()
    }


@cache
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
    table = closed.groupby(["naar", "van"], observed=True)[column].sum().unstack()
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
    flows: pd.DataFrame, loadings: pd.DataFrame, figures: Figures, count: int = DRAWS
) -> pd.DataFrame:
    """Return what `figures` makes of the closed account: `waarde`, `laag` (5 %), `hoog` (95 %).

    Monte Carlo: each draw is closed again. `figures` gets the flows, and closed amounts: a row per
    account and a column per flow. It returns a row per account and a column per figure.
    """
    rules, rows = constraints(flows), flows.reset_index()
    drawn = draws(flows, loadings, count)
    # Each draw has its own income, and keeps it.
    totals = np.array([drawn @ c.factors if c.naam == INCOME else 0.0 * drawn[:, 0] for c in rules])
    moves = rows["se"].to_numpy(float), loadings.to_numpy()
    found = figures(rows, balanced(drawn, rules, *moves, totals.T)).to_numpy(float)
    central = balanced(rows["bedrag"].to_numpy(float)[None], rules, *moves)
    centre = figures(rows, central).iloc[0]
    known = centre.notna().to_numpy()
    bounds = np.full((2, len(centre)), np.nan)
    bounds[:, known] = np.nanquantile(found[:, known], [0.05, 0.95], axis=0)
    return pd.DataFrame({"waarde": centre, "laag": bounds[0], "hoog": bounds[1]})


def as_account(closed: pd.DataFrame) -> pd.DataFrame:
    """Return a closed account as `multipliers` reads it: closed amounts with their error."""
    return closed.assign(bedrag=closed["sluitend"], se=closed["se_sluitend"])


def round_the_wijk(flows: pd.DataFrame, amounts: np.ndarray) -> pd.DataFrame:
    """Return what a euro does: by sector the share that leaks, the multiplier, and LM3 of income.

    `flows` and `amounts` as `ranges` gives them, of an area in which all of `CLOSED` are booked.
    Columns: `lek <sector>`, `lek wijk`, `multiplier <sector>` (all sectors inside take part), and
    of a euro of residents, among residents and firms, `bewoners` (all rounds) and `lm3` (three).
    """
    sectors, inside = multipliers.matrices(flows, amounts), multipliers.INSIDE
    uit, weg, share = multipliers.leaving(sectors)
    found = {f"lek {name}": share[:, n] for n, name in enumerate(inside)}
    spent = uit.sum(axis=1)
    found["lek wijk"] = weg.sum(axis=1) / np.where(spent == 0, np.nan, spent)
    times = multipliers.all_rounds(sectors)
    found |= {f"multiplier {name}": times[:, n] for n, name in enumerate(inside)}
    # What goes round among residents and firms: rent and levies do not grow with an extra euro.
    found["lm3"] = multipliers.three_rounds(sectors, "huishoudens", PEOPLE)
    found["bewoners"] = multipliers.all_rounds(sectors, PEOPLE)[:, PEOPLE.index("huishoudens")]
    return pd.DataFrame(found)


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
