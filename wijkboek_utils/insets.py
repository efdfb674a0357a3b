"""A map of gemeenten that lie apart: side by side at one scale, or most of it would be empty."""

from typing import TYPE_CHECKING, Any

from wijkboek_utils.regions import gemeente_of

if TYPE_CHECKING:
    import geopandas

_APART = 1000  # metres: gemeenten that border on each other are drawn less far apart than this
_GAP = 0.08  # between two parts, of the width of the widest


def beside(kaart: "geopandas.GeoDataFrame") -> "geopandas.GeoDataFrame":
    """Return a map with parts that lie apart moved side by side, the westernmost first.

    `kaart` has `buurt` and `geometry` in metres. Gemeenten that border on each other stay together,
    and a map of those alone is not changed.
    """
    gemeenten = kaart["buurt"].map(gemeente_of)
    parts = _parts(kaart)
    if len(parts) < 2:
        return kaart
    frames = {min(part): kaart[gemeenten.isin(part)].total_bounds for part in parts}
    gap = _GAP * max(x1 - x0 for x0, _, x1, _ in frames.values())
    geometry, at = kaart.geometry.copy(), 0.0
    for part in sorted(parts, key=lambda part: frames[min(part)][0]):
        x0, y0, x1, y1 = frames[min(part)]
        own = gemeenten.isin(part)
        geometry[own] = kaart.geometry[own].translate(at - x0, -(y0 + y1) / 2)
        at += x1 - x0 + gap
    return kaart.set_geometry(geometry)


def sentence(kaart: "geopandas.GeoDataFrame") -> str:
    """Say that parts were moved; empty where `beside` moves nothing."""
    if len(_parts(kaart)) < 2:
        return ""
    return "De gemeenten staan hier naast elkaar; in het echt liggen zij verder uit elkaar."


def _parts(kaart: "geopandas.GeoDataFrame") -> list[list[str]]:
    """Return which gemeenten border on each other, by code."""
    gemeenten = kaart["buurt"].map(gemeente_of)
    if gemeenten.nunique() == 1:  # nothing to measure
        return [[str(gemeenten.iloc[0])]]
    outlines: dict[str, Any] = {
        str(gemeente): rows.geometry.union_all() for gemeente, rows in kaart.groupby(gemeenten)
    }
    parts: list[list[str]] = []
    for code, outline in outlines.items():
        near = [p for p in parts if any(outline.distance(outlines[o]) < _APART for o in p)]
        joined = [code, *(other for part in near for other in part)]
        parts = [*(p for p in parts if p not in near), joined]
    return parts
