"""Green and trees: what is there and what a tree does, beside the euros and never added to them."""

from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import keys, ledger, regions, sources, sums
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
    origins, moved = keys.origins_of(buurten), keys.moved(buurten, counts.index)
    parts: list[dict[str, Any]] = []
    things: dict[tuple[str, str], list[Any]] = {}
    for rule in rules.itertuples():
        things.setdefault((rule.soort, rule.naam), []).append(rule)
    for (soort, _), group in things.items():
        # A kengetal without a count is about a tree alone: the report needs it, no buurt does.
        units = {r.kengetal: _unit(r, kengetallen) for r in group}
        if any(units) and not any(r.aantal for r in group):
            continue
        known = [(r, keys.evaluate(r.aantal, counts)) for r in group if r.aantal]
        known = [(r, values) for r, values in known if values is not None]
        rule, values = known[0] if known else (group[0], None)
        if values is None:
            values = pd.Series(np.nan, counts.index)
        if soort == "bomen" and telling is not None:
            parts += _by_status(rule, telling, values, jaar)
            continue
        facts = _origin(rule, origins, moved, telling)
        parts.append(_rows(rule, values, units[rule.kengetal], facts, jaar))
    table = _table(parts)
    unknown_rest = regions.is_rest(table["buurt"]) & table["hoeveelheid"].isna()
    table = table.loc[~unknown_rest, COLUMNS].reset_index(drop=True)
    return table


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
) -> list[dict[str, Any]]:
    """Return the trees of a count by status. A list of some trees says nothing of the others."""
    facts = telling[["bron", "bronjaar", "fout"]].iloc[0].to_dict()
    if not telling["status"].any():
        return [_rows(rule, values, None, facts, jaar)]
    parts = []
    for status, part in telling.groupby("status"):
        counted = part.groupby("buurt")["aantal"].sum()
        parts.append(_rows(rule, counted, None, facts, jaar) | {"naam": plural(str(status))})
    others = pd.Series(np.nan, values.index)
    return [*parts, _rows(rule, others, None, facts, jaar) | {"naam": "Andere bomen"}]


def plural(status: str) -> str:
    """Return the name of trees with a status: `Gedenkbomen`, `Bomen (fruit)`."""
    if status.endswith("boom"):
        return f"{status.removesuffix('boom')}bomen".capitalize()
    return f"Bomen ({status or 'zonder status'})"


def _origin(
    rule: Any, origins: keys.Origins, moved: pd.DataFrame, telling: pd.DataFrame | None
) -> dict[str, Any]:
    """Return `bron`, `bronjaar` and the relative error (`fout`) of the count in a rule.

    A figure that was converted from other boundaries is less sure, per buurt.
    """
    topics = keys.topics_of(rule.aantal)
    if _TREES in topics:
        if telling is None:
            return {"bron": None, "bronjaar": pd.NA, "fout": 0.0}
        return telling[["bron", "bronjaar", "fout"]].iloc[0].to_dict()
    facts = keys.provenance(rule.aantal, origins)
    year = int(facts["jaren"].split(";")[-1]) if facts["jaren"] else pd.NA
    error = np.hypot(float(rule.fout), keys.MOVED_ERROR * keys.moved_in(moved, topics))
    return {"bron": facts["bronnen"] or None, "bronjaar": year, "fout": error}


def _rows(
    rule: Any, values: pd.Series, unit: Kengetal | None, facts: dict[str, Any], jaar: int
) -> dict[str, Any]:
    """Return a count per buurt, times its kengetal, as columns of the stock: a word, or an array.

    The `fout` of `facts` is one number, or one for each of `values`.
    """
    number = values.to_numpy(dtype=float)
    # CBS rounds to `stap`: an error spread evenly over one step.
    error = np.hypot(number * facts["fout"], float(rule.stap) / np.sqrt(12))
    low = high = np.full(len(number), np.nan)
    if unit and unit.eenheid.startswith("euro"):
        low, high = number * unit.laag, number * unit.hoog
    elif unit:
        error = np.hypot(error * unit.waarde, number * unit.se)
        number = number * unit.waarde
    known = ~np.isnan(number)
    return {
        "buurt": values.index.to_numpy(),
        "jaar": jaar,
        "soort": rule.soort,
        "naam": rule.naam,
        "hoeveelheid": number,
        "eenheid": rule.eenheid,
        "se": np.where(known, error, np.nan),
        "houder": rule.houder,
        "methode": np.where(known, rule.methode, "ontbreekt").astype(object),
        "laag": low,
        "hoog": high,
        "kengetal": rule.kengetal or None,
        "bron": np.where(known, facts["bron"], None),
        "bronjaar": np.where(known, facts["bronjaar"], pd.NA),
    }


