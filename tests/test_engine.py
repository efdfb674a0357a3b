"""Our engine against papermill's own, on notebooks that do what they should not.

Every cell of notebook_cells.py is run by both, and all that is kept of it must be equal.
"""

import asyncio
import itertools
import json
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
import papermill
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papermill.engines import papermill_engines

from tests import notebook_cells
from wijkboek_utils import forks, warm, wire
from wijkboek_utils.engine import ForkEngine
from wijkboek_utils.forks import Nursery

BOOKS = {
    "output": notebook_cells.OUTPUT,
    "displays": notebook_cells.DISPLAYS,
    "code": notebook_cells.CODE,
    "after": notebook_cells.AFTER,
    "ends": notebook_cells.ENDS,
    **{
        name: {str(n): source for n, source in enumerate(cells)}
        for name, cells in notebook_cells.DEATHS.items()
    },
}
TIMEOUT = 2
# A kernel stops a tenth of a second after exit(). On a busy machine the next cell comes now before
# that and now after it, with papermill too.
RACES = ("exit", "exit at the end")
# What differs by run: where objects and temporary files are, and what time it is.
CHANGING = {
    r"0x[0-9a-f]+": "0x",
    r"pid=\d+": "pid=n",  # Python 3.12 warns of a fork beside threads
    r"/ipykernel_\d+/\d+\.py": "/ipykernel/n.py",
    r"\d+(\.\d+)?(e[+-]\d+)? (ns|[uµμ]s|ms|s)\b": "n s",
    r"'-f', '[^']*'": "'-f'",
    r"[0-9a-f]{32}": "uuid",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\w*": "uuid",
    r"[0-9a-f]{8}-[0-9a-f]{24}[_\d]*": "uuid",
    r"<dc:date>[^<]*": "<dc:date>",
}


@dataclass
class Ran:
    """What came of a notebook."""

    node: nbformat.NotebookNode
    error: str
    folder: Path


def notebook(cells: dict[str, str], **spec: str) -> nbformat.NotebookNode:
    book = nbformat.v4.new_notebook()
    for name, source in cells.items():
        cell = nbformat.v4.new_code_cell(source.removeprefix("\n"), id=re.sub(r"\W", "-", name))
        cell.metadata["tags"] = ["raises-exception"] if name.startswith("fout") else []
        book.cells.append(cell)
    spec = {"name": "python3", "language": "python", "display_name": "Python 3", **spec}
    book.metadata["kernelspec"] = spec
    return book


def run(book: nbformat.NotebookNode, folder: Path, engine: str | None, **how) -> Ran:
    """Return what came of a notebook, as papermill leaves it."""
    source, result = folder / "in.ipynb", folder / "out.ipynb"
    nbformat.write(book, source)
    error = ""
    try:
        papermill.execute_notebook(source, result, engine_name=engine, progress_bar=False, **how)
    except Exception as raised:
        error = f"{type(raised).__qualname__}: {raised}"
    return Ran(nbformat.read(result, as_version=4), error, folder)


def run_all(
    folder: Path, engine: str | None, at_once: int, names: Iterable[str] = BOOKS, **how
) -> dict[str, Ran]:
    def one(name: str) -> Ran:
        (folder / name).mkdir()
        return run(
            notebook(BOOKS[name]), folder / name, engine, execution_timeout=timeout(name), **how
        )

    back, test = Path.cwd(), os.environ.pop("PYTEST_CURRENT_TEST", None)
    os.chdir(folder)  # and ipykernel catches no output of other processes when it hears of pytest
    try:
        with ThreadPoolExecutor(at_once) as pool:
            return dict(zip(names, pool.map(one, names), strict=True))
    finally:
        os.chdir(back)
        if test:
            os.environ["PYTEST_CURRENT_TEST"] = test


def timeout(name: str) -> int:
    return TIMEOUT if name == "endless" else 20


@pytest.fixture(scope="module")
def nursery(tmp_path_factory):
    """Return one in which there is what the notebooks import."""
    folder = tmp_path_factory.mktemp("warm")
    code = "import ipywidgets, pandas, matplotlib.pyplot, tqdm"
    nbformat.write(notebook({"imports": code}), folder / "01_imports.ipynb")
    with Nursery("wijkboek_utils.warm:libraries", str(folder)) as found:
        yield found


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    return run_all(tmp_path_factory.mktemp("stock"), None, at_once=3)


