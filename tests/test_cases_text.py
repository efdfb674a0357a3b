"""The chapter with worked cases: the answer first, every table labelled, plain Dutch."""

import re

import pandas as pd
import pytest

from tests.test_cases import AREAS, KNOWN, NO_WORK, area
from wijkboek_utils import dutch, findings, language
from wijkboek_utils.models import area_case, area_case_text, case_results, cases, cases_text


def words(html) -> str:
    plain = re.sub(r"<[^>]+>", " ", html.html).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", plain)


@pytest.fixture(scope="module")
def found() -> list[cases.Case]:
    return [cases.load(naam, KNOWN) for naam in cases.names()]


@pytest.fixture(scope="module")
def tables(found) -> cases_text.Tables:
    worked = case_results.work_out(found, KNOWN)
    holdings, sales = case_results.holdings(found, KNOWN), case_results.resales(found, KNOWN)
    return cases_text.Tables(*worked, holdings, sales)


@pytest.fixture(scope="module")
def example(utrecht):
    weights = area(utrecht.weights(*AREAS["GM0344"]))
    parts = (utrecht.grootboek, weights, utrecht.indicatoren, NO_WORK, KNOWN, "Zuid", 2023)
    made = area_case.from_books(*parts)
    case = area_case.case(made, KNOWN, "Zuid", 2023)
    return made, *case_results.work_out([case], KNOWN)


def test_each_case_is_a_fold_that_opens_with_its_label(found, tables):
    html = cases_text.publications(found, tables, KNOWN)
    assert html.html.count("<details><summary>") >= len(found)
    for case in found:
        one = words(cases_text.one(case, tables.of(case.naam), KNOWN))
        assert one.strip().startswith(case.illustratie)
        assert case.titel in html.html and case.voorwaarden[0] in words(html)
    captions = re.findall(r"<caption>(.*?)</caption>", html.html)
    assert len(captions) >= 12 and all("rekenvoorbeeld" in caption for caption in captions)


def test_the_dutch_of_the_cases_is_plain(found, tables):
    html = cases_text.publications(found, tables, KNOWN).html
    assert findings.faults(language.findings(html, explains=False)) == []


def test_what_does_not_go_on_says_who_stands_in_the_way(found, tables):
    (club,) = [case for case in found if case.naam == "verzekeraar"]
    told = words(cases_text.one(club, tables.of("verzekeraar"), KNOWN))
    assert "Het plan gaat niet door." in told and "niet in deze jaren" in told
    (cake,) = [case for case in found if case.naam == "cake"]
    told = words(cases_text.one(cake, tables.of("cake"), KNOWN))
    assert "En zonder zuil suiker? Het plan gaat niet door." in told
    assert "Zonder budget suiker kan cake niet" in told


def test_the_garden_tells_gross_net_and_cautious(found, tables):
    (case,) = [case for case in found if case.naam == "tuin"]
    told = words(cases_text.one(case, tables.of("tuin"), KNOWN))
    for amount in ("€ 5.000", "€ 12.000", "€ 6.500", "€ 3.600", "0,8 jaar", "1,4 jaar"):
        assert amount in told
    assert "Groen in de wijk" in told  # the account of who is helped, too


def test_the_governance_is_a_drawing_with_its_table(found):
    (case,) = [case for case in found if case.naam == "groenbudget"]
    html = cases_text.governance(case.model["bestuur"], case.titel).html
    assert html.count('role="img"') == 1 and "<desc" in html
    assert html.count("<tr>") == 5 and "Wat de gemeente houdt" in html


def test_the_answer_of_the_area_comes_first_with_its_range(example):
    (_, rows), results, _ = example
    told = words(area_case_text.answer(results, rows, "Zuid"))
    assert told.strip().startswith("Een rekenvoorbeeld: in Zuid gaan er van 4 plannen 3 door")
    together = results.set_index("activiteit").loc[case_results.TOGETHER]
    assert dutch.about(together["netto"]).replace("\N{NO-BREAK SPACE}", " ") in told
    assert "Negen van de tien keer" in told and "De kans op winst is" in told
    assert "Voorzichtig gerekend" in told


