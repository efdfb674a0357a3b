"""What leaves by domain, what of it can be influenced, and plans that are only arithmetic."""

import os
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from wijkboek_utils import kengetallen, ledger
from wijkboek_utils.errors import Fout
from wijkboek_utils.models import chance_plans, chances, finance, ranges

DEFINED = chances.definitions()
KNOWN = kengetallen.load()
PILOTS = {
    "GM0344": ["BU03440821", "BU03440831", "BU03440832"],  # Kanaleneiland
    "GM0202": ["WK020201"],
    "GM0080": ["WK008050"],
}
GOLDEN = ROOT / "tests" / "golden" / "utrecht-kanaleneiland" / "kansen.csv"
GAINS = [chance_plans.SAVED, chance_plans.KEPT]
COSTS = [chance_plans.COST, chance_plans.LOAN]
each = pytest.mark.parametrize("code", PILOTS)


@pytest.fixture(scope="session")
def tables(gemeenten):
    """Return the table kansen of the three pilots."""
    return {code: table(gemeenten[code], PILOTS[code]) for code in PILOTS}


def table(gemeente, codes, getallen=None, defined=None, grootboek=None):
    books = gemeente.grootboek if grootboek is None else grootboek
    weights = gemeente.weights(*codes)
    getallen = getallen or kengetallen.load()
    return chances.compute(books, weights, gemeente.indicatoren, getallen, defined)


def plan_rows(rows, id):
    found = rows[(rows["onderdeel"] == id) & (rows["domein"] == DEFINED["modellen"][id]["domein"])]
    return found[~found["soort"].isin([chances.OUTFLOW, chances.REACH])]


def one(rows, kind):
    return rows[rows["soort"] == kind].iloc[0]


@each
def test_what_leaves_is_part_of_what_leaves_by_the_books(gemeenten, tables, code):
    books, rows = gemeenten[code].grootboek, tables[code]
    left = rows[rows["soort"] == chances.OUTFLOW]
    post = chances.post_of(books, DEFINED)
    gone = books["naar"].isin(["buitenwereld", "rijk"])
    assert not (post != "")[~gone].any()
    weights = gemeenten[code].weights(*PILOTS[code])
    whole = left[left["onderdeel"] == ""].set_index("domein")["waarde"]
    parts = left[left["onderdeel"] != ""].groupby("domein")["waarde"].sum()
    pd.testing.assert_series_equal(parts, whole.sort_index(), check_names=False, atol=0.05)
    by = ledger.totals(books[gone].astype({"domein": "str"}), weights, ["domein"])
    assert (whole <= by.set_index("domein")["bedrag"].reindex(whole.index) + 0.05).all()


@each
def test_no_more_is_saved_than_can_be_influenced_and_no_more_than_leaves(tables, code):
    rows = tables[code]
    left = rows[rows["soort"] == chances.OUTFLOW].set_index("onderdeel")["waarde"].drop("")
    reach = rows[(rows["soort"] == chances.REACH) & (rows["onderdeel"] != "")]
    reach = reach.set_index("onderdeel")["waarde"]
    assert (reach <= left.reindex(reach.index)).all()
    gains = rows[rows["soort"].isin(GAINS)]
    assert gains["raakt"].isin(reach.index).all()
    assert (gains["waarde"] <= gains["raakt"].map(reach) + 1e-6).all()


@each
def test_every_figure_follows_from_its_line(tables, code):
    rows = tables[code]
    lines = rows[rows["hoeveelheid"].notna() & (rows["soort"] != chance_plans.BREAK)]
    lines = lines[~lines["begrensd"]]
    assert len(lines) > 60
    np.testing.assert_allclose(lines["waarde"], lines["hoeveelheid"] * lines["factor"], rtol=1e-9)
    # A loan has the factor of an annuity, what leaves per household that of the households.
    plain = lines[~lines["soort"].isin([chance_plans.LOAN, chances.PER_HOUSEHOLD])]
    for row in plain.itertuples():
        made = np.prod([KNOWN.known[k].waarde for k in row.kengetallen.split(";") if k])
        made /= np.prod([KNOWN.known[k].waarde for k in row.gedeeld.split(";") if k])
        assert made == pytest.approx(row.factor)
    for row in lines[lines["soort"] == chance_plans.LOAN].itertuples():
        rate, years = (KNOWN.known[k].waarde for k in row.kengetallen.split(";"))
        assert row.waarde == pytest.approx(finance.annuity(row.hoeveelheid, rate, int(years)))


