"""The businessbakkerij in words and tables: what fits and why, what lacks, what to ask first."""

from functools import cache
from itertools import pairwise

import networkx as nx
import pandas as pd

from wijkboek_utils import dutch, passports, show
from wijkboek_utils.dutch import number, plural
from wijkboek_utils.models import bakery
from wijkboek_utils.models.bakery import FREE, LACKS, MATCH, ONE_LACKS, OPEN
from wijkboek_utils.passports import WHOLE, Passport
from wijkboek_utils.show import Format, Html

NEEDS, OFFERS = ("vraag", "vragen"), ("aanbod", "stuks aanbod")
_SURE = ((0.8, "goed"), (0.6, "redelijk"), (0.0, "misschien"))  # of the points
_MANY = 12  # rows; a longer table is folded away
EXAMPLE = "verzonnen voorbeeld"


def opening(koppelingen: pd.DataFrame, naam: str) -> str:
    """Return in one sentence what the bakkerij found; `koppelingen` as `bakery.match`."""
    if koppelingen.empty:
        return (
            f"In {naam} is nog niets gevraagd of aangeboden: de bakkerij is open, en de boeken "
            "wijzen aan waar een eerste vraag zin heeft."
        )
    needs = koppelingen["vraag"].nunique()
    matched = koppelingen[koppelingen["stand"] == MATCH].groupby("vraag")["deel"].sum()
    whole = int((matched > 0.99).sum())
    part = len(matched) - whole
    also = f" en {plural(part, 'deels', 'deels')}" if part else ""
    if not needs:
        offers = plural(koppelingen["aanbod"].nunique(), *OFFERS)
        return f"In {naam} ligt {offers} klaar, en is nog niets gevraagd."
    return (
        f"Van {plural(needs, *NEEDS)} in {naam} zijn er {number(whole)} helemaal te beantwoorden"
        f"{also} met wat anderen aanbieden."
    )


def matches(koppelingen: pd.DataFrame, naam: str, soort: str = "") -> Html:
    """Return the matches, best first, each with why it fits; `soort` marks a made-up example."""
    made = koppelingen[koppelingen["stand"] == MATCH]
    if made.empty:
        return (
            show.text("Er is nog geen vraag waar een aanbod bij past.") if not soort else Html("")
        )
    made = made.sort_values(["score", "vraag", "aanbod"], ascending=[False, True, True])
    frame = pd.DataFrame(
        {
            "Wie vraagt wat": _pairs(made, "vrager", "gevraagd"),
            "Wie biedt wat": _pairs(made, "aanbieder", "aangeboden"),
            "Hoeveel": _quantities(made),
            "Past": [_sure(score) for score in made["score"]],
            "Waarom": made["omdat"].str.removeprefix("Past ").map(dutch.capital),
        }
    )
    table = show.table(frame, _caption("Wat bij elkaar past", naam, soort), {"Hoeveel": str})
    return show.fold(f"Toon {len(frame)} koppelingen", table) if len(frame) > _MANY else table


def points(koppelingen: pd.DataFrame, naam: str, soort: str = "") -> Html:
    """Return the points of each match, part by part, to check; unknown parts say so."""
    made = koppelingen[koppelingen["stand"] == MATCH]
    if made.empty:
        return Html("")
    names = {"soort": "Soort", "woorden": "Woorden", "plaats": "Plaats", "tijd": "Tijd"}
    names |= {"maat": "Hoeveelheid", "score": "Samen"}
    frame = pd.DataFrame({"Koppeling": made["gevraagd"] + " en " + made["aangeboden"]})
    frame = frame.join(made[[*names]].rename(columns=names))
    note = "Van 0 tot 1. Onbekend telt voor de helft. De woorden wegen het zwaarst."
    caption = _caption("De punten per koppeling", naam, soort)
    table = show.table(frame, caption, dict.fromkeys(names.values(), _point), note)
    return show.fold("Hoe komen wij aan «goed» en «misschien»?", table)


def _point(value: float) -> str:
    return number(value, 2)


