"""The summary: about 300 words that claim what the figures hold, whatever is missing."""

import math
import re
from dataclasses import replace
from html import unescape

import nbformat
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wijkboek_utils import (
    area_flows,
    dutch,
    household_account,
    passports,
    places,
    summary,
    summary_text,
    views,
    wijkrekening_text,
)
from wijkboek_utils.pilots import Pilot

NAN = math.nan
WIJK = Pilot("de-wijk", "De Wijk", "GM0001", "Stad", ["WK000101"], 2023, "jaarrekening")
BEGROTING = replace(WIJK, jaar=2024, verslag="begroting")
STAD = replace(WIJK, naam="Stad", codes=["GM0001"])
NO_CHANGE = pd.DataFrame({"onderwerp": [], "van": [], "tot": [], "oordeel": []})


def plain(text: str) -> str:
    """Return text with plain spaces."""
    return text.replace(dutch.NBSP, " ")


def total(bedrag: float = 8e6, se: float = 5e5, **others: float) -> pd.Series:
    """Return a total with its standard error."""
    return pd.Series({"bedrag": bedrag, "se": se, "se_vast": se, **others})


def counted(inwoners: float = 2000.0, **others: float) -> pd.DataFrame:
    """Return counts as `places.counts`, all of 2023."""
    topics = {"AantalInwoners": inwoners, "Woningvoorraad": 900.0, "OppervlakteLand": 1.0}
    topics |= {"BedrijfsvestigingenTotaal": 1.0} | others
    rows = [(t, *places.COUNTED[t], v, 2023, "kwb-2023", 0.0) for t, v in topics.items()]
    columns = ["onderwerp", "naam", "een", "waarde", "jaar", "bron", "se"]
    return pd.DataFrame(rows, columns=columns).astype({"jaar": "Int64"})


def rijk(pays: float = 20e6, se: float = 1e6, left: float = 9e6, se_left: float = 1e6):
    """Return the account of the Rijk as `wijkrekening_text.rijk_account`."""
    amounts = [(pays - left, se), (pays, se), (left, se_left)]
    frame = pd.DataFrame(amounts, columns=["bedrag", "se"])
    return frame.assign(regel=list(wijkrekening_text.RIJK))


def leaking(laag: float = 0.83, hoog: float = 0.9) -> pd.DataFrame:
    """Return what leaks from the wijk as the table `rondgang`."""
    return pd.DataFrame({"waarde": [0.86], "laag": [laag], "hoog": [hoog]}, index=["lek wijk"])


def facts(p: Pilot = WIJK, **changes: object) -> summary.Facts:
    """Return the facts of a wijk with 2.000 inhabitants."""
    income = total(56e6, 1e6, onbekend=0, inwoners=2000.0, uitkering=2e6, se_uitkering=3e5)
    known = {"kosten": total(), "inkomen": income, "inkomen_jaar": 2022, "telling": counted()}
    return summary.Facts(p, **(known | {"rijk": rijk(), "rondgang": leaking()} | changes))


def unknown(p: Pilot = WIJK) -> summary.Facts:
    """Return the facts of an area of which nothing is known."""
    none = total(NAN, NAN, onbekend=3, inwoners=NAN, uitkering=NAN, se_uitkering=NAN)
    nothing = counted(NAN, Woningvoorraad=NAN, OppervlakteLand=NAN, BedrijfsvestigingenTotaal=NAN)
    return facts(
        p,
        kosten=total(NAN, NAN),
        inkomen=none,
        inkomen_jaar=None,
        telling=nothing.assign(jaar=pd.array([pd.NA] * len(nothing), dtype="Int64")),
        rijk=rijk(NAN, NAN, NAN, NAN),
        rondgang=leaking(NAN, NAN),
    )


def closed(**amounts: float) -> pd.DataFrame:
    """Return what households spend after closing, as the table `sluitend`."""
    rows = {"Boodschappen": 5e6, "BTW": 2e6, "Andere goederen en diensten": 9e6, **amounts}
    table = pd.DataFrame({"regel": list(rows), "sluitend": list(rows.values())})
    return table.assign(van="huishoudens", naar="bedrijven", bedrag=1.0)


def unbalanced(left: float = 0.0, se: float = 1e6) -> pd.DataFrame:
    """Return what is left of the money of households as `household_account.account`."""
    return pd.DataFrame({"regel": ["Niet verklaard"], "bedrag": [left], "se": [se]})


