"""House rules of the notebooks: clean sources, short steps, prose that says what happens.

And each of them runs alone, from top to bottom, with the parameters that stand in it.
"""

import ast
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ROOT
from wijkboek_utils import folders, order

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


@cache
def read(path):
    return nbformat.read(path, as_version=4)


def cells(path, kind=None):
    return [c for c in read(path).cells if kind in (None, c.cell_type)]


@each
def test_a_notebook_is_a_clean_source(path):
    nbformat.validate(read(path))
    assert not any(c.outputs or c.execution_count for c in cells(path, "code"))
    ids = [c["id"] for c in cells(path)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", i) for i in ids)  # words, not random ids
    assert not any(re.fullmatch(r"[0-9a-f-]{8,}", i) for i in ids)


KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@each
def test_a_notebook_keeps_nothing_of_who_saved_it(path):
    book = read(path)
    assert book.metadata == {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    kept = {c.id: c.metadata for c in book.cells if c.metadata}
    assert kept == {book.cells[1].id: {"tags": ["parameters"]}}
    assert not any(c.get("attachments") for c in book.cells)
    # As nbformat writes it: whoever saves it changes only the lines that were edited.
    assert path.read_text() == nbformat.writes(book) + "\n"
    assert not re.search(
        r"(?<![\w.:/])/(home|Users|root|tmp|work|mnt)/|[A-Z]:\\\\", path.read_text()
    )


def test_a_build_notebook_reads_only_what_an_earlier_one_wrote():
    written: set[str] = set()
    for path in NOTEBOOKS:
        if path.stem[0] == "0":
            reads, writes = re.search(
                r"\*\*Leest\*\*(.*?)\*\*Schrijft\*\*(.*)", cells(path)[0].source, re.S
            ).groups()
            assert set(re.findall(r"`(\w+)`", reads)) <= written, path.stem
            written |= set(re.findall(r"`(\w+)`", writes))


@each
def test_a_notebook_opens_with_its_title_then_its_parameters(path):
    first, second = cells(path)[:2]
    assert first.cell_type == "markdown" and re.match(r"# \w+(\n|$)", first.source)
    assert second.metadata["tags"] == ["parameters"]
    assert second.source.startswith('pilot: str = "utrecht-kanaleneiland"  # ')


@each
def test_a_build_notebook_says_what_it_reads_and_writes_and_does_just_that(path):
    text = cells(path)[0].source
    code = "\n".join(c.source for c in cells(path, "code"))
    written = set(re.findall(r'write_table\(\s*pilot, "(\w+)"', code))
    if path.stem[0] != "0":
        assert not written, "een hoofdstuk schrijft niets"
        return
    reads, writes = re.search(r"\*\*Leest\*\*(.*?)\*\*Schrijft\*\*(.*)", text, re.S).groups()
    assert written == set(re.findall(r"`(\w+)`", writes))
    listed = re.search(r"namen = \[(.*?)\]", code, re.S)
    read = set(re.findall(r'read_table\(pilot, "(\w+)"\)', code))
    read |= set(re.findall(r'"(\w+)"', listed[1])) if listed else set()
    assert read == set(re.findall(r"`(\w+)`", reads))


@each
def test_a_cell_is_one_short_step_without_logic_of_its_own(path):
    for cell in cells(path, "code"):
        assert len(cell.source.splitlines()) <= 15
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(
                node, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.If | ast.While | ast.Try
            )


@each
def test_a_notebook_does_nothing_behind_the_back_of_the_reader(path):
    code = "\n".join(c.source for c in cells(path, "code"))
    for forbidden in ("import *", "filterwarnings", "%", "os.getcwd", "../", "http"):
        assert forbidden not in re.sub(r'f?"[^"]*%[^"]*"', "", code)


@each
def test_headings_go_down_one_level_at_a_time(path):
    levels = [
        len(m) for c in cells(path, "markdown") for m in re.findall(r"^(#+) ", c.source, re.M)
    ]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


@each
def test_the_dutch_of_the_report_is_in_short_sentences(path):
    for cell in cells(path, "markdown"):
        prose = re.sub(r"^#+ .*$|`[^`]*`", "", cell.source, flags=re.M)
        for sentence in re.split(r"(?<=[.!?:])\s+|\n- ", prose):
            assert len(sentence.split()) <= 28, sentence


# Running alone.

ALONE = """
import sys
from pathlib import Path
import papermill
for book in map(Path, sys.argv[2:]):
    out = Path(sys.argv[1]) / book.name
    papermill.execute_notebook(book, out, engine_name="wijkboek", kernel_name="python3",
                               progress_bar=False)
"""


def python(code: str, root: Path, *arguments: str) -> None:
    """Run Python code in a process of its own, on the project below `root`."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "WIJKBOEK_ROOT": str(root), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def alone(rendered, tmp_path_factory):
    """Return a project with the tables of the default pilot, as a `render` leaves it."""
    root = tmp_path_factory.mktemp("alleen")
    tables = "data/processed/utrecht-kanaleneiland"
    shutil.copytree(rendered / tables, root / tables)
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    for name in ("pilots", "data/raw"):
        (root / name).symlink_to(rendered / name)
    return root


def test_every_notebook_runs_alone_and_in_any_order(alone, tmp_path):
    # Each in a process of its own, from the last to the first, without any parameter. The build
    # steps find the tables of a `render` and write the same ones again, to the byte.
    before = files(alone / "data/processed")
    books = [str(p) for p in sorted((alone / "notebooks").glob("*.ipynb"), reverse=True)]
    python(ALONE, alone, str(tmp_path), *books)
    assert len(books) == len(NOTEBOOKS) == len(list(tmp_path.glob("*.ipynb")))
    for path in tmp_path.glob("*.ipynb"):
        code = [c for c in cells(path, "code") if c.source.strip()]
        assert all(c.execution_count for c in code), path.stem
    assert files(alone / "data/processed") == before


REVERSED = """
import sys
from pathlib import Path
import nbformat
from wijkboek_utils import forks, run, warm
from wijkboek_utils.asked import FORKED, Limits
warm.libraries()  # as what forks for a report has done
values = {"pilot": "utrecht-kanaleneiland", "jaar": 2023}
for book in map(Path, sys.argv[2:]):
    node = run.execute(book, values, FORKED, Limits(), forks.here).node
    Path(sys.argv[1], book.name).write_text(nbformat.v4.writes(node) + "\\n", encoding="utf-8")
"""


def test_notebooks_that_run_side_by_side_ask_nothing_of_each_other(rendered, tmp_path):
    # Each wave runs in the reverse order: none finds a table that another of its wave writes.
    for name in ("notebooks", "pilots", "data/raw"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to((rendered / name).resolve())
    (out := tmp_path / "uit").mkdir()
    waves = order.waves(folders.notebooks(rendered / "notebooks"))
    assert max(map(len, waves)) > 5
    books = [str(book) for wave in waves for book in reversed(wave)]
    python(REVERSED, tmp_path, str(out), *books)
    audit = files(rendered / "reports/utrecht-kanaleneiland/audit")
    assert files(out) == {n: b for n, b in audit.items() if n.endswith(".ipynb")}
    made, before = (files(p / "data/processed/utrecht-kanaleneiland") for p in (tmp_path, rendered))
    assert made == {n: b for n, b in before.items() if n.endswith(".parquet")}


def test_a_notebook_runs_as_a_student_would_run_it(alone, tmp_path):
    (folder := tmp_path / "elders").mkdir()  # a notebook does not mind where it stands
    book = shutil.copy(alone / "notebooks/11_samenvatting.ipynb", folder)
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", book],
        env={**os.environ, "WIJKBOEK_ROOT": str(alone), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    shown = [o for c in cells(book, "code") for o in c.outputs]
    assert any("text/html" in o.get("data", {}) for o in shown)
    assert not any(o.output_type == "error" for o in shown)


def test_one_line_of_set_up_makes_a_diff_readable(tmp_path):
    def git(*words: str) -> str:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        own = {"PATH": path, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        done = subprocess.run(
            ["git", *who, *words], cwd=tmp_path, env=own, capture_output=True, text=True, check=True
        )
        return done.stdout

    for name in (".gitattributes", ".gitconfig", "notebooks/02_gebied.ipynb"):
        shutil.copy(ROOT / name, tmp_path)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "begin")
    book = json.loads((tmp_path / "02_gebied.ipynb").read_text())
    book["cells"][-1]["source"] = ["# een nieuwe regel\n", "1 + 1"]
    (tmp_path / "02_gebied.ipynb").write_text(json.dumps(book, indent=1) + "\n")
    (setup,) = re.findall(
        r"^git (config .*include.path.*)$", (ROOT / "README.md").read_text(), re.M
    )
    git(*setup.split())
    lines = git("diff").splitlines()
    assert "+# een nieuwe regel" in lines and "+1 + 1" in lines
    assert not any('"cell_type"' in line or '"source"' in line for line in lines)
