"""The gebied of a pilot as weights over buurten, by the best that is known of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from wijkboek_utils import addresses, areas, dutch, pdok, regions, shapes, sources
from wijkboek_utils.cutouts import Cutout
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.local import locate
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.regions import INHABITANTS, gemeente_of

if TYPE_CHECKING:
    import geopandas

_HOMES = "HuishoudensTotaal"
_TOPICS = [INHABITANTS, _HOMES, "BedrijfsvestigingenTotaal"]
_TOO_FEW = 0.25  # addresses for each household: with fewer the file is not of the whole buurt


def boundaries(years: Mapping[str, int]) -> "geopandas.GeoDataFrame":
    """Return the boundaries of some gemeenten, each of its own year, as `pdok.read_boundaries`."""
    parts = [pdok.read_boundaries(gemeente, jaar) for gemeente, jaar in years.items()]
    return pd.concat(parts).sort_values("buurt", ignore_index=True)


def spreads(indicatoren: pd.DataFrame, grenzen: "geopandas.GeoDataFrame") -> pd.Series:
    """Return how far each method is off in these gemeenten, as `areas.spreads`."""
    return areas.spreads(_counts(indicatoren), grenzen)


def gebied(
    pilot: Pilot, indicatoren: pd.DataFrame, grenzen: "geopandas.GeoDataFrame"
) -> pd.DataFrame:
    """Return the gebied of a pilot: `buurt`, `naam`, `wijk`, `gewicht`, `methode`, `fout`.

    `indicatoren` as `cbs.indicators` and `grenzen` as `boundaries`, of all gemeenten of the pilot.
    Every buurt of these has a row, and so has what belongs to no buurt. Raises Fout when a code,
    postcode, street or number is not there, or when the gebied holds nothing.
    """
    cut = pilot.uitsnede
    buurten = indicatoren.loc[indicatoren["soort"] == "Buurt", ["gebied", "naam"]]
    buurten = buurten.drop_duplicates("gebied", keep="last").rename(columns={"gebied": "buurt"})
    if cut is None:
        return regions.weights(buurten, pilot.codes)
    off = spreads(indicatoren, grenzen)
    if cut.adressen:
        found = _by_address(cut, _counts(indicatoren), grenzen, off, pilot.jaar)
    else:
        share = areas.by_shape(shapes.read(_path(cut.vorm)), grenzen)
        found = areas.weighed(share, areas.error(share, off[areas.AREA]), areas.AREA)
    if not (found["gewicht"] > 0).any():
        raise Fout(
            f"{pilot.naam}: in {cut.words} ligt geen enkele buurt, ook niet voor een deel. Maak "
            "het gebied groter."
        )
    return regions.with_weights(regions.table(buurten), found)


def _counts(indicatoren: pd.DataFrame) -> pd.DataFrame:
    rows = indicatoren[indicatoren["onderwerp"].isin(_TOPICS)]
    return regions.wide(rows)


def _path(path: Path | None) -> Path:
    assert path is not None
    return path


def _by_address(
    cut: Cutout,
    counts: pd.DataFrame,
    grenzen: "geopandas.GeoDataFrame",
    off: pd.Series,
    jaar: int,
) -> pd.DataFrame:
    """Return the weights of a shape, postcodes or streets by the dwellings or addresses in it."""
    path = _path(cut.adressen)
    where = sources.shown(path)
    rows = addresses.read(path, cut.gemeenten)
    if "buurt" not in rows:
        rows["buurt"] = locate.place(rows["x"], rows["y"], grenzen)["buurt"]
    _check_buurten(rows["buurt"], grenzen["buurt"], jaar, where)
    inside = _within(rows, cut.vorm, where) if cut.vorm else addresses.chosen(rows, cut, where)
    method = areas.ADDRESSES
    if "woning" in rows:
        method, inside, rows = areas.DWELLINGS, inside[rows["woning"]], rows[rows["woning"]]
    shares = areas.by_count(inside, rows["buurt"])
    _check_whole(shares, counts, where)
    fout = areas.error(shares["gewicht"], off[method], shares["n"])
    return areas.weighed(shares["gewicht"], fout, method)


def _within(rows: pd.DataFrame, vorm: Path, where: str) -> pd.Series:
    """Return which addresses lie in the shape of a pilot."""
    import shapely

    if not {"x", "y"} <= set(rows):
        raise Fout(
            f"{where}: bij een vorm hoort van elk adres de plaats, in de kolommen x en y (RD). "
            "Laat adressen anders weg: dan rekenen wij met oppervlak."
        )
    shape = shapes.read(vorm)
    shapely.prepare(shape)
    return pd.Series(shapely.intersects_xy(shape, rows["x"], rows["y"]), index=rows.index)


def _check_buurten(codes: pd.Series, known: pd.Series, jaar: int, where: str) -> None:
    """Raise Fout when the file has buurten of another year than the books."""
    wrong = codes.notna() & ~codes.isin(known)
    if wrong.any():
        row, code = wrong.idxmax(), str(codes[wrong].iloc[0])
        near = did_you_mean(code, [b for b in known if gemeente_of(b) == gemeente_of(code)])
        raise Fout(
            f"{where}, rij {row}: buurt {code} bestaat niet in de cijfers voor {jaar}.{near} "
            f"Gebruik het adresbestand met de buurten van {jaar}."
        )


def _check_whole(shares: pd.DataFrame, counts: pd.DataFrame, where: str) -> None:
    """Raise Fout when the file lacks most addresses of a buurt that lies partly in the gebied."""
    homes = counts[_HOMES].reindex(shares.index)
    lacking = (shares["gewicht"] > 0) & (shares["n"] < _TOO_FEW * homes)
    if lacking.any():
        buurt = lacking.idxmax()
        there = dutch.plural(shares.loc[buurt, "n"], "adres", "adressen")
        raise Fout(
            f"{where}: van buurt {buurt} heeft het {there}, maar CBS telt er "
            f"{dutch.number(homes[buurt])} huishoudens. Een deel van een buurt kennen wij pas als "
            "het bestand alle adressen van die buurt heeft."
        )
