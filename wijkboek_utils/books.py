"""The grootboek as matrices: totals of any area in milliseconds, however many gemeenten it holds.

`ledger.totals` reads every boeking for each total. That is fine for one gemeente, and too slow for
who chooses areas on a map of the country. Here a row is a buurt and a column a flow of one
gemeente: a total is a product with the weights of the buurten. A gemeente that an area holds whole
has a row of its own, the sum of its buurten. `bookkeeping` makes these books.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from wijkboek_utils.sums import ratio

FACTS = ["post", "van", "naar", "domein", "soort"]  # what totals can be given by


@dataclass(frozen=True)
class Books:
    """Boekingen of whole gemeenten, as matrices: a row per buurt, then a row per gemeente.

    `gemeente` is the number of the gemeente of each of `buurten`, -1 for what belongs to no buurt.
    `facts` says what is told apart: `FACTS`. A column is one of these in one gemeente, by one key
    if a key spread it. `flows` gives of each column the number of its `fact`, of its `cause` (that
    key) and of its `key` (that key in that gemeente), and in `whole` the EUR of the gemeente.

    `amount` in EUR, with `known` and `unknown` boekingen counted; `own` is the variance that a
    boeking shares with nothing. Of what was spread: `error` of the key, `outside` (the amount times
    the share of the gemeente outside the buurt) and `source`, the error of the source. `named` has
    the errors that boekingen name: a column for each of `errors`, which also have no `whole`.
    """

    buurten: pd.Index
    gemeente: np.ndarray
    causes: int
    facts: pd.DataFrame
    flows: pd.DataFrame
    errors: pd.DataFrame
    amount: csr_array
    known: csr_array
    unknown: csr_array
    own: csr_array
    error: csr_array
    outside: csr_array
    source: csr_array
    named: csr_array

    def totals(self, weights: pd.Series, by: list[str]) -> pd.DataFrame:
        """Return the same as `ledger.totals`, by some of `FACTS` and without a sign."""
        weight = self._rows(weights)
        amount, error, outside, source, named = (
            _product(weight, matrix)
            for matrix in (self.amount, self.error, self.outside, self.source, self.named)
        )
        own = _product(weight**2, self.own) + source**2
        known, unknown = (_product(np.sign(weight), m) for m in (self.known, self.unknown))
        whole, key = self.flows["whole"].to_numpy(), self.flows["key"].to_numpy()
        # A key only moves money between buurten: what counts is what falls outside the area.
        left = error * ratio(amount * (1 - ratio(amount, whole)), outside)
        here, after, before = (np.bincount(key, x) for x in (known, left, error))
        # What a key spread and is taken out of another amount moves both by the same measure.
        scale = np.append(np.where(here > 0, ratio(after, before), 1.0), 1.0)
        there = np.flatnonzero(named)
        pairs = self.errors.iloc[there]
        named = named[there] * scale[pairs["key"].to_numpy()]
        group, names = _groups(self.facts, by)
        flow, pair = (group[table["fact"].to_numpy()] for table in (self.flows, pairs))
        loadings = np.zeros(len(names) * self.causes)
        for place, table, values in ((flow, self.flows, left), (pair, pairs, named)):
            place = place * self.causes + table["cause"].to_numpy()
            loadings += np.bincount(place, values, len(loadings))
        euro, own, known, unknown = (
            np.bincount(flow, x, len(names)) for x in (amount, own, known, unknown)
        )
        variance = (loadings.reshape(len(names), -1) ** 2).sum(axis=1) + own
        table = names.assign(
            bedrag=np.where(known > 0, euro, np.nan).round(2),
            se=np.where(known > 0, np.sqrt(variance), np.nan).round(2),
            onbekend=unknown.astype(int),
        )
        return table[known + unknown > 0].reset_index(drop=True)

    def _rows(self, weights: pd.Series) -> np.ndarray:
        """Return the weight of each row; a gemeente with one weight all over has it as a whole."""
        at = self.buurten.get_indexer(weights.index)
        weight = np.zeros(len(self.buurten))
        weight[at[at >= 0]] = weights.to_numpy(float, na_value=0.0)[at >= 0].clip(min=0)
        least, most = np.full((2, self.gemeente.max() + 2), [[np.inf], [0.0]])
        np.minimum.at(least, self.gemeente, weight)
        np.maximum.at(most, self.gemeente, weight)
        whole = np.where(least == most, most, 0.0)
        whole[-1] = 0.0  # of what belongs to no buurt
        return np.append(np.where(whole[self.gemeente] > 0, 0.0, weight), whole[:-1])


def _product(weight: np.ndarray, matrix: csr_array) -> np.ndarray:
    """Return a row of weights times a matrix; of a few rows only these are read."""
    rows = np.flatnonzero(weight)
    few = len(rows) < len(weight) / 4
    return weight[rows] @ matrix[rows] if few else weight @ matrix


def _groups(facts: pd.DataFrame, by: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the group of each fact, and the words of each group, in order."""
    if not by:
        return np.zeros(len(facts), dtype=int), pd.DataFrame(index=[0])
    groups = facts.groupby(by, observed=True)
    return groups.ngroup().to_numpy(), groups.size().index.to_frame(index=False)
