"""The double-count lock: a saving is pledged once, and partial claims never pass the whole."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plans import KNOWN, activities, budgets
from tests.test_plans import GOOD
from wijkboek_utils.models import plans, pledges
from wijkboek_utils.models.plans import Effect, Plans

MANY = {**GOOD, "voor_wie": "mensen in de bijstand", "groep": 3, "effect_jaren": 1}


def read(*rows) -> Plans:
    return plans.read(budgets(), activities(*rows), KNOWN)


def test_the_same_person_leaving_the_bijstand_twice_is_refused_with_both_claims_named():
    settled, claims = pledges.settle(read(GOOD, {**GOOD, "naam": "Werkplaats"}))
    first, second = (claims[claims["activiteit"] == name] for name in ("Moestuin", "Werkplaats"))
    assert (first["oordeel"] == pledges.HOLDS).all() and len(first) == 5
    for a, b in zip(first.itertuples(), second.itertuples(), strict=True):
        assert a.jaar == b.jaar and a.nummer in b.oordeel and b.nummer in b.oordeel
        assert "«Moestuin»" in b.oordeel
    garden, shop = settled.activiteiten
    assert len(garden.effecten) == 1 and shop.effecten == ()
    assert settled.geweigerd["activiteit"].tolist() == ["Werkplaats"]


def test_who_begins_earlier_goes_first_and_only_years_that_are_taken_fall_away():
    late = {**GOOD, "naam": "A later plan", "begin": 2029}
    settled, claims = pledges.settle(read(late, GOOD))
    later, garden = settled.activiteiten
    assert garden.effecten[0].jaren == (2026, 2027, 2028, 2029, 2030)
    assert later.effecten[0].jaren == (2031, 2032, 2033) and settled.geweigerd.empty
    assert (claims["oordeel"] != pledges.HOLDS).sum() == 2


def test_of_one_plan_that_counts_a_saving_twice_the_larger_holds_in_every_year():
    for more in range(2, 8):  # the numbers of claims differ each time
        (plan,) = pledges.settle(read(GOOD, {**GOOD, "minder_nodig": more}))[0].activiteiten
        assert [e.minder for e in plan.effecten] == [more] and len(plan.effecten[0].jaren) == 5


def test_partial_claims_fill_a_group_and_no_more():
    names = ["a", "b", "c", "d"]
    _, claims = pledges.settle(read(*({**MANY, "naam": name} for name in names)))
    assert (claims["oordeel"] == pledges.HOLDS).tolist() == [True, True, True, False]
    assert "van de 3 persoon is 3 al beloofd" in claims["oordeel"].iloc[-1]
    assert all(number in claims["oordeel"].iloc[-1] for number in claims["nummer"])
    _, alone = pledges.settle(read({**MANY, "minder_nodig": 4, "minder_hoog": 5}))
    assert "de hele groep is 3" in alone["oordeel"][0]


@pytest.mark.parametrize("first", ["mensen in de bijstand", ""])
def test_who_says_nobody_in_particular_may_mean_the_same_people(first):
    other = {"mensen in de bijstand": "", "": "mensen in de bijstand"}[first]
    row = {**GOOD, "effect_jaren": 1}
    _, claims = pledges.settle(
        read({**row, "voor_wie": first}, {**row, "naam": "z", "voor_wie": other})
    )
    assert (claims["oordeel"] == pledges.HOLDS).tolist() == [True, False]
    # Two groups with names are two groups; another goal is another saving.
    apart = [{**MANY, "naam": "z", "voor_wie": "jongeren"}, {**MANY, "naam": "y", "doel": "zorg"}]
    _, claims = pledges.settle(read({**MANY, "groep": 1}, *apart))
    assert (claims["oordeel"] == pledges.HOLDS).all()


def test_two_costs_of_one_person_are_one_claim_on_the_group():
    other = next(
        k.id
        for k in KNOWN.known.values()
        if k.eenheid == "euro per persoon per jaar" and k.id != GOOD["kengetal"]
    )
    both = [{**MANY, "groep": 1}, {**MANY, "groep": 1, "kengetal": other}]
    _, claims = pledges.settle(read(*both))
    assert (claims["oordeel"] == pledges.HOLDS).all()
    _, claims = pledges.settle(read(*both, {**MANY, "naam": "z"}))
    assert claims.set_index("activiteit")["oordeel"].eq(pledges.HOLDS)["z"] == False  # noqa: E712


def test_one_group_in_two_units_cannot_be_added_up():
    per_hour = next(k.id for k in KNOWN.known.values() if k.eenheid == "euro per uur")
    hours = {**MANY, "naam": "z", "eenheid": "uur", "kengetal": per_hour}
    _, claims = pledges.settle(read(MANY, hours))
    assert "dat is niet op te tellen" in claims["oordeel"].iloc[-1]


def test_nothing_is_pledged_where_there_are_no_plans():
    settled, claims = pledges.settle(read())
    assert settled.activiteiten == () and claims.empty and [*claims] == [*pledges.COLUMNS]


BASE = read(GOOD).activiteiten[0]
NONE = read().geweigerd
UNITS = {"persoon": "bijstand_per_persoon"}
UNITS["uur"] = next(k.id for k in KNOWN.known.values() if k.eenheid == "euro per uur")


@st.composite
def markets(draw) -> Plans:
    """Return plans that get in one another's way in every manner."""
    names = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True))
    found = []
    for name in names:
        begin = draw(st.integers(2026, 2028))
        plan = replace(BASE, naam=name, jaren=(begin,))
        effects = []
        for _ in range(draw(st.integers(1, 3))):
            unit = draw(st.sampled_from([*UNITS, "persoon"]))
            start = draw(st.integers(2026, 2029))
            effects.append(
                replace(
                    BASE.effecten[0],
                    doel=draw(st.sampled_from(["bijstand", "Bijstand", "zorg"])),
                    voor_wie=draw(st.sampled_from(["", "jongeren", "Ouderen "])),
                    groep=draw(st.sampled_from([None, 1.0, 3.0, 10.0])),
                    minder=draw(st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.0])),
                    eenheid=unit,
                    kengetal=KNOWN.known[UNITS[unit]],
                    jaren=tuple(range(start, start + draw(st.integers(1, 3)))),
                )
            )
        found.append(replace(plan, effecten=tuple(effects)))
    return Plans((), tuple(found), NONE)


