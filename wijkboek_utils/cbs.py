"""Kerncijfers wijken en buurten (KWB) of CBS as tidy tables, and the choice of a year."""

from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wijkboek_utils import columns, crosswalk, dutch, odata, pdok, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.regions import INHABITANTS, KINDS, gemeente_of, wijk_of
from wijkboek_utils.remember import remembered
from wijkboek_utils.sums import alike, coded, holds

# Not a quantity: a postcode that happens to look like a number.
_NOT_NUMERIC = ["MeestVoorkomendePostcode"]
_COLUMNS = ["gebied", "naam", "soort", "jaar", "onderwerp", "waarde", "eenheid", "bron"]
_KINDS = {"NL": "Land", "GM": "Gemeente", "WK": "Wijk", "BU": "Buurt"}
_KEY = "WijkenEnBuurten"
COUNTRY = "NL00"
_LATER = 10_000  # years: a year after that of the books comes behind all before it


@remembered(most=8)
def read_kwb(gemeente: str) -> pd.DataFrame:
    """Return all KWB figures of a gemeente, its wijken and buurten, of every year we hold.

    Columns: `gebied`, `naam`, `soort` (Gemeente, Wijk, Buurt), `jaar`, `onderwerp` (the CBS name
    without its column number), `waarde` (float; missing where CBS publishes none), `eenheid`,
    `bron`. Raises Fout when no raw file covers the gemeente, or a unit is not what we expect.
    """
    found = sources.select("kwb", gemeente)
    if not found:
        raise Fout(
            f"Van gemeente {gemeente} staan er geen kerncijfers in data/raw. Haal ze op met: "
            f"wijkboek fetch {gemeente}"
        )
    return pd.concat([_read(s, gemeente) for s in found], ignore_index=True)


def _read(source: sources.Source, gemeente: str) -> pd.DataFrame:
    """Return the figures of one source about a gemeente, or about the country (`NL00`)."""
    if source.dataset:
        return _long(_fetched(source, gemeente), source)
    rows = _embedded(source)
    return rows[(rows["gebied"].str[2:6] == gemeente[2:])].reset_index(drop=True)


@remembered()
def _embedded(source: sources.Source) -> pd.DataFrame:
    """Return the figures of an embedded source; columns as `read_kwb`."""
    rows = sources.read_csv(source)
    rows = rows[~rows["onderwerp"].isin(_NOT_NUMERIC)]
    names = {name: dutch.name(name) for name in rows["naam"].dropna().unique()}
    rows = rows.assign(naam=rows["naam"].map(names), waarde=pd.to_numeric(rows["waarde"]))
    return rows.assign(bron=source.id, jaar=rows["jaar"].astype(int))[_COLUMNS]


@dataclass(frozen=True)
class _Table:
    """A fetched table: of each area its code and name, and of each topic a row of figures."""

    codes: np.ndarray
    names: np.ndarray
    topics: list[str]
    units: list[str]
    figures: np.ndarray  # a row a topic, a column an area

    def of(self, rows: np.ndarray) -> "_Table":
        """Return some areas of the table."""
        parts = (self.codes[rows], self.names[rows], self.topics, self.units)
        return _Table(*parts, self.figures[:, rows])


def _fetched(source: sources.Source, gemeente: str) -> _Table:
    """Return what a fetched table says of a gemeente, or of the country, on topics that we know."""
    if source in _whole:
        table, places = _whole[source]
        return table.of(places.get(gemeente[2:], np.array([], int)))
    kinds = ["NL"] if gemeente == COUNTRY else KINDS
    keys = [pc.starts_with(pc.field(_KEY), f"{kind}{gemeente[2:]}") for kind in kinds]
    return _of_source(source, reduce(or_, keys))


def _of_source(source: sources.Source, wanted: pc.Expression | None = None) -> _Table:
    """Return the rows of a fetched table that a filter wants, with the topics that we know."""
    about = odata.described(pq.read_schema(sources.proven(source)))
    known = columns.wanted(int(source.period))
    found = columns.find(odata.topics(about), known, source.table or "").found
    found = found[~found["onderwerp"].isin(_NOT_NUMERIC)]
    keys = found["key"].tolist()
    rows = sources.read_parquet(source, wanted, [_KEY, *keys]).to_pandas(use_threads=False)
    titles = {row["Key"].strip(): row["Title"].strip() for row in about[_KEY]}
    codes = rows[_KEY].str.strip().to_numpy(object)
    names = [dutch.name(titles[code]) if code in titles else np.nan for code in codes]
    figures = [columns.figures(rows[key]).to_numpy(float) for key in keys]
    return _Table(
        codes,
        np.array(names, object),
        found["onderwerp"].tolist(),
        found["eenheid"].tolist(),
        np.array(figures, float).reshape(len(keys), len(codes)),
    )


_whole: dict[sources.Source, tuple[_Table, dict[str, np.ndarray]]] = {}