def figures(f: summary.Facts, changes: pd.DataFrame = NO_CHANGE) -> list[tuple]:
    """Return the name, value and meaning of each key figure, with plain spaces."""
    book = passports.Books(
        booked([("iv3:6.6:lasten", "zorg", 50.0, 20.0, "ouderen")]).assign(bronjaar=2023, aantal=1),
        {},
        {},
    )
    made = summary.key_figures(f, changes, book, pd.DataFrame({"bron": ["kwb-2023", None]}))
    for name, value, _, pas in made:
        assert (pas.html == "") == (value == dutch.UNKNOWN)
        assert all((one["naam"], one["cijfer"]) == (name, value) for one in pas.linked)
    return [(name, plain(value), plain(meaning)) for name, value, meaning, _ in made]


def greenery(bomen: float = NAN, ander: float = NAN) -> pd.DataFrame:
    """Return the stock of green as `green.totals`."""
    rows = [("groen", NAN), ("bomen", bomen), ("bomen", ander)]
    return pd.DataFrame(rows, columns=["soort", "hoeveelheid"])


def leaks() -> pd.DataFrame:
    """Return leaks as `wijkrekening.leaks`."""
    rows = [
        ("Inkoop van bedrijven", "bedrijven", 9e6, "Bedrijven kunnen meer bij elkaar kopen."),
        ("Andere goederen en diensten", "huishoudens", 8e6, "Een deel kan dichtbij."),
        ("Energie", "huishoudens", 2e6, "Isoleren houdt geld in de wijk."),
        ("Boodschappen", "huishoudens", 4e6, "Winkels houden geld in de wijk."),
        ("Onderhoud", "instellingen", 3e6, "Een wijkbedrijf kan dit doen."),
    ]
    table = pd.DataFrame(rows, columns=["post", "van", "bedrag", "reden"])
    return table.assign(se=0.3e6, laag=table["bedrag"] - 5e5, hoog=table["bedrag"] + 5e5)


def doubt(**changes: object) -> pd.Series:
    """Return what is least sure as `summary.unsure`."""
    known = {"domein": "zorg", "bedrag": 3e6, "se": 1e6, "telling": "Wmo-cliënten"}
    return pd.Series({**known, **changes}, dtype=object)


def everything(f: summary.Facts, shares: pd.DataFrame | None = None) -> list[str]:
    """Return every sentence or word of the summary but the names of key figures."""
    poor = pd.DataFrame({"bedrag": [100.0], "arm": [14.0]}) if shares is None else shares
    return [
        summary_text.headline(f),
        summary_text.cost(f, 3000.0, ["zorg", "werk en inkomen"]),
        summary_text.inflow(f, 30e3, 32e3),
        summary_text.spent(f, closed()),
        summary_text.present(f),
        *[text for _, text in summary_text.certainty(f, poor, unbalanced(-9e6))],
        *[text for _, text in summary_text.steps(f, doubt(), leaks(), greenery())],
        *[f"{value} {meaning}." for _, value, meaning in figures(f)],
    ]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return re.split(r"(?<=[.!?]) ", text) if text else []


# What each figure may be when it is missing, nothing, below zero or very large.
anything = st.sampled_from([NAN, 0.0, 0.4, 1.0, 49.0, 2e3, 5e4, 999_999.5, 1e9, 3e12])
signed = st.one_of(anything, anything.map(lambda x: -x))
share = st.sampled_from([NAN, 0.0, 0.001, 0.5, 0.999, 1.0])
places_of = st.sampled_from([WIJK, BEGROTING, STAD, replace(STAD, verslag="begroting")])


@given(places_of, anything, anything, anything, anything, signed, share, st.booleans())
def test_every_sentence_is_short_and_whole_whatever_is_missing(
    p, people, cost, error, income, left, leak, spread
):
    f = facts(
        p,
        kosten=total(cost, error),
        inkomen=total(income, error, onbekend=int(spread), inwoners=people),
        inkomen_jaar=None if spread else 2022,
        telling=counted(people, Woningvoorraad=people, OppervlakteLand=NAN if spread else 3.0),
        rijk=rijk(income, error, left, error),
        rondgang=leaking(leak, leak) if spread else leaking()[:0],
    )
    shares = pd.DataFrame({"bedrag": [cost], "arm": [min(cost, 1.0)]})
    *prose, _, _, _, _ = everything(f, shares)
    for text in prose:
        for one in sentences(plain(text)):
            assert one[0].isupper() and one.endswith(".") and not one.endswith(".."), one
            assert len(one.split()) <= 28, one
    written = plain(" ".join(everything(f, shares)))
    assert not re.search(r"\b(nan|none|inf|<na>)\b| {2}", written, re.IGNORECASE), written


