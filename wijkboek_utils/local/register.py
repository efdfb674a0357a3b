"""What contributions bring beside money: assets, work, needs and offers, budgets, and whose it is.

Counts of people pass through `protect` before anybody sees them. An organisation has its name in
the report only where the contributor said that it may.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, green, protect, regions, sources
from wijkboek_utils.dominance import PROTECTED
from wijkboek_utils.errors import Fout
from wijkboek_utils.local import booking, cells, claims, counting, store
from wijkboek_utils.sources import Source

STOCK_KEY = ["voorraad", "soort", "naam", "eenheid"]
WORK_KEY = ["naam", "domein", "betaald", "wie"]
UNNAMED = "niet met naam"
_VALUE = {"waarde": "float64", "waarde_jaar": "Int64", "waarde_grond": "str", "toestand": "str"}
_STOCK = {
    "voorraad": "str",
    **dict.fromkeys(green.COLUMNS, "str"),
    **dict.fromkeys(["hoeveelheid", "se", "laag", "hoog"], "float64"),
    **dict.fromkeys(["jaar", "bronjaar"], "Int64"),
    "telt": "str",
    "samen": "str",
    **_VALUE,
}
_QUESTIONS = ["schaal_omlaag", "schaal_omhoog", "met_de_wijk", "vermogen"]
_WORK = {
    "buurt": "str",
    "jaar": "Int64",
    **dict.fromkeys(WORK_KEY, "str"),
    **dict.fromkeys(["uren", "mensen", "kosten"], "float64"),
    "taakveld": "str",
    **dict.fromkeys(_QUESTIONS, "str"),
    "toelichting": "str",
    "methode": "str",
    "samen": "str",
    "bron": "str",
    "bronjaar": "Int64",
}
_NAMES = {"vraag_aanbod": "organisatie", "budget": "houder", "activiteit": "trekker"}
_CONTRIBUTION = {
    **dict.fromkeys(["bron", "kind", "titel", "bijdrager", "datum", "methode", "licentie"], "str"),
    **dict.fromkeys(["rijen", "in_geen_buurt", "geboekt", "niet_geboekt"], "Int64"),
    **dict.fromkeys(["redenen", "bewaren_tot", "staat"], "str"),
}
RELEASED = "uitgegeven"  # a file beside the contributions: which figures a report published
_Counted = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
_STOCK_TABLE, _WORK_TABLE = "voorraden", "lokaal_werk"
_RELEASED = ["tabel", *dict.fromkeys([*STOCK_KEY, *WORK_KEY]), "jaar", "samen", "bron"]
USED, EXPIRED = "gebruikt", "voorbij de bewaartermijn: haal dit weg"


def stock(bijdragen: list[Source], jaar: int, earlier: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the assets that people counted or listed: `voorraad`, `green.COLUMNS` and more.

    Also `telt` (mensen, dingen, planten en dieren), `samen` (the buurten of a protected sum, `;`
    between), and of a listed asset `waarde` in EUR of `waarde_jaar`, on what `waarde_grond`, and
    its `toestand`. What fell in no buurt stands under the rest of the gemeente. `jaar` is that of
    rows without a date, `earlier` what reports published before, as `released`.
    """
    if not any(s.kind in ("telling", "voorraad") for s in bijdragen):  # as in nearly every wijk
        return _typed(pd.DataFrame(), _STOCK)
    found = [counts for counts, _, _ in _tellingen(bijdragen, jaar)]
    found.append(_listed(booking.rows(bijdragen, "voorraad"), jaar))
    table = _typed(pd.concat(found, ignore_index=True), _STOCK)
    table["buurt"] = table["buurt"].fillna(table["bron"].map(_rests(bijdragen)))
    before = _of_table(earlier, _STOCK_TABLE)
    table = protect.counts(table, STOCK_KEY, also=["waarde"], owner="bron", earlier=before)
    return _typed(table, _STOCK).sort_values(["voorraad", "naam", "buurt"], ignore_index=True)


def _tellingen(bijdragen: list[Source], jaar: int) -> list[_Counted]:
    """Return of each count its assets, its hours of work and its offers, with their `bron`."""
    return [_settled(s, jaar) for s in bijdragen if s.kind == "telling"]


@cache
def _settled(telling: Source, jaar: int) -> _Counted:
    """Return `counting.result` of a count, once: assets, work and offers all ask for it.

    Its checksum and corrections are in `telling`, so that another content is another key.
    """
    assets, hours, offered = counting.result(booking.rows([telling], "telling"), jaar, telling.id)
    return assets, hours.assign(bron=telling.id), offered.assign(bron=telling.id)


def _rests(bijdragen: list[Source]) -> dict[str, str]:
    """Return where a contribution stands that has no buurt: the rest of its only gemeente."""
    return {s.id: regions.rest_of(s.covers[0]) for s in bijdragen if len(s.covers) == 1}


