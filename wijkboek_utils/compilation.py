"""The books of some gemeenten in a year, compiled in memory from the raw figures.

The steps are those of notebooks 01 to 07, by the same functions; tests compare with their tables.
Nothing is read that a notebook made and nothing is written, so a pilot without a report has books
too. A step is done when it is first asked for.
"""

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
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
    keys,
    ledger,
    places,
    several,
    sources,
    weighing,
)
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.keys import Keys
from wijkboek_utils.local import booking, claims, store
from wijkboek_utils.local.booking import Books
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.sources import Source


@dataclass(frozen=True)
class Compilation:
    """The books of `gemeenten` (CBS codes) in `jaar`, with what `bijdragen` contributed.

    Steps raise Fout when figures that they need are not there.
    """

    gemeenten: list[str]
    jaar: int
    kengetallen: Kengetallen = field(default_factory=kengetallen.load)
    bijdragen: list[Source] = field(default_factory=list)

    @cached_property
    def indicatoren(self) -> pd.DataFrame:
        """Return the figures of buurten, as `cbs.indicators`."""
        return several.read(cbs.indicators, self.gemeenten, self.jaar)

    @cached_property
    def rekening(self) -> pd.DataFrame:
        """Return the municipal accounts, as `iv3.read_all`."""
        return iv3.read_all(self.gemeenten, self.jaar)

    @cached_property
    def rekeningen(self) -> dict[str, str]:
        """Return the source of the account of each gemeente."""
        return {code: iv3.source(code, self.jaar).id for code in self.gemeenten}

    @cached_property
    def grenzen(self) -> gpd.GeoDataFrame:
        """Return the boundaries of the buurten, as `weighing.boundaries`."""
        return weighing.boundaries(places.years_of(self.indicatoren, cbs.INHABITANTS))

    @cached_property
    def sleutels(self) -> dict[str, Keys]:
        """Return the keys of each gemeente, as `allocate.keys_of`."""
        rates = sources.read_csv(sources.source(keys.FONDS))
        return allocate.keys_of(self.indicatoren, rates)

    @cached_property
    def bedragen(self) -> pd.DataFrame:
        """Return the municipal amounts to spread, as `allocate.amounts`."""
        return allocate.amounts(self.rekening, sources.read_project_table("taakvelden"))

    @cached_property
    def sets(self) -> pd.DataFrame:
        """Return the municipal accounts booked under each key set, as `allocate.book_all`."""
        booked = (self.bedragen, self.sleutels, self.indicatoren, self.jaar, self.rekeningen)
        return allocate.book_all(*booked)

    @cached_property
    def inkomen(self) -> pd.DataFrame:
        """Return the income of households per buurt, as published (`households.income`)."""
        figures = several.read(cbs.figures, self.gemeenten, self.jaar)
        of_year = several.each(households.of_income_year, [figures, self.indicatoren])
        return several.each(households.income, [of_year])

    @cached_property
    def geboekt(self) -> pd.DataFrame:
        """Return that income in the year of the books and for all inhabitants."""
        return several.each(households.in_books, [self.inkomen], self.jaar, self.kengetallen)

    @cached_property
    def huishoudens(self) -> pd.DataFrame:
        """Return the boekingen of households, as `household_flows.book`."""
        known = (cbs.read_country(), self.kengetallen, self.jaar)
        return several.each(household_flows.book, [self.geboekt, self.indicatoren], *known)

    def estimated(self, sleutelset: str) -> Books:
        """Return the boekingen under a key set before contributions. Raises Fout for another."""
        if sleutelset not in allocate.SETS:
            names = list(allocate.SETS)
            raise Fout(
                f"De sleutels «{sleutelset}» bestaan niet.{did_you_mean(sleutelset, names)} "
                f"Kies uit: {', '.join(names)}."
            )
        gemeente = self.sets[self.sets["set"] == sleutelset].drop(columns="set")
        known = pd.concat([self.huishoudens, gemeente], ignore_index=True)
        trade = several.each(firms.book, [self.indicatoren, known], self.kengetallen, self.jaar)
        return Books(gemeente, self.huishoudens, trade)

    def lokaal(self, books: Books) -> pd.DataFrame:
        """Return what contributions book in estimated books, as `claims.boekingen`."""
        known = (self.sets, self.indicatoren, self.kengetallen, self.jaar)
        claimed, _ = booking.money(self.bijdragen, books, *known)
        return claims.boekingen(claimed)

    def whole(self, books: Books, lokaal: pd.DataFrame) -> pd.DataFrame:
        """Return the grootboek: books with what was contributed, and income by its kinds."""
        made = booking.merged(books, lokaal, self.indicatoren, self.kengetallen, self.jaar)
        loon = several.each(households.book_income, [self.geboekt, made.gemeente], self.jaar)
        parts = pd.concat([made.huishoudens, made.bedrijven], ignore_index=True)
        split = several.each(income_kinds.with_income, [parts, loon])
        return ledger.conform(pd.concat([made.gemeente, split], ignore_index=True))


def of(pilot: Pilot) -> Compilation:
    """Return the books of the gemeenten of a pilot, with its kengetallen and contributions."""
    known = kengetallen.load(pilot.kengetallen)
    return Compilation(pilot.gemeenten, pilot.jaar, known, store.of_area(pilot.gemeenten))
