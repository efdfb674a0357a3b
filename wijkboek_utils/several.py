"""An area in several gemeenten: the books of each from its own figures, one below the other.

Figures of gemeenten differ in their years and in what is known, and a verdeelsleutel holds in one
gemeente. So the books of several are those of each, as they stand in a report of its own: the parts
of an area add up to the whole.
"""

from collections.abc import Callable, Sequence

import pandas as pd

from wijkboek_utils.regions import gemeente_of
from wijkboek_utils.sums import coded

Compute = Callable[..., pd.DataFrame]
_CODES = ["gemeente", "buurt", "gebied"]  # columns of a code that says in which gemeente a row is


def read(reader: Compute, gemeenten: Sequence[str], *rest: object) -> pd.DataFrame:
    """Return what `reader` gives of each gemeente and of `rest`, one below the other."""
    return _below([reader(gemeente, *rest) for gemeente in gemeenten])


def each(compute: Compute, tables: Sequence[pd.DataFrame], *rest: object) -> pd.DataFrame:
    """Return what `compute` makes of the rows of each gemeente in `tables`, one below the other.

    `rest` is the same for each. A table has a column `gemeente`, `buurt` or `gebied` with codes;
    the gemeenten are those of the first table, in the order of their codes.
    """
    parts = [split(table) for table in tables]
    return _below(
        [
            compute(*(p.get(gemeente, t[:0]) for p, t in zip(parts, tables, strict=True)), *rest)
            for gemeente in parts[0]
        ]
    )


def split(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of each gemeente, by its code; a table of one gemeente as it is."""
    column = next(c for c in _CODES if c in table)
    found = {gemeente_of(code) for code in coded(table[column])[1]}
    if len(found) == 1:  # nearly always
        return {found.pop(): table}
    groups = table.groupby("GM" + table[column].astype("str").str[2:6])
    return {str(code): rows.reset_index(drop=True) for code, rows in groups}


def _below(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
