"""The tables of a report as a data portal wants them described: DCAT-AP-NL 3.0, as JSON-LD.

A report knows not where it will be published, so every address is relative: whoever reads the file
where it stands gets the whole address. For the same reason `dct:issued` and `dct:modified` are left
out; who publishes knows them. Without a contact in the file of the pilot the description says that
nobody gave one: that is valid by the rules, and does not pretend.
"""

import re
from collections.abc import Iterable
from typing import Any

from wijkboek_utils import licences
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.sources import Source

NAME = "dcat.jsonld"
PROFILE = "https://docs.geostandaarden.nl/dcat/dcat-ap-nl30/"
_EU = "http://publications.europa.eu/resource/authority/"
_OPEN_KINDS = {"csv": ("CSV", "text/csv"), "html": ("HTML", "text/html")}
_OPEN_KINDS["xlsx"] = (
    "XLSX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CONTEXT = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_THEMES = {"ECON": "Economie en financiën", "SOCI": "Bevolking en samenleving"}
_DATASET, _SELF = "#dataset", "#catalogus"
Node = dict[str, Any]


def document(pilot: Pilot, described: Node, used: Iterable[Source]) -> Node:
    """Return the description of a report's tables as a catalogue with one dataset.

    `described` is what `exports.metadata` gives; `used` are the sources of the report.
    """
    used = list(used)
    title = f"Wijkrekening van {pilot.naam}, {pilot.periode}"
    maker: Node = {"@type": "foaf:Agent", "foaf:name": _words(licences.MAKERS)}
    both = {
        "dct:publisher": {"@id": "#makers", **maker},
        "dct:creator": {"@id": "#makers"},
        "dct:language": _typed(f"{_EU}language/NLD", "dct:LinguisticSystem"),
        "dcat:contactPoint": _contact(pilot),
        "dct:spatial": _place(pilot),
    }
    dataset = {
        "@id": _DATASET,
        "@type": "dcat:Dataset",
        "dct:title": _words(title),
        "dct:description": _words(
            f"De boeken van {pilot.naam} ({pilot.gemeentenaam}): wie betaalt wie, van welk geld, "
            "hoe zeker dat is en waar elk bedrag vandaan komt. Een deel is gemeten, een deel "
            "verdeeld of geschat; de kolommen methode en se zeggen dat per regel."
        ),
        "dct:identifier": f"wijkboek-{pilot.slug}-{pilot.jaar}",
        **both,
        "dcat:theme": [_theme(code, words) for code, words in _THEMES.items()],
        "dcat:keyword": [_words(w) for w in ("wijkboekhouding", "gemeentegeld", pilot.naam)],
        "dct:accessRights": _typed(f"{_EU}access-right/PUBLIC", "dct:RightsStatement"),
        "dct:accrualPeriodicity": _typed(f"{_EU}frequency/IRREG", "dct:Frequency"),
        "dct:temporal": _year(pilot.jaar),
        "dct:conformsTo": _typed("https://www.w3.org/TR/tabular-metadata/", "dct:Standard"),
        "dcat:landingPage": _typed("../index.html", "foaf:Document"),
        "foaf:page": _typed("21_verantwoording.html", "foaf:Document"),
        "dct:provenance": _provenance(used),
        "dct:source": [{"@id": one.url} for one in used if one.url],
        "dcat:distribution": _distributions(described, licences.of(used)),
    }
    catalogue = {
        "@id": _SELF,
        "@type": "dcat:Catalog",
        "dct:title": _words(f"Tabellen van het rapport over {pilot.naam}"),
        "dct:description": _words("De tabellen bij een rapport van Wijkboek."),
        **both,
        "dct:conformsTo": _typed(PROFILE, "dct:Standard"),
        "dcat:dataset": {"@id": _DATASET},
    }
    return {"@context": _CONTEXT, "@graph": [catalogue, dataset]}


def _distributions(described: Node, licence: licences.Licence) -> list[Node]:
    """Describe each file in which the tables can be had."""
    named = [(one["url"], one["dc:title"], one["dc:description"]) for one in described["tables"]]
    named.append(("cijfers.xlsx", "Alle tabellen als werkboek", "Een blad per tabel, voor Excel."))
    named.append(("../index.html", "Het rapport", "De uitkomsten met uitleg, op een pagina."))
    return [_distribution(*one, licence) for one in named]


def _distribution(path: str, title: str, words: str, licence: licences.Licence) -> Node:
    kind, media = _OPEN_KINDS[path.rpartition(".")[2]]
    return {
        "@id": f"#{path.removeprefix('../')}",
        "@type": "dcat:Distribution",
        "dct:title": _words(title),
        "dct:description": _words(words or title),
        "dcat:accessURL": {"@id": path},
        "dcat:downloadURL": {"@id": path},
        "dct:license": _typed(licence.url, "dct:LicenseDocument"),
        "dct:format": _typed(f"{_EU}file-type/{kind}", "dct:MediaTypeOrExtent"),
        "dcat:mediaType": _typed(
            f"https://www.iana.org/assignments/media-types/{media}", "dct:MediaType"
        ),
        "dct:language": {"@id": f"{_EU}language/NLD"},
        **({"dct:conformsTo": {"@id": "csv-metadata.json"}} if kind == "CSV" else {}),
    }


def _contact(pilot: Pilot) -> Node:
    """Return who answers questions, as the pilot says; an address is taken from its words."""
    if not pilot.contact:
        words = "Voor dit rapport is geen contact opgegeven"
        return {"@id": "#contact", "@type": "vcard:Kind", "vcard:fn": _words(words)}
    found: Node = {"@id": "#contact", "@type": "vcard:Kind", "vcard:fn": _words(pilot.contact)}
    if mail := _MAIL.search(pilot.contact):
        found["vcard:hasEmail"] = {"@id": f"mailto:{mail.group()}"}
    return found


def _place(pilot: Pilot) -> Node:
    """Return what area the figures are about; a gebied has no address of its own in a list."""
    return {
        "@id": "#gebied",
        "@type": "dct:Location",
        "skos:prefLabel": _words(f"{pilot.naam}, {pilot.gemeentenaam}"),
        "dct:identifier": [*pilot.codes] or list(pilot.gemeenten),
        "dct:isPartOf": _typed(f"{_EU}country/NLD", "dct:Location"),
    }


def _year(year: int) -> Node:
    return {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": {"@value": f"{year}-01-01", "@type": "xsd:date"},
        "dcat:endDate": {"@value": f"{year}-12-31", "@type": "xsd:date"},
    }


def _provenance(used: list[Source]) -> Node:
    credits = dict.fromkeys(one.attribution for one in used)
    return {
        "@type": "dct:ProvenanceStatement",
        "skos:prefLabel": _words("; ".join(credits)),
    }


def _theme(code: str, words: str) -> Node:
    return {
        "@id": f"{_EU}data-theme/{code}",
        "@type": "skos:Concept",
        "skos:prefLabel": _words(words),
    }


def _typed(id: str, kind: str) -> Node:
    return {"@id": id, "@type": kind}


def _words(text: str) -> Node:
    return {"@value": text, "@language": "nl"}