def left(koppelingen: pd.DataFrame, naam: str, soort: str = "") -> Html:
    """Return the needs that are open and the offers that are free, each with the reason."""
    found = []
    told = [(OPEN, "vrager", "gevraagd", "Vragen die openstaan")]
    told += [(FREE, "aanbieder", "aangeboden", "Aanbod dat vrij is")]
    for stand, who, what, title in told:
        rows = koppelingen[koppelingen["stand"] == stand]
        if rows.empty:
            continue
        frame = pd.DataFrame(
            {
                "Wie en wat": _pairs(rows, who, what),
                "Hoeveel nog": _quantities(rows),
                "Waarom": rows["omdat"],
            }
        )
        table = show.table(frame, _caption(title, naam, soort), {"Hoeveel nog": str})
        found.append(show.fold(f"{title}: {len(rows)}", table) if len(rows) > _MANY else table)
    return sum(found[1:], found[0]) if found else Html("")


def recipes(koppelingen: pd.DataFrame) -> Html:
    """Say of each recipe whether it can be made, or which ingredient stands in the way."""
    told = []
    for recipe, rows in koppelingen.dropna(subset="recept").groupby("recept"):
        name = dutch.name(str(recipe))
        needs = rows[rows["stand"].isin([MATCH, OPEN])].drop_duplicates("vraag")
        if needs.empty:
            continue
        lack = needs.loc[needs["tekort"] == LACKS, "gevraagd"].map(_quoted).to_list()
        either = needs.loc[needs["tekort"] == ONE_LACKS, "gevraagd"].map(_quoted).to_list()
        if either:
            words = f"kan niet door: één van {dutch.join(either)} ontbreekt nog."
        elif lack:
            verb = "ontbreekt" if len(lack) == 1 else "ontbreken"
            words = f"kan niet door: {dutch.join(lack)} {verb} nog."
        elif (needs["stand"] == OPEN).any():
            words = "kan, maar het aanbod gaat nu naar andere vragen."
        else:
            words = f"is compleet, met {plural(len(needs), 'ingrediënt', 'ingrediënten')}."
        told.append(f"«{name}» {words}")
    if not told:
        return Html("")
    lead = "Een recept lukt alleen als alles er is: zonder suiker geen taart."
    return show.text(lead) + show.bullets(told)


def exchanges(koppelingen: pd.DataFrame) -> Html:
    """Say who give to each other in a ring, and who one after the other."""
    graph = bakery.exchange(koppelingen)
    told = [f"{_gives(graph, [*ring, ring[0]])} De kring is rond." for ring in bakery.rings(graph)]
    told += [f"{_gives(graph, chain)}" for chain in bakery.chains(graph)]
    if not told:
        return Html("")
    lead = "Soms helpen twee partijen elkaar niet direct, maar wel via een derde:"
    return show.text(lead) + show.bullets(told)


def _gives(graph: nx.DiGraph, names: list[str]) -> str:
    steps = pairwise(names)
    told = [f"{a} geeft {b} «{dutch.name(graph.edges[a, b]['wat'])}»" for a, b in steps]
    return "; ".join(told) + "."


def money(moved: pd.DataFrame, naam: str, jaar: int) -> Html:
    """Return the posts that matches touch; `moved` as `bakery.moved`."""
    if moved.empty:
        return Html("")
    frame = pd.DataFrame(
        {
            "Post": moved["naam"],
            "Hier in een jaar": [dutch.interval(row.bedrag, row.se) for row in moved.itertuples()],
            "Koppelingen": moved["koppelingen"],
            "Waarom deze post": moved["grond"].map(dutch.capital),
        }
    )
    note = (
        "Het bedrag is de hele post. Een koppeling raakt daar een klein deel van; hoeveel is "
        "niet bekend. Wij tellen niets op."
    )
    figures: dict[str, Format] = {"Hier in een jaar": str, "Koppelingen": number}
    return show.table(frame, f"Geld in {naam} dat koppelingen raken, {jaar}", figures, note)


