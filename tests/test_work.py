"""All work of an area: conserved, in hours, and replaced by what people of the wijk counted."""

import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import GEMEENTEN, ROOT
from tests.gemeenten import Gemeente, gemeenten, indicatoren
from wijkboek_utils import allocate, kengetallen, keys, ledger, sources, unpaid, views
from wijkboek_utils.models import work, work_local
from wijkboek_utils.models.work_books import PAID, UNPAID, staff

GOLDEN = ROOT / "tests" / "golden" / "utrecht-kanaleneiland" / "werk.csv"
COUNTED = {
    **{"buurt": None, "jaar": 2023, "naam": "perken schoffelen", "domein": "groen"},
    **{"betaald": PAID, "wie": "gemeente", "uren": 100.0, "mensen": 12.0, "kosten": np.nan},
    **{"taakveld": "5.7", "schaal_omlaag": "nee", "schaal_omhoog": "nee", "met_de_wijk": "ja"},
    **{"vermogen": "deels", "toelichting": None, "methode": "lokaal", "samen": None},
    **{"bron": "lokaal-1", "bronjaar": 2023},
}


def counted(*rows: dict) -> pd.DataFrame:
    """Return contributed work as `register.work`, from what differs from one example row."""
    frame = pd.DataFrame([{**COUNTED, **row} for row in rows], columns=[*COUNTED])
    words = [c for c in COUNTED if isinstance(COUNTED[c], str | None)]
    return frame.astype(dict.fromkeys(words, "str"))


class Place:
    """An area of a real gemeente, and its work; `inventory` with what was contributed."""

    def __init__(self, gemeente, *codes: str) -> None:
        self.grootboek, self.weights = gemeente.grootboek, gemeente.weights(*codes)
        self.known = kengetallen.load()
        self.unpaid = unpaid.hours(gemeente.indicatoren, self.known, gemeente.jaar)
        self.rekening = gemeente.rekening
        self.buurten = [*self.weights[self.weights > 0].index]
        self.plain = self.inventory()

    def inventory(self, *rows: dict) -> pd.DataFrame:
        """Return the work of the area, with contributed rows."""
        books = (self.grootboek, self.unpaid, counted(*rows))
        return work.inventory(*books, self.weights, self.known, self.rekening)


def named(gemeente, name: str) -> list[str]:
    """Return the codes of the buurten with a name."""
    rows = gemeente.indicatoren
    found = rows[(rows["soort"] == "Buurt") & rows["naam"].str.contains(name)]
    return sorted(found["gebied"].unique())


@pytest.fixture(scope="module")
def kanaleneiland(utrecht) -> Place:
    return Place(utrecht, *named(utrecht, "Kanaleneiland"))


@pytest.mark.parametrize("code", GEMEENTEN)
def test_what_the_gemeente_pays_for_work_is_what_it_spends_by_the_books(gemeenten, code):
    gemeente = gemeenten[code]
    place = Place(gemeente, code)
    items = place.plain[place.plain["taakveld"].notna()]
    whole = views.net_expenses(gemeente.ledger, place.weights)["bedrag"].iloc[0]
    assert items["euro"].sum() == pytest.approx(whole, abs=0.01 * len(items))
    assert items["taakveld"].is_unique and (items["betaald"] == PAID).all()


def test_and_so_it_is_for_one_wijk(kanaleneiland):
    items = kanaleneiland.plain[kanaleneiland.plain["taakveld"].notna()]
    whole = views.net_expenses(kanaleneiland.grootboek, kanaleneiland.weights)["bedrag"].iloc[0]
    assert items["euro"].sum() == pytest.approx(whole, abs=0.01 * len(items))


