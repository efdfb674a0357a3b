"""The worked cases: every one loads, adds up, is labelled, and comes out as written down."""

import os
import re

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.buurten import BUURTEN, WEIGHTS, books, indicators
from tests.conftest import GEMEENTEN, ROOT
from wijkboek_utils import dutch, kengetallen, ledger
from wijkboek_utils.errors import Fout
from wijkboek_utils.models import area_case, case_results, cases, plans, pledges, resale

KNOWN = kengetallen.load()
GOLDEN = ROOT / "tests" / "golden"
AREAS = {
    "GM0344": ["BU03440821", "BU03440831", "BU03440832"],
    "GM0202": ["WK020202"],
    "GM0080": ["WK008050"],
}
NO_WORK = pd.DataFrame(
    {"taakveld": [], "post": [], "euro": [], "deel": []},
).astype({"taakveld": "str", "post": "str", "euro": "float", "deel": "float"})
every = pytest.mark.parametrize("naam", cases.names())


@pytest.fixture(scope="module")
def found() -> list[cases.Case]:
    return [cases.load(naam, KNOWN) for naam in cases.names()]


@pytest.fixture(scope="module")
def worked(found) -> tuple[pd.DataFrame, pd.DataFrame]:
    return case_results.work_out(found, KNOWN)


def assert_golden(table: pd.DataFrame, name: str) -> None:
    """WIJKBOEK_GOLDEN=new writes the table; say why in the changelog, under Cijfers."""
    path, table = GOLDEN / name, table.drop(columns="reden").round(3)
    if os.environ.get("WIJKBOEK_GOLDEN") == "new":
        table.to_csv(path, index=False, lineterminator="\n")
    text = [c for c in table if table[c].dtype == "str"]
    golden = pd.read_csv(path).astype(dict.fromkeys(text, "str"))
    for column in text:
        assert table[column].fillna("").tolist() == golden[column].fillna("").tolist(), column
    numbers = [c for c in table if c not in text]
    pd.testing.assert_frame_equal(
        table[numbers].astype(float), golden[numbers].astype(float), rtol=1e-4, atol=0.011
    )


# --- the publications


@every
def test_a_case_says_that_it_is_an_example_where_it_is_from_and_what_is_assumed(naam):
    case = cases.load(naam, KNOWN)
    assert case.illustratie.startswith("Dit is een voorbeeld") and case.bron in case.illustratie
    assert case.plans.illustratie == case.illustratie
    assert len(case.aannames) >= 4 and len(case.voorwaarden) >= 2
    assert "publicatie" in " ".join(case.aannames) or "werksessie" in " ".join(case.aannames)
    assert case.plans.geweigerd.empty  # every link of an example holds
    assert case.plans.activiteiten or case.model


@every
def test_the_words_of_a_case_name_what_its_plans_cost(naam):
    case = cases.load(naam, KNOWN)
    said = {int(n.replace(".", "")) for n in re.findall(r"\d[\d.]*\d(?= euro)", str(case.aannames))}
    per_place = KNOWN.known["casus_begeleiding_per_plek"].waarde
    assert {a.kosten for a in case.plans.activiteiten} <= said | {3 * per_place}


def test_the_words_of_a_case_follow_the_kengetallen():
    """A kengetal that changes must be changed in these words, too."""
    told = {
        "corporatie": [
            "corporatie_onderhoud",
            "casus_omzet_per_plek",
            "casus_begeleiding_per_plek",
        ],
        "groenbudget": ["casus_omzet_per_plek"],
    }
    for naam, ids in told.items():
        words = " ".join(cases.load(naam, KNOWN).aannames)
        for id in ids:
            assert dutch.number(KNOWN.known[id].waarde) in words, id


