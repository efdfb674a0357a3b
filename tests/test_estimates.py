"""Amounts with errors by cause: the algebra is that of first-order propagation, and no other."""

import operator
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wijkboek_utils import ledger
from wijkboek_utils.estimates import Estimate, error_text, of, sure
from wijkboek_utils.kengetallen import Kengetal

CAUSES = "abc"
OPERATORS = (operator.add, operator.sub, operator.mul, operator.truediv)
BUURTEN = pd.Index(["BU99010001", "BU99010002", "BU99010003"])

numbers = st.floats(0.2, 5) | st.floats(-5, -0.2)
errors = st.dictionaries(st.sampled_from(CAUSES), st.floats(-1, 1), max_size=3)
estimates = st.builds(Estimate, numbers, errors)
# A leaf is a number of the list of leaves; a node an operator with what it works on.
trees = st.recursive(
    st.integers(0, 2),
    lambda parts: st.tuples(st.sampled_from(OPERATORS), parts, parts),
    max_leaves=6,
)


def compute(tree, leaves):
    if isinstance(tree, int):
        return leaves[tree]
    work, *parts = tree
    left, right = (compute(part, leaves) for part in parts)
    if work is operator.truediv:
        assume(abs(getattr(right, "value", right)) > 0.1)
    return work(left, right)


@given(trees, st.tuples(estimates, estimates, estimates))
def test_each_cause_moves_the_outcome_as_far_as_a_finite_difference_says(tree, leaves):
    found = compute(tree, leaves) if isinstance(tree, tuple) else leaves[tree]
    assert found.value == pytest.approx(compute(tree, [leaf.value for leaf in leaves]))
    step = 1e-5
    for cause in CAUSES:
        up, down = (
            compute(tree, [leaf.value + side * leaf.errors.get(cause, 0.0) for leaf in leaves])
            for side in (step, -step)
        )
        slope = (up - down) / (2 * step)
        room = 1e-4 * (1 + abs(slope))
        assert found.errors.get(cause, 0.0) == pytest.approx(slope, abs=room)


@given(st.sampled_from(OPERATORS), numbers, numbers, st.floats(0, 0.2), st.floats(0, 0.2))
def test_own_errors_of_two_amounts_combine_as_two_causes_of_their_own(work, a, b, one, other):
    own = work(Estimate(a, own=one), Estimate(b, own=other))
    named = work(Estimate(a, {"one": one}), Estimate(b, {"other": other}))
    assert own.se == pytest.approx(named.se)


def test_what_is_shared_adds_up_and_what_is_own_adds_up_in_squares():
    shared, own = Estimate(10.0, {"a": 2.0}), Estimate(10.0, own=2.0)
    assert sum([shared] * 4, Estimate(0.0)).se == 8
    assert sum([own] * 4, Estimate(0.0)).se == 4
    assert (shared + Estimate(1.0, {"b": 1.5})).se == 2.5


@given(estimates)
def test_an_amount_less_itself_or_by_itself_is_sure(x):
    for found, value in ((x - x, 0), (x / x, 1)):
        assert found.value == pytest.approx(value)
        assert found.se == pytest.approx(0, abs=1e-9)


@given(estimates, st.floats(0, 1))
def test_a_share_and_the_rest_are_the_whole_with_the_error_of_the_whole(x, share):
    part = Estimate(share, {"share": 0.3})
    whole = x * part + x * (1 - part)
    assert (whole.value, whole.se) == (pytest.approx(x.value), pytest.approx(x.se))


def test_a_plain_number_is_an_amount_without_error_on_either_side():
    x = Estimate(4.0, {"a": 1.0}, 2.0)
    for found, value, a, own in (
        (1 + x, 5, 1, 2),
        (x + 1, 5, 1, 2),
        (1 - x, -3, -1, 2),
        (x - 1, 3, 1, 2),
        (2 * x, 8, 2, 4),
        (x / 2, 2, 0.5, 1),
        (-x, -4, -1, 2),
    ):
        assert (found.value, found.errors["a"], found.own) == (value, a, own)
    assert sure(x) is x and sure(3.0).se == 0


def test_one_cause_more_is_added_to_what_the_cause_did_already():
    x = Estimate(4.0, {"a": 1.0}).because("a", -3.0).because("b", 1.0)
    assert x.errors == {"a": -2.0, "b": 1.0}


