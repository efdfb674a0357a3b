"""The beursvloer: which plans to pay for from which budgets, so that most is gained in all.

A plan is paid wholly or not at all (no cake without sugar), no budget goes beyond its amount or
what of it is free, and no holder is worse off after what flows back. Solved by HiGHS through
`scipy.optimize.milp` (Huangfu and Hall, 2018, doi.org/10.1007/s12532-017-0130-5).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from wijkboek_utils import dutch
from wijkboek_utils.models import cashflow
from wijkboek_utils.models.market_model import EUROS, LOAD, PAYS, PLAN, Model, build
from wijkboek_utils.models.netting import Netting
from wijkboek_utils.models.plans import ADHESION, Plans, key

CHOSEN = ["activiteit", "deel", "kosten", "besparing", "elders", "waarde"]

_CENT = 0.005
_PART = 1e-6  # less of a plan is none of it
_TIE = 1e-5  # thousands of EUR: equal plans go by name, and no more than a cent is lost by it
_SLACK = 1e-7


@dataclass(frozen=True)
class Outcome:
    """What the market decides.

    `plannen`: every activity in the columns `CHOSEN`: what it costs and saves whole, in EUR
    discounted to the first year, and `deel`, what part of it goes on. `besparingen`, `betalingen`
    and `terug` are of what goes on, in EUR a year, in the columns of `cashflow`. `waarde`: the
    discounted saving of who is at the table minus the cost, in EUR; `gap`: how much better it could
    be at most, as a share; missing when nobody knows. `status` says in Dutch what came of it.
    """

    plannen: pd.DataFrame
    besparingen: pd.DataFrame
    betalingen: pd.DataFrame
    terug: pd.DataFrame
    waarde: float
    gap: float
    status: str
    model: Model = field(repr=False)

    @property
    def gekozen(self) -> pd.DataFrame:
        """Return what goes on, at the part that does: `CHOSEN` columns."""
        found = self.plannen[self.plannen["deel"] > 0].reset_index(drop=True)
        return found.assign(**found[CHOSEN[2:]].mul(found["deel"], axis=0))

    @property
    def stand(self) -> pd.DataFrame:
        """Return waarde, gap and status as one row."""
        return pd.DataFrame({"waarde": [self.waarde], "gap": [self.gap], "status": [self.status]})


def solve(
    plans: Plans,
    netting: Netting,
    voet: float,
    limits: pd.DataFrame | None = None,
    gap: float = 0.01,
    seconds: float = 60,
    moet: Collection[str] = (),
) -> Outcome:
    """Return the choice of plans that gains most in all, and who pays for it.

    A saving counts net (`netting`), discounted at `voet` to the first year, and only where it falls
    to a budget at the table. `limits` as `market_model.build`. The search stops at `gap` or after
    `seconds`. `moet` names plans that were decided already. Of equal plans the first by name goes
    on. Who pays: first budgets for their own goal; then each in step with its amount; then the
    first by name.
    """
    besparingen = cashflow.savings(plans, netting)
    model = build(plans, besparingen, voet, limits)
    must = model.plannen["activiteit"].map(key).isin([key(name) for name in moet]).to_numpy(bool)
    found = choose(model, gap=gap, seconds=seconds, must=must)
    parts, value, left = np.zeros(len(must)), 0.0, 0.0
    paid = cashflow.frame([], cashflow.BETALINGEN)
    if found is not None:
        left = float("nan")
        if found.x is not None:
            parts = parts_of(model, found.x)
            value = float(model.worth() @ parts) * EUROS
            left = _gap(found, value)
            if parts.any():
                paid = _payments(model, plans, pay(model, parts, found.x))
    chosen = model.plannen.assign(deel=parts)
    saved = _at_part(besparingen, chosen)
    return Outcome(
        chosen[CHOSEN],
        saved,
        paid,
        cashflow.flow_back(plans, saved, paid),
        value,
        left,
        _status(plans, model, found, chosen, value, left),
        model,
    )


def choose(
    model: Model,
    present: Collection[str] | None = None,
    gap: float = 0.0,
    seconds: float = 60,
    must: np.ndarray | None = None,
    nodes: int | None = None,
) -> OptimizeResult | None:
    """Return what the solver finds, with only some holders `present`; None: nothing can go on.

    `must` marks the plans that have to go on. The search stops at `nodes` of its tree, which does
    not depend on the machine, or after `seconds`, which does.
    """
    plan, high = model.of(PLAN), model.high(present)
    low, cost, whole = np.zeros((3, len(high)))
    high[plan] = _can(model, high)
    if must is not None:
        high[plan] = np.maximum(high[plan], must)
        low[plan] = must
    if not high[plan].any():
        return None
    worth = model.worth(present)
    cost[plan] = -worth + _TIE * np.arange(len(worth)) / len(worth)
    whole[plan] = model.heel
    options = {"mip_rel_gap": gap, "time_limit": seconds}
    if nodes is not None:
        options["node_limit"] = nodes
    return search(model, cost, low, high, whole, present, options=options)


def search(
    model: Model,
    cost: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    whole: np.ndarray | None = None,
    present: Collection[str] | None = None,
    extra: Sequence[tuple[np.ndarray, float]] = (),
    options: dict[str, float] | None = None,
) -> OptimizeResult:
    """Return the cheapest columns between bounds, with a row (weights, highest sum) for each of
    `extra`. Columns that can only be 0, such as who pays for a plan that is out, are left out.
    """
    open_ = np.zeros(len(model.plannen) + 1, dtype=bool)
    open_[:-1] = high[model.of(PLAN)] > 0  # the last is for columns of no plan
    paid = model.of(PAYS)
    kept = (high > 0) & (~paid | open_[np.where(paid, model.plan, -1)])
    rows = [LinearConstraint(model.matrix(present)[:, kept], *model.grenzen)]
    rows += [LinearConstraint(weights[kept], -np.inf, most) for weights, most in extra]
    found = milp(
        cost[kept],
        integrality=None if whole is None else whole[kept],
        bounds=Bounds(low[kept], high[kept]),
        constraints=rows,
        options=options,
    )
    if found.x is not None:
        columns = np.zeros(len(high))
        columns[kept] = found.x
        found.x = columns
    return found


def pay(model: Model, parts: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return all columns when parts of the plans are given, by the order in `solve`.

    `found` are the columns of a solution, kept where rounding leaves no other.
    """
    cols, plan, high = model.kolommen, model.of(PLAN), model.high()
    low = np.zeros(len(high))
    low[plan] = high[plan] = parts
    paid, band = model.of(PAYS), cols["band"].to_numpy()
    name = pd.factorize(cols["wie"], sort=True)[0]
    rows: list[tuple[np.ndarray, float]] = []
    for wish in (
        paid & (band == ADHESION),
        np.where(model.of(LOAD), cols["weging"], 0.0),
        np.where(paid, name / len(cols), 0.0),
    ):
        goal = np.asarray(wish, dtype=float)
        best = search(model, goal, low, high, extra=rows)
        if best.x is None:
            break
        found = best.x
        rows.append((goal, best.fun + _SLACK * (1 + abs(best.fun))))
    return found


