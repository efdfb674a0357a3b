"""A count of people of the wijk: how many, how sure, nothing twice, nothing lost."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from tests.conftest import ROOT
from wijkboek_utils import pdok, pilots, sources
from wijkboek_utils.browser import View, opened, print_page
from wijkboek_utils.errors import Fout
from wijkboek_utils.local import counting, form, locate, pairing

LIST = ROOT.parent / "shared" / "cijfers" / "lokaal" / "bomen_leeuwarden.csv"
ONE, TWO = "BU99010001", "BU99010002"


def points(places: np.ndarray, teller: str, **more) -> pd.DataFrame:
    frame = pd.DataFrame(places.round(1), columns=["x", "y"])
    facts = {"wat": "boom", "soort": "linde", "aantal": 1, "telt": "planten en dieren"}
    return frame.assign(**facts, buurt=ONE, teller=teller, **more)


def street(number: int, up: float = 0.0) -> np.ndarray:
    return np.column_stack([180_000 + 10.0 * np.arange(number), np.full(number, 580_000 + up)])


def numbers(*rows: tuple, **more) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["buurt", "teller", "aantal"])
    return frame.assign(wat="bank", telt="dingen", **more)


def test_chapman_as_in_the_textbook():
    # Seber (1982), Estimation of Animal Abundance, cottontail rabbits: n1 = 87, n2 = 14, m2 = 7.
    seen = pd.DataFrame({"A": [1] * 87 + [0] * 7, "B": [1] * 7 + [0] * 80 + [1] * 7}, dtype=bool)
    number, se = counting.estimate(seen)
    assert number == pytest.approx(164)
    assert se == pytest.approx(np.sqrt(88 * 15 * 80 * 7 / (8**2 * 9)))


def test_of_three_counters_the_estimate_is_chaos_lower_bound():
    seen = pd.DataFrame({"A": [1, 1, 1, 0], "B": [1, 1, 0, 0], "C": [1, 0, 0, 1]}, dtype=bool)
    number, se = counting.estimate(seen)  # seen once: 2, twice: 1
    assert number == pytest.approx(4 + 2 / 3 * 2 * 1 / (2 * 2)) and se > 0


def test_two_counters_find_the_number_nine_times_out_of_ten():
    rng, right, found = np.random.default_rng(6), 0, []
    for _ in range(60):
        saw = [street(150)[rng.random(150) < 0.8] for _ in "AB"]
        saw = [s + rng.normal(0, 1, s.shape) for s in saw]
        rows = pd.concat([points(s, t) for s, t in zip(saw, "AB", strict=True)])
        (row,) = counting.settle(rows, 2026).itertuples()
        found.append(row.hoeveelheid)
        right += abs(row.hoeveelheid - 150) < 1.645 * row.se
    assert right >= 54 and abs(np.mean(found) - 150) < 3
    assert "gezien" in row.note and row.tellers == 2


def test_who_was_not_there_missed_nothing():
    both = pd.concat([points(street(40), "A"), points(street(40), "B")])
    only = points(street(30, up=5000), "B").assign(buurt=TWO)
    found = counting.settle(pd.concat([both, only]), 2026).set_index("buurt")
    assert found.loc[ONE, "hoeveelheid"] == pytest.approx(40)
    assert found.loc[TWO, ["hoeveelheid", "se", "tellers"]].tolist() == [30, pytest.approx(3), 1]


def test_counters_who_walked_other_streets_give_no_estimate():
    rows = pd.concat([points(street(20), "A"), points(street(20, up=500), "B")])
    (row,) = counting.settle(rows, 2026).itertuples()
    assert row.hoeveelheid == 40 and row.se == 40 and "ten minste" in row.note


def test_a_tree_that_both_saw_across_a_border_is_one_tree():
    a, b = points(street(30), "A"), points(street(30, up=1), "B")
    b.loc[3, "buurt"] = TWO
    found = counting.settle(pd.concat([a, b]), 2026)
    assert found["hoeveelheid"].sum() == pytest.approx(30)


def test_numbers_of_two_counters_become_their_mean_with_half_their_difference():
    found = counting.settle(numbers((ONE, "A", 10), (ONE, "B", 12)), 2026)
    assert found[["hoeveelheid", "se", "tellers"]].iloc[0].tolist() == [11, 1, 2]


def test_counters_who_agree_by_chance_are_as_unsure_as_elsewhere():
    rows = numbers((ONE, "A", 100), (ONE, "B", 100), (TWO, "A", 90), (TWO, "B", 110))
    found = counting.settle(rows, 2026).set_index("buurt")
    pooled = np.sqrt((2 * 0.1**2) / 2 / 2)  # of shares of the mean, two degrees of freedom
    assert found.loc[ONE, "se"] == pytest.approx(pooled * 100)
    assert found.loc[TWO, "se"] == pytest.approx(10)
    alone = counting.settle(numbers((ONE, "A", 100), (ONE, "B", 100)), 2026)
    assert alone["se"].iloc[0] == counting.LEAST * 100


def test_one_counter_has_a_stated_error_or_gives_it():
    found = counting.settle(numbers((ONE, "A", 50), (TWO, "A", 50), onzekerheid=[np.nan, 8.0]))
    assert found["se"].tolist() == [5, pytest.approx(8 / 1.645)]
    assert "10\u00a0procent" in found["note"].iloc[0] and "teller" in found["note"].iloc[1]


def test_counts_of_different_years_are_not_two_counters():
    rows = numbers((ONE, "A", 50), (ONE, "B", 60), datum=["2024-05-01", "2025-05-01"])
    assert counting.settle(rows)[["jaar", "hoeveelheid"]].to_numpy().tolist() == [
        [2024, 50],
        [2025, 60],
    ]


def test_what_fell_in_no_buurt_is_counted_and_zero_is_a_count():
    found = counting.settle(numbers((None, "A", 3), (ONE, "A", 0)), 2026)
    assert found["hoeveelheid"].tolist() == [3, 0] and found["buurt"].isna().tolist() == [
        True,
        False,
    ]


def test_double_rows_are_dropped_when_identical_and_asked_about_when_near():
    rows = points(street(4), "A", rij=range(2, 6))
    again = rows.iloc[[0]].assign(rij=6)
    near = rows.iloc[[1]].assign(rij=7, x=lambda f: f["x"] + 1.2)
    other = rows.iloc[[2]].assign(rij=8, soort="eik")
    mate = rows.iloc[[3]].assign(rij=9, teller="B")
    kept, notes = pairing.doubles(pd.concat([rows, again, near, other, mate], ignore_index=True))
    assert kept["rij"].tolist() == [2, 3, 4, 5, 7, 8, 9]
    assert [str(n) for n in notes] == [
        "rij 6: «boom, linde» staat op de plek van rij 2. Eén keer geteld.",
        "rij 7: «boom, linde» staat 1,2 meter van rij 3. Is het dezelfde? Beide zijn geteld.",
    ]


@settings(max_examples=60)
@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 10**6))
def test_pairs_are_those_of_a_dense_assignment(n, m, seed):
    rng = np.random.default_rng(seed)
    one, other = rng.uniform(0, 25, (n, 2)), rng.uniform(0, 25, (m, 2))
    pairs = pairing.match(one, other)
    assert all(len(set(side)) == len(side) for side in pairs.T)
    apart = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1)).reshape(n, m)
    limit = pairing.SAME_THING
    found = apart[pairs[:, 0], pairs[:, 1]]
    assert (found <= limit).all()
    cost = np.hstack([np.where(apart <= limit, apart, 1e6), np.full((n, n), limit)])
    rows, columns = linear_sum_assignment(cost)
    best = cost[rows, columns].sum()
    assert found.sum() + limit * (n - len(pairs)) == pytest.approx(best)


def test_a_heap_of_dots_on_one_spot_costs_no_more_than_a_street():
    heap = np.random.default_rng(1).uniform(0, 2, (30_000, 2))
    kept, _ = pairing.doubles(points(heap[:300], "A"))
    assert len(kept) <= 300
    assert len(pairing.match(heap[:15_000], heap[15_000:])) <= 15_000


def test_a_count_ends_in_voorraden_hours_and_offers_at_once():
    more = {"uren_per_jaar": 4.0, "gedaan_door": "huishoudens", "aanbod": "Water geven"}
    rows = pd.concat([points(street(9), "A"), points(street(9), "B")], ignore_index=True)
    rows.loc[[0, 9], list(more)] = list(more.values())
    rows.loc[[9], ["uren_per_jaar", "aanbod"]] = [6.0, "water geven"]
    stock, hours, offers = counting.result(rows, 2026, "telling-1")
    assert stock.columns.tolist() == counting.STOCK
    assert stock[["voorraad", "naam", "methode", "bron"]].to_numpy().tolist() == [
        ["groen", "Bomen", "lokaal", "telling-1"]
    ]
    assert hours[["naam", "domein", "betaald", "uren"]].to_numpy().tolist() == [
        ["Bomen", "groen", "onbetaald", 5.0]
    ]
    assert offers[["soort", "wat", "categorie"]].to_numpy().tolist() == [
        ["aanbod", "Water geven (bomen)", "groen"]
    ]
    empty = counting.result(rows[:0])
    assert [list(f) for f in empty] == [counting.STOCK, counting.HOURS, counting.OFFERS]


def test_every_thing_to_count_has_a_kind_and_a_domain():
    from wijkboek_utils import assets, ledger

    table = sources.read_project_table("tellen")
    assert set(table["voorraad"]) <= set(assets.KINDS) and not table["wat"].duplicated().any()
    assert set(table["domein"]) <= set(ledger.DOMEINEN)
    assert set(counting._KIND.values()) <= set(assets.KINDS)


@pytest.fixture(scope="module")
def trees() -> pd.DataFrame:
    if not LIST.exists():
        pytest.skip("de lijst van 2.088 bomen van Leeuwarden staat hier niet")
    table = pd.read_csv(LIST).rename(columns={"x_rd": "x", "y_rd": "y", "status": "soort"})
    placed = locate.place(table["x"], table["y"], pdok.read_boundaries("GM0080", 2023))
    facts = {"wat": "boom", "aantal": 1, "telt": "planten en dieren", "teller": ""}
    return table.assign(**facts, buurt=placed["buurt"], twee=placed["twee"])


def test_the_trees_of_leeuwarden_are_counted_once_and_none_is_lost(trees):
    assert len(trees) == 2088
    assert trees["buurt"].isna().sum() == 25 and trees["twee"].sum() == 15
    kept, notes = pairing.doubles(trees)
    assert len(kept) == 2088 and not any("Eén keer" in str(n) for n in notes)
    found = counting.settle(trees, 2021)
    assert found["hoeveelheid"].sum() == 2088
    known = pd.read_csv(LIST.with_name("bomen_leeuwarden_per_buurt.csv"))
    known = known.set_index(["buurt", "status"])["aantal"].sort_index()
    mine = found.fillna({"buurt": "buiten"}).set_index(["buurt", "soort"])["hoeveelheid"]
    assert mine.sort_index().to_dict() == known.to_dict()


def test_the_same_trees_counted_twice_by_place_are_no_more_trees(trees):
    again = trees.assign(teller="B", x=trees["x"] + 0.8)
    found = counting.settle(pd.concat([trees.assign(teller="A"), again]), 2021)
    assert found["hoeveelheid"].sum() == pytest.approx(2088, rel=0.002)
    assert (found["tellers"] == 2).all()


def test_a_telpakket_holds_the_form_and_the_template():
    pilot = pilots.load("leeuwarden-heechterp-schieringen")
    files = form.files("Bomen", pilot)
    assert set(files) == {"telformulier.html", "telling.xlsx", "telling.csv"}
    page = files["telformulier.html"].decode()
    assert "Heechterp" in page and "Een heg of struik is geen boom" in page
    assert page.count("<section") == 3 and "http" not in re.sub(r"http-equiv", "", page)
    assert "&lt;b&gt;" in form.files("<b>knots", pilot)["telformulier.html"].decode()
    for wrong in ("", "12", "x" * 60):
        with pytest.raises(Fout, match="telpakket boom"):
            form.files(wrong, pilot)


@pytest.mark.parametrize("pilot", ["leeuwarden-heechterp-schieringen", "utrecht-kanaleneiland"])
def test_the_form_prints_on_three_pages_and_fits_a_phone(browser, tmp_path, pilot):
    page = tmp_path / "formulier.html"
    page.write_bytes(form.files("boom", pilots.load(pilot))["telformulier.html"])
    with opened(browser, page, View(360)) as one:
        assert one.page.evaluate("document.documentElement.scrollWidth") == 360
        assert one.said == [] and one.elsewhere == []
        assert one.axe(["wcag2a", "wcag2aa"])["violations"] == []
        assert len(re.findall(rb"/Type\s*/Page\b", print_page(one.page))) == 3
