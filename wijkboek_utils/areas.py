"""A gebied as weights over buurten, each with its error: parts, rests and overlaps of areas.

Not tobler (PySAL) for this: it brings rasterio, statsmodels, scikit-learn and rasterstats for one
quotient of areas, and knows neither the error of a weight nor the margin of a simplified border.
What is here is its area weighting (Goodchild & Lam 1980).
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wijkboek_utils.errors import Fout
from wijkboek_utils.regions import WHOLE

if TYPE_CHECKING:
    import geopandas
    import shapely

DWELLINGS, ADDRESSES, AREA = "woningen", "adressen", "oppervlak"
MARGIN = 30.0  # metres that a border of a buurt can be off: simplified ones are off 10 to 30
_CORE = 1 / 3  # of a buurt, at least so much is left when the margin is taken off
_NOTHING = 1e-9  # of a buurt: the noise of the overlay
# Where a gemeente has too few buurten to measure it: that of Utrecht, Arnhem and Leeuwarden.
UNEVEN = {DWELLINGS: 0.07, ADDRESSES: 0.07, AREA: 0.61}
_FEW = 20
_COUNTED_ONCE = 0.1  # reasoned: one house number may be a villa or, without additions, a whole flat


def cores(boundaries: "geopandas.GeoDataFrame") -> np.ndarray:
    """Return the part of each buurt that no error of its border can reach, as shapes.

    It is the buurt without a margin of `MARGIN` metres along its border; of a narrow buurt the
    margin is halved until a third of it is left.
    """
    import shapely

    whole = boundaries.geometry.to_numpy()
    found = shapely.buffer(whole, -MARGIN)
    margin = MARGIN
    while (small := shapely.area(found) < _CORE * shapely.area(whole)).any():
        margin /= 2
        found[small] = shapely.buffer(whole[small], -margin)
    return found


def by_shape(shape: "shapely.Geometry", boundaries: "geopandas.GeoDataFrame") -> pd.Series:
    """Return the share of each buurt that lies in a shape, by area, indexed by buurt.

    `shape` and `boundaries` (`buurt`, `geometry`) are in metres. The share is that of the core of
    the buurt (see `cores`): a shape that reaches over a border by less than the border may be off
    takes in nothing of the neighbour, and one that stops as much short of it takes in all. Each
    buurt is measured against itself, so that overlaps and gaps between simplified buurten do no
    harm: of shapes that divide the plane the shares of a buurt add up to 1.
    """
    import shapely

    core = cores(boundaries)
    share = shapely.area(shapely.intersection(core, shape)) / shapely.area(core)
    return pd.Series(_exact(share), index=boundaries["buurt"].to_numpy()).rename_axis("buurt")


def by_count(inside: pd.Series, buurt: pd.Series) -> pd.DataFrame:
    """Return the share of the addresses of each buurt that is inside: `gewicht`, `n` (of all).

    `inside` (bool) and `buurt` (missing: left out) have a row per address. Of sets of addresses
    without a common one the shares of a buurt add up to that of all of them together.
    """
    groups = inside.astype(float).groupby(buurt)
    return pd.DataFrame({"gewicht": groups.mean(), "n": groups.size()}).rename_axis("buurt")


def _exact(share: np.ndarray) -> np.ndarray:
    """Return shares where the noise of the overlay is no part of a buurt."""
    share = np.where(share < _NOTHING, 0.0, share)
    return np.where(share > 1 - _NOTHING, 1.0, share)


def uneven(basis: pd.Series, people: pd.Series, groups: pd.Series) -> float:
    """Return how far the share of a part in something else is from its share of the people.

    For parts of larger areas (`groups`, such as buurten in wijken) of which both are known: the
    root of (share - true share)² over share x (1 - share), both added up. It is 0 where the basis
    follows the people, and 1 where they may as well all live in any one part. NaN when fewer than
    20 parts are known. As the variance of a Dirichlet: parts of a partition keep adding up.
    """
    known = basis.notna() & people.notna()
    basis, people, groups = basis[known], people[known], groups[known]
    there, living = (v.groupby(groups).transform("sum") for v in (basis, people))
    several = (groups.groupby(groups).transform("size") > 1) & (there > 0) & (living > 0)
    share, true = (basis / there)[several], (people / living)[several]
    if len(share) < _FEW or not (spread := (share * (1 - share)).sum()) > 0:
        return float("nan")
    return float(np.sqrt(((true - share) ** 2).sum() / spread).clip(max=1.0))


def error(weight: pd.Series, spread: float, number: pd.Series | None = None) -> pd.Series:
    """Return the standard error of shares that are taken for shares of people.

    `spread` as `uneven`; `number` of addresses, over which people fall by chance. A share of 0 or
    1 is certain: there is nothing to divide.
    """
    chance = 0.0 if number is None else 1 / number
    return np.sqrt(weight * (1 - weight) * (spread**2 + chance)).rename("fout")


def spreads(counts: pd.DataFrame, boundaries: "geopandas.GeoDataFrame") -> pd.Series:
    """Return `uneven` of each method in these gemeenten, as measured, or else of three of them.

    `counts` by buurt, with `AantalInwoners`, `HuishoudensTotaal` (one for each dwelling) and
    `BedrijfsvestigingenTotaal`: buurten are set against their wijk, where CBS knows the truth.
    Addresses are not all counted: what that adds is reasoned.
    """
    table = counts.reindex(boundaries["buurt"])
    wijk = pd.Series(table.index.str[2:8], index=table.index)
    people, homes = table["AantalInwoners"], table["HuishoudensTotaal"]
    area = pd.Series(boundaries.geometry.area.to_numpy(), index=table.index)
    firms = table.get("BedrijfsvestigingenTotaal", homes * 0).fillna(0)
    bases = {DWELLINGS: homes, ADDRESSES: homes + firms, AREA: area}
    found = pd.Series({name: uneven(basis, people, wijk) for name, basis in bases.items()})
    found = found.fillna(pd.Series(UNEVEN))
    found[ADDRESSES] = np.hypot(found[ADDRESSES], _COUNTED_ONCE)
    return found


def weighed(share: pd.Series, fout: pd.Series, method: str) -> pd.DataFrame:
    """Return shares as the weights of a gebied: `gewicht`, `fout`, `methode`, by buurt."""
    table = pd.DataFrame({"gewicht": share, "fout": fout})
    table["methode"] = np.where(share.isin([0.0, 1.0]), WHOLE, method)
    return table


def rest(whole: pd.DataFrame, *parts: pd.DataFrame) -> pd.DataFrame:
    """Return what is left of an area without some parts of it, with the columns of `whole`.

    All are as `regions.weights`, of the same buurten; what the parts have too much the rest has too
    little, so its `fout` is theirs with the other sign, and the whole is as certain as it was. Of
    more than one part that is on the safe side. Raises Fout when the parts are more than the whole.
    """
    sums = pd.concat(parts).groupby("buurt")[["gewicht", "fout"]].sum().reset_index()
    both = whole.merge(sums, on="buurt", suffixes=("", "_delen"), validate="1:1")
    both = both.set_index("buurt")
    left = both["gewicht"] - both["gewicht_delen"]
    if (over := left < -_NOTHING).any():
        first = both.loc[over, "naam"].iloc[0]
        raise Fout(f"De delen zijn samen meer dan het geheel, om te beginnen in {first}.")
    kind = pd.concat([part.set_index("buurt")["methode"] for part in parts], axis=1)
    told = kind.where(kind != WHOLE).bfill(axis=1).iloc[:, 0].fillna(both["methode"])
    share = pd.Series(_exact(left.to_numpy()), index=both.index)
    found = both.assign(
        gewicht=share,
        fout=both["fout"] - both["fout_delen"],
        methode=told.mask(share.isin([0.0, 1.0]), WHOLE),
    )
    return found.reset_index()[whole.columns]


def overlap(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return what two areas have in common when only their weights are known, as `one`.

    In a buurt that one of them holds whole the overlap is the other, as certain as it is. Elsewhere
    it lies between the least that two shares must have in common (w + v - 1, or 0) and the smaller
    of them (Fréchet): we take their product, and its error from those bounds. Of two shapes or two
    lists of addresses the overlap is known: take their intersection first.
    """
    both = one.merge(
        other[["buurt", "gewicht", "fout", "methode"]],
        on="buurt",
        suffixes=("", "_ander"),
        validate="1:1",
    ).set_index("buurt")
    w, v = both["gewicht"], both["gewicht_ander"]
    width = np.minimum(w, v) - np.maximum(w + v - 1, 0)
    drawn = (v * both["fout"]) ** 2 + (w * both["fout_ander"]) ** 2
    share = w * v
    kind = both["methode"].mask(both["methode"] == WHOLE, both["methode_ander"])
    found = both.assign(
        gewicht=share,
        fout=np.sqrt(width**2 / 12 + drawn),
        methode=kind.mask(share.isin([0.0, 1.0]), WHOLE),
    )
    return found.reset_index()[one.columns]
