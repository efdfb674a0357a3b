"""One figure of an area in one year, with its error by cause."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, households, keys, regions, sources
from wijkboek_utils.households import INCOME
from wijkboek_utils.regions import INHABITANTS

# The facts of a figure and its errors by cause. And: of a year for each gemeente the area in the
# buurten of that year, as `carry`, with the boundaries that it was carried by.
Point = tuple[dict[str, Any], dict[str, float]]
AreaOf = Callable[[dict[str, int]], tuple[pd.DataFrame, list[str]]]

RUNNING = "lopend"  # money in the prices of its own year
OWN = ""  # the cause of an error of one year alone: rounding
ESTIMATED, MOVED = "bijgeschat", "omgerekend"
_HALF = 0.5  # of an area of which more than this is not known, nothing is said


@dataclass(frozen=True)
class Topic:
    """How CBS publishes a figure: times `maal` in our unit, in steps of `stap` of that unit.

    An average or a share is one over `basis`.
    """

    naam: str
    stap: float = 5
    eenheid: str = "aantal"
    basis: str = ""
    maal: float = 1
    price: bool = False  # money to set beside that of other years in the same prices


# Steps as seen in the figures of 2023 and 2024. Households stand in for dwellings: these are not
# in every table, and one basis has to serve all years.
TOPICS = {
    INHABITANTS: Topic("inwoners"),
    "HuishoudensTotaal": Topic("huishoudens"),
    INCOME: Topic("inkomen per inwoner", 100, "euro", INHABITANTS, 1000, True),
    "PersonenPerSoortUitkeringBijstand": Topic("mensen met bijstand", 10),
    "PersonenPerSoortUitkeringAO": Topic("arbeidsongeschikten met een uitkering", 10),
    "PersonenPerSoortUitkeringWW": Topic("mensen met WW", 10),
    "PersonenPerSoortUitkeringAOW": Topic("mensen met AOW", 10),
    "GemiddeldeWOZWaardeVanWoningen": Topic(
        "WOZ-waarde van een woning", 1000, "euro", "HuishoudensTotaal", 1000
    ),
    "InBezitWoningcorporatie": Topic("woningen van corporaties", 1, "%", "HuishoudensTotaal"),
    "PersonenautoSTotaal": Topic("personenauto's"),
    "BedrijfsvestigingenTotaal": Topic("vestigingen van bedrijven"),
}


def status(cells: Iterable[str]) -> str:
    """Return the status of figures by their sources, as `status_of`; `cells` hold ids."""
    known = sources.catalogue()
    return status_of(known[bron] for bron in sources.ids(cells) if bron in known)


def status_of(found: Iterable[sources.Source]) -> str:
    """Return the status of figures from some sources: voorlopig where one of them is."""
    said = {source.status for source in found}
    return "voorlopig" if "voorlopig" in said else "/".join(sorted(said - {""}))


def carry(weights: pd.Series, links: pd.DataFrame) -> pd.DataFrame:
    """Return an area in the buurten of another year: `gewicht` and `grens`, indexed by buurt.

    `weights` is indexed by the buurten that `links` (as `crosswalk.by_shape`) goes to. `grens` is
    the smaller part of a buurt that a boundary of the area cuts off; 0 where none cuts it.
    """
    inside = links["naar"].map(weights).fillna(0.0).astype(float)
    by = links["van"].rename("buurt")
    weight = (links["gewicht"] * inside).groupby(by).sum()
    apart = (links["gewicht"] * (inside - by.map(weight)).abs()).groupby(by).sum()
    cut = apart / (2 * np.maximum(weight, 1 - weight))
    return pd.DataFrame({"gewicht": weight.round(9), "grens": cut.round(9)})


@dataclass(frozen=True)
class Figures:
    """The figures of one year and the area to measure.

    `rows` as `cbs.read_kwb`; `wide` has a row per code and a column per onderwerp; `own` is the
    code of the area, where CBS publishes it itself.
    """

    rows: pd.DataFrame
    area: pd.DataFrame
    wide: pd.DataFrame
    own: str | None

    @classmethod
    def of(cls, rows: pd.DataFrame, area: pd.DataFrame) -> "Figures":
        """Return the figures of a year for an area, as `carry`."""
        wide = regions.wide(rows)
        return cls(rows, area, wide, _own_code(area, wide.index))


def measure(onderwerp: str, figures: Figures) -> tuple[float, dict[str, float]]:
    """Return a figure of one year for the area and its errors by cause; NaN when not known.

    An area that CBS publishes itself gets that figure. Of other areas buurten are added up, or
    averaged over their basis; a buurt without a figure is estimated, with a wider error.
    """
    topic, area, wide = TOPICS[onderwerp], figures.area, figures.wide
    step = topic.stap / np.sqrt(12)  # the standard error of a figure rounded to steps
    if onderwerp not in wide or INHABITANTS not in wide:
        return np.nan, {}
    if figures.own and dutch.is_known(figure := wide.loc[figures.own, onderwerp]):
        return float(figure * topic.maal), {OWN: step}
    buurten = wide.reindex(area.index)
    values, people = buurten[onderwerp] * topic.maal, buurten[INHABITANTS]
    if not topic.basis:
        return _sum(values, people, area, step)
    if topic.basis not in buurten:
        return np.nan, {}
    guess = pd.Series(np.nan, index=area.index)
    if onderwerp == INCOME:  # as the rest of the books: hidden buurten get the rest of their wijk
        income = households.income(figures.rows).set_index("buurt").reindex(area.index)
        values = income["per_inwoner"]
        guess = (income["se"] / income["inwoners"]).where(income["methode"] == "verdeeld")
    return _mean(values, keys.fill(buurten[topic.basis], people), guess, area, step)


def _own_code(area: pd.DataFrame, published: pd.Index) -> str | None:
    """Return the code of the buurt, wijk or gemeente that is just this area, if there is one."""
    if not area["gewicht"].isin([0.0, 1.0]).all():
        return None
    inside = set(area.index[area["gewicht"] == 1])
    for code_of in (str, regions.wijk_of, regions.gemeente_of):
        codes = {code_of(b) for b in inside}
        if len(codes) == 1 and {b for b in area.index if code_of(b) in codes} == inside:
            code = codes.pop()
            return code if code in published else None
    return None


def _sum(
    values: pd.Series, people: pd.Series, area: pd.DataFrame, step: float
) -> tuple[float, dict[str, float]]:
    """Return a count of the area."""
    weight, hidden = area["gewicht"], values.isna()
    filled = keys.fill(values, people) if values.notna().any() else values
    part = (filled * weight).where(weight > 0, 0.0)
    guessed, total = part[hidden].sum(), part.sum(skipna=False)
    if not dutch.is_known(total) or guessed > _HALF * total:
        return np.nan, {}
    return float(total), {
        OWN: float(step * np.sqrt((weight[~hidden] ** 2).sum())),
        ESTIMATED: float(keys.FILL_ERROR * guessed),
        MOVED: float(keys.MOVED_ERROR * (filled * area["grens"]).sum()),
    }


def _mean(
    values: pd.Series, basis: pd.Series, guess: pd.Series, area: pd.DataFrame, step: float
) -> tuple[float, dict[str, float]]:
    """Return an average of the area; `guess` is the error of what is already an estimate."""
    weight = (basis * area["gewicht"]).where(area["gewicht"] > 0, 0.0)
    whole = weight.sum(skipna=False)
    share, known = weight / whole, values.notna()
    hidden = share[~known].sum()
    if not whole > 0 or hidden > _HALF:
        return np.nan, {}
    value = (values * share)[known].sum() / (1 - hidden)
    apart = values.std() if known.sum() > 1 else abs(value)
    return float(value), {
        OWN: float(step * np.sqrt((share[known & guess.isna()] ** 2).sum())),
        ESTIMATED: float((guess * share).sum() + hidden * apart),
        MOVED: float(keys.MOVED_ERROR * value * (basis * area["grens"]).sum() / whole),
    }
