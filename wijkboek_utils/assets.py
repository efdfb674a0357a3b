"""The register of what a wijk has, in nine kinds: how much, per inhabitant, and who holds it.

What a wijk has comes before what it lacks (asset-based community development: Kretzmann & McKnight
1993, Building Communities from the Inside Out). A kind of which nothing is known is one to count.
"""

import numpy as np
import pandas as pd

from wijkboek_utils import green, keys, ledger, protect, regions, sources, views
from wijkboek_utils.dutch import Z90
from wijkboek_utils.kengetallen import Kengetallen

KINDS = {
    "vakmanschap": "Vakmanschap",
    "ondernemende kracht": "Ondernemende kracht",
    "groen": "Groen",
    "gebouwen": "Gebouwen",
    "kennis": "Kennis",
    "onderwijs": "Onderwijs",
    "zorg": "Zorg",
    "cultuur": "Cultuur",
    "historie": "Historie",
}
PEOPLE = "mensen"  # the inhabitants, to compute per inhabitant; no voorraad of their own
MEAN = "gemiddelde"  # a quantity times inhabitants: only per inhabitant does it mean anything
COLUMNS = ["voorraad", *green.COLUMNS, "telt", "samen", "wijze", "richting", "waarde_eenheid"]
_TYPES = dict.fromkeys(["soort", "kengetal", "bron", "samen", "waarde_eenheid"], "str")
_TYPES |= dict.fromkeys(["hoeveelheid", "se", "laag", "hoog"], "float64")
_TYPES |= dict.fromkeys(["jaar", "bronjaar"], "Int64")
ONCE, YEARLY = "euro", "euro per jaar"
_WOZ = 0.05  # what a WOZ value of a buurt is held to be off, as a share; our judgement
_MOST = 4  # kinds of one thing that are listed apart; of more the sum
_CLEAR = 1.1  # times the gemeente: less is no difference that people would see
_HALF = 0.5  # of the inhabitants of a gemeente: of fewer known it says nothing of the gemeente
_ITEM = ["voorraad", "naam"]


def register(
    indicatoren: pd.DataFrame, voorraden: pd.DataFrame, kengetallen: Kengetallen, jaar: int
) -> pd.DataFrame:
    """Return what is there per buurt of one gemeente: the columns `COLUMNS`.

    `indicatoren` as `cbs.indicators`, by the rules of `voorraden.csv`; `voorraden` what was
    contributed: `voorraad`, `green.COLUMNS`, `telt`, `samen` and `waarde` in EUR. `laag` and
    `hoog` are an imputed value in `waarde_eenheid`: of a kengetal, of the WOZ, or as contributed.
    `wijze` is `som`, or `gemiddelde` (the quantity is one of each inhabitant, times inhabitants);
    `richting` says whether more (`hoog`) or less (`laag`) is better to have.
    """
    rules = sources.read_project_table("voorraden")
    known = green.stock(indicatoren, None, kengetallen, jaar, rules)
    known = known[known["hoeveelheid"].notna()]
    facts = rules.drop_duplicates(["soort", "naam"])[["soort", "naam", "wijze", "richting", "telt"]]
    known = known.merge(facts, on=["soort", "naam"], how="left", validate="m:1")
    known = _by_formula(known, rules, keys.per_buurt(indicatoren)[1])
    known = known.assign(voorraad=known["soort"], soort=None, samen=None)
    types = {c: t for c, t in (_TYPES | {"waarde": "float64"}).items() if c in voorraden}
    given = _by_kengetal(_newest(voorraden.astype(types)), rules, kengetallen)
    table = pd.concat([known, _named(given)], ignore_index=True)[COLUMNS]
    return table.astype(_TYPES)


