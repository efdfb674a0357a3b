"""Measure `wijkboek render` and `wijkboek fetch` against the stock tools on the same work.

Run with `make bench`. Both sides work in a folder of their own, on the same machine, one after the
other. For `render` the second of two rounds counts, when files are in the cache of the system;
`fetch` pulls a made-up table of the size of the country from a server on this computer. The result
is printed and written to docs/benchmarks.md.
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

from docs import bench_landelijk, bench_markt, bench_plannen, bench_punten

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PILOT = "utrecht-kanaleneiland"
ROWS, COLUMNS, TABLE = 18_300, 128, "85984NED"  # as Kerncijfers wijken en buurten of the country


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


def weigh(command: list[str], root: Path, server: str) -> tuple[float, float, float]:
    """Return wall and CPU seconds, and the peak of memory in MB, of one command."""
    env = {**os.environ, "WIJKBOEK_ROOT": str(root), "WIJKBOEK_SERVER": server}
    start = time.perf_counter()
    process = subprocess.Popen(command, env=env, cwd=root, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, command
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def fetching(root: Path) -> dict[str, tuple[float, float, float]]:
    """Return what it costs to pull a national table with cbsodata, with us, and with us again."""
    code = "import sys; from tests import brondata; from tests.bronserver import BronServer\n"
    code += f"with BronServer([brondata.generated({ROWS}, {COLUMNS})]) as server:\n"
    code += "    print(server.address, flush=True); sys.stdin.read()"
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=pipe, stdout=pipe, text=True
    ) as process:
        assert process.stdout and process.stdin
        server = process.stdout.readline().strip()
        host = f"{server.removeprefix('http://')}/opendata.cbs.nl"
        stock = "import cbsodata; cbsodata.options.use_https = False\n"
        stock += f"cbsodata.download_data('{TABLE}', dir='stock', catalog_url='{host}')"
        ours = [str(BIN / "wijkboek"), "fetch", "NL", "--only", "kwb-2024"]
        weigh([sys.executable, "-c", stock], root, server)  # the server keeps what it has made
        found = {
            "stock": weigh([sys.executable, "-c", stock], root, server),
            "first": weigh(ours, root, server),
            "again": weigh(ours, root, server),
        }
        process.stdin.close()
    return found


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


def _row(words: str, figures: tuple[float, float, float]) -> str:
    return f"| {words} | {figures[0]:.1f} | {figures[1]:.1f} | {figures[2]:.0f} |"


def _ratio(ours: tuple[float, ...], theirs: tuple[float, ...]) -> str:
    return " | ".join(f"{a / b:.2f}" for a, b in zip(ours, theirs, strict=True))


def main() -> None:
    """Measure both sides and write the table."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        ours, theirs = project(Path(one)), project(Path(other))
        for _ in range(2):
            render = measure([[str(BIN / "wijkboek"), "render", PILOT]], ours)
            plain = measure(stock(theirs), theirs)
        start = measure([[str(BIN / "wijkboek"), "--help"]], ours)
        pull = fetching(ours)
    count = len(list((ROOT / "notebooks").glob("[0-2]*.ipynb")))
    points = bench_punten.text()
    plans = f"## Plannen\n\n{bench_plannen.text()}\n\n{bench_markt.text()}"
    country = bench_landelijk.text(bench_landelijk.sizes())
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

De winst komt van één proces dat de zware bibliotheken één keer laadt en voor elk notebook een kopie
van zichzelf maakt (fork). Elk notebook heeft dus nog steeds een eigen proces.

Ophalen van een tabel zo groot als de kerncijfers van heel Nederland ({ROWS} rijen, {COLUMNS}
kolommen, verzonnen cijfers) bij een server op dezelfde computer. Wij mogen hoogstens 30 seconden
rekenen en 500 MB gebruiken.

| wat | tijd (s) | rekentijd (s) | geheugen (MB) |
| --- | ---: | ---: | ---: |
{_row("`cbsodata.download_data`, naar JSON", pull["stock"])}
{_row("`wijkboek fetch`, nagerekend, naar Parquet", pull["first"])}
| verhouding | {_ratio(pull["first"], pull["stock"])} |
{_row("`wijkboek fetch`, niets nieuws", pull["again"])}

## Punten in buurten

{points}

{plans}
## Heel Nederland

{country}"""
    (ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
