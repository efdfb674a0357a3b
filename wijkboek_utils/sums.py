"""Totals of boekingen in numbers: what is in them, and what makes them unsure.

`ledger.totals` and `ledger.factors` give the rules and the words; this is how they add up. A report
has hundreds of totals, so words become numbers first, and each step is one of all boekingen.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

KEY_CAUSE = "sleutel:"  # before the id of a key that is the cause of an error
WEIGHT_CAUSE = "gewicht:"  # before the code of a buurt of which the share in the area is unsure
_CAUSES = {"sleutel": KEY_CAUSE, "kengetal": ""}  # columns that name one, and what stands before
_FLOW = ["post", "van", "naar", "domein"]  # with its key: one amount that was spread


class Numbers(dict[Any, int]):
    """Numbers of words, given out the first time that a word is met."""

    def __missing__(self, word: Any) -> int:
        self[word] = len(self)
        return self[word]

    def of(self, words: Iterable) -> np.ndarray:
        """Return the number of each word."""
        return np.array([self[word] for word in words], dtype=np.int64)


class Sums(NamedTuple):
    """Totals in numbers: a row of `names` and of `loadings` for each, a column of these a cause."""

    names: pd.DataFrame
    bedrag: np.ndarray
    eigen: np.ndarray
    onbekend: np.ndarray
    causes: list[str]
    loadings: np.ndarray


class _Rows(NamedTuple):
    """Boekingen of an area in numbers.

    `group` is the total of each, `unsure` the error of its `weight` and `border` the cause of that.
    What was spread is part of a `flow`, that is `whole` in all buurten.
    """

    group: np.ndarray
    gemeente: np.ndarray
    flow: np.ndarray
    spread: np.ndarray
    cause: np.ndarray
    border: np.ndarray
    whole: np.ndarray
    bedrag: np.ndarray
    se: np.ndarray
    se_bron: np.ndarray
    weight: np.ndarray
    unsure: np.ndarray
    sign: np.ndarray


class _Errors(NamedTuple):
    """Errors in EUR: the number of what moves, that of the cause, and by how much it moves."""

    moved: np.ndarray
    cause: np.ndarray
    fout: np.ndarray


def sums(
    ledger: pd.DataFrame,
    share: pd.Series,
    unsure: pd.Series,
    by: list[str],
    sign: pd.Series | None = None,
) -> Sums:
    """Return the totals of `ledger.factors` for an area: the `share` of buurten and its error."""
    causes = Numbers({"": 0})
    names, rows, named = _rows(ledger, (share, unsure), by, sign, causes)
    count, signed = len(names), rows.weight * rows.sign
    # Of billions squared there is often nothing left.
    rest = rows.se**2 - rows.se_bron**2 - precise(named.moved, named.fout**2, len(signed))
    rest = np.sqrt(np.maximum(rest, 0.0))
    keyed, source, measure = _key_errors(rows, rest * rows.weight, count, len(causes))
    known, single = ~np.isnan(rows.bedrag), ~rows.spread & (rows.cause > 0)
    unsure = known & (rows.unsure != 0)
    # A key that spread one amount and is taken out of another moves both by the same measure.
    taken = measure[rows.gemeente[named.moved], named.cause] * signed[named.moved] * named.fout
    borders = rows.bedrag * rows.unsure * rows.sign
    parts = [
        keyed,
        _Errors(rows.group[single], rows.cause[single], (rest * signed)[single]),
        _Errors(rows.group[named.moved], named.cause, taken),
        _Errors(rows.group[unsure], rows.border[unsure], borders[unsure]),
    ]
    group, cause, fout = map(np.concatenate, zip(*parts, strict=True))
    words, there = [*causes], np.bincount(cause, minlength=len(causes)) > 0
    found = sorted(np.flatnonzero(there), key=words.__getitem__)
    column = np.zeros(len(words), dtype=np.int64)
    column[found] = np.arange(len(found))
    loadings = _added(group * len(found) + column[cause], fout, count * len(found))
    own = np.where(rows.cause == 0, rest**2 + rows.se_bron**2, 0.0) * rows.weight**2
    bedrag = precise(rows.group, rows.bedrag * signed, count)
    return Sums(
        names,
        # Of nothing known the sum is unknown.
        np.where(np.bincount(rows.group[known], minlength=count) > 0, bedrag, np.nan),
        _added(rows.group, own, count) + source,
        np.bincount(rows.group[~known], minlength=count),
        [words[n] for n in found],
        loadings.reshape(count, len(found)),
    )


def _rows(
    ledger: pd.DataFrame,
    area: tuple[pd.Series, pd.Series],
    by: list[str],
    sign: pd.Series | None,
    causes: Numbers,
) -> tuple[pd.DataFrame, _Rows, _Errors]:
    """Return what each total is of, the boekingen of the area, and the errors that these name.

    `causes` gets the causes.
    """
    buurt, words = coded(ledger["buurt"])
    buurten = pd.Index(words, dtype="str")
    weight, unsure = (
        np.append(values.reindex(buurten).fillna(0.0).to_numpy(float), 0.0)[buurt]
        for values in area
    )
    columns = [numbered(ledger[column]) for column in by]
    here = np.flatnonzero(np.logical_and.reduce([weight > 0, *(n > 0 for n, _ in columns)]))
    group, first = kinds(together(len(ledger), columns)[here])
    names = ledger[by].iloc[here[first]].reset_index(drop=True)
    place, words, cause, fout = parsed(ledger["fouten"].iloc[here])
    named = _Errors(place, causes.of(words)[cause], fout)
    spread = (ledger["methode"] == "verdeeld").to_numpy()
    key, unit = (_caused(causes, ledger[c], s) for c, s in _CAUSES.items())
    # What names the errors of its kengetallen has nothing left that others share.
    cause = np.where(spread, key, np.where(ledger["fouten"].notna(), 0, unit))
    gemeente = np.append(pd.factorize(buurten.str[2:6])[0], -1)[buurt]
    signs = np.ones(len(ledger)) if sign is None else sign.reindex(ledger.index).to_numpy(float)
    bedrag = ledger["bedrag"].to_numpy(float)
    columns = [numbered(ledger[column]) for column in _FLOW]
    columns += [(gemeente + 1, len(buurten) + 1), (cause, len(causes)), (1 * (signs < 0), 2)]
    flow, first = kinds(together(len(ledger), columns))
    whole = _added(flow, np.where(spread, bedrag, 0.0), len(first))[flow]
    border = causes.of(WEIGHT_CAUSE + buurten)[buurt] if unsure.any() else buurt
    se, se_bron = (ledger[column].to_numpy(float) for column in ("se", "se_bron"))
    found = (gemeente, flow, spread, cause, border, whole, bedrag, se, se_bron)
    columns_here = [x[here] for x in (*found, weight, unsure, signs)]
    return names, _Rows(group, *columns_here), named


def numbered(column: pd.Series) -> tuple[np.ndarray, int]:
    """Return a number for each row in the order of its values, 0 where missing; and how many."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(np.int64) + 1, len(column.cat.categories) + 1
    number, words = ordered(column)
    return number + 1, len(words) + 1


