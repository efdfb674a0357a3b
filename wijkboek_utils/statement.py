"""Evidence for the accessibility statement: what was tested, how, and what is left for a person.

The legal frame is the Besluit digitale toegankelijkheid overheid: EN 301 549, for the web the 50
criteria of WCAG 2.1 A and AA. Statuses A to E as digitoegankelijk.nl explains them: A and B ask for
a full evaluation after WCAG-EM, which no tool can do; so no status above C is ever proposed here.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from wijkboek_utils import __version__, dutch, show, sources
from wijkboek_utils import pages as pages_
from wijkboek_utils.findings import Finding, Severity
from wijkboek_utils.inspection import WCAG, PageResult

JSON, HTML = "toegankelijkheid.json", "toegankelijkheid.html"
# What may be said of a criterion, and the same in the words of EARL 1.0 (W3C).
PASSED, PERSON, FAILED, ABSENT = (
    "automatisch geslaagd",
    "mens nodig",
    "gezakt",
    "niet van toepassing",
)
_EARL = {PASSED: "passed", PERSON: "cantTell", FAILED: "failed", ABSENT: "inapplicable"}
_SPECIFICATION = "https://www.w3.org/TR/WCAG21/"


@dataclass(frozen=True)
class Criterion:
    """One criterion of WCAG 2.1: its outcome, how it was tested, what a person has to answer."""

    nummer: str
    naam: str
    niveau: str
    anker: str
    uitkomst: str
    hoe: str
    vraag: str


def criteria(pages: list[PageResult]) -> list[Criterion]:
    """Return the outcome of all 50 criteria of WCAG 2.1 A and AA.

    A criterion fails when a rule for it fails. It is absent when no page holds what it is about.
    It passes when our table says that a tool can decide, all its rules ran on a page, and none left
    anything open. All else needs a person, also when every automatic rule passed.
    """
    table = sources.read_project_table("wcag")
    return [_criterion(row, pages, found(pages)) for row in table.itertuples()]


def found(pages: list[PageResult]) -> list[Finding]:
    """Return what was found on all pages together."""
    return [one for page in pages for one in page.findings]


def _criterion(row: Any, pages: list[PageResult], seen: list[Finding]) -> Criterion:
    tag = f"wcag{row.nummer.replace('.', '')}"
    axe = {r: said for p in pages for r, (said, tags) in p.axe.items() if tag in tags}
    tried = sorted(r for r in axe if any(p.axe.get(r, ("",))[0] != "inapplicable" for p in pages))
    own = row.eigen.split(";") if row.eigen else []
    ran = [rule for rule in own if any(rule in p.measured for p in pages)]
    rules = {*own, *(f"axe:{rule}" for rule in axe)}
    wrong = {one.severity for one in seen if one.rule in rules}
    if "fout" in wrong:
        outcome = FAILED
    elif pages and row.alleen_bij and not any(row.alleen_bij in p.content for p in pages):
        outcome = ABSENT
    elif not row.mens and own and ran == own and "zelf" not in wrong:
        outcome = PASSED
    else:
        outcome = PERSON
    how = [f"eigen regel {dutch.join(ran)}"] if ran else []
    how += [f"axe: {', '.join(tried)}"] if tried else []
    told = "komt niet voor" if outcome == ABSENT else "; ".join(how) or "niet automatisch"
    question = row.mens or "Bekijk wat de keuring openliet of afkeurde."
    question = question if outcome in (PERSON, FAILED) else ""
    return Criterion(row.nummer, row.naam, row.niveau, row.anker, outcome, told, question)


def proposal(checked: list[Criterion]) -> list[str]:
    """Return what the municipality may write in its statement, and why no more than that."""
    failed = [c.nummer for c in checked if c.uitkomst == FAILED]
    person = sum(c.uitkomst == PERSON for c in checked)
    wrong = (
        f"De keuring vond fouten bij {dutch.join(failed)}. Los die eerst op, of noem ze in de "
        "verklaring met oorzaak, gevolg, maatregel en datum."
        if failed
        else "De keuring vond geen fouten. Dat is geen bewijs dat aan alle eisen is voldaan."
    )
    return [
        "Voorstel: status C, eerste maatregelen genomen. Dat kan alleen als u binnen zes maanden "
        "een volledig onderzoek plant. Plant u dat niet, dan is het status D, voldoet niet.",
        f"{wrong} Een mens moet nog {person} eisen beoordelen.",
        "Status A of B vraagt een onderzoek van alle 50 eisen met de methode WCAG-EM, van ten "
        "hoogste drie jaar oud. Deze keuring is daar een deel van en vervangt dat niet.",
        "De verklaring gaat over de hele website of app. Dit rapport is daar een onderdeel van.",
    ]


def write(folder: Path, pages: list[PageResult], day: date) -> list[Criterion]:
    """Write the evidence beside a report, for machines and for people; return the criteria."""
    checked = criteria(pages)
    text = json.dumps(linked(folder.name, pages, checked, day), ensure_ascii=False, indent=1)
    for name, content in ((JSON, text + "\n"), (HTML, page(pages, checked, day))):
        half = folder / f".{name}.half"
        half.write_text(content, encoding="utf-8")
        half.replace(folder / name)
    return checked


def linked(
    name: str, pages: list[PageResult], checked: list[Criterion], day: date
) -> dict[str, Any]:
    """Return the outcome as JSON-LD in the words of EARL 1.0: who tested what, on which pages."""
    axe = next((p.axe_version for p in pages if p.axe_version), "")
    subjects = [
        {
            "@id": f"#{p.name}",
            "@type": "earl:TestSubject",
            "dct:title": p.title,
            "dct:source": p.name,
            "sha256": p.sha256,
            "bekeken": p.views,
            "gemeten": p.measured,
        }
        for p in pages
    ]
    assertions = [
        {
            "@type": "earl:Assertion",
            "earl:assertedBy": [{"@id": "#wijkboek"}, {"@id": "#axe"}],
            "earl:subject": [{"@id": s["@id"]} for s in subjects],
            "earl:mode": {"@id": "earl:automatic"},
            "earl:test": {
                "@id": f"{_SPECIFICATION}#{c.anker}",
                "@type": "earl:TestRequirement",
                "dct:identifier": c.nummer,
                "dct:title": c.naam,
                "niveau": c.niveau,
            },
            "earl:result": {
                "@type": "earl:TestResult",
                "earl:outcome": {"@id": f"earl:{_earl(c)}"},
                "dct:date": day.isoformat(),
                "dct:description": c.hoe,
                "uitkomst": c.uitkomst,
                "vraag": c.vraag,
            },
        }
        for c in checked
    ]
    return {
        "@context": {
            "earl": "http://www.w3.org/ns/earl#",
            "dct": "http://purl.org/dc/terms/",
            "@vocab": "#",
        },
        "@id": f"#keuring-{name}",
        "dct:date": day.isoformat(),
        "dct:conformsTo": {"@id": _SPECIFICATION},
        "@graph": [
            _software("wijkboek", "Wijkboek", __version__),
            _software("axe", "axe-core", axe),
            *subjects,
            *assertions,
        ],
        "bevindingen": [vars(one) for one in found(pages)],
    }


def _software(ident: str, title: str, edition: str) -> dict[str, str]:
    return {"@id": f"#{ident}", "@type": "earl:Software", "dct:title": title, "versie": edition}


def _earl(criterion: Criterion) -> str:
    untested = criterion.uitkomst == PERSON and criterion.hoe == "niet automatisch"
    return "untested" if untested else _EARL[criterion.uitkomst]


def page(pages: list[PageResult], checked: list[Criterion], day: date) -> str:
    """Return the outcome as a page to read, itself accessible."""
    counts = {o: sum(c.uitkomst == o for c in checked) for o in _EARL}
    frame = pd.DataFrame(
        [[f"{c.nummer} {c.naam}", c.niveau, c.uitkomst, c.hoe] for c in checked],
        columns=["Eis", "Niveau", "Uitkomst", "Hoe getest"],
    )
    tested = pd.DataFrame(
        [[p.name, p.sha256[:12], "; ".join(p.views)] for p in pages],
        columns=["Pagina", "Kenmerk", "Bekeken op"],
    )
    main = pages[0] if pages else PageResult("")
    measured = pd.DataFrame(
        [[rule, " ".join(told) or "getest"] for rule, told in main.measured.items()],
        columns=["Regel", "Wat is gemeten"],
    )
    html = (
        pages_.templates()
        .get_template("toegankelijkheid.html.j2")
        .render(
            style=pages_.style(),
            title=main.title,
            day=dutch.day(day.isoformat()),
            version=__version__,
            axe=main.axe_version,
            tags=WCAG,
            counts=counts,
            proposal=proposal(checked),
            questions=[c for c in checked if c.uitkomst == PERSON],
            found={severity: _together(pages, severity) for severity in get_args(Severity)},
            criteria=show.table(frame, "De 50 eisen van WCAG 2.1, niveau A en AA").html,
            pages=show.table(tested, "Getoetste pagina's").html,
            measured=show.table(measured, f"Eigen metingen op {main.name}").html,
        )
    )
    return str(html)


def _together(pages: list[PageResult], severity: Severity) -> list[tuple[str, str, str]]:
    """Return what was found as (rule, words, places), the same words in many places once."""
    ones = [one for one in found(pages) if one.severity == severity]
    told: dict[tuple[str, str], list[str]] = {}
    for one in ones:
        told.setdefault((one.rule, one.words), []).append(one.where)
    return [
        (
            rule,
            words,
            "; ".join([*places[:3], *([f"en nog {len(places) - 3}"] if places[3:] else [])]),
        )
        for (rule, words), places in told.items()
    ]
