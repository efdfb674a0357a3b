"""The grootboek: its rules name what is broken, and its totals carry their error."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wijkboek_utils import ledger, sums

ROW = {
    "buurt": "BU99010001",
    "jaar": 2023,
    "van": "gemeente",
    "naar": "buitenwereld",
    "post": "iv3:5.7:lasten",
    "domein": "groen",
    "soort": "publiek",
    "bedrag": 100.0,
    "se": 10.0,
    "methode": "verdeeld",
    "sleutel": "inwoners",
    "bron": "iv3-test",
    "bronjaar": 2023,
}


def rows(*changes: dict) -> pd.DataFrame:
    frames = [{**ROW, "buurt": f"BU990100{i:02d}", **c} for i, c in enumerate(changes)]
    return pd.DataFrame(frames)


UNKNOWN = {"bedrag": np.nan, "se": np.nan, "methode": "geheim", "sleutel": None}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"van": "buitenwereld"}, "van en naar verschillen"),
        ({"van": "kerk"}, "van en naar zijn bekende sectoren"),
        ({"bedrag": -1.0}, "een bedrag is nul of meer"),
        ({"bedrag": np.inf}, "een bedrag is nul of meer"),
        ({"bedrag": np.nan}, "een bedrag is nul of meer"),
        ({"se": np.nan}, "een bedrag heeft een standaardfout"),
        ({"se_bron": 11.0}, "de fout van de bron is deel van de standaardfout"),
        ({"sleutel": None}, "verdeeld noemt zijn sleutel"),
        ({"methode": "geraamd"}, "geraamd noemt zijn kengetal"),
        ({"methode": "gegokt"}, "methode is bekend"),
        ({"methode": "geheim"}, "geheim of ontbrekend heeft geen bedrag"),
        ({"buurt": "WK990100"}, "buurt is een CBS-code"),
        ({"domein": "feest"}, "domein en soort zijn bekend"),
        ({"bron": ""}, "bron is ingevuld"),
    ],
)
def test_a_broken_rule_is_named(change, rule):
    with pytest.raises(ledger.LedgerError, match=rule):
        ledger.conform(rows({}, change))


def test_boekingen_stand_in_the_order_of_their_key_and_what_is_missing_last():
    local = {"buurt": "BU99010001", "methode": "lokaal"}
    found = ledger.conform(
        rows(
            {"buurt": "BU9901000B"},
            {**local, "sleutel": None},
            {**local, "sleutel": "woz"},
            {**local, "van": "huishoudens"},
            {**local, "sleutel": None, "post": "iv3:0.1:lasten"},
        )
    )
    pd.testing.assert_frame_equal(found, found.sort_values(ledger.KEY, ignore_index=True))
    assert found["sleutel"].isna().tolist() == [True, False, False, True, False]


def test_a_boeking_that_stands_twice_is_refused():
    with pytest.raises(ledger.LedgerError, match="elke boeking staat er één keer"):
        ledger.conform(pd.concat([rows({}), rows({})]))


def test_a_good_grootboek_comes_back_in_one_order_and_type():
    table = ledger.conform(rows({}, {}, UNKNOWN))
    again = ledger.conform(table[::-1])
    pd.testing.assert_frame_equal(table, again)
    assert table.columns.tolist() == list(ledger.COLUMNS)


def test_a_missing_column_is_named():
    with pytest.raises(ledger.LedgerError, match="bedrag"):
        ledger.conform(rows({}).drop(columns="bedrag"))


def weights(table: pd.DataFrame, *values: float) -> pd.Series:
    return pd.Series(values, index=sorted(table["buurt"].unique()))


def test_a_total_of_only_unknown_amounts_is_unknown_and_counted():
    table = ledger.conform(rows(UNKNOWN, UNKNOWN))
    total = ledger.totals(table, weights(table, 1, 1), []).iloc[0]
    assert np.isnan(total["bedrag"]) and np.isnan(total["se"])
    assert total["onbekend"] == 2


def test_a_total_of_known_and_unknown_amounts_says_how_many_are_missing():
    table = ledger.conform(rows({}, UNKNOWN))
    total = ledger.totals(table, weights(table, 1, 1), []).iloc[0]
    assert (total["bedrag"], total["onbekend"]) == (100, 1)


def spread(parts: list[float], error: float, **changes) -> pd.DataFrame:
    whole = sum(parts)
    return ledger.conform(
        rows(*[{"bedrag": p, "se": error * p * (1 - p / whole), **changes} for p in parts])
    )


def test_a_spread_amount_is_certain_for_the_whole_gemeente_and_uncertain_for_a_part():
    table = spread([100, 300, 600], 0.2)
    whole = ledger.totals(table, weights(table, 1, 1, 1), []).iloc[0]
    part = ledger.totals(table, weights(table, 1, 1, 0), []).iloc[0]
    assert (whole["bedrag"], whole["se"]) == (1000, 0)
    assert (part["bedrag"], part["se"]) == (400, pytest.approx(0.2 * 400 * 0.6))


def test_a_weight_of_a_half_counts_half_of_a_buurt():
    table = spread([100, 300, 600], 0.2)
    half = ledger.totals(table, weights(table, 0.5, 0, 0), []).iloc[0]
    assert (half["bedrag"], half["se"]) == (50, pytest.approx(0.2 * 50 * 0.95))


def test_the_error_of_the_source_stays_when_the_error_of_the_key_is_gone():
    table = spread([100, 300], 0.2, se_bron=5.0, se=30.0)
    whole = ledger.totals(table, weights(table, 1, 1), []).iloc[0]
    assert whole["se"] == 10


@settings(max_examples=40)
@given(st.lists(st.floats(1, 1e6), min_size=2, max_size=12), st.floats(0.01, 1), st.data())
def test_an_area_and_its_complement_are_equally_uncertain(parts, error, data):
    inside = data.draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts)))
    table = spread([round(p, 2) for p in parts], error)
    area = weights(table, *map(float, inside))
    one, other = (ledger.totals(table, w, []) for w in (area, 1 - area))
    if len(one) and len(other):
        assert one["se"].iloc[0] == pytest.approx(other["se"].iloc[0], rel=1e-6, abs=0.02)


def test_errors_add_up_within_a_key_and_in_quadrature_across_keys():
    same = ledger.conform(rows({}, {"buurt": "BU99010000", "post": "iv3:5.6:lasten"}))
    other = ledger.conform(
        rows({}, {"buurt": "BU99010000", "post": "iv3:5.6:lasten", "sleutel": "land"})
    )
    far = {"buurt": "BU99010099", "bedrag": 1e12, "se": 0.0}
    for table, expected in ((same, 20), (other, np.sqrt(200))):
        away = [
            {**ROW, **far, "post": p, "sleutel": s}
            for p, s in table[["post", "sleutel"]].itertuples(index=False)
        ]
        full = ledger.conform(pd.concat([table, pd.DataFrame(away)], ignore_index=True))
        total = ledger.totals(full, pd.Series({"BU99010000": 1.0}), []).iloc[0]
        assert total["se"] == pytest.approx(expected, abs=0.01)


def test_measured_boekingen_are_independent():
    measured = {"methode": "gemeten", "sleutel": None}
    table = ledger.conform(rows(measured, measured))
    assert ledger.totals(table, weights(table, 1, 1), []).iloc[0]["se"] == pytest.approx(
        np.sqrt(200), abs=0.01
    )


def test_a_key_that_gives_and_takes_cancels_in_a_net_total():
    taking = {"van": "rijk", "naar": "gemeente", "post": "iv3:5.7:baten"}
    far = {"buurt": "BU99010099", "bedrag": 1e12, "se": 0.0}
    table = ledger.conform(
        pd.DataFrame([ROW, {**ROW, **taking}, {**ROW, **far}, {**ROW, **taking, **far}])
    )
    sign = pd.Series(np.where(table["van"] == "gemeente", -1, 1), index=table.index)
    net = ledger.totals(table, pd.Series({"BU99010001": 1.0}), [], sign=sign).iloc[0]
    assert (net["bedrag"], net["se"]) == (0, pytest.approx(0, abs=0.01))


def test_what_comes_in_equals_what_goes_out_over_all_sectors(utrecht):
    for area in (["GM0344"], ["WK034408"], ["BU03440831", "BU03440832"]):
        account = ledger.wijkrekening(utrecht.ledger, utrecht.weights(*area))
        balances = ledger.balances(account)
        assert balances["in"].sum() == pytest.approx(balances["uit"].sum(), abs=0.005)
        assert balances["saldo"].sum() == pytest.approx(0, abs=0.005)


def test_a_sector_without_boekingen_is_unknown_and_not_zero(utrecht):
    account = ledger.wijkrekening(utrecht.ledger, utrecht.weights("WK034408"))
    row = ledger.balances(account).set_index("sector").loc["vermogen"]
    assert row.isna().all()


def test_books_of_wijken_add_up_to_those_of_the_gemeente(utrecht):
    def of(*codes):
        account = ledger.wijkrekening(utrecht.ledger, utrecht.weights(*codes))
        return account.set_index(["van", "naar"])["bedrag"]

    wijken = [f"WK0344{n:02d}" for n in range(1, 11)]
    parts = sum(of(w).reindex(of("GM0344").index).fillna(0) for w in wijken)
    whole = of("GM0344").drop([("gemeente", "vermogen"), ("vermogen", "gemeente")])
    land = [("gemeente", "buitenwereld"), ("buitenwereld", "gemeente")]
    assert (parts.reindex(whole.index).drop(land) - whole.drop(land)).abs().max() < 1
    # Land development stays with the gemeente as a whole, and so does its share of overhead.
    share = 15_727 / (455_436 - 192_910)
    assert whole[land[0]] - parts[land[0]] == pytest.approx(77_633e3 + share * 254_103e3, abs=1)
    assert whole[land[1]] - parts[land[1]] == pytest.approx(80_327e3 + share * 6_407e3, abs=1)


# Errors by cause.


def estimated(*changes: dict) -> pd.DataFrame:
    """Make boekingen of one buurt, each a post of its own: 100 euro, off by what is said."""
    plain = {"methode": "geraamd", "sleutel": None, "kengetal": "k", "buurt": "BU99010001"}
    return ledger.conform(rows(*[plain | {"post": f"post:{i}"} | c for i, c in enumerate(changes)]))


HERE = pd.Series({"BU99010001": 1.0})


def se_of(table: pd.DataFrame, area: pd.Series = HERE, **arguments) -> float:
    """Return the standard error of the total of an area, in two ways that agree."""
    total = ledger.totals(table, area, [], **arguments).iloc[0]
    amounts, loadings = ledger.factors(table, area, [], **arguments)
    again = np.sqrt((loadings**2).sum(axis=1) + amounts["eigen"]).iloc[0]
    assert total["se"] == pytest.approx(again, abs=0.005)
    assert total["bedrag"] == pytest.approx(amounts["bedrag"].iloc[0], abs=0.005)
    return float(total["se"])


def test_two_posts_with_one_kengetal_are_off_together():
    one = {"se": 10.0, "fouten": "prijs=10.00"}
    assert se_of(estimated(one, one | {"se": 5.0, "fouten": "prijs=5.00"})) == 15
    opposite = {"se": 5.0, "fouten": "prijs=-5.00"}
    assert se_of(estimated(one, opposite)) == 5
    assert se_of(estimated(one, one | {"fouten": "prijs=-10.00"})) == 0


def test_two_posts_with_different_kengetallen_are_off_apart():
    assert se_of(
        estimated({"se": 3.0, "fouten": "prijs=3.00"}, {"se": 4.0, "fouten": "aantal=4.00"})
    ) == (5)


def test_what_the_causes_leave_of_an_error_is_of_the_boeking_itself():
    # 13² = 5² of the kengetal and 12² of its own: two of them are 10 together and 2 * 12² apart.
    one = {"se": 13.0, "fouten": "prijs=5.00"}
    assert se_of(estimated(one, one)) == pytest.approx(np.sqrt(100 + 288), abs=0.005)
    amounts, loadings = ledger.factors(estimated(one, one), HERE, ["post"])
    assert loadings["prijs"].tolist() == [5, 5]
    assert amounts["eigen"].tolist() == [144, 144]


def test_a_boeking_with_several_causes_gives_each_its_part():
    one = {"se": 5.0, "fouten": "aow_per_persoon=3.00;aantal inkomen:aow=-4.00"}
    loadings = ledger.factors(estimated(one), HERE, [])[1]
    assert loadings.iloc[0].to_dict() == {"aow_per_persoon": 3, "aantal inkomen:aow": -4}


def test_a_kengetal_without_named_errors_is_one_cause():
    assert se_of(estimated({}, {})) == 20
    assert se_of(estimated({}, {"kengetal": "ander"})) == pytest.approx(np.sqrt(200), abs=0.005)
    # What names its errors has nothing left under its kengetal.
    assert se_of(estimated({}, {"fouten": "prijs=0.00"})) == pytest.approx(np.sqrt(200), abs=0.005)


def test_half_of_a_buurt_has_half_of_every_error():
    one = {"se": 13.0, "fouten": "prijs=5.00"}
    half = HERE / 2
    assert se_of(estimated(one), half) == 6.5
    amounts, loadings = ledger.factors(estimated(one), half, [])
    assert (loadings["prijs"].iloc[0], amounts["eigen"].iloc[0]) == (2.5, 36)


def test_a_sign_turns_amounts_and_errors():
    table = estimated(
        {"se": 10.0, "fouten": "prijs=10.00"}, {"se": 4.0, "fouten": "prijs=4.00", "bedrag": 30.0}
    )
    sign = pd.Series([1, -1], index=table.index)
    amounts, loadings = ledger.factors(table, HERE, [], sign=sign)
    assert amounts["bedrag"].iloc[0] == 70
    assert loadings["prijs"].iloc[0] == 6
    assert se_of(table, sign=sign) == 6


def test_unknown_amounts_have_no_error_and_are_counted_in_factors():
    nothing = {"bedrag": np.nan, "se": np.nan, "methode": "ontbreekt", "kengetal": None}
    table = estimated({"se": 10.0, "fouten": "prijs=10.00"}, nothing)
    amounts, loadings = ledger.factors(table, HERE, ["post"])
    assert amounts["onbekend"].tolist() == [0, 1]
    assert amounts["bedrag"].isna().tolist() == [False, True]
    assert loadings.loc["post:1"].tolist() == [0]
    assert se_of(table) == 10
    assert ledger.totals(table, HERE, ["post"])["se"].isna().tolist() == [False, True]


def test_an_area_without_boekingen_has_no_totals():
    amounts, loadings = ledger.factors(estimated({}), pd.Series({"BU99019999": 1.0}), ["post"])
    assert len(amounts) == len(loadings) == 0


SHARES = [100, 300, 600]


def taken(sign: int, parts=SHARES, error: float = 0.2) -> pd.DataFrame:
    """Make what a key spread, and a flow out of which (-1) or into which (1) it goes."""
    whole = sum(parts)
    flow = rows(*[{"bedrag": p, "se": error * p * (1 - p / whole)} for p in parts])
    other = flow.assign(
        post="inkomen:rest",
        bedrag=1000.0,
        methode="gemeten",
        sleutel=None,
        van="buitenwereld",
        naar="huishoudens",
        fouten=[f"{ledger.KEY_CAUSE}inwoners={sign * se:.2f}" for se in flow["se"]],
    )
    return ledger.conform(pd.concat([flow, other], ignore_index=True))


@pytest.mark.parametrize("inside", [[1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 1, 1], [0.5, 0.5, 0]])
def test_what_a_key_spread_and_took_elsewhere_moves_by_the_same_measure(inside):
    minus, plus = taken(-1), taken(1)
    area = weights(minus, *inside)
    alone = ledger.totals(minus[minus["post"] != "inkomen:rest"], area, []).iloc[0]["se"]
    assert se_of(minus, area) == pytest.approx(0, abs=0.02)
    assert se_of(plus, area) == pytest.approx(2 * alone, abs=0.04)
    by_post = ledger.totals(minus, area, ["post"])
    assert by_post["se"].tolist() == pytest.approx([alone, alone], abs=0.02)


def test_the_share_outside_the_area_is_that_of_the_area_itself():
    # Two buurten with 100 and 300 of 1000 and an error of 20 %: 0.2 * 400 * 0.6, and not
    # 0.2 * (100 * 0.9 + 300 * 0.7).
    table = taken(-1)
    loadings = ledger.factors(table, weights(table, 1, 1, 0), ["post"])[1]
    assert loadings["sleutel:inwoners"].tolist() == pytest.approx([-48, 48], abs=0.01)


def test_a_key_of_one_gemeente_keeps_its_measure_beside_another_gemeente():
    one = taken(-1)
    far = taken(-1, [500, 500]).assign(buurt=lambda t: "BU9902" + t["buurt"].str[6:])
    area = pd.Series({"BU99010000": 1.0, "BU99010001": 1.0, "BU99020000": 1.0})
    both = ledger.conform(pd.concat([one, far], ignore_index=True))
    # In each gemeente what was taken cancels what was spread.
    loadings = ledger.factors(both.assign(waar=both["buurt"].str[:6]), area, ["waar"])[1]
    assert loadings["sleutel:inwoners"].tolist() == pytest.approx([0, 0], abs=0.02)


CAUSES = ["aow", "prijs", "aantal"]


@st.composite
def boekingen(draw) -> pd.DataFrame:
    """Make boekingen of three buurten: spread, estimated with named errors, measured, unknown."""
    found = []
    for i in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["verdeeld", "geraamd", "gemeten", "ontbreekt"]))
        for buurt in range(3):
            bedrag = draw(st.integers(1, 1000))
            errors = {c: draw(st.integers(-50, 50)) for c in CAUSES if draw(st.booleans())}
            own, key = draw(st.integers(0, 50)), draw(st.sampled_from(["inwoners", "land"]))
            square = own**2 + sum(e**2 for e in errors.values())
            row = {"post": f"p:{i}", "methode": kind, "bedrag": bedrag, "sleutel": None}
            row |= {
                "buurt": f"BU9901000{buurt}",
                "van": draw(st.sampled_from(["rijk", "gemeente"])),
            }
            if kind == "geraamd":
                text = ";".join(f"{c}={e:.2f}" for c, e in errors.items())
                row |= {"kengetal": "k", "se": np.sqrt(square), "fouten": text or None}
            elif kind == "verdeeld":
                row |= {"sleutel": key, "se": 0.2 * bedrag, "se_bron": 0.05 * bedrag}
            elif kind == "ontbreekt":
                row |= {"bedrag": np.nan, "se": np.nan}
            found.append(ROW | row)
    return ledger.conform(pd.DataFrame(found))


@settings(max_examples=20)
@given(boekingen(), st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=3))
def test_totals_are_factors_and_groups_add_up_to_their_union(table, inside):
    area = pd.Series(inside, index=[f"BU9901000{i}" for i in range(3)])
    for by in ([], ["post", "van"]):
        totals = ledger.totals(table, area, by)
        amounts, loadings = ledger.factors(table, area, by)
        se = np.sqrt((loadings**2).sum(axis=1) + amounts["eigen"]).where(amounts["bedrag"].notna())
        np.testing.assert_allclose(totals["se"], se, atol=0.006)
        np.testing.assert_allclose(totals["bedrag"], amounts["bedrag"], atol=0.006)
        assert totals["onbekend"].tolist() == amounts["onbekend"].tolist()
    if len(amounts):  # the variance of the union follows from the summed loadings
        union = np.sqrt((loadings.sum() ** 2).sum() + amounts["eigen"].sum())
        whole = ledger.totals(table, area, []).iloc[0]
        if amounts["bedrag"].notna().any():
            assert whole["se"] == pytest.approx(union, abs=0.02)


def test_named_errors_can_be_read_and_written():
    text = "aow_per_persoon=1200.00;aantal inkomen:aow=-300.00"
    table = estimated({}, {"se": 2000.0, "fouten": text}, {"se": 10.0, "fouten": "a=b=1.50"})
    errors = ledger.named_errors(table)
    assert errors["fout"].tolist() == [1200, -300, 1.5]
    assert errors["cause"].tolist() == ["aow_per_persoon", "aantal inkomen:aow", "a=b"]
    assert ledger.error_text(errors).tolist() == [text, "a=b=1.50"]
    assert ledger.named_errors(estimated({})).empty


def area(table: pd.DataFrame, *rows: tuple[float, float]) -> pd.DataFrame:
    """Return weights with their errors, one for each boeking of `spread`."""
    index = pd.Index(table["buurt"], name="buurt")
    return pd.DataFrame(rows, columns=["gewicht", "fout"], index=index)


def test_a_weight_that_is_unsure_moves_all_boekingen_of_its_buurt_together():
    table = pd.concat([spread([100, 300], 0.0), spread([50, 10], 0.0, post="iv3:6.1:lasten")])
    table = table.reset_index(drop=True)
    weights = area(table[:2], (0.5, 0.1), (1.0, 0.0))
    whole = ledger.totals(table, weights, []).iloc[0]
    assert (whole["bedrag"], whole["se"]) == (385, pytest.approx(0.1 * 150))
    amounts, loadings = ledger.factors(table, weights, ["post"])
    assert loadings["gewicht:BU99010000"].tolist() == pytest.approx([10, 5])
    assert amounts["bedrag"].tolist() == [350, 35]


def test_weights_without_an_error_are_certain_in_either_form():
    table = spread([100, 300], 0.2)
    certain = area(table, (1.0, 0.0), (0.25, 0.0))
    for by in ([], ["buurt"], ["van", "naar"]):
        found = ledger.totals(table, certain, by)
        pd.testing.assert_frame_equal(found, ledger.totals(table, certain["gewicht"], by))


def test_the_error_of_a_weight_has_the_sign_of_the_amount_and_leaves_the_unknown_alone():
    certain = {"se": 0.0, "sleutel": None, "methode": "gemeten"}
    out = {"buurt": "BU99010000", "naar": "bedrijven", "bedrag": 40.0, **certain}
    table = ledger.conform(rows({**certain}, out, UNKNOWN))
    weights = area(table[table["naar"] == "buitenwereld"], (0.5, 0.2), (0.5, 0.2))
    sign = pd.Series(np.where(table["naar"] == "bedrijven", -1, 1), index=table.index)
    net = ledger.totals(table, weights, [], sign=sign).iloc[0]
    assert (net["bedrag"], net["onbekend"]) == (30, 1)
    assert net["se"] == pytest.approx(0.2 * 60)


def plainly(table: pd.DataFrame, area: pd.Series, by: list[str]) -> dict[tuple, tuple]:
    """Return the totals of `ledger.totals`, boeking by boeking, for books of one gemeente."""
    rows = [r for r in table.to_dict("records") if area.get(r["buurt"], 0) > 0]
    for r in rows:
        r["group"], r["w"] = tuple(r[c] for c in by), area[r["buurt"]]
        pairs = [pair.rsplit("=", 1) for pair in str(r["fouten"]).split(";") if "=" in pair]
        r["named"] = [(cause, float(fout)) for cause, fout in pairs]
        own = r["se"] ** 2 - r["se_bron"] ** 2 - sum(fout**2 for _, fout in r["named"])
        r["rest"] = np.sqrt(max(own, 0.0))
    amount, cause, own = ({r["group"]: {} for r in rows} for _ in range(3))

    def add(where: dict, key: object, value: float) -> None:
        where[key] = where.get(key, 0.0) + value

    spread: dict[tuple, list] = {}
    for r in rows:
        if r["bedrag"] != r["bedrag"]:
            continue
        add(amount[r["group"]], "bedrag", r["bedrag"] * r["w"])
        if r["methode"] == "verdeeld":
            flow = (r["post"], r["van"], r["naar"], r["domein"], r["sleutel"])
            spread.setdefault((r["group"], flow), []).append(r)
        elif not r["named"] and isinstance(r["kengetal"], str):
            add(cause[r["group"]], r["kengetal"], r["rest"] * r["w"])
        else:
            add(own[r["group"]], "own", (r["rest"] ** 2 + r["se_bron"] ** 2) * r["w"] ** 2)
        for name, fout in r["named"]:
            add(cause[r["group"]], name, fout * r["w"])
    names = ["post", "van", "naar", "domein", "sleutel"]
    for (group, flow), parts in spread.items():
        same = (table[names].astype(str) == [str(x) for x in flow]).all(axis=1)
        whole = table.loc[same & (table["methode"] == "verdeeld"), "bedrag"].sum()
        part = sum(r["bedrag"] * r["w"] for r in parts)
        each = sum(r["bedrag"] * r["w"] * (1 - r["bedrag"] / whole) for r in parts)
        left = part * (1 - part / whole) / each if each > 0 else 0.0
        add(cause[group], f"sleutel:{flow[4]}", left * sum(r["rest"] * r["w"] for r in parts))
        add(own[group], flow, sum(r["se_bron"] * r["w"] for r in parts) ** 2)
    return {
        g: (
            amount[g].get("bedrag", np.nan),
            np.sqrt(sum(v**2 for v in cause[g].values()) + sum(own[g].values()))
            if amount[g]
            else np.nan,
            sum(r["group"] == g and r["bedrag"] != r["bedrag"] for r in rows),
        )
        for g in sorted(amount, key=str)
    }


@settings(max_examples=60)
@given(boekingen(), st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=3))
def test_totals_are_those_of_the_rule_applied_to_each_boeking(table, inside):
    area = pd.Series(inside, index=[f"BU9901000{i}" for i in range(3)])
    for by in ([], ["buurt"], ["post", "van"]):
        expected = plainly(table, area, by)
        found = ledger.totals(table, area, by)
        keys = [tuple(row) for row in found[by].itertuples(index=False)] if by else [()]
        assert len(found) == len(expected)
        for key, row in zip(keys, found[["bedrag", "se", "onbekend"]].to_numpy(), strict=False):
            if len(found):
                np.testing.assert_allclose(row, expected[key], atol=0.006)


@pytest.mark.parametrize("step", [1, 3, -1])
def test_words_are_numbered_as_pandas_does_whether_they_are_one_object_or_not(step):
    words = ["wonen", "".join(["wo", "nen"]), "zorg", None, np.nan, "afval", "zorg", "wonen"]
    for rows in (words, words[3:5], []):
        column = pd.Series(rows, dtype="str")[::step]
        number, found = sums.coded(column)
        expected, names = pd.factorize(column.to_numpy(object))
        assert number.tolist() == expected.tolist()
        assert list(found) == list(names)
