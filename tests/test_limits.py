"""What a council allows: read from a pilot, refused when it cannot be, and kept by the market."""

import pytest

from tests.plans import KNOWN, activities, budgets
from wijkboek_utils.errors import Fout
from wijkboek_utils.models import limits, market, netting, plans, refusals

GOOD = {"soort": "uit doel", "naam": "minder bijstand", "jaar": 2026, "hoogstens": 50000}
LINK = {
    "naam": "Moestuin",
    "kosten": 5000,
    "doel": "minder bijstand",
    "minder_nodig": 1,
    "minder_laag": 0.5,
    "minder_hoog": 1.5,
    "eenheid": "persoon",
    "kans": 1,
    "kengetal": "bijstand_per_persoon",
    "bewijs": 3,
    "mechanisme": "wie werkt, heeft geen uitkering nodig",
    "effect_jaren": 5,
}


def test_bounds_are_read_as_they_are_said():
    (row,) = limits.read([GOOD], "pilots/a.yml")
    assert row == GOOD
    table = limits.table([row, {**row, "jaar": None}])
    assert table["jaar"].isna().tolist() == [False, True] and list(table) == [*limits.LIMITS]
    assert limits.read(None, "") == [] and limits.table([]).empty
    assert limits.sentences([row]) == [
        "De gemeenteraad zegt: hoogstens €\N{NO-BREAK SPACE}50.000 per jaar van geld voor «minder "
        "bijstand» mag naar andere doelen, in 2026."
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"soort": "uit doell"}, "Kies uit doel, naar doel of uit budget"),
        ({"naam": " "}, "naam moet die van een doel"),
        ({"naam": "a\u202eb"}, "een teken dat niemand ziet"),
        ({"hoogstens": -1}, "nul euro of meer"),
        ({"hoogstens": True}, "nul euro of meer"),
        ({"hoogstens": float("nan")}, "nul euro of meer"),
        ({"jaar": "2026"}, "jaar moet een getal zijn"),
        ({"hoogste": 5}, "hoogste is geen geldige instelling. Bedoelt u hoogstens"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_line(change, words):
    with pytest.raises(Fout, match=rf"pilots/a.yml, regel 2.*{words}"):
        limits.read([GOOD, GOOD | change], "pilots/a.yml")
    with pytest.raises(Fout, match="hier horen"):
        limits.read("50000", "pilots/a.yml")


def test_a_plan_that_the_council_does_not_allow_is_refused_in_its_name():
    purse = budgets({"naam": "bijstand", "doel": "minder bijstand", "bedrag": 1e5, "vrij_deel": 1})
    read = plans.read(purse, activities(LINK), KNOWN)
    net = netting.load(KNOWN)
    free = market.solve(read, net, 0.0)
    assert free.waarde > 0
    bound = limits.table(limits.read([{**GOOD, "hoogstens": 4999}], ""))
    held = market.solve(read, net, 0.0, bound)
    assert held.waarde == 0 and held.betalingen.empty
    told = refusals.table(read, held)
    assert "raad" in " ".join(told.astype("str").to_numpy().ravel())
