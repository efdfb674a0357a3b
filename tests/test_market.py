"""The beursvloer: held against every choice there is, and what it may never do."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import markets
from tests.markets import NETTING, RATE, effect
from wijkboek_utils.errors import Fout
from wijkboek_utils.models import cashflow, market, market_model
from wijkboek_utils.models.market import Outcome
from wijkboek_utils.models.plans import ADHESION, COHESION, Activiteit, Budget, Plans, key

YEARS = (2026, 2027, 2028)
GREEN = Budget("Groen", "gemeente", "groen", {2026: 5000.0}, 0.0)
HELP = Budget("Bijstand", "dienst", "bijstand", {2026: 50_000.0}, 0.5)
GARDEN = Activiteit(
    "Tuin", "", "een tuin", 5000.0, (2026,), True, ("groen",), {},
    (effect("bijstand", 4000.0, YEARS, terug=0.5),),
)  # fmt: skip


def small(seed: int) -> Plans:
    rng = np.random.default_rng(seed)
    acts, budgets, years = (int(rng.integers(1, most)) for most in (5, 5, 4))
    return markets.random(rng, acts, budgets, years, goals=3, holders=3)


def solve(plans: Plans, **how: object) -> Outcome:
    return market.solve(plans, NETTING, RATE, **{"gap": 0.0, **how})


def value(plans: Plans) -> float:
    model = market_model.build(plans, cashflow.savings(plans, NETTING), RATE)
    found = market.choose(model)
    parts = market.parts_of(model, found.x) if found is not None else np.zeros(len(model.plannen))
    return 1000 * model.worth() @ parts


@pytest.mark.parametrize("seed", range(10))
def test_who_is_absent_has_no_cell_no_payment_and_no_saving(seed):
    """The matrix of a group is the sum of its cells, the bounds and the worth follow its names."""
    plans, rng = small(seed), np.random.default_rng(seed)
    model = market_model.build(plans, cashflow.savings(plans, NETTING), RATE)
    here = [who for who in model.houders if rng.random() < 0.6]
    whole = np.zeros((len(model.rijen), len(model.kolommen)))
    for row, column, value_, saver in model.cellen.tolist():
        if saver < 0 or model.houders[int(saver)] in here:
            whole[int(row), int(column)] += value_
    assert model.matrix(here).toarray() == pytest.approx(whole)
    assert model.matrix().toarray() == pytest.approx(model.matrix(model.houders).toarray())
    saved = model.baten[here].sum(axis=1) - model.plannen["kosten"] / 1000
    assert model.worth(here) == pytest.approx(saved.to_numpy())
    pays = (model.kolommen["soort"] == "betaalt").to_numpy()
    absent = pays & ~model.kolommen["houder"].isin(here).to_numpy()
    assert (model.high(here)[absent] == 0).all()
    assert (model.high(here)[~absent] == model.high()[~absent]).all()


def audit(plans: Plans, outcome: Outcome) -> None:
    """Check all that may never be, from the payments and not from the matrix."""
    paid, parts = outcome.betalingen, outcome.plannen.set_index("activiteit")["deel"]
    for act in plans.activiteiten:
        part = parts[act.naam]
        assert not act.heel or part in (0.0, 1.0)
        mine = paid[paid["activiteit"] == act.naam]
        assert {*mine["jaar"]} <= {*act.jaren}
        for year in act.jaren:
            now = mine[mine["jaar"] == year]
            assert now["bedrag"].sum() == pytest.approx(act.kosten * part, abs=0.05)
            for goal, amount in act.gevraagd.items():
                of = now.loc[now["doel"].map(key) == key(goal), "bedrag"].sum()
                assert of >= amount * part - 0.05
        assert all(act.tie(row.doel) == row.soort for row in mine.itertuples())
    for budget in plans.budgetten:
        of = paid[paid["budget"] == budget.naam]
        for year, rows in of.groupby("jaar"):
            assert rows["bedrag"].sum() <= budget.amount(year) + 0.05
            for_others = rows.loc[rows["soort"] == ADHESION, "bedrag"].sum()
            assert for_others <= budget.free(year) + 0.05
    assert (surplus(plans, outcome) >= -0.05).all()


def surplus(plans: Plans, outcome: Outcome) -> pd.Series:
    """Return what each holder has left, discounted; what it pays for its own goal it wants."""
    paid = outcome.betalingen[outcome.betalingen["soort"] == ADHESION]
    told = cashflow.accounts(plans, outcome.besparingen, paid, outcome.terug)
    return cashflow.holders(told, RATE).set_index("houder")["contante_waarde"]


def test_the_best_of_300_small_markets_is_the_best_of_every_choice_there_is():
    gains = []
    for seed in range(300):
        plans = small(seed)
        gains.append(value(plans))
        assert gains[-1] == pytest.approx(markets.best(plans), abs=0.02), f"markt {seed}"
    assert sum(gain > 0 for gain in gains) > 100  # or they would show little


@settings(max_examples=10)
@given(st.integers(1000, 10**6))
def test_no_budget_is_exceeded_a_plan_is_whole_and_no_holder_is_worse_off(seed):
    plans = small(seed)
    outcome = solve(plans)
    audit(plans, outcome)
    assert outcome.gap == 0
    assert outcome.waarde == pytest.approx(outcome.gekozen["waarde"].sum())
    told = cashflow.accounts(plans, outcome.besparingen, outcome.betalingen, outcome.terug)
    if not told.empty:
        whole = cashflow.holders(told, RATE)["contante_waarde"].sum()
        assert outcome.waarde == pytest.approx(whole, abs=0.05)  # nothing is lost between holders


@settings(max_examples=10)
@given(st.integers(1000, 10**6))
def test_more_money_never_makes_the_market_worth_less(seed):
    plans = small(seed)
    twice = [
        dataclasses.replace(b, bedragen={year: 2 * amount for year, amount in b.bedragen.items()})
        for b in plans.budgetten
    ]
    guest = Budget("gast", "gast", "doel 9", {2026: 1000.0}, 1.0)
    before = value(plans)
    assert value(dataclasses.replace(plans, budgetten=tuple(twice))) >= before - 0.02
    assert value(dataclasses.replace(plans, budgetten=(*plans.budgetten, guest))) >= before - 0.02


def test_the_garden_is_paid_by_its_own_goal_and_half_of_what_is_saved_flows_back():
    outcome = solve(markets.plans([GREEN, HELP], [GARDEN]))
    (paid,) = outcome.betalingen.itertuples()
    assert (paid.budget, paid.bedrag, paid.soort) == ("Groen", pytest.approx(5000), COHESION)
    assert outcome.terug["bedrag"].to_list() == pytest.approx([2000, 2000, 2000])
    gain = sum(4000 / (1 + RATE) ** nr for nr in (1, 2, 3)) - 5000
    assert outcome.waarde == pytest.approx(gain)
    assert outcome.plannen["elders"].to_list() == [0]  # all of it falls to who is at the table
    assert outcome.status.startswith("Van 1 plan gaat er 1 door.")
    assert outcome.status.endswith("Een betere verdeling is er niet.")


def test_who_does_not_save_pays_for_another_goal_only_when_enough_flows_back():
    idle = Budget("Sport", "club", "sport", {2026: 9000.0}, 1.0)
    tied = effect("sport", 0.0, YEARS)  # sport may pay, and saves nothing

    def outcome(terug: float) -> Outcome:
        saves = effect("bijstand", 4000.0, YEARS, terug)
        plan = dataclasses.replace(GARDEN, eigen=(), effecten=(saves, tied))
        stuck = dataclasses.replace(HELP, vrij_deel=None)
        return solve(markets.plans([idle, stuck], [plan]))

    assert outcome(0.4).gekozen.empty  # 4,800 in three years is less than 5,000 now
    rich = outcome(0.5)
    assert rich.betalingen["budget"].to_list() == ["Sport"]
    assert surplus(markets.plans([idle, HELP], [GARDEN]), rich)["club"] > 0


@pytest.mark.parametrize(("saves", "goes"), [(5120.0, True), (5100.0, False)])
def test_what_is_paid_later_counts_for_less_than_what_is_paid_now(saves, goes):
    early = Activiteit("Begin", "", "een begin", 0.0, (2026,), True)
    saved = effect("bijstand", saves, (2028,))  # at the end of the year: 5,112.50 covers 5,000
    late = dataclasses.replace(GARDEN, jaren=(2028,), eigen=(), effecten=(saved,))
    purse = dataclasses.replace(HELP, bedragen={2028: 50_000.0})
    assert solve(markets.plans([purse], [early, late])).gekozen.empty != goes


def test_who_pays_two_years_gets_back_no_more_than_was_agreed():
    idle = Budget("Sport", "club", "sport", {2026: 9000.0, 2027: 9000.0}, 1.0)
    stuck = dataclasses.replace(HELP, vrij_deel=0.0)

    def outcome(terug: float) -> Outcome:
        saved = (effect("bijstand", 4000.0, YEARS, terug), effect("sport", 0.0, YEARS))
        plan = dataclasses.replace(GARDEN, jaren=(2026, 2027), eigen=(), effecten=saved)
        return solve(markets.plans([idle, stuck], [plan]))

    assert outcome(0.8).gekozen.empty  # 9,600 comes back, and it paid 10,000
    assert not outcome(0.9).gekozen.empty


def test_of_a_plan_without_costs_nobody_paid_so_all_stays_with_who_saves():
    free = dataclasses.replace(
        GARDEN, naam="Hof", kosten=0.0, effecten=(effect("bijstand", 4000.0, YEARS, terug=1.0),)
    )
    club = Budget("Sport", "club", "sport", {2026: 0.0}, 0.0)
    pitch = dataclasses.replace(
        GARDEN,
        naam="Veld",
        eigen=(),
        effecten=(effect("sport", 4000.0, YEARS), effect("bijstand", 0.0, YEARS)),
    )
    both = solve(markets.plans([HELP, club], [free, pitch]))
    assert both.gekozen["activiteit"].to_list() == ["Hof", "Veld"]  # 12,000 covers 5,000
    assert solve(markets.plans([HELP, club], [pitch])).gekozen.empty


def test_budgets_for_the_same_goal_pay_in_step_with_what_they_have():
    other = Budget("Bomen", "club", "groen", {2026: 15_000.0}, 0.0)
    paid = solve(markets.plans([GREEN, HELP, other], [GARDEN])).betalingen
    # By tenths: 500 and 1,500 each time, and the last 1,000 from the first by name.
    assert paid["budget"].to_list() == ["Bomen", "Groen"]
    assert paid["bedrag"].to_list() == pytest.approx([4000, 1000])


def test_the_order_of_rows_does_not_matter_and_of_equal_plans_the_first_by_name_goes_on():
    twin = dataclasses.replace(GARDEN, naam="Hof")
    one = solve(markets.plans([GREEN, HELP], [GARDEN, twin]))
    other = solve(markets.plans([HELP, GREEN], [twin, GARDEN]))
    assert one.gekozen["activiteit"].to_list()[:1] == ["Hof"]
    pd.testing.assert_frame_equal(one.betalingen, other.betalingen)
    poor = dataclasses.replace(HELP, vrij_deel=0.0)
    only = solve(markets.plans([GREEN, poor], [GARDEN, twin]))
    assert only.gekozen["activiteit"].to_list() == ["Hof"]


def test_what_may_go_on_in_part_does_so_for_what_there_is():
    half = dataclasses.replace(GREEN, bedragen={2026: 2000.0})
    poor = dataclasses.replace(HELP, vrij_deel=0.0)
    part = dataclasses.replace(GARDEN, heel=False)
    outcome = solve(markets.plans([half, poor], [part]))
    assert outcome.gekozen["deel"].to_list() == pytest.approx([0.4])
    assert outcome.gekozen["kosten"].to_list() == pytest.approx([2000])
    assert outcome.besparingen["netto"].to_list() == pytest.approx([1600] * 3)
    part_of = outcome.besparingen[["bruto", "verwacht"]] / 0.4
    assert part_of.to_numpy() == pytest.approx(1600 / 0.4 / NETTING.centraal)
    assert solve(markets.plans([half, poor], [GARDEN])).gekozen.empty


def test_what_is_saved_by_who_is_not_at_the_table_does_not_count():
    outcome = solve(markets.plans([GREEN], [GARDEN]))
    (told,) = outcome.plannen.itertuples()
    assert outcome.gekozen.empty and told.besparing == 0 and told.elders > 11_000
    assert outcome.status == (
        "Geen enkel plan gaat door. Alleen gemeente zit aan tafel: ruilen met een ander kan niet."
    )


@pytest.mark.parametrize(
    ("soort", "naam"),
    [("uit doel", "Bijstand"), ("uit budget", "bijstand"), ("naar doel", "Groen")],
)
def test_the_council_bounds_what_leaves_or_enters_a_goal(soort, naam):
    plans = markets.plans([dataclasses.replace(GREEN, bedragen={}), HELP], [GARDEN])
    assert not solve(plans).gekozen.empty
    bound = pd.DataFrame([(soort, naam, None, 4999.0)], columns=market_model.LIMITS)
    assert solve(plans, limits=bound).gekozen.empty
    elsewhere = bound.assign(naam="sport")
    assert not solve(plans, limits=elsewhere).gekozen.empty
    assert not solve(plans, limits=bound.assign(jaar=2027)).gekozen.empty
    with pytest.raises(Fout, match="Grens"):
        solve(plans, limits=bound.assign(hoogstens=-1.0))


NOBODY = dataclasses.replace(GREEN, bedragen={2026: 0.0})


@pytest.mark.parametrize(
    ("budgets", "acts", "words"),
    [
        ([GREEN], [], "Er zijn geen plannen, dus er valt niets te verdelen."),
        ([], [], "Er zijn geen plannen, dus er valt niets te verdelen."),
        ([], [GARDEN], "Er zit geen budget aan tafel, dus geen enkel plan kan door."),
        ([NOBODY], [GARDEN], "In geen enkel budget zit geld, dus geen enkel plan dat geld kost"),
        ([HELP], [GARDEN], "Alleen dienst zit aan tafel: ruilen met een ander kan niet."),
        (
            [GREEN, dataclasses.replace(HELP, doel="iets anders")],
            [GARDEN],
            "Geen enkel plan gaat door.",
        ),
    ],
)
def test_a_market_without_much_in_it_gives_a_sentence(budgets, acts, words):
    outcome = solve(markets.plans(budgets, acts))
    assert words in outcome.status
    assert list(outcome.betalingen) == list(cashflow.BETALINGEN)
    assert outcome.waarde == outcome.gekozen["waarde"].sum()


def test_what_was_decided_already_goes_on_even_at_a_loss_or_it_is_said_that_it_cannot():
    dear = dataclasses.replace(GARDEN, effecten=())
    plans = markets.plans([GREEN, HELP], [dear])
    assert solve(plans).gekozen.empty
    assert solve(plans, moet=["tuin"]).waarde == pytest.approx(-5000)
    stuck = solve(markets.plans([HELP], [dear]), moet=["Tuin"])
    assert stuck.status == "Wat door moet gaan, kan niet met deze budgetten en grenzen."
    assert stuck.gekozen.empty and np.isnan(stuck.gap)


def test_without_end_of_money_the_market_still_has_an_end():
    endless = dataclasses.replace(GREEN, bedragen={2026: float("inf")})
    assert len(solve(markets.plans([endless, HELP], [GARDEN])).gekozen) == 1


def test_when_time_is_up_the_best_found_is_told_with_its_gap(monkeypatch):
    real = market.milp

    def late(*told: object, **how: object):
        found = real(*told, **how)
        if how.get("integrality") is not None:
            found.status, found.mip_dual_bound = 1, 1.25 * found.fun
        return found

    monkeypatch.setattr(market, "milp", late)
    outcome = solve(markets.plans([GREEN, HELP], [GARDEN]))
    assert outcome.gap == pytest.approx(0.25, abs=0.001)
    assert "De rekentijd was op. Er is hooguit 25,0" in outcome.status
    found = real(np.zeros(1), bounds=(0, 1))
    found.x, found.status = None, 1
    monkeypatch.setattr(market, "milp", lambda *told, **how: found)
    assert solve(markets.plans([GREEN, HELP], [GARDEN])).status.startswith("De rekentijd was op")


def test_a_market_of_60_plans_is_within_one_percent():
    plans = markets.random(np.random.default_rng(6), 60, 20, 5, goals=8, holders=8)
    outcome = solve(plans, gap=0.01)
    assert outcome.gap <= 0.01 and len(outcome.gekozen) > 10
    audit(plans, outcome)