_TYPES = dict.fromkeys(["soort", "naam", "eenheid", "houder", "methode", "kengetal"], "str")
_TYPES |= {"buurt": "str", "bron": "str", "bronjaar": "Int64"}


def _table(parts: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the rows of `_rows` one below the other: one frame, not one for each rule."""
    sizes = [len(part["buurt"]) for part in parts]
    columns = {}
    for name in COLUMNS:
        pairs = zip(sizes, parts, strict=True)
        columns[name] = np.concatenate([np.broadcast_to(p[name], size) for size, p in pairs])
    return pd.DataFrame(columns).astype(_TYPES)


def totals(
    rows: pd.DataFrame, weights: ledger.Weights, by: tuple[str, ...] = ("soort", "naam")
) -> pd.DataFrame:
    """Return what is in an area; `rows` as `stock`, `weights` by buurt.

    One row for each `soort` and `naam` (or `by`): `hoeveelheid`, `eenheid`, `se`, `laag`, `hoog`,
    `methode`, `houder`, `kengetal`, `bronjaar`, `bron` (`;` between) and `onbekend`, the number of
    buurten not known. Of nothing known the sum is unknown. Buurten share the error of a kengetal,
    an estimate or a count; figures of CBS each have their own, and so has the weight of a buurt.
    """
    weight, unsure = (
        rows["buurt"].map(w).fillna(0.0).to_numpy(float) for w in ledger.weights_of(weights)
    )
    inside = weight > 0
    part, weight, unsure = rows[inside], weight[inside], unsure[inside]
    group = pd.factorize(sums.alike(part[[*by]]))[0]  # in order of appearance
    first = np.unique(group, return_index=True)[1]
    number, se, low, high = (part[c].to_numpy(float) for c in ("hoeveelheid", "se", "laag", "hoog"))
    known, own = ~np.isnan(number), (part["methode"] == "gemeten").to_numpy(bool)

    def added(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, np.nan_to_num(values), len(first))

    def total(values: np.ndarray) -> np.ndarray:
        return np.where(added(~np.isnan(values)) > 0, added(values), np.nan)

    square = np.where(own, (se * weight) ** 2, 0.0) + (number * unsure) ** 2
    shared = np.where(own, np.nan, se * weight)
    found: dict[str, Any] = {name: part[name].array.take(first) for name in by}
    found |= {"hoeveelheid": total(number * weight)}
    found |= {"laag": total(low * weight), "hoog": total(high * weight)}
    told = part.assign(methode=part["methode"].where(known))
    for name in ("eenheid", "methode", "houder", "kengetal", "bronjaar"):
        there = np.flatnonzero(told[name].notna())
        groups, place = np.unique(group[there], return_index=True)
        places = np.full(len(first), -1)
        places[groups] = there[place]
        found[name] = told[name].array.take(places, allow_fill=True)
    error = np.sqrt(added(square) + added(shared) ** 2)
    bronnen: list[set[str]] = [set() for _ in first]
    for n, cell in zip(group, part["bron"], strict=True):
        bronnen[n].add(cell)
    return pd.DataFrame(found).assign(
        methode=lambda table: table["methode"].fillna("ontbreekt"),
        se=np.where(np.isnan(found["hoeveelheid"]), np.nan, error),
        bron=[";".join(sources.ids(c for c in some if not pd.isna(c))) for some in bronnen],
        onbekend=added(~known).astype(int),
    )
