"""The bakkerij: explained, complete, nobody's contact, and on the posts of the books."""

import random

import pandas as pd
import pytest

from tests.contributions import opened, row
from tests.test_local_store import raw as own_raw  # noqa: F401  a fixture
from wijkboek_utils import ledger
from wijkboek_utils.local import checking, register, store
from wijkboek_utils.models import bakery, bakery_text, matching, networks, networks_text, terms

HERE, NEXT, ELSEWHERE = "BU03440831", "BU03440832", "BU03440111"
AREA = pd.DataFrame({"gewicht": [1.0, 1.0, 0.0], "fout": 0.0}, index=[HERE, NEXT, ELSEWHERE])
NEED = {
    "soort": "vraag",
    "wat": "ladder",
    "categorie": "gereedschap en materiaal",
    "wie": "initiatief",
    "buurt": HERE,
    "bron": "",
}
OFFER = NEED | {"soort": "aanbod"}


def rows(*facts: dict) -> pd.DataFrame:
    types = bakery.example("vraag_aanbod").dtypes
    return pd.DataFrame(list(facts), columns=[*types.index]).astype(types)


def match(*facts: dict) -> pd.DataFrame:
    return bakery.match(rows(*facts), AREA)


def stands(found: pd.DataFrame) -> list[str]:
    return found["stand"].to_list()


# --- the table


def test_nothing_asked_and_nothing_offered_gives_the_same_columns_without_rows():
    found = match()
    assert found.empty and [*found] == [*bakery.TYPES]
    assert match(NEED).dtypes.equals(found.dtypes)


def test_the_order_of_the_rows_makes_no_difference():
    draw = random.Random(4)
    table = bakery.example("vraag_aanbod")
    first = bakery.match(table, AREA)
    for _ in range(5):
        order = draw.sample(range(len(table)), len(table))
        pd.testing.assert_frame_equal(bakery.match(table.iloc[order], AREA), first)


def test_a_match_says_what_fits_and_what_is_still_to_ask():
    found = match(
        NEED | {"hoeveelheid": 4, "eenheid": "stuks"},
        OFFER | {"wat": "ladders", "hoeveelheid": 3, "eenheid": "stuk"},
    )
    assert stands(found) == [bakery.MATCH, bakery.OPEN]
    assert found["deel"].tolist() == [0.75, 0.25] and found["hoeveelheid"].tolist() == [3.0, 1.0]
    words = found["omdat"][0]
    assert words.startswith("Past omdat het bij beide gaat om «ladder», in dezelfde buurt")
    assert "75\N{NO-BREAK SPACE}procent" in words
    assert words.endswith("Nog te vragen: of de tijd past.")
    assert "25\N{NO-BREAK SPACE}procent" in found["omdat"][1]


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        (None, "Niemand biedt nog iets aan"),
        ({"wat": "zaag"}, "maar iets anders"),
        ({"tijd": "zondag"}, "op een andere tijd"),
    ],
)
def test_an_open_need_says_why(offer, words):
    need = NEED | {"tijd": "maandag"}
    found = match(need, *([OFFER | offer] if offer else []))
    assert words in found.loc[found["stand"] == bakery.OPEN, "omdat"].item()


def test_who_was_there_for_another_is_told():
    found = match(NEED, NEED | {"wat": "lange ladder"}, OFFER)
    assert sorted(stands(found)) == [bakery.MATCH, bakery.OPEN]
    assert "niet genoeg voor alle vragen" in found["omdat"].iloc[1]


def test_needs_are_of_the_area_and_offers_of_the_gemeente():
    found = match(NEED | {"buurt": ELSEWHERE}, OFFER | {"buurt": ELSEWHERE})
    assert found.empty
    found = match(NEED, OFFER | {"buurt": ELSEWHERE})
    assert stands(found) == [bakery.MATCH]
    found = match(NEED | {"buurt": None}, OFFER | {"buurt": "BU0344REST"})
    assert stands(found) == [bakery.MATCH] and "plaats" in found["onbekend"][0]


def test_residents_have_no_name_and_organisations_one_spelling():
    facts = {"wie": "bewoner", "organisatie": "Jan Jansen"}  # the check refuses it; so do we
    found = match(
        NEED | facts,
        OFFER | {"organisatie": "De  Club"},
        NEED | {"wat": "zaag", "organisatie": "de club"},
        OFFER | {"wat": "boor", "organisatie": register.UNNAMED, "wie": "bedrijf"},
    )
    who = {*found["vrager"].dropna(), *found["aanbieder"].dropna()}
    assert len(who) == 3 and {"een bewoner", "een bedrijf"} < who
    assert not found.astype(str).apply(lambda c: c.str.contains("Jansen")).any().any()


