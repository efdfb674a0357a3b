"""The beursvloer as a reader sees it."""

import dataclasses

import numpy as np
import pytest

from tests import markets
from tests.markets import NETTING, RATE
from tests.plans import KNOWN
from tests.test_market import GARDEN, GREEN, HELP
from wijkboek_utils import language
from wijkboek_utils.models import cases, market, market_text, netting, refusals, shapley, shares
from wijkboek_utils.models.plans import Plans
from wijkboek_utils.show import Html


def page(plans: Plans, taken: netting.Netting = NETTING) -> dict[str, str]:
    outcome = market.solve(plans, taken, RATE, gap=0.0)
    beurs, label = refusals.table(plans, outcome), plans.illustratie
    parts = {
        "funded": market_text.funded(
            beurs, outcome.betalingen, outcome.stand, label, outcome.terug
        ),
        "refused": market_text.refused(beurs, label),
        "division": market_text.division(shapley.division(plans, outcome, RATE), label),
        "shares": market_text.shares(
            shares.shares(outcome.besparingen, outcome.betalingen, RATE), label
        ),
    }
    return {name: _plain(part) for name, part in parts.items()}


def _plain(part: Html) -> str:
    return part.html.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(scope="module")
def cake() -> cases.Case:
    return cases.load("cake", KNOWN)


def test_the_cake_says_who_pays_what_comes_back_and_what_is_fair(cake):
    told = page(cake.plans, netting.load(cake.getallen))
    assert told["funded"].startswith("<p>Dit is een rekenvoorbeeld.</p>")
    for words in ("Zuil suiker", "het eigen doel", "€ 1.500", "€ 4.100", "rekenvoorbeeld"):
        assert words in told["funded"]
    assert told["refused"] == "<p>Niemand houdt een plan tegen.</p>"
    assert told["division"].count("€ 6.100") == 4  # nobody can be missed, so all get the same
    assert "Het meest boven het eerlijke deel zit «beleidszuil bijstand»" in told["division"]
    assert "33 procent" in told["shares"] and "Er is nog niets nagemeten" in told["shares"]


def test_without_sugar_the_page_says_what_is_lacking(cake):
    plans = cases.without(cake.plans, "zuil suiker")
    told = page(plans, netting.load(cake.getallen))
    assert "Geen enkel plan gaat door." in told["funded"] and "<table" not in told["funded"]
    assert "Zonder budget suiker kan cake niet: er ontbreekt € 1.500." in told["refused"]
    assert told["division"] == "<p>Er valt niets te verdelen.</p>"
    assert "geen budget heeft een aandeel" in told["shares"]


def test_an_empty_market_is_told_in_a_sentence():
    told = page(markets.plans([], []))
    assert told["funded"] == "<p>Er zijn geen plannen, dus er valt niets te verdelen.</p>"
    assert told["refused"] == ""


def test_a_large_market_folds_what_it_refuses_and_its_sentences_are_short():
    rng = np.random.default_rng(4)
    plans = markets.random(rng, 30, 12, 3, goals=6, holders=6)
    told = page(dataclasses.replace(plans, illustratie="Dit is een rekenvoorbeeld."))
    assert told["refused"].count("<details>") == 1 and "<li>" in told["refused"]
    long = [f for f in language.findings("<h2>x</h2>" + "".join(told.values())) if "lang" in f.rule]
    assert not long


def test_a_plan_that_goes_on_in_part_says_for_how_much():
    half = dataclasses.replace(GREEN, bedragen={2026: 2000.0})
    stuck = dataclasses.replace(HELP, vrij_deel=0.0)
    told = page(markets.plans([half, stuck], [dataclasses.replace(GARDEN, heel=False)]))
    assert "Tuin gaat voor 40 procent door." in told["funded"]
    assert "Budget Groen is te klein voor Tuin: er ontbreekt € 3.000." in told["refused"]


def test_a_plan_name_is_text_and_nothing_else(cake):
    (act,) = cake.plans.activiteiten
    odd = dataclasses.replace(cake.plans, activiteiten=(dataclasses.replace(act, naam="<b>"),))
    told = page(cases.without(odd, "zuil suiker"), netting.load(cake.getallen))
    assert "<b>" not in told["refused"] and "&lt;b&gt;" in told["refused"]
