"""The businessbakkerij: who can help whom with what, why that fits, and which money it touches.

Residents have no name here, organisations only where they may be named. What somebody wrote under
`contact` never gets this far, and `opmerking` is not used.
"""

from collections.abc import Iterable

import networkx as nx
import pandas as pd
import yaml

from wijkboek_utils import dutch, ledger, regions, sources
from wijkboek_utils.local import booking
from wijkboek_utils.local.register import UNNAMED
from wijkboek_utils.models import matching, terms

MATCH, OPEN, FREE = "koppeling", "open vraag", "vrij aanbod"
LACKS, ONE_LACKS, THERE = "ontbreekt", "een van deze ontbreekt", "is er"
GIVEN, BY_CATEGORY = "opgegeven", "bij de categorie"
SOMEBODY = {
    "bewoner": "een bewoner",
    "initiatief": "een initiatief",
    "bedrijf": "een bedrijf",
    "instelling": "een instelling",
    "gemeente": "de gemeente",
}
TYPES = {
    **dict.fromkeys(["stand", "vraag", "gevraagd", "vrager"], "str"),
    **dict.fromkeys(["aanbod", "aangeboden", "aanbieder", "categorie"], "str"),
    **dict.fromkeys(["hoeveelheid", "deel", "deel_aanbod", "score"], "float64"),
    "eenheid": "str",
    **dict.fromkeys(matching.PARTS, "float64"),
    **dict.fromkeys(["onbekend", "omdat", "recept", "tekort", "posten", "grond", "bron"], "str"),
}
_ROUND, _PART = 5, 0.01  # in a ring at most so many parties; what is left over at least
_PLACES = {"buurt": "in dezelfde buurt", "wijk": "in dezelfde wijk"}
_PLACES |= {"gemeente": "in dezelfde gemeente", "ver": "in een andere gemeente"}
_UNKNOWN = {"woorden": "waar het precies om gaat", "plaats": "waar het is"}
_UNKNOWN |= {"tijd": "of de tijd past", "maat": "of het genoeg is"}


def example(kind: str) -> pd.DataFrame:
    """Return the rows of a made-up example in the columns of `vraag_aanbod` or `netwerk`.

    Nobody in it exists; `bron` is empty.
    """
    path = sources.TABLES / "voorbeelden" / "bakkerij.yml"
    types = {**booking.columns(kind), "bron": "str"}
    rows = yaml.load(path.read_text(encoding="utf-8"), sources.YAML)[kind]
    return pd.DataFrame(rows, columns=[*types]).assign(bron="").astype(types)


def match(vraag_aanbod: pd.DataFrame, gewichten: pd.DataFrame) -> pd.DataFrame:
    """Return who can help whom: the columns of `TYPES`, one row for each match or what is left.

    `vraag_aanbod` as notebook 06 writes it. Needs are those of the gebied (`gewichten`), offers of
    the whole gemeente; what is left over of offers is told of the gebied alone. `stand` is `MATCH`,
    `OPEN` or `FREE`. `hoeveelheid` is in the `eenheid` of the need (of a free offer: its own),
    `deel` the part of the need or free offer, `omdat` why it fits or does not, `tekort` of an
    ingredient whether it stands in the way of its recipe, `posten` those of the grootboek that it
    touches, on which `grond`. The order of the rows of `vraag_aanbod` makes no difference.
    """
    if vraag_aanbod.empty:
        return _typed(vraag_aanbod)
    rows = _numbered(vraag_aanbod)
    near = terms.here(rows, gewichten)
    needs = rows[(rows["soort"] == "vraag") & near]
    offers = rows[rows["soort"] == "aanbod"]
    found = matching.pairs(needs, offers)
    recipes = needs["recept"].dropna().to_dict()
    division = matching.divide(found, recipes)
    chosen = division.parts.merge(found.drop(columns=["score", "neemt"]), on=["vraag", "aanbod"])
    stuck = _shortages(found, recipes)
    parts = [
        _matches(chosen, needs, offers),
        _open(needs, offers, found, chosen, stuck),
        _free(offers[near[offers.index]], chosen),
    ]
    table = pd.concat([_typed(part) for part in parts], ignore_index=True)
    return table.assign(tekort=table["vraag"].map(stuck)).astype(TYPES)


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.reindex(columns=[*TYPES]).astype(TYPES)


