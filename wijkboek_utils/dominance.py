"""Money in which one household or firm could recognise itself or another (design, 8).

The (n, k) rule and the p % rule as in the handbook on statistical disclosure control (Hundepool
et al., 2012), with the defaults of ACRO: two parties, 90 % and 10 %.
"""

from collections.abc import Hashable, Iterable, Sequence

import pandas as pd

from wijkboek_utils import regions
from wijkboek_utils.pools import FEW

DOMINANCE = 0.9  # a safe amount owes no more than this share to its two largest parties
P = 0.1  # nobody who knows its own part may come nearer to another's than this share of it
PROTECTED = ("huishoudens", "bedrijven")
_SIDES = {"van": "betaler", "naar": "ontvanger"}
_KIND = ("taakveld", "zijde", "post")


def recognisable(parties: pd.Series, protected: Iterable[Hashable], others: float = 0) -> bool:
    """Return whether an amount gives away a protected party.

    `parties` is EUR per party, `others` EUR of a crowd that nobody knows one by one. The onlooker
    who is placed best is the largest other party: it takes its own part off the total, and what is
    left can be no less than the part it looks for.
    """
    amounts = parties.abs().sort_values(ascending=False)
    total, largest = amounts.sum() + abs(others), amounts.iloc[:2]
    for party in set(protected) & set(amounts.index[amounts > 0]):
        onlooker = amounts.drop(party).max() if len(amounts) > 1 else 0.0
        if total - amounts[party] - onlooker < P * amounts[party]:
            return True
        if party in largest and largest.sum() > DOMINANCE * total:
            return True
    return False


def money(rows: pd.DataFrame, by: Sequence[str] | None = None) -> pd.Series:
    """Return per payment whether its cell must be hidden: True on the rows of unsafe cells.

    `rows` has `buurt`, `jaar`, `van`, `naar`, `bedrag`, and who pays and gets it in `betaler` and
    `ontvanger`; `by` are the columns that tell one flow from another (by default those of
    `taakveld`, `zijde`, `post` that are there), one cell is a flow in one buurt and year. Parties
    of the sectors huishoudens and bedrijven are protected unless `met_naam` says that they agreed
    to be named; payments without a name count as one party, except households in a row that has
    all payments (`dekking` is `alles`): those are many. Fewer than ten households are too few.

    What is hidden is hidden in every year. Because somebody may know the total of a gemeente, the
    hidden cells together are safe as one too: more cells of the same flow are hidden until they
    are, own wijk first, or until none is left.
    """
    kind = [column for column in _KIND if column in rows] if by is None else list(by)
    flow = rows.assign(gemeente=rows["buurt"].str[:6]).reset_index(drop=True)
    hidden = rows["buurt"].isna().reset_index(drop=True)
    key = ["gemeente", "van", "naar", *kind]
    for _, group in flow.groupby(key, dropna=False, observed=True):
        buurten = _hidden(group)
        hidden[group.index[group["buurt"].isin(buurten)]] = True
    return hidden.set_axis(rows.index)


def _hidden(flow: pd.DataFrame) -> list[str]:
    """Return the buurten of one flow that are hidden, in every year."""
    order = sorted(flow["buurt"].unique())
    cells = flow.groupby(["buurt", "jaar"], observed=True)
    unsafe = {str(buurt) for (buurt, _), cell in cells if _unsafe(cell)}
    hidden = [buurt for buurt in order if buurt in unsafe]
    if not hidden:
        return []
    wijken = {regions.wijk_of(buurt) for buurt in hidden}
    safe = [buurt for buurt in order if buurt not in unsafe]
    for buurt in sorted(safe, key=lambda b: (regions.wijk_of(b) not in wijken, b)):
        pool = flow[flow["buurt"].isin(hidden)]
        if not any(_open(year) for _, year in pool.groupby("jaar")):
            break
        hidden.append(buurt)
    return hidden


def _open(pool: pd.DataFrame) -> bool:
    """Return whether who knows the sum of hidden cells knows one of them, or a party in them."""
    cells = pool.groupby("buurt", observed=True)["bedrag"].sum().abs()
    return bool((cells.sum() - cells < P * cells).any()) or _unsafe(pool)


def _unsafe(cell: pd.DataFrame) -> bool:
    return any(_side(cell, sector, party) for sector, party in _SIDES.items())


def _side(cell: pd.DataFrame, sector: str, party: str) -> bool:
    """Return whether one side of the payments, who pays or who is paid, can be recognised."""
    side = str(cell[sector].iloc[0])
    if side not in PROTECTED:
        return False
    who = cell[party] if party in cell else pd.Series(pd.NA, index=cell.index, dtype="str")
    crowd = pd.Series(False, index=cell.index)
    if side == "huishoudens" and "dekking" in cell:
        crowd = who.isna() & cell["dekking"].eq("alles")
    agreed = crowd
    if "met_naam" in cell:
        agreed = crowd | cell["met_naam"].fillna(False).astype(bool)
    who = who.fillna("")
    parties = cell["bedrag"][~crowd].groupby(who[~crowd]).sum()
    protected = set(who[~agreed])
    if side == "huishoudens" and protected and not crowd.any() and len(parties) < FEW:
        return True
    return recognisable(parties, protected, cell["bedrag"][crowd].sum())