def ordered(column: pd.Series) -> tuple[np.ndarray, Any]:
    """Return the place of the word of each row, -1 where missing, and the words in their order."""
    if column.dtype != "str":
        return pd.factorize(column, sort=True)
    number, words = coded(column)
    order = np.argsort(words, kind="stable")
    rank = np.full(len(words) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(words))
    return rank[number], words[order]


def coded(column: pd.Series | pd.Index) -> tuple[np.ndarray, Any]:
    """Return the place of the word of each row, -1 where missing, and the words as they come."""
    if column.dtype != "str":
        return pd.factorize(column)
    # The same word is nearly always the same object: numbers of where these lie are told apart in
    # a fraction of the time that words take. What is left to compare is a word of each.
    texts = np.ascontiguousarray(column.to_numpy(object))
    thing, things = pd.factorize(np.ndarray(texts.shape, np.intp, texts))
    one = np.zeros(len(things), dtype=np.int64)
    one[thing] = np.arange(len(thing))
    number, words = pd.factorize(texts[one])
    return number[thing], words


def together(count: int, columns: list[tuple[np.ndarray, int]]) -> np.ndarray:
    """Return a number for each of `count` rows: what columns say together, in their order."""
    if not columns:
        return np.zeros(count, dtype=np.int64)
    numbers, sizes = zip(*columns, strict=True)
    return np.asarray(np.ravel_multi_index(numbers, sizes))


