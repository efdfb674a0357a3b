"""Which offers serve which needs: pairs with points, and the best division of what there is.

Several offers may serve one need and one offer several needs, as far as quantities go; the needs of
a recipe are met all or not at all. It is the transport problem (Hitchcock 1941) with fixed parts,
solved by HiGHS: exactly, or within `_GAP` where very much hangs together. What is unknown does not
exclude a pair: it earns half the points.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from wijkboek_utils import regions
from wijkboek_utils.models import terms

PARTS = ["soort", "woorden", "plaats", "tijd", "maat"]
PAIRS = ["vraag", "aanbod", *PARTS, "score", "onbekend", "botst", "neemt"]
REST = "overig"
_LEAST = 1e-6  # a part of a need; less is noise of the solver
_EXACT, _GAP = 1000, 0.001  # pairs that hang together; with more, this share may be missed
_NODES = 20_000  # of the search tree, the same on every machine


@dataclass(frozen=True)
class Division:
    """What goes where: `vraag`, `aanbod` and `deel`, the part of the need that is met.

    `score` is the sum over pairs of deel times score, `gap` how much better it might be at most (a
    share; 0 when the search ended).
    """

    parts: pd.DataFrame
    score: float
    gap: float


def pairs(needs: pd.DataFrame, offers: pd.DataFrame) -> pd.DataFrame:
    """Return each need with each offer about the same thing: the columns `PAIRS`.

    `needs` and `offers` have the columns of the dataset vraag_aanbod. `PARTS` and `score` are
    points, 0 to 1; `onbekend` names the parts nobody knows, `;` between; `botst` says why a pair
    that is about the same cannot be (`tijd`), and is empty where it can. `neemt` is the part of
    the offer that the whole need takes.
    """
    found = _about_the_same(needs, offers)
    need, offer = needs.loc[found["vraag"]], offers.loc[found["aanbod"]]
    own = _keys(need, "organisatie")
    other = own == _keys(offer, "organisatie")
    plan = _keys(offer, "hoort_bij")
    asked, had = need["hoeveelheid"].to_numpy(), offer["hoeveelheid"].to_numpy()
    allowed = ~((own != "") & other) & ((plan == "") | (plan == _keys(need, "hoort_bij")))
    keep = allowed & (asked != 0) & (had != 0)
    found, need, offer = found[keep].reset_index(drop=True), need[keep], offer[keep]
    found["plaats"] = _place(need, offer)
    found["tijd"], clash = _time(need, offer)
    found["neemt"], known = _measure(need, offer)
    found["maat"] = np.where(known, terms.points("maat", "bekend"), np.nan)
    found["botst"] = np.where(clash, "tijd", "")
    unknown = found[PARTS].isna()
    found["onbekend"] = [";".join(np.array(PARTS)[row]) for row in unknown.to_numpy()]
    counts = np.array([terms.weights()[part] for part in PARTS])
    half = {part: terms.points(part, "onbekend") for part in PARTS[1:]}
    found["score"] = (found[PARTS].fillna(half) @ counts / counts.sum()).round(6)
    return found[PAIRS]


def _keys(rows: pd.DataFrame, column: str) -> np.ndarray:
    return np.array([terms.key(cell) for cell in rows[column]], dtype=object)


def _about_the_same(needs: pd.DataFrame, offers: pd.DataFrame) -> pd.DataFrame:
    """Return pairs of one category, or of `REST`, that share a word or of which one has none."""
    cores = _cores(offers)
    by_stem: dict[str, list] = defaultdict(list)
    for n, words in cores.items():
        for stem in words:
            by_stem[stem].append(n)
    related = _related(by_stem)
    category = offers["categorie"].to_dict()
    bare = offers.index[[not cores[n] for n in offers.index]]
    rows = []
    for n, asked in _cores(needs).items():
        kind = needs.loc[n, "categorie"]
        shares = _shares(asked, related)
        mine = [o for o in (bare if asked else category) if category[o] == kind]
        for o in [*shares, *(o for o in mine if o not in shares)]:
            same = category[o] == kind
            if same or REST in (category[o], kind):
                points = terms.points("soort", "zelfde" if same else REST)
                rows.append((n, o, points, shares.get(o, np.nan)))
    return pd.DataFrame(rows, columns=["vraag", "aanbod", "soort", "woorden"])


def _cores(rows: pd.DataFrame) -> dict[Any, Mapping[str, str]]:
    texts = zip(rows.index, rows["wat"], rows["categorie"], strict=True)
    return {n: terms.core(wat, category) for n, wat, category in texts}


def _related(by_stem: Mapping[str, list]) -> Callable[[str], dict]:
    """Return how much each offer has of one stem; offers are told by stem in `by_stem`."""

    @cache
    def offers_with(stem: str) -> dict:
        best: dict = {}
        for other, offers in by_stem.items():
            if value := terms.alike(stem, other):
                best |= {o: max(value, best.get(o, 0.0)) for o in offers}
        return best

    return offers_with


def _shares(asked: Iterable[str], offers_with: Callable[[str], dict]) -> dict:
    """Return of each offer that shares a word which part of the words of a need it has."""
    total: dict = defaultdict(float)
    words = [*asked]
    for stem in words:
        for offer, value in offers_with(stem).items():
            total[offer] += value / len(words)
    return total


def _place(need: pd.DataFrame, offer: pd.DataFrame) -> np.ndarray:
    """Return the points for how near an offer is; missing when a buurt is."""
    a, b = need["buurt"].reset_index(drop=True), offer["buurt"].reset_index(drop=True)
    known = a.notna() & b.notna()
    a, b = a.fillna(""), b.fillna("")
    known &= ~regions.is_rest(a) & ~regions.is_rest(b)
    steps = [a == b, a.str[2:8] == b.str[2:8], a.str[2:6] == b.str[2:6]]
    names = ["buurt", "wijk", "gemeente"]
    values = [terms.points("plaats", name) for name in names]
    found = np.select(steps, values, terms.points("plaats", "ver"))
    return np.where(known, found, np.nan)


def _time(need: pd.DataFrame, offer: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return which part of the time of a need an offer has (missing: unknown), and which have none.

    The mean of the part of the days and the part of the week, as far as these are known.
    """
    starts, ends = _days(need["vanaf"], offer["vanaf"]), _days(need["tot"], offer["tot"])
    begin, end = np.fmax(*starts), np.fmin(*ends)
    clash = begin > end
    told = [np.isfinite(s) | np.isfinite(e) for s, e in zip(starts, ends, strict=True)]
    whole = ends[0] - starts[0] + 1
    share = np.where(np.isfinite(whole), (end - begin + 1) / whole, 1.0)
    days = np.where(told[0] & told[1], np.clip(share, 0.0, 1.0), np.nan)
    a, b = _slots(need["tijd"]), _slots(offer["tijd"])
    both = np.bitwise_count(a & b) / np.maximum(np.bitwise_count(a), 1)
    week = np.where((a > 0) & (b > 0), both, np.nan)
    clash = clash | (week == 0)
    known = np.vstack([days, week])
    count = (~np.isnan(known)).sum(axis=0)
    mean = np.nansum(known, axis=0) / np.maximum(count, 1)
    return np.where(count > 0, mean, np.nan), clash