@pytest.fixture(scope="module")
def ours(tmp_path_factory, nursery):
    return run_all(tmp_path_factory.mktemp("ours"), "wijkboek", at_once=2, fork=nursery.fork)


def plain(value, folder: Path):
    """Return outputs or metadata without what differs by run; streams are joined."""
    if isinstance(value, dict):
        drop = {"start_time", "end_time", "duration", "output_path", "input_path"}
        return {clean(k, folder): plain(v, folder) for k, v in value.items() if k not in drop}
    if isinstance(value, list):
        return [plain(one, folder) for one in joined(value)]
    return clean(value, folder) if isinstance(value, str) else value


def joined(outputs: list) -> list:
    """Return outputs in which text of one stream that follows on itself is one text."""
    found: list = []
    for one in outputs:
        name = isinstance(one, dict) and one.get("output_type") == "stream" and one["name"]
        if name and found and isinstance(found[-1], dict) and found[-1].get("name") == name:
            found[-1] = {**found[-1], "text": found[-1]["text"] + one["text"]}
        else:
            found.append(one)
    return found


def clean(text: str, folder: Path) -> str:
    text = text.replace(str(folder.parent), "FOLDER")
    if len(text) > 50_000:  # or pytest would compare it letter by letter when it differs
        return f"{text[:100]}…{text[-100:]} {len(text)} {zlib.crc32(text.encode())}"
    for pattern, name in CHANGING.items():
        text = re.sub(pattern, name, text)
    return text


def kept(ran: Ran, book: str, name: str) -> dict:
    """Return all that is kept of a cell."""
    (cell,) = (cell for cell in ran.node.cells if cell.id == re.sub(r"\W", "-", name))
    return {
        "outputs": plain(cell.outputs, ran.folder),
        "count": cell.execution_count,
        "metadata": {
            **plain({**cell.metadata, "execution": None}, ran.folder),
            "execution": sorted(cell.metadata.get("execution", {})),
        },
    }


def ended(ran: Ran) -> dict:
    """Return all that is kept of how a notebook ended."""
    metadata = {**ran.node.metadata}
    # Under random names, so that only what stands there can be compared.
    held = metadata.pop("widgets", {}).get(WIDGETS, {}).get("state", {})
    states = [json.dumps(plain(one, ran.folder), sort_keys=True) for one in held.values()]
    error = clean(ran.error, ran.folder)
    return {"error": error, "widgets": sorted(states), **plain(metadata, ran.folder)}


WIDGETS = "application/vnd.jupyter.widget-state+json"
CELLS = [(book, name) for book, cells in BOOKS.items() for name in cells]


@pytest.fixture(scope="module")
def pairs(stock, ours, nursery, tmp_path_factory) -> dict[str, tuple[Ran, Ran]]:
    """Return of each notebook how we and papermill ran it; of a race, once with the same winner."""
    found = {name: (ours[name], stock[name]) for name in BOOKS}

    def equal(book: str) -> bool:
        us, they = found[book]
        cells = all(kept(us, book, name) == kept(they, book, name) for name in BOOKS[book])
        return cells and ended(us) == ended(they)

    for n in range(5):
        if again := [book for book in RACES if not equal(book)]:
            folders = [tmp_path_factory.mktemp(f"{who}-{n}") for who in ("ours", "stock")]
            us = run_all(folders[0], "wijkboek", 1, again, fork=nursery.fork)
            they = run_all(folders[1], None, 1, again)
            found |= {book: (us[book], they[book]) for book in again}
    return found


@pytest.mark.parametrize(("book", "name"), CELLS, ids=[f"{b}: {n}" for b, n in CELLS])
def test_a_cell_leaves_what_it_leaves_with_papermill(pairs, book, name):
    found, wanted = (kept(ran, book, name) for ran in pairs[book])
    if (book, name) == ("endless", "0"):
        # jupyter_client interrupts a kernel before it ends it, and what that says may still come
        # in; ours is ended at once.
        for one in (found, wanted):
            one["outputs"] = [o for o in one["outputs"] if o["output_type"] == "stream"]
            del one["metadata"]["execution"]
    assert found == wanted


@pytest.mark.parametrize("book", BOOKS)
def test_a_notebook_ends_as_with_papermill(pairs, book):
    us, they = pairs[book]
    assert ended(us) == ended(they)
    # Also an error that a cell may raise is raised, when all cells have run.
    fails = book in notebook_cells.DEATHS and book != "exit at the end"
    assert bool(us.error) == (fails or any(n.startswith("fout") for n in BOOKS[book]))


