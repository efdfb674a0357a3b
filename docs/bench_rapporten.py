"""Measure reports: one pilot and many gemeenten, beside the stock tools and beside the floor.

Run with `make bench`. Whole processes are measured, from the command to its end: wall time, CPU
seconds of the process and all its children, and the peak of memory of all of them together (memory
that they share counts once). The country is made up, at the real size (`tests/landelijk_bron.py`).
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests import landelijk_bron
from wijkboek_utils.dutch import number

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PILOT = "utrecht-kanaleneiland"
SIZES = [1, 24, 96, 342]


@dataclass(frozen=True)
class Use:
    """What some commands cost: wall and CPU seconds, and the peak of memory in MB."""

    wall: float
    cpu: float
    memory: float

    def row(self, words: str, count: int = 1) -> str:
        """Return it as a row of a table, with the time of each of `count` reports."""
        used = number(self.wall, 1), number(self.cpu, 1), number(self.memory)
        return f"| {' | '.join([words, *used, number(self.wall / count, 2)])} |"


def project(folder: Path) -> Path:
    """Return a folder with the notebooks, pilots and embedded figures, and no output yet."""
    for name in ("notebooks", "pilots", "data/raw"):
        fetched = shutil.ignore_patterns("opgehaald")
        shutil.copytree(ROOT / name, folder / name, ignore=fetched)
    return folder


def held(process: psutil.Process) -> float:
    """Return the memory in MB of a process and all below it; what they share counts once.

    Of a process that has ended it is 0.
    """
    total = 0
    try:
        below = process.children(recursive=True)
    except psutil.NoSuchProcess:
        return 0.0
    for one in [process, *below]:
        try:
            text = Path(f"/proc/{one.pid}/smaps_rollup").read_text()
        except OSError:  # it has just ended
            continue
        total += next(
            (int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0
        )
    return total / 1024


@contextmanager
def watched() -> Iterator[list[float]]:
    """Keep the peak of memory of the children of this process, looked at every second.

    A look costs 5 ms a process: more often would slow down what is measured.
    """
    peak, over = [0.0], threading.Event()

    def look() -> None:
        me = psutil.Process()
        while not over.wait(1):
            peak[0] = max([peak[0], *(held(child) for child in me.children())])

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def use(commands: list[list[str]], root: Path) -> Use:
    """Return what commands cost that run one after the other on a project."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    env = {**os.environ, "WIJKBOEK_ROOT": str(root), "PYTHONPATH": str(ROOT)}
    with watched() as peak:
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=root)
            if done.returncode:
                raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Use(time.perf_counter() - start, cpu, peak[0])


def papermill(root: Path, name: str = PILOT) -> list[list[str]]:
    """Return what somebody without Wijkboek would type for a pilot, a pair for each notebook."""
    out = root / "uit"
    out.mkdir(exist_ok=True)
    commands = []
    for book in sorted((root / "notebooks").glob("[0-2]*.ipynb")):
        done = str(out / book.name)
        commands.append(
            [str(BIN / "papermill"), str(book), done, "-p", "pilot", name, "--no-progress-bar"]
        )
        commands.append([str(BIN / "jupyter"), "nbconvert", "--to", "html", done])
    return commands


def nbconvert(root: Path) -> list[list[str]]:
    """Return the commands of who runs the notebooks as they are, with nbconvert alone."""
    command = [str(BIN / "jupyter"), "nbconvert", "--execute", "--to", "html", "--output-dir"]
    books = sorted((root / "notebooks").glob("[0-2]*.ipynb"))
    return [[*command, str(root / "uit2"), str(book)] for book in books]


def render(*rest: str) -> list[list[str]]:
    """Return the command that makes reports anew."""
    return [[str(BIN / "wijkboek"), "render", *rest, "--force"]]


def floor(root: Path, names: list[str]) -> list[list[float]]:
    """Return wall and CPU seconds of each report of a plain script."""
    env = {**os.environ, "WIJKBOEK_ROOT": str(root), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "docs.bench_vloer", *names]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env, cwd=root)
    return list(json.loads(done.stdout.splitlines()[-1]))


