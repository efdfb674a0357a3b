"""Workbooks for who works in Excel: a first sheet that says what the others are, and those.

Nothing in a workbook computes or links to another address, and the same tables always give the
same bytes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO, StringIO
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import xlsxwriter
from xlsxwriter.packager import Packager
from xlsxwriter.sharedstrings import SharedStrings
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell_fast
from xlsxwriter.worksheet import Worksheet

from wijkboek_utils import exports_cells
from wijkboek_utils.exports_html import Figure
from wijkboek_utils.show import plain

README = "Leesmij"
LICENCE = "Tekst en tabellen: CC BY 4.0."
CSV_IN_EXCEL = (
    "De CSV-bestanden in de map audit hebben een komma tussen de kolommen en een punt in getallen "
    "(UTF-8). Een Nederlandse Excel leest dat verkeerd als u dubbelklikt. Kies daar Gegevens en "
    "dan Uit tekst/CSV, of gebruik dit werkboek."
)
_LONGEST = 32_767  # characters in a cell of Excel
_LOOKED_AT = 200  # rows, for the width of a column
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


class _Quick(ZipFile):
    """A file of which the parts are packed in a third of the time, a quarter larger."""

    def writestr(self, part: Any, data: Any, kind: Any = None, level: Any = None) -> None:
        """Write a part."""
        super().writestr(part, data, kind, 1 if level is None else level)


xlsxwriter.workbook.ZipFile = _Quick  # it has no setting for this


class _Part(StringIO):
    """The text of a part, of which what is large lies ready as bytes."""

    def __init__(self) -> None:
        super().__init__()
        self._ready: list[exports_cells.Buffer] = []

    def put(self, data: exports_cells.Buffer) -> None:
        """Write bytes without a copy: of a large sheet each one counts."""
        self._ready += [super().getvalue().encode(), data]
        self.seek(0)
        self.truncate()

    def getvalue(self) -> bytes:  # type: ignore[override]
        """Return all that was written, as it stands in the file."""
        return b"".join([*self._ready, super().getvalue().encode()])


class _Packager(Packager):
    """What makes the parts of a file, with parts of our own."""

    def _filename(self, name: str) -> _Part:
        part = _Part()
        self.filenames.append((part, name, True))  # already bytes
        return part

    def _write_shared_strings_file(self) -> None:
        if self.workbook.str_table.count:
            texts = _Texts()
            texts.string_table = self.workbook.str_table
            texts._set_xml_writer(self._filename("xl/sharedStrings.xml"))
            texts._assemble_xml_file()


class _Texts(SharedStrings):
    """The texts of a file; most have nothing that has to be written in another way."""

    def _write_si(self, text: str) -> None:
        if text.isprintable() and text.strip() == text and "_x" not in text and "<" not in text:
            text = text.replace("&", "&amp;").replace(">", "&gt;")
            self.fh.write(f"<si><t>{text}</t></si>")
        else:
            super()._write_si(text)


class _File(xlsxwriter.Workbook):
    def _get_packager(self) -> _Packager:
        return _Packager()


class _Sheet(Worksheet):
    """A sheet that may hold rows which were made as a whole, below those written cell by cell."""

    below: exports_cells.Buffer = b""
    rows_below = 0

    def _write_dimension(self) -> None:
        self.dim_rowmax: int = (self.dim_rowmax or 0) + self.rows_below
        super()._write_dimension()
        self.dim_rowmax -= self.rows_below

    def _write_rows(self) -> None:
        super()._write_rows()
        self.fh.put(self.below)

    def _write_cell(self, row: int, column: int, cell: Any) -> None:
        kind = type(cell).__name__
        if not cell.format or kind not in ("String", "Number", "Blank"):
            super()._write_cell(row, column, cell)
            return
        place = xl_rowcol_to_cell_fast(row, column)
        start = f'<c r="{place}" s="{cell.format._get_xf_index()}"'  # nothing to be escaped
        if kind == "String":
            self.fh.write(f'{start} t="s"><v>{cell.string}</v></c>')
        elif kind == "Number":
            self.fh.write(f"{start}><v>{cell.number:.16G}</v></c>")
        else:
            self.fh.write(f"{start}/>")


class Book:
    """A workbook with a first sheet that says what the others are. Close it with `finish`."""

    def __init__(self, path: Path | IO[bytes], subject: Subject, heading: str):
        """Start a workbook."""
        self._path, self.subject, self.heading = path, subject, heading
        # Packed in memory: a disk that is full would leave half a file, that then cannot be closed.
        self._packed = BytesIO()
        options = {"in_memory": True, "strings_to_numbers": False}  # and not in many small files
        options |= {"strings_to_formulas": False, "strings_to_urls": False}
        self._file = _File(self._packed, options)
        self._file.set_properties(
            {
                "title": clipped(f"{heading}: {subject.title}", 200),
                "author": "Wijkboek",
                "comments": LICENCE,
                "created": _MADE,
            }
        )
        self._formats: dict[frozenset[tuple[str, Any]], Any] = {}
        self._readme = self._file.add_worksheet(README)

    def format(self, **facts: Any) -> Any:
        """Return a format of cells, made once."""
        key = frozenset(facts.items())
        if key not in self._formats:
            self._formats[key] = self._file.add_format({"valign": "top", **facts})
        return self._formats[key]

    def sheet(self, name: str) -> Any:
        """Return a new sheet that prints on paper as wide as it is, page after page."""
        sheet = self._file.add_worksheet(name, _Sheet)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&LWijkboek&CCC BY 4.0&RBlad &P van &N")
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # codes are text
        return sheet

    def fill(self, sheet: Any, columns: list[exports_cells.Column], size: int) -> None:
        """Write a table from the first row of a sheet on, so that programs read it as it is."""
        rows = exports_cells.counted(2, size)
        parts: list[exports_cells.Texts | str] = ['<row r="', rows, '">']
        for n, column in enumerate(columns):
            sheet.set_column(n, n, min(max(column.widest(_LOOKED_AT) + 2, 10), 60))
            self.write(sheet, 0, n, column.name, **HEADER)
            parts += self._cells(f'<c r="{xl_col_to_name(n)}', rows, column)
        sheet.below = exports_cells.lines([*parts, "</row>"])
        sheet.rows_below = size
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(size, 1), len(columns) - 1)

    def _cells(
        self, start: str, rows: exports_cells.Texts, column: exports_cells.Column
    ) -> list[exports_cells.Texts | str]:
        """Return the parts of the cells of a column as they stand in the file.

        Where a value is missing its cell has no part at all, so such a column is joined first.
        """
        if column.is_text:
            shared = self._file.str_table
            before = shared.count
            texts = column.changed(self._shared)
            shared.count = before + len(texts) - texts.null_count
            parts = [start, rows, texts]
        else:
            texts = column.finite()
            parts = [start, rows, '" t="b"><v>' if column.is_bool else '"><v>', texts, "</v></c>"]
        return [exports_cells.row(parts)] if texts.null_count else parts

    def _shared(self, text: str) -> str | None:
        """Return what stands in a cell after its place for a text: its number in the workbook."""
        if not text:
            return None
        text, computes = _inert(text)
        style = f' s="{self.format(quote_prefix=True)._get_xf_index()}"' if computes else ""
        number = self._file.str_table._get_shared_string_index(text)
        return f'"{style} t="s"><v>{number}</v></c>'

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
        if isinstance(self._path, Path):
            self._path.write_bytes(self._packed.getbuffer())
        else:
            self._path.write(self._packed.getbuffer())


def clipped(text: str, most: int) -> str:
    """Return `text`, or its beginning and an ellipsis when it is longer than `most`."""
    return text if len(text) <= most else text[: most - 1] + "…"
