"""The networks in words, one picture in three bands, and tables."""

import xml.etree.ElementTree as ET
from functools import cache

import networkx as nx
import pandas as pd

from wijkboek_utils import drawing, dutch, passports, show
from wijkboek_utils.drawing import INK, NAME, SOFT, VALUE, WIDTH, tone
from wijkboek_utils.dutch import number, percent, plural
from wijkboek_utils.models import bakery, bakery_text, networks
from wijkboek_utils.models.networks import ALL, LEVELS
from wijkboek_utils.show import Html

NO_LEVEL = "Netwerk nog onbekend"
MAKES_POSSIBLE = {
    1: "Mensen leren elkaar kennen. Iemand kan dan zelf iets voor een ander doen, zoals een buur "
    "naar de huisarts rijden.",
    2: "Groepen organiseren zich. Zij kunnen dan samen inkopen, maken of regelen: eten, energie, "
    "zorg of inkomen.",
    3: "Bewoners, gemeente en organisaties spreken samen een plan af. Werk aan straten en huizen "
    "kan dan ook mensen vooruit helpen.",
}
_ROW, _LINE, _HEAD = 26.0, 13.0, 30.0
_CHARS, _DOT, _REACH = 27, 196.0, 128.0  # letters of a line, where dots stand, how far ties go
_DRAWN, _LISTED = 60, 8  # organisations in the picture, names in a sentence
_LIST = [
    ("organisaties", "1"), ("organisaties", "2"), ("organisaties", "3"), ("banden", ALL),
    ("dichtheid", "1"), ("dichtheid", "1-2"), ("dichtheid", "2"), ("dichtheid", "2-3"),
    ("dichtheid", "3"), ("groepen", ALL), ("grootste groep", ALL),
]  # fmt: skip


def opening(network: nx.Graph, naam: str) -> str:
    """Return in a sentence who is there and how they hang together, or how to begin."""
    if not network:
        return (
            f"Wie in {naam} met wie werkt, weten wij nog niet. Schrijf het op in het invulblad "
            "«netwerk» (wijkboek template netwerk): één regel per band tussen twee organisaties."
        )
    groups = nx.number_connected_components(network)
    told = "Zij hangen allemaal samen." if groups == 1 else f"Zij vormen {number(groups)} groepen."
    ties = plural(network.size(), "band", "banden")
    return f"In {naam} staan {plural(len(network), 'partij', 'partijen')} met {ties}. {told}"


def picture(network: nx.Graph, naam: str) -> Html:
    """Return the organisations by network, with an arc for each tie; a table has the same.

    Of more than sixty the picture has those with the most ties.
    """
    title = f"Wie met wie werkt in {naam}"
    names = sorted(network, key=lambda n: (-network.degree(n), n))[:_DRAWN]
    drawn = network.subgraph(names)
    sentence = (
        "Elke boog is een band. Een doorgetrokken boog blijft binnen een netwerk, een gestreepte "
        "verbindt twee netwerken. Een grote stip houdt groepen bij elkaar."
    )
    if len(drawn) < len(network):
        sentence += f" Hier staan de {_DRAWN} met de meeste banden; in de tabel staan allen."
    return show.figure(
        title, sentence, _draw(drawn, title, sentence), _table(network, naam), shape="narrow"
    )


def _draw(network: nx.Graph, title: str, sentence: str) -> str:
    bands = networks.levels(network)
    connect = {name for name, _ in networks.bridges(network)}
    places: dict[str, float] = {}
    heads, y = [], 0.0
    for level, names in bands.items():
        heads.append((y, LEVELS.get(level, NO_LEVEL)))
        y += _HEAD
        for name in _ordered(network, names, places):
            rows = len(drawing.lines(dutch.name(name, 50), _CHARS))
            height = max(_ROW, rows * _LINE + 8)
            places[name] = y + height / 2
            y += height
        y += 8
    svg = drawing.canvas(WIDTH, y, title, sentence)
    for top, words in heads:
        drawing.rect(svg, 0, top + 20, WIDTH, 0.7, SOFT)
        drawing.text(svg, 4, top + 14.5, words, font_size=NAME, font_weight="600")
    longest = max((abs(places[a] - places[b]) for a, b in network.edges), default=1.0)
    for a, b in sorted(network.edges, key=lambda e: -abs(places[e[0]] - places[e[1]])):
        y0, y1 = sorted([places[a], places[b]])
        _arc(svg, y0, y1, longest, _same_level(network, a, b))
    for name, at in places.items():
        parts = drawing.lines(dutch.name(name, 50), _CHARS)
        top = at - (len(parts) - 1) * _LINE / 2 + 4
        for n, line in enumerate(parts):
            drawing.text(svg, _DOT - 12, top + n * _LINE, line, anchor="end", font_size=VALUE)
        drawing.dot(svg, _DOT, at, 6.5 if name in connect else 4, tone("1"), INK)
    return drawing.render(svg)


def _ordered(network: nx.Graph, names: list[str], above: dict[str, float]) -> list[str]:
    """Return the names of a band so that ties with the bands above are short."""

    def middle(name: str) -> tuple[float, int, str]:
        seen = [above[n] for n in network[name] if n in above]
        return (sum(seen) / len(seen) if seen else 1e9, -network.degree(name), name)

    return sorted(names, key=middle)