def test_two_who_may_not_be_named_are_not_the_same_party():
    both = {"organisatie": register.UNNAMED}
    assert stands(match(NEED | both, OFFER | both)) == [bakery.MATCH]


def test_a_recipe_says_which_ingredient_stands_in_the_way():
    plan = {"hoort_bij": "Schuur"}
    found = match(NEED | plan, NEED | plan | {"wat": "zaag"}, OFFER)
    assert stands(found) == [bakery.OPEN, bakery.OPEN, bakery.FREE]
    by = found.set_index("gevraagd")
    assert by.loc["ladder", "tekort"] == bakery.THERE and by.loc["zaag", "tekort"] == bakery.LACKS
    assert "nog niet compleet" in by.loc["ladder", "omdat"]
    assert "«zaag» ontbreekt" in bakery_text.recipes(found).html
    found = match(NEED | plan, NEED | plan | {"wat": "zaag"}, OFFER, OFFER | {"wat": "zaag"})
    assert stands(found) == [bakery.MATCH] * 2
    assert "is compleet" in bakery_text.recipes(found).html


def test_two_recipes_that_want_the_same_both_could_be_made_and_one_is():
    found = match(
        NEED | {"hoort_bij": "Schuur"}, NEED | {"hoort_bij": "Hek"}, OFFER | {"organisatie": "Club"}
    )
    assert sorted(stands(found)) == [bakery.MATCH, bakery.OPEN]
    assert "gaat nu naar andere vragen" in bakery_text.recipes(found).html


def test_rings_and_chains_are_of_organisations_that_give_to_each_other():
    def gives(who: str, to: str, what: str) -> list[dict]:
        return [OFFER | {"wat": what, "organisatie": who}, NEED | {"wat": what, "organisatie": to}]

    ring = [*gives("A", "B", "ladder"), *gives("B", "C", "zaag"), *gives("C", "A", "boor")]
    graph = bakery.exchange(match(*ring))
    assert bakery.rings(graph) == [["A", "B", "C"]] and bakery.chains(graph) == []
    row_ = bakery.exchange(match(*ring[:4], *gives("C", "D", "tent")))
    assert bakery.rings(row_) == [] and bakery.chains(row_) == [["A", "B", "C", "D"]]
    loose = match(*gives("A", "B", "ladder"), OFFER | {"wat": "zaag"}, NEED | {"wat": "zaag"})
    assert [*bakery.exchange(loose)] == ["A", "B"]


# --- the books


def books(**amounts: float) -> pd.DataFrame:
    facts = {"buurt": HERE, "jaar": 2023, "van": "huishoudens", "naar": "buitenwereld"}
    facts |= {"domein": "overig", "soort": "particulier", "se": 10.0, "se_bron": 0.0}
    facts |= {"methode": "geraamd", "sleutel": None, "kengetal": "x", "fouten": None}
    facts |= {"bron": "cbs", "bronjaar": 2023}
    posts = {name.replace("__", ":"): amount for name, amount in amounts.items()}
    return ledger.conform(
        pd.DataFrame([facts | {"post": p, "bedrag": b} for p, b in posts.items()])
    )


def test_a_post_that_somebody_gave_wins_and_each_match_moves_its_posts():
    found = match(
        NEED | {"post": "auto:kosten"}, OFFER, NEED | {"wat": "zaag"}, OFFER | {"wat": "zaag"}
    )
    assert sorted(found["grond"]) == [bakery.BY_CATEGORY, bakery.GIVEN]
    table = bakery.moved(found, books(auto__kosten=500.0, besteding__kleding=900.0), AREA)
    by = table.set_index("post")
    assert table["post"].tolist()[:2] == ["besteding:kleding", "auto:kosten"]  # largest first
    assert by.loc["auto:kosten", ["bedrag", "koppelingen", "grond"]].tolist() == [
        500.0,
        1,
        "opgegeven",
    ]
    assert pd.isna(by.loc["besteding:stoffering", "bedrag"])  # the books do not have it: not 0
    free = {"categorie": "overig", "wat": "muziek"}  # a category that no post goes with
    assert bakery.moved(match(NEED | free, OFFER | free), books(auto__kosten=1.0), AREA).empty
    assert bakery.moved(match(NEED), books(auto__kosten=1.0), AREA).empty


