"""The grootboek: its rules name what is broken, and its totals carry their error."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import ledger

ROW = {
    "buurt": "BU99010001",
    "jaar": 2023,
    "van": "gemeente",
    "naar": "buitenwereld",
    "post": "iv3:5.7:lasten",
    "domein": "groen",
    "soort": "publiek",
    "bedrag": 100.0,
    "se": 10.0,
    "methode": "verdeeld",
    "sleutel": "inwoners",
    "bron": "iv3-test",
    "bronjaar": 2023,
}


def rows(*changes: dict) -> pd.DataFrame:
    frames = [{**ROW, "buurt": f"BU990100{i:02d}", **c} for i, c in enumerate(changes)]
    return pd.DataFrame(frames)


UNKNOWN = {"bedrag": np.nan, "se": np.nan, "methode": "geheim", "sleutel": None}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"van": "buitenwereld"}, "van en naar verschillen"),
        ({"van": "kerk"}, "van en naar zijn bekende sectoren"),
        ({"bedrag": -1.0}, "een bedrag is nul of meer"),
        ({"bedrag": np.inf}, "een bedrag is nul of meer"),
        ({"bedrag": np.nan}, "een bedrag is nul of meer"),
        ({"se": np.nan}, "een bedrag heeft een standaardfout"),
        ({"se_bron": 11.0}, "de fout van de bron is deel van de standaardfout"),
        ({"sleutel": None}, "verdeeld noemt zijn sleutel"),
        ({"methode": "geraamd"}, "geraamd noemt zijn kengetal"),
        ({"methode": "gegokt"}, "methode is bekend"),
        ({"methode": "geheim"}, "geheim of ontbrekend heeft geen bedrag"),
        ({"buurt": "WK990100"}, "buurt is een CBS-code"),
        ({"domein": "feest"}, "domein en soort zijn bekend"),
        ({"bron": ""}, "bron is ingevuld"),
    ],
)
def test_a_broken_rule_is_named(change, rule):
    with pytest.raises(ledger.LedgerError, match=rule):
        ledger.conform(rows({}, change))


def test_a_boeking_that_stands_twice_is_refused():
    with pytest.raises(ledger.LedgerError, match="elke boeking staat er één keer"):
        ledger.conform(pd.concat([rows({}), rows({})]))


def test_a_good_grootboek_comes_back_in_one_order_and_type():
    table = ledger.conform(rows({}, {}, UNKNOWN))
    again = ledger.conform(table[::-1])
    pd.testing.assert_frame_equal(table, again)
    assert table.columns.tolist() == list(ledger.COLUMNS)


def test_a_missing_column_is_named():
    with pytest.raises(ledger.LedgerError, match="bedrag"):
        ledger.conform(rows({}).drop(columns="bedrag"))


def weights(table: pd.DataFrame, *values: float) -> pd.Series:
    return pd.Series(values, index=sorted(table["buurt"].unique()))


def test_a_total_of_only_unknown_amounts_is_unknown_and_counted():
    table = ledger.conform(rows(UNKNOWN, UNKNOWN))
    total = ledger.totals(table, weights(table, 1, 1), []).iloc[0]
    assert np.isnan(total["bedrag"]) and np.isnan(total["se"])
    assert total["onbekend"] == 2


def test_a_total_of_known_and_unknown_amounts_says_how_many_are_missing():
    table = ledger.conform(rows({}, UNKNOWN))
    total = ledger.totals(table, weights(table, 1, 1), []).iloc[0]
    assert (total["bedrag"], total["onbekend"]) == (100, 1)


def spread(parts: list[float], error: float, **changes) -> pd.DataFrame:
    whole = sum(parts)
    return ledger.conform(
        rows(*[{"bedrag": p, "se": error * p * (1 - p / whole), **changes} for p in parts])
    )


def test_a_spread_amount_is_certain_for_the_whole_gemeente_and_uncertain_for_a_part():
    table = spread([100, 300, 600], 0.2)
    whole = ledger.totals(table, weights(table, 1, 1, 1), []).iloc[0]
    part = ledger.totals(table, weights(table, 1, 1, 0), []).iloc[0]
    assert (whole["bedrag"], whole["se"]) == (1000, 0)
    assert (part["bedrag"], part["se"]) == (400, pytest.approx(0.2 * 400 * 0.6))


def test_a_weight_of_a_half_counts_half_of_a_buurt():
    table = spread([100, 300, 600], 0.2)
    half = ledger.totals(table, weights(table, 0.5, 0, 0), []).iloc[0]
    assert (half["bedrag"], half["se"]) == (50, pytest.approx(0.2 * 50 * 0.95))


def test_the_error_of_the_source_stays_when_the_error_of_the_key_is_gone():
    table = spread([100, 300], 0.2, se_bron=5.0, se=30.0)
    whole = ledger.totals(table, weights(table, 1, 1), []).iloc[0]
    assert whole["se"] == 10


@given(st.lists(st.floats(1, 1e6), min_size=2, max_size=12), st.floats(0.01, 1), st.data())
def test_an_area_and_its_complement_are_equally_uncertain(parts, error, data):
    inside = data.draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts)))
    table = spread([round(p, 2) for p in parts], error)
    area = weights(table, *map(float, inside))
    one, other = (ledger.totals(table, w, []) for w in (area, 1 - area))
    if len(one) and len(other):
        assert one["se"].iloc[0] == pytest.approx(other["se"].iloc[0], rel=1e-6, abs=0.02)


def test_errors_add_up_within_a_key_and_in_quadrature_across_keys():
    same = ledger.conform(rows({}, {"buurt": "BU99010000", "post": "iv3:5.6:lasten"}))
    other = ledger.conform(
        rows({}, {"buurt": "BU99010000", "post": "iv3:5.6:lasten", "sleutel": "land"})
    )
    far = {"buurt": "BU99010099", "bedrag": 1e12, "se": 0.0}
    for table, expected in ((same, 20), (other, np.sqrt(200))):
        away = [
            {**ROW, **far, "post": p, "sleutel": s}
            for p, s in table[["post", "sleutel"]].itertuples(index=False)
        ]
        full = ledger.conform(pd.concat([table, pd.DataFrame(away)], ignore_index=True))
        total = ledger.totals(full, pd.Series({"BU99010000": 1.0}), []).iloc[0]
        assert total["se"] == pytest.approx(expected, abs=0.01)


def test_measured_boekingen_are_independent():
    measured = {"methode": "gemeten", "sleutel": None}
    table = ledger.conform(rows(measured, measured))
    assert ledger.totals(table, weights(table, 1, 1), []).iloc[0]["se"] == pytest.approx(
        np.sqrt(200), abs=0.01
    )


def test_a_key_that_gives_and_takes_cancels_in_a_net_total():
    taking = {"van": "rijk", "naar": "gemeente", "post": "iv3:5.7:baten"}
    far = {"buurt": "BU99010099", "bedrag": 1e12, "se": 0.0}
    table = ledger.conform(
        pd.DataFrame([ROW, {**ROW, **taking}, {**ROW, **far}, {**ROW, **taking, **far}])
    )
    sign = pd.Series(np.where(table["van"] == "gemeente", -1, 1), index=table.index)
    net = ledger.totals(table, pd.Series({"BU99010001": 1.0}), [], sign=sign).iloc[0]
    assert (net["bedrag"], net["se"]) == (0, pytest.approx(0, abs=0.01))


def test_what_comes_in_equals_what_goes_out_over_all_sectors(utrecht):
    for area in (["GM0344"], ["WK034408"], ["BU03440831", "BU03440832"]):
        account = ledger.wijkrekening(utrecht.ledger, utrecht.weights(*area))
        balances = ledger.balances(account)
        assert balances["in"].sum() == pytest.approx(balances["uit"].sum(), abs=0.005)
        assert balances["saldo"].sum() == pytest.approx(0, abs=0.005)


def test_a_sector_without_boekingen_is_unknown_and_not_zero(utrecht):
    account = ledger.wijkrekening(utrecht.ledger, utrecht.weights("WK034408"))
    row = ledger.balances(account).set_index("sector").loc["vermogen"]
    assert row.isna().all()


def test_books_of_wijken_add_up_to_those_of_the_gemeente(utrecht):
    def of(*codes):
        account = ledger.wijkrekening(utrecht.ledger, utrecht.weights(*codes))
        return account.set_index(["van", "naar"])["bedrag"]

    wijken = [f"WK0344{n:02d}" for n in range(1, 11)]
    parts = sum(of(w).reindex(of("GM0344").index).fillna(0) for w in wijken)
    whole = of("GM0344").drop([("gemeente", "vermogen"), ("vermogen", "gemeente")])
    land = [("gemeente", "buitenwereld"), ("buitenwereld", "gemeente")]
    assert (parts.reindex(whole.index).drop(land) - whole.drop(land)).abs().max() < 1
    # Land development stays with the gemeente as a whole, and so does its share of overhead.
    share = 15_727 / (455_436 - 192_910)
    assert whole[land[0]] - parts[land[0]] == pytest.approx(77_633e3 + share * 254_103e3, abs=1)
    assert whole[land[1]] - parts[land[1]] == pytest.approx(80_327e3 + share * 6_407e3, abs=1)
