"""A fair division of what is gained together: to each what it adds, over all orders of arrival.

L. S. Shapley, A Value for n-Person Games (1953); sampled by orders as Castro, Gomez and Tejada,
Polynomial calculation of the Shapley value based on sampling (2009).
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from wijkboek_utils.models import cashflow, market
from wijkboek_utils.models.market import Outcome
from wijkboek_utils.models.market_model import EUROS, Model
from wijkboek_utils.models.plans import Plans, key

Value = Callable[[frozenset[str]], float]

# What it costs to ask one group, in seconds by the cells of the market, measured; an
# estimate and no clock, so that every machine asks the same groups.
_ASK, _ASK_CELL = 0.005, 5e-10
_SECONDS = 20
_FEWEST, _MOST = 5, 50  # pairs of orders in a sample
_LARGE = 50  # plans: beyond, a group is asked what it is worth to 1 percent
_NODES = 2000  # of the search tree of one group, the same on every machine
EXACT = 10  # players: their 1,024 groups can all be asked
DIVISION = ["houder", "bespaart", "betaalt", "geeft", "krijgt", "over", "billijk", "se"]
DIVISION += ["verrekenen"]


def divide(
    players: Sequence[str], value: Value, most: int = EXACT, pairs: int = 50, seed: int = 20260101
) -> pd.DataFrame:
    """Return speler, aandeel (what `value` counts in) and se, the standard error of that.

    `value` says what a group gains together; of each group it is asked once. Exact, with an error
    of 0, up to `most` players; beyond, the mean over `pairs` random orders, each with its reverse.
    """
    worth = cache(value)
    if len(players) <= most:
        parts = [_exact(player, players, worth) for player in players]
        return _frame(players, np.array(parts), np.zeros(len(players)))
    rng = np.random.default_rng(seed)
    drawn = np.empty((pairs, len(players)))
    for nr in range(pairs):
        order = rng.permutation(len(players))
        drawn[nr] = (_added(order, players, worth) + _added(order[::-1], players, worth)) / 2
    return _frame(players, drawn.mean(axis=0), drawn.std(axis=0, ddof=1) / np.sqrt(pairs))


def _frame(players: Sequence[str], parts: np.ndarray, errors: np.ndarray) -> pd.DataFrame:
    names = pd.Series(players, dtype="str")
    return pd.DataFrame({"speler": names, "aandeel": parts.astype(float), "se": errors})


def _exact(player: str, players: Sequence[str], worth: Value) -> float:
    others = [other for other in players if other != player]
    total = 0.0
    for size in range(len(players)):
        weight = factorial(size) * factorial(len(others) - size) / factorial(len(players))
        for group in combinations(others, size):
            total += weight * (worth(frozenset((*group, player))) - worth(frozenset(group)))
    return total


def _added(order: np.ndarray, players: Sequence[str], worth: Value) -> np.ndarray:
    """Return what each player adds when they come in one after the other."""
    added, group, before = np.empty(len(players)), frozenset[str](), worth(frozenset())
    for nr in order:
        group |= {players[nr]}
        after = worth(group)
        added[nr], before = after - before, after
    return added


def coalition(model: Model, gap: float = 0.0) -> Value:
    """Return what a market is worth in EUR to a group of its holders: only their budgets pay, and
    only what they save counts.
    """

    def worth(group: frozenset[str]) -> float:
        here = [who for who in model.houders if who in group]
        if not (model.worth(here) > 0).any():
            return 0.0  # no plan gains them anything, nor do any together
        found = market.choose(model, here, gap, nodes=_NODES)
        if found is None or found.x is None:
            return 0.0
        return float(model.worth(here) @ market.parts_of(model, found.x)) * EUROS

    return worth


def _depth(model: Model) -> dict[str, int]:
    """Return how `divide` is to ask a market, so that it takes about `_SECONDS`."""
    groups = int(_SECONDS / (_ASK + _ASK_CELL * len(model.cellen) ** 2))
    players = len(model.houders)
    most = EXACT if 2**players <= groups else 0
    return {"most": most, "pairs": int(np.clip(groups // max(2 * players, 1), _FEWEST, _MOST))}


def division(plans: Plans, outcome: Outcome, voet: float, **how: int) -> pd.DataFrame:
    """Return `DIVISION`: of each holder what it has of the market, and what would be fair.

    In EUR, discounted to the first year: `over` is bespaart - betaalt - geeft + krijgt, `billijk`
    its Shapley value with standard error `se`, `verrekenen` what it should get from (or, below 0,
    pay to) the others to come from the one to the other. `how` as `divide`; each group is a market
    of its own, so that a larger market is sampled, and less.
    """
    model = outcome.model
    how = _depth(model) | how
    worth = coalition(model, 0.0 if len(model.plannen) <= _LARGE else 0.01)
    fair = divide(model.houders, worth, **how).set_index("speler")
    told = cashflow.accounts(plans, outcome.besparingen, outcome.betalingen, outcome.terug)
    later = told["jaar"] - min(plans.jaren, default=0)
    start, end = cashflow.start(voet, later), cashflow.end(voet, later)
    money = told[["bespaart", "geeft", "krijgt"]].mul(end, axis=0)
    money["betaalt"] = told["betaalt"] * start
    sums = money.groupby(told["houder"].map(key)).sum().reindex(model.houders)
    sums["over"] = sums["bespaart"] - sums["betaalt"] - sums["geeft"] + sums["krijgt"]
    sums["billijk"], sums["se"] = fair["aandeel"], fair["se"]
    sums["verrekenen"] = sums["billijk"] - sums["over"]
    names = {key(name): name for name in cashflow.owners(plans).values()}
    sums["houder"] = pd.Series(sums.index.map(names), index=sums.index, dtype="str")
    return sums.reset_index(drop=True)[DIVISION]