@each
def test_the_quantity_of_a_line_is_a_figure_that_is_shown_too(tables, code):
    rows = tables[code]
    left = rows[(rows["soort"] == chances.OUTFLOW) & (rows["onderdeel"] != "")]
    shown = dict(zip(left["onderdeel"], left["waarde"], strict=True))
    counted = rows[rows["soort"] == chances.COUNT]
    shown |= dict(zip(counted["van"], counted["waarde"], strict=True)) | {"1": 1.0}
    shown |= rows[rows["regel"] != ""].set_index("regel")["waarde"].to_dict()
    for row in rows[rows["regel"] != ""].itertuples():
        assert row.hoeveelheid == pytest.approx(shown[row.van], nan_ok=True)


@each
@pytest.mark.parametrize("id", DEFINED["modellen"])
def test_the_sums_of_a_plan_add_up(tables, code, id):
    own = plan_rows(tables[code], id)
    gains = own.loc[own["soort"].isin(GAINS), "waarde"].sum()
    costs = own.loc[own["soort"].isin(COSTS), "waarde"].sum()
    assert gains > 0
    assert costs > 0
    assert one(own, chance_plans.GAINED)["waarde"] == pytest.approx(gains)
    assert one(own, chance_plans.SPENT)["waarde"] == pytest.approx(costs)
    balance = one(own, chance_plans.BALANCE)
    assert balance["waarde"] == pytest.approx(gains - costs)
    assert balance["laag"] <= balance["waarde"] <= balance["hoog"]
    invested = own.loc[own["soort"] == chance_plans.INVEST, "waarde"].sum()
    assert one(own, "investering samen")["waarde"] == pytest.approx(invested)


@pytest.mark.parametrize("id", DEFINED["modellen"])
def test_at_its_tipping_point_a_plan_just_pays(utrecht, tables, id):
    row = one(plan_rows(tables["GM0344"], id), chance_plans.BREAK)
    assert row["kengetallen"] == DEFINED["modellen"][id]["draait"]
    assert np.isfinite(row["waarde"]), "in Kanaleneiland every plan has one"
    facts = {"jaar": 2023, "bron": "proef", "vindplaats": "proef"}
    facts |= dict.fromkeys(["waarde", "laag", "hoog"], row["waarde"])
    only = deepcopy(DEFINED) | {"modellen": {id: DEFINED["modellen"][id]}}
    own = kengetallen.load({row["kengetallen"]: facts})
    there = plan_rows(table(utrecht, PILOTS["GM0344"], own, only), id)
    spent = one(there, chance_plans.SPENT)["waarde"]
    assert one(there, chance_plans.BALANCE)["waarde"] == pytest.approx(0, abs=1e-6 * spent)


@settings(max_examples=60)
@given(st.data())
def test_whatever_the_books_say_no_plan_saves_more_than_there_is(data):
    ids = chances.kengetallen_of(DEFINED, KNOWN)
    share = st.floats(0, 1)
    values = {"1": np.ones(1)}
    for id, k in ids.items():
        values[id] = np.array([max(k.laag + data.draw(share) * (k.hoog - k.laag), 1e-9)])
    for name in DEFINED["tellingen"]:
        values[name] = np.array([data.draw(st.floats(0, 1e6))])
    posts = {p: r for d in DEFINED["domeinen"].values() for p, r in d["posten"].items()}
    for name in posts:
        values[name] = np.array([data.draw(st.floats(0, 1e9))])
    reach = {p: values[p] * values[r["invloed"]] for p, r in posts.items() if "invloed" in r}
    for id, plan in DEFINED["modellen"].items():
        found = chance_plans.compute(id, plan, values, reach)
        for line in plan["regels"]:
            if line["soort"] in GAINS:
                amount = found[f"{line['regel']}.{id}"][0]
                assert 0 <= amount <= reach[line["raakt"]][0] <= values[line["raakt"]][0]
        left_over = found[chance_plans.GAINED] - found[chance_plans.SPENT]
        assert found[chance_plans.BALANCE] == pytest.approx(left_over)


