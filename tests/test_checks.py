"""The checks that close the books must be able to fail."""

import pandas as pd
import pytest

from tests.test_keys import figures
from wijkboek_utils import cbs, checks, households, ledger


def test_the_books_of_utrecht_close(utrecht):
    rows = checks.every_set(utrecht.sets, utrecht.rekening) + checks.closing(utrecht.rekening)
    table = checks.enforce(rows)
    assert len(table) == 7
    assert table["oordeel"].tolist() == [checks.HOLDS] * 6 + [checks.IN_SOURCE]
    assert table["verwacht"].iloc[0] == 1_887_759_000


def test_a_lost_cent_stops_the_run_and_is_named(utrecht):
    sets = utrecht.sets.copy()
    sets.loc[sets["set"] == "inwoners", "bedrag"] *= 1 + 1e-7
    with pytest.raises(ledger.LedgerError, match=r"Uitgaven.*«inwoners»"):
        checks.enforce(checks.every_set(sets, utrecht.rekening))


def test_money_that_moves_between_taakvelden_is_seen_also_when_the_total_is_right(utrecht):
    sets = utrecht.sets.copy()
    one, other = (sets.index[(sets["post"] == f"iv3:{t}:lasten")][0] for t in ("5.6", "5.7"))
    sets.loc[one, "bedrag"] += 50
    sets.loc[other, "bedrag"] -= 50
    with pytest.raises(ledger.LedgerError):
        checks.enforce(checks.every_set(sets, utrecht.rekening))


def test_a_one_sided_booking_is_seen():
    account = pd.DataFrame({"van": ["rijk"], "naar": [None], "bedrag": [5.0]})
    with pytest.raises(ledger.LedgerError, match="Alle sectoren samen"):
        checks.enforce(checks.double_entry(account))


def test_a_boeking_that_is_lost_or_doubled_in_the_grootboek_is_seen(utrecht):
    books = utrecht.ledger
    for wrong in (books[books["buurt"] != "BU03440831"], pd.concat([books, books[:1]])):
        with pytest.raises(ledger.LedgerError, match="grootboek"):
            checks.enforce(checks.conservation(wrong, utrecht.rekening, "grootboek"))


def test_a_buurt_that_the_area_does_not_know_is_seen(utrecht):
    gebied = utrecht.weights("GM0344").reset_index()
    gebied["wijk"] = gebied["buurt"].str.slice(2, 8)
    assert checks.enforce(checks.additivity(utrecht.ledger, gebied))["oordeel"].item() == "klopt"
    short = gebied[gebied["buurt"] != "BU03440831"]
    with pytest.raises(ledger.LedgerError, match="Alle wijken"):
        checks.enforce(checks.additivity(utrecht.ledger, short))


def test_income_that_is_booked_twice_or_not_is_seen(utrecht):
    kwb = cbs.read_kwb("GM0344").query("jaar == 2024")
    inkomen = households.income(kwb)
    rest = households.book_income(inkomen, utrecht.ledger, 2023)
    books = pd.concat([utrecht.ledger, rest], ignore_index=True)
    assert checks.enforce(checks.income(books, inkomen))["oordeel"].item() == checks.HOLDS
    for wrong in (books[:-1], pd.concat([books, rest[:1]])):
        with pytest.raises(ledger.LedgerError, match="Inkomen"):
            checks.enforce(checks.income(wrong, inkomen))


def people(whole: float, *parts: float | None) -> str:
    indicatoren = figures(AantalInwoners=list(parts))
    indicatoren.loc[indicatoren["soort"] == "Gemeente", "waarde"] = whole
    return checks.rounding(indicatoren, {"AantalInwoners": "Inwoners"})[0]["oordeel"]


def test_a_difference_is_called_rounding_only_when_rounding_can_explain_it():
    assert people(6_000, 1_000, 2_000, 3_000) == checks.HOLDS
    assert people(6_007, 1_000, 2_000, 3_000) == checks.ROUNDED
    assert people(6_009, 1_000, 2_000, 3_000) == checks.UNEXPLAINED
    assert people(6_100, 1_000, 2_000, 3_000) == checks.BROKEN
    assert people(6_100, 1_000, 2_000, None) == "verschil door 1 buurt zonder cijfer"


def test_inhabitants_of_utrecht_differ_by_more_than_rounding_and_are_shown(utrecht):
    rows = checks.rounding(utrecht.indicatoren, {"AantalInwoners": "Inwoners"})
    table = checks.enforce(rows)
    assert (table["verwacht"].item(), table["verschil"].item()) == (367_947, -232)
    assert table["oordeel"].item() == checks.UNEXPLAINED


def test_buurten_without_a_figure_are_told_from_rounding(gemeenten):
    rows = checks.rounding(gemeenten["GM0080"].indicatoren, {"HuishoudensTotaal": "Huishoudens"})
    assert "8 buurten zonder cijfer" in rows[0]["oordeel"]


def test_without_any_income_there_is_nothing_to_check(utrecht):
    kwb = cbs.read_kwb("GM0344").query("jaar == 2023")  # this version had no income yet
    inkomen = households.income(kwb)
    assert inkomen["bedrag"].isna().all()
    assert checks.income(utrecht.ledger, inkomen) == []
