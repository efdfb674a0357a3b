"""What an inhabitant's share of work costs when it is organised smaller or larger.

Three parts. Some cost is fixed: a machine, a kitchen, a planner; its share falls as more people
share it. Some is the work itself. And some is steering, which grows with every layer of an
organisation: with the logarithm of its size (Williamson 1967, Hierarchical control and optimum
firm size). Where a step larger costs as much in steering as it saves in fixed cost lies the
turning point; beyond it there are diseconomies of scale.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import keys, ledger, regions
from wijkboek_utils.errors import Fout
from wijkboek_utils.kengetallen import Kengetal, Kengetallen
from wijkboek_utils.regions import INHABITANTS

# Kinds of work with a curve of their own: what it is, what steers it, and who does it now.
KINDS = {
    "straat": ("Straten, groen en gebouwen", "werk_sturing", "de gemeente"),
    "afval": ("Afval ophalen", "werk_sturing", "de gemeente"),
    "zorg": ("Hulp aan huis", "werk_sturing", "de gemeente"),
    "samen": ("Koken, wassen en boodschappen", "werk_sturing_samen", "een huishouden"),
}
NOW, WIJK, BEST = "nu", "wijk", "keerpunt"
COLUMNS = ["schaal", "naam", "punt", "wie", "inwoners", "kosten", "laag", "hoog"]
INDEX = 100.0  # what a share costs at the size that the work has now
SMALLEST = 1_000  # inhabitants of the smallest gemeente: the research is about gemeenten
_STEPS = 9  # values of each parameter within its range
_POINTS = 25  # sizes on a curve


@dataclass(frozen=True)
class Curve:
    """Unit cost by size: lowest at `keerpunt`, `sturing` how steep it is.

    `sturing` is which share of the lowest unit cost every e times more adds by steering. At the
    turning point that is also the share that is fixed: there they are in balance. Both may be
    arrays: then it is a curve for each pair.
    """

    keerpunt: Any
    sturing: Any

    def __post_init__(self) -> None:
        """Raise Fout for what is no curve with a lowest point."""
        low, steep = np.min(self.keerpunt), np.max(self.sturing)
        if not (low > 0 and np.min(self.sturing) > 0 and steep < 1):
            raise Fout(
                "Een schaallijn heeft een keerpunt groter dan 0 en sturing tussen 0 en 1; hier "
                f"{low:g} en {steep:g}. Verbeter het kengetal."
            )

    def parts(self, size: float) -> tuple[Any, Any, Any]:
        """Return fixed, variable and steering cost a unit; together 1 at the turning point."""
        if not size > 0:
            raise Fout(f"Een schaallijn begint boven 0; gevraagd is {size:g}.")
        ratio = size / self.keerpunt
        return self.sturing / ratio, 1.0 - self.sturing, self.sturing * np.log(ratio)

    def factor(self, size: float) -> Any:
        """Return the unit cost, in that of the turning point; never below 1."""
        return sum(self.parts(size))

    def unit_cost(self, size: float, reference: float, cost: float) -> Any:
        """Return the unit cost at a size, when at the size `reference` it is `cost`."""
        return cost * self.factor(size) / self.factor(reference)


def curve(schaal: str, getallen: Kengetallen) -> Curve:
    """Return the curve of a kind of work with its central values."""
    turning, steering = _facts(schaal, getallen)
    return Curve(turning.waarde, steering.waarde)


def between(
    schaal: str, getallen: Kengetallen, size: float, reference: float
) -> tuple[float, float, float]:
    """Return the unit cost at a size with its range, 100 being that at `reference`.

    The range is the lowest and the highest over all values of the kengetallen within theirs.
    """
    grid = [np.linspace(k.laag, k.hoog, _STEPS) for k in _facts(schaal, getallen)]
    costs = Curve(*np.meshgrid(*grid)).unit_cost(size, reference, INDEX)
    middle = float(curve(schaal, getallen).unit_cost(size, reference, INDEX))
    return middle, min(middle, float(costs.min())), max(middle, float(costs.max()))


def _facts(schaal: str, getallen: Kengetallen) -> tuple[Kengetal, Kengetal]:
    turning = getallen.get(f"werk_keerpunt_{schaal}", "inwoners")
    return turning, getallen.get(KINDS[schaal][1], "aandeel")


def table(
    indicatoren: pd.DataFrame, weights: ledger.Weights, getallen: Kengetallen
) -> pd.DataFrame:
    """Return the curves for an area: `COLUMNS`, 100 being what a share costs now.

    `punt` names where the work is now, the size of the area and the turning point; the rows
    without are the rest of the curve. `indicatoren` as `cbs.indicators`. Without inhabitants there
    are no curves; an area smaller than any gemeente has no place on those of the gemeente.
    """
    people = keys.per_buurt(indicatoren)[1][INHABITANTS]
    inside = people.mul(ledger.shares(weights).reindex(people.index).fillna(0.0))
    here = float(inside.sum())
    if not here > 0:
        return pd.DataFrame(columns=COLUMNS)
    home = getallen.get("personen_per_huishouden", "personen per huishouden").waarde
    city = _gemeente(people, inside)
    rows = []
    for schaal, (naam, _, wie) in KINDS.items():
        now = home if schaal == "samen" else city
        best = curve(schaal, getallen).keerpunt
        named = {NOW: now, WIJK: here, BEST: best}
        if schaal == "samen" or here < SMALLEST:  # nobody cooks for a whole wijk
            del named[WIJK]
        for punt, size in [*named.items(), *(("", s) for s in _sizes(named.values()))]:
            cost = between(schaal, getallen, size, now)
            rows.append((schaal, naam, punt, wie if punt == NOW else "", size, *cost))
    return pd.DataFrame(rows, columns=COLUMNS)


def _gemeente(people: pd.Series, inside: pd.Series) -> float:
    """Return the inhabitants of the gemeente; of several the mean over who lives in the area."""
    codes = [regions.gemeente_of(buurt) for buurt in people.index]
    whole = people.groupby(codes).sum()
    return float((inside.groupby(codes).sum() * whole).sum() / inside.sum())


def _sizes(named: Iterable[float]) -> np.ndarray:
    ends = sorted(named)
    return np.geomspace(ends[0] / 1.5, ends[-1] * 1.5, _POINTS)
