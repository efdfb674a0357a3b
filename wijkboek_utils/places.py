"""What is known of a place beside municipal money: counts, income, and what to compare it with."""

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, households, ledger, views
from wijkboek_utils.households import INCOME, INHABITANTS

COUNTED = {
    "AantalInwoners": ("inwoners", "inwoner"),
    "HuishoudensTotaal": ("huishoudens", "huishouden"),
    "Woningvoorraad": ("woningen", "woning"),
    "BedrijfsvestigingenTotaal": ("vestigingen van bedrijven", "vestiging van een bedrijf"),
    "PersonenautoSTotaal": ("personenauto's", "personenauto"),
    "OppervlakteLand": ("hectare land", "hectare land"),
}


def income_rows(boekingen: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen that are part of personal income as CBS counts it."""
    own = boekingen[boekingen["naar"] == "huishoudens"]
    return own[
        own["post"].str.startswith(("inkomen:", "iv3:")) & ~own["post"].str.endswith(":baten")
    ]


def household_income(
    boekingen: pd.DataFrame, weights: pd.Series, inkomen: pd.DataFrame
) -> pd.Series:
    """Return income of households in an area, in EUR a year.

    `bedrag`, `se`, `onbekend` (buurten without an income, left out), `uitkering`, `se_uitkering`
    (the part that the gemeente pays) and `inwoners` (of the buurten with an income, in its year).
    `inkomen` as `households.income`. Benefits alone are no income: without any other amount it is
    missing.
    """
    area = inkomen.assign(weight=inkomen["buurt"].map(weights)).query("weight > 0")
    known = area.dropna(subset="bedrag")
    inside = known.set_index("buurt")["weight"]
    people = (known["inwoners"] * known["weight"]).sum(min_count=1)
    rows = income_rows(boekingen)
    paid = ledger.totals(rows[rows["van"] == "gemeente"], inside, [])
    total = pd.Series({"bedrag": np.nan, "se": np.nan})
    if len(known):
        # As CBS publishes it, of its own year; the books hold it in the year of the account.
        whole = households.book_income(inkomen, boekingen[:0], int(boekingen["jaar"].iloc[0]))
        total = ledger.totals(whole, inside, []).iloc[0][["bedrag", "se"]]
    return pd.Series(
        {
            **total,
            "onbekend": len(area) - len(known),
            "uitkering": paid["bedrag"].sum(min_count=1),
            "se_uitkering": paid["se"].sum(),
            "inwoners": people,
        }
    )


def counts(
    indicatoren: pd.DataFrame,
    gebied: pd.DataFrame,
    codes: list[str],
    topics: dict[str, tuple[str, str]],
) -> pd.DataFrame:
    """Return counts of an area: `onderwerp`, `naam`, `een` (singular), `waarde`, `jaar`, `bron`,
    `wijze`, `onbekend`.

    An area that CBS publishes itself gets that figure; otherwise its buurten are added up, and
    `onbekend` is the number of buurten without a figure. A topic without figures is missing.
    """
    weights = gebied.set_index("buurt")["gewicht"]
    rows = []
    for topic, (naam, een) in topics.items():
        figures = indicatoren[indicatoren["onderwerp"] == topic].set_index("gebied")
        own = figures["waarde"].get(codes[0]) if len(codes) == 1 else None
        parts = figures.loc[figures["soort"] == "Buurt", "waarde"]
        inside = parts[parts.index.map(weights).to_numpy() > 0]
        published = dutch.is_known(own)
        known = inside * weights.reindex(inside.index)
        rows.append(
            {
                "onderwerp": topic,
                "naam": naam,
                "een": een,
                "waarde": own if published else known.sum(min_count=1),
                "jaar": figures["jaar"].iloc[0] if len(figures) else None,
                "bron": figures["bron"].iloc[0] if len(figures) else None,
                "wijze": "cijfer van CBS" if published else "som van buurten",
                "onbekend": 0 if published else int(inside.isna().sum()),
            }
        )
    return pd.DataFrame(rows).astype({"jaar": "Int64"})


def company_cars(indicatoren: pd.DataFrame, gebied: pd.DataFrame) -> pd.DataFrame:
    """Return buurten of the area where cars cannot all be of residents: `naam`, `autos`.

    Lease companies register their cars where they have their office.
    """
    inside = gebied.loc[gebied["gewicht"] > 0, ["buurt", "naam"]]
    rows = indicatoren[indicatoren["onderwerp"].isin(["PersonenautoSTotaal", "HuishoudensTotaal"])]
    figures = rows.pivot(index="gebied", columns="onderwerp", values="waarde")
    if "PersonenautoSTotaal" not in figures:
        return pd.DataFrame({"naam": [], "autos": []})
    table = inside.join(figures, on="buurt", how="inner")
    many = table["PersonenautoSTotaal"] > 3 * table["HuishoudensTotaal"].fillna(0) + 100
    return table.loc[many, ["naam", "PersonenautoSTotaal"]].set_axis(["naam", "autos"], axis=1)


def reference(
    boekingen: pd.DataFrame, gebied: pd.DataFrame, indicatoren: pd.DataFrame, gemeente: str
) -> pd.Series:
    """Return what to compare with, in EUR per inhabitant of the gemeente: `kosten`, `inkomen`.

    Both are missing for the gemeente itself, which is not compared with itself.
    """
    if (gebied["gewicht"] == 1).all():
        return pd.Series({"kosten": np.nan, "inkomen": np.nan})
    figures = indicatoren[indicatoren["gebied"] == gemeente].set_index("onderwerp")["waarde"]
    everywhere = pd.Series(1.0, index=gebied["buurt"])
    cost = views.net_expenses(boekingen, everywhere)["bedrag"].iloc[0]
    return pd.Series(
        {
            "kosten": cost / figures.get(INHABITANTS, np.nan),
            "inkomen": figures.get(INCOME, np.nan) * 1000,
        }
    )


def country(rows: pd.DataFrame, jaar: int | None) -> pd.Series:
    """Return the national figure of a year to compare with: `inkomen` per inhabitant in EUR."""
    known = rows[(rows["onderwerp"] == INCOME) & (rows["jaar"] == jaar)].dropna(subset="waarde")
    return pd.Series({"inkomen": known["waarde"].iloc[0] * 1000 if len(known) else np.nan})


def year_of(indicatoren: pd.DataFrame, onderwerp: str) -> int | None:
    """Return the year of the figures that are used for a topic; None when there are none."""
    years = indicatoren.loc[indicatoren["onderwerp"] == onderwerp, "jaar"]
    return int(years.iloc[0]) if len(years) else None
