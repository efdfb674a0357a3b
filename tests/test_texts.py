"""Sentences of the report: they claim what the figures hold, and say so when there is none."""

import math

import pandas as pd
import pytest

from wijkboek_utils import dutch, texts
from wijkboek_utils.texts import LESS, MIXED, MORE, NOTHING

NAN = math.nan
EVERY_SET = "Volgens alle drie de verdelingen"


def plain(text: str) -> str:
    """Return text with plain spaces."""
    return text.replace(dutch.NBSP, " ")


def compared(lasten: list[float], eigen: list[float]) -> pd.DataFrame:
    """Return the outcome under three sets of keys."""
    return pd.DataFrame({"lasten": lasten, "eigen": eigen, "rijk": 0.0})


def counted(**counts: tuple[float, int | None]) -> pd.DataFrame:
    """Return counts as `places.counts`: each topic with its figure and its year."""
    one = {"woningen": "woning", "autos": "auto", "banken": "bank", "inwoners": "inwoner"}
    rows = [(n, one[n], value, year, 0.0) for n, (value, year) in counts.items()]
    table = pd.DataFrame(rows, columns=["naam", "een", "waarde", "jaar", "se"])
    return table.astype({"jaar": "Int64"})


def test_the_year_of_income_is_named_and_never_none():
    assert "CBS-tabel over 2022" in texts.income_year(2022)
    assert "niet nagegaan" in texts.income_year(2022)
    assert texts.income_year(None) == "Er is geen cijfer over inkomen."


def test_assets_counts_what_is_known_and_names_what_is_not():
    counts = counted(woningen=(1200.0, 2023), autos=(0.0, 2023), banken=(NAN, None))
    cars = pd.DataFrame({"naam": ["De Hoek"], "autos": [5000.0]})
    text = texts.assets(counts, cars)
    missing = "Nog niet in onze bestanden: het aantal banken."
    assert text.startswith(f"CBS telde in 2023 1.200 woningen en 0 autos. {missing}")
    assert "Van de auto's staan er 5.000 in De Hoek. Die zijn waarschijnlijk" in text
    without = texts.assets(counts.assign(waarde=NAN), cars[:0])
    assert without.startswith("In onze bestanden staan hier geen tellingen.")
    assert "CBS telde" not in without
    assert "leasebedrijven" not in without
    assert "Nog niet" not in texts.assets(counts.dropna(), cars)


def test_assets_are_counted_one_by_one_and_by_the_year_that_they_were_counted_in():
    counts = counted(
        inwoners=(1.0, 2024), woningen=(1.0, 2023), banken=(NAN, 2023), autos=(2.0, 2024)
    )
    text = texts.assets(counts, pd.DataFrame({"naam": [], "autos": []}))
    sentences = "CBS telde in 2024 1 inwoner en 2 autos. CBS telde in 2023 1 woning. Nog niet"
    assert text.startswith(sentences)
    zero = texts.assets(counted(woningen=(0.0, 2023)), pd.DataFrame())
    assert zero.startswith("CBS telde in 2023 0 woningen.")


def test_a_count_with_buurten_in_part_is_an_estimate_and_rounded():
    counts = counted(inwoners=(11_044.0, 2024), woningen=(4_988.0, 2024)).assign(se=[900.0, 20.0])
    text = texts.assets(counts, pd.DataFrame())
    assert text.startswith("Naar schatting waren er in 2024 11.000 inwoners en 4.990 woningen.")
    assert "CBS telde" not in text


def test_the_picture_of_flows_is_read_from_its_largest_payer_and_goal():
    got = pd.DataFrame({"van": ["rijk", "vermogen"], "bedrag": [60.0, 40.0]})
    spent = pd.DataFrame({"domein": ["zorg"], "bedrag": [3e6], "se": [2e5]})
    text = plain(texts.flow_sentence("De Wijk", got, spent))
    assert "komt naar schatting ongeveer 60 cent van het Rijk. Het meeste geld gaat" in text
    assert text.endswith("Het meeste geld gaat naar zorg: € 3,0 miljoen.")
    uneven = texts.flow_sentence("De Wijk", got.assign(bedrag=[63.0, 37.0]), spent)
    assert "ongeveer 65 cent van het Rijk" in uneven
    assert "100 cent van vermogen" in texts.flow_sentence("De Wijk", got[1:], spent)
    for empty in ((got[:0], spent), (got, spent[:0])):
        assert texts.flow_sentence("De Wijk", *empty).startswith("Er zijn geen geldstromen")


def test_the_bars_explain_their_range_only_when_there_is_one():
    spent = pd.DataFrame({"domein": ["zorg", "groen"], "bedrag": [75.0, 25.0], "se": [5.0, 0.0]})
    without = plain(texts.bars_sentence(spent.assign(se=0.0)))
    assert without == "Naar zorg gaat ongeveer 75 procent van de uitgaven."
    text = plain(texts.bars_sentence(spent))
    assert text.startswith(f"{without} De lijn bij elke balk geeft aan hoe onzeker het bedrag is.")
    assert "inschatting van ons, geen meting" in text
    assert texts.bars_sentence(spent[:0]) == "Er zijn geen uitgaven bekend."


