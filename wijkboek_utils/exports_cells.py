"""The cells of long tables as text, a column at a time.

A table of boekingen has half a million cells and few different texts. So Arrow writes the numbers
and joins the rows, and Python sees each different text of a column once. Most tables are short and
have many columns: numbers of one kind are written for all columns of a table at once.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from wijkboek_utils import sums

Buffer = Any  # bytes of Arrow
Texts = Any  # an array of Arrow: of strings, where a missing value is null
_MANY = 1000  # rows: of fewer, looking where a text lies takes longer than reading it
_INFINITE = pa.array(["inf", "-inf"])


class Column:
    """A column of a table, read once for all files that it goes into."""

    def __init__(self, name: str, column: pd.Series, written: Texts = None) -> None:
        """Read a column: words, or else numbers, or yes and no, which `written` has as text."""
        self.name, self.written = name, written
        self.is_text = written is None
        self.is_bool = pd.api.types.is_bool_dtype(column.dtype)
        if self.is_text:
            self._place, self._words = _coded(column)

    def changed(self, change: Callable[[str], str | None]) -> Texts:
        """Return the texts after `change`, which sees each different text once."""
        texts = pa.array([change(text) for text in self._words], pa.string())
        return texts.take(self._place)

    def finite(self) -> Texts:
        """Return what is written for the numbers; of an infinite one nothing, yes is 1."""
        if self.is_bool:
            return pc.if_else(pc.equal(self.written, "True"), "1", "0")
        infinite = pc.is_in(self.written, _INFINITE)
        return pc.if_else(infinite, None, self.written) if infinite.true_count else self.written

    def widest(self, rows: int) -> int:
        """Return the length of the longest text in the first rows, and of the name."""
        if not self.is_text:
            return len(self.name)
        used = set(self._place[:rows].to_pylist()) - {None}
        return max(map(len, (self.name, *(self._words[n] for n in used))))


def read(table: pd.DataFrame) -> list[Column]:
    """Return the columns of a table."""
    columns = [column for _, column in table.items()]
    kinds: dict[Any, list[int]] = {}
    for n, column in enumerate(columns):
        if pd.api.types.is_numeric_dtype(column.dtype):
            kinds.setdefault(column.dtype, []).append(n)
    written: dict[int, Texts] = {}
    for kind, places in kinds.items():
        some = [columns[n] for n in places]
        if isinstance(kind, np.dtype):  # pandas takes five times as long
            long = pd.Series(np.concatenate([column.to_numpy() for column in some]))
        else:
            long = pd.concat(some, ignore_index=True)
        texts = numbers(long)
        for turn, n in enumerate(places):
            written[n] = texts.slice(turn * len(table), len(table))
    return [
        Column(str(name), column, written.get(n))
        for n, (name, column) in enumerate(zip(table.columns, columns, strict=True))
    ]


def numbers(column: pd.Series) -> Texts:
    """Return numbers, or yes and no, as Python writes them: 1.0, 1e-05, True."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return pc.if_else(_array(column), "True", "False")
    if pd.api.types.is_integer_dtype(column.dtype):
        return pc.cast(_array(column), pa.string())
    values = column.to_numpy("float64", na_value=np.nan)
    written = pc.cast(pa.array(values, from_pandas=True), pa.string())
    whole = pa.array(np.trunc(values) == values)
    written = pc.if_else(whole, pc.binary_join_element_wise(written, ".0", ""), written)
    # Outside these bounds Arrow and Python do not begin to write powers of ten at the same size.
    size = np.abs(values)
    odd = (size > 0) & ((size < 1e-4) | (size >= 1e10))
    if column.dtype != "float64":  # a short float has fewer digits
        odd = ~np.isnan(values)
    exact = pa.array([str(column.iloc[n]) for n in odd.nonzero()[0]], pa.string())
    return pc.replace_with_mask(written, pa.array(odd), exact)


def row(parts: Sequence[Texts | str]) -> Texts:
    """Return the texts that some columns make together; null where one of them is."""
    return pc.binary_join_element_wise(*parts, "")


def counted(first: int, size: int) -> Texts:
    """Return the numbers of some rows."""
    return pc.cast(pa.array(np.arange(first, first + size)), pa.string())


def lines(parts: Sequence[Texts | str], between: str = "", end: str = "") -> Buffer:
    """Return the rows that some columns make, one after another; a missing cell leaves nothing.

    A text among the `parts` stands in every row. What comes out can be used as bytes, and lies
    where Arrow wrote it: of a large table each copy counts.
    """
    empty = {"null_handling": "replace", "null_replacement": ""}
    if end:  # to the last cell only: joined to the whole row, it would copy the table once more
        parts = [*parts[:-1], pc.binary_join_element_wise(parts[-1], end, "", **empty)]
    whole = pc.binary_join_element_wise(*parts, between, **empty)
    if not len(whole):
        return pa.py_buffer(b"")
    _, offsets, data = whole.buffers()  # Arrow keeps the texts of a column in one piece
    ends = np.frombuffer(offsets, np.int32, len(whole) + 1, whole.offset * 4)
    return data.slice(ends[0], ends[-1] - ends[0])


def _coded(column: pd.Series) -> tuple[Any, list[str]]:
    """Return the place of the text of each row, null where missing, and the different texts."""
    if len(column) < _MANY or column.dtype != "str":
        kinds = pc.dictionary_encode(_array(column))
        return kinds.indices, kinds.dictionary.to_pylist()
    place, words = sums.coded(column)
    return pa.array(place, pa.int32(), mask=place < 0), list(words)


def _array(column: pd.Series) -> Any:
    if isinstance(column.dtype, pd.StringDtype):  # pandas would look at each text twice
        return pa.array(column.to_numpy(object), pa.string(), from_pandas=True)
    found = pa.array(column, from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
