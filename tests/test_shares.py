"""A budget as a share in goals, and its value when less or more is saved than was expected."""

import pandas as pd
import pytest

from tests import markets
from tests.markets import NETTING, RATE, effect
from wijkboek_utils.models import cashflow, shares
from wijkboek_utils.models.plans import Activiteit, Budget

YEARS = (2026, 2027, 2028)
ONE, TWO, HELP = (
    Budget(naam, naam, doel, {2026: 900.0})
    for naam, doel in (("A", "groen"), ("B", "groen"), ("C", "bijstand"))
)


def plan(naam: str, euro: float) -> Activiteit:
    saved = (effect("Bijstand", euro, YEARS),)
    return Activiteit(naam, "", "iets", 900.0, (2026,), True, ("groen",), {}, saved)


PLANS = markets.plans([ONE, TWO, HELP], [plan("tuin", 1000.0), plan("bos", 500.0)])
PAID = cashflow.frame(
    [
        ("tuin", "A", "A", "groen", 2026, 600.0, "cohesie"),
        ("tuin", "B", "B", "groen", 2026, 300.0, "cohesie"),
        ("bos", "B", "B", "groen", 2026, 900.0, "cohesie"),
    ],
    cashflow.BETALINGEN,
)


def value(gerealiseerd: pd.DataFrame | None = None, voet: float = RATE) -> pd.DataFrame:
    told = shares.shares(cashflow.savings(PLANS, NETTING), PAID, voet, gerealiseerd)
    return told.set_index(["budget", "jaar"])


def test_a_share_is_worth_what_is_still_to_come_of_what_the_budget_paid_for():
    told = value()
    coming = {2026: 3, 2027: 2, 2028: 1}
    for year, left in coming.items():
        worth = sum((1 + RATE) ** -nr for nr in range(1, left + 1))
        assert told["waarde_verwacht"]["A", year] == pytest.approx(worth * 1000 * 2 / 3)
        assert told["waarde_verwacht"]["B", year] == pytest.approx(worth * (1000 / 3 + 500))
    assert told["aandeel"]["A", 2026] == pytest.approx(2 / 3 * 1000 / 1500)
    assert told["aandeel"].groupby("jaar").sum().to_list() == pytest.approx([1, 1, 1])
    assert (told["doel"] == "Bijstand").all()
    assert told["waarde_gerealiseerd"].isna().all()  # nothing is known yet


def test_a_share_moves_with_what_was_saved():
    known = pd.DataFrame(
        [("tuin", "bijstand", 2026, 500.0), ("tuin", "bijstand", 2027, 1300.0)],
        columns=shares.REALISED,
    )
    told = value(known, 0.0)
    assert told["waarde_gerealiseerd"].isna()["A", 2026]  # before anything was saved
    assert told["waarde_gerealiseerd"]["A", 2027] == pytest.approx(0.5 * 2000 * 2 / 3)
    assert told["waarde_gerealiseerd"]["A", 2028] == pytest.approx(0.9 * 1000 * 2 / 3)
    # Of the other plan of B nothing is known: of that it may still expect what it did.
    assert told["waarde_gerealiseerd"]["B", 2027] == pytest.approx(0.5 * 2000 / 3 + 1000)
    assert told["waarde_verwacht"]["A", 2027] == pytest.approx(2000 * 2 / 3)


def test_a_year_that_nobody_measured_says_nothing():
    known = pd.DataFrame([("tuin", "bijstand", 2026, None)], columns=shares.REALISED)
    assert value(known)["waarde_gerealiseerd"].isna().all()
    nothing = pd.DataFrame([("tuin", "bijstand", 2026, 0.0)], columns=shares.REALISED)
    assert value(nothing, 0.0)["waarde_gerealiseerd"]["A", 2027] == 0  # measured: it failed


def test_without_payments_nobody_has_a_share():
    none = cashflow.frame([], cashflow.BETALINGEN)
    told = shares.shares(cashflow.savings(PLANS, NETTING), none, RATE)
    assert told.empty and list(told) == shares.SHARES
    nothing = cashflow.savings(markets.plans([], []), NETTING)
    assert shares.shares(nothing, none, RATE).empty