def _listed(rows: pd.DataFrame, jaar: int) -> pd.DataFrame:
    """Return assets of the dataset voorraad; their number is as sure as that of one counter."""
    year = pd.to_datetime(rows["datum"], errors="coerce").dt.year.astype("Int64").fillna(jaar)
    return rows.assign(
        jaar=year,
        soort="",
        hoeveelheid=rows["aantal"],
        se=rows["aantal"] * counting.ONE,
        houder=rows["houder_naam"].where(rows["met_naam"]).fillna(rows["houder"]),
        methode="lokaal",
        laag=np.nan,
        hoog=np.nan,
        kengetal=None,
        bronjaar=year,
        waarde=rows["waarde"].where(_open(rows, "houder")),
    )


def _open(rows: pd.DataFrame, sector: str) -> pd.Series:
    """Return of which rows an amount may be shown: no household or firm that was not asked."""
    return rows["met_naam"].astype(bool) | ~rows[sector].isin(PROTECTED)


def _public(rows: pd.DataFrame, sector: str) -> pd.Series:
    """Return which rows are about no household, nor about a firm that did not agree to be named."""
    return _open(rows, sector) & (rows[sector] != "huishoudens")


def work(bijdragen: list[Source], jaar: int, earlier: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the work that people of the wijk wrote down, in hours a year.

    Columns: `buurt`, `jaar`, `naam`, `domein`, `betaald`, `wie`, `uren`, `mensen`, `kosten` (EUR a
    year), `taakveld`, the answers to the four questions, `toelichting`, `methode`, `samen`, `bron`,
    `bronjaar`. With the work that counted things ask for, of which nobody asked the questions.
    Hours of households or firms of an unknown number of people may be those of one, and are secret
    (`geheim`); so are those of people who were counted. `earlier` as in `stock`.
    """
    if not any(s.kind in ("telling", "werk") for s in bijdragen):
        return _typed(pd.DataFrame(), _WORK)
    listed = booking.rows(bijdragen, "werk")
    listed = listed.assign(
        kosten=listed["kosten"].where(_open(listed, "wie")),
        secret=listed["mensen"].isna() & ~_public(listed, "wie"),
    )
    hours = [rows for _, rows, _ in _tellingen(bijdragen, jaar)]
    counted = [rows.assign(secret=rows["telt"] == "mensen") for rows in hours]
    both = pd.concat([listed, *counted], ignore_index=True)
    table = _typed(both, _WORK).assign(methode="lokaal")
    table["bronjaar"] = table["jaar"]
    table["buurt"] = table["buurt"].fillna(table["bron"].map(_rests(bijdragen)))
    table = table.rename(columns={"mensen": "hoeveelheid"})
    secret = both["secret"].astype(bool)
    people = table["hoeveelheid"].notna() & ~secret
    before = _of_table(earlier, _WORK_TABLE)
    parts = [table[~people & ~secret]]
    for rows in (table[people], table[secret]):
        also = ["uren", "kosten"]
        parts.append(protect.counts(rows, WORK_KEY, also=also, owner="bron", earlier=before))
    found = pd.concat(parts, ignore_index=True).rename(columns={"hoeveelheid": "mensen"})
    return _typed(found, _WORK).sort_values(["naam", "buurt", "jaar"], ignore_index=True)


def released(report: Path) -> pd.DataFrame:
    """Return which counts of people a report publishes, without amounts; see `protect.released`.

    Columns: `tabel`, what tells one count from another, `jaar`, `samen` (the buurten in the figure)
    and `bron` (the contributions in it). Raises Fout when the report is not there.
    """
    found = []
    for name, by in ((_STOCK_TABLE, STOCK_KEY), (_WORK_TABLE, WORK_KEY)):
        path = report / "audit" / f"{name}.csv"
        if not path.is_file():
            raise Fout(f"{sources.shown(path)} is er niet. Maak het rapport eerst met render.")
        table = pd.read_csv(path, dtype="str").rename(columns={"mensen": "hoeveelheid"})
        found.append(protect.released(table, by).assign(tabel=name))
    return pd.concat(found, ignore_index=True).reindex(columns=_RELEASED).astype("str")


def remember(pilot: str, day: str) -> tuple[Path, int]:
    """Keep beside the contributions what the report of a pilot publishes, as it goes out on a day.

    Returns the file and how many figures are in it. What was kept on that day before stays in it.
    Raises Fout when there is no such report.
    """
    path = store.folder(pilot) / f"{RELEASED}-{day}.csv"
    table = released(sources.REPORTS / pilot)
    if path.exists():
        table = pd.concat([_kept_figures(path), table]).drop_duplicates()
    path.parent.mkdir(parents=True, exist_ok=True)
    sources.write_whole(path, table.to_csv(index=False, lineterminator="\n").encode())
    return path, len(table)


def earlier() -> pd.DataFrame:
    """Return what reports published before, of any pilot: `released` as kept by `remember`.

    Pilots overlap, and a reader may have the reports of both.
    """
    paths = sorted((sources.RAW / store.SERIES).glob(f"*/{RELEASED}-*.csv"))
    tables = [_kept_figures(path) for path in paths]
    empty = pd.DataFrame(columns=_RELEASED, dtype="str")
    return pd.concat([empty, *tables]).drop_duplicates(ignore_index=True)


def _kept_figures(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype="str")[_RELEASED].dropna(subset=["jaar", "samen", "bron"])
    except (ValueError, KeyError) as error:
        raise Fout(
            f"{sources.shown(path)} is niet te lezen. Daarin staat wat eerder is gepubliceerd; zet "
            "het terug uit een kopie."
        ) from error


def _of_table(earlier: pd.DataFrame | None, name: str) -> pd.DataFrame | None:
    return None if earlier is None else earlier[earlier["tabel"] == name]


def offers(bijdragen: list[Source], jaar: int) -> pd.DataFrame:
    """Return needs and offers: the columns of the dataset vraag_aanbod that are kept, and `bron`.

    With what people offer to do with what they counted.
    """
    counted = [rows.assign(wie="initiatief") for _, _, rows in _tellingen(bijdragen, jaar)]
    return _kept(bijdragen, "vraag_aanbod", counted)


def budgets(bijdragen: list[Source]) -> pd.DataFrame:
    """Return budgets: the columns of the dataset, and `bron`."""
    return _kept(bijdragen, "budget")


def activities(bijdragen: list[Source]) -> pd.DataFrame:
    """Return activities, one row for each of their links: columns of the dataset, and `bron`."""
    return _kept(bijdragen, "activiteit")


def network(bijdragen: list[Source]) -> pd.DataFrame:
    """Return initiatives and their ties, of contributors who let them be named, and `bron`."""
    named = [s for s in bijdragen if booking.may_name(s)]
    return _kept(named, "netwerk")


def _kept(bijdragen: list[Source], kind: str, more: Sequence[pd.DataFrame] = ()) -> pd.DataFrame:
    rows = booking.rows(bijdragen, kind)
    if name := _NAMES.get(kind):
        hidden = rows[name].notna() & ~rows["met_naam"].astype(bool)
        told = _numbered(rows.loc[hidden, name]) if kind == "budget" else UNNAMED
        rows.loc[hidden, name] = told
    types = {**booking.columns(kind), "bron": "str"}
    return _typed(pd.concat([rows, *more], ignore_index=True), types)


def _numbered(names: pd.Series) -> pd.Series:
    """Return what stands for holders without their name: each its own number, if they are several.

    Two holders under one word would be one who pays and saves for both.
    """
    codes, found = pd.factorize(names.map(cells.key))
    words = [f"{UNNAMED} {code + 1}" if len(found) > 1 else UNNAMED for code in codes]
    return pd.Series(words, index=names.index, dtype="str")


def contributions(
    bijdragen: list[Source], verlopen: list[Source], money: pd.DataFrame
) -> pd.DataFrame:
    """Return one row per contribution: whose it is, on what terms, and what became of it.

    `money` as `booking.money`. Columns: `bron`, `kind`, `titel`, `bijdrager`, `datum`, `methode`
    (how it was counted), `licentie`, `rijen`, `in_geen_buurt` (rows), of money `geboekt` and
    `niet_geboekt` (rows) and `redenen`, `bewaren_tot`, and `staat`. What is past its date
    (`verlopen`) is not read.
    """
    found = []
    for source in [*bijdragen, *verlopen]:
        row: dict[str, Any] = {
            "bron": source.id,
            "kind": source.kind,
            "titel": source.title,
            "bijdrager": source.publisher,
            "datum": source.modified,
            "methode": source.obtained,
            "licentie": source.licence,
            "bewaren_tot": source.keep_until,
            "staat": EXPIRED,
        }
        if source in bijdragen:
            row |= {"staat": USED, **_counted(source, money[money["bron"] == source.id])}
        found.append(row)
    return _typed(pd.DataFrame(found, columns=[*_CONTRIBUTION]), _CONTRIBUTION)


def _counted(source: Source, money: pd.DataFrame) -> dict[str, Any]:
    """Return how many rows a contribution has, and what became of those about money."""
    rows = booking.rows([source], source.kind)
    facts: dict[str, Any] = {"rijen": len(rows), "in_geen_buurt": claims.in_no_buurt(rows)}
    if source.kind not in ("geldstroom", "besteding"):
        return facts
    each = money.drop_duplicates(["rij", "reden"])
    why = each.loc[each["reden"] != "", "reden"].value_counts(sort=False)
    words = [f"{dutch.plural(n, 'rij', 'rijen')}: {reason}" for reason, n in why.items()]
    return {
        **facts,
        "geboekt": int((each["reden"] == "").sum()),
        "niet_geboekt": int(why.sum()),
        "redenen": "; ".join(words),
    }


def _typed(table: pd.DataFrame, types: dict[str, str]) -> pd.DataFrame:
    """Return a table with these columns, in these types, also when it has no rows."""
    if table.empty:  # as in nearly every wijk
        return store.without_rows(types)
    table = table.reindex(columns=[*types])
    return pd.DataFrame({name: table[name].astype(kind) for name, kind in types.items()})
