"""An XLSX workbook as a table: the sheet with data, and what the sheet «Over» says of it.

A formula, merged cells, an error value and what is hidden are refused: there a person and a program
see different things. Dates become ISO text, ja and nee come from true and false, and a share keeps
its percent sign.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from xml.parsers import expat

import openpyxl

from wijkboek_utils.local import archive, limits
from wijkboek_utils.local.schema import KINDS
from wijkboek_utils.local.tabular import (
    Line,
    Refusal,
    Table,
    Where,
    clean,
    key,
    letter,
    number,
    tabulate,
)

ABOUT = "over"
_HELP = {"uitleg", "keuzes", "lijsten", "toelichting", "help", "voorbeeld"}  # sheets without data
_DAMAGED = (
    "het bestand is beschadigd. Open het in een rekenprogramma en bewaar het opnieuw als XLSX."
)
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_SHEETS = "xl/worksheets/"
_ROWS = 1_048_576  # of any sheet
_EMPTY = 4 * limits.WORKBOOK_CELLS  # cells with a colour and no content


@dataclass
class Scan:
    """What stands in the XML of a sheet, before anything believes it."""

    cells: int = 0  # with content
    all: int = 0
    row: int = 0
    column: int = 0
    hidden: bool = False
    filled: bool = False
    formulas: list[tuple[int, int]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    hidden_rows: dict[int, None] = field(default_factory=dict)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    columns: set[int] = field(default_factory=set)  # with content

    def start(self, name: str, given: dict[str, str]) -> None:
        """Take in the start of an element."""
        tag = name.rpartition(" ")[2]
        if tag == "c":
            self._cell(given.get("r"))
        elif tag in ("v", "is") and not self.filled:
            self.filled = True
            self.cells += 1
            self.columns.add(self.column)
            if self.hidden:
                self.hidden_rows[self.row] = None
            if self.cells > limits.WORKBOOK_CELLS:
                most = f"{limits.WORKBOOK_CELLS // 1000}.000"
                raise Refusal(f"er staan meer dan {most} gevulde cellen in. Bewaar het als CSV.")
            if self.column > limits.WORKBOOK_COLUMNS:
                words = (
                    f"er staat iets voorbij kolom {letter(limits.WORKBOOK_COLUMNS)}. Haal het weg."
                )
                raise Refusal(words, self.row, letter(self.column))
        elif tag == "f":
            self.formulas.append((self.row, self.column))
        elif tag == "row":
            row = int(given.get("r", self.row + 1))
            if not self.row < row <= _ROWS:  # openpyxl would pass over such a row
                raise Refusal(_DAMAGED)
            self.row, self.column = row, 0
            self.hidden = given.get("hidden") in ("1", "true")
        elif tag == "mergeCell":
            self.merged.append(given.get("ref", ""))
        elif tag == "col" and given.get("hidden") in ("1", "true"):
            self.hidden_columns.append((int(given["min"]), int(given["max"])))

    def _cell(self, address: str | None) -> None:
        before, self.filled = self.column, False
        self.column += 1
        self.all += 1
        if address:
            found = _ADDRESS.fullmatch(address)
            if not found or int(found[2]) != self.row:
                raise Refusal(_DAMAGED)
            self.column = _place(found[1])
        if not before < self.column <= 16_384 or self.all > _EMPTY:
            raise Refusal(_DAMAGED if self.all <= _EMPTY else _LAYOUT)


_LAYOUT = (
    "er staan miljoenen lege cellen met opmaak in. Kopieer alleen de tabel naar een nieuw blad."
)


def _place(letters: str) -> int:
    total = 0
    for one in letters:
        total = 26 * total + ord(one) - 64
    return total


def read(content: bytes) -> Table:
    """Return the table of a workbook, with the sheet «Over» as `about`. Raises Refusal."""
    parts = archive.opened(content)
    names = parts.namelist()
    if any("vba" in name.lower() for name in names):
        raise Refusal("er zitten macro's in dit bestand. Bewaar het als XLSX zonder macro's.")
    scans = {name: _scan(parts, name) for name in names if not _is_other(name)}
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        sheets = {s.title: (s, scans[s._worksheet_path]) for s in book.worksheets}
        if len(sheets) < len(book.worksheets) or not all(
            s._worksheet_path.startswith(_SHEETS) for s in book.worksheets
        ):
            raise Refusal(_DAMAGED)
        return _read(sheets)
    except (Refusal, MemoryError):
        raise
    except Exception:  # openpyxl trusts what it reads: any error may come of a damaged part
        raise Refusal(_DAMAGED) from None


def _is_other(name: str) -> bool:
    """Return whether a part holds no XML, such as a picture."""
    return not name.lower().endswith((".xml", ".rels", ".vml"))


def _scan(parts: zipfile.ZipFile, name: str) -> Scan:
    """Return what stands in a part. Raises Refusal when it is no XML or declares entities."""
    sheet = name.startswith(_SHEETS)
    text = archive.read(parts, name, limits.UNPACKED if sheet else limits.PART)
    scan = Scan()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    if sheet:
        parser.StartElementHandler = scan.start
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError, KeyError):
        raise Refusal(_DAMAGED) from None
    return scan


def _refuse_doctype(*_: Any) -> None:
    raise Refusal(
        "het bestand bevat XML met eigen definities. Dat is niet veilig. Bewaar het opnieuw."
    )


def _read(sheets: dict[str, tuple[Any, Scan]]) -> Table:
    """Return the table of the sheet with data."""
    about: dict[str, str] = {}
    for title, (sheet, scan) in sheets.items():
        if key(title) == ABOUT and scan.cells:
            _refuse_formulas(scan, f"op het blad «{title}»: ")
            for row, cells in _lines(sheet, scan):
                if len(cells) > 1 and cells[0].strip() and cells[1].strip():
                    about[key(clean(cells[0], row))] = clean(cells[1], row)
    title = _chosen(sheets)
    sheet, scan = sheets[title]
    if sheet.sheet_state != "visible":
        raise Refusal(f"het blad «{title}» is verborgen. Maak het zichtbaar.")
    _refuse_formulas(scan)
    table = tabulate(_lines(sheet, scan), even=False)
    if faults := _unseen(scan, table.top):
        raise Refusal.of(faults[: limits.SHOWN])
    table.about = {"dataset": key(title), **about}  # the sheet of a template is named so
    return table


def _chosen(sheets: dict[str, tuple[Any, Scan]]) -> str:
    """Return the title of the sheet with data: one named as a dataset, or the only one filled."""
    filled = [t for t, (_, scan) in sheets.items() if scan.cells and key(t) not in {ABOUT, *_HELP}]
    named = [title for title in filled if key(title) in KINDS]
    seen = [title for title in filled if sheets[title][0].sheet_state == "visible"]
    found = next((some for some in (named, seen, filled) if len(some) == 1), None)
    if found:
        return found[0]
    if not filled:
        raise Refusal("het bestand is leeg: er staat geen tabel in.")
    titles = ", ".join(f"«{clean(title)[:40]}»" for title in filled[:10])
    raise Refusal(f"er zijn meer bladen met gegevens: {titles}. Laat er een in het bestand staan.")


def _lines(sheet: Any, scan: Scan) -> Iterator[Line]:
    """Yield the rows of a sheet as text. Raises Refusal with all cells that hold an error value."""
    sheet.reset_dimensions()  # what the sheet says of its own size may be wrong
    faults: list[Where] = []
    for row, cells in enumerate(sheet.iter_rows(max_col=max(scan.columns)), 1):
        texts = [""] * len(cells)
        for place, cell in enumerate(cells):
            value = cell.value
            if value is None:
                continue
            if cell.data_type == "e":
                words = f"in deze cel staat een fout ({clean(str(value))}). Vul een waarde in."
                faults.append((words, row, letter(place + 1)))
            elif cell.data_type == "n" and "%" in cell.number_format:
                texts[place] = number(float(value) * 100) + "%"
            else:
                texts[place] = text(value)
        yield row, texts
    if faults:
        raise Refusal.of(faults[: limits.SHOWN])


def text(value: Any) -> str:
    """Return the value of a cell as a person would type it."""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).replace("_x000D_", "")  # how a workbook writes a carriage return


def _refuse_formulas(scan: Scan, where: str = "") -> None:
    """Raise Refusal when there are formulas, with every one of them."""
    words = "hier staat een formule. Kopieer de cel en plak hem als waarde."
    if scan.formulas:
        found = scan.formulas[: limits.SHOWN]
        raise Refusal.of([(where + words, row, letter(column)) for row, column in found])


def _unseen(scan: Scan, top: int) -> list[Where]:
    """Return the merged cells of a table and the rows and columns that nobody sees."""
    faults: list[Where] = []
    for ref in scan.merged:
        last = _ADDRESS.fullmatch(ref.rpartition(":")[2])
        if last is None or int(last[2]) >= top:  # a title above the table may be wide
            words = f"de cellen {clean(ref)[:20]} zijn samengevoegd. Splits ze en vul elke cel in."
            faults.append((words, int(last[2]) if last else None, None))
    for row in scan.hidden_rows:
        words = "deze rij is verborgen, misschien door een filter. Maak hem zichtbaar of wis hem."
        faults.append((words, row, None))
    for first, final in scan.hidden_columns:
        for column in sorted(c for c in scan.columns if first <= c <= final):
            words = "deze kolom is verborgen. Maak hem zichtbaar of wis hem."
            faults.append((words, None, letter(column)))
    return faults
