"""What is known of a place: counts, income, and what it may be compared with."""

import numpy as np
import pandas as pd
import pytest

from tests.test_keys import figures
from wijkboek_utils import households, ledger, places, regions

BUURTEN = ["BU99010001", "BU99010002", "BU99010003"]


def gebied(*weights: float) -> pd.DataFrame:
    table = pd.DataFrame({"buurt": BUURTEN, "naam": ["Een", "Twee", "Drie"], "gewicht": weights})
    return table.assign(wijk="WK990100", fout=0.0)


def income(*amounts: float | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return boekingen and incomes of three buurten of 100 people, with 1000 EUR bijstand each."""
    inkomen = pd.DataFrame({"buurt": BUURTEN, "bedrag": amounts, "inwoners": 100.0})
    inkomen["bedrag"] = inkomen["bedrag"].astype(float)
    known = inkomen["bedrag"].notna()
    table = inkomen.assign(
        se=np.where(known, 10.0, np.nan),
        se_bron=0.0,
        methode=np.where(known, "gemeten", "ontbreekt"),
        sleutel=None,
        bron="kwb-test",
        bronjaar=2023,
    )
    benefit = pd.DataFrame({"buurt": BUURTEN, "van": "gemeente", "naar": "huishoudens"})
    benefit = benefit.assign(bedrag=1000.0, se=0.0, post="iv3:6.3:lasten", jaar=2023)
    benefit = benefit.assign(domein="werk en inkomen", soort="publiek", methode="lokaal")
    benefit = ledger.conform(benefit.assign(bron="iv3-test", bronjaar=2023))
    return pd.concat([benefit, households.book_income(table, benefit, 2023)]), table


def household_income(area: pd.DataFrame, *amounts: float | None) -> pd.Series:
    boekingen, inkomen = income(*amounts)
    weights = area.set_index("buurt")["gewicht"]
    return places.household_income(boekingen, weights, inkomen)


def test_income_is_counted_once_with_its_benefits():
    found = household_income(gebied(1, 1, 0), 50_000, 70_000, 90_000)
    assert (found["bedrag"], found["uitkering"], found["inwoners"]) == (120_000, 2_000, 200)


def test_the_share_of_benefits_does_not_make_the_income_less_certain():
    found = household_income(gebied(1, 1, 0), 50_000, 70_000, 90_000)
    assert found["se"] == pytest.approx(np.sqrt(2) * 10, abs=0.01)


def test_benefits_alone_are_not_the_income_of_the_inhabitants():
    found = household_income(gebied(1, 0, 0), None, 70_000, 90_000)
    assert np.isnan(found["bedrag"]) and np.isnan(found["uitkering"])


def test_income_per_inhabitant_counts_only_who_has_a_known_income():
    found = household_income(gebied(1, 1, 0), None, 70_000, 90_000)
    assert (found["bedrag"], found["inwoners"], found["onbekend"]) == (70_000, 100, 1)


def test_an_area_that_cbs_publishes_gets_that_figure_and_others_the_sum_of_buurten():
    indicatoren = figures(AantalInwoners=[100, 205, 300])
    indicatoren.loc[indicatoren["soort"] == "Gemeente", "waarde"] = 607.0
    topics = {t: places.COUNTED[t] for t in ("AantalInwoners", "Woningvoorraad")}
    whole = places.counts(indicatoren, gebied(1, 1, 1), ["GM9901"], topics)
    part = places.counts(indicatoren, gebied(1, 1, 0), BUURTEN[:2], topics)
    assert (whole["waarde"].iloc[0], part["waarde"].iloc[0]) == (607, 305)
    assert whole["waarde"].isna().tolist() == [False, True]  # dwellings are not counted here


def test_a_sum_with_an_unknown_buurt_says_how_many_are_missing():
    indicatoren = figures(AantalInwoners=[100, None, 300])
    topics = {"AantalInwoners": places.COUNTED["AantalInwoners"]}
    found = places.counts(indicatoren, gebied(1, 1, 0), BUURTEN[:2], topics)
    assert (found["waarde"].item(), found["onbekend"].item()) == (100, 1)


def test_cars_of_lease_companies_are_told_from_those_of_residents():
    indicatoren = figures(PersonenautoSTotaal=[13_190, 90, 500], HuishoudensTotaal=[350, 80, 0])
    found = places.company_cars(indicatoren, gebied(1, 1, 0))
    assert found.to_dict("list") == {"naam": ["Een"], "autos": [13_190.0]}
    without = figures(HuishoudensTotaal=[350, 80, 0])
    assert places.company_cars(without, gebied(1, 1, 0)).empty


def test_the_gemeente_is_not_compared_with_itself(utrecht):
    buurten = pd.DataFrame({"buurt": utrecht.keys.shares.columns, "naam": "x"})
    whole = regions.weights(buurten, ["GM0344"])
    part = regions.weights(buurten, ["WK034408"])
    assert places.reference(utrecht.ledger, whole, utrecht.indicatoren).isna().all()
    beside = places.reference(utrecht.ledger, part, utrecht.indicatoren)
    assert beside["inkomen"] == 38_500
    assert beside["kosten"] == pytest.approx(1_795e6 / 367_947, rel=0.001)


def test_the_year_of_a_topic_is_none_when_there_is_no_figure():
    assert places.year_of(figures(AantalInwoners=[1, 2, 3]), "AantalInwoners") == 2023
    assert places.year_of(figures(AantalInwoners=[1, 2, 3]), "Woningvoorraad") is None
