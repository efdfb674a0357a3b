"""500 mangled files: each is refused in plain Dutch, or gives exactly the right rows."""

import io
import os
import random
import re
import resource
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import openpyxl
import pytest

from tests import mangle, mangle_geo, mangle_xlsx
from tests.mangle import EITHER, NEAR, REFUSED, SAME, START, Case
from wijkboek_utils import show
from wijkboek_utils.local import checking, marked, opening, schema
from wijkboek_utils.local.contribution import Fault, Opened

COUNTS = {"csv": 220, "xlsx": 110, "geojson": 80, "gpkg": 60, "shp": 30}
SECRET = "dit geheim staat alleen op deze computer"
ALIVE = re.compile("<(script|img|svg|iframe|a)\\b|[\u202a-\u202e]")
TODAY = "2026-11-22"
# What a reader of Dutch may never see: the inside of a program, or of this computer.
INSIDE = re.compile(
    r"Traceback|Error\b|Exception|line \d|\.py\b|/(tmp|home|root|usr|work)\b"
    r"|NoneType|0x[0-9a-f]{4}|\b(openpyxl|sqlite|GEOS|GDAL|pandas|utf-8|codec)\b"
)


def test_there_are_500_cases_and_they_are_the_same_each_time():
    assert sum(COUNTS.values()) == 500
    first, again = (list(cases("csv", "u", "c")) for _ in range(2))
    assert len(first) == COUNTS["csv"]
    assert first == again
    assert {case.right.kind for case in first} == {*schema.KINDS}


