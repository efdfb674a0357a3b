"""Templates to fill in: a workbook with drop-downs and notes, and a CSV for who has no Excel."""

import csv as csvfile
import io
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from wijkboek_utils.local import schema
from wijkboek_utils.local.schema import Dataset, Field

CHOICES = "Keuzes"  # the sheet that holds the lists of the drop-downs
ROWS = 5000  # that have drop-downs; below those a cell takes anything, and the check still looks
_MADE = datetime(1980, 1, 1, tzinfo=UTC)  # the same template is the same bytes
_TITLE, _MESSAGE = 32, 255  # characters that Excel shows with a cell
_HEADER = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#dfe9ee"}
_EXAMPLE = {"italic": True, "font_color": "#595959", "bg_color": "#f2f2f2"}
_FORMATS = {"string": "@", "integer": "0", "year": "0", "number": "General", "date": "dd-mm-yyyy"}
_WIDTHS = {"string": 22, "date": 14}
_FIRST_DAY = date(1900, 1, 1)


def xlsx(kind: str) -> bytes:
    """Return the template of a kind as a workbook: the sheet to fill in, «Over» and «Uitleg».

    Columns of words are text, so that a spreadsheet keeps 0.10 and a postcode as they are typed.
    """
    dataset, about = schema.load(kind), schema.about()
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        book.set_properties(
            {"title": f"Wijkboek: {dataset.title}", "comments": dataset.help, "created": _MADE}
        )
        rows, over = book.add_worksheet(kind), book.add_worksheet("Over")
        help_page, lists = book.add_worksheet("Uitleg"), book.add_worksheet(CHOICES)
        refs = _lists(lists, [*dataset.fields, *about.fields])
        _rows(book, rows, dataset, refs)
        _over(book, over, dataset, about, refs)
        _help(book, help_page, dataset)
        _lists_header(book, lists)
    return made.getvalue()


def csv(kind: str) -> bytes:
    """Return the template of a kind as CSV for a Dutch Excel: semicolons, and UTF-8 with a mark.

    On top stand lines for what the file says of itself, below the names one example row.
    """
    dataset = schema.load(kind)
    made = io.StringIO()
    made.write(f"# dataset: {kind}\r\n")
    made.write("# Vul achter elke dubbele punt uw antwoord in. Een * is nodig.\r\n")
    for field in schema.about().fields:
        options = f" ({' of '.join(choice.split(':')[0] for choice in field.choices)})"
        made.write(f"# {label(field)}{options if field.choices else ''}: \r\n")
    writer = csvfile.writer(made, delimiter=";")
    writer.writerow([label(field) for field in dataset.fields])
    writer.writerow([field.example for field in dataset.fields])
    return made.getvalue().encode("utf-8-sig")


def label(field: Field) -> str:
    """Return the name of a column as it stands in a template: `bedrag (euro) *`."""
    unit = f" ({field.unit})" if field.unit and field.unit != "deel" else ""
    return f"{field.name}{unit}{' *' if field.required else ''}"


def _rows(book: Any, sheet: Worksheet, dataset: Dataset, refs: dict[str, str]) -> None:
    """Write the sheet to fill in: names with a note each, the example, and what cells take."""
    header, example = book.add_format(_HEADER), dict(_EXAMPLE)
    for place, field in enumerate(dataset.fields):
        kind = _FORMATS[field.type]
        sheet.set_column(
            place,
            place,
            max(_WIDTHS.get(field.type, 12), len(label(field)) + 2),
            book.add_format({"num_format": kind}),
        )
        sheet.write_string(0, place, label(field), header)
        sheet.write_comment(
            0, place, f"{field.title}\n{field.help}", {"x_scale": 2, "visible": False}
        )
        shown = book.add_format({**example, "num_format": kind})
        _write(sheet, 1, place, field, shown)
        _validate(sheet, (1, place, ROWS, place), field, refs)
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)


def _write(sheet: Worksheet, row: int, place: int, field: Field, shown: Any) -> None:
    """Write the example of a column in the type that a user would give it."""
    text = field.example
    if not text:
        sheet.write_blank(row, place, None, shown)
    elif field.type == "date":
        sheet.write_datetime(row, place, datetime.fromisoformat(text), shown)
    elif field.type == "string":
        sheet.write_string(row, place, text, shown)
    else:
        sheet.write_number(row, place, float(text.replace(",", ".")), shown)