def _numbered(vraag_aanbod: pd.DataFrame) -> pd.DataFrame:
    """Return needs and offers with a number, in an order that is theirs alone, and who it is."""
    given = [*booking.columns("vraag_aanbod"), "bron"]
    order = [name for name in given if name != "opmerking"]
    rows = vraag_aanbod[order].sort_values(order, ignore_index=True)
    letter = rows["soort"].str[:1]
    number = rows.groupby("soort").cumcount() + 1
    rows.index = pd.Index(letter + number.astype(str), dtype="str")
    hidden = (rows["wie"] == "bewoner") | (rows["organisatie"] == UNNAMED)
    names = rows["organisatie"].mask(hidden)
    spelled = names.groupby(names.map(terms.key)).transform("min")
    plans = rows["hoort_bij"].groupby(rows["hoort_bij"].map(terms.key)).transform("min")
    who = spelled.where(names.notna(), rows["wie"].map(SOMEBODY))
    return rows.assign(
        organisatie=names, partij=who.map(dutch.name), recept=plans.where(rows["hoort_bij"].notna())
    )


def _matches(chosen: pd.DataFrame, needs: pd.DataFrame, offers: pd.DataFrame) -> pd.DataFrame:
    need, offer = needs.loc[chosen["vraag"]], offers.loc[chosen["aanbod"]]
    table = chosen.assign(stand=MATCH, deel_aanbod=(chosen["deel"] * chosen["neemt"]).round(6))
    table = table.assign(
        **{name: need[of].to_numpy() for name, of in _NEED.items()},
        **{name: offer[of].to_numpy() for name, of in _OFFER.items()},
        hoeveelheid=(need["hoeveelheid"].to_numpy() * table["deel"]).round(6),
        deel=table["deel"].round(6),
    )
    pairs = zip(need.itertuples(), offer.itertuples(), strict=True)
    told = [_posts(n.categorie, [n.post, o.post]) for n, o in pairs]
    table["omdat"] = [
        _because(row, needs.loc[row.vraag], offers.loc[row.aanbod]) for row in table.itertuples()
    ]
    told_by = zip(need["bron"], offer["bron"], strict=True)
    table["bron"] = [";".join(dict.fromkeys(ids)) for ids in told_by]
    return table.assign(posten=[p for p, _ in told], grond=[g for _, g in told])


_NEED = {"gevraagd": "wat", "vrager": "partij", "categorie": "categorie", "eenheid": "eenheid"}
_NEED |= {"recept": "recept"}
_OWN = {"soort", "tijd"}  # words of a need or an offer; of a match they are points
_OFFER = {"aangeboden": "wat", "aanbieder": "partij"}


def _because(row: object, need: pd.Series, offer: pd.Series) -> str:
    """Return in words what fits, and what nobody knows."""
    about = f"beide onder «{need['categorie']}» staan"
    asked = terms.core(need["wat"], need["categorie"])
    had = terms.core(offer["wat"], offer["categorie"])
    if words := [w for s, w in asked.items() if any(terms.alike(s, o) for o in had)]:
        about = f"het bij beide gaat om {dutch.join([f'«{word}»' for word in words])}"
    told = [about]
    told += [words for place, words in _PLACES.items() if _is(row, "plaats", place)]
    if row.tijd == row.tijd:  # type: ignore[attr-defined]  # known
        told.append("de tijd past" if row.tijd == 1 else "een deel van de tijd past")  # type: ignore[attr-defined]
    if row.maat == row.maat:  # type: ignore[attr-defined]
        share = row.deel  # type: ignore[attr-defined]
        enough = "het is genoeg" if share >= 1 else f"het is {dutch.percent(share)} van de vraag"
        told.append(enough)
    unknown = [_UNKNOWN[p] for p in row.onbekend.split(";") if p]  # type: ignore[attr-defined]
    later = f" Nog te vragen: {dutch.join(unknown)}." if unknown else ""
    return f"Past omdat {dutch.join(told)}.{later}"


