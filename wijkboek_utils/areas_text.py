"""What a reader sees of how a gebied was made of buurten."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wijkboek_utils import areas, dutch, passports, regions, shapes, show, sources
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.show import Html

if TYPE_CHECKING:
    import geopandas

_LITTLE = 0.01  # of a shape: what borders that are off leave out
_WAYS = {
    areas.DWELLINGS: "woningen",
    areas.ADDRESSES: "adressen",
    areas.AREA: "oppervlak",
}
_HOW = {
    areas.DWELLINGS: "Wij telden per buurt welk deel van de woningen erin ligt, met {file}.",
    areas.ADDRESSES: "Wij telden per buurt welk deel van de adressen erin ligt, met {file}.",
    areas.AREA: "Wij maten per buurt welk deel van de grond erin ligt. Daarbij telt een strook "
    "van 30 meter langs de grens niet mee: zo precies zijn de grenzen niet.",
}


def sentence(pilot: Pilot, gebied: pd.DataFrame) -> str:
    """Return how the gebied was made of buurten, and how far that can be off."""
    if pilot.uitsnede is None:
        return f"Het gebied is gekozen als {pilot.omschrijving}. Elke buurt hoort er helemaal bij."
    return f"Het gebied is {pilot.omschrijving}. {_cut(pilot, gebied)}"


def _cut(pilot: Pilot, gebied: pd.DataFrame) -> str:
    """Return which buurten lie in a cut-out for a part, and how sure those parts are."""
    inside = gebied[(gebied["gewicht"] > 0) & ~regions.is_rest(gebied["buurt"])]
    cut = inside[inside["methode"] != regions.WHOLE]
    if cut.empty or pilot.uitsnede is None:
        return "De grens volgt die van buurten: elke buurt hoort er helemaal bij."
    method = str(cut["methode"].iloc[0])
    file = pilot.uitsnede.adressen.name if pilot.uitsnede.adressen else ""
    most = cut.loc[cut["fout"].abs().idxmax()]
    many = dutch.plural(len(cut), "buurt ligt", "buurten liggen")
    return (
        f"{many} voor een deel in het gebied. {_HOW[method].format(file=file)} Mensen wonen niet "
        f"overal even dicht. Daarom is zo'n deel onzeker. Het minst zeker is {most['naam']}: "
        f"daarvan ligt waarschijnlijk {_range(most['gewicht'], most['fout'])} in het gebied."
    )


def made(pilot: Pilot, gebied: pd.DataFrame, kaart: "geopandas.GeoDataFrame") -> Html:
    """Return how a gebied was cut out of buurten, with a table and its passport.

    `kaart` has `geometry` and `bron` of all buurten of its gemeenten. Nothing for a gebied that was
    chosen by codes or a name: what the report says of itself is all there is to say then.
    """
    if pilot.uitsnede is None:
        return Html("")
    formula = "Welk deel van de woningen, adressen of grond van een buurt in het gebied ligt"
    passport = passports.of_sources(
        "Delen van buurten", sources.ids(kaart["bron"]), formula, "deze delen"
    )
    text = show.text(f"{_cut(pilot, gebied)} {outside(pilot, kaart)}".strip())
    return text + table(gebied, pilot.naam) + passports.fold([passport])


def outside(pilot: Pilot, kaart: "geopandas.GeoDataFrame") -> str:
    """Return how much of a drawn gebied lies in no buurt that we know; nothing when none does."""
    import shapely

    if pilot.uitsnede is None or pilot.uitsnede.vorm is None:
        return ""
    shape = shapes.read(pilot.uitsnede.vorm)
    known = shapely.buffer(shapely.union_all(kaart.geometry.to_numpy()), areas.MARGIN)
    share = shapely.area(shapely.difference(shape, known)) / shape.area
    if share < _LITTLE:
        return ""
    return (
        f"Van het vlak ligt {dutch.percent(share)} buiten alle buurten die wij kennen: op het "
        "water, of in een gemeente waarvan wij geen cijfers hebben. Dat deel telt niet mee."
    )


def table(gebied: pd.DataFrame, naam: str) -> Html:
    """Return the buurten of a gebied: how much of each lies in it, how sure that is, and how."""
    rows = gebied[gebied["gewicht"] > 0]
    part = rows["gewicht"].where(rows["methode"] != regions.WHOLE)
    frame = pd.DataFrame(
        {
            "Buurt": rows["naam"],
            "Code": rows["buurt"],
            "Deel in het gebied": [dutch.percent(w) for w in rows["gewicht"]],
            "Waarschijnlijk tussen": [
                _range(w, f) for w, f in zip(part, rows["fout"], strict=True)
            ],
            "Bepaald met": [_WAYS.get(m, "de hele buurt") for m in rows["methode"]],
        }
    )
    right = ["Deel in het gebied", "Waarschijnlijk tussen"]
    return show.table(frame, f"De buurten van {naam}", dict.fromkeys(right, str))


def _range(weight: float, fout: float) -> str:
    if not dutch.is_known(weight):
        return "zeker"
    low, high = weight - dutch.Z90 * abs(fout), weight + dutch.Z90 * abs(fout)
    return dutch.percents(max(low, 0.0), min(high, 1.0))


def inhabitants(gebied: pd.DataFrame, inwoners: pd.Series, pilot: Pilot) -> pd.DataFrame:
    """Return the inhabitants of the gebied, of the rest and of both: `waar`, `inwoners`, `se`.

    `inwoners` by buurt; a buurt without a figure is left out.
    """
    buurten = gebied.loc[~regions.is_rest(gebied["buurt"]), ["buurt", "naam"]]
    whole = regions.weights(buurten, pilot.gemeenten)
    parts = [
        (f"In {pilot.naam}", gebied),
        ("In de rest", areas.rest(whole, gebied)),
        (f"Samen: heel {pilot.gemeentenaam}", whole),
    ]
    people = inwoners.reindex(buurten["buurt"])
    rows = []
    for name, part in parts:
        table = part.set_index("buurt").reindex(people.index)
        count = (table["gewicht"] * people).sum(min_count=1)
        se = float(np.sqrt(((table["fout"] * people) ** 2).sum()))
        rows.append([name, count, se])
    return pd.DataFrame(rows, columns=["waar", "inwoners", "se"])


def divided(gebied: pd.DataFrame, inwoners: pd.Series, pilot: Pilot) -> Html:
    """Return `inhabitants` as a table; a note counts the buurten without a figure."""
    rows = inhabitants(gebied, inwoners, pilot)
    frame = pd.DataFrame(
        {
            "Waar": rows["waar"],
            "Inwoners": [dutch.estimate(r.inwoners, r.se) for r in rows.itertuples()],
            "Waarschijnlijk": [_likely(r.inwoners, r.se) for r in rows.itertuples()],
        }
    )
    buurten = gebied.loc[~regions.is_rest(gebied["buurt"]), "buurt"]
    blank = int(inwoners.reindex(buurten).isna().sum())
    note = f"Zonder cijfer: {dutch.plural(blank, 'buurt', 'buurten')}." if blank else ""
    title, right = "Het gebied en de rest zijn samen het geheel", ["Inwoners", "Waarschijnlijk"]
    return show.table(frame, title, dict.fromkeys(right, str), note)


def _likely(value: float, se: float) -> str:
    low, high = max(value - dutch.Z90 * se, 0.0), value + dutch.Z90 * se
    return f"{dutch.estimate(low, se)} tot {dutch.estimate(high, se)}" if se else "zeker"
