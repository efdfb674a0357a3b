"""Economies of scale: a curve with one turning point, through what the work costs now."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import kengetallen, language
from wijkboek_utils.errors import Fout
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models import scaling, scaling_text
from wijkboek_utils.models.scaling import BEST, NOW, WIJK, Curve

curves = st.builds(
    Curve, keerpunt=st.floats(1, 1e6), sturing=st.floats(0.01, 0.9, exclude_max=True)
)
sizes = st.floats(1e-2, 1e8)


@given(curves, sizes, st.floats(1.01, 100))
def test_unit_cost_falls_to_the_turning_point_and_rises_beyond_it(curve, size, step):
    assert curve.factor(size) >= 1 - 1e-12
    if size * step <= curve.keerpunt:
        assert curve.factor(size * step) < curve.factor(size)
    if size >= curve.keerpunt:
        assert curve.factor(size * step) > curve.factor(size)


@given(curves, sizes, st.floats(0.01, 1e6))
def test_at_the_size_of_now_it_costs_what_it_costs_now(curve, size, cost):
    assert curve.unit_cost(size, size, cost) == pytest.approx(cost, rel=1e-12)


@given(curves, sizes)
def test_the_parts_add_up_and_are_in_balance_at_the_turning_point(curve, size):
    assert sum(curve.parts(size)) == pytest.approx(curve.factor(size))
    fixed, work, steering = curve.parts(curve.keerpunt)
    assert (fixed, work, steering) == pytest.approx((curve.sturing, 1 - curve.sturing, 0))
    # The fixed part is one amount, however many share it.
    assert curve.parts(size)[0] * size == pytest.approx(curve.sturing * curve.keerpunt)


def test_three_times_too_large_is_as_dear_as_was_measured_on_roads():
    """Niaounakis (2021): 70 km is best, 210 km costs 20 % more; that is our upper end."""
    steep = kengetallen.load().get("werk_sturing", "aandeel").hoog
    assert Curve(70, steep).factor(210) == pytest.approx(1.2, abs=0.005)


@pytest.mark.parametrize(
    "make",
    [lambda: Curve(0, 0.1), lambda: Curve(10, 0), lambda: Curve(10, 1)],
)
def test_what_has_no_turning_point_is_refused(make):
    with pytest.raises(Fout, match="keerpunt"):
        make()


def test_work_for_nobody_has_no_unit_cost():
    with pytest.raises(Fout, match="boven 0"):
        Curve(10, 0.1).factor(0)


@pytest.mark.parametrize("schaal", scaling.KINDS)
@given(size=st.floats(1, 1e6), now=st.floats(1, 1e6))
def test_the_range_holds_the_plan_and_every_curve_within_the_kengetallen(schaal, size, now):
    known = kengetallen.load()
    middle, low, high = scaling.between(schaal, known, size, now)
    assert low <= middle <= high
    turning = known.get(f"werk_keerpunt_{schaal}", "inwoners")
    steering = known.get(scaling.KINDS[schaal][1], "aandeel")
    for n in (turning.laag, turning.hoog):
        for d in (steering.laag, steering.hoog):
            cost = Curve(n, d).unit_cost(size, now, scaling.INDEX)
            assert low - 1e-9 <= cost <= high + 1e-9
    assert scaling.between(schaal, known, now, now) == pytest.approx((100, 100, 100))


def made_table(utrecht, known: Kengetallen) -> pd.DataFrame:
    """Return the curves of Kanaleneiland."""
    areas = utrecht.indicatoren[utrecht.indicatoren["naam"].str.contains("Kanaleneiland")]
    weights = utrecht.weights(*areas.loc[areas["soort"] == "Buurt", "gebied"].unique())
    return scaling.table(utrecht.indicatoren, weights, known)


def test_an_area_stands_on_the_curves_of_its_gemeente(utrecht):
    table = made_table(utrecht, kengetallen.load())
    named = table[table["punt"] != ""].set_index(["schaal", "punt"])
    assert list(named.xs(NOW, level="punt")["kosten"]) == pytest.approx([100] * 4)
    street = named.loc["straat"]
    assert 300_000 < street.loc[NOW, "inwoners"] < 400_000
    assert 15_000 < street.loc[WIJK, "inwoners"] < 25_000
    for schaal, rows in table.groupby("schaal"):
        best = named.loc[(schaal, BEST), "kosten"]
        assert best == pytest.approx(rows["kosten"].min()), schaal
    assert (table["laag"] <= table["kosten"]).all() and (table["kosten"] <= table["hoog"]).all()
    assert ("samen", WIJK) not in named.index


def test_an_area_where_nobody_lives_has_no_curves(utrecht):
    nobody = utrecht.weights("GM0344") * 0.0
    table = scaling.table(utrecht.indicatoren, nobody, kengetallen.load())
    assert table.empty and list(table) == scaling.COLUMNS
    assert "niet bekend" in scaling_text.figure(table, "Niemandsland").html


def test_an_area_smaller_than_any_gemeente_has_no_place_on_the_curve(utrecht):
    few = utrecht.weights("GM0344") * 0.002
    table = scaling.table(utrecht.indicatoren, few, kengetallen.load())
    assert WIJK not in set(table["punt"]) and len(table)
    said = scaling_text.sentence(table, "Hofje")
    assert "minder mensen" in said and "procent" not in said


def test_the_range_is_that_of_every_pair_of_values():
    known = kengetallen.load()
    found = scaling.between("straat", known, 20_000.0, 300_000.0)
    n, d = (np.linspace(k.laag, k.hoog, 9) for k in scaling._facts("straat", known))
    each = [Curve(a, b).unit_cost(20_000.0, 300_000.0, 100.0) for a in n for b in d]
    assert found[1:] == pytest.approx((min(each), max(each)))
    assert found[1] < found[0] < found[2]


def test_the_picture_names_its_points_and_has_its_table(utrecht):
    table = made_table(utrecht, kengetallen.load())
    html = scaling_text.figure(table, "Kanaleneiland").html
    assert html.count("keerpunt: ") == len(scaling.KINDS)
    assert "nu: 100" in html and "Toon de cijfers" in html and 'role="img"' in html
    said = scaling_text.sentence(table, "Kanaleneiland")
    street = table[(table["schaal"] == "straat") & (table["punt"] == WIJK)].iloc[0]
    assert f"{100 - round(street['hoog'])} tot {100 - round(street['laag'])}" in said
    assert [f for f in language.findings(f"<p>{said}</p>") if f.rule == "lange zin"] == []


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(90, 96, "4 tot 10"), (95, 112, "5 procent minder tot 12"), (104, 120, "4 tot 20")],
)
def test_a_change_is_less_or_more_or_both(low, high, words):
    row = {"schaal": "straat", "punt": WIJK, "laag": low, "hoog": high}
    assert words in scaling_text.sentence(pd.DataFrame([row]), "de wijk")


def test_a_whole_gemeente_is_as_large_as_it_is(utrecht):
    table = scaling.table(utrecht.indicatoren, utrecht.weights("GM0344"), kengetallen.load())
    assert "nu al geregeld" in scaling_text.sentence(table, "Utrecht")
