"""Finished pictures: sums that are conserved, a sentence that holds at its edges, a table twin."""

import math
import re
from html import unescape

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from wijkboek_utils import area_flows, dutch, ledger, picture_rows, picture_text, pictures
from wijkboek_utils.picture_rows import ELDERS, GAP, WIJK
from wijkboek_utils.show import Html

NAN = math.nan
HERE = pd.Series({"BU99010001": 1.0})
NOTHING = pd.DataFrame({"laag": [], "hoog": []})
ROUND = pd.DataFrame({"laag": 0.8, "hoog": 0.9}, index=["lek wijk", "lek huishoudens"])
HOSTILE = '<script>alert(1)</script> "\N{RIGHT-TO-LEFT OVERRIDE}\N{HOUSE WITH GARDEN}'


def closed(*flows: tuple[str, str, float], se: float = 0.0, regel: str = "") -> pd.DataFrame:
    """Return a closed account of flows: payer, receiver, amount."""
    rows = pd.DataFrame(flows, columns=["van", "naar", "sluitend"])
    rows["regel"] = [regel or f"regel {n}" for n in range(len(rows))]
    return rows.assign(se_sluitend=se)


WHOLE = [
    ("buitenwereld", "huishoudens", 70.0),
    ("rijk", "huishoudens", 30.0),
    ("huishoudens", "bedrijven", 20.0),
    ("huishoudens", "buitenwereld", 50.0),
    ("huishoudens", "rijk", 20.0),
    ("huishoudens", "vermogen", 10.0),
    ("bedrijven", "buitenwereld", 20.0),
    ("rijk", "buitenwereld", 8.0),
    ("rijk", "gemeente", 9.0),
    ("gemeente", "buitenwereld", 12.0),
]


def sentence(html: Html) -> str:
    """Return what a figure says, or the text that takes its place."""
    found = re.search(r"</strong> (.*?)</figcaption>|<p>(.*?)</p>", html.html)
    return unescape(found[1] or found[2]).replace(dutch.NBSP, " ") if found else ""


