"""Run the notebooks of a pilot in order with papermill, with the parameters they declare."""

import ast
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from wijkboek_utils import allocate, pilots, sources
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.kernels import WarmKernels
from wijkboek_utils.pilots import Pilot

# 0x build, 1x and 2x show; 9x are for play and never part of a report.
_ORDER = re.compile(r"[0-2]\d_\w+")
_CHOICES = {"sleutelset": list(allocate.SETS)}
TIMEOUT = 600  # seconds for one cell


@dataclass(frozen=True)
class Failure:
    """A notebook that did not finish: which cell, and what it said."""

    notebook: str
    cell: str
    source: str
    error: str
    message: str
    trace: str = ""


@dataclass(frozen=True)
class Executed:
    """A notebook that ran: its source, itself with outputs, and why it stopped if it did."""

    path: Path
    node: nbformat.NotebookNode
    failure: Failure | None


@dataclass(frozen=True)
class Job:
    """A pilot with the parameters for its notebooks."""

    pilot: Pilot
    parameters: dict[str, Any]


def notebooks(folder: Path = sources.NOTEBOOKS) -> list[Path]:
    """Return the notebooks that make a report, in reading order."""
    return sorted(p for p in folder.glob("*.ipynb") if _ORDER.fullmatch(p.stem))


def is_chapter(notebook: Path) -> bool:
    """Return whether a notebook is a chapter of the report (1x, 2x) and not a build step (0x)."""
    return notebook.stem[0] in "12"


def declared(notebook: Path) -> dict[str, str]:
    """Return the parameters that a notebook declares, by name, with their type."""
    cells = nbformat.read(notebook, as_version=4).cells
    found = [c for c in cells if "parameters" in c.metadata.get("tags", [])]
    if len(found) != 1:
        raise Fout(f"{notebook.name}: er hoort precies één cel met het label parameters te zijn.")
    return {
        line.target.id: ast.unparse(line.annotation)
        for line in ast.parse(found[0].source).body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    }


def plan(names: list[str], overrides: dict[str, str], books: list[Path]) -> list[Job]:
    """Return the jobs for some pilots, every parameter checked. No kernel has started yet.

    `overrides` is what the user typed after `-p`, as text. Raises Fout for a pilot, a parameter or
    a value that does not exist, with the nearest that does.
    """
    known = {name: kind for book in books for name, kind in declared(book).items()}
    values = {name: _value(name, text, known) for name, text in overrides.items()}
    jobs: dict[str, Job] = {}
    for name in names:
        pilot = pilots.load(name, values.get("jaar"))
        jobs[pilot.slug] = Job(pilot, {**values, "pilot": pilot.slug, "jaar": pilot.jaar})
    return list(jobs.values())


def _value(name: str, text: str, known: dict[str, str]) -> Any:
    """Return the text of a parameter as its declared type, or say what is wrong with it."""
    free = sorted(known.keys() - {"pilot"})  # the pilot is named on the command line itself
    if name not in free:
        raise Fout(
            f"Parameter {name} bestaat niet.{did_you_mean(name, free)} Er zijn: {', '.join(free)}."
        )
    if known[name] == "int":
        if not re.fullmatch(r"\d{1,9}", text):
            raise Fout(f"Parameter {name} moet een getal zijn, zoals 2023; u gaf {text!r}.")
        return int(text)
    choices = _CHOICES.get(name, [text])
    if text not in choices:
        hint = did_you_mean(text, choices)
        raise Fout(f"{text!r} is geen waarde voor {name}.{hint} Kies uit: {', '.join(choices)}.")
    return text


def run(
    job: Job,
    books: list[Path],
    kernels: WarmKernels,
    last: bool,
    progress: Callable[[int, Path], None] = lambda n, path: None,
) -> Iterator[Executed]:
    """Yield each executed notebook of a pilot in order; stop after the first that fails.

    `last` says that no other pilot follows. `progress` is told before a notebook starts.
    """
    # What an earlier run left could pass for what this one made.
    shutil.rmtree(sources.PROCESSED / job.pilot.slug, ignore_errors=True)
    for n, book in enumerate(books):
        progress(n, book)
        wanted = {name: job.parameters[name] for name in declared(book) if name in job.parameters}
        kernel = kernels.take(last and n == len(books) - 1)
        try:
            node, failure = _execute(book, wanted, kernel)
        finally:
            kernels.stop(kernel)
        yield Executed(book, clean(node), failure)
        if failure:
            return


def _execute(
    book: Path, parameters: dict[str, Any], kernel: Any
) -> tuple[nbformat.NotebookNode, Failure | None]:
    """Execute one notebook in a started kernel; a failing cell becomes a Failure."""
    import papermill  # seconds to import: only where a notebook is about to run
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        executed = papermill.execute_notebook(
            str(book),
            None,
            parameters,
            kernel_name="python3",
            km=kernel,
            execution_timeout=TIMEOUT,
            progress_bar=False,
            request_save_on_cell_execute=False,
        )
    except PapermillExecutionError as error:
        failure = Failure(
            notebook=book.stem,
            cell=str(error.cell_index),
            source=error.source,
            error=error.ename,
            message=error.evalue,
            trace=_ANSI.sub("", "\n".join(error.traceback)),
        )
    except Exception as error:  # a kernel that died, a cell that took too long
        failure = Failure(book.stem, "?", "", type(error).__name__, str(error))
    else:
        return executed, None
    return nbformat.read(book, as_version=4), failure


_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def clean(node: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return an executed notebook without what differs by run: times, paths, random ids."""
    node.metadata.pop("papermill", None)
    for cell in node.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "ingevulde-parameters"
    return node
