"""Our books of the whole country and their verdict: the same for every area, so made once."""

import pandas as pd

from wijkboek_utils import cbs, kengetallen, plausibility, show
from wijkboek_utils.remember import remembered
from wijkboek_utils.show import Html


@remembered()
def controls() -> pd.DataFrame:
    """Return `plausibility.controls`: the published totals."""
    return plausibility.controls()


@remembered()
def books(jaar: int) -> pd.DataFrame:
    """Return `plausibility.national_books` of a year, from the figures and kengetallen we have."""
    return plausibility.national_books(cbs.read_country(), kengetallen.load(), jaar)


@remembered()
def spent(jaar: int) -> float:
    """Return what all households spend in our books of a year, as the control total counts it."""
    return consumption(books(jaar), controls())


def consumption(boekingen: pd.DataFrame, table: pd.DataFrame) -> float:
    """Return `spent` of national books; `table` as `plausibility.controls`."""
    rule = table.set_index("id").loc["consumptie"]
    mine = plausibility.belongs(boekingen, rule["posten"], rule["richting"])
    return float(boekingen.loc[mine, "bedrag"].sum(min_count=1).round(2))


@remembered()
def totals() -> pd.DataFrame:
    """Return `plausibility.national` of the year of the published totals."""
    made, known = books(plausibility.YEAR), kengetallen.load()
    return plausibility.national(made, cbs.read_country(), known, controls())


@remembered()
def verdict() -> tuple[Html, Html, Html, Html]:
    """Return `totals` as a reader sees them: a sentence, a table, what differs, and the sources."""
    found, published = totals(), controls()
    return (
        show.text(plausibility.sentence(found)),
        plausibility.table(found, published, plausibility.YEAR),
        plausibility.differences(found, published),
        plausibility.origins(published),
    )
