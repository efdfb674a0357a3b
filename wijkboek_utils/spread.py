"""Spread amounts of a gemeente over its buurten by verdeelsleutels, to the cent."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wijkboek_utils.keys import NO_KEY, Keys
from wijkboek_utils.regions import rest_of


def spread_cents(cents: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return whole amounts that add up to each of `cents` exactly, in proportion to `shares`.

    `cents`: n whole amounts of at least 0; `shares`: n rows that each add up to 1. The cents that
    rounding down leaves go to the largest remainders (Hamilton), the first column first.
    """
    exact = cents[:, None] * shares
    floors = np.floor(exact)
    left = cents - floors.sum(axis=1)
    if ((left < 0) | (left > shares.shape[1])).any():
        raise ValueError("the shares of an amount do not add up to 1")
    order = np.argsort(floors - exact, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return floors + (rank < left[:, None])


@dataclass(frozen=True)
class Spread:
    """Amounts brought down to the buurten of one gemeente or several.

    `table`: a row per amount. `buurten`: the codes of the buurten, and of the rest of a gemeente.
    `cells`: a row per amount and buurt: `regel` and `plek`, the places of both in these lists,
    `bedrag` (EUR, above 0) and `se`. Words are kept once an amount, not once a cell: there are
    millions of cells in the country.
    """

    table: pd.DataFrame
    buurten: np.ndarray
    cells: pd.DataFrame


def by_keys(table: pd.DataFrame, sleutels: pd.Series, keys: Keys, gemeente: str) -> Spread:
    """Return the amounts of a gemeente spread over its buurten by the keys given.

    What has no key is booked under the rest of the gemeente. The table gets the `sleutel` used,
    `bronnen` of its figures, and `teken`, -1 where the published amount is below zero. The cells of
    each row of `table` add up to it, to the cent.
    """
    whole = (sleutels == NO_KEY).to_numpy()
    used = keys.shares.index.get_indexer(sleutels[~whole])
    if (used < 0).any():
        raise KeyError(f"deze sleutels zijn er niet: {set(sleutels) - set(keys.shares.index)}")
    buurten = len(keys.shares.columns)
    share, error = np.zeros((2, len(table), buurten + 1))
    share[whole, buurten] = 1.0
    share[~whole, :buurten] = keys.shares.to_numpy()[used]
    error[~whole, :buurten] = keys.errors.to_numpy()[used]
    bedrag = spread_cents(np.rint(np.abs(table["euro"].to_numpy()) * 100), share) / 100
    se = bedrag * (1 - share) * error
    regel, plek = np.nonzero(bedrag)
    return Spread(
        table.assign(
            sleutel=sleutels.to_numpy(),
            bronnen=keys.table["bronnen"].reindex(sleutels).fillna("").to_numpy(),
            teken=np.sign(table["euro"]).astype(int),
        ),
        np.array([*keys.shares.columns, rest_of(gemeente)], dtype=object),
        pd.DataFrame(
            {"regel": regel, "plek": plek, "bedrag": bedrag[regel, plek], "se": se[regel, plek]}
        ),
    )


def join(parts: list[Spread]) -> Spread:
    """Return the spread amounts of several gemeenten as one."""
    if len(parts) == 1:
        return parts[0]
    cells, rows, places = [], 0, 0
    for part in parts:
        cells.append(part.cells.add([rows, places, 0, 0]))
        rows, places = rows + len(part.table), places + len(part.buurten)
    return Spread(
        pd.concat([p.table for p in parts], ignore_index=True),
        np.concatenate([p.buurten for p in parts]),
        pd.concat(cells, ignore_index=True),
    )


def split_owners(rows: Spread, owners: pd.DataFrame) -> Spread:
    """Return the amounts with payer `eigenaren` divided over who owns the dwellings of a buurt.

    `owners` as `keys.owner_shares`: owner-occupiers are huishoudens, corporations instellingen, and
    of other landlords nobody says where they live: their part is booked under buitenwereld.
    """
    paid = (rows.table["van"] == "eigenaren").to_numpy()
    number = paid.sum()
    # Their rows go last, so that a copy of them for each payer can follow.
    order = np.argsort(np.argsort(paid, kind="stable"), kind="stable")
    cells = {name: column.to_numpy() for name, column in rows.cells.items()}
    cells["regel"] = order[cells["regel"]]
    theirs = cells["regel"] >= len(paid) - number
    own = {name: column[theirs] for name, column in cells.items()}
    shares = owners.reindex(rows.buurten[own["plek"]])
    shares = shares.fillna({"buitenwereld": 1.0}).fillna(0.0)  # the rest has no dwellings
    parts = spread_cents(np.rint(own["bedrag"] * 100), shares.to_numpy()) / 100
    payer, place = np.nonzero(parts.T)
    split = {
        "regel": own["regel"][place] + payer * number,
        "plek": own["plek"][place],
        "bedrag": parts[place, payer],
        "se": own["se"][place] * shares.to_numpy()[place, payer],
    }
    split = {name: np.concatenate([cells[name][~theirs], part]) for name, part in split.items()}
    owned = rows.table[paid]
    tables = [rows.table[~paid], *(owned.assign(van=name) for name in shares)]
    return Spread(
        pd.concat(tables, ignore_index=True),
        rows.buurten,
        pd.DataFrame(split),
    )