def _same_level(network: nx.Graph, a: str, b: str) -> bool:
    return bool(network.nodes[a]["niveau"] == network.nodes[b]["niveau"])


def _arc(svg: ET.Element, y0: float, y1: float, longest: float, within: bool) -> None:
    """Draw a tie: the farther, the wider it goes round."""
    reach = 14 + (_REACH - 14) * (y1 - y0) / longest
    d = f"M{_DOT:.1f},{y0:.1f}C{_DOT + reach * 4 / 3:.1f},{y0:.1f} "
    d += f"{_DOT + reach * 4 / 3:.1f},{y1:.1f} {_DOT:.1f},{y1:.1f}"
    dashes = {} if within else {"stroke_dasharray": "5 3"}
    colour = tone("1") if within else tone("3")
    drawing.path(svg, d, fill="none", stroke=colour, stroke_width="1.6", **dashes)


def _table(network: nx.Graph, naam: str) -> Html:
    rows = [
        [
            dutch.name(name),
            str(level) if level else dutch.UNKNOWN,
            dutch.join([_tie(network, name, other) for other in sorted(network[name])])
            or "nog geen band bekend",
        ]
        for level, names in networks.levels(network).items()
        for name in names
    ]
    frame = pd.DataFrame(rows, columns=["Wie", "Netwerk", "Werkt met"])
    return show.table(frame, f"Wie met wie werkt in {naam}", {"Netwerk": str})


def _tie(network: nx.Graph, name: str, other: str) -> str:
    what = network.edges[name, other]["aard"].split(";")[0]
    return dutch.name(other) + (f" ({dutch.name(what)})" if what else "")


def connectors(network: nx.Graph) -> Html:
    """Say who connects others that would stand apart, and where a tie could be made."""
    found = networks.bridges(network)
    told = []
    if found:
        names = dutch.join([dutch.name(name) for name, _ in found[:_LISTED]])
        verb = "verbindt" if len(found) == 1 else "verbinden"
        told.append(f"{names} {verb} groepen die elkaar anders niet bereiken.")
        told.append("Een tweede band ernaast maakt het netwerk steviger.")
    for a, b in networks.untied(network):
        told.append(f"Tussen netwerk {a} en netwerk {b} staat nog geen band.")
    rows = networks.chances(network)[:_LISTED]
    ties = [f"{dutch.name(r.een)} met {dutch.name(r.ander)}. {r.waarom}" for r in rows.itertuples()]
    more = (
        show.text("Banden die er misschien kunnen komen:") + show.bullets(ties)
        if ties
        else Html("")
    )
    return show.text(" ".join(told)) + more


def levels(network: nx.Graph) -> Html:
    """Say what each network makes possible, and who is in it."""
    by = networks.levels(network) if network else {}
    told = []
    for level, title in LEVELS.items():
        names = [dutch.name(name) for name in by.get(level, [])]
        more = [f"nog {len(names) - _LISTED}"] if len(names) > _LISTED else []
        here = f" Hier: {dutch.join([*names[:_LISTED], *more])}." if names else ""
        told.append(f"{title}. {MAKES_POSSIBLE[level]}{here}")
    return show.bullets(told)


def measures(maten: pd.DataFrame, naam: str, soort: str = "") -> Html:
    """Return the measures with what they mean, folded; `maten` as `networks.measures`."""
    rows = []
    for maat, over in _LIST:
        found = maten[(maten["maat"] == maat) & (maten["over"] == over)]
        for row in found.itertuples():
            value = percent(row.waarde) if row.eenheid == "deel" else number(row.waarde)
            rows.append([f"{maat.capitalize()}{_over(over)}", value, row.betekenis])
    for row in maten[maten["maat"].isin(["brug", "tussen"])].itertuples():
        value = percent(row.waarde) if row.eenheid == "deel" else number(row.waarde)
        rows.append(
            [f"{row.maat.capitalize()}: {dutch.name(row.organisatie)}", value, row.betekenis]
        )
    frame = pd.DataFrame(rows, columns=["Maat", "Waarde", "Wat het is"])
    caption = f"Maten van het netwerk ({soort})" if soort else f"Maten van het netwerk in {naam}"
    note = "Geen enkele maat is een oordeel over een organisatie. Wat niemand opschreef, ontbreekt."
    return show.fold("Toon de maten", show.table(frame, caption, {"Waarde": str}, note))


def _over(over: str) -> str:
    if over == ALL:
        return ""
    return (
        f" in netwerk {over}" if "-" not in over else f" tussen netwerk {over.replace('-', ' en ')}"
    )


def shown(network: nx.Graph, maten: pd.DataFrame, naam: str, passport: Html) -> Html:
    """Return picture, connections and measures of a network that has somebody in it."""
    if not network:
        return Html("")
    found = picture(network, naam) + passport + connectors(network)
    return found + measures(maten, naam) + passport


@cache  # the same in every report
def example() -> Html:
    """Return the made-up example of a network, with its passport."""
    rows = bakery.example("netwerk")
    network = networks.graph(rows)
    name = f"een wijk ({bakery_text.EXAMPLE})"
    made = bakery_text.made_up()
    return (
        show.text(
            "Dit is een verzonnen voorbeeld. Geen van deze partijen bestaat.",
            opening(network, name),
        )
        + picture(network, name)
        + passports.fold([made])
        + connectors(network)
        + measures(networks.measures(rows), name, bakery_text.EXAMPLE)
        + passports.fold([made])
    )
