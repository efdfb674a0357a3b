"""A report as an RO-Crate: what each file is, what made it, and of what.

The crate follows RO-Crate 1.1 and its profile Process Run Crate 0.5: one action for the whole
render, and one for each notebook. Three things are left out on purpose. `endTime` and `startTime`:
the clock of a run would give each bundle other bytes, and any other day would be untrue. `agent`:
who pressed the button is nobody's business. A checksum of the PDF, which holds when it was printed.
`datePublished`, which the standard demands, is the day of the newest source: no report is older.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wijkboek_utils import bundle, licences
from wijkboek_utils.bundle import Inputs, Step
from wijkboek_utils.sources import Source

if TYPE_CHECKING:
    from rocrate.rocrate import ROCrate

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_VERSION = "1.1"  # of RO-Crate, on which that profile stands
_TOOL, _RENDER, _MAKERS = "#wijkboek", "#render", "#makers"
_DONE = "http://schema.org/CompletedActionStatus"
_FORMATS = {
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
    ".pdf": "application/pdf",
}
_CODE = f"audit/{bundle.CODE}"


@dataclass(frozen=True)
class About:
    """What a crate says of a report beside its files."""

    title: str
    period: str
    place: str
    made_of: Inputs
    parameters: dict[str, Any]
    steps: list[Step]
    used: list[Source]
    words: dict[str, str]  # of files by path: what they are
    version: str  # of Wijkboek


def write(report: Path, about: About) -> None:
    """Write the description of a finished report into its folder."""
    path = report / bundle.CRATE
    text = json.dumps(document(report, about), ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def document(report: Path, about: About) -> dict[str, Any]:
    """Return the description of a finished report as JSON-LD."""
    from rocrate.model import ContextEntity  # imports an HTTP client, which nothing here uses
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=_VERSION)
    # In the context of 1.1 it has no place yet.
    crate.metadata.extra_terms["sha256"] = "http://schema.org/sha256"
    files = list(_add_files(crate, report, about))
    entities = [
        *_people(about.used),
        *_sources(about.used),
        *_software(about),
        *_actions(about, files),
    ]
    for entity in entities:
        crate.add(ContextEntity(crate, entity["@id"], entity))
    _describe(crate, about)
    return dict(crate.metadata.generate())


def _describe(crate: "ROCrate", about: About) -> None:
    """Say of the report as a whole what it is."""
    root = crate.root_dataset
    licence = licences.of(about.used)
    root["name"] = f"Wijkboek: {about.title}"
    root["description"] = (
        f"Het rapport over {about.title}, met de notebooks, de tabellen en alles waarvan het is "
        "gemaakt. De datum is die van de nieuwste bron: wanneer het rapport is gemaakt, staat er "
        "niet in, zodat dezelfde invoer dezelfde bestanden geeft."
    )
    root["datePublished"] = newest(about.used)
    root["inLanguage"] = "nl"
    root["license"] = _ref(licence.url)
    root["author"] = root["publisher"] = _ref(_MAKERS)
    root["conformsTo"] = _ref(PROFILE)
    root["temporalCoverage"] = about.period
    root["spatialCoverage"] = _ref("#gebied")
    root["keywords"] = "wijkboekhouding, gemeentegeld, open data"
    root["isBasedOn"] = [_ref(_source_id(one)) for one in about.used]
    root["mentions"] = [_ref(_RENDER), *(_ref(_step_id(step)) for step in about.steps)]


def newest(used: Iterable[Source]) -> str:
    """Return the day on which the newest of some sources was taken up."""
    return max(one.retrieved for one in used)


def _add_files(crate: "ROCrate", report: Path, about: About) -> Iterator[str]:
    """Add every file of a report to its crate; yield their paths."""
    sums = bundle.sums(report)
    for name in sorted({*sums, *(loose for loose in about.words if loose in bundle.LOOSE)}):
        facts: dict[str, Any] = {
            "name": about.words.get(name, name.removeprefix("audit/")),
            "encodingFormat": _FORMATS.get(Path(name).suffix, "application/octet-stream"),
        }
        if name in sums:
            facts |= {"contentSize": str(sums[name][0]), "sha256": sums[name][1]}
        if name == _CODE:
            facts |= {
                "@type": ["File", "SoftwareSourceCode"],
                "license": _ref(licences.CODE.url),
                "version": about.version,
                "programmingLanguage": "Python",
            }
        crate.add_file(dest_path=name, properties=facts)
        yield name


def _people(used: list[Source]) -> Iterator[dict[str, Any]]:
    yield {"@id": _MAKERS, "@type": "Organization", "name": licences.MAKERS}
    for one in (licences.of(used), licences.CODE):
        yield {"@id": one.url, "@type": "CreativeWork", "name": one.name, "description": one.words}
    name = "Process Run Crate"
    yield {"@id": PROFILE, "@type": "CreativeWork", "name": name, "version": "0.5"}


def _sources(used: Iterable[Source]) -> Iterator[dict[str, Any]]:
    """Describe the raw files, which are no part of the bundle, by their checksum."""
    publishers = dict.fromkeys(one.publisher for one in used)
    numbers = {name: f"#uitgever-{n}" for n, name in enumerate(publishers, 1)}
    for name, number in numbers.items():
        yield {"@id": number, "@type": "Organization", "name": name}
    for one in used:
        facts: dict[str, Any] = {
            "@id": _source_id(one),
            "@type": "CreativeWork",
            "name": one.title,
            "identifier": one.id if one.table is None else [one.id, one.table],
            "publisher": _ref(numbers[one.publisher]),
            "temporalCoverage": one.period,
            "creditText": one.attribution,
            "sha256": one.sha256,
            "usageInfo": one.licence,
        }
        facts |= {"url": one.url} if one.url else {}
        facts |= {"dateModified": one.modified} if one.modified else {}
        yield facts


def _software(about: About) -> Iterator[dict[str, Any]]:
    """Describe Wijkboek, the notebooks, and the exact version of all that they use."""
    head = "versie "
    versions = {
        n.removeprefix(head): v for n, v in about.made_of.facts.items() if n.startswith(head)
    }
    libraries = [_library(*one) for one in sorted(versions.items())]
    yield from libraries
    yield {
        "@id": _TOOL,
        "@type": "SoftwareApplication",
        "name": "Wijkboek",
        "softwareVersion": about.version,
        "license": _ref(licences.CODE.url),
        "softwareRequirements": [_ref(one["@id"]) for one in libraries],
        "hasPart": _ref(_CODE),
    }
    for step in about.steps:
        facts = {
            "@id": f"#notebook-{step.notebook}",
            "@type": "SoftwareSourceCode",
            "name": f"notebook {step.notebook}",
            "version": about.version,
            "programmingLanguage": "Python",
            "isPartOf": _ref(_CODE),
        }
        known = about.made_of.facts.get(f"bestand notebooks/{step.notebook}.ipynb")
        yield facts | ({"sha256": known} if known else {})


def _library(name: str, version: str) -> dict[str, Any]:
    kind = "generic" if name == "python" else "pypi"
    return {
        "@id": f"pkg:{kind}/{name.lower()}@{version}",
        "@type": "SoftwareApplication",
        "name": name,
        "softwareVersion": version,
    }


def _actions(about: About, files: list[str]) -> Iterator[dict[str, Any]]:
    """Describe what was run: each notebook, and all of them as one render."""
    given = [
        {"@id": f"#parameter-{name}", "@type": "PropertyValue", "name": name, "value": str(value)}
        for name, value in about.parameters.items()
    ]
    yield from given
    yield {"@id": "#gebied", "@type": "Place", "name": about.place}
    by_notebook = {
        step.notebook: [f"audit/{step.notebook}.ipynb", f"audit/{step.notebook}.html"]
        for step in about.steps
    }
    for step in about.steps:
        yield {
            "@id": _step_id(step),
            "@type": "CreateAction",
            "name": f"notebook {step.notebook}",
            "description": f"Notebook {step.notebook} gedraaid: {step.cells} stappen.",
            "instrument": _ref(f"#notebook-{step.notebook}"),
            "object": [_ref(one["@id"]) for one in given],
            "result": [_ref(name) for name in by_notebook[step.notebook]],
            "actionStatus": _DONE,
        }
    own = {name for names in by_notebook.values() for name in names}
    yield {
        "@id": _RENDER,
        "@type": "CreateAction",
        "name": "wijkboek render",
        "description": "Alle notebooks gedraaid, en van de uitkomst het rapport gemaakt.",
        "instrument": _ref(_TOOL),
        "object": [*(_ref(_source_id(s)) for s in about.used), *(_ref(p["@id"]) for p in given)],
        "result": [_ref(name) for name in files if name not in own],
        "actionStatus": _DONE,
    }


def _source_id(source: Source) -> str:
    return f"#bron-{source.id}"


def _step_id(step: Step) -> str:
    return f"#run-{step.notebook}"


def _ref(id: str) -> dict[str, str]:
    return {"@id": id}
