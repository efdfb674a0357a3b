"""The tables behind a report as files for others: CSV, XLSX, and what their columns mean.

CSV is for programs: UTF-8, a comma between columns, a point in numbers, described by the W3C
recommendation "Metadata Vocabulary for Tabular Data" (2015). XLSX is for people with Excel. In
both, a text never computes: each way in which a spreadsheet starts a formula (OWASP, "CSV
Injection") is made inert.
"""

import json
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from wijkboek_utils import dutch, exports_cells, licences
from wijkboek_utils.exports_book import CSV_IN_EXCEL, Book, Subject
from wijkboek_utils.show import plain

METADATA = "csv-metadata.json"
SCHEMA = "0.1"  # of the columns of all tables; docs/versies.md says what it promises
WORKBOOK = "cijfers.xlsx"
_MEANING = ["kolom", "titel", "eenheid", "omschrijving"]
_SHEET_ROWS = 1_048_576  # of Excel, the header included
_MANY_ROWS = 2_000  # above this a sheet holds the buurten of the area only
_MOST_CELLS = 500_000  # a sheet of this size takes two seconds to write
# What makes a spreadsheet compute a cell, also in its wide forms and behind what cannot be seen. A
# Dutch spreadsheet splits our lines at each semicolon: after one, a new cell begins.
_END, _HIDDEN = "[;\t\r\n]", "[\\s\"'\u00a0\u200b-\u200f\u3000\ufeff]*"
_SIGN = "[=+\\-@＝＋－＠]"
_START = re.compile(f"(^|{_END})({_HIDDEN})(?={_SIGN})")
# Three patterns that begin with one sign each are found in less than half the time of one.
_FIRST, _LATER = re.compile(_HIDDEN + _SIGN), re.compile(_END + _HIDDEN + _SIGN)
_UNSEEN = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u202a-\u202e\u2066-\u2069]")
_STRUCTURE = re.compile('[,"\r\n]')  # of a CSV file


def write_audit(
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    subject: Subject,
    buurten: Iterable[str],
    kolommen: pd.DataFrame,
) -> list[tuple[str, str]]:
    """Write every table as CSV, all of them as one workbook, and what their columns mean.

    `buurten` are those of the area: of a long table the workbook holds these only. `kolommen` is
    the project's table of that name. Returns the files with what they are in words.
    """
    described = Words(kolommen)
    tables = {name: _flat(table) for name, table in sorted(tables.items())}
    text = json.dumps(metadata(tables, subject, described), ensure_ascii=False, indent=1) + "\n"
    (folder / METADATA).write_text(text, encoding="utf-8")
    _write_tables(tables, folder, subject, set(buurten), described)
    return files(tables)


