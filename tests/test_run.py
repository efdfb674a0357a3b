"""The runner is strict before a kernel starts, and honest when a notebook fails."""

import json
import shutil
import subprocess
import sys

import nbformat
import pytest

from tests.conftest import ROOT, command, project
from wijkboek_utils import folders, forks, order, run
from wijkboek_utils.asked import FORKED, Limits
from wijkboek_utils.errors import Fout

BOOKS = folders.notebooks(ROOT / "notebooks")


def test_notebooks_run_in_reading_order_and_play_notebooks_never(tmp_path):
    for name in ("12_b", "02_a", "91_spel", "kladblok"):
        (tmp_path / f"{name}.ipynb").write_text("{}")
    assert [p.stem for p in folders.notebooks(tmp_path)] == ["02_a", "12_b"]
    build = ["01", "02", "03", "04", "05", "06", "07", "08"]
    show = ["11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22"]
    assert [p.stem[:2] for p in BOOKS] == build + show
    chapters = [p.stem[:2] for p in BOOKS if order.is_chapter(p)]
    assert chapters == show


def test_each_notebook_gets_exactly_what_it_declares():
    assert run.declared(BOOKS[0]) == {"pilot": "str", "jaar": "int"}
    assert run.declared(BOOKS[3]) == {"pilot": "str", "jaar": "int", "sleutelset": "str"}