@settings(max_examples=8)
@given(gemeenten(most=5))
def test_that_holds_for_any_gemeente_and_any_area(gemeente: Gemeente):
    """Also with negative lasten, no salaries, or buurten that nobody counted."""
    rekening, figures = gemeente.rekening(), indicatoren(gemeente.figures())
    table = sources.read_project_table("sleutels")
    amounts = allocate.amounts(rekening, sources.read_project_table("taakvelden"))
    made = keys.build_keys(figures, table)
    sets = allocate.book_sets(amounts, made, figures, gemeente.code, 2023, "iv3-test")
    books = ledger.conform(sets[sets["set"] == allocate.DEFAULT_SET].drop(columns="set"))
    buurten = [b for b in books["buurt"].unique() if "REST" not in b]
    weights = pd.Series(np.linspace(0.1, 1, len(buurten)), index=buurten)
    known = kengetallen.load()
    nobody = unpaid.hours(figures, known, 2023)
    items = work.inventory(books, nobody, counted(), weights, known, rekening)
    paid = items[items["taakveld"].notna()]
    whole = views.net_expenses(books, weights)["bedrag"]
    expected = whole.iloc[0] if len(whole) else 0.0
    assert paid["euro"].sum() == pytest.approx(expected, abs=0.01 * (len(paid) + 1))
    hours = items["uren"].dropna()
    assert (hours > 0).all()
    ends = items.loc[hours.index]
    assert (ends["uren_laag"] >= 0).all() and (ends["uren_laag"] <= ends["uren"]).all()
    assert (ends["uren"] <= ends["uren_hoog"]).all()


def test_hours_of_a_taakveld_are_staff_and_what_is_bought(kanaleneiland):
    """The arithmetic of green, done again by hand."""
    item = kanaleneiland.plain.set_index("taakveld").loc["5.7"]
    iv3 = kanaleneiland.rekening.set_index("taakveld").loc["5.7"]
    share = iv3["salarissen"] / iv3["lasten"]
    unit = {k: v.waarde for k, v in kanaleneiland.known.known.items()}
    own = item["euro"] * share / unit["werk_uurkosten_gemeente"]
    bought = item["euro"] * (1 - share) * unit["werk_arbeid_groen"]
    bought /= unit["werk_uurkosten_aannemer"]
    assert item["uren_eigen"] == pytest.approx(own)
    assert item["uren_inkoop"] == pytest.approx(bought)
    assert item["uren"] == pytest.approx(own + bought)
    assert item["fte"] == pytest.approx(item["uren"] / (36 * 40))
    assert item["banen"] == pytest.approx(item["uren"] / (16 * 40))


def test_unknown_salaries_are_no_salaries_of_nothing():
    rows = pd.DataFrame(
        {
            "taakveld": ["5.7", "5.7", "7.3", "0.8"],
            "lasten": [100.0, 100.0, 50.0, -20.0],
            "salarissen": [30.0, np.nan, np.nan, 5.0],
        }
    )
    share = staff(rows)
    assert share["5.7"] == 0.15 and share[["7.3", "0.8"]].isna().all()


def test_wages_of_firms_are_worked_once(kanaleneiland):
    """What residents buy, what others in the books buy, and all the rest are the wages together."""
    rows, weights = kanaleneiland.grootboek, kanaleneiland.weights
    known = kanaleneiland.known.known

    def paid(chosen: pd.Series) -> float:
        return ledger.totals(rows[chosen], weights, [])["bedrag"].iloc[0]

    posts = ["bedrijf:loon", "inkomen:loon_bedrijven", "belasting:werkgevers", "premie:pensioen"]
    wages = paid((rows["van"] == "bedrijven") & rows["post"].isin(posts))
    turnover = paid(rows["naar"] == "bedrijven") - paid(rows["post"] == "bedrijf:handelswaar")
    items = kanaleneiland.plain[kanaleneiland.plain["id"].str.startswith("bedrijf:")]
    price = items["kengetal"].str.split(";").str[-1].map(lambda k: known[k].waarde)
    worked = (items["uren"] * price).sum()
    listed = set(items["post"].str.split(";").explode()) | {"bedrijf:omzet_buiten"}
    others = paid((rows["naar"] == "bedrijven") & ~rows["post"].isin(listed)) / turnover * wages
    assert others > 0 and worked + others == pytest.approx(wages, rel=1e-6)


