"""The command line for data of the wijk: `wijkboek template` and `wijkboek check FILE`."""

import subprocess
import sys
import time

import openpyxl
import pytest

from tests.conftest import ROOT
from tests.contributions import ABOUT
from wijkboek_utils import cli
from wijkboek_utils.local import schema, template

HEAVY = ["pandas", "numpy", "openpyxl", "xlsxwriter", "geopandas", "yaml", "papermill"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    return cli.main(list(arguments))


def csv(*lines: str, **about: str) -> str:
    told = {**ABOUT, **about}
    return "\n".join([f"# {name}: {value}" for name, value in told.items()] + list(lines)) + "\n"


GOOD = csv("wat;aantal;telt;buurt", "boom;1.000;planten en dieren;BU00801001")
BAD = csv("wat;aantal;telt;buurt", "boom;veel;planten en dieren;BU00801001", "bank;-1;dingen;")


def test_help_comes_at_once_and_loads_nothing_heavy():
    code = (
        "import sys\nfrom wijkboek_utils import cli\n"
        "try:\n    cli.main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    for arguments in (["--help"], ["template", "--help"], ["check", "--help"]):
        start = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert time.monotonic() - start < 2
        assert done.stdout.startswith("gebruik: wijkboek") and done.stdout.endswith("[]\n")


def test_the_help_names_every_kind(capsys):
    with pytest.raises(SystemExit):
        run("template", "--help")
    words = capsys.readouterr().out
    assert all(kind in words for kind in schema.KINDS)


def test_a_template_lands_in_the_working_folder_and_nothing_is_overwritten(folder, capsys):
    assert run("template", "telling") == 0
    assert (folder / "telling.xlsx").read_bytes() == template.xlsx("telling")
    assert "wijkboek check telling.xlsx" in capsys.readouterr().out
    (folder / "telling.xlsx").write_text("van mij")
    assert run("template", "telling") == 2
    assert "bestaat al" in capsys.readouterr().err
    assert (folder / "telling.xlsx").read_text() == "van mij"


def test_a_template_may_be_csv_and_have_another_name(folder):
    assert run("template", "werk", "--csv") == 0
    assert run("template", "werk", "-o", "uren.csv") == 0
    assert run("template", "werk", "-o", "uren.xlsx") == 0
    assert (folder / "uren.csv").read_bytes() == template.csv("werk")
    assert (folder / "werk.csv").read_bytes() == template.csv("werk")
    assert openpyxl.load_workbook(folder / "uren.xlsx").sheetnames[0] == "werk"


def test_an_unknown_kind_gets_the_nearest(capsys):
    assert run("template", "voorraat") == 2
    assert "Bedoelt u voorraad?" in capsys.readouterr().err
    assert run("template", "telling", "boom") == 2


def test_a_good_file_passes_and_says_what_was_read(folder, capsys):
    (folder / "bomen.csv").write_text(GOOD)
    assert run("check", "bomen.csv") == 0
    out = capsys.readouterr().out
    assert out == "bomen.csv: telling (te zien aan de kolommen), 1 rij in 1 buurt, zonder fouten.\n"
    assert [path.name for path in folder.iterdir()] == ["bomen.csv"]


def test_every_fault_is_told_by_row_and_column_and_the_file_stays_as_it_is(folder, capsys):
    (folder / "bomen.csv").write_text(BAD)
    assert run("check", "bomen.csv", "--kind", "telling", "--gemeente", "GM0080") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("bomen.csv: rij 8, kolom aantal: «veel» is geen getal.")
    assert lines[1].startswith("bomen.csv: rij 9, kolom aantal: «-1» is te klein")
    assert lines[2].startswith("bomen.csv: rij 9, kolom buurt: waar is dit?")
    assert lines[3] == "bomen.csv: 3 fouten. Zo kan het bestand niet in de boeken."
    assert (folder / "bomen.csv").read_text() == BAD
    sheet = openpyxl.load_workbook(folder / "bomen-fouten.xlsx")["telling"]
    assert sheet["B8"].comment and sheet["B9"].comment


ROWS = "wat;aantal;telt;buurt\nboom;1;dingen;BU00800108\n"
MAP = """{"type": "FeatureCollection", "features": [{"type": "Feature",
 "properties": {"wat": "boom", "aantal": 1, "telt": "dingen"},
 "geometry": {"type": "Point", "coordinates": [5.8, 53.2]}}]}"""


def test_a_copy_in_which_somebody_mends_is_never_overwritten(folder):
    (folder / "bomen.csv").write_text(BAD)
    assert run("check", "bomen.csv") == 1
    (folder / "bomen-fouten.xlsx").write_text("van mij")
    assert run("check", "bomen.csv") == 1
    assert (folder / "bomen-fouten.xlsx").read_text() == "van mij"
    assert "Fouten" in openpyxl.load_workbook(folder / "bomen-fouten-2.xlsx").sheetnames


@pytest.mark.parametrize("name", ["uren.xls", "uren.ods", "uren.kml"])
def test_a_file_of_another_program_is_refused_as_a_file_and_not_sought_as_a_report(
    folder, capsys, name
):
    (folder / name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert run("check", name) == 1
    assert f"{name}: 1 fout." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("uren.csv", ROWS, "# bijdrager: Natuurclub"),
        ("uren.geojson", MAP, "«Over» staat in een bestand ernaast, uren.over.csv"),
    ],
)
def test_who_says_nothing_of_a_file_reads_where_to_say_it(folder, capsys, name, content, words):
    (folder / name).write_text(content)
    assert run("check", name) == 1
    assert words in capsys.readouterr().out


def test_one_bad_file_of_two_fails_and_both_are_told(folder, capsys):
    (folder / "goed.csv").write_text(GOOD)
    (folder / "fout.csv").write_text(BAD)
    assert run("check", "fout.csv", "goed.csv") == 1
    out = capsys.readouterr().out
    assert "goed.csv: telling" in out and "fout.csv: 3 fouten" in out


def test_the_buurten_of_a_pilot_count(folder, capsys):
    (folder / "bomen.csv").write_text(GOOD)
    assert run("check", "bomen.csv", "--pilot", "leeuwarden-heechterp-schieringen") == 0
    assert run("check", "bomen.csv", "--pilot", "utrecht-kanaleneiland") == 1
    assert "geen buurt van de gemeente" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "weg.csv"], "weg.csv is er niet"),
        (["check", "bomen.csv", "--kind", "teling"], "Bedoelt u telling"),
        (["check", "bomen.csv", "--gemeente", "Leeuwarden"], "GM0344"),
        (["check", "bomen.csv", "--gemeente", "WK008010"], "GM0344"),
        (["check", "bomen.csv", "--pilot", "leeuwarde"], "leeuwarden"),
        (["check", "--kind", "telling"], "horen bij een bestand"),
    ],
)
def test_wrong_use_is_said_with_what_to_do(folder, capsys, arguments, words):
    (folder / "bomen.csv").write_text(GOOD)
    assert run(*arguments) == 2
    assert words in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_refused_and_not_raised(folder, capsys):
    (folder / "stuk.xlsx").write_bytes(b"PK\3\4 geen werkboek")
    (folder / "kaart.shp").write_bytes(b"\0\0\x27\x0a")
    assert run("check", "stuk.xlsx", "kaart.shp") == 1
    out = capsys.readouterr().out
    assert "stuk.xlsx: 1 fout." in out and "kaart.shp: 1 fout." in out


def test_a_report_is_still_checked_as_a_report(capsys):
    assert run("check", "kanaleneilant") == 2
    assert "kanaleneilant" in capsys.readouterr().err