def test_a_value_below_zero_becomes_zero_and_stays_as_unsure():
    found = Estimate(pd.Series([-3.0, 2.0, np.nan]), {"a": 5.0}, 1.0).at_least_zero()
    assert found.value.tolist()[:2] == [0, 2] and np.isnan(found.value[2])
    assert found.errors == {"a": 5.0} and found.own == 1


def test_a_kengetal_is_unsure_under_its_own_id():
    facts = dict.fromkeys(("naam", "eenheid", "prijsbasis", "bron", "vindplaats", "status"), "x")
    k = Kengetal(id="prijs", waarde=3.0, jaar=2023, laag=2.0, hoog=4.0, toelichting="", **facts)
    assert of(k).value == 3 and of(k).errors == {"prijs": k.se} and of(k).se > 0


cents = st.integers(-(10**9), 10**9).map(lambda x: x / 100)
columns = st.lists(cents, min_size=3, max_size=3).map(lambda x: pd.Series(x, index=BUURTEN))


@given(st.dictionaries(st.sampled_from(["aow", "aantal inkomen:ww", "a=b"]), columns))
def test_errors_written_as_text_come_back(errors):
    texts = error_text(Estimate(pd.Series(1.0, index=BUURTEN), errors), BUURTEN)
    rows = pd.DataFrame({"fouten": pd.Series(texts, index=BUURTEN, dtype="str")})
    found = ledger.named_errors(rows).set_index("cause", append=True)["fout"].to_dict()
    expected = {(b, c): e for c, column in errors.items() for b, e in column.items() if e}
    assert found == pytest.approx(expected)
    # What moves nothing is not named; what nothing moves names nothing.
    assert [text is None for text in texts] == [
        all(column[b] == 0 for column in errors.values()) for b in BUURTEN
    ]


def test_an_error_that_is_the_same_for_all_buurten_is_written_for_each():
    assert error_text(Estimate(5.0, {"a": 1.0}), BUURTEN) == ["a=1.00"] * 3
    assert error_text(Estimate(5.0), BUURTEN) == [None] * 3


values = st.lists(st.sampled_from([0.0, 1.5, -2.0, 7.0, np.nan]), min_size=3, max_size=3)
orders = st.permutations(list(BUURTEN)).map(pd.Index)


def per_buurt(numbers, errors, order) -> Estimate:
    column = partial(pd.Series, index=order, dtype=float)
    return Estimate(column(numbers), {cause: column(error) for cause, error in errors.items()})


def by_labels(work, x: Estimate, y: Estimate) -> Estimate:
    """Return a sum or a product as series compute it, label by label."""
    moved: dict[str, pd.Series] = {}
    for one, other in ((x, y), (y, x)):
        for cause, error in one.errors.items():
            part = error * other.value if work is operator.mul else error
            moved[cause] = moved.get(cause, 0.0) + part
    return Estimate(work(x.value, y.value), moved)


several = st.builds(
    per_buurt, values, st.dictionaries(st.sampled_from(CAUSES), values, max_size=3), orders
)


@given(st.sampled_from([operator.add, operator.mul]), several, several, orders)
def test_amounts_per_buurt_meet_by_label_in_whatever_order_they_come(work, x, y, order):
    found, wanted = work(x, y).reindex(order), by_labels(work, x, y)
    np.testing.assert_allclose(found.value, wanted.value.reindex(order))
    assert found.errors.keys() == wanted.errors.keys()
    for cause, error in wanted.errors.items():
        here = np.broadcast_to(found.errors[cause], 3)
        np.testing.assert_allclose(here, error.reindex(order))


def test_a_buurt_that_only_one_amount_has_is_unknown_in_what_they_make():
    some, all_ = (
        per_buurt([1.0, 2.0], {"a": [0.1, 0.2]}, BUURTEN[:2]),
        Estimate(pd.Series([1.0, 2.0, 3.0], index=BUURTEN), {"a": 0.5}),
    )
    found = (some + all_).reindex(BUURTEN)
    assert found.value.tolist()[:2] == [2.0, 4.0] and np.isnan(found.value.iloc[2])
    assert found.errors["a"][:2].tolist() == [0.6, 0.7] and np.isnan(found.errors["a"][2])
    assert some.because("b", pd.Series([4.0, 3.0], BUURTEN[:2][::-1])).errors["b"].tolist() == [
        3,
        4,
    ]
