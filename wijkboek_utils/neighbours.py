"""The wijken that look most like an area, and where the area differs from them.

For wijken there is no Dutch convention of statistical neighbours: the indicators and weights
(`vergelijken.csv`) and the rules below are choices of our own. Neighbours are chosen by who lives
there and how; on benefits, prices and firms they may differ. A gemeente is set beside gemeenten.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from operator import or_
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wijkboek_utils import columns, dutch, odata, regions, sources
from wijkboek_utils.households import INHABITANTS
from wijkboek_utils.regions import gemeente_of, is_rest
from wijkboek_utils.remember import remembered

NUMBER = 10  # neighbours
SMALLEST = 1000  # inhabitants: below it the rounding and secrecy of CBS decide
CLIP = 3.0  # an outlier counts no further than so many spreads from the middle
KNOWN = 0.6  # of the weight of the indicators has to be known of both
COVERED = 0.9  # of the inhabitants live in buurten with a figure, or that of the area is missing
ENOUGH = 0.8  # of the neighbours have to have a figure to speak of their range
_QUARTILES = 1.349  # distance between the quartiles of a normal distribution, in its spread
_HOUSEHOLDS, _DWELLINGS = "HuishoudensTotaal", "Woningvoorraad"
_YOUNG, _YOUNG_PARTS = "Jongeren", ["k_0Tot15Jaar", "k_15Tot25Jaar"]
_PLACE = ["gebied", "naam", "gemeente"]
_KEYS, _KINDS = "WijkenEnBuurten", ("GM", "WK")


@dataclass(frozen=True)
class Indicator:
    """What areas are compared on: a topic of CBS over another, times `maal`.

    A `gemiddelde` is published as an average or percentage of `per`; others are counts.
    """

    naam: str
    eenheid: str
    boven: str
    per: str
    maal: float
    gemiddelde: bool
    gewicht: float
    decimalen: int

    def words(self, value: float | None) -> str:
        """Return a value as it is printed, without its unit; `decimalen` below 0 are zeros."""
        known = round(value, self.decimalen) if dutch.is_known(value) else None
        return dutch.number(known, max(self.decimalen, 0))


@cache
def indicators() -> dict[str, Indicator]:
    """Return what areas are compared on, by name."""
    rows = sources.read_project_table("vergelijken").drop(columns="reden").to_dict("records")
    kinds: dict[str, Callable[[str], Any]] = {
        "maal": float,
        "gemiddelde": "ja".__eq__,
        "gewicht": lambda text: float(Fraction(text)),
        "decimalen": int,
    }
    made = [Indicator(**{k: kinds.get(str(k), str)(v) for k, v in row.items()}) for row in rows]
    return {i.naam: i for i in made}


@cache
def _topics() -> list[str]:
    named = {topic for i in indicators().values() for topic in (i.boven, i.per)} - {_YOUNG}
    return sorted({*named, *_YOUNG_PARTS, _HOUSEHOLDS})


def kind(gebied: pd.DataFrame) -> str:
    """Return with what an area is compared: `GM` when it is a whole gemeente, else `WK`."""
    return "GM" if (gebied["gewicht"] == 1).all() else "WK"


def others(soort: str, jaren: Iterable[int]) -> pd.DataFrame:
    """Return the KWB figures of all wijken (`WK`) or gemeenten (`GM`) that we hold, in some years.

    Columns: `gebied`, `naam`, `gemeente` (its name), `jaar`, and a column a topic. Each gemeente
    comes from its newest vintage of a year: of the country where that was fetched.
    """
    return _others(soort, frozenset(map(int, jaren)))


@remembered(most=8)
def _others(soort: str, jaren: frozenset[int]) -> pd.DataFrame:
    newest: dict[tuple[str, str], sources.Source] = {}
    for source in sources.vintages("kwb"):
        if int(source.period) in jaren:
            for gemeente in source.covers:
                if gemeente[:2] == "GM":
                    newest.setdefault((source.period, gemeente), source)
    frames = [pd.DataFrame(columns=[*_PLACE, "jaar"])]
    for source in dict.fromkeys(newest.values()):
        rows = _of_source(source)
        rows = rows[rows["gebied"].str.startswith(soort)]
        inside = [newest.get((source.period, gemeente_of(c))) is source for c in rows["gebied"]]
        frames.append(rows[inside].assign(jaar=int(source.period)))
    table = pd.concat(frames, ignore_index=True).reindex(columns=[*_PLACE, "jaar", *_topics()])
    return table.assign(**table[_topics()].apply(pd.to_numeric))


@remembered()
def _of_source(source: sources.Source) -> pd.DataFrame:
    return _fetched(source) if source.dataset else _embedded(source)


def _embedded(source: sources.Source) -> pd.DataFrame:
    rows = sources.read_csv(source)
    names = rows.drop_duplicates("gebied").set_index("gebied")["naam"]
    rows = rows[rows["gebied"].str.startswith(_KINDS) & rows["onderwerp"].isin(_topics())]
    wide = regions.wide(rows)
    return _named(wide.reset_index(), names)


def _fetched(source: sources.Source) -> pd.DataFrame:
    about = odata.described(pq.read_schema(sources.proven(source)))
    places = columns.wanted(int(source.period))
    places = places[places["onderwerp"].isin(_topics())]
    found = columns.find(odata.topics(about), places, source.table or "").found
    wanted = reduce(or_, [pc.starts_with(pc.field(_KEYS), kind) for kind in _KINDS])
    table = sources.read_parquet(source, wanted, [_KEYS, *found["key"]]).to_pandas()
    wide = pd.DataFrame({r.onderwerp: columns.figures(table[r.key]) for r in found.itertuples()})
    names = pd.Series({row["Key"].strip(): row["Title"].strip() for row in about[_KEYS]})
    return _named(wide.assign(gebied=table[_KEYS].str.strip()), names)


def _named(wide: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    gemeenten = wide["gebied"].map(gemeente_of).map(names)
    return wide.assign(naam=wide["gebied"].map(names), gemeente=gemeenten)


def _topics_of(wide: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the figures of each topic, with those that we derive."""
    found = dict(zip(_topics(), wide.reindex(columns=_topics()).to_numpy(float).T, strict=True))
    found[_YOUNG] = sum((found[part] for part in _YOUNG_PARTS), np.zeros(len(wide)))
    # Where CBS does not give the number of dwellings, households stand in for it as a weight.
    homes = found[_DWELLINGS]
    found[_DWELLINGS] = np.where(np.isnan(homes), found[_HOUSEHOLDS], homes)
    return found