def _validate(
    sheet: Worksheet, area: tuple[int, int, int, int], field: Field, refs: dict[str, str]
) -> None:
    """Tell cells what they take: a list to choose from, or a number or day within bounds."""
    message = field.help if len(field.help) <= _MESSAGE else f"{field.help[: _MESSAGE - 1]}…"
    rule: dict[str, Any] = {
        "input_title": field.title[:_TITLE],
        "input_message": message,
        "error_title": field.title[:_TITLE],
        "error_message": message,
    }
    if field.choices:
        rule |= {"validate": "list", "source": refs[field.name]}
    elif field.type == "date":
        rule |= {"validate": "date", "criteria": ">=", "value": _FIRST_DAY}
    elif field.type != "string" and field.min is not None and field.max is not None:
        whole = "decimal" if field.type == "number" else "integer"
        bounds = {"minimum": field.min, "maximum": field.max}
        rule |= {"validate": whole, "criteria": "between", **bounds}
    else:
        rule |= {"validate": "any"}
    sheet.data_validation(*area, rule)


def _lists(sheet: Worksheet, fields: list[Field]) -> dict[str, str]:
    """Write the choices of each column under its name; return where each list stands."""
    refs = {}
    for place, field in enumerate(field for field in fields if field.choices):
        sheet.write_string(0, place, field.name)
        for row, choice in enumerate(field.choices, 1):
            sheet.write_string(row, place, choice)
        first = xl_rowcol_to_cell(1, place, True, True)
        last = xl_rowcol_to_cell(len(field.choices), place, True, True)
        refs[field.name] = f"={CHOICES}!{first}:{last}"
    return refs


def _lists_header(book: Any, sheet: Worksheet) -> None:
    sheet.set_row(0, None, book.add_format({"bold": True}))
    sheet.set_column(0, 30, 24)
    sheet.freeze_panes(1, 0)


def _over(
    book: Any, sheet: Worksheet, dataset: Dataset, about: Dataset, refs: dict[str, str]
) -> None:
    """Write the sheet on which the sender says whose the data are and what may be done with it."""
    header, wrap = book.add_format(_HEADER), book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True, "valign": "top"})
    for place, (name, width) in enumerate((("vraag", 24), ("uw antwoord", 44), ("uitleg", 80))):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, name, header)
    sheet.write_row(1, 0, ["dataset", dataset.name, "Wat voor gegevens dit zijn. Laat dit staan."])
    for row, field in enumerate(about.fields, 2):
        sheet.write_string(row, 0, label(field), bold)
        kind = {"num_format": _FORMATS[field.type], "text_wrap": True, "valign": "top"}
        sheet.write_blank(row, 1, None, book.add_format({**kind, "align": "left", "border": 1}))
        example = f" Bijvoorbeeld: {field.example}" if field.example else ""
        sheet.write_string(row, 2, f"{field.title}. {field.help}{example}", wrap)
        _validate(sheet, (row, 1, row, 1), field, refs)
    sheet.freeze_panes(1, 0)


def _help(book: Any, sheet: Worksheet, dataset: Dataset) -> None:
    """Write the sheet that explains how to fill in the first, and each column."""
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
    header = book.add_format(_HEADER)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90, wrap)
    sheet.write_string(0, 0, dataset.title, bold)
    sheet.write_string(0, 1, dataset.help)
    steps = [
        f"Vul het blad «{dataset.name}» in. Rij 2 is een voorbeeld: typ eroverheen of wis haar.",
        *dataset.steps,
        "Vul ook het blad «Over» in. Een * betekent dat wij het nodig hebben.",
        f"Kijk het bestand na met: wijkboek check {dataset.name}.xlsx",
    ]
    facts = [("waarom", dataset.why), *[(f"stap {n}", step) for n, step in enumerate(steps, 1)]]
    facts += [("nooit openbaar", dataset.never)]
    for row, (name, words) in enumerate(facts, 1):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, words)
    top = len(facts) + 2
    sheet.write_string(top, 0, "kolom", header)
    sheet.write_string(top, 1, "uitleg", header)
    for row, field in enumerate(dataset.fields, top + 1):
        options = f" Kies uit: {', '.join(field.choices)}." if field.choices else ""
        sheet.write_string(row, 0, label(field))
        sheet.write_string(row, 1, f"{field.help}{options}")
