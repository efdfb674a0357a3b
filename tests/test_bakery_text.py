"""The words of chapter 18: an outcome first, worth reading when nobody asked anything yet."""

import pandas as pd
import pytest

from tests.test_bakery import AREA, NEED, OFFER, match
from wijkboek_utils import htmltree, language, page_rules
from wijkboek_utils.models import bakery, bakery_text


def words(html: str) -> str:
    return htmltree.tidy(htmltree.text(htmltree.parse(f"<main>{html}</main>")))


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ([], "nog niets gevraagd of aangeboden"),
        ([OFFER], "1 aanbod klaar, en is nog niets gevraagd"),
        ([NEED], "Van 1 vraag in X zijn er 0 helemaal"),
        ([NEED, OFFER], "Van 1 vraag in X zijn er 1 helemaal"),
        (
            [
                NEED | {"hoeveelheid": 4, "eenheid": "stuks"},
                OFFER | {"hoeveelheid": 1, "eenheid": "stuks"},
            ],
            "0 helemaal te beantwoorden en 1 deels",
        ),
    ],
)
def test_the_first_sentence_gives_the_outcome(facts, told):
    assert told in bakery_text.opening(match(*facts), "X")


def test_without_contributions_there_are_no_tables_of_matches_but_a_word():
    empty = match()
    assert "nog geen vraag" in words(bakery_text.matches(empty, "X").html)
    pieces = [bakery_text.points(empty, "X"), bakery_text.left(empty, "X")]
    pieces += [bakery_text.recipes(empty), bakery_text.exchanges(empty)]
    pieces += [bakery_text.passport("K", empty, "F")]
    assert [piece.html for piece in pieces] == [""] * 5


def test_a_match_shows_who_what_how_much_how_sure_and_why():
    told = words(bakery_text.matches(bakery.match(bakery.example("vraag_aanbod"), AREA), "X").html)
    for part in (
        "Voorbeeld Kookclub: tafels en stoelen",
        "24 stuks",
        "goed",
        "Omdat het bij beide gaat om «koken»",
        "Een bewoner: taalles",
        "0,9 uur per week",
        "redelijk",
    ):
        assert part in told, part


def test_points_say_what_is_unknown_and_are_folded():
    html = bakery_text.points(match(NEED, OFFER), "X").html
    assert html.startswith("<details>") and words(html).count("onbekend") == 2  # time and amount


def test_a_ring_is_told_as_a_sentence():
    html = bakery_text.exchanges(bakery.match(bakery.example("vraag_aanbod"), AREA)).html
    assert "Voorbeeld Moestuin geeft Voorbeeld Kookclub «groente van de tuin»" in words(html)
    assert "De kring is rond." in words(html)


def test_long_lists_are_folded_away():
    facts = [NEED | {"wat": f"ding{chr(97 + n)}"} for n in range(20)]
    assert bakery_text.left(match(*facts), "X").html.startswith("<details><summary>Vragen die open")


def test_what_people_wrote_is_text():
    found = match(NEED | {"wat": "<b>ladder</b>"}, OFFER | {"organisatie": "<i>Club</i>"})
    html = bakery_text.matches(found, "X").html + bakery_text.points(found, "X").html
    assert "<b>" not in html and "<i>" not in html and "&lt;b&gt;" in html


def test_money_is_of_the_whole_post_and_unknown_is_a_word():
    moved = pd.DataFrame(
        {
            "post": ["a:b", "c:d"],
            "koppelingen": [2, 1],
            "grond": ["opgegeven", "bij de categorie"],
            "bedrag": [1000.0, None],
            "se": [100.0, None],
            "naam": ["Boodschappen", "c:d"],
        }
    )
    told = words(bakery_text.money(moved, "X", 2023).html)
    assert (
        "Boodschappen" in told
        and "c:d" in told
        and "onbekend" in told
        and "Wij tellen niets op" in told
    )
    assert bakery_text.money(moved.iloc[:0], "X", 2023).html == ""


def test_the_example_says_so_everywhere_keeps_the_rules_of_a_page_and_reads_well():
    html = bakery_text.example().html
    page = htmltree.parse(f"<main>{html}</main>")
    captions = [words_ for words_ in html.split("<caption>")[1:]]
    assert captions and all("(verzonnen voorbeeld)" in one.split("<")[0] for one in captions)
    assert not [*page_rules.passports(page)]
    both = html + bakery_text.taking_part().html
    assert not language.findings(f"<main>{both}</main>", explains=False)
    assert "«podium» ontbreekt nog" in words(html) and "«Buurtmaaltijd» is compleet" in words(html)
