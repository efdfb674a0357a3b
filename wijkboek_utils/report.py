"""From executed notebooks to one HTML page per pilot, with all that belongs to it beside it.

`reports/<pilot>` holds the page, the map, agreements to print, the tables as a workbook, on request
the page as PDF, and the audit folder: every notebook, table and cijferpaspoort, and the record of
the run.
"""

import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from wijkboek_utils import (
    chapters,
    disclosure,
    exports,
    exports_xlsx,
    findings,
    gate,
    index,
    index_entries,
    language,
    pages,
    passports,
    run,
    sources,
    texts,
    webmap,
)
from wijkboek_utils.chapters import Chapter
from wijkboek_utils.exports_xlsx import Subject
from wijkboek_utils.local import account
from wijkboek_utils.models import agreement_page
from wijkboek_utils.run import Executed, Failure, Job

_LIBRARIES = ["wijkboek", "pandas", "numpy", "pyarrow", "geopandas", "papermill", "nbconvert"]
PAGE, MAP, TABLES, PDF = "index.html", "kaart.html", "tabellen.xlsx", "rapport.pdf"
DEALS, PASSPORTS = "overeenkomst.html", "cijferpaspoorten.jsonld"
Files = list[tuple[str, str]]  # path from the page, and what it is in words


def write(job: Job, executed: list[Executed], pdf: bool = False) -> list[str]:
    """Write `reports/<pilot>` as a whole and return what keeps it from being published.

    The report of an earlier run stays until the new one is complete, and never stands beside it.
    With `pdf` the page is printed too, which takes a browser.
    """
    target = sources.REPORTS / job.pilot.slug
    work = target.with_name(f".{target.name}.bezig")
    shutil.rmtree(work, ignore_errors=True)
    (work / "audit").mkdir(parents=True)
    parts = [(one, chapters.chapter(one.path.stem, one.node)) for one in executed]
    for one, part in parts:
        nbformat.write(one.node, work / "audit" / one.path.name)
        html = audit_page(job, one.path.stem, part)
        (work / "audit" / f"{one.path.stem}.html").write_text(html, encoding="utf-8")
    failure = next((one.failure for one in executed if one.failure), None)
    if failure:
        faults = [f"notebook {failure.notebook} is niet afgemaakt: {failure.message}"]
        (work / PAGE).write_text(failure_page(job, failure), encoding="utf-8")
        _write_record(job, work, faults, finished=False)
    else:
        shown = [part for one, part in parts if run.is_chapter(one.path)]
        faults = _publish(job, work, shown, executed, pdf)
    _replace(work, target)
    index.write(sources.REPORTS)
    return faults


def _publish(
    job: Job, work: Path, shown: list[Chapter], executed: list[Executed], pdf: bool
) -> list[str]:
    """Write the page and its files into a folder; return what keeps it from being published."""
    steps = [step for one in executed for step in chapters.linked(one.path.stem, one.node)]
    passport = passports.document(steps)
    # What a chapter reads beside the books asks for its credit too.
    bronnen = sources.read_table(job.pilot.slug, "bronnen")
    bronnen = sources.describe([*bronnen["bron"], *passports.used(passport)])
    credits = texts.attributions(bronnen)
    subject = Subject(job.pilot.naam, f"{job.pilot.naam}, {job.pilot.periode}", credits)
    audit = _write_audit(job, work / "audit", executed, passport, subject)
    _write_beside(job, work, credits)
    html = page(job, shown, [], audit, credits, pdf)
    (work / PAGE).write_text(html, encoding="utf-8")
    exports_xlsx.write_shown(html, work / TABLES, subject)
    _write_record(job, work, [])
    faults = _faults(job, html, work, bronnen, pdf)
    if faults:
        html = page(job, shown, faults, audit, credits, pdf)
        _write_beside(job, work, credits, concept=True)
        _write_record(job, work, faults)
        (work / PAGE).write_text(html, encoding="utf-8")
    if pdf:
        from wijkboek_utils import browser  # only here: it needs what not everyone has

        browser.pdf(work / PAGE, work / PDF)
    return faults


def _write_beside(job: Job, work: Path, credits: list[str], concept: bool = False) -> None:
    """Write the map and the agreements."""
    (work / MAP).write_text(webmap.page(job.pilot, concept=concept), encoding="utf-8")
    deals = agreement_page.page(job.pilot, credits, concept)
    (work / DEALS).write_text(deals, encoding="utf-8")


