"""Formulas: as pandas computes them, with what is unknown unknown and nothing below zero."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import formulas, keys, sources

figures = st.lists(st.sampled_from([0.0, 1.0, 2.5, 40.0, np.nan]), min_size=3, max_size=3)
signs = st.sampled_from("+-*/")
leaves = st.sampled_from(["a", "b_1", "k_0Tot15Jaar", "2", "0.93", "1e-05"])
texts = st.recursive(leaves, lambda part: st.builds("({} {} {})".format, part, signs, part))


def slow(formula: str, counts: pd.DataFrame) -> pd.Series | None:
    """Return the same as pandas reads and computes it."""
    values = pd.Series(counts.eval(formula), index=counts.index, dtype=float)
    values = values.replace([np.inf, -np.inf], np.nan).clip(lower=0)
    return None if values.isna().all() else values


@given(texts, figures, figures, figures)
def test_a_formula_gives_what_pandas_gives(text, a, b, k):
    formula = f"a + 0 * a + {text}"
    counts = pd.DataFrame({"a": a, "b_1": b, "k_0Tot15Jaar": k})
    try:
        wanted = slow(formula, counts)
    except ZeroDivisionError:  # of two plain numbers; no table has that
        return
    found = keys.evaluate(formula, counts)
    assert (found is None) == (wanted is None)
    if wanted is not None:
        pd.testing.assert_series_equal(found, wanted, check_names=False)


def test_a_topic_that_is_not_there_gives_nothing():
    counts = pd.DataFrame({"a": [1.0]})
    assert keys.evaluate("a * b", counts) is None and keys.evaluate("a", counts).tolist() == [1]


@pytest.mark.parametrize("formula", ["a ** 2", "-a", "a > 1", "a.b", "a[0]", "'a'"])
def test_a_formula_has_nothing_but_numbers_topics_and_the_four_signs(formula):
    with pytest.raises(ValueError, match="in een formule kan dit niet"):
        formulas.work_out(formula, pd.DataFrame({"a": [1.0]}))


def test_every_formula_of_the_tables_can_be_read():
    places = {"geldstromen": "aantal", "sleutels": "formule", "maatstaven": "formule"}
    places |= {"voorraden": "aantal", "groen": "aantal", "onbetaald": "aantal"}
    for table, column in places.items():
        for formula in filter(None, sources.read_project_table(table)[column]):
            topics = keys.topics_of(formula)
            counts = pd.DataFrame({topic: [2.0, 3.0] for topic in topics})
            assert formulas.work_out(formula, counts) is not None, formula
