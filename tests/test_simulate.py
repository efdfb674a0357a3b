"""Draws: they hold the ranges that were given, agree with the accounts, and are fast."""

import resource
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from docs import bench_plannen
from tests.kasstroom import link, markets
from tests.plans import KNOWN, activities, budgets
from wijkboek_utils.errors import Fout
from wijkboek_utils.models import cashflow, netting, plans, simulate

NET, RATE = netting.load(KNOWN), cashflow.rate(KNOWN)
NONE = cashflow.frame([], cashflow.BETALINGEN)


def certain(read, net):
    """Return plans and netting without any luck in them, with the same central values."""

    def sure(k):
        return replace(k, laag=k.waarde, hoog=k.waarde)

    plain = tuple(
        replace(
            a,
            effecten=tuple(
                replace(e, laag=e.minder, hoog=e.minder, kans=1.0, kengetal=sure(e.kengetal))
                for e in a.effecten
            ),
        )
        for a in read.activiteiten
    )
    return replace(read, activiteiten=plain), netting.Netting(tuple(map(sure, net.getallen)))


def one(**facts):
    """Return a plan with one link, and its draws."""
    read = plans.read(budgets(), activities(link("groen", effect_jaren=1, **facts)), KNOWN)
    return read, simulate.draws(read, NONE, NET, RATE.waarde).activiteiten["Plan"]


@settings(max_examples=25)
@given(markets())
def test_without_luck_a_draw_is_what_the_accounts_say(market):
    read, paid = market
    # Anything that is paid is paid in full, for the accounts know no half plans.
    full = tuple(replace(a, kosten=0.0) for a in read.activiteiten)
    read, net = certain(replace(read, activiteiten=full), NET)
    saved = cashflow.savings(read, net)
    back = cashflow.flow_back(read, saved, paid)
    held = cashflow.holders(cashflow.accounts(read, saved, paid, back), RATE.waarde)
    drawn = simulate.draws(read, paid, net, RATE.waarde, n=2)
    judged = cashflow.judge(read, saved, RATE.waarde).set_index("activiteit")["contante_waarde"]
    close = 1e-9 * (saved["netto"].sum() + paid["bedrag"].sum() + 1)
    for name, value in judged.items():
        assert drawn.activiteiten[name].to_numpy() == pytest.approx(value, abs=close)
    # A year of paying before the first of the plans does not exist, so both start in the same one.
    for row in held.itertuples():
        assert drawn.houders[row.houder].to_numpy() == pytest.approx(row.contante_waarde, abs=close)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others():
    read, drawn = one()
    again = simulate.draws(read, NONE, NET, RATE.waarde).activiteiten["Plan"]
    other = simulate.draws(read, NONE, NET, RATE.waarde, seed=7).activiteiten["Plan"]
    assert drawn.equals(again) and not drawn.equals(other)


def test_another_plan_in_the_list_does_not_change_the_draws_of_this_one():
    _, alone = one()
    more = activities(link("zorg", naam="Ander"), link("groen", effect_jaren=1))
    read = plans.read(budgets(), more, KNOWN)
    assert simulate.draws(read, NONE, NET, RATE.waarde).activiteiten["Plan"].equals(alone)


def test_the_chance_of_success_is_the_chance_that_was_given():
    _, drawn = one(kans=0.3, kosten=1)
    assert (drawn < 0).mean() == pytest.approx(0.7, abs=0.02)
    assert simulate.summary(drawn.to_frame())["kans_op_winst"].item() == (drawn >= 0).mean()


@pytest.mark.parametrize(("kans", "want"), [(0, 0.0), (1, 1.0)])
def test_what_never_or_always_works_does_so_in_every_draw(kans, want):
    _, drawn = one(kans=kans, kosten=1, minder_laag=0.9, minder_hoog=1.1)
    assert (drawn > 0).mean() == want


def test_the_range_of_the_units_is_the_range_of_the_outcome_when_all_else_is_certain():
    read, _ = one(kans=1, minder_laag=0.5, minder_hoog=4, kosten=0)
    sure, net = certain(read, NET)
    effect = replace(sure.activiteiten[0].effecten[0], laag=0.5, hoog=4.0)
    plan = replace(sure.activiteiten[0], effecten=(effect,))
    drawn = simulate.draws(replace(sure, activiteiten=(plan,)), NONE, net, 0.0).activiteiten["Plan"]
    each = effect.kengetal.waarde * net.centraal
    low, middle, high = np.quantile(drawn / each, [0.05, 0.5, 0.95])
    assert (low, middle, high) == pytest.approx((0.5, 1, 4), rel=0.05)