def test_the_words_of_the_example_follow_the_kengetallen_of_the_pilot():
    own = {"waarde": 41_000, "laag": 30_000, "hoog": 55_000, "jaar": 2023, "bron": "wijkbedrijf"}
    pilot = kengetallen.load({"casus_omzet_per_plek": own | {"vindplaats": "jaarrekening"}})
    words = " ".join(area_case.premises(pilot)[1])
    assert dutch.euro(41_000) in words and "{" not in words


@every
def test_who_saves_and_gives_is_who_gets(naam, worked):
    for _, rows in worked[1][worked[1]["voorbeeld"] == naam].groupby("variant"):
        assert rows["geeft"].sum() == pytest.approx(rows["krijgt"].sum())
        made = rows["bespaart"] - rows["betaalt"] - rows["geeft"] + rows["krijgt"]
        assert rows["saldo"].tolist() == pytest.approx(made.tolist())


def test_the_cases_come_out_as_written_down(worked):
    assert_golden(worked[0], "voorbeelden.csv")


def test_the_garden_of_the_publication(worked):
    row = worked[0].set_index("voorbeeld").loc["tuin"]
    assert (row["kosten"], row["bruto"]) == (5000, 12_000)
    assert (row["netto"], row["voorzichtig"]) == pytest.approx((6480, 3556.8))
    assert row["gaat_door"] == "ja" and row["terugverdientijd"] == pytest.approx(5000 / 6480)


@pytest.mark.parametrize("pillar", ["zuil meel", "zuil eieren", "zuil suiker"])
def test_without_one_ingredient_there_is_no_cake_and_the_report_says_which(pillar, found):
    (cake,) = [case for case in found if case.naam == "cake"]
    changed = cases.Case(**{**vars(cake), "model": {"zonder": pillar}})
    whole, part = case_results.work_out([changed], KNOWN)[0].to_dict("records")
    assert (whole["gaat_door"], part["gaat_door"]) == ("ja", "nee")
    assert part["variant"] == f"zonder {pillar}" and pillar.split()[1] in part["reden"]
    with pytest.raises(Fout, match="zuil suiker"):
        cases.without(cake.plans, "zuil suikr")


def test_the_discount_for_the_running_club_is_what_its_budget_holds(found):
    (case,) = [case for case in found if case.naam == "verzekeraar"]
    told, now = case.model["korting"], case.model["korting"]["nu"]
    whole = told["verzekerden"] * now["deel"] * now["premie"] * now["korting"]
    assert {b.amount(2024) for b in case.plans.budgetten} == {whole}
    (club,) = case.plans.activiteiten
    assert club.kosten <= case.plans.budgetten[0].free(2024)


def test_the_club_is_not_made_good_by_care_and_says_so(worked):
    row = worked[0].set_index("voorbeeld").loc["verzekeraar"]
    assert row["gaat_door"] == "nee" and row["waarde"] < 0 and row["reden"]


def test_green_of_50000_euro_has_rules_for_the_four_things_the_publication_asks(found):
    (case,) = [case for case in found if case.naam == "groenbudget"]
    asked = ["uitvoering", "besteding", "verantwoording", "democratische legitimatie"]
    assert [rule["vraag"] for rule in case.model["bestuur"]] == asked
    assert all(len(rule) == 6 and all(rule.values()) for rule in case.model["bestuur"])
    assert case.plans.budgetten[0].amount(2024) == 50_000


def test_who_brings_in_the_house_gets_back_what_it_earns(found):
    (row,) = case_results.holdings(found, KNOWN).to_dict("records")
    told = next(case for case in found if case.naam == "huis").model["bezit"]
    rent = KNOWN.known["huur_particulier"].waarde * told["benut"]["waarde"]
    left = rent - told["onderhoud"]["waarde"] - told["reserve"]["waarde"]
    assert row["inleg"] == told["opstal"]["waarde"]
    assert row["krijgt_per_jaar"] == pytest.approx(left)
    assert row["rendement_laag"] < row["rendement"] < row["rendement_hoog"]


