"""Workbooks for who works in Excel, and the tables of a report in one.

Nothing in a workbook computes or links to another address, and the same tables always give the
same bytes.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import xlsxwriter

from wijkboek_utils.exports_html import Figure, Shown, bounds, figure, shown
from wijkboek_utils.show import plain

README = "Leesmij"
LICENCE = "Tekst en tabellen: CC BY 4.0."
CSV_IN_EXCEL = (
    "De CSV-bestanden in de map audit hebben een komma tussen de kolommen en een punt in getallen "
    "(UTF-8). Een Nederlandse Excel leest dat verkeerd als u dubbelklikt. Kies daar Gegevens en "
    "dan Uit tekst/CSV, of gebruik dit werkboek."
)
_LONGEST = 32_767  # characters in a cell of Excel
_WIDEST = 48  # characters before a column wraps
HEADER = {"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#eef3f5"}
# A spreadsheet shows the day on which a file was made; one that is made again has to be the same.
_MADE = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Subject:
    """What a workbook is about: the area, the books in words, and the credits of its sources."""

    naam: str
    title: str
    credits: Sequence[str]


# Sheets.


@lru_cache(maxsize=10_000)  # a table of boekingen has few different texts
def _inert(text: str) -> tuple[str, bool]:
    """Return a text that fits in a cell, and whether a spreadsheet would take it for a formula."""
    text = plain(text)
    return clipped(text, _LONGEST), text[:1] in tuple("=+-@")


class Book:
    """A workbook with a first sheet that says what the others are. Close it with `finish`."""

    def __init__(self, path: Path, subject: Subject, heading: str, row_by_row: bool = False):
        """Start a workbook; `row_by_row` keeps little in memory, and takes rows in order only."""
        self.subject, self.heading = subject, heading
        options = {"constant_memory": row_by_row, "strings_to_numbers": False}
        options |= {"strings_to_formulas": False, "strings_to_urls": False}
        self._file = xlsxwriter.Workbook(path, options)
        self._file.set_properties(
            {
                "title": clipped(f"{heading}: {subject.title}", 200),
                "author": "Wijkboek",
                "comments": LICENCE,
                "created": _MADE,
            }
        )
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._readme = self._file.add_worksheet(README)

    def format(self, **facts: Any) -> Any:
        """Return a format of cells, made once."""
        facts = {"valign": "top", **facts}
        key = tuple(sorted(facts.items()))
        if key not in self._formats:
            self._formats[key] = self._file.add_format(facts)
        return self._formats[key]

    def sheet(self, name: str) -> Any:
        """Return a new sheet that prints on paper as wide as it is, page after page."""
        sheet = self._file.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&LWijkboek&CCC BY 4.0&RBlad &P van &N")
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # codes are text
        return sheet

    def write(self, sheet: Any, row: int, column: int, value: object, **facts: Any) -> None:
        """Write a cell: a number, a yes or no, a text that never computes; None stays empty."""
        if isinstance(value, Figure):
            facts["num_format"] = value.format
            sheet.write_number(row, column, value.value, self.format(**facts))
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, self.format(**facts) if facts else None)
        elif isinstance(value, int | float):
            if math.isfinite(value):
                sheet.write_number(row, column, value, self.format(**facts) if facts else None)
        elif value is not None and value != "":
            text, computes = _inert(str(value))
            if computes:  # also when somebody edits the cell
                facts["quote_prefix"] = True
            style = self.format(**facts) if facts else None
            sheet.write_string(row, column, text, style)

    def paragraph(self, sheet: Any, row: int, text: str, widths: Sequence[int]) -> None:
        """Write a text of several lines across columns of these widths."""
        style = self.format(text_wrap=True)
        text = clipped(plain(text), _LONGEST)
        lines = math.ceil(len(text) / (sum(widths) * 0.95)) or 1
        sheet.set_row(row, 15 * min(lines, 27))  # Excel has no higher rows
        sheet.merge_range(row, 0, row, len(widths) - 1, "", style)
        sheet.write_string(row, 0, text, style)

    def link(self, sheet: Any, row: int, target: str, words: str) -> None:
        """Write a link to another sheet in the first column."""
        quoted, style = target.replace("'", "''"), self.format(font_color="#0b5d7a", underline=True)
        sheet.write_url(row, 0, f"internal:'{quoted}'!A1", style, string=words)

    def finish(self, words: Sequence[str], index: Sequence[Sequence[str]]) -> None:
        """Write the first sheet and the file; of `index` the first row is the header.

        The first cell of each other row is the name of a sheet, to which it links, or empty.
        """
        sheet, widths = self._readme, (34, 60, 44)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        title = f"{self.heading}: {self.subject.title}"
        self.write(sheet, 0, 0, clipped(title, 250), bold=True, font_size=14)
        row = 1
        for text in words:
            self.paragraph(sheet, row, text, widths)
            row += 1
        row += 1
        for n, cells in enumerate(index):
            for column, text in enumerate(cells):
                if n and not column and text:
                    self.link(sheet, row, text, text)
                else:
                    self.write(sheet, row, column, text, text_wrap=True, bold=n == 0)
            row += 1
        for text in ("", "Bronvermelding", *self.subject.credits, LICENCE):
            self.paragraph(sheet, row, text, widths)
            row += 1
        self._file.close()


def clipped(text: str, most: int) -> str:
    """Return `text`, or its beginning and an ellipsis when it is longer than `most`."""
    return text if len(text) <= most else text[: most - 1] + "…"


def sheet_name(number: int, caption: str, naam: str) -> str:
    r"""Return a name for a sheet that Excel takes: `07 Elke taak apart`.

    At most 31 characters, none of `[]:*?/\`; the number makes it unlike all others. What every
    caption says, the area and the year, is left out.
    """
    short = re.sub(rf"( (voor|van|in))? ?{re.escape(naam)}(?!\w)", "", caption) if naam else caption
    short = re.sub(r", \d{4}(?=[,:]|$)", "", short)
    short = " ".join(re.sub(r"[\[\]:*?/\\]", " ", short).split()).strip(" ,'")
    short, room = short[:1].upper() + short[1:], 31 - len(f"{number:02} ")
    if _units(short) > room:
        while _units(short) > room - 1:  # whole words, as far as there is more than one
            short = short.rsplit(" ", 1)[0] if " " in short else short[:-1]
        short = short.rstrip(" ,'") + "…"
    return f"{number:02} {short}".strip()


def _units(text: str) -> int:
    """Return the length of a text as Excel counts it: an emoji is two."""
    return len(text.encode("utf-16-le", "replace")) // 2


# The report.


def write_shown(html: str, path: Path, subject: Subject) -> int:
    """Write every table of a report page as a workbook, a sheet each; return how many there are."""
    book = Book(path, subject, "Tabellen van Wijkboek")
    tables = shown(html)
    index: list[Sequence[str]] = [("Blad", "Tabel", "Waar in het rapport")]
    for number, table in enumerate(tables, 1):
        name = sheet_name(number, table.caption, subject.naam)
        place = " › ".join(part for part in (table.chapter, table.section) if part)
        index.append((name, table.caption, place))
        _sheet(book, book.sheet(name), number, table, place)
    words = [
        "Dit werkboek heeft elke tabel van het rapport, in de volgorde van het rapport.",
        "Een getal is hier even ver afgerond als in het rapport, want preciezer is het niet "
        "bekend. U kunt ermee rekenen. Staat er een laagste en een hoogste waarde, zoals in "
        "«tussen € 1 en € 2 miljoen», dan staan die ernaast in eigen kolommen.",
        "Bij «onbekend» of «geheim» is er geen cijfer. Dat is iets anders dan nul.",
        "Niet afgeronde bedragen, met hun standaardfout, staan in audit/cijfers.xlsx.",
        CSV_IN_EXCEL,
    ]
    book.finish(words, index)
    return len(tables)


def _sheet(book: Book, sheet: Any, number: int, table: Shown, place: str) -> None:
    """Write one table of the report: caption, place, the table, note, credits."""
    columns, top = _columns(table), 2
    widths = [_width([column.name, *column.cells]) for column in columns]
    book.write(sheet, 0, 0, table.caption, bold=True, font_size=13)
    book.link(sheet, 1, README, f"Naar {README}")
    book.write(sheet, 1, 1, place, font_color="#555555")
    for n, column in enumerate(columns):
        sheet.set_column(n, n, widths[n])
        book.write(sheet, top, n, column.name, **HEADER)
        for row, cell in enumerate(column.cells):
            style: dict[str, Any] = {"bold": True} if row in table.totals else {}
            style |= {"align": "right"} if column.is_figure else {"text_wrap": True}
            book.write(sheet, top + 1 + row, n, cell, **style)
    if table.rows:  # an Excel table: a screen reader then names the header of each cell
        heads: list[dict[str, Any]] = [
            {"header": c.name, "header_format": book.format(**HEADER)} for c in columns
        ]
        named: dict[str, Any] = {"columns": heads, "name": f"tabel_{number:02}", "style": None}
        place_of = (top, 0, top + len(table.rows), len(columns) - 1)
        sheet.add_table(*place_of, {**named, "autofilter": len(table.rows) > 10})
    sheet.freeze_panes(top + 1, 1 if widths[0] < _WIDEST else 0)
    sheet.repeat_rows(top)
    below = top + len(table.rows) + 2
    for n, text in enumerate(t for t in (table.note, *book.subject.credits, LICENCE) if t):
        book.paragraph(sheet, below + n, text, [*widths, 9][: max(len(widths), 2)])


@dataclass(frozen=True)
class _Column:
    name: str
    cells: list[Any]
    is_figure: bool


def _columns(table: Shown) -> list[_Column]:
    """Return the columns of a sheet; the ends of a range get columns of their own beside it."""
    columns: list[_Column] = []
    for n, header in enumerate(table.header):
        texts = [row[n] if n < len(row) else "" for row in table.rows]
        is_figure = n in table.figures
        cells = [(figure(text) if is_figure else None) or text for text in texts]
        columns.append(_Column(_unlike(header or "Kolom", columns), cells, is_figure))
        found = [bounds(text, is_figure) for text in texts]
        for part in ("midden", "laagste", "hoogste"):
            if any(part in one for one in found):
                name = _unlike(f"{header}: {part}", columns)
                columns.append(_Column(name, [one.get(part) for one in found], True))
    return columns


def _unlike(name: str, others: list[_Column]) -> str:
    """Return a name for a column of an Excel table: short, and unlike the others."""
    name, taken = clipped(name, 200), {other.name.lower() for other in others}
    unique, n = name, 2
    while unique.lower() in taken:
        unique, n = f"{name} {n}", n + 1
    return unique


def _width(cells: Sequence[Any]) -> int:
    """Return how wide a column is, in characters."""
    longest = max(14 if isinstance(cell, Figure) else len(cell or "") for cell in cells)
    return min(max(longest + 2, 10), _WIDEST)
