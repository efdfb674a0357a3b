"""Opening contributed files: what each form says, and what is refused with advice."""

import io
import subprocess
from datetime import date, datetime

import openpyxl
import pytest
import xlsxwriter

from tests import mangle, mangle_geo, mangle_xlsx
from wijkboek_utils.local import limits, opening, schema, template


def opened(content: bytes | str, name: str = "telling.csv", over: bytes | None = None):
    data = content.encode() if isinstance(content, str) else content
    return opening.open_bytes(data, name, over)


def words(content: bytes | str, name: str = "telling.csv") -> list[str]:
    found = opened(content, name)
    assert found.rows.empty and found.faults
    return [str(fault) for fault in found.faults]


def book(*rows: list, change=lambda book, sheet: None) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    change(made, made.active)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


@pytest.mark.parametrize("kind", schema.KINDS)
def test_the_templates_open_and_say_what_they_are(kind):
    for content in (template.xlsx(kind), template.csv(kind)):
        found = opened(content, "ingevuld")
        assert found.faults == () and found.kind == kind
        assert len(found.rows.columns) == len(schema.load(kind).fields)


def test_every_form_gives_the_same_rows():
    table = mangle.good("budget")
    right = [list(row) for row in table.rows]
    shapes = {f"a.{end}": data for end, data in mangle_geo.parts(mangle_geo.short(table)).items()}
    files = {
        "csv": mangle.text(table),
        "xlsx": mangle_xlsx.workbook(table),
        "geojson": mangle_geo.GEOJSON[0](table, None)[0],
        "gpkg": mangle_geo.package(table),
        "shp": mangle_geo._zip(shapes),
    }
    for form, content in files.items():
        found = opened(content, "zonder uitgang")
        assert (found.form, found.faults) == (form, ())
        assert found.rows.to_numpy().tolist() == right
        assert found.rows.index.tolist() == [n + found.rows.index[0] for n in range(5)]
        assert (found.crs, found.shapes is None) == (
            (None, True) if form in ("csv", "xlsx") else (28992, False)
        )


