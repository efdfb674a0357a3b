"""What a choice leads to: an area, a year, keys and a sector in, accounts and map values out.

Nothing here knows of widgets. Books and flows are kept, so that a next choice costs milliseconds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from wijkboek_utils import (
    allocate,
    area_flows,
    dutch,
    household_account,
    ledger,
    regions,
    views,
    wijkrekening,
    wijkrekening_text,
)
from wijkboek_utils.errors import Fout
from wijkboek_utils.explorer import books, maps
from wijkboek_utils.explorer.books import Year
from wijkboek_utils.explorer.maps import GEMEENTE, RIJK

_NAMED = 2  # buurten that an area is named after
_AREAS, _SIDED, _MAPS = 12, 30, 60  # kept, of what was asked for last
T = TypeVar("T")


class Choice(NamedTuple):
    """What a visitor chose. `buurten` are CBS codes; the order does not matter.

    `kleur` is what the map shows: a key of `Explorer.layers`; `per_inwoner` or in EUR.
    """

    buurten: frozenset[str]
    jaar: int
    sleutelset: str = allocate.DEFAULT_SET
    sector: str = GEMEENTE
    kleur: str = "uit:"
    per_inwoner: bool = True


@dataclass(frozen=True)
class Area:
    """An area in a year: its name, and `gebied` as `regions.weights`, with its inhabitants."""

    naam: str
    gebied: pd.DataFrame
    inwoners: float
    own: bool

    @property
    def weights(self) -> ledger.Weights:
        """Return the weights as `ledger.totals` takes them."""
        return regions.area(self.gebied)

    @property
    def parts(self) -> bool:
        """Return whether a buurt is in it for a part only."""
        return bool(self.gebied["gewicht"].between(0, 1, "neither").any())

    @property
    def inside(self) -> list[str]:
        """Return the codes of the buurten in it, also of those that are in it for a part."""
        rows = self.gebied[self.gebied["gewicht"] > 0]
        return [code for code in rows["buurt"] if not code.endswith("REST")]


class Explorer:
    """The books of a pilot, to choose from. Raises Fout when there is no such pilot or figure."""

    def __init__(self, pilot: str, jaar: int | None = None) -> None:
        """Read the year of the pilot, or another; the rest is read when it is asked for."""
        self.slug = pilot
        self.jaren = books.years(pilot)
        self.start_jaar = books.pilots.load(pilot, jaar).jaar
        if self.start_jaar not in self.jaren:
            raise Fout(f"Van {self.start_jaar} is er geen rekening van elke gemeente van {pilot}.")
        self._most = len(self.jaren) * len(allocate.SETS)
        self._made: dict[str, dict[Any, Any]] = {}

    def kept(self, kind: str, key: Any, make: Callable[[], T], most: int) -> T:
        """Return what was made for a key before, or make it; beyond `most` the oldest goes."""
        kept = self._made.setdefault(kind, {})
        if key not in kept:
            kept[key] = make()
            for old in list(kept)[: max(len(kept) - most, 0)]:
                del kept[old]
        found: T = kept[key]
        return found

    @cached_property
    def start(self) -> Choice:
        """The choice to begin with: the pilot's own area, year and keys."""
        return Choice(self.own(self.start_jaar), self.start_jaar)

    def prepare(self) -> None:
        """Read every year and key set, so that no choice has to wait for it."""
        for jaar in self.jaren:
            for name in allocate.SETS:
                self._landed(jaar, name)

    def year(self, jaar: int) -> Year:
        """Return the figures of a year."""
        return self.kept("years", jaar, lambda: books.of_year(self.slug, jaar), len(self.jaren))

    def grootboek(self, jaar: int, sleutelset: str) -> pd.DataFrame:
        """Return the grootboek, with `regel`."""
        make = lambda: books.grootboek(self.year(jaar), sleutelset)  # noqa: E731
        return self.kept("books", (jaar, sleutelset), make, self._most)

    def buurten(self, jaar: int) -> dict[str, str]:
        """Return the name of each buurt of a year, by code; one may have no boundary."""
        rows = self.year(jaar).gebied
        rows = rows[~regions.is_rest(rows["buurt"])]
        names = (dutch.name(str(name), 60) for name in rows["naam"])
        return dict(zip(rows["buurt"], names, strict=True))

    def own(self, jaar: int) -> frozenset[str]:
        """Return the buurten of the pilot's own area in a year."""
        return next(iter(self.quick(jaar).values()))

    def quick(self, jaar: int) -> dict[str, frozenset[str]]:
        """Return areas to choose at once, by name: the pilot's own, each gemeente, each wijk."""
        return self.kept("quick", jaar, lambda: self._quick(jaar), len(self.jaren))

    def _quick(self, jaar: int) -> dict[str, frozenset[str]]:
        year = self.year(jaar)
        rows = year.gebied[(year.gebied["gewicht"] > 0) & ~regions.is_rest(year.gebied["buurt"])]
        own = frozenset(rows["buurt"])
        found = {f"{year.pilot.naam} (het gebied van het rapport)": own}
        codes = year.gebied.loc[~regions.is_rest(year.gebied["buurt"]), "buurt"]
        for kind, of in (("heel ", regions.gemeente_of), ("wijk ", regions.wijk_of)):
            for code, part in codes.groupby(codes.map(of)):
                name = dutch.plain(str(year.namen.get(code, code)))
                name = name if kind == "heel " or not name.lower().startswith("wijk ") else name[5:]
                found.setdefault(f"{kind}{name}", frozenset(part))
        return found

    def area(self, choice: Choice) -> Area:
        """Return the chosen area; the pilot's own keeps the weights that its report has.

        Raises Fout when no buurt was chosen.
        """
        return self.kept("areas", choice[:2], lambda: self._area(choice), _AREAS)

    def _area(self, choice: Choice) -> Area:
        year, own = self.year(choice.jaar), self.own(choice.jaar)
        if not choice.buurten:
            raise Fout("Kies op de kaart of in de lijst minstens één buurt.")
        if choice.buurten == own:
            gebied, naam = year.gebied, year.pilot.naam
        else:
            rows = year.gebied[~regions.is_rest(year.gebied["buurt"])]
            gebied, naam = regions.weights(rows, sorted(choice.buurten)), self._name(choice)
        weights = gebied.set_index("buurt")["gewicht"]
        people = year.inwoners.reindex(weights.index)[weights > 0]
        count = (people * weights).sum(min_count=1) if len(people) else np.nan
        return Area(naam, gebied, float(count), choice.buurten == own)

    def _name(self, choice: Choice) -> str:
        year = self.year(choice.jaar)
        whole = {part: name for name, part in self.quick(choice.jaar).items()}
        if choice.buurten in whole:
            return whole[choice.buurten].removeprefix("heel ").removeprefix("wijk ")
        if len(choice.buurten) <= _NAMED:
            return dutch.join(self.names(choice))
        return f"{len(choice.buurten)} buurten van {year.pilot.gemeentenaam}"

    def names(self, choice: Choice) -> list[str]:
        """Return the names of the chosen buurten, in order."""
        known = self.buurten(choice.jaar)
        return sorted((known[code] for code in choice.buurten), key=str.casefold)

    def flows(self, choice: Choice) -> area_flows.Flows:
        """Return the flows of the chosen area, of which all accounts are sums."""
        make = lambda: area_flows.of(  # noqa: E731
            self.grootboek(choice.jaar, choice.sleutelset), self.area(choice).weights
        )
        return self.kept("flows", choice[:3], make, _AREAS)

    def account(self, choice: Choice) -> pd.DataFrame:
        """Return the account of the sector as the report has it: `kant`, `regel`, `bedrag`, `se`.

        Estimated, before the accounts are made to close.
        """
        return self.kept("accounts", choice[:4], lambda: self._account(choice), _AREAS)

    def _account(self, choice: Choice) -> pd.DataFrame:
        flows = self.flows(choice)
        if choice.sector == GEMEENTE:
            return views.gemeente_account(flows)
        if choice.sector == RIJK:
            return wijkrekening_text.rijk_account(flows)
        if choice.sector == "huishoudens":
            return household_account.account(flows)
        return wijkrekening.sector(flows, choice.sector)

    def closed(self, choice: Choice) -> pd.DataFrame:
        """Return all flows of the area once the accounts close, as `wijkrekening.close`.

        Raises Fout when the accounts contradict each other.
        """

        def make() -> pd.DataFrame:
            weights = self.area(choice).gebied.set_index("buurt")["gewicht"]
            lines = wijkrekening.summed(*self._landed(choice.jaar, choice.sleutelset), weights)
            return wijkrekening.close(*lines)

        return self.kept("closed", choice[:3], make, _AREAS)

    def _landed(self, jaar: int, sleutelset: str) -> tuple[pd.DataFrame, pd.Series]:
        """Return the rows and signs of `wijkrekening.with_landing`: the same for every area."""
        make = lambda: wijkrekening.with_landing(self.grootboek(jaar, sleutelset))  # noqa: E731
        return self.kept("landed", (jaar, sleutelset), make, self._most)

    def layers(self, sector: str, jaar: int, sleutelset: str) -> dict[str, str]:
        """Return what the map can show of a sector, by key: both sides, the balance, each line."""
        key = sector, jaar, sleutelset
        make = lambda: maps.layers(self._sides(*key), sector)  # noqa: E731
        return self.kept("layers", key, make, _SIDED)

    def _sides(self, sector: str, jaar: int, sleutelset: str) -> pd.DataFrame:
        """Return the boekingen of a sector with `kant`, `wat` (the line) and `teken` (a sign)."""
        make = lambda: maps.sides(self.grootboek(jaar, sleutelset), sector)  # noqa: E731
        return self.kept("sides", (sector, jaar, sleutelset), make, _SIDED)

    def on_map(self, choice: Choice) -> pd.DataFrame:
        """Return each buurt: `buurt`, `naam`, `inwoners`, `bedrag`, `se`, `waarde`, `fout`.

        `bedrag` in EUR as estimated; `waarde` with its error `fout` is what the map shows: EUR, or
        EUR per inhabitant. Missing below 50 inhabitants, and for households where no income of the
        buurt is known. A layer that the sector does not have shows its first one.
        """
        layers = self.layers(choice.sector, choice.jaar, choice.sleutelset)
        kleur = choice.kleur if choice.kleur in layers else next(iter(layers))
        rows = self._sides(choice.sector, choice.jaar, choice.sleutelset)
        year = self.year(choice.jaar)
        make = lambda: maps.per_buurt(year, rows, choice.sector, kleur)  # noqa: E731
        found = self.kept("maps", (choice[1:4], kleur), make, _MAPS)
        few = found["inwoners"].fillna(0) < views.FEW
        share = found["inwoners"] if choice.per_inwoner else 1.0
        return found.assign(
            waarde=(found["bedrag"] / share).mask(few), fout=(found["se"] / share).mask(few)
        )


def codes_of(buurten: Iterable[str], gebied: pd.DataFrame) -> list[str]:
    """Return the fewest CBS codes for some buurten: a gemeente or wijk where it is chosen whole.

    `gebied` has every `buurt` of the gemeenten.
    """
    codes = gebied.loc[~regions.is_rest(gebied["buurt"]), "buurt"]
    left, found = set(buurten), []
    for of in (regions.gemeente_of, regions.wijk_of):
        for code, part in codes.groupby(codes.map(of)):
            if set(part) <= left:
                found.append(str(code))
                left -= set(part)
    return [*found, *sorted(left)]
