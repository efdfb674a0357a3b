"""CBS area codes, and a gebied as weights over buurten."""

import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils.dutch import percent
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.sums import holds, ordered

INHABITANTS = "AantalInwoners"  # the CBS topic that every key can fall back on
KINDS = {"GM": "gemeente", "WK": "wijk", "BU": "buurt"}
WHOLE = "geheel"  # the method of a weight: the buurt is in the gebied as a whole, or not at all
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


def is_rest(buurt: pd.Series | pd.Index) -> Any:
    """Return which buurt codes stand for the gemeente as a whole; an array when of an index."""
    found = holds(buurt, lambda code: code.endswith("REST"))
    return found if isinstance(buurt, pd.Index) else pd.Series(found, buurt.index, name=buurt.name)


def inside(buurten: pd.Series, codes: Collection[str]) -> pd.Series:
    """Return which buurten are among `codes` of buurten, wijken or gemeenten, or lie in them."""
    known = set(codes)
    found = [not known.isdisjoint((b, wijk_of(b), gemeente_of(b))) for b in buurten]
    return pd.Series(found, index=buurten.index, dtype=bool, name=buurten.name)


def wide(figures: pd.DataFrame) -> pd.DataFrame:
    """Return figures (`gebied`, `onderwerp`, `waarde`) with a row per area, a column per topic.

    Both in their order. It is the pivot of pandas in less than half of the time. Raises ValueError
    when an area has two figures on a topic.
    """
    (area, areas), (topic, topics) = (ordered(figures[c]) for c in ("gebied", "onderwerp"))
    if np.bincount(area * len(topics) + topic).max(initial=0) > 1:
        raise ValueError("an area has two figures on a topic")
    values = np.full((len(areas), len(topics)), np.nan)
    values[area, topic] = figures["waarde"].to_numpy(float)
    return pd.DataFrame(
        values,
        pd.Index(areas, dtype="str", name="gebied"),
        pd.Index(topics, dtype="str", name="onderwerp"),
    )


def table(buurten: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a gebied: `buurt`, `naam`, `wijk`, ordered by code.

    `buurten` has `buurt` and `naam` for whole gemeenten. Every buurt has a row; the last rows are
    what belongs to no buurt (the rest), one for each gemeente.
    """
    rows = buurten[["buurt", "naam"]].sort_values("buurt", ignore_index=True)
    rows["wijk"] = rows["buurt"].map(wijk_of)
    gemeenten = rows["buurt"].map(gemeente_of).unique()
    names = [f"Gemeente als geheel ({g})" for g in gemeenten]
    rest = pd.DataFrame(
        {
            "buurt": [rest_of(g) for g in gemeenten],
            "naam": names if len(gemeenten) > 1 else "Gemeente als geheel",
            "wijk": pd.NA,
        }
    )
    return pd.concat([rows, rest], ignore_index=True)


def with_weights(rows: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `table` with the `gewicht`, `methode` and `fout` that were found.

    `found` is indexed by buurt; a buurt that is not in it lies outside the gebied. What belongs to
    no buurt weighs 1 where the gebied holds every buurt of its gemeente whole, and 0 elsewhere.
    """
    result = rows.join(found[["gewicht", "methode", "fout"]], on="buurt")
    gemeente = result["buurt"].map(gemeente_of)
    rest = is_rest(result["buurt"])
    result = result.fillna({"gewicht": 0.0, "methode": WHOLE, "fout": 0.0})
    whole = (result["gewicht"] == 1)[~rest].groupby(gemeente[~rest]).all()
    result["gewicht"] = result["gewicht"].where(~rest, gemeente.map(whole).astype(float))
    return result


def weights(buurten: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    """Return a gebied of whole buurten as weights: the columns of `table` and of `with_weights`.

    `buurten` has `buurt` and `naam` for whole gemeenten; `codes` are buurten, wijken or gemeenten.
    A `gewicht` is 1 or 0, and certain (`fout` 0). Raises Fout for a code that is not among them.
    """
    rows = table(buurten)
    own = rows.loc[~is_rest(rows["buurt"]), "buurt"]
    known = {*own, *own.map(wijk_of), *own.map(gemeente_of)}
    for code in codes:
        if code not in known:
            raise Fout(
                f"{code} komt niet voor in de buurten van het jaar waarover de cijfers gaan: codes "
                f"veranderen soms.{did_you_mean(code, [k for k in known if k[:2] == code[:2]])}"
            )
    chosen = own[inside(own, codes)]
    found = pd.DataFrame({"gewicht": 1.0, "methode": WHOLE, "fout": 0.0}, index=chosen)
    return with_weights(rows, found)


def told(weight: float) -> str:
    """Return behind the name of a buurt whether it lies in the gebied, or how much of it."""
    if not weight:
        return ""
    return " (in het gebied)" if weight == 1 else f" (voor {percent(weight)} in het gebied)"


def area(gebied: pd.DataFrame) -> pd.DataFrame:
    """Return the weights of a gebied with their error, for totals: `gewicht`, `fout`, by buurt."""
    columns = {name: gebied[name].to_numpy() for name in ("gewicht", "fout")}
    return pd.DataFrame(columns, pd.Index(gebied["buurt"]))
