"""A copy of somebody's own sheet in which every fault is marked: by colour and by a note."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from wijkboek_utils import dutch
from wijkboek_utils.local import header, schema
from wijkboek_utils.local.contribution import Fault, Opened
from wijkboek_utils.local.faults import OVER, count

FAULTS, ABOUT, DATA = "Fouten", "Over", "gegevens"
WHOLE = 20_000  # rows that are copied whole; of a longer file only the rows with a fault
_CELL = 5_000  # characters of a cell that are copied
_LINES = 5_000  # lines of a text that could not be read as a table
_MADE = datetime(1980, 1, 1, tzinfo=UTC)
_FORMULA = "=+-@\t\r"  # a cell that begins so may be taken for a formula
_HEADER = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#dfe9ee"}
_MARK = {"bg_color": "#ffd9cc", "border": 2, "border_color": "#a61c00", "bold": True}
_LIST = (("rij", 8), ("kolom", 22), ("wat er is", 60), ("wat u doet", 60))
_NOTE = {"x_scale": 2, "y_scale": 1.5}

Style = tuple[Any, Any]  # a format, and the same with a quote in front


@dataclass(frozen=True)
class _Sheet:
    """Cells as they are copied: `rows` by the number that a row has on the sheet."""

    name: str
    columns: list[str]
    top: int  # the number of the row with the names
    rows: dict[int, list[str]]
    at: dict[int, int]  # the number on the sheet of a row in the file
    names: dict[str, str]  # the name in the file of a column of the dataset


def copy(content: bytes, opened: Opened, faults: Sequence[Fault]) -> bytes:
    """Return a workbook with the cells of a file and its faults; the file itself stays as it is.

    The first sheet lists every fault with its row, column and what to do. On the second each faulty
    cell has a colour and a note, at its own row number. What cannot be read as a table is copied as
    lines when it is text (`content`), else only the list is there. Every cell is written as text,
    so that nothing computes or links.
    """
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        book.set_properties({"title": f"Fouten in {opened.name}", "created": _MADE})
        listed, styles = book.add_worksheet(FAULTS), _styles(book)
        sheet = _table(opened, faults) if len(opened.rows.columns) else _lines(content, opened)
        cells = _places(sheet, faults) if sheet else {}
        _list(book, listed, opened, faults, sheet, styles)
        if sheet:
            _copy(book.add_worksheet(sheet.name), sheet, cells, styles)
        about = [(f.column or "").removeprefix(OVER) for f in faults if _is_about(f)]
        if opened.about or about:
            _about(book.add_worksheet(ABOUT), opened.about, faults, styles)
    return made.getvalue()


def _is_about(fault: Fault) -> bool:
    return (fault.column or "").startswith(OVER)


def _table(opened: Opened, faults: Sequence[Fault]) -> _Sheet:
    """Return the rows of a table; of a long one those with a fault, with their number in front."""
    kind = header.guess(opened)
    names = {}
    if kind:
        found, _ = header.match(list(opened.rows.columns), schema.load(kind))
        names = {column: name for name, column in found.items()}
    rows, columns = opened.rows, [str(name) for name in opened.rows.columns]
    first = int(rows.index[0]) if len(rows) else 2
    if len(rows) <= WHOLE:
        numbers = [int(row) for row in rows.index]
        at = dict(zip(numbers, numbers, strict=True))
        return _Sheet(kind or DATA, columns, max(first - 1, 1), _texts(rows, numbers), at, names)
    rows = rows[rows.index.isin([f.row for f in faults])]
    at = {int(row): n for n, row in enumerate(rows.index, 2)}
    numbered = pd.concat([rows.index.to_series().astype(str), rows], axis=1)
    texts = _texts(numbered, list(at.values()))
    return _Sheet(kind or DATA, ["rij in uw bestand", *columns], 1, texts, at, names)


def _texts(rows: pd.DataFrame, numbers: list[int]) -> dict[int, list[str]]:
    return dict(zip(numbers, rows.fillna("").astype("str").to_numpy().tolist(), strict=True))


def _lines(content: bytes, opened: Opened) -> _Sheet | None:
    """Return the lines of a text file that is no table; None for what is no text."""
    if not (opened.form == "csv" or opened.name.lower().endswith((".csv", ".txt", ".tsv"))):
        return None
    if b"\0" in content or not content.strip():
        return None
    lines = content.decode("utf-8-sig", errors="replace").splitlines()[:_LINES]
    rows = {number: [line] for number, line in enumerate(lines, 1)}
    return _Sheet(DATA, [], 0, rows, {number: number for number in rows}, {})


def _places(sheet: _Sheet, faults: Sequence[Fault]) -> dict[tuple[int, int], list[str]]:
    """Return what is to be said at each cell, by its row and column on the sheet, from 0."""
    said: dict[tuple[int, int], list[str]] = {}
    for fault in faults:
        if _is_about(fault) or (fault.row is None and not fault.column):
            continue
        row = sheet.top if fault.row is None else sheet.at.get(fault.row, 0)
        for place in _columns(sheet, fault) if row else []:
            said.setdefault((row - 1, place), []).append(fault.words)
    return said


def _columns(sheet: _Sheet, fault: Fault) -> list[int]:
    """Return the columns that a fault is about; the first for a whole row, none for what misses."""
    if not fault.column:
        return [0]
    parts = [fault.column] if fault.column in sheet.columns else fault.column.split(" en ")
    names = [sheet.names.get(part, part) for part in parts]
    found = [sheet.columns.index(name) for name in names if name in sheet.columns]
    return found or ([0] if fault.row is not None else [])


def _list(
    book: Any,
    out: Worksheet,
    opened: Opened,
    faults: Sequence[Fault],
    sheet: _Sheet | None,
    styles: dict[str, Style],
) -> None:
    """Write the list of faults; a row number leads to the cell."""
    title = book.add_format({"bold": True, "font_size": 14})
    wrap = styles["wrap"]
    link = book.add_format({"underline": 1, "font_color": "#0b5394", "valign": "top"})
    out.write_string(0, 0, f"{count(faults)} in {dutch.name(opened.name)}", title)
    out.write_string(
        1, 0, "Wij hebben niets overgenomen. Herstel de fouten en stuur alles opnieuw."
    )
    for place, (name, width) in enumerate(_LIST):
        out.set_column(place, place, width)
        _string(out, 3, place, name, styles["head"])
    for line, fault in enumerate(faults, 4):
        what, do = _parts(fault.words)
        places = _places(sheet, [fault]) if sheet and fault.row is not None else {}
        if sheet and places:
            cell = xl_rowcol_to_cell(*next(iter(places)))
            target = f"internal:'{sheet.name}'!{cell}"
            out.write_url(line, 0, target, link, string=str(fault.row))
        else:
            _string(out, line, 0, "" if fault.row is None else str(fault.row), wrap)
        _string(out, line, 1, fault.column or "", wrap)
        _string(out, line, 2, what, wrap)
        _string(out, line, 3, do, wrap)
    out.freeze_panes(4, 0)


def _parts(words: str) -> tuple[str, str]:
    """Return what is wrong and what to do: the first sentence, and the rest."""
    quoted = words.find("»") if words.startswith("«") else 0
    found = re.compile(r"[.?] (?=\S)").search(words, max(quoted, 0))
    return (words[: found.start() + 1], words[found.end() :]) if found else (words, "")


def _copy(
    out: Worksheet,
    sheet: _Sheet,
    said: dict[tuple[int, int], list[str]],
    styles: dict[str, Style],
) -> None:
    """Write the cells, and mark those about which something is said."""
    if sheet.columns:
        out.set_column(0, len(sheet.columns) - 1, 18, styles["text"][0])
        out.freeze_panes(sheet.top, 0)
    else:
        out.set_column(0, 0, 120, styles["text"][0])
    if sheet.top > 1:
        out.write_string(0, 0, f"Wat boven rij {sheet.top} stond, staat op het blad «{ABOUT}».")
    head_row = {sheet.top: sheet.columns} if sheet.columns else {}
    for number, cells in (head_row | sheet.rows).items():
        for place, cell in enumerate(cells):
            where = (number - 1, place)
            style = "mark" if where in said else "head" if number in head_row else "text"
            if cell or where in said:
                _string(out, *where, cell, styles[style])
    for where, words in said.items():
        out.write_comment(*where, "\n".join(dict.fromkeys(words))[:_CELL], _NOTE)


def _about(
    out: Worksheet, about: dict[str, str], faults: Sequence[Fault], styles: dict[str, Style]
) -> None:
    """Write what the file said of itself, with the answers that are wrong marked."""
    wrong: dict[str, list[str]] = {}
    for fault in filter(_is_about, faults):
        wrong.setdefault((fault.column or "").removeprefix(OVER), []).append(fault.words)
    given = {header.about_name(name) or name: answer for name, answer in about.items()}
    rows = {field.name: given.get(field.name, "") for field in schema.about().fields} | given
    for place, (name, width) in enumerate((("vraag", 24), ("uw antwoord", 60))):
        out.set_column(place, place, width)
        _string(out, 0, place, name, styles["head"])
    for row, (name, answer) in enumerate(rows.items(), 1):
        _string(out, row, 0, name, styles["wrap"])
        _string(out, row, 1, answer or "", styles["mark" if name in wrong else "wrap"])
        if name in wrong:
            out.write_comment(row, 1, "\n".join(wrong[name]), _NOTE)
    out.freeze_panes(1, 0)


def _string(out: Worksheet, row: int, place: int, text: str, style: Style) -> None:
    """Write a cell as text that no spreadsheet takes for a formula, not even when it is edited."""
    text = dutch.plain(text)
    cut = text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"
    if cut:
        out.write_string(row, place, cut, style[cut[0] in _FORMULA])
    else:
        out.write_blank(row, place, None, style[0])


def _styles(book: Any) -> dict[str, Style]:
    """Return the styles of the workbook, each without and with the quote that keeps a cell text."""
    looks: dict[str, dict[str, Any]] = {
        "head": _HEADER,
        "mark": _MARK,
        "text": {"valign": "top"},
        "wrap": {"text_wrap": True, "valign": "top"},
    }
    made = {}
    for name, look in looks.items():
        kept = {**look, "num_format": "@"}
        made[name] = (book.add_format(kept), book.add_format({**kept, "quote_prefix": True}))
    return made
