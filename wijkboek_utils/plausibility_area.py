"""The totals of one area beside published ones, with what may make them differ."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from wijkboek_utils import (
    allocate,
    dutch,
    firms,
    households,
    ledger,
    plausibility,
    regions,
    several,
    show,
    views,
)
from wijkboek_utils.area_flows import Flows
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.plausibility import FITS, UNEXPLAINED, near
from wijkboek_utils.plausibility_reasons import HOUSEHOLDS, drivers, reasons
from wijkboek_utils.regions import INHABITANTS
from wijkboek_utils.show import Html

REASONED, UNKNOWN = "verschil heeft een reden", "niet te vergelijken"
_CLOSE = 0.05  # relative: nearer than this needs no reason
_CITY = 100_000  # inhabitants: from here a gemeente has tasks for the region around it
# What makes a total higher (1) or lower (-1) without a figure that shows it.
_CITY_REASON = ("een grote stad heeft taken voor de regio, zoals opvang en musea", 1)
_FIRMS_REASON = (
    "grote bedrijven tellen hier als klein, en overheid, zorg en onderwijs staan bij de "
    "instellingen",
    -1,
)
_ROUNDING = "CBS rondt af, en niet iedereen is in een buurt ingedeeld"
_ROUNDED = 0.03  # relative: what rounding and people without a buurt can make


def _line(
    kind: str,
    regel: str,
    ours: tuple[float, float],
    beside: tuple[str, float, str],
    area: pd.Series,
    other: pd.Series,
    extra: tuple[str, int] = ("", 0),
    unlike: str = "",
) -> dict:
    """Return a row: our total with its error, what it is set beside, the verdict and its reason.

    `extra`: one more reason and its direction; `unlike`: why the two cannot be compared.
    """
    wij, se = ours
    naast, waarde, bron = beside
    row = {"regel": regel, "wij": wij, "se": se, "naast": naast, "waarde": waarde, "bron": bron}
    if unlike or not (dutch.is_known(wij) and dutch.is_known(waarde) and waarde > 0):
        return {**row, "verhouding": np.nan, "oordeel": UNKNOWN, "reden": unlike}
    told = reasons(kind, wij - waarde, area, other)
    told += [extra[0]] if extra[1] * (wij - waarde) > 0 else []
    if near(wij, waarde, max(_CLOSE * waarde, dutch.Z90 * se)):
        verdict, told = FITS, []
    else:
        verdict = REASONED if told else UNEXPLAINED
    return {**row, "verhouding": wij / waarde, "oordeel": verdict, "reden": dutch.join(told)}


def compare(
    pilot: Pilot,
    books: Mapping[str, pd.DataFrame],
    flows: Flows,
    land: pd.DataFrame,
    besteding: float,
    table: pd.DataFrame,
) -> pd.DataFrame:
    """Return the main totals of a pilot and its gemeente beside published ones, one row each.

    `books` are the tables of the pilot by name: `grootboek`, `gebied`, `inkomen`, `indicatoren`,
    `gemeenterekening`, `vestigingen`; `flows` are those of the area; `land` as `cbs.read_country`,
    `besteding` as `plausibility_country.spent`, `table` as `plausibility.controls`. Columns:
    `regel`, `wij`, `se` (EUR per inhabitant or household a year), `naast` (what it is set beside),
    `waarde`, `verhouding`, `oordeel`, `reden`, `bron`. What is of another year or kind of account
    than the figure beside it is not compared, and `reden` says so.
    """
    boekingen, indicatoren, inkomen = (books[n] for n in ("grootboek", "indicatoren", "inkomen"))
    unsure = regions.area(books["gebied"])
    inside = ledger.shares(unsure)
    whole = pd.Series(1.0, index=inside.index)
    same = plausibility.country(land, pilot.jaar)
    country = drivers(same, pd.Series(1.0, index=same["gebied"].unique()))
    town = drivers(indicatoren, pd.Series(1.0, index=pilot.gemeenten))
    area = drivers(indicatoren, inside)
    # Where CBS gives no income of a buurt, the books estimate it from the wijk.
    area["inkomen"] = _income(inkomen, inside)[0]
    counted = indicatoren[indicatoren["onderwerp"].isin([INHABITANTS, HOUSEHOLDS])]
    counts = regions.wide(counted)
    counts = counts.reindex(columns=[INHABITANTS, HOUSEHOLDS])
    towns = counts[INHABITANTS].reindex(pilot.gemeenten)
    inhabitants = towns.sum(skipna=False)
    parts = counts.mul(counts.index.to_series().map(inside), axis=0).sum(min_count=1)
    city = _CITY_REASON if (towns >= _CITY).any() else ("", 0)
    known = table.set_index("id")
    other_income = _unlike(_income_years(indicatoren), _income_years(same))
    other_account = _unlike(pilot.periode, str(known.loc["lasten_pp", "jaar"]))
    other_benefits = _unlike(pilot.periode, str(known.loc["uitkeringen", "jaar"]))
    rows = [
        _sum_of_buurten(pilot, inkomen, town),
        _line(
            "inkomen",
            f"Inkomen per inwoner van {pilot.naam}",
            _income(inkomen, inside),
            ("Nederland", country["inkomen"], "CBS, Kerncijfers wijken en buurten"),
            area,
            country,
            unlike=other_income,
        ),
        _line(
            "lasten",
            f"Uitgaven van {pilot.gemeentenaam} per inwoner",
            (_filed(books["gemeenterekening"]) / inhabitants, 0.0),
            _published(known, "lasten_pp", "alle gemeenten"),
            town,
            country,
            city,
            other_account,
        ),
        _line(
            "lasten",
            f"Uitgaven van de gemeente voor {pilot.naam} per inwoner",
            _per(views.spent(flows), parts[INHABITANTS]),
            _published(known, "lasten_pp", "alle gemeenten"),
            area,
            country,
            city,
            other_account,
        ),
        _line(
            "besteding",
            f"Bestedingen van huishoudens in {pilot.naam}, per huishouden",
            _per(_spent(flows, known), parts[HOUSEHOLDS]),
            _our_country(besteding, same),
            area,
            country,
        ),
        _line(
            "uitkeringen",
            f"Uitkeringen en pensioen per inwoner van {pilot.gemeentenaam}",
            _per(_benefits(boekingen, whole, known), inhabitants),
            _province(table, pilot.gemeenten),
            town,
            country,
            unlike=other_benefits,
        ),
        _line(
            "toegevoegde_waarde",
            # Our unit values are of that year, whatever the year of the count is.
            f"Toegevoegde waarde van bedrijven per inwoner van {pilot.gemeentenaam}, "
            f"bedragen van {known.loc['toegevoegde_waarde_pp', 'jaar']}",
            _made(books["vestigingen"], inhabitants),
            _published(known, "toegevoegde_waarde_pp", "heel Nederland, alle sectoren"),
            town,
            country,
            _FIRMS_REASON,
        ),
    ]
    return pd.DataFrame(rows)


def _unlike(here: str, there: str) -> str:
    """Return why two figures cannot be compared: of what each is; empty when that is the same."""
    return "" if here == there else f"hier gaat het over {here}, ernaast over {there}"


def _income_years(rows: pd.DataFrame) -> str:
    """Return the years whose income is used, in words."""
    years = {households.income_year(own) for own in several.split(rows).values()}
    return dutch.join([str(year) for year in sorted(years)])


def _sum_of_buurten(pilot: Pilot, inkomen: pd.DataFrame, town: pd.Series) -> dict:
    """Return income per inhabitant of the buurten together beside that of the gemeente itself."""
    everywhere = pd.Series(1.0, index=inkomen["buurt"])
    name = f"Inkomen per inwoner van {pilot.gemeentenaam}, som van de buurten"
    beside = ("CBS voor de gemeente", town["inkomen"], "CBS, Kerncijfers wijken en buurten")
    row = _line("inkomen", name, _income(inkomen, everywhere), beside, town, town)
    if dutch.is_known(row["verhouding"]):
        rounded = abs(row["verhouding"] - 1) <= _ROUNDED
        row |= {"oordeel": FITS if rounded else UNEXPLAINED, "reden": _ROUNDING if rounded else ""}
    return row


def _income(inkomen: pd.DataFrame, weights: pd.Series) -> tuple[float, float]:
    """Return income per inhabitant of an area in EUR, over the buurten whose income is known."""
    known = inkomen.dropna(subset="bedrag")
    weight = known["buurt"].map(weights).astype(float).fillna(0.0)
    count = (known["inwoners"] * weight).sum()
    if not count > 0:
        return np.nan, np.nan
    square = ((known["se"] * weight) ** 2).sum()
    return (known["bedrag"] * weight).sum() / count, np.sqrt(square) / count


def _filed(rekening: pd.DataFrame) -> float:
    """Return the lasten of a gemeente as filed, without reserves and result, in EUR."""
    return rekening.loc[~rekening["taakveld"].isin(allocate.RESERVES), "lasten"].sum(min_count=1)


def _per(total: pd.DataFrame, count: float) -> tuple[float, float]:
    """Return a total of the grootboek per inhabitant or household, with its error."""
    if total.empty or not count > 0:
        return np.nan, np.nan
    return float(total["bedrag"].iloc[0] / count), float(total["se"].iloc[0] / count)


def _published(known: pd.DataFrame, id: str, naast: str) -> tuple[str, float, str]:
    """Return a control total to set beside: its name with the year, its value, its source."""
    row = known.loc[id]
    return f"{naast}, {row['jaar']}", float(row["waarde"]), row["bron"]


def _spent(flows: Flows, known: pd.DataFrame) -> pd.DataFrame:
    """Return what households of an area spend, as the national control total counts it."""
    rule = known.loc["consumptie"]
    mine = plausibility.belongs(flows.rows, rule["posten"], rule["richting"])
    return flows.totals(flows.rows[mine], [])


def _our_country(besteding: float, land: pd.DataFrame) -> tuple[str, float, str]:
    """Return our own national spending per household: the same method, another place."""
    number = land.set_index("onderwerp")["waarde"].get(HOUSEHOLDS, np.nan)
    spent = besteding / number if number > 0 else np.nan
    return "onze schatting voor Nederland", spent, "eigen schatting"


def _made(vestigingen: pd.DataFrame, inhabitants: float) -> tuple[float, float]:
    """Return the value added of the firms of all buurten per inhabitant, with its error."""
    everywhere = pd.Series(1.0, index=vestigingen["buurt"].unique())
    sectors = firms.totals(vestigingen, everywhere)
    error = np.sqrt((sectors["toegevoegde_waarde_se"] ** 2).sum())
    return sectors["toegevoegde_waarde"].sum(min_count=1) / inhabitants, error / inhabitants


def _benefits(boekingen: pd.DataFrame, weights: pd.Series, known: pd.DataFrame) -> pd.DataFrame:
    """Return benefits of an area as the national control total counts them, with bijstand."""
    rule = known.loc["uitkeringen"]
    mine = plausibility.belongs(boekingen, rule["posten"], rule["richting"])
    paid = plausibility.belongs(boekingen, "iv3:6.3:lasten", "in")
    return ledger.totals(boekingen[mine | paid], weights, [])


def _province(table: pd.DataFrame, gemeenten: list[str]) -> tuple[str, float, str]:
    """Return benefits per inhabitant of the province, or the country, less what we do not book.

    It is that of the country where gemeenten lie in several provinces. What we do not book is taken
    off in the ratio of the country. Bijstand is booked here.
    """
    rows = table[table["id"].str.startswith("uitkeringen_pp")].set_index("gebied")
    mine = next((g for g in rows.index if set(gemeenten) <= set(g.split(";"))), "")
    whole = table.loc[table["id"] == "uitkeringen", "waarde"].sum()
    parts = table[(table["deel_van"] == "uitkeringen") & (table["id"] != "uitkeringen_bijstand")]
    share = 1 + parts["waarde"].sum() / whole
    name = rows.loc[mine, "naam"].split(", ")[-1]
    return (
        f"{name}, wat wij boeken",
        float(rows.loc[mine, "waarde"] * share),
        rows.loc[mine, "bron"],
    )


def sentence(rows: pd.DataFrame, naam: str) -> str:
    """Say how the totals of an area stand beside published ones; `rows` as `compare`."""
    known = rows[rows["oordeel"] != UNKNOWN]
    if known.empty:
        return f"Voor {naam} is er niets om de cijfers naast te leggen."
    unclear = (known["oordeel"] == UNEXPLAINED).sum()
    fits, told = ((known["oordeel"] == v).sum() for v in (FITS, REASONED))
    text = (
        f"Wij vergelijken {dutch.plural(len(known), 'uitkomst', 'uitkomsten')}. Dicht bij het "
        f"cijfer ernaast: {fits}. Een verschil met een reden: {told}."
    )
    text += f" Een verschil dat wij niet kunnen verklaren: {unclear}." if unclear else ""
    left = len(rows) - len(known)
    return text + (f" Niet te vergelijken: {left}." if left else "")


def table(rows: pd.DataFrame, naam: str, jaar: str) -> Html:
    """Return the totals of an area beside published ones; `rows` as `compare`."""
    frame = pd.DataFrame(
        {
            "Uitkomst": rows["regel"],
            "Wij": [dutch.about(r.wij, r.se or r.wij / 50) for r in rows.itertuples()],
            "Ernaast": [
                f"{dutch.about(r.waarde, r.waarde / 50)} ({r.naast})" for r in rows.itertuples()
            ],
            "Verhouding": [
                dutch.percent(v) if dutch.is_known(v) else "geen" for v in rows["verhouding"]
            ],
            "Oordeel": [_verdict(r.oordeel, r.reden) for r in rows.itertuples()],
        }
    )
    origin = dict.fromkeys(f"{r.naast}: {r.bron}" for r in rows.itertuples())
    return show.table(
        frame,
        f"{naam} naast andere cijfers, {jaar}",
        dict.fromkeys(["Wij", "Verhouding"], str),
        note="Een reden is een cijfer dat hier ten minste een tiende hoger of lager is dan in "
        "Nederland, en in de goede richting werkt. Een reden is geen bewijs. Bronnen: "
        f"{'; '.join(origin)}.",
    )


def _verdict(verdict: str, reason: str) -> str:
    return f"{verdict[:1].upper()}{verdict[1:]}" + (f": {reason}" if reason else "")
