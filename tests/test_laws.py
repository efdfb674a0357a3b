"""The laws of the grootboek, on made-up gemeenten of any shape: `gemeenten.py` makes them."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.gemeenten import TAAKVELDEN, YEAR, Gemeente, gemeenten, indicatoren, split
from wijkboek_utils import (
    allocate,
    checks,
    firms,
    household_flows,
    households,
    income_kinds,
    keys,
    ledger,
    regions,
    sources,
    unpaid,
)
from wijkboek_utils import kengetallen as unit_values
from wijkboek_utils.errors import Fout
from wijkboek_utils.regions import INHABITANTS

NATIONAL = 75_000.0  # income of an average Dutch household, EUR
CENT = 0.01
MONEY = [households.INCOME, "GemiddeldeWOZWaardeVanWoningen"]
NOISE = 0.001  # of adding floats, EUR
BIG = Gemeente(
    buurten=400,
    wijken=4,
    seed=1,
    empty=0.1,
    zero=0.1,
    missing=0.1,
    negative=0.1,
    taakvelden=tuple(TAAKVELDEN[::5]),
)


@dataclass(frozen=True)
class Books:
    """A gemeente taken through the steps of notebooks 03, 04, 05 and 07."""

    code: str
    indicatoren: pd.DataFrame
    rekening: pd.DataFrame
    keys: keys.Keys
    amounts: pd.DataFrame
    sets: pd.DataFrame
    inkomen: pd.DataFrame
    estimates: pd.DataFrame
    grootboek: pd.DataFrame
    hours: pd.DataFrame

    @property
    def buurten(self) -> list[str]:
        """Return the buurten and the rest of the gemeente."""
        return [*self.keys.shares.columns, regions.rest_of(self.code)]

    def weights(self, *choice: float) -> pd.Series:
        """Return weights of the buurten and the rest: the choice, over and over."""
        return pd.Series(np.resize(choice, len(self.buurten)), index=self.buurten)


@cache
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the keys and rules of the project, and the amounts of the gemeentefonds."""
    rates = sources.read_csv(sources.source("gemeentefonds-2025"))
    return (*map(sources.read_project_table, ("sleutels", "taakvelden")), rates)


@cache
def kengetallen(scale: float = 1.0) -> unit_values.Kengetallen:
    """Return the kengetallen, those in euros times `scale`."""
    known = unit_values.load().known
    parts = ["waarde", "laag", "hoog"]
    return unit_values.Kengetallen(
        {
            id: replace(k, **{p: getattr(k, p) * scale for p in parts})
            if k.eenheid.startswith("euro")
            else k
            for id, k in known.items()
        }
    )


def draw_up(
    rows: pd.DataFrame, rekening: pd.DataFrame, code: str = "GM9901", money: float = 1.0
) -> Books:
    """Return the books that follow from figures and accounts; `money` scales what is national."""
    own, rules, rates = tables()
    fonds = keys.gemeentefonds_keys(rows, rates)
    sleutels = keys.build_keys(rows, pd.concat([own, fonds], ignore_index=True))
    amounts = allocate.amounts(rekening, rules)
    sets = allocate.book_sets(amounts, sleutels, rows, code, YEAR, "iv3-test")
    municipal = sets[sets["set"] == allocate.DEFAULT_SET].drop(columns="set")
    used = rows["onderwerp"].isin([INHABITANTS, households.INCOME])
    inkomen = households.income(rows[used])
    estimates = household_flows.households(
        inkomen, rows, NATIONAL * money, kengetallen(money), YEAR
    )
    known = pd.concat([estimates, municipal], ignore_index=True)
    trade = firms.book(rows, known, kengetallen(money), YEAR)
    estimates = pd.concat([estimates, trade], ignore_index=True)
    loon = households.book_income(inkomen, municipal, YEAR)
    boekingen = income_kinds.with_income(estimates, loon)
    return Books(
        code=code,
        indicatoren=rows,
        rekening=rekening,
        keys=sleutels,
        amounts=amounts,
        sets=sets,
        inkomen=inkomen,
        estimates=estimates,
        grootboek=ledger.conform(pd.concat([municipal, boekingen], ignore_index=True)),
        hours=unpaid.hours(rows, kengetallen(), YEAR),
    )


def books_of(gemeente: Gemeente) -> Books:
    return draw_up(indicatoren(gemeente.figures()), gemeente.rekening(), gemeente.code)


