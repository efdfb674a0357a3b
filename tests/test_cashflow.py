"""Who saves, who pays and what flows back: nothing is lost and nothing comes from nowhere."""

import os

import pandas as pd
import pytest
from hypothesis import given, settings

from tests.conftest import ROOT
from tests.kasstroom import link, markets
from tests.plans import KNOWN, activities, budgets
from wijkboek_utils.errors import Fout
from wijkboek_utils.models import cases, cashflow, finance, netting, plans

NET, RATE = netting.load(KNOWN), cashflow.discount(KNOWN)
FEW = settings(max_examples=25)  # each draws a whole market


def books(read, paid, bedrag="netto"):
    """Return the savings, what flows back and the accounts of plans."""
    saved = cashflow.savings(read, NET)
    back = cashflow.flow_back(read, saved, paid, bedrag)
    return saved, back, cashflow.accounts(read, saved, paid, back, bedrag)


def pay(*rows):
    """Return payments: (activiteit, budget, jaar, bedrag)."""
    full = [(plan, b, "A", "groen", year, amount, "cohesie") for plan, b, year, amount in rows]
    return cashflow.frame(full, cashflow.BETALINGEN)


@FEW
@given(markets())
def test_what_all_are_left_with_is_what_is_saved_at_the_table_minus_what_is_paid(market):
    read, paid = market
    saved, back, accounts = books(read, paid)
    known = {plans.key(b.doel) for b in read.budgetten}
    at_table = saved[saved["doel"].map(plans.key).isin(known)]["netto"].sum()
    total = at_table - paid["bedrag"].sum()
    close = 1e-9 * (saved["netto"].sum() + paid["bedrag"].sum() + 1)
    assert accounts["saldo"].sum() == pytest.approx(total, abs=close)
    assert accounts["bespaart"].sum() == pytest.approx(at_table, abs=close)
    for name, source in (("geeft", back), ("krijgt", back), ("betaalt", paid)):
        assert accounts[name].sum() == pytest.approx(source["bedrag"].sum(), abs=close)
    assert (accounts.drop(columns=["budget", "houder", "doel", "saldo"]) >= 0).all(axis=None)


@FEW
@given(markets())
def test_no_budget_gives_more_than_it_saves_and_only_who_paid_gets(market):
    read, paid = market
    _, back, accounts = books(read, paid)
    assert (accounts["geeft"] <= accounts["bespaart"] * (1 + 1e-9) + 1e-9).all()
    assert {*back["naar"]} <= {*paid["budget"]} and (back["van"] != back["naar"]).all()


@FEW
@given(markets())
def test_the_balance_of_holders_is_that_of_their_budgets(market):
    read, paid = market
    _, _, accounts = books(read, paid)
    held = cashflow.holders(accounts, RATE)
    close = 1e-9 * (accounts.select_dtypes("number").abs().sum().sum() + 1)
    for name in ("betaalt", "bespaart", "geeft", "krijgt", "saldo"):
        assert held[name].sum() == pytest.approx(accounts[name].sum(), abs=close)
    still = cashflow.holders(accounts, 0.0)  # without a rate the value is the balance itself
    assert still["contante_waarde"].to_numpy() == pytest.approx(still["saldo"], abs=close)


@FEW
@given(markets())
def test_what_flows_back_is_each_saving_times_what_was_agreed_times_who_paid(market):
    """Row by row, from the tables: the plain rule that `flow_back` counts in one pass."""
    read, paid = market
    saved, back, _ = books(read, paid)
    agreed = [e.terug for a in read.activiteiten for e in a.effecten for _ in e.jaren]
    by_hand: dict[tuple, float] = {}
    for share, row in zip(agreed, saved.itertuples(), strict=True):
        mine = paid[paid["activiteit"] == row.activiteit].groupby("budget")["bedrag"].sum()
        parts = cashflow.shares(read)
        here = parts[(parts["sleutel"] == plans.key(row.doel)) & (parts["jaar"] == row.jaar)]
        for van, part in zip(here["budget"], here["deel"], strict=True):
            for naar, amount in mine.items():
                if van != naar:
                    flow = row.netto * share * part * amount / mine.sum()
                    at = (row.activiteit, van, naar, row.jaar)
                    by_hand[at] = by_hand.get(at, 0.0) + flow
    found = {tuple(row[:4]): row[4] for row in back.to_numpy().tolist()}
    for at in {*by_hand, *found}:
        assert found.get(at, 0.0) == pytest.approx(by_hand.get(at, 0.0), rel=1e-9, abs=1e-9)