def test_the_chapter_of_the_area_says_who_pays_gains_refuses_and_agrees(example):
    (money, rows), results, balances = example
    told = words(area_case_text.money(balances, "Zuid"))
    assert "gemeente (inkomen)" in told and "Wie het meest wint" in told
    assert "gemeente (Wmo)" not in told  # pays nothing and saves nothing
    assert "vrij" in words(area_case_text.refusals(results))
    deal = area_case_text.agreement(results, rows, money, "voorbeeld").html
    assert 'href="overeenkomst.html"' in deal and "dit voorbeeld" in deal
    assert "plannen van de wijk zelf" in area_case_text.agreement(results, rows, money, "").html
    work = area_case_text.work(money, rows, KNOWN, "Zuid").html
    assert work.count("<tr>") == 4  # the head and the three kinds of work
    captions = re.findall(r"<caption>(.*?)</caption>", told + work)
    assert all("rekenvoorbeeld" in caption for caption in captions)
    assert "Bewijs: 3 van 5" in words(area_case_text.evidence(rows))


def test_the_inventory_says_how_many_hours_of_this_work_the_wijk_can_do(example):
    (_, rows), *_ = example
    facts = {"uren_laag": 1e4, "uren_hoog": 2e4, "deel_laag": 0.1, "deel_hoog": 0.3}
    work = pd.DataFrame({"post": ["iv3:5.7:lasten", "iv3:0.4:lasten"]}).assign(**facts)
    assert "tussen 1.000 en 6.000 uur" in words(area_case_text.hours(work, rows))
    assert area_case_text.hours(work.iloc[1:], rows).html == ""


def test_the_dutch_of_the_area_is_plain(example):
    (money, rows), results, balances = example
    parts = [
        area_case_text.answer(results, rows, "Zuid"),
        area_case_text.work(money, rows, KNOWN, "Zuid"),
        area_case_text.money(balances, "Zuid"),
        area_case_text.net(results, "Zuid"),
        area_case_text.evidence(rows),
        area_case_text.refusals(results),
        area_case_text.agreement(results, rows, money, "x"),
        area_case_text.conditions(KNOWN),
    ]
    html = "".join(part.html for part in parts)
    assert findings.faults(language.findings(html, explains=False)) == []


def test_an_area_without_books_has_no_example_and_says_so(example):
    (money, rows), results, balances = example
    none = results.iloc[:0]
    assert "geen rekenvoorbeeld te maken" in words(area_case_text.answer(none, rows, "X"))
    assert "niemand nee" in words(area_case_text.refusals(none))
    assert "niets af te spreken" in words(area_case_text.agreement(none, rows.iloc[:0], money, "x"))
    area_case_text.work(money.iloc[:0], rows.iloc[:0], KNOWN, "X")
    area_case_text.money(balances.iloc[:0], "X")


def test_a_plan_that_only_costs_is_told_as_a_cost():
    row = pd.Series(
        {"waarde": -1000.0, "waarde_voorzichtig": -2000.0, "laag": -3000.0, "hoog": 0.0}
    )
    assert "kost het € 1.000" in cases_text.worth(row).replace("\N{NO-BREAK SPACE}", " ")
    assert "op" not in cases_text.gain(-5.0)


def test_a_passport_names_the_kengetallen_of_the_example(example, utrecht):
    (_, rows), *_ = example
    asked = KNOWN.used()
    one = area_case_text.passport("x", asked, rows, utrecht.grootboek)
    assert {"bijstand_per_persoon", "netto_vanzelf", "casus_omzet_per_plek"} <= {*one.kengetallen}
    assert "casus_clt_grond_deel" not in one.kengetallen and one.bronnen
