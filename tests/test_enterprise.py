"""The wijkbedrijf: the books close, the rules of wages hold, and what can go wrong is said."""

import os
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.test_work import counted
from tests.wijkbedrijf import GREEN, HOUSES, KNOWN, with_values, work
from wijkboek_utils import language, sources, unpaid
from wijkboek_utils.models import (
    enterprise,
    enterprise_books,
    enterprise_picture,
    enterprise_text,
    ranges,
)
from wijkboek_utils.models import work as work_
from wijkboek_utils.models.enterprise_books import COUNT, EURO, HOURS, IN, LEVEL, OUT, PEOPLE

PACKAGES = enterprise.packages(work(GREEN, HOUSES), KNOWN)
PLAN = enterprise.case(PACKAGES, KNOWN)
OUTCOME = enterprise.outcome(PACKAGES, KNOWN)
NOTHING = PACKAGES.iloc[:0]
GOLDEN = ROOT / "tests" / "golden" / "utrecht-kanaleneiland" / "bedrijfsplan.csv"


def line(plan: pd.DataFrame, regel: str, column: str = "bedrag") -> np.ndarray:
    return plan[plan["regel"] == regel].sort_values("jaar")[column].to_numpy()


def measure(outcome: pd.DataFrame, maat: str) -> pd.Series:
    return outcome.set_index("maat").loc[maat]


def assert_closes(plan: pd.DataFrame) -> None:
    money = plan[plan["eenheid"] == EURO]
    by_kind = money.groupby(["jaar", "soort"])["bedrag"].sum().unstack()
    begin, end = line(plan, "kas begin"), line(plan, "kas einde")
    assert begin + (by_kind[IN] - by_kind[OUT]).to_numpy() == pytest.approx(end, abs=0.01)
    assert begin[0] == 0 and begin[1:] == pytest.approx(end[:-1])
    assert (money.loc[money["soort"].isin([IN, OUT]), "bedrag"] >= 0).all()
    assert (plan["laag"] <= plan["bedrag"]).all() and (plan["bedrag"] <= plan["hoog"]).all()


def test_a_line_of_one_year_needs_no_other_year():
    v = ranges.draws(enterprise.with_hours(PACKAGES, enterprise.values(KNOWN)), 50)
    luck = np.random.default_rng(1).random((len(PACKAGES), 50)).round()
    whole = enterprise_books.books(v, PACKAGES, luck, 10)
    last = enterprise_books.in_years(v, PACKAGES, luck, enterprise_books.all_years(10)[-1:])
    assert {(IN), (OUT), (COUNT)} <= {kind for _, kind, _ in last}
    for line_, amounts in last.items():
        assert amounts[0] == pytest.approx(whole[line_][-1]), line_
    debt, repaid = whole["schuld", LEVEL, EURO], whole["aflossing", OUT, EURO]
    lent = whole["lening", IN, EURO]
    assert np.diff(debt, axis=0) == pytest.approx((lent - repaid)[1:])
    assert debt[0] == pytest.approx(lent[0]) and not repaid[0].any()
    assert whole["rente", OUT, EURO][1:] == pytest.approx(debt[:-1] * v["rente"])


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(1, 1e6), st.floats(1, 1e8), st.floats(0.01, 1), st.booleans()),
        max_size=5,
    ),
    st.integers(1, 12),
)
def test_opening_cash_and_what_comes_in_less_what_goes_out_is_closing_cash(items, jaren):
    wide = {"uren_laag": 0.0, "deel_laag": 0.0, "deel_hoog": 1.0}
    rows = [
        wide
        | {"id": f"w{n}", "uren": uren, "uren_hoog": uren, "euro": euro, "deel": deel}
        | {"domein": "groen" if green else "zorg"}
        for n, (uren, euro, deel, green) in enumerate(items)
    ]
    packages = enterprise.packages(work(*rows), KNOWN)
    plan = enterprise.case(packages, KNOWN, jaren)
    assert_closes(plan)
    assert plan["jaar"].max() == jaren
    assert line(plan, "startsubsidie").sum() == KNOWN.known["wijkbedrijf_startsubsidie"].waarde


def test_only_paid_work_that_can_be_done_with_the_wijk_and_its_people_is_a_package():
    rows = [
        {"id": "onbetaald", "betaald": "onbetaald", "euro": np.nan},
        {"id": "niet", "met_de_wijk": "nee"},
        {"id": "misschien", "met_de_wijk": "deels"},
        {"id": "geen mensen", "vermogen": "nee"},
        {"id": "onbekend", "vermogen": "onbekend"},
        {"id": "niets", "deel": 0.0},
        {"id": "geen uren", "uren": np.nan},
        {"id": "terug", "euro": -5.0},
        {"id": "goed"},
    ]
    assert enterprise.packages(work(*rows), KNOWN)["id"].tolist() == ["goed"]