@FEW
@given(markets())
def test_the_value_of_an_activity_is_the_present_value_of_its_row_of_amounts(market):
    read, _ = market
    saved = cashflow.savings(read, NET)
    judged = cashflow.judge(read, saved, RATE).set_index("activiteit")
    for name, table in cashflow.by_year(read, saved).groupby("activiteit"):
        row = finance.in_a_row(cashflow.flows(read, saved, "netto")[name])
        later = int(table["jaar"].min()) - read.jaren[0]
        value = finance.npv(RATE, row) / (1 + RATE) ** later
        close = 1e-9 * sum(map(abs, row)) + 1e-9
        assert judged["contante_waarde"][name] == pytest.approx(value, abs=close)
        assert table["totaal"].iloc[-1] == pytest.approx(sum(row), abs=close)


def test_budgets_of_one_goal_share_a_saving_by_their_amounts_of_the_year():
    purse = {"doel": "bijstand", "houder": "A"}
    rows = [
        purse | {"naam": name, "jaar": year, "bedrag": amount}
        for name, year, amount in [("x", 2026, 300), ("y", 2026, 100), ("y", 2027, 50)]
    ]
    read = plans.read(budgets(*rows), activities(link("Bijstand", effect_jaren=3)), KNOWN)
    accounts = books(read, pay())[2].set_index(["budget", "jaar"])["bespaart"]
    saved = cashflow.savings(read, NET)["netto"][0]
    want = {("x", 2026): 0.75, ("y", 2026): 0.25, ("x", 2027): 0, ("y", 2027): 1}
    for at, part in (want | {("x", 2028): 0.5, ("y", 2028): 0.5}).items():
        assert accounts[at] == pytest.approx(saved * part)


def test_what_flows_back_goes_to_who_paid_by_what_they_paid():
    names = [("x", "groen"), ("y", "zorg"), ("z", "bijstand")]
    purse = budgets(*({"naam": n, "doel": d, "houder": n} for n, d in names))
    read = plans.read(purse, activities(link("bijstand", terug_deel=0.4)), KNOWN)
    saved, back, accounts = books(read, pay(("Plan", "x", 2026, 300), ("Plan", "y", 2026, 100)))
    given = dict(zip(back["naar"], back["bedrag"], strict=True))
    whole = saved["netto"][0] * 0.4
    assert given == pytest.approx({"x": whole * 0.75, "y": whole * 0.25})
    assert accounts.set_index("budget")["geeft"]["z"] == pytest.approx(whole)
    left = {"x": whole * 0.75 - 300, "y": whole * 0.25 - 100, "z": saved["netto"][0] - whole}
    assert accounts.set_index("budget")["saldo"].to_dict() == pytest.approx(left)
    # A budget that pays for its own saving gives nothing to itself.
    assert books(read, pay(("Plan", "z", 2026, 400)))[1].empty


def test_two_links_with_one_goal_flow_back_each_by_its_own_share():
    links = [link("zorg", minder_nodig=n, terug_deel=part) for n, part in ((3, 0.5), (1, 0.1))]
    purse = budgets({"naam": "x"}, {"naam": "z", "doel": "zorg"})
    read = plans.read(purse, activities(*links), KNOWN)
    saved, back, _ = books(read, pay(("Plan", "x", 2026, 1000)))
    large, small = saved["netto"]
    assert back["bedrag"].sum() == pytest.approx(large * 0.5 + small * 0.1)


def test_what_is_expected_is_times_the_chance_and_what_is_due_to_the_plan():
    facts = {"minder_nodig": 2, "kans": 0.5, "toe_te_rekenen": 0.4}
    read = plans.read(budgets(), activities(link("groen", **facts)), KNOWN)
    (row,) = cashflow.savings(read, NET).itertuples()
    price = KNOWN.known["bijstand_per_persoon"].waarde
    assert (row.eenheden, row.bruto) == pytest.approx((0.4, 2 * price))
    assert row.verwacht == pytest.approx(0.4 * price)
    assert row.netto == pytest.approx(0.4 * price * NET.centraal)


def test_what_nobody_at_the_table_saves_is_in_no_account():
    read = plans.read(budgets({"naam": "x"}), activities(link("sport", terug_deel=1)), KNOWN)
    saved, back, accounts = books(read, pay(("Plan", "x", 2026, 400)))
    assert saved["netto"].sum() > 0 and back.empty and accounts["bespaart"].sum() == 0


def test_an_activity_that_says_no_saving_has_an_unknown_value_and_known_costs():
    read = plans.read(budgets(), activities({"doel": "groen", "verband": "eigen doel"}), KNOWN)
    (row,) = cashflow.judge(read, cashflow.savings(read, NET), RATE).itertuples()
    assert row.kosten == 1000
    assert pd.isna([row.besparing, row.contante_waarde, row.terugverdientijd, row.rendement]).all()


def test_a_payment_by_a_budget_that_is_not_there_is_refused():
    read = plans.read(budgets(), activities(link("groen")), KNOWN)
    with pytest.raises(Fout, match="Spookpot"):
        books(read, pay(("Plan", "Spookpot", 2026, 1)))


