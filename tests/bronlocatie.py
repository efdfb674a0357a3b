"""The Locatieserver of PDOK (3.1) as far as we ask it: streets and their addresses.

For `bronserver`. Streets, buurten and codes are real; how many addresses there are is made up.
"""

from dataclasses import dataclass
from typing import Any

from tests.bronodata import Record, Refusal, whole

PATH = ["bzk", "locatieserver", "search", "v3_1", "free"]
OPTIONS = {"q", "fq", "fl", "rows", "start", "df", "bq", "sort", "wt", "lat", "lon"}
MOST = 100  # documents in an answer


@dataclass(frozen=True)
class Street:
    """A street as the BAG has it, with the number of its addresses in each buurt."""

    id: str
    naam: str
    gemeente: str
    code: str
    addresses: dict[str, int]
    woonplaats: str = ""

    def record(self) -> Record:
        """Return the street as a document."""
        place = self.woonplaats or self.gemeente
        facts = {"bron": "BAG", "type": "weg", "straatnaam": self.naam, "woonplaatsnaam": place}
        facts |= {"gemeentenaam": self.gemeente, "gemeentecode": self.code[2:]}
        facts |= {"openbareruimtetype": "Weg", "openbareruimte_id": self.id}
        return facts | {"weergavenaam": f"{self.naam}, {place}", "id": f"weg-{self.id}"}

    def records(self) -> list[Record]:
        """Return its addresses as documents."""
        codes = [code for code, count in self.addresses.items() for _ in range(count)]
        return [
            self.record()
            | {"type": "adres", "huisnummer": n, "buurtcode": code, "id": f"adr-{self.id}-{n}"}
            for n, code in enumerate(codes, 1)
        ]


ARNHEM = [
    Street("0202300000000001", "Hommelstraat", "Arnhem", "GM0202", {"BU02020210": 130}),
    Street(
        "0202300000000002",
        "Klarendalseweg",
        "Arnhem",
        "GM0202",
        {"BU02020732": 180, "BU02020733": 61},
    ),
    Street("0344300000000003", "Hommelstraat", "Utrecht", "GM0344", {"BU03440831": 20}),
]


def answer(streets: list[Street], parts: list[str], options: dict[str, str]) -> Record:
    """Answer a question about streets or addresses."""
    if [part.lower() for part in parts] != PATH:
        raise Refusal(404, "Not Found")
    if odd := options.keys() - OPTIONS:
        raise Refusal(400, f"unknown query parameter: {', '.join(sorted(odd))}")
    rows, start = whole(options, "rows", 10), whole(options, "start", 0)
    if rows > MOST:
        raise Refusal(400, f"rows: must be at most {MOST}")
    kind = options.get("fq", "").removeprefix("type:")
    documents = [d for street in streets for d in [street.record(), *street.records()]]
    found = [d for d in documents if kind in ("", d["type"]) and _fits(d, options.get("q", ""))]
    names = [name for name in options.get("fl", "").split(",") if name]
    page = [_only(d, names) for d in found[start : start + rows]]
    facts = {"numFound": len(found), "start": start, "maxScore": 9.0, "numFoundExact": True}
    return {"response": facts | {"docs": page}}


def _fits(document: Record, q: str) -> bool:
    """Return whether a document is about `field:value`, or has one of the words, as Solr does."""
    field, sign, value = q.partition(":")
    if sign:
        return str(document.get(field)) == value
    text = document["weergavenaam"].casefold()
    return any(word[:4] in text for word in q.casefold().split()[:1])


def _only(document: Record, names: list[str]) -> dict[str, Any]:
    return {n: v for n, v in document.items() if n in names} if names else document
