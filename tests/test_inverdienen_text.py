"""Chapter 16: what comes out in a sentence, tables with their pictures, and nothing is said so."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from tests.kasstroom import link
from tests.plans import KNOWN, activities, budgets
from wijkboek_utils import gate, language, page_rules
from wijkboek_utils.findings import faults
from wijkboek_utils.htmltree import parse
from wijkboek_utils.models import (
    agreement,
    cashflow,
    cohesion_picture,
    cuts,
    inverdienen_text,
    market,
    netting,
    outcomes,
    plans,
    pledges,
    resilience,
    savings_text,
    simulate,
)

EXAMPLE = "Dit is een voorbeeld."
PURSES = [
    {"naam": "Groen", "houder": "wijk", "doel": "groen", "bedrag": 4000},
    {"naam": "Bijstand", "houder": "sociaal", "doel": "bijstand", "bedrag": 90_000, "vrij_deel": 1},
]
GARDEN = {"naam": "Tuin", "trekker": "buren", "kosten": 5000}
ROWS = [
    {**GARDEN, "doel": "groen", "verband": "eigen doel"},
    {**GARDEN, **link("bijstand", kans=1, effect_jaren=4, terug_deel=0.5)},
    {"naam": "Werkplaats", "kosten": 100, **link("bijstand")},
    {"naam": "Droom", "kosten": 100, **link("bijstand", mechanisme=None)},
]


def tables(purses=PURSES, rows=ROWS, label=EXAMPLE) -> SimpleNamespace:
    """Return what notebook 08 writes of some plans."""
    settled, claims = pledges.settle(plans.read(budgets(*purses), activities(*rows), KNOWN, label))
    net, rate = netting.load(KNOWN), cashflow.rate(KNOWN)
    found = market.solve(settled, net, rate.waarde)
    streams = (found.besparingen, found.betalingen, found.terug)
    saved = cashflow.savings(settled, net)
    drawn = simulate.draws(settled, found.betalingen, net, rate.waarde, n=400)
    rekeningen = cashflow.accounts(settled, *streams)
    oordeel = cashflow.judge(settled, saved, rate.waarde, simulate.summary(drawn.activiteiten))
    both = drawn.houders.assign(samen=drawn.houders.sum(axis=1))
    return SimpleNamespace(
        claims=claims,
        verbanden=resilience.links(settled),
        samenhang=resilience.matrix(settled),
        veerkracht=resilience.measure(settled),
        rekeningen=rekeningen,
        houders=cashflow.holders(rekeningen, rate.waarde),
        kansen=simulate.summary(both),
        oordeel=oordeel,
        gevoelig=outcomes.sensitivity(settled, net, rate, oordeel),
        stappen=outcomes.steps(found.besparingen, net),
        bezuinigen=cuts.compare(settled, *streams),
        afspraken=agreement.draft(settled, claims, *streams)[0],
    )


def pieces(t: SimpleNamespace, label: str = EXAMPLE) -> dict[str, str]:
    made = {
        "opening": inverdienen_text.outcome(t.houders, t.kansen, t.oordeel, 4, label),
        "verbanden": inverdienen_text.links(t.verbanden, label),
        "samenhang": inverdienen_text.cohesion(t.samenhang, t.veerkracht, label),
        "claims": inverdienen_text.claims(t.claims, label),
        "netto": savings_text.gross_to_net(t.stappen, label),
        "houders": savings_text.accounts(t.houders, t.kansen, t.rekeningen, label),
        "plannen": savings_text.verdict(t.oordeel, label),
        "gevoelig": savings_text.sensitivity(t.gevoelig, t.oordeel, label),
        "bezuinigen": inverdienen_text.cuts(t.bezuinigen, label),
        "afspraken": inverdienen_text.agreements(t.afspraken, label),
    }
    return {name: one.html for name, one in made.items()}


@pytest.fixture(scope="module")
def chapter() -> dict[str, str]:
    return pieces(tables())


def words(html: str) -> str:
    bare = re.sub(r"<[^>]+>", " ", html).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", bare).strip()


def test_it_opens_with_what_comes_out_its_range_and_that_it_is_an_example(chapter):
    first = words(chapter["opening"])
    assert re.match(
        r"In dit rekenvoorbeeld houden alle budgetten samen in 4 jaar ongeveer €", first
    )
    assert "waarschijnlijk tussen €" in first and "De kans dat het geen geld kost" in first
    assert EXAMPLE in first
    assert "Met deze plannen" in words(pieces(tables(label=""), "")["opening"])


def test_every_caption_says_that_it_is_an_example_and_only_then(chapter):
    captions = re.findall(r"<caption>(.*?)</caption>", "".join(chapter.values()))
    assert len(captions) >= 10 and all("(rekenvoorbeeld)" in one for one in captions)
    assert "rekenvoorbeeld" not in "".join(pieces(tables(label=""), "").values())


def test_a_link_without_ground_and_a_saving_pledged_twice_are_told_with_the_reason(chapter):
    told = words(chapter["verbanden"])
    assert "Droom, voor «bijstand»: er staat niet hoe het werkt." in told
    assert "Werkplaats, voor «bijstand»: dezelfde besparing is al beloofd in claim" in told
    assert "tellen er 1 niet mee" in words(chapter["claims"])


def test_resilience_is_told_as_cohesion_and_adhesion(chapter):
    # 4,000 of the 5,200 that all plans ask by the own goal; of the rest the garden's 1,000
    told = words(chapter["samenhang"])
    assert "De veerkracht is 96 procent" in told and "77 procent (cohesie)" in told
    assert "19 procent toe (adhesie)" in told


def test_what_is_cut_and_what_is_saved_stand_side_by_side_with_what_is_not_sure(chapter):
    told = words(chapter["bezuinigen"])
    assert "Met de kaasschaaf gaat er dan van elk budget" in told and "weet niemand" in told
    assert "Voorzichtig gerekend levert het" in told


def test_pictures_have_a_table_and_the_sentences_are_plain(chapter):
    html = "".join(chapter.values())
    page = f'<html lang="nl"><body><h1>a</h1>{html}</body></html>'
    for rule in ("tekeningen", "tabellen", "onbekend cijfer", "te precies", "namen en links"):
        assert [*page_rules.ALWAYS[rule](parse(page))] == [], rule
    assert faults(language.findings(page, explains=False)) == []
    assert gate.faults(page)  # a piece is no page: the rules above did look


@pytest.mark.parametrize(
    ("purses", "rows"),
    [(PURSES, []), ([], ROWS), (PURSES, ROWS[3:]), (PURSES[:1], ROWS[:1]), ([], [])],
    ids=["geen plan", "geen budget", "geen verband", "niemand bespaart", "niets"],
)
def test_where_there_is_nothing_to_compute_it_says_so(purses, rows):
    made = pieces(tables(purses, rows))
    html = "".join(made.values())
    assert not re.search(r"\b(nan|None|NaN)\b", words(html))
    assert "Er is nog geen afspraak" in made["afspraken"]
    assert "niets te vergelijken" in made["bezuinigen"]
    assert ("nog geen plannen" in made["opening"]) == (not rows)


def test_a_drawing_holds_at_most_what_a_telephone_can_show():
    many = [{**ROWS[0], "naam": f"Plan {n}"} for n in range(30)]
    purses = [{**PURSES[0], "naam": f"Budget {n}"} for n in range(50)]
    read = plans.read(budgets(*purses), activities(*many), KNOWN)
    matrix, whole = resilience.matrix(read), resilience.measure(read)
    html = inverdienen_text.cohesion(matrix, whole, "").html
    svg = html[html.index("<svg") : html.index("</svg>")]
    assert len(re.findall(r">\d+\. Plan", svg)) == cohesion_picture.MOST
    assert len(re.findall(r">Budget", svg)) == 2 * cohesion_picture.MOST
    assert html.count("<tr>") > 30 * 50  # the table has them all


def test_names_of_people_are_words_and_no_html():
    nasty = [{**row, "naam": "<script>x</script>"} for row in ROWS[:2]]
    html = "".join(pieces(tables(rows=nasty)).values())
    assert "<script" not in html and "&lt;script&gt;" in html


def test_the_figures_of_a_holder_are_those_of_the_accounts(chapter):
    t = tables()
    assert isinstance(t.houders, pd.DataFrame)
    assert t.rekeningen["saldo"].sum() == pytest.approx(t.houders["saldo"].sum())
    assert words(chapter["houders"]).count("Sociaal") >= 2
