"""Aandachtswijken: whether an area is on a list of the Rijk, and how such wijken differ."""

from collections.abc import Collection

import pandas as pd

from wijkboek_utils import dutch, neighbours, regions, show, sources
from wijkboek_utils.dutch import NBSP
from wijkboek_utils.regions import INHABITANTS
from wijkboek_utils.remember import remembered
from wijkboek_utils.show import Html

LISTS = {
    "vogelaar-2007": "de veertig aandachtswijken van 2007 (Vogelaarwijken)",
    "nplv-2022": "de twintig gebieden van het programma Leefbaarheid en Veiligheid (2022)",
}
FEW = 10  # areas of a group that are needed to say anything of it


def attention() -> pd.DataFrame:
    """Return the aandachtswijken: `lijst`, `naam`, `gemeente`, `codes` (list), `bron`.

    `codes` are ours, matched by name; empty where we do not know which CBS areas are meant.
    """
    rows = sources.read_project_table("aandachtswijken")
    codes = [[c for c in cell.split(";") if c] for cell in rows["codes"]]
    return rows.assign(codes=codes)[["lijst", "naam", "gemeente", "codes", "bron"]]


def listed(gebied: pd.DataFrame, inwoners: pd.Series, gemeenten: Collection[str]) -> pd.DataFrame:
    """Return each list with the part of an area that is on it: `lijst`, `aandeel`, `namen`,
    `onbekend`.

    `gebied` as `regions.weights`, `inwoners` by buurt, `gemeenten` names. `aandeel` is of the
    inhabitants, `namen` are what the list calls it, `onbekend` the names in these gemeenten of
    which we do not know the CBS areas.
    """
    area = gebied[gebied["gewicht"] > 0].dropna(subset="wijk")
    people = area["buurt"].map(inwoners).fillna(0.0) * area["gewicht"]
    found = []
    for lijst, rows in attention().groupby("lijst", sort=False):
        here = rows[rows["gemeente"].isin(gemeenten)]
        hit = pd.Series(False, index=area.index)
        names = []
        for row in here.itertuples():
            inside = regions.inside(area["buurt"], row.codes)
            names += [row.naam] if inside.any() else []
            hit |= inside
        unknown = here.loc[~here["codes"].map(bool), "naam"].tolist()
        share = people[hit].sum() / people.sum() if people.sum() else float(hit.any())
        found.append({"lijst": lijst, "aandeel": share, "namen": names, "onbekend": unknown})
    return pd.DataFrame(found)


def listed_sentence(lists: pd.DataFrame, naam: str) -> str:
    """Say whether the area is on a list, as far as we know; `lists` as `listed`."""
    parts = []
    for row in lists.itertuples():
        words = LISTS[row.lijst]
        if row.aandeel > 0.95:
            parts.append(f"{naam} hoort bij {words}.")
        elif row.aandeel > 0:
            share = dutch.percent(row.aandeel)
            parts.append(f"Van de inwoners van {naam} woont {share} in een van {words}.")
        elif row.onbekend:
            names = dutch.join([f"«{n}»" for n in row.onbekend])
            parts.append(
                f"Of {naam} bij {words} hoort, weten wij niet: de grens van {names} kennen wij "
                "niet."
            )
        else:
            parts.append(f"{naam} hoort niet bij {words}.")
    return " ".join(parts)


@remembered()
def of_years(jaren: tuple[int, ...]) -> pd.DataFrame:
    """Return `groups` of all wijken whose figures we hold in some years: the same for any area."""
    return groups(neighbours.others("WK", jaren))


