"""The books of a pilot's gemeenten, in memory: of every year and key set that there are figures of.

The steps are those of the build notebooks, by the same functions; a test compares with their
tables. Nothing is read that a notebook made and nothing is written, so a pilot without a report
can be explored too.
"""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from wijkboek_utils import (
    allocate,
    cbs,
    firms,
    household_flows,
    households,
    income_kinds,
    insets,
    iv3,
    kengetallen,
    ledger,
    pilots,
    places,
    several,
    sources,
    weighing,
    wijkrekening,
)
from wijkboek_utils.errors import Fout
from wijkboek_utils.local import booking, claims, store
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.regions import INHABITANTS


@dataclass(frozen=True)
class Year:
    """What is the same under every key set: the figures of one year.

    `gebied` is the pilot's own area as `weighing.gebied`, of all buurten of its gemeenten; `kaart`
    their boundaries (`buurt`, `geometry`, `bron`); `namen` the name of each CBS code; `inwoners`
    per buurt; `inkomen` as `households.income`; `geboekt` the same in the books of the year.
    """

    pilot: Pilot
    indicatoren: pd.DataFrame
    gebied: pd.DataFrame
    kaart: gpd.GeoDataFrame
    namen: pd.Series
    inwoners: pd.Series
    inkomen: pd.DataFrame
    geboekt: pd.DataFrame
    huishoudens: pd.DataFrame
    sets: pd.DataFrame
    bronnen: pd.DataFrame


def years(pilot: str) -> list[int]:
    """Return the years of which all gemeenten of a pilot have an account, the newest first.

    Raises Fout when there is no such pilot, or no figures of its gemeenten.
    """
    gemeenten = pilots.load(pilot).gemeenten
    known = [{int(s.period) for s in sources.select("iv3", g)} for g in gemeenten]
    return sorted(set.intersection(*known), reverse=True)


def of_year(pilot: str, jaar: int) -> Year:
    """Return the figures of a year. Raises Fout when they are not there."""
    p = pilots.load(pilot, jaar)
    indicatoren = several.read(cbs.indicators, p.gemeenten, jaar)
    rekening = iv3.read_all(p.gemeenten, jaar)
    grenzen = weighing.boundaries(places.years_of(indicatoren, INHABITANTS))
    gebied = weighing.gebied(p, indicatoren, grenzen)
    getallen = kengetallen.load(p.kengetallen)
    kerncijfers = several.read(cbs.figures, p.gemeenten, jaar)
    of_income = several.each(households.of_income_year, [kerncijfers, indicatoren])
    inkomen = several.each(households.income, [of_income])
    geboekt = several.each(households.in_books, [inkomen], jaar, getallen)
    land = cbs.read_country()
    huishoudens = several.each(household_flows.book, [geboekt, indicatoren], land, getallen, jaar)
    fonds = sources.source("gemeentefonds-2025")
    keys = allocate.keys_of(indicatoren, sources.read_csv(fonds))
    amounts = allocate.amounts(rekening, sources.read_project_table("taakvelden"))
    accounts = {g: iv3.source(g, jaar).id for g in p.gemeenten}
    contributed = [source.id for source in store.of_area(p.gemeenten)]
    used = [*indicatoren["bron"], *land["bron"], *accounts.values(), fonds.id, *grenzen["bron"]]
    counts = indicatoren[indicatoren["onderwerp"] == INHABITANTS]
    areas = pd.concat([cbs.areas(g, jaar) for g in p.gemeenten])
    return Year(
        pilot=p,
        indicatoren=indicatoren,
        gebied=gebied,
        kaart=insets.beside(grenzen[grenzen["buurt"].isin(gebied["buurt"])]),
        namen=areas.drop_duplicates("gebied").set_index("gebied")["naam"],
        inwoners=counts.set_index("gebied")["waarde"],
        inkomen=inkomen,
        geboekt=geboekt,
        huishoudens=huishoudens,
        sets=allocate.book_all(amounts, keys, indicatoren, jaar, accounts),
        bronnen=sources.describe([*used, *contributed]),
    )


def grootboek(year: Year, sleutelset: str) -> pd.DataFrame:
    """Return the grootboek of a year under a key set, with `regel` as `wijkrekening.named`.

    Raises Fout for a key set that is not one of ours.
    """
    if sleutelset not in allocate.SETS:
        raise Fout(f"De sleutels «{sleutelset}» bestaan niet; kies uit {', '.join(allocate.SETS)}.")
    p, indicatoren = year.pilot, year.indicatoren
    getallen = kengetallen.load(p.kengetallen)
    municipal = year.sets[year.sets["set"] == sleutelset].drop(columns="set")
    both = pd.concat([year.huishoudens, municipal], ignore_index=True)
    business = several.each(firms.book, [indicatoren, both], getallen, p.jaar)
    books = booking.Books(municipal, year.huishoudens, business)
    contributed = store.of_area(p.gemeenten)
    found, _ = booking.money(contributed, books, year.sets, indicatoren, getallen, p.jaar)
    books = booking.merged(books, claims.boekingen(found), indicatoren, getallen, p.jaar)
    loon = several.each(households.book_income, [year.geboekt, books.gemeente], p.jaar)
    estimated = pd.concat([books.huishoudens, books.bedrijven], ignore_index=True)
    rest = several.each(income_kinds.with_income, [estimated, loon])
    rows = ledger.conform(pd.concat([books.gemeente, rest], ignore_index=True))
    return wijkrekening.named(rows)