def cells(html: Html) -> list[list[str]]:
    """Return the rows of the table twin, its heading first."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html.html)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", r) for r in rows]
    return [[unescape(c).replace(dutch.NBSP, " ") for c in row] for row in found]


def amounts(rows: pd.DataFrame, **where: str) -> dict[str, float]:
    """Return the amounts of `through` by party or sector."""
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return {f"{r.partij} {r.sector}": r.bedrag for r in rows.itertuples()}


# What flows through a wijk.


def test_each_flow_stops_at_the_sectors_of_the_wijk():
    rows = picture_rows.through(closed(*WHOLE))
    assert amounts(rows, kant="in") == {
        "buitenwereld huishoudens": 70,
        "rijk huishoudens": 30,
        "wijk bedrijven": 20,
        "rijk elders": 8,
        "rijk gemeente": 9,
        "verschil gemeente": 3,
    }
    out = amounts(rows, kant="uit")
    assert (out["wijk huishoudens"], out["buitenwereld elders"]) == (20, 8)
    assert not any(name.startswith("verschil") for name in out)


def test_what_is_left_over_leaves_as_a_difference_and_rounding_is_none():
    rows = picture_rows.through(closed(("rijk", "gemeente", 10.0), ("gemeente", "rijk", 4.0)))
    assert amounts(rows, kant="uit") == {"rijk gemeente": 4, "verschil gemeente": 6}
    near = closed(("rijk", "bedrijven", 1e8), ("bedrijven", "rijk", 1e8 + 5))
    assert GAP not in picture_rows.through(near)["partij"].to_list()


def test_money_below_zero_flows_the_other_way():
    rows = picture_rows.through(closed(("rijk", "huishoudens", -5.0)))
    assert amounts(rows, kant="uit") == {"rijk huishoudens": 5}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(ledger.SECTOREN),
            st.sampled_from(ledger.SECTOREN),
            st.one_of(st.just(NAN), st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 0.01)),
        ).filter(lambda flow: flow[0] != flow[1]),
        max_size=30,
    )
)
def test_every_euro_comes_in_and_goes_out(flows):
    rows = picture_rows.through(closed(*flows))
    sums = rows.groupby(["sector", "kant"])["bedrag"].sum().unstack().reindex(columns=["in", "uit"])
    assert sums["in"].to_numpy() == pytest.approx(sums["uit"].to_numpy(), rel=1e-5, abs=0.02)
    inside = rows[rows["partij"] == WIJK].groupby("kant")["bedrag"].sum()
    assert inside.get("in", 0) == pytest.approx(inside.get("uit", 0))
    sent = sum(abs(flow[2]) for flow in flows if flow[2] == flow[2])
    twice = inside.get("in", 0) + rows.loc[rows["sector"] == ELDERS, "bedrag"].sum() / 2
    booked = rows.loc[rows["partij"] != GAP, "bedrag"].sum()
    assert booked - twice == pytest.approx(sent)


def test_the_picture_of_the_wijk_has_all_parties_and_their_sums_in_words_and_a_twin():
    figure = pictures.wijk(closed(*WHOLE, se=1.0), ROUND, 5e3, "De Wijk", "2023")
    words = re.findall(r"<text[^>]*>(.*?)</text>", figure.html)
    for name in ("Rijk", "Uit de wijk", "Komt tekort", "Huishoudens", "Gemeente"):
        assert name in words
    head, *rows = cells(figure)
    assert head == ["Van", "Naar", "Bedrag", "Waarschijnlijk"]
    assert len(rows) == len(picture_rows.through(closed(*WHOLE)))
    assert ["Rijk", "Elders, voor bewoners", "€ 8", "tussen € 6 en € 10"] in rows


def test_the_sentence_on_the_wijk_gives_a_range_where_there_is_one():
    rows = picture_rows.through(closed(*WHOLE))
    known = picture_text.wijk(rows, (0.1, 0.2), "De Wijk").replace(dutch.NBSP, " ")
    # 20 of the 132 euro that sectors of the wijk spend; what stops elsewhere is not theirs.
    assert "blijft naar schatting 10 tot 20 euro in de wijk; het meeste gaat naar elders." in known
    unknown = picture_text.wijk(rows, (NAN, NAN), "De Wijk")
    assert unknown.endswith("gaat het meeste naar elders. Hoeveel er blijft, is niet bekend.")


@pytest.mark.parametrize("inwoners", [1_999, 50_001, NAN])
@pytest.mark.parametrize("draw", [pictures.wijk, pictures.euro])
def test_of_an_area_that_is_no_wijk_in_size_no_share_that_stays_is_given(draw, inwoners):
    for n, given_ in ((2_000, True), (50_000, True), (inwoners, False)):
        said = sentence(draw(closed(*WHOLE), ROUND, n, "X", "2023"))
        assert ("blijft naar schatting 10 tot 20" in said) is given_
        assert said.endswith("is voor een gebied van deze grootte niet bekend.") is not given_
        assert "het meeste" in said and "ongeveer" not in said


@pytest.mark.parametrize("table", [NOTHING, ROUND * NAN])
def test_a_share_that_is_missing_for_another_reason_is_not_blamed_on_the_size(table):
    said = sentence(pictures.wijk(closed(*WHOLE), table, 5e3, "X", "2023"))
    assert said.endswith("Hoeveel er blijft, is niet bekend.")


def test_parties_that_get_about_the_same_are_both_named():
    rows = picture_rows.through(
        closed(("huishoudens", "rijk", 100.0), ("huishoudens", "buitenwereld", 99.0))
    )
    stays = (0.1, 0.2)
    assert picture_text.wijk(rows, stays, "X").endswith("het meeste gaat naar het Rijk en elders.")
    home = picture_rows.through(closed(("huishoudens", "bedrijven", 1.0)))
    assert picture_text.wijk(home, stays, "X").endswith("20\N{NO-BREAK SPACE}euro in de wijk.")
    assert picture_text.wijk(home, None, "X").startswith("Hoeveel er blijft, is voor")


@pytest.mark.parametrize("flows", [[], [("rijk", "gemeente", NAN)], [("rijk", "gemeente", 0.0)]])
def test_without_flows_there_is_a_sentence_and_no_drawing(flows):
    for draw, words in ((pictures.wijk, "stroomt, is niet"), (pictures.euro, "uitgeven, is niet")):
        figure = draw(closed(*flows), NOTHING, 5e3, "X", "2023")
        assert words in figure.html and "<svg" not in figure.html


# A euro in cents.


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=40))
def test_hundredths_add_up_to_a_hundred_and_none_is_off_by_one(values):
    series = pd.Series(values)
    found = picture_rows.hundred(series)
    if series.sum() == 0:
        assert (found == 0).all()
        return
    assert found.sum() == 100
    assert ((found - series / series.sum() * 100).abs() < 1 + 1e-6).all()


def test_the_largest_fractions_get_what_is_left_and_of_equal_ones_the_first():
    assert picture_rows.hundred(pd.Series([1.0, 1.0, 1.0])).tolist() == [34, 33, 33]
    assert picture_rows.hundred(pd.Series([0.5, 2.6, 96.9])).tolist() == [0, 3, 97]
    assert picture_rows.hundred(pd.Series([7.0])).tolist() == [100]


def spent(*parts: tuple[str, str, float]) -> pd.DataFrame:
    """Return what households spend: line, receiver, amount."""
    rows = closed(*[("huishoudens", naar, bedrag) for _, naar, bedrag in parts])
    return rows.assign(regel=[regel for regel, _, _ in parts])


def test_a_kind_has_the_cents_that_stay_and_those_that_leave():
    rows = spent(
        ("Brood", "bedrijven", 30.0), ("Brood", "buitenwereld", 10.0), ("Huur", "instellingen", 60)
    )
    found = picture_rows.cents(rows)
    assert found[["soort", "blijft", "gaat"]].to_numpy().tolist() == [
        ["Huur", 60, 0],
        ["Brood", 30, 10],
    ]
    assert found["bedrag"].tolist() == [60, 40]


def test_the_smallest_kinds_are_taken_together_but_never_one_alone():
    rows = spent(*[(f"soort {n}", "rijk", 10.0 - n) for n in range(9)])
    assert picture_rows.REST not in picture_rows.cents(rows)["soort"].to_list()
    more = spent(*[(f"soort {n}", "rijk", 11.0 - n) for n in range(10)])
    found = picture_rows.cents(more)
    assert len(found) == 9 and found["soort"].iloc[-1] == picture_rows.REST
    assert found[["blijft", "gaat"]].to_numpy().sum() == 100
    assert found["bedrag"].iloc[-1] == 3 + 2


def test_the_sentence_on_a_euro_names_the_largest_kind_but_never_the_rest():
    rows = pd.DataFrame({"soort": ["Huur", "BTW", "Al het andere"], "blijft": [5, 0, 10]})
    rows = rows.assign(gaat=[25, 30, 30], bedrag=1.0)
    said = picture_text.euro(rows, (0.1, 0.2), "X").replace(dutch.NBSP, " ")
    assert "10 tot 20 cent in de wijk; het meeste, elk 30 cent, gaat naar huur en BTW." in said
    one = picture_text.euro(rows[1:], None, "X").replace(dutch.NBSP, " ")
    assert one.startswith("Van elke euro van bewoners gaat het meeste, 30 cent, naar BTW. Hoeveel")


def test_a_euro_has_a_coin_for_each_cent_and_a_twin_with_the_same_cents():
    rows = spent(("Brood", "bedrijven", 1.0), ("Huur", "rijk", 3.0))
    figure = pictures.euro(rows, ROUND, 5e3, "X", "")
    assert figure.html.count("<circle") == 2 + 100
    assert [r[:4] for r in cells(figure)[1:]] == [
        ["Huur", "75", "0", "75"],
        ["Brood", "25", "25", "0"],
    ]


# The balance of each account.


def saldi(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """Return balances: sector, in, uit, se."""
    table = pd.DataFrame(rows, columns=["sector", "in", "uit", "se"])
    return table.assign(saldo=table["in"].fillna(0) - table["uit"].fillna(0), sluit=True)


def test_the_sentence_on_balances_names_those_beyond_their_margin():
    beyond, within = ("rijk", 10.0, 90.0, 10.0), ("huishoudens", 50.0, 40.0, 10.0)
    assert picture_text.balances(saldi(beyond, within), "X").startswith("Bij het Rijk is het")
    assert "bij de andere kan" in picture_text.balances(saldi(beyond, within), "X")
    assert picture_text.balances(saldi(beyond), "X").endswith("groter dan de marge.")
    assert picture_text.balances(saldi(within), "X").startswith("Bij geen enkele rekening")
    # A margin of nothing and a difference of nothing: not larger.
    assert picture_text.balances(saldi(("rijk", 5.0, 5.0, 0.0)), "X").startswith("Bij geen enkele")
    unknown = saldi(("rijk", NAN, NAN, NAN)).assign(saldo=NAN)
    assert picture_text.balances(unknown, "X").startswith("Van geen enkele")
    assert "<svg" not in pictures.balances(unknown, "X", "2023").html


def test_a_side_that_is_not_booked_is_a_word_and_has_no_bar():
    figure = pictures.balances(saldi(("vermogen", 10.0, NAN, 2.0)), "X", "2023")
    assert "niet geboekt" in figure.html
    assert figure.html.count("--wb-3") == 0
    assert "tussen" in cells(figure)[1][3]


# Who pays gemeente and Rijk, and who gets.


def boeking(van: str, naar: str, bedrag: float, se: float = 0.0) -> dict[str, object]:
    """Return a boeking of one buurt."""
    facts = {"buurt": "BU99010001", "jaar": 2023, "post": f"{van}:{naar}", "domein": "overig"}
    facts |= {"soort": "publiek", "methode": "gemeten", "bron": "x", "bronjaar": 2023}
    return {**facts, "van": van, "naar": naar, "bedrag": bedrag, "se": se}


def paid(*rows: dict[str, object]) -> pd.DataFrame:
    """Return `picture_rows.parties` of boekingen."""
    book = ledger.conform(pd.DataFrame(list(rows)))
    return picture_rows.parties(area_flows.of(book, HERE))


BOOK = [
    boeking("huishoudens", "rijk", 50.0, 3.0),
    boeking("huishoudens", "gemeente", 10.0, 4.0),
    boeking("rijk", "huishoudens", 20.0),
    boeking("gemeente", "buitenwereld", 70.0),
    boeking("rijk", "gemeente", 99.0),
    boeking("bedrijven", "huishoudens", 99.0),
]


def test_a_party_has_what_it_pays_and_gets_with_the_error_of_the_difference():
    rows = paid(*BOOK).set_index("partij")
    assert rows.loc["huishoudens", ["betaalt", "krijgt", "verschil"]].tolist() == [60, 20, 40]
    assert rows.loc["huishoudens", ["se_betaalt", "se_verschil"]].tolist() == pytest.approx([5, 5])
    assert rows.loc["bedrijven"].isna().all()
    assert rows.loc["samen", ["betaalt", "krijgt"]].tolist() == [60, 90]
    assert pd.isna(rows.loc["buitenwereld", "betaalt"])


def judged(**verschil: tuple[float, float]) -> str:
    """Return the sentence on parties with a difference and its error."""
    rows = [{"partij": p, "verschil": v, "se_verschil": se} for p, (v, se) in verschil.items()]
    return picture_text.parties(pd.DataFrame(rows), "X")


def test_the_sentence_on_parties_says_who_pays_more_who_gets_more_and_what_is_not_known():
    more, less, unsure = (50.0, 1.0), (-50.0, 1.0), (1.0, 50.0)
    assert judged(huishoudens=more, bedrijven=more, instellingen=less) == (
        "In X betalen huishoudens en bedrijven naar schatting meer aan gemeente en Rijk dan zij "
        "krijgen; instellingen krijgen meer."
    )
    assert judged(huishoudens=less, bedrijven=unsure) == (
        "In X krijgen huishoudens naar schatting meer van gemeente en Rijk dan zij betalen; van "
        "bedrijven is het niet te zeggen."
    )
    assert judged(huishoudens=unsure) == (
        "In X is van huishoudens niet te zeggen of zij meer betalen of meer krijgen."
    )
    assert judged(huishoudens=(0.0, 0.0)).startswith("In X is van huishoudens niet te zeggen")
    assert judged(huishoudens=(NAN, NAN), buitenwereld=more).endswith("is niet bekend.")


def test_the_picture_of_parties_shows_both_sides_and_all_together():
    book = ledger.conform(pd.DataFrame(BOOK))
    figure = pictures.parties(area_flows.of(book, HERE), "X", "2023")
    assert figure.html.count(">Betaalt</text>") == figure.html.count(">Krijgt</text>") == 3
    _, *rows = cells(figure)
    assert rows[1] == ["Bedrijven in de wijk", "onbekend", "onbekend", "onbekend"]
    assert rows[-1][0] == "Samen" and 'class="total"' in figure.html


# Beside the gemeente and the country.


def beside(kosten: float, inkomen: float, gemeente: float, land: float, se: float = 0.0, n=10.0):
    """Return the rows of the comparison."""
    return picture_rows.beside(
        pd.Series({"bedrag": kosten * 10, "se_vast": se * 10}),
        pd.Series({"bedrag": inkomen * 10, "se_vast": se * 10, "inwoners": n}),
        n,
        pd.Series({"kosten": gemeente, "inkomen": gemeente}),
        pd.Series({"inkomen": land}),
    )


def test_an_area_is_higher_lower_about_equal_or_not_surely_other():
    said = picture_text.comparison(beside(4e4, 3e4, 3.6e4, 3.02e4), "X", "Stad")
    assert said == (
        "Per inwoner zijn de uitgaven van de gemeente hoger dan in heel Stad. Het inkomen is lager "
        "dan in heel Stad, maar ongeveer even hoog als in Nederland."
    )
    # A difference within the error is not called equal either, and no error makes nothing sure.
    for se in (6e3, NAN):
        unsure = picture_text.comparison(beside(4e4, 4e4, 3.6e4, 4e4, se=se), "X", "Stad")
        assert "niet duidelijk anders dan in heel Stad en in Nederland" in unsure
        assert "hoger" not in unsure and "even hoog" not in unsure


def test_income_is_not_known_better_than_cbs_rounds_it():
    figure = pictures.comparison(beside(1e3, 35_140, 38_512, 36_049), "X", "Stad", "2023")
    *_, income = cells(figure)
    assert income[1:] == ["tussen € 34.800 en € 35.500", "€ 38.500", "€ 36.000"]
    assert "€ 38.500" in figure.html.replace(dutch.NBSP, " ")
    # Figures stand right in the table, and are figures in the workbook.
    assert figure.html.count('<td class="num">') == 2 * 3


def test_a_whole_gemeente_is_not_beside_itself_and_it_says_so():
    rows = beside(120.0, 8e4, NAN, 9e4)
    said = picture_text.comparison(rows, "Stad", "Stad")
    assert said.startswith("Het inkomen is lager dan in Nederland.")
    assert said.endswith("die is hetzelfde of niet bekend.")
    figure = pictures.comparison(rows, "Stad", "Stad", "2023")
    assert "Heel Stad" not in figure.html
    assert cells(figure)[0] == ["Per inwoner", "Stad", "Nederland"]


@pytest.mark.parametrize("n", [0.0, NAN])
def test_nothing_per_inhabitant_is_known_where_nobody_lives(n):
    rows = beside(1.0, 1.0, NAN, NAN, n=n)
    assert rows["waarde"].isna().all()
    figure = pictures.comparison(rows, "X", "Stad", "2023")
    assert figure.html == "<p>Er is geen cijfer om X mee te vergelijken.</p>"


def test_each_figure_has_a_scale_and_the_area_its_range():
    figure = pictures.comparison(beside(120.0, 8e4, 100.0, 9e4, se=5.0), "X", "Stad", "2023")
    assert figure.html.count("fill-opacity:.22") == 2
    assert [r[0] for r in cells(figure)[1:]] == [
        "Uitgaven van de gemeente per inwoner",
        "Inkomen per inwoner",
    ]


# Money of the gemeente and the map.


def lasten(domein: str, bedrag: float, **changes: object) -> dict[str, object]:
    """Return what the gemeente spends on a goal."""
    row = {**boeking("gemeente", "buitenwereld", bedrag, 1.0), "domein": domein}
    return {**row, "post": f"iv3:5.7:{domein}:lasten", **changes}


def test_goals_beyond_nine_are_taken_together_with_a_range_that_is_never_too_small():
    book = ledger.conform(pd.DataFrame([lasten(d, 99.0 - n) for n, d in enumerate(DOMAINS)]))
    keys = pd.DataFrame({"taakveld": ["5.7"], "gevraagd": ["a"], "gebruikt": ["a"]})
    figure = pictures.goals(area_flows.of(book, HERE), keys, "X", "2023")
    words = re.findall(r"<text[^>]*>(.*?)</text>", figure.html)[::2]
    assert len(words) == 9 and words[-1] == "Andere doelen"
    assert len(cells(figure)) == 1 + len(DOMAINS)
    few = pictures.goals(area_flows.of(book[:1], HERE), keys, "X", "2023")
    assert "Andere doelen" not in few.html


DOMAINS = ["wonen", "zorg", "energie", "afval", "groen", "onderwijs", "mobiliteit", "veiligheid"]
DOMAINS += ["voedsel", "bestuur", "overig"]


def test_without_money_of_the_gemeente_there_is_no_picture_of_it():
    book = ledger.conform(pd.DataFrame([boeking("rijk", "huishoudens", 5.0)]))
    weights = pd.Series({"BU99010001": 1.0})
    figure = pictures.municipality(area_flows.of(book, weights), "X", "2023")
    assert sentence(figure) == "Er zijn geen geldstromen van de gemeente bekend voor X."
    keys = pd.DataFrame({"taakveld": [], "gevraagd": [], "gebruikt": []})
    assert (
        sentence(pictures.goals(area_flows.of(book, weights), keys, "X", "2023"))
        == "Er zijn geen uitgaven bekend."
    )


def test_a_map_of_one_buurt_is_a_map_and_of_none_a_sentence():
    kaart = gpd.GeoDataFrame({"buurt": ["BU1"]}, geometry=[box(0, 0, 9, 9)])
    rows = pd.DataFrame({"buurt": ["BU1"], "naam": ["A"], "gewicht": 1.0, "inwoners": 500.0})
    rows = rows.assign(bedrag=1e6, se=0.0, per_inwoner=2000.0)
    figure = pictures.map_figure(kaart, rows, "A", "Stad", "2023")
    assert "1: € 2.000" in figure.html.replace(dutch.NBSP, " ")
    assert "In elke buurt met een cijfer" in sentence(figure)
    none = pictures.map_figure(kaart, rows.assign(buurt="BU2"), "A", "Stad", "2023")
    assert "<svg" not in none.html


@pytest.mark.parametrize(
    ("top", "said"),
    [
        ((900.0, 1_000.0, 2_701.0), "Vakken met 5 verschillen onderling sterk: van € 900 tot"),
        ((900.0, 2_700.0), ""),
        ((900.0,), ""),
        ((0.0, 0.0), ""),
    ],
)
def test_a_highest_class_that_spans_more_than_a_factor_is_said_to_be_wide(top, said):
    klasse = pd.array([None, 0, *[4] * len(top)], dtype="Int64")
    shapes = pd.DataFrame({"klasse": klasse, "per_inwoner": [NAN, 1.0, *top]})
    found = picture_text.widest(shapes).replace(dutch.NBSP, " ")
    assert found.startswith(said) and bool(found) is bool(said)
    assert picture_text.widest(shapes[:1]) == "" == picture_text.widest(shapes[:0])


def test_the_map_says_so_under_its_title_and_in_its_description():
    codes = [f"BU{n}" for n in range(10)]
    kaart = gpd.GeoDataFrame({"buurt": codes}, geometry=[box(n, 0, n + 1, 1) for n in range(10)])
    rows = pd.DataFrame({"buurt": codes, "naam": codes, "gewicht": 0.0, "inwoners": 500.0})
    rows = rows.assign(bedrag=1e6, se=0.0, per_inwoner=[*range(1_000, 1_900, 100), 9_000])
    figure = pictures.map_figure(kaart, rows, "A", "Stad", "2023").html.replace(dutch.NBSP, " ")
    assert figure.count("Vakken met 5 verschillen onderling sterk: van € 1.800 tot € 9.000.") == 2


# What holds for all of them.


def every(naam: str) -> list[Html]:
    """Return each picture of a place with a name."""
    weights, book = pd.Series({"BU99010001": 1.0}), ledger.conform(pd.DataFrame(BOOK))
    rows = [lasten("zorg", 5.0), boeking("rijk", "gemeente", 9.0) | {"post": "iv3:0.7:baten"}]
    municipal = ledger.conform(pd.DataFrame(rows))
    keys = pd.DataFrame({"taakveld": ["5.7"], "gevraagd": ["a"], "gebruikt": ["a"]})
    return [
        pictures.wijk(closed(*WHOLE, se=1.0, regel=naam), ROUND, 5e3, naam, "2023"),
        pictures.euro(closed(*WHOLE, se=1.0, regel=naam), ROUND, 5e3, naam, "2023"),
        pictures.balances(saldi(("rijk", 5.0, 4.0, 1.0)), naam, "2023"),
        pictures.parties(area_flows.of(book, weights), naam, "2023"),
        pictures.comparison(beside(9.0, 8.0, 7.0, 6.0), naam, naam, "2023"),
        pictures.municipality(area_flows.of(municipal, weights), naam, "2023"),
        pictures.goals(area_flows.of(municipal, weights), keys, naam, "2023"),
    ]


@pytest.mark.parametrize("naam", [HOSTILE, "x" * 10_000])
def test_a_hostile_name_is_escaped_everywhere(naam):
    for figure in every(naam):
        assert "<script" not in figure.html
        assert dutch.plain(naam) in unescape(figure.html)


def test_each_picture_has_a_name_a_description_one_caption_and_a_table():
    titles = set()
    for figure in every("De Wijk"):
        assert 'role="img"' in figure.html and figure.html.count("<table") == 1
        ids = re.findall(r'<(?:title|desc) id="([^"]+)"', figure.html)
        assert re.findall(r'aria-labelledby="([^"]+)"', figure.html) == [" ".join(ids)]
        description = re.search(r"<desc[^>]*>(.*?)</desc>", figure.html)
        assert description and unescape(description[1]).replace(dutch.NBSP, " ") == sentence(figure)
        titles |= set(ids)
    assert len(titles) == 2 * 7
