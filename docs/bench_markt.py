"""Measure the beursvloer on a market as large as it must bear, beside what is done without it.

Run with `make bench`. All sides get the same markets, made with fixed seeds, in the same process:
greedy takes plans by what they are worth per EUR as long as somebody can pay, and the relaxation is
a linear program in which every plan may go on in part, of which the whole plans are kept.
"""

import dataclasses
import resource
from collections.abc import Callable
from typing import Any

import numpy as np

from tests import markets
from wijkboek_utils import dutch
from wijkboek_utils.models import cashflow, market
from wijkboek_utils.models.market_model import EUROS, PLAN, Model, build
from wijkboek_utils.models.plans import Plans

ACTS, BUDGETS, YEARS, GOALS, HOLDERS = 200, 60, 5, 10, 15
SEEDS = (1, 2, 3)
SCARCE = 0.2  # of the money that markets.random gives: about half of the plans can be paid
GAP, SECONDS = 0.01, 60


def large(seed: int) -> Plans:
    """Return a market of 200 plans and 60 budgets in 5 years, with little money."""
    rng = np.random.default_rng(seed)
    plans = markets.random(rng, ACTS, BUDGETS, YEARS, GOALS, HOLDERS)
    scarce = [
        dataclasses.replace(b, bedragen={year: a * SCARCE for year, a in b.bedragen.items()})
        for b in plans.budgetten
    ]
    return dataclasses.replace(plans, budgetten=tuple(scarce))


def cpu(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what work gives and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return found, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def feasible(model: Model, parts: np.ndarray) -> bool:
    """Return whether these plans can be paid together."""
    high = model.high()
    low = np.zeros(len(high))
    low[model.of(PLAN)] = high[model.of(PLAN)] = parts
    return market.search(model, low * 0, low, high).x is not None


def greedy(model: Model) -> float:
    """Return the worth in EUR of plans that were taken one by one, the best per EUR first."""
    worth, parts = model.worth(), np.zeros(len(model.plannen))
    rate = worth / model.plannen["kosten"].to_numpy()
    for nr in np.argsort(-rate)[: (worth > 0).sum()]:
        parts[nr] = 1.0
        parts[nr] = float(feasible(model, parts))
    return float(worth @ parts) * EUROS


def relaxed(model: Model) -> float:
    """Return the worth in EUR of what goes on whole when every plan may go on in part."""
    loose = dataclasses.replace(model, heel=np.zeros_like(model.heel))
    parts = market.parts_of(loose, market.choose(loose).x)
    kept = np.where(model.heel & (parts < 1), 0.0, parts)
    return float(model.worth() @ kept) * EUROS if feasible(model, kept) else float("nan")


def text() -> str:
    """Return the measurement as a section of docs/benchmarks.md."""
    rows = []
    for seed in SEEDS:
        plans = large(seed)

        def ours(plans: Plans = plans) -> market.Outcome:
            return market.solve(plans, markets.NETTING, markets.RATE, gap=GAP, seconds=SECONDS)

        model = build(plans, cashflow.savings(plans, markets.NETTING), markets.RATE)
        found, used = cpu(ours)
        for name, value, spent, gap in (
            ("`market.solve`", found.waarde, used, dutch.percent(found.gap, 2)),
            ("gretig, één voor één", *cpu(lambda m=model: greedy(m)), ""),
            ("lineair, hele plannen houden", *cpu(lambda m=model: relaxed(m)), ""),
        ):
            share = dutch.number(value / found.waarde, 3)
            rows.append(f"| {seed} | {name} | {dutch.number(spent, 1)} | {share} | {gap} |")
    return "\n".join(
        [
            "## De beursvloer",
            "",
            f"{ACTS} plannen, {BUDGETS} budgetten, {YEARS} jaar, {HOLDERS} houders, weinig geld. "
            f"We zoeken tot op 1 procent en hoogstens {SECONDS} seconden; wie betaalt en wat "
            "terugvloeit hoort erbij. Waarde is ten opzichte van `market.solve`.",
            "",
            "| markt | wat | rekentijd (s) | waarde | hooguit beter |",
            "| ---: | --- | ---: | ---: | ---: |",
            *rows,
        ]
    )


if __name__ == "__main__":
    print(text())
