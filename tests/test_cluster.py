"""The same batch on a Dask cluster: a scheduler and two workers on this computer."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import nbformat
import pytest

from tests.conftest import command, project
from wijkboek_utils import folders, inputs, worker
from wijkboek_utils.asked import Asked, Outcome
from wijkboek_utils.forks import Forked

BIN = Path(sys.executable).parent
AREAS = ["WK034401", "WK034402", "WK020201"]


class Cluster:
    """A scheduler and workers, each a process of its own; `folder` is all that they share."""

    def __init__(self, folder: Path, workers: int = 2):
        self.folder = folder
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        told = self._told(self.scheduler, r"Scheduler at:\s+(tcp://\S+)")
        self.address = told.group(1)
        self.workers = [self._worker(n) for n in range(1, workers + 1)]
        for one in self.workers:
            self._told(one, "Registered to")

    def _worker(self, number):
        place = self.folder / f"worker-{number}"
        place.mkdir()
        return self._start(
            "worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard", cwd=place
        )

    def _start(self, what, *rest, cwd=None):
        path = self.folder / f"{what}-{len(list(self.folder.glob('*.log')))}.log"
        # No project of its own: what a worker needs, it gets.
        env = {k: v for k, v in os.environ.items() if k != "WIJKBOEK_ROOT"}
        env |= {"TMPDIR": str(self.folder)}
        options = ["--no-dashboard"] if what == "scheduler" else []
        with path.open("w") as log:
            process = subprocess.Popen(
                [str(BIN / "dask"), what, *rest, *options],
                stdout=log,
                stderr=log,
                cwd=cwd or self.folder,
                env=env,
                start_new_session=True,
            )
        process.log = path
        return process

    def _told(self, process, words):
        end = time.monotonic() + 120
        while not (found := re.search(words, process.log.read_text())):
            assert time.monotonic() < end and process.poll() is None, process.log.read_text()
            time.sleep(0.1)
        return found

    def close(self):
        for process in [*self.workers, self.scheduler]:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    yield found
    found.close()


def small(folder):
    """Return a project whose reports have one chapter."""
    return project(folder, chapters=["22_plausibiliteit"])


def tiny(folder, log, code):
    """Return a project with one notebook, that tells `log` it has begun and makes no report."""
    root = project(folder, chapters=[])
    first, *rest = sorted(root.glob("notebooks/*.ipynb"))
    for path in rest:
        path.unlink()
    book = nbformat.read(first, 4)
    kept = [cell for cell in book.cells if "parameters" in cell.metadata.get("tags", [])]
    told = f"open({str(log)!r}, 'a').write('x')\n{code}"
    book.cells = [*kept, nbformat.v4.new_code_cell(told)]
    nbformat.write(book, first)
    return root


@pytest.fixture(scope="module")
def made_here(tmp_path_factory):
    """Return what this computer makes of the first area."""
    root = small(tmp_path_factory.mktemp("daar"))
    command("render", AREAS[0], root=root)
    return pages(root)


def pages(root):
    """Return the pages and tables that were made, as bytes, by their path."""
    found = [*root.glob("reports/*/**/*"), *root.glob("data/processed/*/*.parquet")]
    return {str(p.relative_to(root)): p.read_bytes() for p in found if p.is_file()}


def test_reports_of_two_workers_are_those_of_one_computer_and_a_lost_worker_costs_only_its_own(
    cluster, made_here, tmp_path
):
    root = small(tmp_path / "hier")
    doomed = cluster.workers[0]

    def kill():
        """End a worker while it makes a report."""
        until(lambda: [*root.glob("data/processed/*/kerncijfers.parquet")])
        os.kill(doomed.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    done = command("render", *AREAS, "--scheduler", cluster.address, root=root)
    killer.join()
    assert doomed.wait(timeout=60) == -signal.SIGKILL
    lines = [line for line in done.stdout.splitlines() if "/3 " in line]
    assert len(lines) == 3, done.stdout + done.stderr
    assert "geen worker" not in done.stderr and "onverwacht" not in done.stderr
    made = pages(root)
    assert {path: made[path] for path in made_here} == made_here
    # What they made is as fresh as what we make ourselves.
    listed = (root / "reports" / "index.html").read_bytes()
    (root / "reports" / "index.html").unlink()  # as when the command was stopped just before it
    again = command("render", *AREAS, root=root)
    assert again.stdout.count("(niet veranderd)") == 3
    assert (root / "reports" / "index.html").read_bytes() == listed
    cluster.workers[0] = cluster._worker(3)
    cluster._told(cluster.workers[0], "Registered to")


def test_workers_that_see_no_folder_of_ours_use_a_store(cluster, made_here, tmp_path):
    root = small(tmp_path / "hier")
    store = os.path.relpath(tmp_path / "depot")  # workers stand elsewhere
    arguments = ["render", AREAS[0], "--scheduler", cluster.address, "--store", store]
    done = command(*arguments, root=root)
    assert done.stdout.count("reports/WK03440") == 1, done.stdout + done.stderr
    assert pages(root) == made_here
    again = command(*arguments, root=root)
    assert again.stdout.count("(niet veranderd)") == 1
    # A worker keeps the project for the next report, and no report: of a batch these are many.
    held = {one.name for one in cluster.folder.glob("dask-scratch-space/*/wijkboek/*/*")}
    assert {"notebooks", "pilots", "data"} <= held
    assert not [*cluster.folder.glob("dask-scratch-space/*/wijkboek/*/reports/*")]
    # In the store is only the project, however many reports are made.
    assert len([*(tmp_path / "depot").iterdir()]) == len(held & {"notebooks", "pilots", "data"})


@pytest.fixture
def alone(tmp_path):
    """Give a scheduler that has no workers yet."""
    (tmp_path / "alleen").mkdir()
    found = Cluster(tmp_path / "alleen", workers=0)
    yield found
    found.close()


def started(root, *arguments):
    """Start a command; return its process, which tells on files `uit` and `fout`."""
    code = "import sys; from wijkboek_utils.cli import main; sys.exit(main())"
    with (root / "uit").open("w") as out, (root / "fout").open("w") as err:
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdout=out,
            stderr=err,
            env={**os.environ, "WIJKBOEK_ROOT": str(root)},
        )


def until(there, seconds=120):
    """Wait until something is there."""
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_batch_without_workers_says_so_and_goes_on_when_there_is_one(alone, tmp_path):
    root = tiny(tmp_path / "hier", tmp_path / "log", "raise ValueError('gedraaid')")
    asked = started(root, "render", AREAS[0], "--scheduler", alone.address)
    until(lambda: "wijkboek: Bij" in (root / "fout").read_text())
    assert f"dask worker {alone.address}" in (root / "fout").read_text()
    alone.workers.append(alone._worker(1))
    asked.wait(timeout=120)
    assert f"reports/{AREAS[0]}" in (root / "uit").read_text()
    assert (root / "fout").read_text().count("geen workers") == 1
    assert "gedraaid" in (root / "reports" / AREAS[0] / "index.html").read_text()


def test_a_scheduler_that_is_lost_ends_the_batch_and_what_was_there_stays(alone, tmp_path):
    log = tmp_path / "log"
    root = tiny(tmp_path / "hier", log, "import time; time.sleep(300)")
    alone.workers.append(alone._worker(1))
    old = root / "reports" / AREAS[1] / "index.html"
    old.parent.mkdir(parents=True)
    old.write_text("van vorige week")
    asked = started(root, "render", *AREAS[:2], "--scheduler", alone.address)
    until(log.exists)
    os.kill(alone.scheduler.pid, signal.SIGKILL)
    assert asked.wait(timeout=60) == 2
    said = (root / "fout").read_text()
    assert said.startswith("wijkboek: De scheduler bij") and len(said.splitlines()) == 1
    assert old.read_text() == "van vorige week"


def test_a_store_that_is_lost_ends_the_batch_and_what_was_there_stays(cluster, tmp_path):
    log, depot = tmp_path / "log", tmp_path / "depot"
    wait = f"import os, time\nwhile not os.path.isfile({str(depot)!r}): time.sleep(0.05)\n"
    root = tiny(tmp_path / "hier", log, wait + "raise ValueError('dit cijfer klopt niet')")
    old = root / "reports" / AREAS[0] / "index.html"
    old.parent.mkdir(parents=True)
    old.write_text("van vorige week")
    place = ["--scheduler", cluster.address, "--store", str(depot)]
    asked = started(root, "render", AREAS[0], *place)
    until(log.exists)
    shutil.rmtree(depot)
    depot.write_text("een bestand")
    assert asked.wait(timeout=120) == 2
    said = (root / "fout").read_text()
    assert said.startswith(f"wijkboek: De opslag viel weg: {depot}") and len(said.splitlines()) == 1
    assert old.read_text() == "van vorige week" and len(log.read_text()) == 1


@pytest.mark.parametrize(
    ("code", "tries", "words"),
    [
        ("raise ValueError('dit cijfer klopt niet')", 1, "dit cijfer klopt niet"),
        ("import os; os.kill(os.getppid(), 9)", 2, "onverwacht gestopt (code -9)"),
    ],
    ids=["faalt", "sterft"],
)
def test_a_report_that_is_not_finished_on_a_worker_leaves_a_page_in_place_of_the_old(
    cluster, tmp_path, code, tries, words
):
    log = tmp_path / "log"
    root = tiny(tmp_path / "hier", log, code)
    page = root / "reports" / AREAS[0] / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("van vorige week")
    place = ["--scheduler", cluster.address, "--store", str(tmp_path / "depot")]
    done = command("render", AREAS[0], *place, root=root)
    assert done.returncode == 1 and len(log.read_text()) == tries, done.stderr
    assert words in done.stderr and words in page.read_text()
    assert "vorige week" not in page.read_text()


@pytest.fixture
def here(monkeypatch):
    """Use this process as a worker, which reports are forked from homes that tests make."""
    for name in ("WIJKBOEK_ROOT", folders.AS_OF):  # which a worker sets
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(worker, "_states", {})
    return lambda home: monkeypatch.setattr(worker, "Home", home)


def test_a_worker_that_can_start_no_process_now_may_be_asked_again(here, tmp_path):
    class Full:
        def __init__(self, *_, **__):
            pass

        def fork(self, *_):
            raise RuntimeError("kan niet")

    here(Full)
    asked = asdict(Asked(AREAS[0]))
    made = worker.make(asked, str(tmp_path), "", {}, inputs.code())
    assert (made["finished"], made["again"], made["died"]) == (False, True, True)


def test_a_worker_ends_no_report_of_another_batch_and_takes_no_folder_of_a_user_away(
    here, tmp_path
):
    closed, roots = [], {name: tmp_path / name for name in ("a", "b", "c")}

    def asked_at(name):
        worker.make(asdict(Asked("x")), str(roots[name]), "", {"pilots": name}, inputs.code())

    class Link:
        """What a report tells; while that of a is made, another batch asks for one of b."""

        def __init__(self, root):
            outcome = {"outcome": asdict(Outcome("x", [], 0, finished=True))}
            self.root, self.told = root, [json.dumps(outcome).encode() + b"\n", b""]

        def recv(self, size):
            if self.root == roots["a"] and len(self.told) == 2:
                asked_at("b")
                assert roots["a"] not in closed
            return self.told.pop(0)

        def close(self):
            pass

    class Told:
        def __init__(self, *_, cwd):
            self.root = Path(cwd)

        def fork(self, *_):
            return Forked(os.getpid(), Link(self.root), lambda wait: 0)

        def close(self):
            closed.append(self.root)

    here(Told)
    for root in roots.values():
        root.mkdir()
        (root / "van de gebruiker").touch()
    asked_at("a")
    asked_at("c")
    assert sorted(closed) == [roots["a"], roots["b"]]
    assert all((root / "van de gebruiker").exists() for root in roots.values())
    own = tmp_path / "opgehaald"
    own.mkdir()
    worker._State(own, Asked("x"), fetched=True).forget()
    assert not own.exists()


def test_without_a_scheduler_there_is_a_message_and_no_report(tmp_path):
    root = small(tmp_path)
    done = command("render", "WK034401", "--scheduler", "tcp://127.0.0.1:9", root=root)
    assert done.returncode == 2
    assert "Bij tcp://127.0.0.1:9 antwoordt geen Dask-scheduler" in done.stderr
    assert "Traceback" not in done.stderr and not (root / "reports").exists()
