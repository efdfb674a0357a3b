"""Kerncijfers wijken en buurten (KWB) of CBS as tidy tables, and the choice of a year."""

from functools import cache, reduce
from operator import or_

import pandas as pd
import pyarrow.compute as pc

from wijkboek_utils import columns, crosswalk, dutch, odata, pdok, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.regions import INHABITANTS, KINDS, gemeente_of, wijk_of

# Not a quantity: a postcode that happens to look like a number.
_NOT_NUMERIC = ["MeestVoorkomendePostcode"]
_COLUMNS = ["gebied", "naam", "soort", "jaar", "onderwerp", "waarde", "eenheid", "bron"]
_KINDS = {"NL": "Land", "GM": "Gemeente", "WK": "Wijk", "BU": "Buurt"}
COUNTRY = "NL00"


@cache
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
    rows = (_fetched if source.dataset else _embedded)(source, gemeente)
    rows = rows[~rows["onderwerp"].isin(_NOT_NUMERIC)]
    names = rows["naam"].map(dutch.name, na_action="ignore")
    rows = rows.assign(naam=names, waarde=pd.to_numeric(rows["waarde"]), bron=source.id)
    return rows.assign(jaar=rows["jaar"].astype(int))[_COLUMNS].reset_index(drop=True)


def _embedded(source: sources.Source, gemeente: str) -> pd.DataFrame:
    rows = sources.read_csv(source)
    inside = rows["gebied"].map(gemeente_of) == gemeente
    return rows[inside | (rows["gebied"] == gemeente)]


def _fetched(source: sources.Source, gemeente: str) -> pd.DataFrame:
    """Return a fetched table in the long form, with the topics that we know."""
    digits = gemeente[2:]
    prefixes = [gemeente] if gemeente == COUNTRY else [f"{kind}{digits}" for kind in KINDS]
    keys = pc.field("WijkenEnBuurten")
    wanted = reduce(or_, [pc.starts_with(keys, prefix) for prefix in prefixes])
    table = sources.read_parquet(source, wanted)
    about = odata.described(table.schema)
    places = columns.wanted(int(source.period))
    found = columns.find(odata.topics(about), places, source.table or "").found
    found = found[~found["onderwerp"].isin(_NOT_NUMERIC)].set_index("key")
    wide = table.select(["WijkenEnBuurten", *found.index]).to_pandas()
    rows = wide.melt("WijkenEnBuurten", var_name="key", value_name="waarde")
    titles = {row["Key"].strip(): row["Title"].strip() for row in about["WijkenEnBuurten"]}
    gebied = rows["WijkenEnBuurten"].str.strip()
    return pd.DataFrame(
        {
            "gebied": gebied,
            "naam": gebied.map(titles),
            "soort": gebied.str[:2].map(_KINDS),
            "jaar": int(source.period),
            "onderwerp": rows["key"].map(found["onderwerp"]),
            "waarde": columns.figures(rows["waarde"]),
            "eenheid": rows["key"].map(found["eenheid"]),
        }
    )


def areas(gemeente: str, jaar: int | None = None) -> pd.DataFrame:
    """Return `gebied`, `naam`, `soort` of a gemeente, its wijken and buurten.

    Those in the books of `jaar`; without a year those of every year, with their newest names.
    """
    kwb = read_kwb(gemeente)
    if jaar is not None:
        kwb = kwb[kwb["jaar"] == _year_of_buurten(choose_years(kwb, jaar))]
    kwb = kwb.sort_values("jaar", ascending=False, kind="stable")
    return kwb.drop_duplicates("gebied")[["gebied", "naam", "soort"]].reset_index(drop=True)


