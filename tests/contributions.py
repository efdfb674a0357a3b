"""Contributions to try: rows as a file would bring them, with what a file says of itself."""

import pandas as pd

from wijkboek_utils.local import schema
from wijkboek_utils.local.contribution import Opened

TODAY = "2026-06-30"
ABOUT = {
    "bijdrager": "Natuurclub",
    "datum": "31-5-2026",
    "methode": "Alle straten gelopen.",
    "licentie": "CC BY 4.0",
    "toestemming": "ja",
    "bewaren_tot": "31-12-2030",
}


def row(kind: str, **cells: str | None) -> dict[str, str | None]:
    """Return the example row of a kind as if it were somebody's own, with some other cells."""
    given = {field.name: field.example or None for field in schema.load(kind).fields}
    return {**given, schema.load(kind).fields[-1].name: None, **cells}


def opened(rows: list[dict] | pd.DataFrame, about: dict | None = None, **facts) -> Opened:
    """Return rows as an opened file whose first row of data is row 2."""
    frame = pd.DataFrame(rows).astype("str")
    frame.index = pd.RangeIndex(2, 2 + len(frame), name="rij")
    given = {"name": "bijdrage.csv", "form": "csv", "sha256": "0" * 64, **facts}
    return Opened(rows=frame, about=ABOUT if about is None else about, **given)
