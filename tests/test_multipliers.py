"""Leakage and multipliers: worked examples, by hand and from the literature, and properties."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import multipliers
from wijkboek_utils.errors import Fout
from wijkboek_utils.ledger import SECTOREN
from wijkboek_utils.multipliers import INSIDE, OUTSIDE


def account(*rows: tuple) -> pd.DataFrame:
    """Make an account of (van, naar, bedrag) or (van, naar, bedrag, se)."""
    full = [(*row, 0.0)[:4] for row in rows]
    table = pd.DataFrame(full, columns=["van", "naar", "bedrag", "se"])
    return table.astype({"bedrag": float, "se": float})


# Miller & Blair, Input-Output Analysis, ch. 2: Z = [150 500; 200 100], x = (1000, 2000). Here the
# two industries are bedrijven and huishoudens, and what they buy of no one here leaks away.
MILLER_BLAIR = account(
    ("bedrijven", "bedrijven", 150),
    ("bedrijven", "huishoudens", 200),
    ("bedrijven", "buitenwereld", 650),
    ("huishoudens", "bedrijven", 500),
    ("huishoudens", "huishoudens", 100),
    ("huishoudens", "rijk", 1400),
)

# Households spend 60 % at firms; firms pay 50 % to households: each round keeps 30 %.
SMALL = account(
    ("huishoudens", "bedrijven", 60, 6),
    ("huishoudens", "buitenwereld", 40, 4),
    ("bedrijven", "huishoudens", 100, 5),
    ("bedrijven", "buitenwereld", 70, 5),
    ("bedrijven", "rijk", 30, 5),
)


def test_the_inverse_of_miller_and_blair():
    found = multipliers.local_multiplier(MILLER_BLAIR, ["bedrijven", "huishoudens"])
    assert found["bedrijven"] == pytest.approx(1.254125 + 0.264026, abs=1e-5)
    assert found["huishoudens"] == pytest.approx(0.330033 + 1.122112, abs=1e-5)


def test_a_small_account_by_hand():
    found = multipliers.local_multiplier(SMALL)
    # A euro for households: 1 + 0.6 + 0.3 + 0.18 + ... = 1.6 / (1 - 0.3).
    assert found["huishoudens"] == pytest.approx(1.6 / 0.7)
    assert found["bedrijven"] == pytest.approx(1.5 / 0.7)
    assert found[["instellingen", "gemeente"]].tolist() == [1, 1]  # they spend nothing
    assert multipliers.lm3_of(SMALL, "huishoudens") == pytest.approx(1 + 0.6 + 0.6 * 0.5)
    assert multipliers.lm3_of(SMALL, "bedrijven") == pytest.approx(1 + 0.5 + 0.5 * 0.6)
    assert multipliers.lm3_of(SMALL, "gemeente") == 1


def test_lm3_of_northumberland():
    # Northumberland County Council & nef 2005: local suppliers spend 76 % locally and others 36 %.
    # A contract to a supplier elsewhere is itself no local income: 0.36 instead of 1.36.
    assert multipliers.lm3(1, 0.76, 0) == pytest.approx(1.76)
    assert multipliers.lm3(1, 0.36, 0) - 1 == pytest.approx(0.36)


def test_lm3_counts_the_first_round():
    # minney.org prints 1.30 for rounds of 100.000, 50.000 and 30.000; the formula gives 1.80.
    assert multipliers.lm3(100_000, 0.5, 0.6) == pytest.approx(1.8)


def test_lm3_of_a_staff_survey():
    # nef, Plugging the Leaks: five people spend 42.1, 50.5, 63.1, 37.8 and 33.6 % locally.
    share = np.mean([42.1, 50.5, 63.1, 37.8, 33.6]) / 100
    assert multipliers.lm3(200_000, 0.4, share) == pytest.approx(1 + 0.4 + 0.4 * 0.4542)


@pytest.mark.parametrize("wrong", [(0, 0.5, 0.5), (1, 1.1, 0.5), (1, 0.5, -0.1)])
def test_lm3_refuses_what_cannot_be(wrong):
    with pytest.raises(ValueError, match="shares between 0 and 1"):
        multipliers.lm3(*wrong)


def test_leakage_by_hand():
    table = multipliers.leakage(SMALL).set_index("sector")
    assert table.index.tolist() == INSIDE
    assert table.loc["huishoudens", ["uit", "weg", "aandeel"]].tolist() == [100, 40, 0.4]
    assert table.loc["bedrijven", ["uit", "weg", "aandeel"]].tolist() == [200, 100, 0.5]
    # Delta method: the variance is (60² · 4² + 40² · 6²) / 100⁴.
    assert table.loc["huishoudens", "se"] == pytest.approx(0.03394, abs=1e-5)


def test_a_sector_without_outlays_has_no_share():
    table = multipliers.leakage(SMALL).set_index("sector")
    assert table.loc["gemeente", "uit"] == 0
    assert table.loc[["gemeente"], ["aandeel", "se"]].isna().all(axis=None)


def test_an_empty_account_has_no_leak_and_no_multiplier_above_one():
    empty = account()
    assert multipliers.leakage(empty)["aandeel"].isna().all()
    assert (multipliers.local_multiplier(empty) == 1).all()


def test_a_flow_of_zero_is_no_flow():
    zero = account(("huishoudens", "gemeente", 0), ("gemeente", "huishoudens", 0))
    more = pd.concat([SMALL, zero])
    pd.testing.assert_frame_equal(multipliers.leakage(more), multipliers.leakage(SMALL))
    pd.testing.assert_series_equal(
        multipliers.local_multiplier(more), multipliers.local_multiplier(SMALL)
    )


def test_unknown_stays_unknown_for_all_whose_money_comes_there():
    unknown = account(
        ("bedrijven", "buitenwereld", np.nan, np.nan),
        ("gemeente", "instellingen", 10),
        ("instellingen", "rijk", 10),
        ("gemeente", "rijk", 10),
    )
    table = pd.concat([SMALL, unknown])
    found = multipliers.local_multiplier(table)
    assert found[["huishoudens", "bedrijven"]].isna().all()
    assert found[["instellingen", "gemeente"]].tolist() == [1, 1.5]
    assert multipliers.leakage(table)["aandeel"].isna().tolist() == [False, True, False, False]
    assert np.isnan(multipliers.lm3_of(table, "huishoudens"))
    assert np.isnan(multipliers.lm3_of(table, "bedrijven"))
    assert multipliers.lm3_of(table, "gemeente") == 1.5


def test_money_that_never_leaves_is_an_error_that_names_the_sectors():
    closed = account(
        ("huishoudens", "bedrijven", 10),
        ("bedrijven", "huishoudens", 10),
        ("gemeente", "huishoudens", 5),
        ("gemeente", "rijk", 5),
    )
    with pytest.raises(Fout, match=r"geld van huishoudens, bedrijven verlaat de wijk nooit"):
        multipliers.local_multiplier(closed)


def test_an_unknown_sector_is_refused():
    with pytest.raises(ValueError, match="sectors of the grootboek"):
        multipliers.leakage(account(("kerk", "rijk", 1)))


FLOWS = pd.DataFrame(
    [
        ("energie", "huishoudens", "buitenwereld", 500.0, 50.0, True),
        ("belasting", "huishoudens", "rijk", 900.0, 10.0, False),
        ("boodschappen", "huishoudens", "buitenwereld", 700.0, 500.0, True),
        ("loon", "bedrijven", "huishoudens", 999.0, 10.0, True),
        ("inkoop", "gemeente", "buitenwereld", 300.0, 30.0, True),
        ("rente", "instellingen", "buitenwereld", 100.0, 10.0, True),
        ("aanslag", "buitenwereld", "gemeente", 800.0, 10.0, True),
        ("webwinkel", "huishoudens", "buitenwereld", np.nan, np.nan, True),
    ],
    columns=["post", "van", "naar", "bedrag", "se", "beinvloedbaar"],
)


def test_the_largest_leaks_are_those_that_the_wijk_can_influence():
    table = multipliers.largest_leaks(FLOWS)
    assert table["post"].tolist() == ["boodschappen", "energie", "inkoop"]
    assert table["laag"].tolist() == pytest.approx([0, 417.755, 250.653])
    assert table["hoog"].tolist() == pytest.approx([1522.45, 582.245, 349.347])


def test_there_may_be_fewer_leaks_than_asked_for():
    assert len(multipliers.largest_leaks(FLOWS, count=10)) == 4
    assert multipliers.largest_leaks(FLOWS.head(0)).empty


AMOUNT = st.floats(0, 1e9, allow_subnormal=False).map(lambda x: round(x, 2))


@st.composite
def accounts(draw) -> pd.DataFrame:
    """Make an account in which at least 1 % of what each sector spends leaks away."""
    pairs = [(van, naar) for van in INSIDE for naar in SECTOREN if van != naar]
    rows = [(van, naar, draw(AMOUNT)) for van, naar in pairs]
    kept = {v: sum(b for van, n, b in rows if van == v and n in INSIDE) for v in INSIDE}
    return account(*rows, *[(v, "buitenwereld", round(kept[v] / 99, 2) + 0.01) for v in INSIDE])


@given(accounts())
def test_shares_and_multipliers_stay_within_their_bounds(table):
    assert multipliers.leakage(table)["aandeel"].between(0, 1).all()
    found = multipliers.local_multiplier(table)
    assert found.between(1, 101).all()
    for sector in INSIDE:
        assert 1 <= multipliers.lm3_of(table, sector) <= min(3, found[sector]) * (1 + 1e-9)


@given(accounts(), st.sampled_from(INSIDE), st.sampled_from(OUTSIDE), AMOUNT)
def test_more_leakage_never_gives_a_larger_multiplier(table, sector, to, more):
    leaking = pd.concat([table, account((sector, to, more))])
    before, after = multipliers.local_multiplier(table), multipliers.local_multiplier(leaking)
    assert (after <= before * (1 + 1e-9)).all()
    shares = [multipliers.leakage(t)["aandeel"] for t in (table, leaking)]
    assert (shares[1] >= shares[0] - 1e-9).all()


@given(accounts(), st.floats(1e-3, 1e3))
def test_a_multiplier_has_no_unit(table, factor):
    scaled = table.assign(bedrag=table["bedrag"] * factor, se=table["se"] * factor)
    for figure in (multipliers.local_multiplier, lambda t: multipliers.leakage(t)["aandeel"]):
        np.testing.assert_allclose(figure(scaled), figure(table), rtol=1e-9)


@given(accounts())
def test_the_multiplier_is_the_sum_of_all_rounds(table):
    shares = multipliers.spending(table).to_numpy()
    total, money = np.zeros(4), np.eye(4)
    for _ in range(1500):
        total, money = total + money.sum(axis=0), shares @ money
    np.testing.assert_allclose(multipliers.local_multiplier(table), total, rtol=1e-6)
