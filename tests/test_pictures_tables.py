"""From figures to pictures and tables: both sides add up, unknown is a word, no phantom rows."""

import math
import re
from html import unescape

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from wijkboek_utils import area_flows, dutch, evidence, ledger, pictures, tables, views
from wijkboek_utils.show import Html

NAN = math.nan
WEIGHTS = pd.Series({"BU99010001": 1.0})
SLEUTELS = pd.DataFrame(
    {
        "sleutel": ["inwoners", "bijstand"],
        "naam": ["inwoners", "mensen in de bijstand"],
        "fout": [0.25, NAN],
        "fout_grond": ["vergelijking", "oordeel"],
        "reden": ["iedereen telt", None],
        "onderwerpen": ["AantalInwoners", None],
    }
)
BRONNEN = pd.DataFrame(
    {"bron": ["iv3", "kwb"], "titel": ["Iv3", "KWB"], "tabel": [None, "1"], "sha256": ["aa", "bb"]}
).assign(
    uitgever=["CBS", "Kadaster"],
    periode=["2023", "2024"],
    licentie=["CC BY 4.0", "CC0"],
    verkregen=["Van de site.", "Per brief."],
    opgenomen=["2026-01-02", "2026-03-04"],
    gewijzigd=[None, "2025-03-28"],
    status=["", "voorlopig"],
)


def lasten(bedrag: float, domein: str = "zorg", **changes: object) -> dict[str, object]:
    """Return a boeking of expenses."""
    row = {"buurt": "BU99010001", "jaar": 2023, "van": "gemeente", "naar": "buitenwereld"}
    row |= {"post": "iv3:6.1:lasten", "domein": domein, "soort": "publiek", "bedrag": bedrag}
    return {**row, "se": 0.0, "methode": "gemeten", "bron": "iv3", "bronjaar": 2023, **changes}


def baten(bedrag: float, van: str = "rijk", **changes: object) -> dict[str, object]:
    """Return a boeking of receipts."""
    own = {"van": van, "naar": "gemeente", "post": "iv3:0.7:baten"}
    return lasten(bedrag, **{**own, **changes})


def book(*rows: dict[str, object]) -> pd.DataFrame:
    """Return boekingen as a grootboek."""
    return ledger.conform(pd.DataFrame(list(rows)))


def money(*rows: dict[str, object], **options: int) -> list[dict[str, float]]:
    """Return both sides of the picture as name and amount."""
    flows = area_flows.of(book(*rows), WEIGHTS)
    found = (views.receipts(flows), views.expenses(flows), views.negative_expenses(flows))
    sides = pictures.money_picture(*found, **options)
    return [{n.name: n.amount for n in side} for side in sides]