def test_what_is_wrong_with_a_part_of_a_notebook_is_said_the_same_when_it_is_found_faster():
    code = (
        "import nbformat\n"
        "from nbformat.v4.nbbase import validate\n"
        "from wijkboek_utils import run\n"
        "good = {'output_type': 'display_data', 'data': {'text/plain': 'a'}, 'metadata': {}}\n"
        "parts = [('display_data', good), ('display_data', {**good, 'more': 1}),\n"
        "         ('stream', {'output_type': 'stream', 'name': 'stdout', 'text': 3}),\n"
        "         ('error', {'output_type': 'error', 'ename': 'a', 'evalue': 'b'}),\n"
        "         ('execute_result', {**good, 'output_type': 'execute_result'}),\n"
        "         ('code_cell', {'cell_type': 'code'}), ('markdown_cell', {'cell_type': 'raw'})]\n"
        "def said(name, part):\n"
        "    try:\n"
        "        return validate(nbformat.from_dict(part), name)\n"
        "    except nbformat.ValidationError as error:\n"
        "        return str(error)\n"
        "slow = [said(*part) for part in parts]\n"
        "run.hasten()\n"
        "assert [said(*part) for part in parts] == slow\n"
        "assert [one is None for one in slow] == [True] + [False] * 6, slow\n"
        "from papermill.engines import NotebookExecutionManager, dateutil\n"
        "then = NotebookExecutionManager(nbformat.v4.new_notebook()).now()\n"
        "assert dateutil.parser.parse(then.isoformat()) == then\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_two_cells_with_parameters_are_refused(tmp_path):
    cell = nbformat.v4.new_code_cell("jaar: int = 1", metadata={"tags": ["parameters"]})
    path = tmp_path / "01_x.ipynb"
    nbformat.write(
        nbformat.v4.new_notebook(
            cells=[cell, nbformat.v4.new_code_cell(cell.source, metadata=cell.metadata)]
        ),
        path,
    )
    with pytest.raises(Fout, match="precies één cel"):
        run.declared(path)


def test_parameters_become_their_declared_type():
    job = run.plan("GM0344", {"jaar": "2024", "sleutelset": "inwoners"}, BOOKS)
    assert job.parameters == {"pilot": "GM0344", "jaar": 2024, "sleutelset": "inwoners"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("jaarr", "2022", r"Parameter jaarr bestaat niet\. Bedoelt u jaar\?"),
        ("gemeente", "GM0344", r"Parameter gemeente bestaat niet"),
        ("pilot", "GM0344", r"Parameter pilot bestaat niet"),
        ("jaar", "twee", r"jaar moet een getal zijn"),
        ("jaar", "-2023", r"jaar moet een getal zijn"),
        ("jaar", "2019", r"\(Iv3\) over 2019"),
        (
            "sleutelset",
            "inwooners",
            r"is geen waarde voor sleutelset\. Bedoelt u inwoners\?",
        ),
    ],
)
def test_a_wrong_parameter_is_an_error_that_names_it(name, value, message):
    with pytest.raises(Fout, match=message):
        run.plan("GM0344", {name: value}, BOOKS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["render", "-p", "jaarr=2022"], "Parameter jaarr bestaat niet. Bedoelt u jaar?"),
        (["render", "-p", "jaar"], "Schrijf een parameter als naam=waarde"),
        (["render", "GM9999"], "GM9999 staan er geen cijfers"),
        (["render", "WK020299"], "WK020299 bestaat niet in Arnhem"),
        (["rendr"], "rendr is geen opdracht. Bedoelt u render?"),
        (["render", "--al1"], "--al1 wordt niet herkend"),
        ([], "er ontbreekt een opdracht"),
    ],
)
def test_wrong_input_ends_with_a_message_and_without_a_kernel(tmp_path, arguments, message):
    for name in ("notebooks", "pilots"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw").symlink_to(ROOT / "data" / "raw")
    done = command(*arguments, root=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""  # no notebook was announced, so no kernel started
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "notebooks", "pilots"]


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """Return a project in which 02 fails for Arnhem only, after a good report of an earlier run."""
    root = project(tmp_path_factory.mktemp("stuk"))
    path = root / "notebooks" / "02_gebied.ipynb"
    node = nbformat.read(path, as_version=4)
    for cell in node.cells:
        if cell["id"] == "lees":
            cell.source += '\nassert p.gemeente != "GM0202", "<b>met opzet stuk</b>"'
    nbformat.write(node, path)
    for later in root.glob("notebooks/[12]*.ipynb"):
        later.unlink()  # only the chapters cost time, and one is enough
    shutil.copy(ROOT / "notebooks" / "11_samenvatting.ipynb", root / "notebooks")
    old = root / "reports" / "WK020202"
    old.mkdir(parents=True)
    (old / "index.html").write_text("oud rapport")
    return root, command("render", "WK020202", "WK034408", root=root)


def test_a_failing_notebook_leaves_a_clear_page_and_the_next_pilot_goes_on(broken):
    root, done = broken
    assert done.returncode == 1
    assert "WK020202: nog niet te publiceren: notebook 02_gebied is niet afgemaakt" in done.stderr
    page = (root / "reports" / "WK020202" / "index.html").read_text()
    assert "02_gebied" in page and "het rapport is niet gemaakt" in page
    assert "&lt;b&gt;met opzet stuk" in page and "<b>met opzet" not in page
    assert "oud rapport" not in page
    assert "Wijk 08 Zuidwest" in (root / "reports" / "WK034408" / "index.html").read_text()


def test_a_failed_run_leaves_no_half_folder(broken):
    root, _ = broken
    assert sorted(p.name for p in (root / "reports").iterdir()) == [
        "WK020202",
        "WK034408",
        "index.html",
    ]


def test_pieces_in_which_a_kernel_sent_what_was_printed_leave_no_trace():
    def printed(name, text):
        return nbformat.v4.new_output("stream", name=name, text=text)

    shown = nbformat.v4.new_output("display_data", {"text/plain": "een"})
    sent = [printed("stdout", "a"), printed("stdout", "b\n"), printed("stderr", "c"), shown]
    cell = nbformat.v4.new_code_cell(
        outputs=[*sent, printed("stderr", "d"), printed("stderr", "e")]
    )
    (found,) = run.clean(nbformat.v4.new_notebook(cells=[cell])).cells
    assert [one.get("text", "shown") for one in found.outputs] == ["ab\n", "c", "shown", "de"]


def test_an_executed_notebook_holds_no_time_path_or_random_id(rendered):
    for path in rendered.glob("reports/*/audit/*.ipynb"):
        text = path.read_text()
        assert str(rendered) not in text and str(ROOT) not in text
        assert "papermill" not in json.loads(text)["metadata"]
        assert "iopub" not in text


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"cells"', '<<<<<<< HEAD\n "cells"', 1),
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: '{"cells": [{"cell_type": "code"}]}',
        lambda text: text.replace("jaar: int = 2023", "jaar: int ="),
        lambda text: "\x00",
    ],
    ids=["merge", "half", "list", "cell", "syntax", "bytes"],
)
def test_a_file_that_is_no_notebook_any_more_is_named_with_what_to_do(change, tmp_path):
    path = tmp_path / BOOKS[0].name
    path.write_text(change(BOOKS[0].read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(Fout, match=r"01_bronnen\.ipynb.* is geen heel notebook\..* git checkout"):
        run.declared(path)


def test_a_notebook_that_git_could_not_merge_stops_the_command_before_anything_is_made(tmp_path):
    root = project(tmp_path, ["12_geldstromen"])
    path = root / "notebooks" / "12_geldstromen.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"cells"', '<<<<<<< HEAD\n "cells"', 1), encoding="utf-8")
    done = command("render", root=root)
    assert done.returncode == 2
    assert "notebooks/12_geldstromen.ipynb, regel 2: dit is geen heel notebook" in done.stderr
    assert "Traceback" not in done.stderr and not (root / "reports").exists()


def test_a_notebook_that_does_not_say_its_language_runs(tmp_path):
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("jaar: int = 1", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell("jaar + 1"),
        ]
    )
    path = tmp_path / "01_x.ipynb"
    nbformat.write(book, path)
    done = run.execute(path, {"jaar": 2023}, FORKED, Limits(), forks.here)
    assert done.failure is None
    assert done.node.cells[-1].outputs[0].data["text/plain"] == "2024"
