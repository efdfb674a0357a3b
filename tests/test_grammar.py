"""Grammar of Dutch sentences: singular and plural, more and less, capitals, and one full stop."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import dutch, grammar
from wijkboek_utils.grammar import CHANGED, EQUAL, HIGHER, LOWER, THAN, UNKNOWN, UNSURE, verdict

NAN = math.nan
figures = st.floats(-1e12, 1e12)
errors = st.floats(0, 1e12)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, "woont"),
        (1.0, "woont"),
        (np.int64(1), "woont"),
        (1.4, "woont"),  # printed as 1
        (0.6, "woont"),
        (0, "wonen"),
        (2, "wonen"),
        (-1, "wonen"),
        (10**9, "wonen"),
        (None, "wonen"),
        (NAN, "wonen"),
        (pd.NA, "wonen"),
    ],
)
def test_a_verb_goes_with_the_count_as_it_is_printed(count, expected):
    assert grammar.verb(count, "woont", "wonen") == expected


@pytest.mark.parametrize(
    ("a", "se_a", "b", "se_b", "expected"),
    [
        (110, 0, 100, 0, HIGHER),
        (90, 0, 100, 0, LOWER),
        (100, 0, 100, 0, EQUAL),
        (102, 0, 100, 0, EQUAL),  # sure, and too small to matter
        (100, 5, 100, 0, EQUAL),  # cannot well differ by more than a tenth
        (100, 7, 100, 0, UNSURE),  # alike, but who knows
        (120, 12, 100, 0, HIGHER),  # the margin is 19,7
        (120, 13, 100, 0, UNSURE),  # the margin is 21,4
        (120, 0, 100, 13, UNSURE),
        (120, 9, 100, 9, UNSURE),  # each alone would do; together they do not
        (120, 8, 100, 8, HIGHER),
        (104, 0, 100, 3, EQUAL),  # at most 9 apart
        (104, 0, 100, 5, UNSURE),
        (0, 0, 0, 0, EQUAL),
        (5, 1, 0, 0, HIGHER),
        (-5, 1, 0, 0, LOWER),
        (-5, 4, 0, 0, UNSURE),
        (-5, 0, -10, 0, HIGHER),
        (1e12, 1e9, 2e12, 1e9, LOWER),
        (1, 0, 1e12, 0, LOWER),
        (None, 0, 100, 0, UNKNOWN),
        (100, 0, NAN, 0, UNKNOWN),
        (math.inf, 0, 100, 0, UNKNOWN),
        (120, None, 100, 0, UNSURE),  # without an error nothing is claimed
        (120, 0, 100, NAN, UNSURE),
        (100, NAN, 100, 0, UNSURE),
        (np.float32(110), np.int64(0), np.int64(100), 0, HIGHER),
    ],
)
def test_more_or_less_is_said_only_beyond_the_error(a, se_a, b, se_b, expected):
    assert verdict(a, se_a, b, se_b) == expected


@given(figures, errors, figures, errors)
def test_the_verdict_turns_around_with_its_figures(a, se_a, b, se_b):
    turned = {HIGHER: LOWER, LOWER: HIGHER}
    found = verdict(a, se_a, b, se_b)
    assert verdict(b, se_b, a, se_a) == turned.get(found, found)
    if found in (HIGHER, LOWER):
        assert abs(a - b) > dutch.Z90 * max(se_a, se_b)


@given(figures, figures, errors, errors)
def test_a_larger_error_never_makes_a_claim_out_of_none(a, b, se, more):
    if verdict(a, se, b, 0.0) == UNSURE:
        assert verdict(a, se + more, b, 0.0) == UNSURE


def test_a_verdict_has_words_for_a_place_and_for_a_change():
    assert grammar.compare(120, 0, 100, 0) == "meer dan"
    assert grammar.compare(80, 0, 100, 0) == "minder dan"
    assert grammar.compare(101, 0, 100, 0) == "ongeveer evenveel als"
    assert grammar.compare(120, 90, 100, 0) == "niet duidelijk anders dan"
    assert grammar.compare(None, 0, 100, 0) == ""
    assert grammar.compare(120, 1, 100, 1, CHANGED) == "toegenomen"
    assert grammar.compare(80, 1, 100, 1, CHANGED) == "afgenomen"
    assert grammar.compare(101, 1, 100, 1, CHANGED) == "ongeveer gelijk gebleven"
    # What may have changed is not said to have changed, nor to have stayed the same.
    assert grammar.compare(120, 90, 100, 1, CHANGED) == ""


def test_several_places_are_told_in_one_clause_with_maar_where_they_differ():
    stad, land = "in heel Stad", "in Nederland"
    assert grammar.against([(HIGHER, stad), (HIGHER, land)]) == f"meer dan {stad} en {land}"
    assert grammar.against([(HIGHER, stad), (LOWER, land)]) == (
        f"meer dan {stad}, maar minder dan {land}"
    )
    assert grammar.against([(UNKNOWN, stad), (EQUAL, land)]) == f"{THAN[EQUAL]} {land}"
    assert grammar.against([(UNKNOWN, stad)]) == grammar.against([]) == ""


def test_articles_follow_the_noun():
    wijk, gebied = grammar.Noun("wijk"), grammar.Noun("gebied", neuter=True)
    assert wijk.the == "de wijk"
    assert gebied.the == "het gebied"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("de wijk", "De wijk"),
        ("ijs en weder", "IJs en weder"),
        ("één buurt", "Eén buurt"),
        ("'s ochtends", "'s Ochtends"),
        ("\u2019t zand", "\u2019t Zand"),
        ("«buurt» is een woord", "«Buurt» is een woord"),
        ("De wijk", "De wijk"),
        ("€ 5", "€ 5"),
        ("", ""),
        ("...", "..."),
    ],
)
def test_a_sentence_opens_with_a_capital_as_dutch_writes_it(text, expected):
    assert grammar.sentence_case(text) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("de wijk", "groeit"), "De wijk groeit."),
        (("de wijk", "", "groeit."), "De wijk groeit."),
        (("  de  wijk \n groeit. . ",), "De wijk groeit."),
        (("groeit de wijk?",), "Groeit de wijk?"),
        (("dit kost € 1.234,5",), "Dit kost € 1.234,5."),
        ((f"dit kost €{dutch.NBSP}5",), f"Dit kost €{dutch.NBSP}5."),  # stays together
        (("",), ""),
        ((), ""),
    ],
)
def test_a_sentence_is_closed_once(parts, expected):
    assert grammar.sentence(*parts) == expected


@given(st.lists(st.text(max_size=40), max_size=4))
def test_whatever_goes_in_a_sentence_has_single_spaces_and_one_mark(parts):
    text = grammar.sentence(*parts)
    assert not re.search(r" {2}|\.\.$|[ .]\.$", text)
    assert not text or text[-1] in ".?!"


def test_a_paragraph_leaves_out_what_is_empty():
    assert grammar.paragraph("Een.", "", "Twee.") == "Een. Twee."
    assert grammar.paragraph("", "") == ""