def test_unpaid_hours_are_those_of_the_satellite_account(kanaleneiland):
    items = kanaleneiland.plain[kanaleneiland.plain["betaald"] == UNPAID]
    whole = unpaid.totals(kanaleneiland.unpaid, kanaleneiland.weights)["uren"].sum()
    assert items["uren"].sum() == pytest.approx(whole)
    assert items["euro"].isna().all() and (items["wie"] == "huishoudens").all()


def test_what_is_in_no_book_is_named_and_unknown(kanaleneiland):
    item = kanaleneiland.plain.set_index("id").loc["los:aardgas"]
    assert item["methode"] == "ontbreekt" and pd.isna(item["uren"]) and pd.isna(item["euro"])


def test_every_rule_has_answers_a_ground_and_kengetallen_that_exist():
    rules = sources.read_project_table("werk")
    assert rules[work.QUESTIONS].isin(["ja", "nee", "deels", "onbekend"]).all(axis=None)
    assert rules["grond"].str.endswith(".").all()
    shares = rules[["deel_laag", "deel", "deel_hoog"]].replace("", np.nan).astype(float)
    assert shares.dropna().apply(lambda r: 0 <= r.iloc[0] <= r.iloc[1] <= r.iloc[2] <= 1, 1).all()
    used = set(rules["arbeid"]) | set(rules["uurkosten"])
    assert used - {"", "rest"} <= set(kengetallen.load().known)
    codes = sources.read_project_table("taakvelden")["taakveld"]
    prefixes = tuple(rules.loc[rules["soort"] == "taakveld", "keuze"])
    assert all(code.startswith(prefixes) for code in codes)


def hours(items: pd.DataFrame, kind: str) -> float:
    """Return the hours of all paid or all unpaid work."""
    return items.loc[items["betaald"] == kind, "uren"].sum()


@pytest.mark.parametrize(
    ("row", "taken"),
    [
        ({}, "iv3:5.7"),
        ({"taakveld": None}, "iv3:5.7"),  # the only paid work of the gemeente for green
        (
            {"betaald": UNPAID, "wie": "huishoudens"},
            "onbetaald:vrijwilligerswerk",  # nobody estimated unpaid work on green
        ),
        (
            {"betaald": UNPAID, "wie": "huishoudens", "domein": "overig", "taakveld": None},
            "onbetaald:vrijwilligerswerk",
        ),
    ],
)
def test_contributed_hours_take_the_place_of_as_many_estimated(kanaleneiland, row, taken):
    before = kanaleneiland.plain
    after = kanaleneiland.inventory({"buurt": kanaleneiland.buurten[0], **row})
    kind = row.get("betaald", PAID)
    assert hours(after, kind) == pytest.approx(hours(before, kind))
    old, new = (t.set_index("id")["uren"] for t in (before, after))
    assert new["lokaal:perken-schoffelen"] == 100
    assert new[taken] == pytest.approx(old[taken] - 100)
    changed = old.index[(old - new.reindex(old.index)).abs() > 1e-6]
    assert list(changed) == [taken]


def test_work_that_is_partly_paid_is_a_kind_of_its_own_and_goes_off_once(kanaleneiland):
    row = {"buurt": kanaleneiland.buurten[0], "betaald": "beide"}
    after = kanaleneiland.inventory(row, {**row, "betaald": UNPAID, "wie": "huishoudens"})
    assert after["uren"].sum() == pytest.approx(kanaleneiland.plain["uren"].sum())
    mine = after[after["methode"] == "lokaal"].set_index("betaald")
    assert list(mine["uren"]) == [100, 100] and mine["id"].is_unique
    assert mine.loc["beide", "taakveld"] == "5.7" and mine.loc["beide", "euro"] > 0
    assert hours(after, PAID) == pytest.approx(hours(kanaleneiland.plain, PAID) - 100)


