"""The tables of a report in one workbook, for who works in Excel."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from wijkboek_utils.exports_book import (
    CSV_IN_EXCEL,
    HEADER,
    LICENCE,
    README,
    Book,
    Subject,
    clipped,
)
from wijkboek_utils.exports_html import Figure, Shown, bounds, figure, shown

_WIDEST = 48  # characters before a column wraps


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


def write_shown(
    html: str,
    path: Path | IO[bytes],
    subject: Subject,
    heading: str = "Tabellen van Wijkboek",
    words: Sequence[str] = (),
) -> int:
    """Write every table of a page as a workbook, a sheet each; return how many there are.

    `words` stand on its first sheet, instead of those of a report.
    """
    book = Book(path, subject, heading)
    tables = shown(html)
    index: list[Sequence[str]] = [("Blad", "Tabel", "Waar in het rapport")]
    for number, table in enumerate(tables, 1):
        name = sheet_name(number, table.caption, subject.naam)
        place = " › ".join(part for part in (table.chapter, table.section) if part)
        index.append((name, table.caption, place))
        _sheet(book, book.sheet(name), number, table, place)
    told = list(words) or [
        "Dit werkboek heeft elke tabel van het rapport, in de volgorde van het rapport.",
        "Een getal is hier even ver afgerond als in het rapport, want preciezer is het niet "
        "bekend. U kunt ermee rekenen. Staat er een laagste en een hoogste waarde, zoals in "
        "«tussen € 1 en € 2 miljoen», dan staan die ernaast in eigen kolommen.",
        "Bij «onbekend» of «geheim» is er geen cijfer. Dat is iets anders dan nul.",
        "Niet afgeronde bedragen, met hun standaardfout, staan in audit/cijfers.xlsx.",
        CSV_IN_EXCEL,
    ]
    book.finish(told, index)
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