def years(found: Plans) -> list[tuple[str, Effect, int]]:
    return [
        (plan.naam, replace(e, jaren=()), year)
        for plan in found.activiteiten
        for e in plan.effecten
        for year in e.jaren
    ]


@settings(max_examples=60)
@given(markets())
def test_nothing_is_lost_each_year_of_a_link_holds_or_has_a_reason(market):
    settled, claims = pledges.settle(market)
    assert len(claims) == len(years(market)) and claims["nummer"].is_unique
    holds = claims["oordeel"] == pledges.HOLDS
    assert holds.sum() == len(years(settled))
    assert claims.loc[~holds, "oordeel"].str.len().gt(20).all()
    rest = years(market)
    for one in years(settled):
        rest.remove(one)  # nothing is made up either
    # A reason names the claim itself, and the ones in the way where there are any.
    for row in claims[~holds].itertuples():
        assert row.nummer in row.oordeel


@settings(max_examples=60)
@given(markets())
def test_claims_that_hold_are_never_more_than_the_whole(market):
    settled, _ = pledges.settle(market)
    pots: dict[tuple, list[tuple[str, Effect]]] = {}
    for name, effect, year in years(settled):
        place = (plans.key(effect.doel), year, effect.eenheid)
        pots.setdefault(place, []).append((name, effect))
    for found in pots.values():
        groups = {plans.key(e.voor_wie) for _, e in found}
        for group in groups:
            inside = [one for one in found if plans.key(one[1].voor_wie) == group or not group]
            said = [e.groep for _, e in found if plans.key(e.voor_wie) == group and e.groep]
            taken: dict[tuple[str, str], float] = {}
            for name, e in inside:
                place = (name, e.kengetal.id)
                taken[place] = taken.get(place, 0) + e.minder
            if said:
                assert sum(taken.values()) <= min(said) + 1e-9  # one kengetal per unit here
            else:
                assert len(taken) == 1 and len(inside) == 1


@settings(max_examples=60)
@given(markets(), st.randoms())
def test_numbers_and_verdicts_do_not_depend_on_the_order_of_the_rows(market, random):
    plans_ = list(market.activiteiten)
    random.shuffle(plans_)
    turned = [
        replace(p, effecten=tuple(random.sample(p.effecten, len(p.effecten)))) for p in plans_
    ]
    sort = ["nummer"]
    _, before = pledges.settle(market)
    _, after = pledges.settle(replace(market, activiteiten=tuple(turned)))
    columns = ["nummer", "activiteit", "jaar", "oordeel"]
    before, after = (t.sort_values(sort)[columns].reset_index(drop=True) for t in (before, after))
    assert before.equals(after)


@settings(max_examples=60)
@given(markets())
def test_one_plan_more_renumbers_nothing_and_changes_no_earlier_claim(market):
    *earlier, last = sorted(market.activiteiten, key=lambda a: (a.begin, plans.key(a.naam)))
    _, fewer = pledges.settle(replace(market, activiteiten=tuple(earlier)))
    _, more = pledges.settle(market)
    kept = more[more["activiteit"] != last.naam].reset_index(drop=True)
    assert kept.equals(fewer)
