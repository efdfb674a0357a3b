"""Work in words: hours first, ranges honest, paid and unpaid never one figure."""

import re

import pandas as pd
import pytest

from tests.conftest import ROOT
from tests.test_work import GOLDEN
from wijkboek_utils import kengetallen, language, sources
from wijkboek_utils.models import work, work_text
from wijkboek_utils.models.work_books import PAID, UNPAID


@pytest.fixture(scope="module")
def werk() -> pd.DataFrame:
    """Return the work of Kanaleneiland: the golden figures, with what the rules say of them."""
    golden = pd.read_csv(GOLDEN)
    rules = sources.read_project_table("werk")
    green = rules[rules["keuze"] == "5.7"].iloc[0]
    facts = {c: green[c] for c in (*work.QUESTIONS, "grond", "uitvoerder")}
    share = golden["deel"]
    items = golden.assign(
        **facts, deel_laag=share / 2, deel_hoog=share * 1.5, se=golden["euro"] / 9
    )
    items["taakveld"] = items["id"].where(items["id"].str.startswith("iv3:")).str[4:]
    items["methode"] = "geraamd"
    for end in work.ENDS:
        own = items[f"uren{end}"].where(items["taakveld"].notna())
        items[f"uren_eigen{end}"], items[f"uren_inkoop{end}"] = own * 0.4, own * 0.6
        items[f"banen{end}"] = items[f"uren{end}"] / 640
    return items.assign(bron="iv3-2023", kengetal="werk_uurkosten_gemeente")


def tables(html) -> list[pd.DataFrame]:
    """Return the tables of a piece of HTML, with their first row as header."""
    found = []
    for table in re.findall(r"<table>.*?</table>", html.html, re.S):
        rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", r) for r in table.split("<tr")[1:]]
        found.append(pd.DataFrame(rows[1:], columns=rows[0]))
    return found