def _parts(topics: dict[str, np.ndarray], indicator: Indicator) -> tuple[np.ndarray, np.ndarray]:
    """Return what is above and below the line of an indicator, both missing where either is."""
    bottom = topics[indicator.per]
    top = topics[indicator.boven] * (bottom if indicator.gemiddelde else 1.0)
    known = ~np.isnan(top) & (bottom > 0)
    return np.where(known, top, np.nan), np.where(known, bottom, np.nan)


def values(wide: pd.DataFrame) -> pd.DataFrame:
    """Return the indicators (a column each) of areas that CBS publishes itself, rows as `wide`."""
    topics, found = _topics_of(wide), {}
    for indicator in indicators().values():
        top, bottom = _parts(topics, indicator)
        found[indicator.naam] = top / bottom * indicator.maal
    return pd.DataFrame(found, index=wide.index)


def of_buurten(wide: pd.DataFrame, weights: pd.Series) -> pd.Series:
    """Return the indicators of an area made of buurten; `wide` and `weights` by buurt.

    Counts are added up; averages weigh by what they are an average of. An indicator is missing when
    less than nine in ten of the inhabitants live in a buurt that has it.
    """
    weight = weights[weights > 0]
    topics, found = _topics_of(wide.reindex(weight.index)), {}
    people = np.nan_to_num(topics[INHABITANTS] * weight.to_numpy())
    for indicator in indicators().values():
        top, bottom = (part * weight.to_numpy() for part in _parts(topics, indicator))
        known = ~np.isnan(bottom)
        covered = known.any() and people[known].sum() >= COVERED * people.sum()
        ratio = np.nansum(top) / np.nansum(bottom) if covered else np.nan
        found[indicator.naam] = ratio * indicator.maal
    return pd.Series(found)