def _is(row: object, part: str, what: str) -> bool:
    return bool(getattr(row, part) == terms.points(part, what))


def _posts(category: str, given: Iterable[object]) -> tuple[str, str]:
    """Return the posts that a match touches, `;` between, and why we think so."""
    own = dict.fromkeys(post for post in given if isinstance(post, str))
    if own:
        return ";".join(own), GIVEN
    rows = terms.table("post")
    return ";".join(rows.loc[rows["categorie"] == category, "woord"]), BY_CATEGORY


def _open(
    needs: pd.DataFrame,
    offers: pd.DataFrame,
    found: pd.DataFrame,
    chosen: pd.DataFrame,
    stuck: dict[str, str],
) -> pd.DataFrame:
    """Return needs that are not met, or for a part, with the reason."""
    halted = {needs.loc[n, "recept"] for n, word in stuck.items() if word != THERE}
    wait = {n for n, word in stuck.items() if word == THERE and needs.loc[n, "recept"] in halted}
    met = chosen.groupby("vraag")["deel"].sum().reindex(needs.index, fill_value=0.0)
    rows = needs.assign(deel=(1 - met).round(6))[met < 1 - _PART]
    table = rows.drop(columns=[*_OWN]).rename(columns={"wat": "gevraagd", "partij": "vrager"})
    return table.assign(
        stand=OPEN,
        vraag=rows.index,
        hoeveelheid=(rows["hoeveelheid"] * rows["deel"]).round(6),
        omdat=[
            _why_not(rows.loc[n], offers, found[found["vraag"] == n], n in wait) for n in rows.index
        ],
    )


def _why_not(need: pd.Series, offers: pd.DataFrame, mine: pd.DataFrame, waits: bool) -> str:
    """Return why a need is open; `mine` are its pairs, it `waits` for the rest of its recipe."""
    if need["deel"] < 1:
        return f"Er is nog {dutch.percent(need['deel'])} van de vraag over."
    if waits:
        return "Wat dit vraagt is er wel, maar het recept is nog niet compleet."
    if (mine["botst"] == "").any():
        return "Er is aanbod dat past, maar niet genoeg voor alle vragen."
    if len(mine):
        return "Er is aanbod, maar op een andere tijd."
    others = offers[offers["categorie"] == need["categorie"]]
    if len(others):
        count = dutch.plural(len(others), "keer", "keer")
        return f"Onder «{need['categorie']}» is {count} iets aangeboden, maar iets anders."
    return f"Niemand biedt nog iets aan onder «{need['categorie']}»."


