"""From the cells of a contribution to rows that can enter the books, or to its faults."""

import time
from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.contributions import ABOUT, TODAY, opened, row
from wijkboek_utils import dutch, pdok
from wijkboek_utils.local import checking, faults, header, placing, rules, schema, values
from wijkboek_utils.local.contribution import Fault

FIELD = schema.Field("a", "A", "number", "Uitleg.", longest=50)
LEEUWARDEN = ["GM0080"]


def read(cells: list[str | None], known=None, **facts) -> tuple[list, dict[int, str]]:
    found, wrong = values.read(pd.Series(cells, dtype="str"), replace(FIELD, **facts), known)
    return [None if pd.isna(value) else value for value in found], wrong.to_dict()


def check(rows, kind="telling", gemeenten=(), about=None, marked="", **facts):
    file = opened(rows, about, kind=marked, **facts)
    return checking.check(file, kind, gemeenten, today=TODAY)


def said(checked) -> set[tuple]:
    """Return (row, column) of every fault."""
    return {(fault.row, fault.column) for fault in checked.faults}


# Cells


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1 234,5", 1234.5),
        ("1\u00a0234\u202f567,5", 1234567.5),
        ("1'234.5", 1234.5),
        ("1.234.567", 1234567),
        ("12,50", 12.5),
        ("0.125", 0.125),
        ("\u22123,5", -3.5),
        ("1e6", 1e6),
        (" 7 ", 7),
    ],
)
def test_numbers_as_people_write_them(text, value):
    assert read([text]) == ([value], {})


@pytest.mark.parametrize(
    "text", ["10-20", "ca. 5", "?", "12 stuks", "1.23.4", "12a", "--", "1,2,3.4"]
)
def test_what_is_no_number_is_said_with_what_to_do(text):
    found, wrong = read([text])
    assert found == [None] and text in wrong[0] and wrong[0].count(".") >= 2


def test_a_thousand_with_a_point_is_never_taken_for_one_and_a_bit():
    assert read(["1.234", "8"]) == (
        [None, 8],
        {0: "«1.234» kan 1234 of 1,2340 zijn. Schrijf het een of het ander zonder punt."},
    )
    assert read(["1.234", "12,5"])[0] == [1234, 12.5]  # the column has decimal commas
    assert read(["1.234", "12.5"])[0] == [1.234, 12.5]  # and here points
    assert read(["1,234", "12.5"])[0] == [1234, 12.5]
    assert set(read(["1.234", "12.5", "12,5"])[1]) == {0}  # both: nobody knows
    assert read(["1.234"], type="integer")[0] == [1234]
    assert read(["€ 1.234"], unit="euro")[0] == [1234]
    assert set(read(["1.234", "9.50"], unit="euro")[1]) == {0}  # an amount has no three decimals
    assert read(["0.123", "1.234"], max=2.0)[0] == [0.123, 1.234]  # 1234 cannot stand here


def test_coordinates_are_told_by_where_they_can_lie():
    x, y = schema.load("telling").field("x"), schema.load("telling").field("y")
    for field, text, value in [(x, "183.630", 183630), (x, "5.812", 5.812), (y, "53.201", 53.201)]:
        found, wrong = values.read(pd.Series([text], dtype="str"), field)
        assert found.iloc[0] == value and wrong.empty