# --- what only ours has: limits, and processes that come and go


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(nursery, folder: Path, *cells: str, **how) -> str:
    """Return what some cells print, run by our engine."""
    book = notebook({str(n): source for n, source in enumerate(cells)})
    ran = run(book, folder, "wijkboek", fork=nursery.fork, **how)
    assert not ran.error, ran.error
    return "".join(o.get("text", "") for c in ran.node.cells for o in c.outputs)


def gone(pid: int, seconds: float = 10) -> bool:
    """Return whether a process is gone, or gets so within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True  # nobody asked yet how it ended
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_the_installed_package_registers_the_engine():
    assert papermill_engines.get_engine("wijkboek") is ForkEngine


def test_what_notebooks_import_is_there_before_they_start(nursery, here):
    code = "import sys; print('ipywidgets' in sys.modules, 'nbclient' in sys.modules)"
    assert printed(nursery, here, code) == "True False\n"


def test_what_a_kernel_loads_is_loaded_and_what_was_left_out_can_be_imported(nursery, here):
    code = (
        "import sys, ipykernel.ipkernel as kernel, debugpy, rfc3987_syntax\n"
        f"print([name for name in {warm._KERNEL} if name not in sys.modules])\n"
        "print(kernel.sys is sys, get_ipython().kernel._kernel_modules)"
    )
    assert printed(nursery, here, code) == "[]\nTrue []\n"


def test_notebooks_draw_different_numbers(nursery, here):
    code = "import random, numpy; print(random.random(), numpy.random.random())"
    first, second = (printed(nursery, here, code).split() for _ in range(2))
    assert not {*first} & {*second}


def test_a_kernel_made_ahead_is_as_one_that_was_made_here(nursery, here, monkeypatch):
    """Also where it read another environment when it was made."""
    asks = (
        "import builtins, os, sys, __main__\n"
        "shell = get_ipython()\n"
        "print(len(_dh), repr(_dh[0]), shell.starting_dir, __main__ is shell.user_module,\n"
        "      builtins.display.__module__, sys.ps1, os.environ['PAGER'], In[1] == _ih[-1],\n"
        "      shell.ipython_dir, os.environ.get('WORD'), __name__, shell.kernel is type(\n"
        "      shell.kernel).instance(), type(shell).__name__, globals().get('__session__'))"
    )
    for names in ({"WORD": "een"}, {"IPYTHONDIR": str(here)}, {"JPY_SESSION_NAME": "naam"}):
        with monkeypatch.context() as patch:
            for name, value in names.items():
                patch.setenv(name, value)
            cells = {"a": asks}
            ours = run(notebook(cells), here, "wijkboek", fork=nursery.fork)
            theirs = run(notebook(cells), here, None)
        assert ours.node.cells[0].outputs == theirs.node.cells[0].outputs
        assert ours.node.cells[0].outputs[0].text.startswith(f"1 {here!r} {here} True IPython.")


def test_making_a_kernel_ahead_leaves_the_process_as_it_was(tmp_path):
    code = (
        "import builtins, os, sys, threading\n"
        "from wijkboek_utils import kernel\n"
        "def state():\n"
        "    return ({*vars(builtins)}, {*vars(sys)}, {**os.environ}, sys.modules['__main__'],\n"
        "            threading.enumerate(), get_ipython())\n"
        "from IPython import get_ipython\n"
        "before = state()\n"
        "kernel.prepare()\n"
        "assert state() == before, state()\n"
        "made = kernel.taken()\n"
        "assert made is kernel._spare and get_ipython() is made.shell\n"
        "os.environ['IPYTHONDIR'] = os.getcwd()\n"
        "for one in (made, made.shell):\n"
        "    type(one).clear_instance()\n"
        "assert kernel.taken() is not made\n"
    )
    command = [sys.executable, "-c", code]
    env = {
        **os.environ,
        "HOME": "/proc/nergens",
    }  # of which IPython says that it cannot write there
    here = {"cwd": tmp_path, "env": env}  # IPython makes a folder for its settings there
    ran = subprocess.run(command, check=True, capture_output=True, text=True, **here)
    assert "nergens" not in ran.stderr


def test_what_reading_a_cell_says_is_said_again(tmp_path, here):
    """A kernel warns of a cell that was read ahead as of any other."""
    cells = {"a": "1 is 1"}
    nbformat.write(notebook(cells), tmp_path / "01_read.ipynb")
    with Nursery("wijkboek_utils.warm:libraries", str(tmp_path)) as read:
        ours = run(notebook(cells), here, "wijkboek", fork=read.fork)
    theirs = run(notebook(cells), here, None)
    for one in (ours, theirs):
        for output in one.node.cells[0].outputs:
            output["text"] = re.sub(r"ipykernel_\d+", "", output.get("text", ""))
    assert ours.node.cells[0].outputs == theirs.node.cells[0].outputs
    assert "SyntaxWarning" in theirs.node.cells[0].outputs[0].text


def test_what_a_process_does_when_it_ends_by_itself_is_done(stock, ours):
    for ran in (stock["ends"], ours["ends"]):
        home = ran.folder.parent
        assert (home / "left.txt").read_text() == "niet gesloten"
        assert (home / "hook.txt").exists() and (home / "thread.txt").exists()
        assert not [*home.glob("temporary-*")]


def test_another_kernel_is_left_to_papermill(nursery, here, monkeypatch):
    spec = here / "kernels" / "anders"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Anders"}))
    monkeypatch.setenv("JUPYTER_PATH", str(here))
    book = notebook({"a": "import sys; print(len(sys.argv))"}, name="anders", language="anders")
    ran = run(book, here, "wijkboek", fork=nursery.fork)
    assert ran.node.cells[0].outputs[0].text == "3\n"  # ours has one argument


def test_a_kernel_that_does_not_exist_is_said_as_papermill_says_it(nursery, here):
    found = [run(notebook({"a": "1"}, name="weg"), here, e).error for e in (None, "wijkboek")]
    assert found[0] == found[1] != ""


def test_too_much_memory_is_an_error_of_its_cell_and_the_next_notebook_runs(nursery, here):
    cells = {
        "fout at once": "held = bytearray(10**9)",
        "fout bit by bit": "held = []\nwhile True:\n    held.append(bytearray(10**6))",
        "fout after": "held = None; print('verder')",
        "fout arrow": "import pandas, pyarrow, numpy\n"
        "frame = pandas.DataFrame({'a': ['x'] * 1000, 'b': range(1000)})\n"
        "table = pyarrow.Table.from_pandas(frame)\n"
        "print(len(table), numpy.ones((300, 300)).dot(numpy.ones((300, 300)))[0, 0])",
    }
    ran = run(notebook(cells), here, "wijkboek", fork=nursery.fork, memory=400_000_000)
    assert ran.error.startswith("PapermillExecutionError") and "MemoryError" in ran.error
    outputs = [c.outputs[0] for c in ran.node.cells if c.cell_type == "code"]
    assert [output.get("ename") for output in outputs[:2]] == ["MemoryError"] * 2
    assert [output.get("text") for output in outputs[2:]] == ["verder\n", "1000 300.0\n"]
    assert printed(nursery, here, "print(len(bytearray(10**9)))") == "1000000000\n"


def test_a_notebook_may_not_take_longer_than_it_may(nursery, here):
    book = notebook({"a": "print('voor')", "b": "import time; time.sleep(60)", "c": "1"})
    ran = run(book, here, "wijkboek", fork=nursery.fork, notebook_timeout=1)
    assert ran.error == "TooLong: 1 s"
    assert ran.node.cells[0].outputs and ran.node.cells[2].execution_count is None


def test_a_cell_of_any_size_reaches_a_notebook_that_writes_meanwhile(nursery, here):
    writes = (
        "import asyncio\nasync def write():\n    while True:\n        print('z' * 100_000)\n"
        "        await asyncio.sleep(0)\ngoing = asyncio.create_task(write())"
    )
    large = f"going.cancel()\nlarge = {'x' * 3_000_000!r}\nawait asyncio.sleep(0.1)\nlen(large)"
    ran = run(notebook({"a": writes, "b": large}), here, "wijkboek", fork=nursery.fork)
    assert not ran.error and ran.node.cells[1].execution_count == 2


def test_flushing_often_starts_no_threads(nursery, here):
    code = (
        "import threading, sys\nfor n in range(300):\n    print(end='.', flush=True)\n"
        "before = threading.active_count()\nbefore < 10"
    )
    ran = run(notebook({"a": code}), here, "wijkboek", fork=nursery.fork)
    assert ran.node.cells[0].outputs[-1].data["text/plain"] == "True"


def test_a_notebook_can_be_run_from_a_loop_that_runs(nursery, here):
    async def within() -> str:
        return printed(nursery, here, "print('binnen')")

    assert asyncio.run(within()) == "binnen\n"


def test_what_a_notebook_leaves_running_is_gone(nursery, here):
    code = (
        "import multiprocessing, subprocess, threading, time\n"
        "def talk():\n    while True:\n        print('tik'); time.sleep(0.01)\n"
        "threading.Thread(target=talk, daemon=True).start()\n"
        "p = multiprocessing.get_context('fork').Process(target=talk); p.start()\n"
        "s = subprocess.Popen(['sleep', '600'])\n"
        "open('pids', 'w').write(f'{p.pid} {s.pid}')"
    )
    started = time.monotonic()
    printed(nursery, here, code, "time.sleep(0.2)")
    assert time.monotonic() - started < 20
    for pid in map(int, (here / "pids").read_text().split()):
        assert gone(pid)


def test_no_file_and_no_process_is_left_of_fifty_notebooks(nursery, here):
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    printed(nursery, here, "1")
    before = count()
    for n in range(50):
        assert printed(nursery, here, f"print({n})") == f"{n}\n"
    assert count() <= before


DETACHED = (
    "import os, subprocess, time\n"
    "s = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
    "open('new', 'w').write(f'{os.getpid()} {os.getppid()} {s.pid}'); os.rename('new', 'pids')\n"
    "time.sleep(600)"
)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_papermill_that_is_stopped_leaves_no_process(here, number):
    (here / "notebooks").mkdir()
    nbformat.write(notebook({"a": DETACHED}), here / "in.ipynb")
    process = subprocess.Popen(
        [sys.executable, "-m", "papermill", "--engine", "wijkboek", "in.ipynb", "out.ipynb"],
        env={**os.environ, "WIJKBOEK_ROOT": str(here)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for a whole group, and not for ours
    )
    end = time.monotonic() + 40
    while not (here / "pids").exists() and time.monotonic() < end:
        time.sleep(0.05)
    pids = [int(pid) for pid in (here / "pids").read_text().split()]
    assert not gone(pids[0], 0.1)
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    assert process.wait(20) != 0
    assert [pid for pid in pids if not gone(pid)] == []


def test_children_end_with_their_nursery(tmp_path):
    with Nursery("builtins:str") as home:
        child = home.fork("tests.forked:sleep", {})
        assert child.poll() is None
        os.kill(home._process.pid, signal.SIGKILL)
        assert child.poll(wait=True) == -signal.SIGKILL and gone(child.pid)
        with pytest.raises(RuntimeError, match="gestopt"):
            home.fork("tests.forked:sleep", {})
        child.end(group=True)
    with pytest.raises(RuntimeError, match="gestopt"):
        home.fork("tests.forked:sleep", {})


@pytest.mark.parametrize("how", [3, -signal.SIGTERM, -signal.SIGSEGV])
def test_how_a_process_ended_is_told_as_subprocess_does(nursery, how):
    for fork in (nursery.fork, forks.here):
        child = fork("tests.forked:leave", {"how": how})
        assert child.poll(wait=True) == child.poll() == how
        child.end()


def test_a_process_that_is_ended_at_once_is_gone_with_or_without_a_group(nursery):
    for _ in range(20):
        child = nursery.fork("tests.forked:sleep", {})
        child.end(group=True)
        assert child.poll() == -signal.SIGKILL


def test_two_nurseries_and_many_threads_get_each_their_own_answer(nursery):
    def ask(n: int) -> int:
        child = (nursery if n % 2 else other).fork("tests.forked:say", {"n": n})
        said = json.loads(b"".join(iter(lambda: child.link.recv(1000), b"")))
        assert child.poll(wait=True) == 0
        child.end()
        return said

    with Nursery("builtins:str") as other, ThreadPoolExecutor(8) as pool:
        assert [*pool.map(ask, range(40))] == [*range(40)]


def test_calls_side_by_side_answer_in_their_order():
    def call(n: int):
        def made():
            time.sleep(0.1 * (3 - n))
            return n, os.getpid()

        return made

    found = [*forks.side_by_side(map(call, range(4)), 3)]
    assert [n for n, _ in found] == [0, 1, 2, 3]
    assert len({pid for _, pid in found} | {os.getpid()}) == 5
    assert {pid for _, pid in forks.side_by_side(map(call, range(4)), 1)} == {os.getpid()}


def fails() -> None:
    raise KeyError("zoek")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (fails, KeyError, "zoek"),
        (lambda: os._exit(3), RuntimeError, "code 3"),
        (lambda: os.kill(os.getpid(), 9), RuntimeError, "code -9"),
        (lambda: sys.exit(4), RuntimeError, "code 4"),
        (lambda: lambda: 1, Exception, "local object"),
    ],
)
def test_what_goes_wrong_in_a_call_is_raised_and_the_rest_is_ended(tmp_path, call, error, words):
    def waits():
        (tmp_path / str(os.getpid())).touch()  # a name is there whole or not at all
        time.sleep(600)

    with pytest.raises(error, match=words):
        for _ in forks.side_by_side([call, waits], 2):
            pass
    assert all(gone(int(started.name)) for started in tmp_path.iterdir())


def test_who_closes_early_ends_the_other_calls():
    long = partial(time.sleep, 600)
    calls = forks.side_by_side([partial(time.sleep, 0.5), long, long], 2)
    next(calls)
    before = {p.pid for p in multiprocessing.active_children()}
    started = time.monotonic()
    calls.close()
    assert time.monotonic() - started < 5 and before and all(gone(pid) for pid in before)


def test_a_call_begun_ahead_is_made_elsewhere_and_answers_or_raises_when_asked(tmp_path):
    def waits() -> int:
        while not (tmp_path / "ga").exists():
            time.sleep(0.01)
        return os.getpid()

    answer, wrong = forks.ahead(waits, 2), forks.ahead(fails, 2)
    (tmp_path / "ga").touch()  # who asked went on meanwhile, or it would wait for ever
    assert answer() != os.getpid()
    with pytest.raises(KeyError, match="zoek"):
        wrong()
    assert forks.ahead(os.getpid, 1)() == os.getpid()
    with pytest.raises(KeyError, match="zoek"):
        forks.ahead(fails, 1)


def test_many_answers_larger_than_a_pipe():
    calls = [lambda n=n: bytes([n]) * 1_000_000 for n in range(5)]
    assert [len(found) for found in forks.side_by_side(calls, 3)] == [1_000_000] * 5


MESSAGES = st.lists(
    st.tuples(st.sampled_from([wire.IOPUB, wire.SHELL]), st.lists(st.binary(max_size=40))),
    max_size=6,
)


@given(MESSAGES, st.lists(st.integers(0, 1000), max_size=12))
def test_messages_that_are_cut_anywhere_come_out_whole(messages, cuts):
    stream = b"".join(wire.packed(channel, parts) for channel, parts in messages)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    unpacker, found = wire.Unpacker(), []
    for start, end in itertools.pairwise(places):
        found += unpacker.feed(stream[start:end])
    assert found == messages


def test_messages_of_many_threads_and_processes_come_out_whole():
    ours, theirs = socket.socketpair()
    sender = wire.Sender(wire.IOPUB, theirs, wire.guard())

    def send(mark: int) -> None:
        for n in range(30):
            sender.send_multipart([bytes([mark]) * (n * 2000), memoryview(b"eind")])

    def send_both(mark: int) -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(send, [mark, mark + 1]))
        theirs.close()

    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=send_both, args=(mark,)) for mark in (1, 3)]
    for one in processes:
        one.start()
    theirs.close()
    unpacker, found = wire.Unpacker(), []
    while got := ours.recv(10_000):
        found += unpacker.feed(got)
    assert len(found) == 120
    for _, (text, end) in found:
        assert len({*text}) <= 1 and len(text) % 2000 == 0 and end == b"eind"


def test_only_what_can_be_read_is_wanted(tmp_path):
    (tmp_path / "01_a.ipynb").write_text(
        '{"cells": [{"cell_type": "code", "source": ["import a.b"]}]}'
    )
    (tmp_path / "02_b.ipynb").write_text('{"cells": [{"cell_type": "code", "source": "%magic"}]}')
    (tmp_path / "91_c.ipynb").write_text("geen notebook, en niet van een rapport")
    assert warm.wanted(warm.cells(tmp_path)) == ["a.b"]
