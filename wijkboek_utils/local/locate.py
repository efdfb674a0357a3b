"""In which buurt a point lies."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike

from wijkboek_utils.local.coordinates import EPSG, RD, floats

NEAR = 30.0  # metres: what the simplified borders of buurten are off at most


def place(x: ArrayLike, y: ArrayLike, boundaries: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return for each point in RD metres `buurt`, `twee` and `afstand`.

    `boundaries` has `buurt` and `geometry`. Simplified borders overlap and leave gaps: a point in
    two buurten counts in the one with the lowest code, and has `twee`. In none `buurt` is missing,
    and `afstand` says how many metres the nearest one is away (0 for a point in a buurt, missing
    for a point without coordinates). Rows keep the numbers of `x`.
    """
    areas = boundaries.to_crs(EPSG[RD]).sort_values("buurt", ignore_index=True)
    shapes = areas.geometry.to_numpy()
    at = np.column_stack([floats(x), floats(y)])
    known = np.flatnonzero(np.isfinite(at).all(axis=1))
    points = shapely.points(at[known])
    tree = shapely.STRtree(shapes)
    point, area = tree.query(points, predicate="intersects")
    count = np.bincount(point, minlength=len(points))
    chosen = np.full(len(points), -1)
    order = np.argsort(-area, kind="stable")  # the lowest code is written last
    chosen[point[order]] = area[order]
    away = np.zeros(len(points))
    outside = np.flatnonzero(count == 0)
    if len(outside) and len(shapes):
        found, distance = tree.query_nearest(
            points[outside], all_matches=False, return_distance=True
        )
        away[outside[found[0]]] = distance
    codes = areas["buurt"].astype("str").to_numpy()
    placed = pd.DataFrame({"buurt": pd.NA, "twee": False, "afstand": np.nan}, pd.Series(x).index)
    placed["buurt"] = placed["buurt"].astype("str")
    inside = known[chosen >= 0]
    placed.iloc[inside, 0] = codes[chosen[chosen >= 0]]
    placed.iloc[known, 1] = count > 1
    placed.iloc[known, 2] = away
    return placed
