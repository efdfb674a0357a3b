"""Codes change: figures of one year in the buurten of another, and taakvelden across years."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wijkboek_utils import sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.regions import INHABITANTS

if TYPE_CHECKING:
    import geopandas

# CBS, per buurt and year: 1 unchanged, 2 another code for the same area, 3 another boundary.
CHANGE = "IndelingswijzigingGemeenteWijkBuurt"
_RECODED, _MOVED = 2, 3
_SLIVER = 0.02  # overlap smaller than this part of both areas is drawing, not a change
_SAME = 0.95  # overlap larger than this part of both areas together is the same area


def by_shape(old: "geopandas.GeoDataFrame", new: "geopandas.GeoDataFrame") -> pd.DataFrame:
    """Return which part of each old buurt lies in which new one, by area of land and water.

    Both have `buurt` and `geometry` in the same metres. Columns: `van`, `naar`, `gewicht` (the
    weights of an old buurt add up to 1) and `methode` (`gelijk`; `oppervlak` where areas differ;
    `vervallen` for an old buurt that lies in none of the new ones: its `naar` is missing).
    """
    import geopandas

    left = old[["buurt", "geometry"]].rename(columns={"buurt": "van"})
    right = new[["buurt", "geometry"]].rename(columns={"buurt": "naar"})
    parts = geopandas.overlay(left, right, how="intersection", keep_geom_type=True)
    shared = parts.geometry.area
    whole_old = parts["van"].map(left.set_index("van").area)
    whole_new = parts["naar"].map(right.set_index("naar").area)
    parts = pd.DataFrame({"van": parts["van"], "naar": parts["naar"], "deel": shared / whole_old})
    same = (shared / (whole_old + whole_new - shared)) > _SAME
    parts["methode"] = np.where(same, "gelijk", "oppervlak")
    parts = parts[(shared / np.minimum(whole_old, whole_new)) > _SLIVER]
    # Where the area is the same, slivers of the neighbours are no part of it.
    whole = parts.loc[parts["methode"] == "gelijk", "van"]
    parts = parts[(parts["methode"] == "gelijk") | ~parts["van"].isin(whole)]
    lost = pd.DataFrame({"van": left.loc[~left["van"].isin(parts["van"]), "van"]})
    lost = lost.assign(naar=None, deel=1.0, methode="vervallen")
    parts = pd.concat([parts, lost], ignore_index=True) if len(lost) else parts
    parts["gewicht"] = parts["deel"] / parts.groupby("van")["deel"].transform("sum")
    return parts[["van", "naar", "gewicht", "methode"]].sort_values(
        ["van", "naar"], ignore_index=True
    )


def by_code(old: pd.DataFrame, new: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame | None:
    """Return the same as `by_shape` from codes alone, or None when they cannot tell.

    `old` and `new` have `gebied` and `naam` of the buurten of two years; `changes` has `gebied` and
    `waarde`, what CBS says of the years in between. Where a boundary moved, shapes are needed; a
    buurt with another code is the one with the same name that lost its code. A code can go from
    one buurt to another: it is kept only where CBS does not call it new.
    """
    said = changes[changes["gebied"].astype("str").str.startswith("BU")]
    if (said["waarde"] == _MOVED).any():  # also of a code that has gone since: who knows into what
        return None
    recoded = set(said.loc[said["waarde"] == _RECODED, "gebied"])
    kept = (set(old["gebied"]) & set(new["gebied"])) - recoded
    if len(kept) == len(old) == len(new):
        both = pd.Series(sorted(kept), dtype="str")
        return pd.DataFrame({"van": both, "naar": both, "gewicht": 1.0, "methode": "gelijk"})
    gone = old[~old["gebied"].isin(kept)]
    come = new[~new["gebied"].isin(kept)]
    pairs = gone.merge(come[come["gebied"].isin(recoded)], on="naam", suffixes=("_oud", "_nieuw"))
    if len(pairs) != len(gone) or len(pairs) != len(come) or pairs["naam"].duplicated().any():
        return None
    links = pd.DataFrame(
        {
            "van": [*sorted(kept), *pairs["gebied_oud"]],
            "naar": [*sorted(kept), *pairs["gebied_nieuw"]],
        }
    )
    return links.assign(gewicht=1.0, methode="gelijk")


def convert(rows: pd.DataFrame, links: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the figures of buurten in the buurten of another year.

    `rows` as `cbs.read_kwb`, of one year; `links` as `by_shape`; `names` the new names by code.
    Counts are added up by weight, so that their sum stays; averages and shares are weighted by
    inhabitants. A figure of which a part is unknown is unknown, and so is one of a buurt that no
    old one lies in. Adds `omgerekend`: whether the figure is an estimate by area.
    """
    parts = rows[rows["soort"] == "Buurt"].merge(links, left_on="gebied", right_on="van")
    topics = sources.read_project_table("onderwerpen").drop_duplicates("onderwerp")
    additive = set(topics.loc[topics["optelbaar"] == "ja", "onderwerp"])
    is_sum = parts["onderwerp"].isin(additive)
    weight = parts["gewicht"].where(is_sum, _people(rows, parts))
    value = parts["waarde"].where(is_sum | (weight != 0), 0.0)
    parts = parts.assign(
        gewicht=weight, product=value * weight, omgerekend=parts["methode"] == "oppervlak"
    )
    found = parts.groupby(["naar", "onderwerp"]).agg(
        product=("product", lambda part: part.sum(skipna=False)),
        gewicht=("gewicht", "sum"),
        omgerekend=("omgerekend", "any"),
    )
    average = found["product"] / found["gewicht"].replace(0, np.nan)
    sums = found.index.get_level_values("onderwerp").isin(additive)
    found["waarde"] = found["product"].where(sums, average)
    facts = rows.drop_duplicates("onderwerp").set_index("onderwerp")[["jaar", "eenheid", "bron"]]
    every = pd.MultiIndex.from_product([names.index, facts.index], names=["gebied", "onderwerp"])
    table = found[["waarde", "omgerekend"]].reindex(every).reset_index().join(facts, "onderwerp")
    table = table.assign(
        soort="Buurt", naam=table["gebied"].map(names), omgerekend=table["omgerekend"].eq(True)
    )
    return table[list(dict.fromkeys([*rows.columns, "omgerekend"]))]


