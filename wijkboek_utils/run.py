"""Run one notebook of a pilot with papermill, with the parameters that it declares."""

import ast
import json
import logging
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
from nbformat import ValidationError

from wijkboek_utils import allocate, pilots, sources
from wijkboek_utils.asked import FORKED, STOCK, Limits
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.pilots import Pilot

_CHOICES = {"sleutelset": list(allocate.SETS)}
_PARTS = ["code_cell", "display_data", "error", "execute_result", "stream"]  # which are made here


@dataclass(frozen=True)
class Failure:
    """A notebook that did not finish: where, what it showed and said, and what may help.

    `again` says that the same may go well a second time.
    """

    notebook: str
    cell: str
    source: str
    error: str
    message: str
    trace: str = ""
    output: str = ""
    hint: str = ""
    again: bool = False


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


def declared(notebook: Path) -> dict[str, str]:
    """Return the parameters that a notebook declares, by name, with their type.

    Raises Fout for a file that is no notebook, or has no cell to declare them.
    """
    return _declared(notebook, notebook.stat().st_mtime_ns).copy()


@cache
def _declared(notebook: Path, changed: int) -> dict[str, str]:
    """Return the same; `changed` is when its file was."""
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        nbformat.validate(content)
        found = [c for c in content["cells"] if "parameters" in c["metadata"].get("tags", [])]
        lines = ast.parse("".join(found[0]["source"])).body if found else []
    except (ValueError, LookupError, AttributeError, SyntaxError, ValidationError) as error:
        # Most often git could not merge two versions, and left both in the file.
        line = f", regel {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        where = sources.shown(notebook)
        raise Fout(
            f"{where}{line}: dit is geen heel notebook. Bewaar het opnieuw in JupyterLab, of zet "
            f"de vorige versie terug met: git checkout HEAD -- {where}"
        ) from error
    if len(found) != 1:
        raise Fout(f"{notebook.name}: er hoort precies één cel met het label parameters te zijn.")
    return {
        line.target.id: ast.unparse(line.annotation)
        for line in lines
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    }


def plan(name: str, overrides: dict[str, str], books: list[Path]) -> Job:
    """Return the job for a pilot, every parameter checked. No kernel has started yet.

    `overrides` as for `values`. Raises Fout for a pilot, a parameter or a value that does not
    exist, with the nearest that does.
    """
    return job(name, values(overrides, books))


def job(name: str, found: dict[str, Any]) -> Job:
    """Return the job for a pilot, with `values` as parameters.

    Raises Fout for a pilot that does not exist, or not in the year that is asked.
    """
    pilot = pilots.load(name, found.get("jaar"))
    return Job(pilot, {**found, "pilot": pilot.slug, "jaar": pilot.jaar})


def values(overrides: dict[str, str], books: list[Path]) -> dict[str, Any]:
    """Return what the user typed after `-p`, as text, as the types that notebooks declare.

    Raises Fout for a parameter or a value that does not exist.
    """
    known = {name: kind for book in books for name, kind in declared(book).items()}
    return {name: _value(name, text, known) for name, text in overrides.items()}


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


@cache
def loaded(book: Path, changed: int) -> bytes:
    """Return a notebook as papermill reads it, pickled; `changed` is when its file was."""
    from papermill import iorw

    return pickle.dumps(iorw.load_notebook_node(str(book)))


def hasten() -> None:
    """Let each part of a notebook be validated as fast as nbformat validates a whole one.

    It compiles the schema of a notebook, and walks through that of a part for each output. What is
    wrong with one is still said by the walk. And let papermill read a time as it wrote it itself.
    """
    from nbformat.json_compat import FastJsonSchemaValidator
    from nbformat.validator import get_validator
    from papermill import engines

    whole = get_validator(nbformat.current_nbformat)
    walk, common = whole.iter_errors, {n: whole._schema[n] for n in ("$schema", "definitions")}
    refs = [f"#/definitions/{name}" for name in _PARTS]
    quick = {ref: FastJsonSchemaValidator({**common, "$ref": ref}) for ref in refs}

    def errors(node: Any, part: dict[str, str] | None = None) -> Any:
        known = quick.get(part["$ref"]) if part else None
        return [] if known and not known.iter_errors(node) else walk(node, part)

    whole.iter_errors = errors
    engines.dateutil = SimpleNamespace(parser=SimpleNamespace(parse=datetime.fromisoformat))