def hold() -> None:
    """Read the tables of the whole country, once for all gemeenten: what follows takes its part.

    For who reports on many gemeenten; it takes about 10 MB a year.
    """
    for source in sources.vintages("kwb"):
        if source.scope == "NL" and source not in _whole:
            table = _of_source(source)
            kinds = pd.Series(table.codes, dtype="str").str[:2]
            places = pd.Series(table.codes, dtype="str").str[2:6].where(kinds.isin(_KINDS))
            _whole[source] = table, dict(places.groupby(places).indices)


def _long(table: _Table, source: sources.Source) -> pd.DataFrame:
    """Return a table with a row a figure, topic by topic; columns as `read_kwb`."""
    areas, topics = len(table.codes), len(table.topics)
    area, topic = np.tile(np.arange(areas), topics), np.repeat(np.arange(topics), areas)

    def repeat(values: np.ndarray | list[str], places: np.ndarray) -> pd.Series:
        return pd.Series(pd.array(values, dtype="str").take(places))

    kinds = [_KINDS[code[:2]] for code in table.codes]
    return pd.DataFrame(
        {
            "gebied": repeat(table.codes, area),
            "naam": repeat(table.names, area),
            "soort": repeat(kinds, area),
            "jaar": int(source.period),
            "onderwerp": repeat(table.topics, topic),
            "waarde": table.figures.ravel(),
            "eenheid": repeat(table.units, topic),
            "bron": pd.Series(source.id, index=range(areas * topics), dtype="str"),
        }
    )


@remembered(most=16)
def areas(gemeente: str, jaar: int | None = None) -> pd.DataFrame:
    """Return `gebied`, `naam`, `soort` of a gemeente, its wijken and buurten.

    Those in the books of `jaar`; without a year those of every year, with their newest names.
    """
    kwb = read_kwb(gemeente)
    rows = kwb[["gebied", "naam", "soort", "jaar"]]
    if jaar is not None:
        rows = rows[rows["jaar"] == year_of_buurten(gemeente, jaar)]
    newest = np.argsort(-rows["jaar"].to_numpy(), kind="stable")
    codes = pd.factorize(rows["gebied"])[0][newest]
    first = np.sort(np.unique(codes, return_index=True)[1])
    return rows.iloc[newest[first], :3].reset_index(drop=True)


@remembered()
def names(source: sources.Source) -> dict[str, str]:
    """Return the name of every area in a source, by code, without reading its figures."""
    if not source.dataset:
        rows = _embedded(source).drop_duplicates("gebied")
        return dict(zip(rows["gebied"], rows["naam"], strict=True))
    about = odata.described(pq.read_schema(sources.proven(source)))
    return {row["Key"].strip(): dutch.name(row["Title"]) for row in about[_KEY]}


def choose_years(kwb: pd.DataFrame, jaar: int) -> pd.Series:
    """Return, for each `onderwerp`, the year to use in the books of `jaar`.

    A figure of the year itself comes first, then the newest earlier year, then the first later one:
    CBS publishes a year in vintages and the newest lacks many figures. One year serves all areas of
    the gemeente, because shares of different years do not add up. Indexed by `onderwerp`.
    """
    known, buurt = kwb["waarde"].notna().to_numpy(), holds(kwb["soort"], "Buurt".__eq__)
    topic, names = coded(kwb["onderwerp"])
    # A figure for the gemeente alone cannot be spread: where buurten have figures, they decide.
    detailed = np.bincount(topic[known & buurt], minlength=len(names)) > 0
    counts = known & (buurt | ~detailed[topic])
    years = kwb["jaar"].to_numpy(int)[counts]
    order = np.where(years > jaar, _LATER + years - jaar, jaar - years)
    first = np.full(len(names), 2 * _LATER)
    np.minimum.at(first, topic[counts], order)
    chosen = np.where(first < _LATER, jaar - first, jaar + first - _LATER)
    table = pd.Series(chosen, index=pd.Index(names, name="onderwerp"), name="jaar")
    return table[first < 2 * _LATER].sort_index()


@remembered()
def year_of_buurten(gemeente: str, jaar: int) -> int:
    """Return the year whose buurten the books of `jaar` have."""
    return _year_of_buurten(choose_years(read_kwb(gemeente), jaar))


@remembered(most=4)
def indicators(gemeente: str, jaar: int) -> pd.DataFrame:
    """Return the KWB figures to use in the books of `jaar`: one row per area and `onderwerp`.

    Columns as `figures`; `jaar` is the year of the figure, chosen by `choose_years`.
    """
    rows = figures(gemeente, jaar)
    topic, names = coded(rows["onderwerp"])
    rows = rows[rows["jaar"] == choose_years(rows, jaar).reindex(names).to_numpy()[topic]]
    order = np.argsort(alike(rows[["gebied", "onderwerp"]]), kind="stable")
    return rows.iloc[order].reset_index(drop=True)


