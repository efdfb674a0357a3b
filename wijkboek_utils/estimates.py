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

    `errors`: by cause, how far the value moves for one standard error of the cause, with its sign.
    `own`: the standard error that it shares with nothing else.
    """

    value: Any
    errors: Mapping[str, Any] = field(default_factory=dict)
    own: Any = 0.0

    @property
    def se(self) -> Any:
        """Return the standard error of all causes together."""
        return np.sqrt(sum((e**2 for e in self.errors.values()), self.own**2))

    def because(self, cause: str, error: Any) -> Estimate:
        """Return the same with one cause more; `error` as in `errors`."""
        known = self.errors.get(cause, 0.0)
        return Estimate(self.value, {**self.errors, cause: known + error}, self.own)

    def at_least_zero(self) -> Estimate:
        """Return the same with a value below zero put at zero; what is unsure stays unsure."""
        return Estimate(np.maximum(self.value, 0.0), self.errors, self.own)

    def zero_where_unknown(self) -> Estimate:
        """Return the same with 0, and no error, for what is unknown."""
        known = self.value.notna()
        errors = {cause: (e * known).fillna(0.0) for cause, e in self.errors.items()}
        return Estimate(self.value.fillna(0.0), errors, (self.own * known).fillna(0.0))

    def at_most(self, limit: float) -> Estimate:
        """Return the same with a value above the limit put at the limit."""
        return Estimate(np.minimum(self.value, limit), self.errors, self.own)

    def __add__(self, other: Any) -> Estimate:
        other = sure(other)
        errors = dict(self.errors)
        for cause, error in other.errors.items():
            errors[cause] = errors.get(cause, 0.0) + error
        return Estimate(self.value + other.value, errors, np.hypot(self.own, other.own))

    def __mul__(self, other: Any) -> Estimate:
        other = sure(other)
        errors = {cause: error * other.value for cause, error in self.errors.items()}
        for cause, error in other.errors.items():
            errors[cause] = errors.get(cause, 0.0) + error * self.value
        own = np.hypot(self.own * other.value, other.own * self.value)
        return Estimate(self.value * other.value, errors, own)

    def __neg__(self) -> Estimate:
        return self * -1.0

    def __sub__(self, other: Any) -> Estimate:
        return self + -sure(other)

    def __rsub__(self, other: Any) -> Estimate:
        return sure(other) - self

    def __truediv__(self, other: Any) -> Estimate:
        other = sure(other)
        share = 1.0 / other.value
        inverse = {cause: -error * share**2 for cause, error in other.errors.items()}
        return self * Estimate(share, inverse, other.own * share**2)

    __radd__ = __add__
    __rmul__ = __mul__


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
    names = {c: names_in(c, index) for c in amount.errors}
    causes = [c for c in amount.errors if np.any(np.nan_to_num(amount.errors[c]))]
    columns = [pd.Series(amount.errors[c], index=index, dtype=float) for c in causes]
    rows = zip(*columns, strict=True) if causes else [()] * len(index)
    texts = (
        ";".join(f"{names[c][n]}={e:.2f}" for c, e in zip(causes, row, strict=True) if e)
        for n, row in enumerate(rows)
    )
    return [text or None for text in texts]