@given(
    st.lists(
        st.tuples(
            st.decimals(-(10**9), 10**9, places=2, allow_nan=False),
            st.sampled_from([",.", ".,", "..", " .", " ,"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_number_is_read_as_it_was_meant_or_asked_about(numbers):
    for amount, (thousands, decimal) in numbers:
        text = f"{amount:,.2f}" if thousands != decimal else f"{amount:.2f}"
        text = text.translate(str.maketrans({",": thousands, ".": decimal}))
        (found,), wrong = read([text])
        assert (found is None and wrong) or found == pytest.approx(float(amount))


def test_an_amount_may_have_its_sign_and_other_numbers_may_not():
    assert read(["€ 12,50", "EUR 5", "7,-", "8 euro"], unit="euro")[0] == [12.5, 5, 7, 8]
    assert set(read(["€ 12,50"], unit="uur")[1]) == {0}


def test_a_share_may_be_a_percentage():
    assert read(["20%", "0,2", "12,5 %"], unit="deel", min=0, max=1)[0] == [0.2, 0.2, 0.125]
    assert read(["60%", "60"], unit="procent", min=0, max=100)[0] == [60, 60]
    assert "20%" in read(["20"], unit="deel", min=0, max=1)[1][0]
    assert set(read(["20%"])[1]) == {0}


def test_whole_numbers_and_bounds():
    found, wrong = read(["12,0", "3,5", "-1", "11"], type="integer", min=0, max=10)
    assert found == [None, None, None, None] and len(wrong) == 4
    found, wrong = read(["12.0", "1.000", "0"], type="integer", min=0)
    assert found == [12, None, 0] and set(wrong) == {1}  # 12.0 has a decimal point; has 1.000?


@pytest.mark.parametrize(
    "text",
    ["2026-05-31", "31-5-2026", "31/05/2026", "31.5.2026", "31 mei 2026", "2026-05-31T00:00:00"],
)
def test_days(text):
    assert read([text], type="date") == (["2026-05-31"], {})


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("5/31/2026", "eerst de dag"),
        ("31-5-26", "twee cijfers"),
        ("46173", "datum als getal"),
        ("30-2-2026", "bestaat niet"),
        ("31 foo 2026", "geen datum"),
    ],
)
def test_days_that_cannot_be_read(text, word):
    assert word in read([text], type="date")[1][0]


def test_choices_forgive_case_space_and_accent_and_offer_the_nearest():
    found, wrong = read(["  Goed ", "SLECHT", "matík"], type="string", choices=("goed", "slecht"))
    assert found[:2] == ["goed", "slecht"] and "Kies uit «goed» of «slecht»." in wrong[2]
    yes = ["j", "X", "waar", "nee", "n", "false", "deels"]
    assert read(yes, type="string", choices=("ja", "nee", "deels"))[0] == [
        *["ja"] * 3,
        *["nee"] * 3,
        "deels",
    ]
    people = ("mensen", "dingen", "planten en dieren")
    assert read(["dieren"], type="string", choices=people)[1][0].endswith(
        "Bedoelt u «planten en dieren»?"
    )
    near = read(["dier", "plant", "planten & dieren"], type="string", choices=people)[1]
    assert all(words.endswith("Bedoelt u «planten en dieren»?") for words in near.values())
    far = read(["bomen", "A+B"], type="string", choices=people)[1]  # nothing is like these
    assert not any("Bedoelt u" in words for words in far.values())
    posts = schema.load("besteding").field("post")
    assert values.read(pd.Series(["Voeding"], dtype="str"), posts)[0].iloc[0] == "besteding:voeding"


def test_formulas_unseen_signs_and_long_texts_are_refused():
    found, wrong = read(["=1+1", "a\u202eb", "x" * 51, "=HYPERLINK(1)", "goed"], type="string")
    assert found == [None, None, None, None, "goed"] and "U+202E" in wrong[1]


def test_a_taakveld_is_text_and_a_lost_zero_is_asked_about():
    codes = {"0.1": "", "0.10": "0.10", "5.7": "5.7", "6.71a": "6.71a"}

    def field(*cells):
        return read(list(cells), codes, type="string", codes="taakveld")

    assert field("0.10", "5.7", "6.71A", "5.7 Groen")[0] == ["0.10", "5.7", "6.71a", "5.7"]
    assert "0.10" in field("0.1")[1][0]
    assert field("0.1 Bestuur")[0] == ["0.1"]
    assert "een punt: 5.7" in field("5,7")[1][0]
    assert "datum" in field("2026-07-05")[1][0]
    assert "Bedoelt u" in field("6.71")[1][0]


# The header


def test_names_of_columns_forgive_case_accents_units_and_stars():
    names = ["Wat is geteld", "AANTAL (stuks) *", " telt", "X_RD", "breedtegraad", "Uren per jaar"]
    found, wrong = header.match(names, schema.load("telling"))
    assert (
        list(found.values()) == ["wat", "aantal", "telt", "x", "y", "uren_per_jaar"] and not wrong
    )


def test_an_unknown_a_double_and_a_missing_column_are_all_said():
    found, wrong = header.match(["wat", "aantall", "Wat (is het)"], schema.load("telling"))
    assert list(found) == ["wat"]
    assert {fault.column for fault in wrong} == {"aantall", "Wat (is het)", "aantal", "telt"}
    assert "Bedoelt u aantal?" in wrong[0].words


@pytest.mark.parametrize("kind", schema.KINDS)
def test_a_file_is_known_by_its_columns(kind):
    assert header.guess(opened([row(kind)])) == kind
    assert check([row(kind)], "").kind == kind


def test_a_file_that_says_nothing_or_something_else_is_refused():
    assert "--kind" in check([{"a": "1"}], "").faults[0].words
    assert "Bedoelt u voorraad?" in check([row("telling")], "voorraat").faults[0].words
    marked = check([row("telling")], "telling", marked="werk")  # by its template
    assert "zegt dat het een werk is" in marked.faults[0].words


# Rows


@pytest.mark.parametrize("kind", schema.KINDS)
def test_a_good_row_of_every_kind_comes_through_typed(kind):
    checked = check([row(kind)], kind)
    dataset = schema.load(kind)
    assert checked.faults == () and list(checked.rows) == ["rij", *dataset.stored]
    assert checked.rows["rij"].tolist() == [2]
    for field in dataset.fields:
        if field.name in checked.rows:
            assert str(checked.rows[field.name].dtype) == values.DTYPES[field.type], field.name
    assert list(checked.private) == [f.name for f in dataset.fields if f.private]
    assert checked.private.index.equals(checked.rows.index)


def test_all_faults_come_at_once_and_the_file_is_refused_whole():
    good, bad = row("telling"), row("telling", aantal="veel", telt=None, datum="31-13-2026")
    checked = check([good, bad], about={**ABOUT, "licentie": "MIT"})
    assert checked.rows.empty and checked.private.empty
    assert said(checked) == {
        (None, "Over: licentie"),
        (3, "aantal"),
        (3, "telt"),
        (3, "datum"),
    }


def test_the_example_of_the_template_does_not_count_and_half_of_it_is_asked_about():
    example = {field.name: field.example or None for field in schema.load("telling").fields}
    checked = check([example, row("telling", wat="bank")])
    assert checked.rows["wat"].tolist() == ["bank"] and checked.rows["rij"].tolist() == [3]
    assert [note.row for note in checked.notes] == [2]
    assert said(check([{**example, "aantal": "7"}])) == {(2, "opmerking")}
    assert "geen gegevens" in check([example]).faults[0].words


BROKEN = [
    ("telling", {"datum": "2026-07-01"}, "datum"),
    ("telling", {"gedaan_door": None}, "gedaan_door"),
    ("voorraad", {"waarde": "100"}, "waarde_jaar"),
    ("voorraad", {"waarde": "100"}, "waarde_grond"),
    ("geldstroom", {"naar": "gemeente"}, "naar"),
    ("geldstroom", {"taakveld": None}, "taakveld"),
    ("geldstroom", {"van": "bedrijven", "zijde": None, "taakveld": None}, "post"),
    ("geldstroom", {"zijde": "baten"}, "zijde"),
    ("geldstroom", {"van": "bedrijven"}, "zijde"),
    ("geldstroom", {"jaar": "2027"}, "jaar"),
    ("geldstroom", {"bedrag": "-5"}, "bedrag"),
    ("werk", {"uren": "8785", "mensen": "1"}, "uren"),
    ("werk", {"uren": "1", "mensen": "0"}, "uren"),
    ("vraag_aanbod", {"tot": "31-8-2026"}, "tot"),
    ("vraag_aanbod", {"eenheid": None}, "eenheid"),
    ("vraag_aanbod", {"wie": "bewoner", "organisatie": "Club"}, "organisatie"),
    ("activiteit", {"doel": None}, "doel"),
    ("activiteit", {"eenheid": None}, "eenheid"),
    ("activiteit", {"gevraagd": "5000,01"}, "gevraagd"),
    ("activiteit", {"groep": "9"}, "groep"),
    ("activiteit", {"groep": "9", "eenheid": "Mensen"}, "groep"),
    ("netwerk", {"verbonden_met": "natuurclub"}, "verbonden_met"),
    ("netwerk", {"verbonden_met": None}, "verbonden_met"),
]


@pytest.mark.parametrize(("kind", "cells", "column"), BROKEN)
def test_what_must_hold_between_columns(kind, cells, column):
    assert (2, column) in said(check([row(kind, **cells)], kind))


def test_rules_that_look_at_more_rows():
    plan = [row("activiteit"), row("activiteit", naam="Buurttuin", kosten="6000")]
    assert said(check(plan, "activiteit")) == {(3, "kosten")}
    half = [row("activiteit", naam=naam, gevraagd="2600") for naam in ("tuin", "TUIN", "ander")]
    assert said(check(half, "activiteit")) == {(3, "gevraagd")}
    assert not said(check([row("activiteit", groep="9", eenheid="ton")], "activiteit"))
    purse = [
        row("budget"),
        row("budget", naam="WIJKBUDGET", jaar="2027", houder="Gemeente, afdeling welzijn"),
        row("budget", jaar="2028", houder="een ander", vrij_deel=None),
        row("budget", jaar="2029", vrij_deel="0,3"),
        row("budget", naam="Wijkbudget"),
    ]
    assert said(check(purse, "budget")) == {(4, "houder"), (5, "vrij_deel"), (6, "jaar")}
    spent = [
        row("besteding"),
        row("besteding", bedrag_per_maand="1"),
        row("besteding", post="horeca"),
    ]
    assert said(check(spent, "besteding")) == {(3, "post")}
    spent[2]["huishouden"] = "3"
    assert (4, "huishouden") in said(check(spent, "besteding"))


def test_a_link_that_will_not_count_is_good_and_is_told_what_it_lacks():
    rows = [
        row("activiteit"),
        row("activiteit", bewijs=None, mechanisme=None),
        row("activiteit", kengetal="bijstand_per_person"),
        row("activiteit", doel="groen", verband="eigen doel", minder_nodig=None, bewijs=None),
    ]
    checked = check(rows, "activiteit")
    lacks, typo = checked.notes
    assert not checked.faults and (lacks.row, typo.row) == (3, 4)
    assert "hoe goed het is bewezen en hoe het werkt" in lacks.words
    assert "bijstand_per_persoon" in typo.words


def test_every_kind_has_rules_on_columns_that_it_has():
    assert list(rules.RULES) == schema.KINDS
    for kind, some in rules.RULES.items():
        assert {rule.column for rule in some} <= set(schema.load(kind).columns)


def test_a_cell_that_cannot_be_read_is_said_once():
    checked = check([row("geldstroom", taakveld="99")], "geldstroom")
    assert [fault.column for fault in checked.faults] == ["taakveld"]


def test_who_shares_what_is_about_people_says_that_they_may():
    nobody = {**ABOUT, "toestemming": "niet nodig"}
    assert check([row("telling")], about=nobody).faults == ()
    people = {"telling": {"telt": "mensen"}, "besteding": {}, "vraag_aanbod": {"wie": "bewoner"}}
    for kind, cells in people.items():
        assert (None, "Over: toestemming") in said(check([row(kind, **cells)], kind, about=nobody))


def test_double_rows_are_noted_and_refuse_nothing():
    checked = check([row("telling"), row("telling", wat="bank"), row("telling")])
    assert len(checked.rows) == 3 and "rij 4." in checked.notes[0].words


# What the file says of itself


def test_the_answers_of_a_good_form_are_typed():
    about, wrong = checking.check_about(ABOUT, TODAY)
    assert wrong == [] and about["datum"] == "2026-05-31" and about["bewaren_tot"] == "2030-12-31"
    assert about["openbaar_met_naam"] == "nee" and about["toelichting"] is None
    assert about["toestemming"] == "ja: bijdrager mag dit delen"
    assert list(about) == schema.about().columns


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("bijdrager", ""),
        ("bijdrager", "bel 06-12345678"),
        ("datum", "1-7-2026"),
        ("bewaren_tot", "30-6-2026"),
        ("bewaren_tot", "1-7-2036"),
        ("licentie", "vrij"),
        ("toestemming", "misschien"),
        ("methode", "jan@example.nl vroeg het"),
    ],
)
def test_a_wrong_answer_is_named(name, answer):
    _, wrong = checking.check_about({**ABOUT, name: answer}, TODAY)
    assert [fault.column for fault in wrong] == [f"Over: {name}"]


def test_the_last_day_to_keep_is_ten_years_ahead():
    assert checking.check_about({**ABOUT, "bewaren_tot": "30-6-2036"}, TODAY)[1] == []


# Persons


@pytest.mark.parametrize(
    "words", ["bel 06-12345678", "vraag jan@example.nl", "BSN 111222333", "NL91ABNA0417164300"]
)
def test_a_number_of_a_person_in_free_text_refuses_the_row_without_repeating_it(words):
    checked = check([row("telling"), row("telling", opmerking=words)])
    assert said(checked) == {(3, "opmerking")}
    assert words.split()[-1] not in checked.faults[0].words


def test_a_private_column_may_hold_it_and_stops_at_the_door():
    checked = check([row("vraag_aanbod", contact="06-12345678")], "vraag_aanbod")
    assert checked.faults == () and "contact" not in checked.rows
    assert checked.private["contact"].tolist() == ["06-12345678"]


def test_what_seems_a_name_is_noted():
    checked = check([row("telling", opmerking="gemeld door dhr. Jansen")])
    assert checked.faults == () and [note.column for note in checked.notes] == ["opmerking"]


# Places


def test_a_row_without_a_place_and_half_a_place_are_faults():
    nowhere = {"buurt": None}
    assert said(check([row("telling", **nowhere)])) == {(2, "buurt")}
    assert said(check([row("telling", **nowhere, x="1")])) == {(2, "y")}
    assert said(check([row("telling", **nowhere, postcode="8911AB")])) == {(2, "huisnummer")}
    assert said(check([row("telling", buurt="Kanaleneiland")])) == {(2, "buurt")}  # said once
    assert check([row("netwerk", **nowhere)], "netwerk").faults == ()  # there it need not


def test_a_buurt_by_its_code_or_name_within_the_gemeente():
    known = placing.buurten(LEEUWARDEN)
    names = {name: code for name, code in known.items() if code and not name.startswith("bu0")}
    name, code = next(iter(names.items()))
    rows = [row("telling", buurt=name.upper()), row("telling", buurt=code.lower())]
    checked = check(rows, gemeenten=LEEUWARDEN)
    assert checked.faults == () and set(checked.rows["buurt"]) == {code}
    assert said(check([row("telling", buurt="BU03440831")], gemeenten=LEEUWARDEN)) == {(2, "buurt")}


def test_a_buurt_that_is_not_there_is_asked_about_as_it_is_spelled():
    def words(buurt: str) -> str:
        return check([row("telling", buurt=buurt)], gemeenten=["GM0344"]).faults[0].words

    assert "Bedoelt u Kanaleneiland-Noord?" in words("Kanaleneland-Noord")
    assert "Kanaleneiland-Noord of Kanaleneiland-Zuid?" in words("kanaleneiland")
    assert "Bedoelt u BU03440831?" in words("3440831")
    assert "de code van een wijk" in words("WK034408")
    assert "Bedoelt u" not in words("Amsterdam")


@pytest.mark.parametrize("word", ["Totaal", "totaal:", "SUBTOTAAL", "Total"])
def test_a_row_that_adds_up_others_is_refused_once_and_never_counted(word):
    rows = [row("telling"), row("telling", wat=word, telt=None, buurt=None)]
    assert said(check(rows)) == {(3, "wat")}
    assert said(check([row("telling"), row("telling", wat=word)])) == {(3, "wat")}
    assert check([row("telling", wat="totaalweigeraar")]).faults == ()


def point(x: str, y: str, **cells) -> dict:
    return row("telling", buurt=None, x=x, y=y, **cells)


INSIDE = ("182500", "579500")  # in Leeuwarden, in RD
RD = {**ABOUT, "coordinaten": "RD"}


def test_a_point_finds_its_buurt_and_people_lose_theirs():
    rows = [point(*INSIDE), point(*INSIDE, telt="mensen")]
    checked = check(rows, gemeenten=LEEUWARDEN, about=RD)
    assert checked.faults == () and checked.rows["buurt"].str.startswith("BU0080").all()
    assert checked.rows["x"].tolist()[0] == 182500 and np.isnan(checked.rows["x"].tolist()[1])


def test_degrees_become_metres_and_a_false_system_is_refused():
    degrees = [point("5,79", "53,2")]
    good = check(degrees, gemeenten=LEEUWARDEN, about={**ABOUT, "coordinaten": "WGS84"})
    assert good.faults == () and good.rows["x"].iloc[0] == pytest.approx(182_500, abs=2_000)
    assert check(degrees, gemeenten=LEEUWARDEN, about=RD).faults
    assert said(check(degrees, gemeenten=LEEUWARDEN)) == {(None, "Over: coordinaten")}


def test_the_names_of_the_columns_may_say_the_system():
    cells = row("telling", buurt=None)
    cells = {name: cell for name, cell in cells.items() if name not in ("x", "y")}
    checked = check([{**cells, "lon": "5.79", "lat": "53.2"}], gemeenten=LEEUWARDEN)
    assert checked.faults == () and checked.about["coordinaten"] == "WGS84"


def test_without_a_gemeente_a_point_stays_without_a_buurt_and_that_is_said():
    checked = check([point(*INSIDE)], about=RD)
    assert checked.rows["buurt"].isna().all() and "gemeente" in checked.notes[0].words


def test_a_point_in_no_buurt_is_reported_and_not_lost():
    checked = check([point(*INSIDE), point("136000", "456000")], gemeenten=LEEUWARDEN, about=RD)
    assert len(checked.rows) == 2 and checked.rows["buurt"].isna().tolist() == [False, True]
    assert checked.notes[0].words.startswith("1 punt ligt in geen enkele buurt")
    assert "rij 3." in checked.notes[0].words


def test_shapes_of_a_map_are_places():
    tree = shapely.Point(182500, 579500)
    shapes = geopandas.GeoSeries([tree, tree.buffer(10)], index=[2, 3], crs=28992)
    cells = {k: v for k, v in row("telling", buurt=None).items() if k not in schema.PLACE}
    checked = check([cells, cells], gemeenten=LEEUWARDEN, shapes=shapes, crs=28992)
    assert checked.faults == () and len(set(checked.rows["buurt"])) == 1
    shapes = shapes.to_crs(4326)
    moved = check([cells, cells], gemeenten=LEEUWARDEN, shapes=shapes, crs=4326)
    assert moved.rows["buurt"].equals(checked.rows["buurt"])
    assert moved.about["coordinaten"] == "WGS84"


def test_an_address_needs_the_address_file_of_the_pilot(tmp_path):
    rows = [
        row("telling", buurt=None, postcode="8911 ab", huisnummer="5a"),
        row("telling", buurt=None, postcode="8911AB", huisnummer="6"),
    ]
    assert said(check(rows, gemeenten=LEEUWARDEN)) == {(2, "postcode"), (3, "postcode")}
    file = tmp_path / "adressen.csv"
    code = next(c for c in placing.buurten(LEEUWARDEN).values() if c)
    file.write_text(f"postcode;huisnummer;buurt\n8911AB;5;{code}\n")
    given = opened(rows[:1])
    checked = checking.check(given, "telling", LEEUWARDEN, addresses=file, today=TODAY)
    assert checked.faults == () and checked.rows["buurt"].tolist() == [code]
    assert not {"postcode", "huisnummer"} & set(checked.rows)
    both = checking.check(opened(rows), "telling", LEEUWARDEN, addresses=file, today=TODAY)
    assert said(both) == {(3, "postcode")}


# Size, and how faults are told


def test_200_000_points_are_checked_and_placed_in_time():
    many = 200_000
    left, low, right, high = pdok.read_boundaries("GM0080", 2024).total_bounds
    random = np.random.default_rng(1)
    x, y = random.uniform(left, right, many), random.uniform(low, high, many)
    rows = pd.DataFrame({"x_rd": x.round(2).astype(str), "y_rd": y.round(2).astype(str)})
    file = opened(rows.assign(wat="boom", aantal="1", telt="planten en dieren"))
    start = time.process_time()
    checked = checking.check(file, "telling", LEEUWARDEN, today=TODAY)
    assert time.process_time() - start < 10  # some 2 s on the machine it was written on
    assert checked.faults == () and len(checked.rows) == many
    lost = checked.rows["buurt"].isna()
    assert 0 < lost.sum() < many and checked.rows.loc[lost, ["x", "y"]].notna().all(axis=None)
    assert any(f"nog {dutch.number(lost.sum() - 5)}" in note.words for note in checked.notes)


def test_a_file_full_of_faults_is_told_in_bounds():
    rows = pd.DataFrame([row("telling")] * 50_000).astype("str")
    rows["aantal"], rows["telt"] = "veel", [f"soort {n}" for n in range(50_000)]
    start = time.process_time()
    checked = checking.check(opened(rows), "telling", today=TODAY)
    assert time.process_time() - start < 10
    assert len(checked.faults) == faults.MOST + 1 and "minstens" in checked.faults[-1].words
    assert len(faults.lines(checked.faults)) == faults.LISTED + 1


def test_the_same_fault_in_many_rows_is_one_line():
    many = [Fault("Fout.", n, "aantal") for n in range(2, 1350)] + [Fault("Anders.", 2, "wat")]
    assert faults.lines(many) == [
        "rij 2, 3, 4, 5, 6 en nog 1.343, kolom aantal: Fout.",
        "rij 2, kolom wat: Anders.",
    ]
    assert faults.lines([Fault(str(n)) for n in range(5)], most=2)[-1] == "en nog 3"
    assert faults.which([5, 9]) == "rij 5 en 9"
