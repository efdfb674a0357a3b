"""What is loaded and computed before processes fork, so that they share it."""

import ast
import contextlib
import importlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wijkboek_utils import folders, inputs
from wijkboek_utils.errors import Fout

if TYPE_CHECKING:
    from wijkboek_utils.run import Job

_KERNEL = ["wijkboek_utils.notebook_process", "ipykernel.debugger"]
# What IPython imports when a kernel starts.
_KERNEL += ["sqlite3", "tornado.platform.asyncio", "IPython.core.completerlib", "encodings.ascii"]
_KERNEL += ["IPython.core.oinspect", "IPython.core.logger", "IPython.extensions.storemagic", "bdb"]
# What pandas imports when the first table is shown, and geopandas when the first map is written.
_KERNEL += ["pandas.io.formats.html", "pandas.io.formats.string", "geopandas.io._geoarrow"]

# What takes long to load and no notebook that runs by itself needs: what debugs it, and what checks
# addresses and durations in JSON, of which the schema of a notebook asks nothing.
_NOT_NEEDED = ["debugpy", "rfc3986_validator", "rfc3987_syntax", "isoduration"]

_WRITING = ["papermill", "wijkboek_utils.engine", "wijkboek_utils.job", "nbconvert"]
_WRITING += ["rocrate.rocrate"]
_FOR_MAPS = "folium"  # one report loads it itself, beside what else it writes


def libraries(folder: str = "") -> None:
    """Import what the notebooks of a folder import, and the kernel itself."""
    # Who imports matplotlib here decides where the figures of notebooks go: below their cell.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    # A second thread costs more than small matrices do, and other reports run beside this one.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # Its own memory begins with pages of 2 MB, which each process would fill with zeros.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    code = list(cells(Path(folder or folders.NOTEBOOKS)))
    names = ["jsonschema", *_KERNEL, *wanted(code)]
    with _without(_NOT_NEEDED):
        for name in names:
            with contextlib.suppress(
                Exception
            ):  # the notebook that needs it will say what is wrong
                importlib.import_module(name)
    with contextlib.suppress(ImportError):
        from wijkboek_utils import kernel

        kernel.read(code)
        kernel.prepare()
    with contextlib.suppress(ImportError):
        import pandas as pd

        # pandas asks at its import whether it is in a terminal, and we are no notebook yet.
        pd.options.display.max_columns = 20


@contextlib.contextmanager
def _without(names: list[str]) -> Iterator[None]:
    """Let some modules not be found; afterwards they can be imported as ever."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def country(*names: str) -> None:
    """Load all that any report needs; for more than one, compute what is the same for all.

    The country is read in the books of the first of `names`; a report on another year reads what it
    lacks itself.
    """
    inputs.load()  # before what it tells of is imported
    libraries()
    for name in _WRITING:
        importlib.import_module(name)
    from wijkboek_utils import order, report, run

    books = folders.notebooks()
    report.warm(books)
    run.hasten()
    for book in books:
        with contextlib.suppress(Exception):  # who checks what was asked will say so
            run.loaded(book, book.stat().st_mtime_ns)
            run.declared(book)
    with contextlib.suppress(Exception):
        order.waves(books)
    if len(names) > 1:
        importlib.import_module(_FOR_MAPS)
        with contextlib.suppress(Fout):  # who checks what was asked will say so
            _hold(names[0])


def _hold(name: str) -> None:
    """Read the country once, and what follows from it alone."""
    from wijkboek_utils import (
        attention,
        cbs,
        iv3,
        neighbours,
        pdok,
        pilots,
        plausibility_country,
        scale,
        sources,
    )
    from wijkboek_utils.local import schema

    for path in sources.TABLES.glob("*.csv"):
        sources.read_project_table(path.stem)
    for kind in schema.KINDS:
        schema.load(kind)
    for module in (cbs, iv3, pdok):
        module.hold()
    pilot = pilots.load(name)
    kerncijfers = cbs.figures(pilot.gemeente, pilot.jaar)
    years = tuple(sorted(kerncijfers["jaar"].unique().tolist()))
    cbs.read_country()
    for kind in ("GM", "WK"):
        neighbours.others(kind, years)
    attention.of_years(years)
    scale.of_year(pilot.jaar, pilot.verslag)
    plausibility_country.spent(pilot.jaar)
    plausibility_country.verdict()
    _examples()


def _examples() -> None:
    """Work out the examples that are the same in each report."""
    from wijkboek_utils import kengetallen
    from wijkboek_utils.models import (
        area_case,
        bakery_text,
        case_results,
        cases,
        cases_text,
        chances,
        networks_text,
        ownership_examples,
        ranges,
    )

    known = kengetallen.load({})
    found = [cases.load(name, known) for name in cases.names()]
    held = case_results.holdings(found, known)
    tables = (*case_results.work_out(found, known), held, case_results.resales(found, known))
    cases_text.publications(found, cases_text.Tables(*tables), known)
    cases_text.origins(found)
    ownership_examples.compare(known)
    chances.definitions()
    area_case.budgets()
    bakery_text.example()
    networks_text.example()
    ranges.draws({id: ranges.of(k) for id, k in known.known.items()})


def wanted(code: Iterable[str]) -> list[str]:
    """Return the modules that cells import."""
    return list(dict.fromkeys(name for cell in code for name in _imported(cell)))


def cells(folder: Path) -> Iterator[str]:
    """Yield the code of the notebooks of a folder, cell by cell."""
    for path in folders.notebooks(folder):
        with contextlib.suppress(ValueError, LookupError):  # who runs it will say what is wrong
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                if cell["cell_type"] == "code":
                    yield "".join(cell["source"])


def _imported(code: str) -> list[str]:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def pilot(job: "Job") -> None:
    """Compute what all notebooks of a pilot need, before the first one starts."""
    from wijkboek_utils import cbs, iv3, pilots

    with contextlib.suppress(Exception):  # the notebook that needs it will say what is wrong
        found = pilots.load(job.pilot.slug, job.pilot.jaar)
        for gemeente in found.gemeenten:
            cbs.indicators(gemeente, found.jaar)
            iv3.source(gemeente, found.jaar)


def built(job: "Job") -> None:
    """Read what the next notebook of a pilot needs, as far as its tables are made."""
    from wijkboek_utils import account_passports, area_flows, sources

    slug = job.pilot.slug
    made = sorted((sources.PROCESSED / slug).glob("*.parquet"))
    with contextlib.suppress(Exception):  # the notebook that needs it will say what is wrong
        for path in made:
            sources.table_at(path)
        if "grootboek" in {path.stem for path in made}:
            area_flows.read(slug)
            account_passports.books(slug)


def chapters(job: "Job") -> None:
    """Compute what chapters of a pilot share, after all of its books are made."""
    from wijkboek_utils import area_flows, household_account, places, views, wijkrekening_text

    built(job)
    with contextlib.suppress(Exception):  # the chapter that needs it will say what is wrong
        places.earned(job.pilot.slug)
        places.counted(job.pilot.slug, job.pilot.codes)
        flows = area_flows.read(job.pilot.slug)
        for view in (views.cost, views.gemeente_account, household_account.account):
            view(flows)
        wijkrekening_text.rijk_account(flows)
