"""Where the rows of a contribution are: by buurt, by point, by address or by shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from wijkboek_utils import addresses, cbs, dutch, pdok, several
from wijkboek_utils.errors import Fout
from wijkboek_utils.local import coordinates, locate
from wijkboek_utils.local.cells import key
from wijkboek_utils.local.contribution import Fault
from wijkboek_utils.local.faults import OVER, Faults, which
from wijkboek_utils.local.schema import Dataset

if TYPE_CHECKING:
    import geopandas

NEWEST = 9999  # of several years of boundaries
_NOWHERE = (
    "waar is dit? Vul de buurt in, of x en y, of postcode en huisnummer. Eén van de drie is genoeg."
)


def buurten(gemeenten: Sequence[str]) -> dict[str, str]:
    """Return the codes of buurten by the `key` of code and name; a name of two buurten gives "".

    Code and name as they are spelled are there too, to ask whether somebody means them. Every year
    that we hold counts. Empty when data/raw knows no buurten of these gemeenten.
    """
    found: dict[str, str] = {}
    for gemeente in gemeenten:
        for code, name in _names(gemeente):
            found[code] = found[key(code)] = code
            known = found.setdefault(key(name), code)
            found[name] = found[key(name)] = code if known == code else ""
    return found


def _names(gemeente: str) -> list[tuple[str, str]]:
    """Return code and name of the buurten of a gemeente; boundaries know the codes alone."""
    try:
        areas = cbs.areas(gemeente)
        areas = areas[areas["soort"] == "Buurt"]
        return list(zip(areas["gebied"], areas["naam"], strict=True))
    except Fout:
        bounds = _boundaries([gemeente])
        return [] if bounds is None else [(code, code) for code in bounds["buurt"]]


def _boundaries(gemeenten: Sequence[str]) -> "geopandas.GeoDataFrame | None":
    """Return the newest boundaries of some gemeenten; None when data/raw lacks those of one."""
    try:
        return several.read(pdok.read_boundaries, gemeenten, NEWEST) if gemeenten else None
    except Fout:
        return None


def with_shapes(
    rows: pd.DataFrame, shapes: "geopandas.GeoSeries", crs: int | None, system: str
) -> tuple[pd.DataFrame, str]:
    """Return rows with the points of their shapes as `x` and `y`, and the system of those.

    Where the file does not say its system (`crs`), what the sender says counts.
    """
    known = crs or coordinates.EPSG.get(system) or coordinates.EPSG[coordinates.RD]
    x, y, found = coordinates.of_shapes(shapes.reindex(rows.index), known)
    return rows.assign(x=x, y=y), found if crs else system


@dataclass(frozen=True)
class Places:
    """What places rows: `rows` is typed and has `schema.PLACE`; `system` is that of x and y."""

    rows: pd.DataFrame
    dataset: Dataset
    gemeenten: tuple[str, ...]
    system: str
    addresses: Path | None = None

    def find(self, unread: pd.Index, faults: Faults) -> tuple[pd.DataFrame, list[Fault]]:
        """Return the rows with `buurt`, and `x` and `y` in RD metres, and notes.

        What the file says of the buurt goes first, then a point, then an address. `unread` are rows
        of which the place has a fault already. What is wrong is added to `faults`.
        """
        rows = self.rows.copy()
        for one, other in (("x", "y"), ("y", "x"), ("postcode", "huisnummer")):
            half = rows.index[rows[one].notna() & rows[other].isna()].difference(unread)
            words = f"{one} is ingevuld, maar {other} is leeg. Vul beide in of geen van beide."
            faults.add(words, other, half)
        point = rows["x"].notna() & rows["y"].notna()
        address = rows["postcode"].notna() & rows["huisnummer"].notna()
        if self.dataset.place == "nodig":
            nowhere = rows[["buurt", "x", "y", "postcode"]].isna().all(axis=1)
            faults.add(_NOWHERE, "buurt", rows.index[nowhere].difference(unread))
        notes = self._points(rows, point, faults) if point.any() else []
        todo = rows[address & rows["buurt"].isna() & ~point]
        if len(todo):
            rows.loc[todo.index, "buurt"] = self._addresses(todo, faults)
        return rows, notes

    def _points(self, rows: pd.DataFrame, point: pd.Series, faults: Faults) -> list[Fault]:
        """Bring points to RD metres, prove that they can be right, and find their buurt."""
        if not self.system:
            words = "zeg of x en y in meters (RD) of in graden (WGS84) zijn: RD of WGS84."
            faults.add(words, f"{OVER}coordinaten")
            return []
        given = rows.loc[point, ["buurt", "x", "y"]]
        if wrong := coordinates.faults(given["x"], given["y"], self.system):
            faults.kept += wrong
            return []
        x, y = coordinates.to_rd(given["x"], given["y"], self.system)
        rows.loc[point, "x"], rows.loc[point, "y"] = x, y
        bounds = _boundaries(self.gemeenten)
        if bounds is None:
            names = dutch.join(list(self.gemeenten))
            why = f"de grenzen van {names} zijn er niet" if names else "de gemeente is niet gegeven"
            return [Fault(f"wij zochten geen buurt bij de punten: {why}.")]
        found = locate.place(x, y, bounds).set_axis(given.index)
        said = given["buurt"]
        rows.loc[point, "buurt"] = said.where(said.notna(), found["buurt"])
        other = said.notna() & found["buurt"].notna() & (said != found["buurt"])
        lost = found["buurt"].isna() & said.isna()
        near = int((lost & (found["afstand"] <= locate.NEAR)).sum())
        edge = f"; {near} daarvan binnen {locate.NEAR:.0f} meter van een buurt" if near else ""
        return [
            *_note(other, "in een andere buurt dan er staat. Wat er staat, geldt"),
            *_note(found["twee"], "in twee buurten. Zo'n punt telt één keer"),
            *_note(lost, f"in geen enkele buurt{edge}. Zo'n punt telt in geen buurt mee"),
        ]

    def _addresses(self, rows: pd.DataFrame, faults: Faults) -> pd.Series:
        """Return the buurt of addresses, from the address file of the pilot."""
        nothing = pd.Series(None, rows.index, "str")
        if self.addresses is None or not self.gemeenten:
            words = (
                "de buurt van een postcode is alleen te vinden met het adressenbestand van de "
                "pilot. Dat is er niet. Vul de buurt in."
            )
            faults.add(words, "postcode", rows.index)
            return nothing
        try:
            known = addresses.read(self.addresses, self.gemeenten)
        except Fout as fout:
            faults.add(f"het adressenbestand van de pilot is niet te lezen. {fout}", "postcode")
            return nothing
        if not {"postcode", "huisnummer"} <= set(known):
            words = "het adressenbestand van de pilot heeft geen postcode en huisnummer."
            faults.add(f"{words} Vul de buurt in.", "postcode", rows.index)
            return nothing
        if "buurt" not in known:
            at = locate.place(
                known["x"].to_numpy(), known["y"].to_numpy(), _boundaries(self.gemeenten)
            )
            known = known.assign(buurt=at["buurt"].to_numpy())
        known = known.dropna(subset=["buurt"]).drop_duplicates(["postcode", "huisnummer"])
        number = rows["huisnummer"].str.extract(r"^(\d+)")[0].astype("int64")
        wanted = pd.MultiIndex.from_arrays([rows["postcode"], number])
        buurt = known.set_index(["postcode", "huisnummer"])["buurt"].reindex(wanted)
        found = pd.Series(buurt.to_numpy(), rows.index, "str")
        words = "dit adres staat niet in het adressenbestand van de pilot. Vul de buurt in."
        faults.add(words, "postcode", rows.index[found.isna()])
        return found


def _note(rows: pd.Series, words: str) -> list[Fault]:
    """Return one note for all points of which the same is to be said."""
    where = rows.index[rows.fillna(False).astype(bool)]
    many = dutch.plural(len(where), "punt ligt", "punten liggen")
    return [Fault(f"{many} {words}: {which(where)}.")] if len(where) else []