def test_nothing_known_is_said_without_a_zero():
    for p in (WIJK, STAD, BEGROTING):
        f = unknown(p)
        text = plain(" ".join(everything(f, pd.DataFrame({"bedrag": [], "arm": []}))))
        assert "€ 0" not in text and "0 cent" not in text and not re.search(r"\b0 \w", text)
        assert {card[1:] for card in figures(f)} == {("onbekend", "geen cijfer")}
        assert summary_text.headline(f) == f"Over het geld van {p.naam} is nog te weinig bekend."


def test_the_headline_is_what_stays_of_a_euro_in_an_area_of_the_size_of_a_wijk():
    stays = "Van elke euro die in en voor De Wijk wordt uitgegeven, blijft naar schatting "
    assert plain(summary_text.headline(facts())) == f"{stays}10 tot 17 cent in de wijk."
    same = facts(rondgang=leaking(0.9, 0.9))
    assert plain(summary_text.headline(same)) == f"{stays}10 cent in de wijk."
    amounts = "Bewoners van De Wijk hebben samen ongeveer € 56,0 miljoen inkomen, en de gemeente "
    for other in (
        facts(telling=counted(200.0)),
        facts(telling=counted(90e3)),
        facts(telling=counted(NAN)),
        facts(rondgang=leaking(NAN, NAN)),
        facts(rondgang=leaking()[:0]),
    ):
        assert plain(summary_text.headline(other)) == (
            f"{amounts}gaf in 2023 ongeveer € 8,0 miljoen voor het gebied uit."
        )
    city = facts(STAD, telling=counted(90e3))
    assert plain(summary_text.headline(city)).endswith("gaf in 2023 ongeveer € 8,0 miljoen uit.")


def test_the_headline_names_the_one_amount_that_is_known():
    small = {"telling": counted(NAN)}
    paid = summary_text.headline(facts(inkomen=unknown().inkomen, **small))
    assert plain(paid) == "De gemeente gaf in 2023 ongeveer € 8,0 miljoen voor De Wijk uit."
    earned = summary_text.headline(facts(kosten=total(NAN, NAN), **small))
    assert plain(earned) == "Bewoners van De Wijk hebben samen ongeveer € 56,0 miljoen inkomen."


@pytest.mark.parametrize(
    ("codes", "word"),
    [
        (["BU00010101"], "de buurt"),
        (["BU00010101", "BU00010102"], "de wijk"),
        (["WK000101"], "de wijk"),
        (["WK000101", "WK000102"], "het gebied"),
        (["BU00010101", "WK000102"], "het gebied"),
        (["GM0001"], "de gemeente"),
    ],
)
def test_an_area_is_called_what_it_is(codes, word):
    assert summary_text.headline(facts(replace(WIJK, codes=codes))).endswith(f"cent in {word}.")


def test_an_account_was_spent_and_a_budget_is_a_plan():
    spent = plain(summary_text.cost(facts(), 3000.0, ["zorg"]))
    assert spent == (
        "De gemeente Stad gaf in 2023 ongeveer € 8,0 miljoen uit voor De Wijk: € 4.000 per "
        "inwoner. Dat is meer dan in heel Stad (€ 3.000). Het meeste ging naar zorg."
    )
    planned = plain(summary_text.cost(facts(BEGROTING), 3000.0, ["zorg"]))
    assert planned.startswith(
        "De gemeente Stad wil in 2024 ongeveer € 8,0 miljoen uitgeven voor De Wijk: € 4.000 per "
    )
    assert planned.endswith("Het meeste gaat naar zorg.")
    card = figures(facts(BEGROTING))[1]
    assert card[0] == "De gemeente wil uitgeven, 2024"
    lost = facts(BEGROTING, kosten=total(NAN, NAN))
    assert summary_text.cost(lost, 3000.0, []) == (
        "Wat de gemeente Stad in 2024 voor De Wijk wil uitgeven, is niet bekend."
    )
    told = " ".join(everything(facts(BEGROTING, telling=counted(90e3))))
    assert "gaf in" not in told and "jaarrekening" not in told


