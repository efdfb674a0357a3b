"""Budgets, activities and their links as contributed, and the rule of inverdienen."""

import pandas as pd
import pytest

from tests.plans import KNOWN, activities, budgets
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
    read = plans.read(budgets(), activities({**asked, "gevraagd": 5001}, OTHER), KNOWN)
    assert [plan.naam for plan in read.activiteiten] == ["Ander"]  # the rest goes on
    assert "het hele plan doet niet mee" in read.geweigerd["reden"].item()


OTHER = {"naam": "Ander", "doel": "groen", "verband": "eigen doel"}


@pytest.mark.parametrize(
    ("column", "value"),
    [("kosten", 4000), ("begin", 2027), ("jaren", 2), ("alles_of_niets", "nee")],
)
def test_who_wrote_first_holds_and_what_contradicts_it_is_refused(column, value):
    said = {**GOOD, "alles_of_niets": "ja"}
    later = {**said, "naam": "MOESTUIN", "doel": "wmo", column: value}
    read = plans.read(budgets(), activities(said, later, OTHER), KNOWN)
    garden, other = read.activiteiten
    assert [e.doel for e in garden.effecten] == ["bijstand"] and other.naam == "Ander"
    assert (garden.kosten, garden.jaren, garden.heel) == (5000, (2026,), True)
    told = read.geweigerd.iloc[0]
    assert (told["activiteit"], told["doel"]) == ("Moestuin", "wmo")
    assert f"«{column}»" in told["reden"]


def test_a_budget_has_a_row_per_year_and_what_is_not_said_to_be_free_is_not():
    two = budgets(
        {"naam": "Wijkbudget", "jaar": 2026, "bedrag": 100, "vrij_deel": 0.2},
        {"naam": "wijkbudget", "jaar": 2027, "bedrag": 50, "vrij_deel": 0.2},
        {"naam": "Ander", "jaar": 2026, "bedrag": 10},
    )
    own, other = plans.read(two, activities(), KNOWN).budgetten
    assert (own.amount(2027), own.free(2026), own.amount(2030)) == (50, 20, 0)
    assert other.vrij_deel is None and other.free(2026) == 0
    again = pd.concat([two, two.iloc[:1]])
    read = plans.read(again, activities(), KNOWN)
    assert read.budgetten == (own, other)
    assert read.geweigerd["reden"].tolist() == ["voor 2026 staat dit budget er al"]


@pytest.mark.parametrize(
    ("column", "value"), [("houder", "B"), ("doel", "zorg"), ("vrij_deel", 0.9)]
)
def test_a_budget_is_of_one_holder_and_for_one_goal(column, value):
    first = {"naam": "a", "vrij_deel": 0.1}
    later = first | {"jaar": 2027, "voorwaarde": "mag niet", column: value}
    silent = {"naam": "A", "jaar": 2028, "vrij_deel": None, "voorwaarde": "na overleg"}
    read = plans.read(budgets(first, later, silent), activities(), KNOWN)
    (purse,) = read.budgetten
    assert (purse.houder, purse.doel, purse.vrij_deel) == ("gemeente", "groen", 0.1)
    assert set(purse.bedragen) == {2026, 2028}
    assert f"«{column}»" in read.geweigerd["reden"].item()


def test_nothing_contributed_is_no_plans():
    read = plans.read(budgets(), activities(), KNOWN)
    assert read.budgetten == () and read.activiteiten == () and read.jaren == []
