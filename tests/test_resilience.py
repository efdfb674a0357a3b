"""Cohesion, adhesion and resilience: what budgets can bear together."""

from dataclasses import replace

import networkx as nx
import pytest
from hypothesis import given, settings

from tests import kasstroom
from tests.kasstroom import link
from tests.plans import KNOWN, activities, budgets
from wijkboek_utils.models import plans, resilience

GREEN = {"naam": "Groen", "doel": "groen", "bedrag": 400}
HELP = {"naam": "Bijstand", "houder": "sociaal", "doel": "bijstand", "bedrag": 10_000}
GARDEN = {"naam": "Tuin", "kosten": 1000}
LINKS = [{**GARDEN, "doel": "groen", "verband": "eigen doel"}, {**GARDEN, **link("bijstand")}]


def whole(*rows, potjes=(GREEN, {**HELP, "vrij_deel": 0.05})):
    read = plans.read(budgets(*potjes), activities(*rows), KNOWN)
    return read, resilience.measure(read).iloc[-1]


def test_adhesion_and_cohesion_make_resilience():
    read, sums = whole(*LINKS)
    assert sums["cohesie"] == pytest.approx(0.4) and sums["adhesie"] == pytest.approx(0.5)
    assert sums["veerkracht"] == pytest.approx(0.9)
    table = resilience.matrix(read).set_index("budget")
    assert table["soort"].to_dict() == {"Groen": "cohesie", "Bijstand": "adhesie"}
    assert table["hoogstens"].to_dict() == {"Groen": 400, "Bijstand": 500}


def test_what_is_asked_of_one_goal_no_other_budget_can_bear():
    asked = [{**LINKS[0], "gevraagd": 900}, LINKS[1]]
    read, sums = whole(*asked)
    assert sums["veerkracht"] == pytest.approx(0.5)  # 400 of the 900, and 100 of the rest
    assert resilience.matrix(read).set_index("budget")["hoogstens"]["Bijstand"] == 100


def test_nothing_asked_and_nobody_at_the_table():
    assert resilience.measure(plans.read(budgets(), activities(), KNOWN))["veerkracht"].isna().all()
    read, sums = whole(*LINKS, potjes=())
    assert sums["veerkracht"] == 0 and resilience.matrix(read).empty


def test_a_small_plan_beside_a_huge_budget_counts_to_the_euro():
    rich = {**HELP, "bedrag": 100_000_000_000, "vrij_deel": 1}
    _, sums = whole({**LINKS[1], "kosten": 5}, potjes=(rich,))
    assert sums["veerkracht"] == pytest.approx(1)


def flow(read: plans.Plans, year: int) -> float:
    """Return the largest flow by an algorithm of another kind, on a graph."""
    graph = nx.DiGraph()
    for b in read.budgetten:
        graph.add_edge("s", b.naam, capacity=b.amount(year))
        graph.add_edge(b.naam, (b.naam, "vrij"), capacity=b.free(year))
        for a in read.activiteiten:
            if year in a.jaren:
                tie = a.tie(b.doel)
                start = {"cohesie": b.naam, "adhesie": (b.naam, "vrij")}.get(tie)
                if start:
                    graph.add_edge(start, ("plan", a.naam))
                graph.add_edge(("plan", a.naam), "t", capacity=a.kosten)
    return nx.maximum_flow_value(graph, "s", "t") if "t" in graph else 0.0


@settings(max_examples=20)
@given(kasstroom.markets())
def test_it_is_the_largest_flow_between_0_and_1(market):
    read, _ = market
    table = resilience.measure(read)
    assert table["veerkracht"].dropna().between(0, 1).all()
    both = (table["cohesie"] + table["adhesie"]).dropna()
    assert both.to_numpy() == pytest.approx(table["veerkracht"].dropna().to_numpy(), abs=1e-9)
    for year in table["jaar"].dropna():
        most = flow(read, year)
        assert resilience.bearable(read, year) == pytest.approx(most, rel=1e-6, abs=0.01)


@settings(max_examples=20)
@given(kasstroom.markets())
def test_where_nothing_is_free_it_is_cohesion_alone(market):
    read, _ = market
    closed = replace(read, budgetten=tuple(replace(b, vrij_deel=None) for b in read.budgetten))
    table = resilience.measure(closed).dropna(subset="veerkracht")
    assert (table["adhesie"] < 1e-9).all() and (table["veerkracht"] == table["cohesie"]).all()


@settings(max_examples=20)
@given(kasstroom.markets())
def test_a_link_more_never_makes_it_less(market):
    read, _ = market
    first, *rest = read.activiteiten
    own = replace(first, eigen=("groen",))
    before, after = (
        resilience.measure(replace(read, activiteiten=(one, *rest)))["veerkracht"].iloc[-1]
        for one in (first, own)
    )
    assert after >= before - 1e-7 or after != after  # nothing asked: missing


def test_a_link_more_makes_it_more_where_there_is_money_for_what_nobody_could_pay():
    alone = {**GARDEN, "doel": "groen", "verband": "eigen doel"}
    _, before = whole(alone)
    _, after = whole(*LINKS)
    assert after["veerkracht"] > before["veerkracht"] + 0.3
