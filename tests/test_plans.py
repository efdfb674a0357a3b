"""Budgets, activities and their links as contributed, and the rule of inverdienen."""

import pandas as pd
import pytest

from tests.plans import KNOWN, activities, budgets
from wijkboek_utils.errors import Fout
from wijkboek_utils.models import plans

GOOD = {
    "naam": "Moestuin",
    "kosten": 5000,
    "doel": "bijstand",
    "minder_nodig": 1,
    "minder_laag": 0.5,
    "minder_hoog": 1.5,
    "eenheid": "persoon",
    "kans": 0.8,
    "kengetal": "bijstand_per_persoon",
    "bewijs": 2,
    "mechanisme": "wie werkt, heeft geen uitkering nodig",
    "effect_jaren": 5,
}


def test_a_link_that_says_all_is_a_ground_to_move_money():
    read = plans.read(budgets(), activities(GOOD), KNOWN)
    (garden,) = read.activiteiten
    (effect,) = garden.effecten
    assert read.geweigerd.empty and garden.jaren == (2026,)
    assert effect.jaren == (2026, 2027, 2028, 2029, 2030)
    assert effect.bruto == effect.kengetal.waarde == KNOWN.known["bijstand_per_persoon"].waarde
    assert read.jaren == [2026, 2027, 2028, 2029, 2030]
    assert garden.tie("Bijstand ") == plans.ADHESION and garden.tie("groen") is None


@pytest.mark.parametrize("column", ["minder_laag", "kans", "bewijs", "kengetal", "mechanisme"])
def test_a_link_that_lacks_something_is_refused_with_what_it_lacks(column):
    read = plans.read(budgets(), activities({**GOOD, column: None}), KNOWN)
    assert read.activiteiten[0].effecten == ()
    assert read.activiteiten[0].tie("bijstand") is None  # so its budget may not pay either
    told = read.geweigerd.iloc[0]
    assert (told["activiteit"], told["doel"]) == ("Moestuin", "bijstand")
    assert told["reden"].startswith("er staat niet ")


def test_a_kengetal_must_exist_and_count_in_the_unit_of_the_plan():
    typo = activities({**GOOD, "kengetal": "bijstand_per_person"})
    assert "bijstand_per_persoon" in plans.read(budgets(), typo, KNOWN).geweigerd["reden"][0]
    other = activities({**GOOD, "eenheid": "uur"})
    assert "«uur»" in plans.read(budgets(), other, KNOWN).geweigerd["reden"][0]


def test_rows_of_a_plan_are_its_links_whatever_the_capitals():
    own = {"naam": "moestuin ", "kosten": 5000, "doel": "Groen", "verband": "eigen doel"}
    asked = {**own, "gevraagd": 1000}
    read = plans.read(budgets(), activities(GOOD, asked), KNOWN)
    (garden,) = read.activiteiten
    assert garden.tie("groen") == plans.COHESION and garden.gevraagd == {"Groen": 1000.0}
    with pytest.raises(Fout, match="Vraag niet meer dan het kost"):
        plans.read(budgets(), activities({**asked, "gevraagd": 5001}), KNOWN)


def test_a_budget_has_a_row_per_year_and_what_is_not_said_to_be_free_is_not():
    two = budgets(
        {"naam": "Wijkbudget", "jaar": 2026, "bedrag": 100, "vrij_deel": 0.2},
        {"naam": "wijkbudget", "jaar": 2027, "bedrag": 50, "vrij_deel": 0.2},
        {"naam": "Ander", "jaar": 2026, "bedrag": 10},
    )
    own, other = plans.read(two, activities(), KNOWN).budgetten
    assert (own.amount(2027), own.free(2026), own.amount(2030)) == (50, 20, 0)
    assert other.vrij_deel is None and other.free(2026) == 0
    with pytest.raises(Fout, match="hetzelfde jaar"):
        plans.read(pd.concat([two, two.iloc[:1]]), activities(), KNOWN)
    with pytest.raises(Fout, match="kolom houder"):
        twice = budgets({"naam": "a"}, {"naam": "a", "jaar": 2027, "houder": "B"})
        plans.read(twice, activities(), KNOWN)


def test_nothing_contributed_is_no_plans():
    read = plans.read(budgets(), activities(), KNOWN)
    assert read.budgetten == () and read.activiteiten == () and read.jaren == []