def test_what_cannot_be_influenced_bounds_a_plan_and_the_line_says_so(utrecht):
    facts = {"jaar": 2023, "bron": "proef", "vindplaats": "proef"}
    for share in (0.01, 0.001):
        reach = facts | {"waarde": share, "laag": 0, "hoog": 0.02}
        own = kengetallen.load({"kans_invloed_warmte": reach})
        rows = plan_rows(table(utrecht, PILOTS["GM0344"], own), "klusteam")
        line = one(rows, chance_plans.SAVED)
        assert line["begrensd"]
        assert line["waarde"] < line["hoeveelheid"] * line["factor"]
        assert one(rows, chance_plans.BALANCE)["waarde"] < 0
        # A smaller team may still pay, unless even that asks more than can be influenced.
        assert np.isfinite(one(rows, chance_plans.BREAK)["waarde"]) == (share == 0.01)


def test_what_is_unknown_stays_unknown(utrecht):
    books = utrecht.grootboek
    energy = books["domein"] == "energie"
    secret = books.assign(
        bedrag=books["bedrag"].mask(energy),
        se=books["se"].mask(energy),
        methode=books["methode"].mask(energy, "ontbreekt"),
    )
    for without in (secret, books[~energy]):
        rows = table(utrecht, PILOTS["GM0344"], grootboek=without)
        own = plan_rows(rows, "klusteam")
        assert own.loc[own["soort"].isin(GAINS), "waarde"].isna().all()
        assert (
            own[own["soort"].isin([chance_plans.BALANCE, chance_plans.CHANCE])]["waarde"]
            .isna()
            .all()
        )
        assert one(own, chance_plans.SPENT)["waarde"] > 0
        assert rows.loc[rows["domein"] == "energie", "waarde"].ne(0).any()
        other = plan_rows(rows, "ploeg")
        assert other.loc[other["soort"] == chance_plans.BALANCE, "waarde"].notna().all()


def test_a_premium_that_comes_back_as_care_leaves_once(utrecht):
    books = utrecht.grootboek
    post = chances.post_of(books, DEFINED)
    assert (post[books["post"] == "premie:zorg"] == "").all()
    paid = books["post"].eq("zorg:zvw") & books["naar"].eq("buitenwereld")
    assert (post[paid] == "zvw").all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"eenheid": "woning per jaar"}, "eenheid"),
        ({"van": "bomen"}, "bomen is geen"),
        ({"soort": "winst"}, "soort winst"),
        ({"raakt": "stroomm"}, "stroomm is geen post"),
    ],
)
def test_a_definition_that_cannot_be_is_refused(utrecht, change, words):
    wrong = deepcopy(DEFINED)
    wrong["modellen"]["zon"]["regels"][0] |= change
    with pytest.raises(Fout, match=words):
        table(utrecht, PILOTS["GM0344"], defined=wrong)


def test_every_kengetal_of_a_chance_is_used_and_says_why():
    named = {id for id in KNOWN.known if id.startswith("kans_")}
    used = set(chances.kengetallen_of(DEFINED, KNOWN))
    assert named <= used
    assert all(KNOWN.known[id].laag < KNOWN.known[id].hoog for id in named), "honest ranges"
    assert all(len(KNOWN.known[id].toelichting) > 20 for id in named)
    shares = [KNOWN.known[id] for id in named if KNOWN.known[id].eenheid == "aandeel"]
    assert all(0 <= k.laag <= k.hoog <= 1 for k in shares)


