"""From executed notebooks to one HTML page per pilot, with all that belongs to it beside it.

`reports/<pilot>` holds the page, the map, agreements to print, the tables as a workbook, on request
the page as PDF, and the audit folder: every notebook, table and cijferpaspoort, and the record of
the run.
"""

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from wijkboek_utils import (
    bundle,
    chapters,
    disclosure,
    exports,
    exports_xlsx,
    findings,
    forks,
    gate,
    inputs,
    language,
    order,
    pages,
    passports,
    record,
    sources,
    texts,
    webmap,
)
from wijkboek_utils.bundle import Inputs
from wijkboek_utils.chapters import Chapter
from wijkboek_utils.exports_book import Subject
from wijkboek_utils.local import account
from wijkboek_utils.models import agreement_page
from wijkboek_utils.run import Executed, Failure, Job
from wijkboek_utils.sources import Source

PAGE, MAP, TABLES, PDF = "index.html", "kaart.html", "tabellen.xlsx", "rapport.pdf"
DEALS, PASSPORTS = "overeenkomst.html", "cijferpaspoorten.jsonld"
Files = list[tuple[str, str]]  # path from the page, and what it is in words


@dataclass(frozen=True)
class Part:
    """What a report takes from one executed notebook; texts only, so that processes may pass it."""

    path: Path
    chapter: Chapter
    page: str  # of the audit folder
    notebook: str  # the same as JSON
    steps: list[tuple[str, list[dict[str, Any]]]]  # cells with their passports
    failure: Failure | None
    cells: int  # with code


def warm(books: Iterable[Path]) -> None:
    """Read what is the same in each report once: the prose of the notebooks, and templates."""
    for book in books:
        with contextlib.suppress(Exception):  # who checks what was asked will say so
            plain = chapters.chapter(book.stem, nbformat.read(book, as_version=4))
            language.findings(plain.body)
    for name in ("audit", "page", "kaart", "overeenkomst", "layout"):
        pages.templates().get_template(f"{name}.html.j2")
    pages.style()
    inputs.versions()
    bundle.warm()
    webmap.warm()


def part(job: Job, one: Executed) -> Part:
    """Return what the report takes from an executed notebook. It reads and writes no file."""
    name = one.path.stem
    chapter = chapters.chapter(name, one.node, job.pilot.slug)
    return Part(
        one.path,
        chapter,
        audit_page(job, name, chapter),
        nbformat.v4.writes(one.node) + "\n",  # it was judged when it was read
        list(chapters.linked(name, one.node)),
        one.failure,
        sum(cell.cell_type == "code" for cell in one.node.cells),
    )


def write(job: Job, executed: list[Executed], pdf: bool = False) -> list[str]:
    """Write `reports/<pilot>` as a whole and return what keeps it from being published.

    The list of all reports, `index.write`, is for the caller: once for all pilots. With `pdf` the
    page is printed too, which takes a browser.
    """
    pilot = job.pilot
    facts = inputs.of(pilot.slug, pilot.gemeenten, {}, pdf, inputs.Hashes.load())
    made_of = Inputs(pilot.slug, pilot.gemeenten, facts)
    return assemble(job, [part(job, one) for one in executed], made_of)


def assemble(
    job: Job, parts: list[Part], made_of: Inputs, printed: bool = True, together: int = 1
) -> list[str]:
    """Write `reports/<pilot>` from its parts; see `write`.

    `made_of` is what it depends on, as it was before the first notebook. Without `printed` there is
    no PDF even where one was asked, for who only looks at the rest. Where `together` is more than
    1, files that do not wait for each other are made side by side. The report of an earlier run
    stays until the new one is complete, and never stands beside it.
    """
    with _whole(job) as work:
        for one in parts:
            (work / "audit" / one.path.name).write_text(one.notebook, encoding="utf-8")
            (work / "audit" / f"{one.path.stem}.html").write_text(one.page, encoding="utf-8")
        failure = next((one.failure for one in parts if one.failure), None)
        if failure:
            faults = [f"notebook {failure.notebook} is niet afgemaakt: {failure.message}"]
            (work / PAGE).write_text(failure_page(job, failure), encoding="utf-8")
            record.write(job, work, faults, finished=False)
            bundle.write(work / "audit", made_of, _steps(parts))
        else:
            faults = _publish(job, work, parts, made_of, together)
            if made_of.pdf and printed:
                from wijkboek_utils import browser  # only here: it needs what not everyone has

                browser.pdf(work / PAGE, work / PDF)
    return faults


def fail(job: Job, failure: Failure) -> None:
    """Write `reports/<pilot>` with only a page that says why there is no report."""
    with _whole(job) as work:
        (work / PAGE).write_text(failure_page(job, failure), encoding="utf-8")
        record.write(job, work, [failure.message], finished=False)