def test_the_euros_go_along_and_stay_what_the_gemeente_spends(kanaleneiland):
    before = kanaleneiland.plain
    after = kanaleneiland.inventory({"buurt": kanaleneiland.buurten[0]})
    old, new = (t[t["taakveld"] == "5.7"] for t in (before, after))
    assert len(new) == 2 and new["euro"].sum() == pytest.approx(old["euro"].sum())
    item = new.set_index("id").loc["lokaal:perken-schoffelen"]
    assert item["euro"] / item["uren"] == pytest.approx((old["euro"] / old["uren"]).iloc[0])
    assert item["methode"] == "lokaal" and item["uren_laag"] == item["uren_hoog"] == 100


def test_more_than_was_estimated_is_believed_and_leaves_nothing_below_zero(kanaleneiland):
    buurt = kanaleneiland.buurten[0]
    parts = work_local.spread(
        kanaleneiland.plain,
        kanaleneiland.grootboek,
        kanaleneiland.unpaid,
        kanaleneiland.weights,
    )
    green = kanaleneiland.plain.set_index("id").loc["iv3:5.7", "uren"]
    there = green * parts.loc["iv3:5.7", buurt]
    after = kanaleneiland.inventory({"buurt": buurt, "uren": there + 5000})
    assert hours(after, PAID) == pytest.approx(hours(kanaleneiland.plain, PAID) + 5000)
    assert after.set_index("id").loc["iv3:5.7", "uren"] == pytest.approx(green - there)


def test_all_buurten_counted_leaves_no_estimate(kanaleneiland):
    rows = [{"buurt": b, "uren": 1e6} for b in kanaleneiland.buurten]
    after = kanaleneiland.inventory(*rows)
    assert "iv3:5.7" not in set(after["id"])
    item = after.set_index("id").loc["lokaal:perken-schoffelen"]
    assert item["uren"] == 1e6 * len(rows)
    old = kanaleneiland.plain.set_index("id").loc["iv3:5.7", "euro"]
    assert item["euro"] == pytest.approx(old)


def test_only_the_newest_year_counts_and_nothing_outside_the_area(kanaleneiland):
    buurt = kanaleneiland.buurten[0]
    rows = [{"buurt": buurt, "jaar": year, "uren": u} for year, u in ((2022, 900.0), (2023, 80.0))]
    after = kanaleneiland.inventory(*rows, {"buurt": "BU03449999", "naam": "ver weg"})
    assert after.set_index("id").loc["lokaal:perken-schoffelen", "uren"] == 80
    assert "lokaal:ver-weg" not in set(after["id"])


def test_secret_hours_stay_secret_and_take_nothing(kanaleneiland):
    row = {"buurt": kanaleneiland.buurten[0], "uren": np.nan, "methode": "geheim"}
    after = kanaleneiland.inventory(row)
    item = after.set_index("id").loc["lokaal:perken-schoffelen"]
    assert item["methode"] == "geheim" and pd.isna(item["uren"])
    assert hours(after, PAID) == pytest.approx(hours(kanaleneiland.plain, PAID))


def test_answers_from_the_wijk_replace_ours(kanaleneiland):
    buurt = kanaleneiland.buurten[0]
    items = kanaleneiland.inventory(
        {"buurt": buurt, "met_de_wijk": "nee"},
        {"buurt": buurt, "naam": "vegen", "taakveld": "2.1", "schaal_omhoog": None},
    ).set_index("id")
    no, yes = items.loc["lokaal:perken-schoffelen"], items.loc["lokaal:vegen"]
    assert no["deel_hoog"] == 0 and no["met_de_wijk"] == "nee"
    ours = kanaleneiland.plain.set_index("id").loc["iv3:2.1"]
    assert yes["deel"] == ours["deel"] and yes["schaal_omhoog"] == ours["schaal_omhoog"]
    assert "uit de wijk" in yes["grond"] and yes["vermogen"] == "deels"


