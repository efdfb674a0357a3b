"""What local data would help most: what is said to make a post surer does so."""

import pandas as pd
import pytest

from wijkboek_utils import allocate, area_flows, availability, ledger, regions, sources, widest
from wijkboek_utils.local import merging, schema

WIJK = "WK020207"  # Klarendal


@pytest.fixture(scope="module")
def arnhem(gemeenten):
    return gemeenten["GM0202"]


def table(boekingen: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    return widest.ranges(area_flows.of(boekingen, weights))


def test_the_widest_line_comes_first_and_no_bound_lies_below_zero(arnhem):
    found = table(arnhem.grootboek, arnhem.weights(WIJK))
    assert list(found.columns) == widest.COLUMNS and len(found) > 30
    assert found["breedte"].is_monotonic_decreasing
    sure = found[found["bedrag"] > 2 * found["se"]]
    assert (sure["breedte"] - 2 * 1.645 * sure["se"]).abs().max() < 0.02
    assert (found["breedte"] <= found["bedrag"] + 1.645 * found["se"] + 0.01).all()


def test_every_post_of_the_books_has_advice_that_names_a_dataset_or_says_why_not(gemeenten):
    rules = widest.rules()
    assert {*rules["soort"]} <= {*schema.KINDS, ""} and rules["raad"].str.endswith(".").all()
    posts = pd.concat([g.grootboek["post"] for g in gemeenten.values()]).unique()
    told = [widest._rule(post, rules) for post in posts]
    assert not [p for p, (_, raad) in zip(posts, told, strict=True) if raad == widest._NOBODY]
    asked = schema.load("besteding").field("post").choices
    surveyed = {p for p, (soort, _) in zip(posts, told, strict=True) if soort == "besteding"}
    assert surveyed and surveyed <= {*asked}
    # Income is never taken from anybody but CBS: nobody is sent out to measure it.
    income = [soort for p, (soort, _) in zip(posts, told, strict=True) if p.startswith("inkomen:")]
    assert income and not any(income)


def test_what_is_said_to_help_makes_that_line_surer(arnhem):
    weights = arnhem.weights(WIJK)
    before = widest.helpful(
        table(arnhem.grootboek, weights), widest.rules(), pd.DataFrame(columns=["post", "titel"])
    )
    local = before[before["soort"] != ""].head(8)
    assert {"bedrijf:omzet_buiten", "iv3:6.3:lasten"} <= {*local["post"]}
    for row in local.itertuples():
        known = merging.merge(arnhem.grootboek, counted(arnhem.grootboek, row.post))
        after = table(known, weights).set_index("regel")["breedte"]
        assert after.get(row.regel, 0.0) < row.breedte, row.post


def counted(boekingen: pd.DataFrame, post: str) -> pd.DataFrame:
    """Return what somebody would contribute who knows all of a post: the same amount, surely."""
    mine = (boekingen["post"] == post) & regions.inside(boekingen["buurt"], [WIJK])
    rows = boekingen[mine & (boekingen["bedrag"] > 0)]
    se = (0.02 * rows["bedrag"]).round(2)
    named = [f"lokaal:{n}={x:.2f}" for n, x in enumerate(se)]
    facts = {"se": se, "se_bron": 0.0, "methode": "lokaal", "sleutel": None, "kengetal": None}
    rows = rows.assign(**facts, fouten=named, bron="bedrag-van-de-wijk", dekking="alles")
    return rows.astype(ledger.COLUMNS)


def test_words_group_what_one_dataset_narrows_and_say_where_none_does():
    rows = pd.DataFrame(
        [
            ("Boodschappen", "besteding:voeding", 9e6, 1e6, "besteding", "Vraag het."),
            ("AOW", "inkomen:aow", 8e6, 9e5, "", "Van CBS."),
            ("Kleding", "besteding:kleding", 5e6, 5e5, "besteding", "Vraag het."),
            ("Huur", "wonen:huur", 5e6, 4e5, "geldstroom", "Vraag de corporatie."),
            ("Auto's", "auto:kosten", 5e6, 3e5, "", "Onbekend."),
        ],
        columns=["regel", "post", "bedrag", "se", "soort", "raad"],
    ).assign(cbs=["", "", "", "", "Auto's per huishouden"])
    lines = widest.words(rows, ["GM0202"])
    assert lines[1:5] == [
        "1. wijkboek template besteding",
        "   Vraag het.",
        "   - Boodschappen: tussen €\xa07,4 en €\xa010,6\xa0miljoen (post besteding:voeding)",
        "   - Kleding: tussen €\xa04,2 en €\xa05,8\xa0miljoen (post besteding:kleding)",
    ]
    assert lines[5] == "2. wijkboek template geldstroom" and "«alles»" in lines[8]
    assert lines[10].startswith("- AOW: tussen") and lines[10].endswith("Van CBS.")
    assert "CBS heeft een beter cijfer («Auto's per huishouden»)" in lines[11]
    assert lines[12].endswith("wijkboek fetch GM0202")
    assert widest.words(rows[:0], []) == ["Van geen enkele post is de marge bekend."]


def gaps(gemeente) -> pd.DataFrame:
    used = allocate.keys_used(gemeente.bedragen, "beredeneerd", {gemeente.code: gemeente.keys})
    return availability.gaps(gemeente.indicatoren, used, gemeente.keys.table.reset_index())


def test_what_is_missing_and_what_replaces_it_is_named(gemeenten):
    found = gaps(gemeenten["GM0202"]).set_index("ontbreekt")["vervangen"]
    assert found["Personen per soort uitkering; Bijstand"].startswith("geschatte bijstand: ")
    assert found["Woningvoorraad"] == "geschatte woningen: huishoudens"
    assert "Aantal inwoners" not in found.index
    assert len(gaps(gemeenten["GM0344"])) < len(found)


def test_each_kind_of_figure_has_its_year_or_is_missing(gemeenten):
    found = availability.years(gemeenten["GM0202"].indicatoren, "jaarrekening 2023", "2024")
    years = found.set_index("cijfers")["jaar"]
    assert years["Rekening van de gemeente (Iv3)"] == "jaarrekening 2023"
    assert years["Bevolking (CBS)"] == "2024" and years["Sociale zekerheid (CBS)"] == "ontbreekt"
    utrecht = availability.years(gemeenten["GM0344"].indicatoren, "", "").set_index("cijfers")
    assert "2023" in utrecht.loc["Sociale zekerheid (CBS)", "jaar"]


def test_every_figure_that_is_wanted_has_a_title_of_cbs():
    wanted = availability.wanted()
    assert wanted.notna().all(axis=None) and "AantalInwoners" in wanted.index
    known = {*sources.read_project_table("onderwerpen")["onderwerp"]}
    assert {*wanted.index} <= known