@cache
def neighbour() -> Books:
    return books_of(Gemeente(buurten=5, missing=0.1, code="GM9902", taakvelden=("0.1", "6.3")))


def cents(boekingen: pd.DataFrame) -> pd.Series:
    """Return municipal boekingen as published, in cents, by taakveld and side."""
    parts = boekingen["post"].str.extract(r"iv3:(?P<taakveld>.*):(?P<kant>.*)")
    out = boekingen["van"].astype(str) == "gemeente"
    sign = np.where(out == (parts["kant"] == "lasten"), 1, -1)
    whole = (boekingen["bedrag"] * 100).round()
    assert (whole - boekingen["bedrag"] * 100).abs().max() < NOISE or whole.empty
    sums = (whole * sign).groupby([parts["taakveld"], parts["kant"]]).sum()
    return sums[sums != 0].sort_index().rename("cents")


def published(rekening: pd.DataFrame) -> pd.Series:
    """Return the accounts in cents, by taakveld and side."""
    table = rekening.melt("taakveld", ["lasten", "baten"], "kant", "cents")
    sums = table.set_index(["taakveld", "kant"])["cents"] * 100
    return sums[sums != 0].sort_index()


# --- the laws of one gemeente ---------------------------------------------------------------


def every_taakveld_comes_back_to_the_cent_under_each_key_set(books: Books):
    for _, boekingen in books.sets.groupby("set"):
        pd.testing.assert_series_equal(cents(boekingen), published(books.rekening))


def what_has_no_key_and_nothing_else_is_in_the_rest(books: Books):
    for name, boekingen in books.sets.groupby("set"):
        without = allocate.key_of_set(books.amounts, name, books.keys) == keys.NO_KEY
        expected = (
            books.amounts[without].groupby(["taakveld", "kant"])["euro"].sum() * 100
        ).round()
        found = cents(boekingen[regions.is_rest(boekingen["buurt"])])
        expected = expected[expected != 0].rename("cents")
        pd.testing.assert_series_equal(found, expected, check_index_type=False)


def what_comes_in_equals_what_goes_out(books: Books):
    account = ledger.wijkrekening(books.grootboek, books.weights(0, 1, 0.5))
    sectors = ledger.balances(account)
    assert sectors["in"].sum() == pytest.approx(sectors["uit"].sum(), abs=CENT)
    assert sectors["saldo"].sum() == pytest.approx(0, abs=CENT)


def total_of(books: Books, weights: pd.Series, *by: str) -> pd.DataFrame:
    """Return totals of the grootboek, indexed by words in the order of the alphabet."""
    table = ledger.totals(books.grootboek, weights, [*by])
    return table.astype(dict.fromkeys(by, "str")).set_index([*by]).sort_index()


def a_total_is_the_weighted_sum_and_unknown_only_where_all_is_unknown(books: Books):
    weights = books.weights(1, 0, 0.25)
    total = total_of(books, weights, "post", "naar")
    weight = books.grootboek["buurt"].map(weights)
    rows = books.grootboek[weight > 0].astype({"naar": "str"})
    groups = rows.assign(deel=rows["bedrag"] * weight).groupby(["post", "naar"])
    expected = groups["deel"].sum(min_count=1).rename("bedrag")
    pd.testing.assert_series_equal(total["bedrag"], expected, rtol=1e-12, atol=CENT / 2 + NOISE)
    assert (total["onbekend"] == groups.size() - groups["bedrag"].count()).all()
    assert (total["se"].isna() == total["bedrag"].isna()).all()
    assert np.isfinite(total["se"].dropna()).all() and not (total["se"] < 0).any()


def areas_add_up_to_the_gemeente(books: Books):
    by = ["post", "van", "naar"]
    parts = pd.concat(total_of(books, books.weights(*row), *by) for row in np.eye(3))
    whole = total_of(books, books.weights(1), *by)
    groups = parts.groupby(by)
    sums = groups["bedrag"].sum(min_count=1)
    pd.testing.assert_series_equal(sums, whole["bedrag"], rtol=1e-12, atol=2 * CENT)
    assert (groups["onbekend"].sum() == whole["onbekend"]).all()


def a_key_only_moves_money_within_the_gemeente(books: Books):
    total = ledger.totals(books.grootboek, books.weights(1), ["post"])
    assert (total.loc[total["post"].str.startswith("iv3:"), "se"] <= CENT).all()


