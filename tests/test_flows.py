"""Counts times kengetallen: the table of flows, its counts, and what they may never do."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from tests.buurten import BUURTEN, HOMES, PEOPLE, WEIGHTS, YEAR, indicators, with_values
from wijkboek_utils import evidence, flows, kengetallen, keys, ledger, sources, wijkrekening
from wijkboek_utils.errors import Fout
from wijkboek_utils.estimates import Estimate
from wijkboek_utils.regions import INHABITANTS

TABLE = sources.read_project_table("geldstromen")
KNOWN = kengetallen.load()
INDEX = pd.Index(BUURTEN, name="buurt")
AOW = "PersonenPerSoortUitkeringAOW"
RULES = [pytest.param(rule, id=f"{rule.post} {rule.aantal}") for rule in TABLE.itertuples()]


def estimate(soort="huishoudens", known=None, **topics: list[float | None]) -> pd.DataFrame:
    figures = indicators(**(PEOPLE | topics))
    found = flows.estimate(figures, known or kengetallen.load(), YEAR, soort)
    return flows.book(found, INDEX, YEAR)


def aow(**topics: list[float | None]) -> pd.DataFrame:
    return estimate(**topics).query("post == 'inkomen:aow'")


# --- a count times its kengetallen


def test_a_flow_is_its_count_times_its_kengetal():
    unit = KNOWN.get("aow_per_persoon", "euro per persoon per jaar")
    rows = aow(**{AOW: [10, 30, 0]})
    assert rows["bedrag"].tolist() == [10 * unit.waarde, 30 * unit.waarde, 0]
    expected = np.hypot(0.02, unit.se / unit.waarde)
    assert rows["se"].iloc[0] == pytest.approx(10 * unit.waarde * expected)
    assert set(rows["kengetal"]) == {"aow_per_persoon"} and set(rows["methode"]) == {"geraamd"}
    assert set(rows["bron"]) == {"kwb-2023"} and set(rows["bronjaar"]) == {2023}


def test_a_flow_says_how_far_each_cause_moves_it():
    unit = KNOWN.get("aow_per_persoon", "euro per persoon per jaar")
    rows = aow(**{AOW: [10, 30, 0]}).set_index("buurt")
    found = ledger.named_errors(rows).set_index("cause", append=True)["fout"].to_dict()
    assert found == pytest.approx(
        {
            (b, cause): count * error
            for b, count in zip(BUURTEN[:2], (10, 30), strict=True)
            for cause, error in {
                "aow_per_persoon": unit.se,
                "aantal inkomen:aow": 0.02 * unit.waarde,
            }.items()
        },
        abs=0.01,
    )


def test_the_first_row_whose_count_is_known_is_used():
    assert aow(**{AOW: [1, 2, 0]})["bedrag"].tolist() == [14_300, 28_600, 0]  # not 10 and 40


def test_without_its_count_a_flow_takes_the_poorer_one_with_a_wider_error():
    counted, guessed = aow(**{AOW: [9.3, 37.2, 0]}), aow()
    assert guessed["bedrag"].tolist() == pytest.approx(counted["bedrag"].tolist())
    assert (guessed["se"][:2].to_numpy() > counted["se"][:2].to_numpy()).all()


def test_a_buurt_without_a_count_is_estimated_from_its_inhabitants_and_is_less_sure():
    rows = aow(**{AOW: [10, None, 0]})
    one, two = rows["bedrag"].iloc[:2]
    assert two == pytest.approx(2 * one)
    assert rows["se"].iloc[1] / two > 2 * rows["se"].iloc[0] / one


def test_what_nobody_can_count_is_unknown_and_not_zero():
    rows = aow(AantalInwoners=[100, None, 0], **{AOW: [10, None, 0]})
    assert pd.isna(rows["bedrag"].iloc[1]) and rows["methode"].iloc[1] == "ontbreekt"
    assert rows["fouten"].isna().tolist() == [False, True, True]
    assert rows["bedrag"].iloc[2] == 0


def test_a_kengetal_in_another_unit_stops_the_books():
    table = sources.read_project_table("kengetallen")
    table.loc[table["id"] == "aow_per_persoon", "eenheid"] = "euro per persoon per maand"
    wrong = kengetallen.Kengetallen(kengetallen.read(table))
    with pytest.raises(Fout, match="aow_per_persoon"):
        estimate(known=wrong)


def test_a_kengetal_of_zero_gives_zero_and_keeps_its_error():
    known = with_values(stroom_prijs=(0, 0, 0.1))
    power = estimate(known=known, Woningvoorraad=[50, 100, 0]).query("post == 'energie:stroom'")
    assert power["bedrag"].sum() == 0 and power["se"].iloc[0] > 0


# --- where it lands


def test_the_part_that_lands_elsewhere_and_the_rest_are_the_whole():
    parts = estimate(HuishoudensTotaal=[50, 100, 0]).query("post == 'auto:kosten'")
    car = KNOWN.get("auto_kosten", "euro per auto per jaar").waarde
    tax = KNOWN.get("belasting_aandeel_auto", "aandeel").waarde
    sums = parts.groupby("naar", observed=True)["bedrag"].sum()
    cars = 150 * 0.95
    assert sums["rijk"] == pytest.approx(cars * car * tax, abs=0.02)
    assert sums["buitenwereld"] == pytest.approx(cars * car * (1 - tax), abs=0.02)


def test_a_share_that_is_off_moves_money_between_the_parts_and_not_their_sum():
    parts = estimate(HuishoudensTotaal=[50, 100, 0]).query("post == 'auto:kosten'")
    _, loadings = ledger.factors(parts, WEIGHTS, ["naar"])
    moves = loadings["belasting_aandeel_auto"]
    assert abs(moves["rijk"]) > 10_000 and moves.sum() == pytest.approx(0, abs=0.1)
    whole = ledger.totals(parts, WEIGHTS, []).iloc[0]
    car = KNOWN.get("auto_kosten", "euro per auto per jaar")
    relative = np.hypot(0.35, car.se / car.waarde)
    assert whole["se"] == pytest.approx(whole["bedrag"] * relative, rel=1e-4)


# --- the table


@pytest.mark.parametrize("rule", RULES)
def test_a_row_is_used_when_only_its_own_counts_are_known(rule):
    """So none is hidden behind a row before it, and each has the kengetallen that it needs."""
    topics = {topic: [40.0, 80.0, 0.0] for topic in keys.topics_of(rule.aantal)}
    topics[INHABITANTS] = [500.0, 900.0, 0.0]
    found = flows.estimate(indicators(**topics), kengetallen.load(), YEAR, rule.soort)
    mine = [f for f in found if f.post == rule.post]
    first = next(
        r.aantal
        for r in TABLE[TABLE["post"] == rule.post].itertuples()
        if keys.topics_of(r.aantal) <= topics.keys()
    )
    assert first == rule.aantal
    assert {f.naar for f in mine} == {rule.naar} | ({rule.deel_naar} - {""})
    rows = flows.book(mine, INDEX, YEAR)
    assert (rows["bedrag"] >= 0).all() and rows["bedrag"].sum() > 0
    used = {*rule.kengetallen.split(";"), rule.aandeel} - {""}
    assert set(";".join(rows["kengetal"]).split(";")) == used
    first_buurt = rows[rows["buurt"] == BUURTEN[0]]
    named = set(ledger.named_errors(first_buurt)["cause"])
    assert named == used | {f"aantal {rule.post}"}
    assert set(wijkrekening.named(rows)["regel"]).isdisjoint({wijkrekening.UNNAMED})


@pytest.mark.parametrize("rule", RULES)
def test_a_row_names_known_topics_sectors_and_kengetallen_in_their_unit(rule):
    topics = set(sources.read_project_table("onderwerpen")["onderwerp"])
    assert keys.topics_of(rule.aantal) <= topics
    pairs = zip(rule.kengetallen.split(";"), rule.eenheden.split(";"), strict=True)
    assert all(KNOWN.get(name, unit).waarde > 0 for name, unit in pairs)
    assert 0 < float(rule.fout) < 1 and rule.reden
    parties = {rule.van, rule.naar, rule.deel_naar} - {""}
    assert parties <= set(ledger.SECTOREN) and rule.van not in {rule.naar, rule.deel_naar}
    assert rule.domein in ledger.DOMEINEN and rule.soort in {"huishoudens", "instellingen"}
    assert bool(rule.aandeel) == bool(rule.deel_naar)
    assert not rule.aandeel or KNOWN.get(rule.aandeel, "aandeel")


def test_the_rows_of_a_post_say_the_same_flow_and_the_better_count_comes_first():
    facts = ["soort", "van", "naar", "deel_naar", "aandeel", "domein"]
    for post, rows in TABLE.groupby("post"):
        assert len(rows[facts].drop_duplicates()) == 1, post
        assert rows["fout"].astype(float).is_monotonic_increasing, post
        assert rows["fout"].is_unique and rows["aantal"].is_unique, post


def test_the_units_of_a_count_and_its_kengetallen_end_in_euros_a_year():
    """Each kengetal is per what is counted, or per what the kengetal before it counts."""
    for rule in TABLE.itertuples():
        units = [unit.removesuffix(" per jaar").split(" per ") for unit in rule.eenheden.split(";")]
        assert units[-1][0] == "euro", rule
        for first, second in pairwise(units):
            assert second[1] == first[0], rule


def test_care_by_age_uses_the_amounts_by_age_of_the_kengetallen():
    unit = "euro per persoon per jaar"
    rule = TABLE.query("post == 'zorg:zvw'").iloc[0]
    ages = {
        "k_0Tot15Jaar": "0_15",
        "k_15Tot25Jaar": "15_25",
        "k_25Tot45Jaar": "25_45",
        "k_45Tot65Jaar": "45_65",
        "k_65JaarOfOuder": "65_plus",
    }
    assert keys.topics_of(rule["aantal"]) == set(ages)
    average = KNOWN.get("zvw_per_inwoner", unit).waarde
    for topic, age in ages.items():
        one = pd.DataFrame({t: [float(t == topic)] for t in ages})
        weight = keys.evaluate(rule["aantal"], one)[0]
        amount = KNOWN.get(f"zvw_per_inwoner_{age}", unit).waarde
        assert weight == pytest.approx(amount / average, abs=0.005), topic


def test_every_post_that_is_booked_has_a_line_in_the_accounts(utrecht):
    rows = wijkrekening.named(utrecht.estimates)
    assert Counter(rows.loc[rows["regel"] == wijkrekening.UNNAMED, "post"]) == {}
    # CBS does not publish the share of district heating in each year.
    assert set(TABLE["post"]) - set(rows["post"]) <= {"energie:warmte", "energie:warmte_vast"}


# --- flows together


def test_flows_are_added_up_by_the_beginning_of_their_facts():
    def flow(post: str, naar: str, amount: float) -> flows.Flow:
        return flows.Flow(post, "rijk", naar, "zorg", Estimate(amount, {"a": 1.0}), (), "x", YEAR)

    some = [flow("toeslag:huur", "huishoudens", 1), flow("toeslag:zorg", "huishoudens", 2)]
    some.append(flow("zorg:zvw", "instellingen", 4))
    assert flows.total(some).value == 7 and flows.total(some).se == 3
    assert flows.total(some, post="toeslag:").value == 3
    assert flows.total(some, post=("toeslag:huur", "zorg")).value == 5
    assert flows.total(some, post="zorg", naar="huishoudens").value == 0
    assert flows.total([]).se == 0


def sales(*amounts: float | None) -> flows.Flow:
    """Return what residents spend on food nearby, with an error that it names."""
    errors = {"schaal": pd.Series([9.0, 8.0, 7.0], index=INDEX)}
    amount = Estimate(pd.Series(amounts, index=INDEX, dtype=float), errors)
    facts = ("besteding:voeding", "huishoudens", "bedrijven", "voedsel")
    return flows.Flow(*facts, amount, ("schaal",), "kwb-2023", YEAR)


def levy(*amounts: float, se: float) -> pd.DataFrame:
    """Return what firms pay to the gemeente: spread by a key, so without errors that it names."""
    facts = {"post": "iv3:0.62:baten", "van": "bedrijven", "naar": "gemeente", "domein": "bestuur"}
    facts |= {"soort": "publiek", "methode": "verdeeld", "sleutel": "land", "bron": "iv3"}
    frame = pd.DataFrame({"buurt": BUURTEN, "bedrag": amounts})
    return ledger.conform(frame.assign(se=se, jaar=YEAR, bronjaar=YEAR, **facts))


def test_the_error_of_a_key_has_the_name_of_that_key_whatever_the_order_of_rows():
    rows = pd.concat([flows.book([sales(1e5, 0, 0)], INDEX, YEAR), levy(1e5, 0, 0, se=1e3)])
    for table in (rows, rows[::-1]):
        found = flows.estimate_of(table, INDEX)
        assert set(found.errors) == {"schaal", "sleutel:land"}
        assert found.value.tolist() == [2e5, 0, 0]
        assert found.errors["sleutel:land"].tolist() == [1e3] * 3


def test_boekingen_of_a_buurt_that_is_not_asked_for_or_not_there_count_as_nothing():
    rows = flows.book([sales(1e5, 2e5, 0)], INDEX, YEAR)
    some = flows.estimate_of(rows, pd.Index([BUURTEN[1], "BU99010009"]))
    assert some.value.tolist() == [2e5, 0] and np.isfinite(some.se).all()


def test_flows_that_are_booked_can_be_read_again():
    before = flows.book([sales(1e5, 2e5, 0)], INDEX, YEAR)
    after = flows.book(flows.read(before, INDEX), INDEX, YEAR)
    pd.testing.assert_frame_equal(after, before)


def test_what_is_unknown_is_still_unknown_when_it_is_read_again():
    before = flows.book([sales(1e5, None, 0)], INDEX, YEAR)
    after = flows.book(flows.read(before, INDEX), INDEX, YEAR)
    assert after["bedrag"].isna().tolist() == [False, True, False]
    assert after["methode"].tolist() == ["geraamd", "ontbreekt", "geraamd"]


def test_amounts_and_errors_go_to_the_buurt_of_their_label_in_any_order():
    flow = sales(1e5, 2e5, 0)
    one, other = (flows.book([flow], index, YEAR) for index in (INDEX, INDEX[::-1]))
    pd.testing.assert_frame_equal(one, other)


def test_the_year_and_source_are_those_of_the_figures_behind_a_count():
    figures = indicators(**HOMES)
    homes = figures["onderwerp"] == "HuishoudensTotaal"
    figures.loc[homes, ["jaar", "bron"]] = [2024, "kwb-2024"]
    buurten = keys.per_buurt(figures)[0]
    assert flows.origin("HuishoudensTotaal * 1.0", buurten) == ("kwb-2024", 2024)
    assert flows.origin("HuishoudensTotaal * AantalInwoners", buurten) == (
        "kwb-2023;kwb-2024",
        2024,
    )
    assert flows.origin("Bomen", buurten, 2022) == ("kengetallen", 2022)


def test_a_share_is_told_in_percent_and_an_amount_in_its_unit():
    known = kengetallen.load()
    known.get("aandeel_laag_inkomen", "aandeel")
    known.get("huur_corporatie", "euro per woning per jaar")
    html = evidence.unit_values(known.used()).html.replace("\N{NO-BREAK SPACE}", " ")
    assert "4,4 procent (2022), waarschijnlijk tussen 4,0 procent en 6,5 procent" in html
    assert "6.980 euro per woning per jaar (2023), waarschijnlijk tussen 6.500 en 7.200" in html


def slowly(boekingen: pd.DataFrame, buurten: pd.Index) -> Estimate:
    """Return boekingen added up cause by cause, as `flows.estimate_of` should."""
    rows = boekingen.reset_index(drop=True)
    value, errors = dict.fromkeys(buurten, 0.0), {}
    named = ledger.named_errors(rows)
    for n, row in rows.iterrows():
        causes = dict(named.loc[[n], ["cause", "fout"]].to_numpy()) if n in named.index else {}
        rest = np.sqrt(max(row["se"] ** 2 - sum(e**2 for e in causes.values()), 0.0))
        if rest > 0 and (not causes or pd.notna(row["sleutel"])):
            key = "" if pd.isna(row["sleutel"]) else row["sleutel"]
            causes[ledger.KEY_CAUSE + key] = causes.get(ledger.KEY_CAUSE + key, 0.0) + rest
        for cause, error in causes.items():
            column = errors.setdefault(cause, dict.fromkeys(buurten, 0.0))
            if row["buurt"] in column:
                column[row["buurt"]] += error
        if row["buurt"] in value and pd.notna(row["bedrag"]):
            value[row["buurt"]] += row["bedrag"]
    columns = {cause: pd.Series(column) for cause, column in errors.items()}
    return Estimate(pd.Series(value), columns)


@pytest.mark.parametrize("payer", ["huishoudens", "gemeente", "bedrijven"])
def test_boekingen_added_up_at_once_are_those_added_up_one_by_one(utrecht, payer):
    rows = utrecht.grootboek[utrecht.grootboek["van"] == payer]
    buurten = pd.Index(sorted(rows["buurt"].unique())[1:4], name="buurt")
    rows = rows[rows["buurt"].isin([*buurten, sorted(rows["buurt"].unique())[0]])]
    found, wanted = flows.estimate_of(rows, buurten), slowly(rows, buurten)
    assert found.errors.keys() == wanted.errors.keys()
    np.testing.assert_allclose(found.value, wanted.value)
    for cause, error in wanted.errors.items():
        np.testing.assert_allclose(found.errors[cause], error, rtol=1e-9, atol=1e-6)
