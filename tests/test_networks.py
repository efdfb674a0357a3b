"""The network: known small graphs, residents as one, names once, and a picture that fits."""

import re

import pandas as pd
import pytest

from wijkboek_utils import htmltree, language
from wijkboek_utils.models import bakery, bakery_text, networks, networks_text

AREA = pd.DataFrame({"gewicht": [1.0, 0.0], "fout": 0.0}, index=["BU03440831", "BU03440111"])


def ties(*pairs: tuple, **facts: object) -> pd.DataFrame:
    """Return a network of (name, level, other) or (name, level, other, kind, buurt)."""
    columns = ["naam", "niveau", "verbonden_met", "soort", "buurt"]
    full = [[*pair, *[None, "initiatief", None][len(pair) - 2 :]] for pair in pairs]
    types = bakery.example("netwerk").dtypes
    rows = pd.DataFrame(full, columns=columns).assign(**facts)
    return rows.reindex(columns=types.index).astype(types)


def measure(rows: pd.DataFrame, maat: str, over: str = "alle") -> object:
    table = networks.measures(rows).query("maat == @maat and over == @over")
    return table["waarde"].item()


PATH = ties(("A", 1, "B"), ("B", 2, "C"), ("C", 3))
SQUARE = ties(("A", 2, "B"), ("B", 2, "C"), ("C", 2, "D"), ("D", 2, "A"))


def test_a_path_of_three_has_its_middle_as_bridge():
    table = networks.measures(PATH)
    assert networks.bridges(networks.graph(PATH)) == [("B", 1)]
    assert table.loc[table["maat"] == "tussen", ["organisatie", "waarde"]].to_numpy().tolist() == [
        ["B", 1.0]
    ]
    assert measure(PATH, "dichtheid") == pytest.approx(2 / 3)
    assert measure(PATH, "dichtheid", "1-2") == 1.0 and measure(PATH, "dichtheid", "1-3") == 0.0
    assert "dichtheid" not in {*table.loc[table["over"] == "1", "maat"]}  # of one no tie can be
    assert table["betekenis"].notna().all()


def test_a_square_has_no_bridge_and_two_ties_that_could_be_made():
    network = networks.graph(SQUARE)
    assert networks.bridges(network) == [] and measure(SQUARE, "banden") == 4
    assert networks.chances(network)[["een", "ander"]].to_numpy().tolist() == [
        ["A", "C"],
        ["B", "D"],
    ]


def test_groups_without_a_tie_are_told_and_offered_one():
    rows = ties(("A", 2, "B"), ("B", 2), ("C", 2, "D"), ("D", 3), ("E", 1))
    assert measure(rows, "groepen") == 3 and measure(rows, "grootste groep") == 0.4
    network = networks.graph(rows)
    found = networks.chances(network)
    assert found[["een", "ander"]].to_numpy().tolist() == [["A", "C"], ["A", "E"]]
    assert networks.untied(network) == [(1, 2)]


def test_residents_are_one_group_without_a_name():
    rows = ties(
        ("Jan en Piet", 1, "Club", "bewoners", None),
        ("Straat X", 2, "Club", "bewoners", None),
        ("Club", 2, "jan en  piet"),
    )
    network = networks.graph(rows)
    assert sorted(network) == [networks.RESIDENTS, "Club"] and network.size() == 1
    assert network.nodes[networks.RESIDENTS]["niveau"] == 1
    page = networks_text.picture(network, "X") + networks_text.levels(network)
    assert "Piet" not in page.html and "Straat" not in page.html


def test_one_spelling_one_level_and_who_is_only_named_by_another():
    rows = ties(("club", 2, "Raad"), (" Club ", 2, "raad"), ("Club", 3), ("Club", 2, "CLUB"))
    network = networks.graph(rows)
    assert len(network) == 2 and network.size() == 1
    club = next(n for n in network if n.lower() == "club")
    assert network.nodes[club]["niveau"] == 2
    assert networks.levels(network)[networks.UNKNOWN_LEVEL] == ["Raad"]


def test_what_lies_outside_the_area_is_left_out_and_what_has_no_place_is_not():
    rows = ties(
        ("A", 2, "B", "initiatief", "BU03440831"),
        ("B", 2, None, "initiatief", None),
        ("C", 2, "D", "initiatief", "BU03440111"),
    )
    assert sorted(networks.graph(rows, AREA)) == ["A", "B"]


def test_the_order_of_rows_makes_no_difference():
    rows = bakery.example("netwerk")
    first = networks.measures(rows)
    pd.testing.assert_frame_equal(networks.measures(rows.iloc[::-1]), first)
    name = "X"
    one = networks_text.picture(networks.graph(rows), name).html
    assert networks_text.picture(networks.graph(rows.iloc[::-1]), name).html == one


def test_an_empty_network_has_the_columns_and_says_how_to_begin():
    rows = ties()
    assert [*networks.measures(rows)] == [*networks.TYPES]
    assert (
        networks_text.shown(
            networks.graph(rows), networks.measures(rows), "X", bakery_text.Html("")
        ).html
        == ""
    )
    assert "wijkboek template netwerk" in networks_text.opening(networks.graph(rows), "X")
    one = networks.graph(ties(("A", 2)))
    assert networks.bridges(one) == [] and networks.chances(one).empty
    assert "1 partij" in networks_text.opening(one, "X")


def boxes(html: str) -> list[tuple[float, float, float, float]]:
    """Return where the words of a picture stand: left, right, top and bottom."""
    found = []
    for x, y, anchor, style, words in re.findall(
        r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)" style="([^"]*)">([^<]*)<', html
    ):
        size = float(re.search(r"font-size:([\d.]+)", style)[1])
        wide, left = len(words) * size * 0.53, float(x)
        left = left - wide if anchor == "end" else left
        found.append((left, left + wide, float(y) - size * 0.8, float(y) + size * 0.2))
    return found


@pytest.mark.parametrize("count", [1, 7, 60, 90])
def test_no_words_of_the_picture_overlap_or_leave_it(count):
    name = "Stichting Buurthuis en Speeltuin van de lange voorbeeldstraat nummer {}"
    rows = ties(*[(name.format(n), n % 3 + 1, name.format(n // 2)) for n in range(count)])
    html = networks_text.picture(networks.graph(rows), "X").html
    words = boxes(html)
    assert len(words) > count
    assert all(left >= 0 and right <= 340 for left, right, _, _ in words)
    for n, (l0, r0, t0, b0) in enumerate(words):
        for l1, r1, t1, b1 in words[n + 1 :]:
            assert r0 <= l1 or r1 <= l0 or b0 <= t1 or b1 <= t0
    xs = [float(x) for d in re.findall(r' d="([^"]*)"', html) for x in re.findall(r"([\d.]+),", d)]
    assert all(x <= 340 + 45 for x in xs)  # a control point lies a third beyond its arc


def test_hostile_names_are_words():
    rows = ties(("<script>x</script>", 2, "A&B"), ("A&B", 2))
    html = networks_text.shown(
        networks.graph(rows), networks.measures(rows), "X", bakery_text.Html("")
    ).html
    assert "<script>" not in html and htmltree.parse(html) is not None


def test_no_organisation_is_judged_and_the_words_are_plain():
    network = networks.graph(bakery.example("netwerk"))
    html = (
        networks_text.connectors(network) + networks_text.example() + bakery_text.example()
    ).html
    assert not re.search(r"zwak|slecht|matig|onvoldoende", html)
    assert html.count("verzonnen voorbeeld") > 4
    assert not language.findings(f"<main>{html}</main>", explains=False)
