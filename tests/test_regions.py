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


def test_figures_by_area_and_topic_are_the_pivot_of_pandas():
    rows = [("BU2", "b", 1.0), ("BU1", "c", None), ("BU1", "a", 3.0), ("GM1", "b", 4.0)]
    table = pd.DataFrame(rows, columns=["gebied", "onderwerp", "waarde"])
    expected = table.pivot(index="gebied", columns="onderwerp", values="waarde")
    pd.testing.assert_frame_equal(regions.wide(table), expected)
    pd.testing.assert_frame_equal(regions.wide(table[:0]), expected.iloc[:0, :0], check_dtype=False)


def test_an_area_with_two_figures_on_a_topic_is_refused():
    table = pd.DataFrame({"gebied": ["BU1", "BU1"], "onderwerp": "a", "waarde": [1.0, 2.0]})
    with pytest.raises(ValueError, match="two figures"):
        regions.wide(table)


def chosen(*codes: str) -> set[str]:
    table = regions.weights(BUURTEN, list(codes))
    return set(table.loc[table["gewicht"] == 1, "buurt"])


def test_an_area_can_be_buurten_wijken_or_the_whole_gemeente():
    assert chosen("BU99010102") == {"BU99010102"}
    assert chosen("WK990101") == {"BU99010101", "BU99010102"}
    assert chosen("WK990102", "BU99010101") == {"BU99010201", "BU99010101"}
    assert chosen("GM9901") == {*BUURTEN["buurt"], "BU9901REST"}


def test_a_buurt_is_inside_what_it_lies_in_and_nothing_else():
    codes = ["WK990101", "BU99010201", "GM9902"]
    assert regions.inside(TWO["buurt"], codes).all()
    assert regions.inside(TWO["buurt"], codes[1:2]).sum() == 1
    assert not regions.inside(TWO["buurt"], []).any()


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


TWO = pd.concat([BUURTEN, BUURTEN.assign(buurt=BUURTEN["buurt"].str.replace("9901", "9902"))])


def test_every_gemeente_has_a_rest_of_its_own():
    table = regions.weights(TWO, ["GM9901", "WK990201"])
    rest = table[regions.is_rest(table["buurt"])].set_index("buurt")
    assert rest["gewicht"].to_dict() == {"BU9901REST": 1.0, "BU9902REST": 0.0}
    assert rest["naam"].tolist() == [f"Gemeente als geheel ({g})" for g in ("GM9901", "GM9902")]
    assert regions.weights(BUURTEN, ["GM9901"])["naam"].iloc[-1] == "Gemeente als geheel"


def test_weights_of_codes_are_certain_and_of_whole_buurten():
    table = regions.weights(BUURTEN, ["WK990101"])
    assert set(table["methode"]) == {regions.WHOLE} and (table["fout"] == 0).all()
    assert list(regions.area(table)) == ["gewicht", "fout"]
    assert regions.area(table)["gewicht"].to_dict() == dict(
        zip(table["buurt"], table["gewicht"], strict=True)
    )


def test_a_part_of_a_buurt_keeps_the_rest_of_the_gemeente_out():
    index = pd.Index(BUURTEN["buurt"], name="buurt")
    found = pd.DataFrame({"gewicht": 1.0, "methode": "oppervlak", "fout": 0.1}, index=index)
    rows = regions.table(BUURTEN)
    assert regions.with_weights(rows, found)["gewicht"].tolist() == [1, 1, 1, 1]
    found.iloc[0, 0] = 0.99
    table = regions.with_weights(rows, found)
    assert table["gewicht"].tolist() == [1, 0.99, 1, 0]
    assert table["methode"].tolist()[-1] == regions.WHOLE
