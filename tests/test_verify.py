"""A report is made again without a network and compared; what differs is named, and why."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.conftest import ROOT, command, project
from tests.test_report import PILOTS
from wijkboek_utils import bundle, compare, compare_cells, folders, inputs, verify
from wijkboek_utils.asked import FORKED
from wijkboek_utils.compare import Difference
from wijkboek_utils.errors import Fout
from wijkboek_utils.verify import Verdict

UTRECHT, ARNHEM, _ = PILOTS


@pytest.fixture
def report(rendered, tmp_path):
    """Return a copy of a report, to spoil."""
    return shutil.copytree(rendered / "reports" / ARNHEM, tmp_path / "elders" / ARNHEM)


def test_a_report_is_reproducible_to_the_byte_also_by_the_engine_of_papermill(rendered):
    # What our engine made is made again by papermill alone: one run that shows two things.
    done = command("verify", UTRECHT, "--engine", "papermill", root=rendered)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == f"{UTRECHT}: reproduceerbaar tot op de byte."
    assert "met papermill zelf" in done.stdout and "vergeleken" in done.stdout


def test_an_engine_that_does_not_exist_is_no_engine(rendered):
    done = command("verify", UTRECHT, "--engine", "papermil", root=rendered)
    assert done.returncode == 2 and "Bedoelt u papermill?" in done.stderr


_CLI = "import sys; from wijkboek_utils.cli import main; sys.exit(main())"


def changed_code(folder) -> dict[str, str]:
    """Put our code in a folder with one key and one line changed; return an environment for it."""
    package = shutil.copytree(ROOT / "wijkboek_utils", folder / "wijkboek_utils")
    keys, code = package / "tables" / "taakvelden.csv", package / "views.py"
    text = keys.read_text()
    assert "\n5.7,groen,land," in text
    keys.write_text(text.replace("\n5.7,groen,land,", "\n5.7,groen,inwoners,"))
    code.write_text(code.read_text() + "\n# een regel erbij\n")
    return {**os.environ, "PYTHONPATH": str(folder)}


def test_a_changed_key_and_line_of_code_are_named_with_what_they_move(rendered, tmp_path):
    """With other code we are another program, so this runs as one."""
    done = subprocess.run(
        [sys.executable, "-c", _CLI, "verify", str(rendered / "reports" / ARNHEM)],
        env={**changed_code(tmp_path), "WIJKBOEK_ROOT": str(rendered)},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    said = done.stdout
    assert done.returncode == 1, said + done.stderr
    assert "Opnieuw maken, zonder netwerk." in said
    assert "Invoer: bestand wijkboek_utils/tables/taakvelden.csv is veranderd" in said
    assert "(5.7, groen, " in said and "kolom sleutel: was land, is nu inwoners" in said
    assert "Invoer: bestand wijkboek_utils/views.py is veranderd" in said
    assert "nieuw is «# een regel erbij»" in said
    assert "bestand wijkboek_utils/run.py" not in said
    first = next(line for line in said.splitlines() if line.startswith("  audit/"))
    assert first.startswith("  audit/wijkrekening.csv: ")
    assert "audit/grootboek.csv: " in said and "kolom bedrag: was " in said
    assert "index.html: " in said and "Leeuwarden" not in said
    assert said.splitlines()[-1] == f"{ARNHEM}: VERSCHILT."


def test_a_changed_raw_byte_is_named_and_refused(rendered, tmp_path):
    root = project(tmp_path)
    shutil.copytree(rendered / "reports" / ARNHEM, root / "reports" / ARNHEM)
    raw = root / "data" / "raw" / "cbs-kwb" / "85984NED.csv"
    content = bytearray(raw.read_bytes())
    place = content.index(b"GM0202")
    content[place + 5] += 1
    raw.write_bytes(content)
    done = command("verify", ARNHEM, root=root)
    assert done.returncode == 1
    assert "Invoer: bron kwb-2024 is veranderd" in done.stdout
    assert "data/raw/cbs-kwb/85984NED.csv klopt niet met het manifest" in done.stdout
    assert "Dat lukt niet: " in done.stdout and "controlesom" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(f"{ARNHEM}: NIET te reproduceren")
    # Who also changes the manifest is no longer refused, and still caught.
    manifest = raw.with_name("manifest.yml")
    known = inputs.Hashes().of(raw)
    record = json.loads((root / "reports" / ARNHEM / "audit" / "run.json").read_text())
    then = record["bronnen"]["kwb-2024"]["sha256"]
    manifest.write_text(manifest.read_text().replace(then, known))
    done = command("verify", "--snel", ARNHEM, root=root)
    assert done.returncode == 1
    assert f"het manifest noemt een ander bestand: was {then[:12]}" in done.stdout
    assert "VERSCHILT" in done.stdout


def heard(report, **how) -> tuple[Verdict, str]:
    """Return what verify makes of a report without making it again, and what it says."""
    said: list[str] = []
    found = verify.verify(report, bundle.read(report), quick=True, tell=said.append, **how)
    return found, "\n".join(said)


def test_a_touched_file_is_named(report):
    assert heard(report)[0].good
    page = report / "index.html"
    page.write_text(page.read_text().replace("€", "$", 1))
    (report / "audit" / "extra.csv").write_text("a\n")
    (report / "audit" / "grootboek.csv").unlink()
    (report / "rapport.pdf").write_bytes(b"printed anew")  # no proof of anything
    found, said = heard(report)
    assert not found.good
    assert found.touched == [
        "audit/extra.csv hoort er niet bij",
        "audit/grootboek.csv is weg",
        "index.html is veranderd",
    ]
    assert all(line in said for line in found.touched)
    (report / bundle.CRATE).write_text("{}")
    assert heard(report)[0].touched == ["ro-crate-metadata.json is weg of niet te lezen"]


@pytest.fixture
def elsewhere(rendered, monkeypatch):
    """Look at the project in which the reports were rendered."""
    names = {"NOTEBOOKS": "notebooks", "PILOTS": "pilots", "REPORTS": "reports"}
    monkeypatch.setattr(folders, "ROOT", rendered)
    for name, place in names.items():
        monkeypatch.setattr(folders, name, rendered / place)
    return monkeypatch


def test_a_changed_notebook_pilot_and_version_are_named(report, elsewhere, tmp_path):
    books = shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    own = shutil.copytree(ROOT / "pilots", tmp_path / "pilots")
    elsewhere.setattr(folders, "ROOT", tmp_path)
    elsewhere.setattr(folders, "NOTEBOOKS", books)
    elsewhere.setattr(folders, "PILOTS", own)
    assert heard(report)[0].good
    others = {**inputs.versions(), "pandas": "99"}
    elsewhere.setattr(inputs, "versions", lambda: others)
    found, said = heard(report)
    assert found.good  # the same figures from other versions is no fault
    assert "versie pandas: was " in said and "is nu 99" in said
    book = books / "04_gemeente.ipynb"
    book.write_text(book.read_text().replace("import", "import  ", 1))
    (own / f"{ARNHEM}.yml").write_text("naam: Spijkerkwartier\ngebied:\n  codes: [WK020201]\n")
    found, said = heard(report)
    assert found.changed == [
        "bestand notebooks/04_gemeente.ipynb is veranderd",
        f"bestand pilots/{ARNHEM}.yml is veranderd",
    ]
    assert ", tekst of code: was «" in said and "codes: [WK020201]»" in said
    (books / "03_huishoudens.ipynb").unlink()
    assert "bestand notebooks/03_huishoudens.ipynb is weg" in heard(report)[0].changed


def test_only_a_new_source_is_no_fault(report, elsewhere):
    made = bundle.read(report)
    fewer = {k: v for k, v in made.facts.items() if k != "bron kwb-2023"}
    found = Verdict()
    assert verify._is_new_source("bron kwb-2023", bundle.Inputs("x", [], fewer))
    assert not verify._is_new_source("bron kwb-2023", made)
    found.made, found.harmless = True, ["bron kwb-2023 is nieuw"]
    found.differences = [Difference(f"audit/{bundle.INPUTS}", "1 verschil", ["regel 9"])]
    assert found.good and "alleen de lijst van invoer" in found.words


def test_the_verdict_says_how_equal_it_is():
    close = Difference("audit/sluitend.csv", "3 cellen in 1 regel anders", close=True)
    far = Difference("audit/sluitend.csv", "3 cellen in 1 regel anders")
    book, looks = Difference("cijfers.xlsx", "1"), Difference("index.html", "1", close=True)
    page = Difference("index.html", "1 verschil")
    cases = [
        (Verdict(), True, "niet opnieuw gemaakt"),
        (Verdict(made=True), True, "tot op de byte"),
        (Verdict(made=True, differences=[close, book]), True, "tot op de cent"),
        (Verdict(made=True, differences=[close, book, page]), False, "invoer dezelfde is."),
        (Verdict(made=True, differences=[far]), False, "terwijl de invoer dezelfde is"),
        (Verdict(made=True, differences=[looks]), False, "tekst zijn wel dezelfde"),
        (Verdict(made=True, differences=[book]), False, "VERSCHILT"),
        (Verdict(made=True, differences=[looks], harmless=["versie x"]), True, "tot op de cent"),
        (Verdict(made=True, differences=[far], harmless=["versie x"]), False, "VERSCHILT"),
        (Verdict(made=True, changed=["bestand x"]), False, "wel dezelfde"),
        (Verdict(made=True, changed=["bestand x"], differences=[far]), False, "VERSCHILT."),
        (Verdict(failed="weg"), False, "NIET te reproduceren"),
        (Verdict(touched=["index.html"]), False, "VERSCHILT."),
    ]
    for verdict, good, words in cases:
        assert verdict.good is good and words in verdict.words, (verdict, verdict.words)


def table(*rows: str) -> bytes:
    return "\n".join(["buurt,post,bedrag,deel", *rows, ""]).encode()


OLD = table("BU1,loon,100.00,0.5", "BU2,loon,200.00,0.5", "BU3,huur,,1")


@pytest.mark.parametrize(
    ("now", "count", "words", "close"),
    [
        (OLD, "", [], True),
        (
            table("BU1,loon,100.00,0.5", "BU2,loon,250.00,0.5", "BU3,huur,,1"),
            "1 cel in 1 regel anders",
            ["regel 2 (BU2, loon), kolom bedrag: was 200.00, is nu 250.00"],
            False,
        ),
        (  # unknown is not nothing
            table("BU1,loon,100.00,0.5", "BU2,loon,200.00,0.5", "BU3,huur,0,1"),
            "1 cel in 1 regel anders",
            ["regel 3 (BU3, huur), kolom bedrag: was leeg, is nu 0"],
            False,
        ),
        (
            table("BU1,loon,100.004,0.5", "BU2,loon,200.00,0.500000001", "BU3,huur,,1"),
            "2 cellen in 2 regels anders",
            [
                "regel 1 (BU1, loon), kolom bedrag: was 100.00, is nu 100.004",
                "regel 2 (BU2, loon), kolom deel: was 0.5, is nu 0.500000001",
            ],
            True,
        ),
        (  # a share is no amount: no cents there
            table("BU1,loon,100.00,0.504", "BU2,loon,200.00,0.5", "BU3,huur,,1"),
            "1 cel in 1 regel anders",
            ["regel 1 (BU1, loon), kolom deel: was 0.5, is nu 0.504"],
            False,
        ),
        (
            table("BU2,loon,200.00,0.5", "BU3,huur,,1"),
            "1 regel weg",
            ["regel 1 (BU1, loon) is weg"],
            False,
        ),
        (
            table("BU1,loon,100.00,0.5", "BU1,loon,7,0", "BU2,loon,201.00,0.5", "BU3,huur,,1"),
            "1 cel in 1 regel anders, 1 regel nieuw",
            [
                "regel 2 (BU2, loon), kolom bedrag: was 200.00, is nu 201.00",
                "regel 2 (BU1, loon) is nieuw",
            ],
            False,
        ),
        (
            b"buurt,post,bedrag\nBU1,loon,100.00\nBU2,loon,200.00\nBU3,huur,\n",
            "andere kolommen",
            ["kolom deel is weg"],
            False,
        ),
    ],
)
def test_tables_are_compared_cell_by_cell(now, count, words, close):
    found = compare_cells.tables(OLD, now, {"bedrag"})
    assert (found.words, found.close) == (words, close)
    assert found.count() == count if words else not found


def test_only_the_first_differences_are_told_and_all_are_counted():
    new = table(*(f"BU{n},loon,{n},0" for n in range(50)))
    old = table(*(f"BU{n},loon,{n + 1},0" for n in range(50)))
    found = compare_cells.tables(old, new, most=3)
    assert found.count() == "50 cellen in 50 regels anders" and len(found.words) == 3


def test_long_texts_and_numbers_are_cut_where_they_differ():
    long = "een heel lange uitleg over hoe dit getal tot stand kwam, " * 3
    words = compare_cells.fragment(long + "uit 2023 en verder", long + "uit 2024 en verder")
    assert words == "was «…d kwam, uit 2023 en verder», is nu «…d kwam, uit 2024 en verder»"
    old, new = table("BU1,x,1.23456789012345,1"), table("BU1,x,1.23456789012399,1")
    assert "na tien cijfers" in compare_cells.tables(old, new).words[0]


def test_the_columns_in_euros_are_those_of_the_description(rendered):
    euros = compare.amounts(rendered / "reports" / UTRECHT / "audit" / "csv-metadata.json")
    assert "bedrag" in euros["grootboek.csv"] and "jaar" not in euros["grootboek.csv"]
    assert compare.amounts(rendered / "weg.json") == {}


def zipped(path, level, **files) -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return path.read_bytes()


def test_other_files_are_compared_by_what_is_in_them(tmp_path):
    text = "a b c " * 500
    old, again = (zipped(tmp_path / f"{n}.zip", n, blad=text, ander="x") for n in (1, 9))
    assert old != again
    same = compare.contents("cijfers.xlsx", old, again)
    assert same.close and "anders ingepakt" in same.count
    other = zipped(tmp_path / "3.zip", 1, blad=text + "d", ander="x")
    found = compare.contents("cijfers.xlsx", old, other)
    assert not found.close and found.words == ["onderdeel blad"] and found.count[0] == "1"

    cells = [{"id": "a", "source": ["x = 1\n"], "outputs": []}, {"id": "b", "source": "y"}]
    then = json.dumps({"cells": cells}).encode()
    cells[0]["outputs"], cells[1]["id"] = [{"text": "12"}], "c"
    found = compare.contents("audit/04.ipynb", then, json.dumps({"cells": cells}).encode())
    assert found.count == "3 verschillen"
    assert found.words[0].startswith("stap a, uitkomst: was ")
    assert found.words[1:] == ["stap b is weg", "stap c is nieuw"]

    assert compare.contents("a.ipynb", b'{"cells": [], "v": 1}', b'{"cells": []}').close
    old, new = b"<p style='a'>Tekst <b>vet</b></p>", b"<p style='b'>Tekst\n<b>vet</b></p>"
    assert compare.contents("a.html", old, new).close
    assert not compare.contents("a.html", old, new.replace(b"vet", b"dun")).close

    lines = [f"regel {n}" for n in range(2000)]
    then = "\n".join(lines).encode()
    lines[7] = "iets anders"
    assert compare.contents("a.html", then, "\n".join(lines).encode()).words == [
        "regel 8: was regel 7, is nu iets anders"
    ]
    del lines[1500]
    found = compare.contents("a.html", then, "\n".join(lines).encode())
    assert found.words[1] == "regel 1501: weg is «regel 1500»" and found.count == "2 verschillen"


def test_a_report_made_again_lies_beside_the_first_file_by_file(report, tmp_path):
    other = shutil.copytree(report, tmp_path / "anders")
    assert compare.folders(report, other) == []
    (other / "kaart.html").unlink()
    (other / "nieuw.html").write_text("x")
    page = other / "audit" / "wijkrekening.csv"
    page.write_text(page.read_text().replace("huishoudens,", "huishoudens ,", 1))
    found = {one.name: one for one in compare.folders(report, other)}
    assert found.keys() == {"kaart.html", "nieuw.html", "audit/wijkrekening.csv"}
    assert found["kaart.html"].count == "komt er niet meer uit"


def test_what_is_no_report_is_said_before_anything_is_done(rendered, report):
    wrong = command("verify", "arnhem-spijkerkwatier", root=rendered)
    assert wrong.returncode == 2 and f"Bedoelt u {ARNHEM}" in wrong.stderr
    (report / "audit" / bundle.INPUTS).unlink()
    older = command("verify", "--snel", ARNHEM, str(report), root=rendered)
    assert older.returncode == 2 and "Maak het opnieuw" in older.stderr and not older.stdout


def test_a_report_that_was_never_finished_is_nothing_to_verify(report):
    record = json.loads((report / "audit" / "run.json").read_text())
    record["rapport"]["status"] = "mislukt"
    (report / "audit" / "run.json").write_text(json.dumps(record))
    (report / bundle.CRATE).unlink()
    with pytest.raises(Fout, match="niet afgemaakt"):
        verify.run([str(report)], everything=False, quick=True, engine=FORKED, tell=str)


_TRY = """
import os, socket
from wijkboek_utils import rebuild
rebuild.cut_off()
if not os.fork():
    for call in (
        lambda: socket.create_connection(("192.0.2.1", 80), 5),
        lambda: socket.getaddrinfo("cbs.example", 443),
        lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    ):
        try:
            call()
            print("gelukt")
        except OSError as error:
            print(error.strerror)
    here = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(here.getsockname()).close()
    print("hier mag het")
    os._exit(0) if __import__("sys").stdout.flush() is None else None
os.wait()
"""


def test_while_a_report_is_made_again_no_other_computer_can_be_reached():
    done = subprocess.run(
        [sys.executable, "-c", _TRY], capture_output=True, text=True, check=True, timeout=60
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 4 and lines[3] == "hier mag het", done
    assert all("is er geen netwerk" in line for line in lines[:3])
