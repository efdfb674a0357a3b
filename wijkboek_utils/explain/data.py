"""A derivation for machines: every step, every raw cell, with values and checksums (JSON)."""

from typing import Any

import numpy as np

from wijkboek_utils import sources
from wijkboek_utils.explain.derive import Derived, Deriver, cells
from wijkboek_utils.explain.nodes import Cell, Node, walk

CONTEXT = {
    "prov": "http://www.w3.org/ns/prov#",
    "schema": "https://schema.org/",
    "@vocab": "urn:wijkboek:",
    "naam": "schema:name",
    "waarde": "schema:value",
    "eenheid": "schema:unitText",
    "uit": {"@id": "prov:wasDerivedFrom", "@type": "@id"},
    "bron": {"@id": "prov:wasDerivedFrom", "@type": "@id"},
}


def document(deriver: Deriver, made: list[Derived]) -> dict[str, Any]:
    """Return derived figures as one JSON-LD document: figures, steps, cells and sources.

    A step of which each buurt has its own value has a list, in the order of `buurten`.
    """
    graph: list[dict[str, Any]] = []
    numbers: dict[int, str] = {}
    for one in made:
        graph.append(_figure(one, numbers))
        for node in walk(one.node) if one.node else ():
            graph.append(_step(deriver, node, numbers))
    graph = list({str(node["@id"]): node for node in graph}.values())
    used = list(dict.fromkeys(cell for one in made for cell in cells(one)))
    graph += [_cell(deriver, cell) for cell in used]
    graph += [_source(bron) for bron in dict.fromkeys(cell.bron for cell in used)]
    buurten = {g: list(books.f.buurten) for g, books in deriver.books.items()}
    return {
        "@context": CONTEXT,
        "rapport": deriver.report.slug,
        "buurten": buurten,
        "@graph": graph,
    }


def _figure(one: Derived, numbers: dict[int, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "@id": f"#cel-{one.figure.id}",
        "@type": "Cijfer",
        "naam": one.figure.naam,
        "cijfer": one.figure.cijfer,
        "waarde": one.waarde,
        "standaardfout": one.se,
        "opnieuw_afgedrukt": one.digits,
        "klopt": one.agrees if one.node and one.figure.cijfer else None,
        "uit": [_id(one.node, numbers)] if one.node else [],
    }
    return {key: value for key, value in facts.items() if value not in (None, "")}


def _id(node: Node, numbers: dict[int, str]) -> str:
    return numbers.setdefault(id(node), f"#stap-{len(numbers) + 1}")


def _step(deriver: Deriver, node: Node, numbers: dict[int, str]) -> dict[str, Any]:
    value = np.asarray(deriver.work(node), dtype=float)
    told = [None if np.isnan(v) else v for v in value.ravel().tolist()]
    facts: dict[str, Any] = {
        "@id": _id(node, numbers),
        "@type": "Stap",
        "bewerking": node.op,
        "naam": node.label,
        "eenheid": node.unit,
        "waarde": told if value.ndim else told[0],
        "uit": [_id(arg, numbers) for arg in node.args] + [_name(c) for c in node.cells if c],
    }
    if node.choice:
        facts |= {"keuze": node.choice.id, "plaats": node.choice.where, "reden": node.choice.reason}
    if node.mask is not None:
        facts["per_buurt"] = node.mask.astype(float).tolist()
    return {key: value for key, value in facts.items() if value not in ("", [])}


def _name(cell: Cell) -> str:
    return f"#cel:{cell.bron}:{cell.rij}:{cell.kolom}".replace(" ", "_")


def _cell(deriver: Deriver, cell: Cell) -> dict[str, Any]:
    return {
        "@id": _name(cell),
        "@type": "RuweCel",
        "bron": f"#bron-{cell.bron}",
        "rij": cell.rij,
        "kolom": cell.kolom,
        "regel": deriver.files.line(cell),
        "tekst": deriver.files.text(cell),
    }


def _source(bron: str) -> dict[str, Any]:
    found = sources.source(bron)
    return {
        "@id": f"#bron-{bron}",
        "@type": "schema:Dataset",
        "naam": found.title,
        "bestand": sources.shown(found.path),
        "schema:creator": found.publisher,
        "schema:license": found.licence,
        "sha256": found.sha256,
    }
