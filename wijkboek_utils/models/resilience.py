"""How budgets and plans hang together: who may pay for what, and how much that bears.

The publication: «Adhesie + cohesie = veerkracht». The measure is the part of what all plans ask
that the budgets can pay together; docs/plannen.md says why this one. How much can flow at most
through a network with bounds: Ford and Fulkerson, 1956.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import coo_array

from wijkboek_utils.models.plans import (
    ADHESION,
    COHESION,
    LESS,
    OWN,
    Activiteit,
    Budget,
    Plans,
    same,
)

MATRIX = {
    "budget": "str",
    "houder": "str",
    "doel": "str",
    "activiteit": "str",
    "soort": "str",
    "hoogstens": "float64",
}
LINKS = {
    "activiteit": "str",
    "doel": "str",
    "verband": "str",
    "eenheid": "str",
    "minder": "float64",
    "laag": "float64",
    "hoog": "float64",
    "kans": "float64",
    "bewijs": "Int64",
    "kengetal": "str",
    "bruto": "float64",
    "terug": "float64",
    "mechanisme": "str",
    "oordeel": "str",
}
COUNTS = "telt mee"
RESILIENCE = ["jaar", "gevraagd", "cohesie", "adhesie", "veerkracht"]


@dataclass(frozen=True)
class _Part:
    """What an activity asks in a year: of budgets of one goal, or (None) of any that are tied."""

    plan: Activiteit
    doel: str | None
    bedrag: float

    def open_to(self, budget: Budget) -> bool:
        return self.doel is None or same(budget.doel, (self.doel,))


def links(plans: Plans) -> pd.DataFrame:
    """Return every link of every activity, `LINKS`: what it says and what became of it.

    `minder` is in `eenheid` a year if it works, from `laag` to `hoog`; `bruto` is EUR a year if it
    works. `oordeel` is `COUNTS`, or why the link is refused; of a refused link no more is known.
    """
    rows: list[tuple[object, ...]] = []
    for plan in plans.activiteiten:
        rows += [(plan.naam, goal, OWN, *[None] * 10, COUNTS) for goal in plan.eigen]
        for e in plan.effecten:
            said = (e.eenheid, e.minder, e.laag, e.hoog, e.kans, e.bewijs, e.kengetal.id, e.bruto)
            rows.append((plan.naam, e.doel, LESS, *said, e.terug, e.mechanisme, COUNTS))
    for one in plans.geweigerd.itertuples():
        rows.append((one.activiteit, one.doel, LESS, *[None] * 10, one.reden))
    return pd.DataFrame(rows, columns=[*LINKS]).astype(LINKS)


def matrix(plans: Plans) -> pd.DataFrame:
    """Return a row for each budget and activity: `MATRIX`.

    `soort` is cohesie or adhesie, missing where the budget may not pay. `hoogstens` is what it may
    pay at most in all years of the activity, in EUR, as if it were the only activity.
    """
    rows = [
        (b.naam, b.houder, b.doel, a.naam, a.tie(b.doel), _most(b, a))
        for b in plans.budgetten
        for a in plans.activiteiten
    ]
    return pd.DataFrame(rows, columns=[*MATRIX]).astype(MATRIX)


def _most(budget: Budget, plan: Activiteit) -> float:
    """Return what a budget may pay for one activity at most, in EUR over its years."""
    tie = plan.tie(budget.doel)
    if tie is None:
        return 0.0
    asked = [amount for goal, amount in plan.gevraagd.items() if not same(budget.doel, (goal,))]
    room = max(plan.kosten - sum(asked), 0.0)  # the rest is for others to pay
    have = budget.amount if tie == COHESION else budget.free
    return sum(min(room, have(year)) for year in plan.jaren)


def measure(plans: Plans) -> pd.DataFrame:
    """Return `RESILIENCE` by year, and for all years together in a last row without `jaar`.

    `gevraagd` is what all plans cost in EUR. `cohesie`, `adhesie` and `veerkracht` are shares of
    it, 0 to 1: what budgets can pay of plans for their own goal, what more they can pay when they
    use what is free for other goals, and the sum. Missing where nothing is asked. Whether a plan
    can go on with half its money does not count here: this is what is possible, not what is chosen.
    """
    own = replace(plans, budgetten=tuple(replace(b, vrij_deel=0.0) for b in plans.budgetten))
    years = sorted({year for plan in plans.activiteiten for year in plan.jaren})
    rows = [
        (year, _asked(plans, year), bearable(own, year), bearable(plans, year)) for year in years
    ]
    table = pd.DataFrame(rows, columns=["jaar", "gevraagd", "eigen", "samen"]).astype("float64")
    sums = table[["gevraagd", "eigen", "samen"]].sum().to_frame().T
    table = pd.concat([table, sums], ignore_index=True)
    asked = table["gevraagd"].where(table["gevraagd"] > 0)
    table["cohesie"] = (table["eigen"] / asked).clip(0, 1)
    table["veerkracht"] = (table["samen"] / asked).clip(0, 1)
    table["adhesie"] = (table["veerkracht"] - table["cohesie"]).clip(lower=0.0)
    return table.astype({"jaar": "Int64"})[RESILIENCE]


def _asked(plans: Plans, jaar: int) -> float:
    return sum(part.bedrag for part in _parts(plans, jaar))


def _parts(plans: Plans, jaar: int) -> list[_Part]:
    """Return everything that is asked in a year."""
    found = []
    for plan in plans.activiteiten:
        if jaar in plan.jaren:
            found += [_Part(plan, goal, amount) for goal, amount in plan.gevraagd.items()]
            found.append(_Part(plan, None, plan.kosten - sum(plan.gevraagd.values())))
    return [part for part in found if part.bedrag > 0]


def bearable(plans: Plans, jaar: int) -> float:
    """Return what the budgets can pay of the plans in a year at most, in EUR.

    A budget pays no more than it has, to other goals no more than is free of it, and only for what
    it is tied to; no plan gets more than it asks.
    """
    parts = _parts(plans, jaar)
    bounds: list[float] = [part.bedrag for part in parts]
    rows: list[int] = []
    columns: list[int] = []
    count = 0
    for budget in plans.budgetten:
        whole, free = len(bounds), len(bounds) + 1
        bounds += [budget.amount(jaar), budget.free(jaar)]
        for n, part in enumerate(parts):
            tie = part.plan.tie(budget.doel)
            if tie is None or not part.open_to(budget):
                continue
            touched = [n, whole, free] if tie == ADHESION else [n, whole]
            rows += touched
            columns += [count] * len(touched)
            count += 1
    if not count:
        return 0.0
    scale = sum(part.bedrag for part in parts)  # no more than this can be paid
    shape = (len(bounds), count)
    table = coo_array((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()
    found = linprog(
        -np.ones(count), A_ub=table, b_ub=np.minimum(bounds, scale) / scale, method="highs"
    )
    return max(float(-found.fun), 0.0) * scale