def kinds_of_income_and_the_rest_are_the_income_that_is_published(books: Books):
    rows = books.grootboek[books.grootboek["naar"] == "huishoudens"]
    kinds = rows[rows["post"].str.startswith("inkomen:")].groupby("buurt")["bedrag"].sum()
    paid = rows[rows["van"] == "gemeente"].groupby("buurt")["bedrag"].sum()
    known = books.inkomen.dropna(subset="bedrag").set_index("buurt")["bedrag"]
    benefits = paid.reindex(known.index).fillna(0.0)
    found = kinds.reindex(known.index) + benefits
    # Where benefits exceed the income that CBS publishes, they stand alone.
    assert ((found - known.clip(lower=benefits)).abs() < CENT / 2).all()


def unknown_income_is_never_zero(books: Books):
    known = books.inkomen.set_index("buurt")["bedrag"].notna()
    rest = books.grootboek[books.grootboek["post"] == "inkomen:loon_en_winst"].set_index("buurt")
    assert (rest["bedrag"].notna() == known.reindex(rest.index)).all()
    assert ((rest["methode"] == "ontbreekt") == rest["bedrag"].isna()).all()


def a_count_that_is_missing_is_estimated_or_unknown_and_never_zero(books: Books):
    _, counts = keys.per_buurt(books.indicatoren)
    for post, topic in {"inkomen:ww": "WW", "inkomen:ao": "AO"}.items():
        booked = books.estimates[books.estimates["post"] == post].set_index("buurt")["bedrag"]
        count = counts.get(f"PersonenPerSoortUitkering{topic}", pd.Series(index=counts.index))
        missing = count.isna() & (counts[INHABITANTS] > 0)
        assert not (booked.reindex(counts.index)[missing] == 0).any()
        assert booked.reindex(counts.index)[count.isna() & counts[INHABITANTS].isna()].isna().all()


def hours_of_work_are_not_negative_and_add_up(books: Books):
    assert not (books.hours[["hoeveelheid", "se"]] < 0).any(axis=None)
    one, other, both = (
        unpaid.totals(books.hours, books.weights(*w)).set_index("naam")["uren"]
        for w in ((1, 0), (0, 1), (1,))
    )
    assert one.add(other, fill_value=0).tolist() == pytest.approx(both.tolist(), nan_ok=True)


def the_checks_of_the_report_find_nothing_broken(books: Books):
    wijken = [regions.wijk_of(b) if b[-4:] != "REST" else pd.NA for b in books.buurten]
    gebied = pd.DataFrame({"buurt": books.buurten, "wijk": wijken})
    checks.enforce(
        checks.conservation(books.grootboek, books.rekening, "grootboek")
        + checks.every_set(books.sets, books.rekening)
        + checks.income(books.grootboek, books.inkomen)
        + checks.double_entry(ledger.wijkrekening(books.grootboek, books.weights(1)))
        + checks.additivity(books.grootboek, gebied)
        + checks.closing(books.rekening)
        + checks.rounding(books.indicatoren, {INHABITANTS: "Inwoners"})
    )


LAWS = [
    every_taakveld_comes_back_to_the_cent_under_each_key_set,
    what_has_no_key_and_nothing_else_is_in_the_rest,
    what_comes_in_equals_what_goes_out,
    a_total_is_the_weighted_sum_and_unknown_only_where_all_is_unknown,
    areas_add_up_to_the_gemeente,
    a_key_only_moves_money_within_the_gemeente,
    kinds_of_income_and_the_rest_are_the_income_that_is_published,
    unknown_income_is_never_zero,
    a_count_that_is_missing_is_estimated_or_unknown_and_never_zero,
    hours_of_work_are_not_negative_and_add_up,
    the_checks_of_the_report_find_nothing_broken,
]


@settings(max_examples=6)
@given(gemeenten())
@example(BIG)
@example(Gemeente(missing=0.1, negative=0.2))
@example(Gemeente(buurten=1, empty=1.0))
@example(Gemeente(missing=1.0, uncounted=1.0))
@example(Gemeente(absent=frozenset({INHABITANTS}), negative=1.0, salaries=False))
def test_the_books_of_any_gemeente_keep_the_laws(gemeente):
    books = books_of(gemeente)
    for law in LAWS:
        law(books)


