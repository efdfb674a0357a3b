"""Sentences of the report, built from figures, in plain Dutch. What is unknown is said to be so."""

from collections.abc import Collection

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.dutch import about, between, interval, is_known, join, number, percent
from wijkboek_utils.views import FEW

# Below this share two amounts are called about equal.
_ABOUT_EQUAL = 0.03
_CBS_STEP = 200.0  # CBS rounds income per inhabitant to hundreds of euros; see rounding_unit
MORE, LESS, MIXED, NOTHING = "meer", "minder", "wisselend", "niets"
_PAYERS = {
    "rijk": "het Rijk",
    "huishoudens": "huishoudens",
    "bedrijven": "bedrijven",
    "instellingen": "woningcorporaties",
    "buitenwereld": "betalers buiten het gebied of onbekend",
}


def compare(value: float | None, other: float | None, place: str, margin: float = 0.0) -> str:
    """Say how a value stands to that of a place, as "Dat is meer dan in heel Utrecht (€ 4.900).".

    `margin` is the half width of the interval of `value`; a difference within it is not claimed.
    """
    if not is_known(value) or not is_known(other) or not other:
        return ""
    beside = f"{place} ({about(other)})"
    if abs(value / other - 1) < _ABOUT_EQUAL:
        return f"Dat is ongeveer even veel als in {beside}."
    if abs(value - other) < margin:
        return f"In {place} is het {about(other)}; dat verschil is te klein om zeker te zijn."
    return f"Dat is {'meer' if value > other else 'minder'} dan in {beside}."


def key_figures(
    naam: str, cost: pd.Series, income: pd.Series, people: pd.Series, compared: pd.DataFrame
) -> list[tuple[str, str, str]]:
    """Return the few figures that open the report: what it is, the figure, and its range.

    `cost` and `income` have `bedrag` and `se`; `people` is a row of `places.counts`; `compared` as
    `views.compare_sets`.
    """
    paid = compared["eigen"]
    year = f"volgens CBS, {people['jaar']}" if is_known(people["waarde"]) else "geen cijfer"
    return [
        (f"Inwoners van {naam}", number(people["waarde"]), year),
        ("De gemeente geeft uit", about(cost["bedrag"], cost["se"]), _range(cost)),
        ("Inkomen van bewoners", about(income["bedrag"], income["se"]), _range(income)),
        (
            "Het gebied betaalt aan de gemeente",
            dutch.UNKNOWN if paid.isna().any() else between(paid.min(), paid.max()),
            "geen cijfer" if paid.isna().any() else "volgens drie verdelingen",
        ),
    ]


def _range(total: pd.Series) -> str:
    if not is_known(total["bedrag"]) or not is_known(total["se"]):
        return "geen cijfer"
    if not total["se"]:
        return "zonder reserves en bouwgrond"
    words = interval(total["bedrag"], total["se"])
    # Both ends print alike: the figure is as precise as it is written.
    return "met een kleine marge" if words.startswith("ongeveer") else f"waarschijnlijk {words}"


def cost(
    naam: str,
    gemeente: str,
    jaar: int,
    total: pd.Series,
    people: pd.Series,
    everywhere: float,
    domains: list[str],
    budget: bool = False,
) -> str:
    """Answer what it costs to keep the area going, as far as the gemeente pays.

    `total` has `bedrag` and `se`; `people` is a row of `places.counts`; `everywhere` is the cost
    per inhabitant of the whole gemeente. With `budget` the amount is planned and not yet spent.
    """
    if not is_known(total["bedrag"]):
        return f"Wat de gemeente {gemeente} voor {naam} uitgeeft, is niet bekend."
    amount = about(total["bedrag"], total["se"])
    goal = "" if naam == gemeente else f" voor {naam}"
    text = [f"De gemeente {gemeente} gaf in {jaar} ongeveer {amount} uit{goal}."]
    if budget:
        text = [f"De gemeente {gemeente} begrootte voor {jaar} ongeveer {amount}{goal}."]
    if total["se"] > 0:
        text.append(
            "Dit bedrag is verdeeld met sleutels en dus niet precies: het ligt waarschijnlijk "
            f"{interval(total['bedrag'], total['se'])}."
        )
    if is_known(people["waarde"]) and people["waarde"] > 0:
        each = total["bedrag"] / people["waarde"]
        margin = dutch.Z90 * total["se"] / people["waarde"]
        text.append(f"Per inwoner is dat {about(each)} (inwoners van {people['jaar']}).")
        text.append(compare(each, everywhere, f"heel {gemeente}", margin))
    if domains:
        text.append(f"Het meeste gaat naar {join(domains)}.")
    return " ".join(t for t in text if t)