def cases(form: str, url: str, canary: str) -> Iterator[Case]:
    """Yield the cases of a form; `url` and `canary` are what an entity in XML tries to reach."""
    entities = [mangle_xlsx.entity(to) for to in ("laughs", url, canary)]
    makers = {
        "csv": mangle.CSV,
        "xlsx": [*mangle_xlsx.XLSX, *entities],
        "geojson": mangle_geo.GEOJSON,
        "gpkg": mangle_geo.GPKG,
        "shp": mangle_geo.SHP,
    }[form]
    for number in range(COUNTS[form]):
        made = makers[number % len(makers)]
        kind = schema.KINDS[(number + number // len(makers)) % len(schema.KINDS)]
        content, right, expect = made(mangle.good(kind), random.Random(number))
        yield Case(f"{form} {number} {made.__name__}", form, content, right, expect)


@pytest.fixture(scope="module")
def apart() -> Iterator[Executor]:
    """Return processes of their own: what else the tests start would count as their memory."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        yield pool


def verdict_in(folder: Path, case: Case) -> str:
    """Return the `verdict` of a process that works in a folder."""
    os.chdir(folder)
    return verdict(case)


@pytest.mark.parametrize("form", COUNTS)
def test_mangled_files_are_refused_or_right(form, tmp_path, apart):
    canary = tmp_path / "canary.txt"
    canary.write_text(SECRET)
    empty = tmp_path / "leeg"
    empty.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        wrong = apart.map(partial(verdict_in, empty), cases(form, url, canary.as_uri()))
        assert [words for words in wrong if words] == []
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):  # nobody came by
            listener.accept()
    assert canary.read_text() == SECRET
    assert list(empty.iterdir()) == []
    for folder in {Path("/"), Path(tempfile.gettempdir()), tmp_path, tmp_path.parent, Path.home()}:
        assert [path for path in folder.glob("*") if mangle.EVIL in path.name] == []


def verdict(case: Case) -> str:
    """Return what is wrong with what came of a case; nothing when it is as it should be."""
    start = time.perf_counter()
    opened = opening.open_bytes(case.content, case.name)
    took = time.perf_counter() - start
    wrong = "" if took < 10 else f"{took:.0f} s"
    # The largest process that read for us so far, in kB.
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    wrong = (
        wrong
        or ("" if memory < 1_000_000 else f"{memory} kB")
        or _opened(case, opened)
        or _checked(case, opened)
    )
    return f"{case.what}: {wrong}" if wrong else ""


def _opened(case: Case, opened: Opened) -> str:
    if opened.faults:
        if not opened.rows.empty or case.expect == SAME:
            return f"geweigerd: {opened.faults[0]}"
        return _unclear(opened.faults)
    if case.expect == REFUSED:
        return "niet geweigerd"
    columns = tuple(opened.rows.columns)
    rows = [tuple(cells) for cells in opened.rows.fillna("").to_numpy()]
    right = list(case.right.rows)
    if columns == case.right.columns and rows == right:
        return "" if opened.shapes is None or len(opened.shapes) == len(right) else "vormen"
    if case.expect in (SAME, EITHER):
        return f"andere rijen: {columns} {rows}"
    if case.expect == START and not rows:  # cut within the names
        return "" if all(map(str.startswith, case.right.columns, columns)) else "namen"
    if case.expect == START and columns == case.right.columns:
        *whole, last = rows
        kept = whole == right[: len(whole)]
        return "" if kept and all(map(str.startswith, right[len(whole)], last)) else "begin"
    # One lost bit or byte: one name of a column is another, or one row.
    names = len({*columns} ^ {*case.right.columns})
    other = sum(row != good for row, good in zip(rows, right, strict=False))
    near = case.expect == NEAR and len(rows) == len(right) and (other <= 1 or names)
    return "" if near and names <= 2 else f"te veel anders: {columns} {rows}"


def _unclear(faults: tuple[Fault, ...]) -> str:
    """Return the first fault of which the words are no plain Dutch for a contributor."""
    for fault in faults:
        words = fault.words
        if len(words) < 15 or INSIDE.search(words) or not words.isprintable():
            return f"onduidelijk: {words}"
        if ALIVE.search(show.bullets([str(fault)]).html):
            return f"leeft op het scherm: {words}"
    return ""


def _checked(case: Case, opened: Opened) -> str:
    """Return what is wrong with the check of what was opened, and with the page that shows it."""
    if opened.faults:
        return ""
    said = {name: text for name, text in mangle.about(case.right.kind).items() if name != "dataset"}
    if opened.shapes is not None:
        opened = replace(opened, about=said)
    checked = checking.check(opened, case.right.kind, today=TODAY)
    if checked.faults:
        return "half geladen" if len(checked.rows) else _unclear(checked.faults)
    page = show.table(checked.rows, "Wat er binnenkwam").html
    alive = ALIVE.search(page)
    return f"leeft in het rapport: {alive[0]}" if alive else ""


@pytest.mark.parametrize("form", ["csv", "xlsx", "geojson", "gpkg"])
@pytest.mark.parametrize(
    "cell", [mangle.SCRIPT, '=HYPERLINK("http://x/";"k")', "@SUM(1)", "-1+cmd|x"]
)
def test_the_marked_copy_of_a_hostile_file_computes_nothing(form, cell):
    table = mangle.good("telling").cell(2, mangle.good("telling").last, cell)
    content = {
        "csv": mangle.text,
        "xlsx": mangle_xlsx.workbook,
        "geojson": lambda table: mangle_geo.GEOJSON[0](table, random.Random(1))[0],
        "gpkg": mangle_geo.package,
    }[form](table)
    opened = opening.open_bytes(content, f"telling.{form}")
    assert opened.rows.iloc[2, mangle.good("telling").last] == cell
    fault = Fault(f"dit klopt niet: {cell}", int(opened.rows.index[2]), opened.rows.columns[-1])
    copy = openpyxl.load_workbook(io.BytesIO(marked.copy(content, opened, (fault,))))
    cells = [c for sheet in copy.worksheets for row in sheet.iter_rows() for c in row]
    assert any(cell in str(c.value) for c in cells)
    # A link leads to a cell of the copy itself, and nowhere else.
    assert not [c for c in cells if c.data_type == "f" or (c.hyperlink and c.hyperlink.target)]