def test_a_gemeente_is_not_compared_with_itself_and_spends_for_nobody_else():
    f = facts(STAD, kosten=total(se=0.0), telling=counted(90e3))
    assert plain(summary_text.cost(f, NAN, [])) == (
        "De gemeente Stad gaf in 2023 ongeveer € 8,0 miljoen uit: € 89 per inwoner."
    )
    assert "heel Stad" not in summary_text.inflow(f, NAN, 32e3)
    assert figures(f)[1][2] == "volgens de jaarrekening"


@pytest.mark.parametrize(
    ("se", "everywhere", "words"),
    [
        (1e5, 3000.0, "Dat is meer dan in heel Stad (€ 3.000)."),
        (1e5, 5000.0, "Dat is minder dan in heel Stad (€ 5.000)."),
        (1e5, 4010.0, "Dat is ongeveer evenveel als in heel Stad (€ 4.000)."),
        (4e6, 3000.0, "Dat is niet duidelijk anders dan in heel Stad (€ 3.000)."),
    ],
)
def test_cost_is_more_or_less_only_beyond_its_error(se, everywhere, words):
    assert plain(summary_text.cost(facts(kosten=total(se=se)), everywhere, [])).endswith(words)


@pytest.mark.parametrize("people", [NAN, 0.0, views.FEW - 1.0])
def test_of_few_people_or_an_unknown_number_nothing_is_said_each(people):
    f = facts(telling=counted(people))
    f = replace(f, inkomen=f.inkomen.copy())
    f.inkomen["inwoners"] = people
    assert "per inwoner" not in summary_text.cost(f, 3e3, []) + summary_text.inflow(f, 3e4, 3e4)


def test_income_stands_beside_gemeente_and_country():
    text = plain(summary_text.inflow(facts(), 30e3, 32e3))
    assert text == (
        "Bewoners hebben samen ongeveer € 56,0 miljoen inkomen, voor belasting: € 28.000 per "
        "inwoner. Dat is minder dan in heel Stad (€ 30.000) en in Nederland (€ 32.000)."
    )
    mixed = plain(summary_text.inflow(facts(), 20e3, 40e3))
    both = "meer dan in heel Stad (€ 20.000), maar minder dan in Nederland (€ 40.000)."
    assert mixed.endswith(both)
    alone = summary_text.inflow(facts(), NAN, NAN)
    assert "Dat is" not in alone
    some = facts()
    for count, said in ((1, "1 buurt"), (2, "2 buurten")):
        some.inkomen["onbekend"] = count
        text = plain(summary_text.inflow(some, NAN, NAN))
        assert text.endswith(f"Van {said} is geen inkomen bekend.")


def test_spending_names_the_largest_of_the_closed_accounts():
    rows = closed(Huur=3e6, Energie=NAN, BTW=1e6)
    saved = rows[:1].assign(regel="Sparen en aflossen", naar="vermogen", sluitend=8e6)
    others = rows[:1].assign(regel="Inkoop", van="bedrijven", sluitend=8e6)
    # Lines of one name are one: two parts of rent are more than the groceries.
    rent = rows[rows["regel"] == "Huur"].assign(naar="instellingen")
    # What was booked before closing, has another order.
    open_first = rows.assign(bedrag=[1.0, 9e9, 1.0, 1.0, 1.0])
    text = summary_text.spent(facts(), pd.concat([open_first, saved, others, rent]))
    assert text == "Bewoners geven het meeste uit aan huur en aan boodschappen."
    nothing = closed().assign(sluitend=NAN)
    for none in (nothing, nothing[:0], closed().assign(sluitend=0.0)):
        assert summary_text.spent(facts(), none).endswith("is niet bekend.")


def test_what_there_is_is_counted_in_singular_and_plural():
    text = summary_text.present(facts())
    assert text.startswith(
        "In 2023 telde CBS 900 woningen, 1 hectare land en 1 vestiging van een bedrijf. Wat er nog"
    )
    one = facts(telling=counted(Woningvoorraad=NAN))
    assert "Niet bekend is het aantal woningen." in summary_text.present(one)
    two = facts(telling=counted(Woningvoorraad=NAN, OppervlakteLand=NAN))
    assert "Niet bekend zijn de aantallen woningen en hectare land." in summary_text.present(two)


