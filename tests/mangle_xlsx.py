"""Workbooks, good and mangled; see `mangle`."""

import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache, partial
from typing import Any

import openpyxl

from tests.mangle import EITHER, EVIL, REFUSED, SAME, SCRIPT, Made, Table, about, cut, flip, holding
from wijkboek_utils.local import template

_template = cache(template.xlsx)


def workbook(
    table: Table, change: Callable[[Any, Any], Any] | None = None, typed: bool = False
) -> bytes:
    """Return the template of a kind with the rows of a table, after a change of book and sheet."""
    book = openpyxl.load_workbook(io.BytesIO(_template(table.kind)))
    sheet, over = book[table.kind], book["Over"]
    sheet.delete_rows(2, 1)
    for place, name in enumerate(table.columns, 1):
        sheet.cell(1, place, name)
    sheet.delete_cols(len(table.columns) + 1, 50)
    for row, cells in enumerate(table.rows, 2):
        for place, cell in enumerate(cells, 1):
            _put(sheet.cell(row, place), cell, typed)
    for row, (name, value) in enumerate(about(table.kind).items(), 2):
        over.cell(row, 1, name)
        over.cell(row, 2, value)
    over.delete_rows(2 + len(about(table.kind)), 20)
    if change:
        change(book, sheet)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _put(cell: Any, text: str, typed: bool) -> None:
    cell.value = text
    cell.data_type = "s"  # a text that starts with = is no formula
    cell.number_format = "@"
    if typed and text.replace(",", "").isdigit():
        cell.value, cell.number_format = float(text.replace(",", ".")), "General"
    elif typed and text[:2] == "20" and text.count("-") == 2:
        cell.value = date.fromisoformat(text)


def _book(name: str, change: Callable[[Any, Any], Any], expect: str = SAME) -> Any:
    def made(table: Table, _: random.Random) -> Made:
        return workbook(table, change), table, expect

    made.__name__ = name
    return made


def _typed(table: Table, _: random.Random) -> Made:
    """Numbers and days as a spreadsheet has them; a decimal comma is then a point."""
    rows = tuple(
        tuple(c.replace(",", ".") if c.replace(",", "").isdigit() else c for c in row)
        for row in table.rows
    )
    return workbook(table, typed=True), replace(table, rows=rows), SAME


def _days_as_numbers(table: Table, _: random.Random) -> Made:
    def change(_: Any, sheet: Any) -> None:
        sheet["A2"].value, sheet["A2"].number_format = 45413, "General"

    return workbook(table, change), table.cell(0, 0, "45413"), SAME


def _second_sheet(book: Any, sheet: Any) -> None:
    sheet.title = "Blad1"
    book.create_sheet(f"../{EVIL} <script>".replace("/", "")).append(["nog", "een", "tabel"])


def _wide_title(_: Any, sheet: Any) -> None:
    sheet.insert_rows(1)
    sheet["A1"] = "Onze telling"
    sheet.merge_cells("A1:D1")


def _hide_row(_: Any, sheet: Any) -> None:
    sheet.row_dimensions[3].hidden = True


def _hide_column(_: Any, sheet: Any) -> None:
    sheet.column_dimensions["B"].hidden = True


def _set(address: str, value: Any) -> Callable[[Any, Any], None]:
    def change(_: Any, sheet: Any) -> None:
        sheet[address] = value

    return change


def _coloured(_: Any, sheet: Any) -> None:
    for column in range(20, 2000):
        sheet.cell(3, column).number_format = "0.00"


def archive(
    content: bytes,
    edit: dict[str, Callable[[bytes], bytes]] | None = None,
    extra: dict[str, bytes] | None = None,
) -> bytes:
    """Return an archive with some parts edited and some added."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", 8) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, (edit or {}).get(name, lambda same: same)(data))
        for name, data in (extra or {}).items():
            new.writestr(name, data)
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def _packed(name: str, change: Callable[[bytes], bytes], expect: str = REFUSED) -> Any:
    def made(table: Table, _: random.Random) -> Made:
        return change(workbook(table)), table, expect

    made.__name__ = name
    return made


def _in_sheet(name: str, old: bytes, new: bytes, expect: str = REFUSED) -> Any:
    def change(content: bytes) -> bytes:
        return archive(content, {SHEET: lambda xml: xml.replace(old, new, 1)})

    return _packed(name, change, expect)


def _sized(name: str, size: bytes) -> Any:
    """Return what says of a sheet that it is of another size than it is."""
    lie = b'<dimension ref="' + size + b'"'

    def change(content: bytes) -> bytes:
        return archive(content, {SHEET: lambda xml: re.sub(rb'<dimension ref="[^"]*"', lie, xml)})

    return _packed(name, change, SAME)


def entity(to: str) -> Any:
    """Return what puts an entity in the sheet: one that grows, or one that reads a file or page."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    one = laughs if to == "laughs" else f'<!ENTITY l9 SYSTEM "{to}">'

    def change(content: bytes) -> bytes:
        def put(xml: bytes) -> bytes:
            head = f"<!DOCTYPE worksheet [{one}]>".encode()
            at = xml.index(b"<worksheet")
            return xml[:at] + head + xml[at:].replace(b"<v>", b"<v>&l9;", 1)

        return archive(content, {SHEET: put})

    return _packed(f"entity_{to[:6]}", change)


