"""A pilot and its buurten, by name and by shape; read once, before visitors come."""

from functools import cache
from typing import Any

import pandas as pd

from wijkboek_utils import cbs, pdok, pilots, regions, several
from wijkboek_utils.pilots import Pilot


@cache
def told(pilot: str) -> Pilot:
    """Return a pilot; a change in its file counts from the next start of the server."""
    return pilots.load(pilot)


@cache
def named(pilot: str) -> pd.DataFrame:
    """Return `buurt`, `naam` and `binnen` (in the gebied of the pilot), those inside first."""
    one = told(pilot)
    areas = several.read(cbs.areas, one.gemeenten, one.jaar)
    found = areas[areas["soort"] == "Buurt"].rename(columns={"gebied": "buurt"})
    found = found.assign(binnen=regions.inside(found["buurt"], one.codes))
    found = found.sort_values(["binnen", "naam"], ascending=[False, True])
    return found[["buurt", "naam", "binnen"]].reset_index(drop=True)


@cache
def shapes(pilot: str) -> Any:
    """Return the boundaries of the gemeenten of a pilot: `buurt`, `geometry` in RD metres."""
    one = told(pilot)
    return several.read(pdok.read_boundaries, one.gemeenten, one.jaar)[["buurt", "geometry"]]
