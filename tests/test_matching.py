"""Offers over needs: the best division there is, by brute force and by law; unknown is no no."""

import itertools
import random
import time

import numpy as np
import pandas as pd
import pytest

from wijkboek_utils.local import booking
from wijkboek_utils.models import matching, terms

COLUMNS = booking.columns("vraag_aanbod")
ROW = {
    "wat": "ladder",
    "categorie": "gereedschap en materiaal",
    "wie": "initiatief",
    "buurt": "BU03440831",
}


def rows(*facts: dict, start: int = 0) -> pd.DataFrame:
    """Return needs or offers; what is not given is a ladder of an initiative."""
    table = pd.DataFrame([ROW | one for one in facts], columns=[*COLUMNS]).astype(COLUMNS)
    return table.set_axis(range(start, start + len(table)))


def pair(need: dict, offer: dict) -> pd.Series | None:
    found = matching.pairs(rows(need), rows(offer))
    return None if found.empty else found.iloc[0]


def amount(number: float | None, unit: str | None = "stuks") -> dict:
    return {"hoeveelheid": number, "eenheid": unit if number is not None else None}


# --- words


@pytest.mark.parametrize(
    ("one", "other", "category", "points"),
    [
        ("boom", "bomen", "groen", 1.0),
        ("zaal om te vergaderen", "Vergaderruimte", "ruimte", 1.0),
        ("taartjes bakken", "taart", "eten", 0.5),
        ("gereedschap", "tuingereedschap", "overig", 0.5),
        ("lessen Nederlands", "taalles", "kennis en les", 1.0),
        ("ruimte", "werkplaats", "ruimte", np.nan),
        ("ladder", "ladder", "groen", 1.0),
    ],
)
def test_words_are_compared_by_their_stem_beside_the_kind(one, other, category, points):
    found = pair({"wat": one, "categorie": category}, {"wat": other, "categorie": category})
    assert found["woorden"] == pytest.approx(points, nan_ok=True)


@pytest.mark.parametrize(
    ("one", "other"), [("gitaarles", "taalles"), ("les", "ladder"), ("zaag", "boor")]
)
def test_another_word_of_the_same_kind_is_no_pair(one, other):
    assert pair({"wat": one}, {"wat": other}) is None


def test_another_category_is_no_pair_unless_somebody_did_not_know_which():
    other = {"wat": "ladder", "categorie": "vervoer"}
    assert pair({}, other) is None
    found = pair({}, other | {"categorie": "overig"})
    assert found["soort"] == terms.points("soort", "overig") < 1.0


# --- place, time and quantity


@pytest.mark.parametrize(
    ("buurt", "place"),
    [
        ("BU03440831", "buurt"),
        ("BU03440832", "wijk"),
        ("BU03440111", "gemeente"),
        ("BU02020111", "ver"),
    ],
)
def test_nearer_earns_more(buurt, place):
    assert pair({}, {"buurt": buurt})["plaats"] == terms.points("plaats", place)


@pytest.mark.parametrize("buurt", [None, "BU0344REST"])
def test_no_place_and_no_time_are_unknown_and_no_hindrance(buurt):
    found = pair({}, {"buurt": buurt})
    assert np.isnan(found["plaats"]) and found["botst"] == ""
    assert found["onbekend"] == "plaats;tijd;maat"
    assert 0 < found["score"] < pair({}, {})["score"] < 1


@pytest.mark.parametrize(
    ("need", "offer", "part"),
    [
        ({"tijd": "zaterdagochtend"}, {"tijd": "weekend"}, 1.0),
        ({"tijd": "weekend"}, {"tijd": "zaterdag overdag"}, 1 / 3),
        ({"tijd": "ma t/m vr"}, {"tijd": "dinsdag en woensdag"}, 0.4),
        ({"tijd": "vrijdag t/m maandag"}, {"tijd": "zondag"}, 0.25),
        ({"tijd": "in overleg"}, {"tijd": "zondag"}, np.nan),
        ({"tijd": "niet op zondag"}, {"tijd": "zondag"}, np.nan),
        ({"vanaf": "2026-01-01", "tot": "2026-01-10"}, {"vanaf": "2026-01-06"}, 0.5),
        ({"vanaf": "2026-01-01"}, {"tot": "2026-01-10"}, 1.0),
        ({"vanaf": "2026-01-01"}, {"tijd": "zondag"}, np.nan),
        (
            {"vanaf": "2026-01-01", "tot": "2026-01-10", "tijd": "zondag"},
            {"vanaf": "2026-01-06", "tijd": "zondag"},
            0.75,
        ),
    ],
)
def test_the_part_of_the_time_that_an_offer_has(need, offer, part):
    found = pair(need, offer)
    assert found["tijd"] == pytest.approx(part, nan_ok=True) and found["botst"] == ""


