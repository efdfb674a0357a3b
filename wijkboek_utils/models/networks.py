"""Networks 1, 2 and 3: who works with whom, who connects, and where a tie could be made.

Network 1 is residents among themselves, 2 initiatives of the wijk, 3 coalitions about the wijk
(Billy Budget). Residents are one group without a name. Measures are those of graphs: density,
components, articulation points (Hopcroft & Tarjan 1973) and betweenness (Freeman 1977).
"""

from itertools import combinations
from typing import Any

import networkx as nx
import pandas as pd

from wijkboek_utils.models import terms

RESIDENTS = "Bewoners"
LEVELS = {1: "Netwerk 1: betrokken bewoners", 2: "Netwerk 2: ondernemende bewoners"}
LEVELS |= {3: "Netwerk 3: coalities"}
UNKNOWN_LEVEL = 0  # named by another, without a row of its own
ALL = "alle"
TYPES = {
    **dict.fromkeys(["maat", "over", "organisatie"], "str"),
    "waarde": "float64",
    **dict.fromkeys(["eenheid", "betekenis"], "str"),
}
MEANINGS = {
    "organisaties": "Hoeveel organisaties er staan; bewoners zijn samen één.",
    "banden": "Hoeveel paren organisaties iets samen doen.",
    "dichtheid": "Welk deel van alle mogelijke banden er is.",
    "groepen": "Hoeveel groepen er zijn zonder band met elkaar.",
    "grootste groep": "Welk deel van de organisaties in de grootste groep zit.",
    "brug": "Zonder deze organisatie staan andere los van elkaar: zoveel groepen meer.",
    "tussen": "Welk deel van de kortste wegen tussen twee anderen langs deze organisatie loopt.",
}
_COMMON = 2  # shared ties that make a new one likely


def graph(netwerk: pd.DataFrame, gewichten: pd.DataFrame | None = None) -> nx.Graph:
    """Return organisations and their ties: nodes by name, with `niveau` and `soort`.

    `netwerk` has the columns of the dataset. With `gewichten` only what lies in the gebied, or in
    no buurt, and what that is tied to. Names that differ in case or spaces are one; where rows
    disagree the most frequent counts, then the first. All residents are `RESIDENTS`. An edge has
    `aard`: what they do together, `;` between.
    """
    rows = netwerk if gewichten is None else netwerk[terms.here(netwerk, gewichten)]
    homes = rows["soort"].eq("bewoners")
    lived = {*rows.loc[homes, "naam"].map(terms.key)}
    spelled: dict[str, str] = {}
    for name in sorted([*rows["naam"], *rows["verbonden_met"].dropna()]):
        key = terms.key(name)
        spelled.setdefault(key, RESIDENTS if key in lived else " ".join(str(name).split()))
    found: nx.Graph = nx.Graph()
    told = rows.assign(naam=rows["naam"].map(terms.key).map(spelled))
    for name, mine in sorted(told.groupby("naam")):
        level, kind = (_most(mine[column]) for column in ("niveau", "soort"))
        found.add_node(name, niveau=1 if name == RESIDENTS else int(level), soort=kind)
    ties = told.dropna(subset="verbonden_met").sort_values(["naam", "verbonden_met"])
    for row in ties.itertuples():
        other = spelled[terms.key(row.verbonden_met)]
        if other == row.naam:
            continue
        if other not in found:
            found.add_node(other, niveau=UNKNOWN_LEVEL, soort="")
        what = {*found.get_edge_data(row.naam, other, {}).get("aard", "").split(";")}
        what |= {row.aard} if isinstance(row.aard, str) else set()
        found.add_edge(row.naam, other, aard=";".join(sorted(what - {""})))
    return found


def _most(cells: pd.Series) -> Any:
    """Return the most frequent value; of equals the lowest."""
    counts = cells.value_counts()
    return min(counts.index[counts == counts.max()])


def levels(network: nx.Graph) -> dict[int, list[str]]:
    """Return the names on each level that is there, in order; unknown levels last."""
    by: dict[int, list[str]] = {}
    for name in sorted(network):
        by.setdefault(network.nodes[name]["niveau"], []).append(name)
    return {level: by[level] for level in [*LEVELS, UNKNOWN_LEVEL] if level in by}