def _free(offers: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return offers of which nothing, or not all, is used."""
    taken = (chosen["deel"] * chosen["neemt"]).groupby(chosen["aanbod"]).sum()
    left = (1 - taken.reindex(offers.index, fill_value=0.0)).round(6)
    rows = offers.assign(deel=left)[left > _PART]
    return rows.drop(columns=[*_OWN]).assign(
        stand=FREE,
        aanbod=rows.index,
        aangeboden=rows["wat"],
        aanbieder=rows["partij"],
        hoeveelheid=(rows["hoeveelheid"] * rows["deel"]).round(6),
        omdat=[
            "Hier is nog geen vraag naar." if part == 1 else "Hier is nog iets van over."
            for part in rows["deel"]
        ],
    )


def _shortages(found: pd.DataFrame, recipes: dict[str, str]) -> dict[str, str]:
    """Return of each ingredient of a recipe whether it stands in the way."""
    told: dict[str, str] = {}
    for recipe in sorted({*recipes.values()}):
        needs = [need for need, name in recipes.items() if name == recipe]
        short, any_ = matching.lacking(found, needs)
        told |= dict.fromkeys(needs, THERE) | dict.fromkeys(short, LACKS)
        if len(any_) > 1:
            told |= dict.fromkeys(any_, ONE_LACKS)
    return told


def exchange(koppelingen: pd.DataFrame) -> nx.DiGraph:
    """Return who gives to whom, of organisations with a name; an edge has what goes (`wat`)."""
    graph: nx.DiGraph = nx.DiGraph()
    matches = koppelingen[koppelingen["stand"] == MATCH].sort_values(["aanbieder", "vrager"])
    for row in matches.itertuples():
        if not {row.aanbieder, row.vrager} & {*SOMEBODY.values()}:
            graph.add_edge(row.aanbieder, row.vrager, wat=row.aangeboden)
    return graph


def rings(graph: nx.DiGraph) -> list[list[str]]:
    """Return rings of at most five: each gives to the next, and the last to the first."""
    found = [
        [*ring[ring.index(min(ring)) :], *ring[: ring.index(min(ring))]]
        for ring in nx.simple_cycles(graph, length_bound=_ROUND)
    ]
    return sorted(found, key=lambda ring: (len(ring), ring))


def chains(graph: nx.DiGraph) -> list[list[str]]:
    """Return of each group the longest row in which each gives to the next, three or more.

    Parties in a ring are left out: `rings` has them.
    """
    in_ring = {n for part in nx.strongly_connected_components(graph) if len(part) > 1 for n in part}
    rest = graph.subgraph([n for n in graph if n not in in_ring])
    groups = nx.weakly_connected_components(rest)
    found = [nx.dag_longest_path(rest.subgraph(sorted(group))) for group in groups]
    return sorted(chain for chain in found if len(chain) > 2)


def moved(
    koppelingen: pd.DataFrame, grootboek: pd.DataFrame, gewichten: pd.DataFrame
) -> pd.DataFrame:
    """Return the posts that matches touch, with what is paid on them in the gebied in a year.

    Columns: `post`, `naam`, `bedrag` and `se` (EUR a year; missing when
    the books do not have it), `koppelingen` (how many), `grond`. Largest first. A match touches a
    small part of a post: its own value is not known.
    """
    made = koppelingen[koppelingen["stand"] == MATCH]
    rows = made.assign(post=made["posten"].str.split(";")).explode("post")
    rows = rows[rows["post"].fillna("") != ""]
    sums = rows.groupby("post").agg(
        koppelingen=("post", "size"), grond=("grond", lambda cells: "; ".join(sorted({*cells})))
    )
    table = sums.join(amounts(grootboek, gewichten, [*sums.index])).reset_index()
    return table.sort_values(["bedrag", "post"], ascending=[False, True], ignore_index=True)


def first_needs(grootboek: pd.DataFrame, gewichten: pd.DataFrame) -> pd.DataFrame:
    """Return what the books suggest to ask, largest amount first: no needs, but questions.

    Columns: `categorie`, `vraag`, `post`, `naam`, `bedrag` and `se` in EUR a year, of the post with
    the most money in each category.
    """
    rows = terms.table("post").rename(columns={"woord": "post", "reden": "vraag"})
    known = amounts(grootboek, gewichten, [*rows["post"]])
    table = rows[["categorie", "vraag", "post"]].join(known, on="post").dropna(subset="bedrag")
    table = table.sort_values(["bedrag", "post"], ascending=[False, True])
    first = table.drop_duplicates("categorie").drop_duplicates("post")
    return first[["categorie", "vraag", "post", "naam", "bedrag", "se"]].reset_index(drop=True)


def paid(grootboek: pd.DataFrame, posts: Iterable[str]) -> pd.Series:
    """Return which boekingen are those of posts, without the rest of the gemeente."""
    return grootboek["post"].isin([*posts]) & ~regions.is_rest(grootboek["buurt"])


def amounts(grootboek: pd.DataFrame, gewichten: pd.DataFrame, posts: list[str]) -> pd.DataFrame:
    """Return by post its `naam`, `bedrag` and `se` of a gebied in EUR a year.

    A post that we have no name for has its id.
    """
    mine = grootboek[paid(grootboek, posts)]
    sums = ledger.totals(mine, gewichten, ["post"]).set_index("post")[["bedrag", "se"]]
    names = terms.table("post").drop_duplicates("woord").set_index("woord")["als"]
    told = [names.get(post, post) for post in posts]
    return sums.reindex(posts).assign(naam=told)
