"""How long a choice in the explorer takes, from a click to the painted page.

    OMP_NUM_THREADS=1 python -m docs.bench_verkenner

Starts `wijkboek serve verkenner` on the project and opens it in headless Chromium. Of each choice
the time from the event of the browser to the frame in which the last part that changes stands on
the page; and what it costs in the kernel alone, in CPU seconds. Prints a table (median, largest).
"""

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from docs.load import Server
from tests.test_serve import free_port
from wijkboek_utils import allocate, browser, sources
from wijkboek_utils.explorer import board, maps, text

_TURNS = 6
_WATCH = """() => {
  const look = () => requestAnimationFrame(() => { window.wbDone = performance.now(); });
  new MutationObserver(look).observe(document.querySelector(".wb-verkenner"),
    { childList: true, subtree: true, characterData: true });
  ["click", "change"].forEach((kind) => document.addEventListener(kind, () => {
    window.wbBegin = performance.now(); }, true));
}"""


def seen(page: Any, act: Callable[[], Any]) -> float:
    """Return the milliseconds from an act to the last change on the page that follows it."""
    page.evaluate("window.wbDone = 0")
    act()
    page.wait_for_function("() => window.wbDone > window.wbBegin")
    before = 0.0
    while (now := float(page.evaluate("window.wbDone"))) != before:
        before = now
        page.wait_for_timeout(600)
    return now - float(page.evaluate("window.wbBegin"))


def in_browser(address: str) -> dict[str, list[float]]:
    """Return the milliseconds of each kind of choice, in a browser."""
    choose = random.Random(1)
    with browser.chromium() as one:
        page = one.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        page.locator(".wb-v-zin p").first.wait_for()
        page.wait_for_timeout(2000)
        page.evaluate(_WATCH)
        areas = page.locator(".wb-v-buurten path")

        def click() -> None:
            areas.nth(choose.randrange(areas.count())).dispatch_event("click")

        def option(label: str) -> Callable[[], Any]:
            field = page.get_by_label(label, exact=True)
            count, now = field.locator("option").count(), field.evaluate("e => e.selectedIndex")
            return lambda: field.select_option(index=(now + 1) % min(count, 9))

        found = {"buurt op de kaart": [seen(page, click) for _ in range(_TURNS)]}
        for label in (
            "Gebied",
            "Jaar",
            "Rekening van",
            "Hoe wij geld van de gemeente verdelen",
            "Wat de kaart laat zien",
            "Op de kaart",
        ):
            found[label.lower()] = [seen(page, option(label)) for _ in range(_TURNS)]
        page.close()
    return found


def in_kernel() -> dict[str, list[float]]:
    """Return the milliseconds of CPU of what a new area asks for, without a browser."""
    explorer = board.explorer("utrecht-kanaleneiland")
    codes, choose = sorted(explorer.buurten(explorer.start_jaar)), random.Random(2)
    found: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], Any]) -> None:
        begin = time.process_time()
        work()
        found.setdefault(name, []).append(1000 * (time.process_time() - begin))

    for turn in range(_TURNS):
        some = frozenset(choose.sample(codes, 2 + 3 * turn))
        sector = maps.SECTORS[turn % len(maps.SECTORS)]
        choice = explorer.start._replace(buurten=some, sector=sector)
        timed("stromen van een gebied", lambda c=choice: explorer.flows(c))
        timed("rekening, geschat", lambda c=choice: text.account(explorer, c))
        timed("sluiten", lambda c=choice: explorer.closed(c))
        timed("plaatje en tabel van de stromen", lambda c=choice: text.flows(explorer, c))
        timed("kaart", lambda c=choice: text.on_map(explorer, c))
    begin = time.process_time()
    fresh = board.Explorer("utrecht-kanaleneiland")
    fresh.prepare()
    many = len(fresh.jaren) * len(allocate.SETS)
    found[f"alle boeken lezen ({many}), één keer"] = [1000 * (time.process_time() - begin)]
    return found


def main() -> None:
    """Print both tables."""
    with Server(sources.ROOT, free_port(), "verkenner") as server:
        tables = {"In de browser, ms": in_browser(f"{server.address}/")}
    tables["In de kernel, ms CPU"] = in_kernel()
    for title, rows in tables.items():
        print(f"\n| {title} | midden | hoogste |\n|---|---:|---:|")
        for name, values in rows.items():
            print(f"| {name} | {statistics.median(values):.0f} | {max(values):.0f} |")


if __name__ == "__main__":
    main()
