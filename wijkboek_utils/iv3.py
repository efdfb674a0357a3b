"""The accounts of gemeenten (Iv3): as filed, and made comparable where codes changed."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wijkboek_utils import columns, dutch, odata, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.remember import remembered

NO_FIGURE = -99998  # CBS: no figure. Other large negative amounts are real.
SALARIES = "L1.1"
_MEASURES = ({"1eplaatsing", "1steplaatsing"}, {"2eplaatsing", "2deplaatsing"})
_UNIT = "1000euro"
_KEYS = ["Gemeenten", "TaakveldBalanspost", "Categorie"]


def measures(topics: pd.DataFrame, table: str) -> tuple[str, str]:
    """Return the keys of the first publication and of the improved second one.

    Raises Fout when a table has others, or another unit than thousands of EUR.
    """
    found = []
    for titles in _MEASURES:
        hits = topics[topics["titel"].str.lower().str.replace(" ", "").isin(titles)]
        if len(hits) != 1:
            there = ", ".join(f"«{t}»" for t in topics["titel"])
            raise Fout(f"Tabel {table}: kolom «{min(titles)}» ontbreekt; er zijn {there}.")
        unit = str(hits["eenheid"].iloc[0])
        if columns.unit_of(unit) != _UNIT:
            raise Fout(f"Tabel {table}: bedragen zijn in «{unit}» en niet in «1 000 euro».")
        found.append(str(hits["key"].iloc[0]))
    return found[0], found[1]


def is_filed(amounts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return of each amount whether a gemeente filed it: a figure, and not zero.

    A gemeente that did not file has zeros everywhere.
    """
    known = pc.and_(pc.not_equal(amounts, NO_FIGURE), pc.not_equal(amounts, 0))
    return pc.fill_null(known, False)


def read(gemeente: str, jaar: int) -> pd.DataFrame:
    """Return the municipal accounts of a year in EUR: one row per taakveld, as published.

    Columns: `taakveld` (text: 0.1 and 0.10 differ), `naam`, `lasten`, `baten`, `salarissen`
    (category L1.1, part of lasten; missing where none was given). Negative amounts stay negative.
    Raises Fout when the gemeente filed nothing but zeros.
    """
    found = source(gemeente, jaar)
    rows = fetched(found, gemeente) if found.dataset else _embedded(found, gemeente)
    if (gaps := rows[["lasten", "baten"]].isna().any(axis=1)).any():
        codes = ", ".join(rows.loc[gaps, "taakveld"])
        raise Fout(f"{gemeente} {jaar}: in {found.id} ontbreekt een bedrag bij taakveld {codes}.")
    if not rows[["lasten", "baten"]].to_numpy().any():
        raise Fout(f"{gemeente} leverde over {jaar} geen Iv3: alle bedragen in {found.id} zijn 0.")
    rows = rows.assign(naam=rows["naam"].map(dutch.name, na_action="ignore"))
    return rows[["taakveld", "naam", "lasten", "baten", "salarissen"]].reset_index(drop=True)


def read_all(gemeenten: list[str], jaar: int) -> pd.DataFrame:
    """Return the accounts of gemeenten, as `read`; of several with their code, `gemeente`."""
    if len(gemeenten) == 1:
        return read(gemeenten[0], jaar)
    found = {gemeente: read(gemeente, jaar) for gemeente in gemeenten}
    return pd.concat(found, names=["gemeente"]).reset_index("gemeente").reset_index(drop=True)


def names(accounts: pd.DataFrame) -> pd.Series:
    """Return the names of taakvelden, by their code; `accounts` as `read_all`."""
    return accounts.drop_duplicates("taakveld").set_index("taakveld")["naam"]


@remembered()
def source(gemeente: str, jaar: int) -> sources.Source:
    """Return the Iv3 source of a gemeente and year: the annual account, else the budget.

    Raises Fout naming the years that there are, or that the gemeente did not file.
    """
    found = sorted(sources.select("iv3", gemeente), key=lambda s: s.report != "jaarrekening")
    years = {int(s.period) for s in found}
    if jaar in years:
        return next(s for s in found if int(s.period) == jaar)
    mute = [s for s in sources.vintages("iv3") if gemeente in s.silent and int(s.period) == jaar]
    if mute:
        raise Fout(
            f"{gemeente} leverde over {jaar} geen {mute[0].report} (Iv3) aan CBS, of nog niet: in "
            f"{mute[0].id} zijn alle bedragen 0 of leeg. Kies een ander jaar."
        )
    words = ", ".join(str(y) for y in sorted(years)) or "geen enkel jaar"
    raise Fout(
        f"Van {gemeente} is er geen gemeenterekening (Iv3) over {jaar} in data/raw; wel over "
        f"{words}. Haal meer op met: wijkboek fetch {gemeente}"
    )


