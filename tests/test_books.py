"""Books as matrices give the totals of the grootboek, of any area, however they were made."""

import numpy as np
import pandas as pd
import pytest

from docs import bench_landelijk
from tests import landelijk
from wijkboek_utils import bookkeeping, flows, ledger
from wijkboek_utils.books import FACTS, Books
from wijkboek_utils.estimates import Estimate
from wijkboek_utils.flows import Flow
from wijkboek_utils.regions import is_rest
from wijkboek_utils.spread import Spread

BY = [["van", "naar"], [], ["domein"], ["post", "naar"], FACTS]
ONE, TWO, THREE = "BU99010000", "BU99010001", "BU99020000"
NOTHING = pd.DataFrame({"regel": [0], "plek": [0], "bedrag": [0.0], "se": [0.0]})[:0]
TABLE = pd.DataFrame(columns=[*FACTS, "methode", "sleutel"], dtype="str")


def areas(buurten: pd.Index) -> dict[str, pd.Series]:
    """Return areas of all sorts: by weights, as buurten, over the border of a gemeente."""
    random = np.random.default_rng(5)
    whole = pd.Series(1.0, index=buurten)
    first = buurten[buurten.str[:6] == buurten[0][:6]]
    chosen = random.choice(buurten, len(buurten) // 3, replace=False)
    return {
        "everything": whole,
        "without what belongs to no buurt": whole[~is_rest(buurten)],
        "half of everything": whole / 2,
        "one gemeente": whole[first],
        "a gemeente but one buurt": whole[first[1:]],
        "one buurt": whole[first[:1]],
        "some buurten": whole[chosen],
        "parts of buurten": pd.Series(random.random(len(chosen)), index=chosen),
        "parts of all buurten": pd.Series(random.random(len(buurten)), index=buurten),
        "weights of zero": whole * (random.random(len(buurten)) > 0.5),
        "no buurt of ours": pd.Series(1.0, index=["BU99999999"]),
        "nothing": pd.Series(dtype=float, index=pd.Index([], dtype="str")),
    }


def assert_same(
    books: Books, grootboek: pd.DataFrame, weights: pd.Series, note: str, *choices: list[str]
) -> None:
    for by in choices or BY:
        found, wanted = books.totals(weights, by), ledger.totals(grootboek, weights, by)
        if by or len(wanted):
            # Text rounds what lies between two cents another way: that is noise in a sum of errors.
            close = np.isclose(found.pop("se"), wanted.pop("se"), 1e-7, 0.0101, equal_nan=True)
            assert close.all(), f"{note} {by}"
            pd.testing.assert_frame_equal(found, wanted, rtol=0, atol=0.0101, obj=f"{note} {by}")
        else:
            assert found.empty


@pytest.fixture(scope="module")
def pilots(gemeenten) -> pd.DataFrame:
    """Return the grootboek of the three pilot gemeenten together."""
    parts = [gemeente.grootboek for gemeente in gemeenten.values()]
    return ledger.conform(pd.concat(parts, ignore_index=True))


@pytest.fixture(scope="module")
def country() -> landelijk.Country:
    """Return some made-up gemeenten; of one of them some figures are not there at all."""
    return landelijk.country(3)


@pytest.fixture(scope="module")
def made_up(country) -> pd.DataFrame:
    """Return their grootboek, a line for each boeking."""
    return bench_landelijk.grootboek(country)


def test_books_of_the_pilots_give_the_totals_of_their_grootboek(pilots):
    books = bookkeeping.from_grootboek(pilots)
    for n, (note, weights) in enumerate(areas(pd.Index(pilots["buurt"].unique())).items()):
        assert_same(books, pilots, weights, note, BY[n % len(BY)])


def test_both_ways_to_make_books_give_the_totals_of_the_grootboek(country, made_up):
    assert made_up["bedrag"].isna().any() and made_up["fouten"].notna().any()
    spread = made_up["methode"] == "verdeeld"
    assert (spread & made_up["fouten"].notna()).any()  # income that was spread and names errors
    made = {
        "flows": bench_landelijk.books_of(country),
        "grootboek": bookkeeping.from_grootboek(made_up),
    }
    for way, books in made.items():
        for n, (note, weights) in enumerate(areas(pd.Index(made_up["buurt"].unique())).items()):
            assert_same(books, made_up, weights, f"{way}: {note}", BY[n % len(BY)])


def row(buurt: str, bedrag: float, **facts) -> dict:
    """Return a boeking of the gemeente, spread by inhabitants, half unsure."""
    return {
        "buurt": buurt,
        "jaar": 2023,
        "van": "gemeente",
        "naar": "huishoudens",
        "post": "iv3:6.3:lasten",
        "domein": "zorg",
        "soort": "publiek",
        "bedrag": bedrag,
        "se": bedrag / 2,
        "methode": "verdeeld",
        "sleutel": "inwoners",
        "bron": "iv3-test",
        "bronjaar": 2023,
        **facts,
    }


def made(*rows: dict) -> pd.DataFrame:
    return ledger.conform(pd.DataFrame(rows))


def total(rows: pd.DataFrame, *buurten: str) -> dict:
    """Return the one total of whole buurten, the same by books and by grootboek."""
    weights = pd.Series(1.0, index=list(buurten))
    assert_same(bookkeeping.from_grootboek(rows), rows, weights, str(buurten))
    return bookkeeping.from_grootboek(rows).totals(weights, []).iloc[0].to_dict()


def test_the_error_of_a_key_is_gone_in_its_own_gemeente_and_not_in_the_next():
    rows = made(row(ONE, 600), row(TWO, 400), row(THREE, 100), row("BU99020001", 100))
    assert total(rows, ONE, TWO)["se"] == 0
    assert total(rows, ONE)["se"] == 300
    assert total(rows, ONE, TWO, THREE)["se"] == 50
    assert total(rows, ONE, THREE)["se"] == 350  # one key: both are off the same way


def test_what_a_key_gives_is_off_as_what_it_takes_in_the_same_gemeente():
    rest = {"van": "buitenwereld", "post": "inkomen:rest", "soort": "particulier"}
    rest |= {"methode": "gemeten", "sleutel": None}
    rows = made(
        *(row(b, x) for b, x in ((ONE, 600), (TWO, 400))),
        *(row(b, 1000, se=x / 2, fouten=f"sleutel:inwoners=-{x / 2:.2f}", **rest)
          for b, x in ((ONE, 600), (TWO, 400))),
        row(THREE, 1000, se=70, fouten="sleutel:inwoners=-70.00", **rest),
    )  # fmt: skip
    assert total(rows, ONE)["se"] == 0 and total(rows, ONE, TWO)["se"] == 0
    assert total(rows, THREE)["se"] == 70  # no such key was used there: its error stays whole


def test_a_total_of_only_unknown_amounts_is_unknown_and_they_are_counted():
    none = {"methode": "ontbreekt", "sleutel": None, "post": "inkomen:loon"}
    rows = made(row(ONE, np.nan, **none), row(TWO, np.nan, **none), row(TWO, 0.0))
    books = bookkeeping.from_grootboek(rows)
    found = books.totals(pd.Series(1.0, index=[ONE, TWO]), ["post"]).set_index("post")
    assert found["onbekend"].to_dict() == {"inkomen:loon": 2, "iv3:6.3:lasten": 0}
    assert np.isnan(found.loc["inkomen:loon", ["bedrag", "se"]].to_numpy(float)).all()
    assert found.loc["iv3:6.3:lasten", "bedrag"] == 0


def test_a_kengetal_moves_all_buurten_together_and_the_rest_of_an_error_does_not():
    unit = {"methode": "geraamd", "sleutel": None, "kengetal": "aow_per_persoon"}
    assert total(made(row(ONE, 60, **unit), row(THREE, 80, **unit)), ONE, THREE)["se"] == 70
    named = unit | {"fouten": "aow_per_persoon=3.00"}
    rows = made(row(ONE, 60, **named | {"se": 5}), row(THREE, 80, **named | {"se": 5}))
    assert total(rows, ONE, THREE)["se"] == pytest.approx(np.sqrt(6**2 + 2 * 4**2), abs=0.01)


BUURTEN = pd.Index([ONE, TWO, THREE], name="buurt")


def booked(*parts: Flow) -> tuple[Books, pd.DataFrame]:
    """Return flows of three buurten as books and as grootboek."""
    empty = Spread(TABLE, BUURTEN.to_numpy(), NOTHING)
    books = bookkeeping.from_flows(empty, [(BUURTEN, list(parts))])
    return books, flows.book(parts, BUURTEN, 2023)


def numbers(*values: float) -> pd.Series:
    return pd.Series(values, index=BUURTEN)


def flow(amount: Estimate, **facts) -> Flow:
    where = ("inkomen:aow", "rijk", "huishoudens", "werk en inkomen")
    return Flow(*where, amount, ("aow",), "kwb", 2023, **facts)


def test_flows_with_unknown_empty_and_spread_buurten_are_booked_as_in_the_grootboek():
    errors = {"aow": numbers(10.006, np.nan, 0.0), "aantal": 3.0}
    own = numbers(4.0, np.nan, 2.0)
    amount = Estimate(numbers(100.004, np.nan, -5.0), errors, own)
    methode = np.array(["verdeeld", "verdeeld", "gemeten"])
    spread = flow(amount, methode=methode, sleutel=np.array(["inwoners:WK990100", None, None]))
    plain = Flow("zorg:zvw", "rijk", "instellingen", "zorg", Estimate(7.0), (), "kwb", 2023)
    for weights in ([1.0, 1.0, 1.0], [0.5, 0.0, 1.0], [0.0, 1.0, 0.0]):
        for parts in ([flow(amount), plain], [spread]):
            books, grootboek = booked(*parts)
            assert_same(books, grootboek, pd.Series(weights, index=BUURTEN), str(parts))


def test_a_cause_may_name_the_wijk_or_the_gemeente_of_each_buurt():
    size = numbers(3.0, 4.0, 12.0)

    def error(cause: str) -> float:
        books, _ = booked(flow(Estimate(size * 10, {cause: size})))
        return books.totals(pd.Series(1.0, index=BUURTEN), [])["se"].item()

    assert error("telling") == 19
    assert error("telling van {gemeente}") == pytest.approx(np.hypot(7, 12), abs=0.01)
    assert error("telling van {wijk}") == pytest.approx(np.hypot(7, 12), abs=0.01)


def test_books_of_many_gemeenten_hold_each_as_if_it_were_alone(country, made_up):
    books, places = bench_landelijk.books_of(country), made_up["buurt"].str[2:6]
    for gemeente in country.gemeenten[::2]:
        alone = made_up[places == gemeente[2:]]
        weights = pd.Series(1.0, index=alone["buurt"].unique()[::2])
        pd.testing.assert_frame_equal(
            books.totals(weights, ["van", "naar"]),
            bookkeeping.from_grootboek(alone).totals(weights, ["van", "naar"]),
            rtol=1e-7,
            atol=0.0101,
        )