def alike(table: pd.DataFrame) -> np.ndarray:
    """Return a number for each row, the same for rows of which all columns say the same."""
    return together(len(table), [numbered(table[column]) for column in table])


def kinds(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the kind of each number, in order from 0, and where there is one of each kind."""
    kind, found = pd.factorize(number, sort=True)
    place = np.zeros(len(found), dtype=np.int64)
    place[kind] = np.arange(len(kind))
    return kind, place


def holds(column: pd.Series | pd.Index, test: Callable[[str], object]) -> np.ndarray:
    """Return of each row whether a test holds of its word; of a missing word it does not.

    Each different word is tested once, however many rows have it.
    """
    number, words = coded(column)
    return np.array([*(bool(test(word)) for word in words), False])[number]


def _caused(causes: Numbers, column: pd.Series, before: str) -> np.ndarray:
    """Return the number of the cause that each row of a column names; 0 where it is missing."""
    number, words = coded(column)
    return np.append(causes.of(before + word for word in words), 0)[number]


def _added(number: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Return the sum of the values of each number below `count`; what is missing adds nothing."""
    return np.bincount(number, np.nan_to_num(values), count).astype(float, copy=False)


def precise(number: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Return the same sums as `_added`, to the last digit: pandas makes up for its rounding."""
    found, sums = np.zeros(count), pd.Series(values).groupby(number).sum()
    found[sums.index.to_numpy()] = sums.to_numpy()
    return found


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return a quotient; 0 where there is nothing to divide by."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def parsed(fouten: pd.Series) -> tuple[np.ndarray, list[str], np.ndarray, np.ndarray]:
    """Return the errors in texts: the place of each text, causes, the number of that, and EUR."""
    there = np.flatnonzero(fouten.notna())
    if not len(there):
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, [], nothing, nothing.astype(float)
    texts = pa.array(fouten.iloc[there].astype("str").array)
    if isinstance(texts, pa.ChunkedArray):  # of tables one below the other
        texts = texts.combine_chunks()
    parts = pc.split_pattern(texts, ";")
    pairs = pc.split_pattern(pc.list_flatten(parts), "=", max_splits=1, reverse=True)
    causes = pc.dictionary_encode(pc.list_element(pairs, 0))
    fout = pc.cast(pc.list_element(pairs, 1), pa.float64())
    place = there[pc.list_parent_indices(parts)]
    return place, causes.dictionary.to_pylist(), causes.indices.to_numpy(), fout.to_numpy()


def _key_errors(
    rows: _Rows, error: np.ndarray, totals: int, causes: int
) -> tuple[_Errors, np.ndarray, np.ndarray]:
    """Return the errors of what keys spread; `error` is that of the boekingen, in the area.

    Of the keys: what each total moves; of the sources that were spread: the variance of each total;
    and by gemeente and cause how much of the errors of the buurten is left for the area. Each
    buurt's error already holds the share outside that buurt; here that outside the area.
    """
    some, shape = np.flatnonzero(rows.spread), (rows.gemeente.max(initial=0) + 1, causes)
    rows, error = _Rows(*(x[some] for x in rows)), error[some]
    part = rows.bedrag * rows.weight
    number, first = kinds(rows.flow * totals + rows.group)
    group, gemeente, cause = rows.group[first], rows.gemeente[first], rows.cause[first]
    whole, outside = rows.whole[first], part * (1 - ratio(rows.bedrag, rows.whole))
    source = rows.se_bron * rows.weight
    part, outside, error, source = (
        _added(number, x, len(first)) for x in (part, outside, error, source)
    )
    left = error * ratio(part * (1 - ratio(part, whole)), outside)
    where = gemeente * causes + cause
    before, after = (_added(where, x, shape[0] * causes) for x in (error, left))
    used = np.bincount(where, minlength=len(before)) > 0
    measure = np.where(used, ratio(after, before), 1.0).reshape(shape)
    # One amount was spread: its own error is the same for all buurten.
    variance = _added(group, source**2, totals)
    return _Errors(group, cause, left * rows.sign[first]), variance, measure