def test_a_package_is_a_part_of_the_share_at_the_rate_or_at_what_it_costs_now():
    v = {name: KNOWN.known[f"wijkbedrijf_{name}"].waarde for name in ("bereik", "tarief")}
    dear, cheap = enterprise.packages(work({"id": "d"}, {"id": "g", "euro": 2e6}), KNOWN).iloc
    assert dear["uren"] == pytest.approx(200_000 * 0.4 * v["bereik"])
    assert dear["opbrengst"] == pytest.approx(dear["uren"] * v["tarief"])
    assert cheap["opbrengst"] == pytest.approx(cheap["uren"] * 10)
    # 30 % of the hours and half of the share are uncertain: together 58 %.
    assert dear["uren_hoog"] / dear["uren"] - 1 == pytest.approx(np.hypot(0.3, 0.5))
    assert dear["uren_laag"] == pytest.approx(dear["uren"] * (1 - np.hypot(0.3, 0.5)))


def test_it_grows_as_much_every_year_until_it_is_full_size():
    steady = with_values(aanloop=4)
    income = line(enterprise.case(PACKAGES, steady), "opdrachten")
    assert income[:5] / income[10] == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    expected = PACKAGES["opbrengst"].sum() * KNOWN.known["wijkbedrijf_kans"].waarde
    assert income[10] == pytest.approx(expected)


def test_wages_are_the_minimum_wage_and_the_subsidy_pays_for_who_works_slower():
    known = with_values(
        declarabel=1, deel_vakkracht=0, deel_participatie=0, loonwaarde=0.5, synergie=0
    )
    plan = enterprise.case(PACKAGES, known)
    hours = line(plan, "uren in opdracht")[10]
    assert line(plan, "uren van bewoners")[10] == pytest.approx(2 * hours)
    least = known.known["uurloon_minimum"].waarde * 1.08
    premiums = known.known["wijkbedrijf_werkgeverslasten"].waarde
    assert line(plan, "loon bewoners")[10] == pytest.approx(2 * hours * least * (1 + premiums))
    # Half of the minimum wage, and 23,5 % on top of it for the employer.
    assert line(plan, "loonkostensubsidie")[10] == pytest.approx(hours * least * 1.235)
    poorest = enterprise.case(PACKAGES, with_values(deel_participatie=0, loonwaarde=0.2))
    paid = line(poorest, "loon bewoners")[10] / (1 + premiums)
    assert line(poorest, "loonkostensubsidie")[10] / 1.235 == pytest.approx(0.7 * paid)


def test_participatieloon_is_an_amount_a_person_and_within_what_may_be_kept():
    known = with_values(declarabel=1, deel_vakkracht=0, deel_participatie=1, loonwaarde=1)
    plan = enterprise.case(PACKAGES, known)
    people = line(plan, "bewoners met participatieloon")[10]
    each = line(plan, "participatieloon")[10] / people
    assert each == pytest.approx(KNOWN.known["wijkbedrijf_participatieloon"].waarde)
    assert KNOWN.known["wijkbedrijf_participatieloon"].hoog <= 1900  # the bound of 2023
    hours = KNOWN.known["wijkbedrijf_uren_participatie"].waarde
    assert people * hours == pytest.approx(line(plan, "uren in opdracht")[10])
    assert line(plan, "loon bewoners")[10] == pytest.approx(0)
    assert line(plan, "loonkostensubsidie")[10] == pytest.approx(0)


def test_hours_of_volunteers_are_counted_and_never_paid_for():
    few, many = (
        enterprise.case(PACKAGES, with_values(vrijwilligers=share)) for share in (0.0, 0.5)
    )
    assert line(few, "uren van vrijwilligers").sum() == 0
    residents = line(many, "uren van bewoners")
    assert line(many, "uren van vrijwilligers") == pytest.approx(0.5 * residents)
    euros = few["eenheid"] == EURO
    pd.testing.assert_frame_equal(few[euros], many[euros])


def test_the_loan_is_paid_back_with_interest_on_what_is_still_owed():
    plan = enterprise.case(PACKAGES, with_values(lening=80_000, looptijd=4, rente=0.1))
    assert line(plan, "aflossing")[:6] == pytest.approx([0, 20_000, 20_000, 20_000, 20_000, 0])
    assert line(plan, "rente")[:6] == pytest.approx([0, 8_000, 6_000, 4_000, 2_000, 0])
    assert line(plan, "schuld")[-1] == 0


def test_cash_without_start_up_finance_is_the_sum_of_the_results():
    assert line(PLAN, "kas zonder startgeld") == pytest.approx(
        np.cumsum(line(PLAN, "resultaat") + line(PLAN, "rente"))
    )
    more = enterprise.case(PACKAGES, with_values(startsubsidie=500_000, lening=0))
    assert line(more, "kas zonder startgeld") == pytest.approx(line(PLAN, "kas zonder startgeld"))