def test_what_is_there_with_buurten_in_part_is_an_estimate():
    text = summary_text.present(facts(telling=counted().assign(se=30.0)))
    assert text.startswith("In 2023 waren er naar schatting 900 woningen, ")
    assert "telde CBS" not in text


def test_trees_that_were_counted_are_not_asked_for_again():
    assert summary.uncounted(greenery())[:2] == ["groen", "bomen"]
    assert summary.uncounted(greenery()[:0])[:2] == ["groen", "bomen"]
    assert summary.uncounted(greenery(170.0))[:2] == ["groen", "andere bomen"]
    assert summary.uncounted(greenery(170.0, 3.0))[:2] == ["groen", "vakmanschap"]


def test_the_number_of_inhabitants_changed_only_when_years_says_so():
    rows = [("AantalInwoners", 2022, 2023, "hoger"), ("Andere", 2022, 2023, "lager")]
    changes = pd.DataFrame(rows, columns=["onderwerp", "van", "tot", "oordeel"])
    said = [figures(facts(), changes.assign(oordeel=o))[0][2] for o in ("hoger", "lager", "gelijk")]
    assert said == [
        "volgens CBS, toegenomen tussen 2022 en 2023",
        "volgens CBS, afgenomen tussen 2022 en 2023",
        "volgens CBS, ongeveer gelijk gebleven tussen 2022 en 2023",
    ]
    assert figures(facts(), changes[1:])[0][2] == "volgens CBS"


def test_key_figures_have_a_range_and_the_rijk_a_verdict_only_where_it_is_sure():
    assert figures(facts()) == [
        ("Inwoners, 2023", "2.000", "volgens CBS"),
        ("De gemeente gaf uit, 2023", "€ 8,0 miljoen", "tussen € 7,2 en € 8,8 miljoen"),
        (
            "Inkomen van bewoners, CBS-tabel 2022",
            "€ 56,0 miljoen",
            "volgens CBS, tussen € 54,4 en € 57,6 miljoen",
        ),
        (
            "Het Rijk betaalt, deels via de gemeente",
            "€ 20,0 miljoen",
            "tussen € 18,4 en € 21,6 miljoen; meer dan het ophaalt",
        ),
    ]
    takes = figures(facts(rijk=rijk(left=-9e6)))[3][2]
    assert takes.endswith("; minder dan het ophaalt")
    unsure = figures(facts(rijk=rijk(left=1e6)))[3][2]
    assert "ophaalt" not in unsure


@pytest.mark.parametrize(
    ("se", "words"),
    [
        (0.0, "volgens de jaarrekening"),
        (1.0, "met een kleine marge"),  # both ends print alike
        (NAN, "marge niet bekend"),
        (9e6, "tussen € 0 en € 23 miljoen"),
    ],
)
def test_the_range_of_a_key_figure_says_how_sure_it_is(se, words):
    f = facts(kosten=total(se=se))
    assert figures(f)[1][2] == words
    earned = facts(inkomen=total(8e6, se, onbekend=0, inwoners=2000.0))
    said = "volgens CBS" if se == 0 else f"volgens CBS, {words}"
    assert figures(earned)[2][2] == said


def test_certainty_claims_only_what_is_there():
    poor = pd.DataFrame({"bedrag": [60.0, 40.0], "arm": [14.0, 0.0]})
    found = dict(summary_text.certainty(facts(), poor, unbalanced()))
    assert list(found) == ["Zeker", "Redelijk zeker", "Onzeker", "Geschat"]
    assert "14 procent" in plain(found["Onzeker"])
    for none in (poor.assign(arm=0.0), poor.assign(arm=0.1), poor[:0]):
        assert "procent" not in dict(summary_text.certainty(facts(), none, unbalanced()))["Onzeker"]
    city = dict(summary_text.certainty(facts(STAD, telling=counted(90e3)), poor, unbalanced()))
    assert city["Niet bekend"] == "Wat in de gemeente blijft."
    nothing = dict(summary_text.certainty(unknown(), poor, unbalanced()))
    assert list(nothing) == ["Onzeker", "Geschat", "Niet bekend"]