def _days(*columns: pd.Series) -> list[np.ndarray]:
    """Return days as numbers; missing where there is no day."""
    day = pd.Timedelta(days=1)
    dates = [pd.to_datetime(column, errors="coerce") for column in columns]
    return [((d - pd.Timestamp(2000, 1, 1)) / day).to_numpy(float) for d in dates]


def _slots(column: pd.Series) -> np.ndarray:
    told = [terms.times(words) if isinstance(words, str) else None for words in column]
    return np.array([slots or 0 for slots in told], dtype=np.int64)


def _measure(need: pd.DataFrame, offer: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return which part of an offer a whole need takes, and where that is known.

    Where it is not, a need takes one offer whole: nobody knows whether there is more of it.
    """
    asked, unit = _quantities(need)
    had, same = _quantities(offer)
    known = ~np.isnan(asked) & ~np.isnan(had) & (unit == same) & (unit != "")
    return np.where(known, asked / had, 1.0), known


def _quantities(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    pairs_ = zip(rows["hoeveelheid"], rows["eenheid"], strict=True)
    found = [terms.quantity(amount, unit) for amount, unit in pairs_]
    amounts = np.array([amount for amount, _ in found], dtype=float)
    return amounts, np.array([unit for _, unit in found], dtype=object)


def divide(found: pd.DataFrame, recipes: Mapping) -> Division:
    """Return the division of offers over needs with the highest score.

    `found` as `pairs`; `recipes` has the recipe of each need that is part of one, also of needs
    that no offer fits. Each need is met once at most, no offer is used up more than once, and of a
    recipe all needs are met or none. The same pairs give the same division.
    """
    usable = found[found["botst"] == ""].reset_index(drop=True)
    short = {recipe for need, recipe in recipes.items() if need not in {*usable["vraag"]}}
    usable = usable[~usable["vraag"].map(recipes).isin(short)].reset_index(drop=True)
    parts, gaps = [usable.assign(deel=0.0).iloc[:0]], [0.0]
    for _, one in usable.groupby(_islands(usable, recipes)):
        deel, gap = _solve(one, recipes, one["score"].to_numpy())
        parts.append(one.assign(deel=deel)[deel > _LEAST])
        gaps.append(gap)
    table = pd.concat(parts).sort_index()[["vraag", "aanbod", "deel", "neemt", "score"]]
    score = float((table["deel"] * table["score"]).sum())
    return Division(table.reset_index(drop=True), score, max(gaps))


def _islands(usable: pd.DataFrame, recipes: Mapping) -> np.ndarray:
    """Return a number for each pair: pairs with another number have nothing to do with it."""
    recipe = usable["vraag"].map(recipes)
    needs = recipe.where(recipe.notna(), usable["vraag"])  # a recipe stands or falls as one
    a = pd.factorize(pd.Series([*zip(recipe.notna(), needs, strict=True)], dtype=object))[0]
    b = pd.factorize(usable["aanbod"])[0] + a.max(initial=-1) + 1
    size = b.max(initial=-1) + 1
    graph = csr_array((np.ones(len(a)), (a, b)), shape=(size, size))
    return connected_components(graph, directed=False)[1][a] if size else a


def _solve(one: pd.DataFrame, recipes: Mapping, values: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the part of its need that each pair meets, and the gap.

    A pair of unknown quantity is met whole or not at all, and so is a recipe: those are whole
    numbers, the rest may be parts.
    """
    pairs_ = np.arange(len(one))
    needs, names = pd.factorize(one["vraag"])
    offers, stock = pd.factorize(one["aanbod"])
    group, kept = pd.factorize(pd.Series(names).map(recipes))  # -1: of no recipe
    whole = one["maat"].isna().to_numpy()
    size = len(one) + len(kept)
    in_recipe = np.flatnonzero(group >= 0)
    demand = coo_array(
        (
            np.r_[np.ones(len(one)), -np.ones(len(in_recipe))],
            (np.r_[needs, in_recipe], np.r_[pairs_, len(one) + group[in_recipe]]),
        ),
        shape=(len(names), size),
    )
    supply = coo_array((one["neemt"].to_numpy(), (offers, pairs_)), shape=(len(stock), size))
    least = np.where(group >= 0, 0.0, -np.inf)
    most = np.where(group >= 0, 0.0, 1.0)
    limits = [LinearConstraint(demand.tocsr(), least, most)]
    limits.append(LinearConstraint(supply.tocsr(), -np.inf, 1.0))
    result = milp(
        -np.r_[values, np.zeros(len(kept))],
        integrality=np.r_[whole, np.ones(len(kept), dtype=bool)].astype(int),
        bounds=Bounds(0.0, 1.0),
        constraints=limits,
        options={"mip_rel_gap": 0.0 if len(one) <= _EXACT else _GAP, "node_limit": _NODES},
    )
    if result.x is None:  # doing nothing is always possible
        return np.zeros(len(one)), 1.0
    return result.x[: len(one)], float(result.mip_gap or 0.0)


def lacking(found: pd.DataFrame, recipe: list) -> tuple[list, list]:
    """Return which needs of a recipe stand in the way, if nobody else wanted the offers.

    The first are the fewest needs to leave out; the second, when one would do, all of which any
    one would do. Both are empty for a recipe that can be made.
    """
    usable = found[(found["botst"] == "") & found["vraag"].isin(recipe)].reset_index(drop=True)
    there = _met(usable, [*usable["vraag"].unique()])
    short = [need for need in recipe if need not in there]
    if len(short) != 1:
        return short, []
    others = ([m for m in recipe if m != n] for n in recipe)
    return short, [
        n for n, rest in zip(recipe, others, strict=True) if {*rest} == _met(usable, rest)
    ]


def _met(usable: pd.DataFrame, needs: list) -> set:
    """Return the most needs that can be met whole at once."""
    rows = usable[usable["vraag"].isin(needs)].reset_index(drop=True)
    if rows.empty:
        return set()
    deel, _ = _solve(rows, {need: need for need in needs}, np.ones(len(rows)))
    met = rows.assign(deel=deel).groupby("vraag")["deel"].sum()
    return {*met.index[met > 1 - 1e-4]}
