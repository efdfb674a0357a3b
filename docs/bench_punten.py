"""Measure how long it takes to place points in buurten and count them, beside a plain spatial join.

Run with `make bench`. Both sides get the same 200,000 points in the boundaries of one gemeente,
in a process that has the libraries loaded.
"""

import resource
import statistics
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd

from wijkboek_utils import pdok
from wijkboek_utils.dutch import number
from wijkboek_utils.local import locate

POINTS, GEMEENTE, ROUNDS = 200_000, "GM0080", 5


def cpu(work: Callable[[], pd.Series]) -> float:
    """Return the CPU seconds of one run, the middle of several."""
    times = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_SELF)
        work()
        after = resource.getrusage(resource.RUSAGE_SELF)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(times)


def text() -> str:
    """Return the measurement as a section of docs/benchmarks.md."""
    bounds = pdok.read_boundaries(GEMEENTE, 2024)
    random = np.random.default_rng(1)
    inside = bounds.to_crs(28992).sample_points(POINTS // len(bounds) + 1, rng=random)
    spread = inside.explode().get_coordinates().to_numpy()[:POINTS]
    x, y = (spread + random.normal(0, 20, spread.shape)).T  # a few fall over the border

    def ours() -> pd.Series:
        return locate.place(x, y, bounds).groupby("buurt").size()

    def stock() -> pd.Series:
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=28992)
        return points.sjoin(bounds.to_crs(28992), predicate="within").groupby("buurt").size()

    mine, theirs = cpu(ours), cpu(stock)
    return f"""Van {number(POINTS)} punten de buurt zoeken en ze per buurt tellen, in {len(bounds)}
buurten. Wij mogen hoogstens 5 seconden rekenen. Wij zeggen ook welke punten in twee buurten liggen
en hoe ver een punt buiten alle buurten ligt; `sjoin` telt punten in twee buurten dubbel.

| wat | rekentijd (s) |
| --- | ---: |
| `geopandas.sjoin` en `groupby` | {number(theirs, 2)} |
| `locate.place` en `groupby` | {number(mine, 2)} |
| verhouding | {number(mine / theirs, 2)} |
"""


if __name__ == "__main__":
    print(text())
