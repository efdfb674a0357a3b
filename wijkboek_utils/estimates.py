"""Amounts that remember why they are unsure, so that a sum knows what moves together.

Errors go along linearly: each names its cause (a kengetal, a count, a key) and says how far the
amount moves when that cause is one standard error higher. This is first-order propagation with
shared causes, as in the GUM (JCGM 100:2008, 5.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils.kengetallen import Kengetal
from wijkboek_utils.regions import gemeente_of, wijk_of


@dataclass(frozen=True)
class Estimate:
    """A number, or one per buurt, in any unit.

    `value` per buurt is a series on the buurten. `errors`: by cause, how far the value moves for
    one standard error of the cause, with its sign. `own`: the standard error that it shares with
    nothing else. Both are one number for all, an array in the order of `value`, or a series.
    """

    value: Any
    errors: Mapping[str, Any] = field(default_factory=dict)
    own: Any = 0.0

    @property
    def se(self) -> Any:
        """Return the standard error of all causes together."""
        bare, index = _bare(self)
        variance = sum((e**2 for e in bare.errors.values()), bare.own**2)
        return _named(np.sqrt(variance), index)

    def because(self, cause: str, error: Any) -> Estimate:
        """Return the same with one cause more; `error` as in `errors`."""
        (known, _), (more, _) = _bare(self), _bare(Estimate(self.value, {cause: error}))
        moved = known.errors.get(cause, 0.0) + more.errors[cause]
        return Estimate(self.value, {**known.errors, cause: moved}, known.own)

    def at_least_zero(self) -> Estimate:
        """Return the same with a value below zero put at zero; what is unsure stays unsure."""
        return Estimate(np.maximum(self.value, 0.0), self.errors, self.own)

    def zero_where_unknown(self) -> Estimate:
        """Return the same with 0, and no error, for what is unknown."""
        bare, index = _bare(self)
        known = ~np.isnan(bare.value)

        def kept(x: Any) -> Any:
            return np.where(known & ~np.isnan(x), x, 0.0)

        errors = {cause: kept(error) for cause, error in bare.errors.items()}
        return Estimate(_named(kept(bare.value), index), errors, kept(bare.own))

    def at_most(self, limit: float) -> Estimate:
        """Return the same with a value above the limit put at the limit."""
        return Estimate(np.minimum(self.value, limit), self.errors, self.own)

    def reindex(self, buurten: pd.Index) -> Estimate:
        """Return the same in other buurten, or in another order; unknown in a buurt not in it."""
        bare, index = _bare(self)
        if index is None:
            return self
        if index is buurten or index.equals(buurten):
            return Estimate(self.value, bare.errors, bare.own)
        places = index.get_indexer(buurten)

        def moved(x: Any) -> Any:
            return np.where(places < 0, np.nan, x[places]) if np.ndim(x) else x

        errors = {cause: moved(error) for cause, error in bare.errors.items()}
        return Estimate(self.value.reindex(buurten), errors, moved(bare.own))

    def __add__(self, other: Any) -> Estimate:
        one, two, index = _together(self, sure(other))
        errors = dict(one.errors)
        for cause, error in two.errors.items():
            errors[cause] = errors[cause] + error if cause in errors else error
        return Estimate(_named(one.value + two.value, index), errors, np.hypot(one.own, two.own))

    def __mul__(self, other: Any) -> Estimate:
        one, two, index = _together(self, sure(other))
        with np.errstate(invalid="ignore"):  # of no finite value nothing is known
            errors = {cause: error * two.value for cause, error in one.errors.items()}
            for cause, error in two.errors.items():
                moved = error * one.value
                errors[cause] = errors[cause] + moved if cause in errors else moved
            own = np.hypot(one.own * two.value, two.own * one.value)
            return Estimate(_named(one.value * two.value, index), errors, own)

    def __neg__(self) -> Estimate:
        return self * -1.0

    def __sub__(self, other: Any) -> Estimate:
        return self + -sure(other)

    def __rsub__(self, other: Any) -> Estimate:
        return sure(other) - self

    def __truediv__(self, other: Any) -> Estimate:
        two, index = _bare(sure(other))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 1.0 / two.value
            inverse = {cause: -error * share**2 for cause, error in two.errors.items()}
            own = two.own * share**2
        return self * Estimate(_named(share, index), inverse, own)

    __radd__ = __add__
    __rmul__ = __mul__


def _bare(x: Estimate) -> tuple[Estimate, pd.Index | None]:
    """Return an estimate in arrays, and its buurten; one number for all has none.

    Arithmetic goes over arrays: a series looks at its labels in every step, which takes far longer
    than the numbers.
    """
    if not isinstance(x.value, pd.Series):
        return x, None
    index = x.value.index

    def array(part: Any) -> Any:
        if not isinstance(part, pd.Series):
            return part
        same = part.index is index or part.index.equals(index)
        return (part if same else part.reindex(index)).to_numpy(dtype=float)

    errors = {cause: array(error) for cause, error in x.errors.items()}
    return Estimate(array(x.value), errors, array(x.own)), index


def _together(one: Estimate, two: Estimate) -> tuple[Estimate, Estimate, pd.Index | None]:
    """Return two estimates in arrays over the same buurten, and these buurten."""
    (a, here), (b, there) = _bare(one), _bare(two)
    if here is None or there is None or here is there or here.equals(there):
        return a, b, there if here is None else here
    index = here.union(there)
    return _bare(one.reindex(index))[0], _bare(two.reindex(index))[0], index


def _named(values: Any, index: pd.Index | None) -> Any:
    """Return one value per buurt with the buurten beside it."""
    return values if index is None or not np.ndim(values) else pd.Series(values, index, copy=False)


def sure(value: Any) -> Estimate:
    """Return a number, or one per buurt, without an error; an Estimate stays as it is."""
    return value if isinstance(value, Estimate) else Estimate(value)


def of(kengetal: Kengetal) -> Estimate:
    """Return a kengetal with its error, under its own id."""
    return Estimate(kengetal.waarde, {kengetal.id: kengetal.se})


def names_in(cause: str, buurten: pd.Index) -> list[str]:
    """Return the name of a cause in each buurt: `{wijk}` and `{gemeente}` stand for its own."""
    if "{" not in cause:
        return [cause] * len(buurten)
    return [cause.format(wijk=wijk_of(b), gemeente=gemeente_of(b)) for b in buurten]


def error_text(amount: Estimate, index: pd.Index) -> list[str | None]:
    """Return per buurt the causes of an amount as text, `id=EUR;id=EUR`, as in the grootboek."""
    texts = []
    for cause, error in amount.reindex(index).errors.items():
        moved = np.broadcast_to(error, len(index)).tolist()
        if any(euro == euro and euro for euro in moved):  # something, and known
            names = names_in(cause, index)
            pairs = zip(names, moved, strict=True)
            texts.append([f"{name}={euro:.2f}" if euro else "" for name, euro in pairs])
    rows = zip(*texts, strict=True) if texts else [()] * len(index)
    return [";".join(filter(None, row)) or None for row in rows]