def _at_part(besparingen: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return what is saved by what goes on, at the part that does."""
    part = besparingen["activiteit"].map(chosen.set_index("activiteit")["deel"]).astype("float")
    money = besparingen[["eenheden", "bruto", "verwacht", "netto", "voorzichtig"]]
    scaled = besparingen.assign(**money.mul(part, axis=0))
    return scaled[part > 0].reset_index(drop=True)


def _can(model: Model, high: np.ndarray) -> np.ndarray:
    """Return 1 for each plan that somebody may pay for; the others need no search."""
    open_ = model.plan[model.of(PAYS) & (high > 0)]
    found = np.isin(np.arange(len(model.plannen)), open_)
    return (found | (model.plannen["kosten"].to_numpy() == 0)).astype(float)


def parts_of(model: Model, found: np.ndarray) -> np.ndarray:
    parts = np.clip(found[model.of(PLAN)], 0.0, 1.0)
    parts = np.where(model.heel | (parts > 1 - _PART), np.round(parts), parts)
    return np.where(parts < _PART, 0.0, parts)


def _gap(found: OptimizeResult, value: float) -> float:
    """Return how much better a solution could be at most; without a bound it is the best."""
    bound = getattr(found, "mip_dual_bound", None)
    if bound is None or not np.isfinite(bound):
        return 0.0 if found.status == 0 else float("nan")
    more = -bound * EUROS - value
    return max(0.0, more / abs(value)) if abs(value) > _CENT else float(more > 1.0)


def _payments(model: Model, plans: Plans, found: np.ndarray) -> pd.DataFrame:
    """Return who pays what, as `cashflow.BETALINGEN`."""
    by, owners = {b.naam: b for b in plans.budgetten}, cashflow.owners(plans)
    rows = []
    for told, amount in zip(model.kolommen.itertuples(), found * EUROS, strict=True):
        if told.soort == PAYS and amount >= _CENT:
            naam, mine = model.plannen["activiteit"][told.plan], by[told.wie]
            who = (mine.naam, owners[mine.naam], mine.doel)
            rows.append((naam, *who, told.jaar, amount, told.band))
    return cashflow.frame(rows, cashflow.BETALINGEN)


def _status(
    plans: Plans,
    model: Model,
    found: OptimizeResult | None,
    chosen: pd.DataFrame,
    value: float,
    left: float,
) -> str:
    """Return in Dutch what came of it."""
    if not plans.activiteiten:
        return "Er zijn geen plannen, dus er valt niets te verdelen."
    if not plans.budgetten:
        return "Er zit geen budget aan tafel, dus geen enkel plan kan door."
    if not any(amount for b in plans.budgetten for amount in b.bedragen.values()):
        return "In geen enkel budget zit geld, dus geen enkel plan dat geld kost kan door."
    if found is not None and found.x is None:
        return _unsolved(found.status)
    alone = ""
    if len(model.houders) == 1:
        name = plans.budgetten[0].houder
        alone = f" Alleen {name} zit aan tafel: ruilen met een ander kan niet."
    many = int((chosen["deel"] > 0).sum())
    if not many:
        return f"Geen enkel plan gaat door.{alone}"
    all_ = dutch.plural(len(chosen), "plan", "plannen")
    gain = f"Van {all_} {'gaat er' if many == 1 else 'gaan er'} {dutch.number(many)} door."
    gain += f" {'Dat levert' if many == 1 else 'Samen leveren ze'} netto {dutch.about(value)} op."
    return f"{gain} {_certain(found, left)}{alone}"


def _certain(found: OptimizeResult | None, left: float) -> str:
    if left < 0.0005:
        return "Een betere verdeling is er niet."
    late = "De rekentijd was op. " if found is not None and found.status == 1 else ""
    if not dutch.is_known(left):
        return f"{late}Hoeveel beter het kan, is niet bekend."
    return f"{late}Er is hooguit {dutch.percent(left, 1)} meer te halen."


def _unsolved(status: int) -> str:
    """Return in Dutch why the solver has no answer; `status` as `scipy.optimize.milp` gives it."""
    return {
        1: "De rekentijd was op voor er een verdeling was. Geef meer tijd of minder plannen.",
        2: "Wat door moet gaan, kan niet met deze budgetten en grenzen.",
        3: "Een bedrag is oneindig, dus er is geen beste verdeling. Kijk de bedragen na.",
    }.get(status, "Het rekenen liep vast, dus er is geen verdeling. Kijk de bedragen na.")
