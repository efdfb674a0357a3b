"""CBS figures as tidy tables: Kerncijfers wijken en buurten (KWB) and Iv3 accounts."""

from functools import cache

import pandas as pd

from wijkboek_utils import sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.regions import gemeente_of

# Not a quantity: a postcode that happens to look like a number.
_NOT_NUMERIC = ["MeestVoorkomendePostcode"]


@cache
def read_kwb(gemeente: str) -> pd.DataFrame:
    """Return all KWB figures of a gemeente, its wijken and buurten, in every vintage we hold.

    Columns: `gebied`, `naam`, `soort` (Gemeente, Wijk, Buurt), `jaar`, `onderwerp` (the CBS name
    without its column number), `waarde` (float; missing where CBS publishes none), `eenheid`,
    `bron`. Raises Fout when no raw file covers the gemeente.
    """
    found = sources.select("kwb", gemeente)
    if not found:
        raise Fout(f"Van gemeente {gemeente} staan er geen kerncijfers in data/raw.")
    frames = [sources.read_csv(s).assign(bron=s.id) for s in found]
    kwb = pd.concat(frames, ignore_index=True)
    kwb = kwb[(kwb["gebied"].map(gemeente_of) == gemeente) & ~kwb["onderwerp"].isin(_NOT_NUMERIC)]
    kwb = kwb.assign(waarde=pd.to_numeric(kwb["waarde"]), jaar=kwb["jaar"].astype(int))
    columns = ["gebied", "naam", "soort", "jaar", "onderwerp", "waarde", "eenheid", "bron"]
    return kwb[columns].reset_index(drop=True)


def areas(gemeente: str) -> pd.DataFrame:
    """Return `gebied`, `naam`, `soort` of a gemeente, its wijken and buurten, newest names."""
    kwb = read_kwb(gemeente).sort_values("jaar", ascending=False, kind="stable")
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

    Same columns as `read_kwb`; `jaar` is the year of the figure, chosen by `choose_years`.
    """
    kwb = read_kwb(gemeente)
    chosen = choose_years(kwb, jaar).rename("jaar").reset_index()
    rows = kwb.merge(chosen, on=["onderwerp", "jaar"], how="inner", validate="m:1")
    _one_division(rows, gemeente)
    return rows.sort_values(["gebied", "onderwerp"], ignore_index=True)


@cache
def iv3_source(gemeente: str, jaar: int) -> sources.Source:
    """Return the Iv3 source of a gemeente and year. Raises Fout naming the years that there are."""
    found = {int(s.period): s for s in sources.select("iv3", gemeente)}
    if jaar not in found:
        years = ", ".join(str(y) for y in sorted(found)) or "geen enkel jaar"
        raise Fout(
            f"Van {gemeente} is er geen gemeenterekening (Iv3) over {jaar} in data/raw; wel over "
            f"{years}."
        )
    return found[jaar]


def _one_division(rows: pd.DataFrame, gemeente: str) -> None:
    """Raise Fout when the figures of several years are about different buurten."""
    buurten = rows[rows["soort"] == "Buurt"].groupby("jaar")["gebied"].agg(set)
    changed = set.union(*buurten) - set.intersection(*buurten) if len(buurten) else set()
    if changed:
        years = ", ".join(str(y) for y in buurten.index)
        raise Fout(
            f"De buurten van {gemeente} zijn niet in elk jaar dezelfde ({years}): "
            f"{', '.join(sorted(changed)[:5])}. Cijfers uit die jaren passen nog niet op elkaar."
        )


def read_iv3(gemeente: str, jaar: int) -> pd.DataFrame:
    """Return the municipal accounts of a year in EUR: one row per taakveld, as published.

    Columns: `taakveld` (text: 0.1 and 0.10 differ), `naam`, `lasten`, `baten`, `salarissen`
    (category L1.1, part of lasten; missing where none was given). Negative amounts stay negative.
    Raises Fout when the gemeente filed nothing but zeros.
    """
    source = iv3_source(gemeente, jaar)
    rows = sources.read_csv(source).query("gebied == @gemeente")
    rows = rows.rename(columns={"gemeente": "gemeentenaam", "taakveld_naam": "naam"})
    for column in ["lasten", "baten", "salarissen"]:
        rows[column] = pd.to_numeric(rows[column]) * 1000
    if (gaps := rows[["lasten", "baten"]].isna().any(axis=1)).any():
        codes = ", ".join(rows.loc[gaps, "taakveld"])
        raise Fout(f"{gemeente} {jaar}: in {source.id} ontbreekt een bedrag bij taakveld {codes}.")
    if not rows[["lasten", "baten"]].to_numpy().any():
        raise Fout(f"{gemeente} leverde over {jaar} geen Iv3: alle bedragen in {source.id} zijn 0.")
    return rows[["taakveld", "naam", "lasten", "baten", "salarissen"]].reset_index(drop=True)


def read_country() -> pd.DataFrame:
    """Return the figures of the Netherlands as a whole, newest first; columns as `read_kwb`."""
    frames = [sources.read_csv(s).assign(bron=s.id) for s in sources.select("kwb")]
    rows = pd.concat(frames, ignore_index=True).query("soort == 'Land'")
    return rows.assign(waarde=pd.to_numeric(rows["waarde"]), jaar=rows["jaar"].astype(int))
