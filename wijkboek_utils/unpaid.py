"""Unpaid work in hours: a satellite account, beside the euros and never added to them."""

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, flows, keys, ledger, show, sources
from wijkboek_utils.dutch import join, number
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.show import Html

WEEKS = 52
# Hours that somebody with a full working week works in a year: `werk_voltijd` times `werk_weken`.
FULL_TIME = 1_440
_COLUMNS = ["buurt", "jaar", "soort", "naam", "hoeveelheid", "eenheid", "se", "laag", "hoog"]
_COLUMNS += ["kengetal", "bron", "bronjaar"]


def hours(indicatoren: pd.DataFrame, kengetallen: Kengetallen, jaar: int) -> pd.DataFrame:
    """Return unpaid work per buurt: a count of people times national hours.

    `indicatoren` as `cbs.indicators`. Columns: `buurt`, `jaar`, `soort`, `naam`, `hoeveelheid`
    (hours a year), `eenheid`, `se`, `laag` and `hoog` (EUR an hour, imputed), `kengetal`, `bron`,
    `bronjaar`. Kinds of work whose people are not counted are left out.
    """
    buurten, counts = keys.per_buurt(indicatoren)
    frames, origins = [], keys.origins_of(buurten)
    for rule in sources.read_project_table("onbetaald").itertuples():
        found = flows.amounts(rule, counts, kengetallen, f"aantal {rule.soort}")
        if found is None:
            continue
        amount, error = found.value * WEEKS, found.se * WEEKS
        prices = [kengetallen.get(name, "euro per uur") for name in rule.uurwaarden.split(";")]
        facts = keys.provenance(rule.aantal, origins)
        frames.append(
            pd.DataFrame(
                {
                    "buurt": amount.index,
                    "jaar": jaar,
                    "soort": rule.soort,
                    "naam": rule.naam,
                    "hoeveelheid": amount.to_numpy(),
                    "eenheid": "uur",
                    "se": error.to_numpy(),
                    "laag": min(p.laag for p in prices),
                    "hoog": max(p.hoog for p in prices),
                    "kengetal": rule.kengetallen,
                    "bron": facts["bronnen"],
                    "bronjaar": int(facts["jaren"].split(";")[-1]),
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)


def totals(work: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return unpaid work of an area: `naam`, `uren`, `se`, `euro_laag`, `euro_hoog` a year.

    Within a kind the error of all buurten is one: they share their kengetal. The weight of a buurt
    has an error of its own.
    """
    weight, unsure = (work["buurt"].map(w).astype(float) for w in ledger.weights_of(weights))
    weight = weight.where(weight > 0)  # what lies outside says nothing
    moved = (work["hoeveelheid"] * unsure) ** 2
    rows = work.assign(uren=work["hoeveelheid"] * weight, se=work["se"] * weight, moved=moved)
    groups = rows.groupby("naam", sort=False)
    found = groups[["uren", "se", "moved"]].sum(min_count=1)
    found = found.join(groups[["laag", "hoog"]].first())
    found["se"] = np.sqrt(found["se"] ** 2 + found.pop("moved"))
    found["euro_laag"] = (found["uren"] - dutch.Z90 * found["se"]).clip(lower=0) * found["laag"]
    found["euro_hoog"] = (found["uren"] + dutch.Z90 * found["se"]) * found["hoog"]
    return found.drop(columns=["laag", "hoog"]).reset_index()


def sentence(rows: pd.DataFrame, naam: str) -> str:
    """Say how much unpaid work is done; `rows` as `totals`."""
    rows = rows.dropna(subset="uren")
    whole, se = rows["uren"].sum(), float(np.sqrt((rows["se"] ** 2).sum()))
    if not whole:
        return f"Over onbetaald werk in {naam} is niets bekend."
    low, high = (max(whole + side * dutch.Z90 * se, 0) / FULL_TIME for side in (-1, 1))
    kinds = join([dutch.lower_first(name) for name in rows["naam"]])
    return (
        f"Inwoners van {naam} doen samen naar schatting zoveel onbetaald werk als "
        f"{_round(low)} tot {_round(high)} mensen met een volle werkweek. Het gaat om {kinds}. "
        "Dit is geen geld dat stroomt: het telt niet mee in de rekening."
    )


def table(rows: pd.DataFrame, naam: str, jaar: int) -> Html:
    """Return unpaid work as a table, hours first; `rows` as `totals`."""
    rows = rows.dropna(subset="uren")
    low = (rows["uren"] - dutch.Z90 * rows["se"]).clip(lower=0)
    high = rows["uren"] + dutch.Z90 * rows["se"]
    frame = pd.DataFrame(
        {
            "Soort werk": rows["naam"],
            "Uren per jaar": [
                f"{_round(a)} tot {_round(b)}" for a, b in zip(low, high, strict=True)
            ],
            "Als iemand het betaalde": [
                dutch.between(r.euro_laag, r.euro_hoog) for r in rows.itertuples()
            ],
        }
    )
    return show.table(
        frame,
        f"Onbetaald werk van inwoners van {naam}, {jaar}",
        {"Uren per jaar": str},
        note="Landelijke uren per persoon maal het aantal inwoners. Hoeveel het in deze wijk echt "
        "is, kan alleen de wijk zelf tellen. Een uur is gewaardeerd tussen het minimumloon en wat "
        "een ander ervoor vraagt.",
    )


def _round(value: float) -> str:
    """Return a number to two digits: no more is known."""
    unit = dutch.rounding_unit(value, None)
    value = round(value / unit) * unit
    if value < 1e6:
        return number(value)
    return f"{number(value / 1e6, 0 if value >= 1e7 else 1)}{dutch.NBSP}miljoen"
