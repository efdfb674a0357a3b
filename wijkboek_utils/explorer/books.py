"""The books of a pilot, in memory: of every year and key set that there are figures of."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from wijkboek_utils import (
    cbs,
    compilation,
    insets,
    keys,
    pilots,
    sources,
    weighing,
    wijkrekening,
)
from wijkboek_utils.compilation import Compilation
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.regions import INHABITANTS


@dataclass(frozen=True)
class Year:
    """What is the same under every key set: the figures of one year.

    `gebied` is the pilot's own area as `weighing.gebied`, of all buurten of its gemeenten; `kaart`
    their boundaries (`buurt`, `geometry`, `bron`); `namen` the name of each CBS code; `inwoners`
    per buurt.
    """

    pilot: Pilot
    boeken: Compilation
    gebied: pd.DataFrame
    kaart: gpd.GeoDataFrame
    namen: pd.Series
    inwoners: pd.Series
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
    boeken = compilation.of(p)
    gebied = weighing.gebied(p, boeken.indicatoren, boeken.grenzen)
    counts = boeken.indicatoren[boeken.indicatoren["onderwerp"] == INHABITANTS]
    areas = pd.concat([cbs.areas(g, jaar) for g in p.gemeenten])
    used = [*boeken.indicatoren["bron"], *cbs.read_country()["bron"], *boeken.rekeningen.values()]
    used += [keys.FONDS, *boeken.grenzen["bron"], *(s.id for s in boeken.bijdragen)]
    return Year(
        pilot=p,
        boeken=boeken,
        gebied=gebied,
        kaart=insets.beside(boeken.grenzen[boeken.grenzen["buurt"].isin(gebied["buurt"])]),
        namen=areas.drop_duplicates("gebied").set_index("gebied")["naam"],
        inwoners=counts.set_index("gebied")["waarde"],
        bronnen=sources.describe(used),
    )


def grootboek(year: Year, sleutelset: str) -> pd.DataFrame:
    """Return the grootboek of a year under a key set, with `regel` as `wijkrekening.named`.

    Raises Fout for a key set that is not one of ours.
    """
    books = year.boeken.estimated(sleutelset)
    return wijkrekening.named(year.boeken.whole(books, year.boeken.lokaal(books)))
