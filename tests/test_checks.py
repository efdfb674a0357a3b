"""The checks that close the books must be able to fail."""

import pytest

from wijkboek_utils import checks, ledger


def test_the_books_of_utrecht_close(utrecht):
    rows = checks.conservation(utrecht.sets, utrecht.iv3) + checks.closing(utrecht.iv3)
    table = checks.enforce(rows)
    assert len(table) == 7
    assert table["oordeel"].tolist() == [checks.HOLDS] * 6 + [checks.IN_SOURCE]
    assert table["verwacht"].iloc[0] == 1_887_759_000


def test_a_lost_cent_stops_the_run_and_is_named(utrecht):
    sets = utrecht.sets.copy()
    sets.loc[sets["set"] == "inwoners", "bedrag"] *= 1 + 1e-7
    with pytest.raises(ledger.LedgerError, match=r"Uitgaven.*«inwoners»"):
        checks.enforce(checks.conservation(sets, utrecht.iv3))


def test_money_that_moves_between_taakvelden_is_seen_also_when_the_total_is_right(utrecht):
    sets = utrecht.sets.copy()
    one, other = (sets.index[(sets["post"] == f"iv3:{t}:lasten")][0] for t in ("5.6", "5.7"))
    sets.loc[one, "bedrag"] += 50
    sets.loc[other, "bedrag"] -= 50
    with pytest.raises(ledger.LedgerError):
        checks.enforce(checks.conservation(sets, utrecht.iv3))


def test_a_one_sided_booking_is_seen():
    import pandas as pd

    account = pd.DataFrame({"van": ["rijk"], "naar": [None], "bedrag": [5.0]})
    with pytest.raises(ledger.LedgerError, match="Alle sectoren samen"):
        checks.enforce(checks.double_entry(account))


def test_rounding_of_cbs_is_shown_and_does_not_stop_the_run(utrecht):
    rows = checks.rounding(utrecht.indicatoren, {"AantalInwoners": "Inwoners"})
    table = checks.enforce(rows)
    assert (table["verwacht"].item(), table["verschil"].item()) == (367_947, -232)
    assert table["oordeel"].item() == checks.ROUNDED


def test_buurten_without_a_figure_are_told_from_rounding(gemeenten):
    rows = checks.rounding(gemeenten["GM0080"].indicatoren, {"HuishoudensTotaal": "Huishoudens"})
    assert "8 buurten zonder cijfer" in rows[0]["oordeel"]