def files(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the files that `write_audit` writes for the tables with these names, in words."""
    return [
        (WORKBOOK, "alle tabellen als werkboek voor Excel (XLSX)"),
        *((f"{name}.csv", f"tabel {name} (CSV)") for name in sorted(names)),
        (METADATA, "wat er in de kolommen van de CSV-bestanden staat (CSVW)"),
    ]


# CSV.


def to_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, without geometry; text that a spreadsheet would compute is inert."""
    path.write_bytes(csv(table))


def csv(table: pd.DataFrame) -> bytes:
    """Return a table as `to_csv` writes it."""
    return _csv_file(exports_cells.read(_flat(table)))


def _csv_file(columns: list[exports_cells.Column]) -> bytes:
    alone = len(columns) == 1  # a line of one empty cell would be no line at all
    head = ",".join(_csv(column.name, alone) for column in columns) + "\n"
    cells = [_csv_column(column, alone) for column in columns]
    return head.encode() + exports_cells.lines(cells, ",", "\n")


def _csv_column(column: exports_cells.Column, alone: bool) -> exports_cells.Texts:
    if column.is_text:
        cells = column.changed(lambda text: _csv(inert(text), alone))
    else:
        cells = column.written
    return cells.fill_null('""') if alone else cells


def _csv(text: str, alone: bool = False) -> str:
    """Return a cell as CSV: in quotes where its text has what the file is made of."""
    if _STRUCTURE.search(text) or (alone and not text):
        return '"' + text.replace('"', '""') + '"'
    return text


@lru_cache(maxsize=100_000)  # most words of a table are in others too
def inert(text: str) -> str:
    """Return a text with an apostrophe wherever a spreadsheet would begin to compute.

    That is at the start, and after what a spreadsheet may take as the end of a cell. Characters
    that no file should hold are gone. Other texts stay as they are.
    """
    odd = _FIRST.match(text) or _LATER.search(text) or _UNSEEN.search(text)
    return _START.sub(r"\1'\2", plain(text)) if odd else text


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without geometry, with other objects than numbers and words as words."""
    if "geometry" in table:
        table = table.drop(columns="geometry")
    odd = [c for c, kind in table.dtypes.items() if not _is_plain(kind)]
    return table.astype(dict.fromkeys(odd, "str")) if odd else table


def _is_plain(kind: Any) -> bool:
    words = kind.categories.dtype if isinstance(kind, pd.CategoricalDtype) else kind
    return isinstance(words, pd.StringDtype) or pd.api.types.is_numeric_dtype(kind)


# What the columns mean.


class Words:
    """Titles and descriptions of tables and columns, from the project's table `kolommen`."""

    def __init__(self, kolommen: pd.DataFrame) -> None:
        rows = kolommen.fillna("").to_dict("records")
        # What is about one table goes before what is about all.
        self._rows = sorted(rows, key=lambda row: row["tabel"] == "*")
        self._about: dict[str, list[int]] = {}  # a table, or with a `*` more than one
        for n, row in enumerate(self._rows):
            self._about.setdefault(row["tabel"], []).append(n)
        # By table: the rows that may be about it, by the name of a column, and those with a `*`.
        self._of: dict[str, tuple[dict[str, int], list[tuple[int, str]]]] = {}
        self._found: dict[tuple[str, str], dict[str, str]] = {}

    def table(self, name: str) -> dict[str, str]:
        """Return `titel` and `omschrijving` of a table; its name where nobody described it."""
        return self._find(name, "")

    def column(self, table: str, name: str) -> dict[str, str]:
        """Return `titel`, `eenheid`, `omschrijving` of a column, and by which name it was found."""
        return self._find(table, name)

    def _find(self, table: str, column: str) -> dict[str, str]:
        """Return the row that fits best: of the table itself before that of all tables."""
        if (table, column) not in self._found:
            self._found[table, column] = self._best(table, column)
        return self._found[table, column]

    def _best(self, table: str, column: str) -> dict[str, str]:
        if table not in self._of:
            fitting = [n for name in self._about if _fits(table, name) for n in self._about[name]]
            named = [(n, self._rows[n]["kolom"]) for n in sorted(fitting)]
            exact = {name: n for n, name in reversed(named)}
            self._of[table] = exact, [(n, name) for n, name in named if "*" in name]
        exact, starred = self._of[table]
        rows = [exact[column]] if column in exact else []
        rows += [n for n, name in starred if column and _fits(column, name)]
        found: dict[str, str] = self._rows[min(rows)] if rows else {}
        unknown = {"titel": column or table, "eenheid": "", "omschrijving": ""}
        return {"kolom": column} | unknown | found


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or ("*" in pattern and fnmatchcase(name, pattern))


def undescribed(tables: Mapping[str, pd.DataFrame], kolommen: pd.DataFrame) -> list[str]:
    """Return the tables and columns that the table `kolommen` says nothing about."""
    words = Words(kolommen)
    lacking = [name for name in tables if not words.table(name)["omschrijving"]]
    for name, table in tables.items():
        columns = [c for c in table.columns if c != "geometry"]
        lacking += [f"{name}.{c}" for c in columns if not words.column(name, c)["omschrijving"]]
    return lacking


def metadata(tables: Mapping[str, pd.DataFrame], subject: Subject, words: Words) -> dict[str, Any]:
    """Return the description of the CSV files of some tables as CSVW, for `csv-metadata.json`."""
    described = []
    for name, table in tables.items():
        of_table = words.table(name)
        columns = [_column(c, kind, words.column(name, c)) for c, kind in table.dtypes.items()]
        described.append(
            {
                "url": f"{name}.csv",
                "dc:title": of_table["titel"],
                "dc:description": of_table["omschrijving"],
                "tableSchema": {"columns": columns},
            }
        )
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "nl"}],
        "@type": "TableGroup",
        "dc:title": f"Wijkboek: {subject.title}",
        "dc:language": "nl",
        "schema:version": SCHEMA,
        **_licence(tables),
        "dc:rights": list(subject.credits),
        "dc:source": _sources(tables),
        "dialect": {"encoding": "utf-8", "delimiter": ",", "lineTerminators": ["\n"]},
        "tables": described,
    }


