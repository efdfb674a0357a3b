"""Income of households: measured, spread from the wijk, or honestly missing."""

import pandas as pd
import pytest

from tests.test_keys import figures
from wijkboek_utils import cbs, households, ledger


def wijk(inkomen: float | None, inwoners: float) -> pd.DataFrame:
    rows = [("WK990100", "AantalInwoners", inwoners), ("WK990100", households.INCOME, inkomen)]
    table = pd.DataFrame(rows, columns=["gebied", "onderwerp", "waarde"])
    return table.assign(naam="W", soort="Wijk", jaar=2024, eenheid="", bron="kwb-test")


def income(inwoners, inkomen, of_wijk=None, of_gemeente=None) -> pd.DataFrame:
    table = figures(**{"AantalInwoners": inwoners, households.INCOME: inkomen})
    gemeente = (table["soort"] == "Gemeente") & (table["onderwerp"] == households.INCOME)
    table.loc[gemeente, "waarde"] = of_gemeente
    extra = wijk(of_wijk, sum(inwoners))
    return households.income(pd.concat([table, extra])).set_index("buurt")


def test_a_published_income_is_measured_and_has_the_error_of_rounding():
    row = income([1000, 500], [25.0, 30.0]).iloc[0]
    assert (row["bedrag"], row["methode"]) == (25_000_000, "gemeten")
    assert 0 < row["se"] < 0.005 * row["bedrag"]


def test_a_buurt_without_income_gets_what_the_others_leave_of_the_wijk():
    table = income([1000, 500, 500], [25.0, None, None], of_wijk=26.0)
    assert table["bedrag"].tolist() == [25_000_000, 13_500_000, 13_500_000]
    assert table["methode"].tolist() == ["gemeten", "verdeeld", "verdeeld"]
    assert table["sleutel"].iloc[1] == "inwoners:WK990100"
    assert table["se"].iloc[1] > 0.1 * table["bedrag"].iloc[1]


def test_without_wijk_the_gemeente_is_the_source():
    table = income([1000, 500], [25.0, None], of_gemeente=30.0)
    assert table["bedrag"].iloc[1] == 20_000_000
    assert table["sleutel"].iloc[1] == "inwoners:GM9901"


def test_income_that_nobody_knows_is_missing_and_not_zero():
    table = income([1000, 500], [25.0, None])
    assert pd.isna(table["bedrag"].iloc[1]) and table["methode"].iloc[1] == "ontbreekt"
    booked = households.book_income(table.reset_index(), NO_BENEFITS, 2023)
    missing = booked[booked["methode"] == "ontbreekt"]
    assert len(missing) == 1 and missing["bedrag"].isna().all()


def test_nothing_is_made_up_where_the_others_already_exceed_the_wijk():
    table = income([1000, 500], [25.0, None], of_wijk=10.0)
    assert table["methode"].iloc[1] == "ontbreekt"


BENEFIT = {"van": "gemeente", "naar": "huishoudens", "methode": "verdeeld", "sleutel": "bijstand"}
NO_BENEFITS = pd.DataFrame({c: [] for c in ("buurt", *BENEFIT, "bedrag", "se")})


def benefit(table: pd.DataFrame, bedrag: float, se: float) -> pd.DataFrame:
    return pd.DataFrame({"buurt": table["buurt"], **BENEFIT, "bedrag": bedrag, "se": se})


def test_a_benefit_of_the_gemeente_is_booked_once():
    table = income([1000], [25.0]).reset_index()
    booked = households.book_income(table, benefit(table, 5e6, 100.0), 2023)
    assert booked["bedrag"].tolist() == [20_000_000]


def test_benefits_above_the_income_leave_nothing_and_never_a_negative_amount():
    table = income([10], [25.0]).reset_index()
    booked = households.book_income(table, benefit(table, 9e5, 0.0), 2023)
    assert booked["bedrag"].tolist() == [0]


@pytest.mark.parametrize("code", ["GM0344", "GM0202", "GM0080"])
def test_buurten_add_up_to_the_income_of_the_gemeente_but_for_rounding(code):
    kwb = cbs.read_kwb(code).query("jaar == 2024")
    table = households.income(kwb)
    whole = kwb[kwb["gebied"] == code].set_index("onderwerp")["waarde"]
    published = whole[households.INHABITANTS] * whole[households.INCOME] * 1000
    assert table["bedrag"].sum() == pytest.approx(published, rel=0.005)


def test_a_wijk_of_which_no_buurt_is_known_keeps_the_published_income_and_its_rounding():
    kwb = cbs.read_kwb("GM0080").query("jaar == 2024")
    booked = households.book_income(households.income(kwb), NO_BENEFITS, 2023)
    inside = pd.Series(1.0, index=[b for b in booked["buurt"] if b.startswith("BU008050")])
    total = ledger.totals(booked, inside, []).iloc[0]
    assert total["bedrag"] == pytest.approx(3_630 * 22_000, abs=1)
    assert 0 < total["se"] < 0.01 * total["bedrag"]