def poorer(shares: pd.DataFrame) -> str:
    """Say how much of the expenses a poorer key spreads; `shares` as `views.poorer_share`."""
    total, poor = shares["bedrag"].sum(), shares["arm"].sum()
    if not total or poor / total < 0.005:
        return ""
    return (
        f"Van dit bedrag is ongeveer {percent(poor / total)} verdeeld met een minder goede "
        "sleutel, omdat het goede cijfer nog niet in onze bestanden staat."
    )


def inflow(
    naam: str,
    income: pd.Series,
    year: int | None,
    gemeente: str,
    gemeente_each: float | None,
    country_each: float | None,
) -> str:
    """Answer how much money comes in: personal income, beside gemeente and country.

    `income` as `places.household_income`; the other two in EUR per inhabitant.
    """
    if not is_known(income["bedrag"]):
        return f"Het inkomen van de inwoners van {naam} is niet bekend."
    when = f"cijfer uit {year}" if year else "jaar niet bekend"
    text = [
        f"De inwoners van {naam} hebben samen een inkomen van ongeveer "
        f"{about(income['bedrag'], income['se'])} per jaar, voor belasting ({when})."
    ]
    if is_known(income["inwoners"]) and income["inwoners"] > 0:
        each = income["bedrag"] / income["inwoners"]
        margin = max(income["se"] / income["inwoners"], _CBS_STEP)
        text.append(f"Dat is gemiddeld {about(each, margin)} per inwoner.")
        places = ((gemeente_each, f"heel {gemeente}"), (country_each, "Nederland"))
        beside = [f"{about(a, _CBS_STEP)} in {place}" for a, place in places if is_known(a)]
        if beside:
            text.append(f"Ter vergelijking: {join(beside)}.")
    enough = is_known(income["inwoners"]) and income["inwoners"] >= FEW
    if enough and is_known(income["uitkering"]) and income["uitkering"] > 0:
        paid = interval(income["uitkering"], income["se_uitkering"])
        text.append(f"Daarvan komt naar schatting {paid} van de gemeente, vooral als bijstand.")
    if income["onbekend"]:
        where = dutch.plural(int(income["onbekend"]), "buurt", "buurten")
        text.append(f"Van {where} is het inkomen niet bekend; dat telt niet mee.")
    return " ".join(text)


def spending(landed: pd.DataFrame) -> str:
    """Answer what the money is spent on, as far as the books know where it lands."""
    total = landed["bedrag"].sum(min_count=1)
    direct = landed.loc[landed["naar"] == "huishoudens", "bedrag"].sum(min_count=1)
    if not is_known(total) or not is_known(direct) or total <= 0:
        return "Waar het geld van de gemeente terechtkomt, is niet bekend."
    return (
        f"Van het geld van de gemeente gaat naar schatting ongeveer {percent(direct / total)} "
        "rechtstreeks naar huishoudens, vooral als uitkering. De rest gaat naar salarissen, "
        "zorgaanbieders, aannemers en andere partijen. Hoeveel daarvan in het gebied zelf "
        "terechtkomt, weten we nog niet. Daarom boeken we het als geld dat het gebied verlaat."
    )


def assets(counts: pd.DataFrame, company_cars: pd.DataFrame) -> str:
    """Answer what there is, from `places.counts` and `places.company_cars`."""
    known = counts.dropna(subset="waarde")
    text = []
    for year, group in known.groupby("jaar", sort=False):
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
        places = [f"{number(r.autos)} op naam in {r.naam}" for r in company_cars.itertuples()]
        text.append(
            f"Van de auto's staan er {join(places)}; waarschijnlijk vooral van leasebedrijven."
        )
    text.append(
        "Wat er is aan vakmanschap, ondernemende kracht, groen, gebouwen, kennis, onderwijs, "
        "zorg, cultuur en historie staat in geen landelijke tabel. Dat tellen bewoners zelf."
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
            " De lijn in elke balk geeft aan hoe onzeker het bedrag is. Dat is meestal een "
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
        text += f" In {where} wonen minder dan 50 mensen; daar blijft de kaart grijs."
    if absent := everywhere - len(table):
        text += f" {dutch.plural(absent, 'buurt staat', 'buurten staan')} niet op de kaart."
    if 0 < (table["gewicht"] > 0).sum() < len(table):
        text += f" De dikke lijn is {naam}."
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
    return (
        f"Bij {join(parts)} ontbreekt het cijfer van enkele buurten. Die schatten we naar "
        "inwoners, in de verhouding van de andere buurten, met een grotere marge."
    )


def income_year(year: int | None) -> str:
    """Say which year income is about, and what is not known about it."""
    if year is None:
        return "Er is geen cijfer over inkomen."
    return (
        f"Het inkomen komt uit de CBS-tabel over {year}. CBS schrijft dat het inkomen over het "
        "jaar van de tabel gaat; bij deze cijfers is dat niet nagegaan. De rekening van de "
        "gemeente kan over een ander jaar gaan dan het inkomen."
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