def _licence(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the licence of the tables together; none where a contributor keeps rights on some."""
    found = tables["bronnen"]["licentie"] if "bronnen" in tables else pd.Series(dtype="str")
    return (
        {} if found.eq(licences.REPORT_ONLY).any() else {"dc:license": {"@id": licences.OPEN.url}}
    )


def _column(name: str, kind: Any, words: dict[str, str]) -> dict[str, Any]:
    titles = list(dict.fromkeys([name, words["titel"]]))
    facts: dict[str, Any] = {"name": name, "titles": titles if titles[1:] else name}
    facts |= {"dc:description": words["omschrijving"]} if words["omschrijving"] else {}
    facts |= {"schema:unitText": words["eenheid"]} if words["eenheid"] else {}
    return {**facts, "datatype": _datatype(kind)}


def _datatype(kind: Any) -> str | dict[str, str]:
    """Return the datatype of a column in the words of CSVW."""
    if pd.api.types.is_bool_dtype(kind):
        return {"base": "boolean", "format": "True|False"}
    if pd.api.types.is_integer_dtype(kind):
        return "integer"
    return "double" if pd.api.types.is_float_dtype(kind) else "string"


def _sources(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, str]]:
    """Return the sources of the tables: title, publisher, licence, checksum."""
    if "bronnen" not in tables:
        return []
    terms = {"bron": "dc:identifier", "titel": "dc:title", "uitgever": "dc:publisher"}
    terms |= {"licentie": "dc:license", "sha256": "schema:sha256"}
    rows = tables["bronnen"].reindex(columns=list(terms)).rename(columns=terms)
    return [{k: v for k, v in r.items() if pd.notna(v)} for r in rows.to_dict("records")]


# The workbook.


def _write_tables(
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    subject: Subject,
    buurten: set[str],
    words: Words,
) -> None:
    """Write all tables as CSV, and as one workbook: a sheet each, with the names of those files."""
    book = Book(folder / WORKBOOK, subject, "Cijfers achter Wijkboek")
    explained = book.sheet("Kolommen")
    index = [("Blad", "Wat het is", "Regels")]
    index.append(("Kolommen", "Wat er in de kolommen van alle tabellen staat.", ""))
    meanings: dict[tuple[str, ...], None] = {}  # once for all columns of one kind
    for name, table in tables.items():
        columns = exports_cells.read(table)
        (folder / f"{name}.csv").write_bytes(_csv_file(columns))
        fitting, remark = for_sheet(table, buurten)
        described = words.table(name)
        what = ". ".join(t for t in (described["titel"], described["omschrijving"]) if t)
        if fitting is None:
            index.append(("", f"{name}: {what}", f"Alleen in audit/{name}.csv: {remark}"))
        else:
            columns = columns if fitting is table else exports_cells.read(fitting)
            book.fill(book.sheet(name[:31]), columns, len(fitting))
            index.append((name[:31], what, remark))
        for column in table.columns:
            of_column = words.column(name, column)
            meanings[name, *(of_column[key] for key in _MEANING)] = None
    rows = pd.DataFrame([*meanings], columns=["tabel", *_MEANING], dtype="str")
    book.fill(explained, exports_cells.read(rows), len(rows))
    book.finish(
        [
            "Dit werkboek heeft de tabellen waaruit het rapport is gemaakt, niet afgerond. Hoe "
            "onzeker een getal is, staat in de kolom se (standaardfout).",
            "Een leeg vak betekent: geen cijfer, of niet van toepassing. Dat is iets anders dan "
            "nul. De kolom methode zegt waarom een bedrag er niet is: geheim of ontbreekt.",
            "Codes zijn tekst: taakveld 0.1 is een andere taak dan 0.10.",
            "De getallen zijn schattingen. Ze zijn niet zo precies als het aantal cijfers.",
            CSV_IN_EXCEL,
        ],
        index,
    )


def for_sheet(table: pd.DataFrame, buurten: set[str]) -> tuple[pd.DataFrame | None, str]:
    """Return the rows of a table that go on a sheet, with a remark in words.

    A long table is cut down to the buurten of the area. What is still too large for Excel, or to
    open with ease, gives None and the reason: half a table would be mistaken for a whole one.
    """
    rows, remark = table, f"{dutch.number(len(table))} regels"
    if len(table) > _MANY_ROWS and "buurt" in table:
        inside = table["buurt"].isin(buurten)
        if not inside.all():
            rows = table[inside]
            remark = f"{dutch.number(len(rows))} regels: alleen de buurten van het gebied. "
            remark += f"Alle {dutch.number(len(table))} regels staan in de CSV."
    if len(rows) >= _SHEET_ROWS:
        most = dutch.number(_SHEET_ROWS - 1)
        return (
            None,
            f"{dutch.number(len(rows))} regels, en een werkblad heeft er ten hoogste {most}.",
        )
    if rows.size > _MOST_CELLS:
        return None, f"{dutch.number(len(rows))} regels zijn te veel om vlot te openen in Excel."
    return rows, remark
