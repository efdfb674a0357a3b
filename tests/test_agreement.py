"""The three agreements: who with whom, the numbers of the books, one sheet of paper for each."""

import re

import pandas as pd
import pytest
from hypothesis import given, settings

from tests import kasstroom
from tests.plans import KNOWN, activities, budgets
from wijkboek_utils import browser as browser_
from wijkboek_utils import gate, inspection, language, pilots
from wijkboek_utils.browser import View
from wijkboek_utils.findings import faults
from wijkboek_utils.models import (
    agreement,
    agreement_page,
    cases,
    cashflow,
    cuts,
    market,
    netting,
    outcomes,
    plans,
    pledges,
)

NET = netting.load(KNOWN)
PILOT = pilots.load("utrecht-kanaleneiland", 2023)


def solved(name: str):
    case = cases.load(name, KNOWN)
    settled, claims = pledges.settle(case.plans)
    net = netting.load(case.getallen)
    found = market.solve(settled, net, cashflow.discount(case.getallen))
    streams = (found.besparingen, found.betalingen, found.terug)
    return settled, claims, streams, case.getallen.used()


@pytest.fixture(scope="module")
def garden():
    return solved("tuin")


@pytest.fixture(scope="module")
def cake():
    return solved("cake")


def test_the_garden_is_an_agreement_of_who_saves_with_who_does_the_work(garden):
    settled, claims, streams, _ = garden
    (row,) = agreement.draft(settled, claims, *streams)[0].to_dict("records")
    assert pd.isna(row["houder"]) and row["baatbudget"] == "bijstandsuitkeringen"
    assert row["trekker"] == "groeninitiatief" and row["baat_betaalt"] == row["kosten"] == 5000
    assert (row["bruto"], row["netto"]) == pytest.approx((60_000, 32_400))
    assert row["ruimte"] == pytest.approx(27_400) and row["terug"] == 0


def test_of_three_who_pay_each_has_its_own_agreement_and_its_part_of_what_moves(cake):
    settled, claims, streams, _ = cake
    table, years = agreement.draft(settled, claims, *streams)
    assert table["budget"].tolist() == ["zuil eieren", "zuil meel", "zuil suiker"]
    assert set(table["baatbudget"]) == {"bijstandsuitkeringen"}
    assert table["betaalt"].sum() == pytest.approx(6000)
    assert table["ruimte"].sum() == pytest.approx(32_400 - 6000)
    assert table["terug"].sum() == pytest.approx(streams[2]["bedrag"].sum())
    sums = years.groupby("nummer")[["betaalt", "netto", "terug"]].sum().loc[table["nummer"]]
    columns = ["betaalt", "netto", "terug"]
    assert sums.to_numpy() == pytest.approx(table[columns].to_numpy())
    held = claims.set_index("jaar")["nummer"]
    assert (years["claims"] == years["jaar"].map(held)).all()


@settings(max_examples=20)
@given(kasstroom.markets())
def test_an_agreement_holds_the_numbers_of_the_accounts_and_no_other(market_):
    read, paid = market_
    settled, claims = pledges.settle(read)
    saved = cashflow.savings(settled, NET)
    back = cashflow.flow_back(settled, saved, paid)
    table, years = agreement.draft(settled, claims, saved, paid, back)
    assert table["nummer"].is_unique and set(years["nummer"]) == set(table["nummer"])
    assert table["terug"].sum() == pytest.approx(back["bedrag"].sum(), abs=0.01)
    once = table.drop_duplicates(["activiteit", "baatbudget"])
    payable = set(paid.loc[paid["bedrag"] > 0, "activiteit"])
    at_table = cashflow.at_table(settled, saved)
    at_table = at_table[at_table["activiteit"].isin(payable)]
    assert once["netto"].sum() == pytest.approx(at_table["bedrag"].sum(), abs=0.01)
    gains = at_table.groupby("activiteit")["bedrag"].sum()
    cost = paid.groupby("activiteit")["bedrag"].sum()
    for name, rows in table.groupby("activiteit"):
        surplus = max(gains[name] - cost[name], 0)
        assert rows["ruimte"].sum() == pytest.approx(surplus, abs=0.01)
    flows = years[years["terug"] > 0].groupby("nummer")["jaar"]
    ends = table.dropna(subset="terug_van").set_index("nummer")[["terug_van", "terug_tot"]]
    assert ends["terug_van"].to_dict() == flows.min().to_dict()
    assert ends["terug_tot"].to_dict() == flows.max().to_dict()


def test_a_claim_that_does_not_hold_stands_on_no_agreement():
    both = [kasstroom.link("bijstand", naam=name, effect_jaren=1) for name in ("a", "b")]
    purse = {"doel": "bijstand", "bedrag": 9000, "vrij_deel": 1}
    settled, claims = pledges.settle(plans.read(budgets(purse), activities(*both), KNOWN))
    saved = cashflow.savings(settled, NET)
    rows = [(n, "Wijkbudget", "gemeente", "bijstand", 2026, 1000.0, "adhesie") for n in "ab"]
    paid = cashflow.frame(rows, cashflow.BETALINGEN)
    none = cashflow.frame([], cashflow.TERUG)
    table, years = agreement.draft(settled, claims, saved, paid, none)
    assert table["activiteit"].tolist() == ["a"]
    assert years["claims"].tolist() == claims.loc[claims["activiteit"] == "a", "nummer"].tolist()


