"""Why a plan does not go on: who refuses, and how much is lacking."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tests import markets
from tests.markets import NETTING, RATE, effect
from tests.plans import KNOWN
from wijkboek_utils.models import cases, market, market_model, netting, refusals
from wijkboek_utils.models.market_model import ABSENT, LIMIT, LOSES, NOT_FREE, SMALL
from wijkboek_utils.models.plans import Activiteit, Budget, Plans

EGGS, FLOUR, SUGAR = (
    Budget(naam, f"zuil {naam}", naam, {2026: 1000.0}, 0.0) for naam in ("Eieren", "Meel", "Suiker")
)
HELP = Budget("Bijstand", "dienst", "bijstand", {2026: 50_000.0}, 0.0)
CAKE = Activiteit(
    "de cake", "", "een cake", 900.0, (2026,), True, ("eieren", "meel", "suiker"),
    {"eieren": 300.0, "meel": 300.0, "suiker": 300.0}, (effect("bijstand", 4000.0, (2026, 2027)),),
)  # fmt: skip


def why(plans: Plans, **how: object) -> pd.DataFrame:
    return refusals.why(plans, market.solve(plans, NETTING, RATE, **{"gap": 0.0, **how}))


def only(plans: Plans, **how: object) -> tuple[str, str, str, float]:
    (told,) = why(plans, **how).itertuples()
    return told.wie, told.soort, told.reden.replace("\N{NO-BREAK SPACE}", " "), told.ontbreekt


def test_with_all_ingredients_there_is_a_cake_and_nobody_refuses():
    assert why(markets.plans([EGGS, FLOUR, SUGAR, HELP], [CAKE])).empty


@pytest.mark.parametrize("missing", [EGGS, FLOUR, SUGAR])
def test_without_one_ingredient_there_is_no_cake_and_it_is_said_which(missing):
    rest = [b for b in (EGGS, FLOUR, SUGAR, HELP) if b is not missing]
    rich = dataclasses.replace(HELP, vrij_deel=1.0)  # another's money is no sugar
    for budgets in (rest, [*rest[:-1], rich]):
        wie, soort, reden, short = only(markets.plans(budgets, [CAKE]))
        assert (wie, soort, short) == (missing.doel.casefold(), ABSENT, pytest.approx(300))
        assert reden == f"Zonder budget {wie} kan de cake niet: er ontbreekt € 300."


def test_the_cake_of_the_publication_needs_its_sugar():
    case = cases.load("cake", KNOWN)
    taken = netting.load(case.getallen)
    assert len(market.solve(case.plans, taken, RATE).gekozen) == 1
    for pillar in ("meel", "eieren", "suiker"):
        left = tuple(b for b in case.plans.budgetten if b.doel != pillar)
        plans = dataclasses.replace(case.plans, budgetten=left)
        outcome = market.solve(plans, taken, RATE)
        assert outcome.gekozen.empty
        assert refusals.why(plans, outcome)["wie"].to_list() == [pillar]


def test_a_budget_too_small_or_not_free_is_told_with_what_is_lacking():
    poor = dataclasses.replace(SUGAR, bedragen={2026: 120.0})
    wie, soort, reden, short = only(markets.plans([EGGS, FLOUR, poor, HELP], [CAKE]))
    assert (wie, soort, short) == ("Suiker", SMALL, pytest.approx(180))
    assert reden == "Budget Suiker is te klein voor de cake: er ontbreekt € 180."

    plan = dataclasses.replace(CAKE, eigen=(), gevraagd={})
    for share, words in (
        (None, "Niemand zei welk deel"),
        (0.01, "Van budget Bijstand"),
    ):
        stuck = dataclasses.replace(HELP, vrij_deel=share)
        wie, soort, reden, short = only(markets.plans([stuck], [plan]))
        assert (wie, soort) == ("Bijstand", NOT_FREE) and reden.startswith(words)
        assert short == pytest.approx(900 - 50_000 * (share or 0))


def test_who_would_lose_refuses_until_enough_flows_back():
    idle = Budget("Sport", "de club", "sport", {2026: 9000.0}, 1.0)
    saves = effect("bijstand", 1000.0, (2026,), 0.6)
    plan = dataclasses.replace(
        CAKE, eigen=(), gevraagd={}, effecten=(saves, effect("sport", 0.0, (2026,)))
    )
    wie, soort, reden, short = only(markets.plans([idle, HELP], [plan]))
    assert (wie, soort) == ("de club", LOSES)
    assert short == pytest.approx(900 - 600 / (1 + RATE))
    assert "er vloeit € 310 te weinig terug" in reden


def test_the_council_is_named_when_its_bound_stands_in_the_way():
    free = dataclasses.replace(HELP, vrij_deel=1.0)
    plan = dataclasses.replace(CAKE, eigen=(), gevraagd={})
    bound = pd.DataFrame([("uit doel", "bijstand", 2026, 700.0)], columns=market_model.LIMITS)
    wie, soort, reden, short = only(markets.plans([free], [plan]), limits=bound)
    assert (wie, soort, short) == ("de raad", LIMIT, pytest.approx(200))
    assert "«uit doel bijstand»" in reden


def test_when_others_did_more_with_the_money_that_is_said():
    better = dataclasses.replace(
        CAKE, naam="taart", effecten=(effect("bijstand", 9000.0, (2026,)),)
    )
    little = [dataclasses.replace(b, bedragen={2026: 400.0}) for b in (EGGS, FLOUR)]
    told = why(markets.plans([*little, SUGAR, HELP], [CAKE, better]))
    assert set(told["activiteit"]) == {"de cake"} and set(told["wie"]) == {"Eieren", "Meel"}
    assert told["ontbreekt"].to_list() == pytest.approx([200, 200])
    assert told["reden"].str.contains("gaat naar wat meer oplevert").all()


def test_what_saves_less_than_it_costs_names_who_gains_outside_the_table():
    nobody = [EGGS, FLOUR, SUGAR]
    wie, soort, reden, short = only(markets.plans(nobody, [CAKE]))
    assert (wie, soort, short) == ("bijstand", refusals.WORTH, pytest.approx(900))
    assert "bijstand zit niet aan tafel; daar valt nog €" in reden
    dear = dataclasses.replace(CAKE, effecten=(effect("bijstand", 100.0, (2026,)),))
    wie, _, _, short = only(markets.plans([*nobody, HELP], [dear]))
    assert (wie, short) == ("", pytest.approx(900 - 100 / (1 + RATE)))


def test_with_what_was_lacking_the_plan_goes_on_and_with_less_it_does_not():
    tried = 0
    for seed in range(80):
        plans = markets.random(np.random.default_rng(seed), 2, 3, 1, goals=2, holders=3)
        plans = dataclasses.replace(plans, activiteiten=plans.activiteiten[:1])
        told = why(plans)
        if len(told) != 1 or told["soort"][0] not in (SMALL, NOT_FREE):
            continue
        lack, tried = told.iloc[0], tried + 1
        for extra, goes in ((lack["ontbreekt"] + 0.1, True), (lack["ontbreekt"] - 1, False)):
            given = [_more(b, lack, extra) if b.naam == lack["wie"] else b for b in plans.budgetten]
            outcome = market.solve(
                dataclasses.replace(plans, budgetten=tuple(given)), NETTING, RATE, gap=0.0
            )
            assert (outcome.plannen["deel"][0] == 1) == goes, (seed, extra)
    assert tried > 6


def _more(budget: Budget, lack: pd.Series, extra: float) -> Budget:
    (year,) = budget.bedragen
    if lack["soort"] == NOT_FREE:
        return dataclasses.replace(
            budget, vrij_deel=(budget.free(year) + extra) / budget.amount(year)
        )
    more = budget.amount(year) + extra
    free = budget.free(year) / more  # of what comes on top nothing is free
    return dataclasses.replace(budget, bedragen={year: more}, vrij_deel=free)
