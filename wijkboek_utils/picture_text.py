"""One sentence for each picture: what there is to see, computed from what is drawn."""

import pandas as pd

from wijkboek_utils import dutch, grammar
from wijkboek_utils.dutch import Z90, about, is_known, join, number
from wijkboek_utils.picture_rows import ELDERS, GAP, REST, WIJK

_GOES = {
    "buitenwereld": "elders",
    "rijk": "het Rijk",
    "vermogen": "spaargeld",
    "huishoudens": "huishoudens",
    "bedrijven": "bedrijven",
    "instellingen": "instellingen",
    "gemeente": "de gemeente",
}
_WHO = {**_GOES, "buitenwereld": "anderen buiten de wijk"}
Stays = tuple[float, float] | None  # the share that stays; None where the area is no wijk in size
_NEAR = 0.03  # below this share two amounts are called about equal
_WIDE = 3.0  # a class of the map that spans a larger factor is said to be wide
_THAN = {
    grammar.HIGHER: "hoger dan",
    grammar.LOWER: "lager dan",
    grammar.EQUAL: "ongeveer even hoog als",
    grammar.UNSURE: "niet duidelijk anders dan",
}


def wijk(rows: pd.DataFrame, stays: Stays, naam: str) -> str:
    """Say how much stays in the wijk and where the rest goes; `rows` as `picture_rows.through`."""
    spent = _spent(rows)
    if not spent["bedrag"].sum() > 0:
        return away(rows, naam)
    if home := _span(stays, "euro"):
        most = _most_away(spent)
        text = f"Van elke 100 euro die in {naam} wordt uitgegeven, blijft naar schatting {home}"
        return f"{text} in de wijk{f'; het meeste gaat naar {most}' if most else ''}."
    return grammar.paragraph(away(rows, naam), _unknown(stays))


def away(rows: pd.DataFrame, naam: str) -> str:
    """Say where most of what leaves goes; empty where nothing leaves. `rows` as in `wijk`."""
    spent = _spent(rows)
    if not spent["bedrag"].sum() > 0:
        return f"Hoe het geld door {naam} stroomt, is niet bekend."
    most = _most_away(spent)
    return f"Van het geld dat {naam} verlaat, gaat het meeste naar {most}." if most else ""


def _spent(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["kant"] == "uit") & ~rows["sector"].eq(ELDERS) & rows["partij"].ne(GAP)]


def _most_away(spent: pd.DataFrame) -> str:
    left = spent[spent["partij"] != WIJK].groupby("partij")["bedrag"].sum()
    return "" if left.empty else _largest(left)


def euro(rows: pd.DataFrame, stays: Stays, naam: str) -> str:
    """Say how many cents stay and what takes most; `rows` as `picture_rows.cents`."""
    if not rows["bedrag"].sum() > 0:
        return f"Waaraan bewoners van {naam} hun geld uitgeven, is niet bekend."
    most = (rows["blijft"] + rows["gaat"])[rows["soort"] != REST]
    top = [dutch.lower_first(name) for name in rows.loc[most.index[most == most.max()], "soort"]]
    each = "elk " if top[1:] else ""
    cents = f"{each}{number(most.max())} cent"
    if home := _span(stays, "cent"):
        return (
            f"Van elke euro van bewoners blijft naar schatting {home} in de wijk; het meeste, "
            f"{cents}, gaat naar {join(top)}."
        )
    return (
        f"Van elke euro van bewoners gaat het meeste, {cents}, naar {join(top)}. {_unknown(stays)}"
    )


def _span(stays: Stays, unit: str) -> str:
    """Return the range of what stays as hundredths; empty where it is not known."""
    if stays and is_known(stays[0]) and is_known(stays[1]):
        return dutch.percents(*stays, unit)
    return ""


def _unknown(stays: Stays) -> str:
    area = " voor een gebied van deze grootte" if stays is None else ""
    return f"Hoeveel er blijft, is{area} niet bekend."


