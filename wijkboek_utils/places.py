"""What is known of a place beside municipal money: counts, income, and what to compare it with."""

from functools import cache

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, households, ledger, regions, sources, views
from wijkboek_utils.households import INCOME, INHABITANTS

COUNTED = {
    "AantalInwoners": ("inwoners", "inwoner"),
    "HuishoudensTotaal": ("huishoudens", "huishouden"),
    "Woningvoorraad": ("woningen", "woning"),
    "BedrijfsvestigingenTotaal": ("vestigingen van bedrijven", "vestiging van een bedrijf"),
    "PersonenautoSTotaal": ("personenauto's", "personenauto"),
    "OppervlakteLand": ("hectare land", "hectare land"),
}


# How a count was made of an area that holds a buurt for a part.
PARTLY = "som van buurten, waarvan één of meer voor een deel"


_BESIDE = [INHABITANTS, INCOME]


def income_rows(boekingen: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen that are part of personal income as CBS counts it."""
    own = boekingen[boekingen["naar"] == "huishoudens"]
    return own[
        own["post"].str.startswith(("inkomen:", "iv3:")) & ~own["post"].str.endswith(":baten")
    ]


def household_income(
    boekingen: pd.DataFrame, weights: ledger.Weights, inkomen: pd.DataFrame
) -> pd.Series:
    """Return income of households in an area, in EUR a year.

    `bedrag`, `se`, `se_vast` (as in `views.cost`), `onbekend` (buurten without an income, left
    out), `uitkering`, `se_uitkering` (the part that the gemeente pays) and `inwoners` (of the
    buurten with an income, in its year).
    `inkomen` as `households.income`. Benefits alone are no income: without any other amount it is
    missing.
    """
    area = inkomen.assign(weight=inkomen["buurt"].map(ledger.shares(weights))).query("weight > 0")
    known = area.dropna(subset="bedrag")
    inside = weights.reindex(known["buurt"])
    people = (known["inwoners"] * known["weight"]).sum(min_count=1)
    municipal = (boekingen["van"] == "gemeente") & (boekingen["naar"] == "huishoudens")
    paid = ledger.totals(income_rows(boekingen[municipal]), inside, [])
    total = {"bedrag": np.nan, "se": np.nan, "se_vast": np.nan}
    if len(known):
        # As CBS publishes it, of its own year; the books hold it in the year of the account.
        whole = households.book_income(inkomen, boekingen[:0], int(boekingen["jaar"].iloc[0]))
        amounts, loadings = ledger.factors(whole, inside, [])
        borders = loadings.columns.str.startswith(ledger.WEIGHT_CAUSE)
        errors = {"se": loadings, "se_vast": loadings.loc[:, ~borders]}
        total = {"bedrag": amounts["bedrag"].round(2).iloc[0]}
        for name, causes in errors.items():
            variance = (causes.to_numpy() ** 2).sum() + amounts["eigen"].iloc[0]
            total[name] = np.sqrt(variance).round(2)
    return pd.Series(
        {
            **total,
            "onbekend": len(area) - len(known),
            "uitkering": paid["bedrag"].sum(min_count=1),
            "se_uitkering": paid["se"].sum(),
            "inwoners": people,
        }
    )


def earned(pilot: str) -> pd.Series:
    """Return `household_income` of a pilot; all its chapters share it."""
    return _earned(pilot, _made(pilot, "grootboek", "gebied", "inkomen")).copy()


@cache
def _earned(pilot: str, made: tuple[tuple[str, int], ...]) -> pd.Series:
    boekingen, gebied, inkomen = (
        sources.read_table(pilot, name) for name in ("grootboek", "gebied", "inkomen")
    )
    return household_income(boekingen, regions.area(gebied), inkomen)


def counted(pilot: str, codes: list[str]) -> pd.DataFrame:
    """Return `counts` of what is `COUNTED` of a pilot; all its chapters share it."""
    made = _made(pilot, "indicatoren", "gebied")
    return _counted(pilot, tuple(codes), made).copy(deep=False)


@cache
def _counted(pilot: str, codes: tuple[str, ...], made: tuple[tuple[str, int], ...]) -> pd.DataFrame:
    indicatoren, gebied = (sources.read_table(pilot, name) for name in ("indicatoren", "gebied"))
    return counts(indicatoren, gebied, list(codes), COUNTED)


def _made(pilot: str, *names: str) -> tuple[tuple[str, int], ...]:
    """Return the files of some tables and when they were made, for they may be made again."""
    paths = [sources.table_path(pilot, name) for name in names]
    return tuple((str(path), path.stat().st_mtime_ns) for path in paths)


def names(indicatoren: pd.DataFrame) -> dict[str, str]:
    """Return the name of each gemeente in the figures, by its code."""
    rows = indicatoren[indicatoren["soort"] == "Gemeente"].drop_duplicates("gebied")
    return dict(zip(rows["gebied"], rows["naam"], strict=True))


def counts(
    indicatoren: pd.DataFrame,
    gebied: pd.DataFrame,
    codes: list[str],
    topics: dict[str, tuple[str, str]],
) -> pd.DataFrame:
    """Return counts of an area: `onderwerp`, `naam`, `een` (singular), `waarde`, `jaar` (in words:
    gemeenten may differ), `bron`, `wijze`, `onbekend`, `se` (of the weights of buurten alone).

    An area that CBS publishes itself gets that figure; otherwise its buurten are added up, each by
    its weight, and `onbekend` is the number of buurten without a figure. A topic without figures is
    missing, also where only one of its gemeenten has none: a sum would say nothing of the area.
    """
    inside = gebied[(gebied["gewicht"] > 0) & ~regions.is_rest(gebied["buurt"])]
    weights, unsure = (inside.set_index("buurt")[name] for name in ("gewicht", "fout"))
    gemeenten = set(map(regions.gemeente_of, weights.index))
    asked = indicatoren[indicatoren["onderwerp"].isin(topics)]
    rows = []
    for topic, (naam, een) in topics.items():
        figures = asked[asked["onderwerp"] == topic]
        values = figures.set_index("gebied")["waarde"]
        own = values.get(codes[0]) if len(codes) == 1 else None
        published = dutch.is_known(own)
        parts = values[values.index.isin(weights.index)]
        told = set(map(regions.gemeente_of, parts.index[parts.notna()]))
        total = (parts * weights[parts.index]).sum(min_count=1) if gemeenten <= told else np.nan
        rows.append(
            {
                "onderwerp": topic,
                "naam": naam,
                "een": een,
                "waarde": own if published else total,
                "jaar": _years(figures),
                "bron": ";".join(sources.ids(figures["bron"])) or None,
                "wijze": _way(weights, published),
                "onbekend": 0 if published else int(parts.isna().sum()),
                "se": float(((parts * unsure[parts.index]) ** 2).sum() ** 0.5),
            }
        )
    return pd.DataFrame(rows)


def _years(figures: pd.DataFrame) -> str | None:
    """Return the years of some figures in words; None when there are none."""
    return dutch.join([str(year) for year in sorted(figures["jaar"].unique())]) or None


def _way(weights: pd.Series, published: bool) -> str:
    """Return in words how a count was made."""
    if published:
        return "cijfer van CBS"
    return PARTLY if (weights < 1).any() else "som van buurten"


def company_cars(indicatoren: pd.DataFrame, gebied: pd.DataFrame) -> pd.DataFrame:
    """Return buurten of the area where cars cannot all be of residents: `naam`, `autos`.

    Lease companies register their cars where they have their office.
    """
    inside = gebied.loc[gebied["gewicht"] > 0, ["buurt", "naam", "gewicht"]]
    rows = indicatoren[indicatoren["onderwerp"].isin(["PersonenautoSTotaal", "HuishoudensTotaal"])]
    figures = regions.wide(rows)
    if "PersonenautoSTotaal" not in figures:
        return pd.DataFrame({"naam": [], "autos": []})
    table = inside.join(figures, on="buurt", how="inner")
    many = table["PersonenautoSTotaal"] > 3 * table["HuishoudensTotaal"].fillna(0) + 100
    table = table.assign(autos=table["PersonenautoSTotaal"] * table["gewicht"])
    return table.loc[many, ["naam", "autos"]]


def reference(
    boekingen: pd.DataFrame, gebied: pd.DataFrame, indicatoren: pd.DataFrame
) -> pd.Series:
    """Return what to compare with, in EUR per inhabitant of the gemeente: `kosten`, `inkomen`.

    Of an area in several gemeenten these are taken together. Both are missing for the gemeente
    itself, which is not compared with itself.
    """
    if (gebied["gewicht"] == 1).all():
        return pd.Series({"kosten": np.nan, "inkomen": np.nan})
    whole = indicatoren[indicatoren["soort"] == "Gemeente"]
    figures = regions.wide(whole)
    people, income = (figures.get(c, pd.Series(np.nan, figures.index)) for c in _BESIDE)
    everywhere = pd.Series(1.0, index=gebied["buurt"])
    cost = views.net_expenses(boekingen, everywhere)["bedrag"].iloc[0]
    return pd.Series(
        {
            "kosten": cost / people.sum(skipna=False),
            "inkomen": (income * (people / people.sum(skipna=False))).sum(skipna=False) * 1000,
        }
    )


def country(rows: pd.DataFrame, jaar: int | None) -> pd.Series:
    """Return the national figure of a year to compare with: `inkomen` per inhabitant in EUR."""
    known = rows[(rows["onderwerp"] == INCOME) & (rows["jaar"] == jaar)].dropna(subset="waarde")
    return pd.Series({"inkomen": known["waarde"].iloc[0] * 1000 if len(known) else np.nan})


def year_of(indicatoren: pd.DataFrame, onderwerp: str) -> int | None:
    """Return the year of the figures that are used for a topic.

    None when there are none, or when the gemeenten of the area have it of different years.
    """
    years = {*_year_by_area(indicatoren, onderwerp).values()}
    return years.pop() if len(years) == 1 else None


def years_of(indicatoren: pd.DataFrame, onderwerp: str) -> dict[str, int]:
    """Return the year of the figures that are used for a topic, by gemeente."""
    found: dict[str, int] = {}
    for gebied, year in _year_by_area(indicatoren, onderwerp).items():
        found.setdefault(regions.gemeente_of(gebied), year)
    return dict(sorted(found.items()))


def _year_by_area(indicatoren: pd.DataFrame, onderwerp: str) -> dict[str, int]:
    """Return the year of the figure on a topic, by area."""
    rows = indicatoren["onderwerp"].to_numpy(object) == onderwerp
    codes, years = (indicatoren[c].to_numpy()[rows].tolist() for c in ("gebied", "jaar"))
    return dict(zip(codes, years, strict=True))