def test_the_books_suggest_questions_and_never_an_offer():
    table = bakery.first_needs(books(besteding__voeding=900.0, besteding__horeca=100.0), AREA)
    assert table[["categorie", "post", "bedrag"]].to_numpy().tolist() == [
        ["eten", "besteding:voeding", 900.0]
    ]
    html = bakery_text.first_needs(table, "de wijk", 2023).html
    assert "niemand bood hier iets aan" in html


def test_every_category_has_weights_points_and_posts_that_exist():
    assert {*terms.weights()} == {*matching.PARTS}
    categories = {*bakery.example("vraag_aanbod")["categorie"]} | {
        "werk",
        "energie",
        "groen",
        "hulp",
    }
    known = {*terms.table("post")["categorie"]}
    assert categories - known == {"overig"}
    asked = terms.table("post")["reden"]
    assert asked.str.endswith("?").all()


# --- from a file to the page


@pytest.mark.usefixtures("own_raw")
def test_contact_details_never_leave_the_inbox(tmp_path):
    secret = ["geheim@voorbeeld.nl", "06-12345678"]
    facts = {"hoeveelheid": None, "eenheid": None, "tijd": None, "buurt": HERE}
    facts |= {"vanaf": None, "tot": None, "wat": "ladder"}
    sent = [
        row("vraag_aanbod", **facts, soort=kind, wie="bewoner", organisatie=None, contact=contact)
        for kind, contact in zip(["vraag", "aanbod"], secret, strict=True)
    ]
    checked = checking.check(opened(sent), "vraag_aanbod", ["GM0344"], today="2026-06-30")
    assert checked.faults == () and checked.private["contact"].tolist() == secret
    store.add("utrecht-kanaleneiland", checked, ["GM0344"], "vragen", "2026-11-22")
    kept = register.offers(store.of_area(["GM0344"]), 2023)
    found = bakery.match(kept, AREA)
    assert stands(found) == [bakery.MATCH] and found["bron"].item() == "vragen"
    found.to_csv(tmp_path / "koppelingen.csv")
    kept.to_csv(tmp_path / "vraag_aanbod.csv")
    page = bakery_text.matches(found, "X") + bakery_text.points(found, "X")
    page += bakery_text.left(found, "X") + bakery_text.passport("K", found, "F")
    (tmp_path / "pagina.html").write_text(page.html + str(page.linked))
    assert "een bewoner" in page.html.lower() and "ladder" in page.html
    for path in [p for p in tmp_path.rglob("*") if p.is_file()]:
        text = path.read_text(encoding="utf-8")
        assert not any(one in text or one.split("@")[0] in text for one in secret), path


@pytest.mark.parametrize("column", ["wat", "opmerking", "tijd", "organisatie", "hoort_bij"])
def test_contact_details_in_free_text_are_refused_at_the_door(column):
    sent = row("vraag_aanbod", buurt=HERE, **{column: "bel 06-12345678"})
    checked = checking.check(opened([sent]), "vraag_aanbod", ["GM0344"], today="2026-06-30")
    assert column in {fault.column for fault in checked.faults}


@pytest.mark.usefixtures("own_raw")
def test_an_organisation_that_did_not_agree_is_in_no_table():
    sent = row("vraag_aanbod", buurt=HERE, organisatie="Club Roos", wie="initiatief")
    tie = row("netwerk", naam="Club Roos", buurt=None)
    about = {"openbaar_met_naam": "nee"}
    for kind, one in (("vraag_aanbod", sent), ("netwerk", tie)):
        file = opened([one])
        said = {**file.about, **about}
        checked = checking.check(opened([one], said), kind, ["GM0344"], today="2026-06-30")
        assert checked.faults == ()
        store.add("utrecht-kanaleneiland", checked, ["GM0344"], f"stil-{kind[0]}", "2026-11-22")
    mine = store.of_area(["GM0344"])
    found = bakery.match(register.offers(mine, 2023), AREA)
    assert (
        len(found) == 1
        and "Roos" not in found.to_csv()
        and found["aanbieder"].item() == "een initiatief"
    )
    network = register.network(mine)
    assert networks.measures(network, AREA).empty
    assert "wijkboek template netwerk" in networks_text.opening(networks.graph(network), "X")
