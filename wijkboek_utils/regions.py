"""CBS area codes, and a gebied as weights over buurten."""

import re

import pandas as pd

from wijkboek_utils.errors import Fout, did_you_mean

INHABITANTS = "AantalInwoners"  # the CBS topic that every key can fall back on
KINDS = {"GM": "gemeente", "WK": "wijk", "BU": "buurt"}
# CBS: four digits for the gemeente, two for the wijk, two for the buurt; Amsterdam uses letters.
_CODE = re.compile(r"GM\d{4}|WK\d{4}[0-9A-Z]{2}|BU\d{4}[0-9A-Z]{4}")


def is_code(text: str) -> bool:
    """Return whether `text` has the form of a CBS code of a gemeente, wijk or buurt."""
    return _CODE.fullmatch(text) is not None


def gemeente_of(code: str) -> str:
    """Return the gemeente code of any area code: `BU03440831` gives `GM0344`."""
    return "GM" + code[2:6]


def wijk_of(buurt: str) -> str:
    """Return the wijk code of a buurt code: `BU03440831` gives `WK034408`."""
    return "WK" + buurt[2:8]


def rest_of(gemeente: str) -> str:
    """Return the code under which is booked what belongs to no buurt: `BU0344REST`."""
    return "BU" + gemeente[2:] + "REST"


def is_rest(buurt: pd.Series) -> pd.Series:
    """Return which buurt codes stand for the gemeente as a whole."""
    return buurt.str.endswith("REST")


def weights(buurten: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    """Return the gebied as weights: `buurt`, `naam`, `wijk`, `gewicht` (0..1), ordered by code.

    `buurten` has `buurt` and `naam` for the whole gemeente; `codes` are buurten, wijken or the
    gemeente. Every buurt of the gemeente has a row. What belongs to no buurt (the rest) weighs 1
    only when the gebied is the whole gemeente. Raises Fout for a code that is not among them.
    """
    table = buurten[["buurt", "naam"]].sort_values("buurt", ignore_index=True)
    table["wijk"] = table["buurt"].map(wijk_of)
    gemeenten = table["buurt"].map(gemeente_of)
    known = {*table["buurt"], *table["wijk"], *gemeenten}
    for code in codes:
        if code not in known:
            raise Fout(
                f"{code} komt niet voor in de buurten van het jaar waarover de cijfers gaan: codes "
                f"veranderen soms.{did_you_mean(code, [k for k in known if k[:2] == code[:2]])}"
            )
    chosen = table["buurt"].isin(codes) | table["wijk"].isin(codes) | gemeenten.isin(codes)
    table["gewicht"] = chosen.astype(float)
    rest = pd.DataFrame(
        {
            "buurt": [rest_of(g) for g in gemeenten.unique()],
            "naam": "Gemeente als geheel",
            "wijk": pd.NA,
            "gewicht": [float(chosen[gemeenten == g].all()) for g in gemeenten.unique()],
        }
    )
    return pd.concat([table, rest], ignore_index=True)