@pytest.mark.parametrize(
    ("amounts", "weights", "expected"),
    [
        ([100.0], [1], "In elke buurt met een cijfer is het bedrag € 100 per inwoner."),
        ([100, 100, NAN], [1, 1, 1], "is het bedrag € 100 per inwoner. In één buurt wonen minder"),
        ([100, 200], [1, 1], "De bedragen lopen van € 100 tot € 200 per inwoner."),
        ([100, 200, NAN, NAN], [1, 1, 1, 1], "In 2 buurten wonen minder dan 50 mensen"),
        ([100, 200], [1, 0], "De dikke lijn is De Wijk."),
        ([NAN, NAN], [1, 0], "Voor geen enkele buurt is een bedrag per inwoner bekend."),
    ],
)
def test_the_map_says_its_range_its_blanks_and_what_the_line_is(amounts, weights, expected):
    text = plain(
        texts.map_sentence(pd.DataFrame({"per_inwoner": amounts, "gewicht": weights}), "De Wijk")
    )
    assert expected in text
    # Where there are amounts, they are said to be estimates.
    assert text.endswith("zeggen niets.") == any(not math.isnan(a) for a in amounts)
    # A line around all of the map would say nothing.
    assert ("dikke lijn" in text) == (weights == [1, 0] and not math.isnan(amounts[0]))


def test_the_map_says_which_buurten_are_not_on_it_and_speaks_of_the_others():
    table = pd.DataFrame({"buurt": ["A", "B", "C"], "per_inwoner": [9e4, 2e3, 3e3]})
    text = plain(texts.map_sentence(table.assign(gewicht=[1, 0, 0]), "De Wijk", ["B", "C"]))
    assert "van € 2.000 tot € 3.000 per inwoner" in text and "dikke lijn" not in text
    assert "1 buurt staat niet op de kaart" in text


def test_each_publisher_is_credited_once_with_all_its_titles():
    rows = [("CBS", "CC BY 4.0", "Iv3"), ("Kadaster", "CC0", "BAG"), ("CBS", "CC BY 4.0", "KWB")]
    credits = texts.attributions(pd.DataFrame(rows, columns=["vermelding", "licentie", "titel"]))
    assert credits == ["CBS (CC BY 4.0): Iv3 en KWB.", "Kadaster (CC0): BAG."]


def test_estimated_figures_are_counted_per_key_that_is_used():
    sleutels = pd.DataFrame(
        {"sleutel": list("abc"), "naam": ["leerlingen", "cliënten", "auto's"]}
    ).assign(bijgeschat=[1, 3, 9])
    used = pd.DataFrame({"gebruikt": ["a", "b"]})
    text = texts.filled(sleutels, used)
    assert (
        "buurten: leerlingen (1 buurt); cliënten (3 buurten). Die" in text
        and "Bij 2 sleutels" in text
    )
    assert "auto's" not in text
    assert "heeft elke buurt met inwoners een cijfer" in texts.filled(
        sleutels.assign(bijgeschat=0), used
    )


@pytest.mark.parametrize(
    ("lasten", "eigen", "expected", "words"),
    [
        ([3e6, 4e6, 5e6], [1e6] * 3, MORE, "gaat er meer gemeentegeld naar het gebied"),
        ([3e6, 4e6, 5e6], [9e6] * 3, LESS, "betaalt het gebied meer aan de gemeente"),
        ([3e6, 4e6, 5e6], [4e6] * 3, MIXED, "hangt af van de verdeling"),
        ([3e6, 4e6, 5e6], [3e6] * 3, MIXED, "tussen € 3,0 en € 5,0 miljoen"),
        ([3e6, 4e6, 5e6], [5e6] * 3, MIXED, "hangt af van de verdeling"),
        ([4e6] * 3, [1e6] * 3, MORE, "maakt de verdeling geen verschil"),
        ([NAN] * 3, [1e6] * 3, NOTHING, "te weinig cijfers"),
        ([3e6] * 3, [NAN] * 3, NOTHING, "te weinig cijfers"),
    ],
)
def test_the_verdict_holds_under_every_set_of_keys(lasten, eigen, expected, words):
    table = compared(lasten, eigen)
    assert texts.direction(table) == expected
    text = plain(texts.hardness(table, "De Wijk"))
    assert words in text
    # A claim for all sets is made only when it holds, and the sets differ.
    assert (EVERY_SET in text) == (expected in (MORE, LESS) and len(set(lasten)) > 1)


def test_nothing_is_claimed_for_every_set_when_one_of_them_is_unknown():
    table = compared([3e6, 4e6, NAN], [1e6] * 3)
    assert texts.direction(table) == NOTHING
    text = texts.hardness(table, "De Wijk")
    assert text.startswith("Er zijn te weinig cijfers")
    assert EVERY_SET not in text
