"""The wijkrekening as people read it: sentences at their edges, tables with the right figures."""

import re

import numpy as np
import pandas as pd
import pytest

from tests.test_wijkrekening import BOOK, HERE, PILOTS, Pilot, book, closed, without
from wijkboek_utils import area_flows, firms, ledger, wijkrekening, wijkrekening_text
from wijkboek_utils.dutch import NBSP
from wijkboek_utils.show import Html

MILLION = 1e6


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def cells(table: Html) -> list[list[str]]:
    """Return the cells of a table as text, the head first."""
    rows = re.findall(r"<tr.*?</tr>", table.html)
    return [[plain(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def caption(table: Html) -> str:
    return re.search(r"<caption>(.*?)</caption>", table.html)[1]


def is_plain_dutch(text: str) -> bool:
    sentences = re.split(r"(?<=[.?!:]) ", text)
    long = [s for s in sentences if len(s.split(" ")) > 28]
    assert not long, long
    odd = re.search(r"nan|None|inf\b|-\d|€[^ \d]| {2}|\.\.| ,|«»", plain(text))
    assert not odd, text
    return text == text.strip() and text.endswith(".")


@pytest.fixture(scope="module", params=PILOTS)
def pilot(request, gemeenten) -> Pilot:
    return Pilot(request.param, gemeenten)


def flow(regel, bedrag, aanpassing, se=MILLION, van="huishoudens", naar="buitenwereld") -> dict:
    return {
        "van": van,
        "naar": naar,
        "regel": regel,
        "bedrag": bedrag,
        "se": se,
        "sluitend": bedrag + aanpassing,
        "se_sluitend": se,
        "aanpassing": aanpassing,
        "sprong": aanpassing / se,
        "gemarkeerd": abs(aanpassing) > 2 * se,
    }


def flows(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows)


# How far the flows move to close.


def test_the_flow_that_moves_most_is_named_with_its_direction():
    more = flows(flow("Energie", 9e6, 1e5), flow("Auto's", 9e6, 4e5), flow("Zorg", 9e6, -3e5))
    text = plain(wijkrekening_text.closing_sentence(more))
    assert "«Auto's»: € 400.000 meer." in text
    assert text.endswith("Geen bedrag schuift meer dan twee standaardfouten.")
    less = flows(flow("Energie", 9e6, 1e5), flow("Zorg", 9e6, -3e5))
    assert "«Zorg»: € 300.000 minder." in plain(wijkrekening_text.closing_sentence(less))


@pytest.mark.parametrize("small", [0.0, 0.4, -0.4])
def test_a_book_that_closes_needs_no_adjustment(small):
    text = wijkrekening_text.closing_sentence(flows(flow("Energie", 9e6, small)))
    assert "Hier was geen aanpassing nodig." in text and "schuift «" not in text
    assert text.endswith("Geen bedrag schuift meer dan twee standaardfouten.")
    assert is_plain_dutch(text)


@pytest.mark.parametrize("small", [2.0, 499.0])
def test_an_adjustment_of_some_euros_is_said_in_words_that_fit(small):
    text = wijkrekening_text.closing_sentence(flows(flow("Energie", 9e6, small)))
    assert "geen. " not in text


def test_a_small_amount_that_moves_too_far_is_named_too():
    text = wijkrekening_text.closing_sentence(flows(flow("Energie", 9e6, 100.0, se=10.0)))
    assert "geen aanpassing" in text and "schuift «Energie»." in text


def test_what_moves_too_far_is_named():
    text = wijkrekening_text.closing_sentence(
        flows(flow("Energie", 9e6, 3e6), flow("Zorg", 9e6, -1e5))
    )
    assert "Let op: meer dan twee standaardfouten schuift «Energie»." in text
    assert "Geen bedrag" not in text and is_plain_dutch(text)
    # A line that has two flows is named once.
    twice = flows(flow("Energie", 9e6, 3e6), flow("Energie", 9e6, 4e6, naar="rijk"))
    assert wijkrekening_text.closing_sentence(twice).count("schuift «Energie».") == 1


def test_many_that_move_too_far_still_fit_a_sentence():
    names = ["Andere goederen en diensten", "Huur aan woningcorporaties", "Vrije tijd en horeca"]
    names += ["Sparen en aflossen", "Belasting en premies over het inkomen", "Energie"]
    for count in range(1, len(names) + 1):
        table = flows(*(flow(n, 9e6, 3e6) for n in names[:count]))
        text = wijkrekening_text.closing_sentence(table)
        assert is_plain_dutch(text) and f"«{names[0]}»" in text
        said = sum(f"«{n}»" in text.split("Let op")[1] for n in names)
        assert said == count or "onder meer" in text


def test_the_sentence_of_a_pilot_is_that_of_its_table(pilot):
    text = wijkrekening_text.closing_sentence(pilot.closed)
    assert is_plain_dutch(text)
    most = pilot.closed.loc[pilot.closed["aanpassing"].abs().idxmax()]
    assert f"«{most['regel']}»" in text
    assert ("meer." if most["aanpassing"] > 0 else "minder.") in plain(text)


def test_the_table_of_flows_has_their_figures(pilot):
    found = wijkrekening_text.closing(pilot.closed, "Voor en na")
    rows = cells(found)
    assert caption(found) == "Voor en na" and len(rows) == len(pilot.closed) + 1
    assert [r[0] for r in rows[1:]] == [
        name.replace("'", "&#x27;") for name in pilot.closed["regel"]
    ]
    jump = [f"{value:.1f}".replace(".", ",") for value in pilot.closed["sprong"].abs()]
    assert [r[6].strip("\N{MINUS SIGN}") for r in rows[1:]] == jump
    assert {r[7] for r in rows[1:]} == {""}


def test_the_table_of_flows_marks_what_moves_too_far():
    table = flows(flow("Energie", 9e6, 3e6), flow("Zorg", 9e6, 400.0), flow("Rest", 9e6, -500.0))
    rows = cells(wijkrekening_text.closing(table, "Voor en na"))
    assert [r[7] for r in rows[1:]] == ["meer dan 2", "", ""]
    assert [r[5] for r in rows[1:]] == ["€ 3,0 miljoen meer", "geen", "€ 500 minder"]
    assert rows[1][1:3] == ["Huishoudens", "Buiten de wijk"]


# Accounts.


@pytest.mark.parametrize("sector", ledger.SECTOREN)
def test_the_account_of_a_sector_has_its_lines_and_totals(pilot, sector):
    rows = wijkrekening.sector(area_flows.of(pilot.grootboek, pilot.weights), sector)
    found = wijkrekening_text.account(rows, "De rekening", "Een opmerking.")
    shown = cells(found)
    assert caption(found) == "De rekening" and "Een opmerking." in found.html
    assert len(shown) == len(rows) + 1
    totals = rows["regel"].isin(wijkrekening.NAMES).sum()
    assert found.html.count('<tr class="total">') == totals
    grades = [row[4] for row in shown[1:]]
    assert set(grades) <= set("ABCDE") | {""}
    # A balance has no grade: it may be nothing and still be known well.
    assert [g for g, k in zip(grades, rows["kant"], strict=True) if k == "saldo"] in ([], [""])
    assert not re.search(r">(nan|None|€ 0)<", found.html)


def test_an_unknown_amount_is_a_word_in_the_account():
    nothing = ("toeslag:huur", "rijk", "huishoudens", np.nan, np.nan, None)
    rows = wijkrekening.sector(area_flows.of(book([*BOOK, nothing]), HERE), "huishoudens")
    shown = {row[0]: row for row in cells(wijkrekening_text.account(rows, "x"))}
    assert shown["Toeslagen en kinderbijslag"][2:] == ["onbekend", "onbekend", ""]
    assert shown["AOW"][1] == "Inkomst" and shown["Energie"][1] == "Uitgave"
    assert shown["Niet verklaard"][1] == "Saldo"


def test_a_balance_may_lie_on_both_sides_of_zero():
    rows = wijkrekening.sector(area_flows.of(book(BOOK), HERE), "bedrijven")
    rows[["bedrag", "se"]] *= MILLION
    shown = {row[0]: row for row in cells(wijkrekening_text.account(rows, "x"))}
    assert "\N{MINUS SIGN}" in shown["Niet verklaard"][3]
    assert all("\N{MINUS SIGN}" not in row[3] for name, row in shown.items() if name[:4] != "Niet")


def test_balances_say_which_accounts_must_close(pilot):
    rows = wijkrekening.balances(pilot.flows, pilot.loadings)
    found = wijkrekening_text.balances(rows, "Rekeningen")
    shown = cells(found)
    assert caption(found) == "Rekeningen" and len(shown) == 8
    assert [row[0] for row in shown[1:]] == list(wijkrekening_text.NAMES.values())
    closing = [row[0] for row in shown if "niet verklaard" in row[-1]]
    assert closing == ["Huishoudens", "Bedrijven", "Instellingen"]


def test_a_sector_without_flows_is_unknown_in_the_table_of_balances():
    rows = wijkrekening.balances(*wijkrekening.lines(without("sparen:"), HERE))
    shown = {row[0]: row for row in cells(wijkrekening_text.balances(rows, "x"))}
    assert shown["Sparen en vermogen"][1:4] == ["onbekend", "onbekend", "onbekend"]


# The Rijk.


def rijk(brought: tuple, taken: tuple, left: tuple) -> pd.DataFrame:
    names = wijkrekening_text.RIJK
    pairs = {"uit": brought, "in": taken, "saldo": left}
    by_side = {"in": names[0], "uit": names[1], "saldo": names[2]}
    rows = [(kant, by_side[kant], *pair) for kant, pair in pairs.items()]
    return pd.DataFrame(rows, columns=["kant", "regel", "bedrag", "se"])


def test_the_rijk_brings_or_takes_more():
    bring = rijk((9e6, 1e5), (5e6, 1e5), (4e6, 2e5))
    text = plain(wijkrekening_text.rijk_sentence(bring, "de wijk"))
    assert "Van wat geteld is brengt het Rijk hier meer: tussen € 3,7 en € 4,3 miljoen." in text
    take = rijk((5e6, 1e5), (9e6, 1e5), (-4e6, 2e5))
    text = plain(wijkrekening_text.rijk_sentence(take, "de wijk"))
    assert "Van wat geteld is haalt het Rijk hier meer: tussen € 3,7 en € 4,3 miljoen." in text
    assert is_plain_dutch(text)


@pytest.mark.parametrize(("left", "known"), [(0, False), (1.64e5, False), (1.65e5, True)])
def test_what_the_margin_covers_is_not_said(left, known):
    for sign in (1, -1):
        rows = rijk((5e6, 1e5), (5e6, 1e5), (sign * left, 1e5))
        text = wijkrekening_text.rijk_sentence(rows, "de wijk")
        assert ("Van wat geteld is" in text) == known
        assert ("is met deze schatting niet te zeggen" in text) != known


@pytest.mark.parametrize("side", ["uit", "in"])
def test_half_an_account_of_the_rijk_says_nothing(side):
    rows = rijk((5e6, 1e5), (9e6, 1e5), (-4e6, 2e5))
    rows.loc[rows["kant"] == side, ["bedrag", "se"]] = np.nan
    text = wijkrekening_text.rijk_sentence(rows, "de wijk")
    assert text == "Wat het Rijk in de wijk brengt en haalt, is niet bekend."


def test_without_taxes_the_rijk_is_unknown(utrecht):
    rows = wijkrekening_text.rijk_account(
        area_flows.of(utrecht.ledger[utrecht.ledger["naar"] != "rijk"], utrecht.weights("WK034408"))
    )
    text = wijkrekening_text.rijk_sentence(rows, "de wijk")
    assert text.endswith("is niet bekend.")


def test_the_account_of_the_rijk_turns_its_balance(pilot):
    rows = wijkrekening_text.rijk_account(area_flows.of(pilot.grootboek, pilot.weights))
    table = rows.set_index("regel")["bedrag"]
    taken, brought, left = (table[name] for name in wijkrekening_text.RIJK)
    assert left == pytest.approx(brought - taken, abs=0.1)
    assert rows["kant"].tolist() == sorted(rows["kant"], key=["uit", "in", "saldo"].index)
    assert is_plain_dutch(wijkrekening_text.rijk_sentence(rows, pilot.pilot.naam))
    found = wijkrekening_text.rijk(rows, "Het Rijk")
    assert caption(found) == "Het Rijk" and len(cells(found)) == len(rows) + 1


# Firms.


def made(*rows: tuple) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["naam", "vestigingen", "toegevoegde_waarde"])
    for column in ("omzet", "lonen"):
        table[column] = table["toegevoegde_waarde"]
    for column in ("vestigingen", "omzet", "toegevoegde_waarde", "lonen"):
        table[f"{column}_se"] = table[column] * 0.1
    return table


def test_firms_that_nobody_knows_are_not_zero():
    for rows in (made(), made(("Landbouw", 0, 0.0)), made(("Landbouw", np.nan, np.nan))):
        text = wijkrekening_text.firms_sentence(rows, "de wijk")
        assert text == "Over bedrijven in de wijk is niets bekend."


def test_the_largest_sector_of_firms_is_named():
    rows = made(("Landbouw", 5, 1e6), ("Handel en horeca", 20, 3e6), ("Nijverheid", 0, 0.0))
    text = wijkrekening_text.firms_sentence(rows, "de wijk")
    assert "Het meeste komt van handel en horeca." in text and is_plain_dutch(text)
    # 0.1 and 0.3 million apart: 4 million with an error of 0.32, by 1.645 at each side.
    assert "tussen € 3,5 en € 4,5 miljoen" in plain(text)
    shown = cells(wijkrekening_text.firms(rows, "Bedrijven"))
    assert [row[0] for row in shown[1:]] == rows["naam"].tolist()
    assert [row[1] for row in shown[1:]] == ["5", "20", "0"]


def test_firms_of_a_pilot(utrecht):
    from wijkboek_utils import kengetallen

    rows = firms.table(firms.production(utrecht.indicatoren, kengetallen.load()))
    table = firms.totals(rows, utrecht.weights("WK034408"))
    assert is_plain_dutch(wijkrekening_text.firms_sentence(table, "Utrecht Zuidwest"))
    shown = cells(wijkrekening_text.firms(table, "Bedrijven"))
    assert len(shown) == 8 and "onbekend" not in str(shown)


# Round and round.


def ranges(**values: tuple[float, float, float]) -> pd.DataFrame:
    names = [f"lek {n}" for n in ("huishoudens", "bedrijven", "instellingen", "gemeente", "wijk")]
    names += [f"multiplier {n}" for n in ("huishoudens", "bedrijven", "instellingen", "gemeente")]
    table = {name: (0.8, 0.7, 0.9) for name in names} | {"lm3": (1.2, 1.1, 1.3)}
    table["bewoners"] = (1.3, 1.2, 1.4)
    table |= {name.replace("_", " "): value for name, value in values.items()}
    return pd.DataFrame.from_dict(table, orient="index", columns=["waarde", "laag", "hoog"])


def test_the_share_that_leaves_is_a_range():
    text = plain(wijkrekening_text.round_sentence(ranges(), "de wijk"))
    assert "70 tot 90 procent" in text and "1,10 tot 1,30 euro (LM3)" in text
    same = ranges(lek_wijk=(0.8, 0.8, 0.801), lm3=(1.2, 1.2, 1.2))
    text = plain(wijkrekening_text.round_sentence(same, "de wijk"))
    assert "schatting 80 procent" in text and "dat 1,20 euro (LM3)" in text


def test_an_unknown_round_is_said_so():
    nothing = (np.nan, np.nan, np.nan)
    text = wijkrekening_text.round_sentence(ranges(lek_wijk=nothing), "de wijk")
    assert "niet te berekenen" in text and is_plain_dutch(text)
    shown = cells(
        wijkrekening_text.round_table(
            ranges(lek_bedrijven=nothing, multiplier_bedrijven=nothing), "Rond"
        )
    )
    assert shown[2] == ["Bedrijven", "onbekend", "onbekend"]
    assert shown[1][1:] == ["70 tot 90 procent", "0,70 tot 0,90"]


@pytest.mark.filterwarnings("ignore:All-NaN")
def test_without_firms_nothing_is_said_of_how_money_goes_round():
    found = wijkrekening.ranges(
        *wijkrekening.lines(without("bedrijf:"), HERE), wijkrekening.round_the_wijk, 5
    )
    text = wijkrekening_text.round_sentence(found, "de wijk")
    assert "niet te berekenen" in text


def test_the_round_of_a_pilot(pilot):
    found = wijkrekening.ranges(pilot.flows, pilot.loadings, wijkrekening.round_the_wijk, 10)
    text = wijkrekening_text.round_sentence(found, pilot.pilot.naam)
    assert is_plain_dutch(text)
    assert len(cells(wijkrekening_text.round_table(found, "Rond"))) == 5


# The matrix, leaks and grades.


def test_the_matrix_adds_up_and_leaves_empty_what_is_not_booked(pilot):
    table = wijkrekening.matrix(pilot.closed)
    found = wijkrekening_text.matrix(table, "Wie betaalt wie")
    shown = cells(found)
    assert caption(found) == "Wie betaalt wie" and len(shown) == 9
    assert shown[0][1:-1] == list(wijkrekening_text.NAMES.values())
    assert shown[1][1] == ""  # households pay themselves nothing
    total = f"{table.sum().sum() / 1e6:,.1f}".translate(str.maketrans(",.", ".,"))
    assert shown[-1][-1] == total
    one = table.loc["huishoudens", "rijk"] / 1e6
    assert shown[1][5] == f"{one:.1f}".replace(".", ",")


def test_the_matrix_has_no_zero_for_what_nobody_knows():
    table = wijkrekening.matrix(closed(without("sparen:")))
    shown = cells(wijkrekening_text.matrix(table, "Wie betaalt wie"))
    saving = shown[7]
    assert saving[0] == "Sparen en vermogen" and set(saving[1:]) == {""}


def test_leaks_have_an_amount_and_something_to_do(pilot):
    rows = wijkrekening.leaks(pilot.closed)
    found = wijkrekening_text.leaks(rows, "Lekken")
    shown = cells(found)
    assert caption(found) == "Lekken" and len(shown) == 4
    assert [row[3] for row in shown[1:]] == rows["reden"].tolist()
    assert all(row[2].startswith("tussen € ") for row in shown[1:])
    assert {row[1] for row in shown[1:]} <= set(wijkrekening_text.NAMES.values())


def test_a_leak_without_error_is_one_amount_and_no_leaks_an_empty_table():
    table = flows(flow("Energie", 9e6, 0.0, se=1.0)).assign(se=0.0)
    shown = cells(wijkrekening_text.leaks(wijkrekening.leaks(table), "Lekken"))
    assert shown[1][2].startswith("ongeveer € 9")
    empty = wijkrekening.leaks(flows(flow("AOW", 9e6, 0.0, van="rijk", naar="huishoudens")))
    assert len(cells(wijkrekening_text.leaks(empty, "Lekken"))) == 1


def test_grades_are_explained_by_their_limits():
    text = plain(wijkrekening_text.grades_explained().html)
    assert "A: de marge is hooguit 5 procent" in text
    assert "D: de marge is hooguit 60 procent" in text
    assert "E: de marge is groter dan 60 procent" in text
