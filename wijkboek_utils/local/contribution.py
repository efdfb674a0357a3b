"""A contribution on its way in: a file as it was opened, and the rows that a check makes of it."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Fault:
    """What is wrong in a file, in plain Dutch. `row` counts as a spreadsheet does: 1 is the top."""

    words: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        where = [f"rij {self.row}"] if self.row is not None else []
        where += [f"kolom {self.column}"] if self.column else []
        return f"{', '.join(where)}: {self.words}" if where else self.words


@dataclass(frozen=True)
class Opened:
    """A file as it was opened: every cell as text, nothing judged yet.

    `rows` has the names of the file as columns and its cells as text (missing where empty), its
    index is the number of the row in the file. `shapes` are the shapes of a geographical file, on
    the same index, with their coordinate system in `crs` (EPSG code, None when the file says
    none). `about` is what the file says of itself: the sheet «Over», as text by name. `faults` keep
    the file from being read; then `rows` is empty.
    """

    name: str  # the name of the file, without folders
    form: str  # csv, xlsx, geojson, gpkg or shp
    sha256: str
    rows: pd.DataFrame
    about: dict[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    shapes: Any = None  # geopandas.GeoSeries
    crs: int | None = None
    kind: str = ""  # the dataset that the file says it is; empty when it does not say


@dataclass(frozen=True)
class Checked:
    """What a check made of a file. With `faults` it is refused whole and `rows` is empty.

    `rows` has the columns of the dataset in its order, typed, and `rij`, the row in the file; with
    a place also `buurt` (missing where it falls in none) and for things `x` and `y` in RD metres.
    Private columns are in `private`, on the same index, never in `rows`. `notes` are worth reading
    but refuse nothing: points in no buurt, points in two, double rows.
    """

    kind: str
    name: str
    sha256: str
    rows: pd.DataFrame
    private: pd.DataFrame
    about: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()
