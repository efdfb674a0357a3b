"""All cijferpaspoorten of a report as one document for machines (JSON-LD, PROV)."""

from typing import Any

from wijkboek_utils import sources

CONTEXT = {
    "schema": "https://schema.org/",
    "prov": "http://www.w3.org/ns/prov#",
    "@vocab": "urn:wijkboek:",
    "naam": "schema:name",
    "waarde": "schema:value",
    "eenheid": "schema:unitText",
    "bron": {"@id": "prov:wasDerivedFrom", "@type": "@id"},
    "telt": {"@type": "@id"},
    "telt_af": {"@type": "@id"},
    "stap": {"@id": "prov:wasGeneratedBy", "@type": "@id"},
}
FLOWS = ("telt", "telt_af")  # of a passport: the flows that its figure adds up
_FLOW = ("post", "van", "naar", "domein", "deel")


def used(document: dict[str, Any]) -> list[str]:
    """Return the ids of the sources that a document of passports names."""
    ids = [str(node["@id"]) for node in document["@graph"]]
    return [ident.removeprefix("#bron-") for ident in ids if ident.startswith("#bron-")]


def document(steps: list[tuple[str, list[dict[str, Any]]]]) -> dict[str, Any]:
    """Return all passports of a report as one JSON-LD document.

    `steps` are the notebook cells that showed them: (name of the cell, its `linked`). Sources
    and flows are described once, sources with their checksum and licence.
    """
    graph: list[dict[str, Any]] = []
    used: dict[str, None] = {}
    flows: dict[str, str] = {}
    for step, nodes in steps:
        for n, node in enumerate(nodes, start=1):
            told = {key: _interned(node[key], flows) for key in FLOWS if key in node}
            graph.append({"@id": f"#{step}-{n}", **node, **told, "stap": f"#{step}"})
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
    for flow, ident in flows.items():
        facts = dict(zip(_FLOW, flow.split("|"), strict=False))
        graph.append({"@id": ident, "@type": "Geldstroom", **facts})
    return {"@context": CONTEXT, "@graph": graph}


def _interned(names: list[str], flows: dict[str, str]) -> list[str]:
    """Return the ids of flows by name, which are described once; `flows` has those so far."""
    return [flows.setdefault(name, f"#geldstroom-{len(flows) + 1}") for name in names]