def choose_years(kwb: pd.DataFrame, jaar: int) -> pd.Series:
    """Return, for each `onderwerp`, the year to use in the books of `jaar`.

    A figure of the year itself comes first, then the newest earlier year, then the first later one:
    CBS publishes a year in vintages and the newest lacks many figures. One year serves all areas of
    the gemeente, because shares of different years do not add up. Indexed by `onderwerp`.
    """
    known = kwb.dropna(subset="waarde")
    # A figure for the gemeente alone cannot be spread: where buurten have figures, they decide.
    detailed = known[known["soort"] == "Buurt"]
    known = known[~known["onderwerp"].isin(detailed["onderwerp"]) | (known["soort"] == "Buurt")]
    years = known.groupby(["onderwerp", "jaar"]).size().reset_index()[["onderwerp", "jaar"]]
    later = years["jaar"] > jaar
    years["orde"] = (years["jaar"] - jaar).where(later, jaar - years["jaar"]) + 1000 * later
    return years.sort_values(["onderwerp", "orde"]).groupby("onderwerp")["jaar"].first()


def indicators(gemeente: str, jaar: int) -> pd.DataFrame:
    """Return the KWB figures to use in the books of `jaar`: one row per area and `onderwerp`.

    Columns as `figures`; `jaar` is the year of the figure, chosen by `choose_years`.
    """
    rows = figures(gemeente, jaar)
    chosen = choose_years(rows, jaar).rename("jaar").reset_index()
    rows = rows.merge(chosen, on=["onderwerp", "jaar"], how="inner", validate="m:1")
    return rows.sort_values(["gebied", "onderwerp"], ignore_index=True)


def figures(gemeente: str, jaar: int) -> pd.DataFrame:
    """Return the KWB figures of every year that the books of `jaar` use, in one set of buurten.

    The buurten are those of the year whose inhabitants are used. Columns as `read_kwb`, and
    `omgerekend`: whether the figure was estimated by area because a boundary moved. Raises Fout
    when buurten changed and the boundaries of both years are not there to tell how.
    """
    kwb = read_kwb(gemeente)
    changes = kwb[kwb["onderwerp"] == crosswalk.CHANGE]
    kwb = kwb[kwb["onderwerp"] != crosswalk.CHANGE]
    years = choose_years(kwb, jaar)
    target = _year_of_buurten(years)
    frames = []
    for year in sorted(set(years)):
        rows = kwb[kwb["jaar"] == year].assign(omgerekend=False)
        frames.append(rows if year == target else _in_buurten_of(target, rows, kwb, changes))
    return pd.concat(frames, ignore_index=True)


def _year_of_buurten(years: pd.Series) -> int:
    """Return the year whose buurten the books have; `years` as `choose_years`."""
    return int(years.get(INHABITANTS, years.iloc[0]))


def _in_buurten_of(
    target: int, rows: pd.DataFrame, kwb: pd.DataFrame, changes: pd.DataFrame
) -> pd.DataFrame:
    """Return the rows of one year with its buurten replaced by those of another."""
    year = int(rows["jaar"].iloc[0])
    found, drawn = links(year, target, kwb, changes)
    names = _buurten(kwb, target).set_index("gebied")["naam"]
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


def links(
    year: int, target: int, kwb: pd.DataFrame, changes: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Return how the buurten of one year lie in those of another, and the boundaries used.

    Raises Fout when boundaries are needed that are not there.
    """
    old, new = (_buurten(kwb, y) for y in (year, target))
    between = range(min(year, target) + 1, max(year, target) + 1)
    # What changed in a year of which there is no table, nobody said.
    told = set(between) <= set(kwb["jaar"])
    if told:
        known = crosswalk.by_code(old, new, changes[changes["jaar"].isin(between)])
        if known is not None:
            return known, []
    gemeente = gemeente_of(old["gebied"].iloc[0])
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


def _buurten(kwb: pd.DataFrame, year: int) -> pd.DataFrame:
    rows = kwb[(kwb["jaar"] == year) & (kwb["soort"] == "Buurt")]
    return rows.drop_duplicates("gebied")[["gebied", "naam"]]


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
