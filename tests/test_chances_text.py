"""The chances of a wijk as a reader sees them: no promise, every sum, nothing counted twice."""

import re
from html import unescape

import pandas as pd
import pytest

from tests.test_chances import PILOTS, plan_rows, table, tables  # noqa: F401  a fixture
from wijkboek_utils import kengetallen, language
from wijkboek_utils.models import chance_plan_text, chance_plans, chances, chances_text

DEFINED = chances.definitions()
PLANS = DEFINED["modellen"]
NUMBER = re.compile(r"€?\s?−?[\d.]+(?:,\d+)?")


def fold(rows, id, plan, units):
    """Return a plan in words, from tables."""
    known = {row["id"]: row for row in chance_plan_text.records(units)}
    return chance_plan_text.fold(chance_plan_text.records(rows), id, plan, known)


def shared(rows, id):
    """Return which plans touch the same money, from a table."""
    return chance_plan_text.shared(chance_plan_text.records(rows), id)


@pytest.fixture(scope="module")
def units():
    known = kengetallen.load()
    chances.kengetallen_of(DEFINED, known)
    return known.used()


@pytest.fixture(scope="module")
def rows(tables):  # noqa: F811
    return tables["GM0344"]


def words(html) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html.html)))


def figure(text: str) -> float:
    return float(re.sub(r"[^\d,−]", "", text).replace("−", "-").replace(",", "."))