def test_the_outcome_says_what_the_plan_says():
    dear = with_values(tarief=55)
    packages = enterprise.packages(work(GREEN, HOUSES), dear)
    plan, outcome = enterprise.case(packages, dear), enterprise.outcome(packages, dear)
    result, till = line(plan, "resultaat"), line(plan, "kas zonder startgeld")
    own = int(measure(outcome, "eigen benen")["waarde"])
    assert (result[own:] >= 0).all() and result[own - 1] < 0
    assert measure(outcome, "diepste kas")["waarde"] == pytest.approx(till.min())
    assert measure(outcome, "jaar van diepste kas")["waarde"] == till.argmin()
    back = int(measure(outcome, "terugverdiend")["waarde"])
    assert (till[back:] >= 0).all() and till[back - 1] < 0
    people = plan[(plan["jaar"] == 10) & (plan["eenheid"] == PEOPLE)]["bedrag"].sum()
    assert measure(outcome, "mensen laatste jaar")["waarde"] == pytest.approx(people)
    assert 0 < measure(outcome, "kans eigen benen")["waarde"] < 1
    words = enterprise_text.opening(packages, outcome, "Testwijk")
    assert f"in jaar {own} op eigen benen" in words


def test_with_the_work_that_it_needs_there_is_neither_loss_nor_profit():
    needed = measure(OUTCOME, "nodig")["waarde"]
    ratio = needed / line(PLAN, "opdrachten")[10]
    smaller = PACKAGES.assign(
        **{c: PACKAGES[c] * ratio for c in PACKAGES if c[:4] in ("uren", "opbr")}
    )
    assert line(enterprise.case(smaller, KNOWN), "resultaat")[10] == pytest.approx(0, abs=1)


def test_without_packages_there_is_only_cost_and_no_end_to_it():
    plan, outcome = enterprise.case(NOTHING, KNOWN), enterprise.outcome(NOTHING, KNOWN)
    assert_closes(plan)
    assert line(plan, "opdrachten").sum() == 0 and (line(plan, "resultaat") < 0).all()
    assert (
        outcome.set_index("maat")
        .loc[["eigen benen", "terugverdiend", "nodig"], "waarde"]
        .isna()
        .all()
    )
    assert measure(outcome, "kans eigen benen")["waarde"] == 0
    words = enterprise_text.opening(NOTHING, outcome, "Testwijk")
    assert "geen betaald werk" in words and "Testwijk" in words


def test_when_everything_is_refused_it_never_pays_and_says_so():
    none = with_values(kans=0)
    outcome = enterprise.outcome(PACKAGES, none)
    assert measure(outcome, "kans eigen benen")["waarde"] == 0
    assert measure(outcome, "bewoners laatste jaar")["hoog"] == 0
    words = enterprise_text.opening(PACKAGES, outcome, "Testwijk")
    assert "niet binnen tien jaar" in words and "0 van de 100" in words
    assert "niet binnen tien jaar" in enterprise_text.facts(outcome).html
    costs = enterprise.case(PACKAGES, none).query("soort == 'uit' and jaar <= 1")
    fixed = costs[costs["regel"].isin(["kwartiermaken", "wijkondernemer", "pand", "vaste lasten"])]
    assert fixed["bedrag"].sum() == pytest.approx(203_000)
    assert "€ 290.000" in enterprise_text.refused(enterprise.case(PACKAGES, none)).replace(
        "\xa0", " "
    )


def test_always_granted_is_no_gamble_and_the_same_seed_gives_the_same_figures():
    sure = with_values(kans=1)
    granted = enterprise.granted(PACKAGES, {"kans": np.ones(2000)})
    assert granted.shape == (2, 2000) and (granted == 1).all()
    pd.testing.assert_frame_equal(
        enterprise.outcome(PACKAGES, sure), enterprise.outcome(PACKAGES, sure)
    )
    half = enterprise.granted(PACKAGES, {"kans": np.full(2000, 0.5)})
    assert half.mean() == pytest.approx(0.5, abs=0.03)
    assert abs(np.corrcoef(half)[0, 1]) < 0.1  # one chance, but each package its own luck


@pytest.mark.parametrize(
    ("name", "better"),
    [("tarief", 1), ("kans", 1), ("bereik", 1), ("materiaal", -1), ("pand", -1), ("vakkracht", -1)],
)
def test_each_assumption_moves_the_result_the_way_it_should(name, better):
    row = enterprise.sensitivity(PACKAGES, KNOWN).set_index("kengetal").loc[f"wijkbedrijf_{name}"]
    assert np.sign(row["bij_hoog"] - row["bij_laag"]) == better


