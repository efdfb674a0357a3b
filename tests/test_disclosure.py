"""The disclosure test: what names a person, a small group or a computer is found, figures are not.

The numbers of people here are made up: they only keep the proof of their kind.
"""

import json
import os
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import disclosure, machine

BSN, NO_BSN = "123456782", "123456789"
IBAN = "NL91ABNA0417164300"  # the example in the standard
NAMED = {
    "een burgerservicenummer": [BSN, "1234.56.782", "123 456 782", f"BSN: {BSN}."],
    "een rekeningnummer": [IBAN, "NL91 ABNA 0417 1643 00", "DE89370400440532013000"],
    "een e-mailadres": ["jan.jansen+wijk@voorbeeld.nl", "<a@b.org>", "mailto:a@b.org"],
    "een telefoonnummer": [
        "06-12345678",
        "0612345678",
        "06 12 34 56 78",
        "+31 6 12345678",
        "0031612345678",
        "+31 (0)30 123 45 67",
        "030-1234567",
        "0513-123456",
    ],
}
INNOCENT = [
    NO_BSN,
    "000000000",
    "111111111",
    f"1{BSN}",
    f"{BSN}0",
    f"{BSN}.50",
    f"€ {BSN[:3]}.{BSN[3:6]}.{BSN[6:]}",
    f"€{BSN}",
    f"a{BSN}f",
    "cb71167140f74a25cde7b9ae2cb864aea4cf1fc56ae14a2485412f9d846bb7ed",
    "NL92ABNA0417164300",
    "BU03440831 en WK034408",
    "GM0344",
    "iemand@thuis",
    "@media print",
    "10.000.000,00",
    "2023-01-31 tot 2024-01-01",
    "0,123456789",
    "0.1234567890",
    "1000 tot 2000 inwoners, 12345678 euro",
    "30 tot 40 procent van 100 000 000",
]


def kinds(text: str) -> list[str]:
    return [kind for kind, _ in disclosure.personal(text)]


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, ts in NAMED.items() for t in ts])
@pytest.mark.parametrize("around", ["{}", "Bel {} voor meer.", "({})", "Neem {}, of niet."])
def test_a_number_of_a_person_is_seen_in_text(kind, text, around):
    assert kinds(around.format(text)) == [kind]


@pytest.mark.parametrize("text", INNOCENT)
def test_a_figure_or_code_is_no_number_of_a_person(text):
    assert kinds(f"Dit is {text} en meer.") == []


def test_the_proof_of_eleven_and_of_97():
    assert disclosure.is_bsn(BSN) and not disclosure.is_bsn(NO_BSN)
    assert disclosure.is_bsn("111222333") and not disclosure.is_bsn("222222222")
    assert disclosure.is_iban(IBAN) and not disclosure.is_iban(IBAN.replace("1", "2", 1))
    assert not disclosure.is_iban("NL91ABNA041716430")


def test_the_contact_of_the_pilot_may_be_published():
    text = "Vragen? wijk@utrecht.nl of 030-1234567. Niet: jan@utrecht.nl."
    found = list(disclosure.personal(text, "wijk@utrecht.nl, 030-1234567"))
    assert found == [("een e-mailadres", "jan@utrecht.nl")]


