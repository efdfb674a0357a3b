"""Tables as files for others: inert, exact, described, and the same bytes each time."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import dutch, exports, exports_html, exports_xlsx, show, sources
from wijkboek_utils.exports_book import LICENCE, Subject
from wijkboek_utils.exports_html import Figure, bounds, figure

PILOTS = ["utrecht-kanaleneiland", "arnhem-spijkerkwartier", "leeuwarden-heechterp-schieringen"]
CREDITS = ["Bron: CBS (CC BY 4.0): Kerncijfers.", "© Kadaster (CC BY 4.0): Grenzen."]
SUBJECT = Subject("Proefwijk", "Proefwijk, Proefstad, 2023", CREDITS)
KOLOMMEN = sources.read_project_table("kolommen")
SIGNS = tuple("=+-@＝＋－＠")


# CSV.


def inert(*texts: str) -> list[str]:
    return [exports.inert(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+31 6", "'+31 6"),
        ("-1+1", "'-1+1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("＝1+1", "'＝1+1"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'=1"),
        ('"=1', "'\"=1"),
        ("\N{NO-BREAK SPACE}=1", "'\N{NO-BREAK SPACE}=1"),
        ("Plein;=1+1;@x", "Plein;'=1+1;'@x"),
        ("een\n-twee", "een\n'-twee"),
        ("Bel\x07\x00", "Bel"),
    ],
)
def test_a_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(text, safe):
    assert inert(text) == [safe]


@pytest.mark.parametrize(
    "text",
    ["0.10", "BU03440831", "a=1;b=-2", "kwb-2023;iv3-2023", "3 - 4 = -1", "x@y.nl", "Café, 't", ""],
)
def test_other_texts_stay_as_they_are(text):
    assert inert(text) == [text]


@given(st.text(max_size=30))
def test_no_cell_computes_whether_a_reader_splits_at_commas_or_semicolons(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "cel.csv"
    text = text.encode("utf-8", "ignore").decode()
    exports.to_csv(pd.DataFrame({"a": ["x"], "b": [text], "c": ["y"]}, dtype="str"), path)
    content = path.read_bytes().decode("utf-8")
    whole = [cell for row in csv.reader(io.StringIO(content, newline="")) for cell in row]
    for cell in [*whole, *re.split(r"[;\t\r\n]", content)]:
        assert not cell.strip(" \"'").startswith(SIGNS) or cell.lstrip(' "').startswith("'")


def test_numbers_stay_numbers_categories_are_words_and_unknown_is_empty(tmp_path):
    table = pd.DataFrame(
        {
            "taakveld": ["0.10", None],
            "bedrag": [-1.5, np.nan],
            "methode": pd.Categorical(["geheim", None]),
            "odd": pd.Series([7, None], dtype=object),
            "geometry": [b"1", b"2"],
        }
    )
    exports.to_csv(table, tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_text(encoding="utf-8")
    assert text == "taakveld,bedrag,methode,odd\n0.10,-1.5,geheim,7\n,,,\n"


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(alphabet='ab,;"\n é=', max_size=5)),
            st.one_of(st.none(), st.floats(), st.floats(1e-7, 1e17)),
            st.one_of(st.none(), st.integers(-(10**12), 10**12)),
            st.booleans(),
        ),
        max_size=8,
    ),
    st.integers(1, 4),
)
def test_a_csv_file_is_as_pandas_writes_it(tmp_path_factory, rows, columns):
    kinds = {"a": "str", "b": "float64", "c": "Int64", "d": "bool"}
    table = pd.DataFrame(rows, columns=list(kinds)).astype(kinds).iloc[:, :columns]
    path = tmp_path_factory.getbasetemp() / "tabel.csv"
    exports.to_csv(table, path)
    inert = table["a"].map(exports.inert, na_action="ignore")
    expected = table.assign(a=inert).to_csv(index=False, lineterminator="\n", encoding="utf-8")
    assert path.read_bytes() == expected.encode()


# The figures of a page.


@pytest.mark.parametrize(
    ("text", "value", "shape"),
    [
        ("18.120", 18_120, "#,##0"),
        ("2023", 2023, "0"),
        ("0,53", 0.53, "#,##0.00"),
        ("−14", -14, "#,##0"),
        ("€ 1,2 miljoen", 1_200_000, '"€ "#,##0.0,," miljoen";"€ "−"#,##0.0,," miljoen"'),
        ("€ −75.772.000", -75_772_000, '"€ "#,##0;"€ −"#,##0'),
        ("36 procent", 0.36, "#,##0%"),
        ("0,7 procent", 0.007, "#,##0.0%"),
        ("ongeveer € 0", 0, '"ongeveer € "#,##0;"ongeveer € −"#,##0'),
        ("240 hectare", 240, '#,##0" hectare"'),
        ("€ 12.000 minder", -12_000, '"€ "#,##0" meer";"€ "#,##0" minder"'),
        ("eraf € 104 miljard", -104e9, '"erbij € "#,##0,,," miljard";"eraf € "#,##0,,," miljard"'),
        ("erbij € 4,20 miljard", 4.2e9, None),
        ("€ 1.670 (rekening)", 1670, '"€ "#,##0" (rekening)";"€ −"#,##0" (rekening)"'),
    ],
)
def test_a_figure_in_words_is_a_number_that_excel_shows_the_same(text, value, shape):
    found = figure(text)
    assert found and found.value == value
    if shape:
        assert found.format == shape.replace('"€ "−"', '"€ −"')


@pytest.mark.parametrize(
    "text",
    (
        *("", "geen", "onbekend", "geheim", "111 van 111", "0.10 Reserves", "kwb-2023", "6.3"),
        *("1.23", "tussen € 1 en € 2 miljoen", "16 (10 – 18)", "B", "12 appels", "€", "1e5", "٣"),
    ),
)
def test_what_is_not_one_figure_stays_a_text(text):
    assert figure(text) is None


@given(st.floats(-1e10, 1e10), st.floats(0, 1e9))
def test_an_amount_of_the_report_is_read_back_to_the_digits_it_shows(value, se):
    found = figure(dutch.about(value, se).replace(dutch.NBSP, " "))
    assert found and found.value == pytest.approx(value, abs=dutch.rounding_unit(value, se))


@given(st.floats(-1e10, 1e10), st.floats(0, 1e10))
def test_a_range_of_the_report_is_read_back_to_the_digits_it_shows(low, width):
    high = low + width
    text = dutch.between(low, high).replace(dutch.NBSP, " ")
    found = bounds(text, is_figure=False)
    if text.startswith("ongeveer"):  # both ends print alike
        assert found == {}
        return
    unit = dutch.rounding_unit(max(abs(low), abs(high)), width / 2)
    assert found["laagste"].value == pytest.approx(low, abs=unit)
    assert found["hoogste"].value == pytest.approx(high, abs=unit)


def test_ranges_of_other_kinds_and_names_that_look_like_one():
    both = bounds("14 miljoen tot 20 miljoen")
    assert [both["laagste"].value, both["hoogste"].value] == [14e6, 20e6]
    assert bounds("670.000 tot 1,6 miljoen")["laagste"].value == 670_000
    share = bounds("−20 tot 14 procent")
    assert share == {"laagste": Figure(-0.2, "#,##0%"), "hoogste": Figure(0.14, "#,##0%")}
    three = bounds("26.700 (22.700 – 34.900)")
    assert [f.value for f in three.values()] == [26_700, 22_700, 34_900]
    assert list(three) == ["midden", "laagste", "hoogste"]
    assert bounds("0 tot 15 jaar", is_figure=False) == {}
    assert bounds("geen") == bounds("") == bounds("36 procent") == {}


# The workbook of the page.


def table(caption: str = "Uitgaven van Proefwijk, 2023", note: str = "") -> str:
    frame = pd.DataFrame(
        {
            "Doel": ["Zorg", "=1+1", "Samen"],
            "Bedrag": [26e6, np.nan, 33e6],
            "Waarschijnlijk": ["tussen € 17 en € 34 miljoen", "onbekend", "tussen € 0 en € 1"],
            "Jaar": ["2023", "2024", "2024"],
        }
    )
    html = show.table(frame, caption, {"Bedrag": dutch.about}, note, totals=("Samen",))
    return f'<h2 id="a">Geld</h2><h3>Waar het <em>heen</em> gaat</h3>{html.html}'


def test_the_tables_of_a_page_are_read_with_their_place_note_and_totals():
    page = f"<h1>Proefwijk</h1><h2>Leeg</h2>{table(note='Let op: a & b.')}<p>Meer.</p>"
    page += f"<h2>Verder</h2>{show.table(pd.DataFrame({'a': ['<b>']}), 'Twee').html}"
    page += '<p>Tekst.</p><p class="note">Hoort er niet bij.</p>'
    one, two = exports_html.shown(page)
    assert (one.chapter, one.section) == ("Geld", "Waar het heen gaat")
    assert one.caption == "Uitgaven van Proefwijk, 2023" and one.note == "Let op: a & b."
    assert one.header == ["Doel", "Bedrag", "Waarschijnlijk", "Jaar"]
    assert one.rows[0] == ["Zorg", "€ 26 miljoen", "tussen € 17 en € 34 miljoen", "2023"]
    assert one.rows[1][1] == "onbekend" and one.figures == {1} and one.totals == {2}
    assert (two.chapter, two.section, two.note) == ("Verder", "", "")
    assert two.rows == [["<b>"]] and two.totals == set()


def cells(sheet) -> Iterator[tuple]:
    return sheet.iter_rows(values_only=True)


def workbook(tmp_path, html: str) -> openpyxl.Workbook:
    exports_xlsx.write_shown(html, tmp_path / "t.xlsx", SUBJECT)
    return openpyxl.load_workbook(tmp_path / "t.xlsx")


def test_a_sheet_has_numbers_ranges_texts_note_and_credits(tmp_path):
    book = workbook(tmp_path, table(note="Let op."))
    assert book.sheetnames == ["Leesmij", "01 Uitgaven"]
    rows = [[c for c in row if c is not None] for row in cells(book["01 Uitgaven"])]
    assert rows[0] == ["Uitgaven van Proefwijk, 2023"]
    assert rows[1] == ["Naar Leesmij", "Geld › Waar het heen gaat"]
    ends = ["Waarschijnlijk: laagste", "Waarschijnlijk: hoogste"]
    assert rows[2] == ["Doel", "Bedrag", "Waarschijnlijk", *ends, "Jaar"]
    assert rows[3] == ["Zorg", 26e6, "tussen € 17 en € 34 miljoen", 17e6, 34e6, "2023"]
    # Unknown is a word, and has no bounds.
    assert rows[4] == ["=1+1", "onbekend", "onbekend", "2024"]
    assert rows[-4:] == [["Let op."], *([credit] for credit in CREDITS), [LICENCE]]
    sheet = book["01 Uitgaven"]
    assert sheet["A5"].data_type == "s" and sheet["A5"].quotePrefix
    assert sheet["B4"].number_format.startswith('"€ "#,##0,," miljoen"')
    assert sheet["A6"].font.bold and not sheet["A4"].font.bold
    assert sheet.freeze_panes == "B4" and sheet.print_title_rows == "$3:$3"
    (found,) = sheet.tables.values()
    assert found.ref == "A3:F6" and found.headerRowCount == 1


def test_the_first_sheet_says_what_is_there_where_from_and_how_to_read_it(tmp_path):
    book = workbook(tmp_path, table() + table("Nog een"))
    sheet = book["Leesmij"]
    words = [c for row in cells(sheet) for c in row if c is not None]
    assert words[0] == "Tabellen van Wijkboek: Proefwijk, Proefstad, 2023"
    for part in ("Dat is iets anders dan nul.", "audit/cijfers.xlsx", "Uit tekst/CSV", *CREDITS):
        assert any(part in word for word in words), part
    links = {c.value: c.hyperlink for row in sheet.iter_rows() for c in row if c.hyperlink}
    assert list(links) == ["01 Uitgaven", "02 Nog een"]
    assert links["02 Nog een"].location == "'02 Nog een'!A1" and not links["02 Nog een"].target


def test_the_same_page_gives_the_same_bytes(tmp_path):
    paths = [tmp_path / "een.xlsx", tmp_path / "twee.xlsx"]
    for path in paths:
        exports_xlsx.write_shown(table(), path, SUBJECT)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with zipfile.ZipFile(paths[0]) as file:
        assert {info.date_time[0] for info in file.infolist()} == {1980}
        assert "1980-01-01T" in file.read("docProps/core.xml").decode()


def test_headers_that_repeat_or_are_empty_and_a_table_without_rows(tmp_path):
    odd = pd.DataFrame([["1", "2", "3"]], columns=["a", "A", ""])
    empty = pd.DataFrame({"kop": []})
    page = show.table(odd, "Dubbel").html + show.table(empty, "Leeg").html
    book = workbook(tmp_path, page)
    assert [c.value for c in book["01 Dubbel"][3]] == ["a", "A 2", "Kolom"]
    assert book["02 Leeg"]["A3"].value == "kop" and not book["02 Leeg"].tables


def test_a_page_without_tables_still_gives_a_workbook(tmp_path):
    assert workbook(tmp_path, "<h2>Niets</h2>").sheetnames == ["Leesmij"]


@pytest.mark.parametrize(
    ("caption", "name"),
    [
        ("Rekening van de gemeente voor Proefwijk, 2023", "07 Rekening van de gemeente"),
        ("Proefwijk, 2023: drie manieren", "07 Drie manieren"),
        ("Rekeningen van Proefwijk, 2023, vóór het sluiten", "07 Rekeningen, vóór het sluiten"),
        ("Aandachtswijken van 2007", "07 Aandachtswijken van 2007"),
        ("a/b [c]: d*e?", "07 A b c d e"),
        ("Cijfers die nog niet in onze bestanden staan", "07 Cijfers die nog niet in…"),
        ("x" * 40, "07 X" + "x" * 26 + "…"),
        ("", "07"),
    ],
)
def test_a_sheet_is_named_after_its_table(caption, name):
    assert exports_xlsx.sheet_name(7, caption, "Proefwijk") == name


@given(st.text(max_size=60), st.text(max_size=10), st.integers(1, 99))
def test_a_sheet_always_has_a_name_that_excel_takes(caption, naam, number):
    name = exports_xlsx.sheet_name(number, show.plain(caption), naam)
    assert 2 <= len(name.encode("utf-16-le", "replace")) // 2 <= 31
    assert not set(name) & set("[]:*?/\\") and name[-1] != "'"
    assert name.startswith(f"{number:02}")


# The tables behind the report.


BOOKS = pd.DataFrame(
    {
        "buurt": ["BU00000001", "BU00000002", "BU0000REST"],
        "post": ["iv3:0.10", "=1", "-x"],
        "bedrag": [1.25, np.nan, -3.0],
        "jaar": [2023, 2023, 2024],
        "bronjaar": pd.array([2023, None, 2022], dtype="Int64"),
        "omgerekend": [True, False, True],
        "methode": pd.Categorical(["gemeten", "geheim", "verdeeld"]),
    }
)
BRONNEN = pd.DataFrame(
    {"bron": ["kwb"], "titel": ["Kern"], "uitgever": ["CBS"], "licentie": ["CC"], "sha256": ["0a"]}
)


def audit(folder, **tables: pd.DataFrame) -> list[tuple[str, str]]:
    return exports.write_audit(tables, folder, SUBJECT, {"BU00000001"}, KOLOMMEN)


def test_every_table_comes_as_csv_in_one_workbook_and_with_its_meaning(tmp_path):
    files = audit(tmp_path, grootboek=BOOKS, bronnen=BRONNEN)
    names = [name for name, _ in files]
    assert names == ["cijfers.xlsx", "bronnen.csv", "grootboek.csv", "csv-metadata.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert all(words for _, words in files)


def test_a_sheet_is_the_table_with_numbers_as_numbers_and_codes_as_text(tmp_path):
    audit(tmp_path, grootboek=BOOKS)
    read = pd.read_excel(tmp_path / "cijfers.xlsx", sheet_name="grootboek", dtype={"post": "str"})
    expected = BOOKS.astype({"methode": "str"})
    pd.testing.assert_frame_equal(read, expected, check_dtype=False)
    sheet = openpyxl.load_workbook(tmp_path / "cijfers.xlsx")["grootboek"]
    assert sheet["B3"].data_type == "s" and sheet["B3"].quotePrefix  # «=1», no formula
    assert sheet["C3"].value is None and sheet["C4"].value == -3
    assert sheet["F2"].value is True and sheet.freeze_panes == "B2"


def test_the_workbook_says_what_columns_mean_and_that_empty_is_unknown(tmp_path):
    shares = pd.DataFrame({"sleutel": ["inwoners"], "BU00000001": [0.5], "BU00000002": [0.5]})
    audit(tmp_path, grootboek=BOOKS, aandelen=shares, vreemd=pd.DataFrame({"x": [1]}))
    book = openpyxl.load_workbook(tmp_path / "cijfers.xlsx")
    assert book.sheetnames == ["Leesmij", "Kolommen", "aandelen", "grootboek", "vreemd"]
    meaning = {(row[0], row[1]): row[2:] for row in cells(book["Kolommen"])}
    assert meaning["grootboek", "bedrag"][:2] == ("Bedrag", "euro per jaar")
    assert meaning["vreemd", "x"] == ("x", None, None)
    assert [key for key in meaning if key[0] == "aandelen"] == [
        ("aandelen", "sleutel"),
        ("aandelen", "BU*"),
    ]
    words = " ".join(c for row in cells(book["Leesmij"]) for c in row if c)
    assert "Een leeg vak betekent: geen cijfer" in words and CREDITS[0] in words


def test_a_long_table_is_cut_down_to_the_buurten_of_the_area():
    table = pd.DataFrame({"buurt": ["BU00000001", "BU00000002"] * 1500, "n": range(3000)})
    rows, remark = exports.for_sheet(table, {"BU00000001"})
    assert len(rows) == 1500 and set(rows["buurt"]) == {"BU00000001"}
    assert remark == (
        "1.500 regels: alleen de buurten van het gebied. Alle 3.000 regels staan in de CSV."
    )
    whole, remark = exports.for_sheet(table, {"BU00000001", "BU00000002"})
    assert len(whole) == 3000 and remark == "3.000 regels"
    short, remark = exports.for_sheet(table.head(10), set())
    assert len(short) == 10 and remark == "10 regels"


def test_a_table_that_excel_cannot_hold_is_left_out_and_the_reason_given(tmp_path):
    rows, remark = exports.for_sheet(pd.DataFrame({"n": np.zeros(1_048_576)}), set())
    assert rows is None
    assert remark == "1.048.576 regels, en een werkblad heeft er ten hoogste 1.048.575."
    wide = pd.DataFrame(np.zeros((50_001, 10)))
    assert exports.for_sheet(wide, set()) == (
        None,
        "50.001 regels zijn te veel om vlot te openen in Excel.",
    )


def test_what_is_left_out_is_named_with_its_csv(tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "_MOST_CELLS", 10)
    audit(tmp_path, grootboek=BOOKS)
    book = openpyxl.load_workbook(tmp_path / "cijfers.xlsx")
    assert "grootboek" not in book.sheetnames
    words = [c for row in cells(book["Leesmij"]) for c in row if c]
    assert any(w.startswith("Alleen in audit/grootboek.csv: 3 regels zijn te veel") for w in words)
    assert len(pd.read_csv(tmp_path / "grootboek.csv")) == 3


def test_the_same_tables_give_the_same_bytes(tmp_path):
    for name in ("een", "twee"):
        (tmp_path / name).mkdir()
        audit(tmp_path / name, grootboek=BOOKS, bronnen=BRONNEN)
    for path in (tmp_path / "een").iterdir():
        assert path.read_bytes() == (tmp_path / "twee" / path.name).read_bytes(), path.name


# CSV on the Web.


KINDS = {
    "string": str,
    "integer": int,
    "double": float,
    "boolean": {"True": True, "False": False}.__getitem__,
}


def check_metadata(folder) -> None:
    """Read every CSV file by its description alone, as another program would."""
    about = json.loads((folder / "csv-metadata.json").read_text(encoding="utf-8"))
    assert about["@context"] == ["http://www.w3.org/ns/csvw", {"@language": "nl"}]
    assert about["@type"] == "TableGroup"
    assert about["dc:license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert {t["url"] for t in about["tables"]} == {path.name for path in folder.glob("*.csv")}
    for one in about["tables"]:
        columns = one["tableSchema"]["columns"]
        with (folder / one["url"]).open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        # The header has to be among the titles of each column, in order.
        assert len(header) == len(columns)
        for cell, column in zip(header, columns, strict=True):
            titles = column["titles"]
            assert cell == column["name"] and cell in (
                titles if isinstance(titles, list) else [titles]
            )
        for row in rows[:200]:
            for cell, column in zip(row, columns, strict=True):
                kind = column["datatype"]
                if cell:
                    KINDS[kind["base"] if isinstance(kind, dict) else kind](cell)


def test_the_description_fits_the_files(tmp_path):
    audit(tmp_path, grootboek=BOOKS, bronnen=BRONNEN, leeg=pd.DataFrame({"jaar": []}))
    check_metadata(tmp_path)
    about = json.loads((tmp_path / "csv-metadata.json").read_text(encoding="utf-8"))
    assert about["dc:rights"] == CREDITS and about["dc:source"] == [
        {
            "dc:identifier": "kwb",
            "dc:title": "Kern",
            "dc:publisher": "CBS",
            "dc:license": "CC",
            "schema:sha256": "0a",
        }
    ]
    (books,) = (t for t in about["tables"] if t["url"] == "grootboek.csv")
    found = {c["name"]: c for c in books["tableSchema"]["columns"]}
    assert books["dc:title"] == "Grootboek" and "wie betaalt wie" in books["dc:description"]
    assert found["bedrag"] == {
        "name": "bedrag",
        "titles": ["bedrag", "Bedrag"],
        "dc:description": "Het bedrag. Leeg betekent onbekend, nooit nul.",
        "schema:unitText": "euro per jaar",
        "datatype": "double",
    }
    kinds = {name: column["datatype"] for name, column in found.items()}
    assert kinds["jaar"] == kinds["bronjaar"] == "integer" and kinds["post"] == "string"
    assert kinds["omgerekend"] == {"base": "boolean", "format": "True|False"}


def test_a_column_that_nobody_described_is_named():
    tables = {"grootboek": BOOKS.assign(nieuw=1, geometry=b""), "onbekende": pd.DataFrame()}
    assert exports.undescribed(tables, KOLOMMEN) == ["onbekende", "grootboek.nieuw"]


def test_a_description_of_the_table_goes_before_one_of_all_tables():
    found = exports.metadata(
        {"kengetallen": pd.DataFrame({"bron": ["x"]})}, SUBJECT, exports.Words(KOLOMMEN)
    )
    (column,) = found["tables"][0]["tableSchema"]["columns"]
    assert column["dc:description"] == "Wie het getal geeft."


def test_descriptions_are_there_once_and_are_short_sentences():
    assert not KOLOMMEN.duplicated(["tabel", "kolom"]).any()
    assert (KOLOMMEN[["tabel", "titel", "omschrijving"]] != "").all(axis=None)
    for text in KOLOMMEN["omschrijving"]:
        assert text.endswith(".")
        assert all(len(sentence.split()) <= 28 for sentence in re.split(r"(?<=[.:?]) ", text)), text


# Of the pilots.


def processed(rendered, pilot: str) -> dict[str, pd.DataFrame]:
    folder = rendered / "data" / "processed" / pilot
    return {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


@pytest.mark.parametrize("pilot", PILOTS)
def test_every_column_of_every_table_of_a_pilot_is_described(rendered, pilot):
    tables = processed(rendered, pilot)
    assert exports.undescribed(tables, KOLOMMEN) == []
    gone = set(KOLOMMEN.loc[KOLOMMEN["kolom"] == "", "tabel"]) - set(tables)
    assert gone == set(), "beschreven, maar niemand schrijft deze tabel"


@pytest.mark.parametrize("pilot", PILOTS)
def test_the_files_of_a_pilot_fit_their_description(rendered, pilot):
    check_metadata(rendered / "reports" / pilot / "audit")


@pytest.mark.parametrize("pilot", PILOTS)
def test_the_workbook_of_a_pilot_has_each_table_of_its_page(rendered, pilot):
    folder = rendered / "reports" / pilot
    html = (folder / "index.html").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(folder / "tabellen.xlsx", read_only=True)
    captions = [next(cells(sheet))[0] for sheet in book.worksheets[1:]]
    assert captions == [table.caption for table in exports_html.shown(html)]
    assert len(captions) == html.count("<table>") > 30
    words = [c for sheet in book for row in cells(sheet) for c in row if isinstance(c, str)]
    assert any("Bron: CBS" in word for word in words)
    numbers = [
        c for sheet in book for row in cells(sheet) for c in row if isinstance(c, int | float)
    ]
    assert len(numbers) > 1000