def _by_formula(rows: pd.DataFrame, rules: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return rows with a value where a rule has a formula for it, such as homes times their WOZ."""
    rows = rows.assign(waarde_eenheid=None)
    for rule in rules[rules["waarde"] != ""].itertuples():
        mine = (rows["soort"] == rule.soort) & (rows["naam"] == rule.naam) & rows["laag"].isna()
        values = keys.evaluate(rule.waarde, counts)
        if values is not None:
            value = rows.loc[mine, "buurt"].map(values).astype(float)
            rows.loc[mine, "laag"] = value * (1 - Z90 * _WOZ)
            rows.loc[mine, "hoog"] = value * (1 + Z90 * _WOZ)
            rows.loc[mine, "waarde_eenheid"] = ONCE
    return rows


def _by_kengetal(rows: pd.DataFrame, rules: pd.DataFrame, kengetallen: Kengetallen) -> pd.DataFrame:
    """Return contributed rows with the value of a kengetal where nobody gave another."""
    valued = rows["waarde"].notna()
    rows = rows.assign(
        laag=rows["waarde"],
        hoog=rows["waarde"],
        wijze="som",
        richting="hoog",
        waarde_eenheid=pd.Series(ONCE, rows.index, dtype=object).where(valued),
    )
    for rule in rules[rules["kengetal"] != ""].itertuples():
        mine = (rows["voorraad"] == rule.soort) & (rows["naam"] == rule.naam) & ~valued
        if mine.any():
            unit = kengetallen.get(rule.kengetal, rule.eenheid_kengetal)
            rows.loc[mine, "laag"] = rows.loc[mine, "hoeveelheid"] * unit.laag
            rows.loc[mine, "hoog"] = rows.loc[mine, "hoeveelheid"] * unit.hoog
            rows.loc[mine, ["kengetal", "waarde_eenheid"]] = [rule.kengetal, YEARLY]
    return rows


def _newest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return of each count in a buurt, or pool of buurten, the newest."""
    key = [*_ITEM, "soort", "eenheid", "buurt", "samen"]
    newest = rows.groupby(key, dropna=False)["jaar"].transform("max")
    return rows[rows["jaar"] == newest]


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Return contributed rows with their soort in the name, where there are few of them."""
    kinds = rows.groupby(_ITEM)["soort"].transform("nunique")
    apart = rows["soort"].notna() & (rows["soort"] != "") & (kinds <= _MOST)
    named = rows["naam"] + " (" + rows["soort"] + ")"
    trees = apart & rows["naam"].eq("Bomen") & rows["soort"].str.endswith("boom").fillna(False)
    named = named.mask(trees, rows["soort"].fillna("").map(green.plural))
    return rows.assign(naam=rows["naam"].where(~apart, named))


def trees(voorraden: pd.DataFrame) -> pd.DataFrame | None:
    """Return contributed counts of trees as `green.stock` takes them, or None when there are none.

    `status` is filled where a list has only trees of some status, such as monumental ones.
    """
    rule = sources.read_project_table("tellen").set_index("wat").loc["boom"]
    rows = _newest(voorraden[voorraden["naam"].str.lower() == rule["meervoud"]])
    rows = rows.dropna(subset="hoeveelheid")
    if rows.empty:
        return None
    status = rows["soort"].where(rows["soort"].isin(rule["status"].split(";")), "")
    found = rows.assign(status=status, aantal=rows["hoeveelheid"])
    return found[["buurt", "status", "aantal", "bron", "bronjaar"]].reset_index(drop=True)


def green_stock(
    indicatoren: pd.DataFrame, voorraden: pd.DataFrame, kengetallen: Kengetallen, jaar: int
) -> pd.DataFrame:
    """Return `green.stock` of one gemeente with the trees that people counted."""
    return green.stock(indicatoren, trees(voorraden), kengetallen, jaar)


def totals(rows: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return what is in an area; `rows` as `register`, `weights` by buurt.

    One row for each `voorraad` and `naam`, in the order of `KINDS`: the columns of `green.totals`,
    `wijze`, `richting`, `telt`, `waarde_eenheid`; `geteld` and `onbekend`, the buurten with and
    without a figure; `ten_minste` (there is more: a part is secret or not counted), `inwoners` of
    the buurten with a figure, and `per_inwoner` with its `se_per_inwoner`, missing below 50
    inhabitants. A value is missing when it is not known of all that was counted.
    """
    share = ledger.shares(weights)
    inside = share[(share > 0) & ~regions.is_rest(share.index.to_series())]
    part = rows[rows["voorraad"].isin(KINDS)]
    found = _sums(part, weights).join(_extent(rows, inside))
    found = found.join(part.groupby(_ITEM)[["wijze", "richting", "telt", "waarde_eenheid"]].first())
    found["geteld"] = found["geteld"].fillna(0).astype(int)
    found["onbekend"] = len(inside) - found["geteld"]
    # Where a count of people is left out nobody knows whose inhabitants to divide the others by.
    base = found["inwoners"].mask(found["ten_minste"])
    found["ten_minste"] |= (found["onbekend"] > 0) & (found["wijze"] != MEAN)
    found["inwoners"] = base
    for column in ("hoeveelheid", "se"):
        name = "per_inwoner" if column == "hoeveelheid" else "se_per_inwoner"
        found[name] = found[column] / base.where(base >= views.FEW)
    order = found.index.get_level_values("voorraad").map(list(KINDS).index)
    return found.iloc[np.argsort(order, kind="stable")].reset_index()


def here_and_there(rows: pd.DataFrame, gebied: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `totals` of an area and of its gemeente; `gebied` as the table of that name.

    Of an area that is the gemeente these are the same, and made once.
    """
    here = totals(rows, regions.area(gebied))
    if (gebied["gewicht"] == 1).all() and (gebied["fout"] == 0).all():
        return here, here.copy()
    return here, totals(rows, pd.Series(1.0, index=gebied["buurt"]))


def _sums(rows: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return the totals of an area by item: what is published of people is added as pools allow."""
    found = green.totals(rows, weights, tuple(_ITEM)).set_index(_ITEM)
    found = found.drop(columns="onbekend").assign(ten_minste=False)
    inside = rows["buurt"].map(ledger.shares(weights)).fillna(0.0) > 0
    unvalued = rows[inside & rows["laag"].isna() & (rows["hoeveelheid"] > 0)].groupby(_ITEM).size()
    found.loc[found.index.isin(unvalued.index), ["laag", "hoog"]] = np.nan
    persons = rows[rows["telt"] == PEOPLE].fillna({"soort": ""})
    if persons.empty:
        return found
    told = protect.area(persons, weights, [*_ITEM, "soort"]).sort_values("jaar")
    told = told.drop_duplicates([*_ITEM, "soort"], keep="last").groupby(_ITEM)
    sums = told["hoeveelheid"].sum(min_count=1).to_frame()
    sums["ten_minste"] = told["ten_minste"].any()
    shown = persons.sort_values("methode", key=lambda how: how == "geheim", kind="stable")
    facts = shown.groupby(_ITEM)[["eenheid", "methode", "houder", "bron", "bronjaar"]].first()
    told_of = sums.join(facts)
    told_of["methode"] = told_of["methode"].where(told_of["hoeveelheid"].notna(), "geheim")
    return pd.concat([found.drop(index=sums.index, errors="ignore"), told_of])


def _extent(rows: pd.DataFrame, inside: pd.Series) -> pd.DataFrame:
    """Return by item in how many buurten it is counted (`geteld`), and the `inwoners` of these."""
    people = rows[rows["voorraad"] == PEOPLE].set_index("buurt")["hoeveelheid"] * inside
    # A hidden count of people was counted too: it is in a sum with others, or in none.
    counted = rows["hoeveelheid"].notna() | (rows["methode"] == "geheim")
    newest = rows["jaar"] == rows.groupby([*_ITEM, "soort"], dropna=False)["jaar"].transform("max")
    counted &= newest | (rows["telt"] != PEOPLE)
    known = rows[counted & rows["buurt"].isin(inside.index)]
    known = known.drop_duplicates([*_ITEM, "buurt"])
    known = known.assign(inwoners=known["buurt"].map(people))
    groups = known.groupby(_ITEM)
    return pd.DataFrame({"geteld": groups.size(), "inwoners": groups["inwoners"].sum(min_count=1)})


def compare(items: pd.DataFrame, everywhere: pd.DataFrame) -> pd.DataFrame:
    """Return the items of an area with `gemeente` (per inhabitant there) and `sterk`.

    Both as `totals`. `sterk`: the area has more per inhabitant than the gemeente (or is nearer, for
    a distance), by a tenth and by more than the 90 % margin of the difference. The area is a part
    of the gemeente, so that its error counts less there. Missing where less than half of the
    people of the gemeente live where it was counted, and for the gemeente itself.
    """
    most = everywhere["inwoners"].max()
    there = everywhere[everywhere["inwoners"] >= _HALF * most].set_index(_ITEM)
    names = {"per_inwoner": "gemeente", "inwoners": "inwoners_daar", "se": "se_daar"}
    rows = items.join(there[[*names]].rename(columns=names), on=_ITEM)
    same = rows["inwoners"] >= rows["inwoners_daar"]
    rows["gemeente"] = rows["gemeente"].mask(same)
    inner, outer = 1 / rows["inwoners"], 1 / rows["inwoners_daar"]
    others = (rows["se_daar"] ** 2 - rows["se"] ** 2).clip(lower=0)
    margin = Z90 * np.sqrt((rows["se"] * (inner - outer)) ** 2 + others * outer**2)
    sign = rows["richting"].map({"hoog": 1.0, "laag": -1.0})
    more = sign * (rows["per_inwoner"] - rows["gemeente"])
    clear = np.where(sign > 0, _CLEAR, 1 / _CLEAR) * rows["gemeente"]
    rows["sterk"] = (more > margin) & (sign * (rows["per_inwoner"] - clear) > 0)
    return rows.drop(columns=["inwoners_daar", "se_daar"])


def leading(items: pd.DataFrame, everywhere: pd.DataFrame) -> pd.DataFrame:
    """Return for each kind the one item to draw; a kind of which nothing is known has no row.

    `items` as `compare`, `everywhere` as `totals` of the gemeente. What people counted themselves
    comes first, then what is known in the most buurten, then what is strong.
    """
    spread = everywhere.set_index(_ITEM)["geteld"]
    known = items[items["per_inwoner"].notna()]
    buurten = known.set_index(_ITEM).index.map(spread)
    known = known.assign(lokaal=known["methode"] == "lokaal", buurten=buurten)
    known = known.sort_values(["lokaal", "buurten", "sterk"], ascending=False, kind="stable")
    known = known.drop_duplicates("voorraad").drop(columns=["lokaal", "buurten"])
    order = known["voorraad"].map(list(KINDS).index).sort_values()
    return known.loc[order.index].reset_index(drop=True)


def per_buurt(rows: pd.DataFrame, gebied: pd.DataFrame, item: pd.Series) -> pd.DataFrame:
    """Return one item in every buurt: `buurt`, `naam`, `gewicht`, `hoeveelheid`, `per_inwoner`.

    `gebied` as the table of that name; missing where nobody counted, `per_inwoner` also where fewer
    than 50 people live.
    """
    kind, naam = (rows[column].to_numpy(object) for column in _ITEM)
    mine, people = (kind == item["voorraad"]) & (naam == item["naam"]), kind == PEOPLE
    table = gebied.loc[~regions.is_rest(gebied["buurt"]), ["buurt", "naam", "gewicht"]]
    counted, inhabitants = (_by_buurt(rows, some, table["buurt"]) for some in (mine, people))
    each = counted / np.where(inhabitants >= views.FEW, inhabitants, np.nan)
    return table.reset_index(drop=True).assign(hoeveelheid=counted, per_inwoner=each)


def _by_buurt(rows: pd.DataFrame, some: np.ndarray, buurten: pd.Series) -> np.ndarray:
    """Return the `hoeveelheid` of some rows in each of `buurten`; missing where nobody counted."""
    sums = dict.fromkeys(buurten, np.nan)
    columns = (rows[column].to_numpy()[some].tolist() for column in ("buurt", "hoeveelheid"))
    for buurt, value in zip(*columns, strict=True):
        if buurt in sums and not np.isnan(value):
            sums[buurt] = value + (0.0 if np.isnan(sums[buurt]) else sums[buurt])
    return np.array([*sums.values()], dtype=float)


def absent(items: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    """Return what nobody counted: the kinds without any figure, and the items that are counted in
    a part of the buurten only.
    """
    known = items[items["hoeveelheid"].notna() | items["ten_minste"]]
    kinds = [kind for kind in KINDS if kind not in set(known["voorraad"])]
    partly = known[(known["onbekend"] > 0) & (known["methode"] == "lokaal")]
    return kinds, partly