@pytest.mark.parametrize(
    ("left", "se", "words"),
    [
        (-4e6, 2e6, "In onze schatting geven bewoners meer uit dan zij krijgen."),
        (4e6, 2e6, "In onze schatting geven bewoners minder uit dan zij krijgen."),
        (-3e6, 2e6, None),  # within the 90 % margin
        (NAN, 2e6, None),
        (-4e6, NAN, None),
    ],
)
def test_an_account_of_residents_that_surely_does_not_close_is_said_to_be_wrong(left, se, words):
    poor = pd.DataFrame({"bedrag": [60.0], "arm": [0.0]})
    found = dict(summary_text.certainty(facts(), poor, unbalanced(left, se)))
    assert found.get("Klopt nog niet") == words
    assert "Klopt nog niet" not in dict(summary_text.certainty(facts(), poor, unbalanced()[:0]))


def test_each_reader_gets_a_next_step_from_the_data():
    said = {who: plain(t) for who, t in summary_text.steps(facts(), doubt(), leaks(), greenery())}
    assert said == {
        "Bewoners": "Aan boodschappen gaat tussen € 3,5 en € 4,5 miljoen de wijk uit. Winkels "
        "houden geld in de wijk.",
        "Wethouder": "Het onzekerst is zorg: tussen € 1,4 en € 4,6 miljoen. Zoek "
        "per buurt het aantal Wmo-cliënten op.",
        "Woningcorporatie": "Aan onderhoud gaat tussen € 2,5 en € 3,5 miljoen de wijk uit. Een "
        "wijkbedrijf kan dit doen.",
    }


def test_without_leaks_or_doubt_the_next_step_is_to_count():
    city = facts(STAD, telling=counted(90e3))
    none = doubt(domein=None, bedrag=None, se=None, telling=None)
    assert dict(summary_text.steps(city, none, leaks(), greenery())) == {
        "Bewoners": "Tel mee: groen, bomen en vakmanschap.",
        "Wethouder": "Reken in enkele buurten na wat een taak echt kost.",
        "Woningcorporatie": "Leg uw eigen uitgaven in de gemeente naast deze cijfers.",
    }
    steps = dict(summary_text.steps(facts(), doubt(telling=None), leaks()[:0], greenery()))
    assert steps["Wethouder"].endswith("Reken na wat daarvan echt voor de wijk is.")
    assert steps["Bewoners"].startswith("Tel mee")


def booked(rows: list[tuple[str, str, float, float, str]]) -> pd.DataFrame:
    """Return municipal boekingen of one buurt and the rest of the gemeente."""
    columns = ["post", "domein", "bedrag", "se", "sleutel"]
    frame = pd.concat([pd.DataFrame(rows, columns=columns).assign(buurt=b) for b in ("A", "B")])
    facts = {"van": "gemeente", "naar": "buitenwereld", "methode": "verdeeld", "kengetal": None}
    frame = frame.assign(**facts, jaar=2023, fouten=None, se_bron=0.0, bron="iv3-2023")
    frame["buurt"] = frame["buurt"].map({"A": "BU00010101", "B": "BU00010102"})
    return frame.reset_index(drop=True)


TASKS = pd.Series({"6.81a": "Beschermd wonen (WMO)", "6.81b": "Vrouwenopvang (WMO)"})


def known_keys(*asked: tuple[str, str, float]) -> pd.DataFrame:
    """Return the keys of notebook 04: stand-ins, and those `asked` (id, name, error)."""
    rows = [("ouderen", "ouderen", 0.4), ("kinderen", "kinderen", 0.4), ("land", "land", 0.5)]
    rows += [("gezinnen", "gezinnen", 0.1), ("bedrijven", "bedrijven", 0.3), *asked]
    return pd.DataFrame(rows, columns=["sleutel", "naam", "fout"])