@pytest.mark.parametrize(
    ("need", "offer"),
    [
        ({"tijd": "zaterdagochtend"}, {"tijd": "maandag en dinsdag"}),
        ({"vanaf": "2026-06-01"}, {"tot": "2026-05-31"}),
    ],
)
def test_another_time_is_a_hindrance_that_is_named(need, offer):
    assert pair(need, offer)["botst"] == "tijd"


@pytest.mark.parametrize(
    ("need", "offer", "takes"),
    [
        (amount(2), amount(8), 0.25),
        (amount(2, "uur per week"), amount(26, "uren per maand"), 1 / 3),
        (amount(1, "dagdeel per week"), amount(1, "dagen/week"), 0.5),
        (amount(10, "m²"), amount(5, "vierkante meter"), 2.0),
        (amount(3, "kratten"), amount(6, "Kratten"), 0.5),
    ],
)
def test_quantities_are_compared_in_units_that_are_known(need, offer, takes):
    found = pair(need, offer)
    assert found["neemt"] == pytest.approx(takes, rel=1e-4) and found["maat"] == 1.0


@pytest.mark.parametrize(
    ("need", "offer"),
    [(amount(2, "uur"), amount(1, "dagen")), (amount(2), amount(None)), (amount(None), amount(2))],
)
def test_units_that_cannot_be_compared_are_unknown(need, offer):
    found = pair(need, offer)
    assert np.isnan(found["maat"]) and found["neemt"] == 1.0


def test_nothing_asked_or_offered_is_no_pair_nor_is_ones_own_offer_or_that_for_another_plan():
    assert pair(amount(0), amount(3)) is None and pair(amount(3), amount(0)) is None
    assert pair({"organisatie": "De Club"}, {"organisatie": " de club"}) is None
    assert pair({"hoort_bij": "Taart"}, {"hoort_bij": "Feest"}) is None
    assert pair({}, {"hoort_bij": "Feest"}) is None
    assert pair({"hoort_bij": "Taart"}, {"hoort_bij": "taart"}) is not None
    assert pair({"hoort_bij": "Taart"}, {}) is not None


# --- the division