def test_rows_are_numbered_as_a_spreadsheet_shows_them():
    found = opened('sep=;\r\n# bijdrager: Club\r\n\r\nTitel;\r\na;b\r\n"x\ny";1\r\n;\r\nz;2\r\n')
    assert found.rows.index.tolist() == [5, 7]
    assert found.about == {"bijdrager": "Club"}
    assert opened(book(["Titel"], [], ["a", "b"], ["x", 1], [], ["y", 2])).rows.index.tolist() == [
        4,
        6,
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_encoding_and_separator_are_found(encoding, separator):
    text = "naam;aantal\r\ncafé «Één»;12\r\n".replace(";", separator)
    assert opened(text.encode(encoding)).rows.to_numpy().tolist() == [["café «Één»", "12"]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("naam;prijs\nbank;1,5\nboom;2,25\n", [["bank", "1,5"], ["boom", "2,25"]]),
        ("Bomen, banken en meer;\nnaam;prijs\nbank;1,5\n", [["bank", "1,5"]]),
        ("naam;adres\nJan;a, b, c\nPiet;d, e, f\n", [["Jan", "a, b, c"], ["Piet", "d, e, f"]]),
        ('naam,prijs\nbank,"1,5"\n', [["bank", "1,5"]]),
        ("naam;wat, waar;x\na;b, c;1\nd;e;2\n", [["a", "b, c", "1"], ["d", "e", "2"]]),
    ],
)
def test_a_comma_in_a_cell_or_title_does_not_change_the_separator(text, rows):
    assert opened(text).rows.to_numpy().tolist() == rows


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"naam;aantal\nboom;1\nca\x81;2\n", "rij 3: hier staat een teken dat in UTF-8"),
        ("naam;aantal\nbomé;1\n".encode() + b"caf\xe9;2\n", "rij 3: hier staat een teken in een"),
        (b"naam;aantal\nbo\0om;1\n", "rij 2: hier staan tekens die geen tekst zijn"),
        ('naam;aantal\nboom;1\n"bank;2\nkast;3\n', "rij 3: hier begint een aanhalingsteken"),
        ("naam;aantal\nboom;1;2\nbank\nkast;3\n", "rij 2: deze rij heeft 3 cellen"),
        ("naam;naam\nboom;1\n", "rij 1, kolom naam: deze kolom staat er twee keer"),
        ("naam;;prijs\nboom;1;2\n", "rij 1, kolom B: boven deze kolom staat geen naam"),
        ("boom;12\nbank;3\n", "rij 1: hier horen de namen"),
        ("a;b,c\n1;2,3\n", "rij 1: het is niet zeker welk teken"),
        (" \r\n", "het bestand is leeg"),
        ("naam;aantal\nboom;" + "1" * (limits.CELL + 1) + "\n", "rij 2, kolom B: deze cel heeft"),
        (b"x" * (limits.BYTES + 1), "het bestand is groter dan 20 MB"),
        (b"%PDF-1.4\n", "dit is een PDF"),
        (b"<html><table></table></html>", "dit is een webpagina"),
        (b"<?xml version='1.0'?><kml></kml>", "dit is een KML-bestand"),
        (b"\x89PNG\r\n\x1a\n", "dit is een foto"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "dit is een bestand van een oude versie",
        ),
        (b"\0\0\x27\x0a" + bytes(96), "dit is een los deel van een shapefile"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place_and_advice(content, says):
    found = words(content)
    assert found[0].startswith(says)
    assert found[0].count(".") >= 1


def test_all_uneven_rows_are_named_at_once():
    faults = words("a;b\n1;2;3\n1;2\n1\n")
    assert [fault.split(":")[0] for fault in faults] == ["rij 2", "rij 4"]


def test_cells_of_a_workbook_become_what_a_person_would_type():
    def change(_, sheet):
        sheet["E2"].number_format = "0%"

    rows = [
        ["heel", "half", "som", "dag", "deel", "tijd", "vlag", "tekst"],
        [5.0, 0.1, 0.1 + 0.2, date(2024, 5, 1), 0.25, datetime(2024, 5, 1, 13, 30), True, "0.10"],
    ]
    assert opened(book(*rows, change=change)).rows.to_numpy().tolist() == [
        ["5", "0.1", "0.3", "2024-05-01", "25%", "2024-05-01T13:30:00", "ja", "0.10"]
    ]


def test_a_workbook_with_shared_strings_opens():
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as written:
        sheet = written.add_worksheet("Blad1")
        sheet.write_row(0, 0, ["wat", "aantal"])
        sheet.write_row(1, 0, ["boom", 3])
    assert opened(made.getvalue()).rows.to_numpy().tolist() == [["boom", "3"]]


def test_every_formula_is_named_and_none_is_computed():
    faults = words(book(["a", "b"], [1, "=A2*2"], ["=A2", 3]))
    assert [fault.split(":")[0] for fault in faults] == ["rij 2, kolom B", "rij 3, kolom A"]
    assert "plak hem als waarde" in faults[0]


def test_two_filled_sheets_are_refused_by_name_unless_one_is_named_as_a_dataset():
    def other(made, sheet):
        made.create_sheet("Kladblok").append(["x", "y"])

    def named(made, sheet):
        other(made, sheet)
        sheet.title = "telling"

    rows = [["wat", "aantal"], ["boom", 1]]
    assert "«Sheet», «Kladblok»" in words(book(*rows, change=other))[0]
    assert opened(book(*rows, change=named)).kind == "telling"


def test_facts_may_stand_in_a_file_beside_it(tmp_path):
    (tmp_path / "bomen.csv").write_text("# bijdrager: Club\na;b\n1;2\n")
    (tmp_path / "bomen.over.csv").write_text("bijdrager;Natuurclub\nBewaren tot;2031-12-31\n")
    found = opening.open_file(tmp_path / "bomen.csv")
    assert found.about == {"bijdrager": "Natuurclub", "bewaren_tot": "2031-12-31"}
    assert opening.open_file(tmp_path / "weg.csv").faults[0].words.startswith("het bestand is er")


def test_a_name_loses_its_folders_and_what_nobody_sees():
    assert opened("a;b\n1;2\n", "..\\..\\C:/map/bo\u202emen\n.csv").name == "bomen .csv"


def test_the_process_that_reads_gets_no_secret_and_a_surprise_of_it_is_a_dutch_fault(monkeypatch):
    seen = {}

    def run(command, **options):
        seen.update(options)
        return subprocess.CompletedProcess(command, -9, b"", b"Killed")

    monkeypatch.setenv("WIJKBOEK_GEHEIM", "x")
    monkeypatch.setattr(opening.subprocess, "run", run)
    assert words("a;b\n1;2\n")[0].startswith("het bestand is niet te lezen")
    assert "WIJKBOEK_GEHEIM" not in seen["env"] and seen["timeout"] < 10

    def slow(command, **options):
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(opening.subprocess, "run", slow)
    assert words("a;b\n1;2\n")[0].startswith("het lezen van het bestand duurt te lang")
