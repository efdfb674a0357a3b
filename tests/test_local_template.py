"""Templates: what a spreadsheet shows of them, and that what is filled in comes through."""

import io
import zipfile
from datetime import date
from xml.etree import ElementTree

import openpyxl
import pytest

from tests.contributions import TODAY
from wijkboek_utils.local import checking, opening, schema, template

ANSWERS = {
    "bijdrager": "Natuurclub",
    "datum": date(2026, 5, 31),
    "methode": "Alle straten gelopen.",
    "licentie": "CC0",
    "toestemming": "ja: bijdrager mag dit delen",
    "bewaren_tot": date(2030, 12, 31),
}


def book(kind: str) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(template.xlsx(kind)))


def filled(kind: str, **cells) -> bytes:
    """Return a template as a user hands it in: the form filled in, the example made their own."""
    work = book(kind)
    over, rows = work["Over"], work[kind]
    for row in over.iter_rows(min_row=2):
        row[1].value = ANSWERS.get(str(row[0].value).split(" ")[0], row[1].value)
    rows.cell(2, rows.max_column).value = None  # the mark of the example
    names = schema.load(kind).columns
    for name, value in cells.items():
        rows.cell(2, names.index(name) + 1).value = value
    made = io.BytesIO()
    work.save(made)
    return made.getvalue()


def check(content: bytes, name: str = "bijdrage.xlsx", kind: str = ""):
    return checking.check(opening.open_bytes(content, name), kind, today=TODAY)


@pytest.mark.parametrize("kind", schema.KINDS)
def test_a_filled_template_has_no_faults(kind):
    checked = check(filled(kind))
    assert checked.faults == () and checked.kind == kind and len(checked.rows) == 1
    assert checked.about["bewaren_tot"] == "2030-12-31" and checked.about["licentie"] == "CC0"


@pytest.mark.parametrize("kind", schema.KINDS)
def test_an_empty_template_asks_for_what_is_needed_and_its_example_does_not_count(kind):
    checked = check(template.xlsx(kind))
    needed = {f"Over: {field.name}" for field in schema.about().fields if field.required}
    assert {fault.column for fault in checked.faults} == needed | {None}
    assert [note.row for note in checked.notes] == [2]


@pytest.mark.parametrize("kind", schema.KINDS)
def test_a_filled_csv_has_no_faults(kind):
    text = template.csv(kind).decode("utf-8-sig")
    for name, answer in ANSWERS.items():
        at = text.index(":", text.index(f"# {name}"))
        said = f"{answer:%d-%m-%Y}" if isinstance(answer, date) else answer.split(":")[0]
        text = f"{text[: at + 1]} {said}{text[at + 2 :]}"
    text = text.replace(schema.MARK, "")
    checked = check(text.encode("utf-8-sig"), "bijdrage.csv")
    assert checked.faults == () and checked.kind == kind and len(checked.rows) == 1


def test_a_csv_opens_in_a_dutch_excel():
    content = template.csv("budget")
    assert content.startswith(b"\xef\xbb\xbf") and b"\r\n" in content
    header, example = content.decode("utf-8-sig").splitlines()[-2:]
    assert header.count(";") == example.count(";") == 8 and ";0,2;" in example


def test_the_same_template_is_the_same_bytes():
    assert template.xlsx("telling") == template.xlsx("telling")


@pytest.mark.parametrize("kind", schema.KINDS)
def test_a_workbook_is_whole_and_has_no_formula_and_no_address(kind):
    parts = zipfile.ZipFile(io.BytesIO(template.xlsx(kind)))
    assert parts.testzip() is None
    for name in parts.namelist():
        text = parts.read(name)
        ElementTree.fromstring(text)
        assert b"<f>" not in text and b'TargetMode="External"' not in text
    notes = [n for n in parts.namelist() if "comments" in n]
    assert len(notes) == 1


@pytest.mark.parametrize("kind", schema.KINDS)
def test_sheets_names_header_notes_and_panes(kind):
    work, dataset = book(kind), schema.load(kind)
    assert work.sheetnames == [kind, "Over", "Uitleg", template.CHOICES]
    sheet = work[kind]
    assert [cell.value for cell in sheet[1]] == [template.label(f) for f in dataset.fields]
    assert all(field.help in sheet[1][n].comment.text for n, field in enumerate(dataset.fields))
    assert sheet.freeze_panes == "A2" and all(
        w.freeze_panes == "A2" for w in work if w.title != "Uitleg"
    )
    assert sheet.cell(2, sheet.max_column).value == schema.MARK
    assert sheet.max_row == 2  # nothing but the example is filled in


@pytest.mark.parametrize("kind", schema.KINDS)
def test_words_stay_words_so_that_a_zero_is_kept(kind):
    sheet = book(kind)[kind]
    for place, field in enumerate(schema.load(kind).fields, 1):
        letter = sheet.cell(1, place).column_letter
        style = sheet.column_dimensions[letter].number_format
        assert (style == "@") == (field.type == "string"), field.name
        assert sheet.cell(2, place).number_format == style


def test_every_choice_has_a_drop_down_with_all_its_choices():
    for kind in schema.KINDS:
        work = book(kind)
        sheet, lists = work[kind], work[template.CHOICES]
        rules = {
            min(area.min_col for area in rule.sqref.ranges): rule
            for rule in sheet.data_validations.dataValidation
        }
        for place, field in enumerate(schema.load(kind).fields, 1):
            rule = rules[place]
            assert rule.prompt and len(rule.prompt) <= 255 and len(rule.promptTitle) <= 32
            if field.choices:
                area = rule.formula1.split("!")[1].replace("$", "")
                assert [cell.value for (cell,) in lists[area]] == list(field.choices)
                assert max(
                    area.max_row for area in rule.sqref.ranges
                ) > 1000 and rule.errorStyle in (None, "stop")


def test_what_a_user_types_into_a_template_keeps_its_meaning():
    checked = check(filled("geldstroom", taakveld="0.10", bedrag=1234.5, jaar=2024))
    assert checked.rows.loc[0, "taakveld"] == "0.10" and checked.rows.loc[0, "bedrag"] == 1234.5
    as_number = check(filled("geldstroom", taakveld=0.1))
    assert [fault.column for fault in as_number.faults] == ["taakveld"]
    assert "0.10" in as_number.faults[0].words


def test_a_number_in_a_workbook_is_never_a_thousand_times_as_much():
    for value in (1.234, "1.234", 12.345):
        checked = check(filled("geldstroom", bedrag=value))
        assert checked.faults or checked.rows.loc[0, "bedrag"] == value


def test_unknown_kinds_have_no_template():
    with pytest.raises(FileNotFoundError):
        template.xlsx("onzin")
