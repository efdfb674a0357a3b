"""Sentences of the report, built from figures, in plain Dutch. What is unknown is said to be so."""

from collections.abc import Collection, Sequence

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.dutch import about, between, join, number, percent
from wijkboek_utils.grammar import verb

MORE, LESS, MIXED, NOTHING = "meer", "minder", "wisselend", "niets"
_NAMED = 3  # buurten in one sentence
_PAYERS = {
    "rijk": "het Rijk",
    "huishoudens": "huishoudens",
    "bedrijven": "bedrijven",
    "instellingen": "woningcorporaties",
    "buitenwereld": "betalers buiten het gebied of onbekend",
}


def assets(counts: pd.DataFrame, company_cars: pd.DataFrame) -> str:
    """Answer what there is, from `places.counts` and `places.company_cars`."""
    known = counts.dropna(subset="waarde")
    text = []
    for year, group in known.groupby("jaar", sort=False):
        if group["se"].any():  # buurten that lie in the area for a part: nobody counted that
            parts = [f"{dutch.estimate(r.waarde, r.se)} {r.naam}" for r in group.itertuples()]
            text.append(f"Naar schatting waren er in {year} {join(parts)}.")
            continue
        parts = [
            f"{number(r.waarde)} {r.een if round(r.waarde) == 1 else r.naam}"
            for r in group.itertuples()
        ]
        text.append(f"CBS telde in {year} {join(parts)}.")
    if known.empty:
        text.append("In onze bestanden staan hier geen tellingen.")
    if missing := counts.loc[counts["waarde"].isna(), "naam"].tolist():
        text.append(f"Nog niet in onze bestanden: het aantal {join(missing)}.")
    if len(company_cars):
        most = company_cars.nlargest(_NAMED, "autos")
        places = [f"{number(r.autos)} in {r.naam}" for r in most.itertuples()]
        if rest := company_cars["autos"].sum() - most["autos"].sum():
            places.append(f"{number(rest)} in andere buurten")
        text.append(
            f"Van de auto's staan er {join(places)}. Die zijn waarschijnlijk vooral van "
            "leasebedrijven."
        )
    return " ".join(text)


def flow_sentence(naam: str, receipts: pd.DataFrame, spent: pd.DataFrame) -> str:
    """Say what to see in the picture of flows; both tables have the largest first."""
    if receipts.empty or spent.empty:
        return f"Er zijn geen geldstromen van de gemeente bekend voor {naam}."
    payer, goal = receipts.iloc[0], spent.iloc[0]
    share = payer["bedrag"] / receipts["bedrag"].sum()
    name = _PAYERS.get(str(payer["van"]), str(payer["van"]))
    cents = number(round(share * 20) * 5)
    return (
        f"Van elke euro die de gemeente voor {naam} ontvangt, komt naar schatting ongeveer "
        f"{cents} cent van {name}. Het meeste geld gaat naar {goal['domein']}: "
        f"{about(goal['bedrag'], goal['se'])}."
    )


def bars_sentence(spent: pd.DataFrame) -> str:
    """Say what to see in the bars of expenses by domein; `spent` is sorted, largest first."""
    if spent.empty:
        return "Er zijn geen uitgaven bekend."
    first = spent.iloc[0]
    share = first["bedrag"] / spent["bedrag"].sum()
    text = f"Naar {first['domein']} gaat ongeveer {percent(share)} van de uitgaven."
    if (spent["se"] > 0).any():
        text += (
            " De lijn bij elke balk geeft aan hoe onzeker het bedrag is. Dat is meestal een "
            "inschatting van ons, geen meting."
        )
    return text


def map_sentence(table: pd.DataFrame, naam: str, drawn: Collection[str] | None = None) -> str:
    """Say what to see on the map of cost per inhabitant; `table` as `views.per_inhabitant`.

    `drawn` are the buurten on the map; without it all of them are.
    """
    everywhere, table = len(table), table if drawn is None else table[table["buurt"].isin(drawn)]
    known = table.dropna(subset="per_inwoner")
    if known.empty:
        return "Voor geen enkele buurt is een bedrag per inwoner bekend."
    low, high = known["per_inwoner"].min(), known["per_inwoner"].max()
    if about(low) == about(high):
        text = f"In elke buurt met een cijfer is het bedrag {about(low)} per inwoner."
    else:
        text = f"De bedragen lopen van {about(low)} tot {about(high)} per inwoner."
    if blank := len(table) - len(known):
        where = "één buurt" if blank == 1 else f"{blank} buurten"
        text += f" In {where} wonen minder dan 50 mensen; die zijn op de kaart gearceerd."
    if absent := everywhere - len(table):
        text += f" {dutch.plural(absent, 'buurt staat', 'buurten staan')} niet op de kaart."
    partly = table["gewicht"].between(0, 1, inclusive="neither").any()
    if 0 < (table["gewicht"] > 0).sum() < len(table):
        line = "ligt om de buurten van" if partly else "is"
        text += f" De dikke lijn {line} {naam}."
    if partly:
        text += " Een buurt die er voor een deel bij hoort, ligt er helemaal in."
    text += " Dit zijn schattingen: kleine verschillen tussen buurten zeggen niets."
    return text