# --- what must not matter -------------------------------------------------------------------


def amounts_of(books: Books, *buurten: str) -> pd.Series:
    """Return the amounts of an area by set, post and receiver; those of households have no set."""
    own = books.grootboek[~books.grootboek["post"].str.startswith("iv3:")]
    # Who owns the dwellings is split again, with cents of its own: payers are added up here.
    both = pd.concat([books.sets.assign(naar=""), own.assign(set="")], ignore_index=True)
    rows = both[both["buurt"].isin(buurten)].astype({"naar": "str"})
    return rows.groupby(["set", "post", "naar"])["bedrag"].sum(min_count=1)


def assert_same(found: pd.Series, expected: pd.Series, books: Books, each: float, households: bool):
    """Allow each amount that was spread, and each flow, to be `each` EUR off by rounding.

    Without `households` only the money of the gemeente is compared.
    """
    if not households:
        found, expected = (x[x.index.get_level_values("set") != ""] for x in (found, expected))
    sizes = books.amounts.groupby(["taakveld", "kant"]).size()
    sizes.index = [f"iv3:{taakveld}:{kant}" for taakveld, kant in sizes.index]
    both = pd.concat([found, expected], axis=1, keys=["found", "expected"])
    posts = both.index.get_level_values("post")
    # Other flows follow from sums of flows and benefits, which were rounded before: some cents.
    paid = sizes[sizes.index.str.startswith("iv3:6.")].sum() + 5
    room = sizes.reindex(posts).fillna(paid).to_numpy()
    municipal = posts.str.startswith("iv3:")
    assert (both["found"].isna() == both["expected"].isna())[~municipal].all()
    # What follows from income goes by income to the cent: of a billion that is more than a cent.
    room = each * room + NOISE + np.where(municipal, 0.0, 1e-9 * both["expected"].fillna(0))
    off = (both["found"].fillna(0) - both["expected"].fillna(0)).abs()
    assert (off <= room).all(), both[off > room]


def methods(books: Books) -> dict[str, str]:
    return books.inkomen.set_index("buurt")["methode"].to_dict()


def the_order_of_the_figures_does_not_matter(gemeente: Gemeente, books: Books, seed: int):
    tables = indicatoren(gemeente.figures()), gemeente.rekening()
    again = draw_up(*(table.sample(frac=1, random_state=seed) for table in tables))
    for name in ("sets", "grootboek", "hours"):
        a, b = (getattr(x, name).reset_index(drop=True) for x in (books, again))
        # Floats that are added in another order differ less than a cent can show.
        pd.testing.assert_frame_equal(a, b, rtol=1e-9, atol=1e-6)


def a_buurt_cut_in_two_has_the_same_amounts_but_for_a_cent(
    gemeente: Gemeente, books: Books, number: int, part: float
):
    buurt = books.buurten[number % gemeente.buurten]
    halved, halves = split(gemeente.figures(), buurt, part)
    after = draw_up(indicatoren(halved), gemeente.rekening())
    same = methods(after) == methods(books) | {halves[1]: methods(books)[buurt]}
    others = [[b] for b in books.buurten if b != buurt]
    for one, other in [([buurt], halves), *zip(others, others, strict=True)]:
        found, expected = amounts_of(after, *other), amounts_of(books, *one)
        # Two rounded counts are less sure than one: what is left of the income of a wijk may be
        # taken for rounding after the cut. Then the amounts of households are others, or none.
        assert_same(found, expected, books, each=CENT, households=same)


def with_twice_the_money_every_amount_is_twice_as_large(gemeente: Gemeente, books: Books):
    figures, rekening = gemeente.figures(), gemeente.rekening()
    figures[[t for t in MONEY if t in figures]] *= 2
    rekening[["lasten", "baten", "salarissen"]] *= 2
    twice = draw_up(indicatoren(figures), rekening, money=2)
    for area in (books.buurten, books.buurten[:1]):
        found, expected = amounts_of(twice, *area), 2 * amounts_of(books, *area)
        # What CBS rounds off does not double: with more money, less of it may be rounding.
        same = methods(twice) == methods(books)
        assert_same(found, expected, books, each=2 * CENT * len(area), households=same)


