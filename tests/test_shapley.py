"""The fair division: its axioms, games worked by hand, and the division of a market."""

import dataclasses

import numpy as np
import pytest

from tests import markets
from tests.markets import NETTING, RATE
from tests.test_market import GARDEN, GREEN, HELP
from wijkboek_utils.models import market, shapley

NAMES = list("abcde")


def game(seed: int, players: list[str] = NAMES) -> shapley.Value:
    """Return a game with a random worth for each group; of nobody it is nothing."""
    rng = np.random.default_rng(seed)
    drawn = np.concatenate([[0.0], rng.normal(size=2 ** len(players) - 1)])
    return lambda group: drawn[sum(2 ** players.index(name) for name in group)]


def parts(value: shapley.Value, players: list[str] = NAMES, **how: int) -> dict[str, float]:
    told = shapley.divide(players, value, **how)
    return dict(zip(told["speler"], told["aandeel"], strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_all_that_is_gained_is_divided_and_two_games_add_up(seed):
    one, two = game(seed), game(seed + 100)
    assert sum(parts(one).values()) == pytest.approx(one(frozenset(NAMES)))
    both = parts(lambda group: one(group) + 3 * two(group))
    assert both == pytest.approx({n: parts(one)[n] + 3 * parts(two)[n] for n in NAMES})


@pytest.mark.parametrize("seed", range(5))
def test_who_adds_nothing_gets_nothing_and_who_adds_the_same_gets_the_same(seed):
    small = game(seed, ["a", "b", "c"])
    divided = parts(lambda group: small(group - {"d", "e"}))
    assert divided["d"] == divided["e"] == pytest.approx(0)
    twins = game(seed, ["twin", "c", "d", "e"])  # worth of a and b is of how many there are

    def worth(group: frozenset[str]) -> float:
        pair, rest = group & {"a", "b"}, group - {"a", "b"}
        return twins(rest | {"twin"}) * len(pair) + twins(rest)

    divided = parts(worth)
    assert divided["a"] == pytest.approx(divided["b"])
    assert divided["a"] != pytest.approx(divided["c"])


def test_games_worked_by_hand():
    gloves = {"l": 0, "r1": 1, "r2": 1}  # one left glove, two right: a pair is worth 1

    def pair(group: frozenset[str]) -> float:
        return float({gloves[name] for name in group} == {0, 1})

    assert parts(pair, list(gloves)) == pytest.approx({"l": 2 / 3, "r1": 1 / 6, "r2": 1 / 6})
    # Littlechild and Owen (1973): a runway of 1, 2 and 4, each part shared by who needs it.
    needs = {"small": 1.0, "middle": 2.0, "large": 4.0}
    runway = parts(lambda group: max((needs[n] for n in group), default=0.0), list(needs))
    assert runway == pytest.approx({"small": 1 / 3, "middle": 5 / 6, "large": 17 / 6})
    votes = {"x": 4, "y": 3, "z": 2}  # of 9, more than half wins
    ruled = parts(lambda group: float(sum(votes[n] for n in group) > 4.5), list(votes))
    assert ruled == pytest.approx(dict.fromkeys(votes, 1 / 3))


def test_a_sample_divides_all_and_is_as_near_as_its_error_says():
    players = [str(nr) for nr in range(12)]
    size = np.random.default_rng(3).uniform(1, 9, 12)

    def worth(group: frozenset[str]) -> float:
        return sum(size[int(n)] for n in group) ** 1.5

    exact = shapley.divide(players, worth, most=12)
    drawn = shapley.divide(players, worth, pairs=40)
    assert (exact["se"] == 0).all() and (drawn["se"] > 0).all()
    assert drawn["aandeel"].sum() == pytest.approx(worth(frozenset(players)))
    off = (drawn["aandeel"] - exact["aandeel"]) / drawn["se"]
    assert off.abs().max() < 4 and off.abs().mean() < 1.5
    again = shapley.divide(players, worth, pairs=40)
    assert again.equals(drawn)
    assert shapley.divide(players, worth, pairs=160)["se"].mean() < drawn["se"].mean() * 0.7


def test_each_group_is_asked_once():
    asked: list[frozenset[str]] = []
    shapley.divide(NAMES, lambda group: float(len(asked.append(group) or group)))
    assert len(asked) == len(set(asked)) == 2 ** len(NAMES)


def test_who_needs_each_other_shares_what_they_gain_alike():
    plans = markets.plans([GREEN, HELP], [GARDEN])
    locked = markets.plans([GREEN, dataclasses.replace(HELP, vrij_deel=0.0)], [GARDEN])
    outcome = market.solve(locked, NETTING, RATE, gap=0.0)
    told = shapley.division(locked, outcome, RATE).set_index("houder")
    assert told["over"].sum() == pytest.approx(outcome.waarde)
    assert told["billijk"].to_list() == pytest.approx([outcome.waarde / 2] * 2)
    assert told["verrekenen"].sum() == pytest.approx(0, abs=1e-6)
    assert (told["over"] + told["verrekenen"]).to_list() == pytest.approx(told["billijk"].to_list())
    assert told.loc["gemeente", "betaalt"] == pytest.approx(5000)
    # Who saves can pay for it alone: then the other adds nothing, and gets nothing.
    alone = shapley.division(plans, market.solve(plans, NETTING, RATE, gap=0.0), RATE)
    assert alone.set_index("houder")["billijk"]["gemeente"] == pytest.approx(0, abs=0.02)


def test_a_group_is_worth_at_least_its_parts():
    for seed in range(8):
        plans = markets.random(np.random.default_rng(seed), 4, 5, 2, goals=3, holders=4)
        outcome = market.solve(plans, NETTING, RATE, gap=0.0)
        worth = shapley.coalition(outcome.model)
        here = outcome.model.houders
        assert worth(frozenset(here)) == pytest.approx(outcome.waarde, abs=0.02)
        one, other = frozenset(here[:2]), frozenset(here[2:])
        assert worth(one) + worth(other) <= worth(one | other) + 0.02
        told = shapley.division(plans, outcome, RATE)
        assert (told["billijk"] >= -0.02).all()
        assert told["billijk"].sum() == pytest.approx(outcome.waarde, abs=0.05)


def test_what_would_take_too_long_is_sampled_and_still_divides_all(monkeypatch):
    plans = markets.random(np.random.default_rng(5), 6, 8, 2, goals=3, holders=6)
    outcome = market.solve(plans, NETTING, RATE, gap=0.0)
    exact = shapley.division(plans, outcome, RATE)
    assert (exact["se"] == 0).all()
    monkeypatch.setattr(shapley, "_SECONDS", 0)
    drawn = shapley.division(plans, outcome, RATE)
    assert drawn["se"].max() > 0
    assert drawn["billijk"].sum() == pytest.approx(outcome.waarde, abs=0.05)
    again = shapley.division(plans, outcome, RATE)
    assert again.equals(drawn)


def test_ten_holders_and_forty_plans_of_five_years_are_within_what_was_allowed():
    plans = markets.random(np.random.default_rng(1), 40, 60, 5, goals=10, holders=10)
    model = market.solve(plans, NETTING, RATE, gap=0.05).model
    how = shapley._depth(model)
    assert len(model.houders) == 10 and how["most"] == 0
    asked = 2 * 10 * how["pairs"]
    one = shapley._ASK + shapley._ASK_CELL * len(model.cellen) ** 2
    assert how["pairs"] == shapley._FEWEST or asked * one <= shapley._SECONDS


def test_nobody_at_the_table_divides_nothing():
    plans = markets.plans([], [GARDEN])
    told = shapley.division(plans, market.solve(plans, NETTING, RATE), RATE)
    assert told.empty and list(told) == shapley.DIVISION
