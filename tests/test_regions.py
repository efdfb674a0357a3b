"""Codes of areas, and an area as weights."""

import pandas as pd
import pytest

from wijkboek_utils import regions
from wijkboek_utils.errors import Fout

BUURTEN = pd.DataFrame(
    {
        "buurt": ["BU99010102", "BU99010101", "BU99010201"],
        "naam": ["Twee", "Een", "Drie"],
    }
)


@pytest.mark.parametrize("code", ["GM0344", "WK034408", "BU03440831", "BU0363AA01", "WK0363AA"])
def test_codes_of_cbs_are_recognised_also_with_letters(code):
    assert regions.is_code(code)


@pytest.mark.parametrize("code", ["GM344", "gm0344", "BU0344083", "XX0344", "GM0344 ", ""])
def test_other_words_are_no_code(code):
    assert not regions.is_code(code)


def chosen(*codes: str) -> set[str]:
    table = regions.weights(BUURTEN, list(codes))
    return set(table.loc[table["gewicht"] == 1, "buurt"])


def test_an_area_can_be_buurten_wijken_or_the_whole_gemeente():
    assert chosen("BU99010102") == {"BU99010102"}
    assert chosen("WK990101") == {"BU99010101", "BU99010102"}
    assert chosen("WK990102", "BU99010101") == {"BU99010201", "BU99010101"}
    assert chosen("GM9901") == {*BUURTEN["buurt"], "BU9901REST"}


def test_a_code_of_another_year_is_named_with_the_nearest():
    with pytest.raises(Fout, match=r"BU99010103 komt niet voor.*Bedoelt u .*BU99010102"):
        chosen("BU99010103")


def test_what_belongs_to_no_buurt_weighs_only_in_the_whole_gemeente():
    assert "BU9901REST" not in chosen("WK990101")
    assert "BU9901REST" in chosen("WK990101", "WK990102")


def test_weights_are_ordered_by_code_whatever_the_order_that_came_in():
    table = regions.weights(BUURTEN, ["GM9901"])
    assert table["buurt"].tolist() == [*sorted(BUURTEN["buurt"]), "BU9901REST"]
    pd.testing.assert_frame_equal(regions.weights(BUURTEN[::-1], ["GM9901"]), table)