def measures(netwerk: pd.DataFrame, gewichten: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the measures of a network: the columns of `TYPES`.

    `over` is the level (`1`), two levels (`1-2`) or `ALL`; `organisatie` is filled for `brug` and
    `tussen`; `betekenis` defines. Where nothing can be tied there is no density. A network of
    nobody has no rows.
    """
    network = graph(netwerk, gewichten)
    if not network:
        return pd.DataFrame(columns=[*TYPES]).astype(TYPES)
    by = levels(network)
    rows: list[tuple] = []
    for level, names in by.items():
        part = network.subgraph(names)
        over = str(level) if level else "onbekend"
        rows += [("organisaties", over, None, len(part)), ("banden", over, None, part.size())]
        rows += _density(over, part.size(), len(part) * (len(part) - 1) / 2)
    for a, b in combinations([level for level in by if level], 2):
        count = len(between(network, by[a], by[b]))
        rows.append(("banden", f"{a}-{b}", None, count))
        rows += _density(f"{a}-{b}", count, len(by[a]) * len(by[b]))
    rows += [("organisaties", ALL, None, len(network)), ("banden", ALL, None, network.size())]
    rows += _density(ALL, network.size(), len(network) * (len(network) - 1) / 2)
    groups = [len(group) for group in nx.connected_components(network)]
    rows.append(("groepen", ALL, None, len(groups)))
    rows.append(("grootste groep", ALL, None, max(groups) / len(network)))
    rows += [("brug", ALL, name, parts) for name, parts in bridges(network)]
    central = nx.betweenness_centrality(network)
    known = [(name, value) for name, value in central.items() if value > 0]
    rows += [("tussen", ALL, n, v) for n, v in sorted(known, key=lambda one: (-one[1], one[0]))]
    table = pd.DataFrame(rows, columns=["maat", "over", "organisatie", "waarde"])
    share = table["maat"].isin(["dichtheid", "grootste groep", "tussen"])
    table["eenheid"] = share.map({True: "deel", False: "aantal"})
    return table.assign(betekenis=table["maat"].map(MEANINGS))[[*TYPES]].astype(TYPES)


def _density(over: str, ties: int, possible: float) -> list[tuple]:
    return [("dichtheid", over, None, ties / possible)] if possible else []


def between(network: nx.Graph, one: list[str], other: list[str]) -> list[tuple[str, str]]:
    """Return the ties between two groups of organisations."""
    return sorted((a, b) for a in one for b in network[a] if b in {*other})


def bridges(network: nx.Graph) -> list[tuple[str, int]]:
    """Return who holds others together, and how many groups more there are without them."""
    whole = nx.number_connected_components(network)
    found = []
    for name in sorted(nx.articulation_points(network)):
        rest = network.subgraph([n for n in network if n != name])
        found.append((name, nx.number_connected_components(rest) - whole))
    return sorted(found, key=lambda one: (-one[1], one[0]))


def chances(network: nx.Graph) -> pd.DataFrame:
    """Return ties that could be made: `een`, `ander`, `waarom`.

    Between groups that have none (their most connected), and between two that share two or more
    partners and do not work together yet. Ties with residents stand for many people and are left
    out of the second kind.
    """
    groups = [_first(network, group) for group in nx.connected_components(network)]
    groups = sorted(groups, key=lambda one: (-one[1], one[0]))
    rows = [(groups[0][0], name, "Tussen hun groepen is nog geen band.") for name, _ in groups[1:]]
    pairs = combinations(sorted(n for n in network if n != RESIDENTS), 2)
    shared = []
    for one, other in pairs:
        both = sorted({*network[one]} & {*network[other]})
        if len(both) >= _COMMON and not network.has_edge(one, other):
            shared.append((-len(both), one, other, f"Beide werken met {_names(both)}."))
    rows += [(one, other, why) for _, one, other, why in sorted(shared)]
    return pd.DataFrame(rows, columns=["een", "ander", "waarom"]).astype("str")


def _first(network: nx.Graph, group: set[str]) -> tuple[str, int]:
    """Return the most connected of a group, and how large the group is."""
    return min(group, key=lambda name: (-network.degree(name), name)), len(group)


def _names(names: list[str]) -> str:
    return " en ".join(names[:2]) + (f" en nog {len(names) - 2}" if len(names) > 2 else "")


def untied(network: nx.Graph) -> list[tuple[int, int]]:
    """Return the levels that are both there and have no tie between them: 1 with 2, 2 with 3."""
    by = levels(network)
    steps = [(a, b) for a, b in ((1, 2), (2, 3)) if a in by and b in by]
    return [(a, b) for a, b in steps if not between(network, by[a], by[b])]
