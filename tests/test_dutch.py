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


def test_words_are_joined_as_dutch_does():
    assert [dutch.join(list(w)) for w in ("", "a", "ab", "abc")] == ["", "a", "a en b", "a, b en c"]
    assert dutch.join(["a", "b", "c"], "of") == "a, b of c"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["werk en inkomen", "zorg"], "werk en inkomen, en zorg"),
        (["zorg", "cultuur en sport"], "zorg, en cultuur en sport"),
        (["werk en inkomen", "zorg", "groen"], "werk en inkomen, zorg, en groen"),
        (["vrije tijd, vakantie", "huur"], "vrije tijd, vakantie, en huur"),
        (["€ 1,2 miljoen", "€ 3"], "€ 1,2 miljoen en € 3"),  # a decimal comma divides nothing
        (["lenen", "rennen"], "lenen en rennen"),
        (["werk en inkomen"], "werk en inkomen"),
    ],
)
def test_a_comma_shows_where_a_word_that_holds_en_ends(words, expected):
    assert dutch.join(words) == expected


def test_a_word_that_holds_en_needs_no_comma_before_of():
    assert dutch.join(["werk en inkomen", "zorg"], "of") == "werk en inkomen of zorg"


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 buurten"),
        (1, "1 buurt"),
        (1.0, "1 buurt"),
        (np.int64(1), "1 buurt"),
        (0.7, "1 buurt"),  # as it is printed
        (1.4, "1 buurt"),
        (1.6, "2 buurten"),
        (2, "2 buurten"),
        (1001, "1.001 buurten"),
        *((value, "een onbekend aantal buurten") for value in UNKNOWN),
    ],
)
def test_what_is_counted_is_singular_or_plural_as_its_count_is_printed(count, expected):
    assert dutch.plural(count, "buurt", "buurten") == expected
    assert dutch.is_one(count) == (expected == "1 buurt")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.06, 0.29, "6 tot 29 procent"),
        (0.851, 0.854, "85 procent"),  # both ends print alike
        (0, 0, "0 procent"),
        (0.0, 0.004, "0 procent"),
        (0.0, 0.006, "0 tot 1 procent"),
        (0.996, 1.0, "100 procent"),
        (-0.02, 0.03, "-2 tot 3 procent"),
        (-0.004, 0.004, "0 procent"),
        (12.3, 45.6, "1.230 tot 4.560 procent"),
        (np.float64(0.1), np.float32(0.2), "10 tot 20 procent"),
        *((value, 0.5, "onbekend") for value in UNKNOWN),
        *((0.5, value, "onbekend") for value in UNKNOWN),
    ],
)
def test_a_range_of_shares_is_written_with_its_unit_once(low, high, expected):
    assert plain(dutch.percents(low, high)) == expected
    cents = plain(dutch.percents(low, high, "cent"))
    assert cents == expected.replace("procent", "cent")


@pytest.mark.parametrize(
    ("value", "se", "expected"),
    [
        (0.004, None, "€ 0"),  # 0,4 cent
        (1e6 - 1, None, "€ 1,0 miljoen"),  # as a million
        (9_999_999, None, "€ 10 miljoen"),
        (1e6 - 1, 10, "€ 1,00 miljoen"),
        (1e9, None, "€ 1,0 miljard"),
        (1e9 - 1, 1e6, "€ 1,00 miljard"),
        (-999_999.5, None, "€ -1,0 miljoen"),
        (-3_456, 12, "€ -3.460"),
        (1_234_567, 5e6, "€ 1 miljoen"),  # an error larger than the value: one digit stays
        (434_567, 5e6, "€ 400.000"),
        (12, 5e6, "€ 10"),
        (434_567, math.nan, "€ 430.000"),  # no error known: two digits
        (434_567, math.inf, "€ 430.000"),
        (np.float32(434_567), np.int64(5_000), "€ 435.000"),
        (np.int64(434_567), pd.NA, "€ 430.000"),
    ],
)
def test_an_amount_at_the_edges_of_its_scale_and_error(value, se, expected):
    assert plain(about(value, se)) == expected


@pytest.mark.parametrize(
    ("value", "se", "signed", "expected"),
    [
        (100.0, 500.0, False, "tussen € 0 en € 900"),  # no key turns the sign of an amount
        (-100.0, 500.0, False, "tussen € -900 en € 0"),
        (100.0, 500.0, True, "tussen € -700 en € 900"),
        (-2e6, 1e6, True, "tussen € -3,6 miljoen en € -400.000"),
        (0.0, 0.0, True, "ongeveer € 0"),
        (1e6 - 1, 1.0, False, "ongeveer € 1,00 miljoen"),  # the ends round to the same
        (999_999.5, 50_000, False, "tussen € 920.000 en € 1,08 miljoen"),
        (1e9, 1e8, False, "tussen € 840 miljoen en € 1,16 miljard"),
        (5e6, pd.NA, False, "€ 5,0 miljoen"),
        (5e6, math.inf, True, "€ 5,0 miljoen"),
        *((value, 5.0, True, "onbekend") for value in UNKNOWN),
    ],
)
def test_an_interval_at_the_edges(value, se, signed, expected):
    assert plain(interval(value, se, signed)) == expected


@given(anything, anything)
def test_what_is_not_known_is_a_word_in_every_form(a, b):
    ranges = (between(a, b), between(b, a), dutch.percents(a, b), dutch.percents(b, a))
    alone = (about(a, b), number(a), dutch.percent(a), interval(a, b), interval(a, b, True))
    if not dutch.is_known(a):
        assert {*ranges, *alone} == {"onbekend"}
    elif not dutch.is_known(b):
        assert set(ranges) == {"onbekend"} and "onbekend" not in alone


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Boodschappen", "boodschappen"), ("BTW en accijns", "BTW en accijns"), ("", ""), ("A", "A")],
)
def test_a_name_inside_a_sentence_keeps_the_capitals_of_an_abbreviation(name, expected):
    assert dutch.lower_first(name) == expected


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((-20_000, 30_000), "tussen € 20.000 verlies en € 30.000 winst"),
        ((-160_000, 1_200_000), "tussen € 160.000 verlies en € 1,2 miljoen winst"),
        ((6_000, 36_000), "tussen € 6.000 en € 36.000 winst"),
        ((-36_000, -6_000), "tussen € 6.000 en € 36.000 verlies"),
        ((None, 5.0), "onbekend"),
    ],
)
def test_a_result_says_loss_and_gain_in_words_and_never_below_zero(ends, words):
    assert dutch.result(*ends).replace(dutch.NBSP, " ") == words


def test_a_unit_that_is_counted_has_a_plural_and_another_stays():
    assert [dutch.many(u) for u in ("persoon", "inwoner", "uur", "kWh")] == [
        *("mensen", "inwoners", "uur", "kWh")
    ]


def test_a_name_at_the_start_has_a_capital():
    assert [dutch.capital(n) for n in ("groen met de wijk", "OZB", "")] == [
        *("Groen met de wijk", "OZB", "")
    ]
