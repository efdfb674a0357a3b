"""The game of inverdienen: both accounts move with the figures, and odd figures give a sentence."""

import re
import xml.etree.ElementTree as ET

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

from tests.conftest import ROOT
from tests.kasstroom import link
from tests.plans import KNOWN, activities, budgets
from wijkboek_utils import language, sources
from wijkboek_utils.models import cashflow, game, game_board, game_text, plans

GARDEN = game.garden(KNOWN)
START = GARDEN.choice
PILOT = "utrecht-kanaleneiland"
CHOICES = st.builds(
    game.Choice,
    kosten=st.sampled_from([0.0, 1.0, 5000.0, 1e6]),
    minder=st.sampled_from([0.0, 0.1, 1.0, 40.0]),
    kans=st.sampled_from([0.0, 0.01, 0.5, 1.0]),
    terug=st.sampled_from([0.0, 0.3, 1.0]),
    jaren=st.integers(1, 15),
    wijze=st.sampled_from([*game.WAYS]),
)


def words(choice):
    """Return what the game says of a choice, on one line."""
    told = game_text.sentences(GARDEN, choice, game.play(GARDEN, choice))
    return " ".join(told).replace("\N{NO-BREAK SPACE}", " ")


def accounts(result):
    """Return the sums of both accounts over all years, by goal of the budget."""
    return result.rekeningen.groupby("doel")[cashflow.REKENINGEN[4:]].sum()


def test_the_game_starts_with_the_figures_of_the_publication():
    assert game.Choice(5000, 1, 1, 0, 5, "netto") == START
    gross = game.play(GARDEN, START._replace(wijze="bruto"))
    assert (gross.betaalt, gross.bespaart) == (5000, 60_000)
    assert gross.terug_na == pytest.approx(5 / 12) and gross.quitte == pytest.approx(5 / 60)
    assert game.play(GARDEN, START).bespaart == pytest.approx(5 * 6480)
    assert game.play(GARDEN, START._replace(wijze="voorzichtig")).bespaart == pytest.approx(17_784)


def test_what_flows_back_leaves_one_account_and_comes_into_the_other():
    before, after = (
        accounts(game.play(GARDEN, START._replace(terug=part))) for part in (0.0, 0.25)
    )
    moved = 0.25 * 5 * 6480
    assert after["saldo"]["groen"] - before["saldo"]["groen"] == pytest.approx(moved)
    assert after["saldo"]["bijstand"] - before["saldo"]["bijstand"] == pytest.approx(-moved)


def test_from_the_share_that_is_named_who_pays_does_not_lose():
    share = game.play(GARDEN, START).quitte
    assert f"Vanaf {-(-share * 100 // 1):.0f} procent terug" in words(START)
    even = game.play(GARDEN, START._replace(terug=share))
    assert accounts(even)["saldo"]["groen"] == pytest.approx(0)
    assert "wint niets en verliest niets" in words(START._replace(terug=share))


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"kosten": 0.0}, "Het plan kost niets."),
        ({"kosten": 0.0, "minder": 0.0}, "Er valt niets te verrekenen."),
        ({"minder": 0.0}, "Er is niets minder nodig. Dus bespaart niemand iets."),
        ({"kans": 0.0}, "De kans dat het lukt, staat op nul."),
        ({"jaren": 1, "wijze": "voorzichtig"}, "krijgen zij het geld niet terug in 1 jaar."),
        ({"kosten": 1e6, "terug": 1.0}, "Ook met alles wat bespaard wordt"),
    ],
)
def test_odd_figures_give_a_clear_sentence(choice, sentence):
    assert sentence in words(START._replace(**choice))


@settings(max_examples=25)
@given(CHOICES)
def test_whatever_is_chosen_nothing_is_lost_and_everything_can_be_read(choice):
    result = game.play(GARDEN, choice)
    assert result.rekeningen["saldo"].sum() == pytest.approx(
        result.bespaart - result.betaalt, abs=1e-6
    )
    html = game_text.view(GARDEN, choice, result).html
    assert not re.search(r"\b(nan|inf|None|onbekend)\b", html)
    ET.fromstring(re.search(r"<svg.*</svg>", html, re.S)[0])
    assert language.findings(f"<main>{html}</main>") == []


def test_a_plan_of_the_wijk_takes_the_place_of_the_garden():
    purses = [
        {"naam": "potje groen", "doel": "groen", "houder": "wijkraad"},
        {"naam": "potje zorg", "doel": "zorg", "houder": "wijkraad"},
    ]
    own = {"naam": "Tuin", "doel": "groen", "verband": "eigen doel"}
    rows = [{"naam": "Zonder"}, own, link("zorg", naam="Tuin", kans=0.4, terug_deel=0.2)]
    found = game.of(plans.read(budgets(*purses), activities(*rows), KNOWN, "Voorbeeld."), KNOWN)
    assert (found.plan.naam, found.betaler.naam, found.spaarder.naam) == (
        "Tuin",
        "potje groen",
        "potje zorg",
    )
    assert found.choice[2:4] == (0.4, 0.2)
    # One holder has both, so that the budgets are named and nobody takes one for the other.
    assert game_text.names(found) == game_text.Names("potje groen", "potje zorg")
    assert "Voorbeeld." in game_text.view(found, found.choice, game.play(found, found.choice)).html


def test_a_plan_whose_goals_nobody_has_money_for_can_be_played_too():
    rows = [link("zorg", naam="Tuin", trekker="bewoners")]
    found = game.of(plans.read(budgets(), activities(*rows), KNOWN), KNOWN)
    assert (found.betaler.houder, found.spaarder.houder) == ("bewoners", "wie over zorg gaat")
    result = game.play(found, found.choice)
    assert result.bespaart > 0 and accounts(result)["bespaart"]["zorg"] == result.bespaart
    assert game.of(plans.read(budgets(), activities({"naam": "Zonder"}), KNOWN), KNOWN) is None


def test_a_pilot_without_books_starts_with_the_garden(monkeypatch):
    assert game.begin(PILOT).plan.naam == GARDEN.plan.naam
    tables = {
        "plan_budgetten": budgets().assign(illustratie="Rekenvoorbeeld."),
        "plan_activiteiten": activities(link("groen", naam="Buurtkas")).assign(
            illustratie="Rekenvoorbeeld."
        ),
    }
    monkeypatch.setattr(sources, "read_table", lambda pilot, name: tables[name])
    found = game.begin(PILOT)
    assert (found.plan.naam, found.label) == ("Buurtkas", "Rekenvoorbeeld.")


def test_each_slider_has_a_field_with_a_label_and_the_same_value():
    board = game_board.board(GARDEN)
    rows = board.box.children[1].children[0].children[:-1]
    assert len(rows) == 5
    for row in rows:
        field, slider = row.children
        assert field.description and field.value == slider.value
        slider.value = slider.max
        assert field.value == slider.max
    assert board.keuze == game.Choice(20_000, 5, 1, 1, 15, "netto")


def test_the_notebook_follows_its_sliders():
    book = nbformat.read(ROOT / "notebooks" / "92_inverdienspel.ipynb", as_version=4)
    moves = """
before = bord.uitkomst.value
bord.velden["terug"].value, bord.velden["wijze"].value = 50, "bruto"
after = bord.uitkomst.value
bord.velden["kans"].value = 0
assert "30.000" in after and after != before
assert "staat op nul" in bord.uitkomst.value
"""
    book.cells.append(nbformat.v4.new_code_cell(moves))
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
    shown = book.cells[2].outputs
    assert any("application/vnd.jupyter.widget-view+json" in one["data"] for one in shown)