def _overlap(content: bytes) -> bytes:
    made = io.BytesIO(content)
    with zipfile.ZipFile(made, "a") as packed:
        packed.writestr("xl/a.xml", b"<a/>" * 1000)
        for number in range(50):
            copied = zipfile.ZipInfo(f"xl/b{number}.xml")
            last = packed.infolist()[-1]
            for what in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(copied, what, getattr(last, what))
            packed.filelist.append(copied)
    return made.getvalue()


def _locked(content: bytes) -> bytes:
    made = bytearray(content)
    at = -1
    while (at := made.find(b"PK\1\2", at + 1)) >= 0:
        made[at + 8] |= 1
    return bytes(made)


def _bomb(content: bytes) -> bytes:
    return archive(content, {SHEET: lambda xml: xml[:-12] + b" " * 60_000_000 + xml[-12:]})


def _bombs(content: bytes) -> bytes:
    return archive(content, extra={f"xl/m{n}.xml": bytes(900_000) for n in range(300)})


def _nested(content: bytes) -> bytes:
    return archive(content, extra={"xl/embeddings/in.zip": content})


def _any(name: str, change: Callable[[bytes, random.Random], bytes], expect: str = EITHER) -> Any:
    def made(table: Table, random: random.Random) -> Made:
        return change(workbook(table), random), table, expect

    made.__name__ = name
    return made


_cell_of = partial(holding, write=workbook)

XLSX = [
    _book("plain", lambda book, sheet: None),
    _typed,
    _book("coloured_empty_columns", _coloured),
    _book("wide_title", _wide_title),
    _cell_of("hyperlink", '=HYPERLINK("http://127.0.0.1/?"&A1,"klik")'),
    _cell_of("command", "=cmd|' /C calc'!A0"),
    _cell_of("script", SCRIPT),
    _cell_of("right_to_left", "boom\u202egnp.exe", "boomgnp.exe"),
    _cell_of("path", f"C:\\..\\{EVIL}.txt"),
    _cell_of("escaped_return", "eerst_x000D_\nen dan", "eerst\nen dan"),
    _cell_of("huge_cell", "x" * 32_000, expect=REFUSED),
    _days_as_numbers,
    _sized("lying_small", b"A1"),
    _sized("lying_big", b"A1:XFD1048576"),
    _book("formula", _set("C3", "=1+1"), REFUSED),
    _book("dangerous_formula", _set("B2", '=WEBSERVICE("http://127.0.0.1/")'), REFUSED),
    _book("error_value", _set("A4", "#N/A"), REFUSED),
    _book("merged", lambda book, sheet: sheet.merge_cells("B3:C4"), REFUSED),
    _book("hidden_row", _hide_row, REFUSED),
    _book("hidden_column", _hide_column, REFUSED),
    _book("two_sheets", _second_sheet, REFUSED),
    _packed("macros", lambda c: archive(c, extra={"xl/vbaProject.bin": b"Sub Auto_Open"})),
    _packed("overlap", _overlap),
    _packed("locked", _locked),
    _packed("bomb", _bomb),
    _packed("bombs", _bombs),
    _packed("nested", _nested),
    _packed("many_parts", lambda c: archive(c, extra={f"x/{n}.txt": b"" for n in range(2000)})),
    _packed("way_out", lambda c: archive(c, extra={f"../../../tmp/{EVIL}": b"x"})),
    _packed("absolute", lambda c: archive(c, extra={f"/tmp/{EVIL}": b"x"})),
    _packed("drive", lambda c: archive(c, extra={f"C:\\{EVIL}": b"x"})),
    _packed("no_workbook", lambda c: archive(c, {"xl/workbook.xml": lambda _: b"<a/>"})),
    _packed("bad_styles", lambda c: archive(c, {"xl/styles.xml": lambda x: x[: len(x) // 2]})),
    _in_sheet("rows_out_of_order", b'<row r="3"', b'<row r="1"'),
    _in_sheet("far_row", b'<row r="6"', b'<row r="99999999999"'),
    _in_sheet("far_column", b'<c r="C3"', b'<c r="ZZZ3"'),
    _in_sheet("cell_twice", b'<c r="C3"', b'<c r="B3"'),
    _in_sheet(
        "merged_everywhere",
        b"</sheetData>",
        b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
    ),
    _any("cut", cut, REFUSED),
    _any("flip", flip),
    _any("flip_again", flip),
]
