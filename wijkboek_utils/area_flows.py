"""The flows of an area, read from the grootboek once: its accounts are sums of them.

A chapter asks for many totals of the same boekingen. Some hundreds of flows hold all that these
can tell apart, and what moves a flow when a kengetal or key is off moves a total that it is in by
as much: the totals are those of `ledger.totals`, and their errors too.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import ledger, regions, sources, sums

FACTS = ["buurt", "post", "van", "naar", "domein", "sleutel"]  # what is told apart


@dataclass(frozen=True)
class Flows:
    """The flows of an area: `rows`, and in `loadings` a row for each and a column per cause.

    `rows` has `FACTS`, `bedrag`, `eigen` and `onbekend` as `ledger.factors`. `buurt` is empty but
    for what belongs to the gemeente as a whole, `sleutel` where nothing was spread. `gemeenten` has
    the `FACTS` of all flows of the gemeenten, also of those with nothing in the area. `made` is
    what `once` keeps. Flows are not changed after they are made.
    """

    rows: pd.DataFrame
    loadings: np.ndarray
    causes: pd.Index
    gemeenten: pd.DataFrame
    made: dict[Hashable, pd.DataFrame | pd.Series] = field(
        default_factory=dict, repr=False, compare=False
    )

    def totals(
        self, rows: pd.DataFrame, by: list[str], sign: pd.Series | None = None
    ) -> pd.DataFrame:
        """Return the same as `ledger.totals` of some of `rows`, which may have more columns."""
        columns = [sums.numbered(rows[column]) for column in by]
        number, first = sums.kinds(sums.together(len(rows), columns))
        count = len(first)
        signs = np.ones(len(rows)) if sign is None else sign.to_numpy(float)
        euro = rows["bedrag"].to_numpy() * signs
        known = np.bincount(number, ~np.isnan(euro), count) > 0
        variance = np.bincount(number, rows["eigen"].to_numpy(), count)
        if count:
            # Flows of one total stand together, and the errors of each cause are added up.
            order = np.argsort(number, kind="stable")
            moved = self.loadings[rows.index[order]] * signs[order, None]
            starts = np.searchsorted(number[order], np.arange(count))
            variance = variance + (np.add.reduceat(moved, starts) ** 2).sum(axis=1)
        bedrag = np.bincount(number, np.nan_to_num(euro), count)
        names = {column: rows[column].array.take(first) for column in by}
        found = {
            "bedrag": np.where(known, bedrag, np.nan).round(2),
            "se": np.where(known, np.sqrt(variance), np.nan).round(2),
            "onbekend": np.bincount(number, rows["onbekend"].to_numpy(), count).astype(int),
        }
        return pd.DataFrame(names | found)

    def certain(self) -> "Flows":
        """Return the flows as if the borders of the area were certain."""
        borders = self.causes.str.startswith(ledger.WEIGHT_CAUSE)
        left = {"loadings": self.loadings[:, ~borders], "causes": self.causes[~borders]}
        return replace(self, **left, made={})


def once(compute: Callable[[Flows], Any]) -> Callable[[Flows], Any]:
    """Return a function of flows that keeps what it gave with them: chapters ask it again."""

    @wraps(compute)
    def again(flows: Flows) -> Any:
        if compute not in flows.made:
            flows.made[compute] = compute(flows)
        return flows.made[compute].copy()

    return again


def of(boekingen: pd.DataFrame, weights: ledger.Weights) -> Flows:
    """Return the flows of an area; `boekingen` of whole gemeenten, `weights` as in `ledger`."""
    rows = boekingen.assign(deel=part(boekingen), sleutel=boekingen["sleutel"].fillna(""))
    by = ["deel", *FACTS[1:]]
    amounts, loadings = ledger.factors(rows, weights, by)
    return Flows(
        amounts.reset_index().rename(columns={"deel": "buurt"}),
        loadings.to_numpy(),
        loadings.columns,
        rows[by].drop_duplicates(ignore_index=True).rename(columns={"deel": "buurt"}),
    )


def kinds(boekingen: pd.DataFrame, inside: np.ndarray, more: list[str]) -> pd.DataFrame:
    """Return the boekingen inside an area (a mask) by kind: alike in `FACTS` and `more` columns.

    `aantal` is how many there are, `bedrag` their sum, missing where none is known. Kinds stand in
    the order in which they appear.
    """
    rows = boekingen[[*FACTS, *more]].assign(buurt=part(boekingen))
    # Of all boekingen at once: to take some out of a table of text costs more than to count them.
    every = sums.alike(rows)
    kind, names = pd.factorize(every[inside])
    first = np.flatnonzero(inside)[np.unique(kind, return_index=True)[1]]
    bedrag = boekingen["bedrag"].to_numpy(float)[inside]
    known = np.bincount(kind, ~np.isnan(bedrag), len(names)) > 0
    euro = np.bincount(kind, np.nan_to_num(bedrag), len(names))
    found = rows.iloc[first].reset_index(drop=True)
    return found.assign(
        bedrag=np.where(known, euro, np.nan), aantal=np.bincount(kind, minlength=len(names))
    )


def part(boekingen: pd.DataFrame) -> pd.Series:
    """Return the buurt of what belongs to a gemeente as a whole, and nothing for other buurten."""
    return boekingen["buurt"].where(regions.is_rest(boekingen["buurt"]), "")


def read(pilot: str) -> Flows:
    """Return the flows of a pilot; all its chapters share them."""
    books, gebied = (sources.table_path(pilot, name) for name in ("grootboek", "gebied"))
    found = _read(books, gebied, books.stat().st_mtime_ns)
    return replace(found, rows=found.rows.copy(deep=False))


@cache
def _read(books: Path, gebied: Path, made: int) -> Flows:
    """Return the flows of tables; `made` is when, for they may be made again."""
    return of(sources.table_at(books), regions.area(sources.table_at(gebied)))
