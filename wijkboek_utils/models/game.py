"""The game of inverdienen: one plan, who pays and who saves, and what happens when a figure moves.

For a meeting of residents and officials. It computes with the same functions as the report.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd

from wijkboek_utils import kengetallen, pilots, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.models import cases, cashflow, netting, plans, simulate
from wijkboek_utils.models.netting import Netting
from wijkboek_utils.models.plans import Activiteit, Budget, Effect, Plans

# How a saving is counted: column of `cashflow.savings`. Gross still counts the chance.
WAYS = {"bruto": "verwacht", "netto": "netto", "voorzichtig": "voorzichtig"}
_GARDEN = "tuin"
_DRAWS = 2000  # enough for a range of two digits, while a slider moves


class Choice(NamedTuple):
    """What people at the table choose: EUR a year, units a year, shares and a number of years."""

    kosten: float
    minder: float
    kans: float
    terug: float
    jaren: int
    wijze: str = "netto"


@dataclass(frozen=True)
class Game:
    """A plan with one link, the budget that pays and the budget that saves."""

    plan: Activiteit
    effect: Effect
    betaler: Budget
    spaarder: Budget
    netting: Netting
    voet: float
    label: str = ""

    @property
    def choice(self) -> Choice:
        """Return what the plan itself says."""
        e = self.effect
        return Choice(self.plan.kosten, e.minder, e.kans, e.terug, len(e.jaren))


@dataclass(frozen=True)
class Result:
    """What a choice leads to. Amounts in EUR over all years, as the choice counts them.

    `rekeningen` as `cashflow.accounts`; `terug_na` is in years, None when it is not back;
    `quitte` is the share that must flow back so that who pays does not lose, None when no share
    is enough. `laag`, `hoog` and `kans_op_winst` are of all together, net and discounted.
    """

    rekeningen: pd.DataFrame
    betaalt: float
    bespaart: float
    terug: float
    terug_na: float | None
    quitte: float | None
    laag: float
    hoog: float
    kans_op_winst: float


def begin(pilot: str) -> Game:
    """Return the game of the first plan of a pilot that saves something, else that of the garden.

    Raises Fout when there is no such pilot.
    """
    getallen = kengetallen.load(pilots.load(pilot).kengetallen)
    try:
        names = ("plan_budgetten", "plan_activiteiten")
        budgetten, activiteiten = (sources.read_table(pilot, name) for name in names)
    except Fout:  # nobody has made the books of this pilot here
        return garden(getallen)
    label = "" if activiteiten.empty else str(activiteiten["illustratie"].iloc[0])
    return of(plans.read(budgetten, activiteiten, getallen, label), getallen) or garden(getallen)


def garden(getallen: Kengetallen) -> Game:
    """Return the game of the community garden of the publication."""
    case = cases.load(_GARDEN, getallen)
    found = of(case.plans, Kengetallen(case.getallen.known))
    assert found  # its file has a link, or no test of it would pass
    return found


def of(read: Plans, getallen: Kengetallen) -> Game | None:
    """Return the game of the first plan that saves something; None when none does.

    Who pays is a budget of a goal that the result serves itself. Where none is at the table, a
    purse of who leads the plan takes its place.
    """
    plan = next((a for a in read.activiteiten if a.effecten), None)
    if plan is None:
        return None
    effect = plan.effecten[0]
    savers = read.of_goal(effect.doel)
    saver = savers[0] if savers else Budget(effect.doel, _about(effect.doel), effect.doel, {})
    own = (goal for goal in (*plan.eigen, *plan.gevraagd) if not plans.same(goal, (effect.doel,)))
    payers = [b for goal in own for b in read.of_goal(goal) if b.naam != saver.naam]
    purse = Budget("geld van het plan", plan.trekker or "wie betaalt", plan.resultaat, {})
    return Game(
        plan,
        effect,
        payers[0] if payers else purse,
        saver,
        netting.load(getallen),
        cashflow.discount(getallen),
        read.illustratie,
    )


def _about(doel: str) -> str:
    return f"wie over {doel} gaat"


def play(game: Game, choice: Choice) -> Result:
    """Return what a choice leads to for who pays and who saves."""
    read = _plans(game, choice)
    way = WAYS[choice.wijze]
    (plan,) = read.activiteiten
    payer = read.budgetten[0]
    paid = cashflow.frame(
        [
            (plan.naam, payer.naam, payer.houder, payer.doel, year, plan.kosten, plans.COHESION)
            for year in plan.jaren
        ],
        cashflow.BETALINGEN,
    )
    saved = cashflow.savings(read, game.netting)
    back = cashflow.flow_back(read, saved, paid, way)
    accounts = cashflow.accounts(read, saved, paid, back, way)
    judged = cashflow.judge(read, saved, game.voet, bedrag=way).iloc[0]
    drawn = simulate.draws(read, paid, game.netting, game.voet, _DRAWS).activiteiten
    sure = simulate.summary(drawn).iloc[0]
    costs, gains = plan.kosten * len(plan.jaren), float(saved[way].sum())
    years = judged["terugverdientijd"]
    return Result(
        accounts,
        costs,
        gains,
        float(back["bedrag"].sum()),
        None if pd.isna(years) else float(years),
        costs / gains if 0 < costs <= gains else None,
        float(sure["laag"]),
        float(sure["hoog"]),
        float(sure["kans_op_winst"]),
    )


def _plans(game: Game, choice: Choice) -> Plans:
    """Return the plan as people at the table changed it; its range moves along with its units."""
    e = game.effect
    ratio = choice.minder / e.minder if e.minder else 0.0
    begin = e.jaren[0]
    effect = replace(
        e,
        minder=choice.minder,
        laag=e.laag * ratio,
        hoog=e.hoog * ratio,
        kans=choice.kans,
        terug=choice.terug,
        jaren=tuple(range(begin, begin + choice.jaren)),
    )
    plan = replace(game.plan, kosten=choice.kosten, effecten=(effect,), eigen=(), gevraagd={})
    none = pd.DataFrame(columns=plans.REFUSED, dtype="str")
    return Plans((game.betaler, game.spaarder), (plan,), none, game.label)
