"""The totals of one area beside published ones, with what may make them differ."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from wijkboek_utils import allocate, cbs, dutch, ledger, plausibility, show, views
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.plausibility import FITS, UNEXPLAINED, near
from wijkboek_utils.plausibility_reasons import HOUSEHOLDS, drivers, reasons
from wijkboek_utils.regions import INHABITANTS
from wijkboek_utils.show import Html

REASONED, UNKNOWN = "verschil heeft een reden", "niet te vergelijken"
_CLOSE = 0.05  # relative: nearer than this needs no reason
_CITY = 100_000  # inhabitants: from here a gemeente has tasks for the region around it
_CITY_REASON = "een grote stad heeft taken voor de regio, zoals opvang en musea"
_ROUNDING = "CBS rondt af, en niet iedereen is in een buurt ingedeeld"
_ROUNDED = 0.03  # relative: what rounding and people without a buurt can make
_SIZES = [0, 20_000, 50_000, 100_000, 250_000]  # where the classes of the profile begin
_FEW = 10  # gemeenten: percentiles of fewer say little
_MATERIAL = 25.0  # EUR per inhabitant: nearer to the other gemeenten is not worth a word


def _line(
    kind: str,
    regel: str,
    ours: tuple[float, float],
    beside: tuple[str, float, str],
    area: pd.Series,
    other: pd.Series,
    extra: list[str] | None = None,
) -> dict:
    """Return a row: our total with its error, what it is set beside, the verdict and its reason."""
    wij, se = ours
    naast, waarde, bron = beside
    row = {"regel": regel, "wij": wij, "se": se, "naast": naast, "waarde": waarde, "bron": bron}
    if not (dutch.is_known(wij) and dutch.is_known(waarde) and waarde > 0):
        return {**row, "verhouding": np.nan, "oordeel": UNKNOWN, "reden": ""}
    told = reasons(kind, wij - waarde, area, other)
    told += extra if extra and wij > waarde else []
    if near(wij, waarde, max(_CLOSE * waarde, dutch.Z90 * se)):
        verdict, told = FITS, []
    else:
        verdict = REASONED if told else UNEXPLAINED
    return {**row, "verhouding": wij / waarde, "oordeel": verdict, "reden": dutch.join(told)}


def compare(
    pilot: Pilot,
    books: Mapping[str, pd.DataFrame],
    land: pd.DataFrame,
    landelijk: pd.DataFrame,
    table: pd.DataFrame,
) -> pd.DataFrame:
    """Return the main totals of a pilot and its gemeente beside published ones, one row each.

    `books` are the tables of the pilot by name: `grootboek`, `gebied`, `inkomen`, `indicatoren`,
    `gemeenterekening`; `land` as `cbs.read_country`, `landelijk` as `plausibility.national`,
    `table` as `plausibility.controls`. Columns: `regel`, `wij`, `se` (EUR per inhabitant or
    household a year), `naast` (what it is set beside), `waarde`, `verhouding`, `oordeel`, `reden`,
    `bron`.
    """
    boekingen, indicatoren, inkomen = (books[n] for n in ("grootboek", "indicatoren", "inkomen"))
    inside = books["gebied"].set_index("buurt")["gewicht"]
    whole = pd.Series(1.0, index=inside.index)
    newest = land.sort_values("jaar").drop_duplicates("onderwerp", keep="last")
    country = drivers(newest, pd.Series({cbs.COUNTRY: 1.0}))
    town = drivers(indicatoren, pd.Series({pilot.gemeente: 1.0}))
    area = drivers(indicatoren, inside)
    # Where CBS gives no income of a buurt, the books estimate it from the wijk.
    area["inkomen"] = _income(inkomen, inside)[0]
    counts = indicatoren.pivot(index="gebied", columns="onderwerp", values="waarde")
    counts = counts.reindex(columns=[INHABITANTS, HOUSEHOLDS])
    inhabitants = people(indicatoren, pilot.gemeente)
    parts = counts.mul(counts.index.to_series().map(inside), axis=0).sum(min_count=1)
    city = [_CITY_REASON] if inhabitants >= _CITY else []
    known = table.set_index("id")
    nederland = "Nederland"
    rows = [
        _sum_of_buurten(pilot, inkomen, town),
        _line(
            "inkomen",
            f"Inkomen per inwoner van {pilot.naam}",
            _income(inkomen, inside),
            (nederland, country["inkomen"], "CBS, Kerncijfers wijken en buurten"),
            area,
            country,
        ),
        _line(
            "lasten",
            f"Uitgaven van {pilot.gemeentenaam} per inwoner",
            (_filed(books["gemeenterekening"]) / inhabitants, 0.0),
            _published(known, "lasten_pp", "alle gemeenten"),
            town,
            country,
            city,
        ),
        _line(
            "lasten",
            f"Uitgaven van de gemeente voor {pilot.naam} per inwoner",
            _per(views.net_expenses(boekingen, inside), parts[INHABITANTS]),
            _published(known, "lasten_pp", "alle gemeenten"),
            area,
            country,
            city,
        ),
        _line(
            "besteding",
            f"Bestedingen van huishoudens in {pilot.naam}, per huishouden",
            _per(_spent(boekingen, inside, known), parts[HOUSEHOLDS]),
            _our_country(landelijk, newest),
            area,
            country,
        ),
        _line(
            "uitkeringen",
            f"Uitkeringen en pensioen per inwoner van {pilot.gemeentenaam}",
            _per(_benefits(boekingen, whole, known), inhabitants),
            _province(table, pilot.gemeente),
            town,
            country,
        ),
    ]
    return pd.DataFrame(rows)


def people(indicatoren: pd.DataFrame, gebied: str) -> float:
    """Return the inhabitants of an area that CBS publishes; missing when it does not."""
    rows = indicatoren[indicatoren["onderwerp"] == INHABITANTS].set_index("gebied")["waarde"]
    return float(rows.get(gebied, np.nan))


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


def _spent(boekingen: pd.DataFrame, weights: pd.Series, known: pd.DataFrame) -> pd.DataFrame:
    """Return what households of an area spend, as the national control total counts it."""
    rule = known.loc["consumptie"]
    mine = boekingen[plausibility.belongs(boekingen, rule["posten"], rule["richting"])]
    return ledger.totals(mine, weights, [])


def _our_country(landelijk: pd.DataFrame, land: pd.DataFrame) -> tuple[str, float, str]:
    """Return our own national spending per household: the same method, another place."""
    counts = land.set_index("onderwerp")["waarde"]
    spent = landelijk.set_index("id")["wij"].get("consumptie", np.nan)
    return (
        "onze schatting voor Nederland",
        spent / counts.get(HOUSEHOLDS, np.nan),
        "eigen schatting",
    )


def _benefits(boekingen: pd.DataFrame, weights: pd.Series, known: pd.DataFrame) -> pd.DataFrame:
    """Return benefits of an area as the national control total counts them, with bijstand."""
    rule = known.loc["uitkeringen"]
    mine = plausibility.belongs(boekingen, rule["posten"], rule["richting"])
    paid = plausibility.belongs(boekingen, "iv3:6.3:lasten", "in")
    return ledger.totals(boekingen[mine | paid], weights, [])


def _province(table: pd.DataFrame, gemeente: str) -> tuple[str, float, str]:
    """Return benefits per inhabitant of the province, or the country, less what we do not book.

    What we do not book is taken off in the ratio of the country. Bijstand is booked here.
    """
    rows = table[table["id"].str.startswith("uitkeringen_pp")].set_index("gebied")
    mine = next((g for g in rows.index if gemeente in g.split(";")), "")
    whole = table.loc[table["id"] == "uitkeringen", "waarde"].sum()
    parts = table[(table["deel_van"] == "uitkeringen") & (table["id"] != "uitkeringen_bijstand")]
    share = 1 + parts["waarde"].sum() / whole
    name = rows.loc[mine, "naam"].split(", ")[-1]
    return (
        f"{name}, wat wij boeken",
        float(rows.loc[mine, "waarde"] * share),
        rows.loc[mine, "bron"],
    )


def beside_class(
    rekening: pd.DataFrame, inwoners: float, profiel: pd.DataFrame
) -> tuple[pd.DataFrame, int]:
    """Return the taakvelden on which a gemeente spends more or less than most of its size.

    `rekening` as `iv3.read`, `profiel` the published percentiles as text. Columns: `taakveld`,
    `naam`, `wij`, `p10`, `p50`, `p90` in EUR per inhabitant, `n` (gemeenten in the class), the
    largest difference first. Also returns how many taakvelden were compared.
    """
    classes = profiel["klasse"].drop_duplicates().tolist()
    size = int(np.searchsorted(_SIZES, inwoners, side="right"))
    klasse = classes[size - 1] if inwoners > 0 else ""
    rows = profiel[profiel["klasse"] == klasse].set_index("taakveld")
    numbers = rows[["lasten_p10", "lasten_p50", "lasten_p90", "n"]].astype(float)
    numbers = numbers.set_axis(["p10", "p50", "p90", "n"], axis=1)
    own = rekening[~rekening["taakveld"].isin(allocate.RESERVES)]
    own = own.assign(wij=own["lasten"] / inwoners)[["taakveld", "naam", "wij"]]
    found = own.merge(numbers, on="taakveld", how="inner", validate="1:1")
    beyond = np.maximum(found["wij"] - found["p90"], found["p10"] - found["wij"])
    order = beyond[beyond >= _MATERIAL].sort_values(ascending=False).index
    return found.loc[order].reset_index(drop=True), len(found)


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
    last = f" Een verschil dat wij niet kunnen verklaren: {unclear}." if unclear else ""
    return text + last


def table(rows: pd.DataFrame, naam: str, jaar: str) -> Html:
    """Return the totals of an area beside published ones; `rows` as `compare`."""
    frame = pd.DataFrame(
        {
            "Uitkomst": rows["regel"],
            "Wij": [dutch.about(r.wij, r.se or r.wij / 50) for r in rows.itertuples()],
            "Ernaast": [
                f"{dutch.about(r.waarde, r.waarde / 50)} ({r.naast})" for r in rows.itertuples()
            ],
            "Verhouding": rows["verhouding"],
            "Oordeel": [_verdict(r.oordeel, r.reden) for r in rows.itertuples()],
        }
    )
    origin = dict.fromkeys(f"{r.naast}: {r.bron}" for r in rows.itertuples())
    return show.table(
        frame,
        f"{naam} naast andere cijfers, {jaar}",
        {"Wij": str, "Verhouding": dutch.percent},
        note="Een reden is een cijfer dat hier ten minste een tiende hoger of lager is dan in "
        "Nederland, en in de goede richting werkt. Een reden is geen bewijs. Bronnen: "
        f"{'; '.join(origin)}.",
    )


def _verdict(verdict: str, reason: str) -> str:
    return f"{verdict[:1].upper()}{verdict[1:]}" + (f": {reason}" if reason else "")


def class_table(rows: pd.DataFrame, compared: int, gemeente: str) -> Html:
    """Return on which taakvelden a gemeente is unlike others; as `beside_class`."""
    if rows.empty:
        return show.text(
            f"Op geen van {compared} taken geeft {gemeente} duidelijk meer of minder uit dan de "
            "meeste gemeenten van haar grootte."
        )
    frame = pd.DataFrame(
        {
            "Taak": [f"{r.taakveld} {r.naam}" for r in rows.itertuples()],
            gemeente: rows["wij"],
            "Middelste gemeente": rows["p50"],
            "Acht van de tien gemeenten": [
                f"{dutch.number(r.p10)} tot {dutch.number(r.p90)}" for r in rows.itertuples()
            ],
        }
    )
    few = int(rows["n"].iloc[0])
    small = " Dat is te weinig om veel te zeggen." if few < _FEW else ""
    return show.table(
        frame,
        f"Taken waarop {gemeente} afwijkt van gemeenten van haar grootte, euro per inwoner, 2023",
        {gemeente: dutch.number, "Middelste gemeente": dutch.number},
        note=f"{len(rows)} van {compared} taken. Er zijn {few} gemeenten van deze grootte.{small} "
        f"Verschillen onder {dutch.euro(_MATERIAL)} per inwoner laten we weg.",
    )
