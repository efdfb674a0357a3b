"""Kernels that are forked: whole, apart from each other, and gone afterwards."""

import os
import signal
import time

import nbformat
import papermill
import pytest

from wijkboek_utils import kernels, nursery
from wijkboek_utils.kernels import WarmKernels


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boeken")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import fractions")])
    nbformat.write(book, folder / "01_een.ipynb")
    with WarmKernels(folder) as found:
        yield found


def ran(warm, tmp_path, *cells: str, **how):
    """Execute some cells in a fresh kernel of `warm`; return the text that they printed."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    nbformat.write(book, tmp_path / "boek.ipynb")
    kernel = warm.take(last=True)
    try:
        done = papermill.execute_notebook(
            str(tmp_path / "boek.ipynb"),
            None,
            km=kernel,
            kernel_name="python3",
            progress_bar=False,
            **how,
        )
    finally:
        warm.stop(kernel)
    return "".join(o.get("text", "") for c in done.cells for o in c.outputs)


def test_what_notebooks_import_is_there_before_they_start(warm, tmp_path):
    assert ran(warm, tmp_path, "import sys; print('fractions' in sys.modules)") == "True\n"


def test_a_kernel_knows_nothing_of_the_one_before(warm, tmp_path, monkeypatch):
    monkeypatch.setenv("WIJKBOEK_PROEF", "nu")
    ran(
        warm,
        tmp_path,
        "import fractions, os; fractions.Fraction = None; os.chdir('/'); kwijt = 1",
        "os.environ['WIJKBOEK_PROEF'] = 'straks'",
    )
    code = (
        "import fractions, os; print(fractions.Fraction, os.getcwd() == '/', 'kwijt' in globals())"
    )
    told = ran(
        warm, tmp_path, code, "print(os.environ['WIJKBOEK_PROEF'], os.getpid() == os.getsid(0))"
    )
    assert told == "<class 'fractions.Fraction'> False False\nnu True\n"


@pytest.mark.parametrize(
    "end", ["os._exit(3)", "os.kill(os.getpid(), 11)", "import sys; sys.exit(4)"]
)
def test_a_kernel_that_ends_is_reported_and_the_next_one_runs(warm, tmp_path, end):
    with pytest.raises(Exception, match=r"[Dd]ied|SystemExit"):
        ran(warm, tmp_path, "import os", end)
    assert ran(warm, tmp_path, "print(1)") == "1\n"


def test_an_endless_cell_is_stopped(warm, tmp_path):
    with pytest.raises(Exception, match="timed out"):
        ran(warm, tmp_path, "while True: pass", execution_timeout=1)
    assert ran(warm, tmp_path, "print(2)") == "2\n"


def test_how_a_kernel_ended_is_told_as_subprocess_does(warm):
    kernel = warm.take(last=True)
    process = kernel.provisioner.process
    assert process.poll() is None
    process.terminate()
    assert process.wait() in (0, -signal.SIGTERM)
    warm.stop(kernel)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_nothing_is_left_behind_not_even_when_the_nursery_dies(tmp_path):
    with WarmKernels(tmp_path) as warm:
        born = warm.take(last=False).provisioner.process.pid  # and one in reserve
        home = warm._nursery._process.pid
        os.kill(home, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="gestopt"):
            warm._start()
    until = time.monotonic() + 10
    while alive(born) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(born) and not alive(home)


def test_only_what_can_be_read_is_wanted(tmp_path):
    (tmp_path / "01_a.ipynb").write_text(
        '{"cells": [{"cell_type": "code", "source": ["import a.b"]}]}'
    )
    (tmp_path / "02_b.ipynb").write_text('{"cells": [{"cell_type": "code", "source": "%magic"}]}')
    (tmp_path / "91_c.ipynb").write_text("geen notebook, en niet van een rapport")
    assert nursery.wanted(tmp_path)[2:] == ["a.b"]
    assert kernels.CAN_FORK
