"""Made-up work in the columns of `work.inventory` that a wijkbedrijf looks at, for tests."""

from dataclasses import replace
from typing import Any

import pandas as pd

from wijkboek_utils import kengetallen
from wijkboek_utils.kengetallen import Kengetallen

KNOWN = kengetallen.load()
GREEN = {
    "id": "iv3:5.7",
    "naam": "Openbaar groen",
    "domein": "groen",
    "betaald": "betaald",
    "uren": 200_000.0,
    "uren_laag": 140_000.0,
    "uren_hoog": 260_000.0,
    "euro": 12_000_000.0,
    "taakveld": "5.7",
    "post": "iv3:5.7:lasten",
    "met_de_wijk": "ja",
    "vermogen": "deels",
    "deel": 0.4,
    "deel_laag": 0.2,
    "deel_hoog": 0.6,
    "grond": "handwerk",
    "bron": "iv3-test",
}
HOUSES = {
    **GREEN,
    "id": "corporatie:onderhoud",
    "naam": "Onderhoud van huurwoningen",
    "domein": "wonen",
    "uren": 60_000.0,
    "uren_laag": 40_000.0,
    "uren_hoog": 80_000.0,
    "euro": 5_000_000.0,
    "taakveld": None,
    "post": "corporatie:onderhoud",
}


def work(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return work; what a row does not say is as GREEN."""
    return pd.DataFrame([GREEN | row for row in rows], columns=[*GREEN])


def with_values(**values: float) -> Kengetallen:
    """Return the kengetallen with certain values for some of those of the wijkbedrijf."""
    changed = dict(KNOWN.known)
    for name, value in values.items():
        id = f"wijkbedrijf_{name}"
        changed[id] = replace(changed[id], waarde=value, laag=value, hoog=value)
    return Kengetallen(changed)
