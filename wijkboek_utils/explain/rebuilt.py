"""The books of a pilot made again in memory from its raw files, for their errors and balances."""

from dataclasses import dataclass

import pandas as pd

from wijkboek_utils import (
    allocate,
    cbs,
    firms,
    household_flows,
    households,
    income_kinds,
    iv3,
    kengetallen,
    ledger,
    places,
    regions,
    several,
    sources,
    weighing,
)
from wijkboek_utils.local import booking, claims, store
from wijkboek_utils.pilots import Pilot


@dataclass(frozen=True)
class Rebuilt:
    """The grootboek of a pilot, the weights of its area, and what people of the wijk booked.

    `figures` as `cbs.indicators`, `gebied` as `regions.area`, `inkomen` as `households.income`.
    """

    boekingen: pd.DataFrame
    gebied: pd.DataFrame
    lokaal: pd.DataFrame
    figures: pd.DataFrame
    inkomen: pd.DataFrame


def books(p: Pilot, sleutelset: str) -> Rebuilt:
    """Return the books as notebooks 01 to 07 make them; no processed table is read."""
    figures = several.read(cbs.indicators, p.gemeenten, p.jaar)
    gebied = regions.area(
        weighing.gebied(p, figures, weighing.boundaries(places.years_of(figures, cbs.INHABITANTS)))
    )
    units = kengetallen.load(p.kengetallen)
    sets = _municipal(p, figures)
    gemeente = sets[sets["set"] == sleutelset].drop(columns="set")
    years = several.each(
        households.of_income_year, [several.read(cbs.figures, p.gemeenten, p.jaar), figures]
    )
    published = several.each(households.income, [years])
    income = several.each(households.in_books, [published], p.jaar, units)
    land = cbs.read_country()
    paid = several.each(household_flows.book, [income, figures], land, units, p.jaar)
    known = pd.concat([paid, gemeente], ignore_index=True)
    trade = several.each(firms.book, [figures, known], units, p.jaar)
    made = booking.Books(gemeente, paid, trade)
    given, _ = booking.money(store.of_area(p.gemeenten), made, sets, figures, units, p.jaar)
    lokaal = claims.boekingen(given)
    made = booking.merged(made, lokaal, figures, units, p.jaar)
    loon = several.each(households.book_income, [income, made.gemeente], p.jaar)
    parts = pd.concat([made.huishoudens, made.bedrijven], ignore_index=True)
    split = several.each(income_kinds.with_income, [parts, loon])
    whole = ledger.conform(pd.concat([made.gemeente, split], ignore_index=True))
    return Rebuilt(whole, gebied, lokaal, figures, published)


def _municipal(p: Pilot, figures: pd.DataFrame) -> pd.DataFrame:
    """Return the accounts of the gemeenten, booked under each set of keys."""
    account = iv3.read_all(p.gemeenten, p.jaar)
    rates = sources.read_csv(sources.source("gemeentefonds-2025"))
    keys = allocate.keys_of(figures, rates)
    amounts = allocate.amounts(account, sources.read_project_table("taakvelden"))
    filed = {gemeente: iv3.source(gemeente, p.jaar).id for gemeente in p.gemeenten}
    return allocate.book_all(amounts, keys, figures, p.jaar, filed)