def test_the_cheese_slicer_takes_as_much_as_the_plans_save(garden):
    settled, _, streams, _ = garden
    table = cuts.compare(settled, *streams)
    assert table["kaasschaaf"].sum() == pytest.approx(table["saldo"].sum())
    assert table["saldo"].sum() == pytest.approx(27_400 / 5)  # a year, over five
    assert table["voorzichtig"].sum() == pytest.approx(12_784 / 5)
    assert table["deel"].tolist() == pytest.approx([0.0548] * 2)


def test_where_nothing_is_saved_or_the_budgets_are_too_small_there_is_no_slice():
    read = plans.read(budgets({"doel": "bijstand", "bedrag": 10}), activities(), KNOWN)
    frames = [cashflow.frame([], c) for c in (cashflow.BESPARINGEN, cashflow.BETALINGEN)]
    table = cuts.compare(read, *frames, cashflow.frame([], cashflow.TERUG))
    assert table["kaasschaaf"].isna().all() and table["saldo"].sum() == 0
    gain = kasstroom.link("bijstand", kosten=1)
    read = plans.read(budgets({"doel": "bijstand", "bedrag": 10}), activities(gain), KNOWN)
    saved = cashflow.savings(read, NET)
    rich = cuts.compare(read, saved, frames[1], cashflow.frame([], cashflow.TERUG))
    assert rich["saldo"].sum() > 10 and rich["deel"].isna().all()


def test_gross_to_net_in_steps_ends_at_the_net_of_the_savings(garden):
    _, _, streams, _ = garden
    steps = outcomes.steps(streams[0], NET)
    assert steps["centraal"].iloc[0] == 60_000 and steps["centraal"].is_monotonic_decreasing
    assert steps["centraal"].iloc[-1] == pytest.approx(streams[0]["netto"].sum())
    assert steps["voorzichtig"].iloc[-1] == pytest.approx(streams[0]["voorzichtig"].sum())


def test_of_the_plans_worth_most_we_know_what_matters(garden):
    settled, _, streams, _ = garden
    case = cases.load("tuin", KNOWN)
    rate = cashflow.rate(case.getallen)
    verdict = cashflow.judge(settled, streams[0], rate.waarde)
    table = outcomes.sensitivity(settled, NET, rate, verdict)
    assert set(table["activiteit"]) == {"moestuin"} and table["verschil"].iloc[0] > 0
    empty = outcomes.sensitivity(settled, NET, rate, verdict.head(0))
    assert empty.empty and [*empty] == [*outcomes.SENSITIVITY]


def drafts(*found) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    made = [agreement.draft(settled, claims, *streams) for settled, claims, streams, _ in found]
    units = pd.concat([used for *_, used in found]).drop_duplicates("id")
    return pd.concat([a for a, _ in made]), pd.concat([y for _, y in made]), units


def page(tables, **facts) -> str:
    return agreement_page.render(PILOT, *tables, ["Bron: CBS"], **facts)


def test_the_page_passes_the_gate_and_says_that_it_is_an_example(garden, cake):
    html = page(drafts(garden, cake))
    assert gate.faults(html) == []
    assert faults(language.findings(html, explains=False)) == []
    assert html.count("Rekenvoorbeeld, niet om te tekenen.") == html.count('class="wb-deal"') == 4
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\N{NO-BREAK SPACE}", " ")
    assert "hoogstens € 27.000, voorzichtig gerekend € 13.000" in words
    assert "Van de gemeten besparing gaat 17 procent terug naar «zuil eieren»" in words
    assert "Concept" not in html and "Concept, niet publiceren" in page(
        drafts(garden), concept=True
    )


def test_without_agreements_the_page_says_so(garden):
    table, years, units = drafts(garden)
    html = page((table.head(0), years.head(0), units))
    assert gate.faults(html) == [] and "nog geen afspraken" in html


HOSTILE = "<b onclick=x>Een heel lange naam &amp; meer</b> " * 12


def longest(table: pd.DataFrame, years: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return an agreement with all that people may write as long as they may write it."""
    words = ["activiteit", "trekker", "resultaat", "budget", "houder", "baatbudget"]
    words += ["baathouder", "doel", "voor_wie", "mechanisme"]
    long = table.assign(**dict.fromkeys(words, HOSTILE[:500]), eenheid="uur zorg " * 4)
    long["kengetal"] = "bijstand_per_persoon;netto_lek;netto_vanzelf;discontovoet"
    more = [years.assign(jaar=years["jaar"] + 5 * n) for n in range(8)]  # forty years
    return long, pd.concat(more)


def test_each_agreement_is_one_sheet_of_paper(garden, cake, browser, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    table, years, units = drafts(garden, cake)
    one = table.iloc[[1]]
    long, many = longest(one, years[years["nummer"] == one["nummer"].iloc[0]])
    for name, tables, sheets in (("gewoon", (table, years), 4), ("lang", (long, many), 1)):
        path = tmp_path / f"{name}.html"
        path.write_text(page((*tables, units)), encoding="utf-8")
        with browser_.opened(browser, path) as opened:
            pdf = browser_.print_page(opened.page)
        (tmp_path / "a.pdf").write_bytes(pdf)
        pages = pypdf.PdfReader(tmp_path / "a.pdf").pages
        assert len(pages) == sheets, name
        assert all("Handtekening" in one.extract_text() for one in pages)


def test_the_page_keeps_every_rule_of_the_browser(cake, browser, tmp_path):
    path = tmp_path / "overeenkomst.html"
    html = page(drafts(cake)).replace('<p class="wb-away">', '<p class="wb-away" hidden>')
    path.write_text(html, encoding="utf-8")
    views = (View(360), View(1280, "dark"))
    result = inspection.inspect(browser, path, path.name, {}, [], views, True)
    assert faults(result.findings) == [] and len(result.axe) > 70
