"""Three made-up buurten, of which the last is empty: their figures, income and boekingen."""

from functools import cache

import numpy as np
import pandas as pd

from wijkboek_utils import firms, household_flows, households, income_kinds, kengetallen, sources

YEAR = 2023
BUURTEN = ["BU99010001", "BU99010002", "BU99010003"]
WEIGHTS = pd.Series(1.0, index=BUURTEN)
HOUSEHOLD = 75_000.0  # income of an average Dutch household, EUR
PEOPLE = {"AantalInwoners": [100, 200, 0], "k_65JaarOfOuder": [10, 40, 0]}
HOMES = PEOPLE | {"HuishoudensTotaal": [50, 100, 0], "k_0Tot15Jaar": [20, 30, 0]}
NO_BENEFITS = pd.DataFrame({c: [] for c in ("van", "naar", "buurt", "sleutel", "bedrag", "se")})


def indicators(**topics: list[float | None]) -> pd.DataFrame:
    """Return figures of the buurten as `cbs.indicators`: topic to values."""
    rows = [
        {"gebied": b, "onderwerp": topic, "waarde": value}
        for topic, values in topics.items()
        for b, value in zip(BUURTEN, values, strict=True)
    ]
    frame = pd.DataFrame(rows).astype({"waarde": float})
    return frame.assign(soort="Buurt", jaar=YEAR, bron="kwb-2023", omgerekend=False)


def income(*amounts: float | None, inwoners: float | list[float] = 100.0) -> pd.DataFrame:
    """Return income of the buurten as `households.income`, 1 percent unsure."""
    table = pd.DataFrame({"buurt": BUURTEN, "bedrag": pd.Series(amounts, dtype=float)})
    known = table["bedrag"].notna()
    return table.assign(
        inwoners=inwoners,
        se=table["bedrag"] * 0.01,
        se_bron=0.0,
        methode=np.where(known, "gemeten", "ontbreekt"),
        sleutel=None,
        bron="kwb-2023",
        bronjaar=YEAR,
    )


def booked(*amounts: float | None) -> pd.DataFrame:
    """Return the same income as boekingen, without any benefits of the gemeente."""
    return households.book_income(income(*amounts), NO_BENEFITS, YEAR)


def with_values(**values: tuple[float, float, float]) -> kengetallen.Kengetallen:
    """Return the kengetallen, some with another waarde, laag and hoog."""
    table = sources.read_project_table("kengetallen")
    for id, numbers in values.items():
        table.loc[table["id"] == id, ["waarde", "laag", "hoog"]] = [str(n) for n in numbers]
    return kengetallen.Kengetallen(kengetallen.read(table))


def paid(*amounts: float | None, **topics: list[float | None]) -> pd.DataFrame:
    """Return the estimated boekingen of the households of buurten with this income."""
    return _paid(amounts, tuple((topic, tuple(v)) for topic, v in topics.items())).copy()


def books(*amounts: float | None, **topics: list[float | None]) -> pd.DataFrame:
    """Return all boekingen of buurten with this income: of households, firms and institutions."""
    return _books(amounts, tuple((topic, tuple(v)) for topic, v in topics.items())).copy()


@cache
def _paid(amounts: tuple, topics: tuple) -> pd.DataFrame:
    figures = indicators(**(HOMES | dict(topics)))
    known = kengetallen.load()
    return household_flows.households(income(*amounts), figures, HOUSEHOLD, known, YEAR)


@cache
def _books(amounts: tuple, topics: tuple) -> pd.DataFrame:
    homes = _paid(amounts, topics)
    figures = indicators(**(HOMES | dict(topics)))
    trade = firms.book(figures, homes, kengetallen.load(), YEAR)
    parts = pd.concat([homes, trade], ignore_index=True)
    return income_kinds.with_income(parts, booked(*amounts))
