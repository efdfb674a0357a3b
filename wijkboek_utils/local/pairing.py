"""Which points are the same thing: two counters who saw one tree, one counter who wrote it twice.

Distances are in metres. Who puts a dot on an aerial photograph is a metre off, a telephone under an
open sky up to 5 (GPS.gov, GPS Accuracy).
"""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

from wijkboek_utils import dutch
from wijkboek_utils.local.contribution import Fault

# Metres: two counters further apart saw two things. Tried on rows of trees of which each counter
# missed a fifth: with dots 0.7 to 1.5 m off and trees 8 to 12 m apart, 6 gave numbers within 2 %.
SAME_THING = 6.0
DOUBLE = 2.0  # metres: one counter who has two of a kind nearer than this is asked about it
IDENTICAL = 0.05  # metres: coordinates are stored to a decimetre
_NEAREST = 12  # partners to choose from: a heap of dots on one spot stays as quick as a street
THING = ["wat", "soort", "eenheid", "telt"]  # what makes two rows about the same thing


def match(one: np.ndarray, other: np.ndarray, limit: float = SAME_THING) -> np.ndarray:
    """Return which points of two counters are one thing: pairs of row numbers, shape (n, 2).

    `one` and `other` are (n, 2) arrays in RD metres. No point is used twice; the pairs are those
    with the least distance in all, where a point without a partner counts for the limit: the
    assignment problem (Jonker & Volgenant 1987, Computing 38, 325-340). As many pairs as can be
    would be wrong: a row of trees would move up to the neighbours to make one pair more.
    """
    if not len(one) or not len(other):
        return np.empty((0, 2), dtype=int)
    far, who = cKDTree(other).query(one, k=_NEAREST, distance_upper_bound=limit)
    rows, kth = np.nonzero(np.isfinite(far))
    used, left = np.unique(rows, return_inverse=True)
    own = np.arange(len(used))
    graph = coo_array(
        (
            np.append(
                far[rows, kth] + 1, np.full(len(used), limit + 1)
            ),  # a cost of 0 would be no edge
            (np.append(left, own), np.append(who[rows, kth], len(other) + own)),
        ),
        shape=(len(used), len(other) + len(used)),
    )
    found, partner = min_weight_full_bipartite_matching(graph.tocsr())
    real = partner < len(other)
    return np.column_stack([used[found[real]], partner[real]])


def doubles(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the rows of a telling without what one counter wrote twice, and what to say of it.

    A row with the same thing, counter, number and position as an earlier one is dropped. Two of a
    kind by one counter within `DOUBLE` metres both stay, and are asked about: two trees can stand
    that near. `rij`, where the rows have it, names them.
    """
    by = [c for c in [*THING, "teller"] if c in rows]
    points = rows.dropna(subset=["x", "y"]) if {"x", "y"} <= set(rows) else rows[:0]
    if points.empty:
        return rows, []
    place = points[["x", "y"]].astype(float)
    kind = points.fillna({c: "" for c in by}).groupby(by, sort=False).ngroup()
    spot = place.div(IDENTICAL).round().assign(kind=kind, aantal=points["aantal"])
    again = spot.duplicated()
    earlier = points.index.to_series().groupby(spot.columns.map(spot.get).tolist()).transform("min")
    notes = [
        Fault(
            f"{_named(row)} staat op de plek van{_at(points.loc[one])}. Eén keer geteld.", _row(row)
        )
        for (_, row), one in zip(points[again].iterrows(), earlier[again], strict=True)
    ]
    # Kinds lie far apart in a third direction, so that one search does for all of them.
    rest = points[~again]
    space = np.column_stack([place[~again], kind[~again] * 10 * DOUBLE])
    far, who = cKDTree(space).query(space, k=[2], distance_upper_bound=DOUBLE)
    for n in np.flatnonzero(np.isfinite(far[:, 0]) & (who[:, 0] < np.arange(len(rest)))):
        row, other = rest.iloc[n], rest.iloc[who[n, 0]]
        words = (
            f"{_named(row)} staat {dutch.number(far[n, 0], 1)} meter van{_at(other)}. "
            "Is het dezelfde? Beide zijn geteld."
        )
        notes.append(Fault(words, _row(row)))
    return rows.drop(index=points.index[again]), notes


def _named(row: pd.Series) -> str:
    kind = row.get("soort")
    return f"«{row['wat']}»" if pd.isna(kind) or not kind else f"«{row['wat']}, {kind}»"


def _row(row: pd.Series) -> int | None:
    return int(row["rij"]) if pd.notna(row.get("rij")) else None


def _at(row: pd.Series) -> str:
    """Return which row of the file another one is, after «van»."""
    number = _row(row)
    return " een ander" if number is None else f" rij {number}"