def groups(anderen: pd.DataFrame, lijst: str = "vogelaar-2007") -> pd.DataFrame:
    """Return attention wijken beside the other wijken of the same gemeenten, one row an indicator.

    Columns: `indicator`, and `n_`, `laag_`, `midden_` and `hoog_` of those on it (`wel`) and not
    (`niet`).
    `anderen` as `neighbours.others`, of which the year with the most wijken counts. Only gemeenten
    of which we know all areas on the list; a wijk that is on it for a part is in neither group. Too
    small wijken are left out.
    """
    rows = attention()
    rows = rows[rows["lijst"] == lijst]
    complete = rows.groupby("gemeente")["codes"].apply(lambda cells: all(map(bool, cells)))
    codes = {c for cells in rows["codes"] for c in cells}
    partly = {"WK" + c[2:8] for c in codes if c[:2] == "BU"}
    size = anderen.groupby("jaar").size().sort_index(ascending=False)
    anderen = anderen[anderen["jaar"] == (size.idxmax() if len(size) else None)]
    pool = anderen[anderen["gemeente"].map(complete).fillna(False).astype(bool)]
    pool = pool[(pool[INHABITANTS] >= neighbours.SMALLEST) & ~pool["gebied"].isin(partly)]
    on = pool["gebied"].isin(codes)
    figures = neighbours.values(pool)
    found = pd.DataFrame(index=pd.Index(figures.columns, name="indicator"))
    for word, part in (("wel", figures[on]), ("niet", figures[~on])):
        found[f"n_{word}"] = part.count()
        found[f"laag_{word}"], found[f"hoog_{word}"] = part.min(), part.max()
        found[f"midden_{word}"] = part.median()
    return found[(found["n_wel"] > 0) & (found["n_niet"] > 0)].reset_index()


def groups_sentence(compared: pd.DataFrame) -> str:
    """Say what sets attention wijken apart, or that there are too few; `compared` as `groups`."""
    if compared.empty:
        return "Van aandachtswijken en andere wijken hebben wij geen cijfers naast elkaar."
    n_on, n_off = int(compared["n_wel"].max()), int(compared["n_niet"].max())
    counted = (
        f"Wij hebben cijfers van {dutch.plural(n_on, 'aandachtswijk', 'aandachtswijken')} en van "
        f"{dutch.plural(n_off, 'andere wijk', 'andere wijken')} in dezelfde gemeenten."
    )
    enough = compared[(compared["n_wel"] >= FEW) & (compared["n_niet"] >= FEW)]
    if enough.empty:
        return f"{counted} Dat zijn er te weinig voor een conclusie."
    apart = enough[
        (enough["midden_wel"] > enough["hoog_niet"]) | (enough["midden_wel"] < enough["laag_niet"])
    ]
    if apart.empty:
        return f"{counted} De middelste aandachtswijk ligt op geen enkel cijfer buiten de andere."
    names = dutch.join([n[0].lower() + n[1:] for n in apart["indicator"]])
    return f"{counted} De middelste aandachtswijk ligt buiten alle andere bij: {names}."


def groups_table(compared: pd.DataFrame) -> Html:
    """Return attention wijken beside others: median, range and number of both."""
    known = [neighbours.indicators()[str(name)] for name in compared["indicator"]]

    def spread(word: str) -> list[str]:
        columns = [compared[f"{c}_{word}"] for c in ("midden", "laag", "hoog")]
        return [
            f"{i.words(m)} ({i.words(a)}{NBSP}–{NBSP}{b})"
            for i, m, a, b in (
                (i, m, a, i.words(b)) for i, m, a, b in zip(known, *columns, strict=True)
            )
        ]

    frame = pd.DataFrame(
        {
            "Cijfer": [f"{i.naam}, {i.eenheid}" for i in known],
            "Aandachtswijken": spread("wel"),
            "Andere wijken": spread("niet"),
            "Hoeveel": [f"{r.n_wel} en {r.n_niet}" for r in compared.itertuples()],
        }
    )
    right = ["Aandachtswijken", "Andere wijken"]
    return show.table(
        frame,
        "Aandachtswijken van 2007 en andere wijken in dezelfde gemeenten",
        dict.fromkeys(right, str),
        note="De middelste wijk, met de laagste en de hoogste. De koppeling aan wijken van CBS is "
        "de onze.",
    )
