"""Measure what the project does against the stock tools on the same work.

Run with `make bench`. Both sides work in a folder of their own, on the same machine, one after the
other. `fetch` pulls a made-up table of the size of the country from a server on this computer. The
result is printed and written to docs/benchmarks.md.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from docs import bench_landelijk, bench_markt, bench_plannen, bench_punten, bench_rapporten
from wijkboek_utils.dutch import day, number

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ROWS, COLUMNS, TABLE = 18_300, 128, "85984NED"  # as Kerncijfers wijken en buurten of the country


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


def _row(words: str, figures: tuple[float, float, float]) -> str:
    return f"| {words} | {number(figures[0], 1)} | {number(figures[1], 1)} | {number(figures[2])} |"


def _ratio(ours: tuple[float, ...], theirs: tuple[float, ...]) -> str:
    return " | ".join(number(a / b, 2) for a, b in zip(ours, theirs, strict=True))


def main() -> None:
    """Measure both sides and write the tables."""
    with tempfile.TemporaryDirectory() as one:
        root = bench_rapporten.project(Path(one))
        pull = fetching(root)
    reports = bench_rapporten.text()
    points = bench_punten.text()
    plans = f"## Plannen\n\n{bench_plannen.text()}\n\n{bench_markt.text()}"
    country = bench_landelijk.text(bench_landelijk.sizes())
    text = f"""# Metingen

Gemaakt op {day(date.today().isoformat())} met `make bench`. Machine: {os.cpu_count()} kernen,
{platform.system()}, Python {platform.python_version()}. Zo'n computer is niet elk kwartier even
snel: een volgende meting kan een tiende anders zijn, en een korte meting een vijfde.

## Rapporten

{reports}
## Ophalen

Een tabel zo groot als de kerncijfers van heel Nederland ({number(ROWS)} rijen, {COLUMNS} kolommen,
verzonnen cijfers) bij een server op dezelfde computer. Wij mogen hoogstens 30 seconden rekenen en
500 MB gebruiken.

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