def table(
    kerncijfers: pd.DataFrame,
    gebied: pd.DataFrame,
    codes: list[str],
    jaar: int,
    land: pd.DataFrame,
    anderen: pd.DataFrame,
) -> pd.DataFrame:
    """Return what is compared: `rol`, `gebied`, `naam`, `gemeente`, `indicator`, `jaar`, `waarde`.

    `rol` is `gebied`, `gemeente` (several taken together), `land` or `ander` (a candidate: of
    enough inhabitants, and no part of it in the area). `kerncijfers` as `cbs.figures`, `land` as
    `cbs.read_country`, `anderen` as `others`. An indicator has one year: of those in which the area
    has it and about all others too, the one nearest to `jaar`, earlier first.
    """
    own, country = _by_year(kerncijfers), _by_year(land)
    weights = gebied[~is_rest(gebied["buurt"])].set_index("buurt")["gewicht"]
    gemeenten = sorted({gemeente_of(buurt) for buurt in weights.index})
    # Of a year that one of the gemeenten lacks, the others say nothing of the area.
    own = {y: rows for y, rows in own.items() if set(gemeenten) <= set(rows.index.map(gemeente_of))}
    whole = pd.Series(1.0, index=weights.index)
    parts: list[tuple[str, int, pd.Series]] = []
    for year, rows in own.items():
        for rol, inside, said in (("gebied", weights, codes), ("gemeente", whole, gemeenten)):
            parts.append((rol, year, _of_area(rows, inside, said)))
    for year, rows in country.items():
        parts += [("land", year, row) for _, row in values(rows[rows.index == "NL00"]).iterrows()]
    found = [(rol, name, y, value) for rol, y, row in parts for name, value in row.items()]
    result = pd.DataFrame(found, columns=["rol", "indicator", "jaar", "waarde"])
    result = result.astype({"jaar": int, "waarde": float}).dropna(subset="waarde")
    overlap = {*gemeenten, *gebied.loc[gebied["gewicht"] > 0, "wijk"].dropna()}
    pool = anderen[(anderen[INHABITANTS] >= SMALLEST) & ~anderen["gebied"].isin(overlap)]
    there = values(pool)
    seen = there.notna().groupby(pool["jaar"].astype(int)).sum()
    chosen = _years(result[result["rol"] == "gebied"], seen, jaar)
    result = result[result["indicator"].map(chosen) == result["jaar"]]
    result = pd.concat([result, _candidates(pool, there, chosen)], ignore_index=True)
    return result.reindex(columns=["rol", *_PLACE, "indicator", "jaar", "waarde"])


def _candidates(pool: pd.DataFrame, there: pd.DataFrame, chosen: pd.Series) -> pd.DataFrame:
    """Return the indicators (`there`) of candidates in the year of each, as rows of `table`."""
    years, wanted = pool["jaar"].astype(int), chosen.reindex(there.columns).to_numpy()
    usable = there.notna().to_numpy() & (years.to_numpy()[:, None] == wanted)
    indicator, place = np.nonzero(usable.T)
    facts = {"indicator": there.columns[indicator], "waarde": there.to_numpy()[place, indicator]}
    facts |= {"rol": "ander", "jaar": years.iloc[place]}
    return pool[_PLACE].astype("str").iloc[place].assign(**facts)