@remembered(most=4)
def figures(gemeente: str, jaar: int) -> pd.DataFrame:
    """Return the KWB figures of every year that the books of `jaar` use, in one set of buurten.

    The buurten are those of the year whose inhabitants are used. Columns as `read_kwb`, and
    `omgerekend`: whether the figure was estimated by area because a boundary moved. Raises Fout
    when buurten changed and the boundaries of both years are not there to tell how.
    """
    kwb, _ = _changes_apart(gemeente)
    years = choose_years(kwb, jaar)
    target = _year_of_buurten(years)
    frames = []
    for year in sorted(set(years)):
        rows = kwb[kwb["jaar"] == year].assign(omgerekend=False)
        frames.append(rows if year == target else _in_buurten_of(target, rows))
    return pd.concat(frames, ignore_index=True)


def _year_of_buurten(years: pd.Series) -> int:
    """Return the year whose buurten the books have; `years` as `choose_years`."""
    return int(years.get(INHABITANTS, years.iloc[0]))


@remembered(most=4)
def _changes_apart(gemeente: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the figures of every year, and apart from them what CBS says of changed buurten."""
    kwb = read_kwb(gemeente)
    change = kwb["onderwerp"] == crosswalk.CHANGE
    return kwb[~change], kwb[change]


def _in_buurten_of(target: int, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one year with its buurten replaced by those of another."""
    year, gemeente = int(rows["jaar"].iloc[0]), gemeente_of(rows["gebied"].iloc[0])
    found, drawn = links(gemeente, year, target)
    names = _buurten(gemeente, target).set_index("gebied")["naam"]
    other = found[found["van"] != found["naar"]]
    new = set(names.index) - set(found["naar"])  # no old buurt lies here
    if other.empty and not new:
        return rows
    buurten = crosswalk.convert(rows, found, names)
    # The figures of a wijk or gemeente that grew or shrank are about another area.
    across = other[other["van"].map(wijk_of) != other["naar"].map(wijk_of, na_action="ignore")]
    odd = {wijk_of(code) for code in {*across["van"], *across["naar"].dropna(), *new}}
    if new or found["naar"].isna().any():
        odd |= set(rows.loc[rows["soort"] == "Gemeente", "gebied"])
    larger = rows[(rows["soort"] != "Buurt") & ~rows["gebied"].isin(odd)]
    both = pd.concat([larger, buurten], ignore_index=True)
    return both.assign(bron=[";".join(sources.ids([b, *drawn])) for b in both["bron"]])


@remembered(most=16)
def links(gemeente: str, year: int, target: int) -> tuple[pd.DataFrame, list[str]]:
    """Return how the buurten of one year lie in those of another, and the boundaries used.

    Raises Fout when boundaries are needed that are not there.
    """
    kwb, changes = _changes_apart(gemeente)
    old, new = (_buurten(gemeente, y) for y in (year, target))
    between = range(min(year, target) + 1, max(year, target) + 1)
    # What changed in a year of which there is no table, nobody said.
    told = set(between) <= set(kwb["jaar"])
    if told:
        known = crosswalk.by_code(old, new, changes[changes["jaar"].isin(between)])
        if known is not None:
            return known, []
    before, after = (pdok.of_year(gemeente, y) for y in (year, target))
    if before is None or after is None:
        odd = sorted(set(old["gebied"]) ^ set(new["gebied"]))[:5]
        raise Fout(
            f"De buurten van {gemeente} zijn in {year} en {target} "
            f"{'' if told or odd else 'misschien '}niet dezelfde"
            f"{': ' + ', '.join(odd) if odd else ''}. Om de cijfers om te rekenen zijn de "
            f"grenzen van beide jaren nodig. Haal ze op met: wijkboek fetch {gemeente} "
            f"--only grenzen-{year} --only grenzen-{target}"
        )
    return crosswalk.by_shape(before, after), [before["bron"].iloc[0], after["bron"].iloc[0]]


@remembered(most=16)
def _buurten(gemeente: str, year: int) -> pd.DataFrame:
    """Return `gebied` and `naam` of the buurten of a year."""
    kwb, _ = _changes_apart(gemeente)
    rows = kwb[(kwb["jaar"] == year) & (kwb["soort"] == "Buurt")]
    return rows.drop_duplicates("gebied")[["gebied", "naam"]]


@remembered()
def read_country() -> pd.DataFrame:
    """Return the figures of the Netherlands as a whole, newest first; columns as `read_kwb`."""
    frames = [_read(s, COUNTRY) for s in sources.select("kwb", COUNTRY)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)


def national_household(rows: pd.DataFrame, jaar: int) -> float:
    """Return the income of an average household in the Netherlands in a year, in EUR.

    `rows` as `read_country`. The newest year is used where that year is not there; missing when
    there is none.
    """
    wide = rows.pivot(index="jaar", columns="onderwerp", values="waarde")
    wide = wide.reindex(columns=[INHABITANTS, "GemiddeldInkomenPerInwoner", "HuishoudensTotaal"])
    wide = wide.dropna()
    if wide.empty:
        return float("nan")
    people, income, households = wide.loc[jaar if jaar in wide.index else wide.index.max()]
    return float(people * income * 1000 / households)
