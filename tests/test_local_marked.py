"""The copy of somebody's own sheet in which every fault is marked."""

import io
import time
import zipfile

import openpyxl
import pandas as pd
import pytest

from tests.contributions import ABOUT, TODAY, opened, row
from wijkboek_utils.local import checking, faults, marked, opening, schema
from wijkboek_utils.local.contribution import Fault

MARK = "FFFFD9CC"


def made(file, found, content: bytes = b"") -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(marked.copy(content, file, found)))


def marks(sheet) -> dict[str, str]:
    """Return the note of every cell that has the colour of a fault."""
    cells = [cell for line in sheet.iter_rows() for cell in line]
    found = {c.coordinate: c for c in cells if c.fill.fgColor.rgb == MARK}
    assert all(cell.comment for cell in found.values()), "een kleur zonder uitleg"
    assert {c.coordinate for c in cells if c.comment} == set(found), "een uitleg zonder kleur"
    return {where: cell.comment.text for where, cell in found.items()}


def test_every_faulty_cell_has_a_colour_and_a_note_at_its_own_row():
    rows = pd.DataFrame([row("telling"), row("telling", aantal="veel", telt="foo")])
    rows = rows.rename(columns={"aantal": "Aantal (stuks)"})
    file = opened(rows)
    checked = checking.check(file, "telling", today=TODAY)
    sheet = made(file, checked.faults)["telling"]
    assert set(marks(sheet)) == {"C3", "E3"}
    assert sheet["C1"].value == "Aantal (stuks)" and sheet["C3"].value == "veel"
    assert "geen getal" in sheet["C3"].comment.text


WHEN = "Schrijf dag, maand en jaar, zoals 31-5-2026."


def test_the_first_sheet_lists_what_is_wrong_where_and_what_to_do():
    file = opened([row("telling", aantal="veel", wat=None)], {**ABOUT, "datum": "morgen"})
    checked = checking.check(file, "telling", today=TODAY)
    work = made(file, checked.faults)
    assert work.sheetnames == ["Fouten", "telling", "Over"]
    lines = [[cell.value for cell in line] for line in work["Fouten"].iter_rows(min_row=5)]
    assert lines == [
        [None, "Over: datum", "«morgen» is geen datum.", WHEN],
        ["2", "wat", "dit is leeg en is nodig.", schema.load("telling").field("wat").help],
        ["2", "aantal", "«veel» is geen getal.", "Weet u het niet? Haal de rij dan weg."],
    ]
    assert work["Fouten"]["A6"].hyperlink.location == "'telling'!A2"
    assert list(marks(work["Over"])) == ["B3"] and work["Over"]["B3"].value == "morgen"


def test_a_fault_of_a_column_marks_its_name_and_of_two_columns_both():
    rows = [{**row("telling", buurt=None, x="1", y="2"), "kleur": "rood"}]
    file = opened(rows, {**ABOUT, "coordinaten": "RD"})
    checked = checking.check(file, "telling", ["GM0080"], today=TODAY)
    names = list(rows[0])
    found = marks(made(file, checked.faults)["telling"])
    letters = {openpyxl.utils.get_column_letter(names.index(n) + 1) for n in ("x", "y")}
    assert set(found) == {f"{letter}2" for letter in letters} | {"R1"}


def test_nothing_in_a_copy_computes():
    cells = ["=1+1", "+31", "-x", "@som", '=HYPERLINK("http://x")', "gewoon"]
    file = opened([row("telling", soort=cell, aantal="veel") for cell in cells])
    content = marked.copy(b"", file, checking.check(file, "telling", today=TODAY).faults)
    parts = zipfile.ZipFile(io.BytesIO(content))
    sheets = b"".join(parts.read(name) for name in parts.namelist())
    assert b"<f>" not in sheets and b'TargetMode="External"' not in sheets
    sheet = openpyxl.load_workbook(io.BytesIO(content))["telling"]
    for number, cell in enumerate(cells, 2):
        found = sheet.cell(number, 2)
        assert found.value == cell and found.data_type == "s"
        assert bool(found.quotePrefix) == (cell[0] in "=+-@")