def text(html) -> str:
    """Return what a reader reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.html).replace("\u00a0", " ").split())


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (12_345, 45_678, "12.000 tot 46.000"),
        (1.23e6, 4.61e6, "1,2 tot 4,6 miljoen"),
        (0.0, 324.0, "hoogstens 320"),
        (0.0, 3.7e6, "hoogstens 3,7 miljoen"),
        (12.1e6, 13.9e6, "12 tot 14 miljoen"),
        (500.0, 500.0, "500"),
        (0.0, 0.4, "minder dan 1"),
        (float("nan"), 5.0, "onbekend"),
    ],
)
def test_a_range_has_the_digits_that_it_deserves(low, high, words):
    assert work_text.span(low, high).replace("\u00a0", " ") == words


def test_the_outcome_says_paid_unpaid_and_what_can_be_done(werk):
    said = work_text.outcome(werk, "Kanaleneiland", 0.5).replace("\u00a0", " ")
    found = re.findall(r"([\d.,]+) tot ([\d.,]+)( miljoen)?", said)
    assert len(found) == 4  # paid, unpaid, what can be done, and in jobs

    def amount(figure: str, million: str) -> float:
        return float(figure.replace(".", "").replace(",", ".")) * (1e6 if million else 1)

    sums = [
        *(work.together(werk[werk["betaald"] == kind], "uren", 0.5) for kind in (PAID, UNPAID)),
        work.together(work.doable(werk).query("betaald == @PAID"), "uren", 0.5),
    ]
    for (low, high, million), (middle, *ends) in zip(found, sums, strict=False):
        assert amount(low, million) < middle < amount(high, million)
        assert amount(high, million) == pytest.approx(ends[1], rel=0.15)


def test_work_that_is_partly_paid_stands_apart(werk):
    mixed = werk.copy()
    mixed.loc[3, ["betaald", "methode"]] = ["beide", "lokaal"]
    assert "een deel betaald is" in work_text.outcome(mixed, "Kanaleneiland", 0.5)
    assert "een deel betaald is" not in work_text.outcome(werk, "Kanaleneiland", 0.5)
    rows = tables(work_text.domains(mixed, "Kanaleneiland", 0.5))[0]
    assert (rows["Werk"] == "Deels betaald werk").sum() == 1
    rows = tables(work_text.doers(mixed, "Kanaleneiland", 0.5))[0]
    assert "Gemeente, deels betaald" in set(rows["Wie"])


def test_an_area_of_which_nothing_is_known_says_so(werk):
    nothing = werk.assign(uren=float("nan"), deel=float("nan"))
    assert "onbekend" in work_text.outcome(nothing, "Nergens", 0.5)
    assert "van geen enkel werk" in text(work_text.possible(nothing, "Nergens", 0.5)).lower()
    assert "<svg" not in work_text.domains(nothing, "Nergens", 0.5).html


def test_the_picture_has_two_scales_and_a_table(werk):
    found = work_text.domains(werk, "Kanaleneiland", 0.5)
    html = found.html
    assert 'role="img"' in html and "Toon de cijfers" in html
    assert "Betaald werk" in html and "Onbetaald werk" in html
    rows = tables(found)[0]
    assert set(rows["Werk"]) == {"Betaald werk", "Onbetaald werk"}
    kinds = werk.dropna(subset="uren").groupby(["betaald", "domein"])
    assert len(rows) == len(kinds)


def test_the_whole_list_has_each_kind_of_work_and_no_money_for_unpaid(werk):
    rows = tables(work_text.everything(werk, "Kanaleneiland"))[0]
    assert sorted(rows["Werk"]) == sorted(werk["naam"])
    unpaid = rows[rows["Betaald"] == UNPAID]
    assert set(unpaid["Bedrag per jaar"]) == {"onbetaald"}
    gas = rows.set_index("Werk").loc["Woningen van het aardgas halen"]
    assert gas["Uren"] == gas["Bedrag per jaar"] == "onbekend"


def test_who_does_it_tells_own_staff_from_who_is_hired(werk):
    rows = tables(work_text.doers(werk, "Kanaleneiland", 0.5))[0].set_index("Wie")
    assert "Gemeente, eigen personeel" in rows.index and "Bewoners, onbetaald" in rows.index
    assert "Voor de gemeente: bedrijven" in rows.index
    assert "Voor de gemeente: instellingen" not in rows.index  # of these rules nobody hires them


def test_the_four_questions_say_whose_answer_it_is(werk):
    ours = work_text.questions(werk, "Kanaleneiland")
    assert "Alle antwoorden zijn van ons" in text(ours) and ours.html.count("<li>") == 4
    assert "Van wie" not in ours.html
    theirs = werk.copy()
    theirs.loc[3, ["methode", "vermogen"]] = ["lokaal", "nee"]
    mixed = work_text.questions(theirs, "Kanaleneiland")
    assert "1 soort werk komt het antwoord uit de wijk" in text(mixed)
    rows = tables(mixed)[0]
    first = rows.iloc[0]  # what people answered stands first
    assert (first["Werk"], first["Wijkbedrijf"], first["Van wie"]) == (
        werk.loc[3, "naam"],
        "nee",
        "de wijk",
    )


def test_what_can_be_done_is_listed_apart_for_paid_and_unpaid(werk):
    found = work_text.possible(werk, "Kanaleneiland", 0.5)
    listed = tables(found)
    assert list(listed[0]) == ["Werk", "Uren", "Bedrag", "Banen"]
    free = next(t for t in listed if "Vrijwilligerswerk" in set(t["Werk"]))
    assert list(free) == ["Werk", "Uren"]
    best = work.doable(werk).query("betaald == @PAID")["naam"].iloc[0]
    assert listed[0]["Werk"].iloc[0] == best and listed[0]["Werk"].iloc[-1] == "Alles samen"


def test_every_sentence_is_short_and_every_word_is_plain(werk):
    known = kengetallen.load()
    units = work.hourly(known)
    parts = [
        work_text.domains(werk, "Kanaleneiland", 0.5),
        work_text.doers(werk, "Kanaleneiland", 0.5),
        work_text.hour_costs(units),
        work_text.possible(werk, "Kanaleneiland", 0.5),
        work_text.invite("Kanaleneiland", "utrecht-kanaleneiland"),
    ]
    html = "".join(p.html for p in parts)
    html += f"<p>{work_text.outcome(werk, 'Kanaleneiland', 0.5)}</p>"
    grounds = sources.read_project_table("werk")["grond"]
    html += "".join(f"<p>{g}</p>" for g in grounds)
    found = [f for f in language.findings(html) if f.rule in ("lange zin", "moeilijk woord")]
    assert found == []


def test_passports_name_the_kengetallen_of_the_work(werk):
    known = kengetallen.load()
    work.hourly(known)
    work.coherence(known)
    passport = work_text.passport("Uren", "uitleg", werk.assign(bron=None), known.used())
    assert list(passport.kengetallen) == ["werk_uurkosten_gemeente"]
    assert work_text.coherence(known.used()) == work.coherence(known)


def test_the_chapter_only_looks():
    chapter = (ROOT / "notebooks" / "14_werk.ipynb").read_text()
    assert "write_table" not in chapter and "inventory(" not in chapter