def rules(folder: Path, **files: str) -> list[tuple[str, str]]:
    """Return (rule, where) of what is found in a folder with these files."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return [(f.rule, f.where) for f in disclosure.findings(folder)]


def test_a_finding_does_not_repeat_the_number(tmp_path):
    (tmp_path / "a.html").write_text(f"<p>{BSN}</p>")
    (found,) = disclosure.findings(tmp_path)
    assert BSN not in found.words and "782" in found.words and found.severity == "fout"


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{BSN}</p>",
        f'<img alt="{BSN}">',
        f'<a href="tel:{BSN}">x</a>',
        f'<script>const a = "{BSN}";</script>',
        f"<td>{BSN}</td>",
        f"<pre>naam  {BSN}</pre>",
    ],
)
def test_a_page_is_read_also_where_nobody_looks(tmp_path, page):
    assert rules(tmp_path, index__html=page) == [("persoonsgegevens", "index.html")]


@pytest.mark.parametrize(
    "page",
    [
        f'<td class="num">{BSN}</td>',
        f'<path d="M{BSN} 0L 1 {BSN}"/>',
        f"<script>const a = [{BSN}, 1];</script>",
        f"<style>p{{margin:{BSN}px}}</style>",
        f'<img src="data:image/png;base64,{BSN}">',
    ],
)
def test_a_figure_on_a_page_is_a_figure(tmp_path, page):
    assert rules(tmp_path, index__html=page) == []


def test_a_notebook_and_a_record_are_read_as_the_texts_they_hold(tmp_path):
    cell = {"source": ["x = 1\n", f"# {BSN}"], "outputs": [{"data": {"text/plain": ["ok"]}}]}
    assert rules(tmp_path, a__ipynb=json.dumps({"cells": [cell]}))
    good = {"cells": [{"source": ["x = 1"], "n": int(BSN)}], "som": int(BSN), "leeg": []}
    assert rules(tmp_path, a__ipynb=json.dumps(good)) == []
    assert rules(tmp_path, b__json=f"kapot {BSN}") == [("persoonsgegevens", "b.json")]


TABLE = "buurt,bedrag,opmerking\n" + "".join(f"BU{i},{100000000 + i * 11},ja\n" for i in range(50))


def test_a_column_of_amounts_holds_no_bsn_and_a_column_of_text_does(tmp_path):
    assert rules(tmp_path, a__csv=TABLE + f"BU51,{BSN},ja\n") == []
    assert rules(tmp_path, a__csv=TABLE + f"BU51,1.5,bel {BSN}\n") == [
        ("persoonsgegevens", "a.csv, regel 52")
    ]
    assert rules(tmp_path, a__csv=TABLE + f'BU51,1.5,"zo, {BSN}."\n')


def test_a_text_among_amounts_is_read_too(tmp_path):
    assert rules(tmp_path, a__csv=TABLE + f"BU51,zie {BSN},ja\n")


def test_a_column_of_only_such_numbers_is_no_column_of_amounts(tmp_path):
    people = "nummer,waarde\n123456782,1\n111222333,2\n123456782,3\n"
    assert len(rules(tmp_path, a__csv=people)) == 3


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, ts in NAMED.items() for t in ts])
def test_each_kind_is_seen_in_a_table_as_in_text(tmp_path, kind, text):
    assert rules(tmp_path, a__csv=f"a,b\nx,zie {text} hier\n"), kind
    assert rules(tmp_path, a__csv=f"a,b\ny,geen\nx,{text}\n"), kind


@pytest.mark.parametrize(
    "column", ["bsn", "E-mail", "Telefoonnummer", "naam_persoon", "adres", "Geboortedatum", "IBAN"]
)
def test_a_private_column_stops_a_table(tmp_path, column):
    (found,) = rules(tmp_path, a__csv=f"buurt,{column}\nBU1,\n")
    assert found == ("kolom met persoonsgegevens", "a.csv")


def test_an_ordinary_column_does_not(tmp_path):
    assert rules(tmp_path, a__csv="naam,gemeentenaam,adressen,bedrag\na,b,3,4\n") == []


LOCAL = "buurt,methode,hoeveelheid,eenheid\n"


@pytest.mark.parametrize(
    ("row", "small"),
    [
        ("BU1,lokaal,9,vrijwilligers", True),
        ("BU1,lokaal,1.0,personen", True),
        ("BU1,lokaal,10,vrijwilligers", False),
        ("BU1,lokaal,0,vrijwilligers", False),  # nobody is no one in particular
        ("BU1,lokaal,9,bomen", False),
        ("BU1,gemeten,5,personen", False),  # CBS protects what it publishes
        ("BU1,lokaal,,personen", False),
    ],
)
def test_a_local_count_of_fewer_than_ten_people_is_not_published(tmp_path, row, small):
    expected = [("klein aantal", "a.csv, regel 2")] if small else []
    assert rules(tmp_path, a__csv=f"{LOCAL}{row}\n") == expected


def test_a_count_of_people_may_stand_in_a_column_of_its_own(tmp_path):
    assert rules(tmp_path, a__csv="methode,aantal_deelnemers,bomen\nlokaal,4,4\n")


REGISTER = "buurt,jaar,soort,hoeveelheid,eenheid,telt,methode,samen\n"
POOL = "BU0344REST,2024,zorg,34,stuks,mensen,lokaal,BU03440101;BU03440102\n"
HIDDEN = "BU03440101,2024,zorg,,stuks,mensen,geheim,\n"


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        (POOL + HIDDEN, None),
        (POOL + "BU03440103,2024,zorg,12,stuks,mensen,lokaal,\n", None),
        (POOL + "BU03440101,2025,zorg,12,stuks,mensen,lokaal,\n", None),
        (POOL + "BU03440101,2024,sport,12,stuks,mensen,lokaal,\n", None),
        (POOL + POOL.replace("2024", "2025"), None),
        ("BU03440101,2024,zorg,9,stuks,mensen,lokaal,\n", "klein aantal"),
        ("BU03440101,2024,zorg,9.0,stuks,mensen,lokaal,\r\n", "klein aantal"),
        ("BU03440101,2024,zorg,0,stuks,mensen,lokaal,\n", "klein aantal"),
        ("BU03440101,2024,zorg,0.4,stuks,mensen,lokaal,\n", "klein aantal"),
        ("BU03440101,2024,zorg,9,vrijwilligers,dingen,lokaal,\n", "klein aantal"),
        (POOL.replace("34", "8"), "klein aantal"),
        ("BU03440101,2024,zorg,9,stuks,dingen,lokaal,\n", None),
        (HIDDEN.replace("zorg,,", "zorg,7,"), "geheim getal"),
        (POOL + "BU03440101,2024,zorg,30,stuks,mensen,lokaal,\n", "som te splitsen"),
        (POOL + POOL.replace(";BU03440102", ";BU03440103"), "som te splitsen"),
        (POOL + POOL.replace(";BU03440102", ";BU03440102;BU03440103"), "som te splitsen"),
        (POOL.replace(";BU03440102", ""), "som te splitsen"),
    ],
)
def test_the_register_hides_small_counts_and_sums_cannot_be_split(tmp_path, rows, rule):
    found = {rule for rule, _ in rules(tmp_path, a__csv=REGISTER + rows)}
    assert found == ({rule} if rule else set())


@pytest.mark.parametrize("column", ["se", "uren", "kosten", "bedrag", "mensen"])
def test_no_amount_stands_beside_a_hidden_count(tmp_path, column):
    table = f"buurt,methode,{column}\nBU1,geheim,{{}}\n"
    assert rules(tmp_path, a__csv=table.format("12.5")) == [("geheim getal", "a.csv, regel 2")]
    assert rules(tmp_path, a__csv=table.format("")) == []


@pytest.mark.parametrize("line", ['"lokaal', "lokaal", ",,,,,,lokaal,,,,", '"a;lokaal\nb",1,2'])
def test_a_broken_line_of_a_register_is_read_without_harm(tmp_path, line):
    assert rules(tmp_path, a__csv=REGISTER + line + "\n") == []


def workbook(path: Path, *texts: str) -> None:
    strings = "".join(f"<si><t>{t}</t></si>" for t in texts)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/sharedStrings.xml", f"<sst>{strings}</sst>")
        book.writestr("xl/worksheets/sheet1.xml", f"<c><v>{BSN}</v></c>")


def test_a_workbook_is_opened_and_read(tmp_path):
    workbook(tmp_path / "a.xlsx", "buurt", "bedrag")
    assert disclosure.findings(tmp_path) == []  # a figure is no number of a person
    workbook(tmp_path / "a.xlsx", "buurt", f"bel {BSN}", "telefoon", "/home/jan/x.csv")
    found = {f.rule for f in disclosure.findings(tmp_path)}
    assert found == {"persoonsgegevens", "kolom met persoonsgegevens", "pad van de computer"}


@pytest.mark.parametrize("name", ["xl/media/a.bin", "xl//home/jan/a.xml"])
def test_every_part_of_a_workbook_is_read_and_its_name_too(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(name, "made in /home/jan/x" if name.endswith("bin") else "")
    assert [rule for rule, _ in rules(tmp_path)] == ["pad van de computer"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("zie /home/jan/wijkboek", "pad van de computer"),
        ("zie /Users/jan/wijkboek", "pad van de computer"),
        ("zie /tmp/abc", "pad van de computer"),
        (r"zie C:\Users\jan", "pad van de computer"),
        (r"zie C:\\Users\\jan", "pad van de computer"),
        ("ghp_" + "a1" * 18, "geheim"),
        ("-----BEGIN PRIVATE KEY-----", "geheim"),
        ("password = 'geheim12'", "geheim"),
        ("https://jan:geheim@example.org", "geheim"),
        ("Authorization: Bearer " + "a1b2" * 8, "geheim"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.html", "a.json", "a.ipynb", "a.txt"])
def test_what_tells_of_the_computer_is_found_in_every_file(tmp_path, name, text, rule):
    (tmp_path / name).write_text(f"kop\n{text}\n")
    assert rule in {f.rule for f in disclosure.findings(tmp_path)}


def test_the_folder_of_the_maker_is_found_and_the_word_of_a_name_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getcwd", lambda: "/srv/boek/werk")
    monkeypatch.setenv("LOGNAME", "wijkboek")
    assert rules(tmp_path, a__txt="een wijkboek over de wijk") == []
    assert ("pad van de computer", "a.txt") in rules(tmp_path, a__txt="in /srv/boek/werk/data")
    assert rules(tmp_path, a__txt="in /srv/boek") == []


def test_innocent_words_are_no_secret(tmp_path):
    text = "Een geheim wachtwoord: kies het zelf. :root{} task-force /thuis/ https://cbs.nl a/tmp"
    assert rules(tmp_path, a__html=text) == []


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe\x00", b"a,b\n", '"\u202e😀'.encode()])
@pytest.mark.parametrize("name", ["a.csv", "a.html", "a.json"])
def test_an_empty_or_broken_file_is_read_without_harm(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert disclosure.findings(tmp_path) == []


def test_25_megabytes_of_table_take_seconds(tmp_path):
    row = "BU03440831,2023,gemeente,huishoudens,iv3:6.3,123456789.12,4567.8,verdeeld,kwb-2023\n"
    (tmp_path / "a.csv").write_text("a,b,c,d,e,f,g,methode,i\n" + row * 300_000)
    start = time.process_time()
    assert disclosure.findings(tmp_path) == []
    assert time.process_time() - start < 3  # measured: 0.7


SECRETS = ["/home/jan", "C:\\Users\\jan", "ghp_" + "a" * 20, "sk-" + "b" * 20, "/tmp/a", "/root/"]
SECRETS += ["https://jan:geheim1@a.nl", "wachtwoord = 'geheim1'", "AKIA" + "B" * 16]
MARKS = [" ", "\n", "é", "٣", ".", "-", "ij"]
PIECES = st.sampled_from([*(one for kind in NAMED.values() for one in kind), *INNOCENT, *MARKS])


@given(st.lists(PIECES, max_size=6).map("".join))
def test_the_first_look_passes_over_no_number_of_a_person(text):
    if any(disclosure.personal(text)):
        assert machine.within([text], disclosure._MAYBE) == [0]
    data = b" " + text.encode().translate(disclosure._SHAPE)
    shaped = any(shape in data for shape in disclosure._SHAPES)
    places = (n for n in range(len(data)) if data.startswith(disclosure._NINE, n))
    shaped |= any(not data.startswith(b".0", n + len(disclosure._NINE)) for n in places)
    assert machine.within([text.encode()], disclosure._SHAPED) == [0] * shaped


@given(st.lists(st.sampled_from([*SECRETS, " ", "/", ":", "a", "é"]), max_size=6).map("".join))
def test_the_first_look_passes_over_no_path_or_secret(text):
    data = text.encode()
    exact = list(machine._cued("a", data))
    assert list(machine.findings({"a": data})) == exact
    assert list(machine.findings({"b": b"", "a": data})) == exact
