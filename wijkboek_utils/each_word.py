"""Columns of words: each different word is looked at once, however many rows have it."""

from collections.abc import Callable

import numpy as np
import pandas as pd


def holds(column: pd.Series, test: Callable[[str], object]) -> np.ndarray:
    """Return of each row whether something holds of its word; of a missing word it does not."""
    number, different = pd.factorize(column)
    return np.array([*(bool(test(word)) for word in different), False])[number]


def which(column: pd.Series, test: Callable[[str], object]) -> pd.Series:
    """Return the same as `holds`, on the index of the column."""
    return pd.Series(holds(column, test), index=column.index, name=column.name)