def cells(table: Html) -> list[list[str]]:
    """Return the rows of a table as a reader sees them, the caption left out."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table.html)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", r) for r in rows]
    return [[unescape(c).replace(dutch.NBSP, " ") for c in row] for row in found]


def per_buurt(**changes: list) -> pd.DataFrame:
    """Return two buurten as `views.per_inhabitant`: one inside, one with few inhabitants."""
    facts = {"buurt": ["BU1", "BU2"], "naam": ["A", "B"], "gewicht": [0.0, 1.0]}
    facts |= {"inwoners": [500.0, 10.0], "bedrag": [1e6, 2e4], "se": [0.0, 0.0]}
    return pd.DataFrame({**facts, "per_inwoner": [2000.0, NAN], **changes})


def test_a_surplus_is_left_over_and_a_deficit_comes_from_elsewhere():
    left, right = money(baten(100), lasten(70))
    assert (left, right) == ({"Rijk": 100}, {"Zorg": 70, "Komt meer binnen": 30})
    left, right = money(baten(70, van="instellingen"), lasten(100))
    assert (left, right) == ({"Woningcorporaties": 70, "Komt tekort": 30}, {"Zorg": 100})


def test_goals_beyond_the_largest_are_taken_together():
    rows = [lasten(b, d) for b, d in ((50, "zorg"), (30, "groen"), (15, "afval"), (5, "wonen"))]
    left, right = money(baten(100), *rows, most=2)
    assert right == {"Zorg": 50, "Groen": 30, "Andere doelen": 20}
    assert sum(left.values()) == sum(right.values())


def test_negative_expenses_have_a_bar_on_the_side_where_they_come_in():
    negative = lasten(20, van="buitenwereld", naar="gemeente", post="iv3:0.8:lasten")
    assert money(baten(80), lasten(100), negative) == [
        {"Rijk": 80, "Correcties": 20},
        {"Zorg": 100},
    ]


def test_sides_that_balance_to_the_cent_get_no_bar_for_the_difference():
    two_payers = money(baten(100.10), baten(200.20, van="huishoudens"), lasten(300.30))
    two_goals = money(baten(300.30), lasten(100.10), lasten(200.20, "groen"))
    for left, right in (two_payers, two_goals):
        assert {"Komt meer binnen", "Komt tekort"}.isdisjoint({*left, *right})
    assert [[*side] for side in two_payers] == [["Huishoudens", "Rijk"], ["Zorg"]]
    assert [[*side] for side in two_goals] == [["Rijk"], ["Groen", "Zorg"]]


def test_what_is_left_over_is_the_balance_of_the_account_also_with_negative_receipts():
    rows = [baten(100), lasten(70), lasten(20, "groen", naar="vermogen", post="iv3:5.7:baten")]
    account = views.gemeente_account(area_flows.of(book(*rows), WEIGHTS))
    left, right = money(*rows)
    assert account.query("kant == 'saldo'")["bedrag"].tolist() == [10]
    assert right.get("Komt meer binnen", 0) - left.get("Komt tekort", 0) == 10


def test_nothing_booked_gives_an_empty_picture():
    assert money(lasten(70, post="inkomen:overig", van="rijk", naar="huishoudens")) == [{}, {}]


def test_a_bar_has_a_range_of_ninety_percent_that_does_not_go_below_zero():
    rows = pd.DataFrame({"domein": "zorg", "bedrag": 100.0, "se": [0.0, 10.0, 90.0]}).itertuples()
    certain, known, wild = (pictures.bar(r) for r in rows)
    assert (certain.name, certain.low, certain.high) == ("Zorg", None, None)
    assert (known.low, known.high) == pytest.approx((83.55, 116.45))
    assert (wild.low, wild.high) == (0, pytest.approx(248.05))


def test_the_map_has_a_class_and_words_for_each_area_and_says_why_one_is_blank():
    kaart = gpd.GeoDataFrame(
        {"buurt": ["BU2", "BU1", "BU9"]}, geometry=[box(n, 0, n + 1, 1) for n in range(3)]
    )
    shapes, legend = pictures.map_shapes(kaart, per_buurt())
    assert shapes["uitleg"].str.replace(dutch.NBSP, " ").tolist() == [
        "B: te weinig inwoners",
        "A: € 2.000 per inwoner",
    ]
    assert shapes["binnen"].tolist() == [True, False]
    assert shapes["klasse"].isna().tolist() == [True, False]
    assert legend.html.count("<li>") == 2
    assert "minder dan 50 inwoners" in legend.html
    full = per_buurt(per_inwoner=[2000.0, 3000.0])
    assert "minder dan" not in pictures.map_shapes(kaart, full)[1].html


def test_the_account_ends_with_its_balance_and_calls_a_certain_amount_certain():
    rows = views.gemeente_account(area_flows.of(book(baten(1e6), lasten(4e5, se=5e4)), WEIGHTS))
    table = tables.account(rows, "De Wijk", 2023)
    head, spent, *_, balance = cells(table)
    assert head == ["Regel", "Soort", "Bedrag", "Waarschijnlijk"]
    assert spent == ["Zorg", "Uitgave", "€ 400.000", "tussen € 320.000 en € 480.000"]
    assert balance[:2] == ["Inkomsten min uitgaven", "Saldo"]
    assert ["Rijk", "Inkomst", "€ 1,0 miljoen", "zeker volgens de bron"] in cells(table)
    apart = re.findall(r'<tr class="total"><th scope="row">(.*?)</th>', table.html)
    assert apart == ["Uitgaven samen", "Inkomsten samen", "Inkomsten min uitgaven"]


def test_a_balance_can_be_on_either_side_of_nothing_and_its_range_says_so():
    def words(value: float, signed: bool) -> str:
        return dutch.interval(value, 2e5, signed=signed).replace(dutch.NBSP, " ")

    below = "tussen € \N{MINUS SIGN}200.000 en € 400.000"
    assert (words(1e5, False), words(1e5, True)) == ("tussen € 0 en € 400.000", below)
    above = "tussen € \N{MINUS SIGN}400.000 en € 200.000"
    assert (words(-1e5, False), words(-1e5, True)) == (
        "tussen € \N{MINUS SIGN}400.000 en € 0",
        above,
    )
    # Far from nothing it makes no difference.
    assert words(1e6, False) == words(1e6, True)
    for spent, expected in ((9e5, below), (1.1e6, above)):
        rows = views.gemeente_account(
            area_flows.of(book(baten(1e6), lasten(spent, se=2e5)), WEIGHTS)
        )
        *_, balance = cells(tables.account(rows, "De Wijk", 2023))
        assert balance[0] == "Inkomsten min uitgaven"
        assert balance[3] == expected


def test_goals_have_their_share_and_a_share_of_nothing_is_unknown():
    rows = pd.DataFrame({"domein": ["zorg", "groen"], "bedrag": [75.0, 25.0], "se": 0.0})
    poor = rows[["domein", "bedrag"]].assign(arm=[0.0, rows["bedrag"].iloc[1] / 2])
    table = cells(tables.domains(rows, "t", poor))[1:]
    assert [r[2] for r in table] == ["75 procent", "25 procent"]
    assert [r[3] for r in table] == ["0 procent", "50 procent"]
    assert cells(tables.domains(rows[:1].assign(bedrag=0.0), "t", poor))[1][2] == "onbekend"


def test_key_sets_are_named_and_an_unknown_outcome_is_a_word():
    compared = pd.DataFrame({"set": list(views.SETS), "lasten": 1.234e6, "eigen": NAN, "rijk": 0.0})
    _, *rows = cells(tables.key_sets(compared, "De Wijk", 2023))
    assert [r[1:] for r in rows] == [["€ 1,23 miljoen", "onbekend", "€ 0"]] * 3
    assert rows[2][0] == "Alles naar inwoners"


def test_where_money_lands_is_in_words_with_the_largest_first():
    rows = pd.DataFrame({"naar": ["huishoudens", "buitenwereld"], "bedrag": [1.0, 9.0], "se": 0.0})
    names = [r[0] for r in cells(tables.landed(rows, "De Wijk", 2023))[1:]]
    assert names == ["Buiten het gebied, of nog onbekend", "Bij huishoudens in het gebied"]


def taken(**changes: object) -> list[str]:
    """Return the row of one taakveld in the table of taakvelden."""
    facts = {"taakveld": "0.7", "naam": "Uitkering", "lasten": 4e5, "se_lasten": 0.0, "baten": 9e5}
    frame = pd.DataFrame([{**facts, "sleutels": "inwoners", **changes}])
    _, *rows = cells(tables.taakvelden(frame, SLEUTELS, "De Wijk", 2023))
    return rows[0] if rows else []


def test_a_taakveld_shows_its_key_and_margin():
    both = ["0.7 Uitkering", "€ 400.000", "€ 900.000", "inwoners", "25 procent"]
    assert taken() == both
    assert taken(sleutels="inwoners;bijstand")[3:] == [
        "inwoners en mensen in de bijstand",
        "verschilt",
    ]
    assert taken(sleutels="a;b;c;d")[3].startswith("dezelfde sleutels")
    assert taken(sleutels="bijstand")[4] == "onbekend"
    assert taken(baten=NAN)[2] == "geen"
    assert taken(lasten=0.0, baten=NAN) == []


def test_a_taakveld_without_a_side_says_the_same_for_expenses_and_receipts():
    assert taken(baten=NAN)[2] == taken(lasten=NAN, se_lasten=NAN)[1] == "geen"


def test_buurten_of_the_area_come_first_and_few_inhabitants_get_no_figure():
    _, *rows = cells(tables.per_buurt(per_buurt(), "t"))
    assert [r[:4] for r in rows] == [
        ["B (in het gebied)", "10", "te weinig inwoners", "€ 20.000"],
        ["A", "500", "€ 2.000", "€ 1,0 miljoen"],
    ]
    head, *spread = cells(tables.per_buurt(per_buurt(se=[1e5, NAN], bedrag=[1e6, NAN]), "t"))
    assert head == ["Buurt", "Inwoners", "Per inwoner", "Uitgaven", "Waarschijnlijk"]
    assert [r[4] for r in spread] == ["onbekend", "tussen € 840.000 en € 1,16 miljoen"]


def test_income_says_how_it_is_known_and_leaves_out_other_buurten():
    gebied = pd.DataFrame({"buurt": list("abc"), "naam": list("ABC"), "gewicht": [1.0, 0.5, 0.0]})
    rows = pd.DataFrame({"buurt": list("abc"), "inwoners": [100.0, 0.0, 9.0]}).assign(
        bedrag=[3e6, NAN, 1.0],
        se=[1e5, NAN, 0.0],
        per_inwoner=[30_400.0, NAN, 1.0],
        methode=["gemeten", "ontbreekt", "gemeten"],
        sleutel=None,
    )
    _, a, b = cells(tables.income(rows, gebied, "De Wijk"))
    assert a == ["A", "100", "€ 3,00 miljoen", "€ 30.400", "cijfer van CBS voor deze buurt"]
    assert b == ["B (voor 50 procent in het gebied)", "0", "onbekend", "onbekend", "niet bekend"]


@pytest.mark.parametrize(
    ("sleutel", "whole"),
    [("inwoners:WK990100", "wijkcijfer"), ("inwoners:GM9901", "gemeentecijfer")],
)
def test_income_that_is_estimated_names_the_figure_it_comes_from(sleutel, whole):
    gebied = pd.DataFrame({"buurt": ["a"], "naam": ["A"], "gewicht": [1.0]})
    row = {"buurt": "a", "inwoners": 100.0, "bedrag": 3e6, "se": 1e5, "per_inwoner": 30_400.0}
    rows = pd.DataFrame([{**row, "methode": "verdeeld", "sleutel": sleutel}])
    _, a = cells(tables.income(rows, gebied, "De Wijk"))
    assert a[4] == f"geschat: rest van het {whole}, verdeeld naar inwoners"


def test_sources_keep_every_fact_and_name_a_missing_table_number():
    html = evidence.sources(BRONNEN).html
    assert html.startswith('<div class="wb-sources"><ul>')
    assert re.findall("<li>(.*?)</li>", html) == [
        "Iv3 (CBS; tabel geen tabelnummer; periode 2023; licentie CC BY 4.0; bron iv3). "
        "Verkregen: Van de site. Vastgelegd op 2 januari 2026. Controlegetal (sha256): aa.",
        "KWB (Kadaster; tabel 1; periode 2024; licentie CC0; bron kwb). "
        "Verkregen: Per brief. Vastgelegd op 4 maart 2026, bij de bron gewijzigd op 28 maart 2025 "
        "(voorlopig). Controlegetal (sha256): bb.",
    ]


def test_the_report_says_when_its_figures_were_taken_up_and_which_may_change():
    html = evidence.standing(BRONNEN).html
    assert "tussen 2 januari 2026 en 4 maart 2026 vastgelegd" in html
    assert "Nog voorlopig of niet compleet: KWB." in html
    old = evidence.standing(BRONNEN.head(1)).html
    assert "op 2 januari 2026 vastgelegd" in old and "voorlopig" not in old


def test_figures_that_were_converted_from_other_buurten_are_named():
    rows = pd.DataFrame({"gebied": ["BU1", "BU1", "BU2"], "jaar": [2022, 2022, 2023]})
    same = evidence.converted(rows.assign(omgerekend=False)).html
    assert "in alle gebruikte jaren dezelfde" in same
    moved = evidence.converted(rows.assign(omgerekend=[True, True, False])).html
    assert "De grens van één buurt veranderde. De cijfers over 2022 zijn omgerekend" in moved


def test_years_count_the_buurten_with_a_figure_and_flag_another_year():
    rows = [("AantalInwoners", 2023, 5.0), ("AantalInwoners", 2023, NAN)]
    rows += [("GemiddeldInkomenPerInwoner", 2022, 30.0), ("Woningvoorraad", 2023, 1.0)]
    figures = pd.DataFrame(rows, columns=["onderwerp", "jaar", "waarde"]).assign(soort="Buurt")
    used = pd.DataFrame({"gebruikt": ["inwoners", "bijstand"]})
    _, people, income = cells(evidence.years(figures, SLEUTELS, used, 2023))
    assert people[1:] == ["2023", "ja", "1 van 2"]
    assert income[1:] == ["2022", "nee", "1 van 1"]


def test_keys_have_their_amount_margin_and_reason():
    rows = book(
        lasten(1e6, methode="verdeeld", sleutel="inwoners"),
        lasten(2e6, "groen", methode="verdeeld", sleutel="bijstand", post="iv3:5.7:lasten"),
    )
    _, first, second = cells(evidence.keys(area_flows.of(rows, WEIGHTS), SLEUTELS))
    assert first == ["mensen in de bijstand", "€ 2,0 miljoen", "onbekend", "oordeel", "onbekend"]
    assert second == ["inwoners", "€ 1,0 miljoen", "25 procent", "vergelijking", "iedereen telt"]


def test_replaced_keys_are_listed_or_said_not_to_be():
    used = pd.DataFrame({"gevraagd": ["bijstand"], "gebruikt": ["inwoners"]})
    _, row = cells(evidence.stand_ins(used, SLEUTELS))
    assert row == ["mensen in de bijstand", "inwoners", "25 procent", "iedereen telt"]
    same = used.assign(gevraagd="inwoners")
    assert evidence.stand_ins(same, SLEUTELS).html.startswith("<p>Nergens")


def test_negative_amounts_are_listed_as_published_or_said_not_to_be():
    rows = pd.DataFrame({"taakveld": ["0.8", "5.7"], "naam": ["Overig", "Groen"]})
    rows = rows.assign(lasten=[-5000.0, 10.0], baten=[NAN, 0.0])
    assert cells(evidence.negative(rows, "Stad", 2023))[1:] == [
        ["0.8 Overig", "€ \N{MINUS SIGN}5.000", "onbekend"]
    ]
    assert "geen negatieve bedragen" in evidence.negative(rows[1:], "Stad", 2023).html


def test_checks_show_what_was_expected_and_found():
    row = {"controle": "som", "verwacht": 1234.0, "gevonden": NAN, "verschil": -0.0}
    assert cells(evidence.checks(pd.DataFrame([{**row, "oordeel": "goed"}])))[1] == [
        *("som", "1.234", "onbekend", "0", "goed")
    ]


def test_what_is_kept_apart_has_both_sides_and_tells_overhead_from_overhead():
    rows = pd.DataFrame({"taakveld": ["0.4", "8.2"], "naam": ["Overhead", "Grondexploitatie"]})
    rows = rows.assign(lasten=[5.0, NAN], baten=[NAN, 7000.0])
    table = evidence.kept_apart(rows, "de gemeente Stad", 2023)
    assert cells(table)[1:] == [
        ["0.4 Overhead van de grondexploitatie", "€ 5", "€ 0"],
        ["8.2 Grondexploitatie", "€ 0", "€ 7.000"],
    ]
    assert "gemeente Stad als geheel blijven, 2023" in table.html
