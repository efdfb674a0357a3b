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
from pathlib import Path
from typing import Any

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.exports_xlsx import CSV_IN_EXCEL, HEADER, Book, Subject
from wijkboek_utils.show import plain

METADATA = "csv-metadata.json"
WORKBOOK = "cijfers.xlsx"
_MEANING = ["kolom", "titel", "eenheid", "omschrijving"]
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_REPORT_ONLY = "alleen voor dit rapport"  # a choice of who contributes
_SHEET_ROWS = 1_048_576  # of Excel, the header included
_MANY_ROWS = 2_000  # above this a sheet holds the buurten of the area only
_MOST_CELLS = 500_000  # a sheet of this size takes two seconds to write
# What makes a spreadsheet compute a cell, also in its wide forms and behind what cannot be seen. A
# Dutch spreadsheet splits our lines at each semicolon: after one, a new cell begins.
_END, _HIDDEN = "^|[;\t\r\n]", "[\\s\"'\u00a0\u200b-\u200f\u3000\ufeff]*"
_SIGN = "[=+\\-@＝＋－＠]"
_START = re.compile(f"({_END})({_HIDDEN})(?={_SIGN})")
_UNSEEN = "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u202a-\u202e\u2066-\u2069]"
_ODD = f"(?:{_END}){_HIDDEN}{_SIGN}|{_UNSEEN}"  # no look-ahead: pandas then asks Arrow, in C++


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
    described = _Words(kolommen)
    tables = {name: _flat(table) for name, table in sorted(tables.items())}
    for name, table in tables.items():
        to_csv(table, folder / f"{name}.csv")
    text = json.dumps(metadata(tables, subject, kolommen), ensure_ascii=False, indent=1) + "\n"
    (folder / METADATA).write_text(text, encoding="utf-8")
    _write_workbook(tables, folder / WORKBOOK, subject, set(buurten), described)
    return [
        (WORKBOOK, "alle tabellen als werkboek voor Excel (XLSX)"),
        *((f"{name}.csv", f"tabel {name} (CSV)") for name in tables),
        (METADATA, "wat er in de kolommen van de CSV-bestanden staat (CSVW)"),
    ]


# CSV.


def to_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, without geometry; text that a spreadsheet would compute is inert."""
    table = _flat(table)
    texts = {c: inert(table[c]) for c in table if pd.api.types.is_string_dtype(table[c].dtype)}
    table.assign(**texts).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def inert(texts: pd.Series) -> pd.Series:
    """Return texts with an apostrophe wherever a spreadsheet would begin to compute.

    That is at the start, and after what a spreadsheet may take as the end of a cell. Characters
    that no file should hold are gone. Other texts stay as they are.
    """
    kinds = texts.drop_duplicates()  # a column of codes has few
    odd = kinds[kinds.str.contains(_ODD, na=False)]
    mended = {text: _START.sub(r"\1'\2", plain(text)) for text in odd}
    return texts.map(mended).fillna(texts) if mended else texts


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without geometry, with categories and other objects as text."""
    table = table.drop(columns="geometry", errors="ignore")
    texts = [c for c in table if isinstance(table[c].dtype, pd.CategoricalDtype)]
    texts += [c for c in table if table[c].dtype == object]
    return table.astype(dict.fromkeys(texts, "str"))


# What the columns mean.


class _Words:
    """Titles and descriptions of tables and columns, from the project's table `kolommen`."""

    def __init__(self, kolommen: pd.DataFrame) -> None:
        self._rows = kolommen.fillna("").to_dict("records")
        self._of: dict[str, list[dict[str, str]]] = {}  # by table: the rows that may be about it

    def table(self, name: str) -> dict[str, str]:
        """Return `titel` and `omschrijving` of a table; its name where nobody described it."""
        return self._find(name, "")

    def column(self, table: str, name: str) -> dict[str, str]:
        """Return `titel`, `eenheid`, `omschrijving` of a column, and by which name it was found."""
        return self._find(table, name)

    def _find(self, table: str, column: str) -> dict[str, str]:
        """Return the row that fits best: of the table itself before that of all tables."""
        if table not in self._of:
            self._of[table] = [row for row in self._rows if fnmatchcase(table, row["tabel"])]
        rows = [
            row
            for row in self._of[table]
            if bool(row["kolom"]) == bool(column) and fnmatchcase(column, row["kolom"])
        ]
        found: dict[str, str] = max(rows, key=lambda row: row["tabel"] != "*", default={})
        return {
            "kolom": column,
            "titel": column or table,
            "eenheid": "",
            "omschrijving": "",
        } | found