def test_one_kengetal_is_one_draw_for_all_its_links():
    rows = [link("groen", naam=name, kosten=0, kans=1, effect_jaren=1) for name in ("x", "y")]
    read = plans.read(budgets(), activities(*rows), KNOWN)
    narrow = tuple(
        replace(a, effecten=tuple(replace(e, laag=1.0, hoog=1.0) for e in a.effecten))
        for a in read.activiteiten
    )
    drawn = simulate.draws(replace(read, activiteiten=narrow), NONE, NET, RATE.waarde).activiteiten
    assert np.corrcoef(drawn["x"], drawn["y"])[0, 1] == pytest.approx(1)


def test_the_shares_that_are_taken_off_are_all_cautious_at_once():
    read, _ = one(kosten=0, kans=1)
    sure, _ = certain(read, NET)
    drawn = simulate.draws(sure, NONE, NET, 0.0).activiteiten["Plan"]
    gross = sure.activiteiten[0].effecten[0].bruto
    assert drawn.quantile(0.05) == pytest.approx(gross * NET.voorzichtig, rel=0.02)


def test_what_is_not_paid_enough_saves_nothing_for_any_holder():
    read = plans.read(budgets({}), activities(link("groen", kans=1)), KNOWN)
    row = ("Plan", "Wijkbudget", "gemeente", "groen", 2026)
    half, whole = (
        simulate.draws(
            read, cashflow.frame([(*row, euro, "cohesie")], cashflow.BETALINGEN), NET, RATE.waarde
        ).houders["gemeente"]
        for euro in (500.0, 1000.0)
    )
    assert (half == -500).all() and whole.median() > 0


def test_an_activity_fails_for_all_its_links_at_once():
    rows = [link(goal, kans=0.5, kosten=1, effect_jaren=1) for goal in ("groen", "zorg", "sport")]
    read = plans.read(budgets(), activities(*rows), KNOWN)
    drawn = simulate.draws(read, NONE, NET, RATE.waarde).activiteiten["Plan"]
    assert (drawn == drawn.min()).mean() == pytest.approx(0.5, abs=0.02)


def test_of_an_activity_without_a_saving_the_chance_is_unknown():
    read = plans.read(budgets(), activities({"doel": "groen", "verband": "eigen doel"}), KNOWN)
    (row,) = simulate.summary(simulate.draws(read, NONE, NET, 0.02).activiteiten).itertuples()
    assert pd.isna([row.midden, row.laag, row.hoog, row.kans_op_winst]).all()
    saved = cashflow.savings(read, NET)
    judged = cashflow.judge(read, saved, 0.02, simulate.summary(pd.DataFrame({"Plan": [np.nan]})))
    assert judged[["kans_op_winst", "laag", "hoog"]].isna().all(axis=None)


def test_what_matters_most_stands_first_and_chance_is_among_it():
    read, _ = one(kans=0.5)
    found = simulate.tornado(read, NET, RATE, "plan ")
    assert found["verschil"].is_monotonic_decreasing and found["naam"].is_unique
    assert {"of het lukt", "hoeveel minder (persoon): groen"} <= {*found["naam"]}
    assert {*found["kengetal"].dropna()} == {
        "bijstand_per_persoon",
        "discontovoet",
        *netting.FACTORS,
    }
    judged = cashflow.judge(read, cashflow.savings(read, NET), RATE.waarde)
    middle = judged["contante_waarde"][0]
    ends = found[["bij_laag", "bij_hoog"]]
    assert (ends.min(axis=1) <= middle + 1e-6).all() and (ends.max(axis=1) >= middle - 1e-6).all()
    fails = found.set_index("naam").loc["of het lukt", "bij_laag"]
    assert fails == pytest.approx(-1000)


def test_half_due_to_the_plan_is_half_of_what_its_price_does():
    whole, half = (
        simulate.tornado(one(toe_te_rekenen=part)[0], NET, RATE, "Plan").set_index("kengetal")
        for part in (1.0, 0.5)
    )
    name = "bijstand_per_persoon"
    assert half["verschil"][name] == pytest.approx(whole["verschil"][name] / 2)


def test_a_plan_that_does_not_exist_has_no_tornado():
    read, _ = one()
    with pytest.raises(Fout, match="Bloementuin"):
        simulate.tornado(read, NET, RATE, "Bloementuin")


def test_ten_thousand_draws_of_fifty_activities_use_less_than_two_seconds_of_cpu():
    read = bench_plannen.many()
    before = resource.getrusage(resource.RUSAGE_SELF)
    drawn = simulate.draws(read, NONE, NET, RATE.waarde)
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert drawn.activiteiten.shape == (10_000, 50)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
