"""Sentences of the report, built from figures. Plain Dutch; what is unknown is said to be unknown."""

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.dutch import about, interval, is_unknown, number

# When is a difference worth a word? Below this share two amounts are called about equal.
_ABOUT_EQUAL = 0.03


def compare(value: float | None, other: float | None, than: str) -> str:
    """Return how a value stands to another: `meer dan in Utrecht (€ 4.900)`, or about as much."""
    if is_unknown(value) or is_unknown(other) or not other:
        return ""
    if abs(value / other - 1) < _ABOUT_EQUAL:
        return f"ongeveer even veel als {than} ({about(other)})"
    return f"{'meer' if value > other else 'minder'} dan {than} ({about(other)})"


def cost(
    naam: str,
    gemeente: str,
    jaar: int,
    total: pd.Series,
    people: float,
    everywhere: float,
    domains: list[str],
) -> str:
    """Answer what it costs to keep the area going, as far as the gemeente pays.

    `total` has `bedrag` and `se`; `everywhere` is the cost per inhabitant of the whole gemeente.
    """
    if is_unknown(total["bedrag"]):
        return f"Wat de gemeente {gemeente} voor {naam} uitgeeft, is niet bekend."
    sentences = [
        f"De gemeente {gemeente} gaf in {jaar} ongeveer {about(total['bedrag'], total['se'])} uit voor {naam}."
    ]
    if total["se"] > 0:
        sentences.append(
            f"Dit bedrag is verdeeld met sleutels en dus niet precies: het ligt waarschijnlijk {interval(total['bedrag'], total['se'])}."
        )
    if people and people > 0:
        each = total["bedrag"] / people
        sentences.append(
            f"Dat is {about(each)} per inwoner{_comma(compare(each, everywhere, f'in heel {gemeente}'), total['se'])}."
        )
    if domains:
        sentences.append(f"Het meeste ging naar {dutch.join(domains)}.")
    return " ".join(sentences)


def _comma(words: str, se: float) -> str:
    # For the whole gemeente the comparison is with itself, and says nothing.
    return f", {words}" if words and se > 0 else ""


def inflow(
    naam: str,
    income: pd.Series,
    year: int | None,
    gemeente: str,
    gemeente_each: float | None,
    country_each: float | None,
) -> str:
    """Answer how much money comes in: personal income, beside gemeente and country per inhabitant."""
    if is_unknown(income["bedrag"]):
        return f"Het inkomen van de inwoners van {naam} is niet bekend."
    parts = [
        f"De inwoners van {naam} hebben samen een inkomen van ongeveer "
        f"{about(income['bedrag'], income['se'])} per jaar, voor belasting (cijfer uit {year})."
    ]
    if not is_unknown(income["inwoners"]) and income["inwoners"] > 0:
        each = income["bedrag"] / income["inwoners"]
        beside = [
            f"{about(amount)} in {place}"
            for amount, place in ((gemeente_each, f"heel {gemeente}"), (country_each, "Nederland"))
            if not is_unknown(amount)
        ]
        tail = f" Ter vergelijking: {dutch.join(beside)}." if beside else ""
        parts.append(f"Dat is gemiddeld {about(each)} per inwoner.{tail}")
    if not is_unknown(income["uitkering"]) and income["uitkering"] > 0:
        parts.append(
            f"Van dit inkomen kwam ongeveer {about(income['uitkering'])} van de gemeente, vooral als bijstand."
        )
    return " ".join(parts)


def spending(landed: pd.DataFrame) -> str:
    """Answer what the money is spent on, as far as the books know where it lands."""
    total = landed["bedrag"].sum(min_count=1)
    direct = landed.loc[landed["naar"] == "huishoudens", "bedrag"].sum(min_count=1)
    if is_unknown(total) or is_unknown(direct) or total <= 0:
        return "Waar het geld van de gemeente terechtkomt, is niet bekend."
    return (
        f"Van het geld van de gemeente ging {dutch.percent(direct / total)} rechtstreeks naar huishoudens, "
        "vooral als uitkering. De rest ging naar salarissen, zorgaanbieders, aannemers en andere partijen. "
        "Hoeveel daarvan in de wijk zelf terechtkwam, weten we nog niet. Daarom boeken we het als geld dat "
        "de wijk verlaat. Waar huishoudens en bedrijven hun geld aan uitgeven, staat nog niet in de boeken."
    )


def assets(counts: pd.DataFrame) -> str:
    """Answer what there is, from counts with `naam`, `waarde`, `eenheid`."""
    known = counts.dropna(subset="waarde")
    missing = counts.loc[counts["waarde"].isna(), "naam"].tolist()
    parts = [f"{number(r.waarde)} {r.naam}" for r in known.itertuples()]
    text = f"CBS telt {dutch.join(parts)}." if parts else "CBS heeft hier geen tellingen."
    if missing:
        text += f" Niet bekend is het aantal {dutch.join(missing)}."
    return text + (
        " Wat er is aan vakmanschap, ondernemende kracht, groen, gebouwen, kennis, onderwijs, zorg, cultuur "
        "en historie staat in geen landelijke tabel. Dat tellen bewoners zelf."
    )


