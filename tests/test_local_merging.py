"""Local money takes the place of what it measures: conserved, never doubled, gone if withdrawn."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wijkboek_utils import allocate, checks, households, income_kinds, kengetallen, ledger
from wijkboek_utils.errors import Fout
from wijkboek_utils.local import account, booking, claims, doubles, merging, surveys

BUURTEN = [f"BU0001{n:04d}" for n in range(5)]
REST = "BU0001REST"
GREEN, FOOD = "iv3:5.7:lasten", "besteding:voeding"


def boeking(buurt=BUURTEN[0], bedrag=100.0, post=GREEN, **facts) -> dict:
    """Return a boeking that a key spread, or with a kengetal."""
    municipal = post.startswith("iv3:")
    row = {
        "buurt": buurt,
        "jaar": 2023,
        "van": "gemeente" if municipal else "huishoudens",
        "naar": "buitenwereld",
        "post": post,
        "domein": "groen" if municipal else "voedsel",
        "soort": "publiek" if municipal else "particulier",
        "bedrag": bedrag,
        "se": 0.2 * bedrag,
        "se_bron": 0.0,
        "methode": "verdeeld" if municipal else "geraamd",
        "sleutel": "land" if municipal else None,
        "kengetal": None if municipal else "voeding",
        "fouten": None,
        "bron": "iv3-2023" if municipal else "cbs",
        "bronjaar": 2023,
    }
    return row | facts


def books(*rows: dict) -> pd.DataFrame:
    return ledger.conform(pd.DataFrame(list(rows)))


def claim(buurt=BUURTEN[0], bedrag=50.0, dekking="deel", naar="instellingen", **facts) -> dict:
    post = facts.get("post", GREEN)
    row = boeking(buurt, bedrag, post, methode="lokaal", sleutel=None, kengetal=None)
    row |= {"bron": "club", "rij": 2, "dag": "2024-01-01", "met_naam": True, "reden": ""}
    row |= {"betaler": None, "ontvanger": None, "se": 0.05 * bedrag}
    return row | {"naar": naar, "dekking": dekking} | facts


def local(*rows: dict) -> pd.DataFrame:
    return claims.boekingen(pd.DataFrame(list(rows), columns=claims.COLUMNS))


def per_buurt(boekingen: pd.DataFrame, post: str = GREEN) -> pd.Series:
    return boekingen[boekingen["post"] == post].groupby("buurt")["bedrag"].sum().round(2)


SPREAD = books(*[boeking(b, 100.0) for b in BUURTEN])


# --- one post of a gemeente


def test_all_of_a_post_takes_the_place_of_what_was_spread_and_the_others_pay_for_it():
    found = merging.merge(SPREAD, local(claim(bedrag=300.0, dekking="alles", naar="bedrijven")))
    assert per_buurt(found).to_list() == [300.0, 50.0, 50.0, 50.0, 50.0]
    mine = found[found["buurt"] == BUURTEN[0]]
    assert mine[["naar", "methode", "bron"]].astype(str).to_numpy().tolist() == [
        ["bedrijven", "lokaal", "club"]
    ]
    others = found[found["buurt"] != BUURTEN[0]]
    assert set(others["methode"]) == {"verdeeld"} and set(others["bron"]) == {"club;iv3-2023"}


def test_a_part_says_where_money_lands_and_leaves_the_buurt_what_it_had():
    found = merging.merge(SPREAD, local(claim(bedrag=30.0)))
    assert (per_buurt(found) == 100.0).all()
    mine = found[found["buurt"] == BUURTEN[0]].set_index("naar")["bedrag"]
    assert mine.to_dict() == {"buitenwereld": 70.0, "instellingen": 30.0}
    assert (found.loc[found["buurt"] != BUURTEN[0], "bron"] == "iv3-2023").all()


def test_parts_that_are_more_than_was_spread_raise_the_buurt_and_lower_the_others():
    found = merging.merge(SPREAD, local(claim(bedrag=90.0), claim(bedrag=50.0, naar="bedrijven")))
    assert per_buurt(found).to_list() == [140.0, 90.0, 90.0, 90.0, 90.0]
    assert set(found.loc[found["buurt"] == BUURTEN[0], "methode"]) == {"lokaal"}


def test_a_part_comes_first_out_of_what_lands_in_the_same_place():
    spread = books(
        *[boeking(b, 80.0) for b in BUURTEN], boeking(BUURTEN[0], 20.0, naar="huishoudens")
    )
    found = merging.merge(spread, local(claim(bedrag=30.0, naar="huishoudens")))
    mine = found[found["buurt"] == BUURTEN[0]].groupby("naar", observed=True)["bedrag"].sum()
    assert mine.to_dict() == {"huishoudens": 30.0, "buitenwereld": 70.0}


def test_a_part_within_a_local_whole_counts_once():
    both = local(claim(bedrag=200.0, dekking="alles", naar="buitenwereld"), claim(bedrag=50.0))
    found = merging.merge(SPREAD, both)
    assert per_buurt(found).to_list() == [200.0, 75.0, 75.0, 75.0, 75.0]
    mine = found[found["buurt"] == BUURTEN[0]].set_index("naar")["bedrag"]
    assert mine.to_dict() == {"buitenwereld": 150.0, "instellingen": 50.0}


def test_more_than_the_gemeente_spent_is_refused_with_both_amounts():
    too_much = local(claim(bedrag=600.0, dekking="alles"))
    with pytest.raises(
        Fout, match=r"lokaal €\s600 bekend, meer dan de €\s500 van de hele gemeente"
    ):
        merging.merge(SPREAD, too_much)
    many = local(*[claim(b, 150.0) for b in BUURTEN])
    assert merging.problems(SPREAD, many).str.contains("750").all()


def test_one_slip_of_the_pen_does_not_cost_the_others_their_place():
    slip = local(claim(bedrag=90_000.0), claim(BUURTEN[1], 60.0), claim(BUURTEN[2], 70.0))
    assert (merging.problems(SPREAD, slip) != "").to_list() == [True, False, False]


def test_amounts_in_words_have_no_more_digits_than_a_report_may_have():
    found = merging.problems(SPREAD, local(claim(bedrag=123_456_789.0)))
    assert "123\u00a0miljoen bekend" in found[0]


def test_parts_that_are_more_than_the_local_whole_are_refused_with_both_amounts():
    both = local(claim(bedrag=20.0, dekking="alles"), claim(bedrag=50.0, naar="bedrijven"))
    found = merging.problems(SPREAD, both)
    assert (
        found[both["dekking"] == "deel"].str.contains(r"€\s50, meer dan het geheel van €\s20").all()
    )
    assert (found[both["dekking"] == "alles"] == "").all()


def test_an_amount_that_the_gemeente_wrote_below_zero_is_not_touched():
    negative = books(*[boeking(b, van="buitenwereld", naar="gemeente") for b in BUURTEN])
    assert merging.problems(negative, local(claim())).str.contains("negatief").all()


def test_what_no_other_buurt_can_have_stays_with_the_gemeente_as_a_whole():
    alone = books(boeking(BUURTEN[0], 100.0))
    found = merging.merge(alone, local(claim(bedrag=60.0, dekking="alles")))
    assert per_buurt(found).to_dict() == {BUURTEN[0]: 60.0, REST: 40.0}


def test_a_known_part_of_an_unknown_amount_leaves_the_rest_unknown():
    unknown = boeking(bedrag=np.nan, post=FOOD, se=np.nan, se_bron=np.nan, methode="ontbreekt")
    found = merging.merge(books(unknown), local(claim(post=FOOD)))
    assert found["bedrag"].notna().sum() == 1 and found["bedrag"].isna().sum() == 1
    whole = merging.merge(books(unknown), local(claim(post=FOOD, dekking="alles")))
    assert whole["bedrag"].tolist() == [50.0]


def test_an_estimate_changes_in_its_own_buurt_only():
    spent = books(*[boeking(b, post=FOOD) for b in BUURTEN])
    found = merging.merge(spent, local(claim(post=FOOD, bedrag=900.0, dekking="alles")))
    assert per_buurt(found, FOOD).to_list() == [900.0, 100.0, 100.0, 100.0, 100.0]


def test_what_is_known_locally_makes_the_gemeente_no_less_sure():
    """A local amount that is off takes as much from the others: the sum stays what it was."""
    found = merging.merge(SPREAD, local(claim(bedrag=300.0, dekking="alles")))
    whole = pd.Series(1.0, BUURTEN)
    assert ledger.totals(found, whole, [])["se"].item() < 0.1
    one = ledger.totals(found, pd.Series({BUURTEN[0]: 1.0}), [])
    assert one["se"].item() == pytest.approx(15.0)
    without = whole.drop(BUURTEN[0])
    assert ledger.totals(found, without, [])["se"].item() == pytest.approx(15.0, rel=0.01)


# --- laws

amounts = st.integers(0, 100_000).map(lambda cents: cents / 100)
spreads = st.lists(amounts, min_size=5, max_size=5).filter(lambda a: sum(a) > 0)
local_rows = st.lists(
    st.builds(
        claim,
        buurt=st.sampled_from(BUURTEN),
        bedrag=amounts,
        dekking=st.sampled_from(["alles", "deel"]),
        naar=st.sampled_from(["buitenwereld", "bedrijven", "instellingen"]),
        bron=st.sampled_from(["club", "bond"]),
    ),
    min_size=1,
    max_size=6,
)


def spread_of(parts: list[float]) -> pd.DataFrame:
    rows = [boeking(b, a) for b, a in zip(BUURTEN, parts, strict=True) if a]
    # A second post and side, which nobody locally knows of.
    return books(*rows, *[boeking(b, 10.0, "iv3:6.1:lasten", domein="zorg") for b in BUURTEN])


def fitting(boekingen: pd.DataFrame, rows: list[dict]) -> pd.DataFrame:
    """Return the local boekingen that fit; what does not is left out, as in `booking.money`."""
    lokaal = local(*rows)
    return lokaal[merging.problems(boekingen, lokaal) == ""].reset_index(drop=True)


@settings(max_examples=20)
@given(spreads, local_rows)
def test_the_gemeente_keeps_its_published_amount_to_the_cent(parts, rows):
    before = spread_of(parts)
    lokaal = fitting(before, rows)
    lokaal = lokaal[merging.problems(before, lokaal) == ""]
    after = merging.merge(before, lokaal)
    pd.testing.assert_series_equal(
        allocate.by_taakveld(after).round(2), allocate.by_taakveld(before).round(2)
    )
    assert (after["bedrag"] >= 0).all()
    balance = ledger.balances(ledger.wijkrekening(after, pd.Series(1.0, [*BUURTEN, REST])))
    assert balance["in"].sum() == pytest.approx(balance["uit"].sum())


@settings(max_examples=20)
@given(spreads, local_rows)
def test_what_people_measured_stands_in_the_books_as_they_measured_it(parts, rows):
    before = spread_of(parts)
    lokaal = fitting(before, rows)
    after = merging.merge(before, lokaal)
    mine = per_buurt(after)
    whole = lokaal[lokaal["dekking"] == "alles"].groupby("buurt")["bedrag"].sum()
    for buurt, amount in whole.items():
        assert mine.get(buurt, 0.0) == pytest.approx(amount, abs=0.005)
    known = after[after["methode"] == "lokaal"].groupby(["buurt", "naar"], observed=True)
    known = known["bedrag"].sum()
    part = lokaal[lokaal["dekking"] == "deel"].groupby(["buurt", "naar"], observed=True)["bedrag"]
    for place, amount in part.sum().items():
        assert known[place] >= amount - 0.005


@settings(max_examples=20)
@given(spreads, local_rows)
def test_the_parts_of_an_area_add_up_and_posts_that_nobody_measured_stay(parts, rows):
    before = spread_of(parts)
    after = merging.merge(before, fitting(before, rows))
    pieces = sum(
        ledger.totals(after, pd.Series({b: 1.0}), [])["bedrag"].sum() for b in [*BUURTEN, REST]
    )
    assert pieces == pytest.approx(before["bedrag"].sum(), abs=0.02)
    other = "iv3:6.1:lasten"
    pd.testing.assert_frame_equal(
        after[after["post"] == other].reset_index(drop=True),
        before[before["post"] == other].reset_index(drop=True),
    )


@settings(max_examples=20)
@given(spreads, local_rows)
def test_withdrawing_one_source_gives_the_books_without_it_and_twice_is_once(parts, rows):
    before = spread_of(parts)
    rest = [row for row in rows if row["bron"] != "club"]
    withdrawn = merging.merge(before, fitting(before, rest))
    again = merging.merge(before, fitting(before, [r for r in rows if r in rest]))
    pd.testing.assert_frame_equal(withdrawn, again)
    pd.testing.assert_frame_equal(merging.merge(before, local()), before)
    lokaal = fitting(before, rows)
    turned = lokaal.iloc[::-1].reset_index(drop=True)
    one, two = merging.merge(before, lokaal), merging.merge(before, turned)
    # The order in which people bring things says nothing.
    pd.testing.assert_series_equal(per_buurt(one), per_buurt(two), atol=0.011)


# --- what can be booked at all

KNOWN = books(
    *[boeking(b) for b in BUURTEN],
    boeking(post=FOOD),
    boeking(post="iv3:6.72a:lasten", domein="zorg"),
    boeking(post="iv3:6.72b:lasten", domein="zorg"),
)


def payment(**facts) -> dict:
    row = claim() | {"taakveld": "5.7", "zijde": None, "post": None, "onzekerheid": np.nan}
    return row | facts


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ""),
        ({"jaar": 2022}, "gaat over 2022 en niet over 2023"),
        ({"buurt": None}, "valt in geen buurt"),
        ({"buurt": "BU99990000"}, "andere gemeente"),
        ({"taakveld": None}, "taakveld van de gemeente ontbreekt"),
        ({"taakveld": "0.10"}, "taakveld 0.10 heeft in 2023 geen lasten"),
        ({"taakveld": "6.72"}, "heet in 2023 anders: kies uit 6.72a of 6.72b"),
        ({"zijde": "baten"}, "staat bij de lasten"),
        ({"van": "huishoudens"}, "de post ontbreekt"),
        ({"van": "huishoudens", "post": "besteding:voedin"}, "Bedoelt u besteding:voeding"),
        ({"van": "rijk", "post": "inkomen:aow"}, "komt van CBS"),
        ({"van": "rijk", "post": "fonds:oranje"}, ""),
    ],
)
def test_what_cannot_be_booked_says_why(facts, words):
    rows = pd.DataFrame([payment(**facts)]).astype({"jaar": "Int64"})
    found = claims.payments(rows, KNOWN, set(BUURTEN), 2023)
    assert words in found["reden"].item() and bool(words) == bool(found["reden"].item())


def test_an_error_is_what_was_given_or_a_small_default():
    rows = pd.DataFrame([payment(bedrag=100.0), payment(bedrag=100.0, onzekerheid=16.45)])
    found = claims.payments(rows.astype({"jaar": "Int64"}), KNOWN, set(BUURTEN), 2023)
    assert found["se"].tolist() == pytest.approx([2.0, 10.0])


def test_a_taakveld_that_only_got_another_code_is_booked_under_the_new_one():
    posts = {"iv3:6.72a:lasten"}
    assert claims.taakveld("6.72", "lasten", posts, 2023) == ("6.72a", "")


# --- the same money twice

NOBODY = pd.DataFrame(columns=["vraag", "antwoord", "wie", "dag"], dtype="str")


def asked(*rows: dict, given: pd.DataFrame = NOBODY) -> tuple[pd.Series, pd.DataFrame]:
    return doubles.find(pd.DataFrame(list(rows)), given)


def test_the_same_amount_in_two_sources_is_booked_once_and_asked():
    reason, questions = asked(claim(se=1.0), claim(bron="bond", bedrag=51.0, se=5.0))
    assert reason.tolist()[0] == "" and "zelfde geld als in club" in reason.tolist()[1]
    one = questions.iloc[0]
    assert one["bron"] == "club;bond" and one["geboekt"] == "club" and one["antwoord"] == ""


@pytest.mark.parametrize(
    "other",
    [
        {"bedrag": 60.0},
        {"jaar": 2022},
        {"buurt": BUURTEN[1]},
        {"post": "iv3:6.1:lasten"},
        {"van": "rijk"},
        {"bron": "club"},
        {"betaler": "Gemeente X"},
        {"ontvanger": "Buurthuis"},
    ],
)
def test_what_differs_in_amount_place_time_or_party_is_other_money(other):
    reason, questions = asked(
        claim(betaler="Gemeente Y", ontvanger="Museum"), claim(bron="bond") | other
    )
    assert questions.empty and (reason == "").all()


def test_names_are_the_same_in_any_writing():
    _, questions = asked(
        claim(ontvanger="Stichting Y"), claim(bron="bond", ontvanger="stichting-y")
    )
    assert len(questions) == 1


def test_one_amount_that_is_the_sum_of_others_is_the_same_money():
    parts = [claim(bron="bond", bedrag=b) for b in (20.0, 31.0)]
    reason, questions = asked(claim(bedrag=50.0, se=0.1), *parts)
    assert len(questions) == 1 and reason.tolist()[0] == "" and (reason[1:] != "").all()
    more = [claim(bron="bond", bedrag=b) for b in (20.0, 30.0, 400.0)]
    reason, _ = asked(claim(bedrag=50.0, se=0.1), *more)
    assert (reason != "").tolist() == [False, True, True, False]


def test_two_sources_that_each_have_all_of_a_post_are_always_asked_about():
    one = claim(dekking="alles", bedrag=10.0)
    _, questions = asked(one, claim(dekking="alles", bedrag=90.0, bron="bond"))
    assert questions[["bedrag", "ander_bedrag"]].sum(axis=1).tolist() == [100.0]
    assert asked(claim(dekking="deel"), claim(dekking="alles", bron="bond"))[1].empty


def test_an_answer_closes_the_question(tmp_path):
    rows = (claim(), claim(bron="bond"))
    question = asked(*rows)[1]["vraag"].item()
    given = pd.DataFrame([[question, "verschillend", "penningmeester", "2024-03-01"]])
    reason, questions = asked(*rows, given=given.set_axis(NOBODY.columns, axis=1))
    assert (reason == "").all() and questions["geboekt"].item() == "beide"
    same = given.replace("verschillend", "zelfde").set_axis(NOBODY.columns, axis=1)
    reason, questions = asked(*rows, given=same)
    assert (reason != "").sum() == 1 and questions["antwoord"].item() == "zelfde"


def test_a_question_does_not_say_that_money_is_booked_when_it_did_not_fit():
    table = pd.DataFrame([claim(se=1.0), claim(bron="bond", bedrag=51.0, se=5.0)])
    reason, questions = asked(*table.to_dict("records"))
    claims_ = table.assign(reden=reason)
    assert doubles.booked(questions, claims_)["geboekt"].tolist() == ["club"]
    left = doubles.booked(questions, claims_.assign(reden="past niet"))
    assert left["geboekt"].tolist() == ["geen"]
    assert "alleen club geboekt" in account.questions(questions).html
    assert "Geen van beide is geboekt" in account.questions(left).html


@settings(max_examples=10)
@given(st.permutations(range(4)))
def test_what_is_booked_does_not_depend_on_the_order_of_rows(order):
    rows = [claim(se=s, bron=b) for s, b in ((3.0, "a"), (1.0, "b"), (2.0, "c"), (1.0, "d"))]
    table = pd.DataFrame([rows[i] for i in order])
    reason, questions = doubles.find(table, NOBODY)
    assert table.loc[reason == "", "bron"].tolist() == ["b"]
    assert len(questions) == 6


# --- a survey of spending


def survey(count: int, amount: float = 100.0, share: float | None = 50.0) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "buurt": BUURTEN[0],
            "jaar": pd.array([2023] * count, "Int64"),
            "post": FOOD,
            "bedrag_per_maand": amount,
            "deel_in_wijk": share,
        }
    )
    return surveys.means(rows, pd.Series(range(count)))


def spent(means: pd.DataFrame, households: float = 200.0) -> pd.DataFrame:
    near = pd.Series([0.3], pd.MultiIndex.from_tuples([(BUURTEN[0], FOOD)]))
    return surveys.amounts(
        means, pd.Series({BUURTEN[0]: households}), near, pd.Series({FOOD: 0.1})
    ).set_index("naar")


def test_a_survey_gives_mean_times_households_without_vat_and_splits_by_place():
    found = spent(survey(20))
    # 12 months x 200 households x 100 EUR, less the tenth that is VAT, half of it nearby.
    assert found["bedrag"].to_dict() == {"bedrijven": 108_000.0, "buitenwereld": 108_000.0}
    assert (found["reden"] == "").all() and (found["dekking"] == "alles").all()


def test_who_names_no_amount_spends_nothing_on_it():
    rows = pd.DataFrame(
        {
            "buurt": BUURTEN[0],
            "jaar": pd.array([2023] * 20, "Int64"),
            "post": [FOOD] * 10 + ["besteding:horeca"] * 10,
            "bedrag_per_maand": 100.0,
            "deel_in_wijk": np.nan,
        }
    )
    found = surveys.means(rows, pd.Series(range(20))).set_index("post")
    assert found["respondenten"].tolist() == [20, 20]
    assert found["bedrag_per_maand"].tolist() == [50.0, 50.0]


def test_fewer_than_ten_households_leave_only_their_number():
    found = survey(9)
    assert found["respondenten"].item() == 9
    assert found[["bedrag_per_maand", "spreiding", "deel_in_wijk"]].isna().all(axis=None)
    assert (spent(found)["reden"] == "minder dan 10 huishoudens deden mee").all()


def test_where_nobody_was_asked_the_share_of_the_books_stays_and_is_unsure():
    found = spent(survey(20, share=None))
    assert found.loc["bedrijven", "bedrag"] == pytest.approx(0.3 * 216_000)
    assert found.loc["bedrijven", "se"] > spent(survey(20))["se"].max()


def test_a_survey_of_everybody_has_no_error_of_sampling():
    rows = pd.DataFrame(
        {
            "buurt": BUURTEN[0],
            "jaar": pd.array([2023] * 20, "Int64"),
            "post": FOOD,
            "bedrag_per_maand": np.arange(20.0),
            "deel_in_wijk": 0.0,
        }
    )
    means = surveys.means(rows, pd.Series(range(20)))
    exact = spent(means, 20.0).loc["buitenwereld"]
    assert exact["bedrag"] == pytest.approx(12 * 0.9 * np.arange(20.0).sum())
    part = spent(means, 2000.0).loc["buitenwereld", "se"]
    plain = 12 * 2000 * 0.9 * np.arange(20.0).std(ddof=1) / np.sqrt(20)
    shares = 12 * 2000 * 0.9 * 9.5 / np.sqrt(12) / np.sqrt(20)
    assert part == pytest.approx(np.hypot(plain * np.sqrt(1 - 0.01), shares), rel=1e-3)


# --- in real books


def test_local_money_enters_the_books_of_utrecht_and_every_law_still_holds(utrecht):
    known, buurt = kengetallen.load(), "BU03440831"
    lokaal = local(
        claim(buurt, 400_000.0, "alles", "bedrijven"),
        claim(buurt, 60_000.0, post="iv3:6.1:lasten", domein="zorg"),
        claim(buurt, 9e6, "alles", "bedrijven", post=FOOD, van="huishoudens"),
        claim(buurt, 25_000.0, post="fonds:oranje", van="rijk", domein="zorg"),
    )
    kinds = r"(toeslag|inkomen:(aow|ao|ww|pensioen)$)"
    theirs = (utrecht.estimates["van"] == "huishoudens") | utrecht.estimates["post"].str.match(
        kinds
    )
    old = booking.Books(utrecht.ledger, utrecht.estimates[theirs], utrecht.estimates[~theirs])
    new = booking.merged(old, lokaal, utrecht.indicatoren, known, 2023)
    assert booking.merged(old, local(), utrecht.indicatoren, known, 2023) is old
    loon = households.book_income(utrecht.geboekt, new.gemeente, 2023)
    estimated = pd.concat([new.huishoudens, new.bedrijven], ignore_index=True)
    parts = income_kinds.with_income(estimated, loon)
    whole = ledger.conform(pd.concat([new.gemeente, parts], ignore_index=True))
    verdicts = (
        checks.conservation(whole, utrecht.rekening, "grootboek")
        + checks.income(whole, utrecht.geboekt)
        + checks.double_entry(ledger.wijkrekening(whole, utrecht.weights(buurt)))
    )
    assert set(checks.enforce(verdicts)["oordeel"]) == {checks.HOLDS}
    mine = whole[whole["methode"] == "lokaal"]
    assert mine["bedrag"].sum() == 400_000 + 60_000 + 9e6 + 25_000
    assert set(mine["bron"]) == {"club"} and set(mine["buurt"]) == {buurt}

    def of(rows: pd.DataFrame, post: str) -> float:
        return rows.loc[(rows["buurt"] == buurt) & (rows["post"] == post), "bedrag"].sum()

    # What residents and gemeente spend nearby is turnover that firms need not find elsewhere; of
    # what shops sell, they have to buy the goods elsewhere.
    near = new.huishoudens["naar"] == "bedrijven"
    food = of(new.huishoudens[near], FOOD)
    food -= of(old.huishoudens[old.huishoudens["naar"] == "bedrijven"], FOOD)
    landed = of(new.bedrijven, "landing:gemeente") - of(old.bedrijven, "landing:gemeente")
    goods = of(new.bedrijven, "bedrijf:handelswaar") - of(old.bedrijven, "bedrijf:handelswaar")
    sold = of(new.bedrijven, "bedrijf:omzet_buiten") - of(old.bedrijven, "bedrijf:omzet_buiten")
    assert sold == pytest.approx(goods - food - landed - 400_000, abs=1.0)
    # What the gemeente pays to firms of the wijk can no longer land there by an estimate.
    assert of(new.bedrijven, "landing:gemeente") < of(old.bedrijven, "landing:gemeente")
    more = of(new.huishoudens, FOOD) - of(old.huishoudens, FOOD)
    rate = surveys.levies(known, pd.Series([FOOD]))[FOOD]
    tax = of(new.huishoudens, "belasting:btw") - of(old.huishoudens, "belasting:btw")
    assert tax == pytest.approx(more * rate / (1 - rate), abs=1.0)


def test_without_contributions_of_money_claims_and_questions_are_those_of_no_rows(monkeypatch):
    figures = pd.DataFrame({"gebied": BUURTEN, "soort": "Buurt", "waarde": 1.0})
    figures = figures.assign(onderwerp="HuishoudensTotaal")
    part = books(boeking(), boeking(post=FOOD))
    three = booking.Books(part, part[part["post"] == FOOD], part[:0])
    known = (three, part.assign(set="inwoners"), figures, kengetallen.load(), 2023)
    found = booking.money([], *known)
    none = {kind: booking.rows([], kind) for kind in ("geldstroom", "besteding")}
    monkeypatch.setattr(booking, "rows", lambda bijdragen, kind: none[kind])
    for kind in none:
        empty = [SimpleNamespace(kind=kind, path=Path("nergens", "geld.csv"))]
        for table, expected in zip(found, booking.money(empty, *known), strict=True):
            pd.testing.assert_frame_equal(table, expected)
