"""Numbers and words: unknown is a word, signs are true, rounding adds at most half a unit."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import dutch
from wijkboek_utils.dutch import about, between, interval, number

UNKNOWN = [None, math.nan, math.inf, -math.inf, pd.NA, pd.NaT, np.float64("nan"), "12"]
WORDS = {"": 1.0, "miljoen": 1e6, "miljard": 1e9}
_FLOATS = st.floats(-1e15, 1e15) | st.sampled_from([float("nan"), float("inf"), -float("inf")])
anything = st.one_of(st.none(), st.just(pd.NA), _FLOATS, st.integers(-(10**15), 10**15))
amounts = st.floats(-1e11, 1e11)  # a hundred billion: more than any gemeente
errors = st.one_of(st.none(), st.floats(0, 1e11))


def plain(text: str) -> str:
    """Return text with plain spaces and hyphens, to compare it with what one types."""
    return text.replace(dutch.NBSP, " ").replace("\N{MINUS SIGN}", "-")


def read(text: str) -> list[float]:
    """Read amounts as a reader does: a first figure borrows the scale word of the second."""
    found = re.findall(r"€ (-?[\d.]+(?:,\d+)?)(?: (miljoen|miljard))?", plain(text))
    last = found[-1][1]
    return [
        float(digits.replace(".", "").replace(",", "."))
        * WORDS[word or ("" if "." in digits else last)]
        for digits, word in found
    ]


@pytest.mark.parametrize("value", UNKNOWN)
def test_an_unknown_amount_is_a_word_and_never_zero(value):
    assert not dutch.is_known(value)
    written = [
        number(value),
        dutch.euro(value),
        dutch.percent(value),
        about(value),
        about(value, 5.0),
        between(value, 10.0),
        between(10.0, value),
        interval(value, 5.0),
    ]
    assert set(written) == {"onbekend"}


@given(anything, anything)
def test_no_figure_is_ever_printed_as_computers_do(a, b):
    text = " ".join(
        [number(a), number(a, 2), dutch.euro(a), about(a, b), between(a, b), interval(a, b)]
    )
    assert not re.search(r"nan|inf|none|<na>|\de[+-]?\d", text, re.IGNORECASE)


@given(amounts, errors)
def test_a_figure_has_a_minus_when_it_is_below_zero_and_not_when_it_rounds_to_nothing(value, se):
    for text in (number(value), number(value, 1), dutch.euro(value), about(value, se)):
        rounds_to_nothing = not re.search("[1-9]", text)
        assert ("\N{MINUS SIGN}" in text) == (value < 0 and not rounds_to_nothing)
        assert "-" not in text


@given(amounts, st.integers(0, 3))
def test_a_number_is_within_half_of_its_last_decimal(value, decimals):
    (back,) = read(f"€ {number(value, decimals)}")
    assert abs(back - value) <= 0.5 * 10**-decimals + abs(value) * 1e-12


@given(amounts, errors)
def test_an_amount_is_printed_within_half_a_rounding_unit(value, se):
    unit = dutch.rounding_unit(value, se)
    (back,) = read(about(value, se))
    assert abs(back - value) <= unit / 2 + abs(value) * 1e-9


@given(st.tuples(amounts, amounts).map(sorted))
def test_both_ends_of_a_range_read_back_to_within_half_a_unit(ends):
    low, high = ends
    unit = dutch.rounding_unit(max(abs(low), abs(high)), (high - low) / 2)
    text = between(low, high)
    back = read(text)
    slack = unit / 2 + unit * 1e-6
    assert abs(back[-1] - high) <= slack
    assert abs(back[0] - low) <= slack + (unit if text.startswith("ongeveer") else 0)
    assert len(back) == 1 or back[0] < back[1]


@given(amounts, st.floats(0.01, 1e11))
def test_an_interval_holds_its_value_and_does_not_change_sign(value, se):
    back = read(interval(value, se))
    unit = dutch.rounding_unit(abs(value) + dutch.Z90 * se, dutch.Z90 * se)
    assert back[0] - unit <= value <= back[-1] + unit
    assert all(end * value >= 0 for end in back)


@given(st.floats(1, 1e11), st.floats(0, 1e11))
def test_the_rounding_unit_adds_little_to_the_error_and_leaves_at_most_three_digits(value, se):
    unit = dutch.rounding_unit(value, se)
    assert math.log10(unit) == round(math.log10(unit))
    assert unit <= max(se / 2, value / 10, 1.0)
    assert value / unit < 1000 or unit == 1.0


@pytest.mark.parametrize(
    ("value", "se", "expected"),
    [
        (0, None, "€ 0"),
        (-0.4, None, "€ 0"),
        (0.4, 0.1, "€ 0"),
        (7, None, "€ 7"),
        (999, 0, "€ 1.000"),  # two digits
        (434_567, None, "€ 430.000"),
        (434_567, 5_000, "€ 435.000"),
        (1_234_567, 250_000, "€ 1,2 miljoen"),
        (-1_234_567, 250_000, "€ -1,2 miljoen"),
        (1_234_567, 10, "€ 1,23 miljoen"),  # three digits at most, however small the error
        (21_400_000, 3_000_000, "€ 21 miljoen"),
        (2_345_678_901, None, "€ 2,3 miljard"),
    ],
)
def test_an_amount_is_written_to_the_digits_it_deserves(value, se, expected):
    assert plain(about(value, se)) == expected


@pytest.mark.parametrize(("value", "word"), [(999_999.5, "miljoen"), (999_999_999.5, "miljard")])
def test_an_amount_that_rounds_over_takes_the_next_scale_word(value, word):
    assert about(value).endswith(word)
    assert read(about(value)) == [round(value)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1.1e6, 1.6e6, "tussen € 1,1 en € 1,6 miljoen"),
        (900_000, 1_100_000, "tussen € 900.000 en € 1,10 miljoen"),
        (500e6, 1.2e9, "tussen € 500 miljoen en € 1,2 miljard"),
        (0, 1.5e6, "tussen € 0 en € 1,5 miljoen"),
        (-1e6, 1e6, "tussen € -1,0 en € 1,0 miljoen"),
        (1200, 1800, "tussen € 1.200 en € 1.800"),
        (1_600_000, 1_600_000, "ongeveer € 1,6 miljoen"),
        (0, 0, "ongeveer € 0"),
        (-0.3, 0.3, "ongeveer € 0"),
    ],
)
def test_a_range_is_written_with_its_scale_word_once(low, high, expected):
    assert plain(between(low, high)) == expected


def test_an_interval_without_an_error_is_the_value_itself():
    assert interval(1_234_567, None) == about(1_234_567)
    assert interval(1_234_567, 0) == f"ongeveer {about(1_234_567)}"


def test_numbers_have_dutch_points_commas_and_minus():
    assert number(1234567.8) == "1.234.568"
    assert number(-1234.5, 2) == "\N{MINUS SIGN}1.234,50"
    assert number(-0.4) == number(-0.0) == "0"
    assert plain(dutch.euro(-1234)) == "€ -1.234"
    assert plain(dutch.percent(0.125, 1)) == "12,5 procent"


def test_words_are_joined_and_counted_as_dutch_does():
    assert [dutch.join(list(w)) for w in ("", "a", "ab", "abc")] == ["", "a", "a en b", "a, b en c"]
    assert dutch.plural(1, "buurt", "buurten") == "1 buurt"
    assert [dutch.plural(n, "buurt", "buurten") for n in (0, 2)] == ["0 buurten", "2 buurten"]
