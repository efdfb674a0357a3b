"""Random markets with a fixed seed, and a referee that solves small ones another way."""

from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from tests.plans import KNOWN
from wijkboek_utils.models import netting
from wijkboek_utils.models.plans import ADHESION, REFUSED, Activiteit, Budget, Effect, Plans, key

NETTING = netting.load(KNOWN)
RATE = 0.0225
EURO = KNOWN.known["bijstand_per_persoon"]


def effect(doel: str, euro: float, jaren: tuple[int, ...], terug: float = 0.0) -> Effect:
    """Return a link that saves `euro` net in each year."""
    units = euro / EURO.waarde / NETTING.net(1.0)
    return Effect(doel, "persoon", units, units, units, 1.0, EURO, 3, "omdat", jaren, terug=terug)


def plans(budgets: list[Budget], acts: list[Activiteit]) -> Plans:
    return Plans(tuple(budgets), tuple(acts), pd.DataFrame(columns=REFUSED, dtype="str"))


def random(
    rng: np.random.Generator, acts: int, budgets: int, years: int, goals: int, holders: int
) -> Plans:
    """Return a market; its amounts are in hundreds of EUR, some plans may go on in part."""
    all_years = tuple(range(2026, 2026 + years))
    named = [f"doel {nr}" for nr in range(goals)]
    made = [
        Budget(
            f"budget {nr:02}",
            f"houder {rng.integers(holders)}",
            named[rng.integers(goals)],
            {year: 100.0 * rng.integers(0, 40) for year in all_years},
            rng.choice([0.0, 0.25, 0.5, 1.0]),
        )
        for nr in range(budgets)
    ]
    return plans(made, [_plan(rng, nr, named, all_years) for nr in range(acts)])


def _plan(
    rng: np.random.Generator, nr: int, goals: list[str], years: tuple[int, ...]
) -> Activiteit:
    begin = rng.integers(len(years))
    run = years[begin : begin + rng.integers(1, len(years) + 1)]
    picked = rng.choice(goals, size=min(len(goals), rng.integers(1, 5)), replace=False)
    own = rng.integers(0, len(picked))
    cost = 100.0 * rng.integers(2, 30)
    asked = {goal: round(cost * 0.3) for goal in picked[:2] if rng.random() < 0.3}
    effects = tuple(
        effect(goal, 100.0 * rng.integers(2, 50), years[begin:], rng.choice([0.0, 0.3, 0.8]))
        for goal in picked[own:]
    )
    whole = bool(rng.random() < 0.85)
    mine = tuple(picked[:own])
    return Activiteit(f"plan {nr:03}", "", "iets", cost, run, whole, mine, asked, effects)


def best(market: Plans) -> float:
    """Return the most that a small market can gain: every choice of plans, and for each a linear
    program over what each budget pays each year. What flows back is in proportion to what was paid.
    """
    whole = [nr for nr, a in enumerate(market.activiteiten) if a.heel]
    found = []
    for picked in product((0.0, 1.0), repeat=len(whole)):
        bounds = {nr: (x, x) for nr, x in zip(whole, picked, strict=True)}
        if (value := _linear(market, bounds)) is not None:
            found.append(value)
    return max(found)


def _linear(market: Plans, bounds: dict[int, tuple[float, float]]) -> float | None:
    acts, budgets, first = market.activiteiten, market.budgetten, market.jaren[0]
    names = [("x", nr) for nr in range(len(acts))]
    names += [
        ("p", nr, b, year)
        for nr, act in enumerate(acts)
        for b, budget in enumerate(budgets)
        for year in act.jaren
        if act.tie(budget.doel)
    ]
    at = {name: nr for nr, name in enumerate(names)}
    equal, less = [], []

    def row(cells: dict[tuple, float], high: float, rows: list) -> None:
        line = np.zeros(len(names))
        for name, value in cells.items():
            line[at[name]] += value
        rows.append((line, high))

    gain = np.zeros(len(names))
    balance = {key(b.houder): np.zeros(len(names)) for b in budgets}
    for nr, act in enumerate(acts):
        paid = [name for name in names if name[:2] == ("p", nr)]
        gain[nr] -= sum(act.kosten * (1 + RATE) ** (first - year) for year in act.jaren)
        for year in act.jaren:
            now = [name for name in paid if name[3] == year]
            row({("x", nr): -act.kosten} | dict.fromkeys(now, 1.0), 0.0, equal)
            for goal, amount in act.gevraagd.items():
                mine = [name for name in now if key(budgets[name[2]].doel) == key(goal)]
                row({("x", nr): amount} | dict.fromkeys(mine, -1.0), 0.0, less)
        for name in paid:
            if act.tie(budgets[name[2]].doel) == ADHESION:
                holder = key(budgets[name[2]].houder)
                balance[holder][at[name]] -= (1 + RATE) ** (first - name[3])
        for e in act.effecten:
            there = market.of_goal(e.doel)
            for year in e.jaren:
                whole = sum(b.amount(year) for b in there)
                net = e.bruto * e.kans * e.toerekening * NETTING.centraal
                for b in there:
                    part = b.amount(year) / whole if whole else 1 / len(there)
                    euro = net * part * (1 + RATE) ** (first - year - 1)
                    gain[nr] += euro
                    balance[key(b.houder)][nr] += euro * (1 - e.terug)
                    for name in paid:  # each EUR of what was paid gets the same back
                        back = euro * e.terug / (act.kosten * len(act.jaren))
                        balance[key(budgets[name[2]].houder)][at[name]] += back
    less += [(-line, 0.0) for line in balance.values()]
    for b, budget in enumerate(budgets):
        for year in market.jaren:
            now = [name for name in names if name[0] == "p" and name[2:] == (b, year)]
            row(dict.fromkeys(now, 1.0), budget.amount(year), less)
            other = [n for n in now if acts[n[1]].tie(budget.doel) == ADHESION]
            row(dict.fromkeys(other, 1.0), budget.free(year), less)
    limits = [bounds.get(nr, (0.0, 1.0)) for nr in range(len(acts))]
    limits += [(0.0, None)] * (len(names) - len(acts))
    sides = [np.array([part[k] for part in rows]) for rows in (less, equal) for k in (0, 1)]
    solved = linprog(-gain, *sides, bounds=limits)
    return None if solved.x is None else -solved.fun
