"""The accounts of gemeenten (Iv3): as filed, and made comparable where codes changed."""

from functools import cache

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from wijkboek_utils import columns, dutch, odata, sources
from wijkboek_utils.errors import Fout

NO_FIGURE = -99998  # CBS: no figure. Other large negative amounts are real.
SALARIES = "L1.1"
_MEASURES = ({"1eplaatsing", "1steplaatsing"}, {"2eplaatsing", "2deplaatsing"})
_UNIT = "1000euro"


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
    rows = _fetched(found, gemeente) if found.dataset else _embedded(found, gemeente)
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


@cache
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


def _fetched(source: sources.Source, gemeente: str) -> pd.DataFrame:
    """Return the rows of a fetched table as one row per taakveld.

    Published are amounts by taakveld and category; neither has totals, so that adding up counts
    nothing twice. The improved second publication goes first, where the gemeente is in it.
    """
    table = sources.read_parquet(source, pc.starts_with(pc.field("Gemeenten"), gemeente))
    about = odata.described(table.schema)
    first, second = measures(odata.topics(about), source.table or "")
    chosen = second if pc.any(is_filed(table[second])).as_py() else first
    rows = table.select(["TaakveldBalanspost", "Categorie"]).to_pandas()
    rows = rows.apply(lambda column: column.str.strip())
    rows["bedrag"] = table[chosen].to_pandas().replace(NO_FIGURE, float("nan")) * 1000
    sides = {"lasten": "L", "baten": "B"}
    parts = {name: rows[rows["Categorie"].str.startswith(c)] for name, c in sides.items()}
    parts["salarissen"] = rows[rows["Categorie"] == SALARIES]
    sums = {n: p.groupby("TaakveldBalanspost")["bedrag"].sum(min_count=1) for n, p in parts.items()}
    titles = {row["Key"].strip(): row["Title"].strip() for row in about["TaakveldBalanspost"]}
    accounts = pd.DataFrame(sums)
    accounts = accounts[[code[0].isdigit() for code in accounts.index]]
    # A taakveld on which nothing was booked is 0: filing is by taakveld, all or nothing.
    accounts[["lasten", "baten"]] = accounts[["lasten", "baten"]].fillna(0.0)
    accounts = accounts.rename_axis("taakveld").reset_index()
    # CBS puts the number before the title.
    names = [titles[c].removeprefix(c).strip() for c in accounts["taakveld"]]
    return accounts.assign(naam=names)
