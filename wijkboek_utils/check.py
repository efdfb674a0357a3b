"""Check finished reports: the rules on their text and files, and those that need a browser.

`words` tells what came of a report; `statement` turns it into the evidence for the accessibility
statement of the municipality.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wijkboek_utils import browser as browser_
from wijkboek_utils import (
    disclosure,
    folders,
    forks,
    gate,
    inspection,
    language,
    pilots,
    sources,
    statement,
)
from wijkboek_utils.errors import Fout
from wijkboek_utils.findings import Finding, faults
from wijkboek_utils.inspection import PageResult

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Tell = Callable[[str], None]
_PAGES = ("index.html", "kaart.html", "overeenkomst.html")
_SHOWN = 5  # findings of one rule that are told; the rest is counted
_LONGEST = 3  # of what is only advice
_BROWSERS = 4  # at once: with a whole report each takes a GB
_HEADS = {"fout": "FOUT", "advies": "advies", "zelf": "zelf bekijken"}


@dataclass
class Outcome:
    """What the check of one report found; without `pages` no browser looked at it."""

    folder: Path
    found: list[Finding] = field(default_factory=list)  # by the rules that need no browser
    pages: list[PageResult] = field(default_factory=list)
    missing: str = ""  # why no browser looked at it

    @property
    def findings(self) -> list[Finding]:
        """Return everything that was found, of the text and files first."""
        return [*self.found, *(one for page in self.pages for one in page.findings)]


def run(names: list[str], everything: bool, tell: Tell, jobs: int | None = None) -> int:
    """Check reports, write their evidence and tell what was found; return 0 when all passed.

    `jobs` browsers look at once (default: one for each processor, four at most). Raises Fout, with
    the nearest names, when a name is no report.
    """
    reports = wanted(names, everything)
    halves = _halves(reports, tell, jobs or min(forks.cores(), _BROWSERS))
    failed, known = list[str](), set[str]()
    for folder, first, second in zip(reports, halves, halves, strict=True):
        outcome = Outcome(folder, first.found + second.found, first.pages + second.pages)
        tell(f"{folder.name}: gekeurd")
        if missing := first.missing or second.missing:
            outcome.pages.clear()  # half of it is no evidence
            if missing not in known:
                tell(f"  De keuring in de browser is NIET gedaan. {missing}")
            known.add(missing)
        for line in words(outcome):
            tell(line)
        if outcome.pages and (folder / "audit").is_dir():
            statement.write(folder, outcome.pages, date.today())
            tell(f"  bewijs: {sources.shown(folder / statement.HTML)}")
        failed += [folder.name] if missing or faults(outcome.findings) else []
    if failed:
        tell(f"wijkboek: niet geslaagd: {', '.join(failed)}")
    return 1 if failed else 0


def _halves(reports: list[Path], tell: Tell, jobs: int) -> Iterator[Outcome]:
    """Yield what came of the two halves of each report. Raises Fout when a process died."""
    calls = [partial(_half, folder, part, tell) for folder in reports for part in (True, False)]
    try:
        yield from forks.side_by_side(calls, jobs)
    except RuntimeError as died:
        raise Fout(f"{died} {browser_.MEMORY}") from died


def _half(folder: Path, thorough: bool, tell: Tell) -> Outcome:
    """Check half of a report: the pages that are tested thoroughly, or the others and the text.

    They take about as long, so that two browsers share a report.
    """
    outcome = Outcome(folder, [] if thorough else list(_static(folder)))
    names = [name for name, so in pages(folder) if so == thorough]
    if not names:
        return outcome
    try:
        with browser_.chromium() as browser:
            for name in names:
                tell(f"{folder.name}: {name}")
                outcome.pages.append(_look(browser, folder, name, thorough))
    except Fout as missing:
        outcome.missing = str(missing)
    return outcome


def _look(browser: "Browser", folder: Path, name: str, thorough: bool) -> PageResult:
    """Return what the browser says of a page of a report."""
    axe, wcag = map(sources.read_project_table, ("axe", "wcag"))
    meaning = {r.regel: f"{r.wat} {r.doen}" for r in axe.itertuples()}
    contents = [c for c in dict.fromkeys(wcag["alleen_bij"]) if c]
    views = inspection.VIEWS if thorough else inspection.BRIEF
    path = folder / name
    return inspection.inspect(browser, path, name, meaning, contents, views, thorough)


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