@contextlib.contextmanager
def _whole(job: Job) -> Iterator[Path]:
    """Give an empty folder that becomes the report of a pilot when it is done, and not before.

    When that fails nothing of it is left, for a disk may be full.
    """
    target = sources.REPORTS / job.pilot.slug
    work = target.with_name(f".{target.name}.bezig")
    shutil.rmtree(work, ignore_errors=True)
    try:
        (work / "audit").mkdir(parents=True)
        yield work
        _replace(work, target)
    except Exception:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _publish(job: Job, work: Path, parts: list[Part], made_of: Inputs, together: int) -> list[str]:
    """Write the page and its files into a folder; return what keeps it from being published."""
    pdf = made_of.pdf
    shown = [one.chapter for one in parts if order.is_chapter(one.path)]
    passport = passports.document([step for one in parts for step in one.steps])
    # What a chapter reads beside the books asks for its credit too.
    bronnen = sources.read_table(job.pilot.slug, "bronnen")
    bronnen = sources.describe([*bronnen["bron"], *passports.used(passport)])
    used = [sources.source(id) for id in bronnen["bron"]]
    credits = texts.attributions(bronnen)
    subject = Subject(job.pilot.naam, f"{job.pilot.naam}, {job.pilot.periode}", credits)
    tables = forks.ahead(partial(_write_tables, job, work / "audit", subject, used), together)
    beside = forks.ahead(partial(_write_beside, job, work, credits), together)
    audit = _write_audit(job, work / "audit", parts, passport)
    audit += record.making(work / "audit", _steps(parts), made_of)
    html = page(job, shown, [], audit, credits, pdf)
    (work / PAGE).write_text(html, encoding="utf-8")
    exports_xlsx.write_shown(html, work / TABLES, subject)
    record.write(job, work, [])
    beside()
    tables()
    faults = _faults(job, html, work, bronnen, pdf, together)
    if faults:
        html = page(job, shown, faults, audit, credits, pdf)
        _write_beside(job, work, credits, concept=True)
        record.write(job, work, faults)
        (work / PAGE).write_text(html, encoding="utf-8")
    words = dict([*_downloads(pdf), (PAGE, "het rapport"), *audit])
    words |= {f"audit/{one.path.name}": f"notebook {one.path.stem}, gedraaid" for one in parts}
    del words[bundle.CRATE]  # it does not describe itself
    record.describe(job, work, made_of, _steps(parts), used, words)
    return faults


def _steps(parts: list[Part]) -> list[bundle.Step]:
    """Return how each notebook went."""
    return [
        bundle.Step(one.path.stem, one.cells, one.failure.message if one.failure else "")
        for one in parts
    ]


def _write_beside(job: Job, work: Path, credits: list[str], concept: bool = False) -> None:
    """Write the map and the agreements."""
    (work / MAP).write_text(webmap.page(job.pilot, concept=concept), encoding="utf-8")
    deals = agreement_page.page(job.pilot, credits, concept)
    (work / DEALS).write_text(deals, encoding="utf-8")


def _faults(
    job: Job, html: str, work: Path, bronnen: pd.DataFrame, pdf: bool, together: int
) -> list[str]:
    """Return what keeps a finished report from being published, by every rule without a browser."""
    tables = (sources.read_table(job.pilot.slug, name) for name in ("controles", "sluitend"))
    (work / bundle.CRATE).touch()  # written last, for it has the checksum of all else
    if pdf:
        (work / PDF).touch()  # printed after that
    given_away = forks.ahead(partial(disclosure.findings, work, job.pilot.contact), together)
    chart, deals = ((work / name).read_text(encoding="utf-8") for name in (MAP, DEALS))
    found = gate.faults(html, bronnen, passports=True) + gate.faults(chart, scripts=True)
    found += gate.faults(deals, bronnen)
    found += [fault for one in (html, chart, deals) for fault in gate.links(one, work)]
    found += gate.books(*tables)
    found += account.faults(
        *(sources.read_table(job.pilot.slug, name) for name in ("lokaal", "lokaal_vragen"))
    )
    spoken = [*language.findings(html), *given_away()]
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
        "downloads": _downloads(pdf),
    }
    template = pages.templates().get_template("page.html.j2")
    bare = template.render(facts, glossary=[])  # to see which words ask for an explanation
    return str(template.render(facts, glossary=language.glossary(bare)))


def _downloads(pdf: bool) -> Files:
    """Return the files beside the page, in words."""
    return [
        (MAP, "kaart om in te zoomen"),
        (DEALS, "afspraken om te tekenen"),
        (TABLES, "tabellen voor Excel"),
        (PDF, "PDF"),
    ][: 3 + pdf]


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


def _replace(work: Path, target: Path) -> None:
    """Put a finished folder in the place of an older one."""
    old = target.with_name(f".{target.name}.oud")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    work.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _write_tables(job: Job, folder: Path, subject: Subject, used: list[Source]) -> None:
    """Write the tables of a report, so that others can compute again, and what portals ask."""
    tables = {name: sources.read_table(job.pilot.slug, name) for name in _tables(job)}
    inside = tables["gebied"].query("gewicht > 0")["buurt"]
    columns = sources.read_project_table("kolommen")
    exports.write_audit(tables, folder, subject, inside, columns)
    record.portal(job, folder, used)


def _tables(job: Job) -> list[str]:
    return sorted(path.stem for path in (sources.PROCESSED / job.pilot.slug).glob("*.parquet"))


def _write_audit(job: Job, folder: Path, parts: list[Part], passport: dict[str, Any]) -> Files:
    """Write the passports; return the files of the folder in words."""
    names = [one.path.stem for one in parts]
    listed = [(f"{name}.html", f"notebook {name}") for name in names]
    listed += exports.files(_tables(job))
    record.write_json(folder / PASSPORTS, passport)
    listed += [
        (PASSPORTS, "de cijferpaspoorten voor computers (JSON-LD)"),
        (bundle.RECORD, "parameters, bronnen en versies (JSON)"),
    ]
    return [(f"audit/{path}", words) for path, words in listed]
