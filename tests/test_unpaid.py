"""Unpaid work: hours first, money only as a range, and never in the books."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wijkboek_utils import kengetallen, keys, ledger, sources, unpaid

CARE = "Huishouden en zorg voor kinderen"
BUURTEN = ["BU99010001", "BU99010002"]
ALL = pd.Series(1.0, index=BUURTEN)


def work(people=(1000, 500), children=(100, None)) -> pd.DataFrame:
    """Return unpaid work of two buurten."""
    topics = {"AantalInwoners": people, "k_0Tot15Jaar": children}
    rows = [
        {"gebied": b, "onderwerp": topic, "waarde": value}
        for topic, values in topics.items()
        for b, value in zip(BUURTEN, values, strict=True)
    ]
    frame = pd.DataFrame(rows).assign(soort="Buurt", jaar=2023, bron="kwb-2023")
    return unpaid.hours(frame.astype({"waarde": float}), kengetallen.load(), 2023)


def test_hours_are_people_times_hours_a_week():
    known = kengetallen.load()
    week = known.get("uren_zorg_en_huishouden_per_week", "uur per persoon per week").waarde
    rows = work().query("naam == @CARE").set_index("buurt")
    assert rows.loc[BUURTEN[0], "hoeveelheid"] == pytest.approx((1000 - 80) * week * 52)
    assert set(rows["eenheid"]) == {"uur"}


def test_a_buurt_without_a_count_is_estimated_and_less_sure():
    rows = work().query("naam == @CARE").set_index("buurt")
    relative = rows["se"] / rows["hoeveelheid"]
    assert relative[BUURTEN[1]] > 3 * relative[BUURTEN[0]]


def test_each_kind_of_work_is_a_count_times_its_kengetallen_and_as_unsure_as_both():
    known = kengetallen.load()
    rows = work(children=(100, 50)).query("buurt == @BUURTEN[0]").set_index("soort")
    for rule in sources.read_project_table("onbetaald").itertuples():
        pairs = zip(rule.kengetallen.split(";"), rule.eenheden.split(";"), strict=True)
        units = [known.get(name, unit) for name, unit in pairs]
        assert units[-1].eenheid.startswith("uur per ") and units[-1].eenheid.endswith("per week")
        topics = pd.DataFrame({"AantalInwoners": [1000.0], "k_0Tot15Jaar": [100.0]})
        people = keys.evaluate(rule.aantal, topics)[0]
        row = rows.loc[rule.soort]
        assert row["hoeveelheid"] == pytest.approx(people * np.prod([u.waarde for u in units]) * 52)
        squares = [float(rule.fout) ** 2, *((u.se / u.waarde) ** 2 for u in units)]
        assert row["se"] / row["hoeveelheid"] == pytest.approx(np.sqrt(sum(squares)))
        prices = [known.get(name, "euro per uur") for name in rule.uurwaarden.split(";")]
        assert (row["laag"], row["hoog"]) == (
            min(p.laag for p in prices),
            max(p.hoog for p in prices),
        )


def test_work_of_which_nobody_knows_how_many_do_it_is_unknown_and_not_zero():
    rows = work(people=(1000, None), children=(100, None))
    assert rows.query("buurt == @BUURTEN[1]")["hoeveelheid"].isna().all()
    inside = pd.Series([0.0, 1.0], index=BUURTEN)
    found = unpaid.totals(rows, inside)
    assert found[["uren", "se", "euro_laag", "euro_hoog"]].isna().all(axis=None)
    assert unpaid.sentence(found, "X") == "Over onbetaald werk in X is niets bekend."
    assert "nan" not in unpaid.table(found, "X", 2023).html


def test_an_area_without_people_does_no_work():
    rows = work(people=(1000, 0), children=(100, 0))
    found = unpaid.totals(rows, pd.Series([0.0, 1.0], index=BUURTEN))
    assert found["uren"].tolist() == [0, 0, 0] and found["se"].tolist() == [0, 0, 0]


def test_without_people_counted_there_is_no_unpaid_work_and_no_crash():
    rows = work(children=(None, None))
    assert rows.empty
    nothing = unpaid.totals(rows, ALL)
    assert unpaid.sentence(nothing, "X") == "Over onbetaald werk in X is niets bekend."
    assert "<table" in unpaid.table(nothing, "X", 2023).html


@settings(max_examples=25)
@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_an_area_is_the_weighted_sum_of_its_buurten(one, two):
    rows = work(children=(100, 50))
    parts = [
        unpaid.totals(rows, pd.Series([w if b == c else 0.0 for c in BUURTEN], index=BUURTEN))
        for b, w in zip(BUURTEN, (one, two), strict=True)
    ]
    whole = unpaid.totals(rows, pd.Series([one, two], index=BUURTEN))
    for column in ("uren", "se"):
        assert whole[column].to_numpy() == pytest.approx(sum(p[column].to_numpy() for p in parts))


def test_money_is_a_range_around_the_hours_and_no_amount_of_the_grootboek():
    rows = unpaid.totals(work(children=(100, 50)), ALL)
    assert (rows["euro_laag"] < rows["euro_hoog"]).all()
    assert (rows["euro_laag"] < rows["uren"] * 16.2).all()
    assert not set(work().columns) & (set(ledger.COLUMNS) & {"van", "naar", "bedrag", "post"})


def test_the_sentence_speaks_of_people_and_says_that_it_is_no_money():
    rows = unpaid.totals(work(children=(100, 50)), ALL)
    words = unpaid.sentence(rows, "De Wijk")
    hours = rows["uren"].sum() / unpaid.FULL_TIME
    said = words.split("als ")[1].split(" mensen")[0].replace(".", "").split(" tot ")
    low, high = (float(number) for number in said)
    assert low < hours < high
    assert "telt niet mee in de rekening" in words


def test_a_full_working_week_is_the_same_everywhere():
    known = kengetallen.load()
    week = known.get("werk_voltijd", "uur per week").waarde
    assert week * known.get("werk_weken", "weken per jaar").waarde == unpaid.FULL_TIME


def test_the_hours_of_utrecht_are_in_line_with_the_national_diaries(utrecht):
    rows = unpaid.hours(utrecht.indicatoren, kengetallen.load(), 2023)
    found = unpaid.totals(rows, utrecht.weights("GM0344")).set_index("naam")["uren"]
    each = found.sum() / 367_947 / 52
    assert 15 < each < 28  # hours a week for each inhabitant, children included
    assert np.isfinite(found).all()


def test_the_table_gives_hours_before_money():
    rows = unpaid.totals(work(children=(100, 50)), ALL)
    html = unpaid.table(rows, "De Wijk", 2023).html
    assert html.index("Uren per jaar") < html.index("Als iemand het betaalde")
    assert "miljoen" in html and ".000.000" not in html
    assert "Onbetaald werk van inwoners van De Wijk, 2023" in html
