"""House rules of the notebooks: clean sources, short steps, prose that says what happens."""

import ast
import itertools
import re

import nbformat
import pytest

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def cells(path, kind=None):
    found = nbformat.read(path, as_version=4).cells
    return [c for c in found if kind in (None, c.cell_type)]


@each
def test_a_notebook_is_a_clean_source(path):
    nbformat.validate(nbformat.read(path, as_version=4))
    assert not any(c.outputs or c.execution_count for c in cells(path, "code"))
    ids = [c["id"] for c in cells(path)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", i) for i in ids)  # words, not random ids


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
