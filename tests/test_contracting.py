"""Where each euro of a package lands, what the wijk builds up, and who plugs what in."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.wijkbedrijf import GREEN, HOUSES, KNOWN, with_values, work
from wijkboek_utils import language, sources
from wijkboek_utils.models import (
    contracting,
    contracting_text,
    enterprise,
    ownership_examples,
    plugging,
)
from wijkboek_utils.models.contracting import ELSEWHERE, HERE, KEPT, SOURCE, TENDERED, WITHIN

PACKAGES = enterprise.packages(work(HOUSES, GREEN), KNOWN)
NOTHING = PACKAGES.iloc[:0]
LANDING = contracting.landing(PACKAGES, KNOWN)
PLAN = enterprise.case(PACKAGES, KNOWN)
CAPITAL = contracting.capital(PACKAGES, KNOWN)


def sums(rows: pd.DataFrame, column: str = "bedrag") -> pd.DataFrame:
    return rows.groupby(["id", "manier", "plek"])[column].sum().unstack()


@pytest.mark.parametrize("known", [KNOWN, with_values(tarief=20), with_values(loonwaarde=0.3)])
def test_every_euro_adds_up_in_both_ways(known):
    packages = enterprise.packages(work(HOUSES, GREEN), known)
    rows = contracting.landing(packages, known)
    for column in ("bedrag", "deel"):
        table = sums(rows, column)
        landed = table[HERE] + table[ELSEWHERE]
        assert landed.to_numpy() == pytest.approx(table[SOURCE].to_numpy())
    priced = rows[rows["regel"] == contracting.PRICE]
    assert (priced["deel"] == 1).all() and priced.groupby("id")["bedrag"].nunique().eq(1).all()
    money = rows[rows["regel"] != KEPT]
    assert (money["bedrag"] >= 0).all()
    assert (rows["laag"] <= rows["bedrag"]).all() and (rows["bedrag"] <= rows["hoog"]).all()


def test_what_all_packages_keep_is_the_result_of_the_plan_when_all_are_granted():
    sure = with_values(kans=1)
    rows = contracting.landing(PACKAGES, sure)
    last = enterprise.case(PACKAGES, sure).query("jaar == 10").set_index("regel")["bedrag"]
    assert rows.loc[rows["regel"] == KEPT, "bedrag"].sum() == pytest.approx(last["resultaat"])
    within = rows[rows["manier"] == WITHIN].groupby("regel")["bedrag"].sum()
    assert within[contracting.PRICE] == pytest.approx(last["opdrachten"])
    assert within[contracting.SUBSIDY] == pytest.approx(last["loonkostensubsidie"])


def test_a_firm_from_outside_lands_its_wages_where_the_kengetallen_say():
    v = {name: KNOWN.known[name].waarde for name in ("verbruiksquote_mn", "loonquote_mn")}
    here = KNOWN.known["wijkbedrijf_aannemer_wijk"].waarde
    rows = LANDING[LANDING["manier"] == TENDERED].set_index(["id", "regel"])["deel"]
    expected = (1 - v["verbruiksquote_mn"]) * v["loonquote_mn"] * here
    assert rows["iv3:5.7", contracting.WAGES_HERE] == pytest.approx(expected)


def test_more_lands_in_the_wijk_when_people_of_the_wijk_do_the_work():
    table = sums(LANDING[LANDING["regel"] != KEPT])[HERE].unstack()
    assert (table[WITHIN] > 5 * table[TENDERED]).all()


def test_the_green_is_shown_or_else_the_largest_package():
    assert PACKAGES["id"].iloc[0] != "corporatie:onderhoud" or len(PACKAGES) == 2
    assert contracting.example(PACKAGES) == "iv3:5.7"
    other = PACKAGES[PACKAGES["domein"] != "groen"]
    assert contracting.example(other) == "corporatie:onderhoud"
    assert contracting.example(NOTHING) == ""


def test_the_seven_rows_of_the_publication_are_computed_or_said_to_be_words():
    html = contracting_text.rows(LANDING, "iv3:5.7", PACKAGES).html
    assert html.count("<tr>") == 8 and html.count(">gerekend<") == 5
    assert html.count(">in woorden<") == 2
    assert "op twee manieren" in html and "Rekenvoorbeeld" in html


def test_without_a_package_the_texts_say_so():
    empty = contracting.landing(NOTHING, KNOWN)
    assert empty.empty and [*empty] == contracting.LANDING
    assert "geen pakket" in contracting_text.rows(empty, "", NOTHING).html
    assert "geen pakket" in contracting_text.landing(empty, "").html
    assert contracting_text.all_packages(empty) == ""
    growth = plugging.growth(NOTHING, enterprise.case(NOTHING, KNOWN), KNOWN)
    assert growth.empty and "Zonder stekkers" in contracting_text.shared(growth)


def test_more_than_a_euro_for_the_wijk_says_who_is_short():
    """With hardly any work the fixed costs are more than what is paid: that is no gain."""
    few = PACKAGES.assign(
        **{c: PACKAGES[c] / 50 for c in PACKAGES if c.startswith(("uren", "opbrengst"))}
    )
    poor = contracting_text.all_packages(contracting.landing(few, KNOWN))
    assert re.search(r"Maar er komt dan \d+ cent per euro tekort", poor.replace("\u00a0", " "))
    rich = contracting_text.all_packages(contracting.landing(PACKAGES, with_values(tarief=90)))
    assert "tekort" not in rich


def test_what_cannot_be_counted_is_named_and_has_no_figure():
    counted = CAPITAL.dropna(subset="waarde").set_index("soort")
    named = CAPITAL[CAPITAL["waarde"].isna()]
    assert counted.loc["vaardigheden", "eenheid"] == "uren"
    assert counted.loc["ontmoeting", "eenheid"] == "mensen"
    assert set(named["soort"]) == {"gezondheid", "trots", "signalen"}
    assert named["eenheid"].isna().all()
    assert contracting_text.capital(CAPITAL).html.count("niet geteld") == 2 * len(named)
    last = PLAN.query("jaar == 10").set_index("regel")["bedrag"]
    assert counted.loc["eigen vermogen", "waarde"] == pytest.approx(
        last["kas einde"] - last["schuld"]
    )


def test_hours_in_the_green_are_those_of_the_green_packages():
    none = contracting.capital(PACKAGES.assign(domein="wonen"), KNOWN).set_index("soort")
    assert none.loc["groen", "waarde"] == 0
    assert CAPITAL.set_index("soort").loc["groen", "waarde"] > 0


def test_the_plugs_together_pay_what_the_plan_earns():
    plugs = plugging.plugs(PACKAGES, PLAN, KNOWN)
    last = PLAN.query("jaar == 10").set_index("regel")["bedrag"]
    assert plugs["geld"].sum() == pytest.approx(last["opdrachten"])
    paid = plugs[plugs["geld"].notna()].set_index("partij")
    assert set(paid.index) == {"gemeente", "woningcorporatie"}
    assert paid["uren"].sum() == pytest.approx(last["uren in opdracht"])
    people = plugs[plugs["partij"] == plugging.RESIDENTS]
    assert people["geld"].isna().all() and (people["uren"] > 0).all()
    waiting = plugs[plugs["stekker"] == plugging.NOTHING]["partij"]
    assert set(waiting) == {"school", "welzijn en zorg", plugging.OTHERS}
    html = contracting_text.plugs(plugs).html
    assert "geen: tijd" in html and "nog niets" in html


@pytest.mark.parametrize(
    ("taakveld", "post", "id", "who"),
    [
        ("5.7", "iv3:5.7:lasten", "iv3:5.7", "gemeente"),
        ("", "corporatie:beheer", "corporatie:beheer", "woningcorporatie"),
        ("", "zorg:wlz_anderen;zorg:wlz_ouderen", "zorg:wlz", "welzijn en zorg"),
        ("", "onderwijs:po", "onderwijs:po", "school"),
        ("", "besteding:horeca", "bedrijf:besteding:horeca", plugging.OTHERS),
        ("", "", "lokaal:perken", plugging.OTHERS),
    ],
)
def test_who_pays_is_read_from_the_taakveld_or_the_post(taakveld, post, id, who):
    frame = pd.DataFrame({"taakveld": [taakveld], "post": [post], "id": [id]}, dtype="str")
    assert plugging.party(frame).tolist() == [who]


def test_one_plug_saves_nothing_and_each_next_one_less():
    share = plugging.synergy(np.arange(0, 6), np.array([0.1]))
    assert share == pytest.approx([0, 0, 0.05, 0.2 / 3, 0.075, 0.08])
    assert (np.diff(np.diff(share[1:])) < 0).all()


def test_synergy_covers_the_wijkbedrijf_first_and_then_everyone():
    table = plugging.growth(PACKAGES, PLAN, KNOWN)
    assert table["bedrag"].iloc[0] == 0 and table["over"].sum() == 0
    fixed = sum(
        KNOWN.known[f"wijkbedrijf_{n}"].waarde for n in ("wijkondernemer", "pand", "vaste_lasten")
    )
    assert table["dekt"].iloc[1] == pytest.approx(table["bedrag"].iloc[1] / fixed)
    small = with_values(wijkondernemer=1.0, pand=0.0, vaste_lasten=0.0)
    rich = plugging.growth(PACKAGES, enterprise.case(PACKAGES, small), small).iloc[1]
    assert rich["dekt"] == 1 and rich["over"] == pytest.approx(rich["bedrag"] - 1)
    assert "over voor iedereen" in contracting_text.shared(
        plugging.growth(PACKAGES, enterprise.case(PACKAGES, small), small)
    )


def test_every_sentence_can_be_read_and_every_caption_says_example():
    bezit, rendement = ownership_examples.compare(KNOWN)
    pieces = [
        contracting_text.rows(LANDING, "iv3:5.7", PACKAGES),
        contracting_text.landing(LANDING, "iv3:5.7"),
        contracting_text.capital(CAPITAL),
        contracting_text.plugs(plugging.plugs(PACKAGES, PLAN, KNOWN)),
        contracting_text.ownership(rendement),
        contracting_text.yearly(bezit),
    ]
    for piece in pieces:
        assert piece.html.split("<caption>")[1].startswith("Rekenvoorbeeld")
    words = [
        contracting_text.all_packages(LANDING),
        contracting_text.shared(plugging.growth(PACKAGES, PLAN, KNOWN)),
        contracting_text.counts(CAPITAL),
    ]
    html = "".join(p.html for p in pieces) + "".join(f"<p>{w}</p>" for w in words)
    assert not [f for f in language.findings(html) if f.rule == "zin te lang"]


def test_every_column_of_the_tables_is_described():
    bezit, rendement = ownership_examples.compare(KNOWN)
    told = sources.read_project_table("kolommen")
    for table, columns in {
        "inbesteden": contracting.LANDING,
        "wijkkapitaal": contracting.CAPITAL,
        "stekkers": plugging.PLUGS,
        "synergie": plugging.SYNERGY,
        "bezit": [*bezit],
        "bezit_rendement": [*rendement],
    }.items():
        assert set(columns) <= set(told.loc[told["tabel"] == table, "kolom"]), table