def test_half_a_cake_is_no_cake_and_half_a_garden_is_half():
    rows = [{"naam": n, "alles_of_niets": w} for n, w in (("cake", "ja"), ("tuin", "nee"))]
    free = {"naam": "gratis", "kosten": 0}
    read = plans.read(budgets(), activities(*rows, free), KNOWN)
    half = pay(("cake", "Wijkbudget", 2026, 500), ("tuin", "Wijkbudget", 2026, 500))
    assert cashflow.funded(read, half) == {"cake": 0, "tuin": 0.5, "gratis": 1}
    assert cashflow.funded(read, pay(("cake", "Wijkbudget", 2026, 1000)))["cake"] == 1


def test_a_long_plan_that_a_solver_paid_to_within_a_cent_is_paid():
    long = {"jaren": 10, "kosten": 1000}
    read = plans.read(budgets(), activities(long), KNOWN)
    near, short = (
        pay(*[("Plan", "Wijkbudget", year, 1000 - less) for year in range(2026, 2036)])
        for less in (0.004, 0.1)
    )
    assert cashflow.funded(read, near)["Plan"] == pytest.approx(1, abs=1e-5)
    assert cashflow.funded(read, short)["Plan"] == 0


def test_a_holder_that_is_spelled_in_two_ways_is_one_holder():
    rows = [{"naam": "a", "houder": "De Buurt"}, {"naam": "b", "houder": "de  buurt "}]
    read = plans.read(budgets(*rows), activities(link("groen")), KNOWN)
    _, _, accounts = books(read, pay(("Plan", "b", 2026, 1000)))
    (held,) = cashflow.holders(accounts, RATE).itertuples()
    assert held.houder == "De Buurt" and held.betaalt == 1000


def test_a_sum_over_prices_of_several_years_says_so():
    old = {"kengetal": "aow_per_persoon"}
    read = plans.read(budgets(), activities(link("groen"), link("zorg") | old), KNOWN)
    saved = cashflow.savings(read, NET)
    assert cashflow.price_years(saved) == ""
    mixed = saved.assign(prijsjaar=[2018, 2023])
    assert "2018 en 2023" in cashflow.price_years(mixed)


def test_no_plans_give_empty_frames_of_the_right_types():
    read = plans.read(budgets(), activities(), KNOWN)
    read = plans.Plans((), (), read.geweigerd)
    saved, back, accounts = books(read, pay())
    assert saved.dtypes.astype(str).to_dict() == cashflow.BESPARINGEN
    assert back.dtypes.astype(str).to_dict() == cashflow.TERUG
    assert [*accounts] == cashflow.REKENINGEN and accounts.empty
    assert cashflow.judge(read, saved, RATE).empty and cashflow.holders(accounts, RATE).empty


# --- the community garden of the publication


def garden():
    """Return both accounts of the garden by year, and what it is worth, gross and net."""
    case = cases.load("tuin", KNOWN)
    read = case.plans
    (plan,) = read.activiteiten
    payer = read.of_goal("bijstand")[0]
    row = (plan.naam, payer.naam, payer.houder, payer.doel, plan.begin, plan.kosten, "adhesie")
    paid = cashflow.frame([row], cashflow.BETALINGEN)
    saved = cashflow.savings(read, netting.load(case.getallen))
    none = cashflow.frame([], cashflow.TERUG)
    parts = []
    for name in ("bruto", "netto", "voorzichtig"):
        accounts = cashflow.accounts(read, saved, paid, none, name)
        judged = cashflow.judge(read, saved, cashflow.discount(case.getallen), bedrag=name).iloc[0]
        facts = judged[["contante_waarde", "terugverdientijd", "rendement"]]
        parts.append(accounts.assign(rekenwijze=name, **facts.astype(float).round(4)))
    return pd.concat(parts, ignore_index=True).round(4)


def test_the_garden_of_the_publication_is_the_golden_one():
    """WIJKBOEK_GOLDEN=new writes the table; say why in the changelog, under Cijfers."""
    path = ROOT / "tests" / "golden" / "tuin.csv"
    found = garden()
    if os.environ.get("WIJKBOEK_GOLDEN") == "new":
        found.to_csv(path, index=False, lineterminator="\n")
    pd.testing.assert_frame_equal(found, pd.read_csv(path), check_dtype=False, rtol=0, atol=0.011)


def test_the_garden_saves_12000_gross_about_6500_central_and_3600_with_caution():
    found = garden()
    first = found[(found["jaar"] == 2018) & (found["doel"] == "bijstand")].set_index("rekenwijze")
    assert first["betaalt"].eq(5000).all()
    assert first["bespaart"].to_dict() == pytest.approx(
        {"bruto": 12_000, "netto": 6480, "voorzichtig": 3556.8}
    )
    years = first["terugverdientijd"]
    assert years["bruto"] == pytest.approx(5 / 12, abs=1e-4)
    assert years["netto"] == pytest.approx(5000 / 6480, abs=1e-4)
    other = found[found["doel"] == "groen"]
    assert other[["betaalt", "bespaart", "geeft", "krijgt", "saldo"]].eq(0).all(axis=None)