def test_the_least_sure_domein_asks_for_the_count_that_a_poorer_key_stands_in_for():
    books = booked(
        [
            ("iv3:6.6:lasten", "zorg", 50.0, 20.0, "ouderen"),
            ("iv3:6.72a:lasten", "zorg", 30.0, 10.0, "kinderen"),
            ("iv3:2.1:lasten", "mobiliteit", 900.0, 1.0, "land"),
            ("iv3:3.1:lasten", "werk en inkomen", 90.0, 9.0, "ouderen"),
        ]
    )
    asked = [("6.6", "wmo", "ouderen"), ("6.72a", "jeugdzorg", "kinderen")]
    asked += [("2.1", "land", "land"), ("3.1", "ouderen", "ouderen")]
    taken = pd.DataFrame(asked, columns=["taakveld", "gevraagd", "gebruikt"])
    keys = known_keys(("wmo", "Wmo-cliënten", 0.15), ("jeugdzorg", "jongeren", 0.15))
    here = pd.Series({"BU00010101": 1.0})
    found = summary.unsure(area_flows.of(books, here), taken, keys, TASKS)
    assert (found["domein"], found["bedrag"], found["telling"]) == ("zorg", 80.0, "Wmo-cliënten")
    # Fewer euros in doubt, as their stand-in is the better one.
    better = books.replace({"sleutel": {"kinderen": "gezinnen"}, "bedrag": {30.0: 60.0}})
    others = taken.replace({"gebruikt": {"kinderen": "gezinnen"}})
    assert (
        summary.unsure(area_flows.of(better, here), others, keys, TASKS)["telling"]
        == "Wmo-cliënten"
    )
    worse = books.replace({"bedrag": {30.0: 60.0}})
    assert summary.unsure(area_flows.of(worse, here), taken, keys, TASKS)["telling"] == "jongeren"
    right = taken.assign(gebruikt=taken["gevraagd"])
    assert summary.unsure(area_flows.of(books, here), right, keys, TASKS)["telling"] is None
    sure = summary.unsure(area_flows.of(books.assign(se=0.0), here), taken, keys, TASKS)
    assert sure.isna().all()


def test_of_a_task_whose_users_are_unknown_the_users_are_asked_for():
    books = booked(
        [
            ("iv3:6.6:lasten", "zorg", 50.0, 20.0, "ouderen"),
            ("iv3:6.81a:lasten", "zorg", 20.0, 9.0, "ruim"),
            ("iv3:6.81b:lasten", "zorg", 20.0, 9.0, "ruim"),
        ]
    )
    asked = [("6.6", "wmo", "ouderen"), ("6.81a", "ruim", "ruim"), ("6.81b", "ruim", "ruim")]
    taken = pd.DataFrame(asked, columns=["taakveld", "gevraagd", "gebruikt"])
    rough = ("ruim", "inwoners (gebruikers onbekend)", 0.6)
    keys = known_keys(("wmo", "Wmo-cliënten", 0.15), rough)
    here = pd.Series({"BU00010101": 1.0})
    found = summary.unsure(area_flows.of(books, here), taken, keys, TASKS)["telling"]
    # 40 euros of one task at 60 percent are more than 50 at 40; alone each would be less.
    assert found == "gebruikers van beschermd wonen en van vrouwenopvang"
    one = summary.unsure(
        area_flows.of(books[books["post"] != "iv3:6.81b:lasten"], here), taken, keys, TASKS
    )
    assert one["telling"] == "Wmo-cliënten"
    nameless = summary.unsure(area_flows.of(books, here), taken, keys, TASKS[:0])
    assert nameless["telling"] == "Wmo-cliënten"
    overhead = books.replace(
        {"post": {"iv3:6.6:lasten": "iv3:0.8:lasten"}, "sleutel": {"ouderen": "ruim"}}
    )
    rest = pd.DataFrame([("0.8", "ruim", "ruim")], columns=taken.columns)
    none = summary.unsure(
        area_flows.of(overhead, here), rest, keys, pd.Series({"0.8": "Overige lasten"})
    )
    assert none["telling"] is None


def test_a_key_that_stands_in_elsewhere_is_not_blamed_where_it_is_the_right_one():
    books = booked([("iv3:3.1:lasten", "werk en inkomen", 90.0, 9.0, "bedrijven")])
    asked = [("3.1", "bedrijven", "bedrijven"), ("0.62", "niet_woningen", "bedrijven")]
    taken = pd.DataFrame(asked, columns=["taakveld", "gevraagd", "gebruikt"])
    keys = known_keys(("niet_woningen", "niet-woningen", 0.2))
    found = summary.unsure(area_flows.of(books, pd.Series({"BU00010101": 1.0})), taken, keys, TASKS)
    assert found["telling"] is None


def test_labels_and_texts_are_escaped():
    html = summary_text.labelled([("<b>", "<script>alert(1)</script> & «x»")]).html
    assert html == (
        "<ul><li><strong>&lt;b&gt;:</strong> &lt;script&gt;alert(1)&lt;/script&gt; &amp; "
        "«x»</li></ul>"
    )