def test_a_huge_cell_is_cut_and_odd_signs_are_left_out():
    file = opened([row("telling", soort="a" * 100_000, opmerking="x\u202ey", aantal="veel")])
    sheet = made(file, checking.check(file, "telling", today=TODAY).faults)["telling"]
    assert len(sheet["B2"].value) == 5000 and sheet["B2"].value.endswith("…")
    assert sheet.cell(2, sheet.max_column).value == "xy"


def test_a_mended_copy_can_be_sent_in_as_it_is():
    file = opened([row("telling"), row("telling", aantal="veel")])
    checked = checking.check(file, "telling", today=TODAY)
    work = made(file, checked.faults)
    work["telling"]["C3"].value = "12"
    again = io.BytesIO()
    work.save(again)
    mended = checking.check(opening.open_bytes(again.getvalue(), "k.xlsx"), today=TODAY)
    assert mended.faults == () and mended.rows["aantal"].tolist() == [1, 12]


def test_the_rows_keep_their_number_below_the_lines_of_a_csv():
    text = "# bijdrager: Club\n# datum: 1-5-2026\nwat;aantal;telt\nboom;x;dingen\n"
    file = opening.open_bytes(text.encode(), "a.csv")
    work = made(file, checking.check(file, today=TODAY).faults, text.encode())
    assert work["telling"]["B4"].value == "x" and "B4" in marks(work["telling"])
    assert work["telling"]["A3"].value == "wat"


def test_a_text_that_is_no_table_is_copied_by_line():
    text = b"wat;aantal;telt\nboom;1;dingen\nbank;1;dingen;te;veel\n=1;2\n"
    file = opening.open_bytes(text, "a.csv")
    assert file.faults and file.rows.empty
    sheet = made(file, file.faults, text)[marked.DATA]
    assert sheet["A1"].value == "wat;aantal;telt" and sheet["A4"].value == "=1;2"
    assert "A3" in marks(sheet)


@pytest.mark.parametrize("content", [b"", b"\0\1\2", b"PK\3\4" + b"x" * 100, b"{", b"\xff\xfe"])
def test_what_cannot_be_read_at_all_still_has_its_list(content):
    for name in ("a.xlsx", "a.csv", "a.gpkg", "=1.json"):
        file = opening.open_bytes(content, name)
        work = made(file, file.faults or [Fault("Er is iets mis.")], content)
        assert work["Fouten"]["C5"].value


def test_a_merged_sheet_gives_a_list_with_its_rows():
    work = openpyxl.Workbook()
    work.active.append(["wat", "aantal", "telt"])
    work.active.append(["boom", 1, "dingen"])
    work.active.merge_cells("A2:B2")
    content = io.BytesIO()
    work.save(content)
    file = opening.open_bytes(content.getvalue(), "a.xlsx")
    listed = made(file, file.faults, content.getvalue())["Fouten"]
    assert listed["A5"].value == "2" and "samengevoegd" in listed["C5"].value


def test_of_a_long_file_only_the_rows_with_a_fault_are_copied():
    rows = pd.DataFrame([row("telling")] * 200_000).astype("str").mask(lambda f: f == "nan")
    rows.loc[[10, 150_000], "aantal"] = "veel"
    file = opened(rows)
    found = checking.check(file, "telling", today=TODAY).faults
    start = time.process_time()
    sheet = made(file, found)["telling"]
    assert time.process_time() - start < 5
    assert [sheet.cell(n, 1).value for n in (1, 2, 3, 4)] == [
        "rij in uw bestand",
        "12",
        "150002",
        None,
    ]
    assert set(marks(sheet)) == {"D2", "D3"}


def test_a_file_of_nothing_but_faults_stays_within_bounds():
    many = [Fault("Fout.", n, "aantal") for n in range(2, 5000)]
    file = opened([row("telling")] * 4998)
    found = faults.Faults(many).ordered()
    work = made(file, found)
    assert work["Fouten"].max_row == 4 + faults.MOST + 1
    assert work["Fouten"]["A1"].value == "meer dan 2.000 fouten in bijdrage.csv"