@each
def test_the_post_of_a_boeking_is_the_first_of_its_domein_that_fits(gemeenten, code):
    """Each boeking by itself; `post_of` looks up each kind of boeking once."""
    books = gemeenten[code].grootboek
    few = books.sample(min(len(books), 400), random_state=1)
    found = chances.post_of(books, DEFINED)[few.index]
    for row, post in zip(few.astype({"domein": "str"}).itertuples(), found, strict=True):
        facts = DEFINED["domeinen"].get(row.domein, {"posten": {}})
        leaves = row.naar == "buitenwereld" or (row.naar == "rijk" and row.van != "gemeente")
        below = row.van == "gemeente" and row.post.endswith(":baten")
        apart = any(row.post.startswith(name) for name in facts.get("zonder", ()))
        fits = [
            item if item != "rest" else f"rest_{row.domein}"
            for item, rule in facts["posten"].items()
            if any(row.post.startswith(name) for name in rule.get("uit", [""]))
        ]
        assert post == (fits[0] if leaves and not below and not apart and fits else "")


def test_a_loan_of_many_draws_is_that_of_each():
    rates, years = np.array([0.0, 0.02, 0.05]), np.array([1, 10, 25])
    each = [finance.annuity(100.0, r, n) for r, n in zip(rates, years, strict=True)]
    assert finance.annuity(100.0, rates, years) == pytest.approx(each)


def test_draws_of_a_loan_are_around_the_loan_itself():
    values = {id: ranges.of(KNOWN.known[id]) for id in (chance_plans.RENT, "kans_zon_jaren")}
    middle = chance_plans.loan(ranges.central(values), "kans_zon_jaren")[0]
    drawn = chance_plans.loan(ranges.draws(values, 500), "kans_zon_jaren")
    assert drawn.min() < middle < drawn.max()
    assert middle == finance.annuity(1.0, 0.045, 25)


def test_each_home_counts_once_and_a_missing_count_has_a_second_best(utrecht):
    rows = chances.counts(utrecht.indicatoren, utrecht.weights(*PILOTS["GM0344"]), DEFINED)
    counted = rows.set_index("van")
    without = utrecht.indicatoren[utrecht.indicatoren["onderwerp"] != "Woningvoorraad"]
    second = chances.counts(without, utrecht.weights(*PILOTS["GM0344"]), DEFINED).set_index("van")
    assert second.loc["woningen", "waarde"] == counted.loc["huishoudens", "waarde"]
    wide = second.loc["woningen", "hoog"] - second.loc["woningen", "laag"]
    assert wide > counted.loc["woningen", "hoog"] - counted.loc["woningen", "laag"]


def test_of_a_whole_gemeente_the_counts_are_known(utrecht):
    """What belongs to no buurt has a weight but no figures: it makes nothing unknown."""
    weights = utrecht.weights("GM0344")
    weights.loc["BU0344REST"] = 1.0
    found = chances.counts(utrecht.indicatoren, weights, DEFINED).set_index("van")["waarde"]
    assert found.notna().all()
    assert found["inwoners"] == pytest.approx(367_947, rel=0.01)


def test_the_figures_of_kanaleneiland_are_the_golden_ones(tables):
    """When one moves on purpose: WIJKBOEK_GOLDEN=new writes the table; say why in the changelog."""
    found = tables["GM0344"].round(6)
    if os.environ.get("WIJKBOEK_GOLDEN") == "new":
        found.to_csv(GOLDEN, index=False, lineterminator="\n")
    words = {name: "str" for name, kind in chance_plans.COLUMNS.items() if kind == "str"}
    golden = pd.read_csv(
        GOLDEN,
        dtype=words,
        keep_default_na=False,
        na_values={name: [""] for name, kind in chance_plans.COLUMNS.items() if kind == "float64"},
    )
    pd.testing.assert_frame_equal(found, golden, check_dtype=False, rtol=1e-6, atol=0.011)