def _people(rows: pd.DataFrame, parts: pd.DataFrame) -> pd.Series:
    """Return how much each part counts in an average: by inhabitants, missing when not known."""
    people = rows[rows["onderwerp"] == INHABITANTS].set_index("gebied")["waarde"]
    inhabitants = parts["gebied"].map(people) * parts["gewicht"]
    # An average over nobody says nothing of the others, and counts only beside its like.
    weight = inhabitants.mask(inhabitants == 0, 1e-9 * parts["waarde"].notna())
    alone = parts.groupby(["naar", "onderwerp"])["van"].transform("size") == 1
    return weight.mask(alone, 1.0)


def taakveld_groups() -> pd.DataFrame:
    """Return which taakvelden of which years are about the same money.

    Columns: `groep`, `naam`, `taakveld`, `van`, `tot` (years), `reden`. A taakveld that is not in
    the table kept its code and meaning in every year: it is its own group.
    """
    return sources.read_project_table("taakveldgroepen")


@cache
def groups_of_year(jaar: int) -> dict[str, tuple[str, str]]:
    """Return by taakveld the group that it is compared in, and the name of that.

    Raises Fout when a taakveld stands in two groups of the year.
    """
    groups, found = taakveld_groups(), dict[str, tuple[str, str]]()
    for row in groups.itertuples():
        if int(row.van) <= jaar <= int(row.tot or "9999"):
            if row.taakveld in found:
                raise Fout(f"taakveldgroepen.csv: {row.taakveld} staat in {jaar} in twee groepen.")
            found[row.taakveld] = (row.groep, row.naam)
    return found


def comparable(accounts: pd.DataFrame, jaar: int) -> pd.DataFrame:
    """Return municipal accounts by group of taakvelden, to set beside another year.

    `accounts` as `iv3.read`. Columns: `groep`, `naam`, `lasten`, `baten`; sums are kept. Within a
    group money moved between codes, and no year has both: only the group can be compared.
    Raises Fout when a taakveld stands in two groups of the year.
    """
    known = groups_of_year(jaar)
    told = dict(zip(accounts["taakveld"], accounts["naam"], strict=True))
    if len(told) < len(accounts):
        raise ValueError("a taakveld stands in the accounts twice")
    groups = [known.get(taakveld, (taakveld, naam)) for taakveld, naam in told.items()]
    codes = pd.Series([code for code, _ in groups], accounts.index, dtype="str", name="groep")
    sums = accounts.groupby(codes)[["lasten", "baten"]].sum().reset_index()
    names = {code: naam for code, naam in groups[::-1] if pd.notna(naam)}
    sums.insert(1, "naam", sums["groep"].map(names))
    return sums