def _largest(amounts: pd.Series) -> str:
    """Return the party with the largest amount, and those whose amount is about equal to it."""
    top = amounts[amounts >= amounts.max() * (1 - _NEAR)]
    return join([_GOES[str(name)] for name in top.sort_values(ascending=False).index])


def balances(rows: pd.DataFrame, naam: str) -> str:
    """Say at which accounts the difference is larger than its margin.

    `rows` as `wijkrekening.balances`.
    """
    known = rows.dropna(subset=["saldo", "se"])
    if known.empty:
        return f"Van geen enkele rekening van {naam} is bekend wat erin komt en eruit gaat."
    beyond = known[known["saldo"].abs() > Z90 * known["se"]]
    if beyond.empty:
        return (
            "Bij geen enkele rekening is het verschil tussen erin en eruit groter dan de marge: "
            "elk verschil kan ook nul zijn."
        )
    names = join([_WHO[str(name)] for name in beyond["sector"]])
    text = f"Bij {names} is het verschil tussen erin en eruit groter dan de marge"
    if len(beyond) == len(known):
        return f"{text}."
    return f"{text}; bij de andere kan het ook nul zijn."


def parties(rows: pd.DataFrame, naam: str) -> str:
    """Say who pays more to gemeente and Rijk than it gets; `rows` as `picture_rows.parties`."""
    own = rows[rows["partij"].isin(["huishoudens", "bedrijven", "instellingen"])]
    known = own.dropna(subset=["verschil", "se_verschil"])
    if known.empty:
        return f"Wat bewoners en bedrijven van {naam} aan de overheid betalen, is niet bekend."
    sure = known["verschil"].abs() > Z90 * known["se_verschil"]
    pay, get, unsure = (
        join([_GOES[str(name)] for name in known.loc[chosen, "partij"]])
        for chosen in (sure & (known["verschil"] > 0), sure & (known["verschil"] < 0), ~sure)
    )
    parts = []
    if pay:
        parts.append(f"betalen {pay} naar schatting meer aan gemeente en Rijk dan zij krijgen")
    if get and pay:
        parts.append(f"{get} krijgen meer")
    elif get:
        parts.append(f"krijgen {get} naar schatting meer van gemeente en Rijk dan zij betalen")
    if unsure and parts:
        parts.append(f"van {unsure} is het niet te zeggen")
    elif unsure:
        parts.append(f"is van {unsure} niet te zeggen of zij meer betalen of meer krijgen")
    return f"In {naam} {'; '.join(parts)}."


def comparison(rows: pd.DataFrame, naam: str, gemeente: str) -> str:
    """Say how an area stands to its gemeente and the country; `rows` as `picture_rows.beside`."""
    parts = []
    for row in rows.itertuples():
        others = ((f"in heel {gemeente}", row.gemeente), ("in Nederland", row.land))
        found = [
            (grammar.verdict(row.waarde, row.se, other, row.se_ander), place)
            for place, other in others
        ]
        if than := grammar.against(found, _THAN):
            parts.append(grammar.sentence(f"{row.wat} {than}"))
    if not parts:
        return f"Er is geen cijfer om {naam} mee te vergelijken."
    text = grammar.paragraph(*parts)
    if rows["gemeente"].isna().all():
        text += " De gemeente als geheel staat er niet naast: die is hetzelfde of niet bekend."
    return text


def widest(shapes: pd.DataFrame) -> str:
    """Say that areas in the highest class of a map differ much; empty where they do not.

    `shapes` has `klasse` (0 is lowest) and `per_inwoner` in EUR.
    """
    top = shapes.loc[shapes["klasse"] == shapes["klasse"].max(), "per_inwoner"]
    if top.empty or not top.max() > _WIDE * top.min():
        return ""
    number_on_map = int(shapes["klasse"].max()) + 1
    return (
        f"Vakken met {number_on_map} verschillen onderling sterk: van {about(top.min())} tot "
        f"{about(top.max())}."
    )