def test_a_home_without_its_land_stays_within_reach(found):
    sold = case_results.resales(found, KNOWN)
    assert sold["jaar"].tolist() == [0, 10, 20, 30]
    assert sold["deel_van_markt"].is_monotonic_decreasing
    assert sold["last_trust"].max() < sold["last_markt"].min()
    assert sold["last_trust_laag"].iloc[-1] < sold["last_trust_hoog"].iloc[-1]


def test_a_seller_gets_a_quarter_of_the_rise_of_the_part_that_was_bought():
    sold = resale.sales(100.0, 0.4, 0.25, 0.0, 0.0, [10])
    assert sold["trust"].tolist() == [60, 60]  # prices stood still
    sold = resale.sales(100.0, 0.4, 0.25, 2 ** (1 / 10) - 1, 0.0, [10])
    assert sold["markt"].tolist() == pytest.approx([100, 200])
    assert sold["trust"].tolist() == pytest.approx([60, 60 + 0.25 * 0.6 * 100])
    with pytest.raises(Fout, match="grond"):
        resale.sales(100.0, 1.2, 0.25, 0.0, 0.0, [10])


def test_a_case_of_the_same_kengetallen_is_worked_out_once_and_each_report_lists_what_it_took():
    one, two = kengetallen.load(), kengetallen.load()
    case = cases.load("corporatie", one)
    assert cases.load("corporatie", two) is case
    assert one.used().equals(two.used()) and len(one.used())
    first, again = (case_results.work_out([case], KNOWN)[0] for _ in range(2))
    first.loc[0, "waarde"] = 0.0  # what a reader does to its own table is its own
    assert case_results.work_out([case], KNOWN)[0].equals(again)
    own = {"waarde": 0.05, "laag": 0.01, "hoog": 0.09, "jaar": 2023, "bron": "x"}
    other = kengetallen.load({"discontovoet": own | {"vindplaats": "y"}})
    assert cases.load("corporatie", other) is not case


def test_a_case_uses_its_own_kengetal_and_the_report_lists_the_others():
    asked = kengetallen.load()
    assert cases.load("tuin", asked).getallen.known["bijstand_per_persoon"].waarde == 12_000
    assert asked.used().empty  # that of the report is another
    cases.load("corporatie", asked)
    assert "bijstand_per_persoon" in asked.used()["id"].tolist()
    assert asked.known["bijstand_per_persoon"].waarde != 12_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bron": ""}, "bron ontbreekt"),
        ({"aanames": ["x"]}, "aannames"),
        ({"budgetten": [{"naam": "a", "houdr": "b"}]}, "houder"),
    ],
)
def test_a_case_that_lacks_or_mistypes_something_says_what(change, words, tmp_path, monkeypatch):
    facts = yaml.safe_load((cases.FOLDER / "tuin.yml").read_text())
    (tmp_path / "tuin.yml").write_text(yaml.safe_dump(facts | change))
    monkeypatch.setattr(cases, "FOLDER", tmp_path)
    with pytest.raises(Fout, match=words):
        cases.load("tuin", KNOWN)
    with pytest.raises(Fout, match="tuin"):
        cases.load("tuim", KNOWN)


# --- the area


def area(weights: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"buurt": weights.index, "gewicht": weights.to_numpy(), "fout": 0.0})


@pytest.fixture(scope="module", params=GEMEENTEN)
def example(request, gemeenten):
    town = gemeenten[request.param]
    found = kengetallen.load()
    weights = area(town.weights(*AREAS[request.param]))
    parts = (town.grootboek, weights, town.indicatoren, NO_WORK, found, "de wijk", 2023)
    return request.param, found, area_case.from_books(*parts)


