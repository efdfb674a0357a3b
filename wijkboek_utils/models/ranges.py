"""Values with a range, and draws from them: what rests on one kengetal moves together.

A model is written once, for numbers. With the central values it gives the plan, with draws it
gives the range, and with one value at its low or high end what that value does to the outcome.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias
from zlib import crc32

import numpy as np
import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.kengetallen import Kengetal, Kengetallen

DRAWS = 2000
SEED = 20181  # fixed, so that a report can be rebuilt to the same figures
LOW, HIGH = 0.05, 0.95  # a range holds nine times out of ten
SHARE = "aandeel"
Line: TypeAlias = tuple[str, str, str]  # what a row of a plan over years is about
_EFFECT = ["kengetal", "naam", "bij_laag", "bij_hoog", "verschil"]


@dataclass(frozen=True)
class Estimate:
    """A value; `laag` to `hoog` holds it nine times out of ten.

    Estimates with the same `mee` move together in a draw: they rest on one kengetal. `hoogst` is
    what it can be at most: of a share 1.
    """

    waarde: float
    laag: float
    hoog: float
    mee: str = ""
    hoogst: float = float("inf")

    def times(self, factor: float) -> "Estimate":
        """Return this many times the value, which still moves with the same kengetal."""
        low, high = sorted([self.laag * factor, self.hoog * factor])
        return Estimate(self.waarde * factor, low, high, self.mee)

    def drawn(self, count: int, seed: int = SEED) -> np.ndarray:
        """Return draws: the median is `waarde`, one in twenty is below `laag`, one above `hoog`.

        Two half normal distributions, one on either side of the value. Never below 0 unless `laag`
        is, nor above `hoogst`.
        """
        z = _luck(self.mee, count, seed)
        up, down = self.hoog - self.waarde, self.waarde - self.laag
        drawn = self.waarde + z / dutch.Z90 * np.where(z > 0, up, down)
        return np.clip(drawn, min(self.laag, 0.0), self.hoogst)


@lru_cache(maxsize=512)  # the same kengetallen are drawn for each plan of each gemeente
def _luck(mee: str, count: int, seed: int) -> np.ndarray:
    z = np.random.default_rng([seed, crc32(mee.encode())]).standard_normal(count)
    z.flags.writeable = False
    return z


NONE, WHOLE = Estimate(0.0, 0.0, 0.0), Estimate(1.0, 1.0, 1.0)


def certain(value: float) -> Estimate:
    """Return a value without a range: one that people choose."""
    return Estimate(value, value, value)


def of(kengetal: Kengetal) -> Estimate:
    """Return a kengetal as an estimate that moves with itself."""
    most = 1.0 if kengetal.eenheid == SHARE else float("inf")
    return Estimate(kengetal.waarde, kengetal.laag, kengetal.hoog, kengetal.id, most)


def read(getallen: Kengetallen, eenheden: Mapping[str, str], prefix: str) -> dict[str, Estimate]:
    """Return the kengetallen `prefix` + name by their name; `eenheden` is the unit of each name.

    Raises Fout when one is not there or is in another unit.
    """
    return {name: of(getallen.get(prefix + name, unit)) for name, unit in eenheden.items()}


def central(values: Mapping[str, Estimate]) -> dict[str, np.ndarray]:
    """Return the values themselves, as one draw each."""
    return {name: np.array([e.waarde]) for name, e in values.items()}


def draws(
    values: Mapping[str, Estimate], count: int = DRAWS, seed: int = SEED
) -> dict[str, np.ndarray]:
    """Return `count` draws of each value."""
    return {name: e.drawn(count, seed) for name, e in values.items()}


def band(middle: float, drawn: np.ndarray) -> tuple[float, float]:
    """Return what holds nine draws out of ten, stretched to hold the plan itself."""
    _, low, high = bands(np.array([middle]), drawn[None])
    return float(low[0]), float(high[0])


def bands(middle: np.ndarray, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return several values with the `band` of each; a row of `drawn` for each value."""
    low, high = np.quantile(drawn, [LOW, HIGH], axis=1)
    return middle, np.where(middle < low, middle, low), np.where(middle > high, middle, high)


def by_year(
    plan: Mapping[Line, np.ndarray], drawn: Mapping[Line, np.ndarray]
) -> Iterator[tuple[Line, int, float, float, float]]:
    """Yield line, year, amount, low and high of a plan: arrays of years by draws, `plan` of one."""
    for line, amounts in plan.items():
        figures = bands(amounts[:, 0], drawn[line])
        for year, (amount, low, high) in enumerate(zip(*figures, strict=True)):
            yield line, year, float(amount), float(low), float(high)


def tornado(
    values: Mapping[str, Estimate],
    model: Callable[[Mapping[str, np.ndarray]], np.ndarray],
    names: Mapping[str, str],
) -> pd.DataFrame:
    """Return what each kengetal does alone: `kengetal`, `naam`, `bij_laag`, `bij_hoog`, `verschil`.

    `model` gives the outcome of each set of values, as of draws; `names` are those of the
    kengetallen. Largest difference first; estimates that move together move together here.
    """
    moved = [*dict.fromkeys(e.mee for e in values.values() if e.laag < e.hoog)]
    # All sets at once: two for each of `moved`, one with it low and one with it high.
    sets = {k: np.full(2 * len(moved), e.waarde) for k, e in values.items()}
    place = {one: 2 * nr for nr, one in enumerate(moved)}
    for k, e in values.items():
        if e.mee in place:
            sets[k][place[e.mee] :][:2] = e.laag, e.hoog
    found = np.reshape(model(sets), (-1, 2)).tolist() if moved else []
    rows = [
        (one, names.get(one, one), low, high, abs(high - low))
        for one, (low, high) in zip(moved, found, strict=True)
    ]
    table = pd.DataFrame(rows, columns=_EFFECT)
    return table.sort_values(["verschil", "kengetal"], ascending=[False, True], ignore_index=True)


def names(getallen: Kengetallen, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of kengetallen by id."""
    return {id: getallen.known[id].naam for id in ids if id in getallen.known}