def _by_year(rows: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return figures by year: a row an area, a column a topic."""
    rows = rows[rows["onderwerp"].isin(_topics())]
    return {int(str(year)): regions.wide(part) for year, part in rows.groupby("jaar")}


def _of_area(wide: pd.DataFrame, weights: pd.Series, codes: list[str]) -> pd.Series:
    """Return the indicators of the area, as CBS publishes them where it does."""
    published = len(codes) == 1 and codes[0] in wide.index
    return values(wide.loc[codes]).iloc[0] if published else of_buurten(wide, weights)


def _years(own: pd.DataFrame, seen: pd.DataFrame, jaar: int) -> pd.Series:
    """Return the year of each indicator in `own`; `seen`: by year how many others have it."""
    counts, asked = seen.to_dict("index"), zip(own["indicator"], own["jaar"], strict=True)
    years = own.assign(anderen=[counts.get(y, {}).get(name, 0) for name, y in asked])
    most = years.groupby("indicator")["anderen"].transform("max")
    years = years[years["anderen"] >= 0.9 * most]
    years = years.assign(orde=(years["jaar"] - jaar).abs() + 1000 * (years["jaar"] > jaar))
    return years.sort_values(["indicator", "orde"]).groupby("indicator")["jaar"].first()


def nearest(rows: pd.DataFrame, number: int = NUMBER) -> pd.DataFrame:
    """Return the areas most like the area: `gebied`, `naam`, `gemeente`, `afstand`, `bekend`.

    `rows` as `table`. The distance is Euclidean over the indicators with a weight, each taken from
    the median of the candidates and divided by their spread (between the quartiles, over 1.349; the
    standard deviation where that is nothing). It is an average over the indicators known of both;
    `bekend` is their part of the weight. Empty with less than `number` candidates.
    """
    other = rows[rows["rol"] == "ander"]
    wide = other.pivot(index="gebied", columns="indicator", values="waarde")
    own = rows[rows["rol"] == "gebied"].set_index("indicator")["waarde"]
    spread = (wide.quantile(0.75) - wide.quantile(0.25)) / _QUARTILES
    spread = spread.where(spread > 0, wide.std(ddof=0))
    # Nobody differs where there is no spread; nobody is compared on what few have.
    useful = spread.index[(spread > 0) & (wide.count() * 2 >= len(wide))]
    weights = pd.Series({i.naam: i.gewicht for i in indicators().values() if i.gewicht})
    weights = weights[[n for n in weights.index if n in useful and n in own.index]]
    wide, middle, spread = (part[weights.index] for part in (wide, wide.median(), spread))
    here = ((own[weights.index] - middle) / spread).clip(-CLIP, CLIP)
    gap = ((wide - middle) / spread).clip(-CLIP, CLIP) - here
    known = gap.notna().astype(float) @ weights
    square = (gap**2).fillna(0.0) @ weights / known.where(known > 0)
    found = pd.DataFrame({"afstand": np.sqrt(square), "bekend": known / weights.sum()}).round(9)
    found = found[found["bekend"] >= KNOWN].reset_index()
    found = found if len(found) >= number else found[:0]
    found = found.sort_values(["afstand", "gebied"], ignore_index=True).head(number)
    names = other.drop_duplicates("gebied")[_PLACE]
    return found.merge(names, on="gebied", validate="1:1")[[*_PLACE, "afstand", "bekend"]]


def compare(rows: pd.DataFrame, buren: pd.DataFrame) -> pd.DataFrame:
    """Return the area beside its neighbours: one row an indicator that the area has.

    Columns: `indicator`, `jaar`, `waarde`, `laag`, `midden`, `hoog` (of the neighbours; missing
    with less than eight that have it), `n` (neighbours with a figure), `gemeente`, `land`, and
    `buiten`: how far outside their range, as a part of it (negative below, 0 inside).
    """
    roles = rows[rows["rol"] != "ander"].pivot(index="indicator", columns="rol", values="waarde")
    roles = roles.reindex(columns=["gebied", "gemeente", "land"])
    near = rows[(rows["rol"] == "ander") & rows["gebied"].isin(buren["gebied"])]
    spread = near.groupby("indicator")["waarde"].agg(["min", "median", "max", "count"])
    spread.columns = pd.Index(["laag", "midden", "hoog", "n"])
    found = roles.rename(columns={"gebied": "waarde"}).join(spread).dropna(subset="waarde")
    found = found.loc[[name for name in indicators() if name in found.index]]
    found["n"] = found["n"].fillna(0).astype(int)
    few = found["n"] < ENOUGH * NUMBER
    found[["laag", "midden", "hoog"]] = found[["laag", "midden", "hoog"]].mask(few)
    value, low, high = (found[c] for c in ("waarde", "laag", "hoog"))
    width = (high - low).where(high > low, 1.0)
    beyond = (value - value.clip(low, high)) / width
    # What prints as equal is equal.
    same = [
        indicators()[str(name)].words(v) in (indicators()[str(name)].words(w) for w in ends)
        for name, v, *ends in found[["waarde", "laag", "hoog"]].itertuples()
    ]
    found["buiten"] = beyond.mask(same, 0.0).where(~few)
    years = rows[rows["rol"] == "gebied"].set_index("indicator")["jaar"]
    return found.assign(jaar=years).rename_axis("indicator").reset_index()
