"""Check finished reports: the rules on their text and files, and those that need a browser.

`check` makes the result of one report, `words` tells it; `statement` turns it into the evidence
for the accessibility statement of the municipality.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wijkboek_utils import browser as browser_
from wijkboek_utils import (
    disclosure,
    folders,
    gate,
    inspection,
    language,
    pilots,
    sources,
    statement,
)
from wijkboek_utils.findings import Finding, faults
from wijkboek_utils.inspection import PageResult

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Tell = Callable[[str], None]
_PAGES = ("index.html", "kaart.html", "overeenkomst.html")
_SHOWN = 5  # findings of one rule that are told; the rest is counted
_LONGEST = 3  # of what is only advice
_HEADS = {"fout": "FOUT", "advies": "advies", "zelf": "zelf bekijken"}


@dataclass
class Outcome:
    """What the check of one report found; without `pages` no browser looked at it."""

    folder: Path
    found: list[Finding] = field(default_factory=list)  # by the rules that need no browser
    pages: list[PageResult] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        """Return everything that was found, of the text and files first."""
        return [*self.found, *(one for page in self.pages for one in page.findings)]


def run(names: list[str], everything: bool, tell: Tell = print) -> int:
    """Check reports, write their evidence and tell what was found; return 0 when all passed.

    Raises Fout, with the nearest names, when a name is no report.
    """
    reports = wanted(names, everything)
    failed: list[str] = []
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(browser_.chromium())
        except browser_.NoBrowser as missing:
            browser = None
            failed.append("de browser")
            tell(f"De keuring in de browser is NIET gedaan. {missing}")
        for folder in reports:
            tell(f"{folder.name}: keuren")
            outcome = check(folder, browser, tell)
            for line in words(outcome):
                tell(line)
            if browser and (folder / "audit").is_dir():
                statement.write(folder, outcome.pages, date.today())
                tell(f"  bewijs: {sources.shown(folder / statement.HTML)}")
            failed += [folder.name] if faults(outcome.findings) else []
    if failed:
        tell(f"wijkboek: niet geslaagd: {', '.join(failed)}")
    return 1 if failed else 0


def wanted(names: list[str], everything: bool) -> list[Path]:
    """Return the folders of `folders.reports`; with `everything` the index over them too."""
    found = folders.reports(names, everything)
    there = everything and (folders.REPORTS / "index.html").is_file()
    return [*found, folders.REPORTS.resolve()] if there else found


def pages(folder: Path) -> list[tuple[str, bool]]:
    """Return the pages of a report and whether each is tested thoroughly; notebooks are not."""
    names = [n for n in _PAGES if (folder / n).is_file()]
    audit = sorted(p.name for p in (folder / "audit").glob("*.html"))
    return [(name, True) for name in names] + [(f"audit/{name}", False) for name in audit]


def check(folder: Path, browser: "Browser | None", tell: Tell = lambda _: None) -> Outcome:
    """Return what is wrong with one report; without a browser only its text and files."""
    outcome = Outcome(folder, list(_static(folder)))
    if browser:
        axe, wcag = (sources.read_project_table(name) for name in ("axe", "wcag"))
        meaning = {r.regel: f"{r.wat} {r.doen}" for r in axe.itertuples()}
        contents = [c for c in dict.fromkeys(wcag["alleen_bij"]) if c]
        for name, thorough in pages(folder):
            tell(f"  {name}")
            views = inspection.VIEWS if thorough else inspection.BRIEF
            look = partial(inspection.inspect, browser, folder / name, name, meaning, contents)
            outcome.pages.append(look(views=views, thorough=thorough))
    return outcome


def _static(folder: Path) -> Iterator[Finding]:
    """Run the rules that need no browser: on the pages, their links, and all files."""
    report = (folder / "audit").is_dir()  # and not the index over all reports
    for name in _PAGES:
        if not (folder / name).is_file():
            continue
        html = (folder / name).read_text(encoding="utf-8")
        main = report and name == "index.html"
        said = gate.findings(html, scripts=name == "kaart.html" or not report, passports=main)
        said += [Finding("links", "", words) for words in gate.links(html, folder)]
        said += language.findings(html, explains=main)
        for one in said:
            yield replace(one, where=f"{name}: {one.where or 'de hele pagina'}")
    if report:
        name = folder.name
        contact = pilots.load(name).contact if name in pilots.names() else ""
        yield from disclosure.findings(folder, contact)


def words(outcome: Outcome) -> Iterator[str]:
    """Yield the lines that tell what passed, what failed and where, and what to do."""
    found = outcome.findings
    ran = {rule: told for page in outcome.pages for rule, told in page.measured.items()}
    axe = {
        rule for page in outcome.pages for rule, (said, _) in page.axe.items() if said == "passes"
    }
    seen = {one.rule for one in found}
    if passed := [rule for rule in ran if rule not in seen]:
        yield f"  geslaagd: {', '.join(passed)}"
    if axe:
        yield f"  geslaagd: {len(axe - {r.removeprefix('axe:') for r in seen})} regels van axe"
    for severity, head in _HEADS.items():
        for rule in dict.fromkeys(one.rule for one in found if one.severity == severity):
            ones = [one for one in found if (one.rule, one.severity) == (rule, severity)]
            yield f"  {head}: {rule} ({len(ones)} keer)"
            if severity == "advies":  # the longest sentences first
                ones = sorted(ones, key=_count, reverse=True)
            most = _LONGEST if severity == "advies" else _SHOWN
            for one in ones[:most]:
                yield f"    {one.where}"
                yield f"      {one.words}"
            if len(ones) > most:
                yield f"    en nog {len(ones) - most} keer"
    first = outcome.pages[0].measured if outcome.pages else {}
    for rule in ("gewicht", "snelheid", "toetsenbord", "netwerk"):
        for told in first.get(rule, [])[:1]:
            yield f"  gemeten, {rule}: {told}"
    if not faults(found):
        part = "" if outcome.pages else " wat zonder browser te keuren is"
        yield f"  {outcome.folder.name}:{part} geslaagd"


def _count(one: Finding) -> int:
    """Return the number that a finding names, such as the words of a sentence; else 0."""
    return int(found[0]) if (found := re.search(r"\d+", one.words)) else 0