def _embedded(source: sources.Source, gemeente: str) -> pd.DataFrame:
    rows = sources.read_csv(source).query("gebied == @gemeente")
    rows = rows.rename(columns={"taakveld_naam": "naam"})
    for column in ["lasten", "baten", "salarissen"]:
        rows[column] = pd.to_numeric(rows[column]) * 1000
    return rows


def fetched(source: sources.Source, gemeente: str = "") -> pd.DataFrame:
    """Return the accounts in a fetched table, of one gemeente or of all: one row per taakveld.

    Columns as `read`, with `gemeente` and `posten`: how many rows of lasten there are. Published
    are amounts by taakveld and category; neither has totals, so that adding up counts nothing
    twice. The improved second publication goes first, where the gemeente is in it.
    """
    if source in _whole:
        rows, places = _whole[source]
        return rows.iloc[places.get(gemeente, slice(0))] if gemeente else rows
    about = odata.described(pq.read_schema(sources.proven(source)))
    first, second = measures(odata.topics(about), source.table or "")
    key = pc.field(_KEYS[0])  # between two texts, and not how it begins: then parts are passed over
    wanted = (key >= gemeente) & (key < f"{gemeente}~") if gemeente else None
    table = sources.read_parquet(source, wanted, [*_KEYS, first, second])
    (town, towns), (line, lines), (kind, kinds) = (_coded(table[name]) for name in _KEYS)
    amounts = [table[name].to_numpy().astype(float) for name in (first, second)]
    filed = np.isin(town, town[is_filed(table[second]).to_numpy(zero_copy_only=False)])
    amount = np.where(filed, amounts[1], amounts[0])
    amount[amount == NO_FIGURE] = np.nan
    cell = town * len(lines) + line
    size, known = len(towns) * len(lines), ~np.isnan(amount)
    sides = {"lasten": "L", "baten": "B", "salarissen": SALARIES}
    there, found = np.zeros(size, bool), {}
    for name, starts in sides.items():
        fits = str.__eq__ if name == "salarissen" else str.startswith
        chosen = np.array([fits(key, starts) for key in kinds], bool)[kind]
        there[cell[chosen]] = True
        rows = chosen & known
        count = np.bincount(cell[rows], minlength=size)
        sums = np.bincount(cell[rows], weights=amount[rows] * 1000, minlength=size)
        found[name] = np.where(count > 0, sums, np.nan)
        if name == "lasten":
            found["posten"] = np.bincount(cell[chosen], minlength=size)
    accounts = pd.DataFrame(found)
    accounts["gemeente"] = np.repeat(np.array(towns, object), len(lines))
    accounts["taakveld"] = np.tile(np.array(lines, object), len(towns))
    # CBS puts the number before the title.
    titles = {row["Key"].strip(): row["Title"].strip() for row in about[_KEYS[1]]}
    names = {code: titles[code].removeprefix(code).strip() for code in lines}
    number = np.tile(np.array([code[0].isdigit() for code in lines], bool), len(towns))
    accounts = accounts[there & number]
    accounts = accounts.assign(naam=accounts["taakveld"].map(names))
    # A taakveld on which nothing was booked is 0: filing is by taakveld, all or nothing.
    accounts[["lasten", "baten"]] = accounts[["lasten", "baten"]].fillna(0.0)
    texts = ["gemeente", "taakveld", "naam"]
    return accounts.sort_values(texts[:2], ignore_index=True).astype(dict.fromkeys(texts, "str"))


def _coded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Return a column of keys as the place of each in a list of different ones, without spaces."""
    codes = column.dictionary_encode().combine_chunks()
    return codes.indices.to_numpy(), [key.strip() for key in codes.dictionary.to_pylist()]


_whole: dict[sources.Source, tuple[pd.DataFrame, dict[str, slice]]] = {}


def hold() -> None:
    """Read the accounts of the whole country once, for who reports on many gemeenten."""
    for source in sources.vintages("iv3"):
        if source.scope == "NL" and source not in _whole:
            rows = fetched(source)
            counts = rows.groupby("gemeente").size()
            ends = counts.cumsum()
            begins = (ends - counts).tolist()
            _whole[source] = rows, dict(zip(counts.index, map(slice, begins, ends), strict=True))
