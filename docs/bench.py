"""Measure `wijkboek render` of one pilot against the stock tools on the same notebooks.

Run with `make bench`. Both sides work in a folder of their own, on the same machine, one after the
other, twice; the second round counts, when files are in the cache of the system. The result is
printed and written to docs/benchmarks.md.
"""

import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PILOT = "utrecht-kanaleneiland"


def measure(commands: list[list[str]], root: Path) -> tuple[float, float]:
    """Return wall and CPU seconds of some commands that run one after the other below `root`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    for command in commands:
        env = {**os.environ, "WIJKBOEK_ROOT": str(root)}
        subprocess.run(command, check=True, capture_output=True, env=env, cwd=root)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def project(folder: Path) -> Path:
    """Return a folder with the notebooks, pilots and raw figures, and no output yet."""
    for name in ("notebooks", "pilots", "data/raw"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def stock(root: Path) -> list[list[str]]:
    """Return the commands that somebody without Wijkboek would type, a pair for each notebook."""
    out = root / "out"
    out.mkdir(exist_ok=True)
    commands = []
    for book in sorted((root / "notebooks").glob("[0-2]*.ipynb")):
        done = str(out / book.name)
        papermill = [str(BIN / "papermill"), str(book), done, "-p", "pilot", PILOT]
        commands.append([*papermill, "--no-progress-bar"])
        commands.append([str(BIN / "jupyter"), "nbconvert", "--to", "html", done])
    return commands


def main() -> None:
    """Measure both sides and write the table."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        ours, theirs = project(Path(one)), project(Path(other))
        for _ in range(2):
            render = measure([[str(BIN / "wijkboek"), "render", PILOT]], ours)
            plain = measure(stock(theirs), theirs)
        start = measure([[str(BIN / "wijkboek"), "--help"]], ours)
    count = len(list((ROOT / "notebooks").glob("[0-2]*.ipynb")))
    text = f"""# Metingen

Gemaakt met `make bench`: {count} notebooks van pilot {PILOT}, van ruwe cijfers tot HTML; de
tweede ronde telt.
Machine: {os.cpu_count()} kernen, {platform.system()}, Python {platform.python_version()}.

| wat | tijd (s) | rekentijd (s) |
| --- | ---: | ---: |
| `papermill` en `jupyter nbconvert`, per notebook | {plain[0]:.1f} | {plain[1]:.1f} |
| `wijkboek render` | {render[0]:.1f} | {render[1]:.1f} |
| verhouding | {render[0] / plain[0]:.2f} | {render[1] / plain[1]:.2f} |
| `wijkboek --help` | {start[0]:.2f} | {start[1]:.2f} |

De winst komt van kernels die al starten terwijl het vorige notebook draait, en van één programma
dat de zware bibliotheken één keer laadt. Elk notebook heeft nog steeds een eigen proces.
"""
    (ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