def test_every_pilot_has_an_example_in_which_someone_refuses_for_a_reason(example):
    code, found, (money, rows) = example
    case = area_case.case((money, rows), found, "de wijk", 2023)
    assert case.plans.geweigerd.empty and case.illustratie == area_case.label("de wijk", 2023)
    assert len(case.plans.activiteiten) == 4 and len(case.plans.budgetten) == 6
    assert pledges.settle(case.plans)[1]["oordeel"].eq(pledges.HOLDS).all()  # no person twice
    results, balances = case_results.work_out([case], found)
    by_name = results.set_index("activiteit")
    assert (by_name["gaat_door"] == "ja").sum() == 4  # three plans and their sum
    refused = by_name.loc["dagbesteding in de wijkwerkplaats"]
    assert refused["gaat_door"] == "nee" and "vrij" in refused["reden"]
    # Small effects: worth it in the middle, not with caution. That is what the evidence says.
    together = by_name.loc[case_results.TOGETHER]
    assert together["waarde"] > 0 > together["waarde_voorzichtig"]
    assert together["laag"] < together["waarde"] < together["hoog"]
    inside = balances["bespaart"].sum() - balances["betaalt"].sum()
    assert balances["saldo"].sum() == pytest.approx(inside)
    if code == "GM0344":
        assert_golden(results, "utrecht-kanaleneiland/voorbeeld.csv")


def test_an_example_is_as_large_as_the_books_and_the_kengetallen_say(example):
    _, found, (money, rows) = example
    for goal, part in [
        ("openbaar groen", "casus_deel_groen"),
        ("goed onderhouden huurwoningen", "casus_deel_klein_onderhoud"),
    ]:
        own = money[money["doel"] == goal]
        name = rows.loc[(rows["doel"] == goal) & (rows["verband"] == plans.OWN), "naam"].item()
        people = rows[(rows["naam"] == name) & (rows["eenheid"] == "persoon")].iloc[0]
        places = own["bedrag"].iloc[0] * found.known[part].waarde
        places /= found.known["casus_omzet_per_plek"].waarde
        assert people["minder_nodig"] == pytest.approx(places, abs=0.051)
        assert people["minder_laag"] <= people["minder_nodig"] <= people["minder_hoog"]
        cost = found.known["casus_begeleiding_per_plek"].waarde * places
        assert people["kosten"] == pytest.approx(cost, abs=51)
        assert own["jaar"].tolist() == [2024, 2025, 2026] and len({*own["bedrag"]}) == 1
    assert money["opmerking"].eq(area_case.label("de wijk", 2023)).all()
    asked = rows.dropna(subset="gevraagd").groupby("naam")["gevraagd"].sum()
    assert (asked <= rows.groupby("naam")["kosten"].first().loc[asked.index] + 0.01).all()


def test_no_plan_takes_on_more_than_the_inventory_says_the_wijk_can_do(utrecht):
    weights = area(utrecht.weights(*AREAS["GM0344"]))
    work = pd.DataFrame(
        {"taakveld": ["5.7", None], "post": ["iv3:5.7:lasten", None], "euro": [9.0, 1.0]}
    ).assign(deel=[0.05, 1.0])
    parts = (utrecht.grootboek, weights, utrecht.indicatoren)
    small = area_case.from_books(*parts, work, KNOWN, "X", 2023)[1].set_index("naam")
    usual = area_case.from_books(*parts, NO_WORK, KNOWN, "X", 2023)[1].set_index("naam")
    green = "groen met de wijk"
    ratio = 0.05 / KNOWN.known["casus_deel_groen"].waarde
    assert small.loc[green, "kosten"].max() == pytest.approx(
        usual.loc[green, "kosten"].max() * ratio, abs=101
    )
    assert small.drop(green)["kosten"].tolist() == usual.drop(green)["kosten"].tolist()