@pytest.mark.parametrize("codes", [["GM0344"], ["BU03440831"]])
def test_the_real_figures_of_a_gemeente_and_of_one_buurt_make_whole_sentences(utrecht, codes):
    naam = {"GM0344": "Utrecht"}.get(codes[0], "Kanaleneiland-Zuid")
    p = Pilot(codes[0], naam, "GM0344", "Utrecht", codes, 2023, "jaarrekening")
    weights = utrecht.weights(*codes)
    area = pd.DataFrame({"buurt": weights.index, "gewicht": weights.to_numpy(), "fout": 0.0})
    f = summary.Facts(
        p,
        views.cost(area_flows.of(utrecht.grootboek, weights)),
        places.household_income(utrecht.grootboek, weights, utrecht.inkomen),
        2024,
        places.counts(utrecht.indicatoren, area, codes, places.COUNTED),
        wijkrekening_text.rijk_account(area_flows.of(utrecht.grootboek, weights)),
        leaking(),
    )
    reference = places.reference(utrecht.grootboek, area, utrecht.indicatoren)
    account = household_account.account(area_flows.of(utrecht.grootboek, weights))
    text = [
        summary_text.headline(f),
        summary_text.cost(f, reference["kosten"], ["zorg"]),
        summary_text.inflow(f, reference["inkomen"], 34_900.0),
        *[
            t
            for _, t in summary_text.certainty(f, pd.DataFrame({"bedrag": [], "arm": []}), account)
        ],
    ]
    for one in sentences(plain(" ".join(text))):
        assert one[0].isupper() and one.endswith(".") and len(one.split()) <= 28
    assert ("heel Utrecht" in " ".join(text)) == (codes != ["GM0344"])
    assert ("cent in de buurt" in text[0]) == (codes != ["GM0344"])
    book = passports.books(
        utrecht.grootboek,
        weights,
        pd.DataFrame({"sleutel": [], "naam": []}),
        pd.DataFrame({"id": [], "naam": []}),
    )
    folds = [c[3] for c in summary.key_figures(f, NO_CHANGE, book, utrecht.inkomen)]
    assert [len(one.linked) for one in folds] == [1, 1, 1, 1]
    spends = folds[1].linked[0]
    assert spends["waarde"] == round(f.kosten["bedrag"], 2) and "#bron-iv3-2023" in spends["bron"]
    assert len(summary.headline_passport(f, book).linked) == (codes != ["GM0344"])
    none = summary.key_figures(unknown(p), NO_CHANGE, book, utrecht.inkomen)
    assert [card[3].html for card in none] == [""] * 4


def words(path) -> int:
    """Return how many words a reader sees of a chapter: no code, folds or names of key figures.

    A word has a letter or a digit in it; an amount counts each of its parts.
    """
    shown = []
    for cell in nbformat.read(path, as_version=4).cells:
        found = [o.data.get("text/html", "") for o in cell.get("outputs", []) if "data" in o]
        shown += found if cell.cell_type == "code" else [cell.source]
    html = " ".join(shown)
    fold = r"<details[^>]*>(?:(?!<details).)*?</details>"
    while re.search(fold, html, re.DOTALL):
        html = re.sub(fold, "", html, flags=re.DOTALL)
    html = re.sub(r"<dt>.*?</dt>|<[^>]+>", " ", html)
    return len(re.findall(r"\S*\w\S*", plain(unescape(html))))


@pytest.mark.parametrize(
    "pilot",
    ["utrecht-kanaleneiland", "arnhem-spijkerkwartier", "leeuwarden-heechterp-schieringen"],
)
def test_the_summary_is_about_300_words(rendered, pilot):
    path = rendered / "reports" / pilot / "audit" / "11_samenvatting.ipynb"
    assert 250 <= words(path) <= 350


def test_words_are_counted_as_a_reader_sees_them(tmp_path):
    output = nbformat.v4.new_output(
        "display_data",
        {
            "text/html": "<dl><div><dt>Niet dit</dt><dd>€&nbsp;5 miljoen</dd></div></dl><details>"
            "<summary>niet</summary><details>dit</details>niet</details><p>Wel dit.</p>"
        },
    )
    cells = [
        nbformat.v4.new_markdown_cell("# Kop\n\nTwee woorden."),
        nbformat.v4.new_code_cell("geen = 1", outputs=[output]),
    ]
    path = tmp_path / "x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert words(path) == 3 + 2 + 2
