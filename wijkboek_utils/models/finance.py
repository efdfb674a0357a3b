"""What a row of yearly amounts is worth: present value, rate of return, payback, annuity.

The first amount of a row is of this moment, each next one of a year later. The definitions are
those of Brealey, Myers & Allen, Principles of Corporate Finance; where a rate of return is not one
figure, there is none.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq

from wijkboek_utils.errors import Fout

_SMALL = 1e-12  # of the largest amount: less is what is left of a rounding
_NEAR = 0.01  # a root this near to the real axis, by its size, may be real


def in_a_row(years: Sequence[tuple[int, float, float]]) -> list[float]:
    """Return a row of amounts from years in order, each with what it costs at its start and what
    it saves at its end.
    """
    first, last = years[0][0], years[-1][0]
    row = [0.0] * (last - first + 2)
    for year, cost, saved in years:
        row[year - first] -= cost
        row[year - first + 1] += saved
    return row


def npv(voet: float, stromen: Sequence[float]) -> float:
    """Return what a row of amounts is worth now, in EUR, at a discount rate (0.0225 is 2.25 %).

    Raises Fout where the rate is -1 or less: nothing is worth anything then.
    """
    _check(voet)
    return math.fsum(amount / (1 + voet) ** year for year, amount in enumerate(stromen))


def irr(stromen: Sequence[float]) -> float | None:
    """Return the rate at which a row of amounts is worth nothing, above -1.

    None where there is no such rate, and where there is more than one (Norstrom 1972): then a rate
    of return says nothing.
    """
    row = np.asarray(stromen, dtype=float)
    size = np.abs(row).max(initial=0.0)
    row = np.trim_zeros(np.where(np.abs(row) < size * _SMALL, 0.0, row))
    # The number of roots is odd only if the ends differ; an even number is never one.
    if len(row) < 2 or np.sign(row[0]) == np.sign(row[-1]):
        return None
    row = row / size
    changes = np.count_nonzero(np.diff(np.sign(row[row != 0])))
    if changes > 1 and _positive_roots(row) != 1:
        return None
    # Cauchy's bound of the roots, on both sides, so that a sign change lies between.
    high = 2 * (1 + np.abs(row[:-1]).max() / abs(row[-1]))
    low = 0.5 / (1 + np.abs(row[1:]).max() / abs(row[0]))
    root = brentq(_worth, math.log(low), math.log(high), args=(row,), xtol=1e-15)
    return math.expm1(-root)


def payback(stromen: Sequence[float]) -> float | None:
    """Return after how many years what was spent is back for good, without interest.

    The first amount is spent at once, each next one comes in evenly over its year. None where it is
    not back at the end.
    """
    total = np.cumsum(np.asarray(stromen, dtype=float))
    if not len(total) or total[-1] < 0:
        return None
    below = np.flatnonzero(total < 0)
    if not len(below):
        return 0.0
    last = int(below[-1])
    return last + float(-total[last] / (total[last + 1] - total[last]))


def annuity(bedrag: float, voet: Any, jaren: Any) -> Any:
    """Return the equal amount at the end of each of some years that is worth an amount now.

    `voet` and `jaren` are numbers, or arrays of draws. Raises Fout where there is no year to spread
    it over.
    """
    _check(voet)
    if np.less(jaren, 1).any():
        raise Fout("Een bedrag verdelen kan over één jaar of meer. Kies minstens 1 jaar.")
    free = np.equal(voet, 0)
    rate = np.where(free, 1.0, voet)
    each = np.where(free, 1 / np.asarray(jaren), rate / -np.expm1(-jaren * np.log1p(rate)))
    return bedrag * each


def _check(voet: Any) -> None:
    if not np.greater(voet, -1).all():
        raise Fout("Een discontovoet is meer dan min 100 procent. Verbeter het kengetal.")


def _positive_roots(row: np.ndarray) -> int:
    """Return how many rates there may be; what is almost one counts, so that doubt is no answer."""
    roots = np.roots(row[::-1])
    near = np.abs(roots.imag) <= _NEAR * np.abs(roots)
    return int(np.count_nonzero(near & (roots.real > 0)))


def _worth(log: float, row: np.ndarray) -> float:
    """Return the sign and size of a row at exp(`log`) a year, scaled so that it stays finite."""
    powers = np.arange(len(row)) * log
    return float(row @ np.exp(powers - powers.max()))