def test_what_can_be_done_is_hours_times_a_share_most_first(kanaleneiland):
    can = work.doable(kanaleneiland.plain)
    assert can["uren"].is_monotonic_decreasing and (can["uren"] > 0).all()
    items = kanaleneiland.plain.set_index("id").loc[can["id"]]
    assert can["uren"].to_numpy() == pytest.approx((items["uren"] * items["deel"]).to_numpy())
    for name in ("uren", "banen"):
        low, high = can[f"{name}_laag"], can[f"{name}_hoog"]
        assert (low >= 0).all() and (low <= can[name]).all() and (can[name] <= high).all()
    assert can.loc[can["betaald"] == UNPAID, "euro"].isna().all()
    assert not {"los:aardgas", "bedrijf:loon"} & set(can["id"])


def test_a_product_errs_as_its_parts_do_together():
    rows = pd.DataFrame({"a": [100.0], "a_laag": [70.0], "a_hoog": [140.0]})
    middle, low, high = (float(v[0]) for v in work.product(rows, "a", 0.5, 0.1, 0.7))
    assert middle == 50
    assert low == pytest.approx(50 - np.hypot(15, 40)) and high == pytest.approx(
        50 + np.hypot(20, 20)
    )


@given(st.lists(st.tuples(*[st.floats(0, 1e6)] * 3), min_size=1, max_size=6), st.floats(0, 1))
def test_a_sum_is_at_most_as_unsure_as_its_parts_together(ends, samenhang):
    rows = pd.DataFrame([sorted(e) for e in ends], columns=["a_laag", "a", "a_hoog"])
    middle, low, high = work.together(rows, "a", samenhang)
    widest, narrowest = work.together(rows, "a", 1.0), work.together(rows, "a", 0.0)
    slack = 1e-6 * (1 + rows["a_hoog"].sum())
    assert middle == pytest.approx(rows["a"].sum())
    assert widest[1] == pytest.approx(rows["a_laag"].sum(), abs=slack)
    assert widest[1] - slack <= low <= narrowest[1] + slack
    assert narrowest[2] - slack <= high <= widest[2] + slack


def test_the_sum_of_nothing_known_is_unknown():
    rows = pd.DataFrame({"a": [np.nan], "a_laag": [np.nan], "a_hoog": [np.nan]})
    assert np.isnan(work.together(rows, "a")).all()


def test_an_hour_on_a_bill_costs_more_than_its_wages():
    known = kengetallen.load()
    table = work.hourly(known).set_index("doener")
    assert (table["laag"] <= table["euro"]).all() and (table["euro"] <= table["hoog"]).all()
    bill = table.loc["Aannemer in het groen", "euro"]
    labour = known.get("werk_arbeid_groen", "aandeel").waarde
    assert bill * labour == pytest.approx(known.known["werk_uurkosten_aannemer"].waarde)


def test_an_hour_at_the_minimum_wage_costs_more_than_the_wage():
    one = work.hourly(kengetallen.load()).set_index("doener").loc["Iemand met het minimumloon"]
    assert one["euro"] == pytest.approx(12.0 * 1.08 * 1.25 * 52 / 40)
    assert 12.0 * 1.08 < one["laag"] < one["hoog"] < 30


def test_the_work_of_kanaleneiland_is_the_golden_table(kanaleneiland):
    """When it moves on purpose: WIJKBOEK_GOLDEN=new writes it; say why in the changelog."""
    columns = ["id", "naam", "domein", "betaald", "wie", "uren", "uren_laag", "uren_hoog", "euro"]
    found = kanaleneiland.plain[[*columns, "deel"]].round({c: 0 for c in columns[5:]})
    if os.environ.get("WIJKBOEK_GOLDEN") == "new":
        found.to_csv(GOLDEN, index=False, lineterminator="\n")
    golden = pd.read_csv(GOLDEN)
    pd.testing.assert_frame_equal(found, golden, check_dtype=False, rtol=0, atol=1.01)
