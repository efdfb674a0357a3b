"""What a euro does in the wijk: what leaks away, and how often the rest goes round.

An account has `van`, `naar`, `bedrag` and `se` in EUR a year, like a wijkrekening; rows of the same
`van` and `naar` are added up. A row that is not there is no flow; an amount that is missing is
unknown, and so is every figure that depends on it.
"""

from collections.abc import Sequence
from typing import Any

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
    uit, weg, share = leaving(matrices(account, account["bedrag"].to_numpy(float)))
    square = matrices(account, account["se"].to_numpy(float) ** 2)[:, inside]
    leak, stay = square[outside].sum(axis=0), square[inside].sum(axis=0)
    spent = np.where(uit > 0, uit, np.nan)
    variance = ((uit - weg) ** 2 * leak + weg**2 * stay) / spent**4
    columns = {"uit": uit, "weg": weg, "aandeel": share, "se": np.sqrt(variance)}
    return pd.DataFrame({"sector": INSIDE, **columns})


def leaving(amounts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return `uit`, `weg` and `aandeel` of `leakage` of one account or many, as `matrices`."""
    amounts = amounts[..., _places(INSIDE)]
    uit, weg = amounts.sum(axis=-2), amounts[..., _places(OUTSIDE), :].sum(axis=-2)
    return uit, weg, weg / np.where(uit > 0, uit, np.nan)


def spending(account: pd.DataFrame, inside: Sequence[str] = INSIDE) -> pd.DataFrame:
    """Return the share of each sector's spending (column) that goes to each sector inside (row).

    A share of what a sector spends, savings included, not of what it receives: in a balanced
    account these are the same, and in another one no sector passes on more than it got. A sector
    that spends nothing passes on nothing; one with an unknown amount has unknown shares.
    """
    shares = _shares(matrices(account, account["bedrag"].to_numpy(float)), inside)
    return pd.DataFrame(shares, index=[*inside], columns=[*inside])


def local_multiplier(account: pd.DataFrame, inside: Sequence[str] = INSIDE) -> pd.Series:
    """Return per sector inside the local income, in all rounds, per euro that it gets from outside.

    The column sums of the inverse of I - A, with A from `spending` (Leontief 1936; for accounts of
    all sectors Pyatt & Round 1979). The first euro counts: 1 means that all leaks away at once.
    Raises Fout naming the sectors when money goes round for ever (spectral radius of A 1 or more).
    """
    found = all_rounds(matrices(account, account["bedrag"].to_numpy(float)), inside)
    return pd.Series(found, index=[*inside], name="multiplier").rename_axis("sector")


def all_rounds(amounts: np.ndarray, inside: Sequence[str] = INSIDE) -> np.ndarray:
    """Return `local_multiplier` of one account or many, as `matrices`; sectors in the last axis."""
    shares = _shares(amounts, inside)
    known = np.nan_to_num(shares)
    identity = np.eye(len(inside))
    # Who pays whom, in any number of steps: [to, from].
    reached = np.linalg.matrix_power(identity + (known > 0), len(inside)) > 0
    leaks = known.sum(axis=-2) < 1 - _NO_LEAK
    trapped = ~(reached & leaks[..., None]).any(axis=-2)
    if trapped.any():
        stuck = trapped.reshape(-1, len(inside)).any(axis=0)
        names = ", ".join(name for name, held in zip(inside, stuck, strict=True) if held)
        raise Fout(
            f"Het geld van {names} verlaat de wijk nooit: er is geen multiplier. "
            "Boek ook wat naar buiten, naar het rijk of naar het vermogen gaat."
        )
    unknown = np.isnan(shares).any(axis=-2)
    total = np.linalg.inv(identity - known).sum(axis=-2)
    return np.where((reached & unknown[..., None]).any(axis=-2), np.nan, total)


def lm3(first: Any, local_share_first: Any, local_share_second: Any) -> Any:
    """Return (R1 + R2 + R3) / R1, the local multiplier of three rounds (Sacks, nef 2002).

    `first` is the income of round 1 in EUR, of which the first share is spent locally (R2), of
    which those who receive it spend the second share locally (R3). Numbers, or arrays of them.
    """
    shares = np.array([local_share_first, local_share_second])
    if (
        np.any(np.less_equal(first, 0))
        or not (((shares >= 0) & (shares <= 1)) | np.isnan(shares)).all()
    ):
        raise ValueError("LM3 needs a first round above 0 and shares between 0 and 1")
    second = first * local_share_first
    return (first + second + second * local_share_second) / first


def lm3_of(account: pd.DataFrame, sector: str, inside: Sequence[str] = INSIDE) -> float:
    """Return LM3 of a euro that comes in at `sector`, from the shares of `spending`."""
    amounts = matrices(account, account["bedrag"].to_numpy(float))
    return float(three_rounds(amounts, sector, inside))


def three_rounds(amounts: np.ndarray, sector: str, inside: Sequence[str] = INSIDE) -> np.ndarray:
    """Return `lm3_of` of one account or many, as `matrices`."""
    shares = _shares(amounts, inside)
    second = shares[..., list(inside).index(sector)]
    # Only who receives something matters: an unknown elsewhere leaves the answer known.
    third = np.where(second != 0, second * shares.sum(axis=-2), 0.0).sum(axis=-1)
    spent = second.sum(axis=-1)
    share = third / np.where(spent == 0, 1.0, spent)
    return lm3(1.0, np.minimum(spent, 1.0), np.minimum(share, 1.0))


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


def matrices(account: pd.DataFrame, amounts: np.ndarray) -> np.ndarray:
    """Return amounts added up: receiver (rows) by payer (columns), all seven sectors.

    `amounts` has one for each row of `account` in its last axis: of many accounts, many matrices.
    """
    to, by = (
        pd.Index(SECTOREN).get_indexer(account[side].astype("str")) for side in ("naar", "van")
    )
    if (to < 0).any() or (by < 0).any():
        raise ValueError("van and naar must be sectors of the grootboek")
    count = len(SECTOREN)
    table = np.zeros((count * count, *amounts.shape[:-1]))
    np.add.at(table, to * count + by, np.moveaxis(amounts, -1, 0))
    return np.moveaxis(table, 0, -1).reshape(*amounts.shape[:-1], count, count)


def _shares(amounts: np.ndarray, inside: Sequence[str]) -> np.ndarray:
    """Return `spending` of one account or many, as `matrices`: [to, from] in the last two axes."""
    places = _places(inside)
    amounts = amounts[..., places]
    spent = amounts.sum(axis=-2, keepdims=True)
    return amounts[..., places, :] / np.where(spent == 0, 1.0, spent)


def _places(sectors: Sequence[str]) -> list[int]:
    return [SECTOREN.index(s) for s in sectors]