def market(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Return a small random market: pieces, some of unknown number, and recipes."""
    draw = random.Random(seed)

    def one() -> dict:
        known = draw.random() < 0.7
        return {
            "wat": draw.choice(["ladder", "zaag", "ladder en zaag"]),
            "buurt": draw.choice(["BU03440831", "BU03440832", "BU03440111", None]),
            **amount(draw.randint(1, 3) if known else None),
        }

    needs = rows(*[one() for _ in range(draw.randint(1, 4))])
    offers = rows(*[one() for _ in range(draw.randint(0, 4))], start=100)
    recipes = {n: draw.choice("AB") for n in needs.index if draw.random() < 0.5}
    return needs, offers, recipes


def best(needs: pd.DataFrame, offers: pd.DataFrame, recipes: dict) -> float:
    """Return the highest score there is, by trying every way to hand out whole pieces."""
    found = matching.pairs(needs, offers)
    usable = found[found["botst"] == ""].set_index(["vraag", "aanbod"])
    stock = {o: offers.loc[o, "hoeveelheid"] for o in offers.index}

    def ways(n: int, left: dict) -> list[tuple[float, float, dict]]:
        """Return (part met, score, what is left) of each way to serve one need."""
        asked = needs.loc[n, "hoeveelheid"]
        served = [(0.0, 0.0, left)]
        sure = []
        for o in offers.index:
            if (n, o) not in usable.index:
                continue
            row = usable.loc[(n, o)]
            if np.isnan(row["maat"]):
                if left[o] == "heel" or left[o] == stock[o]:
                    served.append((1.0, row["score"], left | {o: 0}))
            else:
                sure.append((o, row["score"]))
        for taken in itertools.product(*(range(4) for _ in sure)):
            fits = all(t <= left[o] for t, (o, _) in zip(taken, sure, strict=True))
            if sure and fits and 0 < sum(taken) <= asked:
                score = sum(t * s for t, (_, s) in zip(taken, sure, strict=True)) / asked
                rest = {o: left[o] - t for t, (o, _) in zip(taken, sure, strict=True)}
                served.append((sum(taken) / asked, score, left | rest))
        return served

    def go(todo: list, left: dict, made: set) -> float:
        if not todo:
            return 0.0
        n, whole, none = todo[0], recipes.get(todo[0]) in made, todo[0] in recipes
        allowed = [w for w in ways(n, left) if (w[0] == 1.0 if whole else w[0] == 0.0 or not none)]
        return max((s + go(todo[1:], rest, made) for _, s, rest in allowed), default=-np.inf)

    start = {o: "heel" if pd.isna(stock[o]) else stock[o] for o in offers.index}
    names = sorted({*recipes.values()})
    subsets = itertools.chain(*(itertools.combinations(names, k) for k in range(len(names) + 1)))
    return max(go([*needs.index], start, {*made}) for made in subsets)


@pytest.mark.parametrize("seed", range(100))
def test_no_division_by_brute_force_is_better_and_every_law_is_kept(seed):
    needs, offers, recipes = market(seed)
    found = matching.pairs(needs, offers)
    got = matching.divide(found, recipes)
    assert got.gap == 0.0
    assert got.score == pytest.approx(best(needs, offers, recipes), abs=1e-5)
    parts = got.parts
    used = (parts["deel"] * parts["neemt"]).groupby(parts["aanbod"]).sum()
    met = parts.groupby("vraag")["deel"].sum()
    assert (used <= 1 + 1e-6).all() and (met <= 1 + 1e-6).all()
    for recipe in {*recipes.values()}:
        whole = met.reindex([n for n in recipes if recipes[n] == recipe], fill_value=0.0)
        assert np.allclose(whole, 1.0, atol=1e-5) or np.allclose(whole, 0.0, atol=1e-5)
    fewer = matching.divide(found[found["aanbod"] != 100], recipes)  # one offer less
    assert fewer.score <= got.score + 1e-6


def test_one_offer_serves_more_needs_and_more_offers_serve_one_need():
    needs = rows(amount(2), amount(3))
    found = matching.divide(matching.pairs(needs, rows(amount(5), start=100)), {})
    assert found.parts["deel"].tolist() == [1.0, 1.0]
    found = matching.divide(matching.pairs(rows(amount(5)), rows(amount(2), amount(3))), {})
    assert found.parts["deel"].tolist() == pytest.approx([0.4, 0.6])


def test_an_offer_of_unknown_size_is_given_once():
    found = matching.divide(matching.pairs(rows({}, {}), rows(amount(5))), {})
    assert found.parts["deel"].tolist() == [1.0]


CAKE = [{"wat": w, "categorie": "eten", "hoort_bij": "Taart"} for w in ("meel", "suiker", "eieren")]


def test_without_sugar_there_is_no_cake_and_what_lacks_is_the_sugar():
    needs = rows(*CAKE)
    recipe = dict.fromkeys(needs.index, "taart")
    offers = rows(*({"wat": w, "categorie": "eten"} for w in ("meel", "eieren", "suiker")))
    whole = matching.pairs(needs, offers)
    assert len(matching.divide(whole, recipe).parts) == 3
    assert matching.lacking(whole, [*needs.index]) == ([], [])
    short = matching.pairs(needs, offers.iloc[:2])
    assert matching.divide(short, recipe).parts.empty
    assert matching.lacking(short, [*needs.index]) == ([1], [1])
    assert matching.lacking(matching.pairs(needs, offers.iloc[:1]), [*needs.index])[0] == [1, 2]


def test_where_two_ingredients_want_the_same_thing_any_of_the_two_is_in_the_way():
    needs = rows(*[amount(2) | {"hoort_bij": "Schuur"}] * 2, {"wat": "zaag", "hoort_bij": "Schuur"})
    offers = rows(amount(3), {"wat": "zaag"})
    found = matching.pairs(needs, offers)
    short, any_ = matching.lacking(found, [0, 1, 2])
    assert len(short) == 1 and any_ == [0, 1]


def test_an_empty_market_has_an_empty_division():
    for needs, offers in ((rows(), rows()), (rows({}), rows()), (rows(), rows({}))):
        got = matching.divide(matching.pairs(needs, offers), {})
        assert got.parts.empty and got.score == 0.0


def test_five_hundred_needs_and_offers_take_seconds():
    draw = random.Random(1)
    words = ["ladder", "zaag", "boor", "steiger", "kruiwagen", "tent", "tafel", "stoel", "beamer"]

    def one() -> dict:
        many = amount(draw.randint(1, 9)) if draw.random() < 0.6 else {}
        plan = {"hoort_bij": f"Plan {draw.randint(1, 30)}"} if draw.random() < 0.2 else {}
        return {
            "wat": draw.choice(words),
            "buurt": f"BU0344083{draw.randint(1, 9)}",
            **many,
            **plan,
        }

    needs = rows(*[one() for _ in range(500)])
    offers = rows(*[one() | {"hoort_bij": None} for _ in range(500)])
    recipes = needs["hoort_bij"].dropna().to_dict()
    start = time.process_time()
    got = matching.divide(matching.pairs(needs, offers), recipes)
    assert time.process_time() - start < 30  # seconds of a slow machine; a few on a common one
    assert got.gap <= 0.001 and len(got.parts) > 300