def _faults(job: Job, html: str, work: Path, bronnen: pd.DataFrame, pdf: bool) -> list[str]:
    """Return what keeps a finished report from being published, by every rule without a browser."""
    tables = (sources.read_table(job.pilot.slug, name) for name in ("controles", "sluitend"))
    if pdf:
        (work / PDF).touch()  # printed last
    chart, deals = ((work / name).read_text(encoding="utf-8") for name in (MAP, DEALS))
    found = gate.faults(html, bronnen, passports=True) + gate.faults(chart, scripts=True)
    found += gate.faults(deals, bronnen)
    found += [fault for one in (html, chart, deals) for fault in gate.links(one, work)]
    found += gate.books(*tables)
    found += account.faults(
        *(sources.read_table(job.pilot.slug, name) for name in ("lokaal", "lokaal_vragen"))
    )
    spoken = [*language.findings(html), *disclosure.findings(work, job.pilot.contact)]
    found += [f"{one.words} ({one.where})" for one in findings.faults(spoken)]
    return list(dict.fromkeys(found))


def page(
    job: Job, parts: list[Chapter], faults: list[str], audit: Files, credits: list[str], pdf: bool
) -> str:
    """Return the report of a pilot as one self-contained page.

    `faults` are the reasons why it may not be published yet; `audit` the files beside it;
    `credits` what its sources ask to be named with.
    """
    facts: dict[str, Any] = {
        "pilot": job.pilot,
        "chapters": parts,
        "faults": faults,
        "audit": audit,
        "style": pages.style(job.pilot.huiskleuren),
        "credits": credits,
        "downloads": [
            (MAP, "kaart om in te zoomen"),
            (DEALS, "afspraken om te tekenen"),
            (TABLES, "tabellen voor Excel"),
            (PDF, "PDF"),
        ][: 3 + pdf],
    }
    template = pages.templates().get_template("page.html.j2")
    bare = template.render(facts, glossary=[])  # to see which words ask for an explanation
    return str(template.render(facts, glossary=language.glossary(bare)))


def failure_page(job: Job, failure: Failure) -> str:
    """Return the page that says which notebook failed, where, and what to do."""
    template = pages.templates().get_template("failure.html.j2")
    return str(
        template.render(pilot=job.pilot, failure=failure, style=pages.style(job.pilot.huiskleuren))
    )


def audit_page(job: Job, name: str, content: Chapter) -> str:
    """Return an executed notebook as a page of its own, for who has no Jupyter."""
    template = pages.templates().get_template("audit.html.j2")
    return str(
        template.render(name=name, chapter=content, style=pages.style(job.pilot.huiskleuren))
    )


def where(job: Job) -> str:
    """Return the place of a report as the user types it, from the root of the project."""
    return sources.shown(sources.REPORTS / job.pilot.slug / PAGE)


def _replace(work: Path, target: Path) -> None:
    """Put a finished folder in the place of an older one."""
    old = target.with_name(f".{target.name}.oud")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    work.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _write_audit(
    job: Job, folder: Path, executed: list[Executed], passport: dict[str, Any], subject: Subject
) -> Files:
    """Write tables and passports, so that others can compute again; return the files in words."""
    names = [one.path.stem for one in executed]
    listed = [(f"{name}.html", f"notebook {name}") for name in names]
    paths = sorted((sources.PROCESSED / job.pilot.slug).glob("*.parquet"))
    tables = {path.stem: pd.read_parquet(path) for path in paths}
    inside = tables["gebied"].query("gewicht > 0")["buurt"]
    columns = sources.read_project_table("kolommen")
    listed += exports.write_audit(tables, folder, subject, inside, columns)
    _write_json(folder / PASSPORTS, passport)
    listed += [
        (PASSPORTS, "de cijferpaspoorten voor computers (JSON-LD)"),
        ("run.json", "parameters, bronnen en versies (JSON)"),
    ]
    return [(f"audit/{path}", words) for path, words in listed]


def _write_record(job: Job, work: Path, faults: list[str], finished: bool = True) -> None:
    """Write what was run, on which sources, and what came of it."""
    record: dict[str, Any] = {
        "pilot": job.pilot.slug,
        "rapport": index_entries.facts(job.pilot, faults, finished=finished),
        "parameters": job.parameters,
        "python": platform.python_version(),
        "pakketten": {name: version(name) for name in _LIBRARIES},
    }
    if finished:
        used = [sources.source(i) for i in sources.read_table(job.pilot.slug, "bronnen")["bron"]]
        record["bronnen"] = {
            s.id: {"tabel": s.table, "periode": s.period, "sha256": s.sha256} for s in used
        }
    _write_json(work / "audit" / "run.json", record)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8")