def first_needs(rows: pd.DataFrame, naam: str, jaar: int) -> Html:
    """Return what the books suggest to ask; `rows` as `bakery.first_needs`."""
    frame = pd.DataFrame(
        {
            "Een eerste vraag": rows["vraag"],
            "Categorie": rows["categorie"].map(dutch.capital),
            "Waar het geld nu heen gaat": rows["naam"],
            "Hier in een jaar": [dutch.interval(r.bedrag, r.se) for r in rows.itertuples()],
        }
    )
    note = (
        "Niemand heeft deze vragen al gesteld, en niemand bood hier iets aan. Het bedrag is de "
        "hele post, niet wat een vraag oplevert."
    )
    return show.table(
        frame, f"Wat de boeken van {naam} ingeven, {jaar}", {"Hier in een jaar": str}, note
    )


def taking_part() -> Html:
    """Say how to bring in a need, an offer or a tie."""
    return show.bullets(
        [
            "Vraag wie dit rapport maakt om het invulblad «vraag en aanbod». Zelf maken kan ook: "
            "wijkboek template vraag_aanbod.",
            "Schrijf één regel per vraag of aanbod, en geef het blad aan wie dit rapport maakt. "
            "Insturen in de browser kan ook, met: wijkboek serve.",
            "Een recept maakt u met de kolom «hoort bij»: geef alle ingrediënten dezelfde naam.",
            "Een telefoonnummer of e-mail hoort alleen in de kolom «contact». Die kolom komt nooit "
            "in dit rapport. Namen van bewoners ook niet.",
        ]
    )


@cache  # the same in every report
def example() -> Html:
    """Return the made-up example: matches, recipes, rings and what is left, with its passport."""
    rows = bakery.example("vraag_aanbod")
    nowhere = pd.DataFrame({"gewicht": [], "fout": []})
    found = bakery.match(rows, nowhere)
    lead = "Dit is een verzonnen voorbeeld. Geen van deze clubs, vragen of aanbiedingen bestaat."
    name = "een wijk"
    made = made_up()
    return (
        show.text(lead, opening(found, "dit voorbeeld"))
        + matches(found, name, EXAMPLE)
        + passports.fold([made])
        + recipes(found)
        + exchanges(found)
        + left(found, name, EXAMPLE)
        + passports.fold([made])
    )


def passport(naam: str, rows: pd.DataFrame, formule: str) -> Html:
    """Return the passport of what people contributed, folded; nothing where nobody did."""
    ids = [one for cell in rows["bron"].dropna() for one in cell.split(";")]
    return passports.fold([passports.of_sources(naam, ids, formule)]) if ids else Html("")


def made_up() -> Passport:
    """Return the passport of a made-up example: it has no source."""
    why = "Verzonnen door de makers, om te laten zien hoe het werkt"
    return Passport(dutch.capital(EXAMPLE), WHOLE, why, {}, [])


def _caption(title: str, naam: str, soort: str) -> str:
    return f"{title} ({soort})" if soort else f"{title} in {naam}"


def _pairs(rows: pd.DataFrame, who: str, what: str) -> list[str]:
    pairs = zip(rows[who], rows[what], strict=True)
    return [f"{dutch.capital(a)}: {dutch.lower_first(dutch.name(b))}" for a, b in pairs]


def _quantities(rows: pd.DataFrame) -> list[str]:
    pairs = zip(rows["hoeveelheid"], rows["eenheid"], strict=True)
    return [_quantity(amount, unit) for amount, unit in pairs]


def _quantity(amount: float, unit: object) -> str:
    if not dutch.is_known(amount) or not isinstance(unit, str):
        return dutch.UNKNOWN
    whole = abs(amount - round(amount)) < 0.05 or amount >= 10
    return f"{number(amount, 0 if whole else 1)} {unit}"


def _sure(score: float) -> str:
    return next(word for least, word in _SURE if score >= least)


def _quoted(text: str) -> str:
    return f"«{dutch.name(text)}»"
