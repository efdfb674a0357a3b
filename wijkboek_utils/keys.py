"""Verdeelsleutels: shares of the buurten of a gemeente, with their error and their origin."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from wijkboek_utils import formulas, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.regions import INHABITANTS, gemeente_of, wide
from wijkboek_utils.sums import coded

topics_of = formulas.topics_of
NO_KEY, FONDS = "geen", "gemeentefonds-2025"  # FONDS is the source of its rates
FILL_ERROR = 0.5  # extra relative error of a buurt whose count CBS does not publish
MOVED_ERROR = 0.15  # the same of a count converted by area to other boundaries; our judgement
Origins = dict[str, set[tuple[int, str]]]  # the years and sources of the figures of a topic
_ORIGIN = ["onderwerp", "jaar", "bron"]
_FACTS = ["onderwerpen", "jaren", "bronnen", "bijgeschat"]


@dataclass(frozen=True)
class Recipe:
    """How a verdeelsleutel is made: by a formula over counts, or by mixing others by weight."""

    formula: str
    mixture: dict[str, float]
    error: float

    @cached_property
    def topics(self) -> frozenset[str]:
        """Return the CBS names in the formula."""
        return topics_of(self.formula)


@dataclass(frozen=True)
class Keys:
    """The verdeelsleutels of one gemeente.

    `shares`: a row per sleutel that the data allows, a column per buurt; a row adds up to 1.
    `errors`: the same shape, the relative standard error of each share.
    `table`: a row per defined sleutel: the columns of `sleutels.csv`, what it was made of
    (`onderwerpen`, `jaren`, `bronnen`) and `bijgeschat`, the number of buurten estimated.
    """

    shares: pd.DataFrame
    errors: pd.DataFrame
    table: pd.DataFrame

    def resolve(self, sleutel: str) -> str:
        """Return the sleutel itself, or the first stand-in in its chain that the data allows."""
        while sleutel not in self.shares.index:
            sleutel = self.table.loc[sleutel, "terugval"]
            if not sleutel:
                return NO_KEY
        return sleutel


def build_keys(indicatoren: pd.DataFrame, definitions: pd.DataFrame | None = None) -> Keys:
    """Return the keys that the figures of a gemeente allow.

    `indicatoren` as from `cbs.indicators`. A key whose figures are all missing is left out of
    `shares`; where single buurten miss a figure, they are estimated from their inhabitants in the
    ratio of the other buurten, with a wider error, and counted in `bijgeschat`.
    """
    (found,) = build_all(indicatoren, definitions).values()
    return found


def build_all(
    indicatoren: pd.DataFrame, definitions: pd.DataFrame | None = None
) -> dict[str, Keys]:
    """Return the keys of several gemeenten, by code: each as `build_keys` gives them."""
    if definitions is None:
        definitions = sources.read_project_table("sleutels")
    definitions = definitions.set_index("sleutel").astype({"fout": float})
    recipes = {
        row.Index: Recipe(row.formule, _mixture(row.mengsel), row.fout)
        for row in definitions.itertuples()
    }
    buurten, counts = per_buurt(indicatoren)
    found = {s: formulas.work_out(r.formula, counts) for s, r in recipes.items() if r.formula}
    values = {sleutel: row for sleutel, row in found.items() if row is not None}
    by_area = moved(buurten, counts.index)
    uses = {s: moved_in(by_area, recipes[s].topics) for s in values}
    parts = [_frame(rows, counts.index) for rows in (values, uses)]
    told = buurten[_ORIGIN].groupby(gemeenten(buurten["gebied"]))
    origins = {gemeente: origins_of(rows) for gemeente, rows in told}
    return {
        gemeente: _keys_of(
            definitions,
            recipes,
            origins[gemeente],
            counts[INHABITANTS].to_numpy()[members],
            *(part.iloc[:, members] for part in parts),
        )
        for gemeente, members in _members(gemeenten(counts.index)).items()
    }


def _keys_of(
    definitions: pd.DataFrame,
    recipes: dict[str, Recipe],
    origins: Origins,
    people: np.ndarray,
    values: pd.DataFrame,
    moved: pd.DataFrame,
) -> Keys:
    """Return the keys of one gemeente from the values of their formulas, a column per buurt."""
    numbers = values.to_numpy(dtype=float)
    filled = np.array([fill_rows(row, people) for row in numbers]).reshape(numbers.shape)
    total = filled.sum(axis=1)
    # Where not even inhabitants are known nothing can be said: the key is not to be had.
    had = total > 0
    names = values.index[had]
    guessed = np.isnan(numbers[had]) & (filled[had] > 0)
    wider = np.hypot(FILL_ERROR * guessed, MOVED_ERROR * moved.to_numpy(dtype=float)[had])
    shares = dict(zip(names, filled[had] / total[had, None], strict=True))
    extra = dict(zip(names, wider, strict=True))
    estimated = dict(zip(names, guessed.sum(axis=1), strict=True))
    facts: dict[str, dict] = {}
    for sleutel, recipe in recipes.items():
        mixed = recipe.mixture.items()
        if not mixed:
            guesses = {"bijgeschat": int(estimated.get(sleutel, 0))}
            facts[sleutel] = _told(recipe.topics, origins) | guesses
            continue
        facts[sleutel] = _merge([facts[p] for p, _ in mixed])
        if recipe.mixture.keys() <= shares.keys():
            shares[sleutel] = sum(shares[p] * weight for p, weight in mixed)
            extra[sleutel] = sum(extra[p] * weight for p, weight in mixed)
    errors = {s: np.hypot(recipes[s].error, e) for s, e in extra.items()}
    columns = {c: [told[c] for told in facts.values()] for c in _FACTS}
    shares_, errors_ = (_frame(rows, values.columns) for rows in (shares, errors))
    return Keys(shares_, errors_, definitions.assign(**columns))


def _frame(rows: dict, columns: pd.Index) -> pd.DataFrame:
    numbers = np.array(list(rows.values())).reshape(len(rows), len(columns))
    return pd.DataFrame(numbers, index=list(rows), columns=columns)


def _mixture(text: str) -> dict[str, float]:
    """Return the keys that a key is mixed from, with their weights."""
    parts = [part.split(":") for part in text.split(";") if part]
    return {sleutel: float(weight) for sleutel, weight in parts}


def gemeenten(buurten: pd.Index | pd.Series) -> np.ndarray:
    """Return the gemeente code of each buurt code."""
    number, codes = coded(buurten)
    return np.array([*map(gemeente_of, codes), np.nan], dtype=object)[number]


def _members(gemeenten: np.ndarray) -> dict[str, np.ndarray]:
    """Return by gemeente which rows are about it."""
    names, number = np.unique(gemeenten, return_inverse=True)
    rows = np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1])
    return dict(zip(names.tolist(), rows, strict=True))


def moved(buurten: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Return which figures were converted from other boundaries: a row a buurt, a column a topic.

    A topic of which nothing was converted has no column.
    """
    if "omgerekend" not in buurten or not buurten["omgerekend"].any():
        return pd.DataFrame(index=index)
    rows = buurten[buurten["omgerekend"].astype(bool)]
    found = rows.pivot(index="gebied", columns="onderwerp", values="omgerekend")
    return found.reindex(index).eq(True)


