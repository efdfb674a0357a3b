"""What a euro does in the wijk: what leaks away, and how often the rest goes round.

An account has `van`, `naar`, `bedrag` and `se` in EUR a year, like a wijkrekening; rows of the same
`van` and `naar` are added up. A row that is not there is no flow; an amount that is missing is
unknown, and so is every figure that depends on it.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from wijkboek_utils.errors import Fout
from wijkboek_utils.ledger import SECTOREN

INSIDE = ["huishoudens", "bedrijven", "instellingen", "gemeente"]
OUTSIDE = [s for s in SECTOREN if s not in INSIDE]
_NO_LEAK = 1e-9  # a share of spending: rounding
_NORMAL_95 = 1.6449  # standard errors: 5 % of a normal distribution lies beyond


def leakage(account: pd.DataFrame) -> pd.DataFrame:
    """Return per sector inside: `sector`, `uit`, `weg` in EUR, `aandeel` (weg / uit) and its `se`.

    `weg` is what goes to the buitenwereld, the rijk or the vermogen. The error is that of the delta
    method, with independent amounts. A sector that spends nothing has no share.
    """
    inside, outside = _places(INSIDE), _places(OUTSIDE)
    amounts = _matrix(account, account["bedrag"])[:, inside]
    square = _matrix(account, account["se"] ** 2)[:, inside]
    uit, weg = amounts.sum(axis=0), amounts[outside].sum(axis=0)
    leak, stay = square[outside].sum(axis=0), square[inside].sum(axis=0)
    spent = np.where(uit > 0, uit, np.nan)
    variance = ((uit - weg) ** 2 * leak + weg**2 * stay) / spent**4
    columns = {"uit": uit, "weg": weg, "aandeel": weg / spent, "se": np.sqrt(variance)}
    return pd.DataFrame({"sector": INSIDE, **columns})


def spending(account: pd.DataFrame, inside: Sequence[str] = INSIDE) -> pd.DataFrame:
    """Return the share of each sector's spending (column) that goes to each sector inside (row).

    A share of what a sector spends, savings included, not of what it receives: in a balanced
    account these are the same, and in another one no sector passes on more than it got. A sector
    that spends nothing passes on nothing; one with an unknown amount has unknown shares.
    """
    places = _places(inside)
    amounts = _matrix(account, account["bedrag"])[:, places]
    spent = amounts.sum(axis=0)
    shares = amounts[places] / np.where(spent == 0, 1.0, spent)
    return pd.DataFrame(shares, index=[*inside], columns=[*inside])


def local_multiplier(account: pd.DataFrame, inside: Sequence[str] = INSIDE) -> pd.Series:
    """Return per sector inside the local income, in all rounds, per euro that it gets from outside.

    The column sums of the inverse of I - A, with A from `spending` (Leontief 1936; for accounts of
    all sectors Pyatt & Round 1979). The first euro counts: 1 means that all leaks away at once.
    Raises Fout naming the sectors when money goes round for ever (spectral radius of A 1 or more).
    """
    shares = spending(account, inside)
    known = shares.fillna(0.0).to_numpy()
    identity = np.eye(len(shares))
    # Who pays whom, in any number of steps: [to, from].
    reached = np.linalg.matrix_power(identity + (known > 0), len(shares)) > 0
    leaks = known.sum(axis=0) < 1 - _NO_LEAK
    trapped = ~reached[leaks].any(axis=0)
    if trapped.any():
        names = ", ".join(shares.columns[trapped])
        raise Fout(
            f"Het geld van {names} verlaat de wijk nooit: er is geen multiplier. "
            "Boek ook wat naar buiten, naar het rijk of naar het vermogen gaat."
        )
    total = np.linalg.inv(identity - known).sum(axis=0)
    unknown = shares.isna().any().to_numpy()
    result = pd.Series(total, index=shares.columns, name="multiplier").rename_axis("sector")
    return result.mask(reached[unknown].any(axis=0))


def lm3(first: float, local_share_first: float, local_share_second: float) -> float:
    """Return (R1 + R2 + R3) / R1, the local multiplier of three rounds (Sacks, nef 2002).

    `first` is the income of round 1 in EUR, of which the first share is spent locally (R2), of
    which those who receive it spend the second share locally (R3).
    """
    shares = (local_share_first, local_share_second)
    if first <= 0 or not all(0 <= s <= 1 or np.isnan(s) for s in shares):
        raise ValueError("LM3 needs a first round above 0 and shares between 0 and 1")
    second = first * local_share_first
    return (first + second + second * local_share_second) / first


def lm3_of(account: pd.DataFrame, sector: str, inside: Sequence[str] = INSIDE) -> float:
    """Return LM3 of a euro that comes in at `sector`, from the shares of `spending`."""
    shares = spending(account, inside)
    second = shares[sector]
    if not second.any():
        return float("nan") if second.isna().any() else 1.0
    # Only who receives something matters: an unknown elsewhere leaves the answer known.
    third = second[second != 0] * shares.sum(skipna=False)[second != 0]
    return lm3(1.0, min(second.sum(skipna=False), 1.0), third.sum(skipna=False) / second.sum())


def largest_leaks(flows: pd.DataFrame, count: int = 3) -> pd.DataFrame:
    """Return the largest flows out of the wijk that it can influence, with `laag` and `hoog`.

    `flows` has `post`, `van`, `naar`, `bedrag`, `se` and the boolean `beinvloedbaar`. The range
    holds 90 %, from 5 % to 95 % of a normal distribution. An unknown amount has no place in the
    order and is left out.
    """
    outward = flows["van"].isin(INSIDE) & flows["naar"].isin(OUTSIDE) & flows["beinvloedbaar"]
    table = flows[outward & (flows["bedrag"] > 0)]
    table = table.sort_values(["bedrag", "post"], ascending=[False, True], ignore_index=True)
    table = table[["post", "van", "naar", "bedrag", "se"]].head(count)
    margin = _NORMAL_95 * table["se"]
    low = (table["bedrag"] - margin).clip(lower=0)
    return table.assign(laag=low, hoog=table["bedrag"] + margin)


def _matrix(account: pd.DataFrame, values: pd.Series) -> np.ndarray:
    """Return `values` added up: receiver (rows) by payer (columns), all seven sectors."""
    # A dictionary, since many drawn accounts go through here and an index costs more to make.
    places = {name: i for i, name in enumerate(SECTOREN)}
    cells = [np.array([places.get(s, -1) for s in account[side]], int) for side in ("naar", "van")]
    if any((codes < 0).any() for codes in cells):
        raise ValueError("van and naar must be sectors of the grootboek")
    table = np.zeros((len(SECTOREN), len(SECTOREN)))
    np.add.at(table, tuple(cells), values.to_numpy(float))
    return table


def _places(sectors: Sequence[str]) -> list[int]:
    return [SECTOREN.index(s) for s in sectors]