@pytest.mark.parametrize("id", PLANS)
def test_a_reader_can_do_the_sum_again(rows, units, id):
    """What stands in «Regel» times itself gives what stands in «Uitkomst», and the sums add up."""
    html = fold(rows, id, PLANS[id], units).html
    body = html[html.index("<tbody>") : html.index("</tbody>")]
    lines = [
        [unescape(re.sub(r"<[^>]+>", "", c)) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", r)]
        for r in re.findall(r"<tr[^>]*>(.*?)</tr>", body)
    ]
    own = plan_rows(rows, id)
    asked = own[own["regel"] != ""]
    made = [line for line in lines if " = " in line[0]]
    assert len(made) == len(asked)
    for (told, outcome), row in zip(made, asked.itertuples(), strict=True):
        _, formula = told.split(" [")[0].split(" = ", 1)
        value = 1.0
        for part in re.split(r"(?=[×÷])", formula.replace(": maal", " ×")):
            if row.soort == chance_plans.LOAN and "geleend" in part:
                part = part.split("(")[0]
            number = figure(NUMBER.search(part)[0]) * (0.01 if "procent" in part else 1)
            value = value / number if part.startswith("÷") else value * number
        assert value == pytest.approx(figure(outcome), rel=2e-5, abs=0.51)
    sums = {told.split(" [")[0]: figure(outcome) for told, outcome in lines if " = " not in told}
    left = sums["Levert op per jaar"] - sums["Kost per jaar"]
    assert sums["Blijft over per jaar"] == pytest.approx(left, abs=1.01)


@pytest.mark.parametrize("code", PILOTS)
def test_a_plan_that_may_lose_says_so(tables, code):  # noqa: F811
    for id in PLANS:
        own = plan_rows(tables[code], id)
        balance = own[own["soort"] == chance_plans.BALANCE].iloc[0]
        told = chance_plan_text.verdict(own)
        assert (balance["laag"] < 0) == bool(re.search("verlies|kost naar schatting", told)), id
        assert re.search("(levert|geeft) naar schatting", told) or balance["laag"] < 0


def test_wages_are_never_sold_as_money_that_is_left(rows, units):
    """Who works for it earned it: it pays back no van and is no saving."""
    paying = [id for id, p in PLANS.items() if any(r["soort"] == "blijft" for r in p["regels"])]
    assert set(paying) == {"hulp", "groenbedrijf", "ploeg"}
    for id, plan in PLANS.items():
        told = words(fold(rows, id, plan, units))
        assert ("loon dan het extra kost" in told) == (id in paying), id
        assert not ("terug wat vooraf nodig is" in told and id in paying), id


def test_a_handful_of_hours_is_no_range_from_nothing_to_nothing(rows, units):
    few = rows["soort"].isin([chance_plans.HOURS, chance_plans.VOLUNTEER])
    small = rows.assign(**{c: rows[c].mask(few, rows[c] / 1e5) for c in ("waarde", "laag", "hoog")})
    for id, plan in PLANS.items():
        told = words(fold(small, id, plan, units))
        assert "0,0" not in told.split("Wie betaalt")[0].split("De som van")[0], id


def test_the_opening_names_the_largest_chance_with_its_range(rows):
    told = words(chances_text.opening(rows, "Kanaleneiland"))
    balances = rows[rows["soort"] == chance_plans.BALANCE].set_index("onderdeel")["waarde"]
    assert f"«{PLANS[balances.idxmax()]['naam']}»" in told
    assert "tussen € 45.000 en € 1,1 miljoen per jaar" in told
    assert "15 plannen" in told
    assert "Het is loon voor mensen uit de wijk" in told
    saving = balances.drop([id for id, p in PLANS.items() if "blijft" in str(p["regels"])])
    assert f"Het meest bespaart «{PLANS[saving.idxmax()]['naam']}»" in told


def test_where_no_plan_pays_none_is_praised(rows):
    worse = rows["soort"].eq(chance_plans.BALANCE)
    poor = rows.assign(
        **{c: rows[c].mask(worse, rows[c] - 5e6) for c in ("waarde", "laag", "hoog")}
    )
    told = words(chances_text.opening(poor, "Kanaleneiland"))
    assert "Geen plan komt hier uit" in told
    assert "De grootste kans" not in told
    assert "kost naar schatting" in told


def test_books_of_one_domain_or_of_none_give_a_chapter_all_the_same(utrecht, units):
    books = utrecht.grootboek
    for part, known in ((books[books["domein"] == "groen"], True), (books[:0], False)):
        rows = table(utrecht, PILOTS["GM0344"], grootboek=part)
        assert ("«Een buurtgroenbedrijf»" in words(chances_text.opening(rows, "Wijk"))) is known
        chances_text.picture(rows, "Wijk", 2023)
        told = [
            words(chances_text.domain(rows, units, d, "Wijk", 2023)) for d in DEFINED["domeinen"]
        ]
        assert sum("staat niets in de boeken" in one for one in told) == (6 if known else 7)


def test_plans_that_touch_the_same_money_say_not_to_add_them(rows):
    assert "«Een straat samen isoleren»" in shared(rows, "klusteam")[0]
    assert "«Een klusteam tegen hoge rekeningen»" in shared(rows, "isolatie")[0]
    assert shared(rows, "repair") == ["Dit geld staat in de boeken bij wonen."]
    assert shared(rows, "zon") == []
    touched = rows[rows["raakt"] != ""]
    for post, found in touched.groupby("raakt"):
        for id in found["onderdeel"] if len(found) > 1 else ():
            assert any("Tel ze niet" in line for line in shared(rows, id)), post


def test_what_is_unknown_is_a_word(utrecht, units):
    books = utrecht.grootboek
    rows = table(utrecht, PILOTS["GM0344"], grootboek=books[books["domein"] != "energie"])
    told = words(chances_text.domain(rows, units, "energie", "Kanaleneiland", 2023))
    assert "onbekend" in told
    assert "€" not in told
    assert "Onbekend: Energie." in words(chances_text.picture(rows, "Kanaleneiland", 2023))
    plan = words(fold(rows, "klusteam", PLANS["klusteam"], units))
    assert "niet te berekenen" in plan
    assert "Het breekpunt is onbekend" in plan
    assert "Bewoners: onbekend." in plan


def test_a_plan_with_nothing_to_start_from_is_not_the_nearest(rows):
    sums = rows["soort"].eq(chance_plans.BALANCE)
    none = sums & rows["onderdeel"].eq("wooncooperatie")
    poor = rows.assign(
        **{c: rows[c].mask(sums, rows[c] - 5e6).mask(none, 0.0) for c in ("waarde", "laag", "hoog")}
    )
    told = words(chances_text.opening(poor, "Kanaleneiland"))
    assert "wooncoöperatie" not in told and "14 plannen" in told
    assert "niet te maken" in chance_plan_text.verdict(plan_rows(poor, "wooncooperatie"))


@pytest.mark.parametrize(
    ("people", "words"), [(300, "veel minder"), (18_000, ""), (120_000, "veel meer")]
)
def test_an_area_that_is_no_wijk_is_told_that_fixed_costs_do_not_fit(rows, people, words):
    here = rows["soort"].eq(chances.COUNT) & rows["van"].eq("inwoners")
    counted = rows.assign(waarde=rows["waarde"].mask(here, people))
    told = chances_text.opening(counted, "X").html
    assert ("vaste kosten" in told) == bool(words) and words in told


def test_without_any_figure_nothing_is_promised(rows):
    unknown = rows.assign(waarde=float("nan"), laag=float("nan"), hoog=float("nan"))
    assert "te weinig bekend" in words(chances_text.opening(unknown, "Kanaleneiland"))


def test_the_picture_has_its_figures_as_a_table(rows):
    html = chances_text.picture(rows, "Kanaleneiland", 2023)
    assert 'role="img"' in html.html
    for facts in DEFINED["domeinen"].values():
        assert words(html).count(facts["naam"]) >= 2, "in the drawing and in the table"


@pytest.mark.parametrize("domein", DEFINED["domeinen"])
def test_a_section_reads_as_plain_dutch_and_names_its_origin(rows, units, domein):
    html = chances_text.domain(rows, units, domein, "Kanaleneiland", 2023)
    bad = [f for f in language.findings(html.html) if f.rule in ("lange zin", "moeilijk woord")]
    assert [f for f in bad if f.severity == "fout"] == []
    passport = chances_text.passport(rows, units, domein)
    assert passport.bronnen
    own = rows[(rows["domein"] == domein) & (rows["kengetallen"] != "")]
    named = {id for cell in own["kengetallen"] for id in cell.split(";")}
    assert named <= set(passport.kengetallen)
    assert not re.search(r"\bnan\b|None|{|}", words(html))


def test_the_parties_of_a_plan_add_up_to_its_balance(rows):
    for id in PLANS:
        own = plan_rows(rows, id)
        signs = own["soort"].map(chance_plan_text._SIGNS)
        assert (own["wie"] != "")[signs.notna()].all(), "each euro has somebody"
        balance = own.loc[own["soort"] == chance_plans.BALANCE, "waarde"].iloc[0]
        assert (own["waarde"] * signs).sum() == pytest.approx(balance)


def test_a_bounded_plan_says_that_it_is(rows, units):
    first = rows["onderdeel"].eq("zon") & rows["soort"].eq(chance_plans.SAVED)
    bounded = rows.assign(begrensd=rows["begrensd"] | first)
    assert isinstance(bounded, pd.DataFrame)
    told = words(fold(bounded, "zon", PLANS["zon"], units))
    assert "loopt tegen de grens aan" in told
    assert "tot wat te beïnvloeden is" in told
