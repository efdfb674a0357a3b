"""Every number of docs/reproductie.md is computed again from what was published."""

import re
from functools import cache

import pytest

from docs import reproductie
from tests.conftest import ROOT

tables, benefits = cache(reproductie.tables), cache(reproductie.benefits)
PAGE = (ROOT / "docs" / "reproductie.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(3))
def test_the_tables_of_the_page_are_those_we_compute(number):
    assert f"\n\n{tables()[number]}\n\n" in PAGE


def test_a_figure_that_was_published_has_its_address_on_the_page():
    table = reproductie.pd.read_csv(reproductie.PUBLISHED)
    assert table.notna().all(axis=None) and set(table["soort"]) == {"gepubliceerd"}
    assert not table.duplicated(["geval", "naam", "onderdeel"]).any()
    for address in table["bron"].unique():
        assert f"https://{address}" in PAGE


def test_what_the_page_says_of_the_bijstand():
    table = benefits().set_index("naam")
    ours, heads, counted = (
        table.loc[name] for name in ("Wijkboek", "alleen inwoners", "geteld in 2019")
    )
    assert ours["laag"] < counted["aandeel"] < ours["hoog"]  # «valt binnen onze marge»
    assert f"{counted['aandeel'] / ours['aandeel']:.1f}".replace(".", ",") + " keer" in PAGE
    assert round(counted["aandeel"] / heads["aandeel"]) == 4  # «vier keer te weinig»
    short = (counted["bedrag"] - ours["bedrag"]) / 1e6
    assert f"{short:.1f}".replace(".", ",") + " miljoen euro per jaar" in PAGE
    # The counts are not among our figures: else this would be no test of the estimate.
    assert (
        reproductie.keys.build_keys(
            reproductie.cbs.indicators(reproductie.GEMEENTE, reproductie.JAAR)
        ).resolve("bijstand")
        == "bijstand_uit_huur"
    )


def test_what_the_page_says_of_the_leaks():
    table = reproductie.leaks()
    exact = table["inkomen"].round(2) == table["gepubliceerd"]
    fits = (table["laag"] < table["gepubliceerd"] + 0.005) & (
        table["hoog"] > table["gepubliceerd"] - 0.005
    )
    assert (exact.sum(), (fits & ~exact).sum()) == (1, 3)
    (wrong,) = table[~fits].itertuples()
    assert f"Bij {wrong.inwoners:,} inwoners".replace(",", ".") in PAGE
    # By hand: what comes round is spent x (1 - elsewhere) x (1 - leak), and so on for ever.
    told = reproductie.published("lekken").pivot(index="onderdeel", columns="naam", values="waarde")
    kept = told["uitgegeven"] * (1 - told["bewoners"]) * (1 - told["bedrijven"])
    by_hand = (1 / (1 - kept)).set_axis(kept.index.astype(int)).sort_index()
    assert table["inkomen"].tolist() == pytest.approx(by_hand.tolist())
    assert table["inwoners"].tolist() == by_hand.index.tolist()


def test_what_the_page_says_of_the_groceries():
    table = reproductie.groceries().set_index("wat")
    assert table["gelijk"].tolist() == [True, False, False, True, True]
    rounded = table.loc["alle boodschappen", "gepubliceerd"] * 0.79
    assert round(rounded, 1) == 16.6  # as the note of the publication reckons
    assert [round(v, 1) for v in table["gevonden"].iloc[1:3]] == [16.4, 16.4]


def test_no_number_stands_on_the_page_that_nobody_checks():
    # Numbers of the prose: each is in the published table, in ours, or named in a test above.
    prose = re.sub(r"^\|.*$|`[^`]*`|\([^)]*\)|^#.*$", "", PAGE, flags=re.M)
    told = reproductie.pd.read_csv(reproductie.PUBLISHED)["waarde"]
    ours = set(re.findall(r"\d[\d.,]*\d|\d", "\n".join(tables())))
    known = {f"{v:g}".replace(".", ",") for v in told} | {
        f"{v:,.0f}".replace(",", ".") for v in told
    }
    named = {"1,6", "5,3", "16,5", "16,4", "44,20", "79", "80", "6.3", "5", "4", "1978", "1971"}
    named |= {"2014", "1982", "1986", "2018", "2019", "2023", "1,76", "0,36"}
    for number in re.findall(r"\d[\d.,]*\d|\d", prose):
        assert number in ours | known | named, number
