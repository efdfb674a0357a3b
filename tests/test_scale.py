"""Size and cost: known curves come back, chance is not a verdict, unknown is not judged."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests import brondata, ophalen
from tests.bronodata import Table
from tests.bronserver import BronServer
from wijkboek_utils import cbs, iv3, scale, scale_text, sources
from wijkboek_utils.scale import (
    CHEAPER,
    CLASSES,
    DEARER,
    HILL,
    MIXED,
    NONE,
    TOTAL,
    UNJUDGED,
    VALLEY,
)

NO_ROWS = pd.DataFrame()
REAL = np.concatenate(  # as many gemeenten in each class as there were in 2023
    [
        np.geomspace(low, high, count)
        for low, high, count in [
            (9_000, 19_900, 66),
            (20_000, 49_900, 184),
            (50_000, 99_900, 59),
            (100_000, 249_000, 28),
            (250_000, 920_000, 4),
        ]
    ]
)


def gemeenten(amounts, code: str = "1.1") -> pd.DataFrame:
    """Return the accounts of gemeenten of the real sizes on one taakveld."""
    codes = [f"GM{n:04d}" for n in range(len(REAL))]
    facts = {"gebied": codes, "inwoners": REAL, "taakveld": code, "naam": f"taak {code}"}
    return pd.DataFrame(facts | {"per_inwoner": amounts})


def noise(seed: int, spread: float = 0.3) -> np.ndarray:
    """Return errors that are wider for small gemeenten, and on average nothing."""
    wide = spread * (1 + (REAL < 30_000))
    return np.random.default_rng(seed).normal(0, wide) * 100


def both(rows: pd.DataFrame) -> list[pd.Series]:
    """Return the trend of one taakveld from all gemeenten and from their classes alone."""
    per_class = scale.classes(rows, 2023, "jaarrekening")
    return [scale.trends(r, per_class).iloc[0] for r in (rows, NO_ROWS)]


# The curve.


def test_a_line_without_error_comes_back():
    curve = scale.fit(REAL, 100 + 20 * np.log(REAL / 50_000), 1)
    assert curve.at(50_000)[0] == pytest.approx(100)
    assert curve.step(20_000, 40_000)[0] == pytest.approx(20 * np.log(2))
    assert curve.at(50_000)[1] == pytest.approx(0, abs=1e-6)
    bent = scale.fit(REAL, 100 + 5 * np.log(REAL / 50_000) ** 2, 2)
    assert bent.turn == pytest.approx(50_000)


def test_medians_weigh_by_how_well_they_are_known():
    curve = scale.fit_medians([np.exp(0), np.exp(1), np.exp(2)], [1, 2, 30], [0.1, 0.1, 1e6], 1)
    assert curve.at(np.exp(2))[0] == pytest.approx(3, abs=0.01)
    two = scale.fit_medians([np.exp(0), np.exp(1)], [1, 3], [0.3, 0.4], 1)
    assert two.step(np.exp(0), np.exp(1)) == pytest.approx((2, 0.5))


def test_hc3_is_that_of_the_textbook():
    x, y = np.log(REAL), 100 + noise(1)
    design = np.column_stack([np.ones_like(x), x - x.mean()])
    hat = design @ np.linalg.inv(design.T @ design) @ design.T
    error = (y - hat @ y) / (1 - np.diag(hat))
    bread = np.linalg.inv(design.T @ design)
    wanted = bread @ (design.T @ np.diag(error**2) @ design) @ bread
    assert scale.fit(REAL, y, 1).cov == pytest.approx(wanted)


def test_the_band_and_the_elasticity_hold_the_truth_about_nine_times_in_ten():
    truth = 100 + 15 * np.log(REAL / 40_000)
    level = 100 + 15 * (np.log(REAL).mean() - np.log(40_000))
    inside, held = [], []
    for seed in range(300):
        rows = gemeenten(truth + noise(seed))
        for size in (15_000, 40_000, 200_000):
            value, se = scale.curve(scale.points(rows), 1).at(size)
            inside.append(abs(value - 100 - 15 * np.log(size / 40_000)) <= 1.645 * se)
        row = scale._trend(rows)
        held.append(row["laag"] <= 15 / level <= row["hoog"])
        assert row["elasticiteit"] == pytest.approx(15 / level, abs=0.2)
    assert 0.86 <= np.mean(inside) <= 0.94
    assert 0.85 <= np.mean(held) <= 0.95


# The verdict.


@pytest.mark.parametrize(
    ("shape", "verdict"),
    [
        (lambda x: 100 + 20 * x, DEARER),
        (lambda x: 100 - 20 * x, CHEAPER),
        (lambda x: 60 + 60 * np.exp(-x), CHEAPER),  # falls ever slower: bent, but no U
        (lambda x: 60 + 40 * x**2, VALLEY),
        (lambda x: 400 - 40 * x**2, HILL),
    ],
)
def test_a_clear_shape_is_told_by_both_routes(shape, verdict):
    rows = gemeenten(shape(np.log(REAL / 50_000)) + noise(3, 0.1))
    assert [row["oordeel"] for row in both(rows)] == [verdict, verdict]


def test_what_only_the_largest_spend_is_not_called_dearer_with_size():
    jump = np.where(REAL >= 250_000, 60.0, 0.0)
    row = both(gemeenten(100 + jump + noise(4, 0.05)))[1]
    assert row["oordeel"] in (MIXED, NONE, VALLEY)


@pytest.mark.parametrize("route", ["alle gemeenten", "klassen"])
def test_without_any_relation_verdicts_are_rarer_than_the_rate(route):
    false = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        amounts = 100 * np.exp(random.normal(0, 0.4, (30, len(REAL))))
        rows = pd.concat([gemeenten(a, f"{n // 9 + 1}.{n % 9}") for n, a in enumerate(amounts)])
        per_class = scale.classes(rows, 2023, "jaarrekening")
        found = scale.trends(rows if route == "alle gemeenten" else NO_ROWS, per_class)
        false.append((found["oordeel"] != NONE).any())
    # In 40 draws at one in twenty more than five happens once in a hundred times.
    assert sum(false) <= 5


def test_looking_at_many_taakvelden_asks_for_more():
    found = scale.adjusted(pd.Series([0.01, 0.04, np.nan, 0.5], index=list("abcd")))
    harmonic = 1 + 1 / 2 + 1 / 3
    wanted = [0.01 * 3 * harmonic, 0.04 * 3 / 2 * harmonic, np.nan, 0.5 * harmonic]
    assert found.tolist() == pytest.approx(wanted, nan_ok=True)
    assert found.index.tolist() == list("abcd")
    assert scale.adjusted(pd.Series([0.03])).tolist() == [0.03]
    assert (
        scale.adjusted(pd.Series([0.02, 0.021])) == scale.adjusted(pd.Series([0.021] * 2))
    ).all()
    assert scale.adjusted(pd.Series([np.nan])).isna().all()
    assert scale.adjusted(pd.Series([0.9, 1.0])).max() == 1


def test_the_total_is_a_question_of_its_own():
    rows = [gemeenten(100 + noise(n), f"1.{n}") for n in range(1, 6)]
    total = gemeenten(100 + 20 * np.log(REAL / 40_000) + noise(9), TOTAL)
    found = scale.trends(pd.concat([*rows, total]), NO_ROWS)
    assert found["taakveld"].iloc[0] == TOTAL
    assert found["kans_samen"].iloc[0] == found["kans"].iloc[0]
    alone = scale.trends(pd.concat(rows), NO_ROWS)
    pd.testing.assert_series_equal(
        found["kans_samen"][1:].reset_index(drop=True), alone["kans_samen"]
    )


def test_what_few_gemeenten_book_is_not_judged():
    for row in both(gemeenten(np.where(np.arange(len(REAL)) % 3 == 0, 50.0, 0.0))):
        assert row["oordeel"] == UNJUDGED and pd.isna(row["kans"]) and row["n"] == len(REAL)
    nothing = both(gemeenten(np.zeros(len(REAL))))
    assert {row["oordeel"] for row in nothing} == {UNJUDGED}
    few = scale.trends(gemeenten(100 + noise(1))[:5], NO_ROWS)
    assert few["oordeel"].tolist() == [UNJUDGED]
    assert scale.trends(NO_ROWS, scale.classes(NO_ROWS, 1999, "jaarrekening")).empty


def test_amounts_around_nothing_have_no_elasticity():
    row = scale._trend(gemeenten(20 * np.log(REAL / 40_000) + noise(2, 0.05)))
    assert row["vorm"] == DEARER and "elasticiteit" not in row


def test_equal_amounts_everywhere_are_no_difference_and_no_error():
    rows = gemeenten(np.full(len(REAL), 100.0))
    assert {row["oordeel"] for row in both(rows)} == {UNJUDGED}  # no spread, no known error


def test_the_error_of_a_median_is_that_of_many_draws():
    random = np.random.default_rng(5)
    draws = random.normal(100, 10, (2000, 201))
    part = pd.DataFrame(
        {"n": [201], "p25": [100 - 6.745], "p50": [100.0], "p75": [100 + 6.745]}, dtype=float
    )
    assert scale.median_se(part)[0] == pytest.approx(np.median(draws, axis=1).std(), rel=0.05)


def test_in_a_class_of_few_the_spread_is_at_least_that_of_the_others():
    part = pd.DataFrame(
        {"n": [96, 4], "p25": [80.0, 199], "p50": [100.0, 200], "p75": [120.0, 201]}
    )
    large, small = scale.median_se(part)
    share = (96 * 40 + 4 * 2) / (96 * 100 + 4 * 200)
    assert large == pytest.approx(1.2533 / 1.349 * 40 / np.sqrt(96))
    assert small == pytest.approx(1.2533 / 1.349 * share * 200 / 2)


# The embedded profile.


@pytest.fixture(scope="module")
def profile():
    """Return the embedded profile and its trends."""
    per_class = scale.classes(NO_ROWS, 2023, "jaarrekening")
    return per_class, scale.trends(NO_ROWS, per_class)


def test_the_profile_is_of_all_gemeenten_and_of_services(profile):
    per_class, found = profile
    assert set(per_class["klasse"]) == set(CLASSES)
    assert set(per_class.groupby("taakveld")["n"].sum()) == {341}
    assert not set(scale.APART) & set(found["taakveld"]) and TOTAL not in set(found["taakveld"])
    assert found["taakveld"].tolist()[:4] == ["0.1", "0.2", "0.3", "0.4"]


def test_board_costs_less_and_income_support_more_in_large_gemeenten(profile):
    found = profile[1].set_index("taakveld")
    assert found["oordeel"]["0.1"] == CHEAPER and found["hoog"]["0.1"] < 0
    assert found["oordeel"]["6.3"] == DEARER and found["laag"]["6.3"] > 0
    assert found["oordeel"]["7.2"] == NONE
    assert found["oordeel"]["7.1"] == MIXED  # only the four largest differ
    assert found["oordeel"]["6.71"] == UNJUDGED


@pytest.mark.parametrize(("jaar", "verslag"), [(2024, "begroting"), (2023, "begroting")])
def test_of_another_year_or_account_there_is_no_profile(jaar, verslag):
    per_class = scale.classes(NO_ROWS, jaar, verslag)
    trends = scale.trends(NO_ROWS, per_class)
    assert per_class.empty and trends.empty
    assert "geen cijfers van alle gemeenten" in scale_text.sentence(trends, "begroting 2024")
    town = pd.Series({"Utrecht": 360_000})
    places = scale_text.places(per_class, iv3.read("GM0344", 2023), town)
    assert places.empty and scale_text.place_sentence(places, town) == ""
    html = scale_text.figure(NO_ROWS, per_class, places, town).html
    assert "<svg" not in html
    assert "nan" not in scale_text.table(trends, places, town, "2024").html


@pytest.mark.parametrize(
    ("inwoners", "klasse"),
    [(900, "tot 20.000"), (20_000, "20.000-50.000"), (249_999, "100.000-250.000")],
)
def test_a_gemeente_is_in_the_class_of_its_size(inwoners, klasse):
    assert scale.class_of(inwoners) == klasse


def test_the_place_of_a_gemeente_is_among_those_of_its_size():
    facts = {"klasse": "20.000-50.000", "n": 184, "p25": 10.0, "p50": 15.0, "p75": 20.0}
    per_class = pd.DataFrame({"taakveld": ["1.1", "1.2", "2.1", "2.2"], "naam": "x"} | facts)
    own = pd.DataFrame({"taakveld": ["1.1", "1.2", "2.1"], "lasten": [9.0, 10.0, 21.0]})
    own["lasten"] *= 30_000
    found = scale.place(per_class, own, 30_000).set_index("taakveld")
    assert found["plaats"].to_dict() == {
        "1.1": "laagste kwart",
        "1.2": "middelste helft",
        "2.1": "hoogste kwart",
    }
    assert found["eigen"]["2.1"] == pytest.approx(21)


@pytest.mark.parametrize("code", ["GM0344", "GM0202", "GM0080"])
def test_each_pilot_has_its_place_and_its_picture(code, profile):
    per_class, found = profile
    people = cbs.indicators(code, 2023).query("gebied == @code and onderwerp == 'AantalInwoners'")
    inwoners, naam = people["waarde"].iloc[0], people["naam"].iloc[0]
    town = pd.Series({naam: inwoners})
    places = scale_text.places(per_class, iv3.read(code, 2023), town)
    assert len(places) >= 60
    text = scale_text.place_sentence(places, town)
    assert naam in text and ("niet veel" in text) == (inwoners > 250_000)
    figure = scale_text.figure(NO_ROWS, per_class, places, town).html
    assert figure.count("<circle") == 1 and "(4 gemeenten)" in figure and "nan" not in figure
    table = scale_text.table(found, places, town, "2023").html
    assert "0.1 Bestuur" in table and "goedkoper" in table and "nan" not in table
    assert "6.71 " not in table


def test_the_sentence_counts_verdicts_and_gives_no_total_of_medians(profile):
    found = profile[1]
    text = scale_text.sentence(found, "2023")
    counts = found["oordeel"].value_counts()
    assert f"Op {counts[DEARER]} daarvan" in text and "Minder per inwoner: Bestuur." in text
    assert "tellen niet op" in text
    assert len(found) - counts[UNJUDGED] == sum(counts) - counts[UNJUDGED] == 54


@pytest.mark.parametrize(("slope", "words"), [(20, "Oordeel: duurder"), (0, "geen duidelijk")])
def test_with_all_gemeenten_the_total_is_told_and_drawn_as_a_curve(slope, words):
    rows = gemeenten(3000 + slope * 30 * np.log(REAL / 40_000) + noise(8), TOTAL)
    per_class = scale.classes(rows, 2023, "jaarrekening")
    trends = scale.trends(rows, per_class)
    assert words in scale_text.sentence(trends, "2023")
    own = pd.DataFrame({"taakveld": ["1.1"], "lasten": [3500.0 * 60_000]})
    town = pd.Series({"Hier": 60_000})
    places = scale_text.places(per_class, own, town)
    assert places["eigen"].tolist() == pytest.approx([3500])
    html = scale_text.figure(rows, per_class, places, town).html
    assert html.count("<circle") == 1 and "Hier, 60.000" in html and "500.000" in html


# Fetched tables.


def improved(table: Table) -> Table:
    """Return accounts of which one gemeente has sent in a second version, of twice the amounts."""
    first, area = table.columns["k_1ePlaatsing_1"], table.columns["Gemeenten"]
    again = [
        2 * amount if code.startswith("GM0344") and amount != brondata.NO_FIGURE else -99998
        for code, amount in zip(area, first, strict=True)
    ]
    return replace(table, columns=table.columns | {"k_2ePlaatsing_2": again})


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """Return lasten of all gemeenten in a project that fetched the whole country."""
    ophalen.settle(tmp_path, monkeypatch.setattr)
    names = [ophalen.KWB, "iv3-2023-jaarrekening"]
    tables = [improved(t) if t.id == "45063NED" else t for t in brondata.embedded()]
    with BronServer(tables, page_rows=5000) as server:
        assert not any(r.failed for r in ophalen.pull(server, *names, scope="NL"))
    yield scale.national
    monkeypatch.undo()
    ophalen.forget()


def test_fetched_accounts_are_those_of_each_gemeente(fetched):
    rows = fetched(2023, "jaarrekening")
    assert fetched(2024, "begroting").empty and fetched(2022, "jaarrekening").empty
    assert set(rows["gebied"]) == {"GM0344", "GM0202", "GM0080"}  # not the one that did not file
    wide = rows.pivot(index="taakveld", columns="gebied", values="per_inwoner")
    people = rows.groupby("gebied")["inwoners"].first()
    for code in wide:
        own = iv3.read(code, 2023).set_index("taakveld")["lasten"]
        found = wide[code].drop(TOTAL) * people[code]
        own = own.drop(scale.APART)  # no yearly services
        assert found.to_dict() == pytest.approx(own.to_dict())
        assert wide[code][TOTAL] * people[code] == pytest.approx(own.sum())
    names = rows.drop_duplicates("taakveld").set_index("taakveld")["naam"]
    assert names["0.1"] == "Bestuur" and names[TOTAL] == "Alle diensten samen"
    three = scale.trends(rows, scale.classes(rows, 2023, "jaarrekening"))
    assert set(three["oordeel"]) == {UNJUDGED}  # three gemeenten are no country
    assert "te weinig gemeenten" in scale_text.sentence(three, "2023")


def test_without_the_country_there_are_no_accounts_of_all():
    assert scale.national(2023, "jaarrekening").empty
    assert sources.source("iv3-profiel-2023").series == "profiel"
