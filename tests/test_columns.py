"""A column is found by its title, path and unit; its number means nothing."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.brondata import kwb
from tests.bronodata import renumber
from wijkboek_utils import columns, odata, sources
from wijkboek_utils.errors import Fout

TABLE = kwb("85984NED", 2024)
TOPICS = odata.topics({"DataProperties": TABLE.properties})
PLACES = columns.wanted(2024)


def places(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["onderwerp", "titel", "pad", "eenheid"])


def topics(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["key", "titel", "pad", "eenheid"])
    return table.assign(decimalen=0)


def test_every_topic_of_the_real_table_has_one_column_with_its_stem():
    found = columns.find(TOPICS, PLACES, "85984NED")
    assert not found.missing and len(found.found) > 50
    stems = found.found["key"].str.replace(r"_\d+$", "", regex=True)
    assert (stems == found.found["onderwerp"]).all()


def test_the_topics_of_the_real_table_know_their_path_unit_and_decimals():
    table = TOPICS.set_index("key")
    assert len(table) == 128
    assert table.loc["Nederland_20", "pad"] == (
        "Bevolking > Bevolking naar herkomst > Geboren in Nederland"
    )
    assert table.loc["GemiddeldInkomenPerInwoner_83", "eenheid"] == "x 1 000 euro"
    assert table.loc["GemiddeldInkomenPerInwoner_83", "decimalen"] == 1


def test_other_numbers_give_the_same_columns():
    moved = odata.topics({"DataProperties": renumber(TABLE).properties})
    before, after = (columns.find(t, PLACES, "85984NED").found for t in (TOPICS, moved))
    assert before["onderwerp"].tolist() == after["onderwerp"].tolist()
    assert (before["key"] != after["key"]).any()


def test_a_repeated_title_is_told_apart_by_its_path():
    wanted = places(
        ("gas", "Appartement", "Energie > Gemiddeld aardgasverbruik > Naar woningtype", "m³")
    )
    assert columns.find(TOPICS, wanted, "t").found["key"].tolist() == ["Appartement_62"]


def test_when_one_of_two_same_titles_vanishes_the_other_does_not_take_its_place():
    left = TOPICS[TOPICS["key"] != "Nederland_20"]
    wanted = places(
        (
            "hier",
            "Nederland",
            "Bevolking > Bevolking naar herkomst > Geboren in Nederland",
            "aantal",
        )
    )
    found = columns.find(left, wanted, "85984NED")
    assert found.found.empty
    assert (
        "geen kolom «Nederland» (Bevolking > Bevolking naar herkomst > Geboren in"
        in found.missing["hier"]
    )
    assert (
        "Het meest lijkt «Nederland» (Bevolking > Bevolking naar herkomst > Herkomstland)"
        in found.missing["hier"]
    )


def test_a_vanished_column_costs_only_itself():
    left = TOPICS[TOPICS["titel"] != "Koopwoningen"]
    found = columns.find(left, PLACES, "85984NED")
    assert list(found.missing) == ["Koopwoningen"]
    assert "AantalInwoners" in set(found.found["onderwerp"])


def test_a_changed_unit_is_an_error_that_names_both():
    changed = TOPICS.assign(eenheid=TOPICS["eenheid"].replace("x 1 000 euro", "euro"))
    with pytest.raises(Fout, match="was «x 1 000 euro» en is nu «euro»"):
        columns.find(changed, PLACES, "85984NED")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x 1 000 euro", "1 000 euro", True),
        ("x 1 000 euro", "euro", False),
        ("per km²", "per km² ", True),
        ("%", "aantal", False),
    ],
)
def test_a_unit_is_compared_by_what_it_means(one, other, same):
    assert (columns.unit_of(one) == columns.unit_of(other)) == same


def test_spaces_and_capitals_do_not_hide_a_title():
    wanted = places(("inkomen", "Gemiddeld inkomen", "Inkomen", "euro"))
    there = topics(("x_1", "gemiddeld  inkomen ", "Inkomen", "euro"))
    assert columns.find(there, wanted, "t").found["key"].tolist() == ["x_1"]


def test_two_columns_in_the_same_place_are_refused():
    there = topics(("a_1", "Totaal", "Zorg", "aantal"), ("a_2", "Totaal", "Zorg", "aantal"))
    with pytest.raises(Fout, match=r"2 kolommen heten «Totaal».*a_1, a_2"):
        columns.find(there, places(("x", "Totaal", "Zorg", "aantal")), "t")


def test_a_group_that_was_renamed_is_found_in_each_of_its_places():
    for pad in ("Wonen", "Wonen en vastgoed"):
        there = topics(("w_1", "Gemiddelde WOZ-waarde van woningen", pad, "x 1 000 euro"))
        found = columns.find(there, columns.wanted(2022), "t").found
        assert found["onderwerp"].tolist() == ["GemiddeldeWOZWaardeVanWoningen"]


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(len(TOPICS))))
def test_the_order_of_columns_means_nothing(order):
    shuffled = columns.find(TOPICS.iloc[order], PLACES, "t").found
    pd.testing.assert_frame_equal(shuffled, columns.find(TOPICS, PLACES, "t").found)


def test_each_onderwerp_has_one_unit_and_says_whether_it_adds_up():
    table = sources.read_project_table("onderwerpen")
    kinds = table.drop_duplicates(["onderwerp", "eenheid", "optelbaar"])
    assert not kinds["onderwerp"].duplicated().any()
    assert set(table["optelbaar"]) == {"ja", "nee"}
    assert not table.duplicated(["titel", "pad", "van"]).any()
    assert (table["nagegaan"] != "").all()
    shares = table["eenheid"].isin(["%", "x 1 000 euro", "per huishouden", "km"])
    assert (table.loc[shares, "optelbaar"] == "nee").all()
