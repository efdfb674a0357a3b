"""Boundaries of buurten as a GeoDataFrame in the Dutch grid (RD, EPSG:28992)."""

import io
from typing import TYPE_CHECKING

from wijkboek_utils import sources
from wijkboek_utils.errors import Fout

if TYPE_CHECKING:
    import geopandas

RD = "EPSG:28992"


def read_boundaries(gemeente: str) -> "geopandas.GeoDataFrame":
    """Return the newest boundaries of a gemeente: `buurt`, `bron`, `geometry` in metres (RD).

    Raises Fout when data/raw holds no boundaries of it.
    """
    import geopandas  # takes a while to import, and only maps need it

    found = sources.select("grenzen", gemeente)
    if not found:
        raise Fout(f"Van gemeente {gemeente} staan er geen buurtgrenzen in data/raw.")
    shapes = geopandas.read_file(io.BytesIO(sources.read_bytes(found[0]))).to_crs(RD)
    shapes = shapes.rename(columns={"statcode": "buurt"}).assign(bron=found[0].id)
    return shapes[["buurt", "bron", "geometry"]].sort_values("buurt", ignore_index=True)