def test_the_sensitivity_names_the_work_and_starts_with_what_matters_most():
    table = enterprise.sensitivity(PACKAGES, KNOWN)
    assert table["verschil"].is_monotonic_decreasing and table["verschil"].iloc[0] > 0
    names = table.set_index("kengetal")["naam"]
    assert names["werk:iv3:5.7"] == "hoeveel werk er is: Openbaar groen"
    assert "wijkbedrijf_lening" not in names  # paid back by then


def test_people_on_bijstand_are_counted_or_unknown():
    topic = "PersonenPerSoortUitkeringBijstand"
    rows = pd.DataFrame({"gebied": ["BU1", "BU2"], "onderwerp": topic, "waarde": [100.0, 50.0]})
    weights = pd.Series({"BU1": 1.0, "BU2": 0.5, "BU3": 0.0})
    known = enterprise.with_capacity(OUTCOME, rows, weights)
    assert measure(known, enterprise.ON_BENEFIT)["waarde"] == 125
    assert "ongeveer 125 mensen bijstand" in enterprise_text.capacity(known, "Testwijk")
    partly = enterprise.with_capacity(OUTCOME, rows.iloc[:1], weights)
    assert "niet bekend" in enterprise_text.capacity(partly, "Testwijk")


def test_every_table_says_that_it_is_an_example_and_every_sentence_can_be_read():
    pieces = [
        enterprise_text.facts(OUTCOME),
        enterprise_text.cash(PLAN, "Testwijk"),
        enterprise_text.packages(PACKAGES),
        enterprise_text.plan(PLAN),
        enterprise_text.sensitivity(enterprise.sensitivity(PACKAGES, KNOWN), OUTCOME),
    ]
    for piece in pieces:
        caption = piece.html.split("<caption>")[1].split("</caption>")[0]
        assert caption.startswith("Rekenvoorbeeld")
    words = [enterprise_text.opening(PACKAGES, OUTCOME, "Testwijk"), enterprise_text.refused(PLAN)]
    html = "".join(f"<p>{w}</p>" for w in words) + "".join(p.html for p in pieces)
    assert not [f for f in language.findings(html) if f.rule == "zin te lang"]


def test_the_picture_has_the_lowest_point_a_zero_line_and_words():
    rows = PLAN[PLAN["regel"] == "kas zonder startgeld"]
    svg = ET.fromstring(enterprise_picture.line(rows, "Kas", "Uitleg"))
    told = [t.text for t in svg.iter("text")]
    assert "€\xa00" in told and "10" in told and "jaar; 0 is de voorbereiding" in told
    assert len(list(svg.iter("circle"))) == 1
    assert svg.get("role") == "img" and svg.find("desc").text == "Uitleg"
    rich = rows.assign(bedrag=1.0, laag=0.5, hoog=2.0)
    assert not list(ET.fromstring(enterprise_picture.line(rich, "Kas", "Uitleg")).iter("circle"))
    flat = rows.assign(bedrag=0.0, laag=0.0, hoog=0.0)
    assert "€\xa00" in [
        t.text for t in ET.fromstring(enterprise_picture.line(flat, "a", "b")).iter("text")
    ]


def test_the_plan_of_kanaleneiland_is_the_golden_one(utrecht):
    """When one moves on purpose: WIJKBOEK_GOLDEN=new writes the table; say why in the changelog."""
    weights = utrecht.weights("BU03440821", "BU03440831", "BU03440832")
    free = unpaid.hours(utrecht.indicatoren, KNOWN, utrecht.jaar)
    items = work_.inventory(utrecht.grootboek, free, counted(), weights, KNOWN, utrecht.rekening)
    packages = enterprise.packages(items, KNOWN)
    assert {"iv3:5.7", "iv3:7.3", "corporatie:onderhoud", "iv3:6.71a"} <= set(packages["id"])
    found = enterprise.case(packages, KNOWN)
    if os.environ.get("WIJKBOEK_GOLDEN") == "new":
        found.round(2).to_csv(GOLDEN, index=False, lineterminator="\n")
    golden = pd.read_csv(GOLDEN)
    pd.testing.assert_frame_equal(found, golden, check_dtype=False, rtol=1e-6, atol=0.011)


def test_every_column_of_the_tables_is_described():
    told = sources.read_project_table("kolommen")
    for table, columns in {
        "pakketten": enterprise.PACKAGES,
        "bedrijfsplan": enterprise.PLAN,
        "bedrijfsuitkomst": enterprise.OUTCOME,
    }.items():
        assert set(columns) <= set(told.loc[told["tabel"] == table, "kolom"])


def test_what_is_counted_is_in_its_own_unit():
    kinds = PLAN[PLAN["soort"] == COUNT].groupby("eenheid")["regel"].nunique()
    assert set(kinds.index) == {HOURS, PEOPLE}
    assert set(PLAN[PLAN["soort"] == LEVEL]["eenheid"]) == {EURO}
