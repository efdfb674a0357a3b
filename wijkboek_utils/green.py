"""Green and trees: what is there and what a tree does, beside the euros and never added to them."""

from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import keys, ledger, regions, sources
from wijkboek_utils.kengetallen import Kengetal, Kengetallen

COLUMNS = ["buurt", "jaar", "soort", "naam", "hoeveelheid", "eenheid", "se", "houder", "methode"]
COLUMNS += ["laag", "hoog", "kengetal", "bron", "bronjaar"]
_TREES = "Bomen"  # all trees of a count together, in the formulas of groen.csv


def stock(
    indicatoren: pd.DataFrame,
    telling: pd.DataFrame | None,
    kengetallen: Kengetallen,
    jaar: int,
    rules: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what is there per buurt by the rules of `groen.csv`: the columns `COLUMNS`.

    `indicatoren` as `cbs.indicators`, `telling` as `assets.trees`, `rules` others of the same
    shape. `laag` and `hoog` are imputed EUR a year. What nobody counted has a row without
    `hoeveelheid`, with the methode `ontbreekt`: no buurt is estimated from others. Trees that fell
    in no buurt stand under the rest of the gemeente; their share is the relative error of every
    buurt.
    """
    buurten, counts = keys.per_buurt(indicatoren)
    telling = _placed(telling, counts.index)
    if telling is not None:
        counts = counts.reindex(counts.index.union(telling["buurt"].unique()))
        counts[_TREES] = telling.groupby("buurt")["aantal"].sum()
    rules = sources.read_project_table("groen") if rules is None else rules
    frames = []
    for (soort, _), group in rules.groupby(["soort", "naam"], sort=False):
        # A kengetal without a count is about a tree alone: the report needs it, no buurt does.
        units = {r.kengetal: _unit(r, kengetallen) for r in group.itertuples()}
        if group["kengetal"].any() and not group["aantal"].any():
            continue
        known = [(r, keys.evaluate(r.aantal, counts)) for r in group.itertuples() if r.aantal]
        known = [(r, values) for r, values in known if values is not None]
        rule, values = known[0] if known else (next(group.itertuples()), None)
        if values is None:
            values = pd.Series(np.nan, counts.index)
        if soort == "bomen" and telling is not None:
            frames += _by_status(rule, telling, values, jaar)
            continue
        facts = _origin(rule, buurten, telling)
        frames.append(_rows(rule, values, units[rule.kengetal], facts, jaar))
    table = pd.concat(frames, ignore_index=True)
    unknown_rest = regions.is_rest(table["buurt"]) & table["hoeveelheid"].isna()
    table = table.loc[~unknown_rest, COLUMNS].reset_index(drop=True)
    return table.astype({"kengetal": "str", "bron": "str"})


def _unit(rule: Any, kengetallen: Kengetallen) -> Kengetal | None:
    return kengetallen.get(rule.kengetal, rule.eenheid_kengetal) if rule.kengetal else None


def _placed(telling: pd.DataFrame | None, buurten: pd.Index) -> pd.DataFrame | None:
    """Return a count with what fell in no buurt under the rest, and `fout`: the share of that."""
    if telling is None or not telling["aantal"].sum():
        return None
    known = telling["buurt"].isin(buurten)
    share = telling.loc[~known, "aantal"].sum() / telling["aantal"].sum()
    rest = regions.rest_of(regions.gemeente_of(buurten[0]))
    return telling.assign(buurt=telling["buurt"].where(known, rest), fout=share)


def _by_status(
    rule: Any, telling: pd.DataFrame, values: pd.Series, jaar: int
) -> list[pd.DataFrame]:
    """Return the trees of a count by status. A list of some trees says nothing of the others."""
    facts = _origin(rule, telling, telling)
    if not telling["status"].any():
        return [_rows(rule, values, None, facts, jaar)]
    frames = []
    for status, part in telling.groupby("status"):
        counted = part.groupby("buurt")["aantal"].sum()
        frames.append(_rows(rule, counted, None, facts, jaar).assign(naam=plural(str(status))))
    others = pd.Series(np.nan, values.index)
    return [*frames, _rows(rule, others, None, facts, jaar).assign(naam="Andere bomen")]


def plural(status: str) -> str:
    """Return the name of trees with a status: `Gedenkbomen`, `Bomen (fruit)`."""
    if status.endswith("boom"):
        return f"{status.removesuffix('boom')}bomen".capitalize()
    return f"Bomen ({status or 'zonder status'})"


def _origin(rule: Any, buurten: pd.DataFrame, telling: pd.DataFrame | None) -> dict[str, Any]:
    """Return `bron`, `bronjaar` and the relative error (`fout`) of the count in a rule.

    A figure that was converted from other boundaries is less sure, per buurt.
    """
    if _TREES in keys.topics_of(rule.aantal):
        if telling is None:
            return {"bron": None, "bronjaar": pd.NA, "fout": 0.0}
        return telling[["bron", "bronjaar", "fout"]].iloc[0].to_dict()
    facts = keys.provenance(rule.aantal, buurten)
    year = int(facts["jaren"].split(";")[-1]) if facts["jaren"] else pd.NA
    error: Any = float(rule.fout)
    if "omgerekend" in buurten:
        used = buurten[buurten["onderwerp"].isin(keys.topics_of(rule.aantal))]
        error = np.hypot(error, keys.MOVED_ERROR * used.groupby("gebied")["omgerekend"].any())
    return {"bron": facts["bronnen"] or None, "bronjaar": year, "fout": error}


def _rows(
    rule: Any, values: pd.Series, unit: Kengetal | None, facts: dict[str, Any], jaar: int
) -> pd.DataFrame:
    """Return a count per buurt, times its kengetal, as rows of the stock."""
    # CBS rounds to `stap`: an error spread evenly over one step.
    error = np.hypot(values * facts["fout"], float(rule.stap) / np.sqrt(12))
    low = high = pd.Series(np.nan, values.index)
    if unit and unit.eenheid.startswith("euro"):
        low, high = values * unit.laag, values * unit.hoog
    elif unit:
        error = np.hypot(error * unit.waarde, values * unit.se)
        values = values * unit.waarde
    known = values.notna()
    return pd.DataFrame(
        {
            "buurt": values.index,
            "jaar": jaar,
            "soort": rule.soort,
            "naam": rule.naam,
            "hoeveelheid": values.to_numpy(),
            "eenheid": rule.eenheid,
            "se": error.where(known).to_numpy(),
            "houder": rule.houder,
            "methode": np.where(known, rule.methode, "ontbreekt"),
            "laag": low.to_numpy(),
            "hoog": high.to_numpy(),
            "kengetal": rule.kengetal or None,
            "bron": pd.Series(facts["bron"], values.index, dtype="str").where(known).to_numpy(),
            "bronjaar": pd.Series(facts["bronjaar"], values.index, "Int64").where(known).array,
        }
    )


def totals(
    rows: pd.DataFrame, weights: ledger.Weights, by: tuple[str, ...] = ("soort", "naam")
) -> pd.DataFrame:
    """Return what is in an area; `rows` as `stock`, `weights` by buurt.

    One row for each `soort` and `naam` (or `by`): `hoeveelheid`, `eenheid`, `se`, `laag`, `hoog`,
    `methode`, `houder`, `kengetal`, `bronjaar`, `bron` (`;` between) and `onbekend`, the number of
    buurten not known. Of nothing known the sum is unknown. Buurten share the error of a kengetal,
    an estimate or a count; figures of CBS each have their own, and so has the weight of a buurt.
    """
    weight, unsure = (rows["buurt"].map(w).fillna(0.0) for w in ledger.weights_of(weights))
    moved = rows["hoeveelheid"] * unsure
    part = rows[weight > 0].copy()
    amounts = ["hoeveelheid", "se", "laag", "hoog"]
    part[amounts] = part[amounts].mul(weight[weight > 0], axis=0)
    known, own = part["hoeveelheid"].notna(), part["methode"] == "gemeten"
    part = part.assign(
        methode=part["methode"].where(known),
        square=(part["se"] ** 2).where(own, 0.0) + moved[part.index] ** 2,
        shared=part["se"].mask(own),
        onbekend=~known,
    )
    groups = part.groupby([*by], sort=False)
    found = groups[["hoeveelheid", "laag", "hoog"]].sum(min_count=1)
    found = found.join(groups[["eenheid", "methode", "houder", "kengetal", "bronjaar"]].first())
    found["methode"] = found["methode"].fillna("ontbreekt")
    found["se"] = np.sqrt(groups["square"].sum() + groups["shared"].sum() ** 2)
    found["se"] = found["se"].where(found["hoeveelheid"].notna())
    found["bron"] = groups["bron"].agg(lambda cells: ";".join(sources.ids(cells.dropna())))
    found["onbekend"] = groups["onbekend"].sum()
    return found.reset_index()
