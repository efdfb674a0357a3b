"""Made-up plans with payments, drawn by hypothesis, for the tests of who saves and who pays."""

from typing import Any

import pandas as pd
from hypothesis import strategies as st

from tests.plans import KNOWN, activities, budgets
from wijkboek_utils.models import cashflow, plans

GOALS = ["bijstand", "groen", "zorg", "sport"]  # nobody at the table has a budget for sport
AMOUNT = st.integers(0, 10**8).map(lambda cents: cents / 100)
SHARE = st.integers(0, 1000).map(lambda share: share / 1000)
LINK = {"eenheid": "persoon", "kengetal": "bijstand_per_persoon", "bewijs": 2, "mechanisme": "zo"}


def link(doel: str, **facts: Any) -> dict[str, Any]:
    """Return a link that says all, with one unit less from 0.5 to 2, and what is given."""
    units = {"minder_nodig": 1, "minder_laag": 0.5, "minder_hoog": 2, "kans": 0.5}
    return LINK | units | {"doel": doel, "verband": "minder nodig"} | facts


@st.composite
def purses(draw: st.DrawFn) -> pd.DataFrame:
    """Return budgets: of a goal one or more, with amounts by year that may be 0."""
    rows = []
    for number in range(draw(st.integers(1, 5))):
        goal, holder = draw(st.sampled_from(GOALS[:3])), draw(st.sampled_from("AB"))
        rows += [
            {"naam": f"potje {number}", "doel": goal, "houder": holder, "bedrag": draw(AMOUNT)}
            | {"jaar": year, "vrij_deel": draw(SHARE)}
            for year in draw(st.sets(st.integers(2026, 2029), min_size=1))
        ]
    return budgets(*rows)


@st.composite
def markets(draw: st.DrawFn) -> tuple[plans.Plans, pd.DataFrame]:
    """Return plans, and payments by any budget for any of them (`BETALINGEN`)."""
    rows = []
    for number in range(draw(st.integers(1, 4))):
        plan = {"naam": f"plan {number}", "kosten": draw(AMOUNT)}
        plan |= {"begin": draw(st.integers(2026, 2028)), "jaren": draw(st.integers(1, 3))}
        units = sorted(draw(st.tuples(*[st.integers(0, 50)] * 3)))
        facts = dict(zip(("minder_laag", "minder_nodig", "minder_hoog"), units, strict=True))
        rows += [
            plan
            | link(goal, **facts, kans=draw(SHARE), terug_deel=draw(SHARE))
            | {"toe_te_rekenen": draw(SHARE), "effect_jaren": draw(st.integers(1, 4))}
            for goal in draw(st.lists(st.sampled_from(GOALS), min_size=1, max_size=3))
        ]
    read = plans.read(draw(purses()), activities(*rows), KNOWN)
    paid = [
        (plan.naam, b.naam, b.houder, b.doel, draw(st.sampled_from(plan.jaren)), amount, "adhesie")
        for plan in read.activiteiten
        for b in read.budgetten
        if (amount := draw(st.just(0.0) | AMOUNT))
    ]
    return read, cashflow.frame(paid, cashflow.BETALINGEN)
