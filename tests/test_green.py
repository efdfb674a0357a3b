"""Green and trees: what is there in its own units, unknown where nobody counted, never in euros."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import per_buurt
from wijkboek_utils import area_flows, assets, cbs, green, green_text, kengetallen, ledger, regions
from wijkboek_utils.local import register, store

ONE, TWO, THREE = BUURTEN = ["BU99010001", "BU99010002", "BU99010003"]
REST = "BU9901REST"
ALL = pd.Series(1.0, index=BUURTEN)
FIGURES = {
    "AantalInwoners": (1000, 500, 0),
    "OppervlakteLand": (30, 20, 10),
    "OppervlakteWater": (5, 0, None),
    "Woningvoorraad": (400, 200, 0),
}
COUNT = [(ONE, "waardevolle boom", 60), (ONE, "gedenkboom", 2), (TWO, "waardevolle boom", 30)]
KNOWN = kengetallen.load()


def indicators(**changes) -> pd.DataFrame:
    return per_buurt(FIGURES | changes, BUURTEN)


def counted(*rows: tuple[str, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows or COUNT, columns=["buurt", "status", "aantal"])
    return frame.assign(bron="bomen-leeuwarden", bronjaar=pd.array([2020] * len(frame), "Int64"))


def stock(telling: pd.DataFrame | None = None, **changes) -> pd.DataFrame:
    return green.stock(indicators(**changes), telling, kengetallen.load(), 2023)


def of(found: pd.DataFrame, naam: str) -> pd.Series:
    return found.set_index("naam").loc[naam]


def used() -> pd.DataFrame:
    asked = kengetallen.load()
    green.stock(indicators(), None, asked, 2023)
    return asked.used()


def words(html: str) -> str:
    return re.sub(r"<[^>]+>", "|", html).replace("\xa0", " ")


# --- what is there


def test_what_is_there_has_a_quantity_a_holder_a_method_and_a_source():
    rows = stock(counted())
    assert list(rows) == green.COLUMNS
    land = rows.query("naam == 'Land'").set_index("buurt")
    assert land["hoeveelheid"].to_dict() == {ONE: 30, TWO: 20, THREE: 10}
    assert set(land["methode"]) == {"gemeten"} and set(land["bron"]) == {"kwb-2023"}
    assert (rows["methode"] == "ontbreekt").eq(rows["hoeveelheid"].isna()).all()
    assert rows.loc[rows["hoeveelheid"].isna(), ["se", "bron", "laag"]].isna().all(axis=None)
    assert not rows.duplicated(["buurt", "naam"]).any()


def test_a_figure_that_is_secret_in_one_buurt_is_not_estimated_from_others():
    rows = stock()
    water = rows.query("naam == 'Water'").set_index("buurt")
    assert water.loc[THREE, "methode"] == "ontbreekt" and np.isnan(water.loc[THREE, "hoeveelheid"])
    total = of(green.totals(rows, ALL), "Water")
    assert (total["hoeveelheid"], total["onbekend"]) == (5, 1)


def test_without_dwellings_households_take_their_place_and_are_less_sure():
    rows = stock(Woningvoorraad=None, HuishoudensTotaal=(420, 210, 5))
    homes = rows.query("naam == 'Woningen'").set_index("buurt")
    assert set(homes["methode"]) == {"geraamd"}
    assert homes.loc[ONE, "se"] == pytest.approx(np.hypot(420 * 0.15, 5 / np.sqrt(12)))
    assert of(green.totals(rows, ALL), "Woningen")["se"] > 0.15 * 630  # one error for all


def test_figures_of_cbs_err_apart_and_those_of_a_kengetal_together():
    found = green.totals(stock(counted()), ALL)
    assert of(found, "Land")["se"] == pytest.approx(np.sqrt(3) / np.sqrt(12))
    co2 = KNOWN.get("boom_co2", "kg CO2 per boom per jaar")
    assert of(found, "CO2 vastleggen")["hoeveelheid"] == pytest.approx(92 * co2.waarde)
    assert of(found, "CO2 vastleggen")["se"] == pytest.approx(92 * co2.se)


def test_a_figure_on_other_boundaries_is_less_sure_in_that_buurt_alone():
    converted = indicators().assign(omgerekend=lambda x: x["gebied"] == TWO)
    rows = green.stock(converted, None, kengetallen.load(), 2023)
    land = rows.query("naam == 'Land'").set_index("buurt")["se"]
    assert land[TWO] == pytest.approx(np.hypot(0.15 * 20, 1 / np.sqrt(12)))
    assert land[ONE] == pytest.approx(1 / np.sqrt(12))


# --- trees


def test_a_list_of_some_trees_says_nothing_of_the_others():
    found = green.totals(stock(counted()), ALL)
    trees = found.query("soort == 'bomen'").set_index("naam")["hoeveelheid"]
    assert trees["Waardevolle bomen"] == 90 and trees["Gedenkbomen"] == 2
    assert np.isnan(trees["Andere bomen"])
    text = green_text.sentence(found, spent(), "De Wijk")
    assert "gedenkbomen (2) en waardevolle bomen (90). Andere bomen zijn nog niet geteld." in text


def test_a_count_of_all_trees_leaves_no_others_but_a_buurt_that_it_does_not_name():
    found = green.totals(stock(counted((ONE, "", 60), (TWO, "", 40))), ALL)
    trees = found.query("soort == 'bomen'")
    assert trees["naam"].tolist() == ["Bomen"]
    assert trees[["hoeveelheid", "onbekend"]].to_numpy().tolist() == [[100, 1]]


def test_trees_in_no_buurt_stay_with_the_gemeente_and_make_every_count_less_sure():
    rows = stock(counted(*COUNT, ("buiten", "waardevolle boom", 8)))
    share = 8 / 100
    trees = rows.query("naam == 'Waardevolle bomen'").set_index("buurt")
    assert trees.loc[REST, "hoeveelheid"] == 8
    assert trees.loc[ONE, "se"] == pytest.approx(60 * share)
    whole = pd.Series(1.0, index=[*BUURTEN, REST])
    assert of(green.totals(rows, whole), "Waardevolle bomen")["hoeveelheid"] == 98
    assert of(green.totals(rows, ALL), "Waardevolle bomen")["hoeveelheid"] == 90
    assert of(green.totals(rows, ALL), "Land")["onbekend"] == 0  # the rest has trees, no land


@pytest.mark.parametrize("telling", [None, counted()[:0], counted((ONE, "", 0))])
def test_where_nobody_counted_no_number_of_trees_is_printed(telling):
    rows = stock(telling)
    found = green.totals(rows, ALL)
    trees = found[found["naam"].str.contains("bomen|Bomen")]
    assert trees["hoeveelheid"].isna().all()
    assert green_text.sentence(found, spent(), "X").count("bomen") == 1
    assert "Hoeveel bomen er in X staan, is nog niet geteld." in green_text.sentence(
        found, spent(), "X"
    )
    effects = words(green_text.effects(found, used(), "X").html)
    assert effects.count("nog niet geteld") == 5 and "10 tot 45 kg CO2" in effects


def test_an_area_with_trees_beside_it_alone_has_none_counted():
    found = green.totals(stock(counted()), pd.Series({THREE: 1.0}))
    assert "is nog niet geteld" in green_text.sentence(found, spent(), "X")


# --- money stays a range, beside the books


def test_the_value_of_trees_is_a_range_without_a_sum():
    found = green.totals(stock(counted()), ALL)
    narrow, wide = (of(found, n) for n in found.query("soort == 'baten'")["naam"])
    assert (narrow["laag"], narrow["hoog"]) == (92 * 5, 92 * 16)
    assert wide["laag"] > narrow["hoog"]
    html = words(green_text.effects(found, used(), "X").html)
    assert "ongeveer 19 keer de eerste" in html and "WOZ-waarde" in html
    assert "Tel de bedragen niet op" in html and "samen" not in html
    assert "€ 460 tot € 1.500 per jaar" in html and "niet op te tellen" in html


def test_nothing_of_it_is_a_boeking():
    rows = stock(counted())
    assert not {"van", "naar", "bedrag", "post", "domein"} & set(rows)
    with pytest.raises(ledger.LedgerError):
        ledger.conform(rows)


@cache
def with_rest() -> pd.DataFrame:
    return stock(counted(*COUNT, ("buiten", "gedenkboom", 3)))


@settings(max_examples=25)
@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.integers(0, 4))
def test_an_area_is_the_sum_of_its_parts(weights, cut):
    rows, codes = with_rest(), [*BUURTEN, REST]
    whole = pd.Series(weights, index=codes)
    parts = [whole.where([(n < cut) == side for n in range(4)], 0.0) for side in (True, False)]
    index = ["soort", "naam"]
    sums = [green.totals(rows, w).set_index(index) for w in (whole, *parts)]
    for column in ("hoeveelheid", "laag", "hoog", "onbekend"):
        all_of_it, one, other = (s[column] for s in sums)
        added = one.add(other, fill_value=0).reindex(all_of_it.index)
        assert added.to_numpy() == pytest.approx(all_of_it.to_numpy(), nan_ok=True)


# --- in words


def spent(bedrag=np.nan, **changes) -> pd.Series:
    facts = {"bedrag": bedrag, "se": 100.0, "per_inwoner": np.nan, "per_hectare": np.nan}
    return pd.Series({**facts, "sleutels": "land", **changes})


def test_the_norm_is_a_comparison_and_not_a_fact_about_the_wijk():
    found = green.totals(stock(), ALL)
    assert not found["naam"].str.contains("norm|richt").any()
    text = green_text.sentence(found, spent(), "X")
    # 600 dwellings at 75 m2 are 4.5 of 60 hectares.
    assert "Hier zou dat ongeveer 4 hectare zijn: 8 procent van het land. Dat is een verg" in text
    assert "Hoeveel daarvan groen is, is nog niet gemeten." in text


def test_land_for_each_inhabitant_is_not_said_to_be_green():
    text = green_text.sentence(green.totals(stock(), ALL), spent(), "X")
    assert "X heeft 60 hectare land. Dat is 400 vierkante meter land per inwoner, straten" in text
    few = green.totals(stock(), pd.Series({THREE: 1.0}))
    assert "per inwoner" not in green_text.sentence(few, spent(), "X")


def test_of_an_area_without_figures_nothing_is_said_but_that():
    nothing = green.totals(stock(), pd.Series(dtype=float))
    assert green_text.sentence(nothing, spent(), "X") == (
        "Hoeveel bomen er in X staan, is nog niet geteld."
    )
    assert "nog niet geteld" in green_text.effects(nothing, used(), "X").html


def test_spending_is_that_of_the_books_for_each_inhabitant_and_hectare(utrecht):
    area = utrecht.weights("WK034408")
    rows = green.stock(utrecht.indicatoren, None, kengetallen.load(), 2023)
    found = green.totals(rows, area)
    money = green_text.spending(area_flows.of(utrecht.ledger, area), found)
    book = utrecht.ledger.query("post == 'iv3:5.7:lasten'")
    amount = (book["bedrag"] * book["buurt"].map(area)).sum()
    assert money["bedrag"] == pytest.approx(amount, abs=0.01)
    assert money["per_hectare"] == pytest.approx(amount / of(found, "Land")["hoeveelheid"])
    assert money["per_inwoner"] == pytest.approx(amount / of(found, "Inwoners")["hoeveelheid"])
    text = green_text.sentence(found, money, "De Wijk")
    assert "per hectare is het overal in de gemeente gelijk" in text
    none = green_text.spending(area_flows.of(utrecht.ledger[:0], area), found)
    assert "De gemeente" not in green_text.sentence(found, none, "De Wijk")


# --- the pilots


def test_the_trees_of_leeuwarden_add_up_to_its_list():
    rows = green.stock(figures("GM0080"), counted_trees("GM0080"), kengetallen.load(), 2023)
    trees = rows[rows["soort"] == "bomen"]
    assert green.totals(trees, weights("GM0080"))["hoeveelheid"].sum() == 2088
    found = green.totals(rows, weights("WK008050"))
    assert of(found, "Waardevolle bomen")["hoeveelheid"] == 170
    assert of(found, "Waardevolle bomen")["se"] == pytest.approx(170 * 25 / 2088)
    assert set(trees["methode"]) == {"lokaal", "ontbreekt"}


@pytest.mark.parametrize("gemeente", ["GM0344", "GM0202"])
def test_the_other_pilots_have_no_count_of_trees(gemeente):
    assert counted_trees(gemeente) is None
    rows = green.stock(figures(gemeente), None, kengetallen.load(), 2023)
    assert rows.loc[rows["eenheid"] == "bomen", "hoeveelheid"].isna().all()
    land = of(green.totals(rows, weights(gemeente)), "Land")["hoeveelheid"]
    published = figures(gemeente).query("gebied == @gemeente and onderwerp == 'OppervlakteLand'")
    assert land == pytest.approx(published["waarde"].item(), rel=0.002)


def counted_trees(gemeente: str) -> pd.DataFrame | None:
    """Return the trees that people of a gemeente counted, as notebook 06 takes them."""
    return assets.trees(register.stock(store.of_area([gemeente]), 2023))


@cache
def figures(gemeente: str) -> pd.DataFrame:
    return cbs.indicators(gemeente, 2023)


def weights(code: str) -> pd.Series:
    areas = cbs.areas(regions.gemeente_of(code)).query("soort == 'Buurt'")
    buurten = areas.rename(columns={"gebied": "buurt"})
    return regions.weights(buurten, [code]).set_index("buurt")["gewicht"]


def test_totals_are_those_of_a_plain_sum_per_group():
    rows, share = stock(counted()), pd.Series([1.0, 0.4, 0.7], BUURTEN)
    unsure = share * (1 - share) / 2
    found = green.totals(rows, pd.DataFrame({"gewicht": share, "fout": unsure}))
    groups = dict(list(rows.groupby(["soort", "naam"], sort=False)))
    assert [*zip(found["soort"], found["naam"], strict=True)] == [*groups]
    for row, part in zip(found.to_dict("records"), groups.values(), strict=True):
        weight, own = part["buurt"].map(share), part["methode"] == "gemeten"
        for column in ("hoeveelheid", "laag", "hoog"):
            wanted = (part[column] * weight).sum(min_count=1)
            assert row[column] == pytest.approx(wanted, nan_ok=True)
        square = ((part["se"] * weight)[own] ** 2).sum()
        square += ((part["hoeveelheid"] * part["buurt"].map(unsure)) ** 2).sum()
        square += (part["se"] * weight)[~own].sum() ** 2
        known = part["hoeveelheid"].notna()
        assert row["se"] == pytest.approx(square**0.5 if known.any() else float("nan"), nan_ok=True)
        assert row["onbekend"] == (~known).sum()
        assert row["methode"] == (part["methode"][known].iloc[0] if known.any() else "ontbreekt")
        assert set(row["bron"].split(";")) - {""} == set(part["bron"].dropna())