def moved_in(table: pd.DataFrame, topics: frozenset[str]) -> np.ndarray:
    """Return of each buurt whether one of some topics was converted; `table` as `moved`."""
    found = np.zeros(len(table), dtype=bool)
    for topic in topics & set(table.columns):
        found |= table[topic].to_numpy(dtype=bool)
    return found


def per_buurt(indicatoren: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the figures of buurten alone: as they are, and a row per buurt, a column per topic."""
    buurten = indicatoren[indicatoren["soort"] == "Buurt"]
    if buurten.empty:
        raise Fout(
            "In de kerncijfers van deze gemeente staat geen enkele buurt. Haal ze opnieuw op met: "
            "wijkboek fetch"
        )
    counts = wide(buurten)
    return buurten, counts if INHABITANTS in counts else counts.assign(**{INHABITANTS: np.nan})


def evaluate(formula: str, counts: pd.DataFrame) -> pd.Series | None:
    """Return a formula over the counts per buurt, or None when a figure is not there at all."""
    values = formulas.work_out(formula, counts)
    return None if values is None else pd.Series(values, index=counts.index)


def fill(values: pd.Series, proxy: pd.Series) -> pd.Series:
    """Return values with unknown buurten estimated from `proxy` in the ratio of known buurten.

    Both are indexed by buurt; only the buurten of the same gemeente give the ratio.
    """
    numbers, whole = values.to_numpy(dtype=float), proxy.to_numpy(dtype=float)
    if not np.isnan(numbers).any():
        return pd.Series(numbers, index=values.index)
    filled = numbers.copy()
    for rows in _members(gemeenten(values.index)).values():
        filled[rows] = fill_rows(numbers[rows], whole[rows])
    return pd.Series(filled, index=values.index)


def fill_rows(values: np.ndarray, proxy: np.ndarray) -> np.ndarray:
    """Return the values of one gemeente with unknown ones estimated as in `fill`."""
    unknown = np.isnan(values)
    known = ~unknown & ~np.isnan(proxy)
    whole = proxy[known].sum()
    counted = values[known].sum()
    # Of nothing counted no ratio follows: what is missing stays so. Nobody is none, everywhere.
    ratio = counted / whole if whole and counted else np.nan
    return np.where(unknown, np.where(proxy == 0, 0.0, proxy * ratio), values)


def provenance(formula: str, figures: pd.DataFrame | Origins) -> dict:
    """Return which figures, years and sources a formula uses.

    `figures` are those of buurten, or their `origins_of`: who asks for many formulas gives these.
    """
    origins = figures if isinstance(figures, dict) else origins_of(figures)
    return _told(topics_of(formula), origins) | {"bijgeschat": 0}


def origins_of(figures: pd.DataFrame) -> Origins:
    """Return by topic the years and sources of its figures."""
    found: Origins = {}
    told = zip(*(figures[column].tolist() for column in _ORIGIN), strict=True)
    for topic, jaar, bron in dict.fromkeys(told):  # of each buurt the same
        found.setdefault(topic, set()).add((jaar, bron))
    return found


def _told(topics: frozenset[str], origins: Origins) -> dict[str, str]:
    """Return in words which of the topics there are, of which years and sources."""
    used = {topic: origins[topic] for topic in topics if topic in origins}
    pairs = set().union(*used.values())
    return {
        "onderwerpen": ";".join(sorted(used)),
        "jaren": ";".join(str(jaar) for jaar in sorted({jaar for jaar, _ in pairs})),
        "bronnen": ";".join(sources.ids({bron for _, bron in pairs})),
    }


def _merge(facts: list[dict]) -> dict:
    """Return the provenance of a key that is mixed from others."""
    texts = ["onderwerpen", "jaren", "bronnen"]
    merged: dict = {
        t: ";".join(sorted({w for f in facts for w in f[t].split(";") if w})) for t in texts
    }
    return merged | {"bijgeschat": max(f["bijgeschat"] for f in facts)}


def gemeentefonds_keys(indicatoren: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Return the key definitions that follow from the gemeentefonds, one per cluster.

    `rates` is the published table (amount per unit of each maatstaf, by cluster). A cluster's
    weight of a buurt is the sum of its units times their amounts, over the maatstaven that CBS
    counts per buurt. Amounts below zero are left out: a key cannot go below nothing. A cluster is
    left out when a maatstaf that it cannot do without (`onmisbaar`) is not counted. Columns as
    `sleutels.csv`; ids are `gf:<cluster>`.
    """
    units = sources.read_project_table("maatstaven").set_index("codering")
    counted = indicatoren[(indicatoren["soort"] == "Buurt") & indicatoren["waarde"].notna()]
    known = set(counted["onderwerp"])
    rows = []
    rates = rates.dropna(subset="Codering maatstaf").set_index("Codering maatstaf")
    for cluster in rates.columns.drop(["circulaire", "Naam maatstaf"]):
        amounts = pd.to_numeric(rates[cluster])
        terms = [
            f"{amounts[code]} * ({unit})"
            for code, unit in units["formule"].items()
            if amounts[code] > 0 and topics_of(unit) <= known
        ]
        needed = units.index[[cluster in n.split(";") for n in units["onmisbaar"]]]
        complete = all(topics_of(units.loc[code, "formule"]) <= known for code in needed)
        if terms and complete:
            rows.append(
                {
                    "sleutel": f"gf:{cluster}",
                    "naam": f"gemeentefonds: {cluster.lower()}",
                    "formule": " + ".join(terms),
                    "mengsel": "",
                    "terugval": "",
                    "fout": "0.25",
                    "fout_grond": "oordeel",
                    "reden": "Zo verdeelt het Rijk geld over gemeenten.",
                }
            )
    return pd.DataFrame(rows)


def owner_shares(indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return per buurt the share of dwellings by kind of owner; each row adds up to 1.

    Columns are sectors: huishoudens, instellingen, buitenwereld (where other landlords live is not
    known). A buurt without a figure gets that of its gemeente.
    """
    topics = ["Koopwoningen", "InBezitWoningcorporatie", "InBezitOverigeVerhuurders"]
    figures = wide(indicatoren[indicatoren["onderwerp"].isin(topics)]).reindex(columns=topics)
    buurten = pd.Index(indicatoren.loc[indicatoren["soort"] == "Buurt", "gebied"].unique())
    buurten = buurten.sort_values().rename("gebied")
    percent, whole = (figures.reindex(a).to_numpy() for a in (buurten, gemeenten(buurten)))
    # A buurt takes all its percentages from the gemeente or none: a mixture does not add up to 100.
    incomplete = (np.isnan(percent) & ~np.isnan(whole)).any(axis=1, keepdims=True)
    percent = np.nan_to_num(np.where(incomplete, whole, percent))
    percent[:, -1] += np.maximum(100 - percent.sum(axis=1), 0.0)
    shares = percent / percent.sum(axis=1, keepdims=True)
    return pd.DataFrame(shares, buurten, ["huishoudens", "instellingen", "buitenwereld"])
