"""Present value, rate of return, payback and annuity, beside numpy-financial."""

import math

import numpy_financial as npf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wijkboek_utils.errors import Fout
from wijkboek_utils.models import finance

AMOUNT = st.integers(1, 10**9).map(lambda cents: cents / 100)
ROW = st.lists(st.integers(-(10**7), 10**7).map(float), min_size=1, max_size=25)
RATE = st.floats(-0.5, 3)


@given(RATE, ROW)
def test_the_present_value_is_that_of_numpy_financial(voet, row):
    # Half of it gone each year blows the last amounts up, and with them the last digits.
    size = sum(abs(a) / (1 + voet) ** n for n, a in enumerate(row))
    assert math.isclose(finance.npv(voet, row), npf.npv(voet, row), abs_tol=1e-9 * size + 1e-9)


@given(st.lists(AMOUNT, min_size=1, max_size=5), st.lists(AMOUNT, min_size=1, max_size=30))
def test_first_money_out_and_then_in_gives_the_rate_of_numpy_financial(out, into):
    row = [-amount for amount in out] + into
    found, theirs = finance.irr(row), npf.irr(row)
    assert found is not None and found > -1
    size = sum(abs(a) / (1 + found) ** n for n, a in enumerate(row))
    # Near -1 the digits of a rate run out: what is left of it is 1 + found.
    close = 1e-9 + len(row) * 1e-15 / (1 + found)
    assert abs(finance.npv(found, row)) <= close * size
    if math.isfinite(theirs) and found > -0.99:  # theirs gives up where nearly all is lost
        assert math.isclose(1 + found, 1 + theirs, rel_tol=1e-6)


@given(ROW)
def test_where_a_rate_is_given_the_value_turns_there_and_nowhere_else(row):
    found = finance.irr(row)
    assume(found is not None)
    signs = {True: set(), False: set()}
    for rate in [-0.99 + 0.03 * step for step in range(400)]:
        value = finance.npv(rate, row)
        if abs(value) > 1e-9 * sum(abs(a) / (1 + rate) ** n for n, a in enumerate(row)):
            signs[rate < found].add(value > 0)
    assert all(len(side) <= 1 for side in signs.values())
    assert not signs[True] & signs[False]


@pytest.mark.parametrize(
    "row",
    [
        [],
        [0, 0],
        [100],
        [100, 200],
        [-100, -50],
        [-100, 230, -132],  # both 10 and 20 percent
        [-1000, 6000, -11000, 6000],  # 0, 100 and 200 percent
        [-100, 200, -100],  # touches nothing at 0 percent, and never gains
    ],
)
def test_no_rate_is_given_where_there_is_none_or_more_than_one(row):
    assert finance.irr(row) is None


def test_a_late_cost_does_not_hide_a_rate_that_is_the_only_one():
    row = [-100, 300, -10, -10, 50]  # four turns of sign and one rate
    found = finance.irr(row)
    assert found == pytest.approx(npf.irr(row))
    assert finance.npv(found, row) == pytest.approx(0, abs=1e-9)


def test_the_garden_of_the_publication_is_back_after_five_months():
    assert finance.payback([-5000, 12000, 12000]) == pytest.approx(5 / 12)
    assert finance.payback([-5000, 0, 2000, 6000]) == pytest.approx(2.5)
    assert finance.payback([-5000, 4999]) is None
    assert finance.payback([]) is None
    assert finance.payback([0, 100]) == 0  # nothing was spent


def test_what_is_spent_again_is_not_back_yet():
    assert finance.payback([-100, 150, -100, 100]) == pytest.approx(2.5)


@given(st.lists(AMOUNT, min_size=1, max_size=20), AMOUNT)
def test_after_the_payback_the_balance_is_nothing(into, out):
    assume(sum(into) > out * 1.000001)
    years = finance.payback([-out, *into])
    whole, part = int(years), years - int(years)
    back = sum(into[:whole]) + part * (into[whole] if part else 0)
    assert math.isclose(back, out, rel_tol=1e-6)


@given(AMOUNT, st.floats(-0.2, 2) | st.just(0.0), st.integers(1, 60))
def test_an_annuity_is_that_of_numpy_financial_and_worth_what_it_costs(bedrag, voet, jaren):
    found = finance.annuity(bedrag, voet, jaren)
    assert math.isclose(finance.npv(voet, [0.0] + [found] * jaren), bedrag, rel_tol=1e-6)
    if abs(voet) > 1e-6:  # there theirs loses digits
        assert math.isclose(found, -npf.pmt(voet, jaren, bedrag), rel_tol=1e-6)


def test_no_years_and_a_rate_that_takes_everything_are_refused():
    with pytest.raises(Fout, match="minstens 1 jaar"):
        finance.annuity(100, 0.02, 0)
    for voet in (-1, -2, math.nan):
        with pytest.raises(Fout, match="discontovoet"):
            finance.npv(voet, [1, 2])
