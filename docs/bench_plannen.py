"""Measure what it costs to weigh plans: the draws of `simulate`, beside a loop in plain Python.

Run with `make bench`. Both sides draw the same kinds of luck for the same made-up plans.
"""

import random

from docs.bench_punten import cpu
from tests.plans import KNOWN, activities, budgets
from wijkboek_utils.dutch import number
from wijkboek_utils.models import cashflow, netting, plans, simulate

PLANS, DRAWS = 50, 10_000
PART = 50  # the plain loop does one draw in so many; its time is multiplied


def many() -> plans.Plans:
    """Return fifty made-up plans with two links each, and two budgets for five years."""
    years = range(2026, 2031)
    purses = [
        {"naam": goal, "doel": goal, "houder": goal, "bedrag": 1e6, "jaar": year, "vrij_deel": 0.5}
        for goal in ("bijstand", "groen")
        for year in years
    ]
    link = {"verband": "minder nodig", "bewijs": 2, "mechanisme": "het werkt", "effect_jaren": 5}
    amount = {"minder_nodig": 1, "minder_laag": 0.5, "minder_hoog": 2, "eenheid": "persoon"}
    rows = [
        {"naam": f"plan {number}", "doel": goal, "kans": 0.6, "kengetal": "bijstand_per_persoon"}
        | {"terug_deel": 0.5, "kosten": 5000 + number}
        | link
        | amount
        for number in range(PLANS)
        for goal in ("bijstand", "groen")
    ]
    return plans.read(budgets(*purses), activities(*rows), KNOWN)


def plain(read: plans.Plans, net: netting.Netting, voet: float, count: int) -> list[list[float]]:
    """Return the value of each plan in each draw, with one loop inside the other."""
    found = []
    for _ in range(count):
        left = 1.0
        for k in net.getallen:
            left *= 1 - min(max(random.gauss(k.waarde, k.se), 0.0), 1.0)
        prices: dict[str, float] = {}
        row = []
        for plan in read.activiteiten:
            value, luck = -plan.kosten, random.random()
            for e in plan.effecten:
                price = prices.setdefault(
                    e.kengetal.id, random.gauss(e.kengetal.waarde, e.kengetal.se)
                )
                units = random.gauss(e.minder, (e.hoog - e.laag) / 3.29)
                for year in e.jaren:
                    worth = (1 + voet) ** -(year - plan.begin + 1)
                    value += max(units, 0.0) * price * left * (luck < e.kans) * worth
            row.append(value)
        found.append(row)
    return found


def drawing() -> str:
    """Return what the draws cost as a section of docs/benchmarks.md."""
    read, net, voet = many(), netting.load(KNOWN), cashflow.discount(KNOWN)
    rows = [
        (p.naam, "bijstand", "bijstand", "bijstand", p.begin, p.kosten, plans.ADHESION)
        for p in read.activiteiten
    ]
    paid = cashflow.frame(rows, cashflow.BETALINGEN)

    def ours() -> simulate.Draws:
        return simulate.draws(read, paid, net, voet, DRAWS)

    mine, theirs = cpu(ours), cpu(lambda: plain(read, net, voet, DRAWS // PART)) * PART
    return f"""Van {PLANS} plannen met elk twee verbanden {number(DRAWS)} keer trekken wat ze waard
zijn, en wat iedere houder overhoudt. Wij mogen hoogstens 2 seconden rekenen. De lus in gewoon
Python rekent alleen de plannen uit, niet de houders. Zij deed {DRAWS // PART} trekkingen; haar
tijd is {PART} keer genomen.

| wat | rekentijd (s) |
| --- | ---: |
| lus in gewoon Python | {number(theirs, 2)} |
| `simulate.draws` | {number(mine, 2)} |
| verhouding | {number(mine / theirs, 2)} |
"""


def text() -> str:
    """Return the measurements as a section of docs/benchmarks.md."""
    return drawing()


if __name__ == "__main__":
    print(text())