def undescribed(tables: Mapping[str, pd.DataFrame], kolommen: pd.DataFrame) -> list[str]:
    """Return the tables and columns that the table `kolommen` says nothing about."""
    words = _Words(kolommen)
    lacking = [name for name in tables if not words.table(name)["omschrijving"]]
    for name, table in tables.items():
        columns = [c for c in table.columns if c != "geometry"]
        lacking += [f"{name}.{c}" for c in columns if not words.column(name, c)["omschrijving"]]
    return lacking


def metadata(
    tables: Mapping[str, pd.DataFrame], subject: Subject, kolommen: pd.DataFrame
) -> dict[str, Any]:
    """Return the description of the CSV files of some tables as CSVW, for `csv-metadata.json`."""
    words = _Words(kolommen)
    described = []
    for name, table in tables.items():
        of_table = words.table(name)
        columns = [_column(c, table[c].dtype, words.column(name, c)) for c in table.columns]
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
        **_licence(tables),
        "dc:rights": list(subject.credits),
        "dc:source": _sources(tables),
        "dialect": {"encoding": "utf-8", "delimiter": ",", "lineTerminators": ["\n"]},
        "tables": described,
    }


def _licence(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the licence of the tables together; none where a contributor keeps rights on some."""
    licences = tables["bronnen"]["licentie"] if "bronnen" in tables else pd.Series(dtype="str")
    return {} if licences.eq(_REPORT_ONLY).any() else {"dc:license": {"@id": _LICENCE}}


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


def _write_workbook(
    tables: Mapping[str, pd.DataFrame],
    path: Path,
    subject: Subject,
    buurten: set[str],
    words: _Words,
) -> None:
    """Write all tables as one workbook: a sheet each, with the names of the CSV files."""
    book = Book(path, subject, "Cijfers achter Wijkboek", row_by_row=True)
    explained = book.sheet("Kolommen")
    index = [("Blad", "Wat het is", "Regels")]
    index.append(("Kolommen", "Wat er in de kolommen van alle tabellen staat.", ""))
    meanings: dict[tuple[str, ...], None] = {}  # once for all columns of one kind
    for name, table in tables.items():
        fitting, remark = for_sheet(table, buurten)
        described = words.table(name)
        what = ". ".join(t for t in (described["titel"], described["omschrijving"]) if t)
        if fitting is None:
            index.append(("", f"{name}: {what}", f"Alleen in audit/{name}.csv: {remark}"))
        else:
            _rows(book, book.sheet(name[:31]), fitting)
            index.append((name[:31], what, remark))
        for column in table.columns:
            of_column = words.column(name, column)
            meanings[name, *(of_column[key] for key in _MEANING)] = None
    _rows(book, explained, pd.DataFrame([*meanings], columns=["tabel", *_MEANING], dtype="str"))
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
        rows = table[table["buurt"].isin(buurten)]
        if len(rows) < len(table):
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


def _rows(book: Book, sheet: Any, table: pd.DataFrame) -> None:
    """Write a table from the first row of a sheet on, so that programs read it as it is."""
    columns = [_cells(table[c]) for c in table.columns]
    for n, (name, cells) in enumerate(zip(table.columns, columns, strict=True)):
        longest = max([len(name), *(len(c) for c in cells[:200] if isinstance(c, str))])
        sheet.set_column(n, n, min(max(longest + 2, 10), 60))
        book.write(sheet, 0, n, name, **HEADER)
    for number, row in enumerate(zip(*columns, strict=True), 1):
        for n, value in enumerate(row):
            book.write(sheet, number, n, value)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(table), 1), len(table.columns) - 1)


def _cells(column: pd.Series) -> list[Any]:
    """Return the values of a column as plain Python; what is missing as None."""
    values = column.astype(object)
    return values.where(column.notna(), None).tolist()