def text(largest: int = SIZES[-1]) -> str:
    """Measure up to so many gemeenten, and return the section of docs/benchmarks.md."""
    sizes = [size for size in SIZES if size <= largest]
    if len(sizes) < 3:
        raise SystemExit("Geef 96 of meer: wat een rapport kost, blijkt uit 24 naast 96.")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
        root, country = project(Path(one)), Path(many)
        first = use(render(PILOT), root)
        stock, plain = use(papermill(root), root), use(nbconvert(root), root)
        again = [use(render(PILOT), root) for _ in range(3)]
        unchanged = use([[str(BIN / "wijkboek"), "render", PILOT]], root)
        help_ = use([[str(BIN / "wijkboek"), "--help"]], root)
        codes = landelijk_bron.write(country, SIZES[-1])
        chosen = {n: codes[:: max(1, len(codes) // n)][:n] for n in sizes}
        middle = chosen[24][12]
        usual = [use(papermill(country, middle), country)]
        grown = {n: use(render(*chosen[n]), country) for n in sizes}
        same = use([[str(BIN / "wijkboek"), "render", *chosen[sizes[-1]]]], country)
        usual.append(use(papermill(country, middle), country))  # a computer is not always as fast
        warm = floor(country, chosen[24])[1:]  # the first still loads
    wall, cpu = (statistics.mean(values) for values in zip(*warm, strict=True))
    most, per = sizes[-1], {n: grown[n].wall / n for n in sizes}
    count = len(list((ROOT / "notebooks").glob("[0-2]*.ipynb")))
    rows = "\n".join(grown[n].row(f"{n}", n) for n in sizes)
    ours = sorted(again, key=lambda one: one.wall)[1]
    pilot, bare = stock.wall / ours.wall, cpu * SIZES[-1] / (os.cpu_count() or 1) / 60
    mine = (grown[96].cpu - grown[24].cpu) / (96 - 24)
    times = statistics.mean(one.wall for one in usual) / per[most]
    fastest, slowest = (stock.wall / end(one.wall for one in again) for end in (min, max))
    return f"""Een pilot ({PILOT}, {count} notebooks), van ruwe cijfers tot HTML.

| wat | tijd (s) | rekentijd (s) | geheugen (MB) | per rapport (s) |
| --- | ---: | ---: | ---: | ---: |
{stock.row("`papermill` en `jupyter nbconvert`, per notebook")}
{plain.row("`jupyter nbconvert --execute`, per notebook")}
{first.row("`wijkboek render`, de eerste keer")}
{ours.row("`wijkboek render`, de middelste van drie keer")}
{unchanged.row("`wijkboek render`, niets veranderd")}
{help_.row("`wijkboek --help`")}

`wijkboek render` is {number(slowest, 1)} tot {number(fastest, 1)} keer zo snel als `papermill` en
`jupyter nbconvert`, en {number(plain.wall / ours.wall, 1)} keer zo snel als \
`jupyter nbconvert --execute`.
De gewone opdrachten maken geen tabellen, kaart, cijferpaspoorten en keuring; `wijkboek render` wel.

Gemeenten van een verzonnen land op ware grootte ({SIZES[-1]} gemeenten), op
{os.cpu_count()} kernen:

| gemeenten | tijd (s) | rekentijd (s) | geheugen (MB) | per rapport (s) |
| ---: | ---: | ---: | ---: | ---: |
{usual[0].row("1, met de gewone opdrachten, vooraf")}
{usual[1].row("1, met de gewone opdrachten, achteraf")}
{rows}
{same.row(f"{most}, niets veranderd", most)}

De vloer: een kaal Python-programma dat alleen rekent en het sjabloon vult, warm, over 23 van
dezelfde gemeenten: {number(wall, 2)} s en {number(cpu, 2)} s rekentijd per rapport.
Wij doen er {number(mine, 2)} s rekentijd over, met een eigen proces voor elk notebook, alle
bestanden en de keuring.

| wat | doel | gemeten |
| --- | ---: | ---: |
| een pilot, keer zo snel als de gewone opdrachten | 12 of meer | {number(pilot, 1)} |
| een gemeente in een reeks van {most}, keer zo snel | 40 of meer | {number(times, 1)} |
| rekentijd van een gemeente, keer de vloer | 2,5 of minder | {number(mine / cpu, 2)} |
| minuten voor alle {SIZES[-1]} | 12 of minder | {number(per[most] * SIZES[-1] / 60, 1)} |
| minuten voor alle {SIZES[-1]}, de vloer alleen | | {number(bare, 1)} |
| geheugen van alle processen samen (MB) | 3.000 of minder | {number(grown[most].memory)} |
| tijd van een rapport met 96, naast een met 24 | 1,15 of minder | {number(per[96] / per[24], 2)} |
| niets veranderd, rekentijd (s) | 1 of minder | {number(unchanged.cpu, 2)} |
| `--help`, tijd (s) | 0,15 of minder | {number(help_.wall, 2)} |
"""


def main() -> None:
    """Print the measurements, up to so many gemeenten as the first argument says."""
    print(text(*map(int, sys.argv[1:])))


if __name__ == "__main__":
    main()