def flow_sentence(naam: str, receipts: pd.DataFrame, spent: pd.DataFrame) -> str:
    """Say what to see in the picture of flows."""
    if receipts.empty or spent.empty:
        return f"Er zijn geen geldstromen van de gemeente bekend voor {naam}."
    payer, goal = receipts.iloc[0], spent.iloc[0]
    share = payer["bedrag"] / receipts["bedrag"].sum()
    names = {
        "rijk": "het Rijk",
        "huishoudens": "huishoudens",
        "bedrijven": "bedrijven",
        "instellingen": "woningcorporaties",
        "buitenwereld": "betalers buiten de wijk of onbekend",
    }
    return (
        f"Van elke euro die de gemeente voor {naam} ontvangt, komt {dutch.number(share * 100)} cent van "
        f"{names.get(str(payer['van']), str(payer['van']))}. Het meeste geld gaat naar {goal['domein']}: "
        f"{about(goal['bedrag'], goal['se'])}."
    )


def map_sentence(table: pd.DataFrame, naam: str) -> str:
    """Say what to see on the map of cost per inhabitant; `table` as `views.per_inhabitant`."""
    known = table.dropna(subset="per_inwoner")
    if known.empty:
        return "Voor geen enkele buurt is een bedrag per inwoner bekend."
    low, high = known["per_inwoner"].min(), known["per_inwoner"].max()
    blank = len(table) - len(known)
    tail = (
        f" {dutch.plural(blank, 'buurt heeft', 'buurten hebben')} minder dan 50 inwoners en blijven grijs."
        if blank > 1
        else " Eén buurt heeft minder dan 50 inwoners en blijft grijs."
        if blank
        else ""
    )
    inside = known[known["gewicht"] > 0]
    if len(known) == 1 or low == high:
        return f"De gemeente geeft in elke buurt met een cijfer {about(low)} per inwoner uit.{tail}"
    text = f"De bedragen lopen van {about(low)} tot {about(high)} per inwoner.{tail}"
    if 0 < len(inside) < len(known):
        text += f" De dikke lijn is {naam}."
    return text


def bars_sentence(spent: pd.DataFrame) -> str:
    """Say what to see in the bars of expenses by domein; `spent` is sorted, largest first."""
    if spent.empty:
        return "Er zijn geen uitgaven bekend."
    first = spent.iloc[0]
    share = first["bedrag"] / spent["bedrag"].sum()
    text = f"Naar {first['domein']} gaat {dutch.percent(share)} van de uitgaven."
    if (spent["se"] > 0).any():
        text += " De lijn in elke balk geeft de marge: in negen van de tien gevallen ligt het ware bedrag daarbinnen."
    return text


def key_figures(
    naam: str,
    cost: pd.Series,
    income: pd.Series,
    people: float | None,
    compared: pd.DataFrame,
) -> list[tuple[str, str, str]]:
    """Return the few figures that open the report: what it is, the figure, and its range.

    `cost` and `income` have `bedrag` and `se`; `compared` as `views.compare_sets`.
    """
    paid = compared["eigen"]
    return [
        (f"Inwoners van {naam}", number(people), "geteld door CBS"),
        ("De gemeente geeft uit", about(cost["bedrag"], cost["se"] or None), _range(cost)),
        ("Inkomen van bewoners", about(income["bedrag"], income["se"]), _range(income)),
        (
            "Betaald aan de gemeente",
            about(paid.iloc[0]),
            dutch.between(paid.min(), paid.max()) + ", naar gelang de verdeling",
        ),
    ]


def _range(total: pd.Series) -> str:
    if is_unknown(total["bedrag"]):
        return "geen cijfer"
    return "vast bedrag" if not total["se"] else interval(total["bedrag"], total["se"])


def attributions(bronnen: pd.DataFrame) -> list[str]:
    """Return the credit that each publisher asks for, with titles and licence, one line each."""
    lines = []
    for (credit, licence), group in bronnen.groupby(["vermelding", "licentie"]):
        lines.append(f"{credit} ({licence}): {dutch.join(group['titel'].tolist())}.")
    return lines


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
        f"Bij {dutch.join(parts)} ontbreekt het cijfer van enkele buurten. Die schatten we naar "
        "inwoners, in de verhouding van de andere buurten, met een grotere marge."
    )


def income_year(year: int | None) -> str:
    """Say which year income is about, and what is not known about it."""
    if year is None:
        return "Er is geen cijfer over inkomen."
    return (
        f"Het inkomen komt uit de CBS-tabel over {year}. Over welk jaar dit inkomen precies gaat, is "
        "niet nagegaan. De rekening van de gemeente kan dus over een ander jaar gaan dan het inkomen."
    )