@settings(max_examples=3)
@given(gemeenten(most=12), st.integers(0, 11), st.sampled_from([0.5, 0.3, 0.0625]))
def test_what_must_not_matter_does_not_and_money_scales(gemeente, number, part):
    books = books_of(gemeente)
    the_order_of_the_figures_does_not_matter(gemeente, books, number)
    a_buurt_cut_in_two_has_the_same_amounts_but_for_a_cent(gemeente, books, number, part)
    with_twice_the_money_every_amount_is_twice_as_large(gemeente, books)


@settings(max_examples=3)
@given(gemeenten(most=8))
def test_two_gemeenten_together_are_the_same_as_apart(gemeente):
    both = [books_of(gemeente), neighbour()]
    joint = ledger.conform(pd.concat([b.grootboek for b in both], ignore_index=True))
    for books in both:
        weights = books.weights(0, 1, 0.5)
        alone = ledger.totals(books.grootboek, weights, ["post", "naar"])
        pd.testing.assert_frame_equal(ledger.totals(joint, weights, ["post", "naar"]), alone)
    whole = ledger.totals(joint, pd.concat([b.weights(1) for b in both]), ["post"])
    parts = pd.concat(ledger.totals(b.grootboek, b.weights(1), ["post"]) for b in both)
    sums = parts.groupby("post")["bedrag"].sum(min_count=1)
    pd.testing.assert_series_equal(whole.set_index("post")["bedrag"], sums, atol=CENT)


@settings(max_examples=3)
@given(gemeenten(most=8), gemeenten(most=8, code="GM9902"))
def test_the_accounts_of_two_gemeenten_are_spread_together_as_apart(one, other):
    own, rules, _ = tables()
    both = [one, other]
    rows = [indicatoren(g.figures()) for g in both]
    accounts = [g.rekening().assign(gemeente=g.code) for g in both]

    def spread(rows: pd.DataFrame, rekening: pd.DataFrame) -> pd.DataFrame:
        amounts = allocate.amounts(rekening, rules)
        found = allocate.spread_all(amounts, keys.build_all(rows, own), rows)
        return allocate.boekingen(allocate.flows(found, YEAR, "iv3-test"))

    together = spread(pd.concat(rows, ignore_index=True), pd.concat(accounts, ignore_index=True))
    apart = pd.concat(map(spread, rows, accounts), ignore_index=True)
    pd.testing.assert_frame_equal(together, ledger.conform(apart), rtol=1e-9)


@settings(max_examples=6)
@given(gemeenten(most=8), gemeenten(most=8, code="GM9902"))
def test_the_income_of_two_gemeenten_is_the_same_together_as_apart(one, other):
    rows = [indicatoren(g.figures()) for g in (one, other)]
    together = households.income(pd.concat(rows, ignore_index=True))
    apart = pd.concat(map(households.income, rows), ignore_index=True)
    # A gemeente of which nothing is published has no year of its own.
    told = together.columns.drop("bronjaar")
    pd.testing.assert_frame_equal(together[told], apart[told], check_dtype=False)


@pytest.mark.parametrize(("counted", "people"), [(0.0, 100.0), (0.0, 0.0), (np.nan, 100.0)])
def test_of_nothing_counted_nothing_is_estimated(counted, people):
    buurten = [f"BU9901000{i}" for i in range(3)]
    counts, proxy = (
        pd.Series(values, index=buurten)
        for values in ([counted, np.nan, np.nan], [people, 50.0, np.nan])
    )
    assert keys.fill(counts, proxy)[1:].isna().all()


@pytest.mark.parametrize("gebieden", ["Gemeente|Wijk", "nergens"])
def test_without_any_buurt_the_books_say_so(gebieden):
    rows = indicatoren(Gemeente().figures())
    rows = rows[rows["soort"].str.fullmatch(gebieden)]
    with pytest.raises(Fout, match="buurt"):
        draw_up(rows, Gemeente().rekening())


def test_books_without_boekingen_are_empty_and_no_traceback():
    empty = ledger.conform(pd.DataFrame(columns=list(ledger.COLUMNS)))
    nowhere = pd.Series(dtype=float)
    assert ledger.totals(empty, nowhere, ["post"]).empty
    assert ledger.balances(ledger.wijkrekening(empty, nowhere))["in"].isna().all()
    assert allocate.by_taakveld(empty).empty
    books = books_of(Gemeente(taakvelden=("0.1",)))
    assert ledger.totals(books.grootboek, nowhere, ["post"]).empty
    assert unpaid.totals(books.hours, nowhere)["uren"].isna().all()