@settings(max_examples=15, deadline=None)
@given(
    gone=st.sets(st.sampled_from(["5.7", "7.3", "6.3", "6.5", "6.71c", "corporatie:onderhoud"])),
    people=st.sampled_from([[1000, 500, 0], [1000, None, 0], None]),
    unknown=st.booleans(),
)
def test_what_the_books_do_not_know_is_left_out(gone, people, unknown):
    money = made_up().set_index("taak").drop(index=[*gone])
    if unknown and len(money):
        money["methode"] = money["methode"].astype("str")
        money.loc[money.index[0], "methode"] = "ontbreekt"
        money.loc[money.index[0], ["bedrag", "se", "se_bron"]] = None
    topics = {"AantalInwoners": people, "PersonenPerSoortUitkeringBijstand": people}
    figures = indicators(**{"Iets": [1, 1, 1]} | {k: v for k, v in topics.items() if v})
    parts = (ledger.conform(money), area(WEIGHTS), figures, NO_WORK, KNOWN, "X", 2023)
    found = area_case.from_books(*parts)
    known = set(money.dropna(subset="bedrag").index)
    read = area_case.case(found, KNOWN, "X", 2023).plans
    assert {b.doel for b in read.budgetten} == {GOALS[task] for task in known}
    assert read.geweigerd.empty
    for plan in read.activiteiten:
        assert set(plan.gevraagd) <= {b.doel for b in read.budgetten}
        for effect in plan.effecten:
            counted = people is not None and None not in people
            assert effect.eenheid != "inwoner" or counted
            if effect.doel == "minder bijstand" and not counted:  # as many as the books pay for
                assert 0 < effect.groep < 900_000 / effect.kengetal.waarde


@pytest.mark.parametrize("gone", [{"6.3"}, {"5.7", "7.3"}, {*()}])
def test_an_example_with_gaps_is_worked_out(gone):
    money = made_up()
    parts = (money[~money["taak"].isin(gone)].drop(columns="taak"), area(WEIGHTS))
    found = area_case.from_books(*parts, indicators(Iets=[1, 1, 1]), NO_WORK, KNOWN, "X", 2023)
    case = area_case.case(found, KNOWN, "X", 2023)
    results, _ = case_results.work_out([case], KNOWN)
    named = {plan.naam for plan in case.plans.activiteiten}
    assert set(results["activiteit"]) - {case_results.TOGETHER} == named
    assert len(named) == {"6.3": 1, "5.7": 2}.get(min(gone, default=""), 4)


GOALS = {
    "5.7": "openbaar groen",
    "7.3": "schone straten",
    "6.3": "minder bijstand",
    "6.5": "werk vinden",
    "6.71c": "dagbesteding",
    "corporatie:onderhoud": "goed onderhouden huurwoningen",
}


def made_up() -> pd.DataFrame:
    """Return boekingen of one buurt: a taakveld or post each, large enough for a plan."""
    template = books(1e6, 1e6, 0.0).iloc[[0]]
    rows = []
    for task in GOALS:
        public = task[0].isdigit()
        facts = {"taak": task, "post": f"iv3:{task}:lasten" if public else task}
        facts |= {"van": "gemeente" if public else "instellingen", "naar": "bedrijven"}
        rows.append(template.assign(**facts, buurt=BUURTEN[0], bedrag=900_000.0, se=9_000.0))
    return pd.concat(rows, ignore_index=True)


def test_real_plans_are_never_mixed_with_the_example(example):
    _, _, (money, rows) = example
    own = rows.iloc[:1].assign(naam="van de wijk", opmerking="echt")
    chosen = area_case.chosen(money.iloc[:1], own, (money, rows))
    assert chosen[1]["naam"].tolist() == ["van de wijk"] and len(chosen[0]) == 1
    assert area_case.illustration(chosen[1]) == ""
    none = area_case.chosen(money.iloc[:1], own.iloc[:0], (money, rows))
    assert len(none[1]) == len(rows) and len(none[0]) == len(money)
    assert area_case.illustration(none[1]) == area_case.label("de wijk", 2023)
    assert area_case.illustration(none[1].iloc[:0]) == ""
