"""A pilot and its buurten, by name and by shape; read once, before visitors come."""

from functools import cache
from typing import Any

import pandas as pd

from wijkboek_utils import cbs, pdok, pilots
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.regions import wijk_of


@cache
def told(pilot: str) -> Pilot:
    """Return a pilot; a change in its file counts from the next start of the server."""
    return pilots.load(pilot)


@cache
def named(pilot: str) -> pd.DataFrame:
    """Return `buurt`, `naam` and `binnen` (in the gebied of the pilot), those inside first."""
    codes, year = told(pilot).codes, told(pilot).jaar
    areas = pd.concat([cbs.areas(gemeente, year) for gemeente in told(pilot).gemeenten])
    found = areas[areas["soort"] == "Buurt"].rename(columns={"gebied": "buurt"})
    inside = found["buurt"].isin(codes) | found["buurt"].map(wijk_of).isin(codes)
    inside |= found["buurt"].str[2:6].isin([c[2:] for c in codes if c.startswith("GM")])
    found = found.assign(binnen=inside).sort_values(["binnen", "naam"], ascending=[False, True])
    return found[["buurt", "naam", "binnen"]].reset_index(drop=True)


@cache
def shapes(pilot: str) -> Any:
    """Return the boundaries of the gemeenten of a pilot: `buurt`, `geometry` in RD metres."""
    one = told(pilot)
    found = [pdok.read_boundaries(gemeente, one.jaar) for gemeente in one.gemeenten]
    return pd.concat(found, ignore_index=True)[["buurt", "geometry"]]