def execute(
    book: Path,
    parameters: dict[str, Any],
    engine: str,
    limits: Limits,
    fork: Callable[..., Any] | None = None,
) -> Executed:
    """Run a notebook with those of the parameters that it declares; a failing cell is a Failure.

    `engine` is STOCK or FORKED; of the limits the stock engine only keeps that of a cell. `fork` is
    where our engine gets its processes from.
    """
    from papermill import execute, iorw, parameterize  # seconds to import, so only where used
    from papermill.engines import papermill_engines

    logging.getLogger("papermill").setLevel(logging.ERROR)
    wanted = {name: parameters[name] for name in declared(book) if name in parameters}
    node = pickle.loads(loaded(book, book.stat().st_mtime_ns))
    node = parameterize.parameterize_notebook(
        node, wanted, kernel_name="python3", language="python"
    )
    node = execute.prepare_notebook_metadata(node, str(book), None)
    more: dict[str, Any] = {}
    if engine == FORKED:
        more = {"fork": fork, "memory": limits.memory, "notebook_timeout": limits.notebook}
    failure = None
    try:
        with iorw.local_file_io_cwd(), execute.chdir(str(sources.ROOT)):
            # Never in the folder of the user: a kernel imports from where it stands.
            papermill_engines.execute_notebook_with_engine(
                None if engine == STOCK else engine,
                node,
                kernel_name="python3",
                progress_bar=False,
                execution_timeout=limits.cell,
                **more,
            )
    except Exception as error:  # a kernel that died, a cell that took too long
        failure = _stopped(book, node, error, limits)
    else:
        failure = _failed(book, node)
    return Executed(book, clean(node), failure)


def _failed(book: Path, node: nbformat.NotebookNode) -> Failure | None:
    """Return what the first cell with an error said."""
    for number, cell in enumerate(node.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return Failure(
                    notebook=book.stem,
                    cell=str(number),
                    source=cell.source,
                    error=output.ename,
                    message=output.evalue,
                    trace=_ANSI.sub("", "\n".join(output.traceback)),
                    output=_printed(cell),
                    hint=_HINTS.get(output.ename, ""),
                )
    return None


def _stopped(book: Path, node: nbformat.NotebookNode, error: Exception, limits: Limits) -> Failure:
    """Return how a notebook stopped whose process did not answer."""
    begun = [
        (number, cell)
        for number, cell in enumerate(node.cells)
        if cell.cell_type == "code" and cell.metadata.get("papermill", {}).get("start_time")
    ]
    number, cell = begun[-1] if begun else ("?", nbformat.v4.new_code_cell())
    kind = type(error).__name__
    words = {
        "DeadKernelError": "het proces van het notebook is onverwacht gestopt",
        "CellTimeoutError": f"een stap duurde langer dan {limits.cell} seconden",
        "TooLong": f"het notebook duurde langer dan {limits.notebook} seconden",
    }
    return Failure(
        notebook=book.stem,
        cell=str(number),
        source=cell.source,
        error="" if kind in words else kind,
        message=words.get(kind, str(error)),
        output=_printed(cell),
        hint=_HINTS.get(kind, ""),
        again=kind == "DeadKernelError",
    )


def _printed(cell: nbformat.NotebookNode) -> str:
    """Return what a cell printed before it stopped; the end, when it is long."""
    text = "".join(o.text for o in cell.get("outputs", []) if o.output_type == "stream")
    return text if len(text) <= _MOST else f"…{text[-_MOST:]}"


_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_MOST = 5000  # characters of output on the page that tells of a failure
_HINTS = {
    "MemoryError": "Het notebook had meer geheugen nodig dan het mocht gebruiken. Geef het meer "
    "met --memory, of kies een kleiner gebied.",
    "DeadKernelError": "Vaak is het geheugen van de computer op. Sluit andere programma's en "
    "probeer het opnieuw, met --jobs 1. Gaf u een grens met --memory? Maak die ruimer.",
    "CellTimeoutError": "Is de computer druk? Probeer het dan later opnieuw, of geef meer tijd "
    "met --timeout.",
    "TooLong": "Is de computer druk? Probeer het dan later opnieuw, of geef meer tijd met "
    "--timeout.",
    "ModuleNotFoundError": "De omgeving is niet volledig. Typ make setup in de map van het "
    "project.",
}


def clean(node: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return an executed notebook without what differs by run: times, paths, ids, loose pieces."""
    node.metadata.pop("papermill", None)
    for cell in node.cells:
        if "outputs" in cell:
            cell.outputs = _joined(cell.outputs)
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "ingevulde-parameters"
    return node


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return outputs in which text that follows on text of the same stream is one text.

    A kernel sends what is printed every fifth of a second, so in more pieces on a busy computer.
    """
    found: list[nbformat.NotebookNode] = []
    for one in outputs:
        last = found[-1] if found else None
        if last and one.output_type == last.output_type == "stream" and one.name == last.name:
            last.text += one.text
        else:
            found.append(one)
    return found