def attributions(bronnen: pd.DataFrame) -> list[str]:
    """Return the credit that each publisher asks for, with titles and licence, one line each."""
    groups = bronnen.groupby(["vermelding", "licentie"], dropna=False)["titel"]
    return [f"{credit} ({licence}): {join(t.tolist())}." for (credit, licence), t in groups]


def filled(sleutels: pd.DataFrame, taakvelden: pd.DataFrame) -> str:
    """Say for how many buurten single figures had to be estimated."""
    used = sleutels[sleutels["sleutel"].isin(taakvelden["gebruikt"])]
    some = used[used["bijgeschat"] > 0]
    if some.empty:
        return "Van de gebruikte sleutels heeft elke buurt met inwoners een cijfer."
    parts = [
        f"{r.naam} ({dutch.plural(int(r.bijgeschat), 'buurt', 'buurten')})"
        for r in some.itertuples()
    ]
    count = dutch.plural(len(parts), "sleutel", "sleutels")
    return (
        f"Bij {count} ontbreekt het cijfer van enkele buurten: {'; '.join(parts)}. Die schatten we "
        "naar inwoners, in de verhouding van de andere buurten, met een grotere marge."
    )


def gemeente(gemeenten: Sequence[str], names: str) -> str:
    """Return the gemeente or gemeenten of an area by `names`: `de gemeente Utrecht`."""
    return f"de {verb(len(gemeenten), 'gemeente', 'gemeenten')} {names}"


def several(gemeenten: Sequence[str], names: str) -> str:
    """Say what «de gemeente» means in the report of an area in several; empty for one."""
    if len(gemeenten) < 2:
        return ""
    return (
        f"Dit gebied ligt in meer dan één gemeente: {names}. Van elke gemeente "
        "verdelen wij de rekening over haar eigen buurten. "
        "Daarna tellen wij op. «De gemeente» betekent hier: die gemeenten samen."
    )


def income_year(*years: int | None) -> str:
    """Say which years income is about, and what is not known about it."""
    known = sorted({year for year in years if year is not None})
    if not known:
        return "Er is geen cijfer over inkomen."
    tables = "de CBS-tabel over" if len(known) == 1 else "de CBS-tabellen over"
    return (
        f"Het inkomen komt uit {tables} {join([str(y) for y in known])}. CBS schrijft dat het "
        "inkomen over het jaar van de tabel gaat; bij deze cijfers is dat niet nagegaan. De "
        "rekening van de gemeente kan over een ander jaar gaan dan het inkomen."
    )


def direction(compared: pd.DataFrame) -> str:
    """Return whether an area gets more or less than it pays itself, under every set or not."""
    gap = compared["lasten"] - compared["eigen"]
    if gap.empty or gap.isna().any():
        return NOTHING
    if (gap > 0).all():
        return MORE
    return LESS if (gap < 0).all() else MIXED


def hardness(compared: pd.DataFrame, naam: str) -> str:
    """Say how hard the outcome is: the range over the key sets, and what holds under each."""
    verdict = direction(compared)
    if verdict == NOTHING:
        return "Er zijn te weinig cijfers om de drie verdelingen te vergelijken."
    low, high = compared["lasten"].min(), compared["lasten"].max()
    if high - low < 0.001 * high:
        return (
            f"Voor {naam} als geheel maakt de verdeling geen verschil. Hoeveel elke buurt krijgt, "
            "hangt wel af van de gekozen sleutels."
        )
    holds = {
        MORE: "Volgens alle drie de verdelingen gaat er meer gemeentegeld naar het gebied dan het "
        "zelf aan de gemeente betaalt. Dat is gewoon: het Rijk betaalt het grootste deel van wat "
        "een gemeente uitgeeft.",
        LESS: "Volgens alle drie de verdelingen betaalt het gebied meer aan de gemeente dan er aan "
        "gemeentegeld naartoe gaat.",
        MIXED: "Of er meer geld naartoe gaat dan het gebied betaalt, hangt af van de verdeling.",
    }
    paid = between(compared["eigen"].min(), compared["eigen"].max())
    return (
        f"Volgens de drie verdelingen gaat er {between(low, high)} gemeentegeld naar {naam}. "
        f"Bewoners en bedrijven betalen zelf {paid} aan de gemeente, voor zover bekend is wie "
        "betaalt. "
        f"{holds[verdict]}"
    )
