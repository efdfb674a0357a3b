"""From executed notebooks to one HTML page per pilot, with the audit folder beside it."""

import json
import platform
import re
import shutil
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from wijkboek_utils import gate, run, sources, texts
from wijkboek_utils.run import Executed, Failure, Job
from wijkboek_utils.show import slug

_LIBRARIES = ["wijkboek", "pandas", "numpy", "pyarrow", "geopandas", "papermill", "nbconvert"]


@dataclass(frozen=True)
class Chapter:
    """A notebook as a part of the page: `contents` are its sections (id, title)."""

    id: str
    title: str
    body: str
    contents: list[tuple[str, str]]


@cache
def _templates() -> Environment:
    """Return our templates; a name that a template uses and nobody gives is an error."""
    return Environment(
        loader=PackageLoader("wijkboek_utils"), autoescape=True, undefined=StrictUndefined
    )


@cache
def _exporter() -> Any:
    """Return nbconvert's HTML exporter with our own small template."""
    from nbconvert.exporters import HTMLExporter  # takes seconds to import

    return HTMLExporter(
        template_name="wijkboek",
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        exclude_anchor_links=True,
        language_code="nl",
        embed_images=True,
    )


def chapter(name: str, node: nbformat.NotebookNode) -> Chapter:
    """Return an executed notebook as a chapter: its headings one level down, each with an id."""
    body, _ = _exporter().from_notebook_node(_join_code(node))
    contents: list[tuple[int, str, str]] = []
    key = slug(name.split("_", 1)[-1])

    def heading(match: re.Match[str]) -> str:
        level, title = int(match["level"]), re.sub(r"<[^>]+>", "", match["title"]).strip()
        ident = key if level == 1 else f"{key}-{slug(title)}"
        contents.append((level, ident, title))
        return f'<h{level + 1} id="{ident}">{match["title"]}</h{level + 1}>'

    body = re.sub(
        r"<h(?P<level>[1-5])[^>]*>(?P<title>.*?)</h(?P=level)>", heading, body, flags=re.S
    )
    title = next((t for level, _, t in contents if level == 1), name)
    return Chapter(key, title, body, [(i, t) for level, i, t in contents if level == 2])


def _join_code(node: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook in which code that shows nothing is read with the code that follows it.

    A reader then meets one fold of code per result instead of one per cell.
    """
    joined = nbformat.from_dict({**node, "cells": []})
    waiting = ""
    for cell in node.cells:
        if cell.cell_type != "code":
            joined.cells.append(cell)
        elif cell.outputs:
            joined.cells.append(nbformat.from_dict({**cell, "source": waiting + cell.source}))
            waiting = ""
        else:
            waiting += cell.source.strip() + "\n\n"
    if waiting:
        joined.cells.append(nbformat.v4.new_code_cell(waiting.strip(), id="code"))
    return joined


def page(job: Job, chapters: list[Chapter], faults: list[str], audit: list[tuple[str, str]]) -> str:
    """Return the report of a pilot as one self-contained page.

    `faults` are the reasons why it may not be published yet; `audit` the files beside it, as
    (path, words).
    """
    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            pilot=job.pilot,
            chapters=chapters,
            faults=faults,
            audit=audit,
            style=_style(),
            credits=texts.attributions(sources.read_table(job.pilot.slug, "bronnen")),
        )
    )


def failure_page(job: Job, failure: Failure) -> str:
    """Return the page that says which notebook failed, where, and what to do."""
    template = _templates().get_template("failure.html.j2")
    return template.render(pilot=job.pilot, failure=failure, style=_style())


def audit_page(name: str, content: Chapter) -> str:
    """Return an executed notebook as a page of its own, for who has no Jupyter."""
    template = _templates().get_template("audit.html.j2")
    return template.render(name=name, chapter=content, style=_style())


@cache
def _style() -> str:
    return (Path(__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")


def write(job: Job, executed: list[Executed]) -> list[str]:
    """Write `reports/<pilot>` as a whole and return what keeps it from being published.

    The report of an earlier run stays until the new one is complete, and never stands beside it.
    """
    target = sources.REPORTS / job.pilot.slug
    work = target.with_name(f".{target.name}.bezig")
    shutil.rmtree(work, ignore_errors=True)
    (work / "audit").mkdir(parents=True)
    chapters = []
    for one in executed:
        nbformat.write(one.node, work / "audit" / one.path.name)
        content = chapter(one.path.stem, one.node)
        html = audit_page(one.path.stem, content)
        (work / "audit" / f"{one.path.stem}.html").write_text(html, encoding="utf-8")
        chapters += [content] if run.is_chapter(one.path) else []
    failure = next((one.failure for one in executed if one.failure), None)
    if failure:
        faults = [f"notebook {failure.notebook} is niet afgemaakt: {failure.message}"]
        html = failure_page(job, failure)
    else:
        audit = _write_tables(job, work / "audit", executed)
        html = page(job, chapters, [], audit)
        if faults := gate.faults(html):
            html = page(job, chapters, faults, audit)
    (work / "index.html").write_text(html, encoding="utf-8")
    _replace(work, target)
    return faults


def where(job: Job) -> str:
    """Return the place of a report as the user types it, from the root of the project."""
    return sources.shown(sources.REPORTS / job.pilot.slug / "index.html")


def _replace(work: Path, target: Path) -> None:
    """Put a finished folder in the place of an older one."""
    old = target.with_name(f".{target.name}.oud")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    work.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _write_tables(job: Job, folder: Path, executed: list[Executed]) -> list[tuple[str, str]]:
    """Write the processed tables as CSV and the record of the run; return the files in words."""
    names = [one.path.stem for one in executed]
    listed = [(f"audit/{name}.html", f"notebook {name}") for name in names]
    for path in sorted((sources.PROCESSED / job.pilot.slug).glob("*.parquet")):
        to_csv(pd.read_parquet(path), folder / f"{path.stem}.csv")
        listed.append((f"audit/{path.stem}.csv", f"tabel {path.stem} (CSV)"))
    record = {
        "pilot": job.pilot.slug,
        "parameters": job.parameters,
        "bronnen": {
            s.id: {"tabel": s.table, "periode": s.period, "sha256": s.sha256}
            for s in (
                sources.source(i) for i in sources.read_table(job.pilot.slug, "bronnen")["bron"]
            )
        },
        "python": platform.python_version(),
        "pakketten": {name: version(name) for name in _LIBRARIES},
    }
    text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    (folder / "run.json").write_text(text, encoding="utf-8")
    return [*listed, ("audit/run.json", "parameters, bronnen en versies (JSON)")]


def to_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, without geometry; text that a spreadsheet would compute is inert."""
    table = table.drop(columns="geometry", errors="ignore")
    for column in table.columns:
        if isinstance(table[column].dtype, pd.CategoricalDtype):
            table[column] = table[column].astype("str")
        if pd.api.types.is_string_dtype(table[column].dtype):
            risky = table[column].str.match(r"[=+\-@\t\r]", na=False)
            table.loc[risky, column] = "'" + table.loc[risky, column]
    table.to_csv(path, index=False, lineterminator="\n")
