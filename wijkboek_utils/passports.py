"""The cijferpaspoort: where a figure comes from, as a fold-out for readers and as JSON-LD.

A figure of the books has a passport made from its boekingen. A table whose figures all come from
the same sources in the same way has one for the whole table.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from wijkboek_utils import dutch, ledger, sources, wijkrekening
from wijkboek_utils.show import Html, in_page

WHOLE = "alle cijfers in deze tabel"
EUROS = "EUR per jaar"
CONTEXT = {
    "schema": "https://schema.org/",
    "prov": "http://www.w3.org/ns/prov#",
    "@vocab": "urn:wijkboek:",
    "naam": "schema:name",
    "waarde": "schema:value",
    "eenheid": "schema:unitText",
    "bron": {"@id": "prov:wasDerivedFrom", "@type": "@id"},
    "stap": {"@id": "prov:wasGeneratedBy", "@type": "@id"},
}
_SHOWN = 6  # names of keys or kengetallen that a reader sees; the JSON-LD has all
_METHODS = {
    "gemeten": "cijfer van de bron zelf",
    "verdeeld": "bekend voor een groter gebied, verdeeld met een sleutel",
    "geraamd": "aantal maal kengetal",
    "lokaal": "lokaal geteld",
    "geheim": "geheim bij de bron",
    "ontbreekt": "niet bekend",
}


@dataclass(frozen=True)
class Passport:
    """What is known of the origin of one figure, or of all figures of a table.

    `bronnen`, `sleutels` and `kengetallen` are ids with their names; `waarde` and `se` are in
    EUR a year, and None where the figure is words or there are more than one.
    """

    naam: str
    cijfer: str
    formule: str
    bronnen: dict[str, str]
    jaren: list[int]
    methode: str = ""
    sleutels: dict[str, str] = field(default_factory=dict)
    kengetallen: dict[str, str] = field(default_factory=dict)
    waarde: float | None = None
    se: float | None = None


@dataclass(frozen=True)
class Books:
    """The boekingen of an area, and the names of their keys and kengetallen."""

    rows: pd.DataFrame
    keys: dict[str, str]
    units: dict[str, str]

    def figure(
        self,
        naam: str,
        cijfer: str,
        chosen: pd.Series,
        bedrag: float | None = None,
        se: float | None = None,
        formule: str = "",
    ) -> Passport:
        """Return the passport of a figure that is the sum of the `chosen` boekingen (a mask).

        Without `formule` the methods of the boekingen say how the figure was made.
        """
        part = self.rows[chosen]
        shares = _shares(part)
        made = "; ".join(_METHODS[m] for m in shares.index)
        return Passport(
            naam,
            cijfer,
            formule or f"Som van {dutch.plural(len(part), 'boeking', 'boekingen')}: {made}",
            _titles(part["bron"]),
            sorted(int(y) for y in part["bronjaar"].dropna().unique()),
            _mix(shares),
            _named(part["sleutel"], self.keys),
            _named(part["kengetal"], self.units),
            float(bedrag) if dutch.is_known(bedrag) else None,
            float(se) if dutch.is_known(se) else None,
        )

    def money(self, naam: str, amount: float, se: float, chosen: pd.Series) -> Passport:
        """Return the passport of an amount that is printed to the digits it deserves."""
        return self.figure(naam, dutch.about(amount, se), chosen, amount, se)

    def table(self, naam: str, rows: pd.DataFrame, formule: str, cijfer: str = WHOLE) -> Passport:
        """Return the passport of all figures in a table that was made from `rows`.

        `rows` has `bron`, and where it has them `bronjaar` and `kengetal`.
        """
        years = rows["bronjaar"].dropna().unique() if "bronjaar" in rows else []
        units = rows["kengetal"] if "kengetal" in rows else pd.Series(dtype="str")
        return Passport(
            naam,
            cijfer,
            formule,
            _titles(rows["bron"]),
            sorted(int(y) for y in years),
            kengetallen=_named(units, self.units),
        )


def books(
    boekingen: pd.DataFrame,
    weights: ledger.Weights,
    sleutels: pd.DataFrame,
    kengetallen: pd.DataFrame,
) -> Books:
    """Return the books of an area, with names for `sleutels` (notebook 04) and `kengetallen`."""
    inside = boekingen["buurt"].map(ledger.shares(weights)).fillna(0.0).to_numpy() > 0
    rows = wijkrekening.named(boekingen[inside].reset_index(drop=True))
    return Books(
        rows,
        dict(zip(sleutels["sleutel"], sleutels["naam"], strict=True)),
        dict(zip(kengetallen["id"], kengetallen["naam"], strict=True)),
    )


def of_sources(naam: str, ids: Iterable[str], formule: str, cijfer: str = WHOLE) -> Passport:
    """Return the passport of what comes straight from sources; `ids` as for `sources.describe`.

    Its years are those that the sources are about.
    """
    titles = _titles(pd.Series(list(ids), dtype="str"))
    periods = {sources.source(one).period for one in titles}
    years = sorted(int(period) for period in periods if period and period.isdigit())
    return Passport(naam, cijfer, formule, titles, years)


def of_kind(naam: str, kinds: list[str], jaren: Iterable[int], formule: str) -> Passport:
    """Return the passport of a table that reads all sources of some kinds over some years."""
    wanted = {str(year) for year in jaren}
    found = [s.id for kind in kinds for s in sources.vintages(kind) if s.period in wanted]
    return of_sources(naam, found, formule)


def of_model(
    naam: str, formule: str, units: pd.DataFrame, ids: Iterable[str] = (), cijfer: str = WHOLE
) -> Passport:
    """Return the passport of what a model computes from kengetallen and assumptions.

    `units` as `Kengetallen.used`; `ids` are the sources of what the model takes from the books.
    """
    base = of_sources(naam, ids, formule, cijfer)
    return replace(base, kengetallen=dict(zip(units["id"], units["naam"], strict=True)))


def _shares(rows: pd.DataFrame) -> pd.Series:
    """Return which part of the money of some boekingen each method made, largest first."""
    sums = rows.groupby(rows["methode"].astype(str))["bedrag"].sum()
    whole = sums.sum()
    shares = sums / whole if whole else pd.Series(1 / max(len(sums), 1), index=sums.index)
    return shares.sort_values(ascending=False, kind="stable")


def _mix(shares: pd.Series) -> str:
    if len(shares) == 1:
        return str(shares.index[0])
    return dutch.join([f"{dutch.percent(part)} {name}" for name, part in shares.items()])


def _named(cells: pd.Series, names: dict[str, str]) -> dict[str, str]:
    """Return the ids in some cells (`;` between) with their names, in order of appearance."""
    found = dict.fromkeys(i for cell in cells.dropna().unique() for i in str(cell).split(";") if i)
    # A key of CBS' own figures is the inhabitants of one wijk or gemeente: `inwoners:WK034401`.
    return {i: names.get(i, i.replace(":", " binnen ")) for i in found}


def _titles(cells: pd.Series) -> dict[str, str]:
    table = sources.describe(cells.dropna().unique())
    return dict(zip(table["bron"], table["titel"], strict=True))


def fold(passports: list[Passport], words: str = "") -> Html:
    """Return passports folded away, one fold inside it for each; `linked` holds them as JSON-LD.

    `words` says of what they are, after «Cijferpaspoort:». The link `#cel` is that of the notebook
    cell, which only the report knows.
    """
    if not passports:
        return Html("")
    summary = "Cijferpaspoort" if len(passports) == 1 else f"{len(passports)} cijferpaspoorten"
    summary += f": {words}" if words else ""
    if len(passports) == 1:
        inner = _facts(passports[0])
    else:
        inner = "".join(
            f'<details class="wb-pas-een"><summary>{in_page(p.naam)}: '
            f"<strong>{in_page(p.cijfer)}</strong></summary>{_facts(p)}</details>"
            for p in passports
        )
    return Html(
        f'<details class="wb-pas"><summary>{in_page(summary)}</summary>{inner}</details>',
        tuple(linked(p) for p in passports),
    )


def _facts(passport: Passport) -> str:
    """Return what a passport says as a list of terms."""
    rows: list[tuple[str, str]] = [
        ("Cijfer", in_page(f"{passport.naam}: {passport.cijfer}")),
        ("Hoe gemaakt", in_page(passport.formule)),
        ("Methode", in_page(passport.methode)),
        ("Sleutel", in_page(_few(passport.sleutels))),
        ("Kengetal", in_page(_few(passport.kengetallen))),
        ("Periode", in_page(dutch.join([str(year) for year in passport.jaren]))),
        ("Standaardfout", "" if passport.se is None else _error(passport.se)),
        ("Hard", _grade(passport)),
        ("Bron", "<br>".join(_source(i, title) for i, title in passport.bronnen.items())),
        ("Stap", '<a href="#cel">de code van deze stap</a>'),
    ]
    # Titles are the words of who publishes the source; the check of our Dutch leaves them out.
    kinds = {"Bron": ' class="wb-sources"'}
    items = "".join(
        f"<div><dt>{term}</dt><dd{kinds.get(term, '')}>{words}</dd></div>"
        for term, words in rows
        if words
    )
    return f"<dl>{items}</dl>"


def _error(se: float) -> str:
    return in_page(dutch.about(se)) if se else "geen: zeker volgens de bron"


def _few(names: dict[str, str]) -> str:
    listed = list(names.values())
    if len(listed) <= _SHOWN:
        return "; ".join(listed)
    return "; ".join(listed[:_SHOWN]) + f"; en {len(listed) - _SHOWN} andere"


def _grade(passport: Passport) -> str:
    if passport.waarde is None or passport.se is None:
        return ""
    return wijkrekening.grade(passport.waarde, passport.se)


def _source(ident: str, title: str) -> str:
    found = sources.source(ident)
    table = f", tabel {found.table}" if found.table else ""
    return in_page(f"{title}{table}. Controlegetal (sha256): ") + f"<code>{found.sha256}</code>"


def linked(passport: Passport) -> dict[str, Any]:
    """Return a passport as JSON-LD, without the context and without the cell it came from."""
    node: dict[str, Any] = {
        "@type": "Cijfer",
        "naam": passport.naam,
        "cijfer": passport.cijfer,
        "formule": passport.formule,
        "methode": passport.methode,
        "sleutel": list(passport.sleutels),
        "kengetal": list(passport.kengetallen),
        "jaar": passport.jaren,
        "bron": [f"#bron-{ident}" for ident in passport.bronnen],
    }
    if passport.waarde is not None:
        node |= {"waarde": round(passport.waarde, 2), "eenheid": EUROS}
    if passport.se is not None:
        node["standaardfout"] = round(passport.se, 2)
        node["hard"] = _grade(passport)
    return {key: value for key, value in node.items() if value not in ("", [])}


def used(document: dict[str, Any]) -> list[str]:
    """Return the ids of the sources that a document of passports names."""
    ids = [str(node["@id"]) for node in document["@graph"]]
    return [ident.removeprefix("#bron-") for ident in ids if ident.startswith("#bron-")]


def document(steps: list[tuple[str, list[dict[str, Any]]]]) -> dict[str, Any]:
    """Return all passports of a report as one JSON-LD document.

    `steps` are the notebook cells that showed them: (name of the cell, its `linked`). Sources
    are described once, with their checksum and licence.
    """
    graph: list[dict[str, Any]] = []
    used: dict[str, None] = {}
    for step, nodes in steps:
        for n, node in enumerate(nodes, start=1):
            graph.append({"@id": f"#{step}-{n}", **node, "stap": f"#{step}"})
            used |= dict.fromkeys(i.removeprefix("#bron-") for i in node.get("bron", []))
        graph.append({"@id": f"#{step}", "@type": "prov:Activity", "naam": step})
    for ident in sorted(used):
        found = sources.source(ident)
        facts = {
            "@id": f"#bron-{ident}",
            "@type": "schema:Dataset",
            "naam": found.title,
            "schema:identifier": found.table,
            "schema:temporalCoverage": found.period,
            "schema:creator": found.publisher,
            "schema:license": found.licence,
            "sha256": found.sha256,
        }
        graph.append({key: value for key, value in facts.items() if value})
    return {"@context": CONTEXT, "@graph": graph}
